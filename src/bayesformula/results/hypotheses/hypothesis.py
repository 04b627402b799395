"""`fit.hypothesis`: hypotheses about parameters, weighed by their draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.hypotheses.table import Hypotheses, Weighed
from bayesformula.results.summary import check_count, check_interval

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit
    from bayesformula.results.hypotheses.quantities import Quantity, Vocabulary
    from bayesformula.results.hypotheses.reading import Name, Statement

SCOPES = ("standard", "coef", "ranef")
EXAMPLE = "b[x] < 0"


def hypothesis(
    fit: Fit,
    hypotheses: str | Sequence[str] | Mapping[str, str],
    *,
    scope: Literal["standard", "coef", "ranef"] = "standard",
    group: str | None = None,
    ci: float = 0.95,
    prior_draws: int = 10_000,
    seed: int = 0,
) -> Hypotheses:
    """How much the fit speaks for statements about its parameters.

    A statement is one relation `<`, `>` or `=` between expressions of parameters, with `+ - * / ^ ( )` and
    `exp log sqrt abs plogis`. A bare name is a population coefficient, `x` for `b[x]`; addresses are those of
    prior statements, `sd[cafe, afternoon]`, `cor[cafe]`, `sigma.b[x]`, and `r[cafe, c3, Intercept]`; flat
    names of the summary work too, `b_x`, `sd_cafe__afternoon`. Names that are not plain words stand in
    backquotes. Nothing of the text is run as Python.

    * `<` and `>` have the posterior odds as evidence ratio, P / (1 - P). Where all draws agree the odds are
      more than so many draws can tell, and shown as such: `> 3999`.
    * `=` has the Savage-Dickey ratio, the posterior over the prior density of left minus right at 0: above 1
      the data speak for the point. It is as good as the prior is meant: wide priors favour the point. Out in
      the tails, where there are no draws, a bound is given.

    Args:
        hypotheses: one statement, a list of them, or a dict of them by names of your own.
        scope: "standard"; "coef" for a statement about every level of a group, in which bare names are the
            coefficients of the level (population and group effect); "ranef" likewise for its effects alone.
        group: of the last two scopes; may be left out where there is only one.
        ci: probability inside the interval (equal tails) of left minus right.
        prior_draws: from the prior, for `=`.
        seed: of these draws.

    Returns:
        A table of the statements, with left minus right: `.table` and `.draws` are data frames.

    Raises:
        HypothesisError: a statement cannot be read, names nothing of this fit, or has no evidence.
        PriorError: a point of a parameter with a flat prior, which has no density.
        OptionError: another argument is illegal.

    Example:
        >>> fit.hypothesis("afternoon < 0")  # doctest: +SKIP
        >>> fit.hypothesis({"none": "sd[cafe, afternoon] = 0"})  # doctest: +SKIP
        >>> fit.hypothesis("Intercept > 3", scope="coef", group="cafe")  # doctest: +SKIP

    References: Heck (2019), doi:10.1111/bmsp.12150, on the Savage-Dickey ratio and its limits.
    """
    from bayesformula.results.hypotheses.beforehand import prior_draws_of
    from bayesformula.results.hypotheses.quantities import vocabulary
    from bayesformula.results.hypotheses.reading import read

    check_interval(ci, "eti")
    check_count("prior_draws", prior_draws, least=1000)
    check_count("seed", seed, least=0)
    label = _group(fit, scope, group)
    statements = {name: read(text) for name, text in _texts(hypotheses).items()}
    words = vocabulary(fit, scope, label)
    found = {name: _Found(statement, words) for name, statement in statements.items()}
    points = {name: one for name, one in found.items() if one.statement.relation == "="}
    prior: dict[str, np.ndarray] = {}
    if points:
        for one in points.values():
            one.check_point()
        needed = [quantity for one in points.values() for quantity in one.quantities.values()]
        prior = prior_draws_of(fit, needed, prior_draws, seed)
    levels = () if label is None else fit.levels[label][0]
    weighed = [
        row for name, one in found.items() for row in one.weigh(name, fit.draws, prior, levels, label or "")
    ]
    return Hypotheses(tuple(weighed), ci)


class _Found:
    """A statement and the parameters of one fit that it names."""

    def __init__(self, statement: Statement, words: Vocabulary) -> None:
        self.statement = statement
        self.quantities: dict[Name, Quantity] = {
            name: words.find(name, statement.text) for name in statement.names
        }

    @property
    def bounds(self) -> tuple[float, float]:
        """That left minus right lies between."""
        from bayesformula.results.hypotheses.expressions import bounds

        return bounds(self.statement.steps, lambda name: self.quantities[name].bounds)

    def check_point(self) -> None:
        """Refuse a point that the parameters cannot reach."""
        from bayesformula.results.hypotheses.reading import HypothesisError

        low, high = self.bounds
        if not low <= 0 <= high:
            raise HypothesisError(
                f"'{self.statement.text}' cannot hold: left minus right lies between {low:g} and {high:g}"
            )

    def values(self, draws: Mapping[str, np.ndarray], *, source: str) -> np.ndarray:
        """(chains, draws, 1) or (chains, draws, levels) of left minus right."""
        from bayesformula.results.hypotheses.expressions import compute
        from bayesformula.results.hypotheses.reading import HypothesisError

        out = compute(self.statement.steps, lambda name: self.quantities[name].draws(draws))
        bad = int(np.sum(~np.isfinite(out)))
        if bad:
            raise HypothesisError(
                f"'{self.statement.text}' is no finite number in {bad} of {out.size} draws of the {source}",
                hint="The log or root of a negative number, a division by 0, or an overflow.",
            )
        return out

    def weigh(
        self,
        name: str,
        draws: Mapping[str, np.ndarray],
        prior: Mapping[str, np.ndarray],
        levels: Sequence[str],
        group: str,
    ) -> list[Weighed]:
        """One record; one a level where the statement is about levels."""
        from bayesformula.results.hypotheses.evidence import at_point, one_sided
        from bayesformula.results.hypotheses.reading import HypothesisError

        values, relation = self.values(draws, source="posterior"), self.statement.relation
        if np.any(np.ptp(values, axis=(0, 1)) == 0):
            raise HypothesisError(
                f"'{self.statement.text}' is the same number in every draw: there is nothing to weigh",
                hint="A parameter that is held constant, or a difference in which it drops out.",
            )
        beforehand = self.values(prior, source="prior") if relation == "=" else None
        out = []
        for i in range(values.shape[2]):
            if beforehand is None:
                evidence = one_sided(values[:, :, i], relation)
            else:
                evidence = at_point(values[:, :, i], beforehand[:, :, i], self.bounds)
            level = levels[i] if values.shape[2] > 1 or len(levels) == 1 else ""
            own = values[:, :, i]
            out.append(Weighed(name, self.statement.text, relation, group, level, own, evidence))
        return out


def _texts(hypotheses: object) -> dict[str, str]:
    """Statements by name; their own text where they have none."""
    if isinstance(hypotheses, str):
        return {" ".join(hypotheses.split()): hypotheses}
    if isinstance(hypotheses, Mapping):
        found = {str(name): text for name, text in hypotheses.items()}
    elif isinstance(hypotheses, Sequence):
        found = {str(text): text for text in hypotheses}
    else:
        found = {}
    if not found or not all(isinstance(text, str) for text in found.values()):
        raise OptionError(
            f"hypotheses={hypotheses!r} must be a text, a list or a dict of texts such as {EXAMPLE!r}"
        )
    return found


def _group(fit: Fit, scope: object, group: str | None) -> str | None:
    """The group that a scope is about."""
    if scope not in SCOPES:
        legal = listing(nearest(str(scope), SCOPES))
        raise OptionError(f"scope={scope!r} must be one of {legal}")
    labels = [each.label for each in fit.spec.groups]
    if scope == "standard":
        if group is not None:
            raise OptionError(f"group={group!r} needs scope='coef' or scope='ranef' beside it")
        return None
    if not labels:
        raise OptionError(f"scope={scope!r} is about the levels of a group, and the model has no groups")
    if group is None and len(labels) > 1:
        raise OptionError(f"scope={scope!r} needs group=: one of {listing(labels)}")
    if group is not None and group not in labels:
        legal = listing(nearest(str(group), labels))
        raise OptionError(f"no group {group!r} in this model: the groups are {legal}")
    return group or labels[0]
