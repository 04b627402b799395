"""Which parameters of a model an address means, and what to say when it means none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesformula.errors import PriorError, nearest
from bayesformula.family_table import PARAMETERS, Family
from bayesformula.model.spec import KINDS
from bayesformula.priors import NameIndex, Prior, Statement, quote, unquote, wrap_items

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
        low, high: where the parameter lies, None where there is no bound.
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
    low: float | None = None
    high: float | None = None

    def address(self, *, centred: bool = False) -> str:
        """What to write before `~` to reach this parameter and no other."""
        if self.kind not in KINDS:
            return self.kind
        of = "" if self.predictor == "mu" or self.kind in ("sd", "cor", "df") else f"{self.predictor}."
        if self.kind == "b" and self.coef == "Intercept":
            return f"{of}Intercept[centred]" if centred else f"{of}Intercept"
        if self.kind == "bcs":
            column, _, number = self.coef.rpartition("[")
            return f"bcs[{quote(column)}, {number}"
        parts = [quote(name) for name in (self.group, self.coef) if name]
        parts += [str(self.number)] if self.number else []
        return f"{of}{self.kind}[{', '.join(parts + ['centred'] * centred)}]"


@dataclass(frozen=True, slots=True)
class Match:
    """The slots a statement speaks of, how specific it is, and whether it says `centred`."""

    statement: Statement
    slots: tuple[int, ...]
    level: int
    centred: bool = False


class Directory:
    """The slots of a model, and which of them each name reaches; built once, asked for every statement."""

    def __init__(self, slots: Sequence[Slot], family: Family | None = None) -> None:
        self.slots, self.family = tuple(slots), family
        self._positions: dict[tuple[str, ...], list[int]] = {}
        names: dict[tuple[str, ...], list[str]] = {}
        for position, slot in enumerate(slots):
            kind, group, coef = slot.kind, slot.group, slot.coef
            for key in ((kind,), (kind, group), (kind, group, coef)):
                self._positions.setdefault(key, []).append(position)
            names.setdefault((kind,), []).append(group)
            names.setdefault((kind, group), []).append(coef)
        self._names = {key: NameIndex(members) for key, members in names.items()}

    def where(self, *key: str, of: str = "") -> tuple[int, ...]:
        """Positions of the slots of a kind, of one group of it, of one coefficient of that.

        `of` is a predictor: "" for any, "mu" for mu and, of a categorical response, each of its kind.
        """
        found = self._positions.get(key, ())
        return tuple(i for i in found if not of or self._is_of(self.slots[i].predictor, of))

    def has(self, of: str) -> bool:
        """Whether a predictor has anything to address."""
        return any(self._is_of(predictor, of) for predictor in self.predictors)

    @staticmethod
    def _is_of(predictor: str, of: str) -> bool:
        return predictor == of or (of == "mu" and predictor.startswith("mu"))

    def find(self, part: str, *key: str) -> str | None:
        """The group of a kind, or the coefficient of a kind and group, that `part` of an address means."""
        index = self._names.get(key)
        return None if index is None else index.find(part)

    def groups(self, kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(slot.group for slot in self.slots if slot.kind == kind))

    @property
    def predictors(self) -> tuple[str, ...]:
        """Parameters with a formula that have anything to address."""
        return tuple(dict.fromkeys(s.predictor for s in self.slots if s.kind in KINDS and s.kind != "cor"))


def match_statement(statement: Statement, directory: Directory) -> Match:
    """The slots that the address of `statement` means.

    Raises:
        PriorError: it means none; the message lists the legal addresses, nearest first.
    """
    address = statement.address
    of = address.predictor or "mu"
    if address.predictor and not directory.has(of):
        raise _no_predictor(statement, directory)
    match address.head:
        case "Intercept":
            match = _match_intercept(statement, directory, of)
        case "b":
            match = _match_b(statement, directory, of)
        case "bcs" if of == "mu":
            match = _match_bcs(statement, directory)
        case "sd":
            match = _match_sd(statement, directory, of)
        case "cor" if not address.predictor:
            match = _match_cor(statement, directory)
        case "df" if len(address.parts) < 2 and not address.predictor:
            group = directory.find(address.parts[0], "df") if address.parts else None
            key = ("df",) if not address.parts else ("df", group or "\0")
            match = Match(statement, directory.where(*key), len(address.parts))
        case name if not address.parts and not address.predictor and name not in KINDS:
            match = Match(statement, directory.where(name), 0)
        case _:
            raise _unknown(statement, directory)
    if not match.slots:
        raise _unknown(statement, directory)
    return match


def _match_intercept(statement: Statement, directory: Directory, of: str) -> Match:
    """An intercept; of an ordinal response all thresholds, or one by its number."""
    parts = statement.address.parts
    centred = bool(parts) and parts[-1] in CENTRED
    parts = parts[:-1] if centred else parts
    is_own = int(of != "mu" and of.startswith("mu"))  # of one category: more particular than of all
    if not parts:
        found = directory.where("b", "", "Intercept", of=of)
        thresholds = directory.where("Intercept") if of == "mu" else ()
        return Match(statement, found or thresholds, 1 + is_own, centred)
    number = directory.where("Intercept", "", parts[0]) if len(parts) == 1 and of == "mu" else ()
    return Match(statement, number, 2, centred)


def _match_b(statement: Statement, directory: Directory, of: str) -> Match:
    parts = statement.address.parts
    is_own = int(of != "mu" and of.startswith("mu"))
    if not parts:
        slots = directory.slots
        found = tuple(i for i in directory.where("b", of=of) if slots[i].coef != "Intercept")
        return Match(statement, found, is_own)
    coef = directory.find(parts[0], "b", "") if len(parts) == 1 else None
    return Match(statement, () if coef is None else directory.where("b", "", coef, of=of), 2 + is_own)


def _match_bcs(statement: Statement, directory: Directory) -> Match:
    """All effects of `cs()`, those of one column, or one of them by the number of its threshold."""
    found = directory.where("bcs")
    if not statement.address.parts:
        return Match(statement, found, 0)
    first, *number = statement.address.parts
    coefs = {i: directory.slots[i].coef for i in found}
    column = NameIndex(coef.rpartition("[")[0] for coef in coefs.values()).find(first)
    match number:
        case []:
            chosen = tuple(i for i, coef in coefs.items() if coef.rpartition("[")[0] == column)
        case [only]:
            chosen = tuple(i for i, coef in coefs.items() if coef == f"{column}[{only}]")
        case _:
            chosen = ()
    return Match(statement, chosen, 1 + len(number))


def _match_sd(statement: Statement, directory: Directory, of: str) -> Match:
    """Sds: without a coefficient those of one predictor, as scales differ from predictor to predictor."""
    parts = statement.address.parts
    if not parts:
        return Match(statement, directory.where("sd", of=of), 0)
    group = directory.find(parts[0], "sd")
    if group is None:
        return Match(statement, (), 0)
    if len(parts) == 1:
        return Match(statement, directory.where("sd", group, of=of), 1)
    written = parts[1] if of == "mu" else f"{of}_{unquote(parts[1]) or parts[1]}"
    coef = directory.find(written, "sd", group)
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
    for predictor in directory.predictors:
        of = "" if predictor == "mu" else f"{predictor}."
        if any(directory.slots[i].coef != "Intercept" for i in directory.where("b", of=predictor)):
            out.append(f"{of}b")
        if of and directory.where("sd", of=predictor):
            out.append(f"{of}sd")
    out += ["Intercept"] if directory.where("Intercept") else []
    for kind in ("bcs", "sd", "cor", "df"):
        groups = directory.groups(kind)
        out += [kind] if groups else []
        out += [f"{kind}[{quote(group)}]" for group in groups if group]
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
    name = statement.address.predictor
    if directory.where(name):
        message = f"{name} has no formula of its own in this model, so it has no coefficients"
        usual = directory.slots[directory.where(name)[0]].default
        return statement_error(message, statement, f"Write {name} ~ {usual.display()} for its prior.")
    return _unknown(statement, directory)


def _unknown(statement: Statement, directory: Directory) -> PriorError:
    address = statement.address
    legal = nearest(address.render(), legal_addresses(directory))
    more = [f"... ({len(legal) - 8} more)"] if len(legal) > 8 else []
    hint = f"Addresses of this model, nearest first:\n{wrap_items([*legal[:8], *more])}."
    return statement_error(_why_unknown(statement, directory), statement, hint)


def _why_no_parameter(name: str, family: Family | None) -> str:
    """Why a parameter that some families have is none of this model."""
    if family is None or name not in family.parameters:
        return f"the model has no {name}" + (f": family '{family.name}' has none" if family else "")
    if name == "sigma":
        return "the model has no sigma: the sd of every response is known, by se()"
    return f"the model has no {name}: without a formula of its own it is 1"


def _why_unknown(statement: Statement, directory: Directory) -> str:
    """The fault in one line, by what of the address is there."""
    address = statement.address
    written, head, parts = address.render(), address.head, address.parts
    if address.predictor and not directory.has(address.predictor):
        return f"the model has no parameter {address.predictor} with a formula of its own"
    flat = {slot.parameter: slot for slot in directory.slots}
    if written in flat:
        return f"{written} is a name of the summary; its address is {flat[written].address()}"
    if not parts and head in {slot.coef for slot in directory.slots if slot.kind == "b"}:
        return f"{head} is a column; the address of its coefficient is b[{head}]"
    kinds = {slot.kind for slot in directory.slots}
    if head == "Intercept" and not parts and not directory.where("b", "", "Intercept"):
        return "the model has no intercept"
    if head == "Intercept" and directory.where("Intercept"):
        return f"the model has {len(directory.where('Intercept'))} thresholds, and no {written}"
    if head == "b" and not parts:
        return "the model has no population coefficients" + (" but the intercept" if "b" in kinds else "")
    if head in directory.predictors and not parts:
        coefs = {slot.coef for slot in directory.slots if slot.kind == "b" and slot.predictor == head}
        own = [f"{head}.Intercept"] * ("Intercept" in coefs) + [f"{head}.b"] * bool(coefs - {"Intercept"})
        own = own or [slot.address() for slot in directory.slots if slot.predictor == head][:1]
        return f"{head} has a formula of its own; the priors of its coefficients are at {' and '.join(own)}"
    if head in PARAMETERS and head not in kinds and not (parts or address.predictor):
        return _why_no_parameter(head, directory.family)
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
