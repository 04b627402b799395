"""Which parameters a picture shows, under their flat names, as an ArviZ DataTree of scalars."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import BayesFormulaWarning, OptionError, listing, nearest
from bayesformula.results.names import coefs, distinct, effect_names, safe, scalars
from bayesformula.results.plots.labels import numbered, shown
from bayesformula.results.plots.style import listed
from bayesformula.results.summary import stack
from bayesformula.results.tables import pick_groups

if TYPE_CHECKING:
    import xarray as xr
    from arviz_base.labels import MapLabeller

    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit

KINDS = ("b", "sd", "cor", "df")
"""Kinds of parameters that stand for all of theirs in `var_names`."""


@dataclass(frozen=True)
class Chosen:
    """Parameters to be drawn.

    Attributes:
        draws: (chains, draws) each, by flat name, in the order of the summary.
        labels: what each is called in the picture.
    """

    draws: Mapping[str, np.ndarray]
    labels: Mapping[str, str]

    def tree(self, fit: Fit, *, by_label: bool = False) -> xr.DataTree:
        """An ArviZ DataTree with one variable each, and the fit's sample_stats.

        Args:
            fit: whose sampler's counts.
            by_label: name the variables as in the picture, for functions that ask no labeller.
        """
        import xarray as xr

        dims = ("chain", "draw")
        keys = self._keys
        if by_label:
            keys = dict(zip(self.draws, distinct(self.labels[name] for name in self.draws), strict=True))
            keys = {name: key.replace("/", "\N{DIVISION SLASH}") for name, key in keys.items()}
        posterior = xr.Dataset({key: (dims, self.draws[name]) for name, key in keys.items()})
        stats = fit.data_tree["sample_stats"].to_dataset()
        at = {"chain": stats["chain"], "draw": stats["draw"]}
        return xr.DataTree.from_dict({"posterior": posterior.assign_coords(at), "sample_stats": stats})

    def labeller(self) -> MapLabeller:
        """Gives ArviZ the names of the picture."""
        from arviz_base.labels import MapLabeller

        return MapLabeller(var_name_map={key: self.labels[name] for name, key in self._keys.items()})

    @property
    def _keys(self) -> dict[str, str]:
        """What xarray calls each parameter: a `/` would be a path there."""
        return dict(zip(self.draws, distinct(map(safe, self.draws)), strict=True))


def the_group(fit: Fit, label: str | None, picture: str) -> GroupSpec:
    """The group called `label`; without one the first.

    Raises:
        OptionError: no such group, or no groups at all.
    """
    if not fit.spec.groups:
        raise OptionError(
            f"{picture} shows group effects, and the model has no groups: '{fit.spec.formula}' has no term "
            "like (1 | group)"
        )
    return pick_groups(fit, label)[0]


def effect_draws(fit: Fit, group: GroupSpec) -> np.ndarray:
    """(chains, draws, levels, coefficients) effects of a group.

    Raises:
        OptionError: only their means and sds were kept.
    """
    r = fit.draws.get(f"r_{group.label}")
    if r is None:
        raise OptionError(
            f"draws of the effects of '{group.label}' are needed, and this fit kept only means and sds: "
            'fit again with keep="draws"'
        )
    return r


def choose(
    fit: Fit,
    var_names: str | Sequence[str] | None,
    group: str | None,
    *,
    most: int,
    limit: int,
) -> Chosen:
    """The parameters that are asked for; by default all but the group effects.

    Args:
        fit: whose draws.
        var_names: flat names (`b_x`, `r_g[a,Intercept]`), variables (`sd_g`, `sigma`), kinds (`b`, `sd`,
            `cor`, `df`) or terms (`x`).
        group: adds the effects of this group; without `var_names` there are no others.
        most: at most so many where nothing is named; the rest is left out with a warning.
        limit: more than so many are refused.

    Raises:
        OptionError: no such parameter or group, too many, or none that moves.
    """
    rows = scalars(fit.spec)
    names = [row.flat for row in rows]
    effects: list[str] = []
    if var_names is not None:
        found = [name for each in listed(var_names) for name in _named(fit, each)]
        names = list(dict.fromkeys(found))
    elif group is not None:
        names = []
    if group is not None:
        for spec in pick_groups(fit, group):
            effect_draws(fit, spec)
            effects += effect_names(spec, fit.levels[spec.label][0])
    names = list(dict.fromkeys([*names, *effects]))
    is_default = var_names is None and group is None
    if not is_default and len(names) > limit:
        raise OptionError(
            f"{len(names)} parameters are more than the {limit} that this picture can hold: name those to "
            f"draw, var_names={names[:2]!r}"
        )
    draws = _moving(fit, names)
    if is_default and len(draws) > most:
        warnings.warn(
            f"the first {most} of {len(draws)} parameters are drawn; name others with var_names=",
            BayesFormulaWarning,
            stacklevel=4,
        )
        draws = dict(list(draws.items())[:most])
    has_effects = any(name.startswith("r_") for name in draws)
    effect_labels = _effect_labels(fit) if has_effects else {}
    labels = numbered(effect_labels.get(name) or shown(name, 36) for name in draws)
    return Chosen(draws, dict(zip(draws, labels, strict=True)))


def _effect_labels(fit: Fit) -> dict[str, str]:
    """`level, coefficient` of every group effect by flat name, the two shortened apart from each other."""
    out: dict[str, str] = {}
    for group in fit.spec.groups:
        levels = fit.levels[group.label][0]
        called = [f"{shown(level, 30)}, {shown(coef, 20)}" for level in levels for coef in coefs(group)]
        out |= zip(effect_names(group, levels), called, strict=True)
    return out


def _named(fit: Fit, name: str) -> list[str]:
    """The flat names that one entry of `var_names` stands for."""
    rows = scalars(fit.spec)
    for test in (
        lambda row: row.flat == name,
        lambda row: row.variable == name,
        lambda row: name in KINDS and row.flat.startswith(f"{name}_"),
        lambda row: bool(row.column) and row.term == name,
    ):
        found = [row.flat for row in rows if test(row)]
        if found:
            return found
    effects: list[str] = []
    for group in fit.spec.groups:
        own = effect_names(group, fit.levels[group.label][0])
        if name == f"r_{group.label}":
            effect_draws(fit, group)
            return own
        if name in own:
            effect_draws(fit, group)
            return [name]
        effects += own if name.startswith("r_") else [f"r_{group.label}"]
    legal = [*(row.flat for row in rows), *dict.fromkeys(row.variable for row in rows), *effects]
    raise OptionError(f"var_names: no parameter {name!r} in this model: {listing(nearest(name, legal))}")


def _moving(fit: Fit, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Draws by flat name, without those that never move (a constant has no density)."""
    rows = scalars(fit.spec)
    values = stack(fit.draws, rows)
    at = {row.flat: values[..., i] for i, row in enumerate(rows)}
    for group in fit.spec.groups:
        r = fit.draws.get(f"r_{group.label}")
        if r is not None and any(name not in at for name in names):
            flat = r.reshape(*r.shape[:2], -1)
            own = effect_names(group, fit.levels[group.label][0])
            at |= {name: flat[..., i] for i, name in enumerate(own)}
    out = {name: at[name] for name in names if np.ptp(at[name]) > 0}
    if not out:
        raise OptionError("no parameter of this model moves, so that there is nothing to draw")
    return out
