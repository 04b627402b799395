"""The priors of a model as statements that can be passed back, for people to read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from bayesformula.model.spec import ModelSpec
from bayesformula.model.text import MAX_TERMS, fold, visible
from bayesformula.priors import SHRINKAGE, PriorRow


def prior_lines(model: ModelSpec, *, width: int = 100) -> str:
    """The priors as statements, with source and reason as comments; passed back, they give the same model.

    Of many parameters of one kind the first defaults are written and the rest counted, and what was
    stated for several of them is written once.
    """
    parts: dict[tuple[str, str, str], list[PriorRow]] = {}
    for row in model.priors:
        owner = "mu" if row.predictor.startswith("mu") else row.predictor  # levels of a response are alike
        parts.setdefault((row.kind, owner, row.group), []).append(row)
    out: list[str] = []
    stated: set[str] = set()
    for every in parts.values():
        rows = [row for row in every if row.prior.distribution not in SHRINKAGE]
        if len(rows) <= MAX_TERMS:
            out += [_prior_line(row, width) for row in rows]
        else:
            out += _many_prior_lines(rows, stated, width)
        joint = [row for row in every if row.prior.distribution in SHRINKAGE]
        for owner in dict.fromkeys(row.predictor for row in joint):
            out.append(_joint_prior_line([row for row in joint if row.predictor == owner], width))
    return "\n".join(out)


def _joint_prior_line(rows: Sequence[PriorRow], width: int) -> str:
    """A prior of all coefficients of a predictor together: one statement."""
    address = "b" if rows[0].predictor == "mu" else f"{rows[0].predictor}.b"
    together = f"{len(rows)} parameters together" if len(rows) > 1 else "one parameter"
    return _statement_line(f"{address} ~ {rows[0].prior.render()}", f"# stated, for {together}", width)


def _many_prior_lines(rows: Sequence[PriorRow], stated: set[str], width: int) -> Iterator[str]:
    """The first defaults, and each statement once; `stated` are those that were written before."""
    defaults = [row for row in rows if row.is_default]
    kept = defaults[: MAX_TERMS - 1] if len(defaults) > MAX_TERMS else defaults
    shared: dict[str, int] = {}
    for row in rows:
        if not row.is_default:
            shared[row.reason] = shared.get(row.reason, 0) + 1
    for reason, count in shared.items():
        statement = reason.removeprefix("stated: ")
        if statement not in stated:
            stated.add(statement)
            yield _statement_line(statement, f"# stated, for {count} parameter{'s' * (count > 1)}", width)
    yield from (_prior_line(row, width) for row in kept)
    if len(kept) < len(defaults):
        yield fold(f"  # ... ({len(defaults) - len(kept)} more defaults of this kind)", width, "", "      # ")


def _prior_line(row: PriorRow, width: int) -> str:
    comment = f"# default: {row.reason}" if row.is_default else f"# {row.reason}"
    return _statement_line(row.statement, comment.replace("\n", " "), width)


def _statement_line(text: str, comment: str, width: int) -> str:
    """`address ~ prior  # source: reason`, on several lines where one is too narrow."""
    text, comment = visible(text), visible(comment)
    statement = f"  {text}"
    if len(statement) > width:
        address, _, prior = text.rpartition(" ~ ")
        statement = f"  {address} ~\n      {prior}"
    last = statement.rsplit("\n", 1)[-1]
    if len(last) + 2 + len(comment) <= width:
        return f"{statement}  {comment}"
    folded = textwrap.fill(
        comment, width, initial_indent="      ", subsequent_indent="      # ", break_on_hyphens=False
    )
    return f"{statement}\n{folded}"
