"""What is remembered of the training data: enough to encode any other frame in the same way.

Frozen values of text, numbers and tuples, saved as JSON (`saving`), compared with `==`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bayesformula.data.columns import TREATMENT, Contrast
from bayesformula.syntax.ast import FormulaSpec

NaPolicy = Literal["drop", "error"]
InfinitePolicy = Literal["error", "keep"]
ResponseKind = Literal["numeric", "binary", "count", "text", "category", "ordered", "matrix"]


@dataclass(frozen=True, slots=True)
class VariableSchema:
    """One variable of the model: a column or an expression that stands in a term.

    Attributes:
        label: canonical text.
        kind: "numeric" or "factor".
        levels: of a factor, those seen, in order.
        contrast: how a factor is coded where it is not coded in full.
        names: what the columns of a matrix add to its name.
        ordered: whether the levels were declared as ordered.
    """

    label: str
    kind: Literal["numeric", "factor"]
    levels: tuple[str, ...] = ()
    contrast: Contrast = TREATMENT
    names: tuple[str, ...] = ()
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class TermSchema:
    """A term: labels of its variables, and for each whether it is coded in full (R's rule)."""

    variables: tuple[str, ...]
    full: tuple[bool, ...]

    @property
    def label(self) -> str:
        return ":".join(self.variables)


@dataclass(frozen=True, slots=True)
class DroppedColumn:
    """A column of the population part that was left out.

    Attributes:
        name: of the column.
        code: of the finding, "constant-column" or "dependent-columns".
        combination: names of the columns that it repeats.
    """

    name: str
    code: Literal["constant-column", "dependent-columns"]
    combination: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectSchema:
    """One group term as written: its columns come from its own intercept and terms."""

    intercept: bool
    terms: tuple[TermSchema, ...]
    correlated: bool
    coefs: tuple[str, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class GroupSchema:
    """All effects on one grouping factor.

    Attributes:
        label: canonical text of the factors joined by `:`.
        factors: their canonical texts.
        factor_levels: levels of each factor, in order.
        codes: for each factor, which of its levels each of the J group levels has.
        levels: J names.
        effects: the group terms, in order of writing.
        coefs: q names, in order of writing.
        blocks: names that are correlated with each other.
        ids: for each block the name by which it is shared across predictors, or "".
        is_membership: `factors` are the columns of `mm()` and share one set of levels.
        dist: "gaussian" or "student".
        by, by_levels, by_codes: text and levels of `gr(by = )`, and which of them each group level lies in.
        cov, cov_values: name of the matrix of `gr(cov = )`, and its J x J numbers row by row.
    """

    label: str
    factors: tuple[str, ...]
    factor_levels: tuple[tuple[str, ...], ...]
    codes: tuple[tuple[int, ...], ...]
    levels: tuple[str, ...]
    effects: tuple[EffectSchema, ...]
    coefs: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    is_membership: bool = False
    dist: str = "gaussian"
    by: str = ""
    by_levels: tuple[str, ...] = ()
    by_codes: tuple[int, ...] = ()
    cov: str = ""
    cov_values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterSchema:
    """One linear predictor: its terms, the columns kept and those dropped, its groups.

    The same of the terms in `cs()`: `specific`, `specific_columns`, `specific_dropped`.
    """

    parameter: str
    intercept: bool
    terms: tuple[TermSchema, ...]
    columns: tuple[str, ...]
    dropped: tuple[DroppedColumn, ...]
    groups: tuple[GroupSchema, ...]
    specific: tuple[TermSchema, ...] = ()
    specific_columns: tuple[str, ...] = ()
    specific_dropped: tuple[DroppedColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseSchema:
    """The response: its canonical text, what kind of values it has, its levels if it has any.

    A two-level response is coded 0 and 1 in the order of `levels`; more levels 0, 1, 2, ...

    Attributes:
        label: canonical text.
        kind: of its values; "matrix" is `cbind()` of three columns or more.
        levels: of a response that is no number, those that some row has, in order.
        extras: entries of `Design.extras`.
        options: of the additions, `("se.sigma", "TRUE")`.
        columns: names of the columns of a matrix.
        unused: declared levels that no row has.
        numbers: the values, in order, of a response of few different whole numbers.
    """

    label: str
    kind: ResponseKind
    levels: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def facts(self) -> dict[str, object]:
        """What `explain` says of the response beside its name."""
        facts: dict[str, object] = {"kind": self.kind}
        facts |= {"levels": list(self.levels)} if self.levels else {}
        facts |= {"columns": list(self.columns)} if self.columns else {}
        return facts


@dataclass(frozen=True, slots=True)
class StateItem:
    """What one stateful call learnt; `value` is a number, a text, or a tuple of one kind."""

    call: str
    name: str
    value: float | str | tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSchema:
    """Everything learnt from the training data.

    Attributes:
        spec: the formula with `.` written out.
        na: what is done with rows that miss a value.
        columns: columns of the frame that the formula reads, in order of first use.
        response_columns: those of them that only the response reads.
        variables: what each variable of a term is.
        states: what stateful transforms learnt; a call without numbers has one item with an empty name.
        parameters: one for each linear predictor, "mu" first.
        response: what `y` is.
        transforms: those of the user's own transforms that the formula calls, by name; no function is saved.
        n_rows: rows used.
        n_dropped: rows left out for missing values.
        notes: findings made while learning, as (code, message).
    """

    spec: FormulaSpec
    na: NaPolicy
    columns: tuple[str, ...]
    response_columns: tuple[str, ...]
    variables: tuple[VariableSchema, ...]
    states: tuple[StateItem, ...]
    parameters: tuple[ParameterSchema, ...]
    response: ResponseSchema
    transforms: tuple[str, ...]
    n_rows: int
    n_dropped: int
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def mu(self) -> ParameterSchema:
        return self.parameters[0]

    def variable(self, label: str) -> VariableSchema:
        """The variable with this canonical text."""
        return next(variable for variable in self.variables if variable.label == label)
