"""Whole explanations, as they print and in LaTeX."""

import pytest

from model.explained import GOLDEN, KEPT, golden_text


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_the_whole_text(kept):
    text = golden_text(kept)
    assert text == kept.path.read_text("utf-8")
    printed = text.split("\n\n", 1)[1].split("\\begin{aligned}")[0]
    assert max(map(len, printed.splitlines())) <= 80


def test_no_text_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == {kept.path.name for kept in KEPT}
