"""Convolution: the worked example, its three methods, and its relatives among the layers."""

import numpy as np
import pytest

from neurosim.cnn import (
    Conv2D,
    ConvTranspose2D,
    Dense,
    Flatten,
    LocallyConnected2D,
    Sequential,
    convolve2d,
    correlate2d,
    factorised_pair,
)
from neurosim.core.errors import DataError, InvalidParameter

IMAGE = np.array([[5, 1, 0, 1, 9], [1, 6, 1, 7, 0], [4, 1, 6, 3, 5], [1, 8, 0, 1, 0], [2, 2, 8, 0, 4]])
KERNEL = np.array([[2, 0, -2], [0, 2, 0], [-2, 0, 2]])
RESULT = [[26, 6, -6], [0, -4, 8], [24, -8, -4]]
ASYMMETRIC = np.array([[1, 2, 0], [0, -1, 3]])
METHODS = ("direct", "im2col", "fft")
MODES = ("valid", "same", "full")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("operation", [convolve2d, correlate2d])
def test_the_worked_example(operation, method):
    """The kernel stays the same when it is turned by 180 degrees, so both operations give the same numbers."""
    np.testing.assert_allclose(operation(IMAGE, KERNEL, method=method), RESULT, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_an_asymmetric_kernel(method):
    # the first numbers: 1 x 5 + 2 x 1 - 1 x 6 + 3 x 1 = 4, and turned 3 x 5 - 1 x 1 + 2 x 6 + 1 x 1 = 27
    correlation = [[4, 21, -5], [30, 11, 27], [-2, 16, 11], [39, 0, 14]]
    convolution = [[27, 12, 13], [5, 32, 7], [27, -2, 17], [7, 40, 3]]
    np.testing.assert_allclose(correlate2d(IMAGE, ASYMMETRIC, method=method), correlation, atol=1e-12)
    np.testing.assert_allclose(convolve2d(IMAGE, ASYMMETRIC, method=method), convolution, atol=1e-12)


def by_the_formula(image, kernel, mode):
    """y[i, j] = sum_pq w[p, q] x[i + p, j + q] over what lies inside the image."""
    (rows, columns), (h, w) = image.shape, kernel.shape
    above, left = {"valid": (0, 0), "same": ((h - 1) // 2, (w - 1) // 2), "full": (h - 1, w - 1)}[mode]
    shape = {"valid": (rows - h + 1, columns - w + 1), "same": image.shape, "full": (rows + h - 1, columns + w - 1)}
    y = np.zeros(shape[mode])
    for i, j in np.ndindex(y.shape):
        for p, q in np.ndindex(h, w):
            row, column = i + p - above, j + q - left
            if 0 <= row < rows and 0 <= column < columns:
                y[i, j] += kernel[p, q] * image[row, column]
    return y


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 3), (4, 4), (5, 2), (1, 6)])
@pytest.mark.parametrize("mode", MODES)
def test_three_methods_give_the_numbers_of_the_formula(mode, shape, rng):
    image, kernel = rng.normal(size=(7, 8)), rng.normal(size=shape)
    wanted = by_the_formula(image, kernel, mode)
    for method in METHODS:
        found = correlate2d(image, kernel, mode, method)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)
        np.testing.assert_allclose(convolve2d(image, kernel[::-1, ::-1], mode, method), wanted, rtol=0, atol=1e-10)


def test_shapes_of_the_lectures():
    """A 4 x 4 kernel needs 3 zeros around the image to be full."""
    image, kernel = np.ones((10, 12)), np.ones((4, 4))
    assert correlate2d(image, kernel, "valid").shape == (7, 9)
    assert correlate2d(image, kernel, "same").shape == (10, 12)
    assert correlate2d(image, kernel, "full").shape == (13, 15)
    np.testing.assert_allclose(correlate2d(image, kernel, "full"), correlate2d(np.pad(image, 3), kernel))


def test_convolution_is_commutative_and_correlation_is_not():
    full = convolve2d(IMAGE, ASYMMETRIC, "full")
    np.testing.assert_allclose(full, convolve2d(ASYMMETRIC, IMAGE, "full"))
    turned = correlate2d(ASYMMETRIC, IMAGE, "full")
    np.testing.assert_allclose(turned, correlate2d(IMAGE, ASYMMETRIC, "full")[::-1, ::-1])
    assert not np.allclose(turned, correlate2d(IMAGE, ASYMMETRIC, "full"))


def test_a_kernel_of_rank_one_is_two_kernels(rng):
    column, row, image = rng.normal(size=(4, 1)), rng.normal(size=(1, 3)), rng.normal(size=(9, 8))
    np.testing.assert_allclose(convolve2d(image, column @ row), convolve2d(convolve2d(image, column), row), atol=1e-12)


@pytest.mark.parametrize("operation", [convolve2d, correlate2d])
def test_bad_arrays_and_words(operation):
    name = operation.__name__
    with pytest.raises(InvalidParameter, match=f"{name}: mode must be one of valid, same, full; got 'all'"):
        operation(IMAGE, KERNEL, "all")
    with pytest.raises(InvalidParameter, match=f"{name}: method must be one of direct, im2col, fft; got 'gemm'"):
        operation(IMAGE, KERNEL, method="gemm")
    with pytest.raises(DataError, match=rf"{name}: a kernel of shape \(6, 1\) does not fit into .* \(5, 5\)"):
        operation(IMAGE, np.ones((6, 1)))
    with pytest.raises(DataError, match=rf"{name}: image must be a matrix .* got shape \(3,\)"):
        operation([1, 2, 3], KERNEL)
    with pytest.raises(DataError, match=rf"{name}: kernel must be a matrix .* got shape \(0, 2\)"):
        operation(IMAGE, np.ones((0, 2)))
    with pytest.raises(DataError, match=f"{name}: kernel must be a matrix .* not finite"):
        operation(IMAGE, [[np.nan]])
    for wrong in ([["a"]], [[1j]], [[1], [2, 3]], None):
        with pytest.raises(DataError, match=f"{name}: image must be a matrix of real numbers"):
            operation(wrong, KERNEL)


def network(*layers, shape):
    return Sequential(layers, shape, dtype="float64", random_state=0)


def weights(net):
    """The first array of parameters, a view."""
    return next(iter(net.parameters.values()))


@pytest.mark.parametrize(("operation", "function"), [("correlation", correlate2d), ("convolution", convolve2d)])
@pytest.mark.parametrize("kernel", [(3, 3), (2, 4), (4, 1)])
@pytest.mark.parametrize("mode", MODES)
def test_the_layer_computes_the_function(mode, kernel, operation, function, rng):
    """Summed over the channels; weights are seen as (maps, channels, height, width)."""
    net = network(Conv2D(3, kernel, padding=mode, operation=operation, bias=False), shape=(2, 7, 6))
    weights(net)[:] = w = rng.normal(size=(3, 2, *kernel))
    x = rng.normal(size=(5, 2, 7, 6))
    wanted = [[sum(function(c, k, mode) for c, k in zip(image, of_map, strict=True)) for of_map in w] for image in x]
    np.testing.assert_allclose(net.forward(x), wanted, rtol=0, atol=1e-12)


def test_the_layer_computes_the_worked_example():
    net = network(Conv2D(1, 3, operation="convolution", bias=False), shape=(1, 5, 5))
    weights(net)[:] = KERNEL
    np.testing.assert_array_equal(net.forward(IMAGE[None, None])[0, 0], RESULT)


def test_unshared_weights_that_are_equal_are_a_convolution(rng):
    settings = {"stride": (2, 1), "padding": 1, "dilation": (1, 2), "bias": False}
    shared = network(Conv2D(4, 3, **settings), shape=(3, 7, 8))
    unshared = network(LocallyConnected2D(4, 3, **settings), shape=(3, 7, 8))
    weights(unshared)[:] = weights(shared)
    x, target = rng.normal(size=(4, 3, 7, 8)), rng.normal(size=(4, *shared.output_shape))
    np.testing.assert_allclose(unshared.forward(x), shared.forward(x), rtol=0, atol=1e-12)
    # a shared weight's gradient is the sum of those of its copies
    one, many = (net.gradients(x, target.reshape(4, -1), "squared_error") for net in (shared, unshared))
    (of_one,), (of_many,) = one.parameters.values(), many.parameters.values()
    np.testing.assert_allclose(of_many.sum((0, 1)), of_one, rtol=0, atol=1e-12)
    np.testing.assert_allclose(many.input, one.input, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "size"),
    [(3, 1, 0, 1, (6, 7)), (3, 2, 1, 1, (7, 9)), ((2, 4), (3, 2), (1, 2), 1, (9, 8)), (3, 2, 2, (1, 2), (7, 9))],
)
def test_the_transposed_convolution_is_the_adjoint(kernel, stride, padding, dilation, size, rng):
    """<Ax, y> = <x, A^T y> with the same numbers as weights."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "bias": False}
    straight = network(Conv2D(4, kernel, **settings), shape=(3, *size))
    back = network(ConvTranspose2D(3, kernel, **settings), shape=straight.output_shape)
    assert back.output_shape == (3, *size)
    weights(back)[:] = weights(straight)
    x, y = rng.normal(size=(20, 3, *size)), rng.normal(size=(20, *straight.output_shape))
    ax, aty = straight.forward(x), back.forward(y)
    np.testing.assert_allclose((ax * y).sum((1, 2, 3)), (x * aty).sum((1, 2, 3)), rtol=1e-12, atol=1e-12)
    # and it is what the convolution's backward pass does
    by_input = straight.gradients(x, (ax - y).reshape(20, -1), "squared_error", reduction="sum").input
    np.testing.assert_allclose(by_input, aty, rtol=0, atol=1e-12)


def test_a_factorised_pair_is_a_kernel_of_rank_one(rng):
    pair = network(*factorised_pair(1, 3, bias=False), shape=(1, 6, 7))
    column, row = pair.parameters.values()
    whole = network(Conv2D(1, 3, bias=False), shape=(1, 6, 7))
    weights(whole)[:] = column @ row
    x = rng.normal(size=(3, 1, 6, 7))
    np.testing.assert_allclose(pair.forward(x), whole.forward(x), rtol=0, atol=1e-12)


def test_an_edge_detector_takes_267960_operations(rng):
    """320 x 280 pixels minus their left neighbours."""
    net = Sequential([Conv2D(1, (1, 2), bias=False)], (1, 280, 320))
    weights(net)[:] = [[[[-1, 1]]]]
    image = rng.uniform(size=(280, 320)).astype(np.float32)
    np.testing.assert_array_equal(net.forward(image[None, None])[0, 0], np.diff(image))
    row = net.summary()["conv1"]
    assert row.units == 319 * 280
    # two products and an addition a pixel
    assert row.multiply_adds + (row.multiply_adds - row.units) == 267_960
    # a dense matrix has 320 x 280 x 319 x 280 entries; a small one shows that summary counts them
    small = Sequential([Flatten(), Dense(3 * 3, bias=False)], (1, 3, 4)).summary()
    assert small["dense1"].multiply_adds == 3 * 4 * 3 * 3


def test_numbers_of_weights_of_smaller_kernels():
    """Two 3 x 3 in place of 5 x 5: 72 %; 3 x 1 and 1 x 3 in place of 3 x 3: 67 %."""

    def count(*layers):
        return network(*layers, shape=(8, 12, 12)).n_parameters

    assert count(*[Conv2D(8, 3, bias=False)] * 2) / count(Conv2D(8, 5, bias=False)) == 0.72
    assert count(*factorised_pair(8, 3, bias=False)) / count(Conv2D(8, 3, bias=False)) == pytest.approx(2 / 3)
