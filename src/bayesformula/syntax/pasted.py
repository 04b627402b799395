"""What is pasted around a formula from R, Julia or Python: calls that fit models, their arguments, quotes."""

from __future__ import annotations

import re

from bayesformula.errors import FormulaError, Span
from bayesformula.family_names import known_name
from bayesformula.family_table import PARAMETERS
from bayesformula.syntax.found import Found, shorten, whole
from bayesformula.syntax.grammar import is_readable
from bayesformula.syntax.source import Source

_MODEL = re.compile(
    r"""\s*(?:[\w.]+\s*(?:<-|=)\s*)?@?(?P<function>(?:[\w.]+:::?)?(?:
    (?:bmb\.|bambi\.)?(?:Formula|Model) | formula | as\.formula | (?:bf\.)?(?:fit|formula|explain|design)
    | bf | brmsformula | mvbf | brm | lf | nlf | (?:n|g)?lmer(?:\.nb)? | g?lm(?:\.nb)? | b(?:g)?lmer | lme
    | glmmTMB | glmmPQL | gamm?4? | bam | clmm?2? | stan_\w+ | MCMCglmm | MixedModel | aov | quap | ulam
    | (?:smf\.|sm\.)?(?:mixedlm|ols|glm|logit|poisson)
    ))\s*(?P<opened>\()""",
    re.VERBOSE,
)
_PIECE = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\#[^\n]*|[(\[{]|[)\]}]|,""", re.DOTALL
)
_QUOTED = re.compile(r"""\s*[fFrRbBuU]{0,2}(?P<quote>['"])(?P<inner>[^'"~]*~[^'"]*)(?P=quote)\s*""")
_NAMED = re.compile(r"\s*([A-Za-z.][\w.]*)\s*=(?!=)\s*(.*)", re.DOTALL)
NOT_LINEAR = "Non-linear formulas (nl = TRUE) are not offered: a predictor is a sum of terms."
_FORMULA = ("formula", "flist", "fixed", "model")
_DISPERSION = (("nbinom|negbin", "shape"), ("beta", "phi"))


def explain_pasted(source: Source) -> FormulaError | None:
    """The error for `lmer(y ~ x, data = d)`, or None if the text is no such call."""
    quoted = _QUOTED.fullmatch(source.text)
    if quoted:
        return source.error(
            "the formula is in quotes twice",
            Span(quoted.start("quote"), quoted.start("quote") + 1),
            label="the inner ones",
            hint=f"Write {whole(quoted['inner'])}.",
        )
    match = _MODEL.match(source.text)
    if match is None:
        return None
    name = match["function"]
    arguments = _split(source.text, match.end("opened"))
    return source.error(
        f"`{name}()` stands around a formula, which is written alone",
        Span(*match.span("function")),
        hint=_rewritten(arguments) or "Write the formula alone: y ~ x + (1 | g).",
    )


def explain_argument(text: str, name: str) -> str:
    """What to write for `fixed = y ~ x, random = ~ 1 | g`, or nothing."""
    return _rewritten(_split(text, 0)) if name in _FORMULA and "~" in text else ""


def explain_comma(source: Source, found: Found) -> str:
    """What to write for a comma after a whole formula: `y ~ x, data = d`, `y ~ x, sigma ~ z`, `y ~ x, z`."""
    arguments = _split(source.text, 0)
    rest = arguments[1:]
    if "~" not in arguments[0]:
        return _several_on_the_left(source.text)
    if any("~" in argument or _NAMED.fullmatch(argument) for argument in rest):
        return _rewritten(arguments) or "Data and options stand beside the formula: bf.fit(formula, data)."
    before, after = source.text[: found.start].strip(), source.text[found.span.stop :].strip()
    after = after.removeprefix("+").lstrip()
    joined = whole(f"{before} + {after}") if after and "," not in after else "y ~ x + z"
    joined = joined if is_readable(joined) else "y ~ x + z"
    hint = f"Join terms with +: {joined if joined != '...' else 'y ~ x + z'}."
    if re.fullmatch(r"(?:d|dat|data|df|\w+_data|\w+_df)", after):
        hint = f"Data stand beside the formula: bf.fit({_quoted(whole(before))}, {after})."
    return hint


def _several_on_the_left(text: str) -> str:
    """`s, f ~ x` and `y | weights(w), trials(n) ~ x`."""
    left, _, right = text.split(";")[0].partition("~")
    parts, terms = [part.strip() for part in _split(left, 0)], whole(right) or "x"
    if not is_readable(f"{' + '.join(parts)} ~ {terms}"):
        return "Join terms with +: y ~ x + z."
    if "|" in parts[0]:
        return f"Join additions with +: {whole(' + '.join(parts))} ~ {terms}."
    fits = ", then ".join(f"{part} ~ {terms}" for part in parts[:3] if part)
    pair = f"cbind({', '.join(parts)}) ~ {terms}"
    return f"Several responses are several fits: {fits}.\nSuccesses and failures: {pair}."


def _random(value: str) -> str:
    """The group terms of `random = ~ 1 | g` of nlme, and of `random = ~ g + us(1 + x):h` of MCMCglmm."""
    terms: list[str] = []
    listed = re.fullmatch(r"list\(\s*([\w.]+)\s*=\s*(?:pd\w+\()?~\s*([^()]*)\)*", value)
    if listed:
        return f"({listed[2].strip()} {'||' if 'pdDiag' in value else '|'} {listed[1]})"
    inner = value.split("~", 1)[1].strip()
    if "|" in inner:
        return f"({inner})"
    for item in re.split(r"\+(?![^(]*\))", inner):
        joint = re.fullmatch(r"(us|idh)\(([^()]*)\):([\w.:]+)", item.strip())
        bar = "||" if joint and joint[1] == "idh" else "|"
        terms.append(f"({joint[2].strip()} {bar} {joint[3]})" if joint else f"(1 | {item.strip()})")
    return " + ".join(terms)


def _split(text: str, start: int) -> list[str]:
    """The arguments from `start` to the bracket that closes them, or to the end."""
    parts: list[str] = []
    depth = 0
    for match in _PIECE.finditer(text, start):
        mark = match.group()
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth < 0:
                return [*parts, text[start : match.start()]]
        elif mark == "," and depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _rewritten(arguments: list[str]) -> str:
    """`bf.fit("y ~ x; sigma ~ z", d, family="poisson")`, and what cannot be said so."""
    clauses: list[str] = []
    options: list[str] = []
    fixed: list[str] = []
    data = ""
    for argument in arguments:
        named = _NAMED.fullmatch(argument)
        name, value = (named[1], named[2].strip()) if named else ("", argument.strip())
        if name in ("", *_FORMULA) and "~" in value:
            clauses.append(value.strip("\"'"))
        elif "~" in value and name == "random" and clauses:
            clauses[0] = f"{clauses[0].strip()} + {_random(value)}"
        elif "~" in value:
            clauses.append(f"{_parameter(name, arguments)} ~ {value.split('~', 1)[1].strip()}")
        elif name == "data" or (not name and clauses and not data and re.fullmatch(r"[\w.$]+", value)):
            data = value
        elif name == "family":
            options.append(f'family="{_family(value)}"')
        elif name == "nl" and value in ("TRUE", "T", "True"):
            return NOT_LINEAR
        elif name == "weights" and clauses:
            clauses[0] = _with_weights(clauses[0], value, is_binomial="binomial" in " ".join(arguments))
        elif name == "offset" and clauses:
            clauses[0] = f"{clauses[0].strip()} + offset({value})"
        elif name in ("chains", "seed", "thin", "warmup"):
            options.append(f"{name}={value}")
        elif name in PARAMETERS and re.fullmatch(r"[\d.]+", value):
            fixed.append(f"{name} = {value}")
    formula = whole("; ".join([*clauses, *fixed]))
    if not clauses or not is_readable(formula):
        return ""
    beside = ", ".join([_quoted(formula), data or "data", *options])
    lines = [f"Write the formula as text, the rest beside it: bf.fit({beside})."]
    if not data and not options:
        lines = [f"Write {formula}."]
    return "\n".join(lines)


def _with_weights(clause: str, value: str, *, is_binomial: bool) -> str:
    """`y | weights(w) ~ x`; the weights of a binomial model of R are numbers of trials."""
    left, right = (side.strip() for side in clause.split("~", 1))
    addition = f"{'trials' if is_binomial else 'weights'}({value})"
    return f"{left} {'+' if '|' in left else '|'} {addition} ~ {right}"


def _quoted(formula: str) -> str:
    """The formula in the quotes that it does not use itself."""
    return f"'{formula}'" if '"' in formula else f'"{formula}"'


def _parameter(name: str, arguments: list[str]) -> str:
    """The parameter that glmmTMB's `ziformula =` and `dispformula =` speak of."""
    if name == "ziformula":
        return "zi"
    text = " ".join(arguments)
    if name == "dispformula":
        return next((found for words, found in _DISPERSION if re.search(words, text)), "sigma")
    return shorten(name)


def _family(value: str) -> str:
    """`binomial(link = "logit")` as "binomial(logit)", `poisson()` as "poisson"."""
    match = re.fullmatch(r"""["']?([\w.:]+)["']?\s*(?:\(\s*(?:link\s*=\s*)?["']?(\w*)["']?\s*\))?""", value)
    if match is None:
        return shorten(value.replace('"', "'"))
    name = match[1].rsplit(":", 1)[-1]
    name = known_name(name) or name
    return f"{name}({match[2]})" if match[2] else name
