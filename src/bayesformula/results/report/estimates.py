"""What was found: the summary by its headings, and how much of the variance is explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bayesformula.errors import OptionError
from bayesformula.results.names import Scalar, scalars
from bayesformula.results.report.markup import (
    Section,
    attempt,
    heading,
    note,
    paragraph,
    table,
)
from bayesformula.results.summary import format_number

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit

HEADS = ("", "mean", "sd", "lower", "upper", "bulk ESS", "tail ESS", "R-hat")
MAX_ROWS = 200
VARIANCE_ROWS = 50_000
"""Rows beyond which R-squared is left out: it needs the mean of every row at many draws."""
VARIANCE_DRAWS = 1000


def section(fit: Fit) -> Section:
    """Every parameter but group effects."""
    source = "prior" if fit.prior_only else "posterior"
    parts = [
        paragraph(
            f"Mean, sd and 95 % interval of the {source}, rounded to what the Monte Carlo error allows."
        )
    ]
    summary = fit.summary()
    for title, rows in _sections(fit):
        parts += [
            heading(title),
            table(HEADS, [_row(row, summary) for row in rows], most=MAX_ROWS, cls="stacked"),
        ]
    if not fit.prior_only:
        parts += _variance(fit)
    return Section("estimates", "Estimates", tuple(parts))


def _sections(fit: Fit) -> Iterator[tuple[str, list[Scalar]]]:
    rows = scalars(fit.spec)
    for title in dict.fromkeys(row.section for row in rows):
        yield title, [row for row in rows if row.section == title]


def _row(row: Scalar, summary: pd.DataFrame) -> list[str]:
    values = summary.loc[row.flat]
    error = float(values["mcse_mean"])
    cells = [format_number(float(values[name]), error) for name in ("mean", "sd", "lower", "upper")]
    cells += [_rounded(float(values[name]), 0) for name in ("ess_bulk", "ess_tail")]
    return [row.label, *cells, _rounded(float(values["r_hat"]), 3)]


def _rounded(value: float, digits: int) -> str:
    return "-" if value != value else f"{value:.{digits}f}"


# ---- explained variance ----


def _variance(fit: Fit) -> Iterator[str]:
    yield heading("Explained variance")
    if fit.spec.n_rows > VARIANCE_ROWS:
        yield note(f"Left out of a fit of more than {VARIANCE_ROWS:,} rows: write fit.r2() and fit.icc().")
        return
    if fit.frame is None:
        yield note(
            "R-squared and intraclass correlations need the rows, and this fit was saved without them."
        )
        return
    yield attempt(lambda: _shares(fit, "r2"), "R-squared")
    if fit.spec.groups:
        yield attempt(lambda: _shares(fit, "icc"), "intraclass correlation")


def _shares(fit: Fit, name: str) -> str:
    from bayesformula.results.variance import icc, r2

    found = (r2 if name == "r2" else icc)(fit, draws=VARIANCE_DRAWS)
    if found.empty:
        raise OptionError("there is none for this model")
    rows = []
    for label, values in found.iterrows():
        called = f"R-squared, {label}" if name == "r2" else f"ICC, {label}"
        rows.append([called, *(f"{values[column]:.3f}" for column in ("mean", "sd", "lower", "upper"))])
    return table(HEADS[:5], rows, cls="stacked") + (_ABOUT_R2 if name == "r2" else _ABOUT_ICC)


_ABOUT_R2 = paragraph(
    "Conditional: with group effects; marginal: by population effects alone, both on the scale of the linear "
    "predictor; Bayesian: of the responses."
)
_ABOUT_ICC = paragraph("ICC: the share of a group in the variance that population effects leave.")
