"""What may be handed over as data."""

from __future__ import annotations

import datetime
import gzip
import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesformula.data.columns import read_named
from bayesformula.data.tables import as_frame
from bayesformula.errors import DataError

TEXT = "y,x,f\n1.5,1,a\n2.5,,b\n"


def test_text_files_are_read_by_their_endings(tmp_path):
    """CSV plain, packed and with a byte-order mark; tab-separated values."""
    (tmp_path / "a.csv").write_text(TEXT)
    (tmp_path / "b.CSV").write_bytes("\ufeff".encode() + TEXT.encode())
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(TEXT.encode(), mtime=0))
    (tmp_path / "d.tsv").write_text(TEXT.replace(",", "\t"))
    for path in sorted(tmp_path.iterdir()):
        frame = as_frame(path)
        assert list(frame.columns) == ["y", "x", "f"]
        assert frame.shape == (2, 3)
        assert frame.x.isna().sum() == 1
        pd.testing.assert_frame_equal(as_frame(str(path)), frame)


def test_a_dash_is_standard_input(monkeypatch):
    """`-` reads CSV."""
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT))
    assert as_frame("-").shape == (2, 3)


BAD_FILES = [
    ("a.csv", b"", "is empty"),
    ("a.csv", b"y,x\n", "there are columns but 0 rows"),
    ("a.csv", b"y,x,y\n1,2,3\n", "two columns have the same name: 'y'"),
    ("a.csv", b"y,x\n1,caf\xe9\n", "is not UTF-8 text"),
    ("a.csv", b"y,x\n1,2\n1,2,3,4\n", "cannot be read as a table"),
    ("a.csv.gz", b"no gzip", "cannot be read as a table"),
    ("a.xlsx", b"", "cannot tell what kind of table"),
]


BAD_FILES += [
    ("a.csv", b"y;x;g\n1,5;2;a\n", "separated by ';'; save it with commas between, or pass pd.read_csv"),
    ("a.csv", b"y\tx\n1\t2\n", "seems to be separated by tabs; name it .tsv"),
    ("a.tsv", b"y,x\n1,2\n", "seems to be separated by commas; name it .csv"),
    ("a.csv", b"y|x\n1|2\n", "seems to be separated by '|'"),
    ("a.csv", b"\xef\xbb\xbfy, x,y \n1,2,3\n", "two columns have the same name: 'y'"),
    ("a.csv", b"y,x\n1,2,3\n4,5,6\n", "rows have more values than the header has names; give each"),
    ("a.csv", b"# taken in May\ny,x\n1,2\n", "begins with a comment, '# taken in May'"),
    ("a.csv", b"\xff\xfey\x00,\x00x\x00", "is UTF-16 text; save it as UTF-8"),
    ("a.csv", b"PK\x03\x04", "is a spreadsheet or a zip archive and no text; export it as CSV"),
    ("a.csv", gzip.compress(TEXT.encode(), mtime=0), "is packed with gzip; name it .csv.gz"),
    ("a.csv", b"<!DOCTYPE html>\n<html>", "looks like a web page and not like a table"),
    ("a.xlsx", b"PK", "Pass pd.read_excel(path) instead."),
    ("a.txt", TEXT.encode(), 'Pass pd.read_csv(path, sep="\\t") instead.'),
    ("a.RData", b"", "Pass a file that write.csv() made in R instead."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES)
def test_bad_files(tmp_path, name, content, message):
    """Each says what is wrong with it."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        as_frame(tmp_path / name)
    assert message in str(caught.value)


ODD_FILES = [
    ("a byte-order mark and carriage returns", b"\xef\xbb\xbfy,x,f\r\n1.5,1,a\r\n2.5,,b\r\n"),
    ("blanks around names and before values", b"y , x, f \n1.5, 1, a\n2.5, , b\n"),
    ("spellings of missing values", b"y,x,f\n1.5,1,a\n2.5,NA,b\n"),
    ("n/a", b"y,x,f\n1.5,1,a\n2.5, n/a,b\n"),
    ("quotes", b'"y","x","f"\n"1.5","1","a"\n"2.5","","b"\n'),
    ("row numbers of R", b'"","y","x","f"\n"1",1.5,1,"a"\n"2",2.5,NA,"b"\n'),
    ("row numbers of pandas", b",y,x,f\n0,1.5,1,a\n1,2.5,,b\n"),
    ("commas at the ends of all lines", b"y,x,f,\n1.5,1,a,\n2.5,,b,\n"),
    ("commas at the ends of rows", b"y,x,f\n1.5,1,a,\n2.5,,b,\n"),
    ("empty lines", b"\n\ny,x,f\n\n1.5,1,a\n\n2.5,,b\n\n"),
]


@pytest.mark.parametrize("content", [each[1] for each in ODD_FILES], ids=[each[0] for each in ODD_FILES])
def test_odd_files_are_read_as_they_are_meant(tmp_path, content):
    """Each is the same table."""
    (tmp_path / "a.csv").write_bytes(content)
    expected = pd.DataFrame({"y": [1.5, 2.5], "x": [1.0, float("nan")], "f": ["a", "b"]})
    pd.testing.assert_frame_equal(as_frame(tmp_path / "a.csv"), expected)


def test_nameless_columns_that_hold_something_are_kept(tmp_path):
    """Under the name that pandas gives them."""
    (tmp_path / "a.csv").write_text(",y\n7,1\n9,2\n")
    assert list(as_frame(tmp_path / "a.csv").columns) == ["Unnamed: 0", "y"]


def test_a_file_that_is_not_there():
    """The path is shown."""
    with pytest.raises(DataError, match=r"there is no file 'nowhere\.csv'"):
        as_frame(Path("nowhere.csv"))


def test_dicts_and_frames():
    """A dict of columns; the user's own frame is passed through; numbers as names become text."""
    assert as_frame({"y": [1, 2], "g": ["a", "b"]}).shape == (2, 2)
    frame = pd.DataFrame({"y": [1]})
    assert as_frame(frame) is frame
    numbered = pd.DataFrame([[1, 2]])
    assert list(as_frame(numbered).columns) == ["0", "1"]
    assert list(numbered.columns) == [0, 1]


BAD_DATA = [
    (None, "data of type NoneType are not a table"),
    ([1, 2], "data of type list"),
    ({"y": [1, 2], "x": [1]}, "does not make a table"),
    ({"y": 1, "x": 2.5}, "the dict has single values where columns belong; write {'y': [...]}"),
    (
        {"y": pd.Series([1, 2]), "x": pd.Series([1, 2], index=[1, 2])},
        "the columns 'y' and 'x' are series with different indexes",
    ),
    (np.zeros((2, 2)), "pd.DataFrame(data) may make it one"),
    (pd.Series([1, 2]), "data of type Series are not a table"),
    ({}, "there are no columns"),
    (pd.DataFrame({"y": []}), "0 rows"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns have the same name: 'a'"),
    (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "several header rows"),
]


@pytest.mark.parametrize(("data", "message"), BAD_DATA)
def test_bad_data(data, message):
    """Not a table, or an empty one."""
    with pytest.raises(DataError) as caught:
        as_frame(data)
    assert message in str(caught.value)


def test_series_with_one_index_stand_side_by_side():
    """Whatever the index is; a single value fills its column."""
    column = pd.Series([1, 2], index=[7, 8])
    assert as_frame({"y": column, "x": column, "c": 3}).to_numpy().tolist() == [[1, 1, 3], [2, 2, 3]]


def test_missing_integers_of_r_are_missing():
    """reticulate hands them over as the least number of 32 bits."""
    least = -(2**31)
    frame = pd.DataFrame(
        {"k": [1, least, 3], "j": np.array([least, 2, 3], np.int32), "i": [1, 2, 3], "x": [1.0, least, 2]}
    )
    found = as_frame(frame)
    assert found["k"].isna().tolist() == [False, True, False]
    assert found["j"].isna().tolist() == [True, False, False]
    assert found["k"].dropna().tolist() == [1.0, 3.0]
    assert found[["i", "x"]].equals(frame[["i", "x"]])
    assert frame["k"].tolist() == [1, least, 3], "the user's own is never changed"


def test_decimal_numbers_become_floats():
    """As databases give them; the user's own frame keeps what it has."""
    frame = pd.DataFrame({"y": [None, Decimal("1.5"), Decimal(2)], "g": ["a", "b", None]})
    read = as_frame(frame)
    assert read_named(read, "y").values.tolist()[1:] == [1.5, 2.0]
    assert isinstance(frame.y[1], Decimal)
    assert read.g.equals(frame.g)


def test_dates_of_python_are_dates():
    """And not a mixture of objects."""
    read = as_frame({"d": [datetime.date(2020, 1, 1), None], "m": [datetime.date(2020, 1, 1), "x"]})
    assert pd.api.types.is_datetime64_any_dtype(read.d.dtype)
    assert read.m[1] == "x"  # of several kinds: left for what reads the column


def test_lazy_frames_and_single_columns_of_polars():
    """Say what to pass."""
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match=r"lazy frame, nothing of it computed yet; pass data\.collect\(\)"):
        as_frame(polars.LazyFrame({"y": [1.0]}))
    with pytest.raises(DataError, match="data of type Series are not a table"):
        as_frame(polars.Series("y", [1.0]))


def test_frames_of_other_libraries():
    """polars and Arrow frames, with their missing values and enumerations."""
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    data = polars.DataFrame(
        {
            "y": [1.0, None],
            "g": ["a", None],
            "e": polars.Series(["lo", "hi"], dtype=polars.Enum(["lo", "hi"])),
        }
    )
    for form in (data, data.to_arrow()):
        frame = as_frame(form)
        assert frame.isna().sum().tolist() == [1, 1, 0]
        assert read_named(frame, "e").levels == ("lo", "hi")


CATEGORIES_OF_POLARS = """
import polars, pandas
from bayesformula.data.tables import as_frame
texts = ["lo", "hi", None, "a"]
enumeration = polars.Series(texts, dtype=polars.Enum(["lo", "a", "hi", "none"]))
category = polars.Series(texts, dtype=polars.Categorical)
frame = as_frame(polars.DataFrame({"e": enumeration, "c": category, "t": texts}))
print(frame.e.cat.categories.tolist(), frame.c.cat.categories.tolist())
for name in ("t", "e", "c"):
    print([None if pandas.isna(one) else one for one in frame[name]])
"""


@pytest.mark.parametrize("before", ["", "import sys; sys.modules['pyarrow'] = None"])
def test_categories_of_polars_with_and_without_pyarrow(before):
    """Levels in the order of an `Enum`, those of a `Categorical` as they appear; and the missing."""
    pytest.importorskip("polars")
    if not before:
        pytest.importorskip("pyarrow")
    script = before + CATEGORIES_OF_POLARS
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        "['lo', 'a', 'hi', 'none'] ['lo', 'hi', 'a']",
        *["['lo', 'hi', None, 'a']"] * 3,
    ]


@pytest.mark.parametrize("kind", ["table", "parquet", "feather", "folder"])
def test_categories_by_unsigned_indices(tmp_path, kind):
    """polars 1.0 makes them, which pyarrow below 23 does not hand to pandas."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    codes = pa.array([0, 1, None], pa.uint32())
    data = pa.table(
        {"e": pa.DictionaryArray.from_arrays(codes, pa.array(["lo", "hi"])), "y": [1.0, 2.0, 3.0]}
    )
    path = tmp_path / f"a.{kind}"
    if kind == "folder":
        path.mkdir()
        parquet.write_table(data, path / "0.parquet")
    elif kind != "table":
        (parquet.write_table if kind == "parquet" else feather.write_feather)(data, path)
    frame = as_frame(data if kind == "table" else path)
    assert read_named(frame, "e").levels == ("lo", "hi")
    assert frame.e.isna().tolist() == [False, False, True]


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_arrow_files(tmp_path, kind):
    """Parquet and feather, where pyarrow is there."""
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"y": [1.0, 2.0], "f": pd.Categorical(["b", "a"], categories=["b", "a"])})
    path = tmp_path / f"a.{kind}"
    getattr(frame, f"to_{kind}")(path)
    assert read_named(as_frame(path), "f").levels == ("b", "a")


COLUMNS = [
    (pd.Series([1, 2, 3]), "numeric", ()),
    (pd.Series([1, None], dtype="Int64"), "numeric", ()),
    (pd.Series([1, None, 2.5], dtype=object), "numeric", ()),
    (pd.Series([True, False]), "logical", ()),
    (pd.Series([True, None], dtype="boolean"), "logical", ()),
    (pd.Series([True, None], dtype=object), "logical", ()),
    (pd.Series(["b", "a", None]), "factor", ("a", "b")),
    (pd.Series(["b", "a"], dtype=object), "factor", ("a", "b")),
    (pd.Series(["b", "B", "a"]), "factor", ("B", "a", "b")),
    (pd.Series(pd.Categorical([2, 1], categories=[2, 1])), "factor", ("2", "1")),
    (pd.Series(pd.Categorical([2.5, 1.0])), "factor", ("1", "2.5")),
    (pd.Series(pd.Categorical([True, False])), "factor", ("FALSE", "TRUE")),
]


@pytest.mark.parametrize(("series", "kind", "levels"), COLUMNS)
def test_kinds_of_columns(series, kind, levels):
    """Text, truth values and categories are factors or become one; numbers stay numbers."""
    column = read_named(pd.DataFrame({"c": series}), "c")
    assert (column.kind, column.levels) == (kind, levels)


BAD_COLUMNS = [
    (pd.Series([1 + 2j]), "complex"),
    (pd.Series(pd.to_datetime(["2020-01-01"])), "dates or times"),
    (pd.Series(["a", 1]), "mixes values"),
    (pd.Series([[1], [2]]), "lists or other containers"),
    (pd.Series(pd.Categorical([1, "1"])), "two categories that read the same"),
]


@pytest.mark.parametrize(("series", "message"), BAD_COLUMNS)
def test_columns_that_cannot_be_used(series, message):
    """Each says what to do with it."""
    with pytest.raises(DataError, match=message):
        read_named(pd.DataFrame({"c": series}), "c")
