"""What the picture of a model has: its nodes, plates and arrows, and where each stands, in inches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bayesformula.results.names import coefs
from bayesformula.results.plots.labels import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesformula.model.spec import GroupSpec, ModelSpec, PredictorSpec
    from bayesformula.priors import PriorRow

LINE, LETTER, GAP = 0.19, 0.083, 0.35
"""Height of a line of text, width of a letter, room between nodes."""
MOST_LINES = 6
Kind = Literal["parameter", "effect", "formula", "response"]


@dataclass(frozen=True, slots=True)
class Node:
    """A box of text: its middle, size and what it stands for."""

    key: str
    kind: Kind
    lines: tuple[str, ...]
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return max(0.9, 0.3 + LETTER * max(len(line.replace(r"\$", "$")) for line in self.lines))

    @property
    def height(self) -> float:
        return 0.22 + LINE * len(self.lines)

    def at(self, x: float, y: float) -> Node:
        return Node(self.key, self.kind, self.lines, x, y)


@dataclass(frozen=True, slots=True)
class Plate:
    """A frame around what there is once for each level, or row: its corner, size and name."""

    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything that is drawn.

    Attributes:
        nodes: by key.
        plates: one for each group, and that of the rows.
        arrows: (from, to) keys.
        width, height: of all.
    """

    nodes: dict[str, Node]
    plates: tuple[Plate, ...]
    arrows: tuple[tuple[str, str], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the upper part: group effects with their parameters above, or coefficients alone."""

    top: tuple[Node, ...]
    node: Node
    plate: str

    @property
    def frame(self) -> float:
        """Width of the plate, or of the node that has none; the plate's name stands in it, too."""
        if not self.plate:
            return self.node.width
        return max(self.node.width + 2 * GAP, 0.25 + 0.068 * len(self.plate))

    @property
    def width(self) -> float:
        return max(_width(self.top), self.frame)


def graph_of(model: ModelSpec) -> Graph:
    """Three tiers: parameters of the groups; effects in their plates beside coefficients; the rows.

    What enters the response itself stands beside it, so that no arrow crosses a plate that it has no part in.
    """
    columns, arrows = _columns(model)
    formulas = [
        Node(f"eta {p.parameter}", "formula", (shown(p.parameter), *_of_formula(p))) for p in model.predictors
    ]
    response = Node("response", "response", (shown(model.response), model.family.name.replace("_", " ")))
    left, right = _beside(model)
    arrows += [(node.key, "response") for node in (*formulas, *left, *right)]
    rows = max(_width(formulas), response.width) + 2 * GAP
    rows = max(rows, 1.6)
    side = max((node.width for node in (*left, *right)), default=-2 * GAP) + 2 * GAP
    upper = sum(column.width for column in columns) + 2 * GAP * (len(columns) - 1)
    width = max(upper, rows + 2 * side, 3.2)
    y_response = 0.45 + max(response.height, _height(left), _height(right)) / 2
    y_formula = y_response + response.height / 2 + 0.5 + max(node.height for node in formulas) / 2
    y_rows = y_formula + max(node.height for node in formulas) / 2 + 0.2
    nodes = _across(formulas, width / 2, y_formula) | _across([response], width / 2, y_response)
    nodes |= _below(left, (width - rows - side) / 2, y_response)
    nodes |= _below(right, (width + rows + side) / 2, y_response)
    plates = [Plate(f"{model.n_rows} rows", (width - rows) / 2, 0.0, rows, y_rows)]
    deep = max((column.node.height for column in columns), default=0.0)
    y = y_rows + 0.5 + 0.32 + deep / 2
    y_top = y + deep / 2 + 0.18 + 0.45
    x = (width - upper) / 2
    for column in columns:
        middle = x + column.width / 2
        nodes |= _across([column.node], middle, y)
        tall = max((node.height for node in column.top), default=0.0)
        nodes |= _across(column.top, middle, y_top + tall / 2)
        if column.plate:
            corner = middle - column.frame / 2, y - deep / 2 - 0.32
            plates.append(Plate(column.plate, *corner, column.frame, deep + 0.5))
        x += column.width + 2 * GAP
    height = max([y_rows, *(node.y + node.height / 2 for node in nodes.values())])
    return Graph(nodes, tuple(plates), tuple(arrows), width, height)


def _columns(model: ModelSpec) -> tuple[list[_Column], list[tuple[str, str]]]:
    """Columns from left to right: coefficients, then groups; what points where."""
    columns: list[_Column] = []
    arrows: list[tuple[str, str]] = []
    for predictor in model.predictors:
        for node in _population(predictor):
            columns.append(_Column((), node, ""))
            arrows.append((node.key, f"eta {predictor.parameter}"))
    for group in model.groups:
        node = Node(f"r {group.label}", "effect", (f"r_{shown(group.label)}", *_listed(coefs(group))))
        columns.append(_Column(tuple(_spread(model, group)), node, _plate_text(group)))
        arrows += [(top.key, node.key) for top in columns[-1].top]
        owners = dict.fromkeys(group.owner(i) for i in range(group.q))
        arrows += [(node.key, f"eta {owner}") for owner in owners]
    return columns, arrows


def _beside(model: ModelSpec) -> tuple[list[Node], list[Node]]:
    """What enters the response itself: thresholds to its left, parameters of the family to its right."""
    left = []
    if model.n_thresholds:
        lines = (f"{model.n_thresholds} thresholds", *_prior(model.prior_rows("Intercept")))
        left.append(Node("thresholds", "parameter", lines))
    return left, [Node(name, "parameter", (name, *_prior(model.prior_rows(name)))) for name in model.scalars]


def _population(predictor: PredictorSpec) -> list[Node]:
    """The coefficients of one predictor, if it has any."""
    name = "b" if predictor.parameter == "mu" else f"b_{shown(predictor.parameter)}"
    columns = [*predictor.columns, *(f"cs({column})" for column in predictor.specific)]
    if not columns:
        return []
    return [Node(f"b {predictor.parameter}", "parameter", (name, *_listed(columns)))]


def _spread(model: ModelSpec, group: GroupSpec) -> list[Node]:
    """Sds, correlations and degrees of freedom of a group."""
    label = shown(group.label, 20)
    kinds = {"sd": "sd", "cor": "cor", "df": "df"}
    out = []
    for kind, word in kinds.items():
        rows = model.prior_rows(kind, group.label)
        there = {
            "sd": True,
            "cor": any(len(block) > 1 for block in group.blocks),
            "df": group.dist == "student",
        }[kind]
        if there:
            out.append(Node(f"{kind} {group.label}", "parameter", (f"{word}_{label}", *_prior(rows))))
    return out


def _prior(rows: Sequence[PriorRow]) -> tuple[str, ...]:
    """The prior, where all of a node's parameters have the same; numbers with three digits."""
    texts = {f"~ {row.prior.render()}" for row in rows}
    if len(texts) != 1:
        return ()
    text = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.3g}", texts.pop())
    return (shown(text.partition(" trunc")[0], 30),)


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    """Names below each other, the last of many counted."""
    if len(names) <= MOST_LINES:
        return tuple(shown(name, 24) for name in names)
    rest = len(names) - MOST_LINES + 1
    return (*(shown(name, 24) for name in names[: MOST_LINES - 1]), f"and {rest} more")


def _of_formula(predictor: PredictorSpec) -> tuple[str, ...]:
    extra = " + offset" if predictor.has_offset else ""
    text = "" if predictor.link == "identity" else f"{predictor.link} link"
    return (f"{text}{extra}".removeprefix(" + "),) if text or extra else ()


def _plate_text(group: GroupSpec) -> str:
    inside = f", in {shown(group.nested_in[0], 16)}" if group.nested_in else ""
    return f"{shown(group.label, 24)}: {group.n_levels} levels{inside}"


def _width(nodes: Sequence[Node]) -> float:
    """Of nodes beside each other."""
    return sum(node.width for node in nodes) + GAP * max(0, len(nodes) - 1)


def _height(nodes: Sequence[Node]) -> float:
    """Of nodes below each other."""
    return sum(node.height for node in nodes) + 0.15 * max(0, len(nodes) - 1)


def _below(nodes: Sequence[Node], x: float, middle: float) -> dict[str, Node]:
    """Nodes below each other around a middle."""
    y = middle + _height(nodes) / 2
    out = {}
    for node in nodes:
        out[node.key] = node.at(x, y - node.height / 2)
        y -= node.height + 0.15
    return out


def _across(nodes: Sequence[Node], middle: float, y: float) -> dict[str, Node]:
    """Nodes beside each other around a middle."""
    x = middle - _width(nodes) / 2
    out = {}
    for node in nodes:
        out[node.key] = node.at(x + node.width / 2, y)
        x += node.width + GAP
    return out
