"""THE table of named transforms: what a call in a formula may be, and how it is computed.

A formula is never evaluated as Python; a call is looked up here and nowhere else. Each transform is
one record. A stateful one learns numbers from the training rows (`learn`) and replays them on any
other frame, so that `scale(x)` of new data uses the training mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesformula.data import aggregates as ag
from bayesformula.data import elementwise as el
from bayesformula.data import factors as fa
from bayesformula.data import stateful as st
from bayesformula.data import text_values as tx
from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import Column
from bayesformula.data.contrasts import apply_contrast, learn_contrast
from bayesformula.data.polynomials import apply_poly, learn_poly
from bayesformula.data.rounding import apply_round, apply_signif
from bayesformula.data.splines import apply_bs, apply_ns, learn_bs, learn_ns

Apply = Callable[[Arguments, State], Column]
Learn = Callable[[Arguments], State]


@dataclass(frozen=True, slots=True)
class Transform:
    """One named transform.

    Attributes:
        name: as written in a formula.
        apply: the column that it makes of its arguments and of what was learnt.
        data: names of the arguments that are columns; "..." at the end takes any number more.
        options: names of the arguments after them, which must be constants.
        learn: what must be remembered from the training rows; None for a stateless transform.
        required: how many of `data` and `options`, counted together, must be given.
        dots_option: the option that a single constant in place of "..." is: `poly(x, 2)`.
        is_vector: what it learns are constants, which may stand as an argument: `quantile(x)`.
    """

    name: str
    apply: Apply
    data: tuple[str, ...] = ("x",)
    options: tuple[str, ...] = ()
    learn: Learn | None = None
    required: int = 1
    dots_option: str = ""
    is_vector: bool = False

    @property
    def is_stateful(self) -> bool:
        return self.learn is not None

    @property
    def is_variadic(self) -> bool:
        return self.data[-1] == "..."

    @property
    def fixed(self) -> tuple[str, ...]:
        """The data arguments that have a name."""
        return self.data[:-1] if self.is_variadic else self.data


def _elementwise_records() -> list[Transform]:
    return [Transform(name, el.elementwise(function)) for name, function in el.FUNCTIONS.items()]


def _aggregate_records() -> list[Transform]:
    one = [
        Transform(name, ag.replay, ("x",), ("na.rm",), ag.learner(function), is_vector=True)
        for name, function in ag.OF_ONE.items()
    ]
    several = [
        Transform(name, ag.replay, ("...",), ("na.rm",), ag.learner(function), is_vector=True)
        for name, function in ag.OF_SEVERAL.items()
    ]
    return [*one, *several]


_FACTOR_OPTIONS = ("levels", "labels", "exclude", "ordered")
_CUT_OPTIONS = ("breaks", "labels", "include.lowest", "right", "dig.lab", "ordered_result")
_RECORDS = [
    *_elementwise_records(),
    *_aggregate_records(),
    Transform("range", ag.replay, ("...",), ("na.rm",), ag.learn_range, is_vector=True),
    Transform("quantile", ag.replay, ("x",), ("probs", "na.rm", "names", "type"), ag.learn_quantile,
              is_vector=True),
    Transform("levels", ag.replay, ("x",), (), ag.learn_levels, is_vector=True),
    Transform("unique", ag.replay, ("x",), (), ag.learn_unique, is_vector=True),
    Transform("I", el.identity),
    Transform("{", el.identity),
    Transform("identity", el.identity),
    Transform("as.vector", el.identity),
    Transform("offset", el.identity),
    Transform("log", el.log, ("x",), ("base",)),
    Transform("atan2", el.pairwise(np.arctan2), ("y", "x"), required=2),
    Transform("xor", el.exclusive, ("x", "y"), required=2),
    Transform("round", apply_round, ("x",), ("digits",)),
    Transform("signif", apply_signif, ("x",), ("digits",)),
    Transform("pmin", el.parallel(np.minimum, np.fmin), ("...",), ("na.rm",)),
    Transform("pmax", el.parallel(np.maximum, np.fmax), ("...",), ("na.rm",)),
    Transform("ifelse", el.ifelse, ("test", "yes", "no"), required=3),
    Transform("is.na", el.is_missing),
    Transform("cbind", el.bind, ("...",)),
    Transform("factor", fa.apply_factor, ("x",), _FACTOR_OPTIONS, fa.learn_factor),
    Transform("as.factor", fa.apply_factor, ("x",)),
    Transform("as.character", fa.apply_character, ("x",)),
    Transform("ordered", fa.apply_ordered, ("x",), ("levels", "labels"), fa.learn_factor),
    Transform("as.ordered", fa.apply_ordered, ("x",)),
    Transform("droplevels", fa.apply_unused, ("x",)),
    Transform("relevel", fa.apply_relevel, ("x",), ("ref",), fa.learn_relevel, required=2),
    Transform("interaction", fa.apply_interaction, ("...",), ("drop", "sep", "lex.order")),
    Transform("as.numeric", fa.apply_codes, ("x",), (), fa.learn_codes),
    Transform("as.double", fa.apply_codes, ("x",), (), fa.learn_codes),
    Transform("as.integer", fa.apply_integers, ("x",), (), fa.learn_codes),
    Transform("as.logical", tx.apply_logical),
    Transform("paste", tx.apply_paste, ("...",), ("sep",)),
    Transform("paste0", tx.apply_paste0, ("...",)),
    Transform("nchar", tx.apply_nchar),
    Transform("toupper", tx.each_level(str.upper)),
    Transform("tolower", tx.each_level(str.lower)),
    Transform("trimws", tx.each_level(str.strip)),
    Transform("substr", tx.apply_substr, ("x",), ("start", "stop"), required=3),
    Transform("substring", tx.apply_substr, ("x",), ("start", "stop"), required=2),
    Transform("C", apply_contrast, ("object",), ("contr", "how.many", "base", "ref"), learn_contrast),
    Transform("scale", st.apply_scale, ("x",), ("center", "scale"), st.learn_scale),
    Transform("standardize", st.apply_scale, ("x",), (), st.learn_scale),
    Transform("center", st.apply_scale, ("x",), (), st.learn_center),
    Transform("poly", apply_poly, ("x", "..."), ("degree", "raw", "simple"), learn_poly,
              dots_option="degree"),
    Transform("ns", apply_ns, ("x",), ("df", "knots", "intercept", "Boundary.knots"), learn_ns),
    Transform("bs", apply_bs, ("x",), ("df", "knots", "degree", "intercept", "Boundary.knots"), learn_bs),
    Transform("cut", st.apply_cut, ("x",), _CUT_OPTIONS, st.learn_cut, required=2),
]  # fmt: skip

TRANSFORMS: Mapping[str, Transform] = {record.name: record for record in _RECORDS}
"""Every transform by name."""
