"""Run the Python of a page, and write below each block what it prints and draws.

A block is fenced as ```python; the words after that say more:

    ```python alt="Waits in twenty cafes"     the figure that the block draws, in words
    ```python error                           the block ends in an error of the package, which is shown
    ```python quiet                           what it prints is not shown

Blocks of a page share their names and run in order, in a folder of their own. What stands in a comment
`<!--python ... -->` runs too and is not shown; an indented ```py of a tab is shown without what it prints. A
last line that is an expression is shown as in a notebook. `bf` is the package, and the files of examples/ can
be imported.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import re
import shlex
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BLOCK = re.compile(
    r"^```python(?P<words>[^\n]*)\n(?P<shown>.*?)^```$"
    r"|^<!--python\n(?P<hidden>.*?)^-->$"
    r"|^    ```py\n(?P<tab>.*?)^    ```$",
    re.M | re.S,
)
WORDS = ("error", "quiet")
EXAMPLES = str(Path(__file__).parents[2] / "examples")


class PageError(Exception):
    """A block of a page does not do what the page says."""


@dataclass(frozen=True, slots=True)
class Block:
    """Code of a page, and what its opening line says of it."""

    code: str
    line: int
    words: frozenset[str] = frozenset()
    alt: str = ""
    is_hidden: bool = False


@dataclass(slots=True)
class Ran:
    """What the blocks of a page left: the text of the page, and its figures by name."""

    text: str
    figures: dict[str, bytes] = field(default_factory=dict)


def blocks(text: str) -> list[Block]:
    """The Python of a page, in order."""
    return [_block(text, match) for match in BLOCK.finditer(text)]


def _block(text: str, match: re.Match[str]) -> Block:
    line = text[: match.start()].count("\n") + 2
    if match["hidden"] is not None:
        return Block(match["hidden"], line, is_hidden=True)
    if match["tab"] is not None:
        return Block(textwrap.dedent(match["tab"]), line, is_hidden=True)
    words = shlex.split(match["words"])
    alt = "".join(word.removeprefix("alt=") for word in words if word.startswith("alt="))
    plain = frozenset(word for word in words if not word.startswith("alt="))
    if not plain <= set(WORDS):
        raise PageError(f"line {line - 1}: of {sorted(plain)} only {', '.join(WORDS)} and alt= mean anything")
    return Block(match["shown"], line, plain, alt)


def run_page(text: str, name: str) -> Ran:
    """Run every block of a page.

    Args:
        text: the page, Markdown.
        name: of the page, for messages and for the files of its figures.

    Raises:
        PageError: a block raised an error, or none where one was announced; or `alt=` and figures disagree.
    """
    out, done = Ran(""), 0
    names: dict[str, Any] = {"__name__": "__main__", "bf": importlib.import_module("bayesformula")}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _settings():
        for match in BLOCK.finditer(text):
            block = _block(text, match)
            shown, figures = _run(block, names, name)
            out.text += text[done : match.start()]
            done = match.end()
            if block.is_hidden:
                out.text += match[0] if match["tab"] else ""
                continue
            out.text += f"```python\n{block.code}```\n"
            if shown.strip() and "quiet" not in block.words:
                out.text += f"\n```text {{ .output }}\n{shown.strip(chr(10))}\n```\n"
            for figure in figures:
                file = f"{name}-{len(out.figures) + 1}.png"
                out.figures[file] = figure
                out.text += f"\n![{block.alt}]({file})\n"
    out.text += text[done:]
    return out


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    """Frames as wide as a page, figures sharp on every screen and closed in the end."""
    import matplotlib
    import pandas as pd

    matplotlib.use("Agg")
    from matplotlib import pyplot

    frames = {"width": 110, "max_columns": 20, "max_rows": 14, "float_format": lambda value: f"{value:.4g}"}
    with pd.option_context(*(each for name, value in frames.items() for each in (f"display.{name}", value))):
        sys.path.insert(0, EXAMPLES)
        try:
            yield
        finally:
            sys.path.remove(EXAMPLES)
            pyplot.close("all")


def _run(block: Block, names: dict[str, Any], page: str) -> tuple[str, list[bytes]]:
    """What one block prints, warnings included, and its figures."""
    from bayesformula import BayesFormulaError

    printed = io.StringIO()
    where = f"{page}, line {block.line}"
    raised: Exception | None = None
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()), _printed_warnings():
        try:
            _execute(block, names, where)
        except BayesFormulaError as error:
            raised = error
            print(f"{type(error).__name__}: {error}")
        except Exception as error:
            raise PageError(f"{where}: {type(error).__name__}: {error}") from error
    if (raised is not None) != ("error" in block.words):
        raise PageError(
            f"{where}: {raised or 'no error was raised, and the block says that one is'}"
        ) from raised
    figures = _figures()
    if bool(figures) != bool(block.alt) and not block.is_hidden:
        raise PageError(f"{where}: {len(figures)} figures, and alt={block.alt!r}")
    return printed.getvalue(), figures


def _execute(block: Block, names: dict[str, Any], where: str) -> None:
    tree = ast.parse(block.code, where)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, where, "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), where, "eval"), names)
        if value is not None and not _is_drawing(value):
            print(value)


def _is_drawing(value: Any) -> bool:
    """A figure, axes or collection of plots is shown as a picture, not as text."""
    first = value.flat[0] if hasattr(value, "flat") and getattr(value, "size", 0) else value
    return type(first).__module__.split(".")[0] in ("matplotlib", "arviz_plots", "graphviz")


@contextlib.contextmanager
def _printed_warnings() -> Iterator[None]:
    """Warnings of the package are part of what a block prints; those of other packages are not."""
    from bayesformula import BayesFormulaWarning

    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        if issubclass(category, BayesFormulaWarning):
            lines = f"{category.__name__}: {message}".split("\n")
            print(*(textwrap.fill(line, 88, subsequent_indent="  ") for line in lines), sep="\n")

    with warnings.catch_warnings():
        warnings.simplefilter("always", BayesFormulaWarning)
        warnings.showwarning = show  # catch_warnings puts the old one back
        yield


def _figures() -> list[bytes]:
    """Every open figure as a PNG; none is open afterwards."""
    from matplotlib import pyplot

    out = []
    for number in pyplot.get_fignums():
        data = io.BytesIO()
        pyplot.figure(number).savefig(data, format="png", dpi=110, bbox_inches="tight")
        out.append(data.getvalue())
    pyplot.close("all")
    return out
