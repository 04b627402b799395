"""Labels that seem to be counted anew within another factor: `(1 | cask)` where `(1 | batch/cask)` is meant.

From labels alone a factor that reuses its labels cannot be told from one that is crossed. The rule is
made to be silent where crossing is the likelier reading. For a group term on one column b and another
factor a it speaks when all of these hold:

1. Neither is nested in the other, and no group term has both (then the writer knows).
2. The labels of b are a bare count, 1, 2, 3, ... or a, b, c, ...; `S1`, `anna`, `lens-3` name things.
3. Under each level of a, those of b that occur are the first of the count: 1..k, never 2 and 5.
4. Cells a:b hold two rows or more on average. With one row a cell (plates by samples of an assay, judges
   by wines) the nested effect could not be told from the residual, so that nobody means it.
5. Either the count stops at different places under different levels of a, which crossing does not do
   by chance; or a is itself a grouping factor with at least twice as many levels as b. A full table of
   subjects by conditions is crossed: hence a factor of the population part alone never suffices here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bayesformula.data.columns import Column, as_factor, drop_unused, read_named
from bayesformula.data.design import Design, GroupDesign
from bayesformula.data.learnt import DataSchema


def reused_labels(schema: DataSchema, design: Design, frame: pd.DataFrame) -> Iterator[str]:
    """A message for each grouping column of mu whose labels look reused under another factor."""
    together = [frozenset(group.factors) for group in design.groups.values()]
    rows = frame.iloc[design.rows]
    for label, group in design.groups.items():
        if len(group.factors) != 1 or not (order := _count_order(group)):
            continue
        inner = np.asarray(order)[group.index]
        for outer_label, outer, is_group in _outer_factors(schema, design, rows, label):
            if any({label, outer_label} <= factors for factors in together):
                continue
            if _looks_reused(inner, len(order), outer.values, len(outer.levels), is_group=is_group):
                count = len(np.unique(outer.values[inner == 0]))
                yield (
                    f"level '{group.levels[order.index(0)]}' of {label} occurs under {count} levels of "
                    f"{outer_label}: did you mean (1 | {outer_label}/{label})? If it is one and the same "
                    f'{label} everywhere, pass checks={{"implicit-nesting": "ignore"}}'
                )


def _outer_factors(
    schema: DataSchema, design: Design, rows: pd.DataFrame, label: str
) -> Iterator[tuple[str, Column, bool]]:
    """Other single columns that are grouping factors or factors of the population part."""
    groups = {group.factors[0] for group in design.groups.values() if len(group.factors) == 1}
    factors = {variable.label for variable in schema.variables if variable.kind == "factor"}
    for name in rows.columns:
        if name != label and name in groups | factors:
            yield name, drop_unused(as_factor(read_named(rows, name))), name in groups


def _count_order(group: GroupDesign) -> list[int]:
    """For each level its place in a bare count, or nothing if the labels are no count."""
    levels = group.levels
    if all(level.isdecimal() for level in levels):
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
    """Rules 1 and 3 to 5 of the module's text."""
    cells = np.unique(outer * n_inner + inner)
    if n_inner < 2 or n_outer < 2 or len(inner) < 2 * len(cells):
        return False
    if len(cells) in (n_inner, n_outer):  # each level of one lies in one level of the other
        return False
    homes = cells // n_inner
    sizes = np.bincount(homes, minlength=n_outer)
    last = np.full(n_outer, -1)
    np.maximum.at(last, homes, cells % n_inner)
    if not np.all(last + 1 == sizes):
        return False
    ragged = len(np.unique(sizes)) > 1 and n_outer > 2
    return ragged or (is_group and n_outer >= 2 * n_inner)
