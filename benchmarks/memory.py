"""Peak memory of a fit and of what is asked of it, by rows, levels and draws; a table in Markdown.

    python benchmarks/memory.py --rows 1000 100000 1000000 --levels 10 10000 --draws 500 4000

Each line is a process of its own. Peaks are of the resident set, in MiB, imports and all that stays from the
calls before included; Linux only, as the peak is set back between calls through /proc. A call that refuses,
because its answer would not fit, is shown as "refused".
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path

CALLS = (
    "import",
    "fit",
    "summary",
    "predict",
    "draws of predict",
    "loo",
    "pp_check",
    "plot",
    "report",
    "save",
    "load",
)


def peak(call: Callable[[], object]) -> str:
    """The peak in MiB during a call, or that it refused."""
    import bayesformula as bf

    Path("/proc/self/clear_refs").write_text("5")
    try:
        call()
    except bf.BayesFormulaError as error:
        print(f"refused: {error}", file=sys.stderr)
        return "refused"
    status = Path("/proc/self/status").read_text()
    return f"{int(status.split('VmHWM:')[1].split()[0]) / 1024:,.0f}"


def measure(rows: int, levels: int, draws: int) -> dict[str, str]:
    """Peaks by call, in this process."""
    warnings.simplefilter("ignore")
    import numpy as np

    import bayesformula as bf

    rng = np.random.default_rng(0)
    group, x = rng.integers(0, levels, rows), rng.normal(size=rows)
    y = 1 + x + rng.normal(size=levels)[group] + rng.normal(size=rows)
    table = {"y": y, "x": x, "g": group.astype(str)}
    out, fits = {}, {}

    def fit() -> None:
        options = {"chains": 4, "draws": draws // 4, "warmup": 300, "progress": False}
        fits["fit"] = bf.fit("y ~ x + (1 | g)", table, **options)

    out["import"] = peak(lambda: bf.explain("y ~ x + (1 | g)"))
    out["fit"] = peak(fit)
    made = fits["fit"]
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/fit.nc"
        out["summary"] = peak(made.summary)
        out["predict"] = peak(lambda: made.predict(summary=True))
        out["draws of predict"] = peak(made.predict)
        out["loo"] = peak(made.loo)
        out["pp_check"] = peak(made.pp_check)
        out["plot"] = peak(made.plot_trace)
        out["report"] = peak(lambda: made.report(f"{folder}/report.html"))
        out["save"] = peak(lambda: made.save(file))
        out["load"] = peak(lambda: bf.load(file))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("rows", [1000, 100_000]), ("levels", [10, 10_000]), ("draws", [500, 4000])):
        parser.add_argument(f"--{name}", type=int, nargs="+", default=default)
    parser.add_argument("--one", action="store_true", help="one line, as JSON, in this process")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.rows[0], asked.levels[0], asked.draws[0])))
        return
    print("| rows | levels | draws |", " | ".join(CALLS), "|")
    print("|" + "---:|" * (3 + len(CALLS)), flush=True)
    for rows, levels, draws in product(asked.rows, asked.levels, asked.draws):
        if levels * 2 > rows:
            continue
        numbers = ["--rows", str(rows), "--levels", str(levels), "--draws", str(draws)]
        done = subprocess.run(
            [sys.executable, __file__, "--one", *numbers], stdout=subprocess.PIPE, check=False
        )
        found = json.loads(done.stdout) if done.returncode == 0 else {}
        cells = [f"{rows:,}", f"{levels:,}", f"{draws:,}", *(found.get(call, "failed") for call in CALLS)]
        print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
