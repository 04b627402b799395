"""Findings: when each code is found and when not, and how a user regrades them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayesformula.data.checks import CODES, Finding, check, resolve
from bayesformula.datasets import load
from bayesformula.errors import DataError, OptionError


@pytest.fixture
def find(build):
    """Codes and messages that a formula on a frame gives."""

    def _find(text, frame, family=None, **options):
        schema, design = build(text, frame, **options)
        findings = check(schema.spec, schema, design, frame, family=family)
        assert all(finding.code in CODES for finding in findings)
        return {finding.code: finding for finding in findings}

    return _find


def test_a_sound_model_gives_no_findings(find, frame):
    """Silence where there is nothing to say."""
    assert find("y ~ x * f + (x | g) + (1 | a:s)", frame).keys() <= {"few-levels"}


FOUND = [
    ("y ~ one", "constant-column", "dropped, the same in every row used: 'one'"),
    ("y ~ x + double", "dependent-columns", "dropped: 'double' is a combination of 'x'"),
    ("y ~ x; sigma ~ x + double", "dependent-columns", "dropped of sigma: 'double' is a combination of 'x'"),
    ("y ~ lone", "one-level-factor",
     "factor 'lone' has one level, 'q', in the rows used: it can explain nothing; leave it out"),
    ("y ~ (1 | lone)", "one-level-group",
     "grouping factor 'lone' has 1 level: only the prior says how its effects vary"),
    ("y ~ (1 | row)", "as-many-levels-as-rows",
     "grouping factor 'row' has 24 levels in 24 rows: its effects cannot be told from the residuals"),
    ("y ~ factor(row)", "as-many-levels-as-rows",
     "factor 'factor(row)' has 24 levels in 24 rows: its effects cannot be told from the residuals"),
    ("y ~ (1 | half)", "non-integer-group",
     "grouping column 'half' holds numbers that are not whole; each different number is a level. "
     "A measurement belongs before the bar, or into classes: cut(half, ...)"),
    ("y ~ factor(row) + x + w", "dependent-columns", "dropped: 'w' is a combination of 'Intercept', "),
    ("one ~ x", "constant-response", "response 'one' is 7 in all 24 rows: there is nothing to explain"),
    ("holes ~ x", "rows-dropped",
     '2 of 24 rows were left out for missing values; pass na="error" to refuse them instead'),
    ("bit ~ x", "binary-response",
     "response 'bit' is 0 or 1 and a Gaussian is assumed, where bernoulli would model its probability; "
     'family="gaussian" says that it is meant'),
    ("k ~ x", "count-response", "response 'k' is whole numbers, 0 to 3, and a Gaussian is assumed, "
     'where poisson or negbinomial would model counts; family="gaussian" says that it is meant'),
    ("y ~ (year || g)", "far-from-zero", "'year' in a term without correlated intercepts on 'g' has mean"),
    ("y ~ (0 + year | g)", "far-from-zero", "center(year) is usually meant, or (year | g)"),
    ("y ~ (1 | g) + (1 | g)", "duplicate-term", "was kept once"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "message"), FOUND, ids=[text for text, *_ in FOUND])
def test_findings(find, frame, text, code, message):
    """The code, its default severity, and a message that says what to do."""
    frame = frame.assign(
        one=7.0, double=2 * frame.x, lone="q", row=range(24), half=frame.g + 0.5, bit=frame.k % 2,
        year=2000 + frame.x, holes=frame.y.mask(frame.index.isin([3, 9])),
    )  # fmt: skip
    found = find(text, frame)
    assert message in found[code].message
    assert found[code].severity == CODES[code]


def test_more_coefficients_than_rows(find, frame):
    """What the data do not say, the priors will."""
    found = find("y ~ factor(k) * f; sigma ~ f", frame.head(6))
    assert "there are 12 population coefficients and 6 rows" in found["more-coefficients-than-rows"].message


def test_a_correlated_slope_may_be_far_from_zero(find, frame):
    """With a correlated intercept the model is the same wherever zero is."""
    frame["year"] = 2000 + frame.x
    assert find("y ~ year + (year | g)", frame) == {}


def test_a_stated_family_changes_what_is_asked(find, frame):
    """Residuals exist only in a Gaussian model; a user who chose a family needs no advice on it."""
    frame["row"], frame["bit"] = range(24), 1
    assert find("k ~ (1 | row)", frame, family="poisson") == {}
    assert find("k ~ x", frame, family="gaussian") == {}
    assert find("bit ~ x", frame, family="bernoulli")["constant-response"].severity == "warn"
    assert "binary-response" not in find("b ~ x", frame)  # no family is assumed for truth values


def test_infinities_are_an_error_finding(find, frame):
    """Where learning was told to keep them."""
    frame.loc[3, "x"] = np.inf
    found = find("y ~ x", frame, infinite="keep")["infinite-values"]
    assert found == Finding(
        "infinite-values", "error", "column 'x' of mu holds values that are not finite numbers"
    )


# ---- labels that look reused -------------------------------------------------------------------------


def cells(outer, inner, rows):
    """A frame of `rows` rows for each pair (outer level, inner level) given."""
    pairs = [(a, b) for a in outer for b in inner(a)]
    frame = pd.DataFrame([pair for pair in pairs for _ in range(rows)], columns=["a", "b"])
    return frame.assign(y=np.sin(np.arange(len(frame))))


REUSED = [
    ("counted, full table", cells(range(10), lambda a: "abc", 2), "y ~ (1|a) + (1|b)"),
    ("counted from 1", cells("PQRSTUVW", lambda a: range(1, 4), 2), "y ~ x + (1|a) + (1|b)"),
    ("counted to different ends", cells(range(4), lambda a: range(1, 4 + a), 2), "y ~ (1|a) + (1|b)"),
    (
        "under a factor of the population part",
        cells("PQR", lambda a: range(1, 4 + ord(a) % 3), 4),
        "y ~ a + (1|b)",
    ),
]
CROSSED = [
    ("one row a cell", cells(range(24), lambda a: "ABCDEF", 1), "y ~ (1|a) + (1|b)"),
    ("named levels", cells(range(10), lambda a: ["S1", "S2", "S3"], 2), "y ~ (1|a) + (1|b)"),
    ("as many inner as outer", cells(range(6), lambda a: range(6), 3), "y ~ (1|a) + (1|b)"),
    ("gaps in the count", cells(range(9), lambda a: [a % 3, (a + 1) % 3], 2), "y ~ (1|a) + (1|b)"),
    ("within subjects", cells("PQ", lambda a: range(20), 5), "y ~ a + (1|b)"),
    ("nested already", cells(range(6), lambda a: [2 * a, 2 * a + 1], 3), "y ~ (1|a) + (1|b)"),
    ("written as nested", cells(range(10), lambda a: "abc", 2), "y ~ (1|a/b)"),
    ("written as nested and crossed", cells(range(10), lambda a: "abc", 2), "y ~ (1|a/b) + (1|b)"),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "text"), [case[1:] for case in REUSED], ids=[case[0] for case in REUSED])
def test_reused_labels_are_found(find, frame, text):
    """A bare count under each level of another factor."""
    found = find(text, frame.assign(x=np.arange(len(frame)) ** 0.5))
    assert "did you mean (1 | a/b)?" in found["implicit-nesting"].message


@pytest.mark.parametrize(("frame", "text"), [case[1:] for case in CROSSED], ids=[case[0] for case in CROSSED])
def test_crossed_designs_are_left_alone(find, frame, text):
    """Where crossing is the likelier reading, nothing is said."""
    assert "implicit-nesting" not in find(text, frame)


def test_the_two_classics(find):
    """Casks are counted within batches; plates and samples are crossed."""
    pastes, penicillin = load("pastes"), load("penicillin")
    found = find("strength ~ (1|batch) + (1|cask)", pastes)
    assert found["implicit-nesting"].message == (
        "level 'a' of cask occurs under 10 levels of batch: did you mean (1 | batch/cask)? "
        'If it is one and the same cask everywhere, pass checks={"implicit-nesting": "ignore"}'
    )
    assert find("strength ~ (1|batch/cask)", pastes) == {}
    assert find("strength ~ (1|batch) + (1|sample)", pastes) == {}
    assert "implicit-nesting" not in find("diameter ~ (1|plate) + (1|sample)", penicillin)


# ---- regrading ---------------------------------------------------------------------------------------

FINDINGS = (
    Finding("constant-column", "warn", "dropped, the same in every row used: 'one'"),
    Finding("binary-response", "info", "0 or 1"),
)


def test_findings_are_regraded():
    """Ignored ones go, others get the grade asked for."""
    assert resolve(FINDINGS) == FINDINGS
    assert resolve(FINDINGS, {"constant-column": "ignore"}) == FINDINGS[1:]
    assert resolve(FINDINGS, {"binary-response": "warn"})[1].severity == "warn"


def test_errors_are_raised_with_the_way_out():
    """All of them in one message."""
    findings = (*FINDINGS, Finding("one-level-factor", "error", "factor 'f' has one level"))
    with pytest.raises(DataError) as caught:
        resolve(findings, {"constant-column": "error"})
    assert str(caught.value) == (
        "dropped, the same in every row used: 'one'\n"
        '  To go on all the same, pass checks={"constant-column": "warn"}.\n'
        "factor 'f' has one level\n"
        '  To go on all the same, pass checks={"one-level-factor": "warn"}.'
    )


def test_unknown_codes_and_grades_are_refused():
    """The legal ones are listed, nearest first."""
    with pytest.raises(OptionError, match="no check 'constant-columns'; there are 'constant-column', "):
        resolve(FINDINGS, {"constant-columns": "ignore"})
    with pytest.raises(OptionError, match="'ignore', 'warn' or 'error', not 'info'"):
        resolve(FINDINGS, {"constant-column": "info"})
