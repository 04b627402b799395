"""Draw the figures of docs/calibration.md from ranks.json, and write its tables and that of plans.json.

python docs/calibration/figures.py
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from bayesformula.results.uniformity import band, counts_below, p_value

HERE = Path(__file__).parent

COLUMNS, BINS = 5, 20
INK, SHADE, GRID = "#1f4e79", "#d9d9d9", "#7f7f7f"
LEVEL = 0.95


def histogram(axes: Axes, ranks: np.ndarray, most: int) -> None:
    """Ranks in 20 bins; of right bars 19 in 20 end in the shade."""
    low, high = stats.binom.interval(LEVEL, len(ranks), 1 / BINS)
    axes.axhspan(low, high, color=SHADE, lw=0)
    edges = np.linspace(0, most + 1, BINS + 1)
    counts, *_ = axes.hist(ranks, bins=edges, color=INK, rwidth=0.9)
    for end in (low, high):
        axes.axhline(end, color=GRID, lw=0.8, ls=":")
    axes.set_xlim(0, most + 1)
    axes.set_ylim(0, max(2.5 * len(ranks) / BINS, 1.1 * np.max(counts)))
    axes.set_xticks([0, (most + 1) // 2, most])
    axes.set_yticks([])


def ecdf_difference(axes: Axes, ranks: np.ndarray, most: int, limit: float) -> None:
    """Share of ranks below each value, less what is expected; right lines stay in the shade throughout."""
    n = len(ranks)
    share = np.arange(1, most + 1) / (most + 1)
    low, high = band(n, most, LEVEL)
    axes.fill_between(share, low / n - share, high / n - share, color=SHADE, lw=0, step="mid")
    axes.axhline(0, color=GRID, lw=0.8)
    axes.step(share, counts_below(ranks, most) / n - share, color=INK, lw=1.2, where="mid")
    axes.set_xlim(0, 1)
    axes.set_ylim(-limit, limit)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    tick = next(size for size in (0.5, 0.2, 0.1, 0.05) if size < limit)
    axes.set_yticks([-tick, 0, tick])


def limit_of(ranks: dict[str, np.ndarray], most: int) -> float:
    """Of the axes of differences: one for all, so that they can be compared."""
    share = np.arange(1, most + 1) / (most + 1)
    widest = max(np.max(np.abs(counts_below(r, most) / len(r) - share)) for r in ranks.values())
    low, high = band(len(next(iter(ranks.values()))), most, LEVEL)
    n = len(next(iter(ranks.values())))
    return 1.1 * max(widest, np.max(high / n - share), np.max(share - low / n))


def figure(title: str, ranks: dict[str, np.ndarray], most: int, path: Path) -> None:
    """A histogram above a difference of distribution functions for each quantity."""
    blocks = math.ceil(len(ranks) / COLUMNS)
    page, grid = plt.subplots(
        2 * blocks, COLUMNS, figsize=(2.25 * COLUMNS, 2.9 * blocks + 0.5), squeeze=False, layout="constrained"
    )
    limit = limit_of(ranks, most)
    for axes in grid.flat:
        axes.set_axis_off()
    for place, (name, values) in enumerate(ranks.items()):
        row, column = divmod(place, COLUMNS)
        above, below = grid[2 * row, column], grid[2 * row + 1, column]
        for axes in (above, below):
            axes.set_axis_on()
            axes.tick_params(labelsize=7, length=2)
            axes.spines[["top", "right"]].set_visible(False)
        histogram(above, values, most)
        ecdf_difference(below, values, most, limit)
        p = shown(p_value(values, most))
        above.set_title(f"{name}   p {p}" if "<" in p else f"{name}   p = {p}", fontsize=8)
        if column:
            below.set_yticklabels([])
        else:
            above.set_ylabel("simulations", fontsize=7)
            below.set_ylabel("ECDF less uniform", fontsize=7)
        above.set_xlabel("rank", fontsize=7, labelpad=0)
        below.set_xlabel("rank / 100", fontsize=7, labelpad=0)
    page.suptitle(title, fontsize=10)
    page.savefig(path, dpi=110)
    plt.close(page)


def shown(p: float) -> str:
    """With as many digits as say something."""
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def p_table(models: dict, most: int) -> str:
    """p values, a row for each quantity and a column for each model."""
    names = list(dict.fromkeys(q for model in models.values() for q in model["ranks"]))
    names.sort(key=lambda name: name == "log_lik")
    lines = ["| quantity | " + " | ".join(models) + " |", "|---" * (len(models) + 1) + "|"]
    for name in names:
        cells = [
            shown(p_value(np.array(m["ranks"][name]), most)) if name in m["ranks"] else ""
            for m in models.values()
        ]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def run_table(models: dict) -> str:
    """How the chains went."""
    lines = [
        "| model | simulations | first attempt | later attempts | median of the least ESS | below 150 | "
        "with a divergence | refused |",
        "|" + "---|" * 8,
    ]
    for name, m in models.items():
        used, ess = m["used"], np.array(m["least_ess"])
        first = sum(one == f"{m['plan']}, 8" for one in used)
        diverged = int(np.sum(np.array(m["divergences"]) > 0))
        lines.append(
            f"| {name} | {len(used)} | {first} | {len(used) - first} | {np.median(ess):.0f} | "
            f"{np.sum(ess < 150)} | {diverged} | {m['refused']} |"
        )
    return "\n".join(lines)


def plans_table(recorded: dict) -> str:
    """A row for each structure of groups and plan."""
    lines = [
        "| formula | family | plan | simulations | first attempt | under this plan | median least ESS | "
        "below 150 | with a divergence | quantities | least p | good chains | their least p |",
        "|" + "---|" * 13,
    ]

    def least_p(counts: dict[str, list[int]]) -> str:
        all_ranks = (np.repeat(np.arange(len(each)), each) for each in counts.values())
        return shown(min(p_value(ranks, recorded["ranked"]) for ranks in all_ranks))

    for name, m in recorded["plans"].items():
        lines.append(
            f"| `{m['formula'].replace('|', chr(92) + '|')}` | {m['family']} | {name.split(', ')[1]} | "
            f"{m['simulations']} | {m['first_attempt']} | {m['own_plan']} | {m['median_least_ess']} | "
            f"{m['poor']} | {m['with_divergence']} | {len(m['counts'])} | {least_p(m['counts'])} | "
            f"{m['good']['simulations']} | {least_p(m['good']['counts'])} |"
        )
    return "\n".join(lines)


def main() -> None:
    recorded = json.loads((HERE / "ranks.json").read_text())
    recorded["again"] = json.loads((HERE / "again.json").read_text())["models"]
    most = recorded["ranked"]
    drawn = {**recorded["models"], **recorded["mutants"]}
    drawn |= {f"{name}, again": model for name, model in recorded["again"].items()}
    for name, model in drawn.items():
        ranks = {quantity: np.array(values) for quantity, values in model["ranks"].items()}
        n = len(next(iter(ranks.values())))
        path = HERE / f"{name.replace(', ', '_').replace(' ', '_')}.png"
        figure(f"{name}: {recorded['formula']}, {n} simulations", ranks, most, path)
    page = HERE.parent / "calibration.md"
    text = page.read_text()
    plans = json.loads((HERE / "plans.json").read_text())
    for section in ("models", "mutants", "again", "plans"):
        if section == "plans":
            tables = (plans_table(plans),)
        else:
            tables = p_table(recorded[section], most), run_table(recorded[section])
        begin = text.index("-->", text.index(f"<!-- {section}:")) + len("-->")
        end = text.index("<!-- end -->", begin)
        text = text[:begin] + "\n\n" + "\n\n".join(tables) + "\n\n" + text[end:]
    page.write_text(text)


if __name__ == "__main__":
    main()
