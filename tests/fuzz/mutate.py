"""New inputs from old: splices of tokens for texts, of bytes for files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from fuzz.target import Mutator

TOKEN = re.compile(
    r"""\s+|[^\W\d][\w.]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|'[^']*'|"[^"]*"|`[^`]*`|[<>=!&|~*%:]{2}|.""",
    re.DOTALL,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
NUMBERS = (
    "0", "1", "-1", "2", "0.5", ".5", "1e-3", "2L", "1e308", "1e999", "-1e999", "1e-999", "0x10", "1_000",
    "1e9",
    "99999999999999999999", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "NaN",
    "inf", "-inf", "1.7976931348623157e308", "5e-324", "9" * 400, "9" * 5_000, "00", "1.", "1e", "٣", "²",
    "½",
)  # fmt: skip
STRANGE = (
    "\x00", "\x1b[2J", "\u202e", "\u200b", "\u200d", "\ufeff", "\xa0", "\u2028", "\x85", "\x0b", "\r", "é",
    "é",
    "а", "ﬀ", "ß", "İ", "ǅ", "😀", "🏳️‍🌈", "\U000e0041", "\ud800", "\udfff", "\uffff", "\U0010ffff", "ا", "漢",
    "_", "$",
    "\\", "\\\\", "'", '"', "`", "<script>", "%s", "{}", "${x}", "../", "\n", "\t", ";", "#", "@", "?",
)  # fmt: skip


def tokens_of(text: str) -> list[str]:
    """The text in words, numbers, quoted parts and symbols; joined, they are the text again."""
    return TOKEN.findall(text)


def text_mutator(words: Sequence[str]) -> Mutator:
    """Splices of tokens from inputs worth keeping, and of `words`, the vocabulary of the language."""

    def mutate(random: Random, kept: Sequence[bytes]) -> bytes:
        tokens = tokens_of(_text(random.choice(kept)))
        for _ in range(1 + int(random.expovariate(0.5))):
            other = tokens_of(_text(random.choice(kept)))
            tokens = random.choice(STEPS)(random, tokens, other, words)[:4_000]
        return "".join(tokens).encode("utf-8", "surrogatepass")

    return mutate


def mutate_bytes(random: Random, kept: Sequence[bytes]) -> bytes:
    """Bits, bytes and stretches changed, left out, doubled, and taken from elsewhere."""
    data = bytearray(random.choice(kept))
    for _ in range(1 + int(random.expovariate(0.3))):
        start = random.randrange(len(data) + 1)
        length = min(int(random.expovariate(1 / 8)) + 1, len(data) - start)
        match random.randrange(7):
            case 0 if length:
                data[start] ^= 1 << random.randrange(8)
            case 1 if length:
                data[start] = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
            case 2:
                del data[start : start + length]
            case 3:
                data[start:start] = data[start : start + length] * random.choice((1, 1, 2, 50))
            case 4:
                data[start : start + length] = random.randbytes(length)
            case 5:
                other = random.choice(kept)
                at = random.randrange(len(other) + 1)
                data[start : start + length] = other[at : at + random.randrange(1, 65)]
            case _:
                data = data[: start if random.random() < 0.1 else len(data)]
    return bytes(data)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# ---- steps: from tokens, tokens of another input, and words, to tokens ---------------------------------


def _range(random: Random, tokens: Sequence[str]) -> tuple[int, int]:
    start = random.randrange(len(tokens) + 1)
    return start, min(len(tokens), start + 1 + int(random.expovariate(0.4)))


def _bracketed(random: Random, tokens: Sequence[str]) -> tuple[int, int] | None:
    """A stretch from an opening bracket to the one that closes it, with the name of a call before it."""
    opened = [at for at, token in enumerate(tokens) if token in CLOSING]
    if not opened:
        return None
    start = random.choice(opened)
    depth = 0
    for at in range(start, len(tokens)):
        depth += (tokens[at] in CLOSING) - (tokens[at] in CLOSING.values())
        if depth == 0:
            named = start > 0 and tokens[start - 1][0].isalpha() and random.random() < 0.5
            return start - named, at + 1
    return start, len(tokens)


def _delete(random: Random, tokens: list[str], _: list[str], __: Sequence[str]) -> list[str]:
    start, stop = _range(random, tokens)
    return tokens[:start] + tokens[stop:]


def _double(random: Random, tokens: list[str], _: list[str], __: Sequence[str]) -> list[str]:
    start, stop = _range(random, tokens)
    times = random.choice((1, 1, 1, 2, 3, 20, 200))
    return tokens[:start] + tokens[start:stop] * times + tokens[start:]


def _splice(random: Random, tokens: list[str], other: list[str], _: Sequence[str]) -> list[str]:
    (start, stop), (first, last) = _range(random, tokens), _range(random, other)
    return tokens[: random.choice((start, stop))] + other[first:last] + tokens[stop:]


def _cross(random: Random, tokens: list[str], other: list[str], _: Sequence[str]) -> list[str]:
    return tokens[: random.randrange(len(tokens) + 1)] + other[random.randrange(len(other) + 1) :]


def _insert(random: Random, tokens: list[str], _: list[str], words: Sequence[str]) -> list[str]:
    start, stop = _range(random, tokens)
    word = random.choice(random.choice((words, words, words, NUMBERS, STRANGE)))
    return [*tokens[:start], word, *tokens[random.choice((start, start, stop)) :]]


def _replace(random: Random, tokens: list[str], other: list[str], words: Sequence[str]) -> list[str]:
    """Each token like one of them, for one of its kind: a name for a name, a number for a number."""
    if not tokens:
        return list(other)
    old = random.choice(tokens)
    pool = NUMBERS if old[0].isdigit() else [word for word in (*words, *other) if _kind(word) == _kind(old)]
    new = random.choice(pool or STRANGE)
    every = random.random() < 0.5
    at = random.choice([at for at, token in enumerate(tokens) if token == old])
    return [new if token == old and (every or place == at) else token for place, token in enumerate(tokens)]


def _swap_brackets(random: Random, tokens: list[str], other: list[str], _: Sequence[str]) -> list[str]:
    mine, theirs = _bracketed(random, tokens), _bracketed(random, other)
    if mine is None or theirs is None:
        return tokens
    return tokens[: mine[0]] + other[slice(*theirs)] + tokens[mine[1] :]


def _wrap(random: Random, tokens: list[str], _: list[str], words: Sequence[str]) -> list[str]:
    start, stop = _range(random, tokens)
    opening = random.choice(tuple(CLOSING))
    named = [word for word in words if word[0].isalpha()]
    before = [random.choice(named)] if named and random.random() < 0.6 else []
    times = random.choice((1, 1, 1, 1, 3, 90, 300))
    inside = tokens[start:stop]
    opened, closed = [*before, opening] * times, [CLOSING[opening]] * times
    return tokens[:start] + opened + inside + closed + tokens[stop:]


def _kind(token: str) -> str:
    if token[0].isdigit():
        return "number"
    return "word" if token[0].isalpha() or token[0] == "`" else "quoted" if token[0] in "'\"" else "symbol"


STEPS = (
    _delete,
    _double,
    _splice,
    _splice,
    _cross,
    _insert,
    _insert,
    _replace,
    _replace,
    _swap_brackets,
    _wrap,
)
