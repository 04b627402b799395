"""A parameter of a family as its linear predictor and link: value, log, log1m and logit in stable forms.

A probability is never formed to take its logarithm, nor one minus it: at eta = 40 the value of a logit
link rounds to 1, and its `log1m` is still -40. `exp` is held between 1e-76 and 1e76, so that squares and
cubes of a value and of its reciprocal are finite and their derivatives too; the logarithms go on beyond.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtr

from bayesformula.compiler.elementary import log, log1p, log_sigmoid, sigmoid, softplus
from bayesformula.compiler.normal_tail import log_ndtr

_TINY = 2.3e-308  # the least normal float64
_LARGEST = 175.0  # exp(175) = 1e76
_SMALL = -37.0  # exp(-37) is half a unit in the last place of 1

# Legal eta, lower and upper end, of a link whose values can leave the support; other pairs are always legal.
_INF = math.inf
_RANGES: Mapping[tuple[str, str], tuple[float, float]] = MappingProxyType(
    {
        ("identity", "positive"): (0.0, _INF),
        ("identity", "delay"): (0.0, _INF),
        ("identity", "above one"): (1.0, _INF),
        ("identity", "unit"): (0.0, 1.0),
        ("identity", "power"): (1.0, 2.0),
        ("log", "unit"): (-_INF, 0.0),
        ("log", "above one"): (0.0, _INF),
        ("inverse", "positive"): (0.0, _INF),
        ("inverse_squared", "real"): (0.0, _INF),
        ("inverse_squared", "positive"): (0.0, _INF),
        # Both signs of eta would give the same mean, and the posterior two mirrored modes.
        ("sqrt", "real"): (0.0, _INF),
        ("sqrt", "positive"): (0.0, _INF),
    }
)

_SYMMETRIC = ("logit", "probit", "cauchit")
"""Links with value(-eta) = 1 - value(eta)."""


@dataclass(frozen=True)
class Linked:
    """A parameter of the response's distribution: the linear predictor and the link it is on.

    `eta` is (n,) where the parameter has a predictor, () where one number serves all rows (its link is
    then "identity"). Illegal `eta` (the identity link of a positive mean below zero) is not looked for
    here: `is_legal` says where it is, and `made_legal` puts a harmless number there.
    """

    eta: Array
    link: str

    @property
    def value(self) -> Array:
        """The parameter itself: the inverse link of eta."""
        return _VALUES[self.link](self.eta)

    @property
    def log(self) -> Array:
        """log(value) of a positive parameter or a probability."""
        return _LOGS[self.link](self.eta)

    @property
    def log1m(self) -> Array:
        """log(1 - value) of a probability."""
        return _LOG1MS[self.link](self.eta)

    def log_where(self, is_it: Array) -> Array:
        """log(value) of a probability where `is_it`, else log(1 - value)."""
        if self.link in _SYMMETRIC:  # one logarithm in place of two
            return _LOGS[self.link](jnp.where(is_it, self.eta, -self.eta))
        return jnp.where(is_it, self.log, self.log1m)

    @property
    def logit(self) -> Array:
        """log(value) - log(1 - value) of a probability."""
        return self.eta if self.link == "logit" else self.log - self.log1m

    def is_legal(self, support: str) -> Array | None:
        """Where eta gives a value in `support`, as booleans; None where every eta does.

        `support` is that of a parameter: "real", "positive", "above one", "unit", "power" or "delay".
        """
        if (self.link, support) == ("inverse", "real"):
            return self.eta != 0.0
        if (self.link, support) not in _RANGES:
            return None
        lower, upper = _RANGES[self.link, support]
        above = self.eta >= lower if support == "delay" else self.eta > lower  # there may be no delay at all
        legal = [above] * (lower > -_INF) + [self.eta < upper] * (upper < _INF)
        return legal[0] & legal[-1]

    def made_legal(self, support: str) -> Linked:
        """The same parameter with a legal eta wherever it is not: for the inner half of a double where."""
        legal = self.is_legal(support)
        if legal is None:
            return self
        lower, upper = _RANGES.get((self.link, support), (0.0, _INF))
        return Linked(jnp.where(legal, self.eta, _between(lower, upper)), self.link)


def _between(lower: float, upper: float) -> float:
    if math.isinf(lower):
        return upper - 1.0
    return lower + 1.0 if math.isinf(upper) else 0.5 * (lower + upper)


def _exp(x: Array) -> Array:
    return jnp.exp(jnp.clip(x, -_LARGEST, _LARGEST))


def _log(x: Array) -> Array:
    return log(jnp.maximum(x, _TINY))


def _log1p_exp(eta: Array) -> Array:
    return softplus(jnp.maximum(eta, -_LARGEST))


def _cauchit(eta: Array) -> Array:
    # atan2 in place of 1/2 + atan(eta)/pi, which has no digits left for eta far below zero
    return jnp.arctan2(jnp.ones_like(eta), -eta) * (1.0 / math.pi)


def _log_cauchit(eta: Array) -> Array:
    """log(value); near 1 by what is missing from it."""
    is_above = eta > 0.0
    above = log1p(-_cauchit(jnp.where(is_above, -eta, -1.0)))
    return jnp.where(is_above, above, log(_cauchit(jnp.where(is_above, -1.0, eta))))


def _log_softplus(eta: Array) -> Array:
    return jnp.where(eta < _SMALL, eta, log(softplus(jnp.maximum(eta, _SMALL))))


def _log_cloglog(eta: Array) -> Array:
    """log(1 - exp(-exp(eta))): eta itself far below zero."""
    return jnp.where(eta < _SMALL, eta, _log1m_exp(-_exp(jnp.maximum(eta, _SMALL))))


def _log1m_exp(eta: Array) -> Array:
    """log(1 - exp(eta)) for eta < 0."""
    eta = jnp.minimum(eta, -_TINY)
    near = eta > -math.log(2.0)
    return jnp.where(
        near,
        log(-jnp.expm1(jnp.where(near, eta, -1.0))),
        log1p(-jnp.exp(jnp.where(near, -1.0, eta))),
    )


_Form = Callable[[Array], Array]

_VALUES: Mapping[str, _Form] = MappingProxyType(
    {
        "identity": lambda eta: eta,
        "log": _exp,
        "logit": sigmoid,
        "probit": ndtr,
        "cloglog": lambda eta: -jnp.expm1(-_exp(eta)),
        "cauchit": _cauchit,
        "inverse": lambda eta: 1.0 / eta,
        "inverse_squared": lambda eta: jax.lax.rsqrt(jnp.maximum(eta, _TINY)),
        "sqrt": lambda eta: eta**2,
        "softplus": _log1p_exp,
        "logm1": lambda eta: 1.0 + _exp(eta),
        "logitm1": lambda eta: 1.0 + sigmoid(eta),
        "tan_half": lambda eta: 2.0 * jnp.arctan(eta),
    }
)

_LOGS: Mapping[str, _Form] = MappingProxyType(
    {
        "identity": _log,
        "log": lambda eta: eta,
        "logit": log_sigmoid,
        "probit": log_ndtr,
        "cloglog": _log_cloglog,
        "cauchit": _log_cauchit,
        "inverse": lambda eta: -_log(eta),
        "inverse_squared": lambda eta: -0.5 * _log(eta),
        "sqrt": lambda eta: 2.0 * _log(eta),
        "softplus": _log_softplus,
        "logm1": softplus,
        "logitm1": lambda eta: log1p(sigmoid(eta)),
    }
)

_LOG1MS: Mapping[str, _Form] = MappingProxyType(
    {
        "identity": lambda eta: log1p(-jnp.minimum(eta, 1.0 - 1e-16)),
        "log": _log1m_exp,
        "logit": lambda eta: -softplus(eta),
        "probit": lambda eta: log_ndtr(-eta),
        "cloglog": lambda eta: -_exp(eta),
        "cauchit": lambda eta: _log_cauchit(-eta),
    }
)
