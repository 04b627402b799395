"""What a user calls: formula and data in, a `Fit` or an explanation out."""

from __future__ import annotations

import inspect
import os
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import isfinite
from numbers import Real
from os import PathLike
from typing import TYPE_CHECKING, Any

from bayesformula.encoding import coded, row_source
from bayesformula.environment import doctor as doctor
from bayesformula.environment import versions
from bayesformula.errors import (
    BayesFormulaWarning,
    FindingWarning,
    FormulaError,
    HealthError,
    OptionError,
    listing,
)
from bayesformula.families import Family, resolve_family
from bayesformula.keeping import check_memory, memory_bytes, summarised_effects
from bayesformula.outputs import check_apart as check_apart
from bayesformula.outputs import check_output as check_output
from bayesformula.outputs import check_plot as check_plot
from bayesformula.outputs import check_report as check_report
from bayesformula.outputs import check_table as check_table
from bayesformula.outputs import compare as compare
from bayesformula.outputs import plot_kinds as plot_kinds
from bayesformula.outputs import plot_names as plot_names
from bayesformula.outputs import save_plot as save_plot
from bayesformula.outputs import save_table as save_table
from bayesformula.outputs import table_text as table_text
from bayesformula.outputs import with_index as with_index
from bayesformula.pipeline import (
    Prepared,
    check_transforms,
    compile_inputs,
    formula_spec,
    na_policy,
    planned_inputs,
    prepare,
    with_init,
)
from bayesformula.prior_text import parse_priors
from bayesformula.results.asked import Asked, asked_of_file
from bayesformula.resuming import check_checkpoint, checkpointed
from bayesformula.runner.config import RunConfig, check_progress, check_switch
from bayesformula.runner.device import check_device
from bayesformula.runner.options import argument_of_fit, explains_options
from bayesformula.syntax.ast import FormulaSpec
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import render_value

if TYPE_CHECKING:
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData
    from bayesformula.data.design import Design
    from bayesformula.model.explain import Explanation, Outline
    from bayesformula.results.fit import Fit
    from bayesformula.runner.device import Device


@explains_options
def fit(
    formula: str | FormulaSpec,
    data: Any,
    *,
    family: str | Mapping[str, Any] | Family | None = None,
    priors: Any = None,
    chains: int = 4,
    draws: int = 1000,
    warmup: int = 1000,
    thin: int = 1,
    seed: int = 0,
    plan: str = "auto",
    device: str = "auto",
    target_accept: float = 0.8,
    max_tree_depth: int = 10,
    init: Mapping[str, float] | None = None,
    na: str = "drop",
    checks: Mapping[str, str] | None = None,
    prior_only: bool = False,
    strict: bool = False,
    checkpoint: str | PathLike[str] | None = None,
    keep: str | None = None,
    progress: bool | None = None,
    transforms: Mapping[str, Any] | None = None,
    data2: Mapping[str, Any] | None = None,
) -> Fit:
    """Fit a Bayesian mixed model.

    Main arguments:
        formula: `"y ~ x + (1 + x | g)"`, in the language of lme4 and brms.
        data: a pandas frame, a dict of columns, a polars or Arrow frame, or the path of a table, or of a
            folder of .parquet files.
        family: of the response; Gaussian when it is not given and the response is numeric.
        priors: statements such as `"b ~ normal(0, 1)"`: a text, a list of them, or a dict by address.
        chains, draws, warmup, thin, seed: how much to sample; the same seed gives the same draws.

    Other arguments:
        plan: how coefficients enter the sampler: "auto", "marginal", "whitened", "noncentred", "centred"; or
            "importance", weighed points about the mode in place of NUTS where a few sds are all that is left.
        device: "auto", "cpu", "gpu"; "auto" takes a GPU only where a step passes over a million rows.
        target_accept, max_tree_depth: of NUTS; raise the first when there are divergences.
        init: starting values by flat name (`{"sigma": 2.0, "b_x": 0.0}`); rarely needed, and of no effect
            on coefficients that the plan integrates out.
        na: "drop" leaves out rows with missing values and says how many, "error" refuses them.
        checks: what to do about a finding, by code: "ignore", "warn" or "error".
        prior_only: draw from the prior; every prior must be proper.
        strict: raise if the run is not healthy.
        checkpoint: a folder into which chains write where they are; the same call, made again after whatever
            ended it, goes on from there, and gives the draws of a run that was never interrupted, to the last
            bit. A later call may ask for more draws. Delete the folder when the fit is saved.
        keep: "draws" or "summary" of the group effects; None keeps draws up to 1 GiB.
        progress: show a progress bar; None shows it on a terminal and in a notebook.
        transforms: functions of your own by the name they have in the formula, `{"double": lambda x: 2 * x}`;
            they get NumPy arrays (texts for a factor) and return one value a row.
        data2: matrices by name for `gr(g, cov = A)`: frames whose index and columns are names of levels.

    Returns:
        A `Fit`; printing it shows the summary.

    Raises:
        BayesFormulaError: bad formula, data, prior or option, before anything is compiled.

    Example:
        >>> import bayesformula as bf
        >>> cafes = bf.datasets.load("cafes")
        >>> fit = bf.fit("wait ~ afternoon + (1 + afternoon | cafe)", cafes)  # doctest: +SKIP
    """
    began = time.perf_counter()
    prior_only, strict = check_switch("prior_only", prior_only), check_switch("strict", strict)
    progress = check_progress(progress)
    config = RunConfig(chains, draws, warmup, thin, seed, target_accept, max_tree_depth)
    check_device(device)
    if keep not in (None, "draws", "summary"):
        raise OptionError(f"keep={keep!r} must be 'draws' or 'summary'")
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
    )
    check_checkpoint(checkpoint, ready.plan.name)
    config = replace(config, target_accept=max(config.target_accept, ready.plan.target_accept))
    if prior_only:
        from bayesformula.model.build import refuse_flat

        refuse_flat(ready.model)
    designed = time.perf_counter()
    from bayesformula.runner import device as devices

    work = devices.Work(ready.model.n_rows, passes_over_rows=ready.plan.coefficients != "marginal")
    where = devices.choose(device, work)
    if devices.float32_warning(where):
        warnings.warn(devices.float32_warning(where), BayesFormulaWarning, stacklevel=3)
    asked = Asked(priors, plan, device, init, na, checks, strict, keep, progress, transforms, data2)
    config = replace(config, vectorised=where.kind == "gpu")
    spans = (began, designed)
    return _run(ready, config, where, asked, spans, checkpoint, prior_only=prior_only)


@explains_options
def explain(
    formula: str | FormulaSpec,
    data: Any = None,
    *,
    family: str | Mapping[str, Any] | Family | None = None,
    priors: Any = None,
    plan: str = "auto",
    na: str = "drop",
    checks: Mapping[str, str] | None = None,
    transforms: Mapping[str, Any] | None = None,
    data2: Mapping[str, Any] | None = None,
) -> Explanation | Outline:
    """Say what would be fitted, before fitting: columns, groups, priors with reasons, plan, findings.

    Without `data`, what can be said from the formula alone.

    Raises:
        BayesFormulaError: as `fit` would.
    """
    from bayesformula.compiler.structure import n_spare
    from bayesformula.data.family_terms import check_terms
    from bayesformula.data.parameters import check_parameters
    from bayesformula.model.explain import Explanation, Outline

    if data is None:
        spec = formula_spec(formula)
        parse_priors(priors)
        if family is not None:
            resolved = resolve_family(family)
            check_parameters(spec, resolved.name)
            check_terms(spec, resolved)
        return Outline(spec, None if family is None else resolve_family(family, "numeric"))
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
    return Explanation(
        ready.model,
        n_dropped=ready.design.n_dropped,
        response=ready.schema.response.facts,
        plan=(ready.plan.name, ready.plan.reason),
        n_spare=n_spare(ready.model, ready.plan.name),
        findings=ready.findings,
        schema=ready.schema,
    )


@explains_options
def design(
    formula: str | FormulaSpec,
    data: Any,
    *,
    na: str = "drop",
    transforms: Mapping[str, Any] | None = None,
    data2: Mapping[str, Any] | None = None,
) -> Design:
    """The arrays a model would be made of: `.fixed .y .offset .groups[label].{levels,coefs,index,z}`.

    Raises:
        BayesFormulaError: bad formula or data.
    """
    from bayesformula.data.design import build_design
    from bayesformula.data.dots import mentioned
    from bayesformula.data.matrices import check_matrices
    from bayesformula.data.tables import as_table

    spec, functions, matrices = formula_spec(formula), check_transforms(transforms), check_matrices(data2)
    policy, table = na_policy(na), as_table(data, mentioned(spec))
    return build_design(
        spec, table.frame, na=policy, transforms=functions, matrices=matrices, columns=table.columns
    )[1]


def formula(mu: str, **parameters: str | float) -> FormulaSpec:
    """A formula with a linear predictor for further parameters: `bf.formula("y ~ x", sigma="~ x")`.

    A number holds a parameter fixed: `bf.formula("y ~ x", quantile=0.9)`.

    Raises:
        FormulaError: as `fit` would.
    """
    if not isinstance(mu, str):
        raise FormulaError(f"a formula is text such as 'y ~ x + (1 | g)', not {type(mu).__name__}")
    clauses = [mu]
    for name, text in parameters.items():
        if name in inspect.signature(fit).parameters:
            raise argument_of_fit(mu, name, text)
        if isinstance(text, Real) and not isinstance(text, bool) and isfinite(text):
            clauses.append(f"{name} = {render_value(float(text))}")
        elif isinstance(text, str) and "~" in text:
            clauses.append(f"{name} ~ {text.split('~', 1)[1].strip()}")
        else:
            raise FormulaError(
                f"{name!r} must have a formula such as '~ x', or a number that it is held at, not {text!r}"
            )
    return lower(parse("; ".join(clauses)))


def _run(
    ready: Prepared,
    config: RunConfig,
    where: Device,
    asked: Asked,
    spans: tuple[float, float],
    checkpoint: str | PathLike[str] | None,
    *,
    prior_only: bool,
) -> Fit:
    from bayesformula.data.rows import used_rows
    from bayesformula.runner import blas, cache, samplers
    from bayesformula.runner.progress import meter

    began, designed = spans
    used = ready.frame.loc[:, list(ready.schema.columns)]
    frame = used_rows(used, ready.design.rows).reset_index(drop=True)
    source = row_source(ready.design, ready.model, prior_only=prior_only)
    summarised = summarised_effects(ready.model, config, asked.keep)
    check_memory(ready.model, config, summarised)
    # starting values and checkpoints may yet be refused, and then nothing should have been compiled
    may_begin = asked.init is None and checkpoint is None
    with cache.lent(), blas.one_thread(), samplers.early(config, where) as ahead:
        plan, program, data, start = planned_inputs(
            ready.model, ready.plan, source, ahead if may_begin else None
        )
        if asked.init is not None:
            start = with_init(start, asked.init, ready.model, data.reported.b)
        begin = program.start(data, start)
        with (
            checkpointed(checkpoint, ready.model, plan.name, config, where, frame, data, begin) as saved,
            meter(config, asked.progress if plan.name != "importance" else False) as report,
        ):
            if plan.name != "importance":
                ahead(program, data)
            from bayesformula.results.fit import Fit  # a tenth of a second, while the compiler works

            raw = samplers.run(plan.name, program, data, begin, config, where, report, summarised, saved)
    sampled = time.perf_counter()
    timing: dict[str, Any] = {
        "design": designed - began,
        **raw.seconds,
        "leapfrog_steps_per_draw": float(raw.stats["n_steps"].mean()),
        "device": where.kind,
        "device_name": where.name,
        "device_reason": where.reason,
        "precision": where.precision,
        "chains_at_once": config.chains if config.vectorised else config.workers,
    }
    result = Fit(
        spec=ready.model,
        plan=plan,
        config=config,
        schema=ready.schema,
        frame=frame,
        levels={
            label: (g.levels, g.parts)
            for part in ready.design.parameters.values()
            for label, g in part.groups.items()
        },
        draws=raw.recovered,
        moments=raw.moments,
        stats=raw.stats,
        z=raw.z,
        timing=timing,
        findings=ready.findings,
        n_dropped=ready.design.n_dropped,
        versions=versions(),
        prior_only=prior_only,
        compiled=lru_cache(maxsize=1)(lambda: (program, data._replace(rows=source.whole))),
        asked=asked,
        importance=raw.importance,
    )
    health = result.health
    timing["diagnostics"] = time.perf_counter() - sampled
    timing["total"] = time.perf_counter() - began
    if not health.is_healthy:
        if asked.strict:
            raise HealthError(f"strict=True and the run is not healthy\n{health}")
        warnings.warn(f"the run is not healthy\n{health}", FindingWarning, stacklevel=4)
    return result


@explains_options
def load(path: str | PathLike[str], *, transforms: Mapping[str, Any] | None = None) -> Fit:
    """Read a fit that `save` wrote, and prove that it is that fit.

    The density is computed again at a stored draw and must be the stored one.

    Args:
        path: of the file.
        transforms: the functions of your own that the formula uses; a file holds no code.

    Raises:
        OptionError: the formula uses functions of the user's that were not given.
        FitFileError: no such file, not a saved fit, damaged, or its numbers do not come out again.
    """
    from bayesformula.data.design import encode
    from bayesformula.results import proof, store
    from bayesformula.results.fit import Fit

    if not isinstance(path, str | PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise OptionError(f"{path!r} is no path of a file: write bf.load('fit.nc')")
    parts = store.read(os.fsdecode(path))
    functions = check_transforms(transforms)
    missing = [name for name in parts["schema"].transforms if name not in functions]
    if missing:
        raise OptionError(
            f"the formula of this fit uses functions of your own, which no file holds: {listing(missing)}\n"
            f"  Write bf.load(path, transforms={{'{missing[0]}': ...}}) with the same functions."
        )

    @lru_cache(maxsize=1)
    def compiled() -> tuple[Program, ModelData]:
        if parts["frame"] is None:
            raise OptionError(
                "this fit was saved without its rows (data=False): what you asked for needs them"
            )
        arrays = encode(parts["schema"], parts["frame"], transforms=functions)
        arrays, _ = coded(parts["schema"], arrays, parts["spec"].family)
        program, data, _ = compile_inputs(
            parts["spec"], parts["plan"].coefficients, arrays, prior_only=parts["prior_only"]
        )
        return program, data

    fields = {name: value for name, value in parts.items() if name != "config"}
    with proof.damage_of(path):
        asked = asked_of_file(parts["spec"], parts["plan"], functions)
        result = Fit(**fields, config=RunConfig(**parts["config"]), compiled=compiled, asked=asked)
        if result.frame is not None:
            from bayesformula.runner.executables import TRACING

            proof.check_size(result, memory_bytes())
            with TRACING:
                proof.verify(result)
    return result
