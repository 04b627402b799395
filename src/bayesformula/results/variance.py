"""How much of the variance a model explains, and how much lies between groups: R-squared and ICC."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing
from bayesformula.results.observed import response, training_design
from bayesformula.results.prediction.answers import Answers
from bayesformula.results.prediction.draws import Picked, pick
from bayesformula.results.prediction.new_levels import covariance_factors
from bayesformula.results.prediction.request import request
from bayesformula.results.prediction.target import target
from bayesformula.results.summary import check_interval, location

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit

LATENT = {"logit": math.pi**2 / 3, "probit": 1.0, "cloglog": math.pi**2 / 6}
"""Variances of the distributions behind links of probabilities: logistic, normal, Gumbel."""
ON_LINKS = frozenset({"bernoulli", "binomial", "cumulative", "sratio", "cratio", "acat"})
COLUMNS = ("mean", "sd", "lower", "upper")


def r2(
    fit: Fit, *, draws: int | None = None, summary: bool = True, ci: float = 0.95, interval: str = "eti"
) -> pd.DataFrame:
    """Explained variance: Bayesian R-squared, and the conditional and marginal ones of mixed models.

    * `bayesian`: var(mu) / (var(mu) + var(y - mu)) over the rows, draw by draw, group effects in mu (what
      brms calls `bayes_R2`). Of a response of trials, mu and y are counts.
    * `conditional`, `marginal`: what population and group effects together, and population effects alone,
      explain of the variance on the scale of the linear predictor: (V_f + V_r) / (V_f + V_r + V_e) and
      V_f / (V_f + V_r + V_e), V_r the mean over rows of z' Sigma z, V_e that of the family: sigma squared,
      that of the link, or of counts and gamma responses under the log link log-normal or trigamma.
      They are left out for families without such a variance.

    Args:
        draws: use about so many.
        summary: a table; without it the draws, a column each.
        ci, interval: of the interval.

    Returns:
        Rows bayesian, conditional, marginal; columns mean, sd, lower, upper.

    Raises:
        OptionError: a response with categories without order; or the rows were not kept.

    References: Gelman, Goodrich, Gabry and Vehtari (2019), doi:10.1080/00031305.2018.1549100; Nakagawa,
        Johnson and Schielzeth (2017), doi:10.1098/rsif.2017.0213; Johnson (2014),
        doi:10.1111/2041-210X.12225.
    """
    check_interval(ci, interval)
    picked = pick(fit, draws)
    found: dict[str, np.ndarray] = {}
    if fit.family.support not in ("category", "ordered", "matrix"):
        found["bayesian"] = _bayesian(fit, picked)
    if _why_not(fit) is None:
        fixed, groups, rest = _parts(fit, picked)
        between = sum(groups.values(), np.zeros(picked.size))
        total = fixed + between + rest
        found |= {"conditional": (fixed + between) / total, "marginal": fixed / total}
    if not found:
        raise OptionError(f"{fit.family.name} has no R-squared: {_why_not(fit)}")
    return _table(found, "r2", summary=summary, ci=ci, interval=interval)


def icc(
    fit: Fit, *, draws: int | None = None, summary: bool = True, ci: float = 0.95, interval: str = "eti"
) -> pd.DataFrame:
    """Intraclass correlations: the share of each group in the variance that population effects leave.

    V_g / (V_r + V_e) for each group and, in the row `all`, for them together (the adjusted ICC); variances
    as for `r2`. With slopes that vary, V_g is the mean over the rows.

    Args:
        draws, summary, ci, interval: as for `r2`.

    Raises:
        OptionError: no groups, or a family without a residual variance.
    """
    check_interval(ci, interval)
    why = _why_not(fit) or (None if fit.spec.groups else "the model has no groups")
    if why is not None:
        raise OptionError(f"there is no intraclass correlation: {why}")
    picked = pick(fit, draws)
    _, groups, rest = _parts(fit, picked)
    total = sum(groups.values(), rest)
    found = {label: variance / total for label, variance in groups.items()}
    found["all"] = 1 - rest / total
    return _table(found, "group", summary=summary, ci=ci, interval=interval)


def _table(
    found: dict[str, np.ndarray], name: str, *, summary: bool, ci: float, interval: str
) -> pd.DataFrame:
    import pandas as pd

    if not summary:
        return pd.DataFrame(found)
    table = location(np.stack(list(found.values()), axis=-1)[None], ci, interval)
    return pd.DataFrame({column: table[column] for column in COLUMNS}, index=pd.Index(found, name=name))


def _answers(fit: Fit, picked: Picked, kind: str, parameter: str | None, groups: Any) -> Answers:
    asked = request(fit, kind, parameter, groups, "error")
    return Answers(fit, target(fit, None, asked), asked, picked, 0)


# ---- the parts ----


def _bayesian(fit: Fit, picked: Picked) -> np.ndarray:
    """(S,) var(mu) / (var(mu) + var(y - mu))."""
    y, n = response(fit), fit.spec.n_rows
    explained, left = _Variance(n), _Variance(n)
    for at, mu in _answers(fit, picked, "mean", None, "all").chunks():
        explained.add(mu)
        left.add(y[at] - mu)
    return explained.value / (explained.value + left.value)


class _Variance:
    """The variance over rows, draw by draw, of chunks of them: means and squares merged without cancellation.

    References: Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115.
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows, self.seen = n_rows, 0
        self.mean: np.ndarray | float = 0.0
        self.squares: np.ndarray | float = 0.0

    def add(self, values: np.ndarray) -> None:
        """(S, rows) more."""
        more = values.shape[1]
        mean = values.mean(axis=1)
        apart, total = mean - self.mean, self.seen + more
        self.squares = self.squares + ((values - mean[:, None]) ** 2).sum(axis=1)
        self.squares = self.squares + apart**2 * self.seen * more / total
        self.mean, self.seen = self.mean + apart * more / total, total

    @property
    def value(self) -> np.ndarray:
        return np.asarray(self.squares) / max(self.n_rows - 1, 1)


def _parts(fit: Fit, picked: Picked) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """(S,) V_f; V_g of each group; V_e."""
    fixed = _Variance(fit.spec.n_rows)
    mean = np.zeros(picked.size)
    for _, eta in _answers(fit, picked, "linear", "mu", "none").chunks():
        fixed.add(eta)
        mean += eta.sum(axis=1) / fit.spec.n_rows
    groups = _between(fit, picked)
    return fixed.value, groups, _residual(fit, picked, mean, sum(groups.values(), fixed.value))


def _between(fit: Fit, picked: Picked) -> dict[str, np.ndarray]:
    """Per group the mean over rows of z' Sigma z, of its effects on mu; Student effects by their variance."""
    design = training_design(fit).parameters["mu"]
    out = {}
    for group in fit.spec.groups:
        if group.label not in design.groups:
            continue
        rows = design.groups[group.label]
        factors = covariance_factors(fit, group, picked)
        own = [i for i in range(group.q) if group.owner(i) == "mu"]
        covariance = (factors @ np.swapaxes(factors, -1, -2))[:, :, own][:, :, :, own]
        z = rows.z if rows.is_membership else rows.z[:, None]
        by = np.zeros(len(z), int) if rows.by_index is None else rows.by_index[rows.index]
        out[group.label] = sum(
            np.einsum("nmq,nmr,sqr->s", z[by == k], z[by == k], covariance[:, k], optimize=True)
            for k in range(covariance.shape[1])
        ) / len(z)
        df = fit.draws.get(f"df_{group.label}")
        if df is not None:
            nu = picked.flat(df)
            out[group.label] = out[group.label] * np.where(nu > 2, nu / np.maximum(nu - 2, 1e-12), np.inf)
    return out


def _residual(fit: Fit, picked: Picked, mean: np.ndarray, between: np.ndarray) -> np.ndarray:
    """(S,) V_e on the scale of the linear predictor of mu."""
    base, link = fit.family.base, fit.family.link("mu")
    if base in ON_LINKS:
        return np.full(picked.size, LATENT[link])
    if base in ("gaussian", "lognormal"):
        return _mean_of(fit, picked, "sigma", lambda sigma: sigma**2)
    if base == "student":
        nu = _mean_of(fit, picked, "nu", lambda nu: np.where(nu > 2, nu / np.maximum(nu - 2, 1e-12), np.inf))
        return _mean_of(fit, picked, "sigma", lambda sigma: sigma**2) * nu
    if base == "gamma":
        from scipy.special import polygamma

        return polygamma(1, _mean_of(fit, picked, "shape", lambda shape: shape))
    # counts: the mean of the population, log-normal about the linear predictor
    expected = np.exp(mean + 0.5 * between)
    if base == "poisson":
        return np.log1p(1 / expected)
    from scipy.special import polygamma

    shape = _mean_of(fit, picked, "shape", lambda shape: shape)
    return polygamma(1, 1 / (1 / expected + 1 / shape))


def _mean_of(fit: Fit, picked: Picked, parameter: str, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(S,) the mean over rows of a function of a parameter; known standard errors in place of sigma."""
    if parameter == "sigma" and fit.spec.known_error:
        errors = training_design(fit).extras["se"]
        known = np.full(picked.size, np.mean(of(np.asarray(errors))))
        if fit.spec.known_error == "alone":
            return known
        return known + _mean_of_draws(fit, picked, parameter, of)
    return _mean_of_draws(fit, picked, parameter, of)


def _mean_of_draws(
    fit: Fit, picked: Picked, parameter: str, of: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    if parameter in fit.spec.scalars:
        return of(picked.flat(fit.draws[parameter]))
    total = np.zeros(picked.size)
    for _, values in _answers(fit, picked, "mean", parameter, "all").chunks():
        total += of(values).sum(axis=1)
    return total / fit.spec.n_rows


def _why_not(fit: Fit) -> str | None:
    """Why there is no variance of the response on the scale of the linear predictor; None where there is."""
    family = fit.family
    if family.wrapper or (fit.spec.terms and {"lower", "upper", "cens"} & set(fit.spec.terms)):
        return "with extra zeros, censoring or truncation no residual variance of the link is defined"
    link = family.link("mu")
    if family.base in ON_LINKS:
        if link in LATENT and "disc" not in {p.parameter for p in fit.spec.predictors}:
            return None
        return f"the link {link} has no such variance; these have: {listing(list(LATENT))}"
    if family.base in ("gaussian", "student", "lognormal"):
        return None if link == "identity" else f"the link {link} has no such variance"
    if family.base in ("poisson", "negbinomial", "gamma"):
        return None if link == "log" else f"with the link {link} no such variance is known"
    return f"no residual variance on the linear predictor's scale is known for {family.name}"
