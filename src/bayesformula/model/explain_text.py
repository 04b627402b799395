"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

from bayesformula.model.groupings import option_texts
from bayesformula.model.text import fold, formula_text, glued, listed, shown, visible

LABEL_WIDTH = 22
"""Names up to this length stand in a column of their own; longer ones on a line of their own."""

COUNTED = {
    "thresholds": ("threshold", "thresholds"),
    "population": ("population coefficient", "population coefficients"),
    "specific": ("coefficient of one threshold", "coefficients of one threshold each"),
    "sds": ("standard deviation of group effects", "standard deviations of group effects"),
    "correlations": ("correlation of group effects", "correlations of group effects"),
    "degrees_of_freedom": ("degrees of freedom of group effects",) * 2,
    "group_effects": ("group effect", "group effects"),
    "family": ("parameter of the family", "parameters of the family"),
}


def text(content: Mapping[str, Any], *, equations: str, priors: str, closing: str = "", width: int) -> str:
    """The whole explanation.

    Args:
        content: of `to_dict`.
        equations, priors: lines of their sections; a section without lines is left out.
        closing: a last remark.
        width: of the terminal.
    """
    sections = [
        "\n".join(_head(content, width)),
        _section("Model", [equations]),
        _section("Terms", _terms(content, width)),
        _section("Groups", _groups(content, width)),
        _section("Parameters", _counts(content, width)),
        _section("Priors", [priors] if priors else []),
        _section("Findings", [_finding(each, width) for each in content["findings"]]),
        fold(closing, width, "", "") if closing else "",
    ]
    return "\n\n".join(section for section in sections if section)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


# ---- the head ----------------------------------------------------------------------------------------


def facts(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each fact of the head."""
    yield "Formula", formula_text(content["formula"])
    written = " ".join(content["written"].split())
    if "".join(written.split()) not in ("", "".join(content["formula"].split())):
        yield "Written", formula_text(written)
    response = content["response"]
    kind = f", {response['kind']}" if response["kind"] else ""
    levels = f" ({listed(response['levels'])})" if response.get("levels") else ""
    yield "Response", f"{glued(response['name'])}{kind}{levels}"
    if content["n_rows"] is not None:
        dropped = content["n_dropped"]
        missing = f"; {dropped} left out for missing values" if dropped else ""
        yield "Data", f"{content['n_rows']} row{'s' * (content['n_rows'] != 1)}{missing}"
    if content["family"] is not None:
        links = listed([f"{name} {link}" for name, link in content["family"]["links"].items()])
        yield "Family", f"{content['family']['name']} (links: {links})"
    if content["plan"] is not None:
        yield "Plan", f"{content['plan']['name']}: {visible(content['plan']['reason'])}"


def _head(content: Mapping[str, Any], width: int) -> list[str]:
    return [fold(value, width, f"{name:<9} ", " " * 10) for name, value in facts(content)]


# ---- terms and groups --------------------------------------------------------------------------------


def term_text(row: Mapping[str, Any]) -> str:
    """What a term becomes: its columns, how it is coded, what was dropped."""
    columns = row["columns"]
    parts = [] if columns == [row["term"]] else [listed(columns)] if columns else []
    parts += [visible(row["about"])] if row["about"] else []
    reasons: dict[str, list[str]] = {}
    for lost in row["dropped"]:
        reasons.setdefault(lost["reason"], []).append(lost["column"])
    parts += [f"dropped: {listed(names)}, {visible(reason)}" for reason, names in reasons.items()]
    return "; ".join(parts)


def _terms(content: Mapping[str, Any], width: int) -> list[str]:
    several = len(content["terms"]) > 1
    out: list[str] = []
    for parameters, rows in joined(content["terms"]):
        pairs = [(row["term"], term_text(row)) for row in rows]
        kept = pairs if len(pairs) <= MAX_ROWS else pairs[: MAX_ROWS - 1]
        more = [("...", f"({len(pairs) - len(kept)} more)")] if len(kept) < len(pairs) else []
        lines = _table([*kept, *more], width) if pairs else ["  no terms"]
        out += [fold(f"of {listed(parameters)}", width, "  ")] if several else []
        out += [indent(line, "  ") for line in lines] if several else lines
    return out


def joined(by_parameter: Mapping[str, Any]) -> list[tuple[list[str], Any]]:
    """Values by parameter, the levels of a categorical response together where they are alike."""
    out: list[tuple[list[str], Any]] = []
    for parameter, value in by_parameter.items():
        is_level = parameter.startswith("mu") and parameter != "mu"
        if is_level and out and out[-1][0][-1].startswith("mu") and out[-1][1] == value:
            out[-1][0].append(parameter)
        else:
            out.append(([parameter], value))
    return out


MAX_ROWS = 24
"""Terms and groups that are listed; the rest is counted."""


def _table(pairs: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Names in one column, what is said of them in the other."""
    short = [len(visible(name)) for name, value in pairs if value and len(visible(name)) <= LABEL_WIDTH]
    column = max(short, default=0)
    out: list[str] = []
    for name, value in pairs:
        label = visible(name)
        if not value:
            out.append(fold(glued(name), width - 2, "  "))
        elif len(label) <= column:
            out.append(fold(value, width - 2, f"  {label:<{column}}  ", " " * (column + 4)))
        else:
            out.append(fold(glued(name), width - 2, "  "))
            out.append(fold(value, width - 2, "      ", "      "))
    return out


def grouping_text(group: Mapping[str, Any], grouping: dict[str, Any] | None) -> str:
    """Levels and coefficients of a group, and what `gr()` or `mm()` says of it."""
    return "; ".join([_coefs_text(group), *map(visible, option_texts(grouping) if grouping else [])])


def _coefs_text(group: Mapping[str, Any]) -> str:
    """Levels and coefficients of a group, those that are correlated in braces."""
    levels = "" if group["levels"] is None else f"{group['levels']} level{'s' * (group['levels'] != 1)}; "
    if len(group["coefs"]) == 1:
        return levels + glued(group["coefs"][0])
    blocks = ["{" + listed(block) + "}" if len(block) > 1 else glued(block[0]) for block in group["blocks"]]
    if len(blocks) == 1:
        return f"{levels}{blocks[0]} correlated"
    correlated = any(len(block) > 1 for block in group["blocks"])
    how = "correlated within { } only" if correlated else "independent"
    return f"{levels}{', '.join(shown(blocks))}: {how}"


def _groups(content: Mapping[str, Any], width: int) -> list[str]:
    several = len(content["parameters"]) > 1
    out: list[str] = []
    for parameters, groups in joined({name: each["groups"] for name, each in content["parameters"].items()}):
        records = [(group["label"], group) for group in groups]
        pairs = [(name, grouping_text(group, content["groupings"].get(name))) for name, group in records]
        if pairs:
            out += [fold(f"of {listed(parameters)}", width, "  ")] if several else []
            lines = _table(pairs, width)
            out += [indent(line, "  ") for line in lines] if several else lines
    return out + [fold(line, width, "  ", "    ") for line in relation_lines(content["groupings"])]


def relation_lines(groupings: Mapping[str, Any]) -> list[str]:
    """Which groups are nested in which, and which are crossed, each pair once."""
    nested = [
        f"{glued(label)}\0in\0{glued(outer)}"
        for label, each in groupings.items()
        for outer in each["nested_in"]
    ]
    labels = list(groupings)
    crossed = [
        f"{glued(label)}\0with\0{glued(other)}"
        for place, label in enumerate(labels)
        for other in groupings[label]["crossed_with"]
        if labels.index(other) > place
    ]
    lines = [f"nested: {', '.join(shown(nested))}"] if nested else []
    return lines + ([f"crossed: {', '.join(shown(crossed))}"] if crossed else [])


# ---- counts and findings -----------------------------------------------------------------------------


def counted(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Number and name of each kind of parameter that there is."""
    numbers = content["counts"]
    if numbers["total"] is None:
        return []
    out: list[tuple[int, str]] = [
        (int(numbers[kind]), names[numbers[kind] != 1]) for kind, names in COUNTED.items() if numbers[kind]
    ]
    if numbers["family"]:
        out[-1] = (out[-1][0], _family_parameters(content, out[-1][1]))
    constant = f", {numbers['constant']} of them held constant by a prior" if numbers["constant"] else ""
    out.append((numbers["total"], f"in all{constant}"))
    if numbers["sampled"] is not None:
        plural = "s" * (numbers["sampled"] != 1)
        out.append(
            (numbers["sampled"], f"dimension{plural} for the sampler ({content['plan']['name']} plan)")
        )
    return [(f"{number:,}", name) for number, name in out]


def _family_parameters(content: Mapping[str, Any], counted_as: str) -> str:
    """`parameters of the family: shape, zi`; the sigma of a Gaussian model by what it is."""
    links = content["family"]["links"]
    names = [row["parameter"] for row in content["priors"] if row["parameter"] in links]
    if content["family"]["name"] == "gaussian" and names == ["sigma"]:
        return "residual standard deviation, sigma"
    return f"{counted_as}: {listed(names)}"


def _counts(content: Mapping[str, Any], width: int) -> list[str]:
    rows = counted(content)
    column = max((len(number) for number, _ in rows), default=0)
    return [fold(name, width, f"  {number:>{column}}  ", " " * (column + 4)) for number, name in rows]


def _finding(finding: Mapping[str, str], width: int) -> str:
    message = f"{finding['severity']} {finding['code']}: {visible(finding['message'])}"
    return fold(message, width, "  ", "    ")
