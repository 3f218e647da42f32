import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import make_blobs, make_colours, make_uniform
from neurosim.datasets.generated import make_bars_and_stripes, make_shifter


@given(
    st.integers(1, 50),
    st.integers(1, 5),
    st.floats(-100, 100),
    st.floats(0.01, 100),
    st.integers(0, 2**32),
)
def test_uniform(n_samples, n_features, low, width, seed):
    found = make_uniform(n_samples, n_features, low=low, high=low + width, random_state=seed)
    assert found.data.shape == (n_samples, n_features)
    assert found.target is None
    assert low <= found.data.min() <= found.data.max() <= low + width
    again = make_uniform(n_samples, n_features, low=low, high=low + width, random_state=np.random.default_rng(seed))
    np.testing.assert_array_equal(found.data, again.data)


def test_uniform_fills_the_square():
    data = make_uniform(20000, random_state=0).data
    np.testing.assert_allclose(data.mean(axis=0), 0.5, atol=0.01)
    np.testing.assert_allclose(data.var(axis=0), 1 / 12, atol=0.002)


def test_without_a_seed_samples_differ():
    assert (make_uniform().data != make_uniform().data).any()


def test_colours():
    found = make_colours(random_state=0)
    assert found.data.shape == (1000, 3)
    assert found.feature_names == ("red", "green", "blue")
    assert 0 <= found.data.min() <= found.data.max() <= 1


def test_named_colours():
    found = make_colours(named=True)
    rgb = dict(zip(found.labels.tolist(), found.data.tolist(), strict=True))
    assert len(rgb) == 15
    assert (rgb["red"], rgb["white"], rgb["cyan"]) == ([1, 0, 0], [1, 1, 1], [0, 1, 1])
    drawn = make_colours(200, named=True, random_state=3)
    assert drawn.data.shape == (200, 3)
    np.testing.assert_array_equal(drawn.data, found.data[drawn.target])


def test_blobs_are_scikit_learns_for_an_integer_seed():
    data, target = sklearn.datasets.make_blobs(n_samples=90, n_features=4, centers=5, random_state=42)
    found = make_blobs(90, 4, centers=5, random_state=42)
    np.testing.assert_array_equal(found.data, data)
    np.testing.assert_array_equal(found.target, target)


@pytest.mark.parametrize("source", [np.random.default_rng, np.random.SeedSequence, np.random.RandomState])
def test_blobs_take_any_source_of_randomness(source):
    np.testing.assert_array_equal(
        make_blobs(9, random_state=source(5)).data, make_blobs(9, random_state=source(5)).data
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_uniform(0), "make_uniform: n_samples must be an integer of at least 1; got 0"),
        (lambda: make_uniform(2.0), "n_samples must be an integer of at least 1; got 2.0"),
        (lambda: make_uniform(True), "n_samples must be an integer"),
        (lambda: make_uniform(2, -1), "n_features must be an integer of at least 1; got -1"),
        (lambda: make_uniform(2, low=1, high=1), "high must be a finite number above low = 1; got 1"),
        (lambda: make_uniform(2, high=np.inf), "high must be a finite number"),
        (lambda: make_uniform(2, random_state="a"), "random_state must be None, a seed of 0 or more"),
        (lambda: make_uniform(2, random_state=-1), "random_state must be"),
        (lambda: make_colours(0), "make_colours: n_samples must be an integer of at least 1; got 0"),
        (lambda: make_colours(0, named=True), "make_colours: n_samples must be"),
        (lambda: make_blobs(0), "make_blobs: n_samples must be"),
        (lambda: make_bars_and_stripes(1), "make_bars_and_stripes: side must be an integer from 2 to 12; got 1"),
        (lambda: make_bars_and_stripes(3, 0), "make_bars_and_stripes: n_samples must be"),
        (lambda: make_shifter(17), "make_shifter: width must be an integer from 2 to 16; got 17"),
        (lambda: make_shifter(8.0), "make_shifter: width must be"),
    ],
)
def test_bad_parameters(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()


def test_blobs_pass_scikit_learns_refusal_on():
    with pytest.raises(DataError, match=r"^make_blobs: .*centers"):
        make_blobs(9, centers="many")


@pytest.mark.parametrize(("side", "best"), [(2, -13.8629), (3, -41.5888), (4, -108.1310)])
def test_all_bars_and_stripes(side, best):
    found = make_bars_and_stripes(side)
    squares = found.data.reshape(-1, *found.shape)
    assert len(squares) == 2 ** (side + 1)
    bars, stripes = squares[found.target == 0], squares[found.target == 1]
    assert (bars == bars[:, :1]).all()
    assert (stripes == stripes[:, :, :1]).all()
    for half in (bars, stripes):
        assert len(np.unique(half, axis=0)) == 2**side
    counts = np.unique(found.data, axis=0, return_counts=True)[1]
    assert len(counts) == 2 ** (side + 1) - 2
    assert (counts * np.log(counts / counts.sum())).sum() == pytest.approx(best, abs=1e-4)


def test_drawn_bars_and_stripes_are_some_of_all():
    found, every = make_bars_and_stripes(3, 4000, random_state=1), make_bars_and_stripes(3)
    places = (found.data[:, None] == every.data).all(axis=2)
    assert places.any(axis=1).all()
    np.testing.assert_allclose(places.sum(axis=0)[1:7], 250, atol=75)  # five standard deviations


def test_all_shifts():
    found = make_shifter(8)
    assert found.data.shape == (768, 19)
    assert len(np.unique(found.data, axis=0)) == 768
    for row, label in zip(found.data, found.labels, strict=True):
        moved = np.roll(row[:8], {"left": -1, "none": 0, "right": 1}[label])
        np.testing.assert_array_equal(row[8:16], moved)
        assert row[16:].sum() == row[16 + found.target_names.index(label)] == 1


def test_drawn_shifts_are_some_of_all():
    found, every = make_shifter(4, 600, random_state=1), make_shifter(4)
    assert (found.data[:, None] == every.data).all(axis=2).any(axis=1).all()
    np.testing.assert_allclose(np.bincount(found.target), 200, atol=58)
    np.testing.assert_array_equal(found.data, make_shifter(4, 600, random_state=np.random.default_rng(1)).data)
