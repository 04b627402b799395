"""Every input that was worth keeping, once more: what failed once is mended, and stays so."""

import pytest

from fuzz import corpus, targets
from fuzz.target import attempt


@pytest.mark.parametrize("name", targets.names())
def test_the_corpus_is_read_or_refused(name):
    target = targets.find(name)
    inputs = [(path.name, path.read_bytes()) for path in corpus.paths(target)]
    assert inputs or target.seeds(), name
    for file, data in inputs:
        result = attempt(target, data)
        assert not result.fault, f"corpus/{name}/{file}: {result.fault}"


def test_the_corpus_is_small():
    size = sum(path.stat().st_size for name in targets.names() for path in corpus.paths(targets.find(name)))
    assert size < 200_000
