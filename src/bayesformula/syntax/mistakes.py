"""What was written by mistake, and what to write instead: the words of the parser's errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.source import Source, open_brackets

_TOKEN = re.compile(
    r"""\#[^\n]*|(?P<token>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[\w.\u0300-\u036f]+"""
    r"""|\|\||&&|\*\*|[=!<>]=|%in%|%%|%/%|\S)""",
    re.DOTALL,
)
_OPERANDS = frozenset({"NAME", "QUOTED_NAME", "NUMBER", "STRING", "DOT", "LPAR", "LBRACE"})
_FUNCTION = re.compile(r"log(2|10|1p)?|exp|sqrt|abs|scale|center|poly|ns|bs|factor|offset|sin|cos|tan|I|C")
_PYTHON = re.compile(r"lambda|import|not|and|or|if|else|for|in|is|def|return|await|yield")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SIMPLE = "Write the response, `~` and the terms: y ~ x + (1 | g)."


@dataclass(frozen=True, slots=True)
class Found:
    """A token that the grammar does not allow: its kind, text, place, and which kinds it allows instead."""

    kind: str
    text: str
    start: int
    accepted: frozenset[str]

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + max(1, len(self.text)))

    @property
    def is_end(self) -> bool:
        return self.kind == "$END"

    @property
    def shown(self) -> str:
        return "the end of the formula" if self.is_end else f"`{shorten(self.text)}`"


def shorten(text: str) -> str:
    """A token for a message: on one line, long ones cut."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "..."


def explain_token(source: Source, found: Found) -> FormulaError:
    """The error for a token out of place."""
    before = [match["token"] for match in _TOKEN.finditer(source.text[: found.start]) if match["token"]]
    opened = open_brackets(source, found.start)
    previous = before[-1] if before else ""
    if not previous:
        return _response_missing(source, found)
    if {"NAME", "STRING"} & found.accepted:  # "LPAR" alone says little: after a name it opens a call
        return _operand_missing(source, found, previous, opened)
    if found.kind in _OPERANDS:
        return _operator_missing(source, found, previous)
    if found.text in (")", "]", "}"):
        return _wrong_bracket(source, found, opened)
    if opened and (found.is_end or found.text == ";"):
        return _never_closed(source, opened[-1])
    return _out_of_place(source, found, before, opened)


# ---- a column, number or parenthesis was due ---------------------------------------------------------


def _response_missing(source: Source, found: Found) -> FormulaError:
    """`~ x`, or a formula that starts with an operator."""
    if found.text == "~":
        rest = source.text[found.span.stop :].strip() or "x"
        return source.error(
            "the response is missing on the left of `~`",
            found.span,
            label="expected a column name before it",
            hint=f"Write y ~ {rest if len(rest) <= 60 else '...'}.",
        )
    message = "the formula is empty" if found.is_end else f"a formula cannot start with {found.shown}"
    return source.error(message, found.span, label="expected the response", hint=_SIMPLE)


def _operand_missing(source: Source, found: Found, previous: str, opened: list[Span]) -> FormulaError:
    """An operator without what it works on."""
    if previous in ("|", "||") and opened and not _is_call(source, opened[-1]):
        return _factor_missing(source, found, previous, opened[-1])
    if previous == "(" and found.kind in ("BAR", "DOUBLE_BAR"):
        return _effects_missing(source, found)
    if previous in ("~", ";"):
        return _side_missing(source, found, previous)
    if previous == "(" and found.text == ")":
        return source.error("empty parentheses", found.span, label="expected a column name before it")
    if previous == "[":
        return source.error(
            "square brackets hold a level of the response",
            found.span,
            label="expected a level in quotes",
            hint="Write y['yes'] ~ x. Columns are named alone: x, not df['x'].",
        )
    what = "the comma" if previous == "," else previous
    hint = "Operators are + - * / : ^ %in%; each stands between two terms."
    if found.is_end or found.text in (")", ";"):
        hint = f"Write a column after {what}, or leave {what} out."
    if found.is_end and previous in ("|", "||"):
        hint = "A group term stands in parentheses: (1 | g)."
    elif found.text == "~" and previous == "|":
        hint = "Write y | trials(n) ~ x, or leave the bar out."
    message = f"a column must follow `{previous}`, not {found.shown}"
    return source.error(message, found.span, label="expected a column name", hint=hint)


def _is_call(source: Source, opened: Span) -> bool:
    """Whether a bracket opens the arguments of a call."""
    return re.search(r"[\w.]\s*$", source.text[max(0, opened.start - 80) : opened.start]) is not None


def _factor_missing(source: Source, found: Found, bar: str, opened: Span) -> FormulaError:
    """`(1 + x | )`."""
    inside = source.text[opened.stop : found.start]
    effects = shorten(inside.split("|")[0]) or "1"
    before = " ".join(source.text[: opened.start].split()).removesuffix("+").rstrip()
    plain = f": {before}." if before and not before.endswith("~") and len(before) <= 60 else "."
    return source.error(
        f"a grouping factor must follow `{bar}`",
        found.span,
        label="expected a column name",
        hint=f"Write ({effects} | school). For no grouping, drop the bar{plain}",
    )


def _effects_missing(source: Source, found: Found) -> FormulaError:
    """`(| g)`."""
    factor = re.match(r"\s*([\w.]{1,40})", source.text[found.span.stop :])
    return source.error(
        f"effects must stand before `{found.text}`",
        found.span,
        label="expected 1 or a column name before it",
        hint=f"Write (1 | {factor[1] if factor else 'g'}) for intercepts that vary.",
    )


def _side_missing(source: Source, found: Found, previous: str) -> FormulaError:
    """`y ~`, `y ~~ x` and `y ~ x;;`."""
    if found.text == previous:
        message = f"`{previous}` stands twice"
        return source.error(message, found.span, label="the second one", hint="Leave one of them out.")
    if previous == ";":
        return source.error(
            f"a formula must follow `;`, not {found.shown}",
            found.span,
            label="expected the name of a parameter",
            hint="Write y ~ x; sigma ~ x.",
        )
    if found.is_end or found.text == ";":
        return source.error(
            "the right side of `~` is empty",
            found.span,
            label="expected a column name or 1",
            hint="Write y ~ 1 for an intercept alone.",
        )
    message = f"the right side of `~` cannot start with {found.shown}"
    return source.error(message, found.span, label="expected a column name or 1", hint="Write y ~ x.")


# ---- an operator was due -----------------------------------------------------------------------------


def _operator_missing(source: Source, found: Found, previous: str) -> FormulaError:
    """Two operands side by side."""
    adjacent = not source.text[found.start - 1].isspace()
    code = _code_mistake(source, found, previous, adjacent=adjacent)
    if code is not None:
        return code
    label = "expected an operator such as + before it"
    hint = f"Write {shorten(previous)} + {shorten(found.text)}."
    if found.kind in ("LPAR", "LBRACE") or not re.match(r"[\w.`]", previous):
        hint = "Join terms with +: x + (1 | g). Additions to a response too: y | trials(n) + weights(w)."
    elif _FUNCTION.fullmatch(previous):
        label, hint = "expected ( before it", f"Write {previous}({shorten(found.text)})."
    elif previous[0].isdigit() and adjacent:
        hint = (
            f"For arithmetic, write I({previous} * {found.text}). A column of that name goes in backquotes: "
        )
        hint += f"`{previous}{found.text}`."
    elif found.kind == "NAME" and previous[0] != "`":
        hint += f" One column of that name goes in backquotes: `{shorten(previous)} {shorten(found.text)}`."
    message = f"an operator is missing between `{shorten(previous)}` and {found.shown}"
    return source.error(message, found.span, label=label, hint=hint)


def _code_mistake(source: Source, found: Found, previous: str, *, adjacent: bool) -> FormulaError | None:
    """Python where a formula is due: attributes, string prefixes, keywords."""
    if previous in (")", "]") and found.text.startswith(".") and adjacent:
        return source.error(
            f"`{shorten(found.text)}` cannot follow a `{previous}`",
            found.span,
            hint="A formula is not Python code, and nothing in it is run. Compute the column first.",
        )
    if found.kind == "STRING" and adjacent and re.fullmatch(r"[A-Za-z]{1,2}", previous):
        message = f"`{previous}` cannot stand before a quote"
        hint = "Python's string prefixes have no meaning in a formula. Columns are named without quotes."
        return source.error(message, found.span, hint=hint)
    word = next((word for word in (previous, found.text) if _PYTHON.fullmatch(word)), "")
    if word:
        return source.error(
            f"an operator is missing between `{shorten(previous)}` and {found.shown}",
            found.span,
            label="expected an operator such as + before it",
            hint=f"A formula is not Python code: `{word}` is read as the name of a column.",
        )
    return None


# ---- brackets, commas, tildes, the end ---------------------------------------------------------------


def _wrong_bracket(source: Source, found: Found, opened: list[Span]) -> FormulaError:
    """`x)` and `(x]`."""
    if not opened:
        message = f"this `{found.text}` closes nothing"
        return source.error(message, found.span, hint="Take it out, or open one before it.")
    due = _CLOSING[source.text[opened[-1].start]]
    return source.error(f"`{found.text}` where `{due}` is due", found.span, label=f"expected {due}")


def _never_closed(source: Source, opened: Span) -> FormulaError:
    """`(1 | g`."""
    mark = source.text[opened.start]
    part = source.slice(Span(opened.start, len(source.text)))
    hint = f"Write {part}{_CLOSING[mark]}."
    return source.error(f"this `{mark}` is never closed", opened, label="opened here", hint=hint)


def _out_of_place(source: Source, found: Found, before: list[str], opened: list[Span]) -> FormulaError:
    """A comma, tilde, `=`, bracket or the end where none can stand."""
    clause = before[len(before) - before[::-1].index(";") if ";" in before else 0 :]
    match found.text:
        case "~" if opened:
            message, hint = "`~` cannot stand in parentheses", "Write y ~ x + (1 | g)."
        case "~":
            message = "a formula has one `~`, and this is its second"
            hint = "Join terms with +: y ~ x + z.\nSeparate two formulas with a semicolon: y ~ x; sigma ~ z."
        case ",":
            message = "a comma separates the arguments of a call only"
            hint = "Join terms with +: y ~ x + z."
        case "=" if "~" in clause:
            message, hint = "`=` names an argument of a call only", "A comparison is ==, as in (f == 1)."
        case "=":
            message, hint = "`=` names an argument of a call only", "Write ~ after the response: y ~ x."
        case "[":
            message = "square brackets follow the name of the response only"
            hint = "Write y['yes'] ~ x to choose the success level."
        case _ if found.kind == "COMPARE":
            message, hint = "comparisons do not chain", "Join two with &: x > 0 & x < 1."
        case _ if "~" not in clause:
            message = "a formula needs a `~` after its response"
            hint = "Response and terms are joined by `~`, not `==`: y ~ x." if "==" in clause else _SIMPLE
            return source.error(message, found.span, label="expected ~", hint=hint)
        case _:
            message, hint = f"{found.shown} cannot stand here", "Operators are + - * / : ^ %in%."
    return source.error(message, found.span, label=_in_words(found.accepted), hint=hint)


def _in_words(accepted: frozenset[str]) -> str:
    """The kinds of token that may come next."""
    words: list[str] = []
    if {"SIGN", "STAR"} & accepted:
        words.append("an operator such as +")
    if "COMMA" in accepted:
        words.append("a comma")
    if "RPAR" in accepted:
        words.append(")")
    if "RSQB" in accepted:
        words.append("]")
    return f"expected {' or '.join(words)}" if words else ""
