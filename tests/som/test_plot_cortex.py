"""Figures of the models of von der Malsburg: what is drawn is what was learned."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.som import plot_cortex
from neurosim.som.malsburg1973 import Malsburg1973
from neurosim.som.malsburg_sheets import CORTEX
from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976


@pytest.fixture(scope="module")
def cortex():
    net = Malsburg1973(random_state=0)
    net.present(cycles=3)
    return net


def parts(ax, kind):
    return [c for c in ax.collections if isinstance(c, kind)]


def png(ax):
    """Draw, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    ax.figure.savefig(file, format="png")
    return file.getvalue()


def test_bars_and_colours_are_the_preferred_orientations(cortex):
    ax = plot_cortex.preferred_orientations(cortex)
    assert png(ax)
    (cells,), (bars,) = parts(ax, PolyCollection), parts(ax, LineCollection)
    active = (cortex.respond().excitatory > 0).any(axis=0)
    assert 0 < active.sum() < 169
    np.testing.assert_array_equal(cells.get_array().mask, ~active)
    np.testing.assert_allclose(cells.get_array().compressed(), cortex.preferred_angles()[active])
    ends = np.array(bars.get_segments())
    middle, along = ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) * (1, -1)  # y is drawn downwards
    np.testing.assert_allclose(middle * (1, -1), CORTEX[active], atol=1e-12)
    turned = np.degrees(np.arctan2(along[:, 1], along[:, 0])) % 180
    np.testing.assert_allclose(turned, cortex.preferred_angles()[active])
    lengths = np.linalg.norm(along, axis=1)
    selectivity = cortex.selectivity()[active]
    np.testing.assert_allclose(lengths, 0.84 * np.minimum(selectivity / 0.5, 1))
    assert ax.yaxis_inverted()
    assert ax.lines[0].get_xydata().shape == ((~active).sum(), 2)


def test_every_colour_stands_for_as_many_degrees(cortex):
    """Eight colours of 22.5 degrees that can be told apart, the last from the first too."""
    (cells,) = parts(plot_cortex.preferred_orientations(cortex), PolyCollection)
    colours = cells.to_rgba(np.arange(180) + 0.5)[:, :3]
    changes = np.flatnonzero(np.abs(np.roll(colours, -1, axis=0) - colours).max(axis=1) > 0.05)
    np.testing.assert_array_equal(changes, [21, 44, 66, 89, 111, 134, 156, 179])


def test_marked_cells_are_outlined_once(cortex):
    ax = plot_cortex.preferred_orientations(cortex, marked=[0, 1], key=False)
    outline = np.array(parts(ax, LineCollection)[-1].get_segments())
    assert len(outline) == 10  # two hexagons less their common edge, twice
    ends, counts = np.unique(outline.reshape(-1, 2).round(6), axis=0, return_counts=True)
    assert len(ends) == 10
    assert (counts == 2).all()
    assert len(ax.figure.axes) == 1


def test_fields_show_the_synapses(cortex):
    ax = plot_cortex.afferent_fields(cortex, [3, 80, 100], columns=2)
    assert png(ax)
    (cells,) = parts(ax, PolyCollection)
    np.testing.assert_allclose(cells.get_array(), cortex.synapses[[3, 80, 100]].ravel())
    wanted = [f"{angle:.0f}°" for angle in cortex.preferred_angles()[[3, 80, 100]]]
    assert [text.get_text() for text in ax.texts] == wanted
    assert len(parts(plot_cortex.afferent_fields(cortex), PolyCollection)[0].get_paths()) == 15 * 19
    (given,) = parts(plot_cortex.afferent_fields(cortex, [80, 3]), PolyCollection)
    np.testing.assert_allclose(given.get_array(), cortex.synapses[[80, 3]].ravel())
    (single,) = parts(plot_cortex.afferent_fields(cortex, 5), PolyCollection)
    np.testing.assert_allclose(single.get_array(), cortex.synapses[5])
    (chosen,) = parts(plot_cortex.afferent_fields(cortex, np.arange(169) == 5), PolyCollection)
    np.testing.assert_allclose(chosen.get_array(), cortex.synapses[5])


def test_net_joins_the_fields_of_neighbours():
    net = WillshawMalsburg1976(side=4, markers="rotated 90", random_state=0)
    net.present(10_000)
    ax = plot_cortex.retinotopic_net(net)
    assert png(ax)
    lines = np.array(parts(ax, LineCollection)[0].get_segments())
    np.testing.assert_allclose(lines[:4].reshape(16, 2), net.fields())
    np.testing.assert_allclose(lines[4:].swapaxes(0, 1).reshape(16, 2), net.fields())
    top = ax.lines[2].get_xydata()
    np.testing.assert_allclose(top, net.fields()[:4])
    assert not ax.yaxis_inverted()
    assert np.ptp(top[:, 0]) < np.ptp(top[:, 1])  # turned


def test_draws_on_a_given_ax(cortex):
    for draw, model in (
        (plot_cortex.preferred_orientations, cortex),
        (plot_cortex.afferent_fields, cortex),
        (plot_cortex.retinotopic_net, WillshawMalsburg1976(random_state=0)),
    ):
        ax = plotting.figure().add_subplot()
        assert draw(model, ax=ax) is ax


def test_bad_cells(cortex):
    for cells in ([169], [[1, 2], [3, 4]], slice(0, 3), [7, 7]):
        with pytest.raises(InvalidParameter, match="cells must be"):
            plot_cortex.afferent_fields(cortex, cells)
    with pytest.raises(InvalidParameter, match="afferent_fields: cells must be one cell or more"):
        plot_cortex.afferent_fields(cortex, np.zeros(169, bool))
    with pytest.raises(InvalidParameter, match="columns must be an integer >= 1; got 0"):
        plot_cortex.afferent_fields(cortex, columns=0)
    with pytest.raises(InvalidParameter, match="cells must be"):
        plot_cortex.preferred_orientations(cortex, marked="patch")
