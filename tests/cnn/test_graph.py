"""Networks: names, weights, looking inside, gradients, lowering and storage."""

import pickle

import numpy as np
import pytest

import neurosim
from neurosim.cnn import program as p
from neurosim.cnn.activations import ReLU, Softmax
from neurosim.cnn.convolution import Conv2D, ConvTranspose2D, LocallyConnected2D
from neurosim.cnn.graph import Graph
from neurosim.cnn.initialisers import Uniform
from neurosim.cnn.layers import Dense, Dropout, Flatten, Masking
from neurosim.cnn.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from neurosim.cnn.normalisation import BatchNorm
from neurosim.cnn.pooling import GlobalPool2D, Pool2D, Subsample2D
from neurosim.cnn.program import Op
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.structure import Add, Concatenate, Pad2D, RadialBasis, Residual, Slice
from neurosim.core.errors import DataError, InvalidParameter


def branched(dtype="float64"):
    """Two branches, one through a residual block, that meet."""
    net = Graph((2, 6, 6), dtype=dtype, random_state=0)
    left = net.add(Residual([Conv2D(3, 3, padding="same", activation="tanh")], Conv2D(3, 1)), name="left")
    right = net.add(Conv2D(2, 3, padding="same"), net.input, name="right")
    net.add(Concatenate(), left, right)
    net.add(GlobalPool2D())
    net.add(Dense(4, activation="softmax"), name="out")
    return net


def perceptron(last="softmax", **settings):
    return Sequential([Dense(5, activation="tanh"), Dense(3, activation=last)], 4, random_state=0, **settings)


@pytest.fixture
def x(rng):
    return rng.normal(size=(7, 2, 6, 6))


def test_names_and_nodes():
    net = branched()
    names = ["left.conv1", "left.shortcut.conv1", "left", "right", "concatenate1", "globalpool1", "out"]
    assert list(net.layers) == names
    assert net.nodes["left"].inputs == ("left.conv1", "left.shortcut.conv1")
    assert net.output.name == "out"
    assert list(net.parameters)[:2] == ["left.conv1.weights", "left.conv1.bias"]
    assert repr(net) == "Graph(7 layers, (2, 6, 6) -> (4,), 128 parameters)"


def test_a_residual_is_the_sum_of_two_paths(x):
    found = branched().activations(x)
    np.testing.assert_array_equal(found["left"], found["left.conv1"] + found["left.shortcut.conv1"])
    joined = np.concatenate([found["left"], found["right"]], axis=1)
    np.testing.assert_array_equal(found["concatenate1"], joined)
    np.testing.assert_allclose(found["globalpool1"], joined.mean((2, 3)), atol=1e-15)


def test_values_before_an_activation_have_a_name(x):
    net = branched()
    found = net.activations(x, ["left.conv1.sum", "left.conv1", "input"])
    assert list(found) == ["left.conv1.sum", "left.conv1", "input"]
    np.testing.assert_allclose(np.tanh(found["left.conv1.sum"]), found["left.conv1"], atol=1e-15)
    np.testing.assert_array_equal(found["input"], x)
    assert list(net.activations(x, "out")) == ["out"]


def test_another_output(x):
    net = branched()
    whole = net.activations(x, "right")["right"]
    assert net(x).shape == (7, 4)
    net.output = "right"
    assert net.output_shape == (2, 6, 6)
    np.testing.assert_array_equal(net(x), whole)
    later = net.add(ReLU(), "right").name
    np.testing.assert_array_equal(net.activations(x, ["right", later])[later], np.maximum(whole, 0))
    gradients = net.gradients(x, np.zeros((7, 2, 6, 6)), "squared_error", names="right")
    assert not gradients.parameters["left.conv1.weights"].any()
    np.testing.assert_allclose(gradients.values["right"], whole / 7, atol=1e-15)


def test_parameters_are_views_of_one_array():
    net = perceptron()
    assert net.flat_parameters.size == net.n_parameters == 4 * 5 + 5 + 5 * 3 + 3
    net.flat_parameters[:] = 0
    net.parameters["dense2.bias"][:] = [1, 2, 3]
    assert net.flat_parameters[-3:].tolist() == [1, 2, 3]
    with pytest.raises(TypeError):
        net.parameters["dense2.bias"] = np.zeros(3)
    net.flat_parameters = np.arange(43)
    assert net.parameters["dense1.weights"][0].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match=r"flat_parameters has shape \(43,\)"):
        net.flat_parameters = np.zeros(42)


def test_tied_weights(rng):
    encoder = Dense(3, activation="sigmoid")
    net = Sequential([encoder, Dense(5, weights_of=encoder)], 5, dtype="float64", random_state=0)
    assert list(net.parameters) == ["dense1.weights", "dense1.bias", "dense2.bias"]
    x = rng.normal(size=(6, 5))
    code = net.activations(x, "dense1")["dense1"]
    np.testing.assert_allclose(net(x), code @ net.parameters["dense1.weights"].T, atol=1e-14)
    by_name = Sequential([Dense(3), Dense(5, weights_of="dense1")], 5, random_state=0)
    assert by_name.n_parameters == 15 + 3 + 5
    with pytest.raises(InvalidParameter, match=r"'dense2': weights_of must be a layer of weights \(4, 3\)"):
        Sequential([Dense(3), Dense(4, weights_of="dense1")], 5)
    with pytest.raises(InvalidParameter, match="weights_of"):
        Sequential([Dense(3), Dense(5, weights_of="dense7")], 5)


def test_gradients_have_the_parameters_shapes(x):
    net = branched()
    found = net.gradients(x, [0, 1, 2, 3, 0, 1, 2], CrossEntropy())
    outputs = net(x)
    assert found.loss == pytest.approx(-np.log(outputs[np.arange(7), [0, 1, 2, 3, 0, 1, 2]]).mean(), rel=1e-12)
    np.testing.assert_allclose(found.outputs, outputs, atol=1e-15)
    assert found.input.shape == x.shape
    assert {k: v.shape for k, v in found.parameters.items()} == {k: v.shape for k, v in net.parameters.items()}
    assert "out" not in found.values
    by_sums = net.gradients(x, [0, 1, 2, 3, 0, 1, 2], CrossEntropy(), names="out.sum")
    wanted = (outputs - np.eye(4)[[0, 1, 2, 3, 0, 1, 2]]) / 7
    np.testing.assert_allclose(by_sums.values["out.sum"], wanted, atol=1e-15)
    np.testing.assert_allclose(found.parameters["out.bias"], wanted.sum(0), atol=1e-14)
    with pytest.raises(InvalidParameter, match=r"computed together with the loss; take 'out.sum'"):
        net.gradients(x, [0, 1, 2, 3, 0, 1, 2], CrossEntropy(), names=["out"])


def test_weights_and_reduction(rng):
    net, x, y = perceptron(None, dtype="float64"), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    each = 0.5 * ((net(x) - y) ** 2).sum(1)
    weights = np.arange(6.0)
    loss = SquaredError()
    assert net.gradients(x, y, loss).loss == pytest.approx(each.mean())
    assert net.gradients(x, y, loss, reduction="sum").loss == pytest.approx(each.sum())
    assert net.gradients(x, y, loss, reduction="sum", sample_weight=weights).loss == pytest.approx(each @ weights)


def test_binary_cross_entropy(rng):
    net, x, y = perceptron("sigmoid", dtype="float64"), rng.normal(size=(6, 4)), rng.uniform(size=(6, 3))
    out = net(x)
    wanted = -(y * np.log(out) + (1 - y) * np.log(1 - out)).sum(1).mean()
    found = net.gradients(x, y, BinaryCrossEntropy(), names="dense2.sum")
    assert found.loss == pytest.approx(wanted)
    np.testing.assert_allclose(found.values["dense2.sum"], (out - y) / 6, atol=1e-15)


def test_a_margin():
    net = Sequential([Flatten()], 4, dtype="float64")
    found = net.gradients([[0.9, 0.1, 0.9, 0.7]], [[0.8, 0.2, 0.2, 0.8]], SquaredError(margin=0.25))
    assert found.loss == pytest.approx((0.7**2 + 0.1**2) / 2)


def test_cross_entropy_of_every_place_or_of_all(rng):
    x, places = rng.normal(size=(5, 3, 2, 2)), np.moveaxis(rng.dirichlet(np.ones(3), (5, 2, 2)), -1, 1)
    net = Sequential([Softmax()], (3, 2, 2), dtype="float64")
    wanted = -(places * np.log(net(x))).sum((1, 2, 3)).mean()
    assert net.gradients(x, places, CrossEntropy()).loss == pytest.approx(wanted)
    net, labels = Sequential([Flatten(), Softmax()], (3, 2, 2), dtype="float64"), rng.integers(0, 12, 5)
    wanted = -np.log(net(x)[np.arange(5), labels]).mean()
    assert net.gradients(x, labels, CrossEntropy()).loss == pytest.approx(wanted)


def test_gradients_not_in_training(rng):
    net, x = Sequential([BatchNorm(), Dropout(0.5)], 4, dtype="float64"), rng.normal(size=(6, 4))
    found = net.gradients(x, np.zeros((6, 4)), "squared_error", training=False)
    np.testing.assert_array_equal(found.outputs, net(x))
    assert (net.gradients(x, np.zeros((6, 4)), "squared_error").outputs == 0).any()


def test_hooks(x):
    net, seen = branched(), []
    end = net.on_forward("right", lambda name, values: seen.append((name, values.shape)))
    net(x)
    net(x, hooks={"out.sum": lambda name, values: seen.append((name, values.shape))})
    assert seen == [("right", (7, 2, 6, 6)), ("right", (7, 2, 6, 6)), ("out.sum", (7, 4))]
    end_left = net.on_forward("left", lambda name, values: seen.append(name))
    end()
    seen.clear()
    net(x)
    assert seen == ["left"]
    end_left()
    seen.clear()
    net.on_backward("left", lambda name, gradient: seen.append((name, gradient)))
    net(x)
    assert not seen
    gradients = net.gradients(x, np.zeros(7, int), "cross_entropy", names="left")
    np.testing.assert_array_equal(seen[0][1], gradients.values["left"])
    with pytest.raises(InvalidParameter, match=r"name must be one of input, left\.conv1"):
        net.on_forward("middle", print)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "lecun_tanh", "leaky_relu"])
def test_a_maximum_pool_before_a_monotone_activation(activation, rng):
    net = Sequential([Conv2D(3, 3, activation=activation), Pool2D(2), Flatten(), Dense(2)], (1, 8, 8), random_state=0)
    x = rng.normal(size=(5, 1, 8, 8))
    slow, quick = net.lower(optimised=False), net.lower()
    assert [Op(row[p.OP]).name for row in slow.code] == ["CONVOLVE", "ACTIVATE", "POOL", "CONVOLVE"]
    assert [Op(row[p.OP]).name for row in quick.code] == ["CONVOLVE", "POOL", "ACTIVATE", "CONVOLVE"]
    assert quick.places[-1] < slow.places[-1]
    np.testing.assert_allclose(net(x), net.activations(x, "dense1")["dense1"], atol=1e-6)


def test_what_must_not_be_reordered():
    def order(*layers):
        return [Op(row[p.OP]).name for row in Sequential(layers, (1, 8, 8)).lower().code]

    assert order(Conv2D(1, 3, activation="gelu"), Pool2D(2)) == ["CONVOLVE", "ACTIVATE", "POOL"]
    assert order(Conv2D(1, 3, activation="relu"), Pool2D(2, "average")) == ["CONVOLVE", "ACTIVATE", "POOL"]
    net = Graph((1, 8, 8))
    twice = net.add(ReLU())
    net.add(Concatenate(), net.add(Pool2D(2), twice), net.add(Pool2D(2, "average"), twice))
    assert [Op(row[p.OP]).name for row in net.lower().code] == ["ACTIVATE", "POOL", "POOL", "COPY", "COPY"]


def test_an_output_is_not_reordered(rng):
    net = Sequential([ReLU(), Pool2D(2)], (1, 4, 4))
    net.output = "relu1"
    x = rng.normal(size=(3, 1, 4, 4)).astype(np.float32)
    np.testing.assert_array_equal(net(x), np.maximum(x, 0))


def test_programs_are_kept_until_a_layer_is_added():
    net = perceptron()
    first = net.lower("cross_entropy")
    assert net.lower(CrossEntropy()) is first
    assert net.lower() is not first
    assert first.logits != first.output
    assert net.lower().logits == net.lower().output
    net.add(Dense(2))
    assert net.lower("cross_entropy") is not first


def test_what_the_output_does_not_need_is_left_out_with_a_loss():
    net = branched()
    net.output = "right"
    assert len(net.lower("squared_error").code) == 1
    assert len(net.lower(optimised=False).code) > 5


def test_masks_and_groups():
    table = [[1, 0], [1, 1]]
    net = Sequential([Conv2D(2, 3, connections=table), Flatten(), RadialBasis(2)], (2, 4, 4), random_state=0)
    program = net.lower("squared_error")
    weights, bias, centres = program.groups
    assert weights.tolist() == [0, 36, 1, 0, 1]
    assert bias.tolist() == [36, 38, 0, p.NONE, 1]
    assert centres.tolist() == [38, 54, 0, p.NONE, 0]
    dense = Sequential([Dense(2), Dense(2, trainable=False), BatchNorm()], 3).lower().groups
    assert dense[:, 2].tolist() == [1, 0, 1, 0, 0, 0]
    assert dense[:, 4].tolist() == [1, 1, 0, 0, 1, 1]
    np.testing.assert_array_equal(program.masks.reshape(2, 9, 2), np.transpose(table)[:, None, :].repeat(9, axis=1))


EVERY_LAYER = [
    Pad2D(1, -1.0),
    Conv2D(4, 3, connections=[[1, 0], [0, 1], [1, 1], [1, 1]], activation="lecun_tanh", initialiser=Uniform(0.2)),
    Residual([Conv2D(4, 3, padding="same"), BatchNorm(), ReLU()], Conv2D(4, 1)),
    Pool2D(2),
    ConvTranspose2D(3, 3, stride=2),
    LocallyConnected2D(2, 3, stride=2),
    Subsample2D(1),
    Slice(0, 1),
    Masking(0.1),
    Flatten(),
    Dropout(0.2),
    Dense(6, activation="gelu"),
    Dense(9, weights_of="dense1"),
    RadialBasis(3, trainable=True),
    Softmax(),
]


def test_storage(tmp_path, rng):
    net = Sequential(EVERY_LAYER, (2, 6, 6), random_state=3)
    net.flat_parameters += 0.01
    net.flat_statistics[:] = rng.uniform(0.5, 1, net.flat_statistics.shape)
    x = rng.normal(size=(5, 2, 6, 6))
    neurosim.save(net, tmp_path / "net.npz")
    for other in (neurosim.load(tmp_path / "net.npz"), pickle.loads(pickle.dumps(net))):
        assert type(other) is Sequential
        assert list(other.nodes) == list(net.nodes)
        np.testing.assert_array_equal(other(x), net(x))
        np.testing.assert_array_equal(other.flat_parameters, net.flat_parameters)
        assert str(other.summary()) == str(net.summary())
        assert other.flat_parameters.dtype == np.float32
        net_grown, other_grown = pickle.loads(pickle.dumps(net)), other
        net_grown.add(Dense(2))
        other_grown.add(Dense(2))
        np.testing.assert_array_equal(net_grown.flat_parameters, other_grown.flat_parameters)


def test_a_graph_is_stored_with_its_output(tmp_path, x):
    net = branched()
    net.output = "right"
    other = neurosim.load(net.save(tmp_path / "net.npz"))
    assert type(other) is Graph
    np.testing.assert_array_equal(other(x), net(x))


def test_a_file_makes_nothing_but_layers(tmp_path):
    parameters, state = perceptron().to_parts()
    for name in ("MLPClassifier", "os", "Graph"):
        parameters["layers"][0]["layer"]["class"] = name
        with pytest.raises(ValueError, match="is no layer"):
            Sequential.from_parts(parameters, state)


def test_another_precision(x):
    net = branched("float32")
    assert net(x).dtype == np.float32
    exact = net.astype("float64")
    assert exact(x).dtype == np.float64
    np.testing.assert_allclose(net(x), exact(x), atol=1e-6)


def test_to_dot():
    text = branched().to_dot()
    assert '"input" -> "left.conv1" [label="2 x 6 x 6"]' in text
    assert '"left.shortcut.conv1" -> "left" [label="3 x 6 x 6"]' in text
    assert '"out" [label="out\\nDense, softmax"]' in text
    assert text.count(" -> ") == 10


@pytest.mark.parametrize("shape", [(7, 2, 6, 5), (7, 71), (72,), (2, 6, 6)])
def test_samples_of_another_shape(shape):
    with pytest.raises(DataError, match=r"samples of shape .*, but \(n, 2, 6, 6\) or \(n, 72\) was wanted"):
        branched()(np.zeros(shape))


def test_samples_may_be_flat_or_of_one_channel(rng):
    net = Sequential([Flatten(), Dense(3)], (5, 4), random_state=0)
    x = rng.normal(size=(6, 20))
    assert net.input_shape == (1, 5, 4)
    for shape in ((6, 1, 5, 4), (6, 5, 4)):
        np.testing.assert_array_equal(net(x.reshape(shape)), net(x))
    assert net(np.zeros((0, 20))).shape == (0, 3)
    with pytest.raises(DataError, match="0 samples"):
        net.gradients(np.zeros((0, 20)), np.zeros((0, 3)), "squared_error")
    with pytest.raises(DataError, match="numbers"):
        net([["a"] * 20])


def test_wrong_targets():
    net, x = perceptron(), np.zeros((5, 4))
    for y in ([0, 1, 2, 3, 0], [0.0, 1, 2, 1, 0], np.zeros((5, 2)), np.zeros((4, 3)), np.full((5, 3), np.nan)):
        with pytest.raises(DataError):
            net.gradients(x, y, CrossEntropy())
    with pytest.raises(InvalidParameter, match=r"loss must be a loss such as .*squared_error"):
        net.gradients(x, x, "hinge")
    with pytest.raises(DataError, match="sample_weight"):
        net.gradients(x, np.zeros((5, 3)), "squared_error", sample_weight=[1, 2])
    with pytest.raises(DataError, match="sample_weight"):
        net.gradients(x, np.zeros((5, 3)), "squared_error", sample_weight=[1, 2, 3, 4, np.inf])


def test_names_of_activations_stand_for_layers(rng):
    net = Sequential([Dense(5), "relu", Residual(["tanh", Dense(5)]), "softmax"], 4, random_state=0)
    assert [type(layer).__name__ for layer in net] == ["Dense", "ReLU", "Tanh", "Dense", "Add", "Softmax"]
    graph = Graph(4)
    assert graph.add("lecun_tanh").name == "lecuntanh1"


def test_layers_by_place_and_name_and_the_table():
    net = perceptron()
    assert net[0] is net["dense1"] is net.layers["dense1"]
    assert net[-1] is net["dense2"]
    with pytest.raises(KeyError, match="dense3"):
        net["dense3"]
    with pytest.raises(IndexError):
        net[2]
    assert str(net) == str(net.summary())
    assert repr(net) == "Sequential(2 layers, (4,) -> (3,), 43 parameters)"
    assert np.array([net, net]).shape == (2,)


def test_predict_is_forward(x):
    net = branched()
    np.testing.assert_array_equal(net.predict(x), net.forward(x))


@pytest.mark.parametrize(
    ("block", "shape", "message"),
    [
        (
            Residual(Conv2D(8, 3)),
            (3, 8, 8),
            r"'residual1' \(Residual\) after input: .* must be \(3, 8, 8\), that of the input: "
            r'take padding="same" and as many maps, or shortcut=; got \(8, 6, 6\)',
        ),
        (Residual(Dense(4)), 5, r"must be \(5,\), that of the input: take as many units, or shortcut=; got \(4,\)"),
        (
            Residual(Conv2D(8, 3), Conv2D(8, 1)),
            (3, 8, 8),
            r"must be \(8, 8, 8\), that of the shortcut; got \(8, 6, 6\)",
        ),
    ],
)
def test_a_residual_block_that_changes_the_shape(block, shape, message):
    with pytest.raises(InvalidParameter, match=message):
        Sequential([block], shape)


def test_a_residual_block_is_added_as_a_whole_or_not_at_all():
    net = Graph(4, random_state=0)
    first, second = net.add(Dense(4)), net.add(Dense(3))
    before = net.n_parameters
    for block, inputs in (
        (Residual([Dense(4), BatchNorm(), Dense(5)]), [first]),
        (Residual(Dense(4)), [first, second]),
    ):
        with pytest.raises(InvalidParameter, match="Residual"):
            net.add(block, *inputs)
        assert list(net.layers) == ["dense1", "dense2"]
        assert (net.n_parameters, net.flat_parameters.size, net.flat_statistics.size) == (before, before, 0)
    assert net.add(Residual(Dense(4)), first).name == "residual1"


def test_a_softmax_of_a_softmax():
    for layers in ([Dense(3, activation="softmax"), Softmax()], [Dense(3), "softmax", "softmax"]):
        with pytest.raises(InvalidParameter, match=r"\(Softmax\) after .*: a second softmax must be left out"):
            Sequential(layers, 4)
    Sequential([Dense(3, activation="softmax"), Dense(3, activation="softmax")], 4)


@pytest.mark.parametrize("last", ["sigmoid", "softmax"])
@pytest.mark.parametrize("apart", [False, True])
def test_the_wrong_cross_entropy(last, apart):
    right, wrong = BinaryCrossEntropy(), CrossEntropy()
    if last == "softmax":
        right, wrong = wrong, right
    net = Sequential([Dense(3), last, Flatten()] if apart else [Dense(3, activation=last)], 4, random_state=0)
    wanted = rf"loss must be {type(right).__name__}\(\) for a network that ends in a {last}; got {type(wrong).__name__}"
    with pytest.raises(InvalidParameter, match=wanted):
        net.lower(wrong)
    with pytest.raises(InvalidParameter, match=wanted):
        net.gradients(np.zeros((2, 4)), np.eye(2, 3), wrong)
    assert net.lower(right).logits != net.lower(right).output
    net.lower(SquaredError())
    net.add(Dense(2))
    net.lower(wrong)


def test_channels_come_first():
    net = Sequential([Conv2D(8, 3)], (3, 8, 7), random_state=0)
    with pytest.raises(DataError, match=r"\(2, 8, 7, 3\), but \(n, 3, 8, 7\) .*channels come first"):
        net(np.zeros((2, 8, 7, 3)))
    with pytest.raises(DataError, match="channels come first"):
        Sequential([Conv2D(8, 3)], (8, 7, 3))(np.zeros((2, 3, 8, 7)))
    with pytest.raises(DataError, match=r"was wanted$"):
        net(np.zeros((2, 3, 8, 8)))
    with pytest.raises(InvalidParameter, match=r"at least \(channels, 5, 5\), channels first, .* got \(28, 28, 1\)"):
        Sequential([Conv2D(8, 5)], (28, 28, 1))


def test_wrong_layers_and_names():
    net = perceptron()
    both = Sequential([Flatten()], (1, 2, 2))
    for call, message in (
        (lambda: net.add(Dense), "layer must be a layer"),
        (lambda: net.add(Dense(2), name="dense1"), "name must be a new name"),
        (lambda: net.add(Dense(2), name="a.b"), "name must be a new name"),
        (lambda: net.add(Dense(2), "dense9"), "node must be one of input, dense1, dense2"),
        (lambda: net.add(Dense), r"layer must be a layer: Dense\(\.\.\.\), with brackets"),
        (lambda: net.add("relo"), "layer must be .* the name of an activation .*sigmoid, tanh"),
        (lambda: net.add(Add(), "dense1", "dense2"), r"'add1' \(Add\) .* of one shape, .*; got \[\(5,\), \(3,\)\]"),
        (lambda: net.add(Add()), r"'add1' .* one of several: graph.add\(Add\(\), first, second\)"),
        (lambda: net.add(Concatenate()), r"'concatenate1' .* one of several: graph.add\(Concatenate\(\), first"),
        (lambda: both.add(Concatenate(), "input", "flatten1"), "inputs' shapes must be those of vectors, or of images"),
        (lambda: net.add(Dense(3), "dense1", "dense2"), r"'dense3' .* a single input; Add\(\) and Concatenate\(\)"),
        (lambda: Sequential(Dense(2), Dense(3)), r"layers must be a list, as Sequential\(\["),
        (lambda: Sequential("relu", 4), "layers must be a list of layers"),
        (lambda: Sequential([Dense(2), ["rule"]], 4), "Sequential: layers must be .* the name of an activation"),
        (lambda: Sequential([Dense(2)], (1, 2, 3, 4)), "input_shape"),
        (lambda: Sequential([Dense(2)], 0), "input_shape"),
        (lambda: Graph(3, dtype="float16"), "dtype must be one of float32, float64"),
    ):
        with pytest.raises(InvalidParameter, match=message):
            call()
    with pytest.raises(DataError, match="no layers"):
        Graph(3)(np.zeros((1, 3)))
