"""One predictor, or one interaction, after another: what brms calls conditional effects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayesformula.errors import OptionError, listing, nearest, visible_lines
from bayesformula.results.effects.grid import RESOLUTION, grid, group_columns, predictors
from bayesformula.results.effects.rows import Scale, asked_of_rows
from bayesformula.results.prediction.request import Groups
from bayesformula.results.summary import check_interval

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit


class ConditionalEffects(Mapping[str, "pd.DataFrame"]):
    """Tables by effect, `x` or `x:f`: the predictors of each row, mean, sd, lower, upper.

    `.plot()` draws them.
    """

    def __init__(self, fit: Fit, tables: dict[str, pd.DataFrame], label: str) -> None:
        self.fit, self._tables, self.label = fit, tables, label

    def __getitem__(self, effect: str) -> pd.DataFrame:
        if effect not in self._tables:
            raise KeyError(f"no effect {effect!r}: there are {listing(nearest(str(effect), self._tables))}")
        return self._tables[effect]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        lines = [f"{self.label} of {self.fit.spec.response}, other predictors typical; .plot() draws them"]
        for name, table in self._tables.items():
            lines += ["", name, table.head(6).to_string(index=False, float_format=lambda v: f"{v:.4g}")]
            lines += [f"... {len(table)} rows"] if len(table) > 6 else []
        return visible_lines("\n".join(lines))

    def plot(self, *, points: bool = False, axes: Any = None) -> Any:
        """Draw every effect in a panel of its own.

        Args:
            points: show the rows of the data, where the answer is on the scale of the response.
            axes: of matplotlib, as many as there are effects; new ones when they are not given.

        Returns:
            The figure.
        """
        from bayesformula.results.plots.conditional import plot_effects

        return plot_effects(self, points=points, axes=axes)


def conditional_effects(
    fit: Fit,
    effects: str | Sequence[str] | None = None,
    *,
    conditions: Mapping[str, Any] | None = None,
    kind: str = "mean",
    parameter: str | None = None,
    groups: Groups = "none",
    resolution: int = RESOLUTION,
    draws: int | None = None,
    ci: float = 0.95,
    interval: str = "eti",
) -> ConditionalEffects:
    """What each predictor does, others held typical: tables, and pictures by `.plot()`.

    Args:
        effects: predictors `"x"` and interactions `"x:f"` (the first along the axis, the second at the mean
            and one sd to both sides, or at its levels); all of the formula of mu when they are not given.
        conditions: values of other predictors in place of typical ones, `{"age": 30}`.
        kind, parameter, draws: as for `predictions`.
        groups: as for `predict`: "none" for a typical level, "integrate" for the mean over levels.
        resolution: values of a numeric predictor.
        ci, interval: of the interval.

    Raises:
        OptionError: no such predictor; or the model has none.

    Example:
        >>> fit.conditional_effects().plot(points=True)  # doctest: +SKIP
    """
    check_interval(ci, interval)
    chosen = _chosen(fit, effects)
    held = {name: [value] for name, value in (conditions or {}).items()}
    tables = {}
    for names in chosen:
        clash = [name for name in names if name in held]
        if clash:
            raise OptionError(
                f"conditions: {clash[0]!r} is an effect that is drawn; leave it out of one of them"
            )
        at = {**dict.fromkeys(names), **held}
        frame = grid(fit, at, resolution, groups)
        found = asked_of_rows(
            fit,
            frame,
            [frame],
            Scale(kind, parameter, groups, "population", draws),
            lambda each: each[0],
            None,
        )
        table = found.summarised(ci, interval)
        keep = [*names, *held, *(["category"] if "category" in table else []), "mean", "sd", "lower", "upper"]
        tables[":".join(names)] = table[keep]
    label = "linear predictor" if kind == "linear" else parameter or "mean"
    return ConditionalEffects(fit, tables, label)


def _chosen(fit: Fit, effects: str | Sequence[str] | None) -> list[tuple[str, ...]]:
    """Names of the predictors of each effect."""
    if effects is None:
        found = population_effects(fit)
        if not found:
            raise OptionError("the formula of mu has no predictors: there is no effect to show")
        return found
    chosen = []
    legal = predictors(fit)
    for effect in [effects] if isinstance(effects, str) else list(effects):
        names = tuple(part.strip() for part in str(effect).split(":"))
        if effect in legal:
            names = (str(effect),)
        unknown = [name for name in names if name not in legal]
        if unknown or len(names) > 2:
            known = listing(nearest(str(unknown[0] if unknown else effect), legal))
            raise OptionError(
                f"effects: {effect!r} is no predictor, nor two joined by ':'; these are {known}"
            )
        chosen.append(names)
    return chosen


def population_effects(fit: Fit) -> list[tuple[str, ...]]:
    """The predictors of the population part of mu, and the pairs that stand in one term of it."""
    from bayesformula.syntax.render import variables_of

    grouping = group_columns(fit)
    single: list[tuple[str, ...]] = []
    pairs: list[tuple[str, ...]] = []
    predictor = fit.schema.spec.predictors[0]
    for term in (*predictor.terms, *predictor.specific):
        names = list(dict.fromkeys(name for part in term.variables for name in variables_of(part)))
        names = [name for name in names if name in fit.schema.columns]
        single += [(name,) for name in names if name not in grouping or len(names) == 1]
        if len(names) == 2:
            pairs.append((names[0], names[1]))
    return list(dict.fromkeys([*single, *pairs]))
