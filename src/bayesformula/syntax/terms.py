"""The algebra of terms: R's rules for `+ - : * / %in% ^`, on sets of variables.

A term is a set of variables, held as the bits of an integer; a variable's bit is its rank by first
appearance in the formula. A list of terms is the keys of a dict: each once, in order of appearance.
`a/b` gives `b` joined with *all* variables left of the slash, and `x %in% (a + b)` joins `x` with both
`a` and `b`, as in R.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.ast import (
    Call,
    Dot,
    Expression,
    Group,
    Intercept,
    Node,
    Operation,
    Power,
    Signed,
    Specific,
    Sum,
    Term,
    Variable,
)
from bayesformula.syntax.refusals import (
    check_removable,
    group_in_product,
    misplaced,
    specific_in_product,
    too_many_terms,
)
from bayesformula.syntax.render import render_expression
from bayesformula.syntax.source import MAX_TERMS, Source

Terms = dict[int, None]

_MAX_PRODUCTS = 2_000_000  # pairs of terms looked at, a bound on time where most products coincide


@dataclass
class Expansion:
    """The expansion of one sum of terms: the state that R's `terms()` keeps while it walks a formula."""

    source: Source
    place: str  # "formula", "effects", "factor" or "specific", for messages
    intercept: bool = True
    has_dot: bool = False
    offsets: list[Expression] = field(default_factory=list[Expression])
    groups: list[Group] = field(default_factory=list[Group])
    specific: list[Specific] = field(default_factory=list[Specific])
    notes: list[str] = field(default_factory=list[str])
    terms: tuple[Term, ...] = ()
    minus: tuple[Term, ...] = ()
    _ranks: dict[str, int] = field(default_factory=dict[str, int])
    _variables: list[Expression] = field(default_factory=list[Expression])
    _removing: bool = False
    _products: int = 0

    def run(self, node: Node) -> Expansion:
        """Expand a whole right-hand side; the outermost sum may hold groups, offsets and a dot."""
        minus: Terms = {}
        terms: Terms = {}
        for negative, item in _flat_items(node):
            if not negative and self._take_aside(item):
                continue
            if negative:
                check_removable(self.source, item)
                removed = self._removed(item)
                self._take_away(terms, removed, item)
                minus |= removed if self.has_dot else {}
            else:
                added = self._expand(item)
                terms |= added
                for term in added:
                    minus.pop(term, None)
            self._check_size(terms, node)
        self.terms = self._sorted(terms)
        self.minus = self._sorted(minus)
        return self

    def _take_aside(self, item: Node) -> bool:
        """Collect what is no term: groups, offsets, the dot."""
        match item:
            case Group() if self.place == "formula":
                self.groups.append(item)
            case Variable(expression=Call(function="offset")) if self.place == "formula":
                self.offsets.append(self._offset(item))
            case Specific() if self.place == "formula":
                self.specific.append(item)
            case Dot() if self.place == "formula":
                self.has_dot = True
            case _:
                return False
        return True

    def _expand(self, node: Node) -> Terms:
        """The terms of a node, R's `EncodeVars`."""
        match node:
            case Variable():
                return {1 << self._rank(node): None}
            case Intercept(present=present):
                if self.place == "factor":
                    raise self._error(node.span, f"{int(present)} is no grouping factor", _FACTOR_HINT)
                self.intercept = present != self._removing
                return {}
            case Sum(items=items):
                terms: Terms = {}
                for item in items:
                    if item.negative:
                        self._take_away(terms, self._removed(item.node), item.node)
                    else:
                        terms |= self._expand(item.node)
                return terms
            case Power():
                return self._power(node)
            case Operation():
                return self._operation(node)
            case Group() | Dot() | Specific():
                raise misplaced(self.source, node, self.place)

    def _removed(self, node: Node) -> Terms:
        """The terms that a minus takes away; under a minus, `1` removes the intercept and `0` adds it."""
        if self.place == "factor":
            raise self._error(node.span, "a minus has no meaning among grouping factors", _FACTOR_HINT)
        self._removing = not self._removing
        terms = self._expand(node)
        self._removing = not self._removing
        return terms

    def _take_away(self, terms: Terms, removed: Terms, node: Node) -> None:
        """Remove terms; as in R, one that is not there may be removed, which is noted."""
        if removed and not self.has_dot and terms.keys().isdisjoint(removed):
            text = self.source.slice(node.span)
            self.notes.append(f"`- {text}` removes nothing: no such term stands before it")
        for term in removed:
            terms.pop(term, None)

    def _operation(self, node: Operation) -> Terms:
        """`:`, `*`, `/`, `%in%` of two lists of terms."""
        if isinstance(node.left, Group) or isinstance(node.right, Group):
            raise group_in_product(self.source, node, self.place)
        if isinstance(node.left, Specific) or isinstance(node.right, Specific):
            raise specific_in_product(self.source, node, self.place)
        left, right = self._expand(node.left), self._expand(node.right)
        if not left or not right:
            side = node.right if left else node.left
            raise self._error(
                side.span,
                f"`{node.operator}` joins terms, and one side has none",
                "1 and 0 are items of a sum, for the intercept: 1 + x, 0 + x.\n"
                "For arithmetic with columns, write I(...); non-linear formulas are not offered.",
            )
        match node.operator:
            case ":":
                return self._products_of(left, right, node)
            case "*":
                return left | right | self._products_of(left, right, node)
            case "/":
                return left | {_union(left) | term: None for term in right}
            case _:
                return {_union(right) | term: None for term in left}

    def _power(self, node: Power) -> Terms:
        """All products of up to `exponent` terms; stops when neither terms nor their order change."""
        base = self._expand(node.base)
        if len(base) == 1 and node.exponent > 1 and isinstance(node.base, Variable):
            name = render_expression(node.base.expression)
            self.notes.append(
                f"`{name}^{node.exponent}` is `{name}` in a formula, as in R; the power itself is "
                f"I({name}^{node.exponent})"
            )
        terms = base
        for _ in range(node.exponent - 1):
            larger = self._products_of(base, terms, node)
            if list(larger) == list(terms):
                break
            terms = larger
        return terms

    def _products_of(self, left: Terms, right: Terms, node: Operation | Power) -> Terms:
        """Every left term joined with every right term."""
        self._products += len(left) * len(right)
        terms: Terms = {}
        if self._products <= _MAX_PRODUCTS:
            for one in left:
                terms |= {one | other: None for other in right}
                self._check_size(terms, node)
            return terms
        raise too_many_terms(self.source, node.span)

    def _check_size(self, terms: Terms, node: Node) -> None:
        if len(terms) > MAX_TERMS:
            raise too_many_terms(self.source, node.span)

    def _rank(self, node: Variable) -> int:
        """The rank of a variable by first appearance; its canonical text is its identity."""
        if isinstance(node.expression, Call) and node.expression.function == "offset":
            raise self._error(
                node.span,
                "an offset is a term of its own",
                "Write + offset(log(n)), outside group terms and products.",
            )
        label = render_expression(node.expression)
        if label not in self._ranks:
            self._ranks[label] = len(self._variables)
            self._variables.append(node.expression)
        return self._ranks[label]

    def _sorted(self, terms: Terms) -> tuple[Term, ...]:
        """Terms by order of interaction, then by appearance."""
        labels = list(self._ranks)
        result: list[Term] = []
        for bits in sorted(terms, key=int.bit_count):
            ranks = _ranks_of(bits)
            result.append(Term(tuple(self._variables[r] for r in ranks), tuple(labels[r] for r in ranks)))
        return tuple(result)

    def _offset(self, node: Variable) -> Expression:
        """`offset(e)`, its single argument checked."""
        call = node.expression
        if isinstance(call, Call) and len(call.arguments) == 1 and not call.arguments[0].name:
            return call.arguments[0].value
        raise self._error(node.span, "offset() takes one expression", "Write offset(log(n)).")

    def _error(self, span: Span, message: str, hint: str) -> FormulaError:
        return self.source.error(message, span, hint=hint)


def expand_specific(source: Source, calls: Sequence[Specific], notes: list[str]) -> tuple[Term, ...]:
    """The terms inside all `cs(...)` of a predictor; its thresholds stand for an intercept."""
    if not calls:
        return ()
    items = tuple(Signed(False, call.terms) for call in calls)
    expansion = Expansion(source, "specific").run(Sum(items, calls[0].span))
    notes += expansion.notes
    if not expansion.intercept:
        raise source.error(
            "cs() has no intercept to remove: the thresholds are there in any case",
            calls[0].span,
            hint="Write cs(x).",
        )
    if not expansion.terms:
        raise source.error(
            "cs() names no column",
            calls[0].span,
            hint="Write cs(x). The intercepts of the categories are the thresholds, which are always there.",
        )
    return expansion.terms


_FACTOR_HINT = "Write (1 | g), (1 | a/b), (1 | a:b), (1 | a + b) or (1 | a*b) with columns of the data."


def _flat_items(node: Node) -> list[tuple[bool, Node]]:
    """The items of the outermost sum with their signs, sums in plain parentheses opened."""
    if not isinstance(node, Sum):
        return [(False, node)]
    items: list[tuple[bool, Node]] = []
    for item in node.items:
        if isinstance(item.node, Sum) and not item.negative and not any(x.negative for x in item.node.items):
            items += _flat_items(item.node)
        else:
            items.append((item.negative, item.node))
    return items


def _union(terms: Terms) -> int:
    """All variables of a list of terms."""
    bits = 0
    for term in terms:
        bits |= term
    return bits


def _ranks_of(bits: int) -> list[int]:
    """The positions of the bits that are set, lowest first."""
    ranks: list[int] = []
    while bits:
        low = bits & -bits
        ranks.append(low.bit_length() - 1)
        bits ^= low
    return ranks
