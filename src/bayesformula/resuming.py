"""What a run's draws depend on, so that a checkpoint goes on with the same run and no other."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.environment import versions
from bayesformula.errors import CheckpointError, OptionError

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.compiler.inputs import Begin, ModelData
    from bayesformula.model.spec import ModelSpec
    from bayesformula.runner.checkpoint import Checkpoint
    from bayesformula.runner.config import RunConfig
    from bayesformula.runner.device import Device

MOST_SHOWN = 60
"""Characters of a path in a message."""


@contextmanager
def checkpointed(
    folder: str | PathLike[str] | None,
    model: ModelSpec,
    plan: str,
    config: RunConfig,
    where: Device,
    frame: pd.DataFrame,
    data: ModelData,
    begin: Begin,
) -> Iterator[Checkpoint | None]:
    """The checkpoint of a run, or None where none is asked for.

    Raises:
        CheckpointError: the folder is that of another run, or no checkpoint.
    """
    if folder is None:
        yield None
        return
    from bayesformula.runner.checkpoint import DATA, NUMBERS, opened

    facts: dict[str, Any] = {
        "formula": model.formula,
        "family": model.family.name,
        "links": [list(pair) for pair in model.family.links],
        "priors": [f"{row.address} ~ {row.prior.render()}" for row in model.priors],
        DATA: _frame_digest(frame),
        "plan": plan,
        "seed": config.seed,
        "warmup": config.warmup,
        "target_accept": config.target_accept,
        "max_tree_depth": config.max_tree_depth,
        "chains in one program": config.chains if config.vectorised else 0,
        "precision": where.precision,
        "versions": versions(),
        NUMBERS: _digest(data, begin),
    }
    with opened(folder, facts) as checkpoint:
        try:
            yield checkpoint
        except KeyboardInterrupt as interrupt:
            raise KeyboardInterrupt(
                f"interrupted; what there is was saved in {fspath(folder)}: the same call goes on from there"
            ) from interrupt


def check_checkpoint(folder: object, plan: str) -> None:
    """Refuse what is no path, and a plan that has no state to save."""
    if folder is None:
        return
    if not isinstance(folder, str | PathLike) or not fspath(folder) or "\0" in str(fspath(folder)):
        raise OptionError(f"checkpoint={folder!r} must be the path of a folder")
    _check_folder(Path(os.path.expanduser(folder)), fspath(folder))
    if plan == "importance":
        raise OptionError(
            'checkpoint= saves the state of a sampler, and plan="importance" has none: leave it out'
        )


def _check_folder(path: Path, shown: str) -> None:
    """Refuse what can be no folder, before anything is compiled."""
    try:
        is_other = path.exists() and not path.is_dir()
    except OSError as error:  # a name that is too long
        text = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}..."
        raise OptionError(f"checkpoint={text!r} cannot be a folder: {error.strerror}") from error
    if is_other:
        raise CheckpointError(f"checkpoint={shown!r} is a file: name a folder")


def _frame_digest(frame: pd.DataFrame) -> str:
    """A checksum of the used columns of the used rows, names included."""
    from pandas.util import hash_pandas_object

    found = hashlib.blake2b("\0".join(map(str, frame.columns)).encode(), digest_size=16)
    found.update(hash_pandas_object(frame, index=False).to_numpy().tobytes())  # pyright: ignore
    return found.hexdigest()


def _digest(data: ModelData, begin: Begin) -> str:
    """A checksum of every number that the program reads."""
    import jax

    found = hashlib.blake2b(digest_size=16)
    for leaf in jax.tree.leaves((data, begin)):
        array = np.asarray(leaf)
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
