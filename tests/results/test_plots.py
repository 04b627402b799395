"""Pictures: that what is drawn is what the tables say, where it stands, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import lru_cache

import matplotlib as mpl
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

import bayesformula as bf
from bayesformula.keeping import Moments
from bayesformula.results.plots import KINDS, save_plot
from bayesformula.results.plots.fitted_lines import panels_of, predicted
from bayesformula.results.plots.graph_layout import graph_of
from bayesformula.results.plots.labels import shown, shown_all
from bayesformula.results.plots.pooling import newton, pooling
from bayesformula.results.plots.priors import density_at, window
from bayesformula.results.plots.shrinkage import ellipse
from results.fits import cafes_fit, fit_quietly, plain_fit, wide_fit
from results.models import MODELS, fit_of


@pytest.fixture(autouse=True)
def canvas():
    """No window, no figure left behind, and the user's settings of matplotlib as they were."""
    from matplotlib import pyplot

    with mpl.rc_context():
        pyplot.switch_backend("agg")
        before = dict(mpl.rcParams)
        yield pyplot
        pyplot.close("all")
        assert dict(mpl.rcParams) == before


@lru_cache(maxsize=1)
def cbpp_fit():
    return fit_quietly(
        "incidence | trials(size) ~ period + (1 | herd)",
        bf.datasets.load("cbpp"),
        family="binomial",
        chains=2,
    )


def points(ax, place=-1):
    """x and y of the last (or another) series of markers."""
    series = [line for line in ax.get_lines() if line.get_marker() == "o"]
    return np.asarray(series[place].get_xdata()), np.asarray(series[place].get_ydata())


def segments(ax):
    """Ends (x, x) of lying lines, collection by collection."""
    return [np.array([s[:, 0] for s in c.get_segments()]) for c in ax.collections]


def ticks(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


# ---- names ----


@pytest.mark.parametrize(
    ("name", "width", "expected"),
    [
        ("c1", 10, "c1"),
        ("$5 to $10", 10, r"\$5 to \$10"),
        ("two\nlines\tand a\x00", 20, "two lines and a"),
        ("", 5, "(empty)"),
        (7, 5, "7"),
        ("abcdefghijklmnop", 10, "abcde…mnop"),
        ("<b>😀</b>", 20, "<b>😀</b>"),
    ],
)
def test_names_are_short_and_never_mathematics(name, width, expected):
    assert shown(name, width) == expected
    assert len(shown(name, width).replace("\\", "")) <= max(width, len("(empty)"))


def test_names_that_look_alike_once_short_are_numbered():
    assert shown_all(["a" * 20 + str(i) + "z" * 20 for i in range(3)], 9) == [
        "aaaaa…zzz",
        "aaaaa…zzz (2)",
        "aaaaa…zzz (3)",
    ]


def odd_fit():
    """Levels that are mathematics, markup, wide, empty or very long."""
    fit = fit_of(MODELS["thresholds"])
    names = ("$x$ and $\\frac$", "<script>&amp;</script> 😀", "long " * 25)
    return replace(fit, levels={"g": (names, (names,))})


@pytest.mark.parametrize("kind", ["caterpillar", "forest", "trace"])
def test_any_name_of_a_level_can_be_drawn(kind, tmp_path):
    options = {"caterpillar": {}, "forest": {"group": "g"}, "trace": {"group": "g"}}[kind]
    save_plot(odd_fit(), kind, tmp_path / "odd.svg", **options)
    assert (tmp_path / "odd.svg").stat().st_size > 5000


# ---- caterpillar ----


@pytest.mark.parametrize("total", [False, True])
def test_a_caterpillar_has_the_numbers_of_the_table_in_order(total):
    fit = cafes_fit()
    figure = fit.plot_caterpillar("cafe", total=total, ci=(0.5, 0.9))
    table = fit.coef if total else fit.groups
    inner, outer = (table("cafe", ci=ci).loc["cafe"] for ci in (0.5, 0.9))
    order = list(outer["mean"].xs("Intercept", level="coef").sort_values(ascending=False).index)
    for ax, coef in zip(figure.axes, ["Intercept", "afternoon"], strict=True):
        x, y = points(ax)
        assert_allclose(x, outer["mean"].xs(coef, level="coef").loc[order])
        assert_allclose(y, np.arange(20))
        for drawn, expected in zip(segments(ax), (outer, inner), strict=True):
            assert_allclose(drawn, expected.xs(coef, level="coef").loc[order, ["lower", "upper"]])
        assert ax.get_title(loc="left") == coef
        assert ax.yaxis_inverted()
    assert ticks(figure.axes[0]) == order


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"levels": ["c07", "c03"], "sort": None}, ["c07", "c03"]),
        ({"sort": None}, [f"c{i:02}" for i in range(1, 21)]),
        ({"levels": "c02"}, ["c02"]),
    ],
)
def test_levels_of_a_caterpillar_can_be_chosen(options, expected):
    assert ticks(cafes_fit().plot_caterpillar(**options).axes[0]) == expected


def test_of_many_levels_the_highest_and_lowest_are_shown():
    fit = cafes_fit()
    mean = fit.groups("cafe")["mean"].xs("afternoon", level="coef").loc["cafe"]
    order = list(mean.sort_values(ascending=False).index)
    figure = fit.plot_caterpillar(coefs="afternoon", max_levels=7)
    assert ticks(figure.axes[0]) == order[:4] + order[-3:]
    assert "the 4 highest and 3 lowest of 20 levels" in figure.get_suptitle()


def test_a_figure_grows_with_its_levels():
    fit = cafes_fit()
    heights = [fit.plot_caterpillar(max_levels=n).get_figheight() for n in (5, 20)]
    assert heights[1] - heights[0] == pytest.approx(15 * 0.21)


# ---- shrinkage ----


def test_no_pooling_is_least_squares_within_each_cafe():
    fit, data = cafes_fit(), bf.datasets.load("cafes")
    found = pooling(fit, fit.spec.groups[0], [0, 1])
    for level, alone in zip(fit.levels["cafe"][0], found.alone, strict=True):
        rows = data[data["cafe"].astype(str) == level]
        x = np.column_stack([np.ones(len(rows)), rows["afternoon"]])
        assert_allclose(alone, np.linalg.lstsq(x, rows["wait"], rcond=None)[0], rtol=1e-8)
    x = np.column_stack([np.ones(len(data)), data["afternoon"]])
    assert_allclose(found.complete, np.linalg.lstsq(x, data["wait"], rcond=None)[0], rtol=1e-8)
    assert_allclose(found.partial.ravel(), fit.coef("cafe")["mean"], rtol=1e-12)
    assert_allclose(found.population, fit.fixed()["mean"], rtol=1e-12)
    assert_allclose(found.covariance[0], fit.varcorr()["cafe"].cov, rtol=1e-12)


def test_no_pooling_of_a_binomial_response_is_the_likeliest_logit():
    """One number a herd by SciPy, the other coefficients at their posterior means."""
    fit, data = cbpp_fit(), bf.datasets.load("cbpp")
    group = fit.spec.groups[0]
    found = pooling(fit, group, [0])
    b = fit.fixed()["mean"]
    period = b.reindex([f"period{k}" for k in data["period"]]).fillna(0.0).to_numpy()
    for level, alone in zip(fit.levels["herd"][0], found.alone[:, 0], strict=True):
        at = (data["herd"].astype(str) == level).to_numpy()
        y, n, offset = data["incidence"][at], data["size"][at], period[at]

        def loss(a, y=y, n=n, offset=offset):
            return -stats.binom.logpmf(y, n, 1 / (1 + np.exp(-a - offset))).sum()

        best = optimize.minimize_scalar(loss, bounds=(-12, 8), method="bounded", options={"xatol": 1e-9})
        assert y.sum() > 0
        assert_allclose(alone, best.x, atol=1e-5)


def test_effects_of_nested_groups_do_not_speak_for_a_level():
    """The estimate of `a` alone must not depend on what a:b has taken up."""
    fit = wide_fit()
    group = next(g for g in fit.spec.groups if g.label == "a")
    moved = {**fit.draws, "r_a:b": fit.draws["r_a:b"] + 5.0}
    assert_allclose(
        pooling(replace(fit, draws=moved), group, [0]).alone, pooling(fit, group, [0]).alone, rtol=1e-12
    )


def logistic(y):
    def derivatives(eta):
        p = 1 / (1 + np.exp(-eta))
        return y - p, p * (1 - p)

    return derivatives


def test_newton_by_level():
    """A logit of each level; none where all are successes or where one x cannot give a slope."""
    y = np.array([1, 0, 0, 0, 1, 1, 1, 1, 0, 1], float)
    index = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    one = newton(logistic(y), np.zeros(10), np.ones((10, 1)), index, 3, 2.0)
    assert_allclose(one[[0, 2], 0], [np.log(1 / 3), 0.0], atol=1e-8)
    assert np.isnan(one[1, 0])
    z = np.column_stack([np.ones(10), [0, 1, 0, 1, 0, 1, 2, 3, 4, 4]])
    y = np.array([1, 1, 0, 0, 1, 0, 1, 0, 0, 1], float)
    both = newton(logistic(y), np.zeros(10), z, index, 3, 2.0)
    assert np.isfinite(both[:2]).all()
    assert np.isnan(both[2]).all()


def test_newton_does_not_overshoot_a_log_link():
    y = np.array([300.0, 280.0, 0.0, 1.0, 0.0, 0.0])
    index = np.array([0, 0, 1, 1, 2, 2])

    def poisson(eta):
        return y - np.exp(eta), np.exp(eta)

    found = newton(poisson, np.full(6, -8.0), np.ones((6, 1)), index, 3, 2.0)[:, 0]
    assert_allclose(found[:2], np.log([290.0, 0.5]) + 8, rtol=1e-6)
    assert np.isnan(found[2])


def test_shrinkage_of_one_coefficient_joins_both_estimates():
    fit = cafes_fit()
    ax = fit.plot_shrinkage(coefs="afternoon")
    found = pooling(fit, fit.spec.groups[0], [1])
    order = np.argsort(-found.partial[:, 0], kind="stable")
    assert_allclose(points(ax, 0)[0], found.alone[order, 0])
    assert_allclose(points(ax, 1)[0], found.partial[order, 0])
    assert ticks(ax) == [fit.levels["cafe"][0][i] for i in order]
    assert ax.get_xlabel() == "afternoon"


def test_shrinkage_of_two_coefficients_is_in_their_plane():
    fit = cafes_fit()
    ax = fit.plot_shrinkage()
    found = pooling(fit, fit.spec.groups[0], [0, 1])
    order = np.argsort(-found.partial[:, 0], kind="stable")
    assert_allclose(np.column_stack(points(ax, 0)), found.alone[order])
    assert_allclose(np.column_stack(points(ax, 1)), found.partial[order])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Intercept", "afternoon")
    arrows = [text for text in ax.texts if text.arrow_patch is not None]
    assert len(arrows) == 20
    named = {text.get_text() for text in ax.texts if text.arrow_patch is None}
    assert named <= set(fit.levels["cafe"][0])
    assert len(named) > 10


def test_names_in_the_plane_hide_nothing():
    ax = cafes_fit().plot_shrinkage()
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts if text.arrow_patch is None]
    meets = [a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert not any(meets)


def test_scales_other_than_the_responses_are_named():
    assert cbpp_fit().plot_shrinkage().get_xlabel() == "Intercept (logit scale)"


def test_of_many_levels_some_are_drawn_evenly_and_the_title_says_so():
    fit = cafes_fit()
    ax = fit.plot_shrinkage(coefs="Intercept", max_levels=5)
    mean = fit.coef("cafe")["mean"].xs("Intercept", level="coef").to_numpy()
    assert_allclose(points(ax, 1)[0], np.sort(mean)[::-1][[0, 5, 10, 14, 19]])
    assert "5 of 20 levels" in ax.get_title(loc="left")
    assert "20 of 20" not in fit.plot_shrinkage(max_levels=2).get_title(loc="left")
    assert "10 of 20 levels" in fit.plot_shrinkage(max_levels=1).get_title(loc="left")


@pytest.mark.parametrize("probability", [0.5, 0.95])
def test_an_ellipse_holds_its_probability(probability):
    covariance = np.array([[2.0, -0.9], [-0.9, 0.5]])
    centre = np.array([1.0, -3.0])
    away = ellipse(centre, covariance, probability) - centre
    distance = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
    assert_allclose(distance, stats.chi2.ppf(probability, 2))


# ---- correlations ----


def test_correlations_are_those_of_the_summary():
    fit = wide_fit()
    ax = fit.plot_correlations(ci=(0.5, 0.95))
    rows = fit.summary().filter(like="cor_", axis=0)
    x, y = points(ax)
    assert_allclose(x, rows["mean"])
    assert_allclose(segments(ax)[0], rows[["lower", "upper"]])
    assert np.all(np.diff(y) > 0)
    assert ax.get_xlim() == (-1.02, 1.02)
    assert ticks(ax) == ["Intercept, x"]


# ---- fitted lines ----


def test_fitted_lines_are_predictions_and_points_the_data():
    fit, data = cafes_fit(), bf.datasets.load("cafes")
    figure = fit.plot_fitted("afternoon", levels=["c03", "c10"], draws=200)
    total = fit.predict({"afternoon": [0, 1], "cafe": ["c10", "c10"]}, draws=200, summary=True)
    typical = fit.predict({"afternoon": [0, 1]}, draws=200, groups="none", summary=True)
    ax = figure.axes[1]
    population, level, dots = ax.get_lines()
    assert_allclose(level.get_ydata(), total["mean"])
    assert_allclose(population.get_ydata(), typical["mean"])
    rows = data[data["cafe"].astype(str) == "c10"]
    assert_allclose(np.asarray(dots.get_xdata()), rows["afternoon"])
    assert_allclose(np.asarray(dots.get_ydata()), rows["wait"])
    assert [a.get_title(loc="left") for a in figure.axes] == ["c03", "c10"]
    band = ax.collections[0].get_paths()[0].get_extents()
    assert_allclose([band.ymin, band.ymax], [total["lower"].min(), total["upper"].max()])


def test_a_level_is_predicted_with_the_levels_it_lies_in():
    """Of a:b the effects of a, too, and of the crossed group h none."""
    fit = wide_fit()
    level = fit.levels["a:b"][0][3]
    panels = panels_of(fit, "a:b", level, None)
    line = predicted(fit, "x", panels, 0.95, 100)[0]
    assert len(panels.each) == 1
    assert panels.each[0].rows.sum() == (fit.compiled()[1].rows.groups[2].index == 3).sum()
    rows = fit.frame[panels.each[0].rows].head(1)
    same = {c: np.repeat(rows[c].to_numpy(), 2) for c in ("a", "b")}
    middle = {
        "ok": np.repeat(fit.frame[panels.each[0].rows]["ok"].mode().iloc[:1].to_numpy(), 2),
        "f": np.repeat(fit.frame[panels.each[0].rows]["f"].mode().iloc[:1].astype(str).to_numpy(), 2),
    }
    own = {**same, **middle, "x": line.x[[0, -1]]}
    expected = fit.predict(own, groups=["a", "a:b"], draws=100, summary=True)
    assert_allclose(line.mean[[0, -1], 0], expected["mean"])


def test_a_model_without_groups_has_one_fitted_line():
    fit = plain_fit()
    figure = fit.plot_fitted(draws=50)
    assert len(figure.axes) == 1
    dots = figure.axes[0].get_lines()[-1]
    assert_allclose(np.asarray(dots.get_ydata()), fit.frame["y"])


# ---- graph ----


def test_the_graph_of_cafes():
    graph = graph_of(cafes_fit().spec)
    assert set(graph.arrows) == {
        ("b mu", "eta mu"),
        ("sd cafe", "r cafe"),
        ("cor cafe", "r cafe"),
        ("r cafe", "eta mu"),
        ("eta mu", "response"),
        ("sigma", "response"),
    }
    assert [plate.text for plate in graph.plates] == ["200 rows", "cafe: 20 levels"]
    assert graph.nodes["b mu"].lines == ("b", "Intercept", "afternoon")
    assert graph.nodes["response"].lines == ("wait", "gaussian")


@pytest.mark.parametrize("name", [name for name in MODELS if name != "nothing"])
def test_nothing_in_a_graph_overlaps_or_is_cut_off(name):
    graph = graph_of(MODELS[name])
    nodes = list(graph.nodes.values())
    for i, one in enumerate(nodes):
        assert one.width / 2 <= one.x <= graph.width - one.width / 2 + 1e-9
        assert one.height / 2 <= one.y <= graph.height - one.height / 2 + 1e-9
        for other in nodes[:i]:
            apart = abs(one.x - other.x) >= (one.width + other.width) / 2 - 1e-9
            assert apart or abs(one.y - other.y) >= (one.height + other.height) / 2
    for one, other in graph.arrows:
        assert one in graph.nodes
        assert other in graph.nodes


def test_text_of_a_graph_fits_its_boxes():
    fit = fit_of(MODELS["inflated"])
    ax = fit.plot_graph()
    ax.figure.draw_without_rendering()
    graph = graph_of(fit.spec)
    inches = ax.transData.inverted()
    for node in graph.nodes.values():
        texts = [
            t for t in ax.texts if t.get_text() in node.lines and abs(t.get_position()[0] - node.x) < 1e-9
        ]
        assert len(texts) == len(node.lines)
        for text in texts:
            box = text.get_window_extent().transformed(inches)
            assert box.width < node.width
    assert ax.get_aspect() == 1.0


# ---- priors ----


@pytest.mark.parametrize("support", [(-np.inf, np.inf), (0.0, np.inf)])
def test_a_density_is_near_the_true_one(support):
    rng = np.random.default_rng(3)
    values = rng.normal(size=40_000)
    grid = np.linspace(-3 if support[0] < 0 else 0, 3, 121)
    values, scale = (values, 1) if support[0] < 0 else (np.abs(values), 2)
    assert_allclose(density_at(grid, values, support), scale * stats.norm.pdf(grid), atol=0.025)


def test_the_tail_of_a_cauchy_does_not_flatten_its_middle():
    values = stats.cauchy.rvs(size=20_000, random_state=2)
    grid = np.linspace(-2, 2, 81)
    assert_allclose(density_at(grid, values, (-np.inf, np.inf)), stats.cauchy.pdf(grid), atol=0.02)


def test_the_window_holds_the_posterior_and_near_it_the_prior():
    posterior = np.random.default_rng(1).normal(5, 0.1, 4000)
    near = window(np.linspace(4, 6, 100), posterior, (-np.inf, np.inf))
    far = window(np.linspace(-1000, 1000, 100), posterior, (-np.inf, np.inf))
    assert near[0] == pytest.approx(4.0, abs=0.15)
    assert far[0] < posterior.min()
    assert far[1] > posterior.max()
    assert far[1] - far[0] < 3
    assert window(posterior, posterior, (-1.0, 1.0)) == (-1.0, 1.0)


def test_priors_stand_beside_posteriors():
    fit = cafes_fit()
    figure = fit.plot_priors(["sd", "sigma"], draws=300)
    names = ["sd_cafe__Intercept", "sd_cafe__afternoon", "sigma"]
    assert [ax.get_title(loc="left") for ax in figure.axes] == names
    drawn = fit.prior_predictive(draws=300)["prior"]["sigma"].to_numpy().ravel()
    prior, posterior = figure.axes[2].get_lines()
    x = np.asarray(prior.get_xdata())
    assert_allclose(prior.get_ydata(), density_at(x, drawn, (0.0, np.inf)))
    assert_allclose(posterior.get_ydata(), density_at(x, fit.draws["sigma"].ravel(), (0.0, np.inf)))


# ---- ArviZ's ----

FLAT = ["b_Intercept", "b_afternoon", "sd_cafe__Intercept", "sd_cafe__afternoon"]
FLAT += ["cor_cafe__Intercept__afternoon", "sigma"]


@pytest.mark.parametrize(
    ("var_names", "group", "expected"),
    [
        (None, None, FLAT),
        ("sd", None, FLAT[2:4]),
        ("sd_cafe", None, FLAT[2:4]),
        ("afternoon", None, FLAT[1:2]),
        (["sigma", "b"], None, [FLAT[5], *FLAT[:2]]),
        ("r_cafe[c03,afternoon]", None, ["r_cafe[c03,afternoon]"]),
        ("sigma", "cafe", 41),
        (None, "cafe", 40),
    ],
)
def test_parameters_are_chosen_by_flat_names_kinds_terms_and_group(var_names, group, expected):
    fit = cafes_fit()
    with mpl.rc_context({"figure.dpi": 30}):
        collection = fit.plot_trace(var_names, group=group, visuals={"trace": False})
    drawn = [name for name in collection.data.data_vars]
    assert len(drawn) == expected if isinstance(expected, int) else drawn == expected
    assert type(collection).__name__ == "PlotCollection"


def test_a_forest_has_the_numbers_of_the_summary():
    fit = cafes_fit()
    collection = fit.plot_forest(["b", "sd"], ci=(0.5, 0.9))
    table = fit.summary(ci=0.9).loc[FLAT[:4]]
    labels, lines = collection.viz["figure"].item().axes
    drawn = [line.get_xdata() for line in lines.get_lines() if len(line.get_xdata()) == 2]
    ends = np.sort([np.asarray(x) for x in drawn], axis=1)
    for name, row in table.iterrows():
        assert np.any(np.all(np.isclose(ends, [row["lower"], row["upper"]]), axis=1)), name
    assert [text.get_text() for text in labels.texts] == FLAT[:4]


@pytest.mark.parametrize("kind", ["rank", "ess", "ridge", "energy"])
def test_arviz_plots_return_their_own_collection(kind):
    fit = cafes_fit()
    options = {} if kind == "energy" else {"var_names": ["sigma", "sd"]}
    collection = getattr(fit, KINDS[kind])(**options)
    assert type(collection).__name__ == "PlotCollection"
    assert collection.viz["figure"].item().axes


def test_pairs_are_drawn_against_each_other():
    matrix = cafes_fit().plot_pair(["b", "sigma"], figure_kwargs={"figsize": (4, 4)})
    assert type(matrix).__name__ == "PlotMatrix"
    assert tuple(matrix.viz["figure"].item().get_size_inches()) == (4, 4)


def test_of_many_parameters_the_first_are_drawn_with_a_warning(monkeypatch):
    monkeypatch.setattr("bayesformula.results.plots.sampling.PANELS", 2)
    with pytest.warns(bf.BayesFormulaWarning, match="the first 2 of 6 parameters"):
        collection = cafes_fit().plot_trace()
    assert list(collection.data.data_vars) == FLAT[:2]


# ---- refusals ----


@pytest.mark.parametrize(
    ("make", "call", "message"),
    [
        (plain_fit, lambda f: f.plot_caterpillar(), "plot_caterpillar shows group effects, and the model"),
        (plain_fit, lambda f: f.plot_shrinkage(), "plot_shrinkage shows group effects, and the model"),
        (plain_fit, lambda f: f.plot_correlations(), "plot_correlations shows group effects"),
        (cafes_fit, lambda f: f.plot_caterpillar("caffe"), "no group 'caffe' in this model: the groups"),
        (cafes_fit, lambda f: f.plot_caterpillar(coefs="noon"), "no coefficient 'noon' here: 'afternoon'"),
        (cafes_fit, lambda f: f.plot_caterpillar(levels=["c99"]), "no level 'c99' here: 'c09'"),
        (cafes_fit, lambda f: f.plot_caterpillar(levels=[]), "levels is empty"),
        (cafes_fit, lambda f: f.plot_caterpillar(sort="size"), "sort: no coefficient 'size' here"),
        (cafes_fit, lambda f: f.plot_caterpillar(ci=(0.5, 1.5)), "must be two probabilities"),
        (cafes_fit, lambda f: f.plot_caterpillar(ci=0.5), "must be two probabilities"),
        (cafes_fit, lambda f: f.plot_caterpillar(max_levels=0), "max_levels=0 must be a whole number"),
        (cafes_fit, lambda f: f.plot_shrinkage(coefs=["x", "Intercept"]), "'cafe' has no coefficient 'x'"),
        (cafes_fit, lambda f: f.plot_shrinkage(coefs=[]), "name one coefficient, or two"),
        (cafes_fit, lambda f: f.plot_fitted("wait"), "x='wait' is no numeric predictor: 'afternoon'"),
        (cbpp_fit, lambda f: f.plot_fitted(), "a numeric predictor is needed, and this model has none"),
        (cbpp_fit, lambda f: f.plot_correlations(), "no effects of this model are correlated"),
        (cafes_fit, lambda f: f.plot_trace("afternoo"), "no parameter 'afternoo' in .*: 'b_afternoon'"),
        (cafes_fit, lambda f: f.plot_trace("r_cafe[c3,Intercept]"), "no parameter 'r_cafe.c3,Intercept.'"),
        (cafes_fit, lambda f: f.plot_pair(group="cafe"), "40 parameters are more than the 16"),
        (cafes_fit, lambda f: f.plot_pair("sigma"), "plot_pair needs two parameters or more"),
        (cafes_fit, lambda f: f.plot_ess(kind="all"), "kind='all' is not known; legal are"),
        (cafes_fit, lambda f: f.plot_priors("r_cafe"), "plot_priors shows no group effects"),
        (lambda: replace(cafes_fit(), frame=None), lambda f: f.plot_fitted(), "saved without its rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(make, call, message):
    with pytest.raises(bf.BayesFormulaError, match=message):
        call(make())


def test_kept_means_suffice_for_a_caterpillar_and_not_for_shrinkage():
    fit = cafes_fit()
    r = fit.draws["r_cafe"]
    kept = {name: values for name, values in fit.draws.items() if name != "r_cafe"}
    moments = Moments(r.mean(axis=(0, 1)), r.std(axis=(0, 1)))
    summarised = replace(fit, draws=kept, moments={"r_cafe": moments})
    x, _ = points(summarised.plot_caterpillar(coefs="afternoon", sort=None).axes[0])
    assert_allclose(x, moments.mean[:, 1])
    with pytest.raises(bf.BayesFormulaError, match='fit again with keep="draws"'):
        summarised.plot_shrinkage()
    with pytest.raises(bf.BayesFormulaError, match='fit again with keep="draws"'):
        summarised.plot_trace(group="cafe")


def test_as_many_axes_as_panels(canvas):
    _, axes = canvas.subplots(1, 3)
    with pytest.raises(bf.BayesFormulaError, match="axes has 3 axes, and 2 panels are drawn"):
        cafes_fit().plot_caterpillar(axes=axes)
    figure = cafes_fit().plot_caterpillar(axes=axes[:2])
    assert figure is axes[0].figure
    assert cafes_fit().plot_shrinkage(ax=axes[2]) is axes[2]


# ---- files ----


def test_kinds_are_methods_of_a_fit():
    assert all(callable(getattr(type(cafes_fit()), method)) for method in KINDS.values())
    assert len(KINDS) == 14


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_a_picture_is_written_and_its_figure_closed(ending, tmp_path, canvas):
    path = tmp_path / f"picture.{ending}"
    kind = {"png": "forest", "pdf": "graph", "svg": "shrinkage"}[ending]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_plot(cafes_fit(), kind, path)
    start = path.read_bytes()[:500]
    assert {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<svg"}[ending] in start
    assert not canvas.get_fignums()


@pytest.mark.parametrize(
    ("kind", "file", "options", "message"),
    [
        ("caterpillars", "a.png", {}, "no plot is called 'caterpillars': 'caterpillar'"),
        ("forest", "a.gif", {}, "end it in '.png', '.pdf', '.svg'"),
        ("forest", "a", {}, "does not tell in which format"),
        ("forest", "not/there.png", {}, "the folder of .* does not exist"),
        ("forest", "a.png", {"kinds": "hdi"}, "plot_forest has no option 'kinds': 'kind'"),
        ("forest", "a.png", {"backend": "bokeh"}, "written by matplotlib, not by backend='bokeh'"),
    ],
)
def test_unknown_kinds_files_and_options_are_refused(kind, file, options, message, tmp_path):
    with pytest.raises(bf.BayesFormulaError, match=message):
        save_plot(cafes_fit(), kind, tmp_path / file, **options)
    assert not list(tmp_path.iterdir())
