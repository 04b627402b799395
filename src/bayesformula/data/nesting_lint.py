"""Labels that seem to be counted anew within another factor: `(1 | cask)` where `(1 | batch/cask)` is meant.

From labels alone a factor that reuses its labels cannot be told from one that is crossed. The rule is
made to be silent where crossing is the likelier reading. For a group term on one column b and another
factor a it speaks when all of these hold:

1. Neither is nested in the other, and no group term has both (then the writer knows).
2. The labels of b are a bare count, 1, 2, 3, ... or a, b, c, ...; `S1`, `anna`, `lens-3` name things.
3. The name of b is no word for time or for what is shown to everybody (`week`, `visit`, `item`): the
   first week is one and the same for all.
4. Under each level of a, those of b that occur are the first of the count: 1..k, never 2 and 5.
5. Cells a:b hold two rows or more on average. With one row a cell (plates by samples of an assay, judges
   by wines) the nested effect could not be told from the residual, so that nobody means it.
6. Either the count stops at different places under different levels of a, which crossing does not do
   by chance; or the table is full, a is itself a grouping factor with at least twice as many levels as
   b, and b has at most `FULL` levels: so few would hardly be a grouping factor by themselves, while a
   table of subjects by stimuli, each seen twice, is crossed. A factor of the population part never
   suffices for a full table.

A column is spoken of once, with the outer factor that has most levels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bayesformula.data.columns import as_factor, drop_unused, read_named
from bayesformula.data.design import Design, GroupDesign
from bayesformula.data.findings import Finding, found
from bayesformula.data.learnt import DataSchema
from bayesformula.data.rows import used_rows
from bayesformula.data.vocabulary import is_shared_name

FULL = 5
"""A crossed grouping factor has rarely so few levels; a count within something often has."""

LONGEST_COUNT = 10_000
"""Nobody counts further than this within something."""


def reused_labels(schema: DataSchema, design: Design, frame: pd.DataFrame) -> dict[str, Finding]:
    """By its label, a finding for each group of mu whose labels look reused under another factor."""
    findings: dict[str, Finding] = {}
    for label, group in design.groups.items():
        order = _count_order(group, len(design.rows))
        if not order:
            continue
        inner = np.asarray(order)[group.index]
        outer = [
            (len(outer_levels), outer_label, values)
            for outer_label, values, outer_levels, is_group in _outer_factors(schema, design, frame, label)
            if _looks_reused(inner, len(order), values, len(outer_levels), is_group=is_group)
        ]
        if outer:
            _, outer_label, values = max(outer, key=lambda each: each[:2])
            count = np.count_nonzero(np.bincount(values[inner == 0]))
            findings[label] = found(
                "implicit-nesting",
                f"level '{group.levels[order.index(0)]}' of {label} occurs under {count} levels of "
                f"{outer_label}: did you mean (1 | {outer_label}/{label})? If it is one and the same "
                f'{label} everywhere, pass checks={{"implicit-nesting": "ignore"}}',
            )
    return findings


def _outer_factors(
    schema: DataSchema, design: Design, frame: pd.DataFrame, label: str
) -> Iterator[tuple[str, np.ndarray, tuple[str, ...], bool]]:
    """Other single columns that are grouping factors or factors of the population part, with their codes."""
    together = [frozenset(group.factors) for group in design.groups.values()]
    singles = {
        name: group for name, group in design.groups.items() if _is_single(group) and name in frame.columns
    }
    factors = {variable.label for variable in schema.variables if variable.kind == "factor"}
    for name in (*singles, *sorted(factors.difference(singles).intersection(frame.columns))):
        if name == label or any({label, name} <= parts for parts in together):
            continue
        if name in singles:
            yield name, singles[name].index, singles[name].levels, True
        else:
            column = drop_unused(as_factor(read_named(used_rows(frame, design.rows), name)))
            yield name, column.values, column.levels, False


def _is_single(group: GroupDesign) -> bool:
    return len(group.factors) == 1 and not group.is_membership


def _count_order(group: GroupDesign, n_rows: int) -> list[int]:
    """For each level its place in a bare count, or nothing if the labels are no count of reused labels."""
    levels = group.levels
    if not _is_single(group) or not 2 <= len(levels) <= min(LONGEST_COUNT, n_rows // 2):
        return []
    if is_shared_name(group.label):
        return []
    if all(level.isascii() and level.isdecimal() for level in levels):
        numbers = [int(level) for level in levels]
        start = min(numbers)
        whole = sorted(numbers) == list(range(start, start + len(numbers))) and start in (0, 1)
        return [number - start for number in numbers] if whole else []
    for first in ("a", "A"):
        letters = [chr(ord(first) + step) for step in range(min(26, len(levels)))]
        if sorted(levels) == letters:
            return [ord(level) - ord(first) for level in levels]
    return []


def _looks_reused(
    inner: np.ndarray, n_inner: int, outer: np.ndarray, n_outer: int, *, is_group: bool
) -> bool:
    """Rules 1 and 4 to 6 of the module's text."""
    if n_outer < 2:
        return False
    sizes = np.zeros(n_outer, dtype=np.int64)  # how far the count goes under each level of a
    np.maximum.at(sizes, outer, inner + 1)
    n_cells = int(np.sum(sizes))
    if len(inner) < 2 * n_cells or n_cells in (n_inner, n_outer):  # each level of one in one of the other
        return False
    cells = (np.cumsum(sizes) - sizes)[outer] + inner
    if not np.all(np.bincount(cells, minlength=n_cells)):  # the count has gaps
        return False
    ragged = len(np.unique(sizes)) > 1 and n_outer > 2
    return ragged or (is_group and n_inner <= FULL and n_outer >= 2 * n_inner)
