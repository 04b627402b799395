"""Options of `bf.fit` that are illegal, and formulas that are no text."""

from __future__ import annotations

from pathlib import Path

from refusals.cases import case

NAN, INF = float("nan"), float("inf")
MIXED = "y ~ x + (1 | g)"


def option(name, value, *words, formula="y ~ x", **others):
    """A case of one option."""
    shown = repr(value) if len(repr(value)) < 30 else type(value).__name__
    return case(f"{name}={shown}", formula, None, *words, **{name: value}, **others)


WHOLE = [
    option(name, value, f"{name}={value!r}", "whole number")
    for name, value in [
        ("draws", 0), ("draws", "100"), ("draws", 10.5), ("draws", NAN), ("draws", True), ("draws", None),
        ("draws", 1e12), ("draws", [100]), ("warmup", -1), ("warmup", 9), ("warmup", INF), ("thin", 0),
        ("thin", "2"), ("chains", -1), ("chains", 2.5), ("chains", "4"), ("chains", True), ("chains", None),
        ("seed", 1.5), ("seed", "a"), ("seed", None), ("seed", True), ("max_tree_depth", 0),
        ("max_tree_depth", 2.5), ("max_tree_depth", -3),
    ]
]  # fmt: skip

SAMPLER = [
    option("draws", 10**12, "draws=1000000000000", "transitions"),
    option("draws", 2 * 10**9, "draws=2000000000", "GiB", "thin="),
    option("draws", 10**9, "keep=\"summary\"", formula="y ~ (1 + x | g)", chains=100, keep="draws"),
    option("chains", 10**9, "chains=1000000000", "GiB"),
    option("warmup", 10**12, "warmup", "2,147,483,647"),
    option("thin", 10**9, "thin", "2,147,483,647"),
    option("seed", 2**32, "seed=4294967296", "below 2**32"),
    option("max_tree_depth", 16, "max_tree_depth=16", "15 or less"),
    option("max_tree_depth", 100, "max_tree_depth=100", "15 or less"),
    option("target_accept", 0, "target_accept=0", "between 0 and 1"),
    option("target_accept", 1, "target_accept=1", "between 0 and 1"),
    option("target_accept", 1.5, "target_accept=1.5", "between 0 and 1"),
    option("target_accept", -0.5, "target_accept=-0.5", "between 0 and 1"),
    option("target_accept", NAN, "target_accept=nan", "between 0 and 1"),
    option("target_accept", "high", "target_accept='high'", "between 0 and 1"),
    option("target_accept", True, "target_accept=True", "between 0 and 1"),
    option("plan", "fastest", "plan='fastest'", "'marginal'"),
    option("plan", None, "plan=None", "'marginal'"),
    option("plan", 3, "plan=3", "'marginal'"),
    option("plan", "non-centred", "plan='non-centred'", "'noncentred'"),
    case("marginal plan of counts", "k ~ x + (1 | g)", None, "marginal", "poisson", family="poisson",
         plan="marginal"),
    case("importance plan of counts", "k ~ x + (1 | g)", None, "importance", family="poisson",
         plan="importance"),
    option("device", "tpu", "device='tpu'", "'gpu'"),
    option("device", None, "device=None", "'auto'"),
    option("device", 0, "device=0", "'auto'"),
    option("keep", "everything", "keep='everything'", "'summary'"),
    option("keep", True, "keep=True", "'summary'"),
    option("na", None, "na=None", "'drop'"),
    option("na", "omit", "na='omit'", "'drop'"),
    option("prior_only", "no", "prior_only='no'", "True or False"),
    option("prior_only", 1, "prior_only=1", "True or False"),
    option("strict", None, "strict=None", "True or False"),
    option("progress", "yes", "progress='yes'", "True, False or None"),
]  # fmt: skip

REST = [
    option("checks", ["rows-dropped"], "checks=['rows-dropped']", "by code"),
    option("checks", {"row-dropped": "ignore"}, "'row-dropped'", "'rows-dropped'"),
    option("checks", {"rows-dropped": "off"}, "'off'", "'ignore'"),
    option("checks", {"rows-dropped": True}, "True", "'ignore'"),
    option("checks", {1: "ignore"}, "1"),
    option("init", [1.0], "init=[1.0]", "by name"),
    option("init", {"sgima": 1.0}, "'sgima'", "sigma"),
    option("init", {"sigma": -1.0}, "sigma", "above 0", "-1.0"),
    option("init", {"sigma": 0}, "sigma", "above 0"),
    option("init", {"b_x": NAN}, "b_x", "finite", "nan"),
    option("init", {"b_x": "0"}, "b_x", "finite", "'0'"),
    option("init", {"b_x": True}, "b_x", "True"),
    option("init", "random", "init='random'", "by name"),
    option("checkpoint", 5, "checkpoint=5", "folder"),
    option("checkpoint", "", "checkpoint=''", "folder"),
    option("checkpoint", b"folder", "checkpoint=b'folder'", "folder"),
    option("checkpoint", "a\0b", "checkpoint='a\\x00b'", "folder"),
    option("checkpoint", "c" * 5000, "checkpoint", "too long"),
    case("a checkpoint of a plan without a state", "y ~ x", None, "importance", "leave it out",
         plan="importance",
         checkpoint="saved"),
    option("transforms", [abs], "transforms must be a dict", "lambda"),
    option("transforms", {"double": 2}, "'double'", "function"),
    option("transforms", {"a b": abs}, "'a b'", "name"),
    option("transforms", {1: abs}, "1", "name"),
    option("family", 5, "family=5"),
    option("family", "", "family", "gaussian"),
    option("family", "gaussian()()", "gaussian()()"),
    option("family", {"name": "gamma", "link": "lg"}, "'lg'", "log"),
    option("family", ["poisson"], "family=['poisson']"),
    option("family", "g" * 100_000, "family"),
    option("priors", object(), "priors"),
    option("cores", 4, "cores", "leave it out"),
    option("adapt_delta", 0.9, "target_accept=0.9"),
    option("iter", 2000, "warmup=1000, draws=1000"),
    option("nonsense", 1, "nonsense"),
]  # fmt: skip

FORMULAS = [
    case("formula None", None, None, "None", "y ~ x"),
    case("formula a number", 3, None, "int", "y ~ x"),
    case("formula bytes", b"y ~ x", None, "bytes", "y ~ x"),
    case("formula a path", Path("model.txt"), None, "Path", "y ~ x"),
    case("formula a list of nothing", [], None, "empty", "y ~ x"),
    case("formula a list of numbers", [1, 2], None, "int", "y ~ x"),
    case("formula a tuple", ("y ~ x", "sigma ~ x"), None, "tuple"),
    case("formula a dict", {"mu": "y ~ x"}, None, "dict"),
    case("formula of blanks", "  \n\t ", None, "empty", "y ~ x"),
    case("formula of a tilde", "~", None, "~"),
    case("formula of two tildes", "y ~ x ~ z", None, "~", "second"),
    case("a name of 200,000 characters", "y ~ " + "x" * 200_000, None, "100,000"),
    case("a sum of 60,000 terms", "y ~ " + " + ".join(["x"] * 60_000), None, "100,000"),
    case("a number beyond all", "y ~ I(x * 1e999)", None, "1e999"),
    case("a group of nothing", "y ~ (1 | g:)", None, "must follow `:`"),
    case("a dot and nothing else", ". ~ x", None, "."),
    case("a constant response", "1 ~ x", None, "1", "response"),
    case("a group term as the response", "(1 | g) ~ x", None, "bar", "outside calls"),
    case("the response in the terms", "y ~ x + y", None, "the response `y` is also a term"),
    case("a name of Python", "y ~ x if True else k", None, "if"),
    case("right-to-left letters that hide", "y ~ x\u202e + k", None, "\\u202e"),
    case("quotes around a column", "y ~ 'x'", None, "'x'", "quotes"),
    case("full-width letters", "y \uff5e \uff58", None, "\uff5e", "~"),
    case("a semicolon and nothing", "y ~ x; sigma ~", None, "sigma"),
    case("a formula of a parameter that is none", "y ~ x; sgima ~ x", None, "sgima", "sigma"),
]  # fmt: skip

CASES = [*WHOLE, *SAMPLER, *REST, *FORMULAS]
