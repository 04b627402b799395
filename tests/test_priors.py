"""Prior statements: what they read as, how they print, and what is said of those that cannot be read."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesformula.errors import BayesFormulaError, PriorError
from bayesformula.prior_text import parse_priors
from bayesformula.priors import (
    DISTRIBUTIONS,
    NONE,
    Address,
    NameIndex,
    Prior,
    PriorRow,
    Statement,
    check_ordered,
    exact_number,
    quote,
    unquote,
)

# text -> (predictor, head, parts), prior
STATEMENTS = {
    "Intercept ~ normal(5, 2)": (("", "Intercept"), Prior("normal", (5.0, 2.0))),
    "Intercept[centred] ~ normal(0, 10)": (("", "Intercept", "centred"), Prior("normal", (0.0, 10.0))),
    "b ~ normal(0, 1)": (("", "b"), Prior("normal", (0.0, 1.0))),
    "b[afternoon]~normal(-1,.5)": (("", "b", "afternoon"), Prior("normal", (-1.0, 0.5))),
    "b[poly(x, 2)1] ~ flat": (("", "b", "poly(x, 2)1"), Prior("flat", ())),
    "b[`a, b`] ~ flat()": (("", "b", "`a, b`"), Prior("flat", ())),
    "b[f[1, 2] z] ~ flat": (("", "b", "f[1, 2] z"), Prior("flat", ())),
    "b[a1:b2] ~ laplace(0, scale = 1)": (("", "b", "a1:b2"), Prior("laplace", (0.0, 1.0))),
    "b[x] ~ constant(1)": (("", "b", "x"), Prior("constant", (1.0,))),
    "b[x] ~ cauchy(scale=2.5, loc=+0)": (("", "b", "x"), Prior("cauchy", (0.0, 2.5))),
    "b[größe] ~ normal(mu = 0, sigma = 1)": (("", "b", "größe"), Prior("normal", (0.0, 1.0))),
    "sd ~ student_t(3, 0, 2.5)": (("", "sd"), Prior("student_t", (3.0, 0.0, 2.5))),
    "sd ~ student_t(3, 0, 1) truncated to [0, inf)": (
        ("", "sd"),
        Prior("student_t", (3.0, 0.0, 1.0), lower=0.0),
    ),
    "sd ~ exponential(1) truncated to [0, inf)": (("", "sd"), Prior("exponential", (1.0,))),
    "sd[ cafe , afternoon ] ~ half_normal(0.5)": (
        ("", "sd", "cafe", "afternoon"),
        Prior("half_normal", (0.5,)),
    ),
    "sd[region:group, I(x^2)] ~ half_cauchy(1)": (
        ("", "sd", "region:group", "I(x^2)"),
        Prior("half_cauchy", (1.0,)),
    ),
    "sd[g] ~ half_student_t(nu = 3, sigma = 1)": (("", "sd", "g"), Prior("half_student_t", (3.0, 1.0))),
    "sd[school] ~ uniform(0, 1e2)": (("", "sd", "school"), Prior("uniform", (0.0, 100.0))),
    "sd[g] ~ inv_gamma(3, 2.)": (("", "sd", "g"), Prior("inv_gamma", (3.0, 2.0))),
    "sd[g, x, centred] ~ gamma(2, 1)": (("", "sd", "g", "x", "centred"), Prior("gamma", (2.0, 1.0))),
    "sd[g] ~ beta(1, 2)": (("", "sd", "g"), Prior("beta", (1.0, 2.0))),
    "cor ~ lkj(2)": (("", "cor"), Prior("lkj", (2.0,))),
    "cor[cafe, centered] ~ lkj(eta=4)": (("", "cor", "cafe", "centered"), Prior("lkj", (4.0,))),
    "sigma ~ exponential(rate = 1)": (("", "sigma"), Prior("exponential", (1.0,))),
    "sigma.b[x] ~ normal(0, 1)": (("sigma", "b", "x"), Prior("normal", (0.0, 1.0))),
    "b ~\n  normal(0, 1)": (("", "b"), Prior("normal", (0.0, 1.0))),
    "sigma.Intercept ~ logistic(0, 1)": (("sigma", "Intercept"), Prior("logistic", (0.0, 1.0))),
    "sigma.Intercept[centred] ~ flat": (("sigma", "Intercept", "centred"), Prior("flat", ())),
    "Intercept[1] ~ normal(-1, 1)": (("", "Intercept", "1"), Prior("normal", (-1.0, 1.0))),
    "bcs[x] ~ double_exponential(0, 1)": (("", "bcs", "x"), Prior("laplace", (0.0, 1.0))),
    "bcs[x, 1] ~ flat": (("", "bcs", "x", "1"), Prior("flat", ())),
    "sd[g, sigma_Intercept] ~ lognormal(meanlog = 0, sdlog = 1)": (
        ("", "sd", "g", "sigma_Intercept"),
        Prior("lognormal", (0.0, 1.0)),
    ),
    "shape ~ gamma(2, 0.1)": (("", "shape"), Prior("gamma", (2.0, 0.1))),
    "zi ~ normal(0.2, 0.1) truncated to [0, 1]": (("", "zi"), Prior("normal", (0.2, 0.1), 0.0, 1.0)),
    "b[x] ~ normal(0, 1) truncated to (-inf, -0.5]": (
        ("", "b", "x"),
        Prior("normal", (0.0, 1.0), None, -0.5),
    ),
    "b[x] ~ normal(0, 1) truncated to (-inf, inf)": (("", "b", "x"), Prior("normal", (0.0, 1.0))),
    "shape ~ gamma(2, 1) truncated to (-inf, 9]": (("", "shape"), Prior("gamma", (2.0, 1.0), 0.0, 9.0)),
    "quantile ~ flat truncated to [0, 1]": (("", "quantile"), Prior("uniform", (0.0, 1.0))),
    "power ~ uniform(0, 1.5) truncated to [1, 2]": (("", "power"), Prior("uniform", (1.0, 1.5))),
    "b ~ horseshoe": (("", "b"), Prior("horseshoe", (1.0, 1.0, 1.0, 4.0, 2.0, 0.0))),
    "sigma.b ~ horseshoe(3, scale_slab = 1, par_ratio = 0.1)": (
        ("sigma", "b"),
        Prior("horseshoe", (3.0, 1.0, 1.0, 4.0, 1.0, 0.1)),
    ),
    "b ~ horseshoe(par_ratio = none)": (("", "b"), Prior("horseshoe", (1.0, 1.0, 1.0, 4.0, 2.0, 0.0))),
    "b ~ R2D2(mean_R2 = 0.3)": (("", "b"), Prior("r2d2", (0.3, 2.0, 0.5))),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_reads_as(text):
    (predictor, head, *parts), prior = STATEMENTS[text]
    assert parse_priors(text) == (Statement(Address(predictor, head, tuple(parts)), prior),)


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_prints_as_itself(text):
    (statement,) = parse_priors(text)
    assert parse_priors(statement.render()) == (statement,)


FILE = """
# population
b ~ normal(0, 1); b[x] ~ flat   # no idea

sd[cafe] ~ exponential(1);;
sigma ~ exponential(1)"""
IN_FILE = ["b ~ normal(0, 1)", "b[x] ~ flat", "sd[cafe] ~ exponential(1)", "sigma ~ exponential(1)"]


@pytest.mark.parametrize(
    "source",
    [
        FILE,
        FILE.replace("\n", "\r\n"),
        IN_FILE,
        tuple(IN_FILE),
        (text for text in IN_FILE),
        dict(text.split(" ~ ") for text in IN_FILE),
        [{"address": text.split(" ~ ")[0], "prior": text.split(" ~ ")[1], "reason": "-"} for text in IN_FILE],
        [dict([text.split(" ~ ")]) for text in IN_FILE],
        {
            "b": Prior("normal", (0.0, 1.0)),
            "b[x]": "flat",
            "sd[cafe]": "exponential(1)",
            "sigma": "exponential(1)",
        },
        parse_priors(IN_FILE),
    ],
    ids=lambda source: type(source).__name__,
)
def test_every_source_gives_the_same_statements(source):
    assert [statement.render() for statement in parse_priors(source)] == IN_FILE


@pytest.mark.parametrize("source", [None, "\n # nothing\n;", ["# none yet"], [], {}, ()])
def test_nothing_stated(source):
    assert parse_priors(source) == ()


HOW = (
    "  A statement is `address ~ distribution(numbers)`, "
    "as in `b[x] ~ normal(0, 1)` or `sd ~ exponential(1)`."
)
COMPUTED = (
    "  Arguments are numbers, separated by commas: nothing in a prior is computed, work them out first."
)
BOUNDS = "  Write `normal(0, 1) truncated to [0, 1]`, with (-inf or inf) where there is no bound."
ERRORS = {
    "b = normal(0, 1)": f"unexpected `=` in a prior\n    b = normal(0, 1)\n      ^ expected `~`\n{HOW}",
    "b": f"the statement ends too early\n    b\n     ^ expected `~`\n{HOW}",
    "b ~": f"the statement ends too early\n    b ~\n       ^ expected a distribution\n{HOW}",
    "b ~ 1": f"unexpected `1` in a prior\n    b ~ 1\n        ^ expected a distribution\n{HOW}",
    "~ flat": f"unexpected `~` in a prior\n    ~ flat\n    ^ expected an address\n{HOW}",
    "b ~ normal(0 1)": (
        f"unexpected `1` in a prior\n    b ~ normal(0 1)\n                 ^ expected `,` or `)`\n{COMPUTED}"
    ),
    "b ~ normal(0, 2 * 3)": (
        "unexpected `*` in a prior\n"
        "    b ~ normal(0, 2 * 3)\n"
        f"                    ^ expected `,` or `)`\n{COMPUTED}"
    ),
    "b ~ normal(0, __import__('os'))": (
        "unexpected `(` in a prior\n"
        "    b ~ normal(0, __import__('os'))\n"
        f"                            ^ expected `,` or `)`\n{COMPUTED}"
    ),
    "b ~ normal(0, 1\nsigma ~ flat": (
        "`(` is not closed\n"
        "    b ~ normal(0, 1\n"
        "              ^\n"
        "  Write sd[cafe, afternoon] ~ half_normal(1), each statement on one line."
    ),
    "b[x ~ flat": (
        "`[` is not closed\n"
        "    b[x ~ flat\n"
        "     ^\n"
        "  Write sd[cafe, afternoon] ~ half_normal(1), each statement on one line."
    ),
    "b[] ~ flat": (
        "unexpected `]` in a prior\n"
        "    b[] ~ flat\n"
        "      ^ expected a name\n"
        "  Names stand in brackets, separated by commas: sd[cafe], sd[cafe, afternoon]."
    ),
    "sd(cafe) ~ flat": (
        "unexpected `(` in a prior\n"
        "    sd(cafe) ~ flat\n"
        "      ^ expected `~` or `[`\n"
        "  Names stand in square brackets: write sd[cafe], not sd(cafe)."
    ),
    "sd ~ half-normal(1)": (
        "unexpected `-` in a prior\n"
        "    sd ~ half-normal(1)\n"
        "             ^ expected the end\n"
        "  Names of distributions have `_`: write half_normal(1), not half-normal(1)."
    ),
    "b ~ flat sd ~ flat": (
        "unexpected `sd` in a prior\n"
        "    b ~ flat sd ~ flat\n"
        "             ^^ expected the end\n"
        "  Separate statements by `;` or a new line; a prior is one distribution."
    ),
    "b ~ nromal(0, 1)": (
        "there is no distribution 'nromal'\n"
        "    b ~ nromal(0, 1)\n"
        "        ^^^^^^\n"
        "  Distributions, nearest first:\n"
        "  normal(mean, sd), lognormal(mu, sigma), half_normal(scale), uniform(lower, upper),\n"
        "  inv_gamma(shape, scale), gamma(shape, rate), exponential(rate), laplace(loc, scale),\n"
        "  constant(value),\n"
        "  horseshoe(df = 1, scale_global = 1, df_global = 1, df_slab = 4, scale_slab = 2, "
        "par_ratio = none),\n"
        "  half_cauchy(scale), lkj(eta), half_student_t(df, scale), beta(a, b), flat,\n"
        "  r2d2(mean_R2 = 0.5, prec_R2 = 2, cons_D2 = 0.5), cauchy(loc, scale), logistic(loc, scale),\n"
        "  student_t(df, loc, scale)."
    ),
    "b ~ normal(0)": (
        "normal takes 2 arguments, and 1 is given\n"
        "    b ~ normal(0)\n"
        "        ^^^^^^^^^\n"
        "  Write normal(mean, sd)."
    ),
    "b ~ flat(1)": (
        "flat takes no arguments, and 1 is given\n    b ~ flat(1)\n        ^^^^^^^\n  Write flat."
    ),
    "cor ~ lkj": "lkj takes 1 argument, and none is given\n    cor ~ lkj\n          ^^^\n  Write lkj(eta).",
    "b ~ normal(0, -1)": (
        "the sd of normal must be above 0, not -1\n"
        "    b ~ normal(0, -1)\n"
        "                  ^^\n"
        "  Write normal(mean, sd) with sd above 0."
    ),
    "b ~ normal(0, inf)": (
        "the sd of normal must be a finite number, not inf\n"
        "    b ~ normal(0, inf)\n"
        "                  ^^^\n"
        "  Numbers are written out, as in 2.5 or 1e-3; for a prior without bounds write `flat`."
    ),
    "b ~ normal(sd = 1, 0)": (
        "an argument without a name cannot follow one with a name\n"
        "    b ~ normal(sd = 1, 0)\n"
        "                       ^\n"
        "  Write normal(mean, sd), with or without the names."
    ),
    "b ~ normal(0, tau = 1)": (
        "normal has no argument 'tau'\n"
        "    b ~ normal(0, tau = 1)\n"
        "                  ^^^\n"
        "  Write normal(mean, sd): the arguments are 'mean', 'sd'."
    ),
    "sd ~ exponential(scale = 2)": (
        "exponential has no argument 'scale'\n"
        "    sd ~ exponential(scale = 2)\n"
        "                     ^^^^^\n"
        "  Write exponential(rate): the arguments are 'rate'. The rate is 1 / scale."
    ),
    "sd ~ uniform(3, 2)": (
        "the lower end of a uniform must be below its upper end\n"
        "    sd ~ uniform(3, 2)\n"
        "         ^^^^^^^^^^^^^\n"
        "  Write uniform(lower, upper), as in uniform(0, 10)."
    ),
    "b ~ normal(0, 1) truncated to [1, 0]": (
        "the lower bound must be below the upper bound\n"
        "    b ~ normal(0, 1) truncated to [1, 0]\n"
        "                     ^^^^^^^^^^^^^^^^^^^\n"
        f"{BOUNDS}"
    ),
    "b ~ normal(0, 1) truncated to [-inf, 1]": (
        "unexpected `-` in a prior\n"
        "    b ~ normal(0, 1) truncated to [-inf, 1]\n"
        "                                   ^\n"
        f"{BOUNDS}"
    ),
    "b ~ normal(0, 1) truncated to [0, 1e999]": (
        "a bound must be a finite number\n"
        "    b ~ normal(0, 1) truncated to [0, 1e999]\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^^^\n"
        f"{BOUNDS}"
    ),
    "b ~ uniform(2, 3) truncated to [0, 1]": (
        "nothing of uniform(2, 3) lies in [0, 1]\n"
        "    b ~ uniform(2, 3) truncated to [0, 1]\n"
        "                      ^^^^^^^^^^^^^^^^^^^\n"
        "  Leave the truncation out."
    ),
    "b ~ horseshoe(1) truncated to [0, inf)": (
        "horseshoe cannot be truncated\n"
        "    b ~ horseshoe(1) truncated to [0, inf)\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^\n"
        "  Leave the truncation out."
    ),
    "b ~ horseshoe(0)": (
        "the df of horseshoe must be above 0, not 0\n"
        "    b ~ horseshoe(0)\n"
        "                  ^\n"
        "  Leave it out, or write for example df = 1."
    ),
    "b ~ r2d2(1.5)": (
        "the mean_R2 of r2d2 must lie between 0 and 1, not be 1.5\n"
        "    b ~ r2d2(1.5)\n"
        "             ^^^\n"
        "  Leave it out, or write for example mean_R2 = 0.5."
    ),
    "b ~ horseshoe(scale_global = 2, par_ratio = 0.1)": (
        "scale_global and par_ratio of horseshoe say the same thing twice\n"
        "    b ~ horseshoe(scale_global = 2, par_ratio = 0.1)\n"
        "        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  par_ratio, how many coefficients matter over how many do not, sets scale_global:\n"
        "  write horseshoe(par_ratio = 0.1) or horseshoe(scale_global = 0.1)."
    ),
    "": f"the text of the priors is empty\n{HOW}\n  For the default priors give none at all.",
}


@pytest.mark.parametrize("text", ERRORS)
def test_messages_in_full(text):
    with pytest.raises(PriorError) as caught:
        parse_priors(text)
    assert str(caught.value) == ERRORS[text]
    assert isinstance(caught.value, BayesFormulaError)


@pytest.mark.parametrize(
    "source",
    [
        3,
        [3],
        {"b": 1},
        {1: "flat"},
        {"b": "flat; sd ~ flat"},
        {"b ~ flat\nsd": "flat"},
        {"b": {"x": "normal(0, 1)"}},
        ["b ~ flat", ""],
        {"": "flat"},
        {"b": ""},
        " ; ",
        "b ~ normal(0, 1) truncated to [0, 0]",
        "b ~ normal(0, 1) truncated to [0, nan]",
        "b ~ normal(0, 1) truncated to [0; 1]",
        "b ~ gamma(2, 1) truncated to (-inf, -1]",
        "b ~ lkj(1) truncated to [0, 1]",
        "b ~ horseshoe(scale_global = none)",
        "b ~ horseshoe(1, 1, 1, 1, 1, 1, 1)",
        "b ~ dirichlet(1)",
        "a.b.c ~ flat",
        "b[1][2] ~ flat",
        "b ~ normal(nan, 1)",
        "b ~ normal(0, 1e999)",
        "b ~ normal(0, 0)",
        "b ~ normal(0, 1, 2)",
        "b ~ normal(sd = 1, sd = 2)",
        "b ~ normal(0, mean = 1)",
        "b ~ student_t(-3, 0, 1)",
        "b ~ uniform(1, 1)",
        "b ~ uniform(-2, -1) truncated to [0, inf)",
        "b ~ constant(2) truncated to [0, inf)",
        "cor ~ lkj(0)",
        "b[x, ] ~ flat",
        "b[x]] ~ flat",
        "b[`x] ~ flat",
        "b[x ~ flat]",
        "b ~ normal(0, 1) + 2",
        "b ~ normal(0, 1) truncated at 0",
        "b ~ normal(0, x)",
        "2 ~ flat",
        "b ~ (1)",
        "b[" + "(" * 5000 + "x ~ flat",
    ],
    ids=lambda source: str(source)[:40],
)
def test_what_cannot_be_read_is_refused(source):
    with pytest.raises(PriorError):
        parse_priors(source)


def test_deep_brackets_are_no_recursion():
    name = "f(" * 3000 + "x" + ")" * 3000
    (statement,) = parse_priors(f"b[{name}] ~ flat")
    assert statement.address.parts == (name,)


# ---- printing ----------------------------------------------------------------------------------------

numbers = st.floats(allow_nan=False, allow_infinity=False)
above_zero = st.floats(min_value=1e-300, max_value=1e300)
inside = st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)


@st.composite
def priors(draw):
    record = draw(st.sampled_from(list(DISTRIBUTIONS.values())))
    values = [draw(above_zero if name in record.positive else numbers) for name in record.arguments]
    values = [
        draw(inside) if name in record.unit else v for name, v in zip(record.arguments, values, strict=True)
    ]
    if record.name == "uniform":
        values = sorted(draw(st.lists(numbers, min_size=2, max_size=2, unique=True)))
    if record.name == "horseshoe":  # par_ratio and scale_global do not go together
        place, usual = draw(st.sampled_from([(1, 1.0), (-1, NONE)]))
        values[place] = usual
    prior = Prior(record.name, tuple(values))
    low, high = draw(st.none() | numbers), draw(st.none() | numbers)
    try:
        return prior if record.name == "constant" else prior.truncated_to(low, high)
    except ValueError:
        return prior


@given(priors())
def test_a_prior_prints_as_text_that_reads_back_to_the_last_bit(prior):
    (statement,) = parse_priors(f"b ~ {prior}")
    assert statement.prior == prior


@given(priors(), st.none() | numbers, st.none() | numbers)
def test_truncating_leaves_what_lies_inside_and_twice_is_once(prior, low, high):
    try:
        truncated = prior.truncated_to(low, high)
    except ValueError:
        return
    assert truncated.truncated_to(low, high) == truncated
    lower, upper = truncated.support()
    assert lower == max(prior.support()[0], -math.inf if low is None else low)
    assert upper == min(prior.support()[1], math.inf if high is None else high)


@given(numbers)
def test_a_number_prints_as_text_that_reads_back(value):
    assert float(exact_number(value)) == value


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1))
def test_any_name_can_be_addressed(name, other):
    """Columns are named after levels, which are any text."""
    (statement,) = parse_priors(f"sd[{quote(name)}, {quote(name)}] ~ flat # {quote('x')}")
    assert [NameIndex([name]).find(part) for part in statement.address.parts] == [name, name]
    assert NameIndex([other, name]).find(quote(name)) == name


def test_names_are_quoted_only_where_they_must_be():
    plain = [
        "x",
        "poly(x, 2)1",
        "a1:b2",
        "I(x^2)",
        "`my var`",
        "log(`my var`)",
        "GenderNot male",
        "(Days > 4)TRUE",
    ]
    assert [quote(name) for name in plain] == plain
    assert quote("a, b") == "`a, b`"
    assert quote("f)") == "`f)`"
    assert quote("a`b") == "`a\\`b`"
    assert unquote("`a\\`b`") == "a`b"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("poly(x,2)1", "poly(x, 2)1"),
        ("poly( x , 2 )1", "poly(x, 2)1"),
        ("my var", "`my var`"),
        ("`my var`", "my var"),
        ("fa b", "fa b"),
        ("fab", "fab"),
    ],
)
def test_blanks_and_backquotes_do_not_matter_unless_they_tell_names_apart(part, name):
    assert NameIndex([name, "other"]).find(part) == name


def test_a_part_that_could_mean_two_names_means_neither():
    assert NameIndex(["fab", "fa b"]).find("f a b") is None


def test_display_is_short_and_render_exact():
    prior = Prior("normal", (1 / 3, 2e-7))
    assert prior.display() == "normal(0.3333, 2e-07)"
    assert prior.render() == "normal(0.3333333333333333, 2e-07)"


# ---- truncation --------------------------------------------------------------------------------------

TRUNCATED = [
    ("half_normal(1)", 0, None, "half_normal(1)"),
    ("beta(1, 1)", 0, 1, "beta(1, 1)"),
    ("uniform(0.2, 0.8)", 0, 1, "uniform(0.2, 0.8)"),
    ("uniform(-1, 5)", 0, None, "uniform(0, 5)"),
    ("constant(0.5)", 0, 1, "constant(0.5)"),
    ("normal(0, 1)", None, None, "normal(0, 1)"),
    ("normal(0, 1)", 0, None, "normal(0, 1) truncated to [0, inf)"),
    ("normal(0, 1)", None, 1, "normal(0, 1) truncated to (-inf, 1]"),
    ("normal(0, 1) truncated to [-1, 0.5]", 0, 1, "normal(0, 1) truncated to [0, 0.5]"),
    ("gamma(2, 0.1)", 1, None, "gamma(2, 0.1) truncated to [1, inf)"),
    ("gamma(2, 0.1) truncated to [1, inf)", 0, None, "gamma(2, 0.1) truncated to [1, inf)"),
    ("exponential(1)", 0, 1, "exponential(1) truncated to [0, 1]"),
    ("beta(2, 3)", 0.5, None, "beta(2, 3) truncated to [0.5, 1]"),
    ("flat", 0, None, "flat truncated to [0, inf)"),
    ("flat", 0, 1, "uniform(0, 1)"),
    ("uniform(2, 3)", 0, 1, "nothing of uniform(2, 3) lies in [0, 1]"),
    ("uniform(0, 1)", 1, None, "nothing of uniform(0, 1) lies in [1, inf)"),
    ("beta(1, 1)", 1, None, "nothing of beta(1, 1) lies in [1, inf)"),
    ("constant(2)", 0, 1, "nothing of constant(2) lies in [0, 1]"),
    ("constant(-2)", None, -3, "nothing of constant(-2) lies in (-inf, -3]"),
    ("lkj(2)", 0, None, "lkj is no prior of one parameter"),
    ("horseshoe(1)", 0, None, "horseshoe is no prior of one parameter"),
]


@pytest.mark.parametrize(("text", "low", "high", "expected"), TRUNCATED, ids=lambda value: str(value))
def test_truncation_to_the_support_of_a_parameter(text, low, high, expected):
    prior = parse_priors(f"zi ~ {text}")[0].prior
    try:
        found = prior.truncated_to(low, high).render()
    except ValueError as error:
        found = str(error)
    assert found == expected


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["normal(0, 1)", "student_t(3, 0, 1)", "flat"], None),
        (["constant(-1)", "constant(1)"], None),
        ([], None),
        (
            ["constant(1)", "constant(1)"],
            "constant thresholds must increase, and these are 1, 1",
        ),
        (
            ["constant(1)", "normal(0, 1)"],
            "thresholds are either all constant or none is: they hold each other in order",
        ),
        (
            ["normal(0, 1)", "gamma(2, 1)"],
            "a threshold may be any number, and gamma(2, 1) is not a prior of any number",
        ),
        (
            ["normal(0, 1) truncated to [0, inf)"],
            "a threshold may be any number, and normal(0, 1) truncated to [0, inf) is not a prior of any "
            "number",
        ),
    ],
    ids=str,
)
def test_which_priors_increasing_thresholds_may_have(texts, message):
    assert check_ordered([parse_priors(f"Intercept ~ {text}")[0].prior for text in texts]) == message


# ---- joint priors ------------------------------------------------------------------------------------


def test_a_table_lists_a_joint_prior_with_each_coefficient():
    """What `fit.priors` shows reads back as one statement."""
    prior = Prior("horseshoe", (1.0, 1.0, 1.0, 4.0, 2.0, 0.1))
    rows = [
        PriorRow(f"b_{x}", "b", "mu", "", x, prior, False, False, "stated", "b")
        for x in ("x", "z")
    ]  # fmt: skip
    assert [statement.render() for statement in parse_priors(rows)] == [
        "b ~ horseshoe(df = 1, par_ratio = 0.1)"
    ]
    assert len(parse_priors(["b ~ normal(0, 1)", "b ~ normal(0, 1)"])) == 2  # the resolver refuses these


def test_a_number_in_a_dict_is_shown_as_a_constant():
    with pytest.raises(PriorError) as caught:
        parse_priors({"quantile": 0.25})
    assert str(caught.value) == (
        "{'quantile': 0.25} is not a prior\n"
        "  For a parameter that is known write {'quantile': 'constant(0.25)'}."
    )


def test_the_page_of_the_language_names_every_distribution_and_its_statements_are_read():
    text = (Path(__file__).parents[1] / "grammar" / "README.md").read_text(encoding="utf-8")
    text = text[text.index("# Prior statements") :]
    for record in DISTRIBUTIONS.values():
        assert f"`{record.signature}`" in text, record.name
    examples = re.findall(r"^    (\S.*? ~ \w+(?:\([^)]*\))?(?: truncated to \[.*?\])?)", text, re.MULTILINE)
    assert len(examples) > 10
    for example in examples:
        assert parse_priors(example)
