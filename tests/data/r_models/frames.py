"""Small tables like those of textbooks and papers: python frames.py writes the .csv files beside it, once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def reading() -> pd.DataFrame:
    """Lexical decision: subjects crossed with words, and an unbalanced few rows left out."""
    rng = np.random.default_rng(1)
    subject, word = np.divmod(np.arange(96), 8)
    return pd.DataFrame(
        {
            "Subject": 301 + subject * 3,
            "Word": np.array(["owl", "almond", "bee", "cat", "Dog", "eel", "fig", "goat"])[word],
            "NativeLanguage": np.array(["Other", "English"])[subject % 2],
            "Sex": np.array(["F", "M"])[(subject // 2) % 2],
            "Age": 18 + subject * 2,
            "Cond": np.array(["ctl", "rel", "unrel"])[(subject + word) % 3],
            "Trial": rng.permutation(96) + 1,
            "Frequency": np.round(rng.uniform(1, 8, 8)[word], 2),
            "Length": np.array([3, 6, 3, 3, 3, 3, 3, 4])[word],
            "PrevCorrect": np.where(rng.uniform(size=96) < 0.8, "correct", "incorrect"),
            "Correct": rng.integers(0, 2, 96),
            "RT": np.round(rng.lognormal(6.4, 0.3, 96), 1),
            "late": rng.uniform(size=96) < 0.4,
        }
    ).drop(index=[5, 17, 40, 41, 77])


def field() -> pd.DataFrame:
    """An ecological survey: subplots in plots in sites, over years; plot names recur in each site."""
    rng = np.random.default_rng(2)
    row = np.arange(96)
    site, plot, subplot, year = row // 24, row // 8 % 3, row // 4 % 2, row % 4
    n = rng.integers(5, 15, 96)
    size = np.array(["small", "medium", "large"])[rng.integers(0, 3, 96)]
    return pd.DataFrame(
        {
            "site": np.array(["Bog", "Alp", "Fen", "Heath"])[site],
            "plot": np.array(["p1", "p2", "p3"])[plot],
            "subplot": subplot + 1,
            "year": 2009 + year,
            "day": np.round(rng.uniform(1, 365, 96)),
            "treatment": np.array(["control", "fenced", "burnt"])[(plot + site) % 3],
            "nutrient": np.array([1, 8])[(row // 2) % 2],
            "size": size,
            "temp": np.round(rng.normal(15, 4, 96), 1),
            "depth": np.round(rng.gamma(3, 2, 96), 2),
            "effort": np.round(rng.uniform(0.5, 4, 96), 2),
            "area": np.round(rng.uniform(10, 100, 96), 1),
            "count": rng.poisson(4, 96),
            "dead": rng.binomial(n, 0.3),
            "n": n,
            "total.fruits": rng.poisson(20, 96),
            "wet": rng.uniform(size=96) < 0.5,
            "lon": np.round(rng.uniform(-2, 2, 96), 3),
            "lat": np.round(rng.uniform(50, 52, 96), 3),
        }
    )


def pupils() -> pd.DataFrame:
    """Pupils in classes in schools, with codes as numbers and a few missing values."""
    rng = np.random.default_rng(3)
    row = np.arange(90)
    school = row // 15
    ses = np.round(rng.normal(0, 1, 90), 2)
    frame = pd.DataFrame(
        {
            "school": 1000 + school * 7,
            "class": row // 5 % 3 + 1,
            "pupil": row,
            "female": rng.integers(0, 2, 90),
            "minority": rng.uniform(size=90) < 0.3,
            "sector": np.array(["Public", "Catholic"])[school % 2],
            "grade": np.array(["low", "mid", "high", "top"])[rng.integers(0, 4, 90)],
            "ses": ses,
            "meanses": np.round(pd.Series(ses).groupby(school).transform("mean").to_numpy(), 3),
            "iq": np.round(rng.normal(100, 15, 90)),
            "hours": np.round(rng.exponential(4, 90), 1),
            "w": rng.integers(1, 4, 90),
            "math": np.round(rng.normal(12, 5, 90), 2),
            "passed": np.array(["no", "yes"])[rng.integers(0, 2, 90)],
        }
    )
    frame.loc[[3, 30], "iq"] = np.nan
    frame.loc[[8, 44], "sector"] = None
    frame.loc[71, "math"] = np.nan
    return frame


if __name__ == "__main__":
    for make in (reading, field, pupils):
        make().to_csv(HERE / f"{make.__name__}.csv", index=False)
