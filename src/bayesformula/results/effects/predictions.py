"""Predictions over grids, and averages of predictions over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bayesformula.errors import OptionError
from bayesformula.results.effects.grid import (
    RESOLUTION,
    At,
    grid,
    group_columns,
    in_units,
    training_frame,
)
from bayesformula.results.effects.rows import Scale, asked_of_rows, finished
from bayesformula.results.prediction.request import Groups
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.results.fit import Fit


def predictions(
    fit: Fit,
    at: At | None = None,
    *,
    newdata: Any = None,
    by: str | Sequence[str] | None = None,
    average: bool = False,
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
    """Predict over a grid of predictors, or average predictions over rows.

    Means are those of one trial and of one unit of exposure; `fit.predict` takes both from its rows.
    `fit.predictions(["Days"])` follows one predictor over its range, others typical: means, first levels.
    `fit.predictions(by="treatment")` averages, draw by draw, over the rows of the data with each treatment.

    Args:
        at: predictors of the grid: names, or a dict of values by name.
        newdata: rows to use in place of a grid; the training rows when neither is given.
        by: columns within whose values the mean over rows is taken.
        average: take it over all rows.
        kind: "mean" of the response or "linear".
        parameter: as for `predict`.
        groups: as for `predict`. When it is not given: of a grid those groups whose factors it names, of
            rows of data all.
        new_levels: as for `predict`.
        resolution: values of the first numeric predictor of a grid.
        draws, seed: as for `predict`.
        summary: a table; without it the draws, dimensions chain, draw, row.
        ci, interval: of the interval.

    Returns:
        A table with the predictors of each row and columns mean, sd, lower, upper.

    Raises:
        OptionError: no such predictor, column or option.

    Example:
        >>> fit.predictions({"Days": [0, 5, 9]})  # doctest: +SKIP
    """
    frame, groups = rows_asked(fit, at, newdata, groups, resolution)
    scale = Scale(kind, parameter, groups, new_levels, draws, seed)
    found = asked_of_rows(
        fit, frame, [frame], scale, lambda parts: parts[0], averaged_by(by, average=average)
    )
    return finished(found, "prediction", summary=summary, ci=ci, interval=interval)


def rows_asked(
    fit: Fit, at: At | None, newdata: Any, groups: Groups | None, resolution: int
) -> tuple[pd.DataFrame, Groups]:
    """The rows, and the groups whose effects enter."""
    from bayesformula.data.tables import as_frame

    check_count("resolution", resolution, least=2)
    if at is not None and newdata is not None:
        raise OptionError("at= makes a grid and newdata= gives the rows: pass one of them")
    if at is None:
        frame = training_frame(fit) if newdata is None else as_frame(newdata)
        return in_units(fit, frame), "all" if groups is None else groups
    if groups is None:
        groups = named_groups(fit, at)
    return grid(fit, at, resolution, groups), groups


def named_groups(fit: Fit, at: At) -> list[str]:
    """Labels of the groups all of whose factors a grid names."""
    named = {at} if isinstance(at, str) else set(at)
    columns = group_columns(fit)
    out = []
    for group in fit.spec.groups:
        factors = [name for name, labels in columns.items() if group.label in labels]
        if factors and set(factors) <= named:
            out.append(group.label)
    return out


def averaged_by(by: str | Sequence[str] | None, *, average: bool) -> list[str] | None:
    """Columns within which a mean is taken; none for that of all rows; None for every row."""
    if by is None:
        return [] if average else None
    return [by] if isinstance(by, str) else list(by)
