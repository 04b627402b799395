"""Correlations of group effects."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.names import correlated_pairs, scalars, sd_coefs
from bayesformula.results.plots import style
from bayesformula.results.plots.chosen import the_group
from bayesformula.results.plots.labels import shown
from bayesformula.results.summary import location, stack

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bayesformula.results.fit import Fit


def plot_correlations(
    fit: Fit,
    group: str | None = None,
    *,
    ci: Sequence[float] = (0.5, 0.95),
    ax: Axes | None = None,
) -> Axes:
    """Correlations of the group effects, posterior mean with two intervals, on the whole scale from -1 to 1.

    Args:
        group: only those of this group; all when not given.
        ci: probabilities inside the thick and the thin interval.
        ax: matplotlib axes to draw into.

    Raises:
        OptionError: the model, or this group, has no correlated effects.
    """
    the_group(fit, group, "plot_correlations")
    inner, outer = style.check_intervals(ci)
    groups = [g for g in fit.spec.groups if group in (None, g.label)]
    labels = [
        (g.label, f"{shown(names[i], 24)}, {shown(names[j], 24)}")
        for g in groups
        for names in (sd_coefs(g),)
        for i, j in correlated_pairs(g)
    ]
    if not labels:
        where = f"the effects of '{group}' are" if group else "no effects of this model are"
        negation = " not" if group else ""
        raise OptionError(
            f"plot_correlations: {where}{negation} correlated with each other; (1 + x | g) has such effects, "
            "(1 | g) and (1 + x || g) have none"
        )
    variables = {f"cor_{g.label}" for g in groups}
    rows = [row for row in scalars(fit.spec) if row.variable in variables]
    values = stack(fit.draws, rows)
    thick, thin = (location(values, p) for p in (inner, outer))
    at = _places([label for label, _ in labels])
    with style.styled():
        ax = style.one(ax, 6.4, 1.3 + 0.32 * (at[-1] + 1))
        ax.axvline(0, color=style.GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        ends = [np.column_stack([each["lower"], each["upper"]]) for each in (thick, thin)]
        style.draw_intervals(ax, at, thin["mean"], ends[0], ends[1])
        ax.set_yticks(at, [text for _, text in labels])
        ax.set_ylim(at[-1] + 0.7, -1.2)
        ax.set_xlim(-1.02, 1.02)
        for label in dict.fromkeys(label for label, _ in labels):
            first = next(y for y, (own, _) in zip(at, labels, strict=True) if own == label)
            ax.text(-1.0, first - 0.42, shown(label), color=style.GREY, fontsize=9, va="bottom")
        ax.set_title("Correlations of group effects")
        ax.set_xlabel(f"mean with {style.percent((inner, outer))} intervals")
    return ax


def _places(labels: Sequence[str]) -> np.ndarray:
    """Heights of the lines, with room between groups for their names."""
    breaks = np.array([0, *(a != b for a, b in pairwise(labels))], float)
    return np.arange(len(labels)) + 0.8 * np.cumsum(breaks)
