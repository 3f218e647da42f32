import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import make_blobs, make_colours, make_uniform


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
    ],
)
def test_bad_parameters(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()


def test_blobs_pass_scikit_learns_refusal_on():
    with pytest.raises(DataError, match=r"^make_blobs: .*centers"):
        make_blobs(9, centers="many")
