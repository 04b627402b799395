"""Group effects, level by level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bayesformula.results.names import coefs
from bayesformula.results.plots.labels import shown
from bayesformula.results.report.markup import Section, folded, heading, note, number, table
from bayesformula.results.report.pictures import gallery, panels, picture
from bayesformula.results.tables import effects

if TYPE_CHECKING:
    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit

MAX_GROUPS, MAX_COEFS, MAX_LEVELS, MAX_ROWS = 4, 6, 40, 200
"""Groups and coefficients that are drawn, levels in a picture, rows of a table."""


def section(fit: Fit) -> Section:
    """A caterpillar and a table for each group."""
    parts: list[str] = []
    for group in fit.spec.groups[:MAX_GROUPS]:
        parts += _group(fit, group)
    rest = [group.label for group in fit.spec.groups[MAX_GROUPS:]]
    if rest:
        parts.append(note(f"Not shown: the effects of {', '.join(rest)}."))
    return Section("groups", "Group effects", tuple(parts))


def _group(fit: Fit, group: GroupSpec) -> Iterator[str]:
    every = coefs(group)
    names = every[:MAX_COEFS]
    yield heading(f"{group.label} ({group.n_levels:,} levels)")
    longest = max(len(shown(level, 40)) for level in fit.levels[group.label][0])
    size = (2.7 + 0.068 * longest, 0.75 + max(0.21 * min(group.n_levels, MAX_LEVELS), 0.6))
    with panels(len(names), size) as axes:
        fit.plot_caterpillar(group.label, coefs=names, max_levels=MAX_LEVELS, axes=axes)
        pictures = [
            picture(ax.get_figure(root=True), f"effects of {group.label} on {name}")  # pyright: ignore[reportArgumentType]
            for ax, name in zip(axes, names, strict=True)
        ]
    few = ""
    if group.n_levels > MAX_LEVELS:
        few = f" The {MAX_LEVELS // 2} highest and {MAX_LEVELS // 2} lowest levels of {names[0]}."
    more = f" The first {len(names)} of {len(every)} coefficients." if len(every) > len(names) else ""
    yield gallery(pictures, f"Deviations from the population: mean with 50 and 95 % intervals.{few}{more}")
    yield _table(fit, group)


def _table(fit: Fit, group: GroupSpec) -> str:
    found = effects(fit, group.label, 0.95, "eti", total=False)
    heads = ("level", "coefficient", "mean", "sd", "lower", "upper")
    some = found.head(MAX_ROWS)
    names = [(str(level), str(coef)) for _, level, coef in some.index.tolist()]
    numbers = [[number(value) for value in row] for row in some[list(heads[2:])].to_numpy().tolist()]
    inside = table(heads, [(*a, *b) for a, b in zip(names, numbers, strict=True)], words=2, most=MAX_ROWS)
    if len(found) > MAX_ROWS:
        inside += note(f"The first {MAX_ROWS} of {len(found):,} effects; fit.groups() has all.")
    return folded("as a table", inside)
