"""Derivatives of every layer and loss against central differences in float64 (backpropagation's own test)."""

import numpy as np
import pytest

from neurosim.cnn import inspection
from neurosim.cnn.activations import ACTIVATIONS, ReLU, Softmax
from neurosim.cnn.convolution import Conv2D, ConvTranspose2D, LocallyConnected2D
from neurosim.cnn.gradcheck import gradcheck
from neurosim.cnn.layers import Dense, Dropout, Flatten, Masking
from neurosim.cnn.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from neurosim.cnn.normalisation import BatchNorm
from neurosim.cnn.pooling import GlobalPool2D, Pool2D, Subsample2D
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.structure import Concatenate, Pad2D, RadialBasis, Residual, Slice
from neurosim.core.errors import InvalidParameter

TABLE = [[1, 0], [1, 1], [0, 1]]
LAYERS = {
    "dense": [Flatten(), Dense(4), Dense(3, activation="sigmoid")],
    "tied": [Flatten(), Dense(4, activation="tanh"), Dense(84, weights_of="dense1", activation="sigmoid")],
    "strided": [Conv2D(3, 3, padding="same", stride=2)],
    "dilated, a bias for every unit": [Conv2D(3, (3, 2), dilation=(2, 1), padding=((1, 0), (2, 1)), bias="unit")],
    "table, true convolution": [Conv2D(3, 3, connections=TABLE, operation="convolution", padding="full")],
    "local": [LocallyConnected2D(2, 3, stride=2)],
    "transposed": [ConvTranspose2D(2, 3, stride=2, padding=1, output_padding=1)],
    "maximum": [Pool2D(3, stride=2, padding=1)],
    "average": [Pool2D(3, "average", stride=2, padding=1)],
    "l2": [Pool2D(2, "l2")],
    "global average": [GlobalPool2D(), Dense(2)],
    "global maximum": [GlobalPool2D("max"), Dense(2)],
    "subsampling": [Subsample2D(2, activation="lecun_tanh")],
    "batch normalisation": [BatchNorm()],
    "batch normalisation of features": [Flatten(), Dense(4), BatchNorm(), Dense(2)],
    "dropout": [Dropout(0.4), Conv2D(2, 3), Masking(0.3)],
    "border": [Pad2D(((1, 2), (0, 1)), -1.0), Conv2D(2, 3)],
    "radial": [Flatten(), Dense(5), RadialBasis(4, trainable=True)],
    "residual": [Residual([Conv2D(3, 3, padding="same"), BatchNorm()], Conv2D(3, 1)), ReLU(), Residual([Conv2D(3, 1)])],
    "slice": [Slice(1, 2), Conv2D(2, 2)],
    "softmax of channels": [Conv2D(3, 3), Softmax(), Conv2D(1, 2)],
    "pool before activation": [Conv2D(2, 2, activation="relu"), Pool2D(2)],
    **{name: [Conv2D(2, 3, activation=name)] for name in ACTIVATIONS},
}


def network(layers, shape=(2, 7, 6)):
    """A network whose parameters and statistics are all random."""
    net, rng = Sequential(layers, shape, dtype="float64", random_state=1), np.random.default_rng(2)
    for slot in net.slots.values():
        mask = 1.0 if slot.parameter.mask is None else slot.parameter.mask
        net.flat_parameters[slot.begin : slot.end] = (rng.normal(0, 0.5, slot.parameter.shape) * mask).ravel()
    net.flat_statistics[:] = rng.uniform(0.5, 1.5, net.flat_statistics.shape)
    return net


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, rng):
    net, x = network(LAYERS[name]), rng.normal(size=(5, 2, 7, 6))
    found = gradcheck(net, x, rng.normal(size=(5, *net.output_shape)), SquaredError(), at_most=12)
    assert set(found.errors) == {"input", *net.parameters}
    assert found.worst < 1e-6
    assert sum(found.excluded.values()) <= 3


@pytest.mark.parametrize("name", ["batch normalisation", "dropout", "residual"])
def test_layers_not_in_training(name, rng):
    net, x = network(LAYERS[name]), rng.normal(size=(5, 2, 7, 6))
    y = rng.normal(size=(5, *net.output_shape))
    assert gradcheck(net, x, y, SquaredError(), at_most=12, training=False).worst < 1e-6


LOSSES = [
    (SquaredError(), "tanh", None),
    (SquaredError(margin=0.2), "sigmoid", "binary"),
    (CrossEntropy(), "softmax", "labels"),
    (CrossEntropy(), None, "labels"),
    (CrossEntropy(), "softmax", "probabilities"),
    (BinaryCrossEntropy(), "sigmoid", "probabilities"),
    (BinaryCrossEntropy(), None, "binary"),
    (SquaredError(), "softmax", "probabilities"),
]


@pytest.mark.parametrize(("loss", "last", "targets"), LOSSES)
def test_losses(loss, last, targets, rng):
    net = network([Dense(5, activation="tanh"), Dense(3, activation=last)], 4)
    y = {
        "labels": rng.integers(0, 3, 9),
        "binary": rng.integers(0, 2, (9, 3)),
        "probabilities": rng.dirichlet(np.ones(3), 9),
        None: rng.normal(size=(9, 3)),
    }[targets]
    assert gradcheck(net, rng.normal(size=(9, 4)), y, loss).worst < 1e-6


def test_branches_that_join(rng):
    net = network([Conv2D(2, 3, padding="same", activation="tanh")])
    net.add(Concatenate(), "conv1", "input", "conv1")
    net.add(Pool2D(2))
    y = rng.normal(size=(4, *net.output_shape))
    found = gradcheck(net, rng.normal(size=(4, 2, 7, 6)), y, SquaredError(), at_most=20)
    assert found.worst < 1e-6


def test_batch_normalisations_input_gradients_sum_to_0(rng):
    net = network([BatchNorm()])
    found = net.gradients(rng.normal(size=(6, 2, 7, 6)), rng.normal(size=(6, 2, 7, 6)), SquaredError())
    np.testing.assert_allclose(found.input.sum((0, 2, 3)), 0, atol=1e-13)
    assert np.abs(found.input).max() > 1e-3


def test_a_wrong_derivative_is_found(monkeypatch, rng):
    net, x, y = network([Dense(5, activation="tanh"), Dense(3)], 4), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    right = inspection.differentiate

    def wrong(*arguments, **settings):
        found = right(*arguments, **settings)
        found.flat[7] *= 1.01
        return found

    monkeypatch.setattr(inspection, "differentiate", wrong)
    errors = gradcheck(net, x, y, SquaredError()).errors
    assert errors["dense1.weights"] > 1e-5
    assert max(error for name, error in errors.items() if name != "dense1.weights") < 1e-6


def test_kinks_are_left_out():
    net = Sequential([ReLU()], 4, dtype="float64")
    x = np.array([[0.0, 1.0, -1.0, 4e-6]])
    found = gradcheck(net, x, [[1.0, 2.0, 3.0, 4.0]], SquaredError())
    assert (found.checked["input"], found.excluded["input"]) == (2, 2)
    assert str(found).endswith("2 checked, 2 at a kink")
    assert found.worst < 1e-6


@pytest.mark.parametrize("place", [0.0, 2e-6, -3e-6, 6.66664444e-6, 9e-6, 1.2e-5, -1.9e-5])
def test_a_kink_anywhere_within_two_steps(place):
    net = Sequential([Dense(1, bias=False, initialiser=1.0), ReLU()], 1, dtype="float64")
    # at 6.66664444e-6 forward minus backward differences are just proportional to the step
    found = gradcheck(net, [[place]], [[1.0]], SquaredError())
    assert (found.checked["input"], found.excluded["input"]) == (0, 1)
    smooth = gradcheck(net, [[3e-5], [-3e-5]], [[1.0], [1.0]], SquaredError())
    assert (smooth.checked["input"], smooth.excluded["input"]) == (2, 0)
    assert smooth.worst < 1e-6


def test_ties_of_maxima_and_empty_pixels(rng):
    x = rng.random((6, 1, 8, 8))
    x[:, :, :, 5:] = 0  # units that see nothing else put out 0, their bias
    for norm in ([], [BatchNorm()]):
        layers = [Conv2D(4, 3, padding="same"), *norm, ReLU(), Pool2D(), Flatten(), Dense(3, activation="softmax")]
        found = gradcheck(Sequential(layers, (1, 8, 8), random_state=0), x, [0, 1, 2, 0, 1, 2], CrossEntropy())
        assert found.worst < 1e-6
        assert found.excluded["input"] > 5
        assert found.excluded["conv1.bias"] == (0 if norm else 4)
        assert found.checked["dense1.weights"] > 30


def test_a_bias_that_normalisation_takes_away(rng):
    net = Sequential([Dense(4), BatchNorm(), Dense(3, activation="tanh")], 5, random_state=0)
    found = gradcheck(net, 100 * rng.normal(size=(8, 5)), rng.normal(size=(8, 3)), SquaredError())
    assert (found.errors["dense1.bias"], found.checked["dense1.bias"]) == (0.0, 4)
    assert sum(found.excluded.values()) == 0
    assert found.worst < 1e-6


def test_the_network_stays_as_it_is(rng):
    net = Sequential([Dense(3)], 4, random_state=0)
    before = net.flat_parameters.copy()
    x = rng.normal(size=(6, 4)).astype(np.float32)
    kept = x.copy()
    assert gradcheck(net, x, np.zeros((6, 3)), "squared_error").worst < 1e-6
    np.testing.assert_array_equal(net.flat_parameters, before)
    np.testing.assert_array_equal(x, kept)
    with pytest.raises(InvalidParameter, match="gradcheck: step"):
        gradcheck(net, x, np.zeros((6, 3)), "squared_error", step=0)
