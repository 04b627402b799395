"""What would be fitted, before it is fitted: printable, and as strict JSON."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from bayesformula.families import Family
from bayesformula.model.describe import equations, fold, prior_lines
from bayesformula.model.spec import GroupSpec, ModelSpec, prior_records
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Predictor

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
        findings: of the checks.
    """

    model: ModelSpec
    n_dropped: int = 0
    response: Mapping[str, object] = field(default_factory=dict[str, object])
    plan: tuple[str, str] | None = None
    findings: tuple[FindingLike, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values only: strict JSON, the same that the command line prints."""
        model = self.model
        return {
            "formula": model.formula,
            "n_rows": model.n_rows,
            "n_dropped": self.n_dropped,
            "response": {
                "name": model.response,
                "kind": "numeric",
                **cast("dict[str, Any]", plain(self.response)),
            },
            "family": _family(model.family, tuple(p.parameter for p in model.predictors)),
            "parameters": {
                predictor.parameter: {
                    "fixed": list(predictor.columns),
                    "groups": [
                        _group(group) for group in model.groups if _enters(group, predictor.parameter)
                    ],
                }
                for predictor in model.predictors
            },
            "priors": prior_records(model),
            "plan": None if self.plan is None else {"name": self.plan[0], "reason": self.plan[1]},
            "findings": [_finding(finding) for finding in self.findings],
        }

    def __str__(self) -> str:
        body = [_head(self.to_dict(), WIDTH), "Model\n" + equations(self.model, width=WIDTH)]
        body.append("Priors\n" + prior_lines(self.model, width=WIDTH))
        if self.findings:
            body.append("Findings\n" + "\n".join(_finding_line(_finding(found)) for found in self.findings))
        return "\n\n".join(body)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        content = self.to_dict()
        records = content["priors"]
        columns = ("address", "prior", "source", "reason")
        return "".join(
            [
                "<div>",
                f"<pre>{html.escape(_head(content, WIDTH))}</pre>",
                f"<pre>{html.escape(equations(self.model, width=WIDTH))}</pre>",
                _table(columns, [[record[name] for name in columns] for record in records]),
                _findings_html(content["findings"]),
                "</div>",
            ]
        )


@dataclass(frozen=True, repr=False)
class Outline:
    """What a formula says by itself, without data: terms in the place of columns, nothing counted."""

    formula: FormulaSpec
    family: Family | None = None
    response_label: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The keys of `Explanation.to_dict`, null where data are needed."""
        predicted = tuple(p.parameter for p in self.formula.predictors)
        return {
            "formula": self.formula.text,
            "n_rows": None,
            "n_dropped": None,
            "response": {
                "name": self.response_label or self.formula.text.split("~")[0].strip(),
                "kind": None,
            },
            "family": None if self.family is None else _family(self.family, predicted),
            "parameters": {p.parameter: _outlined(p) for p in self.formula.predictors},
            "priors": [],
            "plan": None,
            "findings": [],
        }

    def __str__(self) -> str:
        head = _head(self.to_dict(), WIDTH)
        return f"{head}\n\nWith data, this shows columns, levels, priors and plan as well."

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


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


def _family(family: Family, predicted: tuple[str, ...]) -> dict[str, Any]:
    return {"name": family.name, "links": family.reported_links(predicted)}


def _enters(group: GroupSpec, parameter: str) -> bool:
    return parameter in (group.parameters or ("mu",))


def _group(group: GroupSpec) -> dict[str, Any]:
    return {
        "label": group.label,
        "factors": list(group.factors),
        "levels": group.n_levels,
        "coefs": list(group.coefs),
        "blocks": [[group.coefs[position] for position in block] for block in group.blocks],
        "correlated": group.is_correlated,
    }


def _finding(finding: FindingLike) -> dict[str, str]:
    severity = getattr(finding.severity, "value", finding.severity)
    return {"code": finding.code, "severity": str(severity), "message": finding.message}


def _outlined(predictor: Predictor) -> dict[str, Any]:
    fixed = ["Intercept"] * predictor.intercept + [term.label for term in predictor.terms]
    return {"fixed": fixed + ["."] * predictor.has_dot, "groups": _outlined_groups(predictor.groups)}


def _outlined_groups(terms: Iterable[GroupTerm]) -> list[dict[str, Any]]:
    """One record a factor, as with data: terms on the same factor are blocks of one record."""
    records: dict[str, dict[str, Any]] = {}
    for term in terms:
        coefs = ["Intercept"] * term.intercept + [part.label for part in term.terms]
        empty: dict[str, Any] = {"label": term.label, "factors": term.label.split(":"), "levels": None}
        record = records.setdefault(term.label, {**empty, "coefs": [], "blocks": []})
        new = [coef for coef in coefs if coef not in record["coefs"]]
        record["coefs"] += new
        record["blocks"] += ([new] if new else []) if term.correlated else [[coef] for coef in new]
    for record in records.values():
        record["correlated"] = len(record["coefs"]) > 1 and len(record["blocks"]) == 1
    return list(records.values())


# ---- to text -----------------------------------------------------------------------------------------


def _head(content: Mapping[str, Any], width: int) -> str:
    lines = [("Formula", content["formula"])]
    if content["n_rows"] is not None:
        dropped = content["n_dropped"]
        lines.append(
            ("Rows", f"{content['n_rows']}" + (f" ({dropped} dropped for missing values)" if dropped else ""))
        )
        lines.append(("Response", f"{content['response']['name']}, {content['response']['kind']}"))
    if content["family"] is not None:
        links = ", ".join(f"{name} {link}" for name, link in content["family"]["links"].items())
        lines.append(("Family", f"{content['family']['name']} (links: {links})"))
    for name, parts in content["parameters"].items():
        lines.append(
            (f"Terms of {name}" if len(content["parameters"]) > 1 else "Terms", ", ".join(parts["fixed"]))
        )
        lines += [("Group", _group_text(group)) for group in parts["groups"]]
    if content["plan"] is not None:
        lines.append(("Plan", f"{content['plan']['name']}: {content['plan']['reason']}"))
    return "\n".join(fold(text or "none", width, f"{label:<9} ", " " * 10) for label, text in lines)


def _group_text(group: Mapping[str, Any]) -> str:
    blocks = ["{" + ", ".join(block) + "}" if len(block) > 1 else block[0] for block in group["blocks"]]
    correlated = " (correlated within { })" if any(len(block) > 1 for block in group["blocks"]) else ""
    levels = "" if group["levels"] is None else f", {group['levels']} levels"
    return f"{group['label']}{levels}: {', '.join(blocks)}{correlated}"


def _finding_line(finding: Mapping[str, str]) -> str:
    return fold(f"{finding['severity']} {finding['code']}: {finding['message']}", WIDTH, "  ")


def _findings_html(findings: Iterable[Mapping[str, str]]) -> str:
    items = "".join(f"<li>{html.escape(_finding_line(finding).strip())}</li>" for finding in findings)
    return f"<ul>{items}</ul>" if items else ""


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
