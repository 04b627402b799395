"""Simulated tables with known truth, the same on every machine; `datasets` names and describes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def simulate_cafes(seed: int = 1) -> pd.DataFrame:
    """Waiting times in 20 cafes, five mornings and five afternoons in each.

    For cafe j and visit i, with (u_0j, u_1j) normal, sds 1 and 0.5 and correlation -0.7:

        wait_ij = 3.5 + u_0j + (-1 + u_1j) afternoon_ij + e_ij,    e_ij ~ normal(0, 0.5)

    Args:
        seed: a whole number from 0; the same seed gives the same frame on every machine.

    Returns:
        200 rows: `cafe` (c01 ... c20), `afternoon` (0 or 1, in turn), `wait` (minutes, 6 digits).
    """
    import pandas as pd

    n_cafes, n_visits = 20, 10
    normal = _standard_normals(seed, n_cafes * (2 + n_visits))
    rows: list[tuple[str, int, float]] = []
    for cafe in range(1, n_cafes + 1):
        u_0, u_1 = _correlated_pair(normal, 1.0, 0.5, -0.7)
        for visit in range(n_visits):
            afternoon = visit % 2
            wait = 3.5 + u_0 + (-1.0 + u_1) * afternoon + 0.5 * next(normal)
            rows.append((f"c{cafe:02d}", afternoon, round(wait, 6)))
    return pd.DataFrame(rows, columns=["cafe", "afternoon", "wait"])


def simulate_nested(seed: int = 1) -> pd.DataFrame:
    """A response over 20 groups in 5 regions, both with their own intercepts and slopes.

    For row i of group g in region r, all effects normal,

        y = 5 + u_0r + v_0g + (-1 + u_1r + v_1g) x + e,    e ~ normal(0, 0.5),    x ~ normal(0, 1)

    with region sds 1 and 0.5 and correlation -0.5, group sds 0.5 and 0.2 and correlation 0.3.

    Args:
        seed: a whole number from 0; the same seed gives the same frame on every machine.

    Returns:
        400 rows: `region` (r1 ... r5), `group` (g01 ... g20, four to a region), `x`, `y` (6 digits).
    """
    import pandas as pd

    n_regions, n_groups, n_each = 5, 4, 20  # groups in a region, rows in a group
    normal = _standard_normals(seed, n_regions * (2 + n_groups * (2 + n_each * 2)))
    rows: list[tuple[str, str, float, float]] = []
    for region in range(n_regions):
        u_0, u_1 = _correlated_pair(normal, 1.0, 0.5, -0.5)
        for group in range(region * n_groups + 1, (region + 1) * n_groups + 1):
            v_0, v_1 = _correlated_pair(normal, 0.5, 0.2, 0.3)
            for _ in range(n_each):
                x = round(next(normal), 6)
                y = 5.0 + u_0 + v_0 + (-1.0 + u_1 + v_1) * x + 0.5 * next(normal)
                rows.append((f"r{region + 1}", f"g{group:02d}", x, round(y, 6)))
    return pd.DataFrame(rows, columns=["region", "group", "x", "y"])


def simulate_classroom(seed: int = 1) -> pd.DataFrame:
    """Test scores of 15 pupils of each of 24 teachers, by age in years, which is far from 0.

    Teachers differ at age 8.5 with sd 5 points and in points a year with sd 1, correlation 0.2:

        score = 60 + u_j + (4 + w_j) (age - 8.5) + e,    e ~ normal(0, 8),    age ~ uniform(6, 11)

    A model with raw age reports its parameters at age 0, and `truth` gives them there: intercept
    60 - 4 * 8.5 = 26; var(u - 8.5 w) = 25 + 72.25 - 17 = 80.25; cov(u - 8.5 w, w) = 1 - 8.5 = -7.5. The
    strong negative correlation, -0.837, comes from nothing but the place of the zero.

    Args:
        seed: a whole number from 0; the same seed gives the same frame on every machine.

    Returns:
        360 rows: `teacher` (t01 ... t24), `age` (years, 2 digits), `score` (points, 1 digit).
    """
    import pandas as pd

    n_teachers, n_pupils, pivot = 24, 15, 8.5
    normal = _standard_normals(seed, n_teachers * (2 + n_pupils))
    uniform = _uniforms(seed, n_teachers * n_pupils, stream=1)
    rows: list[tuple[str, float, float]] = []
    for teacher in range(1, n_teachers + 1):
        u, w = _correlated_pair(normal, 5.0, 1.0, 0.2)
        for _ in range(n_pupils):
            age = round(6.0 + 5.0 * next(uniform), 2)
            score = 60.0 + u + (4.0 + w) * (age - pivot) + 8.0 * next(normal)
            rows.append((f"t{teacher:02d}", age, round(score, 1)))
    return pd.DataFrame(rows, columns=["teacher", "age", "score"])


def _uniforms(seed: int, count: int, stream: int = 0) -> Iterator[float]:
    """`count` numbers strictly between 0 and 1, the same with every version of numpy.

    numpy keeps the raw bits of PCG64 the same from version to version, but not what Generator makes of
    them. The top 52 bits and a half are exact in a double and can be neither 0 nor 1.
    """
    from numpy.random import PCG64, SeedSequence

    raw: list[int] = PCG64(SeedSequence([seed, stream])).random_raw(count).tolist()
    return (((bits >> 12) + 0.5) * 2.0**-52 for bits in raw)


def _standard_normals(seed: int, count: int) -> Iterator[float]:
    """`count` draws of normal(0, 1), by inverting the distribution function."""
    from statistics import NormalDist

    return map(NormalDist().inv_cdf, _uniforms(seed, count))


def _correlated_pair(normal: Iterator[float], sd_0: float, sd_1: float, cor: float) -> tuple[float, float]:
    """Two normal effects: the Cholesky factor of their covariance times the next two draws."""
    z_0, z_1 = next(normal), next(normal)
    return sd_0 * z_0, sd_1 * (cor * z_0 + math.sqrt(1.0 - cor * cor) * z_1)
