"""The summary as text for 80 columns and as HTML that nothing in the data can break out of."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from bayesformula.results import render
from results.fits import cafes_fit, plain_fit, wide_fit
from results.models import MODELS, ORDINAL, fit_of, round_draws

FITS = [cafes_fit, wide_fit, plain_fit]
PRINTED = Path(__file__).parent / "files"


@pytest.mark.parametrize("fit", FITS)
def test_no_line_is_longer_than_a_terminal(fit):
    assert max(map(len, repr(fit()).splitlines())) <= 80


@pytest.mark.parametrize("fit", FITS)
def test_every_parameter_has_its_line(fit):
    fit = fit()
    text = re.sub(r"\n +", "", repr(fit))
    for column in fit.spec.mu.columns:
        assert column in text
    for group in fit.spec.groups:
        assert f"Group effects: {group.label} ({group.n_levels} levels)" in text
    assert repr(fit).startswith("Formula: ")
    assert "\nHealth: " in repr(fit)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e7, -1e40])
def test_columns_of_numbers_never_touch(fit, scale):
    """A response in billions once printed `8141925151671358354720285961135114854`."""
    fit = fit()
    draws = {name: values * (scale if name in ("b", "sigma") else 1) for name, values in fit.draws.items()}
    text = repr(dataclasses.replace(fit, draws=draws))
    rows = [line for line in text.splitlines() if re.match(r"^ .*\d\.\d\d\d$", line)]
    assert len(rows) == len(fit.summary())
    for row in rows:
        numbers = row[-54:].split()
        assert len(numbers) == 7, row
        assert all(re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?|-", number) for number in numbers), row


def test_what_is_not_there_is_a_dash_and_large_r_hats_fit_their_column():
    fit = cafes_fit()
    stuck = np.random.default_rng(0).normal(size=(4, 200)) * 1e-3 + np.arange(4)[:, None]
    draws = {**fit.draws, "sigma": np.ones((4, 200)), "b": np.stack([stuck, stuck], axis=-1)}
    lines = repr(dataclasses.replace(fit, draws=draws)).splitlines()
    assert max(map(len, lines)) <= 80
    sigma = next(line for line in lines if line.startswith("  sigma"))
    assert sigma.split() == ["sigma", "1", "0", "1", "1", "-", "-", "-"]
    intercept = next(line for line in lines if line.startswith("  Intercept"))
    assert len(intercept.split()) == 8


def test_findings_and_dropped_rows_are_shown():
    text = repr(wide_fit())
    assert "Data:    91 rows; 5 dropped for missing values; h has 8 levels;" in text
    assert 'warn: 5 of 96 rows were left out for missing values; pass na="error"' in text


def test_the_links_of_the_family_are_shown():
    assert "Family:  gaussian (mu identity, sigma identity)" in repr(cafes_fit())


@pytest.mark.parametrize("fit", FITS)
def test_html_holds_every_row(fit):
    fit = fit()
    page = fit._repr_html_()
    assert page.count("<tr>") == 1 + len(fit.summary()) + len({s.section for s in render.scalars(fit.spec)})
    assert page.count("<td") == 8 * len(fit.summary())


def test_html_escapes_what_the_data_call_themselves():
    page = plain_fit()._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_html_is_well_formed():
    from xml.etree import ElementTree

    for fit in FITS:
        ElementTree.fromstring(fit()._repr_html_())


# ---- models of every kind ----


@pytest.mark.parametrize("name", ["distributional", "ordinal", "categorical", "inflated", "nothing"])
def test_the_whole_text(name):
    """Draws so few and round that the text is exact on every machine."""
    fit = fit_of(MODELS[name], chains=2, draws=2, make=round_draws)
    assert repr(fit) + "\n" == (PRINTED / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", MODELS)
def test_text_and_html_of_models_of_every_kind(name):
    from xml.etree import ElementTree

    fit = fit_of(MODELS[name])
    assert max(map(len, repr(fit).splitlines())) <= 80
    page = fit._repr_html_()
    sections = {row.section for row in render.scalars(fit.spec)}
    assert page.count("<td") == 8 * len(fit.summary())
    assert page.count("<tr>") == 1 + len(fit.summary()) + len(sections)
    text = "".join(ElementTree.fromstring(page).itertext())
    assert all(section in text for section in sections)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("distributional", "Family:  student (mu identity, sigma log, nu identity)"),
        ("inflated", "Family:  zero_inflated_negbinomial (mu log, shape identity, zi logit)"),
        ("categorical", "Family:  categorical (mu logit)"),
        ("ordinal", "Levels:  low < middle < high"),
        ("categorical", "Levels:  A (reference), B, C/D"),
        ("multinomial", "Levels:  red (reference), green, blue"),
    ],
)
def test_family_and_levels(name, line):
    fit = fit_of(MODELS[name])
    assert f"\n{line}\n" in repr(fit)
    assert f"<div>{line.replace('<', '&lt;')}</div>" in fit._repr_html_()


def test_many_levels_are_not_all_named():
    model = dataclasses.replace(ORDINAL, categories=tuple(str(k) for k in range(1, 31)))
    assert render._levels(model) == "1 < 2 < 3 < 4 < 5 < 6 < 7 < 8 < 9 < 10 < ... < 30 (30 levels)"
    model = dataclasses.replace(ORDINAL, categories=tuple("abcdefghijkl"))
    assert render._levels(model) == " < ".join("abcdefghijkl")
