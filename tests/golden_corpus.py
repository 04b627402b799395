"""The records of `tests/golden`: formulas with what R makes of them, and inputs that are wrong."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

FOLDER = Path(__file__).parent / "golden"
Record = dict[str, Any]


def read_records(name: str) -> list[Record]:
    """The records of a file, one a line."""
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


@lru_cache(maxsize=1)
def _schemas() -> Record:
    return json.loads((FOLDER / "data" / "schema.json").read_text("utf-8"))


@lru_cache(maxsize=1)
def spaces() -> Record:
    """What R's fixed matrices span, by record and parameter (`projections.R`)."""
    return json.loads((FOLDER / "projections.json").read_text("utf-8"))["spaces"]


def column_types(record: Record) -> dict[str, dict[str, Any]]:
    """Types and declared levels of the columns that a record's formula may read."""
    return record.get("schema") or _schemas()[record["dataset"]]


def read_table(record: Record) -> pd.DataFrame:
    """The table of a record, typed as R has it."""
    frame = pd.read_csv(FOLDER / record["data"], dtype=str, keep_default_na=False, na_values=[""])
    types = column_types(record)
    return pd.DataFrame({name: _typed(frame[name], types.get(name, {})) for name in frame.columns})


def _typed(texts: pd.Series, column: dict[str, Any]) -> pd.Series:
    match column.get("type"):
        case "factor" | "ordered":
            declared = pd.CategoricalDtype(column["levels"], ordered=column["type"] == "ordered")
            unknown = set(texts.dropna()) - set(column["levels"])
            assert not unknown, unknown
            return texts.astype(declared)
        case "character" | None:
            return texts
        case "logical":
            return texts.map({"TRUE": True, "True": True, "FALSE": False, "False": False})
        case _:
            return pd.to_numeric(texts)


def text_of(record: Record) -> str:
    """The formula as a user of this package writes it; brms's several formulas are joined."""
    return record.get("formula") or "; ".join(record["parts"])
