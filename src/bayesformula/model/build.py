"""Join formula, design, family and priors into a `ModelSpec`; what does not fit is refused here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bayesformula.data.design import Design, ParameterDesign
from bayesformula.data.shared_groups import SharedGroup, shared_groups
from bayesformula.errors import PriorError
from bayesformula.family_table import ORDINAL, Family
from bayesformula.model.defaults import slots
from bayesformula.model.moments import Moments, measure
from bayesformula.model.resolve import refuse_disorder, resolve
from bayesformula.model.spec import GroupSpec, ModelSpec, PredictorSpec
from bayesformula.priors import SHRINKAGE, Address, Prior, PriorRow, Statement
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
    categories: Sequence[str] = (),
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
        categories: levels of an ordinal, categorical or multinomial response.

    Raises:
        FormulaError: two predictors give one grouping factor different options.
        PriorError: a statement addresses no parameter of the model, or does not fit it.
    """
    known_error = ("added" if adds_sigma else "alone") if "se" in design.extras else ""
    parameters = parameter_designs(design, family, categories)
    predictors = tuple(_predictor(name, part, family) for name, part in parameters.items())
    shared = shared_groups(parameters)
    groups = tuple(_group(group, (nested_in or {}).get(label, ())) for label, group in shared.items())
    is_ordinal = family.name in ORDINAL
    moments = measure(design, family, predictors, parameters, shared, response_label)
    rows = resolve(
        [*_fixed(formula), *statements],
        slots(
            family,
            predictors,
            groups,
            moments,
            n_thresholds=len(categories) - 1 if is_ordinal else 0,
            has_sigma=known_error != "alone",
        ),
        family,
    )
    if family.name == "cumulative":
        refuse_disorder(rows)
    return ModelSpec(
        formula=formula.text,
        response=response_label,
        family=family,
        n_rows=design.n_rows,
        predictors=_with_units(family, predictors, moments, rows),
        groups=groups,
        priors=rows,
        has_weights=design.weights is not None,
        known_error=known_error,
        terms=tuple(name for name in design.extras if name != "se"),
        categories=tuple(categories),
    )


def parameter_designs(
    design: Design, family: Family, categories: Sequence[str]
) -> dict[str, ParameterDesign]:
    """The design of each linear predictor of the model.

    Of a categorical response mu is one predictor for each level but the first, `muB`. Thresholds
    stand in the place of the intercept of an ordinal response.
    """
    mu, *others = design.parameters
    if family.support not in ("category", "matrix"):
        out = dict(design.parameters)
        if family.name in ORDINAL:
            out[mu] = _without_intercept(out[mu])
        return out
    assert not others, "a formula of one category alone is refused before"
    return dict.fromkeys(category_parameters(categories), design.parameters[mu])


def category_parameters(categories: Sequence[str]) -> list[str]:
    """What the predictor of each category but the first is called: `mu` and its name, letters and digits.

    >>> category_parameters(["a", "very good", "b", "b!"])
    ['muverygood', 'mub', 'mub_']
    """
    names: list[str] = []
    for level in categories[1:]:
        name = "mu" + re.sub(r"[^\w]", "", level)
        while name in names or name == "mu":
            name += "_"
        names.append(name)
    return names


def _without_intercept(design: ParameterDesign) -> ParameterDesign:
    return replace(design, population=design.population.without("Intercept"))


def _fixed(formula: FormulaSpec) -> list[Statement]:
    """Parameters that the formula holds at a number, as the priors that they are."""
    return [Statement(Address("", name), Prior("constant", (value,))) for name, value in formula.fixed]


def _predictor(name: str, design: ParameterDesign, family: Family) -> PredictorSpec:
    link = family.link("mu" if name.startswith("mu") else name)
    columns, specific = design.population.names, design.cs.names
    return PredictorSpec(name, link, columns, has_offset=design.offset is not None, specific=specific)


def _with_units(
    family: Family, predictors: tuple[PredictorSpec, ...], moments: Moments, rows: Sequence[PriorRow]
) -> tuple[PredictorSpec, ...]:
    """The predictors with the units of their coefficients, those that have a joint prior.

    The spread is sigma where one sigma holds for all rows of a response on its own scale, as in brms; else
    that of the response.
    """
    shrunk = {row.predictor for row in rows if row.prior.distribution in SHRINKAGE}
    has_sigma = any(row.kind == "sigma" for row in rows) and family.link("mu") == "identity"
    out: list[PredictorSpec] = []
    for predictor, location, scales in zip(predictors, moments.locations, moments.columns, strict=True):
        in_sigma = has_sigma and predictor.parameter == "mu"
        units = tuple((1.0 if in_sigma else location.sd) / scale.value for scale in scales)
        is_shrunk = predictor.parameter in shrunk
        out.append(replace(predictor, units=units, in_sigma=in_sigma) if is_shrunk else predictor)
    return tuple(out)


def _group(shared: SharedGroup, nested_in: tuple[str, ...]) -> GroupSpec:
    group = shared.design
    return GroupSpec(
        label=group.label,
        factors=group.factors,
        n_levels=len(group.levels),
        coefs=group.coefs,
        blocks=tuple(tuple(group.coefs.index(coef) for coef in block) for block in group.blocks),
        nested_in=nested_in,
        parameters=shared.parameters,
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
    example = "normal(0, 1)" if flat[0].kind in ("b", "bcs", "Intercept") else "exponential(1)"
    raise PriorError(
        f"a prior-only run needs proper priors, and these are flat: {addresses}",
        hint=f"Write for instance {flat[0].address} ~ {example}, or leave the statement out for the default.",
    )
