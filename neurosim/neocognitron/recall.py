"""The way back through a taught neocognitron: what made a cell answer is recalled at the input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.attention_cpu import Wiring, ascend, descend
from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer
from neurosim.neocognitron.tolerance import real_numbers

__all__ = ["Recall", "recall"]

INK = 0.25  # of the largest value: what counts as recalled


@dataclass(frozen=True)
class Recall:
    """What the strongest cell of the last layer recalls of images.

    Attributes
    ----------
    pattern : (images, rows, columns)
        The backward signals that reach the input, 0 to 1; all 0 where the last layer is silent.
    winners : (images,) int64
        Plane of the strongest cell of the last layer, -1 where all are silent.
    """

    pattern: NDArray
    winners: NDArray[np.int64]

    @property
    def ink(self) -> NDArray[np.bool_]:
        """The pixels of at least a quarter of the largest value of their image."""
        return inked(self.pattern)


def recall(net: Any, images: Any, *, alpha: float = 4.0, beta: float = 1.0) -> Recall:
    """Send the strongest cell's response back through a taught network.

    Parameters
    ----------
    net : Neocognitron1988, or any object with `layers`
        A sequence of (SLayer, CLayer), a pair for each stage; S-cells with shunting inhibition, and C-cells that add
        and saturate (a number alpha).
    images : (images, rows, columns) array of finite numbers >= 0
        Ink large. Each image is divided by its largest value.
    alpha : float > 0, default 4
        Strength of the backward signals from C- to S-cells.
    beta : float > 0, default 1
        Strength of those from S- to the C-cells below.

    Raises
    ------
    DataError
        If the images have another shape, hold negative or infinite numbers, or are too small for the network, or if a
        stage was taught nothing.
    InvalidParameter
        If a number is out of its range or the network has other cells.

    Notes
    -----
    One pass up and one pass down. A backward S-cell passes on no more than its forward partner's response: it is gated
    by what is there. With u the forward and w the backward cells, j the joins and n, k place and plane,

        w_S(n, k)   = min(u_S(n, k), alpha sum j d w_C)
        w_C(n, k)   = psi[beta phi(sum a w_S - sum c w_V)]      w_V = r / (1 + r) sum b w_S      psi[x] = x / (1 + x)

    a is taken relative to its plane's b, which lets q and the number of reinforcements drop out; c is relative to its
    mean. The equations are those of K. Fukushima, "A neural network model for selective attention in visual pattern
    recognition", Biological Cybernetics 55:5-15 (1986), not checked against the paper; alpha and beta are our choice.

    Examples
    --------
    >>> from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
    >>> from neurosim.neocognitron.recall import recall
    >>> net = Neocognitron1988().teach()
    >>> images, labels = net.pattern_set.examples()
    >>> ink = recall(net, images).ink
    >>> bool(ink[images > 0].mean() > 0.85)
    True
    """
    checks.number("recall", "alpha", alpha, "a number > 0", above=0.0)
    checks.number("recall", "beta", beta, "a number > 0", above=0.0)
    layers = shunting_layers("recall", net)
    u = as_input("recall", images, layers)
    wirings, responses = [wiring(*stage) for stage in layers], cells(u, layers)
    for (s, above), one in zip(responses, wirings, strict=True):
        ascend(u, one, np.zeros_like(s), np.zeros(len(u), u.dtype), s, above)
        u = above
    w, winners = strongest(u)
    below = [as_input("recall", images, layers), *(above for _, above in responses)]
    for (s, _), one, to in zip(responses[::-1], wirings[::-1], below[-2::-1], strict=True):
        out = np.empty_like(to)
        descend(w, s, one, alpha, beta, 0.0, 1.0, 0.0, np.zeros_like(s), out)
        w = out
    return Recall(w[..., 0], winners)


def wiring(s: SLayer, c: CLayer) -> Wiring:
    """Return the connections of a stage, forward and back."""
    dtype = s.a.dtype
    synapses = s.a[..., 0].size
    # a / b does not depend on the scale of a; that of c drops out with the root of its sum
    share = np.sqrt(s.c.sum() * s.a.shape[2]) / np.where(s.b > 0, s.b, 1)  # planes not yet taught: b = 0
    excitatory = s.a / (s.c.sum() * s.a.shape[2]) * share
    inhibitory = s.efficacy * s.c / (s.c.sum() * s.a.shape[2])
    back = synapses * (excitatory - inhibitory[:, :, None, None])
    joins = np.arange(s.a.shape[3]) if c.joins is None else c.joins
    r, half = (np.array([v], dtype) for v in (s.gain, c.alpha))
    arrays = (s.a, s.b, s.c, back.transpose(3, 0, 1, 2), c.d)
    a, b, inhibition, back, d = (np.ascontiguousarray(v, dtype) for v in arrays)
    return Wiring(a, b, inhibition, s.pad, r, back, d, c.stride, c.pad, half, joins)


def cells(u: NDArray, layers: Sequence[tuple[SLayer, CLayer]]) -> list[tuple[NDArray, NDArray]]:
    """Return arrays of zeros for the S- and C-cells of every stage above an input."""
    rows, columns = u.shape[1:3]
    arrays = []
    for s, c in layers:
        planes = s.a.shape[3]
        s_shape = s.shape(rows, columns)
        rows, columns = c.shape(*s_shape)
        arrays.append(
            (
                np.zeros((len(u), *s_shape, planes), u.dtype),
                np.zeros((len(u), rows, columns, c.planes(planes)), u.dtype),
            )
        )
    return arrays


def inked(pattern: NDArray) -> NDArray[np.bool_]:
    """Return the pixels of (images, rows, columns) with at least a quarter of the largest value of their image."""
    largest = pattern.max(axis=(1, 2), keepdims=True)
    return (pattern >= INK * largest) & (pattern > 0)


def strongest(u: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
    """Return the responses u with only the largest of each image left, and its plane, -1 where all are 0."""
    flat = u.reshape(len(u), -1)
    at = flat.argmax(axis=1)
    alone = np.zeros_like(flat)
    rows = np.arange(len(u))
    alone[rows, at] = flat[rows, at]
    return alone.reshape(u.shape), np.where(flat[rows, at] > 0, at % u.shape[3], -1)


def shunting_layers(owner: str, net: Any) -> tuple[tuple[SLayer, CLayer], ...]:
    """Return the layers of a network whose way back is defined."""
    layers = tuple(getattr(net, "layers", ()))
    known = all(
        s.kind == Inhibition.SHUNTING and c.pool == Pool.AVERAGE and c.alpha is not None and not c.lateral
        for s, c in layers
    )
    if not layers or not known:
        wanted = "a network with layers of shunting S-cells and of C-cells that add and saturate"
        raise InvalidParameter(owner, "net", net, wanted)
    check_taught(owner, layers)
    return layers


def check_taught(owner: str, layers: Sequence[tuple[SLayer, CLayer]]) -> None:
    """Raise DataError if the S-cells of a stage have no weights yet."""
    for number, (s, _) in enumerate(layers, 1):
        if not np.any(s.b):
            raise DataError(f"{owner}: stage {number} of the network was taught nothing; call its teach() first")


def check_room(owner: str, shown: NDArray, layers: Sequence[tuple[SLayer, CLayer]]) -> None:
    """Raise DataError if images (images, rows, columns) leave no cell in a layer."""
    shape = shown.shape[1:]
    for s, c in layers:
        simple = s.shape(*shape)
        shape = c.shape(*simple)
        if min(*simple, *shape) < 1:
            rows, columns = shown.shape[1:]
            raise DataError(f"{owner}: images of {rows} x {columns} pixels are too small for the network")


def as_images(owner: str, images: Any, dtype: Any) -> NDArray:
    """Return images as (images, rows, columns) of a type, each divided by its largest value."""
    shown = real_numbers(owner, images)
    if shown.ndim != 3 or not shown.size:
        raise DataError(f"{owner}: images must be (images, rows, columns); got the shape {shown.shape}")
    if not (np.isfinite(shown).all() and shown.min() >= 0):
        raise DataError(f"{owner}: images must hold finite numbers >= 0")
    largest = shown.max(axis=(1, 2), keepdims=True)
    return (shown / np.where(largest > 0, largest, 1)).astype(dtype)


def as_input(owner: str, images: Any, layers: Sequence[tuple[SLayer, CLayer]]) -> NDArray:
    """Return images as the layer (images, rows, columns, 1) of the network's type, see `as_images`."""
    shown = as_images(owner, images, layers[0][0].a.dtype)
    check_room(owner, shown, layers)
    return np.ascontiguousarray(shown[..., None])
