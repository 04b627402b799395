"""The equations in LaTeX: whatever stands in a name, braces, environments and alignments stay whole."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesformula.errors import FormulaError
from bayesformula.families import resolve_family
from bayesformula.model.latex import latex
from bayesformula.model.latex_names import escape
from bayesformula.model.sheet import Block, Effects, Line, Share, Sheet, Summand
from cases import CASES
from golden_corpus import read_records, text_of
from model.explained import KEPT, explained, outlined

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
COMMANDS = frozenset(
    "\\" + word
    for word in re.findall(
        r"\w+",
        "begin end sim operatorname text mu sigma beta nu Sigma mathbf quad dots cdots vdots otimes sum bigl "
        "mathrm sqrt cases mid le ge Gamma tau ell quad "
        "bigr tfrac times propto lbrack rbrack backslash hat grave phi kappa theta alpha",
    )
)
ESCAPED = frozenset([r"\{", r"\}", r"\$", r"\%", r"\#", r"\&", r"\_", r"\,", r"\;", r"\ ", "\\\\"])
DANGEROUS = "\\{}$%#&_^~`<>|*"


def check(text):
    """Read `text` as TeX reads it, as far as this can go wrong: tokens, braces, text, environments, `&`."""
    braces, text_at = 0, []
    tokens = TOKEN.findall(text)
    for place, token in enumerate(tokens):
        if token == "{":
            braces += 1
            if place and tokens[place - 1] == r"\text":
                text_at.append(braces)
        elif token == "}":
            if text_at and text_at[-1] == braces:
                text_at.pop()
            braces -= 1
            assert braces >= 0, text
        elif token.startswith("\\"):
            assert token in COMMANDS | ESCAPED, token
            assert not text_at, f"{token} inside of text, where MathJax prints it"
        elif token in "^_":
            assert tokens[place + 1] == "{" or tokens[place + 1] == "m", text
            assert not text_at
        elif token == "&":
            assert not text_at
        else:
            assert token not in "$%#~`", text
            assert token.isprintable() or token in "\n\u200c\u200d", text
        if text_at and len(token) == 1 and token not in "{}":
            assert token not in DANGEROUS
    assert braces == 0
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    assert sorted(begun) == sorted(re.findall(r"\\end\{(\w+)\}", text))
    assert begun[0] == "aligned"
    assert begun.count("aligned") == 1
    assert text.count(r"\lbrack") == text.count(r"\rbrack")
    body = text.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
    body = re.sub(r"\\begin\{(pmatrix|cases)\}.*?\\end\{\1\}", "", body)
    for row in body.split(" \\\\\n"):
        assert len(re.findall(r"(?<!\\)&", row)) == 1, row
        assert not row.startswith("["), "an optional argument of what is before it"


def sheet(name, family="gaussian", response=None, **options):
    """A model in which everything that can have a name has this one."""
    response = response or {}
    effects = Effects(name, "j", 3, ("Intercept", name), (Block((0, 1), f"cor_{name}"),), **options)
    summands = (Summand("Intercept", ""), Summand(name, name))
    line = Line("mu", "identity", (Summand(f"b_{name}", name),), ((effects, summands),), (name,))
    return Sheet(name, resolve_family(family), (line,), (effects,), levels=(name, "a", name), **response)


OPTIONS = [
    {},
    {"by": ("arm1", "arm2")},
    {"dist": "student"},
    {"cov": "A"},
    {"share": Share(("m1", "m2"), ("w1", "w2"))},
]
NAMES = st.text(min_size=1, max_size=12) | st.text(DANGEROUS + "-ab [", min_size=1, max_size=8)


@settings(deadline=None)
@given(NAMES, st.sampled_from(OPTIONS))
def test_any_name_leaves_the_equations_whole(name, options):
    check(latex(sheet(name, **{key: value for key, value in options.items()})))


RESPONSES = [
    ("binomial", {"known": "trials"}),
    ("weibull", {"known": "cens cens_upper"}),
    ("poisson", {"known": "rate lower upper"}),
    ("zero_inflated_binomial", {"known": "trials"}),
    ("multinomial", {"outcomes": True}),
    ("cumulative", {}),
]


@settings(deadline=None)
@given(NAMES, st.sampled_from(RESPONSES))
def test_any_name_in_a_response_leaves_the_equations_whole(name, kind):
    family, what = kind
    known = tuple((term, (name,)) for term in what.get("known", "").split())
    outcomes = (name, name) if "outcomes" in what else ()
    check(latex(sheet(name, family, {"known": known, "outcomes": outcomes})))


@settings(deadline=None)
@given(NAMES)
def test_a_name_can_be_read_back(name):
    """Nothing is lost and nothing added: undoing the escapes gives the printable characters of the name."""
    from bayesformula.model.text import visible
    from bayesformula.priors import unquote

    inner = unquote(name)
    shown = visible(name if inner is None else inner)
    undone = escape(name)
    for char, command in (
        ("\x00", r"\backslash{}"), ("^", r"\hat{\ }"), ("`", r"\grave{\ }"), ("~", r"{\sim}"), ("<", "{<}"),
        (">", "{>}"), ("|", "{|}"), ("*", "{*}"),
    ):  # fmt: skip
        undone = undone.replace(command, char)
    undone = re.sub(r"\\text\{([^{}]*)\}", r"\1", undone)
    undone = re.sub(r"\\([{}$%#&_])", r"\1", undone)
    assert undone.replace("\x00", "\\") == shown


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x", "x"),
        ("age", r"\text{age}"),
        ("poly(x, 2)1", r"\text{poly(x, 2)1}"),
        ("a_b", r"\text{a}\_\text{b}"),
        ("I(x^2)", r"\text{I(x}\hat{\ }\text{2)}"),
        ("100%", r"\text{100}\%"),
        ("{$#&}", r"\{\$\#\&\}"),
        ("a\\b", r"\text{a}\backslash{}\text{b}"),
        ("`my column`", r"\text{my column}"),
        ("a--b", r"\text{a-}\text{-}\text{b}"),
        ("größe", r"\text{größe}"),
        ("a\nb", r"\text{a}\backslash{}\text{nb}"),
        ("x < 3 | !z", r"\text{x }{<}\text{ 3 }{|}\text{ !z}"),
    ],
)
def test_escapes(name, written):
    assert escape(name) == written


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_models_of_every_structure_with_their_priors(case):
    explanation = explained(case.formula, priors=list(case.priors) or None)
    check(explanation.latex(priors=True))
    check(explanation.latex())


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_the_kept_models(kept):
    check(kept.make().latex())


def test_real_formulas():
    """Formulas of published models, those that can be read: their equations from the text alone."""
    outlines = []
    for record in read_records("formulas.jsonl"):
        with suppress(FormulaError):
            outlines.append(outlined(text_of(record)))
    assert len(outlines) > 130
    for outline in outlines:
        check(outline.latex())
        assert max(map(len, str(outline).splitlines())) <= 80


def test_priors_in_full():
    text = explained(
        "y ~ x + z + w + (x | g)",
        priors=[
            "Intercept ~ flat",
            "b[x] ~ student_t(3, 0, 2.5)",
            "b[z] ~ constant(0.5)",
            "b[w] ~ normal(0, 1.23456e-7)",
            "sd ~ normal(0, 1)",
            "sigma ~ exponential(2e6)",
        ],
    ).latex(priors=True)
    rows = text.split(" \\\\\n")
    assert [row.removesuffix("\n\\end{aligned}") for row in rows[5:]] == [
        r"\beta_{\text{Intercept}} &\propto 1",
        r"\beta_{x} &\sim \operatorname{Student}(3,\, 0,\, 2.5)",
        r"\beta_{z} &= 0.5",
        r"\beta_{w} &\sim \operatorname{Normal}(0,\, 1.235 \times 10^{-7})",
        r"\sigma_{g,\, \text{Intercept}} &\sim \operatorname{Normal}^{+}(0,\, 1)",
        r"\sigma_{g,\, x} &\sim \operatorname{Normal}^{+}(0,\, 1)",
        r"R_{g} &\sim \operatorname{LKJ}(2)",
        r"\sigma &\sim \operatorname{Exponential}(2 \times 10^{6})",
    ]


def test_centred_priors_say_so():
    text = explained("y ~ x + (x | g)").latex(priors=True)
    assert r"\beta^{\text{centred}}_{\text{Intercept}} &\sim" in text
    assert r"R^{\text{centred}}_{g} &\sim \operatorname{LKJ}(2)" in text
    assert r"\beta_{x} &\sim" in text
