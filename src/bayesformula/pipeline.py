"""From formula and table to a legal model and to the arguments of its program; nothing compiles here."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from bayesformula.errors import FindingWarning, OptionError, nearest
from bayesformula.families import Family, family_name, resolve_family
from bayesformula.prior_text import parse_priors
from bayesformula.syntax.ast import FormulaSpec
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import is_plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData, Rows, Start
    from bayesformula.compiler.plan import Plan
    from bayesformula.data.checks import Finding
    from bayesformula.data.design import Design
    from bayesformula.data.schema import DataSchema
    from bayesformula.model.spec import ModelSpec


@dataclass(frozen=True)
class Prepared:
    """A legal model of one table, nothing compiled yet."""

    formula: FormulaSpec
    frame: pd.DataFrame
    schema: DataSchema
    design: Design
    model: ModelSpec
    plan: Plan
    findings: tuple[Finding, ...]


def prepare(
    formula: str | FormulaSpec,
    data: Any,
    *,
    family: str | Mapping[str, Any] | Family | None,
    priors: Any,
    plan: str,
    na: str,
    checks: Mapping[str, str] | None,
    transforms: Mapping[str, Any] | None = None,
    data2: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Prepared:
    """Everything that can be wrong is wrong here: parse, learn, encode, check, build, plan."""
    spec = formula_spec(formula)
    statements = parse_priors(priors)
    policy = na_policy(na)
    if checks is not None and not isinstance(checks, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise OptionError(f'checks={checks!r} must grade findings by code: {{"implicit-nesting": "ignore"}}')
    infinite = "error" if (checks or {}).get("infinite-values", "error") == "error" else "keep"
    from bayesformula.data import checks as rules
    from bayesformula.data.design import build_design, nesting
    from bayesformula.data.matrices import check_matrices
    from bayesformula.data.parameters import check_parameters
    from bayesformula.data.support import outside_support
    from bayesformula.data.tables import as_frame
    from bayesformula.model.build import build

    functions, matrices = check_transforms(transforms), check_matrices(data2)
    frame = as_frame(data)
    schema, arrays = build_design(
        spec, frame, na=policy, infinite=infinite, transforms=functions, matrices=matrices
    )
    stated = None if family is None else family_name(family) or resolve_family(family).name
    noted = (
        *outside_support(stated, schema.response, arrays),
        *rules.check(spec, schema, arrays, frame, family=stated),
    )
    found = rules.resolve(noted, checks or {})
    chosen = resolve_family(family, schema.response.kind, levels=schema.response.levels)
    check_parameters(spec, chosen.name, columns=frame.columns.tolist())
    model = build(
        spec,
        arrays,
        chosen,
        statements,
        response_label=schema.response.label,
        nested_in=nesting(arrays),
        adds_sigma=dict(schema.response.options).get("se.sigma") == "TRUE",
    )
    if not quiet:
        _warn(found)
    from bayesformula.compiler import plan as plans

    return Prepared(spec, frame, schema, arrays, model, plans.choose(model, plan), found)


def rows_of(design: Design) -> Rows:
    """The arrays of a design as the compiler takes them."""
    import numpy as np

    from bayesformula.compiler.inputs import GroupArrays, Rows

    y = np.asarray(design.y, float)
    return Rows(
        y=y,
        offset=np.zeros(len(y)) if design.offset is None else np.asarray(design.offset, float),
        weights=None if design.weights is None else np.asarray(design.weights, float),
        x=np.ascontiguousarray(design.fixed.to_numpy(float)),
        groups=tuple(
            GroupArrays(
                z=np.ascontiguousarray(g.z, float),
                index=np.asarray(g.index, np.int32),
                by=None if g.by_index is None else np.asarray(g.by_index, np.int32),
                relation=None if g.cov is None else np.linalg.cholesky(g.cov),
            )
            for g in design.groups.values()
        ),
        se=np.asarray(design.extras["se"], float) if "se" in design.extras else None,
    )


def compile_inputs(
    model: ModelSpec, plan: str, design: Design, *, prior_only: bool = False
) -> tuple[Program, ModelData, Start]:
    """The program of a model under a plan, its argument, and where chains start."""
    import numpy as np

    from bayesformula.compiler import emit, inputs, structure

    rows = rows_of(design)
    if prior_only:  # a likelihood without weight is none: the same program, and the prior is its posterior
        rows = rows._replace(weights=np.zeros(len(rows.y)))
    shape = structure.structure(model, plan, has_weights=rows.weights is not None)
    data, start = inputs.assemble(model, shape, rows)
    return emit.emit(shape), data, start


def with_init(start: Start, init: Mapping[str, float], model: ModelSpec, to_reported: np.ndarray) -> Start:
    """Starting values by flat name put into the rough start; those that are integrated out have none."""
    import numpy as np

    if not isinstance(init, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise OptionError(f'init={init!r} must give starting values by name: {{"sigma": 2.0}}')
    b, sds, sigma = to_reported @ start.b, [sd.copy() for sd in start.sd], np.array(start.sigma)
    dfs = [df.copy() for df in start.df]
    places: dict[str, tuple[np.ndarray, Any]] = {f"b_{c}": (b, i) for i, c in enumerate(model.mu.columns)}
    for sd, group in zip(sds, model.groups, strict=True):
        places |= {f"sd_{group.label}__{c}": (sd, i) for i, c in enumerate(group.sd_coefs)}
    places |= {
        f"df_{g.label}": (df, 0) for df, g in zip(dfs, model.groups, strict=True) if g.dist == "student"
    }
    places |= {"sigma": (sigma, ())} if model.prior_rows("sigma") else {}
    for name, value in init.items():
        if name not in places:
            legal = ", ".join(nearest(str(name), places)[:8])
            raise OptionError(f"init names no parameter {name!r}: the nearest are {legal}")
        is_number = isinstance(value, int | float | np.number) and np.isfinite(value)
        if not is_number or (not name.startswith("b_") and value <= 0):
            kind = "a finite number" if name.startswith("b_") else "a number above 0"
            raise OptionError(f"init: the starting value of {name} must be {kind}, not {value!r}")
        array, at = places[name]
        array[at] = float(value)
    return start._replace(b=np.linalg.solve(to_reported, b), sd=tuple(sds), df=tuple(dfs), sigma=sigma)


def formula_spec(formula: str | list[str] | FormulaSpec) -> FormulaSpec:
    """The lowered form of a text, of a list of texts, or of what is lowered already."""
    if isinstance(formula, FormulaSpec):
        return formula
    return lower(parse("; ".join(formula) if isinstance(formula, list) else formula))


def check_transforms(transforms: object) -> Mapping[str, Any]:
    """The user's own functions by name.

    Raises:
        OptionError: not a dict of functions by names that a formula can call.
    """
    if transforms is None:
        return {}
    if not isinstance(transforms, Mapping):
        raise OptionError(
            f"transforms must be a dict of functions by name, not {type(transforms).__name__}: "
            'write transforms={"double": lambda x: 2 * x}'
        )
    functions = cast("Mapping[object, object]", transforms)
    for name, function in functions.items():
        if not isinstance(name, str) or not is_plain(name):
            raise OptionError(f"transforms: {name!r} is not a name that a formula can call")
        if not callable(function):
            raise OptionError(f"transforms: {name!r} must be a function, not {type(function).__name__}")
    return cast("Mapping[str, Any]", functions)


def na_policy(na: str) -> Literal["drop", "error"]:
    """Refuse what is no policy for missing values."""
    match na:
        case "drop" | "error":
            return na
        case _:
            raise OptionError(
                f"na={na!r} must be 'drop' (leave out rows with missing values) or 'error' (refuse them)"
            )


def _warn(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        if finding.severity == "warn":
            warnings.warn(f"{finding.message} [{finding.code}]", FindingWarning, stacklevel=5)
