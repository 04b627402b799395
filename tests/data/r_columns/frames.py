"""Writes the frames that `columns.R` and the test read; run once, the numbers are kept in the files."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def main_frame(n: int, shift: int) -> pd.DataFrame:
    """Numbers, factors, text and truth values; `g` is nested in `a`."""
    i = np.arange(n) + shift
    x = np.round(2.5 + 2.5 * np.sin(1.7 * i + 0.3), 3)
    return pd.DataFrame(
        {
            "y": np.round(np.sin(i) + i / 5, 3),
            "x": x,
            "w": np.round(np.cos(3 * i) + 2, 4),
            "t": (5 * i) % 11 - 5,
            "p": np.round(0.5 + 0.4 * np.sin(2.3 * i), 4),
            "k": i % 4,
            "g": i % 36 // 6 + 1,
            "year": 1990 + (7 * i) % 31,
            "f": np.array(["early", "mid", "late"])[(i + i // 7) % 3],
            "o": np.array(["none", "some", "much", "all"])[(i + i // 5) % 4],
            "h": np.array(["p", "r"])[i // 2 % 2],
            "s": np.array(["m", "f"])[i // 3 % 2],
            "u": np.array(["Zoë", "ann", "Bob", "ben"])[(i * i + i // 9) % 4],
            "q": np.array(["10", "9", "2.5"])[i % 3],
            "tf": np.array(["T", "false"])[i % 5 // 3],
            "a": np.array(["A", "B"])[i % 36 // 18],
            "b": i % 7 < 3,
        }
    )


def nested_frame() -> pd.DataFrame:
    """`b` has other levels under each level of `a`, and one cell is empty."""
    i = np.arange(30)
    a = np.array(["a1", "a2", "a3"])[i // 10]
    b = np.array(["p", "q", "r"])[(i + i // 10) % 3]
    frame = pd.DataFrame(
        {"y": np.round(np.cos(i), 3), "a": a, "b": b, "x": np.round(np.sin(2 * i) + i / 9, 3)}
    )
    return frame[~((frame.a == "a2") & (frame.b == "r"))]


def missing_frame() -> pd.DataFrame:
    """The main frame with holes; a level of `f` has no complete row with `x`."""
    frame = main_frame(36, 0)[["y", "x", "f", "s"]]
    frame.loc[[3, 9], "x"] = np.nan
    frame.loc[[4, 20], "f"] = np.nan
    frame.loc[frame.f == "late", "x"] = np.nan
    frame.loc[[7], "s"] = np.nan
    return frame


if __name__ == "__main__":
    new = main_frame(14, 100)
    new.loc[[0, 1, 2], "x"] = [-0.75, 6.25, 5.5]
    new.loc[[3, 4], "year"] = [1985, 2027]
    main_frame(36, 0).to_csv(HERE / "main.csv", index=False)
    new.to_csv(HERE / "main_new.csv", index=False)
    nested_frame().to_csv(HERE / "nested.csv", index=False)
    missing_frame().to_csv(HERE / "missing.csv", index=False)
