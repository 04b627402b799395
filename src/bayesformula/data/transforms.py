"""THE table of named transforms: what a call in a formula may be, and how it is computed.

A formula is never evaluated as Python; a call is looked up here and nowhere else. Each transform is
one record. A stateful one learns numbers from the training rows (`learn`) and replays them on any
other frame, so that `scale(x)` of new data uses the training mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesformula.data import factors as fa
from bayesformula.data import stateful as st
from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import Column, as_factor, drop_unused, logical, number

Apply = Callable[[Arguments, State], Column]
Learn = Callable[[Arguments], State]


@dataclass(frozen=True, slots=True)
class Transform:
    """One named transform.

    Attributes:
        name: as written in a formula.
        apply: the column that it makes of its arguments and of what was learnt.
        data: names of the arguments that are columns; `("...",)` takes any number.
        options: names of the arguments after them, which must be constants.
        learn: what must be remembered from the training rows; None for a stateless transform.
        required: how many of `data` and `options`, counted together, must be given.
    """

    name: str
    apply: Apply
    data: tuple[str, ...] = ("x",)
    options: tuple[str, ...] = ()
    learn: Learn | None = None
    required: int = 1

    @property
    def is_stateful(self) -> bool:
        return self.learn is not None

    @property
    def is_variadic(self) -> bool:
        return self.data == ("...",)


def _elementwise(function: Callable[[np.ndarray], np.ndarray]) -> Apply:
    def apply(arguments: Arguments, _: State) -> Column:
        with np.errstate(all="ignore"):
            return number(function(arguments.numbers(0)))

    return apply


def _folded(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Apply:
    def apply(arguments: Arguments, _: State) -> Column:
        values = arguments.numbers(0)
        for place in range(1, len(arguments.columns)):
            values = function(values, arguments.numbers(place))
        return number(values)

    return apply


def _identity(arguments: Arguments, _: State) -> Column:
    return arguments.columns[0]


def _log(arguments: Arguments, _: State) -> Column:
    with np.errstate(all="ignore"):
        values = np.log(arguments.numbers(0))
        base = arguments.options.get("base")
        return number(values if base is None else values / np.log(arguments.number_option("base", np.e)))


def _round(arguments: Arguments, _: State) -> Column:
    return number(np.round(arguments.numbers(0), int(arguments.number_option("digits", 0))))


def _ifelse(arguments: Arguments, _: State) -> Column:
    test, yes, no = arguments.columns
    if "factor" in (yes.kind, no.kind):
        return fa.choose_level(arguments.numbers(0), yes, no)
    chosen = np.where(arguments.numbers(0) != 0, arguments.numbers(1), arguments.numbers(2))
    chosen = np.where(np.isnan(arguments.numbers(0)), np.nan, chosen)
    both_logical = yes.kind == no.kind == "logical"
    return logical(chosen) if both_logical and test.kind == "logical" else number(chosen)


def _as_logical(arguments: Arguments, _: State) -> Column:
    values = arguments.numbers(0)
    return logical(np.where(np.isnan(values), np.nan, values != 0))


def _interaction(arguments: Arguments, _: State) -> Column:
    return fa.combine_levels([drop_unused(as_factor(column)) for column in arguments.spread()])


def _aggregate(name: str, function: Callable[[np.ndarray], float]) -> Transform:
    def learn(arguments: Arguments) -> State:
        values = [np.atleast_1d(arguments.numbers(place)) for place in range(len(arguments.columns))]
        return {"value": float(function(np.concatenate(values)))}

    def replay(_: Arguments, state: State) -> Column:
        return number(st.state_number(state, "value"))

    return Transform(name, replay, ("...",), ("na.rm",), learn)


def _sd(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _elementwise_records() -> list[Transform]:
    functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "expm1": np.expm1,
        "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "sin": np.sin, "cos": np.cos, "tan": np.tan,
        "tanh": np.tanh, "floor": np.floor, "ceiling": np.ceil, "trunc": np.trunc,
    }  # fmt: skip
    return [Transform(name, _elementwise(function)) for name, function in functions.items()]


def _aggregate_records() -> list[Transform]:
    functions: dict[str, Callable[[np.ndarray], float]] = {
        "mean": np.mean, "sd": _sd, "min": np.min, "max": np.max, "sum": np.sum, "median": np.median,
    }  # fmt: skip
    return [_aggregate(name, function) for name, function in functions.items()]


_FACTOR_OPTIONS = ("levels", "labels")
_RECORDS = [
    *_elementwise_records(),
    *_aggregate_records(),
    Transform("I", _identity),
    Transform("{", _identity),
    Transform("identity", _identity),
    Transform("offset", _identity),
    Transform("log", _log, ("x",), ("base",)),
    Transform("round", _round, ("x",), ("digits",)),
    Transform("pmin", _folded(np.minimum), ("...",)),
    Transform("pmax", _folded(np.maximum), ("...",)),
    Transform("ifelse", _ifelse, ("test", "yes", "no"), required=3),
    Transform("factor", fa.apply_factor, ("x",), _FACTOR_OPTIONS),
    Transform("as.factor", fa.apply_factor, ("x",)),
    Transform("as.character", fa.apply_character, ("x",)),
    Transform("ordered", fa.apply_ordered, ("x",), _FACTOR_OPTIONS),
    Transform("as.ordered", fa.apply_ordered, ("x",)),
    Transform("relevel", fa.apply_relevel, ("x",), ("ref",), required=2),
    Transform("interaction", _interaction, ("...",)),
    Transform("as.numeric", fa.apply_codes, ("x",), (), fa.learn_codes),
    Transform("as.double", fa.apply_codes, ("x",), (), fa.learn_codes),
    Transform("as.integer", fa.apply_integers, ("x",), (), fa.learn_codes),
    Transform("as.logical", _as_logical),
    Transform("C", fa.apply_contrast, ("object",), ("contr", "base", "ref"), fa.learn_contrast),
    Transform("scale", st.apply_scale, ("x",), ("center", "scale"), st.learn_scale),
    Transform("standardize", st.apply_scale, ("x",), (), st.learn_scale),
    Transform("center", st.apply_scale, ("x",), (), st.learn_center),
    Transform("poly", st.apply_poly, ("x",), ("degree", "raw", "simple"), st.learn_poly),
    Transform("cut", st.apply_cut, ("x",), ("breaks", "labels", "include.lowest", "right"),
              st.learn_cut, required=2),
]  # fmt: skip

TRANSFORMS: Mapping[str, Transform] = {record.name: record for record in _RECORDS}
"""Every transform by name."""

NOT_YET: Mapping[str, str] = {
    "s": "smooth terms are not available; poly(x, k) gives a polynomial",
    "t2": "smooth terms are not available; poly(x, k) gives a polynomial",
    "te": "smooth terms are not available; poly(x, k) gives a polynomial",
    "ti": "smooth terms are not available; poly(x, k) gives a polynomial",
    "gp": "Gaussian processes are not available; poly(x, k) gives a polynomial",
    "hsgp": "Gaussian processes are not available; poly(x, k) gives a polynomial",
    "mo": "monotonic effects are not available; write the ordered factor itself",
    "me": "measurement error in predictors is not available; write the measured column itself",
    "mi": "imputation is not available; rows with missing values are dropped",
    "mm": "multi-membership is not available; write (1 | g) for one grouping column",
    "mmc": "multi-membership is not available; write (x | g) for one grouping column",
    "ns": "natural splines are not available; poly(x, k) gives a polynomial",
    "bs": "B-splines are not available; poly(x, k) gives a polynomial",
    "cs": "category-specific effects are not available; write the predictor itself",
    "ar": "autocorrelation terms are not available; write (1 | time) for effects of each time",
    "ma": "autocorrelation terms are not available; write (1 | time) for effects of each time",
    "arma": "autocorrelation terms are not available; write (1 | time) for effects of each time",
    "cosy": "autocorrelation terms are not available; write (1 | g) for a compound-symmetric group",
    "unstr": "autocorrelation terms are not available; write (0 + factor(time) | g)",
    "car": "spatial terms are not available; write (1 | region)",
    "sar": "spatial terms are not available; write (1 | region)",
    "fcor": "known residual correlations are not available",
    "lag": "lags depend on the order of rows; compute the column before",
    "mvbind": "several responses are not available; fit one formula for each",
}
"""Names that users of other packages will try, and what to write instead."""
