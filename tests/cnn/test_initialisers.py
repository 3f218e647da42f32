"""Where weights start."""

import numpy as np
import pytest

from neurosim.cnn.convolution import Conv2D
from neurosim.cnn.initialisers import NAMES, Normal, Uniform
from neurosim.cnn.layers import Dense
from neurosim.cnn.sequential import Sequential
from neurosim.core.errors import InvalidParameter

LIMITS = {
    "lecun_uniform": (3 / 300) ** 0.5,
    "glorot_uniform": (6 / 500) ** 0.5,
    "he_uniform": (6 / 300) ** 0.5,
    "pytorch": (1 / 300) ** 0.5,
}
DEVIATIONS = {
    "lecun_normal": (1 / 300) ** 0.5,
    "glorot_normal": (2 / 500) ** 0.5,
    "he_normal": (2 / 300) ** 0.5,
}


def weights(initialiser, **parameters):
    """60,000 weights of 200 units with 300 inputs, and the biases."""
    net = Sequential([Dense(200, initialiser=initialiser, **parameters)], 300, dtype="float64", random_state=1)
    return net.parameters["dense1.weights"], net.parameters["dense1.bias"]


@pytest.mark.parametrize(("name", "limit"), [*LIMITS.items(), (Uniform(0.3), 0.3)])
def test_uniform_rules_fill_their_range(name, limit):
    w, _ = weights(name)
    assert 0.999 * limit < w.max() <= limit
    assert -limit <= w.min() < -0.999 * limit
    # 5 standard errors of the variance of 60,000 uniform numbers
    assert w.var() == pytest.approx(limit**2 / 3, rel=5 * (0.8 / 60_000) ** 0.5)


@pytest.mark.parametrize(("name", "deviation"), [*DEVIATIONS.items(), (Normal(0.05), 0.05)])
def test_normal_rules_have_their_deviation(name, deviation):
    w, _ = weights(name)
    assert w.std() == pytest.approx(deviation, rel=5 * (0.5 / 60_000) ** 0.5)
    assert abs(w.mean()) < 5 * deviation / 60_000**0.5
    beyond = (np.abs(w) > 2 * deviation).mean()
    assert beyond == pytest.approx(0.0455, abs=5 * (0.0455 / 60_000) ** 0.5)


def test_every_name_is_covered():
    assert set(NAMES) == {*LIMITS, *DEVIATIONS, "zeros"}


def test_zeros_numbers_and_biases():
    assert not weights("zeros")[0].any()
    assert (weights(0.25)[0] == 0.25).all()
    assert not weights("he_normal")[1].any()
    assert (weights("he_normal", bias_initialiser=-1.0)[1] == -1).all()
    bias = weights("pytorch")[1]
    assert 0.9 * 300**-0.5 < np.abs(bias).max() <= 300**-0.5


def test_fan_in_counts_the_channels_that_a_map_sees():
    table = [[1, 0, 0, 0], [1, 1, 1, 1]]
    net = Sequential([Conv2D(2, 25, connections=table, initialiser="pytorch")], (4, 25, 25), random_state=0)
    w = net.parameters["conv1.weights"]
    assert not w[0, 1:].any()
    assert 0.98 / 25 < np.abs(w[0, 0]).max() <= 1 / 25
    assert 0.98 / 50 < np.abs(w[1]).max() <= 1 / 50


def test_same_seed_same_weights_and_streams_of_their_own():
    def net(seed, dtype="float32"):
        return Sequential([Dense(20), Dense(20)], 20, dtype=dtype, random_state=seed)

    one, same, other = net(3), net(3), net(4)
    assert (one.flat_parameters == same.flat_parameters).all()
    assert (one.flat_parameters != other.flat_parameters).mean() > 0.9  # the biases are 0 in both
    assert (net(3, "float64").flat_parameters.astype(np.float32) == one.flat_parameters).all()
    first, second = (one.parameters[f"dense{k}.weights"].ravel() for k in (1, 2))
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / 400**0.5


def test_a_layer_added_later_leaves_the_others_as_they_are():
    net = Sequential([Dense(5)], 4, random_state=0)
    before = net.flat_parameters.copy()
    before[0] = net.flat_parameters[0] = 7.0
    net.add(Dense(3))
    assert (net.flat_parameters[: len(before)] == before).all()
    whole = Sequential([Dense(5), Dense(3)], 4, random_state=0)
    assert (net.parameters["dense2.weights"] == whole.parameters["dense2.weights"]).all()


def test_wrong_initialisers_are_refused():
    with pytest.raises(InvalidParameter, match=r"Dense: initialiser must be one of lecun_uniform, .*'best'"):
        Dense(2, initialiser="best")
    with pytest.raises(InvalidParameter, match="limit"):
        Uniform(0.0)
    with pytest.raises(InvalidParameter, match="deviation"):
        Normal(-1.0)
