"""Counts with more zeros than any count distribution has: fish caught by families in a park.

Some families did not fish at all, the more so the more children they had; of the others, those with more
people caught more, and those with children less. `zi` is the probability of not having fished, with a
formula of its own. The table is simulated from the numbers below.

Prints the truth beside the estimates, then what a Poisson model without extra zeros makes of the same
families: it takes the zeros of those who did not fish for bad luck, and puts them down to the children: an
effect of -1.02 for each, where the truth is -0.6.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

TRUTH = {"b_Intercept": -0.5, "b_persons": 0.6, "b_child": -0.6, "b_zi_Intercept": -1.0, "b_zi_child": 1.0}


def simulate(seed: int = 7) -> pd.DataFrame:
    """Catches of 250 families."""
    rng = np.random.default_rng(seed)
    persons = rng.integers(1, 5, 250)
    child = np.minimum(rng.choice(4, 250, p=[0.5, 0.3, 0.15, 0.05]), persons - 1)
    mean = np.exp(-0.5 + 0.6 * persons - 0.6 * child)
    stayed_home = rng.uniform(size=250) < 1 / (1 + np.exp(1.0 - 1.0 * child))
    count = np.where(stayed_home, 0, rng.poisson(mean))
    return pd.DataFrame({"count": count, "persons": persons, "child": child})


def main():
    catches = simulate()
    formula = bf.formula("count ~ persons + child", zi="~ child")
    options = {"draws": 500, "warmup": 500}
    fit = bf.fit(formula, catches, family="zero_inflated(poisson)", **options)
    print(fit)
    table = fit.summary()[["mean", "sd", "lower", "upper"]].assign(truth=pd.Series(TRUTH))
    print(f"\n{table.round(2).to_string()}")
    plain = bf.fit("count ~ persons + child", catches, family="poisson", **options)
    print(f"\nthe effect of a child without extra zeros: {plain.summary()['mean']['b_child']:.2f}")
    return fit, plain


if __name__ == "__main__":
    main()
