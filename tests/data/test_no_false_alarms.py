"""Tables as people have them, in which nothing is wrong: no finding; and their neighbours, which have one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf


def findings(formula, *priors, **columns):
    family = {"family": "bernoulli"} if set(columns["y"]) <= {0, 1} else {}
    return bf.explain(formula, pd.DataFrame(columns), priors=list(priors), **family).findings


def found_in(formula, **columns):
    return [finding.code for finding in findings(formula, **columns)]


def test_only_zero_separates_without_an_intercept():
    x = np.arange(1.0, 201.0)
    assert "separation" not in found_in("y ~ 0 + x", y=(x > 100).astype(int), x=x)
    assert "separation" in found_in("y ~ x", y=(x > 100).astype(int), x=x)
    assert "separation" in found_in("y ~ 0 + x", y=(x > 100).astype(int), x=x - 100.5)


@pytest.mark.parametrize(
    ("priors", "severity"),
    [
        ((), "warn"),
        (("b[x] ~ normal(0, 1)",), "warn"),
        (("b ~ normal(0, 1)",), "info"),
        (("b[x] ~ normal(0, 1)", "b[u] ~ normal(0, 1)"), "info"),
    ],
)
def test_separation_asks_for_no_prior_that_was_stated(priors, severity):
    x = np.arange(-9.5, 10)
    (finding,) = findings("y ~ x + u", *priors, y=(x > 0).astype(int), x=x, u=np.cos(x))
    assert (finding.code, finding.severity) == ("separation", severity)
    assert ("state one" in finding.message) == (severity == "warn")


@pytest.mark.parametrize("seed", range(5))
def test_columns_of_far_apart_scales_do_not_separate(seed):
    """Map coordinates in metres and their products: what the solver makes of rounding is no separation."""
    rng = np.random.default_rng(seed)
    east, north = rng.uniform(3e5, 3.1e5, 1000), rng.uniform(5e6, 5.01e6, 1000)
    y = rng.integers(0, 2, 1000)
    assert "separation" not in found_in("y ~ east * north + I(east^2)", y=y, east=east, north=north)


@pytest.mark.parametrize("labels", [("AA", "Aa", "aa"), ("mM", "MM", "mm")])
def test_genotypes_are_not_alike(labels):
    y = np.random.default_rng(1).normal(size=60)
    assert "similar-labels" not in found_in("y ~ f", y=y, f=list(labels) * 20)


def test_chromosomes_are_no_numbers_with_mistakes():
    labels = [*map(str, range(1, 23)), "X", "Y"] * 5
    y = np.random.default_rng(1).normal(size=len(labels))
    assert "number-as-text" not in found_in("y ~ f", y=y, f=labels)
    measured = [*(f"0.{k}" for k in range(10, 33)), "<0.1"] * 5
    assert "number-as-text" in found_in("y ~ f", y=y[: len(measured)], f=measured)


def test_a_text_response_of_many_values_is_refused_at_once():
    numbers = [*(f"{k}.5" for k in range(50_000)), "<0.1"]
    frame = pd.DataFrame({"y": numbers, "x": np.arange(len(numbers), dtype=float)})
    with pytest.raises(bf.DataError, match=r"is text, as it holds '<0\.1'"):
        bf.explain("y ~ x", frame)
