"""Where a run goes, and in which precision; a GPU's path forced on the CPU."""

from __future__ import annotations

import warnings
from dataclasses import replace

import jax
import numpy as np
import pytest

import bayesformula as bf
from bayesformula.runner import device
from bayesformula.runner.device import Device, Work, float32_warning, gpu_obstacle, has_fast_float64
from results.fits import CAFES, cafes_fit, fit_quietly

FAST = ["Tesla V100-SXM2-16GB", "NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3", "NVIDIA H200",
        "NVIDIA A30", "Quadro GV100", "NVIDIA TITAN V", "NVIDIA GH200 480GB",
        "AMD Instinct MI250X", "MI300X"]  # fmt: skip
SLOW = ["Tesla T4", "NVIDIA A10G", "NVIDIA L4", "NVIDIA L40S", "NVIDIA GeForce RTX 4090", "NVIDIA A40",
        "NVIDIA RTX A3000", "NVIDIA A10", "Fake 9000", "cpu"]  # fmt: skip


@pytest.mark.parametrize("name", FAST)
def test_cards_for_computing_run_float64(name):
    assert has_fast_float64(name)


@pytest.mark.parametrize("name", SLOW)
def test_cards_for_pictures_do_not(name):
    assert not has_fast_float64(name)


MILLION = Work(1_000_000, passes_over_rows=True)

RULE = [
    ("NVIDIA H100", MILLION, ""),
    ("NVIDIA H100", Work(999_999, passes_over_rows=True), "small models are faster on the CPU"),
    ("NVIDIA H100", Work(10**8, passes_over_rows=False), "under this plan a step reads no rows"),
    ("NVIDIA H100", None, "small models are faster on the CPU"),
    ("Tesla T4", MILLION, "it is slow in float64"),
]


@pytest.mark.parametrize(("name", "work", "obstacle"), RULE)
def test_auto_takes_a_gpu_for_many_rows_alone(name, work, obstacle):
    assert gpu_obstacle(name, work) == obstacle


class FakeGpu:
    def __init__(self, name):
        self.device_kind = name


@pytest.mark.parametrize(
    ("requested", "name", "work", "kind", "precision", "reason"),
    [
        ("auto", "NVIDIA H100", MILLION, "gpu", "float64", "a step passes over 1,000,000 rows or more"),
        ("auto", "NVIDIA H100", None, "cpu", "float64",
         "a GPU is there (NVIDIA H100), but small models are faster on the CPU; device='gpu' takes it"),
        ("auto", "Tesla T4", MILLION, "cpu", "float64",
         "a GPU is there (Tesla T4), but it is slow in float64; device='gpu' takes it"),
        ("gpu", "NVIDIA H100", None, "gpu", "float64", "asked for"),
        ("gpu", "Tesla T4", None, "gpu", "float32", "asked for"),
        ("cpu", "NVIDIA H100", MILLION, "cpu", "float64", "asked for"),
    ],
)  # fmt: skip
def test_the_choice_has_a_precision_and_a_reason(monkeypatch, requested, name, work, kind, precision, reason):
    monkeypatch.setattr(device, "_gpus", lambda: [FakeGpu(name)])
    chosen = device.choose(requested, work)
    assert (chosen.kind, chosen.precision, chosen.reason) == (kind, precision, reason)
    assert chosen.dtype == np.dtype(precision)


def test_float32_says_what_it_means():
    card = Device("gpu", "Tesla T4", "asked for", None, "float32")
    assert float32_warning(card) == (
        "Tesla T4 is slow in float64, so that this run computes in float32: some 7 digits in place of 16. "
        "Posterior means and sds are good to about three digits; badly scaled predictors, very many rows or "
        "nearly collinear columns can cost divergences. device='cpu' computes in float64"
    )
    assert float32_warning(replace(card, precision="float64")) == ""


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_precision_is_a_context(precision):
    where = replace(device.choose("cpu"), precision=precision)
    before = jax.config.jax_enable_x64
    with device.on(where):
        assert jax.numpy.zeros(1).dtype == precision
    assert jax.config.jax_enable_x64 is before


# ---- the whole path of a GPU, on the CPU ----


@pytest.fixture
def pretended_gpu(monkeypatch):
    """The CPU under the name of a card without float64; chains in one program, as on a GPU."""
    cafes_fit()  # which other tests share, is made on the CPU
    handle = device.choose("cpu").handle
    card = Device("gpu", "Tesla T4", "asked for", handle, "float32")
    monkeypatch.setattr(device, "choose", lambda requested="auto", work=None: card)


def test_a_fit_in_float32_with_chains_in_one_program(pretended_gpu, tmp_path):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        fit = bf.fit(CAFES, bf.datasets.load("cafes"), draws=200, warmup=300, device="gpu", progress=False)
    assert sum("computes in float32" in str(w.message) for w in told) == 1
    timing = fit.timing
    assert (timing["device"], timing["precision"], timing["chains_at_once"]) == ("gpu", "float32", 4)
    assert all(values.dtype == np.float64 for values in fit.draws.values())  # what is reported
    assert np.all(fit.z == fit.z.astype(np.float32))
    exact = cafes_fit()
    for name in ("b", "sd_cafe", "cor_cafe", "sigma"):
        one, two = fit.draws[name], exact.draws[name]
        error = np.sqrt((np.var(one, axis=(0, 1)) + np.var(two, axis=(0, 1))) / 400)
        assert np.all(np.abs(one.mean(axis=(0, 1)) - two.mean(axis=(0, 1))) <= 4 * error), name
    fit.save(tmp_path / "f.nc")
    assert bf.load(tmp_path / "f.nc").timing["precision"] == "float32"


def test_float64_is_the_rule_and_recorded():
    assert cafes_fit().timing["precision"] == "float64"


def test_sampling_on_the_rows_in_float32(pretended_gpu):
    """A plan that reads the rows at every step."""
    fit = fit_quietly(CAFES, bf.datasets.load("cafes"), plan="noncentred", device="gpu", chains=2)
    assert np.all(np.isfinite(fit.draws["b"]))
    assert abs(fit.draws["b"].mean() - cafes_fit().draws["b"].mean()) < 0.3
