"""The summary as text for 80 columns and as HTML that nothing in the data can break out of."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from bayesformula.results import render
from results.fits import cafes_fit, plain_fit, wide_fit

FITS = [cafes_fit, wide_fit, plain_fit]


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
