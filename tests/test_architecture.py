"""The rooms stay apart: who may import whom, read from the source, imports for type checking left out."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "bayesformula"
ARVIZ = {"arviz_base", "arviz_stats", "arviz_plots", "matplotlib"}
HEAVY = {"jax", "numpyro", "pandas", "xarray", "formulaic"} | ARVIZ


def rooms(*names: str) -> set[str]:
    return {f"bayesformula.{name}" for name in names}


NEVER = {
    "errors.py": HEAVY | {"numpy", "lark", "click"},
    "families.py": HEAVY | {"numpy", "lark"},
    "family_choice.py": HEAVY | {"numpy", "lark"},
    "family_names.py": HEAVY | {"numpy", "lark"},
    "family_numbers.py": HEAVY | {"numpy", "lark"},
    "family_reading.py": HEAVY | {"numpy", "lark"},
    "family_table.py": HEAVY | {"numpy", "lark"},
    "priors.py": HEAVY | {"numpy", "lark"},
    "typed.py": HEAVY | {"numpy", "lark", "click"},
    "prior_text.py": HEAVY - {"lark"},
    "prior_brms.py": HEAVY | {"numpy", "lark"},
    "syntax": HEAVY | {"numpy"},
    "syntax/ast.py": HEAVY | {"numpy", "lark"},
    "data": {"jax", "numpyro", "lark"} | ARVIZ | rooms("compiler", "runner"),
    "model": {"jax", "numpyro", "lark"} | rooms("compiler", "runner"),
    "model/spec.py": HEAVY | {"numpy"},
    "compiler": {"pandas", "formulaic"} | ARVIZ | rooms("syntax", "data", "runner"),
    "compiler/elimination": {"numpyro", "pandas"},
    "compiler/marginal.py": {"numpyro", "pandas"},
    "compiler/eta.py": {"numpyro", "pandas"},
    "compiler/plan.py": {"jax", "numpyro"},
    "runner": {"pandas", "formulaic"} | ARVIZ | rooms("syntax", "data", "model", "results"),
    "results": {"numpyro", "bayesformula.runner"},
    "datasets.py": {"jax", "numpyro", "urllib", "requests"},
    "cli.py": HEAVY | {"numpy"},
    "commands": HEAVY | {"numpy"},
}


def imports(path: Path) -> set[str]:
    """Modules that a file imports, wherever in it, except under `if TYPE_CHECKING`."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return found


@pytest.mark.parametrize("room", NEVER)
def test_a_room_imports_nothing_it_must_not(room):
    target = SRC / room
    files = [target] if target.suffix else sorted(target.rglob("*.py"))
    assert files, room
    for path in files:
        bad = {m for m in imports(path) for never in NEVER[room] if m == never or m.startswith(never + ".")}
        assert not bad, f"{path.relative_to(SRC)} imports {sorted(bad)}"


def test_the_command_line_is_a_client_of_api():
    files = [SRC / "cli.py", *(SRC / "commands").glob("*.py")]
    ours = {m for path in files for m in imports(path) if m.startswith("bayesformula.")}
    allowed = tuple(f"bayesformula.{name}" for name in ("api", "errors", "datasets", "commands"))
    assert all(m.startswith(allowed) for m in ours), ours


def test_files_and_functions_stay_small():
    """About 400 lines a file, 60 a body: beyond, a thing wants to be two."""
    long = []
    for path in sorted(SRC.rglob("*.py")):
        text = path.read_text("utf-8")
        if text.count("\n") > 420:
            long.append(f"{path.name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name != "fit":
                body = (node.end_lineno or 0) - node.body[0].lineno
                if body > 70:
                    long.append(f"{path.name}: {node.name} has {body} lines")
    assert not long


def test_nothing_is_left_unfinished():
    words = ("TODO", "FIXME", "XXX", "NotImplementedError", "pickle.load")
    found = [f"{p.name}: {w}" for p in SRC.rglob("*.py") for w in words if w in p.read_text("utf-8")]
    assert not found


def test_smoke_importing_loads_nothing_heavy():
    """Import prints nothing, configures nothing and is free of the heavy packages; no clock needed."""
    code = (
        "import sys, bayesformula as bf, bayesformula.cli\n"
        f"print(sorted(m for m in {sorted(HEAVY | {'numpy', 'lark'})!r} if m in sys.modules), end='')"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]"
    assert out.stderr == ""
