"""What was believed beside what was learnt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.model.describe import CENTRED_NOTE
from bayesformula.results.names import scalars
from bayesformula.results.report.markup import Section, attempt, note, number, paragraph, table
from bayesformula.results.report.pictures import gallery, panels, picture
from bayesformula.results.summary import stack

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.priors import PriorRow
    from bayesformula.results.fit import Fit

MAX_PANELS, MAX_ROWS = 12, 60
MOST_NUMBERS = 10**6
"""Rows and group effects beyond which no draws from the prior are made: each draw would need all of them."""


def section(fit: Fit) -> Section:
    """A table of priors with posteriors, and their densities."""
    summary = fit.summary()
    rows = [_row(row, summary) for row in fit.spec.priors]
    heads = ("parameter", "prior", "why", "posterior")
    parts = [table(heads, rows, words=3, most=MAX_ROWS, cls="prose")]
    if any(row.centred for row in fit.spec.priors):
        parts.append(paragraph(CENTRED_NOTE.replace("`", "")))
    if not fit.prior_only:
        parts.append(attempt(lambda: _densities(fit), "pictures of priors"))
    return Section("priors", "Priors and posteriors", tuple(parts))


def _row(row: PriorRow, summary: pd.DataFrame) -> tuple[str, str, str, str]:
    centred = " (centred)" if row.centred else ""
    source = "default: " if row.is_default else ""
    posterior = "-"
    if row.parameter in summary.index:
        mean, low, high = (float(summary.at[row.parameter, name]) for name in ("mean", "lower", "upper"))
        posterior = f"{number(mean)} [{number(low)}, {number(high)}]"
    return row.parameter, rounded(row.prior.render()) + centred, source + row.reason, posterior


def rounded(prior: str) -> str:
    """A rendered prior with four significant digits."""
    return re.sub(r"-?\d+\.\d+(?:e[+-]?\d+)?", lambda found: f"{float(found[0]):.4g}", prior)


def moving(fit: Fit) -> list[str]:
    """Flat names of the parameters that are not held constant, in the order of the summary."""
    rows = scalars(fit.spec)
    values = stack(fit.draws, rows)
    return [row.flat for row, move in zip(rows, np.ptp(values, axis=(0, 1)) > 0, strict=True) if move]


def _densities(fit: Fit) -> str:
    """One small picture a parameter: its prior and its posterior."""
    if fit.frame is None:
        return note("Pictures of priors need the rows, and this fit was saved without them.")
    size = fit.spec.n_rows + sum(group.n_levels * group.q for group in fit.spec.groups)
    if size > MOST_NUMBERS:
        return note("Pictures of priors are left out of a model of this size: write fit.plot_priors().")
    flat = [row.address for row in fit.spec.priors if row.prior.distribution == "flat"]
    if flat:
        return note(f"No pictures of priors: nothing can be drawn from a flat one ({flat[0]}).")
    every = moving(fit)
    names = every[:MAX_PANELS]
    if not names:
        return note("No parameter moves.")
    with panels(len(names), (3.1, 2.0)) as axes:
        fit.plot_priors(names, axes=axes)
        pictures = [
            picture(ax.get_figure(root=True), f"prior and posterior density of {name}")  # pyright: ignore[reportArgumentType]
            for ax, name in zip(axes, names, strict=True)
        ]
    more = f" The first {len(names)} of {len(every)} parameters." if len(every) > len(names) else ""
    return gallery(
        pictures,
        "Orange: prior, blue: posterior, on the scale of the summary. Of a prior much wider than the "
        f"posterior only the part around it is shown.{more}",
    )
