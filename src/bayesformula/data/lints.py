"""Lints of group terms: effects that the data at hand cannot tell apart, or hardly.

Each rule is silent where a competent analyst would find it noise; its docstring says where and why.
Groups of `mm()`, whose rows belong to several levels, are left out of all rules but the count of levels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np

from bayesformula.data.encoded import row_slices
from bayesformula.data.findings import Finding, found, of_parameter
from bayesformula.data.learnt import EffectSchema, GroupSchema, ParameterSchema
from bayesformula.data.spread import column_spread
from bayesformula.data.values import GroupDesign, ParameterDesign
from bayesformula.errors import listing

FEW_LEVELS = 4
"""Up to so many levels say little about the sd of their effects."""

FEW_REPEATS = 20
"""Up to so many rows beyond the first of their level say little about residuals, if the others are many."""

VARYING = 0.05
"""A column that varies in at most this part of the levels is as good as constant within them."""


def group_lints(
    parameter: ParameterSchema,
    design: ParameterDesign,
    *,
    has_residuals: bool,
    reused: Collection[str] = (),
) -> Iterator[Finding]:
    """Findings about the groups of one linear predictor.

    Args:
        parameter: the schema of the predictor.
        design: its arrays.
        has_residuals: whether a residual sd is estimated beside the effects of this predictor.
        reused: labels of groups that are found to be counted anew within others: theirs are not the levels
            that will be fitted.
    """
    said = of_parameter(parameter.parameter)
    for schema in parameter.groups:
        group = design.groups[schema.label]
        if schema.label not in reused:
            yield from _about_levels(group, said)
        if group.is_membership:
            continue
        about_rows = list(_about_rows(group, said)) if has_residuals and group.cov is None else []
        yield from about_rows or _few_rows(group, said)
        yield from _constant_within(schema, group, said)
        yield from _far_from_zero(schema, group, said)
    yield from _same_groups(design, said)


# ---- how many levels, how many rows ------------------------------------------------------------------


def _about_levels(group: GroupDesign, said: str) -> Iterator[Finding]:
    """Few levels are only worth a word: the prior is proper, and the answer right if the prior is."""
    count = len(group.levels)
    if count == 1:
        yield found(
            "one-level-group",
            f"{said}grouping factor '{group.label}' has 1 level: only the prior says how its effects vary",
        )
    elif count <= FEW_LEVELS:
        yield found(
            "few-levels",
            f"{said}grouping factor '{group.label}' has {count} levels, which say little about how its "
            f"effects vary: the prior of sd[{group.label}] counts. State one that you believe, or write "
            f"{group.label} as a term of the population part",
        )


def _about_rows(group: GroupDesign, said: str) -> Iterator[Finding]:
    """As many effects as rows: then effects and residuals are one and the same thing.

    Silent where something else tells them apart: known standard errors (a meta-analysis has one row a
    study), or a known covariance of the levels (a phylogeny has one row a species). With `||` two rows
    a level can tell two sds from the residual one, so that only correlated effects are counted.
    """
    count, rows = len(group.levels), len(group.index)
    repeats = rows - count
    if repeats == 0:
        yield found(
            "as-many-levels-as-rows",
            f"{said}grouping factor '{group.label}' has {count} levels in {count} rows: "
            "its effects cannot be told from the residuals",
        )
        return
    if repeats <= FEW_REPEATS and repeats < 0.1 * rows:
        yield found(
            "as-many-levels-as-rows",
            f"{said}grouping factor '{group.label}' has {count} levels in {rows} rows: only {repeats} "
            f"{'row repeats' if repeats == 1 else 'rows repeat'} a level, "
            "and nothing else tells its effects from the residuals",
        )
        return
    for block in group.blocks:
        q = len(block)
        if q > 1 and count * q >= rows:
            yield found(
                "as-many-effects-as-rows",
                f"{said}{count} levels of '{group.label}' with {q} correlated effects each, "
                f"{listing(block, 3)}, are {count * q} effects for {rows} rows: they cannot be told from the "
                "residuals; let fewer effects vary, or write || for effects without correlations",
            )


def _few_rows(group: GroupDesign, said: str) -> Iterator[Finding]:
    """Most levels with fewer rows than effects; with one effect this never is, a level has a row."""
    q = len(group.coefs)
    if q < 2 or group.cov is not None:
        return
    short = int(np.count_nonzero(np.bincount(group.index, minlength=len(group.levels)) < q))
    if 2 * short > len(group.levels):
        yield found(
            "few-rows-per-level",
            f"{said}{short} of the {len(group.levels)} levels of '{group.label}' have fewer rows than the "
            f"{q} effects that vary over it: what is said of these levels comes mostly from the others",
        )


# ---- columns that do not vary where they should ------------------------------------------------------


def _constant_within(schema: GroupSchema, group: GroupDesign, said: str) -> Iterator[Finding]:
    """`(x | g)` where x is one and the same within each level of g, or almost each.

    A level then shows one point of its line. That matters only beside an intercept: in `(0 + f | g)` each
    level has one effect whatever f is, and f constant within g gives each class of g its own sd, which
    is a model people mean; there only the correlations are empty, and only they are spoken of.
    Unbalanced data, where x varies within a fair part of the levels, are no reason to speak either.
    """
    count = len(group.levels)
    if count == 1 or len(group.index) == count:
        return
    counts = _varying_levels(group)
    varying = {coef: counts[place] for place, coef in enumerate(group.coefs) if coef != "Intercept"}
    few = max(1, int(VARYING * count)) if count > 2 else 0
    if "Intercept" in group.coefs:
        flat = [coef for coef in varying if varying[coef] <= few]
        if flat:
            yield found("constant-within-groups", said + _flat_message(flat, group, varying))
        return
    for effect in schema.effects:
        if effect.correlated and len(effect.coefs) > 1 and not any(map(varying.get, effect.coefs)):
            yield found("constant-within-groups", said + _empty_correlations(effect, group))


def _varying_levels(group: GroupDesign) -> list[int]:
    """For each column in how many levels it takes more than one value."""
    one = np.empty((len(group.levels), len(group.coefs)))
    most = np.zeros(len(group.coefs))
    for index, columns in _by_chunk(group):
        one[index] = columns  # any row of a level will do: the last one stays
        most = np.maximum(most, np.max(np.abs(columns), axis=0, initial=0.0))
    varies = np.zeros(one.shape, dtype=bool)
    for index, columns in _by_chunk(group):
        differs = np.abs(columns - one[index]) > 1e-9 * most
        for place in range(varies.shape[1]):
            varies[index[differs[:, place]], place] = True
    return np.count_nonzero(varies, axis=0).tolist()


def _by_chunk(group: GroupDesign) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Levels and columns of the rows, a chunk at a time."""
    for rows, columns in zip(row_slices(len(group.index)), group.values.chunks(), strict=True):
        yield group.index[rows], columns


def _flat_message(flat: list[str], group: GroupDesign, varying: dict[str, int]) -> str:
    most = max(varying[coef] for coef in flat)
    count, label = len(group.levels), group.label
    where = "no level" if most == 0 else f"{most} of {count} levels"
    verb = "varies" if len(flat) == 1 else "vary"
    it = "it" if len(flat) == 1 else "them"
    return (
        f"{listing(flat, 4)} {verb} within {where} of '{label}', so that hardly anything but the prior says "
        f"how such an effect differs between levels; leave {it} out before the bar and keep {it} in the "
        f"population part. For sds that differ by a factor f write (... | gr({label}, by = f))"
    )


def _empty_correlations(effect: EffectSchema, group: GroupDesign) -> str:
    return (
        f"each level of '{group.label}' shows only one of the effects {listing(effect.coefs, 4)}: their "
        "correlations come from the prior alone; write || instead of | for an sd each and no correlations"
    )


def is_far_from_zero(mean: float, sd: float) -> bool:
    """Whether a column that varies has its mean more than 3 standard deviations from zero."""
    return sd > 1e-12 * abs(mean) and abs(mean) > 3 * sd


def _far_from_zero(schema: GroupSchema, group: GroupDesign, said: str) -> Iterator[Finding]:
    """`||` and intercept-free terms say that effects vary least at x = 0, which should be near the data."""
    loose = [
        (not effect.intercept or not effect.correlated) and coef != "Intercept"
        for effect in schema.effects
        for coef in effect.coefs
    ]
    if not any(loose):
        return
    spread = column_spread(group.column_chunks(), len(group.coefs))
    for place, coef in enumerate(group.coefs):
        mean, sd = float(spread.mean[place]), float(spread.sd[place])
        if loose[place] and is_far_from_zero(mean, sd):
            yield found(
                "far-from-zero",
                f"{said}'{coef}' in a term without correlated intercepts on '{group.label}' has mean "
                f"{mean:.3g} and sd {sd:.3g}: such a term depends "
                f"on where zero is; center({coef}) is usually meant, or ({coef} | {group.label})",
            )


# ---- two names for one partition ---------------------------------------------------------------------


def _same_groups(design: ParameterDesign, said: str) -> Iterator[Finding]:
    """Two grouping factors that divide the rows alike, and effects that both have.

    `(1 | g) + (0 + x | g_code)` shares no effect and is one model in two spellings. A factor with a known
    covariance beside the same factor without (species with and without their phylogeny) is a model that
    people mean. `(1 | a/b)` is silent unless each a has one b.
    """
    plain = [g for g in design.groups.values() if not g.is_membership and g.cov is None]
    for one, other in combinations(plain, 2):
        shared = [coef for coef in one.coefs if coef in other.coefs]
        if shared and len(one.levels) > 1 and _is_same_partition(one, other):
            effects = "intercepts" if shared == ["Intercept"] else f"effects {listing(shared, 3)}"
            yield found(
                "same-groups",
                f"{said}'{one.label}' and '{other.label}' divide the rows into the same {len(one.levels)} "
                f"levels: their {effects} cannot be told apart, only their sum; keep one of the two",
            )


def _is_same_partition(one: GroupDesign, other: GroupDesign) -> bool:
    """With as many levels on both sides, each level of one within one of the other is enough."""
    if len(one.levels) != len(other.levels):
        return False
    home = np.empty(len(one.levels), dtype=other.index.dtype)
    home[one.index] = other.index
    return bool(np.array_equal(home[one.index], other.index))
