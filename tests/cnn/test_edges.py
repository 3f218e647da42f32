"""Corners: places of a softmax, missing connections, large pools, branches that lead nowhere, one value a channel."""

import numpy as np
import pytest

from neurosim.cnn import (
    SGD,
    BatchNorm,
    Conv2D,
    CrossEntropy,
    Dense,
    Flatten,
    GlobalPool2D,
    Graph,
    Sequential,
    Softmax,
    SquaredError,
    train,
)


def test_a_softmax_of_every_place_keeps_its_places_behind_flatten(rng):
    x = rng.normal(size=(6, 3, 2, 2))
    targets = np.zeros((6, 3, 2, 2))
    for sample in range(6):
        for i, j in np.ndindex(2, 2):
            targets[sample, rng.integers(3), i, j] = 1
    net = Sequential([Conv2D(3, 1), Softmax(), Flatten()], (3, 2, 2), dtype="float64", random_state=0)
    outputs = net(x).reshape(targets.shape)
    wanted = -np.log((outputs * targets).sum(1)).sum((1, 2)).mean()
    assert net.gradients(x, targets, CrossEntropy()).loss == pytest.approx(wanted, rel=1e-12)
    done = train(
        net, x, targets, loss=CrossEntropy(), optimiser=SGD(0.0), epochs=1, batch_size=6, shuffle=False,
        validation=(x, targets),
    )  # fmt: skip
    assert done.losses[0] == pytest.approx(wanted, rel=1e-12)
    assert done.validation_losses[0] == pytest.approx(wanted, rel=1e-9)
    share = (outputs.argmax(1) == targets.argmax(1)).mean()
    assert done.validation_accuracies[0] == pytest.approx(share)


def test_missing_connections_stay_missing(rng):
    net = Sequential([Conv2D(1, 1, connections=[[1, 0]]), Flatten()], (2, 1, 1), random_state=0)
    for view in net.parameters.values():
        view[...] = 1
    x = np.array([[[[1.0]], [[10.0]]]])
    assert net(x).item() == 2  # weight and bias of the first channel alone
    found = net.gradients(x, [[0.0]], SquaredError())
    weights = next(values for name, values in found.parameters.items() if name.endswith("weights"))
    assert weights.ravel().tolist() == [2, 0]
    train(net, x, [[0.0]], loss=SquaredError(), optimiser=SGD(0.1), epochs=2)
    assert np.ravel(next(iter(net.parameters.values())))[1] == 0


def test_the_largest_of_very_many_places_gets_the_gradient():
    side = 190  # 36,100 places
    net = Sequential([GlobalPool2D("max"), Flatten()], (1, side, side), random_state=0)
    x = np.zeros((1, 1, side, side))
    x[..., -1, -1] = 1
    found = net.gradients(x, [[0.0]], SquaredError())
    assert found.input.ravel()[-1] == 1
    assert np.count_nonzero(found.input) == 1


def test_a_branch_that_leads_nowhere_is_not_decayed(rng):
    net = Graph(2, random_state=0)
    dead = net.add(Dense(2), net.input, name="dead")
    net.output = net.add(Dense(1), net.input, name="live")
    before = {name: values.copy() for name, values in net.parameters.items()}
    train(net, rng.normal(size=(8, 2)), np.zeros(8), loss=SquaredError(), optimiser=SGD(0.1, l2=0.5), epochs=3)
    assert dead.name == "dead"
    np.testing.assert_array_equal(net.parameters["dead.weights"], before["dead.weights"])
    assert (net.parameters["live.weights"] != before["live.weights"]).all()


def test_a_mini_batch_of_one_vector_leaves_the_statistics_alone(rng):
    net = Sequential([Dense(3), BatchNorm(momentum=1.0), Dense(1)], 2, random_state=0)
    x = rng.normal(size=(5, 2))
    train(net, x, np.zeros(5), loss=SquaredError(), optimiser=SGD(0.0), epochs=1, batch_size=4, shuffle=False)
    variance = next(values for name, values in net.statistics.items() if name.endswith("variance"))
    weights, bias = net.parameters["dense1.weights"], net.parameters["dense1.bias"]
    np.testing.assert_allclose(variance, (x[:4] @ weights + bias).var(axis=0, ddof=1), rtol=1e-4)


def test_no_values_asked_for():
    assert Sequential([Dense(1)], 2, random_state=0).activations(np.zeros((3, 2)), []) == {}
