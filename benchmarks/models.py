"""THE table of models that the suite measures: formula, family, table, and one set of priors each.

The priors are ones that every peer can write: normal for coefficients, normal for the intercept **at the
means of the predictors** (where brms, rstanarm and bambi state theirs; here it is `Intercept[centred]`),
exponential for sds, the residual sd and a shape, lkj(2) for correlations. What a peer cannot say is in its
note:

    bambi     has no correlations: terms that are correlated elsewhere are not, and the posterior differs
    rstanarm  has its own prior of group effects, decov(2), in which the residual sd of a Gaussian model
              scales the sds; no ordinal response with groups
"""

from dataclasses import dataclass, field
from functools import partial

import tables


@dataclass(frozen=True)
class Priors:
    """Numbers of the one set of priors.

    Attributes:
        intercept: mean and sd of the normal prior of the intercept, or of each threshold, at predictors'
            means.
        b: sd of the normal(0, .) prior of the other population coefficients; None where there are none.
        sd: rate of the exponential prior of the sds of group effects.
        sigma: rate of that of the residual sd; None where there is none.
        shape: rate of that of the shape of a negative binomial; None elsewhere.
        cor: eta of lkj.
    """

    intercept: tuple[float, float]
    b: float | None
    sd: float
    sigma: float | None = None
    shape: float | None = None
    cor: float = 2.0

    def statements(self, *, is_correlated):
        """As bayesformula takes them."""
        mean, sd = self.intercept
        lines = [f"Intercept[centred] ~ normal({mean}, {sd})", f"sd ~ exponential({self.sd})"]
        lines += [f"b ~ normal(0, {self.b})"] if self.b is not None else []
        lines += [f"sigma ~ exponential({self.sigma})"] if self.sigma is not None else []
        lines += [f"shape ~ exponential({self.shape})"] if self.shape is not None else []
        return lines + ([f"cor ~ lkj({self.cor})"] if is_correlated else [])


@dataclass(frozen=True)
class Model:
    """One model of the suite.

    Attributes:
        name: how it is asked for on the command line.
        formula: as a user writes it; brms, lme4 and rstanarm take it too, but for `trials`.
        load: gives the table, or raises `MissingTableError`.
        factors: columns that are labels, whatever they look like.
        family: as bayesformula names it.
        priors: of all methods.
        bambi: the formula where bambi wants another one.
        lme4: the response where lme4, glmmTMB and rstanarm want another one.
        is_correlated: there is a correlation to estimate.
        ladder: name of the ladder that it is a rung of, or "".
        size: its place on the ladder.
        by_path: bayesformula reads the file itself, in chunks.
    """

    name: str
    formula: str
    load: object = field(compare=False)
    factors: tuple[str, ...]
    priors: Priors
    family: str = "gaussian"
    bambi: str = ""
    lme4: str = ""
    is_correlated: bool = False
    ladder: str = ""
    size: int = 0
    by_path: bool = False

    @property
    def statements(self):
        """The priors as bayesformula takes them."""
        return self.priors.statements(is_correlated=self.is_correlated)


def _bundled(name):
    return partial(tables.bundled, name)


SLEEPSTUDY = Priors((300.0, 100.0), 20.0, 0.04, sigma=0.04)
SUITE = (
    Model(
        "sleepstudy",
        "Reaction ~ Days + (Days | Subject)",
        _bundled("sleepstudy"),
        ("Subject",),
        SLEEPSTUDY,
        is_correlated=True,
    ),
    Model(
        "sleepstudy-diagonal",
        "Reaction ~ Days + (Days || Subject)",
        _bundled("sleepstudy"),
        ("Subject",),
        SLEEPSTUDY,
        bambi="Reaction ~ Days + (Days | Subject)",
    ),
    Model(
        "Penicillin",
        "diameter ~ 1 + (1 | plate) + (1 | sample)",
        _bundled("Penicillin"),
        ("plate", "sample"),
        Priors((23.0, 5.0), None, 0.5, sigma=1.0),
    ),
    Model(
        "Pastes",
        "strength ~ 1 + (1 | batch/cask)",
        _bundled("Pastes"),
        ("batch", "cask", "sample"),
        Priors((60.0, 10.0), None, 0.4, sigma=1.0),
    ),
    Model(
        "cafes",
        "wait ~ afternoon + (1 + afternoon | cafe)",
        _bundled("cafes"),
        ("cafe",),
        Priors((3.0, 2.0), 1.0, 1.0, sigma=1.0),
        is_correlated=True,
    ),
    Model(
        "nested",
        "y ~ x + (1 + x | region/group)",
        _bundled("nested"),
        ("region", "group"),
        Priors((5.0, 3.0), 2.0, 1.0, sigma=1.0),
        is_correlated=True,
    ),
    Model(
        "ozone",
        "log_ozone ~ temp + (temp | station)",
        tables.ozone,
        ("station",),
        Priors((4.0, 2.0), 1.0, 2.0, sigma=1.0),
        is_correlated=True,
    ),
    Model(
        "cbpp",
        "incidence | trials(size) ~ period + (1 | herd)",
        _bundled("cbpp"),
        ("period", "herd"),
        Priors((-2.0, 2.0), 2.0, 1.0),
        family="binomial",
        bambi="p(incidence, size) ~ period + (1 | herd)",
        lme4="cbind(incidence, size - incidence)",
    ),
    Model(
        "VerbAgg",
        "yes ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)",
        tables.verbagg,
        ("Gender", "item", "id", "btype", "situ", "mode", "r2", "resp"),
        Priors((0.0, 2.5), 2.5, 1.0),
        family="bernoulli",
    ),
    Model(
        "epilepsy",
        "seizures ~ base + treated + visit + (1 | patient) + (1 | row)",
        tables.epilepsy,
        ("patient", "row"),
        Priors((1.5, 2.0), 1.0, 2.0),
        family="poisson",
    ),
    Model(
        "counts",
        "y ~ x + (1 + x | group)",
        tables.counts,
        ("group",),
        Priors((1.5, 2.0), 1.0, 2.0, shape=0.5),
        family="negbinomial",
        is_correlated=True,
    ),
    Model(
        "ratings",
        "rating ~ x + (1 | person) + (1 | item)",
        tables.ratings,
        ("person", "item"),
        Priors((0.0, 3.0), 2.0, 1.0),
        family="cumulative",
    ),
    Model(
        "InstEval",
        "y ~ service + (1 | s) + (1 | d) + (1 | dept)",
        tables.insteval,
        ("s", "d", "studage", "lectage", "service", "dept"),
        Priors((3.0, 2.0), 1.0, 2.0, sigma=1.0),
    ),
)
LADDER_PRIORS = Priors((2.0, 5.0), 2.0, 1.0, sigma=1.0)


def _rung(ladder, label, size, shape):
    """One simulated model of a ladder; `shape` is rows, levels, coefficients."""
    coefficients = ["1", *(f"x{k}" for k in range(1, shape[2]))]
    fixed = " + ".join(coefficients)
    return Model(
        f"{ladder}-{label}",
        f"y ~ {fixed} + ({fixed} | group)",
        partial(tables.ladder, *shape),
        ("group",),
        LADDER_PRIORS if shape[2] > 1 else Priors((2.0, 5.0), None, 1.0, sigma=1.0),
        is_correlated=shape[2] > 1,
        ladder=ladder,
        size=size,
        by_path=shape[0] >= 10**6,
    )


LADDERS = (
    *(_rung("rows", f"1e{k}", 10**k, (10**k, 100, 2)) for k in range(3, 8)),
    *(_rung("levels", f"1e{k}", 10**k, (max(10 * 10**k, 1000), 10**k, 1)) for k in range(1, 7)),
    *(_rung("coefficients", str(k), k, (2000, 50, k)) for k in range(1, 9)),
)
MODELS = {model.name: model for model in (*SUITE, *LADDERS)}
SETS = {
    "small": ("sleepstudy", "Pastes", "cbpp"),
    "core": (
        "sleepstudy",
        "Penicillin",
        "Pastes",
        "nested",
        "cbpp",
        "VerbAgg",
        "epilepsy",
        "counts",
        "ratings",
    ),
    "suite": tuple(model.name for model in SUITE),
    "ladders": tuple(model.name for model in LADDERS),
    "all": tuple(MODELS),
} | {name: tuple(m.name for m in LADDERS if m.ladder == name) for name in ("rows", "levels", "coefficients")}
"""Names for several models at once."""
