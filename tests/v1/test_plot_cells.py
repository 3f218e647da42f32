"""Figures of cells: tuning curves, cycles, nonlinearities, eigenvalues and envelopes."""

from types import SimpleNamespace

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import Gabor, NakaRushton, estimate_nonlinearity, fit_gabors, plot_cells

from .drawn import curve_of, png, texts


def test_orientations_go_around_with_the_best_in_the_middle():
    x = np.arange(0, 180, 10.0)
    curve = curve_of("orientation", x, np.exp(-0.5 * (((x - 170 + 90) % 180 - 90) / 15) ** 2))
    ax = plot_cells.tuning(curve)
    points = ax.collections[0].get_offsets()
    assert len(points) == 19
    assert points[:, 0].tolist() == (np.arange(8, 27) * 10).tolist()
    assert points[:, 1].argmax() == 9
    mark, width = ax.lines[1:]
    assert mark.get_xdata()[0] == pytest.approx(170, abs=0.1)
    assert np.ptp(width.get_xdata()) / 2 == pytest.approx(curve.hwhh)
    assert width.get_ydata()[0] == pytest.approx(0.5)
    assert png(ax.figure)
    partial = plot_cells.tuning(curve_of("orientation", [10, 20, 40], [1, 2, 1]))
    assert partial.collections[0].get_offsets()[:, 0].tolist() == [10, 20, 40]


def test_frequencies_are_drawn_by_octaves():
    x = 2.0 ** np.arange(-6, -1, 0.5)
    curve = curve_of("frequency", x, np.exp(-0.5 * ((np.log2(x) + 4) / 0.6) ** 2))
    ax = plot_cells.tuning(curve, label="a cell")
    assert ax.get_xscale() == "log"
    mark, width = ax.lines[1:]
    assert mark.get_xdata()[0] == pytest.approx(1 / 16, rel=0.01)
    assert np.log2(np.divide(*width.get_xdata()[::-1])) == pytest.approx(curve.bandwidth_octaves, abs=0.15)
    assert texts(ax.get_legend().get_texts()) == ["a cell"]
    plot_cells.tuning(curve, ax=ax, marks=False)
    assert len(ax.lines) == 4
    assert not np.array_equal(ax.collections[0].get_facecolor(), ax.collections[1].get_facecolor())


def test_contrasts_are_percents_with_their_fit():
    fit = NakaRushton(r_max=2, n=2, c50=0.2)
    c = np.array([0, 0.05, 0.2, 1])
    ax = plot_cells.tuning(curve_of("contrast", c, fit.respond(c)), fit=fit)
    np.testing.assert_allclose(ax.collections[0].get_offsets()[:, 0], [5, 20, 100])
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(y, fit.respond(x / 100))
    png(ax.figure)
    assert {"10", "20", "100"} <= set(texts(ax.get_xticklabels()))


def test_a_silent_cell_has_no_marks():
    ax = plot_cells.tuning(curve_of("orientation", np.arange(0, 180, 30), np.zeros(6)))
    assert len(ax.lines) == 1
    assert png(ax.figure)


def test_the_cycle_closes():
    ax = plot_cells.cycle([0.0, 1.0, 2.0, 1.0], label="simple")
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0], [90, 1], [180, 2], [270, 1], [360, 0]])
    with pytest.raises(DataError, match=r"the rates \(frames,\) of one cell"):
        plot_cells.cycle(np.ones((3, 2)))


def test_a_nonlinearity_has_its_errors_and_the_truth(rng):
    z = rng.normal(size=2000)
    estimate = estimate_nonlinearity(z[:, None], z.clip(0), [1.0], bins=5)
    ax = plot_cells.nonlinearity(estimate, truth=lambda x: x.clip(0), unit="s.d.")
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(y, x.clip(0))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), estimate.rate)
    assert ax.get_xlabel() == "output of the filter (s.d.)"
    assert texts(ax.get_legend().get_texts()) == ["true", "estimated"]


def test_eigenvalues_are_told_apart():
    stc = SimpleNamespace(eigenvalues=np.array([2, 1.1, 1, 0.5]), excitatory=np.ones((1, 2, 2)),
                          suppressive=np.ones((1, 2, 2)), band=(0.8, 1.2))  # fmt: skip
    ax = plot_cells.eigenvalues(stc)
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert drawn == [[[1, 2]], [[2, 1.1], [3, 1]], [[4, 0.5]]]
    assert texts(ax.get_legend().get_texts()) == ["excitatory (1)", "not significant (2)", "suppressive (1)"]
    assert ax.patches[0].get_extents().transformed(ax.transData.inverted()).intervaly == pytest.approx((0.8, 1.2))


def test_envelopes_are_drawn_over_counts():
    fits = fit_gabors([Gabor(6, 10, sigma_x=2.5).kernel(16).real, np.random.default_rng(0).normal(size=(16, 16))])
    ax = plot_cells.envelopes(fits, least=0.9, label="fitted")
    np.testing.assert_allclose(ax.collections[1].get_offsets(), [[2.5 / 6, 2.5 / 6]], rtol=1e-3)
    assert len(plot_cells.envelopes(fits).collections[1].get_offsets()) == 2
    beyond = plot_cells.envelopes([[0.01, 5.0]]).collections[1].get_offsets()[0]
    assert 0.1 < beyond[0] < 0.11 < 1.5 < beyond[1] < 10**0.2
    assert png(ax.figure)
    assert len(plot_cells.envelopes([]).collections[1].get_offsets()) == 0
    with pytest.raises(InvalidParameter, match="numbers > 0"):
        plot_cells.envelopes([[0.0, 1.0]])
