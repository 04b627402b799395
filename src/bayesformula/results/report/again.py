"""How to get the same fit again: code for Python and the shell, seed and versions."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from bayesformula.families import Family
from bayesformula.family_reading import read_family
from bayesformula.results.report.markup import Section, code, heading, note, paragraph, table

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

DEFAULTS = {"thin": 1, "target_accept": 0.8, "max_tree_depth": 10}


def section(fit: Fit) -> Section:
    """Code and versions."""
    versions = [(str(name), str(version)) for name, version in fit.versions.items()]
    parts = [
        paragraph(
            f"The same data, seed ({fit.config.seed}) and versions give the same draws on the same kind of "
            "machine."
        ),
        heading("Python"),
        code(python_code(fit)),
        heading("Command line"),
        _shell(fit),
        heading("Versions"),
        table(("", ""), versions),
    ]
    return Section("again", "To fit this again", tuple(parts))


def _shell(fit: Fit) -> str:
    if fit.asked.transforms or fit.asked.init:
        return note("Functions of your own (transforms=) and starting values (init=) need Python.")
    return code(shell_code(fit))


# ---- what was asked ----


def family_text(family: Family) -> str:
    """A family as `family=` reads it: its name, and the links that are not its usual ones."""
    usual = dict(read_family(family.name).links)
    own = {name: link for name, link in family.links if usual.get(name) != link}
    if not own:
        return family.name
    arguments = [f'{"link" if name == "mu" else f"link_{name}"} = "{link}"' for name, link in own.items()]
    return f"{family.name}({', '.join(arguments)})"


def statements(fit: Fit) -> list[str]:
    """Priors that were stated, as they were written where that is known."""
    asked = fit.asked.priors
    if isinstance(asked, str):
        return [line.strip() for line in asked.splitlines() if line.strip()]
    if isinstance(asked, Mapping):
        items = cast("Mapping[str, Any]", asked).items()
        if all(isinstance(prior, str) for _, prior in items):
            return [f"{address} ~ {prior}" for address, prior in items]
    if isinstance(asked, Sequence) and all(isinstance(each, str) for each in cast("Sequence[Any]", asked)):
        return list(cast("Sequence[str]", asked))
    return [f"{row.address} ~ {row.prior.render()}" for row in fit.spec.priors if not row.is_default]


def _options(fit: Fit) -> dict[str, Any]:
    """Arguments of `bf.fit` that differ from what they are without being asked, and the main ones."""
    config, asked = fit.config, fit.asked
    family = family_text(fit.family)
    priors = statements(fit)
    return {
        **({} if family == "gaussian" else {"family": family}),
        **({"priors": priors} if priors else {}),
        **{name: getattr(config, name) for name in ("chains", "draws", "warmup", "seed")},
        **{name: getattr(config, name) for name, usual in DEFAULTS.items() if getattr(config, name) != usual},
        **{name: getattr(asked, name) for name in ("plan", "device") if getattr(asked, name) != "auto"},
        **({"na": asked.na} if asked.na != "drop" else {}),
        **({"checks": dict(asked.checks)} if asked.checks else {}),
        **({"keep": asked.keep} if asked.keep else {}),
        **({"prior_only": True} if fit.prior_only else {}),
    }


def python_code(fit: Fit) -> str:
    """A call of `bf.fit` that gives this fit from the same data."""
    lines = ["import bayesformula as bf", "", "fit = bf.fit(", f"    {_quoted(fit.formula)},", "    data,"]
    for name, value in _options(fit).items():
        if name == "priors":
            lines += ["    priors=[", *(f"        {_quoted(each)}," for each in value), "    ],"]
        else:
            lines.append(f"    {name}={_quoted(value) if isinstance(value, str) else repr(value)},")
    for name in ("init", "transforms", "data2"):
        given = getattr(fit.asked, name)
        if given:
            own = repr(dict(given)) if name == "init" else ", ".join(f"{_quoted(key)}: ..." for key in given)
            lines.append(f"    {name}={own}," if name == "init" else f"    {name}={{{own}}},  # your own")
    needs = ", ".join(fit.schema.columns)
    lines[4] = f"    data,  # with the columns {needs}" if len(needs) <= 60 else lines[4]
    return "\n".join([*lines, ")", 'fit.report("report.html")'])


def _quoted(text: str) -> str:
    """A text in double quotes where that needs no escapes, else as Python writes it."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else repr(text)


def shell_code(fit: Fit) -> str:
    """A command that gives this fit from the same data."""
    parts = [f"bf fit {shlex.quote(fit.formula)} data.csv"]
    for name, value in _options(fit).items():
        option = f"--{name.replace('_', '-')}"
        if name == "priors":
            parts += [f"--prior {shlex.quote(each)}" for each in value]
        elif name == "checks":
            parts += [f"--check {shlex.quote(f'{key}={level}')}" for key, level in value.items()]
        elif value is True:
            parts.append(option)
        else:
            parts.append(f"{option} {shlex.quote(str(value))}")
    parts += [f"--data2 {shlex.quote(f'{name}={name}.csv')}" for name in fit.asked.data2 or ()]
    return " \\\n    ".join([*parts, "--out fit.nc --report report.html"])
