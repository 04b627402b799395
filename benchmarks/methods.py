"""The methods that the suite compares: which script, in which environment, with which option."""

import os
from dataclasses import dataclass
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
PLANS = ("auto", "marginal", "whitened", "noncentred", "centred")
"""That are compared with each other; `importance`, another sampler of one of them, is a method by itself."""


@dataclass(frozen=True)
class Method:
    """One way to fit a model.

    Attributes:
        name: how it is asked for on the command line.
        script: in this folder.
        environment: of `environments.PYTHON`, or "R".
        option: what the script is told: a plan, a sampler, a way to run chains, a package.
        package: of R, that must be installed.
        families: that it can fit; empty for all.
        is_sampler: it gives a posterior, not a point.
    """

    name: str
    script: str
    environment: str
    option: str = ""
    package: str = ""
    families: tuple[str, ...] = ()
    is_sampler: bool = True

    @property
    def is_ours(self):
        return self.environment == "ours"

    @property
    def interpreter(self):
        """What runs the script."""
        return "Rscript" if self.environment == "R" else str(environments.interpreter(self.environment))

    def command(self, job):
        return [self.interpreter, str(HERE / self.script), job]

    def refusal(self, model):
        """Why it cannot fit a model; empty when it can."""
        if self.families and model.family not in self.families:
            return f"{self.name} has no {model.family} response with group effects"
        return ""

    def missing(self, missing_r):
        """What of its environment is not there; empty when all is."""
        if self.environment == "R":
            wanted = {"jsonlite", self.package}
            return ", ".join(sorted(wanted & missing_r))
        there = environments.interpreter(self.environment).is_file()
        return "" if there else f"build/benchmarks/{self.environment}"


_LME4 = ("gaussian", "binomial", "bernoulli", "poisson")
METHODS = {
    method.name: method
    for method in (
        *(Method(f"ours-{plan}", "ours.py", "ours", plan) for plan in (*PLANS, "importance")),
        *(Method(f"bambi-{name}", "peer_bambi.py", "bambi", name) for name in ("pymc", "nutpie", "numpyro")),
        *(Method(f"numpyro-{way}", "peer_numpyro.py", "numpyro", way) for way in ("sequential", "parallel")),
        Method("brms", "peer_brms.R", "R", package="brms"),
        Method("rstanarm", "peer_rstanarm.R", "R", "", "rstanarm", (*_LME4, "negbinomial")),
        Method("lme4", "peer_lme4.R", "R", "lme4", "lme4", _LME4, is_sampler=False),
        Method(
            "glmmTMB", "peer_lme4.R", "R", "glmmTMB", "glmmTMB", (*_LME4, "negbinomial"), is_sampler=False
        ),
    )
}
SETS = {
    "ours": tuple(f"ours-{plan}" for plan in PLANS),
    "peers": tuple(name for name, method in METHODS.items() if not method.is_ours),
    "fast": ("ours-auto", "bambi-nutpie", "numpyro-parallel", "brms", "rstanarm", "lme4"),
    "all": tuple(METHODS),
}
"""Names for several methods at once; `fast` has of each peer only the quickest way to run it."""


def variables(cache):
    """The environment of a process whose caches, whatever the package, lie in one folder.

    Matplotlib's list of fonts, made once a machine, is not among them: it is kept in build/benchmarks.
    """
    flags = f"base_compiledir={cache}/pytensor,blas__ldflags=-lblas"
    return {
        **os.environ,
        "BAYESFORMULA_CACHE": f"{cache}/bayesformula",
        "JAX_PLATFORMS": "cpu",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(environments.FOLDER / "matplotlib"),
        "NUMBA_CACHE_DIR": f"{cache}/numba",
        "PYTENSOR_FLAGS": flags,
        "XDG_CACHE_HOME": f"{cache}/xdg",
    }


def jax_cache(cache):
    """JAX's own cache of compiled programs, which an expert would turn on for the peers that use JAX."""
    return {"JAX_COMPILATION_CACHE_DIR": f"{cache}/jax", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.2"}
