"""A law that holds for all formulas: canonical text reads back."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bayesformula.syntax.ast import (
    Argument,
    Binary,
    Call,
    FormulaSpec,
    GroupTerm,
    Index,
    Name,
    Number,
    Paren,
    Predictor,
    Response,
    String,
    Term,
    Unary,
)
from bayesformula.syntax.factors import factor_label
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import render, render_expression

settings.register_profile("syntax", deadline=None, max_examples=150)
settings.load_profile("syntax")

LETTERS = "abxyzé._0 `\\'\"|\n😀"
names = st.builds(
    Name, st.one_of(st.sampled_from(["a", "b", "c", "x", "z"]), st.text(LETTERS, min_size=1, max_size=6))
)
numbers = st.builds(Number, st.sampled_from(["0", "1", "2", "0.5", "0.001", "1e-04", "2L"]))
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
arguments = st.lists(st.builds(Argument, expressions), min_size=1, max_size=2).map(tuple)
calls = st.builds(Call, st.sampled_from(["log", "poly", "s", "mmc"]), arguments)
comparisons = st.builds(Binary, st.sampled_from([">", "==", "!="]), names, st.one_of(numbers, strings))
variables = st.one_of(names, names, calls, comparisons)
columns = st.one_of(names, calls)


@st.composite
def term_lists(draw, *, min_size=0, ranked=None):
    """Terms as lowering gives them: variables ranked, each term once, sorted by order."""
    ranked = ranked or draw(st.lists(variables, min_size=2, max_size=4, unique_by=render_expression))
    subsets = st.sets(st.integers(0, len(ranked) - 1), min_size=1, max_size=3).map(frozenset)
    chosen = draw(st.lists(subsets, min_size=min_size, max_size=5, unique=True))
    chosen.sort(key=len)
    terms = []
    for subset in chosen:
        members = [ranked[i] for i in sorted(subset)]
        terms.append(Term(tuple(members), tuple(map(render_expression, members))))
    return tuple(terms)


OPTIONS = [
    {},
    {},
    {"by": Name("f")},
    {"by": Call("factor", (Argument(Name("f")),))},
    {"cov": "A"},
    {"cov": "my A"},
]


@st.composite
def group_terms(draw, number, identity):
    """One group term, as lowering gives it; its factors hold `number`, so that no two terms are on one."""
    terms = draw(term_lists())
    intercept = not terms or draw(st.booleans())
    correlated = bool(identity) or (not terms and intercept) or draw(st.booleans())
    own = Name(f"g{number}")
    more = draw(st.lists(columns, max_size=2, unique_by=render_expression))
    factors = (own, *(factor for factor in more if not _is_special(factor)))
    group = GroupTerm(factors, ":".join(map(factor_label, factors)), intercept, terms, correlated, identity)
    if len(factors) > 1 and draw(st.booleans()):
        weights = tuple(draw(st.lists(expressions, min_size=len(factors), max_size=len(factors))))
        return replace(
            group,
            label="mm" + "".join(map(factor_label, factors)),
            is_membership=True,
            weights=draw(st.sampled_from([(), weights])),
            scales_weights=draw(st.booleans()),
        )
    return _with_options(draw, group)


def _with_options(draw, group):
    """The same with options of gr() that go together."""
    chosen = draw(st.sampled_from(OPTIONS))
    dist = "gaussian" if chosen else draw(st.sampled_from(["gaussian", "student"]))
    return replace(group, dist=dist, **chosen)


def _is_special(expression):
    """Whether an expression stands for something else among factors."""
    return isinstance(expression, Call) and expression.function in ("gr", "mm")


SPECIFIC = [Name("s1"), Call("log", (Argument(Name("s 2")),)), Binary(">", Name("s3"), Number("1"))]
"""Variables of cs(), which stand nowhere else."""


@st.composite
def predictors_of(draw, parameter, first_number):
    """One predictor: terms, offsets, groups, a dot with what is removed from it."""
    groups = []
    for number in range(draw(st.integers(0, 2))):
        identity = draw(st.sampled_from(["", "", f"p{first_number + number}", str(first_number + number)]))
        groups.append(draw(group_terms(first_number + number, identity)))
    has_dot = draw(st.sampled_from([False, False, True]))
    terms, minus = draw(term_lists()), ()
    if has_dot and terms:  # the highest of them removed instead, so that the ranks stay as they are
        cut = draw(st.integers(0, len(terms)))
        terms, minus = terms[:cut], terms[cut:]
    offsets = tuple(draw(st.lists(expressions, max_size=2)))
    specific = draw(term_lists(ranked=SPECIFIC)) if parameter == "mu" else ()
    return Predictor(parameter, draw(st.booleans()), terms, offsets, tuple(groups), has_dot, minus, specific)


ADDED = {
    "trials": [()], "weights": [(), ("scale",)], "se": [(), ("sigma",)], "cens": [(), ("y2",)],
    "trunc": [("lb",), ("lb", "ub")], "rate": [()],
}  # fmt: skip


@st.composite
def responses(draw):
    """The left-hand side, with its additions."""
    expression = draw(
        st.one_of(
            st.builds(Name, st.sampled_from(["response", "my response", "é.y"])),
            st.builds(lambda level: Index(Name("response"), level), st.text(LETTERS, max_size=5)),
            st.just(Call("cbind", (Argument(Name("response")), Argument(Name("n"))))),
            st.builds(lambda inner: Call("log", (Argument(Name("response")), Argument(inner))), expressions),
            st.just(Binary("/", Name("response"), Number("100"))),
            st.just(Paren(Binary(">", Name("response"), Number("3")))),
        )
    )
    additions = []
    for function in draw(st.lists(st.sampled_from(sorted(ADDED)), max_size=3, unique=True)):
        named = draw(st.sampled_from(ADDED[function]))
        placed = () if named and named[0] == "lb" else (Argument(draw(expressions)),)
        additions.append(Call(function, placed + tuple(Argument(draw(numbers), name) for name in named)))
    return Response(expression, tuple(additions))


@st.composite
def specs(draw):
    """Whole formulas of one to three predictors, their text not yet set."""
    parameters = ["mu", "sigma", "zi"][: draw(st.integers(1, 3))]
    predictors = [draw(predictors_of(parameter, 10 * i)) for i, parameter in enumerate(parameters)]
    values = st.one_of(st.integers(-9, 9).map(float), st.floats(allow_nan=False, allow_infinity=False))
    held = st.lists(
        st.tuples(st.sampled_from(["nu", "hu"]), values), max_size=2, unique_by=lambda pair: pair[0]
    )
    return FormulaSpec("", draw(responses()), tuple(predictors), fixed=tuple(draw(held)))


@given(specs())
def test_canonical_text_means_the_same(spec):
    text = render(spec)
    assert lower(parse(text)) == replace(spec, text=text)


@given(expressions)
def test_expressions_read_back(expression):
    text = f"y ~ I({render_expression(expression)})"
    assert parse(text).clauses[0].rhs.expression == Call("I", (Argument(expression),))
