"""The rows that were fitted, as numbers again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesformula.encoding import coded
from bayesformula.errors import OptionError

if TYPE_CHECKING:
    from bayesformula.data.design import Design
    from bayesformula.results.fit import Fit

NO_ROWS = "this fit was saved without its rows (data=False): what you asked for needs them"


def training_design(fit: Fit) -> Design:
    """The arrays of a fit's rows, made again from its frame, the response as the family takes it.

    Raises:
        OptionError: it was saved without its rows.
    """
    from bayesformula.data.design import encode

    if fit.frame is None:
        raise OptionError(NO_ROWS)
    arrays = encode(fit.schema, fit.frame, transforms=fit.asked.transforms or {})
    return coded(fit.schema, arrays, fit.family)[0]


def response(fit: Fit) -> np.ndarray:
    """(n,) the observed responses, (n, K) of counts in K categories; classes as 0, 1, ..."""
    y = training_design(fit).y
    assert y is not None, "training rows have a response"
    return np.asarray(y, float)
