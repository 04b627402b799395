"""Numbers in the names of columns, as R writes them."""

from __future__ import annotations

import math


def r_number(text: str) -> str:
    """A number as R deparses it: 15 digits at most, and the shorter of the fixed and scientific forms.

    What these digits cannot tell apart from another number stays as it was written.

    >>> r_number("1e6"), r_number("10000"), r_number(".50"), r_number("0.0001"), r_number("2L")
    ('1e+06', '10000', '0.5', '1e-04', '2L')
    """
    if text.endswith("L"):
        return text
    value = float(text)
    if value == 0.0:
        return "0"
    if not math.isfinite(value) or float(f"{value:.14e}") != value:
        return text
    mantissa, exponent = f"{value:.14e}".split("e")
    digits, power = mantissa.replace(".", "").rstrip("0"), int(exponent)
    scientific = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{power:+03d}"
    decimals = max(0, len(digits) - 1 - power)
    fixed = f"{value:.{decimals}f}"
    return fixed if len(fixed) <= len(scientific) else scientific
