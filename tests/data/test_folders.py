"""A folder of Parquet files is one table: the same frame, only the columns asked for, clear refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.data.dots import mentioned
from bayesformula.data.folders import merged_orders, read_folder
from bayesformula.data.tables import as_frame, as_table
from bayesformula.errors import DataError, UnknownColumnError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from cases import CASES, panel

pytest.importorskip("pyarrow")


def saved(frame, folder, *cuts, index=False):
    """The frame in files, cut at these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(np.split(np.arange(len(frame)), list(cuts))):
        frame.iloc[rows].to_parquet(folder / f"part-{number:02d}.parquet", index=index)
    return folder


def two(folder, first, second):
    """Two files."""
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(first).to_parquet(folder / "a.parquet")
    pd.DataFrame(second).to_parquet(folder / "b.parquet")
    return folder


def test_a_folder_is_the_frame(tmp_path):
    """Numbers, text, truth values and categories, cut into files that lack some of the levels."""
    frame = panel().assign(is_old=lambda d: d.year < 2000, count=lambda d: d.year.astype("int32"))
    folder = saved(frame, tmp_path / "d", 3, 50)
    pd.testing.assert_frame_equal(as_frame(folder), frame, check_dtype=False)
    assert as_frame(folder).dtypes.astype(str).tolist() == as_frame(frame).dtypes.astype(str).tolist()


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.id)
def test_a_folder_gives_the_design_of_the_frame(case, tmp_path):
    folder = saved(panel(), tmp_path, 40, 41)
    found, expected = bf.design(case.formula, folder), bf.design(case.formula, panel())
    pd.testing.assert_frame_equal(found.fixed, expected.fixed)
    np.testing.assert_array_equal(found.y, expected.y)
    for label, group in expected.groups.items():
        assert found.groups[label].levels == group.levels
        np.testing.assert_array_equal(found.groups[label].index, group.index)
        np.testing.assert_array_equal(found.groups[label].z, group.z)


@pytest.mark.parametrize("kind", ["folder", "parquet", "feather"])
def test_only_the_columns_of_the_formula_are_read(kind, tmp_path):
    """The names of the others are known: a misspelt one is told the nearest."""
    frame = panel()
    path = tmp_path / f"d.{kind}"
    if kind == "folder":
        saved(frame, path, 60)
    else:
        getattr(frame, f"to_{kind}")(path)
    table = as_table(path, mentioned(lower(parse("log(income) ~ x + (1 | a/b)"))))
    assert table.frame.columns.tolist() == ["x", "income", "a", "b"]
    assert table.columns == frame.columns.tolist()
    with pytest.raises(UnknownColumnError, match="Columns: 'year'"):
        bf.design("y ~ wear", path)
    assert bf.design("y ~ .", tmp_path / f"d.{kind}").fixed.shape[1] > 20


MENTIONED = {
    "y ~ x": "y x",
    "y | weights(w) + trunc(lb = l) ~ x:z + offset(log(o)) + (1 + f || a/b)": "y w l x z o f a b",
    "y ~ ifelse(is.na(x), 0, TRUE) + `odd name` + (1 | gr(g, by = arm)) + (1 | gr(q, cov = A)); sigma ~ s": (
        "y x TRUE odd_name g arm q s"
    ),
    "y ~ (1 + mmc(z, z2) | mm(g, g2, weights = cbind(w1, w2))) + (1 | i | h)": "y z z2 g g2 w1 w2 i h",
}


@pytest.mark.parametrize("formula", MENTIONED)
def test_names_in_a_formula(formula):
    found = mentioned(lower(parse(formula)))
    assert found is not None
    assert {name.replace(" ", "_") for name in found} == set(MENTIONED[formula].split())


def test_files_in_folders_in_the_order_of_their_names(tmp_path):
    """`year=2020` is a column; what begins with `_` or `.` is not read."""
    for year, values in ((2021, [3.0]), (2020, [1.0, 2.0])):
        two(tmp_path / f"year={year}" / "site=x", {"y": values}, {"y": values})
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / ".hidden.parquet").write_text("no parquet")
    frame = as_frame(tmp_path)
    assert frame.y.tolist() == [1.0, 2.0, 1.0, 2.0, 3.0, 3.0]
    assert frame.year.tolist() == [2020] * 4 + [2021] * 2
    assert frame.site.tolist() == ["x"] * 6
    assert read_folder(tmp_path, {"year"})[0].columns.tolist() == ["year"]


UNITED = [
    ([["lo", "hi"], ["lo", "mid", "hi"]], ["lo", "mid", "hi"], None),
    ([["b", "c"], ["a", "b"], ["c", "d"]], ["a", "b", "c", "d"], None),
    ([["a"], ["b"], ["b", "a"]], ["b", "a"], None),
    ([["a"], ["b"]], ["a", "b"], None),
    ([["a", "b"], ["b", "c"], ["c", "a"]], ["a", "b", "c"], 2),
    ([["a", "b"], ["b", "a"]], ["a", "b"], 1),
    ([["a", "b", "c"], ["c", "x", "a"]], ["a", "b", "c", "x"], 1),
]


@pytest.mark.parametrize(("orders", "expected", "clash"), UNITED)
def test_levels_of_several_files_are_united(orders, expected, clash):
    """In an order that agrees with that of each file, where there is one."""
    found = merged_orders(orders)
    assert found == (expected, clash)
    for levels in orders if clash is None else ():
        assert [level for level in found[0] if level in levels] == levels


def test_categories_that_differ_between_files(tmp_path):
    """Levels are those of all files; the order is kept, declared as ordered or not."""
    for name, ordered in (("plain", False), ("ordered", True)):
        first = pd.Categorical(["lo", "hi"], ["lo", "hi"], ordered=ordered)
        second = pd.Categorical(["mid", "lo", None], ["lo", "mid", "hi"], ordered=ordered)
        column = as_frame(two(tmp_path / name, {"f": first}, {"f": second})).f
        assert column.cat.categories.tolist() == ["lo", "mid", "hi"]
        assert column.cat.ordered is ordered
        assert column.fillna("hi").tolist() == ["lo", "hi", "mid", "lo", "hi"]


KINDS = [
    ([1, 2], [0.5, None], [1.0, 2.0, 0.5, None]),
    ([True], [None], [True, None]),
    ([None], ["a"], [None, "a"]),
    (np.array([1], "int8"), np.array([300], "int64"), [1, 300]),
]


@pytest.mark.parametrize(("first", "second", "expected"), KINDS)
def test_numbers_of_several_kinds_are_numbers(first, second, expected, tmp_path):
    column = as_frame(two(tmp_path, {"x": first}, {"x": second})).x
    assert [None if pd.isna(value) else value for value in column] == expected


REFUSED = [
    (
        [{"y": [1.0], "x": [1]}, {"y": [1.0], "z": [1]}],
        "the files of the folder have different columns: 'b.parquet' has no 'x'\n"
        "  Its columns: 'y', 'z'. The first file is 'a.parquet'.",
    ),
    (
        [{"y": [1.0], "x": [1]}, {"y": [1.0], "x": ["a"]}],
        "column 'x' is numbers in 'a.parquet' and text in 'b.parquet'; write all files with one kind",
    ),
    (
        [{"y": [1.0], "x": pd.Categorical(["a"])}, {"y": [1.0], "x": ["a"]}],
        "column 'x' is categories in 'a.parquet' and text in 'b.parquet'; write all files with one kind",
    ),
    (
        [{"y": [1.0], "x": [True]}, {"y": [1.0], "x": [2.5]}],
        "column 'x' is true or false in 'a.parquet' and numbers in 'b.parquet'; "
        "write all files with one kind",
    ),
    (
        [
            {"y": [1.0], "x": pd.Categorical(["lo"], ["lo", "hi"], ordered=True)},
            {"y": [1.0], "x": pd.Categorical(["lo"], ["hi", "lo"], ordered=True)},
        ],
        "the ordered column 'x' has its levels in another order in 'b.parquet' than in the files before it\n"
        "  There: 'hi', 'lo'. Before: 'lo', 'hi'.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("files", "message"), REFUSED, ids=lambda each: str(each)[:40])
def test_files_that_do_not_go_together(files, message, tmp_path):
    """Said of columns that the formula names, and of no others."""
    two(tmp_path, *files)
    with pytest.raises(DataError) as caught:
        bf.design("y ~ x", tmp_path)
    assert str(caught.value) == message
    assert bf.design("y ~ 1", tmp_path).n_rows == 2


def test_a_folder_without_tables(tmp_path):
    with pytest.raises(DataError) as caught:
        as_frame(tmp_path)
    assert str(caught.value) == (
        f"there is no .parquet file in the folder '{tmp_path}'\n"
        "  Pass a folder of .parquet files with the same columns, or the path of one table."
    )
    (tmp_path / "d.csv").write_text("y,x\n1,2\n")
    with pytest.raises(DataError, match=r"it has files of the kinds '\.csv'"):
        as_frame(tmp_path)
    (tmp_path / "d.parquet").write_text("no parquet")
    with pytest.raises(DataError, match="cannot be read as a parquet file"):
        as_frame(tmp_path)


def test_files_without_rows(tmp_path):
    """One of them does no harm; all of them are refused."""
    empty = {"y": np.zeros(0), "x": np.zeros(0)}
    assert len(as_frame(two(tmp_path / "one", empty, {"y": [1.0], "x": [2.0]}))) == 1
    with pytest.raises(DataError, match="there are columns but 0 rows"):
        as_frame(two(tmp_path / "all", empty, empty))
