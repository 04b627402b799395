"""What is to be said of grouping factors beside their coefficients: nesting, crossing, `gr()` and `mm()`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from bayesformula.model.formula_sheet import GroupKey, effects_of_formula, group_key
from bayesformula.model.spec import ModelSpec
from bayesformula.syntax.ast import FormulaSpec, GroupTerm
from bayesformula.syntax.factors import factor_label
from bayesformula.syntax.render import render_expression


def groupings_of_model(model: ModelSpec, formula: FormulaSpec | None) -> dict[str, dict[str, Any]]:
    """One record for each grouping factor, by label; the formula adds what a model does not hold."""
    options = {} if formula is None else {terms[0].label: _options(terms) for terms in _by_factor(formula)}
    out: dict[str, dict[str, Any]] = {
        group.label: {
            "nested_in": list(group.nested_in),
            "crossed_with": _empty(),
            **options.get(group.label, _options(())),
            "by_levels": list(group.by),
            "cov": group.cov,
            "dist": group.dist,
            "members": list(group.members),
            "blocks": [[group.coefs[position] for position in block] for block in group.blocks],
        }
        for group in model.groups
    }
    for one, other in combinations(model.groups, 2):
        nested = one.label in other.nested_in or other.label in one.nested_in
        if not (nested or one.members or other.members):
            out[one.label]["crossed_with"].append(other.label)
            out[other.label]["crossed_with"].append(one.label)
    return out


def groupings_of_formula(formula: FormulaSpec) -> dict[str, dict[str, Any]]:
    """The same without data: a combination lies within its parts, and no more is known."""
    factors = {group_key(terms[0]): terms for terms in _by_factor(formula)}
    effects = effects_of_formula(formula)
    return {
        terms[0].label: {
            "nested_in": [others[0].label for outer, others in factors.items() if _lies_within(key, outer)],
            "crossed_with": _empty(),
            **_options(terms),
            "blocks": [
                [effects[key].coefs[place] for place in block.positions] for block in effects[key].blocks
            ],
        }
        for key, terms in factors.items()
    }


def _by_factor(formula: FormulaSpec) -> list[list[GroupTerm]]:
    found: dict[GroupKey, list[GroupTerm]] = {}
    for predictor in formula.predictors:
        for term in predictor.groups:
            found.setdefault(group_key(term), []).append(term)
    return list(found.values())


def _lies_within(inner: GroupKey, outer: GroupKey) -> bool:
    return not inner[0] and not outer[0] and outer[1] < inner[1]


def _options(terms: Sequence[GroupTerm]) -> dict[str, Any]:
    """What `gr()` and `mm()` say, and the names by which effects are correlated across terms."""
    first = terms[0] if terms else None
    return {
        "by": factor_label(first.by) if first and first.by is not None else "",
        "by_levels": _empty(),
        "cov": first.cov if first else "",
        "dist": first.dist if first else "gaussian",
        "members": [factor_label(part) for part in first.factors] if first and first.is_membership else [],
        "weights": [render_expression(part) for part in first.weights] if first else [],
        "ids": list(dict.fromkeys(term.id for term in terms if term.id)),
    }


def _empty() -> list[str]:
    return []


def option_texts(grouping: dict[str, Any]) -> list[str]:
    """The options of a grouping factor in words."""
    out: list[str] = []
    if grouping["by"] or grouping["by_levels"]:
        among = f" of {grouping['by']}" if grouping["by"] else ""
        out.append(f"sds and correlations of their own for each level{among}")
    if grouping["dist"] == "student":
        out.append("Student effects")
    if grouping["cov"]:
        out.append(f"levels related as {grouping['cov']} says")
    if grouping["members"]:
        shares = f"weighted by {', '.join(grouping['weights'])}" if grouping["weights"] else "in equal shares"
        out.append(f"a row belongs to a level of each of {', '.join(grouping['members'])}, {shares}")
    out += [f"correlated across terms by the name {name}" for name in grouping["ids"]]
    return out
