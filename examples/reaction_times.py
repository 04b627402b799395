"""Reaction times: what is slower, and what is only less steady?

Thirty people answer twenty times each, half of the time under distraction. No answer comes before `ndt`, the
time that perceiving and pressing a key take; beyond that times are lognormal. Distraction makes people slower
(`b_distracted`) and less steady (`b_sigma_distracted`, on the log of sigma). People differ in both, and
`(1 | i | subject)` in the two formulas makes those differences correlated: slow people are unsteady ones.
The table is simulated from the numbers below.

Prints the truth beside the estimates, the correlation among them.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

TRUTH = {
    "b_Intercept": -1.2,
    "b_distracted": 0.3,
    "b_sigma_Intercept": -0.9,
    "b_sigma_distracted": 0.2,
    "sd_subject__Intercept": 0.25,
    "sd_subject__sigma_Intercept": 0.25,
    "cor_subject__Intercept__sigma_Intercept": 0.6,
    "ndt": 0.2,
}


def simulate(seed: int = 6) -> pd.DataFrame:
    """Reaction times in seconds."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(30), 20)
    distracted = np.tile([0, 1], 300)
    slow, unsteady = 0.25 * np.linalg.cholesky([[1.0, 0.6], [0.6, 1.0]]) @ rng.normal(size=(2, 30))
    mu = -1.2 + 0.3 * distracted + slow[subject]
    sigma = np.exp(-0.9 + 0.2 * distracted + unsteady[subject])
    seconds = 0.2 + np.exp(rng.normal(mu, sigma))
    names = [f"s{number:02d}" for number in subject]
    return pd.DataFrame({"seconds": seconds, "distracted": distracted, "subject": names})


def main():
    times = simulate()
    formula = bf.formula("seconds ~ distracted + (1 | i | subject)", sigma="~ distracted + (1 | i | subject)")
    fit = bf.fit(formula, times, family="shifted_lognormal", draws=1000, warmup=500)
    print(fit)
    table = fit.summary()[["mean", "sd", "lower", "upper"]].assign(truth=pd.Series(TRUTH))
    print(f"\n{table.round(2).to_string()}")
    return fit


if __name__ == "__main__":
    main()
