"""Every parametrisation in and out, against other packages' formulas on their own grids."""

import doctest
from dataclasses import fields
from math import degrees, inf, nan, pi, radians
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import convolve, correlate

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import Gabor
from tests.v1 import naive_gabor as naive

SAME = {"rtol": 0, "atol": 1e-12}
ROUND_TRIPS = ("bandwidth", "cycles", "degrees", "book", "gamma", "skimage", "opencv")


@pytest.fixture(params=range(8))
def cell(rng):
    """A function whose amplitude and centre every parametrisation can express."""
    wavelength, angle, phase, n_x, n_y = rng.uniform([4, -180, -180, 0.25, 0.2], [20, 360, 180, 0.9, 1.2])
    return Gabor(wavelength, angle, phase, n_x * wavelength, n_y * wavelength, pixels_per_degree=30)


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_there_and_back(cell, name):
    arguments = getattr(cell, f"as_{name}")()
    back = getattr(Gabor, f"from_{name}")(**arguments)
    scale = 2 * pi * cell.sigma_x * cell.sigma_y if name == "skimage" else 1
    np.testing.assert_allclose(scale * back.kernel(41), cell.kernel(41), **SAME)
    again = getattr(back, f"as_{name}")()
    assert again == pytest.approx(arguments, rel=1e-12, abs=1e-12)
    assert list(again) == list(arguments)


def test_through_all_of_them(cell):
    turned = cell
    for name in ROUND_TRIPS:
        if name == "degrees":
            turned = Gabor(**{f.name: getattr(turned, f.name) for f in fields(Gabor)} | {"pixels_per_degree": 12})
        turned = getattr(Gabor, f"from_{name}")(**getattr(turned, f"as_{name}")())
    np.testing.assert_allclose(turned.kernel(41), cell.kernel(41), **SAME)


def test_amplitude_and_centre_survive_where_they_exist():
    cell = Gabor(8, 20, 30, 3, 4, amplitude=-2, x0=1.5, y0=-0.5, pixels_per_degree=10)
    for name in ("book", "degrees"):
        back = getattr(Gabor, f"from_{name}")(**getattr(cell, f"as_{name}")())
        np.testing.assert_allclose(back.kernel(31), cell.kernel(31), **SAME)
    others = {"amplitude": -2, "x0": 1.5, "y0": -0.5}
    for name in ("gamma", "cycles", "bandwidth"):
        back = getattr(Gabor, f"from_{name}")(**getattr(cell, f"as_{name}")(), **others)
        np.testing.assert_allclose(back.kernel(31), cell.kernel(31), **SAME)


def test_book_and_gamma_are_their_formulas():
    book = {"alpha": 1.3, "beta_x": 0.06, "beta_y": 0.02, "f": 0.8, "phi": 0.4, "tau": 1.1, "x0": 0.5, "y0": -1}
    form = {"sigma": 2.5, "wavelength": 6.5, "theta": 0.7, "gamma": 0.5, "psi": -1.2}
    for x, y in ((0, 0), (1, 2), (-3, 1.5)):
        assert Gabor.from_book(**book).evaluate(x, y) == pytest.approx(naive.book(x, y, **book), abs=1e-14)
        assert Gabor.from_gamma(**form).evaluate(x, y) == pytest.approx(naive.gamma_form(x, y, **form), abs=1e-14)


@pytest.mark.parametrize(
    "arguments",
    [
        {"frequency": 0.2},
        {"frequency": 0.1, "theta": pi / 5, "bandwidth": 1.6, "offset": 0.7},
        {"frequency": 0.15, "theta": -2.0, "sigma_x": 3.0},
        {"frequency": 0.15, "theta": 1.0, "sigma_x": 2.0, "sigma_y": 4.5, "offset": -1},
    ],
)
def test_kernels_of_scikit_image(arguments):
    theirs = naive.skimage_kernel(**arguments)
    np.testing.assert_allclose(Gabor.from_skimage(**arguments).kernel(theirs.shape), theirs, **SAME)


def test_scikit_image_convolves(rng):
    """Its responses are the conjugate of ours with the opposite phase."""
    image = rng.normal(size=(30, 34))
    arguments = {"frequency": 0.17, "theta": 0.6, "offset": 0.8}
    theirs = naive.skimage_kernel(**arguments)
    responses = convolve(image, theirs.real) + 1j * convolve(image, theirs.imag)
    ours = Gabor.from_skimage(**arguments | {"offset": -0.8}).kernel(theirs.shape)
    np.testing.assert_allclose(
        responses, (correlate(image, ours.real) + 1j * correlate(image, ours.imag)).conj(), **SAME
    )


@pytest.mark.parametrize("ksize", [(21, 21), (20, 20), (31, 14)])
@pytest.mark.parametrize("psi", [None, 0.0, 0.4])
def test_kernels_of_opencv(ksize, psi):
    arguments = {"sigma": 2.8, "theta": 0.9, "lambd": 6.1, "gamma": 0.6} | ({} if psi is None else {"psi": psi})
    theirs = naive.opencv_kernel(ksize, **arguments)
    cell = Gabor.from_opencv(**arguments)
    np.testing.assert_allclose(cell.kernel(theirs.shape).real, theirs, **SAME)
    assert cell.kernel((ksize[1], ksize[0])).shape == (ksize[1], ksize[0])


def test_degrees_of_visual_angle():
    cell = Gabor.from_degrees(4, 16, bandwidth=1.5, sigma_y=0.2, x0=0.5, y0=-0.25)
    assert (cell.wavelength, cell.sigma_y, cell.x0, cell.y0) == (4, 3.2, 8, -4)
    assert cell.bandwidth == pytest.approx(1.5, abs=1e-12)
    assert cell.pixels_per_degree == 16
    assert Gabor.from_degrees(4, 16).bandwidth == pytest.approx(1.4, abs=1e-12)
    with pytest.raises(InvalidParameter, match="pixels_per_degree must be set"):
        Gabor(8).as_degrees()
    with pytest.raises(InvalidParameter, match="bandwidth must be None where sigma_x"):
        Gabor.from_degrees(4, 16, bandwidth=1, sigma_x=0.1)


def test_describe_names_every_parametrisation():
    cell = Gabor(8, 30, 45, 3, 6)
    told = cell.describe()
    assert list(told) == ["pixels", "shape", "degrees", "book", "gamma", "skimage", "opencv"]
    assert told["degrees"] is None
    assert told["shape"]["n_y"] == 0.75
    assert told["book"]["f"] == pi / 4
    assert told["gamma"]["gamma"] == 0.5
    assert degrees(told["opencv"]["psi"]) == pytest.approx(-45)
    assert told["pixels"]["frequency"] == 0.125
    assert told["skimage"]["theta"] == radians(30)
    physical = Gabor(8, sigma_x=2, pixels_per_degree=20).describe()["degrees"]
    assert physical["frequency"] == 2.5
    assert physical["sigma_x"] == pytest.approx(0.1)


GOOD = {
    "from_bandwidth": {"frequency": 0.1, "bandwidth": 1.0, "aspect": 1.0},
    "from_cycles": {"n_x": 0.4, "n_y": 0.5, "frequency": 0.1},
    "from_degrees": {"frequency": 2.0, "pixels_per_degree": 16.0},
    "from_book": {"alpha": 1.0, "beta_x": 0.1, "beta_y": 0.1, "f": 1.0, "phi": 0.0, "tau": 0.0},
    "from_gamma": {"sigma": 3.0, "wavelength": 8.0, "theta": 0.0, "gamma": 1.0, "psi": 0.0},
    "from_skimage": {"frequency": 0.1, "theta": 0.0, "bandwidth": 1.0, "offset": 0.0},
    "from_opencv": {"sigma": 3.0, "theta": 0.0, "lambd": 8.0, "gamma": 1.0, "psi": 0.0},
}
SIGNED = ("alpha", "phi", "tau", "theta", "psi", "offset")
MORE = [("from_degrees", name) for name in ("bandwidth", "sigma_x", "sigma_y")] + [
    ("from_skimage", name) for name in ("sigma_x", "sigma_y")
]


@pytest.mark.parametrize(("way", "name"), [(way, name) for way, good in GOOD.items() for name in good] + MORE)
@pytest.mark.parametrize("value", [0, -1.0, nan, inf, "1"])
def test_bad_arguments_are_named(way, name, value):
    arguments = GOOD[way] | {name: value}
    if name in SIGNED and value in (0, -1.0):
        assert isinstance(getattr(Gabor, way)(**arguments), Gabor)
    else:
        with pytest.raises(InvalidParameter, match=f"^Gabor.{way}: {name} must be"):
            getattr(Gabor, way)(**arguments)


def test_the_page_of_conventions():
    page = Path(__file__).parents[2] / "docs" / "v1_conventions.md"
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 10
    assert result.failed == 0
