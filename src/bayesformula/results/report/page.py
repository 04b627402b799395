"""The whole page: head, list of contents, sections."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

from bayesformula.model.text import formula_text
from bayesformula.results import render
from bayesformula.results.report import (
    again,
    data,
    effects,
    estimates,
    levels,
    model,
    predictive,
    priors,
    sampling,
)
from bayesformula.results.report.markup import Section, facts, safe

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may load for this page: nothing but what is in it."""


def page(fit: Fit, title: str | None) -> str:
    """A report as HTML."""
    content = fit.to_dict()
    sections = [
        model.section(fit, content),
        data.section(fit),
        estimates.section(fit),
        effects.section(fit),
        *([levels.section(fit)] if fit.spec.groups else []),
        predictive.section(fit),
        priors.section(fit),
        sampling.section(fit),
        again.section(fit),
    ]
    name = title if title is not None else usual_title(fit)
    body = [
        f"<header><h1>{safe(name)}</h1>",
        f'<p class="formula">{safe(_words(fit))}</p>',
        sampling.banner(fit),
        facts(_facts(fit)),
        "</header>",
        _contents(sections),
        *map(_section, sections),
    ]
    return _document(name, "\n".join(body), fit.versions.get("bayesformula", ""))


def usual_title(fit: Fit) -> str:
    """What a report is called where no title is given."""
    kind = "mixed model" if fit.spec.groups else "model"
    return f"{'Prior of a' if fit.prior_only else 'Bayesian'} {kind} of {fit.spec.response}"


def _words(fit: Fit) -> str:
    return formula_text(fit.formula).replace("\0", " ")


def _facts(fit: Fit) -> list[tuple[str, str]]:
    """Family, rows, plan and draws, in the words of the summary."""
    return [(name, text) for name, text in render.facts(fit) if name != "Formula"]


def _contents(sections: Sequence[Section]) -> str:
    links = "".join(f'<a href="#{each.key}">{safe(each.title)}</a> ' for each in sections)
    return f"<nav>{links}</nav>"


def _section(section: Section) -> str:
    inside = "\n".join(section.parts)
    return f'<section id="{section.key}"><h2>{safe(section.title)}</h2>\n{inside}\n</section>'


def _document(title: str, body: str, version: str) -> str:
    css = resources.files(__package__ or "").joinpath("report.css").read_text("utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{safe(title)}</title>
<link rel="icon" href="data:,">
<style>
{css}</style>
</head>
<body>
<main>
{body}
<footer>Made by bayesformula {safe(version)}.</footer>
</main>
</body>
</html>
"""
