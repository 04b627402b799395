"""Groups of several predictors: one record for each grouping factor, whatever the parameters it enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesformula.data.encoded import beside
from bayesformula.data.values import GroupDesign, ParameterDesign
from bayesformula.errors import FormulaError


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """The effects of one grouping factor on all predictors.

    Attributes:
        design: columns of all of them side by side; coefficients of others than mu are named after their
            parameter, `sigma_Intercept`.
        parameters: for each coefficient the parameter whose predictor it enters.
    """

    design: GroupDesign
    parameters: tuple[str, ...]


def shared_groups(parameters: Mapping[str, ParameterDesign]) -> dict[str, SharedGroup]:
    """The groups of all predictors by label, in order of first writing.

    Terms with the same id are one block of correlated coefficients, in whatever predictors they stand.

    Raises:
        FormulaError: two predictors give one factor different options of `gr()`.
    """
    merged: dict[str, SharedGroup] = {}
    for parameter, design in parameters.items():
        for label, group in design.groups.items():
            named = _named(group, parameter)
            owners = (parameter,) * len(group.coefs)
            if label in merged:
                merged[label] = _joined(merged[label], named, owners)
            else:
                merged[label] = SharedGroup(named, owners)
    return merged


def coefficient_name(parameter: str, column: str) -> str:
    """`x` of mu, `sigma_x` of sigma."""
    return column if parameter == "mu" else f"{parameter}_{column}"


def _named(group: GroupDesign, parameter: str) -> GroupDesign:
    if parameter == "mu":
        return group
    names = {coef: coefficient_name(parameter, coef) for coef in group.coefs}
    return replace(
        group,
        coefs=tuple(names.values()),
        blocks=tuple(tuple(names[coef] for coef in block) for block in group.blocks),
    )


def _joined(first: SharedGroup, second: GroupDesign, owners: tuple[str, ...]) -> SharedGroup:
    one = first.design
    same = (one.dist, one.by, one.cov_name) == (second.dist, second.by, second.cov_name)
    if not same or not np.array_equal(one.index, second.index):
        raise FormulaError(
            f"the factor '{one.label}' has other options of gr() in the formula of {owners[0]} than before\n"
            f"  Write the same by, cov and dist in every term on '{one.label}'."
        )
    blocks, ids = list(one.blocks), list(one.ids)
    for block, name in zip(second.blocks, second.ids, strict=True):
        if name and name in ids:
            place = ids.index(name)
            blocks[place] = blocks[place] + block
        else:
            blocks.append(block)
            ids.append(name)
    design = replace(
        one,
        coefs=one.coefs + second.coefs,
        blocks=tuple(blocks),
        ids=tuple(ids),
        values=beside([one.values, second.values]),
    )
    return SharedGroup(design, first.parameters + owners)
