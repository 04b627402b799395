"""The formula as written: frozen nodes with spans, and the lowered form, the `FormulaSpec`.

`Formula` is what the parser returns; `FormulaSpec` is what lowering makes of it: operators expanded
by R's rules, group terms split into one record per grouping factor, everything in canonical text.
Spans never take part in equality, so that two spellings of one formula compare equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bayesformula.errors import Span

NOWHERE = Span(0, 0)


# ---- expressions: what may stand inside a call, on the left-hand side, or as one variable ------------


@dataclass(frozen=True, slots=True)
class Name:
    """A column, or a constant (`pi`, `TRUE`); `text` is without backquotes."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, its text as R writes it in names of columns: `1e+06` for 1000000."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def value(self) -> float:
        return float(self.text.rstrip("L"))


@dataclass(frozen=True, slots=True)
class String:
    """A quoted string."""

    value: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, `name` being empty when it is positional."""

    value: Expression
    name: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A named transform applied to arguments: `log(x)`, `I(x^2)`, `factor(f, levels = c("a", "b"))`."""

    function: str
    arguments: tuple[Argument, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x`, `!x`."""

    operator: str
    operand: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, `&`, `|`, `:` and `%in%` between two expressions."""

    operator: str
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Paren:
    """Parentheses, kept because R keeps them in the names of columns."""

    inner: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    """A success level: `y['yes']`."""

    operand: Expression
    level: str
    span: Span = field(default=NOWHERE, compare=False)


Expression = Name | Number | String | Call | Unary | Binary | Paren | Index


# ---- the right-hand side as written ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable:
    """An expression standing as a variable of the model: `x`, `log(x)`, `(x > 4)`."""

    expression: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Intercept:
    """`1` or `0`."""

    present: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`: all columns that are named nowhere else on either side of the tilde... R's meaning."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """`:`, `*`, `/`, `%in%` between two parts of a formula."""

    operator: str
    left: Node
    right: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Power:
    """`(a + b)^2`."""

    base: Node
    exponent: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """One item of a sum with its sign."""

    negative: bool
    node: Node


@dataclass(frozen=True, slots=True)
class Sum:
    """`a + b - c`, flat: a sum of ten thousand items is one node."""

    items: tuple[Signed, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """`(effects | factor)`, `(effects || factor)`, `(effects | id | factor)`."""

    effects: Node
    factor: Node
    correlated: bool
    id: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Specific:
    """`cs(x + z)`: terms whose effects differ from threshold to threshold of an ordinal family."""

    terms: Node
    span: Span = field(default=NOWHERE, compare=False)


Node = Variable | Intercept | Dot | Operation | Power | Sum | Group | Specific


@dataclass(frozen=True, slots=True)
class Response:
    """The left-hand side: `y | trials(n) + weights(w)`; `additions` are the calls after the bar."""

    expression: Expression
    additions: tuple[Call, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Clause:
    """One `lhs ~ rhs`; the first of a formula has the response, later ones name a parameter."""

    parameter: str
    rhs: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Fixed:
    """`quantile = 0.25`: a parameter held at a number."""

    parameter: str
    value: float
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Formula:
    """A whole formula as written."""

    text: str = field(compare=False)
    response: Response
    clauses: tuple[Clause, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)  # what reading changed that may surprise
    fixed: tuple[Fixed, ...] = ()


# ---- the lowered form --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """A product of variables, each once, in R's order: `x`, `f:x`, `log(x):f`.

    `labels` are the canonical texts of the variables; `label` joins them with `:`.
    """

    variables: tuple[Expression, ...]
    labels: tuple[str, ...]

    @property
    def label(self) -> str:
        return ":".join(self.labels)


@dataclass(frozen=True, slots=True)
class GroupTerm:
    """Effects that vary over the levels of one grouping factor, after `/ || + *` are expanded.

    `(1 + x | a/b)` lowers to two: factors `(a,)` and `(a, b)`. `factors` holds expressions (usually
    plain names) whose observed combinations are the levels; `label` is their canonical texts joined
    by `:`. `correlated` is False for `||`.

    What `gr(...)` and `mm(...)` say beside the factor:
        by: a factor; each of its levels has sds and correlations of its own.
        cov: name of a matrix, the covariance of the levels, or "".
        dist: "gaussian" or "student".
        is_membership: `mm(g1, g2)`: a row belongs to a level of each of `factors`, which share their levels.
        weights: how much of a row belongs to each of them; equal shares where empty.
        scales_weights: the weights of a row are divided by their sum.
    """

    factors: tuple[Expression, ...]
    label: str
    intercept: bool
    terms: tuple[Term, ...]
    correlated: bool
    id: str = ""
    by: Expression | None = None
    cov: str = ""
    dist: Literal["gaussian", "student"] = "gaussian"
    is_membership: bool = False
    weights: tuple[Expression, ...] = ()
    scales_weights: bool = True
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Predictor:
    """One linear predictor. `parameter` is `mu` for the first clause, else the name before its tilde.

    `has_dot` means that all remaining columns of the data join `terms` where they are learnt; `minus`
    holds the terms removed after a dot (only then is it not empty). `offsets` holds what stands inside
    `offset(...)`, `specific` the terms inside `cs(...)`.
    """

    parameter: str
    intercept: bool
    terms: tuple[Term, ...]
    offsets: tuple[Expression, ...] = ()
    groups: tuple[GroupTerm, ...] = ()
    has_dot: bool = False
    minus: tuple[Term, ...] = ()
    specific: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class FormulaSpec:
    """A legal formula, its meaning spelled out. `text` is the canonical text, which parses to itself."""

    text: str
    response: Response
    predictors: tuple[Predictor, ...]
    source: str = field(default="", compare=False)  # as the user wrote it, for carets in later stages
    notes: tuple[str, ...] = field(default=(), compare=False)  # what lowering changed that may surprise
    fixed: tuple[tuple[str, float], ...] = ()  # parameters held at numbers, by name

    @property
    def mu(self) -> Predictor:
        return self.predictors[0]
