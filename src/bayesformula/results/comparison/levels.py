"""The rows of each level of a group, its effects and those of groups nested in it taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.observed import training_design
from bayesformula.results.prediction.answers import Answers
from bayesformula.results.prediction.draws import Picked, pick
from bayesformula.results.prediction.new_levels import covariance_factors
from bayesformula.results.prediction.request import Request, request
from bayesformula.results.prediction.target import Target, target

if TYPE_CHECKING:
    from bayesformula.data.values import GroupDesign
    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit


@dataclass(frozen=True, eq=False)
class Level:
    """What is integrated out of the rows of one level.

    Attributes:
        code: which level.
        at: its rows among the sorted ones of `GroupRows`.
        z: (n, D) columns of its D effects and of those of the levels nested in it.
        blocks: whose effects they are: (label, level of `gr(by = )`, places among the D).
    """

    code: int
    at: slice
    z: np.ndarray
    blocks: tuple[tuple[str, int, slice], ...]


@dataclass(frozen=True, eq=False)
class GroupRows:
    """All rows, sorted by the level that they lie in.

    Attributes:
        fit: whose rows.
        groups: the group whose levels are left out, then those nested in it.
        designs: of the same, rows sorted.
        target: the sorted rows; the effects of all other groups enter their predictors.
        levels: codes of the levels that have rows.
        starts: where the rows of each begin, and the end of the last.
    """

    fit: Fit
    groups: tuple[GroupSpec, ...]
    designs: tuple[GroupDesign, ...]
    target: Target
    levels: np.ndarray
    starts: np.ndarray

    @property
    def names(self) -> list[str]:
        every = self.designs[0].levels
        return [every[code] for code in self.levels.tolist()]

    @cached_property
    def picked(self) -> Picked:
        return pick(self.fit, None)

    @cached_property
    def factors(self) -> Mapping[str, np.ndarray]:
        """Per group (S, B, q, q) Cholesky factors of the covariance of its effects."""
        return {group.label: covariance_factors(self.fit, group, self.picked) for group in self.groups}

    @property
    def owners(self) -> tuple[str, ...]:
        """The predictors that the effects enter."""
        return tuple(dict.fromkeys(g.owner(i) for g in self.groups for i in range(g.q)))

    def level(self, place: int) -> Level:
        """One of `levels`."""
        at = slice(int(self.starts[place]), int(self.starts[place + 1]))
        parts, blocks, width = [], [], 0
        for group, design in zip(self.groups, self.designs, strict=True):
            columns = design.values.make(at)
            codes, own = np.unique(design.index[at], return_inverse=True)
            for inner, code in enumerate(codes.tolist()):
                by = 0 if design.by_index is None else int(design.by_index[code])
                parts.append(columns * (own == inner)[:, None])
                blocks.append((group.label, by, slice(width, width + group.q)))
                width += group.q
        return Level(int(self.levels[place]), at, np.concatenate(parts, axis=1), tuple(blocks))

    def part(self, first: int, last: int) -> GroupRows:
        """Some levels, those at these places."""
        last = min(last, len(self.levels))
        at = slice(int(self.starts[first]), int(self.starts[last]))
        return replace(
            self,
            designs=tuple(design.part(at) for design in self.designs),
            target=replace(
                self.target,
                design=self.target.design.part(at),
                groups={name: each.part(at) for name, each in self.target.groups.items()},
                n_rows=at.stop - at.start,
            ),
            levels=self.levels[first:last],
            starts=self.starts[first : last + 1] - self.starts[first],
        )

    def owner_of(self, level: Level) -> tuple[str, ...]:
        """The predictor that each of the D effects enters."""
        by_label = {group.label: group for group in self.groups}
        blocks = [by_label[label] for label, _, _ in level.blocks]
        return tuple(group.owner(i) for group in blocks for i in range(group.q))

    def chol(self, level: Level, draws: slice | np.ndarray) -> np.ndarray:
        """(S, D, D) factors of the covariance of all effects of a level, at some draws."""
        size = len(np.arange(self.picked.size)[draws])
        out = np.zeros((size, level.z.shape[1], level.z.shape[1]))
        for label, by, places in level.blocks:
            out[:, places, places] = self.factors[label][draws, by]
        return out

    def values(self, **asked: Request) -> Iterator[tuple[int, slice, dict[str, np.ndarray]]]:
        """Answers to some questions, piece by piece: place in `levels`, sorted rows, (S, rows) by name."""
        every = [Answers(self.fit, self.target, each, self.picked, 0).chunks() for each in asked.values()]
        for found in zip(*every, strict=True):
            at = found[0][0]
            first = int(np.searchsorted(self.starts, at.start, side="right")) - 1
            while first < len(self.levels) and self.starts[first] < at.stop:
                begin = max(at.start, int(self.starts[first]))
                end = min(at.stop, int(self.starts[first + 1]))
                inside = slice(begin - at.start, end - at.start)
                named = zip(asked, (values[:, inside] for _, values in found), strict=True)
                yield first, slice(begin, end), dict(named)
                first += 1

    def question(self, kind: str, parameter: str | None) -> Request:
        """Of the rows without the effects that are integrated out."""
        return Request(kind, parameter, tuple(g.label for g in self.target.spec.groups), (), "error")


def group_rows(fit: Fit, label: str, levels: Sequence[int] | None = None) -> GroupRows:
    """The rows of a group's levels, or of some of them.

    Raises:
        OptionError: there is no such group, or its levels are not independent of each other.
    """
    from bayesformula.data.shared_groups import shared_groups
    from bayesformula.model.build import parameter_designs

    group = check_group(fit, label)
    if group.cov:
        raise OptionError(
            f"the levels of '{label}' are related by the matrix {group.cov}: what is known of one says "
            "something of another, and its effects cannot be integrated out alone\n"
            f"  Write kfold(group='{label}'), which fits again without each."
        )
    inner = tuple(g for g in fit.spec.groups if label in g.nested_in and g.label != label)
    kept = [g.label for g in fit.spec.groups if g not in (group, *inner)]
    request(fit, "linear", _any_parameter(fit), kept, "error")
    asked = Request("log_likelihood", None, tuple(kept), (), "error")
    rows = target(fit, None, asked)
    design = training_design(fit)
    shared = shared_groups(parameter_designs(design, fit.family, fit.spec.categories))
    index = shared[label].design.index
    wanted = np.ones(len(index), bool) if levels is None else np.isin(index, levels)
    order = np.flatnonzero(wanted)[np.argsort(index[wanted], kind="stable")]
    found, starts = np.unique(index[order], return_index=True)
    return GroupRows(
        fit=fit,
        groups=(group, *inner),
        designs=tuple(shared[g.label].design.part(order) for g in (group, *inner)),
        target=replace(
            rows,
            design=rows.design.part(order),
            groups={name: each.part(order) for name, each in rows.groups.items()},
            n_rows=len(order),
        ),
        levels=found,
        starts=np.append(starts, len(order)),
    )


def check_group(fit: Fit, label: object) -> GroupSpec:
    """The group of that name, where its levels can be left out one at a time."""
    labels = [group.label for group in fit.spec.groups]
    if label not in labels:
        known = f"the groups are {listing(nearest(str(label), labels))}" if labels else "the model has none"
        raise OptionError(f"no group {label!r} in this model: {known}")
    group = fit.spec.groups[labels.index(str(label))]
    if group.members:
        raise OptionError(
            f"a row of '{label}' belongs to several levels: leaving one out does not part the rows\n"
            "  Write kfold(folds=...) with a fold for each row."
        )
    return group


def _any_parameter(fit: Fit) -> str:
    return fit.spec.predictors[0].parameter
