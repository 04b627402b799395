"""What the equations of a model are made of, before they are written in Unicode or in LaTeX.

A `Sheet` is made of a `ModelSpec`, where the columns are known, or of a formula alone, where terms stand in
the place of their columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bayesformula.families import Family
from bayesformula.model.spec import ORDINAL, GroupSpec, ModelSpec
from bayesformula.model.text import MAX_TERMS
from bayesformula.syntax.ast import Call, Expression, FormulaSpec, GroupTerm, Predictor
from bayesformula.syntax.factors import factor_label
from bayesformula.syntax.render import render_expression

LETTERS = "jklmopqstuv"
"""Indices of the levels of the groups, in order; `i` is the row's, `n` and `r` mean other things."""

DOT = "."
"""The column that stands for all that are named nowhere else; no column of data has this name unquoted."""
UNKNOWN = "Family"
"""Stands for the distribution of a response of which nothing is known yet."""
PER_LEVEL = "mu[k]"
"""The predictor of each level of a categorical response, where its levels are not known."""

CATEGORICAL = frozenset({"categorical", "multinomial"})
"""Families with a predictor for each level of the response but the first."""
SPELLED = {
    "trials": {"trials": "trials"},
    "rate": {"denom": "rate"},
    "cens": {"censored": "cens", "y2": "cens_upper"},
    "trunc": {"lb": "lower", "ub": "upper"},
}
"""Columns of the additions to a response, and what they are called in `ModelSpec.terms`."""


@dataclass(frozen=True, slots=True)
class Summand:
    """A coefficient times its column; the column is empty for an intercept."""

    coef: str
    column: str


@dataclass(frozen=True, slots=True)
class Block:
    """Coefficients that are correlated with each other, or one that is not.

    Attributes:
        positions: in the group's coefficients.
        cor: flat name of their correlations, "" for a single one.
    """

    positions: tuple[int, ...]
    cor: str


@dataclass(frozen=True, slots=True)
class Share:
    """How `mm()` divides a row among its members: by columns, or in equal parts where there are none."""

    members: tuple[str, ...]
    weights: tuple[str, ...] = ()
    scaled: bool = True


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of one grouping factor.

    Attributes:
        label: `cafe`; `index` is the letter of its levels, `n_levels` their number if known.
        coefs: as in `r_cafe[j,coef]`.
        blocks: of the coefficients.
        by: what the levels of `gr(by = )` add to names; `by_label` is its column where levels are unknown.
        dist, cov: as in `GroupSpec`.
        share: of `mm()`, else None.
    """

    label: str
    index: str
    n_levels: int | None
    coefs: tuple[str, ...]
    blocks: tuple[Block, ...]
    by: tuple[str, ...] = ()
    by_label: str = ""
    dist: str = "gaussian"
    cov: str = ""
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One linear predictor.

    Attributes:
        parameter: `mu`; `link` is "" where it is not known.
        population: summands with `b_` in front of their coefficients.
        groups: for each group its summands, coefficients as in `Effects.coefs`.
        offsets: what stands in `offset()`; one empty text where only its presence is known.
        specific: summands with `bcs_` in front, whose coefficients differ from threshold to threshold.
    """

    parameter: str
    link: str
    population: tuple[Summand, ...]
    groups: tuple[tuple[Effects, tuple[Summand, ...]], ...]
    offsets: tuple[str, ...] = ()
    specific: tuple[Summand, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole model as equations are written of it.

    Attributes:
        response: as written; of `cbind(s, f)` the successes.
        family: None where nothing is known of it.
        lines: the linear predictors.
        effects: of the groups.
        additions: the texts after the bar of the response.
        has_centred_priors: some prior is at the predictors' means.
        outcomes: the columns of a response of several.
        known: texts of what is known of each row, by their names in `ModelSpec.terms`; several are added up.
        known_error: as in `ModelSpec`.
        levels: of the response where it has any.
        numbers: parameters of the family that are one number for all rows, and are estimated.
        fixed: parameters that are held at a number.
    """

    response: str
    family: Family | None
    lines: tuple[Line, ...]
    effects: tuple[Effects, ...]
    additions: tuple[str, ...] = ()
    has_centred_priors: bool = False
    outcomes: tuple[str, ...] = ()
    known: tuple[tuple[str, tuple[str, ...]], ...] = ()
    known_error: str = ""
    levels: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    fixed: tuple[tuple[str, float], ...] = ()

    @property
    def is_ordinal(self) -> bool:
        return self.family is not None and self.family.name in ORDINAL

    @property
    def is_categorical(self) -> bool:
        return self.family is not None and self.family.name in CATEGORICAL

    @property
    def varies_by_threshold(self) -> bool:
        """Whether mu differs from threshold to threshold."""
        return any(line.specific for line in self.lines)

    def is_predicted(self, parameter: str) -> bool:
        """Whether a parameter has a linear predictor, and so a value for each row."""
        return any(line.parameter == parameter for line in self.lines)

    def texts(self, name: str) -> tuple[str, ...]:
        """What is known of each row under this name."""
        return dict(self.known).get(name, ())


# ---- of a model --------------------------------------------------------------------------------------


def sheet_of_model(model: ModelSpec, formula: FormulaSpec | None = None, levels: Sequence[str] = ()) -> Sheet:
    """The sheet of a model.

    Args:
        model: what is fitted.
        formula: adds what a model does not hold, names of weights, offsets, trials and bounds.
        levels: of a response of two.
    """
    offsets = {} if formula is None else {p.parameter: offset_texts(p) for p in formula.predictors}
    is_latent = model.family.name in ORDINAL | CATEGORICAL
    effects = tuple(
        _effects_of_model(model, group, formula, index)
        for group, index in zip(model.groups, letters(len(model.groups), is_latent), strict=True)
    )
    lines = tuple(
        Line(
            parameter=predictor.parameter,
            link="identity" if is_latent and predictor.parameter.startswith("mu") else predictor.link,
            population=population(predictor.parameter, predictor.columns),
            groups=tuple(
                (each, summands)
                for each, group in zip(effects, model.groups, strict=True)
                if (summands := _group_summands(group, predictor.parameter))
            ),
            offsets=(offsets.get(predictor.parameter, offsets.get("mu")) or ("",))
            if predictor.has_offset
            else (),
            specific=tuple(Summand(f"bcs_{column}", column) for column in predictor.specific),
        )
        for predictor in model.predictors
    )
    known = dict.fromkeys(model.terms, ("",)) if formula is None else known_texts(formula)
    constants = [
        (row.kind, row.prior.arguments[0])
        for row in model.priors
        if row.kind in model.scalars and row.prior.distribution == "constant"
    ]
    return Sheet(
        **response_texts(model.response, model.family, formula),
        family=model.family,
        lines=lines,
        effects=effects,
        additions=_addition_names(model) if formula is None else addition_texts(formula),
        has_centred_priors=any(row.centred for row in model.priors),
        known=tuple(known.items()),
        known_error=model.known_error,
        levels=model.categories or tuple(levels),
        numbers=tuple(name for name in model.scalars if name not in dict(constants)),
        fixed=tuple(constants),
    )


def _addition_names(model: ModelSpec) -> tuple[str, ...]:
    """The additions to the response that a model knows of, without their columns."""
    calls = {name: call for call, columns in SPELLED.items() for name in columns.values()}
    found = [calls[name] for name in model.terms]
    return tuple(dict.fromkeys(["weights"] * model.has_weights + ["se"] * bool(model.known_error) + found))


def _effects_of_model(model: ModelSpec, group: GroupSpec, formula: FormulaSpec | None, index: str) -> Effects:
    names = [row.parameter for row in model.prior_rows("cor", group.label)]
    return Effects(
        label=group.label,
        index=index,
        n_levels=group.n_levels,
        coefs=group.coefs,
        blocks=named_blocks(group.label, group.blocks, names),
        by=group.by,
        dist=group.dist,
        cov=group.cov,
        share=_share(group, formula) if group.members else None,
    )


def _share(group: GroupSpec, formula: FormulaSpec | None) -> Share:
    terms = [] if formula is None else [term for each in formula.predictors for term in each.groups]
    for term in terms:
        if term.is_membership and term.label == group.label:
            return share_of_term(term)
    return Share(group.members)


def _group_summands(group: GroupSpec, parameter: str) -> tuple[Summand, ...]:
    """The effects of a group on one parameter; those on others than mu begin with its name."""
    return tuple(
        Summand(coef, column_of(group.column(position)))
        for position, coef in enumerate(group.coefs)
        if group.owner(position) == parameter
    )


# ---- of a model and of a formula alone -----------------------------------------------------------------


def population(parameter: str, columns: Sequence[str]) -> tuple[Summand, ...]:
    """The population coefficients of one parameter, `b_x` or `b_sigma_x`, and their columns."""
    prefix = "b_" if parameter == "mu" else f"b_{parameter}_"
    return tuple(Summand(prefix + column, column_of(column)) for column in columns)


def column_of(name: str) -> str:
    """What multiplies a coefficient of this name: nothing for an intercept."""
    return "" if name == "Intercept" else name


def is_of_member(column: str) -> bool:
    """Whether each member of `mm()` has its own column: `mmc(x1, x2)`, also within a product."""
    return any(part.startswith("mmc(") for part in column.split(":"))


def named_blocks(label: str, blocks: Sequence[tuple[int, ...]], names: Sequence[str]) -> tuple[Block, ...]:
    """The blocks with the names of their correlations: `names`, in order, or the usual ones."""
    out: list[Block] = []
    correlated = 0
    for block in blocks:
        name = ""
        if len(block) > 1:
            usual = f"cor_{label}" if not correlated else f"cor_{label}.{correlated + 1}"
            name = names[correlated] if correlated < len(names) else usual
            correlated += 1
        out.append(Block(block, name))
    return tuple(out)


def share_of_term(term: GroupTerm) -> Share:
    """How a term with `mm()` divides a row."""
    weights = tuple(map(render_expression, term.weights))
    return Share(tuple(map(factor_label, term.factors)), weights, term.scales_weights)


def offset_texts(predictor: Predictor) -> tuple[str, ...]:
    """What stands inside `offset()`."""
    return tuple(map(render_expression, predictor.offsets))


def addition_texts(formula: FormulaSpec) -> tuple[str, ...]:
    """What stands after the bar of the response."""
    return tuple(map(render_expression, formula.response.additions))


def shown_lines(sheet: Sheet) -> tuple[Line, ...]:
    """The linear predictors that are written; of very many levels of a response the first."""
    many = sheet.is_categorical and len(sheet.lines) > MAX_TERMS
    return sheet.lines[: MAX_TERMS - 1] if many else sheet.lines


def is_number(text: str) -> bool:
    """Whether a text is a number and no column: `0`, `-1.5`, `1e+06`."""
    return re.fullmatch(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?L?", text) is not None


def known_texts(formula: FormulaSpec) -> dict[str, tuple[str, ...]]:
    """What the additions to a response know of each row, by their names in `ModelSpec.terms`."""
    from bayesformula.data.additions import call_columns

    out: dict[str, tuple[str, ...]] = {}
    for call in formula.response.additions:
        names = SPELLED.get(call.function, {})
        found = {
            names[name]: render_expression(part) for name, part in call_columns(call).items() if name in names
        }
        out |= {name: (text,) for name, text in found.items() if text not in ("Inf", "-Inf", "NULL")}
    parts = outcome_texts(formula)
    return {"trials": parts, **out} if parts else out


def response_texts(label: str, family: Family | None, formula: FormulaSpec | None) -> dict[str, Any]:
    """`response` and `outcomes` of a sheet: of `cbind(s, f)` the successes, or all of its columns."""
    parts = () if formula is None else outcome_texts(formula)
    if not parts or family is None:
        return {"response": label}
    return {"response": parts[0]} if family.support == "trials" else {"response": label, "outcomes": parts}


def outcome_texts(formula: FormulaSpec) -> tuple[str, ...]:
    """What stands in `cbind()` as a response."""
    expression: Expression = formula.response.expression
    if not isinstance(expression, Call) or expression.function != "cbind":
        return ()
    return tuple(render_expression(argument.value) for argument in expression.arguments)


def letters(count: int, without_k: bool = False) -> list[str]:
    """Letters for the levels of the groups; numbered where there are more groups than letters.

    Args:
        count: of the groups.
        without_k: leave out the k that counts levels of the response.
    """
    usual = LETTERS.replace("k", "") if without_k else LETTERS
    return list(usual[:count]) if count <= len(usual) else [f"j{number}" for number in range(1, count + 1)]
