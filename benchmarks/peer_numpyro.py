"""The model written by hand in NumPyro: non-centred, predictors centred, arrays ready, as its manual advises.

Single precision, which is NumPyro's default. Four host devices let four chains run at once ("parallel"); a
refit is `run` of the same MCMC object, which compiles nothing again.
"""

import os
import time

from clock import job_and_clock, peak_mib, report, versions, write_draws


def main():
    job, clock = job_and_clock()
    if job["option"] == "parallel":
        os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={job['chains']}"
    import jax
    import numpy as np
    from numpyro.infer import MCMC, NUTS

    clock.parts["import"] = clock.wall()
    with clock.part("read"), np.load(job["design"]) as file:
        arrays = dict(file)
    model, data = written(job, arrays)
    mcmc = MCMC(
        NUTS(model),
        num_warmup=job["warmup"],
        num_samples=job["draws"],
        num_chains=job["chains"],
        chain_method=job["option"],
        progress_bar=False,
    )

    def run(seed):
        mcmc.run(jax.random.PRNGKey(seed), **data, extra_fields=("num_steps", "diverging"))
        draws = {name: np.asarray(v) for name, v in mcmc.get_samples(group_by_chain=True).items()}
        extra = {name: np.asarray(v) for name, v in mcmc.get_extra_fields().items()}
        return draws, {
            "divergences": int(extra["diverging"].sum()),
            "leapfrogs": float(extra["num_steps"].mean()),
        }

    with clock.part("fit"):
        draws, facts = run(job["seed"])
    content = {"wall": clock.wall(), "memory_mib": peak_mib(), "seconds": clock.parts, **facts}
    write_draws(job["out"], columns(draws, arrays), job["max_effects"])
    if job["refit"]:
        tick = time.time()
        draws, facts = run(job["seed"] + 1)
        took = time.time() - tick
        content["refit"] = {"wall": took, "seconds": {"warmup+draws": took}, **facts}
        write_draws(job["out"] + "-refit", columns(draws, arrays), job["max_effects"])
    report(status="ok", **content, versions=versions("numpyro", "jax", "jaxlib"))


def groups_of(arrays):
    """Label, coefficients, index, columns, number of levels, and whether they are correlated."""
    for k in range(sum(name.startswith("label_") for name in arrays)):
        coefs = [str(c) for c in arrays[f"coefs_{k}"]]
        is_correlated = len(coefs) > 1 and int(arrays[f"blocks_{k}"]) == 1
        label, n_levels = str(arrays[f"label_{k}"]), int(arrays[f"n_levels_{k}"])
        yield label, coefs, arrays[f"index_{k}"], arrays[f"z_{k}"], n_levels, is_correlated


def written(job, arrays):
    """The model function and its arguments."""
    import jax.numpy as jnp
    import numpy as np
    import numpyro
    import numpyro.distributions as dist

    priors, family = job["priors"], job["family"]
    means = arrays["x"].mean(axis=0)
    groups = [
        (label, len(coefs), n_levels, is_correlated)
        for label, coefs, _, _, n_levels, is_correlated in groups_of(arrays)
    ]
    n_thresholds = int(arrays["y"].max() - arrays["y"].min()) if family == "cumulative" else 0

    def effects(label, q, n_levels, is_correlated):
        sd = numpyro.sample(f"sd_{label}", dist.Exponential(priors["sd"]).expand([q]).to_event(1))
        unit = numpyro.sample(f"z_{label}", dist.Normal().expand([n_levels, q]).to_event(2))
        if is_correlated:
            chol = numpyro.sample(f"chol_{label}", dist.LKJCholesky(q, priors["cor"]))
            return numpyro.deterministic(f"r_{label}", unit @ (sd[:, None] * chol).T)
        return numpyro.deterministic(f"r_{label}", unit * sd)

    def model(x, y, trials, **columns_and_levels):
        eta = 0.0
        if family != "cumulative":
            centred = numpyro.sample("centred", dist.Normal(priors["mean"], priors["intercept"]))
            eta = centred
        if x.shape[1]:
            b = numpyro.sample("b", dist.Normal(0, priors["b"]).expand([x.shape[1]]).to_event(1))
            eta = eta + x @ b
        for k, group in enumerate(groups):
            r, level = effects(*group), columns_and_levels[f"index_{k}"]
            for j in range(r.shape[1]):
                # one coefficient at a time, as its manual writes it: four times faster than rows of r at once
                column = columns_and_levels.get(f"z_{k}_{j}")
                eta = eta + (r[:, j][level] if column is None else r[:, j][level] * column)
        numpyro.sample("y", response(eta, trials), obs=y)

    def response(eta, trials):
        if family == "gaussian":
            return dist.Normal(eta, numpyro.sample("sigma", dist.Exponential(priors["sigma"])))
        if family == "binomial":
            return dist.Binomial(trials, logits=eta)
        if family == "bernoulli":
            return dist.Bernoulli(logits=eta)
        if family == "poisson":
            return dist.Poisson(jnp.exp(eta))
        if family == "negbinomial":
            shape = numpyro.sample("shape", dist.Exponential(priors["shape"]))
            return dist.NegativeBinomial2(jnp.exp(eta), shape)
        cuts = OrderedNormal(priors["mean"], priors["intercept"], n_thresholds)
        return dist.OrderedLogistic(eta, numpyro.sample("thresholds", cuts))

    class OrderedNormal(dist.Distribution):
        """Independent normals, kept in order, as brms has them."""

        support = dist.constraints.ordered_vector

        def __init__(self, mean, sd, size):
            self.base = dist.Normal(mean, sd)
            super().__init__(event_shape=(size,))

        def sample(self, key, sample_shape=()):
            return jnp.sort(self.base.sample(key, (*sample_shape, *self.event_shape)))

        def log_prob(self, value):
            return self.base.log_prob(value).sum(-1)

    kind = np.int32 if family != "gaussian" else np.float32
    lowest = arrays["y"].min() if family == "cumulative" else 0
    data = {
        "x": (arrays["x"] - means).astype(np.float32),
        "y": (arrays["y"] - lowest).astype(kind),
        "trials": arrays["trials"].astype(np.int32) if "trials" in arrays else None,
    }
    # arrays one by one, not in lists: MCMC keeps its compiled program only for arguments that it can hash
    for k, (_, _, index, z, _, _) in enumerate(groups_of(arrays)):
        data[f"index_{k}"] = index
        columns = {f"z_{k}_{j}": z[:, j].astype(np.float32) for j in range(z.shape[1])}
        data |= {name: column for name, column in columns.items() if not np.all(column == 1)}
    return model, data


def columns(draws, arrays):
    """Draws by the names of this suite, the intercept at zero."""
    import numpy as np

    out, shift = {}, 0.0
    if "b" in draws:
        out |= {f"b_{name}": draws["b"][..., k] for k, name in enumerate(arrays["x_names"])}
        shift = draws["b"] @ arrays["x"].mean(axis=0)
    if "centred" in draws:
        out["b_Intercept"] = draws["centred"] - shift
    if "thresholds" in draws:
        shift = np.asarray(shift)[..., None]
        cuts = draws["thresholds"] + shift
        out |= {f"b_Intercept[{k + 1}]": cuts[..., k] for k in range(cuts.shape[-1])}
    out |= {name: draws[name] for name in ("sigma", "shape") if name in draws}
    for label, coefs, *_, is_correlated in groups_of(arrays):
        out |= {f"sd_{label}__{c}": draws[f"sd_{label}"][..., k] for k, c in enumerate(coefs)}
        if is_correlated:
            chol = draws[f"chol_{label}"]
            cor = chol @ np.swapaxes(chol, -1, -2)
            for i in range(len(coefs)):
                for j in range(i + 1, len(coefs)):
                    out[f"cor_{label}__{coefs[i]}__{coefs[j]}"] = cor[..., i, j]
        out[f"r_{label}"] = draws[f"r_{label}"]
    return out


if __name__ == "__main__":
    main()
