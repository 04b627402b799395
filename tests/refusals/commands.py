"""Calls of `bf` that are refused: options, outputs, matrices, priors in files. The folder has what
`prepare` puts there."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from refusals.files import PLAIN


@dataclass(frozen=True)
class Command:
    """A command line, and words of the message on standard error."""

    id: str
    arguments: tuple[str, ...]
    words: tuple[str, ...]


def command(name: str, arguments: list[str], *words: str) -> Command:
    return Command(name, tuple(arguments), words)


def fit(name: str, *options: str, words: list[str], formula: str = "y ~ x") -> Command:
    """`bf fit formula data.csv ...`."""
    return Command(name, ("fit", formula, "data.csv", *options), tuple(words))


def prepare(folder: Path) -> None:
    """What the commands find in their folder."""
    (folder / "data.csv").write_text(PLAIN)
    (folder / "data.csv.gz").write_bytes(gzip.compress(PLAIN.encode()))
    (folder / "there.nc").write_text("precious")
    (folder / "folder").mkdir()
    (folder / "folder.html").mkdir()
    (folder / "latin.txt").write_bytes(b"b ~ normal(0, 1) # \xe9")
    (folder / "zeros.txt").write_bytes(b"b ~ normal(0, 1)\0")
    (folder / "empty.txt").write_text("")
    (folder / "comment.txt").write_text("b ~ normal(0, 1)\nsgima ~ exponential(1)\n")
    (folder / "kin.csv").write_text("id,a,b,c\na,1,0,0\nb,0,1,0\n")
    (folder / "text.csv").write_text("id,a,b,c\na,1,0,0\nb,0,one,0\nc,0,0,1\n")


OPTIONS = [
    fit("draws 0", "--draws", "0", words=["draws=0", "1 or more"]),
    fit("draws a fraction", "--draws", "1.5", words=["--draws", "'1.5'"]),
    fit("draws in words of computers", "--draws", "1e12", words=["--draws", "'1e12'"]),
    fit("draws beyond all memory", "--draws", "1000000000", words=["draws=1000000000", "GiB"]),
    fit("draws beyond all counting", "--draws", "1" + "0" * 12, words=["draws=1000000000000", "transitions"]),
    fit("draws not given", "--draws", words=["--draws", "requires an argument"]),
    fit("chains negative", "--chains", "-3", words=["chains=-3", "1 or more"]),
    fit("warmup negative", "--warmup", "-1", words=["warmup=-1", "10 or more"]),
    fit("thin 0", "--thin", "0", words=["thin=0"]),
    fit("seed a fraction", "--seed", "1.5", words=["--seed", "'1.5'"]),
    fit("seed too large", "--seed", "99999999999", words=["seed=99999999999", "below 2**32"]),
    fit("target of acceptance 1", "--target-accept", "1", words=["target_accept=1.0", "0.95"]),
    fit("target of acceptance no number", "--target-accept", "nan", words=["target_accept=nan"]),
    fit("target of acceptance a word", "--target-accept", "high", words=["--target-accept", "'high'"]),
    fit("trees too deep", "--max-tree-depth", "100", words=["max_tree_depth=100", "15 or less"]),
    fit("plan empty", "--plan", "", words=["plan=''", "'marginal'"]),
    fit("plan that the family has not", "--family", "student", "--plan", "marginal",
        words=["plan='marginal'", "student"]),
    fit("device empty", "--device", "", words=["device=''", "'cpu'"]),
    fit("family empty", "--family", "", words=["family=''", "gaussian"]),
    fit("family of code", "--family", "__import__('os')", words=["family", "gaussian"]),
    fit("prior empty", "--prior", "", words=["priors is empty", "b[x] ~ normal(0, 1)"]),
    fit("prior of an unknown parameter", "--prior", "tau ~ normal(0, 1)", words=["tau", "sigma"]),
    fit("priors in a folder", "--priors", "folder", words=["--priors folder", "cannot be read"]),
    fit("priors not in UTF-8", "--priors", "latin.txt",
        words=["--priors latin.txt", "byte 19", "save it as UTF-8"]),
    fit("priors with a NUL", "--priors", "zeros.txt", words=["\\x00"]),
    fit("priors of nothing", "--priors", "empty.txt", words=["priors is empty"]),
    fit("priors of another model", "--priors", "comment.txt", words=["sgima", "sigma"]),
    fit("priors that are a table", "--priors", "data.csv", words=["unexpected `,`", "b[x] ~ normal(0, 1)"]),
    fit("check without a grade", "--check", "=", words=["there is no check ''"]),
    fit("matrix without a file", "--data2", "A=", words=["--data2 A=", "NAME=FILE"]),
    fit("matrix that is not there", "--data2", "A=no.csv", words=["no.csv"],
        formula="y ~ (1 | gr(g, cov = A))"),
    fit("matrix not square", "--data2", "A=kin.csv", words=["data2['A']", "2 rows and"],
        formula="y ~ (1 | gr(g, cov = A))"),
    fit("matrix of words", "--data2", "A=text.csv", words=["data2['A']", "not numbers"],
        formula="y ~ (1 | gr(g, cov = A))"),
    fit("an option of brms", "--cores", "4", words=["--cores"]),
    fit("a second table", "more.csv", words=["more.csv"]),
    command("two outputs of explain", ["explain", "y ~ x", "data.csv", "--json", "--latex"], "--json",
            "--latex"),
    command("explain of nothing", ["explain", ""], "the formula is empty"),
    command("a dataset that there is not", ["data", "../../etc/passwd"], "no dataset", "'cafes'"),
]  # fmt: skip

OUTPUTS = [
    fit("output into no folder", "--out", "no/where.nc", words=["no/where.nc", "no folder"]),
    fit("output is a folder", "--out", "folder", words=["folder exists and is a folder"]),
    fit("output is a folder, by force", "--out", "folder", "--force", words=["folder", "is a folder"]),
    fit("output exists", "--out", "there.nc", words=["there.nc exists", "--force"]),
    fit("output below a file", "--out", "there.nc/fit.nc", words=["there.nc/fit.nc", "no folder"]),
    fit("output is empty", "--out", "", words=["'' is not the name of a file", "--out fit.nc"]),
    fit("output is a device", "--out", "/dev/full", words=["/dev/full exists and is no file"]),
    fit("output is a device, by force", "--out", "/dev/full", "--force",
        words=["/dev/full exists and is no file"]),
    fit("output is nothing, by force", "--out", "/dev/null", "--force",
        words=["/dev/null exists and is no file"]),
    fit("output is the table", "--out", "data.csv", words=["data.csv exists"]),
    fit("output is the table, by force", "--out", "data.csv", "--force",
        words=["data.csv", "file is read here"]),
    fit("output is the table in other words, by force", "--out", "folder/../data.csv", "--force",
        words=["data.csv", "file is read here"]),
    fit("output has too long a name", "--out", "f" * 300 + ".nc", words=["too long"]),
    fit("output is also the report", "--out", "fit.html", "--report", "fit.html",
        words=["--out and --report are both fit.html"]),
    fit("output is also the checkpoint", "--out", "fit.nc", "--checkpoint", "fit.nc",
        words=["--out and --checkpoint are both fit.nc"]),
    fit("report into no folder", "--report", "no/where.html", words=["no/where.html", "folder"]),
    fit("report is a folder, by force", "--report", "folder.html", "--force",
        words=["folder.html", "is a folder"]),
    fit("report has too long a name", "--report", "r" * 300 + ".html", words=["too long"]),
    fit("report is empty", "--report", "", words=["'' is not the name of a file"]),
    fit("checkpoint is a file", "--checkpoint", "there.nc", words=["there.nc", "is a file"]),
    fit("checkpoint below a file", "--checkpoint", "there.nc/saved", words=["there.nc/saved", "is a file"]),
    fit("checkpoint is empty", "--checkpoint", "", words=["checkpoint=''", "folder"]),
    fit("checkpoint has too long a name", "--checkpoint", "c" * 300, words=["checkpoint", "too long"]),
    command("prediction into no folder", ["predict", "there.nc", "data.csv", "--out", "no/p.csv"],
            "no/p.csv", "no folder"),
    command("prediction over its table", ["predict", "there.nc", "data.csv", "--out", "data.csv", "--force"],
            "data.csv", "file is read here"),
    command("prediction over its fit", ["predict", "there.nc", "data.csv", "--out", "there.nc", "--force"],
            "does not tell in which format"),
    command("prediction to a device", ["predict", "there.nc", "data.csv", "--out", "/dev/full"], "/dev/full"),
    command("picture into no folder", ["plot", "there.nc", "trace", "--out", "no/t.png"], "no/t.png",
            "make it first"),
    command("report of what is no fit", ["report", "there.nc", "--out", "r.html"], "there.nc",
            "not a saved fit"),
    command("summary of a folder", ["summary", "folder"], "folder"),
    command("summary of a device", ["summary", "/dev/null"], "/dev/null"),
    command("comparison with what is no fit", ["compare", "there.nc", "data.csv"], "there.nc",
            "not a saved fit"),
]  # fmt: skip

COMMANDS = [*OPTIONS, *OUTPUTS]
