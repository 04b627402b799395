"""Ratings in an order: is an effect the same at every step of the scale?

Patients rate a leaflet as hard, fair or easy to read, in two versions. Each rates three pages of both, and
patients differ in what they call hard: `(1 | patient)`. A cumulative model has one effect of the version.
In a stopping-ratio model `cs(version)` gives the version one effect for each threshold: here it helps to
leave "hard" behind, and does nothing for the step from "fair" to "easy". The table is simulated so.

Prints the thresholds and the effects of the new version, above 0 where it is towards "easy": one of about
0.9 in the cumulative model; 1.2 at the first threshold and 0.1 (95 % interval from -0.5 to 0.7) at the
second in the other.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

LEVELS = ["hard", "fair", "easy"]


def simulate(seed: int = 8) -> pd.DataFrame:
    """Six ratings of each of 60 patients."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(60), 6)
    is_new = np.tile([0, 1], 180)
    leaning = rng.normal(scale=0.8, size=60)[patient]

    def stops(threshold: float, effect: float) -> np.ndarray:
        return rng.uniform(size=360) < 1 / (1 + np.exp(leaning + effect * is_new - threshold))

    rating = np.where(stops(-0.3, 1.2), "hard", np.where(stops(0.4, 0.0), "fair", "easy"))
    return pd.DataFrame(
        {
            "rating": pd.Categorical(rating, LEVELS, ordered=True),
            "version": pd.Categorical(np.where(is_new, "new", "old"), ["old", "new"]),
            "patient": [f"p{number:02d}" for number in patient],
        }
    )


def main():
    ratings = simulate()
    options = {"draws": 500, "warmup": 500}
    one = bf.fit("rating ~ version + (1 | patient)", ratings, family="cumulative", **options)
    each = bf.fit("rating ~ cs(version) + (1 | patient)", ratings, family="sratio", **options)
    print(one)
    print(f"\n{each}")
    return one, each


if __name__ == "__main__":
    main()
