"""How a window moves over an image, and which maps it connects."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.cnn.layer import MisfitError, Shape
from neurosim.core.errors import InvalidParameter

Pair = tuple[int, int]
NAMED = ("valid", "same", "full")


def pair(owner: str, name: str, value: Any, least: int) -> Pair:
    """Return two integers, given as one or two."""
    both = (value, value) if np.ndim(value) == 0 else value
    try:
        first, second = (int(v) for v in both)
        fits = min(first, second) >= least and (first, second) == tuple(both)
    except (TypeError, ValueError):
        fits = False
    if not fits or any(isinstance(v, bool | np.bool_) for v in both):
        raise InvalidParameter(owner, name, value, f"an integer >= {least} or a pair of them")
    return first, second


def as_padding(owner: str, value: Any, name: str = "padding") -> Any:
    """Return a padding as one of the names or as ((top, bottom), (left, right))."""
    if isinstance(value, str) and value in NAMED:
        return value
    named = f"one of {', '.join(NAMED)}, " if name == "padding" else ""
    wanted = f"{named}an int >= 0, a pair or ((top, bottom), (left, right))"
    try:
        both = (value, value) if np.ndim(value) == 0 else tuple(value)
        rows, columns = (pair(owner, name, side, 0) for side in both)
    except (TypeError, ValueError):
        raise InvalidParameter(owner, name, value, wanted) from None
    return rows, columns


def as_connections(maps: int, value: Any) -> np.ndarray | None:
    """Return a connection table as an array (maps, channels) of 0 and 1."""
    if value is None:
        return None
    try:
        table = np.array(value, np.int64)
        fits = table.ndim == 2 and len(table) == maps and bool(np.isin(value, (0, 1)).all())
    except (TypeError, ValueError):
        fits = False
    if not fits or not table.any(axis=1).all():
        wanted = f"a table ({maps} maps, channels) of 0 and 1, with a 1 for every map"
        raise InvalidParameter("Conv2D", "connections", value, wanted)
    return table


@dataclass(frozen=True)
class Window:
    """A window's size, steps, offset and number of places, (height, width) each."""

    output: Pair
    kernel: Pair
    stride: Pair
    before: Pair
    dilation: Pair

    @classmethod
    def over(cls, shape: Shape, kernel: Pair, stride: Pair, padding: Any, dilation: Pair = (1, 1)) -> "Window":
        """Return the window over an image (C, H, W).

        Raises
        ------
        MisfitError
            If the window does not fit in.
        """
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        around = [_around(padding, axis, shape[1 + axis], reach[axis], stride[axis]) for axis in (0, 1)]
        free = [size + sum(around[axis]) - reach[axis] for axis, size in enumerate(shape[1:])]
        if min(free) < 0:
            least = [max(1, reach[axis] - sum(around[axis])) for axis in (0, 1)]
            hint = ", channels first," if shape[2] in (1, 3, 4) and shape[0] > shape[2] else ""
            wanted = f"at least (channels, {least[0]}, {least[1]}){hint} for a window of {reach[0]} x {reach[1]}"
            raise MisfitError(wanted)
        output = free[0] // stride[0] + 1, free[1] // stride[1] + 1
        return cls(output, kernel, stride, (around[0][0], around[1][0]), dilation)

    @classmethod
    def transposed(
        cls, shape: Shape, kernel: Pair, stride: Pair, padding: Any, dilation: Pair, more: Pair
    ) -> "Window":  # fmt: skip
        """Return the window over the output of a transposed convolution of an image (C, H, W)."""
        around = [(0, 0), (0, 0)] if padding == "valid" else padding
        output = [
            (shape[1 + a] - 1) * stride[a] + dilation[a] * (kernel[a] - 1) + 1 - sum(around[a]) + more[a]
            for a in (0, 1)
        ]
        if min(output) < 1:
            raise MisfitError(f"larger: with padding {padding} the output would have the shape {tuple(output)}")
        return cls((output[0], output[1]), kernel, stride, (around[0][0], around[1][0]), dilation)

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of an instruction."""
        names = ("kh", "kw", "sh", "sw", "ph", "pw", "dh", "dw")
        return dict(zip(names, (*self.kernel, *self.stride, *self.before, *self.dilation), strict=True))


def _around(padding: Any, axis: int, size: int, reach: int, stride: int) -> Pair:
    """Return how many places to add before and after an axis."""
    if padding == "valid":
        return 0, 0
    if padding == "full":
        return reach - 1, reach - 1
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    before, after = padding[axis]
    return before, after
