"""Compiled programs, of which the last are kept.

JAX keeps what it compiles for as long as the function lives, one program for each set of shapes. A program is
10 to 20 MB and some 200 mapped pieces of memory, of which Linux lets a process have 65,530: a process that
fits model after model would end there. So programs are compiled ahead, with a function of their own that is
thrown away after it, and are held here alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Any, Generic, TypeVar

import jax
import numpy as np
from jax.errors import JaxRuntimeError

T = TypeVar("T")
MAX_PROGRAMS = 48
"""That answer questions about fits; a question is one program, for some number of rows and draws."""


ONE_THREAD: dict[str, Any] = {
    "xla_disable_hlo_passes": "cpu-parallel-task-assigner",
    "xla_cpu_multi_thread_eigen": False,
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_DOT",
}
"""XLA on the CPU, told to leave the cores to the chains. It would split loops over rows, sums and products
of matrices among the cores, and one seed would have other last digits on one core, on two and on sixteen.
(YNNPACK's sums depend on how many cores there are, and Eigen's products; YNNPACK's products do not.) A step
over 7,584 rows takes as long without, one over 600 rows nine tenths."""


class Kept(Generic[T]):
    """A table of so many values; the one that was not asked for the longest makes room for another."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> T | None:
        """The value, or None; it is the last now that would make room."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value, in the place of others where there are too many."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self.most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._values.clear()


programs: Kept[Callable[..., Any]] = Kept(MAX_PROGRAMS)
"""Of the functions that `compiled` has made."""


def signature(arguments: Any) -> Hashable:
    """What a program depends on in its arguments: how they hang together, shapes and types."""
    leaves, tree = jax.tree.flatten(arguments)
    return tree, tuple((np.shape(leaf), str(getattr(leaf, "dtype", type(leaf)))) for leaf in leaves)


def lowered(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """The function traced for some arguments; nothing of it stays behind in JAX."""

    # JAX remembers what it has traced along with the function, and forgets it along with this one.
    def once(*arguments: Any) -> Any:
        return function(*arguments)

    once.__name__ = getattr(function, "__name__", "once")
    return jax.jit(once).lower(*arguments)


def compile_with(program: Any, options: Mapping[str, Any]) -> Any:
    """The executable; an option that this version of XLA does not know costs time, never a fit."""
    try:
        return program.compile(compiler_options={**options})
    except (JaxRuntimeError, ValueError):
        return program.compile(compiler_options={k: v for k, v in options.items() if _knows(k, v)})


@lru_cache(maxsize=32)
def _knows(option: str, value: Any) -> bool:
    """Whether this version of XLA knows an option of its compiler, by a program of no work."""
    try:
        jax.jit(lambda x: x).lower(np.zeros(())).compile(compiler_options={option: value})
    except (JaxRuntimeError, ValueError):
        return False
    return True


def compiled(function: Callable[..., Any], options: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """`jax.jit` of a function, but that its programs are among the last few that are kept.

    Args:
        function: of arrays.
        options: of XLA's compiler.
    """

    def call(*arguments: Any) -> Any:
        config = jax.config  # both are of the thread
        key = (function, signature(arguments), config.jax_enable_x64, str(config.jax_default_device))  # pyright: ignore
        program = programs.get(key)
        if program is None:
            program = compile_with(lowered(function, arguments), options or {})
            programs.put(key, program)
        return program(*arguments)

    return call
