"""Laws that hold for all formulas: canonical text reads back, and nothing but our own error is raised."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bayesformula.errors import FormulaError
from bayesformula.syntax.ast import (
    Argument,
    Binary,
    Call,
    Formula,
    FormulaSpec,
    GroupTerm,
    Name,
    Number,
    Paren,
    Predictor,
    Response,
    String,
    Term,
    Unary,
)
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import render, render_expression

settings.register_profile("syntax", deadline=None, max_examples=150)
settings.load_profile("syntax")

LETTERS = "abxyzé._0 `\\'\"|\n😀"
names = st.builds(
    Name, st.one_of(st.sampled_from(["a", "b", "c", "x", "z"]), st.text(LETTERS, min_size=1, max_size=6))
)
numbers = st.builds(Number, st.sampled_from(["0", "1", "2", "0.5", ".5", "1e-3", "2L"]))
strings = st.builds(String, st.text(LETTERS, max_size=5))


def _compound(inner):
    """Calls and operators; operands in parentheses, so that the text shows the tree."""
    operand = st.one_of(names, numbers, st.builds(Paren, inner))
    operators = st.sampled_from(["+", "-", "*", "/", "^", ":", "%%", "%/%", "%in%", "==", "<", "&"])
    arguments = st.lists(st.builds(Argument, inner), min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Call, st.sampled_from(["log", "I", "poly", "as.factor"]), arguments),
        st.builds(lambda value: Call("f", (Argument(value, "k"),)), inner),
        st.builds(Unary, st.sampled_from("-+!"), operand),
        st.builds(Binary, operators, operand, operand),
    )


expressions = st.recursive(st.one_of(names, numbers, strings), _compound, max_leaves=8)
calls = st.builds(Call, st.sampled_from(["log", "poly", "s"]), st.tuples(st.builds(Argument, expressions)))
variables = st.one_of(names, names, calls, st.builds(Binary, st.sampled_from([">", "=="]), names, numbers))


@st.composite
def term_lists(draw, *, min_size=0):
    """Terms as lowering gives them: variables ranked, each term once, sorted by order."""
    ranked = draw(st.lists(variables, min_size=2, max_size=4, unique_by=render_expression))
    subsets = st.sets(st.integers(0, len(ranked) - 1), min_size=1, max_size=3).map(frozenset)
    chosen = draw(st.lists(subsets, min_size=min_size, max_size=5, unique=True))
    chosen.sort(key=len)
    terms = []
    for subset in chosen:
        members = [ranked[i] for i in sorted(subset)]
        terms.append(Term(tuple(members), tuple(map(render_expression, members))))
    return tuple(terms)


@st.composite
def group_terms(draw, factor):
    """One group term, as lowering gives it."""
    terms = draw(term_lists())
    intercept = not terms or draw(st.booleans())
    identity = draw(st.sampled_from(["", "", "p" + factor]))
    correlated = bool(identity) or not terms or draw(st.booleans())
    options = draw(st.sampled_from([(), (Argument(Name("f"), "by"),)]))
    return GroupTerm((Name(factor),), factor, intercept, terms, correlated, identity, options)


@st.composite
def specs(draw):
    """Whole formulas of one or two predictors, their text not yet set."""
    predictors = []
    for parameter in draw(st.sampled_from([["mu"], ["mu", "sigma"]])):
        factors = draw(st.lists(st.sampled_from(["g", "h"]), max_size=2, unique=True))
        predictors.append(
            Predictor(
                parameter,
                draw(st.booleans()),
                draw(term_lists()),
                tuple(draw(st.lists(expressions, max_size=2))),
                tuple(draw(group_terms(factor)) for factor in factors),
            )
        )
    return FormulaSpec("", Response(Name("response")), tuple(predictors))


@given(specs())
def test_canonical_text_means_the_same(spec):
    text = render(spec)
    assert lower(parse(text)) == replace(spec, text=text)


@given(expressions)
def test_expressions_read_back(expression):
    text = f"y ~ I({render_expression(expression)})"
    assert parse(text).clauses[0].rhs.expression == Call("I", (Argument(expression),))


# fmt: off
PIECES = [
    "x", "z", "g", "log", "I", "gr", "mm", "offset", "poly", "1", "0", "2", "0.5", "1L", ".", "naïve", "TRUE",
    "+", "-", "*", "/", ":", "^", "**", "%in%", "%%", "~", ";", ",", ">", "!", "&", "&&", "|", "||",
    "=", "==", "(", ")", "(", ")", "{", "}", "[", "]", "$", "\\", "_", "“", "'a'", "`my x`", "\x00", "#c\n",
    "(1|g)", "(x||g)", "sigma ~", "I(", "log(",
]
# fmt: on


@given(st.lists(st.sampled_from(PIECES), max_size=16), st.sampled_from(["", "y ~ ", "y ~ x + "]))
@settings(max_examples=600)
def test_any_text_is_read_or_refused(pieces, start):
    text = start + " ".join(pieces)
    try:
        spec = lower(parse(text))
    except FormulaError:
        return
    again = lower(parse(spec.text))
    assert again == spec
    assert again.text == spec.text


@given(st.text(max_size=40))
def test_any_characters_are_read_or_refused(text):
    for formula in (text, f"y ~ {text}", f"y ~ `{text}`", f"y ~ f('{text}')"):
        try:
            found: Formula = parse(formula)
            lower(found)
        except FormulaError:
            pass
