"""Fit files and checkpoints of strangers: bytes changed anywhere, HDF5 and JSON with sense."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

import h5py
import numpy as np

import bayesformula as bf
from bayesformula.runner import arrays_file, checkpoint
from bayesformula.runner.checkpoint import Like
from bayesformula.runner.chunks import Chunk
from fuzz.mutate import mutate_bytes
from fuzz.target import Target
from results.nasty import FORGED, KEPT, NASTY, change, kept, seal

ODD_VALUES = (
    None, True, False, 0, -1, 1, 3, 10**9, 2**63, 10**400, 0.5, -1e308, 1e308, "", "x", "Intercept", "mu",
    "g", "é\x00", "../../x", "x" * 10_000, [], {}, [[]], [None], [1, "a"], {"is": "Span"},
    {"is": "Name", "text": "x"},
)  # fmt: skip
CANNOT = (
    LookupError, ValueError, TypeError, OSError, RuntimeError, OverflowError, AttributeError, StopIteration,
    MemoryError,
)  # fmt: skip
"""What a step raises that cannot follow the one before it."""
DTYPES = ("f4", "f8", "i1", "i8", "u8", "bool", "S3", "c16", "V4")
SHAPES = ((), (0,), (1,), (2,), (40,), (2, 10), (2, 10, 1), (2, 10, 4), (10**12,), (2, 10, 10**10))


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where this process writes."""
    place = tempfile.TemporaryDirectory(prefix="bayesformula-fuzz-")
    folder.place = place  # kept until the process ends
    return Path(place.name)


# ---- fit files ---------------------------------------------------------------------------------------


def mutated(random: Random, sources: Sequence[bytes]) -> bytes:
    """A file of one of these, changed in its bytes, or in what HDF5 and JSON make of them."""
    data = random.choice(sources)
    if random.random() < 0.4:
        return _with_other_bytes(random, data)
    path = folder() / "mutated.nc"
    path.write_bytes(data)
    with h5py.File(path, "r+") as content:
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            try:
                random.choice(STEPS)(random, content)
            except CANNOT:
                continue
    if random.random() < 0.85:
        seal(path)
    return path.read_bytes()


def _with_other_bytes(random: Random, data: bytes) -> bytes:
    """Bytes flipped, cut off, zeroed, moved and put in; more often in the head, where HDF5 has its tables."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16, 64))):
        start = random.randrange(min(len(out), random.choice((96, 2048, len(out)))))
        length = random.choice((1, 2, 8, 64, 512, 4096))
        match random.randrange(7):
            case 0:
                out[start] ^= 1 << random.randrange(8)
            case 1:
                out[start] = random.choice((0, 1, 127, 128, 255))
            case 2:
                out[start : start + length] = bytes(len(out[start : start + length]))
            case 3:
                out[start : start + length] = random.randbytes(len(out[start : start + length]))
            case 4:
                block = out[start : start + length]
                other = random.randrange(len(out))
                out[start : start + length], out[other : other + length] = out[other : other + length], block
            case 5:
                out[start:start] = random.randbytes(random.choice((1, 4, 8, 64)))
            case _ if random.random() < 0.2:
                del out[random.randrange(len(out)) :]
        out = out or bytearray(b"\x00")
    return bytes(out)


def _names(content: h5py.File) -> list[str]:
    found: list[str] = []
    content.visit(found.append)
    return found


def _delete(random: Random, content: h5py.File) -> None:
    del content[random.choice(_names(content))]


def _rename(random: Random, content: h5py.File) -> None:
    names = _names(content)
    content.move(random.choice(names), random.choice([*names, "x", "rows/x", "posterior/x", "é/ü"]))


def _retype(random: Random, content: h5py.File) -> None:
    name = random.choice(_names(content))
    shape, dtype = random.choice(SHAPES), random.choice(DTYPES)
    del content[name]
    content.create_dataset(
        name, shape=shape, dtype=dtype, chunks=random.choice((None, True)) if shape else None
    )


def _renumber(random: Random, content: h5py.File) -> None:
    """A number of an array, or all of them."""
    arrays = [
        name for name in _names(content) if isinstance(content[name], h5py.Dataset) and content[name].shape
    ]
    values = content[random.choice(arrays)]
    number = random.choice((np.nan, np.inf, -np.inf, 0, -1, 1, 1e300, 2**31))
    where = ... if random.random() < 0.3 else tuple(random.randrange(n) for n in values.shape)
    values[where] = number if values.dtype.kind in "fiub" else random.choice(("", "x", "g1", "é", "x" * 1000))


def _reshape(random: Random, content: h5py.File) -> None:
    """Fewer or more of what is there."""
    arrays = [
        name for name in _names(content) if isinstance(content[name], h5py.Dataset) and content[name].shape
    ]
    name = random.choice(arrays)
    values = np.asarray(content[name][()])
    axis = random.randrange(values.ndim)
    new = random.choice((values.take([0], axis), np.repeat(values, 2, axis), values[None], values.ravel()))
    del content[name]
    content[name] = new


def _take(random: Random, content: h5py.File) -> None:
    """An array, or an attribute, of another."""
    names = _names(content)
    one, other = random.choice(names), random.choice(names)
    if random.random() < 0.3 and content[other].attrs:
        name = random.choice(list(content[other].attrs))
        content[one].attrs[name] = content[other].attrs[name]
        return
    if one != other and not one.startswith(other):
        del content[one]
        content.copy(other, one)


def _attribute(random: Random, content: h5py.File) -> None:
    owner = content[random.choice(["/", *_names(content)])]
    name = random.choice([*owner.attrs, "dtype", "NAME", "CLASS", "units", "_FillValue", "scale_factor"])
    value = random.choice(
        (
            "bool",
            "x" * 50_000,
            1,
            -1,
            2**62,
            0.5,
            [1, 2],
            ["a", "b"],
            "days since 1",
            b"\xff",
            h5py.Empty("f"),
        )
    )
    if name in owner.attrs:
        del owner.attrs[name]
    if random.random() < 0.8:
        owner.attrs[name] = value


def _reword(random: Random, content: h5py.File) -> None:
    """A value in one of the JSON texts."""
    name = random.choice([each for each in content["model"]])
    change(content, name, lambda value: _altered(random, value))


def _altered(random: Random, value: object) -> object:
    if isinstance(value, dict) and value and random.random() < 0.95:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {k: v for k, v in value.items() if k != key} | random.choice(({}, {"x": value[key]}))
        return {**value, key: _altered(random, value[key])}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        match random.randrange(8):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return value[: at + 1] * random.choice((2, 50)) + value[at + 1 :]
            case _:
                return [*value[:at], _altered(random, value[at]), *value[at + 1 :]]
    if isinstance(value, int | float) and random.random() < 0.6:
        return random.choice((value + 1, value - 1, -value, value * 2, value * 10**6, float(value)))
    return random.choice(ODD_VALUES)


def _cut_text(random: Random, content: h5py.File) -> None:
    name = random.choice([each for each in content["model"]])
    text = content[f"model/{name}"].asstr()[()]
    at, end = sorted((random.randrange(len(text)), random.randrange(len(text))))
    change(
        content, name, random.choice((text[:at], text[:at] + text[end:], text[:at] + "[" * 2_000, text + "}"))
    )


def _nasty(random: Random, content: h5py.File) -> None:
    NASTY[random.choice(list(NASTY))][0](content)


def _forged(random: Random, content: h5py.File) -> None:
    name, alter, _ = FORGED[random.choice(list(FORGED))]
    change(content, name, alter)


STEPS = (
    _delete, _rename, _retype, _renumber, _renumber, _reshape, _take, _attribute, _cut_text, _nasty, _forged,
    *([_reword] * 6),
)  # fmt: skip


def run_fit(data: bytes) -> str:
    """A file that is loaded is a fit: it can be looked at, saved, and loaded again."""
    path = folder() / "fit.nc"
    path.write_bytes(data)
    fit = bf.load(path)
    assert len(repr(fit)) > 100
    assert len(fit.summary()) > 0
    assert set(fit.ngrps()) == {group.label for group in fit.spec.groups}
    return "a fit" if fit.frame is not None else "a fit without rows"


def mutate_fit(random: Random, _: Sequence[bytes]) -> bytes:
    """Always of a good file: what HDF5 is asked to write into must not be what a stranger wrote."""
    return mutated(random, fit_seeds())


@lru_cache(maxsize=1)
def fit_seeds() -> tuple[bytes, ...]:
    """A file of each kept kind."""
    return tuple(kept(name) for name in KEPT)


# ---- checkpoints -------------------------------------------------------------------------------------

FACTS = {"formula": "y ~ x", "seed": 3, "links": [["mu", "identity"]], "data": "abc", "warmup": 20}
LIKE = Like([np.zeros(3), np.zeros((), np.int32), np.zeros((3, 3)), np.zeros(2, np.uint32)], 3, (), 20)
PLACES = (checkpoint.RUN, "chain-0000-000000", "chain-0000-000001", "chain-0000-000002", checkpoint.LOCK)


@lru_cache(maxsize=1)
def good_checkpoint() -> dict[str, bytes]:
    """The files of a run of one chain that was cut off after 40 of its transitions, by name."""
    place = folder() / "good"
    with checkpoint.opened(place, FACTS) as found:
        row = found.row(0)
        for done in (20, 30, 40):
            shape = (10,)
            if done > 20:
                row.add(
                    Chunk(
                        np.ones((10, 3)),
                        *(np.ones(shape) for _ in range(2)),
                        np.ones(shape, int),
                        np.ones(shape),
                        np.ones(shape, bool),
                    )
                )
            row.write(LIKE.leaves, done, np.asarray(7.0), (0.5, 1.5), 0)
    return {name: (place / name).read_bytes() for name in PLACES}


def run_checkpoint(data: bytes) -> str:
    """The first byte says which file has the rest as its content; what is read fits the run or is lost."""
    place = folder() / "checkpoint"
    place.mkdir(exist_ok=True)
    for each in place.iterdir():
        each.unlink()
    for name, content in good_checkpoint().items():
        (place / name).write_bytes(content)
    (place / PLACES[(data or b"\x00")[0] % len(PLACES)]).write_bytes(data[1:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with checkpoint.opened(place, FACTS) as found:
            saved = found.row(0).read(LIKE)
    if saved is None:
        return "nothing of the chain"
    assert saved.done - LIKE.warmup == sum(len(chunk.z) for chunk in saved.chunks)
    assert [leaf.shape for leaf in saved.leaves] == [leaf.shape for leaf in LIKE.leaves]
    return f"{saved.done} transitions"


def mutate_checkpoint(random: Random, _: Sequence[bytes]) -> bytes:
    """Bytes of one of the files, or numbers and words of its line of JSON with the checksum put right."""
    at = random.randrange(len(PLACES))
    data = good_checkpoint()[PLACES[at]]
    line, newline, payload = data.partition(b"\n")
    if at in (1, 2, 3) and random.random() < 0.6:
        arrays = _altered(random, json.loads(line)["arrays"])
        if random.random() < 0.3:
            payload = mutate_bytes(random, [payload])
        header = {"arrays": arrays, "digest": arrays_file._digest(arrays, payload)}
        return bytes([at]) + json.dumps(header).encode() + newline + payload
    if at == 0 and random.random() < 0.5:
        return bytes([at]) + json.dumps(_altered(random, json.loads(data))).encode()
    return bytes([at]) + mutate_bytes(random, [data])


def checkpoint_seeds() -> tuple[bytes, ...]:
    """Each file as it was written."""
    return tuple(bytes([at]) + good_checkpoint()[name] for at, name in enumerate(PLACES))


TARGETS = (
    Target(
        "fits", run_fit, mutate_fit, fit_seeds, ("bayesformula/results", "bayesformula/typed"),
        seconds=15.0, megabytes=2_000.0, largest=4_000_000,
    ),
    Target(
        "checkpoints", run_checkpoint, mutate_checkpoint, checkpoint_seeds, ("bayesformula/runner",),
        largest=500_000,
    ),
)  # fmt: skip
