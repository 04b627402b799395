"""One point of a model in two systems of units: where it goes, and what its density must change by.

`Change` multiplies y by a unit and turns x into `x_unit x + x_shift`. Each parameter is measured in powers
of the two units (`eta_units`, `natural_units`); that is all that is known here of families.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpyro import handlers
from numpyro.infer.util import constrain_fn, log_density

from bayesformula import api
from bayesformula.compiler.blocks import b_site, threshold_site
from bayesformula.compiler.emit import Program, unravel
from bayesformula.compiler.inputs import ModelData
from bayesformula.families import Family
from bayesformula.model.spec import ModelSpec


@dataclass(frozen=True)
class Change:
    y_unit: float = 1.0
    x_unit: float = 1.0
    x_shift: float = 0.0

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        out = frame.assign(x=self.x_unit * frame.x + self.x_shift)
        return out.assign(y=self.y_unit * frame.y) if self.y_unit != 1 else out


LOGGED = ("lognormal", "shifted_lognormal")
NATURAL = {"mu": 1.0, "sigma": 1.0, "beta": 1.0, "ndt": 1.0}
POWERS = {"identity": 1.0, "inverse": -1.0, "inverse_squared": -2.0, "sqrt": 0.5}


def natural_units(model: ModelSpec, name: str) -> float:
    """The power of the response's unit in which a parameter is measured."""
    base = model.family.base
    if model.family.support not in ("real", "positive", "nonnegative"):
        return 0.0
    if name in ("mu", "sigma") and base in LOGGED:
        return 0.0
    return 1.0 if (name, base) == ("shape", "inverse_gaussian") else NATURAL.get(name, 0.0)


def eta_units(model: ModelSpec, parameter: str, link: str) -> tuple[float, float]:
    """The power of y's unit in which a predictor is measured, and how many logs of it are added."""
    if parameter == "mu" and model.family.base in LOGGED:
        return 0.0, 1.0
    natural = natural_units(model, parameter)
    return (0.0, natural) if link == "log" else (natural * POWERS.get(link, 0.0), 0.0)


@dataclass(frozen=True)
class Coordinate:
    """value -> factor value + added, for one number of the model at the predictors' means."""

    factor: float
    added: float = 0.0


def _coefficient(model: ModelSpec, change: Change, place: int, column: str, *, is_effect: bool) -> Coordinate:
    predictor = model.predictors[place]
    power, logs = eta_units(model, predictor.parameter, predictor.link)
    factor = change.y_unit**power / (change.x_unit if column == "x" else 1.0)
    is_added = column == "Intercept" and not is_effect
    return Coordinate(factor, logs * math.log(change.y_unit) if is_added else 0.0)


def coordinates(model: ModelSpec, program: Program, change: Change) -> dict[str, list[Coordinate]]:
    """For each site what becomes of its numbers, those of the last axis."""
    out: dict[str, list[Coordinate]] = {}
    places = {predictor.parameter: i for i, predictor in enumerate(model.predictors)}
    for place, part in enumerate(program.structure.predictors):
        out[b_site(part)] = [
            _coefficient(model, change, place, column, is_effect=False) for column in part.columns
        ]
    for group in model.groups:
        effects = [
            _coefficient(model, change, places[group.owner(i)], group.column(i), is_effect=True)
            for i in range(group.q)
        ]
        for suffix in ("", ".centred"):
            out[f"sd_{group.label}{suffix}"] = effects * max(1, len(group.by))
            out[f"r_{group.label}{suffix}"] = effects
    for name in model.scalars:
        out[name] = [Coordinate(change.y_unit ** natural_units(model, name))]
    out["bcs"] = [
        Coordinate(1 / change.x_unit if column == "x" else 1.0)
        for column in model.mu.specific
        for _ in range(model.n_thresholds)
    ]
    out[threshold_site(program.structure)] = [Coordinate(1.0)] * model.n_thresholds
    return out


@dataclass(frozen=True)
class Prepared:
    """A model, its program and the program's argument."""

    model: ModelSpec
    program: Program
    data: ModelData
    z: np.ndarray
    size: np.ndarray

    @property
    def point(self) -> dict[str, np.ndarray]:
        """A point near the start, by site."""
        rng = np.random.default_rng(7)
        z = self.z + 0.1 * self.size * rng.normal(size=self.z.shape)  # near: identity links end somewhere
        return constrain_fn(self.program.model, (self.data,), {}, unravel(self.program.layout, z))

    def log_density(self, values: dict[str, np.ndarray]) -> float:
        return float(log_density(self.program.model, (self.data,), {}, values)[0])

    def reported(self, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        with handlers.seed(rng_seed=0), handlers.substitute(data=values):
            sites = handlers.trace(self.program.model).get_trace(self.data)
        return {name: np.asarray(site["value"]) for name, site in sites.items() if site["type"] != "plate"}


def prepared(formula, frame: pd.DataFrame, family: str | Family | None, plan: str) -> Prepared:
    options = {"family": family, "priors": None, "plan": plan, "na": "drop", "checks": None, "quiet": True}
    ready = api.prepare(formula, frame, **options)
    program, data, start = api.compile_inputs(ready.model, plan, ready.design)
    return Prepared(ready.model, program, data, *program.start(data, start)[:2])


def difference(
    formula, family: str | Family | None, frame: pd.DataFrame, change: Change, plan: str
) -> Difference:
    """A point of a model and its image in the new units."""
    one, two = prepared(formula, frame, family, plan), prepared(formula, change.of(frame), family, plan)
    point = one.point
    image, log_jacobian = moved(point, coordinates(one.model, one.program, change))
    densities = one.log_density(point), two.log_density(image)
    assert np.all(np.isfinite(densities))
    left = densities[1] - densities[0] + log_jacobian + log_unit_of_rows(one.model, frame, change)
    pairs = reported_pairs(one.model, change, one.reported(point), two.reported(image))
    return Difference(left, {name: (expected, found) for name, expected, found in pairs})


@dataclass(frozen=True)
class Difference:
    """What the log density changes by beside the Jacobian; expected and found values by reported name."""

    log_density: float
    reported: dict[str, tuple[np.ndarray, np.ndarray]]


def moved(values: dict[str, np.ndarray], where: dict[str, list[Coordinate]]) -> tuple[dict, float]:
    """The point in the new units, and the log of the Jacobian."""
    out, log_jacobian = {}, 0.0
    for name, value in values.items():
        value = np.asarray(value)
        if not value.size or name not in where:  # v, L, tail: without units
            out[name] = value
            continue
        factors = np.array([c.factor for c in where[name]])
        added = np.array([c.added for c in where[name]])
        out[name] = value * factors + added
        log_jacobian += float(np.sum(np.broadcast_to(np.log(factors), value.shape)))
    return out, log_jacobian


def log_unit_of_rows(model: ModelSpec, frame: pd.DataFrame, change: Change) -> float:
    """Of the densities of the response: its unit for each row that has one."""
    if change.y_unit == 1:
        return 0.0
    return float(np.sum(frame.y != 0)) * math.log(change.y_unit)


# ---- what is reported --------------------------------------------------------------------------------


def reported_pairs(
    model: ModelSpec, change: Change, before: dict[str, np.ndarray], after: dict[str, np.ndarray]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What is reported at a point and its image, the first mapped by hand: name, expected, found."""
    places = {predictor.parameter: i for i, predictor in enumerate(model.predictors)}
    for place, predictor in enumerate(model.predictors):
        name = "b_reported" if predictor.parameter == "mu" else f"b_{predictor.parameter}_reported"
        names, owners = predictor.columns, [place] * len(predictor.columns)
        matrix, added = _reported_map(model, change, names, owners, is_effect=False)
        yield name, matrix @ before[name] + added, after[name]
    if model.n_thresholds:
        expected = before["Intercept_reported"]
        if "x" in model.mu.columns:
            slope = before["b_reported"][model.mu.columns.index("x")] / change.x_unit
            expected = expected + change.x_shift * slope
        if "x" in model.mu.specific:
            slopes = before["bcs_reported"][model.mu.specific.index("x")] / change.x_unit
            expected = expected + change.x_shift * slopes
        yield "Intercept_reported", expected, after["Intercept_reported"]
    for group in model.groups:
        names = [group.column(i) for i in range(group.q)]
        owners = [places[group.owner(i)] for i in range(group.q)]
        matrix, _ = _reported_map(model, change, names, owners, is_effect=True)
        label = group.label
        yield f"r_{label}", before[f"r_{label}"] @ matrix.T, after[f"r_{label}"]
        many = np.kron(np.eye(max(1, len(group.by))), matrix)
        covariance = many @ _covariance(before, label) @ many.T
        yield f"sd_{label}", np.sqrt(np.diag(covariance)), after[f"sd_{label}"]


def _reported_map(
    model: ModelSpec, change: Change, columns: Sequence[str], owners: Sequence[int], *, is_effect: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients at x = 0: b0 + b1 x = (b0 - b1 shift / unit) + (b1 / unit) (unit x + shift)."""
    found = [
        _coefficient(model, change, owner, column, is_effect=is_effect)
        for owner, column in zip(owners, columns, strict=True)
    ]
    matrix = np.diag([c.factor for c in found])
    for i, column in enumerate(columns):
        for j, other in enumerate(columns):
            if column == "Intercept" and other == "x" and owners[i] == owners[j]:
                matrix[i, j] = -change.x_shift * found[j].factor
    return matrix, np.array([c.added for c in found])


def _covariance(reported: dict[str, np.ndarray], label: str) -> np.ndarray:
    sd = reported[f"sd_{label}"]
    cor = reported.get(f"cor_{label}")
    return np.diag(sd**2) if cor is None else np.outer(sd, sd) * cor
