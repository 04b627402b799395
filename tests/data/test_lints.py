"""Lints before fitting: full texts of what is said, and silence on sound models.

The texts are in tests/golden/findings.txt: a line `>>> name` of a case of `SPOKEN`, then its findings.
Write them anew with `python tests/data/test_lints.py` and read the difference.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesformula.data.checks import CODES, check
from bayesformula.data.design import build_design
from bayesformula.data.encoded import held
from bayesformula.data.spans import ColumnSpace
from bayesformula.data.vocabulary import is_name_of_labels, is_shared_name, number_marks
from bayesformula.datasets import DATASETS, load
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

GOLDEN = Path(__file__).parents[1] / "golden" / "findings.txt"


def findings(text, frame, family=None, **options):
    """All findings of a formula on a frame."""
    schema, design = build_design(lower(parse(text)), frame, **options)
    return check(schema.spec, schema, design, frame, family=family)


def sleepstudy():
    """Subjects as the numbers that they are in the published table, and under two more names."""
    frame = load("sleepstudy").copy()
    frame["Subject"] = frame["Subject"].astype(str).astype(int)
    return frame.assign(
        who=[f"S{number}" for number in frame.Subject],
        half=frame.Subject % 2,
        sex=np.where(frame.Subject % 2, "f", "m"),
        site=frame.Subject // 10,
        school=np.arange(180) % 9,
        late=np.where(frame.Days > 4, "late", "early"),
    )


def wide():
    """40 levels of 6 rows; columns that vary within few or none of them, and labels of many kinds."""
    n = np.arange(240)
    g = n // 6
    return pd.DataFrame(
        {
            "y": np.sin(n) + g / 10,
            "count": n % 4 + 1,
            "g": g,
            "x": np.cos(5 * n),
            "two": np.where(g % 2, "b", "a"),
            "once": np.where((n == 3) | (g % 2 == 1), 1.0, 0.0),
            "row": n,
            "pair": n // 2,
            "most": np.where(n < 230, n, 230 + n % 3),
            "three": n % 3,
            "half": n % 7 / 2,
            "price": [f"{1000 + 7 * k % 100:,}" for k in n.tolist()],
            "dose": np.where(n % 9 == 0, ".", (n % 5).astype(str)),
            "income": [f"{k % 4},5" for k in n.tolist()],
            "share": [f"{k % 4} %" for k in n.tolist()],
            "one": 7.0,
            "year": 2000 + n % 6,
            "spread": 0.1 + n % 2,
            "twin": np.cos(5 * n) * 3,
            "h": np.array(["p", "q", "r", "s", "t", "u", "v"])[n % 7],
        }
    )


@dataclass(frozen=True)
class Case:
    """A formula on a frame."""

    text: str
    frame: pd.DataFrame
    family: str | None = None

    @property
    def found(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return findings(self.text, self.frame, self.family)


SLEEP, WIDE, PASTES = sleepstudy(), wide(), load("Pastes")
TYPED = np.array(["control", "Control", "drug"])[np.arange(180) % 3]
GRADES = np.array(["low", "middle", "high"])[np.arange(180) % 3]

SPOKEN = {
    # a column that is taken for something else
    "labels as a number": Case("Reaction ~ Subject", SLEEP),
    "labels as a slope": Case("Reaction ~ Days + Subject + (Subject | late) + (1 | site)", SLEEP),
    "labels on both sides": Case("Reaction ~ Days + Subject + (1 | Subject)", SLEEP),
    "labels by a dot": Case("Reaction ~ .", SLEEP[["Reaction", "Days", "Subject"]]),
    "a word for amounts that groups elsewhere": Case("Reaction ~ school + (Days | school)", SLEEP),
    "a grouping factor as a name": Case("Reaction ~ Days + (1 | Subject | late)", SLEEP),
    "the response after the bar": Case("Reaction ~ Days + (1 | Reaction)", SLEEP),
    "the response within a combination": Case("log(Reaction) ~ Days + (1 | Subject:Reaction)", SLEEP),
    "the response before the bar": Case("Reaction ~ Days + (Reaction | Subject)", SLEEP),
    "numbers that are not whole": Case("y ~ x + (1 | half)", WIDE),
    "thousands with commas": Case("y ~ price", WIDE),
    "decimal commas": Case("y ~ x + income", WIDE),
    "per cent": Case("y ~ x + share", WIDE),
    "decimals that are text": Case("y ~ weight", WIDE.assign(weight=(WIDE.row / 7).round(2).astype(str))),
    "a dot for a missing value": Case("y ~ dose", WIDE),
    "text among numbers": Case("y ~ level", WIDE.assign(level=np.where(WIDE.row == 9, "<0.1", WIDE.row / 8))),
    # labels that look alike
    "labels in small and capital letters": Case("Reaction ~ sort + (1 | Subject)", SLEEP.assign(sort=TYPED)),
    "labels and blanks": Case(
        "y ~ x + (1 | two:h)", WIDE.assign(h=np.where(WIDE.row % 9, WIDE.h, WIDE.h + " "))
    ),
    "letters of two kinds": Case(
        "y ~ x + (1 | h)", WIDE.assign(h=np.where(WIDE.row % 2, "\u00e9t\u00e9", "e\u0301te\u0301"))
    ),
    # levels and rows
    "one level": Case("y ~ (1 | one)", WIDE),
    "three levels": Case("y ~ x + (1 | three)", WIDE),
    "a level a row": Case("y ~ x + (1 | row)", WIDE),
    "almost a level a row": Case("y ~ x + (1 | most)", WIDE),
    "as many effects as rows": Case("y ~ x + (x | pair)", WIDE),
    "fewer rows than effects": Case("count ~ x + (x + I(x^2) | pair)", WIDE, "poisson"),
    "a factor level a row": Case("y ~ factor(row)", WIDE),
    "saturated": Case("y ~ poly(x, 7)", WIDE.head(8)),
    "more coefficients than rows": Case("y ~ factor(three) * h", WIDE.head(8)),
    # effects that cannot be told apart
    "one partition twice": Case("Reaction ~ Days + (1 | Subject) + (1 | who)", SLEEP),
    "one partition twice, slopes too": Case("Reaction ~ Days + (Days | Subject) + (Days | who)", SLEEP),
    "nested, one level each": Case("Reaction ~ Days + (1 | Subject/who)", SLEEP),
    "a factor on both sides": Case("Reaction ~ Days + factor(Subject) + (1 | Subject)", SLEEP),
    "a coarser group": Case("Reaction ~ Days + who + (1 | sex)", SLEEP),
    "a factor by slopes": Case("Reaction ~ who * Days + (Days | who)", SLEEP),
    "a polynomial through all levels": Case("y ~ poly(year, 5) + (1 | year)", WIDE),
    "of sigma": Case("y ~ x + (1 | g); sigma ~ h + (1 | h)", WIDE),
    # columns that do not vary within groups
    "a predictor of the levels": Case("Reaction ~ Days + sex + (Days + sex | Subject)", SLEEP),
    "varies in one level": Case("y ~ once + (once || g)", WIDE),
    "empty correlations": Case("y ~ two + (0 + two | g)", WIDE),
    "far from zero": Case("y ~ year + (year || g)", WIDE),
    # means that are fixed at 0
    "slopes around 0": Case("Reaction ~ 1 + (Days | Subject)", SLEEP),
    "slopes around 0 over two factors": Case("y ~ 1 + (x + spread | g) + (0 + x | h)", WIDE),
    "intercepts around 0": Case("Reaction ~ 0 + Days + (1 | Subject)", SLEEP),
    # labels counted anew
    "implicit nesting": Case("strength ~ 1 + (1 | batch) + (1 | cask)", PASTES),
    # columns and response
    "a predictor that separates": Case("high ~ spread + x", WIDE.assign(high=1 * (WIDE.x > 0)), "bernoulli"),
    "a level that separates": Case(
        "high ~ x + two", WIDE.assign(high=WIDE.half.eq(0) | (WIDE.two == "b")), "bernoulli"
    ),
    "two predictors that separate": Case(
        "high ~ x + row", WIDE.assign(high=1 * (WIDE.x > WIDE.row / 99)), "bernoulli"
    ),
    "dropped columns": Case("y ~ x + one + twin", WIDE),
    "ratings": Case("count ~ x", WIDE),
    "ratings with one that nobody gave": Case("count ~ x", WIDE[WIDE["count"] != 2], "cumulative"),
    "words without an order": Case("grade ~ Days", SLEEP.assign(grade=GRADES), "sratio"),
    "terms twice": Case("y ~ x + (1 | g) + (1 | g)", WIDE),
}

SILENT = [
    Case("Reaction ~ Days + (Days | Subject)", SLEEP),
    Case("Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", SLEEP),
    Case("Reaction ~ Days + (1 | Subject) + (0 + Days | who)", SLEEP),  # shares no effect
    Case("Reaction ~ Days + sex + (Days | Subject)", SLEEP),
    Case("Reaction ~ Days + sex + (1 | site/Subject)", SLEEP),  # explicit nesting, unique labels
    Case("Reaction ~ Days + sex + (1 | site) + (1 | Subject)", SLEEP),
    Case("Reaction ~ Days + (1 | Days)", SLEEP),  # a trend, and days that deviate from it
    Case("Reaction ~ half + school", SLEEP),  # an indicator; an amount, for all we know
    Case("Reaction ~ poly(Days, 2) + (Days | Subject)", SLEEP),
    Case("Reaction ~ scale(Days) + (Days | Subject)", SLEEP),
    Case("Reaction ~ sex:Days + (1 + Days | Subject)", SLEEP),
    Case("Reaction ~ 0 + late + (1 | Subject)", SLEEP),
    Case("Reaction ~ late + (0 + late | Subject)", SLEEP),
    Case("Reaction ~ Days + (1 | p | Subject)", SLEEP),
    Case("Reaction ~ Days + (1 | half | Subject); sigma ~ 1 + (1 | half | Subject)", SLEEP),
    Case("Reaction / 10 ~ Days + (1 | Subject)", SLEEP),
    Case("y ~ x + (x || pair)", WIDE),  # two rows a level tell two sds from the residual one
    Case("count ~ x + (1 | row)", WIDE, "poisson"),  # overdispersion
    Case("y | se(spread) ~ x + (1 | row)", WIDE),  # a meta-analysis: one row a study
    Case("y ~ two + (0 + two || g)", WIDE),  # an sd for each class of g
    Case("y ~ factor(dose_text)", WIDE.assign(dose_text=(WIDE.row % 5).astype(str))),
    Case("y ~ x * two + (x | g) + (1 | h)", WIDE),
    Case(
        "y ~ allele", WIDE.assign(allele=np.where(WIDE.row % 2, "a", "A"))
    ),  # letters that are meant to differ
    Case("y ~ children", WIDE.assign(children=np.where(WIDE.three == 2, "2+", WIDE.three.astype(str)))),
    Case("cbind(count, row - count) ~ log(row) + (1 | g)", WIDE.tail(200), "binomial"),
    Case("strength ~ 1 + (1 | batch/cask)", PASTES),
    Case("strength ~ 1 + (1 | batch) + (1 | sample)", PASTES),
    Case("diameter ~ 1 + (1 | plate) + (1 | sample)", load("Penicillin")),
    *(Case(d.formula, load(d.name), "binomial" if "trials" in d.formula else None) for d in DATASETS),
]


def golden() -> dict[str, str]:
    """The texts by case."""
    parts = GOLDEN.read_text("utf-8").split(">>> ")[1:]
    return {name: body.strip() for name, _, body in (part.partition("\n") for part in parts)}


def text_of(case: Case) -> str:
    """Findings as the golden file holds them."""
    lines = [case.text]
    for finding in case.found:
        lines += [f"{finding.severity} {finding.code}", f"    {finding.message}"]
    return "\n".join(lines)


@pytest.mark.parametrize("name", SPOKEN)
def test_what_is_said(name):
    """All findings of a case, code, grade and full text."""
    assert text_of(SPOKEN[name]) == golden()[name]


def test_the_golden_file_holds_these_cases_and_no_others():
    assert list(golden()) == list(SPOKEN)


def test_every_code_is_shown():
    """But for those of values and rows, which are in the tests of the checks."""
    shown = {finding.code for case in SPOKEN.values() for finding in case.found}
    elsewhere = {"infinite-values", "rows-dropped", "constant-response", "binary-response", "formula-note"}
    elsewhere |= {"one-level-factor", "outside-support", "one-class", "no-zeros", "one-trial-a-row"}
    elsewhere |= {"merged-labels"}  # of files: tests/refusals
    assert set(CODES) - shown <= elsewhere
    assert shown <= set(CODES)


def test_grades_are_those_of_the_table():
    assert all(f.severity == CODES[f.code] for case in SPOKEN.values() for f in case.found)


@pytest.mark.parametrize("case", SILENT, ids=lambda case: case.text)
def test_sound_models_are_left_alone(case):
    """No finding, not even for information."""
    assert case.found == ()


# ---- one rule at a time ------------------------------------------------------------------------------


def codes(text, frame, family=None):
    return {finding.code for finding in findings(text, frame, family)}


@pytest.mark.parametrize(("varying", "is_found"), [(0, True), (2, True), (3, False), (40, False)])
def test_a_column_that_varies_in_a_fair_part_of_the_levels_passes(varying, is_found):
    """2 of 40 levels are one in twenty."""
    moved = (WIDE.g < varying) & (WIDE.index % 6 == 0)
    frame = WIDE.assign(z=np.where(moved, 1.0, 0.0) + WIDE.g % 3)
    assert ("constant-within-groups" in codes("y ~ z + (z | g)", frame)) == is_found


@pytest.mark.parametrize(("levels", "is_found"), [(1, False), (2, True), (4, True), (5, False)])
def test_few_levels_are_two_to_four(levels, is_found):
    found = codes("y ~ x + (1 | k)", WIDE.assign(k=WIDE.index % levels))
    assert ("few-levels" in found) == is_found
    assert ("one-level-group" in found) == (levels == 1)


@pytest.mark.parametrize(("repeats", "is_found"), [(0, True), (1, True), (20, True), (21, False)])
def test_a_few_rows_that_repeat_a_level_do_not_save_it(repeats, is_found):
    n = 400
    frame = pd.DataFrame({"y": np.sin(np.arange(n)), "g": np.maximum(np.arange(n), repeats)})
    assert len(set(frame.g)) == n - repeats
    assert ("as-many-levels-as-rows" in codes("y ~ (1 | g)", frame)) == is_found


def test_findings_do_not_depend_on_the_order_of_rows():
    """Rows are only counted and compared."""
    order = np.random.default_rng(3).permutation(len(WIDE))
    for name in ("one partition twice", "varies in one level", "almost a level a row", "slopes around 0"):
        case = SPOKEN[name]
        shuffled = case.frame.iloc[order[order < len(case.frame)]].reset_index(drop=True)
        assert [f.code for f in findings(case.text, shuffled)] == [f.code for f in case.found]


def test_a_large_table_is_compared_on_a_sample_of_rows():
    """The sample may be misled only towards silence: what is said holds in all rows."""
    n = 20_000
    frame = pd.DataFrame({"y": np.sin(np.arange(n)), "g": np.arange(n) % 7, "x": np.cos(np.arange(n))})
    frame["almost"] = np.where(frame.index == 12_345, -1, frame.g)
    assert "group-in-population" in codes("y ~ x + factor(g) + (1 | g)", frame)
    assert "group-in-population" not in codes("y ~ x + factor(g) + (1 | almost)", frame)
    assert "slope-without-mean" not in codes("y ~ poly(x, 3) + (x | g)", frame)
    assert "slope-without-mean" in codes("y ~ x + (sin(x) | g)", frame)


def test_a_column_space_knows_its_columns():
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((50, 4))
    matrix[:, 3] = 2 * matrix[:, 0]  # of rank 3
    space = ColumnSpace(held(matrix), 4)
    inside, outside = held(matrix @ [1.0, 0.0, -2.0, 3.0]), held(rng.standard_normal(50))
    assert space.may_hold(inside)
    assert not space.may_hold(outside)
    assert space.weights(outside) is None
    weights = space.weights(inside)
    assert weights is not None
    np.testing.assert_allclose(matrix @ (weights / np.linalg.norm(matrix, axis=0)), inside.whole)


def test_members_of_several_groups_are_left_alone():
    """Rows of mm() lie in several levels: no rule about rows of a level holds."""
    frame = WIDE.assign(other=(WIDE.g + 1) % 40)
    assert codes("y ~ x + (1 | mm(g, other))", frame) == set()


def test_a_known_covariance_tells_species_from_residuals():
    """A phylogeny has one row a species, and may stand beside species without it."""
    n = 12
    frame = pd.DataFrame({"y": np.sin(np.arange(n)), "s": [f"s{k:02}" for k in range(n)]})
    frame["t"] = frame.s
    related = pd.DataFrame(np.eye(n) + 0.5, index=frame.s, columns=frame.s)
    both = pd.concat([frame, frame.assign(y=frame.y + 1)], ignore_index=True)
    assert findings("y ~ (1 | gr(s, cov = A))", frame, matrices={"A": related}) == ()
    assert findings("y ~ (1 | gr(s, cov = A)) + (1 | t)", both, matrices={"A": related}) == ()


# ---- labels that look counted anew -------------------------------------------------------------------


def cells(outer, inner, rows):
    """A frame of `rows` rows for each pair (outer level, inner level) given."""
    pairs = [(a, b) for a in outer for b in inner(a)]
    frame = pd.DataFrame([pair for pair in pairs for _ in range(rows)], columns=["a", "b"])
    return frame.assign(y=np.sin(np.arange(len(frame))))


CROSSED = [
    ("subjects by stimuli, twice each", "b", lambda a: range(1, 9)),
    ("visits, with drop-out", "visit", lambda a: range(1, 3 + a % 4)),
    ("weeks, with drop-out", "weekNo", lambda a: range(1, 3 + a % 4)),
    ("items, all of them", "item", lambda a: range(1, 5)),
]


@pytest.mark.parametrize(("name", "inner"), [each[1:] for each in CROSSED], ids=[each[0] for each in CROSSED])
def test_what_is_shared_by_all_is_not_nested(name, inner):
    """The first visit is one and the same for all; eight stimuli are a grouping factor by themselves."""
    frame = cells(range(24), inner, 2).rename(columns={"b": name})
    assert "implicit-nesting" not in codes(f"y ~ (1 | a) + (1 | {name})", frame)


def test_a_column_is_said_to_be_nested_once():
    """In the factor that has most levels."""
    frame = cells(range(20), lambda a: range(1, 3 + a % 3), 4)
    frame["region"] = frame.a // 5
    found = [
        f for f in findings("y ~ (1 | region) + (1 | a) + (1 | b)", frame) if f.code == "implicit-nesting"
    ]
    assert [finding.message.split("? ")[0] for finding in found] == [
        "level '1' of b occurs under 20 levels of a: did you mean (1 | a/b)"
    ]


# ---- words -------------------------------------------------------------------------------------------

LABELS = ["id", "ID", "Subject", "subject_id", "SubjectID", "patient.no", "school_id", "storeCode", "uid2"]
AMOUNTS = ["x", "width", "idle", "valid", "school", "number", "visit_number", "patients", "school_size", "_"]


def test_names_of_labels():
    """A word that may be an amount counts only where it groups elsewhere."""
    assert [name for name in LABELS if not is_name_of_labels(name, is_grouping=False)] == []
    assert [name for name in AMOUNTS if is_name_of_labels(name, is_grouping=False)] == []
    assert is_name_of_labels("school", is_grouping=True)
    assert not is_name_of_labels("school_size", is_grouping=True)


def test_names_of_what_is_shared():
    assert [is_shared_name(name) for name in ("week", "Week2", "weekNo", "stim_id")] == [True] * 4
    assert [is_shared_name(name) for name in ("cask", "weekend", "weaker", "b")] == [False] * 4


NUMBERS = [
    (("1,234", "2,345"), (["1,234", "2,345"], [])),
    (("1,5", "2", "10,25"), (["1,5", "10,25"], [])),
    (("1 234", "5"), (["1 234"], [])),
    (("5 %", "7%"), (["5 %", "7%"], [])),
    (("1", ".", "2"), ([], ["."])),
    (("1", "n/a", "2.5e3", " 7 "), ([], ["n/a"])),
    (("1", "2", "3"), None),
    (("a", "1,5"), None),
    (("1", "2", "3+"), None),
    (("1-2", "3-4"), None),
    ((".", "-"), None),
    (("2020-01-01", "2020-01-02"), None),
]


@pytest.mark.parametrize(("levels", "marks"), NUMBERS)
def test_numbers_as_text(levels, marks):
    """Marks as in 1,234 and spellings of missing values; plain digits are codes on purpose."""
    assert number_marks(levels) == marks


if __name__ == "__main__":
    GOLDEN.write_text(
        "\n\n".join(f">>> {name}\n{text_of(case)}" for name, case in SPOKEN.items()) + "\n", "utf-8"
    )
