"""How many parameters a model has, and how many numbers a plan leaves to the sampler."""

from __future__ import annotations

from bayesformula.model.spec import GroupSpec, ModelSpec
from bayesformula.priors import INTEGRATED, MIXTURES, Prior

KINDS = ("population", "sds", "correlations", "degrees_of_freedom", "group_effects", "residual")


def counts(model: ModelSpec) -> dict[str, int]:
    """Numbers of parameters by kind, their total, and how many of them a prior holds constant."""
    numbers = {
        "population": sum(len(predictor.columns) for predictor in model.predictors),
        "sds": sum(len(group.sd_coefs) for group in model.groups),
        "correlations": sum(_pairs(group) for group in model.groups),
        "degrees_of_freedom": sum(group.dist == "student" for group in model.groups),
        "group_effects": sum(group.n_levels * group.q for group in model.groups),
        "residual": len(model.prior_rows("sigma")),
    }
    constant = sum(not _is_free(row.prior) for row in model.priors)
    return {**numbers, "total": sum(numbers.values()), "constant": constant}


def sampled(model: ModelSpec, plan: str) -> int:
    """Dimensions of the sampler's space under a plan."""
    rows = [row for kind in ("sd", "df", "sigma") for group in ("", *_labels(model)) for row in
            model.prior_rows(kind, group)]  # fmt: skip
    out = sum(_is_free(row.prior) for row in rows)
    out += sum(_pairs(group) for group in model.groups)
    out += sum(group.n_levels for group in model.groups if group.dist == "student")  # a scale each
    coefficients = [row.prior for row in model.priors if row.kind == "b"]
    if plan == "marginal":
        out += sum(_is_free(prior) and prior.distribution not in INTEGRATED for prior in coefficients)
        return out + sum(prior.distribution in MIXTURES for prior in coefficients)
    effects = sum(group.n_levels * group.q for group in model.groups)
    return out + sum(map(_is_free, coefficients)) + effects


def _labels(model: ModelSpec) -> list[str]:
    return [group.label for group in model.groups]


def _pairs(group: GroupSpec) -> int:
    return sum(len(block) * (len(block) - 1) // 2 for block in group.sd_blocks)


def _is_free(prior: Prior) -> bool:
    return prior.distribution != "constant"
