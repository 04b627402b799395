"""Named, graded findings about data and design: what a careful colleague would mention before the fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from bayesformula.data.columns import read_named
from bayesformula.data.design import Design
from bayesformula.data.learnt import DataSchema, GroupSchema, ParameterSchema
from bayesformula.data.nesting_lint import reused_labels
from bayesformula.errors import DataError, OptionError, listing, nearest
from bayesformula.syntax.ast import FormulaSpec

Severity = Literal["info", "warn", "error"]
Override = Literal["ignore", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: `code` names it, `severity` grades it, `message` says what to do."""

    code: str
    severity: Severity
    message: str


CODES: Mapping[str, Severity] = {
    "infinite-values": "error",
    "constant-response": "error",
    "one-level-factor": "error",
    "one-level-group": "warn",
    "as-many-levels-as-rows": "warn",
    "non-integer-group": "warn",
    "constant-column": "warn",
    "dependent-columns": "warn",
    "more-coefficients-than-rows": "warn",
    "implicit-nesting": "warn",
    "rows-dropped": "warn",
    "far-from-zero": "warn",
    "duplicate-term": "info",
    "formula-note": "info",
    "binary-response": "info",
    "count-response": "info",
}
"""Every code with its severity where nothing else is asked."""

SMALL_COUNT = 20
"""A response of whole numbers up to this looks like counts."""


def check(
    spec: FormulaSpec, schema: DataSchema, design: Design, frame: pd.DataFrame, *, family: str | None = None
) -> tuple[Finding, ...]:
    """Findings about a design, in the order of the table of codes.

    Args:
        spec: the formula; what lowering changed in it is a finding too.
        schema: learnt from `frame`.
        design: of `frame`.
        frame: the user's data.
        family: name of the family if the user gave one; without it a Gaussian is assumed.

    Returns:
        Graded findings; nothing is raised here, `resolve` does that.
    """
    with np.errstate(all="ignore"):  # infinities may stand in the design; they are a finding
        found = _findings(schema, design, frame, family)
    order = {code: place for place, code in enumerate(CODES)}
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: order[finding.code]))


def _findings(schema: DataSchema, design: Design, frame: pd.DataFrame, family: str | None) -> list[Finding]:
    gaussian = family in (None, "gaussian")
    found = [Finding(code, CODES[code], message) for code, message in schema.notes]
    found += _about_rows(schema, design)
    found += _about_response(schema, design, family)
    found += _about_factors(schema, design, gaussian=gaussian)
    for parameter in schema.parameters:
        found += _about_columns(parameter)
        found += _about_groups(parameter, design, frame, gaussian=gaussian)
    found += [Finding("implicit-nesting", "warn", text) for text in reused_labels(schema, design, frame)]
    return found


def resolve(findings: Sequence[Finding], overrides: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """Findings regraded as the user asks; errors are raised, ignored ones left out.

    Args:
        findings: from `check`.
        overrides: "ignore", "warn" or "error" by code.

    Raises:
        OptionError: an unknown code or grade.
        DataError: a finding is an error; the message holds all that are.
    """
    overrides = overrides or {}
    for code, grade in overrides.items():
        if code not in CODES:
            raise OptionError(
                f"checks: there is no check '{code}'; there are {listing(nearest(code, CODES), 20)}"
            )
        if grade not in get_args(Override):
            raise OptionError(f"checks: '{code}' can be 'ignore', 'warn' or 'error', not {grade!r}")
    kept: list[Finding] = []
    for finding in findings:
        match overrides.get(finding.code):
            case "ignore":
                continue
            case "warn":
                kept.append(replace(finding, severity="warn"))
            case "error":
                kept.append(replace(finding, severity="error"))
            case _:
                kept.append(finding)
    errors = [finding for finding in kept if finding.severity == "error"]
    if errors:
        raise DataError("\n".join(_as_error(finding) for finding in errors))
    return tuple(kept)


def _as_error(finding: Finding) -> str:
    return f'{finding.message}\n  To go on all the same, pass checks={{"{finding.code}": "warn"}}.'


# ---- rows and response -------------------------------------------------------------------------------


def _about_rows(schema: DataSchema, design: Design) -> Iterator[Finding]:
    if design.n_dropped:
        total = design.n_dropped + design.n_rows
        were = "was" if design.n_dropped == 1 else "were"
        yield Finding(
            "rows-dropped",
            "warn",
            f"{design.n_dropped} of {total} rows {were} left out for missing values; "
            'pass na="error" to refuse them instead',
        )
    for name, values in _numeric_parts(design):
        if not np.all(np.isfinite(values)):
            yield Finding("infinite-values", "error", f"{name} holds values that are not finite numbers")
    n_coefficients = sum(len(parameter.columns) for parameter in schema.parameters)
    if n_coefficients > design.n_rows:
        yield Finding(
            "more-coefficients-than-rows",
            "warn",
            f"there are {n_coefficients} population coefficients and {design.n_rows} rows: "
            "what the data do not say, the priors will",
        )


def _numeric_parts(design: Design) -> Iterator[tuple[str, np.ndarray]]:
    if design.y is not None:
        yield "the response", design.y
    for parameter, part in design.parameters.items():
        for name in part.fixed.columns:
            yield f"column '{name}' of {parameter}", part.fixed[name].to_numpy()
        if part.offset is not None:
            yield f"the offset of {parameter}", part.offset
        for group in part.groups.values():
            yield f"an effect that varies over '{group.label}'", group.z


def _about_response(schema: DataSchema, design: Design, family: str | None) -> Iterator[Finding]:
    y, response = design.y, schema.response
    if y is None:
        return
    if len(y) > 1 and np.ptp(y) == 0:
        gaussian = family in (None, "gaussian")
        shown = response.levels[int(y[0])] if response.levels else f"{y[0]:g}"
        yield Finding(
            "constant-response",
            "error" if gaussian else "warn",
            f"response '{response.label}' is {shown} in all {len(y)} rows: there is nothing to explain",
        )
    elif family is None and not response.levels and response.kind == "binary":
        yield Finding(
            "binary-response",
            "info",
            f"response '{response.label}' is 0 or 1 and a Gaussian is assumed, where bernoulli would model "
            'its probability; family="gaussian" says that it is meant',
        )
    elif family is None and response.kind == "count" and float(np.max(y)) <= SMALL_COUNT:
        yield Finding(
            "count-response",
            "info",
            f"response '{response.label}' is a small count (0 to {np.max(y):g}) and a Gaussian is assumed, "
            'where poisson or negbinomial would model counts; family="gaussian" says that it is meant',
        )


# ---- the population part -----------------------------------------------------------------------------


def _about_factors(schema: DataSchema, design: Design, *, gaussian: bool) -> Iterator[Finding]:
    for variable in schema.variables:
        if variable.kind != "factor":
            continue
        if len(variable.levels) == 1:
            yield Finding(
                "one-level-factor",
                "error",
                f"factor '{variable.label}' has one level, '{variable.levels[0]}', in the rows used: "
                "it can explain nothing; leave it out",
            )
        elif len(variable.levels) == design.n_rows and gaussian:
            yield Finding(
                "as-many-levels-as-rows",
                "warn",
                f"factor '{variable.label}' has {design.n_rows} levels in {design.n_rows} rows: "
                "its effects cannot be told from the residuals",
            )


def _about_columns(parameter: ParameterSchema) -> Iterator[Finding]:
    where = "" if parameter.parameter == "mu" else f" of {parameter.parameter}"
    constant = [column.name for column in parameter.dropped if column.code == "constant-column"]
    if constant:
        yield Finding(
            "constant-column",
            "warn",
            f"dropped{where}, the same in every row used: {listing(constant)}",
        )
    dependent = [column for column in parameter.dropped if column.code == "dependent-columns"]
    if len(dependent) > 3:
        names = listing(column.name for column in dependent)
        yield Finding(
            "dependent-columns",
            "warn",
            f"dropped{where}: {len(dependent)} columns are combinations of those before them: {names}",
        )
    else:
        for column in dependent:
            message = f"dropped{where}: '{column.name}' is a combination of {listing(column.combination)}"
            yield Finding("dependent-columns", "warn", message)


# ---- the group part ----------------------------------------------------------------------------------


def _about_groups(
    parameter: ParameterSchema, design: Design, frame: pd.DataFrame, *, gaussian: bool
) -> Iterator[Finding]:
    for group in parameter.groups:
        count = len(group.levels)
        if count == 1:
            yield Finding(
                "one-level-group",
                "warn",
                f"grouping factor '{group.label}' has 1 level: only the prior says how its effects vary",
            )
        elif count == design.n_rows and gaussian and parameter.parameter == "mu":
            yield Finding(
                "as-many-levels-as-rows",
                "warn",
                f"grouping factor '{group.label}' has {count} levels in {count} rows: "
                "its effects cannot be told from the residuals",
            )
        yield from _about_group_columns(group, frame)
        yield from _far_from_zero(parameter, group, design)


def _about_group_columns(group: GroupSchema, frame: pd.DataFrame) -> Iterator[Finding]:
    for name in group.factors:
        if name not in frame.columns:
            continue
        column = read_named(frame, name)
        if column.kind == "numeric" and np.any(np.mod(column.values[np.isfinite(column.values)], 1) != 0):
            yield Finding(
                "non-integer-group",
                "warn",
                f"grouping column '{name}' holds numbers that are not whole; each different number "
                f"is a level. A measurement belongs before the bar, or into classes: cut({name}, ...)",
            )


def is_far_from_zero(column: np.ndarray) -> bool:
    """Whether a column that varies has its mean more than 3 standard deviations from zero."""
    sd = float(np.std(column))
    return sd > 1e-12 * abs(float(np.mean(column))) and abs(float(np.mean(column))) > 3 * sd


def _far_from_zero(parameter: ParameterSchema, group: GroupSchema, design: Design) -> Iterator[Finding]:
    """`||` and intercept-free terms say that effects vary least at x = 0, which should be near the data."""
    z = design.parameters[parameter.parameter].groups[group.label].z
    place = 0
    for effect in group.effects:
        loose = not effect.intercept or not effect.correlated
        for coef in effect.coefs:
            column = z[:, place]
            place += 1
            if loose and coef != "Intercept" and is_far_from_zero(column):
                yield Finding(
                    "far-from-zero",
                    "warn",
                    f"'{coef}' in a term without correlated intercepts on '{group.label}' has mean "
                    f"{np.mean(column):.3g} and sd {np.std(column):.3g}: such a term depends "
                    f"on where zero is; center({coef}) is usually meant, or ({coef} | {group.label})",
                )
