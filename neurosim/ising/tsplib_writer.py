"""Writes cities and tours in the format of TSPLIB (Reinelt 1991)."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising.cities import Cities, check_tours


def write_tsplib(cities: Cities, path: str | os.PathLike[str]) -> Path:
    """Write cities as a problem with a full matrix of distances, and their places for display; return the path.

    Raises
    ------
    InvalidParameter
        If `cities` is not a `Cities`.
    DataError
        If a distance is not an integer: TSPLIB knows no others. Round them, or take other units.
    """
    if not isinstance(cities, Cities):
        raise InvalidParameter("write_tsplib", "cities", type(cities).__name__, "Cities")
    if not np.array_equal(cities.distances, np.rint(cities.distances)):
        raise DataError("write_tsplib: distances must be integers in TSPLIB; round them, or take other units")
    lines = _head(cities.name, "TSP", cities.n_cities)
    lines += ["EDGE_WEIGHT_TYPE: EXPLICIT", "EDGE_WEIGHT_FORMAT: FULL_MATRIX"]
    if cities.coordinates is not None:
        lines.append("DISPLAY_DATA_TYPE: TWOD_DISPLAY")
    lines.append("EDGE_WEIGHT_SECTION")
    lines += [" ".join(map(str, row)) for row in cities.distances.astype(np.int64).tolist()]
    if cities.coordinates is not None:
        lines.append("DISPLAY_DATA_SECTION")
        lines += [f"{i} {x!r} {y!r}" for i, (x, y) in enumerate(cities.coordinates.tolist(), 1)]
    return _write(path, lines)


def write_tour(tour: Any, path: str | os.PathLike[str], *, name: str = "tour") -> Path:
    """Write a closed tour, the numbers of the cities from 0 in their order, and return the path."""
    order = np.asarray(tour)
    if order.ndim != 1 or len(order) < 3:
        raise InvalidParameter("write_tour", "tour", order.shape, "of shape (n,), n >= 3")
    order = check_tours("write_tour", "tour", order, len(order))
    return _write(path, [*_head(name, "TOUR", len(order)), "TOUR_SECTION", *map(str, (order + 1).tolist()), "-1"])


def _head(name: str, kind: str, cities: int) -> list[str]:
    return [f"NAME: {' '.join(name.split()) or 'unnamed'}", f"TYPE: {kind}", f"DIMENSION: {cities}"]


def _write(path: str | os.PathLike[str], lines: list[str]) -> Path:
    path = Path(path)
    path.write_text("\n".join([*lines, "EOF", ""]), encoding="utf-8")
    return path
