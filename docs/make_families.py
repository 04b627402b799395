"""Write docs/families.md, and the table of families in README.md, from the code that they are about.

    python docs/make_families.py          # writes both; tests/test_docs.py fails where they are out of date

What a family means is its docstring in `bf.families`, its links and response terms are those of the table,
its distribution is written as `bf.explain` writes it, and the default priors are asked of `bf.explain` for
two small tables: what differs between them depends on the data, and is given with its reason.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import bayesformula as bf
from bayesformula.family_names import SUPPORTS
from bayesformula.family_table import FAMILIES, WRAPPABLE, WRAPPERS, FamilyRecord
from bayesformula.model.notation import NOTATIONS, ORDINAL_FORMS, Notation, linked

ROOT = Path(__file__).resolve().parents[1]
START, STOP = "<!-- families: written by docs/make_families.py -->", "<!-- end of families -->"

GROUPS = {
    "Numbers of either sign": ("real", "angle"),
    "Positive numbers": ("positive", "nonnegative"),
    "Proportions": ("unit", "closed unit"),
    "Successes and counts": ("binary", "trials", "count"),
    "Categories": ("category", "matrix"),
    "Categories in an order": ("ordered",),
}
EXTRA_SUPPORTS = {"above one": "above 1", "power": "1 to 2", "delay": "0 to the least response"}


# ---- what is known of a family -----------------------------------------------------------------------


def docstring(name: str) -> tuple[str, dict[str, str], str]:
    """The text of a family's function, the meaning of each parameter, and the reference."""
    text = inspect.getdoc(getattr(bf.families, name)) or ""
    body, _, rest = text.partition("Args:")
    arguments, _, references = rest.partition("References:")
    meanings = {}
    for entry in re.split(r"\n\s*(?=link)", "\n" + arguments.strip()):
        found = re.match(r"(link\w*): of \w+(.*)", " ".join(entry.split()))
        if found:
            parameter = found[1].removeprefix("link").removeprefix("_") or "mu"
            meanings[parameter] = re.sub(r"^[,:;] ?", "", found[2]).rstrip(".")
    return body.strip(), meanings, " ".join(references.split())


def distribution(record: FamilyRecord) -> list[str]:
    """The distribution of the response in lines of plain text."""
    family = record.family
    if family.name in ORDINAL_FORMS:
        probability, difference = ORDINAL_FORMS[family.name]
        return [plain(f"{linked(family.link('mu'), probability)} = {{disc}} × ({difference})")]
    notation: Notation = NOTATIONS[family.name]
    lines = [f"{case.left} {case.relation} {case.right} {case.when}".rstrip() for case in notation.first]
    last = f"{notation.left} ~ {notation.density}"
    return [plain(line) for line in [*lines, last + (" otherwise" if lines else "")]]


def plain(template: str) -> str:
    names = {"threshold": "threshold[k]", "scores": "mu", "trials": "n"}
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[1]), template)


def terms(record: FamilyRecord) -> str:
    return ", ".join(f"`{term}()`" for term in ("weights", *sorted(record.terms)))


# ---- default priors ----------------------------------------------------------------------------------


def tables(record: FamilyRecord) -> tuple[str, list[pd.DataFrame]]:
    """A formula, and two small tables that a family can have."""
    x = np.tile([-1.0, 0.5, 1.5, -0.5, 1.0], 4)
    rng = np.random.default_rng(1)
    ranks = rng.permutation(20)
    positive = 0.5 + ranks / 4
    counts = ranks // 3
    match record.family.support:
        case "real" | "positive" | "nonnegative":
            columns = [{"y": positive}, {"y": 30 + 7 * positive}]
        case "angle":
            columns = [{"y": (ranks - 9) / 4}, {"y": (ranks - 12) / 9}]
        case "unit" | "closed unit":
            columns = [{"y": (1 + ranks) / 22}, {"y": (1 + ranks) / 50}]
        case "count":
            columns = [{"y": counts}, {"y": 5 + counts * 3}]
        case "binary":
            columns = [{"y": ranks % 2}, {"y": (ranks < 4).astype(int)}]
        case "trials":
            columns = [{"y": counts, "n": counts + 3}, {"y": counts, "n": counts + 9}]
        case "matrix":
            columns = [{"y": counts, "y2": counts + 1, "y3": 3 + ranks}] * 2
        case _:
            columns = [{"y": np.array(list("abc"))[ranks % 3]}, {"y": np.array(list("abc"))[ranks // 7]}]
    frames = [pd.DataFrame({**values, "x": x}) for values in columns]
    formulas = {"trials": "y | trials(n) ~ x", "matrix": "cbind(y, y2, y3) ~ x"}
    return formulas.get(record.family.support, "y ~ x"), frames


def default_priors(record: FamilyRecord) -> dict[str, str]:
    """The default prior of each parameter that is one number for all rows."""
    formula, frames = tables(record)
    found = []
    for frame in frames:
        family = record.family.name
        rows = bf.explain(formula, frame, family=family).model.priors
        found.append({row.kind: row for row in rows})
    out = {}
    for name in record.family.parameters[1:]:
        if name not in found[0]:
            continue
        first, second = (rows[name] for rows in found)
        if first.prior == second.prior:
            out[name] = f"`{first.prior.display()}`"
        else:
            reason = first.reason.replace("y - offset", "y")
            out[name] = f"{first.prior.distribution}, {reason}"
    return out


# ---- pages -------------------------------------------------------------------------------------------


def in_groups() -> Iterator[tuple[str, list[FamilyRecord]]]:
    for title, supports in GROUPS.items():
        yield title, [record for record in FAMILIES.values() if record.family.support in supports]


def summary_table() -> str:
    """A row for each family: response, parameters with their usual links, response terms."""
    lines = ["| family | response | parameters (usual link) | response terms |", "|---|---|---|---|"]
    for _, records in in_groups():
        for record in records:
            family = record.family
            links = ", ".join(f"`{name}` ({link})" for name, link in family.links)
            own = ", ".join(f"`{term}`" for term in sorted(record.terms)) or "-"
            lines.append(f"| `{family.name}` | {SUPPORTS[family.support]} | {links} | {own} |")
    return "\n".join(lines)


def section(record: FamilyRecord) -> str:
    family = record.family
    body, meanings, reference = docstring(family.name)
    priors = default_priors(record)
    lines = [f"### {family.name}", "", body, ""]
    lines += ["```text", *distribution(record), "```", ""]
    lines += [
        "| parameter | | support | links, the usual one first | default prior |",
        "|---|---|---|---|---|",
    ]
    for name, legal in record.legal_links:
        support = family.support_of(name)
        usual = "at the predictors' means, see below" if name == "mu" else priors.get(name, "fixed at 1")
        where = EXTRA_SUPPORTS.get(support, "0 to 1" if support == "unit" else support)
        lines.append(f"| `{name}` | {meanings.get(name, '')} | {where} | {', '.join(legal)} | {usual} |")
    lines += ["", f"The response is {SUPPORTS[family.support]}. Response terms: {terms(record)}."]
    lines += ["", reference] if reference else []
    return "\n".join(lines)


def extra_zeros() -> str:
    lines = ["## Extra zeros", ""]
    for wrapper, parameter in WRAPPERS.items():
        body, meanings, reference = docstring(wrapper)
        lines += [f"### {wrapper}(family)", "", body, ""]
        legal = ", ".join(bf.families.PARAMETERS[parameter].links)
        lines += [f"`{parameter}`, {meanings[parameter]}: links {legal}; default prior `beta(1, 1)`.", ""]
        lines += [reference, ""]
    names = ", ".join(f"`{name}`" for name in WRAPPABLE)
    lines += [
        f"Both go around {names}.",
        "brms's names are read to the same: `zero_inflated_poisson`, `hurdle_gamma`. The parameters are",
        "those of the family within and `zi` or `hu`. `cens()`, `trunc()` and `se()` do not go together with",
        "them; `trials()` and `rate()` do, where the family has them.",
    ]
    return "\n".join(lines)


HEAD = """# Families

*Written by `docs/make_families.py` from the code; `tests/test_docs.py` keeps it so.*

`family=` is a name, a name with links, a dict, or the value of a function of `bf.families`. These are one:

```python
family = "gamma"
family = "gamma(log)"
family = "Gamma(link = 'log')"
family = {"name": "gamma", "link": "log"}
family = bf.families.gamma(link="log")
```

Names are brms's; those of other packages are recognised and answered with the one here. Without `family=` a
numeric response is gaussian, with a finding where it is 0/1 or a small count, and text, true/false or
categories are an error that says which families there are.

Each parameter can have a formula of its own, on the scale of its link:
`bf.formula("y ~ x", sigma="~ x + (1 | g)")` or `"y ~ x; sigma ~ x + (1 | g)"`. Its coefficients are
`b_sigma_x`, its group effects `sigma_Intercept` of the group. Without a formula it is one number for all
rows, with the default prior of the tables below, and can be held fixed: `bf.formula("y ~ x", quantile=0.9)`,
`"y ~ x; nu = 4"`.

An identity link can give a value that the parameter cannot have (a gamma's mean below 0): it has
probability 0.
"""

TAIL = """## Default priors of coefficients

With m the link of the mean response and s its spread (under an identity link the sd of the response, or of
its logarithm for lognormal kinds; 1 on log, logit and the like): the intercept at the predictors' means is
`normal(m, 2.5 s)`, coefficients are `normal(0, 2.5 s / s_x)`, sds of group effects `exponential` with mean
`s / s_z`, correlations `lkj(2)`, and thresholds `normal(0, 2.5)` each, in order. Predictors of further
parameters have s = 1 on the scale of their links. `bf.explain` and `fit.priors` give the numbers and reasons.
"""


def families_page() -> str:
    parts = [HEAD, "## Table", "", summary_table(), ""]
    parts.append("`weights()` and `offset()` go with every family.\n")
    for title, records in in_groups():
        parts += [f"## {title}", ""]
        for record in records:
            parts += [section(record), ""]
    return "\n".join([*parts, extra_zeros(), "", TAIL])


def with_table(readme: str) -> str:
    """The README with the table of families as it is now."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(STOP)
    return f"{before}{START}\n\n{summary_table()}\n\n{STOP}{after}"


def main() -> None:
    (ROOT / "docs" / "families.md").write_text(families_page(), encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
