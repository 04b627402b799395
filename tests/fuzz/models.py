"""A formula, a family and priors of a stranger meet a table: all that `fit` does before it compiles."""

from __future__ import annotations

import bayesformula as bf
from fuzz.fixed_tables import small_table
from fuzz.formulas import WORDS as FORMULA_WORDS
from fuzz.formulas import formula_seeds
from fuzz.mutate import text_mutator
from fuzz.prior_statements import WORDS as PRIOR_WORDS
from fuzz.target import Target

COLUMNS = tuple(small_table().columns)
CALLS = (
    "poly(x, 2)", "ns(x, 3)", "bs(x, df = 5)", "cut(x, 3)", "C(f, sum)", "scale(x)", "mo(f)", "cs(x)",
    "factor(n)", "I(x^2)",
    "mm(g, h)", "gr(g, by = f)", "gr(g, dist = 'student')", "substr(g, 1, 1)", "paste(g, h)", "quantile",
    "ntile", "lag",
    "rep", "seq", "round(x, 2)", "ave(x, g)", "relevel(f, 'mid')", "interaction(g, h)", "nchar(g)",
    "is.na(z)", "when",
    "pmax(x, 0)", "ifelse(x > 0, 1, 2)", "s(x)", "te(x, z)", "trials(n)", "weights(w)", "cens(k)", "se(w)",
    "trunc(lb = 0)",
)  # fmt: skip
SEPARATOR = "\n@@\n"


def run_model(data: bytes) -> str:
    """Formula, family and priors, between separators; the last two may be left out."""
    formula, family, priors = [*data.decode("utf-8", "surrogatepass").split(SEPARATOR), "", ""][:3]
    explained = bf.explain(formula, small_table(), family=family or None, priors=priors or None)
    assert str(explained)
    shown = explained.to_dict()
    again = bf.explain(shown["formula"], small_table(), family=explained.model.family, priors=priors or None)
    assert again.to_dict()["formula"] == shown["formula"]
    groups = sum(len(part["groups"]) for part in shown["parameters"].values())
    return f"{shown['family']['name']}, {shown['plan']['name']}, {min(groups, 4)} groups"


def model_seeds() -> tuple[bytes, ...]:
    """Formulas of this table, and those of others with its names put into them."""
    own = [
        f"y ~ x + f + (1 + x | g){SEPARATOR}student{SEPARATOR}b ~ normal(0, 1); sd[g, x] ~ exponential(1)",
        f"n ~ x * f + (1 | g/h){SEPARATOR}poisson{SEPARATOR}b[x] ~ flat",
        f"f ~ x + (1 | g){SEPARATOR}cumulative",
        f"k ~ poly(x, 2) + (x || g){SEPARATOR}bernoulli(probit)",
        f"y | weights(w) ~ ns(x, 3) + mo(f) + offset(w) + (0 + f | h); sigma ~ x{SEPARATOR}gaussian",
        f"n | trials(w + 9) ~ . - when + (1 | mm(g, h)){SEPARATOR}binomial",
        f"ok ~ `a b` + I(x > 0 | z > 1) + (1 | gr(g, by = f)){SEPARATOR}bernoulli",
        f"y ~ cut(x, 3) + C(g, helmert) + factor(n) + x:f{SEPARATOR}lognormal{SEPARATOR}b ~ horseshoe(1)",
    ]
    return (
        *(text.encode() for text in own),
        *(f"y ~ {call}".encode() for call in CALLS),
        *formula_seeds()[::20],
    )


WORDS = (
    *COLUMNS,
    *COLUMNS,
    *CALLS,
    *FORMULA_WORDS,
    SEPARATOR,
    *PRIOR_WORDS,
    "poisson",
    "gamma(log)",
    "student",
    "beta",
)
WATCHED = ("bayesformula/data", "bayesformula/model", "bayesformula/syntax", "bayesformula/pipeline")
TARGETS = (Target("models", run_model, text_mutator(WORDS), model_seeds, WATCHED),)
