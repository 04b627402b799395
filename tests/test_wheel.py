"""A wheel built from the sdist, installed away from the checkout, has all it needs."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = (sys.executable, "-m", "build", "--no-isolation")

PROBE = """
import json, pathlib, sys
import bayesformula
from bayesformula import datasets
from bayesformula.syntax.parse import parse
here = pathlib.Path(bayesformula.__file__).parent
parse("y ~ x + (1|g)")
print(json.dumps({
    "package": str(here),
    "grammar": sorted(path.name for path in (here / "grammar").iterdir()),
    "rows": {name: len(datasets.load(name)) for name in datasets.names()},
}))
"""


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """sdist first, then the wheel from what the sdist holds: `build` without -w does both."""
    pytest.importorskip("build", reason="the package `build` is in the extras test and dev")
    pytest.importorskip("hatchling", reason="the package `hatchling` is in the extras test and dev")
    out = tmp_path_factory.mktemp("dist")
    run(*BUILD, "--outdir", out, ROOT)
    (found,) = out.glob("*.whl")
    assert len(list(out.glob("*.tar.gz"))) == 1
    return found


def test_the_wheel_of_the_sdist_is_that_of_the_checkout(wheel, tmp_path):
    run(*BUILD, "--wheel", "--outdir", tmp_path, ROOT)
    (direct,) = tmp_path.glob("*.whl")
    assert direct.name == wheel.name
    assert contents(direct) == contents(wheel)


def contents(path):
    """Bytes by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs a process without a network")
def test_it_is_built_without_a_network(tmp_path):
    alone = ["unshare", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not take the network from a process")
    run(*alone, *BUILD, "--sdist", "--outdir", tmp_path, ROOT)
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1


def test_wheel_holds_every_module_grammar_and_table_of_the_checkout(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "bayesformula"
    expected = {
        f"bayesformula/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {f"bayesformula/grammar/{path.name}" for path in (ROOT / "grammar").iterdir()}
    assert "bayesformula/grammar/formula.lark" in expected
    assert "bayesformula/tables/cbpp.csv" in expected
    assert expected - held == set()


def test_wheel_holds_nothing_else(wheel):
    """No tests, examples or working files of the checkout."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bayesformula"}


def test_installed_wheel_parses_a_formula_and_loads_every_table(wheel, tmp_path):
    target, elsewhere = tmp_path / "ein Ort für 包", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel)
    # -P and this path, so that neither the checkout nor an editable install of it can answer.
    environment = os.environ | {"PYTHONPATH": str(target)}
    told = json.loads(run(sys.executable, "-P", "-c", PROBE, cwd=elsewhere, env=environment))
    assert told["package"] == str(target / "bayesformula")
    assert {"formula.lark", "hypothesis.lark", "prior.lark"} <= set(told["grammar"])
    assert min(told["rows"].values()) > 0
