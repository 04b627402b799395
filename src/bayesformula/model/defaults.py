"""The default priors: proper, and stated at the predictors' means, so that units do not matter.

With s_y the sd of the response (offset taken out) and s_x that of a column of the design:

    Intercept[centred] ~ normal(mean y, 2.5 s_y)        b[x]     ~ normal(0, 2.5 s_y / s_x)
    sd[g]              ~ exponential, mean s_y          sd[g, z] ~ exponential, mean s_y / s_z
    cor[g]             ~ lkj(2)                         sigma    ~ exponential, mean s_y
    df[g]              ~ gamma(2, 0.1) truncated to [1, inf), of Student effects, as in brms

s_x is the range of a column that has exactly two values, so that a dummy has s_x = 1 whatever its balance.
Multiplying y or x, or shifting x, maps these priors exactly as it maps the parameters. Where the
population part has no intercept no column is centred, coefficients may have to carry the mean of y, and the
root mean square sqrt(mean(y)^2 + s_y^2) stands for s_y in their scale (`y ~ 0 + f` with y about 1000).
Likelihood weights take no part in these moments: a prior should not depend on how much a row counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bayesformula.model.addresses import Slot
from bayesformula.model.spec import GroupSpec, PredictorSpec
from bayesformula.priors import LEAST_DF, Prior


@dataclass(frozen=True, slots=True)
class Scale:
    """The spread of one column: `how` is "sd", "range" (two values), "size" (one value) or "one"."""

    value: float
    how: str = "sd"

    def over(self, column: str) -> str:
        """` / sd(x)`, for a reason; nothing for an intercept."""
        return "" if self.how == "one" else f" / {self.how}({column})"


INTERCEPT_SCALE = Scale(1.0, "one")


@dataclass(frozen=True, slots=True)
class Moments:
    """What the default priors need to know of the data.

    Attributes:
        response: its name in reasons, "y" or "y - offset".
        mean: of the response, offset taken out.
        sd: likewise, with n - 1; 1 where the response does not vary.
        columns: spread of each population column.
        groups: spread of each column of each group.
    """

    response: str
    mean: float
    sd: float
    columns: tuple[Scale, ...]
    groups: tuple[tuple[Scale, ...], ...]


def slots(
    predictor: PredictorSpec, groups: Sequence[GroupSpec], moments: Moments, *, has_sigma: bool = True
) -> tuple[Slot, ...]:
    """Every parameter of a Gaussian model with its default prior, in the order of the summary."""
    out = list(_population(predictor, moments))
    for group, scales in zip(groups, moments.groups, strict=True):
        out += _sds(group, scales, moments)
    for group in groups:
        out += _correlations(group)
    out += [_degrees_of_freedom(group) for group in groups if group.dist == "student"]
    out += [_sigma(moments)] if has_sigma else []
    return tuple(out)


def _sigma(moments: Moments) -> Slot:
    return Slot(
        parameter="sigma",
        kind="sigma",
        predictor="mu",
        group="",
        coef="",
        default=exponential(moments.sd),
        reason=f"mean sd({moments.response})",
        term="sigma",
    )


def exponential(mean: float) -> Prior:
    """The exponential distribution with this mean."""
    return Prior("exponential", (1.0 / mean,))


def _population(predictor: PredictorSpec, moments: Moments) -> list[Slot]:
    has_intercept = predictor.has_intercept
    spread = moments.sd if has_intercept else math.hypot(moments.mean, moments.sd)
    spread_name = f"sd({moments.response})" if has_intercept else f"rms({moments.response})"
    out: list[Slot] = []
    for column, scale in zip(predictor.columns, moments.columns, strict=True):
        is_intercept = column == "Intercept"
        if is_intercept:
            prior = Prior("normal", (moments.mean, 2.5 * spread))
            reason = f"mean({moments.response}), 2.5 {spread_name}"
        else:
            prior = Prior("normal", (0.0, 2.5 * spread / scale.value))
            reason = f"2.5 {spread_name}{scale.over(column)}"
        out.append(
            Slot(
                parameter=f"b_{column}",
                kind="b",
                predictor=predictor.parameter,
                group="",
                coef=column,
                default=prior,
                reason=reason,
                term=f"b[{column}]",
                can_be_centred=is_intercept and len(predictor.columns) > 1,
            )
        )
    return out


def _sds(group: GroupSpec, scales: Sequence[Scale], moments: Moments) -> list[Slot]:
    out: list[Slot] = []
    for place, coef in enumerate(group.sd_coefs):
        position = place % group.q  # each level of `by` repeats the coefficients
        scale = scales[position]
        number = next(i for i, block in enumerate(group.blocks) if position in block)
        out.append(
            Slot(
                parameter=f"sd_{group.label}__{coef}",
                kind="sd",
                predictor="mu",
                group=group.label,
                coef=coef,
                default=exponential(moments.sd / scale.value),
                reason=f"mean sd({moments.response}){scale.over(group.coefs[position])}",
                term=_term(group, number),
                can_be_centred=group.can_be_centred(number),
            )
        )
    return out


def _correlations(group: GroupSpec) -> list[Slot]:
    correlated = [i for i, block in enumerate(group.blocks) if len(block) > 1]
    out: list[Slot] = []
    for count, number in enumerate(correlated, start=1):
        out.append(
            Slot(
                parameter=f"cor_{group.label}" if count == 1 else f"cor_{group.label}.{count}",
                kind="cor",
                predictor="mu",
                group=group.label,
                coef="",
                default=Prior("lkj", (2.0,)),
                reason="weakly away from -1 and 1",
                number=count if len(correlated) > 1 else 0,
                term=_term(group, number),
                can_be_centred=group.can_be_centred(number),
            )
        )
    return out


def _degrees_of_freedom(group: GroupSpec) -> Slot:
    return Slot(
        parameter=f"df_{group.label}",
        kind="df",
        predictor="mu",
        group=group.label,
        coef="",
        default=Prior("gamma", (2.0, 0.1), lower=LEAST_DF),
        reason="from heavy tails (1) to nearly normal effects (50)",
        term=f"df[{group.label}]",
    )


def _term(group: GroupSpec, number: int) -> str:
    return f"sd[{group.label}] {number}"
