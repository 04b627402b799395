"""The equations' parts from a formula alone: terms stand in the place of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bayesformula.families import FAMILIES, Family
from bayesformula.model.sheet import (
    CATEGORICAL,
    PER_LEVEL,
    Effects,
    Line,
    Sheet,
    Summand,
    addition_texts,
    column_of,
    known_texts,
    letters,
    named_blocks,
    offset_texts,
    outcome_texts,
    population,
    response_texts,
    share_of_term,
)
from bayesformula.model.spec import ORDINAL
from bayesformula.syntax.ast import Call, FormulaSpec, GroupTerm, Index, Name, Predictor
from bayesformula.syntax.factors import factor_label

GroupKey = tuple[bool, frozenset[str]]


def sheet_of_formula(formula: FormulaSpec, family: Family | None, response: str) -> Sheet:
    """The sheet of a formula without data, each term in the place of its columns.

    Without a family it is taken to be Gaussian, unless the formula says what only another can have.
    """
    if family is None and is_plainly_numeric(formula):
        family = FAMILIES["gaussian"].family
    formula = by_level(meant(formula, family), family)
    links = dict(family.links) if family is not None else {}
    is_latent = family is not None and family.name in ORDINAL | CATEGORICAL
    latent = [p.parameter for p in formula.predictors if is_latent and p.parameter.startswith("mu")]
    links |= dict.fromkeys(latent, "identity")
    effects = effects_of_formula(formula, without_k=is_latent)
    lines = tuple(
        Line(
            parameter=predictor.parameter,
            link=links.get(predictor.parameter, ""),
            population=population(predictor.parameter, fixed_labels(predictor)),
            groups=tuple(
                (each, summands)
                for key, each in effects.items()
                if (summands := _term_summands(predictor, key))
            ),
            offsets=offset_texts(predictor),
            specific=tuple(Summand(f"bcs_{term.label}", term.label) for term in predictor.specific),
        )
        for predictor in formula.predictors
    )
    return Sheet(
        **response_texts(response, family, formula),
        family=family,
        lines=lines,
        effects=tuple(effects.values()),
        additions=addition_texts(formula),
        known=tuple({**_usual_terms(family), **known_texts(formula)}.items()),
        known_error=_known_error(formula),
        levels=outcome_texts(formula) if family is not None and family.name in CATEGORICAL else (),
        fixed=formula.fixed,
    )


def meant(formula: FormulaSpec, family: Family | None) -> FormulaSpec:
    """The formula as its family means it: thresholds in the place of the intercept of an ordinal response."""
    if family is None or family.name not in ORDINAL:
        return formula
    mu, *others = formula.predictors
    return replace(formula, predictors=(replace(mu, intercept=False), *others))


def by_level(formula: FormulaSpec, family: Family | None) -> FormulaSpec:
    """The formula with a predictor for each level of a categorical response but the first.

    Where the levels are not known one stands for all that have none of their own.
    """
    if family is None or family.name not in CATEGORICAL:
        return formula
    mu, *others = formula.predictors
    own = {predictor.parameter: predictor for predictor in others}
    names = [f"mu{level}" for level in outcome_texts(formula)[1:]] or [PER_LEVEL]
    levels = {name: own.get(name, replace(mu, parameter=name)) for name in names}
    return replace(formula, predictors=tuple({**levels, **own}.values()))


def _usual_terms(family: Family | None) -> dict[str, tuple[str, ...]]:
    """What the density needs, where the formula forgets it."""
    return {"trials": ("",)} if family is not None and "trials" in family.support else {}


def _known_error(formula: FormulaSpec) -> str:
    """Whether `se()` gives the sd of every response, or comes beside sigma: as in `ModelSpec`."""
    call = next((call for call in formula.response.additions if call.function == "se"), None)
    if call is None:
        return ""
    flags = [argument.value for argument in call.arguments[1:]]
    return "added" if any(isinstance(flag, Name) and flag.text.startswith("T") for flag in flags) else "alone"


def is_plainly_numeric(formula: FormulaSpec) -> bool:
    """Whether nothing in the formula speaks against a Gaussian response."""
    response = formula.response.expression
    counted = isinstance(response, Call) and response.function == "cbind"
    trials = any(call.function in ("trials", "rate", "thres") for call in formula.response.additions)
    named = [*(predictor.parameter for predictor in formula.predictors), *dict(formula.fixed)]
    special = counted or trials or isinstance(response, Index) or bool(formula.mu.specific)
    return not special and all(name in ("mu", "sigma") for name in named)


def fixed_labels(predictor: Predictor) -> tuple[str, ...]:
    """`Intercept` and the labels of the population terms; `.` for the columns that only data can tell."""
    labels = ["Intercept"] * predictor.intercept + [term.label for term in predictor.terms]
    return tuple(labels + ["."] * predictor.has_dot)


def coef_labels(term: GroupTerm) -> tuple[str, ...]:
    """What varies in a group term: `Intercept`, and the labels of its terms."""
    return ("Intercept",) * term.intercept + tuple(part.label for part in term.terms)


def effects_of_formula(formula: FormulaSpec, *, without_k: bool = False) -> dict[GroupKey, Effects]:
    """One record for each grouping factor of all predictors together; ids join terms into one block."""
    found: dict[GroupKey, list[tuple[str, GroupTerm]]] = {}
    for predictor in formula.predictors:
        for term in predictor.groups:
            found.setdefault(group_key(term), []).append((predictor.parameter, term))
    return {
        key: _effects_of_terms(terms, index)
        for (key, terms), index in zip(found.items(), letters(len(found), without_k), strict=True)
    }


def group_key(term: GroupTerm) -> GroupKey:
    """Equal for terms on the same grouping factor: `a:b` and `b:a` are one."""
    return term.is_membership, frozenset(map(factor_label, term.factors))


def blocks_of(terms: Sequence[tuple[str, GroupTerm]]) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Names of the coefficients of (parameter, term) pairs on one factor, and which are correlated."""
    coefs: list[str] = []
    blocks: list[list[int]] = []
    shared: dict[str, list[int]] = {}
    for parameter, term in terms:
        names = [label if parameter == "mu" else f"{parameter}_{label}" for label in coef_labels(term)]
        places = [len(coefs) + step for step in range(len(names))]
        coefs += names
        if term.id and term.id in shared:
            shared[term.id] += places
        elif term.correlated:
            blocks.append(places)
            shared.update({term.id: places} if term.id else {})
        else:
            blocks += [[place] for place in places]
    return tuple(coefs), tuple(tuple(block) for block in blocks)


def _effects_of_terms(terms: Sequence[tuple[str, GroupTerm]], index: str) -> Effects:
    first = terms[0][1]
    coefs, blocks = blocks_of(terms)
    return Effects(
        label=first.label,
        index=index,
        n_levels=None,
        coefs=coefs,
        blocks=named_blocks(first.label, blocks, ()),
        by_label="" if first.by is None else factor_label(first.by),
        dist=first.dist,
        cov=first.cov,
        share=share_of_term(first) if first.is_membership else None,
    )


def _term_summands(predictor: Predictor, key: GroupKey) -> tuple[Summand, ...]:
    prefix = "" if predictor.parameter == "mu" else f"{predictor.parameter}_"
    own = [part for term in predictor.groups if group_key(term) == key for part in coef_labels(term)]
    return tuple(Summand(prefix + part, column_of(part)) for part in own)
