"""From formula and table to a legal model and to the arguments of its program; nothing compiles here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from bayesformula.encoding import coded, max_count, row_source
from bayesformula.errors import FindingWarning, OptionError, listing, nearest
from bayesformula.families import Family, family_name, resolve_family
from bayesformula.prior_text import parse_priors
from bayesformula.runner import blas
from bayesformula.syntax.ast import FormulaSpec
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import is_plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from bayesformula.compiler.chunks import RowSource
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData, Start
    from bayesformula.compiler.plan import Plan
    from bayesformula.data.checks import Finding
    from bayesformula.data.design import Design
    from bayesformula.data.schema import DataSchema
    from bayesformula.model.spec import ModelSpec
    from bayesformula.priors import Statement

    Ahead = Callable[[Program, ModelData], None]


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
    from bayesformula.data.categories import check_matrix
    from bayesformula.data.design import build_design, nesting
    from bayesformula.data.dots import mentioned
    from bayesformula.data.family_terms import check_terms
    from bayesformula.data.label_lints import refuse_text_response
    from bayesformula.data.matrices import check_matrices
    from bayesformula.data.parameters import check_parameters
    from bayesformula.data.separation import heeded
    from bayesformula.data.specific import check_specific
    from bayesformula.data.support import support_findings
    from bayesformula.data.tables import as_table
    from bayesformula.model.build import build

    functions, matrices = check_transforms(transforms), check_matrices(data2)
    table = as_table(data, mentioned(spec))
    frame = table.frame
    with blas.one_thread():
        schema, arrays = build_design(
            spec,
            frame,
            na=policy,
            infinite=infinite,
            transforms=functions,
            matrices=matrices,
            columns=table.columns,
        )
    stated = None if family is None else family_name(family) or resolve_family(family).name
    check_matrix(schema.response, stated)
    if family is None:
        refuse_text_response(schema.response)
    response = schema.response
    chosen = resolve_family(family, response.kind, levels=response.levels, label=response.label)
    check_parameters(spec, chosen.name, columns=table.columns, is_stated=family is not None)
    check_specific(spec, chosen.name)
    check_terms(spec, chosen, arrays, is_stated=family is not None)
    noted = (
        *support_findings(stated, response, arrays),
        *rules.check(spec, schema, arrays, frame, family=stated),
    )
    found = rules.resolve(noted, checks or {})
    arrays, categories = coded(schema, arrays, chosen)
    _refuse_dropped(statements, schema)
    model = build(
        spec,
        arrays,
        chosen,
        statements,
        response_label=schema.response.label,
        nested_in=nesting(arrays),
        adds_sigma=dict(schema.response.options).get("se.sigma") == "TRUE",
        categories=categories,
    )
    if not any(row.is_default for row in model.prior_rows("b", predictor="mu") if row.coef != "Intercept"):
        found = heeded(found)
    if not quiet:
        _warn(found)
    from bayesformula.compiler import plan as plans

    return Prepared(spec, frame, schema, arrays, model, plans.choose(model, plan), found)


def sampler_inputs(
    model: ModelSpec, plan: str, source: RowSource, ahead: Ahead | None = None
) -> tuple[Program, ModelData, Start]:
    """The program of a model under a plan, what it reads at every step, and where chains start.

    A marginal program reads no rows, and gets none: of ten million rows their cross-products remain. Where it
    takes time to find what a program reads, `ahead` gets the program, and arrays of the same shapes, before.
    """
    from bayesformula.compiler import assemble, emit, structure

    nothing = source.take(slice(0, 0))
    shape = structure.structure(
        model, plan, has_weights=nothing.weights is not None, max_count=max_count(model, source)
    )
    program = emit.emit(shape)
    shapes = None if ahead is None else lambda data: ahead(program, data)
    with blas.one_thread():
        data, start = assemble.assemble(model, shape, source, shapes)
    return program, data, start


def _refuse_dropped(statements: Sequence[Statement], schema: DataSchema) -> None:
    """A prior of a coefficient whose column was dropped: it would be said that there is none."""
    from bayesformula.model.addresses import statement_error

    for parameter in schema.parameters:
        reasons = {
            column.name: ("is the same in every row used", "Leave this prior out.")
            if column.code == "constant-column"
            else (f"is a combination of {listing(column.combination)}", "Leave out this prior, or these.")
            for column in parameter.dropped
        }
        for statement in statements:
            address = statement.address
            name = address.parts[0] if address.head == "b" and len(address.parts) == 1 else ""
            if name in reasons and (address.predictor or "mu") == parameter.parameter:
                reason, hint = reasons[name]
                raise statement_error(
                    f"column '{name}' was dropped, as it {reason}: it has no coefficient", statement, hint
                )


def planned_inputs(
    model: ModelSpec, plan: Plan, source: RowSource, ahead: Ahead | None = None
) -> tuple[Plan, Program, ModelData, Start]:
    """As `sampler_inputs`, under another plan where the one that was chosen turns out not to work."""
    from bayesformula.compiler import plan as plans
    from bayesformula.compiler.working import WorkingModelError

    try:
        return plan, *sampler_inputs(model, plan.coefficients, source, ahead)
    except WorkingModelError as error:
        plan = plans.fallen_back(plan, str(error))
        return plan, *sampler_inputs(model, plan.name, source)


def compile_inputs(
    model: ModelSpec, plan: str, design: Design, *, prior_only: bool = False
) -> tuple[Program, ModelData, Start]:
    """As `sampler_inputs`, all rows in the argument: to simulate, or to ask for the density of another y."""
    source = row_source(design, model, prior_only=prior_only)
    program, data, start = sampler_inputs(model, plan, source)
    return program, data._replace(rows=source.whole), start


def with_init(
    start: Start, init: Mapping[str, float], model: ModelSpec, to_reported: Sequence[np.ndarray]
) -> Start:
    """Starting values by flat name put into the rough start; those that are integrated out have none."""
    import numpy as np

    if not isinstance(init, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise OptionError(f'init={init!r} must give starting values by name: {{"sigma": 2.0}}')
    bs = [matrix @ b for matrix, b in zip(to_reported, start.b, strict=True)]
    sds, dfs = [sd.copy() for sd in start.sd], [df.copy() for df in start.df]
    scalars = {name: np.array(value) for name, value in start.scalars.items()}
    thresholds = np.array(start.thresholds)
    places: dict[str, tuple[np.ndarray, Any]] = {}
    for b, predictor in zip(bs, model.predictors, strict=True):
        prefix = "b_" if predictor.parameter == "mu" else f"b_{predictor.parameter}_"
        places |= {f"{prefix}{c}": (b, i) for i, c in enumerate(predictor.columns)}
    places |= {f"b_Intercept[{i + 1}]": (thresholds, i) for i in range(len(thresholds))}
    for sd, group in zip(sds, model.groups, strict=True):
        places |= {f"sd_{group.label}__{c}": (sd, i) for i, c in enumerate(group.sd_coefs)}
    places |= {
        f"df_{g.label}": (df, 0) for df, g in zip(dfs, model.groups, strict=True) if g.dist == "student"
    }
    places |= {name: (values, 0) for name, values in scalars.items()}
    free = {"b_", *(name for name in scalars if model.family.support_of(name) == "real")}
    for name, value in init.items():
        if name not in places:
            legal = ", ".join(nearest(str(name), places)[:8])
            raise OptionError(f"init names no parameter {name!r}: the nearest are {legal}")
        is_number = (
            isinstance(value, int | float | np.number)
            and not isinstance(value, bool)
            and bool(np.isfinite(value))
        )
        may_be_negative = name in free or name.startswith("b_")
        if not is_number or (not may_be_negative and value <= 0):
            kind = "a finite number" if may_be_negative else "a number above 0"
            raise OptionError(f"init: the starting value of {name} must be {kind}, not {value!r}")
        array, at = places[name]
        array[at] = float(value)
    return start._replace(
        b=tuple(np.linalg.solve(matrix, b) for matrix, b in zip(to_reported, bs, strict=True)),
        sd=tuple(sds),
        df=tuple(dfs),
        scalars=scalars,
        thresholds=thresholds,
    )


def formula_spec(formula: str | list[str] | FormulaSpec) -> FormulaSpec:
    """The lowered form of a text, of a list of texts, or of what is lowered already."""
    if isinstance(formula, FormulaSpec):
        return formula
    if isinstance(formula, list):
        strange = [part for part in formula if not isinstance(part, str)]  # pyright: ignore[reportUnnecessaryIsInstance]
        formula = strange[0] if strange else "; ".join(formula)  # which then is refused as no text
    return lower(parse(formula))


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
