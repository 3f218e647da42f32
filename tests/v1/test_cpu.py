"""The bank's kernels against plain sums, for all outputs, shapes that no tile fits, strides and numbers of threads."""

import itertools

import numpy as np
import pytest

from neurosim.core import parallel
from neurosim.v1 import cpu
from neurosim.v1.bank_recipe import Factors, Outputs

NOTHING = (0, 0, 0, 0)


def correlated(image, kernel, stride=1):
    """Return the sums of kernel(u) image(x + u), pixel after pixel."""
    high, wide = kernel.shape
    rows, columns = image.shape[0] - high + 1, image.shape[1] - wide + 1
    out = np.empty((-(-rows // stride), -(-columns // stride)), complex)
    for i, y in enumerate(range(0, rows, stride)):
        for j, x in enumerate(range(0, columns, stride)):
            out[i, j] = (kernel * image[y : y + high, x : x + wide]).sum()
    return out


def outputs(shape, dtype, wanted=Outputs._fields):
    return Outputs(*(np.full(shape if name in wanted else NOTHING, np.nan, dtype) for name in Outputs._fields))


def circular(rng, dtype, size=7):
    """Return the factors of seven filters, among them +-t, t + 180, one along each axis, and their kernels."""
    r = np.arange(size) - size // 2
    window = np.exp(-(r**2) / 5.0)
    waves = [
        (0.9, 0.5, 1),
        (0.9, -0.5, 1),
        (1.3, 0.0, 1),
        (0.0, 0.7, 1),
        (0.4, 1.1, -1),
        (0.4, -1.1, -1),
        (2.0, 0.3, 1),
    ]
    phases, amplitudes = rng.uniform(-3, 3, 7) * [1, 1, 0, 1, 1, 1, 0], rng.uniform(0.5, 2, 7)
    units = [(0, 1), (2, -1), (3, -1), (4, 5), (6, -1)]
    basis = lambda k: np.array([window * np.cos(k * r), window * np.sin(k * r)])  # noqa: E731
    factors = Factors(
        np.array([basis(waves[plus][0]) for plus, _ in units], dtype),
        np.array([basis(waves[plus][1]) for plus, _ in units], dtype),
        np.array([plus for plus, _ in units]), np.array([minus for _, minus in units]),
        (amplitudes[:, None] * np.stack([np.cos(phases), np.sin(phases)], 1)).astype(dtype),
        np.array([sign for *_, sign in waves]),
    )  # fmt: skip
    kernels = [
        a * np.outer(window, window) * np.exp(1j * (sign * (kx * r[None] + ky * r[:, None]) + phase))
        for (kx, ky, sign), phase, a in zip(waves, phases, amplitudes, strict=True)
    ]
    return factors, np.array(kernels)


def assert_equal(found, expected, tolerance):
    """Compare all outputs that were asked for with complex responses."""
    parts = {"real": expected.real, "imaginary": expected.imag, "energy": abs(expected) ** 2}
    parts["magnitude"] = abs(expected)
    for name, array in found._asdict().items():
        if array.size and name != "phase":
            np.testing.assert_allclose(array, parts[name], rtol=0, atol=tolerance * parts[name].max(), err_msg=name)
    if found.phase.size:
        turned = found.magnitude * np.exp(1j * np.radians(found.phase))
        np.testing.assert_allclose(turned, expected, rtol=0, atol=4 * tolerance * abs(expected).max())


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 2e-6)])
@pytest.mark.parametrize("shape", [(20, 33), (6, 64), (1, 1), (13, 300)])
def test_both_ways_equal_plain_sums(rng, dtype, tolerance, shape):
    factors, kernels = circular(rng, dtype)
    padded = rng.normal(size=(2, shape[0] + 6, shape[1] + 6)).astype(dtype)
    expected = np.array([[correlated(image, kernel) for kernel in kernels] for image in padded])
    found = outputs(expected.shape, dtype)
    cpu.separable(padded, factors, found)
    assert_equal(found, expected, tolerance)
    pairs = np.stack([kernels.real, kernels.imag], 1).astype(dtype)
    found = outputs(expected.shape, dtype)
    cpu.direct(padded, pairs, 1, found)
    assert_equal(found, expected, tolerance)


@pytest.mark.parametrize("stride", [2, 3, 5, 11])
def test_every_stride_th_pixel(rng, stride):
    """With kernels that are neither square nor circular."""
    kernels = rng.normal(size=(8, 4, 9)) + 1j * rng.normal(size=(8, 4, 9))
    padded = rng.normal(size=(2, 70, 150))
    expected = np.array([[correlated(image, kernel, stride) for kernel in kernels] for image in padded])
    found = outputs(expected.shape, float)
    cpu.direct(padded, np.stack([kernels.real, kernels.imag], 1), stride, found)
    assert_equal(found, expected, 1e-13)


@pytest.mark.parametrize("wanted", [w for n in (1, 2) for w in itertools.combinations(Outputs._fields, n)])
def test_what_is_asked_for_does_not_depend_on_the_rest(rng, wanted):
    factors, kernels = circular(rng, float)
    pairs = np.stack([kernels.real, kernels.imag], 1)
    padded = rng.normal(size=(1, 16, 20))
    for kernel, argument in ((cpu.separable, (factors,)), (cpu.direct, (pairs, 1))):
        whole, part = outputs((1, 7, 10, 14), float), outputs((1, 7, 10, 14), float, wanted)
        kernel(padded, *argument, whole)
        kernel(padded, *argument, part)
        for name in wanted:
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name))


def test_the_same_bits_for_any_number_of_threads(rng, monkeypatch):
    factors, kernels = circular(rng, np.float32)
    pairs = np.stack([kernels.real, kernels.imag], 1).astype(np.float32)
    padded = rng.normal(size=(2, 86, 606)).astype(np.float32)
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(parallel, "_threads", threads)
        found.append((outputs((2, 7, 80, 600), np.float32), outputs((2, 7, 40, 300), np.float32)))
        cpu.separable(padded, factors, found[-1][0])
        cpu.direct(padded, pairs, 2, found[-1][1])
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            for first, second in zip(one, other, strict=True):
                np.testing.assert_array_equal(first, second)
