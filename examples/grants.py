"""Research grants: do women and men get them at the same rate, once the disciplines are told apart?

Van der Lee and Ellemers (2015, doi:10.1073/pnas.1510159112) counted applications and awards of the Dutch
science council by discipline and gender. Three models of the counts: gender alone; disciplines beside it;
and disciplines as groups that share what they have in common. Priors: Normal(0, 2) for genders and the
intercept, Normal(0, 1) for contrasts, HalfCauchy(5) for the sd of disciplines.

The same table unfolded, one row for each of the 2,823 applications with `awarded` 0 or 1, is a Bernoulli
model, and the same one: its likelihood differs by a constant, so the posterior is the same.

Prints, on the logit scale: women -1.74 and men -1.53, which are rates of 15 and 18 %, 0.21 apart; among
chemists, the first discipline, -1.24 and -1.10, 0.14 apart; with disciplines as groups men are 0.16 above
women (sd 0.11, 95 % interval from about -0.05 to 0.37), and the sd of disciplines is 0.24. brms 2.18 has
the same numbers. The last model is printed for counts and for rows, and then the largest difference between
the two: below 0.15 posterior sds.
"""

import pandas as pd

import bayesformula as bf

CONTRASTS = "b ~ normal(0, 1)"
GENDERS = ["b[genderf] ~ normal(0, 2)", "b[genderm] ~ normal(0, 2)"]
MODELS = {
    "0 + gender": GENDERS,
    "0 + gender + discipline": [CONTRASTS, *GENDERS],
    "gender + (1 | discipline)": [CONTRASTS, "Intercept ~ normal(0, 2)", "sd ~ half_cauchy(5)"],
}


def unfold(grants: pd.DataFrame) -> pd.DataFrame:
    """One row for each application, `awarded` 1 or 0."""
    rows = grants.loc[grants.index.repeat(grants["applications"])]
    awarded = rows.groupby(level=0).cumcount() < rows["awards"]
    return rows[["discipline", "gender"]].assign(awarded=awarded.astype(int)).reset_index(drop=True)


def main():
    grants = bf.datasets.load("grants")
    columns = ["mean", "sd", "lower", "upper"]
    tables = {}
    for right, priors in MODELS.items():
        formula = f"awards | trials(applications) ~ {right}"
        tables[right] = bf.fit(formula, grants, family="binomial", priors=priors).summary()
        print(f"{formula}\n{tables[right][columns].round(2).to_string()}\n")
    counts = tables[right]
    options = {"family": "bernoulli", "priors": priors, "chains": 2, "warmup": 500}
    rows = bf.fit(f"awarded ~ {right}", unfold(grants), **options).summary()
    both = pd.concat({"counts": counts[columns], "rows": rows[columns]}, axis=1)
    worst = ((counts["mean"] - rows["mean"]) / counts["sd"]).abs().max()
    print(f"The last one, and one row for each application\n{both.round(2).to_string()}")
    print(f"largest difference: {worst:.2f} posterior sds")
    return tables, rows


if __name__ == "__main__":
    main()
