"""Whether the numbers of a file are those of its model and data: its log density comes out again."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING

from bayesformula.errors import BayesFormulaError, FitFileError

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

TOLERANCE = 1e-8
"""Relative difference of log densities up to which a file is believed; other versions of the packages add
their numbers in another order."""
FLOAT32_TOLERANCE = 1e-4
"""Of a run in float32, whose density has some 6 digits."""


@contextlib.contextmanager
def damage_of(path: str | PathLike[str]) -> Iterator[None]:
    """What goes wrong while a fit is made of the parts of a file is the file's fault, and said so."""
    try:
        yield
    except FitFileError as error:
        raise FitFileError(f"{os.fspath(path)}: {error}") from error
    except MemoryError as error:
        raise FitFileError(f"{os.fspath(path)} needs more memory than there is") from error
    except Exception as error:  # the data of a stranger meet every stage of a fit, and the user's transforms
        told = "" if isinstance(error, BayesFormulaError) else f"{type(error).__name__}: "
        raise FitFileError(f"{os.fspath(path)} does not make a fit: {told}{error}") from error


def check_size(fit: Fit, memory: int | None) -> None:
    """Refuse a file whose density no machine of this memory could have computed.

    Raises:
        FitFileError: with the size.
    """
    from bayesformula.results.agreement import bytes_to_compute

    wanted = bytes_to_compute(fit.spec, fit.schema, fit.plan.name)
    if memory is not None and wanted > memory:
        raise FitFileError(
            f"to check this file would take about {wanted / 2**30:,.0f} GiB, and this machine has "
            f"{memory / 2**30:,.0f} GiB: load it on a larger one"
        )


def verify(fit: Fit) -> None:
    """Compute the log density at the last stored draw again; it must be the stored one.

    Under the whitened plan that of the rows given the reported parameters, as far as they were kept.

    Raises:
        FitFileError: it is not.
    """
    import jax

    from bayesformula.compiler.kept import compiled

    program, data = fit.compiled()
    z, stored = fit.z[-1, -1], float(fit.stats["lp"][-1, -1])
    if z.shape != (program.dim,):
        raise FitFileError("the file's draws do not fit its model: it is damaged")
    if fit.plan.name == "whitened":
        if fit.likelihood is None:
            return
        stored, found = fit.likelihood, last_likelihood(fit)
    else:
        with jax.enable_x64(True):
            found = -float(compiled(program.potential)(z, data))
    scale = max(1.0, abs(stored), float(fit.spec.n_rows))
    tolerance = FLOAT32_TOLERANCE if fit.timing.get("precision") == "float32" else TOLERANCE
    if not (math.isfinite(stored) and abs(found - stored) <= tolerance * scale):
        raise FitFileError(
            f"the file's draws are not those of its model and data: log density {stored:.6f} was stored, "
            f"{found:.6f} comes out"
        )


def last_likelihood(fit: Fit) -> float:
    """Log likelihood of all rows at the last draw."""
    import jax

    from bayesformula.compiler.response import log_likelihood

    program, data = fit.compiled()
    last = {name: values[-1, -1] for name, values in fit.draws.items()}
    with jax.enable_x64(True):
        return float(jax.jit(lambda d, v: log_likelihood(program.structure, d.rows, v).sum())(data, last))
