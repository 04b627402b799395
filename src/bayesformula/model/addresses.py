"""Which parameters of a model an address means, and what to say when it means none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesformula.errors import PriorError, nearest
from bayesformula.priors import NameIndex, Prior, Statement, quote, wrap_items

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


class Directory:
    """The slots of a model, and which of them each name reaches; built once, asked for every statement."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = tuple(slots)
        self._positions: dict[tuple[str, ...], list[int]] = {}
        names: dict[tuple[str, ...], list[str]] = {}
        for position, slot in enumerate(slots):
            kind, group, coef = slot.kind, slot.group, slot.coef
            for key in ((kind,), (kind, group), (kind, group, coef)):
                self._positions.setdefault(key, []).append(position)
            names.setdefault((kind,), []).append(group)
            names.setdefault((kind, group), []).append(coef)
        self._names = {key: NameIndex(members) for key, members in names.items()}

    def where(self, *key: str) -> tuple[int, ...]:
        """Positions of the slots of a kind, of one group of it, of one coefficient of that."""
        return tuple(self._positions.get(key, ()))

    def find(self, part: str, *key: str) -> str | None:
        """The group of a kind, or the coefficient of a kind and group, that `part` of an address means."""
        index = self._names.get(key)
        return None if index is None else index.find(part)

    def groups(self, kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(slot.group for slot in self.slots if slot.kind == kind))


def match_statement(statement: Statement, directory: Directory) -> Match:
    """The slots that the address of `statement` means.

    Raises:
        PriorError: it means none; the message lists the legal addresses, nearest first.
    """
    address = statement.address
    if address.predictor not in ("", "mu"):
        raise _no_predictor(statement, directory)
    match address.head:
        case "Intercept":
            match = _match_intercept(statement, directory)
        case "b":
            match = _match_b(statement, directory)
        case "sd":
            match = _match_sd(statement, directory)
        case "cor":
            match = _match_cor(statement, directory)
        case "df" if len(address.parts) < 2:
            group = directory.find(address.parts[0], "df") if address.parts else None
            key = ("df",) if not address.parts else ("df", group or "\0")
            match = Match(statement, directory.where(*key), len(address.parts))
        case "sigma" if not address.parts and not address.predictor:
            match = Match(statement, directory.where("sigma"), 0)
        case _:
            raise _unknown(statement, directory)
    if not match.slots:
        raise _unknown(statement, directory)
    return match


def _match_intercept(statement: Statement, directory: Directory) -> Match:
    parts = statement.address.parts
    centred = len(parts) == 1 and parts[0] in CENTRED
    found = () if parts and not centred else directory.where("b", "", "Intercept")
    return Match(statement, found, 1, centred)


def _match_b(statement: Statement, directory: Directory) -> Match:
    parts = statement.address.parts
    if not parts:
        slots = directory.slots
        return Match(statement, tuple(i for i in directory.where("b") if slots[i].coef != "Intercept"), 0)
    coef = directory.find(parts[0], "b", "") if len(parts) == 1 else None
    return Match(statement, () if coef is None else directory.where("b", "", coef), 1)


def _match_sd(statement: Statement, directory: Directory) -> Match:
    parts = statement.address.parts
    if not parts:
        return Match(statement, directory.where("sd"), 0)
    group = directory.find(parts[0], "sd")
    if group is None:
        return Match(statement, (), 0)
    if len(parts) == 1:
        return Match(statement, directory.where("sd", group), 1)
    coef = directory.find(parts[1], "sd", group)
    found = () if coef is None else directory.where("sd", group, coef)
    return _with_centred(Match(statement, found, 2), parts[2:], directory)


def _match_cor(statement: Statement, directory: Directory) -> Match:
    parts = statement.address.parts
    if not parts:
        return Match(statement, directory.where("cor"), 0)
    group = directory.find(parts[0], "cor")
    if group is None:
        return Match(statement, (), 0)
    blocks = directory.where("cor", group)
    rest = parts[1:]
    if rest and rest[0].isdecimal():
        at = int(rest[0]) - 1
        chosen = blocks[at : at + 1] if at >= 0 else ()
        return _with_centred(Match(statement, chosen, 1 if len(blocks) == 1 else 2), rest[1:], directory)
    match = _with_centred(Match(statement, blocks, 1), rest, directory)
    return Match(statement, (), 1) if match.centred and len(blocks) > 1 else match


def _with_centred(match: Match, rest: Sequence[str], directory: Directory) -> Match:
    """The match with what follows its names: nothing, or `centred`."""
    if not rest or not match.slots:
        return match if not rest else Match(match.statement, (), match.level)
    if len(rest) > 1 or rest[0] not in CENTRED:
        return Match(match.statement, (), match.level)
    slot = directory.slots[match.slots[0]]
    if not slot.can_be_centred:
        raise statement_error(
            f"{match.statement.address.render()} does not exist: its group term has no centred form",
            match.statement,
            f"Write {slot.address()}. Only a correlated term with an intercept, as (1 + x | g),\n"
            "can have its priors at the predictors' means.",
        )
    return Match(match.statement, match.slots, match.level, centred=True)


def legal_addresses(directory: Directory) -> tuple[str, ...]:
    """Every address that means something in this model, from broad to specific."""
    out: list[str] = []
    if any(slot.kind == "b" and slot.coef != "Intercept" for slot in directory.slots):
        out.append("b")
    for kind in ("sd", "cor", "df"):
        groups = directory.groups(kind)
        out += [kind] if groups else []
        out += [f"{kind}[{quote(group)}]" for group in groups]
    for slot in directory.slots:
        out.append(slot.address())
        if slot.can_be_centred:
            out.append(slot.address(centred=True))
    return tuple(dict.fromkeys(out))


# ---- messages ----------------------------------------------------------------------------------------


def statement_error(message: str, statement: Statement, hint: str) -> PriorError:
    return PriorError(
        message, text=statement.text or statement.render(), span=statement.address_span, hint=hint
    )


def _no_predictor(statement: Statement, directory: Directory) -> PriorError:
    address = statement.address
    if address.predictor == "sigma":
        message = "sigma has no formula of its own in this model, so it has no coefficients"
        return statement_error(message, statement, "Write sigma ~ exponential(1) for its prior.")
    return _unknown(statement, directory)


def _unknown(statement: Statement, directory: Directory) -> PriorError:
    address = statement.address
    legal = nearest(address.render(), legal_addresses(directory))
    more = [f"... ({len(legal) - 8} more)"] if len(legal) > 8 else []
    hint = f"Addresses of this model, nearest first:\n{wrap_items([*legal[:8], *more])}."
    return statement_error(_why_unknown(statement, directory), statement, hint)


def _why_unknown(statement: Statement, directory: Directory) -> str:
    """The fault in one line, by what of the address is there."""
    address = statement.address
    written, head, parts = address.render(), address.head, address.parts
    if address.predictor not in ("", "mu"):
        return f"the model has no parameter {address.predictor} with a formula of its own"
    flat = {slot.parameter: slot for slot in directory.slots}
    if written in flat:
        return f"{written} is a name of the summary; its address is {flat[written].address()}"
    if not parts and head in {slot.coef for slot in directory.slots if slot.kind == "b"}:
        return f"{head} is a column; the address of its coefficient is b[{head}]"
    kinds = {slot.kind for slot in directory.slots}
    if head == "Intercept" and not directory.where("b", "", "Intercept"):
        return "the model has no intercept"
    if head == "b" and not parts:
        return "the model has no population coefficients" + (" but the intercept" if "b" in kinds else "")
    if head == "sigma" and "sigma" not in kinds:
        return "the sd of every response is known, by se(), so the model has no sigma"
    if head == "sd" and "sd" not in kinds:
        return "the model has no group terms, so it has no sd"
    if head == "cor" and "cor" not in kinds:
        return "the model has no correlated group effects, so it has no cor"
    if head == "df" and "df" not in kinds:
        return "the model has no Student effects, as (1 | gr(g, dist = 'student')) gives, so it has no df"
    if head in ("sd", "cor", "df") and parts and directory.find(parts[0], head) is None:
        if head == "cor" and directory.find(parts[0], "sd") is not None:
            return f"the effects of '{parts[0]}' are not correlated, so they have no cor"
        return f"the model has no group '{parts[0]}'"
    if head == "b" and len(parts) == 1:
        return f"the model has no population coefficient '{parts[0]}'"
    if head == "sd" and len(parts) == 2:
        return f"the group '{parts[0]}' has no coefficient '{parts[1]}'"
    return f"the model has no parameter at {written}"
