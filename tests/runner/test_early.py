"""The sampler is compiled while its data are still being found: the same program, made once."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula import api, pipeline
from bayesformula.compiler import elimination
from bayesformula.compiler.kept import Kept, signature
from bayesformula.compiler.working import WorkingModelError, model
from bayesformula.runner import device, executables, nuts, samplers
from bayesformula.runner.executables import compile_ahead
from results.fits import fit_quietly

CPU = device.choose("cpu")
SHORT = {"chains": 2, "draws": 20, "warmup": 20, "family": "poisson", "plan": "whitened"}


@pytest.fixture
def nothing_kept(monkeypatch):
    monkeypatch.setattr(executables, "executables", Kept(8))


def table(seed=0):
    rng = np.random.default_rng(seed)
    g, h, x = rng.integers(0, 12, 90), rng.integers(0, 9, 90), rng.normal(size=90)
    y = rng.poisson(np.exp(0.3 * x + 0.5 * rng.normal(size=12)[g] + 0.3 * rng.normal(size=9)[h]))
    o = np.digitize(x + rng.normal(size=90), [-0.5, 0.5])
    return pd.DataFrame({"y": y, "o": o, "x": x, "g": g.astype(str), "h": h.astype(str)})


def traced(before):
    return {name: n - before[name] for name, n in executables.traces.items()}


# ---- arrays of the same shapes ----


@pytest.mark.parametrize(
    ("formula", "family", "joint"),
    [
        ("y ~ x + (1 + x | g)", "poisson", None),
        ("y ~ x + (1 | g) + (1 | h)", "poisson", None),
        ("y ~ x + (1 | g) + (1 | h)", "poisson", 0),
        ("o ~ x + (1 | g) + (1 | h)", "cumulative", 0),
        ("y ~ x + (1 | g); shape ~ x + (1 | h)", "negbinomial", None),
        ("y | weights(x^2) ~ 0 + x + (1 | mm(g, h))", "poisson", None),
    ],
)
@pytest.mark.parametrize("pair_cost", [1e-9, 1e9])
def test_what_is_announced_has_the_shapes_of_what_comes(formula, family, joint, pair_cost, monkeypatch):
    """Also where crossed factors are eliminated apart, and where their cells are listed."""
    monkeypatch.setattr(elimination.cells, "PAIR_COST", pair_cost)
    if joint is not None:
        monkeypatch.setattr("bayesformula.compiler.structure.JOINT_WORK", joint)
        monkeypatch.setattr("bayesformula.compiler.structure.LEAST_JOINT", joint)
    options = {"priors": [], "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    ready = api.prepare(formula, table(), family=family, **options)
    announced = []
    source = pipeline.row_source(ready.design, ready.model)
    program, data, _ = pipeline.sampler_inputs(
        ready.model, "whitened", source, lambda *a: announced.append(a)
    )
    ((early, shapes),) = announced
    assert early == program
    assert signature(shapes) == signature(data)
    assert not np.array_equal(shapes.whitened.reference, data.whitened.reference)


# ---- made once ----


def test_a_whitened_fit_compiles_its_sampler_before_the_mode_is_known(nothing_kept, monkeypatch):
    """And the time that it takes goes to the account of the fit, once."""
    before, seen = dict(executables.traces), []
    find = model.find_mode

    def watched(*arguments):
        seen.append(traced(before))
        return find(*arguments)

    monkeypatch.setattr(model, "find_mode", watched)
    fit = fit_quietly("y ~ x + (1 | g)", table(), **SHORT)
    assert seen == [{"advance": 1, "recover": 0}]
    assert traced(before) == {"advance": 1, "recover": 1}
    assert fit.timing["compile"] > 0
    again = fit_quietly("y ~ x + (1 | g)", table(1), **SHORT)
    assert again.timing["compile"] == again.timing["trace"] == 0


@pytest.mark.parametrize("plan", ["whitened", "noncentred"])
def test_what_is_refused_late_is_refused_before_anything_is_compiled(plan, nothing_kept, tmp_path):
    before = dict(executables.traces)
    with pytest.raises(bf.BayesFormulaError, match="no_such"):
        fit_quietly("y ~ x + (1 | g)", table(), **{**SHORT, "plan": plan}, init={"no_such": 1.0})
    (tmp_path / "other").write_text("no checkpoint", encoding="utf-8")
    with pytest.raises(bf.BayesFormulaError, match="other"):
        fit_quietly("y ~ x + (1 | g)", table(), **{**SHORT, "plan": plan}, checkpoint=tmp_path / "other")
    assert traced(before) == {"advance": 0, "recover": 0}


def test_a_mode_that_is_not_found_leads_to_another_plan(nothing_kept, monkeypatch):
    def fail(*_):
        raise WorkingModelError("no mode was found")

    monkeypatch.setattr(model, "find_mode", fail)
    fit = fit_quietly("y ~ x + (1 | g)", table(), **{**SHORT, "plan": "auto"})
    assert (fit.plan.name, fit.draws["b"].shape[:2]) == ("noncentred", (2, 20))


def test_a_program_that_another_thread_compiles_is_waited_for(nothing_kept):
    is_traced, may_end, order, calls = threading.Event(), threading.Event(), [], []

    def double(x):
        calls.append("traced")
        return 2 * x

    def make(name, **options):
        order.append((name, compile_ahead("double", double, CPU, (np.ones(3),), of=(), **options)))

    def hold():
        is_traced.set()
        assert may_end.wait(60)

    first = threading.Thread(target=make, args=("first",), kwargs={"is_early": True, "on_traced": hold})
    first.start()
    assert is_traced.wait(60)
    told = threading.Event()
    second = threading.Thread(target=make, args=("second",), kwargs={"on_traced": told.set})
    second.start()
    assert told.wait(10)  # Python is free meanwhile
    assert order == []
    may_end.set()
    for thread in (first, second):
        thread.join(60)
    found = dict(order)
    assert calls == ["traced"]
    assert found["second"].call is found["first"].call
    assert found["second"].compile_seconds == found["first"].compile_seconds > 0
    assert compile_ahead("double", double, CPU, (np.ones(3),), of=()).compile_seconds == 0


def test_who_waited_for_one_that_failed_compiles_it(nothing_kept):
    is_traced, may_end, found = threading.Event(), threading.Event(), []

    def fail():
        is_traced.set()
        assert may_end.wait(60)
        raise KeyboardInterrupt

    def first():
        with pytest.raises(KeyboardInterrupt):
            compile_ahead("negative", lambda x: -x, CPU, (np.ones(3),), of=(), on_traced=fail)

    def second():
        found.append(
            compile_ahead("negative", lambda x: -x, CPU, (np.ones(3),), of=(), on_traced=may_end.set)
        )

    threads = [threading.Thread(target=target) for target in (first, second)]
    threads[0].start()
    assert is_traced.wait(60)
    threads[1].start()
    for thread in threads:
        thread.join(60)
    np.testing.assert_array_equal(found[0].call(np.ones(3)), -np.ones(3))


def test_what_fails_early_is_left_to_the_run(monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(nuts, "compile_early", fail)
    with samplers.early(None, CPU) as ahead:
        ahead(None, None)
        ahead(None, None)


def test_only_the_first_is_compiled_early(monkeypatch):
    seen = []

    def compile_early(program, *_):
        seen.append(program)
        _[-1]()

    monkeypatch.setattr(nuts, "compile_early", compile_early)
    with samplers.early(None, CPU) as ahead:
        ahead("first", None)
        ahead("second", None)
    assert seen == ["first"]
