"""Simulation-based calibration of a model of the user's own: `bf.sbc`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bayesformula.errors import OptionError, PriorError
from bayesformula.families import Family, record
from bayesformula.pipeline import Prepared, planned_inputs, prepare, row_source
from bayesformula.runner.config import RunConfig, check_progress
from bayesformula.runner.options import explains_options
from bayesformula.syntax.ast import FormulaSpec

if TYPE_CHECKING:
    import numpy as np

    from bayesformula.compiler.structure import Structure
    from bayesformula.results.calibration import Calibration
    from bayesformula.runner.device import Device

THINS = (4, 16, 64)
"""One draw in how many is ranked: in turn, until the chain is good enough."""
ESS_PER_RANKED = 1.5
"""Effective draws of a good chain for each that is ranked: those are then as good as independent."""
BATCH_BYTES = 2**27
"""Of the responses that are simulated at a time."""
MOST_COUNT = 2.0**31
"""Responses beyond are drawn anew: counts are not drawn reliably there."""
TRIES = 200
"""Batches of responses, at most, to find enough that can be fitted."""
LOG_LIKELIHOOD = "log_lik"


@dataclass(frozen=True, slots=True)
class Simulation:
    """One table that was simulated and fitted: ranks and true values by name, and how the chain went."""

    ranks: dict[str, int]
    truth: dict[str, float]
    thin: int
    least_ess: float
    divergences: int


@explains_options
def sbc(
    formula: str | FormulaSpec,
    data: Any,
    *,
    family: str | Mapping[str, Any] | Family | None = None,
    priors: Any = None,
    n_simulations: int = 100,
    ranked: int = 99,
    warmup: int = 500,
    seed: int = 0,
    plan: str = "auto",
    target_accept: float = 0.8,
    max_tree_depth: int = 10,
    na: str = "drop",
    checks: Mapping[str, str] | None = None,
    progress: bool | None = None,
    transforms: Mapping[str, Any] | None = None,
    data2: Mapping[str, Any] | None = None,
) -> Calibration:
    """Check that a model of yours can be fitted: simulation-based calibration.

    Parameters are drawn from the priors, responses from the model with these parameters for the rows of your
    table, and each such table is fitted, by one compiled program. If posteriors are what they claim to be,
    the rank of each true parameter among draws of its posterior is uniform. Ranks that are not tell of a
    sampler that misses part of the posterior, or of priors so wide that what they give cannot be fitted. The
    response in `data` is used for one thing: default priors, which depend on its spread, are as in `bf.fit`.

    Main arguments:
        formula, data, family, priors: as for `bf.fit`; every prior must be proper.
        n_simulations: tables to simulate and fit; 100 show gross errors, 1000 small ones.
        ranked: independent draws that each truth is ranked among, 0 to `ranked`.
        seed: the same seed gives the same ranks.

    Other arguments:
        warmup, plan, target_accept, max_tree_depth, na, checks, transforms, data2: as for `bf.fit`. One chain
            a table; it is run again, up to 16 times as long, where its draws hang together.
        progress: count the simulations on standard error; None does so on a terminal only.

    Returns:
        A `Calibration`: printing it shows a test of uniformity for each parameter and for the log likelihood,
        `.plot()` the distributions of ranks, `.ranks` has them all.

    Raises:
        PriorError: a prior is flat.
        OptionError: the likelihood has weights or censored rows, of which no responses can be drawn.
        BayesFormulaError: as `bf.fit` would.

    Example:
        >>> cafes = bf.datasets.load("cafes")  # doctest: +SKIP
        >>> bf.sbc("wait ~ afternoon + (1 | cafe)", cafes).plot()  # doctest: +SKIP

    References: Talts, Betancourt, Simpson, Vehtari and Gelman (2018), arXiv:1804.06788; Modrak et al. (2023),
        doi:10.1214/23-BA1404, for the log likelihood; Saeilynoja, Buerkner and Vehtari (2022),
        doi:10.1007/s11222-022-10090-6, for the test.
    """
    from bayesformula.results.summary import check_count

    check_count("n_simulations", n_simulations, least=1)
    check_count("ranked", ranked, least=9)
    shown = check_progress(progress)
    config = RunConfig(1, ranked * THINS[0], warmup, 1, seed, target_accept, max_tree_depth)
    ready = prepare(
        formula,
        data,
        family=family,
        priors=priors,
        plan=plan,
        na=na,
        checks=checks,
        transforms=transforms,
        data2=data2,
        quiet=True,
    )
    _refuse(ready)
    config = replace(config, target_accept=max(config.target_accept, ready.plan.target_accept))
    return _calibrate(ready, config, n_simulations, ranked, shown)


def _calibrate(
    ready: Prepared, config: RunConfig, n_simulations: int, ranked: int, shown: bool | None
) -> Calibration:
    """Simulate, fit, rank, and put together."""
    import numpy as np
    import pandas as pd

    from bayesformula.results.calibration import Calibration
    from bayesformula.runner import blas, cache, device

    began, simulations = time.perf_counter(), []
    with cache.lent(), blas.one_thread():
        truths = _Truths(ready, config.seed)
        for number, (truth, y) in zip(range(n_simulations), truths, strict=False):
            simulations.append(_simulation(ready, config, device.choose("cpu"), number, truth, y, ranked))
            _tell(number + 1, n_simulations, shown)
    true = pd.DataFrame([one.truth for one in simulations]).rename_axis("simulation")
    constant = [str(name) for name in _constants(ready)]
    return Calibration(
        formula=ready.model.formula,
        family=ready.model.family.name,
        plan=ready.plan.name,
        ranked=ranked,
        ranks=pd.DataFrame([one.ranks for one in simulations])
        .rename_axis("simulation")
        .drop(columns=constant),
        truths=true.drop(columns=constant),
        least_ess=np.array([one.least_ess for one in simulations]),
        thin=np.array([one.thin for one in simulations]),
        divergences=np.array([one.divergences for one in simulations]),
        redrawn=truths.redrawn,
        needed_ess=ESS_PER_RANKED * ranked,
        seconds=time.perf_counter() - began,
    )


def _constants(ready: Prepared) -> list[str]:
    """Names of parameters that are held at a number: they have no rank."""
    from bayesformula.results.names import scalars

    held = {row.parameter for row in ready.model.priors if row.prior.distribution == "constant"}
    return [row.flat for row in scalars(ready.model) if row.flat in held]


def _refuse(ready: Prepared) -> None:
    """Refuse a model that no parameters, or no responses, can be drawn from."""
    flat = [row for row in ready.model.priors if row.prior.distribution == "flat"]
    if flat:
        shown = ", ".join(row.address for row in flat[:8]) + (", ..." if len(flat) > 8 else "")
        example = "normal(0, 1)" if flat[0].kind in ("b", "bcs", "Intercept") else "exponential(1)"
        raise PriorError(
            f"calibration draws parameters from the priors, and these are flat: {shown}",
            hint=f"Write for instance {flat[0].address} ~ {example}, or leave the statement out.",
        )
    if ready.model.has_weights:
        raise OptionError(
            "calibration needs a likelihood that responses can be drawn from, and this one has weights\n"
            "  Leave weights() out of the formula."
        )
    if "cens" in ready.model.terms:
        raise OptionError(
            "calibration draws the response of every row anew, and which rows are censored says what it was\n"
            "  Leave cens() out of the formula."
        )
    if all(row.prior.distribution == "constant" for row in ready.model.priors):
        raise OptionError("calibration ranks parameters, and all of this model are constant")


class _Truths:
    """Parameters from the prior and the responses that they give, one pair after another.

    Responses that are not finite numbers, or are counts too large to be drawn reliably, are drawn anew, with
    new parameters. That is a rule on the response alone: ranks given a response stay uniform.

    Attributes:
        redrawn: how many pairs were left out.
    """

    def __init__(self, ready: Prepared, seed: int) -> None:
        source = row_source(ready.design, ready.model)
        _, program, data, _ = planned_inputs(ready.model, ready.plan, source)
        self.structure, self._data = program.structure, data._replace(rows=source.whole)
        self._is_count = record(ready.model.family.name).is_discrete
        self._seed, self.redrawn = seed, 0

    def __iter__(self) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        import numpy as np

        from bayesformula.compiler.simulate import simulate_prior

        batch = int(np.clip(BATCH_BYTES // (8 * max(1, self._data.rows.y.size)), 1, 100))
        for number in range(TRIES):
            drawn = simulate_prior(self.structure, self._data, batch, _mixed(self._seed, 2 * number))
            for i in range(batch):
                one = {name: values[i] for name, values in drawn.items()}
                y = np.asarray(one.pop("y"), float)
                if self._is_usable(y):
                    yield one, y
                else:
                    self.redrawn += 1
        raise OptionError(
            f"of {self.redrawn} responses that the priors give hardly any is a number that can be fitted: "
            "they are far too wide\n  Look at fit.prior_predictive(), and state tighter ones with priors=."
        )

    def _is_usable(self, y: np.ndarray) -> bool:
        import numpy as np

        if not np.all(np.isfinite(y)):
            return False
        return not self._is_count or bool(np.all((y >= 0) & (y < MOST_COUNT)))


def _mixed(seed: int, number: int) -> int:
    """A seed of its own for each number."""
    import numpy as np

    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _simulation(
    ready: Prepared,
    config: RunConfig,
    where: Device,
    number: int,
    truth: Mapping[str, np.ndarray],
    y: np.ndarray,
    ranked: int,
) -> Simulation:
    """Fit one simulated response, and rank."""
    import numpy as np

    from bayesformula.results.names import scalars
    from bayesformula.results.summary import diagnostics, stack
    from bayesformula.runner import samplers

    source = row_source(replace(ready.design, y=y), ready.model)
    plan, program, data, start = planned_inputs(ready.model, ready.plan, source)
    begin, rows = program.start(data, start), scalars(ready.model)
    seed, thin, least, raw = _mixed(config.seed, 2 * number + 1), 0, 0.0, None
    for thin in THINS:
        run = replace(config, draws=ranked * thin, seed=seed)
        raw = samplers.run(plan.name, program, data, begin, run, where)
        ess = diagnostics(stack(raw.recovered, rows), of_mean=False)["ess_bulk"]
        least = float(np.nanmin(ess)) if np.any(np.isfinite(ess)) else float("nan")
        if least >= ESS_PER_RANKED * ranked:
            break
    assert raw is not None
    kept = {name: values[:, thin - 1 :: thin] for name, values in raw.recovered.items()}
    true = {name: np.asarray(values)[None, None] for name, values in truth.items()}
    both = {name: np.concatenate([true[name], kept[name]], axis=1) for name in kept}
    values = {row.flat: column for row, column in zip(rows, stack(both, rows)[0].T, strict=True)}
    values[LOG_LIKELIHOOD] = np.asarray(_log_likelihoods(program.structure)(both, source.whole))
    return Simulation(
        {name: int(np.sum(column[1:] < column[0])) for name, column in values.items()},
        {name: float(column[0]) for name, column in values.items()},
        thin,
        least,
        int(np.sum(raw.stats["diverging"])),
    )


@lru_cache(maxsize=8)
def _log_likelihoods(structure: Structure) -> Callable[[Mapping[str, np.ndarray], Any], Any]:
    """(draws (1, S, ...), rows) -> (S,) log likelihoods of all rows together."""
    import jax
    import jax.numpy as jnp

    from bayesformula.compiler.kept import compiled
    from bayesformula.compiler.predictions import on_cpu
    from bayesformula.compiler.response import log_likelihood

    def one(values: Mapping[str, Any], rows: Any) -> Any:
        return jnp.sum(log_likelihood(structure, rows, values))

    ask = compiled(jax.vmap(one, in_axes=(0, None)))

    def call(values: Mapping[str, np.ndarray], rows: Any) -> Any:
        with on_cpu():
            return ask({name: array[0] for name, array in values.items()}, rows)

    return call


def _tell(done: int, of: int, shown: bool | None) -> None:
    """Count on standard error."""
    if shown or (shown is None and sys.stderr.isatty()):
        end = "\n" if done == of else ""
        sys.stderr.write(f"\rsimulation {done} of {of}{end}")
        sys.stderr.flush()
