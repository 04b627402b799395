"""Priors in LaTeX, under the symbols that the equations have for the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bayesformula.model.latex_names import escape, letter, number, operator
from bayesformula.model.spec import ModelSpec
from bayesformula.model.text import MAX_TERMS
from bayesformula.priors import DISTRIBUTIONS, SHRINKAGE, Prior, PriorRow

OPERATORS = {"lkj": "LKJ", "student_t": "Student", "half_student_t": "HalfStudent"}


def shown_priors(model: ModelSpec) -> Iterator[PriorRow]:
    """The first of each kind and group: a slide has no room for three hundred.

    Parameters of the family that are held at a number stand in the equations already.
    """
    counts: dict[tuple[str, str, str], int] = {}
    for row in model.priors:
        if row.kind in model.scalars and row.prior.distribution == "constant":
            continue
        owner = "mu" if row.predictor.startswith("mu") else row.predictor
        key = (row.kind, owner, row.group)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= MAX_TERMS or row.prior.distribution in SHRINKAGE:
            yield row


def prior_rows(priors: Iterable[PriorRow]) -> Iterator[str]:
    """One row of an `aligned` environment for each prior; one for those of coefficients together."""
    joint: dict[str, list[PriorRow]] = {}
    for row in priors:
        if row.prior.distribution in SHRINKAGE:
            joint.setdefault(row.predictor, []).append(row)
        else:
            yield _prior(row)
    for rows in joint.values():
        names = [_left(row) for row in rows[:MAX_TERMS]] + [r"\dots"] * (len(rows) > MAX_TERMS)
        left = ",\\, ".join(names)
        yield f"({left}) {_distribution(rows[0].prior)}"


def _prior(row: PriorRow) -> str:
    return f"{_left(row)} {_distribution(row.prior)}"


def _left(row: PriorRow) -> str:
    above = r"^{\text{centred}}" if row.centred else ""
    group = escape(row.group) if row.group else ""
    match row.kind:
        case "b":
            owner = "" if row.predictor == "mu" else letter(row.predictor)
            if owner:
                above = rf"^{{{owner},\, \text{{centred}}}}" if row.centred else f"^{{{owner}}}"
            return rf"\beta{above}_{{{escape(row.coef)}}}"
        case "Intercept":
            return rf"\tau{above}_{{{row.coef}}}"
        case "bcs":
            column, _, threshold = row.coef.rpartition("[")
            return rf"\beta{above}_{{{escape(column)},\, {threshold.removesuffix(']')}}}"
        case "sd":
            return rf"\sigma{above}_{{{group},\, {escape(row.coef)}}}"
        case "cor":
            block = row.parameter.removeprefix(f"cor_{row.group}").removeprefix(".")
            more = rf",\, {block}" if block else ""
            return rf"R{above}_{{{group}{more}}}"
        case "df":
            return rf"\nu_{{{group}}}"
        case _:
            return letter(row.parameter)


def _distribution(prior: Prior) -> str:
    if prior.distribution == "constant":
        return f"&= {number(prior.arguments[0])}"
    if prior.distribution == "flat":
        return r"&\propto 1"
    name = OPERATORS.get(prior.distribution, prior.distribution.title().replace("_", ""))
    arguments = r",\, ".join(_arguments(prior))
    if (prior.lower, prior.upper) == (0, None):
        return rf"&\sim {operator(name)}^{{+}}({arguments})"
    return rf"&\sim {operator(name)}({arguments}){_bounds(prior)}"


def _arguments(prior: Prior) -> Iterator[str]:
    """The arguments; where all have defaults, those that differ from them, and the first, by name."""
    record = DISTRIBUTIONS[prior.distribution]
    if not record.defaults:
        yield from map(number, prior.arguments)
        return
    named = zip(record.arguments, prior.arguments, record.defaults, strict=True)
    for place, (name, value, usual) in enumerate(named):
        if not place or value != usual:
            yield f"{escape(name)} = {number(value)}"


def _bounds(prior: Prior) -> str:
    low = "" if prior.lower is None else rf"\text{{ from }}{number(prior.lower)}"
    return low + ("" if prior.upper is None else rf"\text{{ up to }}{number(prior.upper)}")
