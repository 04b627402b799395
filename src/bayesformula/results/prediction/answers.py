"""Answers about rows, a chunk of rows at a time: memory depends on the draws, not on the rows."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from bayesformula.results.prediction.draws import Picked, group_effects, parameters
from bayesformula.results.prediction.new_levels import covariance_factors, new_effects
from bayesformula.results.prediction.request import Request
from bayesformula.results.prediction.target import Target

if TYPE_CHECKING:
    from bayesformula.compiler.averaging import Averaged
    from bayesformula.compiler.inputs import GroupArrays, Rows
    from bayesformula.data.values import GroupDesign
    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit

CHUNK_VALUES = 2**21
"""Numbers of the answers in a chunk of rows, over all draws; 16 MiB. An answer takes a few such arrays."""
WHOLE_EFFECTS = 2**25
"""Numbers up to which the effects of all levels are handed over at once, not those of a chunk's alone."""
MOST_WORKERS = 4
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to one question about some rows, not computed yet.

    Attributes:
        fit: the model and its draws.
        target: the rows.
        asked: the question.
        picked: the draws.
        seed: of new levels and of draws of the response.
    """

    fit: Fit
    target: Target
    asked: Request
    picked: Picked
    seed: int

    @property
    def n_categories(self) -> int:
        """K where an answer has one number for each category, else 0."""
        family = self.fit.family
        if self.asked.kind == "linear" or self.asked.parameter is not None:
            return 0
        if family.support == "matrix":
            return 0 if self.asked.kind == "log_likelihood" else len(self.fit.spec.categories)
        has_probabilities = self.asked.kind == "mean" and family.support in ("category", "ordered")
        return len(self.fit.spec.categories) if has_probabilities else 0

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk, a power of two: few programs serve tables of any length."""
        most = max(1, CHUNK_VALUES // (self.picked.size * max(1, self.n_categories)))
        n = self.target.design.n_rows
        return min(1 << (most.bit_length() - 1), 1 << max(n - 1, 0).bit_length())

    def chunks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Places of some rows, and (S, rows) or (S, rows, K) answers."""
        yield from self.reduced(lambda values: np.moveaxis(values, -1, 0))

    def reduced(self, reduce: Callable[[np.ndarray], T]) -> Iterator[tuple[slice, T]]:
        """Places of some rows, and what `reduce` makes of their (rows, S) or (rows, K, S) answers.

        Chunks are worked on side by side, one a core, and come in order.
        """
        n, size = self.target.design.n_rows, self.chunk_rows
        places = [slice(first, min(first + size, n)) for first in range(0, n, size)]
        workers = min(len(places), MOST_WORKERS, os.cpu_count() or 1)
        if workers < 2:
            yield from ((at, reduce(self._chunk(at))) for at in places)
            return
        first, rest = places[0], places[1:]
        yield first, reduce(self._chunk(first))  # compiles
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[tuple[slice, Future[T]]] = deque()
            for at in rest:
                waiting.append((at, pool.submit(lambda at: reduce(self._chunk(at)), at)))
                if len(waiting) > workers:
                    done, result = waiting.popleft()
                    yield done, result.result()
            for done, result in waiting:
                yield done, result.result()

    def _chunk(self, at: slice) -> np.ndarray:
        """(rows, S) or (rows, K, S) answers."""
        import jax

        from bayesformula.compiler.predictions import answering, on_cpu

        ask = answering(self.target.structure, self._question)
        with on_cpu():  # a setting of the thread
            rows, values, averaged = self._arguments(at, self.chunk_rows)
            key = jax.random.fold_in(jax.random.PRNGKey(self.seed), at.start)
            return np.asarray(ask(rows, values, averaged, key))[: at.stop - at.start]

    @property
    def _question(self) -> object:
        from bayesformula.compiler.predictions import Question

        parameter = self.asked.parameter
        kind = "parameter" if parameter is not None and self.asked.kind == "mean" else self.asked.kind
        places = {p.parameter: i for i, p in enumerate(self.fit.spec.predictors)}
        owners = tuple(
            tuple(places[group.owner(i)] for i in range(group.q))
            for group in self._groups(self.asked.averaged)
        )
        return Question(kind, parameter or "mu", owners)  # pyright: ignore[reportArgumentType]

    def _groups(self, labels: tuple[str, ...]) -> list[GroupSpec]:
        return [group for group in self.target.spec.groups if group.label in labels]

    def _arguments(self, at: slice, size: int) -> tuple[Rows, dict[str, Any], tuple[Averaged, ...]]:
        """What the program takes: rows, draws, groups that are integrated out."""
        import jax

        rows = self.target.take(at)
        short = size - (at.stop - at.start)
        values: dict[str, Any] = dict(self._parameters)
        kept, averaged = [], []
        for group, arrays in zip(self.target.spec.groups, rows.groups, strict=True):
            if group.label in self.asked.averaged:
                averaged.append(self._averaged(group, arrays, at, short))
                continue
            index, effects = self._effects(group, at, size)
            kept.append(arrays._replace(index=index, by=None))
            values[f"r_{group.label}"] = effects
        rows = rows._replace(groups=tuple(kept))
        padded: Rows = jax.tree.map(lambda leaf: _padded(np.asarray(leaf), short), rows)
        return padded, values, tuple(averaged)

    @cached_property
    def _parameters(self) -> dict[str, np.ndarray]:
        return parameters(self.fit, self.picked)

    @cached_property
    def _factors(self) -> Mapping[str, np.ndarray]:
        """Per group whose new levels are drawn, or that is integrated out, its (S, B, q, q) factors."""
        return {
            group.label: covariance_factors(self.fit, group, self.picked)
            for group in self.target.spec.groups
            if group.label in self.asked.averaged or self.target.groups[group.label].unseen
        }

    # ---- groups whose effects enter ----

    def _effects(self, group: GroupSpec, at: slice, size: int) -> tuple[np.ndarray, Any]:
        """Per row which of some levels it has, and (levels, q, S) the effects of these.

        Of many levels only those of the chunk are there, filled up to a power of two.
        """
        design = self.target.groups[group.label]
        if group.label in self._whole:
            return design.index[at], self._whole[group.label]
        codes = design.index[at].astype(np.int64)
        if design.unseen_index is not None:
            codes = np.where(codes < 0, group.n_levels + design.unseen_index[at], codes)
        used, index = np.unique(codes, return_inverse=True)
        known = used[used < group.n_levels]
        width = 1 << (min(len(used), size * max(1, len(group.members))) - 1).bit_length()
        out = np.zeros((width, group.q, self.picked.size))
        out[: len(known)] = group_effects(self.fit.draws, group.label, self.picked, known)
        if self.asked.new_levels == "sample" and len(known) < len(used):
            new = used[len(known) :] - group.n_levels
            out[len(known) : len(used)] = np.moveaxis(self._new(group, design, new), 0, -1)
        return index.reshape(codes.shape).astype(np.int32), out

    @cached_property
    def _whole(self) -> Mapping[str, Any]:
        """The effects of all levels, of groups with none that is new and not too many."""
        import jax

        out = {}
        for group in self._groups(self.asked.kept):
            size = self.picked.size * group.n_levels * group.q
            if size <= WHOLE_EFFECTS and not self.target.groups[group.label].unseen:
                every = np.moveaxis(self.picked.flat(self.fit.draws[f"r_{group.label}"]), 0, -1)
                out[group.label] = jax.device_put(np.ascontiguousarray(every))
        return out

    def _new(self, group: GroupSpec, design: GroupDesign, new: np.ndarray) -> np.ndarray:
        names = [design.unseen[place] for place in new.tolist()]
        by = [0] * len(names)
        if group.by:
            assert design.by_rows is not None
            assert design.unseen_index is not None
            lies_in = np.zeros(len(design.unseen), int)
            lies_in[design.unseen_index[design.unseen_index >= 0]] = design.by_rows[design.unseen_index >= 0]
            by = lies_in[new].tolist()
        return new_effects(self.fit, group, self._factors[group.label], names, by, self.picked, self.seed)

    # ---- groups that are integrated out ----

    def _averaged(self, group: GroupSpec, arrays: GroupArrays, at: slice, short: int) -> Averaged:
        from bayesformula.compiler.averaging import Averaged

        z = np.asarray(arrays.z)
        by_rows = self.target.groups[group.label].by_rows
        df = self.fit.draws.get(f"df_{group.label}")
        return Averaged(
            z=_padded(z if z.ndim == 3 else z[:, None], short),
            chol=self._factors[group.label],
            by=None if by_rows is None else _padded(by_rows[at], short),
            df=None if df is None else self.picked.flat(df),
        )


def _padded(values: np.ndarray, short: int) -> np.ndarray:
    """The rows, the last of them repeated to fill a chunk."""
    if not short:
        return values
    return np.concatenate([values, np.repeat(values[-1:], short, axis=0)])
