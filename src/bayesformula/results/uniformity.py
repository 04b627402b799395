"""Are ranks uniform? Bands for their distribution function that hold everywhere at once.

Of n independent uniform ranks 0 ... m the number below j is Binomial(n, j / (m + 1)). A set of ranks is as
odd as its oddest count; how odd that is by chance is found by simulation, so that one p value and one band
serve all counts together.

Reference: Saeilynoja, Buerkner and Vehtari (2022), doi:10.1007/s11222-022-10090-6.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SETS = 40_000
"""Of simulated ranks: p values are known to 1 in 40,000."""
AT_ONCE = 2000


def counts_below(ranks: np.ndarray, most: int) -> np.ndarray:
    """(..., most) how many of the (..., n) ranks are below 1, 2, ..., most."""
    ranks = np.asarray(ranks)
    sets = ranks.reshape(-1, ranks.shape[-1])
    places = sets + (most + 1) * np.arange(len(sets))[:, None]
    counts = np.bincount(places.ravel(), minlength=len(sets) * (most + 1))
    return np.cumsum(counts.reshape(*ranks.shape[:-1], most + 1), axis=-1)[..., :-1]


def oddness(below: np.ndarray, n: int) -> np.ndarray:
    """(...) the least two-sided tail probability of any of the (..., most) counts."""
    from scipy import stats

    most = below.shape[-1]
    share = np.arange(1, most + 1) / (most + 1)
    table = stats.binom.cdf(np.arange(-1, n + 1)[:, None], n, share)  # row c + 1: P(count <= c)
    column = np.arange(most)
    tails = np.minimum(table[below + 1, column], 1 - table[below, column])
    return 2 * tails.min(axis=-1)


@lru_cache(maxsize=8)
def by_chance(n: int, most: int, seed: int = 1) -> np.ndarray:
    """The oddness of `SETS` sets of n uniform ranks, in increasing order."""
    rng = np.random.default_rng(seed)
    parts = [
        oddness(counts_below(rng.integers(0, most + 1, (AT_ONCE, n)), most), n)
        for _ in range(SETS // AT_ONCE)
    ]
    return np.sort(np.concatenate(parts))


def p_value(ranks: np.ndarray, most: int) -> float:
    """The chance of n uniform ranks as odd as these."""
    n = len(ranks)
    found = oddness(counts_below(ranks, most), n)
    as_odd = np.searchsorted(by_chance(n, most), found * (1 + 1e-12), side="right")
    return float((as_odd + 1) / (SETS + 1))


def band(n: int, most: int, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """(most,) lowest and highest counts: all of them lie between with this probability."""
    from scipy import stats

    alone = by_chance(n, most)[int((1 - level) * SETS)]
    share = np.arange(1, most + 1) / (most + 1)
    return stats.binom.ppf(alone / 2, n, share), stats.binom.ppf(1 - alone / 2, n, share)
