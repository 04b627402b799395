"""Models that brms fitted with the same priors, fitted here: how far apart are the posteriors?

    python tests/statistical/references.py docs/reliability.md

fits all of them with 4 x 4,000 draws, which takes some minutes, and writes its table between the marks of
that page.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayesformula as bf

GOLDEN = Path(__file__).parents[1] / "golden"
DRAWS = 4000


@dataclass(frozen=True)
class Reference:
    """A model with what brms says of its parameters.

    Attributes:
        name: of the model.
        formula, data, options: as for `bf.fit`.
        parameters: by name mean, sd and ess_bulk of brms's draws.
    """

    name: str
    formula: Any
    data: Any
    parameters: dict[str, dict[str, float]]
    options: dict[str, Any] = field(default_factory=dict)

    def fit(self, draws: int = DRAWS, seed: int = 1) -> bf.Fit:
        return bf.fit(self.formula, self.data, draws=draws, seed=seed, progress=False, **self.options)


@dataclass(frozen=True)
class Difference:
    """Of one parameter: means in brms's sds, sds as a share, and what Monte Carlo error makes of each.

    The errors are one standard error, of both sides together.
    """

    name: str
    mean: float
    mean_error: float
    sd: float
    sd_error: float

    @property
    def is_within(self) -> bool:
        """0.1 sd and 5 %, with two standard errors allowed beside."""
        return abs(self.mean) < 0.1 + 2 * self.mean_error and abs(self.sd) < 0.05 + 2 * self.sd_error


def differences(fit: bf.Fit, reference: Reference) -> list[Difference]:
    """Of every parameter that brms reports and that moves, group effects of some levels among them.

    The sd of df, whose tail is as long as that of its prior, is left out: one draw in a hundred thousand
    decides it.
    """
    draws, ess = fit.draws_frame(), fit.summary()["ess_bulk"]
    out = []
    for name, theirs in reference.parameters.items():
        if not theirs["sd"] or name not in draws:
            continue
        effective = ess.get(name, len(draws))
        error = np.sqrt(1 / theirs["ess_bulk"] + 1 / effective)
        spread = 0.0 if name.startswith("df_") else float(draws[name].std() / theirs["sd"]) - 1
        away = float(draws[name].mean() - theirs["mean"]) / theirs["sd"]
        out.append(Difference(name, away, float(error), spread, float(error / np.sqrt(2))))
    return out


def _models(file: str) -> list[dict[str, Any]]:
    return json.loads((GOLDEN / file).read_text("utf-8"))["models"]


@cache
def _table(path: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / path, dtype={"herd": str, "patient": str, "subject": str})


def of_datasets() -> Iterator[Reference]:
    """Tables of lme4."""
    for model in _models("brms_posteriors.json"):
        data, priors = bf.datasets.load(model["table"]), {"priors": model["priors"]}
        yield Reference(model["table"], model["formula"], data, model["parameters"], priors)


def of_group_options() -> Iterator[Reference]:
    """gr(by = ), gr(cov = ), gr(dist = "student"), mm()."""
    data2 = {"A": GOLDEN / "group_options_A.csv"}
    for model in _models("brms_group_options.json"):
        yield Reference(
            model["name"],
            model["formula"],
            GOLDEN / "group_options.csv",
            model["parameters"],
            {"priors": model["priors"], "data2": data2},
        )


def formula_of(model: dict[str, Any]) -> Any:
    """Of a record of brms_families.json, all its predictors."""
    further = {**(model["parameters_ours"] or {}), **(model["fixed_ours"] or {})}
    return bf.formula(model["formula_ours"], **further) if further else model["formula_ours"]


def of_families() -> Iterator[Reference]:
    """Models of all families, those whose tables are kept here."""
    for model in _models("brms_families.json"):
        if model["data"] and (GOLDEN / model["data"]).exists():
            options = {"family": model["family_ours"], "priors": model["priors_ours"]}
            parameters = model["parameters"]
            yield Reference(model["id"], formula_of(model), _table(model["data"]), parameters, options)


def text_of(reference: Reference) -> str:
    """The formula as one line."""
    return getattr(reference.formula, "text", reference.formula).replace("|", "\\|")


def row(reference: Reference) -> str:
    """Of the table in the documentation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)  # health is a column
        fit = reference.fit()
    found = differences(fit, reference)
    mean, spread = max(found, key=lambda d: abs(d.mean)), max(found, key=lambda d: abs(d.sd))
    least = min(p["ess_bulk"] for p in reference.parameters.values() if p["sd"])
    cells = (
        f"`{text_of(reference)}`",
        reference.options.get("family") or "gaussian",
        f"{fit.plan.name}",
        f"{len(found)}",
        f"{abs(mean.mean):.3f}",
        f"{100 * abs(spread.sd):.1f} %",
        f"{least:.0f}",
        "" if all(d.is_within for d in found) else "**beyond**",
    )
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    page = Path(sys.argv[1])
    head = (
        "| model | family | plan | parameters | means apart, in sds | sds apart | least ESS of brms | |",
        "|" + "---|" * 8,
    )
    rows = [*head]
    for reference in (*of_datasets(), *of_group_options(), *of_families()):
        rows.append(row(reference))
        print(rows[-1], flush=True)
    text = page.read_text("utf-8")
    begin = text.index("-->", text.index("<!-- references:")) + len("-->")
    end = text.index("<!-- end -->", begin)
    page.write_text(text[:begin] + "\n\n" + "\n".join(rows) + "\n\n" + text[end:], "utf-8")


if __name__ == "__main__":
    main()
