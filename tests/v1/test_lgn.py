"""The difference of Gaussians against plain loops and its spectrum, and what cells make of bad stimuli."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import (
    DifferenceOfGaussians,
    EnergyCell,
    Gabor,
    MaxCell,
    MotionEnergy,
    NormalisedPopulation,
    SimpleCell,
)
from neurosim.v1.lgn import project
from neurosim.v1.simple import HubelWieselCell
from neurosim.v1.stimuli import grating
from tests.v1 import naive_cells

GABOR = Gabor(8, sigma_x=3)


def every_cell(shape):
    return [
        DifferenceOfGaussians(shape=shape),
        SimpleCell(GABOR, shape),
        HubelWieselCell(DifferenceOfGaussians(shape=shape)),
        EnergyCell(GABOR, shape),
        MaxCell(GABOR, shape),
        NormalisedPopulation.ring(GABOR, 4, shape),
    ]


@pytest.mark.parametrize("polarity", ["on", "off"])
def test_answers_are_those_of_plain_loops(rng, polarity):
    image = rng.normal(size=(9, 12))
    cell = DifferenceOfGaussians(1.2, 2.5, (9, 12), ratio=0.7, polarity=polarity, x0=1.5, y0=-2, background=0.1, gain=3)
    sign = 1 if polarity == "on" else -1
    expected = naive_cells.difference_of_gaussians(image, 1.2, 2.5, 0.7, 1.5, -2, sign)
    assert cell.linear(image) == pytest.approx(expected, rel=1e-12)
    assert cell.respond(image) == pytest.approx(3 * max(0, 0.1 + expected), rel=1e-12)
    assert cell.respond(-image) == pytest.approx(3 * max(0, 0.1 - expected), rel=1e-12)


@pytest.mark.parametrize("wavelength", [6, 12, 30, 60])
def test_amplitude_for_a_grating_is_the_difference_of_two_gaussians(wavelength):
    cell = DifferenceOfGaussians(1.5, 6, (81, 81), ratio=0.55)
    f = 1 / wavelength
    expected = np.exp(-2 * np.pi**2 * 1.5**2 * f**2) - 0.55 * np.exp(-2 * np.pi**2 * 6**2 * f**2)
    for orientation in (0, 37):
        assert cell.linear(grating((81, 81), wavelength, orientation)) == pytest.approx(expected, abs=1e-9)


def test_a_uniform_field_leaves_what_the_surround_does_not_take():
    uniform = np.full((81, 81), 0.5)
    for ratio, left in ((0.55, 0.225), (1.0, 0.0), (1.2, -0.1)):
        assert DifferenceOfGaussians(1.5, shape=(81, 81), ratio=ratio).linear(uniform) == pytest.approx(left, abs=1e-9)


def test_a_moved_cell_keeps_everything_but_place_and_polarity(rng):
    cell = DifferenceOfGaussians(1, 3, (21, 21), ratio=0.9, background=0.2, gain=2)
    image = rng.normal(size=(21, 21))
    moved = cell.moved(2, -3)
    assert moved.respond(image) == pytest.approx(cell.respond(np.roll(image, (3, -2), (0, 1))), rel=1e-6)
    assert (cell.moved(0, 0, "off").field == -cell.field).all()
    assert (cell.x0, cell.polarity) == (0, "on")
    assert DifferenceOfGaussians(2).surround == 8


def test_frames_keep_their_leading_axes(rng):
    frames = rng.normal(size=(2, 3, 11, 13))
    for cell in every_cell((11, 13)):
        together = cell.respond(frames)
        assert together.shape[:2] == (2, 3)
        assert together.dtype == np.float64
        assert (together >= 0).all()
        np.testing.assert_allclose(together[1, 2], cell.respond(frames[1, 2]), rtol=1e-12)


def test_no_frames_no_rates():
    for cell in every_cell((11, 13)):
        for leading in ((0,), (2, 0), (0, 3)):
            rates = cell.respond(np.zeros((*leading, 11, 13)))
            assert rates.shape == (*leading, *rates.shape[len(leading) :])
            assert rates.size == 0


@pytest.mark.parametrize("shape", [(33, 33), (130, 121)])  # the second is large enough for several threads of BLAS
def test_a_frame_has_the_same_bits_in_any_company_and_with_any_threads(shape, rng):
    frames = rng.normal(size=(7, *shape))
    for cell in every_cell(shape):
        with threadpool_limits(2, "blas"):
            together = cell.respond(frames)
        with threadpool_limits(1, "blas"):
            np.testing.assert_array_equal(cell.respond(frames), together)
        for begin, end in ((0, 1), (2, 4), (3, 7)):
            np.testing.assert_array_equal(cell.respond(frames[begin:end]), together[begin:end])
        np.testing.assert_array_equal([cell.respond(frame) for frame in frames], together)


def test_the_default_shape_cuts_the_default_surround_off():
    assert DifferenceOfGaussians(ratio=1).linear(np.ones((33, 33))) == pytest.approx(0.0118, abs=1e-4)
    assert DifferenceOfGaussians(shape=(61, 61), ratio=1).linear(np.ones((61, 61))) == pytest.approx(0, abs=2e-6)


def test_integer_images_are_converted():
    image = np.arange(33 * 33).reshape(33, 33).astype(np.uint8)
    for cell in every_cell((33, 33)):
        assert np.array_equal(cell.respond(image), cell.respond(image.astype(float)))


@pytest.mark.parametrize(
    ("stimulus", "words"),
    [
        (np.zeros((4, 11, 12)), r"\(4, 11, 12\).*\(11, 13\)"),
        (np.zeros(13), r"\(13,\).*\(11, 13\)"),
        (np.full((11, 13), np.nan), "not finite"),
        (np.zeros((11, 13), complex), "real numbers"),
        (np.full((11, 13), "x"), "real numbers"),
        ([[1, 2], [3]], "real numbers"),
    ],
)
def test_stimuli_that_do_not_fit_are_named(stimulus, words):
    for cell in [*every_cell((11, 13)), MotionEnergy(GABOR, (11, 13))]:
        with pytest.raises(DataError, match=f"{type(cell).__name__}.*{words}"):
            cell.respond(stimulus)


def test_projection_is_the_sum_of_products(rng):
    fields, frames = rng.normal(size=(3, 4, 5)) + 1j * rng.normal(size=(3, 4, 5)), rng.normal(size=(2, 4, 5))
    np.testing.assert_allclose(project(fields, frames), np.einsum("nij,cij->nc", frames, fields), rtol=1e-12)
    np.testing.assert_allclose(project(fields.real, frames), np.einsum("nij,cij->nc", frames, fields.real), rtol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"center": 0.3}, "center"),
        ({"center": None}, "center"),
        ({"center": 2, "surround": 2}, "surround"),
        ({"ratio": -1}, "ratio"),
        ({"polarity": "both"}, "polarity"),
        ({"x0": np.inf}, "x0"),
        ({"y0": "left"}, "y0"),
        ({"background": -0.1}, "background"),
        ({"gain": 0}, "gain"),
        ({"shape": (0, 3)}, "shape"),
        ({"shape": 33}, "shape"),
    ],
)
def test_bad_parameters_are_named(parameters, name):
    with pytest.raises(InvalidParameter, match=f"DifferenceOfGaussians: {name} must be"):
        DifferenceOfGaussians(**parameters)
