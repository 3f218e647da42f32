"""Compiles the kernels of the common layers, for `neurosim warmup`."""

import numpy as np

from neurosim.cnn.activations import ReLU, Sigmoid, Softmax, Tanh
from neurosim.cnn.convolution import Conv2D
from neurosim.cnn.layers import Dense, Dropout, Flatten
from neurosim.cnn.losses import CrossEntropy, SquaredError
from neurosim.cnn.normalisation import BatchNorm
from neurosim.cnn.optimisers import SGD
from neurosim.cnn.pooling import Pool2D
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.training import train


def compile_kernels() -> None:
    """Train a small network of the common layers, in mini-batches and online, which compiles them into the cache."""
    layers = [
        Conv2D(2, 3), BatchNorm(), ReLU(), Pool2D(2), Flatten(), Dense(3), Tanh(), Dropout(0.5), Dense(2),
    ]  # fmt: skip
    x, y = np.zeros((8, 1, 6, 6), np.float32), np.zeros((8, 2), np.float32)
    y[:, 0] = 1
    for loss, last in ((SquaredError(), Sigmoid()), (CrossEntropy(), Softmax())):
        for batch_size in (8, 1):
            network = Sequential([*layers, last], (1, 6, 6), random_state=0)
            train(network, x, y, loss=loss, optimiser=SGD(0.1), epochs=1, batch_size=batch_size, backend="cpu")
    network.forward(x)
