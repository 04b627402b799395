"""Keywords that users of other packages type, and what they are called here.

`fit` has fixed keyword-only arguments, which is what help, editors and type checkers want; Python would
answer any other keyword with a bare TypeError. `explains_options` puts a message in its place and leaves
the signature as it is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import ParamSpec, TypeVar, cast

from bayesformula.errors import FormulaError, OptionError, nearest

P = ParamSpec("P")
R = TypeVar("R")

RENAMED: Mapping[str, str] = {
    "adapt_delta": "target_accept",
    "target_accept_prob": "target_accept",
    "max_treedepth": "max_tree_depth",
    "n_chains": "chains",
    "nchains": "chains",
    "num_chains": "chains",
    "n_draws": "draws",
    "num_draws": "draws",
    "n_samples": "draws",
    "num_samples": "draws",
    "samples": "draws",
    "iter_sampling": "draws",
    "tune": "warmup",
    "num_warmup": "warmup",
    "n_warmup": "warmup",
    "num_tune": "warmup",
    "n_tune": "warmup",
    "iter_warmup": "warmup",
    "burnin": "warmup",
    "burn_in": "warmup",
    "nthin": "thin",
    "thinning": "thin",
    "random_seed": "seed",
    "random_state": "seed",
    "prior": "priors",
    "inits": "init",
    "initvals": "init",
    "progressbar": "progress",
    "progress_bar": "progress",
}
"""Options of brms, rstan, CmdStan, PyMC, bambi, NumPyro that have another name here and the same values."""

PEERS_OPTIONS: Mapping[str, str] = {
    "iter": "brms and rstan count warmup and draws together; write warmup=1000, draws=1000",
    "control": "adapt_delta is target_accept= here, and max_treedepth is max_tree_depth=",
    "cores": "chains run at the same time on the cores there are; leave it out",
    "n_jobs": "chains run at the same time on the cores there are; leave it out",
    "parallel_chains": "chains run at the same time on the cores there are; leave it out",
    "chain_method": "chains run at the same time on the cores there are; leave it out",
    "threads": "chains run at the same time on the cores there are; leave it out",
    "backend": "there is one sampler, NUTS; leave it out",
    "algorithm": "there is one sampler, NUTS; leave it out",
    "inference_method": "there is one sampler, NUTS; leave it out",
    "nuts_sampler": "there is one sampler, NUTS; leave it out",
    "REML": "sds are sampled together with all else, so that there is nothing to choose; leave it out",
    "sample_prior": "write prior_only=True for draws from the prior alone",
    "link": 'it goes with the family; write family={"name": "gamma", "link": "log"}',
    "noncentered": 'write plan="noncentred" or plan="centred"',
    "auto_scale": "default priors are scaled to the data; state others with priors=",
    "rng_key": "write seed= and a whole number",
    "rng": "write seed= and a whole number",
    "start": 'write init={"sigma": 2.0}, starting values by name',
    "verbose": "write progress=True or progress=False",
    "refresh": "write progress=True or progress=False",
    "silent": "write progress=False",
    "dropna": 'write na="drop" or na="error"',
    "na_action": 'write na="drop" or na="error"',
    "file": 'write fit.save("fit.nc") afterwards',
    "save_pars": 'write keep="draws" or keep="summary" for the group effects',
    "cov_ranef": 'write (1 | gr(g, cov = A)) in the formula and data2={"A": matrix}',
    "weights": "it belongs to the response in the formula; write y | weights(w) ~ x",
    "trials": "it belongs to the response in the formula; write y | trials(n) ~ x",
    "offset": "it belongs into the formula; write y ~ x + offset(o)",
    "groups": "it belongs into the formula; write y ~ x + (1 | g)",
    "random": "it belongs into the formula; write y ~ x + (1 | g)",
    "re_formula": "it belongs into the formula; write y ~ x + (1 + x | g)",
    "contrasts": "it belongs into the formula; write C(f, sum) or C(f, helmert)",
    "categorical": "it belongs into the formula; write factor(x)",
    "subset": "take the rows from the data before; write data=frame[condition]",
}
"""Options of brms, rstan, lme4, PyMC, bambi, statsmodels that are something else here: what to write."""


def explain_option(name: str, legal: Iterable[str], value: object = None) -> str:
    """What to write in place of an option that there is not.

    Args:
        name: as the user wrote it.
        legal: the options there are.
        value: what the user gave it, shown under the right name.

    >>> explain_option("adapt_delta", ["target_accept"], 0.95)
    'write target_accept=0.95'
    """
    known = list(legal)
    ours = RENAMED.get(name, "")
    if ours in known:
        return f"write {ours}={_shown(value)}"
    if name == "iter" and isinstance(value, int) and value > 1 and "draws" in known:
        half = value // 2
        return f"brms and rstan count warmup and draws together; write warmup={half}, draws={value - half}"
    if name == "control" and isinstance(value, Mapping):
        given = cast("Mapping[str, object]", value)
        parts = [f"{RENAMED[key]}={_shown(given[key])}" for key in given if RENAMED.get(key, "") in known]
        if parts:
            return f"its parts are options here; write {', '.join(parts)}"
    if name in PEERS_OPTIONS and "draws" in known:
        return PEERS_OPTIONS[name]
    return f"there are {', '.join(nearest(name, known)[:6])}"


def _shown(value: object) -> str:
    """Short values as they are, others as dots."""
    text = repr(value)
    return text if value is not None and len(text) <= 40 else "..."


def explains_options(function: Callable[P, R]) -> Callable[P, R]:
    """The function with an OptionError for keywords that it has not, and for unnamed options.

    Its signature, annotations and help stay as they are (`functools.wraps`). Warnings raised inside see
    one frame more on their way to the caller.

    Raises:
        OptionError: on call; an unknown option, an option without its name, or a missing argument.
    """
    signature = inspect.signature(function)
    named = [name for name, each in signature.parameters.items() if each.kind is each.KEYWORD_ONLY]
    placed = [name for name in signature.parameters if name not in named]

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        name = function.__name__
        for key, value in kwargs.items():
            if key not in signature.parameters:
                raise OptionError(f"{name}() has no option '{key}': {explain_option(key, named, value)}")
        if len(args) > len(placed):
            call = f"bf.{name}({', '.join(placed)}, {named[0]}=...)" if named else f"bf.{name}(...)"
            raise OptionError(
                f"{name}() takes {len(placed)} arguments without a name and got {len(args)}; "
                f"options are named: {call}"
            )
        try:
            signature.bind(*args, **kwargs)
        except TypeError as fault:
            raise OptionError(f"{name}(): {fault}; write bf.{name}({', '.join(placed)})") from None
        return function(*args, **kwargs)

    return checked


def argument_of_fit(formula: str, name: str, value: object) -> FormulaError:
    """The error for an argument of `fit` that was given to `formula`, which takes parameters alone."""
    further = "" if name == "data" else f", {name}={_shown(value)}"
    return FormulaError(
        f"'{name}' is no part of a formula: it is an argument of bf.fit",
        hint=f"Write bf.fit(bf.formula({formula!r}), data{further}).",
    )
