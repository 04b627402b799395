"""Families of numbers that are no counts: real, positive, proportions. They are part of `families`."""

from __future__ import annotations

from bayesformula.family_reading import with_links
from bayesformula.family_table import Family

# ---- real responses ----------------------------------------------------------------------------------


def gaussian(link: str = "identity", link_sigma: str = "log") -> Family:
    """A normal response: mean mu, variance sigma^2.

    Args:
        link: of mu.
        link_sigma: of sigma, the standard deviation, where sigma has a formula of its own.
    """
    return with_links("gaussian", {"mu": link, "sigma": link_sigma})


def student(link: str = "identity", link_sigma: str = "log", link_nu: str = "logm1") -> Family:
    """A response with Student's t around mu: outliers weigh less than in a Gaussian.

    Mean mu (nu > 1), variance sigma^2 nu / (nu - 2) (nu > 2; infinite below).

    Args:
        link: of mu, the centre.
        link_sigma: of sigma, the scale: not the standard deviation, which is larger.
        link_nu: of nu, the degrees of freedom, above 1.
    """
    return with_links("student", {"mu": link, "sigma": link_sigma, "nu": link_nu})


def skew_normal(link: str = "identity", link_sigma: str = "log", link_alpha: str = "identity") -> Family:
    """A bell to one side: mean mu, variance sigma^2, whatever the skewness.

    Args:
        link: of mu, the mean.
        link_sigma: of sigma, the standard deviation.
        link_alpha: of alpha, the slant: 0 is a Gaussian, above 0 the long tail is to the right.
    """
    return with_links("skew_normal", {"mu": link, "sigma": link_sigma, "alpha": link_alpha})


def exgaussian(link: str = "identity", link_sigma: str = "log", link_beta: str = "log") -> Family:
    """A Gaussian plus an exponential, as of reaction times: mean mu, variance sigma^2 + beta^2.

    Args:
        link: of mu, the mean of the whole: that of the Gaussian part is mu - beta.
        link_sigma: of sigma, the standard deviation of the Gaussian part.
        link_beta: of beta, the mean of the exponential part.
    """
    return with_links("exgaussian", {"mu": link, "sigma": link_sigma, "beta": link_beta})


def asym_laplace(link: str = "identity", link_sigma: str = "log", link_quantile: str = "logit") -> Family:
    """Quantile regression: mu is the quantile of the response, P(y <= mu) = quantile.

    The density is quantile (1 - quantile) / sigma exp(-rho((y - mu) / sigma)), where rho(u) is
    quantile u above 0 and (quantile - 1) u below. Usually the quantile is fixed: `y ~ x; quantile = 0.9`.
    The mean is mu + sigma (1 - 2 quantile) / (quantile (1 - quantile)).

    Args:
        link: of mu.
        link_sigma: of sigma, a scale.
        link_quantile: of quantile, between 0 and 1.

    References:
        Yu and Moyeed (2001), doi:10.1016/S0167-7152(01)00124-9.
    """
    return with_links("asym_laplace", {"mu": link, "sigma": link_sigma, "quantile": link_quantile})


def von_mises(link: str = "tan_half", link_kappa: str = "log") -> Family:
    """A direction in radians, between -pi and pi.

    Args:
        link: of mu, the mean direction: "tan_half" is eta = tan(mu / 2).
        link_kappa: of kappa, the concentration: at 0 all directions are alike, and far from 0 the variance
            is 1 / kappa.
    """
    return with_links("von_mises", {"mu": link, "kappa": link_kappa})


# ---- positive responses ------------------------------------------------------------------------------


def lognormal(link: str = "identity", link_sigma: str = "log") -> Family:
    """A response whose logarithm is normal, with mean mu and standard deviation sigma.

    Of the response itself exp(mu) is the median, exp(mu + sigma^2 / 2) the mean, and
    (exp(sigma^2) - 1) exp(2 mu + sigma^2) the variance.

    Args:
        link: of mu, the mean of log(y).
        link_sigma: of sigma, the standard deviation of log(y).
    """
    return with_links("lognormal", {"mu": link, "sigma": link_sigma})


def shifted_lognormal(link: str = "identity", link_sigma: str = "log", link_ndt: str = "log") -> Family:
    """A lognormal response after a delay: y - ndt is lognormal(mu, sigma), as of reaction times.

    Args:
        link: of mu, the mean of log(y - ndt).
        link_sigma: of sigma, the standard deviation of log(y - ndt).
        link_ndt: of ndt, the delay, from 0 to the least response.
    """
    return with_links("shifted_lognormal", {"mu": link, "sigma": link_sigma, "ndt": link_ndt})


def gamma(link: str = "log", link_shape: str = "log") -> Family:
    """A positive response of constant relative spread: mean mu, variance mu^2 / shape.

    Args:
        link: of mu, the mean.
        link_shape: of shape; the rate is shape / mu.
    """
    return with_links("gamma", {"mu": link, "shape": link_shape})


def inverse_gaussian(link: str = "log", link_shape: str = "log") -> Family:
    """A positive response with a long tail: mean mu, variance mu^3 / shape.

    The usual link is "log"; R's is "1/mu^2", which is legal and lets mu be undefined.

    Args:
        link: of mu, the mean.
        link_shape: of shape.
    """
    return with_links("inverse_gaussian", {"mu": link, "shape": link_shape})


def weibull(link: str = "log", link_shape: str = "log") -> Family:
    """A lifetime whose hazard is a power of time: mean mu.

    The scale is mu / Gamma(1 + 1/shape), and the variance
    mu^2 (Gamma(1 + 2/shape) / Gamma(1 + 1/shape)^2 - 1).

    Args:
        link: of mu, the mean.
        link_shape: of shape: at 1 the hazard is constant, above 1 it rises, below 1 it falls.
    """
    return with_links("weibull", {"mu": link, "shape": link_shape})


def exponential(link: str = "log") -> Family:
    """A lifetime of constant hazard 1 / mu: mean mu, variance mu^2.

    Args:
        link: of mu, the mean.
    """
    return with_links("exponential", {"mu": link})


def tweedie(link: str = "log", link_phi: str = "log", link_power: str = "logitm1") -> Family:
    """A sum of a Poisson number of gammas, as of rain or claims: mean mu, variance phi mu^power.

    Zeros are part of it: P(y = 0) = exp(-mu^(2 - power) / (phi (2 - power))).

    Args:
        link: of mu, the mean.
        link_phi: of phi, the dispersion.
        link_power: of power, between 1 (Poisson) and 2 (gamma).

    References:
        Dunn and Smyth (2005), doi:10.1007/s11222-005-4070-y, whose series is the density.
    """
    return with_links("tweedie", {"mu": link, "phi": link_phi, "power": link_power})


# ---- proportions -------------------------------------------------------------------------------------


def beta(link: str = "logit", link_phi: str = "log") -> Family:
    """A proportion above 0 and below 1: mean mu, variance mu (1 - mu) / (1 + phi).

    Args:
        link: of mu, the mean.
        link_phi: of phi, the precision; the usual parameters are mu phi and (1 - mu) phi.

    References:
        Ferrari and Cribari-Neto (2004), doi:10.1080/0266476042000214501.
    """
    return with_links("beta", {"mu": link, "phi": link_phi})


def zero_one_inflated_beta(
    link: str = "logit", link_phi: str = "log", link_zoi: str = "logit", link_coi: str = "logit"
) -> Family:
    """A proportion with zeros and ones of their own: mean zoi coi + (1 - zoi) mu.

    Args:
        link: of mu, the mean of what is neither 0 nor 1.
        link_phi: of phi, its precision.
        link_zoi: of zoi, the probability of a 0 or 1.
        link_coi: of coi, the probability that it is a 1.
    """
    return with_links(
        "zero_one_inflated_beta", {"mu": link, "phi": link_phi, "zoi": link_zoi, "coi": link_coi}
    )


def ordered_beta(
    link: str = "logit", link_phi: str = "log", link_cutzero: str = "identity", link_cutgap: str = "log"
) -> Family:
    """A proportion whose zeros and ones come of the same predictor eta as its mean.

    P(y = 0) = 1 - F(eta - cutzero) and P(y = 1) = F(eta - cutzero - cutgap), F the logistic function;
    what lies between is beta with mean mu = F(eta) and precision phi.

    Args:
        link: of mu: "logit" only.
        link_phi: of phi, the precision of what is neither 0 nor 1.
        link_cutzero: of cutzero, the lower cutpoint, on the scale of eta.
        link_cutgap: of cutgap, how far the upper cutpoint lies above the lower.

    References:
        Kubinec (2022), doi:10.1017/pan.2022.20.
    """
    return with_links(
        "ordered_beta",
        {"mu": link, "phi": link_phi, "cutzero": link_cutzero, "cutgap": link_cutgap},
    )
