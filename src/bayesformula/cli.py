"""The command `bf`: a client of `api` only. Nothing heavy is imported until a command needs it."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import click

from bayesformula.commands.after import COMMANDS
from bayesformula.commands.printing import json_text, messages, print_result, say
from bayesformula.commands.streams import could_not_write, forgive_encodings
from bayesformula.errors import BayesFormulaError, HealthError, OptionError

EXIT_FAULT, EXIT_INPUT, EXIT_UNHEALTHY, EXIT_INTERRUPTED = 1, 2, 3, 130
TRACEBACK = "BAYESFORMULA_TRACEBACK"
WIDTH = 80


class _InOrder(click.Group):
    """Commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88})
@click.version_option(package_name="bayesformula", prog_name="bf")
def bf() -> None:
    """Bayesian mixed models from a formula.

    \b
    bf data cafes > cafes.csv
    bf fit "wait ~ afternoon + (1 + afternoon | cafe)" cafes.csv --out fit.nc
    bf report fit.nc --out report.html
    """


def _model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what the model is, shared by `fit` and `explain`."""
    for option in reversed(
        [
            click.option(
                "--family", metavar="F", help="Response distribution; gaussian for a numeric response."
            ),
            click.option(
                "--prior", "prior", multiple=True, metavar="'b ~ normal(0, 1)'", help="One prior; repeatable."
            ),
            click.option(
                "--priors", "priors_file", type=click.Path(), help="A file of prior statements, one a line."
            ),
            click.option(
                "--plan",
                default="auto",
                show_default=True,
                metavar="NAME",
                help="auto, marginal, whitened, noncentred, centred, or importance.",
            ),
            click.option(
                "--na", default="drop", show_default=True, help="Rows with missing values: drop or error."
            ),
            click.option(
                "--check",
                "check",
                multiple=True,
                metavar="CODE=LEVEL",
                help="Grade a finding: ignore, warn or error.",
            ),
            click.option(
                "--data2",
                "data2",
                multiple=True,
                metavar="A=FILE",
                help="A table with the matrix A of gr(g, cov = A), the levels in its first column.",
            ),
        ]
    ):
        command = option(command)
    return command


@bf.command()
@click.argument("formula")
@click.argument("data")
@_model_options
@click.option("--chains", default=4, show_default=True)
@click.option("--draws", default=1000, show_default=True, help="Kept draws of each chain.")
@click.option("--warmup", default=1000, show_default=True)
@click.option("--thin", default=1, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu or gpu.")
@click.option("--target-accept", default=0.8, show_default=True)
@click.option("--max-tree-depth", default=10, show_default=True)
@click.option("--keep", default=None, metavar="WHAT", help="Group effects: draws or summary (means and sds).")
@click.option("--prior-only", is_flag=True, help="Draw from the prior.")
@click.option(
    "--checkpoint",
    type=click.Path(),
    metavar="DIR",
    help="Keep in this folder where the chains are; the same command goes on there after an interruption.",
)
@click.option("--strict", is_flag=True, help="Write nothing if the run is not healthy.")
@click.option("--out", type=click.Path(), help="Save the fit to this file (.nc).")
@click.option("--report", type=click.Path(), help="Write a report to this file (.html).")
@click.option("--force", is_flag=True, help="Replace an output file that exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="No progress, no messages.")
def fit(
    formula: str,
    data: str,
    family: str | None,
    prior: tuple[str, ...],
    priors_file: str | None,
    check: tuple[str, ...],
    data2: tuple[str, ...],
    report: str | None,
    out: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Fit FORMULA to the table DATA and print the summary.

    DATA is a csv, tsv (.gz), parquet or feather file; - reads csv from standard input.

    \b
    bf fit "wait ~ afternoon + (1 | cafe)" cafes.csv --out fit.nc
    bf fit "y ~ x" d.csv --family poisson --prior "b ~ normal(0, 1)"
    """
    from bayesformula import api

    if out is not None:
        api.check_output(out, force=force)
    if report is not None:
        api.check_report(report, force=force)
    matrices = _matrices(data2)
    places = {"--out": out, "--report": report, "--checkpoint": options["checkpoint"]}
    api.check_apart(places, (data, priors_file, *matrices.values()))
    with messages(findings=as_json, quiet=quiet):
        result = api.fit(
            formula,
            data,
            family=family,
            priors=_statements(prior, priors_file),
            checks=_grades(check),
            data2=matrices,
            progress=False if quiet else None,
            **options,
        )
    try:
        if out is not None:
            result.save(out, overwrite=force)
    finally:  # a full disk must not take the results with it
        print_result(result, as_json=as_json)
    if out is not None and not quiet:
        say(f"saved to {out}", err=True)
    if report is not None:
        result.report(report, overwrite=force)
        if not quiet:
            say(f"report written to {report}", err=True)
    if not result.health.is_healthy:
        click.get_current_context().exit(EXIT_UNHEALTHY)


@bf.command()
@click.argument("formula")
@click.argument("data", required=False)
@_model_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--latex", "as_latex", is_flag=True, help="Print the equations in LaTeX.")
def explain(
    formula: str,
    data: str | None,
    family: str | None,
    prior: tuple[str, ...],
    priors_file: str | None,
    check: tuple[str, ...],
    data2: tuple[str, ...],
    as_json: bool,
    as_latex: bool,
    **options: Any,
) -> None:
    """Say what FORMULA means for DATA, before anything is fitted.

    \b
    bf explain "wait ~ afternoon + (1 | cafe)" cafes.csv
    bf explain "y ~ x + (1 + x | g)"
    """
    from bayesformula import api

    if as_json and as_latex:
        raise OptionError("--json holds the equations in LaTeX already: leave out --latex")
    with messages():
        explanation = api.explain(
            formula,
            data,
            family=family,
            priors=_statements(prior, priors_file),
            checks=_grades(check),
            data2=_matrices(data2),
            **options,
        )
    if as_latex:
        say(explanation.latex())
    else:
        say(json_text(explanation.to_dict()) if as_json else str(explanation))


@bf.command()
@click.argument("file", metavar="FIT.nc")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def summary(file: str, as_json: bool) -> None:
    """Print the summary of a saved fit.

    \b
    bf summary fit.nc
    """
    from bayesformula import api

    print_result(api.load(file), as_json=as_json)


for _command in COMMANDS:
    bf.add_command(_command)


@bf.command()
@click.argument("name", required=False)
@click.option("--about", is_flag=True, help="Describe the table instead of printing it.")
def data(name: str | None, about: bool) -> None:
    """Print a bundled table as CSV; without NAME, list them.

    \b
    bf data cafes > cafes.csv
    bf data cafes --about
    """
    from bayesformula import datasets

    if name is None:
        for each in datasets.names():
            say(_fold(f"{each:<12} {datasets.find(each).title}", " " * 13))
    elif about:
        say("\n".join(_fold(line, "    ") for line in datasets.describe(name).splitlines()))
    else:
        click.echo(datasets.load(name).to_csv(index=False), nl=False)


@bf.command(short_help="Show versions, devices and the cache, and test a fit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Show versions, devices, cores and the cache of compiled programs, and test a fit.

    The fit is a small one whose answer is known: exit code 1 says that it did not come out.

    \b
    bf doctor
    """
    from bayesformula import api

    facts = api.doctor()
    if as_json:
        say(json_text(facts))
    else:
        for section, values in facts.items():
            say(section)
            for name, value in values.items():
                say(f"  {name:<15} {_shown(value)}")
    if not facts["self_test"]["ok"]:
        click.get_current_context().exit(EXIT_FAULT)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _fold(line: str, indent: str) -> str:
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _statements(prior: tuple[str, ...], file: str | None) -> list[str]:
    """Prior statements of the options and of the file."""
    out = list(prior)
    if file is not None:
        try:
            with open(file, encoding="utf-8") as handle:
                out.append(handle.read())
        except UnicodeDecodeError as error:
            raise OptionError(
                f"--priors {file}: cannot be read: not UTF-8 text (byte {error.start}); save it as UTF-8"
            ) from error
        except (OSError, ValueError) as error:
            raise OptionError(f"--priors {file}: cannot be read ({error})") from error
    return out


def _grades(check: tuple[str, ...]) -> dict[str, str]:
    grades = {}
    for item in check:
        code, equals, level = item.partition("=")
        if not equals:
            raise OptionError(
                f"--check {item}: write CODE=LEVEL, for example --check implicit-nesting=ignore"
            )
        grades[code.strip()] = level.strip()
    return grades


def _matrices(data2: tuple[str, ...]) -> dict[str, str]:
    """Paths of matrices by name."""
    paths = {}
    for item in data2:
        name, equals, path = item.partition("=")
        if not equals or not path:
            raise OptionError(f"--data2 {item}: write NAME=FILE, for example --data2 A=kinship.csv")
        paths[name.strip()] = path
    return paths


def main() -> None:
    """Entry point: errors become one message and an exit code, never a traceback."""
    forgive_encodings()
    try:
        code = bf.main(prog_name="bf", standalone_mode=False) or 0
    except SystemExit:  # click's way out of a closed pipe: the reader, `head` say, has seen enough
        code = 0
    except click.exceptions.Abort as error:
        code = _interrupted(error.__cause__)
    except click.ClickException as error:
        error.show()
        code = EXIT_INPUT
    except HealthError as error:
        code = _fail(str(error), EXIT_UNHEALTHY)
    except BayesFormulaError as error:
        code = _fail(f"{type(error).__name__}: {error}", EXIT_INPUT)
    except KeyboardInterrupt as error:
        code = _interrupted(error)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        full = could_not_write(error) if isinstance(error, OSError) else None
        code = _fail(
            full
            or f"an unexpected fault, not one of your making: {type(error).__name__}: {error}\n"
            f"Please report it, with what {TRACEBACK}=1 shows.",
            EXIT_FAULT,
        )
    sys.exit(code)


def _interrupted(error: BaseException | None) -> int:
    """Say so, and what was saved. After a second Ctrl-C chains may still be at work, and are left."""
    code = _fail(str(error or "") or "interrupted", EXIT_INTERRUPTED)
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _fail(message: str, code: int) -> int:
    say(message, err=True)
    return code


if __name__ == "__main__":
    main()
