"""Figures: the geometry, the values behind the colours, and the errors."""

import io
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.som import SOM, plot, u_matrix
from neurosim.som.page import KINDS, overview


@pytest.fixture
def x(rng):
    return rng.normal(size=(80, 4)) * [1, 2, 3, 4] + 10


@pytest.fixture(params=[("rectangular", "sheet"), ("hexagonal", "sheet"), ("hexagonal", "toroid")], ids="-".join)
def som(request, x):
    lattice, shape = request.param
    return SOM(grid=(4, 5), lattice=lattice, shape=shape, epochs=3).fit(x)


def cells_of(ax):
    return next(c for c in ax.collections if isinstance(c, PolyCollection))


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def area(polygon):
    x, y = polygon.T
    return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2


def test_cells_tile_the_plane():
    hexagons = plotting.polygons(SOM(grid=(3, 4), lattice="hexa").topology.positions, hexagonal=True)
    squares = plotting.polygons(SOM(grid=(3, 4)).topology.positions, hexagonal=False)
    assert hexagons.shape == (12, 6, 2)
    assert squares.shape == (12, 4, 2)
    np.testing.assert_allclose([area(p) for p in hexagons], np.sqrt(3) / 2)
    np.testing.assert_allclose([area(p) for p in squares], 1)


def test_neighbouring_hexagons_share_an_edge():
    topology = SOM(grid=(4, 4), lattice="hexa").topology
    corners = plotting.polygons(topology.positions, hexagonal=True).round(9) + 0.0
    for unit, neighbours in enumerate(topology.neighbours()):
        for neighbour in neighbours[neighbours >= 0]:
            assert len(set(map(tuple, corners[unit])) & set(map(tuple, corners[neighbour]))) == 2


@pytest.mark.parametrize("interleaved", [False, True])
def test_u_matrix(som, interleaved):
    ax = plot.u_matrix(som, interleaved=interleaved)
    positions, heights = u_matrix(som, interleaved=interleaved)
    cells = cells_of(ax)
    np.testing.assert_allclose(cells.get_array(), heights)
    middles = [p.vertices[:-1].mean(0) for p in cells.get_paths()]
    np.testing.assert_allclose(middles, positions, atol=1e-9)
    assert ax.figure.axes[1].get_ylabel() == "distance between neighbouring units"
    assert ax.yaxis_inverted()
    png(ax.figure)


def test_component_planes(som):
    ax = plot.component_plane(som, 2, name="third")
    np.testing.assert_allclose(cells_of(ax).get_array(), som.weights_[:, 2])
    assert ax.figure.axes[1].get_ylabel() == "third"
    scaled = plot.component_plane(som, 2, shift=np.arange(4.0), scale=2.0)
    np.testing.assert_allclose(cells_of(scaled).get_array(), 2 * som.weights_[:, 2] + 2)
    figure = plot.component_planes(som, names=list("abcd"), shift=1.0)
    planes = [a for a in figure.axes if a.get_title()]
    assert [a.get_title() for a in planes] == list("abcd")
    for i, a in enumerate(planes):
        np.testing.assert_allclose(cells_of(a).get_array(), som.weights_[:, i] + 1)
    png(figure)


def test_hits(som, x):
    values = cells_of(plot.hits(som, x)).get_array()
    won = np.bincount(som.predict(x), minlength=20)
    np.testing.assert_array_equal(np.ma.filled(values, 0), won)
    np.testing.assert_array_equal(np.ma.getmaskarray(values), won == 0)


def test_labels(som, x):
    y = np.array(["cat", "dog"])[(x[:, 0] > 10).astype(int)]
    ax = plot.labels(som, x, y)
    units, colours = som.predict(x), cells_of(ax).get_facecolor()
    texts = {tuple(np.round(t.get_position(), 6)): t.get_text() for t in ax.texts}
    for unit in range(20):
        found = y[units == unit]
        place = tuple(np.round(som.topology.positions[unit], 6))
        if len(found) == 0:
            assert place not in texts
            continue
        dogs = (found == "dog").mean()
        np.testing.assert_allclose(colours[unit, 3], max(dogs, 1 - dogs))
        if dogs != 0.5:
            assert texts[place] == ("dog" if dogs > 0.5 else "cat")
    png(ax.figure)


def test_images(x):
    som = SOM(grid=(3, 4), epochs=2).fit(x)
    ax = plot.images(som, (2, 2), shift=1.0, scale=2.0)
    assert len(ax.images) == 3
    pixels = 2 * som.weights_ + 1
    strip = ax.images[0].get_array()
    values = np.unique(np.ma.compressed(strip)[~np.isnan(np.ma.compressed(strip))])
    np.testing.assert_allclose(values, np.unique(pixels[:4]))
    png(ax.figure)


def test_data_space_joins_neighbours(som, x):
    ax = plot.data_space(som, x, features=(1, 3), shift=5.0)
    lines = next(c for c in ax.collections if isinstance(c, LineCollection)).get_segments()
    neighbours = som.topology.neighbours(6 if som.topology.hexagonal else 4)
    assert len(lines) == (neighbours >= 0).sum() / 2
    w = som.weights_[:, [1, 3]] + 5
    ends = {tuple(p) for line in lines for p in np.round(line, 6)}
    assert ends == {tuple(p) for p in np.round(w, 6)}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 1", "feature 3")
    png(ax.figure)


def test_a_given_ax_is_used(som, x):
    figure = Figure()
    for i, draw in enumerate((plot.u_matrix, plot.hits, plot.data_space)):
        ax = figure.add_subplot(1, 3, i + 1)
        assert (draw(som, x, ax=ax) if draw is not plot.u_matrix else draw(som, ax=ax)) is ax


@pytest.mark.parametrize("kind", KINDS)
def test_overview_of_each_kind(som, x, kind):
    figure = overview(som, x, kinds=(kind,), y=(x[:, 0] > 10).astype(int), image_shape=(2, 2))
    assert png(figure)[:4] == b"\x89PNG"


def test_overview_of_all(som, x):
    figure = overview(som, x, kinds=KINDS, y=(x[:, 0] > 10).astype(int), image_shape=(2, 2), feature_names=list("abcd"))
    titles = [ax.get_title() for ax in figure.axes]
    for title in ("U-matrix", "hits", "weights", "map in the data", "a", "d"):
        assert title in titles
    png(figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ("pie",)}, "kinds must be one or more of umatrix, planes"),
        ({"kinds": ()}, "kinds must be"),
        ({"kinds": ("labels",)}, "y must be given for the kind 'labels'"),
        ({"kinds": ("images",)}, "image_shape must be given for the kind 'images'"),
        ({"kinds": ("images",), "image_shape": (3, 3)}, r"shape must be \(height, width\) with height \* width = 4"),
    ],
)
def test_overview_says_what_is_missing(som, x, options, message):
    with pytest.raises(InvalidParameter, match=message):
        overview(som, x, **options)


def test_bad_features_and_names(som):
    with pytest.raises(InvalidParameter, match=r"feature must be integers in \[0, 4\)"):
        plot.component_plane(som, 4)
    with pytest.raises(InvalidParameter, match="names must be 4 names"):
        plot.component_planes(som, names=["a"])
    with pytest.raises(InvalidParameter, match="two features"):
        plot.data_space(som, features=(0, 1, 2))
    with pytest.raises(InvalidParameter, match="columns must be an integer >= 1"):
        plot.component_planes(som, columns=0)
    with pytest.raises(NotFittedError):
        plot.u_matrix(SOM())


def test_save_by_ending(som, tmp_path):
    figure = plot.u_matrix(som).figure
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")):
        assert plotting.save(figure, tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(InvalidParameter, match=r"ending in \.png, \.svg, \.pdf"):
        plotting.save(figure, tmp_path / "a.gif")


def test_pyplot_and_global_style_stay_out():
    code = (
        "import sys, matplotlib, numpy as np\nfrom neurosim.som import SOM, plot\n"
        "plot.u_matrix(SOM(grid=(2, 2), epochs=1).fit(np.eye(3)))\n"
        "print('matplotlib.pyplot' in sys.modules, matplotlib.rcParams['axes.spines.top'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
