"""Text, dicts and lists become prior statements; nothing in them is ever evaluated.

The language is `grammar/prior.lark`. What is checked here needs no model: the spelling, the distribution
and its numbers. Whether an address exists, and what may stand there, is `model.resolve`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from bayesformula import prior_brms
from bayesformula.errors import PriorError, Span, listing, nearest
from bayesformula.prior_characters import KEYBOARD, invisible, refuse_long, short
from bayesformula.priors import (
    ALIASES,
    DISTRIBUTIONS,
    NONE,
    SHRINKAGE,
    Address,
    Distribution,
    Prior,
    PriorRow,
    Statement,
    exact_number,
    wrap_items,
)
from bayesformula.syntax.grammar import grammar_text

HOW = (
    "A statement is `address ~ distribution(numbers)`, as in `b[x] ~ normal(0, 1)` or `sd ~ exponential(1)`."
)
COMPUTED = "Arguments are numbers, separated by commas: nothing in a prior is computed, work them out first."
BOUNDS = "Write `normal(0, 1) truncated to [0, 1]`, with (-inf or inf) where there is no bound."
RECIPROCAL = frozenset({"scale", "mean", "theta", "beta"})  # what others call 1 / rate


def parse_priors(source: object) -> tuple[Statement, ...]:
    """Read prior statements from whatever the user has them in.

    Args:
        source: None; a text with one or several statements; a list of such texts; a dict
            `{"b": "normal(0, 1)", "sd[cafe]": "exponential(1)"}`; or what `fit.priors` and `explain` list
            (a table, or dicts, with `address` and `prior`).

    Raises:
        PriorError: something cannot be read, or a distribution's numbers are illegal.

    >>> [statement.render() for statement in parse_priors("b ~ normal(0, 1); sd[ g ] ~ flat()")]
    ['b ~ normal(0, 1)', 'sd[g] ~ flat']
    """
    if source is None:
        return ()
    if isinstance(source, str):
        return parse_text(source)
    if isinstance(source, Mapping):
        return _read_mapping(cast("Mapping[object, object]", source))
    if hasattr(source, "columns") and hasattr(source, "to_dict"):  # fit.priors, or another table of its shape
        source = cast("Any", source).to_dict("records")
    if not isinstance(source, Iterable):
        raise PriorError(f"priors={source!r} cannot be read", hint=HOW)
    items = cast("Iterable[object]", source)
    return _once(statement for item in items for statement in _read_item(item))


def _once(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Without repetitions of joint priors, which a table lists with each of their coefficients."""
    out: list[Statement] = []
    for statement in statements:
        if statement.prior.distribution not in SHRINKAGE or statement not in out:
            out.append(statement)
    return tuple(out)


def _read_item(item: object) -> tuple[Statement, ...]:
    match item:
        case str():
            return parse_text(item)
        case Statement():
            return (item,)
        case PriorRow():
            return parse_text(item.statement)
        case Mapping():
            return _read_mapping(cast("Mapping[object, object]", item))
        case _:
            raise PriorError(f"{item!r} is not a prior statement", hint=HOW)


def _read_mapping(entries: Mapping[object, object]) -> tuple[Statement, ...]:
    if "prior" in entries and ("address" in entries or "parameter" in entries):  # one row of `fit.priors`
        return (_read_pair(entries.get("address", entries.get("parameter")), entries["prior"]),)
    if "prior" in entries and not {"class", "coef", "group", "dpar"}.isdisjoint(entries):
        fields = {str(name): value for name, value in entries.items()}
        shown = {name: value for name, value in fields.items() if value == value and value != ""}
        raise PriorError(f"{shown} is not a prior", hint=_as_here(prior_brms.statement_of_fields(fields)))
    return tuple(_read_pair(address, prior) for address, prior in entries.items())


def _as_here(statement: str | None) -> str:
    """What to write for a prior of brms: its statement here, if that can be read."""
    try:
        (read,) = parse_text(statement or "")
    except (PriorError, ValueError):
        return HOW
    return f"Write {read.render()}."


def _read_pair(address: object, prior: object) -> Statement:
    if not isinstance(address, str) or not isinstance(prior, str | Prior):
        hint = "Both are text in a dict of priors: {'b': 'normal(0, 1)', 'sd[cafe]': 'exponential(1)'}."
        if isinstance(address, str) and isinstance(prior, int | float):
            hint = f"For a parameter that is known write {{{address!r}: 'constant({prior})'}}."
        raise PriorError(f"{{{address!r}: {prior!r}}} is not a prior", hint=hint)
    text = f"{address} ~ {prior}"
    statements = parse_text(text)
    if len(statements) != 1:
        raise PriorError(
            "one entry of a dict must hold one prior", text=text, span=Span(0, len(text)), hint=HOW
        )
    return statements[0]


def parse_text(text: str) -> tuple[Statement, ...]:
    """Read the statements of one text: lines or `;` between them, comments from `#`.

    A text of comments alone states nothing; one that is empty is a mistake, as an empty shell variable is.
    """
    if not text.strip("; \t\r\n"):
        hint = f"{HOW}\nFor the default priors give none at all."
        raise PriorError("the text of the priors is empty", hint=hint)
    refuse_long(text)
    tree = _parse_tree(text)
    return tuple(_read_statement(text, child) for child in _trees(tree, "statement"))


# ---- from Lark's tree to values ----------------------------------------------------------------------


@cache
def _parser() -> Lark:
    return Lark(grammar_text("prior.lark"), parser="lalr", lexer="contextual", propagate_positions=True)


def _parse_tree(text: str) -> Tree[Token]:
    try:
        return cast("Tree[Token]", _parser().parse(text))
    except UnexpectedToken as error:
        start = len(text.rstrip()) if error.token.type == "$END" else int(error.token.start_pos or 0)
        accepted = cast("set[str]", error.accepts or error.expected or set())
    except UnexpectedCharacters as error:
        start, accepted = int(error.pos_in_stream or 0), cast("set[str]", error.allowed or set())
    except UnexpectedEOF:
        start, accepted = len(text.rstrip()), set[str]()
    raise _unexpected(text, start, accepted)


def _trees(tree: Tree[Token], name: str) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree) and child.data == name]


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _span(tree: Tree[Token]) -> Span:
    return Span(tree.meta.start_pos, tree.meta.end_pos)


def _token_span(token: Token) -> Span:
    return Span(int(token.start_pos or 0), int(token.end_pos or 0))


def _read_statement(text: str, tree: Tree[Token]) -> Statement:
    (address,), (prior,) = _trees(tree, "address"), _trees(tree, "prior")
    names = [str(token) for token in _tokens(address)]
    parts = tuple(_slice(text, _span(part)) for part in _trees(address, "part"))
    where, at = _span(address), _span(prior)
    at = Span(at.start, at.start + len(text[at.start : at.stop].rstrip()))
    predictor = names[0] if len(names) == 2 else ""
    return Statement(Address(predictor, names[-1], parts), _read_prior(text, prior), text, where, at)


def _slice(text: str, span: Span) -> str:
    return text[span.start : span.stop].strip()


def _read_prior(text: str, tree: Tree[Token]) -> Prior:
    name = _tokens(tree)[0]
    record = DISTRIBUTIONS.get(ALIASES.get(str(name), str(name)))
    if record is None:
        legal = wrap_items(DISTRIBUTIONS[other].signature for other in nearest(str(name), DISTRIBUTIONS))
        raise PriorError(
            f"there is no distribution '{name}'",
            text=text,
            span=_token_span(name),
            hint=f"Distributions, nearest first:\n{legal}.",
        )
    prior = Prior(record.name, _read_arguments(text, tree, record))
    for truncation in _trees(tree, "truncation"):
        prior = _truncate(text, truncation, prior, record)
    return prior


def _read_arguments(text: str, tree: Tree[Token], record: Distribution) -> tuple[float, ...]:
    values: dict[str, float] = {}
    given = [_tokens(argument) for argument in _trees(tree, "argument")]
    for position, tokens in enumerate(given):
        if len(tokens) == 2:
            name = _named(text, tokens[0], record, values)
        elif any(len(earlier) == 2 for earlier in given[:position]):
            raise PriorError(
                "an argument without a name cannot follow one with a name",
                text=text,
                span=_token_span(tokens[0]),
                hint=f"Write {record.signature}, with or without the names.",
            )
        elif position >= len(record.arguments):
            raise _wrong_count(text, tree, record, len(given))
        else:
            name = record.arguments[position]
        values[name] = _read_number(text, tokens[-1], name, record)
    if record.defaults:
        _refuse_two_global_scales(text, tree, values)
        values = dict(zip(record.arguments, record.defaults, strict=True)) | values
    if len(values) < len(record.arguments):
        raise _wrong_count(text, tree, record, len(given))
    if record.name == "uniform" and values["lower"] >= values["upper"]:
        raise PriorError(
            "the lower end of a uniform must be below its upper end",
            text=text,
            span=_span(tree),
            hint="Write uniform(lower, upper), as in uniform(0, 10).",
        )
    return tuple(values[name] for name in record.arguments)


def _refuse_two_global_scales(text: str, tree: Tree[Token], values: Mapping[str, float]) -> None:
    if "scale_global" in values and values.get("par_ratio", NONE) != NONE:
        raise PriorError(
            "scale_global and par_ratio of horseshoe say the same thing twice",
            text=text,
            span=_trimmed(text, tree),
            hint="par_ratio, how many coefficients matter over how many do not, sets scale_global:\n"
            "write horseshoe(par_ratio = 0.1) or horseshoe(scale_global = 0.1).",
        )


def _named(text: str, token: Token, record: Distribution, values: Mapping[str, float]) -> str:
    """The argument that a written name means, synonyms resolved."""
    written = str(token)
    name = dict(record.synonyms).get(written, written)
    if name in record.arguments and name not in values:
        return name
    if name in values:
        message = f"the argument '{name}' of {record.name} is given twice"
        hint = f"Write {record.signature}, each argument once."
    else:
        message = f"{record.name} has no argument '{written}'"
        hint = f"Write {record.signature}"
        hint += (
            f": the arguments are {listing(nearest(written, record.arguments))}."
            if record.arguments
            else " alone."
        )
        if written in RECIPROCAL and "rate" in record.arguments:
            hint += f" The rate is 1 / {written}."
    raise PriorError(message, text=text, span=_token_span(token), hint=hint)


def _read_number(text: str, token: Token, name: str, record: Distribution) -> float:
    if str(token) == "none" and dict(zip(record.arguments, record.defaults, strict=False)).get(name) == NONE:
        return NONE
    value = float(token) if token.type == "NUMBER" else math.nan
    if not math.isfinite(value):
        raise PriorError(
            f"the {name} of {record.name} must be a finite number, not {short(str(token))}",
            text=text,
            span=_token_span(token),
            hint="Numbers are written out, as in 2.5 or 1e-3; for a prior without bounds write `flat`.",
        )
    if name in record.positive and value <= 0:
        raise PriorError(
            f"the {name} of {record.name} must be above 0, not {token}",
            text=text,
            span=_token_span(token),
            hint=_within(record, name, f"{' and '.join(record.positive)} above 0"),
        )
    if name in record.unit and not 0 < value < 1:
        raise PriorError(
            f"the {name} of {record.name} must lie between 0 and 1, not be {token}",
            text=text,
            span=_token_span(token),
            hint=_within(record, name, f"{' and '.join(record.unit)} between 0 and 1"),
        )
    return value


def _within(record: Distribution, name: str, limits: str) -> str:
    """What to write for an argument outside its limits."""
    if not record.defaults:
        return f"Write {record.signature} with {limits}."
    usual = dict(zip(record.arguments, record.defaults, strict=True))[name]
    return f"Leave it out, or write for example {name} = {'0.1' if usual == NONE else exact_number(usual)}."


def _wrong_count(text: str, tree: Tree[Token], record: Distribution, given: int) -> PriorError:
    count = len(record.arguments)
    takes = {0: "no arguments", 1: "1 argument"}.get(count, f"{count} arguments")
    has = {0: "none is", 1: "1 is"}.get(given, f"{given} are")
    return PriorError(
        f"{record.name} takes {takes}, and {has} given",
        text=text,
        span=_trimmed(text, tree),
        hint=f"Write {record.signature}.",
    )


def _trimmed(text: str, tree: Tree[Token]) -> Span:
    """The place of a tree, blanks and comments at its end left out."""
    return Span(tree.meta.start_pos, tree.meta.start_pos + len(_slice(text, _span(tree))))


def _truncate(text: str, tree: Tree[Token], prior: Prior, record: Distribution) -> Prior:
    low, high = (None if "INFINITY" in token.type else float(token) for token in _tokens(tree))
    span = Span(tree.meta.start_pos, tree.meta.end_pos)
    if any(bound is not None and not math.isfinite(bound) for bound in (low, high)):
        raise PriorError("a bound must be a finite number", text=text, span=span, hint=BOUNDS)
    if low is not None and high is not None and low >= high:
        raise PriorError("the lower bound must be below the upper bound", text=text, span=span, hint=BOUNDS)
    if record.support in ("point", "correlation", "coefficients"):
        raise PriorError(
            f"{record.name} cannot be truncated", text=text, span=span, hint="Leave the truncation out."
        )
    try:
        return prior.truncated_to(low, high)
    except ValueError as error:
        raise PriorError(str(error), text=text, span=span, hint="Leave the truncation out.") from error


# ---- what the grammar refuses ------------------------------------------------------------------------


_OF_TRUNCATION = frozenset(
    {"TO", "LSQB", "LPAR", "RSQB", "RPAR", "NUMBER", "INFINITY", "MINUS_INFINITY", "COMMA"}
)


def _unexpected(text: str, start: int, accepted: set[str]) -> PriorError:
    word = re.compile(r"\w+|[^\n]|").match(text, start)
    found = word[0] if word is not None else ""
    if fault := invisible(text, start):
        return fault
    opened = _unclosed(text, start)
    if not found and opened is not None:
        return PriorError(
            f"`{text[opened]}` is not closed",
            text=text,
            span=Span(opened, opened + 1),
            hint="Write sd[cafe, afternoon] ~ half_normal(1), each statement on one line.",
        )
    label, hint = _expected(found, accepted)
    line = text[text.rfind("\n", 0, start) + 1 :].partition("\n")[0]
    if "_TILDE" in accepted and (known := prior_brms.statement_of_call(line)):
        label, hint = "", _as_here(known)
    elif "TRUNCATED" in accepted and (bounded := prior_brms.truncation(text, start)):
        label, hint = "", f"Write {bounded}."
    if found in KEYBOARD:
        label, hint = f"not the `{KEYBOARD[found]}` of the keyboard", f"Write {KEYBOARD[found]} instead."
    what = f"unexpected `{short(found)}` in a prior" if found else "the statement ends too early"
    return PriorError(what, text=text, span=Span(start, start + len(found)), label=label, hint=hint)


def _unclosed(text: str, stop: int) -> int | None:
    """Where the first bracket opens that is still open at `stop`, on the line of `stop`."""
    opened: list[int] = []
    line = text.rfind("\n", 0, stop) + 1
    for piece in re.finditer(r"`(?:\\.|[^`\\\n])*`|[()\[\]]", text[line:stop]):
        if piece[0] in "([":
            opened.append(line + piece.start())
        elif piece[0] in ")]" and opened:
            opened.pop()
    return opened[0] if opened else None


def _expected(found: str, accepted: set[str]) -> tuple[str, str]:
    """What should stand there and what to write, by the tokens that the grammar allows."""
    if "_TILDE" in accepted:
        if found == "(":
            return "expected `~` or `[`", "Names stand in square brackets: write sd[cafe], not sd(cafe)."
        return "expected `~`", HOW
    if "TEXT" in accepted:
        return (
            "expected a name",
            "Names stand in brackets, separated by commas: sd[cafe], sd[cafe, afternoon].",
        )
    if accepted and accepted <= _OF_TRUNCATION and accepted != {"COMMA", "RPAR"}:
        return "", BOUNDS
    if "NUMBER" in accepted:
        return "expected a number", COMPUTED
    if "TRUNCATED" in accepted:
        if found == "-":
            return (
                "expected the end",
                "Names of distributions have `_`: write half_normal(1), not half-normal(1).",
            )
        return "expected the end", "Separate statements by `;` or a new line; a prior is one distribution."
    if "RPAR" in accepted:
        return "expected `,` or `)`", COMPUTED
    if "_SEPARATOR" in accepted or "DOT" in accepted:
        return "expected an address", HOW
    return "expected a distribution", HOW
