"""Population coefficients, group effects, their sum, and the covariance of group effects, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.model.text import html_text, visible
from bayesformula.results.names import Scalar, coefs, distinct, effect_names, population, scalars, sd_coefs
from bayesformula.results.summary import location, stack

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.keeping import Moments
    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit


def pick_groups(fit: Fit, label: str | None) -> tuple[GroupSpec, ...]:
    """The group called `label`, or all of them.

    Raises:
        OptionError: no such group.
    """
    if label is None:
        return fit.spec.groups
    chosen = tuple(g for g in fit.spec.groups if g.label == label)
    if not chosen:
        legal = [g.label for g in fit.spec.groups]
        known = f"the groups are {listing(nearest(label, legal))}" if legal else "the model has no groups"
        raise OptionError(f"no group {label!r} in this model: {known}")
    return chosen


def fixed(fit: Fit, ci: float, kind: str) -> pd.DataFrame:
    """Population coefficients by term: mean, sd, lower, upper.

    Terms are flat names without `b_`: columns of mu, thresholds `Intercept[1]`, `x[1]` for `cs(x)`, columns
    of a further parameter after its name, `sigma_x`.
    """
    import pandas as pd

    rows = population(fit.spec)
    index = pd.Index(distinct(row.term for row in rows), name="term")
    return pd.DataFrame(location(stack(fit.draws, rows), ci, kind), index=index)


def effects(fit: Fit, label: str | None, ci: float, kind: str, *, total: bool) -> pd.DataFrame:
    """Group effects (or, `total`, coefficients: population plus group) by group, level and coefficient.

    With `keep="summary"` only means and sds of the effects were kept; the interval is then Gaussian.
    """
    import pandas as pd

    frames = []
    for group in pick_groups(fit, label):
        coefs, values = _effect_table(fit, group, ci, kind, total=total)
        names = fit.levels[group.label][0]
        index = pd.MultiIndex.from_product([[group.label], names, coefs], names=["group", "level", "coef"])
        frames.append(pd.DataFrame({k: v.ravel() for k, v in values.items()}, index=index))
    if not frames:
        index = pd.MultiIndex.from_arrays([[], [], []], names=["group", "level", "coef"])
        return pd.DataFrame(
            {k: pd.Series(dtype=float) for k in ("mean", "sd", "lower", "upper")}, index=index
        )
    return pd.concat(frames)


def _effect_table(
    fit: Fit, group: GroupSpec, ci: float, kind: str, *, total: bool
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Coefficient names and (levels, coefficients) values of one group."""
    name = f"r_{group.label}"
    if name in fit.moments:
        if total:
            raise OptionError(
                "coef() needs the draws of the group effects, and this fit kept their means and sds only: "
                'fit again with keep="draws"'
            )
        return coefs(group), _from_moments(fit.moments[name], ci)
    r = fit.draws[name]
    if not total:
        return coefs(group), location(r, ci, kind)
    parts = parts_of(group, population(fit.spec))
    out = {key: np.empty((r.shape[2], len(parts))) for key in ("mean", "sd", "lower", "upper")}
    for i, part in enumerate(parts):
        for key, values in location(part.draws(fit.draws, r), ci, kind).items():
            out[key][:, i] = values
    return distinct(part.name for part in parts), out


@dataclass(frozen=True, slots=True)
class Part:
    """One coefficient of the levels of a group: a population coefficient, an effect, or both."""

    name: str
    row: Scalar | None
    position: int | None

    def draws(self, draws: Mapping[str, np.ndarray], r: np.ndarray) -> np.ndarray:
        """(chains, draws, levels) values; `r` are the effects of the group.

        A threshold is what the predictor has to pass, so an effect that raises the predictor lowers it.
        """
        effect = np.zeros(r.shape[:3]) if self.position is None else r[..., self.position]
        if self.row is None:
            return effect
        shared = draws[self.row.variable][(slice(None), slice(None), *self.row.at)][..., None]
        return shared - effect if self.row.variable == "Intercept" else shared + effect


def parts_of(group: GroupSpec, rows: Sequence[Scalar]) -> list[Part]:
    """Coefficients in order: those with an effect in order of writing, then the other population ones."""
    out, used = [], set[Scalar]()
    for position, coef in enumerate(coefs(group)):
        place = (group.owner(position), group.column(position))
        found = [row for row in rows if (row.owner, row.column) == place]
        out += [Part(row.term, row, position) for row in found] or [Part(coef, None, position)]
        used.update(found)
    return out + [Part(row.term, row, None) for row in rows if row not in used]


def _from_moments(moments: Moments, ci: float) -> dict[str, np.ndarray]:
    from statistics import NormalDist

    mean, half = moments.mean, NormalDist().inv_cdf(0.5 + ci / 2) * moments.sd
    return {"mean": mean, "sd": moments.sd, "lower": mean - half, "upper": mean + half}


@dataclass(frozen=True)
class GroupCovariance:
    """How the effects of one group vary and covary.

    Attributes:
        sd: (coef) mean, sd, lower, upper of each standard deviation.
        cor: (coef, coef) posterior mean of the correlations, 0 between blocks.
        cov: (coef, coef) posterior mean of the covariances.
        draws: (chains, draws, q, q) covariances.

    Under `gr(g, by = f)` every coefficient stands there once for each level of f, `Intercept:fA`. Of Student
    effects these are the scales, the sds but for a factor sqrt(df / (df - 2)).
    """

    sd: pd.DataFrame
    cor: pd.DataFrame
    cov: pd.DataFrame
    draws: np.ndarray


class UnknownGroupError(OptionError, KeyError):
    """The model has no group of that name; a `KeyError` too, so that `in` and `get` work."""


class VarCorr(Mapping[str, GroupCovariance]):
    """Standard deviations, correlations and covariances of the group effects, by group.

    `varcorr["cafe"].cov` is the covariance matrix; printing shows lme4's table with posterior means.
    """

    def __init__(self, groups: dict[str, GroupCovariance], sigma: float | None) -> None:
        self._groups, self.sigma = groups, sigma

    def __getitem__(self, label: str) -> GroupCovariance:
        if label not in self._groups:
            legal = listing(nearest(str(label), self._groups)) or "none"
            raise UnknownGroupError(f"no group {label!r} in this model: the groups are {legal}")
        return self._groups[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)

    def __repr__(self) -> str:
        labels = [*map(visible, self._groups), "Residual"]
        coefs = [visible(coef) for part in self._groups.values() for coef in part.sd.index]
        wide, name = max(map(len, labels)), max([4, *map(len, coefs)])
        lines = [f"{'Group':<{wide}}  {'Name':<{name}}  {'sd':>9}  cor"]
        for label, part in self._groups.items():
            for i, coef in enumerate(part.sd.index):
                cor = "  ".join(f"{part.cor.iloc[i, j]:5.2f}" for j in range(i))
                first, coef = visible(label) if i == 0 else "", visible(coef)
                sd = float(part.sd["mean"].iloc[i])
                lines.append(f"{first:<{wide}}  {coef:<{name}}  {sd:9.4g}  {cor}".rstrip())
        if self.sigma is not None:
            lines.append(f"{'Residual':<{wide}}  {'':<{name}}  {self.sigma:9.4g}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same table for a notebook, every name escaped."""
        rows = []
        for label, part in self._groups.items():
            for i, coef in enumerate(part.sd.index):
                cor = "".join(f"<td>{part.cor.iloc[i, j]:.2f}</td>" for j in range(i))
                first = html_text(label) if i == 0 else ""
                sd = f"{float(part.sd['mean'].iloc[i]):.4g}"
                rows.append(f"<tr><td>{first}</td><td>{html_text(coef)}</td><td>{sd}</td>{cor}</tr>")
        if self.sigma is not None:
            rows.append(f"<tr><td>Residual</td><td></td><td>{self.sigma:.4g}</td></tr>")
        heads = "<tr><th>Group</th><th>Name</th><th>sd</th><th>cor</th></tr>"
        return f"<table><thead>{heads}</thead><tbody>{''.join(rows)}</tbody></table>"


def varcorr(fit: Fit, ci: float, kind: str) -> VarCorr:
    """The covariance structure of every group."""
    import pandas as pd

    out = {}
    for group in fit.spec.groups:
        sd = fit.draws[f"sd_{group.label}"]
        cor = fit.draws.get(f"cor_{group.label}")
        if cor is None:
            cor = np.broadcast_to(np.eye(sd.shape[-1]), (*sd.shape, sd.shape[-1]))
        cov = cor * sd[..., :, None] * sd[..., None, :]
        names = sd_coefs(group)
        out[group.label] = GroupCovariance(
            sd=pd.DataFrame(location(sd, ci, kind), index=pd.Index(names, name="coef")),
            cor=pd.DataFrame(cor.mean(axis=(0, 1)), names, names),
            cov=pd.DataFrame(cov.mean(axis=(0, 1)), names, names),
            draws=cov,
        )
    return VarCorr(out, float(fit.draws["sigma"].mean()) if "sigma" in fit.draws else None)


def draws_frame(fit: Fit, *, effects: bool) -> pd.DataFrame:
    """Flat brms names, one row a draw, indexed by chain and draw."""
    import pandas as pd

    rows = scalars(fit.spec)
    values = stack(fit.draws, rows)
    chains, draws = values.shape[:2]
    columns = {row.flat: values[:, :, i].ravel() for i, row in enumerate(rows)}
    for group in fit.spec.groups if effects else ():
        r = fit.draws.get(f"r_{group.label}")
        if r is not None:
            names = effect_names(group, fit.levels[group.label][0])
            columns |= zip(names, r.reshape(chains * draws, -1).T, strict=True)
    index = pd.MultiIndex.from_product([range(chains), range(draws)], names=["chain", "draw"])
    return pd.DataFrame(columns, index=index)
