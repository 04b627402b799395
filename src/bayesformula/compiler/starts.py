"""Where chains start: rough values from least squares on the scale of the link, all in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bayesformula.compiler.coordinates import PredictorFrame
from bayesformula.compiler.inputs import Rows, Start, summed
from bayesformula.compiler.links import Linked
from bayesformula.compiler.structure import Structure
from bayesformula.model.response_moments import EDGE, LOGGED, tells_of_mu
from bayesformula.model.scales import RELATIVE, linked, linked_array
from bayesformula.model.spec import ModelSpec, PredictorSpec

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
        _least_squares(model, place, frames[place], rows, used, response)
        for place, response in enumerate(responses)
    ]
    scalars = {name: np.array([_scalar(model, name, rows, used, pieces[0].spread)]) for name in model.scalars}
    sds = []
    for k, (arrays, to_reported) in enumerate(zip(rows.groups, group_reported, strict=True)):
        at_prior = summed(arrays) @ to_reported
        size = np.sqrt(np.mean(at_prior**2, axis=0))
        spreads = np.array([pieces[owner].spread for owner in structure.owners[k]])
        sds.append(np.tile(0.5 * spreads / np.where(size > 0, size, 1.0), structure.n_by[k]))
    return Start(
        b=tuple(piece.b for piece in pieces),
        b_errors=tuple(piece.errors for piece in pieces),
        sd=tuple(sds),
        df=tuple(np.full(1, ROUGH_DF) for _ in rows.groups),
        scalars=scalars,
        thresholds=_thresholds(model, rows, used),
    )


class Piece(NamedTuple):
    """Coefficients of a predictor in prior coordinates, their errors, and the sd of what they leave over."""

    b: np.ndarray
    errors: np.ndarray
    spread: float


def _least_squares(
    model: ModelSpec,
    place: int,
    frame: PredictorFrame,
    rows: Rows,
    used: np.ndarray,
    response: np.ndarray,
) -> Piece:
    predictor = model.predictors[place]
    offset = np.asarray(rows.predictors[place].offset)[used]
    columns, z = frame.x.columns[used], response - offset
    if model.n_thresholds and not place:  # these take up the mean
        columns = columns - columns.mean(axis=0)
    reference = np.linalg.lstsq(columns, z, rcond=None)[0]
    residual = z - columns @ reference
    spread = max(float(np.std(residual)), 1e-3 * float(np.std(z))) or 1e-3
    if len(response) == 0 or bool(np.all(response == response[0])):
        spread = _usual_spread(predictor.link, response)
    reference = _made_legal(model, predictor, columns, offset, reference, response)
    to_prior = np.linalg.inv(frame.from_prior)
    errors = to_prior @ np.linalg.pinv(columns.T @ columns) @ to_prior.T
    b_errors = spread * np.sqrt(np.maximum(np.diag(errors), 1e-16 * np.max(np.diag(errors), initial=1e-300)))
    return Piece(to_prior @ reference, b_errors, spread)


def _usual_spread(link: str, response: np.ndarray) -> float:
    """Of a response that is one number and has no spread: 0.5 on a link's scale, else relative to it."""
    if link in RELATIVE or not len(response):
        return 0.5
    return 0.5 * abs(float(response[0])) or 0.5


def _made_legal(
    model: ModelSpec,
    predictor: PredictorSpec,
    columns: np.ndarray,
    offset: np.ndarray,
    reference: np.ndarray,
    response: np.ndarray,
) -> np.ndarray:
    """The coefficients, drawn towards those of the mean alone until every row has a legal parameter.

    Under the identity link of a probability, say, least squares may leave its range.
    """
    support = model.family.support_of(predictor.parameter)
    mean = np.full(len(response), float(np.mean(response)) if len(response) else 0.0)
    flat = np.linalg.lstsq(columns, mean - offset, rcond=None)[0]
    share = 1.0
    for _ in range(HALVINGS):
        found = flat + share * (reference - flat)
        legal = Linked(columns @ found + offset, predictor.link).is_legal(support)  # pyright: ignore
        if legal is None or bool(np.all(legal)):
            return found
        share *= 0.5
    return flat


HALVINGS = 8
"""Of the way from the mean to least squares, until all rows are legal."""


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


def _told(model: ModelSpec, y: np.ndarray) -> np.ndarray:
    """The responses that tell of mu, any number where there are none."""
    told = y[tells_of_mu(model.family, y)]
    return told if len(told) else np.full(1, 0.5)


def _mu_response(model: ModelSpec, rows: Rows, y: np.ndarray, used: np.ndarray) -> np.ndarray:
    """The response on the scale of eta; shrunk halfway to its mean where the link could not bear it."""
    link, base, support = model.mu.link, model.family.base, model.family.support
    if model.n_thresholds:
        return (y - y.mean()) / (2 * y.std() or 1.0)
    told = _told(model, y)
    if base in LOGGED:
        shift = 0.5 * float(np.min(told)) if base == "shifted_lognormal" else 0.0
        logs = np.log(np.where(y > 0, y, np.median(told)) - shift)
        return logs if link == "identity" else np.full(len(y), _one(link, logs))
    if base == "von_mises":
        mean = float(np.angle(np.mean(np.exp(1j * y))))
        return np.full(len(y), np.clip(linked(link, mean), -MOST_TURNED, MOST_TURNED))
    if support == "real":
        return y if link == "identity" else np.full(len(y), _one(link, y))
    terms = rows.terms
    size = np.ones(len(y))  # of what a response is a share or a sum
    if terms.trials is not None:
        size = np.asarray(terms.trials)[used]
        share = _inside(float(y.sum()), size, is_share=True)
        return linked_array(link, (y + share) / (size + 1.0))
    if terms.rate is not None:
        size = np.asarray(terms.rate)[used]
    y = np.where(tells_of_mu(model.family, y), y, told.mean())
    mean = _inside(float(y.sum()), size, is_share=model.family.support_of("mu") == "unit")
    return linked_array(link, 0.5 * y / size + 0.5 * mean)


MOST_TURNED = 3.0
"""Largest |eta| of an angle's mean at the start: beyond it a step hardly turns it."""


def _one(link: str, values: np.ndarray) -> float:
    """One eta for responses that a link may not have: that of their mean, or of their size."""
    mean = float(np.mean(values))
    return linked(
        link, mean if mean > 0 or (mean < 0 and link == "inverse") else float(np.std(values)) or 1.0
    )


def _inside(total: float, size: np.ndarray, *, is_share: bool) -> float:
    """The mean of a response, half of one from the end where all of them lie at that end."""
    whole = float(size.sum()) or 1.0
    if total <= 0:
        return EDGE / whole
    return (whole - EDGE if is_share and total >= whole else total) / whole


def _log_ratios(y: np.ndarray, n_categories: int, n_predictors: int) -> list[np.ndarray]:
    """log of the share of each category over that of the first, row by row shrunk halfway to the shares."""
    counts = y if y.ndim == 2 else (y[:, None] == np.arange(n_categories)).astype(float)
    rows = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    shares = np.log(0.5 * rows + 0.5 * np.maximum(rows.mean(axis=0), 1e-3))
    return [shares[:, k + 1] - shares[:, 0] for k in range(n_predictors)]


def rough_value(model: ModelSpec, name: str, y: np.ndarray, spread: float) -> float:
    """A first value of a parameter that is no mean, from the response and the spread around its fit."""
    base, told = model.family.base, _told(model, y)
    mean, variance = float(np.mean(told)), float(np.var(told))
    if name == "sigma" or (name, base) == ("beta", "exgaussian"):
        is_on_scale = base in LOGGED or model.mu.link == "identity"
        return 0.8 * (spread if is_on_scale else variance**0.5 or 1.0)
    if name == "ndt":
        return 0.5 * float(np.min(told))
    if (name, base) == ("shape", "inverse_gaussian") and variance > 0:
        return abs(mean) ** 3 / variance
    if (name, base) == ("phi", "tweedie") and mean > 0:
        return max(variance, 1e-300) / mean**1.5
    return ROUGH.get(name, 1.0)


def _scalar(model: ModelSpec, name: str, rows: Rows, used: np.ndarray, spread: float) -> float:
    (row,) = model.prior_rows(name)
    if row.prior.distribution == "constant":
        return row.prior.arguments[0]
    return rough_value(model, name, np.asarray(rows.y)[used], spread)


def _thresholds(model: ModelSpec, rows: Rows, used: np.ndarray) -> np.ndarray:
    """Links of the cumulative shares of the categories, a little apart from each other."""
    count = model.n_thresholds
    if not count:
        return np.zeros(0)
    codes = np.asarray(rows.y)[used].astype(int)
    shares = (np.bincount(codes, minlength=count + 1) + 0.5) / (len(codes) + 0.5 * (count + 1))
    return np.array([linked(model.mu.link, float(share)) for share in np.cumsum(shares)[:-1]])
