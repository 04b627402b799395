"""The meter: what it counts, and when it is shown."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from bayesformula.runner import progress
from bayesformula.runner.config import RunConfig
from bayesformula.runner.progress import Meter, meter


class FakeBar:
    """Records what a bar of tqdm would be told."""

    def __init__(self):
        self.n, self.texts = 0, []

    def update(self, n):
        assert n >= 0
        self.n += n

    def set_postfix_str(self, text, refresh=True):
        assert refresh is False  # drawing is the bar's own business, at its own pace
        self.texts.append(text)


CONFIG = RunConfig(chains=2, draws=100, warmup=50)


def test_it_counts_transitions_of_all_chains_whatever_their_order():
    bar = FakeBar()
    tell = Meter(CONFIG, bar)
    for chain, done in [(0, 10), (1, 30), (0, 50), (0, 60), (1, 50), (1, 150), (0, 150)]:
        tell(chain, done, 7, 0)
    assert bar.n == 2 * CONFIG.steps
    assert bar.texts == [
        "2 warming up", "2 warming up", "1 warming up", "1 warming up", "sampling", "sampling", "sampling",
    ]  # fmt: skip


def test_divergences_of_warmup_do_not_count():
    bar = FakeBar()
    tell = Meter(CONFIG, bar)
    tell(0, 50, 7, 5)
    tell(1, 50, 7, 5)
    tell(0, 60, 7, 2)
    tell(1, 60, 7, 1)
    assert bar.texts == ["1 warming up", "sampling", "sampling, 2 divergent", "sampling, 3 divergent"]


def test_it_may_be_told_from_many_threads():
    bar = FakeBar()
    config = RunConfig(chains=8, draws=1000, warmup=10)
    tell = Meter(config, bar)

    def chain(number):
        for done in range(1, config.steps + 1):
            tell(number, done, 1, done % 2)

    threads = [threading.Thread(target=chain, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bar.n == 8 * config.steps
    assert bar.texts[-1] == f"sampling, {8 * 500} divergent"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("show", "stream", "is_shown"),
    [
        (None, Terminal, True),
        (None, io.StringIO, False),
        (True, io.StringIO, True),
        (False, Terminal, False),
    ],
)
def test_it_is_shown_on_a_terminal_or_when_asked_for(monkeypatch, show, stream, is_shown):
    err, out = stream(), stream()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with meter(CONFIG, show) as tell:
        assert (tell is not None) is is_shown
        if tell is not None:
            tell(0, 150, 1, 0)
    assert ("2 chains" in err.getvalue()) is is_shown
    assert out.getvalue() == ""
    assert not err.getvalue().strip().endswith("draw")


def test_it_is_shown_in_a_notebook(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    assert progress._is_interactive()


def test_no_standard_error_at_all(monkeypatch):
    """`pythonw` has none."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr(sys, "stderr", None)
    assert not progress._is_interactive()
