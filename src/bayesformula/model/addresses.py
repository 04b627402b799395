"""Which parameters of a model an address means, and what to say when it means none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesformula.errors import PriorError, nearest
from bayesformula.priors import Prior, Statement, find_name, quote, wrap_items

CENTRED = frozenset({"centred", "centered"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of the model that waits for its prior.

    Attributes:
        parameter: flat name, see `PriorRow`; `kind`, `predictor`, `group`, `coef` likewise.
        default: its prior when nothing is stated, and `reason` for it.
        number: which correlated block of its group, from 1; 0 where there is only one ("cor" only).
        term: parameters of one term are on the same scale, reported or centred.
        can_be_centred: there is an intercept in the term to take up a shift of the other columns.
    """

    parameter: str
    kind: str
    predictor: str
    group: str
    coef: str
    default: Prior
    reason: str
    number: int = 0
    term: str = ""
    can_be_centred: bool = False

    def address(self, *, centred: bool = False) -> str:
        """What to write before `~` to reach this parameter and no other."""
        if self.kind == "sigma":
            return "sigma"
        if self.kind == "b" and self.coef == "Intercept":
            return "Intercept[centred]" if centred else "Intercept"
        parts = [quote(name) for name in (self.group, self.coef) if name]
        parts += [str(self.number)] if self.number else []
        return f"{self.kind}[{', '.join(parts + ['centred'] * centred)}]"


@dataclass(frozen=True, slots=True)
class Match:
    """The slots a statement speaks of, how specific it is, and whether it says `centred`."""

    statement: Statement
    slots: tuple[int, ...]
    level: int
    centred: bool = False


def match_statement(statement: Statement, slots: Sequence[Slot]) -> Match:
    """The slots that the address of `statement` means.

    Raises:
        PriorError: it means none; the message lists the legal addresses, nearest first.
    """
    address = statement.address
    if address.predictor not in ("", "mu"):
        raise _no_predictor(statement, slots)
    match address.head:
        case "Intercept":
            match = _match_intercept(statement, slots)
        case "b":
            match = _match_b(statement, slots)
        case "sd":
            match = _match_sd(statement, slots)
        case "cor":
            match = _match_cor(statement, slots)
        case "sigma" if not address.parts and not address.predictor:
            match = Match(statement, _where(slots, "sigma"), 0)
        case _:
            raise _unknown(statement, slots)
    if not match.slots:
        raise _unknown(statement, slots)
    return match


def _where(
    slots: Sequence[Slot],
    kind: str,
    *,
    group: str | None = None,
    coef: str | None = None,
    number: int | None = None,
) -> tuple[int, ...]:
    return tuple(
        position
        for position, slot in enumerate(slots)
        if slot.kind == kind
        and group in (None, slot.group)
        and coef in (None, slot.coef)
        and number in (None, slot.number)
    )


def _match_intercept(statement: Statement, slots: Sequence[Slot]) -> Match:
    parts = statement.address.parts
    centred = len(parts) == 1 and parts[0] in CENTRED
    found = () if parts and not centred else _where(slots, "b", coef="Intercept")
    return Match(statement, found, 1, centred)


def _match_b(statement: Statement, slots: Sequence[Slot]) -> Match:
    parts = statement.address.parts
    every = _where(slots, "b")
    if not parts:
        return Match(statement, tuple(i for i in every if slots[i].coef != "Intercept"), 0)
    coef = find_name(parts[0], tuple(slots[i].coef for i in every)) if len(parts) == 1 else None
    return Match(statement, () if coef is None else _where(slots, "b", coef=coef), 1)


def _match_sd(statement: Statement, slots: Sequence[Slot]) -> Match:
    parts = statement.address.parts
    if not parts:
        return Match(statement, _where(slots, "sd"), 0)
    group = find_name(parts[0], _groups(slots, "sd"))
    if group is None:
        return Match(statement, (), 0)
    if len(parts) == 1:
        return Match(statement, _where(slots, "sd", group=group), 1)
    coef = find_name(parts[1], tuple(slots[i].coef for i in _where(slots, "sd", group=group)))
    found = () if coef is None else _where(slots, "sd", group=group, coef=coef)
    return _with_centred(Match(statement, found, 2), parts[2:], slots)


def _match_cor(statement: Statement, slots: Sequence[Slot]) -> Match:
    parts = statement.address.parts
    if not parts:
        return Match(statement, _where(slots, "cor"), 0)
    group = find_name(parts[0], _groups(slots, "cor"))
    if group is None:
        return Match(statement, (), 0)
    blocks = _where(slots, "cor", group=group)
    rest = parts[1:]
    if rest and rest[0].isdecimal():
        at = int(rest[0]) - 1
        chosen = blocks[at : at + 1] if at >= 0 else ()
        return _with_centred(Match(statement, chosen, 1 if len(blocks) == 1 else 2), rest[1:], slots)
    match = _with_centred(Match(statement, blocks, 1), rest, slots)
    return Match(statement, (), 1) if match.centred and len(blocks) > 1 else match


def _with_centred(match: Match, rest: Sequence[str], slots: Sequence[Slot]) -> Match:
    """The match with what follows its names: nothing, or `centred`."""
    if not rest or not match.slots:
        return match if not rest else Match(match.statement, (), match.level)
    if len(rest) > 1 or rest[0] not in CENTRED:
        return Match(match.statement, (), match.level)
    slot = slots[match.slots[0]]
    if not slot.can_be_centred:
        raise statement_error(
            f"{match.statement.address.render()} does not exist: its group term has no centred form",
            match.statement,
            f"Write {slot.address()}. Only a correlated term with an intercept, as (1 + x | g),\n"
            "can have its priors at the predictors' means.",
        )
    return Match(match.statement, match.slots, match.level, centred=True)


def _groups(slots: Sequence[Slot], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slot.group for slot in slots if slot.kind == kind))


def legal_addresses(slots: Sequence[Slot]) -> tuple[str, ...]:
    """Every address that means something in this model, from broad to specific."""
    out: list[str] = []
    if any(slot.kind == "b" and slot.coef != "Intercept" for slot in slots):
        out.append("b")
    for kind in ("sd", "cor"):
        groups = _groups(slots, kind)
        out += [kind] if groups else []
        out += [f"{kind}[{quote(group)}]" for group in groups]
    for slot in slots:
        out.append(slot.address())
        if slot.can_be_centred:
            out.append(slot.address(centred=True))
    return tuple(dict.fromkeys(out))


# ---- messages ----------------------------------------------------------------------------------------


def statement_error(message: str, statement: Statement, hint: str) -> PriorError:
    return PriorError(
        message, text=statement.text or statement.render(), span=statement.address_span, hint=hint
    )


def _no_predictor(statement: Statement, slots: Sequence[Slot]) -> PriorError:
    address = statement.address
    if address.predictor == "sigma":
        message = "sigma has no formula of its own in this model, so it has no coefficients"
        return statement_error(message, statement, "Write sigma ~ exponential(1) for its prior.")
    return _unknown(statement, slots)


def _unknown(statement: Statement, slots: Sequence[Slot]) -> PriorError:
    address = statement.address
    legal = nearest(address.render(), legal_addresses(slots))
    more = [f"... ({len(legal) - 8} more)"] if len(legal) > 8 else []
    hint = f"Addresses of this model, nearest first:\n{wrap_items([*legal[:8], *more])}."
    return statement_error(_why_unknown(statement, slots), statement, hint)


def _why_unknown(statement: Statement, slots: Sequence[Slot]) -> str:
    """The fault in one line, by what of the address is there."""
    address = statement.address
    written, head, parts = address.render(), address.head, address.parts
    if address.predictor not in ("", "mu"):
        return f"the model has no parameter {address.predictor} with a formula of its own"
    flat = {slot.parameter: slot for slot in slots}
    if written in flat:
        return f"{written} is a name of the summary; its address is {flat[written].address()}"
    if not parts and head in {slot.coef for slot in slots if slot.kind == "b"}:
        return f"{head} is a column; the address of its coefficient is b[{head}]"
    kinds = {slot.kind for slot in slots}
    if head == "Intercept" and not _where(slots, "b", coef="Intercept"):
        return "the model has no intercept"
    if head == "b" and not parts:
        return "the model has no population coefficients" + (" but the intercept" if "b" in kinds else "")
    if head == "sd" and "sd" not in kinds:
        return "the model has no group terms, so it has no sd"
    if head == "cor" and "cor" not in kinds:
        return "the model has no correlated group effects, so it has no cor"
    if head in ("sd", "cor") and parts and find_name(parts[0], _groups(slots, head)) is None:
        if head == "cor" and find_name(parts[0], _groups(slots, "sd")) is not None:
            return f"the effects of '{parts[0]}' are not correlated, so they have no cor"
        return f"the model has no group '{parts[0]}'"
    if head == "b" and len(parts) == 1:
        return f"the model has no population coefficient '{parts[0]}'"
    if head == "sd" and len(parts) == 2:
        return f"the group '{parts[0]}' has no coefficient '{parts[1]}'"
    return f"the model has no parameter at {written}"
