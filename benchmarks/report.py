"""The tables and figures of benchmarks/README.md, from a file of results.

    python benchmarks/report.py [results/latest.jsonl]             prints the tables
    python benchmarks/report.py results/NAME.jsonl --write         puts them, and the figures, into README.md

Ratios are taken within a round and a model, where all methods ran directly after each other; then the
median over rounds. Rows begin with the worst: what is lost is seen first.
"""

import argparse
import re
from pathlib import Path
from statistics import median

import methods
import models
from runs import METRICS, OURS, PEERS, Results

HERE = Path(__file__).resolve().parent
MARK = "†"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", default=str(HERE / "results" / "latest.jsonl"))
    parser.add_argument("--write", action="store_true", help="into README.md, figures beside it")
    arguments = parser.parse_args()
    results = Results.read(arguments.path)
    text = report(results)
    if not arguments.write:
        print(text)
        return
    import plots

    drawn = plots.draw(results, HERE / "figures")
    readme = HERE / "README.md"
    old = readme.read_text(encoding="utf-8")
    pictures = "\n".join(f"![{alt}](figures/{name})\n" for name, alt in drawn)
    new = f"{BEGIN}\n\n{pictures}\n{text}\n\n{END}"
    pattern = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    readme.write_text(pattern.sub(lambda _: new, old), encoding="utf-8")


def report(results):
    """All tables, in the order of their weight."""
    parts = [
        about(results),
        "### Against the best peer, losses first\n\n" + ratios(results, results.models(is_rung=False)),
    ]
    if rungs := results.models(is_rung=True):
        parts.append("### Ladders, losses first\n\n" + ratios(results, rungs))
    parts += [
        "### `auto` against the best single plan, worst first\n\n" + plans(results),
        "### Do they answer the same question?\n\n" + agreement(results),
        "### What did not end well\n\n" + failures(results),
        "### Where the seconds of the first, cold fit go\n\n" + stages(results),
        "### Absolute figures\n\n" + absolute(results),
    ]
    return "\n\n".join(parts)


def about(results):
    """Machine, settings, versions."""
    header = results.header
    run = header["settings"]
    rounds = len({number for number, _ in results.runs})
    found = {}
    for runs in results.runs.values():
        for states in runs.values():
            for line in states.values():
                found |= {name: v for name, v in line.get("versions", {}).items() if name != "python"}
    loads = [
        line["load"]
        for runs in results.runs.values()
        for s in runs.values()
        for line in s.values()
        if "load" in line
    ]
    named = ", ".join(f"{name} {found[name]}" for name in sorted(found, key=str.casefold))
    return (
        f"{header['cores']} cores of {header['processor']}, {header['memory_gib']} GiB, {header['system']}; "
        f"{run['chains']} chains of {run['warmup']} + {run['draws']}; rounds: {rounds}; limit of a process "
        f"{run['limit']:.0f} s. {_load(loads)}Commit {', '.join(results.commits) or 'unknown'}; {named}."
    )


def _load(loads):
    """How busy the machine was: of a quiet one, no busier than the run itself keeps two cores."""
    if not loads:
        return ""
    return f"Load average before a process: median {median(loads):.1f}, at most {max(loads):.1f}. "


def ratios(results, names):
    """One row a model: how many times better than the best peer; a loss, below 1, in bold."""
    rows = []
    for name in names:
        cells = {metric: results.ratio(name, metric) for metric in METRICS}
        if not any(cells.values()):
            continue
        brms = results.ratio(name, "refit", peers=("brms",))
        each = results.middle(name, OURS, "a draw")
        worst = min(cell[0] for cell in cells.values() if cell)
        shown = [f"{_times(cell[0])} ({_peer(name, cell[1])})" if cell else "" for cell in cells.values()]
        brms_cell = _times(brms[0]) if brms else ""
        rows.append((worst, [name, *shown, brms_cell, "" if each is None else f"{each:.2f}"]))
    rows.sort(key=lambda row: row[0])
    header = ["model", *METRICS.values(), "ESS/s of refits to brms's", "ESS a draw"]
    note = f"{MARK} another posterior: bambi has no correlations, rstanarm its own prior of group effects."
    text = table(header, [cells for _, cells in rows])
    return f"{text}\n\n{note}" if MARK in text else text


def _peer(model, name):
    """The name of a peer, marked where it does not fit quite the same model."""
    differs = name == "rstanarm" or (name.startswith("bambi") and models.MODELS[model].is_correlated)
    return f"{name} {MARK}" if differs else name


def plans(results):
    """ESS per second of refits under `auto`, over that of the best single plan."""
    single = [f"ours-{plan}" for plan in methods.PLANS if plan != "auto"]
    rows = []
    for name in results.models():
        found = results.ratio(name, "refit", peers=single)
        if found:
            used = next(
                (
                    line["plan"]
                    for runs in results.blocks(name)
                    for line in runs.get(OURS, {}).values()
                    if "plan" in line
                ),
                "",
            )
            rates = [results.middle(name, method, "refit") for method in single]
            best = found[1].removeprefix("ours-")
            share = f"{found[0]:.2f}, itself" if best == used else _share(found[0])
            rows.append((best == used, found[0], [name, used, share, best, *map(_rate, rates)]))
    rows.sort(key=lambda row: row[:2])
    header = ["model", "auto takes", "auto / best", "best", *(f"{p} ESS/s" for p in methods.PLANS[1:])]
    note = "Itself: the best plan is the one that `auto` takes, the same program run twice."
    return f"{table(header, [cells for *_, cells in rows])}\n\n{note}"


def agreement(results):
    """The largest difference of posterior means from ours, in posterior sds, over what both report."""
    rows = []
    for name in results.models():
        ours = _means(results, name, OURS)
        if not ours:
            continue
        cells = [name]
        for method in PEERS:
            theirs = _means(results, name, method)
            shared = [key for key in ours if key in theirs and ours[key][1] > 0]
            if not shared:
                cells.append("")
                continue
            apart = {key: abs(theirs[key][0] - ours[key][0]) / ours[key][1] for key in shared}
            worst = max(apart, key=apart.get)
            cells.append(f"{apart[worst]:.2f} of {len(shared)}")
        rows.append(cells)
    note = (
        "Largest difference of posterior means, in posterior sds, over what both report, group effects left "
        "out: noise of the sampler is some hundredths. bambi has no correlations and rstanarm has its own "
        "prior of group effects: there the differences are those of models, not errors."
    )
    return note + "\n\n" + table(["model", *PEERS], rows)


def _means(results, model, method):
    """Parameter -> mean, sd of the first round that has them, names made comparable."""
    for runs in results.blocks(model):
        for line in reversed(runs.get(method, {}).values()):
            if "sds" in line:
                return {comparable(k): (v, line["sds"][k]) for k, v in line["means"].items()}
    return {}


def comparable(name):
    """Names in which lme4's `cask:batch` and our `batch:cask` are one, and so are pairs of coefficients."""
    kind, _, rest = name.partition("_")
    if kind not in ("sd", "cor"):
        return name
    label, _, coefs = rest.partition("__")
    label = ":".join(sorted(label.split(":")))
    return f"{kind}_{label}__" + "__".join(sorted(coefs.split("__")))


def failures(results):
    """What was stopped, failed, or cannot be fitted, and runs with divergences."""
    rows = {}
    for (_, model), runs in sorted(results.runs.items()):
        for method, states in runs.items():
            for state, line in states.items():
                if line["status"] != "ok":
                    rows[model, method, state] = [
                        model,
                        method,
                        state,
                        line["status"],
                        line.get("message", ""),
                    ]
                elif line.get("divergences"):
                    said = f"{line['divergences']} divergences"
                    rows[model, method, state] = [model, method, state, "ok", said]
    if not rows:
        return "Nothing."
    return table(["model", "method", "process", "", ""], [[*r[:4], _short(r[4])] for r in rows.values()])


STAGES = (
    ("import", ("import",)),
    ("design", ("design",)),
    ("compile", ("trace", "compile")),
    ("warmup", ("warmup",)),
    ("draws", ("draws",)),
    ("recovery", ("recovery",)),
    ("not told apart", ("warmup+draws", "fit", "rest")),
)


def stages(results):
    """Seconds of the stages, where a method tells."""
    rows = []
    for name in results.models():
        for method in methods.METHODS:
            lines = [runs[method]["cold"] for runs in results.blocks(name) if "cold" in runs.get(method, {})]
            line = next((line for line in lines if line["status"] == "ok"), None)
            if line is None or method not in (OURS, *PEERS):
                continue
            seconds = line["seconds"]
            told = [[seconds[k] for k in keys if k in seconds] for _, keys in STAGES]
            cells = [f"{sum(found):.2f}" if found else "" for found in told]
            other = line["wall"] - sum(map(sum, told))
            rows.append([name, method, f"{line['wall']:.1f}", *cells, f"{max(other, 0.0):.2f}"])
    return table(["model", "method", "wall", *(stage for stage, _ in STAGES), "other"], rows)


def absolute(results):
    """Medians over rounds."""
    columns = {
        "cold s": ("cold", ".1f"),
        "cold cpu s": ("cpu", ".1f"),
        "warm s": ("warm s", ".1f"),
        "refit s": ("refit s", ".2f"),
        "bulk ESS": ("ess", ".0f"),
        "tail ESS": ("tail", ".0f"),
        "ESS/s warm": ("warm", ".3g"),
        "ESS/s refit": ("refit", ".3g"),
        "leapfrogs": ("leapfrogs", ".1f"),
        "divergences": ("divergences", ".0f"),
        "MiB": ("memory", ".0f"),
    }
    rows = []
    for name in results.models():
        for method in methods.METHODS:
            values = [results.middle(name, method, metric) for metric, _ in columns.values()]
            if any(value is not None for value in values):
                cells = [
                    "" if value is None else f"{value:{spec}}"
                    for value, (_, spec) in zip(values, columns.values(), strict=True)
                ]
                rows.append([name, method, *cells])
    return table(["model", "method", *columns], rows)


def table(header, rows):
    """Markdown; `|` in a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(c).replace("|", "\\|") for c in line) + " |" for line in lines)


def _times(ratio):
    """A ratio to two digits; a loss in bold."""
    text = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"
    return f"**{text}**" if ratio < 1 else text


def _share(ratio):
    """More than ten per cent slower than the best single plan: in bold."""
    return f"**{ratio:.2f}**" if ratio < 0.9 else f"{ratio:.2f}"


def _rate(value):
    return "" if value is None else f"{value:.3g}"


def _short(text):
    return text if len(text) <= 160 else text[:159] + "…"


if __name__ == "__main__":
    main()
