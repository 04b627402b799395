"""Files of strangers: each is refused in words, by a reader that touches nothing else of the machine."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

import bayesformula as bf
from bayesformula.results import store
from fuzz.files import mutated
from results.nasty import FORGED, KEPT, NASTY, change, kept, many_texts_of_one, put, seal


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "fit.nc"
    path.write_bytes(kept())
    return path


def refused(path):
    """The message of a refusal that comes before anything is computed, and soon."""
    began = time.process_time()
    with pytest.raises(bf.FitFileError) as caught:
        store.read(str(path))
    assert time.process_time() - began < 5
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("what", NASTY)
def test_what_no_fit_holds_is_refused(what, file):
    alter, words = NASTY[what]
    with h5py.File(file, "r+") as content:
        keep = content.attrs["digest"]
        alter(content)
        resealed = content.attrs["digest"] == keep
    if resealed:
        seal(file)
    assert words in refused(file)


@pytest.mark.parametrize("what", FORGED)
def test_forged_texts_are_refused(what, file):
    name, alter, words = FORGED[what]
    with h5py.File(file, "r+") as content:
        change(content, name, alter)
    seal(file)
    message = refused(file)
    assert words in message
    assert "is damaged" in message


def test_texts_cannot_be_larger_than_the_file(file):
    many_texts_of_one(file)
    assert "larger than the file" in refused(file)


def test_texts_without_a_length_are_not_waited_for(file):
    """Zeros in the middle of the texts: HDF5 would look for the next one for ever."""
    data = bytearray(file.read_bytes())
    begin = data.index(b'"DataSchema"')
    data[begin : begin + 16_000] = bytes(16_000)
    file.write_bytes(data)
    assert "its texts are damaged" in refused(file)
    file.write_bytes(kept().replace(b"GCOL\x01\x00\x00\x00\x00", b"GCOL\x01\x00\x00\x00\xff"))
    assert "its texts are" in refused(file)


@pytest.mark.parametrize("name", KEPT)
def test_forging_nothing_changes_nothing(name, tmp_path):
    """The checks refuse no file that a version wrote, and sealing is what they are after."""
    path = tmp_path / "fit.nc"
    path.write_bytes(kept(name))
    with h5py.File(path, "r+") as content:
        for text in content["model"]:
            change(content, text, lambda value: value)
    seal(path)
    assert store.read(str(path))["spec"].n_rows == 40


FORGED_NUMBERS = {
    "a draw that is not finite": lambda c: c["sampler/z"].__setitem__((-1, -1, 0), np.nan),
    "a density that is infinite": lambda c: c["sample_stats/lp"].__setitem__((-1, -1), np.inf),
    "a response that is not finite": lambda c: c["rows/column_0"].__setitem__(3, np.nan),
    "a level that was not learnt": lambda c: c["rows/column_3"].__setitem__(3, "g99"),
    "a constant predictor": lambda c: c["rows/column_1"].__setitem__(slice(None), 0.0),
    "another draw": lambda c: c["sampler/z"].__setitem__((-1, -1, 0), 3.0),
    "another prior": lambda c: change(c, "spec", put("priors", 1, "prior", "arguments", value=[0.0, 9.0])),
    "a prior on nothing": lambda c: change(c, "spec", put("priors", 1, "coef", value="nothing")),
    "another plan": lambda c: change(c, "plan", put("name", value="noncentred")),
    "another formula": lambda c: change(c, "schema", put("schema", "spec", "predictors", value=[])),
}


@pytest.mark.parametrize("what", FORGED_NUMBERS)
def test_forged_numbers_do_not_prove_right(what, file):
    with h5py.File(file, "r+") as content:
        FORGED_NUMBERS[what](content)
    seal(file)
    with pytest.raises(bf.FitFileError) as caught:
        bf.load(file)
    assert str(file) in str(caught.value)


def test_a_fit_too_large_for_the_machine_is_refused_before_it_is_computed_with(file, monkeypatch):
    monkeypatch.setattr("bayesformula.api.memory_bytes", lambda: 2**10)
    monkeypatch.setattr("bayesformula.results.proof.verify", lambda fit: pytest.fail("it was computed with"))
    with pytest.raises(bf.FitFileError, match="load it on a larger one"):
        bf.load(file)
    monkeypatch.setattr(store, "memory_bytes", lambda: 2**10)
    with pytest.raises(bf.FitFileError, match="more than the memory of this machine"):
        bf.load(file)


# ---- mutations ----


def test_mutated_files_are_read_or_refused(tmp_path):
    """Some hundred of what the fuzz target `fits` does for hours, up to where it would compute."""
    choose, path = random.Random(20), tmp_path / "fit.nc"
    sources = [kept(name) for name in KEPT]
    refusals = []
    for _ in range(300):
        path.write_bytes(mutated(choose, sources))
        try:
            store.read(str(path))
        except bf.FitFileError as error:
            refusals.append(str(error))
    assert 200 < len(refusals) <= 300
    assert all(str(path) in message for message in refusals)


# ---- what is no file ----


def strange_paths(folder):
    os.mkfifo(folder / "pipe.nc")
    (folder / "empty.nc").write_bytes(b"")
    (folder / "table.csv").write_text("y,x\n1,2\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (folder / "zeros.nc").write_bytes(bytes(10_000))
    (folder / "signature.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(10_000))
    with h5py.File(folder / "other.nc", "w") as content:
        content["x"] = np.zeros(3)
    return {
        "pipe.nc": "is a pipe",
        "empty.nc": "is not a saved fit",
        "table.csv": "is not a saved fit",
        "picture.png": "is not a saved fit",
        "zeros.nc": "is not a saved fit",
        "signature.nc": "cannot be read as a saved fit",
        "other.nc": "is not a saved fit",
        "none.nc": "there is no file",
        ".": "is a folder",
        "/dev/zero": "is a device",
        "a\0b": "there is no file",
        "x" * 5_000: "there is no file",
        "": "there is no file",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_of_a_fit_is_said_to_be_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, words in strange_paths(tmp_path).items():
        with pytest.raises(bf.FitFileError) as caught:
            bf.load(name)
        assert words in str(caught.value), name
    with pytest.raises(bf.OptionError, match="is no path of a file"):
        bf.load(3)


def test_a_file_that_may_not_be_read(file, monkeypatch):
    def refuses(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuses)
    with pytest.raises(bf.FitFileError, match="may not be read: Permission denied"):
        store.read(str(file))


@pytest.mark.cli
@pytest.mark.parametrize("command", [["summary"], ["report", "--out", "r.html"], ["compare"]])
def test_in_a_shell_it_is_exit_code_2(command, tmp_path):
    (tmp_path / "table.csv").write_text("y,x\n1,2\n")
    code = "from bayesformula.cli import main; main()"
    (tmp_path / "other.csv").write_text("y,x\n1,2\n")
    files = ["table.csv", "other.csv"] if command == ["compare"] else ["table.csv"]
    arguments = [sys.executable, "-c", code, command[0], *files, *command[1:]]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "is not a saved fit" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["other.csv", "table.csv"]
