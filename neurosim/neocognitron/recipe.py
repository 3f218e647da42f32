"""What a layer of S-cells and a layer of C-cells is; both targets compute these.

S-cells of a plane share their weights. With the excitation e and the r.m.s. inhibition v of a place,

    e = sum over planes below and window of a u        v = sqrt( sum over planes below and window of c u^2 )

a cell's response is, with phi(x) = max(x, 0),

    NONE         e
    THRESHOLD    gain phi(e - efficacy)
    SHUNTING     gain phi((1 + e) / (1 + efficacy b v) - 1)
    SUBTRACTIVE  gain phi(e - efficacy b v)

C-cells pool a window of S-cells with weights d, optionally inhibit each other laterally and saturate:

    AVERAGE  sum d u      ROOT  sqrt(phi(sum d u))      L2  sqrt(sum d u^2)      MAX  max d u

Places outside a layer count as 0.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter


class Inhibition(IntEnum):
    """How S-cells are inhibited."""

    NONE = 0
    THRESHOLD = 1
    SHUNTING = 2
    SUBTRACTIVE = 3


class Pool(IntEnum):
    """How C-cells pool."""

    AVERAGE = 0
    ROOT = 1
    L2 = 2
    MAX = 3


@dataclass(frozen=True)
class SLayer:
    """A layer of S-cells.

    Attributes
    ----------
    a : (window, window, planes below, planes), the excitatory weights
    b : (planes,), the inhibitory weights
    c : (window, window), the weights of the r.m.s. inhibitory cell
    pad : int
        Rows and columns of zeros around the layer below: a plane has rows + 2 pad - window + 1 rows.
    kind : Inhibition
    gain, efficacy : float
    """

    a: NDArray
    b: NDArray
    c: NDArray
    pad: int
    kind: Inhibition
    gain: float = 1.0
    efficacy: float = 0.0

    def __post_init__(self) -> None:
        a = np.shape(self.a)
        if len(a) != 4 or a[0] != a[1] or not a[0]:
            raise InvalidParameter("SLayer", "a", f"shape {a}", "(window, window, planes below, planes)")
        if np.shape(self.b) != a[3:]:
            raise InvalidParameter("SLayer", "b", f"shape {np.shape(self.b)}", f"one weight for each of {a[3]} planes")
        if self.kind >= Inhibition.SHUNTING and np.shape(self.c) != a[:2]:
            raise InvalidParameter("SLayer", "c", f"shape {np.shape(self.c)}", f"the window of a, {a[:2]}")
        checks.at_least("SLayer", "pad", self.pad, 0)

    @classmethod
    def shunting1980(cls, a: NDArray, b: NDArray, c: NDArray, pad: int, r: float) -> "SLayer":
        """Return the layer of Fukushima 1980, eq. 1 and 3, of selectivity r > 0."""
        checks.number("SLayer", "r", r, "a number > 0", above=0)
        return cls(a, b, c, pad, Inhibition.SHUNTING, r, 2 * r / (1 + r))

    @classmethod
    def shunting(cls, a: NDArray, b: NDArray, c: NDArray, pad: int, r: float) -> "SLayer":
        """Return a layer of the versions since 1988, of selectivity r > 0; theta = r / (1 + r) is its threshold."""
        checks.number("SLayer", "r", r, "a number > 0", above=0)
        return cls(a, b, c, pad, Inhibition.SHUNTING, r, r / (1 + r))

    @classmethod
    def subtractive(cls, a: NDArray, c: NDArray, pad: int, theta: float) -> "SLayer":
        """Return a layer with subtractive inhibition and threshold 0 <= theta < 1."""
        checks.number("SLayer", "theta", theta, "0 <= theta < 1", least=0, below=1)
        b = np.ones(a.shape[3], a.dtype)
        return cls(a, b, c, pad, Inhibition.SUBTRACTIVE, 1 / (1 - theta), theta)

    @property
    def window(self) -> int:
        """Rows and columns of the window."""
        return int(self.a.shape[0])

    def shape(self, rows: int, columns: int) -> tuple[int, int]:
        """Return rows and columns of the planes above planes of so many."""
        return rows + 2 * self.pad - self.window + 1, columns + 2 * self.pad - self.window + 1


@dataclass(frozen=True)
class CLayer:
    """A layer of C-cells.

    Attributes
    ----------
    d : (window, window), the weights of the pool
    stride : int
        Distance of neighbouring C-cells in S-cells: a plane has (rows + 2 pad - window) // stride + 1 rows.
    pad : int
    pool : Pool
    alpha : float or None
        Saturation psi(x) = x / (alpha + x) of positive x; None for none.
    lateral : bool
        Shunting inhibition by the mean of all planes' pools, as in Fukushima 1980, eq. 4 and 6.
    joins : (S-planes,) int64 or None
        C-plane that each S-plane's pool is added to (MAX: the largest counts); None for one each.
    """

    d: NDArray
    stride: int
    pad: int
    pool: Pool
    alpha: float | None = None
    lateral: bool = False
    joins: NDArray | None = None

    def __post_init__(self) -> None:
        d = np.shape(self.d)
        if len(d) != 2 or d[0] != d[1] or not d[0] or not np.isfinite(self.d).all():
            raise InvalidParameter("CLayer", "d", f"shape {d}", "(window, window) of finite numbers")
        checks.at_least("CLayer", "stride", self.stride, 1)
        checks.at_least("CLayer", "pad", self.pad, 0)
        if self.alpha is not None:
            checks.number("CLayer", "alpha", self.alpha, "a number > 0, or None", above=0)
        if self.joins is not None:
            joins = np.asarray(self.joins)
            whole = joins.ndim == 1 and joins.size > 0 and joins.dtype.kind in "iu"
            if not whole or not np.array_equal(np.unique(joins), np.arange(joins.max() + 1)):
                wanted = "a C-plane for each S-plane, none from 0 on left out"
                raise InvalidParameter("CLayer", "joins", self.joins, wanted)

    @property
    def window(self) -> int:
        """Rows and columns of the window."""
        return int(self.d.shape[0])

    def shape(self, rows: int, columns: int) -> tuple[int, int]:
        """Return rows and columns of the planes above planes of so many."""
        at = 2 * self.pad - self.window
        return (rows + at) // self.stride + 1, (columns + at) // self.stride + 1

    def planes(self, below: int) -> int:
        """Return the number of planes above so many S-planes."""
        return below if self.joins is None else int(np.max(self.joins)) + 1
