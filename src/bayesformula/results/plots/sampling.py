"""ArviZ's pictures of draws, with the parameters of a mixed model chosen and named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.results.plots.chosen import Chosen, choose
from bayesformula.results.plots.style import check_intervals

if TYPE_CHECKING:
    from arviz_plots.plot_collection import PlotCollection
    from arviz_plots.plot_matrix import PlotMatrix

    from bayesformula.results.fit import Fit

SMALLER = {"axes.titlesize": 9, "axes.titleweight": "normal", "axes.labelsize": 9}
SMALLER |= {"xtick.labelsize": 8, "ytick.labelsize": 8}
"""Sizes of text at which flat names stand beside each other."""
Names = str | Sequence[str] | None
Options = Mapping[str, Any] | None
PANELS, MOST_PANELS = 24, 120
ROWS, MOST_ROWS = 60, 400
PAIRS, MOST_PAIRS = 8, 16
"""How many parameters are drawn where none is named, and how many at most."""


def plot_trace(
    fit: Fit,
    var_names: Names = None,
    *,
    group: str | None = None,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotCollection:
    """Draws of each parameter one after another, chain by chain, divergent transitions marked.

    Args:
        var_names: flat names (`b_x`, `r_g[a,Intercept]`), variables (`sd_g`), kinds (`b`, `sd`, `cor`) or
            terms (`x`); all parameters but the group effects when not given.
        group: the effects of this group instead, or beside `var_names`.
        backend: "matplotlib", "bokeh" or "plotly"; ArviZ's own choice when not given.
        figure_kwargs: of the figure, {"figsize": (8, 6)}.
        visuals: for each part of the picture its options, or False to leave it out, as in
            `arviz_plots.plot_trace`.
        plot_kwargs: further arguments of `arviz_plots.plot_trace`.

    Returns:
        arviz-plots' own collection; `.savefig("trace.png")` writes it.
    """
    chosen = choose(fit, var_names, group, most=PANELS, limit=MOST_PANELS)
    return _draw("plot_trace", fit, chosen, backend, figure_kwargs, {"visuals": visuals}, plot_kwargs)


def plot_rank(
    fit: Fit,
    var_names: Names = None,
    *,
    group: str | None = None,
    ci: float = 0.99,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotCollection:
    """Ranks of the draws of each chain among all: lines that leave the band are chains that disagree.

    Args:
        var_names: as in `plot_trace`.
        group: the effects of this group instead, or beside `var_names`.
        ci: probability that lines of chains that agree stay inside the band.
        backend: "matplotlib", "bokeh" or "plotly".
        figure_kwargs: of the figure.
        visuals: of the parts of the picture, as in `arviz_plots.plot_rank`.
        plot_kwargs: further arguments of `arviz_plots.plot_rank`.

    References:
        Säilynoja, Bürkner and Vehtari (2022), doi:10.1007/s11222-022-10090-6.
    """
    chosen = choose(fit, var_names, group, most=PANELS, limit=MOST_PANELS)
    own = {"visuals": visuals, "ci_prob": ci}
    return _draw("plot_rank", fit, chosen, backend, figure_kwargs, own, plot_kwargs)


def plot_ess(
    fit: Fit,
    var_names: Names = None,
    *,
    group: str | None = None,
    kind: Literal["local", "quantile"] = "local",
    relative: bool = False,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotCollection:
    """Effective sample size of each parameter along its distribution.

    Args:
        var_names: as in `plot_trace`.
        group: the effects of this group instead, or beside `var_names`.
        kind: of small intervals ("local") or of quantiles.
        relative: as a share of the draws.
        backend: "matplotlib", "bokeh" or "plotly".
        figure_kwargs: of the figure.
        visuals: of the parts of the picture, as in `arviz_plots.plot_ess`.
        plot_kwargs: further arguments of `arviz_plots.plot_ess`.
    """
    _check_one("kind", kind, ("local", "quantile"))
    chosen = choose(fit, var_names, group, most=PANELS, limit=MOST_PANELS)
    own = {"visuals": visuals, "kind": kind, "relative": relative}
    return _draw("plot_ess", fit, chosen, backend, figure_kwargs, own, plot_kwargs)


def plot_forest(
    fit: Fit,
    var_names: Names = None,
    *,
    group: str | None = None,
    ci: Sequence[float] = (0.5, 0.95),
    kind: Literal["eti", "hdi"] = "eti",
    combined: bool = True,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotCollection:
    """Mean and two intervals of each parameter, one below another.

    Args:
        var_names: as in `plot_trace`.
        group: the effects of this group instead, or beside `var_names`.
        ci: probabilities inside the thick and the thin interval.
        kind: "eti" for equal tails, "hdi" for the highest density.
        combined: all chains together, or each with a line of its own.
        backend: "matplotlib", "bokeh" or "plotly".
        figure_kwargs: of the figure.
        visuals: of the parts of the picture, as in `arviz_plots.plot_forest`.
        plot_kwargs: further arguments of `arviz_plots.plot_forest`.
    """
    _check_one("kind", kind, ("eti", "hdi"))
    probabilities = check_intervals(ci)
    chosen = choose(fit, var_names, group, most=ROWS, limit=MOST_ROWS)
    own = {"visuals": visuals, "combined": combined, "ci_kind": kind, "ci_probs": probabilities}
    return _lines("plot_forest", fit, chosen, backend, figure_kwargs, own, plot_kwargs)


def plot_ridge(
    fit: Fit,
    var_names: Names = None,
    *,
    group: str | None = None,
    combined: bool = True,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotCollection:
    """Density of each parameter, one below another.

    Args:
        var_names: as in `plot_trace`.
        group: the effects of this group instead, or beside `var_names`.
        combined: all chains together, or each with a line of its own.
        backend: "matplotlib", "bokeh" or "plotly".
        figure_kwargs: of the figure.
        visuals: of the parts of the picture, as in `arviz_plots.plot_ridge`.
        plot_kwargs: further arguments of `arviz_plots.plot_ridge`.
    """
    chosen = choose(fit, var_names, group, most=ROWS, limit=MOST_ROWS)
    own = {"visuals": visuals, "combined": combined}
    return _lines("plot_ridge", fit, chosen, backend, figure_kwargs, own, plot_kwargs)


def plot_pair(
    fit: Fit,
    var_names: Names = None,
    *,
    group: str | None = None,
    divergences: bool = True,
    marginal: bool = True,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotMatrix:
    """Draws of each parameter against each other: ridges, funnels, and where transitions diverged.

    Args:
        var_names: as in `plot_trace`.
        group: the effects of this group instead, or beside `var_names`.
        divergences: mark the divergent transitions.
        marginal: densities on the diagonal.
        backend: "matplotlib", "bokeh" or "plotly".
        figure_kwargs: of the figure.
        visuals: of the parts of the picture, as in `arviz_plots.plot_pair`.
        plot_kwargs: further arguments of `arviz_plots.plot_pair`.

    Returns:
        arviz-plots' own matrix of plots.
    """
    chosen = choose(fit, var_names, group, most=PAIRS, limit=MOST_PAIRS)
    if len(chosen.draws) < 2:
        raise OptionError("plot_pair needs two parameters or more; name them with var_names=")
    parts = {"scatter": {"alpha": 0.25, "size": 6}, **(visuals or {})}
    if divergences and fit.divergences:
        parts.setdefault("divergence", True)
    own = {"visuals": parts, "marginal": marginal}
    side = 1.7 * len(chosen.draws)
    size = {"figsize": (side, side), "figsize_units": "inches", **(figure_kwargs or {})}
    names = {name: label.replace("__", "\n").replace(", ", "\n") for name, label in chosen.labels.items()}
    matrix = _draw("plot_pair", fit, Chosen(chosen.draws, names), backend, size, own, plot_kwargs)
    if matrix.backend == "matplotlib":
        figure = matrix.viz["figure"].item()
        for ax in figure.axes:
            ax.locator_params(nbins=3)
        figure.align_ylabels()
    return matrix


def plot_energy(
    fit: Fit,
    *,
    backend: str | None = None,
    figure_kwargs: Options = None,
    visuals: Options = None,
    plot_kwargs: Options = None,
) -> PlotCollection:
    """Energy of the sampler and its changes from draw to draw: the two should be alike.

    Args:
        backend: "matplotlib", "bokeh" or "plotly".
        figure_kwargs: of the figure.
        visuals: of the parts of the picture, as in `arviz_plots.plot_energy`.
        plot_kwargs: further arguments of `arviz_plots.plot_energy`.

    Raises:
        OptionError: the fit was not sampled by Hamiltonian Monte Carlo.

    References:
        Betancourt (2016), arXiv:1604.00695.
    """
    if "energy" not in fit.stats:
        raise OptionError(f"plot_energy needs the energy of a sampler, and plan '{fit.plan.name}' has none")
    return _draw("plot_energy", fit, None, backend, figure_kwargs, {"visuals": visuals}, plot_kwargs)


def _draw(
    name: str,
    fit: Fit,
    chosen: Chosen | None,
    backend: str | None,
    figure_kwargs: Options,
    own: Mapping[str, Any],
    plot_kwargs: Options,
    *,
    by_label: bool = False,
) -> Any:
    """Call the function of arviz-plots of this name."""
    import arviz_plots

    arguments = {key: value for key, value in own.items() if value is not None}
    arguments |= {"figure_kwargs": dict(figure_kwargs)} if figure_kwargs else {}
    arguments |= {} if backend is None else {"backend": backend}
    if chosen is not None:
        arguments |= {"labeller": chosen.labeller()}
    arguments |= plot_kwargs or {}
    tree = fit.data_tree if chosen is None else chosen.tree(fit, by_label=by_label)
    with settings(arguments.get("backend"), 1 if chosen is None else len(chosen.draws)):
        return getattr(arviz_plots, name)(tree, **arguments)


@contextmanager
def settings(backend: str | None, panels: int) -> Iterator[None]:
    """ArviZ's look, and its limit of panels raised to what is drawn, for as long as it draws."""
    import arviz_base
    from arviz_plots import style

    most = max(int(arviz_base.rcParams["plot.max_subplots"]), panels**2 + 1)
    with arviz_base.rc_context({"plot.max_subplots": most}):
        if (backend or arviz_base.rcParams["plot.backend"]) != "matplotlib":
            yield
            return
        from matplotlib import pyplot

        with pyplot.rc_context():
            style.use("arviz-variat")
            pyplot.rcParams.update(SMALLER)
            yield


def _lines(
    name: str,
    fit: Fit,
    chosen: Chosen,
    backend: str | None,
    figure_kwargs: Options,
    own: Mapping[str, Any],
    plot_kwargs: Options,
) -> Any:
    """A picture of one line a parameter: it grows with them, and its labels have the room they need."""
    count, width = len(chosen.draws), 0.25 + 0.085 * max(map(len, chosen.labels.values()))
    room = {
        "figsize": (width + 5.0, 0.8 + 0.3 * max(3, count)),
        "figsize_units": "inches",
        "width_ratios": [width, 5.0],
        **(figure_kwargs or {}),
    }
    out = _draw(name, fit, chosen, backend, room, own, plot_kwargs, by_label=True)
    if out.backend == "matplotlib" and len(out.viz["figure"].item().axes) == 2:
        labels, lines = out.viz["figure"].item().axes
        labels.set_xlim(0, 1)
        labels.set_axis_off()
        places = [text.get_position()[1] for text in labels.texts] or [0, count - 1]
        lines.set_ylim(min(places) - 0.6, max(places) + (1.0 if name == "plot_ridge" else 0.6))
    return out


def _check_one(name: str, value: object, legal: Sequence[str]) -> None:
    if value not in legal:
        raise OptionError(f"{name}={value!r} is not known; legal are {listing(nearest(str(value), legal))}")
