"""Functions that users of other packages will try: what they are, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

_SMOOTH = "smooth terms are not available; ns(x, df = 4) gives a natural spline, poly(x, 2) a polynomial"
_ORDER = "it depends on the order of rows; compute the column in the data before"
_ALL_ROWS = "it depends on all rows at once; compute the column in the data before"
_TIME = "autocorrelation terms are not available; write (1 | time) for effects of each time"
_SPACE = "spatial terms are not available; write (1 | region)"

NOT_YET: Mapping[str, str] = {
    **dict.fromkeys(("s", "t2", "te", "ti", "lo", "pb", "pspline", "rcs", "pol", "lsp", "cr", "cc"), _SMOOTH),
    "gp": "Gaussian processes are not available; ns(x, df = 4) gives a natural spline",
    "hsgp": "Gaussian processes are not available; ns(x, df = 4) gives a natural spline",
    "mo": "monotonic effects are not available; write the ordered factor itself",
    "me": "measurement error in predictors is not available; write the measured column itself",
    "mi": "imputation is not available; rows with missing values are dropped",
    **dict.fromkeys(("ar", "ma", "arma", "ar1", "ou"), _TIME),
    "cosy": "autocorrelation terms are not available; write (1 | g) for a compound-symmetric group",
    "unstr": "autocorrelation terms are not available; write (0 + factor(time) | g)",
    **dict.fromkeys(("car", "sar", "exp_cov", "mat"), _SPACE),
    "fcor": "known residual correlations are not available",
    **dict.fromkeys(("lag", "lead", "shift", "diff", "cumsum", "cumprod", "cummax", "cummin"), _ORDER),
    **dict.fromkeys(("rank", "order", "sort", "ntile", "ecdf", "percent_rank"), _ALL_ROWS),
    "ln": "write log(x), the natural logarithm",
    "square": "write I(x^2)",
    **dict.fromkeys(("zscore", "std", "normalize", "normalise", "standardise"), "write scale(x)"),
    "dummy": 'write as.numeric(f == "a"), which is 1 in level a and 0 elsewhere',
    **dict.fromkeys(("re", "ran", "random", "random_effect"), "write (1 | g) for effects that vary over g"),
    **dict.fromkeys(("if_else", "case_when", "where"), "write ifelse(x > 0, 1, 0)"),
    **dict.fromkeys(("normal", "dnorm", "Normal"), "write the terms of the mean; the family is an option"),
    "rev": "it reverses the order of rows; among constants, rev(levels(f)) may stand as an argument",
    "seq": "it makes constants, which may stand as an argument only: cut(x, seq(0, 10, 2))",
    "rep": "it makes constants, which may stand as an argument only",
    "ave": "means of groups are not available; compute the column of group means in the data before",
    "reorder": "write the order of levels: factor(f, levels = c(\"a\", \"b\"))",
    "jitter": "it is random; compute the column in the data before",
    "rnorm": "it is random; compute the column in the data before",
    "runif": "it is random; compute the column in the data before",
    "sample": "it is random; compute the column in the data before",
    "as.Date": "dates are not available; make them numbers in the data, as days since a start",
    "matrix": "matrices are not available; of contrasts, sum, helmert, poly and treatment are",
    "mvbind": "several responses are not available; fit one formula for each",
    "strata": "strata are not available; write (1 | g) or the factor itself",
    "cluster": "write (1 | g) for effects of clusters",
    "frailty": "write (1 | g) for effects of groups",
    "Error": "error strata are not available; write (1 | g)",
    "Surv": "survival responses are not available",
}  # fmt: skip
"""Not available in this version."""

MISPLACED: Mapping[str, tuple[str, str]] = {
    "gr": ("gr() describes a grouping factor", "Write it behind the bar: (1 | gr(g, by = f))."),
    "mm": ("mm() joins grouping factors", "Write it behind the bar: (1 | mm(g1, g2))."),
    "mmc": ("mmc() gives each member of mm() its own column",
            "Write it before the bar of such a term: (1 + mmc(x1, x2) | mm(g1, g2))."),
    "cs": ("cs() gives a term an effect for each threshold", "Write it as a term of its own: y ~ z + cs(x)."),
    **{name: (f"{name}() describes the response", f"Write it left of the tilde: y | {name}({argument}) ~ x.")
       for name, argument in (("weights", "w"), ("trials", "n"), ("se", "s"), ("cens", "c"), ("rate", "d"))},
}  # fmt: skip
"""Calls that mean something elsewhere in a formula: what they are, and where they belong."""
