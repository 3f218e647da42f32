"""Figures of primary visual cortex: the numbers behind colours, lines and shapes, the labels, and the errors."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import (
    EnergyCell,
    Gabor,
    GaborBank,
    LogPolarMap,
    MaxCell,
    NormalisedPopulation,
    SimpleCell,
    estimate_nonlinearity,
    fit_gabors,
    page,
    plot,
    plot_retinotopy,
    spike_triggered_average,
)
from neurosim.v1.stimuli import grating

from .drawn import curve_of, png, texts

GABOR = Gabor(8, 30, sigma_x=3)


def test_a_field_is_drawn_in_pixels_from_its_middle():
    ax = plot.field(GABOR)
    image = ax.images[0]
    kernel = GABOR.kernel()
    np.testing.assert_allclose(image.get_array(), kernel.real)
    assert image.get_clim() == pytest.approx((-np.abs(kernel.real).max(), np.abs(kernel.real).max()))
    half = kernel.shape[0] / 2
    assert image.get_extent() == [-half, half, half, -half]
    assert ax.yaxis_inverted()
    np.testing.assert_allclose(plot.field(GABOR, part="odd", bar=False).images[0].get_array(), kernel.imag)
    cell = SimpleCell(GABOR, (20, 22))
    ax = plot.field(cell)
    np.testing.assert_array_equal(ax.images[0].get_array(), cell.field)
    assert ax.images[0].get_extent() == [-11.5, 10.5, 9.5, -10.5]
    assert png(ax.figure)


def test_a_mosaic_has_each_field_on_its_own_scale_or_all_on_one(rng):
    stack = rng.normal(size=(5, 4, 6)) * np.arange(1, 6)[:, None, None]
    ax = plot.fields(stack, columns=2, titles=list("abcde"))
    assert len(ax.images) == 5
    for image, field in zip(ax.images, stack, strict=True):
        np.testing.assert_allclose(image.get_array(), 0.5 + 0.5 * field / np.abs(field).max())
    common = plot.fields(stack, common=True)
    np.testing.assert_allclose(common.images[0].get_array(), 0.5 + 0.5 * stack[0] / np.abs(stack).max())
    assert texts(ax.texts) == list("abcde")
    lefts = [image.get_extent()[0] for image in ax.images]
    assert lefts[0] == lefts[2] == lefts[4] < lefts[1] == lefts[3]
    assert ax.images[2].get_extent()[3] > ax.images[0].get_extent()[2]
    assert png(ax.figure)


def test_a_bank_is_drawn_with_its_orientations_side_by_side():
    ax = plot.fields(GaborBank.grid(3, 2))
    tops = [image.get_extent()[3] for image in ax.images]
    assert len(tops) == 6
    assert len(set(np.round(tops, 6))) == 2
    assert tops[0] == tops[2] < tops[3]


def test_the_coverage_is_made_of_contours_at_half_amplitude():
    gabor = Gabor(8, 30, sigma_x=4, sigma_y=6)
    ax = plot.coverage([gabor])
    (contour,) = (patch for patch in ax.patches if isinstance(patch, Ellipse))
    assert contour.get_center() == pytest.approx(np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)]) / 8)
    assert contour.angle == 30
    low, high = 1 / 8 - contour.width / 2, 1 / 8 + contour.width / 2
    assert np.log2(high / low) == pytest.approx(gabor.bandwidth)
    assert contour.width / contour.height == pytest.approx(6 / 4)
    np.testing.assert_allclose(contour.get_edgecolor()[:3], plot.colours_of(30))
    with pytest.raises(InvalidParameter, match="bank must be a GaborBank or a sequence"):
        plot.coverage([1, 2])


def test_colours_go_around_in_180_degrees():
    np.testing.assert_allclose(plot.colours_of([0, 180, 45, 225]), plot.WHEEL[[0, 0, 1, 1]])
    np.testing.assert_allclose(plot.colours_of(22.5), plot.WHEEL[:2].mean(axis=0))
    np.testing.assert_allclose(plot.colours_of(-22.5), plot.WHEEL[[3, 0]].mean(axis=0))


@pytest.mark.parametrize("orientation", [0, 30, 90, 150])
def test_the_energy_of_a_grating_has_its_orientation(orientation):
    bank = GaborBank.grid(8, wavelengths=[6.0])
    energies = bank.respond(grating((48, 48), 6, orientation), "energy")
    angle, strength = plot.orientation_map(energies, bank)
    middle = angle[24, 24]
    assert abs((middle - orientation + 90) % 180 - 90) < 1
    assert strength[24, 24] > 0.3 * energies[:, 24, 24].sum()
    ax = plot.energy(energies, bank)
    drawn = ax.images[0].get_array()
    assert drawn.shape == (48, 48, 3)
    full = np.unravel_index(strength.argmax(), strength.shape)
    np.testing.assert_allclose(drawn[full], plot.colours_of(angle[full]), atol=1e-9)
    keys = texts(ax.child_axes[0].texts)
    assert keys[:2] == ["0°", "22.5°"]
    stroke = ax.child_axes[0].lines[0]  # of orientation 0: upright lines
    assert np.ptp(stroke.get_xdata()) < 1e-9 < np.ptp(stroke.get_ydata())
    assert stroke.get_color() == pytest.approx(to_rgb(plotting.COLOURS[0]))
    assert png(ax.figure)


def test_no_energy_is_white():
    bank = GaborBank.grid(2, 1)
    assert (plot.energy(np.zeros((2, 5, 5)), bank).images[0].get_array() == 1).all()
    with pytest.raises(DataError, match=r"energies \(2, rows, columns\) are needed; got \(3, 5, 5\)"):
        plot.energy(np.zeros((3, 5, 5)), bank)


def test_the_cortex_is_drawn_in_millimetres():
    human = LogPolarMap()
    ax = plot_retinotopy.cortex(human.warp(np.random.default_rng(0).random((30, 40)), pixels_per_mm=1))
    left, right = ax.get_xlim()
    assert right == pytest.approx(human.to_cortex(20 * 4 / 3 + 20j).real, abs=2)
    assert left == pytest.approx(-right, abs=2)
    assert ax.get_xlabel() == "mm"
    coloured = plot_retinotopy.cortex(human.warp(np.full((9, 9, 3), 255, np.uint8), pixels_per_mm=1))
    assert coloured.images[0].get_array().max() == 1
    assert png(ax.figure)
    assert png(coloured.figure)


def test_rings_lie_where_the_map_takes_them():
    human = LogPolarMap()
    ax = plot_retinotopy.retinotopy(human, eccentricities=(2, 10))
    assert len(ax.lines) == 2 + 7
    ring = ax.lines[1]
    np.testing.assert_allclose(ring.get_xdata()[90], human.to_cortex(10).real)
    np.testing.assert_allclose(ring.get_ydata()[0], human.to_cortex(-10j).imag)
    assert texts(ax.texts) == ["2°", "10°"]
    seen = plot_retinotopy.retinotopy(human, eccentricities=(2, 10), side="visual")
    np.testing.assert_allclose(np.hypot(*seen.lines[1].get_data()), 10)
    assert (seen.get_xlabel(), ax.get_xlabel()) == ("$x$ (degrees)", "$x$ (mm)")
    assert ax.yaxis_inverted()
    with pytest.raises(InvalidParameter, match="ascending numbers > 0"):
        plot_retinotopy.retinotopy(human, eccentricities=(5, 2))


def test_pages_can_be_drawn(rng):
    bank = GaborBank.grid(4, 2)
    image = rng.random((30, 40))
    assert png(page.responses(image, bank.respond(image, "energy"), bank, title="noise"))
    cells = [SimpleCell(GABOR), EnergyCell(GABOR), MaxCell(GABOR), NormalisedPopulation.ring(GABOR).cell(0)]
    for cell in cells:
        assert page.field_of(cell).shape == (33, 33)
        assert page.field_of(cell).dtype == np.float64
    movie = grating((33, 33), 8, 0, np.arange(0, 360, 30))
    assert png(page.answers(cells[0], movie, cells[0].respond(movie), title="simple"))
    curve = curve_of("radius", [0, 5, 10], [0, 2, 1])
    assert png(page.tuned(cells[0], curve))
    human = LogPolarMap()
    assert png(page.retinotopic(image, human, human.warp(image, pixels_per_mm=1), degrees=20))


def test_pages_of_fields_can_be_drawn(rng):
    noise = rng.normal(size=(400, 6, 6))
    spikes = noise[:, 2, 2].clip(0)
    sta, nonlinearity = spike_triggered_average(noise, spikes), estimate_nonlinearity(noise, spikes, noise[0])
    stc = SimpleNamespace(eigenvalues=np.array([2, 1.1, 1, 0.5]), excitatory=np.ones((1, 6, 6)),
                          suppressive=np.zeros((0, 6, 6)), band=(0.8, 1.2))  # fmt: skip
    silent = SimpleNamespace(**(vars(stc) | {"excitatory": np.zeros((0, 6, 6))}))
    for covariance in (None, stc, silent):
        assert png(page.reverse(noise[:1], sta, nonlinearity, stc=covariance))
    fields = np.stack([Gabor(5, 20 * k, sigma_x=2).kernel(12).real for k in range(7)])
    fits = fit_gabors(fields, random_state=0)
    few, many = page.fitted(fields[:2], fits[:2]), page.fitted(fields, fits)
    assert texts(few.axes[0].texts)[:3] == ["field 1", "fit 1", "residual 1"]
    np.testing.assert_allclose(many.axes[1].images[3].get_array(), many.axes[0].images[3].get_array(), atol=1e-3)
    learned = page.learned(fields, [3.0, 2.0], fits)
    np.testing.assert_array_equal(learned.axes[1].lines[0].get_xydata(), [[1, 3], [2, 2]])
    for figure in (few, many, learned):
        assert png(figure)


BAD = {
    "part": (lambda: plot.field(GABOR, part="real"), "part must be one of even, odd"),
    "field": (lambda: plot.field(np.ones(3)), r"a field \(rows, columns\)"),
    "fields": (lambda: plot.fields(np.ones((3, 3))), r"fields \(n, rows, columns\)"),
    "columns": (lambda: plot.fields(np.ones((2, 3, 3)), columns=0), "columns must be an integer >= 1"),
    "titles": (lambda: plot.fields(np.ones((2, 3, 3)), titles=["a"]), "titles must be 2 titles"),
    "gamma": (lambda: plot.energy(np.ones((1, 2, 2)), [GABOR], gamma=0), "gamma must be a number > 0"),
    "side": (lambda: plot_retinotopy.retinotopy(LogPolarMap(), side="eye"), "side must be one of cortex, visual"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, message):
    with pytest.raises((DataError, InvalidParameter), match=message):
        call()
