"""What encoding a frame gives: arrays with names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class GroupDesign:
    """All effects that vary over one grouping factor: one record, whatever the number of terms.

    Attributes:
        label: `cafe`, `region:group`.
        factors: canonical texts of the factors whose combinations are the levels.
        levels: J level names (`x:y` for combinations, made unique).
        parts: for each factor the J values of that part of the levels; the identity of a level.
        coefs: q names, in order of writing.
        blocks: names that are correlated with each other; each coefficient in one block.
        index: (n,) int32, the level of each row; -1 for a level unknown to the schema.
        z: (n, q) float64. For `mm()` with M columns `index` is (n, M) and `z` (n, M, q), weights included.
        ids: for each block the name by which it is shared across predictors, or "".
        unseen: names of the levels of this frame that the schema does not have.
        unseen_index: as `index`, which of `unseen` each row has, -1 for a known level; None without any.
        dist: "gaussian" or "student".
        by: names of the levels of `gr(by = )` as they stand in names of sds, `treatA`.
        by_index: (J,) int32, which of `by` each level lies in; None without `by`.
        cov_name: name of the matrix of `gr(cov = )`, or "".
        cov: (J, J) that matrix in the order of `levels`; None without it.
    """

    label: str
    factors: tuple[str, ...]
    levels: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    coefs: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    index: np.ndarray
    z: np.ndarray
    ids: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    unseen_index: np.ndarray | None = None
    dist: str = "gaussian"
    by: tuple[str, ...] = ()
    by_index: np.ndarray | None = None
    cov_name: str = ""
    cov: np.ndarray | None = None

    @property
    def is_membership(self) -> bool:
        """Whether a row belongs to several levels, as in `mm(g1, g2)`."""
        return self.index.ndim == 2

    @property
    def columns(self) -> np.ndarray:
        """(n, q) what multiplies the effects of a row; those of the members of `mm()` added up."""
        return self.z.sum(axis=1) if self.is_membership else self.z


@dataclass(frozen=True, slots=True)
class ParameterDesign:
    """One linear predictor: `fixed` (n x p, columns named), `offset` (n,) or None, its groups.

    `specific` (n x p_cs) has the columns of `cs()`, whose effects differ between thresholds.
    """

    fixed: pd.DataFrame
    offset: np.ndarray | None
    groups: Mapping[str, GroupDesign]
    specific: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, slots=True)
class Design:
    """Everything numeric that a model needs from one frame.

    Attributes:
        y: (n,) float64 response, (n, K) for `cbind()` of K > 2 columns, None for new data without one.
        weights: (n,) likelihood weights or None.
        parameters: one design for each linear predictor, "mu" first.
        rows: (n,) positions in the user's frame of the rows that were kept.
        n_dropped: rows left out for missing values.
        extras: further response terms, each (n,): "trials", "se", "rate"; of `cens()` the codes "cens" (-1
            left, 0 none, 1 right, 2 interval) and "cens_upper", NaN where there is none; of `trunc()` "lower"
            and "upper".
    """

    y: np.ndarray | None
    weights: np.ndarray | None
    parameters: Mapping[str, ParameterDesign]
    rows: np.ndarray
    n_dropped: int
    extras: Mapping[str, np.ndarray]

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    @property
    def fixed(self) -> pd.DataFrame:
        return self.parameters["mu"].fixed

    @property
    def offset(self) -> np.ndarray | None:
        return self.parameters["mu"].offset

    @property
    def groups(self) -> Mapping[str, GroupDesign]:
        return self.parameters["mu"].groups
