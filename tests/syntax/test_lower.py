"""What formulas mean: R's `terms()` for the population part, lme4 and brms for the group part."""

from pathlib import Path

import pytest

from bayesformula.syntax.ast import Name
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import render_expression


def spec(text):
    return lower(parse(text))


def labels(terms):
    return [term.label for term in terms]


# formula, intercept, labels of the terms: as R's terms() gives them
TERMS = [
    ("y ~ 1", True, []),
    ("y ~ 0", False, []),
    ("y ~ x", True, ["x"]),
    ("y ~ 0 + x", False, ["x"]),
    ("y ~ x + 0", False, ["x"]),
    ("y ~ x - 1", False, ["x"]),
    ("y ~ -1 + x", False, ["x"]),
    ("y ~ x + -1", False, ["x"]),
    ("y ~ 0 + 1 + x", True, ["x"]),
    ("y ~ 1 + x - 1 + 1", True, ["x"]),
    ("y ~ x - 0", True, ["x"]),
    ("y ~ x - -1", True, ["x"]),
    ("y ~ x - -0", False, ["x"]),
    ("y ~ x - +1", False, ["x"]),
    ("y ~ x + +0", False, ["x"]),
    ("y ~ x - (-1)", True, ["x"]),
    ("y ~ -0", True, []),
    ("y ~ 1 - (0 + x)", True, []),
    ("y ~ 0 + x - 0", True, ["x"]),
    ("y ~ x - (1 + z)", False, ["x"]),
    ("y ~ a + b + a", True, ["a", "b"]),
    ("y ~ a:b", True, ["a:b"]),
    ("y ~ a:b + b:a", True, ["a:b"]),
    ("y ~ b:a + a", True, ["a", "b:a"]),
    ("y ~ a:a", True, ["a"]),
    ("y ~ a*b", True, ["a", "b", "a:b"]),
    ("y ~ a*b*c", True, ["a", "b", "c", "a:b", "a:c", "b:c", "a:b:c"]),
    ("y ~ a*b - a", True, ["b", "a:b"]),
    ("y ~ a*b - b", True, ["a", "a:b"]),
    ("y ~ b*a - b", True, ["a", "b:a"]),
    ("y ~ a*b*c - a:b:c", True, ["a", "b", "c", "a:b", "a:c", "b:c"]),
    ("y ~ a/b", True, ["a", "a:b"]),
    ("y ~ a/b/c", True, ["a", "a:b", "a:b:c"]),
    ("y ~ (a + b)/c", True, ["a", "b", "a:b:c"]),
    ("y ~ a/(b + c)", True, ["a", "a:b", "a:c"]),
    ("y ~ b %in% a", True, ["b:a"]),
    ("y ~ a + b %in% a", True, ["a", "a:b"]),
    ("y ~ (a + b) %in% (c + d)", True, ["a:c:d", "b:c:d"]),
    ("y ~ (a + b + c)^2", True, ["a", "b", "c", "a:b", "a:c", "b:c"]),
    ("y ~ (a + b + c)**2", True, ["a", "b", "c", "a:b", "a:c", "b:c"]),
    ("y ~ (a + b + c)^3 - a:b", True, ["a", "b", "c", "a:c", "b:c", "a:b:c"]),
    ("y ~ (d*x + a*z)^3", True,
     ["d", "x", "a", "z", "d:x", "d:a", "d:z", "x:a", "x:z", "a:z",
      "d:a:z", "d:x:a", "d:x:z", "x:a:z", "d:x:a:z"]),
    ("y ~ (b*z*c - a)^2", True, ["b", "z", "c", "b:z", "b:c", "z:c", "b:z:c"]),
    ("y ~ (a + b)^1000000", True, ["a", "b", "a:b"]),
    ("y ~ x^2", True, ["x"]),
    ("y ~ (a + b):(c + d)", True, ["a:c", "a:d", "b:c", "b:d"]),
    ("y ~ (a + b)*c", True, ["a", "b", "c", "a:c", "b:c"]),
    ("y ~ a + b:c + d", True, ["a", "d", "b:c"]),
    ("y ~ c + b:a + a:c", True, ["c", "b:a", "c:a"]),
    ("y ~ a*(b - 1)", False, ["a", "b", "a:b"]),
    ("y ~ a*(1 + b)", True, ["a", "b", "a:b"]),
    ("y ~ a + (b - a)", True, ["a", "b"]),
    ("y ~ a + b - (a + b)", True, []),
    ("y ~ a - z", True, ["a"]),
    ("y ~ I(x^2) + {x^2}", True, ["I(x^2)"]),
    ("y ~ log(x+1)*f", True, ["log(x + 1)", "f", "log(x + 1):f"]),
    ("y ~ (Days > 4)", True, ["Days > 4"]),
    ("y ~ (Days>4):f", True, ["Days > 4:f"]),
    ("y ~ `my x` + `x`", True, ["`my x`", "x"]),
    ("y ~ total.fruits + .x + lambda + class + naïve + été", True,
     ["total.fruits", ".x", "lambda", "class", "naïve", "été"]),
    ("y ~ poly(x,2,raw=TRUE)", True, ["poly(x, 2, raw = TRUE)"]),
    ("y ~ factor(f, levels=c('a', \"b\"))", True, ['factor(f, levels = c("a", "b"))']),
    ("y ~ sin(2*pi*Days/10)", True, ["sin(2 * pi * Days/10)"]),
    ("y ~ I(-x) + I(x-mean(x)) + I((x/10)^2)", True, ["I(-x)", "I(x - mean(x))", "I((x/10)^2)"]),
    ("y ~ cut(x, c(-1, 3, 6))", True, ["cut(x, c(-1, 3, 6))"]),
    ("y ~ I(x>1|z>2) + I(x>1&!late)", True, ["I(x > 1 | z > 2)", "I(x > 1 & !late)"]),
    ("y ~ s(x, by=f, k=4) + mo(income)*age", True,
     ["s(x, by = f, k = 4)", "mo(income)", "age", "mo(income):age"]),
    ("y~x#note\n+z", True, ["x", "z"]),
    ("\ufeffy\u00a0~\u00a0x", True, ["x"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "intercept", "terms"), TERMS, ids=[row[0] for row in TERMS])
def test_terms(text, intercept, terms):
    mu = spec(text).mu
    assert (mu.intercept, labels(mu.terms)) == (intercept, terms)


def _terms_of_r():
    """(formula, intercept, terms) as R's terms() says: tests/golden/terms.R."""
    path = Path(__file__).parents[1] / "golden" / "terms.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(formula, intercept == "1", terms) for formula, intercept, terms in rows]


@pytest.mark.parametrize(("text", "intercept", "terms"), _terms_of_r())
def test_terms_are_those_of_r(text, intercept, terms):
    found = spec(text)
    assert (found.mu.intercept, " + ".join(labels(found.mu.terms))) == (intercept, terms)
    assert spec(found.text) == found


# right-hand side, canonical group terms
GROUPS = [
    ("(1|g)", ["(1 | g)"]),
    ("(x|g)", ["(1 + x | g)"]),
    ("(1+x|g)", ["(1 + x | g)"]),
    ("(0+x|g)", ["(0 + x | g)"]),
    ("(x-1|g)", ["(0 + x | g)"]),
    ("(-1+x|g)", ["(0 + x | g)"]),
    ("((1|g))", ["(1 | g)"]),
    ("(x||g)", ["(1 + x || g)"]),
    ("(1||g)", ["(1 | g)"]),
    ("(0+f||g)", ["(0 + f || g)"]),
    ("(x*z||g)", ["(1 + x + z + x:z || g)"]),
    ("(1|a/b)", ["(1 | a)", "(1 | a:b)"]),
    ("(1|a/b/c)", ["(1 | a)", "(1 | a:b)", "(1 | a:b:c)"]),
    ("(x|a/b)", ["(1 + x | a)", "(1 + x | a:b)"]),
    ("(x||a/b)", ["(1 + x || a)", "(1 + x || a:b)"]),
    ("(1|a:b)", ["(1 | a:b)"]),
    ("(1|b:a)", ["(1 | b:a)"]),
    ("(1|a+b)", ["(1 | a)", "(1 | b)"]),
    ("(1|a*b)", ["(1 | a)", "(1 | b)", "(1 | a:b)"]),
    ("(1|(a))", ["(1 | a)"]),
    ("(1|a) + (1|b)", ["(1 | a)", "(1 | b)"]),
    ("(1|g) + (0+x|g)", ["(1 | g)", "(0 + x | g)"]),
    ("(1|a/b) + (1|a)", ["(1 | a)", "(1 | a:b)"]),
    ("(1|a:b) + (1|b:a)", ["(1 | a:b)"]),
    ("(1|factor(g))", ["(1 | factor(g))"]),
    ("(1|interaction(a,b))", ["(1 | interaction(a, b))"]),
    ("(1|`my g`)", ["(1 | `my g`)"]),
    ("((x > 3)|g)", ["(1 + (x > 3) | g)"]),
    ("(x|p|g)", ["(1 + x | p | g)"]),
    ("(1|3|g) + (0+x|3|g)", ["(1 | 3 | g)", "(0 + x | 3 | g)"]),
    ("(x|gr(g))", ["(1 + x | g)"]),
    ("(x|gr(g, cor=FALSE))", ["(1 + x || g)"]),
    ("(1|gr(g, id='u'))", ["(1 | u | g)"]),
    ("(1|gr(g, by=f, dist='student'))", ['(1 | gr(g, by = f, dist = "student"))']),
    ("(1|gr(phylo, cov=A))", ["(1 | gr(phylo, cov = A))"]),
    ("(1|gr(a:b, by=f))", ["(1 | gr(a:b, by = f))"]),
    ("(1|mm(s1, s2, weights=cbind(w1, w2)))", ["(1 | mm(s1, s2, weights = cbind(w1, w2)))"]),
    ("(1 + mmc(x1, x2) | mm(s1, s2))", ["(1 + mmc(x1, x2) | mm(s1, s2))"]),
    ("(poly(Days,2)|Subject)", ["(1 + poly(Days, 2) | Subject)"]),
    ("(x # slopes\n | g)", ["(1 + x | g)"]),
    ("(b*a - b|g)", ["(1 + b:a + a | g)"]),
]


@pytest.mark.parametrize(("right", "groups"), GROUPS, ids=[row[0] for row in GROUPS])
def test_groups(right, groups):
    assert spec(f"y ~ x0 + {right}").text == " + ".join(["y ~ x0", *groups])


# what people paste from papers, books and other packages, and its canonical text
CORPUS = [
    ("Reaction ~ Days + (Days | Subject)", "Reaction ~ Days + (1 + Days | Subject)"),
    ("diameter ~ 1 + (1|plate) + (1|sample)", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    ("strength ~ 1 + (1|batch/cask)", "strength ~ 1 + (1 | batch) + (1 | batch:cask)"),
    ("cbind(incidence, size-incidence) ~ period + (1|herd)",
     "cbind(incidence, size - incidence) ~ period + (1 | herd)"),
    ("angle ~ recipe*temperature + (1|recipe:replicate)",
     "angle ~ recipe + temperature + recipe:temperature + (1 | recipe:replicate)"),
    ("y ~ poly(x,2) + offset(log(t)) + (0 + x | g) + (1 | g)",
     "y ~ poly(x, 2) + offset(log(t)) + (0 + x | g) + (1 | g)"),
    ("count ~ zAge + zBase*Trt + (1|patient)", "count ~ zAge + zBase + Trt + zBase:Trt + (1 | patient)"),
    ("time | cens(censored) ~ age*sex + (1|patient)",
     "time | cens(censored) ~ age + sex + age:sex + (1 | patient)"),
    ("yi | se(sei) ~ 1 + (1|study)", "yi | se(sei) ~ 1 + (1 | study)"),
    ("n | trials(N) ~ x + (1 + x |p| g)", "n | trials(N) ~ x + (1 + x | p | g)"),
    ("y | weights(w) + trunc(lb=0) ~ x", "y | weights(w) + trunc(lb = 0) ~ x"),
    ("y | resp_weights(w) ~ x", "y | weights(w) ~ x"),
    ("y ~ x + (1|i|g); sigma ~ x + (1|i|g)", "y ~ x + (1 | i | g); sigma ~ x + (1 | i | g)"),
    ("cnt ~ child + (1|g); zi ~ child;", "cnt ~ child + (1 | g); zi ~ child"),
    ("y['yes'] ~ C(f, sum) + {x**2}", 'y["yes"] ~ C(f, sum) + I(x^2)'),
    ("Reaction/100 ~ Days + (1|Subject)", "Reaction/100 ~ Days + (1 | Subject)"),
    ("log(1 + total.fruits) ~ nutrient + (nutrient | popu/gen)",
     "log(1 + total.fruits) ~ nutrient + (1 + nutrient | popu) + (1 + nutrient | popu:gen)"),
    ("(y > 3) ~ x", "(y > 3) ~ x"),
    ("`Reaction time` ~ `Days (n)` + (1 | `Sübject`)", "`Reaction time` ~ `Days (n)` + (1 | Sübject)"),
    ("y ~ . - id + (1 | id)", "y ~ . - id + (1 | id)"),
    ("strength ~ (1|batch)", "strength ~ 1 + (1 | batch)"),
    ("y ~ 0 + (1|g)", "y ~ 0 + (1 | g)"),
    ("y ~ b*a - b", "y ~ b:a + a"),
    ("y ~ a:b + b + a", "y ~ a:b + b + a"),
    ("y ~ a + b:c + a:b - a", "y ~ a + b + c - a - b - c + b:c + a:b"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "canonical"), CORPUS, ids=[row[0] for row in CORPUS])
def test_canonical_text(text, canonical):
    first = spec(text)
    assert first.text == canonical
    assert spec(canonical) == first
    assert first.source == text


def test_dot_keeps_what_is_removed_after_it():
    mu = spec("y ~ x - w + . - a - b:c + b:c + (1 | g)").mu
    assert (mu.has_dot, labels(mu.terms), labels(mu.minus)) == (True, ["x", "b:c"], ["a"])


def test_offsets_are_collected_in_order():
    mu = spec("y ~ offset(0.5*x) + z + offset(log(n))").mu
    assert [render_expression(offset) for offset in mu.offsets] == ["0.5 * x", "log(n)"]
    assert labels(mu.terms) == ["z"]


SPECIFIC = [
    ("cs(x)", ["x"]),
    ("cs(x + z)", ["x", "z"]),
    ("cs(x * z)", ["x", "z", "x:z"]),
    ("cs(1 + x)", ["x"]),
    ("cs(x) + w + brms::cs(z)", ["x", "z"]),
    ("cs(z:x) + cs(x)", ["x", "z:x"]),
    ("cs(f/x - f)", ["f:x"]),
    ("cs((x > 3) + log(x))", ["x > 3", "log(x)"]),
]


@pytest.mark.parametrize(("right", "terms"), SPECIFIC)
def test_terms_of_cs_stand_apart(right, terms):
    """They are no population terms; all cs() of a formula are one list."""
    found = spec(f"y ~ {right} + (1 | g)").mu
    assert labels(found.specific) == terms
    assert labels(found.terms) == (["w"] if "w" in right else [])
    assert found.intercept


def test_parameters_have_predictors_of_their_own():
    found = spec("y ~ x; sigma ~ 0 + z; zi ~ 1")
    assert [(p.parameter, p.intercept, labels(p.terms)) for p in found.predictors] == [
        ("mu", True, ["x"]),
        ("sigma", False, ["z"]),
        ("zi", True, []),
    ]


def test_group_record():
    (group,) = spec("y ~ (x || gr(`my a`:b, by = f))").mu.groups
    assert group.factors == (Name("my a"), Name("b"))
    assert group.label == "my a:b"
    assert (group.intercept, labels(group.terms), group.correlated) == (True, ["x"], False)
    assert (group.by, group.cov, group.dist, group.is_membership) == (Name("f"), "", "gaussian", False)


def test_membership_record():
    (group,) = spec("y ~ (1 | p | mm(a, `b c`, weights = cbind(w, 1 - w), scale = FALSE))").mu.groups
    assert group.factors == (Name("a"), Name("b c"))
    assert (group.label, group.id, group.is_membership, group.scales_weights) == ("mmab c", "p", True, False)
    assert [render_expression(weight) for weight in group.weights] == ["w", "1 - w"]
    (group,) = spec("y ~ (1 | gr(phylo, cov = A))").mu.groups
    assert (group.cov, group.by, group.scales_weights) == ("A", None, True)


def test_names_between_bars_join_terms():
    first, second = spec("y ~ (x | p | g) + (0 + z | p | g)").mu.groups
    assert (first.id, second.id, first.correlated, second.correlated) == ("p", "p", True, True)
    (mu, sigma) = spec("y ~ (1 | gr(g, id = 'p')); sigma ~ (0 + x | p | g)").predictors
    assert mu.groups[0].id == sigma.groups[0].id == "p"
    assert spec("y ~ (1 | g | h)").mu.groups[0].id == "g"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("y ~ (1|a/b) + (1|a)", "(1 | a) is in the formula twice and was kept once"),
        ("y ~ x^2", "`x^2` is `x` in a formula, as in R; the power itself is I(x^2)"),
        ("y ~ x - z", "`- z` removes nothing: no such term stands before it"),
        ("y ~ foo::log(x) + foo::log(z)", "`foo::log()` is read as log(): packages are not looked up"),
    ],
)
def test_surprises_are_noted(text, note):
    assert spec(text).notes == (note,)


@pytest.mark.parametrize(
    "text",
    [
        "y ~ stats::poly(x, 2) + base::log(x)",
        "y ~ x - 1",
        "y ~ . - z",
        "y ~ (a + b)^2",
        "y ~ a*b - a",
        "y ~ (1|a) + (1|b)",
    ],
)
def test_nothing_is_noted_where_nothing_surprises(text):
    assert spec(text).notes == ()


def test_spellings_of_one_formula_are_equal():
    assert spec("y~x+(x|g)") == spec("y ~ 1 + x + (1 + x | g)  # the same")
    assert hash(spec("y~x+(x|g)")) == hash(spec("y ~ x + (1+x|g)"))
    assert spec("y ~ x + (x|g)") != spec("y ~ x + (x||g)")
