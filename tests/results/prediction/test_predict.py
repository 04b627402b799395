"""Predictions against sums written out, against the emitted model, and against draws of the response."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bayesformula as bf
from bayesformula.results.prediction import answers as answers_module
from results.fits import cafes_fit, fit_quietly, wide_data, wide_fit
from results.prediction.made import ROWS, made_fit

FORMULAS = [
    ("y ~ x", "gaussian"),
    ("y ~ 0 + f + offset(w)", "gaussian"),
    ("y ~ x * f + (1 + x | g)", "gaussian"),
    ("y ~ x + (1 + x || g) + (1 | a/b)", "gaussian"),
    ("y ~ x + (1 + x | gr(g, by = half))", "gaussian"),
    ("y ~ x + (1 | mm(g, h2))", "gaussian"),
    ("y ~ x + (1 | g) + (1 | h); sigma ~ w + (1 | g)", "gaussian"),
    ("binary ~ x + (1 | g)", "bernoulli"),
    ("count ~ x + (1 + x | i | g); zi ~ w + (1 | i | g)", "zero_inflated_poisson"),
]


def linear_by_hand(fit, parameter="mu", frame=ROWS):
    """(chains, draws, n): offset + X b + sum of Z r, from `bf.design` and NumPy alone."""
    part = bf.design(fit.formula, frame).parameters[parameter]
    b = fit.draws["b" if parameter == "mu" else f"b_{parameter}"]
    out = b @ part.fixed.to_numpy().T + (0.0 if part.offset is None else part.offset)
    for label, group in part.groups.items():
        names = next(g for g in fit.spec.groups if g.label == label)
        own = [i for i in range(names.q) if names.owner(i) == parameter]
        r = fit.draws[f"r_{label}"][..., own]
        if group.is_membership:
            out = out + np.einsum("nmq,cdnmq->cdn", group.z, r[:, :, group.index])
        else:
            out = out + np.einsum("nq,cdnq->cdn", group.z, r[:, :, group.index])
    return out


@pytest.mark.parametrize(("formula", "family"), FORMULAS)
def test_the_linear_predictor_is_the_sum_written_out(formula, family):
    fit = made_fit(formula, family)
    for predictor in fit.spec.predictors:
        found = fit.predict(kind="linear", parameter=predictor.parameter)
        assert found.dims == ("chain", "draw", "row")
        assert_allclose(found, linear_by_hand(fit, predictor.parameter), rtol=1e-12, atol=1e-12)
        again = fit.predict(
            ROWS.drop(columns=fit.spec.response), kind="linear", parameter=predictor.parameter
        )
        assert_allclose(again, found, rtol=0, atol=0)


@pytest.mark.parametrize("fit", [cafes_fit, wide_fit])
def test_the_mean_of_old_rows_is_that_of_the_emitted_model(fit):
    """The `obs` site of the model at a draw is the distribution whose mean is predicted."""
    import jax

    from bayesformula.compiler import structure
    from bayesformula.compiler.blocks import coefficients_of
    from bayesformula.compiler.response import response_of

    fit = fit()
    data = fit.compiled()[1]
    shape = structure.structure(fit.spec, "centred", has_weights=False)
    found = np.asarray(fit.predict())
    for chain, draw in ((0, 0), (2, 77)):
        values = {name: v[chain, draw] for name, v in fit.draws.items()}
        with jax.enable_x64(True):
            scalars = {name: values[name] for name in fit.spec.scalars}
            mean = response_of(shape, data.rows, scalars, coefficients_of(shape, values)).mean
        assert_allclose(found[chain, draw], mean, rtol=1e-13)


def test_only_groups_that_are_asked_for_enter():
    fit = made_fit("y ~ x + (1 + x || g) + (1 | a/b)")
    for labels in ("none", ["g"], ["a:b", "a"], ["a", "a:b", "g"]):
        kept = [] if labels == "none" else labels
        draws = {
            name: values if not name.startswith("r_") or name[2:] in kept else 0 * values
            for name, values in fit.draws.items()
        }
        expected = linear_by_hand(replace(fit, draws=draws))
        assert_allclose(fit.predict(groups=labels), expected, rtol=1e-12, atol=1e-12)
    assert_allclose(fit.predict(groups="all"), fit.predict(groups=["a", "g", "a:b"]), rtol=0)


def test_columns_that_only_left_out_groups_read_need_not_be_there():
    fit = made_fit("y ~ x + (1 + w | g) + (1 | a/b)")
    new = ROWS[["x"]].head(3)
    assert_allclose(fit.predict(new, groups="none"), fit.predict(groups="none")[..., :3])
    with pytest.raises(bf.BayesFormulaError, match=r"'w'|'g'"):
        fit.predict(new)
    some = fit.predict(ROWS[["x", "a"]].head(3), groups=["a"])
    assert_allclose(some, fit.predict(groups=["a"])[..., :3])


def test_chunks_change_nothing(monkeypatch):
    fit = made_fit("count ~ x + (1 + x | i | g); zi ~ w + (1 | i | g)", "zero_inflated_poisson")
    whole = {kind: fit.predict(kind=kind) for kind in ("mean", "linear")}
    likelihood = fit.log_likelihood()
    monkeypatch.setattr(answers_module, "CHUNK_VALUES", 8 * 40)
    for kind, values in whole.items():
        assert_allclose(fit.predict(kind=kind), values, rtol=1e-13)
    assert_allclose(fit.log_likelihood(), likelihood, rtol=1e-13)


def test_a_summary_has_the_moments_of_the_draws_and_the_index_of_the_data():
    fit = cafes_fit()
    new = pd.DataFrame({"afternoon": [0, 1], "cafe": ["c01", "c03"]}, index=["monday", "tuesday"])
    draws = fit.predict(new)
    table = fit.predict(new, summary=True, ci=0.5)
    assert table.index.tolist() == ["monday", "tuesday"]
    assert_allclose(table["mean"], draws.mean(("chain", "draw")))
    assert_allclose(table["upper"], draws.quantile(0.75, ("chain", "draw")))
    assert_allclose(fit.fitted(new)["mean"], table["mean"])
    residual = fit.residuals()
    y = np.asarray(fit.compiled()[1].rows.y)
    assert_allclose(residual["mean"], y - np.asarray(fit.predict().mean(("chain", "draw"))), atol=1e-12)


def test_rows_that_miss_a_value_stay_in_their_place():
    fit = wide_fit()
    new = wide_data().iloc[:20].drop(columns="y")
    with pytest.warns(bf.BayesFormulaWarning, match="2 of 20 rows miss a value"):
        found = fit.predict(new, draws=8)
    assert found.shape == (4, 2, 20)
    missing = np.isnan(found).any(("chain", "draw"))
    assert np.flatnonzero(missing).tolist() == [7, 11]
    assert np.isnan(found[..., [7, 11]]).all()


# ---- the distribution of the response ----


RESPONSES = [
    ("y ~ x + (1 | g)", "gaussian", None),
    ("count | trials(size) ~ x + (1 | g)", "binomial", None),
    ("binary ~ x", "bernoulli", None),
    ("count | rate(w) ~ x", "poisson", None),
    ("count ~ x; zi ~ w", "zero_inflated_negbinomial", None),
    ("positive ~ x", "gamma", None),
    ("positive | trunc(lb = 0.2) ~ x", "gaussian", None),
    ("share ~ x", "beta", None),
    ("y | se(s) ~ x", "gaussian", None),
    ("grade ~ x + (1 | g)", "cumulative", "codes"),
    ("kind ~ x", "categorical", "codes"),
    ("cbind(count, size, other) ~ x", "multinomial", None),
]


@pytest.mark.parametrize(("formula", "family", "codes"), RESPONSES)
def test_draws_of_the_response_have_the_predicted_mean(formula, family, codes):
    """Six standard errors: a chance failure in 1e7 comparisons or so."""
    fit = made_fit(formula, family, draws=2)
    rows = ROWS.head(3)
    mean = np.asarray(fit.predict(rows)).mean((0, 1))
    drawn = np.concatenate(
        [np.asarray(fit.predict(rows, "response", seed=seed)) for seed in range(250)], axis=1
    )
    flat = drawn.reshape(-1, *drawn.shape[2:])
    if codes:
        flat = (flat[..., None] == np.arange(mean.shape[-1])).astype(float)
    error = flat.std(0, ddof=1) / np.sqrt(len(flat))
    assert np.all(np.abs(flat.mean(0) - mean) < 6 * error + 1e-9)


def test_means_of_categories_are_probabilities():
    fit = made_fit("grade ~ x + (1 | g)", "cumulative")
    found = fit.predict()
    assert found.dims == ("chain", "draw", "row", "category")
    assert found.category.values.tolist() == ["low", "middle", "high"]
    assert_allclose(found.sum("category"), 1.0)
    table = fit.predict(ROWS.head(2), summary=True)
    assert table.index.names == ["row", "category"]
    assert_allclose(table["mean"], found.mean(("chain", "draw"))[:2].values.ravel())


def test_the_value_of_a_parameter():
    fit = made_fit("y ~ x; sigma ~ w", "gaussian")
    sigma = fit.predict(parameter="sigma")
    assert_allclose(sigma, np.exp(fit.predict(kind="linear", parameter="sigma")))
    plain = made_fit("y ~ x + (1 | g)")
    assert_allclose(plain.predict(parameter="sigma")[..., 5], plain.draws["sigma"])
    assert_allclose(plain.predict(parameter="mu"), plain.predict())


def test_log_likelihood_is_that_of_scipy_times_the_weights():
    from scipy import stats

    fit = made_fit("y | weights(w) ~ x + (1 | g)")
    expected = ROWS["w"].to_numpy() * stats.norm.logpdf(
        ROWS["y"].to_numpy(), linear_by_hand(fit), fit.draws["sigma"][..., None]
    )
    assert_allclose(fit.log_likelihood(), expected, rtol=1e-10)
    assert_allclose(fit.log_likelihood(ROWS.tail(7)), expected[..., -7:], rtol=1e-10)


# ---- what is refused ----


REFUSED = [
    ({"kind": "average"}, "kind='average' is not known"),
    ({"groups": "some"}, "groups='some' is not known"),
    ({"groups": ["caffe"]}, "no group 'caffe' in this model: the groups are 'cafe'"),
    ({"groups": 3}, "groups=3 must be"),
    ({"new_levels": "drop"}, "new_levels='drop' is not known"),
    ({"parameter": "nu"}, "'nu' is not a parameter of the response: these are"),
    ({"kind": "linear", "parameter": "sigma"}, "'sigma' is not a linear predictor"),
    ({"kind": "response", "parameter": "sigma"}, "draws the response"),
    ({"draws": 0}, "draws=0 must be a whole number"),
    ({"seed": -1}, "seed=-1 must be"),
    ({"ci": 2.0}, "ci=2.0 must be"),
    ({"newdata": pd.DataFrame({"afternoon": [], "cafe": []})}, "0 rows"),
    ({"newdata": {"cafe": ["c01"]}}, "afternoon"),
    ({"newdata": {"afternoon": [1], "cafe": ["zz"]}}, "1 level that was not in the training data: 'zz'"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_is_refused(options, message):
    with pytest.raises(bf.BayesFormulaError, match=message):
        cafes_fit().predict(**options)


def test_terms_of_the_response_that_a_mean_needs_must_be_there():
    fit = made_fit("count | trials(size) ~ x", "binomial")
    with pytest.raises(bf.DataError, match=r"lacks what 'trials\(\)' needs"):
        fit.predict({"x": [0.0]})
    assert fit.predict({"x": [0.0]}, parameter="mu").shape == (2, 20, 1)
    with pytest.raises(bf.DataError, match="known standard errors"):
        made_fit("y | se(s) ~ x").predict({"x": [0.0]}, "response")


def test_an_array_that_no_memory_holds_is_refused(monkeypatch):
    from bayesformula.results.prediction import predict

    monkeypatch.setattr(predict, "MOST_BYTES", 1000)
    with pytest.raises(bf.OptionError, match="summary=True"):
        cafes_fit().predict()


def test_summarised_effects_leave_predictions_without_groups():
    fit = fit_quietly("wait ~ afternoon + (1 | cafe)", bf.datasets.load("cafes"), keep="summary")
    with pytest.raises(bf.OptionError, match='keep="draws"'):
        fit.predict()
    assert fit.predict(groups="none", draws=4).shape == (4, 1, 200)


def test_draws_of_categories_are_not_summarised():
    fit = made_fit("grade ~ x + (1 | g)", "cumulative")
    with pytest.raises(bf.OptionError, match='have no mean\n  Ask for kind "mean"'):
        fit.predict(kind="response", summary=True)
    assert set(np.unique(fit.predict(kind="response"))) <= {0.0, 1.0, 2.0}
