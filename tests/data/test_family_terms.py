"""Response terms that a family takes, parameters that it has, and those held at numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bayesformula as bf
from bayesformula.data.design import build_design
from bayesformula.data.family_terms import check_terms, extras_of
from bayesformula.data.parameters import check_delay, check_parameters
from bayesformula.data.tables import as_frame
from bayesformula.errors import FormulaError
from bayesformula.families import COMPOSED, FAMILIES, PARAMETERS, record, resolve_family
from bayesformula.family_names import families_with
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

GOLDEN = Path(__file__).parents[1] / "golden" / "errors" / "family_terms.txt"

WRITTEN = {
    "trials": "y | trials(n) ~ x",
    "se": "y | se(s) ~ x",
    "cens": "y | cens(c) ~ x",
    "trunc": "y | trunc(lb = 0) ~ x",
    "rate": "y | rate(d) ~ x",
}


def check(formula: str, family: str | None, columns: tuple[str, ...] = ()) -> None:
    """All that a family has to say of a formula; None is a family that was not given."""
    spec, chosen = lower(parse(formula)), resolve_family(family)
    check_parameters(spec, chosen.name, columns, is_stated=family is not None)
    check_terms(spec, chosen, is_stated=family is not None)


@pytest.mark.parametrize("term", WRITTEN)
@pytest.mark.parametrize("name", [*FAMILIES, *COMPOSED])
def test_exactly_the_terms_of_the_table_are_taken(name, term):
    """And weights and offsets by all."""
    check("y | weights(w) ~ x + offset(log(d))", name)
    if term in record(name).terms:
        check(WRITTEN[term], name)
        check(WRITTEN[term].replace(" ~", " + weights(w) ~"), name)
        return
    with pytest.raises(FormulaError) as caught:
        check(WRITTEN[term], name)
    assert f"{term}()" in caught.value.message
    assert caught.value.hint
    start = WRITTEN[term].index(term)
    assert caught.value.span.start == start


@pytest.mark.parametrize("name", [*FAMILIES, *COMPOSED])
def test_every_parameter_can_be_predicted_or_held(name):
    values = {"phi": 0.6, "nu": 4.0, "power": 1.5, "alpha": -2.0, "cutzero": -1.0}
    for parameter in record(name).family.parameters[1:]:
        check(f"y ~ x; {parameter} ~ x", name)
        check(f"y ~ x; {parameter} = {values.get(parameter, 0.5)}", name)


@pytest.mark.parametrize(
    ("family", "parameter", "legal", "illegal"),
    [
        ("gaussian", "sigma", [0.1, 100], [0, -1]),
        ("student", "nu", [1.01, 30], [1, 0.5, -2]),
        ("asym_laplace", "quantile", [0.01, 0.99], [0, 1, 1.5, -0.5]),
        ("tweedie", "power", [1.01, 1.99], [1, 2, 0]),
        ("shifted_lognormal", "ndt", [0, 0.3], [-0.1]),
        ("skew_normal", "alpha", [-5, 0, 5], []),
        ("zero_inflated_poisson", "zi", [0.5], [0, 1]),
        ("cumulative", "disc", [2], [0]),
        ("generalized_poisson", "phi", [0.6, 2], [0.5, 0.2]),
        ("beta", "phi", [0.2], [0]),
    ],
)
def test_values_must_be_in_the_support_of_the_parameter(family, parameter, legal, illegal):
    for value in legal:
        check(f"y ~ x; {parameter} = {value}", family)
    for value in illegal:
        with pytest.raises(FormulaError, match=f"{parameter} of family '{family}' must be"):
            check(f"y ~ x; {parameter} = {value}", family)


REFUSED = [
    ("y | trials(n) ~ x", "gaussian"),
    ("y | trials(n) ~ x", "poisson"),
    ("y | trials(n) ~ x", "negbinomial1"),
    ("y | rate(d) ~ x", "gaussian"),
    ("y | rate(d) ~ x", "generalized_poisson"),
    ("y | se(s) ~ x", "poisson"),
    ("y | se(s) ~ x", "skew_normal"),
    ("y | cens(c) ~ x", "bernoulli"),
    ("y | cens(c) ~ x", "cumulative"),
    ("y | cens(c, y2) ~ x", "tweedie"),
    ("y | trunc(lb = 0) ~ x", "von_mises"),
    ("y | weights(w) + trunc(lb = 0) ~ x", "zero_inflated_poisson"),
    ("y | cens(c) ~ x", "hurdle_gamma"),
    ("cbind(a, b) ~ x", "gaussian"),
    ("cbind(a, b) ~ x", "poisson"),
    ("y | se(s) ~ x; sigma ~ z", "gaussian"),
    ("y | se(s) ~ x; sigma = 1", "student"),
    ("y ~ x; sigma ~ z", "poisson"),
    ("y ~ x; quantile = 0.25", "gaussian"),
    ("y ~ x; quantle = 0.25", "asym_laplace"),
    ("y ~ x; sigma = 1", "poisson"),
    ("y ~ x; quantile = 25", "asym_laplace"),
    ("y ~ x; nu = 1", "student"),
    ("y ~ x; power = 2", "tweedie"),
    ("y ~ x; ndt = -1", "shifted_lognormal"),
    ("y ~ x; sigma = -1", "gaussian"),
    ("y ~ x; hu ~ z", "zero_inflated_poisson"),
    ("y ~ x; muB ~ z", "categorical"),
    ("y ~ x; w ~ z", "gaussian"),
    ("y ~ x; zi ~ z", "poisson"),
    ("y ~ x; hu = 0.1", "gamma"),
    ("y ~ x; zi ~ z", "gaussian"),
    ("y ~ x; shape ~ z", "poisson"),
    ("y ~ x; shape ~ z", "exponential"),
    ("y ~ x; shape ~ z", "hurdle_poisson"),
    ("y ~ x; phi ~ z", "binomial"),
    ("y ~ x; phi ~ z", "bernoulli"),
    ("y ~ x; nu = 4", "gaussian"),
    ("y | trials(n) ~ x", None),
    ("y | rate(d) ~ x", None),
    ("cbind(a, b) ~ x", None),
    ("y ~ x; zi ~ z", None),
    ("y ~ x; shape ~ z", None),
    ("y ~ x; quantile = 0.9", None),
    ("y ~ x; w ~ z", None),
    ("y ~ x; foo ~ z", None),
]


def message_of(formula: str, family: str | None) -> str:
    with pytest.raises(FormulaError) as caught:
        check(formula, family, columns=("w", "x", "y", "z"))
    return str(caught.value)


def written(formula: str, family: str | None) -> str:
    return f">>> {family or 'no family'}: {formula}\n{message_of(formula, family)}\n"


@pytest.mark.parametrize(("formula", "family"), REFUSED)
def test_messages_in_full(formula, family):
    assert written(formula, family) in GOLDEN.read_text(encoding="utf-8") + "\n"


@pytest.mark.parametrize("call", [bf.fit, bf.explain], ids=["fit", "explain"])
@pytest.mark.parametrize(
    "formula", ["y | trials(n) ~ x", "cbind(y, n) ~ x", "y ~ x; zi ~ x", "y ~ x; nu = 4"]
)
def test_the_family_that_nobody_named_is_not_held_against_the_user(call, formula):
    frame = {"y": [0, 1, 2, 0], "n": [3, 4, 5, 6], "x": [1.0, 2.0, 4.0, 3.0]}
    with pytest.raises(FormulaError, match="no family was given: gaussian is taken, and "):
        call(formula, frame)
    with pytest.raises(FormulaError, match="family 'gaussian'"):
        call(formula, frame, family="gaussian")


@pytest.mark.parametrize("name", [*FAMILIES, *COMPOSED])
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_families_that_are_said_to_have_a_parameter_have_it(name, parameter):
    for other in families_with(parameter, name):
        assert parameter in resolve_family(other).parameters


# ---- with data ---------------------------------------------------------------------------------------


def design_of(formula: str, **columns: object):
    spec = lower(parse(formula))
    return spec, build_design(spec, as_frame(columns))[1]


def test_a_delay_is_below_the_least_response():
    """Zeros of a hurdle have none."""
    spec, design = design_of("y ~ 1; ndt = 0.3", y=[0.3, 0.5])
    with pytest.raises(FormulaError) as caught:
        check_terms(spec, resolve_family("shifted_lognormal"), design)
    assert str(caught.value) == (
        "ndt must be below the least response, 0.3\n"
        "    y ~ 1; ndt = 0.3\n"
        "           ^^^^^^^^^\n"
        "  Leave it out to have it estimated, or take the rows out that came too early."
    )
    spec, design = design_of("y ~ 1; ndt = 0.2", y=[0.0, 0.3, 0.5])
    check_terms(spec, resolve_family("hurdle(shifted_lognormal)"), design)
    check_delay(spec, None)


def test_one_trial_a_row_where_none_are_given():
    _, alone = design_of("y ~ 1", y=[0, 1, 1])
    _, given = design_of("y | trials(n) ~ 1", y=[0, 1, 1], n=[2, 3, 4])
    for family in ("binomial", "beta_binomial", "zero_inflated_binomial"):
        assert extras_of(resolve_family(family), alone)["trials"].tolist() == [1, 1, 1]
        assert extras_of(resolve_family(family), given)["trials"].tolist() == [2, 3, 4]
    assert "trials" not in extras_of(resolve_family("poisson"), alone)
    assert np.array_equal(alone.y, [0, 1, 1])


if __name__ == "__main__":
    GOLDEN.write_text("\n".join(written(*case) for case in REFUSED), encoding="utf-8")
