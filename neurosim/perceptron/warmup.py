"""Compiles the kernels of the perceptrons, for `neurosim warmup`."""

import numpy as np

from neurosim.perceptron.adaline import Adaline
from neurosim.perceptron.kernel import KernelPerceptron
from neurosim.perceptron.lms import simulate_lms
from neurosim.perceptron.madaline import Madaline
from neurosim.perceptron.minover import MinOver
from neurosim.perceptron.perceptron import Perceptron
from neurosim.perceptron.pocket import PocketPerceptron


def compile_kernels() -> None:
    """Run every CPU kernel once for each dtype, which compiles it into the cache; sparse samples are left for later."""
    models = [
        Perceptron(),
        Adaline(),
        PocketPerceptron(),
        Madaline(),
        MinOver(),
        KernelPerceptron(readout="voted"),
    ]
    for dtype in (np.float32, np.float64):
        x = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 2.0], [2.0, 1.0]], dtype)
        for model in models:
            model.fit(x, [0, 1, 0, 1]).predict(x)
    simulate_lms(np.eye(2), 0.01, 2)
