"""Predictive checks: does the model give responses such as those that were seen?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.plots.labels import shown, shown_all
from bayesformula.results.plots.replicated import Replicated, replicate
from bayesformula.results.plots.sampling import settings
from bayesformula.results.plots.style import BLUE, FAINT, INK, several, styled
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

CHECKS: Mapping[str, str] = {
    "density": "plot_ppc_dist",
    "ecdf": "plot_ppc_dist",
    "rootogram": "plot_ppc_rootogram",
    "intervals": "plot_ppc_interval",
    "stat": "plot_ppc_tstat",
    "pit": "plot_ppc_pit",
    "loo_pit": "plot_loo_pit",
    "calibration": "plot_ppc_pava",
    "bars": "",
}
"""Kinds of checks, and the function of arviz-plots that draws each; bars are our own."""
DRAWN = {"density": 50, "ecdf": 50}
MANY = 1000
"""Replications that are drawn as lines, and those of which a summary is drawn."""
MOST_ROWS = 100_000
"""Of which a curve is drawn; the curve of a million looks the same, and took ArviZ 5 GB."""
LARGEST_COUNT = 80
"""A rootogram has a bar for each count up to so many."""


def pp_check(
    fit: Fit,
    kind: str | None = None,
    *,
    by: str | None = None,
    stat: str = "mean",
    prior: bool = False,
    groups: Any = "all",
    draws: int | None = None,
    seed: int = 0,
    axes: Any = None,
    backend: str | None = None,
    plot_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Compare the responses that were seen with those that the model would give for the same rows.

    Args:
        kind: "density" or "ecdf" of the response and of 50 replications, of 100,000 rows drawn at random
            where there are more; "rootogram" of counts; "bars" of classes or counts; "intervals" of each row;
            "stat", a statistic of the rows; "pit" and "loo_pit", where each row lies among its replications
            (of a model without it), which should be uniform;
            "calibration" of a response of two levels. Chosen by the response when it is not given.
        by: a column or group; a panel for each of its levels.
        stat: of kind="stat": "mean", "median", "sd", "var", "min", "max", "iqr", "mad", or a number as text
            for a quantile, "0.9".
        prior: replications from the prior in place of the posterior.
        groups: "all" for new responses of the same groups, "integrate" for new groups.
        draws: use about so many.
        seed: the same gives the same replications.
        axes: of matplotlib, for kind="bars".
        backend: of arviz-plots.
        plot_kwargs: further arguments of the function of arviz-plots.

    Returns:
        arviz-plots' own collection; for kind="bars" the figure.

    Raises:
        OptionError: no such kind, or one that does not suit the response.

    References: Gelman, Meng and Stern (1996), Statistica Sinica 6, 733; Saeilynoja, Johnson, Martin and
        Vehtari (2025), arXiv:2503.01509.
    """
    chosen = _kind(fit, kind, is_prior=prior)
    check_count("seed", seed, least=0)
    count = draws if draws is not None else DRAWN.get(chosen, MANY)
    check_count("draws", count, least=100 if chosen == "loo_pit" else 1)  # a tail of weights is fitted
    made = replicate(fit, by=by, is_prior=prior, draws=count, seed=seed, groups=groups)
    if chosen == "bars":
        return _bars(fit, made, axes)
    return _arviz(fit, chosen, made, stat, is_prior=prior, backend=backend, plot_kwargs=plot_kwargs or {})


def _kind(fit: Fit, kind: str | None, *, is_prior: bool) -> str:
    """The kind of check that suits the response."""
    support = fit.family.support
    has_classes = support in ("category", "ordered", "matrix", "binary")
    if kind is None:
        if has_classes:
            return "bars"
        from bayesformula.families import record
        from bayesformula.results.observed import response

        is_count = record(fit.family.name).is_discrete
        return ("rootogram" if response(fit).max() <= LARGEST_COUNT else "ecdf") if is_count else "density"
    if kind not in CHECKS:
        raise OptionError(f"kind={kind!r} is no predictive check: {listing(nearest(str(kind), CHECKS), 20)}")
    if support in ("category", "matrix") and kind != "bars":
        raise OptionError(f'kind={kind!r} needs numbers, and this response has categories: take kind="bars"')
    if kind == "calibration" and support != "binary":
        raise OptionError('kind="calibration" is for a response of two levels: take kind="pit"')
    if kind in ("bars", "rootogram") and not has_classes and support not in ("count", "trials"):
        raise OptionError(f'kind={kind!r} needs counts or classes: take kind="density"')
    if kind == "loo_pit" and is_prior:
        raise OptionError('kind="loo_pit" leaves rows out of the posterior: leave out prior=True')
    return kind


def _arviz(
    fit: Fit,
    kind: str,
    made: Replicated,
    stat: str,
    *,
    is_prior: bool,
    backend: str | None,
    plot_kwargs: Mapping[str, Any],
) -> Any:
    import arviz_plots

    group = "prior_predictive" if is_prior else "posterior_predictive"
    tree = made.tree(fit.spec.response, group, MOST_ROWS if kind in DRAWN else None)
    own: dict[str, Any] = {"group": group}
    match kind:
        case "density":
            own |= {"kind": "kde" if not made.is_discrete else "hist", "num_samples": made.draws[..., 0].size}
        case "ecdf":
            own |= {"kind": "ecdf", "num_samples": made.draws[..., 0].size}
        case "stat":
            own |= {"t_stat": stat}
        case "calibration":
            own |= {"data_type": "binary"}
        case "loo_pit":
            tree = _with_likelihood(fit, made, tree)
        case _:
            pass
    if kind in DRAWN:  # ArviZ leaves the data out beside a prior
        own |= {"visuals": {"observed_dist": True}}
    own |= {} if backend is None else {"backend": backend}
    with settings(backend, len(made.parts)):
        return getattr(arviz_plots, CHECKS[kind])(tree, **{**own, **plot_kwargs})


def _with_likelihood(fit: Fit, made: Replicated, tree: Any) -> Any:
    """The tree with the log likelihood of the same draws, by panel."""
    import xarray as xr

    from bayesformula.results.names import safe

    count = made.draws.shape[0] * made.draws.shape[1]
    values = np.asarray(fit.log_likelihood(draws=count))
    parts = {
        safe(label or fit.spec.response): (("chain", "draw", f"row_{place}"), values[:, :, rows])
        for place, (label, rows) in enumerate(made.parts)
    }
    tree["log_likelihood"] = xr.DataTree(xr.Dataset(parts))
    # ArviZ reads the effective size of the draws from a posterior
    tree["posterior"] = xr.DataTree(
        fit.posterior.drop_vars(set(fit.posterior.coords) - set(fit.posterior.dims))
    )
    return tree


# ---- bars ----


def _bars(fit: Fit, made: Replicated, axes: Any) -> Any:
    """Counts of each class, seen as bars and replicated as points with 90 % intervals; the figure."""
    with styled():
        figure, panels = several(axes, len(made.parts), panel=(3.6, 2.9), columns=3)
        for ax, (label, rows) in zip(panels, made.parts, strict=True):
            seen, drawn, names = _counts(made, rows)
            at = np.arange(len(seen))
            low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95], axis=0)
            ax.bar(at, seen, color=FAINT, width=0.75, label="seen")
            ax.vlines(at, low, high, color=BLUE, linewidth=2)
            ax.plot(
                at, middle, "o", color="white", markeredgecolor=BLUE, markersize=5, label="replicated, 90 %"
            )
            ax.set_ylabel("rows" if made.y.ndim == 1 else "count")
            ax.set_title(shown(label) if label else "")
            _name_bars(ax, names)
            if ax is panels[0]:
                ax.legend(fontsize=8, labelcolor=INK)
                ax.margins(y=0.25)
        panels[-1].set_xlabel(shown(fit.spec.response))
        return figure


def _counts(made: Replicated, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(K,) counts seen, (S, K) replicated, and what each is called."""
    y, draws = made.y[rows], made.draws[:, :, rows]
    flat = draws.reshape(-1, *draws.shape[2:])
    if y.ndim == 2:
        return y.sum(axis=0), flat.sum(axis=1), shown_all(made.categories)
    first = 0 if made.categories else int(min(y.min(), flat.min()))
    last = len(made.categories) - 1 if made.categories else int(max(y.max(), np.quantile(flat, 0.995)))
    codes = np.arange(first, last + 1)
    seen = np.array([(y == code).sum() for code in codes])
    drawn = np.stack([(flat == code).sum(axis=1) for code in codes], axis=1)
    return seen, drawn, shown_all(made.categories) if made.categories else [str(code) for code in codes]


def _name_bars(ax: Any, names: list[str]) -> None:
    step = max(1, -(-len(names) // 20))
    places = np.arange(0, len(names), step)
    steep = max(map(len, names)) * len(places) > 36
    ax.set_xticks(places, [names[k] for k in places])
    if steep:
        for text in ax.get_xticklabels():
            text.set(rotation=35, ha="right", rotation_mode="anchor")
