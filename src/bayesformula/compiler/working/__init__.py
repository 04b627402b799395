"""The working model of the `whitened` plan: a Gaussian likelihood that is near the real one at its mode.

`derivatives` gives score and curvature of each row's log likelihood, `columns` the rows as sparse matrices,
`newton` finds the mode of all coefficients and rough variances, `model` freezes the result. It decides how
easy the posterior is to sample, never what it is.
"""

from bayesformula.compiler.working.model import WorkingModelError, working_model

__all__ = ["WorkingModelError", "working_model"]
