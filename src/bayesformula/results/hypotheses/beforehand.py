"""Draws of the parameters from the prior, as hypotheses need them: many, and without their responses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import PriorError
from bayesformula.priors import SHRINKAGE, Prior, PriorRow

if TYPE_CHECKING:
    from bayesformula.compiler.inputs import Rows
    from bayesformula.model.spec import ModelSpec
    from bayesformula.results.fit import Fit
    from bayesformula.results.hypotheses.quantities import Quantity

BATCH_NUMBERS = 2**24
"""Effects of all groups that are drawn at a time."""


def prior_draws_of(
    fit: Fit, quantities: Collection[Quantity], draws: int, seed: int
) -> dict[str, np.ndarray]:
    """(1, draws, ...) of the arrays that hold some parameters, drawn from the prior.

    Raises:
        PriorError: a prior that they depend on is flat, and so has no density.
    """
    from bayesformula.compiler.inputs import prior_arguments
    from bayesformula.compiler.simulate import simulate_prior
    from bayesformula.compiler.structure import structure

    spec = without_flat(fit.spec, quantities)
    program, data = fit.compiled()
    shape = structure(spec, "noncentred", has_weights=False, max_count=program.structure.max_count)
    one_row = data._replace(rows=_first_row(data.rows), priors=prior_arguments(spec))
    numbers = 1 + sum(each.n_levels * each.q for each in spec.groups)
    n_batches = -(-draws * numbers // BATCH_NUMBERS)
    batch = -(-draws // n_batches)
    variables = {name for quantity in quantities for name in quantity.variables}
    parts = []
    for number in range(n_batches):
        part = simulate_prior(shape, one_row, batch, seed + number)
        parts.append({name: part[name] for name in variables})
    return {name: np.concatenate([part[name] for part in parts])[None, :draws] for name in variables}


def without_flat(spec: ModelSpec, quantities: Collection[Quantity]) -> ModelSpec:
    """The model with something proper in the place of flat priors that some parameters do not depend on.

    Raises:
        PriorError: they depend on one that is flat.
    """
    needed = [row for quantity in quantities for row in involved(spec, quantity)]
    flat = list(dict.fromkeys(row.address for row in needed if row.prior.distribution == "flat"))
    if flat:
        raise PriorError(
            "a hypothesis with `=` compares the posterior density with that of the prior, and these priors "
            f"are flat: {', '.join(flat[:8])}{', ...' if len(flat) > 8 else ''}",
            hint=f"Fit again with proper ones, for instance {flat[0]} ~ normal(0, 1), or state < or >.",
        )
    return replace(spec, priors=tuple(_proper(row) for row in spec.priors))


def _proper(row: PriorRow) -> PriorRow:
    if row.prior.distribution != "flat":
        return row
    return replace(row, prior=Prior("normal", (0.0, 1.0)).truncated_to(row.prior.lower, row.prior.upper))


def involved(spec: ModelSpec, quantity: Quantity) -> list[PriorRow]:
    """The priors that the prior of a parameter depends on."""
    for group in spec.groups:
        if quantity.variable in (f"{kind}_{group.label}" for kind in ("sd", "cor", "df", "r")):
            own = [row for row in spec.priors if row.group == group.label]
            row = None if quantity.part is None else quantity.part.row
            return own if row is None else own + _of_population(spec, row.variable, row.at)
    scalars = [row for row in spec.priors if row.kind == quantity.variable and not quantity.at]
    return scalars or _of_population(spec, quantity.variable, quantity.at)


def _of_population(spec: ModelSpec, variable: str, at: tuple[int, ...]) -> list[PriorRow]:
    """Of one coefficient; of an intercept that is known at the columns' means, those of the columns too."""
    if variable in ("Intercept", "bcs"):
        return [row for row in spec.priors if row.kind in ("Intercept", "bcs", "b")]
    for predictor in spec.predictors:
        if variable == ("b" if predictor.parameter == "mu" else f"b_{predictor.parameter}"):
            rows = list(spec.prior_rows("b", predictor=predictor.parameter))
            own = rows[at[0]]
            if own.prior.distribution in SHRINKAGE:
                return [*rows, *spec.prior_rows("sigma")]
            return rows if own.centred else [own]
    return list(spec.priors)


def _first_row(rows: Rows) -> Rows:
    """The first row alone, all levels kept: no prior depends on rows, and responses are drawn with them."""

    def first(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else np.asarray(values)[:1]

    return rows._replace(
        y=np.asarray(rows.y)[:1],
        weights=None,
        predictors=tuple(type(part)(*map(first, part)) for part in rows.predictors),
        groups=tuple(g._replace(z=first(g.z), index=first(g.index)) for g in rows.groups),
        terms=type(rows.terms)(*map(first, rows.terms)),
    )
