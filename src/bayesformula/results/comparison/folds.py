"""Which rows are left out together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.comparison.levels import check_group

if TYPE_CHECKING:
    from bayesformula.data.design import Design
    from bayesformula.results.fit import Fit

Folding = Literal["random", "stratified", "grouped"]
DEFAULT_FOLDS = 10


def row_folds(
    fit: Fit, design: Design, k: int | None, folds: Any, by: str | None, random: np.random.Generator
) -> np.ndarray:
    """(n,) the fold of each row, 0 and up.

    Raises:
        OptionError: options that are not legal, or do not go together.
    """
    n = design.n_rows
    if not isinstance(folds, str):
        if k is not None or by is not None:
            raise OptionError("folds= says which rows are left out together: leave out k= and by=")
        return _stated(folds, n, fit.n_dropped)
    if folds not in get_args(Folding):
        legal = listing(nearest(folds, get_args(Folding)))
        raise OptionError(
            f"folds={folds!r} is not known: legal are {legal}, or one label for each row, rows with the same "
            "label being left out together"
        )
    if folds == "random" and by is not None:
        raise OptionError(f"by={by!r} goes with folds='stratified' or folds='grouped': say which")
    if folds == "grouped" and by is None:
        raise OptionError("folds='grouped' needs by=, the column or group whose rows stay together")
    if folds == "grouped":
        return _grouped(_codes(fit, design, str(by)), _count(k, DEFAULT_FOLDS), str(by), random)
    count = _count(k, DEFAULT_FOLDS)
    if count > n:
        raise OptionError(f"k={count} folds of {n} rows: k must be from 2 to {n}")
    if folds == "random":
        return _dealt(random.permutation(n), count, random)
    values = _values(fit, design, by)
    return _dealt(np.lexsort((random.random(n), values)), count, random)


def level_folds(index: np.ndarray, k: int | None, label: str, random: np.random.Generator) -> np.ndarray:
    """(n,) the fold of each row, whole levels together: each a fold of its own, or k folds of them."""
    codes = np.unique(index, return_inverse=True)[1]
    return codes if k is None else _grouped(codes, _count(k, k), label, random)


def _count(k: int | None, default: int) -> int:
    k = default if k is None else k
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
        raise OptionError(f"k={k!r} must be a whole number, 2 or more")
    return int(k)


def _stated(folds: Any, n: int, n_dropped: int) -> np.ndarray:
    labels = np.asarray(folds)
    if labels.shape != (n,):
        hint = f"\n  {n_dropped} rows were dropped for missing values: leave them out." if n_dropped else ""
        shape = f"{len(labels)} of them" if labels.ndim == 1 else f"an array of shape {labels.shape}"
        raise OptionError(
            f"folds must have one label for each of the {n} rows that were used, not {shape}{hint}"
        )
    found, codes = np.unique(labels.astype(str), return_inverse=True)
    if len(found) < 2:
        raise OptionError("folds has one label alone: nothing would be left to fit to")
    return codes


def _dealt(order: np.ndarray, k: int, random: np.random.Generator) -> np.ndarray:
    """Rows in an order dealt out, k at a time, each hand shuffled: neighbours go to different folds."""
    out = np.empty(len(order), int)
    for first in range(0, len(order), k):
        hand = order[first : first + k]
        out[hand] = random.permutation(k)[: len(hand)]
    return out


def _grouped(codes: np.ndarray, k: int, label: str, random: np.random.Generator) -> np.ndarray:
    """Levels to folds of about as many rows, the largest levels first."""
    sizes = np.bincount(codes)
    if k > len(sizes):
        raise OptionError(
            f"k={k} folds of the {len(sizes)} levels of '{label}': k must be from 2 to {len(sizes)}"
        )
    home, filled = np.empty(len(sizes), int), np.zeros(k)
    for level in np.lexsort((random.random(len(sizes)), -sizes)).tolist():
        home[level] = np.lexsort((random.random(k), filled))[0]
        filled[home[level]] += sizes[level]
    return home[codes]


# ---- what rows are sorted by ----


def level_index(fit: Fit, design: Design, label: str) -> np.ndarray:
    """(n,) the level of each row in one of the model's groups."""
    check_group(fit, label)
    return next(part.groups[label].index for part in design.parameters.values() if label in part.groups)


def _codes(fit: Fit, design: Design, by: str) -> np.ndarray:
    if by in [group.label for group in fit.spec.groups]:
        return np.unique(level_index(fit, design, by), return_inverse=True)[1]
    import pandas as pd

    return pd.factorize(_column(fit, by), use_na_sentinel=False)[0]


def _values(fit: Fit, design: Design, by: str | None) -> np.ndarray:
    """What rows are stratified by, as numbers: the response, a column, a group."""
    if by is None:
        assert design.y is not None
        return design.y if design.y.ndim == 1 else np.argmax(design.y, axis=1)
    if by in [group.label for group in fit.spec.groups]:
        return level_index(fit, design, by)
    import pandas as pd

    column = _column(fit, by)
    return np.asarray(column) if pd.api.types.is_numeric_dtype(column) else pd.factorize(column)[0]


def _column(fit: Fit, by: str) -> Any:
    assert fit.frame is not None
    legal: Sequence[str] = [group.label for group in fit.spec.groups] + [str(c) for c in fit.frame.columns]
    if by not in fit.frame.columns:
        raise OptionError(
            f"by={by!r} is no column that the fit keeps, and no group; these are "
            f"{listing(nearest(str(by), legal))}\n"
            "  For another column write folds=data['column'], with one label for each used row."
        )
    return fit.frame[by]
