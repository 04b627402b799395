"""Predictions of a fitted model, for old rows and new: what users call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.prediction.answers import Answers
from bayesformula.results.prediction.draws import pick
from bayesformula.results.prediction.request import Groups, Request, request
from bayesformula.results.prediction.target import target
from bayesformula.results.summary import check_count, check_interval, location

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.results.fit import Fit

MOST_BYTES = 4 * 2**30
"""Of an array of draws; beyond it a summary, computed in chunks, is the way."""
COLUMNS = ("mean", "sd", "lower", "upper")


def predict(
    fit: Fit,
    newdata: Any = None,
    kind: Literal["mean", "linear", "response"] = "mean",
    *,
    parameter: str | None = None,
    groups: Groups = "all",
    new_levels: Literal["error", "population", "sample"] = "error",
    draws: int | None = None,
    seed: int = 0,
    summary: bool = False,
    ci: float = 0.95,
    interval: Literal["eti", "hdi"] = "eti",
) -> xr.DataArray | pd.DataFrame:
    """Predict rows: their means, linear predictors, or responses that could be seen there.

    Computed in chunks of rows. With `summary=True` memory does not grow with rows times draws: a million rows
    at 4,000 draws take less than 2 GiB.

    Args:
        newdata: a table as for `bf.fit`, without the response; the training rows when it is not given.
            Columns that only left-out groups read need not be there. Rows that miss a value get NaN.
        kind: "mean" of the response (of one with categories their probabilities, of trials the expected
            successes), "linear" for the linear predictor, "response" for draws of the response, its own
            noise included (of one with categories their positions).
        parameter: "mu", "sigma", "zi", ...: its value, or with kind="linear" its linear predictor, in place
            of the response.
        groups: whose effects enter. "all"; "none", a typical level with effects 0; labels, `["school"]`;
            "integrate" averages over the levels that the fitted distribution could give, on the scale of the
            answer: the mean over the population of levels, not the mean of its typical one. With
            kind="response" each row then has a new level of its own.
        new_levels: a level that the training data did not have is an "error"; or has effects 0 under
            "population"; or a draw of the fitted distribution under "sample", its own for each new level, the
            same in every row and call with the same seed.
        draws: use about so many, evenly spread over the chains; all when it is not given.
        seed: of new levels and responses.
        summary: a table in place of the draws.
        ci, interval: probability and kind ("eti", "hdi") of its interval.

    Returns:
        An array with dimensions chain, draw, row (and category); or a table with columns mean, sd, lower,
        upper and the index of `newdata` (and category).

    Raises:
        UnseenLevelError: a new level, under new_levels="error".
        OptionError: an option that is not legal, or too much memory.
        DataError: a column is missing.

    Example:
        >>> fit.predict({"afternoon": [0, 1], "cafe": ["c1", "new"]}, new_levels="sample")  # doctest: +SKIP

    References: draws of new levels are those of the model, not copies of old ones; means over levels by
        Gauss-Hermite quadrature, or scrambled Sobol points (Owen 1998, doi:10.1006/jcom.1998.0487).
    """
    asked = request(fit, kind, parameter, groups, new_levels)
    check_count("seed", seed, least=0)
    check_interval(ci, interval)
    answers = Answers(fit, target(fit, newdata, asked), asked, pick(fit, draws), seed)
    return summarised(answers, ci, interval) if summary else array(answers)


def log_likelihood(fit: Fit, newdata: Any = None, *, draws: int | None = None) -> xr.DataArray:
    """Log density of each row's response at each draw, times its likelihood weight.

    Given the group effects: under every plan they are drawn, and the likelihood is that of a row given its
    groups, as in other packages. The array has dimensions chain, draw, row.

    Args:
        newdata: rows with their responses; the training rows when it is not given.
        draws: use about so many.

    Raises:
        OptionError: the rows or the draws of the group effects were not kept.
    """
    return array(likelihood_answers(fit, newdata, draws))


def likelihood_answers(fit: Fit, newdata: Any = None, draws: int | None = None) -> Answers:
    """Log likelihoods, chunk by chunk."""
    every = request(fit, "mean", None, "all", "error")
    asked = Request("log_likelihood", None, every.kept, (), "error")
    return Answers(fit, target(fit, newdata, asked), asked, pick(fit, draws), 0)


def array(answers: Answers) -> xr.DataArray:
    """All draws of all rows."""
    import xarray as xr

    rows, extra = answers.target.n_rows, answers.n_categories
    size = 8 * answers.picked.size * rows * max(1, extra)
    if size > MOST_BYTES:
        raise OptionError(
            f"{answers.picked.size} draws of {rows} rows would take {size / 2**30:.0f} GiB\n"
            "  Pass summary=True for means and intervals, computed in chunks, or draws=200 for fewer draws."
        )
    n = answers.target.design.n_rows
    out = np.empty((answers.picked.size, n, *([extra] if extra else [])))
    for at, values in answers.chunks():
        out[:, at] = values
    flat = answers.target.scattered(out, axis=1)
    coords: dict[str, Any] = {
        "chain": np.arange(answers.picked.chains),
        "draw": answers.picked.at,
        "row": np.arange(rows),
    }
    if extra:
        coords["category"] = list(answers.fit.spec.categories)
    name = answers.asked.parameter or answers.fit.spec.response
    attrs = {"kind": answers.asked.kind}
    if answers.asked.kind == "response" and answers.fit.spec.categories and not extra:
        attrs["categories"] = list(answers.fit.spec.categories)  # pyright: ignore[reportArgumentType]
    return xr.DataArray(answers.picked.shaped(flat), coords, tuple(coords), name=name, attrs=attrs)


def moments(values: np.ndarray, ci: float, interval: str) -> np.ndarray:
    """(4, ...) mean, sd, lower, upper over the last axis, along which the draws of a row lie together."""
    if interval == "hdi":
        found = location(np.moveaxis(values, -1, 0)[None], ci, interval)
        return np.stack([found[column] for column in COLUMNS])
    lower, upper = np.quantile(values, [(1 - ci) / 2, (1 + ci) / 2], axis=-1)
    return np.stack([values.mean(axis=-1), values.std(axis=-1, ddof=1), lower, upper])


def summarised(answers: Answers, ci: float, interval: str) -> pd.DataFrame:
    """Mean, sd and interval of every row, without the draws of all rows at once."""
    import pandas as pd

    if answers.asked.kind == "response" and answers.fit.spec.categories and not answers.n_categories:
        raise OptionError(
            "draws of a response with categories have no mean\n"
            '  Ask for kind "mean", the probabilities of the categories; in Python summary=False gives draws.'
        )
    n, extra = answers.target.design.n_rows, answers.n_categories
    table = np.empty((len(COLUMNS), n, *([extra] if extra else [])))
    for at, found in answers.reduced(lambda values: moments(values, ci, interval)):
        table[:, at] = found
    whole = answers.target.scattered(table, axis=1)
    index = answers.target.index if answers.target.index is not None else pd.RangeIndex(answers.target.n_rows)
    if extra:
        pairs = [(*(row if isinstance(row, tuple) else (row,)), level) for row in index
                 for level in answers.fit.spec.categories]  # fmt: skip
        names = [name or "row" for name in index.names]
        index = pd.MultiIndex.from_tuples(pairs, names=[*names, "category"])
    return pd.DataFrame({name: whole[place].ravel() for place, name in enumerate(COLUMNS)}, index=index)
