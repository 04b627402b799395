"""Findings as values: their codes with default grades, and how a user regrades them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from bayesformula.errors import DataError, OptionError, listing, nearest

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
    "outside-support": "error",
    "one-class": "warn",
    "separation": "warn",
    "no-zeros": "warn",
    "constant-response": "error",
    "one-level-factor": "error",
    "response-as-group": "error",
    "response-as-predictor": "error",
    "one-level-group": "warn",
    "as-many-levels-as-rows": "warn",
    "as-many-effects-as-rows": "warn",
    "non-integer-group": "warn",
    "id-as-number": "warn",
    "id-names-column": "warn",
    "number-as-text": "warn",
    "similar-labels": "warn",
    "merged-labels": "error",
    "constant-column": "warn",
    "dependent-columns": "warn",
    "more-coefficients-than-rows": "warn",
    "saturated": "warn",
    "implicit-nesting": "warn",
    "same-groups": "warn",
    "group-in-population": "warn",
    "constant-within-groups": "warn",
    "rows-dropped": "warn",
    "far-from-zero": "warn",
    "empty-category": "warn",
    "category-order": "warn",
    "duplicate-term": "info",
    "formula-note": "info",
    "slope-without-mean": "info",
    "few-levels": "info",
    "few-rows-per-level": "info",
    "binary-response": "info",
    "one-trial-a-row": "info",
    "count-response": "info",
}
"""Every code with its severity where nothing else is asked."""


def found(code: str, message: str) -> Finding:
    """A finding with its usual severity."""
    return Finding(code, CODES[code], message)


def of_parameter(parameter: str) -> str:
    """How a message begins that is about another parameter than the mean."""
    return "" if parameter == "mu" else f"of {parameter}: "


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
            known = listing(nearest(str(code), CODES), len(CODES))
            raise OptionError(f"checks: there is no check '{code}'; there are {known}")
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
    if finding.code == "outside-support":  # such a row has no density: there is no going on
        return finding.message
    return f'{finding.message}\n  To go on all the same, pass checks={{"{finding.code}": "warn"}}.'
