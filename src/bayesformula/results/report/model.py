"""What was fitted: equations, terms, groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bayesformula.model.describe import equations
from bayesformula.model.explain_text import counted, grouping_text, joined, relation_lines, term_text
from bayesformula.model.sheet import sheet_of_model
from bayesformula.model.text import listed
from bayesformula.results.report.markup import Section, facts, heading, paragraph, safe, table

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

WIDTHS = {"wide": 78, "narrow": 42}
"""Characters of a line of the equations on a screen and on a telephone."""


def section(fit: Fit, content: dict[str, Any]) -> Section:
    """The model; `content` is what `explain` says of it."""
    parts = [
        _equations(fit),
        *_terms(content),
        *_groups(content),
    ]
    counts = [(name, number) for number, name in counted(content)]
    if counts:
        parts += [heading("Parameters"), table(("", ""), counts)]
    return Section("model", "Model", tuple(parts))


def _equations(fit: Fit) -> str:
    """The equations twice, folded for wide and for narrow pages, of which one is shown."""
    sheet = sheet_of_model(fit.spec, fit.schema.spec, fit.schema.response.levels)
    out = []
    for name, width in WIDTHS.items():
        out.append(f'<pre class="equations {name}">{safe(equations(sheet, width=width))}</pre>')
    return "".join(out)


def _terms(content: dict[str, Any]) -> Iterator[str]:
    several = len(content["terms"]) > 1
    for parameters, rows in joined(content["terms"]):
        yield heading(f"Terms of {_words(listed(parameters))}" if several else "Terms")
        pairs = [(_words(row["term"]), _words(term_text(row))) for row in rows]
        if any(text for _, text in pairs):
            yield facts(pairs[:60])
        else:
            yield paragraph(", ".join(name for name, _ in pairs) or "No terms.")


def _groups(content: dict[str, Any]) -> Iterator[str]:
    several = len(content["parameters"]) > 1
    pairs = [
        (
            f"{group['label']} (of {_words(listed(parameters))})" if several else group["label"],
            _words(grouping_text(group, content["groupings"].get(group["label"]))),
        )
        for parameters, own in joined({name: each["groups"] for name, each in content["parameters"].items()})
        for group in own
    ]
    if pairs:
        yield heading("Groups")
        yield facts(pairs)
    lines = list(relation_lines(content["groupings"]))
    if lines:
        yield paragraph(_words("; ".join(lines)))


def _words(text: str) -> str:
    return text.replace("\0", " ")
