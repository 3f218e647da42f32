"""Backpropagation: layers, networks, training, estimators and the historical networks from XOR to LeNet-5."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.cnn.activations import GELU, LeakyReLU, LeCunTanh, ReLU, Sigmoid, Softmax, Tanh
    from neurosim.cnn.augmentation import Affine, Compose, Distortion, RandomErasing, Shift
    from neurosim.cnn.autoencoder import Autoencoder
    from neurosim.cnn.convnet import CNNClassifier
    from neurosim.cnn.convolution import Conv2D, ConvTranspose2D, LocallyConnected2D, factorised_pair
    from neurosim.cnn.functional import convolve2d, correlate2d
    from neurosim.cnn.gradcheck import GradientCheck
    from neurosim.cnn.graph import Graph
    from neurosim.cnn.initialisers import Normal, Uniform
    from neurosim.cnn.layers import Dense, Dropout, Flatten, Layer, Masking
    from neurosim.cnn.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
    from neurosim.cnn.mlp import MLPClassifier, MLPRegressor
    from neurosim.cnn.normalisation import BatchNorm
    from neurosim.cnn.optimisers import SGD, Adagrad, Adam, AdamW, RMSProp, Schedule
    from neurosim.cnn.pooling import GlobalPool2D, Pool2D, Subsample2D
    from neurosim.cnn.presets import PRESETS, Preset
    from neurosim.cnn.sequential import Sequential
    from neurosim.cnn.structure import Add, Concatenate, Pad2D, RadialBasis, Residual, Slice
    from neurosim.cnn.summary import Summary
    from neurosim.cnn.training import DivergedError, Training, train

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Adagrad": "optimisers",
        "Adam": "optimisers",
        "AdamW": "optimisers",
        "Add": "structure",
        "Affine": "augmentation",
        "Autoencoder": "autoencoder",
        "BatchNorm": "normalisation",
        "BinaryCrossEntropy": "losses",
        "CNNClassifier": "convnet",
        "Compose": "augmentation",
        "Concatenate": "structure",
        "Conv2D": "convolution",
        "ConvTranspose2D": "convolution",
        "CrossEntropy": "losses",
        "Dense": "layers",
        "Distortion": "augmentation",
        "DivergedError": "training",
        "Dropout": "layers",
        "Flatten": "layers",
        "GELU": "activations",
        "GlobalPool2D": "pooling",
        "GradientCheck": "gradcheck",
        "Graph": "graph",
        "Layer": "layers",
        "LeCunTanh": "activations",
        "LeakyReLU": "activations",
        "LocallyConnected2D": "convolution",
        "MLPClassifier": "mlp",
        "MLPRegressor": "mlp",
        "Masking": "layers",
        "Normal": "initialisers",
        "PRESETS": "presets",
        "Pad2D": "structure",
        "Pool2D": "pooling",
        "Preset": "presets",
        "RMSProp": "optimisers",
        "RadialBasis": "structure",
        "RandomErasing": "augmentation",
        "ReLU": "activations",
        "Residual": "structure",
        "SGD": "optimisers",
        "Schedule": "optimisers",
        "Sequential": "sequential",
        "Shift": "augmentation",
        "Sigmoid": "activations",
        "Slice": "structure",
        "Softmax": "activations",
        "SquaredError": "losses",
        "Subsample2D": "pooling",
        "Summary": "summary",
        "Tanh": "activations",
        "Training": "training",
        "Uniform": "initialisers",
        "convolve2d": "functional",
        "correlate2d": "functional",
        "factorised_pair": "convolution",
        "train": "training",
    },
)
