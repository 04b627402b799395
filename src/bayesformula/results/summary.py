"""Tables of a fit: floats in DataFrames, rounding only where text is made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.diagnostics import diagnostics as diagnostics
from bayesformula.results.names import Scalar, scalars

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.model.spec import ModelSpec

NUMBER_WIDTH = 7
COLUMNS = ("mean", "sd", "lower", "upper", "ess_bulk", "ess_tail", "r_hat", "mcse_mean")


def check_interval(ci: float, kind: str, name: str = "kind") -> None:
    """Refuse an interval that is none; `name` is what the option of its kind is called."""
    if isinstance(ci, bool) or not isinstance(ci, int | float) or not 0 < ci < 1:
        raise OptionError(f"ci={ci!r} must be a probability between 0 and 1, for example 0.95")
    if kind not in ("eti", "hdi"):
        raise OptionError(f"{name}={kind!r} must be 'eti' (equal tails) or 'hdi' (highest density)")


def check_count(name: str, value: object, least: int) -> None:
    """Refuse a number of draws, or a seed, that is none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise OptionError(f"{name}={value!r} must be a whole number, {least} or more")


def stack(draws: Mapping[str, np.ndarray], rows: Sequence[Scalar]) -> np.ndarray:
    """(chains, draws, rows) array of the scalars named by `rows`."""
    first = draws[rows[0].variable] if rows else next(iter(draws.values()))
    out = np.empty((*first.shape[:2], len(rows)))
    for i, row in enumerate(rows):
        out[:, :, i] = draws[row.variable][(slice(None), slice(None), *row.at)]
    return out


def location(values: np.ndarray, ci: float = 0.95, kind: str = "eti") -> dict[str, np.ndarray]:
    """mean, sd, lower, upper over chains and draws of (chains, draws, ...) values."""
    flat = _joined(values)
    if kind == "hdi" and flat.size:
        lower, upper = _hdi(flat, ci)
    else:
        lower, upper = np.quantile(flat, [(1 - ci) / 2, (1 + ci) / 2], axis=0)
    return {"mean": flat.mean(axis=0), "sd": flat.std(axis=0, ddof=1), "lower": lower, "upper": upper}


def _joined(values: np.ndarray) -> np.ndarray:
    """(chains * draws, ...) values, also where there are none."""
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def _hdi(flat: np.ndarray, ci: float) -> tuple[np.ndarray, np.ndarray]:
    from arviz_stats.base.array import array_stats

    interval = np.asarray(array_stats.hdi(flat, prob=ci, axis=0))
    return interval[..., 0], interval[..., 1]


def summary(
    model: ModelSpec,
    draws: Mapping[str, np.ndarray],
    quality: Mapping[str, np.ndarray],
    ci: float = 0.95,
    kind: str = "eti",
) -> pd.DataFrame:
    """One row a scalar parameter, by flat name; columns as `COLUMNS`."""
    import pandas as pd

    check_interval(ci, kind)
    rows = scalars(model)
    columns = {**location(stack(draws, rows), ci, kind), **quality}
    return pd.DataFrame({name: columns[name] for name in COLUMNS}, index=[row.flat for row in rows])


def format_number(value: float, error: float) -> str:
    """Round to what the Monte Carlo error supports: no digit below a fifth of it, at most 4 decimals.

    At most `NUMBER_WIDTH` characters: what needs more is written with an exponent, `-1.23e9`.
    """
    if not math.isfinite(value):
        return "-"
    if not math.isfinite(error) or error <= 0:
        text = f"{value:.4g}"
    else:
        digits = int(np.clip(-math.floor(math.log10(error * 5)), 0, 4))
        text = f"{value:.{digits}f}"
        if abs(value) < 10**-4 and value != 0 and digits == 4:
            text = f"{value:.2g}"
    for digits in (2, 1, 0):
        if len(text) <= NUMBER_WIDTH:
            break
        mantissa, exponent = f"{value:.{digits}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text
