"""An explanation as HTML for a notebook, its equations left to MathJax.

Everything but the equations is kept from MathJax: `$` and `\\` of a name stand in an element of their own,
where no delimiter of mathematics can begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from bayesformula.model.explain_text import counted, facts, grouping_text, joined, relation_lines, term_text
from bayesformula.model.text import html_text, listed, visible_lines

MAX_ROWS = 60
"""Rows of one table; the rest is counted."""

CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0;white-space:normal"
HEADING = "font-weight:600;margin:14px 0 4px 0"
SEVERITIES = {"error": "#c0392b", "warn": "#b9770e"}


def html(content: Mapping[str, Any], *, closing: str = "") -> str:
    """The content of `to_dict` as a `<div>`."""
    several = len(content["parameters"]) > 1
    groups = [
        (
            f"{group['label']} (of {listed(parameters)})" if several else group["label"],
            grouping_text(group, content["groupings"].get(group["label"])),
        )
        for parameters, own in joined({name: each["groups"] for name, each in content["parameters"].items()})
        for group in own
    ]
    parts = [
        _table((), [(name, value) for name, value in facts(content)]),
        _heading("Model"),
        f"<div>$${escape(content['equations']['latex'])}$$</div>",
        f"<details><summary>as text</summary><pre>{_plain(content['equations']['unicode'])}</pre></details>",
        *_terms(content),
        _heading("Groups") + _table((), groups) if groups else "",
        *(f"<div>{_safe(line)}</div>" for line in relation_lines(content["groupings"])),
        _counts(content),
        _priors(content["priors"]),
        _findings(content["findings"]),
        f"<p>{_safe(closing)}</p>" if closing else "",
    ]
    return f'<div style="max-width:60em;text-align:left">{"".join(parts)}</div>'


def _safe(text: str) -> str:
    """Text as HTML in which no mathematics begins."""
    return html_text(text.replace("\0", " "))


def _plain(text: str) -> str:
    return escape(visible_lines(text.replace("\0", " ")))


def _heading(title: str) -> str:
    return f'<div style="{HEADING}">{title}</div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th style="{CELL}">{_safe(name)}</th>' for name in heads)
    return _markup(head, [[_safe(cell) for cell in row] for row in rows])


def _markup(head: str, rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    body = list(rows)
    if len(body) > MAX_ROWS:
        more = len(body) - MAX_ROWS + 1
        body = [*body[: MAX_ROWS - 1], [f"... ({more} more)"]]
    lines = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in body)
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    return (
        '<table class="tex2jax_ignore mathjax_ignore" style="margin:0;border-collapse:collapse">'
        f"{top}<tbody>{lines}</tbody></table>"
    )


def _cell(markup: str) -> str:
    return f'<td style="{CELL}">{markup}</td>'


def _terms(content: Mapping[str, Any]) -> Iterable[str]:
    several = len(content["terms"]) > 1
    for parameters, rows in joined(content["terms"]):
        yield _heading(f"Terms of {_safe(listed(parameters))}" if several else "Terms")
        yield _table((), [(row["term"], term_text(row)) for row in rows])


def _counts(content: Mapping[str, Any]) -> str:
    rows = counted(content)
    return _heading("Parameters") + _table((), rows) if rows else ""


def _priors(records: Sequence[Mapping[str, Any]]) -> str:
    """Rounded for reading; the statement that can be passed back is the cell's title."""
    if not records:
        return ""
    head = "".join(f'<th style="{CELL}">{name}</th>' for name in ("parameter", "prior", "source", "reason"))
    rows = [
        [
            _safe(record["address"]),
            f'<span title="{_plain(record["prior"])}">{_safe(_rounded(record["prior"]))}</span>',
            _safe(record["source"]),
            _safe(record["reason"].removeprefix("stated: ")),
        ]
        for record in records
    ]
    return _heading("Priors") + _markup(head, rows)


def _rounded(prior: str) -> str:
    """A rendered prior with four significant digits."""
    return re.sub(r"-?\d+\.\d+(?:e[+-]?\d+)?", lambda found: f"{float(found[0]):.4g}", prior)


def _findings(findings: Sequence[Mapping[str, str]]) -> str:
    if not findings:
        return ""
    items = "".join(
        f'<li><span style="font-weight:600;color:{SEVERITIES.get(each["severity"], "inherit")}">'
        f"{_safe(each['severity'])}</span> {_safe(each['message'])} <code>{_safe(each['code'])}</code></li>"
        for each in findings
    )
    return f'{_heading("Findings")}<ul style="margin:0">{items}</ul>'
