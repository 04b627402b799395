"""Commands that take saved fits: predict, hypothesis, compare, plot, report."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayesformula.commands.printing import json_rows, json_text, messages, say
from bayesformula.errors import OptionError

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
FORCED = click.option("--force", is_flag=True, help="Replace an output file that exists.")


def load(file: str) -> Fit:
    """A saved fit."""
    from bayesformula import api

    return api.load(file)


@click.command(short_help="Predict the rows of a table from a saved fit.")
@click.argument("file", metavar="FIT.nc")
@click.argument("new", metavar="[NEW.csv]", required=False)
@click.option(
    "--kind",
    type=click.Choice(["mean", "linear", "response"]),
    default="mean",
    show_default=True,
    help="Means, linear predictors, or responses with their own noise.",
)
@click.option("--parameter", metavar="P", help="A further parameter instead, such as sigma or zi.")
@click.option(
    "--groups",
    default="all",
    show_default=True,
    metavar="WHICH",
    help="Whose effects enter: all, none, labels with commas between, or integrate for the mean over levels.",
)
@click.option(
    "--new-levels",
    type=click.Choice(["error", "population", "sample"]),
    default="error",
    show_default=True,
    help="Levels that the fit has not seen: refuse, effects 0, or drawn.",
)
@click.option("--draws", type=int, metavar="N", help="Use about so many draws; all if not given.")
@click.option("--seed", default=0, show_default=True, help="Of new levels and responses.")
@click.option("--ci", default=0.95, show_default=True, metavar="P", help="Probability of the interval.")
@click.option("--out", type=click.Path(), help="Write the table here: .csv, .tsv (.gz) or .parquet.")
@FORCED
@JSON
def predict(
    file: str,
    new: str | None,
    groups: str,
    ci: float,
    out: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Predict the rows of NEW.csv: mean, sd and interval of each, as CSV.

    Without NEW.csv the rows of the fit are predicted; - reads CSV from standard input. The rows are numbered
    from 0 in the order of the table.

    \b
    bf predict fit.nc new.csv --new-levels sample > predicted.csv
    bf predict fit.nc new.csv --groups none --ci 0.8 --out predicted.csv
    """
    from bayesformula import api

    if out is not None:
        api.check_table(out, force=force)
        api.check_apart({"--out": out}, (new, file))
    with messages():
        table: Any = load(file).predict(new, groups=_groups(groups), ci=ci, summary=True, **options)
    if out is not None:
        api.save_table(table, out)
        say(f"{len(table)} rows written to {out}", err=True)
    if as_json:
        facts = {"kind": options["kind"], "parameter": options["parameter"], "ci": ci}
        say(json_text({**facts, "rows": json_rows(api.with_index(table))}))
    elif out is None:
        _print_table(table)


def _print_table(table: Any) -> None:
    """CSV, exact where a file or a program takes it; on a terminal no name may say what it does."""
    from bayesformula import api

    if not sys.stdout.isatty():
        api.table_text(table, sys.stdout)
        return
    text = io.StringIO()
    api.table_text(table, text)
    say(text.getvalue().removesuffix("\n"))


def _groups(text: str) -> str | list[str]:
    """`all`, `none`, `integrate`, or labels; commas inside of parentheses are part of a label."""
    if text in ("all", "none", "integrate"):
        return text
    labels, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            labels.append("")
        else:
            labels[-1] += letter
    return [label.strip() for label in labels if label.strip()]


@click.command()
@click.argument("file", metavar="FIT.nc")
@click.argument("statements", nargs=-1, required=True, metavar="STATEMENT...")
@click.option(
    "--scope",
    type=click.Choice(["standard", "coef", "ranef"]),
    default="standard",
    show_default=True,
    help="About the population, or each level's coefficients or effects.",
)
@click.option("--group", metavar="G", help="Whose levels, under --scope coef or ranef.")
@click.option("--ci", default=0.95, show_default=True, metavar="P", help="Probability of the interval.")
@JSON
def hypothesis(
    file: str, statements: tuple[str, ...], scope: Any, group: str | None, ci: float, as_json: bool
) -> None:
    """How much a fit speaks for statements about its parameters.

    \b
    bf hypothesis fit.nc "afternoon < 0"
    bf hypothesis fit.nc "sd[cafe, afternoon] = 0" "sigma < 0.5"
    """
    from bayesformula import api

    with messages():
        found = load(file).hypothesis(list(statements), scope=scope, group=group, ci=ci)
    if as_json:
        say(json_text({"ci": ci, "hypotheses": json_rows(api.with_index(found.table))}))
    else:
        say(repr(found))


@click.command(short_help="Compare saved fits by how well each predicts.")
@click.argument("files", nargs=-1, required=True, metavar="A.nc B.nc...")
@click.option(
    "--ic",
    type=click.Choice(["loo", "waic", "kfold"]),
    default="loo",
    show_default=True,
    help="Leave-one-out by weighing draws, WAIC, or 10 folds with refits.",
)
@click.option("--group", metavar="G", help="Leave out whole levels of this group, in place of rows.")
@JSON
def compare(files: tuple[str, ...], ic: str, group: str | None, as_json: bool) -> None:
    """Compare saved fits of the same rows by how well each predicts; best first.

    \b
    bf compare slopes.nc intercepts.nc
    bf compare slopes.nc intercepts.nc --ic kfold --group cafe
    """
    from bayesformula import api

    if len(files) < 2:
        raise OptionError("compare takes two files or more: bf compare a.nc b.nc")
    names = _names(files)
    with messages():
        table = api.compare({name: load(file) for name, file in zip(names, files, strict=True)}, ic, group)
    if as_json:
        rows = json_rows(api.with_index(table.rename_axis("model")))
        say(json_text({"ic": ic, "group": group, "models": rows}))
    else:
        say(repr(table))


def _names(files: tuple[str, ...]) -> list[str]:
    """What the fits are called: their files without folder and ending where these differ."""
    if len(set(files)) < len(files):
        twice = next(file for file in files if files.count(file) > 1)
        raise OptionError(f"{twice} is given twice: name each fit once")
    stems = [Path(file).stem for file in files]
    return stems if len(set(stems)) == len(stems) else list(files)


class _PlotCommand(click.Command):
    """Its help lists the kinds of pictures."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from bayesformula import api

        del ctx
        with formatter.section("Kinds"):
            formatter.write_text(", ".join(api.plot_names()))


def _list_kinds(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    if value and not ctx.resilient_parsing:
        from bayesformula import api

        for kind, about in api.plot_kinds().items():
            say(f"{kind}\n    {click.wrap_text(about, 76, subsequent_indent='    ')}")
        ctx.exit()


@click.command(cls=_PlotCommand)
@click.argument("file", metavar="FIT.nc")
@click.argument("kind")
@click.option("--out", type=click.Path(), required=True, help="The picture: .png, .pdf or .svg.")
@click.option("--group", metavar="G", help="Of which group, where a picture shows one.")
@click.option("--var", "var_names", multiple=True, metavar="NAME", help="Only this parameter; repeatable.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_kinds,
    help="Say what each kind shows.",
)  # fmt: skip
@FORCED
def plot(file: str, kind: str, out: str, group: str | None, var_names: tuple[str, ...], force: bool) -> None:
    """Draw a picture of a saved fit.

    \b
    bf plot fit.nc trace --out trace.png
    bf plot fit.nc caterpillar --group cafe --out cafes.pdf
    bf plot --list
    """
    from bayesformula import api

    api.check_plot(kind, out, force=force)
    options: dict[str, Any] = {} if group is None else {"group": group}
    if var_names:
        options["var_names"] = list(var_names)
    with messages():
        api.save_plot(load(file), kind, out, options)
    say(f"written to {out}", err=True)


@click.command()
@click.argument("file", metavar="FIT.nc")
@click.option("--out", type=click.Path(), required=True, help="The report; ends in .html.")
@click.option("--title", metavar="TEXT", help="Over the page.")
@FORCED
def report(file: str, out: str, title: str | None, force: bool) -> None:
    """Write everything about a saved fit to one HTML file.

    It needs no network and no other file.

    \b
    bf report fit.nc --out report.html
    """
    from bayesformula import api

    api.check_report(out, force=force)
    with messages():
        load(file).report(out, overwrite=force, title=title)
    say(f"written to {out}", err=True)


COMMANDS = (predict, hypothesis, compare, plot, report)
