"""Responses of a bank by sums over the kernel, or by passes along rows and columns: what goes round the kernels."""

from collections.abc import Iterator, Mapping, Sequence
from math import cos, prod, radians, sin, tau
from types import ModuleType
from typing import Any

import numpy as np

from neurosim.core import parallel
from neurosim.v1.bank_recipe import Factors, Outputs
from neurosim.v1.gabor import Gabor

SCRATCH = 1 << 24  # bytes of results that are held at a time before they are written to where they go


def bordered(images: np.ndarray, size: int, border: str) -> np.ndarray:
    """Return images (n, rows + size - 1, columns + size - 1) with what lies beyond their border.

    Pixel (size // 2, size // 2) is the first of the image. The border may be wider than the image.
    """
    before, after = size // 2, size - 1 - size // 2
    if border == "zero":
        return np.pad(images, ((0, 0), (before, after), (before, after)))
    places = []
    for length in images.shape[1:]:
        at = np.arange(-before, length + after)
        if border == "nearest":
            places.append(at.clip(0, length - 1))
        elif border == "wrap":
            places.append(at % length)
        else:
            places.append(np.minimum(at % (2 * length), (-1 - at) % (2 * length)))
    return images[:, places[0][:, None], places[1]]


def factorise(gabors: Sequence[Gabor], size: int, dtype: np.dtype) -> Factors:
    """Return circular Gabors as products, two filters a unit where orientations are t and -t, or t and 180 - t."""
    at = np.arange(size) - size // 2
    passes: tuple[list[Any], list[Any]] = ([], [])  # of rows, of columns
    plus: list[int] = []
    minus: list[int] = []
    signs = []
    single: dict[tuple[float, ...], list[int]] = {}  # units of one filter, by what a second one has to have
    for f, gabor in enumerate(gabors):
        u, v, sign = _carrier(gabor)
        signs.append(sign)
        shape = [round(part, 12) for part in (gabor.sigma_x, gabor.x0, gabor.y0, u)]
        if waiting := single.get((*shape, round(v, 12))):
            minus[waiting.pop()] = f
            continue
        single.setdefault((*shape, round(-v, 12)), []).append(len(plus))
        plus.append(f)
        minus.append(-1)
        for taps, middle, frequency in zip(passes, (gabor.x0, gabor.y0), (u, v), strict=True):
            envelope, angle = np.exp(-(((at - middle) / gabor.sigma_x) ** 2) / 2), frequency * (at - middle)
            taps.append([envelope * np.cos(angle), envelope * np.sin(angle)])
    turns = [[g.amplitude * cos(radians(g.phase)), g.amplitude * sin(radians(g.phase))] for g in gabors]
    rows, columns = (np.array(taps, dtype) for taps in passes)
    return Factors(rows, columns, np.array(plus), np.array(minus), np.array(turns, dtype), np.array(signs))


def _carrier(gabor: Gabor) -> tuple[float, float, int]:
    """Return angular frequencies u >= 0 and v of a carrier, and 1, or -1 if they are those of its conjugate."""
    angle = radians(gabor.orientation)
    u, v = (0.0 if abs(part) < 1e-14 else tau / gabor.wavelength * part for part in (cos(angle), sin(angle)))
    return (-u, -v, -1) if u < 0 else (u, v, 1)


def respond(
    kernels: ModuleType,
    padded: np.ndarray,
    filters: Factors | np.ndarray,
    stride: int,
    targets: Mapping[str, np.ndarray],
    derived: set[str],
) -> None:
    """Write the responses of all filters to images with their border.

    Parameters
    ----------
    kernels : module
        `neurosim.v1.cpu` or its twin.
    padded : (n, rows + K - 1, columns + K - 1) array
    filters : Factors, or array (filters, 2, K, K)
    stride : int >= 1
    targets : dict of arrays (n, filters, ceil(rows / stride), ceil(columns / stride))
    derived : set of str
        What is made here of real and imaginary parts: complex, and phase where a kernel is slower.
    """
    count, members = next(iter(targets.values())).shape[:2]
    thinned = stride if isinstance(filters, Factors) else 1
    if thinned == 1 and derived.isdisjoint(targets):
        _call(kernels, padded, filters, stride, targets)
        return
    names = (set(targets) - derived) | ({"real", "imaginary"} if derived & set(targets) else set())
    side = filters.rows.shape[2] if isinstance(filters, Factors) else filters.shape[2]
    inner = tuple(-(-(length - side + 1) * thinned // stride) for length in padded.shape[1:])
    maps = max(2, SCRATCH // (inner[0] * inner[1] * padded.itemsize * len(names)))
    block = min(count, max(1, maps // members))
    room = {name: np.empty(block * min(maps, members) * inner[0] * inner[1], padded.dtype) for name in names}
    for i in range(0, count, block):
        images, here = padded[i : i + block], {name: target[i : i + block] for name, target in targets.items()}
        for which, some in _pieces(filters, maps):
            shape = len(images), len(which), *inner
            found = {name: flat[: prod(shape)].reshape(shape) for name, flat in room.items()}
            _call(kernels, images, some, stride, found)
            parallel.run(_release, len(which), which, found, here, thinned)


def _pieces(filters: Factors | np.ndarray, most: int) -> Iterator[tuple[np.ndarray, Factors | np.ndarray]]:
    """Yield banks of at most so many filters, 2 or more, and which filters they are."""
    if not isinstance(filters, Factors):
        for f in range(0, len(filters), most):
            yield np.arange(len(filters))[f : f + most], filters[f : f + most]
        return
    ends = np.cumsum(1 + (filters.minus >= 0))
    unit = 0
    while unit < len(ends):
        end = int(np.searchsorted(ends, most + (ends[unit - 1] if unit else 0), "right"))
        plus, minus = filters.plus[unit:end], filters.minus[unit:end]
        which = np.concatenate([plus, minus[minus >= 0]])
        place = np.full(len(filters.signs) + 1, -1)  # the last one is that of no filter
        place[which] = np.arange(len(which))
        yield which, Factors(
            filters.rows[unit:end], filters.columns[unit:end], place[plus], place[minus], filters.turns[which],
            filters.signs[which],
        )  # fmt: skip
        unit = end


def _call(
    kernels: ModuleType, padded: np.ndarray, filters: Factors | np.ndarray, stride: int, found: Mapping[str, np.ndarray]
) -> None:
    none = np.empty((0, 0, 0, 0), padded.dtype)
    outputs = Outputs(*(found.get(name, none) for name in Outputs._fields))
    if isinstance(filters, Factors):
        kernels.separable(padded, filters, outputs)
    else:
        kernels.direct(padded, filters, stride, outputs)


def _release(
    begin: int,
    end: int,
    which: np.ndarray,
    found: Mapping[str, np.ndarray],
    targets: Mapping[str, np.ndarray],
    step: int,
) -> None:
    """Write what was found for some filters to where it goes."""
    for j in range(begin, end):
        here = {name: array[:, j, ::step, ::step] for name, array in found.items()}
        for name, target in targets.items():
            if name in here:
                target[:, which[j]] = here[name]
            else:
                derive(name, here["real"], here["imaginary"], target[:, which[j]])


def derive(name: str, real: np.ndarray, imaginary: np.ndarray, target: np.ndarray) -> None:
    """Write what is made of both parts of a response."""
    if name == "complex":
        target.real, target.imag = real, imaginary
    elif name == "phase":
        np.arctan2(imaginary, real, out=target)
        np.rad2deg(target, out=target)
    else:
        np.multiply(real, real, out=target)
        target += imaginary * imaginary
        if name == "magnitude":
            np.sqrt(target, out=target)
