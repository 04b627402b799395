"""Arrays and texts of a netCDF4/HDF5 file, read without trusting it.

HDF5 can do more than hold arrays: link to other files, keep its numbers in other files, run filters as
plugins, declare a terabyte that is not there. Nothing of that is in a saved fit: what is no plain array
under one of the names of a fit is refused before any of it is read. What is read takes no more memory than
a few times the length of the file.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import h5py
import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"
GROUPS = ("posterior", "sample_stats", "sampler", "kept_moments", "model", "rows")
MOST_NAMES = 100_000
"""Variables of a group: the rows of a fit have one for each column."""
MOST_ATTRIBUTE = 2**12
"""Bytes of an attribute that is read."""
POINTER = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
"""How a file says where a text of any length is."""
HEAP = b"GCOL\x01\x00\x00\x00"
"""How a heap of texts begins; its length follows, and then its objects."""
PLACEHOLDER = b"This is a netCDF dimension but not a netCDF variable"
PLAIN_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED)

Groups = Mapping[str, Mapping[str, np.ndarray]]


class Refused(ValueError):
    """The file holds what no saved fit holds."""


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        attributes: of the whole file, those that were asked for and are there: texts and numbers.
        groups: arrays by group and name; texts are arrays of `str`.
    """

    attributes: Mapping[str, object]
    groups: Groups


@dataclass
class _Budget:
    """Bytes that may still be read: together no more than the file has."""

    left: int

    def take(self, size: int, name: str) -> None:
        self.left -= size
        if self.left < 0:
            raise Refused(f"{name} is larger than the file")


class Container:
    """An open file."""

    def __init__(self, path: str | PathLike[str]) -> None:
        check_heaps(path)
        self._budget = _Budget(os.stat(path).st_size)
        self._file = h5py.File(path, "r")
        self._handle = open(path, "rb")  # noqa: SIM115 - closed with the other

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()
        self._file.close()

    def attributes(self, *names: str) -> dict[str, object]:
        """Texts and numbers of the whole file, those of these names that it has."""
        return {name: value for name in names if (value := _attribute(self._file, name)) is not None}

    def groups(self) -> Groups:
        """Everything else.

        Raises:
            Refused: not the groups of a fit, or not plain arrays.
        """
        if self._file.id.get_create_plist().get_sizes() != (8, 8):
            raise Refused("it was not written by this package")
        found = {name: self._member(self._file, name) for name in _names(self._file)}
        strange = [name for name, member in found.items() if name not in GROUPS]
        if strange:
            raise Refused(f"a saved fit has no {strange[0]!r}")
        return {f"/{name}": dict(self._arrays(name, group)) for name, group in found.items()}

    def _member(self, group: h5py.Group, name: str) -> Any:
        """What a name stands for; a name that leads elsewhere is not followed."""
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise Refused(f"{name!r} is a link")
        return group[name]

    def _arrays(self, path: str, group: Any) -> Iterator[tuple[str, np.ndarray]]:
        if not isinstance(group, h5py.Group):
            raise Refused(f"{path!r} is no group")
        for name in _names(group):
            member = self._member(group, name)
            if not isinstance(member, h5py.Dataset):
                raise Refused(f"'{path}/{name}' is no array")
            if not _is_placeholder(member):
                yield name, self._array(f"'{path}/{name}'", member)

    def _array(self, name: str, values: h5py.Dataset) -> np.ndarray:
        _refuse_strange(name, values)
        if values.dtype.kind == "O":
            return self._texts(name, values)
        size = int(np.prod([int(n) for n in values.shape], dtype=object)) * values.dtype.itemsize
        self._budget.take(size, name)
        if values.id.get_storage_size() < size:  # zeros that are nowhere
            raise Refused(f"{name} is not all there")
        array = np.asarray(values[()]) if size else np.empty(values.shape, values.dtype)
        return array.astype(bool) if _attribute(values, "dtype") == "bool" else array

    def _texts(self, name: str, values: h5py.Dataset) -> np.ndarray:
        """Texts of any length, which may all be one and the same place of the file."""
        count = int(np.prod([int(n) for n in values.shape], dtype=object))
        self._budget.take(count * POINTER.itemsize, name)
        if not count:
            return np.empty(values.shape, object)
        offset = values.id.get_offset()
        if offset is None or values.id.get_storage_size() < count * POINTER.itemsize:
            raise Refused(f"{name} is not all there")
        self._handle.seek(offset)
        pointers = np.frombuffer(self._handle.read(count * POINTER.itemsize), POINTER)
        self._budget.take(int(pointers["length"].sum(dtype=np.uint64)), name)
        found = np.asarray(values.asstr()[()], object)
        texts = np.empty(count, object)
        texts[:] = found.ravel()
        return texts.reshape(values.shape)


def check_heaps(path: str | PathLike[str]) -> None:
    """Walk the heaps that hold the texts of a file, whose objects lie one behind the other.

    HDF5 walks them too, and for ever, where an object has no length: some zeros in a file suffice.

    Raises:
        Refused: an object without a length, or one that ends behind its heap.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        begin = data.find(HEAP)
        while begin >= 0:
            _check_heap(data, begin)
            begin = data.find(HEAP, begin + len(HEAP))


def _check_heap(data: mmap.mmap, begin: int) -> None:
    if len(data) < begin + 16:
        return
    end = begin + struct.unpack_from("<Q", data, begin + 8)[0]
    if end > len(data):
        raise Refused("its texts are not all there")
    at = begin + 16
    while at + 16 <= end:
        index, _, _, size = struct.unpack_from("<HHIQ", data, at)
        step = 16 + -(-size // 8) * 8 if index else size
        if step < 16 or at + step > end:
            raise Refused("its texts are damaged")
        at += step


def _names(group: h5py.Group) -> list[str]:
    if len(group) > MOST_NAMES:
        raise Refused(f"{group.name} has {len(group)} members")
    return list(group)


def _refuse_strange(name: str, values: h5py.Dataset) -> None:
    """Refuse an array whose numbers are elsewhere, packed, or no numbers."""
    how = values.id.get_create_plist()
    if how.get_layout() not in PLAIN_LAYOUTS or (
        how.get_layout() == h5py.h5d.CONTIGUOUS and how.get_external_count()
    ):
        raise Refused(f"{name} is kept elsewhere")
    if how.get_nfilters():
        raise Refused(f"{name} is compressed")
    if values.shape is None or any(n < 0 for n in values.shape):
        raise Refused(f"{name} has no shape")
    text = h5py.check_string_dtype(values.dtype)
    is_text = text is not None and text.length is None
    is_number = values.dtype.kind in "biuf" and values.dtype.itemsize <= 8
    if not (is_text or is_number):
        raise Refused(f"{name} is neither numbers nor texts")


def _is_placeholder(values: h5py.Dataset) -> bool:
    """The length of a dimension and nothing else: netCDF writes such arrays, without numbers."""
    name = _attribute(values, "NAME")
    return isinstance(name, str) and name.encode().startswith(PLACEHOLDER)


def _attribute(owner: Any, name: str) -> object:
    """A short text or one number; None where there is no such attribute."""
    attributes = owner.attrs
    if name not in attributes:
        return None
    handle = attributes.get_id(name)
    text = h5py.check_string_dtype(handle.dtype)
    is_plain = text is not None or handle.dtype.kind in "biufS"
    if handle.shape not in ((), (1,)) or not is_plain or handle.get_storage_size() > MOST_ATTRIBUTE:
        raise Refused(f"the attribute {name!r} is neither a number nor a text")
    value = np.asarray(attributes[name]).ravel()[0]
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value
