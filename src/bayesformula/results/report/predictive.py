"""Whether the model gives responses such as those that were seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.results.report.markup import Section, attempt, note
from bayesformula.results.report.pictures import closing, drawn, gallery

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

MAX_ROWS = 20_000
"""Rows that are replicated; of more a random part."""
DRAWS = 50
SIZE = {"figure_kwargs": {"figsize": (4.6, 2.8), "figsize_units": "inches"}}


def section(fit: Fit) -> Section:
    """Replicated responses against the data."""
    if fit.frame is None:
        parts = [note("Predictive checks need the rows, and this fit was saved without them.")]
    else:
        parts = [attempt(lambda: _check(fit), "predictive check")]
    return Section("check", "Predictive check", tuple(parts))


def _check(fit: Fit) -> str:
    part, sampled = _some(fit)
    with closing():
        image = drawn(
            part.pp_check(draws=DRAWS, plot_kwargs=SIZE), f"observed {fit.spec.response} and replications"
        )
    if "cens" in fit.spec.terms:
        sampled += " Some of what was seen is censored, and the replications are not."
    source = "prior" if fit.prior_only else "posterior"
    return gallery(
        [image],
        f"The response that was seen (black, or grey bars) and {DRAWS} replications, each from one draw "
        f"of the {source}, for the same rows and groups.{sampled} Where the two differ, the model misses "
        "something.",
    )


def _some(fit: Fit) -> tuple[Fit, str]:
    """The fit with no more rows than can be replicated, and what the caption says of it."""
    if fit.frame is None or fit.spec.n_rows <= MAX_ROWS:
        return fit, ""
    rows = np.sort(np.random.default_rng(0).choice(len(fit.frame), MAX_ROWS, replace=False))
    frame = fit.frame.iloc[rows].reset_index(drop=True)
    part = replace(fit, frame=frame, spec=replace(fit.spec, n_rows=len(frame)))
    return part, f" A random {MAX_ROWS:,} of {fit.spec.n_rows:,} rows."
