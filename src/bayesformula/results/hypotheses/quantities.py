"""What a name in a hypothesis means: a parameter of the fit, its draws and the bounds it lies between."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from bayesformula.errors import OptionError, nearest
from bayesformula.priors import quote, wrap_items
from bayesformula.results.hypotheses.expressions import ALL, Interval
from bayesformula.results.hypotheses.reading import HypothesisError, Name
from bayesformula.results.names import Scalar, coefs, correlated_pairs, population, scalars, sd_coefs
from bayesformula.results.tables import Part as LevelPart
from bayesformula.results.tables import parts_of as level_parts
from bayesformula.results.tables import pick_groups

if TYPE_CHECKING:
    from bayesformula.model.spec import GroupSpec, ModelSpec
    from bayesformula.results.fit import Fit

Key: TypeAlias = "tuple[str, ...]"
POSITIVE: Interval = (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A parameter, or one for each level of a group.

    Attributes:
        variable: the array of draws that holds it; of levels, that of their effects.
        at: its position there.
        bounds: that it lies between.
        part: of levels, what is added up for each.
    """

    variable: str
    at: tuple[int, ...] = ()
    bounds: Interval = ALL
    part: LevelPart | None = None

    def draws(self, draws: Mapping[str, np.ndarray]) -> np.ndarray:
        """(chains, draws, 1) or (chains, draws, levels) values."""
        if self.part is not None:
            return self.part.draws(draws, draws[self.variable])
        return draws[self.variable][(slice(None), slice(None), *self.at)][..., None]

    @property
    def variables(self) -> tuple[str, ...]:
        """Every array of draws that it needs."""
        row = None if self.part is None else self.part.row
        return (self.variable,) if row is None else (self.variable, row.variable)


@dataclass(frozen=True)
class Vocabulary:
    """The names of one fit.

    Attributes:
        bare: what a name alone means, flat names included.
        addressed: what an address means, `("sd", "cafe", "afternoon")`.
        effects: per first words of a name, `("r_cafe",)` or `("r", "cafe")`, the group whose levels follow.
        levels: names of the levels of each group.
        kept: the arrays of draws that there are.
    """

    bare: Mapping[str, Quantity]
    addressed: Mapping[Key, Quantity]
    effects: Mapping[Key, GroupSpec]
    levels: Mapping[str, tuple[str, ...]]
    kept: frozenset[str]
    _loose: dict[str, list[Quantity]] = field(default_factory=dict)

    def find(self, name: Name, text: str) -> Quantity:
        """The parameter that a name means.

        Raises:
            HypothesisError: none, with those that there are, nearest first.
        """
        for group_key in ((name.head,), (name.head, *name.parts[:1])):
            if group_key in self.effects:
                rest = name.parts[len(group_key) - 1 :]
                return self._effect(self.effects[group_key], rest, name, text)
        exact = self.bare.get(name.written) or self.addressed.get((name.head, *name.parts))
        if exact is not None:
            return exact
        if not self._loose:
            for written, quantity in [
                *self.bare.items(),
                *((_bracketed(key), quantity) for key, quantity in self.addressed.items()),
            ]:
                self._loose.setdefault(_bare(written), []).append(quantity)
        alike = self._loose.get(_bare(name.written), [])
        if alike and all(other == alike[0] for other in alike):
            return alike[0]
        raise self._unknown(name, text)

    def _effect(self, group: GroupSpec, parts: Key, name: Name, text: str) -> Quantity:
        """One group effect by level and coefficient."""
        variable, names, levels = f"r_{group.label}", coefs(group), self.levels[group.label]
        level, coef = (*parts, "", "")[:2]
        if len(parts) == 1 and len(names) == 1:
            coef = names[0]
        if len(parts) > 2 or coef not in names:
            what = f"'{coef}' is no coefficient of" if coef else "say which coefficient of"
            shown = f"{variable}[{quote(level or levels[0])}, {quote(nearest(coef, names)[0])}]"
            hint = f"Coefficients: {', '.join(names)}. Write {shown}."
            raise HypothesisError(f"{what} '{group.label}'", text=text, span=name.span, hint=hint)
        if level not in levels:
            hint = f"Levels, nearest first: {', '.join(nearest(level, levels)[:8])}."
            raise HypothesisError(
                f"'{group.label}' has no level '{level}'", text=text, span=name.span, hint=hint
            )
        if variable not in self.kept:
            raise _no_draws(group)
        return Quantity(variable, (levels.index(level), names.index(coef)))

    def _unknown(self, name: Name, text: str) -> HypothesisError:
        legal = [*(quote(known) for known in self.bare), *(_address(key) for key in self.addressed)]
        legal += [_address((*key, "<level>", "<coef>")) for key in self.effects]
        found = nearest(name.written, legal)
        more = [f"... ({len(found) - 8} more)"] if len(found) > 8 else []
        raise HypothesisError(
            f"the fit has no parameter '{name.written}'",
            text=text,
            span=name.span,
            hint=f"Parameters, nearest first:\n{wrap_items([*found[:8], *more])}.",
        )


def vocabulary(fit: Fit, scope: str = "standard", group: str | None = None) -> Vocabulary:
    """The names that hypotheses about a fit can have.

    Args:
        fit: whose parameters.
        scope: "standard"; or "coef" and "ranef", under which bare names are the coefficients of a group, with
            a value for each level.
        group: of the other scopes.
    """
    spec = fit.spec
    ranges = {row.flat: _bounds(spec, row) for row in scalars(spec)}
    flat = {row.flat: Quantity(row.variable, row.at, ranges[row.flat]) for row in scalars(spec)}
    bare = flat | {row.term: flat[row.flat] for row in scalars(spec) if row.column}
    if scope != "standard":
        bare = bare | _of_levels(fit, scope, group)
    effects: dict[Key, GroupSpec] = {}
    for each in spec.groups:
        effects |= {(f"r_{each.label}",): each, ("r", each.label): each}
    return Vocabulary(
        bare,
        dict(_addresses(spec, flat)),
        effects,
        {label: names for label, (names, _) in fit.levels.items()},
        frozenset(fit.draws),
    )


def _of_levels(fit: Fit, scope: str, label: str | None) -> dict[str, Quantity]:
    """The coefficients of each level of a group by name, or their effects alone."""
    (group,) = pick_groups(fit, label)
    variable = f"r_{group.label}"
    if variable not in fit.draws:
        raise _no_draws(group)
    if scope == "ranef":
        parts = [LevelPart(name, None, position) for position, name in enumerate(coefs(group))]
    else:
        parts = level_parts(group, population(fit.spec))
    return {part.name: Quantity(variable, part=part) for part in parts}


def _no_draws(group: GroupSpec) -> OptionError:
    return OptionError(
        f"this fit kept only means and sds of the effects of '{group.label}', and a hypothesis needs their "
        'draws: fit again with keep="draws"'
    )


def _addresses(spec: ModelSpec, flat: Mapping[str, Quantity]) -> Iterator[tuple[Key, Quantity]]:
    """Addresses as in prior statements, and of single correlations."""
    for row in scalars(spec):
        quantity = flat[row.flat]
        of = "" if row.owner in ("", "mu") else f"{row.owner}."
        number = tuple(str(place + 1) for place in row.at[-1:])
        if row.variable == "Intercept":
            yield ("Intercept", *number), quantity
        elif row.variable == "bcs":
            yield ("bcs", row.column, *number), quantity
        elif row.owner:
            yield (f"{of}b", row.column), quantity
            if row.column == "Intercept":
                yield (f"{of}Intercept",), quantity
    for group in spec.groups:
        yield from _group_addresses(group, {(q.variable, q.at): q for q in flat.values()})


def _group_addresses(
    group: GroupSpec, placed: Mapping[tuple[str, tuple[int, ...]], Quantity]
) -> Iterator[tuple[Key, Quantity]]:
    label, names, pairs = group.label, sd_coefs(group), correlated_pairs(group)
    for i, name in enumerate(names):
        sd = placed[f"sd_{label}", (i,)]
        yield ("sd", label, name), sd
        if len(names) == 1:
            yield ("sd", label), sd
    for i, j in pairs:
        cor = placed[f"cor_{label}", (i, j)]
        yield ("cor", label, names[i], names[j]), cor
        yield ("cor", label, names[j], names[i]), cor
        if len(pairs) == 1:
            yield ("cor", label), cor
    if group.dist == "student":
        yield ("df", label), placed[f"df_{label}", ()]


def _bounds(spec: ModelSpec, row: Scalar) -> Interval:
    """What a parameter lies between by what it is, and by its prior where that is on the reported scale."""
    if row.variable.startswith("cor_"):
        return -1.0, 1.0
    for prior in spec.priors:
        if prior.parameter == row.flat and not prior.centred:
            try:
                low, high = prior.prior.support()
            except ValueError:  # a joint prior
                return ALL
            return (low, high) if low < high else ALL
    return POSITIVE if row.variable.startswith("sd_") else ALL


def _bracketed(key: Key) -> str:
    head, *parts = key
    return f"{head}[{','.join(parts)}]" if parts else head


def _address(key: Key) -> str:
    """As it is written."""
    head, *parts = key
    shown = ", ".join(part if part.startswith("<") else quote(part) for part in parts)
    return f"{head}[{shown}]" if parts else head


def _bare(text: str) -> str:
    """Without what may be left out: blanks and backquotes."""
    return re.sub(r"[\s`]", "", text)
