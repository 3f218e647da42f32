"""Figures of networks: the numbers behind lines and colours, the labels, and the errors."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from neurosim.cnn import Conv2D, Dense, Flatten, Pad2D, Pool2D, Sequential, Softmax, plot, plot_filters, plot_planes
from neurosim.cnn.page import overview
from neurosim.core.errors import DataError, InvalidParameter


@pytest.fixture(scope="module")
def network():
    layers = [Conv2D(3, 3, activation="relu"), Pool2D(2), Conv2D(4, 2), Flatten(), Dense(5), Softmax()]
    return Sequential(layers, (1, 8, 8), random_state=0)


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def texts(labels):
    return [label.get_text() for label in labels]


def test_learning_curves_of_a_training_and_of_plain_numbers():
    training = SimpleNamespace(losses=np.array([3.0, 2.0, 1.0]), validation_losses=np.array([3.5, 2.5, 2.0]))
    ax = plot.learning_curves(training)
    for line, values in zip(ax.lines, (training.losses, training.validation_losses), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert texts(ax.get_legend().get_texts()) == ["training", "validation"]
    alone = plot.learning_curves(SimpleNamespace(losses=np.ones(2), validation_losses=np.empty(0)))
    assert len(alone.lines) == 1
    assert alone.get_legend() is None
    ax = plot.learning_curves({"ours": [0.5, 0.25]}, quantity="error", every=10, log=True)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [50, 25])
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [10, 20])
    assert ax.get_ylabel() == "error in %"
    assert ax.get_yscale() == "log"
    assert png(ax.figure)


def test_logarithmic_axes_have_plain_numbers_below_two_decades():
    for values, count in (([0.2, 0.25], 3), ([0.02, 0.5], 4), ([1.0, 60.0], 4)):
        ax = plot.learning_curves({"a": values}, log=True)
        png(ax.figure)
        (bottom, top), ticks = ax.get_ylim(), [label for label in ax.get_yticklabels() if label.get_text()]
        shown = [label for label in ticks if bottom <= label.get_position()[1] <= top]
        assert len(shown) >= count
        assert [float(label.get_text()) for label in shown] == pytest.approx([t.get_position()[1] for t in shown])
        assert not any(texts(ax.yaxis.get_minorticklabels()))
        assert bottom < min(values)
        assert top > max(values)
    far = plot.gradient_flow({"a.weights": np.array([1e-6]), "b.weights": np.array([1.0])})
    png(far.figure)
    assert not any(texts(far.yaxis.get_minorticklabels()))
    assert far.get_ylim()[1] > 1.0


def test_nothing_is_cut_at_the_ends_of_an_axis():
    ax = plot.learning_curves({"first": [1.0, 0.0]})
    plot.learning_curves({"second": [9.0, 0.5]}, ax=ax)
    assert ax.get_ylim()[0] < 0.0
    assert ax.get_ylim()[1] > 9.0
    huge = plot.learning_curves({"diverging": [1.0, 3e15]})
    png(huge.figure)
    assert not huge.yaxis.get_offset_text().get_text()
    assert "1e+15" in texts(huge.get_yticklabels())
    once = plot.learning_curves({"training": [0.3], "test": [0.5]})
    assert once.get_xlim() == (0, 2)
    assert [line.get_markersize() for line in once.lines] == [8, 8]


def test_learning_curves_of_an_estimator():
    ax = plot.learning_curves(SimpleNamespace(loss_curve_=[3.0, 1.0]))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [3, 1])


def test_confusion_matrix_counts_and_shares():
    ax = plot.confusion_matrix([0, 0, 0, 0, 1, 2], [0, 0, 0, 1, 1, 1], names=["a", "b", "c"])
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.75, 0.25, 0], [0, 1, 0], [0, 1, 0]])
    written = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in ax.texts}
    assert written == {(0, 0): "3", (0, 1): "1", (1, 1): "1", (2, 1): "1"}
    assert texts(ax.get_xticklabels()) == texts(ax.get_yticklabels()) == ["a", "b", "c"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert png(ax.figure)


def test_confusion_matrix_of_many_classes_has_no_numbers():
    labels = np.arange(50)
    ax = plot.confusion_matrix(labels, labels[::-1])
    assert not ax.texts
    np.testing.assert_array_equal(ax.images[0].get_array(), np.eye(50)[::-1])
    assert png(ax.figure)


def test_gradient_flow_shows_root_mean_squares_and_largest():
    gradients = {"dense1.weights": np.array([3.0, -4.0]), "dense1.bias": np.ones(9), "dense2.weights": np.zeros(3)}
    ax = plot.gradient_flow(gradients)
    root, most = (line.get_ydata() for line in ax.lines)
    np.testing.assert_allclose(root, [np.sqrt(12.5), np.nan])
    np.testing.assert_allclose(most, [4.0, np.nan])
    assert texts(ax.get_xticklabels()) == ["dense1", "dense2"]
    plot.gradient_flow({name: 2 * g for name, g in gradients.items()}, label="twice", ax=ax)
    assert len({line.get_color() for line in ax.lines}) == 2
    assert png(ax.figure)


def test_gradient_flow_of_a_network(network):
    x = np.random.default_rng(0).random((4, 1, 8, 8))
    ax = plot.gradient_flow(network.gradients(x, np.arange(4), "cross_entropy"))
    assert texts(ax.get_xticklabels()) == ["conv1", "conv2", "dense1"]


def test_activation_histograms_are_rows_from_the_top():
    values = {"first": np.array([0.0, 0.0, 0.0, 1.0]), "second": np.full((2, 3), 0.5)}
    ax = plot.activation_histograms(values, bins=2)
    filled = [patch for patch in ax.patches if patch.get_fill()]
    heights = [patch.get_data().values - patch.get_data().baseline for patch in filled]
    np.testing.assert_allclose(heights, [[0.85, 0.85 / 3**0.5], [0, 0.85]])
    assert [patch.get_data().baseline for patch in filled] == [1.0, 0.0]
    assert texts(ax.get_yticklabels()) == ["first", "second"]
    assert [t.get_text() for t in ax.texts] == ["σ = 0.433", "σ = 0"]
    assert png(ax.figure)


def test_hinton_squares_have_the_weights_as_areas():
    table = np.array([[4.0, -1.0, 0.0], [2.0, -4.0, 8.0]])
    ax = plot.hinton(table, largest=4.0, names=(["a", "b"], ["x", "y", "z"]))
    positive, negative = ax.collections
    assert tuple(positive.get_facecolor()[0][:3]) == to_rgb("white")
    assert tuple(negative.get_facecolor()[0][:3]) == to_rgb("black")
    areas = [
        [np.prod(path.get_extents().size) for path in collection.get_paths()] for collection in (positive, negative)
    ]
    full = 0.92**2
    np.testing.assert_allclose(areas[0], [full, full / 2, full])
    np.testing.assert_allclose(areas[1], [full / 4, full])
    middles = [path.get_extents().p0 + path.get_extents().size / 2 for path in positive.get_paths()]
    np.testing.assert_allclose(middles, [[0, 0], [0, 1], [2, 1]])
    assert (texts(ax.get_yticklabels()), texts(ax.get_xticklabels())) == (["a", "b"], ["x", "y", "z"])
    assert ax.yaxis_inverted()
    assert "4" in ax.get_title()
    assert png(ax.figure)


def test_a_hinton_diagram_of_zeros_is_empty():
    ax = plot.hinton(np.zeros((40, 3)))
    assert not any(len(collection.get_paths()) for collection in ax.collections)
    assert png(ax.figure)


def test_a_hinton_diagram_with_biases_and_turned():
    table, bias = np.array([[4.0, -1.0, 0.0], [2.0, -4.0, 8.0]]), np.array([1.0, 2.0, -8.0])
    whole = np.vstack([table, bias])
    for turned, wanted in ((False, whole), (True, whole.T)):
        ax = plot.hinton(table, bias=bias, turned=turned)
        for sign, collection in zip((1, -1), ax.collections, strict=True):
            places = [path.get_extents().p0 + path.get_extents().size / 2 for path in collection.get_paths()]
            np.testing.assert_allclose(places, np.argwhere(np.sign(wanted) == sign)[:, ::-1])
        assert texts(ax.get_xticklabels() if turned else ax.get_yticklabels()) == ["0", "1", "bias"]
        assert (ax.get_xlabel(), ax.get_ylabel()) == (("to unit", "from unit")[:: -1 if turned else 1])
    long = plot.hinton(np.ones((90, 2)), bias=np.ones(2))
    assert texts(long.get_yticklabels())[-1] == "bias"
    assert len(texts(long.get_yticklabels())) < 60
    with pytest.raises(InvalidParameter, match=r"bias must be of shape \(3,\)"):
        plot.hinton(table, bias=[1.0])


def drawn(ax, number=0):
    """Return the colours' numbers of an image, NaN in the gaps."""
    return np.ma.filled(ax.images[number].get_array().astype(float), np.nan)


def test_a_mosaic_enlarges_pictures_and_leaves_gaps():
    pictures = np.arange(12.0).reshape(3, 2, 2)
    table = plot_filters.mosaic(pictures, 2)
    assert table.shape == (84, 84)  # twice 40 and a tenth of it
    for picture, (top, left) in zip(pictures, ((0, 0), (0, 44), (44, 0)), strict=True):
        np.testing.assert_array_equal(table[top : top + 40, left : left + 40], np.kron(picture, np.ones((20, 20))))
    assert np.isnan(table[40:44]).all()
    assert np.isnan(table[:, 40:44]).all()
    assert np.isnan(table[44:, 44:]).all()


def test_filters_stand_in_rows_with_zero_in_the_middle_of_the_colours():
    weights = np.arange(-6.0, 6.0).reshape(3, 1, 2, 2)
    ax = plot_filters.filters(weights, columns=2)
    np.testing.assert_array_equal(drawn(ax), plot_filters.mosaic(weights[:, 0], 2))
    assert ax.images[0].get_clim() == (-6, 6)
    for wide in range(1, 33):  # so that rows of pictures of several sizes stand below one another
        across = plot_filters.mosaic(np.ones((3, 4, wide)), 3).shape[1]
        assert plot_filters.filters(np.ones((3, 4, wide)), columns=3).images[0].get_extent()[1] == 3.2
        assert across % 3.2 < 1e-9 or 3.2 - across % 3.2 < 1e-9
    assert ax.images[0].get_extent() == [0, 2.1, 2.1, 0]
    corners = [path.get_extents().p0 for path in ax.collections[0].get_paths()]
    np.testing.assert_allclose(corners, [[0, 0], [1.1, 0], [0, 1.1]])
    assert png(ax.figure)
    named = plot_filters.filters(weights, columns=2, names=["a", "b", "c"])
    assert [t.get_text() for t in named.texts] == ["a", "b", "c"]
    places = [path.get_extents().p0 for path in named.collections[0].get_paths()]
    for text, (left, top) in zip(named.texts, places, strict=True):
        x, y = text.get_position()
        assert left < x < left + 1
        assert top - 0.3 < y < top
    assert png(named.figure)


def test_filters_of_a_network_are_its_layers(network):
    first, second = (network.parameters[f"conv{k}.weights"].astype(float) for k in (1, 2))
    np.testing.assert_array_equal(drawn(plot_filters.filters(network, columns=3)), plot_filters.mosaic(first[:, 0], 3))
    ax = plot_filters.filters(network, "conv2")
    np.testing.assert_array_equal(drawn(ax), plot_filters.mosaic(second.swapaxes(0, 1).reshape(12, 2, 2), 4))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("map", "channel")
    assert png(ax.figure)
    with pytest.raises(InvalidParameter, match="layer must be a layer with weights to draw: conv1, conv2; got 'conv9'"):
        plot_filters.filters(network, "conv9")


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (6, 3), (7, 3), (8, 4), (12, 4), (16, 4), (32, 8), (100, 10)])
def test_filters_fill_a_table_that_is_about_square(count, columns):
    pictures = np.random.default_rng(0).random((count, 3, 3))
    np.testing.assert_array_equal(drawn(plot_filters.filters(pictures)), plot_filters.mosaic(pictures, columns))


def test_filters_and_maps_of_an_estimator_and_their_titles(network):
    estimator = SimpleNamespace(network_=network)
    ax = plot_filters.filters(estimator)
    np.testing.assert_array_equal(drawn(ax), drawn(plot_filters.filters(network)))
    assert (ax.get_title(), ax.get_xlabel()) == ("weights of conv1", "map")
    assert len(plot_filters.feature_maps(estimator, np.ones((1, 8, 8))).images) == 4


def test_margins_are_no_maps_to_look_at():
    padded = Sequential([Pad2D(2), Conv2D(2, 3)], (1, 6, 6), random_state=0)
    ax = plot_filters.feature_maps(padded, np.ones((6, 6)))
    assert [label.split("\n")[0] for label in texts(ax.get_yticklabels())] == ["input", "conv1"]


def test_the_input_looks_the_same_wherever_it_comes_from(network):
    sample = np.random.default_rng(0).random((1, 8, 8))
    ax = plot_filters.feature_maps({"input": sample, "conv1": np.ones((2, 6, 6))})
    other = plot_filters.feature_maps(network, sample)
    assert [image.get_cmap().name for image in (*ax.images, *other.images[:2])] == ["gray", "viridis"] * 2


@pytest.mark.parametrize(
    ("sample", "message"), [((5, 1, 8, 8), "one sample"), ((2, 8, 8), r"one sample of shape \(1, 8, 8\)")]
)
def test_a_batch_is_no_sample(network, sample, message):
    with pytest.raises(InvalidParameter, match=message):
        plot_filters.feature_maps(network, np.ones(sample))


def test_weights_of_dense_units_are_pictures_of_the_input():
    dense = Sequential([Flatten(), Dense(3)], (1, 4, 6), random_state=0)
    ax = plot_filters.filters(dense, columns=3)
    wanted = dense.parameters["dense1.weights"].T.reshape(3, 4, 6).astype(float)
    np.testing.assert_array_equal(drawn(ax), plot_filters.mosaic(wanted, 3))
    with pytest.raises(InvalidParameter, match="height \\* width = 24"):
        plot_filters.filters(np.ones((24, 3)))
    assert plot_filters.filters(np.ones((24, 3)), shape=(4, 6))


def test_feature_maps_are_those_of_the_layers(network):
    sample = np.random.default_rng(0).random((8, 8)).astype(np.float32)
    ax = plot_filters.feature_maps(network, sample, most=3)
    values = network.activations(sample[None, None])
    rows = [sample[None], values["conv1"][0], values["pool1"][0], values["conv2"][0]]
    assert len(ax.images) == 4
    for k, maps in enumerate(rows):
        np.testing.assert_array_equal(drawn(ax, k), plot_filters.mosaic(maps[:3].astype(float), min(3, len(maps))))
        assert ax.images[k].get_clim() == (maps.min(), maps.max())
        assert ax.images[k].get_extent()[3] == pytest.approx(1.1 * k)
    assert [label.split("\n")[0] for label in texts(ax.get_yticklabels())] == ["input", "conv1", "pool1", "conv2"]
    assert "4 × 2×2" in texts(ax.get_yticklabels())[3]
    assert png(ax.figure)
    with pytest.raises(InvalidParameter, match="layers must be one of"):
        plot_filters.feature_maps(values, layers=["conv9"])
    with pytest.raises(InvalidParameter, match="sample must be given"):
        plot_filters.feature_maps(network)
    with pytest.raises(DataError, match="no layer has maps"):
        plot_filters.feature_maps({"dense1": np.ones(5)})


def test_reconstructions_share_the_range_of_the_first_row():
    ax = plot_filters.reconstructions({"sample": [[0.0, 1, 2, 3], [1, 1, 1, 1]], "out": [[9.0] * 4, [0.0] * 4]})
    assert [image.get_clim() for image in ax.images] == [(0, 3)] * 2
    np.testing.assert_array_equal(drawn(ax), plot_filters.mosaic(np.array([[[0.0, 1], [2, 3]], [[1, 1], [1, 1]]]), 2))
    assert texts(ax.get_yticklabels()) == ["sample", "out"]
    with pytest.raises(DataError, match="one picture of every sample"):
        plot_filters.reconstructions({"a": np.ones((2, 4)), "b": np.ones((3, 4))})


def test_decision_regions_of_one_output_and_of_classes():
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), [0, 1, 1, 0]

    def one(points):
        return points[:, :1]

    ax = plot_planes.decision_regions(one, x, y)
    mesh = ax.collections[0]
    values = mesh.get_array().reshape(plot_planes.GRID, plot_planes.GRID)
    np.testing.assert_allclose(values[0], np.linspace(-0.2, 1.2, plot_planes.GRID))
    assert mesh.get_clim() == (0, 1)
    np.testing.assert_array_equal(ax.collections[1].levels, [0.5])
    assert texts(ax.get_legend().get_texts()) == ["0", "1"]
    ax = plot_planes.decision_regions(lambda points: np.stack([-points[:, 0], points[:, 0] - 1], axis=1), x, y)
    values = ax.collections[0].get_array().reshape(plot_planes.GRID, plot_planes.GRID)
    np.testing.assert_array_equal(values[0], np.linspace(-0.2, 1.2, plot_planes.GRID) > 0.5)
    assert png(ax.figure)
    with pytest.raises(InvalidParameter, match=r"X must be of shape \(4, 2\)"):
        plot_planes.decision_regions(one, np.ones((4, 3)), y)


def test_decision_regions_of_a_classifier():
    class Nearest:
        def predict(self, points):
            return np.where(points[:, 1] > 0.5, "high", "low")

    ax = plot_planes.decision_regions(Nearest(), [[0, 0], [0.0, 1]], ["low", "high"])
    values = ax.collections[0].get_array().reshape(plot_planes.GRID, plot_planes.GRID)
    np.testing.assert_array_equal(values[:, 0], np.linspace(-0.2, 1.2, plot_planes.GRID) <= 0.5)


def test_the_loss_landscape_of_a_bowl():
    centre = np.array([3.0, 4.0, 0.0, 2.0])
    seen = []

    def loss(w):
        seen.append(w)
        return float(((w - centre) ** 2).sum())

    ax = plot_planes.loss_landscape(loss, centre, points=5, groups=[(0, 2), (2, 4)])
    steps = np.array(seen).reshape(5, 5, 4) - centre
    np.testing.assert_allclose(steps[2, 2], 0, atol=1e-12)
    for corner in ((2, 4), (4, 2)):
        np.testing.assert_allclose(np.linalg.norm(steps[corner].reshape(2, 2), axis=1), [5, 2])
    assert png(ax.figure)
    path = centre + np.outer([3.0, 2.0, 1.0, 0.0], [0, 1.0, 0, 0])
    walk = plot_planes.loss_landscape(loss, centre, points=5, path=path).lines[0]
    np.testing.assert_allclose(np.hypot(*walk.get_data()), [3, 2, 1, 0], atol=1e-12)


def test_the_page_of_a_convolutional_network(network):
    rng = np.random.default_rng(0)
    x, y = rng.random((20, 1, 8, 8)), rng.integers(0, 5, 20)
    page = overview(network, {"training": [2.0, 1.0]}, x=x, y=y, predicted=y, names=list("abcde"), title="test")
    titles = [ax.get_title() for ax in page.axes if ax.get_title()]
    assert titles[:3] == ["learning", "test", "weights of conv1"]
    x[0], y[0] = 0.0, 1
    found = np.full(20, 3)
    estimator = SimpleNamespace(network_=network)
    page = overview(estimator, {"training": [2.0]}, x=x, y=y, predicted=found, names=list("abcde"))
    assert "the layers on a sample of class b, taken for d" in [ax.get_title() for ax in page.axes]
    assert png(page)


@pytest.mark.parametrize(("inputs", "hidden", "panels", "tables"), [(2, 2, 4, 2), (3, 4, 3, 2), (2, 90, 3, 1)])
def test_the_page_of_a_small_dense_network(inputs, hidden, panels, tables):
    network = Sequential([Dense(hidden, activation="sigmoid"), Dense(1, activation="sigmoid")], inputs, random_state=0)
    x = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], float)[:, :inputs]
    page = overview(network, {"training": [2.0, 1.0]}, x=x, targets=np.array([[0.0], [1.0], [1.0]]))
    shown = [ax for ax in page.axes if ax.get_label() != "<colorbar>"]
    assert len(shown) == panels
    hinton = [ax for ax in shown if "a full cell" in ax.get_title()]
    assert len(hinton) == tables
    assert {(ax.get_xlabel(), ax.get_ylabel()) for ax in hinton} == {("to unit", "from unit")}
    assert all(texts(ax.get_yticklabels())[-1] == "bias" for ax in hinton)
    assert png(page)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plot.learning_curves({}), DataError, "a Training, a fitted estimator, or a mapping"),
        (lambda: plot.learning_curves({"x": [[1.0]]}), DataError, "a Training, a fitted estimator, or a mapping"),
        (lambda: plot.confusion_matrix([1, 2], [1]), DataError, r"two labels a sample .* \(2,\) and \(1,\)"),
        (lambda: plot.confusion_matrix([1], [1], names=["a", "b"]), InvalidParameter, "names must be 1 names"),
        (lambda: plot.gradient_flow({"a.weights": np.zeros(3)}), DataError, "other than zero"),
        (lambda: plot.activation_histograms({"a": [np.nan]}), DataError, "finite values"),
        (lambda: plot.activation_histograms({}), DataError, "finite values"),
        (lambda: plot.hinton([1.0, 2.0]), DataError, r"\(rows, columns\)"),
        (lambda: plot.hinton([[1.0]], largest=0), InvalidParameter, "largest must be a number above 0"),
        (lambda: plot.hinton([[1.0]], names=(["a"], [])), InvalidParameter, r"names\[1\] must be 1 names"),
        (lambda: plot_filters.filters(np.ones(3)), DataError, r"weights of shape \(3,\) are no pictures"),
        (lambda: plot_filters.filters(np.ones((2, 1, 3, 3)), names=["a"]), InvalidParameter, "2 names, one a picture"),
    ],
)
def test_mistakes_get_clear_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
