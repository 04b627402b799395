"""How a factor is coded: reading `C(f, sum)`, and the matrix of each coding with R's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from bayesformula.data.arguments import Arguments, ContrastCall, State
from bayesformula.data.columns import Column, Contrast, as_factor, drop_unused, format_number
from bayesformula.errors import FormulaError, listing, nearest

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["treatment", "sum", "helmert", "poly"]
CODINGS: tuple[Kind, ...] = ("treatment", "sum", "helmert", "poly")
_POLYNOMIALS = (".L", ".Q", ".C")


# ---- matrices ----------------------------------------------------------------------------------------


MAX_POLY = 94
"""Levels up to which numbers of 64 bits tell polynomial contrasts apart; R's limit too."""


def coding_matrix(levels: Sequence[str], contrast: Contrast) -> tuple[np.ndarray, tuple[str, ...]]:
    """One row a level, one column a contrast, and R's names for the columns."""
    count = len(levels)
    if count < 2:
        return np.zeros((count, 0)), ()
    width = count - 1
    names = tuple(str(step) for step in range(1, count))
    match contrast.kind:
        case "treatment":
            base = levels.index(contrast.base) if contrast.base in levels else 0
            matrix = np.delete(np.eye(count), base, axis=1)
            named = tuple(map(str, range(1, count + 1))) if contrast.is_numbered else levels
            names = tuple(name for place, name in enumerate(named) if place != base)
        case "poly":
            matrix = _formulaic_matrix(contrast.kind, count)
            names = tuple(_POLYNOMIALS[k - 1] if k <= 3 else f"^{k}" for k in range(1, count))
        case "sum" | "helmert":
            matrix = _formulaic_matrix(contrast.kind, count)
    kept = contrast.how_many or width
    return matrix[:, :kept], names[:kept]


def _formulaic_matrix(kind: Kind, count: int) -> np.ndarray:
    """R's coding of this many levels, by formulaic; of the user's text nothing reaches it."""
    from formulaic.transforms import contrasts as fc  # a third of a second, which most formulas need not pay

    coding: fc.Contrasts = {
        "sum": fc.SumContrasts,
        "helmert": partial(fc.HelmertContrasts, reverse=True, scale=False),
        "poly": fc.PolyContrasts,
    }[kind]()
    matrix = cast("pd.DataFrame", coding.get_coding_matrix(list(range(count)), reduced_rank=True))
    return np.asarray(matrix, dtype=np.float64)


# ---- C() ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the arguments of a coding say: its base, or None, and the number of levels it is made for."""

    base: object = None
    n_levels: float | None = None


def learn_contrast(arguments: Arguments) -> State:
    """Which coding `C()` asks for, its base named as a level."""
    if arguments.columns[0].is_scalar:
        raise arguments.fail(f"{arguments.call}: '{arguments.labels[0]}' is a constant, not a factor")
    call = cast("ContrastCall | None", arguments.options.get("contr")) or ContrastCall("treatment")
    name = call.name.lower().removeprefix("contr.")
    levels = drop_unused(as_factor(arguments.columns[0])).levels
    if name not in (*CODINGS, "sas"):
        raise arguments.fail(
            f"{arguments.call}: there are no contrasts '{call.name}'",
            f"Legal ones are {listing(nearest(name, CODINGS))}.",
        )
    asked = _read_coding(arguments, call, name)
    if asked.n_levels is not None and asked.n_levels != len(levels):
        raise arguments.fail(
            f"{arguments.call}: {call.name}({format_number(asked.n_levels)}) codes a factor of "
            f"{format_number(asked.n_levels)} levels, '{arguments.labels[0]}' has {len(levels)}",
            f"Write C({arguments.labels[0]}, {call.name}) for its own number of levels.",
        )
    base: object = next((arguments.options[key] for key in ("base", "ref") if key in arguments.options), None)
    base = asked.base if base is None else base
    if base is not None and name != "treatment":
        raise arguments.fail(
            f"{arguments.call}: only treatment contrasts have a level to compare with",
            f'Write C({arguments.labels[0]}, treatment("{levels[-1] if levels else "b"}")).',
        )
    numbered = call.is_function or asked.n_levels is not None  # R knows no levels then
    numbered = numbered or "base" in arguments.options
    if name == "sas":
        name, base = "treatment", levels[-1] if levels else None
    if name == "poly" and len(levels) > MAX_POLY:
        raise arguments.fail(
            f"{arguments.call}: '{arguments.labels[0]}' has {len(levels):,} levels; polynomials of more than "
            f"{MAX_POLY} are not exact",
            f"Write a polynomial of its numbers: poly(as.numeric({arguments.labels[0]}), 3).",
        )
    return {
        "kind": name,
        "base": _base_level(arguments, base, levels),
        "how_many": float(_how_many(arguments, len(levels))),
        "is_numbered": float(numbered),
    }


def _read_coding(arguments: Arguments, call: ContrastCall, name: str) -> _Asked:
    """`treatment("b")` and `treatment(2)` name the base; `contr.treatment(3, base = 2)` is R's function."""
    is_r = call.name.startswith("contr.")
    formals = ["n", "base"] if is_r else ["base"]
    bound: dict[str, object] = {}
    for key, value in call.arguments:
        target = {"ref": "base", "reference": "base"}.get(key, key)
        if not target:
            free = [formal for formal in formals if formal not in bound]
            target = "base" if isinstance(value, str) or not free else free[0]
        if target not in ("n", "base") or target in bound:
            raise arguments.fail(
                f"{arguments.call}: {call.name}() has no argument '{key}', or it is given twice",
                'Write treatment(ref = "b"), contr.treatment(base = 2), sum, helmert or poly.',
            )
        bound[target] = value
    size = bound.get("n")
    if isinstance(size, tuple):  # contr.treatment(levels(f), base = 2) names its columns by the levels
        size = None
    if name not in ("treatment", "sas") and size is None and not is_r:  # sum(3): R's contr.sum(3)
        size = bound["base"] if isinstance(bound.get("base"), float) else None
        bound = bound if size is None else {}
    if size is not None and (isinstance(size, str | bool) or not isinstance(size, float | int)):
        raise arguments.fail(f"{arguments.call}: the number of levels in {call.name}() must be a number")
    return _Asked(bound.get("base"), None if size is None else float(size))


def _how_many(arguments: Arguments, n_levels: int) -> int:
    """How many of the contrasts are kept; 0 for all."""
    value = arguments.options.get("how.many")
    if value is None:
        return 0
    return arguments.whole_option("how.many", 0, 1, max(1, n_levels - 1))


def _base_level(arguments: Arguments, base: object, levels: tuple[str, ...]) -> str:
    if base is None:
        return ""
    if isinstance(base, str) and base in levels:
        return base
    if isinstance(base, float | int) and 1 <= base <= len(levels) and base == int(base):
        return levels[int(base) - 1]
    raise unknown_level(arguments, base, levels, "to compare with")


def unknown_level(arguments: Arguments, level: object, levels: Sequence[str], purpose: str) -> FormulaError:
    """The error for a level that the factor does not have."""
    name = level if isinstance(level, str) else format_number(float(cast(float, level)))
    shown = f"'{name}'" if isinstance(level, str) else name
    return arguments.fail(
        f"{arguments.call}: '{arguments.labels[0]}' has no level {shown} {purpose}",
        f"Its levels are {listing(nearest(name, levels))}.",
    )


def apply_contrast(arguments: Arguments, state: State) -> Column:
    """The factor, marked with the coding that it asks for."""
    column = as_factor(arguments.columns[0].spread(arguments.n))
    kind, base = cast(Kind, state["kind"]), str(state["base"])
    how_many, numbered = (cast(float, state.get(name, 0.0)) for name in ("how_many", "is_numbered"))
    contrast = Contrast(kind, base, int(how_many), bool(numbered))
    return Column("factor", column.values, column.levels, (), column.declared, column.ordered, contrast)
