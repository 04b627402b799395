"""What `bf.sbc` gives: ranks of true parameters, a test of their uniformity, and a plot."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.model.text import html_text, visible
from bayesformula.results.names import distinct
from bayesformula.results.summary import check_interval
from bayesformula.results.uniformity import p_value

if TYPE_CHECKING:
    import pandas as pd
    from arviz_plots.plot_collection import PlotCollection

WIDTH, MAX_LABEL = 80, 34
COLUMNS, PANEL, TITLE = 4, (3.0, 2.4), 34
"""Of the plot: panels in a row, width and height of each in inches, letters of a line of its title."""
LEVEL = 0.05
"""Of all tests together: with right posteriors one calibration in 20 finds something."""
HEADS = ("p", "mean", "spread", "")
UNIFORM = "uniform"


@dataclass(frozen=True, eq=False)
class Calibration:
    """Simulation-based calibration of one model; printing shows the table.

    Attributes:
        formula, family, plan: of the model.
        ranked: draws that each truth was ranked among.
        ranks: (simulations x parameters) 0 to `ranked`: posterior draws below the truth; `log_lik` is the log
            likelihood of the whole table.
        truths: likewise the true values.
        least_ess: per simulation, the fewest effective draws of any parameter.
        needed_ess: for draws to count as independent.
        thin: per simulation, one draw in how many was ranked.
        divergences: per simulation.
        redrawn: simulated responses that could not be fitted, not finite or beyond counting.
        seconds: all took.
    """

    formula: str
    family: str
    plan: str
    ranked: int
    ranks: pd.DataFrame
    truths: pd.DataFrame
    least_ess: np.ndarray
    needed_ess: float
    thin: np.ndarray
    divergences: np.ndarray
    redrawn: int
    seconds: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a parameter: are its ranks uniform?

        Columns p (the chance of uniform ranks as odd as these, by simultaneous bands for their distribution
        function), mean (of the ranks as shares of 0 to 1; 0.5), spread (their sd in units of that of uniform
        ranks; 1), verdict.
        """
        import pandas as pd

        rows = {}
        for name in self.ranks.columns:
            share = (self.ranks[name].to_numpy() + 0.5) / (self.ranked + 1)
            p = p_value(self.ranks[name].to_numpy(), self.ranked)
            mean, spread = float(share.mean()), float(np.sqrt(12 * np.mean((share - 0.5) ** 2)))
            verdict = self._verdict(p, mean, float(share.var() * 12))
            rows[name] = {"p": p, "mean": mean, "spread": spread, "verdict": verdict}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")

    def _verdict(self, p: float, mean: float, variance: float) -> str:
        """In words; the level is shared out over the parameters."""
        n = len(self.ranks)
        if p * self.ranks.shape[1] >= LEVEL:
            return UNIFORM
        shift = (mean - 0.5) * np.sqrt(12 * n)
        widening = (variance - 1) / np.sqrt(0.8 / n)  # the variance of (u - 1/2)^2 * 12 is 0.8
        if max(abs(shift), abs(widening)) < 2:
            return "not uniform"
        if abs(shift) >= abs(widening):
            return "estimated too low" if shift > 0 else "estimated too high"
        return "posteriors too narrow" if widening > 0 else "posteriors too wide"

    @property
    def is_calibrated(self) -> bool:
        """Whether no ranks were found that are not uniform."""
        return bool((self.table["verdict"] == UNIFORM).all())

    def plot(
        self,
        var_names: Sequence[str] | None = None,
        *,
        ci: float = 0.95,
        backend: str | None = None,
        figure_kwargs: Mapping[str, Any] | None = None,
        visuals: Mapping[str, Any] | None = None,
        plot_kwargs: Mapping[str, Any] | None = None,
    ) -> PlotCollection:
        """Distribution functions of the ranks less that of uniform ones, with bands that hold everywhere.

        A line that stays in the band is as it should be. Well above it are too many low ranks: the truth lies
        low in its posterior, which is too high. An S, first above and then below, means posteriors that are
        too narrow; first below and then above, too wide ones.

        Args:
            var_names: names of columns of `ranks`; all when it is not given.
            ci: probability that all of a right line lies in its band.
            backend: "matplotlib", "bokeh" or "plotly".
            figure_kwargs: of the figure, {"figsize": (8, 6)}.
            visuals: of the parts of the picture, as in `arviz_plots.plot_ecdf_pit`.
            plot_kwargs: further arguments of `arviz_plots.plot_ecdf_pit`.

        Returns:
            The collection of plots of arviz-plots.
        """
        from arviz_base import rcParams
        from arviz_plots import plot_ecdf_pit

        check_interval(ci, "eti")
        names = self._chosen(var_names)
        engine = backend or str(rcParams["plot.backend"])
        columns = min(COLUMNS, len(names))
        size = (PANEL[0] * columns, PANEL[1] * -(-len(names) // columns))
        figure: dict[str, Any] = {"figsize": size, "figsize_units": "inches"}
        if engine == "matplotlib":
            figure["layout"] = "constrained"
        parts: Any = {
            "title": {"size": 10},
            "xlabel": {"text": "rank as a share", "size": 9},
            **(visuals or {}),
        }
        arguments: dict[str, Any] = {
            "col_wrap": columns,
            "figure_kwargs": {**figure, **(figure_kwargs or {})},
        }
        arguments |= plot_kwargs or {}
        return plot_ecdf_pit(
            self._tree(names),
            sample_dims=["simulation"],
            ci_prob=ci,
            backend=engine,
            visuals=parts,
            **arguments,
        )

    def _chosen(self, names: Sequence[str] | None) -> list[str]:
        """Columns of `ranks` to draw.

        Raises:
            OptionError: there is none of that name.
        """
        known = [str(name) for name in self.ranks.columns]
        chosen = known if names is None else [names] if isinstance(names, str) else list(names)
        for name in chosen:
            if name not in known:
                raise OptionError(
                    f"no ranks of {name!r}: there are those of {listing(nearest(str(name), known))}"
                )
        return chosen

    def _tree(self, names: list[str]) -> Any:
        """Ranks as shares, spread evenly within the step of each: uniform between 0 and 1 if ranks are."""
        import xarray as xr

        within = np.random.default_rng(0).uniform(size=(len(self.ranks), len(names)))
        shares = (self.ranks[names].to_numpy() + within) / (self.ranked + 1)
        titles = distinct("\n".join(textwrap.wrap(name, TITLE)) for name in names)
        variables = {title: ("simulation", shares[:, i]) for i, title in enumerate(titles)}
        group = xr.Dataset(variables, {"simulation": np.arange(len(self.ranks))})
        return xr.DataTree.from_dict({"prior_sbc": group})

    def _facts(self) -> list[str]:
        n, plural = len(self.ranks), "s" if len(self.ranks) > 1 else ""
        facts = [f"Calibration of {self.formula}, family {self.family}, plan {self.plan}"]
        facts.append(f"{n} simulation{plural}, truths ranked among {self.ranked} draws, {self.seconds:.0f} s")
        return facts

    def _notes(self) -> list[str]:
        found = [
            name
            for name, verdict in zip(self.table.index, self.table["verdict"], strict=True)
            if str(verdict) != UNIFORM
        ]
        n = len(self.ranks)
        least = 3 / np.sqrt(n)
        notes = [
            f"Not uniform: {', '.join(map(str, found))}. Where the program is right, chains did not explore: "
            "look at divergences and effective draws, raise target_accept, or tighten the priors."
            if found
            else f"Nothing found: {n} simulations show what is {least:.1g} posterior sds off, or more."
        ]
        short = int(np.sum(~(self.least_ess >= self.needed_ess)))
        if short:
            notes.append(
                f"{short} of {n} chains ended with fewer than {self.needed_ess:.0f} effective draws: their "
                "draws hang together, and their ranks tend to both ends."
            )
        diverged = int(np.sum(self.divergences > 0))
        if diverged:
            notes.append(f"{diverged} of {n} fits had divergences, {int(self.divergences.sum())} in all.")
        if self.redrawn:
            notes.append(
                f"{self.redrawn} simulated responses were drawn anew: not finite, or counts above 2^31. The "
                "priors say that such responses may be."
            )
        return notes

    def _cells(self) -> list[list[str]]:
        out = []
        for key, row in self.table.to_dict("index").items():
            name, p = visible(str(key)), float(row["p"])
            shown = "<0.0001" if p < 1e-4 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"
            out.append([name, shown, f"{row['mean']:.2f}", f"{row['spread']:.2f}", str(row["verdict"])])
        return out

    def __repr__(self) -> str:
        width = min(MAX_LABEL, max(len(str(name)) for name in self.ranks.columns)) + 2
        lines = [
            line for fact in self._facts() for line in textwrap.wrap(fact, WIDTH, subsequent_indent="  ")
        ]
        lines += ["", " " * width + "".join(f"{head:>8}" for head in HEADS[:3])]
        for name, *cells, verdict in self._cells():
            numbers = "".join(f"{cell:>8}" for cell in cells) + f"  {verdict}"
            if len(name) + 2 > width:
                lines += [*textwrap.wrap(name, WIDTH, subsequent_indent="  "), " " * width + numbers]
            else:
                lines.append(f"{name:<{width}}{numbers}")
        lines.append("")
        lines += [
            line for note in self._notes() for line in textwrap.wrap(note, WIDTH, subsequent_indent="  ")
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{head}</th>" for head in ("", *HEADS))
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:left">{html_text(cell)}</td>' for cell in cells)
            + "</tr>"
            for cells in self._cells()
        )
        facts = "".join(f"<div>{html_text(line)}</div>" for line in self._facts())
        notes = "".join(f"<div>{html_text(line)}</div>" for line in self._notes())
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        return f"<div>{facts}{table}{notes}</div>"
