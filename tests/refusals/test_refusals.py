"""Bad input of all kinds: one message that names the fault, and nothing else happens.

The cases are tables: `data`, `priors`, `options` (calls of `bf.fit`), `files` and `commands` (`bf` in a
shell), `fitted` (what is asked of a fit). To read all messages, run this file as a script.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import bayesformula as bf
from bayesformula.runner import samplers
from bayesformula.runner.executables import traces
from refusals import commands, data, files, fitted, options, priors
from refusals.cases import rows
from refusals.shell import bf as shell
from refusals.shell import contents
from results.fits import cafes_fit

CALLS = [*data.CASES, *priors.CASES, *options.CASES]
NEED_JAX = {"draws=2000000000", "draws=1000000000", "chains=1000000000", "init="}
"""Beginnings of the ids of what can be said once a device was chosen, and starting values were made."""


def message(case):
    """What `bf.fit` raises, with all warnings out of the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(bf.BayesFormulaError) as caught:
            bf.fit(case.formula, case.table, **case.options)
    return str(caught.value)


def missing(words, text):
    return [word for word in words if word.lower() not in text.lower()]


def by_id(case):
    return case.id


@pytest.fixture
def nothing_happens(tmp_path, monkeypatch):
    """The folder stays empty, nothing is traced, no chain is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(samplers, "run", lambda *a, **k: pytest.fail("sampling began"))
    before = dict(traces)
    yield
    assert traces == before
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("case", CALLS, ids=by_id)
def test_a_call_is_refused(case, nothing_happens):
    text = message(case)
    assert not missing(case.words, text), text
    assert len(text) < 4000


def test_the_tables_have_cases_enough_and_no_case_twice():
    names = [case.id for case in (*CALLS, *files.REFUSED, *commands.COMMANDS)]
    assert len(names) >= 400
    assert len(CALLS) == len({case.id for case in CALLS})
    assert all(case.words for case in (*CALLS, *files.REFUSED, *commands.COMMANDS))


WITHOUT_JAX = """
import sys, warnings
sys.path.insert(0, sys.argv[1])
sys.modules["jax"] = sys.modules["numpyro"] = None  # any import of them is an ImportError
import bayesformula as bf
from refusals import data, options, priors
warnings.simplefilter("ignore")
for case in (*data.CASES, *priors.CASES, *options.CASES):
    try:
        bf.fit(case.formula, case.table, **case.options)
    except bf.BayesFormulaError:
        continue
    except ImportError:
        print(case.id)
"""


@pytest.mark.cli
def test_refusals_do_not_even_import_jax(tmp_path):
    """But for the few that the device or the starting values decide."""
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_JAX, tests], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    late = [name for name in done.stdout.splitlines() if not name.startswith(tuple(NEED_JAX))]
    assert late == []
    assert os.listdir(tmp_path) == []


# ---- files ----


@pytest.mark.parametrize("case", files.REFUSED, ids=by_id)
def test_a_file_is_refused(case, tmp_path, monkeypatch):
    if case.content is files.unreadable and os.geteuid() == 0:
        pytest.skip("root reads everything")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(samplers, "run", lambda *a, **k: pytest.fail("sampling began"))
    case.make()
    before, traced = contents(tmp_path), dict(traces)
    given = case.content if case.stdin else b""
    code, out, err = shell("fit", case.formula, case.name, "--out", "fit.nc", stdin=given)
    assert (code, out) == (2, ""), err
    assert not missing(case.words, err), err
    assert "Traceback" not in err
    assert contents(tmp_path) == before
    assert traces == traced


@pytest.mark.parametrize("case", files.ODD, ids=by_id)
def test_an_odd_file_is_read(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_bytes(case.content)
    code, out, err = shell("explain", files.MIXED, "data.csv", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert tuple(said["parameters"]["mu"]["fixed"]) == case.fixed
    messages = {finding["code"]: finding["message"] for finding in said["findings"]}
    for code, words in (case.said or {}).items():
        assert words in messages.get(code, ""), messages
    assert "similar-labels" in (case.said or {}) or "similar-labels" not in messages
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert bf.design(files.MIXED, "data.csv").groups["g"].levels == case.levels


def wide_file(columns):
    names = ",".join(f"x{place}" for place in range(columns))
    rows = [
        f"{row * row % 7},{','.join([f'{row}', f'{row**2}', '3', '5'] * (columns // 4))}" for row in range(5)
    ]
    Path("wide.csv").write_text("\n".join([f"y,{names}", *rows]) + "\n")


def test_a_million_columns_cost_little(tmp_path, monkeypatch):
    """Those that the formula names are read; all of them are refused. Measured: 2 s and 200 MB."""
    monkeypatch.chdir(tmp_path)
    wide_file(1_000_000)
    began = time.perf_counter()
    assert bf.design("y ~ x4 + x999997", "wide.csv").fixed.shape == (5, 3)
    code, out, err = shell("explain", "y ~ .", "wide.csv")
    assert (code, out) == (2, "")
    assert "has 1,000,001 columns; at most 100,000 are read" in err
    code, out, err = shell("explain", "y ~ x1000000", "wide.csv")
    assert (code, out) == (2, "")
    assert "no column 'x1000000'" in err
    assert time.perf_counter() - began < 120


# ---- the shell ----


@pytest.mark.parametrize("case", commands.COMMANDS, ids=by_id)
def test_a_command_is_refused(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(samplers, "run", lambda *a, **k: pytest.fail("sampling began"))
    commands.prepare(tmp_path)
    before, traced = contents(tmp_path), dict(traces)
    code, out, err = shell(*case.arguments)
    assert (code, out) == (2, ""), err
    assert not missing(case.words, err), err
    assert "Traceback" not in err
    assert contents(tmp_path) == before
    assert traces == traced


IN_A_PROCESS = [
    "draws a fraction",
    "output is the table, by force",
    "priors with a NUL",
    "output is a folder",
]


@pytest.mark.cli
@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_a_command_is_refused_in_a_process_of_its_own(name, tmp_path):
    case = next(case for case in commands.COMMANDS if case.id == name)
    commands.prepare(tmp_path)
    before = contents(tmp_path)
    program = "import sys; from bayesformula.cli import main; sys.argv[0] = 'bf'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *case.arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert not missing(case.words, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert contents(tmp_path) == before


# ---- fits ----


@pytest.mark.parametrize("case", fitted.QUESTIONS, ids=by_id)
def test_a_question_to_a_fit_is_refused(case, tmp_path, monkeypatch):
    fit = cafes_fit()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(samplers, "run", lambda *a, **k: pytest.fail("sampling began"))
    before = dict(traces)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(bf.BayesFormulaError) as caught:
            case.ask(fit)
    assert not missing(case.words, str(caught.value)), caught.value
    assert traces == before
    assert os.listdir(tmp_path) == []


def quick_fit(formula, table, **options):
    """A short fit, and what its warnings say."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        short = {"chains": 2, "draws": 100, "warmup": 100, "progress": False, **options}
        fit = bf.fit(formula, table, **short)
    return fit, " ".join(str(each.message) for each in said)


def test_perfect_separation_has_a_finite_answer_and_a_finding():
    """x below 0 is always 0, above always 1: the likelihood has no maximum, and the prior ends the slope."""
    x = [place - 9.5 for place in range(20)]
    fit, said = quick_fit(
        "y ~ x", {"x": x, "y": [int(value > 0) for value in x]}, family="bernoulli", draws=300
    )
    draws = fit.draws_frame()
    assert np.isfinite(draws.to_numpy()).all()
    assert (draws["b_x"] > 0).all()
    found = {finding.code: finding.message for finding in fit.findings}
    assert "'x' alone tells 0 from 1" in found["separation"]
    assert found["separation"] in said


@pytest.mark.parametrize("family", ["bernoulli", "gaussian"])
def test_a_constant_group_has_a_finite_answer_and_a_finding(family):
    y = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1]
    fit, said = quick_fit("y ~ x + (1 | g)", {**rows(), "y": y, "g": ["a"] * 12}, family=family)
    assert np.isfinite(fit.draws_frame().to_numpy()).all()
    assert "grouping factor 'g' has 1 level" in said


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_a_million_groups_of_one_end_in_bounded_time(family):
    """Of 31 steps a draw at most. A warning says that a Gaussian model cannot tell effects from residuals."""
    n = 1_000_000
    random = np.random.default_rng(3)
    table = {"y": random.poisson(3, n), "g": np.arange(n)}
    began = time.perf_counter()
    short = {"chains": 1, "draws": 20, "warmup": 20, "max_tree_depth": 5}
    fit, said = quick_fit("y ~ (1 | g)", table, family=family, keep="summary", **short)
    assert time.perf_counter() - began < 600
    assert np.isfinite(fit.draws_frame().to_numpy()).all()
    assert ("has 1000000 levels in 1000000 rows" in said) == (family == "gaussian")


def show():
    """Print the message of every case, to be read."""
    samplers.run = None  # what is not refused ends in a TypeError
    for case in CALLS:
        print(f"## {case.id}\n{message(case)}")
    for case in (*files.REFUSED, *commands.COMMANDS):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            if isinstance(case, files.File):
                case.make()
                arguments, given = ("fit", case.formula, case.name), case.content if case.stdin else b""
            else:
                commands.prepare(Path(folder))
                arguments, given = case.arguments, b""
            print(f"## {case.id}\n{shell(*arguments, stdin=given)[2].rstrip()}")


if __name__ == "__main__":
    show()
