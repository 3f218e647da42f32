"""The layers of a neocognitron in NumPy and in PyTorch: what anyone would write without neurosim."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer

Stack = Sequence[SLayer | CLayer]


def by_numpy(u: np.ndarray, stack: Stack) -> np.ndarray:
    """Compute all layers with sums by BLAS."""
    for layer in stack:
        u = _s_numpy(u, layer) if isinstance(layer, SLayer) else _c_numpy(u, layer)
    return u


def _windows(u: np.ndarray, size: int, pad: int) -> np.ndarray:
    padded = np.pad(u, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    return sliding_window_view(padded, (size, size), axis=(1, 2))


def _s_numpy(u: np.ndarray, layer: SLayer) -> np.ndarray:
    e = np.tensordot(_windows(u, layer.window, layer.pad), layer.a.astype(u.dtype), ((4, 5, 3), (0, 1, 2)))
    if layer.kind == Inhibition.NONE:
        return e
    squares = _windows((u * u).sum(axis=3, keepdims=True), layer.window, layer.pad)
    v = np.sqrt(np.tensordot(squares, layer.c.astype(u.dtype), ((4, 5), (0, 1))))
    h = u.dtype.type(layer.efficacy) * layer.b.astype(u.dtype) * v
    x = e - h if layer.kind == Inhibition.SUBTRACTIVE else (e - h) / (1 + h)
    return u.dtype.type(layer.gain) * np.maximum(x, 0)


def _c_numpy(u: np.ndarray, layer: CLayer) -> np.ndarray:
    windows = _windows(u * u if layer.pool == Pool.L2 else u, layer.window, layer.pad)
    pooled = np.tensordot(windows[:, :: layer.stride, :: layer.stride], layer.d.astype(u.dtype), ((4, 5), (0, 1)))
    if layer.joins is not None:
        joined = np.zeros((*pooled.shape[:3], layer.planes(pooled.shape[3])), u.dtype)
        np.add.at(joined, (..., layer.joins), pooled)
        pooled = joined
    if layer.pool == Pool.L2:
        pooled = np.sqrt(pooled)
    return pooled if layer.alpha is None else pooled / (u.dtype.type(layer.alpha) + pooled)


class ByTorch:
    """All layers as convolutions of PyTorch, in its channels-last format, with as many threads as neurosim has.

    Parameters
    ----------
    compiled : bool
        Whether to go through torch.compile.
    """

    def __init__(self, stack: Stack, threads: int, compiled: bool) -> None:
        os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"  # it confuses networks that differ in planes alone
        import torch

        torch._dynamo.reset()
        torch.set_num_threads(threads)
        self.torch, self.stack = torch, stack
        self.weights = [self._prepared(layer) for layer in stack]
        self.forward = torch.compile(self._forward, dynamic=False) if compiled else self._forward

    def __call__(self, u: np.ndarray) -> np.ndarray:
        """Return the last layer, planes last."""
        with self.torch.inference_mode():
            last = np.concatenate([self._batch(u[start : start + 64]) for start in range(0, len(u), 64)])
        return np.moveaxis(last, 1, 3)

    def _batch(self, u: np.ndarray) -> np.ndarray:
        tensor = self.torch.from_numpy(np.moveaxis(u, 3, 1))
        return np.asarray(self.forward(tensor).numpy())

    def _prepared(self, layer: SLayer | CLayer) -> tuple[Any, ...]:
        tensor = lambda x: self.torch.tensor(np.ascontiguousarray(x, np.float32))  # noqa: E731
        if isinstance(layer, SLayer):
            a = tensor(layer.a.transpose(3, 2, 0, 1)).to(memory_format=self.torch.channels_last)
            return a, tensor(layer.efficacy * layer.b)[None, :, None, None], tensor(layer.c)[None, None]
        values, joins = tensor(layer.d)[None, None], layer.joins
        if joins is None:
            return values, None
        matrix = np.zeros((layer.planes(len(joins)), len(joins), 1, 1))
        matrix[joins, np.arange(len(joins))] = 1
        return values, tensor(matrix)

    def _forward(self, u: Any) -> Any:
        conv, relu = self.torch.nn.functional.conv2d, self.torch.relu
        for layer, weights in zip(self.stack, self.weights, strict=True):
            if isinstance(layer, SLayer):
                e = conv(u, weights[0], padding=layer.pad)
                if layer.kind == Inhibition.NONE:
                    u = e
                    continue
                v = self.torch.sqrt(conv((u * u).sum(1, keepdim=True), weights[2], padding=layer.pad))
                h = weights[1] * v
                u = layer.gain * relu(e - h if layer.kind == Inhibition.SUBTRACTIVE else (e - h) / (1 + h))
            else:
                u = self._pooled(u * u if layer.pool == Pool.L2 else u, layer, *weights)
                u = self.torch.sqrt(u) if layer.pool == Pool.L2 else u
                u = u if layer.alpha is None else u / (layer.alpha + u)
        return u

    def _pooled(self, u: Any, layer: CLayer, d: Any, joins: Any) -> Any:
        conv, planes = self.torch.nn.functional.conv2d, u.shape[1]
        u = conv(u, d.expand(planes, 1, -1, -1), padding=layer.pad, stride=layer.stride, groups=planes)
        return u if joins is None else conv(u, joins)
