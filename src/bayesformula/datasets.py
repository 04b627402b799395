"""Small tables that come with the package: where each is from, what is in it, and a checksum.

Five are published measurements, read from files beside this module; three are simulated from stated
parameters, so that a fit can be held against the truth.

    >>> from bayesformula import datasets
    >>> datasets.names()
    ('cafes', 'nested', 'classroom', 'sleepstudy', 'Penicillin', 'Pastes', 'cbpp', 'grants')
    >>> datasets.load("cafes").shape
    (200, 3)
    >>> datasets.truth("cafes")["b_afternoon"]
    -1.0

Importing this module loads the standard library only; pandas and numpy come with the first table.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

from bayesformula.errors import BayesFormulaError, listing, nearest
from bayesformula.simulations import simulate_cafes, simulate_classroom, simulate_nested

if TYPE_CHECKING:
    import pandas as pd


class DatasetError(BayesFormulaError, LookupError):
    """A table that is not bundled, or whose file is not the one that was published."""


class ColumnKind(Enum):
    """How a column is stored in the frame that `load` returns."""

    NUMBER = "number"
    INTEGER = "integer"
    FACTOR = "factor"  # pandas categorical, levels in the order of the file
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: what it measures, and in which unit (empty for a label or a plain number)."""

    name: str
    kind: ColumnKind
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is known about a table without reading it.

    Attributes:
        formula: a model that the table is usually taken for.
        aliases: other names that `find` and `load` take.
        file: name in the folder `tables`, with `sha256` of its content; both empty when simulated.
        simulate: makes the table; None when it is read from `file`.
        truth: (flat parameter name, value) of a simulated table, empty for a published one.
    """

    name: str
    title: str
    n_rows: int
    columns: tuple[Column, ...]
    formula: str
    source: str
    licence: str
    aliases: tuple[str, ...] = ()
    file: str = ""
    sha256: str = ""
    simulate: Callable[[], pd.DataFrame] | None = None
    truth: tuple[tuple[str, float], ...] = ()


def names() -> tuple[str, ...]:
    """The names that `load` knows: the simulated tables first, then the published ones."""
    return tuple(record.name for record in DATASETS)


def find(name: str) -> Dataset:
    """The record of a table; upper and lower case are one.

    Raises:
        DatasetError: no table has this name; the message lists those there are, nearest first.
    """
    for record in DATASETS:
        if name.casefold() in (each.casefold() for each in (record.name, *record.aliases)):
            return record
    raise DatasetError(f"there is no dataset '{name}'; there are: {listing(nearest(name, names()))}")


def load(name: str) -> pd.DataFrame:
    """A bundled table as a pandas frame.

    Grouping columns and factors of the published tables are categorical, with the levels in the order
    of the file, so that a label such as subject 308 is never taken for a number.

    Args:
        name: one of `names()`, in upper or lower case.

    Returns:
        A new frame at each call, yours to change.

    Raises:
        DatasetError: there is no such table, or its file is missing or has been changed.

        >>> from bayesformula import datasets
        >>> datasets.load("sleepstudy").columns.tolist()
        ['Reaction', 'Days', 'Subject']
    """
    record = find(name)
    if record.simulate is not None:
        return record.simulate()

    import pandas as pd

    labels = [column.name for column in record.columns if column.kind in (ColumnKind.FACTOR, ColumnKind.TEXT)]
    frame = pd.read_csv(io.BytesIO(_verified(record)), dtype=dict.fromkeys(labels, "str"))
    for column in record.columns:
        if column.kind is ColumnKind.FACTOR:
            values = frame[column.name]
            frame[column.name] = pd.Categorical(values, categories=values.unique())
    return frame


def describe(name: str) -> str:
    """What a table holds and where it is from, as text to print.

    Raises:
        DatasetError: there is no such table.
    """
    record = find(name)
    width = max(len(column.name) for column in record.columns)
    lines = [
        f"{record.name}: {record.title}",
        "",
        f"  {record.n_rows} rows; for example {record.formula}",
        "",
    ]
    for column in record.columns:
        unit = f" [{column.unit}]" if column.unit else ""
        lines.append(f"  {column.name:<{width}}  {column.kind.value:<7}  {column.meaning}{unit}")
    lines += ["", f"  Source:  {record.source}", f"  Licence: {record.licence}"]
    if record.truth:
        values = ", ".join(f"{parameter} = {value:.4g}" for parameter, value in record.truth)
        lines.append(f"  Truth:   {values}")
    return "\n".join(lines)


def truth(name: str) -> dict[str, float]:
    """The parameters that a simulated table was drawn from, under their names in a fit's summary.

    Raises:
        DatasetError: there is no such table, or it was measured and nobody knows its truth.

        >>> from bayesformula import datasets
        >>> datasets.truth("nested")["sd_region:group__x"]
        0.2
    """
    record = find(name)
    if not record.truth:
        simulated = listing(other.name for other in DATASETS if other.truth)
        raise DatasetError(
            f"dataset '{record.name}' was measured, not simulated: its true parameters are unknown. "
            f"Simulated are: {simulated}"
        )
    return dict(record.truth)


def _verified(record: Dataset) -> bytes:
    """The bytes of a bundled file, after comparing their checksum."""
    path = resources.files("bayesformula") / "tables" / record.file
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(
            f"the file of dataset '{record.name}' is missing: expected {path}. Install bayesformula again"
        ) from None
    content = content.replace(b"\r\n", b"\n")  # a checkout may translate line ends; the table is the same
    found = hashlib.sha256(content).hexdigest()
    if found != record.sha256:
        raise DatasetError(
            f"the file of dataset '{record.name}' is not the one that was published: {path} has sha256\n"
            f"  {found}, expected\n  {record.sha256}. Install bayesformula again"
        )
    return content


_FACTS = "measured facts, reproduced from the publication by way of R's lme4; cite the source"
_OWN = "Apache-2.0, as the package"
_DAVIES = (
    "O. L. Davies and P. L. Goldsmith (eds), Statistical Methods in Research and Production, "
    "4th ed., Oliver and Boyd (1972), section "
)

DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="cafes",
        title="waiting times in cafes, morning and afternoon (simulated)",
        n_rows=200,
        columns=(
            Column("cafe", ColumnKind.TEXT, "the cafe, c01 to c20"),
            Column("afternoon", ColumnKind.INTEGER, "1 in the afternoon, 0 in the morning"),
            Column("wait", ColumnKind.NUMBER, "time from order to coffee", "minutes"),
        ),
        formula="wait ~ afternoon + (1 + afternoon | cafe)",
        source="simulate_cafes()",
        licence=_OWN,
        simulate=simulate_cafes,
        truth=(
            ("b_Intercept", 3.5),
            ("b_afternoon", -1.0),
            ("sd_cafe__Intercept", 1.0),
            ("sd_cafe__afternoon", 0.5),
            ("cor_cafe__Intercept__afternoon", -0.7),
            ("sigma", 0.5),
        ),
    ),
    Dataset(
        name="nested",
        title="a response over groups within regions (simulated)",
        n_rows=400,
        columns=(
            Column("region", ColumnKind.TEXT, "the region, r1 to r5"),
            Column("group", ColumnKind.TEXT, "the group, g01 to g20, each in one region"),
            Column("x", ColumnKind.NUMBER, "a standard normal predictor"),
            Column("y", ColumnKind.NUMBER, "the response"),
        ),
        formula="y ~ x + (1 + x | region/group)",
        source="simulate_nested()",
        licence=_OWN,
        simulate=simulate_nested,
        truth=(
            ("b_Intercept", 5.0),
            ("b_x", -1.0),
            ("sd_region__Intercept", 1.0),
            ("sd_region__x", 0.5),
            ("cor_region__Intercept__x", -0.5),
            ("sd_region:group__Intercept", 0.5),
            ("sd_region:group__x", 0.2),
            ("cor_region:group__Intercept__x", 0.3),
            ("sigma", 0.5),
        ),
    ),
    Dataset(
        name="classroom",
        title="test scores by age, pupils of 24 teachers (simulated)",
        n_rows=360,
        columns=(
            Column("teacher", ColumnKind.TEXT, "the teacher, t01 to t24"),
            Column("age", ColumnKind.NUMBER, "age of the pupil, 6 to 11", "years"),
            Column("score", ColumnKind.NUMBER, "test score", "points"),
        ),
        formula="score ~ age + (1 + age | teacher)",
        source="simulate_classroom()",
        licence=_OWN,
        simulate=simulate_classroom,
        truth=(
            ("b_Intercept", 26.0),
            ("b_age", 4.0),
            ("sd_teacher__Intercept", math.sqrt(80.25)),
            ("sd_teacher__age", 1.0),
            ("cor_teacher__Intercept__age", -7.5 / math.sqrt(80.25)),
            ("sigma", 8.0),
        ),
    ),
    Dataset(
        name="sleepstudy",
        title="reaction times of 18 people over ten days of too little sleep",
        n_rows=180,
        columns=(
            Column("Reaction", ColumnKind.NUMBER, "average reaction time of the day", "ms"),
            Column("Days", ColumnKind.INTEGER, "day of the study, 0 to 9", "days"),
            Column("Subject", ColumnKind.FACTOR, "the person"),
        ),
        formula="Reaction ~ Days + (1 + Days | Subject)",
        source=(
            "G. Belenky and others (2003), Patterns of performance degradation and restoration during sleep "
            "restriction and subsequent recovery: a sleep dose-response study, Journal of Sleep Research 12, "
            "1-12, doi:10.1046/j.1365-2869.2003.00337.x"
        ),
        licence=_FACTS,
        file="sleepstudy.csv",
        sha256="2918bbddf750e78003059efa97b94885b85c4d7927c22a19c29f7fa5a184c59d",
    ),
    Dataset(
        name="Penicillin",
        title="zones of inhibition of six penicillin samples on 24 plates, every sample on every plate",
        n_rows=144,
        columns=(
            Column("diameter", ColumnKind.NUMBER, "diameter of the zone without growth", "mm"),
            Column("plate", ColumnKind.FACTOR, "the assay plate, a to x"),
            Column("sample", ColumnKind.FACTOR, "the penicillin sample, A to F"),
        ),
        formula="diameter ~ 1 + (1 | plate) + (1 | sample)",
        source=_DAVIES + "6.6",
        licence=_FACTS,
        file="penicillin.csv",
        sha256="8d7e09b5c2519c595a7515028cba5ea149dcd9f99aa08e423534bd139a1eae1f",
    ),
    Dataset(
        name="Pastes",
        title="strength of a chemical paste: two assays of each of three casks of each of ten batches",
        n_rows=60,
        columns=(
            Column("strength", ColumnKind.NUMBER, "strength of the paste, unit as published"),
            Column("batch", ColumnKind.FACTOR, "the delivery batch, A to J"),
            Column("cask", ColumnKind.FACTOR, "the cask, a to c, the same three letters in every batch"),
            Column("sample", ColumnKind.FACTOR, "batch and cask, A:a to J:c"),
        ),
        formula="strength ~ 1 + (1 | batch/cask)",
        source=_DAVIES + "6.5",
        licence=_FACTS,
        file="pastes.csv",
        sha256="2ff3dab894c7526ba90394ad4b95c20ef085c1f36255b47432833535874c78a7",
    ),
    Dataset(
        name="cbpp",
        title="new cases of contagious bovine pleuropneumonia in 15 Ethiopian herds over four periods",
        n_rows=56,
        columns=(
            Column("herd", ColumnKind.FACTOR, "the herd, 1 to 15"),
            Column("incidence", ColumnKind.INTEGER, "new serological cases in the period", "animals"),
            Column("size", ColumnKind.INTEGER, "size of the herd at the start of the period", "animals"),
            Column("period", ColumnKind.FACTOR, "the period, 1 to 4 (write factor(period) after a CSV file)"),
        ),
        formula="incidence | trials(size) ~ factor(period) + (1 | herd)",
        source=(
            "M. Lesnoff and others (2004), Within-herd spread of contagious bovine pleuropneumonia in "
            "Ethiopian highlands, Preventive Veterinary Medicine 64, 27-40"
        ),
        licence=_FACTS,
        file="cbpp.csv",
        sha256="2798bc7704a4bdb8ade4e164d8c3a6397efa7ba5fb25c1ec11f517b4ffb940a7",
    ),
    Dataset(
        name="grants",
        title="research grants of the Dutch science council by discipline and gender of the applicant",
        n_rows=18,
        columns=(
            Column("discipline", ColumnKind.FACTOR, "the field of the application"),
            Column("gender", ColumnKind.TEXT, "gender of the applicant, f or m"),
            Column("applications", ColumnKind.INTEGER, "applications received"),
            Column("awards", ColumnKind.INTEGER, "applications granted"),
        ),
        formula="awards | trials(applications) ~ gender + (1 | discipline)",
        source=(
            "R. van der Lee and N. Ellemers (2015), Gender contributes to personal research funding success "
            "in The Netherlands, PNAS 112, 12349-12353, table S1, doi:10.1073/pnas.1510159112"
        ),
        licence="measured facts, reproduced from the publication; cite the source",
        aliases=("nwo_grants",),
        file="nwo_grants.csv",
        sha256="42cdc82e0c01b8cea72cd551f4d781de1f8a6fba1f29fdde903f81c42c906872",
    ),
)
