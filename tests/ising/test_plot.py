"""Figures of annealing: what is drawn is what was found, and what cannot be drawn is said."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.figure import Figure

from neurosim.core.errors import InvalidParameter
from neurosim.ising import anneal, anneal_tour, edwards_anderson, lattice, plot, random_cities, sample
from neurosim.ising.page import overview


@pytest.fixture(scope="module")
def model():
    return edwards_anderson((6, 8), random_state=1)


@pytest.fixture(scope="module")
def result(model):
    return anneal(model, sweeps=60, reads=50, temperature_range=(6, 0.3), random_state=1)


@pytest.fixture(scope="module")
def tour_result():
    return anneal_tour(random_cities(12, random_state=1), sweeps=40, reads=6, random_state=1)


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def bars_of(ax):
    return {round(bar.get_x() + bar.get_width() / 2, 6): bar.get_height() for bar in ax.patches if bar.get_height()}


def test_histogram_counts_the_reads(result):
    ax = plot.energies_histogram(result, target=result.best_energy - 4)
    levels, counts = np.unique(result.energies, return_counts=True)
    assert bars_of(ax) == dict(zip(levels, counts, strict=True))
    assert ax.lines[0].get_xdata()[0] == result.best_energy - 4
    low, high = ax.get_xlim()
    assert low < result.best_energy - 4
    assert high > levels[-1]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("energy", "reads")
    png(ax.figure)


def test_histogram_of_other_things(result, tour_result, model, rng):
    many = rng.normal(size=500)
    ax = plot.energies_histogram(many, name="cut")
    assert ax.get_xlabel() == "cut"
    assert sum(bar.get_height() for bar in ax.patches) == 500
    assert plot.energies_histogram(tour_result).get_xlabel() == "tour length"
    drawn = plot.energies_histogram(sample(model, 2.0, samples=5, chains=64, burn_in=2, random_state=1))
    assert drawn.get_ylabel() == "samples"
    assert sum(bar.get_height() for bar in drawn.patches) == 5 * 64
    assert bars_of(plot.energies_histogram([3.0, 3.0])) == {3.0: 2}
    png(plot.energies_histogram([3.0]).figure)


def test_acceptance_against_temperature(result, tour_result):
    ax = plot.acceptance(result, label="a")
    np.testing.assert_allclose(ax.lines[0].get_xdata(), result.temperatures)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 100 * result.acceptance)
    assert ax.get_xscale() == "log"
    assert ax.get_legend() is not None
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["time"]
    narrow = plot.acceptance([1.0, 2.0], [0.5, 0.6])
    assert narrow.get_xscale() == "linear"
    assert not narrow.texts  # not cooled: no arrow
    assert plot.acceptance([1.0, 0.0], [0.5, 0.0]).get_xscale() == "linear"
    png(plot.acceptance(tour_result, ax=ax).figure)


def test_trajectory_is_the_mean_with_its_band(result, tour_result, rng):
    ax = plot.trajectory(result, target=-70)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), np.arange(1, 61))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), result.mean_energies)
    assert [line.get_ydata()[0] for line in ax.lines[1:]] == [result.best_energy, -70]
    values = rng.normal(size=(30, 200))
    ax = plot.trajectory(values, name="cut")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), values.mean(axis=1))
    edges = ax.collections[0].get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose([edges.min(), edges.max()], np.quantile(values, (0.05, 0.95), axis=1)[[0, 1]].T[
        [np.quantile(values, 0.05, axis=1).argmin(), np.quantile(values, 0.95, axis=1).argmax()], [0, 1]])  # fmt: skip
    assert not plot.trajectory(values[:, 0]).collections
    assert plot.trajectory(tour_result).get_ylabel() == "tour length"
    png(ax.figure)


def test_tour_is_closed():
    places = np.array([[0, 0], [3, 0], [3, 1], [0, 1.0]])
    ax = plot.tour(places, [2, 0, 1, 3])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), places[[2, 0, 1, 3, 2]])
    assert ax.get_aspect() == 1
    png(ax.figure)


def test_lattice_shows_spins_where_they_are(model, result):
    ax = plot.lattice(result.best_state, (6, 8))
    np.testing.assert_array_equal(ax.images[0].get_array(), result.best_state.reshape(6, 8) > 0)
    cube = np.arange(24) % 5 == 0
    shown = plot.lattice(cube, (2, 3, 4), layer=1).images[0].get_array()
    np.testing.assert_array_equal(shown, cube.reshape(2, 3, 4)[1])
    png(ax.figure)


@dataclass
class Run:
    """What the figures of success read of a result."""

    sweeps: int
    hits: int
    reads: int = 100
    best_energy: float = -5.0

    @property
    def temperatures(self):
        return np.ones(self.sweeps)

    @property
    def energies(self):
        return np.where(np.arange(self.reads) < self.hits, -5.0, -1.0)

    def success_probability(self, target):
        return float((self.energies <= target).mean())

    def time_to_solution(self, target, confidence):
        if self.hits == 0:
            return np.inf
        return self.sweeps * np.log(1 - confidence) / np.log(1 - self.success_probability(target))


def test_success_and_its_price():
    runs = [Run(10, 0), Run(100, 20), Run(1000, 90)]
    ax = plot.success(runs, label="a")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0, 20, 90])
    ends = np.array(ax.collections[0].get_segments())[:, :, 1]
    np.testing.assert_allclose(ends, [[0, 3.70], [13.34, 28.88], [82.56, 94.48]], atol=0.01)  # Wilson's intervals
    ax = plot.success(runs, quantity="time", confidence=0.9, label="a")
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[100, 1031.89], [1000, 1000.0]], rtol=1e-4)
    assert "90 % sure" in ax.get_ylabel()
    assert plot.success(runs, -1.0).lines[0].get_ydata().tolist() == [100, 100, 100]
    png(ax.figure)


def test_success_of_real_runs(model):
    runs = [anneal(model, sweeps=sweeps, reads=64, random_state=1) for sweeps in (2, 50)]
    best = min(run.best_energy for run in runs)
    shares = plot.success(runs).lines[0].get_ydata()
    np.testing.assert_allclose(shares, [100 * (run.energies == best).mean() for run in runs])
    png(plot.success(runs, quantity="time").figure)


def test_a_given_ax_is_used(result):
    figure = Figure()
    for i, draw in enumerate((plot.energies_histogram, plot.acceptance, plot.trajectory)):
        ax = figure.add_subplot(1, 3, i + 1)
        assert draw(result, ax=ax) is ax


def test_overview_has_what_suits(result, tour_result, model):
    titles = [ax.get_title() for ax in overview(result, title="x").axes]
    assert titles == ["best of each read", "descent", "acceptance"]
    figure = overview(result, shape=(6, 8), values=-result.energies, name="cut", target=70.0)
    assert figure.axes[0].get_xlabel() == "cut"
    assert figure.axes[3].get_title() == "best state"
    png(figure)
    cities = random_cities(12, random_state=1)
    figure = overview(tour_result, cities=cities)
    assert figure.axes[3].get_title() == "shortest tour"
    png(figure)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.energies_histogram([]), "result must be a result, or an array of at least one value"),
        (lambda: plot.acceptance([1.0, 2.0], [0.1]), r"accepted must be shares of shape \(2,\)"),
        (lambda: plot.trajectory(np.zeros((2, 2, 2))), r"result must be \(sweeps, reads\)"),
        (lambda: plot.tour(np.zeros((3, 3)), [0, 1, 2]), "cities must be x and y of every city"),
        (lambda: plot.tour(np.zeros((3, 2)), [0, 1, 1]), "order must be each of the 3 cities once"),
        (lambda: plot.lattice(np.ones(6), (2, 4)), "shape must be 2 or 3 sides"),
        (lambda: plot.lattice(np.ones(6), (6,)), "shape must be 2 or 3 sides"),
        (lambda: plot.lattice(np.ones(8), (2, 2, 2), layer=2), r"layer must be an integer in \[0, 2\)"),
        (lambda: plot.success([Run(1, 1)], quantity="luck"), "quantity must be one of probability, time"),
        (lambda: plot.success([]), "results must be at least one result"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, message):
    with pytest.raises(InvalidParameter, match=message):
        draw()


def test_a_ferromagnet_looks_like_one():
    found = anneal(lattice((5, 5)), sweeps=30, reads=4, random_state=1)
    shown = plot.lattice(found.best_state, (5, 5)).images[0].get_array()
    assert shown.all() or not shown.any()


def test_bins_of_whole_numbers_hold_as_many_each_and_the_last_ends_at_the_best():
    values = np.append(np.random.default_rng(0).integers(11_500, 11_600, 99), 11_624)
    edges = [patch.get_x() for patch in plot.energies_histogram(values).patches]
    widths = np.diff(edges)
    assert (widths == widths[0]).all()
    assert float(widths[0]).is_integer()
    assert edges[-1] + widths[0] == 11_624.5
    assert edges[0] < values.min()
