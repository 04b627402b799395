"""What results are called: flat brms names, xarray variables and dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from bayesformula.model.spec import GroupSpec, ModelSpec

RESERVED = frozenset({"chain", "draw", "term", "b", "sigma"})
"""Dimensions and variables of every posterior; a dimension of levels cannot have their names."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One reported scalar: its flat name, and where it sits in the recovered arrays."""

    flat: str
    variable: str
    at: tuple[int, ...]
    section: str
    label: str


def safe(name: str) -> str:
    """A name that may stand in a file: `/` would make a folder there."""
    return name.replace("/", "_")


@dataclass(frozen=True, slots=True)
class GroupNames:
    """What xarray calls the parts of one group: `sd_<name>`, the levels' dimension, the coefficients' two."""

    name: str
    dimension: str

    @property
    def coef(self) -> str:
        return f"coef_{self.name}"

    @property
    def coef2(self) -> str:
        return f"coef2_{self.name}"

    def sd_coef(self, *, has_by: bool) -> tuple[str, str]:
        """The dimensions of sds and correlations: others than the coefficients' under `gr(by = )`."""
        return (f"coef_by_{self.name}", f"coef2_by_{self.name}") if has_by else (self.coef, self.coef2)


def group_names(model: ModelSpec) -> dict[str, GroupNames]:
    """Names by group, each its own: `_` is added where a name stands for something else of the fit."""
    names: dict[str, str] = {}
    for group in model.groups:
        names[group.label] = _free(safe(group.label), set(names.values()))
    kinds = ("sd", "cor", "df", "r", "coef", "coef2", "coef_by", "coef2_by")
    taken = set(RESERVED) | {f"{kind}_{name}" for kind in kinds for name in names.values()}
    out = {}
    for label, name in names.items():
        dimension = _free(name, taken)
        taken.add(dimension)
        out[label] = GroupNames(name, dimension)
    return out


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def scalars(model: ModelSpec) -> tuple[Scalar, ...]:
    """Every scalar of the summary, in its order: b; per group sds and correlations; sigma."""
    out = [
        Scalar(f"b_{column}", "b", (i,), "Population effects", column)
        for i, column in enumerate(model.mu.columns)
    ]
    for group in model.groups:
        section = f"Group effects: {group.label} ({group.n_levels} levels)"
        out += [
            Scalar(f"sd_{group.label}__{coef}", f"sd_{group.label}", (i,), section, f"sd({coef})")
            for i, coef in enumerate(group.sd_coefs)
        ]
        out += [
            Scalar(
                f"cor_{group.label}__{group.sd_coefs[i]}__{group.sd_coefs[j]}",
                f"cor_{group.label}",
                (i, j),
                section,
                f"cor({group.sd_coefs[i]},{group.sd_coefs[j]})",
            )
            for i, j in correlated_pairs(group)
        ]
        if group.dist == "student":
            out.append(Scalar(f"df_{group.label}", f"df_{group.label}", (), section, "df"))
    if model.prior_rows("sigma"):
        out.append(Scalar("sigma", "sigma", (), "Residual", "sigma"))
    return tuple(out)


def correlated_pairs(group: GroupSpec) -> list[tuple[int, int]]:
    """Positions (i, j) of sds, i < j in order of writing, of coefficients within one block."""
    return sorted(
        (min(i, j), max(i, j))
        for block in group.sd_blocks
        for n, i in enumerate(block)
        for j in block[n + 1 :]
    )


def effect_names(group: GroupSpec, levels: tuple[str, ...]) -> list[str]:
    """`r_cafe[c3,Intercept]`, level by level, coefficients within."""
    return [f"r_{group.label}[{level},{coef}]" for level in levels for coef in group.coefs]
