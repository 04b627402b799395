"""What a fuzz target is, and what happens to one input: an outcome, or a failure."""

from __future__ import annotations

import contextlib
import re
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bayesformula.errors import BayesFormulaError

HERE = Path(__file__).parent
Mutator = Callable[[Random, Sequence[bytes]], bytes]
"""From the inputs worth keeping to a new one."""


@dataclass(frozen=True)
class Target:
    """One door through which a stranger's bytes come in.

    Attributes:
        name: of the target, of its module and of its folder in `corpus/`.
        run: takes one input, asserts what must hold of it, and returns in a few words what it was, for
            counting. It may raise `BayesFormulaError`, a refusal; whatever else it raises is a failure.
        mutate: makes a new input from those worth keeping.
        seeds: inputs besides those in the corpus, made when the target starts.
        watched: files of the package whose lines guide the search: those whose path holds one of these.
        seconds: CPU time that one input may take.
        megabytes: memory that one input may take.
        largest: inputs longer than this many bytes are not tried.
    """

    name: str
    run: Callable[[bytes], str]
    mutate: Mutator
    seeds: Callable[[], Sequence[bytes]] = tuple
    watched: tuple[str, ...] = ("bayesformula/",)
    seconds: float = 2.0
    megabytes: float = 500.0
    largest: int = 20_000


@dataclass(frozen=True)
class Result:
    """Of one input.

    Attributes:
        outcome: what it was read as, or the refusal without the words that vary.
        fault: why this is a failure; empty where it is none.
        seconds: of CPU.
        megabytes: by which the peak of memory rose.
    """

    outcome: str
    fault: str
    seconds: float
    megabytes: float


class TooSlow(BaseException):
    """The input takes many times its time; no `except Exception` may catch it."""


def attempt(target: Target, data: bytes) -> Result:
    """Run one input, and judge it. Of the main thread only: an alarm ends what never ends."""
    signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, 5 * target.seconds)
    before, began = peak_megabytes(), time.process_time()
    outcome = fault = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome = target.run(data)
    except BayesFormulaError as error:
        outcome = f"{type(error).__name__}: {pattern(str(error))}"
        fault = "" if str(error).strip() else "a refusal without words"
    except TooSlow:
        fault = "stopped after five times its time"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        fault = f"{type(error).__name__}: {str(error)[:300]}\n{_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    seconds, megabytes = time.process_time() - began, peak_megabytes() - before
    if not fault and seconds > target.seconds:
        fault = f"took {seconds:.1f} s of CPU; {target.seconds:g} s are allowed"
    if not fault and megabytes > target.megabytes:
        fault = f"took {megabytes:.0f} MB; {target.megabytes:g} MB are allowed"
    return Result(outcome, fault, seconds, megabytes)


def peak_megabytes() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Let the peak begin again at what is held now, where the system can do so."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def pattern(message: str) -> str:
    """The first line of a message without what varies: names, numbers, quoted words."""
    line = message.split("\n", 1)[0]
    return re.sub(r"'.*?'|\".*?\"|`.*?`|\d[\d,.]*", "_", line)[:100]


def fault_kind(fault: str) -> str:
    """What two failures have in common that come from the same place."""
    first, *rest = fault.split("\n")
    return re.sub(r"\d[\d.]*", "_", first.split(":")[0]) + "".join(rest[-1:])


def _too_slow(*_: object) -> None:
    raise TooSlow


def _place(error: BaseException) -> str:
    """The innermost lines of a traceback, those of the package last."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "bayesformula" in frame.filename] or list(frames)
    return "\n".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in own[-3:])
