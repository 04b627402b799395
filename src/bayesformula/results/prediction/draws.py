"""Which draws are used, and all parameters at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit


@dataclass(frozen=True, slots=True)
class Picked:
    """Some draws of every chain.

    Attributes:
        chains: how many.
        at: which draws of each.
    """

    chains: int
    at: np.ndarray

    @property
    def size(self) -> int:
        return self.chains * len(self.at)

    def flat(self, values: np.ndarray) -> np.ndarray:
        """(S, ...) of (chains, draws, ...), chain by chain; no copy where all are used."""
        some = values if len(self.at) == values.shape[1] else values[:, self.at]
        return some.reshape(self.size, *values.shape[2:])

    def shaped(self, flat: np.ndarray) -> np.ndarray:
        """(chains, draws, ...) of (S, ...)."""
        return flat.reshape(self.chains, len(self.at), *flat.shape[1:])


def pick(fit: Fit, draws: int | None) -> Picked:
    """All draws, or about so many, evenly spread over every chain.

    Raises:
        OptionError: `draws` is no number of draws.
    """
    chains, every = next(iter(fit.stats.values())).shape[:2]
    if draws is None:
        return Picked(chains, np.arange(every))
    check_count("draws", draws, least=1)
    count = min(every, -(-draws // chains))
    return Picked(chains, np.linspace(0, every - 1, count).round().astype(int))


def parameters(fit: Fit, picked: Picked) -> dict[str, np.ndarray]:
    """Every parameter but group effects and what describes them, (..., S) each."""
    prefixes = tuple(
        f"{kind}_{group.label}" for group in fit.spec.groups for kind in ("r", "sd", "cor", "df")
    )
    own = {name for name in fit.draws if name in prefixes or name.startswith("r_")}
    return {
        name: np.moveaxis(picked.flat(values), 0, -1) for name, values in fit.draws.items() if name not in own
    }


def group_effects(
    values: Mapping[str, np.ndarray], label: str, picked: Picked, levels: np.ndarray
) -> np.ndarray:
    """(len(levels), q, S) effects of some levels of a group."""
    return np.moveaxis(picked.flat(values[f"r_{label}"][:, :, levels]), 0, -1)
