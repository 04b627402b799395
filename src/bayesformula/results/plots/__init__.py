"""Pictures of a fit: ArviZ's for draws, our own for what only mixed models have."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bayesformula.errors import OptionError, listing, nearest

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

KINDS: Mapping[str, str] = MappingProxyType(
    {
        kind: f"plot_{kind}"
        for kind in (
            "trace", "rank", "ess", "energy", "forest", "ridge", "pair",
            "caterpillar", "shrinkage", "correlations", "fitted", "graph", "priors",
        )
    }
    | {"pp_check": "pp_check"}
)  # fmt: skip
"""Kinds of pictures and the method of a fit that draws each."""

ENDINGS = (".png", ".pdf", ".svg")


def check_plot(kind: str, path: str | PathLike[str]) -> None:
    """Refuse a kind of picture or of file that there is none of, before anything is computed.

    Raises:
        OptionError: no such kind, or another ending than .png, .pdf or .svg, or no such folder.
    """
    if kind not in KINDS:
        raise OptionError(f"no plot is called {kind!r}: {listing(nearest(str(kind), KINDS), limit=20)}")
    if Path(path).suffix.lower() not in ENDINGS:
        raise OptionError(
            f"'{path}' does not tell in which format to write a picture: end it in {listing(ENDINGS)}"
        )
    if not Path(path).parent.is_dir():
        raise OptionError(f"the folder of '{path}' does not exist: make it first")


def save_plot(fit: Fit, kind: str, path: str | PathLike[str], **options: Any) -> None:
    """Draw a picture of a fit and write it to a file.

    Args:
        fit: which.
        kind: one of `KINDS`, "forest".
        path: ends in .png, .pdf or .svg; a file that is there is replaced.
        options: arguments of the method, those of `fit.plot_forest` for "forest".

    Raises:
        OptionError: no such kind, file ending or option.
    """
    check_plot(kind, path)
    method = getattr(fit, KINDS[kind])
    _check_options(KINDS[kind], method, options)
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    before = set(pyplot.get_fignums())
    try:
        drawn = method(**options)
        if not isinstance(drawn, Figure):  # axes, or a collection of arviz-plots
            drawn = drawn.viz["figure"].item() if hasattr(drawn, "viz") else drawn.get_figure(root=True)
        with warnings.catch_warnings():  # a level may be called by a letter that the font has not
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            drawn.savefig(path, dpi=150)
    finally:
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)


def _check_options(name: str, method: Any, options: Mapping[str, Any]) -> None:
    from inspect import signature

    legal = list(signature(method).parameters)
    for option in options:
        if option not in legal:
            raise OptionError(f"{name} has no option {option!r}: {listing(nearest(option, legal), limit=20)}")
    if "backend" in options and options["backend"] not in (None, "matplotlib"):
        raise OptionError(f"a picture is written by matplotlib, not by backend={options['backend']!r}")
