"""Draws of what is asked at rows, averaged over some of them, a chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.prediction.answers import Answers
from bayesformula.results.prediction.draws import Picked, pick
from bayesformula.results.prediction.predict import MOST_BYTES
from bayesformula.results.prediction.request import request
from bayesformula.results.prediction.target import target
from bayesformula.results.summary import check_count, check_interval, location

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.results.fit import Fit

COLUMNS = ("mean", "sd", "lower", "upper")


@dataclass(frozen=True, slots=True)
class Scale:
    """What is asked of each row: the options that `predict` has under the same names."""

    kind: str = "mean"
    parameter: str | None = None
    groups: Any = "none"
    new_levels: str = "population"
    draws: int | None = None
    seed: int = 0

    def answers(self, fit: Fit, frame: pd.DataFrame) -> Answers:
        """The answers at the rows of a frame, not computed yet."""
        asked = request(fit, self.kind, self.parameter, self.groups, self.new_levels)
        if self.kind == "response":
            raise OptionError('kind="response" has no effects: ask for "mean" or "linear"')
        check_count("seed", self.seed, least=0)
        return Answers(fit, target(fit, frame, asked), asked, pick(fit, self.draws), self.seed)


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of some quantities.

    Attributes:
        table: what each quantity is, a row each.
        values: (S, rows).
        picked: which draws these are.
    """

    table: pd.DataFrame
    values: np.ndarray
    picked: Picked

    def summarised(self, ci: float, interval: str) -> pd.DataFrame:
        """The table with mean, sd, lower and upper beside."""
        found = location(self.values[None], ci, interval)
        return self.table.assign(**{name: found[name] for name in COLUMNS})

    def array(self, name: str) -> xr.DataArray:
        """(chain, draw, row), the columns of the table as coordinates of the rows."""
        import xarray as xr

        coords: dict[str, Any] = {
            "chain": np.arange(self.picked.chains),
            "draw": self.picked.at,
            **{str(column): ("row", self.table[column].to_numpy()) for column in self.table},
        }
        return xr.DataArray(self.picked.shaped(self.values), coords, ("chain", "draw", "row"), name=name)


def finished(draws: Draws, name: str, *, summary: bool, ci: float, interval: str) -> Any:
    """A table, or the draws."""
    check_interval(ci, interval)
    return draws.summarised(ci, interval) if summary else draws.array(name)


Combine = Callable[[list[np.ndarray]], np.ndarray]


def asked_of_rows(
    fit: Fit,
    shown: pd.DataFrame,
    frames: Sequence[pd.DataFrame],
    scale: Scale,
    combine: Combine,
    by: Sequence[str] | None,
) -> Draws:
    """What `combine` makes of the answers at frames of the same rows, for each row or averaged.

    Args:
        fit: the model.
        shown: the n rows as the result calls them.
        frames: the same rows, predictors set as the answers need them.
        scale: of the answers.
        combine: of one (S, n) or (S, n, K) array a frame one such array.
        by: None for every row; else columns, within whose values (of none: over all rows) the mean is taken.
    """
    import pandas as pd

    every = [scale.answers(fit, frame) for frame in frames]
    first = every[0]
    categories = list(fit.spec.categories) if first.n_categories else [None]
    cells, table = _cells(shown, by)
    _check_size(first.picked.size * len(table) * len(categories))
    total = np.zeros((first.picked.size, len(table), len(categories)))
    for at, parts in _together(every):
        values = combine(parts)
        values = values[..., None] if values.ndim == 2 else values
        if by is None:
            total[:, at] = values
        else:
            np.add.at(total, (slice(None), cells[at]), values)  # pyright: ignore[reportArgumentType]
    if by is not None:
        total /= np.bincount(cells, minlength=len(table))[:, None]
    if categories != [None]:
        pairs = table.loc[table.index.repeat(len(categories))].reset_index(drop=True)
        table = pairs.assign(category=pd.Categorical(categories * len(table), categories, ordered=True))
    return Draws(table, total.reshape(first.picked.size, -1), first.picked)


def _check_size(numbers: int) -> None:
    if 8 * numbers > MOST_BYTES:
        raise OptionError(
            f"draws of so many rows would take {8 * numbers / 2**30:.0f} GiB\n"
            "  Average them (average=True, by=...), or pass draws=200 for fewer draws."
        )


def _together(every: list[Answers]) -> Iterator[tuple[slice, list[np.ndarray]]]:
    """Chunks of the same rows, of all frames at once."""
    for chunks in zip(*(answers.chunks() for answers in every), strict=True):
        yield chunks[0][0], [values for _, values in chunks]


def _cells(frame: pd.DataFrame, by: Sequence[str] | None) -> tuple[np.ndarray, pd.DataFrame]:
    """(n,) which row of the result each row belongs to, and what these rows are."""
    import pandas as pd

    if by is None:
        return np.arange(len(frame)), frame.reset_index(drop=True)
    if not by:
        return np.zeros(len(frame), int), pd.DataFrame(index=range(1))
    for name in by:
        if name not in frame:
            legal = [str(column) for column in frame.columns]
            raise OptionError(
                f"by: there is no column {name!r}; there are {listing(nearest(name, legal))}\n"
                "  A fit keeps the columns that its formula reads; for others pass the table as newdata=."
            )
    grouped = frame.groupby(list(by), observed=True, sort=True)
    cells = grouped.ngroup().to_numpy()
    return cells, grouped.size().reset_index().filter(list(by))
