"""Figures of neocognitrons: the numbers behind colours, lines and pictures, the labels, and the errors."""

import io
from types import SimpleNamespace

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron import page, plot, plot_layers
from neurosim.neocognitron.layers import stage
from neurosim.neocognitron.neocognitron1980 import Neocognitron1980
from neurosim.neocognitron.recipe import CLayer, Pool, SLayer
from neurosim.neocognitron.stick_patterns import centred
from neurosim.neocognitron.tolerance import ToleranceCurve

BLANK = np.ones((1, 4, 4))


def png(figure):
    """Draw a figure, which raises where the layout fails (warnings are errors)."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return file.getvalue()


def texts(labels):
    return [label.get_text() for label in labels]


def layers(rng, planes=30):
    sizes = {"U0": (1, 9), "S1": (4, 9), "C1": (4, 5), "S2": (planes, 3), "C2": (3, 1)}
    return {name: rng.random((k, side, side)) for name, (k, side) in sizes.items()}


def curve(change="shift", unit="pixels", accuracy=(1.0, 0.9, 0.5)):
    return ToleranceCurve(change, unit, np.arange(3.0), np.array(accuracy), np.array([0.0, 0.01, 0.02]), 100)


def test_every_layer_has_a_row_on_its_own_scale(rng):
    given = layers(rng, 5)
    ax = plot_layers.responses(given, classes=["a", "b", "c"])
    assert texts(ax.get_yticklabels()) == [
        "$U_{0}$\n9 × 9", "$U_{S1}$: 4\n9 × 9", "$U_{C1}$: 4\n5 × 5", "$U_{S2}$: 5\n3 × 3", "$U_{C2}$: 3\n1 × 1",
    ]  # fmt: skip
    drawn = iter(ax.images)
    for planes in given.values():
        for plane in planes:
            image = next(drawn)
            np.testing.assert_array_equal(image.get_array(), plane)
            assert image.get_clim() == (0, planes.max())
    assert next(drawn, None) is None
    assert texts(ax.texts) == [f"max {planes.max():.2g}" for planes in given.values()] + ["a", "b", "c"]
    tops = sorted({image.get_extent()[3] for image in ax.images})
    assert len(tops) == 5
    assert np.diff(tops)[-1] > np.diff(tops)[0]  # room for the classes above the last row
    assert png(ax.figure)


def test_of_many_planes_the_strongest_are_drawn(rng):
    given = layers(rng)
    ax = plot_layers.responses(given, layers=["U0", "S2"], most=6)
    order = np.argsort(-given["S2"].max(axis=(1, 2)))[:6]
    for image, k in zip(ax.images[1:], sorted(order), strict=True):
        np.testing.assert_array_equal(image.get_array(), given["S2"][k])
    assert texts(ax.get_yticklabels())[1] == "$U_{S2}$: 6 of 30\n3 × 3"
    silent = plot_layers.responses({"S1": np.zeros((2, 3, 3))})
    assert silent.images[0].get_clim() == (0, 1)
    assert texts(silent.texts) == ["max 0"]


def test_a_model_is_asked_for_its_responses(rng):
    given = layers(rng, 5)
    asked = []

    def responses(images):
        asked.append(images.shape)
        return tuple(planes[None] for planes in given.values())

    ax = plot_layers.responses(SimpleNamespace(responses=responses), image := rng.random((9, 9)))
    assert asked == [(1, 9, 9)]
    assert len(ax.images) == 18
    np.testing.assert_array_equal(ax.images[0].get_array(), image)
    assert texts(ax.get_yticklabels())[::4] == ["$U_{0}$\n9 × 9", "layer 4: 5\n3 × 3"]
    with pytest.raises(InvalidParameter, match="image must be one image"):
        plot_layers.responses(SimpleNamespace(responses=responses))


def test_patterns_fill_their_colours(rng):
    stack = rng.normal(size=(5, 3, 4)) * np.arange(1, 6)[:, None, None]
    ax = plot_layers.patterns(stack, signed=True, columns=2, titles=range(5))
    for image, picture in zip(ax.images, stack, strict=True):
        np.testing.assert_allclose(image.get_array(), picture / np.abs(picture).max())
        assert image.get_clim() == (-1, 1)
    assert texts(ax.texts) == ["0", "1", "2", "3", "4"]
    lefts = [image.get_extent()[0] for image in ax.images]
    assert lefts == [0, 1.08, 0, 1.08, 0]
    assert png(ax.figure)
    ink = plot_layers.patterns(np.zeros((3, 2, 2)))
    assert ink.images[0].get_clim() == (0, 1)


def test_preferred_patterns_are_what_excites_the_cells():
    images = np.zeros((3, 9, 9))
    images[0, 2:5, 3] = 1  # an upright bar
    images[1, 6, 2:5] = 1  # a lying one
    images[2, 0:3, 8] = 1  # another upright one, in the corner
    u = np.zeros((3, 3, 9, 9))
    u[0, 0, 3, 3], u[1, 1, 6, 3], u[2, 0, 1, 8] = 3, 1, 1
    found = plot_layers.preferred(images, u, window=3)
    upright = np.zeros((3, 3))
    upright[:, 1] = 1
    np.testing.assert_allclose(found[0], upright)
    np.testing.assert_allclose(found[1], upright.T)
    assert not found[2].any()
    images[2] = 0
    np.testing.assert_allclose(plot_layers.preferred(images, u, window=3)[0], 0.75 * upright)
    np.testing.assert_allclose(plot_layers.preferred(images, u, window=3, best=1)[0], upright)


def test_cells_of_coarse_planes_lie_over_the_middle():
    image = np.zeros((1, 16, 16))
    image[0, 5, 9] = 1
    u = np.zeros((1, 1, 10, 10))
    u[0, 0, 3, 5] = 1  # of the 10 cells at distance 2 the middle is at 4.5: this one sees pixels 4 to 5 and 8 to 9
    np.testing.assert_array_equal(plot_layers.preferred(image, u, window=2, stride=2)[0], [[0, 0], [0, 1]])


def test_receptive_fields_of_the_network_of_1980():
    def pair(window, pool, stride):
        s = SLayer.shunting1980(np.zeros((window, window, 1, 1)), np.zeros(1), np.ones((window, window)), 0, 1.0)
        return s, CLayer(np.ones((pool, pool)), stride, 0, Pool.AVERAGE)

    found = plot_layers.receptive_fields([pair(5, 5, 2), pair(5, 5, 2), pair(5, 2, 1)])
    sizes = {"S1": (5, 1), "C1": (9, 2), "S2": (17, 2), "C2": (25, 4), "S3": (41, 4), "C3": (45, 4)}
    assert {name: field[:2] for name, field in found.items()} == sizes


@pytest.mark.parametrize(("pad", "stride"), [(0, 1), (1, 2), (2, 2), (2, 3)])
def test_receptive_fields_lie_where_cells_see(pad, stride):
    """Each pixel alone excites exactly the cells whose fields hold it."""
    s = SLayer.subtractive(np.ones((3, 3, 1, 1)), np.ones((3, 3)), pad, 0.0)
    c = CLayer(np.ones((5, 5)), stride, pad, Pool.AVERAGE)
    window, step, first = plot_layers.receptive_fields([(s, c)])["C1"]
    pixels = np.zeros((13, 13, 13, 1))
    pixels[range(13), 6, range(13)] = 1
    excited = stage(pixels, s, c)[..., 0].max(axis=1) > 0  # (pixels, columns of cells)
    for cell, sees in enumerate(excited.T):
        away = np.abs(np.arange(13) - first - step * cell)
        np.testing.assert_array_equal(sees, away <= (window - 1) / 2)


def test_preferred_patterns_of_the_network_of_1980_are_not_shifted():
    """Strides of 2 leave the last margin of the layers unused, so that their middles lie off that of the image."""
    network = Neocognitron1980(planes=(3, 2, 2), presentations=1, random_state=0).fit(centred("01"))
    window, stride, first = plot_layers.receptive_fields(network.layers)["C2"]
    side = network.responses(np.ones((1, 16, 16)))["C2"].shape[2]
    cell = side // 2
    dot, u = np.zeros((1, 16, 16)), np.zeros((1, 1, side, side))
    dot[0, int(first + stride * cell), int(first + stride * cell)] = u[0, 0, cell, cell] = 1
    found = plot_layers.preferred(dot, u, window=window, stride=stride, first=first)[0]
    assert found[window // 2, window // 2] == found.sum() == 1
    assert plot_layers.preferred(dot, u, window=window, stride=stride)[0][window // 2, window // 2] == 0


def test_classes_stand_above_the_last_layer_only(rng):
    given = layers(rng, 5)
    ax = plot_layers.responses(given, layers=["U0", "S1"], classes="abc")
    assert all(text.startswith("max") for text in texts(ax.texts))


def test_confusions_have_a_column_for_rejected_images():
    y, said = [1, 1, 2, 2, 2], [1, 2, 2, 2, -1]
    ax = plot.confusion(y, said, rejected=np.equal(said, -1))
    np.testing.assert_allclose(ax.images[0].get_array()[:2], [[0.5, 0.5, 0], [0, 2 / 3, 1 / 3]])
    assert texts(ax.get_xticklabels()) == ["1", "2", "–"]
    assert ax.get_ylim() == (1.5, -0.5)
    plain = plot.confusion(["a", "b"], ["b", "b"])
    np.testing.assert_array_equal(plain.images[0].get_array(), [[0, 1], [0, 1]])
    assert png(ax.figure)


def test_tolerance_has_error_bars_and_chance():
    ax = plot.tolerance({"1980": curve(), "1988": curve(accuracy=(1, 1, 1))}, chance=0.2)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 100], [1, 90], [2, 50]])
    bars = ax.collections[0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[100, 100], [89, 91], [48, 52]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("shift (pixels)", "recognised (%)")
    assert ax.lines[-1].get_ydata()[0] == 20
    assert texts(ax.get_legend().get_texts()) == ["1980", "1988"]
    assert plot.tolerance(curve()).get_legend() is None
    assert png(ax.figure)


def test_rows_of_recalled_patterns(rng):
    images = rng.random((3, 4, 5))
    ax = plot.recalled({"image": images, "recalled": 2 * images}, titles="abc")
    assert [image.get_clim()[1] for image in ax.images] == [images.max()] * 3 + [2 * images.max()] * 3
    for image, picture in zip(ax.images, [*images, *(2 * images)], strict=True):
        np.testing.assert_array_equal(image.get_array(), picture)
        left, right, bottom, top = image.get_extent()
        assert bottom - top == pytest.approx(0.8 * (right - left))
    assert texts(ax.get_yticklabels()) == ["image", "recalled"]
    assert texts(ax.texts) == ["a", "b", "c"]
    assert png(ax.figure)


def test_activity_is_drawn_step_by_step(rng):
    outputs = rng.random((7, 3))
    ax = plot.activity(outputs, names="xyz")
    np.testing.assert_array_equal(ax.images[0].get_array(), outputs.T)
    assert ax.images[0].get_extent()[:2] == [0.5, 7.5]
    assert texts(ax.get_yticklabels()) == ["x", "y", "z"]
    assert png(ax.figure)


def test_a_page_has_all_parts(rng):
    y = rng.integers(0, 3, 40)
    pictures = {"S1": rng.random((4, 3, 3)), "S2": rng.random((30, 5, 5))}
    figure = page.recognition(layers(rng), y=y, predicted=y, preferred=pictures, curves=[curve(), curve("flip", "%")],
                              classes="abc", title="an image", tested="test digits")  # fmt: skip
    titles = {ax.get_title() for ax in figure.axes} | {
        ax.get_title() for outer in figure.axes for ax in outer.child_axes
    }
    assert {"an image", "test digits", "S1", "S2"} <= titles
    assert {"shift (pixels)", "flip (%)"} <= {ax.get_xlabel() for ax in figure.axes}
    assert png(figure)
    assert png(page.recognition(layers(rng), y=y, predicted=y))


def test_a_page_of_attention_says_what_was_attended(rng):
    frames = rng.random((25, 6, 6))
    segments = [(4, frames[3]), (2, frames[20])]
    figure = page.attention(frames[0], frames, rng.random((25, 4)), segments, names="abcd")
    assert texts(figure.axes[0].texts) == ["image", "segment 1: 4", "segment 2: 2"]
    assert len(figure.axes[1].texts) == 10
    assert texts(figure.axes[1].texts)[-1] == "25"
    assert png(figure)


def test_a_page_of_attention_tells_breaks_from_silence(rng):
    frames, outputs = rng.random((4, 6, 6)), rng.random((4, 3))
    frames[1:3] = outputs[2] = 0
    figure = page.attention(frames[0], frames, outputs, [(n, frames[0]) for n in range(50)])
    assert texts(figure.axes[1].texts) == ["1", "2, break", "3, silent", "4"]
    assert len(figure.axes[0].images) == 10
    assert "the first 9 of 50" in figure.subfigs[0].get_suptitle()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plot_layers.responses({"S1": np.zeros((2, 2))}), DataError, r"got S1 of shape \(2, 2\)"),
        (lambda: plot_layers.responses({}), DataError, "no layer"),
        (lambda: plot_layers.responses({"S1": np.ones((1, 2, 2))}, layers=["S2"]), InvalidParameter, "one of S1"),
        (lambda: plot_layers.responses({"S1": np.ones((1, 2, 2))}, most=0), InvalidParameter, "most"),
        (lambda: plot_layers.responses({"S1": np.ones((1, 2, 2))}, layers=[]), InvalidParameter, "some of S1"),
        (lambda: plot_layers.responses({"S1": np.ones((3, 2, 2))}, classes="ab"), InvalidParameter, "3 names, .* S1"),
        (lambda: plot_layers.responses({"S1": np.full((1, 2, 2), np.nan)}), DataError, "finite numbers are needed; S1"),
        (lambda: plot_layers.responses(None, np.ones((2, 2))), InvalidParameter, "a neocognitron or a mapping"),
        (lambda: plot_layers.preferred(BLANK * np.nan, BLANK[None], window=3), DataError, "must be finite"),
        (lambda: plot_layers.preferred(BLANK, BLANK[None] * np.nan, window=3), DataError, "must be finite"),
        (lambda: plot_layers.preferred(BLANK, BLANK[None], window=3, first="a"), InvalidParameter, "number of pixels"),
        (lambda: plot_layers.patterns(np.ones((2, 2))), DataError, r"got \(2, 2\)"),
        (lambda: plot_layers.patterns(np.ones((2, 2, 2)), titles="a"), InvalidParameter, "2 titles"),
        (lambda: plot_layers.preferred(np.ones((2, 4, 4)), np.ones((3, 1, 4, 4)), window=3), DataError, "images"),
        (lambda: plot_layers.preferred(np.ones((2, 4, 4)), np.ones((2, 1, 4, 4)), window=0), InvalidParameter, ">= 1"),
        (lambda: plot.confusion([1, 2], [1]), DataError, "two labels an image"),
        (lambda: plot.tolerance([]), DataError, "a ToleranceCurve"),
        (lambda: plot.tolerance({"a": curve(), "b": curve("scale")}), DataError, "the same change"),
        (lambda: plot.tolerance(curve(), chance=1.5), InvalidParameter, "chance"),
        (lambda: plot.recalled({"a": np.ones((2, 3, 3)), "b": np.ones((1, 3, 3))}), DataError, "alike"),
        (lambda: plot.recalled({"a": np.ones((2, 3, 3))}, titles="a"), InvalidParameter, "2 titles"),
        (lambda: plot.activity(np.ones(3)), DataError, r"\(steps, cells\)"),
        (lambda: plot.activity(np.ones((3, 2)), names="a"), InvalidParameter, "2 names"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call()
