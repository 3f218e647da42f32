"""Cities and tours that are written and read again."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising import Cities, random_cities, read_tour, read_tsplib, write_tour, write_tsplib


def test_cities_come_back(tmp_path):
    drawn = random_cities(7, random_state=0)
    whole = Cities("seven  of them", drawn.coordinates, np.rint(1000 * drawn.distances).astype(int))
    found = read_tsplib(write_tsplib(whole, tmp_path / "seven.tsp"))
    np.testing.assert_array_equal(found.distances, whole.distances)
    np.testing.assert_array_equal(found.coordinates, whole.coordinates)
    assert found.name == "seven of them"
    bare = Cities("", None, whole.distances)
    assert read_tsplib(write_tsplib(bare, tmp_path / "bare.tsp")).coordinates is None


def test_tours_come_back(tmp_path):
    tour = np.random.default_rng(0).permutation(9)
    np.testing.assert_array_equal(read_tour(write_tour(tour, tmp_path / "nine.tour")), tour)


def test_what_cannot_be_written_is_refused(tmp_path):
    path = tmp_path / "none"
    with pytest.raises(DataError, match="distances must be integers"):
        write_tsplib(random_cities(4, random_state=0), path)
    with pytest.raises(InvalidParameter, match="cities must be Cities"):
        write_tsplib(np.eye(3), path)
    with pytest.raises(InvalidParameter, match="tour must be of shape"):
        write_tour([[0, 1, 2]], path)
    with pytest.raises((InvalidParameter, DataError), match="tour"):
        write_tour([0, 1, 1], path)
    assert not path.exists()
