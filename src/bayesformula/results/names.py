"""What results are called: flat brms names, xarray variables and dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bayesformula.model.spec import GroupSpec, ModelSpec, PredictorSpec

THRESHOLD, SPECIFIC = "threshold", "term_specific"
"""The dimensions of thresholds and of the coefficients of `cs()`."""

RESERVED = frozenset({"chain", "draw", "term", THRESHOLD, SPECIFIC, "b", "Intercept", "bcs", "sigma"})
"""Dimensions and variables of posteriors; a dimension of levels cannot have their names."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One reported scalar.

    Attributes:
        flat: its flat name.
        variable: the recovered array that holds it.
        at: its position there.
        section: under which heading it is printed.
        label: how it is called there.
        owner: of a population coefficient, the parameter whose predictor it enters; else "".
        column: of a population coefficient, what it multiplies ("Intercept" for a threshold); else "".
    """

    flat: str
    variable: str
    at: tuple[int, ...]
    section: str
    label: str
    owner: str = ""
    column: str = ""

    @property
    def term(self) -> str:
        """The flat name of a population coefficient without its kind: `x`, `sigma_x`, `Intercept[1]`."""
        return self.flat.partition("_")[2]


def safe(name: str) -> str:
    """A name that may stand in a file: `/` would make a folder there."""
    return name.replace("/", "_")


def distinct(names: Iterable[str]) -> list[str]:
    """The same names, each once: `_` is added to one that stands for something else already.

    >>> distinct(["b_sigma_x", "sd_g__x", "b_sigma_x"])
    ['b_sigma_x', 'sd_g__x', 'b_sigma_x_']
    """
    taken: set[str] = set()
    out = []
    for name in names:
        out.append(_free(name, taken))
        taken.add(out[-1])
    return out


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


# ---- recovered arrays and xarray variables ----


@dataclass(frozen=True, slots=True)
class GroupNames:
    """What xarray calls the parts of one group: `sd_<name>`, the levels' dimension, the coefficients' two."""

    name: str
    dimension: str

    @property
    def coef(self) -> str:
        return f"coef_{self.name}"

    @property
    def coef2(self) -> str:
        return f"coef2_{self.name}"

    def sd_coef(self, *, has_by: bool) -> tuple[str, str]:
        """The dimensions of sds and correlations: others than the coefficients' under `gr(by = )`."""
        return (f"coef_by_{self.name}", f"coef2_by_{self.name}") if has_by else (self.coef, self.coef2)


@dataclass(frozen=True, slots=True)
class Variable:
    """What xarray calls a recovered array, and its dimensions after chain and draw."""

    name: str
    dims: tuple[str, ...] = ()


def coefficients(parameter: str) -> str:
    """The recovered array of a predictor's population coefficients: `b`, `b_sigma`."""
    return "b" if parameter == "mu" else f"b_{parameter}"


def population_variables(model: ModelSpec) -> dict[str, Variable]:
    """Thresholds and population coefficients by recovered array, those without an element left out."""
    out: dict[str, Variable] = {}
    if any(predictor.specific for predictor in model.predictors):
        out["bcs"] = Variable("bcs", (SPECIFIC, THRESHOLD))
    if model.n_thresholds:
        out["Intercept"] = Variable("Intercept", (THRESHOLD,))
    filled = [predictor.parameter for predictor in model.predictors if predictor.columns]
    ends = distinct(safe(parameter) for parameter in filled)
    for parameter, end in zip(filled, ends, strict=True):
        is_mu = parameter == "mu"
        out[coefficients(parameter)] = Variable(coefficients(end), ("term" if is_mu else f"term_{end}",))
    return out


def group_variables(group: GroupSpec, called: GroupNames) -> dict[str, Variable]:
    """Effects, sds, correlations and degrees of freedom of a group by recovered array, there or not."""
    first, second = called.sd_coef(has_by=bool(group.by))
    return {
        f"r_{group.label}": Variable(f"r_{called.name}", (called.dimension, called.coef)),
        f"sd_{group.label}": Variable(f"sd_{called.name}", (first,)),
        f"cor_{group.label}": Variable(f"cor_{called.name}", (first, second)),
        f"df_{group.label}": Variable(f"df_{called.name}"),
    }


def variables(model: ModelSpec) -> dict[str, Variable]:
    """Every array that a fit of this model can have.

    An array with two dimensions comes before those with the second of them alone (`r_g` before `sd_g`): ArviZ
    stacks by dimensions in order of appearance, labels variable by variable, and mislabels any other order.
    """
    out = population_variables(model)
    called = group_names(model)
    for group in model.groups:
        out |= group_variables(group, called[group.label])
    return out | {name: Variable(name) for name in model.scalars}


def group_names(model: ModelSpec) -> dict[str, GroupNames]:
    """Names by group, each its own: `_` is added where a name stands for something else of the fit."""
    labels = [group.label for group in model.groups]
    names = distinct(safe(label) for label in labels)
    taken = {*RESERVED, *model.scalars}
    for variable in population_variables(model).values():
        taken |= {variable.name, *variable.dims}
    kinds = ("sd", "cor", "df", "r", "coef", "coef2", "coef_by", "coef2_by")
    taken |= {f"{kind}_{name}" for kind in kinds for name in names}
    out = {}
    for label, name in zip(labels, names, strict=True):
        dimension = _free(name, taken)
        taken.add(dimension)
        out[label] = GroupNames(name, dimension)
    return out


# ---- flat names ----


def scalars(model: ModelSpec) -> tuple[Scalar, ...]:
    """Every scalar of the summary, in its order.

    Thresholds; population coefficients, predictor by predictor; those of `cs()`; per group sds, correlations
    and degrees of freedom; parameters of the family that are one number for all rows.
    """
    rows = [*_thresholds(model), *_population(model), *_specific(model)]
    for group in model.groups:
        rows += _group(group)
    section = "Residual" if model.family.name == "gaussian" else "Family parameters"
    rows += [Scalar(name, name, (), section, name) for name in model.scalars]
    flats = distinct(row.flat for row in rows)
    return tuple(replace(row, flat=flat) for row, flat in zip(rows, flats, strict=True))


def population(model: ModelSpec) -> tuple[Scalar, ...]:
    """The scalars that are population coefficients or thresholds."""
    return tuple(row for row in scalars(model) if row.column)


def _thresholds(model: ModelSpec) -> Iterator[Scalar]:
    for k in range(model.n_thresholds):
        name = f"Intercept[{k + 1}]"
        yield Scalar(f"b_{name}", "Intercept", (k,), "Thresholds", name, "mu", "Intercept")


def _population(model: ModelSpec) -> Iterator[Scalar]:
    for predictor in model.predictors:
        variable, owner = coefficients(predictor.parameter), predictor.parameter
        for i, column in enumerate(predictor.columns):
            yield Scalar(f"{variable}_{column}", variable, (i,), _section(predictor), column, owner, column)


def _section(predictor: PredictorSpec) -> str:
    if predictor.parameter == "mu":
        return "Population effects"
    return f"Population effects: {predictor.parameter} ({predictor.link} link)"


def _specific(model: ModelSpec) -> Iterator[Scalar]:
    """Row by row of `bcs`: a column, and its coefficient at each threshold."""
    columns = [(p.parameter, column) for p in model.predictors for column in p.specific]
    for i, (owner, column) in enumerate(columns):
        for k in range(model.n_thresholds):
            label = f"{column}[{k + 1}]"
            yield Scalar(f"bcs_{label}", "bcs", (i, k), "Category-specific effects", label, owner, column)


def _group(group: GroupSpec) -> Iterator[Scalar]:
    label, names = group.label, sd_coefs(group)
    section = f"Group effects: {label} ({group.n_levels} levels)"
    for i, coef in enumerate(names):
        yield Scalar(f"sd_{label}__{coef}", f"sd_{label}", (i,), section, f"sd({coef})")
    for i, j in correlated_pairs(group):
        flat = f"cor_{label}__{names[i]}__{names[j]}"
        yield Scalar(flat, f"cor_{label}", (i, j), section, f"cor({names[i]},{names[j]})")
    if group.dist == "student":
        yield Scalar(f"df_{label}", f"df_{label}", (), section, "df")


def coefs(group: GroupSpec) -> list[str]:
    """Names of the effects, each its own: a column `sigma_x` of mu and an x of sigma are both `sigma_x`."""
    return distinct(group.coefs)


def sd_coefs(group: GroupSpec) -> list[str]:
    """Names of the sds, each its own."""
    return distinct(group.sd_coefs)


def correlated_pairs(group: GroupSpec) -> list[tuple[int, int]]:
    """Positions (i, j) of sds, i < j in order of writing, of coefficients within one block."""
    return sorted(
        (min(i, j), max(i, j))
        for block in group.sd_blocks
        for n, i in enumerate(block)
        for j in block[n + 1 :]
    )


def effect_names(group: GroupSpec, levels: tuple[str, ...]) -> list[str]:
    """`r_cafe[c3,Intercept]`, level by level, coefficients within."""
    return [f"r_{group.label}[{level},{coef}]" for level in levels for coef in coefs(group)]
