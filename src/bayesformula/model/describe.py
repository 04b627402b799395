"""A model in equations and prior statements, for people to read."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bayesformula.model.spec import GroupSpec, ModelSpec
from bayesformula.priors import PriorRow

MAX_TERMS = 12
"""Terms of one part of a model that are written out; the rest is counted."""


def describe(model: ModelSpec, *, width: int = 100) -> str:
    """The whole model: formula, equations, and the prior of each parameter with its reason.

    The lines of priors are statements that can be passed back as `priors=` to get the same model.
    """
    parts = [fold(model.formula, width), equations(model, width=width), prior_lines(model, width=width)]
    return "\n\n".join(parts)


def equations(model: ModelSpec, *, width: int = 100) -> str:
    """The likelihood, the linear predictor and the distributions of group effects."""
    response = model.response if model.response.isidentifier() else f"[{model.response}]"
    lines = [fold(f"{response}ᵢ ~ Normal(μᵢ, σ)", width, "  ")]
    if model.has_weights:
        lines.append("    the log density of a row counts as often as its weight")
    lines.append(fold(f"μᵢ = {' + '.join(_terms(model)) or '0'}", width, "  ", "       "))
    for group in model.groups:
        lines += _group_lines(group, width)
    if any(row.centred for row in model.priors):
        note = (
            "Priors marked `centred` are on coefficients at the predictors' means; "
            "what is reported is at x = 0, by the exact map."
        )
        lines += ["", fold(note, width, "  ", "  ")]
    return "\n".join(lines)


def prior_lines(model: ModelSpec, *, width: int = 100) -> str:
    """The priors as statements, one for each parameter, with source and reason as comments."""
    return "\n".join(_prior_line(row, width) for row in model.priors)


def fold(text: str, width: int, indent: str = "", further: str | None = None) -> str:
    """`text` over lines of at most `width`, words longer than that broken."""
    inner = indent + "    " if further is None else further
    folded = textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=inner, break_on_hyphens=False
    )
    return folded.replace("\0", " ")


def _terms(model: ModelSpec) -> list[str]:
    """The summands of the linear predictor, blanks within one made unbreakable."""
    out = _shown([_product(f"b_{column}", column) for column in model.mu.columns])
    for group in model.groups:
        out += _shown([_product(f"r_{group.label}[{coef}]", coef) for coef in group.coefs])
    out += ["offsetᵢ"] if model.mu.has_offset else []
    return [term.replace(" ", "\0") for term in out]


def _product(coefficient: str, column: str) -> str:
    return coefficient if column == "Intercept" else f"{coefficient} × {column}"


def _group_lines(group: GroupSpec, width: int) -> list[str]:
    count = "the one level" if group.n_levels == 1 else f"each of the {group.n_levels} levels"
    lines = [fold(f"for {count} of {group.label}:", width, "  ")]
    correlated = 0
    for block in group.blocks:
        names = [group.coefs[position] for position in block]
        effects = _shown([f"r_{group.label}[{name}]" for name in names])
        if len(block) == 1:
            lines.append(fold(f"{effects[0]} ~ Normal(0, sd_{group.label}__{names[0]})", width, "    "))
            continue
        correlated += 1
        cor = f"cor_{group.label}" + ("" if correlated == 1 else f".{correlated}")
        parts = [f"({effects[0]},", *(f"{effect}," for effect in effects[1:-1]), f"{effects[-1]})"]
        parts += ["~", f"MVN(0, D R D),  D = diag(sd_{group.label}),  R = {cor}"]
        lines.append(fold(" ".join(part.replace(" ", "\0") for part in parts), width, "    "))
    return lines


def _shown(items: Sequence[str]) -> list[str]:
    kept = MAX_TERMS - 1
    return list(items) if len(items) <= MAX_TERMS else [*items[:kept], f"... ({len(items) - kept} more)"]


def _prior_line(row: PriorRow, width: int) -> str:
    """`address ~ prior  # source: reason`, on several lines where one is too narrow."""
    statement = f"  {row.statement}"
    if len(statement) > width:
        statement = f"  {row.address} ~\n      {row.prior.render()}"
    comment = f"# default: {row.reason}" if row.is_default else f"# {row.reason}"
    comment = comment.replace("\n", " ")
    last = statement.rsplit("\n", 1)[-1]
    if len(last) + 2 + len(comment) <= width:
        return f"{statement}  {comment}"
    folded = textwrap.fill(
        comment, width, initial_indent="      ", subsequent_indent="      # ", break_on_hyphens=False
    )
    return f"{statement}\n{folded}"
