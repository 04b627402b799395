"""Models of every kind written by hand, with draws made up for them: no core has to fit them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from bayesformula.compiler.plan import Plan
from bayesformula.data.design import build_design
from bayesformula.families import Family
from bayesformula.model.spec import GroupSpec, ModelSpec, PredictorSpec
from bayesformula.pipeline import prepare
from bayesformula.priors import Prior, PriorRow
from bayesformula.results.fit import Fit
from bayesformula.results.names import coefficients
from bayesformula.runner.config import RunConfig
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse


def scalar(name):
    """The prior row that makes a parameter of the family one number."""
    prior = Prior("gamma", (2.0, 0.1), lower=0.0)
    return PriorRow(name, name, name, "", "", prior, True, False, "made up", name)


def predictor(parameter, link, columns="", *, specific=""):
    return PredictorSpec(parameter, link, tuple(columns.split()), specific=tuple(specific.split()))


DISTRIBUTIONAL = ModelSpec(
    formula="y ~ x + (1 + x | i | g); sigma ~ x + (1 | i | g) + (1 | gr(h, dist = 'student'))",
    response="y",
    family=Family("student", (("mu", "identity"), ("sigma", "log"), ("nu", "logm1")), "real"),
    n_rows=120,
    predictors=(predictor("mu", "identity", "Intercept x"), predictor("sigma", "log", "Intercept x")),
    groups=(
        GroupSpec(
            "g", ("g",), 3, ("Intercept", "x", "sigma_Intercept"), ((0, 1, 2),),
            parameters=("mu", "mu", "sigma"),
        ),
        GroupSpec("h", ("h",), 2, ("sigma_Intercept",), ((0,),), parameters=("sigma",), dist="student"),
    ),
    priors=(scalar("nu"),),
)  # fmt: skip

ORDINAL = ModelSpec(
    formula="rating ~ treat + cs(period) + (1 + period + dose | subject); disc ~ 0 + lab",
    response="rating",
    family=Family("sratio", (("mu", "logit"), ("disc", "log")), "ordered"),
    n_rows=80,
    predictors=(predictor("mu", "logit", "treat", specific="period"), predictor("disc", "log", "lab")),
    groups=(GroupSpec("subject", ("subject",), 4, ("Intercept", "period", "dose"), ((0, 1, 2),)),),
    priors=(),
    categories=("low", "middle", "high"),
)

THRESHOLDS = ModelSpec(
    formula="y ~ 1 + (1 | g)",
    response="y",
    family=Family("acat", (("mu", "logit"), ("disc", "log")), "ordered"),
    n_rows=30,
    predictors=(predictor("mu", "logit"),),
    groups=(GroupSpec("g", ("g",), 3, ("Intercept",), ((0,),)),),
    priors=(),
    categories=("1", "2", "3", "4"),
)

CATEGORICAL = ModelSpec(
    formula="choice ~ x + (1 | g)",
    response="choice",
    family=Family("categorical", (("mu", "logit"),), "category"),
    n_rows=60,
    predictors=(predictor("muB", "logit", "Intercept x"), predictor("muC/D", "logit", "Intercept x")),
    groups=(
        GroupSpec(
            "g", ("g",), 3, ("muB_Intercept", "muC/D_Intercept"), ((0,), (1,)), parameters=("muB", "muC/D")
        ),
    ),
    priors=(),
    categories=("A", "B", "C/D"),
)

INFLATED = ModelSpec(
    formula="fish ~ child + (1 + child | camp) + (1 | lake/pond); zi ~ child",
    response="fish",
    family=Family(
        "zero_inflated_negbinomial", (("mu", "log"), ("shape", "log"), ("zi", "logit")), "count"
    ),
    n_rows=250,
    predictors=(predictor("mu", "log", "Intercept child"), predictor("zi", "logit", "Intercept child")),
    groups=(
        GroupSpec("camp", ("camp",), 3, ("Intercept", "child"), ((0, 1),)),
        GroupSpec("lake", ("lake",), 2, ("Intercept",), ((0,),)),
        GroupSpec("lake:pond", ("lake", "pond"), 4, ("Intercept",), ((0,),)),
    ),
    priors=(scalar("shape"),),
)  # fmt: skip

MULTINOMIAL = ModelSpec(
    formula="cbind(red, green, blue) ~ x",
    response="cbind(red, green, blue)",
    family=Family("multinomial", (("mu", "logit"),), "matrix"),
    n_rows=5,
    predictors=(predictor("mugreen", "logit", "Intercept x"), predictor("mublue", "logit", "Intercept x")),
    groups=(),
    priors=(),
    terms=("trials",),
    categories=("red", "green", "blue"),
)

CLASHING = ModelSpec(
    formula="y ~ sigma_x + (0 + sigma_x | i | threshold) + (1 | term_sigma) + (1 | b_sigma); sigma ~ ...",
    response="y",
    family=Family("gaussian", (("mu", "identity"), ("sigma", "log")), "real"),
    n_rows=40,
    predictors=(predictor("mu", "identity", "sigma_x"), predictor("sigma", "log", "x")),
    groups=(
        GroupSpec(
            "threshold", ("threshold",), 2, ("sigma_x", "sigma_x"), ((0, 1),), parameters=("mu", "sigma")
        ),
        GroupSpec("term_sigma", ("term_sigma",), 2, ("Intercept",), ((0,),)),
        GroupSpec("b_sigma", ("b_sigma",), 2, ("Intercept",), ((0,),)),
    ),
    priors=(),
)

NOTHING = ModelSpec(
    formula="y ~ 0",
    response="y",
    family=Family("bernoulli", (("mu", "logit"),), "binary"),
    n_rows=10,
    predictors=(predictor("mu", "logit"),),
    groups=(),
    priors=(),
)

MODELS = {
    "distributional": DISTRIBUTIONAL,
    "ordinal": ORDINAL,
    "thresholds": THRESHOLDS,
    "categorical": CATEGORICAL,
    "inflated": INFLATED,
    "multinomial": MULTINOMIAL,
    "clashing": CLASHING,
    "nothing": NOTHING,
}


def shapes(model):
    """The shape of each recovered array but for chain and draw."""
    out = {coefficients(p.parameter): (len(p.columns),) for p in model.predictors}
    specific = [column for p in model.predictors for column in p.specific]
    if model.n_thresholds:
        out["Intercept"] = (model.n_thresholds,)
    if specific:
        out["bcs"] = (len(specific), model.n_thresholds)
    for group in model.groups:
        out[f"sd_{group.label}"] = (len(group.sd_coefs),)
        if any(len(block) > 1 for block in group.blocks):
            out[f"cor_{group.label}"] = (len(group.sd_coefs),) * 2
        if group.dist == "student":
            out[f"df_{group.label}"] = ()
        out[f"r_{group.label}"] = (group.n_levels, group.q)
    return out | dict.fromkeys(model.scalars, ())


def draws_of(model, chains, draws):
    """Made-up numbers: independent normal ones, positive for sds, correlations with ones on the diagonal."""
    rng = np.random.default_rng(8)
    out = {}
    for name, shape in shapes(model).items():
        values = rng.normal(size=(chains, draws, *shape))
        if name.startswith("cor_"):
            values = np.tanh(values + np.swapaxes(values, -1, -2))
            values[..., np.arange(shape[0]), np.arange(shape[0])] = 1.0
        out[name] = np.exp(values) if name.startswith("sd_") else values
    return out


def round_draws(model, chains, draws):
    """Numbers of few digits, the same everywhere: element i of an array moves around 1 + i / 4."""
    moving = np.tile([-0.5, 0.5], chains * draws)[: chains * draws].reshape(chains, draws)
    out = {}
    for name, shape in shapes(model).items():
        values = (1 + np.arange(np.prod(shape, dtype=int)) / 4).reshape(shape)
        out[name] = np.broadcast_to(values, (chains, draws, *shape)) + moving[(..., *(None,) * len(shape))]
        if name.startswith("cor_"):
            out[name] = np.broadcast_to(np.where(np.eye(shape[0]) > 0, 1.0, 0.25), out[name].shape)
    return out


def levels_of(group):
    names = tuple(f"{group.factors[0][0]}{i}" for i in range(group.n_levels))
    if len(group.factors) == 1:
        return names, (names,)
    parts = (names, tuple("p/q" for _ in names))
    return tuple(":".join(both) for both in zip(*parts, strict=True)), parts


@lru_cache(maxsize=32)
def fit_of(model, *, chains=4, draws=50, make=draws_of):
    """A fit of `model` that never ran."""
    rng = np.random.default_rng(9)
    stats = {name: rng.normal(size=(chains, draws)) for name in ("lp", "energy")}
    stats["energy_change"] = rng.chisquare(3, size=(chains, draws))
    stats |= {name: np.zeros((chains, draws), bool) for name in ("diverging", "reached_max_treedepth")}
    schema, _ = build_design(lower(parse("y ~ 1")), pd.DataFrame({"y": [0.5, 1.0, 2.0]}))
    return Fit(
        spec=model,
        plan=Plan("noncentred", "the response is not Gaussian"),
        config=RunConfig(chains, draws, 100, 1, 0, 0.8, 10),
        schema=schema,
        frame=None,
        levels={group.label: levels_of(group) for group in model.groups},
        draws=make(model, chains, draws),
        moments={},
        stats=stats,
        z=rng.normal(size=(chains, draws, 3)),
        timing={"total": 1.25, "device": "cpu"},
        findings=(),
        n_dropped=0,
        versions={"bayesformula": "0"},
        prior_only=False,
        compiled=_never,
    )


def _never():
    raise AssertionError("nothing of this fit was compiled")


# ---- models as formulas make them ----

_N = np.arange(60)
ROWS = pd.DataFrame(
    {
        "y": np.sin(_N * 1.7),
        "count": _N % 5,
        "size": _N % 5 + _N % 3 + 1,
        "other": 1 + _N % 2,
        "x": np.cos(_N * 0.9),
        "g": [f"g{i % 6}" for i in _N],
        "grade": pd.Categorical.from_codes(_N % 3, ["low", "middle", "high"], ordered=True),
        "kind": np.array(["A", "B", "C"])[_N % 3],
    }
)

FORMULAS = [
    ("y ~ x + (1 + x | i | g); sigma ~ x + (1 | i | g)", "gaussian"),
    ("y ~ x; quantile = 0.25", "asym_laplace"),
    ("y ~ x + (1 | gr(g, dist = 'student'))", "student"),
    ("count ~ x + (1 | g); zi ~ x", "zero_inflated_negbinomial"),
    ("count | trials(size) ~ x + (1 | g)", "zero_inflated_binomial"),
    ("grade ~ cs(x) + (1 | g); disc ~ 0 + x", "sratio"),
    ("kind ~ x + (1 | g)", "categorical"),
    ("cbind(count, size, other) ~ x", "multinomial"),
]


@lru_cache(maxsize=len(FORMULAS))
def prepared(formula, family):
    """The model of a formula on `ROWS`, nothing compiled."""
    return prepare(
        formula, ROWS, family=family, priors=None, plan="noncentred", na="drop", checks=None, quiet=True
    )


def prepared_fit(formula, family):
    """A fit that never ran of such a model."""
    ready = prepared(formula, family)
    return replace(
        fit_of(ready.model),
        plan=ready.plan,
        schema=ready.schema,
        frame=ready.frame[list(ready.schema.columns)],
        levels={label: (g.levels, g.parts) for label, g in ready.design.groups.items()},
        findings=ready.findings,
    )
