"""What `fit.priors` and `explain` print, passed back, gives the same model, whatever the family."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import bayesformula as bf
from bayesformula.cli import bf as command
from bayesformula.families import COMPOSED, FAMILIES, record
from bayesformula.model.prior_lines import prior_lines
from bayesformula.model.spec import ModelSpec, from_json, prior_records, to_json
from bayesformula.pipeline import prepare

N = 60


def table(support: str = "real") -> pd.DataFrame:
    """Rows whose response any family of a support takes."""
    rng = np.random.default_rng(5)
    y = {
        "real": rng.normal(300, 50, N),
        "positive": rng.gamma(2.0, 1.5, N),
        "nonnegative": np.where(np.arange(N) % 4, rng.gamma(2.0, 1.5, N), 0.0),
        "unit": rng.uniform(0.1, 0.9, N),
        "half-open unit": np.where(np.arange(N) % 4, rng.uniform(0.1, 0.9, N), 0.0),
        "closed unit": np.clip(rng.uniform(-0.2, 1.2, N), 0.0, 1.0),
        "angle": rng.uniform(-3, 3, N),
        "count": rng.poisson(3.0, N),
        "binary": rng.integers(0, 2, N),
        "trials": rng.integers(0, 6, N),
        "ordered": rng.integers(1, 5, N),
        "category": np.array(list("abc"))[rng.integers(0, 3, N)],
    }.get(support)  # fmt: skip
    frame = pd.DataFrame({
        "x": rng.normal(10, 2, N), "my var": rng.normal(size=N), "k": rng.integers(0, 2, N),
        "g": np.array(list("stuvwz"))[rng.integers(0, 6, N)], "h": np.arange(N) % 7, "n": 6,
        "arm": np.array(["a", "b"])[np.arange(N) % 2],
    })  # fmt: skip
    frame["h"] = frame["arm"] + frame["h"].astype(str)
    if support == "matrix":
        return frame.assign(a=rng.poisson(2, N), b=rng.poisson(3, N), c=1 + rng.poisson(2, N))
    return frame.assign(y=y)


def model(formula, family, frame: pd.DataFrame, priors=None) -> ModelSpec:
    options = {"plan": "auto", "na": "drop", "checks": None, "quiet": True}
    return prepare(formula, frame, family=family, priors=priors, **options).model


def plain(spec: ModelSpec) -> ModelSpec:
    """The model without who said so, and at which of several addresses."""
    rows = (replace(row, is_default=True, reason="", address="") for row in spec.priors)
    return replace(spec, priors=tuple(rows))


def ways_back(spec: ModelSpec) -> dict[str, object]:
    records = prior_records(spec)
    statements = [f"{row['address']} ~ {row['prior']}" for row in records]
    return {
        "fit.priors": pd.DataFrame(records),
        "explain.to_dict()": records,
        "JSON": json.loads(json.dumps(records)),
        "a list": statements,
        "a dict": {row["address"]: row["prior"] for row in records},
        "lines": "\n".join(statements),
        "one line": "; ".join(statements),
        "explain's text": prior_lines(spec),
        "explain's text, narrow": prior_lines(spec, width=30),
        "rows": list(spec.priors),
    }


def check(spec: ModelSpec, formula, family, frame: pd.DataFrame) -> None:
    assert from_json(to_json(spec)) == spec
    for way, priors in ways_back(spec).items():
        again = model(formula, family, frame, priors)
        assert plain(again) == plain(spec), way
        assert not any(row.is_default for row in again.priors), way


def own_formula(family: str) -> tuple[str, pd.DataFrame]:
    support = record(family).family.support
    frame = table(support)
    left = {"trials": "y | trials(n)", "matrix": "cbind(a, b, c)"}.get(support, "y")
    return f"{left} ~ x + `my var` + (1 + x | g)", frame


@pytest.mark.parametrize("family", [*FAMILIES, *COMPOSED])
def test_numbers_of_every_family(family):
    formula, frame = own_formula(family)
    check(model(formula, family, frame), formula, family, frame)


@pytest.mark.parametrize("family", [name for name in FAMILIES if len(record(name).family.parameters) > 1])
def test_predictors_of_every_parameter(family):
    """With group effects whose correlations the predictors share."""
    formula, frame = own_formula(family)
    others = {name: "~ x + (1 | i | g)" for name in record(family).family.parameters[1:]}
    whole = bf.formula(formula.replace("(1 + x | g)", "(1 + x | i | g)"), **others)
    check(model(whole, family, frame), whole, family, frame)


# formula, family, stated priors
STATED = [
    ("y ~ x + k", "gaussian", "b ~ horseshoe(1, par_ratio = 0.1)"),
    ("y ~ x + k", "gaussian", "b ~ horseshoe(3, scale_slab = 1.5, df_slab = 7); Intercept ~ normal(0, 99)"),
    ("y ~ x + k + (1 | g)", "gaussian", "b ~ r2d2(0.3, 7, cons_D2 = 1)"),
    (bf.formula("y ~ x + k", sigma="~ x + k"), "gaussian", "b ~ horseshoe(1); sigma.b ~ r2d2"),
    (bf.formula("y ~ x + k", sigma="~ x + k"), "gaussian", "sigma.b ~ horseshoe(1)"),
    ("y ~ x", "category", "b ~ horseshoe(1)"),
    ("y ~ x", "category", "mub.b ~ horseshoe(1); Intercept ~ normal(0, 3)"),
    ("y ~ x; quantile = 0.25", "asym_laplace", "sigma ~ half_normal(3) truncated to [1, 4]"),
    (bf.formula("y ~ x", nu=4, sigma="~ 1"), "student", "sigma.Intercept ~ student_t(3, 0, 2)"),
    ("y ~ x", "student", "nu ~ constant(3); sigma ~ flat"),
    ("y ~ x; ndt = 0", "shifted_lognormal", "sigma ~ lognormal(0, 1)"),
    ("y ~ x", "shifted_lognormal", "ndt ~ gamma(2, 9)"),
    ("y ~ x", "tweedie", "power ~ normal(1.5, 0.1); phi ~ inv_gamma(2, 2)"),
    ("y ~ x", "zero_inflated(poisson)", "zi ~ beta(1, 9); b[x] ~ uniform(-1, 1)"),
    ("y ~ x", "generalized_poisson", "phi ~ lognormal(0, 0.3)"),
    ("y ~ x", "ordered_beta", "cutzero ~ cauchy(0, 1); cutgap ~ half_cauchy(1); phi ~ uniform(0, 50)"),
    ("y ~ x + (1 | g)", "cumulative", "Intercept ~ student_t(3, 0, 2)"),
    ("y ~ x", "cumulative", "Intercept[2] ~ normal(1, 1)"),
    ("y ~ x", "cumulative", "Intercept[1, centred] ~ normal(-1, 1)"),
    ("y ~ x", "cumulative",
     "Intercept[1] ~ constant(-1); Intercept[2] ~ constant(0); Intercept[3] ~ constant(0.1)"),
    ("y ~ x + cs(k)", "sratio", "bcs ~ normal(0, 1); bcs[k, 2] ~ normal(1, 1)"),
    ("y ~ cs(x) + cs(`my var`)", "acat", "bcs[my var] ~ laplace(0, 1); Intercept ~ normal(0, 9)"),
    ("y ~ x + (1 + x | gr(h, by = arm))", "gaussian", "sd ~ exponential(2)"),
    ("y ~ x + (1 + x | gr(h, by = arm))", "gaussian", "sd[h, x:armb] ~ exponential(2)"),
    ("y ~ x + (1 | gr(g, dist = 'student'))", "gaussian", "df ~ gamma(3, 1)"),
    ("y ~ x + (1 + x | g) + (0 + k + `my var` | g)", "gaussian", "cor[g, 2] ~ lkj(1)"),
    ("y ~ x + (1 + x | g)", "gaussian", "cor[g] ~ lkj(4)"),
    ("y ~ x + (1 + x | g)", "gaussian", "Intercept[centred] ~ normal(0, 1)"),
    ("y ~ x + (1 + x | g)", "gaussian", "sd[g, x, centred] ~ exponential(9)"),
    (bf.formula("y ~ x + (1 + x | i | g)", sigma="~ x + (1 + x | i | g)"), "gaussian",
     "sigma.sd ~ half_cauchy(1)"),
    (bf.formula("y ~ x + (1 | g)", shape="~ (1 | g)"), "negbinomial", "shape.sd[g] ~ exponential(5)"),
    ("y ~ x + (1 + x || g)", "poisson", "sd[g, x] ~ constant(0.5); b ~ flat"),
]  # fmt: skip


@pytest.mark.parametrize("row", STATED, ids=lambda row: f"{row[1]}: {row[2]}")
def test_stated_priors(row):
    formula, family, priors = row
    family = "categorical" if family == "category" else family
    frame = table(record(family).family.support)
    spec = model(formula, family, frame, priors)
    assert plain(spec) != plain(model(formula, family, frame))
    check(spec, formula, family, frame)


def test_a_fixed_parameter_may_be_stated_again_but_not_otherwise():
    frame = table()
    again = model("y ~ x; quantile = 0.25", "asym_laplace", frame, "quantile ~ constant(0.25)")
    assert again.priors[-1].prior.arguments == (0.25,)
    with pytest.raises(bf.PriorError, match="quantile has two priors"):
        model("y ~ x; quantile = 0.25", "asym_laplace", frame, "quantile ~ constant(0.5)")


@pytest.mark.parametrize("row", [STATED[0], STATED[9], STATED[18], STATED[29]], ids=lambda row: row[2])
def test_the_command_line_reads_them_from_a_file(row, tmp_path):
    """What `bf explain --json` lists, written to a file with its reasons as comments, gives it again."""
    formula, family, priors = row
    text = formula if isinstance(formula, str) else formula.text
    table(record(family).family.support).to_csv(tmp_path / "data.csv", index=False)
    data = str(tmp_path / "data.csv")

    def explained(*options: str) -> list[dict[str, str]]:
        result = CliRunner().invoke(command, ["explain", text, data, "--family", family, "--json", *options])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)["priors"]

    first = explained(*(word for one in priors.split("; ") for word in ("--prior", one)))
    (tmp_path / "priors.txt").write_text(
        "# as explained\n"
        + "\n".join(f"{row['address']} ~ {row['prior']}  # {row['reason']}" for row in first)
    )
    again = explained("--priors", str(tmp_path / "priors.txt"))
    keys = ("parameter", "prior", "address")
    assert [[row[key] for key in keys] for row in again] == [[row[key] for key in keys] for row in first]
