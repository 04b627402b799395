"""bambi, sampled by PyMC, nutpie or NumPyro.

A refit is `fit` of the model that is already built. bambi has no correlations between group effects.
"""

import time

from clock import job_and_clock, peak_mib, read_table, report, versions, write_draws

FAMILIES = {"binomial": "binomial", "bernoulli": "bernoulli", "poisson": "poisson"} | {
    "gaussian": "gaussian",
    "negbinomial": "negativebinomial",
    "cumulative": "cumulative",
}


def main():
    job, clock = job_and_clock()
    import warnings

    import bambi as bmb

    warnings.simplefilter("ignore")
    clock.parts["import"] = clock.wall()
    with clock.part("read"):
        data = read_table(job)
    if job["family"] == "cumulative":
        import pandas as pd

        response = job["bambi"].split("~")[0].strip()
        data[response] = pd.Categorical(data[response], ordered=True)
    with clock.part("design"):
        model = bmb.Model(job["bambi"], data, family=FAMILIES[job["family"]], priors=priors(bmb, job))
        model.build()
    tick = time.time()
    draws = sample(model, job, job["seed"])
    fitted = time.time() - tick
    content = {"wall": clock.wall(), "memory_mib": peak_mib(), **facts(draws)}
    content["seconds"] = {**clock.parts, **split(draws, fitted)}
    write_draws(job["out"], columns(draws), job["max_effects"])
    if job["refit"]:
        tick = time.time()
        draws = sample(model, job, job["seed"] + 1)
        fitted = time.time() - tick
        content["refit"] = {"wall": fitted, "seconds": split(draws, fitted), **facts(draws)}
        write_draws(job["out"] + "-refit", columns(draws), job["max_effects"])
    report(status="ok", **content, versions=versions("bambi", "pymc", "nutpie", "numpyro", "jax", "pytensor"))


def priors(bmb, job):
    """The priors of the job: bambi states the one of the intercept at the predictors' means, too."""
    numbers = job["priors"]
    mean, spread = numbers["mean"], numbers["intercept"]
    sd = bmb.Prior("Normal", mu=0, sigma=bmb.Prior("Exponential", lam=numbers["sd"]))
    out = {"group_specific": sd}
    if numbers["b"] is not None:
        out["common"] = bmb.Prior("Normal", mu=0, sigma=numbers["b"])
    if numbers["sigma"] is not None:
        out["sigma"] = bmb.Prior("Exponential", lam=numbers["sigma"])
    if numbers["shape"] is not None:
        out["alpha"] = bmb.Prior("Exponential", lam=numbers["shape"])
    if job["family"] != "cumulative":
        return out | {"Intercept": bmb.Prior("Normal", mu=mean, sigma=spread)}
    import numpy as np
    import pymc as pm

    # Thresholds have no natural start: an ordered vector needs distinct first values.
    out["threshold"] = bmb.Prior(
        "Normal",
        mu=np.full(4, mean),
        sigma=np.full(4, spread),
        transform=pm.distributions.transforms.ordered,
        initval=np.linspace(-2, 2, 4),
    )
    return out


def sample(model, job, seed):
    """Chains on two cores."""
    extra = {} if job["option"] == "numpyro" else {"cores": job["cores"]}
    if job["option"] == "numpyro":
        extra["chain_method"] = "parallel"
    return model.fit(
        draws=job["draws"],
        tune=job["warmup"],
        chains=job["chains"],
        random_seed=seed,
        progressbar=False,
        inference_method=job["option"],
        **extra,
    )


def split(draws, fitted):
    """What the sampler says it took; the rest of the fit was compiling."""
    sampled = draws.posterior.attrs.get("sampling_time")
    if sampled is None:
        return {"fit": fitted}
    return {"compile": fitted - float(sampled), "warmup+draws": float(sampled)}


def facts(draws):
    """Divergences, and leapfrog steps a draw where they are told."""
    stats = draws.sample_stats
    steps = next((name for name in ("n_steps", "tree_size") if name in stats), None)
    return {
        "divergences": int(stats["diverging"].sum()),
        "leapfrogs": None if steps is None else float(stats[steps].mean()),
    }


def columns(draws):
    """Draws by the names of this suite: b_x, sd_g__x, sigma, shape, and r_g for the effects of a group."""
    posterior, out = draws.posterior, {}
    coordinates = {name.split("|")[1] for name in posterior.data_vars if "|" in name}
    labels = {name.removesuffix("_sigma") for name in coordinates if name.endswith("_sigma")}
    for name, values in posterior.data_vars.items():
        array = values.transpose("chain", "draw", ...).to_numpy()
        flat = array.reshape(*array.shape[:2], -1)
        if name.endswith("_offset") or "_log__" in name or name in ("mu", "p"):
            continue
        coefficient, _, group = name.partition("|")
        coefficient = "Intercept" if coefficient == "1" else coefficient
        if group and group in labels:
            out[f"r_{name}"] = flat
        elif group.endswith("_sigma"):
            label = group.removesuffix("_sigma")
            ends = [""] if flat.shape[2] == 1 else _ends(values)
            out |= {f"sd_{label}__{coefficient}{e}": flat[:, :, k] for k, e in enumerate(ends)}
        elif name in ("sigma", "alpha"):
            out["shape" if name == "alpha" else name] = flat[:, :, 0]
        elif name == "threshold":
            out |= {f"b_Intercept[{k + 1}]": flat[:, :, k] for k in range(flat.shape[2])}
        else:
            ends = [""] if array.ndim == 2 else _ends(values)
            out |= {f"b_{name}{end}": flat[:, :, k] for k, end in enumerate(ends)}
    return out


def _ends(values):
    """Names along the last dimension, as R writes those of a factor's columns."""
    return [str(value) for value in values[values.dims[-1]].to_numpy()]


if __name__ == "__main__":
    main()
