"""Which statement each parameter gets, and what is said of addresses that mean nothing."""

import pytest

from bayesformula.errors import PriorError
from bayesformula.model.build import refuse_flat
from model.small import ONE, F, X, group, make_design, make_model

ORDER = [
    "b_Intercept", "b_x", "b_f", "sd_g__Intercept", "sd_g__x", "sd_h__Intercept", "sd_h__x", "sd_h__f",
    "cor_g", "cor_h", "sigma",
]  # fmt: skip


def shown(model):
    return {row.parameter: row.statement for row in model.priors}


def test_rows_are_in_the_order_of_the_summary(model_of):
    model = model_of()
    assert [row.parameter for row in model.priors] == ORDER
    assert [row.kind for row in model.priors] == ["b"] * 3 + ["sd"] * 5 + ["cor"] * 2 + ["sigma"]
    assert [row.coef for row in model.priors] == [
        "Intercept",
        "x",
        "f",
        "Intercept",
        "x",
        "Intercept",
        "x",
        "f",
    ] + [""] * 3
    assert {row.predictor for row in model.priors} == {"mu", "sigma"}
    assert {row.source for row in model.priors} == {"default"}


# statements -> the rows that they change
INHERITANCE = {
    "b ~ normal(0, 1)": {"b_x": "b[x] ~ normal(0, 1)", "b_f": "b[f] ~ normal(0, 1)"},
    "b[x] ~ half_normal(2); b ~ normal(0, 1)": {"b_x": "b[x] ~ half_normal(2)", "b_f": "b[f] ~ normal(0, 1)"},
    "Intercept ~ normal(5, 2)": {"b_Intercept": "Intercept ~ normal(5, 2)"},
    "b[Intercept] ~ normal(5, 2)": {"b_Intercept": "Intercept ~ normal(5, 2)"},
    "mu.b[x] ~ flat": {"b_x": "b[x] ~ flat"},
    "Intercept[centered] ~ normal(5, 2)": {"b_Intercept": "Intercept[centred] ~ normal(5, 2)"},
    "sd[h, x] ~ exponential(3); sd[h] ~ exponential(2)": {
        "sd_h__Intercept": "sd[h, Intercept] ~ exponential(2)",
        "sd_h__x": "sd[h, x] ~ exponential(3)",
        "sd_h__f": "sd[h, f] ~ exponential(2)",
    },
    "cor[h] ~ lkj(1)": {"cor_h": "cor[h] ~ lkj(1)"},
    "cor[h, 1] ~ lkj(1)": {"cor_h": "cor[h] ~ lkj(1)"},
    "sigma ~ student_t(3, 0, 2.5)": {"sigma": "sigma ~ student_t(3, 0, 2.5) truncated to [0, inf)"},
    "sigma ~ uniform(-1, 5)": {"sigma": "sigma ~ uniform(0, 5)"},
    "sigma ~ uniform(0, 5)": {"sigma": "sigma ~ uniform(0, 5)"},
    "sigma ~ constant(2)": {"sigma": "sigma ~ constant(2)"},
    "sd[h, f] ~ flat": {"sd_h__f": "sd[h, f] ~ flat truncated to [0, inf)"},
}


@pytest.mark.parametrize("priors", INHERITANCE)
def test_the_most_specific_address_wins(priors, model_of):
    default, stated = shown(model_of()), shown(model_of(priors))
    changed = {name: text for name, text in stated.items() if text != default[name]}
    assert changed == INHERITANCE[priors]


@pytest.mark.parametrize("priors", INHERITANCE)
def test_the_order_of_statements_does_not_matter(priors, model_of):
    backwards = priors.split("; ")[::-1]
    assert shown(model_of(backwards)) == shown(model_of(priors))


def centred(model):
    return [row.parameter for row in model.priors if row.centred]


CENTRED = ["b_Intercept", "sd_g__Intercept", "sd_g__x", "cor_g"]


@pytest.mark.parametrize(
    ("priors", "expected"),
    [
        (None, CENTRED),
        ("b ~ normal(0, 1); sigma ~ exponential(1)", CENTRED),
        ("sd[h] ~ exponential(1)", CENTRED),
        ("Intercept ~ normal(0, 1)", CENTRED[1:]),
        ("sd[g, x] ~ exponential(1)", CENTRED[:1]),
        ("sd ~ exponential(1)", CENTRED[:1]),
        ("cor ~ lkj(2)", CENTRED[:1]),
        ("sd[g, x, centred] ~ exponential(1)", CENTRED),
        ("cor[g, centred] ~ lkj(3)", CENTRED),
    ],
)
def test_priors_at_the_means_hold_for_a_whole_term_or_not_at_all(priors, expected, model_of):
    """As soon as one prior of a group term is stated, all of the term's are on the reported parameters."""
    model = model_of(priors)
    assert centred(model) == expected
    g = model.groups[0]
    assert model.centred_positions(g) == ((0, 1) if "sd_g__x" in expected else ())


def test_terms_without_a_centred_form():
    """A lone intercept, an intercept-free block and `||` have no shift to take up."""
    design = make_design(
        group("g", ["Intercept", "x"], Intercept=ONE, x=X), group("h", ["x f"], x=X, f=F), Intercept=ONE
    )
    assert centred(make_model(design)) == []
    assert shown(make_model(design))["b_Intercept"].startswith("Intercept ~ ")


def test_several_correlated_blocks_have_numbers():
    design = make_design(
        group("g", ["Intercept x", "f h"], Intercept=ONE, x=X, f=F, h=F * X),
        Intercept=ONE,
    )
    model = make_model(design)
    assert [row.parameter for row in model.prior_rows("cor", "g")] == ["cor_g", "cor_g.2"]
    assert [row.address for row in model.prior_rows("cor", "g")] == ["cor[g, 1, centred]", "cor[g, 2]"]
    assert model.centred_positions(model.groups[0]) == (0, 1)
    stated = make_model(design, "cor[g, 2] ~ lkj(5); cor[g] ~ lkj(1)")
    assert [row.statement for row in stated.prior_rows("cor", "g")] == [
        "cor[g, 1] ~ lkj(1)",
        "cor[g, 2] ~ lkj(5)",
    ]


@pytest.mark.parametrize(
    "priors", [None, *INHERITANCE, "sd[g] ~ normal(0, 1); cor ~ lkj(3)", "sd[g, x, centred] ~ gamma(2, 1)"]
)
def test_the_rows_passed_back_give_the_same_rows(priors, model_of):
    model = model_of(priors)
    again = model_of([row.statement for row in model.priors])
    assert [(r.parameter, r.prior, r.centred) for r in again.priors] == [
        (r.parameter, r.prior, r.centred) for r in model.priors
    ]
    assert {row.source for row in again.priors} == {"stated"}
    assert model_of(model.priors) == again


ERRORS = {
    "b[xx] ~ flat": (
        "the model has no population coefficient 'xx'\n"
        "    b[xx] ~ flat\n"
        "    ^^^^^\n"
        "  Addresses of this model, nearest first:\n"
        "  b[x], b[f], sd[g, x], sd[h, x], sd[g], sd[h], cor[g], cor[h], ... (12 more)."
    ),
    "sd[gg] ~ flat": (
        "the model has no group 'gg'\n"
        "    sd[gg] ~ flat\n"
        "    ^^^^^^\n"
        "  Addresses of this model, nearest first:\n"
        "  sd[g], sd[h], sd[g, x], sd[h, x], sd[h, f], sd, cor[g], sd[g, Intercept], ... (12 more)."
    ),
    "b_x ~ flat": "b_x is a name of the summary; its address is b[x]",
    "sd_g__x ~ flat": "sd_g__x is a name of the summary; its address is sd[g, x]",
    "x ~ flat": "x is a column; the address of its coefficient is b[x]",
    "sd[g, z] ~ flat": "the group 'g' has no coefficient 'z'",
    "sigma[x] ~ flat": "the model has no parameter at sigma[x]",
    "Intercept[x] ~ flat": "the model has no parameter at Intercept[x]",
    "tau ~ flat": "the model has no parameter at tau",
    "cor[h, 2] ~ lkj(1)": "the model has no parameter at cor[h, 2]",
    "phi.b[x] ~ flat": "the model has no parameter phi with a formula of its own",
    "sigma.b[x] ~ normal(0, 1)": (
        "sigma has no formula of its own in this model, so it has no coefficients\n"
        "    sigma.b[x] ~ normal(0, 1)\n"
        "    ^^^^^^^^^^\n"
        "  Write sigma ~ exponential(0.334) for its prior."
    ),
    "sd[h, x, centred] ~ flat": (
        "sd[h, x, centred] does not exist: its group term has no centred form\n"
        "    sd[h, x, centred] ~ flat\n"
        "    ^^^^^^^^^^^^^^^^^\n"
        "  Write sd[h, x]. Only a correlated term with an intercept, as (1 + x | g),\n"
        "  can have its priors at the predictors' means."
    ),
    "sd[g, x, centred] ~ gamma(2, 1); cor ~ lkj(1)": (
        "sd[g, x, centred] and cor cannot both be stated for one term\n"
        "    sd[g, x, centred] ~ gamma(2, 1); cor ~ lkj(1)\n"
        "    ^^^^^^^^^^^^^^^^^\n"
        "  The priors of a term are either all on the reported parameters (at x = 0) or all at the\n"
        "  predictors' means: write `centred` in the addresses of all of them, or in none."
    ),
    "b ~ flat; b ~ normal(0, 1)": (
        "b has two priors\n"
        "    b ~ flat; b ~ normal(0, 1)\n"
        "              ^\n"
        "  Keep one of `b ~ flat` and `b ~ normal(0, 1)`."
    ),
    "Intercept ~ flat; Intercept[centred] ~ flat": (
        "Intercept[centred] has two priors, first as Intercept\n"
        "    Intercept ~ flat; Intercept[centred] ~ flat\n"
        "                      ^^^^^^^^^^^^^^^^^^\n"
        "  Keep one of `Intercept ~ flat` and `Intercept[centred] ~ flat`."
    ),
    "cor[g] ~ normal(0, 1)": (
        "the correlations of a group term have an lkj prior\n"
        "    cor[g] ~ normal(0, 1)\n"
        "             ^^^^^^^^^^^^\n"
        "  Write cor[g] ~ lkj(2)."
    ),
    "sd ~ lkj(2)": (
        "lkj is a prior of correlations only\n"
        "    sd ~ lkj(2)\n"
        "         ^^^^^^\n"
        "  Write sd ~ exponential(1), or cor ~ lkj(2)."
    ),
    "sigma ~ constant(0)": (
        "sigma is a standard deviation and must be above 0\n"
        "    sigma ~ constant(0)\n"
        "            ^^^^^^^^^^^\n"
        "  Write sigma ~ exponential(1)."
    ),
    "sd ~ uniform(-2, -1)": "sd is a standard deviation and must be above 0",
}


@pytest.mark.parametrize("priors", ERRORS)
def test_messages(priors, model_of):
    with pytest.raises(PriorError) as caught:
        model_of(priors)
    message = str(caught.value)
    expected = ERRORS[priors]
    assert (message if "\n" in expected else message.split("\n")[0]) == expected


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ("b ~ flat", "the model has no population coefficients but the intercept"),
        ("sd ~ exponential(1)", "the model has no group terms, so it has no sd"),
        ("sd[g] ~ exponential(1)", "the model has no group terms, so it has no sd"),
        ("cor ~ lkj(1)", "the model has no correlated group effects, so it has no cor"),
    ],
)
def test_broad_addresses_of_a_model_that_has_no_such_parameter(priors, message):
    with pytest.raises(PriorError) as caught:
        make_model(make_design(Intercept=ONE), priors)
    assert str(caught.value).split("\n")[0] == message


def test_an_intercept_that_is_not_there():
    with pytest.raises(PriorError, match=r"^the model has no intercept\n"):
        make_model(make_design(x=X), "Intercept ~ flat")


def test_effects_that_are_not_correlated_have_no_cor():
    design = make_design(group("g", ["Intercept", "x"], Intercept=ONE, x=X), group("h", ["x f"], x=X, f=F))
    with pytest.raises(PriorError, match=r"^the effects of 'g' are not correlated, so they have no cor\n"):
        make_model(design, "cor[g] ~ lkj(1)")


def test_an_intercept_alone_is_at_its_mean_already():
    model = make_model(make_design(Intercept=ONE), "Intercept[centred] ~ normal(0, 1)")
    assert model.priors[0].statement == "Intercept ~ normal(0, 1)"
    assert not model.priors[0].centred


def test_odd_names_can_be_addressed():
    names = {"Intercept": ONE, "f)": F, "a, b": X, "poly(x, 2)1": X**2, "`my var`": X**3, "centred": X**4}
    design = make_design(
        group("a:b", [" ".join(["Intercept", "centred"])], Intercept=ONE, centred=X), **names
    )
    model = make_model(design)
    assert [row.address for row in model.priors] == [
        "Intercept[centred]",
        "b[`f)`]",
        "b[`a, b`]",
        "b[poly(x, 2)1]",
        "b[`my var`]",
        "b[centred]",
        "sd[a:b, Intercept, centred]",
        "sd[a:b, centred, centred]",
        "cor[a:b, centred]",
        "sigma",
    ]
    again = make_model(design, [row.statement for row in model.priors])
    assert shown(again) == shown(model)
    stated = make_model(design, "b[poly(x,2)1] ~ flat; b[my var] ~ flat; sd[a : b, centred] ~ flat")
    assert [row.parameter for row in stated.priors if not row.is_default] == [
        "b_poly(x, 2)1",
        "b_`my var`",
        "sd_a:b__centred",
    ]


def test_prior_only_needs_proper_priors(model_of):
    refuse_flat(model_of("b ~ normal(0, 1)"))
    with pytest.raises(PriorError) as caught:
        refuse_flat(model_of("b ~ flat; sd[h, x] ~ flat"))
    assert str(caught.value) == (
        "a prior-only run needs proper priors, and these are flat: b[x], b[f], sd[h, x]\n"
        "  Write for instance b[x] ~ normal(0, 1), or leave the statement out for the default."
    )
