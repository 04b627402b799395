"""Where chains start: rough values from least squares on the scale of the link, all in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesformula.compiler.coordinates import PredictorFrame
from bayesformula.compiler.inputs import Rows, Start, summed
from bayesformula.compiler.structure import Structure
from bayesformula.model.scales import linked, linked_array
from bayesformula.model.spec import ModelSpec
from bayesformula.priors import PriorRow

ROUGH_DF = 10.0
"""Degrees of freedom at which chains of Student effects start."""
ROUGH = {
    "nu": 10.0, "kappa": 1.0, "phi": 2.0, "shape": 1.5, "power": 1.5, "alpha": 0.5, "cutzero": -1.0,
    "cutgap": 2.0, "disc": 1.0, "zi": 0.2, "hu": 0.3, "zoi": 0.2, "coi": 0.5, "quantile": 0.5,
}  # fmt: skip
"""Where parameters without units start."""


def start(
    model: ModelSpec,
    structure: Structure,
    rows: Rows,
    frames: Sequence[PredictorFrame],
    group_reported: Sequence[np.ndarray],
    used: np.ndarray,
) -> Start:
    """Least squares for the coefficients and their errors, its residual sd shared out among the sds."""
    responses = rough_responses(model, rows, used)
    pieces = [
        _least_squares(
            frame, used, np.asarray(part.offset)[used], response, has_thresholds=bool(model.n_thresholds)
        )
        for frame, part, response in zip(frames, rows.predictors, responses, strict=True)
    ]
    scalars = {
        row.kind: np.array([_scalar(model, row, rows, used, pieces[0][2])]) for row in _scalar_rows(model)
    }
    sds = []
    for k, (arrays, to_reported) in enumerate(zip(rows.groups, group_reported, strict=True)):
        at_prior = summed(arrays) @ to_reported
        size = np.sqrt(np.mean(at_prior**2, axis=0))
        spreads = np.array([pieces[owner][2] for owner in structure.owners[k]])
        sds.append(np.tile(0.5 * spreads / np.where(size > 0, size, 1.0), structure.n_by[k]))
    return Start(
        b=tuple(piece[0] for piece in pieces),
        b_errors=tuple(piece[1] for piece in pieces),
        sd=tuple(sds),
        df=tuple(np.full(1, ROUGH_DF) for _ in rows.groups),
        scalars=scalars,
        thresholds=_thresholds(model, rows, used),
    )


def _scalar_rows(model: ModelSpec) -> list[PriorRow]:
    return [row for name in model.scalars for row in model.prior_rows(name)]


def _least_squares(
    frame: PredictorFrame, used: np.ndarray, offset: np.ndarray, response: np.ndarray, *, has_thresholds: bool
) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients in prior coordinates, their errors, and the sd of what they leave over.

    A response that is one number has no spread of its own; on a link's scale, 0.5 is a usual one.
    """
    columns, z = frame.x.columns[used], response - offset
    if has_thresholds:  # these take up the mean
        columns = columns - columns.mean(axis=0)
    reference = np.linalg.lstsq(columns, z, rcond=None)[0]
    residual = z - columns @ reference
    floor = 1e-3 * float(np.std(z))
    is_constant = bool(np.all(response == response[0])) if len(response) else True
    spread = 0.5 if is_constant else max(float(np.std(residual)), floor) or 1e-3
    to_prior = np.linalg.inv(frame.from_prior)
    errors = to_prior @ np.linalg.pinv(columns.T @ columns) @ to_prior.T
    b_errors = spread * np.sqrt(np.maximum(np.diag(errors), 1e-16 * np.max(np.diag(errors), initial=1e-300)))
    return to_prior @ reference, b_errors, spread


# ---- rough responses ---------------------------------------------------------------------------------


def rough_responses(model: ModelSpec, rows: Rows, used: np.ndarray) -> list[np.ndarray]:
    """For each predictor what its least squares fit: the linked response for mu, one number for others."""
    y = np.asarray(rows.y)[used]
    if model.family.support in ("category", "matrix"):
        return _log_ratios(y, len(model.categories), len(model.predictors))
    first = _mu_response(model, rows, y, used)
    count = len(first)
    spread = float(np.std(first)) or 1.0
    out = [first]
    for predictor in model.predictors[1:]:
        value = rough_value(model, predictor.parameter, y, spread)
        out.append(np.full(count, linked(predictor.link, value)))
    return out


def _mu_response(model: ModelSpec, rows: Rows, y: np.ndarray, used: np.ndarray) -> np.ndarray:
    """The response on the scale of eta; shrunk halfway to its mean where the link could not bear it."""
    link, base = model.mu.link, model.family.base
    if model.n_thresholds:
        return (y - y.mean()) / (2 * y.std() or 1.0)
    if base in ("lognormal", "shifted_lognormal"):
        shift = 0.5 * float(np.min(y)) if base == "shifted_lognormal" else 0.0
        return linked_array(link, np.log(np.where(y > 0, y - shift, np.median(y[y > 0]))))
    if base == "von_mises":
        mean = np.angle(np.mean(np.exp(1j * y)))
        return np.full(len(y), linked(link, float(mean)))
    if link == "identity" and model.family.support == "real":
        return y
    terms = rows.terms
    if terms.trials is not None:
        trials = np.asarray(terms.trials)[used]
        share = float(y.sum() / max(trials.sum(), 1.0))
        y = (y + share) / (trials + 1.0)
    elif terms.rate is not None:
        y = y / np.asarray(terms.rate)[used]
    if model.family.wrapper and np.any(y > 0):
        y = np.where(y > 0, y, np.mean(y[y > 0]))
    mean = float(y.mean())
    if model.family.support == "real":  # a link that some responses may not have
        return np.full(len(y), linked(link, mean if mean > 0 else float(np.std(y)) or 1.0))
    return linked_array(link, 0.5 * y + 0.5 * mean)


def _log_ratios(y: np.ndarray, n_categories: int, n_predictors: int) -> list[np.ndarray]:
    """log of the share of each category over that of the first, row by row shrunk halfway to the shares."""
    counts = y if y.ndim == 2 else (y[:, None] == np.arange(n_categories)).astype(float)
    rows = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    shares = np.log(0.5 * rows + 0.5 * np.maximum(rows.mean(axis=0), 1e-3))
    return [shares[:, k + 1] - shares[:, 0] for k in range(n_predictors)]


def rough_value(model: ModelSpec, name: str, y: np.ndarray, spread: float) -> float:
    """A first value of a parameter that is no mean, from the response and the spread around its fit."""
    base = model.family.base
    if name == "sigma" or (name, base) == ("beta", "exgaussian"):
        return 0.8 * spread
    if name == "ndt":
        return 0.5 * float(np.min(y))
    mean, variance = float(np.mean(y)), float(np.var(y))
    if (name, base) == ("shape", "inverse_gaussian") and variance > 0:
        return abs(mean) ** 3 / variance
    if (name, base) == ("phi", "tweedie") and mean > 0:
        return max(variance, 1e-300) / mean**1.5
    return ROUGH.get(name, 1.0)


def _scalar(model: ModelSpec, row: PriorRow, rows: Rows, used: np.ndarray, spread: float) -> float:
    prior = row.prior
    value = rough_value(model, row.kind, np.asarray(rows.y)[used], spread)
    if prior.distribution == "constant":
        return prior.arguments[0]
    return value


def _thresholds(model: ModelSpec, rows: Rows, used: np.ndarray) -> np.ndarray:
    """Links of the cumulative shares of the categories, a little apart from each other."""
    count = model.n_thresholds
    if not count:
        return np.zeros(0)
    codes = np.asarray(rows.y)[used].astype(int)
    shares = (np.bincount(codes, minlength=count + 1) + 0.5) / (len(codes) + 0.5 * (count + 1))
    return np.array([linked(model.mu.link, float(share)) for share in np.cumsum(shares)[:-1]])
