"""The model as plain data: what is fitted, with which priors. Standard library only.

A `ModelSpec` is hashable, comparable and JSON-able; it is what `explain` shows, what a saved fit
holds, and what the compiler reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from bayesformula.errors import FitFileError
from bayesformula.family_table import ORDINAL, Family
from bayesformula.priors import Prior, PriorRow
from bayesformula.typed import check_records


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """The effects of one grouping factor on all predictors that it enters.

    Attributes:
        label: `cafe`, `region:group`.
        factors: the columns (or expressions) whose observed combinations are the levels.
        n_levels: how many there are.
        coefs: names of the q coefficients, in order of writing.
        blocks: positions in `coefs` that are correlated with each other; every coefficient is in one block.
        nested_in: labels of other groups of the model in which every level of this one lies in one level.
        parameters: for each coefficient the parameter whose predictor it enters; empty where that is mu for
            all. Coefficients of others than mu are named after them, `sigma_Intercept`.
        by: what the K levels of `gr(by = )` add to names, `treatA`; each level of the group has one of them,
            and each of them its own sds and correlations.
        dist: "gaussian", or "student" with degrees of freedom `df_<label>`.
        cov: name of the known covariance matrix of the levels, or "".
        members: the M columns of `mm(...)`; a row belongs to a level of each.
    """

    label: str
    factors: tuple[str, ...]
    n_levels: int
    coefs: tuple[str, ...]
    blocks: tuple[tuple[int, ...], ...]
    nested_in: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    dist: str = "gaussian"
    cov: str = ""
    members: tuple[str, ...] = ()

    @property
    def q(self) -> int:
        return len(self.coefs)

    @property
    def sd_coefs(self) -> tuple[str, ...]:
        """Names of the K q sds: the coefficients', once for each level of `by`, `Intercept:treatA`."""
        return tuple(f"{coef}:{level}" for level in self.by for coef in self.coefs) or self.coefs

    @property
    def sd_blocks(self) -> tuple[tuple[int, ...], ...]:
        """Positions in `sd_coefs` that are correlated with each other."""
        return tuple(
            tuple(k * self.q + position for position in block)
            for k in range(max(1, len(self.by)))
            for block in self.blocks
        )

    @property
    def is_correlated(self) -> bool:
        """As `explain` reports it: more than one coefficient and one block."""
        return self.q > 1 and len(self.blocks) == 1

    def owner(self, position: int) -> str:
        """The parameter whose predictor a coefficient enters."""
        return self.parameters[position] if self.parameters else "mu"

    def column(self, position: int) -> str:
        """The column that a coefficient multiplies: its name without that of its parameter."""
        owner = self.owner(position)
        return self.coefs[position] if owner == "mu" else self.coefs[position].removeprefix(f"{owner}_")

    def intercept_of(self, position: int) -> int | None:
        """Position of the intercept, in the same block and predictor, that takes up a shift of a column."""
        block = next(block for block in self.blocks if position in block)
        for other in block:
            if self.owner(other) == self.owner(position) and self.column(other) == "Intercept":
                return other
        return None

    def can_be_centred(self, block: int) -> bool:
        """Whether a block has an intercept to take up a shift of its other columns."""
        return any(self.intercept_of(position) not in (None, position) for position in self.blocks[block])


@dataclass(frozen=True, slots=True)
class PredictorSpec:
    """One linear predictor.

    Attributes:
        parameter: "mu", "sigma", ...; of a categorical response one for each level but the first, "muB".
        link: of the parameter.
        columns: of the population part.
        has_offset: an offset enters.
        specific: columns whose coefficients differ from threshold to threshold, those of `cs()`.
        units: of the coefficients, the spread of the predictor over that of each column, where a joint
            prior of all of them (horseshoe, r2d2) needs them.
        in_sigma: that spread is sigma, a parameter, so that `units` are one over the spreads of the columns.
    """

    parameter: str
    link: str
    columns: tuple[str, ...]
    has_offset: bool = False
    specific: tuple[str, ...] = ()
    units: tuple[float, ...] = ()
    in_sigma: bool = False

    @property
    def has_intercept(self) -> bool:
        return "Intercept" in self.columns


KINDS = frozenset({"b", "Intercept", "bcs", "sd", "cor", "df"})
"""Kinds of prior rows; any other is the name of a parameter of the family, one number for all rows."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A whole model.

    Attributes:
        formula: canonical text.
        response: name of the response as written.
        family: its record.
        n_rows: rows used.
        predictors: one for each parameter that has a formula, `mu` first.
        groups: one for each grouping factor.
        priors: one row for each scalar parameter, one a block for correlations, in the order of the
            summary: thresholds, b, bcs, sd, cor, df, further parameters.
        has_weights: the likelihood has weights.
        known_error: "alone" where `se()` gives the sd of every response, "added" where it comes beside
            sigma, else "".
        terms: what else is known of each row: "trials", "rate", "cens", "cens_upper", "lower", "upper".
        categories: levels of an ordinal, categorical or multinomial response.
    """

    formula: str
    response: str
    family: Family
    n_rows: int
    predictors: tuple[PredictorSpec, ...]
    groups: tuple[GroupSpec, ...]
    priors: tuple[PriorRow, ...]
    has_weights: bool = False
    known_error: str = ""
    terms: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def mu(self) -> PredictorSpec:
        return self.predictors[0]

    @property
    def n_thresholds(self) -> int:
        """K - 1 for an ordinal response with K levels, else 0."""
        return len(self.categories) - 1 if self.family.name in ORDINAL else 0

    @property
    def scalars(self) -> tuple[str, ...]:
        """Parameters of the family that are one number for all rows: sigma, shape, zi, ..."""
        return tuple(row.kind for row in self.priors if row.kind not in KINDS)

    def prior_rows(self, kind: str, group: str = "", predictor: str = "") -> tuple[PriorRow, ...]:
        """The rows of one kind ("b", "sd", "cor", "sigma"), group and predictor, in order."""
        return tuple(
            row
            for row in self.priors
            if row.kind == kind and row.group == group and predictor in ("", row.predictor)
        )

    def centred_positions(self, group: GroupSpec) -> tuple[int, ...]:
        """Positions in `group.coefs` whose priors hold at the columns' means: all of a block or none."""
        rows = self.prior_rows("sd", group.label)[: group.q]  # the levels of `by` are all alike
        return tuple(position for position, row in enumerate(rows) if row.centred)


def prior_records(model: ModelSpec) -> list[dict[str, str]]:
    """The priors as a table: what `fit.priors` and `explain` list, and `parse_priors` reads back."""
    return [
        {
            "parameter": row.parameter,
            "prior": row.prior.render(),
            "source": row.source,
            "reason": row.reason,
            "address": row.address,
        }
        for row in model.priors
    ]


# ---- JSON both ways ----------------------------------------------------------------------------------

VERSION = 1
"""Of the JSON form; raised when a field changes its meaning."""


def to_json(model: ModelSpec) -> dict[str, Any]:
    """The model as JSON values; `from_json` gives the same model back, to the last bit of every number."""
    return {"version": VERSION, **asdict(model)}


def from_json(content: Mapping[str, Any]) -> ModelSpec:
    """The model that `to_json` wrote, also after a trip through a JSON text.

    Raises:
        FitFileError: `content` is not such a value, or of another version.
    """
    if not isinstance(content, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise FitFileError("a saved model is damaged: it is no object")
    if content.get("version") != VERSION:
        raise FitFileError(
            f"a model of version {content.get('version')!r} cannot be read: this version reads {VERSION}"
        )
    try:
        model = _model(content)
        check_records(model)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FitFileError(f"a saved model is damaged: {error}") from error
    return model


def _model(content: Mapping[str, Any]) -> ModelSpec:
    family = content["family"]
    return ModelSpec(
        formula=content["formula"],
        response=content["response"],
        family=Family(family["name"], tuple((p, link) for p, link in family["links"]), family["support"]),
        n_rows=content["n_rows"],
        predictors=tuple(_predictor(entry) for entry in content["predictors"]),
        groups=tuple(_group(entry) for entry in content["groups"]),
        priors=tuple(_row(entry) for entry in content["priors"]),
        has_weights=content["has_weights"],
        known_error=content.get("known_error", ""),
        terms=_items(content.get("terms", ())),
        categories=_items(content.get("categories", ())),
    )


def _predictor(entry: Mapping[str, Any]) -> PredictorSpec:
    specific = _items(entry.get("specific", ()))
    units = tuple(float(unit) for unit in entry.get("units", ()))
    return PredictorSpec(**_with(entry, columns=_items(entry["columns"]), specific=specific, units=units))


def _group(entry: Mapping[str, Any]) -> GroupSpec:
    names = ("factors", "coefs", "nested_in", "parameters", "by", "members")
    tuples = {name: _items(entry.get(name, ())) for name in names}
    blocks = tuple(tuple(int(position) for position in block) for block in entry["blocks"])
    return GroupSpec(**_with(entry, **tuples, blocks=blocks))


def _row(entry: Mapping[str, Any]) -> PriorRow:
    prior = entry["prior"]
    arguments = tuple(float(value) for value in prior["arguments"])
    return PriorRow(
        **_with(entry, prior=Prior(prior["distribution"], arguments, prior["lower"], prior["upper"]))
    )


def _items(values: object) -> tuple[Any, ...]:
    """A list of JSON; a text is none, though its characters could be taken for one."""
    if not isinstance(values, list | tuple):
        raise TypeError(f"{type(values).__name__} in place of a list")
    return tuple(cast("list[Any]", values))


def _with(entry: Mapping[str, Any], **values: object) -> dict[str, Any]:
    """The fields of a record, some of them replaced: JSON has no tuples."""
    return {**entry, **values}
