"""Expressions: R's precedence, R's spelling, the columns they use."""

import pytest

from bayesformula.syntax.ast import Argument, Binary, Call, Name, Number, Paren, String, Unary
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import render_expression, variables_of


def inside(text):
    """The expression in `y ~ I(text)`."""
    return parse(f"y ~ I({text})").clauses[0].rhs.expression.arguments[0].value


X, Y, Z = Name("x"), Name("y"), Name("z")
TWO = Number("2")

PRECEDENCE = [
    ("x + y * z", Binary("+", X, Binary("*", Y, Z))),
    ("x - y - z", Binary("-", Binary("-", X, Y), Z)),
    ("x / y * z", Binary("*", Binary("/", X, Y), Z)),
    ("x * y %% z", Binary("*", X, Binary("%%", Y, Z))),
    ("x %in% y:z", Binary("%in%", X, Binary(":", Y, Z))),
    ("-x:y", Binary(":", Unary("-", X), Y)),
    ("-x^2", Unary("-", Binary("^", X, TWO))),
    ("x^-2", Binary("^", X, Unary("-", TWO))),
    ("x^y^z", Binary("^", X, Binary("^", Y, Z))),
    ("x**2", Binary("^", X, TWO)),
    ("!x == y", Unary("!", Binary("==", X, Y))),
    ("x > 2 | y > 2 & z > 2",
     Binary("|", Binary(">", X, TWO), Binary("&", Binary(">", Y, TWO), Binary(">", Z, TWO)))),
    ("(x + y) * z", Binary("*", Paren(Binary("+", X, Y)), Z)),
    ("f(x, k = 'a')", Call("f", (Argument(X), Argument(String("a"), "k")))),
    ("{x}", Call("I", (Argument(X),))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), PRECEDENCE, ids=[row[0] for row in PRECEDENCE])
def test_precedence_is_that_of_r(text, tree):
    assert inside(text) == tree


# as R 4 deparses them
SPELLING = [
    ("x+y-z*2", "x + y - z * 2"),
    ("x / y ^ 2", "x/y^2"),
    ("x : y", "x:y"),
    ("x %in% c(1,2)", "x %in% c(1, 2)"),
    ("x %% 2", "x%%2"),
    ("x>=2", "x >= 2"),
    ("! x", "!x"),
    ("- x", "-x"),
    ("( x )", "(x)"),
    ("f( x,k=TRUE )", "f(x, k = TRUE)"),
    ("x=='it\\'s'", 'x == "it\'s"'),
    ("x=='a\"b'", 'x == "a\\"b"'),
    ("`a b`+`c`", "`a b` + c"),
    ("`back\\`tick`", "`back\\`tick`"),
    ("1L + .5 + 1e-3", "1L + 0.5 + 0.001"),
]


@pytest.mark.parametrize(("text", "spelling"), SPELLING, ids=[row[0] for row in SPELLING])
def test_spelling_is_that_of_r(text, spelling):
    assert render_expression(inside(text)) == spelling
    assert render_expression(inside(spelling)) == spelling


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("x + log(z) * x", ("x", "z")),
        ("sin(2 * pi * x)", ("x",)),
        ("ifelse(x > 4, TRUE, F)", ("x",)),
        ("T", ("T",)),  # alone it is a column
        ("f(g = h)", ("h",)),
        ("`a b`^2", ("a b",)),
    ],
)
def test_columns_used(text, columns):
    assert variables_of(inside(text)) == columns


def test_a_column_may_be_called_as_a_constant_is():
    assert variables_of(inside("x * pi"), columns={"x", "pi"}) == ("x", "pi")


def test_numbers_know_their_value():
    assert [Number(text).value for text in ("2L", ".5", "1e-3", "10")] == [2.0, 0.5, 0.001, 10.0]


def test_spans_point_at_the_text():
    text = "y ~ x + log( z ) + (1 | g)"
    items = parse(text).clauses[0].rhs.items
    assert [text[item.node.span.start : item.node.span.stop] for item in items] == [
        "x",
        "log( z )",
        "(1 | g)",
    ]


def test_ten_thousand_items_are_one_flat_sum():
    tree = parse("y ~ " + " + ".join(f"x{i}" for i in range(10_000))).clauses[0].rhs
    assert len(tree.items) == 10_000
