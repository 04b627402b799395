"""A fit whose answer is known exactly: whether this installation computes right, as `bf doctor` asks."""

from __future__ import annotations

import time
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

FORMULA = "y ~ x; sigma = 1"
PRIOR_SD = 2.0
PRIORS = [f"Intercept ~ normal(0, {PRIOR_SD})", f"b ~ normal(0, {PRIOR_SD})"]
ROWS = {
    "x": [-1.5, -1.1, -0.8, -0.3, 0.1, 0.4, 0.9, 1.2, 1.6, 2.1],
    "y": [0.4, -0.9, 1.3, 0.2, 2.2, 0.7, 1.4, 3.1, 2.0, 3.6],
}
NEAR = 0.2
"""Posterior sds by which a mean may be off, and share by which an sd may: five standard errors and more."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What came out.

    Attributes:
        ok: it is right.
        result: "ok", or what is wrong.
        compile_seconds: of the first fit.
        sample_seconds: of its chains and of all that comes after them.
        total_seconds: of both fits.
    """

    ok: bool
    result: str
    compile_seconds: float | None
    sample_seconds: float | None
    total_seconds: float


def exact() -> tuple[np.ndarray, np.ndarray]:
    """Means and sds of the posterior of intercept and slope, by linear algebra."""
    x = np.column_stack([np.ones(len(ROWS["x"])), ROWS["x"]])
    covariance = np.linalg.inv(x.T @ x + np.eye(2) / PRIOR_SD**2)
    return covariance @ (x.T @ np.asarray(ROWS["y"])), np.sqrt(np.diag(covariance))


def self_test() -> dict[str, Any]:
    """Fit twice with one seed: near the exact posterior, and the same to the last bit."""
    began = time.perf_counter()
    first: Fit | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the cache, say, which is told of beside this
            first = _fit()
            wrong = differs(first) or repeats(first, _fit())
    except Exception as error:
        wrong = f"the fit failed: {type(error).__name__}: {error}"
    timing = {} if first is None else first.timing

    def seconds(*names: str) -> float | None:
        return round(sum(timing[name] for name in names), 3) if timing else None

    return asdict(
        SelfTest(
            ok=not wrong,
            result=wrong or "ok",
            compile_seconds=seconds("trace", "compile"),
            sample_seconds=seconds("warmup", "draws", "recovery", "diagnostics"),
            total_seconds=round(time.perf_counter() - began, 3),
        )
    )


def _fit() -> Fit:
    from bayesformula import api

    options: dict[str, Any] = {"plan": "noncentred", "chains": 2, "draws": 500, "warmup": 300, "seed": 1}
    return api.fit(FORMULA, ROWS, priors=PRIORS, progress=False, **options)


def differs(fit: Fit) -> str:
    """How the draws miss the exact posterior, or nothing."""
    draws = fit.draws["b"].reshape(-1, 2)
    for name, values, mean, sd in zip(("Intercept", "x"), draws.T, *exact(), strict=True):
        off, ratio = abs(values.mean() - mean) / sd, values.std(ddof=1) / sd
        if not (off < NEAR and abs(ratio - 1) < NEAR):  # not a number is wrong, too
            return (
                f"the posterior of {name} is normal with mean {mean:.4f} and sd {sd:.4f}, and the draws have "
                f"mean {values.mean():.4f} and sd {values.std(ddof=1):.4f}: do not trust fits made here"
            )
    return ""


def repeats(first: Fit, second: Fit) -> str:
    """That two fits with one seed differ, or nothing."""
    if all(np.array_equal(first.draws[name], second.draws[name]) for name in first.draws):
        return ""
    return "two fits with the same seed gave different draws: results made here cannot be made again"
