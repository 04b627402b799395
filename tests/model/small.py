"""A small design made by hand, so that these tests need neither the parser of formulas nor a table."""

import numpy as np
import pandas as pd

from bayesformula.data.encoded import held
from bayesformula.data.values import ColumnsDesign, Design, GroupDesign, ParameterDesign
from bayesformula.families import resolve_family
from bayesformula.model.build import build
from bayesformula.prior_text import parse_priors
from bayesformula.syntax.ast import FormulaSpec, Name, Predictor, Response

X = np.array([1990.0, 1995.0, 2000.0, 2004.0, 2010.0, 2019.0])
F = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
Y = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
ONE = np.ones(6)


def group(label, blocks, **columns):
    """A group of three levels; `blocks` are texts such as "Intercept x"."""
    levels = ("u", "v", "w")
    factors = tuple(label.split(":"))
    index = np.array([0, 0, 1, 1, 2, 2], dtype=np.int32)
    return GroupDesign(
        label=label,
        factors=factors,
        levels=levels,
        parts=(levels,) * len(factors),
        coefs=tuple(columns),
        blocks=tuple(tuple(block.split()) for block in blocks),
        index=index,
        values=held(np.column_stack(list(columns.values()))),
    )


def make_design(*groups, y=Y, offset=None, weights=None, extras=None, **fixed):
    columns = ColumnsDesign.of(pd.DataFrame(fixed, index=range(len(y))))
    mu = ParameterDesign(columns, offset, {g.label: g for g in groups})
    return Design(y, weights, {"mu": mu}, np.arange(len(y)), 0, extras or {})


def make_model(design, priors=None, *, nested_in=None, predictors=1):
    spec = FormulaSpec(
        "y ~ x + f + (1 + x | g)",
        Response(Name("y")),
        (Predictor("mu", True, ()), Predictor("sigma", True, ()))[:predictors],
    )
    statements = parse_priors(priors)
    return build(spec, design, resolve_family(), statements, response_label="y", nested_in=nested_in)


def usual(*, y=Y, x=X):
    """y ~ x + f + (1 + x | g) + (1 | h) + (0 + x + f | h): correlated with and without intercept, single."""
    return make_design(
        group("g", ["Intercept x"], Intercept=ONE, x=x),
        group("h", ["Intercept", "x f"], Intercept=ONE, x=x, f=F),
        y=y,
        Intercept=ONE,
        x=x,
        f=F,
    )
