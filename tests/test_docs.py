"""Documents that are written from the code are up to date, and what the others say can be typed."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import shlex
import sys
import warnings
from functools import lru_cache
from pathlib import Path

import click
import pandas as pd
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


# ---- pages of the site ----

DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.parent.name != "site")
OTHERS = ("lme4", "brms", "bambi")


def site_module(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / "site" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    return module


EXECUTE = site_module("execute")
MARKUP = site_module("markup")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_python_of_the_pages_compiles(page):
    """That it runs, and says what the page says, is found when the site is built."""
    text = page.read_text("utf-8")
    found = EXECUTE.blocks(text)
    assert len(found) >= text.count("```python\n")
    for block in found:
        compile(block.code, f"{page.name}, line {block.line}", "exec")


def test_every_page_is_in_the_navigation():
    named = set(
        re.findall(r"- (?:Home: )?([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    )
    assert named == {page.relative_to(DOCS).as_posix() for page in PAGES}


def test_the_site_names_no_address_but_those_of_papers():
    hosts = {host for page in PAGES for host in re.findall(r"https?://([^/)\s]+)", page.read_text("utf-8"))}
    assert hosts <= {"doi.org", "arxiv.org"}


def test_r_of_the_page_is_that_of_the_example():
    page, script = (
        (DOCS / "from-r.md").read_text("utf-8"),
        (ROOT / "examples" / "from_r.R").read_text("utf-8"),
    )
    found = re.findall(r"```r\n(.*?)```", page, re.DOTALL)
    assert len(found) >= 6
    for block in found:
        assert block in script


def test_commands_of_the_pages_have_such_options():
    from bayesformula.cli import bf as program

    lines = [
        line
        for page in [*PAGES, ROOT / "README.md"]
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for line in block.splitlines()
        if line.strip().startswith("bf ")
    ]
    assert len(lines) >= 5
    for line in lines:
        _, name, *words = shlex.split(line.split(">")[0].split(" #")[0])
        group = click.Context(program, **program.context_settings)  # which a command has its -h of, and keeps
        command = program.get_command(group, name)
        assert command is not None, line
        parser = command.make_parser(click.Context(command, parent=group))
        parser.parse_args(words)  # an option that there is not raises


# ---- how pages are run ----


def test_a_page_is_run_and_what_it_prints_stands_below():
    shown, hidden = "```python\nx = 2\nprint(x)\nx + 1\n```\n", "<!--python\ny = x\n-->\n"
    text = f"# A\n\n{shown}\n{hidden}\n```python quiet\nprint(y)\n```\n"
    ran = EXECUTE.run_page(text, "a").text
    assert "```text { .output }\n2\n3\n```" in ran
    assert "<!--" not in ran
    assert ran.count(".output") == 1


def test_code_of_a_tab_runs_and_is_left_as_it_stands():
    text = '=== "Python"\n\n    ```py\n    x = 5\n    ```\n\n```python\nx\n```\n'
    ran = EXECUTE.run_page(text, "a").text
    assert ran.startswith(text[: text.index("```python")])
    assert "\n5\n" in ran


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("```python\n1 / 0\n```\n", "a, line 2: ZeroDivisionError: division by zero"),
        ("```python error\n1\n```\n", "a, line 2: no error was raised, and the block says that one is"),
        ("```python\nbf.formula('y ~')\n```\n", "a, line 2: "),
        ("```python loud\n1\n```\n", "line 1: of ['loud'] only error, quiet and alt= mean anything"),
        ('```python alt="A line"\n1\n```\n', "a, line 2: 0 figures, and alt='A line'"),
    ],
)
def test_pages_that_do_not_do_as_they_say(code, message):
    with pytest.raises(EXECUTE.PageError, match=re.escape(message)):
        EXECUTE.run_page(code, "a")


def test_an_error_of_the_package_is_shown_where_it_is_announced():
    ran = EXECUTE.run_page("```python error\nbf.formula('y ~ x z')\n```\n", "a").text
    assert "FormulaError: an operator is missing between `x` and `z`" in ran


def test_figures_are_named_after_the_page():
    code = "from matplotlib import pyplot\npyplot.plot([1, 2])[0]\n"
    ran = EXECUTE.run_page(f'```python alt="A line"\n{code}```\n', "a-b")
    assert list(ran.figures) == ["a-b-1.png"]
    assert ran.figures["a-b-1.png"].startswith(b"\x89PNG")
    assert ran.text.endswith("\n![A line](a-b-1.png)\n\n")


def test_links_out_of_the_site_become_names_of_files():
    here = DOCS / "index.md"
    for text, wanted in {
        "see [README.md](../README.md).": "see `README.md`.",
        "[the script](make_families.py)": "the script (`docs/make_families.py`)",
        "[Plans](plans.md#what-auto-does)": "[Plans](plans.md#what-auto-does)",
        "[gone](../gone.md)": "[gone](../gone.md)",
        "![x](plans/levels.png)": "![x](plans/levels.png)",
    }.items():
        assert MARKUP.without_links_outside(text, here) == wanted
    assert MARKUP.with_plain_bars("| `(1 \\| g)` |\n`a \\| b`") == "| `(1 | g)` |\n`a \\| b`"


# ---- tables of the pages for users of other packages ----


def tables(page, first, second):
    """Rows of the tables of a page whose second heading and third are these."""
    rows, wanted = [], False
    for line in (DOCS / page).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            wanted = False
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[1:3] == [first, second] or (not second and cells[1] == first and len(cells) == 3):
            wanted = True
        elif wanted and not set(line) <= set("|- "):
            rows.append(cells)
    return rows


@lru_cache(maxsize=1)
def table():
    """A row of every column that the tables name."""
    from cases import panel

    frame = panel().copy()
    n = len(frame)
    frame["n"], frame["s"], frame["d"] = 10, [3, 4] * (n // 2), 2.0
    frame["e"], frame["c"] = 0.5, "none"
    frame["ok"] = ["no", "yes"] * (n // 2)
    frame["rating"] = pd.Categorical(["bad", "fair", "good"] * (n // 3), ordered=True)
    frame["n"] += frame["s"]
    return frame


def described(formula):
    """Columns and groups of a formula as the tables write them."""
    from cases import matrices

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)
        design = bf.design(formula, table(), data2=matrices())

    def of(name, text):
        return text if name == "mu" else f"{name}: {text}"

    parts = design.parameters.items()
    columns = [of(name, ", ".join(each.population.names)) for name, each in parts]
    groups = [
        of(name, f"{label}: " + " + ".join(", ".join(block) for block in group.blocks))
        for name, each in parts
        for label, group in each.groups.items()
    ]
    return "; ".join(columns), "; ".join(groups)


FORMULAS = [
    (page, *row[1:4]) for page in OTHERS for row in tables(f"coming-from-{page}.md", "here", "columns")
]


@pytest.mark.parametrize(("page", "formula", "columns", "groups"), FORMULAS)
def test_formulas_mean_what_the_tables_say(page, formula, columns, groups):
    formula = formula.strip("`")
    if columns == "error":
        with pytest.raises(bf.FormulaError):
            described(formula)
        return
    found = described(formula)
    if columns:
        assert found == (columns.strip("`"), groups.strip("`"))


def test_there_are_as_many_formulas_as_were_counted():
    assert len(FORMULAS) >= 60
    assert sum(columns == "error" for _, _, columns, _ in FORMULAS) >= 17


@pytest.mark.parametrize("page", ["brms", "bambi"])
def test_priors_of_the_tables_can_be_read(page):
    rows = [
        row for row in tables(f"coming-from-{page}.md", "here", "") if "~" in row[1] and "fit." not in row[1]
    ]
    found = [row[1].strip("`") for row in rows if not row[1].startswith("`bf.")]
    assert len(found) >= 5
    for statement in found:
        assert len(parse_priors(statement)) == 1


def test_priors_of_the_page_of_priors_can_be_read():
    rows = re.findall(r"^\| `([^`]+ ~ [^`]+)` \|", (DOCS / "priors.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 14
    for statement in rows:
        assert len(parse_priors(statement)) == 1


@pytest.mark.parametrize("page", ["brms", "bambi"])
def test_families_of_the_tables_are_there(page):
    rows = tables(f"coming-from-{page}.md", "family here", "")
    assert len(rows) >= 10
    for row in rows:
        assert resolve_family(row[1].strip("`")).name.split("(")[0]


@pytest.mark.parametrize("page", OTHERS)
def test_functions_of_the_tables_are_there_with_these_arguments(page):
    calls = [
        code
        for row in tables(f"coming-from-{page}.md", "here", "")
        for code in re.findall(r"`((?:fit|bf)\.[^`]+)`", " ".join(row[1:]))
        if "~" not in code or "(" in code.split("~")[0]
    ]
    assert len(calls) >= 14
    for code in calls:
        check_call(ast.parse(code, mode="eval").body)


def check_call(node):
    """An attribute of a fit or of the package; a call with arguments that it takes."""
    call = node if isinstance(node, ast.Call) else None
    attribute = call.func if call else node
    assert isinstance(attribute, ast.Attribute)
    owner = bf.Fit if ast.unparse(attribute.value) == "fit" else bf
    assert attribute.attr in dir(owner), ast.unparse(node)
    if call:
        function = getattr(owner, attribute.attr)
        first = [None] if owner is bf.Fit else []
        keywords = {keyword.arg: None for keyword in call.keywords}
        inspect.signature(function).bind(*first, *call.args, **keywords)
