"""Effects of predictors as lines with bands, or as points with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.results.observed import training_design
from bayesformula.results.plots.labels import shown
from bayesformula.results.plots.style import BLUE, GREEN, GREY, INK, ORANGE, several, styled

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.effects.conditional import ConditionalEffects

COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", INK, GREY)
"""Okabe and Ito's, told apart by the colour-blind."""


def plot_effects(effects: ConditionalEffects, *, points: bool, axes: Any) -> Any:
    """A panel for each effect; the figure."""
    names = list(effects)
    with styled():
        figure, panels = several(axes, len(names), panel=(4.0, 3.0), columns=3)
        for ax, name in zip(panels, names, strict=True):
            _panel(ax, effects, name, points=points)
        return figure


def _panel(ax: Any, effects: ConditionalEffects, name: str, *, points: bool) -> None:
    table = effects[name]
    by = [column for column in table.columns[: table.columns.get_loc("mean")] if column not in ("category",)]
    x, lines = by[0], by[1] if ":" in name and len(by) > 1 else None
    lines = "category" if "category" in table else lines
    values = table[x].to_numpy()
    is_numeric = values.dtype.kind in "fiu" and len(np.unique(values)) > 2
    if points:
        _points(ax, effects, x, is_numeric=is_numeric)
    parts = [(None, table)] if lines is None else list(table.groupby(lines, observed=True, sort=False))
    for place, (value, part) in enumerate(parts):
        colour = COLOURS[place % len(COLOURS)]
        label = None if value is None else _text(value)
        if is_numeric:
            _line(ax, part, x, colour, label)
        else:
            _intervals(ax, part, x, colour, label, (place - (len(parts) - 1) / 2) * 0.15)
    ax.set_xlabel(shown(x))
    ax.set_ylabel(_answer(effects))
    if lines is not None:
        ax.legend(title=shown(lines), title_fontsize=9)


def _answer(effects: ConditionalEffects) -> str:
    """What the axis measures: a mean is that of one trial, or of one unit of exposure."""
    if effects.label != "mean":
        return shown(effects.label)
    terms = effects.fit.spec.terms
    per = " per trial" if "trials" in terms else " per unit" if "rate" in terms else ""
    return shown(effects.fit.spec.response) + per


def _line(ax: Any, part: pd.DataFrame, x: str, colour: str, label: str | None) -> None:
    part = part.sort_values(x)
    ax.fill_between(part[x], part["lower"], part["upper"], color=colour, alpha=0.2, linewidth=0)
    ax.plot(part[x], part["mean"], color=colour, label=label)


def _intervals(ax: Any, part: pd.DataFrame, x: str, colour: str, label: str | None, shift: float) -> None:
    at = np.arange(len(part)) + shift
    bars = np.abs(part[["lower", "upper"]].to_numpy().T - part["mean"].to_numpy())
    ax.errorbar(at, part["mean"], yerr=bars, fmt="o", color=colour, label=label, capsize=0, markersize=5)
    names = [_text(value) for value in part[x]]
    steep = max(map(len, names)) * len(names) > 40
    ax.set_xticks(np.arange(len(part)), names, rotation=35 if steep else 0, ha="right" if steep else "center")
    ax.margins(x=0.1)


def _points(ax: Any, effects: ConditionalEffects, x: str, *, is_numeric: bool) -> None:
    """The rows of the data, where the answer is a mean of what was seen."""
    fit = effects.fit
    if effects.label != "mean" or fit.frame is None or fit.spec.categories:
        return
    design = training_design(fit)
    units = design.extras.get("trials", design.extras.get("rate"))
    y = np.asarray(design.y) / (1 if units is None else np.maximum(units, 1e-300))
    column = fit.frame[x]
    if is_numeric:
        at = column.to_numpy(float)
    else:
        order = {_key(value): place for place, value in enumerate(effects[x][x])} if x in effects else {}
        at = np.array([order.get(_key(value), np.nan) for value in column])
        at = at + np.random.default_rng(0).uniform(-0.12, 0.12, len(at))
    ax.plot(at, y, ".", color="0.6", markersize=3, alpha=0.6, zorder=0)


def _text(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else shown(value)


def _key(value: Any) -> Any:
    """A level, or a number whatever its type: 1 of the data is the 1.0 of a grid."""
    return float(value) if isinstance(value, int | float | np.number) else str(value)
