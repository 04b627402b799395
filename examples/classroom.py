"""The classroom: does age matter for the score, and does it matter the same under every teacher?

Uniform(0, 100) priors on all sds, as a first course would state them; correlated and uncorrelated.

Prints the covariance matrix of the teachers' intercepts and slopes, the coefficients of three teachers, and
the two models' estimates side by side (the population slope is about 4 points a year in both).
"""

import bayesformula as bf

PRIORS = ["sd ~ uniform(0, 100)", "sigma ~ uniform(0, 100)"]


def main():
    classroom = bf.datasets.load("classroom")
    correlated = bf.fit("score ~ age + (1 + age | teacher)", classroom, priors=PRIORS, draws=2000)
    diagonal = bf.fit("score ~ age + (1 + age || teacher)", classroom, priors=PRIORS, draws=2000)
    print(correlated.varcorr())
    print("\nCovariance matrix of the teachers' effects (posterior mean):")
    print(correlated.varcorr()["teacher"].cov.round(2).to_string())
    print("\nCoefficients of the first teachers:")
    print(correlated.coef("teacher").head(6).round(2).to_string())
    print("\nPosterior means, correlated and not:")
    both = correlated.summary()[["mean", "sd"]].join(diagonal.summary()[["mean", "sd"]].add_suffix(" ||"))
    print(both.round(2).to_string())
    return correlated, diagonal


if __name__ == "__main__":
    main()
