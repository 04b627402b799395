"""Rows at which a model is asked: those of the data, or a grid over some predictors at typical others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit

RESOLUTION = 100
FEW_VALUES = 5
"""A numeric predictor with no more different values is asked at each of them."""
ONE_UNIT = ("trials", "rate")
"""Response terms that are one unit in a grid: a mean is then a probability, or a count of one unit."""

At = str | Sequence[str] | Mapping[str, Any]


def predictors(fit: Fit) -> list[str]:
    """Columns that the predictors read, group factors among them, in order of the formula."""
    return [name for name in fit.schema.columns if name not in fit.schema.response_columns]


def training_frame(fit: Fit) -> pd.DataFrame:
    """The rows that were fitted.

    Raises:
        OptionError: they were not kept.
    """
    if fit.frame is None:
        raise OptionError(
            "this fit was saved without its rows (data=False), which say what is typical: pass newdata"
        )
    return fit.frame


def grid(fit: Fit, at: At, resolution: int = RESOLUTION, groups: Any = None) -> pd.DataFrame:
    """Every combination of the values asked for, other predictors typical.

    Args:
        fit: whose data say what is typical: the mean of a number, the first level of a factor.
        at: names of predictors, which then take values over their range (the first of them finely, the next
            at the mean and one sd to both sides; factors at all levels), or a dict of name to values.
        resolution: how many values the first numeric predictor takes.
        groups: labels of groups whose effects enter; columns of others may be left out.

    Raises:
        OptionError: no such predictor.
    """
    import pandas as pd

    frame = training_frame(fit)
    wanted = _wanted(at)
    legal = predictors(fit)
    for name in wanted:
        if name not in legal:
            raise OptionError(
                f"the model has no predictor {name!r}: these are {listing(nearest(name, legal))}"
            )
    values = {}
    for place, (name, given) in enumerate(wanted.items()):
        values[name] = spread(fit, frame[name], name, place == 0, resolution) if given is None else given
    combinations = list(product(*(list(each) for each in values.values())))
    columns = {
        name: as_in(frame[name], [combination[i] for combination in combinations])
        for i, name in enumerate(values)
    }
    rows = max(len(combinations), 1)
    needed = [name for name in legal if name not in values and not _is_left_out(fit, name, groups)]
    for name in needed:
        columns[name] = as_in(frame[name], [typical(fit, frame[name], name)] * rows)
    return in_units(fit, pd.DataFrame(columns))


def in_units(fit: Fit, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with one trial and one unit of exposure each; other terms of the response at their means."""
    if fit.frame is None:
        return frame
    given = _units(fit, fit.frame)
    units = unit_columns(fit)
    return frame.assign(
        **{name: value for name, value in given.items() if name not in frame or name in units}
    )


def unit_columns(fit: Fit) -> list[str]:
    """Columns of trials and exposures that no predictor reads."""
    if fit.frame is None:
        return []
    read = predictors(fit)
    return [name for name in _units(fit, fit.frame, only_units=True) if name not in read]


def _wanted(at: At) -> dict[str, Any]:
    """Names, and the values asked for or None."""
    if isinstance(at, str):
        return {at: None}
    if isinstance(at, Mapping):
        return {name: _values(given) for name, given in at.items()}
    if isinstance(at, Sequence) and all(isinstance(name, str) for name in at):  # pyright: ignore
        return dict.fromkeys(at)
    raise OptionError(f"at={at!r} must be names of predictors, or a dict of values by name")


def _values(given: Any) -> Any:
    if given is None:
        return None
    return [given] if isinstance(given, str) or np.ndim(given) == 0 else list(given)


def spread(fit: Fit, column: Any, name: str, is_first: bool, resolution: int) -> list[Any]:
    """Values of a predictor over its range."""
    levels = levels_of(fit, column, name)
    if levels is not None:
        return levels
    values = np.unique(column.to_numpy(dtype=float))
    if len(values) <= FEW_VALUES:
        return values.tolist()
    if is_first:
        return np.linspace(values[0], values[-1], resolution).tolist()
    mean, sd = float(column.mean()), float(column.std())
    return [mean - sd, mean, mean + sd]


def typical(fit: Fit, column: Any, name: str) -> Any:
    """The mean of numbers; the first level of a factor, its reference."""
    levels = levels_of(fit, column, name)
    return float(column.mean()) if levels is None else levels[0]


def levels_of(fit: Fit, column: Any, name: str) -> list[Any] | None:
    """The levels of a factor that some row has, in the order of the model; None of numbers."""
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(column):
        return [False, True]
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = set(column.unique())
        return [level for level in column.cat.categories if level in present]
    if types.is_numeric_dtype(column):
        # factor(x), or a grouping factor of numbers: every value is a level
        is_level = name in group_columns(fit) or any(
            variable.kind == "factor" and name in _named(variable.label) for variable in fit.schema.variables
        )
        return np.unique(column.to_numpy()).tolist() if is_level else None
    return sorted(column.unique().tolist(), key=str)


def _named(label: str) -> list[str]:
    """Words of an expression's text."""
    import re

    return re.findall(r"[\w.]+", label)


def group_columns(fit: Fit) -> dict[str, list[str]]:
    """Columns that are grouping factors, and the labels of their groups."""
    out: dict[str, list[str]] = {}
    for group in fit.spec.groups:
        for factor in (*group.factors, *group.members):
            for name in _named(factor):
                if name in fit.schema.columns:
                    out.setdefault(name, []).append(group.label)
    return out


def _is_left_out(fit: Fit, name: str, groups: Any) -> bool:
    """Whether a column is only a grouping factor, of groups whose effects do not enter."""
    labels = group_columns(fit).get(name)
    if labels is None:
        return False
    in_terms = {word for variable in fit.schema.variables for word in _named(variable.label)}
    return name not in in_terms and not (groups == "all" or set(labels) & set(groups or ()))


def as_in(column: Any, values: Sequence[Any]) -> pd.Series:
    """Values with the type of a column: categories keep their order, and `1` may be asked for as "1".

    Raises:
        OptionError: a value that is none of the categories.
    """
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Series(values)
    by_text = {str(level): level for level in column.cat.categories}
    unknown = [value for value in values if str(value) not in by_text]
    if unknown:
        raise OptionError(
            f"{column.name!r} has no level {unknown[0]!r}: its levels are "
            f"{listing(nearest(str(unknown[0]), by_text))}"
        )
    codes = [by_text[str(value)] for value in values]
    return pd.Series(pd.Categorical(codes, categories=column.cat.categories, ordered=column.cat.ordered))


def _units(fit: Fit, frame: pd.DataFrame, *, only_units: bool = False) -> dict[str, Any]:
    """Columns of the response's terms: one trial, one unit of exposure, the mean of anything else."""
    from bayesformula.data.additions import call_columns
    from bayesformula.syntax.render import variables_of

    out: dict[str, Any] = {}
    for call in fit.schema.spec.response.additions:
        if call.function in ("weights", "cens") or (only_units and call.function not in ONE_UNIT):
            continue
        for part in call_columns(call).values():
            for name in variables_of(part):
                if name in frame:
                    out[name] = 1.0 if call.function in ONE_UNIT else float(np.mean(frame[name].to_numpy()))
    return out | _pair(fit, frame)


def _pair(fit: Fit, frame: pd.DataFrame) -> dict[str, Any]:
    """Columns of `cbind()`: one trial in all."""
    from bayesformula.syntax.ast import Call
    from bayesformula.syntax.render import variables_of

    response = fit.schema.spec.response.expression
    if not (isinstance(response, Call) and response.function == "cbind"):
        return {}
    names = [name for argument in response.arguments for name in variables_of(argument.value)]
    return {name: 1.0 if place == 0 else 0.0 for place, name in enumerate(names) if name in frame}
