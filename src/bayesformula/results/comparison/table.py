"""The table of a comparison: ArviZ's, with a printed form that fits a terminal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bayesformula.model.text import html_text, visible

LONGEST = 24
"""Characters of a model's name that are printed."""
DECIMALS = {"elpd": 1, "p": 1, "elpd_diff": 1, "weight": 2, "se": 1, "dse": 1, "subsampling_dse": 1}
PRINTED = ("elpd", "se", "elpd_diff", "dse", "p", "weight")


class Comparison(pd.DataFrame):
    """A data frame like any other; printing it rounds, and leaves out what its order says."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame  # what is computed from it is no comparison any more

    def __repr__(self) -> str:
        columns = [name for name in (*PRINTED, "subsampling_dse") if name in self.columns]
        names = [_shortened(str(name)) for name in self.index]
        wide = max([5, *map(len, names)])
        cells = {
            name: [name, *(_cell(self[name].iloc[i], name) for i in range(len(self)))] for name in columns
        }
        widths = {name: max(map(len, texts)) for name, texts in cells.items()}
        lines = []
        for i, label in enumerate(["model", *names]):
            line = f"{label:<{wide}}" + "".join(f"  {cells[name][i]:>{widths[name]}}" for name in columns)
            is_marked = i > 0 and "warning" in self.columns and bool(self["warning"].iloc[i - 1])
            lines.append(line + ("  *" if is_marked else ""))
        if any(line.endswith("  *") for line in lines):
            lines.append("* not to be trusted everywhere: see the warnings, or .pareto_k of loo()")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rounded = pd.DataFrame(self).round(pd.Series(DECIMALS))
        return rounded.rename(index=lambda name: html_text(visible(str(name)))).to_html(escape=False)


def _shortened(text: str) -> str:
    name = visible(text)
    return name if len(name) <= LONGEST else name[: LONGEST - 3] + "..."


def _cell(value: Any, name: str) -> str:
    return f"{value:.{DECIMALS[name]}f}" if np.isfinite(value) else "-"
