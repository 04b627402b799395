"""A run that is cut off anywhere and begun again gives the draws of one that was not, bit for bit."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import bayesformula as bf
from bayesformula.errors import CheckpointError
from bayesformula.runner import arrays_file, checkpoint, lanes
from bayesformula.runner.checkpoint import Like
from bayesformula.runner.chunks import Chunk
from fuzz.files import mutate_checkpoint, run_checkpoint
from results.fits import CAFES

SHORT = {"draws": 120, "warmup": 100, "chains": 2, "progress": False, "seed": 3}
pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.errors.FindingWarning")


@pytest.fixture(scope="module")
def whole():
    return bf.fit(CAFES, bf.datasets.load("cafes"), **SHORT)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """A file after every chunk, and chunks of one size."""
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(lanes, "CHUNK_SECONDS", 0.0)


def again(folder, **options):
    return bf.fit(CAFES, bf.datasets.load("cafes"), checkpoint=folder, **{**SHORT, **options})


def assert_same(one, other):
    assert_array_equal(one.z, other.z)
    for name, values in other.draws.items():
        assert_array_equal(one.draws[name], values)
    for name, values in other.stats.items():
        assert_array_equal(one.stats[name], values)


class Cut(BaseException):
    """The end of a process, as far as a test in it can have one."""


def cut_after(monkeypatch, count):
    """The `count`-th file is not written any more, nor any after it."""
    left = [count]
    write = arrays_file.write

    def until(path, arrays):
        left[0] -= 1
        if left[0] < 0:
            raise Cut
        write(path, arrays)

    monkeypatch.setattr(arrays_file, "write", until)


@pytest.mark.parametrize("counts", [(1,), (0, 3), (7, 40, 90), (150, 20, 1), (410,)])
def test_cut_anywhere_it_goes_on_bit_for_bit(counts, whole, tmp_path):
    for count in counts:
        with pytest.MonkeyPatch.context() as patch:
            cut_after(patch, count)
            with pytest.raises(Cut):
                again(tmp_path)
    assert_same(again(tmp_path), whole)


def test_more_draws_go_on_from_fewer_and_fewer_are_the_first_of_more(whole, tmp_path):
    again(tmp_path, draws=50)
    assert_same(again(tmp_path), whole)
    files = sorted(tmp_path.iterdir())
    few = again(tmp_path, draws=30)
    assert_array_equal(few.z, whole.z[:, :30])
    assert sorted(tmp_path.iterdir()) == files
    thinned = again(tmp_path, draws=60, thin=2)
    assert_array_equal(thinned.z, whole.z[:, 1::2])


def test_a_finished_run_is_not_run_again(whole, tmp_path, monkeypatch):
    again(tmp_path)
    monkeypatch.setattr(lanes, "_check_start", lambda energy: pytest.fail("a transition was made"))
    assert_same(again(tmp_path), whole)


def test_an_interruption_saves_what_there_is(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", 1e9)
    monkeypatch.setattr(lanes, "CHUNK_SECONDS", 1e-4)
    from bayesformula.runner import nuts

    wait = nuts.wait

    def interrupted(futures, **options):
        time.sleep(0.2)
        monkeypatch.setattr(nuts, "wait", wait)
        raise KeyboardInterrupt

    monkeypatch.setattr(nuts, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt, match="the same call goes on from there"):
        again(tmp_path, draws=200_000)
    done = [int(arrays_file.read(path)["done"]) for path in tmp_path.glob("chain-*")]
    assert len(done) == 2
    assert min(done) > 0
    monkeypatch.setattr(lanes, "CHUNK_SECONDS", 0.15)
    assert_same(again(tmp_path), whole)


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"not json\n1234"])
def test_a_damaged_file_costs_only_what_came_after_it(damage, whole, tmp_path):
    again(tmp_path, draws=40)
    victim = sorted(tmp_path.glob("chain-0000-*"))[4]
    victim.write_bytes(damage)
    with pytest.warns(bf.BayesFormulaWarning, match="is damaged: chain 0 goes on from before it"):
        fit = again(tmp_path)
    assert_same(fit, whole)


def test_any_changed_byte_is_found(tmp_path):
    path = tmp_path / "x"
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(3), "c": np.zeros((2, 0))}
    arrays_file.write(path, arrays)
    for name, values in arrays_file.read(path).items():
        assert_array_equal(values, arrays[name])
        assert values.dtype == arrays[name].dtype
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(content), 300):
        changed = bytearray(content)
        changed[place] ^= int(rng.integers(1, 256))
        path.write_bytes(bytes(changed))
        try:
            found = arrays_file.read(path)
        except arrays_file.DamagedFile:
            continue
        assert all(np.array_equal(found[name], arrays[name]) for name in arrays)  # a blank in the header
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(arrays_file.DamagedFile):
            arrays_file.read(path)


def test_a_full_disk_costs_a_warning(whole, tmp_path, monkeypatch):
    def full(path, arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arrays_file, "write", full)
    with pytest.warns(bf.BayesFormulaWarning, match="No space left on device"):
        fit = again(tmp_path)
    assert_same(fit, whole)
    monkeypatch.undo()
    assert_same(again(tmp_path), whole)


OTHERS = [
    ({"seed": 4}, "seed: 3 there, 4 here"),
    ({"warmup": 90}, "warmup: 100 there, 90 here"),
    ({"target_accept": 0.9}, "target_accept: 0.8 there, 0.9 here"),
    ({"plan": "noncentred"}, 'plan: "marginal" there, "noncentred" here'),
    ({"priors": ["b ~ normal(0, 1)"]}, "\n  priors"),
]


@pytest.mark.parametrize(("options", "message"), OTHERS)
def test_another_run_is_refused_by_name(options, message, tmp_path):
    again(tmp_path, draws=5, warmup=100)
    with pytest.raises(CheckpointError, match="that of another run") as error:
        again(tmp_path, **options)
    assert message in str(error.value)


def test_other_data_formulas_and_versions_are_refused(tmp_path, monkeypatch):
    again(tmp_path, draws=5)
    cafes = bf.datasets.load("cafes")
    with pytest.raises(CheckpointError, match=r"run: \n  data\n  Pass"):
        bf.fit(CAFES, cafes.assign(wait=cafes["wait"].to_numpy()[::-1]), checkpoint=tmp_path, **SHORT)
    with pytest.raises(CheckpointError, match="formula: "):
        bf.fit("wait ~ 1 + (1 | cafe)", cafes, checkpoint=tmp_path, **SHORT)
    monkeypatch.setattr("bayesformula.resuming.versions", lambda: {"jax": "0"})
    with pytest.raises(CheckpointError, match="versions"):
        again(tmp_path)


def test_folders_that_are_none(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CheckpointError, match="is a file: name a folder"):
        again(tmp_path / "file")
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "thesis.tex").write_text("x")
    with pytest.raises(CheckpointError, match=r"is no checkpoint: it holds thesis\.tex"):
        again(strange)
    assert (strange / "thesis.tex").read_text() == "x"
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "run.json").write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="is damaged"):
        again(damaged)
    with pytest.raises(bf.OptionError, match="must be the path of a folder"):
        again(3)
    with pytest.raises(bf.OptionError, match='plan="importance" has none'):
        again(tmp_path / "new", plan="importance")
    assert not (tmp_path / "new").exists()


# ---- folders of strangers ----


FACTS = {"formula": "y ~ x", "seed": 3}
LIKE = Like([np.zeros(3), np.zeros((), np.int32)], 3, (), 20)


def written(folder, done=(20, 30, 40)):
    """The row of files of a chain that was cut off after the last of these transitions."""
    with checkpoint.opened(folder, FACTS) as found:
        row = found.row(0)
        for count in done:
            ones = np.ones(10)
            if count > 20:
                row.add(Chunk(np.ones((10, 3)), ones, ones, ones.astype(int), ones, ones.astype(bool)))
            row.write(LIKE.leaves, count, np.asarray(7.0), (0.5, 1.5), 0)


def read(folder, like=LIKE):
    with checkpoint.opened(folder, FACTS) as found:
        return found.row(0).read(like)


def test_what_was_written_is_read(tmp_path):
    written(tmp_path)
    saved = read(tmp_path)
    assert (saved.done, len(saved.chunks), saved.seconds) == (40, 2, (0.5, 1.5))
    assert float(saved.warmup_steps) == 7.0


OTHER = {
    "another state": dataclasses.replace(LIKE, leaves=[np.zeros(4), np.zeros((), np.int32)]),
    "another precision": dataclasses.replace(LIKE, leaves=[np.zeros(3, np.float32), np.zeros((), np.int32)]),
    "more of a state": dataclasses.replace(LIKE, leaves=[*LIKE.leaves, np.zeros(1)]),
    "other chains": dataclasses.replace(LIKE, lanes=(4,)),
    "another warmup": dataclasses.replace(LIKE, warmup=10),
}


@pytest.mark.parametrize("what", OTHER)
def test_whole_files_that_do_not_fit_the_run_are_damaged(what, tmp_path):
    """Checksums are right, and the compiled program must still never see them."""
    written(tmp_path)
    with pytest.warns(bf.BayesFormulaWarning, match="chain-0000-000000 of the checkpoint is damaged"):
        assert read(tmp_path, OTHER[what]) is None
    assert not list(tmp_path.glob("chain-*"))


def test_draws_of_another_width_cost_what_came_after_warmup(tmp_path):
    written(tmp_path)
    with pytest.warns(bf.BayesFormulaWarning, match="chain-0000-000001 of the checkpoint is damaged"):
        assert read(tmp_path, dataclasses.replace(LIKE, width=4)).done == 20


@pytest.mark.parametrize("error", [OSError(errno.EIO, os.strerror(errno.EIO)), MemoryError()])
def test_what_cannot_be_read_now_is_kept(error, tmp_path, monkeypatch):
    """A disk that does not answer, or a smaller machine: hours of draws are in these files."""
    written(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())

    def fail(path):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint.arrays_file, "read", fail)
        with pytest.raises(CheckpointError, match=r"cannot be read: .*\n  Nothing of it is lost"):
            read(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert read(tmp_path).done == 40


FORGED = {
    "transitions": {"done": np.asarray(10**9)},
    "a place": {"done": np.zeros(3, int)},
    "seconds": {"seconds": np.array([np.nan, 1.0])},
    "steps": {"warmup_steps": np.zeros(9)},
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_numbers_are_damage(what, tmp_path):
    written(tmp_path)
    path = tmp_path / "chain-0000-000001"
    arrays_file.write(path, {**arrays_file.read(path), **FORGED[what]})
    with pytest.warns(bf.BayesFormulaWarning, match="chain-0000-000001 of the checkpoint is damaged"):
        assert read(tmp_path).done == 20


HEADERS = [
    {"arrays": {"a": ["<f8", [10**12]]}},
    {"arrays": {"a": ["<f8", [-1]]}},
    {"arrays": {"a": ["<f8", [1e400]]}},
    {"arrays": {"a": ["O", [1]]}},
    {"arrays": {"a": ["<f8", "12"]}},
    {"arrays": {"a": [{"names": ["x"], "formats": ["O"]}, [1]]}},
    {"arrays": {"a": ["<f8", [2**62, 4]]}},
    {"arrays": [1]},
    {"arrays": {"a": None}},
]


@pytest.mark.parametrize("header", HEADERS)
def test_headers_that_promise_what_is_not_there(header, tmp_path):
    payload = bytes(80)
    header = {**header, "digest": arrays_file._digest(header["arrays"], payload)}
    (tmp_path / "x").write_bytes(json.dumps(header).encode() + b"\n" + payload)
    with pytest.raises(arrays_file.DamagedFile):
        arrays_file.read(tmp_path / "x")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_links_and_pipes_in_the_folder_lead_nowhere(tmp_path):
    """A lock that is a link to somebody's file, a pipe that nobody writes to, a link to a device."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    folder = tmp_path / "folder"
    written(folder)
    (folder / "lock").unlink()
    (folder / "lock").symlink_to(precious)
    with pytest.raises(CheckpointError, match="its 'lock' is a link"):
        read(folder)
    assert precious.read_text() == "kept"
    (folder / "lock").unlink()
    for name in ("chain-0000-000001", "chain-0000-000000"):
        (folder / name).unlink()
    (folder / "chain-0000-000000").symlink_to("/dev/zero")
    with pytest.warns(bf.BayesFormulaWarning, match="is damaged"):
        assert read(folder) is None
    written(folder)
    (folder / "chain-0000-000001").unlink()
    os.mkfifo(folder / "chain-0000-000001")
    with pytest.warns(bf.BayesFormulaWarning, match="is damaged"):
        assert read(folder).done == 20
    (folder / "run.json").unlink()
    os.mkfifo(folder / "run.json")
    with pytest.raises(CheckpointError, match=r"run\.json is damaged"):
        read(folder)
    (folder / "run.json").unlink()
    (folder / "run.json").symlink_to(precious)
    with pytest.raises(CheckpointError, match=r"run\.json is damaged"):
        read(folder)
    (folder / "lock").unlink()
    os.mkfifo(folder / "lock")
    with pytest.raises(CheckpointError):
        read(folder)
    assert precious.read_text() == "kept"


def test_what_the_run_raises_is_not_blamed_on_the_folder(tmp_path):
    with pytest.raises(PermissionError, match="of the run"), checkpoint.opened(tmp_path, FACTS):
        raise PermissionError("of the run")


def test_mutated_checkpoints_are_read_or_left_out():
    """Some hundred of what the fuzz target `checkpoints` does."""
    choose, outcomes = random.Random(4), set()
    for _ in range(300):
        try:
            outcomes.add(run_checkpoint(mutate_checkpoint(choose, ())))
        except CheckpointError as error:
            outcomes.add(str(error).split("\n")[0].rpartition("/")[2].split(":")[0])
    assert {"nothing of the chain", "20 transitions", "30 transitions", "40 transitions"} <= outcomes
    assert len(outcomes) < 10, outcomes


def test_two_runs_do_not_share_a_folder(tmp_path):
    with checkpoint.opened(tmp_path, {"a": 1}), pytest.raises(CheckpointError, match="in use by another run"):
        again(tmp_path)
    with checkpoint.opened(tmp_path, {"a": 1}):
        pass


def test_what_a_killed_write_left_is_cleared(whole, tmp_path):
    again(tmp_path, draws=5)
    (tmp_path / ".chain-0000-000009.12345678.part").write_bytes(b"half")
    assert_same(again(tmp_path), whole)
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*.part"))


SCRIPT = """
import sys
import numpy as np
import bayesformula as bf
from bayesformula.runner import checkpoint
checkpoint.EVERY_SECONDS = 0.02
fit = bf.fit("incidence | trials(size) ~ period + (1 | herd)", bf.datasets.load("cbpp"), family="binomial",
             draws=3000, warmup=1000, progress=False, checkpoint=sys.argv[1] or None)
np.save(sys.argv[2], fit.z)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_killed_at_fifty_random_moments(tmp_path):
    """SIGKILL, anywhere from the first import to the last write."""

    def start(folder, out):
        return subprocess.Popen([sys.executable, "-c", SCRIPT, folder, str(out)], env=os.environ)

    assert start("", tmp_path / "whole.npy").wait() == 0
    began = time.monotonic()
    assert start(str(tmp_path / "timed"), tmp_path / "timed.npy").wait() == 0
    usual = time.monotonic() - began
    choose = random.Random(5)
    kills, folder = 0, 0
    while kills < 50:
        folder += 1
        while True:
            run = start(str(tmp_path / str(folder)), tmp_path / "cut.npy")
            try:
                assert run.wait(choose.uniform(0.3, 1.0) * usual) == 0
                break
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                kills += 1
        assert_array_equal(np.load(tmp_path / "cut.npy"), np.load(tmp_path / "whole.npy"))
