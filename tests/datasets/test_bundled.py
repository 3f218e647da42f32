import csv
from itertools import combinations

import numpy as np
import pytest
import sklearn.datasets
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from neurosim.core.errors import DataError
from neurosim.datasets import bundled, load_animals, load_digits, load_iris, load_taxonomy, load_wine


@pytest.mark.parametrize("name", ["digits", "iris", "wine"])
def test_equal_to_scikit_learn(name):
    ours = getattr(bundled, f"load_{name}")()
    theirs = getattr(sklearn.datasets, f"load_{name}")()
    np.testing.assert_array_equal(ours.data, theirs.data)
    np.testing.assert_array_equal(ours.target, theirs.target)
    assert ours.data.dtype == np.float64
    assert ours.data.flags.c_contiguous
    assert ours.data.flags.writeable
    assert ours.target.dtype == np.int64
    assert list(ours.target_names) == [str(name) for name in theirs.target_names]
    if name != "digits":
        assert list(ours.feature_names) == list(theirs.feature_names)


def test_digits():
    digits = load_digits()
    assert digits.data.shape == (1797, 64)
    assert (digits.data.min(), digits.data.max()) == (0, 16)
    assert digits.shape == (8, 8)
    assert len(digits.feature_names) == 64


def test_every_call_gives_fresh_arrays():
    load_iris().data[:] = 0
    load_wine().data[:] = 0
    assert load_iris().data.all()
    assert load_wine().data.all()


def test_animals_by_design():
    animals = load_animals()
    row = dict(zip(animals.target_names, animals.data, strict=True))
    assert animals.data.shape == (16, 13)
    assert set(np.unique(animals.data)) == {0, 1}
    np.testing.assert_array_equal(row["owl"], row["hawk"])
    np.testing.assert_array_equal(row["horse"], row["zebra"])
    assert len(np.unique(animals.data, axis=0)) == 14
    assert animals.labels[0] == "dove"
    size, legs = animals.data[:, :3], animals.data[:, 3:5]
    assert (size.sum(axis=1) == 1).all()
    assert (legs.sum(axis=1) == 1).all()


def test_animals_equal_the_typed_table(data_folder):
    animals = load_animals()
    with open(data_folder / "som" / "animals_ritter_kohonen_1989.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header[1:]) == animals.feature_names
    assert tuple(row[0] for row in rows) == animals.target_names
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], dtype=float), animals.data)


def test_taxonomy_has_the_spanning_tree_of_the_paper():
    taxonomy = load_taxonomy()
    assert taxonomy.data.shape == (32, 5)
    apart = squareform(pdist(taxonomy.data))
    ones = {a + b for a, b in combinations(taxonomy.target_names, 2) if apart[_at(taxonomy, a), _at(taxonomy, b)] == 1}
    tree = "AB BC CD DE CF FG GH HI IJ HK KL LM MN NO OP PQ QR MS ST TU UV PW WX XY YZ X1 12 23 34 45 56"
    assert ones == set(tree.split())
    assert (apart[np.triu_indices(32, 1)] >= 1).all()
    joined = minimum_spanning_tree(apart)
    assert joined.nnz == joined.sum() == 31


def _at(dataset, name):
    return dataset.target_names.index(name)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setattr(bundled, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="scikit-learn, which brings this data set along, is not installed"):
        load_digits()
