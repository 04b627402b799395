"""Names and templates as mathematics of TeX.

Names may hold anything. Letters stand in `\\text{...}`, and every character that means something to TeX
stands outside of it as a command of math mode: within `\\text`, MathJax leaves `\\_` and `\\%` as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bayesformula.model.notation import GREEK
from bayesformula.model.sheet import is_of_member
from bayesformula.model.text import visible
from bayesformula.priors import unquote

SPECIAL = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "^": r"\hat{\ }",
    "~": r"{\sim}",
    "`": r"\grave{\ }",
    "<": "{<}",
    ">": "{>}",
    "|": "{|}",
    "*": "{*}",
}
SIGNS = {
    "×": r"\,",
    "−": "-",
    "²": "^{2}",
    "³": "^{3}",
    "≤": r"\le",
    "≥": r"\ge",
    "|": r"\mid",
    "Γ": r"\Gamma",
    "...": r"\dots",
}
"""Signs of templates (`notation`) beside letters, digits and names in braces."""


def escape(name: str) -> str:
    r"""A name as math: `a_b` as `\text{a}\_\text{b}`, one letter as the letter of a variable.

    Backquotes around a whole name, which R keeps in names of columns, are left out.

    >>> escape("a_b")
    '\\text{a}\\_\\text{b}'
    """
    inner = unquote(name)
    text = visible(name if inner is None else inner)
    if re.fullmatch("[A-Za-z]", text):
        return text
    # `--` in one \text would become a dash, so that a run ends after each `-`
    runs = re.findall(r"[\\{}$%#&_^~`<>|*]|[^\\{}$%#&_^~`<>|*-]*-|[^\\{}$%#&_^~`<>|*-]+", text)
    return "".join(SPECIAL.get(run) or rf"\text{{{run}}}" for run in runs)


def letter(parameter: str) -> str:
    """A parameter of the family: its Greek letter, or its name."""
    return f"\\{parameter}" if parameter in GREEK else f"{{{escape(parameter)}}}"


def operator(name: str) -> str:
    """A function or distribution."""
    return rf"\operatorname{{{name}}}"


def indexed(column: str) -> str:
    r"""A column with the index of the row: in brackets where it is not one word or one call.

    A `[` would be the optional argument of `\begin{aligned}` and `\\` before it.
    """
    is_one = re.fullmatch(r"[\w.]+(\([^()]*\)\w*)?", column) is not None
    index = "m, i" if is_of_member(column) else "i"
    return f"{{{escape(column)}}}_{{{index}}}" if is_one else rf"\lbrack {escape(column)}\rbrack_{{{index}}}"


def number(value: float) -> str:
    """Four significant digits, powers of ten as such."""
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits} \times 10^{{{int(power)}}}"


# ---- templates ---------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<command>\\[A-Za-z]+)"
    r"|√(?P<root>\{[^{}]+\})"
    r"|\{(?P<name>[^{}]+)\}"
    r"|(?P<function>[A-Za-z]{2,})(?=\()"
    r"|(?P<words> ?[A-Za-z]{2,}(?![A-Za-z(])(?: [A-Za-z]{2,}(?![A-Za-z(]))*(?: (?!=))?)"
    r"|(?P<comma>, )"
    r"|(?P<sign>\.\.\.|[×−²³≤≥|Γ])"
)


def template(text: str, part: Callable[[str], str]) -> str:
    r"""A template as mathematics, `part` giving what stands for each name in braces.

    >>> template("Gamma({shape}, rate = {shape} / {mu})", letter)
    '\\operatorname{Gamma}({\\text{shape}},\\, \\text{rate} = {\\text{shape}} / \\mu)'
    """

    def written(found: re.Match[str]) -> str:
        kind, value = found.lastgroup, found[0]
        match kind:
            case "command":
                return value
            case "root":
                return rf"\sqrt{{{part(found['root'][1:-1])}}}"
            case "name":
                return part(found["name"])
            case "function":
                return operator(value)
            case "words":
                return rf"\text{{{value}}}"
            case "comma":
                return r",\, "
            case _:
                return SIGNS[value]

    return _TOKEN.sub(written, text)
