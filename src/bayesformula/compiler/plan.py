"""Which plan fits a model: a pure rule of its structure, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from bayesformula.compiler.structure import elimination_order
from bayesformula.errors import OptionError
from bayesformula.model.spec import ModelSpec

PLANS = ("marginal", "noncentred", "centred")
SPELLINGS = {"noncentered": "noncentred", "centered": "centred", "marginalized": "marginal"}
MAX_BORDER = 2000
"""Columns of the dense border up to which `auto` integrates out: one gradient is cubic in them."""
MAX_BORDER_BYTES = 2**28
"""Size of its largest block up to which `auto` integrates out: a gradient passes over it several times."""
REFUSED_BYTES = 2**33
"""Beyond this, `marginal` is refused even when asked for: several copies would have to fit in memory."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the coefficients enter the sampler, and why."""

    name: str
    reason: str


def choose(model: ModelSpec, requested: str = "auto") -> Plan:
    """The plan for `model`.

    Raises:
        OptionError: `requested` is no plan, or is not exact for this model.
    """
    name = SPELLINGS.get(requested, requested)
    if name == "whitened":
        raise OptionError(
            "plan='whitened' is for responses that are not Gaussian, and this version fits Gaussian ones: "
            "write plan='auto', 'marginal', 'noncentred' or 'centred'"
        )
    if name not in ("auto", *PLANS):
        raise OptionError(
            f"plan={requested!r} is not a plan: write 'auto', 'marginal', 'noncentred' or 'centred'"
        )
    width, size = _border(model)
    if name == "marginal" and size > REFUSED_BYTES:
        raise OptionError(
            f"plan='marginal' would need blocks of {size / 2**30:.0f} GiB, as {_crossed(model)} are crossed "
            "with other effects and too many: write plan='noncentred'"
        )
    if name != "auto":
        return Plan(name, "asked for")
    if width > MAX_BORDER or size > MAX_BORDER_BYTES:
        return Plan(
            "noncentred",
            f"the {width} effects of {_crossed(model)} are crossed with the others: "
            "integrating them out would cost more than sampling them",
        )
    what = "coefficients and group effects are" if model.groups else "coefficients are"
    return Plan(
        "marginal",
        f"Gaussian response with constant sigma: {what} integrated out exactly, "
        "so that the sampler sees only the sds, correlations and sigma",
    )


def _border(model: ModelSpec) -> tuple[int, int]:
    """Columns of the dense border that come from groups, and bytes of its largest block."""
    order = elimination_order(model)
    sizes = [g.n_levels * g.q for g in model.groups]
    width = order.border_width(sizes)
    rows = max((sizes[k] for k in order.chain), default=0)
    return width, 8 * max(rows, width) * (width + len(model.mu.columns) + 1)


def _crossed(model: ModelSpec) -> str:
    return ", ".join(model.groups[k].label for k in elimination_order(model).dense)
