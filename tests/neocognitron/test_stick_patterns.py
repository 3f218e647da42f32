import numpy as np
import pytest
from scipy import ndimage

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.stick_patterns import DRAWINGS, centred, drawing, everywhere, positions


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_are_connected_strokes_of_one_pixel(name):
    ink = drawing(name)
    assert ink.shape == (9, 7)
    assert set(np.unique(ink)) == {0, 1}
    assert ndimage.label(ink, np.ones((3, 3)))[1] == 1
    assert not ndimage.minimum_filter(ink, (2, 2), mode="constant").any()
    assert ink[0].any()
    assert ink[-1].any()


def test_drawings_differ():
    pictures = np.stack([drawing(name) for name in DRAWINGS])
    apart = np.abs(pictures[:, None] - pictures).sum((2, 3))
    assert apart[~np.eye(len(pictures), dtype=bool)].min() >= 8


def test_positions_are_all_and_whole():
    images = positions(drawing("0"))
    assert images.shape == (80, 16, 16)
    assert len(np.unique(images, axis=0)) == 80
    assert (images.sum((1, 2)) == drawing("0").sum()).all()
    assert np.array_equal(images[0, :9, :7], images[79, 7:, 9:])
    assert np.array_equal(images[1, :9, 1:8], drawing("0"))
    assert positions(np.ones((2, 3)), (2, 5)).tolist() == [
        [[1, 1, 1, 0, 0]] * 2, [[0, 1, 1, 1, 0]] * 2, [[0, 0, 1, 1, 1]] * 2,
    ]  # fmt: skip


def test_centred_and_everywhere():
    images = centred("X4")
    assert images.shape == (2, 16, 16)
    assert np.array_equal(images[1, 3:12, 4:11], drawing("4"))
    assert images[1].sum() == drawing("4").sum()
    shown, names = everywhere("X4")
    assert shown.shape == (160, 16, 16)
    assert names.tolist() == ["X"] * 80 + ["4"] * 80
    assert np.array_equal(shown[80 + 3 * 10 + 4], images[1])


def test_errors():
    with pytest.raises(InvalidParameter, match="name must be one of 0 1 2 3 4 X Y T Z; got '7'"):
        drawing("7")
    with pytest.raises(DataError, match=r"\(9, 7\) does not fit into a field of \(8, 16\)"):
        positions(drawing("0"), (8, 16))
    for name in (["1"], 1, "10"):
        with pytest.raises(InvalidParameter, match="name must be one of 0 1 2 3 4 X Y T Z"):
            drawing(name)
    for pattern in (np.ones(3), np.ones((1, 2, 2)), 1):
        with pytest.raises(DataError, match="a pattern must have rows and columns"):
            positions(pattern)
    for function in (centred, everywhere):
        with pytest.raises(InvalidParameter, match="names must be one name or more"):
            function("")
