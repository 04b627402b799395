"""The static part of a model: what a compiled program depends on, numbers and sizes left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bayesformula.compiler.kinds import REAL, kind_of
from bayesformula.compiler.order import Order, order, parts
from bayesformula.families import Family
from bayesformula.model.spec import ModelSpec, PredictorSpec
from bayesformula.priors import INTEGRATED, MIXTURES


@dataclass(frozen=True, slots=True)
class PredictorStructure:
    """One linear predictor.

    Attributes:
        parameter, link: of the family, "sigma" and "log".
        columns: names of the p population coefficients.
        b_kinds: kind of the prior of each.
        b_is_centred: the intercept's prior is at the predictors' means.
        bcs_kinds: kinds of the priors of the coefficients of `cs()`, threshold by threshold within columns.
        in_sigma: the units of the coefficients, for a joint prior of them, are to be multiplied with sigma.
    """

    parameter: str
    link: str
    columns: tuple[str, ...]
    b_kinds: tuple[str, ...]
    b_is_centred: bool
    bcs_kinds: tuple[str, ...] = ()
    in_sigma: bool = False

    @property
    def name(self) -> str:
        """What the coefficients are called: `b`, `b_sigma`."""
        return "b" if self.parameter == "mu" else f"b_{self.parameter}"


@dataclass(frozen=True, slots=True)
class Structure:
    """Names, shapes of the prior, plan: hashable, the key under which programs are kept.

    Attributes:
        plan: "marginal", "whitened", "noncentred" or "centred".
        family: of the response.
        predictors: one for each parameter with a formula, mu first.
        labels, coefs, blocks, n_levels: per group.
        owners: per group and coefficient, the place in `predictors` of the one that it enters.
        n_by: per group, how many levels `gr(by = )` has, 1 without it.
        members: per group, how many levels a row belongs to; 0 where that is one, and no `mm()`.
        has_cov: per group, the levels have a known covariance.
        sd_kinds: per group, kind of the prior of each of the n_by q sds.
        df_kinds: per group, kind of the prior of the degrees of freedom of Student effects, "" for Gaussian.
        group_is_centred: per group, its priors are at the columns' means.
        scalars: (name, kind of prior) of each parameter of the family that is one number for all rows.
        threshold_kinds: kinds of the priors of the K - 1 thresholds of an ordinal response.
        known_error: as in `ModelSpec`.
        has_weights: the likelihood has weights.
        terms: what else is known of each row, as in `ModelSpec`.
        max_count: the greatest count up to which probabilities must be summed; 0 where none need be.
        order: of the elimination of all groups together.
        parts: orders of the chains that the whitened plan eliminates, each beside the same border; nothing
            under other plans.
    """

    plan: str
    family: Family
    predictors: tuple[PredictorStructure, ...]
    labels: tuple[str, ...]
    coefs: tuple[tuple[str, ...], ...]
    blocks: tuple[tuple[tuple[int, ...], ...], ...]
    n_levels: tuple[int, ...]
    owners: tuple[tuple[int, ...], ...]
    n_by: tuple[int, ...]
    members: tuple[int, ...]
    has_cov: tuple[bool, ...]
    sd_kinds: tuple[tuple[str, ...], ...]
    df_kinds: tuple[str, ...]
    group_is_centred: tuple[bool, ...]
    scalars: tuple[tuple[str, str], ...]
    threshold_kinds: tuple[str, ...]
    known_error: str
    has_weights: bool
    terms: tuple[str, ...]
    max_count: int
    order: Order
    parts: tuple[Order, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the first predictor, the only one under the marginal plan."""
        return self.predictors[0].columns

    @property
    def b_kinds(self) -> tuple[str, ...]:
        """Likewise."""
        return self.predictors[0].b_kinds

    @property
    def b_is_centred(self) -> bool:
        """Likewise."""
        return self.predictors[0].b_is_centred

    @property
    def integrated(self) -> list[int]:
        """Positions of the population coefficients that the marginal plan integrates out."""
        return [i for i, kind in enumerate(self.b_kinds) if kind in INTEGRATED]

    @property
    def sampled(self) -> list[int]:
        """Positions of those that it samples (or keeps constant)."""
        return [i for i, kind in enumerate(self.b_kinds) if kind not in INTEGRATED]

    @property
    def whitened(self) -> list[int]:
        """Positions, over all predictors one after another, of the coefficients that may be any number."""
        return [i for i, kind in enumerate(self._all_kinds) if kind in REAL]

    @property
    def unwhitened(self) -> list[int]:
        """Positions of those with bounds, a joint prior, or one value."""
        return [i for i, kind in enumerate(self._all_kinds) if kind not in REAL]

    @property
    def _all_kinds(self) -> list[str]:
        return [kind for predictor in self.predictors for kind in predictor.b_kinds]

    @property
    def spans(self) -> list[slice]:
        """Where each predictor's coefficients lie among all of them."""
        ends = list(accumulate(len(predictor.columns) for predictor in self.predictors))
        return [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]

    @property
    def n_spare(self) -> int:
        """How many standard normals the whitened plan has beside those of coefficients."""
        return _n_spare(self.parts, len(self.threshold_kinds))

    @property
    def mixed(self) -> list[int]:
        """Positions of those whose prior is a scale mixture of normals."""
        return [i for i, kind in enumerate(self.b_kinds) if kind in MIXTURES]


def structure(
    model: ModelSpec, plan: str, *, has_weights: bool | None = None, max_count: int = 0
) -> Structure:
    """The structure of `model` under `plan`; `has_weights` overrides the model's own (prior-only runs)."""
    places = {predictor.parameter: i for i, predictor in enumerate(model.predictors)}
    return Structure(
        plan=plan,
        family=model.family,
        predictors=tuple(_predictor(model, predictor) for predictor in model.predictors),
        labels=tuple(g.label for g in model.groups),
        coefs=tuple(g.coefs for g in model.groups),
        blocks=tuple(g.blocks for g in model.groups),
        n_levels=tuple(g.n_levels for g in model.groups),
        owners=tuple(tuple(places[g.owner(i)] for i in range(g.q)) for g in model.groups),
        n_by=tuple(max(1, len(g.by)) for g in model.groups),
        members=tuple(len(g.members) for g in model.groups),
        has_cov=tuple(bool(g.cov) for g in model.groups),
        sd_kinds=tuple(_kinds(model, "sd", g.label) for g in model.groups),
        df_kinds=tuple("".join(_kinds(model, "df", g.label)) for g in model.groups),
        group_is_centred=tuple(
            any(row.centred for row in model.prior_rows("sd", g.label)) for g in model.groups
        ),
        scalars=tuple((name, "".join(_kinds(model, name))) for name in model.scalars),
        threshold_kinds=_kinds(model, "Intercept"),
        known_error=model.known_error,
        has_weights=model.has_weights if has_weights is None else has_weights,
        terms=model.terms,
        max_count=max_count,
        order=elimination_order(model),
        parts=elimination_parts(model) if plan == "whitened" else (),
    )


def _predictor(model: ModelSpec, predictor: PredictorSpec) -> PredictorStructure:
    rows = model.prior_rows("b", predictor=predictor.parameter)
    thresholds = model.prior_rows("Intercept") if predictor is model.mu else ()
    return PredictorStructure(
        parameter=predictor.parameter,
        link=predictor.link,
        columns=predictor.columns,
        b_kinds=tuple(kind_of(row.prior) for row in rows),
        b_is_centred=any(row.centred for row in (*rows, *thresholds)),
        bcs_kinds=_kinds(model, "bcs") if predictor.specific else (),
        in_sigma=predictor.in_sigma,
    )


def _kinds(model: ModelSpec, kind: str, group: str = "") -> tuple[str, ...]:
    return tuple(kind_of(row.prior) for row in model.prior_rows(kind, group))


def elimination_order(model: ModelSpec) -> Order:
    """The order in which the marginal plan eliminates the groups of `model`."""
    return order(*_groups(model))


def elimination_parts(model: ModelSpec) -> tuple[Order, ...]:
    """What the whitened plan eliminates: all groups together, or crossed ones apart where that is dear."""
    return parts(*_groups(model), n_coefficients(model), max(LEAST_JOINT, JOINT_WORK * model.n_rows))


def n_spare(model: ModelSpec, plan: str) -> int:
    """How many numbers a plan samples beside parameters of `model` or what stands for them."""
    return _n_spare(elimination_parts(model), model.n_thresholds) if plan == "whitened" else 0


def _n_spare(chains: Sequence[Order], n_thresholds: int) -> int:
    """Chains apart from each other share the location of thresholds, which are sampled as they are."""
    return int(len(chains) > 1 and n_thresholds > 0)


JOINT_WORK = 50
"""Multiplications of an elimination, for each row, up to which crossed factors are eliminated together. A
multiplication takes about 0.2 ns, a row of the likelihood 10 to 20; chains apart from each other take as many
gradients, and their least bulk ESS a second over that of one elimination was (warmup included, two cores)
1.2 at 7,600 rows and 316 x 24 crossed levels (33 multiplications a row), 3.2 at 2,000 and 300 x 60 (700),
5.1 at 20,000 and 400 x 100 (260), 12 at 20,000 and 400 x 200 (1,200). Factors that are nearly nested, as
pupils who seldom change school, are better off together."""
LEAST_JOINT = 300_000
"""Multiplications that are few whatever the rows."""


def n_coefficients(model: ModelSpec) -> int:
    """Population coefficients of all predictors."""
    return sum(len(p.columns) for p in model.predictors)


def group_sizes(model: ModelSpec) -> list[int]:
    """J * q of each group."""
    return [g.n_levels * g.q for g in model.groups]


def _groups(
    model: ModelSpec,
) -> tuple[list[str], list[int], dict[str, tuple[str, ...]], set[str]]:
    """Labels, sizes, what is nested in what, and the groups whose levels are coupled with each other."""
    return (
        [g.label for g in model.groups],
        group_sizes(model),
        {g.label: tuple(g.nested_in) for g in model.groups},
        {g.label for g in model.groups if g.cov or g.members},
    )
