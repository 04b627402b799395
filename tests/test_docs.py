"""Documents that are written from the code are up to date, and what the others say can be typed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import bayesformula as bf
from bayesformula.families import COMPOSED, FAMILIES, resolve_family
from bayesformula.prior_text import parse_priors

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
FAMILIES_PAGE = (ROOT / "docs" / "families.md").read_text("utf-8")


def maker():
    spec = importlib.util.spec_from_file_location("make_families", ROOT / "docs" / "make_families.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_families_is_what_the_code_says():
    assert maker().families_page() == FAMILIES_PAGE, "run python docs/make_families.py"


def test_the_table_of_families_in_the_readme_is_what_the_code_says():
    assert maker().with_table(README) == README, "run python docs/make_families.py"


def test_every_family_has_a_section():
    sections = set(re.findall(r"^### (\w+)$", FAMILIES_PAGE, re.MULTILINE))
    assert sections == set(FAMILIES)
    assert len(COMPOSED) > 20


def test_the_five_ways_to_name_a_family_are_one():
    gamma = resolve_family("gamma")
    assert [
        resolve_family(each)
        for each in (
            "gamma(log)",
            "Gamma(link = 'log')",
            {"name": "gamma", "link": "log"},
            bf.families.gamma(link="log"),
        )
    ] == [gamma] * 4


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("block", python_blocks(README))
def test_python_of_the_readme_compiles(block):
    compile(block, "README.md", "exec")


def test_priors_of_the_readme_can_be_read():
    statements = [
        text.split("#")[0].strip()
        for block in re.findall(r"```text\n(.*?)```", README, re.DOTALL)
        for text in block.splitlines()
        if " ~ " in text and re.match(r"[\w.]+(\[[^~]*\])? ~ \w+(\(|$| *#)", text) and "Formula" not in text
    ]
    assert len(statements) >= 15
    for statement in statements:
        assert len(parse_priors(statement)) == 1, statement


def test_reading_order_of_the_readme_is_as_short_as_it_says():
    """The files are there, and the number of lines is right to a hundred."""
    section = README.split("## Reading the code")[1].split("##")[0]
    stated = re.search(r"(\d),(\d{3}) lines", section)
    assert stated is not None
    named = re.findall(r"`([\w/.]+\.(?:py|lark))`", section[: stated.start()])
    assert len(named) >= 6
    total = 0
    for name in named:
        path = next(
            folder / name for folder in (ROOT, ROOT / "src" / "bayesformula") if (folder / name).exists()
        )
        total += path.read_text("utf-8").count("\n")
    assert abs(total - int(stated[1] + stated[2])) <= 100, total
