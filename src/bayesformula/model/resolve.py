"""Which prior each parameter gets: statements meet the parameters of one model.

The most specific address wins: `sd[g, x]` before `sd[g]` before `sd` before the default; `b[x]` before `b`,
which never means the intercept. An address that means no parameter of the model is an error.

Defaults of a correlated group term with an intercept, and of the intercept itself, are stated at the
predictors' means (`Slot.can_be_centred`). As soon as one parameter of such a term has a stated prior, all
of its priors are on the reported parameters, at x = 0. Addresses that end in `centred` state a
prior at the means, so that what a table of priors prints can be passed back.
"""

from __future__ import annotations

from collections.abc import Sequence

from bayesformula.errors import PriorError
from bayesformula.family_table import Family
from bayesformula.model.addresses import Directory, Match, Slot, match_statement, statement_error
from bayesformula.priors import SHRINKAGE, Prior, PriorRow, Statement, check_ordered


def resolve(
    statements: Sequence[Statement], slots: Sequence[Slot], family: Family | None = None
) -> tuple[PriorRow, ...]:
    """One row for each slot, in their order.

    Args:
        statements: what the user states.
        slots: the parameters of the model.
        family: of the model, to say of a parameter that it has none such.

    Raises:
        PriorError: an address means nothing here or is stated twice, or its distribution does not fit.
    """
    directory = Directory(slots, family)
    matches = [match_statement(statement, directory) for statement in statements]
    _refuse_duplicates(matches)
    for match in matches:
        for position in match.slots:
            _fit(match.statement, slots[position], joint=_is_joint(match))
    winners: list[Match | None] = [None] * len(slots)
    for match in sorted(matches, key=lambda match: match.level):
        for position in match.slots:
            winners[position] = match
    centred = _centred_terms(slots, winners)
    rows = tuple(_row(slot, winner, centred[slot.term]) for slot, winner in zip(slots, winners, strict=True))
    _refuse_mixed_shrinkage(slots, winners)
    return rows


def refuse_disorder(rows: Sequence[PriorRow]) -> None:
    """Refuse priors of thresholds that must increase where theirs say otherwise.

    Raises:
        PriorError: some are constant and others not, or the constants do not increase.
    """
    thresholds = [row for row in rows if row.kind == "Intercept"]
    fault = check_ordered([row.prior for row in thresholds])
    if fault is not None:
        example = "Intercept[1] ~ constant(-1)\n      Intercept[2] ~ constant(1)"
        raise PriorError(
            f"priors of thresholds: {fault}", hint=f"Write Intercept ~ normal(0, 2.5), or\n      {example}"
        )


def _is_joint(match: Match) -> bool:
    """Whether a statement speaks of all coefficients of a predictor at once: `b ~ ...`, `sigma.b ~ ...`."""
    return match.statement.address.head == "b" and not match.statement.address.parts


def _refuse_mixed_shrinkage(slots: Sequence[Slot], winners: Sequence[Match | None]) -> None:
    """A joint prior is of all coefficients: a statement for one of them would take it out unseen."""
    for match in winners:
        if match is None or match.statement.prior.distribution not in SHRINKAGE:
            continue
        for position in match.slots:
            other = winners[position]
            if other is not None and other is not match:
                raise statement_error(
                    f"{other.statement.address.render()} cannot have a prior of its own beside "
                    f"{match.statement.render()}",
                    other.statement,
                    f"Leave it out: {match.statement.prior.distribution} shrinks all coefficients together.",
                )


def _row(slot: Slot, winner: Match | None, centred: bool) -> PriorRow:
    centred = centred and slot.can_be_centred
    if winner is None:
        prior, reason = slot.default, slot.reason + (", at the predictors' means" if centred else "")
    else:
        prior, reason = (
            _fit(winner.statement, slot, joint=_is_joint(winner)),
            f"stated: {winner.statement.render()}",
        )
    return PriorRow(
        parameter=slot.parameter,
        kind=slot.kind,
        predictor=slot.predictor,
        group=slot.group,
        coef=slot.coef,
        prior=prior,
        is_default=winner is None,
        centred=centred,
        reason=reason,
        address=_address(slot, winner, prior, centred=centred),
    )


def _address(slot: Slot, winner: Match | None, prior: Prior, *, centred: bool) -> str:
    """What gives this row again; a joint prior is stated of all coefficients at once."""
    if winner is not None and prior.distribution in SHRINKAGE:
        return winner.statement.address.render()
    return slot.address(centred=centred)


def _centred_terms(slots: Sequence[Slot], winners: Sequence[Match | None]) -> dict[str, bool]:
    """For each term, whether its priors are at the predictors' means."""
    stated: dict[str, list[Match]] = {slot.term: [] for slot in slots}
    for slot, winner in zip(slots, winners, strict=True):
        if winner is not None:
            stated[slot.term].append(winner)
    for matches in stated.values():
        at_means = [match for match in matches if match.centred]
        at_zero = [match for match in matches if not match.centred]
        if at_means and at_zero:
            one, other = at_means[0].statement, at_zero[0].statement
            raise statement_error(
                f"{one.address.render()} and {other.address.render()} cannot both be stated for one term",
                one,
                "The priors of a term are either all on the reported parameters (at x = 0) or all at the\n"
                "predictors' means: write `centred` in the addresses of all of them, or in none.",
            )
    return {term: all(match.centred for match in matches) for term, matches in stated.items()}


def _refuse_duplicates(matches: Sequence[Match]) -> None:
    seen: dict[tuple[int, tuple[int, ...]], Statement] = {}
    for match in matches:
        earlier = seen.setdefault((match.level, match.slots), match.statement)
        if earlier == match.statement:  # the same twice, as a table of priors says a joint one
            continue
        same = earlier.address.render() == match.statement.address.render()
        also = "" if same else f", first as {earlier.address.render()}"
        raise statement_error(
            f"{match.statement.address.render()} has two priors{also}",
            match.statement,
            f"Keep one of `{earlier.render()}` and `{match.statement.render()}`.",
        )


# ---- distributions -----------------------------------------------------------------------------------


def _fit(statement: Statement, slot: Slot, *, joint: bool) -> Prior:
    """The prior as it holds for a parameter: truncated to its support.

    Raises:
        PriorError: the distribution is not one for such a parameter.
    """
    prior, where, kind = statement.prior, statement.address.render(), slot.kind
    if (kind == "cor") != (prior.distribution == "lkj"):
        if kind == "cor":
            raise _misfit(
                statement, "the correlations of a group term have an lkj prior", f"Write {where} ~ lkj(2)."
            )
        raise _misfit(
            statement,
            "lkj is a prior of correlations only",
            f"Write {where} ~ {_usual(slot)}, or cor ~ lkj(2).",
        )
    if kind == "cor":
        return prior
    if prior.distribution in SHRINKAGE:
        if kind != "b" or not joint:
            raise _misfit(
                statement,
                f"{prior.distribution} is a joint prior of all coefficients of a predictor",
                f"Write b ~ {prior.render()}.",
            )
        return prior
    if prior.distribution == "constant" and not _is_inside(slot, prior.arguments[0]):
        raise _misfit(statement, f"{where} is {_what(slot)}", f"Write {where} ~ {_usual(slot)}.")
    try:
        return prior.truncated_to(slot.low, slot.high)
    except ValueError:
        raise _misfit(statement, f"{where} is {_what(slot)}", f"Write {where} ~ {_usual(slot)}.") from None


def _is_inside(slot: Slot, value: float) -> bool:
    """Whether a parameter can be held at a number; degrees of freedom and a delay may be at their bound."""
    if slot.kind in ("df", "nu", "ndt") and value == slot.low:
        return True
    return (slot.low is None or value > slot.low) and (slot.high is None or value < slot.high)


def _what(slot: Slot) -> str:
    """What a bounded parameter is, in words."""
    if slot.kind == "sd":
        return "a standard deviation and must be above 0"
    if slot.kind in ("df", "nu"):
        return "the degrees of freedom, at least 1"
    if slot.kind == "sigma":
        return "a standard deviation and must be above 0"
    if slot.low is not None and slot.high is not None:
        return f"between {slot.low:g} and {slot.high:g}"
    return f"a parameter that must be above {slot.low or 0.0:g}"


def _usual(slot: Slot) -> str:
    """A prior to offer in the place of one that does not fit."""
    if slot.kind in ("sd", "sigma"):
        return "exponential(1)"
    if slot.kind in ("df", "nu"):
        return "gamma(2, 0.1)"
    return "normal(0, 1)" if slot.low is None else slot.default.display()


def _misfit(statement: Statement, message: str, hint: str) -> PriorError:
    return PriorError(
        message, text=statement.text or statement.render(), span=statement.prior_span, hint=hint
    )
