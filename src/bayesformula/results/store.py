"""One netCDF file a fit: written whole or not at all, and proven on reading to be the fit it says.

Everything that is not an array is JSON text; nothing is ever pickled or executed. What a file holds is read
as if a stranger had written it: `container` takes plain arrays alone, `upgrades` knows older formats, texts
become the records that they name and no others, `agreement` holds all parts against each other, and `proof`
computes the log density again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
from dataclasses import asdict
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import uuid4

import numpy as np

from bayesformula.errors import FileExistsRefusal, FitFileError
from bayesformula.keeping import Moments, memory_bytes
from bayesformula.model.spec import from_json, to_json
from bayesformula.results.agreement import Disagreement, check_parts
from bayesformula.results.container import SIGNATURE, Container, Content, Groups
from bayesformula.results.kept_rows import frame_of, rows_of
from bayesformula.results.names import coefficients, group_names, variables
from bayesformula.results.proof import last_likelihood
from bayesformula.results.upgrades import FORMAT, upgraded
from bayesformula.typed import check_record, conforms, conforms_by_key

if TYPE_CHECKING:
    from bayesformula.model.spec import ModelSpec
    from bayesformula.results.fit import Fit

KIND = "bayesformula fit"
IN_MEMORY = 2**30
"""Bytes of arrays up to which a file is made in memory first."""
T = TypeVar("T")


def refuse_existing(path: str | PathLike[str], *, overwrite: bool, option: str = "overwrite=True") -> None:
    """Raise if a file is in the way and may not be replaced."""
    if not overwrite and Path(path).exists():
        raise FileExistsRefusal(
            f"{os.fspath(path)} exists: choose another name, or pass {option} to replace it"
        )


def save(fit: Fit, path: str | PathLike[str], *, overwrite: bool, data: bool) -> None:
    """Write `fit` to `path`, through a temporary file beside it."""
    import xarray as xr

    target = Path(os.path.expanduser(path))
    refuse_existing(target, overwrite=overwrite)
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs={"kind": KIND, "format": FORMAT}),
            "/posterior": fit.posterior,
            "/sample_stats": xr.Dataset({k: (("chain", "draw"), v) for k, v in fit.stats.items()}),
            "/sampler": xr.Dataset({"z": (("chain", "draw", "z_dim"), fit.z), **_likelihood(fit)}),
            "/kept_moments": _moments(fit),
            "/model": xr.Dataset({name: ((), text) for name, text in _texts(fit).items()}),
            **({"/rows": rows_of(fit.frame)} if data and fit.frame is not None else {}),
        }
    )
    tree.attrs["digest"] = digest(_arrays(tree))
    part = target.parent / f".{target.name}.{uuid4().hex[:8]}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(tree, part)
        os.replace(part, target)
    except (OSError, RuntimeError) as error:  # HDF5 says the second of a disk that fills up
        told = getattr(error, "strerror", None) or str(error)
        raise FitFileError(f"{target} cannot be written: {told}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _write(tree: Any, part: Path) -> None:
    """Put a tree on the disk, all of it.

    HDF5 does not survive a disk that fills up: its handles cannot be closed any more, and the process dies of
    them at its end. So a file is made in memory, as far as that is cheap, and else only where there is room.
    """
    size = sum(node.dataset.nbytes for node in tree.subtree)
    if size <= IN_MEMORY and signature(tree.to_netcdf).parameters["filepath"].default is None:
        content = tree.to_netcdf(engine="h5netcdf")
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return
    if shutil.disk_usage(part.parent).free < 1.1 * size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    tree.to_netcdf(part, engine="h5netcdf")
    with open(part, "rb+") as file:
        os.fsync(file.fileno())


def digest(groups: Groups) -> str:
    """A checksum of every array of a file: a changed number or text anywhere changes it."""
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(groups):
        for name in sorted(groups[path]):
            values = np.asarray(groups[path][name])
            found.update(f"{path}/{name}{values.shape}".encode())
            if values.dtype.kind in "biuf":
                found.update(np.ascontiguousarray(values, "<f8").tobytes())
            else:
                found.update("\0".join(map(str, values.ravel().tolist())).encode())
    return found.hexdigest()


def _arrays(tree: Any) -> Groups:
    """What will be in the file, by group and name."""
    return {
        node.path: {str(name): each.values for name, each in node.to_dataset(inherit=False).variables.items()}
        for node in tree.subtree
    }


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
        if (found := fit.moments.get(f"r_{group.label}")) is not None:
            name = group_names(fit.spec)[group.label].name
            for suffix, value in (("mean", found.mean), ("sd", found.sd)):
                out[f"r_{name}.{suffix}"] = ((f"level_{name}", f"coef_{name}"), value)
    return xr.Dataset(out)


def read(path: str) -> dict[str, Any]:
    """The parts of a saved fit, each as its annotation says, and all of one fit.

    Raises:
        FitFileError: not a saved fit, or damaged.
    """
    found = parts(path)
    try:
        check_parts(found)
    except MemoryError as error:
        raise FitFileError(f"{path} needs more memory than there is") from error
    except Exception as error:  # what a stranger wrote meets arithmetic
        told = "" if isinstance(error, Disagreement) else f"{type(error).__name__}: "
        raise FitFileError(f"{os.path.expanduser(path)} is damaged: {told}{error}") from error
    return found


def parts(path: str) -> dict[str, Any]:
    """The parts of a saved fit, each as its annotation says.

    Raises:
        FitFileError: not a saved fit, or damaged.
    """
    path = os.path.expanduser(path)
    content = _content(path)
    try:
        return _parts(upgraded(content.groups, int(cast(int, content.attributes["format"])), FORMAT))
    except FitFileError as error:
        raise FitFileError(f"{path} is damaged: {error}") from error
    except KeyError as error:
        raise FitFileError(f"{path} is damaged: {error} is not there") from error
    except MemoryError as error:
        raise FitFileError(f"{path} needs more memory than there is") from error
    except Exception as error:  # whatever a stranger's text makes of the constructors of a fit's parts
        told = "" if isinstance(error, Disagreement) else f"{type(error).__name__}: "
        raise FitFileError(f"{path} is damaged: {told}{error}") from error


def _content(path: str) -> Content:
    """The arrays of a file that says it is a fit, and is as it was written."""
    foreign = f"{path} is not a saved fit: it was not written by fit.save() or bf fit --out"
    size, memory = _size(path), memory_bytes()
    try:
        with open(path, "rb") as handle:
            if handle.read(len(SIGNATURE)) != SIGNATURE:
                raise FitFileError(foreign)
            if memory is not None and size > memory:
                raise FitFileError(
                    f"{path} has {size / 2**30:,.0f} GiB, more than the memory of this machine"
                )
        with Container(path) as container:
            attributes = container.attributes("kind", "format", "digest")
            if attributes.get("kind") != KIND:
                raise FitFileError(foreign)
            _check_format(path, attributes.get("format"))
            groups = container.groups()
    except FitFileError:
        raise
    except PermissionError as error:
        raise FitFileError(f"{path} may not be read: {error.strerror}") from error
    except MemoryError as error:
        raise FitFileError(f"{path} needs more memory than there is") from error
    except Exception as error:  # whatever HDF5 and h5py make of a foreign or damaged file
        raise FitFileError(f"{path} cannot be read as a saved fit: {error}") from error
    if attributes.get("digest") != digest(groups):
        raise FitFileError(f"{path} is damaged: its numbers are not those that were saved")
    return Content(attributes, groups)


def _size(path: str) -> int:
    """Bytes of a file that is there, and a file: a pipe would be waited for without end."""
    try:
        mode, size = (found := os.stat(path)).st_mode, found.st_size
    except (OSError, ValueError) as error:  # ValueError: a character that no path has
        raise FitFileError(f"there is no file {path!r}") from error
    kinds = {"a folder": stat.S_ISDIR, "a pipe": stat.S_ISFIFO, "a socket": stat.S_ISSOCK}
    if not stat.S_ISREG(mode):
        kind = next((name for name, is_it in kinds.items() if is_it(mode)), "a device")
        raise FitFileError(f"{path} is {kind}: name a file that fit.save() wrote")
    return size


def _check_format(path: str, found: object) -> None:
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise FitFileError(f"{path} has no format number: it is damaged")
    if found > FORMAT:
        raise FitFileError(
            f"{path} was written by a newer version of bayesformula (format {found}, this one reads up to "
            f"{FORMAT}): "
            "upgrade with pip install -U bayesformula"
        )


def _parts(groups: Groups) -> dict[str, Any]:
    from bayesformula.compiler.plan import PLANS, Plan
    from bayesformula.data.findings import Finding
    from bayesformula.data.saving import schema_from_json

    texts = {name: json.loads(str(value[()])) for name, value in groups["/model"].items()}
    spec = from_json(texts["spec"])
    plan = _record(Plan, texts["plan"])
    findings = tuple(_record(Finding, finding) for finding in texts["findings"])
    config, facts, sampler = texts["config"], texts["facts"], groups["/sampler"]
    if plan.name not in PLANS:
        raise Disagreement(f"there is no plan {plan.name!r}")
    for name, values, kind in (
        ("timing", texts["timing"], str | float),
        ("versions", texts["versions"], str),
        ("config", config, float | bool),
        ("importance", facts.get("importance") or {}, float),
    ):
        if not conforms_by_key(values, kind):
            raise Disagreement(f"what it says of {name} is of another type")
    if not conforms(facts["n_dropped"], int) or not conforms(facts["prior_only"], bool):
        raise Disagreement("what it says of the rows is of another type")
    return {
        "spec": spec,
        "plan": plan,
        "config": config,
        "schema": schema_from_json(texts["schema"]),
        "frame": frame_of(groups["/rows"]) if "/rows" in groups else None,
        "levels": {label: _levels(label, value) for label, value in texts["levels"].items()},
        "draws": _draws(spec, groups),
        "moments": _kept_moments(spec, groups),
        "stats": dict(groups["/sample_stats"]),
        "z": sampler["z"],
        "likelihood": float(sampler["log_likelihood"]) if "log_likelihood" in sampler else None,
        "timing": texts["timing"],
        "findings": findings,
        "n_dropped": facts["n_dropped"],
        "prior_only": facts["prior_only"],
        "importance": facts.get("importance"),
        "versions": texts["versions"],
    }


def _record(kind: type[T], content: Any) -> T:
    """A frozen record, every field of its own type."""
    try:
        record = kind(**content)
        check_record(record)
    except TypeError as error:
        raise Disagreement(f"what should be a {kind.__name__.lower()} is none") from error
    return record


def _levels(label: str, content: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    try:
        names, parts = content
        found = tuple(names), tuple(map(tuple, parts))
    except (TypeError, ValueError):
        found = None
    if not conforms(found, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]):
        raise Disagreement(f"the levels of {label!r} are no texts")
    return cast("tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]", found)


def _draws(spec: ModelSpec, groups: Groups) -> dict[str, np.ndarray]:
    """Reported parameters by their own names, from the posterior's safe ones."""
    posterior = groups["/posterior"]
    out = {key: posterior[each.name] for key, each in variables(spec).items() if each.name in posterior}
    empty = np.empty((*groups["/sampler"]["z"].shape[:2], 0))
    for predictor in spec.predictors:
        if not predictor.columns:
            out[coefficients(predictor.parameter)] = empty
    return out


def _kept_moments(spec: ModelSpec, groups: Groups) -> dict[str, Moments]:
    """Means and sds of group effects whose draws were not kept."""
    found, out = groups.get("/kept_moments", {}), {}
    for group in spec.groups:
        name = f"r_{group_names(spec)[group.label].name}"
        if {f"{name}.mean", f"{name}.sd"} <= set(found):
            out[f"r_{group.label}"] = Moments(found[f"{name}.mean"], found[f"{name}.sd"])
    return out


def _likelihood(fit: Fit) -> dict[str, Any]:
    """Of the last draw, where the sampler's coordinates have their meaning from a numerical search.

    Another version of the search may end elsewhere: such a file is known again by its reported draws.
    """
    if fit.plan.name != "whitened" or fit.frame is None or fit.moments:
        return {}
    return {"log_likelihood": ((), last_likelihood(fit))}
