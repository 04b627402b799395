"""Nested groups: groups within regions, every level with its own sds and its own correlation.

`(1 + x | region/group)` is `(1 + x | region) + (1 + x | region:group)`. Five simulated tables with known
truth: all but at most one of the 95 % intervals of sds and correlations cover it.

Prints one line a seed: how many of the 6 intervals cover the truth (5 or 6).
"""

import bayesformula as bf

PRIORS = [
    "Intercept ~ normal(5, 2)",
    "b ~ normal(-1, 1)",
    "sd ~ exponential(1)",
    "sigma ~ exponential(1)",
    "cor ~ lkj(2)",
]
SEEDS = (1, 2, 3, 4, 5)


def covered(seed):
    """Fit one simulated table; names of the sds and correlations, and whether each interval has the truth."""
    table = bf.datasets.simulate_nested(seed=seed)
    fit = bf.fit("y ~ x + (1 + x | region/group)", table, priors=PRIORS, target_accept=0.95, seed=seed)
    summary, truth = fit.summary(), bf.datasets.truth("nested")
    names = [name for name in summary.index if name.startswith(("sd_", "cor_"))]
    hits = {n: bool(summary.lower[n] <= truth[n] <= summary.upper[n]) for n in names}
    return hits, fit


def main():
    for seed in SEEDS:
        hits, fit = covered(seed)
        missed = ", ".join(name for name, hit in hits.items() if not hit)
        print(
            f"seed {seed}: {sum(hits.values())} of {len(hits)} cover the truth",
            f"({missed})" if missed else "",
        )
    print(fit)


if __name__ == "__main__":
    main()
