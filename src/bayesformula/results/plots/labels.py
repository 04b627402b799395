"""Names of parameters and levels as a picture can hold them: short, on one line, never mathematics."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

WIDTH = 32
"""Characters of a name that are shown."""


def shown(name: object, width: int = WIDTH) -> str:
    """A name on one line of at most `width` characters; of a longer one the beginning and the end.

    matplotlib reads what stands between two `$` as mathematics, so that they are escaped.

    >>> shown("a school with a very long name, North", 22)
    'a school with…e, North'
    >>> print(shown("$5 to $10"))
    \\$5 to \\$10
    """
    plain = "".join(" " if unicodedata.category(c) == "Cc" else c for c in str(name))
    text = " ".join(plain.split())
    if not text:
        return "(empty)"
    if len(text) > width:
        tail = (width - 1) // 3 + 1
        text = f"{text[: width - 1 - tail]}…{text[-tail:]}"
    return text.replace("$", r"\$")


def shown_all(names: Iterable[object], width: int = WIDTH) -> list[str]:
    """Each name as `shown`, numbered where two long ones have come to look the same.

    >>> shown_all(["abcdefgh 1 xyz", "abcdefgh 2 xyz", "c"], 8)
    ['abcd…xyz', 'abcd…xyz (2)', 'c']
    """
    return numbered(shown(name, width) for name in names)


def numbered(texts: Iterable[str]) -> list[str]:
    """The same texts, those that come again with a number."""
    seen: dict[str, int] = {}
    out = []
    for text in texts:
        seen[text] = seen.get(text, 0) + 1
        out.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return out
