"""Inputs that are kept, as files named by what is in them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fuzz.target import HERE, Target

FOLDER = HERE / "corpus"


def load(target: Target) -> list[bytes]:
    """All kept inputs of a target, in the order of their names."""
    return [path.read_bytes() for path in paths(target)]


def paths(target: Target) -> list[Path]:
    """The files of a target's corpus."""
    return sorted(path for path in (FOLDER / target.name).glob("*") if path.is_file())


def save(target: Target, data: bytes, kind: str) -> Path:
    """Keep an input: `kind` is seed, or failure."""
    path = FOLDER / target.name / f"{kind}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
