"""Gradients against PyTorch's, for every layer, activation, loss that both have: errors relative to the norm.

    python -m benchmarks cnn_gradients [--quick]

Each network is one layer and what it takes to reach five outputs; both sides have the same weights, inputs and
targets. The error of a tensor's gradient is the norm of the difference over the norm of PyTorch's.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import write
from neurosim.cnn import (
    GELU,
    BatchNorm,
    BinaryCrossEntropy,
    Conv2D,
    ConvTranspose2D,
    CrossEntropy,
    Dense,
    Flatten,
    GlobalPool2D,
    LeakyReLU,
    Pool2D,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    SquaredError,
    Tanh,
)

IMAGES = (3, 9, 8)


def cases() -> dict[str, tuple[list[Any], Callable[[Any], list[Any]]]]:
    """Return our layers and a function that makes PyTorch's from its module `nn`."""
    c = Conv2D
    return {
        "Conv2D": ([c(4, 3)], lambda nn: [nn.Conv2d(3, 4, 3)]),
        "Conv2D, padded": ([c(4, 5, padding="same")], lambda nn: [nn.Conv2d(3, 4, 5, padding=2)]),
        "Conv2D, full": ([c(4, 3, padding="full")], lambda nn: [nn.Conv2d(3, 4, 3, padding=2)]),
        "Conv2D, stride 2": ([c(4, 3, stride=2, padding=1)], lambda nn: [nn.Conv2d(3, 4, 3, 2, 1)]),
        "Conv2D, dilation 2": ([c(4, 3, dilation=2)], lambda nn: [nn.Conv2d(3, 4, 3, dilation=2)]),
        "Conv2D, 5 x 2, stride 3 x 1": ([c(4, (5, 2), stride=(3, 1))], lambda nn: [nn.Conv2d(3, 4, (5, 2), (3, 1))]),
        "Conv2D, without bias": ([c(4, 3, bias=False)], lambda nn: [nn.Conv2d(3, 4, 3, bias=False)]),
        "ConvTranspose2D": ([ConvTranspose2D(4, 3)], lambda nn: [nn.ConvTranspose2d(3, 4, 3)]),
        "ConvTranspose2D, stride 2": (
            [ConvTranspose2D(4, 3, stride=2, padding=1)],
            lambda nn: [nn.ConvTranspose2d(3, 4, 3, 2, 1)],
        ),
        "Pool2D, maximum": ([Pool2D(2)], lambda nn: [nn.MaxPool2d(2)]),
        "Pool2D, maximum 3 / 2": ([Pool2D(3, stride=2)], lambda nn: [nn.MaxPool2d(3, 2)]),
        "Pool2D, average": ([Pool2D(2, "average")], lambda nn: [nn.AvgPool2d(2)]),
        "GlobalPool2D": ([c(4, 3), GlobalPool2D()], lambda nn: [nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)]),
        "BatchNorm, images": ([c(4, 3), BatchNorm()], lambda nn: [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)]),
        "BatchNorm, vectors": (
            [Flatten(), Dense(6), BatchNorm()],
            lambda nn: [nn.Flatten(), nn.Linear(216, 6), nn.BatchNorm1d(6)],
        ),
        "Residual": ([Residual([c(3, 3, padding=1), Tanh()])], lambda nn: [_residual(nn)]),
        "Dense": ([Flatten(), Dense(7)], lambda nn: [nn.Flatten(), nn.Linear(216, 7)]),
        "Sigmoid": ([Sigmoid()], lambda nn: [nn.Sigmoid()]),
        "Tanh": ([Tanh()], lambda nn: [nn.Tanh()]),
        "ReLU": ([ReLU()], lambda nn: [nn.ReLU()]),
        "LeakyReLU": ([LeakyReLU(0.1)], lambda nn: [nn.LeakyReLU(0.1)]),
        "GELU": ([GELU()], lambda nn: [nn.GELU()]),
        "Softmax": ([Flatten(), Dense(7), Softmax()], lambda nn: [nn.Flatten(), nn.Linear(216, 7), nn.Softmax(1)]),
    }


def _residual(nn: Any) -> Any:
    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Tanh())

        def forward(self, x: Any) -> Any:
            return x + self.inner(x)

    return Block()


def errors(name: str, layers: list[Any], make: Callable[[Any], list[Any]], loss: str, dtype: str) -> dict[str, Any]:
    """Return the largest relative error of the gradients by parameters and input, and that of the loss."""
    import torch
    from torch import nn

    torch.manual_seed(1)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(24, *IMAGES)).astype(dtype)
    y: np.ndarray = rng.normal(size=(24, 5)).astype(dtype)
    if loss == "cross-entropy":
        y = rng.integers(0, 5, 24)
    elif loss == "binary cross-entropy":
        y = (y > 0).astype(dtype)
    net = Sequential([*layers, Flatten(), Dense(5)], IMAGES, dtype=dtype, random_state=0)
    features = net.views(net.flat_parameters)[list(net.parameters)[-2]].shape[0]
    peer = nn.Sequential(*make(nn), nn.Flatten(), nn.Linear(features, 5)).to(getattr(torch, dtype))
    for (key, view), p in zip(net.parameters.items(), peer.parameters(), strict=True):
        values = p.detach().numpy()
        view[...] = values.T if key.endswith("weights") and values.ndim == 2 else values
    ours = {"squared error": SquaredError(), "cross-entropy": CrossEntropy()}.get(loss, BinaryCrossEntropy())
    theirs = {
        "squared error": lambda out, t: 0.5 * ((out - t) ** 2).sum(1).mean(),
        "cross-entropy": nn.functional.cross_entropy,
        "binary cross-entropy": lambda out, t: nn.functional.binary_cross_entropy_with_logits(
            out, t, reduction="none"
        ).sum(1).mean(),
    }[loss]  # fmt: skip
    inputs = torch.from_numpy(x).requires_grad_()
    value = theirs(peer(inputs), torch.from_numpy(y))
    value.backward()
    found = net.gradients(x, y, ours)
    pairs = [(found.input, inputs.grad.numpy())]
    for (key, gradient), p in zip(found.parameters.items(), peer.parameters(), strict=True):
        values = p.grad.numpy()
        pairs.append((gradient, values.T if key.endswith("weights") and values.ndim == 2 else values))
    largest = max(np.linalg.norm(b) for _, b in pairs)
    relative = [np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-3 * largest) for a, b in pairs]
    return {
        "layer": name, "loss": loss, "dtype": dtype, "error": float(max(relative)),
        "loss_error": abs(found.loss - value.item()) / value.item(),
    }  # fmt: skip


def main(quick: bool = False) -> None:
    """Compare all and write benchmarks/results/cnn_gradients.json."""
    records = []
    for dtype in ("float32", "float64"):
        for name, (layers, make) in cases().items():
            records.append(errors(name, layers, make, "squared error", dtype))
            if quick:
                return
        for loss in ("cross-entropy", "binary cross-entropy"):
            records.append(errors("Conv2D", *cases()["Conv2D"], loss, dtype))
    for record in records:
        print(f"{record['dtype']}  {record['layer']:30} {record['loss']:22} {record['error']:.1e}")
    worst = {kind: max(r["error"] for r in records if r["dtype"] == kind) for kind in ("float32", "float64")}
    print("largest:", worst)
    write("cnn_gradients", records)
