"""Whether the parts of a file are those of one fit, and small enough to be computed with.

Each part was read as what it is; here they are held against each other, before anything is made of them: a
model that names more coefficients than there are draws, levels without effects, columns of a design that no
memory could hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import BayesFormulaError
from bayesformula.families import record
from bayesformula.model.spec import GroupSpec, ModelSpec
from bayesformula.priors import DISTRIBUTIONS
from bayesformula.results.names import correlated_pairs, scalars
from bayesformula.typed import conforms

if TYPE_CHECKING:
    from bayesformula.data.learnt import DataSchema, GroupSchema, ParameterSchema, TermSchema
    from bayesformula.keeping import Moments
    from bayesformula.results.dataset import Levels

STATS = ("lp", "energy", "energy_change", "n_steps", "acceptance_rate", "diverging", "reached_max_treedepth")
"""What every sampler counts; `step_size` is missing in files of the first format."""
FLAGS = ("diverging", "reached_max_treedepth")
IMPORTANCE = {"effective_points", "points", "tail_shape", "rounds"}
"""What importance sampling says of its points."""
COPIES = 4
"""Of the rows of a design, that are in memory at once while its density is computed."""


class Disagreement(ValueError):
    """Two parts of a file are not of one fit."""


def check_parts(parts: Mapping[str, Any]) -> None:
    """Hold the parts of a file against each other.

    Raises:
        Disagreement: they are not those of one fit.
    """
    spec: ModelSpec = parts["spec"]
    shape = (parts["config"]["chains"], parts["config"]["draws"])
    for what in (
        *_of_model(spec),
        *_of_draws(spec, parts["draws"], parts["moments"], shape),
        *_of_counts(parts["stats"], parts["z"], shape),
        *_of_levels(spec, parts["levels"]),
        *_of_schema(spec, parts["schema"]),
        *_of_run(parts["timing"], parts["importance"]),
    ):
        raise Disagreement(what)
    if parts["frame"] is not None and len(parts["frame"]) != spec.n_rows:
        raise Disagreement(f"it holds {len(parts['frame'])} rows of {spec.n_rows}")


def _of_run(timing: Mapping[str, object], importance: Mapping[str, object] | None) -> Iterator[str]:
    """What every summary prints of the run."""
    if not conforms(timing.get("total"), float) or not conforms(timing.get("device"), str):
        yield "it says nothing of where it ran, and how long"
    if importance is not None and set(importance) != IMPORTANCE:
        yield "it says nothing of its weighed points"


# ---- the model ---------------------------------------------------------------------------------------


def _of_model(spec: ModelSpec) -> Iterator[str]:
    try:
        legal = dict(record(spec.family.name).legal_links)
    except (BayesFormulaError, KeyError):
        yield f"there is no family {spec.family.name!r}"
        return
    if not spec.predictors:
        yield "the model has no predictor"
    if {name for name, _ in spec.family.links} - set(record(spec.family.name).family.parameters):
        yield f"the family {spec.family.name} has no such parameters"
    for name, link in spec.family.links:
        if link not in legal.get(name, (link,)):
            yield f"{name} has no link {link!r}"
    for group in spec.groups:
        yield from _of_group(group)
    columns = {predictor.parameter: predictor.columns for predictor in spec.predictors}
    labels = {"", *(group.label for group in spec.groups)}
    for row in spec.priors:
        if row.group not in labels or (row.kind == "b" and row.coef not in columns.get(row.predictor, ())):
            yield f"there is nothing that the prior of {row.parameter!r} could be of"
        known = DISTRIBUTIONS.get(row.prior.distribution)
        if known is None or len(row.prior.arguments) != len(known.arguments):
            yield f"there is no such prior: {row.parameter} ~ {row.prior.distribution}"


def _of_group(group: GroupSpec) -> Iterator[str]:
    if group.n_levels < 1 or not group.coefs:
        yield f"the group {group.label!r} is empty"
    if sorted(position for block in group.blocks for position in block) != list(range(group.q)):
        yield f"the blocks of {group.label!r} are not its coefficients"
    if group.parameters and len(group.parameters) != group.q:
        yield f"the coefficients of {group.label!r} have other parameters"


# ---- draws -------------------------------------------------------------------------------------------


def _of_draws(
    spec: ModelSpec, draws: Mapping[str, np.ndarray], moments: Mapping[str, Moments], shape: tuple[int, int]
) -> Iterator[str]:
    """Every reported number has its draws, or its moments, and arrays have the shape of the model."""
    wanted = _shapes(spec)
    for name, values in draws.items():
        if values.dtype.kind != "f" or name not in wanted or values.shape != (*shape, *wanted[name]):
            yield f"the draws of {name!r} have another shape or type than the model says"
    for name, found in moments.items():
        for values in (found.mean, found.sd):
            if values.dtype.kind != "f" or values.shape != wanted[name]:
                yield f"the moments of {name!r} have another shape or type than the model says"
    effects = {f"r_{group.label}" for group in spec.groups} - set(moments)
    missing = ({row.variable for row in scalars(spec)} | effects) - set(draws)
    if missing:
        yield f"the draws of {min(missing)!r} are not there"


def _shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Of each array of draws, behind chains and draws."""
    n_specific = sum(len(predictor.specific) for predictor in spec.predictors)
    out: dict[str, tuple[int, ...]] = {
        "Intercept": (spec.n_thresholds,),
        "bcs": (n_specific, spec.n_thresholds),
    }
    for predictor in spec.predictors:
        name = "b" if predictor.parameter == "mu" else f"b_{predictor.parameter}"
        out[name] = (len(predictor.columns),)
    for group in spec.groups:
        n_sds = len(group.sd_coefs)
        out |= {f"r_{group.label}": (group.n_levels, group.q), f"sd_{group.label}": (n_sds,)}
        out |= {f"cor_{group.label}": (n_sds, n_sds), f"df_{group.label}": ()}
    return out | {name: () for name in spec.scalars}


def _of_counts(stats: Mapping[str, np.ndarray], z: np.ndarray, shape: tuple[int, int]) -> Iterator[str]:
    if z.ndim != 3 or z.shape[:2] != shape or z.dtype.kind != "f":
        yield "the sampler's own draws have another shape"
    if not set(STATS) <= set(stats) or set(stats) - {*STATS, "step_size"}:
        yield "what the sampler counted is not all there"
    for name, values in stats.items():
        if values.shape != shape or values.dtype.kind not in ("b" if name in FLAGS else "fiu"):
            yield f"what the sampler counted as {name!r} has another shape or type"


# ---- levels and schema -------------------------------------------------------------------------------


def _of_levels(spec: ModelSpec, levels: Levels) -> Iterator[str]:
    if set(levels) != {group.label for group in spec.groups}:
        yield "the levels are those of other groups"
        return
    for group in spec.groups:
        names, parts = levels[group.label]
        if len(names) != group.n_levels or len(set(names)) != len(names):
            yield f"the group {group.label!r} has other levels"
        if len(parts) not in (1, len(group.factors)) or any(len(part) != len(names) for part in parts):
            yield f"the levels of {group.label!r} have other parts"


def _of_schema(spec: ModelSpec, schema: DataSchema) -> Iterator[str]:
    if schema.n_rows != spec.n_rows or schema.n_rows < 1:
        yield f"the model has {spec.n_rows} rows, what was learnt from them {schema.n_rows}"
    if len(schema.parameters) != len(schema.spec.predictors):
        yield "what was learnt has other predictors than the formula"
    known = {variable.label: variable for variable in schema.variables}
    sizes = {group.label: group.n_levels for group in spec.groups}
    for parameter in schema.parameters:
        terms = [*parameter.terms, *parameter.specific]
        terms += [term for g in parameter.groups for effect in g.effects for term in effect.terms]
        for term in terms:
            if len(term.variables) != len(term.full) or not set(term.variables) <= set(known):
                yield f"the term {term.label!r} has variables that nothing was learnt of"
                return
        yield from _of_columns(parameter, _Widths(schema))
        for group in parameter.groups:
            yield from _of_learnt_group(group, sizes, _Widths(schema))


class _Widths:
    """How many columns terms have, from what was learnt of their variables."""

    def __init__(self, schema: DataSchema) -> None:
        self.variables = {variable.label: variable for variable in schema.variables}

    def of_variable(self, label: str, *, full: bool) -> int:
        variable = self.variables[label]
        if variable.kind == "numeric":
            return max(1, len(variable.names))
        count = len(variable.levels)
        return count if full else min(max(count - 1, 0), variable.contrast.how_many or count)

    def of_term(self, term: TermSchema) -> int:
        parts = zip(term.variables, term.full, strict=True)
        return math.prod(self.of_variable(label, full=full) for label, full in parts)


def _of_columns(parameter: ParameterSchema, widths: _Widths) -> Iterator[str]:
    """As many columns as names were learnt: whoever writes a million into a file pays for a million names."""
    wanted = int(parameter.intercept) + sum(map(widths.of_term, parameter.terms))
    if wanted != len(parameter.columns) + len(parameter.dropped):
        yield f"the formula of {parameter.parameter} has {wanted} columns, others than were learnt"
    wanted = sum(map(widths.of_term, parameter.specific))
    if wanted != len(parameter.specific_columns) + len(parameter.specific_dropped):
        yield f"cs() has {wanted} columns, others than were learnt"


def _of_learnt_group(group: GroupSchema, sizes: Mapping[str, int], widths: _Widths) -> Iterator[str]:
    count = len(group.levels)
    if sizes.get(group.label) != count:
        yield f"the group {group.label!r} has {count} levels, others than the model"
    effects = sum(int(each.intercept) + sum(map(widths.of_term, each.terms)) for each in group.effects)
    if effects != len(group.coefs):
        yield f"the group {group.label!r} has {effects} coefficients, others than were learnt"
    if len(group.factor_levels) != len(group.codes) or any(len(codes) != count for codes in group.codes):
        yield f"the levels of {group.label!r} have other parts"
    for names, codes in zip(group.factor_levels, group.codes, strict=False):
        if codes and not (min(codes) >= 0 and max(codes) < len(names)):
            yield f"a level of {group.label!r} has a part that is none"
    if group.by and (len(group.by_codes) != count or max(group.by_codes, default=0) >= len(group.by_levels)):
        yield f"the levels of {group.label!r} lie in none of {group.by!r}"
    if group.cov and len(group.cov_values) != count * count:
        yield f"the covariance of {group.label!r} has another size"


# ---- size --------------------------------------------------------------------------------------------


def bytes_to_compute(spec: ModelSpec, schema: DataSchema, plan: str) -> float:
    """What computing the density takes: the design, and what an elimination fills in."""
    from bayesformula.compiler.plan import elimination_bytes

    width = sum(len(p.columns) + len(p.specific) + 2 for p in spec.predictors)
    width += sum(group.q * max(1, len(group.members)) for group in spec.groups)
    width += len(spec.categories)
    blocks = sum(group.n_levels * group.q**2 * max(1, len(group.by)) for group in spec.groups)
    pairs = sum(len(correlated_pairs(group)) for group in spec.groups)
    filled = elimination_bytes(spec, plan)
    known = sum(group.n_levels**2 for group in spec.groups if group.cov)
    codings = sum(len(variable.levels) ** 2 for variable in schema.variables)
    return COPIES * (8.0 * (spec.n_rows * width + blocks + pairs + known + codings) + filled)
