"""A schema as JSON and back: frozen values by the names of their fields, no pickle.

Every value is a dataclass of this package, text, a number, a truth value, None, or a tuple of such. A
dataclass becomes an object with its name under "is"; only the names listed here are ever read back.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import cast

from bayesformula.data import learnt
from bayesformula.data.columns import Contrast
from bayesformula.errors import FitFileError, Span
from bayesformula.syntax import ast
from bayesformula.typed import check_record

FORMAT = 1

_VALUES: tuple[type, ...] = (
    learnt.DataSchema, learnt.VariableSchema, learnt.TermSchema, learnt.DroppedColumn, learnt.EffectSchema,
    learnt.GroupSchema, learnt.ParameterSchema, learnt.ResponseSchema, learnt.StateItem, Contrast, Span,
    ast.Name, ast.Number, ast.String, ast.Argument, ast.Call, ast.Unary, ast.Binary, ast.Paren, ast.Index,
    ast.Term, ast.GroupTerm, ast.Predictor, ast.Response, ast.FormulaSpec,
)  # fmt: skip
_BY_NAME: Mapping[str, type] = {value.__name__: value for value in _VALUES}


def schema_to_json(schema: learnt.DataSchema) -> dict[str, object]:
    """The schema as a dict that `json.dumps` takes."""
    return {"format": FORMAT, "schema": _to_plain(schema)}


def schema_from_json(plain: Mapping[str, object]) -> learnt.DataSchema:
    """The schema that `schema_to_json` saved.

    Raises:
        FitFileError: not a saved schema, or one of another format.
    """
    if plain.get("format") != FORMAT:
        raise FitFileError(
            f"a saved schema of format {plain.get('format')!r} cannot be read; this version reads {FORMAT}"
        )
    try:
        schema = _from_plain(plain.get("schema"))
    except (TypeError, KeyError, ValueError, AttributeError, RecursionError) as fault:
        raise FitFileError(f"the saved schema is damaged: {fault}") from None
    if not isinstance(schema, learnt.DataSchema):
        raise FitFileError("the saved schema is damaged: it does not hold a schema")
    return schema


def _to_plain(value: object) -> object:
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        if items and isinstance(items[0], str | int):  # a million levels in one step
            return list(items)
        if items and isinstance(items[0], float) and all(math.isfinite(cast(float, x)) for x in items):
            return list(items)
        return [_to_plain(item) for item in items]
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no infinity: cut(x, c(-Inf, 0, Inf))
        return {"is": "float", "value": str(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    return value


def _from_plain(plain: object) -> object:
    if isinstance(plain, list):
        items = cast("list[object]", plain)
        if items and isinstance(items[0], str | int):
            return tuple(items)
        return tuple(_from_plain(item) for item in items)
    if isinstance(plain, dict):
        fields = cast("dict[str, object]", plain)
        if fields["is"] == "float":
            return float(str(fields["value"]))
        kind = _BY_NAME[str(fields["is"])]
        record = kind(**{name: _from_plain(value) for name, value in fields.items() if name != "is"})
        check_record(record)
        return record
    return plain
