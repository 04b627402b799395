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
from bayesformula.model.addresses import Directory, Match, Slot, match_statement, statement_error
from bayesformula.priors import LEAST_DF, Prior, PriorRow, Statement


def resolve(statements: Sequence[Statement], slots: Sequence[Slot]) -> tuple[PriorRow, ...]:
    """One row for each slot, in their order.

    Raises:
        PriorError: an address means nothing here or is stated twice, or its distribution does not fit.
    """
    directory = Directory(slots)
    matches = [match_statement(statement, directory) for statement in statements]
    _refuse_duplicates(matches)
    for match in matches:
        _fit(match.statement, slots[match.slots[0]].kind)
    winners: list[Match | None] = [None] * len(slots)
    for match in sorted(matches, key=lambda match: match.level):
        for position in match.slots:
            winners[position] = match
    centred = _centred_terms(slots, winners)
    return tuple(_row(slot, winner, centred[slot.term]) for slot, winner in zip(slots, winners, strict=True))


def _row(slot: Slot, winner: Match | None, centred: bool) -> PriorRow:
    centred = centred and slot.can_be_centred
    if winner is None:
        prior, reason = slot.default, slot.reason + (", at the predictors' means" if centred else "")
    else:
        prior, reason = _fit(winner.statement, slot.kind), f"stated: {winner.statement.render()}"
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
        address=slot.address(centred=centred),
    )


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
        if earlier is match.statement:
            continue
        same = earlier.address.render() == match.statement.address.render()
        also = "" if same else f", first as {earlier.address.render()}"
        raise statement_error(
            f"{match.statement.address.render()} has two priors{also}",
            match.statement,
            f"Keep one of `{earlier.render()}` and `{match.statement.render()}`.",
        )


# ---- distributions -----------------------------------------------------------------------------------


def _fit(statement: Statement, kind: str) -> Prior:
    """The prior as it holds for a parameter of this kind: truncated to its support.

    Raises:
        PriorError: the distribution is not one for such a parameter.
    """
    prior, where = statement.prior, statement.address.render()
    if (kind == "cor") != (prior.distribution == "lkj"):
        if kind == "cor":
            raise _misfit(
                statement, "the correlations of a group term have an lkj prior", f"Write {where} ~ lkj(2)."
            )
        usual = {"sd": "exponential(1)", "sigma": "exponential(1)", "df": "gamma(2, 0.1)"}.get(
            kind, "normal(0, 1)"
        )
        raise _misfit(
            statement, "lkj is a prior of correlations only", f"Write {where} ~ {usual}, or cor ~ lkj(2)."
        )
    if prior.lower == LEAST_DF and kind != "df":
        raise _misfit(
            statement,
            "only degrees of freedom are at least 1",
            "Write truncated to [0, inf), or leave it out.",
        )
    if kind not in ("sd", "sigma", "df"):
        return prior
    return _positive(statement, kind, LEAST_DF if kind == "df" else 0.0)


def _positive(statement: Statement, kind: str, low: float) -> Prior:
    """The prior of a parameter that is above `low`."""
    prior, where = statement.prior, statement.address.render()
    is_below = {
        "constant": lambda: prior.arguments[0] <= 0 or prior.arguments[0] < low,
        "uniform": lambda: prior.arguments[1] <= low,
        "beta": lambda: low > 0,
    }.get(prior.distribution, lambda: False)
    if is_below():
        what = (
            "the degrees of freedom, at least 1"
            if kind == "df"
            else "a standard deviation and must be above 0"
        )
        usual = "gamma(2, 0.1)" if kind == "df" else "exponential(1)"
        raise _misfit(statement, f"{where} is {what}", f"Write {where} ~ {usual}.")
    return prior.truncated_to(low)


def _misfit(statement: Statement, message: str, hint: str) -> PriorError:
    return PriorError(
        message, text=statement.text or statement.render(), span=statement.prior_span, hint=hint
    )
