"""Where to run: CPU or GPU, chosen before anything compiles, as a context and never a global."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """

    kind: str
    name: str
    reason: str
    handle: Any


def check_device(requested: str) -> None:
    """Refuse what is no choice at all, without loading anything."""
    if requested not in CHOICES:
        raise OptionError(f"device={requested!r} is not a device: write 'auto', 'cpu' or 'gpu'")


def choose(requested: str = "auto") -> Device:
    """The device for `requested`.

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
        return Device("gpu", str(gpus[0].device_kind), "asked for", gpus[0])
    if not gpus:
        return _cpu("no GPU found")
    return _cpu(f"a GPU is there ({gpus[0].device_kind}); it is used only when asked for with device='gpu'")


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
    """Float64 on one device, for this thread; every thread that runs a chain enters it again."""
    import jax

    with jax.enable_x64(True), jax.default_device(device.handle):
        yield
