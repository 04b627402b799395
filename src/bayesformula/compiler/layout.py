"""The sampler's vector: which sites make it up, where it starts, how far it will spread, where it is bent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesformula.compiler import shrinkage, sites
from bayesformula.compiler.blocks import (
    STANDARD,
    WHITE_B,
    b_site,
    cor_site,
    effect_site,
    held_positions,
    in_prior,
    is_ordered,
    n_white,
    threshold_site,
)
from bayesformula.compiler.inputs import PriorArguments, Start
from bayesformula.compiler.kinds import REAL, has_long_tail
from bayesformula.compiler.spreads import BOUNDED, Spreads, unknown
from bayesformula.compiler.structure import Structure
from bayesformula.priors import SHRINKAGE


@dataclass(frozen=True, slots=True)
class Site:
    """An unconstrained coordinate block of the sampler: a NumPyro site and its shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))


class Piece(NamedTuple):
    """A site, its first unconstrained values, their rough posterior sds, and where their tails are bent.

    `side` is -1 for the tail below `middle`, 1 for that above, 0 for none.
    """

    site: Site
    z: np.ndarray
    scale: np.ndarray
    side: int = 0
    middle: np.ndarray | None = None


BENT_SCALARS = frozenset({"shape", "phi"})
"""Parameters of families that may be as large as they like: counts are then those of a Poisson or a binomial.
Their tails are bent above `MARGIN` times a rough value."""
MARGIN = 2.0


def start_sites(
    structure: Structure, priors: PriorArguments | None, rough: Start | None, spreads: Spreads | None = None
) -> list[Piece]:
    """The pieces of the sampler's vector, one after another.

    Without `priors` only names, shapes and which are bent mean anything.
    """
    if priors is None or rough is None:
        priors, rough = _blank(structure)
    spreads = spreads or unknown(structure, rough)
    out: list[Piece] = []
    for k in range(len(structure.labels)):
        out += _group(structure, k, priors, rough, spreads)
    for name, kind in structure.scalars:
        size = np.full(1, spreads.sigma if name == "sigma" else BOUNDED)
        middle = MARGIN * rough.scalars[name] if name in BENT_SCALARS else None
        start = (priors.scalars[name], rough.scalars[name], size)
        out += _vector(name, (kind,), *start, bounded=size, middle=middle, side=1)
    if structure.plan == "marginal":
        return out + _marginal(structure, priors, rough)
    for place, predictor in enumerate(structure.predictors):
        at = held_positions(structure, place)
        kinds = tuple(predictor.b_kinds[i] for i in at)
        units = priors.units[place][at] * (rough.scalars["sigma"] if predictor.in_sigma else 1.0)
        start = (priors.b[place][at], rough.b[place][at], rough.b_errors[place][at])
        out += _vector(b_site(predictor), kinds, *start, units=units)
    bcs_kinds = structure.predictors[0].bcs_kinds
    out += _vector("bcs", bcs_kinds, priors.bcs, np.zeros(len(bcs_kinds)), np.full(len(bcs_kinds), 0.3))
    out += _thresholds(structure, priors, rough)
    return out + _effects(structure, rough)


def _effects(structure: Structure, rough: Start) -> list[Piece]:
    """Group effects, or the standard normals in their place; under `whitened` those of coefficients too."""
    out: list[Piece] = []
    if structure.plan == "whitened" and n_white(structure):
        out.append(_zeros(WHITE_B, (n_white(structure),), 1.0))
    for k in range(len(structure.labels)):
        shape = (structure.n_levels[k], len(structure.coefs[k]))
        size = 1.0 if structure.plan in STANDARD else rough.sd[k][: shape[1]]
        out.append(_zeros(effect_site(structure, k), shape, size))
    return out


def sides(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """On which side the first elements of the vector are bent, up to the last that is."""
    out = [piece.side for piece in pieces for _ in range(piece.site.size)]
    while out and not out[-1]:
        out.pop()
    return tuple(out)


def n_standard(structure: Structure) -> int:
    """How many of the last numbers of the sampler's vector are standard normals, as far as is known."""
    effects = sum(j * len(coefs) for j, coefs in zip(structure.n_levels, structure.coefs, strict=True))
    return effects + n_white(structure) if structure.plan == "whitened" else 0


def _blank(structure: Structure) -> tuple[PriorArguments, Start]:
    """Numbers that are legal for every kind, where only names and shapes are asked for."""

    def table(count: int) -> np.ndarray:
        return sites.placeholder(count)

    counts = [len(predictor.columns) for predictor in structure.predictors]
    sds = [len(kinds) for kinds in structure.sd_kinds]
    n_thresholds = len(structure.threshold_kinds)
    names = [name for name, _ in structure.scalars]
    priors = PriorArguments(
        b=tuple(map(table, counts)),
        sd=tuple(map(table, sds)),
        cor=(),
        df=tuple(table(1) for _ in sds),
        scalars={name: table(1) for name in names},
        thresholds=table(n_thresholds),
        bcs=table(len(structure.predictors[0].bcs_kinds)),
        units=tuple(map(np.ones, counts)),
    )
    start = Start(
        b=tuple(map(np.zeros, counts)),
        b_errors=tuple(map(np.ones, counts)),
        sd=tuple(map(np.ones, sds)),
        df=tuple(np.ones(1) for _ in sds),
        scalars={name: np.ones(1) for name in names},
        thresholds=np.arange(float(n_thresholds)),
    )
    return priors, start


def _vector(
    name: str,
    kinds: tuple[str, ...],
    arguments: np.ndarray,
    value: np.ndarray,
    scale: np.ndarray,
    bounded: np.ndarray | None = None,
    units: np.ndarray | None = None,
    middle: np.ndarray | None = None,
    side: int = -1,
) -> list[Piece]:
    """Sites of parameters; all arguments but `kinds` and `name` have a row for each.

    `scale` is the rough posterior sd of one that is real, `bounded` that of the others' unconstrained values;
    those whose logarithms have a long tail on the `side` of `middle` are bent there.
    """
    out: list[Piece] = []
    bounded = np.full(len(kinds), BOUNDED) if bounded is None else bounded
    for member in sites.members(name, kinds):
        at = np.array(member.positions)
        if member.kind in SHRINKAGE:
            assert units is not None, "joint priors need the units of the parameters"
            parts = shrinkage.parts(member.kind, member.name, value[at], units[at], arguments[at[0]])
            out += [Piece(Site(part.name, np.shape(part.z)), part.z, part.size) for part in parts]
            continue
        z = sites.unconstrain(member.kind, value[at], arguments[at])
        size = (scale if member.kind in REAL else bounded)[at]
        piece = Piece(Site(member.name, (len(at),)), z, size)
        if middle is not None and has_long_tail(member.kind, side):
            piece = piece._replace(side=side, middle=np.log(middle[at]))
        out.append(piece)
    return out


def _zeros(name: str, shape: tuple[int, ...], scale: np.ndarray | float) -> Piece:
    return Piece(Site(name, shape), np.zeros(shape), np.broadcast_to(np.asarray(scale, float), shape))


def _group(
    structure: Structure, k: int, priors: PriorArguments, rough: Start, spreads: Spreads
) -> list[Piece]:
    """Sds, correlations, and degrees of freedom with the scales of the levels."""
    label = structure.labels[k]
    name = in_prior(f"sd_{label}", structure.group_is_centred[k])
    size = np.tile(spreads.sd[k], structure.n_by[k])
    middle = None if spreads.middle is None else np.tile(spreads.middle[k], structure.n_by[k])
    out = _vector(name, structure.sd_kinds[k], priors.sd[k], rough.sd[k], size, bounded=size, middle=middle)
    batch = (structure.n_by[k],) if structure.n_by[k] > 1 else ()
    for number, block in enumerate(block for block in structure.blocks[k] if len(block) > 1):
        shape = (*batch, len(block) * (len(block) - 1) // 2)
        out.append(_zeros(cor_site(structure, k, number), shape, spreads.cor[k]))
    if structure.df_kinds[k]:
        kinds = (structure.df_kinds[k],)
        out += _vector(f"df_{label}", kinds, priors.df[k], rough.df[k], np.full(1, 0.7))
        out.append(_zeros(f"tail_{label}", (structure.n_levels[k],), 1.0))
    return out


def _marginal(structure: Structure, priors: PriorArguments, rough: Start) -> list[Piece]:
    """The coefficients that the marginal plan samples, and what makes mixtures of normals of others."""
    at = structure.sampled
    kinds = tuple(structure.b_kinds[i] for i in at)
    out = _vector("b", kinds, priors.b[0][at], rough.b[0][at], rough.b_errors[0][at])
    return out + ([_zeros("lambda_b", (len(structure.mixed),), 0.5)] if structure.mixed else [])


def _thresholds(structure: Structure, priors: PriorArguments, rough: Start) -> list[Piece]:
    kinds, name = structure.threshold_kinds, threshold_site(structure)
    if is_ordered(structure) and kinds and "constant" not in kinds:
        z = sites.unconstrain_ordered(rough.thresholds)
        return [Piece(Site(name, (len(kinds),)), z, np.full(len(kinds), 0.2))]
    return _vector(name, kinds, priors.thresholds, rough.thresholds, np.full(len(kinds), 0.2))
