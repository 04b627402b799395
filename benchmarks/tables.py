"""The tables of the suite: bundled with the package, found in a folder of yours, or simulated.

Three published tables are too large to come with the package. They are looked for, as CSV (also .csv.gz), in
the folder that the environment variable BAYESFORMULA_BENCHMARK_DATA names; a model whose table is not there
is left out, and says so.

    VerbAgg      R: write.csv(lme4::VerbAgg, "VerbAgg.csv", row.names = FALSE)
    InstEval     R: write.csv(lme4::InstEval, "InstEval.csv", row.names = FALSE)
    ozone_daily  UCI Machine Learning Repository, data set 501, "Beijing Multi-Site Air Quality", a file for
                 each of 12 stations: per station and day the maximum of each measurement, days with any
                 missing value dropped, log_ozone = log of the maximum of O3; columns station, TEMP, log_ozone

Simulated tables have predictors of mean zero, so that an intercept is the same at 0 and at their means, and a
stated seed: numpy's Generator, whose streams may change between versions of numpy, is good enough here, as
all methods of a run get the same file.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd

VARIABLE = "BAYESFORMULA_BENCHMARK_DATA"


class MissingTableError(LookupError):
    """The table of a model is not at hand."""


def bundled(name):
    """A table that comes with the package, factors as text."""
    import bayesformula as bf

    frame = bf.datasets.load(name)
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.CategoricalDtype):
            frame[column] = frame[column].astype(str)
    return frame


def found(name, factors):
    """A table of the folder that the environment variable names."""
    folder = os.environ.get(VARIABLE, "")
    for suffix in (".csv", ".csv.gz"):
        path = Path(folder) / f"{name}{suffix}"
        if folder and path.is_file():
            return pd.read_csv(path, dtype=dict.fromkeys(factors, "str"))
    where = folder if folder else f"a folder (set {VARIABLE})"
    raise MissingTableError(f"{name}.csv is not in {where}; benchmarks/tables.py says where to get it")


def verbagg():
    """Verbal aggression: 24 items answered by 316 people; `yes` is 1 for an answer of yes or perhaps."""
    frame = found("VerbAgg", ("Gender", "item", "id", "btype", "situ", "mode", "r2"))
    return frame.assign(yes=(frame["r2"] == "Y").astype(int), Anger=frame["Anger"] - frame["Anger"].mean())


def insteval():
    """73,421 ratings of 1,128 lecturers by 2,972 students of ETH Zurich."""
    return found("InstEval", ("s", "d", "studage", "lectage", "service", "dept"))


def ozone():
    """Daily maxima of ozone at 12 stations in Beijing, temperature in tens of degrees about its mean."""
    frame = found("ozone_daily", ("station",))
    return frame.assign(temp=(frame["TEMP"] - frame["TEMP"].mean()) / 10)


def epilepsy(seed=59):
    """Counts of seizures of 59 patients at 4 visits each, with more spread than a Poisson has."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(59), 4)
    visit = np.tile(np.arange(4), 59) - 1.5
    treated = (rng.permutation(59) < 31).astype(float)
    base, treated = rng.normal(0.0, 0.75, 59)[patient], (treated - treated.mean())[patient]
    log_mean = 1.6 + 0.9 * base - 0.3 * treated - 0.1 * visit
    log_mean = log_mean + 0.5 * rng.normal(size=59)[patient] + 0.35 * rng.normal(size=236)
    return pd.DataFrame(
        {
            "seizures": rng.poisson(np.exp(log_mean)),
            "base": base - base.mean(),
            "treated": treated,
            "visit": visit,
            "patient": _labels("p", patient),
            "row": _labels("o", np.arange(236)),
        }
    )


def counts(seed=40):
    """Overdispersed counts in 40 groups of 15, with a slope of its own in each."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(40), 15)
    x = _centred(rng.normal(size=600))
    u = rng.multivariate_normal([0.0, 0.0], [[0.36, -0.06], [-0.06, 0.09]], 40)
    mean = np.exp(1.5 + 0.4 * x + u[group, 0] + u[group, 1] * x)
    return pd.DataFrame(
        {"y": rng.negative_binomial(2.5, 2.5 / (2.5 + mean)), "x": x, "group": _labels("g", group)}
    )


def ratings(seed=41):
    """Ratings from 1 to 5 of 12 items by 40 people."""
    rng = np.random.default_rng(seed)
    person, item = np.repeat(np.arange(40), 12), np.tile(np.arange(12), 40)
    x = _centred(rng.normal(size=480))
    eta = 0.8 * x + 1.0 * rng.normal(size=40)[person] + 0.6 * rng.normal(size=12)[item]
    latent = eta + rng.logistic(size=480)
    rating = 1 + np.searchsorted([-2.0, -0.6, 0.7, 2.2], latent)
    return pd.DataFrame(
        {"rating": rating, "x": x, "person": _labels("p", person), "item": _labels("i", item)}
    )


def ladder(n_rows, n_levels, n_coefficients, seed=7):
    """Gaussian rows in groups of equal size, `n_coefficients` of them with an effect of the group.

    The first coefficient is the intercept, the others are of x1, x2, ...: sds 1, 0.5, 0.5, ..., no
    correlations, residual sd 1.
    """
    rng = np.random.default_rng([seed, n_rows, n_levels, n_coefficients])
    group = np.arange(n_rows) % n_levels
    x = rng.normal(size=(n_rows, n_coefficients - 1))
    x -= x.mean(axis=0)
    y = 2.0 + rng.normal(size=n_levels)[group] + rng.normal(size=n_rows)
    frame = pd.DataFrame({f"x{k + 1}": x[:, k] for k in range(x.shape[1])})
    for k in range(x.shape[1]):
        y += x[:, k] * (0.3 + 0.5 * rng.normal(size=n_levels)[group])
    return frame.assign(y=y, group=_labels("g", group))


def _centred(x):
    return x - x.mean()


def _labels(letter, codes):
    """Names of equal length, whose alphabetical order is that of the codes."""
    width = len(str(int(codes.max())))
    names = np.array([f"{letter}{code:0{width}d}" for code in range(int(codes.max()) + 1)])
    return names[codes]
