"""Compiled programs: the last are kept, and of the others nothing stays behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesformula.compiler import kept
from bayesformula.compiler.kept import ONE_THREAD, Kept, compile_with, compiled, lowered, signature
from bayesformula.runner import executables
from results.fits import fit_quietly

RNG = np.random.default_rng(3)


def table(levels):
    group = np.arange(4 * levels) % levels
    x = RNG.normal(size=4 * levels)
    return {"y": x + RNG.normal(size=4 * levels), "x": x, "g": [f"g{i}" for i in group]}


def short_fit(levels, formula="y ~ x + (1 | g)"):
    return fit_quietly(formula, table(levels), chains=1, draws=10, warmup=10)


def counting():
    """A function, and how often JAX has traced it."""
    traced = []

    def double(x):
        traced.append(x.shape)
        return 2 * x

    return double, traced


def test_the_one_not_asked_for_the_longest_makes_room():
    table = Kept(2)
    table.put("a", 1)
    table.put("b", 2)
    assert table.get("a") == 1
    table.put("c", 3)
    assert [table.get(key) for key in "abc"] == [1, None, 3]
    table.put("a", 4)  # again: in the place of itself
    assert (len(table), table.get("c"), table.get("a")) == (2, 3, 4)
    table.clear()
    assert (len(table), table.get("a")) == (0, None)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({"a": np.ones(3), "b": None}, True),
        ({"a": np.zeros(3), "b": None}, True),
        ({"a": np.zeros(4), "b": None}, False),
        ({"a": np.zeros(3, "float32"), "b": None}, False),
        ({"a": np.zeros(3), "b": np.zeros(3)}, False),
        ({"c": np.zeros(3), "b": None}, False),
        ((np.zeros(3), None), False),
    ],
)
def test_a_signature_is_shapes_types_and_structure(other, is_same):
    assert (signature({"a": np.ones(3), "b": None}) == signature(other)) is is_same


def test_an_array_on_a_device_has_the_signature_of_one_of_numpy():
    assert signature(jnp.ones(3)) == signature(np.ones(3))


def test_a_program_serves_all_arguments_of_its_shapes(monkeypatch):
    monkeypatch.setattr(kept, "programs", Kept(2))
    double, traced = counting()
    for values in ([1.0, 2.0], [3.0, 4.0], [1.0, 2.0, 3.0]):
        np.testing.assert_array_equal(compiled(double)(np.array(values)), 2 * np.array(values))
    assert traced == [(2,), (3,)]
    compiled(double)(np.ones(4))  # makes room of the first
    compiled(double)(np.ones(3))
    assert traced == [(2,), (3,), (4,)]
    compiled(double)(np.ones(2))
    assert traced == [(2,), (3,), (4,), (2,)]
    assert len(kept.programs) == 2


@pytest.mark.parametrize("function", [jnp.exp, lambda x: jnp.sum(jnp.exp(x))], ids=["loop", "sum"])
def test_a_program_of_one_thread_leaves_the_cores_alone(function):
    """Nothing in it is split among cores, or handed to a library that sums otherwise on one than on two."""
    program = lowered(function, (np.ones(100_000),))
    alone = compile_with(program, ONE_THREAD)
    for sign in ('outer_dimension_partitions":["', "ynn_fusion"):
        assert sign not in alone.as_text()
    np.testing.assert_allclose(alone(np.ones(100_000)), program.compile()(np.ones(100_000)), rtol=1e-12)


def test_an_option_that_xla_does_not_know_costs_nothing_but_time():
    program = lowered(jnp.exp, (np.ones(100_000),))
    known = compile_with(program, ONE_THREAD).as_text()
    assert compile_with(program, {**ONE_THREAD, "xla_no_such_option": 1}).as_text() == known
    assert compile_with(program, {"xla_no_such_option": 1})(np.zeros(100_000))[0] == 1.0


def test_precision_and_device_are_part_of_a_program(monkeypatch):
    monkeypatch.setattr(kept, "programs", Kept(8))
    double, traced = counting()
    call = compiled(double)
    with jax.enable_x64(False):
        assert call(np.ones(2, "float32")).dtype == "float32"
        assert call(np.ones(2)).dtype == "float32"
    assert call(np.ones(2)).dtype == "float64"
    with jax.default_device(jax.devices("cpu")[0]):
        call(np.ones(2))
    assert len(traced) == 4


def alive(name):
    """How many programs of a name XLA holds in this process."""
    gc.collect()
    held = jax.devices("cpu")[0].client.live_executables()
    return sum(module.name == f"jit_{name}" for each in held for module in each.hlo_modules())


def test_an_evicted_program_dies_with_all_that_jax_knew_of_it(monkeypatch):
    monkeypatch.setattr(kept, "programs", Kept(1))

    def make():
        def threefold(x):
            return 3 * x

        compiled(threefold)(np.ones(2))
        (program,) = kept.programs._values.values()
        return weakref.ref(threefold), weakref.ref(program)

    references = make()
    gc.collect()
    assert all(reference() is not None for reference in references)
    assert alive("threefold") == 1
    compiled(lambda x: -x)(np.ones(2))
    assert alive("threefold") == 0
    assert [reference() for reference in references] == [None, None]


def test_programs_of_a_fit_die_when_others_take_their_place(monkeypatch):
    elsewhere = alive("advance"), alive("recover")  # of other tests
    monkeypatch.setattr(executables, "executables", Kept(2))
    first = short_fit(5)
    held = [weakref.ref(each.call) for each in executables.executables._values.values()]
    assert len(held) == 2
    short_fit(5)
    assert {id(each.call) for each in executables.executables._values.values()} == {
        id(each()) for each in held
    }
    short_fit(6)
    assert (alive("advance"), alive("recover")) == (elsewhere[0] + 1, elsewhere[1] + 1)
    assert [reference() for reference in held] == [None, None]
    assert first.summary().shape[0] == 4  # the fit itself needs none of them


def test_a_refit_after_eviction_gives_the_same_draws(monkeypatch):
    monkeypatch.setattr(executables, "executables", Kept(2))
    rows = table(5)
    before = fit_quietly("y ~ x + (1 | g)", rows, chains=1, draws=10, warmup=10)
    short_fit(6)
    again = fit_quietly("y ~ x + (1 | g)", rows, chains=1, draws=10, warmup=10)
    for name, values in before.draws.items():
        np.testing.assert_array_equal(again.draws[name], values)


GROWTH = """
import gc, sys, warnings
import numpy as np
import bayesformula as bf

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

def pieces():
    with open("/proc/self/maps") as maps:
        return sum(1 for _ in maps)

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
for number in range(200):
    levels = 5 + number
    x, group = rng.normal(size=4 * levels), np.arange(4 * levels) % levels
    rows = {"y": x + rng.normal(size=4 * levels), "x": x, "g": [f"g{i}" for i in group]}
    bf.fit("y ~ x + (1 | g)", rows, chains=2, draws=20, warmup=20, progress=False)
    if (number + 1) % 20 == 0:
        gc.collect()
        print(number + 1, resident(), pieces(), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_two_hundred_different_fits_in_one_process_do_not_fill_the_memory():
    done = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True)
    counts = np.array([line.split() for line in done.stdout.splitlines()], float)
    assert list(counts[:, 0]) == list(range(20, 201, 20))
    assert counts[-1, 1] - counts[0, 1] < 300, done.stdout  # MiB
    assert counts[:, 2].max() < 20_000, done.stdout  # Linux ends a process of 65,530
