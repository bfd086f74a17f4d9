"""Integers looked up by the thousand: where each stands among known ones, or that it does not."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio (Knuth, vol. 3, 6.4)
_ROOM = 4  # slots per key, so that few keys share one


class Slots(NamedTuple):
    """The arrays of a hash table.

    A key belongs to slot ``(key * SPREAD) >> shift``. The keys of a slot lie one behind the other from
    ``first[slot]`` on, and -1 is behind the last.

    Attributes:
        shift: so that as many bits are left as number the slots.
        first: where each slot begins.
        keys: the keys by slot.
        places: where each of them stood among those given.

    """

    shift: np.uint64
    first: npt.NDArray[np.int32]
    keys: Ints
    places: Ints


class Lookup:
    """A hash table over n different integers that is asked for many at once.

    Binary search takes log2 n steps for each of them, this one look in most cases.
    """

    def __init__(self, keys: Ints) -> None:
        """Build the table.

        Args:
            keys: (n,) different integers from 0 to 2**63 - 1.

        """
        bits = max(1, int(_ROOM * len(keys)).bit_length())
        shift = np.uint64(64 - bits)
        slot = _slots(keys, shift)
        order = np.argsort(slot, kind="stable")
        sizes = np.bincount(slot, minlength=1 << bits)
        # One -1 behind the keys of each slot that has any, and one for all that have none.
        filled = sizes > 0
        first = np.cumsum(sizes + filled) - sizes - filled
        at = np.arange(len(keys)) + (np.cumsum(filled) - 1)[slot[order]]
        length = len(keys) + int(filled.sum()) + 1
        first[~filled] = length - 1
        padded = np.full((2, length), -1)
        padded[:, at] = keys[order], order
        self.slots = Slots(shift, first.astype(np.int32), padded[0], padded[1])

    def find(self, wanted: Ints) -> Ints:
        """Return for each of m integers (not negative) its place among the keys, -1 for none."""
        slots = self.slots
        at = slots.first[_slots(wanted, slots.shift)].astype(np.int64)
        key = slots.keys[at]
        places = np.where(key == wanted, slots.places[at], -1)
        left = np.flatnonzero((key != wanted) & (key >= 0))
        while len(left):
            at[left] += 1
            key = slots.keys[at[left]]
            hit = key == wanted[left]
            places[left[hit]] = slots.places[at[left[hit]]]
            left = left[~hit & (key >= 0)]
        return places


def find_few(known: Ints, wanted: Ints) -> Ints:
    """Return for each of m integers its place among sorted ones, -1 for none.

    For a few it is over before a hash table is built.
    """
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, at, -1) if len(known) else np.full(len(wanted), -1)


def _slots(values: Ints, shift: np.uint64) -> Ints:
    return ((values.astype(np.uint64) * SPREAD) >> shift).astype(np.int64)
