"""Figures of the history of maps: what is drawn where, and that every figure can be saved."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import linkage

from neurosim.core.errors import InvalidParameter
from neurosim.datasets import load_animals
from neurosim.som import SOM, Topology, plot_maps
from neurosim.som.activity_bubble import ActivityBubble
from neurosim.som.orientation_map import column_layout, pinwheels
from neurosim.som.semantic import SymbolMap


def png(ax):
    file = io.BytesIO()
    ax.figure.savefig(file, format="png")


def segments(ax):
    return [np.array(s) for c in ax.collections if isinstance(c, LineCollection) for s in c.get_segments()]


@pytest.fixture
def waves(rng):
    fy, fx = np.meshgrid(*[np.fft.fftfreq(32)] * 2, indexing="ij")
    noise = rng.normal(size=(2, 32, 32))
    z = np.fft.ifft2(np.exp(-((np.hypot(fx, fy) * 8 - 1) ** 2) / 0.02) * (noise[0] + 1j * noise[1]))
    return np.angle(z) / 2 % np.pi, abs(z), z.real


def test_bubble_on_a_line():
    inputs = 2 * np.sin(np.pi * np.arange(51) / 50)
    run = ActivityBubble().settle(inputs)
    ax = plot_maps.bubble(run, inputs, steps=(1, 10, 10_000))
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    last = len(run.activity) - 1
    assert list(lines) == ["step 1", "step 10", f"step {last}", "input"]
    np.testing.assert_array_equal(lines["step 10"], run.activity[10, 0])
    np.testing.assert_array_equal(lines[f"step {last}"], run.activity[-1, 0])
    png(ax)
    with pytest.raises(InvalidParameter, match="a grid of one row"):
        plot_maps.bubble(ActivityBubble((3, 3)).settle(np.ones((3, 3))))


@pytest.mark.parametrize("lattice", ["rectangular", "hexagonal"])
def test_bubble_on_a_sheet_is_outlined(lattice):
    topology = Topology((4, 5), lattice)
    active = np.zeros((4, 5))
    active[1, 1:3] = 1
    ax = plot_maps.bubble_sheet(topology, active, np.arange(20.0))
    assert len(segments(ax)) == (6 if lattice == "rectangular" else 10)
    corners = np.concatenate(segments(ax))
    middle = topology.positions[[6, 7]].mean(axis=0)
    np.testing.assert_allclose(corners.mean(axis=0), middle, atol=1e-9)
    cells = next(c for c in ax.collections if isinstance(c, PolyCollection))
    np.testing.assert_array_equal(cells.get_array(), np.arange(20))
    png(ax)
    png(plot_maps.bubble_sheet(topology, np.zeros((4, 5))))


def test_symbols():
    som = SOM.from_weights(np.eye(6)[:, :3], (2, 3))
    found = SymbolMap(np.array([0, 0, 1, 2, 2, 1]), np.array([1, 5, 1]))
    ax = plot_maps.symbols(som, found, ["owl", "cow", "hen"], [0, 1, 0], class_names=("birds", "mammals"))
    assert {t.get_text(): t.get_position() for t in ax.texts} == {"owl\nhen": (1, 0), "cow": (2, 1)}
    cells = next(c for c in ax.collections if isinstance(c, PolyCollection)).get_facecolor()
    assert len(np.unique(cells, axis=0)) == 2
    np.testing.assert_array_equal(cells[0], cells[3])
    assert not np.array_equal(cells[0], cells[2])
    borders = {tuple(np.round(s.mean(axis=0), 6)) for s in segments(ax)}
    assert borders == {(1.5, 0), (0, 0.5), (1, 0.5), (1.5, 1)}
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["birds", "mammals"]
    png(ax)


def test_spanning_tree():
    x = np.array([[0.0, 0], [1, 0], [2, 0], [2, 1], [0.1, 0]])
    som = SOM.from_weights(x[:4], (2, 2))
    ax = plot_maps.spanning_tree(som, x, list("ABCDE"))
    assert {t.get_text(): t.get_position() for t in ax.texts} == {
        "A E": (0, 0),
        "B": (1, 0),
        "C": (0, 1),
        "D": (1, 1),
    }
    joined = {tuple(sorted(map(tuple, s.astype(int).tolist()))) for s in segments(ax)}
    assert joined == {((0, 0), (0, 0)), ((0, 0), (1, 0)), ((0, 1), (1, 0)), ((0, 1), (1, 1))}
    png(ax)


@pytest.mark.parametrize("scale", [1.0, 1e-12])
def test_spanning_tree_of_equal_samples_is_minimal(scale):
    """Equal samples are joined, at no cost, and not by way of others."""
    animals = load_animals()
    x = animals.data * scale
    places = SOM.from_weights(np.random.default_rng(0).random((20, 13)), (4, 5))
    places.predict = lambda x: np.arange(len(x))  # every sample at a unit of its own
    ax = plot_maps.spanning_tree(places, x, animals.target_names)
    units = {tuple(place): unit for unit, place in enumerate(places.topology.positions.tolist())}
    pairs = [[units[tuple(end)] for end in segment.tolist()] for segment in segments(ax)]
    assert len(pairs) == 15
    lengths = [np.linalg.norm(np.subtract(*x[pair])) for pair in pairs]
    assert sum(lengths) == pytest.approx(linkage(x, "single")[:, 2].sum())
    assert sum(length == 0 for length in lengths) == 2  # owl and hawk, horse and zebra


def test_names_must_fit():
    som = SOM.from_weights(np.eye(4), (2, 2))
    with pytest.raises(InvalidParameter, match="spanning_tree: names must be 4, one for every sample; got '3 names'"):
        plot_maps.spanning_tree(som, np.eye(4), ["a", "b", "c"])
    found = SymbolMap(np.zeros(4, int), np.arange(4))
    with pytest.raises(InvalidParameter, match="symbols: names must be 4"):
        plot_maps.symbols(som, found, ["a"], [0, 0, 0, 0], class_names=("one",))


def test_orientation(waves):
    angle, _, real = waves
    found = pinwheels(angle)
    ax = plot_maps.orientation(angle, found, dominance=real)
    np.testing.assert_allclose(ax.images[0].get_array(), np.degrees(angle))
    marked = [c.get_offsets() for c in ax.collections if len(c.get_offsets()) > 1]
    np.testing.assert_array_equal(marked[0], found.positions[found.charges > 0])
    np.testing.assert_array_equal(marked[1], found.positions[found.charges < 0])
    assert ax.images[0].get_cmap()(0.0) == pytest.approx(ax.images[0].get_cmap()(1.0), abs=0.02)  # cyclic
    png(ax)


def test_ring(waves):
    angle, strength, _ = waves
    spectrum = column_layout(angle, strength).spectrum
    ax = plot_maps.ring(spectrum)
    image = ax.images[0]
    row, column = np.unravel_index(np.argmax(image.get_array()), (32, 32))
    left, right, bottom, top = image.get_extent()
    place = np.hypot(left + (column + 0.5) * (right - left) / 32, top + (row + 0.5) * (bottom - top) / 32)
    assert place == pytest.approx(1 / 8, abs=0.035)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(np.hypot(x, y), 1 / spectrum.wavelength)
    png(ax)


def test_a_given_ax_is_used(waves):
    figure = Figure()
    angle, strength, _ = waves
    first, second = figure.subplots(1, 2)
    assert plot_maps.orientation(angle, ax=first) is first
    assert plot_maps.ring(column_layout(angle, strength).spectrum, ax=second) is second
