"""The static part of a model: what a compiled program depends on, numbers and sizes left out."""

from __future__ import annotations

from dataclasses import dataclass

from bayesformula.compiler.kinds import kind_of
from bayesformula.compiler.order import Order, order
from bayesformula.model.spec import ModelSpec
from bayesformula.priors import INTEGRATED, MIXTURES


@dataclass(frozen=True, slots=True)
class Structure:
    """Names, shapes of the prior, plan: hashable, the key under which programs are kept.

    Attributes:
        plan: "marginal", "noncentred" or "centred".
        columns: names of the p population coefficients.
        b_kinds: kind of the prior of each.
        b_is_centred: the intercept's prior is at the predictors' means.
        labels, coefs, blocks, n_levels: per group.
        n_by: per group, how many levels `gr(by = )` has, 1 without it.
        members: per group, how many levels a row belongs to; 0 where that is one, and no `mm()`.
        has_cov: per group, the levels have a known covariance.
        sd_kinds: per group, kind of the prior of each of the n_by q sds.
        df_kinds: per group, kind of the prior of the degrees of freedom of Student effects, "" for Gaussian.
        group_is_centred: per group, its priors are at the columns' means.
        sigma_kind: kind of the prior of sigma, "" where there is none.
        known_error: as in `ModelSpec`.
        has_weights: the likelihood has weights.
        order: of the elimination.
    """

    plan: str
    columns: tuple[str, ...]
    b_kinds: tuple[str, ...]
    b_is_centred: bool
    labels: tuple[str, ...]
    coefs: tuple[tuple[str, ...], ...]
    blocks: tuple[tuple[tuple[int, ...], ...], ...]
    n_levels: tuple[int, ...]
    n_by: tuple[int, ...]
    members: tuple[int, ...]
    has_cov: tuple[bool, ...]
    sd_kinds: tuple[tuple[str, ...], ...]
    df_kinds: tuple[str, ...]
    group_is_centred: tuple[bool, ...]
    sigma_kind: str
    known_error: str
    has_weights: bool
    order: Order

    @property
    def integrated(self) -> list[int]:
        """Positions of the population coefficients that the marginal plan integrates out."""
        return [i for i, kind in enumerate(self.b_kinds) if kind in INTEGRATED]

    @property
    def sampled(self) -> list[int]:
        """Positions of those that it samples (or keeps constant)."""
        return [i for i, kind in enumerate(self.b_kinds) if kind not in INTEGRATED]

    @property
    def mixed(self) -> list[int]:
        """Positions of those whose prior is a scale mixture of normals."""
        return [i for i, kind in enumerate(self.b_kinds) if kind in MIXTURES]


def structure(model: ModelSpec, plan: str, *, has_weights: bool | None = None) -> Structure:
    """The structure of `model` under `plan`; `has_weights` overrides the model's own (prior-only runs)."""
    rows = model.prior_rows("b")
    return Structure(
        plan=plan,
        columns=tuple(row.coef for row in rows),
        b_kinds=tuple(kind_of(row.prior) for row in rows),
        b_is_centred=any(row.centred for row in rows),
        labels=tuple(g.label for g in model.groups),
        coefs=tuple(g.coefs for g in model.groups),
        blocks=tuple(g.blocks for g in model.groups),
        n_levels=tuple(g.n_levels for g in model.groups),
        n_by=tuple(max(1, len(g.by)) for g in model.groups),
        members=tuple(len(g.members) for g in model.groups),
        has_cov=tuple(bool(g.cov) for g in model.groups),
        sd_kinds=tuple(
            tuple(kind_of(row.prior) for row in model.prior_rows("sd", g.label)) for g in model.groups
        ),
        df_kinds=tuple(
            "".join(kind_of(row.prior) for row in model.prior_rows("df", g.label)) for g in model.groups
        ),
        group_is_centred=tuple(
            any(row.centred for row in model.prior_rows("sd", g.label)) for g in model.groups
        ),
        sigma_kind="".join(kind_of(row.prior) for row in model.prior_rows("sigma")),
        known_error=model.known_error,
        has_weights=model.has_weights if has_weights is None else has_weights,
        order=elimination_order(model),
    )


def elimination_order(model: ModelSpec) -> Order:
    """The order in which the marginal plan eliminates the groups of `model`."""
    return order(
        [g.label for g in model.groups],
        [g.n_levels * g.q for g in model.groups],
        {g.label: g.nested_in for g in model.groups},
        {g.label for g in model.groups if g.cov or g.members},
    )
