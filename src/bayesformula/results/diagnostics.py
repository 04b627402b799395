"""R-hat, effective sizes and Monte Carlo errors of many quantities at once.

The definitions, and to rounding the numbers, are ArviZ's, whose functions take one quantity at a time and
rank and sort it anew for each figure: for the effects of a small model that takes a good part of the time of
its sampling. Here all figures share one sort of each quantity, and the scores of ranks come from a table.

References: Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), doi:10.1214/20-BA1221; Geyer (1992),
doi:10.1214/ss/1177011137.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

MIN_DRAWS = 4
"""Of a chain; no figure is defined for fewer."""
TAILS = (0.05, 0.95)
MAX_R_HAT = 1.01
"""Of one quantity; Vehtari and others (2021)."""
BLOCK = 2**15
"""Numbers that are worked on at a time, for the sake of the processor's cache."""


def diagnostics(values: np.ndarray, *, of_mean: bool = True) -> dict[str, np.ndarray]:
    """Bulk and tail ESS, R-hat and the Monte Carlo error of the mean, per column of (chains, draws, m).

    A quantity that never moves (a constant) or is not finite has none of them: NaN. Where R-hat is more than
    1.01 there is `ess_within`, too: the effective size of the scores that R-hat compares, each chain about
    its own mean. It tells how far their means can be apart by chance.

    Args:
        values: the draws.
        of_mean: compute the Monte Carlo error, too.
    """
    chains, draws, m = values.shape
    names = ("ess_bulk", "ess_tail", "r_hat", "ess_within", *(("mcse_mean",) if of_mean else ()))
    out = {name: np.full(m, np.nan) for name in names}
    if draws < MIN_DRAWS or not m:
        return out
    width = max(1, BLOCK // (chains * draws))
    for first in range(0, m, width):
        part = np.ascontiguousarray(np.moveaxis(values[:, :, first : first + width], 2, 0), float)
        with np.errstate(invalid="ignore"):
            moving = np.ptp(part, axis=(1, 2)) > 0
        moving &= np.isfinite(part).all(axis=(1, 2))
        if moving.any():
            at = first + np.flatnonzero(moving)
            for name, found in _block(part[moving], of_mean=of_mean).items():
                out[name][at] = found
    return out


def _block(x: np.ndarray, *, of_mean: bool) -> dict[str, np.ndarray]:
    """The figures of (m, chains, draws) values that are finite and move."""
    halves = _split(x)
    ordered, z = _scores(halves)
    all_draws = ordered if halves.size == x.size else np.sort(x.reshape(len(x), -1), axis=1)
    tails = [ess((halves <= _quantile(all_draws, p)[:, None, None]).astype(float)) for p in TAILS]
    out = {"ess_bulk": ess(z), "ess_tail": np.minimum(*tails)}
    if x.shape[1] > 1:
        out["r_hat"], out["ess_within"] = _rank_r_hat(halves, ordered, z)
    elif x.shape[2] < 2 * MIN_DRAWS:
        out["r_hat"] = out["ess_within"] = np.full(len(x), np.nan)
    else:  # one chain: its two halves stand in for two
        half = x.shape[2] // 2
        quarters = _split(x[:, 0, : 2 * half].reshape(len(x), 2, half))
        out["r_hat"], out["ess_within"] = _rank_r_hat(quarters, *_scores(quarters))
    if of_mean:
        out["mcse_mean"] = x.reshape(len(x), -1).std(axis=1, ddof=1) / np.sqrt(ess(halves))
    return out


def _split(x: np.ndarray) -> np.ndarray:
    """(m, 2 chains, draws // 2): the first and the second half of each chain as chains of their own."""
    half = x.shape[2] // 2
    return np.concatenate([x[:, :, :half], x[:, :, -half:]], axis=1)


def _scores(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m, size) values in order, and the normal scores of their ranks in the shape of `x`."""
    flat = x.reshape(len(x), -1)
    size = flat.shape[1]
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    table = _normal_scores(size)
    z = np.empty_like(flat)
    np.put_along_axis(z, order, np.broadcast_to(table[2 : 2 * size + 1 : 2], flat.shape), axis=1)
    tied = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
    for row in tied:  # equal values share the mean of their ranks
        _, inverse, counts = np.unique(flat[row], return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        z[row] = table[(2 * last - counts + 1)[inverse]]
    return ordered, z.reshape(x.shape)


@lru_cache(maxsize=8)
def _normal_scores(size: int) -> np.ndarray:
    """The normal score of twice a rank among `size` values, twice as a mean of ranks may be a half."""
    from scipy.special import ndtri

    return ndtri((np.arange(2 * size + 1) / 2 - 0.375) / (size + 0.25))


def _quantile(ordered: np.ndarray, p: float) -> np.ndarray:
    """(m,) quantile of each row of values in order, as NumPy interpolates it."""
    place = (ordered.shape[1] - 1) * p
    low = int(place)
    share = place - low
    below, above = ordered[:, low], ordered[:, min(low + 1, ordered.shape[1] - 1)]
    step = above - below
    return above - step * (1 - share) if share >= 0.5 else below + step * share


def _rank_r_hat(x: np.ndarray, ordered: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The greater of R-hat of the scores `z` and of those of the distances from the median; `ess_within`."""
    folded = _scores(np.abs(x - np.median(ordered, axis=1)[:, None, None]))[1]
    of_place, of_spread = _r_hat(z), _r_hat(folded)
    r_hat = np.fmax(of_place, of_spread)
    within = np.full(len(x), np.nan)
    for scores, found in ((z, of_place), (folded, of_spread)):
        at = (found == r_hat) & (r_hat > MAX_R_HAT)
        if at.any():
            within[at] = ess(scores[at] - scores[at].mean(axis=2, keepdims=True))
    return r_hat, within


def _r_hat(z: np.ndarray) -> np.ndarray:
    draws = z.shape[2]
    between = draws * z.mean(axis=2).var(axis=1, ddof=1)
    with np.errstate(all="ignore"):  # scores that move in no chain: infinite, or none
        return np.sqrt((between / z.var(axis=2, ddof=1).mean(axis=1) + draws - 1) / draws)


def ess(x: np.ndarray) -> np.ndarray:
    """(m,) effective sizes of the mean of (m, chains, draws) values, by Geyer's initial monotone sequence."""
    m, chains, draws = x.shape
    size = chains * draws
    means = x.mean(axis=2)
    covariance = _autocovariance(x - means[:, :, None])
    within = covariance[:, 0] * draws / (draws - 1)
    total = covariance[:, 0] + (means.var(axis=1, ddof=1) if chains > 1 else 0.0)
    with np.errstate(all="ignore"):
        rho = 1 - (within[:, None] - covariance) / total[:, None]
    rho[:, 0] = 1.0
    pairs = rho[:, 0 : 2 * (draws // 2) : 2] + rho[:, 1 : 2 * (draws // 2) : 2]
    # The first pair that is not positive ends the sum; the last that there is ends it anyway.
    n_pairs = 1 + max(draws - 3, 0) // 2
    ends = ~(pairs[:, :n_pairs] > 0)
    ends[:, -1] = True
    end = np.argmax(ends, axis=1)
    counted = np.arange(n_pairs) < end[:, None]
    falling = np.minimum.accumulate(pairs[:, :n_pairs], axis=1)
    rows = np.arange(m)
    last = rho[rows, 2 * end]
    last = np.where((last > 0) | (pairs[rows, end] >= 0), last, 0.0)
    tau = -1 + 2 * np.where(counted, falling, 0.0).sum(axis=1) + last
    found = size / np.maximum(tau, 1 / np.log10(size))
    constant = np.ptp(x, axis=(1, 2)) < np.finfo(float).resolution
    return np.where(constant, float(size), np.where(np.isnan(rho).any(axis=1), np.nan, found))


def _autocovariance(centred: np.ndarray) -> np.ndarray:
    """(m, draws) mean over chains of the autocovariance at each lag."""
    from scipy.fft import irfft, next_fast_len, rfft

    draws = centred.shape[2]
    length = next_fast_len(2 * draws, real=True)
    spectrum: Any = rfft(centred, n=length, axis=2)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
    return np.asarray(irfft(power, n=length, axis=1))[:, :draws] / draws
