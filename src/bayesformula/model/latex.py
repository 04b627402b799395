"""The equations of a model in LaTeX: one `aligned` environment that LaTeX, MathJax and KaTeX all read.

Names may hold anything. Letters stand in `\\text{...}`, and every character that means something to TeX
stands outside of it as a command of math mode: within `\\text`, MathJax leaves `\\_` and `\\%` as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bayesformula.model.sheet import BOTH, DOT, KNOWN, Block, Effects, Line, Sheet, Summand, is_of_member
from bayesformula.model.spec import ModelSpec
from bayesformula.model.text import MAX_TERMS, visible
from bayesformula.priors import Prior, PriorRow, unquote

SPECIAL = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "^": r"\hat{\ }",
    "~": r"{\sim}",
    "`": r"\grave{\ }",
    "<": "{<}",
    ">": "{>}",
    "|": "{|}",
    "*": "{*}",
}
ERRORS = {KNOWN: r"\mathrm{se}_{i}", BOTH: r"\sqrt{\sigma^{2} + \mathrm{se}_{i}^{2}}"}
GREEK = frozenset({"mu", "sigma", "phi", "nu", "kappa", "theta", "alpha"})
DISTRIBUTIONS = {"lkj": "LKJ", "student_t": "Student", "half_student_t": "HalfStudent"}
LINE_LENGTH = 60
"""Characters of names on one line of a linear predictor, about what fits beside each other on a slide."""


def latex(sheet: Sheet, priors: Iterable[PriorRow] = ()) -> str:
    r"""The model as `\begin{aligned} ... \end{aligned}`, with these priors below it.

    Coefficients are `\beta`, group effects `u`, their standard deviations `\sigma` with the group and the
    coefficient, correlations `R`, degrees of freedom `\nu`.
    """
    arguments = r",\, ".join(_parameter(sheet, parameter) for parameter in sheet.parameters)
    rows = [rf"{_indexed(sheet.response)} &\sim {_operator(sheet.density)}({arguments})"]
    for line in sheet.lines:
        rows += _predictor(sheet, line)
    for effects in sheet.effects:
        rows += _distributions(effects)
    rows += [_prior(row) for row in priors]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def latex_of_model(sheet: Sheet, model: ModelSpec, *, priors: bool) -> str:
    """The equations of a model, with its priors or without."""
    return latex(sheet, _shown_priors(model) if priors else ())


def escape(name: str) -> str:
    r"""A name as math: `a_b` as `\text{a}\_\text{b}`, one letter as the letter of a variable.

    Backquotes around a whole name, which R keeps in names of columns, are left out.

    >>> escape("a_b")
    '\\text{a}\\_\\text{b}'
    """
    inner = unquote(name)
    text = visible(name if inner is None else inner)
    if re.fullmatch("[A-Za-z]", text):
        return text
    # `--` in one \text would become a dash, so that a run ends after each `-`
    runs = re.findall(r"[\\{}$%#&_^~`<>|*]|[^\\{}$%#&_^~`<>|*-]*-|[^\\{}$%#&_^~`<>|*-]+", text)
    return "".join(SPECIAL.get(run) or rf"\text{{{run}}}" for run in runs)


# ---- linear predictors -------------------------------------------------------------------------------


def _parameter(sheet: Sheet, parameter: str) -> str:
    if parameter in ERRORS:
        return ERRORS[parameter]
    letter = _letter(parameter)
    return f"{letter}_{{i}}" if sheet.is_predicted(parameter) else letter


def _letter(parameter: str) -> str:
    return f"\\{parameter}" if parameter in GREEK else f"{{{escape(parameter)}}}"


def _operator(name: str) -> str:
    return rf"\operatorname{{{name}}}"


def _indexed(column: str) -> str:
    r"""A column with the index of the row: in brackets where it is not one word or one call.

    A `[` would be the optional argument of `\begin{aligned}` and `\\` before it.
    """
    is_one = re.fullmatch(r"[\w.]+(\([^()]*\)\w*)?", column) is not None
    index = "m, i" if is_of_member(column) else "i"
    return f"{{{escape(column)}}}_{{{index}}}" if is_one else rf"\lbrack {escape(column)}\rbrack_{{{index}}}"


def _predictor(sheet: Sheet, line: Line) -> Iterator[str]:
    left = _parameter(sheet, line.parameter)
    if line.link != "identity":
        left = rf"{_operator(line.link or 'link')}({left})"
    prefix = "b_" if line.parameter == "mu" else f"b_{line.parameter}_"
    above = "" if line.parameter == "mu" else f"^{{{_letter(line.parameter)}}}"
    parts = [
        [
            _product(rf"\beta{above}_{{{escape(each.coef.removeprefix(prefix))}}}", each.column)
            for each in line.population
        ]
    ]
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


def _product(coefficient: str, column: str) -> str:
    if column == DOT:
        return r"\cdots"
    return rf"{coefficient}\, {_indexed(column)}" if column else coefficient


def _effect(effects: Effects, coef: str, level: str) -> str:
    return rf"u^{{{escape(effects.label)}}}_{{{level},\, {escape(coef)}}}"


def _offset(text: str) -> str:
    return rf"{_operator('offset')}({escape(text)})_{{i}}" if text else rf"{_operator('offset')}_{{i}}"


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
        yield rf"{left} &\sim {_operator(kind)}({student}{zero},\, {scale}){'' if known else where}"
        return
    sigma = rf"\Sigma_{{{_label(effects, suffix, number)}}}"
    kind, zero = ("MVT" if student else "MVN"), r"\mathbf{0}"
    if known:
        yield rf"{_stacked(effects, '')} &\sim {_operator(kind)}({zero},\, {known} \otimes {sigma})"
        vector = _vector(effects, names, level)
        yield rf"u^{{{escape(effects.label)}}}_{{{level}}} &= {vector}{where}"
    else:
        vector = _vector(effects, names, level)
        yield rf"{vector} &\sim {_operator(kind)}({student}{zero},\, {sigma}){where}"
    diagonal = r",\, ".join(_shown(sds, r"\dots"))
    matrix = _correlation(effects, suffix, number) if block.cor else "I"
    scale = rf"D_{{{_label(effects, suffix, number)}}}"
    yield rf"{sigma} &= {scale}\, {matrix}\, {scale}, \quad {scale} = {_operator('diag')}({diagonal})"


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
    return rf"{_operator('blocks')}({', '.join(parts)})"


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
    weights = r",\, ".join(_indexed(name) for name in share.weights)
    value = rf"({weights})" if share.weights else rf"\tfrac{{1}}{{{count}}}"
    scaled = r"\text{ divided by their sum}" if share.weights and share.scaled else ""
    left = rf"(w_{{1}}[i], \dots, w_{{{count}}}[i])" if share.weights else "w_{m}[i]"
    yield rf"{left} &= {value}{scaled}, \quad m \text{{ over }} {members}"


# ---- priors ------------------------------------------------------------------------------------------


def _shown_priors(model: ModelSpec) -> Iterator[PriorRow]:
    """The first of each kind and group: a slide has no room for three hundred."""
    counts: dict[tuple[str, str, str], int] = {}
    for row in model.priors:
        key = (row.kind, row.predictor, row.group)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= MAX_TERMS:
            yield row


def _prior(row: PriorRow) -> str:
    above = r"^{\text{centred}}" if row.centred else ""
    group = escape(row.group) if row.group else ""
    match row.kind:
        case "b":
            left = rf"\beta{above}_{{{escape(row.coef)}}}"
        case "sd":
            left = rf"\sigma{above}_{{{group},\, {escape(row.coef)}}}"
        case "cor":
            number = row.parameter.removeprefix(f"cor_{row.group}").removeprefix(".")
            more = rf",\, {number}" if number else ""
            left = rf"R{above}_{{{group}{more}}}"
        case "df":
            left = rf"\nu_{{{group}}}"
        case _:
            left = _letter(row.parameter)
    return f"{left} {_distribution(row.prior)}"


def _distribution(prior: Prior) -> str:
    if prior.distribution == "constant":
        return f"&= {_number(prior.arguments[0])}"
    if prior.distribution == "flat":
        return r"&\propto 1"
    name = DISTRIBUTIONS.get(prior.distribution, prior.distribution.title().replace("_", ""))
    positive = "^{+}" if prior.lower is not None else ""
    arguments = r",\, ".join(_number(value) for value in prior.arguments)
    return rf"&\sim {_operator(name)}{positive}({arguments})"


def _number(value: float) -> str:
    """Four significant digits, powers of ten as such."""
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits} \times 10^{{{int(power)}}}"
