"""Levels that are related: sites along a river, the nearer the more alike.

The covariance of the sites is known up to its size (it falls off with the distance between them) and is
passed beside the data. Kinship of animals and phylogenies of species are passed in the same way.

Prints both models' estimates, and how far their site effects lie from the truth: knowing who is near whom
makes the effects of sites with few samples better.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

SITES = [f"km{distance:03d}" for distance in range(0, 120, 4)]


def simulate(seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Samples (one to three a site), the covariance of the sites, and their true effects."""
    rng = np.random.default_rng(seed)
    distance = np.array([int(site[2:]) for site in SITES])
    covariance = np.exp(-np.abs(distance[:, None] - distance[None, :]) / 30)
    effects = 1.5 * np.linalg.cholesky(covariance) @ rng.normal(size=len(SITES))
    place = np.repeat(np.arange(len(SITES)), rng.integers(1, 4, len(SITES)))
    shade = rng.uniform(size=len(place))
    oxygen = 9.0 + 2.0 * shade + effects[place] + rng.normal(scale=0.8, size=len(place))
    samples = pd.DataFrame({"oxygen": oxygen, "shade": shade, "site": np.array(SITES)[place]})
    return samples, pd.DataFrame(covariance, SITES, SITES), pd.Series(effects, SITES)


def main():
    samples, covariance, truth = simulate()
    related = bf.fit("oxygen ~ shade + (1 | gr(site, cov = A))", samples, data2={"A": covariance})
    alone = bf.fit("oxygen ~ shade + (1 | site)", samples)
    columns = ["mean", "sd", "lower", "upper"]
    tables = {"related": related.summary()[columns], "alone": alone.summary()[columns]}
    print(pd.concat(tables, axis=1).round(2).to_string())
    errors = {}
    for name, fit in (("related", related), ("alone", alone)):
        total = fit.coef("site")["mean"].xs("Intercept", level="coef").droplevel("group")
        errors[name] = float(np.sqrt(np.mean((total - (9.0 + truth)) ** 2)))
        print(f"{name:8s} root mean square error of the site intercepts: {errors[name]:.2f}")
    return related, alone, errors


if __name__ == "__main__":
    main()
