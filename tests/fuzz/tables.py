"""Tables of strangers: files as the command line reads them, and the models and matrices made of them."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import bayesformula as bf
from bayesformula.data.design import build_design, encode
from bayesformula.data.matrices import align, read_matrix
from bayesformula.data.tables import as_frame
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from fuzz.fixed_tables import small_table
from fuzz.mutate import mutate_bytes, text_mutator
from fuzz.target import Target

WORDS = (
    ",", ",", "\n", "\n", ";", "\t", '"', '""', "y", "x", "f", "g", "w", "NA", "NaN", "nan", "inf", "-inf",
    "null", "None",
    "TRUE", "false", "True", "1", "0", "-1", "1.5", "1,5", "1.000,5", "1e400", "0x1F", "2020-01-01",
    "01:02:03", "a", "b",
    "a b", " ", "\r\n", "\r", "\ufeff", "#", "'", "`", "<", "PK", "PAR1", "-", "+", "Unnamed: 0",
    "Intercept", "y ",
    "(1|g)", "=1+1", "123456789012345678901234567890", "0.1e-400", "1_000", "١", "∞", "−1", "½", "1L",
    "f=ma", "x.1",
)  # fmt: skip
FORMULAS = (
    ("y ~ x + f + (1 + x | g)", None),
    ("y ~ poly(x, 2) * f + (1 | g:f)", "student"),
    ("y | weights(w) ~ log(x) + I(x^2) + scale(x) + (x || g)", None),
    ("y ~ .", None),
    ("f ~ x + (1 | g)", "categorical"),
    ("y ~ ns(x, 3) + mo(f) + C(g, sum)", "poisson"),
)


@cache
def folder() -> Path:
    """Where inputs are written; removed with the process."""
    kept = tempfile.TemporaryDirectory(prefix="bayesformula-fuzz-")
    _FOLDERS.append(kept)
    return Path(kept.name)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def written(data: bytes, suffix: str) -> Path:
    """A file that holds the input."""
    path = folder() / f"input{suffix}"
    path.write_bytes(data)
    return path


def run_table(data: bytes) -> str:
    """A file of any kind: the first byte says which ending its name has."""
    suffix = (".csv", ".tsv", ".csv.gz", ".csv.gz")[data[0] % 4] if data else ".csv"
    body = data[1:]
    if suffix == ".csv.gz" and data[0] % 8 == 2:
        body = gzip.compress(body)
    frame = as_frame(written(body, suffix))
    assert len(set(frame.columns)) == frame.shape[1]
    assert all(isinstance(name, str) for name in frame.columns)
    kinds = "".join(sorted({str(kind)[:3] for kind in frame.dtypes}))
    return f"{suffix}: {min(frame.shape[0], 4)} rows, {min(frame.shape[1], 4)} columns, {kinds}"


def run_design(data: bytes) -> str:
    """A CSV file meets a formula: the first byte says which. All that `fit` does before it compiles."""
    formula, family = FORMULAS[data[0] % len(FORMULAS)] if data else FORMULAS[0]
    explained = bf.explain(formula, written(data[1:], ".csv"), family=family)
    assert str(explained)
    shown: Any = explained.to_dict()
    assert explained._repr_html_()
    return f"{formula}: {len(shown['findings'])} findings, {shown['plan']['name']}"


@cache
def schema() -> Any:
    """What was learnt of the table that new rows are for."""
    return build_design(lower(parse("y ~ x + f + ok + poly(w, 2) + (1 + x | g) + (1 | h)")), small_table())[0]


def run_new_rows(data: bytes) -> str:
    """New rows for a model that is known, as `bf predict` reads them."""
    frame = as_frame(written(data[1:], ".csv"))
    levels = ("error", "population")[data[0] % 2] if data else "error"
    design = encode(schema(), frame, new_levels=levels)
    assert np.asarray(design.fixed).shape[0] <= len(frame)
    return f"{min(len(frame), 4)} rows, {levels}"


def run_matrix(data: bytes) -> str:
    """A matrix for `gr(g, cov = A)`, in a CSV file."""
    matrix = read_matrix("A", str(written(data, ".csv")))
    assert matrix.values.shape == (len(matrix.names), len(matrix.names))
    chosen = align(matrix, "A", "g", matrix.names[:2])
    assert np.isfinite(chosen).all()
    return f"{min(len(matrix.names), 4)} names"


def first_byte(mutate: Any) -> Any:
    """The mutator, and now and then another first byte."""

    def mutate_with_kind(random: Random, kept: Sequence[bytes]) -> bytes:
        if random.random() < 0.15:
            return bytes([random.randrange(48, 56)]) + random.choice(kept)[1:]
        if random.random() < 0.2:
            return mutate_bytes(random, kept)
        return mutate(random, kept)

    return mutate_with_kind


def table_seeds() -> tuple[bytes, ...]:
    """The small table, each first byte."""
    text = small_table().to_csv(index=False).encode()
    few = text.split(b"\n")
    return (
        b"0" + text, b"1" + text.replace(b",", b"\t"), b"2" + text, b"3" + gzip.compress(text),
        b"0" + b"\n".join(few[:3]),
        b'0,y,x\n1,2,3\n2,5,"a, b"\n', b"0\xef\xbb\xbfy;x\r\n1,5;2\r\n", b"0y,x,\n1,2,\n3,,\n",
        b"0y\n1e999\n-inf\n",
        b"0y,y\n1,2\n", b"0y,x\n1,2,3\n", b"0y,x\n'1',\xff\n",
    )  # fmt: skip


def design_seeds() -> tuple[bytes, ...]:
    """The small table for each formula."""
    text = small_table().drop(columns=["when"]).to_csv(index=False).encode()
    short = b"y,x,f,g,w\n1,2,a,u,1\n2,3,b,v,2\n4,4,a,u,1\n3,1,b,v,1\n5,2,c,w,2\n"
    return tuple(bytes([48 + at]) + body for at in range(len(FORMULAS)) for body in (text, short))


def matrix_seeds() -> tuple[bytes, ...]:
    """Two that are legal, three that are not."""
    return (
        b",a,b,c\na,1,0.5,0\nb,0.5,1,0.2\nc,0,0.2,1\n", b"n,1,2\n1,2,0\n2,0,2\n", b"a,b\n1,0\n0,1\n",
        b",a,b\na,1,2\nb,2,1\n",
        b",a,a\na,1,0\na,0,1\n",
    )  # fmt: skip


MUTATE = first_byte(text_mutator(WORDS))
WATCHED = ("bayesformula/data", "bayesformula/model", "bayesformula/pipeline", "bayesformula/encoding")
TARGETS = (
    Target("tables", run_table, MUTATE, table_seeds, ("bayesformula/data",)),
    Target("designs", run_design, MUTATE, design_seeds, WATCHED),
    Target("new_rows", run_new_rows, MUTATE, design_seeds, WATCHED),
    Target("matrices", run_matrix, text_mutator(WORDS), matrix_seeds, ("bayesformula/data",)),
)
