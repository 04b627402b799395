"""Predictions under the names that lme4's and brms's users know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.observed import response
from bayesformula.results.prediction.answers import Answers
from bayesformula.results.prediction.draws import pick
from bayesformula.results.prediction.predict import COLUMNS, predict
from bayesformula.results.prediction.request import request
from bayesformula.results.prediction.target import target
from bayesformula.results.summary import check_interval, location

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.results.fit import Fit


def posterior_epred(fit: Fit, newdata: Any = None, **options: Any) -> xr.DataArray:
    """Draws of the mean of the response: `predict(kind="mean")`, with its options."""
    return cast("xr.DataArray", predict(fit, newdata, "mean", **options))


def posterior_linpred(fit: Fit, newdata: Any = None, **options: Any) -> xr.DataArray:
    """Draws of the linear predictor: `predict(kind="linear")`, with its options."""
    return cast("xr.DataArray", predict(fit, newdata, "linear", **options))


def posterior_predict(fit: Fit, newdata: Any = None, **options: Any) -> xr.DataArray:
    """Draws of the response: `predict(kind="response")`, with its options."""
    return cast("xr.DataArray", predict(fit, newdata, "response", **options))


def fitted(fit: Fit, newdata: Any = None, **options: Any) -> pd.DataFrame:
    """Mean, sd and interval of the mean of each row: `predict(summary=True)`, with its options."""
    return cast("pd.DataFrame", predict(fit, newdata, "mean", summary=True, **options))


def residuals(
    fit: Fit, *, groups: Any = "all", draws: int | None = None, ci: float = 0.95, interval: str = "eti"
) -> pd.DataFrame:
    """The response less its mean, of each training row: mean, sd and interval over the draws.

    Args:
        groups: whose effects enter the mean, as for `predict`.
        draws: use about so many.
        ci, interval: of the interval.

    Raises:
        OptionError: a response with categories, which has no such difference; or the rows were not kept.
    """
    import pandas as pd

    check_interval(ci, interval)
    if fit.family.support in ("category", "ordered", "matrix"):
        raise OptionError(
            "a response with categories has no residuals: fit.predict() has the probabilities of each"
        )
    y = response(fit)
    asked = request(fit, "mean", None, groups, "error")
    answers = Answers(fit, target(fit, None, asked), asked, pick(fit, draws), 0)
    out = {name: np.empty(len(y)) for name in COLUMNS}
    for at, values in answers.chunks():
        for name, found in location((y[at] - values)[None], ci, interval).items():
            out[name][at] = found
    return pd.DataFrame(out)
