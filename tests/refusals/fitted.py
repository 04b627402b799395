"""Questions to a fit of `wait ~ afternoon + (1 + afternoon | cafe)` that have no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import bayesformula as bf

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Question:
    """A call of a method of a fit, and words of the message."""

    id: str
    ask: Callable[[Any], object]
    words: tuple[str, ...]


def ask(name: str, call: Callable[[Any], object], *words: str) -> Question:
    return Question(name, call, words)


def predict(name: str, newdata: object, *words: str, **options: object) -> Question:
    """`fit.predict(newdata, ...)`."""
    return Question(name, lambda fit: fit.predict(newdata, **options), words)


ONE = {"afternoon": [1], "cafe": ["c01"]}

NEW_DATA = [
    predict("no column of the formula", {"cafe": ["c01"]}, "no column 'afternoon'", "'cafe'"),
    predict("no group", {"afternoon": [1]}, "no column 'cafe'"),
    predict("an empty dict", {}, "no columns"),
    predict("no rows", {"afternoon": [], "cafe": []}, "0 rows"),
    predict("a level nobody has seen", {"afternoon": [1], "cafe": ["c99"]}, "'cafe'", "'c99'",
            'new_levels="'),
    predict("a level in capital letters", {"afternoon": [1], "cafe": ["C01"]}, "'C01'", "'c01'"),
    predict("text for a number", {"afternoon": ["yes"], "cafe": ["c01"]}, "'afternoon'", "text"),
    predict("numbers as text", {"afternoon": ["1"], "cafe": ["c01"]}, "'afternoon'", "text"),
    predict("a truth for a number", {"afternoon": [[1]], "cafe": ["c01"]}, "'afternoon'", "one value a row"),
    predict("dates for a number", {"afternoon": [pd.Timestamp("2024-01-01")], "cafe": ["c01"]},
            "'afternoon'", "dates"),
    predict("complex numbers", {"afternoon": [1j], "cafe": ["c01"]}, "'afternoon'", "complex"),
    predict("infinite values", {"afternoon": [INF], "cafe": ["c01"]}, "'afternoon'", "infinite"),
    predict("all missing", {"afternoon": [NAN], "cafe": ["c01"]}, "no rows are left", "'afternoon'"),
    predict("numbers for a group of text", {"afternoon": [1], "cafe": [1]}, "'cafe'", "'1'"),
    predict("columns of two lengths", {"afternoon": [1, 0], "cafe": ["c01"]}, "table"),
    predict("no table", 3, "type int", "pandas"),
    predict("an array", np.ones((2, 2)), "pd.DataFrame(data)"),
    predict("a path to nothing", "new.csv", "no file 'new.csv'"),
    predict("a column twice", pd.DataFrame([[1, 1, "c01"]], columns=["afternoon", "afternoon", "cafe"]),
            "the same name"),
]  # fmt: skip

ANSWERS = [
    predict("unknown kind", ONE, "kind='average'", "'mean'", kind="average"),
    predict("unknown parameter", ONE, "'tau'", "'sigma'", parameter="tau"),
    predict("unknown group", ONE, "'school'", "'cafe'", groups=["school"]),
    predict("unknown word for groups", ONE, "groups='some'", "'all'", groups="some"),
    predict("a number for groups", ONE, "groups=3", "'all'", groups=3),
    predict("unknown way with new levels", ONE, "new_levels='guess'", "'sample'", new_levels="guess"),
    predict("no draws", ONE, "draws=0", draws=0),
    predict("half a draw", ONE, "draws=0.5", draws=0.5),
    predict("a negative seed", ONE, "seed=-1", seed=-1),
    predict("a seed that is text", ONE, "seed='a'", seed="a"),
    predict("an interval of 95", ONE, "ci=95", summary=True, ci=95),
    predict("an interval of nothing", ONE, "ci=0", summary=True, ci=0),
    predict("an unknown interval", ONE, "'hpd'", "'hdi'", summary=True, interval="hpd"),
    ask("a summary of 95", lambda fit: fit.summary(ci=95), "ci=95"),
    ask("a summary of text", lambda fit: fit.summary(ci="95%"), "ci='95%'"),
    ask("a summary of another kind", lambda fit: fit.summary(kind="hpd"), "'hpd'", "'hdi'"),
    ask("a hypothesis of nothing", lambda fit: fit.hypothesis(""), "empty"),
    ask("a hypothesis without a comparison", lambda fit: fit.hypothesis("afternoon"), "afternoon", "<"),
    ask("a hypothesis of an unknown name", lambda fit: fit.hypothesis("noon < 0"), "'noon'", "afternoon"),
    ask("a hypothesis of code", lambda fit: fit.hypothesis("__import__('os').getpid() > 0"), "__import__"),
    ask("a hypothesis of a number", lambda fit: fit.hypothesis(3), "3"),
    ask("folds of one", lambda fit: fit.kfold(1), "1"),
    ask("more folds than rows", lambda fit: fit.kfold(10_000), "10000"),
    ask("effects of an unknown name", lambda fit: fit.conditional_effects("noon"), "'noon'", "'afternoon'"),
    ask("a comparison of nothing", lambda fit: bf.compare({}), "two"),
    ask("a comparison of one", lambda fit: bf.compare({"a": fit}), "two"),
    ask("a comparison with a number", lambda fit: bf.compare({"a": fit, "b": 3}), "'b'"),
    ask("a report under another name", lambda fit: fit.report("report.pdf"), "report.pdf", ".html"),
    ask("a report into no folder", lambda fit: fit.report("no/report.html"), "no/report.html", "folder"),
    ask("a file that is a folder", lambda fit: fit.save("."), "exists"),
]  # fmt: skip

UPDATES = [
    ask("update of an unknown option", lambda fit: fit.update(foo=1), "foo"),
    ask("update of a name of brms", lambda fit: fit.update(adapt_delta=0.9), "target_accept=0.9"),
    ask("update to no draws", lambda fit: fit.update(draws=0), "draws=0"),
    ask("update to a formula of other columns", lambda fit: fit.update(formula="wait ~ noon"), "'noon'",
        "Pass data="),
    ask("update to no formula", lambda fit: fit.update(formula="wait ~"), "~"),
    ask("update to a number for a formula", lambda fit: fit.update(formula=3), "int"),
    ask("update to no table", lambda fit: fit.update(data=3), "type int"),
    ask("update to another table", lambda fit: fit.update(data={"y": [1.0]}), "no column 'wait'"),
    ask("update to an unknown family", lambda fit: fit.update(family="gausian"), "'gaussian'"),
    ask("update to a family of other values", lambda fit: fit.update(family="poisson"), "'wait'",
        "whole numbers"),
    ask("update to unknown priors", lambda fit: fit.update(priors="tau ~ normal(0, 1)"), "tau", "sigma"),
    ask("update to an unknown plan", lambda fit: fit.update(plan="fast"), "plan='fast'"),
    ask("update to no seed", lambda fit: fit.update(seed=None), "seed=None"),
]  # fmt: skip

QUESTIONS = [*NEW_DATA, *ANSWERS, *UPDATES]
