"""The figures of benchmarks/README.md: ratios to the best peer, and the ladders."""

import models
from runs import METRICS, OURS

INK, MUTED, GRID = "#222222", "#6b6b6b", "#dddddd"
MARKS = {"cold": ("#0072B2", "s"), "warm": ("#E69F00", "D"), "refit": ("#009E73", "o")}
LINES = {
    OURS: ("bayesformula", "#D55E00", 2.2),
    "numpyro-parallel": ("NumPyro by hand", "#0072B2", 1.3),
    "bambi-nutpie": ("bambi + nutpie", "#009E73", 1.3),
    "bambi-pymc": ("bambi + PyMC", "#56B4E9", 1.3),
    "brms": ("brms", "#222222", 1.3),
    "rstanarm": ("rstanarm", "#CC79A7", 1.3),
}
"""What is drawn of the ladders: name, colour (Okabe and Ito's, made for colour-blind eyes), width."""
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "svg.hashsalt": "bayesformula",
    "svg.fonttype": "path",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(results, folder, suffix="svg"):
    """Write the figures; their file names and what they show, in words."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with plt.rc_context(STYLE):
        for name, figure, alt in (
            ("ratios", ratios, "Ratios of bayesformula to the best peer, model by model, losses first"),
            (
                "ladders",
                ladders,
                "Speed over rows, levels and coefficients; lines end at the limit of a process",
            ),
        ):
            picture = figure(plt, results)
            if picture is not None:
                metadata = {"Date": None} if suffix == "svg" else None
                picture.savefig(folder / f"{name}.{suffix}", dpi=200, metadata=metadata, facecolor="white")
                plt.close(picture)
                drawn.append((f"{name}.{suffix}", alt))
    return drawn


def ratios(plt, results):
    """One line a model: three ratios to the best peer on a log axis, the worst model on top."""
    rows = []
    for name in results.models(is_rung=False):
        found = {metric: results.ratio(name, metric) for metric in MARKS}
        found = {metric: cell for metric, cell in found.items() if cell}
        if found:
            rows.append((min(ratio for ratio, _ in found.values()), name, found))
    if not rows:
        return None
    rows.sort(key=lambda row: row[0], reverse=True)  # the last is drawn on top
    figure, axes = plt.subplots(figsize=(7.6, 1.5 + 0.36 * len(rows)), layout="constrained")
    every = [ratio for _, _, found in rows for ratio, _ in found.values()]
    low, high = min(*every, 0.8) * 0.75, max(*every, 12) * 1.35
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.axvspan(low, 1, color="#f3e3dc", lw=0, zorder=0)
    for at, width in ((1, 1.1), (10, 0.7)):
        axes.axvline(
            at, color=INK if at == 1 else MUTED, lw=width, ls="-" if at == 1 else (0, (4, 3)), zorder=1
        )
    for height, (_, _, found) in enumerate(rows):
        values = [ratio for ratio, _ in found.values()]
        axes.plot(
            [min(values), max(values)], [height] * 2, color=GRID, lw=3, solid_capstyle="round", zorder=2
        )
        for metric, (ratio, _) in found.items():
            colour, mark = MARKS[metric]
            axes.plot(ratio, height, mark, color=colour, ms=6.5, mec="white", mew=0.8, zorder=3)
    axes.set_yticks(range(len(rows)), [name for _, name, _ in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    _plain(axes.xaxis)
    axes.set_xlabel("times better than the best peer (log scale); shaded: worse")
    best = axes.secondary_yaxis("right")
    best.set_yticks(range(len(rows)), [_best(found) for _, _, found in rows])
    best.tick_params(axis="y", length=0, labelsize=7.5, labelcolor=MUTED)
    best.spines["right"].set_visible(False)
    axes.set_title("the best peer", loc="right", fontsize=7.5, color=MUTED)
    handles = [
        plt.Line2D([], [], marker=mark, color=colour, ls="", ms=6.5, mec="white", label=METRICS[metric])
        for metric, (colour, mark) in MARKS.items()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3, frameon=False, fontsize=8.5)
    return figure


def _best(found):
    """The best peers of a model; one name where it is the same for all three."""
    names = [name for _, name in found.values()]
    unique = list(dict.fromkeys(names))
    return ", ".join(unique)


def ladders(plt, results):
    """A column for each ladder: min bulk ESS a second of a refit, and seconds of a cold fit, over size."""
    rungs = [models.MODELS[name] for name in results.models(is_rung=True)]
    names = [name for name in ("rows", "levels", "coefficients") if any(r.ladder == name for r in rungs)]
    if not names:
        return None
    figure, grid = plt.subplots(
        2,
        len(names),
        figsize=(3.1 * len(names) + 0.6, 5.2),
        layout="constrained",
        squeeze=False,
        sharey="row",
    )
    shown = set()
    for column, ladder in enumerate(names):
        steps = sorted((r for r in rungs if r.ladder == ladder), key=lambda r: r.size)
        for row, metric in enumerate(("refit", "cold")):
            axes = grid[row][column]
            for method, (_, colour, width) in LINES.items():
                points = [(r.size, results.middle(r.name, method, metric)) for r in steps]
                points = [point for point in points if point[1] is not None]
                if points:
                    shown.add(method)
                    axes.plot(*zip(*points, strict=True), "o-", color=colour, lw=width, ms=2 + width)
            axes.set_yscale("log")
            if ladder != "coefficients":
                axes.set_xscale("log")
            axes.grid(axis="y", color=GRID, lw=0.6)
            axes.set_axisbelow(True)
            if row == 0:
                axes.set_title(
                    {"rows": "rows, 100 groups", "levels": "levels of the group"}.get(
                        ladder, "correlated coefficients a group"
                    ),
                    fontsize=9.5,
                )
                axes.tick_params(labelbottom=False)
    grid[0][0].set_ylabel("min bulk ESS a second (refit)")
    grid[1][0].set_ylabel("seconds of a first, cold fit")
    handles = [
        plt.Line2D([], [], marker="o", color=colour, lw=width, ms=2 + width, label=label)
        for method, (label, colour, width) in LINES.items()
        if method in shown
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=6, frameon=False, fontsize=8)
    return figure


def _plain(axis):
    """Ticks of a log axis as 0.5, 1, 10, 100, not as powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
