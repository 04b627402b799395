"""THE table of formulas and data: shared by parity tests, golden texts, trace counts and benchmarks.

`panel()` is one small table with everything a formula may ask for; a case is a formula on it with
priors and the plan that `auto` must choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd


@lru_cache(maxsize=1)
def panel() -> pd.DataFrame:
    """120 rows: a nested chain a/b/c, crossed g and h, predictors on hostile scales, weights, an offset."""
    rng = np.random.default_rng(20261121)
    n = 120
    a = rng.integers(0, 4, n)
    b = a * 3 + rng.integers(0, 3, n)
    c = b * 2 + rng.integers(0, 2, n)
    g, h = rng.integers(0, 9, n), rng.integers(0, 6, n)
    x, z = rng.normal(size=n), rng.normal(2.0, 1.0, size=n)
    effect = rng.normal(size=9)[g] + rng.normal(size=6)[h] + 0.7 * rng.normal(size=12)[b] * x
    frame = pd.DataFrame(
        {
            "y": 3.0 + 0.5 * x - 0.3 * z + effect + rng.normal(scale=0.6, size=n),
            "x": x,
            "z": z,
            "year": rng.integers(1990, 2021, n),
            "income": rng.normal(1e6, 2e5, n),
            "f": pd.Categorical.from_codes(rng.integers(0, 3, n), ["lo", "mid", "hi"]),
            "a": [f"a{i}" for i in a],
            "b": [f"b{i}" for i in b],
            "c": [f"c{i}" for i in c],
            "g": [f"g{i}" for i in g],
            "h": [f"h{i}" for i in h],
            "row": [f"r{i:03d}" for i in range(n)],
            "w": rng.integers(0, 4, n).astype(float),
            "o": rng.normal(size=n),
        }
    )
    frame["arm"] = [("control", "treated")[int(name[1:]) % 2] for name in frame["g"]]
    frame["g2"] = [f"g{i}" for i in rng.integers(0, 9, n)]
    frame["z2"] = rng.normal(2.0, 1.0, size=n)
    frame["w1"], frame["w2"] = rng.uniform(size=n), rng.uniform(size=n)
    frame["s"] = rng.uniform(0.3, 1.5, size=n)
    return frame


@lru_cache(maxsize=1)
def matrices() -> dict[str, pd.DataFrame]:
    """What is known of the levels beside the rows: `A`, a covariance of the levels of g, in another order."""
    root = np.random.default_rng(7).normal(size=(9, 9))
    names = [f"g{i}" for i in reversed(range(9))]
    return {"A": pd.DataFrame(root @ root.T / 9 + 0.3 * np.eye(9), names, names)}


@dataclass(frozen=True)
class Case:
    """A formula on `panel()`, its priors, and the order in which the marginal plan eliminates."""

    formula: str
    priors: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    dense: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.formula + (f" [{'; '.join(self.priors)}]" if self.priors else "")


CASES = (
    Case("y ~ x"),
    Case("y ~ 0 + f"),
    Case("y ~ 1 + (1 | g)", chain=("g",)),
    Case("y ~ 0 + (1 | g)", chain=("g",)),
    Case("y ~ x + (1 + x | g)", chain=("g",)),
    Case("y ~ x + (0 + x | g)", chain=("g",)),
    Case("y ~ x + z + (1 + x + z | g)", chain=("g",)),
    Case("y ~ x + z + (1 + x + z || g)", chain=("g",)),
    Case("y ~ f + (f | g)", chain=("g",)),
    Case("y ~ f + (0 + f | g)", chain=("g",)),
    Case("y ~ f + (f || g)", chain=("g",)),
    Case("y ~ x + (1 + x + z + f | g)", chain=("g",)),
    Case("y ~ x + (1 | a/b)", chain=("a:b", "a")),
    Case("y ~ x + (1 + x | a/b)", chain=("a:b", "a")),
    Case("y ~ x + (1 + x | a/b/c)", chain=("a:b:c", "a:b", "a")),
    Case("y ~ x + (1 | a) + (1 + x | b) + (1 | c)", chain=("c", "b", "a")),
    Case("y ~ x + (1 | a:b)", chain=("a:b",)),
    Case("y ~ x + (1 + x | g) + (1 + z | h)", chain=("g",), dense=("h",)),
    Case("y ~ x + (1 | a/b/c) + (1 + x || h)", chain=("a:b:c", "a:b", "a"), dense=("h",)),
    Case("y ~ x + (1 | row)", chain=("row",)),
    Case("y | weights(w) ~ x + (1 + x | g)", chain=("g",)),
    Case("y ~ x + offset(o) + (1 | g)", chain=("g",)),
    Case("y ~ year + income + (1 + year | g)", chain=("g",)),
    Case("y ~ year + income + (1 + year + income || g)", chain=("g",)),
    Case("y ~ 0 + year + (0 + year | g)", chain=("g",)),
    Case(
        "y ~ x + (1 + x | g)",
        ("Intercept ~ normal(5, 2)", "b ~ normal(-1, 0.5)", "sd ~ exponential(1)", "cor ~ lkj(2)"),
        ("g",),
    ),
    Case("y ~ year + (1 + year | g)", ("Intercept ~ normal(0, 100)", "sd ~ half_normal(2)"), ("g",)),
    Case("y ~ x + z + (1 | g)", ("b ~ flat", "Intercept ~ flat", "sd ~ uniform(0, 100)"), ("g",)),
    Case("y ~ x + z + (1 | g)", ("b[x] ~ uniform(-3, 3)", "sd ~ gamma(2, 1)"), ("g",)),
    Case("y ~ x + z + (1 | g)", ("Intercept ~ uniform(-9, 9)", "b[z] ~ constant(-0.3)"), ("g",)),
    Case("y ~ z + (1 | g)", ("Intercept[centred] ~ constant(2)", "b ~ flat"), ("g",)),
    Case("y ~ z + x + (1 | g)", ("Intercept[centred] ~ laplace(2, 1)", "b[x] ~ exponential(1)"), ("g",)),
    Case("y ~ z + x + (1 | g)", ("b[x] ~ student_t(3, 0, 1)", "b[z] ~ cauchy(0, 1)"), ("g",)),
    Case("y ~ x", ("sigma ~ constant(1)",)),
    Case("y ~ x + (1 + x | g)", ("sd ~ student_t(3, 0, 2.5)", "sigma ~ half_cauchy(1)"), ("g",)),
    Case("y ~ x + (1 + x | g)", ("sd[g, x] ~ constant(0.5)", "sigma ~ normal(1, 1)"), ("g",)),
    Case("y ~ x + (1 + z | gr(g, by = arm))", chain=("g",)),
    Case("y ~ x + (1 + z || gr(g, by = arm)) + (1 | g:h)", chain=("g:h", "g")),
    Case("y ~ x + (1 + z | gr(g, by = arm)) + (1 + x | h)", ("sd ~ normal(0, 2)",), ("g",), ("h",)),
    Case("y ~ x + (1 + x | h) + (1 + z | gr(g, by = arm)) + (1 | row)", chain=("row", "g"), dense=("h",)),
    Case("y ~ x + (1 + z | gr(g, cov = A))", dense=("g",)),
    Case("y ~ x + (1 | gr(g, cov = A)) + (1 | g:h)", chain=("g:h",), dense=("g",)),
    Case("y ~ x + (1 + z | gr(g, dist = 'student'))", chain=("g",)),
    Case("y ~ x + (1 | gr(g, by = arm, dist = 'student')) + (1 | h)", ("df ~ gamma(4, 1)",), ("g",), ("h",)),
    Case("y ~ x + (1 + x | mm(g, g2))", dense=("mmgg2",)),
    Case(
        "y | weights(w) ~ x + (1 + mmc(z, z2) | mm(g, g2, weights = cbind(w1, w2))) + (1 + x | h)",
        chain=("h",),
        dense=("mmgg2",),
    ),
    Case("y | se(s) ~ x + (1 + z | g)", chain=("g",)),
    Case("y | se(s) + weights(w) ~ x + offset(o) + (1 | a/b) + (1 | h)", chain=("a:b", "a"), dense=("h",)),
    Case("y | se(s) ~ x"),
)
"""Every structure, plan and kind of prior that the exact tests run over."""
