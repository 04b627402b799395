"""Thirty predictors, three of which matter: the horseshoe lets those be and shrinks the others.

`b ~ horseshoe(par_ratio = 0.1)` is one prior for all coefficients but the intercept (the regularised
horseshoe of Piironen and Vehtari 2017, doi:10.1214/17-EJS1337SI); `par_ratio` is a guess at how many matter
for each that does not. `b ~ r2d2(mean_R2 = 0.5)` spreads a prior on R-squared over them.

Prints, for the default prior and for both of these, the estimates of the three (the truth is 2, -1.5 and 1)
and the root mean square of those of the other 27, which are 0: about 0.19 by default, 0.03 with the
horseshoe, 0.08 with r2d2.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

TRUTH = {"x01": 2.0, "x02": -1.5, "x03": 1.0}
PRIORS = {
    "default": None,
    "horseshoe": "b ~ horseshoe(par_ratio = 0.1)",
    "r2d2": "b ~ r2d2(mean_R2 = 0.5)",
}


def simulate(seed: int = 1) -> pd.DataFrame:
    """80 rows of 30 predictors."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 30))
    frame = pd.DataFrame(x, columns=[f"x{number:02d}" for number in range(1, 31)])
    y = sum(b * frame[name] for name, b in TRUTH.items()) + rng.normal(scale=1.2, size=80)
    return frame.assign(y=y)


def main():
    frame = simulate()
    rows = {}
    for name, priors in PRIORS.items():
        fit = bf.fit("y ~ .", frame, priors=priors, chains=2, draws=700, warmup=500, target_accept=0.95)
        means = fit.fixed()["mean"].drop("Intercept")
        others = means.drop(list(TRUTH))
        rows[name] = {**means[list(TRUTH)], "others": float(np.sqrt(np.mean(others**2)))}
    table = pd.DataFrame(rows).T
    print(table.round(2).to_string())
    return table


if __name__ == "__main__":
    main()
