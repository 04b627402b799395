"""R-hat, effective sizes and Monte Carlo errors: ArviZ's numbers, for processes that try every branch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from arviz_stats.base.array import array_stats
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.results import diagnostics as module
from bayesformula.results.diagnostics import diagnostics, ess

AXES = {"chain_axis": 0, "draw_axis": 1}


def autoregressive(phi, chains, draws, seed=0):
    noise = np.random.default_rng(seed).normal(size=(chains, draws))
    out = noise.copy()
    for t in range(1, draws):
        out[:, t] += phi * out[:, t - 1]
    return out


def processes(chains, draws):
    """(chains, draws, m): independent, slow, antithetic, with ties, apart, badly scaled, heavy-tailed."""
    plain = autoregressive(0.0, chains, draws)
    columns = [autoregressive(phi, chains, draws, k) for k, phi in enumerate((0.0, 0.5, 0.95, 0.999))]
    columns += [autoregressive(phi, chains, draws, 9) for phi in (-0.5, -0.95)]
    columns += [np.round(plain, 1), np.round(plain), (plain > 1.0).astype(float)]
    columns += [plain + 3 * np.arange(chains)[:, None], 1e8 + 1e-3 * plain, np.exp(5 * plain)]
    values = np.stack(columns, axis=2)
    return values[:, :, np.ptp(values.reshape(-1, values.shape[2]), axis=0) > 0]


def oracle(values):
    """ArviZ's; one chain's R-hat is that of its halves."""
    chains, draws, _ = values.shape
    half = draws // 2
    two = values if chains > 1 else np.concatenate([values[:, :half], values[:, half : 2 * half]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "ess_bulk": array_stats.ess(values, method="bulk", **AXES),
            "ess_tail": array_stats.ess(values, method="tail", prob=(0.05, 0.95), **AXES),
            "mcse_mean": array_stats.mcse(values, method="mean", **AXES),
            "r_hat": array_stats.rhat(two, method="rank", **AXES),
        }


@pytest.mark.parametrize("chains", [1, 2, 4, 7])
@pytest.mark.parametrize("draws", [8, 9, 10, 11, 50, 51, 200, 333])
def test_all_figures_are_those_of_arviz(chains, draws):
    values = processes(chains, draws)
    found = diagnostics(values)
    for name, expected in oracle(values).items():
        assert_allclose(found[name], np.asarray(expected, float), rtol=1e-8, err_msg=name)


@pytest.mark.parametrize("draws", [4, 5, 6, 7])
def test_very_few_draws_are_those_of_arviz_too(draws):
    values = autoregressive(0.3, 3, draws)[:, :, None] * np.array([1.0, 1e-6])
    found = diagnostics(values)
    for name, expected in oracle(values).items():
        assert_allclose(found[name], np.asarray(expected, float), rtol=1e-8, err_msg=name)


def test_columns_do_not_disturb_each_other(monkeypatch):
    """Whatever is worked on at a time, and whatever is beside it."""
    values = processes(4, 100)
    whole = diagnostics(values)
    monkeypatch.setattr(module, "BLOCK", 1)
    for name, found in diagnostics(values).items():
        assert_allclose(found, whole[name], rtol=1e-12)
    for i in range(values.shape[2]):
        assert_allclose(diagnostics(values[:, :, [i]])["ess_bulk"], whole["ess_bulk"][i], rtol=1e-12)


def test_what_never_moves_or_is_not_finite_has_none():
    values = processes(4, 100)[:, :, :4].copy()
    alone = diagnostics(values)
    values[:, :, 1] = 7.0
    values[2, 3, 2] = np.inf
    values[0, 0, 3] = np.nan
    for name, found in diagnostics(values).items():
        assert np.isnan(found[1:]).all()
        assert_array_equal(found[0], alone[name][0])


def test_chains_that_stand_still_apart_have_a_huge_r_hat():
    values = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 100, 1))
    assert diagnostics(values)["r_hat"][0] > 1e6


@pytest.mark.parametrize(("draws", "is_defined"), [(4, False), (7, False), (8, True)])
def test_one_chain_needs_four_draws_in_each_half(draws, is_defined):
    found = diagnostics(autoregressive(0.0, 1, draws)[:, :, None])
    assert np.isfinite(found["r_hat"][0]) == is_defined
    assert np.isfinite(found["ess_bulk"][0])


def test_no_column_and_no_draw_are_no_fault():
    assert diagnostics(np.zeros((4, 100, 0)))["r_hat"].shape == (0,)
    assert np.isnan(diagnostics(np.ones((4, 3, 2)))["ess_bulk"]).all()


def test_the_error_of_the_mean_is_left_out_on_request():
    values = processes(2, 50)
    found = diagnostics(values, of_mean=False)
    assert set(found) == {"ess_bulk", "ess_tail", "r_hat", "ess_within"}


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9, -0.5])
def test_effective_size_is_that_of_an_autoregression(phi):
    """n (1 - phi) / (1 + phi), known exactly; the estimate's own error is some percent."""
    x = autoregressive(phi, 4, 20_000)
    expected = x.size * (1 - phi) / (1 + phi)
    assert ess(x[None])[0] == pytest.approx(expected, rel=0.2)
