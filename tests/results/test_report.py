"""The report: that it holds what the tables say, needs nothing else, and can be made of any fit."""

from __future__ import annotations

import base64
import os
import re
import shlex
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import bayesformula as bf
from bayesformula import cli
from bayesformula.errors import FileExistsRefusal, OptionError
from bayesformula.family_choice import resolve_family
from bayesformula.keeping import Moments
from bayesformula.results.names import scalars
from bayesformula.results.report import again, effects, estimates, levels, page, predictive, priors, sampling
from bayesformula.results.report.markup import attempt, safe, table
from bayesformula.results.summary import format_number
from results.fits import cafes_fit, plain_fit, wide_fit
from results.models import FORMULAS, prepared_fit

FITS = {"cafes": cafes_fit, "plain": plain_fit}
VOID = {"meta", "link", "img", "br"}


class Reader(HTMLParser):
    """Tags must balance; texts of table cells, and everything that could be loaded, are kept."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.rows, self.addresses, self.ids, self.words = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("src", "href", "data", "action", "srcset"):
                self.addresses.append(value)
            if name == "id":
                self.ids.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@lru_cache(maxsize=len(FITS))
def made(name):
    return page.page(FITS[name](), None)


@lru_cache(maxsize=len(FITS))
def read(name):
    return Reader(made(name))


def pictures(text):
    """(kind, content) of each."""
    found = re.findall(r'<img src="data:image/([\w+]+);base64,([^"]+)"', text)
    return [(kind, base64.b64decode(content, validate=True)) for kind, content in found]


# ---- the page ----


@pytest.mark.parametrize("name", FITS)
def test_a_page_is_whole_and_needs_nothing_else(name):
    text, reader = made(name), read(name)
    assert text.startswith("<!DOCTYPE html>")
    assert len(text) < 2_000_000
    assert "<script" not in text
    assert "default-src 'none'" in text
    links = [address for address in reader.addresses if not address.startswith("data:")]
    assert links == [f"#{key}" for key in reader.ids]
    expected = ["model", "data", "estimates", "effects", "groups", "check", "priors", "sampling", "again"]
    assert reader.ids == [key for key in expected if key != "groups" or FITS[name]().spec.groups]
    assert not re.search(r"url\(|@import|http-equiv=.refresh", text)


@pytest.mark.parametrize("name", FITS)
def test_every_number_of_the_summary_is_there_as_it_is_printed(name):
    fit, rows = FITS[name](), read(name).rows
    summary = fit.summary()
    for row in scalars(fit.spec):
        values = summary.loc[row.flat]
        cells = [format_number(values[key], values["mcse_mean"]) for key in ("mean", "sd", "lower", "upper")]
        cells += [f"{values[key]:.0f}" for key in ("ess_bulk", "ess_tail")] + [f"{values['r_hat']:.3f}"]
        assert [row.label, *cells] in rows


@pytest.mark.parametrize("name", FITS)
def test_pictures_can_be_read(name):
    found = pictures(made(name))
    fit = FITS[name]()
    assert len(found) >= 3 + sum(group.q for group in fit.spec.groups)
    for kind, content in found:
        if kind == "png":
            assert content.startswith(b"\x89PNG\r\n")
        else:
            root = ET.fromstring(content)
            assert root.tag.endswith("svg")
            assert not root.findall(".//{*}script")
            assert b"dc:date" not in content


def test_names_are_shown_and_never_obeyed():
    text = "".join(read("plain").words)
    assert "<script>alert(1)</script>" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made("plain")
    titled = page._document(  # a title may hold anything
        "</title><script>x</script>", "<p>one</p>", "1"
    )
    assert "<title>&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;</title>" in titled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b & c > 'd' \"e\"", "a &lt; b &amp; c &gt; &#x27;d&#x27; &quot;e&quot;"),
        ("bell\x07 and\x1b[31m", "bell\\x07 and\\x1b[31m"),
        ("two\nlines", "two\nlines"),
        ("a\0b", "a b"),
        (3, "3"),
    ],
)
def test_any_text_is_safe(text, expected):
    assert safe(text) == expected
    assert Reader(f"<p>{safe(text)}</p>").words == [unescape(expected)]


def test_a_long_table_says_what_it_leaves_out():
    reader = Reader(table(("a", "b"), [(str(i), "<b>") for i in range(9)], most=4))
    assert reader.rows == [["a", "b"], *([str(i), "<b>"] for i in range(4)), ["5 more rows"]]


def test_equations_are_there_for_wide_and_narrow_pages():
    narrow = re.search(r'<pre class="equations narrow">(.*?)</pre>', made("cafes"), re.DOTALL)[1]
    wide = re.search(r'<pre class="equations wide">(.*?)</pre>', made("cafes"), re.DOTALL)[1]
    assert max(map(len, unescape(narrow).splitlines())) <= 42
    assert unescape(narrow).split() == unescape(wide).split()
    assert "r_cafe[j,afternoon] × afternoonᵢ" in wide


# ---- the file ----


def test_a_report_is_one_file_and_the_same_each_time(tmp_path):
    fit, path = cafes_fit(), tmp_path / "r.html"
    fit.report(path)
    assert path.read_text("utf-8") == made("cafes")
    with pytest.raises(FileExistsRefusal, match="overwrite=True"):
        fit.report(path)
    assert os.listdir(tmp_path) == ["r.html"]


@pytest.mark.parametrize(
    ("name", "title", "message"),
    [
        ("report.pdf", None, "'.*report.pdf' is no name for a report: end it in .html"),
        ("report", None, "end it in .html"),
        ("no/such/r.html", None, "the folder of '.*' does not exist: make it first"),
        ("r.html", 3, "title=3 must be a text"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_made(
    tmp_path, monkeypatch, name, title, message
):
    monkeypatch.setattr(page, "page", lambda *a: pytest.fail("made"))
    with pytest.raises(OptionError, match=message):
        cafes_fit().report(tmp_path / name, title=title)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("precious")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "page", lambda *a: "new")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OptionError, match="cannot be written: No space left on device"):
        cafes_fit().report(path, overwrite=True)
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["r.html"]


# ---- fits of which something is missing ----


def joined(section):
    return Reader("".join(section.parts))


def test_without_rows_sections_say_so(monkeypatch):
    fit = replace(cafes_fit(), frame=None)
    for make in (effects.section, predictive.section, priors.section, estimates.section):
        text = "".join(joined(make(fit)).words)
        assert "this fit was saved without" in text
    assert len(pictures("".join(levels.section(fit).parts))) == 2
    monkeypatch.setattr(sampling, "_pictures", lambda fit: "")
    text = page.page(fit, None)
    assert "saved without its rows (data=False)" in text
    assert "afternoon" in "".join(Reader(text).words)


def test_with_means_of_group_effects_alone():
    fit = cafes_fit()
    r = fit.draws["r_cafe"]
    draws = {name: values for name, values in fit.draws.items() if name != "r_cafe"}
    fit = replace(fit, draws=draws, moments={"r_cafe": Moments(r.mean(axis=(0, 1)), r.std(axis=(0, 1)))})
    assert len(pictures("".join(levels.section(fit).parts))) == 2
    assert len(pictures("".join(effects.section(fit).parts))) == 1
    words = "".join(joined(predictive.section(fit)).words)
    assert words.startswith("No predictive check: ")
    assert 'summarised (keep="summary"), and predictions need their draws' in words


def test_from_the_prior():
    fit = replace(plain_fit(), prior_only=True)
    assert page.usual_title(fit) == "Prior of a model of y"
    assert not pictures("".join(priors.section(fit).parts))
    assert "Explained variance" not in "".join(estimates.section(fit).parts)
    assert "prior_only=True" in again.python_code(fit)
    assert "--prior-only" in again.shell_code(fit)


@pytest.mark.parametrize("formula", [FORMULAS[5], FORMULAS[7]], ids=lambda f: f[1])
def test_responses_with_categories(formula):
    fit = prepared_fit(*formula)
    shown = joined(effects.section(fit))
    assert any(word.startswith(("Probability", "Expected count")) for word in shown.words)
    for make in (effects.section, predictive.section):
        assert len(pictures("".join(make(fit).parts))) >= 1
    if fit.spec.groups:
        assert len(pictures("".join(levels.section(fit).parts))) == fit.spec.groups[0].q


def test_of_many_levels_and_coefficients_a_part_is_drawn_and_said(monkeypatch):
    for name, value in (("MAX_LEVELS", 6), ("MAX_COEFS", 1), ("MAX_ROWS", 10)):
        monkeypatch.setattr(levels, name, value)
    text = "".join(levels.section(cafes_fit()).parts)
    assert len(pictures(text)) == 1
    words = "".join(Reader(text).words)
    assert "The 3 highest and 3 lowest levels of Intercept." in words
    assert "The first 1 of 2 coefficients." in words
    assert "The first 10 of 40 effects; fit.groups() has all." in words


def test_of_many_groups_a_part_is_drawn_and_said(monkeypatch):
    monkeypatch.setattr(levels, "MAX_GROUPS", 1)
    text = "".join(levels.section(wide_fit()).parts)
    assert len(pictures(text)) == wide_fit().spec.groups[0].q
    assert "Not shown: the effects of a, a:b." in text


def test_a_check_of_many_rows_takes_a_part_of_them(monkeypatch):
    monkeypatch.setattr(predictive, "MAX_ROWS", 50)
    part, words = predictive._some(cafes_fit())
    assert len(part.frame) == part.spec.n_rows == 50
    assert words == " A random 50 of 200 rows."
    assert len(pictures("".join(predictive.section(cafes_fit()).parts))) == 1


def test_the_parameter_that_converged_worst_is_among_those_drawn():
    fit = wide_fit()
    names = sampling.main_parameters(fit, 3)
    worst = fit.summary()["r_hat"].idxmax()
    judged = replace(fit)
    judged.__dict__["health"] = replace(fit.health, worst_r_hat=worst)
    assert worst in sampling.main_parameters(judged, 3)
    assert len(names) == len(set(names)) == 3


def test_ranks_are_drawn_of_four_chains_and_more():
    for name, count in (("cafes", 2), ("plain", 1)):
        part = made(name).partition('<section id="sampling">')[2].partition("</section>")[0]
        assert len(pictures(part)) == count
        assert ("Then ranks" in part) == (count == 2)


def test_what_a_model_has_not_is_a_note():
    def fails():
        raise OptionError("there is no R-squared: of a reason.\n  Write something.")

    assert attempt(fails, "R-squared") == '<p class="note">No R-squared: of a reason.</p>'
    assert attempt(lambda: "made", "R-squared") == "made"


def test_an_unhealthy_run_is_told_at_the_top_with_advice():
    fit = plain_fit()
    assert not fit.health.is_healthy
    words = "".join(read("plain").words)
    for problem in fit.health.problems:
        assert words.index(problem.message) < words.index("Equations" if "Equations" in words else "Terms")
        assert problem.remedy in words


# ---- the code that gives the fit again ----


def test_the_python_code_gives_the_same_draws():
    fit, found = cafes_fit(), {}
    code = again.python_code(fit).replace('fit.report("report.html")', "found['fit'] = fit")
    exec(code, {"data": bf.datasets.load("cafes"), "found": found})
    for name, values in fit.draws.items():
        assert_array_equal(found["fit"].draws[name], values)


def test_the_shell_code_asks_for_the_same(monkeypatch):
    """Read by the command line itself."""
    asked = {}

    class Stop(Exception):
        pass

    def fit_called(formula, data, **options):
        asked.update(formula=formula, data=data, **options)
        raise Stop

    fit = replace(
        wide_fit(),
        config=replace(wide_fit().config, target_accept=0.95),
        asked=replace(wide_fit().asked, priors={"b": "normal(0, 1)"}, checks={"rows-dropped": "ignore"}),
    )
    monkeypatch.setattr("bayesformula.api.fit", fit_called)
    words = shlex.split(again.shell_code(fit).replace("\\\n", ""))
    assert words[:2] == ["bf", "fit"]
    words = words[1 : words.index("--out")]
    with pytest.raises(Stop):
        cli.bf.main(words, standalone_mode=False)
    assert asked["formula"] == fit.formula
    assert (asked["chains"], asked["draws"], asked["warmup"]) == (4, 200, 300)
    assert asked["priors"] == ["b ~ normal(0, 1)"]
    assert asked["checks"] == {"rows-dropped": "ignore"}
    assert asked["target_accept"] == 0.95


@pytest.mark.parametrize(
    "family",
    [
        "poisson",
        "gamma(log)",
        "bernoulli(probit)",
        'student(link_nu = "identity")',
        "zero_inflated(negbinomial)",
        'hurdle(gamma("log"), link_hu = "probit")',
        "cumulative",
        "von_mises",
    ],
)
def test_a_family_is_written_as_it_is_read(family):
    found = resolve_family(family, "numeric")
    assert resolve_family(again.family_text(found), "numeric") == found


@pytest.mark.parametrize(
    ("priors_given", "expected"),
    [
        (None, []),
        ("b ~ normal(0, 1)\nsigma ~ exponential(1)", ["b ~ normal(0, 1)", "sigma ~ exponential(1)"]),
        (["b ~ normal(0, 1)"], ["b ~ normal(0, 1)"]),
        ({"b": "normal(0, 1)"}, ["b ~ normal(0, 1)"]),
        ({"b": object()}, []),
    ],
)
def test_stated_priors_are_written_as_they_were(priors_given, expected):
    fit = cafes_fit()
    assert again.statements(replace(fit, asked=replace(fit.asked, priors=priors_given))) == expected


def test_a_quoted_text_is_python():
    for text in ("y ~ x", 'y ~ `a "b"`', "y ~ `a\\b`", "y ~ `tab\t`"):
        assert eval(again._quoted(text)) == text


def test_moving_parameters_are_those_that_differ():
    fit = cafes_fit()
    draws = {**fit.draws, "sigma": np.full_like(fit.draws["sigma"], 2.0)}
    assert priors.moving(fit)[-1] == "sigma"
    assert "sigma" not in priors.moving(replace(fit, draws=draws))
