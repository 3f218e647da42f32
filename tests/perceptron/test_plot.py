"""Figures: the values behind the colours and lines, and the errors."""

import io

import numpy as np
import pytest
from matplotlib.collections import PathCollection, PolyCollection, QuadMesh
from sklearn.exceptions import NotFittedError

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.perceptron import Perceptron, plot
from neurosim.perceptron.plot import least_errors


@pytest.fixture
def x(rng):
    return rng.normal(size=(40, 2)) * [1.0, 30.0]


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def of_kind(ax, kind):
    return [artist for artist in ax.collections if isinstance(artist, kind)]


@pytest.mark.parametrize("classes", [2, 3])
def test_decision_regions(x, classes):
    y = np.array(["a", "b", "c"])[np.digitize(x[:, 0], [-0.4, 0.4][: classes - 1])]
    model = Perceptron(random_state=0, epochs=3).fit(x, y)
    ax = plot.decision_regions(model, x, y, names=("length (cm)", "weight (g)"))
    mesh = of_kind(ax, QuadMesh)[0]
    shown = np.asarray(mesh.get_array()).reshape(plot.GRID, plot.GRID)
    low, high = x.min(axis=0), x.max(axis=0)
    low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)
    for row, column in ((0, 0), (10, 300), (399, 200)):
        place = low + (high - low) * np.array([column, row]) / (plot.GRID - 1)
        assert model.classes_[shown[row, column]] == model.predict(place[None])[0]
    points = of_kind(ax, PathCollection)
    assert sum(len(p.get_offsets()) for p in points) == len(x)
    wrong = sum(len(p.get_offsets()) for p in points if p.get_linewidths()[0] > 1)
    assert wrong == (model.predict(x) != y).sum()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length (cm)", "weight (g)")
    wrong = ["wrong"] if (model.predict(x) != y).any() else []
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*model.classes_, *wrong]
    png(ax.figure)


def test_decision_regions_want_two_features(x):
    y = x[:, 0] > 0
    with pytest.raises(NotFittedError):
        plot.decision_regions(Perceptron(), x, y)
    model = Perceptron().fit(x, y)
    with pytest.raises(InvalidParameter, match="X must be of shape"):
        plot.decision_regions(model, np.zeros((4, 3)), np.zeros(4))


def test_convergence(x):
    model = Perceptron(random_state=0, epochs=6).fit(x, np.digitize(x[:, 0], [-0.4, 0.4]))
    ax = plot.convergence(model)
    np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], model.mistakes_.T)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), np.arange(1, len(model.mistakes_) + 1))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0", "1", "2"]
    single = plot.convergence([5, 2, 0])
    np.testing.assert_array_equal(single.lines[0].get_ydata(), [5, 2, 0])
    assert single.get_legend() is None
    many = plot.convergence(np.ones((4, 12)))
    np.testing.assert_array_equal(many.lines[0].get_ydata(), [12] * 4)
    with pytest.raises(InvalidParameter, match="names"):
        plot.convergence(np.ones((4, 3)), names=["one"])
    png(ax.figure)


def test_weights(rng):
    vectors = rng.normal(size=(3, 12))
    vectors[1, 5] = -9.0
    ax = plot.weights(vectors, (3, 4), names=["x", "y", "z"], columns=2)
    assert len(ax.images) == 3
    for image, vector in zip(ax.images, vectors, strict=True):
        np.testing.assert_array_equal(image.get_array(), vector.reshape(3, 4))
        assert image.get_clim() == (-9, 9)
        left, right, bottom, top = image.get_extent()
        assert (right - left, bottom - top) == (pytest.approx(1), pytest.approx(0.75))
    assert [text.get_text() for text in ax.texts] == ["x", "y", "z"]
    assert ax.figure.axes[1].get_ylabel() == "weight"
    assert ax.yaxis_inverted()
    assert plot.weights(np.zeros(4), (2, 2)).images[0].get_clim() == (-1, 1)
    png(ax.figure)
    for wrong in ((3, 3), (12,)):
        with pytest.raises(InvalidParameter, match="shape"):
            plot.weights(vectors, wrong)
    with pytest.raises(InvalidParameter, match="names"):
        plot.weights(vectors, (3, 4), names=["x"])


def test_weights_of_a_model_carry_its_classes(x):
    model = Perceptron(random_state=0, epochs=2).fit(x, np.digitize(x[:, 0], [-0.4, 0.4]))
    ax = plot.weights(model, (1, 2))
    np.testing.assert_array_equal([image.get_array().ravel() for image in ax.images], model.coef_)
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2"]


def test_learning_curve():
    ax = plot.learning_curve([1, 2, 3], [0.3, 0.2, 0.1], label="theory")
    same = plot.learning_curve(([1, 2, 3], [1, 3]), [3, 2, 1], [2.5, 1.5], [0.1, 0.2], label="both", ax=ax)
    assert same is ax
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0.3, 0.2, 0.1])
    points = ax.containers[0].lines[0]
    np.testing.assert_array_equal(points.get_xydata(), [[1, 2.5], [3, 1.5]])
    assert points.get_color() == ax.lines[1].get_color() != ax.lines[0].get_color()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["theory", "both"]
    measured = plot.learning_curve([1, 2], measured=[4, 5], label="measured", names=("steps", "error"))
    assert [text.get_text() for text in measured.get_legend().get_texts()] == ["measured"]
    assert (measured.get_xlabel(), measured.get_ylabel()) == ("steps", "error")
    png(ax.figure)


def test_xor_by_hand():
    ax = plot.xor_by_hand()
    regions = [c.get_paths()[0] for c in of_kind(ax, PolyCollection)]
    fires = np.array([[region.contains_point(c) for c in ((0, 0), (0, 1), (1, 0), (1, 1))] for region in regions])
    np.testing.assert_array_equal(fires, [[False, False, True, False], [False, True, False, False]])
    assert ax.get_title() == "unit 1 or unit 2: 0 of 4 wrong\none unit alone: at best 1 of 4 wrong"
    png(ax.figure)


def test_least_errors(rng):
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    assert [least_errors(corners, np.array(y)) for y in ([0, 0, 0, 1], [0, 1, 1, 0], [1, 1, 1, 1])] == [0, 1, 0]
    line = np.arange(6.0)[:, None]
    assert least_errors(line, np.array([0, 1, 0, 1, 0, 1])) == 2


def test_figures_on_given_axes():
    figure = plotting.figure(4, 4)
    ax = figure.add_subplot()
    for draw in (plot.xor_by_hand, lambda ax: plot.convergence([1, 0], ax=ax)):
        assert draw(ax=ax) is ax
