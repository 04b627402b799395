"""JAX's cache of compiled programs is lent to a fit and given back whole."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import bayesformula as bf
from bayesformula.runner import cache
from results.fits import fit_quietly

DATA = {"y": np.arange(9.0) ** 2, "x": np.arange(9.0)}
NAMES = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")


def settings():
    return {name: getattr(jax.config, name) for name in NAMES}


@pytest.fixture(autouse=True)
def as_found():
    """Whatever a test does to JAX is undone after it."""
    from jax.experimental.compilation_cache import compilation_cache

    before = settings()
    yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "ours"))
    return tmp_path / "ours"


def compile_something(number):
    """A program that was never compiled before; the threshold is off."""
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.jit(lambda x: jnp.sin(x * number + os.getpid())).lower(1.0).compile()


def files(path):
    return [p for p in Path(path).glob("*") if p.name.endswith("-cache")] if Path(path).is_dir() else []


def test_settings_are_put_back(folder):
    before = settings()
    with cache.lent():
        assert jax.config.jax_compilation_cache_dir == str(folder)
        assert settings() != before
    assert settings() == before
    with pytest.raises(ZeroDivisionError), cache.lent():
        raise ZeroDivisionError
    assert settings() == before


def test_programs_are_kept_in_the_folder_while_it_is_lent_and_not_after(folder):
    with cache.lent():
        compile_something(1.25)
    kept = files(folder)
    assert len(kept) == 1
    compile_something(2.25)  # a program of the user's, after the fit
    assert files(folder) == kept


def test_a_folder_that_the_user_sets_after_a_fit_is_used(folder, tmp_path):
    """JAX opens one folder for the life of a process; it must not be ours."""
    with cache.lent():
        compile_something(1.5)
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "theirs"))
    compile_something(2.5)
    assert len(files(tmp_path / "theirs")) == 1
    assert len(files(folder)) == 1


def test_the_users_own_settings_are_respected(folder, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "theirs"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 3.5)
    before = settings()
    with cache.lent():
        assert settings() == before
    assert settings() == before
    assert not folder.exists()


def test_another_folder_another_time(tmp_path, monkeypatch):
    for name in ("first", "second"):
        monkeypatch.setenv(cache.VARIABLE, str(tmp_path / name))
        with cache.lent():
            compile_something(3.0 if name == "first" else 4.0)
        assert len(files(tmp_path / name)) == 1


@pytest.mark.parametrize("word", ["off", "OFF"])
def test_off(monkeypatch, word):
    monkeypatch.setenv(cache.VARIABLE, word)
    before = settings()
    assert cache.folder() is None
    with cache.lent():
        assert settings() == before


def test_the_folder_is_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "bayesformula"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "bayesformula"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.folder() == tmp_path / "Library" / "Caches" / "bayesformula"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache.folder() == tmp_path / "local" / "bayesformula" / "cache"
    monkeypatch.delenv("LOCALAPPDATA")
    assert cache.folder() is None


def test_a_home_folder_is_understood(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(cache.VARIABLE, "~/programs")
    assert cache.folder() == tmp_path / "programs"


def test_a_folder_that_cannot_be_made_costs_a_warning_and_no_fit(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "folder"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = bf.fit("y ~ x", DATA, chains=1, draws=20, warmup=20, progress=False)
    assert fit.draws["b"].shape == (1, 20, 2)
    told = [w for w in caught if "compiled programs are not kept" in str(w.message)]
    messages = [str(w.message) for w in told]
    assert len(messages) == 1
    assert told[0].filename == __file__  # the user's line, not one of ours
    assert f"Set {cache.VARIABLE} to a folder that can be written, or to 'off'." in messages[0]
    assert str(tmp_path / "file" / "folder") in messages[0]


def test_a_folder_that_cannot_be_written_costs_a_warning(monkeypatch, folder):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    before = settings()
    with pytest.warns(bf.BayesFormulaWarning, match="cannot be written"), cache.lent():
        assert settings() == before


def test_a_fit_gives_everything_back(folder):
    before = settings()
    fit_quietly("y ~ x", DATA, chains=1, draws=20, warmup=20)
    assert settings() == before
    with contextlib.suppress(bf.BayesFormulaError):
        bf.fit("y ~ x", DATA, init={"nothing": 1.0})
    assert settings() == before
