"""The full text of every error that a formula can cause.

The messages are in tests/golden/errors/formula_*.txt: a line `>>> formula` (as a Python literal), then the
message. To change them on purpose, run this file as a script, read the difference, and keep what helps.
"""

import ast
import re
from pathlib import Path

import pytest

from bayesformula.errors import BayesFormulaError, FormulaError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

GOLDEN = Path(__file__).parents[1] / "golden" / "errors"
FILES = sorted(GOLDEN.glob("formula_*.txt"))


def read_cases(path):
    """(formula, message) of each section."""
    sections = path.read_text(encoding="utf-8").split(">>> ")[1:]
    pairs = [section.split("\n", 1) for section in sections]
    return [(ast.literal_eval(formula), message.strip("\n")) for formula, message in pairs]


CASES = [case for path in FILES for case in read_cases(path)]


def message_of(formula):
    with pytest.raises(FormulaError) as caught:
        lower(parse(formula))
    return str(caught.value)


@pytest.mark.parametrize(("formula", "message"), CASES, ids=[repr(formula)[:60] for formula, _ in CASES])
def test_message(formula, message):
    assert message_of(formula) == message


def test_there_are_cases():
    assert len(CASES) > 100


REPAIRS = [
    ("y ~ x + 1|g", "x + (1 | g)"),
    ("y ~ 1|g", "(1 | g)"),
    ("y ~ x z", "x + z"),
    ("y ~ x (1|g)", "x + (1 | g)"),
    ("y ~ (1|g)|h", "(1 | g/h)"),
    ("y ~ (1|g)|h", "(1 | g) + (1 | h)"),
    ("y ~ log(x|g)", "(log(x) | g)"),
    ("y ~ (1|id|a/b)", "(1 | id1 | a) + (1 | id2 | a:b)"),
    ("y ~ (1|g) + (x|g)", "(1 + x | g)"),
    ("y ~ (1|g) + (x|g)", "(1 | g) + (0 + x | g)"),
    ("y ~ (x|g) + (x||g)", "(1 + x || g)"),
    ("y ~ 2*z", "I(2*z)"),
    ("y ~ x > 3", "(x > 3)"),
    ("y ~ x & z", "I(x & z)"),
    ("y ~ log x", "log(x)"),
    ("y ~ x['a']", "(x == 'a')"),
    ("y ~ I(x | z)", "I(x > 0 | z > 0)"),
    ("y ~ (x > 3 | g)", "((x > 3) | g)"),
    ("y ~ (1 | g > 3)", "(1 | (g > 3))"),
    ("y ~ x + (1 + x | )", "(1 + x | school)"),
    ("y ~ (1|g", "(1|g)"),
]


@pytest.mark.parametrize(("formula", "repair"), REPAIRS)
def test_what_a_message_says_to_write_is_read(formula, repair):
    assert repair in message_of(formula)
    assert lower(parse(f"y ~ {repair}")).mu


PROSE = re.compile(
    r"(?:it|them|the|one|a|any|several|columns?|terms|each|bf\.fit|response)\b|\S{1,2} instead"
    r"|[~+*/()|=<>!&;-]+(?: |:|\.|$)|[`'\"]|weights =|priors="
)
"""What follows "Write" where no formula does: words and marks."""
BEFORE = r"(?:\b[Ww]rite|(?:with \+|parentheses|factors|terms|effects|fits|term|have a bar|joined by `~`):) "
AFTER = r"\.(?= |$)|, (?=\(|or |and |with |outside |then )|(?= for | as | in | and | to | with | or |; |: )"


def suggestions(hint):
    """What a hint says to write: after "write" or a colon, up to each place where a formula may end."""
    line = " ".join(hint.split())
    for match in re.finditer(BEFORE, line):
        rest = line[match.end() :]
        if not PROSE.match(rest) and "..." not in rest[:60]:
            yield [rest[: stop.start()] for stop in re.finditer(AFTER, rest)]


def is_formula(text):
    """Whether it is read, as a formula or as terms."""
    for whole in (text, f"y ~ {text}", f"{text} ~ x"):
        try:
            lower(parse(whole))
        except FormulaError:
            continue
        return True
    return False


@pytest.mark.parametrize(("formula", "message"), CASES, ids=[repr(formula)[:60] for formula, _ in CASES])
def test_every_formula_that_a_message_says_to_write_is_read(formula, message):
    hint = "\n".join(line for line in message.split("\n") if line.startswith("  ") and line[2:3].strip())
    for texts in suggestions(hint):
        assert any(is_formula(text) for text in texts), texts
    for text in re.findall(r"""bf\.fit\((["'])(.*?)\1""", hint):
        assert is_formula(text[1])


def test_suggestions_are_found():
    found = [texts for _, message in CASES for texts in suggestions(message.split("\n", 1)[-1])]
    assert len(found) > 150


def test_errors_are_value_errors_of_ours():
    with pytest.raises(ValueError, match="its own parentheses") as caught:
        parse("y ~ x + 1|g")
    assert isinstance(caught.value, BayesFormulaError)
    assert caught.value.text == "y ~ x + 1|g"
    assert (caught.value.span.start, caught.value.span.stop) == (9, 10)


if __name__ == "__main__":
    for path in FILES:
        formulas = [formula for formula, _ in read_cases(path)]
        sections = [f">>> {formula!r}\n{message_of(formula)}\n" for formula in formulas]
        path.write_text("\n".join(sections), encoding="utf-8")
