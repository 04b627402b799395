"""In which order the coefficients of a mixed model are eliminated: found once, from names and sizes alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """The symbolic part: positions of the groups in the chain, innermost first, and in the border."""

    chain: tuple[int, ...]
    dense: tuple[int, ...]

    def border_width(self, sizes: Sequence[int]) -> int:
        """Columns of the border that come from groups, given each group's J * q."""
        return sum(sizes[k] for k in self.dense)


def order(
    labels: Sequence[str],
    sizes: Sequence[int],
    nested_in: Mapping[str, Sequence[str]],
    coupled: Collection[str] = (),
) -> Order:
    """The elimination order that leaves the smallest dense border.

    Args:
        labels: the groups.
        sizes: for each its number of coefficients J * q.
        nested_in: for each the labels of the groups in which its levels are nested.
        coupled: groups whose levels are coupled with each other, by a known covariance or by rows that
            belong to several: they are never block-diagonal.
    """
    best = Order((), tuple(range(len(labels))))
    free = [k for k in range(len(labels)) if labels[k] not in coupled]
    for start in free:
        chain = _chain_from(start, free, labels, sizes, nested_in)
        rest = tuple(k for k in range(len(labels)) if k not in chain)
        candidate = Order(chain, rest)
        if candidate.border_width(sizes) < best.border_width(sizes):
            best = candidate
    return best


def _chain_from(
    start: int,
    free: Sequence[int],
    labels: Sequence[str],
    sizes: Sequence[int],
    nested_in: Mapping[str, Sequence[str]],
) -> tuple[int, ...]:
    """The longest chain inner to outer that begins at `start`, larger factors first."""
    chain = [start]
    for k in sorted(free, key=lambda k: -sizes[k]):
        if k not in chain and all(labels[k] in nested_in.get(labels[i], ()) for i in chain):
            chain.append(k)
    return tuple(chain)
