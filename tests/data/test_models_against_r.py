"""Whole models as people write them against lme4: columns, response, offset, groups and their columns.

The numbers are in `r_models/models.json`, written by `r_models/models.R`; the models are in
`r_models/formulas.txt`.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula.errors import FormulaError

HERE = Path(__file__).parent / "r_models"
RECORDS = json.loads((HERE / "models.json").read_text(encoding="utf-8"))[1:]
READ = [record for record in RECORDS if not record.get("refused")]


def by_formula(record: dict) -> str:
    return f"{record['frame']}: {record['formula']}"


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(HERE / f"{name}.csv") for name in ("reading", "field", "pupils")}


@pytest.fixture
def built(build, frames):
    """The design of a record."""

    def _built(record):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return build(record["formula"], frames[record["frame"]])

    return _built


def sums(values: np.ndarray) -> np.ndarray:
    """Of each column what `models.R` says: sum, sum of squares, and a sum that tells rows apart."""
    weight = np.sin(np.arange(1, len(values) + 1))
    return np.array([values.sum(axis=0), (values**2).sum(axis=0), weight @ values])


def of_r(record: dict, chosen: list[int] | None = None) -> np.ndarray:
    table = np.array([record[what] for what in ("sum", "squares", "weighted")], dtype=float)
    return table if chosen is None else table[:, chosen]


def assert_same_sums(ours: np.ndarray, truth: np.ndarray) -> None:
    assert_allclose(ours, truth, rtol=1e-9, atol=1e-9 * max(1.0, float(np.sqrt(np.max(truth[1])))))


def space(values: np.ndarray) -> tuple[int, np.ndarray]:
    """Rank, and the squared lengths of three fixed vectors projected onto the columns."""
    length = np.maximum(np.linalg.norm(values, axis=0), 1e-300)
    u, d, _ = np.linalg.svd(values / length, full_matrices=False)
    basis = u[:, d > 1e-9 * d.max()]
    steps = np.arange(1, len(values) + 1) ** 1.5
    probes = np.column_stack([np.cos(k * steps) for k in (0.7, 1.9, 2.6)])
    return basis.shape[1], ((basis.T @ probes) ** 2).sum(axis=0)


def renamed(name: str) -> str:
    return "Intercept" if name == "(Intercept)" else name


@pytest.mark.parametrize("record", RECORDS, ids=by_formula)
def test_all_are_read_but_those_that_no_rule_of_r_reads(built, record):
    if record.get("refused"):
        with pytest.raises(FormulaError, match=r"write .*I\("):
            built(record)
    else:
        assert "error" not in record
        built(record)


@pytest.mark.parametrize("record", READ, ids=by_formula)
def test_columns_response_and_offset_are_lme4s(built, record):
    """The same space; the same names and values but for an ordered factor, which R codes by polynomials."""
    schema, design = built(record)
    rank, projections = space(design.fixed.to_numpy())
    assert design.n_rows == record["n"]
    assert design.fixed.shape[1] == rank == record["rank"]
    assert_allclose(projections, record["projections"], rtol=1e-8, atol=1e-8)
    y = (
        design.y[:, None]
        if "trials" not in design.extras
        else np.column_stack([design.y, design.extras["trials"] - design.y])
    )
    assert_same_sums(sums(y), of_r(record["y"]))
    assert (design.offset is None) == (record["offset"] is None)
    if design.offset is not None:
        assert_allclose(design.offset.sum(), record["offset"])
    if "=>" in line_of(record) or any(
        schema.variable(v).ordered for t in schema.mu.terms for v in t.variables
    ):
        return
    names, found = [renamed(name) for name in record["names"]], list(design.fixed.columns)
    assert [name for name in names if name in set(found)] == found
    assert len(names) == len(found) + len(schema.mu.dropped)
    chosen = [names.index(name) for name in found]
    assert_same_sums(sums(design.fixed.to_numpy()), of_r(record["fixed"], chosen))


def line_of(record: dict) -> str:
    """The line of formulas.txt, which says whether R was given the formula itself."""
    lines = (HERE / "formulas.txt").read_text(encoding="utf-8").splitlines()
    start = f"{record['frame']} {record['formula']}"
    return next(line for line in lines if line == start or line.startswith(f"{start} => "))


def parts(label: str) -> frozenset[str]:
    """The factors of a label: lme4's `subplot:(plot:site)` is our `site:plot:subplot`."""
    text = re.sub(r"\b(as\.)?factor\((\w+)\)", r"\2", label)
    text = re.sub(r"interaction\((\w+), (\w+)\)", r"\1:\2", text)
    return frozenset(re.sub(r"[()]", "", text).split(":"))


@pytest.mark.parametrize("record", READ, ids=by_formula)
def test_groups_are_lme4s(built, record):
    """Factors, levels with their numbers of rows, blocks of correlated effects, columns before the bar.

    lme4 leaves the columns of a factor or matrix before `||` correlated; by contract they are not.
    """
    _, design = built(record)
    terms = record["groups"]
    assert {parts(group.label) for group in design.groups.values()} == {parts(t["label"]) for t in terms}
    for group in design.groups.values():
        same = [term for term in terms if parts(term["label"]) == parts(group.label)]
        for term in same:
            assert_same_levels(group, term)
        names = [renamed(name) for term in same for name in term["coefs"]]
        if "||" in record["formula"] and len(group.coefs) != len(names):
            assert all(len(block) == 1 for block in group.blocks)
            continue
        if "||" not in record["formula"]:
            assert sorted(map(len, group.blocks)) == sorted(len(term["coefs"]) for term in same)
        order = list(range(len(names)))
        if "=>" not in line_of(record):
            assert sorted(group.coefs) == sorted(names)
            order = [names.index(name) for name in group.coefs]
        assert_same_sums(sums(group.z), np.hstack([of_r(term) for term in same])[:, order])


def assert_same_levels(group, term: dict) -> None:
    """Names in order and rows of each; of combinations, whose parts R names the other way round, as a set."""
    rows = np.bincount(group.index, minlength=len(group.levels)).tolist()
    if "interaction" in group.label:
        assert sorted(rows) == sorted(term["sizes"])
    elif len(group.factors) == 1:
        assert (list(group.levels), rows) == (term["levels"], term["sizes"])
    else:
        ours = sorted((sorted(level), size) for *level, size in zip(*group.parts, rows, strict=True))
        named = [sorted(text.split(":")) for text in term["levels"]]
        assert ours == sorted(zip(named, term["sizes"], strict=True))
