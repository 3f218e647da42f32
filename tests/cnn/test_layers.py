"""What single layers compute, their parameters, and what they refuse."""

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from neurosim.cnn.activations import GELU, LeakyReLU, LeCunTanh, ReLU, Sigmoid, Softmax, Tanh
from neurosim.cnn.convolution import Conv2D, ConvTranspose2D, LocallyConnected2D, factorised_pair
from neurosim.cnn.layers import Dense, Dropout, Flatten, Masking
from neurosim.cnn.normalisation import BatchNorm
from neurosim.cnn.pooling import GlobalPool2D, Pool2D, Subsample2D
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.structure import Concatenate, Pad2D, RadialBasis, Residual, Slice
from neurosim.core.errors import InvalidParameter

IMAGE = (2, 7, 6)


def one(layer, shape=IMAGE, **random):
    """A float64 network of one layer whose parameters are all random."""
    net = Sequential([layer], shape, dtype="float64", random_state=0)
    rng = np.random.default_rng(5)
    for slot in net.slots.values():
        free = 1.0 if slot.parameter.mask is None else slot.parameter.mask
        values = rng.normal(size=slot.parameter.shape) * free
        net.flat_parameters[slot.begin : slot.end] = values.ravel()
    return net


def images(rng, shape=IMAGE, n=3):
    return rng.normal(size=(n, *shape))


SHAPES = [
    (Conv2D(3, 3), (3, 5, 4), {"weights": (3, 2, 3, 3), "bias": (3,)}),
    (Conv2D(3, (3, 2), padding="same"), (3, 7, 6), {"weights": (3, 2, 3, 2), "bias": (3,)}),
    (Conv2D(3, 3, padding="full", bias=False), (3, 9, 8), {"weights": (3, 2, 3, 3)}),
    (Conv2D(3, 3, padding="same", stride=2, bias="unit"), (3, 4, 3), {"weights": (3, 2, 3, 3), "bias": (3, 4, 3)}),
    (Conv2D(3, 2, padding=((1, 0), (2, 1)), dilation=(3, 2)), (3, 5, 7), {"weights": (3, 2, 2, 2), "bias": (3,)}),
    (LocallyConnected2D(3, 3, stride=2), (3, 3, 2), {"weights": (3, 2, 3, 2, 3, 3), "bias": (3, 3, 2)}),
    (ConvTranspose2D(3, 3, stride=2), (3, 15, 13), {"weights": (2, 3, 3, 3), "bias": (3,)}),
    (
        ConvTranspose2D(3, 3, stride=2, padding=1, output_padding=1),
        (3, 14, 12),
        {"weights": (2, 3, 3, 3), "bias": (3,)},
    ),
    (Pool2D(2), (2, 3, 3), {}),
    (Pool2D((3, 2), "average", stride=1, padding=1), (2, 7, 7), {}),
    (GlobalPool2D(), (2,), {}),
    (Subsample2D(3), (2, 2, 2), {"coefficient": (2,), "bias": (2,)}),
    (BatchNorm(), IMAGE, {"scale": (2,), "shift": (2,)}),
    (Flatten(), (84,), {}),
    (Dropout(0.5), IMAGE, {}),
    (Pad2D((1, 2)), (2, 9, 10), {}),
    (Slice(1, 2), (1, 7, 6), {}),
    (Softmax(), IMAGE, {}),
]


@pytest.mark.parametrize(("layer", "shape", "parameters"), SHAPES)
def test_shapes(layer, shape, parameters, rng):
    net = one(layer)
    assert net.output_shape == shape
    assert {name.split(".")[1]: view.shape for name, view in net.parameters.items()} == parameters
    assert net(images(rng)).shape == (3, *shape)


def test_dense(rng):
    net = one(Dense(4), 5)
    x = rng.normal(size=(20, 5))
    np.testing.assert_allclose(net(x), x @ net.parameters["dense1.weights"] + net.parameters["dense1.bias"], atol=1e-14)


@pytest.mark.parametrize(("operation", "scipys"), [("correlation", correlate2d), ("convolution", convolve2d)])
@pytest.mark.parametrize("padding", ["valid", "same", "full"])
def test_conv2d_is_scipys(operation, scipys, padding, rng):
    net = one(Conv2D(3, (3, 5), padding=padding, operation=operation))
    x, (w, b) = images(rng), net.parameters.values()
    wanted = [[sum(scipys(i[c], w[o, c], padding) for c in range(2)) + b[o] for o in range(3)] for i in x]
    np.testing.assert_allclose(net(x), wanted, atol=1e-13)


def test_an_odd_border_is_at_the_bottom_and_on_the_right(rng):
    net = one(Conv2D(3, (2, 4), padding="same"))
    x, (w, b) = images(rng), net.parameters.values()
    wide = np.pad(x, ((0, 0), (0, 0), (0, 1), (1, 2)))
    wanted = [[sum(correlate2d(i[c], w[o, c], "valid") for c in range(2)) + b[o] for o in range(3)] for i in wide]
    np.testing.assert_allclose(net(x), wanted, atol=1e-14)


def test_stride_takes_every_second_place(rng):
    whole, strided = one(Conv2D(3, 3)), one(Conv2D(3, 3, stride=(2, 3)))
    x = images(rng)
    np.testing.assert_allclose(strided(x), whole(x)[:, :, ::2, ::3], atol=1e-14)


def test_dilation_is_a_kernel_with_gaps(rng):
    dilated, wide = one(Conv2D(3, 2, dilation=(3, 2))), one(Conv2D(3, (4, 3)))
    wide.parameters["conv1.weights"][:] = 0
    wide.parameters["conv1.weights"][:, :, ::3, ::2] = dilated.parameters["conv1.weights"]
    wide.parameters["conv1.bias"][:] = dilated.parameters["conv1.bias"]
    x = images(rng)
    np.testing.assert_allclose(dilated(x), wide(x), atol=1e-14)


def test_connection_table(rng):
    table = np.array([[1, 0], [0, 1], [1, 1]])
    some, all_ = one(Conv2D(3, 3, connections=table)), one(Conv2D(3, 3))
    assert not some.parameters["conv1.weights"][table == 0].any()
    all_.flat_parameters = some.flat_parameters
    x = images(rng)
    np.testing.assert_allclose(some(x), all_(x), atol=1e-14)
    assert some.n_parameters == 4 * 9 + 3
    x2 = x.copy()
    x2[:, 0] += 1.0
    assert (some(x2)[:, 1] == some(x)[:, 1]).all()


def test_a_bias_for_every_unit(rng):
    shared, unit = one(Conv2D(3, 3)), one(Conv2D(3, 3, bias="unit"))
    unit.parameters["conv1.weights"][:] = shared.parameters["conv1.weights"]
    extra = rng.normal(size=(3, 5, 4))
    unit.parameters["conv1.bias"][:] = shared.parameters["conv1.bias"][:, None, None] + extra
    x = images(rng)
    np.testing.assert_allclose(unit(x), shared(x) + extra, atol=1e-14)


def test_locally_connected_with_tied_weights_is_a_convolution(rng):
    conv, local = one(Conv2D(3, 3, stride=2, padding=1)), one(LocallyConnected2D(3, 3, stride=2, padding=1))
    local.parameters["local1.weights"][:] = conv.parameters["conv1.weights"]
    local.parameters["local1.bias"][:] = conv.parameters["conv1.bias"][:, None, None]
    x = images(rng)
    np.testing.assert_allclose(local(x), conv(x), atol=1e-14)
    before = local(x)
    local.parameters["local1.weights"][1, 2] = 0
    changed = (local(x) != before).any(axis=(0, 1))
    assert changed[1, 2]
    assert changed.sum() == 1


@pytest.mark.parametrize("settings", [{}, {"stride": 2, "padding": 1}, {"dilation": (2, 1), "padding": (1, 0)}])
def test_transposed_convolution_is_the_adjoint(settings, rng):
    conv = one(Conv2D(3, 3, bias=False, **settings), (2, 7, 7))
    up = one(ConvTranspose2D(2, 3, bias=False, **settings), conv.output_shape)
    up.parameters["convtranspose1.weights"][:] = conv.parameters["conv1.weights"]
    x, y = images(rng, (2, 7, 7)), images(rng, conv.output_shape)
    ax, aty = (conv(x) * y).sum(), (x * up(y)).sum()
    assert ax == pytest.approx(aty, rel=1e-12)


def test_factorised_pair_is_a_kernel_of_rank_1(rng):
    pair = Sequential(factorised_pair(1, 3, bias=False, activation="relu"), (1, 7, 6), dtype="float64", random_state=0)
    column, row = (pair.parameters[f"conv{k}.weights"][0, 0] for k in (1, 2))
    x = images(rng, (1, 7, 6), 1)
    np.testing.assert_allclose(pair(x)[0, 0], np.maximum(correlate2d(x[0, 0], column @ row, "valid"), 0), atol=1e-13)


@pytest.mark.parametrize(
    ("kind", "function"), [("max", np.max), ("average", np.mean), ("l2", lambda w: np.sqrt(np.mean(w**2)))]
)
def test_pooling(kind, function, rng):
    x = images(rng)
    padded = one(Pool2D(3, kind, stride=2, padding=1))(x)
    for (n, c, i, j), value in np.ndenumerate(padded):
        window = x[n, c, max(2 * i - 1, 0) : 2 * i + 2, max(2 * j - 1, 0) : 2 * j + 2]
        assert value == pytest.approx(function(window))
    whole = one(GlobalPool2D(kind))(x)
    np.testing.assert_allclose(whole, [[function(channel) for channel in image] for image in x])


def test_subsampling(rng):
    net = one(Subsample2D(2, activation="tanh"), (2, 6, 4))
    w, b = net.parameters.values()
    x = images(rng, (2, 6, 4))
    sums = x.reshape(3, 2, 3, 2, 2, 2).sum((3, 5))
    np.testing.assert_allclose(net(x), np.tanh(w[:, None, None] * sums + b[:, None, None]), atol=1e-14)
    assert (Sequential([Subsample2D(2)], (2, 6, 4)).parameters["subsample1.coefficient"] == 0.25).all()


def test_radial_units_fall_with_the_squared_distance(rng):
    net = one(RadialBasis(3, centres=np.zeros((3, 5))), 5)
    x, centres = rng.normal(size=(4, 5)), net.parameters["radialbasis1.centres"]
    assert centres.shape == (3, 5)
    np.testing.assert_allclose(net(x), -((x[:, None] - centres) ** 2).sum(-1), atol=1e-13)
    random = Sequential([RadialBasis(50)], 40, random_state=0).parameters["radialbasis1.centres"]
    assert set(random.ravel()) == {-1, 1}
    given = Sequential([RadialBasis(2, centres=[[1, 2, 3], [4, 5, 6]])], 3).parameters["radialbasis1.centres"]
    assert given.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (Tanh(), np.tanh),
        (LeCunTanh(), lambda x: 1.7159 * np.tanh(2 / 3 * x)),
        (LeCunTanh(2.0, 0.5), lambda x: 2 * np.tanh(0.5 * x)),
        (ReLU(), lambda x: np.maximum(x, 0)),
        (LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
    ],
)
def test_activations(layer, function, rng):
    x = 3 * images(rng)
    np.testing.assert_allclose(one(layer)(x), function(x), atol=1e-14)


def test_gelu_and_softmax(rng):
    from scipy.special import ndtr, softmax

    x = 3 * images(rng)
    np.testing.assert_allclose(one(GELU())(x), x * ndtr(x), atol=1e-13)
    np.testing.assert_allclose(one(Softmax())(x), softmax(x, axis=1), atol=1e-14)


def test_batch_normalisation_by_the_population(rng):
    net, x = Sequential([BatchNorm(momentum=0.3, epsilon=0.21)], IMAGE, dtype="float64"), images(rng)
    np.testing.assert_allclose(net(x), x / 1.1, atol=1e-14)
    net.statistics["batchnorm1.mean"][:] = 1, 2
    net.statistics["batchnorm1.variance"][:] = 3.79, 15.79
    centred = (x - np.array([1, 2])[:, None, None]) / np.array([2, 4])[:, None, None]
    np.testing.assert_allclose(net(x), centred, atol=1e-14)
    program = net.lower()
    assert program.reals[:, :2].tolist() == [[0.21, 0.3]] * 2
    assert program.segments.tolist() == [0, 1, 2]
    assert (program.n_statistics, program.n_partials) == (4, 8)


def test_padding_slices_and_concatenation(rng):
    x = images(rng)
    wanted = np.pad(x, ((0, 0), (0, 0), (1, 2), (0, 3)), constant_values=-1)
    assert (one(Pad2D(((1, 2), (0, 3)), -1.0))(x) == wanted).all()
    assert (one(Slice(1, 2))(x) == x[:, 1:2]).all()
    assert (one(Slice(2, 5), 6)(x[0, 0]) == x[0, 0][:, 2:5]).all()
    net = one(Flatten())
    net.add(Concatenate(), "input", "input")
    assert (net(x) == np.concatenate([x, x], axis=1)).all()


@pytest.mark.parametrize(("kind", "gain"), [(Dropout, 1 / 0.7), (Masking, 1.0)])
def test_dropout_only_in_training(kind, gain):
    net = Sequential([kind(0.3)], 2000, dtype="float64")
    x = np.ones((10, 2000))
    assert (net(x) == 1).all()

    def outputs(seed):
        return net.gradients(x, np.zeros((10, 2000)), "squared_error", random_state=seed).outputs

    y = outputs(0)
    assert set(np.unique(y)) == {0.0, gain}
    assert (y == 0).mean() == pytest.approx(0.3, abs=5 * (0.21 / 20_000) ** 0.5)
    assert (outputs(0) == y).all()
    assert (outputs(1) != y).any()


REFUSED = [
    (lambda: Dense(0), "Dense: units must be an integer >= 1; got 0"),
    (lambda: Dense(3, activation="relo"), "one of sigmoid, tanh, lecun_tanh, relu, leaky_relu, gelu, softmax"),
    (lambda: Conv2D(3, 0), "Conv2D: kernel must be"),
    (lambda: Conv2D(3, (3, 3, 3)), "Conv2D: kernel must be an integer >= 1 or a pair of them"),
    (lambda: Conv2D(3, 3, padding="sam"), "padding must be one of valid, same, full"),
    (lambda: Conv2D(3, 3, operation="corelation"), "one of correlation, convolution"),
    (lambda: Conv2D(3, 3, bias="units"), 'True, False or "unit"'),
    (lambda: Conv2D(3, 3, connections=[[1, 0]]), r"connections must be a table \(3 maps, channels\)"),
    (lambda: Conv2D(2, 3, connections=[[1, 0], [0, 0]]), "with a 1 for every map"),
    (lambda: ConvTranspose2D(3, 3, padding="same"), "ConvTranspose2D: padding"),
    (lambda: ConvTranspose2D(3, 3, output_padding=1), "output_padding must be less than stride"),
    (lambda: Pool2D(2, "mean"), "one of max, average, l2"),
    (lambda: Pool2D(2, padding=2), "padding must be less than size"),
    (lambda: Dropout(1.0), "Dropout: rate"),
    (lambda: Masking(-0.1), "Masking: rate"),
    (lambda: BatchNorm(momentum=0.0), "BatchNorm: momentum"),
    (lambda: Slice(3, 3), "Slice: end must be an integer >= 4"),
    (lambda: RadialBasis(2, centres=[[1.0]]), r"RadialBasis: centres must be numbers \(2, features\)"),
    (lambda: Residual([Conv2D]), r"Residual: layers must be a layer: Conv2D\(\.\.\.\), with brackets"),
    (lambda: Residual(3), "Residual: layers must be a list of layers"),
    (lambda: Pad2D(-1), r"Pad2D: width must be an int >= 0, a pair or"),
    (lambda: LeakyReLU(-1.0), "LeakyReLU: slope"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_wrong_settings_are_refused(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


KEYWORDS = [
    (Conv2D, {"kernel_size": 3}, "Conv2D has no setting 'kernel_size'; did you mean kernel?"),
    (Conv2D, {"filters": 8}, "did you mean maps?"),
    (Conv2D, {"out_channels": 8}, "did you mean maps?"),
    (Dense, {"unit": 3}, "did you mean units?"),
    (Dense, {"out_features": 3}, "did you mean units?"),
    (Dense, {"units": 3, "initializer": "zeros"}, "did you mean initialiser?"),
    (Dense, {"units": 3, "activaton": "relu"}, "did you mean activation?"),
    (Pool2D, {"kernel_size": 3}, "did you mean size?"),
    (Dropout, {"p": 0.5}, "did you mean rate?"),
    (LeakyReLU, {"negative_slope": 0.5}, "did you mean slope?"),
    (BatchNorm, {"eps": 0.5}, "did you mean epsilon?"),
    (Slice, {"zzz": 1}, "Slice has no setting 'zzz'; it has begin, end"),
    (ReLU, {"inplace": True}, "ReLU has no setting 'inplace'; it has none"),
]


@pytest.mark.parametrize(("kind", "settings", "message"), KEYWORDS)
def test_keywords_of_other_libraries(kind, settings, message):
    with pytest.raises(TypeError, match=message.replace("?", "[?]")):
        kind(**settings)


def test_a_layer_of_ones_own_may_take_any_keyword():
    class Own(Flatten):
        def __init__(self, **settings):
            self._set(settings=settings)

    assert Own(filters=3).settings == {"filters": 3}


MISFITS = [
    (Dense(3), r"'dense1' \(Dense\) after input: the input's shape must be a vector .*\(2, 7, 6\)"),
    (Conv2D(3, 9), r"'conv1' \(Conv2D\) .* must be at least \(channels, 9, 9\) .*got \(2, 7, 6\)"),
    (
        Conv2D(1, 3, connections=[[1, 1, 1]]),
        r"'conv1' .* must be \(3, height, width\), as connections \(1, 3\); got \(2,",
    ),
    (ConvTranspose2D(1, 1, padding=4), r"'convtranspose1' .* shape \(-1, -2\); got \(2, 7, 6\)"),
    (RadialBasis(1, centres=[[1.0, 2.0]]), r"'radialbasis1' .* a vector \(features,\)"),
    (Slice(1, 5), r"'slice1' .* at least 5 features or channels; got \(2, 7, 6\)"),
    (Pool2D(8), r"'pool1' .* at least \(channels, 8, 8\)"),
]


@pytest.mark.parametrize(("layer", "message"), MISFITS)
def test_misfits_name_the_layer_and_both_shapes(layer, message):
    with pytest.raises(InvalidParameter, match=message):
        Sequential([layer], IMAGE)
    with pytest.raises(InvalidParameter, match=r"must be an image \(C, H, W\); got \(5,\)"):
        Sequential([Conv2D(1, 1)], 5)
    with pytest.raises(InvalidParameter, match=r"must be \(2,\), as each of the 1 centres has 2 numbers; got \(5,\)"):
        Sequential([RadialBasis(1, centres=[[1.0, 2.0]])], 5)
