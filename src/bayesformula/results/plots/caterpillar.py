"""Group effects level by level, in order of size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.plots import style
from bayesformula.results.plots.chosen import the_group
from bayesformula.results.plots.labels import shown, shown_all
from bayesformula.results.summary import check_count
from bayesformula.results.tables import effects

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayesformula.results.fit import Fit

Tables = dict[str, "pd.DataFrame"]


def plot_caterpillar(
    fit: Fit,
    group: str | None = None,
    *,
    coefs: str | Sequence[str] | None = None,
    total: bool = False,
    sort: str | None = "auto",
    levels: str | Sequence[str] | None = None,
    max_levels: int | None = 60,
    ci: Sequence[float] = (0.5, 0.95),
    axes: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Effects of the levels of a group with two intervals each, in order of size, a panel a coefficient.

    Args:
        group: which; the first of the model when not given.
        coefs: one coefficient or several; all when not given.
        total: coefficients of each level, population plus effect, instead of deviations.
        sort: the coefficient whose means give the order ("auto" the first that is drawn), or None for the
            order of the levels.
        levels: only these.
        max_levels: of more levels the lowest and the highest are shown, and the title says so; None for all.
        ci: probabilities inside the thick and the thin interval.
        axes: matplotlib axes to draw into, one for each coefficient.

    Returns:
        The matplotlib figure.

    Raises:
        OptionError: the model has no groups, or no such group, coefficient or level.

    Example:
        >>> fit.plot_caterpillar("cafe", coefs="afternoon").savefig("cafes.png")  # doctest: +SKIP
    """
    spec = the_group(fit, group, "plot_caterpillar")
    inner, outer = style.check_intervals(ci)
    if max_levels is not None:
        check_count("max_levels", max_levels, least=1)
    tables = {
        key: effects(fit, spec.label, p, "eti", total=total).loc[spec.label]
        for key, p in (("in", inner), ("out", outer))
    }
    found = _coefficients(tables["out"], coefs, is_total=total)
    order, note = _order(tables["out"], found, sort, levels, max_levels)
    height = 0.9 + max(0.21 * len(order), 0.6)
    with style.styled():
        names = shown_all(order, 40 if len(found) < 3 else 30)
        wide = 0.068 * max(map(len, names))
        panel = (2.9 + wide / min(len(found), 4), height)
        figure, panels = style.several(axes, len(found), panel=panel, sharey=axes is None)
        for i, (ax, coef) in enumerate(zip(panels, found, strict=True)):
            _panel(ax, {key: t.xs(coef, level="coef").loc[order] for key, t in tables.items()}, total=total)
            ax.set_title(shown(coef))
            ax.set_yticks(np.arange(len(order)), names)
            ax.set_ylim(len(order) - 0.4, -0.6)
            if axes is None and i % 4:
                ax.tick_params(axis="y", length=0)
        if axes is None:
            what = "Coefficients" if total else "Deviations from the population"
            figure.suptitle(f"{what} by {shown(spec.label)}{note}", x=0.01, ha="left")
            figure.supxlabel(f"mean with {style.percent((inner, outer))} intervals", fontsize=9)
    return figure


def _panel(ax: Axes, tables: Tables, *, total: bool) -> None:
    """The levels of one coefficient, from above."""
    mean = tables["out"]["mean"].to_numpy()
    ends = {key: table[["lower", "upper"]].to_numpy() for key, table in tables.items()}
    reference = mean.mean() if total else 0.0
    ax.axvline(reference, color=style.GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    style.draw_intervals(ax, np.arange(len(mean)), mean, ends["in"], ends["out"])
    ax.locator_params(axis="x", nbins=5)


def _coefficients(table: pd.DataFrame, asked: str | Sequence[str] | None, *, is_total: bool) -> list[str]:
    """The coefficients that are drawn: by default those that differ between levels."""
    legal = list(table.index.unique("coef"))
    if asked is None:
        if not is_total:
            return legal
        varying = [coef for coef in legal if np.ptp(table["mean"].xs(coef, level="coef").to_numpy()) > 0]
        return varying or legal
    wanted = style.listed(asked)
    for coef in wanted:
        if coef not in legal:
            raise OptionError(f"coefs: no coefficient {coef!r} here: {listing(nearest(str(coef), legal))}")
    if not wanted:
        raise OptionError(f"coefs is empty: name one of {listing(legal)}")
    return wanted


def _order(
    table: pd.DataFrame,
    coefs: Sequence[str],
    sort: str | None,
    levels: str | Sequence[str] | None,
    max_levels: int | None,
) -> tuple[list[str], str]:
    """The levels from above, and what the title says of those left out."""
    legal = list(dict.fromkeys(table.index.get_level_values("level")))
    by = coefs[0] if sort == "auto" else sort
    known = list(table.index.unique("coef"))
    if by is not None and by not in known:
        raise OptionError(f"sort: no coefficient {by!r} here: {listing(nearest(by, known))}, 'auto' or None")
    kept = legal if levels is None else style.listed(levels)
    for level in kept:
        if level not in legal:
            raise OptionError(f"levels: no level {level!r} here: {listing(nearest(level, legal))}")
    if not kept:
        raise OptionError(f"levels is empty: name some of {listing(legal)}")
    mean = table["mean"].xs(by if by is not None else coefs[0], level="coef").loc[kept]
    if max_levels is not None and levels is None and len(kept) > max_levels:
        ranked = list(mean.sort_values(kind="stable", ascending=False).index)
        low = max_levels // 2
        few = {*ranked[: max_levels - low], *ranked[len(ranked) - low :]}
        note = f"\nthe {max_levels - low} highest and {low} lowest of {len(kept)} levels"
        kept = [level for level in kept if level in few]
        mean = mean.loc[kept]
    else:
        note = ""
    if by is None:
        return kept, note
    return list(mean.sort_values(kind="stable", ascending=False).index), note
