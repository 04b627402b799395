"""Columns, levels and titles that mean something to HTML, TeX or a terminal are shown, and never obeyed."""

from __future__ import annotations

import base64
import csv
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.commands.printing import json_text
from bayesformula.errors import BayesFormulaWarning, DataError, FormulaError, Span
from bayesformula.pipeline import prepare
from bayesformula.results.comparison.table import Comparison
from bayesformula.results.hypotheses.evidence import one_sided
from bayesformula.results.hypotheses.table import Hypotheses, Weighed
from bayesformula.results.report import page
from results.models import fit_of

SEEN = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "</style><script>alert(3)</script>",
    "]]>", "${7*7}",
    "' onmouseover='alert(4)' x='", r"$\href{javascript:alert(5)}{x}$", "<!--", "{{7*7}}", "&lt;b&gt;",
    "`x`", r"\(y\)",
    "</title></svg><svg/onload=alert(6)>", "javascript:alert(7)", "%s %n", "<![CDATA[",
]  # fmt: skip
"""That can be seen; a formula may name them."""
UNSEEN = [
    "\x1b[2Jx",
    "\x1b]0;title\x07",
    "a\rb",
    "bell\x07",
    "\x9b31m",
    "\u202eevil",
    "tab\t",
    "zero\u200bwidth",
    "two\nlines",
]
NAMES = [*SEEN, *UNSEEN]
TAGS = set(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "body",
        "main",
        "header",
        "h1",
        "h2",
        "h3",
        "p",
        "b",
        "div",
        "span",
        "nav",
        "a",
        "section",
        "dl",
        "dt",
        "dd",
        "pre",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "figure",
        "figcaption",
        "img",
        "footer",
        "ul",
        "li",
        "br",
    ]
)
ATTRIBUTES = set(
    [
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "rel",
        "href",
        "class",
        "id",
        "style",
        "src",
        "alt",
        "width",
        "height",
        "title",
        "colspan",
        "data-head",
        "open",
        "border",
    ]
)


class Reader(HTMLParser):
    """Every element and attribute must be one of ours, and tags must balance."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.words, self.styles, self.images = [], [], 0, []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        values = dict(attrs)
        assert values.get("href", "#").startswith(("#", "data:,"))
        assert values.get("src", "data:image/").startswith("data:image/")
        assert values.get("id", "a").isalpha()
        assert not re.search(r"url|expression|@import|javascript", values.get("style") or "")
        self.images += [values["src"]] if "src" in values else []
        self.styles += tag == "style"
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")


@lru_cache(maxsize=1)
def frame():
    rows = np.arange(8 * len(NAMES))
    columns = {name: np.cos(rows * (i + 1.3)) for i, name in enumerate(SEEN[:3])}
    return pd.DataFrame({
        "<i>y</i>$z$": np.sin(rows * 1.7),
        **columns,
        "f<i>": [NAMES[row % len(NAMES)] for row in rows],
        "g&<u>": [NAMES[row // 3 % len(NAMES)] for row in rows],
    })  # fmt: skip


@lru_cache(maxsize=1)
def ready():
    quoted = " + ".join(f"`{name}`" for name in (*SEEN[:3], "f<i>"))
    formula = f"`<i>y</i>$z$` ~ {quoted} + (1 + `{SEEN[0]}` | `g&<u>`)"
    return prepare(
        formula, frame(), family=None, priors=None, plan="noncentred", na="drop", checks=None, quiet=True
    )


@lru_cache(maxsize=1)
def fit():
    """A fit that never ran."""
    made = ready()
    return replace(
        fit_of(made.model, chains=2),
        plan=made.plan,
        schema=made.schema,
        frame=made.frame[list(made.schema.columns)],
        levels={label: (g.levels, g.parts) for label, g in made.design.groups.items()},
        findings=made.findings,
        compiled=without_program,
    )


def without_program():
    raise bf.OptionError("nothing of this fit was compiled")


@lru_cache(maxsize=1)
def explained():
    return bf.explain(ready().formula, frame(), plan="noncentred")


@lru_cache(maxsize=1)
def weighed():
    values = np.random.default_rng(0).normal(size=(2, 50))
    rows = [Weighed(name, name, "<", "g", name, values, one_sided(values, "<")) for name in NAMES]
    return Hypotheses(tuple(rows), 0.95)


def compared():
    return Comparison(
        {"elpd": 1.0, "se": 1.0, "elpd_diff": 0.0, "dse": 0.0, "p": 1.0, "weight": 0.1}, index=NAMES
    )


THINGS = {
    "fit": fit, "explanation": explained, "outline": lambda: bf.explain(ready().formula),
    "hypotheses": weighed,
    "covariances": lambda: fit().varcorr(), "comparison": compared,
}  # fmt: skip


def unseen(text):
    """Characters that a terminal obeys, or that nobody sees."""
    return {char for char in text if not char.isprintable() and char != "\n"}


@lru_cache(maxsize=1)
def report():
    return page.page(fit(), "</title><script>alert(8)</script>\x1b[2J")


@pytest.mark.parametrize("name", THINGS)
def test_html_of_a_notebook_has_our_elements_alone(name):
    text = THINGS[name]()._repr_html_()
    reader = Reader(text)
    assert reader.styles == 0
    assert not unseen(text)
    if name in ("explanation", "outline"):
        assert text.count("$$") == 2
        text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
        text = re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)  # no mathematics begins in <pre>
        text = re.sub(r'title="[^"]*"', "", text)
    assert not re.search(r"(?<!<span>)[$\\]", text), "mathematics could begin here"


@pytest.mark.parametrize("name", THINGS)
def test_nothing_that_a_terminal_obeys_is_printed(name):
    text = str(THINGS[name]())
    assert not unseen(text)
    assert "script" in text


def test_a_report_has_our_elements_alone():
    reader = Reader(report())
    assert reader.styles == 1
    assert not unseen(report())
    words = "".join(reader.words)
    for name in SEEN[:4]:
        assert name in words
    assert r"\x1b[2J" in words


def test_pictures_of_a_report_are_pictures_alone():
    images = Reader(report()).images
    assert len(images) > 5
    for image in images:
        kind, content = re.fullmatch(r"data:image/([\w+]+);base64,(.+)", image).groups()
        data = base64.b64decode(content, validate=True)
        if kind != "svg+xml":
            assert data.startswith(b"\x89PNG")
            continue
        for element in ET.fromstring(data).iter():
            assert element.tag.rpartition("}")[2] not in (
                "script",
                "foreignObject",
                "a",
                "image",
                "iframe",
                "set",
            )
            assert not any(name.lower().startswith("on") for name in element.attrib)
            links = [value for name, value in element.attrib.items() if name.endswith("href")]
            assert all(value.startswith("#") for value in links)


def test_equations_in_tex_hold_no_command_of_a_name():
    text = explained().latex()
    assert r"\href" not in text
    assert "javascript:alert" not in text.replace(r"\text{javascript:alert", "")
    assert not unseen(text)


@pytest.mark.parametrize("name", UNSEEN)
def test_errors_and_warnings_show_what_cannot_be_seen(name):
    hostile = f"no level {name} here"
    for text in (
        str(DataError(hostile)),
        str(FormulaError(hostile, text=f"y ~ {name} + x", span=Span(4, 5), hint=hostile)),
        str(BayesFormulaWarning(hostile)),
    ):
        assert not unseen(text)
    frame = pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0], "f": [name, name, "b", "b"]})
    with pytest.raises(bf.BayesFormulaError) as caught:
        bf.explain(f"y ~ C(f, treatment('{'none'}'))", frame)
    assert not unseen(str(caught.value))


@pytest.mark.parametrize("name", NAMES)
def test_json_for_a_terminal_is_the_same_json(name, monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.__stdout__)
    text = json_text({name: [name]})
    assert not unseen(text)
    assert json.loads(text) == {name: [name]}


def test_the_command_line_prints_nothing_that_a_terminal_obeys(tmp_path):
    path = tmp_path / "hostile.csv"
    frame().to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC)  # a carriage return ends a line
    formula = "`<i>y</i>$z$` ~ . - `g&<u>`"
    for arguments in (["explain", formula, str(path)], ["explain", formula, str(path), "--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "bayesformula.cli", *arguments], capture_output=True, text=True, check=True
        )
        assert "script" in done.stdout
        assert not unseen(done.stdout + done.stderr)
    command = [sys.executable, "-m", "bayesformula.cli", "explain", "`f<i>` ~ 1", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert not unseen(done.stderr)
