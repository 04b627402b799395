"""How many parameters a model has, and how many numbers a plan leaves to the sampler."""

from __future__ import annotations

from bayesformula.model.spec import GroupSpec, ModelSpec
from bayesformula.priors import INTEGRATED, MIXTURES, SHRINKAGE, Prior

KINDS = (
    "thresholds", "population", "specific", "sds", "correlations", "degrees_of_freedom", "group_effects",
    "family",
)  # fmt: skip
"""Of parameters: `specific` are the coefficients of `cs()`, `family` what is one number for all rows."""


def counts(model: ModelSpec) -> dict[str, int]:
    """Numbers of parameters by kind, their total, and how many of them a prior holds constant."""
    numbers = {
        "thresholds": model.n_thresholds,
        "population": sum(len(predictor.columns) for predictor in model.predictors),
        "specific": sum(len(predictor.specific) for predictor in model.predictors) * model.n_thresholds,
        "sds": sum(len(group.sd_coefs) for group in model.groups),
        "correlations": sum(_pairs(group) for group in model.groups),
        "degrees_of_freedom": sum(group.dist == "student" for group in model.groups),
        "group_effects": sum(group.n_levels * group.q for group in model.groups),
        "family": len(model.scalars),
    }
    constant = sum(not _is_free(row.prior) for row in model.priors)
    return {**numbers, "total": sum(numbers.values()), "constant": constant}


def sampled(model: ModelSpec, plan: str) -> int:
    """Dimensions of the sampler's space under a plan."""
    out = sum(_is_free(row.prior) for row in model.priors if row.kind not in ("b", "cor"))
    out += sum(_pairs(group) for group in model.groups)
    out += sum(group.n_levels for group in model.groups if group.dist == "student")  # a scale each
    coefficients = [row.prior for row in model.priors if row.kind == "b"]
    if plan == "marginal":
        out += sum(_is_free(prior) and prior.distribution not in INTEGRATED for prior in coefficients)
        return out + sum(prior.distribution in MIXTURES for prior in coefficients)
    effects = sum(group.n_levels * group.q for group in model.groups)
    return out + sum(map(_is_free, coefficients)) + effects + _shrinkage(model)


def _shrinkage(model: ModelSpec) -> int:
    """What joint priors of coefficients add: a share for each, and what all of them have in common."""
    kinds = [(row.predictor, row.prior.distribution) for row in model.priors if row.kind == "b"]
    shrunk = [kind for kind in kinds if kind[1] in SHRINKAGE]
    return len(shrunk) + sum(2 if name == "horseshoe" else 1 for _, name in set(shrunk))


def _pairs(group: GroupSpec) -> int:
    return sum(len(block) * (len(block) - 1) // 2 for block in group.sd_blocks)


def _is_free(prior: Prior) -> bool:
    return prior.distribution != "constant"
