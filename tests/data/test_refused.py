"""Functions of other packages, by the names that people try: what the message says to write is read."""

from __future__ import annotations

import pytest

from bayesformula.errors import FormulaError

WRITTEN = [
    ("ln(w)", "log(x)"),
    ("square(x)", "I(x^2)"),
    ("zscore(x)", "scale(x)"),
    ("std(x)", "scale(x)"),
    ("normalize(x)", "scale(x)"),
    ('dummy(f, "mid")', 'as.numeric(f == "mid")'),
    ("re(g)", "(1 | g)"),
    ("random(g)", "(1 | g)"),
    ("if_else(x > 0, 1, 0)", "ifelse(x > 0, 1, 0)"),
    ("where(x > 0, 1, 0)", "ifelse(x > 0, 1, 0)"),
]


@pytest.mark.parametrize(("call", "instead"), WRITTEN)
def test_what_to_write_instead_is_said_and_read(build, frame, call, instead):
    with pytest.raises(FormulaError) as error:
        build(f"y ~ {call}", frame)
    assert f"write {instead.replace('mid', 'a')}" in str(error.value)
    build(f"y ~ {instead}", frame.assign(x=frame["x"] + 1))  # log(x) too


def test_the_dummy_of_lme4_has_a_twin(build, frame):
    """`(0 + dummy(f, "mid") | g)` is an effect of one level."""
    _, design = build('y ~ x + (0 + as.numeric(f == "mid") | g)', frame)
    assert design.groups["g"].z[:, 0].tolist() == (frame["f"] == "mid").astype(float).tolist()
