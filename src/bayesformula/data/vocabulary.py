"""What names and texts give away: labels, things shared by all, numbers written as text."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ID = _words("id ids uid uuid guid")
COUNTER = _words("no nr num number code idx index")
PERSON = _words("subject subj participant patient respondent pupil student animal rater judge observer")
PLACE = _words(
    "school teacher hospital clinic site centre center item word plate plot litter herd family household "
    "village district county country firm store customer user player team lab station batch person child "
    "mouse rat dog worker operator interviewer neighborhood neighbourhood"
)
"""Words for groups that may also be an amount (years of school, size of a household)."""

SHARED = _words(
    "time hour day date week month quarter season year wave visit round period occasion trial repetition rep "
    "item stimulus stim word sentence question task condition treatment dose age grade rating score"
)
"""What a first or second of is one and the same everywhere."""

MISSING = _words(". - -- ? na n/a n.a. nan null none missing unknown #value! #div/0! #ref!")
"""Spellings of a missing value that readers of CSV files may leave as text, in lower case."""

PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
MARKED_NUMBER = re.compile(  # 1,234.5  1.234,5  1 234  12,5  $3  4 %
    r"[-+]?[$€£]?\s?(\d+|\d{1,3}([ ,.'\u00a0\u2009\u202f]\d{3})+)([.,]\d+)?\s?%?"
)


_MANY_DECIMALS = 10


def words_of(name: str) -> list[str]:
    """The words of a column's name, small: `schoolID` is school, id."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = (word.rstrip("0123456789").lower() for word in re.split(r"[\W_]+", split))
    return [word for word in words if word]


def is_name_of_labels(name: str, *, is_grouping: bool) -> bool:
    """Whether a column of this name holds labels and not amounts: `patient`, `schoolID`, `store_no`.

    >>> is_name_of_labels("schoolID", is_grouping=False), is_name_of_labels("school", is_grouping=False)
    (True, False)
    """
    words = words_of(name)
    if not words:
        return False
    if words[-1] in ID:
        return True
    if words[-1] in COUNTER and len(words) > 1:
        return words[-2] in PERSON | PLACE
    return len(words) == 1 and words[0] in (PERSON | PLACE if is_grouping else PERSON)


def is_shared_name(name: str) -> bool:
    """Whether what a column of this name counts is the same for everybody: `week`, `item_no`."""
    return not SHARED.isdisjoint(words_of(name))


def number_marks(levels: tuple[str, ...]) -> tuple[list[str], list[str]] | None:
    """Of texts that are all numbers or missing: those with marks as in `1,234`, and those that miss.

    None if they are something else, or plain digits only, which somebody made text on purpose. Many decimals
    such as `3.40` are no such codes.
    """
    decimals = [level for level in levels if re.search(r"\.\d", level)]
    if len(decimals) >= _MANY_DECIMALS and all(PLAIN_NUMBER.fullmatch(level.strip()) for level in levels):
        return decimals, []
    strange = [level for level in levels if not PLAIN_NUMBER.fullmatch(level.strip())]
    marked = [level for level in strange if MARKED_NUMBER.fullmatch(level.strip())]
    missing = [level for level in strange if level.strip().lower() in MISSING]
    if not strange or len(marked) + len(missing) < len(strange) or len(missing) == len(levels):
        return None
    return marked, missing
