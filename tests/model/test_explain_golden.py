"""Whole explanations, as they print and in LaTeX."""

import pytest

from model.explained import GOLDEN, KEPT, golden_text, made_path, made_text
from model.families import MADE


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_the_whole_text(kept):
    text = golden_text(kept)
    assert text == kept.path.read_text("utf-8")
    printed = text.split("\n\n", 1)[1].split("\\begin{aligned}")[0]
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_the_whole_text_of_every_kind_of_family(made):
    text = made_text(made)
    assert text == made_path(made).read_text("utf-8")
    printed = text.split("\n\n", 1)[1].split("\\begin{aligned}")[0]
    assert max(map(len, printed.splitlines())) <= 80


def test_no_text_is_left_over():
    kept = {each.path.name for each in KEPT} | {made_path(made).name for made in MADE}
    assert {path.name for path in GOLDEN.iterdir()} == kept
