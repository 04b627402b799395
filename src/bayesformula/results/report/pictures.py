"""Pictures inside the page: SVG, or PNG where that is smaller, on a light card that suits a dark page too."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bayesformula.results.plots import style
from bayesformula.results.report.markup import safe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "bayesformula", "savefig.bbox": "standard"}
"""Text as text: small, and crisp at any size; the same fit gives the same file."""
LARGE_SVG = 90_000
"""Bytes beyond which PNG is tried."""
DPI = 130
LARGER = 1.12
"""Times its own size that a picture is drawn on a wide page."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One image.

    Attributes:
        kind: "svg+xml" or "png".
        content: of the file.
        width, height: pixels of a screen that it wants.
        alt: what it shows, for those who cannot see it.
    """

    kind: str
    content: bytes
    width: int
    height: int
    alt: str

    @property
    def markup(self) -> str:
        """As an element that holds the whole image."""
        data = base64.b64encode(self.content).decode("ascii")
        return (
            f'<img src="data:image/{self.kind};base64,{data}" alt="{safe(self.alt)}" width="{self.width}" '
            f'height="{self.height}">'
        )


def picture(figure: Figure, alt: str) -> Picture:
    """A figure of matplotlib as the smaller of two formats."""
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    kind, content = "svg+xml", _shorter(_saved(figure, "svg", metadata={"Date": None, "Creator": None}))
    if len(content) > LARGE_SVG:
        other = _saved(figure, "png", dpi=DPI, metadata={"Software": None})
        kind, content = ("png", other) if len(other) < len(content) else (kind, content)
    return Picture(kind, content, width, height, alt)


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def _shorter(svg: bytes) -> bytes:
    """An SVG whose paths have coordinates of a hundredth of a point, where matplotlib writes a millionth."""
    return re.sub(rb' d="[^"<>]*"', lambda path: re.sub(rb"(\.\d\d)\d+", rb"\1", path[0]), svg)


def drawn(plot: Any, alt: str) -> Picture:
    """The picture of what a plotting function returned: axes, a figure, or a collection of arviz-plots."""
    from matplotlib.figure import Figure

    figure = plot
    if not isinstance(plot, Figure):
        figure = plot.viz["figure"].item() if hasattr(plot, "viz") else plot.get_figure(root=True)
    return picture(figure, alt)


@contextmanager
def panels(count: int, size: tuple[float, float]) -> Iterator[list[Axes]]:
    """Axes in a figure each, of so many inches, so that the page can put them beside or below each other."""
    from matplotlib.figure import Figure

    with style.styled():
        yield [Figure(figsize=size, layout="constrained").subplots() for _ in range(count)]


@contextmanager
def closing() -> Iterator[None]:
    """Figures that are made meanwhile are closed."""
    from matplotlib import pyplot

    before = set(pyplot.get_fignums())
    try:
        yield
    finally:
        for made in set(pyplot.get_fignums()) - before:
            pyplot.close(made)


def gallery(pictures: Sequence[Picture], caption: str = "") -> str:
    """Images beside each other as far as the page is wide, with words below."""
    words = f"<figcaption>{safe(caption)}</figcaption>" if caption else ""
    cards = [f'<div style="width:{round(LARGER * each.width)}px">{each.markup}</div>' for each in pictures]
    return f'<figure><div class="cards">{"".join(cards)}</div>{words}</figure>'
