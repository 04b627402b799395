"""What the equations of a model are made of, before they are written in Unicode or in LaTeX.

A `Sheet` is made of a `ModelSpec`, where the columns are known, or of a formula alone, where terms stand in
the place of their columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesformula.families import Family
from bayesformula.model.spec import GroupSpec, ModelSpec
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Predictor
from bayesformula.syntax.factors import factor_label
from bayesformula.syntax.render import render_expression

LETTERS = "jklmopqstuv"
"""Indices of the levels of the groups, in order; `i` is the row's, `n` and `r` mean other things."""

DENSITIES = {"gaussian": "Normal"}
KNOWN, BOTH = "se", "sigma, se"
"""Stand for the known error of a row, and for sigma and that error together."""

DOT = "."
"""The column that stands for all that are named nowhere else; no column of data has this name unquoted."""
UNKNOWN = "Family"
"""Stands for the distribution of a response of which nothing is known yet."""


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
    """

    parameter: str
    link: str
    population: tuple[Summand, ...]
    groups: tuple[tuple[Effects, tuple[Summand, ...]], ...]
    offsets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole model as equations are written of it; `additions` are the texts after the bar."""

    response: str
    density: str
    parameters: tuple[str, ...]
    lines: tuple[Line, ...]
    effects: tuple[Effects, ...]
    additions: tuple[str, ...] = ()
    has_centred_priors: bool = False

    def is_predicted(self, parameter: str) -> bool:
        """Whether a parameter has a linear predictor, and so a value for each row."""
        return any(line.parameter == parameter for line in self.lines)


def with_errors(parameters: tuple[str, ...], known_error: str) -> tuple[str, ...]:
    """The parameters with known standard errors in the place of sigma, or beside it."""
    if not known_error:
        return parameters
    return tuple((KNOWN if known_error == "alone" else BOTH) if p == "sigma" else p for p in parameters)


def density_name(family: Family) -> str:
    """`Normal`, `NegativeBinomial`."""
    return DENSITIES.get(family.name, family.name.title().replace("_", ""))


# ---- of a model --------------------------------------------------------------------------------------


def sheet_of_model(model: ModelSpec, formula: FormulaSpec | None = None) -> Sheet:
    """The sheet of a model; its formula adds what a model does not hold, names of weights and offsets."""
    offsets = {} if formula is None else {p.parameter: offset_texts(p) for p in formula.predictors}
    effects = tuple(
        _effects_of_model(model, group, formula, index)
        for group, index in zip(model.groups, letters(len(model.groups)), strict=True)
    )
    lines = tuple(
        Line(
            parameter=predictor.parameter,
            link=predictor.link,
            population=population(predictor.parameter, predictor.columns),
            groups=tuple(
                (each, summands)
                for each, group in zip(effects, model.groups, strict=True)
                if (summands := _group_summands(group, predictor.parameter))
            ),
            offsets=(offsets.get(predictor.parameter) or ("",)) if predictor.has_offset else (),
        )
        for predictor in model.predictors
    )
    weights = ("weights",) if model.has_weights else ()
    return Sheet(
        response=model.response,
        density=density_name(model.family),
        parameters=with_errors(model.family.parameters, model.known_error),
        lines=lines,
        effects=effects,
        additions=weights if formula is None else addition_texts(formula),
        has_centred_priors=any(row.centred for row in model.priors),
    )


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
    owners = group.parameters or ("mu",) * group.q
    prefix = "" if parameter == "mu" else f"{parameter}_"
    pairs = zip(group.coefs, owners, strict=True)
    return tuple(
        Summand(coef, column_of(coef.removeprefix(prefix))) for coef, owner in pairs if owner == parameter
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


def letters(count: int) -> list[str]:
    """Letters for the levels of the groups; numbered where there are more groups than letters."""
    if count <= len(LETTERS):
        return list(LETTERS[:count])
    return [f"j{number}" for number in range(1, count + 1)]
