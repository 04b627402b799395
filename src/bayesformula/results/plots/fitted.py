"""Fitted lines of each level over a numeric predictor, with the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.results.plots import style
from bayesformula.results.plots.fitted_lines import Line, Panel, Panels, panels_of, predicted, predictor
from bayesformula.results.plots.labels import shown, shown_all
from bayesformula.results.summary import check_count, check_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayesformula.results.fit import Fit


def plot_fitted(
    fit: Fit,
    x: str | None = None,
    group: str | None = None,
    *,
    levels: str | Sequence[str] | None = None,
    max_levels: int | None = 20,
    ci: float = 0.95,
    draws: int = 500,
    points: bool = True,
    axes: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Fitted mean of each level over a predictor, a panel a level, with the data and the population's line.

    A level's line has its effects and those of the levels it lies in; other groups are at a typical level.
    Other predictors are at a middle value of the level's own rows. Of a response with categories there is a
    line for the probability of each.

    Args:
        x: a numeric column of the formula; the first when not given.
        group: which; the first of the model when not given. A model without groups has one panel.
        levels: only these.
        max_levels: of more levels so many are shown, evenly along the order of their effects; None for all.
        ci: probability inside the band around a level's line.
        draws: of the posterior that are used.
        points: draw the data.
        axes: matplotlib axes to draw into, one for each level.

    Returns:
        The matplotlib figure.

    Raises:
        OptionError: no numeric predictor, or no such column, group or level; the rows were not kept.
    """
    check_interval(ci, "eti")
    check_count("draws", draws, least=2)
    if max_levels is not None:
        check_count("max_levels", max_levels, least=1)
    column = predictor(fit, x)
    panels = panels_of(fit, group, levels, max_levels)
    names = [panel.title for panel in panels.each]
    lines = predicted(fit, column, panels, ci, draws)
    columns = _beside(len(names))
    with style.styled():
        figure, each = style.several(
            axes, len(names), panel=(2.3, 2.0) if len(names) > 1 else (5.4, 3.8), columns=columns,
            sharex=axes is None, sharey=axes is None,
        )  # fmt: skip
        for ax, panel, line in zip(each, panels.each, lines, strict=True):
            _panel(ax, fit, column, panel, line, has_points=points)
        for ax, name in zip(each, shown_all(names, 24), strict=True):
            ax.set_title(name if panels.group else "")
        _words(fit, figure, each, column, panels, ci, columns if axes is None else None)
    return figure


def _beside(count: int) -> int:
    """Panels in a row: about five, so that the last row is full if it can be."""
    return count if count <= 6 else min((5, 6, 4), key=lambda columns: -count % columns)


def _panel(ax: Axes, fit: Fit, column: str, panel: Panel, line: Line, *, has_points: bool) -> None:
    """The band, the lines and the data of one level."""
    several = line.mean.shape[1] > 1
    colours = _colours(line.mean.shape[1])
    for k, colour in enumerate(colours):
        ax.fill_between(line.x, line.lower[:, k], line.upper[:, k], color=colour, alpha=0.15, linewidth=0)
        if not several:
            ax.plot(line.x, line.population[:, k], color=style.ORANGE, linewidth=1.2, linestyle=(0, (4, 2)))
        ax.plot(line.x, line.mean[:, k], color=colour, linewidth=1.7)
    if has_points and not several and fit.frame is not None:
        rows = fit.compiled()[1].rows
        y = np.asarray(rows.y, float)[panel.rows]
        if rows.terms.trials is not None:
            y = y / np.asarray(rows.terms.trials, float)[panel.rows]
        x = fit.frame[column].to_numpy(float)[panel.rows]
        ax.plot(x, y, "o", color=style.INK, alpha=0.55, markersize=3.2, markeredgewidth=0, zorder=4)


def _colours(count: int) -> list[Any]:
    """Blue for one line; for several a scale that the colour-blind can order."""
    if count == 1:
        return [style.BLUE]
    from matplotlib import colormaps

    return [colormaps["viridis"](v) for v in np.linspace(0.0, 0.88, count)]


def _words(
    fit: Fit,
    figure: Figure,
    each: Sequence[Axes],
    column: str,
    panels: Panels,
    ci: float,
    columns: int | None,
) -> None:
    """Labels, title and legend of a figure with so many panels in a row; labels alone of the user's axes."""
    from matplotlib.lines import Line2D

    response = shown(fit.spec.response)
    if fit.spec.categories:
        is_count = fit.spec.family.support == "matrix"
        response = f"{'expected count' if is_count else 'probability'} of {response}"
    elif "trials" in fit.spec.terms:
        response = f"{response}, share of trials"
    for i, ax in enumerate(each):
        ax.locator_params(axis="x", nbins=4)
        if columns is None or i + columns >= len(each):  # nothing is below it
            ax.set_xlabel(shown(column))
            ax.tick_params(axis="x", labelbottom=True)
        if columns is None:
            ax.set_ylabel(response)
    if columns is None:
        return
    figure.supylabel(response, fontsize=10)
    band = f"{100 * ci:g} % band"
    if fit.spec.categories:
        names = shown_all(fit.spec.categories, 20)
        pairs = [(Line2D([], [], color=c), n) for c, n in zip(_colours(len(names)), names, strict=True)]
    elif panels.group is None:
        pairs = [(Line2D([], [], color=style.BLUE), f"population, {band}")]
    else:
        dashed = Line2D([], [], color=style.ORANGE, linestyle=(0, (4, 2)), linewidth=1.2)
        pairs = [(Line2D([], [], color=style.BLUE), f"level, {band}"), (dashed, "population")]
    where = "outside lower center"
    figure.legend(*zip(*pairs, strict=True), loc=where, ncols=min(len(pairs), 5))
    if panels.group is not None:
        figure.suptitle(f"Fitted by {shown(panels.group.label)}{panels.note}", x=0.01, ha="left")
