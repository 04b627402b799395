"""`bf.sbc`: ranks of true parameters on a model of the user's own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal

import bayesformula as bf
from bayesformula import calibration
from bayesformula.pipeline import prepare
from bayesformula.results.calibration import Calibration
from bayesformula.results.uniformity import p_value
from bayesformula.runner.executables import traces

RANKED = 19
PRIORS = ["Intercept ~ normal(1, 2)", "b ~ normal(0, 1)", "sigma ~ exponential(1)"]
OPTIONS = {"priors": PRIORS, "ranked": RANKED, "warmup": 150, "progress": False}


def table(n: int = 12) -> pd.DataFrame:
    rows = np.arange(n)
    return pd.DataFrame({"x": np.cos(rows), "y": np.sin(rows), "w": 1.0, "count": rows % 4})


@lru_cache(maxsize=1)
def small():
    return bf.sbc("y ~ x", table(), n_simulations=40, seed=5, **OPTIONS)


def test_ranks_are_uniform_and_the_program_is_compiled_once():
    before = dict(traces)
    found = small()
    assert max(traces[name] - before[name] for name in before) <= 1
    assert list(found.ranks.columns) == ["b_Intercept", "b_x", "sigma", "log_lik"]
    assert found.ranks.shape == found.truths.shape == (40, 4)
    assert found.ranks.to_numpy().min() >= 0
    assert found.ranks.to_numpy().max() <= RANKED
    assert found.is_calibrated
    assert found.table["p"].min() > 0.002  # of four tests; another seed fails once in 125
    assert np.all(found.least_ess[found.thin == calibration.THINS[0]] >= found.needed_ess)


def test_truths_are_draws_of_the_priors():
    truths = small().truths
    assert np.all(truths["sigma"] > 0)
    z = (truths["b_Intercept"] - 1) / 2
    assert abs(z.mean()) < 4 / np.sqrt(40)
    assert 0.5 < z.std() < 1.6


def test_the_same_seed_gives_the_same_ranks_and_a_longer_run_begins_alike():
    short = bf.sbc("y ~ x", table(), n_simulations=3, seed=5, **OPTIONS)
    assert_frame_equal(short.ranks, small().ranks.iloc[:3])
    other = bf.sbc("y ~ x", table(), n_simulations=3, seed=6, **OPTIONS)
    assert not other.truths.equals(short.truths)


def test_a_shifted_posterior_is_found(monkeypatch):
    """Responses half a sigma too high: so is the intercept, and the truth is less likely than its draws."""
    usual = calibration._Truths.__iter__

    def shifted(self):
        for truth, y in usual(self):
            yield truth, y + 0.5 * truth["sigma"]

    monkeypatch.setattr(calibration._Truths, "__iter__", shifted)
    found = bf.sbc("y ~ x", table(), n_simulations=40, seed=5, **OPTIONS)
    assert found.table["verdict"].to_dict() == {
        "b_Intercept": "estimated too high",
        "b_x": "uniform",
        "sigma": "uniform",
        "log_lik": "estimated too high",
    }
    assert not found.is_calibrated
    assert "Not uniform: b_Intercept, log_lik." in repr(found)


@pytest.mark.slow
def test_groups_categories_and_constants():
    frame = table(24).assign(g=np.arange(24) % 4, c=pd.Categorical(["a", "b", "c"] * 8, ordered=True))
    priors = ["Intercept ~ normal(0, 1)", "b ~ constant(0.5)", "sd ~ exponential(2)"]
    found = bf.sbc(
        "c ~ x + (1 | g)", frame, family="cumulative", n_simulations=3, **{**OPTIONS, "priors": priors}
    )
    assert list(found.ranks.columns) == ["b_Intercept[1]", "b_Intercept[2]", "sd_g__Intercept", "log_lik"]
    assert np.all(np.diff(found.truths[["b_Intercept[1]", "b_Intercept[2]"]]) > 0)


REFUSED = [
    ("y ~ x", {"priors": "b ~ flat"}, bf.PriorError, r"these are flat: b\[x\]"),
    ("y | weights(w) ~ x", {}, bf.OptionError, "this one has weights"),
    ("y ~ x", {"n_simulations": 0}, bf.OptionError, "n_simulations=0 must be a whole number"),
    ("y ~ x", {"ranked": 5}, bf.OptionError, "ranked=5 must be a whole number, 9 or more"),
    ("y ~ x", {"plan": "margin"}, bf.OptionError, "margin"),
    ("y ~ 0 + x", {"priors": ["b ~ constant(1)", "sigma ~ constant(1)"]}, bf.OptionError, "are constant"),
    ("y ~ z", {}, bf.BayesFormulaError, "'z'"),
    (
        "count ~ x",
        {"family": "poisson", "priors": ["Intercept ~ normal(1000, 1)", "b ~ normal(0, 1)"]},
        bf.OptionError,
        "far too wide",
    ),
]


@pytest.mark.parametrize(("formula", "options", "error", "message"), REFUSED, ids=str)
def test_what_cannot_be_calibrated_is_refused(formula, options, error, message, monkeypatch):
    monkeypatch.setattr(calibration, "TRIES", 2)
    given = {
        "n_simulations": 2,
        **OPTIONS,
        **({"priors": None} if "priors" not in options else {}),
        **options,
    }
    with pytest.raises(error, match=message):
        bf.sbc(formula, table(), **given)


def test_an_unknown_option_is_named():
    with pytest.raises(bf.BayesFormulaError, match="n_simulations"):
        bf.sbc("y ~ x", table(), simulations=10)


def test_what_is_held_constant_has_no_rank():
    options = {"family": None, "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    ready = prepare(
        "y ~ x; sigma ~ x", table(), priors=["b ~ constant(1)", "sigma.b ~ constant(0)"], **options
    )
    assert calibration._constants(ready) == ["b_x", "b_sigma_x"]


# ---- the result ----


def made(**ranks) -> Calibration:
    frame = pd.DataFrame(
        {name: np.floor(100 * np.asarray(share)).astype(int) for name, share in ranks.items()}
    )
    n = len(frame)
    counts = np.zeros(n, int)
    return Calibration(
        "y ~ x", "gaussian", "marginal", 99, frame, frame, np.full(n, 99.0), 148.5, counts, counts, 3, 1.0
    )


def shares(a: float, b: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).beta(a, b, 120)


VERDICTS = {
    (1.0, 1.0): "uniform",
    (2.0, 1.0): "estimated too low",
    (1.0, 2.0): "estimated too high",
    (0.5, 0.5): "posteriors too narrow",
    (3.0, 3.0): "posteriors too wide",
}


@pytest.mark.parametrize("shape", VERDICTS, ids=str)
def test_ranks_are_put_into_words(shape):
    found = made(b=shares(*shape))
    assert found.table.loc["b", "verdict"] == VERDICTS[shape]
    assert_allclose(found.table.loc["b", "mean"], (found.ranks["b"].mean() + 0.5) / 100)
    assert found.table.loc["b", "p"] == p_value(found.ranks["b"].to_numpy(), 99)
    assert found.is_calibrated == (shape == (1.0, 1.0))


def test_the_text_fits_a_terminal_and_tells_how_the_chains_went():
    found = made(**{"a_name_longer_than_the_column_of_names_is": shares(1, 1), "<b>": shares(2, 1)})
    text = repr(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "120 of 120 chains ended with fewer than 148 effective draws" in text
    assert "3 simulated responses were drawn anew" in text.replace("\n  ", " ")
    assert "&lt;b&gt;" in found._repr_html_()


def test_the_plot_is_that_of_arviz_and_shows_the_chosen_ranks():
    from matplotlib import pyplot

    found = made(one=shares(1, 1), two=shares(2, 1, 2), three=shares(1, 1, 3))
    collection = found.plot(["one", "three"], backend="matplotlib")
    figure = collection.viz["figure"].item()
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    pyplot.close(figure)
    assert titles == ["one", "three"]
    with pytest.raises(bf.OptionError, match="no ranks of 'tow': there are those of 'two'"):
        found.plot("tow")


def test_ranks_become_shares_that_are_uniform_if_they_are():
    found = made(one=shares(1, 1))
    spread = found._tree(["one"])["prior_sbc"]["one"].to_numpy()
    assert_array_equal(np.floor(100 * spread), found.ranks["one"])
