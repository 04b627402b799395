"""The default priors: proper, and stated at the predictors' means, so that units do not matter.

With s the spread of a linear predictor, m its centre and s_x the spread of a column of the design:

    Intercept[centred] ~ normal(m, 2.5 s)         b[x]     ~ normal(0, 2.5 s / s_x)
    sd[g]              ~ exponential, mean s      sd[g, z] ~ exponential, mean s / s_z
    cor[g]             ~ lkj(2)                   df[g]    ~ gamma(2, 0.1) truncated to [1, inf)
    thresholds         ~ normal(0, 2.5)           bcs[x]   ~ normal(0, 2.5 / s_x)

Of mu under an identity link m and s are mean and sd of the response (of its logarithm for lognormal kinds,
offset taken out); on a log or logit scale s is 1 and m is the link of the mean. Links that keep units, as
`inverse` and `sqrt`, have for s the sd of the response as the link sees it near its mean; `softplus` has the
larger of sd and 1. Successes by trials and counts by exposure are pooled before the mean is taken; zeros that
`hurdle` or `zero_inflated` tells apart are left out. A response that is all zeros, or all ones, counts as if
half an observation differed. Parameters other than mu have s = 1 on the scale of their links, and their
centre is the link of their natural size (`locations.natural_size`), that of `sigma` s_y. What is one number
for all rows is in `scalar_default`.

s_x is the range of a column that has exactly two values, so that a dummy has s_x = 1 whatever its balance.
Multiplying y or x, or shifting x, maps these priors exactly as it maps the parameters. Where the
population part has no intercept no column is centred, coefficients may have to carry the mean, and the
root mean square sqrt(m^2 + s^2) stands for s in their scale (`y ~ 0 + f` with y about 1000).

Not equivariant are: a log link without an intercept when y is multiplied, as m moves and s does not; `phi` of
`tweedie`, whose unit depends on `power` (the prior is right at power 1.5); `softplus`, neither a log nor the
identity; links of log-responses (lognormal) other than the identity. A shift of x moves what `||` and terms
without an intercept mean, and so do stated priors: a finding says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bayesformula.families import Family
from bayesformula.model.addresses import Slot
from bayesformula.model.locations import Location, natural_size
from bayesformula.model.moments import Moments, Scale
from bayesformula.model.response_moments import ResponseMoments
from bayesformula.model.spec import GroupSpec, PredictorSpec
from bayesformula.priors import LEAST_DF, Prior

SPREAD = 2.5
"""Sds of the priors of coefficients in units of the response's."""

DISPERSION = Prior("inv_gamma", (0.4, 0.3))
"""Of shapes and precisions: from strong dispersion (0.2) to hardly any (1000), with a heavy tail."""

LEAST_PHI = 0.5
"""Least phi of a generalized Poisson: below it there is no such distribution."""


def slots(
    family: Family,
    predictors: Sequence[PredictorSpec],
    groups: Sequence[GroupSpec],
    moments: Moments,
    *,
    n_thresholds: int = 0,
    has_sigma: bool = True,
) -> tuple[Slot, ...]:
    """Every parameter of a model with its default prior, in the order of the summary."""
    out: list[Slot] = _thresholds(predictors[0], n_thresholds)
    for predictor, location, scales in zip(predictors, moments.locations, moments.columns, strict=True):
        out += _population(predictor, location, scales, has_thresholds=bool(n_thresholds))
    out += _specific(predictors[0], moments.specific, n_thresholds)
    where = {p.parameter: location for p, location in zip(predictors, moments.locations, strict=True)}
    for group, scales in zip(groups, moments.groups, strict=True):
        out += _sds(group, scales, where)
    for group in groups:
        out += _correlations(group)
    out += [_degrees_of_freedom(group) for group in groups if group.dist == "student"]
    predicted = {predictor.parameter for predictor in predictors} | {"mu"}
    for name in family.parameters:
        if name in predicted or name == "disc" or (name == "sigma" and not has_sigma):
            continue
        out.append(_scalar(family, name, moments))
    return tuple(out)


def exponential(mean: float) -> Prior:
    """The exponential distribution with this mean."""
    return Prior("exponential", (1.0 / mean,))


# ---- parameters that are one number for all rows -----------------------------------------------------


def _scalar(family: Family, name: str, moments: Moments) -> Slot:
    prior, reason = scalar_default(family, name, moments.response)
    low, high = bounds(family, name, moments.response.least)
    return Slot(
        parameter=name,
        kind=name,
        predictor=name,
        group="",
        coef="",
        default=prior,
        reason=reason,
        term=name,
        low=low,
        high=high,
    )


def bounds(family: Family, name: str, least: float) -> tuple[float | None, float | None]:
    """Where a parameter lies; `least` is the least response."""
    if (name, family.base) == ("phi", "generalized_poisson"):
        return LEAST_PHI, None
    return {
        "positive": (0.0, None),
        "above one": (LEAST_DF, None),
        "unit": (0.0, 1.0),
        "power": (1.0, 2.0),
        "delay": (0.0, least),
    }.get(family.support_of(name), (None, None))


def scalar_default(family: Family, name: str, response: ResponseMoments) -> tuple[Prior, str]:
    """The default prior of a parameter, and why it is that."""
    size, size_name = natural_size(family, name, response)
    match name, family.base:
        case ("sigma", _) | ("beta", "exgaussian") | ("phi", "tweedie"):
            return exponential(size), f"mean {size_name}"
        case "shape", "inverse_gaussian":
            return Prior("inv_gamma", (0.4, 0.3 * size)), f"weakly informative, in units of {size_name}"
        case "phi", "generalized_poisson":
            return Prior("exponential", (1.0,), lower=LEAST_PHI), "from under- to strong overdispersion"
        case "phi", "negbinomial1":
            return exponential(1.0), "from none to strong overdispersion"
        case (("shape" | "phi"), _):
            return DISPERSION, "from strong dispersion (0.2) to hardly any (1000)"
        case "nu", _:
            return Prior("gamma", (2.0, 0.1), lower=LEAST_DF), "from heavy tails (1) to nearly Gaussian (50)"
        case "kappa", _:
            return Prior("gamma", (2.0, 0.01)), "from all directions alike to a narrow bundle"
        case "alpha", _:
            return Prior("normal", (0.0, 4.0)), "to either side"
        case "power", _:
            return Prior("uniform", (1.0, 2.0)), "all of its range"
        case "ndt", _:
            return Prior("uniform", (0.0, response.least)), f"up to min({response.y_name})"
        case "cutzero", _:
            return Prior("normal", (0.0, SPREAD)), "on the scale of the link"
        case "cutgap", _:
            return exponential(SPREAD), "on the scale of the link"
        case _:
            return Prior("beta", (1.0, 1.0)), "all of its range"


# ---- population part ---------------------------------------------------------------------------------


def _population(
    predictor: PredictorSpec, location: Location, scales: Sequence[Scale], *, has_thresholds: bool
) -> list[Slot]:
    name, link_mean, has_intercept = predictor.parameter, location.mean_name, predictor.has_intercept
    is_plain = has_intercept or has_thresholds or location.mean == 0
    spread = location.sd if is_plain else math.hypot(location.mean, location.sd)
    spread_name = location.sd_name if is_plain else _rms(location)
    factor = f"{SPREAD} {spread_name}".strip()
    prefix = "b_" if name == "mu" else f"b_{name}_"
    out: list[Slot] = []
    for column, scale in zip(predictor.columns, scales, strict=True):
        is_intercept = column == "Intercept"
        if is_intercept:
            prior = Prior("normal", (location.mean, SPREAD * spread))
            reason = f"{link_mean}, {factor}"
        else:
            prior = Prior("normal", (0.0, SPREAD * spread / scale.value))
            reason = f"{factor}{scale.over(column)}"
        out.append(
            Slot(
                parameter=prefix + column,
                kind="b",
                predictor=name,
                group="",
                coef=column,
                default=prior,
                reason=reason,
                term=f"{name}.b[{column}]",
                can_be_centred=is_intercept and len(predictor.columns) > 1,
            )
        )
    return out


def _rms(location: Location) -> str:
    """The root mean square of the response where that is what spreads, else of the linked mean."""
    if location.sd_name.startswith("sd("):
        return f"rms({location.sd_name[3:]}"
    return f"rms({location.mean_name}, 1)"


def _thresholds(predictor: PredictorSpec, count: int) -> list[Slot]:
    """The K - 1 thresholds of an ordinal response: one term, as they stand or move together."""
    return [
        Slot(
            parameter=f"b_Intercept[{number}]",
            kind="Intercept",
            predictor="mu",
            group="",
            coef=str(number),
            default=Prior("normal", (0.0, SPREAD)),
            reason=f"{SPREAD} on the scale of the link",
            term="thresholds",
            can_be_centred=bool(predictor.columns or predictor.specific),
        )
        for number in range(1, count + 1)
    ]


def _specific(predictor: PredictorSpec, scales: Sequence[Scale], n_thresholds: int) -> list[Slot]:
    """Effects of `cs()`, a coefficient for each column and threshold."""
    return [
        Slot(
            parameter=f"bcs_{column}[{number}]",
            kind="bcs",
            predictor="mu",
            group="",
            coef=f"{column}[{number}]",
            default=Prior("normal", (0.0, SPREAD / scale.value)),
            reason=f"{SPREAD}{scale.over(column)}",
            term=f"bcs[{column}, {number}]",
        )
        for column, scale in zip(predictor.specific, scales, strict=True)
        for number in range(1, n_thresholds + 1)
    ]


# ---- groups ------------------------------------------------------------------------------------------


def _sds(group: GroupSpec, scales: Sequence[Scale], where: dict[str, Location]) -> list[Slot]:
    out: list[Slot] = []
    for place, coef in enumerate(group.sd_coefs):
        position = place % group.q  # each level of `by` repeats the coefficients
        scale, owner = scales[position], group.owner(position)
        number = next(i for i, block in enumerate(group.blocks) if position in block)
        location = where[owner]
        spread_name = location.sd_name or "1"
        out.append(
            Slot(
                parameter=f"sd_{group.label}__{coef}",
                kind="sd",
                predictor=owner,
                group=group.label,
                coef=coef,
                default=exponential(location.sd / scale.value),
                reason=f"mean {spread_name}{scale.over(group.column(position))}",
                term=_term(group, number),
                can_be_centred=group.can_be_centred(number),
                low=0.0,
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
                predictor=group.owner(group.blocks[number][0]),
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
        low=LEAST_DF,
    )


def _term(group: GroupSpec, number: int) -> str:
    return f"sd[{group.label}] {number}"
