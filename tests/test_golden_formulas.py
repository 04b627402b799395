"""Real formulas mean what they mean in R: every record of the corpus, by rule."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose

import bayesformula as bf
from bayesformula.data.design import build_design
from bayesformula.data.parameters import check_parameters
from bayesformula.errors import FormulaError
from bayesformula.families import family_name
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from golden_corpus import Record, column_types, read_records, read_table, spaces, text_of

RECORDS = read_records("formulas.jsonl")

REFUSED = {
    "G006": "parentheses",  # y ~ 1 | g, which the contract refuses
    "B031": "subset",
    "B043": "mo()",
    "B047": "s()",
    "B048": "s()",
    "B050": "gp()",
    "B052": "me()",
    "B056": "non-linear",
    "B057": "parameter stands left of `~`",  # a + b + c ~ 1, of a non-linear model
    "B059": "'w' is no parameter of family 'gaussian'",  # a second response
    "B060": "mi()",
    "B066": "ID",  # an id on a nested factor
    "B070": "'shape' is no parameter of family 'gaussian'",
}
"""Records that are refused, and what the message must name."""

ORDINAL = ("cumulative", "sratio", "cratio", "acat")


def attempt(record: Record) -> FormulaError | None:
    """What refuses the record, if anything does: the design, or the parameters of its family."""
    text, frame = text_of(record), read_table(record)
    try:
        bf.design(text, frame)
        check_parameters(lower(parse(text)), family_name(record["family"]) or "", frame.columns.tolist())
    except FormulaError as error:
        return error
    return None


def must_be_refused(record: Record) -> bool:
    """R refuses it on purpose, or the contract does."""
    return any("error_expected" in tag for tag in record["tags"]) or "error" in record.get("contract", "")


def by_id(record: Record) -> str:
    return record["id"]


@pytest.mark.parametrize("record", RECORDS, ids=by_id)
def test_exactly_the_listed_records_are_refused(record):
    """By name, with what to write instead; everything else is read."""
    error = attempt(record)
    assert (error is not None) == (record["id"] in REFUSED), error or text_of(record)
    if error is not None:
        assert REFUSED[record["id"]] in str(error)
        assert error.hint
        assert error.span is not None


def test_what_r_or_the_contract_refuses_is_listed():
    assert {record["id"] for record in RECORDS if must_be_refused(record)} <= set(REFUSED)
    assert set(REFUSED) <= {record["id"] for record in RECORDS}


def built(record: Record):
    return build_design(lower(parse(text_of(record))), read_table(record))


READ = [record for record in RECORDS if record["id"] not in REFUSED]
WITH_LME4 = [record for record in READ if (record.get("lme4") or {}).get("status") == "ok"]
WITH_BRMS = [record for record in READ if (record.get("brms") or {}).get("status") == "ok"]
WITH_SPACE = [record for record in READ if record["id"] in spaces()]


# ---- the population part -----------------------------------------------------------------------------


@pytest.mark.parametrize("record", WITH_SPACE, ids=by_id)
def test_columns_span_the_space_of_r(record):
    """Every linear predictor: R's rank, and R's projections of vectors in general position."""
    _, design = built(record)
    for parameter, truth in spaces()[record["id"]].items():
        x = design.parameters[parameter].fixed.to_numpy()
        assert np.linalg.matrix_rank(_scaled(x)) == truth["rank"] == x.shape[1]
        basis, _ = np.linalg.qr(_scaled(x))
        steps = np.arange(1, len(x) + 1, dtype=float) ** 2
        lengths = [np.sum((basis.T @ np.sin(k * steps)) ** 2) for k in range(1, 7)]
        assert_allclose(lengths, truth["lengths"], rtol=1e-8)


def _scaled(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=0)


@pytest.mark.parametrize("record", WITH_LME4, ids=by_id)
def test_fixed_matrix_is_lme4s(record):
    """As many columns; where it is coded alike, the same columns by sum and sum of squares."""
    schema, design = built(record)
    truth, ours = record["lme4"]["fixed"], design.fixed
    dropped = record["lme4"].get("rank_deficient_dropped") or []
    assert design.n_rows == record["lme4"]["n_used"] == truth["nrow"]
    assert ours.shape[1] == truth["rank"]
    assert len(schema.mu.dropped) >= len(dropped)
    if not dropped and coded_alike(record):
        assert_same_columns(ours.to_numpy(), truth)
        assert [name.replace("(Intercept)", "Intercept") for name in truth["colnames"]] == list(ours.columns)


@pytest.mark.parametrize("record", WITH_BRMS, ids=by_id)
def test_fixed_matrices_are_brmss(record):
    """Of every parameter. An ordinal model's intercept is among its thresholds there."""
    _, design = built(record)
    for name, truth in record["brms"]["X"].items():
        parameter = name.removeprefix("X").removeprefix("_") or "mu"
        if f"{parameter} ~ 0" in text_of(record) and f"{parameter} ~ 0" not in record["r_code"]:
            continue  # brms was given this parameter's formula with an intercept, and fixes it at 0
        ours = design.parameters[parameter].fixed
        if record["family"] in ORDINAL and name == "X":
            ours = ours.drop(columns="Intercept")
        assert len(ours) == truth["nrow"]
        assert ours.shape[1] == truth["rank"]
        if truth["rank"] == truth["ncol"] and coded_alike(record):
            assert_same_columns(ours.to_numpy(), truth)


def coded_alike(record: Record) -> bool:
    """Whether no ordered factor is coded, by R as polynomials and by contract as treatments.

    Both are of full rank, so that `poly` columns may differ in sign.
    """
    fixed = re.sub(r"\([^()]*\|[^()]*(\([^()]*\))?[^()]*\)", "", text_of(record))
    ordered = [name for name, column in column_types(record).items() if column["type"] == "ordered"]
    return not any(re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", fixed) for name in ordered)


def assert_same_columns(x: np.ndarray, truth: Record) -> None:
    """The same columns in whatever order, told by their sums and sums of squares."""
    ours = sorted(zip(x.sum(axis=0), (x**2).sum(axis=0), strict=True), key=_rounded)
    theirs = sorted(zip(truth["colsum"], truth["colsumsq"], strict=True), key=_rounded)
    assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6 * len(x))


def _rounded(pair: tuple[float, float]) -> tuple[float, float]:
    return round(pair[1], 4), round(pair[0], 4)


# ---- response and offset -----------------------------------------------------------------------------


@pytest.mark.parametrize("record", WITH_LME4, ids=by_id)
def test_response_and_offset_are_lme4s(record):
    """Sums; successes and failures of `cbind()`; the second level of a factor counts as 1."""
    _, design = built(record)
    truth = record["lme4"]["response"]
    match truth["kind"]:
        case "numeric" | "integer":
            assert_allclose(design.y.sum(), truth["sum"], rtol=1e-6, atol=1e-6 * truth["n"])
            assert_allclose((design.y**2).sum(), truth["sumsq"], rtol=1e-6)
        case "matrix":
            failures = design.extras["trials"] - design.y
            assert_allclose([design.y.sum(), failures.sum()], truth["colsum"])
        case kind:
            assert kind == "factor"
            assert Counter(design.y) == Counter(dict(enumerate(truth["table"])))
    offset = record["lme4"]["offset_sum"]
    assert (design.offset is None) == (offset is None)
    if offset is not None:
        assert_allclose(design.offset.sum(), offset, rtol=1e-6)


# ---- the group part ----------------------------------------------------------------------------------


@pytest.mark.parametrize("record", WITH_LME4, ids=by_id)
def test_random_terms_are_lme4s(record):
    """Groups, levels, coefficients, which of them are correlated, and the columns by their sums.

    lme4 leaves the columns of a factor or matrix before `||` correlated; by contract, as in brms, they
    are not.
    """
    _, design = built(record)
    terms = record["lme4"]["random"]
    assert {parts(group.label) for group in design.groups.values()} == {
        parts(term["group"]) for term in terms
    }
    for group in design.groups.values():
        same = [term for term in terms if parts(term["group"]) == parts(group.label)]
        assert {term["n_levels"] for term in same} == {len(group.levels)}
        check_level_names(group, same[0])
        if "||" in text_of(record) and any(len(term["coefs"]) > 1 for term in same):
            assert all(len(block) == 1 for block in group.blocks)
            continue
        assert sorted(blocks_of(group)) == sorted(tuple(map(renamed, term["coefs"])) for term in same)
        for term in same:
            places = [group.coefs.index(renamed(coef)) for coef in term["coefs"]]
            assert term["correlated"] == (len(places) > 1)
            z = group.z[:, places]
            n = len(z)
            assert_allclose(
                [z.sum(), (z**2).sum()], [term["Z_sum"], term["Z_sumsq"]], rtol=1e-6, atol=1e-6 * n
            )


def renamed(coef: str) -> str:
    return coef.replace("(Intercept)", "Intercept")


def parts(label: str) -> frozenset[str]:
    """The factors of a label, `g:a` and `a:g` being one group; `(1 | factor(g))` keeps its call."""
    return frozenset(split(label))


def split(label: str) -> list[str]:
    """lme4 calls the levels of `(1 | a/b/c)` `c:(b:a)`."""
    return re.sub(r"(?<![\w.])\(([^()]*)\)", r"\1", label).split(":")


def blocks_of(group) -> list[tuple[str, ...]]:
    return [tuple(block) for block in group.blocks]


def check_level_names(group, term: Record) -> None:
    """First and last levels, in R's order where the factors stand in the same order."""
    ours, theirs = list(group.levels), [*term["first"], *term["last"]]
    if group.label == term["group"]:
        ends = len(term["first"])
        assert [*ours[:ends], *ours[-len(term["last"]) :]] == theirs
    else:
        order = [group.label.split(":").index(factor) for factor in split(term["group"])]
        turned = {":".join(level) for level in zip(*(group.parts[place] for place in order), strict=True)}
        assert set(theirs) <= turned


@pytest.mark.parametrize("record", WITH_BRMS, ids=by_id)
def test_group_table_is_brmss(record):
    """Each group of each parameter: which coefficients are correlated, their columns by sums, shared ids."""
    _, design = built(record)
    rows = record["brms"]["ranef"]
    theirs = {(row["dpar"] or "mu", parts(row["group"])) for row in rows}
    ours = {(name, key(group)) for name, part in design.parameters.items() for group in part.groups.values()}
    assert ours == theirs
    for name, part in design.parameters.items():
        for group in part.groups.values():
            mine = [row for row in rows if (row["dpar"] or "mu", parts(row["group"])) == (name, key(group))]
            blocks = brms_blocks(mine)
            assert sorted(sorted(map(brms_name, block)) for block in group.blocks) == sorted(
                map(sorted, blocks)
            )
            assert_shared(group, mine, rows)


def key(group) -> frozenset[str]:
    """A group as brms names it: that of `mm(a, b)` is `mmab`, one factor."""
    return frozenset([group.label]) if group.is_membership else parts(group.label)


def brms_name(coef: str) -> str:
    """brms's spelling of the name of a coefficient, which Stan can read."""
    for old, new in (
        ("==", "EQ"),
        ("+", "P"),
        ("-", "M"),
        ("*", "MU"),
        ("/", "D"),
        ("^", "E"),
        (">", "GT"),
        ("=", "EQ"),
    ):
        coef = coef.replace(old, new)
    return re.sub(r"[ ()\[\],\"'`]", "", coef)


def brms_blocks(rows: list[Record]) -> list[list[str]]:
    """Coefficients that brms correlates: those of one id, if `cor`."""
    joint: dict[object, list[str]] = {}
    for place, row in enumerate(rows):
        joint.setdefault(row["id"] if row["cor"] else ("alone", place), []).append(row["coef"])
    return list(joint.values())


def assert_shared(group, mine: list[Record], rows: list[Record]) -> None:
    """An id of brms that spans parameters has one name in all of them here."""
    for row in mine:
        across = {other["dpar"] for other in rows if other["id"] == row["id"]}
        if len(across) > 1:
            assert all(group.ids)


@pytest.mark.parametrize(
    "record", [record for record in WITH_BRMS if record["brms"].get("Z_sums")], ids=by_id
)
def test_group_columns_are_brmss(record):
    """Sums of the columns that multiply group effects, and numbers of levels."""
    _, design = built(record)
    sums = record["brms"]["Z_sums"]
    z = [column for group in design.groups.values() for column in group.columns.T]
    assert_allclose(
        sorted(column.sum() for column in z), sorted(sums.values()), rtol=1e-6, atol=1e-6 * len(z[0])
    )
    levels = {row["id"]: parts(row["group"]) for row in record["brms"]["ranef"]}
    for place, count in record["brms"]["N_levels"].items():
        group = next(
            g for g in design.groups.values() if parts(g.label) == levels[int(place.removeprefix("N_"))]
        )
        assert len(group.levels) == count
