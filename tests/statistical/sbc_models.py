"""Models whose parameters and tables NumPy draws from the prior, with their densities by SciPy.

What `sbc` calibrates: a family, a plan and groups make a `Model`. Nothing here knows how the package does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

ROWS = 72
PRIORS = {
    "Intercept": "normal(0, 1)",
    "b": "normal(0, 0.5)",
    "sd": "exponential(2)",
}
LKJ = {"cor": "lkj(2)"}
COEFS = ("Intercept", "x")
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Term:
    """Effects of one grouping factor.

    Attributes:
        group: its name in a fit's draws.
        levels: the label of each row's level; equally many rows each.
        coefs: how many vary: the intercept, or it and the slope.
    """

    group: str
    levels: tuple[str, ...]
    coefs: int

    @property
    def labels(self) -> list[str]:
        """Each level once, as fits order them."""
        return sorted(set(self.levels))

    def draw(self, rng: np.random.Generator) -> Parameters:
        """sd, correlation and effects from the prior, Cholesky factors and centring nowhere in sight."""
        sd = rng.exponential(1 / 2, size=self.coefs)
        covariance = np.diag(sd**2)
        out: Parameters = {f"sd_{self.group}": sd}
        if self.coefs == 2:
            cor = 2 * rng.beta(2.0, 2.0) - 1  # LKJ(2) of two: density (1 - cor^2)
            covariance[0, 1] = covariance[1, 0] = cor * sd[0] * sd[1]
            out[f"cor_{self.group}"] = np.array([[1.0, cor], [cor, 1.0]])
        out[f"r_{self.group}"] = rng.multivariate_normal(
            np.zeros(self.coefs), covariance, size=len(self.labels)
        )
        return out

    def predictor(self, x: np.ndarray, theta: Parameters) -> np.ndarray:
        """Of each row, of this term alone."""
        r = theta[f"r_{self.group}"][np.searchsorted(self.labels, self.levels)]
        return np.sum(r * np.column_stack([np.ones(ROWS), x])[:, : self.coefs], axis=1)

    def quantities(self, theta: Parameters) -> dict[str, float]:
        """sds, the correlation, and the effects of the first level, by their names in a table of draws."""
        g, coefs = self.group, COEFS[: self.coefs]
        out = {f"sd_{g}__{coef}": float(theta[f"sd_{g}"][k]) for k, coef in enumerate(coefs)}
        if self.coefs == 2:
            out[f"cor_{g}__Intercept__x"] = float(theta[f"cor_{g}"][0, 1])
        first = theta[f"r_{g}"][0]
        return out | {f"r_{g}[{self.labels[0]},{coef}]": float(first[k]) for k, coef in enumerate(coefs)}


@dataclass(frozen=True)
class Groups:
    """A formula with its grouping factors: of one shape in every table."""

    name: str
    formula: str
    columns: Mapping[str, tuple[str, ...]]
    terms: tuple[Term, ...]


def _repeated(prefix: str, each: int, levels: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{i // each % levels}" for i in range(ROWS))


_G, _A, _B, _H = _repeated("g", 8, 9), _repeated("a", 12, 6), _repeated("b", 4, 3), _repeated("h", 1, 6)
SLOPES = Groups("slopes", "y ~ x + (1 + x | g)", {"g": _G}, (Term("g", _G, 2),))
NESTED = Groups(
    "nested",
    "y ~ x + (1 | a/b)",
    {"a": _A, "b": _B},
    (Term("a", _A, 1), Term("a:b", tuple(f"{a}:{b}" for a, b in zip(_A, _B, strict=True)), 1)),
)
CROSSED = Groups(
    "crossed", "y ~ x + (1 | a) + (1 | h)", {"a": _A, "h": _H}, (Term("a", _A, 1), Term("h", _H, 1))
)


@dataclass(frozen=True, eq=False)
class Model:
    """A family with the priors that its parameters are drawn from.

    Attributes:
        name: under which its ranks are recorded.
        family, plan: as for `bf.fit`.
        response: (rng, eta, theta) -> y.
        log_density: (y, eta, theta) -> of each row.
        scalars: by name its prior as a statement, and the same prior as a draw.
        thresholds: how many, of an ordinal response.
        groups: formula and grouping factors.
        resort: a plan for tables whose chain under `plan` is poor.
    """

    name: str
    family: str
    response: Callable[[np.random.Generator, np.ndarray, Parameters], np.ndarray]
    log_density: Callable[[np.ndarray, np.ndarray, Parameters], np.ndarray]
    plan: str = "noncentred"
    scalars: Mapping[str, tuple[str, Callable[[np.random.Generator], float]]] = field(default_factory=dict)
    thresholds: int = 0
    groups: Groups = SLOPES
    resort: str = "centred"

    @property
    def priors(self) -> dict[str, str]:
        """Statements by address."""
        correlated = any(term.coefs > 1 for term in self.groups.terms)
        stated = {name: text for name, (text, _) in self.scalars.items()}
        return {**PRIORS, **(LKJ if correlated else {}), **stated}


def _negbinomial(y: np.ndarray, eta: np.ndarray, theta: Parameters) -> np.ndarray:
    return stats.nbinom.logpmf(y, theta["shape"], theta["shape"] / (theta["shape"] + np.exp(eta)))


def _levels(rng: np.random.Generator, eta: np.ndarray, theta: Parameters) -> np.ndarray:
    below = expit(theta["Intercept"] - eta[:, None])
    return (rng.uniform(size=len(eta))[:, None] > below).sum(axis=1)


def _level_density(y: np.ndarray, eta: np.ndarray, theta: Parameters) -> np.ndarray:
    below = expit(theta["Intercept"] - eta[:, None])
    ends = np.column_stack([np.zeros(len(eta)), below, np.ones(len(eta))])
    rows = np.arange(len(eta))
    return np.log(ends[rows, y + 1] - ends[rows, y])


_SIGMA = {"sigma": ("exponential(1)", lambda rng: rng.exponential())}
_GAUSSIAN: dict[str, Any] = {
    "family": "gaussian",
    "response": lambda rng, eta, theta: rng.normal(eta, theta["sigma"]),
    "log_density": lambda y, eta, theta: stats.norm.logpdf(y, eta, theta["sigma"]),
    "scalars": _SIGMA,
}
_PRECISE = _GAUSSIAN | {"scalars": {"sigma": ("exponential(4)", lambda rng: rng.exponential(0.25))}}
_POISSON: dict[str, Any] = {
    "family": "poisson",
    "response": lambda rng, eta, theta: rng.poisson(np.exp(eta)),
    "log_density": lambda y, eta, theta: stats.poisson.logpmf(y, np.exp(eta)),
}

MODELS = (
    Model("gaussian, marginal", plan="marginal", **_GAUSSIAN),
    Model("gaussian, noncentred", **_GAUSSIAN),
    Model(
        "bernoulli",
        "bernoulli",
        lambda rng, eta, theta: rng.binomial(1, expit(eta)),
        lambda y, eta, theta: -np.logaddexp(0, np.where(y == 1, -eta, eta)),
    ),
    Model("poisson", **_POISSON),
    Model(
        "negbinomial",
        "negbinomial",
        lambda rng, eta, theta: rng.poisson(rng.gamma(theta["shape"], np.exp(eta) / theta["shape"])),
        _negbinomial,
        scalars={"shape": ("gamma(4, 1)", lambda rng: rng.gamma(4.0))},
    ),
    Model("cumulative", "cumulative", _levels, _level_density, thresholds=3),
)


PLANS = tuple(
    Model(f"{groups.name}, {plan}", plan=plan, groups=groups, resort=resort, **family)
    for groups in (SLOPES, NESTED, CROSSED)
    for plan, resort, family in (
        ("marginal", "centred", _GAUSSIAN),
        ("importance", "marginal", _GAUSSIAN),
        ("noncentred", "centred", _GAUSSIAN),
        ("centred", "noncentred", _PRECISE),
        ("whitened", "noncentred", _POISSON),
    )
)
"""Every plan on three structures of groups; `centred` on tables that say much of each level."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """A model that is fitted to what another one gave: what a fault in ours would look like.

    Attributes:
        name: under which its ranks are recorded.
        model: that is fitted.
        truth: that parameters and data are drawn from.
        priors: of the fit, where they are not those of the truth.
        tables: how many show the fault; a wrong prior hides behind what each table says.
    """

    name: str
    model: Model
    truth: Model
    priors: Mapping[str, str] = field(default_factory=dict)
    tables: int = 60


_MARGINAL, _COUNTS = MODELS[0], MODELS[3]
MUTANTS = (
    Mutant("prior of sd four times too wide", _MARGINAL, _MARGINAL, {"sd": "exponential(0.5)"}, tables=200),
    Mutant(
        "sigma a quarter larger in the data",
        _MARGINAL,
        replace(_MARGINAL, response=lambda rng, eta, theta: rng.normal(eta, 1.25 * theta["sigma"])),
    ),
    Mutant(
        "clustered counts fitted as poisson",
        _COUNTS,
        replace(_COUNTS, response=lambda rng, eta, theta: rng.poisson(rng.gamma(4.0, np.exp(eta) / 4.0))),
    ),
)


def draw_parameters(model: Model, rng: np.random.Generator) -> Parameters:
    """From the prior: under the names of a fit's draws."""
    theta: Parameters = {}
    for term in model.groups.terms:
        theta |= term.draw(rng)
    slope = rng.normal(0.0, 0.5)
    if model.thresholds:  # independent normals, given that they increase
        theta |= {"b": np.array([slope]), "Intercept": np.sort(rng.normal(0.0, 1.0, model.thresholds))}
    else:
        theta["b"] = np.array([rng.normal(0.0, 1.0), slope])
    return theta | {name: draw(rng) for name, (_, draw) in model.scalars.items()}


def draw_rows(model: Model, rng: np.random.Generator) -> pd.DataFrame:
    """x, whose mean is not 0, and the groups: of another table in every simulation, and of one shape."""
    return pd.DataFrame({"x": rng.uniform(-0.5, 1.5, ROWS), **model.groups.columns})


def predictor(model: Model, rows: pd.DataFrame, theta: Parameters) -> np.ndarray:
    """eta of each row."""
    x = rows["x"].to_numpy()
    intercept = theta["b"][0] if len(theta["b"]) == 2 else 0.0
    return intercept + theta["b"][-1] * x + sum(term.predictor(x, theta) for term in model.groups.terms)


def quantities(model: Model, rows: pd.DataFrame, y: np.ndarray, theta: Parameters) -> dict[str, float]:
    """What is ranked: every parameter, the effects of the first level of each group, and the log likelihood.

    The last depends on the data too and sees a wrong likelihood, and relations between parameters, that no
    single parameter shows (Modrak et al. 2023, doi:10.1214/23-BA1404).
    """
    out = {f"b_Intercept[{k + 1}]": float(value) for k, value in enumerate(theta.get("Intercept", ()))}
    if not model.thresholds:
        out["b_Intercept"] = float(theta["b"][0])
    out["b_x"] = float(theta["b"][-1])
    of_terms = [term.quantities(theta) for term in model.groups.terms]
    for kind in ("sd_", "cor_"):
        out |= {name: value for one in of_terms for name, value in one.items() if name.startswith(kind)}
    out |= {name: float(theta[name]) for name in model.scalars}
    out |= {name: value for one in of_terms for name, value in one.items() if name.startswith("r_")}
    out["log_lik"] = float(np.sum(model.log_density(y, predictor(model, rows, theta), theta)))
    return out


def as_response(model: Model, y: np.ndarray) -> Any:
    """As a user would have it in a table."""
    if not model.thresholds:
        return y
    return pd.Categorical.from_codes(y, [f"level{k}" for k in range(model.thresholds + 1)], ordered=True)


def is_legal(model: Model, y: np.ndarray) -> bool:
    """Whether the response has every category: one without rows is none of a fit's.

    A rule on y alone: the posterior given y stays what it is, and ranks stay uniform.
    """
    return not model.thresholds or len(np.unique(y)) == model.thresholds + 1
