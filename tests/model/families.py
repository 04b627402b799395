"""Models of every kind of family made by hand: no data, and no default priors that could change.

What is kept of them is written by `explained`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bayesformula.families import resolve_family
from bayesformula.model.spec import ORDINAL, GroupSpec, ModelSpec, PredictorSpec
from bayesformula.priors import Prior, PriorRow
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

NORMAL, EXPONENTIAL = Prior("normal", (0.0, 2.5)), Prior("exponential", (1.0,))


@dataclass(frozen=True)
class Made:
    """A model by hand.

    Attributes:
        name: of its kept text.
        formula, family: as a user writes them.
        columns: of each predictor, a text with blanks between them.
        group: coefficients of the one group `g`, those of one block in one text; "sigma_x" enters sigma.
        scalars: priors of the parameters without a formula, by name.
        categories: of the response.
        specific: columns of `cs()`.
        terms: as in `ModelSpec`.
        known_error: as in `ModelSpec`.
    """

    name: str
    formula: str
    family: str
    columns: dict[str, str]
    group: tuple[str, ...] = ()
    scalars: dict[str, Prior] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    specific: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    known_error: str = ""

    def spec(self):
        """The formula, lowered."""
        return lower(parse(self.formula))

    def model(self):
        """The model as the compiler would get it."""
        family = resolve_family(self.family, levels=self.categories)
        spec = self.spec()
        predictors = tuple(
            PredictorSpec(
                name,
                family.link("mu" if name.startswith("mu") else name),
                tuple(columns.split()),
                specific=self.specific if name == "mu" else (),
            )
            for name, columns in self.columns.items()
        )
        groups = (self._group(),) if self.group else ()
        n_thresholds = len(self.categories) - 1 if family.name in ORDINAL else 0
        return ModelSpec(
            formula=spec.text,
            response=self.formula.split(" ~")[0].split(" |")[0],
            family=family,
            n_rows=60,
            predictors=predictors,
            groups=groups,
            priors=tuple(self._rows(predictors, groups, n_thresholds)),
            known_error=self.known_error,
            terms=self.terms,
            categories=self.categories,
        )

    def _group(self):
        coefs = " ".join(self.group).split()
        owners = [next((p for p in self.columns if coef.startswith(f"{p}_")), "mu") for coef in coefs]
        blocks = tuple(tuple(coefs.index(coef) for coef in block.split()) for block in self.group)
        return GroupSpec("g", ("g",), 10, tuple(coefs), blocks, parameters=tuple(owners))

    def _rows(self, predictors, groups, n_thresholds):
        for k in range(1, n_thresholds + 1):
            yield _row(f"b_Intercept[{k}]", "Intercept", "mu", str(k), NORMAL, f"Intercept[{k}]")
        for predictor in predictors:
            prefix = "" if predictor.parameter == "mu" else f"{predictor.parameter}_"
            before = "" if predictor.parameter == "mu" else f"{predictor.parameter}."
            for column in predictor.columns:
                address = f"{before}Intercept" if column == "Intercept" else f"{before}b[{column}]"
                yield _row(f"b_{prefix}{column}", "b", predictor.parameter, column, NORMAL, address)
        for column in self.specific:
            for k in range(1, n_thresholds + 1):
                name = f"{column}[{k}]"
                yield _row(f"bcs_{name}", "bcs", "mu", name, NORMAL, f"bcs[{column}, {k}]")
        for group in groups:
            for position, coef in enumerate(group.coefs):
                owner = group.owner(position)
                yield _row(f"sd_g__{coef}", "sd", owner, coef, EXPONENTIAL, f"sd[g, {coef}]", "g")
            for _ in [block for block in group.blocks if len(block) > 1]:
                yield _row("cor_g", "cor", "mu", "", Prior("lkj", (2.0,)), "cor[g]", "g")
        for name, prior in self.scalars.items():
            yield _row(name, name, name, "", prior, name)


def _row(parameter, kind, predictor, coef, prior, address, group=""):
    reason = f"stated: {address} ~ {prior.render()}"
    return PriorRow(parameter, kind, predictor, group, coef, prior, False, False, reason, address)


RATINGS = ("poor", "fair", "good", "best")
UNIT = Prior("beta", (1.0, 1.0))

MADE = (
    Made("poisson", "count ~ x + (1 | g)", "poisson", {"mu": "Intercept x"}, ("Intercept",)),
    Made("probit", "passed ~ x", "bernoulli(probit)", {"mu": "Intercept x"}),
    Made(
        "binomial",
        "incidence | trials(size) ~ x",
        "binomial",
        {"mu": "Intercept x"},
        terms=("trials",),
    ),
    Made(
        "beta_binomial",
        "cbind(s, f) ~ x",
        "beta_binomial",
        {"mu": "Intercept x"},
        scalars={"phi": EXPONENTIAL},
        terms=("trials",),
    ),
    Made(
        "negbinomial",
        "count | rate(days) ~ x; shape ~ x",
        "negbinomial",
        {"mu": "Intercept x", "shape": "Intercept x"},
        terms=("rate",),
    ),
    Made(
        "zero_inflated",
        "count ~ x; zi ~ x",
        "zero_inflated_poisson",
        {"mu": "Intercept x", "zi": "Intercept x"},
    ),
    Made(
        "hurdle",
        "rain ~ x + (1 | g)",
        "hurdle_gamma",
        {"mu": "Intercept x"},
        ("Intercept",),
        {"shape": EXPONENTIAL, "hu": UNIT},
    ),
    Made(
        "hurdle_counts",
        "count ~ x; hu ~ x",
        "hurdle_negbinomial",
        {"mu": "Intercept x", "hu": "Intercept x"},
        scalars={"shape": EXPONENTIAL},
    ),
    Made(
        "shared",
        "y ~ x + (1 | i | g); sigma ~ x + (1 | i | g)",
        "gaussian",
        {"mu": "Intercept x", "sigma": "Intercept x"},
        ("Intercept sigma_Intercept",),
    ),
    Made(
        "cumulative",
        "rating ~ x + (1 | g)",
        "cumulative",
        {"mu": "x"},
        ("Intercept",),
        categories=RATINGS,
    ),
    Made(
        "sratio",
        "rating ~ x + cs(z); disc ~ x",
        "sratio(cloglog)",
        {"mu": "x", "disc": "Intercept x"},
        categories=RATINGS[:3],
        specific=("z",),
    ),
    Made("cratio", "rating ~ cs(z)", "cratio", {"mu": ""}, categories=RATINGS, specific=("z",)),
    Made("acat", "rating ~ x", "acat(probit)", {"mu": "x"}, categories=RATINGS[:2]),
    Made(
        "categorical",
        "food ~ x + (1 | g)",
        "categorical",
        {"muB": "Intercept x", "muC": "Intercept x"},
        ("muB_Intercept", "muC_Intercept"),
        categories=("A", "B", "C"),
    ),
    Made(
        "multinomial",
        "cbind(A, B, C) ~ x",
        "multinomial",
        {"muB": "Intercept x", "muC": "Intercept x"},
        categories=("A", "B", "C"),
        terms=("trials",),
    ),
    Made(
        "student",
        "y | se(error, sigma = TRUE) ~ x",
        "student",
        {"mu": "Intercept x"},
        scalars={"sigma": EXPONENTIAL, "nu": Prior("gamma", (2.0, 0.1), lower=1.0)},
        known_error="added",
    ),
    Made("beta", "share ~ x; phi ~ x", "beta", {"mu": "Intercept x", "phi": "Intercept x"}),
    Made(
        "ordered_beta",
        "share ~ x",
        "ordered_beta",
        {"mu": "Intercept x"},
        scalars={"phi": EXPONENTIAL, "cutzero": NORMAL, "cutgap": EXPONENTIAL},
    ),
    Made(
        "inflated_beta",
        "share ~ x; zoi ~ x",
        "zero_one_inflated_beta",
        {"mu": "Intercept x", "zoi": "Intercept x"},
        scalars={"phi": EXPONENTIAL, "coi": UNIT},
    ),
    Made(
        "quantile",
        "y ~ x; quantile = 0.25",
        "asym_laplace",
        {"mu": "Intercept x"},
        scalars={"sigma": EXPONENTIAL, "quantile": Prior("constant", (0.25,))},
    ),
    Made(
        "censored",
        "time | cens(status, until) ~ x",
        "weibull",
        {"mu": "Intercept x"},
        scalars={"shape": EXPONENTIAL},
        terms=("cens", "cens_upper"),
    ),
    Made(
        "truncated",
        "count | trunc(lb = 1, ub = most) ~ x",
        "poisson",
        {"mu": "Intercept x"},
        terms=("lower", "upper"),
    ),
    Made(
        "shifted",
        "time ~ x; ndt ~ x",
        "shifted_lognormal",
        {"mu": "Intercept x", "ndt": "Intercept x"},
        scalars={"sigma": EXPONENTIAL},
    ),
    Made(
        "links",
        "y ~ x; nu ~ x; sigma ~ x",
        {"name": "student", "links": {"mu": "sqrt", "sigma": "softplus"}},
        {"mu": "Intercept x", "nu": "Intercept x", "sigma": "Intercept x"},
    ),
)
"""One model of each kind."""
