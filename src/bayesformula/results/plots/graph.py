"""The model as a picture: parameters, plates of groups and rows, the response."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from bayesformula.results.plots import style
from bayesformula.results.plots.graph_layout import Graph, Node, Plate, graph_of
from bayesformula.results.plots.labels import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bayesformula.results.fit import Fit

LOOKS: dict[str, dict[str, Any]] = {
    "parameter": {"facecolor": "white", "edgecolor": style.INK},
    "effect": {"facecolor": "#E3F0F8", "edgecolor": style.BLUE},
    "formula": {"facecolor": "white", "edgecolor": style.GREY, "linestyle": (0, (4, 2))},
    "response": {"facecolor": "#D9D9D9", "edgecolor": style.INK},
}


def plot_graph(fit: Fit, *, ax: Axes | None = None) -> Axes:
    """The model's graph: what depends on what, and what there is once a level or once a row.

    White boxes are parameters with their priors, blue ones effects of the levels of a group, broken ones
    linear predictors, and the grey one is the response. A frame is drawn around what is repeated: for each
    level of a group, for each row.

    Args:
        ax: matplotlib axes to draw into.
    """
    graph = graph_of(fit.spec)
    with style.styled():
        ax = style.one(ax, graph.width + 0.5, graph.height + 0.8)
        ax.set_axis_off()
        ax.set_xlim(-0.15, graph.width + 0.15)
        ax.set_ylim(-0.15, graph.height + 0.15)
        ax.set_aspect("equal")
        for plate in graph.plates:
            _plate(ax, plate)
        for start, end in graph.arrows:
            _arrow(ax, graph, start, end)
        for node in graph.nodes.values():
            _node(ax, node)
        lines = wrap(fit.spec.formula, max(30, int(graph.width / 0.08)))
        ax.set_title("\n".join(shown(line, 200) for line in [*lines[:3], *["..."] * (len(lines) > 3)]))
    return ax


def _plate(ax: Axes, plate: Plate) -> None:
    from matplotlib.patches import FancyBboxPatch

    rounded = "round,pad=0,rounding_size=0.12"
    ax.add_patch(
        FancyBboxPatch(
            (plate.x, plate.y), plate.width, plate.height, boxstyle=rounded,
            facecolor="none", edgecolor=style.GREY, linewidth=0.9, zorder=1,
        )
    )  # fmt: skip
    ax.text(
        plate.x + plate.width - 0.1, plate.y + 0.08, plate.text,
        ha="right", va="bottom", fontsize=8, color="#555555", zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )  # fmt: skip


def _node(ax: Axes, node: Node) -> None:
    from matplotlib.patches import FancyBboxPatch

    rounding = min(0.2, 0.48 * node.height) if node.kind in ("parameter", "effect") else 0.04
    ax.add_patch(
        FancyBboxPatch(
            (node.x - node.width / 2, node.y - node.height / 2), node.width, node.height,
            boxstyle=f"round,pad=0,rounding_size={rounding}", linewidth=1.1, zorder=3, **LOOKS[node.kind],
        )
    )  # fmt: skip
    first = node.y + 0.19 * (len(node.lines) - 1) / 2
    for i, line in enumerate(node.lines):
        weight = "bold" if not i else "normal"
        size = 9.5 if not i else 8
        ax.text(
            node.x,
            first - 0.19 * i,
            line,
            ha="center",
            va="center",
            fontsize=size,
            fontweight=weight,
            zorder=4,
        )


def _arrow(ax: Axes, graph: Graph, start: str, end: str) -> None:
    """From the lower edge of one node to the upper edge of the other, or from side to side."""
    one, other = graph.nodes[start], graph.nodes[end]
    if one.y - one.height / 2 > other.y + other.height / 2 + 0.15:
        reach = 0.3 * other.width
        land = other.x + max(-reach, min(reach, one.x - other.x)), other.y + other.height / 2
        leave = one.x, one.y - one.height / 2
    else:
        way = 1 if one.x > other.x else -1
        land = other.x + way * other.width / 2, other.y + 0.3 * max(-0.5, min(0.5, one.y - other.y))
        leave = one.x - way * one.width / 2, one.y
    look = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 0.9, "mutation_scale": 9}
    ax.annotate("", land, leave, arrowprops={**look, "shrinkA": 0, "shrinkB": 1}, zorder=2)
