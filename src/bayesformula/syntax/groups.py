"""Group terms: `(effects | factor)` becomes one record for each grouping factor it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bayesformula.errors import FormulaError
from bayesformula.syntax.ast import Group, GroupTerm, Term
from bayesformula.syntax.factors import Factor, factor_label, read_factor
from bayesformula.syntax.refusals import too_many_terms
from bayesformula.syntax.render import render_expression, render_group
from bayesformula.syntax.source import MAX_TERMS, Source
from bayesformula.syntax.terms import Expansion


@dataclass
class _OnFactor:
    """The terms on one factor so far: which are there, and which of them has which effect."""

    first: GroupTerm
    keys: set[object] = field(default_factory=set[object])
    owners: dict[frozenset[str], GroupTerm] = field(default_factory=dict[frozenset[str], GroupTerm])


def lower_groups(source: Source, groups: Sequence[Group], notes: list[str]) -> tuple[GroupTerm, ...]:
    """The group terms of one predictor, equal ones kept once, overlapping ones refused."""
    kept: list[GroupTerm] = []
    factors: dict[object, _OnFactor] = {}
    n_effects = 0
    for group in groups:
        for term in _lower_group(source, group, notes):
            known = factors.setdefault(_parts(term), _OnFactor(term))
            if _key(term) in known.keys:
                notes.append(f"{render_group(term)} is in the formula twice and was kept once")
                continue
            _refuse_other_options(source, known.first, term)
            effects = _effects(term)
            for effect in effects:
                if effect in known.owners:
                    raise _overlap(source, known.owners[effect], term)
            known.keys.add(_key(term))
            known.owners.update(dict.fromkeys(effects, term))
            kept.append(term)
            n_effects += len(effects)
            if n_effects > MAX_TERMS:
                raise too_many_terms(source, group.span)
    return tuple(kept)


def _lower_group(source: Source, group: Group, notes: list[str]) -> list[GroupTerm]:
    """One record for each factor that `a/b`, `a + b`, `a*b` or `a:b` stands for."""
    effects = Expansion(source, "effects").run(group.effects)
    notes += effects.notes
    if not effects.intercept and not effects.terms:
        raise source.error(
            "no effects are left to vary in this group term",
            group.span,
            label="neither an intercept nor a column",
            hint=f"Write (1 | {source.slice(group.factor.span)}) for intercepts that vary, or leave it out.",
        )
    factor = read_factor(source, group.factor, notes)
    options = factor.options
    name = group.id or options.id
    if name and len(factor.choices) > 1:
        raise _id_over_many(source, group, name, factor)
    if name and not (group.correlated and options.correlated):
        raise source.error(
            "a name between bars shares correlations, which `||` and cor = FALSE remove",
            group.span,
            hint="Leave out one of the two.",
        )
    single = effects.intercept and not effects.terms
    correlated = single or (group.correlated and options.correlated)
    return [
        GroupTerm(
            factors=factors,
            label=factor.label(factors),
            intercept=effects.intercept,
            terms=effects.terms,
            correlated=correlated,
            id=name,
            by=options.by,
            cov=options.cov,
            dist=options.dist,
            is_membership=options.is_membership,
            weights=options.weights,
            scales_weights=options.scales_weights,
            span=group.span,
        )
        for factors in factor.choices
    ]


def _id_over_many(source: Source, group: Group, name: str, factor: Factor) -> FormulaError:
    """The error for `(1 | id | a/b)`."""
    labels = [":".join(map(render_expression, choice)) for choice in factor.choices]
    effects = source.slice(group.effects.span)
    terms = " + ".join(f"({effects} | {name}{i} | {label})" for i, label in enumerate(labels, 1))
    return source.error(
        f"the name `{name}` shares correlations within one grouping factor, and this term has {len(labels)}",
        group.factor.span,
        label="expected one factor",
        hint=f"Write {terms}.",
    )


def _key(group: GroupTerm) -> object:
    """What makes two terms on one factor the same model, `a:b` and `b:a` being one factor."""
    return group.intercept, _sets(group), group.correlated, group.id, options_of(group)


def options_of(group: GroupTerm) -> tuple[object, ...]:
    """What `gr()` and `mm()` say, which is the same for all terms on one factor."""
    return group.by, group.cov, group.dist, group.weights, group.scales_weights


def _parts(group: GroupTerm) -> object:
    """The factors that are combined, in no order; the members of `mm()` have places."""
    labels = tuple(map(factor_label, group.factors))
    return labels if group.is_membership else frozenset(labels)


def _sets(group: GroupTerm) -> frozenset[frozenset[str]]:
    """The varying terms as sets of variables."""
    return frozenset(frozenset(term.labels) for term in group.terms)


def _effects(group: GroupTerm) -> list[frozenset[str]]:
    """The effects as sets of variables, the intercept being the product of none."""
    terms = [frozenset(term.labels) for term in group.terms]
    return [frozenset[str](), *terms] if group.intercept else terms


def _refuse_other_options(source: Source, first: GroupTerm, second: GroupTerm) -> None:
    """Refuse two terms on one factor that want different options."""
    if options_of(first) != options_of(second):
        raise source.error(
            f"two terms on the factor `{second.label}` have different options",
            second.span,
            hint="Give both the same options. For two effects of each level, one with and one without cov,\n"
            "name a copy of the column in one of the terms.",
        )


def _overlap(source: Source, first: GroupTerm, second: GroupTerm) -> FormulaError:
    """The error for two terms on one factor that share an effect."""
    union = _replace(first, first.intercept or second.intercept, first.terms + _new(second, first))
    apart = (first, _replace(second, second.intercept and not first.intercept, _new(second, first)))
    if not apart[1].intercept and not apart[1].terms:
        apart = (second, _replace(first, first.intercept and not second.intercept, _new(first, second)))
    label = min(map(":".join, _sets(first) & _sets(second)), default="")
    effect = "an intercept" if first.intercept and second.intercept else f"`{label}`"
    split = " + ".join(render_group(term) for term in apart if term.intercept or term.terms)
    hint = f"Write {render_group(union)} for correlated effects"
    hint += f", or {split} for independent ones." if split != render_group(union) else "."
    return source.error(
        f"two terms on the factor `{second.label}` both have {effect}",
        second.span,
        label="the second one",
        hint=hint,
    )


def _new(group: GroupTerm, other: GroupTerm) -> tuple[Term, ...]:
    """The terms of a group that another does not have."""
    known = _sets(other)
    return tuple(term for term in group.terms if frozenset(term.labels) not in known)


def _replace(group: GroupTerm, intercept: bool, terms: tuple[Term, ...]) -> GroupTerm:
    """The same group with other effects."""
    return replace(group, intercept=intercept, terms=terms, correlated=True)
