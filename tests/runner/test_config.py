"""What may be asked of a run, and of a device."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import bayesformula as bf
from bayesformula.runner import config, device
from bayesformula.runner.config import RunConfig, check_progress, check_switch
from bayesformula.runner.options import PEERS_OPTIONS, RENAMED, explain_option, explains_options

WHOLE = "must be a whole number"

REFUSED = [
    ("chains", 0, "chains=0 must be a whole number, 1 or more"),
    ("chains", -4, f"chains=-4 {WHOLE}, 1 or more"),
    ("chains", 2.0, f"chains=2.0 {WHOLE}, 1 or more"),
    ("chains", True, f"chains=True {WHOLE}, 1 or more"),
    ("chains", "4", f"chains='4' {WHOLE}, 1 or more"),
    ("chains", None, f"chains=None {WHOLE}, 1 or more"),
    ("draws", 0, f"draws=0 {WHOLE}, 1 or more"),
    ("draws", 1e3, f"draws=1000.0 {WHOLE}, 1 or more"),
    ("warmup", 9, f"warmup=9 {WHOLE}, 10 or more"),
    ("thin", 0, f"thin=0 {WHOLE}, 1 or more"),
    ("max_tree_depth", 0, f"max_tree_depth=0 {WHOLE}, 1 or more"),
    ("max_tree_depth", 16, "max_tree_depth=16 is too large: write 15 or less"),
    ("seed", -1, f"seed=-1 {WHOLE}, 0 or more"),
    ("seed", 1.5, f"seed=1.5 {WHOLE}, 0 or more"),
    ("seed", None, f"seed=None {WHOLE}, 0 or more"),
    ("seed", 2**32, "seed=4294967296 is too large: write a whole number below 2**32"),
    ("target_accept", 0.0, "target_accept=0.0 must be a number between 0 and 1, for example 0.95"),
    ("target_accept", 1.0, "target_accept=1.0 must be a number between 0 and 1, for example 0.95"),
    ("target_accept", 95, "target_accept=95 must be a number between 0 and 1, for example 0.95"),
    ("target_accept", float("nan"), "target_accept=nan must be a number between 0 and 1, for example 0.95"),
    ("target_accept", True, "target_accept=True must be a number between 0 and 1, for example 0.95"),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_an_illegal_option_is_refused(name, value, message):
    with pytest.raises(bf.OptionError) as caught:
        RunConfig(**{name: value})
    assert str(caught.value) == message
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_fit_refuses_it_before_it_looks_at_the_data(name, value, message):
    with pytest.raises(bf.OptionError) as caught:
        bf.fit("y ~ x", object(), **{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chains", 1),
        ("draws", 1),
        ("warmup", 10),
        ("seed", 2**32 - 1),
        ("target_accept", 0.999),
        ("max_tree_depth", 15),
    ],
)
def test_the_ends_of_the_ranges_are_legal(name, value):
    assert getattr(RunConfig(**{name: value}), name) == value


def test_defaults_are_those_of_the_contract():
    assert RunConfig() == RunConfig(4, 1000, 1000, 1, 0, 0.8, 10)


@pytest.mark.parametrize(("draws", "warmup", "thin", "steps"), [(1000, 1000, 1, 2000), (100, 50, 5, 550)])
def test_steps_count_what_thinning_leaves_out(draws, warmup, thin, steps):
    assert RunConfig(draws=draws, warmup=warmup, thin=thin).steps == steps


@pytest.mark.parametrize(("cores", "chains", "workers"), [(1, 4, 1), (2, 4, 2), (8, 4, 4), (64, 1, 1)])
def test_workers_are_cores_but_no_more_than_chains(monkeypatch, cores, chains, workers):
    monkeypatch.setattr(config, "available_cores", lambda: cores)
    assert RunConfig(chains=chains).workers == workers


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    import os

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5, 7}, raising=False)
    assert config.available_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert config.available_cores() == 1


# ---- switches ----


@pytest.mark.parametrize("value", [True, False, np.True_, np.bool_(False)])
def test_a_switch_is_true_or_false(value):
    """NumPy's truth values are what comparisons give."""
    assert check_switch("strict", value) is bool(value)
    assert check_progress(value) is bool(value)


def test_progress_may_be_left_to_us():
    assert check_progress(None) is None


@pytest.mark.parametrize("value", ["no", "", 0, 1, 1.0, [], np.int64(1)])
def test_what_is_no_truth_value_is_refused(value):
    """`strict="no"` would be true."""
    with pytest.raises(bf.OptionError) as caught:
        check_switch("strict", value)
    assert str(caught.value) == f"strict={value!r} must be True or False"
    with pytest.raises(bf.OptionError) as caught:
        check_progress(value)
    assert str(caught.value) == (
        f"progress={value!r} must be True, False or None (a bar on a terminal and in a notebook)"
    )


def test_none_is_no_switch():
    with pytest.raises(bf.OptionError, match="prior_only=None must be True or False"):
        check_switch("prior_only", None)


# ---- keywords of other packages ----

OPTIONS = [
    name
    for name, parameter in inspect.signature(bf.fit).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY
]


def small_fit(formula: str, data: object, *, chains: int = 4, draws: int = 1000, warmup: int = 1000) -> int:
    """Stands for `fit`."""
    return chains


checked_fit = explains_options(small_fit)


def test_the_tables_name_options_that_there_are():
    """Nobody is sent to an option that is not there, or away from one that is."""
    assert set(RENAMED.values()) <= set(OPTIONS)
    assert not (set(RENAMED) | set(PEERS_OPTIONS)) & set(OPTIONS)
    assert not set(RENAMED) & set(PEERS_OPTIONS)


ASKED = [
    ("adapt_delta", 0.95, "write target_accept=0.95"),
    ("n_chains", 2, "write chains=2"),
    ("tune", 500, "write warmup=500"),
    ("num_samples", 500, "write draws=500"),
    ("random_seed", 7, "write seed=7"),
    ("prior", "b ~ normal(0, 1)", "write priors='b ~ normal(0, 1)'"),
    ("prior", ["b ~ normal(0, 1)"] * 9, "write priors=..."),
    ("iter", 3000, "brms and rstan count warmup and draws together; write warmup=1500, draws=1500"),
    ("iter", None, "brms and rstan count warmup and draws together; write warmup=1000, draws=1000"),
    ("control", {"adapt_delta": 0.99, "max_treedepth": 12},
     "its parts are options here; write target_accept=0.99, max_tree_depth=12"),
    ("control", {"stepsize": 1},
     "adapt_delta is target_accept= here, and max_treedepth is max_tree_depth="),
    ("cores", 4, "chains run at the same time on the cores there are; leave it out"),
    ("weights", [1, 2], "it belongs to the response in the formula; write y | weights(w) ~ x"),
    ("sample_prior", "only", "write prior_only=True for draws from the prior alone"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), ASKED)
def test_an_option_of_another_package_is_translated(name, value, message):
    assert explain_option(name, OPTIONS, value) == message


@pytest.mark.parametrize(("name", "first"), [("chain", "chains"), ("sed", "seed"), ("familly", "family")])
def test_a_slip_gets_the_nearest_name_first(name, first):
    assert explain_option(name, OPTIONS).startswith(f"there are {first}, ")


def test_an_unknown_keyword_is_an_error_of_ours():
    """And says what to write; what is legal passes."""
    assert checked_fit("y ~ x", {}, chains=2) == 2
    with pytest.raises(bf.OptionError) as caught:
        checked_fit("y ~ x", {}, iter=2000)  # pyright: ignore[reportCallIssue]
    assert str(caught.value) == (
        "small_fit() has no option 'iter': brms and rstan count warmup and draws together; "
        "write warmup=1000, draws=1000"
    )


def test_options_are_named_and_the_data_not_forgotten():
    with pytest.raises(bf.OptionError) as caught:
        checked_fit("y ~ x", {}, "poisson")  # pyright: ignore[reportCallIssue]
    assert str(caught.value) == (
        "small_fit() takes 2 arguments without a name and got 3; "
        "options are named: bf.small_fit(formula, data, chains=...)"
    )
    with pytest.raises(bf.OptionError) as caught:
        checked_fit("y ~ x")  # pyright: ignore[reportCallIssue]
    assert str(caught.value) == (
        "small_fit(): missing a required argument: 'data'; write bf.small_fit(formula, data)"
    )


def test_help_and_inspection_see_the_function_itself():
    assert inspect.signature(checked_fit) == inspect.signature(small_fit)
    assert checked_fit.__doc__ == small_fit.__doc__
    assert checked_fit.__name__ == "small_fit"


def test_a_type_error_from_inside_stays_one():
    """Only the call itself is explained."""

    @explains_options
    def broken(data: object) -> object:
        return data + 1  # type: ignore[operator]

    with pytest.raises(TypeError, match=r"unsupported operand|can only concatenate"):
        broken("a")


# ---- devices ----


@pytest.mark.parametrize("requested", ["GPU", "tpu", "", None, "cuda:0"])
def test_an_unknown_device_is_refused(requested):
    with pytest.raises(bf.OptionError) as caught:
        bf.fit("y ~ x", object(), device=requested)
    assert str(caught.value) == f"device={requested!r} is not a device: write 'auto', 'cpu' or 'gpu'"


class FakeGpu:
    device_kind = "Fake 9000"


def test_a_gpu_that_is_not_there_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(device, "_gpus", list)
    with pytest.raises(bf.DeviceError) as caught:
        bf.fit("y ~ 1", {"y": [1.0, 2.0]}, device="gpu")
    message = str(caught.value)
    assert message.startswith("device='gpu' was asked for, but JAX sees no GPU on this machine.")
    assert "device='cpu'" in message
    assert 'pip install "bayesformula[cuda]"' in message
    assert isinstance(caught.value, RuntimeError)


@pytest.mark.parametrize(
    ("requested", "gpus", "kind", "reason"),
    [
        ("cpu", [], "cpu", "asked for"),
        ("cpu", [FakeGpu()], "cpu", "asked for"),
        ("auto", [], "cpu", "no GPU found"),
        (
            "auto",
            [FakeGpu()],
            "cpu",
            "a GPU is there (Fake 9000), but small models are faster on the CPU; device='gpu' takes it",
        ),
        ("gpu", [FakeGpu()], "gpu", "asked for"),
    ],
)
def test_the_choice_of_a_device_has_a_reason(monkeypatch, requested, gpus, kind, reason):
    monkeypatch.setattr(device, "_gpus", lambda: gpus)
    chosen = device.choose(requested)
    assert (chosen.kind, chosen.reason) == (kind, reason)
    assert chosen.name


def test_a_device_is_a_context_and_never_a_global():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", False)
    try:
        with device.on(device.choose("cpu")):
            assert jnp.zeros(1).dtype == jnp.float64
        assert jnp.zeros(1).dtype == jnp.float32
        with pytest.raises(ZeroDivisionError), device.on(device.choose("cpu")):
            raise ZeroDivisionError
        assert jax.config.jax_enable_x64 is False
    finally:
        jax.config.update("jax_enable_x64", True)
