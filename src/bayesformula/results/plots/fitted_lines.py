"""What `plot_fitted` draws: levels, their rows, and predictions along a numeric predictor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.plots import style
from bayesformula.results.plots.chosen import effect_draws, the_group
from bayesformula.results.tables import effects as effects_table

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit

POINTS = 41
"""Of a line."""
FEW = 12
"""Whole numbers that are drawn as they are."""


@dataclass(frozen=True)
class Panel:
    """A level and its rows, as booleans."""

    title: str
    rows: np.ndarray


@dataclass(frozen=True)
class Panels:
    """What is drawn: the group, or None, its levels, and what the title says of those left out."""

    group: GroupSpec | None
    each: tuple[Panel, ...]
    note: str


@dataclass(frozen=True)
class Line:
    """Predictions for a level along (points,) values: means, ends of the band, means of the population.

    (points, K) each, with K lines for a response of K categories and one for any other.
    """

    x: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    population: np.ndarray


def predictor(fit: Fit, asked: str | None) -> str:
    """The numeric column that is drawn along."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if fit.frame is None:
        raise OptionError("plot_fitted draws the data, and this fit was saved without its rows (data=False)")
    legal = [
        name
        for name in _columns(fit)
        if is_numeric_dtype(fit.frame[name]) and not is_bool_dtype(fit.frame[name])
    ]
    if asked is None and legal:
        return legal[0]
    if asked not in legal:
        what = "a numeric predictor is needed" if asked is None else f"x={asked!r} is no numeric predictor"
        have = f": {listing(nearest(str(asked), legal))}" if legal else ", and this model has none"
        raise OptionError(f"plot_fitted: {what}{have}")
    return asked


def _columns(fit: Fit) -> list[str]:
    """Columns that enter predictors as numbers, those of population terms first."""
    from bayesformula.syntax.render import render_expression, variables_of

    schema = fit.schema
    kinds = {variable.label: variable.kind for variable in schema.variables}
    spec = schema.spec
    terms = [term for part in spec.predictors for term in (*part.terms, *part.specific)]
    terms += [term for part in spec.predictors for group in part.groups for term in group.terms]
    found: dict[str, None] = {}
    for term in terms:
        for variable in term.variables:
            if kinds.get(render_expression(variable), "numeric") == "numeric":
                found |= dict.fromkeys(variables_of(variable))
    frame = fit.frame
    return [] if frame is None else [name for name in found if name in frame.columns]


def panels_of(fit: Fit, label: str | None, asked: str | Sequence[str] | None, most: int | None) -> Panels:
    """The levels that are drawn, with their rows."""
    assert fit.frame is not None
    if not fit.spec.groups and label is None and asked is None:
        return Panels(None, (Panel("", np.ones(len(fit.frame), bool)),), "")
    group = the_group(fit, label, "plot_fitted")
    if group.members:
        raise OptionError(f"plot_fitted: rows belong to several levels of '{group.label}' at once")
    effect_draws(fit, group)
    names = fit.levels[group.label][0]
    kept = list(range(len(names)))
    note = ""
    if asked is not None:
        wanted = style.listed(asked)
        for level in wanted:
            if level not in names:
                raise OptionError(f"levels: no level {level!r} here: {listing(nearest(str(level), names))}")
        kept = [names.index(level) for level in wanted]
        if not kept:
            raise OptionError(f"levels is empty: name some of {listing(names)}")
    elif most is not None and len(names) > most:
        effects = (
            effects_table(fit, group.label, 0.95, "eti", total=False)["mean"]
            .to_numpy()
            .reshape(len(names), -1)[:, 0]
        )
        order = np.argsort(effects, kind="stable")
        kept = sorted(order[np.unique(np.linspace(0, len(names) - 1, most).round().astype(int))])
        note = f": {most} of {len(names)} levels, evenly along their order"
    place = [g.label for g in fit.spec.groups].index(group.label)
    index = np.asarray(fit.compiled()[1].rows.groups[place].index)
    return Panels(group, tuple(Panel(names[i], index == i) for i in kept), note)


def predicted(fit: Fit, column: str, panels: Panels, ci: float, draws: int) -> list[Line]:
    """Predictions for all levels in two calls."""
    import pandas as pd

    assert fit.frame is not None
    grid = _grid_values(fit.frame[column].to_numpy())
    frame = pd.concat([_grid(fit, column, grid, panel) for panel in panels.each], ignore_index=True)
    parameter = "mu" if "trials" in fit.spec.terms and not fit.spec.categories else None
    options: dict[str, Any] = {"parameter": parameter, "draws": draws, "summary": True}
    group = panels.group
    whose = [group.label, *group.nested_in] if group is not None else "none"
    own = fit.predict(frame, groups=whose, ci=ci, **options)
    typical = fit.predict(frame, groups="none", **options) if group is not None else own
    shape = (len(panels.each), len(grid), -1)
    mean, lower, upper = (own[key].to_numpy().reshape(shape) for key in ("mean", "lower", "upper"))
    population = typical["mean"].to_numpy().reshape(shape)
    x = np.asarray(grid, float)
    return [Line(x, mean[i], lower[i], upper[i], population[i]) for i in range(len(panels.each))]


def _grid_values(column: np.ndarray) -> np.ndarray:
    """Along which a line is drawn: of a few whole numbers themselves, which may be classes to the formula."""
    values = np.unique(column)
    if len(values) <= FEW and np.issubdtype(values.dtype, np.integer):
        return values
    return np.linspace(float(values[0]), float(values[-1]), POINTS)


def _grid(fit: Fit, column: str, grid: np.ndarray, panel: Panel) -> pd.DataFrame:
    """New rows of a level: its groups and a middle value of everything else, `column` along the grid."""
    import pandas as pd

    assert fit.frame is not None
    rows = fit.frame[panel.rows]
    middle = {name: _middle(pd.Series(rows[name])) for name in rows.columns}
    out = pd.DataFrame({name: value.repeat(len(grid)) for name, value in middle.items()})
    out = out.astype({name: rows[name].dtype for name in rows.columns if name != column})
    out[column] = grid
    return out


def _middle(values: pd.Series) -> np.ndarray:
    """(1,) a value that is there: the lower median of numbers, else the most frequent."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(values) and not is_bool_dtype(values):
        ordered = np.sort(values.to_numpy())
        return ordered[(len(ordered) - 1) // 2 : (len(ordered) - 1) // 2 + 1]
    return np.asarray(values.mode().iloc[:1].astype(object))
