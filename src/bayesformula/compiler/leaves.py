"""The type of what pytrees hold."""

from __future__ import annotations

from typing import Any, TypeAlias

Leaf: TypeAlias = Any
"""An array: NumPy's on the host, JAX's or a tracer inside a program. The two share no type that has both
`.at` and the operators, so none is named."""
