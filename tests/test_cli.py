"""The command `bf`: what it prints where, and how it ends.

`tests/golden/cli/errors.txt` holds the messages of what a user can do wrong: `$ bf ...`, the exit code,
then standard error. To change them on purpose, run this file as a script, read the difference, and keep
what helps.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula import api, cli, datasets
from bayesformula.errors import HealthError
from results.fits import CAFES, WIDE, cafes_fit, wide_data

GOLDEN = Path(__file__).parent / "golden" / "cli" / "errors.txt"
SHORT = ["--draws", "200", "--warmup", "300"]
HEAVY = {
    "jax",
    "numpyro",
    "pandas",
    "numpy",
    "xarray",
    "formulaic",
    "arviz_base",
    "arviz_stats",
    "arviz_plots",
    "lark",
}


def write_tables():
    """The tables of these tests, in the working folder."""
    datasets.load("cafes").to_csv("cafes.csv", index=False)
    wide_data().to_csv("wide.csv", index=False)
    Path("empty.csv").write_text("")
    Path("twice.csv").write_text("x,x\n1,2\n")
    Path("words.csv").write_text("y,x\nno,1\nyes,2\nno,3\n")
    Path("picture.png").write_bytes(b"\x89PNG")
    for name in ("old.nc", "old.html", "old.csv", "old.png"):
        Path(name).write_text("precious")
    Path("latin.csv").write_bytes("y,x\n1,\xe9\n".encode("latin-1"))
    Path("priors.txt").write_text("# of the waiting time\nIntercept ~ normal(4, 2)\nb ~ normal(0, 1)\n")
    Path("bad.txt").write_text("b ~ norml(0, 1)\n")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli")
    with contextlib.chdir(path):
        write_tables()
        cafes_fit().save("saved.nc")
    return path


def run_main(*arguments, stdin=None):
    """(exit code, standard output, standard error) of `bf ...`, in this process."""
    out, err = io.StringIO(), io.StringIO()
    argv, std_in, shown = sys.argv, sys.stdin, warnings.showwarning
    sys.argv = ["bf", *arguments]
    if stdin is not None:
        sys.stdin = io.StringIO(stdin)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as stop,
        ):
            cli.main()
    finally:
        sys.argv, sys.stdin = argv, std_in
    assert warnings.showwarning is shown
    return stop.value.code, out.getvalue(), err.getvalue()


@pytest.fixture
def call(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return run_main


def strict(text):
    """JSON without NaN and Infinity, one object."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


# ---- results ----


def test_fit_prints_the_summary_and_nothing_else(call):
    code, out, err = call("fit", CAFES, "cafes.csv", *SHORT)
    lines = [line for line in out.splitlines() if not line.startswith("Draws:")]
    assert lines == [
        line for line in (repr(cafes_fit()) + "\n").splitlines() if not line.startswith("Draws:")
    ]
    assert code == (0 if cafes_fit().health.is_healthy else 3)
    assert err == ""


def test_fit_json_is_one_strict_object_and_the_same_numbers(call):
    code, out, err = call("fit", CAFES, "cafes.csv", *SHORT, "--json")
    content, expected = strict(out), cafes_fit().to_dict()
    assert list(content) == list(expected)
    assert content["summary"] == expected["summary"]
    assert content["health"] == expected["health"]
    assert {k: v for k, v in content.items() if k != "timing"} == {
        k: v for k, v in expected.items() if k != "timing"
    }
    assert list(content["timing"]) == list(expected["timing"])
    assert code in (0, 3)
    assert err == "" or err.startswith("warning: the run is not healthy")


def test_fit_saves_and_summary_reads(call, tmp_path):
    path = str(tmp_path / "fit.nc")
    code, out, err = call("fit", CAFES, "cafes.csv", *SHORT, "--out", path)
    assert code in (0, 3)
    assert err.splitlines()[-1] == f"saved to {path}"
    assert os.listdir(tmp_path) == ["fit.nc"]
    assert call("summary", path) == (0, out, "")
    code, text, err = call("summary", path, "--json")
    assert (code, err) == (0, "")
    assert list(strict(text)) == list(cafes_fit().to_dict())
    assert strict(text)["summary"] == cafes_fit().to_dict()["summary"]


def test_results_are_printed_even_when_they_cannot_be_saved(call, tmp_path, monkeypatch):
    """An hour of sampling must not be lost to a full disk."""
    import xarray as xr

    def full(tree, filepath=None, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.DataTree, "to_netcdf", full)
    path = tmp_path / "fit.nc"
    code, out, err = call("fit", CAFES, "cafes.csv", *SHORT, "--out", str(path))
    assert code == 2
    assert "Population effects" in out
    assert err == f"FitFileError: {path} cannot be written: No space left on device\n"


def test_quiet_says_nothing(call, tmp_path):
    _, out, err = call(
        "fit", CAFES, "cafes.csv", *SHORT, "--json", "--quiet", "--out", str(tmp_path / "fit.nc")
    )
    assert strict(out)
    assert err == ""


def test_messages_go_to_standard_error_where_the_output_is_json(call):
    short = ["--draws", "20", "--warmup", "20", "--chains", "1"]
    formula = "y ~ x"
    code, out, err = call("fit", formula, "wide.csv", *short, "--json")
    assert code == 3
    assert strict(out)["findings"][0]["code"] == "rows-dropped"
    assert "warning: 5 of 96 rows were left out for missing values" in err
    assert "warning: the run is not healthy" in err
    code, out, err = call("fit", formula, "wide.csv", *short)
    assert code == 3
    assert "warn: 5 of 96 rows were left out" in out
    assert err == ""


def test_a_run_that_is_not_healthy_exits_3_and_is_written_all_the_same(call, tmp_path):
    path = tmp_path / "short.nc"
    code, out, _ = call(
        "fit", CAFES, "cafes.csv", "--draws", "20", "--warmup", "300", "--out", str(path), "--json"
    )
    assert code == 3
    health = strict(out)["health"]
    assert health["is_healthy"] is False
    assert "ess" in [problem["code"] for problem in health["problems"]]
    assert bf.load(path).to_dict()["health"] == health


def test_strict_writes_nothing(call, tmp_path):
    path = tmp_path / "short.nc"
    code, out, err = call(
        "fit", CAFES, "cafes.csv", "--draws", "20", "--warmup", "300", "--out", str(path), "--strict"
    )
    assert (code, out) == (3, "")
    assert err.startswith("strict=True and the run is not healthy\n")
    assert not path.exists()


def test_data_from_standard_input(call):
    text = datasets.load("cafes").to_csv(index=False)
    code, out, err = call("explain", CAFES, "-", "--json", stdin=text)
    assert (code, err) == (0, "")
    assert out == call("explain", CAFES, "cafes.csv", "--json")[1]


@pytest.mark.parametrize("arguments", [(CAFES, "cafes.csv"), (WIDE, "wide.csv"), (CAFES,)])
def test_explain(call, arguments):
    code, out, err = call("explain", *arguments)
    assert (code, err) == (0, "")
    formula, *data = arguments
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explanation = bf.explain(formula, *data)
    assert out == f"{explanation}\n"
    code, out, err = call("explain", *arguments, "--json")
    assert (code, err) == (0, "")
    assert strict(out) == explanation.to_dict()


def test_explain_and_fit_have_the_same_keys(call):
    _, out, _ = call("explain", CAFES, "cafes.csv", "--json")
    fitted = cafes_fit().to_dict()
    assert list(strict(out)) == list(fitted)[:-4]
    assert list(fitted)[-4:] == ["summary", "health", "timing", "versions"]


def priors(text):
    return {row["parameter"]: row["prior"] for row in strict(text)["priors"] if row["source"] != "default"}


def test_priors_from_a_file_and_from_options(call):
    code, out, _ = call(
        "explain", CAFES, "cafes.csv", "--priors", "priors.txt",
        "--prior", "sigma ~ exponential(2)", "--prior", "sd[cafe, afternoon] ~ half_normal(3)", "--json",
    )  # fmt: skip
    assert code == 0
    stated = priors(out)
    assert stated["b_Intercept"] == "normal(4, 2)"
    assert stated["b_afternoon"] == "normal(0, 1)"
    assert stated["sigma"] == "exponential(2)"
    assert stated["sd_cafe__afternoon"] == "half_normal(3)"


def test_checks_can_be_graded(call):
    code, out, err = call("explain", "y ~ x", "wide.csv", "--check", "rows-dropped=error")
    assert (code, out) == (2, "")
    assert "5 of 96 rows were left out" in err
    code, out, err = call("explain", "y ~ x", "wide.csv", "--check", "rows-dropped=ignore", "--json")
    assert (code, err) == (0, "")
    assert strict(out)["findings"] == []


def test_data_lists_describes_and_prints(call):
    code, out, err = call("data")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines() if line[0] != " "] == list(datasets.names())
    assert call("data", "cafes") == (0, datasets.load("cafes").to_csv(index=False), "")
    code, out, err = call("data", "cafes", "--about")
    assert (code, err) == (0, "")
    assert out.startswith("cafes: ")


def test_doctor(call):
    code, out, err = call("doctor", "--json")
    assert (code, err) == (0, "")
    facts = strict(out)
    assert list(facts) == ["versions", "machine", "device", "cache", "self_test"]
    assert facts["device"]["auto"].startswith("cpu: ")
    assert facts["cache"]["folder"] == os.environ["BAYESFORMULA_CACHE"]
    assert facts["cache"]["writable"] is True
    assert facts["self_test"]["ok"] is True
    assert facts["self_test"]["result"] == "ok"
    assert facts["self_test"]["sample_seconds"] > 0
    code, text, err = call("doctor")
    assert (code, err) == (0, "")
    for section, values in facts.items():
        assert f"{section}\n" in text
        for name in values:
            assert f"\n  {name} " in text


def test_version(call):
    assert call("--version") == (0, f"bf, version {bf.__version__}\n", "")


# ---- saved fits ----


def numbers(text):
    return pd.read_csv(io.StringIO(text))


def test_predict_prints_the_table_of_the_fit_in_the_order_of_the_rows(call, folder):
    code, out, err = call("predict", "saved.nc", "cafes.csv", "--ci", "0.8", "--draws", "100")
    assert (code, err) == (0, "")
    expected = cafes_fit().predict(folder / "cafes.csv", summary=True, ci=0.8, draws=100)
    table = numbers(out)
    assert list(table.columns) == ["row", "mean", "sd", "lower", "upper"]
    assert list(table["row"]) == list(range(200))
    np.testing.assert_allclose(table.iloc[:, 1:], expected, rtol=1e-7)
    assert call("predict", "saved.nc", "--ci", "0.8", "--draws", "100")[1] == out
    stdin = Path("cafes.csv").read_text()
    assert call("predict", "saved.nc", "-", "--ci", "0.8", "--draws", "100", stdin=stdin)[1] == out


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--kind", "response", "--seed", "3"], {"kind": "response", "seed": 3}),
        (["--parameter", "sigma"], {"parameter": "sigma"}),
        (["--groups", "none"], {"groups": "none"}),
        (
            ["--groups", "cafe", "--new-levels", "population"],
            {"groups": ["cafe"], "new_levels": "population"},
        ),
        (["--groups", "integrate", "--kind", "linear"], {"groups": "integrate", "kind": "linear"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_predict_takes_what_the_fit_takes(call, arguments, options):
    code, out, err = call("predict", "saved.nc", "cafes.csv", "--draws", "40", *arguments)
    assert (code, err) == (0, "")
    expected = cafes_fit().predict("cafes.csv", summary=True, draws=40, **options)
    np.testing.assert_allclose(numbers(out).iloc[:, 1:], expected, rtol=1e-7)


def test_a_row_without_a_value_has_a_line_without_numbers(call, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text("cafe,afternoon\nc01,0\nc02,\nnew,1\n")
    arguments = ["predict", "saved.nc", str(new), "--new-levels", "sample"]
    code, out, err = call(*arguments)
    assert code == 0
    assert [line.count(",") for line in out.splitlines()] == [4] * 4
    assert out.splitlines()[2] == "1,,,,"
    assert err == "warning: 1 of 3 rows miss a value: their predictions are missing too\n"
    rows = strict(call(*arguments, "--json")[1])["rows"]
    assert [row["row"] for row in rows] == [0, 1, 2]
    assert rows[1]["mean"] is None
    code, out, err = call("predict", "saved.nc", str(new))
    assert (code, out) == (2, "")
    assert err.startswith("UnseenLevelError: column 'cafe' has 1 level")


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".parquet"])
def test_predictions_are_written_to_a_file(call, tmp_path, ending):
    path = tmp_path / f"p{ending}"
    code, out, err = call("predict", "saved.nc", "cafes.csv", "--out", str(path))
    assert (code, out, err) == (0, "", f"200 rows written to {path}\n")
    assert os.listdir(tmp_path) == [path.name]
    separator = "\t" if ending == ".tsv" else ","
    table = pd.read_parquet(path) if ending == ".parquet" else pd.read_csv(path, sep=separator)
    assert list(table.columns) == ["row", "mean", "sd", "lower", "upper"]
    np.testing.assert_allclose(table.iloc[:, 1:], cafes_fit().predict(summary=True), rtol=1e-7)


def test_compare_names_fits_by_their_files(call, tmp_path):
    import shutil

    other = tmp_path / "other.nc"
    shutil.copy("saved.nc", other)
    code, out, err = call("compare", "saved.nc", str(other), "--ic", "waic")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:3]} == {"saved", "other"}
    assert all(line.startswith("warning: waic") for line in err.splitlines())
    content = strict(call("compare", "saved.nc", str(other), "--ic", "waic", "--json")[1])
    assert [row["elpd_diff"] for row in content["models"]] == [0, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)
        assert content["models"][0]["elpd"] == pytest.approx(cafes_fit().waic().elpd)
    same = tmp_path / "saved.nc"
    shutil.copy("saved.nc", same)
    assert str(same) in call("compare", "saved.nc", str(same), "--ic", "waic", "--json")[1]
    code, out, err = call("compare", "saved.nc", "saved.nc")
    assert (code, out, err) == (2, "", "OptionError: saved.nc is given twice: name each fit once\n")


def test_hypothesis_has_the_table_of_the_fit(call):
    statements = ["afternoon < 0", "sigma > 0.5"]
    found = cafes_fit().hypothesis(statements)
    assert call("hypothesis", "saved.nc", *statements) == (0, f"{found!r}\n", "")
    rows = strict(call("hypothesis", "saved.nc", *statements, "--json")[1])["hypotheses"]
    assert [row["hypothesis"] for row in rows] == statements
    assert [row["mean"] for row in rows] == list(found.table["mean"])
    code, out, _ = call("hypothesis", "saved.nc", "Intercept > 3", "--scope", "coef", "--json")
    assert code == 0
    assert [row["cafe"] for row in strict(out)["hypotheses"]] == [f"c{i:02}" for i in range(1, 21)]


def test_plot_writes_a_picture(call, tmp_path):
    path = tmp_path / "forest.svg"
    code, out, err = call("plot", "saved.nc", "forest", "--var", "b", "--var", "sigma", "--out", str(path))
    assert (code, out, err) == (0, "", f"written to {path}\n")
    assert path.read_text().count("<svg") == 1
    code, out, err = call("plot", "--list")
    assert (code, err) == (0, "")
    kinds = [line for line in out.splitlines() if line[0] != " "]
    assert kinds == api.plot_names()
    assert all(f" {kind}" in call("plot", "--help")[1] for kind in kinds)


def test_report_writes_a_page(call, tmp_path, monkeypatch):
    """Its content is tested where it is made."""
    asked = {}
    monkeypatch.setattr(bf.Fit, "report", lambda fit, path, **options: asked.update(path=path, **options))
    path = str(tmp_path / "r.html")
    assert call("report", "saved.nc", "--out", path, "--title", "Waiting") == (0, "", f"written to {path}\n")
    assert asked == {"path": path, "overwrite": False, "title": "Waiting"}
    code, out, err = call("fit", CAFES, "cafes.csv", *SHORT, "--report", path)
    assert code in (0, 3)
    assert "Population effects" in out
    assert err.splitlines()[-1] == f"report written to {path}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "saved.nc", "cafes.csv", "--out", "old.csv"],
        ["plot", "saved.nc", "trace", "--out", "old.png"],
        ["report", "saved.nc", "--out", "old.html"],
        ["fit", CAFES, "cafes.csv", "--report", "old.html"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_file_that_exists_is_refused_before_anything_is_read(call, monkeypatch, arguments):
    for name in ("load", "fit"):
        monkeypatch.setattr(api, name, lambda *a, **k: pytest.fail("computed"))
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.endswith(f"{arguments[-1]} exists: choose another name, or pass --force to replace it\n")
    assert Path(arguments[-1]).read_text() == "precious"


# ---- help ----

COMMANDS = [[name] for name in cli.bf.commands] + [[]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(call, command, flag):
    code, out, err = call(*command, flag)
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: bf {' '.join(command)}".rstrip())
    assert max(map(len, out.splitlines())) <= 80
    assert "..." not in out.partition("\nCommands:")[2]
    assert "\n  bf " in out, "an example"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["fit", "--help"], ["--version"], ["data"], ["nothing"], ["fit"]]
)
def test_help_and_mistakes_load_nothing_heavy(arguments):
    script = (
        "import sys\n"
        "from bayesformula import cli\n"
        f"sys.argv = ['bf', *{arguments!r}]\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', sorted(set({sorted(HEAVY)!r}) & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


# ---- width ----


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", WIDE, "wide.csv"],
        ["explain", CAFES, "cafes.csv", "--priors", "priors.txt"],
        ["explain", WIDE],
        ["summary", "saved.nc"],
        ["data"],
        ["predict", "saved.nc"],
        ["hypothesis", "saved.nc", "afternoon < 0", "sd[cafe, afternoon] > 0.5"],
        ["plot", "--list"],
        *(["data", name, "--about"] for name in datasets.names()),
    ],
    ids=" ".join,
)
def test_output_is_readable_at_80_columns(call, arguments):
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    long = [line for line in out.splitlines() if len(line) > 80 and "http" not in line]
    assert not long


# ---- mistakes: exit code 2, one message, no traceback, nothing on standard output ----


def read_golden():
    """(command line, exit code, message) of each section."""
    sections = GOLDEN.read_text("utf-8").split("$ bf ")[1:]
    out = []
    for section in sections:
        command, code, message = section.split("\n", 2)
        out.append((command, int(code.removeprefix("exit ")), message.strip("\n")))
    return out


@pytest.mark.parametrize(("command", "code", "message"), read_golden(), ids=[c for c, _, _ in read_golden()])
def test_message(call, command, code, message):
    found, out, err = call(*shlex.split(command))
    assert err.strip("\n") == message
    assert found == code == 2
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fits"], ["No such command 'fits'"]),
        (["fit", "y ~ x", "wide.csv", "--frobnicate"], ["No such option", "--frobnicate"]),
        (["fit", "y ~ eval(x)", "wide.csv"], ["unknown function 'eval'", "^^^^"]),
        (
            ["fit", "y ~ x", "wide.csv", "--check", "rows-lost=ignore"],
            ["no check 'rows-lost'; there are 'rows-dropped'"],
        ),
        (["data", "cafe"], ["there is no dataset 'cafe'; there are: 'cafes'"]),
        (["fit", "y ~ x", "wide.csv", "--out", "no/such/folder/fit.nc"], ["there is no folder"]),
        (["fit", "y ~ x", "wide.csv", "--out", "."], ["exists"]),
        (
            ["plot", "none.nc", "caterpillars", "--out", "x.png"],
            ["no plot is called 'caterpillars': 'caterpillar'"],
        ),
        (["plot", "saved.nc", "energy", "--group", "g", "--out", "x.png"], ["no option 'group'"]),
        (["predict", "saved.nc", "twice.csv"], ["two columns have the same name: 'x'"]),
        (["predict", "saved.nc", "cafes.csv", "--groups", "cafes,b"], ["no group 'cafes' in this model"]),
        (["predict", "saved.nc", "cafes.csv", "--parameter", "tau"], ["'tau' is not a parameter"]),
        (["predict", "saved.nc", "cafes.csv", "--ci", "95"], ["ci=95.0 must be a probability"]),
        (["hypothesis", "saved.nc", "after < 0"], ["no parameter 'after'", "  afternoon,"]),
        (["compare", "saved.nc", "old.nc"], ["old.nc is not a saved fit"]),
        (["report", "saved.nc", "--out", "no/such/r.html"], ["does not exist: make it first"]),
    ],
)
def test_mistakes_whose_whole_text_is_not_ours_or_grows(call, arguments, words):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    for word in words:
        assert word in err
    assert "Traceback" not in err


def test_an_output_that_exists_is_refused_before_anything_is_read(call, monkeypatch):
    monkeypatch.setattr(api, "fit", lambda *a, **k: pytest.fail("computed"))
    code, out, err = call("fit", "y ~", "no-such-table.csv", "--out", "old.nc")
    assert (code, out) == (2, "")
    assert "old.nc exists: choose another name, or pass --force to replace it" in err
    assert Path("old.nc").read_text() == "precious"


def test_force_replaces_it(call, tmp_path):
    path = tmp_path / "old.nc"
    path.write_text("precious")
    code, _, _ = call("fit", CAFES, "cafes.csv", *SHORT, "--out", str(path), "--force")
    assert code in (0, 3)
    assert bf.load(path).to_dict()["summary"] == cafes_fit().to_dict()["summary"]


def test_a_mistake_leaves_no_file(call, tmp_path):
    path = tmp_path / "fit.nc"
    assert call("fit", "wait ~ nothing", "cafes.csv", "--out", str(path))[0] == 2
    assert os.listdir(tmp_path) == []


# ---- the other exit codes ----


def test_a_fault_of_ours_exits_1_and_asks_for_a_report(call, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("boom")

    monkeypatch.setattr(api, "fit", broken)
    monkeypatch.delenv(cli.TRACEBACK, raising=False)
    code, out, err = call("fit", CAFES, "cafes.csv")
    assert (code, out) == (1, "")
    assert err == (
        "an unexpected fault, not one of your making: RuntimeError: boom\n"
        "Please report it, with what BAYESFORMULA_TRACEBACK=1 shows.\n"
    )


def test_its_traceback_can_be_asked_for(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv(cli.TRACEBACK, "1")
    monkeypatch.setattr(api, "explain", lambda *a, **k: 1 / 0)
    monkeypatch.setattr(sys, "argv", ["bf", "explain", "y ~ x"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (HealthError("strict=True and the run is not healthy"), 3, "strict=True and the run is not healthy"),
        (bf.DeviceError("no GPU"), 2, "DeviceError: no GPU"),
        (bf.DataError("two\nlines"), 2, "DataError: two\nlines"),
        (MemoryError(), 1, "an unexpected fault, not one of your making: MemoryError: "),
    ],
)
def test_exit_codes_of_errors(call, monkeypatch, error, code, message):
    def fails(*arguments, **options):
        raise error

    monkeypatch.setattr(api, "fit", fails)
    found, out, err = call("fit", CAFES, "cafes.csv")
    assert (found, out) == (code, "")
    assert err.strip("\n").startswith(message)


def spawn(arguments, folder, **options):
    # a suite started in the background ignores SIGINT, and its children would too
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"sys.argv = ['bf', *{arguments!r}]; from bayesformula.cli import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.cli
def test_ctrl_c_in_the_middle_of_a_run_exits_130(folder, tmp_path):
    """The program has been compiled, so the chains are running: the cache says when."""
    programs, saved = tmp_path / "programs", str(tmp_path / "saved")
    process = spawn(
        [
            "fit",
            CAFES,
            "cafes.csv",
            "--draws",
            "10000000",
            "--out",
            str(tmp_path / "fit.nc"),
            "--checkpoint",
            saved,
        ],
        folder,
        env={**os.environ, "BAYESFORMULA_CACHE": str(programs)},
    )
    try:
        deadline = time.monotonic() + 120
        while not list(programs.glob("jit_advance*")):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    told = f"interrupted; what there is was saved in {saved}: the same call goes on from there"
    assert err.splitlines()[-1] == told
    assert len(list(Path(saved).glob("chain-*"))) >= 2
    assert not list(tmp_path.glob("*fit.nc*"))


@pytest.mark.cli
def test_a_reader_that_has_seen_enough_is_no_fault(folder):
    """`bf data cafes | head -1`."""
    process = spawn(["data", "nested"], folder)
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=60) == 0
    assert err == ""


@pytest.mark.cli
def test_exit_codes_of_the_process(folder):
    for arguments, code in (
        [["data"], 0],
        [["explain", "y ~"], 2],
        [["summary", "none.nc"], 2],
        [["nothing"], 2],
    ):
        process = spawn(arguments, folder)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code
        assert (out == "") is (code == 2)
        assert (err == "") is (code == 0)
        assert "Traceback" not in err


# ---- matrices beside the data ----


def test_a_matrix_is_read_from_a_file(call, folder):
    cafes = pd.read_csv(folder / "cafes.csv")
    levels = sorted(cafes["cafe"].astype(str).unique())
    assert len(levels) == 20
    kin = 0.5 * np.eye(20) + 0.5
    pd.DataFrame(kin, levels, levels).to_csv(folder / "kin.csv")
    formula = "wait ~ afternoon + (1 | gr(cafe, cov = A))"
    code, out, err = call("explain", formula, "cafes.csv", "--data2", "A=kin.csv")
    assert (code, err) == (0, "")
    assert "cov" in out
    code, out, err = call("explain", formula, "cafes.csv")
    assert code == 2
    assert "data2 has no matrix 'A'" in err
    code, out, err = call("explain", formula, "cafes.csv", "--data2", "kin.csv")
    assert code == 2
    assert "write NAME=FILE" in err


def renew():
    """Write the golden messages anew, those of the same commands; to be read before they are kept."""
    commands = [command for command, _, _ in read_golden()]
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        write_tables()
        sections = []
        for command in commands:
            code, _, err = run_main(*shlex.split(command))
            sections.append(f"$ bf {command}\nexit {code}\n{err.strip(chr(10))}\n")
    GOLDEN.write_text("\n".join(sections), "utf-8")


if __name__ == "__main__":
    renew()
