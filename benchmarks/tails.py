"""What bending the tails of small sds is worth: effective draws and steps with and without, in Markdown.

    python benchmarks/tails.py [MODEL ...]

Each model is run by NUTS as `bf.fit` would run it and once more with straight coordinates, the same program
else, 4 chains of 1,000 + 1,000 by three seeds. Bulk and tail ESS are the least over all reported parameters;
what is counted does not depend on how fast the machine is or on what else it does.
"""

import dataclasses
import sys
import warnings

import numpy as np
import pandas as pd

SEEDS = (1, 2, 3)


def models():
    """Name -> formula, table, family: sds that rows can hardly tell from none first, then others."""
    import bayesformula as bf

    rng = np.random.default_rng(3)
    g, x = rng.integers(0, 10, 200), rng.normal(size=200)
    small, large = 0.1 * rng.normal(size=10)[g], 0.8 * rng.normal(size=10)[g]
    slope = 0.15 * rng.normal(size=10)[g] * x
    table = pd.DataFrame({"x": x, "g": [f"g{level}" for level in g]})
    table["little"] = 1 + x + small + rng.normal(size=200)
    table["slopes"] = 1 + x + large + slope + rng.normal(size=200)
    table["yes"] = (rng.uniform(size=200) < 1 / (1 + np.exp(-x - large - slope))).astype(int)
    table["count"] = rng.poisson(np.exp(0.5 + 0.3 * x + small))
    schools = pd.DataFrame(
        {
            "effect": [28.0, 8, -3, 7, -1, 1, 18, 12],
            "se": [15.0, 10, 16, 11, 9, 11, 10, 18],
            "school": list("ABCDEFGH"),
        }
    )
    load = bf.datasets.load
    return {
        "eight schools": ("effect | se(se) ~ 1 + (1 | school)", schools, "gaussian"),
        "Pastes, `(1 \\| batch/cask)`": ("strength ~ 1 + (1 | batch/cask)", load("Pastes"), "gaussian"),
        "Gaussian, `(1 \\| g)`": ("little ~ x + (1 | g)", table, "gaussian"),
        "Gaussian, `(1 + x \\| g)`": ("slopes ~ x + (1 + x | g)", table, "gaussian"),
        "Bernoulli, `(1 + x \\| g)`": ("yes ~ x + (1 + x | g)", table, "bernoulli"),
        "Poisson, `(1 \\| g)`": ("count ~ x + (1 | g)", table, "poisson"),
        "negative binomial, `(1 \\| g)`": ("count ~ x + (1 | g)", table, "negbinomial"),
        "sleepstudy, `(Days \\| Subject)`": (
            "Reaction ~ Days + (Days | Subject)",
            load("sleepstudy"),
            "gaussian",
        ),
        "Penicillin, crossed": ("diameter ~ 1 + (1 | plate) + (1 | sample)", load("Penicillin"), "gaussian"),
        "cafes, `(afternoon \\| cafe)`": ("wait ~ afternoon + (afternoon | cafe)", load("cafes"), "gaussian"),
    }


def figures(formula, table, family, *, is_bent):
    """Bulk and tail ESS a draw, and steps a draw, each the mean over seeds."""
    from bayesformula import pipeline
    from bayesformula.results.diagnostics import diagnostics
    from bayesformula.runner import device, nuts
    from bayesformula.runner.config import RunConfig

    options = {"priors": None, "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    ready = pipeline.prepare(formula, table, family=family, **options)
    source = pipeline.row_source(ready.design, ready.model)
    _, program, data, start = pipeline.planned_inputs(ready.model, ready.plan, source)
    begin = program.start(data, start)
    if not is_bent:
        program = dataclasses.replace(program, sides=())
        begin = begin._replace(middle=np.empty(0))
    found = []
    for seed in SEEDS:
        raw = nuts.run(program, data, begin, RunConfig(seed=seed), device.choose("cpu"))
        columns = [values.reshape(*values.shape[:2], -1) for values in raw.recovered.values()]
        ess = diagnostics(np.concatenate(columns, axis=2))
        draws = raw.z.shape[0] * raw.z.shape[1]
        least = [np.nanmin(ess[name]) / draws for name in ("ess_bulk", "ess_tail")]
        found.append([*least, np.mean(raw.stats["n_steps"])])
    return np.mean(found, axis=0)


def main(names):
    warnings.simplefilter("ignore")
    print("| model | straight: bulk ESS a draw | tail | steps | bent: bulk ESS a draw | tail | steps |")
    print("|---|---|---|---|---|---|---|")
    for name, model in models().items():
        if not names or any(each in name for each in names):
            cells = [figures(*model, is_bent=is_bent) for is_bent in (False, True)]
            text = " | ".join(f"{bulk:.2f} | {tail:.2f} | {steps:.1f}" for bulk, tail, steps in cells)
            print(f"| {name} | {text} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
