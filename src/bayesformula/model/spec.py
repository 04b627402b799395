"""The model as plain data: what is fitted, with which priors. Standard library only.

A `ModelSpec` is hashable, comparable and JSON-able; it is what `explain` shows, what a saved fit
holds, and what the compiler reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bayesformula.errors import FitFileError
from bayesformula.families import Family
from bayesformula.priors import Prior, PriorRow


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """The effects of one grouping factor on one predictor.

    Attributes:
        label: `cafe`, `region:group`.
        factors: the columns (or expressions) whose observed combinations are the levels.
        n_levels: how many there are.
        coefs: names of the q coefficients, in order of writing.
        blocks: positions in `coefs` that are correlated with each other; every coefficient is in one block.
        nested_in: labels of other groups of the model in which every level of this one lies in one level.
        parameters: for each coefficient the parameter whose predictor it enters ("mu").
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

    def can_be_centred(self, block: int) -> bool:
        """Whether a block has an intercept to take up a shift of its other columns."""
        members = self.blocks[block]
        return len(members) > 1 and any(self.coefs[position] == "Intercept" for position in members)


@dataclass(frozen=True, slots=True)
class PredictorSpec:
    """One linear predictor: the columns of its population part and whether an offset enters."""

    parameter: str
    link: str
    columns: tuple[str, ...]
    has_offset: bool = False

    @property
    def has_intercept(self) -> bool:
        return "Intercept" in self.columns


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
        priors: one row for each scalar parameter, one a block for correlations, in the order
            b, sd, cor, sigma of the summary.
        has_weights: the likelihood has weights.
        known_error: "alone" where `se()` gives the sd of every response, "added" where it comes beside
            sigma, else "".
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

    @property
    def mu(self) -> PredictorSpec:
        return self.predictors[0]

    def prior_rows(self, kind: str, group: str = "") -> tuple[PriorRow, ...]:
        """The rows of one kind ("b", "sd", "cor", "sigma") and group, in order."""
        return tuple(row for row in self.priors if row.kind == kind and row.group == group)

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
    if content.get("version") != VERSION:
        raise FitFileError(
            f"a model of version {content.get('version')!r} cannot be read: this version reads {VERSION}"
        )
    try:
        return _model(content)
    except (KeyError, TypeError, ValueError) as error:
        raise FitFileError(f"a saved model is damaged: {error}") from error


def _model(content: Mapping[str, Any]) -> ModelSpec:
    family = content["family"]
    return ModelSpec(
        formula=str(content["formula"]),
        response=str(content["response"]),
        family=Family(family["name"], tuple((p, link) for p, link in family["links"]), family["support"]),
        n_rows=int(content["n_rows"]),
        predictors=tuple(_predictor(entry) for entry in content["predictors"]),
        groups=tuple(_group(entry) for entry in content["groups"]),
        priors=tuple(_row(entry) for entry in content["priors"]),
        has_weights=bool(content["has_weights"]),
        known_error=str(content.get("known_error", "")),
    )


def _predictor(entry: Mapping[str, Any]) -> PredictorSpec:
    return PredictorSpec(**_with(entry, columns=tuple(entry["columns"])))


def _group(entry: Mapping[str, Any]) -> GroupSpec:
    names = ("factors", "coefs", "nested_in", "parameters", "by", "members")
    tuples = {name: tuple(entry.get(name, ())) for name in names}
    blocks = tuple(tuple(int(position) for position in block) for block in entry["blocks"])
    return GroupSpec(**_with(entry, **tuples, blocks=blocks))


def _row(entry: Mapping[str, Any]) -> PriorRow:
    prior = entry["prior"]
    arguments = tuple(float(value) for value in prior["arguments"])
    return PriorRow(
        **_with(entry, prior=Prior(prior["distribution"], arguments, prior["lower"], prior["upper"]))
    )


def _with(entry: Mapping[str, Any], **values: object) -> dict[str, Any]:
    """The fields of a record, some of them replaced: JSON has no tuples."""
    return {**entry, **values}
