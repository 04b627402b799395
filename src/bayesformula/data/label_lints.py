"""Lints of columns that are taken for something else: labels for numbers, names for factors, y for x."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import cast

import numpy as np
import pandas as pd

from bayesformula.data.findings import Finding, found
from bayesformula.data.learnt import DataSchema, ResponseSchema
from bayesformula.data.vocabulary import PLAIN_NUMBER, is_name_of_labels, number_marks
from bayesformula.errors import DataError, listing
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Name, Predictor, Term
from bayesformula.syntax.render import render_expression, variables_of

FEWEST_NUMBERS = 10
"""Different numbers among which a little text is a slip; fewer may be classes such as `3+`."""

FEWEST_LABELS = 5
"""A number with fewer values may be a code, an indicator or a dose; nothing is said of it."""


def label_lints(schema: DataSchema, frame: pd.DataFrame) -> Iterator[Finding]:
    """Findings about columns by their names and places in the formula."""
    spec = schema.spec
    yield from _response_on_the_right(spec)
    yield from _fractions(spec, frame)
    yield from _ids_as_numbers(spec, schema, frame)
    yield from _numbers_as_text(spec, schema, frame)
    yield from _ids_that_are_columns(spec, frame)


# ---- the response as a predictor ---------------------------------------------------------------------


def _response_on_the_right(spec: FormulaSpec) -> Iterator[Finding]:
    """`y ~ (1 | y)`, `y ~ (y | g)`; a y in the population part is refused with the formula itself.

    A response of several columns is left alone: `cbind(dead, n - dead) ~ log(n)` is a model.
    """
    read = set(variables_of(spec.response.expression))
    if len(read) != 1:
        return
    name = read.pop()
    for predictor in spec.predictors:
        for group in predictor.groups:
            if any(name in variables_of(factor) for factor in group.factors):
                yield found(
                    "response-as-group",
                    f"'{name}' is the response and a grouping factor: (... | {group.label}) would explain "
                    "it by itself; write another column after the bar",
                )
        for term in terms_of(predictor):
            if any(isinstance(variable, Name) and variable.text == name for variable in term.variables):
                yield found(
                    "response-as-predictor",
                    f"'{name}' is the response and a predictor, '{term.label}': it would explain itself; "
                    "leave it out on the right",
                )


def terms_of(predictor: Predictor) -> Iterator[Term]:
    """Population terms, those of one category each, and those of groups."""
    yield from predictor.terms
    yield from predictor.specific
    for group in predictor.groups:
        yield from group.terms


# ---- numbers and labels ------------------------------------------------------------------------------


def _fractions(spec: FormulaSpec, frame: pd.DataFrame) -> Iterator[Finding]:
    """A grouping column of numbers that are not whole: most often a measurement."""
    factors = [factor for group in _groups(spec) for factor in group.factors]
    for name in dict.fromkeys(factor.text for factor in factors if isinstance(factor, Name)):
        values = _numbers(frame, name)
        if values is not None and np.any(values != np.floor(values)):
            yield found(
                "non-integer-group",
                f"grouping column '{name}' holds numbers that are not whole; each different number "
                f"is a level. A measurement belongs before the bar, or into classes: cut({name}, ...)",
            )


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray | None:
    """The finite values of a numeric column that may hold fractions or labels; None for other columns."""
    if name not in frame.columns:
        return None
    series = cast(pd.Series, frame[name])
    dtype = series.dtype
    if pd.api.types.is_object_dtype(dtype) and len(series) and isinstance(series.iloc[0], int | float):
        values = np.array([value if isinstance(value, int | float) else np.nan for value in series])
    elif isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return None
    elif pd.api.types.is_integer_dtype(dtype) or pd.api.types.is_float_dtype(dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        return None
    return values[np.isfinite(values)]


def _ids_as_numbers(spec: FormulaSpec, schema: DataSchema, frame: pd.DataFrame) -> Iterator[Finding]:
    """`y ~ subject`, `(subject_id | item)` where subjects are 308, 309, ...

    A name is needed, since nothing in the numbers tells a label from a year. A word that may be a
    measurement, `school`, must be a grouping factor elsewhere too. A number on both sides under another
    name, `year + (1 | year)`, is a trend with deviations and is left alone.
    """
    grouping = {name for group in _groups(spec) for factor in group.factors for name in variables_of(factor)}
    factors = {variable.label for variable in schema.variables if variable.kind == "factor"}
    variables = {
        variable.text: render_expression(variable)
        for predictor in spec.predictors
        for term in terms_of(predictor)
        for variable in term.variables
        if isinstance(variable, Name)
    }
    for name, label in variables.items():
        if label in factors or not is_name_of_labels(name, is_grouping=name in grouping):
            continue
        values = _numbers(frame, name)
        if values is None or np.any(values != np.floor(values)):
            continue
        labels = np.unique(values)
        if len(labels) >= FEWEST_LABELS:
            shown = ", ".join(f"{value:g}" for value in labels[:3].tolist())
            instead = (
                f"leave it out, as {label} is a grouping factor already"
                if name in grouping
                else f"write (1 | {label}), or factor({label}) for a coefficient each"
            )
            yield found(
                "id-as-number",
                f"'{name}' looks like labels ({shown}, ...; {len(labels)} of them) and is used as a number, "
                f"as though label {labels[1]:g} were more than label {labels[0]:g}; {instead}",
            )


def _numbers_as_text(spec: FormulaSpec, schema: DataSchema, frame: pd.DataFrame) -> Iterator[Finding]:
    """`y ~ income` where income reads "1,234": a factor with a level for each number.

    Text of plain digits alone is a code that somebody made text, and categories were declared: both pass,
    as do grouping factors.
    """
    names = dict.fromkeys(
        variable.text
        for predictor in spec.predictors
        for term in terms_of(predictor)
        for variable in term.variables
        if isinstance(variable, Name)
    )
    levels = {variable.label: variable.levels for variable in schema.variables if variable.kind == "factor"}
    for name in names:
        seen = levels.get(render_expression(Name(name)), ())
        if len(seen) < 3 or not pd.api.types.is_string_dtype(cast(pd.Series, frame[name]).dtype):
            continue
        marks = number_marks(seen)
        if marks is None:
            yield from _text_among_numbers(name, seen)
            continue
        marked, missing = marks
        yield found(
            "number-as-text",
            f"column '{name}' holds text such as '{(marked or missing)[0]}' and becomes a factor of "
            f"{len(seen)} levels, though it looks like numbers; {_remedy(name, marked, missing)}",
        )


MOST_CODES = 50
"""Different whole numbers that may be codes among which text is one, too: chromosomes 1 to 22, X and Y."""


def _numbers_and_others(levels: tuple[str, ...]) -> tuple[list[str], list[str]]:
    numbers: list[str] = []
    others: list[str] = []
    for level in levels:
        (numbers if PLAIN_NUMBER.fullmatch(level.strip()) else others).append(level)
    return numbers, others


def _text_among_numbers(name: str, levels: tuple[str, ...]) -> Iterator[Finding]:
    """A few values such as `<0.1` that make a column of numbers text."""
    numbers, others = _numbers_and_others(levels)
    is_measured = len(numbers) > MOST_CODES or any("." in number for number in numbers)
    if is_measured and others and len(numbers) >= FEWEST_NUMBERS and len(numbers) > 4 * len(others):
        yield found(
            "number-as-text",
            f"column '{name}' holds {listing(others, 3)} among {len(numbers)} different numbers and becomes "
            f"a factor of {len(levels)} levels; correct the text, or make it missing: empty these cells, or "
            f"read with pd.read_csv(path, na_values={others[:3]!r})",
        )


_FOR_LABELS = "  For labels pass a family: family='categorical', or 'cumulative' for levels in an order."


def refuse_text_response(response: ResponseSchema) -> None:
    """A response of text for which no family was given, and which is numbers written as text, or one label.

    Raises:
        DataError: what to write.
    """
    levels = response.levels
    if response.kind != "text" or response.label.endswith("]"):
        return
    if len(levels) == 1:
        raise DataError(
            f"response '{response.label}' is '{levels[0]}' in all rows used: there is nothing to explain"
        )
    numbers, others = _numbers_and_others(levels)
    if 0 < len(others) < len(numbers) and number_marks(levels) is None:
        raise DataError(
            f"response '{response.label}' is text, as it holds {listing(others, 3)} among its numbers\n"
            "  If that stands for a missing value, empty these cells, or say so: "
            f"pd.read_csv(path, na_values={others[:3]!r}); else correct it.\n"
            f"{_FOR_LABELS}"
        )
    marked, missing = number_marks(levels) or ([], [])
    present = [level for level in levels if level not in missing]
    if len(present) > 2 and all(
        level in marked or PLAIN_NUMBER.fullmatch(level.strip()) for level in present
    ):
        remedy = (
            _remedy(response.label, marked or present[:0], missing)
            if marked or missing
            else (f'write frame["{response.label}"].astype(float)')
        )
        raise DataError(
            f"response '{response.label}' is text such as '{(marked or present)[0]}', though it looks like "
            f"numbers; {remedy}\n{_FOR_LABELS}"
        )


def _remedy(name: str, marked: list[str], missing: list[str]) -> str:
    """How to read numbers with these marks, or with these words among them."""
    if not marked:
        return (
            f'empty the cells of missing values, or read with pd.read_csv(path, na_values=["{missing[0]}"])'
        )
    if all(PLAIN_NUMBER.fullmatch(text.strip()) for text in marked):
        return f'write frame["{name}"].astype(float)'
    for mark, option, to in ((",", "thousands", ""), (" ", "thousands", ""), (",", "decimal", ".")):
        grouped = rf"[-+]?[1-9]\d{{0,2}}({mark}\d{{3}})+"
        pattern = grouped if option == "thousands" else rf"[-+]?\d+{mark}\d+"
        if all(re.fullmatch(pattern, text.strip()) for text in marked):
            return (
                f'read the file with pd.read_csv(path, {option}="{mark}"), or write '
                f'frame["{name}"].str.replace("{mark}", "{to}").astype(float)'
            )
    return f'take the marks out: frame["{name}"].str.replace(r"[^0-9.eE+-]", "", regex=True).astype(float)'


# ---- (1 | g | h) -------------------------------------------------------------------------------------


def _groups(spec: FormulaSpec) -> Iterator[GroupTerm]:
    for predictor in spec.predictors:
        yield from predictor.groups


def _ids_that_are_columns(spec: FormulaSpec, frame: pd.DataFrame) -> Iterator[Finding]:
    """`(1 | g | h)` by a user who means two grouping factors.

    A name that stands in several terms does what such names are for, and a name that is no column
    cannot have been meant as one: both pass.
    """
    terms = [group for group in _groups(spec) if group.id]
    uses = Counter(group.id for group in terms)
    for group in terms:
        name, label = group.id, group.label
        if uses[name] == 1 and name in frame.columns:
            yield found(
                "id-names-column",
                f"in (... | {name} | {label}), {name} is not the column of that name but a name under which "
                f"terms share correlations, and no other term has it. For two grouping factors write "
                f"(... | {name}) + (... | {label}), or (... | {name}/{label}) if {label} lies within {name}",
            )
