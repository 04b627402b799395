"""Inputs that are wrong, or look so: refused by an error of ours that names the fault, or read rightly."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.data.design import build_design, encode
from bayesformula.data.tables import as_frame
from bayesformula.errors import BayesFormulaError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from golden_corpus import Record, read_records

RECORDS = read_records("bad_inputs.jsonl")
INFINITY = "__inf__"
"""JSON has no infinity."""


def table(record: Record) -> pd.DataFrame | dict[str, list[object]]:
    """The data as the record says: columns with types, or a plain dict."""
    given = record["data"]
    columns = {
        name: [np.inf if value == INFINITY else value for value in values]
        for name, values in given["inline"].items()
    }
    if given.get("as"):
        return columns
    frame = pd.DataFrame(columns)
    for name, dtype in given.get("dtypes", {}).items():
        frame[name] = frame[name].astype(dtype)
    return frame


def attempt(record: Record) -> tuple[BayesFormulaError | None, str]:
    """What is raised, and what is said in warnings; the whole of `fit` but the sampling.

    `explain` goes through everything that `fit` refuses before it compiles; options of the sampler are
    for `fit` alone, and new data for `encode`.
    """
    data, options = table(record), dict(record["kwargs"])
    new = options.pop("predict_newdata", None)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            if options:
                bf.fit(record["formula"], data, family=record["family"], **options)
            elif new is not None:
                schema, _ = build_design(lower(parse(record["formula"])), as_frame(data))
                encode(schema, as_frame(new))
            else:
                explained = bf.explain(record["formula"], data, family=record["family"])
                return None, " ".join(row.message for row in explained.findings if row.severity == "warn")
        except BayesFormulaError as error:
            return error, str(error)
    return None, " ".join(str(item.message) for item in said)


def by_id(record: Record) -> str:
    return record["id"]


def mentions(record: Record, text: str) -> bool:
    words = record["must_mention_any"]
    return not words or any(word.lower() in text.lower() for word in words)


@pytest.mark.parametrize("record", RECORDS, ids=by_id)
def test_the_outcome_is_the_expected_one(record, tmp_path, monkeypatch):
    """An error of ours that names the fault, in time, and with no effect outside."""
    monkeypatch.chdir(tmp_path)
    began = time.perf_counter()
    error, text = attempt(record)
    assert time.perf_counter() - began < record["max_seconds"]
    assert not list(tmp_path.iterdir())
    match record["expect"]:
        case "error":
            assert error is not None, "accepted"
            assert mentions(record, text), text
        case "warn_or_error":
            assert text, "accepted in silence"
            assert mentions(record, text), text
        case "accept":
            assert error is None, text
        case expected:
            assert expected == "accept_or_error"
            assert error is None or mentions(record, text), text


REFUSED = [
    record for record in RECORDS if record["expect"] == "error" and "predict_newdata" not in record["kwargs"]
]


@pytest.mark.parametrize("record", REFUSED, ids=by_id)
@pytest.mark.filterwarnings("ignore")
def test_fit_refuses_before_anything_is_compiled(record, monkeypatch):
    """The same error from `fit` itself."""
    monkeypatch.setattr("bayesformula.api.compile_inputs", _never)
    with pytest.raises(BayesFormulaError) as caught:
        bf.fit(record["formula"], table(record), family=record["family"], **record["kwargs"])
    assert mentions(record, str(caught.value))


def _never(*_args: object, **_options: object) -> None:
    raise AssertionError("compiling began")


ACCEPTED = [record for record in RECORDS if record["expect"] == "accept"]


@pytest.mark.parametrize("record", ACCEPTED, ids=by_id)
@pytest.mark.filterwarnings("ignore")
def test_what_is_accepted_can_be_sampled(record):
    """A few draws, all finite."""
    fit = bf.fit(record["formula"], table(record), family=record["family"], chains=1, draws=50, warmup=50)
    assert np.isfinite(fit.draws_frame().to_numpy()).all()


def test_a_polars_frame_gives_the_design_of_a_dict():
    polars = pytest.importorskip("polars")
    record = next(record for record in RECORDS if record["data"].get("as") == "polars_or_dict")
    columns = table(record)
    one, other = (bf.design(record["formula"], data) for data in (columns, polars.DataFrame(columns)))
    assert one.fixed.equals(other.fixed)
    assert one.groups["g"].levels == other.groups["g"].levels
