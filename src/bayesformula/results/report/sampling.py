"""Whether the draws can be relied on, in plain words, and how the chains went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bayesformula.results.health import MAX_R_HAT, MIN_EBFMI, MIN_ESS_A_CHAIN
from bayesformula.results.report.markup import Section, note, paragraph, safe, table
from bayesformula.results.report.pictures import Picture, closing, gallery, picture
from bayesformula.results.report.priors import moving

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

MAX_PARAMETERS = 6
WIDTH, HEIGHT = 4.6, 1.55
"""Inches of one panel."""
RANKED = 4
"""Chains from which on ranks are drawn: of fewer, ArviZ's band (arviz-stats 0.8) holds everything."""


def banner(fit: Fit) -> str:
    """Healthy or not, with what to do, to stand at the top."""
    if fit.health.is_healthy:
        return f'<p class="good"><b>Healthy run.</b> {safe(_sentence(str(fit.health)))}</p>'
    items = "".join(
        f"<li>{safe(problem.message)} <b>What to do:</b> {safe(problem.remedy)}</li>"
        for problem in fit.health.problems
    )
    return f'<div class="bad"><b>The run is not healthy.</b><ul>{items}</ul></div>'


def _sentence(health: str) -> str:
    text = health.removeprefix("healthy: ")
    return f"{text[:1].upper()}{text[1:]}."


def section(fit: Fit) -> Section:
    """Diagnostics, traces and ranks."""
    heads = ("", "found", "good", "what it says")
    parts = [table(heads, list(_diagnostics(fit)), words=4, cls="prose")]
    seconds = f"{fit.timing['total']:.1f} s" if "total" in fit.timing else ""
    device = str(fit.timing.get("device_name") or fit.timing.get("device", ""))
    if seconds:
        parts.append(paragraph(f"The fit took {seconds} on {device}."))
    parts.append(_pictures(fit))
    return Section("sampling", "Sampling", tuple(parts))


def _diagnostics(fit: Fit) -> Iterator[tuple[str, str, str, str]]:
    health, chains = fit.health, fit.config.chains
    if fit.importance is not None:
        effective, points = fit.importance["effective_points"], fit.importance["points"]
        yield (
            "effective points", f"{effective:.0f} of {points:.0f}", "many",
            "Points of importance sampling that count, weighed by how well they fit.",
        )  # fmt: skip
    least = f"at least {MIN_ESS_A_CHAIN * chains}"
    yield (
        "largest R-hat", _of(health.max_r_hat, health.worst_r_hat, 3),
        f"at most {MAX_R_HAT}; of many effects a little more",
        "Chains from different starts agree where it is near 1.",
    )  # fmt: skip
    yield (
        "smallest bulk ESS", _of(health.min_ess_bulk, health.worst_ess, 0), least,
        "So many independent draws would give means as precise.",
    )  # fmt: skip
    yield (
        "smallest tail ESS", _of(health.min_ess_tail, "", 0), least,
        "The same for the ends of intervals.",
    )  # fmt: skip
    yield (
        "divergences", f"{health.n_divergences}", "0",
        "Transitions that broke off where the posterior bends sharply: that part may be missing.",
    )  # fmt: skip
    if fit.importance is None:
        yield (
            "tree depth reached", f"{health.n_tree_depth_hits}", "0",
            "Draws cut short: valid, but they cost much.",
        )  # fmt: skip
        yield (
            "smallest E-BFMI", _of(health.min_ebfmi, "", 2), f"at least {MIN_EBFMI}",
            "How freely the sampler moves between regions of low and high density.",
        )  # fmt: skip


def _of(value: float, name: str, digits: int) -> str:
    if value != value:
        return "-"
    return f"{value:.{digits}f}" + (f" ({name})" if name else "")


def main_parameters(fit: Fit, most: int = MAX_PARAMETERS) -> list[str]:
    """The parameters whose chains are shown: population first, some of each kind, the worst among them."""
    names = moving(fit)
    population = [name for name in names if name.startswith("b")]
    others = [name for name in names if name not in population]
    kept = population[: max(most // 2, most - len(others))]
    kept += others[: most - len(kept)]
    worst = fit.health.worst_r_hat
    if worst in names and worst not in kept:
        kept[-1] = worst
    return [name for name in names if name in kept]


def _pictures(fit: Fit) -> str:
    names = main_parameters(fit)
    if not names:
        return note("No parameter moves, so there are no chains to show.")
    if fit.config.draws < 10:
        return note(f"{fit.config.draws} draws a chain are too few for a picture.")
    room = {"figsize": (WIDTH, HEIGHT * len(names)), "figsize_units": "inches"}
    plots = {"traces": fit.plot_trace} | ({"ranks": fit.plot_rank} if fit.config.chains >= RANKED else {})
    pictures: list[Picture] = []
    with closing():
        options = {"figure_kwargs": room, "plot_kwargs": {"col_wrap": 1}}
        for name, plot in plots.items():
            figure = plot(names, **options).viz["figure"].item()
            for ax in figure.axes[:-1]:  # one label below is enough
                ax.set_xlabel("")
            pictures.append(picture(figure, f"{name} of {', '.join(names)}"))
    words = "Draws one after another, a colour a chain: they should look alike and drift nowhere."
    if "ranks" in plots:
        words += " Then ranks of the draws of each chain: lines that leave the band are chains that disagree."
    more = len(moving(fit)) - len(names)
    return gallery(pictures, f"{words} {more} further parameters are not shown." if more else words)
