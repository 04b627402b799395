"""The result: a frozen value; every table, plot and file is a function of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.families import Family
from bayesformula.keeping import Moments
from bayesformula.model.spec import ModelSpec
from bayesformula.results import (
    coefficients,
    dataset,
    lazy,
    names,
    observed,
    render,
    sensitivity,
    summary,
    tables,
    variance,
)
from bayesformula.results.asked import Asked
from bayesformula.results.comparison import kfold, loo, waic
from bayesformula.results.effects import conditional, contrasts
from bayesformula.results.effects import predictions as marginal
from bayesformula.results.health import Health, judge
from bayesformula.results.hypotheses import hypothesis as hypotheses
from bayesformula.results.plots import caterpillar, correlations, graph, predictive, sampling, shrinkage
from bayesformula.results.plots import fitted as fitted_plot
from bayesformula.results.plots import priors as prior_plot
from bayesformula.results.prediction import names as prediction_names
from bayesformula.results.prediction import predict as predictions
from bayesformula.results.report import report as reports

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData
    from bayesformula.compiler.plan import Plan
    from bayesformula.data.checks import Finding
    from bayesformula.data.schema import DataSchema
    from bayesformula.runner.config import RunConfig

MAX_JUDGED_EFFECTS = 2000
"""Group effects whose convergence is looked at; beyond that the first of each group."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model. Printing it shows the summary.

    Attributes:
        spec: the model as data: formula, family, linear predictors, groups, priors.
        plan: how it was sampled, and why so.
        config: options of the run.
        schema: what was learnt from the data, to encode new ones.
        frame: used columns of the used rows, or None where they were not kept.
        levels: per group its level names and their parts.
        draws: reported parameters by name, (chains, draws, ...).
        moments: with keep="summary" means and sds of the group effects, `r_g`, in place of their draws.
        stats: what the sampler counted, (chains, draws) each.
        z: (chains, draws, dim) the sampler's own coordinates.
        timing: seconds of each stage, device and why, leapfrog steps a draw.
        findings: what the checks of data and design found.
        n_dropped: rows left out for missing values.
        versions: of the packages that made the numbers.
        prior_only: the draws are from the prior.
        compiled: gives the program and its argument, for the emitted model.
        asked: options of `bf.fit` that the other attributes do not tell.
        importance: under plan="importance" effective_points of points, tail_shape of their weights, rounds.
        likelihood: of a file, the log likelihood at the last draw, by which it is known again; else None.
    """

    spec: ModelSpec
    plan: Plan
    config: RunConfig
    schema: DataSchema
    frame: pd.DataFrame | None
    levels: dataset.Levels
    draws: Mapping[str, np.ndarray]
    moments: Mapping[str, Moments]
    stats: Mapping[str, np.ndarray]
    z: np.ndarray
    timing: Mapping[str, Any]
    findings: tuple[Finding, ...]
    n_dropped: int
    versions: Mapping[str, str]
    prior_only: bool
    compiled: Callable[[], tuple[Program, ModelData]] = field(repr=False)
    asked: Asked = field(default=Asked(), repr=False)
    likelihood: float | None = field(default=None, repr=False)
    importance: Mapping[str, float] | None = None

    # ---- again ----

    def update(self, **changes: Any) -> Fit:
        """Fit again with something changed, everything else as it was.

        Nothing is compiled anew where formula, priors' kinds and shapes stay: other values of the response,
        other numbers in the priors, another seed or number of draws. Without `data` the rows are those that
        were used.

        Args:
            changes: arguments of `bf.fit` by name, `fit.update(data=later, seed=1)`; `priors=None` goes back
                to the default ones.

        Raises:
            OptionError: no such argument; or rows or columns are needed that the fit does not keep.
            BayesFormulaError: as `bf.fit` would.

        Example:
            >>> wider = fit.update(priors=["b ~ normal(0, 20)"])  # doctest: +SKIP
        """
        from bayesformula.updates import update

        return update(self, changes)

    # ---- tables ----

    def summary(self, *, ci: float = 0.95, kind: str = "eti") -> pd.DataFrame:
        """Every parameter but the group effects, by flat name: `b_x`, `b_sigma_x`, `sd_g__x`, `shape`.

        Args:
            ci: probability inside the interval.
            kind: "eti" for equal tails, "hdi" for the highest density.

        Returns:
            Columns mean sd lower upper ess_bulk ess_tail r_hat mcse_mean, not rounded.
        """
        return summary.summary(self.spec, self.draws, self._quality, ci, kind)

    fixed = coefficients.fixed
    groups = coefficients.groups
    coef = coefficients.coef
    varcorr = coefficients.varcorr

    def ngrps(self) -> dict[str, int]:
        """Number of levels of each group."""
        return {group.label: group.n_levels for group in self.spec.groups}

    def draws_frame(self, *, effects: bool = True) -> pd.DataFrame:
        """All draws under flat brms names, indexed by chain and draw; `effects=False` leaves out r_."""
        return tables.draws_frame(self, effects=effects)

    r2 = variance.r2
    icc = variance.icc
    fixef = fixed
    ranef = groups
    VarCorr = varcorr

    # ---- what was fitted ----

    @property
    def formula(self) -> str:
        return self.spec.formula

    @property
    def family(self) -> Family:
        """The distribution of the response: its name, and for each parameter the link of a formula for it."""
        return self.spec.family

    @cached_property
    def priors(self) -> pd.DataFrame:
        """The prior of every parameter: how to write it, where it is from, and why."""
        import pandas as pd

        from bayesformula.model.spec import prior_records

        rows = prior_records(self.spec)
        return pd.DataFrame(rows).set_index("parameter")

    @property
    def model(self) -> Callable[[], None]:
        """The emitted NumPyro model, its data bound: to render, trace, or hand to SVI.

        The model computes in float64: call it inside `jax.enable_x64(True)`. Under the marginal plan its `y`
        has the coefficients integrated out over their prior: a draw of it has new groups, not the old ones.
        """
        program, data = self.compiled()
        return partial(program.model, data)

    # ---- draws as xarray ----

    @cached_property
    def posterior(self) -> xr.Dataset:
        """Draws with named dimensions: b(term), sd_<g>(coef_<g>), cor_<g>, r_<g>(<g>, coef_<g>), sigma.

        A further parameter with a formula has b_sigma(term_sigma); an ordinal response Intercept(threshold),
        and bcs(term_specific, threshold) for `cs()`; a categorical one b_muB(term_muB) for its level B.
        """
        return dataset.posterior(self.spec, self.levels, self.draws)

    @cached_property
    def data_tree(self) -> xr.DataTree:
        """An ArviZ DataTree: posterior, sample_stats, observed_data, log_likelihood, posterior_predictive.

        The last two are computed when something reads them.
        """
        y = None if self.frame is None else observed.response(self)
        more = {} if y is None else lazy.predictive_groups(self, len(y))
        spec = self.spec
        return dataset.data_tree(self.posterior, self.stats, y, spec.response, spec.categories, more)

    def prior_predictive(self, *, draws: int = 500, seed: int = 0) -> xr.DataTree:
        """Draws from the prior, and the responses that each of them would give: what the model believes
        before it sees the response.

        They are independent draws of the prior itself, whatever was fitted. Weights take no part; a censored
        response is drawn as it would be without censoring.

        Args:
            draws: how many.
            seed: the same gives the same draws.

        Returns:
            An ArviZ DataTree with the groups prior, prior_predictive and observed_data.

        Raises:
            PriorError: some prior is flat, and so has no draws.
        """
        from bayesformula.compiler.simulate import simulate_prior
        from bayesformula.model.build import refuse_flat

        summary.check_count("draws", draws, least=1)
        summary.check_count("seed", seed, least=0)
        refuse_flat(self.spec)
        program, data = self.compiled()
        drawn = simulate_prior(program.structure, data, draws, seed)
        return dataset.prior_tree(self.spec, self.levels, drawn, np.asarray(data.rows.y))

    # ---- quality ----

    @cached_property
    def _quality(self) -> dict[str, np.ndarray]:
        return summary.diagnostics(summary.stack(self.draws, names.scalars(self.spec)))

    @cached_property
    def health(self) -> Health:
        """Divergences, adaptation, R-hat, ESS, tree depth, E-BFMI, with a remedy for what is wrong."""
        labels = [row.flat for row in names.scalars(self.spec)]
        broken = [row.flat for row in names.scalars(self.spec) if not self._is_finite(row.variable, row.at)]
        quality = {name: [values] for name, values in self._quality.items()}
        for group in self.spec.groups:
            r = self.draws.get(f"r_{group.label}")
            if r is None:
                continue
            if not np.all(np.isfinite(r)):
                broken.append(f"r_{group.label}")
            flat = r.reshape(*r.shape[:2], -1)[:, :, :MAX_JUDGED_EFFECTS]
            labels += names.effect_names(group, self.levels[group.label][0])[: flat.shape[2]]
            for name, values in summary.diagnostics(flat, of_mean=False).items():
                quality[name].append(values)
        joined = {name: np.concatenate(parts) for name, parts in quality.items()}
        config = self.config
        plan = self.plan.name
        return judge(
            labels,
            joined,
            self.stats,
            config.max_tree_depth,
            plan,
            config.warmup,
            broken,
            target_accept=config.target_accept,
            importance=self.importance,
            n_effects=len(labels) - len(self._quality["r_hat"]),
        )

    def _is_finite(self, variable: str, at: tuple[int, ...]) -> bool:
        return bool(np.all(np.isfinite(self.draws[variable][(slice(None), slice(None), *at)])))

    @property
    def divergences(self) -> int:
        """Divergent transitions after warmup."""
        return int(np.sum(self.stats["diverging"]))

    # ---- predictions ----

    predict = predictions.predict
    log_likelihood = predictions.log_likelihood
    fitted = prediction_names.fitted
    residuals = prediction_names.residuals
    posterior_epred = prediction_names.posterior_epred
    posterior_linpred = prediction_names.posterior_linpred
    posterior_predict = prediction_names.posterior_predict

    predictions = marginal.predictions
    comparisons = contrasts.comparisons
    slopes = contrasts.slopes
    conditional_effects = conditional.conditional_effects

    # ---- comparison ----

    loo = loo.loo
    waic = waic.waic
    kfold = kfold.kfold

    # ---- checks ----

    pp_check = predictive.pp_check
    hypothesis = hypotheses.hypothesis
    prior_sensitivity = sensitivity.prior_sensitivity

    # ---- plots ----

    plot_trace = sampling.plot_trace
    plot_rank = sampling.plot_rank
    plot_ess = sampling.plot_ess
    plot_energy = sampling.plot_energy
    plot_forest = sampling.plot_forest
    plot_ridge = sampling.plot_ridge
    plot_pair = sampling.plot_pair
    plot_caterpillar = caterpillar.plot_caterpillar
    plot_shrinkage = shrinkage.plot_shrinkage
    plot_correlations = correlations.plot_correlations
    plot_fitted = fitted_plot.plot_fitted
    plot_graph = graph.plot_graph
    plot_priors = prior_plot.plot_priors

    # ---- files ----

    report = reports.report

    def save(self, path: str | PathLike[str], *, overwrite: bool = False, data: bool = True) -> None:
        """Write everything to one netCDF file, whole or not at all.

        Args:
            path: usually ends in .nc.
            overwrite: replace a file that exists.
            data: keep the used columns of the used rows; without them `bf.load` gives tables and draws, and
                what needs the rows says so.

        Raises:
            FileExistsRefusal: the file exists and `overwrite` is False.
            FitFileError: the file cannot be written; what was there before is still there.
        """
        from bayesformula.results import store

        store.save(self, path, overwrite=overwrite, data=data)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a fit has no attribute {name!r}{_near(name)}")

    def __reduce__(self) -> str:
        raise TypeError("a fit is not pickled: write fit.save('fit.nc') and bf.load('fit.nc')")

    def __repr__(self) -> str:
        return render.text(self)

    def _repr_html_(self) -> str:
        return render.markup(self)

    def to_dict(self) -> dict[str, Any]:
        """What `explain` says, and summary, health, timing and versions, as plain values, NaN as None."""
        from bayesformula.compiler.structure import n_spare
        from bayesformula.model.explain import Explanation

        explanation = Explanation(
            self.spec,
            n_dropped=self.n_dropped,
            response=self.schema.response.facts,
            plan=(self.plan.name, self.plan.reason),
            n_spare=n_spare(self.spec, self.plan.name),
            findings=self.findings,
            schema=self.schema,
        )
        table = self.summary().drop(columns="mcse_mean")
        rows = {
            str(name): {key: _plain(value) for key, value in row.items()}
            for name, row in zip(table.index, table.to_dict("records"), strict=True)
        }
        return {
            **explanation.to_dict(),
            "summary": rows,
            "health": self.health.to_dict(),
            "timing": {key: _plain(value) for key, value in self.timing.items()},
            "versions": dict(self.versions),
        }


def _near(name: str) -> str:
    """What was probably meant."""
    from difflib import get_close_matches

    close = [] if name.startswith("_") else get_close_matches(name, [n for n in dir(Fit) if n[0] != "_"], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
