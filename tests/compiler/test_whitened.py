"""The whitened plan is the same model: exact change of variables, and the marginal plan where that exists."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from jax.flatten_util import ravel_pytree
from jax.scipy.stats import norm
from numpy.testing import assert_allclose
from numpyro import handlers
from numpyro.infer.util import constrain_fn, log_density

import bayesformula as bf
from bayesformula import api, pipeline
from bayesformula.compiler import sites, structure, whitened
from bayesformula.compiler.blocks import WHITE_B, b_site, held_positions, sample_theta
from bayesformula.compiler.emit import unravel
from bayesformula.compiler.working import WorkingModelError
from bayesformula.model.counts import sampled
from cases import CASES, matrices, panel
from family_cases import FamilyCase, simulate
from further_cases import ALL_CASES

RTOL = 1e-9
N, LEVELS = 60, 6


class Model:
    """A model under several plans, and densities of it."""

    def __init__(self, formula, frame, family, priors=(), data2=None):
        options = {"family": family, "priors": list(priors), "plan": "auto", "na": "drop", "checks": None}
        self.ready = api.prepare(formula, frame, **options, data2=data2, quiet=True)
        self.plans = {}

    def under(self, plan):
        if plan not in self.plans:
            program, data, start = api.compile_inputs(self.ready.model, plan, self.ready.design)
            self.plans[plan] = program, data, program.start(data, start)
        return self.plans[plan]

    def point(self, plan, seed, size=1.5):
        """Constrained values of all sites near the start."""
        program, data, (z0, scale, _) = self.under(plan)
        z = z0 + size * scale * np.random.default_rng(seed).normal(size=z0.shape)
        return constrain_fn(program.model, (data,), {}, unravel(program.layout, jnp.asarray(z)))

    def density(self, plan, values):
        program, data, _ = self.under(plan)
        return float(jax.jit(lambda v, d: log_density(program.model, (d,), {}, v)[0])(values, data))


def gaussian(case):
    return Model(case.formula, panel(), None, case.priors, matrices())


def of_family(case: FamilyCase):
    frame, _ = simulate(case, N, LEVELS, seed=3)
    formula = bf.formula(case.formula, **dict(case.further)) if case.further else case.formula
    return Model(formula, frame, case.family)


def mapped(model, values):
    """What the standard normals of a point stand for: (b, v), and log |d(b, v) / dz| from dense algebra."""
    program, data, _ = model.under("whitened")
    structure = program.structure
    with handlers.block(), handlers.seed(rng_seed=0), handlers.substitute(data=values):
        theta = sample_theta(structure, data.priors)
        held = []
        for place, predictor in enumerate(structure.predictors):
            at = np.array(held_positions(structure, place), int)
            kinds = [predictor.b_kinds[i] for i in at]
            arguments = jnp.asarray(data.priors.b[place])[at]
            units = jnp.asarray(data.priors.units[place])[at]
            drawn = sites.sample_vector(b_site(predictor), kinds, arguments, units)
            held.append(jnp.zeros(len(predictor.columns)).at[at].set(drawn))
    thresholds = values.get("thresholds", values.get("thresholds.centred"))
    at = np.array(structure.whitened, int)

    def transform(z):
        found = whitened.transform(structure, data, theta, jnp.concatenate(held), thresholds, *z)
        return found.b, found.v, found.spare

    z = values.get(WHITE_B, jnp.zeros(0)), [values[f"z_{label}"] for label in structure.labels]
    flat, back = ravel_pytree(z)

    def moving(flat):
        b, v, spare = transform(back(flat))
        return jnp.concatenate([b[at], *(each.ravel() for each in v), spare])

    log_det = jnp.linalg.slogdet(jax.jit(jax.jacrev(moving))(flat))[1] if flat.size else 0.0
    b, v, spare = transform(z)
    return b, v, float(log_det) + float(jnp.sum(norm.logpdf(spare)))


def as_noncentred(model, values, b, v):
    """The sites of `noncentred` at the same parameters."""
    structure = model.under("noncentred")[0].structure
    names = {site.name for site in model.under("noncentred")[0].layout}
    out = {name: value for name, value in values.items() if name in names}
    for span, predictor in zip(structure.spans, structure.predictors, strict=True):
        for member in sites.members(b_site(predictor), predictor.b_kinds):
            out[member.name] = b[span][np.array(member.positions)]
    return out | {f"v_{label}": each for label, each in zip(structure.labels, v, strict=True)}


@pytest.fixture(autouse=True)
def quick_compilation():
    """Programs that run once: compiling them well would take longer than running them."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


PLAIN = (
    "y ~ 0 + (1 | g)",
    "y ~ x + z + (1 + x + z || g)",
    "y ~ x + (1 + x + z + f | g)",
    "y ~ x + (1 + x | a/b/c)",
    "y ~ x + (1 | a) + (1 + x | b) + (1 | c)",
    "y ~ x + (1 + x | g) + (1 + z | h)",
    "y ~ x + (1 | row)",
    "y | weights(w) ~ x + (1 + x | g)",
    "y ~ x + offset(o) + (1 | g)",
    "y ~ year + income + (1 + year | g)",
)
KNOWN = [case for case in CASES if any(part in case.formula for part in ("gr(", "mm(", "se("))]
TABLE = [
    *(case for case in CASES if case.formula in PLAIN and not case.priors),
    *[case for case in CASES if case.priors and case not in KNOWN][::2],
    *KNOWN[::2],
]
"""One to six coefficients, nested, crossed with slopes, `||`, no intercept, weights, an offset, one row a
level, hostile units, every kind of group and of prior."""


# ---- the same model ----


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.id)
def test_densities_differ_from_noncentred_by_the_jacobian(case):
    """The Jacobian from dense algebra; every kind of group, prior and response term of a Gaussian model."""
    model = gaussian(case)
    values = model.point("whitened", 1)
    b, v, jacobian = mapped(model, values)
    expected = model.density("noncentred", as_noncentred(model, values, b, v)) + jacobian
    assert_allclose(model.density("whitened", values), expected, rtol=RTOL, atol=RTOL * len(panel()))


BY_ID = {case.id: case for case in ALL_CASES}
STRUCTURES = [
    BY_ID[name]
    for name in (
        "gamma: y ~ x + (1 | g)",
        "cumulative: y ~ x + (1 | g); disc ~ 0 + lab",
        "acat: y ~ cs(x) + (1 | g)",
        "categorical: y ~ x + (1 | g)",
        "gaussian: y ~ x + (1 | i | g); sigma ~ x + (1 | i | g)",
        "zero_inflated(poisson): y ~ x + (1 | g); zi ~ x",
        "weibull: y | cens(censored) ~ x + (1 | g)",
        "multinomial: cbind(A, B, C) ~ x + (1 | g)",
        "student: y ~ x + (1 | g)",
    )
]
"""Every way in which predictors, thresholds and groups come together; what a family adds is its density."""


@pytest.mark.parametrize("case", STRUCTURES, ids=lambda case: case.id)
def test_other_families_differ_by_the_jacobian(case):
    model = of_family(case)
    values = model.point("whitened", 2)
    b, v, jacobian = mapped(model, values)
    expected = model.density("noncentred", as_noncentred(model, values, b, v)) + jacobian
    assert_allclose(model.density("whitened", values), expected, rtol=RTOL, atol=RTOL * N)


# ---- and an easy one ----

NORMAL = [case for case in TABLE if not case.priors or "normal(" in case.priors[0]]


@pytest.mark.parametrize("case", NORMAL, ids=lambda case: case.id)
def test_of_a_gaussian_response_it_is_the_marginal_plan(case):
    """With weights 1 / sigma^2 inside theta z is standard normal whatever theta; its density splits off."""
    model = gaussian(case)
    values = model.point("whitened", 3)
    names = {site.name for site in model.under("marginal")[0].layout}
    theta = {name: value for name, value in values.items() if name in names}
    layout = model.under("whitened")[0].layout
    z = [values[site.name] for site in layout if site.name == WHITE_B or site.name.startswith("z_")]
    standard = sum(float(jnp.sum(-0.5 * each**2) - 0.5 * each.size * np.log(2 * np.pi)) for each in z)
    expected = model.density("marginal", theta) + standard
    assert_allclose(model.density("whitened", values), expected, rtol=RTOL, atol=10 * RTOL * len(panel()))


# ---- crossed factors apart from each other ----


@pytest.fixture
def apart(monkeypatch):
    """However little it would cost to eliminate crossed factors together, they are not."""
    monkeypatch.setattr(structure, "JOINT_WORK", 0)
    monkeypatch.setattr(structure, "LEAST_JOINT", 0)


CROSSED = (
    "y ~ x + (1 + x | g) + (1 + z | h)",
    "y ~ x + (1 | a/b/c) + (1 + x || h)",
    "y ~ x + (1 + z | gr(g, by = arm)) + (1 + x | h)",
    "y ~ x + (1 | gr(g, by = arm, dist = 'student')) + (1 | h)",
    "y | se(s) + weights(w) ~ x + offset(o) + (1 | a/b) + (1 | h)",
)


@pytest.mark.parametrize("formula", CROSSED)
def test_apart_densities_differ_by_the_jacobian(formula, apart):
    model = gaussian(next(case for case in CASES if case.formula == formula))
    assert len(model.under("whitened")[0].structure.parts) == 2
    values = model.point("whitened", 4)
    b, v, jacobian = mapped(model, values)
    expected = model.density("noncentred", as_noncentred(model, values, b, v)) + jacobian
    assert_allclose(model.density("whitened", values), expected, rtol=RTOL, atol=RTOL * len(panel()))


def crossed_table(cells, rng):
    """Three crossed factors of 8, 5 and 3 levels, every combination so often; no predictor differs within."""
    at = np.indices((8, 5, 3)).reshape(3, -1).repeat(cells, axis=1)
    frame = pd.DataFrame({name: index.astype(str) for name, index in zip("ghk", at, strict=True)})
    eta = sum(rng.normal(size=10)[index] for index in at)
    return frame.assign(y=eta + rng.normal(size=len(frame)), o=np.digitize(eta, [-1.5, 0.0, 1.5]))


@pytest.mark.parametrize(("least", "dense"), [(0, 0), (800, 1)])
@pytest.mark.parametrize(
    "formula", ["o ~ (1 | g) + (1 | h) + (1 | k)", "o ~ y + (1 + y | g) + (1 | h) + (1 | k)"]
)
@pytest.mark.parametrize("family", ["cumulative", "acat", "poisson"])
def test_apart_families_differ_by_the_jacobian(family, formula, least, dense, apart, monkeypatch):
    """With thresholds, whose location is shared by all chains, and with a factor that is beside all."""
    monkeypatch.setattr(structure, "LEAST_JOINT", least)
    model = Model(formula, crossed_table(1, np.random.default_rng(6)), family)
    chains = model.under("whitened")[0].structure.parts
    assert [len(part.dense) for part in chains] == [dense] * (3 - dense)
    spec = model.ready.model
    assert model.under("whitened")[0].dim == sampled(spec, "whitened") + structure.n_spare(spec, "whitened")
    values = model.point("whitened", 5)
    b, v, jacobian = mapped(model, values)
    expected = model.density("noncentred", as_noncentred(model, values, b, v)) + jacobian
    assert_allclose(model.density("whitened", values), expected, rtol=RTOL)


def test_nothing_is_lost_where_all_levels_meet_equally_often(apart):
    """The population's columns say all that balanced factors have in common: z is standard normal still."""
    frame = crossed_table(2, np.random.default_rng(7))
    model = Model("y ~ (1 | g) + (1 | h) + (1 | k)", frame, None, ["Intercept ~ flat"])
    assert len(model.under("whitened")[0].structure.parts) == 3
    values = model.point("whitened", 6)
    theta = {name: values[name] for name in (site.name for site in model.under("marginal")[0].layout)}
    z = [value for name, value in values.items() if name.startswith(("z_", "z."))]
    standard = sum(float(jnp.sum(norm.logpdf(each))) for each in z)
    assert_allclose(model.density("whitened", values), model.density("marginal", theta) + standard, rtol=RTOL)


def test_what_one_factor_takes_another_gives_where_thresholds_are_held(apart):
    """The mean of one factor's effects is known only together with that of the other: theirs add up."""
    model = Model("o ~ (1 | g) + (1 | h)", crossed_table(20, np.random.default_rng(8)), "cumulative")
    values = model.point("whitened", 9, size=0.0)
    chains = model.under("whitened")[0].structure.parts
    first = f"z_{'gh'[chains[0].chain[0]]}"
    means = []
    for step in (0.0, 1.0):
        _, v, _ = mapped(model, values | {first: values[first] + step})
        means.append(
            [float(values[f"sd_{name}"][0] * jnp.mean(each)) for name, each in zip("gh", v, strict=True)]
        )
    change = np.subtract(*means)
    assert abs(change[0]) > 0.02
    assert abs(change.sum()) < 0.1 * abs(change[0])


def test_a_mode_found_by_conjugate_gradients_is_the_same(apart, monkeypatch):
    frame = crossed_table(3, np.random.default_rng(10))
    _, by_parts, start = working("o ~ y + (1 + y | g) + (1 | h)", frame, "poisson")
    monkeypatch.setattr(structure, "LEAST_JOINT", 10**9)
    _, whole, other = working("o ~ y + (1 + y | g) + (1 | h)", frame, "poisson")
    assert by_parts.whitened is not None
    assert whole.whitened is not None
    assert_allclose(by_parts.whitened.reference, whole.whitened.reference, atol=1e-3)
    for found, expected in zip(start.sd, other.sd, strict=True):
        assert_allclose(found, expected, rtol=1e-2)


# ---- the working model ----


def working(formula, frame, family):
    model = Model(formula, frame, family)
    program, data, start = api.compile_inputs(model.ready.model, "whitened", model.ready.design)
    return program, data, start


def test_rough_sds_are_those_of_the_likelihood():
    """Within a fifth of lme4's estimates, which leave the priors out.

    R 4.2.2, lme4 1.1-31: glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)
    0.6421; lmer(Reaction ~ I(Days - 4.5) + (I(Days - 4.5) | Subject), sleepstudy) 37.53 and 5.92.
    """
    cbpp = bf.datasets.load("cbpp")
    _, _, start = working("incidence | trials(size) ~ factor(period) + (1 | herd)", cbpp, "binomial")
    assert_allclose(start.sd[0], [0.6421], rtol=0.2)
    _, _, start = working("Reaction ~ Days + (Days | Subject)", bf.datasets.load("sleepstudy"), "student")
    assert_allclose(start.sd[0], [37.53, 5.92], rtol=0.2)


def test_the_start_is_where_the_working_posterior_has_its_mean():
    """At z = 0 and the rough sds the gradient of the log posterior in the coefficients is nearly zero."""
    program, data, start = working(
        "incidence | trials(size) ~ factor(period) + (1 | herd)", bf.datasets.load("cbpp"), "binomial"
    )
    z0 = program.start(data, start).z
    gradient = jax.jit(jax.grad(program.potential))(jnp.asarray(z0), data)
    standard = program.dim - program.n_dense
    assert standard == 4 + 15
    assert np.max(np.abs(gradient[-standard:])) < 0.5  # of z, whose posterior sds are 1


def test_rows_without_weight_say_nothing():
    """Zero weights give the geometry of the table without those rows, as near as rough sds are."""
    frame = bf.datasets.load("cbpp")
    kept = frame[frame["period"].astype(str) != "4"]
    weighted = frame.assign(w=(frame["period"].astype(str) != "4").astype(float))
    formula = "incidence | trials(size){} ~ size + (1 | herd)"
    _, whole, _ = working(formula.format(" + weights(w)"), weighted, "binomial")
    _, part, _ = working(formula.format(""), kept, "binomial")
    assert whole.whitened is not None
    assert part.whitened is not None
    assert_allclose(whole.whitened.s[0].corner[:-1, :-1], part.whitened.s[0].corner[:-1, :-1], rtol=0.02)


def test_a_likelihood_without_curvature_is_refused_or_left_to_another_plan():
    frame = panel()
    asked = {"family": "asym_laplace", "priors": None, "na": "drop", "checks": None}
    ready = api.prepare("y ~ x + (1 | g)", frame, plan="auto", **asked, quiet=True)
    assert ready.plan.name == "noncentred"
    assert "the density of asym_laplace has a kink" in ready.plan.reason
    with pytest.raises(bf.BayesFormulaError, match="plan='whitened' needs a smooth likelihood"):
        api.prepare("y ~ x + (1 | g)", frame, plan="whitened", **asked, quiet=True)


def test_a_search_that_fails_leaves_the_noncentred_plan_and_says_so(monkeypatch):
    def fails(*arguments):
        raise WorkingModelError("the likelihood has no finite curvature where the sampler would start")

    monkeypatch.setattr("bayesformula.compiler.assemble.working_model", fails)
    ready = Model("incidence | trials(size) ~ size + (1 | herd)", bf.datasets.load("cbpp"), "binomial").ready
    assert ready.plan.name == "whitened"
    source = pipeline.row_source(ready.design, ready.model)
    plan, program, _, _ = pipeline.planned_inputs(ready.model, ready.plan, source)
    assert plan.name == program.structure.plan == "noncentred"
    assert "no finite curvature where the sampler would start, and they are sampled noncentred" in plan.reason
