"""One file a fit: the same fit comes back, and what is not that fit is refused."""

from __future__ import annotations

import ast
import dataclasses
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from inspect import signature
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf
from bayesformula import api
from bayesformula.errors import FileExistsRefusal
from bayesformula.keeping import Moments
from bayesformula.results import store, upgrades
from cases import CASES, matrices, panel
from results.fits import cafes_fit, fit_quietly, plain_fit, wide_fit
from results.models import FORMULAS, MODELS, fit_of, prepared_fit

SRC = Path(bf.__file__).parent
FILES = Path(__file__).parent / "files"


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Bytes of the saved wide fit."""
    path = tmp_path_factory.mktemp("saved") / "wide.nc"
    wide_fit().save(path)
    return path.read_bytes()


@pytest.fixture
def file(saved, tmp_path):
    """A fresh copy of it, to be damaged."""
    path = tmp_path / "wide.nc"
    path.write_bytes(saved)
    return path


# ---- the law: load(save(fit)) is fit ----


@pytest.mark.parametrize("fit", [cafes_fit, wide_fit, plain_fit])
def test_everything_comes_back(fit, tmp_path):
    fit = fit()
    fit.save(tmp_path / "fit.nc")
    again = bf.load(tmp_path / "fit.nc")
    pd.testing.assert_frame_equal(again.summary(), fit.summary(), check_exact=True)
    assert set(again.draws) == set(fit.draws)
    for name, values in fit.draws.items():
        assert_array_equal(again.draws[name], values)
        assert again.draws[name].dtype == values.dtype
    assert set(again.stats) == set(fit.stats)
    for name, values in fit.stats.items():
        assert_array_equal(again.stats[name], values)
        assert again.stats[name].dtype == values.dtype
    assert_array_equal(again.z, fit.z)
    for name in ("spec", "plan", "config", "schema", "levels", "timing", "findings", "n_dropped", "versions"):
        assert getattr(again, name) == getattr(fit, name), name
    assert again.prior_only is False
    pd.testing.assert_frame_equal(again.priors, fit.priors)
    pd.testing.assert_frame_equal(again.frame, fit.frame)
    assert str(again.health) == str(fit.health)
    assert repr(again) == repr(fit)
    assert again.to_dict() == fit.to_dict()
    assert again.posterior.identical(fit.posterior)
    assert (
        again.data_tree["observed_data"].to_dataset().identical(fit.data_tree["observed_data"].to_dataset())
    )
    assert_array_equal(again.draws_frame(), fit.draws_frame())
    assert list(again.draws_frame().columns) == list(fit.draws_frame().columns)


def test_the_types_of_the_columns_come_back(file):
    frame, fit = bf.load(file).frame, wide_fit()
    assert frame["f"].dtype == pd.CategoricalDtype(["low", "middle", "high"], ordered=True)
    assert frame["ok"].dtype == bool
    assert frame["h"].dtype == np.int64
    assert list(frame.columns) == list(fit.frame.columns)
    assert "unused" not in frame.columns
    assert len(frame) == 91
    assert set(frame["b"]) == {"ä b", "ü", "c/d"}


def test_a_loaded_fit_saves_to_the_same_file(file, tmp_path):
    """Twice through a file changes nothing, over itself included."""
    once = bf.load(file)
    once.save(file, overwrite=True)
    twice = bf.load(file)
    assert twice.to_dict() == once.to_dict()
    assert twice.schema == wide_fit().schema


def test_the_model_of_a_loaded_fit_is_its_model(file):
    import jax

    fit, again = wide_fit(), bf.load(file)
    assert again.compiled()[0].structure == fit.compiled()[0].structure
    program, data = fit.compiled()
    other, rows = again.compiled()
    assert other.layout == program.layout
    jax.tree.map(assert_array_equal, rows, data)
    assert callable(again.model)


ODD = pd.DataFrame(
    {
        "y": np.random.default_rng(3).normal(size=60).astype(np.float32),
        "flag": pd.Series([True, False, None] * 20, dtype=object),
        "whole": pd.array([1, 2, 3, 4, 5, None] * 10, dtype="Int64"),
        "truth": pd.array([True, False] * 30, dtype="boolean"),
        "word": pd.array(["p", "q", "r", None] * 15, dtype="string"),
        "small": np.tile(np.arange(5, dtype=np.uint8), 12),
        "bins": pd.cut(np.random.default_rng(4).normal(size=60), [-9, 0, 9]),
        "codes": pd.Categorical(np.tile([30, 10, 20], 20), categories=[30, 20, 10]),
        "days": pd.Categorical(np.tile(pd.to_datetime(["2020-02-01", "2020-01-01"]), 30)),
    }
)


def test_columns_of_every_type_can_be_saved(tmp_path):
    """Nullable, object and narrow types; categories that are numbers, intervals or dates."""
    fit = fit_quietly(
        "y ~ flag + whole + truth + word + small + bins + days + (1 | codes)",
        ODD,
        draws=5,
        warmup=20,
        chains=1,
    )
    fit.save(tmp_path / "odd.nc")
    again = bf.load(tmp_path / "odd.nc")
    assert again.schema == fit.schema
    assert again.to_dict() == fit.to_dict()
    assert_array_equal(again.compiled()[1].rows.x, fit.compiled()[1].rows.x)
    assert again.frame["codes"].cat.categories.tolist() == [30, 20, 10]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_model_is_strict_json(case):
    """Priors of every kind, flat and truncated ones too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ready = api.prepare(
            case.formula,
            panel(),
            family=None,
            priors=list(case.priors),
            plan="auto",
            na="drop",
            checks=None,
            data2=matrices(),
        )
    fit = dataclasses.replace(cafes_fit(), spec=ready.model, schema=ready.schema)
    texts = store._texts(fit)
    spec = store.from_json(json.loads(texts["spec"], parse_constant=pytest.fail))
    assert spec == ready.model


def test_a_prior_only_fit_comes_back_as_one(tmp_path):
    fit = fit_quietly("y ~ 1", {"y": [1.0, 2.0, 4.0]}, prior_only=True, draws=20, warmup=50, chains=1)
    fit.save(tmp_path / "prior.nc")
    assert bf.load(tmp_path / "prior.nc").prior_only is True


def reread(fit, path):
    """The fit as its file has it, nothing computed again."""
    fit.save(path)
    parts = store.parts(str(path))  # of draws that were made up, and agree with no schema
    return dataclasses.replace(fit, **{name: value for name, value in parts.items() if name != "config"})


@pytest.mark.parametrize("name", MODELS)
def test_models_of_every_kind_come_back(name, tmp_path):
    fit = fit_of(MODELS[name])
    again = reread(fit, tmp_path / "fit.nc")
    assert again.spec == fit.spec
    assert again.family == fit.family
    assert set(again.draws) == set(fit.draws)
    for key, values in fit.draws.items():
        assert_array_equal(again.draws[key], values)
        assert again.draws[key].shape == values.shape
    assert repr(again) == repr(fit)
    assert again.posterior.identical(fit.posterior)
    for table in ("summary", "fixed", "groups", "coef"):
        pd.testing.assert_frame_equal(getattr(again, table)(), getattr(fit, table)(), check_exact=True)
    twice = reread(again, tmp_path / "again.nc")
    assert twice.posterior.identical(fit.posterior)


@pytest.mark.parametrize(("formula", "family"), FORMULAS)
def test_models_as_formulas_make_them_come_back(formula, family, tmp_path):
    fit = prepared_fit(formula, family)
    again = reread(fit, tmp_path / "fit.nc")
    for name in ("spec", "schema", "plan", "levels", "findings"):
        assert getattr(again, name) == getattr(fit, name), name
    pd.testing.assert_frame_equal(again.frame, fit.frame)
    assert repr(again) == repr(fit)
    assert again.to_dict() == fit.to_dict()
    json.dumps(again.to_dict(), allow_nan=False)


def test_moments_of_effects_on_several_parameters_come_back(tmp_path):
    fit = fit_of(MODELS["categorical"])
    r = fit.draws["r_g"]
    draws = {name: values for name, values in fit.draws.items() if name != "r_g"}
    moments = {"r_g": Moments(r.mean(axis=(0, 1)), r.std(axis=(0, 1), ddof=1))}
    kept = dataclasses.replace(fit, draws=draws, moments=moments)
    again = reread(kept, tmp_path / "kept.nc")
    assert (set(again.draws), set(again.moments)) == (set(draws), {"r_g"})
    pd.testing.assert_frame_equal(again.groups(), kept.groups(), check_exact=True)


def test_a_response_of_several_columns_is_kept_in_the_rows(tmp_path):
    """Rows are saved column by column, whatever the response makes of them."""
    frame = pd.DataFrame({"red": [1, 0, 2], "green": [0, 3, 1], "blue": [4, 4, 4], "x": [0.5, 1.5, 2.5]})
    fit = dataclasses.replace(fit_of(MODELS["multinomial"]), frame=frame)
    pd.testing.assert_frame_equal(reread(fit, tmp_path / "fit.nc").frame, frame)


def test_a_group_on_another_parameter_alone_has_its_levels(tmp_path):
    rows = np.arange(24)
    frame = pd.DataFrame({"y": np.sin(rows * 1.7), "h": [f"h{i % 4}" for i in rows]})
    fit = fit_quietly("y ~ 1; sigma ~ (1 | h)", frame, draws=5, warmup=20, chains=1)
    assert fit.levels == {"h": (("h0", "h1", "h2", "h3"), (("h0", "h1", "h2", "h3"),))}
    fit.save(tmp_path / "fit.nc")
    assert bf.load(tmp_path / "fit.nc").posterior["r_h"].shape == (1, 5, 4, 1)


# ---- files of the first format ----


@pytest.fixture
def first(tmp_path):
    """A file that version 0.1.0 wrote, by `files/make_format1.py`, when every response was Gaussian."""
    path = tmp_path / "format1.nc"
    path.write_bytes(gzip.decompress((FILES / "format1.nc.gz").read_bytes()))
    with h5py.File(path) as content:
        assert content.attrs["format"] == 1
    return path


def test_a_file_of_the_first_format_has_its_model_and_draws(first):
    parts = store.read(str(first))
    spec = parts["spec"]
    assert [p.columns for p in spec.predictors] == [("Intercept", "x", "okTRUE")]
    assert (spec.categories, spec.terms, spec.n_thresholds, spec.scalars) == ((), (), 0, ("sigma",))
    expected = pd.read_csv(FILES / "format1.csv", index_col=0)
    fit = dataclasses.replace(
        fit_of(MODELS["nothing"]), **{name: value for name, value in parts.items() if name != "config"}
    )
    pd.testing.assert_frame_equal(fit.summary(), expected, rtol=1e-9)
    assert fit.posterior["r_threshold"].dims == ("chain", "draw", "threshold_", "coef_threshold")
    assert fit.posterior["threshold_"].values.tolist() == ["p/q", "ü"]
    assert len(parts["frame"]) == 23


def test_a_file_of_the_first_format_is_still_proven_to_be_its_fit(first, tmp_path):
    fit = bf.load(first)
    fit.save(tmp_path / "again.nc")
    with h5py.File(tmp_path / "again.nc") as content:
        assert content.attrs["format"] == store.FORMAT
    again = bf.load(tmp_path / "again.nc")
    assert again.spec == fit.spec
    assert again.schema == fit.schema
    assert repr(again) == repr(fit)


def test_a_file_of_this_format_that_was_written_long_ago_is_still_its_fit(tmp_path):
    path = tmp_path / "format2.nc"
    path.write_bytes(gzip.decompress((FILES / "format2.nc.gz").read_bytes()))
    with h5py.File(path) as content:
        assert content.attrs["format"] == 2
    fit = bf.load(path)
    expected = pd.read_csv(FILES / "format2.csv", index_col=0)
    pd.testing.assert_frame_equal(fit.summary(), expected, rtol=1e-9)
    assert fit.levels["g"][0] == ("g0", "g1", "g2", "g3", "g4")
    assert fit.frame["f"].dtype == pd.CategoricalDtype(["a", "b", "c"], ordered=True)


@pytest.mark.parametrize(
    ("name", "arrays", "moments"),
    [
        ("format2_sigma", {"b", "b_sigma", "sd_g", "sd_h"}, {"r_g", "r_h"}),
        ("format2_cov", {"b", "sd_g", "r_g", "sigma"}, set()),
        ("format2_zeros", {"b", "b_zi", "sd_g:h", "r_g:h"}, set()),
    ],
)
def test_other_files_of_this_format_have_their_parts(name, arrays, moments, tmp_path):
    path = tmp_path / f"{name}.nc"
    path.write_bytes(gzip.decompress((FILES / f"{name}.nc.gz").read_bytes()))
    parts = store.read(str(path))
    assert (set(parts["draws"]), set(parts["moments"])) == (arrays, moments)
    assert len(parts["frame"]) == 40


# ---- upgrades ----


def test_every_older_format_has_a_step_and_a_file():
    assert set(upgrades.STEPS) == set(range(1, upgrades.FORMAT))
    for number in range(1, upgrades.FORMAT + 1):
        assert (FILES / f"format{number}.nc.gz").exists()


def test_a_file_takes_all_steps_from_its_format_on():
    """Steps that write down that they were taken."""
    groups = {"/model": {"facts": np.array('{"steps": []}', object)}}

    def step(number):
        def taken(facts):
            return {"steps": [*facts["steps"], number]}

        return lambda groups: upgrades._with_text(groups, "facts", taken)

    steps = {number: step(number) for number in (1, 2, 3)}
    for found, expected in [(1, [1, 2, 3]), (3, [3]), (4, [])]:
        out = upgrades.upgraded(groups, found, 4, steps)
        assert json.loads(str(out["/model"]["facts"][()])) == {"steps": expected}
    assert json.loads(str(groups["/model"]["facts"][()])) == {"steps": []}


def test_the_step_from_the_first_format_fills_in_what_it_had_no_words_for(first):
    parts = store.read(str(first))
    assert (parts["spec"].known_error, parts["spec"].mu.specific, parts["spec"].mu.in_sigma) == (
        "",
        (),
        False,
    )


# ---- writing ----


def test_an_existing_file_is_refused(tmp_path):
    path = tmp_path / "fit.nc"
    path.write_text("precious")
    with pytest.raises(FileExistsRefusal) as caught:
        plain_fit().save(path)
    assert str(caught.value) == f"{path} exists: choose another name, or pass overwrite=True to replace it"
    assert isinstance(caught.value, FileExistsError)
    assert path.read_text() == "precious"
    plain_fit().save(path, overwrite=True)
    assert bf.load(path).spec == plain_fit().spec
    assert os.listdir(tmp_path) == ["fit.nc"]


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), RuntimeError("inside HDF5"), KeyboardInterrupt()]
)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, fault, in_memory):
    import xarray as xr

    path = tmp_path / "fit.nc"
    path.write_text("precious")

    def fails(self, filepath=None, **options):
        if filepath is not None:
            Path(filepath).write_bytes(b"half of it")
        raise fault

    monkeypatch.setattr(xr.DataTree, "to_netcdf", fails)
    monkeypatch.setattr(store, "IN_MEMORY", 2**30 if in_memory else 0)
    expected = KeyboardInterrupt if isinstance(fault, KeyboardInterrupt) else bf.FitFileError
    with pytest.raises(expected) as caught:
        plain_fit().save(path, overwrite=True)
    if expected is bf.FitFileError:
        told = fault.strerror if isinstance(fault, OSError) else "inside HDF5"
        assert str(caught.value) == f"{path} cannot be written: {told}"
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["fit.nc"]


def test_a_large_file_is_not_begun_where_there_is_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "IN_MEMORY", 0)
    plain_fit().save(tmp_path / "fit.nc")
    assert bf.load(tmp_path / "fit.nc").spec == plain_fit().spec
    monkeypatch.setattr(store.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 0))
    with pytest.raises(bf.FitFileError, match="No space left on device"):
        plain_fit().save(tmp_path / "other.nc")
    assert os.listdir(tmp_path) == ["fit.nc"]


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no such limit here")
def test_a_disk_that_is_full_halfway_leaves_the_old_file_and_says_so(tmp_path):
    """Under a limit on the length of files, in a process of its own: HDF5 would take it along at its end."""
    if signature(xr.DataTree.to_netcdf).parameters["filepath"].default is not None:
        pytest.skip("this xarray writes to the disk alone: HDF5 ends the process")
    path = tmp_path / "fit.nc"
    path.write_bytes(gzip.decompress((FILES / "format2.nc.gz").read_bytes()))
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True)
    assert f"{path} cannot be written" in done.stdout
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["fit.nc"]


FULL_DISK = """
import resource, signal, sys
import bayesformula as bf
from bayesformula.results import proof
proof.verify = lambda fit: None
fit = bf.load(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    fit.save(sys.argv[1], overwrite=True)
except bf.FitFileError as error:
    print(error)
"""


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(bf.FitFileError, match="cannot be written"):
        plain_fit().save(tmp_path / "file" / "fit.nc")


def test_the_folder_is_made_and_the_file_is_as_readable_as_any(tmp_path):
    plain_fit().save(tmp_path / "new" / "folder" / "fit.nc")
    (tmp_path / "other").write_text("")
    mode = (tmp_path / "new" / "folder" / "fit.nc").stat().st_mode
    assert mode == (tmp_path / "other").stat().st_mode


def test_a_home_folder_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    plain_fit().save("~/fit.nc")
    assert os.listdir(tmp_path) == ["fit.nc"]
    assert bf.load("~/fit.nc").spec == plain_fit().spec


# ---- without rows ----


def test_without_rows_tables_and_draws_are_there_and_the_rest_says_so(tmp_path):
    fit = cafes_fit()
    fit.save(tmp_path / "small.nc", data=False)
    again = bf.load(tmp_path / "small.nc")
    assert again.frame is None
    assert again.to_dict() == fit.to_dict()
    assert repr(again) == repr(fit)
    assert_array_equal(again.coef(), fit.coef())
    assert list(again.data_tree.children) == ["posterior", "sample_stats"]
    with pytest.raises(bf.OptionError) as caught:
        again.model  # noqa: B018
    assert str(caught.value) == (
        "this fit was saved without its rows (data=False): what you asked for needs them"
    )
    again.save(tmp_path / "again.nc")
    assert bf.load(tmp_path / "again.nc").frame is None
    raw = (tmp_path / "small.nc").read_bytes()
    with h5py.File(io.BytesIO(raw)) as content:
        assert "rows" not in content


# ---- reading what is not a fit ----


def refused(path, *words):
    with pytest.raises(bf.FitFileError) as caught:
        bf.load(path)
    message = str(caught.value)
    for word in (*words, path.name):
        assert word in message
    assert isinstance(caught.value, ValueError)
    return message


def test_no_such_file(tmp_path):
    refused(tmp_path / "none.nc", "there is no file")
    refused(tmp_path, "is a folder")


def test_foreign_files(tmp_path):
    import xarray as xr

    text = tmp_path / "text.nc"
    text.write_text("y,x\n1,2\n")
    message = refused(text, "is not a saved fit")
    assert "it was not written by fit.save() or bf fit --out" in message
    (tmp_path / "empty.nc").write_bytes(b"")
    refused(tmp_path / "empty.nc", "is not a saved fit")
    (tmp_path / "half.nc").write_bytes(store.SIGNATURE + b"nothing")
    refused(tmp_path / "half.nc", "cannot be read as a saved fit")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    refused(tmp_path / "other.nc", "is not a saved fit")
    cafes_fit().data_tree.to_netcdf(tmp_path / "arviz.nc", engine="h5netcdf")
    refused(tmp_path / "arviz.nc", "is not a saved fit")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_file(file, share):
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    refused(file)


def test_a_newer_format(file):
    with h5py.File(file, "r+") as content:
        content.attrs["format"] = store.FORMAT + 1
    message = refused(file, "was written by a newer version of bayesformula")
    assert message.endswith("upgrade with pip install -U bayesformula")


@pytest.mark.parametrize("value", [0, -1, "one", 1.5])
def test_no_format(file, value):
    with h5py.File(file, "r+") as content:
        del content.attrs["format"]
        content.attrs["format"] = value
    refused(file, "has no format number: it is damaged")


def change_number(content, name, at, by=1e-3):
    values = content[name][...]
    values[at] += by
    content[name][...] = values


TAMPERED = {
    "a coefficient": lambda c: change_number(c, "posterior/b", (0, 3, 1)),
    "an effect": lambda c: change_number(c, "posterior/r_a:b", (3, 199, 0, 0)),
    "the sampler's own draws": lambda c: change_number(c, "sampler/z", (-1, -1, 0)),
    "one draw in the middle": lambda c: change_number(c, "sampler/z", (0, 10, 0)),
    "a row": lambda c: change_number(c, "rows/column_0", 4),
    "a divergence": lambda c: change_number(c, "sample_stats/diverging", (0, 0), 1),
    "a log density": lambda c: change_number(c, "sample_stats/lp", (0, 0)),
    "a level": lambda c: c["posterior/a"].__setitem__(0, "a9"),
    "a prior": lambda c: c["model/spec"].__setitem__((), c["model/spec"].asstr()[()].replace("1.", "2.", 1)),
    "the number of rows": lambda c: c["model/facts"].__setitem__((), '{"n_dropped": 0, "prior_only": false}'),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_number_or_text_is_refused(file, what):
    with h5py.File(file, "r+") as content:
        TAMPERED[what](content)
    refused(file, "is damaged: its numbers are not those that were saved")


@pytest.mark.parametrize(
    "gone", ["model", "sampler", "sample_stats", "posterior/b", "model/schema", "rows/columns"]
)
def test_a_missing_part_is_refused(file, gone):
    with h5py.File(file, "r+") as content:
        del content[gone]
    refused(file)


@pytest.mark.parametrize("what", ["the sampler's own draws", "a row"])
def test_the_density_is_computed_again_and_must_be_the_stored_one(file, monkeypatch, what):
    """A file that is whole and still not the fit of its model and data: what a checksum cannot see."""
    with h5py.File(file, "r+") as content:
        TAMPERED[what](content)
        stored = content.attrs["digest"]
    monkeypatch.setattr(store, "digest", lambda tree: stored)
    with pytest.raises(bf.FitFileError) as caught:
        bf.load(file)
    expected = f"{file}: the file's draws are not those of its model and data: log density "
    assert str(caught.value).startswith(expected)


def test_a_file_whose_model_is_another_is_refused(file, monkeypatch):
    with h5py.File(file, "r+") as content:
        stored = content.attrs["digest"]
        text = content["model/spec"].asstr()[()]
        spec = json.loads(text)
        row = next(row for row in spec["priors"] if row["kind"] == "sigma")
        row["prior"]["arguments"] = [value * 1.5 for value in row["prior"]["arguments"]]
        content["model/spec"][()] = json.dumps(spec)
    monkeypatch.setattr(store, "digest", lambda tree: stored)
    with pytest.raises(bf.FitFileError, match="the file's draws are not those of its model and data"):
        bf.load(file)


def test_loading_computes_in_float64_whatever_the_caller_has(file):
    import jax

    jax.config.update("jax_enable_x64", False)
    try:
        assert_allclose(bf.load(file).z, wide_fit().z)
        assert jax.config.jax_enable_x64 is False
    finally:
        jax.config.update("jax_enable_x64", True)


# ---- safety ----


def test_no_module_can_unpickle_or_evaluate():
    """Reading a file runs no code of the file's: no pickle, no eval, anywhere in the package."""
    banned_modules = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
    banned_calls = {"eval", "exec", "compile", "__import__"}
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not banned_modules & {alias.name.split(".")[0] for alias in node.names}, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in banned_modules, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in banned_calls, f"{path}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                pytest.fail(f"{path}:{node.value.lineno}")
