"""What encoding a frame gives: arrays with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from bayesformula.data.encoded import At, Encoded, count, held, row_slices


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
        values: what gives `z`, the (n, q) columns of the effects. For `mm()` with M columns `index` is (n, M)
            and `z` (n, M, q), weights included.
        ids: for each block the name by which it is shared across predictors, or "".
        unseen: names of the levels of this frame that the schema does not have.
        unseen_index: as `index`, which of `unseen` each row has, -1 for a known level; None without any.
        dist: "gaussian" or "student".
        by: names of the levels of `gr(by = )` as they stand in names of sds, `treatA`.
        by_index: (J,) int32, which of `by` each level lies in; None without `by`.
        by_rows: (n,) int32, the same of each row, where some level is not known; else None.
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
    values: Encoded
    ids: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    unseen_index: np.ndarray | None = None
    dist: str = "gaussian"
    by: tuple[str, ...] = ()
    by_index: np.ndarray | None = None
    by_rows: np.ndarray | None = None
    cov_name: str = ""
    cov: np.ndarray | None = None

    @property
    def is_membership(self) -> bool:
        """Whether a row belongs to several levels, as in `mm(g1, g2)`."""
        return self.index.ndim == 2

    @property
    def z(self) -> np.ndarray:
        """(n, q), or (n, M, q): the columns of all rows."""
        return self.values.whole

    @property
    def columns(self) -> np.ndarray:
        """(n, q) what multiplies the effects of a row; those of the members of `mm()` added up."""
        return self.z.sum(axis=1) if self.is_membership else self.z

    def column_chunks(self) -> Iterator[np.ndarray]:
        """The rows of `columns`, a chunk at a time."""
        for chunk in self.values.chunks():
            yield chunk.sum(axis=1) if self.is_membership else chunk

    def part(self, at: At) -> GroupDesign:
        """Of some of the rows."""
        unseen = None if self.unseen_index is None else self.unseen_index[at]
        by_rows = None if self.by_rows is None else self.by_rows[at]
        return replace(
            self, index=self.index[at], values=self.values.part(at), unseen_index=unseen, by_rows=by_rows
        )


@dataclass(frozen=True, slots=True)
class ColumnsDesign:
    """Named columns: `values` is (n, p)."""

    names: tuple[str, ...] = ()
    values: Encoded = field(default_factory=lambda: held(np.zeros((0, 0))))

    @classmethod
    def of(cls, frame: pd.DataFrame) -> ColumnsDesign:
        """The columns of a frame of numbers."""
        return cls(tuple(map(str, frame.columns)), held(frame.to_numpy(dtype=np.float64)))

    @property
    def frame(self) -> pd.DataFrame:
        """Of all rows."""
        return pd.DataFrame(self.values.whole, columns=list(self.names))

    def part(self, at: At) -> ColumnsDesign:
        """Of some of the rows."""
        if self.names:
            return ColumnsDesign(self.names, self.values.part(at))
        return ColumnsDesign((), held(np.zeros((count(at, self.values.n_rows), 0))))

    def without(self, name: str) -> ColumnsDesign:
        """But for this column."""
        kept = [place for place, other in enumerate(self.names) if other != name]
        if len(kept) == len(self.names):
            return self
        make = self.values.make
        return ColumnsDesign(
            tuple(self.names[place] for place in kept),
            Encoded(self.values.n_rows, lambda at: make(at)[:, kept]),
        )


@dataclass(frozen=True, slots=True)
class ParameterDesign:
    """One linear predictor: `fixed` (n x p, columns named), `offset` (n,) or None, its groups.

    `specific` (n x p_cs) has the columns of `cs()`, whose effects differ between thresholds.

    Attributes:
        population, cs: what gives these two.
    """

    population: ColumnsDesign
    offset: np.ndarray | None
    groups: Mapping[str, GroupDesign]
    cs: ColumnsDesign = field(default_factory=ColumnsDesign)

    @property
    def fixed(self) -> pd.DataFrame:
        return self.population.frame

    @property
    def specific(self) -> pd.DataFrame:
        return self.cs.frame

    def part(self, at: At) -> ParameterDesign:
        """Of some of the rows."""
        return ParameterDesign(
            population=self.population.part(at),
            offset=None if self.offset is None else self.offset[at],
            groups={label: group.part(at) for label, group in self.groups.items()},
            cs=self.cs.part(at),
        )


@dataclass(frozen=True, slots=True)
class Design:
    """Everything numeric that a model needs from one frame.

    Of a long table the columns of effects are made when they are asked for (`encoded`).

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

    def part(self, at: At) -> Design:
        """Of some of the rows, everything at hand."""
        return Design(
            y=None if self.y is None else self.y[at],
            weights=None if self.weights is None else self.weights[at],
            parameters={name: part.part(at) for name, part in self.parameters.items()},
            rows=self.rows[at],
            n_dropped=self.n_dropped,
            extras={name: values[at] for name, values in self.extras.items()},
        )

    def chunks(self) -> Iterator[Design]:
        """All rows, one chunk after another."""
        for rows in row_slices(self.n_rows):
            yield self.part(rows)

    @property
    def fixed(self) -> pd.DataFrame:
        return self.parameters["mu"].fixed

    @property
    def offset(self) -> np.ndarray | None:
        return self.parameters["mu"].offset

    @property
    def groups(self) -> Mapping[str, GroupDesign]:
        return self.parameters["mu"].groups
