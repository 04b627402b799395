"""How far the model draws the estimate of each level towards the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.names import coefs as coef_names
from bayesformula.results.plots import style
from bayesformula.results.plots.chosen import the_group
from bayesformula.results.plots.labels import shown, shown_all
from bayesformula.results.plots.pooling import Pooling, pooling
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit


def plot_shrinkage(
    fit: Fit,
    group: str | None = None,
    *,
    coefs: str | Sequence[str] | None = None,
    max_levels: int | None = 60,
    ci: Sequence[float] = (0.5, 0.95),
    labels: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Each level's estimate from its own rows alone, and where the model draws it.

    No pooling is the estimate of largest likelihood from the level's rows by the model's family and link
    (least squares for a Gaussian response), partial pooling the posterior mean, complete pooling one estimate
    for all levels; what else the model has is held at its posterior mean. A level whose rows alone do not
    settle its coefficients (all successes, one value of x) has no estimate alone.

    Args:
        group: which; the first of the model when not given.
        coefs: one coefficient for a line a level, two for arrows in their plane, with the fitted covariance
            as ellipses; the first two of one linear predictor, or the only one, when not given.
        max_levels: of one coefficient at most so many, evenly along their order, of two ten times as many;
            None for all.
        ci: probability inside each ellipse.
        labels: write names of levels beside the arrows, where there is room.
        ax: matplotlib axes to draw into.

    Raises:
        OptionError: no groups, no such group or coefficient; rows or draws of effects were not kept.

    References:
        Efron and Morris (1975), doi:10.1080/01621459.1975.10479864.
    """
    spec = the_group(fit, group, "plot_shrinkage")
    if max_levels is not None:
        check_count("max_levels", max_levels, least=1)
    probabilities = style.check_intervals(ci)
    positions = _positions(spec, coefs)
    found = pooling(fit, spec, positions)
    most = None if max_levels is None else max_levels * (1 if len(positions) == 1 else 10)
    order, note = _evenly(found, most)
    names = [shown(coef_names(spec)[i]) + _scale(fit, spec, i) for i in positions]
    levels = shown_all(fit.levels[spec.label][0], 32 if len(positions) == 1 else 20)
    with style.styled():
        if len(positions) == 1:
            return _lines(found, order, levels, names[0], shown(spec.label) + note, ax)
        some = replace(found, alone=found.alone[order], partial=found.partial[order])
        written = [levels[int(i)] for i in order] if labels else []
        return _plane(some, written, names, shown(spec.label) + note, probabilities, ax, by=spec.by)


def _evenly(found: Pooling, most: int | None) -> tuple[np.ndarray, str]:
    """Levels in order of the first coefficient, so many of them, and what the title says of the others."""
    order = np.argsort(-found.partial[:, 0], kind="stable")
    if most is None or len(order) <= most:
        return order, ""
    kept = order[np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))]
    return kept, f"\n{len(kept)} of {len(order)} levels, evenly along their order"


def _scale(fit: Fit, group: GroupSpec, position: int) -> str:
    """` (log scale)` where a coefficient is not on the scale of the response."""
    owner = group.owner(position)
    link = next(p.link for p in fit.spec.predictors if p.parameter == owner)
    return "" if link == "identity" else f" ({link} scale)"


def _positions(group: GroupSpec, asked: str | Sequence[str] | None) -> list[int]:
    """One or two coefficients of one linear predictor."""
    legal = coef_names(group)
    if asked is None:
        first = group.owner(0)
        return [i for i in range(group.q) if group.owner(i) == first][:2]
    wanted = style.listed(asked)
    for coef in wanted:
        if coef not in legal:
            raise OptionError(
                f"coefs: '{group.label}' has no coefficient {coef!r}: {listing(nearest(str(coef), legal))}"
            )
    positions = [legal.index(coef) for coef in wanted]
    if len(positions) not in (1, 2) or len({group.owner(i) for i in positions}) > 1:
        raise OptionError(
            f"coefs={asked!r}: name one coefficient, or two of one linear predictor, of {listing(legal)}"
        )
    return positions


def _lines(
    found: Pooling, order: np.ndarray, levels: Sequence[str], name: str, label: str, ax: Axes | None
) -> Axes:
    """One coefficient: a line a level, from its estimate alone to that of the model."""
    alone, partial = found.alone[order, 0], found.partial[order, 0]
    at = np.arange(len(order))
    width = 5.2 + 0.07 * max(len(levels[i]) for i in order)
    is_ours = ax is None
    ax = style.one(ax, width, 1.9 + max(0.2 * len(order), 0.6))
    ax.axvline(found.complete[0], color=style.ORANGE, linewidth=1.2, label="complete pooling", zorder=1)
    ax.hlines(at, alone, partial, color=style.GREY, linewidth=1.0, zorder=2)
    points = {"markersize": 5.5, "linestyle": "none", "zorder": 3}
    ax.plot(
        alone, at, "o", color="white", markeredgecolor=style.GREY, label="no pooling: own rows only", **points
    )
    ax.plot(partial, at, "o", color=style.BLUE, label="partial pooling: the model", **points)
    ax.set_yticks(at, [levels[int(i)] for i in order])
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.set_xlabel(name)
    ax.set_title(f"Shrinkage by {label}{_without(found.alone[order])}")
    _legend(ax, is_ours=is_ours)
    return ax


def _plane(
    found: Pooling,
    levels: Sequence[str],
    names: Sequence[str],
    label: str,
    probabilities: Sequence[float],
    ax: Axes | None,
    by: Sequence[str],
) -> Axes:
    """Two coefficients: an arrow a level in their plane."""
    is_ours = ax is None
    ax = style.one(ax, 6.6, 6.9)
    for k, covariance in enumerate(found.covariance):
        for i, p in enumerate(sorted(probabilities, reverse=True)):
            x, y = ellipse(found.population, covariance, p).T
            text = f"fitted covariance, {style.percent(probabilities)}" if not k and not i else None
            ax.fill(x, y, facecolor=style.BLUE, alpha=0.07, linewidth=0, zorder=1)
            ax.plot(x, y, color=style.BLUE, alpha=0.45, linewidth=0.9, label=text, zorder=1)
        if by:
            top = ellipse(found.population, covariance, max(probabilities))
            ax.annotate(shown(by[k]), top[np.argmax(top[:, 1])], color=style.BLUE, fontsize=8, ha="center")
    for start, end in zip(found.alone, found.partial, strict=True):
        if np.isfinite(start).all():
            arrow = {"arrowstyle": "-|>", "color": style.GREY, "linewidth": 0.9, "shrinkA": 3, "shrinkB": 3}
            ax.annotate("", end, start, arrowprops={**arrow, "mutation_scale": 8}, zorder=2)
    points = {"linestyle": "none", "zorder": 3}
    alone_label = "no pooling: own rows only"
    ax.plot(
        *found.alone.T,
        "o",
        color="white",
        markeredgecolor=style.GREY,
        markersize=5,
        label=alone_label,
        **points,
    )
    ax.plot(
        *found.partial.T, "o", color=style.BLUE, markersize=5, label="partial pooling: the model", **points
    )
    diamond = {"markersize": 9, "markeredgecolor": "white", **points, "zorder": 4}
    ax.plot(*found.complete, "D", color=style.ORANGE, label="complete pooling", **diamond)
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    ax.margins(0.08)
    ax.set_title(f"Shrinkage by {label}{_without(found.alone)}")
    _legend(ax, is_ours=is_ours)
    if levels:
        _name_points(ax, found, levels)
    return ax


def ellipse(centre: np.ndarray, covariance: np.ndarray, probability: float, points: int = 181) -> np.ndarray:
    """(points, 2) the ellipse that holds a normal pair with this probability."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, points)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]) * np.sqrt(-2 * np.log1p(-probability))
    return centre + circle @ (vectors * np.sqrt(np.maximum(values, 0))).T


def _without(alone: np.ndarray) -> str:
    """What the title says of levels that have no estimate of their own."""
    missing = int(np.sum(~np.isfinite(alone).all(axis=1)))
    if not missing:
        return ""
    return f"\n{missing} {'level has' if missing == 1 else 'levels have'} no estimate from own rows"


def _legend(ax: Axes, *, is_ours: bool) -> None:
    """Below our own picture, where it hides nothing; inside axes of the user's."""
    handles, texts = ax.get_legend_handles_labels()
    figure = ax.get_figure(root=True)
    if figure is None or not is_ours:
        ax.legend(handles, texts)
    else:
        figure.legend(handles, texts, loc="outside lower center", ncols=2 if len(texts) > 3 else 1)


def _name_points(ax: Axes, found: Pooling, levels: Sequence[str]) -> None:
    """Names beside the estimates alone, the farthest first, each where it hides no other name or point."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return
    figure.draw_without_rendering()
    starts = np.where(np.isfinite(found.alone), found.alone, found.partial)
    dots = ax.transData.transform(np.concatenate([starts, found.partial]))
    frame = ax.get_window_extent()
    ends = dots.reshape(2, -1, 2)
    ways = [ends[0] + share * (ends[1] - ends[0]) for share in (0.25, 0.5, 0.75)]  # along the arrows
    taken: list[np.ndarray] = [np.r_[dot - 4, dot + 4] for dot in (*dots, *np.concatenate(ways))]
    middle = ax.transData.transform(found.population)
    spread = dots[: len(starts)] - middle
    for i in np.argsort(-np.hypot(*spread.T)).tolist():
        for side in (1, -1) if spread[i, 0] >= 0 else (-1, 1):
            text = ax.annotate(
                levels[int(i)],
                (float(starts[i, 0]), float(starts[i, 1])),
                xytext=(6 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                fontsize=8,
                zorder=5,
            )
            box = text.get_window_extent()
            edges = np.array([box.x0, box.y0, box.x1, box.y1])
            if box.x0 > frame.x0 and box.x1 < frame.x1 and not any(_meet(edges, other) for other in taken):
                taken.append(edges)
                break
            text.remove()


def _meet(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two boxes (left, bottom, right, top) overlap."""
    return bool(np.all(one[:2] < other[2:]) and np.all(other[:2] < one[2:]))
