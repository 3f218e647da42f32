"""Neocognitrons: responses against PyTorch and NumPy, self-organisation against the naive version.

    python -m benchmarks neocognitron [--quick]

No peer computes a neocognitron, so the peers here are the same layers as convolutions of PyTorch, eager and compiled,
and as sums by NumPy's BLAS, for part of the images. The large network is that of 64 x 64 cells, 80 and 250 planes and
5 x 5 windows, about 173 million multiply-adds an image, after it has learned from MNIST (NEUROSIM_DATA); beside it
stands a plain matrix product of as many multiply-adds, the best that sums can do. Learning of 1,500 digits is timed
from the images to the fitted classifier. The presentations of 1980 are compared with the tests'
naive version, part of them.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from benchmarks.neocognitron_peers import ByTorch, Stack, by_numpy
from neurosim.core import parallel
from neurosim.datasets import fetch_mnist
from neurosim.neocognitron import Neocognitron1980, Neocognitron1988, Neocognitron2013
from neurosim.neocognitron.edges import on_field
from neurosim.neocognitron.layers import s_cells, stage
from neurosim.neocognitron.recipe import SLayer
from neurosim.neocognitron.stick_patterns import centred
from tests.neocognitron import naive_1980

LARGE: dict[str, Any] = {"cells3": 250, "windows": (5, 5), "theta_recognition": (0.55, 0.5), "root": False}
Records = list[dict[str, Any]]


def by_neurosim(u: np.ndarray, stack: Stack) -> np.ndarray:
    """Compute all layers, 256 images at a time."""
    outs = []
    for start in range(0, len(u), 256):
        part, at = u[start : start + 256], 0
        while at < len(stack):
            pair = stack[at : at + 2]
            if len(pair) == 2 and not isinstance(pair[1], SLayer):
                part, at = stage(part, *pair), at + 2
            else:
                part, at = s_cells(part, pair[0]), at + 1
        outs.append(part)
    return np.concatenate(outs)


def responses(name: str, images: np.ndarray, stack: Stack, share: int, extra: dict[str, Callable[[], Any]]) -> Records:
    """Time all layers of some images; `share` is the part that PyTorch and NumPy are timed with."""
    part = images[: len(images) // share]
    exact = by_numpy(part[:16].astype(np.float64), stack)
    torch, compiled = (ByTorch(stack, parallel.threads(), flag) for flag in (False, True))

    def quality(last: np.ndarray) -> dict[str, float]:
        if last.shape[1:] != exact.shape[1:]:
            return {}
        error = abs(last[:16] - exact).max() / abs(exact).max()
        return {"largest error, millionths of the largest response": float(error * 1e6)}

    runs = {
        "neurosim": lambda: by_neurosim(images, stack),
        "torch": lambda: torch(part),
        "torch.compile": lambda: compiled(part),
        "numpy": lambda: by_numpy(part, stack),
    }
    notes = {label: f"{len(part)} images, scaled" for label in list(runs)[1:]} if share > 1 else {}
    scale = dict.fromkeys(list(runs)[1:], float(share))
    return compare(
        f"{name}, responses to {len(images):,} images", runs | extra, reference="neurosim", quality=quality,
        notes=notes, scale=scale,
    )  # fmt: skip


def product(images: int, sums: Sequence[tuple[int, int, int]]) -> Callable[[], np.ndarray]:
    """Return the matrix products of some (places, inputs, planes) for 16 images at a time."""
    rng = np.random.default_rng(0)
    pairs = [
        (rng.random((16 * rows, depth), np.float32), rng.random((depth, planes), np.float32))
        for rows, depth, planes in sums
    ]

    def run() -> np.ndarray:
        for _ in range(images // 16):
            last = [a @ b for a, b in pairs][-1]
        return last

    return run


def large(quick: bool) -> Records:
    """The network of 173 million multiply-adds: learning from 1,500 digits, and responses."""
    train, test = (fetch_mnist(subset, data_home=os.environ["NEUROSIM_DATA"]) for subset in ("train", "test"))
    few, many = (150, 128) if quick else (1500, 1024)
    x, y = train.data[:few].reshape(-1, 28, 28) / 255, train.target[:few]
    fit = lambda: Neocognitron2013(**LARGE, random_state=0).fit(x, y)  # noqa: E731
    records = compare(
        f"64 x 64 cells, learning of {few:,} MNIST digits", {"neurosim": fit}, reference="neurosim", rounds=3
    )
    network = fit()._network()
    stack = [network.first, *(layer for pair in network.stages for layer in pair)]
    images = on_field(test.data[:many].reshape(-1, 28, 28).astype(np.float32) / 255, 2.0, 64)
    s2, s3 = network.stages[1][0].a.shape, network.stages[2][0].a.shape
    sums = [(32 * 32, s2[0] * s2[1] * s2[2], s2[3]), (16 * 16, s3[0] * s3[1] * s3[2], s3[3])]
    extra = {"matrix product alone (BLAS)": product(many, sums)}
    return records + responses("64 x 64 cells", images, stack, 4, extra)


def taught(quick: bool) -> Records:
    """The network of 1988."""
    net = Neocognitron1988().teach()
    images = np.tile(net.pattern_set.examples()[0], (40, 1, 1)).astype(np.float32)[: 256 if quick else 1000, ..., None]
    stack = [layer for pair in net.layers for layer in pair]
    return responses("1988, 19 x 19 cells", images, stack, 1, {})


def self_organised(quick: bool) -> Records:
    """Presentations to eight networks of 1980."""
    images, few = centred("01234"), 1 if quick else 3
    fit = lambda: Neocognitron1980.fit_seeds(images, range(8))  # noqa: E731
    net = Neocognitron1980(random_state=0).fit(images)
    field = np.pad(images[0], [(0, 16 - n) for n in images[0].shape])
    a, b = [np.ascontiguousarray(w.transpose(3, 2, 0, 1)) for w in net.a_], net.b_

    def naive() -> None:
        for _ in range(few):
            naive_1980.present(
                field, [w.copy() for w in a], [w.copy() for w in b], [s.c for s, _ in net.layers],
                [c.d for _, c in net.layers], net.r, net.q,
            )  # fmt: skip

    return compare(
        "1980, 100 presentations to 8 networks", {"neurosim": fit, "naive version (NumPy)": naive},
        reference="neurosim", few=("naive version (NumPy)",), scale={"naive version (NumPy)": 800 / few},
        notes={"naive version (NumPy)": f"{few} of 800 presentations, scaled"},
    )  # fmt: skip


def main(quick: bool = False) -> None:
    """Run all and write the results."""
    started = time.perf_counter()
    records = self_organised(quick) + taught(quick) + large(quick)
    if not quick:
        print(f"wrote {write('neocognitron', records)} after {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
