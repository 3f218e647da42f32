"""Tasks of the first Boltzmann machines: patterns, the connections of the net, and its groups of units by name."""

import re
from dataclasses import dataclass, field

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.datasets.generated import make_shifter

SIZE = re.compile(r"\s*([0-9]{1,4})-([0-9]{1,4})-([0-9]{1,4})\s*")


@dataclass(frozen=True)
class Task:
    """Patterns to learn and the net that is to learn them.

    Attributes
    ----------
    name : str
    patterns : (patterns, visible) uint8 array of 0 and 1
        What is clamped to the visible units, each equally often.
    connections : (units, units) bool array
        Which pairs of units have a weight: symmetric, with an empty diagonal; visible units come first.
    groups : dict of str to int arrays
        The units by name, visible ones first, "H" for the hidden ones.
    """

    name: str
    patterns: np.ndarray = field(repr=False)
    connections: np.ndarray = field(repr=False)
    groups: dict[str, np.ndarray] = field(repr=False)

    @property
    def n_visible(self) -> int:
        """The number of visible units."""
        return int(self.patterns.shape[1])

    @property
    def n_hidden(self) -> int:
        """The number of hidden units."""
        return len(self.connections) - self.n_visible


def encoder_task(size: str = "4-2-4") -> Task:
    """Return the encoder problem: two groups of v visible units have to agree through few hidden units.

    Of each of the groups V1 and V2 exactly one unit is on, in both the same. The groups are not connected with each
    other, so that the h units between them have to find a code for the v patterns. Inside V1 and V2 all units are
    connected, and each with every unit of H; the units of H are not connected with each other.

    Parameters
    ----------
    size : str, default "4-2-4"
        "v-h-v", v >= 2 and h >= 1.

    Returns
    -------
    Task
        v patterns of 2 v visible units; groups V1, V2 and H.

    Raises
    ------
    InvalidParameter
        If `size` is no such text.

    References
    ----------
    D. H. Ackley, G. E. Hinton, T. J. Sejnowski, "A learning algorithm for Boltzmann machines", Cognitive Science
    9:147-169 (1985), section 4.

    Examples
    --------
    >>> task = encoder_task("4-2-4")
    >>> task.patterns[2].tolist()
    [0, 0, 1, 0, 0, 0, 1, 0]
    >>> int(task.connections.sum()) // 2  # 2 x 6 inside the groups and 2 x 8 to the hidden units
    28
    """
    v, h = _sizes("encoder_task", size)
    patterns = np.tile(np.eye(v, dtype=np.uint8), 2)
    groups = _groups(V1=v, V2=v, H=h)
    return Task(f"{v}-{h}-{v} encoder", patterns, _connections(groups, inside=("V1", "V2")), groups)


def shifter_task(bits: int = 8, *, n_hidden: int = 24) -> Task:
    """Return the shifter problem: which way was the pattern in V1 rotated to give the one in V2?

    V1 holds any pattern of bits, V2 the same one rotated by a place to the left, not at all or to the right, and one of
    the three units of V3 says which. No single unit of V1 or V2 tells anything about the shift, only pairs of one unit
    of each do, and hidden units have to find such pairs. Hidden units are connected with all visible ones, and the
    three of V3 with each other.

    Parameters
    ----------
    bits : int, 2 to 16, default 8
        Units of V1 and of V2.
    n_hidden : int >= 0, default 24

    Returns
    -------
    Task
        3 x 2^bits patterns of 2 bits + 3 visible units, in the order of `neurosim.datasets.make_shifter`; groups V1,
        V2, V3 and H.

    References
    ----------
    G. E. Hinton, T. J. Sejnowski, "Learning and relearning in Boltzmann machines", in "Parallel Distributed Processing"
    1, chapter 7, MIT Press (1986). The connections inside V3 are our choice, not checked against the chapter.

    Examples
    --------
    >>> task = shifter_task()
    >>> task.patterns.shape, task.n_hidden
    ((768, 19), 24)
    """
    checks.at_least("shifter_task", "n_hidden", n_hidden, 0)
    if not isinstance(bits, int | np.integer) or isinstance(bits, bool) or not 2 <= bits <= 16:
        raise InvalidParameter("shifter_task", "bits", bits, "an integer from 2 to 16")
    patterns = make_shifter(int(bits)).data.astype(np.uint8)
    groups = _groups(V1=bits, V2=bits, V3=3, H=n_hidden)
    return Task(f"shifter of {bits} bits", patterns, _connections(groups, inside=("V3",)), groups)


def _sizes(owner: str, size: object) -> tuple[int, int]:
    """Return (v, h) of "v-h-v"."""
    found = SIZE.fullmatch(size) if isinstance(size, str) else None
    v, h, again = map(int, found.groups()) if found else (0, 0, 0)
    if v < 2 or h < 1 or again != v:
        raise InvalidParameter(owner, "size", size, 'as "4-2-4": visible-hidden-visible units, at least 2-1-2')
    return v, h


def _groups(**counts: int) -> dict[str, np.ndarray]:
    """Number the units of groups one after the other."""
    ends = np.cumsum(list(counts.values()))
    return {name: np.arange(end - counts[name], end) for name, end in zip(counts, ends, strict=True)}


def _connections(groups: dict[str, np.ndarray], inside: tuple[str, ...]) -> np.ndarray:
    """Connect hidden units with all visible ones, and all units of the groups `inside` with each other."""
    hidden = groups["H"]
    n = sum(map(len, groups.values()))
    visible = np.arange(n - len(hidden))
    connections = np.zeros((n, n), dtype=bool)
    connections[np.ix_(hidden, visible)] = True
    connections[np.ix_(visible, hidden)] = True
    for name in inside:
        connections[np.ix_(groups[name], groups[name])] = True
    np.fill_diagonal(connections, False)
    return connections
