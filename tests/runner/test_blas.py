"""OpenBLAS works with one thread for the length of a fit, and gets the others back."""

from __future__ import annotations

import sys

import pytest

from bayesformula.runner import blas


def counts() -> list[int]:
    return [get() for get, _ in blas.controls()]


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems may have another library")
def test_the_libraries_of_the_wheels_are_found():
    assert blas.controls()
    assert all(count >= 1 for count in counts())


def test_threads_are_lent_and_given_back():
    before = counts()
    with blas.one_thread():
        assert counts() == [1] * len(before)
        with blas.one_thread():  # a fit in another thread meanwhile
            assert counts() == [1] * len(before)
        assert counts() == [1] * len(before)
    assert counts() == before


def test_a_fit_that_fails_gives_them_back():
    before = counts()
    with pytest.raises(KeyboardInterrupt), blas.one_thread():
        raise KeyboardInterrupt
    assert counts() == before
