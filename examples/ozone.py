"""Ozone and temperature at twelve stations in Beijing: complete, partial and varying pooling.

    python ozone.py ozone_daily.csv.gz

The table (16,966 rows) is too large to bundle. It is derived from the Beijing multi-site air-quality data
(UCI Machine Learning Repository, data set 501): per station and day the maximum of each measurement, days
with any missing value dropped, `log_ozone` the logarithm of the daily maximum of ozone; columns station,
year, month, day, TEMP, log_ozone.

Priors Normal(0, 2), Normal(0, 0.1), HalfCauchy(1), as published with the table. It prints
    log_ozone ~ TEMP: intercept 3.454, slope 0.054, sigma 0.612
    + (1 | station): population mean 3.45; stations 3.422, 3.411, 3.573, 3.455, 3.390 (the first five)
    + (TEMP | station): no divergences (a published centred run took 172 s and had 457)
"""

import sys

import bayesformula as bf

PRIORS = ["Intercept ~ normal(0, 2)", "b ~ normal(0, 0.1)", "sigma ~ half_cauchy(1)"]
GROUPED = [*PRIORS, "sd ~ half_cauchy(1)"]


def main(path):
    pooled = bf.fit("log_ozone ~ TEMP", path, priors=PRIORS)
    print("log_ozone ~ TEMP")
    print(pooled.summary()[["mean", "sd"]].round(3).to_string())
    intercepts = bf.fit("log_ozone ~ TEMP + (1 | station)", path, priors=GROUPED)
    print("\n+ (1 | station)")
    print(intercepts.summary()[["mean", "sd"]].round(3).to_string())
    print(intercepts.coef("station").xs("Intercept", level="coef")["mean"].head(5).round(3).to_string())
    slopes = bf.fit("log_ozone ~ TEMP + (TEMP | station)", path, priors=[*GROUPED, "cor ~ lkj(2)"])
    print("\n+ (TEMP | station)")
    print(slopes)
    print(f"\n{slopes.divergences} divergences; {slopes.timing['total']:.1f} s in all")
    return pooled, intercepts, slopes


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        print(__doc__)
