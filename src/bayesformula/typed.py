"""Whether a value that was read from a file is of the type that a field is annotated with.

Frozen records of the package are annotated throughout, and hold what they hold without looking. A record that
was made from the text of a file holds what a stranger wrote there, until this has looked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

SIMPLE = {str: (str,), int: (int,), float: (float, int), bool: (bool,), NoneType: (NoneType,)}


def check_record(record: object) -> None:
    """Look at every field of a dataclass, not into records that it holds.

    Raises:
        TypeError: a field holds something else than its annotation says.
    """
    for name, hint in _hints(type(record)).items():
        if not conforms(getattr(record, name), hint):
            raise TypeError(f"{type(record).__name__}.{name} is of another type")


def check_records(record: object) -> None:
    """The same, and of all records in its fields."""
    if isinstance(record, tuple):
        for item in cast("tuple[object, ...]", record):
            check_records(item)
    elif dataclasses.is_dataclass(record):
        check_record(record)
        for name in _hints(type(record)):
            check_records(getattr(record, name))


def conforms(value: object, hint: Any) -> bool:
    """Whether a value is of a type: text, numbers, truth values, None, tuples, records, unions of them."""
    if hint is Any or hint is object:
        return True
    if hint in SIMPLE:
        return type(value) in SIMPLE[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(conforms(value, option) for option in arguments)
    if origin is Literal:
        return any(type(value) is type(option) and value == option for option in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and _tuple_conforms(cast("tuple[object, ...]", value), arguments)
    return isinstance(hint, type) and isinstance(value, hint)


def conforms_by_key(values: object, hint: Any) -> bool:
    """Whether it is an object of JSON, all its values of one type."""
    if not isinstance(values, Mapping):
        return False
    return all(conforms(value, hint) for value in cast("Mapping[str, object]", values).values())


def _tuple_conforms(values: tuple[object, ...], hints: tuple[Any, ...]) -> bool:
    if len(hints) == 2 and hints[1] is Ellipsis:
        if hints[0] in SIMPLE:  # a million levels in one step
            return {*map(type, values)} <= {*SIMPLE[hints[0]]}
        return all(conforms(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(conforms, values, hints))


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
