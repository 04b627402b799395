"""Which plan fits a model: a pure rule of its structure, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from bayesformula.compiler.structure import elimination_order
from bayesformula.errors import OptionError
from bayesformula.model.spec import ModelSpec

PLANS = ("marginal", "noncentred", "centred")
SPELLINGS = {"noncentered": "noncentred", "centered": "centred", "marginalized": "marginal"}
MAX_BORDER = 2000
"""Columns of the dense border above which one marginal gradient (cubic in them) costs more than the
many plain ones that it saves."""


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
    if name != "auto":
        return Plan(name, "asked for")
    order = elimination_order(model)
    sizes = [g.n_levels * g.q for g in model.groups]
    width = order.border_width(sizes)
    if width > MAX_BORDER:
        crossed = ", ".join(model.groups[k].label for k in order.dense)
        return Plan(
            "noncentred",
            f"the effects of {crossed} are crossed with the others and number {width}: "
            f"more than {MAX_BORDER}, the most that integrating them out would pay for",
        )
    what = "coefficients and group effects are" if model.groups else "coefficients are"
    return Plan(
        "marginal",
        f"Gaussian response with constant sigma: {what} integrated out exactly, "
        "so that the sampler sees only the sds, correlations and sigma",
    )
