"""One model in a fresh process: wall seconds up to the fit, then of a refit. Prints one JSON object.

python benchmarks/one.py MODEL PLAN
"""

import time

BEGAN = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402

MODELS = {
    "sleepstudy": ("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
    "sleepstudy ||": ("sleepstudy", "Reaction ~ Days + (Days || Subject)"),
    "Penicillin": ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    "Pastes": ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
    "cafes": ("cafes", "wait ~ afternoon + (1 + afternoon | cafe)"),
    "nested": ("nested", "y ~ x + (1 + x | region/group)"),
}


def main(model, plan):
    import warnings

    import bayesformula as bf

    warnings.simplefilter("ignore", bf.BayesFormulaWarning)
    table, formula = MODELS[model]
    data = bf.datasets.load(table)
    first = bf.fit(formula, data, plan=plan, progress=False)
    once = time.perf_counter() - BEGAN
    tick = time.perf_counter()
    again = bf.fit(formula, data, plan=plan, progress=False, seed=1)
    refit = time.perf_counter() - tick
    summary = again.summary()
    print(
        json.dumps(
            {
                "model": model,
                "plan": first.plan.name,
                "process_seconds": round(once, 3),
                "first": {k: round(v, 3) for k, v in first.timing.items() if isinstance(v, float)},
                "refit_seconds": round(refit, 3),
                "refit": {k: round(v, 3) for k, v in again.timing.items() if isinstance(v, float)},
                "min_ess_bulk": round(float(summary["ess_bulk"].min())),
                "min_ess_tail": round(float(summary["ess_tail"].min())),
                "divergences": again.divergences,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
