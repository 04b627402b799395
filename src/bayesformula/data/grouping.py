"""Levels of grouping factors as integers: combinations are never pasted text and never a dense matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesformula.data.columns import Column, as_factor, drop_unused, recode
from bayesformula.data.expressions import Scope
from bayesformula.data.joined import MAX_JOINED, MAX_MEMBERS, refuse_long, refuse_many
from bayesformula.data.learnt import GroupSchema
from bayesformula.syntax.ast import GroupTerm
from bayesformula.syntax.render import render_expression


@dataclass(frozen=True, slots=True)
class Combinations:
    """The observed combinations of factors: codes of each factor at each of the J combinations."""

    factor_levels: tuple[tuple[str, ...], ...]
    codes: tuple[np.ndarray, ...]

    def names(self) -> tuple[str, ...]:
        """The J names: `x:y`."""
        refuse_long(tuple(zip(self.factor_levels, self.codes, strict=True)), ":", "a grouping factor")
        return level_names(self.parts())

    def parts(self) -> tuple[tuple[str, ...], ...]:
        """For each factor the J names of its levels."""
        return tuple(
            tuple(np.array(levels, dtype=object)[codes].tolist())
            for levels, codes in zip(self.factor_levels, self.codes, strict=True)
        )


def group_factors(term: GroupTerm, scope: Scope) -> list[Column]:
    """The grouping factors of a term, one level a row each; the columns of `mm()` share their levels."""
    refuse_many(len(term.factors), term.label, MAX_MEMBERS if term.is_membership else MAX_JOINED)
    columns = [scope.variable(expression) for expression in term.factors]
    factors = [
        as_factor(column, render_expression(expression))
        for column, expression in zip(columns, term.factors, strict=True)
    ]
    if not term.is_membership:
        return factors
    pooled = pooled_levels(factors, are_numbers=all(column.kind == "numeric" for column in columns))
    return [recode(factor, pooled) for factor in factors]


def pooled_levels(factors: Sequence[Column], *, are_numbers: bool) -> tuple[str, ...]:
    """The levels that any of the factors has: numbers by size, text sorted, a declared order kept."""
    pooled = list(dict.fromkeys(level for factor in factors for level in drop_unused(factor).levels))
    if are_numbers:
        pooled.sort(key=float)
    elif not any(factor.declared for factor in factors):
        pooled.sort()
    return tuple(pooled)


def group_levels(term: GroupTerm, factors: Sequence[Column]) -> Combinations:
    """The levels of a term's group: observed combinations, or for `mm()` those that any member has."""
    if not term.is_membership:
        return observed_combinations(factors)
    levels = factors[0].levels
    return Combinations((levels,), (np.arange(len(levels)),))


def observed_combinations(factors: Sequence[Column]) -> Combinations:
    """Combinations that occur, sorted by the levels of the first factor, then the second, ..."""
    used = [drop_unused(factor) for factor in factors]
    key = used[0].values
    heads: list[np.ndarray] = []
    for factor in used[1:]:
        joint, key = np.unique(key * len(factor.levels) + factor.values, return_inverse=True)
        heads = [head[joint // len(factor.levels)] for head in heads] or [joint // len(factor.levels)]
        heads.append(joint % len(factor.levels))
    if not heads:
        heads = [np.arange(len(used[0].levels))]
    return Combinations(tuple(factor.levels for factor in used), tuple(heads))


def level_names(parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """`x:y` for each combination; where two would read the same, parts with `:` are quoted."""
    if len(parts) == 1:
        return tuple(parts[0])
    names = [":".join(combination) for combination in zip(*parts, strict=True)]
    if len(set(names)) == len(names):
        return tuple(names)
    count = Counter(names)
    for place, combination in enumerate(zip(*parts, strict=True)):
        if count[names[place]] > 1:
            names[place] = ":".join(f"'{part}'" if ":" in part else part for part in combination)
    return _numbered(names)


def _numbered(names: list[str]) -> tuple[str, ...]:
    """Names made unique by a count, should quoting not have sufficed."""
    seen = set(names) if len(set(names)) < len(names) else None
    if seen is None:
        return tuple(names)
    taken: set[str] = set()
    for place, name in enumerate(names):
        unique, step = name, 2
        while unique in taken or (unique != name and unique in seen):
            unique, step = f"{name} ({step})", step + 1
        taken.add(unique)
        names[place] = unique
    return tuple(names)


def match_levels(group: GroupSchema, factors: Sequence[Column]) -> np.ndarray:
    """(n,) int32: the level of each row by its parts, -1 for a combination that the schema does not have."""
    n = len(factors[0].values)
    known, key = np.zeros(len(group.levels), dtype=np.int64), np.zeros(n, dtype=np.int64)
    lost = np.zeros(n, dtype=bool)
    for factor, levels, codes in zip(factors, group.factor_levels, group.codes, strict=True):
        part = recode(factor, levels).values
        lost |= part < 0
        known = known * len(levels) + np.asarray(codes, dtype=np.int64)
        key = np.where(lost, 0, key * len(levels) + part)
        # both are counted anew at every step: many factors of many levels cannot overflow
        known, key, found = _recounted(known, key)
        lost |= ~found
    position = np.empty(len(group.levels), dtype=np.int32)
    position[known] = np.arange(len(group.levels), dtype=np.int32)
    return np.where(lost, np.int32(-1), position[key])


def _recounted(known: np.ndarray, key: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers from 0 counted without gaps; as what keys are counted; and which keys were among them."""
    size = int(max(np.max(known, initial=0), np.max(key, initial=0))) + 1
    if size <= 4 * (len(known) + len(key)):  # a table of them all is no longer than the rows
        seen = np.zeros(size, dtype=bool)
        seen[known] = True
        place = np.cumsum(seen) - 1
        return place[known], np.maximum(place[key], 0), seen[key]
    values, known = np.unique(known, return_inverse=True)
    at = np.minimum(np.searchsorted(values, key), len(values) - 1)
    return known, at, values[at] == key


def match_members(group: GroupSchema, factors: Sequence[Column]) -> np.ndarray:
    """(n, M) int32: the level of each row in each column of `mm()`, -1 for one that the schema has not."""
    return np.stack([match_levels(group, (factor,)) for factor in factors], axis=1)


def name_new_members(factors: Sequence[Column], unknown: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """As `name_new_levels` for `mm()`: `unknown` and what is returned are (n, M)."""
    stacked = Column(
        "factor", np.stack([factor.values for factor in factors], axis=1).ravel(), factors[0].levels
    )
    names, index = name_new_levels((stacked,), unknown.ravel())
    return names, index.reshape(unknown.shape)


def name_new_levels(factors: Sequence[Column], unknown: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the levels in rows marked `unknown`, and (n,) int32 which of them a row has, else -1."""
    index = np.full(len(unknown), -1, dtype=np.int32)
    if not unknown.any():
        return (), index
    rows = [Column("factor", factor.values[unknown], factor.levels) for factor in factors]
    frame = pd.DataFrame({place: factor.values for place, factor in enumerate(rows)})
    index[unknown] = frame.groupby(list(frame.columns), sort=True).ngroup().to_numpy()
    return level_names(observed_combinations(rows).parts()), index
