"""The Gaussian response with its coefficients integrated out: all rows are one draw."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler import marginal
from bayesformula.compiler.eta import linear_predictor
from bayesformula.compiler.inputs import ModelData
from bayesformula.compiler.marginal import Theta
from bayesformula.compiler.structure import Structure


class MarginalNormal(dist.Distribution):
    """The joint distribution of all responses with the coefficients integrated out.

    `log_prob` of the training response itself (the same object) uses the cross-products formed before
    the sampler started; of any other value it forms them, which costs a pass over the rows. Draws
    ignore likelihood weights, as these describe a likelihood, not a way to generate data.
    """

    support = constraints.real_vector  # pyright: ignore

    def __init__(self, structure: Structure, data: ModelData, theta: Theta) -> None:
        self.structure, self.data, self.theta = structure, data, theta
        super().__init__(event_shape=(data.rows.y.shape[0],), validate_args=False)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        same = value is self.data.rows.y
        s = None if same else marginal.with_response(self.structure, self.data, value)
        return marginal.log_density(self.structure, self.data, self.theta, s)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        keys = jax.random.split(key, sample_shape)
        for _ in sample_shape:
            keys = jnp.asarray(keys)
        simulate = self._simulate
        for _ in sample_shape:
            simulate = jax.vmap(simulate)
        return simulate(keys if sample_shape else key)

    def _simulate(self, key: Array) -> Array:
        """One response from the prior of the coefficients given theta."""
        structure, data, theta = self.structure, self.data, self.theta
        if "flat" in (structure.b_kinds[i] for i in structure.integrated):
            raise ValueError("a model with a flat prior cannot be simulated: give every b a proper prior")
        key_b, key_r, key_y = jax.random.split(key, 3)
        precision, mean = marginal.prior_precision(structure, data, theta)
        integrated = jnp.array(structure.integrated, int)
        drawn = mean + jax.random.normal(key_b, mean.shape) / jnp.sqrt(precision)
        b = data.reported.b[0] @ theta.b.at[integrated].set(drawn)
        r = []
        for k, to_reported in enumerate(data.reported.groups):
            chol = to_reported @ marginal.level_chol(data, theta, k)
            v = jax.random.normal(jax.random.fold_in(key_r, k), (structure.n_levels[k], chol.shape[-1]))
            r.append(marginal.relate(data, k, marginal.apply_chol(chol, v)))
        eta = linear_predictor(data.rows.x, data.rows.offset, b, data.rows.groups, r)
        spread = theta.sigma if data.rows.se is None else jnp.asarray(data.rows.se)
        return eta + spread * jax.random.normal(key_y, eta.shape)
