"""The equations of a model in LaTeX: one `aligned` environment that LaTeX, MathJax and KaTeX all read.

Names may hold anything. Letters stand in `\\text{...}`, and every character that means something to TeX
stands outside of it as a command of math mode: within `\\text`, MathJax leaves `\\_` and `\\%` as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bayesformula.model.latex_names import escape, indexed, letter, number, operator, template
from bayesformula.model.latex_priors import prior_rows, shown_priors
from bayesformula.model.notation import Case, linked
from bayesformula.model.sheet import (
    DOT,
    PER_LEVEL,
    Block,
    Effects,
    Line,
    Sheet,
    Summand,
    is_number,
    shown_lines,
)
from bayesformula.model.spec import ModelSpec
from bayesformula.model.statements import likelihood
from bayesformula.model.text import MAX_TERMS
from bayesformula.priors import PriorRow

LINE_LENGTH = 60
"""Characters of names on one line of a linear predictor, about what fits beside each other on a slide."""


def latex(sheet: Sheet, priors: Iterable[PriorRow] = ()) -> str:
    r"""The model as `\begin{aligned} ... \end{aligned}`, with these priors below it.

    Coefficients are `\beta`, group effects `u`, their standard deviations `\sigma` with the group and the
    coefficient, correlations `R`, degrees of freedom `\nu`.
    """
    rows = [_likelihood(sheet), *_censored(sheet)]
    rows += [rf"{_parameter(sheet, name)} &= {number(value)}" for name, value in sheet.fixed]
    kept = shown_lines(sheet)
    for line in kept:
        rows += _predictor(sheet, line)
    if len(kept) < len(sheet.lines):
        rows.append(rf"&\;\;\vdots \;\text{{({len(sheet.lines) - len(kept)} more)}}")
    for effects in sheet.effects:
        every = list(_distributions(effects))
        rows += every if len(every) <= 2 * MAX_TERMS else every[: 2 * MAX_TERMS - 1]
        if len(every) > 2 * MAX_TERMS:
            rows.append(rf"&\;\;\vdots \;\text{{({len(every) - 2 * MAX_TERMS + 1} more)}}")
    rows += prior_rows(priors)
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def latex_of_model(sheet: Sheet, model: ModelSpec, *, priors: bool) -> str:
    """The equations of a model, with its priors or without."""
    return latex(sheet, shown_priors(model) if priors else ())


# ---- the response ------------------------------------------------------------------------------------


def _likelihood(sheet: Sheet) -> str:
    """The distribution of a response; several cases in a brace."""
    cases = likelihood(sheet)
    if len(cases) == 1:
        (case,) = cases
        gap = r" \quad " if case.when.startswith("given") else ""
        when = case.when.replace(", k", r",\quad k", 1) if case.when.startswith(",") else case.when
        return f"{_fill(sheet, case.left)} &{_right(sheet, case)}{gap}{_fill(sheet, when)}"
    same = len({case.left for case in cases}) == 1
    first = _fill(sheet, cases[0].left) if same else ""
    rows = [
        rf"{'' if same else _fill(sheet, case.left) + ' '}{_right(sheet, case)} & {_fill(sheet, case.when)}"
        for case in cases
    ]
    return f"{first} &{_brace(rows)}"


def _brace(rows: Sequence[str]) -> str:
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _right(sheet: Sheet, case: Case) -> str:
    relation = r"\sim" if case.relation == "~" else "="
    return f"{relation} {_fill(sheet, case.right)}"


def _fill(sheet: Sheet, text: str) -> str:
    return template(text, lambda name: _part(sheet, name))


def _part(sheet: Sheet, name: str) -> str:
    match name:
        case "y":
            parts = [indexed(text) for text in sheet.outcomes]
            return "(" + r",\, ".join(parts) + ")" if parts else indexed(sheet.response)
        case "sigma" if sheet.known_error:
            known = r"\mathrm{se}_{i}"
            return known if sheet.known_error == "alone" else rf"\sqrt{{\sigma^{{2}} + {known}^{{2}}}}"
        case "trials" | "rate" | "lower" | "upper":
            return " + ".join(_known(text or name) for text in sheet.texts(name) or ("",))
        case "threshold":
            return r"\tau_{k}"
        case "last":
            return str(len(sheet.levels) - 1) if sheet.levels else "K - 1"
        case "scores":
            return r",\, ".join(["0", *_scores(sheet)])
        case _:
            return _parameter(sheet, name)


def _known(text: str) -> str:
    return text if is_number(text) else indexed(text)


def _scores(sheet: Sheet) -> list[str]:
    names = [line.parameter for line in sheet.lines if line.parameter.startswith("mu")]
    if names == [PER_LEVEL]:
        return [r"\mu_{2,\, i}", r"\dots", r"\mu_{K,\, i}"]
    return _shown([_parameter(sheet, name) for name in names], r"\dots")


def _censored(sheet: Sheet) -> Iterator[str]:
    """What counts of a row in the place of its density, by the code of its censoring."""
    if not sheet.texts("cens"):
        return
    code, y = indexed(sheet.texts("cens")[0] or "cens"), _part(sheet, "y")
    cases = [("1", "right", f"> {y}"), ("-1", "left", rf"\le {y}")]
    rows = [rf"P(Y {known}) & {code} = {value} \text{{ ({name})}}" for value, name, known in cases]
    if upper := sheet.texts("cens_upper"):
        last = indexed(upper[0] or "upper")
        rows.append(rf"P({y} < Y \le {last}) & {code} = 2 \text{{ (interval)}}")
    rows.insert(0, rf"p({y}) & {code} = 0")
    yield rf"\ell_{{i}} &= {operator('log')} {_brace(rows)}"


def _parameter(sheet: Sheet, parameter: str) -> str:
    if parameter == PER_LEVEL:
        return r"\mu_{k,\, i}"
    if not sheet.is_predicted(parameter):
        return letter(parameter)
    index = r"i,\, k" if parameter == "mu" and sheet.varies_by_threshold else "i"
    return f"{letter(parameter)}_{{{index}}}"


# ---- linear predictors -------------------------------------------------------------------------------


def _predictor(sheet: Sheet, line: Line) -> Iterator[str]:
    left = template(linked(line.link, "{left}"), lambda _: _parameter(sheet, line.parameter))
    prefix = "b_" if line.parameter == "mu" else f"b_{line.parameter}_"
    above = "" if line.parameter == "mu" else f"^{{{_owner(line.parameter)}}}"
    parts = [
        [
            _product(rf"\beta{above}_{{{escape(each.coef.removeprefix(prefix))}}}", each.column)
            for each in line.population
        ]
    ]
    parts.append([_product(rf"\beta_{{{escape(each.column)},\, k}}", each.column) for each in line.specific])
    parts += [[_group_part(effects, summands)] for effects, summands in line.groups if effects.share]
    parts += [
        [_product(_effect(effects, each.coef, f"{effects.index}[i]"), each.column) for each in summands]
        for effects, summands in line.groups
        if not effects.share
    ]
    parts.append([_offset(text) for text in line.offsets])
    lines = [" + ".join(row) for part in parts if part for row in _wrapped(part)] or ["0"]
    yield f"{left} &= {lines[0]}"
    yield from (rf"&\quad {{}} + {row}" for row in lines[1:])


def _owner(parameter: str) -> str:
    return r"\mu_{k}" if parameter == PER_LEVEL else letter(parameter)


def _product(coefficient: str, column: str) -> str:
    if column == DOT:
        return r"\cdots"
    return rf"{coefficient}\, {indexed(column)}" if column else coefficient


def _effect(effects: Effects, coef: str, level: str) -> str:
    return rf"u^{{{escape(effects.label)}}}_{{{level},\, {escape(coef)}}}"


def _offset(text: str) -> str:
    return rf"{operator('offset')}({escape(text)})_{{i}}" if text else rf"{operator('offset')}_{{i}}"


def _group_part(effects: Effects, summands: Sequence[Summand]) -> str:
    level = f"{effects.index}_m[i]"
    terms = _shown([_product(_effect(effects, each.coef, level), each.column) for each in summands])
    inner = " + ".join(terms)
    return r"\sum_{m} w_{m}[i]\, " + (rf"\bigl({inner}\bigr)" if len(terms) > 1 else inner)


def _wrapped(products: Sequence[str]) -> Iterator[list[str]]:
    """The products in rows of a readable length."""
    row: list[str] = []
    length = 0
    for product in _shown(products):
        seen = len(re.sub(r"\\[A-Za-z]+|[\\{}^_, ]", "", product)) + 3
        if row and length + seen > LINE_LENGTH:
            yield row
            row, length = [], 0
        row.append(product)
        length += seen
    if row:
        yield row


def _shown(items: Sequence[str], dots: str = r"\cdots") -> list[str]:
    kept = MAX_TERMS - 1
    if len(items) <= MAX_TERMS:
        return list(items)
    return [*items[:kept], rf"{dots}\;\text{{({len(items) - kept} more)}}"]


# ---- distributions of group effects ------------------------------------------------------------------


def _distributions(effects: Effects) -> Iterator[str]:
    if effects.share is not None:
        yield from _share(effects)
    for suffix in effects.by or ((f"{effects.by_label}...",) if effects.by_label else ("",)):
        if effects.dist == "student":  # one scale for all effects of a level
            places = tuple(place for block in effects.blocks for place in block.positions)
            cor = next((block.cor for block in effects.blocks if block.cor), "")
            blocks = [Block(places, cor)]
        else:
            blocks = list(effects.blocks)
        correlated = sum(len(block.positions) > 1 for block in blocks)
        number = 0
        for block in blocks:
            number += len(block.positions) > 1
            yield from _joint(effects, block, suffix, number if correlated > 1 else 0)


def _joint(effects: Effects, block: Block, suffix: str, number: int) -> Iterator[str]:
    names = [effects.coefs[place] for place in block.positions]
    sds = [rf"\sigma_{{{_label(effects)},\, {escape(_with(name, suffix))}}}" for name in names]
    level = f"{{{effects.index}}}"
    student = rf"\nu_{{{_label(effects)}}},\, " if effects.dist == "student" else ""
    where = _where(effects, suffix)
    known = escape(effects.cov) if effects.cov else ""
    if len(names) == 1:
        kind = "Student" if student else "MVN" if known else "Normal"
        scale = rf"{sds[0]}^{{2}}\, {known}" if known else sds[0]
        zero = r"\mathbf{0}" if known else "0"
        left = _stacked(effects, names[0]) if known else _effect(effects, names[0], level)
        yield rf"{left} &\sim {operator(kind)}({student}{zero},\, {scale}){'' if known else where}"
        return
    sigma = rf"\Sigma_{{{_label(effects, suffix, number)}}}"
    kind, zero = ("MVT" if student else "MVN"), r"\mathbf{0}"
    if known:
        yield rf"{_stacked(effects, '')} &\sim {operator(kind)}({zero},\, {known} \otimes {sigma})"
        vector = _vector(effects, names, level)
        yield rf"u^{{{escape(effects.label)}}}_{{{level}}} &= {vector}{where}"
    else:
        vector = _vector(effects, names, level)
        yield rf"{vector} &\sim {operator(kind)}({student}{zero},\, {sigma}){where}"
    diagonal = r",\, ".join(_shown(sds, r"\dots"))
    matrix = _correlation(effects, suffix, number) if block.cor else "I"
    scale = rf"D_{{{_label(effects, suffix, number)}}}"
    yield rf"{sigma} &= {scale}\, {matrix}\, {scale}, \quad {scale} = {operator('diag')}({diagonal})"


def _correlation(effects: Effects, suffix: str, number: int) -> str:
    """`R` of a block; of all blocks together where the effects of a level share a Student scale."""
    if effects.dist != "student" or len(effects.blocks) == 1:
        return rf"R_{{{_label(effects, suffix, number)}}}"
    several = sum(bool(block.cor) for block in effects.blocks) > 1
    parts: list[str] = []
    place = 0
    for block in effects.blocks:
        place += bool(block.cor)
        parts.append(rf"R_{{{_label(effects, suffix, place * several)}}}" if block.cor else "1")
    return rf"{operator('blocks')}({', '.join(parts)})"


def _with(name: str, suffix: str) -> str:
    return f"{name}:{suffix}" if suffix else name


def _label(effects: Effects, suffix: str = "", number: int = 0) -> str:
    parts = [escape(effects.label)] + [escape(suffix)] * bool(suffix) + [str(number)] * bool(number)
    return r",\, ".join(parts)


def _where(effects: Effects, suffix: str) -> str:
    """For which levels a distribution holds."""
    if suffix:
        return rf",\quad {effects.index} \text{{ in }} {escape(suffix)}"
    if effects.n_levels is None:
        return ""
    return rf",\quad {effects.index} = 1, \dots, {effects.n_levels}"


def _stacked(effects: Effects, coef: str) -> str:
    """The effects of all levels, one below the other."""
    last = str(effects.n_levels) if effects.n_levels is not None else effects.index.upper()
    label = escape(effects.label)
    more = rf",\, {escape(coef)}" if coef else ""
    ends = [rf"u^{{{label}}}_{{{level}{more}}}" for level in ("1", last)]
    return rf"\begin{{pmatrix}} {ends[0]} \\ \vdots \\ {ends[1]} \end{{pmatrix}}"


def _vector(effects: Effects, names: Sequence[str], level: str) -> str:
    items = _shown([_effect(effects, name, level) for name in names], r"\vdots")
    return r"\begin{pmatrix} " + r" \\ ".join(items) + r" \end{pmatrix}"


def _share(effects: Effects) -> Iterator[str]:
    share = effects.share
    assert share is not None, "only mm() divides a row"
    members = r",\, ".join(escape(name) for name in share.members)
    count = len(share.members)
    weights = r",\, ".join(indexed(name) for name in share.weights)
    value = rf"({weights})" if share.weights else rf"\tfrac{{1}}{{{count}}}"
    scaled = r"\text{ divided by their sum}" if share.weights and share.scaled else ""
    left = rf"(w_{{1}}[i], \dots, w_{{{count}}}[i])" if share.weights else "w_{m}[i]"
    yield rf"{left} &= {value}{scaled}, \quad m \text{{ over }} {members}"
