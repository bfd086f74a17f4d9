"""Integers looked up by the thousand: where each stands among known ones, or that it does not."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio (Knuth, vol. 3, 6.4)
_ROOM = 4  # slots per key, so that few keys share one


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
        self._shift = np.uint64(64 - bits)
        slot = self._slots(keys)
        order = np.argsort(slot, kind="stable")
        sizes = np.bincount(slot, minlength=1 << bits)
        self._deepest = int(sizes.max(initial=0))
        # Behind the last key there is room to look as deep as any slot goes.
        padding = np.full(self._deepest + 1, -1)
        self._keys = np.concatenate([keys[order], padding])
        self._places = np.concatenate([order, padding])
        self._first = (np.cumsum(sizes) - sizes).astype(np.int32)
        self._first[sizes == 0] = len(keys)

    def find(self, wanted: Ints) -> Ints:
        """Return for each of m integers (not negative) its place among the keys, -1 for none."""
        at = self._first[self._slots(wanted)]
        key = self._keys[at]
        places = np.where(key == wanted, self._places[at], -1)
        left = np.flatnonzero((key != wanted) & (key >= 0))
        for depth in range(1, self._deepest):
            further = at[left] + depth
            hit = self._keys[further] == wanted[left]
            places[left[hit]] = self._places[further[hit]]
            left = left[~hit]
        return places

    def _slots(self, values: Ints) -> Ints:
        return ((values.astype(np.uint64) * _SPREAD) >> self._shift).astype(np.int64)
