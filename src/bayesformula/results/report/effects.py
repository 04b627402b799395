"""What each predictor does, the others held typical."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesformula.results.report.markup import Section, attempt, note
from bayesformula.results.report.pictures import gallery, panels, picture

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

MAX_EFFECTS, MAX_POINTS, DRAWS = 8, 3000, 1000


def section(fit: Fit) -> Section:
    """Conditional effects."""
    if fit.frame is None:
        part = note("Effects of predictors need the rows, and this fit was saved without them.")
    else:
        part = attempt(lambda: _effects(fit), "effects of predictors")
    return Section("effects", "Effects of predictors", (part,))


def _effects(fit: Fit) -> str:
    from bayesformula.results.effects.conditional import conditional_effects, population_effects

    every = [":".join(names) for names in population_effects(fit)]
    if not every:
        beside = " but groups" if fit.spec.groups else ""
        return note(f"The formula of the response has no predictors{beside}.")
    found = conditional_effects(fit, every[:MAX_EFFECTS], draws=DRAWS)
    has_points = fit.spec.n_rows <= MAX_POINTS
    names = list(found)
    with panels(len(names), (3.6, 2.7)) as axes:
        found.plot(points=has_points, axes=axes)
        pictures = [
            picture(ax.get_figure(root=True), f"effect of {name}")  # pyright: ignore[reportArgumentType]
            for ax, name in zip(axes, names, strict=True)
        ]
    what = "Probability of each category of" if fit.spec.categories else "Mean of"
    what = "Expected count in each category of" if fit.family.support == "matrix" else what
    typical = " for a typical level of each group" if fit.spec.groups else ""
    seen = " Grey points are the rows of the data." if has_points and not fit.spec.categories else ""
    more = f" The first {MAX_EFFECTS} of {len(every)} effects." if len(every) > MAX_EFFECTS else ""
    return gallery(
        pictures,
        f"{what} {fit.spec.response} with a 95 % interval{typical}, other predictors at typical values."
        f"{seen}{more}",
    )
