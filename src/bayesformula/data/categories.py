"""Responses that are categories: their codes 0, 1, ... and names; counts in the columns of a matrix."""

from __future__ import annotations

import numpy as np

from bayesformula.data.findings import Finding, found
from bayesformula.data.learnt import ResponseSchema
from bayesformula.data.response import MOST_CATEGORIES
from bayesformula.data.rows import unseen_levels
from bayesformula.errors import DataError, FamilyError, listing

ORDINAL = ("cumulative", "sratio", "cratio", "acat")
ONE_OF = (*ORDINAL, "categorical")
"""Families of one response out of several categories."""


def codes(family: str, response: ResponseSchema, y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """A response as the codes of its categories, and their names.

    Levels are coded in their order. Of whole numbers an ordinal family takes all from the least to the
    greatest of the training data as categories, `categorical` those that there were.

    Args:
        family: name of the family of the model.
        response: learnt from the training data.
        y: (n,) the response of these or of other rows, as in `Design.y`.

    Returns:
        (n,) float64 codes 0, ..., K - 1, and K names. Other families keep their response and have no
        categories; a matrix is kept, its columns are the categories.

    Raises:
        DataError: the response cannot be categories of this family.
        UnseenLevelError: a number that the training data did not have.

    >>> codes("cumulative", ResponseSchema("rating", "count", numbers=(1, 2, 4)), np.array([4.0, 1.0]))
    (array([3., 0.]), ('1', '2', '3', '4'))
    """
    if family == "multinomial":
        return y, response.columns
    if family not in (*ONE_OF, "bernoulli"):
        return y, ()
    numbers = () if response.levels else _numbers(family, response)
    names = response.levels or tuple(map(str, numbers))
    if len(names) < 2 or (family == "bernoulli" and len(names) > 2):
        raise _miscounted(family, response, names)
    return (y if response.levels else _places(response, y, numbers)), names


def check_matrix(response: ResponseSchema, family: str | None) -> None:
    """Refuse `cbind(a, b, c)` in a family of one response, and one column in the family of counts.

    Args:
        response: learnt from the training data.
        family: name of the family; None where none was asked for.

    Raises:
        FamilyError: with what to write instead.
    """
    if response.kind == "matrix" and family != "multinomial":
        takes = "no family was given" if family is None else f"family '{family}' takes one"
        raise FamilyError(
            f"response '{response.label}' has {len(response.columns)} columns, and {takes}\n"
            "  Counts of categories out of a number of trials are modelled by family='multinomial'.\n"
            "  Several responses are several fits, one by one."
        )
    if family == "multinomial" and response.kind != "matrix":
        raise FamilyError(
            f"family 'multinomial' takes counts of three categories or more, and response '{response.label}' "
            f"is {_shape(response)}"
        )


def category_findings(family: str | None, response: ResponseSchema) -> tuple[Finding, ...]:
    """What a colleague would say of the categories: some are empty, or their order was not declared."""
    if family not in ONE_OF or response.kind == "matrix":
        return ()
    findings: list[Finding] = []
    if family in ORDINAL and response.levels and response.kind != "ordered" and len(response.levels) > 2:
        findings.append(_undeclared_order(response))
    if response.unused:
        findings.append(
            found(
                "empty-category",
                f"no row has the level {listing(response.unused, 5)} of response '{response.label}': it is "
                "no category of the model",
            )
        )
    numbers = response.numbers
    if family in ORDINAL and not response.levels and numbers:
        findings += _gaps(response, numbers)
    return tuple(findings)


def _undeclared_order(response: ResponseSchema) -> Finding:
    order = " < ".join(response.levels[:8]) + (" < ..." if len(response.levels) > 8 else "")
    how = "alphabetical order" if response.kind == "text" else "the order of the categories"
    return found(
        "category-order",
        f"response '{response.label}' has no declared order and is taken as {order}, {how}; to change it, "
        f"make it an ordered category, or write ordered({response.label}, levels = c(...)) ~ ...",
    )


def _gaps(response: ResponseSchema, numbers: tuple[int, ...]) -> list[Finding]:
    """Numbers between the least and the greatest that no row has, and those below the least."""
    present = set(numbers)
    first, last = numbers[0], numbers[-1]
    if last - first >= MOST_CATEGORIES:
        return []  # refused by `codes`
    between = [str(value) for value in range(first, last) if value not in present]
    findings: list[Finding] = []
    if between:
        one = len(between) == 1
        findings.append(
            found(
                "empty-category",
                f"no row has {', '.join(between[:5])}{', ...' * (len(between) > 5)} as response "
                f"'{response.label}': {'it is a category' if one else 'they are categories'} all the same, "
                f"and only the priors say how probable {'it is' if one else 'they are'}; to leave "
                f"{'it' if one else 'them'} out, write ordered({response.label}) ~ ...",
            )
        )
    if first > 1:
        message = f"response '{response.label}' begins at {first}: what is below is no category of the model"
        findings.append(found("empty-category", message))
    return findings


def _numbers(family: str, response: ResponseSchema) -> tuple[int, ...]:
    """The whole numbers that are categories, in order."""
    numbers = response.numbers
    if family == "bernoulli":
        if not set(numbers) <= {0, 1} or not numbers:
            raise DataError(
                f"response '{response.label}' must be 0 or 1, true or false, or of two levels, for family "
                "'bernoulli'\n"
                f"  Write ({response.label} {_split(numbers)}) ~ ... for one that is true or false."
            )
        return (0, 1)
    if not numbers:
        raise DataError(
            f"response '{response.label}' must be categories, or at most {MOST_CATEGORIES} different whole "
            f"numbers, for family '{family}'\n"
            f"  Write cut({response.label}, breaks) ~ ... to make categories of it."
        )
    if family not in ORDINAL:
        return numbers
    if numbers[-1] - numbers[0] >= MOST_CATEGORIES:
        raise DataError(
            f"response '{response.label}' has numbers from {numbers[0]} to {numbers[-1]}, and family "
            f"'{family}' would take each between them as a category, at most {MOST_CATEGORIES}\n"
            f"  Write ordered({response.label}) ~ ... for those alone that there are."
        )
    return tuple(range(numbers[0], numbers[-1] + 1))


def _split(numbers: tuple[int, ...]) -> str:
    """How a comparison makes two halves of numbers: of 1 and 2 the second, else those above 0."""
    return f"== {numbers[1]}" if len(numbers) == 2 else "> 0"


def _places(response: ResponseSchema, y: np.ndarray, numbers: tuple[int, ...]) -> np.ndarray:
    """Where each number stands among the categories."""
    known = np.array(numbers, dtype=np.float64)
    places = np.clip(np.searchsorted(known, y), 0, len(known) - 1)
    unknown = known[places] != y
    if unknown.any():
        names = [f"{value:g}" for value in np.unique(y[unknown]).tolist()]
        raise unseen_levels("response", response.label, names, tuple(map(str, numbers)), is_group=False)
    return places.astype(np.float64)


def _miscounted(family: str, response: ResponseSchema, names: tuple[str, ...]) -> DataError:
    if len(names) < 2:
        shown = f"is {names[0]} in all rows" if names else "has no category"
        return DataError(f"response '{response.label}' {shown}, and family '{family}' needs two categories")
    return DataError(
        f"response '{response.label}' has {len(names)} levels, and family 'bernoulli' takes two: "
        f"{listing(names, 5)}\n"
        f"  Write {response.label}['{names[-1]}'] ~ ... for one level against the others, or use "
        "family='categorical'."
    )


def _shape(response: ResponseSchema) -> str:
    """What a response is that is no matrix, and what to use."""
    if response.label.startswith("cbind("):
        return "successes and failures\n  That is family='binomial'."
    if response.levels:
        return (
            "one category a row\n"
            "  That is family='categorical'. Counts are written cbind(a, b, c) ~ ..., a column for each."
        )
    return "one column\n  Write cbind(a, b, c) ~ ..., a column of counts for each category."
