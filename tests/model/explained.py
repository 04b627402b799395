"""Explanations of the tables of the tests, and the texts that are kept of them in `tests/golden/explain`.

`python tests/model/explained.py` writes those texts anew; read the difference before keeping it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bayesformula import datasets
from bayesformula.model.explain import Explanation, Outline
from bayesformula.pipeline import formula_spec, prepare
from cases import matrices, panel

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"


def explained(formula, data=None, *, priors=None, plan="auto", checks=None):
    """The explanation of a formula on `panel()` or on another table."""
    ready = prepare(
        formula,
        panel() if data is None else data,
        family=None,
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


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in KEPT:
        each.path.write_text(golden_text(each), "utf-8")
