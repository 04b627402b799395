"""This package under one plan: a first fit in this process, and a second one where the job asks for it."""

from clock import job_and_clock, peak_mib, read_table, report, versions, write_draws


def main():
    import time

    job, clock = job_and_clock()
    import warnings

    import bayesformula as bf

    warnings.simplefilter("ignore", bf.BayesFormulaWarning)
    clock.parts["import"] = clock.wall()
    with clock.part("read"):
        data = job["parquet"] if job["by_path"] else read_table(job)
    options = {
        "family": job["family"],
        "priors": job["statements"],
        "plan": job["option"],
        "chains": job["chains"],
        "draws": job["draws"],
        "warmup": job["warmup"],
        "progress": False,
    }
    try:
        first = bf.fit(job["formula"], data, seed=job["seed"], **options)
    except bf.OptionError as error:  # a plan that this model or version has not
        report(status="unsupported", message=str(error).splitlines()[0])
        return
    content = {"wall": clock.wall(), "memory_mib": peak_mib(), **facts(first)}
    content["seconds"] = {**clock.parts, **content["seconds"]}
    write_draws(job["out"], columns(first), job["max_effects"])
    if job["refit"]:
        tick = time.time()
        again = bf.fit(job["formula"], data, seed=job["seed"] + 1, **options)
        content["refit"] = {"wall": time.time() - tick, **facts(again)}
        write_draws(job["out"] + "-refit", columns(again), job["max_effects"])
    report(status="ok", **content, versions=versions("bayesformula", "jax", "jaxlib", "numpyro"))


def facts(fit):
    """What the fit tells of itself."""
    stages = ("design", "trace", "compile", "warmup", "draws", "recovery", "diagnostics")
    return {
        "seconds": {name: fit.timing[name] for name in stages if name in fit.timing},
        "plan": fit.plan.name,
        "leapfrogs": fit.timing.get("leapfrog_steps_per_draw"),  # none under importance
        "divergences": int(fit.divergences),
    }


def columns(fit):
    """Draws by flat name; group effects by group, unless only their means were kept."""
    frame = fit.draws_frame(effects=False)
    shape = (fit.config.chains, fit.config.draws)
    main = {name: frame[name].to_numpy().reshape(shape) for name in frame.columns if name[:2] != "r_"}
    effects = {name: draws for name, draws in fit.draws.items() if name.startswith("r_") and "." not in name}
    return main | {name: draws for name, draws in effects.items() if draws.ndim > 2}


if __name__ == "__main__":
    main()
