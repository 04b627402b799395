"""Which lines of the package an input reaches, as cheaply as this Python tells."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

Line = tuple[CodeType, int]


class Guide:
    """Lines of the watched files that were reached; `novel` says how many are new since it was last asked.

    From Python 3.12 each line reports once, and costs nothing afterwards (`sys.monitoring`). Before, a
    trace function is called for every function; those whose lines have all been seen cost one look-up.
    """

    def __init__(self, watched: tuple[str, ...]) -> None:
        self.watched = watched
        self.seen: set[Line] = set()
        self._counted = 0
        self._open: dict[CodeType, set[int] | None] = {}

    def start(self) -> None:
        if sys.version_info >= (3, 12):
            tool, events = 3, sys.monitoring.events  # 3: a number that Python gives to nobody
            sys.monitoring.use_tool_id(tool, "fuzz")
            sys.monitoring.register_callback(tool, events.LINE, self._monitor)
            sys.monitoring.set_events(tool, events.LINE)
        else:
            sys.settrace(self._trace)

    def novel(self) -> int:
        new = len(self.seen) - self._counted
        self._counted = len(self.seen)
        return new

    def _is_watched(self, code: CodeType) -> bool:
        return any(part in code.co_filename for part in self.watched)

    def _monitor(self, code: CodeType, line: int) -> Any:
        if self._is_watched(code):
            self.seen.add((code, line))
        return sys.monitoring.DISABLE

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        missing = self._open.get(code, self)
        if missing is self:
            watched = self._is_watched(code)
            missing = {line for *_, line in code.co_lines() if line} if watched else None
            self._open[code] = missing
        return self._trace_lines if missing else None

    def _trace_lines(self, frame: FrameType, event: str, _: object) -> Any:
        code, line = frame.f_code, frame.f_lineno
        missing = self._open[code]
        if not missing:
            return None
        if line in missing:
            missing.discard(line)
            self.seen.add((code, line))
        return self._trace_lines
