"""Families: every spelling of the one there is, and what is said of the others."""

import pytest

import bayesformula.families as families
from bayesformula.errors import BayesFormulaError, FamilyError
from bayesformula.families import FAMILIES, NOT_YET, Family, family_name, gaussian, resolve_family
from bayesformula.family_names import ALIASES, KNOWN, RELATIVES, known_name, plain_name

GAUSSIAN = Family("gaussian", (("mu", "identity"), ("sigma", "log")), "real")


@pytest.mark.parametrize(
    "family",
    [
        None,
        "gaussian",
        "Gaussian",
        " gaussian ",
        "gaussian()",
        "gaussian(identity)",
        "gaussian( link = 'identity' )",
        'gaussian("identity")',
        {"name": "gaussian"},
        {"name": "gaussian", "link": "identity"},
        {"name": "gaussian", "links": {"mu": "identity", "sigma": "log"}},
        {"name": "gaussian", "link": "identity", "link_sigma": "log"},
        gaussian,
        gaussian(),
        gaussian(link="identity"),
        GAUSSIAN,
    ],
    ids=str,
)
def test_every_spelling_is_the_same_family(family):
    assert resolve_family(family, "numeric") == GAUSSIAN


def test_links_are_reported_as_identity_where_a_parameter_has_no_formula():
    """Like brms: sigma is sampled as it is unless it is predicted."""
    assert GAUSSIAN.reported_links() == {"mu": "identity", "sigma": "identity"}
    assert GAUSSIAN.reported_links(("mu", "sigma")) == {"mu": "identity", "sigma": "log"}
    assert GAUSSIAN.link("sigma") == "log"
    assert GAUSSIAN.parameters == ("mu", "sigma")


def test_what_explain_prints_of_a_family_can_be_passed_back():
    links = GAUSSIAN.reported_links()
    assert resolve_family({"name": "gaussian", "links": links}).reported_links() == links


@pytest.mark.parametrize("kind", ["numeric", "count", "binary"])
def test_numbers_are_gaussian_by_default(kind):
    assert resolve_family(None, kind) == GAUSSIAN


@pytest.mark.parametrize(
    ("kind", "levels", "shown"),
    [
        ("text", ("a", "b", "c"), "text"),
        ("category", ("a", "b", "c"), "categorical"),
        ("ordered", ("low", "high"), "an ordered category"),
        ("bool", (), "true/false"),
        ("binary", ("FALSE", "TRUE"), "true/false"),
        ("binary", ("no", "yes"), "'yes' or not"),
    ],
)
def test_a_response_that_is_no_number_needs_a_family(kind, levels, shown):
    with pytest.raises(FamilyError) as caught:
        resolve_family(None, kind, levels=levels)
    assert str(caught.value) == (
        f"the response is {shown} and no family was given\n"
        "  Such a response is modelled by bernoulli (two levels), categorical (several) or cumulative\n"
        "  (ordered), which are not in this version: it fits numeric responses with family='gaussian'."
    )


def test_a_stated_gaussian_takes_true_and_false_as_numbers_but_no_text():
    assert resolve_family("gaussian", "binary", levels=("FALSE", "TRUE")) == GAUSSIAN
    with pytest.raises(FamilyError, match="needs a numeric response, and this one is text"):
        resolve_family("gaussian", "text")


ERRORS = {
    "gausian": (
        "there is no family 'gausian'\n  Families of this version: 'gaussian'. Did you mean 'gaussian'?"
    ),
    "foobar": "there is no family 'foobar'\n  Families of this version: 'gaussian'.",
    "normal": "there is no family 'normal': it is called 'gaussian' here\n  Write family='gaussian'.",
    "binomal": (
        "there is no family 'binomal'\n  Families of this version: 'gaussian'. Did you mean 'binomial'?"
    ),
    "logistic": (
        "there is no family 'logistic'\n"
        "  Families of this version: 'gaussian'. Logistic regression is family='bernoulli'."
    ),
    "quasipoisson": (
        "there is no family 'quasipoisson'\n"
        "  Families of this version: 'gaussian'. Counts that vary more than Poisson's are "
        "family='negbinomial'."
    ),
    "Gamma(log)": (
        "family 'Gamma' is not in this version\n"
        "  Families that are: 'gaussian'. A numeric response can be modelled with family='gaussian',\n"
        "  possibly after a transform, as in log(y) ~ x."
    ),
    "negative binomial": (
        "family 'negative binomial' (here called 'negbinomial') is not in this version\n"
        "  Families that are: 'gaussian'. A numeric response can be modelled with family='gaussian',\n"
        "  possibly after a transform, as in log(y) ~ x."
    ),
    "bernoulli(logit)": (
        "family 'bernoulli' is not in this version\n"
        "  Families that are: 'gaussian'. A numeric response can be modelled with family='gaussian',\n"
        "  possibly after a transform, as in log(y) ~ x."
    ),
    "gaussian(log)": "family 'gaussian' has no link 'log' for mu in this version\n  Links of mu: 'identity'.",
    "gaussian(": (
        "family='gaussian(' cannot be read\n  Write family='gaussian' or family='gaussian(identity)'."
    ),
}


@pytest.mark.parametrize("text", ERRORS)
def test_messages_in_full(text):
    with pytest.raises(FamilyError) as caught:
        resolve_family(text)
    assert str(caught.value) == ERRORS[text]
    assert isinstance(caught.value, BayesFormulaError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "family",
    [3, {"link": "identity"}, {"name": "gaussian", "lnk": "log"}, "", "a b", "gaussian(a)(b)", "(log)", len],
)
def test_what_is_no_family_is_refused(family):
    with pytest.raises(FamilyError):
        resolve_family(family)


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_names_of_the_wider_field_are_refused_as_such(name):
    assert name not in FAMILIES
    with pytest.raises(FamilyError, match="is not in this version"):
        resolve_family(name)


def test_a_family_of_the_table_has_a_constructor_of_its_name():
    for name, record in FAMILIES.items():
        assert getattr(families, name)() == record.family


# ---- names -------------------------------------------------------------------------------------------

SPELLINGS = [
    ("gaussian", "gaussian"),
    (" Gaussian ", "gaussian"),
    ("normal", "gaussian"),
    ("Gamma", "gamma"),
    ("Gamma(log)", "gamma"),
    ("Gamma(link = 'log')", "gamma"),
    ("inverse.gaussian", "inverse_gaussian"),
    ("negative binomial", "negbinomial"),
    ("Negative.Binomial", "negbinomial"),
    ("negativebinomial", "negbinomial"),
    ("nb", "negbinomial"),
    ("nbinom2", "negbinomial"),
    ("t", "student"),
    ("betabinomial", "beta_binomial"),
    ({"name": "poisson", "link": "log"}, "poisson"),
    (gaussian, "gaussian"),
    (gaussian(), "gaussian"),
    ("logistic", None),
    ("binomal", None),
    ({"link": "log"}, None),
    (None, None),
    (3, None),
]


@pytest.mark.parametrize(("family", "name"), SPELLINGS, ids=[str(family) for family, _ in SPELLINGS])
def test_spellings_of_r_and_python_name_one_family(family, name):
    assert family_name(family) == name


def test_the_tables_of_names_do_not_contradict_each_other():
    """An alias is of a family, a relative is none, and all are spelled as they are looked up."""
    assert set(ALIASES.values()) <= set(KNOWN)
    assert not set(ALIASES) & set(KNOWN)
    assert not set(RELATIVES) & (set(KNOWN) | set(ALIASES))
    for name in (*KNOWN, *ALIASES, *RELATIVES):
        assert plain_name(name) == name
    assert all(known_name(name) == name for name in KNOWN)


def test_families_of_this_version_are_as_the_names_have_them():
    for name, record in FAMILIES.items():
        assert KNOWN[name].support == record.family.support
        assert KNOWN[name].parameters == record.family.parameters


@pytest.mark.parametrize("alias", ALIASES)
def test_another_packages_name_is_told_ours(alias):
    with pytest.raises(FamilyError, match=f"called '{ALIASES[alias]}'"):
        resolve_family(alias)
