"""Densities of whole levels of any response, their effects integrated out by adaptive quadrature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.encoding import rows_of
from bayesformula.errors import OptionError
from bayesformula.results.comparison.levels import GroupRows, Level

if TYPE_CHECKING:
    from bayesformula.compiler.inputs import Rows
    from bayesformula.compiler.level_density import LevelRows
    from bayesformula.compiler.structure import Structure

CHUNK_VALUES = 2**21
"""Numbers of one array of some draws at the rows of a level."""
SHORTEST = 16
"""Rows up to which all levels are filled up alike, so that few programs are compiled."""
MOST_EFFECTS = 24
"""Beyond so many effects of a level the points are too few."""
DRAWS_AT_ONCE = 256
"""Also those at which rules are compared."""
TOLERANCE = 1e-3
"""By what a finer rule may change a log density at any of these draws: 0.1 % of a density."""


def densities(rows: GroupRows) -> tuple[np.ndarray, float]:
    """(S, levels) log densities of the rows of each level given the population parameters.

    Also the greatest difference between the rule that was used and another, over some draws of every level.

    Raises:
        OptionError: a level has too many effects to integrate.
    """
    from bayesformula.compiler.predictions import on_cpu

    every = [rows.level(place) for place in range(len(rows.levels))]
    _check_sizes(rows, every)
    out = np.empty((rows.picked.size, len(every)))
    error = 0.0
    asked = {p.parameter: rows.question("linear", p.parameter) for p in rows.fit.spec.predictors}
    values = _parameters(rows)
    held: dict[str, list[np.ndarray]] = {name: [] for name in asked}
    with on_cpu():
        for place, at, found in rows.values(**asked):
            for name, piece in found.items():
                held[name].append(piece)
            if at.stop < every[place].at.stop:
                continue
            etas = {name: np.concatenate(pieces, axis=1) for name, pieces in held.items()}
            held = {name: [] for name in asked}
            out[:, place], off = _density(rows, every[place], etas, values)
            error = max(error, off)
    return out, error


def _check_sizes(rows: GroupRows, every: list[Level]) -> None:
    most = max(level.z.shape[1] + _tails(rows, level)[1] for level in every)
    if most > MOST_EFFECTS:
        label = rows.groups[0].label
        raise OptionError(
            f"a level of '{label}' has {most} effects, those of the levels nested in it among them: more "
            f"than the {MOST_EFFECTS} that can be integrated out\n  Write kfold(group='{label}'), which fits "
            "again without each level, or without a few of them at a time with k=10."
        )


def _density(
    rows: GroupRows, level: Level, etas: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, float]:
    """(S,) log densities of a level, by the coarsest rule that agrees with the next finer one."""
    from bayesformula.compiler.level_density import Rule, level_density, rules

    tails, n_tails = _tails(rows, level)
    ask = level_density(_without_groups(rows), rows.owner_of(level), tails)
    taken, size = _padded_rows(rows, level), rows.picked.size
    step = max(1, min(size, DRAWS_AT_ONCE, CHUNK_VALUES // len(taken.z)))  # pyright: ignore[reportArgumentType]

    def at_draws(at: slice | np.ndarray, rule: Rule) -> np.ndarray:
        some = {name: found[at] for name, found in values.items()}
        return np.asarray(ask(_at_draws(rows, level, taken, etas, at), some, rule))

    checked = np.linspace(0, size - 1, step).round().astype(int)
    chosen, *finer = rules(level.z.shape[1] + n_tails)
    before, error = at_draws(checked, chosen), np.inf
    for rule in finer:
        after = at_draws(checked, rule)
        with np.errstate(invalid="ignore"):
            error = float(np.nanmax(np.abs(after - before), initial=0.0))
        if error < TOLERANCE:
            break
        chosen, before = rule, after
    out = np.empty(size)
    for first in range(0, size, step):
        at = _whole(first, step, size)
        out[at] = at_draws(at, chosen)
    return out, error


def _whole(first: int, step: int, size: int) -> slice:
    """Some draws, always as many, so that one program serves: the last reach back."""
    return slice(min(first, size - step), min(first, size - step) + step)


def _tails(rows: GroupRows, level: Level) -> tuple[tuple[int, ...], int]:
    """For each effect which Student level it belongs to, -1 for a Gaussian one; and how many there are."""
    by_label = {group.label: group for group in rows.groups}
    out, count = [], 0
    for label, _, places in level.blocks:
        is_student = by_label[label].dist == "student"
        out += [count if is_student else -1] * (places.stop - places.start)
        count += is_student
    return tuple(out), count


def _parameters(rows: GroupRows) -> dict[str, np.ndarray]:
    """(S, ...) draws of everything that is not of a group, by name."""
    labels = [group.label for group in rows.fit.spec.groups]
    of_groups = {f"{kind}_{label}" for label in labels for kind in ("r", "sd", "cor", "df")}
    return {
        name: rows.picked.flat(values)
        for name, values in rows.fit.draws.items()
        if name not in of_groups and not name.startswith("r_")
    }


def _half_df(rows: GroupRows, level: Level) -> np.ndarray:
    """(S, T)."""
    draws = rows.fit.draws
    found = [
        0.5 * rows.picked.flat(draws[f"df_{label}"]) for label, _, _ in level.blocks if f"df_{label}" in draws
    ]
    return np.stack(found, axis=1) if found else np.empty((rows.picked.size, 0))


def _without_groups(rows: GroupRows) -> Structure:
    """The response given its linear predictors."""
    from bayesformula.compiler import structure

    spec = replace(rows.fit.spec, groups=())
    has_weights = rows.target.structure.has_weights
    most = rows.target.structure.max_count
    return structure.structure(spec, "noncentred", has_weights=has_weights, max_count=most)


def _power(n: int) -> int:
    """The least power of two that is not less."""
    return 1 << (n - 1).bit_length()


def _padded_rows(rows: GroupRows, level: Level) -> LevelRows:
    """The rows of a level without what differs between draws, filled up to a power of two."""
    import jax

    from bayesformula.compiler.level_density import LevelRows

    spec = replace(rows.fit.spec, groups=())
    taken: Rows = rows_of(rows.target.design.part(level.at), spec, [])
    n = level.at.stop - level.at.start
    most = int(np.max(np.diff(rows.starts)))
    short = max(_power(n), min(_power(most), SHORTEST)) - n
    weights = np.ones(n) if taken.weights is None else np.asarray(taken.weights)
    padded: Any = jax.tree.map(lambda leaf: _padded(np.asarray(leaf), short), taken._replace(weights=None))
    return LevelRows(
        padded, np.append(weights, np.zeros(short)), {}, _padded(level.z, short), np.empty(0), np.empty(0)
    )


def _at_draws(
    rows: GroupRows,
    level: Level,
    taken: LevelRows,
    etas: Mapping[str, np.ndarray],
    at: slice | np.ndarray,
) -> LevelRows:
    """With what differs between draws."""
    short = len(taken.z) - (level.at.stop - level.at.start)  # pyright: ignore[reportArgumentType]
    padded = {name: _padded(eta[at].T, short).T for name, eta in etas.items()}
    return taken._replace(etas=padded, chol=rows.chol(level, at), half_df=_half_df(rows, level)[at])


def _padded(values: np.ndarray, short: int) -> np.ndarray:
    """The rows, the last of them repeated."""
    if not short:
        return values
    return np.concatenate([values, np.repeat(values[-1:], short, axis=0)])
