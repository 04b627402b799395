"""Explanations of the tables of the tests, and the texts that are kept of them in `tests/golden/explain`.

Those of models made by hand (`families`) are kept with them.
`python tests/model/explained.py` writes the texts anew; read the difference before keeping it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bayesformula import datasets
from bayesformula.model.describe import equations
from bayesformula.model.explain import Explanation, Outline
from bayesformula.model.latex import latex_of_model
from bayesformula.model.sheet import sheet_of_model
from bayesformula.pipeline import formula_spec, prepare
from cases import matrices, panel
from model.families import MADE, Made

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"


def explained(formula, data=None, *, family=None, priors=None, plan="auto", checks=None):
    """The explanation of a formula on `panel()` or on another table."""
    ready = prepare(
        formula,
        panel() if data is None else data,
        family=family,
        priors=priors,
        plan=plan,
        na="drop",
        checks=checks,
        data2=matrices(),
        quiet=True,
    )
    return Explanation(
        ready.model,
        n_dropped=ready.design.n_dropped,
        response=ready.schema.response.facts,
        plan=(ready.plan.name, ready.plan.reason),
        findings=ready.findings,
        schema=ready.schema,
    )


def outlined(formula):
    return Outline(formula_spec(formula))


@dataclass(frozen=True)
class Kept:
    """One explanation whose whole text is kept; `table` is a bundled one, or "panel", or "" for no data."""

    name: str
    formula: str
    table: str = "panel"
    priors: tuple[str, ...] = ()
    plan: str = "auto"

    def make(self):
        if not self.table:
            return outlined(self.formula)
        data = panel() if self.table == "panel" else datasets.load(self.table)
        return explained(self.formula, data, priors=list(self.priors) or None, plan=self.plan)

    @property
    def path(self):
        return GOLDEN / f"{self.name}.txt"


KEPT = (
    Kept("simple", "y ~ x"),
    Kept("cafes", "wait ~ afternoon + (afternoon | cafe)", "cafes"),
    Kept("sleepstudy", "Reaction ~ Days + (Days || Subject)", "sleepstudy", plan="noncentred"),
    Kept("nested", "strength ~ 1 + (1 | batch/cask)", "Pastes"),
    Kept("crossed", "diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin"),
    Kept(
        "terms",
        "y ~ f*x + poly(z, 2) + C(arm, sum) + scale(income) + I(2 * x) + offset(o) + (1 + x | g)"
        " + (1 | a/b/c)",
    ),
    Kept("dot", "y ~ . - row - a - b - c - g - h - g2 - year - s"),
    Kept("by", "y ~ x + (1 + x | gr(g, by = arm))"),
    Kept("student", "y ~ x + (1 | gr(g, dist = 'student')) + (x || gr(h, dist = 'student'))"),
    Kept("covariance", "y ~ x + (1 + x | gr(g, cov = A))"),
    Kept("members", "y | weights(w) ~ x + (1 + mmc(z, z2) | mm(g, g2, weights = cbind(w1, w2)))"),
    Kept(
        "stated",
        "y ~ x + z + (1 + x | g)",
        priors=("b ~ normal(0, 1)", "b[z] ~ constant(-0.3)", "sd ~ student_t(3, 0, 2.5)", "cor ~ lkj(4)"),
    ),
    Kept("text", "y ~ a*b + (x | g/h)", ""),
    Kept(
        "text_parameters",
        "log(y) | weights(w) + trunc(lb = 0) ~ . - z + (x |p| g) + (x || gr(h, by = f));"
        " sigma ~ z + (1 |p| g)",
        "",
    ),
    Kept(
        "text_unknown_family",
        "cbind(s, f) ~ x + (1 | gr(k, cov = A)) + (1 + x | gr(t, dist = 'student'))"
        " + (1 | mm(m1, m2)); zi ~ 1",
        "",
    ),
)


def golden_text(kept: Kept) -> str:
    """What is kept: the call, the text, the equations in LaTeX; numbers rounded, as machines differ."""
    explanation = kept.make()
    parts = [f"{kept.formula}  [{kept.table or 'no data'}]", str(explanation), explanation.latex()]
    return rounded("\n\n".join(parts)) + "\n"


def rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d{5,}(?:e[+-]?\d+)?", lambda found: f"{float(found[0]):.5g}", text)


def made_text(made: Made) -> str:
    """What is kept of a model made by hand: the whole text, and the equations with the formula's names."""
    model, spec = made.model(), made.spec()
    sheet = sheet_of_model(model, spec)
    parts = [
        f"{made.formula}  [{made.family}]",
        str(Explanation(model, plan=("noncentred", "asked for"))),
        "With the formula:",
        equations(sheet, width=80),
        latex_of_model(sheet, model, priors=True),
    ]
    return "\n\n".join(parts) + "\n"


def made_path(made: Made) -> Path:
    return GOLDEN / f"family_{made.name}.txt"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in KEPT:
        each.path.write_text(golden_text(each), "utf-8")
    for each in MADE:
        made_path(each).write_text(made_text(each), "utf-8")
