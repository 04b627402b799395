"""Priors that cannot be read, or that no parameter of the model can have."""

from __future__ import annotations

from refusals.cases import case, rows

MIXED = "y ~ x + (1 + x | g)"


def prior(name, statement, *words, formula=MIXED, data=None, **options):
    """A case of one prior."""
    return case(name, formula, data, *words, priors=statement, **options)


ADDRESSES = [
    prior("parameter misspelt", "sgima ~ exponential(1)", "sgima", "sigma", "nearest"),
    prior("slope under its bare name", "x ~ normal(0, 1)", "x", "b[x]"),
    prior("brms name of a coefficient", "b_x ~ normal(0, 1)", "b_x", "b[x]"),
    prior("brms name of an sd", "sd_g__x ~ exponential(1)", "sd_g__x", "sd[g, x]"),
    prior("coefficient misspelt", "b[xx] ~ normal(0, 1)", "'xx'", "b[x]"),
    prior("group misspelt", "sd[gg] ~ exponential(1)", "'gg'", "sd[g]"),
    prior("coefficient of a group misspelt", "sd[g, z] ~ exponential(1)", "'z'", "sd[g, x]"),
    prior("group and coefficient the wrong way round", "sd[x, g] ~ exponential(1)", "sd[g, x]"),
    prior("correlations of one effect", "cor[g] ~ lkj(2)", "cor", formula="y ~ (1 | g)"),
    prior("correlations that || takes away", "cor[g] ~ lkj(2)", "cor", formula="y ~ x + (x || g)"),
    prior("correlations without groups", "cor ~ lkj(2)", "no correlated group effects", formula="y ~ x"),
    prior("Intercept that was taken out", "Intercept ~ normal(0, 1)", "Intercept", formula="y ~ 0 + x"),
    prior("slopes where there are none", "b ~ normal(0, 1)", "b", formula="y ~ 1"),
    prior("slope of a dropped column", "b[k] ~ normal(0, 1)", "'k'", "dropped", "same in every row",
          formula="y ~ x + k", data=rows(k=[1.0] * 12)),
    prior("slope of a dependent column", "b[k] ~ normal(0, 1)", "'k'", "dropped", "combination",
          formula="y ~ x + k", data=rows(k=[2 * value for value in rows()["x"]])),
    prior("slope of the level that the others are compared to", "b[ga] ~ normal(0, 1)", "'ga'", "b[gb]",
          formula="y ~ g"),
    prior("slope of a factor as a whole", "b[g] ~ normal(0, 1)", "'g'", "b[gb]", formula="y ~ g"),
    prior("sigma of counts", "sigma ~ exponential(1)", "sigma", formula="k ~ x", family="poisson"),
    prior("zero inflation of a Gaussian", "zi ~ beta(1, 1)", "zi"),
    prior("slopes of sigma, which has none", "sigma.b[x] ~ normal(0, 1)", "sigma", "no"),
    prior("sigma itself where it has a formula", "sigma ~ exponential(1)", "sigma",
          formula="y ~ x; sigma ~ x"),
    prior("thresholds of a Gaussian", "Intercept[1] ~ normal(0, 1)", "Intercept[1]"),
    prior("Intercept misspelt", "intercept ~ normal(0, 1)", "intercept", "Intercept"),
    prior("R's name of the intercept", "(Intercept) ~ normal(0, 1)", "Intercept"),
    prior("effects of levels", "r_g ~ normal(0, 1)", "r_g", "sd[g]"),
    prior("centred misspelt", "Intercept[center] ~ normal(0, 1)", "Intercept[centred]"),
]  # fmt: skip

VALUES = [
    prior("sd of a normal zero", "b ~ normal(0, 0)", "sd", "above 0", "0"),
    prior("sd of a normal negative", "sigma ~ normal(0, -3)", "above 0", "-3"),
    prior("sd of a normal not a number", "b ~ normal(0, nan)", "nan"),
    prior("sd of a normal infinite", "b ~ normal(0, inf)", "inf"),
    prior("mean of a normal infinite", "b ~ normal(inf, 1)", "inf"),
    prior("number beyond all", "b ~ normal(0, 1e999)", "1e999"),
    prior("text for a number", "b ~ normal(zero, one)", "zero"),
    prior("quoted number", "b ~ normal(0, '1')", "'"),
    prior("comma for a point", "b ~ normal(0, 2,5)", "normal", "2 arguments"),
    prior("no arguments", "b ~ normal()", "normal(mean, sd)"),
    prior("too few arguments", "b ~ student_t(3)", "student_t(df, loc, scale)"),
    prior("unknown argument", "b ~ normal(mean = 0, std = 1)", "std", "sd"),
    prior("argument twice", "b ~ normal(0, mean = 1)", "mean"),
    prior("degrees of freedom zero", "b ~ student_t(0, 0, 1)", "df", "above 0"),
    prior("rate of an exponential zero", "sigma ~ exponential(0)", "rate", "above 0"),
    prior("rate negative", "sigma ~ exponential(-1)", "rate", "above 0"),
    prior("shape zero", "sigma ~ gamma(0, 1)", "shape", "above 0"),
    prior("ends of a uniform the wrong way round", "sigma ~ uniform(5, 1)", "uniform", "below"),
    prior("bounds that leave no room", "b ~ uniform(1, 1)", "uniform"),
    prior("lkj of zero", "cor ~ lkj(0)", "eta", "above 0"),
    prior("lkj negative", "cor ~ lkj(-1)", "eta", "above 0"),
    prior("constant that is not a number", "b[x] ~ constant(nan)", "nan"),
    prior("horseshoe of a negative ratio", "b ~ horseshoe(par_ratio = -1)", "par_ratio"),
    prior("r2d2 of a mean above one", "b ~ r2d2(mean_R2 = 1.5)", "mean_R2"),
    prior("truncated to nothing", "b ~ normal(0, 1) truncated to [2, 1]", "truncated", "2"),
    prior("truncated to a point", "b ~ normal(0, 1) truncated to [1, 1]", "truncated"),
    prior("truncated to where the distribution has nothing", "sigma ~ exponential(1) truncated to [-2, -1]",
          "-2"),
]  # fmt: skip

SUPPORTS = [
    prior("constant outside of the support", "sigma ~ constant(-1)", "sigma", "-1", "above 0"),
    prior("sd held at a negative number", "sd[g] ~ constant(-2)", "sd", "-2"),
    prior("probability held at two", "zi ~ constant(2)", "zi", "2", formula="k ~ x",
          family="zero_inflated_poisson"),
    prior("uniform outside of the support", "sigma ~ uniform(-2, -1)", "sigma"),
    prior("truncated outside of the support", "sd ~ normal(0, 1) truncated to [-2, -1]", "sd"),
    prior("lkj on slopes", "b ~ lkj(2)", "lkj", "b"),
    prior("normal on correlations", "cor ~ normal(0, 1)", "cor", "lkj"),
    prior("horseshoe on sigma", "sigma ~ horseshoe", "horseshoe", "sigma"),
    prior("horseshoe on one slope", "b[x] ~ horseshoe", "horseshoe", "b ~ horseshoe"),
    prior("horseshoe on nothing", "b ~ horseshoe", "b", formula="y ~ 1"),
    prior("r2d2 on an sd", "sd ~ r2d2", "r2d2", "sd"),
    prior("two priors of one parameter", ["sigma ~ exponential(1)", "sigma ~ exponential(2)"],
          "sigma has two priors", "Keep one of"),
    prior("two priors of one slope", "b[x] ~ normal(0, 1); b[x] ~ normal(5, 1)", "b[x] has two priors",
          "Keep one of"),
    prior("flat in a run of the prior alone", "sd ~ flat", "flat", "sd", prior_only=True),
]  # fmt: skip

SOURCES = [
    prior("a number", 5, "priors=5", "b[x] ~ normal(0, 1)"),
    prior("a list of numbers", [1, 2], "1"),
    prior("a dict of numbers", {"b": 1}, "'b'", "1"),
    prior("a dict of nothing", {"b": None}, "'b'", "None"),
    prior("a dict by numbers", {1: "normal(0, 1)"}, "1"),
    prior("a dict of tuples", {"b": ("normal", 0, 1)}, "normal(0, 1)"),
    prior("brms code", 'set_prior("normal(0, 1)", class = "b")', "b ~ normal(0, 1)"),
    prior("bambi code", {"x": "Normal(mu=0, sigma=1)"}, "Normal", "normal(mean, sd)"),
    prior("an equals sign", "b = normal(0, 1)", "="),
    prior("code", "b ~ normal(0, __import__('os').getpid())", "nothing in a prior is computed"),
    prior("arithmetic", "b ~ normal(0, 1/2)", "nothing in a prior is computed"),
    prior("a NUL", "b ~ normal(0, 1\0)", "\\x00"),
    prior("typographic minus", "b ~ normal(\u22121, 1)", "\u2212", "-"),
    prior("an unclosed parenthesis", "b ~ normal(0, 1", "not closed"),
    prior("two tildes", "b ~ ~ normal(0, 1)", "~"),
    prior("a very long statement", "b ~ normal(0, " + "1" * 190_000 + ")", "finite number, not 111"),
    prior("very deep brackets", "b" + "[" * 50_000 + " ~ flat", "["),
    prior("very many statements", "\n".join(["b ~ normal(0, 1)"] * 60_000), "1,019,999 characters"),
]  # fmt: skip

CASES = [*ADDRESSES, *VALUES, *SUPPORTS, *SOURCES]
