"""The models of the benchmarks are legal, and their report says what was measured. Nothing is timed here."""

from __future__ import annotations

import importlib
import json
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf

FOLDER = Path(__file__).parents[1] / "benchmarks"
NAMES = ("environments", "jobs", "methods", "models", "process", "quality", "report", "run", "runs", "tables")


@pytest.fixture(scope="module")
def scripts():
    """The scripts as modules; they import each other from their own folder."""
    kept = {name: sys.modules.pop(name, None) for name in NAMES}
    sys.path.insert(0, str(FOLDER))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})
    finally:
        sys.path.remove(str(FOLDER))
        for name, module in kept.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def small(scripts, model, folder):
    """A small table of a model; those that are not bundled are made up with the columns of the real ones."""
    if model.ladder:
        rows, levels, coefficients = model.load.args
        return scripts.tables.ladder(min(rows, 200), min(levels, 10), coefficients)
    made = {
        "VerbAgg": lambda rng: {
            "Anger": rng.integers(11, 40, 96),
            "Gender": np.resize(["F", "M"], 96),
            "item": np.resize([f"i{k}" for k in range(8)], 96),
            "resp": np.resize(["no", "perhaps"], 96),
            "id": np.repeat(np.arange(12), 8),
            "btype": rng.choice(["curse", "scold", "shout"], 96),
            "situ": rng.choice(["other", "self"], 96),
            "mode": rng.choice(["want", "do"], 96),
            "r2": rng.choice(["N", "Y"], 96),
        },
        "InstEval": lambda rng: {
            "s": rng.integers(0, 20, 200),
            "d": rng.integers(1000, 1012, 200),
            "studage": rng.integers(2, 9, 200),
            "lectage": rng.integers(1, 7, 200),
            "service": rng.integers(0, 2, 200),
            "dept": rng.integers(1, 6, 200),
            "y": rng.integers(1, 6, 200),
        },
        "ozone_daily": lambda rng: {
            "station": np.repeat(["Aotizhongxin", "Changping", "Dingling"], 40),
            "TEMP": rng.normal(15.0, 10.0, 120),
            "log_ozone": rng.normal(4.0, 1.0, 120),
        },
    }
    for name, columns in made.items():
        pd.DataFrame(columns(np.random.default_rng(1))).to_csv(folder / f"{name}.csv", index=False)
    return model.load()


def names():
    sys.path.insert(0, str(FOLDER))
    try:
        return list(importlib.import_module("models").MODELS)
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("models", "tables"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("name", names())
def test_every_model_takes_its_priors(name, scripts, tmp_path, monkeypatch):
    monkeypatch.setenv(scripts.tables.VARIABLE, str(tmp_path))
    model = scripts.models.MODELS[name]
    frame = small(scripts, model, tmp_path)
    told = bf.explain(model.formula, frame, family=model.family, priors=model.statements).to_dict()
    groups = told["parameters"]["mu"]["groups"]
    assert told["family"]["name"] == model.family
    assert told["n_rows"] == len(frame)
    assert any(group["correlated"] for group in groups) == model.is_correlated
    assert {factor for group in groups for factor in group["factors"]} <= set(model.factors)
    assert {row["source"].split(":")[0] for row in told["priors"]} == {"stated"}


def test_ladders_have_the_sizes_they_are_named_for(scripts):
    sizes = {model.name: (model.load.args, model.size) for model in scripts.models.LADDERS}
    assert sizes["rows-1e7"] == ((10**7, 100, 2), 10**7)
    assert sizes["levels-1e1"] == ((1000, 10, 1), 10)
    assert sizes["levels-1e6"] == ((10**7, 10**6, 1), 10**6)
    assert sizes["coefficients-8"] == ((2000, 50, 8), 8)
    assert scripts.models.MODELS["coefficients-3"].formula == "y ~ 1 + x1 + x2 + (1 + x1 + x2 | group)"
    frame = scripts.tables.ladder(200, 10, 3)
    assert frame["group"].value_counts().tolist() == [20] * 10
    assert np.allclose(frame[["x1", "x2"]].mean(), 0, atol=1e-12)


def test_a_table_that_is_not_there_is_said(scripts, monkeypatch, tmp_path):
    monkeypatch.setenv(scripts.tables.VARIABLE, str(tmp_path))
    with pytest.raises(scripts.tables.MissingTableError) as caught:
        scripts.models.MODELS["InstEval"].load()
    assert str(caught.value) == (
        f"InstEval.csv is not in {tmp_path}; benchmarks/tables.py says where to get it"
    )


def line(model, method, state, wall, ess, refit=None, number=0, block=None, **more):
    out = {"block": block or f"{number}-{model}", "round": number, "model": model, "method": method}
    out |= {"state": state, "status": "ok", "wall": wall, "ess_bulk": ess, "n_draws": 4000, "seconds": {}}
    if refit is not None:
        out["refit"] = {"wall": refit, "ess_bulk": ess, "n_draws": 4000}
    return out | {"commit": "abc1234", "time": 0.0} | more


def both(model, method, cold, warm, refit, ess, **more):
    return [
        line(model, method, "cold", cold, ess, **more),
        line(model, method, "warm", warm, ess, refit, **more),
    ]


@pytest.fixture
def recorded(scripts):
    """Two models: of Pastes the refit is lost to nutpie, sleepstudy is won; a block was begun twice."""
    header = {
        "settings": {"chains": 4, "draws": 1000, "warmup": 1000, "limit": 60.0},
        "cores": 2,
        "processor": "some processor",
        "memory_gib": 24,
        "system": "Linux",
    }
    lines = [
        {"header": header},
        *both("Pastes", "brms", 1.0, 1.0, 0.001, 4000, block="left"),
        *both("sleepstudy", "ours-auto", 4.0, 2.0, 0.5, 4000, plan="marginal"),
        *both("sleepstudy", "ours-marginal", 4.0, 2.0, 0.4, 4000, plan="marginal"),
        *both("sleepstudy", "ours-noncentred", 4.0, 2.0, 1.0, 800, plan="noncentred"),
        *both("sleepstudy", "bambi-nutpie", 12.0, 8.0, 2.0, 1600),
        *both("sleepstudy", "brms", 60.0, 16.0, 8.0, 1600, divergences=3),
        *both("Pastes", "ours-auto", 4.0, 2.0, 0.5, 1000, plan="marginal"),
        *both("Pastes", "bambi-nutpie", 8.0, 4.0, 0.25, 1000),
        {
            "block": "0-Pastes",
            "round": 0,
            "model": "Pastes",
            "method": "brms",
            "state": "cold",
            "status": "limit",
            "message": "stopped after 60 s",
            "time": 0.0,
        },
        *both("sleepstudy", "ours-auto", 4.0, 2.0, 0.5, 4000, number=1, plan="marginal"),
        *both("sleepstudy", "bambi-nutpie", 12.0, 8.0, 4.0, 1600, number=1),
    ]
    return scripts.runs.Results([json.loads(json.dumps(each)) for each in lines])


def test_ratios_are_taken_within_a_round_and_losses_come_first(scripts, recorded):
    assert scripts.report.ratios(recorded, recorded.models()) == (
        "| model | ESS/s, warm process | ESS/s, refit | seconds, cold process | ESS/s of refits to brms's "
        "| ESS a draw |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| Pastes | 2.0 (bambi-nutpie) | **0.50** (bambi-nutpie) | 2.0 (bambi-nutpie) |  | 0.25 |\n"
        "| sleepstudy | 10 (bambi-nutpie †) | 15 (bambi-nutpie †) | 3.0 (bambi-nutpie †) | 40 | 1.00 |\n"
        "\n"
        "† another posterior: bambi has no correlations, rstanarm its own prior of group effects."
    )


def test_auto_is_held_against_the_best_single_plan(scripts, recorded):
    assert scripts.report.plans(recorded) == (
        "| model | auto takes | auto / best | best | marginal ESS/s | whitened ESS/s | noncentred ESS/s "
        "| centred ESS/s |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| sleepstudy | marginal | 0.80, itself | marginal | 1e+04 |  | 800 |  |\n"
        "\n"
        "Itself: the best plan is the one that `auto` takes, the same program run twice."
    )


def test_a_plan_that_auto_should_have_taken_comes_first(scripts):
    lines = [
        {"header": {}},
        *both("sleepstudy", "ours-auto", 4.0, 2.0, 0.5, 4000, plan="marginal"),
        *both("sleepstudy", "ours-marginal", 4.0, 2.0, 0.4, 4000, plan="marginal"),
        *both("cafes", "ours-auto", 4.0, 2.0, 1.0, 4000, plan="marginal"),
        *both("cafes", "ours-marginal", 4.0, 2.0, 1.0, 4000, plan="marginal"),
        *both("cafes", "ours-centred", 4.0, 2.0, 0.5, 4000, plan="centred"),
    ]
    found = scripts.report.plans(scripts.runs.Results([json.loads(json.dumps(each)) for each in lines]))
    assert [row.split(" | ")[:4] for row in found.splitlines()[2:4]] == [
        ["| cafes", "marginal", "**0.50**", "centred"],
        ["| sleepstudy", "marginal", "0.80, itself", "marginal"],
    ]


def test_what_was_stopped_is_listed(scripts, recorded):
    assert scripts.report.failures(recorded).splitlines()[2:] == [
        "| Pastes | brms | cold | limit | stopped after 60 s |",
        "| sleepstudy | brms | cold | ok | 3 divergences |",
        "| sleepstudy | brms | warm | ok | 3 divergences |",
    ]


def test_the_report_names_machine_and_commit(scripts, recorded):
    assert scripts.report.report(recorded).startswith(
        "2 cores of some processor, 24 GiB, Linux; 4 chains of 1000 + 1000; rounds: 2; limit of a process "
        "60 s. Commit abc1234; "
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("sd_cask:batch__Intercept", "sd_batch:cask__Intercept"),
        ("cor_Subject__Days__Intercept", "cor_Subject__Intercept__Days"),
        ("b_period2", "b_period2"),
    ],
)
def test_names_of_peers_are_made_comparable(scripts, theirs, ours):
    assert scripts.report.comparable(theirs) == scripts.report.comparable(ours)


def test_a_process_is_stopped_at_its_limit(scripts):
    done = scripts.process.run([sys.executable, "-c", "import time; time.sleep(60)"], {}, 0.5)
    assert (done["status"], done["message"]) == ("limit", "stopped after 0 s")


def test_a_process_that_fails_says_why(scripts):
    done = scripts.process.run([sys.executable, "-c", "raise ValueError('no such thing')"], {}, 30.0)
    assert done["status"] == "failed"
    assert done["message"].endswith("ValueError: no such thing")


def test_a_run_goes_on_where_it_was(scripts, tmp_path, monkeypatch):
    """What has ended is not run again; a block that was left long ago begins anew, with all its methods."""
    run, methods = scripts.run, scripts.methods
    monkeypatch.setattr(run.jobs, "prepare", lambda model, folder: {})
    monkeypatch.setattr(run, "commit", lambda: "abc1234")
    asked = []

    def once(method, job, settings, number, cache, *, refit):
        asked.append((method.name, refit))
        return {"status": "ok", "wall": 1.0, **({"refit": {"wall": 0.5}} if refit else {})}

    monkeypatch.setattr(run, "once", once)
    model, settings = scripts.models.MODELS["Pastes"], {"limit": 1.0}
    chosen = [methods.METHODS[name] for name in ("ours-auto", "brms")]
    path = tmp_path / "results" / "try.jsonl"

    measure = partial(run.block, number=0, model=model, settings=settings)
    measure(run.Record(path, settings), chosen=chosen[:1])
    measure(run.Record(path, settings), chosen=chosen)
    assert asked == [("ours-auto", False), ("ours-auto", True), ("brms", False), ("brms", True)]
    measure(run.Record(path, settings), chosen=chosen)
    assert len(asked) == 4

    monkeypatch.setattr(run, "STALE", -1.0)
    measure(run.Record(path, settings), chosen=[methods.METHODS["rstanarm"]])
    assert [name for name, refit in asked[4:] if not refit] == ["rstanarm", "ours-auto", "brms"]
    assert len({each["block"] for each in run.Record(path, settings).lines[1:]}) == 2
