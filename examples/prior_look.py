"""What do the priors say before the data have spoken? A look at the responses that they imply.

A Poisson model of complaints in shops. Normal(0, 10) looks vague for a coefficient; on the log link it says
that a tenth of all shops have more than ten million complaints a day. Under the default priors a tenth have
more than 190, under Normal(1, 1) and Normal(0, 1) more than 14.

Prints quantiles of the responses that each of the three predicts, then a fit of the prior alone
(`prior_only=True`), whose summary is that of the priors.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

PRIORS = {
    "vague": ["Intercept ~ normal(0, 10)", "b ~ normal(0, 10)"],
    "default": [],
    "stated": ["Intercept ~ normal(1, 1)", "b ~ normal(0, 1)"],
}


def simulate(seed: int = 9) -> pd.DataFrame:
    """Complaints on one day in 80 shops, by staff on duty (standardised)."""
    rng = np.random.default_rng(seed)
    staff = rng.normal(size=80)
    return pd.DataFrame({"complaints": rng.poisson(np.exp(1.0 - 0.4 * staff)), "staff": staff})


def main():
    shops = simulate()
    quantiles = {}
    for name, priors in PRIORS.items():
        fit = bf.fit(
            "complaints ~ staff",
            shops,
            family="poisson",
            priors=priors,
            prior_only=True,
            draws=500,
            warmup=300,
        )
        drawn = fit.prior_predictive(draws=500, seed=1)["prior_predictive"]["complaints"]
        quantiles[name] = np.quantile(drawn, [0.05, 0.5, 0.9, 0.99])
    table = pd.DataFrame(quantiles, index=["5 %", "50 %", "90 %", "99 %"]).T
    print(table.map("{:.3g}".format).to_string())
    print(f"\n{fit}")
    return table, fit


if __name__ == "__main__":
    main()
