"""The bundled tables: what is in them, that they stay the same, and what their simulations promise."""

import hashlib
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

from bayesformula import datasets
from bayesformula.errors import BayesFormulaError

# name -> rows, columns, levels of each grouping column
SHAPES = {
    "cafes": (200, ["cafe", "afternoon", "wait"], {"cafe": 20}),
    "nested": (400, ["region", "group", "x", "y"], {"region": 5, "group": 20}),
    "classroom": (360, ["teacher", "age", "score"], {"teacher": 24}),
    "sleepstudy": (180, ["Reaction", "Days", "Subject"], {"Subject": 18}),
    "Penicillin": (144, ["diameter", "plate", "sample"], {"plate": 24, "sample": 6}),
    "Pastes": (60, ["strength", "batch", "cask", "sample"], {"batch": 10, "cask": 3, "sample": 30}),
    "cbpp": (56, ["herd", "incidence", "size", "period"], {"herd": 15, "period": 4}),
    "grants": (18, ["discipline", "gender", "applications", "awards"], {"discipline": 9, "gender": 2}),
}

# sha256 of the CSV text of each simulated table with its default seed, and with seed 7
CHECKSUMS = {
    ("simulate_cafes", 1): "10a1f0f453c2ff7cc72f0a0b7123e05fa3c407971fd176b2d0d8063197719c62",
    ("simulate_cafes", 7): "61669d24695ea92e823fc9265b825f4c65cf87cfc6464335116bab1458dd417d",
    ("simulate_nested", 1): "1b314074e87e3704e829098aa445b15f7814e1d2d030eb684609b62299c8df49",
    ("simulate_nested", 7): "61c3179d10cbe15b6fc9cc2b8184e0b539864dc62abcace1f49bc11108169252",
    ("simulate_classroom", 1): "3458fe73e7147226da44f8d821775d123037e51dbcfc4627f4edb25f8c731ed2",
    ("simulate_classroom", 7): "a092238a94fc2242b4b050876d26bbd280e5526999b772418fca5b3a7d5706e7",
}

N_SEEDS = 200


def test_names_are_those_of_the_records():
    assert datasets.names() == tuple(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_table_has_the_shape_its_record_states(name):
    n_rows, columns, levels = SHAPES[name]
    frame = datasets.load(name)
    record = datasets.find(name)
    assert frame.shape == (n_rows, len(columns))
    assert frame.columns.tolist() == columns
    assert not frame.isna().any(axis=None)
    assert {column: frame[column].nunique() for column in levels} == levels
    assert record.n_rows == n_rows
    assert [column.name for column in record.columns] == columns


@pytest.mark.parametrize("name", SHAPES)
def test_columns_are_of_the_kind_their_record_states(name):
    """A label such as subject 308 must not come back as a number."""
    frame = datasets.load(name)
    for column in datasets.find(name).columns:
        values = frame[column.name]
        match column.kind:
            case datasets.ColumnKind.NUMBER:
                assert values.dtype.kind in "if", column.name
            case datasets.ColumnKind.INTEGER:
                assert values.dtype.kind == "i", column.name
            case datasets.ColumnKind.FACTOR:
                assert values.cat.categories.tolist() == list(dict.fromkeys(values)), column.name
                assert all(isinstance(level, str) for level in values.cat.categories), column.name
            case datasets.ColumnKind.TEXT:
                assert all(isinstance(value, str) for value in values), column.name


def test_published_values_arrive_unchanged():
    """Sums and corners, counted in the files by hand with awk."""
    sleep = datasets.load("sleepstudy")
    assert sleep.iloc[0].tolist() == [249.56, 0, "308"]
    assert sleep["Reaction"].sum() == pytest.approx(53731.4205, abs=1e-6)
    cbpp = datasets.load("cbpp")
    assert (cbpp["incidence"].sum(), cbpp["size"].sum()) == (99, 842)
    grants = datasets.load("grants")
    assert (grants["applications"].sum(), grants["awards"].sum()) == (2823, 467)
    assert datasets.load("Penicillin")["diameter"].sum() == 3308
    assert datasets.load("Pastes")["strength"].sum() == pytest.approx(3603.2, abs=1e-9)


def test_herds_keep_the_order_of_the_file_not_of_the_alphabet():
    levels = datasets.load("cbpp")["herd"].cat.categories.tolist()
    assert levels == [str(herd) for herd in range(1, 16)]


@pytest.mark.parametrize("spelling", ["penicillin", "PENICILLIN", "Penicillin"])
def test_upper_and_lower_case_are_one(spelling):
    assert datasets.find(spelling).name == "Penicillin"
    assert len(datasets.load(spelling)) == 144


def test_grants_go_by_the_name_of_the_file_too():
    assert datasets.find("NWO_grants") is datasets.find("grants")


def test_each_call_returns_a_frame_of_its_own():
    first = datasets.load("cafes")
    first.loc[0, "wait"] = -1.0
    assert datasets.load("cafes").loc[0, "wait"] != -1.0


def test_unknown_name_lists_the_legal_ones_nearest_first():
    with pytest.raises(datasets.DatasetError) as caught:
        datasets.load("sleepstudi")
    assert str(caught.value) == (
        "there is no dataset 'sleepstudi'; there are: 'sleepstudy', 'nested', 'Pastes', 'classroom', "
        "'Penicillin', 'cbpp', 'cafes', 'grants'"
    )
    assert isinstance(caught.value, BayesFormulaError)
    assert isinstance(caught.value, LookupError)


def test_truth_of_a_measured_table_is_an_error():
    with pytest.raises(datasets.DatasetError, match="'cbpp' was measured, not simulated"):
        datasets.truth("cbpp")


@pytest.mark.parametrize("name", SHAPES)
def test_description_names_every_column_and_the_source(name):
    record, text = datasets.find(name), datasets.describe(name)
    assert text.splitlines()[0] == f"{record.name}: {record.title}"
    for part in (
        record.source,
        record.licence,
        record.formula,
        *(column.meaning for column in record.columns),
    ):
        assert part in text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("changed", b"herd,incidence\n1,2\n", "is not the one that was published"),
        ("missing", None, "is missing"),
    ],
)
def test_file_that_is_not_the_published_one_is_refused(monkeypatch, tmp_path, name, content, message):
    (tmp_path / "tables").mkdir()
    if content is not None:
        (tmp_path / "tables" / "cbpp.csv").write_bytes(content)
    monkeypatch.setattr(datasets.resources, "files", lambda package: tmp_path)
    with pytest.raises(datasets.DatasetError, match=message):
        datasets.load("cbpp")


def test_line_ends_translated_by_a_checkout_do_no_harm(monkeypatch, tmp_path):
    published = datasets.resources.files("bayesformula") / "tables" / "cbpp.csv"
    expected = datasets.load("cbpp")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "cbpp.csv").write_bytes(published.read_bytes().replace(b"\n", b"\r\n"))
    monkeypatch.setattr(datasets.resources, "files", lambda package: tmp_path)
    assert datasets.load("cbpp").equals(expected)


def test_import_loads_no_third_party():
    code = (
        "import sys, bayesformula.datasets\n"
        "print(sorted({'numpy', 'pandas', 'jax', 'formulaic', 'arviz', 'xarray'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("simulate", "seed"), list(CHECKSUMS))
def test_simulated_table_is_the_same_on_every_machine(simulate, seed):
    text = getattr(datasets, simulate)(seed).to_csv(index=False, lineterminator="\n")
    assert hashlib.sha256(text.encode()).hexdigest() == CHECKSUMS[simulate, seed]


@pytest.mark.parametrize("name", ["cafes", "nested", "classroom"])
def test_loaded_table_is_that_of_the_default_seed(name):
    simulate = getattr(datasets, f"simulate_{name}")
    assert datasets.load(name).equals(simulate())
    assert not datasets.load(name).equals(simulate(2))


def test_cafes_are_visited_alternately_morning_and_afternoon():
    frame = datasets.load("cafes")
    assert frame["cafe"].unique().tolist() == [f"c{cafe:02d}" for cafe in range(1, 21)]
    assert all(visits.tolist() == [0, 1] * 5 for _, visits in frame.groupby("cafe")["afternoon"])


def test_every_group_of_the_nested_table_is_in_one_region():
    frame = datasets.load("nested")
    assert (frame.groupby("group")["region"].nunique() == 1).all()
    assert (frame.groupby("region")["group"].nunique() == 4).all()
    assert (frame.groupby("group").size() == 20).all()


def test_ages_of_the_classroom_are_in_the_stated_range():
    frame = datasets.load("classroom")
    assert frame["age"].between(6.0, 11.0).all()
    assert (frame.groupby("teacher").size() == 15).all()


# The moments of the simulations, averaged over many seeds. Each bound is about five standard errors of the
# average, so that a right simulation would fail for about one choice of seeds in a million.


def test_cafes_have_the_stated_moments():
    """Morning means and differences per cafe have exactly known moments, noise included."""
    truth = datasets.truth("cafes")
    starts, slopes, residuals = [], [], []
    for seed in range(N_SEEDS):
        waits = datasets.simulate_cafes(seed)["wait"].to_numpy().reshape(20, 5, 2)
        means = waits.mean(axis=1)
        starts.append(means[:, 0])
        slopes.append(means[:, 1] - means[:, 0])
        residuals.append(waits.var(axis=1, ddof=1).mean())
    start, slope = np.concatenate(starts), np.concatenate(slopes)
    noise = truth["sigma"] ** 2 / 5  # of a mean over five visits
    covariance = truth["cor_cafe__Intercept__afternoon"] * 1.0 * 0.5 - noise
    assert start.mean() == pytest.approx(truth["b_Intercept"], abs=0.08)
    assert slope.mean() == pytest.approx(truth["b_afternoon"], abs=0.05)
    assert start.var() == pytest.approx(truth["sd_cafe__Intercept"] ** 2 + noise, rel=0.12)
    assert slope.var() == pytest.approx(truth["sd_cafe__afternoon"] ** 2 + 2 * noise, rel=0.12)
    assert np.cov(start, slope)[0, 1] == pytest.approx(covariance, abs=0.07)
    assert math.sqrt(np.mean(residuals)) == pytest.approx(truth["sigma"], rel=0.02)


def test_nested_table_has_the_stated_moments():
    """Moments of the generator's own equation, by least squares within groups."""
    truth = datasets.truth("nested")
    coefs, x_all, residuals = [], [], []
    for seed in range(N_SEEDS):
        frame = datasets.simulate_nested(seed)
        x, y = (frame[column].to_numpy().reshape(20, 20) for column in ("x", "y"))
        x_all.append(x.ravel())
        centred = x - x.mean(axis=1, keepdims=True)
        slope = (centred * y).sum(axis=1) / (centred**2).sum(axis=1)
        intercept = y.mean(axis=1) - slope * x.mean(axis=1)
        rest = y - intercept[:, None] - slope[:, None] * x
        residuals.append((rest**2).sum(axis=1).mean() / 18)
        coefs.append(np.stack([intercept, slope], axis=1).reshape(5, 4, 2))
    coef = np.stack(coefs)  # seed, region, group in the region, (intercept, slope)
    x = np.concatenate(x_all)
    assert x.mean() == pytest.approx(0.0, abs=0.02)
    assert x.std() == pytest.approx(1.0, abs=0.02)
    assert math.sqrt(np.mean(residuals)) == pytest.approx(truth["sigma"], rel=0.02)
    assert coef[..., 0].mean() == pytest.approx(truth["b_Intercept"], abs=0.18)
    assert coef[..., 1].mean() == pytest.approx(truth["b_x"], abs=0.1)
    # Products of two groups of one region share the region's effects and nothing else.
    centred = coef - np.array([truth["b_Intercept"], truth["b_x"]])
    pairs = [
        centred[:, :, a, :, None] * centred[:, :, b, None, :] for a, b in itertools.permutations(range(4), 2)
    ]
    between = np.mean(pairs, axis=(0, 1, 2))
    assert between == pytest.approx(np.array([[1.0, -0.25], [-0.25, 0.25]]), abs=0.25)
    # What is left within a region is the group effects, and the noise of the least squares.
    within = centred - centred.mean(axis=2, keepdims=True)
    spread = np.einsum("srgi,srgj->ij", within, within) / (N_SEEDS * 5 * 3)
    noise = truth["sigma"] ** 2 * np.diag([1.06 / 20, 1 / 17])  # E[1/n + mean(x)^2 / ss], E[1 / ss]
    assert spread == pytest.approx(np.array([[0.25, 0.03], [0.03, 0.04]]) + noise, abs=0.03)


def test_classroom_truth_is_the_generator_moved_to_age_zero():
    """The documented map C S C' from age 8.5, and the moments by least squares at that age."""
    truth = datasets.truth("classroom")
    at_pivot = np.array([[25.0, 1.0], [1.0, 1.0]])  # sds 5 and 1, correlation 0.2
    move = np.array([[1.0, -8.5], [0.0, 1.0]])
    at_zero = move @ at_pivot @ move.T
    sds = np.sqrt(np.diag(at_zero))
    assert truth["sd_teacher__Intercept"] == pytest.approx(sds[0])
    assert truth["sd_teacher__age"] == pytest.approx(sds[1])
    assert truth["cor_teacher__Intercept__age"] == pytest.approx(at_zero[0, 1] / sds.prod())
    assert truth["b_Intercept"] == 60.0 - 8.5 * truth["b_age"]

    levels, slopes, residuals, noises = [], [], [], []
    for seed in range(N_SEEDS):
        frame = datasets.simulate_classroom(seed)
        age, score = (frame[column].to_numpy().reshape(24, 15) for column in ("age", "score"))
        centred = age - age.mean(axis=1, keepdims=True)
        square = (centred**2).sum(axis=1)
        slope = (centred * score).sum(axis=1) / square
        level = score.mean(axis=1) + slope * (8.5 - age.mean(axis=1))
        rest = score - level[:, None] - slope[:, None] * (age - 8.5)
        residuals.append((rest**2).sum(axis=1).mean() / 13)
        noises.append(
            truth["sigma"] ** 2 * np.array([1 / 15 + (8.5 - age.mean(axis=1)) ** 2 / square, 1 / square])
        )
        levels.append(level)
        slopes.append(slope)
    level, slope = np.concatenate(levels), np.concatenate(slopes)
    noise = np.concatenate(noises, axis=1).mean(axis=1)
    assert level.mean() == pytest.approx(60.0, abs=0.4)
    assert slope.mean() == pytest.approx(truth["b_age"], abs=0.15)
    assert math.sqrt(np.mean(residuals)) == pytest.approx(truth["sigma"], rel=0.02)
    assert level.var() == pytest.approx(25.0 + noise[0], rel=0.12)
    assert slope.var() == pytest.approx(1.0 + noise[1], rel=0.15)
    assert np.cov(level, slope)[0, 1] == pytest.approx(1.0, abs=0.7)
