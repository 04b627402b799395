"""Numbers are written as R deparses them (R 4.2.2: `deparse(parse(text = x)[[1]])`)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesformula.syntax.lower import lower
from bayesformula.syntax.numbers import r_number
from bayesformula.syntax.parse import parse

DEPARSED = """
1e6 1e+06, 10000 10000, 100000 1e+05, 123456 123456, 0.5 0.5, .50 0.5, 0.0001 1e-04, 0.00012 0.00012,
1e-3 0.001, 1e-5 1e-05, 1234567890 1234567890, 3.14159 3.14159, 1e15 1e+15, 2.50 2.5, 1e300 1e+300,
1500000 1500000, 1200000 1200000, 0.00099 0.00099, 1e2 100, 12345.678 12345.678, 0 0, 00012 12,
1e-300 1e-300, 1e22 1e+22, 2L 2L
"""


@pytest.mark.parametrize("pair", [pair.split() for pair in DEPARSED.split(",")], ids=lambda pair: pair[0])
def test_numbers_as_r_writes_them(pair):
    written, deparsed = pair
    assert r_number(written) == deparsed


def test_names_of_columns_have_them():
    assert lower(parse("y ~ I(x / 1000000) + log(x + .50)")).text == "y ~ I(x/1e+06) + log(x + 0.5)"


@given(st.floats(min_value=1e-300, max_value=1e300) | st.integers(0, 10**22).map(float))
def test_no_value_is_changed(value):
    text = repr(value)
    assert float(r_number(text)) == value
    assert r_number(r_number(text)) == r_number(text)
