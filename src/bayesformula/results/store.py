"""One netCDF file a fit: written whole or not at all, and proven on reading to be the fit it says.

Everything that is not an array is JSON text; nothing is ever pickled or executed. `FORMAT` grows when
the layout changes; older formats are upgraded on reading.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from bayesformula.errors import FileExistsRefusal, FitFileError
from bayesformula.model.spec import from_json, to_json
from bayesformula.results.names import coefficients, group_names, variables

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.model.spec import ModelSpec
    from bayesformula.results.fit import Fit

FORMAT = 2
"""1: one linear predictor, a Gaussian response. 2: any family, further predictors, thresholds. What a file of
format 1 lacks is empty in the model that is read from it: nothing else is to be upgraded."""
KIND = "bayesformula fit"
SIGNATURE = b"\x89HDF\r\n\x1a\n"
TOLERANCE = 1e-8
"""Relative difference of log densities up to which a file is believed; other versions of the packages add
their numbers in another order."""
FLOAT32_TOLERANCE = 1e-4
"""Of a run in float32, whose density has some 6 digits."""


def refuse_existing(path: str | PathLike[str], *, overwrite: bool, option: str = "overwrite=True") -> None:
    """Raise if a file is in the way and may not be replaced."""
    if not overwrite and Path(path).exists():
        raise FileExistsRefusal(
            f"{os.fspath(path)} exists: choose another name, or pass {option} to replace it"
        )


def save(fit: Fit, path: str | PathLike[str], *, overwrite: bool, data: bool) -> None:
    """Write `fit` to `path`, through a temporary file beside it."""
    import xarray as xr

    target = Path(path).expanduser()
    refuse_existing(target, overwrite=overwrite)
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs={"kind": KIND, "format": FORMAT}),
            "/posterior": fit.posterior,
            "/sample_stats": xr.Dataset({k: (("chain", "draw"), v) for k, v in fit.stats.items()}),
            "/sampler": xr.Dataset({"z": (("chain", "draw", "z_dim"), fit.z), **_likelihood(fit)}),
            "/kept_moments": _moments(fit),
            "/model": xr.Dataset({name: ((), text) for name, text in _texts(fit).items()}),
            **({"/rows": _rows(fit.frame)} if data and fit.frame is not None else {}),
        }
    )
    tree.attrs["digest"] = digest(tree)
    part = target.parent / f".{target.name}.{uuid4().hex[:8]}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        tree.to_netcdf(part, engine="h5netcdf")
        os.replace(part, target)
    except OSError as error:
        raise FitFileError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def digest(tree: Any) -> str:
    """A checksum of every variable of a file: a changed number or text anywhere changes it."""
    found = hashlib.blake2b(digest_size=16)
    for node in sorted(tree.subtree, key=lambda node: node.path):
        variables = node.to_dataset(inherit=False).variables
        for name in sorted(variables, key=str):
            values = np.asarray(variables[name].values)
            found.update(f"{node.path}/{name}{values.shape}".encode())
            if values.dtype.kind in "biuf":
                found.update(np.ascontiguousarray(values, "<f8").tobytes())
            else:
                found.update("\0".join(map(str, values.ravel().tolist())).encode())
    return found.hexdigest()


def _texts(fit: Fit) -> dict[str, str]:
    from bayesformula.data.saving import schema_to_json

    values: dict[str, Any] = {
        "spec": to_json(fit.spec),
        "schema": schema_to_json(fit.schema),
        "plan": asdict(fit.plan),
        "config": asdict(fit.config),
        "timing": dict(fit.timing),
        "findings": [asdict(finding) for finding in fit.findings],
        "versions": dict(fit.versions),
        "levels": {
            label: [list(names), [list(part) for part in parts]]
            for label, (names, parts) in fit.levels.items()
        },
        "facts": {
            "n_dropped": fit.n_dropped,
            "prior_only": fit.prior_only,
            "importance": None if fit.importance is None else dict(fit.importance),
        },
    }
    return {name: json.dumps(value, allow_nan=False) for name, value in values.items()}


def _moments(fit: Fit) -> Any:
    """Means and sds of group effects whose draws were not kept."""
    import xarray as xr

    out = {}
    for group in fit.spec.groups:
        for suffix in ("mean", "sd"):
            value = fit.draws.get(f"r_{group.label}.{suffix}")
            if value is not None:
                name = group_names(fit.spec)[group.label].name
                out[f"r_{name}.{suffix}"] = ((f"level_{name}", f"coef_{name}"), value)
    return xr.Dataset(out)


def _rows(frame: pd.DataFrame) -> Any:
    """The used columns, numbered; their names and types as JSON."""
    import pandas as pd
    import xarray as xr

    kinds: list[dict[str, Any]] = []
    variables: dict[str, Any] = {}
    for i, column in enumerate(frame.columns):
        values = _plain(frame[column])
        kind: dict[str, Any] = {"name": str(column), "dtype": str(values.dtype)}
        if isinstance(values.dtype, pd.CategoricalDtype):
            kind |= {"dtype": "category", "ordered": bool(values.dtype.ordered)}
            kind["categories"] = [_scalar(c) for c in values.dtype.categories]
            array = values.cat.codes.to_numpy(np.int32)
        elif pd.api.types.is_bool_dtype(values.dtype):
            kind["dtype"] = "bool"
            array = values.to_numpy(np.int8)
        elif pd.api.types.is_integer_dtype(values.dtype):
            kind["dtype"] = "int64"
            array = values.to_numpy(np.int64)
        elif pd.api.types.is_numeric_dtype(values.dtype):
            kind["dtype"] = "float64"
            array = values.to_numpy(np.float64)
        else:
            kind["dtype"] = "text"
            array = values.astype(str).to_numpy(object)
        variables[f"column_{i}"] = (("row",), array)
        kinds.append(kind)
    variables["columns"] = ((), json.dumps(kinds))
    return xr.Dataset(variables)


def _plain(values: Any) -> Any:
    """Python objects that are all truth values or all numbers as such, the way the schema reads them."""
    if values.dtype != object:
        return values
    if all(isinstance(value, bool | np.bool_) for value in values):
        return values.astype(bool)
    if all(isinstance(value, int | float | np.number) for value in values):
        return values.astype(np.float64)
    return values


def _scalar(value: Any) -> Any:
    """A category as JSON: text, number or truth value; an interval or a date as the text of its level."""
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, bool | int | float | str) else str(plain)


def read(path: str) -> dict[str, Any]:
    """The parts of a saved fit.

    Raises:
        FitFileError: not a saved fit, or damaged.
    """
    import xarray as xr

    path = os.path.expanduser(path)
    if not Path(path).is_file():
        raise FitFileError(f"there is no file {path!r}")
    foreign = f"{path} is not a saved fit: it was not written by fit.save() or bf fit --out"
    with open(path, "rb") as handle:
        if handle.read(len(SIGNATURE)) != SIGNATURE:
            raise FitFileError(foreign)
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            if tree.attrs.get("kind") != KIND:
                raise FitFileError(foreign)
            _check_format(path, tree.attrs.get("format"))
            tree.load()
            if tree.attrs.get("digest") != digest(tree):
                raise FitFileError(f"{path} is damaged: its numbers are not those that were saved")
    except FitFileError:
        raise
    except Exception as error:  # whatever HDF5, h5netcdf or xarray make of a foreign or damaged file
        raise FitFileError(f"{path} cannot be read as a saved fit: {error}") from error
    try:
        return _parts(tree)
    except FitFileError:
        raise
    except Exception as error:
        raise FitFileError(f"{path} is damaged: {type(error).__name__}: {error}") from error


def _check_format(path: str, found: Any) -> None:
    if not isinstance(found, int | np.integer) or found < 1:
        raise FitFileError(f"{path} has no format number: it is damaged")
    if found > FORMAT:
        raise FitFileError(
            f"{path} was written by a newer version of bayesformula (format {found}, this one reads up to "
            f"{FORMAT}): "
            "upgrade with pip install -U bayesformula"
        )


def _parts(tree: Any) -> dict[str, Any]:
    from bayesformula.compiler.plan import Plan
    from bayesformula.data.checks import Finding
    from bayesformula.data.saving import schema_from_json

    texts = {str(name): json.loads(str(value.values)) for name, value in tree["model"].data_vars.items()}
    spec = from_json(texts["spec"])
    return {
        "spec": spec,
        "plan": Plan(**texts["plan"]),
        "config": texts["config"],
        "schema": schema_from_json(texts["schema"]),
        "frame": _frame(tree["rows"]) if "rows" in tree.children else None,
        "levels": {
            label: (tuple(names), tuple(tuple(part) for part in parts))
            for label, (names, parts) in texts["levels"].items()
        },
        "draws": _draws(spec, tree),
        "stats": {str(name): value.values for name, value in tree["sample_stats"].data_vars.items()},
        "z": tree["sampler"]["z"].values,
        "likelihood": float(tree["sampler"]["log_likelihood"])
        if "log_likelihood" in tree["sampler"].data_vars
        else None,
        "timing": texts["timing"],
        "findings": tuple(Finding(**finding) for finding in texts["findings"]),
        "n_dropped": texts["facts"]["n_dropped"],
        "prior_only": texts["facts"]["prior_only"],
        "importance": texts["facts"].get("importance"),
        "versions": texts["versions"],
    }


def _draws(spec: ModelSpec, tree: Any) -> Mapping[str, np.ndarray]:
    """Reported parameters by their own names, from the posterior's safe ones."""
    posterior = tree["posterior"]
    out = {
        key: posterior[variable.name].values
        for key, variable in variables(spec).items()
        if variable.name in posterior.data_vars
    }
    empty = np.empty((posterior.sizes["chain"], posterior.sizes["draw"], 0))
    for predictor in spec.predictors:
        if not predictor.columns:
            out[coefficients(predictor.parameter)] = empty
    for group in spec.groups:
        name = group_names(spec)[group.label].name
        for suffix in ("mean", "sd"):
            if "kept_moments" in tree.children and f"r_{name}.{suffix}" in tree["kept_moments"].data_vars:
                out[f"r_{group.label}.{suffix}"] = tree["kept_moments"][f"r_{name}.{suffix}"].values
    return out


def _frame(rows: Any) -> pd.DataFrame:
    import pandas as pd

    columns = {}
    for i, kind in enumerate(json.loads(str(rows["columns"].values))):
        values = rows[f"column_{i}"].values
        match kind["dtype"]:
            case "category":
                columns[kind["name"]] = pd.Categorical.from_codes(values, kind["categories"], kind["ordered"])
            case "bool":
                columns[kind["name"]] = values.astype(bool)
            case "text":
                columns[kind["name"]] = values.astype(str).astype(object)
            case _:
                columns[kind["name"]] = values
    return pd.DataFrame(columns)


def _likelihood(fit: Fit) -> dict[str, Any]:
    """Of the last draw, where the sampler's coordinates have their meaning from a numerical search.

    Another version of the search may end elsewhere: such a file is known again by its reported draws.
    """
    if fit.plan.name != "whitened" or fit.frame is None or any(name.endswith(".mean") for name in fit.draws):
        return {}
    return {"log_likelihood": ((), _last_likelihood(fit))}


def _last_likelihood(fit: Fit) -> float:
    import jax

    from bayesformula.compiler.response import log_likelihood

    program, data = fit.compiled()
    last = {name: values[-1, -1] for name, values in fit.draws.items()}
    with jax.enable_x64(True):
        return float(jax.jit(lambda d, v: log_likelihood(program.structure, d.rows, v).sum())(data, last))


def verify(fit: Fit) -> None:
    """Compute the log density at the last stored draw again; it must be the stored one.

    Under the whitened plan that of the rows given the reported parameters, as far as they were kept.

    Raises:
        FitFileError: it is not.
    """
    import jax

    program, data = fit.compiled()
    z, stored = fit.z[-1, -1], float(fit.stats["lp"][-1, -1])
    if z.shape != (program.dim,):
        raise FitFileError("the file's draws do not fit its model: it is damaged")
    if fit.plan.name == "whitened":
        if fit.likelihood is None:
            return
        stored, found = fit.likelihood, _last_likelihood(fit)
    else:
        with jax.enable_x64(True):
            found = -float(jax.jit(program.potential)(z, data))
    scale = max(1.0, abs(stored), float(fit.spec.n_rows))
    tolerance = FLOAT32_TOLERANCE if fit.timing.get("precision") == "float32" else TOLERANCE
    if not abs(found - stored) <= tolerance * scale:
        raise FitFileError(
            f"the file's draws are not those of its model and data: log density {stored:.6f} was stored, "
            f"{found:.6f} comes out"
        )
