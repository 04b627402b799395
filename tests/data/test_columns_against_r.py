"""Columns, values, spaces and ranks against those of R's `model.matrix`, on training rows and on new ones.

The numbers are in `r_columns/columns.json`, written by `r_columns/columns.R`; the formulas are in
`r_columns/formulas.txt`.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula.data.design import encode
from bayesformula.errors import BayesFormulaWarning

HERE = Path(__file__).parent / "r_columns"
RECORDS = json.loads((HERE / "columns.json").read_text(encoding="utf-8"))[1:]
LEVELS = {
    "f": ["early", "mid", "late"],
    "o": ["none", "some", "much", "all"],
    "h": ["r", "q", "p"],
}
TEXT = ["f", "o", "h", "s", "u", "q", "tf", "a"]


def read_frame(name: str) -> pd.DataFrame:
    """A frame with the types that `columns.R` gives it."""
    frame = pd.read_csv(HERE / f"{name}.csv", dtype=dict.fromkeys(TEXT, str))
    for column in frame.columns.intersection(list(LEVELS)):
        frame[column] = pd.Categorical(frame[column], categories=LEVELS[column], ordered=column == "o")
    return frame


def sums(values: np.ndarray) -> dict[str, np.ndarray]:
    """What `columns.R` says of each column."""
    weight = np.sin(np.arange(1, len(values) + 1))
    return {"sum": values.sum(axis=0), "squares": (values**2).sum(axis=0), "weighted": weight @ values}


def space(values: np.ndarray) -> tuple[int, np.ndarray]:
    """Rank, and the squared lengths of three fixed vectors projected onto the columns."""
    length = np.maximum(np.linalg.norm(values, axis=0), 1e-300)
    u, d, _ = np.linalg.svd(values / length, full_matrices=False)
    basis = u[:, d > 1e-9 * d.max()]
    steps = np.arange(1, len(values) + 1) ** 1.5
    probes = np.column_stack([np.cos(k * steps) for k in (0.7, 1.9, 2.6)])
    return basis.shape[1], ((basis.T @ probes) ** 2).sum(axis=0)


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def compare(values: pd.DataFrame, names: list[str], record: dict) -> None:
    """Columns of one name have one content."""
    place = {name: index for index, name in enumerate(names)}
    chosen = [place[name] for name in values.columns]
    for what, found in sums(values.to_numpy()).items():
        expected = np.array(as_list(record[what]), dtype=float)[chosen]
        scale = np.sqrt(np.maximum(np.array(as_list(record["squares"]), dtype=float)[chosen], 1e-300))
        tolerance = 1e-10 * np.maximum(1.0, scale * np.sqrt(len(values)))
        assert np.all(np.abs(found - expected) <= np.maximum(tolerance, 1e-10 * np.abs(expected))), what


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {name: read_frame(name) for name in ("main", "main_new", "nested", "missing")}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record['frame']}: {record['formula']}")
def test_columns_are_those_of_r(build, frames, record):
    """The same space and rank; the same names and values where the coding is the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BayesFormulaWarning)  # bs() beyond its boundary knots
        schema, design = build(record["formula"], frames[record["frame"]])
        names = ["Intercept" if name == "(Intercept)" else name for name in as_list(record["names"])]
        rank, projections = space(design.fixed.to_numpy())
        assert design.fixed.shape[1] == rank == record["rank"]
        assert_allclose(projections, record["projections"], rtol=1e-8, atol=1e-8)
        found = list(design.fixed.columns)
        if any(schema.variable(label).ordered for term in schema.mu.terms for label in term.variables):
            return  # an ordered factor has polynomial contrasts in R and treatment contrasts here
        assert [name for name in names if name in set(found)] == found
        assert len(names) == len(found) + len(schema.mu.dropped)
        compare(design.fixed, names, record)
        if "new" in record:
            new = encode(schema, frames["main_new"], response="ignore")
            compare(new.fixed, names, record["new"])
