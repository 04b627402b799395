"""The state of a run in a folder, written as it goes: what was killed goes on where it was, bit for bit.

Each chain (or all of them, where they run in one program) has a row of files, each with the transitions since
the file before it and the sampler's state after them. A file that was not finished is as if it had not
been begun; one that is damaged ends the row, and the chain goes on from the file before it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from bayesformula.errors import BayesFormulaWarning, CheckpointError
from bayesformula.runner import arrays_file
from bayesformula.runner.chunks import Chunk

FORMAT = 1
EVERY_SECONDS = 10.0
"""Between two files of a chain."""
RUN, LOCK, ROW = "run.json", "lock", "chain-"
MOST_JSON = 2**24
DATA, NUMBERS = "data", "numbers that the program reads"
CHECKSUMS = frozenset({DATA, NUMBERS})
"""Facts that are checksums: what they are says nothing to a reader."""


@dataclass(frozen=True)
class Saved:
    """A chain as far as it had come.

    Attributes:
        leaves: of the sampler's state.
        done: transitions.
        chunks: those after warmup.
        warmup_steps: leapfrog steps of warmup.
        seconds: spent in warmup, and in all.
    """

    leaves: list[np.ndarray]
    done: int
    chunks: list[Chunk]
    warmup_steps: np.ndarray
    seconds: tuple[float, float]


@dataclass(frozen=True)
class Like:
    """What the files of a run are like: a stranger's numbers meet a compiled program only if they fit it.

    Attributes:
        leaves: of a state of the sampler.
        width: numbers that a draw has.
        lanes: the shape of what there is one of for each chain, `()` for a chain alone.
        warmup: transitions of warmup.
    """

    leaves: Sequence[np.ndarray]
    width: int
    lanes: tuple[int, ...]
    warmup: int

    def check(self, arrays: Mapping[str, np.ndarray], chunks: Sequence[Chunk]) -> None:
        """Of a file's arrays, and all transitions up to it.

        Raises:
            DamagedFile: they are another run's.
            KeyError: something is not there.
        """
        found = [(leaf.shape, leaf.dtype) for leaf in _leaves_of(arrays)]
        done, steps, seconds = arrays["done"], arrays["warmup_steps"], arrays["seconds"]
        fits = [
            found == [(leaf.shape, leaf.dtype) for leaf in self.leaves],
            done.shape == () and done.dtype.kind in "iu",
            steps.shape == self.lanes,
            seconds.shape == (2,) and bool(np.all(np.isfinite(seconds))),
            all(map(self._is_chunk, chunks)),
        ]
        if not all(fits):
            raise arrays_file.DamagedFile("another run's arrays")
        if sum(chunk.energy.shape[-1] for chunk in chunks) != max(0, int(done) - self.warmup):
            raise arrays_file.DamagedFile("other transitions than it says")

    def _is_chunk(self, chunk: Chunk) -> bool:
        shape = (*self.lanes, chunk.energy.shape[-1] if chunk.energy.ndim else 0)
        kinds = Chunk("f", "f", "f", "iu", "f", "b")
        return chunk.z.shape == (*shape, self.width) and all(
            values.dtype.kind in kind and (values is chunk.z or values.shape == shape)
            for values, kind in zip(chunk, kinds, strict=True)
        )


@dataclass
class Row:
    """The files of one chain.

    Attributes:
        folder: where they are.
        chain: its number.
    """

    folder: Path
    chain: int
    _next: int = 0
    _last: float = field(default_factory=time.monotonic)
    _pending: list[Chunk] = field(default_factory=list)
    _complained: bool = False

    def read(self, like: Like) -> Saved | None:
        """What is there of the chain, or None; files behind a damaged one are deleted.

        Raises:
            CheckpointError: one cannot be read now, which says nothing of what is in it: nothing is deleted.
        """
        chunks: list[Chunk] = []
        found: dict[str, np.ndarray] | None = None
        while os.path.lexists(path := self._path(self._next)):
            try:
                arrays = arrays_file.read(path)
                chunk = _chunk_of(arrays)
                like.check(arrays, [*chunks] if chunk is None else [*chunks, chunk])
            except (OSError, MemoryError) as error:
                told = getattr(error, "strerror", None) or "there is not enough memory"
                raise CheckpointError(
                    f"{path.name} of the checkpoint in {self.folder} cannot be read: {told}\n"
                    "  Nothing of it is lost: the same call goes on from there once it can."
                ) from error
            except (arrays_file.DamagedFile, KeyError):
                self._drop_from(self._next)
                warnings.warn(
                    f"{path.name} of the checkpoint is damaged: chain {self.chain} goes on from before it",
                    BayesFormulaWarning,
                    stacklevel=2,
                )
                break
            found = arrays
            chunks += [] if chunk is None else [chunk]
            self._next += 1
        if found is None:
            return None
        warmup, every = found["seconds"].tolist()
        return Saved(_leaves_of(found), int(found["done"]), chunks, found["warmup_steps"], (warmup, every))

    def add(self, chunk: Chunk | None) -> bool:
        """More transitions, kept until they are written; whether it is time for that."""
        self._pending += [] if chunk is None else [chunk]
        return time.monotonic() - self._last >= EVERY_SECONDS

    def write(
        self,
        leaves: Sequence[Any],
        done: int,
        warmup_steps: np.ndarray,
        seconds: tuple[float, float],
        axis: int,
    ) -> None:
        """Put the state and the transitions since the last file on the disk; a full one costs a warning."""
        arrays = {f"state.{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
        if self._pending:
            joined = (np.concatenate(parts, axis=axis) for parts in zip(*self._pending, strict=True))
            arrays |= {f"chunk.{name}": values for name, values in zip(Chunk._fields, joined, strict=True)}
        arrays |= {"done": np.asarray(done), "warmup_steps": np.asarray(warmup_steps)}
        arrays["seconds"] = np.asarray(seconds)
        try:
            arrays_file.write(self._path(self._next), arrays)
        except OSError as error:
            self._last = time.monotonic()
            self._complain(error)
            return
        self._next, self._pending, self._last = self._next + 1, [], time.monotonic()

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            warnings.warn(
                f"the checkpoint in {self.folder} cannot be written ({error.strerror or error}): "
                "sampling goes on, and tries again later",
                BayesFormulaWarning,
                stacklevel=3,
            )

    def _path(self, number: int) -> Path:
        return self.folder / f"{ROW}{self.chain:04d}-{number:06d}"

    def _drop_from(self, number: int) -> None:
        for path in self.folder.glob(f"{ROW}{self.chain:04d}-*"):
            if path.name >= self._path(number).name:
                _remove(path)


@dataclass(frozen=True)
class Checkpoint:
    """A folder that belongs to one run."""

    folder: Path

    def row(self, chain: int) -> Row:
        """The files of a chain."""
        return Row(self.folder, chain)


@contextmanager
def opened(folder: str | PathLike[str], facts: Mapping[str, Any]) -> Iterator[Checkpoint]:
    """The folder of a run that is known by its facts, for as long as it runs.

    Args:
        folder: made when it is not there.
        facts: what the draws depend on, plain values by the name that a user knows.

    Raises:
        CheckpointError: it is that of another run (which facts differ is said), or no checkpoint, or in use.
    """
    path = Path(os.path.expanduser(folder))
    with contextlib.ExitStack() as until_the_end:
        try:
            path.mkdir(parents=True, exist_ok=True)
            until_the_end.enter_context(_locked(path))
            _check(path, facts)
            for part in path.glob(f".*{arrays_file.PART}"):
                _remove(part)
        except (FileExistsError, NotADirectoryError) as error:
            raise CheckpointError(f"checkpoint={fspath(folder)!r} is a file: name a folder") from error
        except OSError as error:
            told = error.strerror or error
            raise CheckpointError(f"checkpoint={fspath(folder)!r} cannot be written: {told}") from error
        yield Checkpoint(path)


def _check(path: Path, facts: Mapping[str, Any]) -> None:
    """Whether the folder is that of the same run; an empty one becomes it."""
    wanted = {"format": FORMAT, **facts}
    run = path / RUN
    if not os.path.lexists(run):
        strange = [each.name for each in path.iterdir() if each.name != LOCK and not _is_ours(each)]
        if strange:
            raise CheckpointError(
                f"{path} is no checkpoint: it holds {', '.join(sorted(strange)[:3])}\n"
                "  Name an empty folder, or one that is not there yet."
            )
        arrays_file.write_bytes(run, json.dumps(wanted, indent=1).encode())
        return
    try:
        with arrays_file.open_plain(run) as file:
            text = file.read(MOST_JSON + 1)
        if len(text) > MOST_JSON:
            raise ValueError("too long")
        there = json.loads(text)
        differing = [name for name in wanted if there.get(name) != wanted[name]]
        told = _told(there, wanted, differing)
    except (ValueError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{run} is damaged, so that nobody can say of which run the checkpoint is\n"
            "  Delete the folder to begin anew, or name another."
        ) from error
    if differing:
        raise CheckpointError(
            f"the checkpoint in {path} is that of another run: {told}\n"
            "  Pass what it was begun with to go on, or name another folder."
        )


def _told(there: Mapping[str, Any], wanted: Mapping[str, Any], differing: Sequence[str]) -> str:
    """What differs, in words: values where they are short, names where they are checksums or lists."""
    out = []
    for name in differing:
        both = [json.dumps(facts.get(name), ensure_ascii=False) for facts in (there, wanted)]
        is_plain = name not in CHECKSUMS and max(map(len, both)) <= 120
        out.append(f"\n  {name}: {both[0]} there, {both[1]} here" if is_plain else f"\n  {name}")
    only = [line for name, line in zip(differing, out, strict=True) if name != NUMBERS]
    return "".join(only or out)


def _is_ours(path: Path) -> bool:
    return path.name.startswith(ROW) or path.name.endswith(arrays_file.PART)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else writes into the folder; the lock goes when the process does, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    # nothing is written to what stands there, no link is followed, and a pipe is not waited for
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path / LOCK, flags, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise CheckpointError(f"{path} is no checkpoint: its {LOCK!r} is a link") from error
    with os.fdopen(handle, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CheckpointError(f"the checkpoint in {path} is in use by another run") from error
        yield
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)


def _chunk_of(arrays: Mapping[str, np.ndarray]) -> Chunk | None:
    """The transitions of a file, if it has any after warmup."""
    if "chunk.z" not in arrays:
        return None
    return Chunk(*(arrays[f"chunk.{name}"] for name in Chunk._fields))


def _remove(path: Path) -> None:
    """Delete a file; what cannot be deleted stays, and what is written over it says so."""
    with contextlib.suppress(OSError):
        path.unlink()


def _leaves_of(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    return [arrays[f"state.{i}"] for i in range(sum(name.startswith("state.") for name in arrays))]
