"""How far sds and correlations will spread: rough posterior sds of the sampler's own coordinates.

Adaptation begins in these units, and where they are far from the truth its first hundred transitions take
hundreds of steps each. Where coefficients are integrated out, or mapped through a Gaussian model near the
likelihood, cross-products tell what the rows say of each level, and so how well an sd is known.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bayesformula.compiler.elimination import CrossProducts
from bayesformula.compiler.inputs import Marginal, ModelData, Start, Whitened
from bayesformula.compiler.order import Order
from bayesformula.compiler.structure import Structure

BOUNDED = 0.3
"""Of the log or logit of what is positive or bounded, where nothing is known of it."""
CORRELATION = 0.5
"""Of an unconstrained partial correlation, likewise."""
TIMES_LEAST, ROUGHLY = 4.0, 2.0
"""Below what an sd's tail is bent, in units of the least that can be told from none, or of a rough value.
Of seven models the least bulk ESS a step was at 4 times at most 12 % below the best of 2, 4, 8 and 16 times;
at the others it was up to 18, 22 and 30 % below."""
MARGIN = 1.5
"""Times what theory says of many levels, as rough values are rough."""


class Spreads(NamedTuple):
    """Rough posterior sds of unconstrained parameters.

    Attributes:
        sd: per group (q,), of the logs of its sds.
        cor: per group, of its correlations.
        sigma: of the log of the residual sd.
        middle: per group (q,), sds below which tails of the logs are bent; None where they are left straight.
    """

    sd: tuple[np.ndarray, ...]
    cor: tuple[float, ...]
    sigma: float
    middle: tuple[np.ndarray, ...] | None


def unknown(structure: Structure, rough: Start) -> Spreads:
    """Where the rows have not been looked at.

    Effects that are sampled as they are (`centred`) hold their sd fast: logs of such sds stay straight, as
    the neck of that funnel is no better for it.
    """
    counts = [len(coefs) for coefs in structure.coefs]
    middle = tuple(ROUGHLY * _usual(structure, rough, k) for k in range(len(counts)))
    return Spreads(
        tuple(np.full(count, BOUNDED) for count in counts),
        (CORRELATION,) * len(counts),
        BOUNDED,
        None if structure.plan == "centred" else middle,
    )


def spreads(structure: Structure, data: ModelData, rough: Start) -> Spreads:
    """Those of a model, by the cross-products of its rows or of the Gaussian model near its likelihood.

    A level's effect of variance s^2 that its rows tell with variance v has the reliability
    lambda = s^2 / (s^2 + v), and its share in the Fisher information about log s is 2 lambda^2. A row tells 2
    of the log of a Gaussian residual sd; of another family's sigma it is taken to tell 1.
    """
    if data.marginal is not None:
        sigma = float(rough.scalars["sigma"][0]) if "sigma" in rough.scalars else 1.0
        told = [_told(structure, data.marginal, k) / sigma**2 for k in range(len(structure.coefs))]
        of_sigma = _at_most(BOUNDED, 2.0 * float(data.marginal.n))
    elif data.whitened is not None:
        told = [_told(structure, data.whitened, k) for k in range(len(structure.coefs))]
        weights = data.rows.weights
        of_sigma = _at_most(BOUNDED, float(len(data.rows.y) if weights is None else np.sum(weights)))
    else:
        return unknown(structure, rough)
    sds, cors, middle = [], [], []
    for k, (n_by, precision) in enumerate(zip(structure.n_by, told, strict=True)):
        usual = _usual(structure, rough, k)
        signal = usual**2 * precision
        squares = (signal / (1.0 + signal)) ** 2
        sds.append(np.array([_at_most(BOUNDED, 2.0 * total / n_by) for total in squares.sum(axis=0)]))
        cors.append(_at_most(CORRELATION, float(np.sum(np.min(squares, axis=1, initial=1.0))) / n_by))
        middle.append(_middle(n_by, precision, usual))
    return Spreads(tuple(sds), tuple(cors), of_sigma, tuple(middle))


def _middle(n_by: int, precision: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """(q,) sds to bend below: a few times the least that rows can tell from none.

    At s = 0 the Fisher information about s^2 is half the sum of the squared precisions of the levels, so that
    an sd whose square is below its inverse root looks like none.
    """
    with np.errstate(over="ignore"):
        information = 0.5 * np.sum(precision**2, axis=0) / n_by
    least = np.clip(information, 1e-300, 1e300) ** -0.25
    return np.where(information > 1e-300, TIMES_LEAST * least, ROUGHLY * usual)


def _usual(structure: Structure, rough: Start, k: int) -> np.ndarray:
    """(q,) rough sds of a group, one for all of `gr(by = )`."""
    return np.sqrt(np.mean(np.reshape(rough.sd[k], (structure.n_by[k], -1)) ** 2, axis=0))


def _at_most(most: float, information: float) -> float:
    return min(most, MARGIN / math.sqrt(max(information, 1e-6)))


def _told(structure: Structure, part: Marginal | Whitened, k: int) -> np.ndarray:
    """(J, q): for each effect, in prior coordinates, its own cross-product: what the rows alone say of it."""
    into = np.asarray(part.group_in[k])
    return np.einsum("ac,jab,bc->jc", into, _own(structure, part, k), into)


def _own(structure: Structure, part: Marginal | Whitened, k: int) -> np.ndarray:
    """(J, q, q): each level's cross-products with itself, wherever the order of elimination keeps them."""
    order, s = _elimination(structure, part, k)
    n_levels = structure.n_levels
    if k in order.chain:
        return np.moveaxis(np.asarray(s.diag[order.chain.index(k)]), -1, 0)
    sizes = [n_levels[j] * len(structure.coefs[j]) for j in order.dense]
    begin = sum(sizes[: order.dense.index(k)])
    at = begin + np.arange(n_levels[k] * len(structure.coefs[k])).reshape(n_levels[k], -1)
    return np.asarray(s.corner)[at[:, :, None], at[:, None, :]]


def _elimination(structure: Structure, part: Marginal | Whitened, k: int) -> tuple[Order, CrossProducts]:
    """The order that eliminates group k, and its cross-products."""
    if isinstance(part, Marginal):
        return structure.order, part.s
    return next((order, s) for order, s in zip(structure.parts, part.s, strict=True) if k in order.groups)
