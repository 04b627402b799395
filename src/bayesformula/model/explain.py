"""What would be fitted, before it is fitted: printable, rich in a notebook, and as strict JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from bayesformula.model import explain_html, explain_text
from bayesformula.model.counts import counts, sampled
from bayesformula.model.describe import equations, prior_lines
from bayesformula.model.groupings import groupings_of_model
from bayesformula.model.latex import latex_of_model
from bayesformula.model.outline import Outline as Outline
from bayesformula.model.sheet import Sheet, sheet_of_model
from bayesformula.model.spec import GroupSpec, ModelSpec, prior_records
from bayesformula.model.terms import TermRow, terms_of_model, terms_of_schema
from bayesformula.syntax.render import render

if TYPE_CHECKING:
    from bayesformula.data.learnt import DataSchema

WIDTH = 80


class FindingLike(Protocol):
    """What a check of the data reports."""

    @property
    def code(self) -> str: ...

    @property
    def severity(self) -> object: ...

    @property
    def message(self) -> str: ...


@dataclass(frozen=True, repr=False)
class Explanation:
    """A model, how it would be fitted, and what was found in the data.

    Attributes:
        model: with all its priors.
        n_dropped: rows left out for missing values.
        response: further facts of the response, its "kind" above all.
        plan: name and reason, or None where none was chosen.
        n_spare: numbers that it samples beside parameters or what stands for them.
        findings: of the checks.
        schema: what was learnt of the data; without it each column is its own term.
    """

    model: ModelSpec
    n_dropped: int = 0
    response: Mapping[str, object] = field(default_factory=dict[str, object])
    plan: tuple[str, str] | None = None
    n_spare: int = 0
    findings: tuple[FindingLike, ...] = ()
    schema: DataSchema | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values only: strict JSON, the same that the command line prints."""
        model, sheet = self.model, self._sheet()
        return {
            "formula": model.formula if self.schema is None else render(self.schema.spec),
            "n_rows": model.n_rows,
            "n_dropped": self.n_dropped,
            "response": {
                "name": model.response,
                "kind": "numeric",
                **cast("dict[str, Any]", plain(self.response)),
            },
            "family": {"name": model.family.name, "links": links(model)},
            "parameters": {
                predictor.parameter: {
                    "fixed": list(predictor.columns),
                    "groups": [
                        _group(each, predictor.parameter)
                        for each in model.groups
                        if _enters(each, predictor.parameter)
                    ],
                }
                for predictor in model.predictors
            },
            "priors": prior_records(model),
            "plan": None if self.plan is None else {"name": self.plan[0], "reason": self.plan[1]},
            "findings": [_finding(finding) for finding in self.findings],
            "written": "" if self.schema is None else self.schema.spec.source,
            "terms": {name: [row.to_dict() for row in rows] for name, rows in self._terms().items()},
            "groupings": groupings_of_model(model, None if self.schema is None else self.schema.spec),
            "counts": {
                **counts(model),
                "sampled": None if self.plan is None else sampled(model, self.plan[0]) + self.n_spare,
            },
            "equations": {
                "unicode": equations(sheet, width=WIDTH),
                "latex": latex_of_model(sheet, model, priors=False),
            },
        }

    def latex(self, *, priors: bool = False) -> str:
        r"""The equations in LaTeX, one `aligned` environment: for a paper, a slide, `IPython.display.Math`.

        Coefficients are `\beta`, group effects `u`, their standard deviations `\sigma` with the group and the
        coefficient below, correlations `R`. It needs the package amsmath; names in other than Latin
        letters need XeLaTeX or LuaLaTeX.

        Args:
            priors: write the priors as well, numbers rounded to four digits.
        """
        return latex_of_model(self._sheet(), self.model, priors=priors)

    def _sheet(self) -> Sheet:
        if self.schema is None:
            return sheet_of_model(self.model)
        return sheet_of_model(self.model, self.schema.spec, self.schema.response.levels)

    def _terms(self) -> dict[str, tuple[TermRow, ...]]:
        schema, count = self.schema, self.model.n_thresholds
        return {
            predictor.parameter: terms_of_model(predictor, count)
            if schema is None
            else terms_of_schema(schema, predictor.parameter, count)
            for predictor in self.model.predictors
        }

    def __str__(self) -> str:
        content = self.to_dict()
        return explain_text.text(
            content,
            equations=content["equations"]["unicode"],
            priors=prior_lines(self.model, width=WIDTH),
            width=WIDTH,
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return explain_html.html(self.to_dict())


# ---- to plain values ---------------------------------------------------------------------------------


def plain(value: object) -> object:
    """`value` in strict JSON types: tuples as lists, NaN as None, NumPy's scalars as Python's."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in cast("Mapping[object, object]", value).items()}
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return plain(cast("Any", value).tolist())
    if isinstance(value, Iterable):
        return [plain(entry) for entry in cast("Iterable[object]", value)]
    return str(value)


def links(model: ModelSpec) -> dict[str, str]:
    """The link of each parameter, "identity" where it has no formula; of a categorical response by level."""
    predicted = {predictor.parameter: predictor.link for predictor in model.predictors}
    reported = model.family.reported_links(tuple(predicted))
    if "mu" not in predicted:
        del reported["mu"]
    return {**predicted, **reported} if "mu" not in predicted else reported


def _enters(group: GroupSpec, parameter: str) -> bool:
    return any(group.owner(position) == parameter for position in range(group.q))


def _group(group: GroupSpec, parameter: str) -> dict[str, Any]:
    """The effects of a group on one parameter, under the names of its columns."""
    own = [[p for p in block if group.owner(p) == parameter] for block in group.blocks]
    blocks = [[group.column(position) for position in block] for block in own if block]
    coefs = [group.column(p) for p in range(group.q) if group.owner(p) == parameter]
    return {
        "label": group.label,
        "factors": list(group.factors),
        "levels": group.n_levels,
        "coefs": coefs,
        "blocks": blocks,
        "correlated": len(coefs) > 1 and len(blocks) == 1,
    }


def _finding(finding: FindingLike) -> dict[str, str]:
    severity = getattr(finding.severity, "value", finding.severity)
    return {"code": finding.code, "severity": str(severity), "message": finding.message}
