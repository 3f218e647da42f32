"""Counts of parameters, connections and units against published networks."""

import pytest

from neurosim.cnn.activations import ReLU
from neurosim.cnn.convolution import Conv2D
from neurosim.cnn.graph import Graph
from neurosim.cnn.layers import Dense, Dropout, Flatten
from neurosim.cnn.normalisation import BatchNorm
from neurosim.cnn.pooling import GlobalPool2D, Pool2D, Subsample2D
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.structure import Concatenate, Pad2D, RadialBasis, Residual

TABLE_C3 = [
    [int(channel in maps) for channel in "012345"]
    for maps in "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345".split()  # noqa: SIM905
]
EIGHT_OF_12 = [[int((channel - 4 * (o // 4)) % 12 < 8) for channel in range(12)] for o in range(12)]


def zip_net():
    layers = [
        Pad2D(2, -1.0),
        Conv2D(12, 5, stride=2, bias="unit", activation="tanh"),
        Pad2D(2, -1.0),
        Conv2D(12, 5, stride=2, bias="unit", activation="tanh", connections=EIGHT_OF_12),
        Flatten(),
        Dense(30, activation="tanh"),
        Dense(10, activation="tanh"),
    ]
    return Sequential(layers, (16, 16))


def lenet5(table=TABLE_C3, *, full=False):
    pool = Pool2D if full else Subsample2D
    layers = [
        Conv2D(6, 5),
        pool(2),
        Conv2D(16, 5, connections=table),
        pool(2),
        Conv2D(120, 5),
        Flatten(),
        Dense(84),
        Dense(10) if full else RadialBasis(10),
    ]
    return Sequential(layers, (32, 32))


def conv(maps, size, stride=1):
    return [Conv2D(maps, size, stride=stride, padding="same"), BatchNorm(), ReLU()]


def small_inception():
    """Zhang et al. 2016: Inception modules, two of them with a stride, on 28 x 28 colour images."""
    net = Graph((3, 28, 28))

    def chain(layers, node):
        for layer in layers:
            node = net.add(layer, node)
        return node

    def module(node, ones, threes):
        return net.add(Concatenate(), chain(conv(ones, 1), node), chain(conv(threes, 3), node))

    def reduce(node, threes):
        strided = chain([Conv2D(threes, 3, stride=2), BatchNorm(), ReLU()], node)
        return net.add(Concatenate(), strided, net.add(Pool2D(3, stride=2), node))

    node = chain(conv(96, 3), net.input)
    node = reduce(module(module(node, 32, 32), 32, 48), 80)
    for ones, threes in ((112, 48), (96, 64), (80, 80), (48, 96)):
        node = module(node, ones, threes)
    node = module(module(reduce(node, 96), 176, 160), 176, 160)
    chain([GlobalPool2D(), Dense(10)], node)
    return net


def resnet20():
    def block(maps, stride, shortcut=None):
        chain = [*conv(maps, 3, stride), Conv2D(maps, 3, padding="same", bias=False), BatchNorm()]
        return [Residual(chain, shortcut), ReLU()]

    layers = conv(16, 3)
    for maps, stride in ((16, 1), (32, 2), (64, 2)):
        shortcut = None if stride == 1 else Conv2D(maps, 1, stride=stride, bias=False)
        layers += [block(maps, stride, shortcut), block(maps, 1), block(maps, 1)]
    return Sequential([*layers, GlobalPool2D(), Dense(10)], (3, 32, 32))


def test_zip_1989():
    summary = zip_net().summary()
    assert (summary.units, summary.connections, summary.parameters) == (1256, 64_660, 9_760)
    layers = [(row.units, row.connections, row.parameters) for row in summary if row.connections]
    assert layers == [(768, 19_968, 1_068), (192, 38_592, 2_592), (30, 5_790, 5_790), (10, 310, 310)]


def test_lenet5_1998():
    summary = lenet5().summary()
    assert (summary.parameters, summary.connections, summary.fixed) == (60_000, 340_908, 840)
    layers = [(row.parameters, row.connections) for row in summary if row.connections]
    c5, f6, rbf = (48_120, 48_120), (10_164, 10_164), (0, 840)
    assert layers == [(156, 122_304), (12, 5_880), (1_516, 151_600), (32, 2_000), c5, f6, rbf]
    assert lenet5().n_parameters == 60_000


def test_lenet5_with_all_connections():
    assert lenet5(None, full=True).summary().parameters == 61_706


def test_resnet20():
    assert 0.265e6 < resnet20().summary().parameters < 0.275e6


def test_small_inception():
    summary = small_inception().summary()
    normalisation = sum(row.parameters for row in summary if row.layer == "BatchNorm")
    assert summary.parameters - normalisation == 1_649_402


def test_multiply_adds():
    net = Sequential([Conv2D(4, 3, stride=2, padding="same"), Flatten(), Dropout(0.5), Dense(7)], (2, 9, 8))
    rows = net.summary()
    assert rows["conv1"].multiply_adds == 5 * 4 * 4 * 2 * 9
    assert rows["dense1"].multiply_adds == 80 * 7
    assert rows.multiply_adds == 5 * 4 * 4 * 2 * 9 + 80 * 7
    with pytest.raises(KeyError):
        rows["conv2"]


def test_the_table():
    lines = str(lenet5().summary()).splitlines()
    assert lines[0].split() == ["name", "layer", "output", "units", "connections", "parameters", "multiply-adds"]
    assert lines[3].split() == ["conv1", "Conv2D", *["6", "x", "28", "x", "28"], "4,704", "122,304", "156", "117,600"]
    assert lines[-2].split() == ["total", "9,118", "340,908", "60,000", "328,096"]
    assert lines[-1] == "fixed parameters: 840"
    assert len({len(line) for line in lines[:-1] if not line.startswith("-")}) == 1
