"""What was asked of `fit` beyond what a fit tells of itself: needed to fit again with something changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayesformula.compiler.plan import Plan
    from bayesformula.model.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Options of `bf.fit`, under its names and as they were given."""

    priors: Any = None
    plan: str = "auto"
    device: str = "auto"
    init: Mapping[str, float] | None = None
    na: str = "drop"
    checks: Mapping[str, str] | None = None
    strict: bool = False
    keep: str | None = None
    progress: bool | None = None
    transforms: Mapping[str, Any] | None = field(default=None, repr=False)
    data2: Mapping[str, Any] | None = field(default=None, repr=False)


def asked_of_file(model: ModelSpec, plan: Plan, transforms: Mapping[str, Any]) -> Asked:
    """What a saved fit tells of its options: stated priors, and a plan that was asked for."""
    stated = tuple(f"{row.address} ~ {row.prior.render()}" for row in model.priors if not row.is_default)
    return Asked(
        priors=list(stated) or None,
        plan=plan.name if plan.reason.startswith("asked for") else "auto",
        transforms=transforms or None,
    )
