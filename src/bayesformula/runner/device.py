"""Where to run: CPU or GPU, chosen before anything compiles, as a context and never a global.

`device="auto"` takes the CPU unless a step of the sampler passes over a million rows or more, and the
machine has a card that computes in float64 at full rate. The rule rests on published facts: a step of NUTS is
some hundred small kernels, each a few microseconds of waiting on a GPU whatever its size, and a small
hierarchical model was reported 300 times slower there than on a CPU (NumPyro issue 1466); many rows are what
a GPU gains by. It has not been measured on the models of this package: the bound is on the CPU's side.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bayesformula.errors import DeviceError, OptionError

CHOICES = ("auto", "cpu", "gpu")


@dataclass(frozen=True, slots=True)
class Device:
    """The device of a run.

    Attributes:
        kind: "cpu" or "gpu".
        name: as the hardware calls itself.
        reason: why this one.
        handle: JAX's own object.
        precision: of all numbers of the run, "float64" or "float32".
    """

    kind: str
    name: str
    reason: str
    handle: Any
    precision: str = "float64"

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of all floating-point numbers that go to the device."""
        return np.dtype(self.precision)


def check_device(requested: str) -> None:
    """Refuse what is no choice at all, without loading anything."""
    if requested not in CHOICES:
        raise OptionError(f"device={requested!r} is not a device: write 'auto', 'cpu' or 'gpu'")


MANY_ROWS = 1_000_000
"""Rows that a step passes over, from which `auto` takes a GPU: on a CPU such a step is 10 ms or more."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a run has to do, as far as the choice of a device depends on it.

    Attributes:
        n_rows: of the table.
        passes_over_rows: a step of the sampler does; under the marginal plan it does not.
    """

    n_rows: int
    passes_over_rows: bool


def choose(requested: str = "auto", work: Work | None = None) -> Device:
    """The device for `requested`, for `auto` the one that fits the work (none is a small model).

    Raises:
        OptionError: no such choice.
        DeviceError: a GPU was asked for and JAX sees none.
    """
    check_device(requested)
    if requested == "cpu":
        return _cpu("asked for")
    gpus = _gpus()
    if requested == "gpu":
        if not gpus:
            raise DeviceError(
                "device='gpu' was asked for, but JAX sees no GPU on this machine. "
                "Write device='cpu' (or 'auto'), or install the CUDA build with "
                'pip install "bayesformula[cuda]" on a machine with an NVIDIA driver. '
                "`bf doctor` shows what JAX sees."
            )
        return _gpu(gpus[0], "asked for")
    if not gpus:
        return _cpu("no GPU found")
    name = str(gpus[0].device_kind)
    obstacle = gpu_obstacle(name, work)
    if obstacle:
        return _cpu(f"a GPU is there ({name}), but {obstacle}; device='gpu' takes it")
    return _gpu(gpus[0], f"a step passes over {MANY_ROWS:,} rows or more")


def gpu_obstacle(name: str, work: Work | None) -> str:
    """Why `auto` leaves a GPU of this name alone, or nothing."""
    if work is None or work.n_rows < MANY_ROWS:
        return "small models are faster on the CPU"
    if not work.passes_over_rows:
        return "under this plan a step reads no rows"
    return "" if has_fast_float64(name) else "it is slow in float64"


FAST_FLOAT64 = re.compile(
    r"\b(?:P100|V100|GV100|GP100|TITAN V|A100|A800|A30|H100|H200|GH200|B100|B200|GB200|MI[1-3]\d\d[AXP]?)\b",
    re.IGNORECASE,
)
"""Cards whose makers state a float64 rate of a third or more of their float32 rate; on others it is a 32nd or
a 64th, and float64 would be slower than a CPU."""


def has_fast_float64(name: str) -> bool:
    """A card of this name computes in float64 at a rate that is worth while."""
    return FAST_FLOAT64.search(name) is not None


def float32_warning(device: Device) -> str:
    """What a user should know of a run in float32, or nothing."""
    if device.precision == "float64":
        return ""
    return (
        f"{device.name} is slow in float64, so that this run computes in float32: some 7 digits in place of "
        "16. Posterior means and sds are good to about three digits; badly scaled predictors, very many rows "
        "or nearly collinear columns can cost divergences. device='cpu' computes in float64"
    )


def _gpu(handle: Any, reason: str) -> Device:
    name = str(handle.device_kind)
    return Device("gpu", name, reason, handle, "float64" if has_fast_float64(name) else "float32")


def _cpu(reason: str) -> Device:
    import jax

    return Device("cpu", _processor(), reason, jax.local_devices(backend="cpu")[0])


def _gpus() -> list[Any]:
    import jax

    try:
        return list(jax.devices("gpu"))
    except RuntimeError:  # what JAX raises when no such backend exists
        return []


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    import platform

    return platform.processor() or platform.machine()


@contextlib.contextmanager
def on(device: Device) -> Iterator[None]:
    """One device and one precision, for this thread; every thread that runs a chain enters it again."""
    import jax

    with jax.enable_x64(device.precision == "float64"), jax.default_device(device.handle):
        yield
