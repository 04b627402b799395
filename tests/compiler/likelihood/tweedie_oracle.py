"""Tweedie log densities and their derivatives to 17 digits, by summing the series with 50 digits.

    python tweedie_oracle.py > tweedie_oracle.json

Needs mpmath (1.4.1 when the numbers beside this file were made). Each row: y, mu, phi, power, log density,
and its derivatives in mu, phi and power.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import mpmath as mp

mp.mp.dps = 50

POWERS = (1.01, 1.1, 1.5, 1.9, 1.99)
PHIS = (0.01, 0.1, 1.0, 10.0, 100.0)
MEANS = (0.1, 1.0, 30.0)
RATIOS = (0.001, 0.1, 0.97, 3.0, 1000.0)


def series(y: mp.mpf, phi: mp.mpf, power: mp.mpf) -> tuple[list[tuple[int, mp.mpf]], mp.mpf]:
    """Terms of the series by number of jumps, all that matter, in units of the largest; its logarithm."""
    a = (2 - power) / (power - 1)
    z = a * mp.log(y) - mp.log(phi * (2 - power)) - a * mp.log(phi * (power - 1))
    top = max(1, int(mp.nint(y ** (2 - power) / (phi * (2 - power)))))

    def log_term(j: int) -> mp.mpf:
        return j * z - mp.loggamma(j + 1) - mp.loggamma(j * a)

    largest = log_term(top)

    def side(numbers: Iterator[int]) -> Iterator[tuple[int, mp.mpf]]:
        for j in numbers:
            share = log_term(j) - largest
            if share < -75 and abs(j - top) > 3:
                return
            yield j, mp.exp(share)

    return [*side(iter(range(top, 0, -1))), *side(itertools.count(top + 1))], largest


def row(*point: float) -> list[float]:
    y, mu, phi, power = (mp.mpf(at) for at in point)
    terms, largest = series(y, phi, power)
    b, c = power - 1, 2 - power
    a = c / b
    total = mp.fsum(term for _, term in terms)
    jumps = mp.fsum(j * term for j, term in terms) / total
    weighted = mp.fsum(j * mp.digamma(j * a) * term for j, term in terms) / total
    rate, scale = mu**c / (phi * c), phi * b * mu**b
    log_density = largest + mp.log(total) - rate - y / scale - mp.log(y)
    a_slope = -1 / b**2
    z_slope = a_slope * mp.log(y) + 1 / c - a_slope * mp.log(phi * b) - a / b
    in_mu = (y - mu) / (phi * mu**power)
    in_phi = (rate + y / scale - (1 + a) * jumps) / phi
    rate_slope, ratio_slope = rate * (1 / c - mp.log(mu)), -y / scale * (1 / b + mp.log(mu))
    in_power = jumps * z_slope - weighted * a_slope - rate_slope - ratio_slope
    return [*point, *(float(value) for value in (log_density, in_mu, in_phi, in_power))]


if __name__ == "__main__":
    grid = itertools.product(POWERS, PHIS, MEANS, RATIOS)
    rows = [row(mu * ratio, mu, phi, power) for power, phi, mu, ratio in grid]
    print("[\n" + ",\n".join(json.dumps(each) for each in rows) + "\n]")
