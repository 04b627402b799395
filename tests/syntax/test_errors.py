"""The full text of every error that a formula can cause.

The messages are in tests/golden/errors/formula_*.txt: a line `>>> formula` (as a Python literal), then the
message. To change them on purpose, run this file as a script, read the difference, and keep what helps.
"""

import ast
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
