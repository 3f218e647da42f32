"""Figures: the colours that stand for values, the labels, and the errors."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from neurosim import plotting
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.hopfield import plot
from neurosim.hopfield.page import overview
from neurosim.hopfield.patterns import LETTER_SHAPE, corrupt, letters


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def hexes(image):
    """Return the colours of an image as text, (height, width)."""
    return np.apply_along_axis(lambda rgb: to_hex(rgb).upper(), 2, np.asarray(image.get_array(), float))


@pytest.mark.parametrize("coding", ["spin", "binary"])
def test_film_strip_colours_right_and_wrong_units(coding):
    patterns = letters("AX", coding=coding)
    states = np.stack([corrupt(patterns, 0.2, coding=coding, random_state=1), patterns], axis=1)
    ax = plot.film_strip(states, LETTER_SHAPE, targets=patterns, names=["A", "X"])
    assert len(ax.images) == 4
    colours = np.array([hexes(image) for image in ax.images]).reshape(2, 2, *LETTER_SHAPE)
    on, wrong = states > 0, states != patterns[:, None]
    table = np.array([[plot.OFF, plot.WRONG_OFF], [plot.ON, plot.WRONG_ON]])
    np.testing.assert_array_equal(colours, table[on.astype(int), wrong.astype(int)].reshape(colours.shape))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["A", "X"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1"]
    assert png(ax.figure)


def test_film_strip_stands_in_rows_and_columns():
    ax = plot.film_strip(np.ones((3, 4, 6)), (2, 3), times=["0", "1", "5", "9"])
    left, top = (np.array([image.get_extent()[k] for image in ax.images]).reshape(3, 4) for k in (0, 3))
    assert (np.diff(left, axis=1) > 1).all()
    assert (np.diff(top, axis=0) > 2 / 3).all()
    assert ax.yaxis_inverted()
    assert ax.get_aspect() == 1
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "5", "9"]


def test_film_strip_without_targets_and_shape():
    ax = plot.film_strip(np.eye(7)[:3])
    assert len(ax.images) == 3
    picture = hexes(ax.images[1])
    assert picture.shape == (3, 3)
    assert picture.ravel().tolist() == [plot.OFF, plot.ON, *[plot.OFF] * 5, "#FFFFFF", "#FFFFFF"]
    assert ax.get_legend() is None
    assert png(ax.figure)


def test_one_target_for_all_rows():
    ax = plot.film_strip([[[1, -1]], [[1, 1]]], (1, 2), targets=[1, 1])
    assert [hexes(image).ravel().tolist() for image in ax.images] == [[plot.ON, plot.WRONG_OFF], [plot.ON] * 2]
    assert len(ax.get_legend().get_texts()) == 4


def test_energy_descent_draws_every_row():
    energies = np.array([[-1.0, -3.0, -4.0], [-2.0, -2.5, np.nan]])
    named, plain = (
        plot.energy_descent(energies, names=["A", "B"]),
        plot.energy_descent(energies, [0, 5, 10], time="flip"),
    )
    for ax, times in ((named, [0, 1, 2]), (plain, [0, 5, 10])):
        for line, row in zip(ax.lines, energies, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), times)
            np.testing.assert_array_equal(line.get_ydata(), row)
    assert [text.get_text() for text in named.get_legend().get_texts()] == ["A", "B"]
    assert (named.get_xlabel(), plain.get_xlabel()) == ("sweep", "flip")
    assert plain.get_legend() is None
    assert png(named.figure)
    assert len(plot.energy_descent([3.0, 2.0]).lines) == 1


def test_overlaps_are_written_into_their_cells():
    table = np.array([[1.0, -0.25, 0.004], [0.5, -0.001, -1.0]])
    ax = plot.overlaps(table, names=(["p", "q"], ["A", "B", "C"]))
    np.testing.assert_array_equal(ax.images[0].get_array(), table)
    assert ax.images[0].get_clim() == (-1, 1)
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "1.00", (1, 0): "−0.25", (2, 0): "0.00", (0, 1): "0.50", (1, 1): "0.00", (2, 1): "−1.00"}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["A", "B", "C"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["p", "q"]
    assert png(ax.figure)


def test_many_overlaps_are_colours_alone():
    assert len(plot.overlaps(np.zeros((8, 2))).texts) == 16
    ax = plot.overlaps(np.zeros((9, 2)))
    assert not ax.texts
    assert ax.get_ylabel() == "probe"
    assert plot.overlaps(np.zeros((2, 8))).get_aspect() == 1
    assert plot.overlaps(np.zeros((2, 300))).get_aspect() == "auto"
    named = plot.overlaps(np.zeros((2, 17)), names=(["p", "q"], [f"pattern {k}" for k in range(17)]))
    assert [label.get_text() for label in named.get_yticklabels()] == ["p", "q"]
    assert not any("pattern" in label.get_text() for label in named.get_xticklabels())


def test_basin_has_intervals_of_its_trials():
    ax = plot.basin([0, 5, 12], [1.0, 0.84, 0.16], 400, label="Hebb")
    plot.basin([0, 5, 12], [1.0, 0.9, 0.5], label="Storkey", ax=ax)
    low, high = ax.collections[0].get_paths()[1].vertices[:, 1]
    z, n, p = 1.96, 400, 0.84
    for end in (low, high):  # the ends of Wilson's interval solve |p - x| = z sqrt(x (1 - x) / n)
        assert abs(p - end) == pytest.approx(z * (end * (1 - end) / n) ** 0.5)
    assert low < p < high
    assert {to_hex(line.get_color()) for line in ax.lines[:1]} == {plotting.COLOURS[0].lower()}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Hebb", "Storkey"]
    assert ax.get_xlabel() == "units turned round"
    assert plot.basin([0.0, 0.4], [1.0, 0.5]).get_xlabel() == "share of units turned round"
    assert png(ax.figure)


def test_phase_diagram_overlays_lines_on_measurements():
    loads, temperatures = np.array([0.02, 0.06, 0.1]), np.array([0.0, 0.5])
    overlap = np.arange(6).reshape(2, 3) / 6
    curve = (np.array([0.0, 0.1]), np.array([1.0, 0.3]))
    ax = plot.phase_diagram({"$T_M$": curve}, loads, temperatures, overlap, size=500)
    np.testing.assert_array_equal(ax.collections[0].get_array().reshape(2, 3), overlap)
    assert ax.get_xlim() == pytest.approx((0.0, 0.12))
    assert ax.get_ylim() == pytest.approx((-0.25, 0.75))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.transpose(curve))
    assert any("500 units" in other.get_ylabel() for other in ax.figure.axes)
    assert png(ax.figure)
    alone = plot.phase_diagram({"a": curve, "b": curve})
    assert not alone.collections
    assert len({line.get_linestyle() for line in alone.lines}) == 2


def test_functions_draw_where_they_are_told():
    ax = Figure().add_subplot()
    for draw in (
        lambda: plot.film_strip(np.ones((2, 4)), ax=ax),
        lambda: plot.energy_descent([1.0], ax=ax),
        lambda: plot.overlaps([[1.0]], ax=ax),
        lambda: plot.basin([1], [1], ax=ax),
        lambda: plot.phase_diagram({}, ax=ax),
    ):
        assert draw() is ax


def test_overview_puts_all_on_one_page():
    patterns = letters("ACJ")
    states = np.stack([corrupt(patterns, share, random_state=2) for share in (0.3, 0.2, 0.1, 0.0)], axis=1)
    energies = np.array([[0.0, -1, -2, -3]] * 3)
    names = ["p", "q", "r"]
    figure = overview(states, energies, patterns, frames=[0, 3], shape=LETTER_SHAPE, targets=patterns, names=names,
                      pattern_names=list("ACJ"))  # fmt: skip
    assert png(figure)
    film, energy, table = (ax for ax in figure.axes if ax.get_xlabel())
    assert len(film.images) == 6
    assert [label.get_text() for label in film.get_xticklabels()] == ["0", "3"]
    assert [len(line.get_xdata()) for line in energy.lines] == [4, 4, 4]
    shown = table.images[0].get_array()
    np.testing.assert_allclose(np.diag(shown), 1)
    np.testing.assert_allclose(shown, patterns.astype(float) @ patterns.T / 120)
    binary = overview((states + 1) // 2, energies, (patterns + 1) // 2)
    np.testing.assert_allclose(binary.axes[-2].images[0].get_array(), shown)
    assert png(binary)
    assert film.get_title() == ""
    told = overview(states, energies, patterns, title="the first 3 of 9 probes")
    assert "the first 3 of 9 probes" in [ax.get_title() for ax in told.axes]
    long = overview(states, energies, patterns, pattern_names=["a letter", "another letter", "X"])
    turns = [[label.get_rotation() for label in figure.axes[-2].get_xticklabels()] for figure in (told, long)]
    assert turns == [[0] * 3, [90] * 3]


BAD = {
    "shape": (lambda: plot.film_strip(np.ones((2, 6)), (2, 2)), r"plot.film_strip: shape must be .* = 6; got \(2, 2\)"),
    "times": (lambda: plot.film_strip(np.ones((2, 6)), times=["a"]), "times must be 2 names"),
    "names": (lambda: plot.film_strip(np.ones((2, 6)), names=["a", "b"]), "names must be 1 names"),
    "energy names": (lambda: plot.energy_descent([[1.0]], names=["a", "b"]), "plot.energy_descent: names must be 1"),
    "many names": (lambda: plot.energy_descent(np.ones((11, 1)), names=list("abcdefghijk")), "at most 10 names"),
    "overlap names": (lambda: plot.overlaps([[1.0]], names=(["a", "b"], ["a"])), "names.0. must be 1 names"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_wrong_parameters(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()


BROKEN = {
    "times": (lambda: plot.energy_descent([1.0, 2.0], [1]), "1 times for 2 energies"),
    "overlap": (lambda: plot.overlaps([[1.5]]), r"in \[-1, 1\]"),
    "nan": (lambda: plot.overlaps([[np.nan]]), r"in \[-1, 1\]"),
    "share": (lambda: plot.basin([1], [1.5]), "plot.basin: "),
    "lengths": (lambda: plot.basin([1, 2], [1.0]), "plot.basin: "),
    "grid": (lambda: plot.phase_diagram({}, [1, 2], [1], [[1]]), r"has shape \(1, 1\); \(1, 2\) is wanted"),
    "page": (lambda: overview(np.ones((2, 3, 4)), np.ones((2, 2)), np.ones((1, 4))), r"got \(2, 3, 4\), \(2, 2\)"),
}


@pytest.mark.parametrize(("call", "message"), BROKEN.values(), ids=BROKEN)
def test_wrong_arrays(call, message):
    with pytest.raises(DataError, match=message):
        call()
