"""The rows that are predicted: new data read as the training data were, ready for the compiler."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.encoding import coded, max_count, rows_of
from bayesformula.errors import BayesFormulaWarning, DataError, OptionError, listing
from bayesformula.results.observed import NO_ROWS
from bayesformula.results.prediction.request import Request

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.compiler.inputs import Rows
    from bayesformula.compiler.structure import Structure
    from bayesformula.data.design import Design, GroupDesign
    from bayesformula.model.spec import ModelSpec
    from bayesformula.results.fit import Fit

NEEDED = {"trials": "trials()", "rate": "rate()", "lower": "trunc()", "upper": "trunc()"}
"""Terms without which a response has no distribution, by entry of `Design.extras`."""


@dataclass(frozen=True, eq=False)
class Target:
    """Rows to predict.

    Attributes:
        spec: the model with those groups alone that are read.
        structure: of the same with those groups whose effects enter.
        design: of the rows without missing values.
        groups: arrays of the groups read, columns of all predictors side by side, by label.
        n_rows: rows asked for, those with missing values included.
        index: of the user's frame, or None.
    """

    spec: ModelSpec
    structure: Structure
    design: Design
    groups: Mapping[str, GroupDesign]
    n_rows: int
    index: pd.Index | None

    def take(self, at: slice) -> Rows:
        """Some rows, groups in the order of `spec`."""
        return rows_of(self.design.part(at), self.spec, [None] * len(self.spec.groups))

    def scattered(self, values: np.ndarray, axis: int) -> np.ndarray:
        """Values of the rows without missing values among all, NaN elsewhere."""
        if len(self.design.rows) == self.n_rows:
            return values
        shape = (*values.shape[:axis], self.n_rows, *values.shape[axis + 1 :])
        out = np.full(shape, np.nan)
        out[(slice(None),) * axis + (self.design.rows,)] = values
        return out


def target(fit: Fit, newdata: Any, asked: Request) -> Target:
    """The rows of `newdata`, or of the training data.

    Raises:
        OptionError: the training rows are asked for, and were not kept.
        UnseenLevelError: a level that the training data did not have, under new_levels="error".
        DataError: a column is missing, or a term of the response that the prediction needs.
    """
    from bayesformula.data.design import encode

    index = None
    if newdata is None:
        frame = fit.frame
        if frame is None:
            raise OptionError(f"{NO_ROWS}; pass newdata")
    else:
        frame, index = _frame(newdata)
    is_likelihood = asked.kind == "log_likelihood"
    _check_related(fit, asked)
    design = encode(
        fit.schema,
        frame,
        new_levels="population" if asked.new_levels == "sample" else asked.new_levels,
        response="required" if is_likelihood else "ignore",
        na="drop",
        transforms=fit.asked.transforms or {},
        groups=asked.parts,
    )
    if design.n_dropped:
        warnings.warn(
            f"{design.n_dropped} of {len(frame)} rows miss a value: their predictions are missing too",
            BayesFormulaWarning,
            stacklevel=4,
        )
    return _target(fit, design, asked, len(frame), index)


def _target(fit: Fit, design: Design, asked: Request, n_rows: int, index: pd.Index | None) -> Target:
    from bayesformula.compiler import structure
    from bayesformula.compiler.chunks import RowSource
    from bayesformula.data.shared_groups import shared_groups
    from bayesformula.model.build import parameter_designs

    design = _with_terms(fit, design, asked)
    read = _reduced(fit.spec, (*asked.kept, *asked.averaged))
    shared = shared_groups(parameter_designs(design, fit.family, fit.spec.categories))
    entering = _reduced(fit.spec, asked.kept)
    most = 0
    if asked.needs_terms and {"lower", "upper", "cens"} & set(design.extras):
        whole = RowSource(
            design.n_rows, design.n_rows, lambda at: rows_of(design.part(at), read, [None] * len(read.groups))
        )
        most = max_count(fit.spec, whole)
    return Target(
        spec=read,
        structure=structure.structure(
            entering, "noncentred", has_weights=design.weights is not None, max_count=most
        ),
        design=design,
        groups={label: group.design for label, group in shared.items()},
        n_rows=n_rows,
        index=index,
    )


def _frame(newdata: Any) -> tuple[pd.DataFrame, pd.Index | None]:
    import pandas as pd

    from bayesformula.data.tables import as_frame

    return as_frame(newdata), newdata.index if isinstance(newdata, pd.DataFrame) else None


def _reduced(spec: ModelSpec, labels: tuple[str, ...]) -> ModelSpec:
    """The model with some of its groups."""
    groups = tuple(replace(group, nested_in=()) for group in spec.groups if group.label in labels)
    return replace(spec, groups=groups)


def _check_related(fit: Fit, asked: Request) -> None:
    related = [g for g in fit.spec.groups if g.cov and g.label in asked.kept]
    if related and asked.new_levels == "sample":
        group = related[0]
        raise OptionError(
            f"the levels of '{group.label}' are related by the matrix {group.cov}, which knows no new level: "
            'new levels cannot be drawn\n  Pass new_levels="population" to set their effects to 0.'
        )


def _with_terms(fit: Fit, design: Design, asked: Request) -> Design:
    """The design with what the distribution of the response needs to know of each row."""
    from bayesformula.data.family_terms import extras_of

    if asked.kind == "log_likelihood":
        return coded(fit.schema, design, fit.family)[0]
    if not asked.needs_terms:
        return replace(design, extras={})
    # censoring is of what was seen, not of what will be
    extras = {name: values for name, values in design.extras.items() if not name.startswith("cens")}
    missing = [name for name in fit.spec.terms if name in NEEDED and name not in extras]
    if missing:
        calls = listing(list(dict.fromkeys(NEEDED[name] for name in missing)))
        raise DataError(
            f"newdata lacks what {calls} needs, without a gap in any row\n"
            '  Add the column, or ask for kind="linear" or for parameter="mu", which do without it.'
        )
    if fit.spec.known_error and "se" not in extras:
        if asked.kind == "response":
            raise DataError(
                "newdata lacks the known standard errors of se(), which draws of a response need\n"
                '  Add the column, or ask for kind="mean".'
            )
        extras["se"] = np.ones(design.n_rows)
    return replace(design, extras=extras_of(fit.family, replace(design, extras=extras)))
