"""What is written of a family is what is fitted: templates as numbers, against scipy and the compiler."""

import math
import re

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special, stats

from bayesformula.compiler.likelihood.table import response
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked
from bayesformula.families import COMPOSED, FAMILIES, ORDINAL, resolve_family
from bayesformula.model import describe, notation
from bayesformula.model.notation import NOTATIONS, ORDINAL_FORMS, linked
from bayesformula.model.sheet import CATEGORICAL

VALUES = {"sigma": 0.7, "nu": 6.5, "alpha": 2.0, "beta": 0.4, "quantile": 0.25, "kappa": 1.7, "ndt": 0.2,
          "shape": 2.3, "phi": 1.6, "power": 1.4, "zoi": 0.3, "coi": 0.6, "cutzero": -1.5, "cutgap": 3.5,
          "zi": 0.2, "hu": 0.35}  # fmt: skip
MEANS = {"real": 0.4, "positive": 1.3, "nonnegative": 1.3, "unit": 0.3, "closed unit": 0.3, "binary": 0.3,
         "trials": 0.3, "count": 2.2, "angle": 0.8}  # fmt: skip
POINTS = {"real": [-0.5, 0.4, 2.0], "positive": [0.3, 1.0, 4.0], "unit": [0.1, 0.5, 0.9],
          "closed unit": [0.1, 0.5, 0.9], "binary": [0.0, 1.0], "trials": [0.0, 3.0, 7.0],
          "count": [0.0, 2.0, 9.0], "angle": [-2.0, 0.0, 1.0]}  # fmt: skip


def skew_normal(mean, sd, alpha):
    delta = alpha / math.hypot(1, alpha)
    scale = sd / math.sqrt(1 - 2 * delta**2 / math.pi)
    return stats.skewnorm(alpha, mean - scale * delta * math.sqrt(2 / math.pi), scale)


def asym_laplace(mu, sigma, quantile):
    rest = 1 - quantile
    return stats.laplace_asymmetric(math.sqrt(quantile / rest), mu, sigma / math.sqrt(quantile * rest))


# The usual meaning of each name and argument, independent of the project
USUAL = {
    "Normal": lambda mu, sigma: stats.norm(mu, sigma),
    "Student": lambda nu, mu, sigma: stats.t(nu, mu, sigma),
    "SkewNormal": skew_normal,
    "ExGaussian": lambda mean, sigma, beta: stats.exponnorm(beta / sigma, mean - beta, sigma),
    "AsymLaplace": asym_laplace,
    "VonMises": lambda mu, kappa: stats.vonmises(kappa, mu),
    "LogNormal": lambda mu, sigma: stats.lognorm(sigma, scale=math.exp(mu)),
    "Gamma": lambda shape, rate: stats.gamma(shape, scale=1 / rate),
    "InverseGaussian": lambda mean, shape: stats.invgauss(mean / shape, scale=shape),
    "Weibull": lambda shape, scale: stats.weibull_min(shape, scale=scale),
    "Exponential": lambda rate: stats.expon(scale=1 / rate),
    "Beta": lambda a, b: stats.beta(a, b),
    "Bernoulli": lambda mu: stats.bernoulli(mu),
    "Binomial": lambda mu, trials: stats.binom(trials, mu),
    "BetaBinomial": lambda a, b, trials: stats.betabinom(trials, a, b),
    "Poisson": lambda *placed, **named: stats.poisson(*placed, *named.values()),
    "NegBinomial": lambda mean, shape: stats.nbinom(shape, shape / (shape + mean)),
    "Geometric": lambda mean: stats.nbinom(1, 1 / (1 + mean)),
}
ELSEWHERE = {"tweedie", "generalized_poisson", "categorical", "multinomial"}
"""scipy has none of them; `ORDINAL` is below."""
NAMES = [name for name in NOTATIONS if name not in ELSEWHERE]


def arguments(text):
    """`a, f(b, c)` in two."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def number(template, numbers):
    text = re.sub(r"[{}]", "", template).replace("×", "*").replace("−", "-").replace("Γ(", "gamma(")
    return eval(text, {"gamma": math.gamma, "logit": special.logit, "logistic": special.expit}, dict(numbers))


def evaluated(density, numbers):
    """A density as a distribution of scipy: `rate = x` by name, `{sigma}` by its own, others by place."""
    name, _, rest = density.partition("(")
    placed, named = [], {}
    for argument in arguments(rest[:-1]):
        left, _, right = argument.rpartition(" = ")
        own = re.fullmatch(r"\{(\w+)\}", argument)
        if left or own:
            named[left or own[1]] = number(right, numbers)
        else:
            placed.append(number(right, numbers))
    return USUAL[name](*placed, **named)


def numbers_of(name):
    family = FAMILIES[name].family
    return {"mu": MEANS[family.support], "trials": 7.0, "rate": 3.0, **VALUES}


def fitted(name, numbers, **terms):
    """The distribution that the compiler makes of one row with these numbers."""
    family = resolve_family(name)
    p = {each: Linked(jnp.asarray([numbers[each]]), "identity") for each in family.parameters}
    if family.base == "ordered_beta":
        p["mu"] = Linked(jnp.asarray([special.logit(numbers["mu"])]), "logit")
    if family.support == "trials":
        terms["trials"] = jnp.asarray([numbers["trials"]])
    return response(family, p, Terms(**terms))


def log_density(distribution, y):
    return float(np.asarray(distribution.log_prob(jnp.asarray([y])))[0])


def log_usual(distribution, y):
    return distribution.logpmf(y) if hasattr(distribution.dist, "pmf") else distribution.logpdf(y)


# ---- densities ---------------------------------------------------------------------------------------


def test_every_family_is_written():
    assert set(NOTATIONS) | set(ORDINAL_FORMS) == set(FAMILIES)
    assert set(ORDINAL_FORMS) == set(ORDINAL)
    assert {name for name, record in FAMILIES.items() if record.family.support in ("category", "matrix")} == (
        CATEGORICAL
    )
    assert {name for name, each in NOTATIONS.items() if each.with_rate} == {
        name for name, record in FAMILIES.items() if "rate" in record.terms
    }
    assert set(describe.GREEK) == notation.GREEK


@pytest.mark.parametrize("name", [*FAMILIES, *COMPOSED])
def test_every_parameter_of_a_family_is_written(name):
    """Each has its place in the density or in a case."""
    from bayesformula.model.sheet import Line, Sheet
    from bayesformula.model.statements import likelihood

    family = resolve_family(name)
    sheet = Sheet("y", family, tuple(Line(p, "", (), ()) for p in family.parameters), ())
    text = " ".join(f"{case.left} {case.right} {case.when}" for case in likelihood(sheet))
    wanted = {"scores"} if name in CATEGORICAL else set(family.parameters)
    assert wanted <= set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("name", NAMES)
def test_the_density_written_is_the_density_fitted(name):
    written, numbers = NOTATIONS[name], numbers_of(name)
    usual, compiled = evaluated(written.density, numbers), fitted(name, numbers)
    shift = number(written.left.replace("{y}", "0.0"), numbers)
    between = 1 - sum(number(case.when.removeprefix("with probability "), numbers) for case in written.first)
    for y in POINTS[FAMILIES[name].family.support]:
        expected = log_usual(usual, y + shift) + math.log(between)
        assert_allclose(log_density(compiled, y), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if NOTATIONS[name].first])
def test_the_zeros_and_ones_written_are_those_fitted(name):
    numbers = numbers_of(name)
    compiled = fitted(name, numbers)
    for case in NOTATIONS[name].first:
        probability = number(case.when.removeprefix("with probability "), numbers)
        assert_allclose(log_density(compiled, float(case.right)), math.log(probability), rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if NOTATIONS[name].with_rate])
def test_the_rate_written_is_the_rate_fitted(name):
    numbers = numbers_of(name)
    compiled = fitted(name, numbers, rate=jnp.asarray([numbers["rate"]]))
    usual = evaluated(NOTATIONS[name].with_rate, numbers)
    for y in POINTS["count"]:
        assert_allclose(log_density(compiled, y), log_usual(usual, y), rtol=1e-9)


@pytest.mark.parametrize("base", ["poisson", "negbinomial", "gamma"])
def test_mixtures_written_are_those_fitted(base):
    """zi adds zeros to those of the family; behind a hurdle there are no others."""
    numbers = numbers_of(base)
    usual = evaluated(NOTATIONS[base].density, numbers)
    own_zeros = usual.pmf(0) if base != "gamma" else 0.0
    inflated, hurdle = (fitted(f"{wrapper}_{base}", numbers) for wrapper in ("zero_inflated", "hurdle"))
    zi, hu = numbers["zi"], numbers["hu"]
    assert_allclose(log_density(inflated, 0.0), math.log(zi + (1 - zi) * own_zeros), rtol=1e-9)
    assert_allclose(log_density(hurdle, 0.0), math.log(hu), rtol=1e-9)
    for y in (1.0, 4.0):
        density = log_usual(usual, y)
        assert_allclose(log_density(inflated, y), math.log(1 - zi) + density, rtol=1e-9)
        expected = math.log(1 - hu) + density - math.log(1 - own_zeros)
        assert_allclose(log_density(hurdle, y), expected, rtol=1e-9)


# ---- moments that the notes state ----------------------------------------------------------------------

MOMENTS = {
    "gamma": ("mean μ, variance μ² / shape", lambda mu, p: mu**2 / p["shape"]),
    "inverse_gaussian": ("mean μ, variance μ³ / shape", lambda mu, p: mu**3 / p["shape"]),
    "beta": ("mean μ, variance μ (1 − μ) / (1 + φ)", lambda mu, p: mu * (1 - mu) / (1 + p["phi"])),
    "negbinomial": ("mean μ, variance μ + μ² / shape", lambda mu, p: mu + mu**2 / p["shape"]),
    "negbinomial1": ("mean μ, variance μ (1 + φ)", lambda mu, p: mu * (1 + p["phi"])),
    "geometric": ("mean μ, variance μ + μ²", lambda mu, p: mu + mu**2),
    "exponential": ("mean μ", lambda mu, p: mu**2),
    "weibull": ("mean μ", None),
    "exgaussian": (NOTATIONS["exgaussian"].note, lambda mu, p: p["sigma"] ** 2 + p["beta"] ** 2),
    "skew_normal": (NOTATIONS["skew_normal"].note, lambda mu, p: p["sigma"] ** 2),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_are_those_that_the_note_states(name):
    note, variance = MOMENTS[name]
    numbers = numbers_of(name)
    usual = evaluated(NOTATIONS[name].density, numbers)
    assert NOTATIONS[name].note == note
    assert_allclose(usual.mean(), numbers["mu"], rtol=1e-9)
    if variance is not None:
        assert_allclose(usual.var(), variance(numbers["mu"], numbers), rtol=1e-9)


# ---- ordered responses ---------------------------------------------------------------------------------

LINKS = {"logit": special.logit, "probit": stats.norm.ppf, "cloglog": lambda p: np.log(-np.log1p(-p))}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("name", ORDINAL_FORMS)
def test_the_probabilities_written_are_those_fitted(name, link):
    """The link of the probability that is written, of the compiled classes, is the difference written."""
    thresholds, mu, disc = np.array([-1.0, 0.2, 1.1]), 0.45, 1.3
    p = {"mu": Linked(jnp.asarray([mu]), link), "disc": Linked(jnp.asarray([disc]), "identity")}
    compiled = response(resolve_family(f"{name}({link})"), p, Terms(thresholds=jnp.asarray(thresholds)))
    each = np.exp([log_density(compiled, float(level)) for level in range(4)])
    text, difference = ORDINAL_FORMS[name]
    below, above = np.cumsum(each), 1 - np.cumsum(each)
    at_least = each + above
    found = {
        "P({y} ≤ k)": below[:3],
        "P({y} = k | {y} ≥ k)": (each / at_least)[:3],
        "P({y} > k | {y} ≥ k)": (above / at_least)[:3],
        "P({y} = k + 1 | k ≤ {y} ≤ k + 1)": each[1:] / (each[1:] + each[:3]),
    }[text]
    expected = [disc * number(difference, {"mu": mu, "threshold": tau}) for tau in thresholds]
    assert_allclose(LINKS[link](found), expected, rtol=1e-7, atol=1e-8)


# ---- links ---------------------------------------------------------------------------------------------

FUNCTIONS = {"log": math.log, "exp": math.exp, "tan": math.tan, "√": math.sqrt, "logit": special.logit,
             "probit": stats.norm.ppf, "cloglog": LINKS["cloglog"],
             "cauchit": lambda p: math.tan(math.pi * (p - 0.5))}  # fmt: skip
ETAS = {"sqrt": 1.2, "inverse": 0.8, "inverse_squared": 0.8, "log": -0.4}


@pytest.mark.parametrize("link", [*notation.LINKED, "log", "logit", "probit", "cloglog", "cauchit"])
def test_the_link_written_is_undone_by_the_inverse_link(link):
    eta = ETAS.get(link, 0.3)
    value = float(Linked(jnp.asarray(eta), link).value)
    text = linked(link, "m").replace("²", "**2").replace("−", "-").replace("√m", "root(m)")
    assert_allclose(eval(text, {**FUNCTIONS, "root": math.sqrt}, {"m": value}), eta, rtol=1e-9)
