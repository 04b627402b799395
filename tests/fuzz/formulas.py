"""Formulas: read, given a meaning, written again, explained without data."""

from __future__ import annotations

from functools import cache

import bayesformula as bf
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from fuzz.mutate import text_mutator
from fuzz.target import Target

WORDS = (
    "y", "x", "z", "g", "h", "1", "0", "-1", "+", "-", "*", "/", ":", "^", "**", "%in%", "%%", "%/%", "~",
    ";", ",",
    "|", "||", "&", "&&", "!", ">", "<", "==", "!=", ">=", "=", "(", ")", "[", "]", "{", "}", ".", " ", "\n",
    "#c\n",
    "log", "I", "poly", "ns", "bs", "C", "factor", "offset", "scale", "cut", "ifelse", "pmin", "mo", "cs",
    "s",
    "gr", "mm", "by", "cov", "cor", "id", "dist", "trials", "weights", "se", "cens", "trunc", "rate", "cbind",
    "sigma", "zi", "hu", "nu", "mu", "TRUE", "FALSE", "NA", "Inf", "NULL", "lambda", "`a b`", "'a'", '"b"',
    "splines::",
    "base:::", "degree", "df", "knots", "raw", "(1|g)", "(x||g)", "(1|p|g)", "(1|g/h)", "y ~ ", "sigma ~ ",
    "bf(",
    "lmer(", "data = d", "family = ", "I(x^2)", "y['yes']", "x[, 1]", "df$x", "np.log(x)", "quantile = 0.5",
    "<-",
)  # fmt: skip


def run_formula(data: bytes) -> str:
    """What can be read reads back from its canonical text to an equal value, and can be explained."""
    spec = lower(parse(data.decode("utf-8", "surrogatepass")))
    again = lower(parse(spec.text))
    assert again == spec, spec.text
    assert again.text == spec.text, spec.text
    assert hash(again) == hash(spec)
    explained = bf.explain(spec)
    assert str(explained)
    assert explained.to_dict()["formula"]
    groups = sum(len(predictor.groups) for predictor in spec.predictors)
    terms = sum(len(predictor.terms) for predictor in spec.predictors)
    return f"read: {len(spec.predictors)} predictors, {min(terms, 4)} terms, {min(groups, 4)} groups"


def run_predictors(data: bytes) -> str:
    """A formula for each of several parameters: lines `name formula`, of which the first has no name."""
    first, *others = data.decode("utf-8", "surrogatepass").split("\n")
    parameters = dict(line.partition(" ")[::2] for line in others if not line.startswith("mu "))
    spec = bf.formula(first, **parameters)
    assert lower(parse(spec.text)) == spec, spec.text
    return f"read: {len(spec.predictors)} predictors, {len(spec.fixed)} fixed"


@cache
def formula_seeds() -> tuple[bytes, ...]:
    """Formulas of the tables that other tests share."""
    from golden_corpus import read_records

    records = [*read_records("formulas.jsonl"), *read_records("bad_inputs.jsonl")]
    texts = (str(record.get("formula", "")) for record in records)
    return tuple(dict.fromkeys(text.encode("utf-8", "surrogatepass") for text in texts))


WATCHED = ("bayesformula/syntax", "bayesformula/model", "bayesformula/errors")
TARGETS = (
    Target("formula", run_formula, text_mutator(WORDS), formula_seeds, WATCHED),
    Target(
        "predictors", run_predictors, text_mutator((*WORDS, "\nsigma ", "\nzi ", "\nnu ")), watched=WATCHED
    ),
)
