"""The full text of every error that a transform can cause.

The messages are in transform_messages.txt: a line `>>> formula`, then the message. To change them on purpose,
run this file as a script, read the difference, and keep what helps.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesformula.data.design import build_design
from bayesformula.errors import BayesFormulaError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

GOLDEN = Path(__file__).parent / "transform_messages.txt"
N = np.arange(12)
FRAME = pd.DataFrame(
    {
        "y": np.sin(N),
        "x": (5.0 * N) % 7,
        "z": N - 3.0,
        "zeros": np.where(N < 9, 0.0, N),
        "k": 3.0,
        "f": pd.Categorical(np.array(["lo", "mid", "hi"])[N % 3], categories=["lo", "mid", "hi"]),
        "s": np.array(["m", "f"])[N % 2],
        "b": N % 4 == 1,
    }
)


def fault(x):
    raise ValueError("no such unit")


OWN = {
    "fault": fault,
    "short": lambda x: x[:2],
    "cube": lambda x: np.zeros((12, 2, 2)),
    "nothing": lambda x: None,
    "two": lambda x, z: x,
}


def message_of(formula):
    with pytest.raises(BayesFormulaError) as caught:
        build_design(lower(parse(formula)), FRAME, transforms=OWN)
    return str(caught.value)


def read_cases():
    sections = GOLDEN.read_text(encoding="utf-8").split(">>> ")[1:]
    pairs = [section.split("\n", 1) for section in sections]
    return [(formula, message.strip("\n")) for formula, message in pairs]


@pytest.mark.parametrize(("formula", "message"), read_cases())
def test_message(formula, message):
    """Word for word."""
    assert message_of(formula) == message


def test_every_refusal_says_what_to_write():
    """Nothing is only refused."""
    assert len(read_cases()) > 60
    for formula, message in read_cases():
        assert len(message) > 40, formula


if __name__ == "__main__":
    texts = [f">>> {formula}\n{message_of(formula)}\n" for formula, _ in read_cases()]
    GOLDEN.write_text("\n".join(texts), encoding="utf-8")
