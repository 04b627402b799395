"""After a fit the process is as it was before: threads, files, folders, settings, random numbers."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import jax
import numpy as np
import pytest

import bayesformula as bf
from bayesformula.runner import blas, lanes
from results.fits import fit_quietly

RNG = np.random.default_rng(8)
ROWS = {"y": RNG.normal(size=24), "x": RNG.normal(size=24), "g": np.repeat(list("abcdef"), 4)}
FORMULA = "y ~ x + (1 | g)"
SHORT = {"chains": 2, "draws": 20, "warmup": 20, "progress": False}


def open_files():
    """What the process has open; None where the system does not tell."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return None
    out = []
    for entry in folder.iterdir():
        try:
            out.append((int(entry.name), os.readlink(entry)))
        except OSError:  # the listing itself
            continue
    return sorted(out)


def state():
    """Everything of the process that a fit could leave changed."""
    numpy_random = np.random.get_state()
    return {
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "files": open_files(),
        "temporary": sorted(os.listdir(tempfile.gettempdir())),
        "folder": sorted(os.listdir(".")),
        "cwd": os.getcwd(),
        "environment": dict(os.environ),
        "jax": {name: value for name, value in jax.config.values.items()},
        "blas": [get() for get, _ in blas.controls()],
        "warnings": list(warnings.filters),
        "showwarning": warnings.showwarning,
        "numpy random": (numpy_random[0], numpy_random[1].tolist(), *numpy_random[2:]),
        "random": random.getstate(),
        "numpy errors": np.geterr(),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "hooks": (sys.excepthook, threading.excepthook, sys.gettrace(), sys.getswitchinterval()),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "logging": (list(logging.getLogger().handlers), logging.getLogger().level),
        "umask": _umask(),
    }


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.fixture(autouse=True)
def warm(tmp_path, monkeypatch):
    """A first fit, which loads modules and what they open once; folders of this test's own."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "work")
    fit_quietly(FORMULA, ROWS, **SHORT)


@contextlib.contextmanager
def unchanged():
    """The process is afterwards what it was before, whatever was raised in between."""
    before = state()
    try:
        yield
    finally:
        after = state()
        for name, value in before.items():
            assert after[name] == value, name


def test_a_fit():
    with unchanged():
        fit_quietly(FORMULA, ROWS, **SHORT, seed=1)


def test_a_fit_with_a_progress_bar(capsys):
    with unchanged():
        fit_quietly(FORMULA, ROWS, **{**SHORT, "progress": True})
    assert "2 chains" in capsys.readouterr().err


def test_a_fit_with_a_checkpoint(tmp_path):
    with unchanged():
        fit_quietly(FORMULA, ROWS, **SHORT, checkpoint=tmp_path / "kept")
        fit_quietly(FORMULA, ROWS, **SHORT, checkpoint=tmp_path / "kept")


@pytest.fixture
def ctrl_c():
    """Python's own handler: a shell that starts tests in the background has the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs a signal for the main thread")
@pytest.mark.parametrize("with_checkpoint", [False, True])
def test_an_interruption(tmp_path, with_checkpoint, ctrl_c):
    folder = tmp_path / "kept" if with_checkpoint else None
    main = threading.main_thread().ident
    timer = threading.Timer(1.0, lambda: signal.pthread_kill(main, signal.SIGINT))
    with unchanged():
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            fit_quietly(FORMULA, ROWS, **{**SHORT, "draws": 10**6}, checkpoint=folder)
        timer.join()


@pytest.mark.parametrize("progress", [False, True])
def test_an_error_in_the_middle(monkeypatch, tmp_path, progress):
    def fail(energy):
        raise lanes.SamplingError("in the middle")

    monkeypatch.setattr(lanes, "_check_start", fail)
    options = {**SHORT, "progress": progress, "checkpoint": tmp_path / "kept"}
    with unchanged(), pytest.raises(lanes.SamplingError, match="in the middle"):
        fit_quietly(FORMULA, ROWS, **options)


@pytest.mark.parametrize("options", [{"formula": "y ~ z"}, {"init": {"nothing": 1.0}}, {"keep": "some"}])
def test_an_error_at_the_boundary(options):
    with unchanged(), pytest.raises(bf.BayesFormulaError):
        fit_quietly(**{"formula": FORMULA, "data": ROWS, **SHORT, **options})


def test_what_is_asked_of_a_fit(tmp_path):
    fit = fit_quietly(FORMULA, ROWS, **SHORT)
    with unchanged(), warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)
        fit.predict(kind="response", draws=10)
        fit.loo()
        fit.save(tmp_path / "fit.nc")
        bf.load(tmp_path / "fit.nc").summary()
