"""The estimator passes scikit-learn's own checks, and is the fit that `bf.fit` gives."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf

pytest.importorskip("sklearn")

SHORT = {"chains": 2, "draws": 100, "warmup": 150}


@pytest.fixture(scope="module")
def sleep():
    frame = bf.datasets.load("sleepstudy")
    return frame[["Days", "Subject"]], frame["Reaction"].rename("Reaction")


@pytest.mark.filterwarnings("ignore")
def test_it_passes_the_checks_of_scikit_learn():
    from sklearn.utils.estimator_checks import check_estimator

    model = bf.BayesianMixedModel(chains=1, draws=60, warmup=60)
    results = check_estimator(model, on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
    assert failed == []
    assert len(results) > 40


@pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")
def test_it_is_the_fit_of_the_formula(sleep):
    X, y = sleep
    model = bf.BayesianMixedModel("Days + (Days | Subject)", **SHORT).fit(X, y)
    direct = bf.fit("y ~ Days + (Days | Subject)", X.assign(y=y), progress=False, **SHORT)
    assert_allclose(model.predict(X), direct.predict().mean(("chain", "draw")))
    mean, sd = model.predict(X.head(3), return_std=True)
    assert_allclose(sd, direct.predict(X.head(3), summary=True)["sd"])
    assert mean.shape == (3,)
    assert 0.6 < model.score(X, y) < 1
    assert model.feature_names_in_.tolist() == ["Days", "Subject"]
    new = pd.DataFrame({"Days": [1, 2], "Subject": [999, 999]})
    assert_allclose(model.predict(new), direct.predict(new, groups="none").mean(("chain", "draw")))


@pytest.mark.filterwarnings("ignore")
def test_it_works_where_scikit_learn_puts_it(sleep):
    from sklearn.model_selection import GroupKFold, cross_val_score

    X, y = sleep
    model = bf.BayesianMixedModel("Days + (1 | Subject)", **SHORT)
    scores = cross_val_score(model, X, y, groups=X["Subject"], cv=GroupKFold(3))
    assert np.all(np.isfinite(scores))


@pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")
def test_text_columns_names_and_pickles():
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"x 1": rng.normal(size=60), "g": rng.choice(["a", "b", "c"], 60)})
    y = X["x 1"] + rng.normal(size=60)
    model = bf.BayesianMixedModel("`x 1` + (1 | g)", **SHORT).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(X), model.predict(X))
    plain = bf.BayesianMixedModel(**SHORT).fit(X[["x 1"]], y)
    assert plain.fit_.formula == "y ~ `x 1`"


def test_errors_are_those_of_the_formula(sleep):
    X, y = sleep
    with pytest.raises(bf.BayesFormulaError, match="Dais"):
        bf.BayesianMixedModel("Dais + (1 | Subject)", **SHORT).fit(X, y)
