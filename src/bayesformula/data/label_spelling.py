"""Labels that a reader would take for one and the data hold as two, or the other way round."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pandas as pd

from bayesformula.data.findings import Finding, found
from bayesformula.data.label_lints import terms_of
from bayesformula.data.learnt import DataSchema
from bayesformula.data.text_files import SPELLINGS
from bayesformula.data.values import Design
from bayesformula.errors import shortened
from bayesformula.syntax.render import render_expression, variables_of

MOST_LEVELS = 100_000
"""Of a factor whose labels are compared; a million are ids that a program made."""


def spelling_lints(schema: DataSchema, design: Design, frame: pd.DataFrame) -> Iterator[Finding]:
    """Findings about the labels of factors and groups."""
    yield from _merged(schema, frame)
    for label, levels in _factors(schema, design).items():
        if len(levels) <= MOST_LEVELS and (pair := _look_alike(levels)):
            one, other = pair
            yield found(
                "similar-labels",
                f"'{shortened(one)}' and '{shortened(other)}' of '{label}' differ {_how(one, other)} only, "
                "and are two levels; if they are one, write them alike",
            )


def _factors(schema: DataSchema, design: Design) -> dict[str, tuple[str, ...]]:
    """Levels by what they are of, each factor of a combination by itself."""
    out = {variable.label: variable.levels for variable in schema.variables if variable.kind == "factor"}
    for part in design.parameters.values():
        for group in part.groups.values():
            for name, levels in zip(group.factors, group.parts, strict=False):
                out.setdefault(name, tuple(dict.fromkeys(levels)))
    return out


def _plain(label: str) -> str:
    """What two labels that look alike have in common."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _look_alike(levels: tuple[str, ...]) -> tuple[str, str] | None:
    """The first two labels that look alike; of few letters `Aa` and `AA`, genes say, are meant to differ."""
    seen: dict[str, str] = {}
    for level in levels:
        plain = _plain(level)
        earlier = seen.setdefault(plain, level)
        if earlier != level and (len(plain) > 3 or earlier.casefold() != level.casefold()):
            return earlier, level
    return None


def _how(one: str, other: str) -> str:
    if one.split() == other.split() or "".join(one.split()) == "".join(other.split()):
        return "in blanks"
    if one.casefold() == other.casefold():
        return "in small and capital letters"
    if "".join(one.casefold().split()) == "".join(other.casefold().split()):
        return "in blanks and in small and capital letters"
    return "in how letters are written in Unicode"


def _merged(schema: DataSchema, frame: pd.DataFrame) -> Iterator[Finding]:
    """`01` and `1` in a file: read as numbers they are one level."""
    spellings: dict[str, tuple[str, str]] = frame.attrs.get(SPELLINGS, {})
    if not spellings:
        return
    labels = {variable.label for variable in schema.variables if variable.kind == "factor"}
    factors = [
        *(f for predictor in schema.spec.predictors for group in predictor.groups for f in group.factors),
        *(
            variable  # factor(u); a plain u is a number
            for predictor in schema.spec.predictors
            for term in terms_of(predictor)
            for variable in term.variables
            if render_expression(variable) in labels
        ),
    ]
    for name in dict.fromkeys(name for factor in factors for name in variables_of(factor)):
        if name in spellings:
            one, other = spellings[name]
            yield found(
                "merged-labels",
                f"column '{name}' of the file holds '{one}' and '{other}', which are one number and would be "
                f'one level; to keep them apart pass pd.read_csv(path, dtype={{"{name}": str}}), or write a '
                "letter before each in the file",
            )
