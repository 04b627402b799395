"""Places in which programs break: no home, no terminal, ASCII, odd paths, full disks, a cache of garbage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import bayesformula as bf
from bayesformula.commands import printing, streams
from bayesformula.runner import cache
from bayesformula.runner.executables import executables

SRC = Path(bf.__file__).parents[1]
RNG = np.random.default_rng(6)
ROWS = {"y": RNG.normal(size=20), "x": RNG.normal(size=20)}
COMMAND = [sys.executable, "-m", "bayesformula.cli"]

SEVERAL = """
import json, sys
from bayesformula import cli
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["bf", *arguments]
    try:
        cli.main()
    except SystemExit as stop:
        print("code", stop.code, file=sys.stderr)
"""


def environment(**changes):
    """That of this process, with variables changed, or taken out where None."""
    out = {**os.environ, **changes}
    return {name: value for name, value in out.items() if value is not None}


def test_ascii_no_home_no_terminal_and_paths_of_all_signs(tmp_path):
    """One process, as its imports cost most: fit, save, report, read, predict, draw, check."""
    place = tmp_path / "a plâce with späces and 漢字"
    place.mkdir()
    (place / "no folder").write_text("")
    table = "β;x;größe\n".replace(";", ",") + "".join(
        f"{y:.6f},{x:.6f},{g}\n" for y, x, g in zip(ROWS["y"], ROWS["x"], ["ä", "λ"] * 10, strict=True)
    )
    (place / "ta ble é.csv").write_text(table, encoding="utf-8")
    formula = "β ~ x + größe"
    short = ["--draws", "50", "--warmup", "50", "--chains", "2"]
    commands = [
        ["fit", formula, "ta ble é.csv", *short, "--out", "mein fit é.nc", "--report", "ré.html"],
        ["summary", "mein fit é.nc", "--json"],
        ["predict", "mein fit é.nc", "ta ble é.csv", "--out", "vör.csv"],
        ["plot", "mein fit é.nc", "trace", "--out", "bïld.png"],
        ["explain", formula, "ta ble é.csv"],
        ["fit", "β ~ nothing", "ta ble é.csv"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(commands)],
        cwd=place,
        env=environment(
            HOME=str(place / "no folder" / "home"), XDG_CACHE_HOME=None, BAYESFORMULA_CACHE=None,
            MPLCONFIGDIR=None, LANG="C", LC_ALL="C",
            PYTHONIOENCODING="ascii", TERM="dumb", COLUMNS="3", PYTHONPATH=str(SRC),
        ),
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    codes = [line for line in err.splitlines() if line.startswith("code ")]
    assert codes[1:] == ["code 0"] * 4 + ["code 2"], err
    assert codes[0] in ("code 0", "code 3"), err
    assert "Traceback" not in err
    assert err.count("compiled programs are not kept") == 1
    assert "größe" in out
    made = ["mein fit é.nc", "ré.html", "vör.csv", "bïld.png"]
    assert sorted(os.listdir(place)) == sorted(["no folder", "ta ble é.csv", *made])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another")
def test_another_user_without_a_home_in_a_folder_that_is_read_only():
    """A number that no name belongs to; the table comes through standard input."""
    env = environment(PYTHONPATH=str(SRC), HOME=None, XDG_CACHE_HOME=None, BAYESFORMULA_CACHE=None)
    stranger = {"user": 54321, "group": 54321, "extra_groups": [], "cwd": "/", "env": env}
    try:
        subprocess.run(
            [sys.executable, "-c", "import bayesformula"], check=True, capture_output=True, **stranger
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("others may not read this installation")
    table = "y,x\n" + "".join(f"{y},{x}\n" for y, x in zip(ROWS["y"], ROWS["x"], strict=True))
    before = sorted(os.listdir("/"))
    done = subprocess.run(
        [*COMMAND, "fit", "y ~ x", "-", "--draws", "50", "--warmup", "50", "--chains", "2"],
        input=table, text=True, capture_output=True, check=False, **stranger,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    assert "Intercept" in done.stdout
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir("/")) == before


def run_shell(line):
    """(exit code, standard error) of a line of the shell in which $BF is the command."""
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=False,
        env=environment(BF=f"{sys.executable} -m bayesformula.cli", PYTHONPATH=str(SRC)),
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_under_standard_output_is_told_in_one_line():
    code, err = run_shell("$BF data cafes > /dev/full")
    assert code == 1
    assert err == "No space left on device: not everything could be written\n"


@pytest.mark.skipif(os.name != "posix", reason="a shell")
@pytest.mark.parametrize(
    "line", ["$BF data cafes | head -1 > /dev/null", "$BF data cafes | true", "$BF data >&-"]
)
def test_a_reader_that_has_gone_is_no_error(line):
    assert run_shell(line) == (0, "")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-8", "β ä"), ("ascii", "β ä"), ("latin-1", "\\u03b2 \\u00e4"), ("cp1252", "\\u03b2 \\u00e4")],
)
def test_json_keeps_to_the_signs_of_standard_output(monkeypatch, tmp_path, encoding, text):
    with (tmp_path / "out").open("w", encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        found = printing.json_text({"a": "β ä"})
        monkeypatch.undo()
    assert text in found
    assert json.loads(found) == {"a": "β ä"}


def test_a_sign_that_the_encoding_lacks_is_escaped(monkeypatch, tmp_path):
    with (tmp_path / "out").open("w", encoding="latin-1") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        streams.forgive_encodings()
        print("β ä")
        monkeypatch.undo()
    assert (tmp_path / "out").read_text("latin-1") == "\\u03b2 ä\n"


# ---- the cache of compiled programs ----


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of this test's own, empty; programs of this process are forgotten before and after."""
    where = tmp_path / "a câche"
    monkeypatch.setenv(cache.VARIABLE, str(where))
    executables.clear()
    yield where
    executables.clear()


def short_fit():
    executables.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = bf.fit("y ~ x", ROWS, chains=1, draws=20, warmup=20, progress=False)
    return fit, [str(each.message) for each in caught if "compil" in str(each.message)]


@pytest.mark.parametrize(
    "spoil",
    [lambda data: b"garbage", lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data[::-1]],
    ids=["garbage", "empty", "half", "reversed"],
)
def test_spoilt_entries_of_the_cache_are_passed_over(folder, spoil):
    first, told = short_fit()
    assert told == []
    entries = [path for path in folder.iterdir() if path.name.endswith("-cache")]
    assert entries
    for path in entries:
        path.write_bytes(spoil(path.read_bytes()))
    again, _ = short_fit()
    np.testing.assert_array_equal(again.draws["b"], first.draws["b"])


def test_a_cache_full_of_folders_is_passed_over(folder):
    first, _ = short_fit()
    for path in list(folder.iterdir()):
        path.unlink()
        path.mkdir()
    again, _ = short_fit()
    np.testing.assert_array_equal(again.draws["b"], first.draws["b"])


SHARED = """
import hashlib, sys, warnings
import numpy as np
import bayesformula as bf
rng = np.random.default_rng(1)
rows = {"y": rng.normal(size=30), "x": rng.normal(size=30)}
fit = bf.fit("y ~ x", rows, chains=1, draws=30, warmup=30, progress=False, checks={})
print(hashlib.sha256(fit.draws["b"].tobytes()).hexdigest())
"""


def test_two_processes_share_a_cache(tmp_path):
    env = environment(BAYESFORMULA_CACHE=str(tmp_path / "shared"), PYTHONPATH=str(SRC))
    both = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SHARED], env=env, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    found = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert found[0] == found[1] != ""
    assert list((tmp_path / "shared").iterdir())
