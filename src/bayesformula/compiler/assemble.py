"""From a `ModelSpec` and rows to the argument of a program: coordinates, cross-products, starting values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bayesformula.compiler import starts
from bayesformula.compiler.chunks import RowSource
from bayesformula.compiler.coordinates import Coordinates, PredictorFrame, coordinates
from bayesformula.compiler.inputs import (
    ModelData,
    PredictorRows,
    Reported,
    Start,
    Whitened,
    prior_arguments,
    summed,
)
from bayesformula.compiler.integrated import centring_at, integrated_data
from bayesformula.compiler.kinds import REAL
from bayesformula.compiler.structure import PredictorStructure, Structure
from bayesformula.compiler.working import working_model
from bayesformula.model.spec import GroupSpec, ModelSpec


def assemble(
    model: ModelSpec,
    structure: Structure,
    source: RowSource,
    ahead: Callable[[ModelData], None] | None = None,
) -> tuple[ModelData, Start]:
    """Everything a program of this structure needs, and where its chains start.

    Args:
        model: what is fitted.
        structure: of the program.
        source: of the rows.
        ahead: called with arrays of the same shapes, where it takes time to find the numbers.
    """
    if structure.plan == "marginal":
        return integrated_data(model, structure, source)
    rows = source.whole
    used = source.used(rows)
    frames = tuple(
        _predictor_frame(predictor, part, used, has_thresholds=bool(model.n_thresholds) and not place)
        for place, (predictor, part) in enumerate(zip(structure.predictors, rows.predictors, strict=True))
    )
    group_reported = tuple(
        np.linalg.inv(_centring(summed(arrays), g, used, model.centred_positions(g)))
        for arrays, g in zip(rows.groups, model.groups, strict=True)
    )
    mu = structure.predictors[0]
    means, specific_means = np.zeros(len(mu.columns)), np.zeros(len(model.mu.specific))
    if model.n_thresholds and mu.b_is_centred:
        means = np.asarray(rows.x)[used].mean(axis=0)
        if rows.predictors[0].specific is not None:
            specific_means = np.asarray(rows.predictors[0].specific)[used].mean(axis=0)
    reported = Reported(tuple(f.to_reported for f in frames), group_reported, means, specific_means)
    begin = starts.start(model, structure, rows, frames, group_reported, used)
    data = ModelData(rows, prior_arguments(model), reported, None)
    if structure.plan == "whitened":
        shapes = None if ahead is None else lambda whitened: ahead(data._replace(whitened=whitened))
        whitened, begin = _whitened(model, structure, used, data, begin, shapes)
        data = data._replace(whitened=whitened)
    return data, begin


def _predictor_frame(
    predictor: PredictorStructure, rows: PredictorRows, used: np.ndarray, *, has_thresholds: bool
) -> PredictorFrame:
    """Coordinates of one predictor's coefficients; thresholds take up shifts as an intercept does."""
    at = predictor.columns.index("Intercept") if "Intercept" in predictor.columns else None
    x = coordinates(np.asarray(rows.x), at, used)
    is_centred = predictor.b_is_centred and not has_thresholds
    to_reported = np.linalg.inv(x.centring) if is_centred else np.eye(len(predictor.columns))
    return PredictorFrame(x, to_reported, x.from_reported @ to_reported)


def _whitened(
    model: ModelSpec,
    structure: Structure,
    used: np.ndarray,
    data: ModelData,
    begin: Start,
    ahead: Callable[[Whitened], None] | None,
) -> tuple[Whitened, Start]:
    """The working model and a start near its mode."""
    rows, priors, reported = data[:3]
    population = [
        _held_apart(predictor, np.asarray(part.x), used)
        for predictor, part in zip(structure.predictors, rows.predictors, strict=True)
    ]
    b_in = [c.from_reported @ to for c, to in zip(population, reported.b, strict=True)]
    if model.n_thresholds and structure.b_is_centred:  # as then thresholds are at the means
        first = population[0]
        population[0] = first._replace(columns=first.columns - first.columns[used].mean(axis=0))
    effects = []
    for arrays, group in zip(rows.groups, model.groups, strict=True):
        # centred by the intercept of the same predictor: a group may belong to several
        centring = _centring(summed(arrays), group, used, range(group.q))
        scaled = coordinates(summed(arrays) @ np.linalg.inv(centring), None, used)
        effects.append(scaled._replace(from_reported=scaled.from_reported @ centring))
    group_in = [c.from_reported @ to for c, to in zip(effects, reported.groups, strict=True)]
    return working_model(structure, rows, priors, population, b_in, effects, group_in, begin, ahead)


def _held_apart(predictor: PredictorStructure, x: np.ndarray, used: np.ndarray) -> Coordinates:
    """Internal coordinates in which no coefficient that is sampled as it stands depends on a whitened one."""
    at = predictor.columns.index("Intercept") if "Intercept" in predictor.columns else None
    if at is not None and not predictor.b_is_centred and predictor.b_kinds[at] not in REAL:
        at = None
    return coordinates(x, at, used)


def _centring(
    columns: np.ndarray, group: GroupSpec, used: np.ndarray, positions: Sequence[int]
) -> np.ndarray:
    """`centring_at` the means of columns that are at hand in all rows."""
    return centring_at(columns[used].mean(axis=0), group, positions)
