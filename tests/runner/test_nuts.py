"""A run: the same bits whatever cuts it, nothing traced twice, nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from functools import lru_cache

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf
from bayesformula.pipeline import compile_inputs, prepare
from bayesformula.runner import chunks, device, executables, lanes, nuts
from bayesformula.runner import config as configs
from bayesformula.runner.config import RunConfig
from results.fits import CAFES, SHORT, cafes_fit, fit_quietly

CONFIG = RunConfig(chains=4, draws=200, warmup=300)
QUICK = {**SHORT, "chains": 2}


@pytest.fixture
def cafes():
    return bf.datasets.load("cafes")


@lru_cache(maxsize=1)
def program():
    ready = prepare(
        CAFES, bf.datasets.load("cafes"),
        family=None, priors=None, plan="auto", na="drop", checks=None, quiet=True,
    )  # fmt: skip
    made, data, start = compile_inputs(ready.model, ready.plan.name, ready.design)
    return made, data, made.start(data, start)


def sample(config=CONFIG, progress=None):
    return nuts.run(*program(), config, device.choose("cpu"), progress)


def assert_same(one, other):
    assert_array_equal(one.z, other.z)
    assert set(one.stats) == set(other.stats)
    for name in one.stats:
        assert_array_equal(one.stats[name], other.stats[name])
    for name in one.recovered:
        assert_array_equal(one.recovered[name], other.recovered[name])


@lru_cache(maxsize=1)
def reference():
    return sample()


# ---- the same seed, the same bits ----


def test_the_same_seed_gives_the_same_draws():
    assert_same(sample(), reference())


def test_the_runner_is_what_fit_calls():
    fit = cafes_fit()
    assert_array_equal(fit.z, reference().z)
    for name, values in fit.draws.items():
        assert_array_equal(values, reference().recovered[name])


@pytest.mark.parametrize(
    ("room", "name", "value"),
    [(lanes, "CHUNK_SECONDS", 0.0), (lanes, "CHUNK_SECONDS", 1e9), (nuts, "MAX_CHUNK", 7)],
    ids=["0.0", "1e9", "7"],
)
def test_cutting_a_run_elsewhere_changes_no_bit(monkeypatch, room, name, value):
    monkeypatch.setattr(room, name, value)
    sizes = set()
    seen = {}

    def progress(chain, done, n_steps, n_diverging):
        sizes.add(done - seen.get(chain, 0))
        seen[chain] = done

    raw = sample(progress=progress)
    assert_same(raw, reference())
    assert set(seen.values()) == {CONFIG.steps}
    if value == 0.0:
        assert sizes <= {1, 10}
    if value == 7:
        assert max(sizes) == 7


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_the_number_of_cores_changes_no_bit(monkeypatch, cores):
    monkeypatch.setattr(configs, "available_cores", lambda: cores)
    assert CONFIG.workers == cores
    assert_same(sample(), reference())


def test_a_chain_does_not_depend_on_how_many_there_are():
    two = sample(replace(CONFIG, chains=2))
    assert_array_equal(two.z, reference().z[:2])
    for name, values in two.recovered.items():
        assert_array_equal(values, reference().recovered[name][:2])


def test_more_draws_begin_with_the_same_ones():
    more = sample(replace(CONFIG, draws=300))
    assert_array_equal(more.z[:, :200], reference().z)
    for name, values in more.recovered.items():
        assert_array_equal(values[:, :200], reference().recovered[name])


def test_thinning_keeps_every_last_of_so_many():
    thinned = sample(replace(CONFIG, draws=50, thin=4))
    assert thinned.z.shape == (4, 50, reference().z.shape[2])
    assert_array_equal(thinned.z, reference().z[:, 3::4])
    whole, some = reference().stats, thinned.stats
    windows = {name: values.reshape(4, 50, 4) for name, values in whole.items()}
    assert_array_equal(some["lp"], whole["lp"][:, 3::4])
    assert_array_equal(some["energy"], whole["energy"][:, 3::4])
    # what happened between kept draws is not lost with the others
    assert_array_equal(some["n_steps"], windows["n_steps"].sum(axis=2))
    assert_array_equal(some["diverging"], windows["diverging"].any(axis=2))
    assert_allclose(some["acceptance_rate"], windows["acceptance_rate"].mean(axis=2))


def test_other_seeds_give_other_draws_and_chains_differ():
    other = sample(replace(CONFIG, seed=1))
    assert not np.any(other.z == reference().z)
    for chain in range(1, 4):
        assert not np.any(reference().z[chain] == reference().z[0])
    large = sample(replace(CONFIG, seed=2**32 - 1, draws=20))
    assert np.all(np.isfinite(large.z))


def test_chains_in_one_program_are_the_same_posterior():
    """What a GPU runs, on the CPU: the same to rounding at first, later the same distribution."""
    raw = sample(replace(CONFIG, vectorised=True))
    assert raw.z.shape == reference().z.shape
    assert {name: v.shape for name, v in raw.stats.items()} == dict.fromkeys(raw.stats, (4, 200))
    assert raw.step_size.shape == raw.warmup_steps.shape == (4,)
    assert len(np.unique(raw.step_size)) == 4
    short = replace(CONFIG, warmup=10, draws=20)
    together, apart = (sample(replace(short, vectorised=kind)).z for kind in (True, False))
    assert_allclose(together, apart, rtol=1e-6)  # as long as rounding decides nothing
    for name in ("b", "sd_cafe", "cor_cafe", "sigma"):
        one, two = raw.recovered[name], reference().recovered[name]
        error = np.sqrt((np.var(one, axis=(0, 1)) + np.var(two, axis=(0, 1))) / 400)  # half the draws count
        assert np.all(np.abs(one.mean(axis=(0, 1)) - two.mean(axis=(0, 1))) <= 4 * error)
        assert_allclose(one.std(axis=(0, 1)), two.std(axis=(0, 1)), rtol=0.25)


# ---- what it brings home ----


def test_statistics_are_whole_and_say_what_they_should():
    stats = reference().stats
    assert all(values.shape == (4, 200) for values in stats.values())
    assert stats["diverging"].dtype == stats["reached_max_treedepth"].dtype == bool
    assert stats["n_steps"].dtype == np.int64
    assert stats["n_steps"].min() >= 1
    assert np.all((stats["acceptance_rate"] >= 0) & (stats["acceptance_rate"] <= 1))
    assert 0.6 < stats["acceptance_rate"].mean() < 0.97
    assert np.all(reference().step_size > 0)
    assert np.all(reference().warmup_steps > 300)


def test_the_stored_density_is_that_of_the_stored_draw():
    made, data, _ = program()
    with jax.enable_x64(True):
        potential = jax.jit(made.potential)
        for chain, draw in [(0, 0), (1, 77), (3, 199)]:
            lp = -float(potential(reference().z[chain, draw], data))
            assert lp == pytest.approx(reference().stats["lp"][chain, draw], rel=1e-10)


def test_a_density_that_is_nowhere_finite_is_an_error_that_says_so():
    made, data, start = program()
    nowhere = start._replace(z=np.full_like(start.z, np.nan))
    with pytest.raises(bf.BayesFormulaError) as caught:
        nuts.run(made, data, nowhere, replace(CONFIG, draws=5), device.choose("cpu"))
    assert "the sampler found no point with a finite density" in str(caught.value)
    assert not chain_threads()


# ---- progress ----


def test_progress_is_told_of_every_transition_and_divergence():
    told = []
    config = replace(CONFIG, target_accept=0.3, max_tree_depth=2)
    raw = sample(config, progress=lambda *facts: told.append(facts))
    for chain in range(4):
        done = [d for c, d, _, _ in told if c == chain]
        assert done == sorted(done)
        assert done[-1] == CONFIG.steps
        assert CONFIG.warmup in done
        after = [(n, d) for c, at, n, d in told if c == chain and at > CONFIG.warmup]
        assert sum(n for n, _ in after) == raw.stats["n_steps"][chain].sum()
        assert sum(d for _, d in after) == raw.stats["diverging"][chain].sum()
        assert sum(n for c, at, n, _ in told if c == chain and at <= CONFIG.warmup) == raw.warmup_steps[chain]
    assert raw.stats["n_steps"].max() == 3
    assert_array_equal(raw.stats["reached_max_treedepth"], raw.stats["n_steps"] == 3)


# ---- nothing is traced twice ----


def test_a_refit_of_the_same_shape_traces_nothing(cafes):
    """Other data, prior scales, seeds, chains and starting values are arguments of one program."""
    priors = ["b ~ normal(0, 1)"]
    fit_quietly(CAFES, cafes, priors=priors, **QUICK)
    before = dict(executables.traces)
    again = fit_quietly(CAFES, cafes.assign(wait=cafes["wait"] * 3 - 7), priors=priors, **QUICK)
    fit_quietly(CAFES, cafes, priors=["b ~ normal(2, 3)"], **QUICK)
    fit_quietly(CAFES, cafes, priors=priors, **{**QUICK, "seed": 5, "chains": 3})
    fit_quietly(CAFES, cafes, priors=priors, init={"sigma": 3.0}, **QUICK)
    fit_quietly(CAFES, cafes, priors=priors, keep="summary", **QUICK)
    assert dict(executables.traces) == before
    assert again.timing["trace"] == again.timing["compile"] == 0.0


def test_another_number_of_draws_traces_nothing(cafes):
    """The numbers of draws are arguments: of a chunk, and of a batch of recovery, which is padded."""
    fit_quietly(CAFES, cafes, **{**QUICK, "draws": 500})
    before = dict(executables.traces)
    fit_quietly(CAFES, cafes, **{**QUICK, "draws": 901})
    fit_quietly(CAFES, cafes, **{**QUICK, "draws": 500, "thin": 2})
    assert dict(executables.traces) == before


def test_another_shape_is_traced_once(cafes):
    before = dict(executables.traces)
    for _ in range(2):
        fit_quietly("wait ~ afternoon", cafes.iloc[:-10], **QUICK)
    assert {name: n - before[name] for name, n in executables.traces.items()} == {"advance": 1, "recover": 1}


# ---- nothing is left behind ----


def chain_threads():
    return [t.name for t in threading.enumerate() if t.name.startswith("bayesformula")]


def test_no_thread_is_left_behind(cafes):
    before = set(threading.enumerate())
    fit_quietly(CAFES, cafes, **QUICK)
    assert chain_threads() == []
    assert set(threading.enumerate()) <= before


def test_a_fault_in_one_chain_stops_the_others_and_is_raised():
    """A chain of a hundred thousand draws must not be waited for."""

    def progress(chain, done, n_steps, n_diverging):
        if chain == 1 and done > 100:
            raise ZeroDivisionError("of the test")

    began = time.perf_counter()
    with pytest.raises(ZeroDivisionError, match="of the test"):
        sample(replace(CONFIG, chains=2, draws=1_000_000), progress)
    assert time.perf_counter() - began < 60
    assert chain_threads() == []


@pytest.fixture
def interruptible():
    """Python's own handler, also where the suite was started in the background, which ignores the signal."""
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


def test_ctrl_c_stops_the_chains(interruptible):
    told = []

    def progress(chain, done, n_steps, n_diverging):
        told.append(done)
        if len(told) == 20:
            os.kill(os.getpid(), signal.SIGINT)

    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        sample(replace(CONFIG, draws=1_000_000), progress)
    assert time.perf_counter() - began < 60
    assert chain_threads() == []
    assert max(told) < 500_000


def test_the_precision_of_the_user_is_left_alone(cafes):
    """float64 within the run, whatever JAX is set to outside; the same bits."""
    jax.config.update("jax_enable_x64", False)
    try:
        fit = fit_quietly(CAFES, cafes)
        assert jax.config.jax_enable_x64 is False
        assert jax.numpy.ones(1).dtype == jax.numpy.float32
    finally:
        jax.config.update("jax_enable_x64", True)
    assert all(values.dtype == np.float64 for values in fit.draws.values())
    assert_array_equal(fit.z, cafes_fit().z)


@pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")  # filters are shared by threads too
def test_fits_in_two_threads_are_the_fits_of_one(cafes):
    """NumPyro's handlers are one stack for all threads of a process; tracing must take turns."""
    formulas = ["wait ~ afternoon", "wait ~ 1"]
    found = {}

    def one(formula):
        found[formula] = fit_quietly(formula, cafes, **QUICK)

    threads = [threading.Thread(target=one, args=(formula,)) for formula in formulas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == set(formulas)
    for formula in formulas:
        assert_array_equal(found[formula].z, fit_quietly(formula, cafes, **QUICK).z)


def test_thinning_loses_no_divergence():
    """What happened between the kept draws counts: any divergence, all leapfrog steps, all energy changes."""
    chunk = chunks.Chunk(
        z=np.arange(12.0)[:, None],
        potential_energy=np.arange(12.0),
        energy=np.arange(12.0) ** 2,
        n_steps=np.full(12, 3),
        accept_prob=np.full(12, 0.5),
        is_diverging=np.arange(12) == 4,
    )
    lane = chunks.Lane([chunk], np.ones(()), np.zeros(()), 0.0, 1.0)
    z, stats = chunks.stack([lane], RunConfig(chains=1, draws=4, thin=3))
    assert z[0, :, 0].tolist() == [2.0, 5.0, 8.0, 11.0]
    assert stats["diverging"].tolist() == [[False, True, False, False]]
    assert stats["n_steps"].tolist() == [[9, 9, 9, 9]]
    assert stats["energy"].tolist() == [[4.0, 25.0, 64.0, 121.0]]
    assert stats["energy_change"][0, 1] == pytest.approx(
        np.mean([(9 - 4) ** 2, (16 - 9) ** 2, (25 - 16) ** 2])
    )
