"""A case of bad input, and the small table that most of them spoil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

N = 12
ROWS: Mapping[str, list[Any]] = {
    "y": [1.2, 0.4, 2.2, 3.1, 2.0, 1.1, 0.7, 1.9, 2.8, 3.3, 2.6, 1.5],
    "x": [0.5, 1.0, 2.0, 3.5, 1.5, 0.0, 2.5, 3.0, 0.75, 1.25, 2.75, 4.0],
    "g": list("aaabbbcccddd"),
    "h": list("pqrpqrpqrpqr"),
    "k": [0, 3, 1, 4, 2, 0, 3, 1, 4, 2, 0, 5],
    "b": [0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0],
    "n": [5] * N,
    "s": [0.5, 0.2, 0.4, 0.3] * 3,
}
"""Response, predictor, groups, counts, zeros and ones, trials, standard errors."""


def rows(**changed: Any) -> dict[str, Any]:
    """The table with columns put in its place, or, by position, single values: `rows(y={3: nan})`."""
    table: dict[str, Any] = {name: list(values) for name, values in ROWS.items()}
    for name, change in changed.items():
        if isinstance(change, dict):
            values = list(table[name])
            for place, value in change.items():
                values[place] = value
            table[name] = values
        else:
            table[name] = change
    return table


@dataclass(frozen=True)
class Case:
    """A call of `bf.fit` that is refused.

    Attributes:
        id: what is wrong, in a few words.
        words: what the message must say: the fault, and what to write.
        formula, data, options: of the call; the table above where there are no data.
    """

    id: str
    words: tuple[str, ...]
    formula: Any = "y ~ x"
    data: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> Any:
        """The data of the call."""
        return rows() if self.data is None else self.data


def case(name: str, formula: Any, data: Any, *words: str, **options: Any) -> Case:
    """One line of a table."""
    return Case(name, words, formula, data, options)
