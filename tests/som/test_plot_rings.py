"""Figures of rings: what is drawn is what was found."""

import io

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.som import plot_rings
from neurosim.som.magnification import stationary_chain, weight_density
from neurosim.som.ring import RingMap


@pytest.fixture(scope="module")
def cities():
    return np.random.default_rng(0).random((9, 2))


@pytest.fixture(scope="module")
def result(cities):
    return RingMap(sweeps=20, random_state=0).tour(cities)


def saved(ax):
    """Draw, which raises where the layout fails (warnings are errors)."""
    ax.figure.savefig(io.BytesIO(), format="png")
    return ax


def test_net(cities, result):
    line, dots = saved(plot_rings.net(cities, result)).lines
    np.testing.assert_array_equal(line.get_xydata(), np.concatenate([result.net, result.net[:1]]))
    np.testing.assert_array_equal(dots.get_xydata(), cities)
    again = plot_rings.net(cities, result.net).lines[0]
    np.testing.assert_array_equal(again.get_xydata(), line.get_xydata())


def test_tour(cities, result):
    line = saved(plot_rings.tour(cities, result)).lines[0]
    np.testing.assert_array_equal(line.get_xydata()[:-1], cities[result.order])
    np.testing.assert_array_equal(line.get_xydata()[-1], cities[result.order[0]])
    assert np.linalg.norm(np.diff(line.get_xydata(), axis=0), axis=1).sum() == pytest.approx(result.length)


def test_magnification():
    chain = stationary_chain(np.sqrt((np.arange(2000) + 0.5) / 2000), 60, 1)
    ax = saved(plot_rings.magnification(chain.weights, lambda x: 2 * x, label="one"))
    level = weight_density(chain.weights)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), level / level[29])
    assert ax.get_legend().get_texts()[0].get_text() == "one: exponent 0.600"
    (x0, x1), (y0, y1) = ax.lines[2].get_data()
    assert np.log(y1 / y0) / np.log(x1 / x0) == pytest.approx(0.6, abs=1e-3)
    x, y = ax.lines[1].get_data()  # filled: units 18 to 50, through which the line is the best one
    np.testing.assert_allclose([x, y], [2 * chain.weights[18:51] / (2 * chain.weights[30]), (level / level[29])[17:50]])
    slope = np.log(y1 / y0) / np.log(x1 / x0)
    np.testing.assert_allclose(np.log(y0) - slope * np.log(x0), (np.log(y) - slope * np.log(x)).mean(), atol=1e-9)
    plot_rings.magnification(chain.weights, lambda x: 2 * x, ax=ax)
    assert len(ax.lines) == 6


def test_what_cannot_be_drawn(cities):
    with pytest.raises(InvalidParameter, match=r"plot_rings.net: units must be"):
        plot_rings.net(cities, np.zeros(4))
    with pytest.raises(InvalidParameter, match=r"plot_rings.tour: result must be"):
        plot_rings.tour(cities, [0, 1, 2])
    with pytest.raises(InvalidParameter, match=r"plot_rings.tour: result must be"):
        plot_rings.tour(cities, np.arange(9.0))
