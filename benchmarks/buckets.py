"""What padding tables to common sizes would save, and what it would cost; a table in Markdown.

    python benchmarks/buckets.py [TABLE ...]

A compiled program holds for arrays of its shapes. Padding rows and levels with zero weight up to the next
of a few sizes would let tables of the same structure share one. What that could save is the trace and
compile seconds of a fit of another table: here of one of the same shape, of one with a row fewer, and of
one with a level fewer, fitted in one process without a cache on disk. What it would cost is measured by
zero weights themselves: an eighth of the rows more, or of the levels, and seconds of warmup and draws, in
turn with those of the table as it is; the steps that a run happens to take are part of them. Padded levels
are unknowns of the sampler except where they are integrated out.
"""

import os
import sys
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

ROUNDS = 3
SHARE = 8
"""One in so many rows or levels is padding."""


@dataclass(frozen=True)
class Case:
    """A model of one group, and how its response is made from a linear predictor."""

    name: str
    family: str
    rows: int
    levels: int

    def table(self, rng):
        group, x = np.arange(self.rows) % self.levels, rng.normal(size=self.rows)
        effects = 0.5 * rng.normal(size=(self.levels, 2))
        eta = 0.5 + 0.3 * x + effects[group, 0] + effects[group, 1] * x
        y = {
            "gaussian": lambda: eta + rng.normal(size=self.rows),
            "poisson": lambda: rng.poisson(np.exp(eta)),
            "bernoulli": lambda: rng.binomial(1, 1 / (1 + np.exp(-eta))),
        }[self.family]()
        return pd.DataFrame({"y": y, "x": x, "g": [f"g{level}" for level in group], "w": 1.0})


CASES = (
    Case("Gaussian, 180 rows, 18 levels", "gaussian", 180, 18),
    Case("Gaussian, 5,000 rows, 500 levels", "gaussian", 5_000, 500),
    Case("Poisson, 236 rows, 59 levels", "poisson", 236, 59),
    Case("Poisson, 2,000 rows, 40 levels", "poisson", 2_000, 40),
    Case("Bernoulli, 20,000 rows, 500 levels", "bernoulli", 20_000, 500),
)


def fitted(case, table, formula="y ~ x + (1 + x | g)"):
    import bayesformula as bf

    return bf.fit(formula, table, family=case.family, seed=1, progress=False)


def compiling(case, table):
    timing = fitted(case, table).timing
    return timing["trace"] + timing["compile"], timing["total"]


def saved(case):
    """Trace and compile seconds, and all seconds, of the fits of four tables in turn."""
    rng = np.random.default_rng(2)
    table = case.table(rng)
    row_fewer = table.drop(index=case.rows - 1)
    level_fewer = table[table["g"] != "g1"]
    tables = (table, case.table(rng), row_fewer, level_fewer)
    return [compiling(case, each) for each in tables]


def padded(table, column):
    """More rows of weight zero: of levels that are there, or of new ones."""
    if column == "rows":
        more = table.iloc[::SHARE].assign(w=0.0)
    else:
        some = table["g"].isin(table["g"].unique()[::SHARE])
        more = table[some].assign(w=0.0, g=table["g"] + " padding")
    return pd.concat([table, more], ignore_index=True)


def cost(case):
    """Seconds of warmup and draws by padding, over those of the table as it is: the median of rounds."""
    table = case.table(np.random.default_rng(2))
    tables = {"none": table, "rows": padded(table, "rows"), "levels": padded(table, "levels")}
    seconds = {name: [] for name in tables}
    for _ in range(ROUNDS + 1):  # the first one compiles
        for name, each in tables.items():
            timing = fitted(case, each, "y | weights(w) ~ x + (1 + x | g)").timing
            seconds[name].append(timing["warmup"] + timing["draws"])
    none = np.array(seconds["none"][1:])
    return [float(np.median(np.array(seconds[name][1:]) / none)) for name in ("rows", "levels")]


def main(wanted):
    os.environ["BAYESFORMULA_CACHE"] = "off"
    import bayesformula as bf

    warnings.simplefilter("ignore", bf.BayesFormulaWarning)
    print(
        "| table | trace and compile, of the whole first fit | same shape | a row fewer | a level fewer ",
        end="",
    )
    print("| padded rows | padded levels |\n|---|---|---|---|---|---|---|")
    for case in CASES:
        if wanted and case.name not in wanted:
            continue
        (first, whole), *others = saved(case)
        cells = [case.name, f"{first:.1f} of {whole:.1f} s", *(f"{seconds:.1f} s" for seconds, _ in others)]
        cells += [f"x {ratio:.2f}" for ratio in cost(case)]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
