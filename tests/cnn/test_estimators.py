"""The estimators as scikit-learn's: contract, files, streams, checkpoints, bad input."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

import neurosim
from neurosim.cnn import (
    SGD,
    Autoencoder,
    CNNClassifier,
    Compose,
    Conv2D,
    DivergedError,
    MLPClassifier,
    MLPRegressor,
    RMSProp,
    Shift,
)
from neurosim.core.errors import DataError, InvalidParameter, StorageError
from neurosim.datasets import load_iris

MODELS = [MLPClassifier(), MLPRegressor(), CNNClassifier(), Autoencoder()]
of_each = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
classifiers = pytest.mark.parametrize("model", [MLPClassifier(), CNNClassifier()], ids=lambda m: type(m).__name__)


@parametrize_with_checks(MODELS)
def test_scikit_learn(estimator, check):
    check(estimator)
