"""The examples of grammar/README.md are true, and no rule of the grammar lacks one."""

import itertools
import re
from pathlib import Path

import pytest

from bayesformula.errors import FormulaError
from bayesformula.syntax.factors import GR_OPTIONS, MM_OPTIONS
from bayesformula.syntax.grammar import grammar_text
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.response import ADDITIONS

README = Path(__file__).parents[2] / "grammar" / "README.md"
CODE = re.compile(r"(`+)(.+?)\1(?!`)")


def _rows() -> list[tuple[str, list[str], list[str]]]:
    """(rule, examples that are read, examples that are refused) of each row of each table."""
    rows = []
    for line in README.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        cells = [cell.replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        codes = [[match[2].strip() for match in CODE.finditer(cell)] for cell in cells]
        rows.append((codes[0][0], codes[1], codes[3]))
    return rows


GOOD = [example for _, good, _ in _rows() for example in good]
BAD = [example for _, _, bad in _rows() for example in bad]


@pytest.mark.parametrize("text", GOOD)
def test_examples_are_read(text):
    assert lower(parse(text)).predictors


@pytest.mark.parametrize("text", BAD)
def test_counterexamples_are_refused(text):
    with pytest.raises(FormulaError):
        lower(parse(text))


def test_every_rule_and_terminal_has_an_example():
    grammar = grammar_text("formula.lark")
    rules = set(re.findall(r"^\??([a-z]+):", grammar, re.MULTILINE))
    terminals = set(re.findall(r"^([A-Z_]+)(?:\.\d)?:", grammar, re.MULTILINE))
    assert len(rules) > 15
    assert len(terminals) > 15
    shown = {rule for rule, good, bad in _rows() if good and bad}
    assert (rules | terminals) - shown == {"atom"}  # an atom is any of the rules below it
    assert {rule for rule, _, _ in _rows()} <= rules | terminals


def test_every_rule_has_an_example_above_it():
    lines = grammar_text("formula.lark").splitlines()
    for above, line in itertools.pairwise(lines):
        if re.match(r"\??[a-zA-Z_]+(?:\.\d)?:", line):
            assert above.startswith("// "), line


def test_names_of_options_and_additions_have_examples():
    text = README.read_text(encoding="utf-8")
    for option in {*GR_OPTIONS, *MM_OPTIONS}:
        assert f"{option} = " in text, option
    for addition in ADDITIONS:
        assert f"{addition}(" in text, addition
