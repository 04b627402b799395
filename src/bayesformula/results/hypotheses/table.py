"""Weighed hypotheses as a value, a data frame, text and HTML."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.model.text import html_text, visible
from bayesformula.results.summary import diagnostics, format_number, location

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.hypotheses.evidence import Evidence

WIDTH, MAX_LABEL = 80, 22
HEADS = ("mean", "sd", "lower", "upper", "evidence", "P")
NUMBERS = ("mean", "sd", "lower", "upper")


@dataclass(frozen=True, eq=False, slots=True)
class Weighed:
    """One hypothesis.

    Attributes:
        name: that the user gave it, or its text.
        text: as it was read.
        relation: "<", ">" or "=".
        group, level: that it is about; "" of a hypothesis about the population.
        values: (chains, draws) of left minus right.
        evidence: for it.
    """

    name: str
    text: str
    relation: str
    group: str
    level: str
    values: np.ndarray = field(repr=False)
    evidence: Evidence

    @property
    def label(self) -> str:
        """The name, with the level that it is about."""
        return visible(f"{self.name} [{self.level}]" if self.level else self.name)


@dataclass(frozen=True, eq=False)
class Hypotheses:
    """Hypotheses about the parameters of a fit; printing shows the table.

    Attributes:
        rows: one for each hypothesis (and level).
        ci: probability inside the intervals.
    """

    rows: tuple[Weighed, ...]
    ci: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a hypothesis: its text, left minus right, and the evidence, not rounded.

        Columns hypothesis, mean, sd, lower, upper; evidence_ratio with its Monte Carlo error
        evidence_ratio_mcse; bound (">" or "<" where the draws tell no more than a bound of the ratio, else
        ""); posterior_probability. The index is the name; name and level of a hypothesis about levels.
        """
        import pandas as pd

        columns: dict[str, list[object]] = {"hypothesis": [row.text for row in self.rows]}
        places = [location(row.values, self.ci) for row in self.rows]
        columns |= {name: [float(place[name]) for place in places] for name in NUMBERS}
        columns["evidence_ratio"] = [row.evidence.ratio for row in self.rows]
        columns["evidence_ratio_mcse"] = [row.evidence.error for row in self.rows]
        columns["bound"] = [row.evidence.bound for row in self.rows]
        columns["posterior_probability"] = [row.evidence.probability for row in self.rows]
        if any(row.level for row in self.rows):
            keys = [(row.name, row.level) for row in self.rows]
            index = pd.MultiIndex.from_tuples(keys, names=["name", self.rows[0].group])
        else:
            index = pd.Index([row.name for row in self.rows], name="name")
        return pd.DataFrame(columns, index=index)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """Left minus right in every draw, a column for each row of the table, indexed by chain and draw."""
        import pandas as pd

        chains, draws = self.rows[0].values.shape
        index = pd.MultiIndex.from_product([range(chains), range(draws)], names=["chain", "draw"])
        values = np.stack([row.values.ravel() for row in self.rows], axis=1)
        return pd.DataFrame(values, index, self.table.index)

    @cached_property
    def _cells(self) -> list[list[str]]:
        """What is printed of each row, rounded to what the Monte Carlo error supports."""
        errors = diagnostics(np.stack([row.values for row in self.rows], axis=2))["mcse_mean"]
        out = []
        lines = self.table.to_dict("records")
        for row, error, line in zip(self.rows, errors, lines, strict=True):
            cells = [format_number(float(line[name]), float(error)) for name in NUMBERS]
            out.append([*cells, _ratio(row.evidence), _probability(row.evidence)])
        return out

    @property
    def _facts(self) -> list[str]:
        chains, draws = self.rows[0].values.shape
        out = [f"Left minus right: mean, sd and {100 * self.ci:g} % interval of {chains * draws} draws."]
        if any(row.relation == "=" for row in self.rows):
            out.append(
                "Evidence for =: posterior over prior density at 0; P if it was as probable as not before."
            )
        if any(row.relation != "=" for row in self.rows):
            out.append("Evidence for < and >: posterior odds; P is the posterior probability.")
        return out

    @property
    def _notes(self) -> list[str]:
        notes: dict[str, list[str]] = {}
        for row in self.rows:
            if row.evidence.note:
                notes.setdefault(row.evidence.note, []).append(row.label)
        return [
            f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: {note}"
            for note, names in notes.items()
        ]

    def __repr__(self) -> str:
        width = min(MAX_LABEL, max(len(row.label) for row in self.rows)) + 2
        lines = [" " * width + "".join(f"{head:>{_width(head)}}" for head in HEADS)]
        for row, cells in zip(self.rows, self._cells, strict=True):
            numbers = "".join(f"{cell:>{_width(head)}}" for head, cell in zip(HEADS, cells, strict=True))
            if len(row.label) + 2 > width:
                lines += textwrap.wrap(row.label, WIDTH, subsequent_indent="  ")
                lines.append(" " * width + numbers)
            else:
                lines.append(f"{row.label:<{width}}{numbers}")
        for fact in (*self._facts, *self._notes):
            lines += textwrap.wrap(fact, WIDTH, subsequent_indent="  ")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{head}</th>" for head in HEADS)
        body = "".join(
            f'<tr><td style="text-align:left">{html_text(row.label)}</td>'
            + "".join(f"<td>{html_text(cell)}</td>" for cell in cells)
            + "</tr>"
            for row, cells in zip(self.rows, self._cells, strict=True)
        )
        notes = "".join(f"<div>{html_text(line)}</div>" for line in (*self._facts, *self._notes))
        table = f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>"
        return f"<div>{table}{notes}</div>"


def _width(head: str) -> int:
    return 15 if head == "evidence" else 8


def _ratio(evidence: Evidence) -> str:
    if math.isnan(evidence.ratio):
        return "-"
    if evidence.bound:
        return f"{evidence.bound} {format_number(float(f'{evidence.ratio:.3g}'), 0.0)}"
    return f"{format_number(evidence.ratio, evidence.error / 5)} ± {float(f'{evidence.error:.1g}'):g}"


def _probability(evidence: Evidence) -> str:
    value = evidence.probability
    if math.isnan(value):
        return "-"
    if evidence.bound == ">":
        return f"> {math.floor(value * 1000) / 1000:.3f}"
    if evidence.bound == "<":
        return f"< {math.ceil(value * 1000) / 1000:.3f}"
    return f"{value:.3f}"
