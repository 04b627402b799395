"""The fit as text for a terminal of 80 columns, and as a table for a notebook."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from bayesformula.model.spec import ModelSpec
from bayesformula.model.text import html_text, visible, visible_lines
from bayesformula.results.names import Scalar, scalars
from bayesformula.results.summary import format_number

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.model.spec import ModelSpec
    from bayesformula.results.fit import Fit

WIDTH = 80
MAX_LABEL = 24
MAX_LEVELS = 12
"""Levels of a response that are all named; of more the first and the last."""
HEADS = ("mean", "sd", "lower", "upper", "bulkESS", "tailESS", "R-hat")


def text(fit: Fit) -> str:
    """The summary as it prints."""
    table = fit.summary()
    lines = _facts(fit)
    section = ""
    label_width = _label_width(fit)
    for row in scalars(fit.spec):
        if row.section != section:
            section = row.section
            lines += ["", *_heading(section, label_width)]
        lines += _line(row, table, label_width)
    lines += ["", *_health(fit)]
    return visible_lines("\n".join(lines))


def facts(fit: Fit) -> list[tuple[str, str]]:
    """What was fitted to what, and how, in words: name and text of each fact."""
    spec, config = fit.spec, fit.config
    seconds = f"{fit.timing['total']:.1f} s on {fit.timing['device'].upper()}"
    source = " from the prior alone" if fit.prior_only else ""
    draws = f"{config.chains} chains of {config.draws} draws{source} after {config.warmup} of warmup"
    if fit.importance is not None:
        effective, points = fit.importance["effective_points"], fit.importance["points"]
        draws = f"{config.chains} x {config.draws}{source}, {effective:.0f} of {points:.0f} points effective"
    return [
        ("Formula", spec.formula),
        ("Family", _family(spec)),
        *([("Levels", _levels(spec))] if spec.categories else []),
        ("Data", _data(fit)),
        ("Plan", f"{fit.plan.name}: {fit.plan.reason}"),
        ("Draws", f"{draws}, seed {config.seed}, {seconds}"),
    ]


def _facts(fit: Fit) -> list[str]:
    """The same as lines."""
    out = []
    for name, value in facts(fit):
        out += textwrap.wrap(
            value, WIDTH, initial_indent=f"{name + ':':<9}", subsequent_indent=" " * 9, break_on_hyphens=False
        )
    return out


def _family(spec: ModelSpec) -> str:
    """Name and links; a parameter without a formula is sampled as it is, whatever its usual link."""
    predicted = ("mu", *(predictor.parameter for predictor in spec.predictors))
    links = ", ".join(f"{name} {link}" for name, link in spec.family.reported_links(predicted).items())
    return f"{spec.family.name} ({links})"


def _levels(spec: ModelSpec) -> str:
    """What the response can be: in order for an ordinal one, else with the level that others are against."""
    names = list(spec.categories)
    is_ordinal = spec.n_thresholds > 0
    if not is_ordinal:
        names[0] += " (reference)"
    if len(names) > MAX_LEVELS:
        names = [*names[: MAX_LEVELS - 2], "...", names[-1]]
    shown = (" < " if is_ordinal else ", ").join(names)
    return shown if len(names) == len(spec.categories) else f"{shown} ({len(spec.categories)} levels)"


def _data(fit: Fit) -> str:
    parts = [f"{fit.spec.n_rows} rows"]
    if fit.n_dropped:
        parts.append(f"{fit.n_dropped} dropped for missing values")
    parts += [f"{g.label} has {g.n_levels} levels" for g in fit.spec.groups]
    return "; ".join(parts)


def _label_width(fit: Fit) -> int:
    return min(MAX_LABEL, max((len(visible(row.label)) for row in scalars(fit.spec)), default=0)) + 2


def _heading(section: str, label_width: int) -> list[str]:
    heads = "".join(f"{head:>{8 if i < 6 else 6}}" for i, head in enumerate(HEADS))
    return [*textwrap.wrap(section, WIDTH), " " * label_width + heads]


def _line(row: Scalar, table: pd.DataFrame, label_width: int) -> list[str]:
    values = table.loc[row.flat]
    error = float(values["mcse_mean"])
    numbers = "".join(
        f"{format_number(float(values[name]), error):>8}" for name in ("mean", "sd", "lower", "upper")
    )
    quality = "".join(f"{_count(float(values[name])):>8}" for name in ("ess_bulk", "ess_tail"))
    r_hat = float(values["r_hat"])
    tail = f"{numbers}{quality}{_ratio(r_hat):>6}"
    label = f"  {visible(row.label)}"
    if len(label) > label_width:
        return [*textwrap.wrap(label, WIDTH, subsequent_indent="    "), " " * label_width + tail]
    return [f"{label:<{label_width}}{tail}"]


def _count(value: float) -> str:
    return "-" if value != value else f"{value:.0f}"


def _ratio(value: float) -> str:
    if value != value:
        return "-"
    return f"{value:.3f}" if value < 9.9995 else f"{min(value, 999):.0f}"


def _health(fit: Fit) -> list[str]:
    out = []
    for finding in fit.findings:
        out += textwrap.wrap(f"{finding.severity}: {finding.message}", WIDTH, subsequent_indent="  ")
    for line in f"Health: {fit.health}".splitlines():
        out += textwrap.wrap(line, WIDTH, subsequent_indent="  ", drop_whitespace=True) or [""]
    return out


def markup(fit: Fit) -> str:
    """The summary as HTML, every name escaped."""
    table = fit.summary()
    facts = "".join(f"<div>{html_text(line)}</div>" for line in _facts(fit))
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    body, section = [], ""
    for row in scalars(fit.spec):
        if row.section != section:
            section = row.section
            body.append(f'<tr><th colspan="8" style="text-align:left">{html_text(section)}</th></tr>')
        values = table.loc[row.flat]
        error = float(values["mcse_mean"])
        cells = [format_number(float(values[name]), error) for name in ("mean", "sd", "lower", "upper")]
        cells += [_count(float(values[name])) for name in ("ess_bulk", "ess_tail")]
        cells.append(_ratio(float(values["r_hat"])))
        data = "".join(f"<td>{cell}</td>" for cell in cells)
        body.append(f'<tr><td style="text-align:left">{html_text(row.label)}</td>{data}</tr>')
    health = "".join(f"<div>{html_text(line)}</div>" for line in _health(fit))
    rows = "".join(body)
    table_html = f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<div>{facts}{table_html}{health}</div>"
