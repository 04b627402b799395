"""All models under all plans, interleaved, cold and warm; writes results/latest.json, prints the table.

    python benchmarks/run.py [ROUNDS]

Cold: a fresh process with an empty cache of compiled programs. Warm: a fresh process with the cache that
the cold one left. Refit: again in the same process, with another seed. The last column is a ratio within
one model, as absolute times say more about the machine than about the code.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from one import MODELS

HERE = Path(__file__).parent
PLANS = ("marginal", "noncentred", "centred")


def once(model, plan, cache):
    """One process; its JSON."""
    environment = {**os.environ, "BAYESFORMULA_CACHE": cache}
    done = subprocess.run(
        [sys.executable, str(HERE / "one.py"), model, plan],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return json.loads(done.stdout)


def measure(rounds):
    """Cold and warm runs of every model and plan, round by round."""
    runs = []
    for number in range(rounds):
        for model in MODELS:
            for plan in PLANS:
                with tempfile.TemporaryDirectory() as cache:
                    for state in ("cold", "warm"):
                        runs.append({"round": number, "state": state, **once(model, plan, cache)})
                        print(json.dumps(runs[-1]), file=sys.stderr)
    return runs


def table(runs):
    """Markdown: medians over rounds, and min bulk ESS per second of a refit as a ratio to noncentred."""
    lines = [
        "| model | plan | cold s | warm s | refit s | leapfrogs | min ESS | ESS / s | to noncentred |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rate = {}
    for model in MODELS:
        for plan in PLANS:
            rows = [r for r in runs if (r["model"], r["plan"]) == (model, plan)]

            def middle(key, state, rows=rows):
                return statistics.median(r[key] for r in rows if r["state"] == state)

            refit = statistics.median(r["refit_seconds"] for r in rows)
            ess = statistics.median(r["min_ess_bulk"] for r in rows)
            steps = statistics.median(r["refit"]["leapfrog_steps_per_draw"] for r in rows)
            rate[model, plan] = ess / refit
            lines.append(
                f"| {model} | {plan} | {middle('process_seconds', 'cold'):.1f} | "
                f"{middle('process_seconds', 'warm'):.1f} | {refit:.2f} | {steps:.1f} | {ess:.0f} | "
                f"{rate[model, plan]:.0f} | {{{model}/{plan}}} |"
            )
    text = "\n".join(lines)
    for (model, plan), value in rate.items():
        text = text.replace(f"{{{model}/{plan}}}", f"{value / rate[model, 'noncentred']:.1f}")
    return text


def main():
    import bayesformula.api as api

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    runs = measure(rounds)
    machine = {"system": platform.platform(), "cores": os.cpu_count(), **api.doctor()["device"]}
    content = {"machine": machine, "versions": api.versions(), "rounds": rounds, "runs": runs}
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "latest.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(table(runs))


if __name__ == "__main__":
    main()
