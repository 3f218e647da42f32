"""Figures of Boltzmann machines: the numbers behind lines, squares and colours, the labels, and the errors."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from neurosim import plotting
from neurosim.boltzmann import (
    BoltzmannMachine,
    LogPartition,
    encoder_task,
    page,
    plot,
    plot_rbm,
    plot_weights,
    shifter_task,
)
from neurosim.core.errors import DataError, InvalidParameter

GROUPS = {"V1": range(2), "H": [4], "V2": range(2, 4)}
TABLE = np.array([[0, 4, 0, 0, -1], [4, 0, 0, 0, 0], [0, 0, 0, 9, 0], [0, 0, 9, 0, 0], [-1, 0, 0, 0, 0]], float)
BIASES = np.array([0, -16, 0, 0, 1.0])


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def texts(labels):
    return [label.get_text() for label in labels]


def squares(collection):
    """Return centres and sides of the squares of a collection, [(x, y, side), ...]."""
    widths = [path.get_extents().width for path in collection.get_paths()]
    return [(x, y, width) for (x, y), width in zip(middles(collection), widths, strict=True)]


def middles(collection):
    """Return the centres of rectangles, (n, 2)."""
    boxes = [path.get_extents() for path in collection.get_paths()]
    return np.array([((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2) for b in boxes])


def at(line, x):
    """Return the height of a line of steps at x."""
    steps = np.asarray(line.get_xdata())
    return np.asarray(line.get_ydata())[np.flatnonzero(steps <= x)[-1]]


def test_survival_is_the_share_that_is_left():
    solved_at = np.array([30, -1, 10, 30, 200])
    ax = plot.survival(solved_at, 400, label="ours", published=([110, 300], [0.5, 0.1]))
    curve = ax.lines[1]
    shares = [at(curve, cycle) for cycle in (1, 9, 10, 29, 30, 199, 200, 400)]
    np.testing.assert_allclose(shares, [1, 1, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2])
    assert curve.get_xdata()[-1] == 400
    assert curve.get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(ax.lines[2].get_xydata(), [[110, 0.5], [300, 0.1]])
    assert texts(ax.get_legend().get_texts()) == ["ours", "published"]
    assert ax.get_xscale() == "log"
    assert png(ax.figure)
    plot.survival(SimpleNamespace(solved_at=np.array([-1, -1]), cycles=1000), ax=ax)
    assert ax.lines[-1].get_xdata()[-1] == 1000
    assert set(ax.lines[-1].get_ydata()) == {1.0}
    assert ax.lines[-1].get_color() != curve.get_color()


def test_survival_has_plain_numbers_at_its_ticks():
    ax = plot.survival([3, 50, 4000])
    png(ax.figure)
    assert {"1", "10", "100", "1,000"} <= set(texts(ax.get_xticklabels()))
    assert not any(texts(ax.xaxis.get_minorticklabels()))


def test_codes_are_squares_and_shared_ones_are_orange():
    values = np.array([[[0, 1], [1, 1], [1, 0]], [[0, 1], [0, 1], [1, 0]]])
    ax = plot.codes(values, names=["a", "b"], patterns=["p", "q", "r"])
    (cells,) = ax.collections
    faces = [to_hex(face).upper() for face in cells.get_facecolor()]
    colours = np.array(faces).reshape(values.shape)
    shared = np.zeros(values.shape, bool)
    shared[1, :2] = True
    expected = np.where(values == 0, plot.OFF, np.where(shared, plot.SHARED, plot.ON))
    np.testing.assert_array_equal(colours, expected)
    place = np.array([square[:2] for square in squares(cells)]).reshape(2, 3, 2, 2)
    np.testing.assert_allclose(place[:, :, :, 1], np.broadcast_to(np.arange(3)[:, None], (2, 3, 2)))
    np.testing.assert_allclose(place[0, 0, :, 0], [0, 1])
    assert place[1, 0, 0, 0] > place[0, 0, 1, 0] + 1
    assert texts(ax.get_yticklabels()) == ["p", "q", "r"]
    assert "orange" in ax.get_xlabel()
    assert png(ax.figure)
    assert "orange" not in plot.codes(values[0]).get_xlabel()


def test_a_unit_s_rectangle_is_a_small_picture_of_the_machine():
    ax = plot_weights.weights(TABLE, BIASES, groups=GROUPS)
    ground, white, black, own = ax.collections
    centre = middles(ground)
    frame = np.array(squares(own))[:, :2]
    np.testing.assert_allclose(squares(own), np.column_stack([frame, np.ones(5)]))
    inside = frame - centre  # where each unit is in a small picture
    step = np.diff(centre[:2, 0])[0] / np.diff(inside[:2, 0])[0]
    np.testing.assert_allclose(centre[:, 0], step * inside[:, 0])  # the small picture is the large one
    assert np.argsort(inside[:, 1], kind="stable").tolist() == [0, 1, 4, 2, 3]
    for collection, sign in ((white, 1), (black, -1)):
        drawn = {tuple(np.round([x, y, side], 6)) for x, y, side in squares(collection)}
        table = TABLE + np.diag(BIASES)
        expected = set()
        for i, j in np.argwhere(np.sign(table) == sign):
            place = centre[i] + inside[j]
            expected.add(tuple(np.round([*place, 0.92 * np.sqrt(abs(table[i, j]) / 16)], 6)))
        assert drawn == expected
    assert "16" in ax.get_xlabel()
    assert texts(ax.get_yticklabels()) == ["V1", "H", "V2"]
    assert png(ax.figure)


def test_some_units_alone_have_the_same_pictures():
    every, some = (plot_weights.weights(TABLE, BIASES, groups=GROUPS, of=of, across=2) for of in (None, [4, 0, 1]))
    centre = [middles(ax.collections[0]) for ax in (every, some)]
    assert len(centre[1]) == 3
    assert centre[1][0, 1] == centre[1][1, 1] < centre[1][2, 1]
    inside = [np.array(squares(ax.collections[3]))[:, :2] - c for ax, c in zip((every, some), centre, strict=True)]
    np.testing.assert_allclose(inside[1], inside[0][[4, 0, 1]], atol=1e-9)
    count = sum(len(some.collections[k].get_paths()) for k in (1, 2))
    assert count == np.count_nonzero((TABLE + np.diag(BIASES))[[4, 0, 1]])
    assert not some.get_yticks().size
    assert png(some.figure)


def test_weights_of_a_machine_by_visible_and_hidden_units():
    machine = SimpleNamespace(weights=TABLE, biases=BIASES, visible=np.arange(4), hidden=np.array([4]))
    ax = plot_weights.weights(machine, columns=3, largest=4)
    assert texts(ax.get_yticklabels()) == ["visible", "", "hidden"]
    assert max(side for _, _, side in squares(ax.collections[1])) == pytest.approx(0.92)
    assert png(plot_weights.weights(np.zeros((3, 3))).figure)


def test_cooccurrence_is_sorted_by_groups():
    p = np.arange(25).reshape(5, 5) / 30
    ax = plot.cooccurrence(p, groups=GROUPS)
    order = [0, 1, 4, 2, 3]
    np.testing.assert_array_equal(ax.images[0].get_array(), p[order][:, order])
    assert ax.images[0].get_clim() == (0, 1)
    assert [line.get_ydata()[0] for line in ax.lines[::2]] == [1.5, 2.5]
    assert texts(ax.get_xticklabels()) == ["V1", "H", "V2"]
    np.testing.assert_array_equal(ax.get_xticks(), [0.5, 2, 3.5])
    assert png(ax.figure)
    other = plot.cooccurrence(p - 0.9, difference=True)
    assert other.images[0].get_clim() == pytest.approx((-0.9, 0.9))
    assert png(other.figure)


def test_schedules_are_steps():
    ax = plot.schedule("2@20,1@15.5", statistics=(3, 10))
    np.testing.assert_array_equal(ax.patches[0].get_data().values, [20, 20, 15.5, 10, 10, 10])
    assert ax.patches[1].get_extents() is not None
    assert ax.patches[1].get_x() == 3
    assert ax.patches[1].get_width() == 3
    assert texts(ax.get_legend().get_texts()) == ["2@20,1@15.5"]
    plot.schedule([40.0, 5.0], ax=ax)
    assert ax.get_ylim()[1] > 40
    assert png(ax.figure)


def test_filters_in_the_order_of_their_norms():
    weights = np.array([[1.0, 0, 0, 0], [0, -3, 0, 0], [0, 0, 2, 0]])
    plain, sorted_ = (plot_rbm.filters(SimpleNamespace(components_=weights), order=o) for o in ("index", "norm"))
    assert plain.images[0].get_clim() == (-3, 3)
    for ax, order in ((plain, [0, 1, 2]), (sorted_, [1, 2, 0])):
        table = np.asarray(ax.images[0].get_array().filled(np.nan))
        signs = [np.sign(np.nansum(part)) for part in np.array_split(table, 3, axis=1)]
        assert signs == np.sign(weights.sum(axis=1))[order].tolist()
    assert "largest" in sorted_.get_xlabel()
    assert png(sorted_.figure)


def test_samples_as_a_table_and_as_chains():
    states = np.random.default_rng(0).random((6, 12))
    ax = plot_rbm.samples(states, (3, 4), columns=3)
    assert len(ax.figure.axes) == 1
    assert ax.images[0].get_clim() == pytest.approx((states.min(), states.max()))
    assert png(ax.figure)
    chains = plot_rbm.samples(states.reshape(2, 3, 12), (3, 4), times=[0, 1000])
    assert texts(chains.get_yticklabels()) == ["0", "1000"]
    assert {image.get_clim() for image in chains.images} == {(states.min(), states.max())}
    assert chains.get_ylabel() == "Gibbs sweeps"
    assert png(chains.figure)


def test_what_was_not_given_is_orange():
    x = np.random.default_rng(0).random((3, 4))
    given = np.where([True, False, True, True], x, np.nan)
    ax = plot_rbm.reconstructions({"data": x, "given": given, "completed": x + 1})
    assert len(ax.patches) == 3
    assert {to_hex(patch.get_facecolor()).upper() for patch in ax.patches} == {plot_rbm.UNKNOWN}
    assert [image.get_clim() for image in ax.images] == [(x.min(), x.max())] * 3
    _, right, _, top = ax.images[1].get_extent()
    assert [patch.get_y() for patch in ax.patches] == [top] * 3
    assert ax.patches[-1].get_x() + 1 == pytest.approx(right)
    assert png(ax.figure)
    first = plot_rbm.reconstructions({"given": given, "completed": x + 1})
    assert first.images[1].get_clim() == (np.nanmin(given), np.nanmax(given))


def test_likelihoods_have_bands_and_a_limit():
    values = np.array([-30.0, -20, -15])
    bounds = {"training": (values - 2, values + 1)}
    ax = plot_rbm.likelihood({"training": values, "validation": values - 1}, [1, 5, 10], bounds=bounds, limit=-10)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.column_stack([[1, 5, 10], values]))
    assert ax.lines[2].get_ydata() == [-10, -10]
    band = ax.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (-32, -14)
    assert texts(ax.get_legend().get_texts()) == ["training", "validation", "greatest possible"]
    assert ax.get_ylabel() == "mean log-likelihood in nats"
    assert png(ax.figure)
    assert plot_rbm.likelihood({"free energy": [1.0]}).get_legend() is None


def test_partition_draws_chains_estimates_and_the_truth():
    """The chains of each way average to its estimate: their weights, or of the reverse one over their weights."""
    weights = np.array([-1.0, 0, 2])
    common = {"log_weights": weights, "low": -np.inf, "high": 455.0}
    estimates = {
        "AIS": LogPartition(450.0, 0.1, method="ais", **common),
        "reverse": LogPartition(452.0, 0.1, method="reverse_ais", **common),
        "none": LogPartition(451.0, 0.0, 451.0, 451.0, "exact", np.empty(0)),
    }
    ax = plot_rbm.partition(estimates, exact=451.0)
    up, down = (np.asarray(ax.lines[k].get_xdata()) for k in (0, 4))
    assert np.log(np.exp(up - 450).mean()) == pytest.approx(0, abs=1e-12)
    assert np.log(np.exp(452 - down).mean()) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(np.diff(up), [1, 2])
    np.testing.assert_allclose(np.diff(down), [-1, -2])
    left, right = ax.lines[1].get_xdata()
    assert left < up.min()
    assert right == 455
    assert list(ax.lines[2].get_xdata()) == [455]  # no end where it is infinite
    assert list(ax.lines[3].get_xdata()) == [450]
    assert texts(ax.get_yticklabels()) == ["AIS", "reverse", "none"]
    assert any(list(line.get_xdata()) == [451, 451] for line in ax.lines)
    assert png(ax.figure)


BAD = {
    "solved": lambda: plot.survival([[1, 2]]),
    "real cycles": lambda: plot.survival([1.5]),
    "codes": lambda: plot.codes([[0, 2]]),
    "code names": lambda: plot.codes([[0, 1]], names=["a", "b"]),
    "pattern names": lambda: plot.codes([[0, 1]], patterns=["a", "b"]),
    "weights": lambda: plot_weights.weights(np.zeros((2, 3))),
    "biases": lambda: plot_weights.weights(np.zeros((2, 2)), np.zeros(3)),
    "groups": lambda: plot_weights.weights(TABLE, groups={"V": range(4)}),
    "groups twice": lambda: plot_weights.weights(TABLE, groups={"V": [0, 1, 2, 3, 4, 4]}),
    "of": lambda: plot_weights.weights(TABLE, of=[5]),
    "largest": lambda: plot_weights.weights(TABLE, largest=0),
    "pairs": lambda: plot.cooccurrence(np.zeros(3)),
    "NaN": lambda: plot.cooccurrence([[np.nan]]),
    "stages": lambda: plot.schedule("2@"),
    "temperatures": lambda: plot.schedule([np.inf]),
    "filters": lambda: plot_rbm.filters(np.zeros(3)),
    "order": lambda: plot_rbm.filters(np.eye(4), order="size"),
    "shape": lambda: plot_rbm.filters(np.eye(4), (3, 3)),
    "samples": lambda: plot_rbm.samples(np.zeros(4)),
    "sample shape": lambda: plot_rbm.samples(np.zeros((2, 5))),
    "times": lambda: plot_rbm.samples(np.zeros((2, 2, 4)), times=[1, 1]),
    "no rows": lambda: plot_rbm.reconstructions({}),
    "no curves": lambda: plot_rbm.likelihood({}),
    "times of curves": lambda: plot_rbm.likelihood({"a": [1, 2]}, [1]),
    "no estimates": lambda: plot_rbm.partition({}),
}


@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_mistakes_are_named(call):
    with pytest.raises((DataError, InvalidParameter), match="plot"):
        call()


def test_all_draw_on_axes_that_are_given():
    figure = plotting.figure(9, 9)
    panels = figure.subplots(3, 3).flat
    given = [next(panels) for _ in range(9)]
    drawn = [
        plot.survival([1, 2], ax=given[0]),
        plot.codes([[0, 1]], ax=given[1]),
        plot_weights.weights(TABLE, ax=given[2]),
        plot.cooccurrence(np.eye(3), ax=given[3]),
        plot.schedule("2@3", ax=given[4]),
        plot_rbm.filters(np.eye(4), ax=given[5]),
        plot_rbm.samples(np.eye(4), ax=given[6]),
        plot_rbm.reconstructions({"a": np.eye(4)}, ax=given[7]),
        plot_rbm.likelihood({"a": [1, 2]}, ax=given[8]),
    ]
    assert drawn == given
    assert png(figure)


def found(figure):
    """Return the titles of a page's Axes, without colour bars."""
    return [ax.get_title() for ax in figure.axes if ax.get_label() != "<colorbar>"]


def test_the_page_of_encoders():
    task = encoder_task("3-2-3")
    weights = np.random.default_rng(0).normal(size=(5, 8, 8))
    runs = SimpleNamespace(
        solved_at=np.array([9, -1, 30, 2, 5]), cycles=40, codes=np.zeros((5, 3, 2), int), weights=weights,
        biases=weights[:, 0],
    )  # fmt: skip
    figure = page.encoders(runs, task, machine=2, published=([10], [0.5]), title="3-2-3")
    assert found(figure) == ["", "codes", "weights of machine 3, solved in cycle 30"]
    assert texts(figure.axes[2].get_yticklabels()) == ["V1", "H", "V2"]
    assert texts(figure.axes[0].get_legend().get_texts()) == ["3-2-3", "published"]
    assert png(figure)
    assert found(page.encoders(runs, task, machine=1))[2] == "weights of machine 2, not solved"


def test_the_page_of_the_shifter():
    task = shifter_task(3, n_hidden=7)
    machine = BoltzmannMachine(task.n_visible, task.n_hidden, biases=np.arange(16))
    figure = page.shifter(machine, task, [1, 5], [0.5, 0.75], [0, 1, 2], [0, 0, 0])
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[1, 50], [5, 75]])
    assert len(figure.axes) == 4
    (units,) = (ax for ax in figure.axes if "hidden units" in ax.get_title())
    assert len(units.collections[0].get_paths()) == 7
    assert texts(figure.axes[1].get_xticklabels()) == ["left", "none", "right"]
    assert png(figure)


def test_the_page_of_a_restricted_machine():
    x = np.random.default_rng(0).random((20, 12))
    model = SimpleNamespace(components_=np.ones((120, 12)), reconstruct=lambda v: v / 2)
    curves = {"training": [1.0, 2], "test": [0.5, 1]}
    figure = page.restricted(model, curves, x=x, fantasies=x, shape=(3, 4), quantity="nats", at=[1, 9], title="data")
    assert found(figure) == ["data", "the 100 largest of 120 filters", "", "fantasies"]
    data, again = figure.axes[-2].images
    np.testing.assert_allclose(again.get_array().compressed(), data.get_array().compressed() / 2)
    assert png(figure)
    plain = page.restricted(SimpleNamespace(components_=np.eye(4)), curves)
    assert len(plain.axes) == 2
    assert png(plain)
    assert len(page.restricted(SimpleNamespace(components_=np.ones((41, 4))), curves).axes) == 1


@pytest.mark.parametrize(("labels", "shape", "panels"), [(True, (3, 4), 5), (False, (3, 4), 3), (True, None, 3),
                                                         (False, None, 1)])  # fmt: skip
def test_the_page_of_a_deep_net(labels, shape, panels):
    machines = [SimpleNamespace(components_=np.ones((6, 12)), errors_=[2.0, 1.0])] * 2
    net = SimpleNamespace(rbms_=machines, loss_curve_=[1.0, 0.5] if labels else [])
    given = {"y": [0, 1], "predicted": [0, 0], "title": "test data"} if labels else {}
    pictures = {"shape": shape, "fantasies": np.random.default_rng(0).random((40, 12))} if shape else {}
    figure = page.deep(net, **given, **pictures)
    titles = found(figure)
    assert len(titles) == panels
    assert ("test data" in titles, "fantasies" in titles) == (labels, shape is not None)
    assert texts(figure.axes[0].get_legend().get_texts()) == ["layer 1", "layer 2"]
    assert png(figure)
