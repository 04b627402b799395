"""Varying slopes: how long does one wait for coffee in the morning and in the afternoon, in twenty cafes?

Three ways to sample one model give one posterior. Priors are stated, so they are on the coefficients at
x = 0: a ~ Normal(5, 2), b ~ Normal(-1, 0.5), sds and sigma ~ Exponential(1), correlation ~ LKJ(2).

Prints, for each plan, posterior means close to: Intercept 3.53, afternoon -0.94, sd(Intercept) 1.23,
sd(afternoon) 0.62, correlation -0.69, sigma 0.48; and the largest difference between plans in posterior
sds, which is Monte Carlo error (about 0.05). The truth is 3.5, -1, 1, 0.5, -0.7, 0.5.
"""

import bayesformula as bf

FORMULA = "wait ~ afternoon + (1 + afternoon | cafe)"
PRIORS = [
    "Intercept ~ normal(5, 2)",
    "b[afternoon] ~ normal(-1, 0.5)",
    "sd ~ exponential(1)",
    "cor ~ lkj(2)",
    "sigma ~ exponential(1)",
]


def main():
    cafes = bf.datasets.load("cafes")
    tables = {}
    for plan in ("auto", "noncentred", "centred"):
        fit = bf.fit(
            "wait ~ afternoon + (1 + afternoon | cafe)",
            cafes,
            priors=PRIORS,
            plan=plan,
            target_accept=0.9,
            draws=2000,
        )
        tables[fit.plan.name] = fit.summary()
        print(f"{fit.plan.name:<12}", *(f"{value:7.3f}" for value in fit.summary()["mean"]))
    reference = tables["marginal"]
    worst = max(((t["mean"] - reference["mean"]) / reference["sd"]).abs().max() for t in tables.values())
    print(f"largest difference between plans: {worst:.2f} posterior sds")
    return tables


if __name__ == "__main__":
    main()
