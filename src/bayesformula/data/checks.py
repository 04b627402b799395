"""Named, graded findings about data and design: what a careful colleague would mention before the fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from bayesformula.data.categories import category_findings
from bayesformula.data.design import Design
from bayesformula.data.findings import CODES, Finding, Severity, found, resolve
from bayesformula.data.label_lints import label_lints
from bayesformula.data.label_spelling import spelling_lints
from bayesformula.data.learnt import DataSchema, DroppedColumn, ParameterSchema, ResponseSchema
from bayesformula.data.lints import group_lints
from bayesformula.data.nesting_lint import reused_labels
from bayesformula.data.separation import separation
from bayesformula.data.spans import span_lints
from bayesformula.data.support import constant_message
from bayesformula.data.values import ColumnsDesign
from bayesformula.errors import listing
from bayesformula.syntax.ast import FormulaSpec

__all__ = ["CODES", "Finding", "Severity", "check", "resolve"]

GAUSSIAN = (None, "gaussian", "lognormal")
"""Families with residuals that as many coefficients or effects as rows would take up."""

TWO_CLASSES = ("bernoulli", "binomial", "beta_binomial")
"""Families whose successes a predictor may tell from failures without an error."""

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Values that differ by so small a part of themselves are one value, computed in two ways."""

SMALL_COUNT = 20
"""A response of whole numbers up to this looks like counts."""


def check(
    spec: FormulaSpec, schema: DataSchema, design: Design, frame: pd.DataFrame, *, family: str | None = None
) -> tuple[Finding, ...]:
    """Findings about a design, in the order of the table of codes.

    Args:
        spec: the formula as lowered; `schema` holds it with its dots written out.
        schema: learnt from `frame`.
        design: of `frame`.
        frame: the user's data.
        family: name of the family if the user gave one; without it a Gaussian is assumed.

    Returns:
        Graded findings; nothing is raised here, `resolve` does that.
    """
    with np.errstate(all="ignore"):  # infinities may stand in the design; they are a finding
        findings = list(_findings(schema, design, frame, family))
    order = {code: place for place, code in enumerate(CODES)}
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: order[finding.code]))


def _findings(
    schema: DataSchema, design: Design, frame: pd.DataFrame, family: str | None
) -> Iterator[Finding]:
    gaussian = family in GAUSSIAN
    yield from (found(code, message) for code, message in schema.notes)
    yield from _about_rows(schema, design, gaussian=gaussian)
    yield from _about_response(schema, design, family)
    if family in TWO_CLASSES:
        yield from separation(schema.response, design)
    yield from category_findings(family, schema.response)
    yield from _about_factors(schema, design, gaussian=gaussian)
    yield from label_lints(schema, frame)
    yield from spelling_lints(schema, design, frame)
    reused = reused_labels(schema, design, frame)
    yield from reused.values()
    for parameter in schema.parameters:
        part, is_mean = design.parameters[parameter.parameter], parameter.parameter == "mu"
        yield from _about_columns(parameter)
        yield from group_lints(
            parameter,
            part,
            has_residuals=gaussian and is_mean and has_own_sigma(schema.response),
            reused=reused if is_mean else (),
        )
        yield from span_lints(parameter.parameter, part)


# ---- rows and response -------------------------------------------------------------------------------


def _about_rows(schema: DataSchema, design: Design, *, gaussian: bool) -> Iterator[Finding]:
    if design.n_dropped:
        total = design.n_dropped + design.n_rows
        were = "was" if design.n_dropped == 1 else "were"
        yield found(
            "rows-dropped",
            f"{design.n_dropped} of {total} rows {were} left out for missing values; "
            'pass na="error" to refuse them instead',
        )
    for name in _not_finite(design):
        yield found("infinite-values", f"{name} holds values that are not finite numbers")
    yield from _about_counts(schema, design, gaussian=gaussian)


def _about_counts(schema: DataSchema, design: Design, *, gaussian: bool) -> Iterator[Finding]:
    """More coefficients than rows, as written; or, in a Gaussian model, none to spare for residuals.

    A factor with a level for each row says the same, and is named instead.
    """
    n_rows, mean = design.n_rows, schema.mu
    is_named = any(len(variable.levels) == n_rows for variable in schema.variables)
    kept = sum(len(parameter.columns) + len(parameter.specific_columns) for parameter in schema.parameters)
    repeated = sum(column.code == "dependent-columns" for column in mean.dropped)
    if len(mean.columns) == n_rows:
        kept += repeated  # they were dropped as there are no rows for them
    if kept > n_rows:
        yield found(
            "more-coefficients-than-rows",
            f"there are {kept} population coefficients and {n_rows} rows: "
            "what the data do not say, the priors will",
        )
    elif len(mean.columns) == n_rows and gaussian and has_own_sigma(schema.response) and not is_named:
        yield found(
            "saturated",
            f"there are as many population coefficients as rows, {n_rows}: the mean can follow every value "
            "of the response, and only the prior says how far the residuals spread; leave terms out",
        )


def has_own_sigma(response: ResponseSchema) -> bool:
    """Whether residuals have an sd of their own, and not only the known ones of `se()`."""
    return "se" not in response.extras or ("se.sigma", "TRUE") in response.options


def _not_finite(design: Design) -> Iterator[str]:
    """What holds values that are not finite numbers, in words."""
    if design.y is not None and not np.all(np.isfinite(design.y)):
        yield "the response"
    for parameter, part in design.parameters.items():
        yield from (f"column '{name}' of {parameter}" for name in _bad_columns(part.population))
        yield from (f"column '{name}' of cs()" for name in _bad_columns(part.cs))
        if part.offset is not None and not np.all(np.isfinite(part.offset)):
            yield f"the offset of {parameter}"
        for group in part.groups.values():
            if not group.values.are_finite:
                yield f"an effect that varies over '{group.label}'"


def _bad_columns(columns: ColumnsDesign) -> list[str]:
    bad = np.zeros(len(columns.names), dtype=bool)
    for chunk in columns.values.chunks() if columns.names else ():
        bad |= ~np.isfinite(chunk).all(axis=0)
    return [name for name, is_bad in zip(columns.names, bad.tolist(), strict=True) if is_bad]


def _about_response(schema: DataSchema, design: Design, family: str | None) -> Iterator[Finding]:
    y, response = design.y, schema.response
    if y is None or response.kind == "matrix":
        return
    if len(y) > 1 and np.ptp(y) <= ROUNDING * np.max(np.abs(y)):
        gaussian = family in GAUSSIAN
        yield Finding(
            "constant-response",
            "error" if gaussian else "warn",
            constant_message(family, response, design, y),
        )
    elif family is None and not response.levels and response.kind == "binary":
        yield found(
            "binary-response",
            f"response '{response.label}' is 0 or 1 and a Gaussian is assumed, where bernoulli would model "
            'its probability; family="gaussian" says that it is meant',
        )
    elif family is None and response.kind == "count" and float(np.max(y)) <= SMALL_COUNT:
        yield found(
            "count-response",
            f"response '{response.label}' is whole numbers, {np.min(y):g} to {np.max(y):g}, and a Gaussian "
            f"is assumed, where {'cumulative would model ratings, ' if np.min(y) > 0 else ''}"
            'poisson or negbinomial would model counts; family="gaussian" says that it is meant',
        )


# ---- the population part -----------------------------------------------------------------------------


def _about_factors(schema: DataSchema, design: Design, *, gaussian: bool) -> Iterator[Finding]:
    for variable in schema.variables:
        if variable.kind != "factor":
            continue
        if len(variable.levels) == 1:
            yield found(
                "one-level-factor",
                f"factor '{variable.label}' has one level, '{variable.levels[0]}', in the rows used: "
                "it can explain nothing; leave it out",
            )
        elif len(variable.levels) == design.n_rows and gaussian:
            yield found(
                "as-many-levels-as-rows",
                f"factor '{variable.label}' has {design.n_rows} levels in {design.n_rows} rows: "
                "its effects cannot be told from the residuals",
            )


def _about_columns(parameter: ParameterSchema) -> Iterator[Finding]:
    where = "" if parameter.parameter == "mu" else f" of {parameter.parameter}"
    yield from _about_dropped(parameter.dropped, where)
    yield from _about_dropped(parameter.specific_dropped, " of cs()")


def _about_dropped(dropped: Sequence[DroppedColumn], where: str) -> Iterator[Finding]:
    constant = [column.name for column in dropped if column.code == "constant-column"]
    if constant:
        yield found(
            "constant-column",
            f"dropped{where}, the same in every row used: {listing(constant)}",
        )
    dependent = [column for column in dropped if column.code == "dependent-columns"]
    if len(dependent) > 3:
        names = listing(column.name for column in dependent)
        yield found(
            "dependent-columns",
            f"dropped{where}: {len(dependent)} columns are combinations of those before them: {names}",
        )
    else:
        for column in dependent:
            message = f"dropped{where}: '{column.name}' is a combination of {listing(column.combination)}"
            yield found("dependent-columns", message)
