"""The portable random numbers of the Stanford GraphBase (Knuth 1993), on which the graph generator rudy stands.

A subtractive sequence modulo 2**31 with the lags 55 and 24. All graphs of the Gset follow from it.
"""

import numpy as np

MASK = 2**31 - 1
LENGTH = 55
WARM_UP = 5


class GraphBaseRandom:
    """The sequence that belongs to a seed, handed out in the order of GraphBase's GB_FLIP.

    Parameters
    ----------
    seed : int
        Only its value modulo 2**31 matters.

    Examples
    --------
    Knuth's own check of an installation:

    >>> from neurosim.ising.graphbase import GraphBaseRandom
    >>> int(GraphBaseRandom(-314159).next(1)[0])
    119318998
    """

    def __init__(self, seed: int) -> None:
        self._terms = _first_terms(seed)
        for _ in range(WARM_UP):
            self._advance()
        self._left = self._terms[-2::-1].copy()  # the last term of the warm-up is dropped

    def next(self, count: int) -> np.ndarray:
        """Return the next `count` numbers in [0, 2**31), int64."""
        parts = [self._left]
        held = len(self._left)
        while held < count:
            self._advance()
            parts.append(self._terms[::-1].copy())
            held += LENGTH
        numbers = np.concatenate(parts)
        self._left = numbers[count:]
        return numbers[:count]

    def below(self, bound: int, count: int) -> np.ndarray:
        """Return the next `count` numbers uniform in [0, bound), int64."""
        limit = 2**31 - 2**31 % bound
        accepted = np.empty(0, dtype=np.int64)
        while len(accepted) < count:
            numbers = self.next(count - len(accepted))
            accepted = np.concatenate([accepted, numbers[numbers < limit]])
        return accepted % bound

    def _advance(self) -> None:
        """Replace all 55 terms by the next 55."""
        terms = self._terms
        terms[:24] = (terms[:24] - terms[31:]) & MASK
        terms[24:48] = (terms[24:48] - terms[:24]) & MASK
        terms[48:] = (terms[48:] - terms[24:31]) & MASK


def _first_terms(seed: int) -> np.ndarray:
    """Spread a seed over the 55 terms, in steps of 21 places."""
    terms = [0] * LENGTH
    seed &= MASK
    previous, current = seed, 1
    terms[-1] = seed
    place = 21
    while place:
        terms[place - 1] = current
        seed = seed >> 1 | (seed & 1) << 30
        previous, current = current, (previous - current - seed) & MASK
        place = (place + 21) % LENGTH
    return np.array(terms, dtype=np.int64)
