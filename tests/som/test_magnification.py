"""Magnification of a chain against Ritter's formula, and the choice of dimensions against its threshold."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som import SOM
from neurosim.som.magnification import (
    fitted_exponent,
    fitted_line,
    magnification_exponent,
    selection_threshold,
    selection_wavelength,
    stationary_chain,
    weight_density,
)


def ramp(n=2001):
    """Return the quantiles of the density P(x) = 2 x on [0, 1]."""
    return np.sqrt((np.arange(n) + 0.5) / n)


def batch(samples, weights, neighbours):
    """One step of Kohonen's batch rule with a bubble, over samples."""
    winners = np.abs(samples[:, None] - weights).argmin(axis=1)
    near = [np.abs(winners - unit) <= neighbours for unit in range(len(weights))]
    return np.array([samples[mine].mean() for mine in near])


@pytest.mark.parametrize(("neighbours", "units"), [(0, 40), (1, 60), (2, 150), (3, 200), (4, 300)])
def test_exponent_is_ritters(neighbours, units):
    chain = stationary_chain(ramp(), units, neighbours)
    measured = fitted_exponent(chain.weights, lambda x: 2 * x)
    assert measured == pytest.approx(magnification_exponent(neighbours), abs=0.001)


def test_exponent_of_another_density():
    """P(x) = exp(x) on [0, 2]."""
    share = (np.arange(4001) + 0.5) / 4001
    chain = stationary_chain(np.log(1 + share * (np.e**2 - 1)), 80, 1)
    assert fitted_exponent(chain.weights, np.exp, share=(0.2, 0.8)) == pytest.approx(0.6, abs=0.005)


def test_formula():
    assert magnification_exponent(0) == pytest.approx(1 / 3)
    np.testing.assert_allclose(magnification_exponent(np.array([1, 2])), [0.6, 2 / 3 - 1 / 39])
    assert magnification_exponent(10**6) == pytest.approx(2 / 3)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.uint32])
def test_formula_of_small_integer_types(kind):
    n = np.iinfo(kind).max
    np.testing.assert_allclose(magnification_exponent(kind(n)), magnification_exponent(int(n)), rtol=1e-15)
    np.testing.assert_allclose(magnification_exponent(np.array([100], kind)), magnification_exponent(100), rtol=1e-15)


def test_fitted_line():
    """Of a power law: density 3 w^2 of the weights, and the units that count."""
    weights = (np.arange(1, 400) / 400) ** (1 / 3)
    inner, slope, intercept = fitted_line(weights, lambda w: w)
    assert (inner.start, inner.stop) == (int(0.3 * 399) - 1, int(0.85 * 399) - 1)
    assert slope == fitted_exponent(weights, lambda w: w) == pytest.approx(2, abs=1e-3)
    assert np.exp(intercept) / 400 == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize("neighbours", [0, 2])
def test_chain_at_rest_is_a_fixed_point_of_the_batch_rule(neighbours):
    chain = stationary_chain(ramp(), 12, neighbours)
    assert chain.change <= 1e-10
    assert (np.diff(chain.weights) > 0).all()
    np.testing.assert_allclose(batch(ramp(200_000), chain.weights, neighbours), chain.weights, atol=2e-4)


def test_density_goes_on_between_few_quantiles():
    chain = stationary_chain((np.arange(10) + 0.5) / 10, 4, 0)
    np.testing.assert_allclose(chain.weights, [0.125, 0.375, 0.625, 0.875], atol=1e-8)


def test_chain_stops_at_its_limit():
    chain = stationary_chain(ramp(), 12, 1, iterations=3)
    assert chain.iterations == 3
    assert chain.change > 1e-4


def test_density_of_a_power_law_is_recovered():
    weights = (np.arange(1, 400) / 400) ** (1 / 3)  # density 3 w^2
    assert fitted_exponent(weights, lambda w: w) == pytest.approx(2, abs=1e-3)
    inner = weights[1:-1]
    np.testing.assert_allclose(weight_density(weights)[200:] / 400, 3 * inner[200:] ** 2, rtol=1e-4)


def across(ratio, samples=20_000, units=200, sigma=5.0, epochs=200):
    """Return what a ring of units has across, over the half-width s of the data there, which is `ratio` sigma."""
    radius, s = units / (2 * np.pi), ratio * sigma
    angle, around = (2 * np.pi * np.arange(n) / n for n in (samples, units))
    wide = s * (2 * (np.arange(samples) * (np.sqrt(5) - 1) / 2 % 1) - 1)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle), wide], axis=1)
    small = 1e-3 * s * np.random.default_rng(0).standard_normal(units)
    first = np.stack([radius * np.cos(around), radius * np.sin(around), small], axis=1)
    som = SOM((1, units), shape="cylinder", sigma=(sigma, sigma), sigma_decay="constant", epochs=epochs, init=first)
    return som.fit(x).weights_[:, 2] / s


def test_dimension_selection():
    """The check: flat below 2.02 sigma, waves of 4.44 sigma above."""
    below, above = across(1.9), across(2.1)
    assert below.std() < 0.05
    assert above.std() > 0.1
    waves = np.abs(np.fft.rfft(above))[1:].argmax() + 1
    assert 200 / waves == pytest.approx(selection_wavelength(5.0), rel=0.05)
    assert 1.9 * 5 < selection_threshold(5.0) < 2.1 * 5


def test_threshold_and_wavelength():
    """Where the fastest wave, k sigma = sqrt 2, grows by the factor 1: (k s)^2 / 3 exp(-(k sigma)^2 / 2)."""
    sigma = 3.0
    k, s = 2 * np.pi / selection_wavelength(sigma), selection_threshold(sigma)
    assert k * sigma == pytest.approx(np.sqrt(2))
    assert (k * s) ** 2 / 3 * np.exp(-((k * sigma) ** 2) / 2) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: magnification_exponent(-1), "neighbours must be"),
        (lambda: magnification_exponent(0.5), "neighbours must be"),
        (lambda: stationary_chain(ramp(), 1, 0), "units must be"),
        (lambda: stationary_chain(ramp(9), 5, 1), "units must be at most 4"),
        (lambda: stationary_chain(ramp(), 5, 5), "neighbours must be"),
        (lambda: stationary_chain(ramp(), 5, 1, tol=-1), "tol must be"),
        (lambda: stationary_chain(ramp(), 5, 1, iterations=0), "iterations must be"),
        (lambda: fitted_exponent(ramp(50), lambda x: 2 * x, share=(0.5, 0.2)), "share must be"),
        (lambda: fitted_exponent(ramp(50), lambda x: 2 * x, share=0.5), "share must be"),
        (lambda: fitted_exponent(ramp(50), 3), "density must be"),
        (lambda: fitted_exponent(ramp(50), np.ones_like), "density must be"),
        (lambda: fitted_exponent(ramp(50), lambda x: -x), "density must be"),
        (lambda: selection_threshold(0), "sigma must be"),
        (lambda: selection_wavelength(np.inf), "sigma must be"),
    ],
)
def test_bad_parameters(call, said):
    with pytest.raises(InvalidParameter, match=said):
        call()


@pytest.mark.parametrize("values", [[0.0, 1.0, 1.0], [0.0, np.nan, 1.0], [[0.0, 1.0]], [2.0, 1.0, 0.0], "abc"])
def test_bad_arrays(values):
    with pytest.raises(DataError, match="ascending"):
        stationary_chain(values, 2, 0)
    with pytest.raises(DataError, match="ascending"):
        weight_density(values)
