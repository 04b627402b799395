"""The self-test of `bf doctor`: it passes where the numbers are right, and says what is wrong where not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from scipy import stats

from bayesformula import self_test
from bayesformula.errors import DeviceError
from test_cli import run_main


@lru_cache(maxsize=1)
def fitted():
    return self_test._fit()


@pytest.fixture
def fits(monkeypatch):
    """Fits that the self-test gets, one after another, in place of its own."""

    def give(*found):
        queue = iter(found)
        monkeypatch.setattr(self_test, "_fit", lambda: next(queue))

    return give


def changed(fit, change):
    return replace(fit, draws={**fit.draws, "b": change(fit.draws["b"])})


def test_the_exact_posterior_is_that_of_a_grid():
    """Likelihood times prior, on a fine grid."""
    means, sds = self_test.exact()
    axes = [np.linspace(m - 8 * s, m + 8 * s, 400) for m, s in zip(means, sds, strict=True)]
    intercept, slope = np.meshgrid(*axes, indexing="ij")
    log = stats.norm.logpdf(intercept, 0, 2) + stats.norm.logpdf(slope, 0, 2)
    for x, y in zip(self_test.ROWS["x"], self_test.ROWS["y"], strict=True):
        log = log + stats.norm.logpdf(y, intercept + slope * x, 1)
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    for values, mean, sd in zip((intercept, slope), means, sds, strict=True):
        found = np.sum(weights * values)
        np.testing.assert_allclose(found, mean, rtol=1e-6)
        np.testing.assert_allclose(np.sqrt(np.sum(weights * (values - found) ** 2)), sd, rtol=1e-6)


def test_a_right_answer_is_ok():
    found = self_test.self_test()
    assert found["ok"] is True
    assert found["result"] == "ok"
    assert 0 < found["sample_seconds"] < found["total_seconds"]
    assert found["compile_seconds"] >= 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b + np.array([0.0, 0.5]), "the posterior of x is normal with mean"),
        (lambda b: b * [1.0, np.nan], "do not trust fits made here"),
        (lambda b: b.mean(axis=(0, 1)) + 1.5 * (b - b.mean(axis=(0, 1))), "the posterior of Intercept"),
    ],
)
def test_a_wrong_answer_is_told(fits, change, says):
    wrong = changed(fitted(), change)
    fits(wrong, wrong)
    found = self_test.self_test()
    assert found["ok"] is False
    assert says in found["result"]


def test_draws_that_do_not_come_again_are_told(fits):
    fits(fitted(), changed(fitted(), lambda b: np.nextafter(b, np.inf)))
    found = self_test.self_test()
    assert found["ok"] is False
    assert "the same seed gave different draws" in found["result"]


def test_a_fit_that_fails_is_told(monkeypatch):
    def fail():
        raise DeviceError("no device")

    monkeypatch.setattr(self_test, "_fit", fail)
    found = self_test.self_test()
    assert found["result"] == "the fit failed: DeviceError: no device"
    assert (found["ok"], found["compile_seconds"]) == (False, None)


def test_doctor_ends_with_1_where_the_answer_is_wrong(fits):
    wrong = changed(fitted(), lambda b: b + 1)
    fits(wrong, wrong, wrong, wrong)
    code, out, err = run_main("doctor", "--json")
    assert (code, err) == (1, "")
    assert json.loads(out)["self_test"]["ok"] is False
    code, out, err = run_main("doctor")
    assert (code, err) == (1, "")
    assert "\n  ok              no\n" in out
    assert "do not trust fits made here" in out
