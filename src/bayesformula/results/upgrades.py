"""Formats of saved fits, and the steps from each to the next.

A file of format n passes through the steps n, n + 1, ... until it is one of `FORMAT`. A step is a function of
the file's arrays, and is never changed once a version that writes the next format was released.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bayesformula.results.container import Groups

FORMAT = 2
"""1: one linear predictor, a Gaussian response. 2: any family, further predictors, thresholds."""

Step = Callable[[Groups], Groups]


def _to_second(groups: Groups) -> Groups:
    """What the first format had no words for is empty in its models."""

    def filled(spec: dict[str, Any]) -> dict[str, Any]:
        new = {"known_error": "", "terms": [], "categories": []}
        predictors = [{"specific": [], "units": [], "in_sigma": False, **each} for each in spec["predictors"]]
        return {**new, **spec, "predictors": predictors}

    return _with_text(groups, "spec", filled)


STEPS: Mapping[int, Step] = {1: _to_second}
"""From each older format to the next."""


def upgraded(groups: Groups, found: int, wanted: int, steps: Mapping[int, Step] = STEPS) -> Groups:
    """The arrays of a file of one format as a later one has them."""
    for number in range(found, wanted):
        groups = steps[number](groups)
    return groups


def _with_text(groups: Groups, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Groups:
    """The groups with one of the model's JSON texts changed."""
    text = json.dumps(change(json.loads(str(groups["/model"][name][()]))))
    return {**groups, "/model": {**groups["/model"], name: np.array(text, object)}}
