"""A model in equations and prior statements, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bayesformula.model.notation import Case, linked
from bayesformula.model.prior_lines import prior_lines as prior_lines
from bayesformula.model.sheet import (
    DOT,
    PER_LEVEL,
    UNKNOWN,
    Effects,
    Line,
    Share,
    Sheet,
    Summand,
    is_number,
    is_of_member,
    sheet_of_model,
    shown_lines,
)
from bayesformula.model.spec import ModelSpec
from bayesformula.model.statements import family_notes, likelihood
from bayesformula.model.text import MAX_TERMS, fold, formula_text, glued, listed, rows_of, shown
from bayesformula.priors import exact_number

GREEK = {"mu": "μ", "sigma": "σ", "phi": "φ", "nu": "ν", "kappa": "κ", "theta": "θ", "alpha": "α"}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
ADDITIONS = {
    "weights": "the log density of a row counts as often as its weight",
    "trials": "the response counts successes among so many trials",
    "se": "the standard error of each response is known",
    "trunc": "responses beyond a limit cannot be observed",
    "rate": "the response counts events during so much exposure, and μ is the mean of an exposure of 1",
}
CENSORED = (
    "of a censored row only this is known: y is greater than its value (right, 1), not greater (left, -1)"
)
INTERVAL = ", or greater and at most {upper} (interval, 2)"
CENTRED_NOTE = (
    "Priors marked `centred` are on coefficients at the predictors' means; "
    "what is reported is at x = 0, by the exact map."
)


def describe(model: ModelSpec, *, width: int = 100) -> str:
    """The whole model: formula, equations, and the prior of each parameter with its reason.

    The lines of priors are statements that can be passed back as `priors=` to get the same model.
    """
    parts = [
        fold(formula_text(model.formula), width),
        equations(sheet_of_model(model), width=width),
        prior_lines(model, width=width),
    ]
    return "\n\n".join(parts)


def equations(sheet: Sheet, *, width: int = 100) -> str:
    """The likelihood, the linear predictors and the distributions of group effects, in Unicode.

    Parameters have the names that they have in the summary; σ is `sigma`.
    """
    lines = [*_likelihood(sheet, width)]
    lines += [f"  {symbol(sheet, name)} = {exact_number(value)}" for name, value in sheet.fixed]
    kept = shown_lines(sheet)
    for line in kept:
        lines += _predictor(sheet, line, width)
    if len(kept) < len(sheet.lines):
        lines.append(f"  ... ({len(sheet.lines) - len(kept)} more)")
    lines += _where(sheet, width)
    for effects in sheet.effects:
        lines += ["", *_distributions(effects, width)]
    if found := list(_notes(sheet)):
        lines += ["", *(fold(note, width, "  ", "  ") for note in found)]
    return "\n".join(lines)


def symbol(sheet: Sheet, parameter: str) -> str:
    """`μᵢ` where each row has its value, `σ` where all rows share one."""
    if parameter == PER_LEVEL:
        return f"{parameter}ᵢ"
    letter = GREEK.get(parameter)
    if not sheet.is_predicted(parameter):
        return letter or glued(parameter)
    index = "ᵢₖ" if parameter == "mu" and sheet.varies_by_threshold else "ᵢ"
    return f"{letter}{index}" if letter else _indexed(parameter)


# ---- the response ------------------------------------------------------------------------------------


def _likelihood(sheet: Sheet, width: int) -> list[str]:
    """The distribution of a response; cases one below the other, with what they depend on in a column."""
    rows = [(_filled(sheet, case), _fill(sheet, case.when)) for case in likelihood(sheet)]
    if len(rows) == 1:
        text, when = rows[0]
        if when.startswith(", "):
            when = ", \0" + when[2:].replace(" ", "\0")
        elif when:
            when = f" {when}"
        return [fold(text + when, width, "  ", "      ")]
    column = max(len(text) for text, _ in rows)
    if 4 + column + max(len(when) for _, when in rows) > width:
        column = 0
    return [fold(f"{text.ljust(column, chr(0))}\0 {when}", width, "  ", "      ") for text, when in rows]


def _filled(sheet: Sheet, case: Case) -> str:
    left = _fill(sheet, case.left).replace(" ", "\0")
    return f"{left} {case.relation} {re.sub(r'(?<!,) ', chr(0), _fill(sheet, case.right))}"


def _fill(sheet: Sheet, template: str) -> str:
    """A template with the symbols of this sheet in the place of its names."""
    return re.sub(r"\{([^{}]+)\}", lambda found: _part(sheet, found[1]), template)


def _part(sheet: Sheet, name: str) -> str:
    match name:
        case "y":
            parts = [_indexed(text) for text in sheet.outcomes]
            return f"({', '.join(parts)})" if parts else _indexed(sheet.response)
        case "sigma" if sheet.known_error:
            return "seᵢ" if sheet.known_error == "alone" else glued("√(σ² + seᵢ²)")
        case "trials" | "rate" | "lower" | "upper":
            return " + ".join(_known(text or name) for text in sheet.texts(name) or ("",))
        case "threshold":
            return "b_Intercept[k]"
        case "last":
            return str(len(sheet.levels) - 1) if sheet.levels else "K − 1"
        case "scores":
            return ", ".join(["0", *_scores(sheet)])
        case _:
            return symbol(sheet, name)


def _known(text: str) -> str:
    return text if is_number(text) else _indexed(text)


def _scores(sheet: Sheet) -> list[str]:
    """The linear predictors of the levels but the first."""
    names = [line.parameter for line in sheet.lines if line.parameter.startswith("mu")]
    if names == [PER_LEVEL]:
        return ["mu[2]ᵢ", "...", "mu[K]ᵢ"]
    return shown([symbol(sheet, name) for name in names])


# ---- what is said below ------------------------------------------------------------------------------


def _notes(sheet: Sheet) -> Iterator[str]:
    yield from family_notes(sheet)
    yield from (f"{glued(text)}: {said}." for text, said in _additions(sheet))
    if any(each.column == DOT for line in sheet.lines for each in line.population):
        yield "... stands for the columns that `.` means."
    if sheet.has_centred_priors:
        yield CENTRED_NOTE
    if sheet.family is None:
        yield f"{UNKNOWN}: the distribution of the response, given as family=."


def _additions(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Each addition to the response, and what it means."""
    for text in sheet.additions:
        name = text.split("(", 1)[0]
        if name == "cens":
            upper = sheet.texts("cens_upper")
            yield (
                text,
                CENSORED + (INTERVAL.format(upper=glued(upper[0] or "its upper end")) if upper else ""),
            )
        elif name in ADDITIONS:
            yield text, ADDITIONS[name]


def _where(sheet: Sheet, width: int) -> list[str]:
    """Which level is meant in the linear predictor."""
    single = [effects for effects in sheet.effects if effects.share is None]
    if not single:
        return []
    levels = shown([f"{effects.index}\0of\0{glued(effects.label)}" for effects in single])
    return [fold(f"where row i lies in level {', '.join(levels)}", width, "  ")]


# ---- linear predictors -------------------------------------------------------------------------------


def _predictor(sheet: Sheet, line: Line, width: int) -> list[str]:
    """The population part, and below it one line for each group and for the offsets."""
    left = linked(line.link, symbol(sheet, line.parameter))
    first = f"  {left} = "
    indent = " " * (len(first) - 2) + "+ "
    room = width - len(first)
    parts = [rows_of(shown([_product(each.coef, each.column) for each in line.population]), room)]
    parts.append(rows_of(shown([_product(f"{each.coef}[k]", each.column) for each in line.specific]), room))
    parts += [_group_rows(effects, summands, room) for effects, summands in line.groups]
    parts.append(rows_of([_offset(text) for text in line.offsets], room))
    rows = [row for part in parts for row in part] or ["0"]
    further = " " * (len(indent) + 4)
    return [fold(rows[0], width, first, further)] + [fold(row, width, indent, further) for row in rows[1:]]


def _product(coefficient: str, column: str) -> str:
    if column == DOT:
        return "..."
    return glued(coefficient) + (f"\0×\0{_indexed(column)}" if column else "")


def _indexed(name: str) -> str:
    """A column with the index of the row: in brackets where it is not one word or one call."""
    text = glued(name)
    is_one = re.fullmatch(r"[\w.]+(\([^()]*\)\w*)?", name) is not None
    index = "ₘᵢ" if is_of_member(name) else "ᵢ"
    return f"{text}{index}" if is_one else f"[{text}]{index}"


def _offset(text: str) -> str:
    return f"offset({glued(text)})ᵢ" if text else "offsetᵢ"


def _group_rows(effects: Effects, summands: Sequence[Summand], room: int) -> list[str]:
    index = effects.index if effects.share is None else f"{effects.index}ₘ"
    terms = shown([_product(f"r_{effects.label}[{index},{each.coef}]", each.column) for each in summands])
    if effects.share is None:
        return rows_of(terms, room)
    return [f"Σₘ\0wₘ\0×\0({' + '.join(terms)})" if len(terms) > 1 else f"Σₘ\0wₘ\0×\0{terms[0]}"]


# ---- distributions of group effects ------------------------------------------------------------------


def _distributions(effects: Effects, width: int) -> list[str]:
    count = "each" if effects.n_levels is None else f"each of the {effects.n_levels}"
    level = "level" if effects.n_levels is None else "levels"
    heading = f"for {count} {level} {effects.index} of {glued(effects.label)}:"
    if effects.cov:
        count = "the" if effects.n_levels is None else f"the {effects.n_levels}"
        heading = f"over {count} levels of {glued(effects.label)}, related as {glued(effects.cov)} says:"
    elif effects.n_levels == 1:
        heading = f"for the one level {effects.index} of {glued(effects.label)}:"
    lines = [fold(heading, width, "  ")]
    if effects.share is not None:
        lines += [fold(text, width, "    ", "      ") for text in _share_text(effects.index, effects.share)]
    for suffix in effects.by or ((f"{effects.by_label}...",) if effects.by_label else ("",)):
        indent = "    "
        if suffix:
            lines.append(fold(f"levels with {glued(suffix)}:", width, "    "))
            indent = "      "
        for text in shown(list(_blocks(effects, suffix)), 2 * MAX_TERMS):
            lines.append(fold(text, width, indent, indent + "    "))
    return lines


def _share_text(index: str, share: Share) -> list[str]:
    numbers = [str(place).translate(SUBSCRIPTS) for place in range(1, len(share.members) + 1)]
    members = ", ".join(
        f"{index}{number}\0in\0{glued(name)}" for number, name in zip(numbers, share.members, strict=True)
    )
    each = ", ".join(f"w{number}" for number in numbers)
    if not share.weights:
        shares = f"{each} = 1/{len(share.members)}"
    else:
        scaled = ", divided by their sum" if share.scaled else ""
        shares = f"{each} = {listed(share.weights)}{scaled}"
    return [f"row i belongs to the levels {members};", f"its shares are {shares}"]


def _blocks(effects: Effects, suffix: str) -> Iterator[str]:
    """One distribution for each block; Student effects have one for all, as they share a scale."""
    sd = [f"sd_{effects.label}__{coef}{':' * bool(suffix)}{suffix}" for coef in effects.coefs]
    if effects.dist == "student":
        order = [place for block in effects.blocks for place in block.positions]
        yield from _joint(effects, order, sd, _correlation_of_all(effects, suffix))
        return
    for block in effects.blocks:
        yield from _joint(effects, block.positions, sd, _correlation(block.cor, suffix))


def _joint(effects: Effects, places: Sequence[int], sd: Sequence[str], correlation: str) -> Iterator[str]:
    """The distribution of the effects at `places`, and below it what its covariance is."""
    names = [effects.coefs[place] for place in places]
    student = f"df_{glued(effects.label)}, " if effects.dist == "student" else ""
    if len(names) == 1:
        spread = glued(sd[places[0]])
        kind = "Student" if student else "MVN" if effects.cov else "Normal"
        scale = f"{spread}² × {glued(effects.cov)}" if effects.cov else spread
        yield f"{_vector(effects, names)} ~ {kind}({student}0, {scale})".replace(", ", ",\0")
        return
    kind = "MVT" if student else "MVN"
    relation = f"{glued(effects.cov)} ⊗ " if effects.cov else ""
    distribution = f"{kind}({student}0, {relation}D R D)"
    yield f"{_vector(effects, names)} ~ {distribution.replace(' ', chr(0))}"
    diagonal = ", ".join(shown([glued(sd[place]) for place in places]))
    yield f"D = diag({diagonal}),  R\0=\0{correlation}"


def _vector(effects: Effects, names: Sequence[str]) -> str:
    """`(r_g[j,Intercept], r_g[j,x])`; over all levels, where these are related."""
    label = effects.label
    if effects.cov:
        last = effects.index.upper() if effects.n_levels is None else str(effects.n_levels)
        ends = [f"r_{label}[{level},{name}]" for level in ("1", last) for name in (names[0], names[-1])]
        first, second = (ends[:1], ends[2:3]) if len(names) == 1 else (ends[:2], ends[2:])
        inner = ", ...,\0" if len(names) > 2 else ", "
        return f"({inner.join(map(glued, first))}, ..., {inner.join(map(glued, second))})"
    items = shown([glued(f"r_{label}[{effects.index},{name}]") for name in names])
    return items[0] if len(items) == 1 else f"({', '.join(items)})"


def _correlation(cor: str, suffix: str) -> str:
    return glued(cor) + (f"\0({glued(suffix)})" if suffix else "")


def _correlation_of_all(effects: Effects, suffix: str) -> str:
    blocks = [block for block in effects.blocks if block.cor]
    if not blocks:
        return "I"
    names = [_correlation(block.cor, suffix) for block in blocks]
    if len(effects.blocks) == 1:
        return names[0]
    return "blocks(" + ", ".join(_correlation(b.cor, suffix) if b.cor else "1" for b in effects.blocks) + ")"
