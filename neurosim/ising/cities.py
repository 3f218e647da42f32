"""Cities, the distances between them, and the lengths of closed tours."""

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.random import seed_from, uniform
from neurosim.ising.graphs import as_array

PLACES = 0  # stream of the key


@dataclass(frozen=True)
class Cities:
    """Cities and the distances between them.

    Parameters
    ----------
    name : str
    coordinates : (n, 2) array or None
        Places for figures; the distances need not follow from them.
    distances : (n, n) array
        Symmetric, finite, >= 0, with a zero diagonal; kept as int64 if given as integers, else as float64.

    Raises
    ------
    DataError
        If there are fewer than 3 cities, or an array is none of the above.

    Examples
    --------
    >>> square = Cities.from_coordinates([[0, 0], [0, 1], [1, 1], [1, 0]])
    >>> square.length([0, 1, 2, 3])
    4.0
    """

    name: str
    coordinates: np.ndarray | None
    distances: np.ndarray

    def __post_init__(self) -> None:
        distances = as_array("Cities", "distances", self.distances)
        if distances.ndim != 2 or len(distances) < 3 or distances.shape[0] != distances.shape[1]:
            raise DataError(f"Cities: distances must be (n, n) with n >= 3; got {distances.shape}")
        if distances.dtype.kind not in "iuf":
            raise DataError(f"Cities: distances must be numbers; got {distances.dtype}")
        distances = distances.astype(np.float64 if distances.dtype.kind == "f" else np.int64, order="C")
        for i, j in np.argwhere(~((distances >= 0) & (distances < inf)))[:1]:
            raise DataError(f"Cities: distances must be finite and >= 0; got {distances[i, j]} between {i} and {j}")
        for i, j in np.argwhere(distances != distances.T)[:1]:
            pair = f"{distances[i, j]} from {i} to {j}, {distances[j, i]} back"
            raise DataError(f"Cities: distances must be symmetric; got {pair}")
        for i in np.flatnonzero(distances.diagonal())[:1]:
            raise DataError(f"Cities: a city must be at distance 0 from itself; got {distances[i, i]} for {i}")
        object.__setattr__(self, "distances", distances)
        if self.coordinates is not None:
            object.__setattr__(self, "coordinates", _points(self.coordinates, len(distances)))

    @classmethod
    def from_coordinates(cls, coordinates: Any, *, name: str = "") -> "Cities":
        """Return cities in the plane with their Euclidean distances, float64.

        Parameters
        ----------
        coordinates : (n, 2) array
        name : str, default ""
        """
        points = _points(coordinates)
        return cls(name, points, cdist(points, points))

    @property
    def n_cities(self) -> int:
        """The number of cities."""
        return len(self.distances)

    def length(self, order: Any) -> Any:
        """Return the length of closed tours.

        Parameters
        ----------
        order : (..., n) array of integers
            Each tour names every city, 0 to n - 1, once.

        Returns
        -------
        int or float, or (...,) array
        """
        tours = check_tours("Cities.length", "order", order, self.n_cities)
        lengths = self.distances[tours, np.roll(tours, -1, axis=-1)].sum(axis=-1)
        return lengths if lengths.ndim else lengths.item()


def random_cities(n: int, *, random_state: Any = None) -> Cities:
    """Return cities at random places in the unit square, with their Euclidean distances.

    For many cities the shortest tour is about 0.7124 sqrt(n) long; that there is such a constant was proved by
    Beardwood, Halton & Hammersley (1959), its value comes from simulations (not checked against a source).

    Parameters
    ----------
    n : int >= 3
    random_state : None, int, Generator or RandomState

    Examples
    --------
    >>> random_cities(5, random_state=0).coordinates.shape
    (5, 2)
    """
    checks.at_least("random_cities", "n", n, 3)
    places = uniform(seed_from(random_state), PLACES, (int(n), 2))
    return Cities.from_coordinates(places, name=f"{n} random cities")


def _points(coordinates: Any, n: int | None = None) -> np.ndarray:
    points = as_array("Cities", "coordinates", coordinates)
    if points.dtype.kind not in "biuf":
        raise DataError(f"Cities: coordinates must be numbers; got {points.dtype}")
    points = np.array(points, np.float64, order="C")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != (len(points) if n is None else n):
        raise DataError(f"Cities: coordinates must be ({'n' if n is None else n}, 2); got {points.shape}")
    if not np.isfinite(points).all():
        raise DataError(f"Cities: coordinates must be finite; those of city {_first_bad(points)} are not")
    return points


def _first_bad(points: np.ndarray) -> int:
    return int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])


def check_tours(owner: str, name: str, order: Any, n: int) -> np.ndarray:
    """Return closed tours of n cities as int64, (..., n); raise unless each names every city once."""
    tours = as_array(owner, name, order)
    if tours.dtype.kind not in "iu" or tours.ndim < 1 or tours.shape[-1] != n:
        raise InvalidParameter(owner, name, tours, f"whole numbers of shape (..., {n})")
    if not (np.sort(tours, axis=-1) == np.arange(n)).all():
        raise InvalidParameter(owner, name, tours, f"tours that name every city, 0 to {n - 1}, once")
    return tours.astype(np.int64)
