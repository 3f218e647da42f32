"""Pies, paths and densities: the values behind the shapes, and the errors."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som import SOM, cluster_units, density, plot_units, u_matrix

SQUARE = np.stack(np.divmod(np.arange(20), 5)[::-1], axis=1).astype(float)  # weights = places


@pytest.fixture
def x(rng):
    return rng.uniform(0, 4, (80, 2))


@pytest.fixture(params=[("rectangular", "sheet"), ("hexagonal", "toroid")], ids="-".join)
def som(request, x):
    lattice, shape = request.param
    return SOM(grid=(4, 5), lattice=lattice, shape=shape, epochs=3).fit(x)


def of(ax, kind):
    return next(c for c in ax.collections if type(c) is kind)


def png(ax):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    ax.figure.savefig(io.BytesIO(), format="png")


def test_pies(som, x):
    y = np.array(["cat", "dog", "eel"])[np.arange(80) % 3]
    ax = plot_units.pies(som, x, y)
    units = som.predict(x)
    votes = np.array([[(y[units == u] == name).sum() for name in ("cat", "dog", "eel")] for u in range(20)])
    slices = of(ax, PatchCollection)
    shades = slices.get_facecolor()[:, :3]
    drawn = iter(zip(slices.get_paths(), shades, strict=True))
    for u, counts in enumerate(votes):
        radius = 0.46 * max(0.25, np.sqrt(counts.sum() / votes.sum(1).max()))
        for c in np.flatnonzero(counts):
            path, shade = next(drawn)
            np.testing.assert_allclose(shade, to_rgb(plotting.COLOURS[c]))
            (outline,) = path.to_polygons()
            a, b = outline.T
            share = counts[c] / counts.sum()
            area = abs(a[:-1] @ b[1:] - b[:-1] @ a[1:]) / 2
            np.testing.assert_allclose(area, share * np.pi * radius**2, rtol=0.02)
            assert (np.linalg.norm(outline - som.topology.positions[u], axis=1) < 1.03 * radius).all()
    assert next(drawn, None) is None
    names = [text.get_text().strip() for text in ax.figure.axes[1].get_yticklabels()]
    assert names == ["cat", "dog", "eel"]
    png(ax)


def test_a_pie_starts_on_top_and_goes_clockwise():
    som = SOM.from_weights([[0.0], [10.0]], (1, 2))
    ax = plot_units.pies(som, [[0.0], [0.0], [0.0], [0.0]], [0, 1, 1, 1])
    first = of(ax, PatchCollection).get_paths()[0]
    x, y = first.to_polygons()[0].mean(axis=0)
    assert x > 0 > y  # the first quarter, y downwards
    assert ax.yaxis_inverted()


def test_trajectory_on_a_sheet():
    som = SOM.from_weights(SQUARE, (4, 5))
    ax = plot_units.trajectory(som, SQUARE[[0, 1, 1, 7, 19]], times=[0, 1, 2, 5, 6.5], label="time (s)")
    path = of(ax, LineCollection)
    np.testing.assert_array_equal(path.get_segments(), SQUARE[[[0, 1], [1, 7], [7, 19]]])
    np.testing.assert_array_equal(path.get_array(), [1, 5, 6.5])
    assert path.norm.vmin == 0
    ring, square = ax.lines
    assert (ring.get_marker(), *ring.get_xydata()[0]) == ("o", 0, 0)
    assert (square.get_marker(), *square.get_xydata()[0]) == ("s", 4, 3)
    np.testing.assert_allclose(of(ax, PolyCollection).get_array(), u_matrix(som)[1])
    assert ax.figure.axes[1].get_ylabel() == "time (s)"
    png(ax)


@pytest.mark.parametrize(
    ("shape", "end", "lines"),
    [
        ("sheet", (4, 0), [[(0, 0), (4, 0)]]),
        ("cylinder", (4, 0), [[(0, 0), (-1, 0)], [(5, 0), (4, 0)]]),
        ("cylinder", (0, 3), [[(0, 0), (0, 3)]]),
        ("toroid", (0, 3), [[(0, 0), (0, -1)], [(0, 4), (0, 3)]]),
        ("toroid", (2, 2), [[(0, 0), (2, 2)]]),
        ("toroid", (4, 3), [[(0, 0), (-1, -1)], [(0, 4), (-1, 3)], [(5, 0), (4, -1)], [(5, 4), (4, 3)]]),
    ],
)
def test_a_step_takes_the_shorter_way(shape, end, lines):
    som = SOM.from_weights(SQUARE, (4, 5), shape=shape)
    ax = plot_units.trajectory(som, [(0, 0), end], background=False)
    np.testing.assert_array_equal(of(ax, LineCollection).get_segments(), lines)
    png(ax)


def test_densities(som, x):
    for draw, values in ((plot_units.p_matrix, density.p_matrix), (plot_units.u_star_matrix, density.u_star_matrix)):
        ax = draw(som, x, radius=0.7)
        np.testing.assert_allclose(of(ax, PolyCollection).get_array(), values(som, x, radius=0.7))
        png(ax)


def test_a_given_ax_is_used(som, x):
    figure = Figure()
    for i, draw in enumerate((plot_units.trajectory, plot_units.p_matrix, plot_units.u_star_matrix)):
        ax = figure.add_subplot(2, 2, i + 1)
        assert draw(som, x, ax=ax) is ax
    ax = figure.add_subplot(2, 2, 4)
    assert plot_units.pies(som, x, np.zeros(80), ax=ax) is ax


def test_bad_input(som, x):
    with pytest.raises(InvalidParameter, match="X must be at least 2 samples"):
        plot_units.trajectory(som, x[:1])
    for times in (np.arange(79), np.arange(80)[::-1], [np.nan] * 80, list("ab")):
        with pytest.raises(InvalidParameter, match="times must be 80 finite numbers that never fall"):
            plot_units.trajectory(som, x, times=times)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        plot_units.pies(som, x, [0, 1])
    with pytest.raises(DataError, match=r"plot_units\.pies: y must hold labels"):
        plot_units.pies(som, x, np.full(80, np.nan))
    for draw in (plot_units.p_matrix, plot_units.u_star_matrix, plot_units.trajectory):
        with pytest.raises(NotFittedError):
            draw(SOM(), x)


def test_clusters(som, x):
    found = cluster_units(som, 3, random_state=0)
    ax = plot_units.clusters(som, found)
    assert [t.get_text() for t in ax.texts] == [str(label) for label in found.labels]
    colours = ax.collections[0].get_facecolor()
    assert len(np.unique(colours, axis=0)) == 3
    for one in range(3):
        assert len(np.unique(colours[found.labels == one], axis=0)) == 1
    assert len(plot_units.clusters(som, found.labels).texts) == som.topology.units
    for wrong in (found.labels[:3], found.labels - 1.5, "labels"):
        with pytest.raises(InvalidParameter, match="found must be UnitClusters"):
            plot_units.clusters(som, wrong)
