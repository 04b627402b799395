"""Contrasts and slopes: what a change of one predictor does, others as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.effects.grid import (
    RESOLUTION,
    At,
    as_in,
    levels_of,
    predictors,
    training_frame,
    unit_columns,
)
from bayesformula.results.effects.predictions import averaged_by, rows_asked
from bayesformula.results.effects.rows import Draws, Scale, asked_of_rows, finished
from bayesformula.results.prediction.request import Groups

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.results.fit import Fit

STEP = 1e-5
"""Half the step of a slope, in sds of the predictor: rounding and curvature both cost some 1e-9."""


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


COMPARISONS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "difference": lambda low, high: high - low,
    "ratio": lambda low, high: high / low,
    "log ratio": lambda low, high: np.log(high) - np.log(low),
    "lift": lambda low, high: high / low - 1,
    "odds ratio": lambda low, high: np.exp(_logit(high) - _logit(low)),
    "log odds ratio": lambda low, high: _logit(high) - _logit(low),
}
"""How the answers at the two values of a contrast are compared."""


def comparisons(
    fit: Fit,
    variable: str | Mapping[str, Any],
    at: At | None = None,
    *,
    newdata: Any = None,
    by: str | Sequence[str] | None = None,
    average: bool = True,
    comparison: str = "difference",
    levels: str = "reference",
    kind: str = "mean",
    parameter: str | None = None,
    groups: Groups | None = None,
    new_levels: str = "population",
    resolution: int = RESOLUTION,
    draws: int | None = None,
    seed: int = 0,
    summary: bool = True,
    ci: float = 0.95,
    interval: str = "eti",
) -> pd.DataFrame | xr.DataArray:
    """What a change of one predictor does to the answer, averaged over the rows of the data.

    Args:
        variable: a predictor: a factor takes its levels, a number is raised by 1 in every row. Or a dict:
            `{"x": [0, 10]}` compares two values, `{"x": 5}` raises by 5.
        at: a grid of other predictors, `["age"]` or `{"age": [20, 40]}`, at each of which the contrast is
            given, in place of the rows of the data.
        newdata: rows in place of the training rows.
        by: columns within whose values the contrasts are averaged.
        average: over all rows; without it one contrast a row. A grid is not averaged.
        comparison: "difference", "ratio", "log ratio", "lift" (ratio less 1), "odds ratio", "log odds ratio".
            Taken row by row and draw by draw, then averaged.
        levels: of a factor, "reference" compares each with the first, "sequential" with the one before,
            "pairwise" all.
        kind, parameter, groups, new_levels, resolution, draws, seed, summary, ci, interval: as for
            `predictions`.

    Returns:
        A table: contrast, what the rows are, mean, sd, lower, upper.

    Raises:
        OptionError: no such predictor or option.

    Example:
        >>> fit.comparisons("treatment", comparison="ratio")  # doctest: +SKIP
    """
    if comparison not in COMPARISONS:
        raise OptionError(
            f"comparison={comparison!r} is not known: {listing(nearest(str(comparison), COMPARISONS))} are"
        )
    name, given = _one_variable(fit, variable)
    frame, groups = _rows(fit, name, at, newdata, groups, resolution)
    scale = Scale(kind, parameter, groups, new_levels, draws, seed)
    within = averaged_by(by, average=average and at is None)
    shown, parts = frame.drop(columns=unit_columns(fit)), []
    for label, low, high in _pairs(fit, name, given, frame, levels):
        frames = [frame.assign(**{name: values}) for values in (low, high)]
        compare = COMPARISONS[comparison]
        found = asked_of_rows(fit, shown, frames, scale, lambda both, c=compare: c(both[0], both[1]), within)
        parts.append(_labelled(found, name, label, _row_columns(found.table, name, at, within)))
    return finished(_stacked(parts), comparison, summary=summary, ci=ci, interval=interval)


def slopes(
    fit: Fit,
    variable: str,
    at: At | None = None,
    *,
    newdata: Any = None,
    by: str | Sequence[str] | None = None,
    average: bool = True,
    kind: str = "mean",
    parameter: str | None = None,
    groups: Groups | None = None,
    new_levels: str = "population",
    resolution: int = RESOLUTION,
    draws: int | None = None,
    seed: int = 0,
    summary: bool = True,
    ci: float = 0.95,
    interval: str = "eti",
) -> pd.DataFrame | xr.DataArray:
    """The derivative of the answer with respect to a numeric predictor, averaged over the rows of the data.

    Args:
        variable: a numeric predictor.
        at: a grid, at each row of which the slope is given; it may name `variable` itself.
        newdata, by, average, kind, parameter, groups, new_levels, resolution, draws, seed, summary, ci,
            interval: as for `comparisons`.

    Returns:
        A table: slope (the name of the predictor), what the rows are, mean, sd, lower, upper.

    Raises:
        OptionError: no such predictor, or a factor.

    Example:
        >>> fit.slopes("Days", by="Subject")  # doctest: +SKIP
    """
    name, _ = _one_variable(fit, variable)
    column: Any = training_frame(fit)[name]
    if levels_of(fit, column, name) is not None:
        raise OptionError(
            f"{name!r} is a factor and has no slope: fit.comparisons({name!r}) compares its levels"
        )
    frame, groups = rows_asked(fit, at, newdata, groups, resolution)
    step = STEP * (float(column.std()) or 1.0)
    values = frame[name].astype(float)
    frames = [frame.assign(**{name: values - step}), frame.assign(**{name: values + step})]
    scale = Scale(kind, parameter, groups, new_levels, draws, seed)
    within = averaged_by(by, average=average and at is None)
    shown = frame.drop(columns=unit_columns(fit))
    found = asked_of_rows(fit, shown, frames, scale, lambda both: (both[1] - both[0]) / (2 * step), within)
    table = found.table.filter(_row_columns(found.table, "", at, within))
    table.insert(0, "slope", name)
    done = Draws(table, found.values, found.picked)
    return finished(done, "slope", summary=summary, ci=ci, interval=interval)


# ---- what is compared ----


def _one_variable(fit: Fit, variable: str | Mapping[str, Any]) -> tuple[str, Any]:
    """The predictor, and the change asked for or None."""
    items = [(variable, None)] if isinstance(variable, str) else list(dict(variable).items())
    if len(items) != 1:
        raise OptionError("variable= is one predictor, by name or as {name: values}")
    name, given = items[0]
    legal = predictors(fit)
    if name not in legal:
        raise OptionError(
            f"the model has no predictor {name!r}: these are {listing(nearest(str(name), legal))}"
        )
    return name, given


def _rows(
    fit: Fit, name: str, at: At | None, newdata: Any, groups: Groups | None, resolution: int
) -> tuple[pd.DataFrame, Groups]:
    named = {at} if isinstance(at, str) else set(at or ())
    if name in named:
        raise OptionError(f"{name!r} is what is compared: leave it out of at=")
    return rows_asked(fit, at, newdata, groups, resolution)


def _pairs(fit: Fit, name: str, given: Any, frame: pd.DataFrame, levels: str) -> list[tuple[str, Any, Any]]:
    """(label, values of the first, of the second) of each contrast."""
    column: Any = training_frame(fit)[name]
    found = levels_of(fit, column, name)
    rows = len(frame)

    def held(value: Any) -> Any:
        return as_in(column, [value] * rows).set_axis(frame.index)

    if given is not None and np.ndim(given) == 1:
        if len(given) != 2:
            raise OptionError(f"a contrast has two values, {{{name!r}: [low, high]}}, not {len(given)}")
        return [(f"{given[1]} - {given[0]}", held(given[0]), held(given[1]))]
    if found is None:
        by = 1 if given is None else given
        if isinstance(by, bool) or not isinstance(by, int | float) or not np.isfinite(by) or by == 0:
            raise OptionError(f"{name!r} is raised by a number that is not 0, not by {by!r}")
        values = frame[name].astype(float)
        return [(f"+{by}" if by > 0 else f"{by}", values, values + by)]
    if given is not None:
        raise OptionError(
            f"{name!r} is a factor: compare two of its levels, {{{name!r}: [{found[0]!r}, {found[-1]!r}]}}"
        )
    match levels:
        case "reference":
            pairs = [(found[0], other) for other in found[1:]]
        case "sequential":
            pairs = list(pairwise(found))
        case "pairwise":
            pairs = list(combinations(found, 2))
        case _:
            raise OptionError(f"levels={levels!r} must be 'reference', 'sequential' or 'pairwise'")
    return [(f"{high} - {low}", held(low), held(high)) for low, high in pairs]


def _row_columns(table: pd.DataFrame, name: str, at: At | None, within: list[str] | None) -> list[str]:
    """Columns that say what a row is: those of the grid, of `by`, or all predictors."""
    columns = [str(column) for column in table.columns if column != name]
    if at is not None and within is None:
        named = [at] if isinstance(at, str) else list(at)
        return [column for column in columns if column in named or column == "category"]
    return columns


def _labelled(found: Draws, name: str, label: str, keep: list[str]) -> Draws:
    table = found.table.filter(keep)
    table.insert(0, "contrast", label)
    table.insert(0, "variable", name)
    return Draws(table, found.values, found.picked)


def _stacked(parts: list[Draws]) -> Draws:
    import pandas as pd

    table = pd.concat([part.table for part in parts], ignore_index=True)
    return Draws(table, np.concatenate([part.values for part in parts], axis=1), parts[0].picked)
