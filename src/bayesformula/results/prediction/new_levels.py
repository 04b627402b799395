"""Effects of levels that were not in the training data: draws from the fitted distribution of the effects.

A new level has its own draw, the same in every row, every chunk and every call with the same seed, as its
random numbers depend on the seed, the group and the level's name, and on nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.results.prediction.draws import Picked

if TYPE_CHECKING:
    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit


def covariance_factors(fit: Fit, group: GroupSpec, picked: Picked) -> np.ndarray:
    """(S, B, q, q) Cholesky factors of the covariance of effects, B levels of `gr(by = )` or one."""
    sd = picked.flat(fit.draws[f"sd_{group.label}"])
    count = max(1, len(group.by))
    sd = sd.reshape(len(sd), count, group.q)
    cor = fit.draws.get(f"cor_{group.label}")
    if cor is None:
        return sd[..., None] * np.eye(group.q)
    whole = picked.flat(cor).reshape(len(sd), count, group.q, count, group.q)
    blocks = np.stack([whole[:, k, :, k] for k in range(count)], axis=1)
    return sd[..., None] * _factor(blocks)


def _factor(correlations: np.ndarray) -> np.ndarray:
    """Cholesky factors; of a matrix that rounding has made singular, one of its nearest neighbour."""
    try:
        return np.linalg.cholesky(correlations)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlations)
        roots = vectors * np.sqrt(np.maximum(values, 1e-12))[..., None, :]
        # a root R with R R' = C has the triangular factor L of R' = Q L'
        upper = np.linalg.qr(np.swapaxes(roots, -1, -2), mode="r")
        signs = np.sign(np.diagonal(upper, axis1=-2, axis2=-1))
        return np.swapaxes(upper * np.where(signs == 0, 1, signs)[..., None], -1, -2)


def new_effects(
    fit: Fit,
    group: GroupSpec,
    factors: np.ndarray,
    names: Sequence[str],
    by: Sequence[int],
    picked: Picked,
    seed: int,
) -> np.ndarray:
    """(S, levels, q) effects of new levels.

    Args:
        fit: whose draws give the covariance.
        group: which group.
        factors: (S, B, q, q) as `covariance_factors` gives them.
        names: of the new levels.
        by: for each of them its level of `gr(by = )`, 0 without one.
        picked: the draws that are used.
        seed: the same gives the same effects.
    """
    every = len(next(iter(fit.stats.values()))[0])
    df = fit.draws.get(f"df_{group.label}")
    out = np.empty((picked.size, len(names), group.q))
    for place, (name, lies_in) in enumerate(zip(names, by, strict=True)):
        random = _generator(seed, group.label, name)
        # for all draws, so that a level has the same effects whatever part of the draws is used
        z = picked.flat(random.standard_normal((picked.chains, every, group.q)))
        if df is not None:
            nu = np.broadcast_to(df, (picked.chains, every))
            z = z * picked.flat(np.sqrt(nu / random.chisquare(nu)))[:, None]
        out[:, place] = np.einsum("sab,sb->sa", factors[:, lies_in], z)
    return out


def _generator(seed: int, label: str, name: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{label}\0{name}".encode()).digest()
    words = np.frombuffer(digest, np.uint32)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words.tolist()])))
