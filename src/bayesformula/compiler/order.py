"""In which order the coefficients of a mixed model are eliminated: found once, from names and sizes alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """The symbolic part: positions of the groups in the chain, innermost first, and in the border."""

    chain: tuple[int, ...]
    dense: tuple[int, ...]

    @property
    def groups(self) -> tuple[int, ...]:
        """Positions of all groups that it eliminates."""
        return (*self.chain, *self.dense)

    def border_width(self, sizes: Sequence[int]) -> int:
        """Columns of the border that come from groups, given each group's J * q."""
        return sum(sizes[k] for k in self.dense)

    def work(self, sizes: Sequence[int], p: int) -> float:
        """Multiplications of one elimination, given each group's J * q and p population coefficients."""
        width = float(self.border_width(sizes) + p)
        return sum(sizes[k] for k in self.chain) * width**2 + width**3


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
    return _order_of(range(len(labels)), labels, sizes, nested_in, coupled)


def parts(
    labels: Sequence[str],
    sizes: Sequence[int],
    nested_in: Mapping[str, Sequence[str]],
    coupled: Collection[str],
    p: int,
    most: float,
) -> tuple[Order, ...]:
    """Chains that are eliminated apart from each other beside one border; one chain where that is cheap.

    Crossed factors begin as chains of their own. The smallest joins the border, then the next, as long as
    eliminating them all costs at most `most`.

    Args:
        labels, sizes, nested_in, coupled: as in `order`.
        p: population coefficients.
        most: multiplications for one gradient; without any crossed factor in the border it may be more.

    Returns:
        Orders with one border and disjoint chains, the largest first; at least one.
    """
    whole = order(labels, sizes, nested_in, coupled)
    if whole.work(sizes, p) <= most:
        return (whole,)
    dense = [k for k in range(len(labels)) if labels[k] in coupled]
    left = [k for k in range(len(labels)) if k not in dense]
    chains: list[tuple[int, ...]] = []
    while left:
        chains.append(_order_of(left, labels, sizes, nested_in, coupled).chain)
        left = [k for k in left if k not in chains[-1]]
    chains.sort(key=lambda chain: -sum(sizes[k] for k in chain))
    found = _beside(chains, dense)
    while len(chains) > 1:
        dense += chains.pop()
        wider = _beside(chains, dense)
        if sum(part.work(sizes, p) for part in wider) > most:
            break
        found = wider
    return found


def _beside(chains: Sequence[tuple[int, ...]], dense: Sequence[int]) -> tuple[Order, ...]:
    return tuple(Order(chain, tuple(sorted(dense))) for chain in chains or [()])


def _order_of(
    among: Sequence[int],
    labels: Sequence[str],
    sizes: Sequence[int],
    nested_in: Mapping[str, Sequence[str]],
    coupled: Collection[str],
) -> Order:
    best = Order((), tuple(among))
    free = [k for k in among if labels[k] not in coupled]
    for start in free:
        chain = _chain_from(start, free, labels, sizes, nested_in)
        rest = tuple(k for k in among if k not in chain)
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
