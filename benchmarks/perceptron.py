"""Perceptrons against scikit-learn: the same samples in the same order, the same epochs.

    python -m benchmarks perceptron [--quick]

The weights of the first two rows are equal bit for bit; so is what both sides check of their input. The averaged
perceptron runs on MNIST, found through NEUROSIM_DATA, or on random data of the same shape where that is not here.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import Perceptron as Peer
from sklearn.linear_model import SGDClassifier

from benchmarks.harness import compare, write
from neurosim.core import parallel
from neurosim.datasets import fetch_mnist
from neurosim.perceptron import AveragedPerceptron, Perceptron


def noisy(samples: int, features: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 samples and the labels of a noisy linear teacher, which no hyperplanes separate."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, features)).astype(np.float32)
    y = (x @ rng.normal(size=(features, classes)) + 4 * rng.normal(size=(samples, classes))).argmax(1)
    return np.ascontiguousarray(x), y


def plain(classes: int, samples: int, epochs: int = 5) -> list[dict[str, Any]]:
    """Time the perceptron; every run returns its model, and the quality is what they have in common."""
    x, y = noisy(samples, 100, classes)
    ref = Perceptron(epochs=epochs, shuffle=False).fit(x, y)

    def equal(model: Any) -> dict[str, float]:
        return {"accuracy": float(model.score(x, y)), "largest difference": float(abs(model.coef_ - ref.coef_).max())}

    runs: dict[str, Callable[[], Any]] = {
        "neurosim": lambda: Perceptron(epochs=epochs, shuffle=False).fit(x, y),
        "scikit-learn Perceptron": lambda: Peer(max_iter=epochs, tol=None, shuffle=False).fit(x, y),
        "scikit-learn Perceptron, 2 jobs": lambda: Peer(max_iter=epochs, tol=None, shuffle=False, n_jobs=2).fit(x, y),
        "neurosim, shuffled": lambda: Perceptron(epochs=epochs, random_state=0).fit(x, y),
        "scikit-learn Perceptron, shuffled": lambda: Peer(max_iter=epochs, tol=None, random_state=0).fit(x, y),
    }
    if classes == 2:
        del runs["scikit-learn Perceptron, 2 jobs"]  # there is one problem
    name = f"perceptron, {samples:,} x 100 float32, {classes} classes, {epochs} epochs"
    return compare(name, runs, reference="neurosim", quality=equal, rounds=9)


def averaged(samples: int | None, epochs: int = 10) -> list[dict[str, Any]]:
    """Time the averaged perceptron, and count its errors on the test images."""
    if os.environ.get("NEUROSIM_DATA"):
        sets = [fetch_mnist(subset, data_home=os.environ["NEUROSIM_DATA"]) for subset in ("train", "test")]
        (x, y), (xt, yt) = ((s.data / np.float32(255), s.target) for s in sets)
        name = "MNIST"
    else:
        (x, y), name = noisy(60_000, 784, 10), "noisy"
        xt, yt = x[:10_000], y[:10_000]
    x, y = x[:samples], y[:samples]

    def peer(average: bool) -> Any:
        model = SGDClassifier(
            loss="perceptron", average=average, alpha=0.0, penalty=None, learning_rate="constant", eta0=1.0,
            max_iter=epochs, tol=None, shuffle=False,
        )  # fmt: skip
        return model.fit(x, y)

    def errors(model: Any) -> dict[str, float]:
        return {"test error": float(1 - model.score(xt, yt))}

    runs: dict[str, Callable[[], Any]] = {
        "neurosim": lambda: AveragedPerceptron(epochs=epochs, shuffle=False).fit(x, y),
        "neurosim, shuffled": lambda: AveragedPerceptron(epochs=epochs, random_state=0).fit(x, y),
        "scikit-learn SGDClassifier": lambda: peer(True),
    }
    return compare(
        f"averaged perceptron, {name} {len(x):,} x 784 float32, 10 classes, {epochs} epochs",
        runs,
        reference="neurosim",
        quality=errors,
        few=("scikit-learn SGDClassifier",),
    )


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/perceptron.json."""
    if quick:
        plain(2, 5000, 1)
        averaged(2000, 1)
        return
    records = plain(2, 100_000) + plain(10, 100_000) + averaged(None)
    for record in records:
        record["threads"] = parallel.threads()
    print(f"wrote {write('perceptron', records)}")
