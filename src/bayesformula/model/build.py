"""Join formula, design, family and priors into a `ModelSpec`; what does not fit is refused here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bayesformula.data.additions import refuse_extra
from bayesformula.data.design import Design, GroupDesign, ParameterDesign
from bayesformula.data.parameters import refuse_predictor
from bayesformula.errors import PriorError
from bayesformula.families import Family
from bayesformula.model.defaults import INTERCEPT_SCALE, Moments, Scale, slots
from bayesformula.model.resolve import resolve
from bayesformula.model.spec import GroupSpec, ModelSpec, PredictorSpec
from bayesformula.priors import Statement
from bayesformula.syntax.ast import FormulaSpec


def build(
    formula: FormulaSpec,
    design: Design,
    family: Family,
    statements: Sequence[Statement] = (),
    *,
    response_label: str,
    nested_in: Mapping[str, tuple[str, ...]] | None = None,
    adds_sigma: bool = False,
) -> ModelSpec:
    """The model that a formula, data, a family and priors make.

    Args:
        formula: the lowered formula.
        design: the data encoded by it, response included.
        family: of the response.
        statements: the stated priors; every other parameter gets its default.
        response_label: the response as written, `log(y)`.
        nested_in: for a group, labels of the groups in whose levels its own levels lie.
        adds_sigma: `se(s, sigma = TRUE)`, a sigma beside the known errors.

    Raises:
        FormulaError: the formula has several predictors, or additions to the response but weights and se.
        PriorError: a statement addresses no parameter of the model, or does not fit it.
    """
    if len(formula.predictors) > 1:
        named = formula.predictors[1].parameter
        raise refuse_predictor(
            formula, 1, hint=f"Leave it out: this version estimates one {named} for all rows."
        )
    for name in design.extras:
        if name != "se":
            raise refuse_extra(
                formula, name, hint="Of a Gaussian response this version knows weights(w) and se(s)."
            )
    known_error = ("added" if adds_sigma else "alone") if "se" in design.extras else ""
    mu = design.parameters["mu"]
    columns = tuple(str(column) for column in mu.fixed.columns)
    predictor = PredictorSpec("mu", family.link("mu"), columns, has_offset=mu.offset is not None)
    groups = tuple(_group(group, (nested_in or {}).get(label, ())) for label, group in mu.groups.items())
    moments = measure(design, response_label)
    return ModelSpec(
        formula=formula.text,
        response=response_label,
        family=family,
        n_rows=design.n_rows,
        predictors=(predictor,),
        groups=groups,
        priors=resolve(statements, slots(predictor, groups, moments, has_sigma=known_error != "alone")),
        has_weights=design.weights is not None,
        known_error=known_error,
    )


def _group(group: GroupDesign, nested_in: tuple[str, ...]) -> GroupSpec:
    return GroupSpec(
        label=group.label,
        factors=group.factors,
        n_levels=len(group.levels),
        coefs=group.coefs,
        blocks=tuple(tuple(group.coefs.index(coef) for coef in block) for block in group.blocks),
        nested_in=nested_in,
        parameters=("mu",) * len(group.coefs),
        by=group.by,
        dist=group.dist,
        cov=group.cov_name,
        members=group.factors if group.is_membership else (),
    )


def refuse_flat(model: ModelSpec) -> None:
    """A model that is to be drawn from its priors alone must not have an improper one.

    Raises:
        PriorError: some prior is `flat`.
    """
    flat = [row for row in model.priors if row.prior.distribution == "flat"]
    if not flat:
        return
    addresses = ", ".join(row.address for row in flat[:8]) + (", ..." if len(flat) > 8 else "")
    example = "exponential(1)" if flat[0].kind in ("sd", "sigma") else "normal(0, 1)"
    raise PriorError(
        f"a prior-only run needs proper priors, and these are flat: {addresses}",
        hint=f"Write for instance {flat[0].address} ~ {example}, or leave the statement out for the default.",
    )


# ---- moments of the data -----------------------------------------------------------------------------


def measure(design: Design, response_label: str) -> Moments:
    """The moments from which the default priors are made: of the rows with weight, all alike."""
    mu = design.parameters["mu"]
    assert design.y is not None, "a model is built on data with a response"
    response = design.y if mu.offset is None else design.y - mu.offset
    used = np.ones(len(response), bool) if design.weights is None else design.weights > 0
    if not np.any(used):
        used[:] = True
    response = response[used]
    label = response_label if mu.offset is None else f"{response_label} - offset"
    sd = _sd(response)
    return Moments(
        response=label,
        mean=float(np.mean(response)) if len(response) else 0.0,
        sd=sd if sd > 0 else 1.0,
        columns=_scales(mu, used),
        groups=tuple(
            tuple(map(_scale, group.coefs, _shift_free(group, used).T)) for group in mu.groups.values()
        ),
    )


def _shift_free(group: GroupDesign, used: np.ndarray) -> np.ndarray:
    """(n, q) columns of a group, less what a shift does where weights of `mm()` do not add up to 1."""
    columns = group.columns[used]
    if not group.is_membership or "Intercept" not in group.coefs:
        return columns
    at = group.coefs.index("Intercept")
    total = columns[:, at]
    if not np.any(total) or np.allclose(total, 1.0, rtol=1e-12):
        return columns
    mean = columns.mean(axis=0) / total.mean()
    mean[at] = 0.0
    return columns - total[:, None] * mean


def _scales(design: ParameterDesign, used: np.ndarray) -> tuple[Scale, ...]:
    values = np.asarray(design.fixed, dtype=np.float64)[used]
    return tuple(_scale(str(name), values[:, i]) for i, name in enumerate(design.fixed.columns))


def _scale(name: str, column: np.ndarray) -> Scale:
    """Sd of a column, its range when it has two values, its size when it has one."""
    if name == "Intercept" or not len(column):
        return INTERCEPT_SCALE
    low, high = float(np.min(column)), float(np.max(column))
    if low == high:
        return Scale(abs(low), "size") if low else INTERCEPT_SCALE
    if bool(np.all((column == low) | (column == high))):
        return Scale(high - low, "range")
    return Scale(_sd(column), "sd")


def _sd(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
