"""What was written by mistake, and what to write instead: the words of the parser's errors."""

from __future__ import annotations

import re

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.found import Found, shorten, tokens_before, whole
from bayesformula.syntax.grammar import is_readable
from bayesformula.syntax.misplaced import explain_misplaced, never_closed, separated, wrong_bracket
from bayesformula.syntax.source import Source, open_brackets

_OPERANDS = frozenset({"NAME", "QUOTED_NAME", "NUMBER", "STRING", "DOT", "LPAR", "LBRACE", "PACKAGE"})
_FUNCTION = re.compile(r"log(2|10|1p)?|exp|sqrt|abs|scale|center|poly|ns|bs|factor|offset|sin|cos|tan|I|C")
_PYTHON = re.compile(r"lambda|import|not|and|or|if|else|for|in|is|def|return|await|yield")
_ADDITIONS = ("weights", "trials", "se", "cens", "trunc", "rate")
_NOT_OPERATORS = {
    ("|", ">"): "Nothing is piped in a formula. A function stands before its column: log(x).",
    ("-", ">"): "Response and terms are joined by `~`: y ~ x.",
    ("/", "/"): "A comment begins with `#`.",
    ("/", "*"): "A comment begins with `#`.",
}
_NOT_CODE = "A formula is not Python code, and nothing in it is run. Compute the column first."


def explain_token(source: Source, found: Found) -> FormulaError:
    """The error for a token out of place."""
    before = tokens_before(source, found)
    opened = open_brackets(source, found.start)
    previous = before[-1] if before else ""
    if not previous:
        return _response_missing(source, found)
    if previous in ("::", ":::") or (before[-2:-1] and before[-2] in ("::", ":::")):
        return _function_missing(source, found, previous)
    if found.expects_operand:
        return _operand_missing(source, found, previous, opened)
    if previous == "[":
        return _level_missing(source, found, before)
    if found.kind in _OPERANDS:
        return _operator_missing(source, found, previous)
    if found.text in (")", "]", "}"):
        return wrong_bracket(source, found, opened)
    if opened and found.text == ";":
        return separated(source, found, opened[-1])
    if opened and found.is_end:
        return never_closed(source, opened[-1])
    return explain_misplaced(source, found, before, opened)


# ---- a column, number or parenthesis was due ---------------------------------------------------------


def _response_missing(source: Source, found: Found) -> FormulaError:
    """`~ x`, or a formula that starts with an operator."""
    if found.text == "~":
        rest = source.text[found.span.stop :].strip() or "x"
        return source.error(
            "the response is missing on the left of `~`",
            found.span,
            label=f"{found.expected} before it",
            hint=f"Write y ~ {rest if len(rest) <= 60 and is_readable(f'y ~ {rest}') else 'x'}.",
        )
    message = "the formula is empty" if found.is_end else f"a formula cannot start with {found.shown}"
    hint = "Write the response, `~` and the terms: y ~ x + (1 | g)."
    return source.error(message, found.span, label="expected the response", hint=hint)


def _operand_missing(source: Source, found: Found, previous: str, opened: list[Span]) -> FormulaError:
    """An operator without what it works on."""
    if found.text == "[":
        return _square_group(source, found, is_call=bool(opened) and _is_call(source, opened[-1]))
    if previous in ("|", "||") and opened and not _is_call(source, opened[-1]):
        return _factor_missing(source, found, previous, opened[-1])
    if previous == "(" and found.kind in ("BAR", "DOUBLE_BAR"):
        return _effects_missing(source, found)
    if previous in ("~", ";"):
        return _side_missing(source, found, previous)
    if previous == "=" and not opened:
        return _value_missing(source, found)
    if previous == "(" and found.text == ")":
        return _empty_parentheses(source, found)
    what = "the comma" if previous == "," else previous
    hint = "Operators are + - * / : ^ %in%; each stands between two terms."
    if found.is_end or found.text in (")", "}", ";"):
        hint = f"Write a column after {what}, or leave {what} out."
    if found.is_end and previous in ("|", "||"):
        hint = "A group term stands in parentheses: (1 | g)."
    elif found.text == "~" and previous == "|":
        hint = "Write y | trials(n) ~ x, or leave the bar out."
    elif found.kind == "NOT":
        hint = "For a logical column, write I(!late)."
    elif (previous, found.text) in _NOT_OPERATORS:
        hint = _NOT_OPERATORS[previous, found.text]
    message = f"a column must follow `{previous}`, not {found.shown}"
    return source.error(message, found.span, label=found.expected, hint=hint)


def _value_missing(source: Source, found: Found) -> FormulaError:
    """`; sigma =` and `; sigma = ~ x`."""
    name = re.search(r"([\w.]+)\s*=\s*$", source.text[: found.start][-80:])
    held = name[1] if name else "nu"
    return source.error(
        f"a number must follow `=`, not {found.shown}",
        found.span,
        label="expected a number",
        hint=f"A number holds a parameter fixed: {held} = 0.5. A formula has a `~`: {held} ~ x.",
    )


def _is_call(source: Source, opened: Span) -> bool:
    """Whether a bracket opens the arguments of a call."""
    return re.search(r"[\w.]\s*$", source.text[max(0, opened.start - 80) : opened.start]) is not None


def _empty_parentheses(source: Source, found: Found) -> FormulaError:
    """`()`, alone or as the beginning of Python code."""
    code = source.text[found.span.stop :].lstrip().startswith(".")
    hint = _NOT_CODE if code else "Write terms in them, or leave them out."
    return source.error("empty parentheses", found.span, label=f"{found.expected} before it", hint=hint)


def _square_group(source: Source, found: Found, *, is_call: bool) -> FormulaError:
    """`[1 | g]`, and a Python list where a term or an argument is due."""
    inside = re.match(r"\[([^\[\]]{1,60})\]", source.text[found.start :])
    hint = "Group terms stand in round parentheses: (1 | g)."
    columns = [part.strip().strip("\"'") for part in inside[1].split(",")] if inside else []
    if inside and "|" in inside[1]:
        hint = f"Group terms stand in round parentheses: ({inside[1].strip()})."
    elif inside and re.search(r"\bfor\b", inside[1]):
        hint = _NOT_CODE
    elif is_call:
        hint = f"Several values are written c({inside[1].strip() if inside else '1, 2'})."
    elif columns and all(re.fullmatch(r"[A-Za-z.][\w.]*", column) for column in columns):
        hint = f"Columns are terms joined with +: {' + '.join(columns)}."
    message = "a term cannot start with `[`"
    return source.error(message, found.span, label=found.expected, hint=hint)


def _factor_missing(source: Source, found: Found, bar: str, opened: Span) -> FormulaError:
    """`(1 + x | )`."""
    inside = source.text[opened.stop : found.start]
    effects = shorten(inside.split("|")[0]) or "1"
    named = re.match(r"\|?\s*([A-Za-z.][\w.]{0,40})\s*\)", source.text[found.start :])
    if named and found.kind in ("BAR", "DOUBLE_BAR"):
        return source.error(
            f"a grouping factor must follow `{bar}`",
            found.span,
            label=found.expected,
            hint=f"Write ({effects} | {named[1]}), or ({effects} || {named[1]}) without correlations.",
        )
    before = " ".join(source.text[: opened.start].split()).removesuffix("+").rstrip()
    plain = f": {before}." if before and not before.endswith("~") and len(before) <= 60 else "."
    return source.error(
        f"a grouping factor must follow `{bar}`",
        found.span,
        label=found.expected,
        hint=f"Write ({effects} | school). For no grouping, drop the bar{plain}",
    )


def _effects_missing(source: Source, found: Found) -> FormulaError:
    """`(| g)`."""
    factor = re.match(r"\s*(?:[\w.]{1,40}\s*\|\s*)?([A-Za-z.][\w.]{0,40})", source.text[found.span.stop :])
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
    label = f"{found.expected} or 1"
    if found.is_end or found.text == ";":
        left = whole(source.text[: found.start].split(";")[-1].rsplit("~", 1)[0])
        hint = f"Write {left if left != '...' else 'y'} ~ 1 for an intercept alone."
        return source.error("the right side of `~` is empty", found.span, label=label, hint=hint)
    message = f"the right side of `~` cannot start with {found.shown}"
    return source.error(message, found.span, label=label, hint="Write y ~ x.")


def _level_missing(source: Source, found: Found, before: list[str]) -> FormulaError:
    """`y[1] ~ x` and `y ~ x[1]`."""
    name = shorten(before[-2])
    if "~" in before:
        return source.error(
            "square brackets pick nothing right of `~`",
            found.span,
            hint=f"Write {name} for the whole column. Compute anything else as a column of the data first.",
        )
    return source.error(
        "square brackets hold a level of the response",
        found.span,
        label=found.expected,
        hint="Write y['yes'] ~ x. Columns are named alone: x, not df['x'].",
    )


def _function_missing(source: Source, found: Found, previous: str) -> FormulaError:
    """`a::b`, which R reads as the object b of a package a."""
    due = (
        "the name of a function" if previous in ("::", ":::") else f"`{shorten(previous)}` and its arguments"
    )
    hint = f"After `::`, {due} must follow: splines::ns(x, 3). An interaction is a:b."
    return source.error("a package stands before a call only", found.span, label=found.expected, hint=hint)


# ---- an operator was due -----------------------------------------------------------------------------


def _operator_missing(source: Source, found: Found, previous: str) -> FormulaError:
    """Two operands side by side."""
    adjacent = not source.text[found.start - 1].isspace()
    code = _code_mistake(source, found, previous, adjacent=adjacent)
    if code is not None:
        return code
    label, one, other = f"{found.expected} before it", shorten(previous), shorten(found.text)
    side = _side(source, found, one, other)
    if side:
        message = f"an operator is missing between `{one}` and {found.shown}"
        return source.error(message, found.span, label=label, hint=side)
    hint = f"Write {one} + {other}."
    if re.match(r"\s*~", source.text[found.span.stop :]) and "~" in source.text[: found.start]:
        hint = f"Separate two formulas with a semicolon before {other} ~."
    elif found.kind in ("LPAR", "LBRACE") or not re.match(r"[\w.`]", previous):
        hint = _joined(source, found)
    elif _FUNCTION.fullmatch(previous):
        label, hint = "expected ( before it", f"Write {previous}({other})."
    elif previous[0].isdigit() and found.kind == "NUMBER":
        hint = "Operators are + - * / : ^ %in%; several values are written c(1, 2)."
    elif previous[0].isdigit() and adjacent:
        hint = f"For arithmetic, write I({one} * {other}). A column of that name goes in backquotes: "
        hint += f"`{shorten(previous + found.text)}`."
    elif found.kind == "NAME" and previous[0] != "`":
        hint += f" One column of that name goes in backquotes: `{one} {other}`."
    message = f"an operator is missing between `{one}` and {found.shown}"
    return source.error(message, found.span, label=label, hint=hint)


def _side(source: Source, found: Found, one: str, other: str) -> str:
    """What to write for `Reaction time ~ x`, for `y x` without a tilde, and for `(1 g)`; or nothing."""
    before, after = source.text[: found.start].split(";")[-1], source.text[found.span.stop :].split(";")[0]
    word = re.fullmatch(r"[\w.]+", one) is not None and found.kind == "NAME"
    if word and re.search(r"\(\s*[01]\s+$", before) and re.match(r"\s*\)", after):
        return f"In a group term a bar stands between effects and factor: ({one} | {other})."
    if "~" in before or not word or "(" in before or _FUNCTION.fullmatch(one) or one[0].isdigit():
        return ""
    addition = re.match(r"\([^()]{1,40}\)", after)
    if other in _ADDITIONS and addition:
        return f"Write {one} | {other}{addition[0]} ~ x."
    if "~" in after:
        return f"A column of such a name goes in backquotes: `{one} {other}`."
    return f"The response and its terms are joined by `~`: {one} ~ {other}."


def _joined(source: Source, found: Found) -> str:
    """What to write for `(1 | g) (1 | h)` and for `y | trials(n) weights(w)`."""
    left = re.search(r"[\w.]*\([^()]*\)\s*$", source.text[max(0, found.start - 60) : found.start])
    right = re.match(r"\([^()]*\)", source.text[found.start : found.start + 60])
    if left and right:
        return f"Join terms with +: {whole(left[0])} + {whole(right[0])}."
    return "Join terms with +: x + (1 | g). Additions to a response too: y | trials(n) + weights(w)."


def _code_mistake(source: Source, found: Found, previous: str, *, adjacent: bool) -> FormulaError | None:
    """Python where a formula is due: attributes, string prefixes, keywords."""
    if previous in (")", "]") and found.text == ".":
        message = "`.` stands for all other columns and is an item of a sum"
        return source.error(message, found.span, hint="Leave it out, or write + before it.")
    if found.text == "." and found.kind == "DOT":
        hint = f"Write {shorten(previous)} + . for all other columns. A name with a dot has no blanks."
        if "~" not in source.text[: found.start]:
            hint = f"Write {shorten(previous)} ~ . for all other columns. A name with a dot has no blanks."
        message = f"an operator is missing between `{shorten(previous)}` and `.`"
        return source.error(message, found.span, label=f"{found.expected} before it", hint=hint)
    if re.search(r"\bif\b", source.text) and re.search(r"\belse\b", source.text[found.start :]):
        message = f"an operator is missing between `{shorten(previous)}` and {found.shown}"
        hint = "A choice between two values is written ifelse(x > 0, 1, 0)."
        return source.error(message, found.span, label=f"{found.expected} before it", hint=hint)
    if previous in (")", "]") and found.text.startswith(".") and adjacent:
        message = f"`{shorten(found.text)}` cannot follow a `{previous}`"
        return source.error(message, found.span, hint=_NOT_CODE)
    if found.kind == "STRING" and adjacent and re.fullmatch(r"[A-Za-z]{1,2}", previous):
        message = f"`{previous}` cannot stand before a quote"
        hint = "Python's string prefixes have no meaning in a formula. Columns are named without quotes."
        return source.error(message, found.span, hint=hint)
    word = next((word for word in (previous, found.text) if _PYTHON.fullmatch(word)), "")
    operator = {"and": "&", "or": "|", "not": "!"}.get(word)
    if operator:
        message = f"`{word}` is no operator of a formula"
        hint = f"Inside calls, write {operator}: I(x > 1 {operator} z > 1)."
        start = found.start if found.text == word else source.text.rfind(word, 0, found.start)
        span = Span(start, start + len(word))
        return source.error(
            message, span, hint=hint if operator != "!" else "Inside calls, write !: I(!late)."
        )
    if word:
        return source.error(
            f"an operator is missing between `{shorten(previous)}` and {found.shown}",
            found.span,
            label=f"{found.expected} before it",
            hint=f"A formula is not Python code: `{word}` is read as the name of a column.",
        )
    return None
