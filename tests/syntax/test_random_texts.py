"""Laws for texts: formulas made from the rules of the grammar, and any text at all."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.ast import NOWHERE
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

settings.register_profile("syntax", deadline=None, max_examples=150)
settings.load_profile("syntax")


def spans_of(value):
    """All spans in a tree of dataclasses."""
    pending, found = [value], []
    while pending:
        part = pending.pop()
        if isinstance(part, Span):
            found.append(part)
        elif dataclasses.is_dataclass(part):
            pending.extend(getattr(part, item.name) for item in dataclasses.fields(part))
        elif isinstance(part, tuple):
            pending.extend(part)
    return found


def check(text):
    """A text is read, and then reads back from its canonical text, or is refused with a place in it."""
    refusal = None
    try:
        formula = parse(text)
        spec = lower(formula)
    except FormulaError as error:
        refusal = error
    if refusal is not None:
        assert len(str(refusal)) < 2000
        assert refusal.span is None or 0 <= refusal.span.start <= refusal.span.stop
        assert refusal.span is None or refusal.span.start <= len(text)
        return None
    assert all(0 <= span.start <= span.stop <= len(text) for span in spans_of(formula))
    assert all(span.stop > span.start for span in spans_of(formula) if span != NOWHERE)
    again = lower(parse(spec.text))
    assert again == spec
    assert again.text == spec.text
    assert hash(again) == hash(spec)
    return spec


# ---- formulas made from the rules of the grammar -----------------------------------------------------

space = st.sampled_from(["", "", " ", "  ", "\n", " # why\n", "\t"])


def join(*parts):
    """The parts with spaces between them."""
    pieces = [part if isinstance(part, st.SearchStrategy) else st.just(part) for part in parts]
    spaced = [piece for part in pieces for piece in (part, space)]
    return st.tuples(*spaced).map("".join)


def chain(item, operators, max_size=3):
    """Items joined by operators."""
    more = st.lists(join(st.sampled_from(operators), item), max_size=max_size).map("".join)
    return join(item, more)


name = st.sampled_from(["a", "b", "c", "x", "f", "total.n", ".z", "`my x`", "`é|`", "lambda", "TRUE", "T"])
number = st.sampled_from(["0", "1", "2", "0.5", ".5", "1e-3", "2L"])
string = st.sampled_from(["'a'", '"b c"', "'it\\'s'", "'#'", '"|"'])
function = st.sampled_from(["log", "I", "poly", "splines::ns", "base:::exp", "C", "factor", "ifelse"])


def _larger(inner):
    argument = st.one_of(inner, join("k", "=", inner))
    call = join(function, "(", chain(argument, [","]), ")")
    arithmetic = chain(inner, ["+", "-", "*", "/", ":", "%%", "%/%", "%in%"])
    power = join(inner, st.sampled_from(["^", "**"]), inner)
    compared = join(inner, st.sampled_from(["==", "<", ">=", "!="]), inner)
    logical = chain(st.one_of(join("!", inner), join("(", compared, ")")), ["&", "|", "&&", "||"])
    signed = join(st.sampled_from("+-"), inner)
    return st.one_of(call, arithmetic, power, join("I(", compared, ")"), join("(", logical, ")"), signed)


value = st.recursive(st.one_of(name, name, number, string), _larger, max_leaves=5)
call = join(function, "(", chain(value, [","], 2), ")")
variable = st.one_of(name, name, name, call, join("{", value, "}"), join("(", name, ">", number, ")"))


def _terms(inner):
    return st.one_of(
        chain(inner, ["+"]),
        chain(inner, ["+", "-"]),
        chain(inner, ["*", ":", "/", "%in%"], 2),
        join("(", inner, ")"),
        join("(", inner, ")", st.sampled_from(["^2", "^ 3", "**2"])),
    )


constant = st.sampled_from(["1", "0", "-1", "+1"])
terms = st.recursive(variable, _terms, max_leaves=6)
effects = st.one_of(st.just("1"), terms, join(st.sampled_from(["0 +", "1 +", "-1 +"]), terms))
factor = st.one_of(
    st.sampled_from(["g", "h", "`my g`"]),
    chain(st.sampled_from(["g", "h", "k"]), [":", "/", "+", "*"], 2),
    st.sampled_from([
        "gr(g)", "gr(g, by = f)", "gr(g, cov = A)", "gr(g:h, dist = 'student')", "gr(g, cor = FALSE)",
        "gr(g, id = 'p')", "mm(g, h)", "mm(g, h, weights = cbind(v, w))", "mm(g, h, k, scale = FALSE)",
        "brms::mm(g, h, id = 'q')", "factor(g)", "interaction(g, h)",
    ]),
)  # fmt: skip
bars = st.sampled_from(["|", "|", "||", "| p |", "| 3 |"])
group = join("(", effects, bars, factor, ")")
item = st.one_of(terms, terms, constant, group, group, join("offset(", value, ")"), st.just("."))
side = join(item, st.lists(join(st.sampled_from("++-"), item), max_size=4).map("".join))
addition = st.one_of(
    join(st.sampled_from(["trials", "weights", "se", "cens", "rate", "resp_weights"]), "(", value, ")"),
    st.sampled_from(["se(s, sigma = TRUE)", "cens(d, y2)", "trunc(lb = 0)", "trunc(lb = -1, ub = w)"]),
)
plain = st.sampled_from(["y", "`my y`", "log(y)", "y/100", "cbind(y, n - y)", "y['yes']", "(y > 3)"])
response = st.one_of(plain, join(plain, "|", chain(addition, ["+"], 2)))
clauses = st.lists(join(";", st.sampled_from(["sigma", "zi", "nu"]), "~", side), max_size=2).map("".join)
formulas = join(response, "~", side, clauses, st.sampled_from(["", ";"]))


@given(formulas)
@settings(max_examples=250)
def test_formulas_of_the_grammar_read_back(text):
    check(text)


def test_most_formulas_of_the_grammar_are_read():
    """The strategy above is no test where all that it makes is refused."""
    seen = []

    @given(join(plain, "~", terms, "+", group, clauses))
    @settings(max_examples=200, database=None)
    def count(text):
        seen.append(check(text) is not None)

    count()
    assert sum(seen) > len(seen) / 3


# ---- any text ----------------------------------------------------------------------------------------

# fmt: off
PIECES = [
    "x", "z", "g", "log", "I", "gr", "mm", "offset", "poly", "1", "0", "2", "0.5", "1L", ".", "naïve", "TRUE",
    "+", "-", "*", "/", ":", "^", "**", "%in%", "%%", "~", ";", ",", ">", "!", "&", "&&", "|", "||",
    "=", "==", "(", ")", "(", ")", "{", "}", "[", "]", "$", "\\", "_", "“", "'a'", "`my x`", "\x00", "#c\n",
    "(1|g)", "(x||g)", "sigma ~", "I(", "log(", "gr(g,", "mm(g, h", "by =", "weights(w)", "trials(", "y |",
    "ns::", "::", "...", "data = d", "lmer(", "bf(", "np.log(", "[, 1]", "df$", "'y ~ x'", "<-", "@", "~~",
]
# fmt: on


@given(st.lists(st.sampled_from(PIECES), max_size=16), st.sampled_from(["", "y ~ ", "y ~ x + ", "y ~ x, "]))
@settings(max_examples=400)
def test_any_pieces_are_read_or_refused(pieces, start):
    check(start + " ".join(pieces))
    check(start + "".join(pieces))


@given(st.text(max_size=40))
def test_any_characters_are_read_or_refused(text):
    for formula in (
        text,
        f"y ~ {text}",
        f"y ~ `{text}`",
        f"y ~ f('{text}')",
        f"lmer({text})",
        f"y ~ (x | {text})",
    ):
        check(formula)


@given(
    formulas,
    st.integers(0, 200),
    st.sampled_from(["", ")", "(", "|", "~", "+", "'", ",", "=", "::", "x", " "]),
)
@settings(max_examples=200)
def test_a_formula_with_one_mistake_is_read_or_refused(text, place, mistake):
    place = min(place, len(text))
    check(text[:place] + mistake + text[place + (not mistake) :])
