"""What a method is handed: one JSON file that names table, model and priors, whatever its language.

The table lies beside it as Parquet for Python and as CSV for R, and, for the hand-written NumPyro model, the
design as arrays: its author has thought about them already, and no second is counted for making them.
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np

TABLES = Path(__file__).resolve().parent / "tables.py"
MAX_EFFECTS = 5000
"""Group effects whose effective sizes are looked at, evenly spaced over all; the same for all methods."""


def prepare(model, folder):
    """Write the files of a model, unless they are there and made by these scripts; returns the job as a dict.

    Raises:
        MissingTableError: the table of the model is not at hand.
    """
    folder = Path(folder) / model.name
    path, job = folder / "job.json", described(model, folder)
    if path.is_file():
        old = json.loads(path.read_text(encoding="utf-8"))
        if {name: value for name, value in old.items() if name != "factors"} == job:
            return old
    frame = model.load()
    frame = frame[[column for column in frame.columns if column in words(model.formula)]]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    frame.to_parquet(job["parquet"], index=False)
    job["factors"] = [name for name in model.factors if name in frame.columns]
    path.write_text(json.dumps(job, indent=1), encoding="utf-8")
    return job


def described(model, folder):
    """The job of a model, but for what only its table tells; with it, of which version the tables are."""
    intercept = model.priors.intercept
    names = ("b", "sd", "sigma", "shape", "cor")
    return {
        "model": model.name,
        "formula": model.formula,
        "bambi": model.bambi or model.formula,
        "lme4": model.lme4,
        "family": model.family,
        "is_correlated": model.is_correlated,
        "statements": model.statements,
        "priors": {"mean": intercept[0], "intercept": intercept[1]}
        | {name: getattr(model.priors, name) for name in names},
        "by_path": model.by_path,
        "max_effects": MAX_EFFECTS,
        "parquet": str(folder / "table.parquet"),
        "csv": str(folder / "table.csv"),
        "design": str(folder / "design.npz"),
        "tables": hashlib.sha256(TABLES.read_bytes()).hexdigest(),
    }


def write_csv(job):
    """The table for R, written when the first method of R comes."""
    import pandas as pd

    if not Path(job["csv"]).is_file():
        pd.read_parquet(job["parquet"]).to_csv(job["csv"], index=False)


def write_design(job):
    """The design for NumPyro: fixed columns without the intercept, and of each group index and columns."""
    import pandas as pd

    import bayesformula as bf

    if Path(job["design"]).is_file():
        return
    design = bf.design(job["formula"], pd.read_parquet(job["parquet"]))
    fixed = design.fixed.drop(columns="Intercept", errors="ignore")
    arrays = {"x": fixed.to_numpy(float), "x_names": np.array(list(fixed.columns), "U"), "y": design.y}
    trials = design.extras.get("trials")
    arrays |= {} if trials is None else {"trials": trials}
    for number, (label, group) in enumerate(design.groups.items()):
        arrays[f"label_{number}"] = np.array(label)
        arrays[f"coefs_{number}"] = np.array(group.coefs, "U")
        arrays[f"index_{number}"] = np.asarray(group.index, np.int32)
        arrays[f"z_{number}"] = np.asarray(group.z, float)
        arrays[f"blocks_{number}"] = np.array(len(group.blocks))
        arrays[f"n_levels_{number}"] = np.array(len(group.levels))
    np.savez(job["design"], **arrays)


def words(formula):
    """The names in a formula."""
    return set(re.findall(r"[A-Za-z_][A-Za-z_0-9.]*", formula))
