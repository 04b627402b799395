"""What a formula says by itself, without data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bayesformula.families import Family
from bayesformula.model import explain_html, explain_text
from bayesformula.model.counts import KINDS
from bayesformula.model.describe import equations
from bayesformula.model.formula_sheet import blocks_of, fixed_labels, group_key, meant, sheet_of_formula
from bayesformula.model.groupings import groupings_of_formula
from bayesformula.model.latex import latex
from bayesformula.model.sheet import Sheet
from bayesformula.model.spec import ORDINAL
from bayesformula.model.terms import SPECIFIC, TermRow, offset_rows, thresholds_row
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Predictor
from bayesformula.syntax.factors import factor_label
from bayesformula.syntax.render import render_expression

WIDTH = 80
CLOSING = "With data, this shows columns, levels, counts, priors and the plan as well."
TERMS_NOTE = "A term stands for its columns: a factor or a matrix has several."


@dataclass(frozen=True, repr=False)
class Outline:
    """What a formula says by itself, without data: terms in the place of columns, nothing counted.

    Attributes:
        formula: the lowered formula.
        family: if one was given.
        response_label: the response as written; taken from the formula where it is empty.
    """

    formula: FormulaSpec
    family: Family | None = None
    response_label: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The keys of `Explanation.to_dict`, null where data are needed."""
        formula, sheet = meant(self.formula, self.family), self._sheet()
        predicted = tuple(predictor.parameter for predictor in formula.predictors)
        family = self.family
        return {
            "formula": formula.text,
            "n_rows": None,
            "n_dropped": None,
            "response": {"name": self._response(), "kind": None},
            "family": None
            if family is None
            else {"name": family.name, "links": family.reported_links(predicted)},
            "parameters": {
                predictor.parameter: {
                    "fixed": list(fixed_labels(predictor)),
                    "groups": group_records(predictor.groups),
                }
                for predictor in formula.predictors
            },
            "priors": [],
            "plan": None,
            "findings": [
                {"code": _code(note), "severity": "info", "message": note} for note in formula.notes
            ],
            "written": formula.source,
            "terms": {
                predictor.parameter: [row.to_dict() for row in self._rows(predictor)]
                for predictor in formula.predictors
            },
            "groupings": groupings_of_formula(formula),
            "counts": dict.fromkeys((*KINDS, "total", "constant", "sampled")),
            "equations": {"unicode": equations(sheet, width=WIDTH), "latex": latex(sheet)},
        }

    def latex(self) -> str:
        r"""The equations, terms in the place of columns, as one `aligned` environment of LaTeX."""
        return latex(self._sheet())

    def _rows(self, predictor: Predictor) -> list[TermRow]:
        """The terms of a predictor, thresholds in the place of the intercept of an ordinal response."""
        is_ordinal = self.family is not None and self.family.name in ORDINAL and predictor.parameter == "mu"
        return [thresholds_row(None)] * is_ordinal + _rows(predictor)

    def _sheet(self) -> Sheet:
        return sheet_of_formula(self.formula, self.family, self._response())

    def _response(self) -> str:
        return self.response_label or render_expression(self.formula.response.expression)

    def _closing(self) -> str:
        has_terms = any(predictor.terms or predictor.has_dot for predictor in self.formula.predictors)
        return f"{TERMS_NOTE} {CLOSING}" if has_terms else CLOSING

    def __str__(self) -> str:
        content = self.to_dict()
        return explain_text.text(
            content,
            equations=content["equations"]["unicode"],
            priors="",
            closing=self._closing(),
            width=WIDTH,
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return explain_html.html(self.to_dict(), closing=self._closing())


def group_records(terms: Iterable[GroupTerm]) -> list[dict[str, Any]]:
    """One record a factor, as with data: terms on the same factor are blocks of one record."""
    found: dict[object, list[GroupTerm]] = {}
    for term in terms:
        found.setdefault(group_key(term), []).append(term)
    return [_group_record(same) for same in found.values()]


def _group_record(terms: list[GroupTerm]) -> dict[str, Any]:
    coefs, blocks = blocks_of([("mu", term) for term in terms])
    return {
        "label": terms[0].label,
        "factors": [factor_label(factor) for factor in terms[0].factors],
        "levels": None,
        "coefs": list(coefs),
        "blocks": [[coefs[place] for place in block] for block in blocks],
        "correlated": len(coefs) > 1 and len(blocks) == 1,
    }


def _rows(predictor: Predictor) -> list[TermRow]:
    labels = [label for label in fixed_labels(predictor) if label != "."]
    rows = [TermRow(label, (label,)) for label in labels]
    if predictor.has_dot:
        removed = ", ".join(term.label for term in predictor.minus)
        without = f", without {removed}" if removed else ""
        about = f"all columns of the data that the response does not use{without}"
        rows.append(TermRow(".", (), about))
    rows += [TermRow(f"cs({term.label})", (term.label,), SPECIFIC) for term in predictor.specific]
    return rows + offset_rows(predictor)


def _code(note: str) -> str:
    return "duplicate-term" if "twice" in note else "formula-note"
