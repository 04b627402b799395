"""Which plan fits a model: a pure rule of its structure, with the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesformula.compiler.order import Order
from bayesformula.compiler.structure import (
    elimination_order,
    elimination_parts,
    group_sizes,
    n_coefficients,
)
from bayesformula.errors import OptionError
from bayesformula.model.spec import ModelSpec
from bayesformula.priors import SHRINKAGE

PLANS = ("marginal", "importance", "whitened", "noncentred", "centred")
SPELLINGS = {"noncentered": "noncentred", "centered": "centred", "marginalized": "marginal"}
MAX_BORDER = 2000
"""Columns of the dense border up to which `auto` integrates out, whatever the rows."""
SMALL_BORDER = 150
"""Columns up to which it always does, though the whitened plan may be quicker a draw: that compiles for five
seconds more. And few rows a level bring no divergences (60 related species of one row each: none, and 30 in
4,000 draws under the noncentred plan)."""
BORDER_WORK = 300
"""Between the two, a gradient costs the cube of the columns, which may be so many rows. Least bulk ESS a
second of warmup and draws, whitened over marginal: 1.3 at 20,000 rows and 100 columns (cube over rows 50),
5.4 at 2,000 and 140 (1,370), 2.1 at 20,000 and 300 (1,350), 33 at 73,421 and 1,142 (20,300)."""
MAX_BORDER_BYTES = 2**28
"""Size of its largest block up to which `auto` integrates out: a gradient passes over it several times."""
WHITENED_WORK = 300
"""Multiplications of an elimination, for each row, up to which `auto` whitens. Crossed factors are apart from
each other long before; what is left are levels with a known covariance, memberships, and very many columns.
Set when a multiplication took 1 ns; the other plan takes 1.3 to 5 times as many gradients for 1.4 to 18 times
fewer effective draws (six models)."""
LEAST_WORK = 3_000_000
"""Multiplications that are few whatever the rows: about a millisecond's."""
REFUSED_BYTES = 2**33
"""Beyond this, `marginal` is refused even when asked for: several copies would have to fit in memory."""
FEW = 10
"""Sds and correlations for which weighed points may do in place of NUTS; its own limit counts sigma too."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the coefficients enter the sampler, and why; the least `target_accept` that NUTS should have."""

    name: str
    reason: str
    target_accept: float = 0.0

    @property
    def coefficients(self) -> str:
        """How the coefficients enter the program: `importance` is another sampler of the marginal plan."""
        return "marginal" if self.name == "importance" else self.name


STUDENT_ACCEPT = 0.9
"""Least target_accept with Student effects: at 0.8 their tails cost a divergence in some hundred draws."""
SHRINKAGE_ACCEPT = 0.95
"""Least target_accept with a horseshoe or R2D2 prior: at 0.8 one draw in 30 to 60 diverges."""


def choose(model: ModelSpec, requested: str = "auto") -> Plan:
    """The plan for `model`, as requested or by the rule of this module.

    Raises:
        OptionError: `requested` is no plan, or is not exact for this model.
    """
    plan = _choose(model, requested)
    for accept, what, has in (
        (SHRINKAGE_ACCEPT, "the narrow parts of a shrinkage prior", _shrinks(model)),
        (STUDENT_ACCEPT, "the tails of Student effects", any(g.dist == "student" for g in model.groups)),
    ):
        if has:
            return Plan(plan.name, f"{plan.reason}; target_accept is at least {accept} for {what}", accept)
    return plan


def _choose(model: ModelSpec, requested: str) -> Plan:
    name = SPELLINGS.get(requested, requested)
    if name not in ("auto", *PLANS):
        raise OptionError(
            f"plan={requested!r} is not a plan: "
            "write 'auto', 'marginal', 'importance', 'whitened', 'noncentred' or 'centred'"
        )
    if name in ("noncentred", "centred"):
        return Plan(name, "asked for")
    obstacle = not_marginal(model)
    integrates = name in ("marginal", "importance")
    if obstacle and integrates:
        raise OptionError(f"plan='{name}' is not exact here: {obstacle}\n  Write plan='auto'.")
    if obstacle or name == "whitened":
        return _sampled(model, name, obstacle)
    width, size = _border(model)
    if integrates and size > REFUSED_BYTES:
        raise OptionError(
            f"plan='{name}' would need blocks of {size / 2**30:.0f} GiB, as the effects of "
            f"{_crossed(model)} are coupled with others and too many: write plan='auto'"
        )
    if name != "auto":
        return Plan(name, "asked for")
    if width > _widest(model) or size > MAX_BORDER_BYTES:
        obstacle = (
            f"the {width} effects of {_crossed(model)} are coupled with others, "
            "and integrating them out would cost more than sampling them"
        )
        plan = _sampled(model, name, obstacle)
        return Plan(plan.name, plan.reason + _quicker(model, size))
    what = "coefficients and group effects are" if model.groups else "coefficients are"
    error = "known errors" if model.known_error else "constant sigma"
    return Plan(
        "marginal", f"Gaussian response with {error}: {what} integrated out exactly, so that {_seen(model)}"
    )


def _sampled(model: ModelSpec, name: str, obstacle: str) -> Plan:
    """The plan of a model whose coefficients are not integrated out: whitened where that is cheap enough."""
    rough = not_smooth(model)
    if rough and name == "whitened":
        raise OptionError(f"plan='whitened' needs a smooth likelihood: {rough}\n  Write plan='noncentred'.")
    if name == "whitened":
        return Plan("whitened", "asked for")
    if not model.groups:
        return Plan("noncentred", f"{obstacle}: coefficients are sampled")
    if rough:
        return Plan("noncentred", f"{obstacle}, and {rough}: coefficients are sampled")
    parts, sizes = elimination_parts(model), group_sizes(model)
    work = sum(part.work(sizes, n_coefficients(model)) for part in parts)
    if work > max(LEAST_WORK, WHITENED_WORK * model.n_rows):
        together = ", ".join(model.groups[k].label for k in parts[0].dense)
        crowded = together or f"{n_coefficients(model)} coefficients"
        return Plan(
            "noncentred",
            f"{obstacle}, and following the rows in {crowded} would cost more than it saves: "
            "coefficients are sampled noncentred",
        )
    apart = ""
    if len(parts) > 1:
        names = (", ".join(model.groups[k].label for k in part.chain) for part in parts)
        apart = f", those of {' apart from those of '.join(names)}"
    return Plan("whitened", f"{obstacle}: coefficients are sampled about where the data put them{apart}")


def not_smooth(model: ModelSpec) -> str:
    """Why the likelihood has no curvature to go by, in words; "" where it has."""
    if model.family.base in KINKED:
        return f"the density of {model.family.name} has a kink"
    return ""


KINKED = frozenset({"asym_laplace"})


def fallen_back(plan: Plan, why: str) -> Plan:
    """The plan that is left where a working model could not be found for the whitened one."""
    reason = f"whitened was {plan.reason}" if plan.reason == "asked for" else plan.reason
    return Plan("noncentred", f"{reason}; but {why}, and they are sampled noncentred", plan.target_accept)


def _shrinks(model: ModelSpec) -> bool:
    return any(row.prior.distribution in SHRINKAGE for row in model.prior_rows("b"))


def not_marginal(model: ModelSpec) -> str:
    """Why the coefficients cannot be integrated out exactly, in words; "" where they can."""
    if model.family.name != "gaussian":
        name = model.family.name
        return f"a response of family {name} has no closed form with its coefficients integrated out"
    if model.mu.link != "identity":
        return f"the mean is no linear function of the coefficients under the link {model.mu.link}"
    if len(model.predictors) > 1:
        return f"{model.predictors[1].parameter} differs from row to row"
    if model.terms:
        told = {"cens_upper": "cens", "lower": "trunc", "upper": "trunc"}
        return f"{told.get(model.terms[0], model.terms[0])}() makes the response other than Gaussian"
    if _shrinks(model):
        return "the coefficients share a shrinkage prior"
    if model.known_error == "added":
        return "a sigma beside known errors differs from row to row"
    return ""


def _seen(model: ModelSpec) -> str:
    """What the marginal plan leaves to the sampler, in words."""
    student = ["scales of the Student levels"] if any(g.dist == "student" for g in model.groups) else []
    if not model.known_error:
        return f"the sampler sees only {', '.join(['the sds', 'correlations', *student])} and sigma"
    if model.groups:
        return f"the sampler sees only {' and '.join(['the sds', *student, 'correlations'])}"
    return "nothing is left to sample but they"


def _quicker(model: ModelSpec, size: int) -> str:
    """What else to try where a few sds are left once all effects are integrated out."""
    few = sum(max(1, len(g.by)) * g.q * (g.q + 1) // 2 for g in model.groups) <= FEW
    normal = all(g.dist == "gaussian" for g in model.groups)  # as Student levels have a scale each
    return "; plan='importance' may be quicker" if few and normal and size <= REFUSED_BYTES else ""


def _widest(model: ModelSpec) -> float:
    """Columns of the border up to which integrating out costs less than sampling, for that many rows."""
    return min(MAX_BORDER, max(SMALL_BORDER, (BORDER_WORK * model.n_rows) ** (1 / 3)))


def _border(model: ModelSpec) -> tuple[int, int]:
    """Columns of the dense border that come from groups, and bytes of its largest block."""
    order, sizes = elimination_order(model), group_sizes(model)
    return order.border_width(sizes), _block_bytes(order, sizes, len(model.mu.columns))


def _block_bytes(order: Order, sizes: Sequence[int], p: int) -> int:
    """Of the largest block that an elimination fills in."""
    width = order.border_width(sizes)
    return 8 * max((width, *(sizes[k] for k in order.chain))) * (width + p + 1)


def elimination_bytes(model: ModelSpec, plan: str) -> int:
    """Of the largest blocks that the eliminations of a plan fill in."""
    if plan in ("marginal", "importance"):
        return _border(model)[1]
    if plan != "whitened":
        return 0
    sizes, p = group_sizes(model), n_coefficients(model)
    return sum(_block_bytes(part, sizes, p) for part in elimination_parts(model))


def _crossed(model: ModelSpec) -> str:
    return ", ".join(model.groups[k].label for k in elimination_order(model).dense)
