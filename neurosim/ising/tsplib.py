"""TSPLIB files: cities or distances (.tsp) and tours (.tour, .opt.tour), as plain text or through gzip (.gz).

G. Reinelt, "TSPLIB - A traveling salesman problem library", ORSA Journal on Computing 3:376-384 (1991).
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from neurosim.core.errors import DataError
from neurosim.datasets.files import parse_number, problem, read_lines
from neurosim.ising.cities import Cities

PI, EARTH = 3.141592, 6378.388  # as TSPLIB has them; the radius in km
MOST_CITIES = 20_000  # their distances take 3.2 GB
FARTHEST = 1e11  # the largest coordinate: the length of any tour is then below 2^53


def read_tsplib(path: str | os.PathLike[str]) -> Cities:
    """Read a symmetric travelling salesman problem.

    Parameters
    ----------
    path : path
        Edge weights of type EUC_2D, CEIL_2D, MAN_2D, MAX_2D, ATT, GEO, or EXPLICIT in any of TSPLIB's matrix formats.

    Returns
    -------
    Cities
        With the whole-number distances that TSPLIB defines, int64. `coordinates` are the file's numbers, if there are
        any: x and y, for GEO latitude and longitude as DDD.MM, for EXPLICIT those for display.

    Raises
    ------
    DataError
        With the line and what was wanted, if the file is malformed or of a kind that is not listed here.
    """
    file = _File(Path(path), "TSP")
    kind, weights = file.keyword("EDGE_WEIGHT_TYPE", (*DISTANCES, "EXPLICIT")), None
    coordinates = file.coordinates("NODE_COORD_SECTION") if "NODE_COORD_SECTION" in file.sections else None
    if kind == "EXPLICIT":
        layout = file.keyword("EDGE_WEIGHT_FORMAT", tuple(FORMATS))
        weights = _matrix(file, layout)
        if "DISPLAY_DATA_SECTION" in file.sections:
            coordinates = file.coordinates("DISPLAY_DATA_SECTION")
    elif coordinates is None:
        raise problem(file.path, f"has no NODE_COORD_SECTION, which EDGE_WEIGHT_TYPE {kind} needs")
    else:
        weights = DISTANCES[kind](coordinates)
        np.fill_diagonal(weights, 0)
    return Cities(file.header.get("NAME", (0, file.path.name))[1], coordinates, weights)


def read_tour(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a tour.

    Parameters
    ----------
    path : path
        Of a file of TYPE TOUR with one TOUR_SECTION.

    Returns
    -------
    (n,) int64 array
        The cities in the order of the tour, the first city of the problem being 0.

    Raises
    ------
    DataError
        With the line and what was wanted, if the file is malformed or the tour misses a city.
    """
    file = _File(Path(path), "TOUR")
    order: list[int] = []
    seen: dict[int, int] = {}
    ended = False
    for line, word in file.words("TOUR_SECTION"):
        if ended and word != "-1":
            raise file.wrong(line, "the end of the file after -1, as one tour is read,", word)
        if word == "-1":
            ended = True
            continue
        city = file.whole(line, word, f"a city, 1 to {file.dimension}, or -1 at the end")
        if not 1 <= city <= file.dimension:
            raise file.wrong(line, f"a city, 1 to {file.dimension}, or -1 at the end", word)
        if city in seen:
            raise problem(file.path, f"line {line}: city {city} was visited in line {seen[city]} already")
        seen[city] = line
        order.append(city - 1)
    if len(order) != file.dimension:
        raise problem(file.path, f"the tour visits {len(order)} cities, DIMENSION is {file.dimension}")
    return np.array(order, np.int64)


class _File:
    """The header of a file, and its sections as numbered lines."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self.header: dict[str, tuple[int, str]] = {}
        self.sections: dict[str, list[tuple[int, str]]] = {}
        self.split(read_lines(path))
        self.keyword("TYPE", (kind,))
        line, word = self.header.get("DIMENSION", (0, ""))
        if not line:
            raise problem(path, "has no DIMENSION")
        self.dimension = self.whole(line, word, "DIMENSION, a whole number")
        if not 3 <= self.dimension <= MOST_CITIES:
            raise self.wrong(line, f"a DIMENSION of 3 to {MOST_CITIES} cities", word)

    def split(self, lines: list[str]) -> None:
        section: list[tuple[int, str]] | None = None
        for number, line in enumerate(lines, 1):
            key, colon, value = (part.strip() for part in line.partition(":"))
            if key == "EOF":
                break
            if key.endswith("_SECTION"):
                if key not in SECTIONS:
                    raise self.wrong(number, f"one of the sections {', '.join(SECTIONS)}", key)
                if key in self.sections:
                    raise problem(self.path, f"line {number}: a second {key}")
                section = self.sections.setdefault(key, [])
            elif colon and re.fullmatch(r"[A-Z_]+", key):
                if key != "COMMENT" and key in self.header:
                    raise problem(self.path, f"line {number}: a second {key}")
                self.header[key] = number, value
            elif section is not None:
                section.append((number, line))
            elif key:
                raise self.wrong(number, "KEYWORD: value or the name of a section", line.strip())

    def wrong(self, line: int, wanted: str, got: str) -> DataError:
        return problem(self.path, f"line {line}: {wanted} wanted; got {got!r}")

    def keyword(self, name: str, allowed: tuple[str, ...]) -> str:
        if name not in self.header:
            raise problem(self.path, f"has no {name}; it must be one of {', '.join(allowed)}")
        line, value = self.header[name]
        word = (value.split() or [""])[0]
        if word not in allowed:
            raise self.wrong(line, f"{name}: one of {', '.join(allowed)}", value)
        return word

    def whole(self, line: int, word: str, wanted: str) -> int:
        if not re.fullmatch(r"[-+]?[0-9]{1,15}", word):
            raise self.wrong(line, wanted, word)
        return int(word)

    def words(self, section: str) -> Iterator[tuple[int, str]]:
        if section not in self.sections:
            raise problem(self.path, f"has no {section}")
        return ((number, word) for number, line in self.sections[section] for word in line.split())

    def place(self, number: int, line: str) -> tuple[float, list[float]]:
        """Return the city of a line and its two coordinates."""
        try:
            city, *point = (parse_number(word) for word in line.split())
        except ValueError:
            city, point = 0, []
        if len(point) != 2 or not np.isfinite(point).all() or not line.isascii():
            raise self.wrong(number, "the number of a city and two coordinates", line.strip())
        if np.abs(point).max() > FARTHEST:
            raise self.wrong(number, f"coordinates of at most {FARTHEST:g}", line.strip())
        return city, point

    def coordinates(self, section: str) -> np.ndarray:
        found = np.full((self.dimension, 2), np.nan)
        ended = False
        for number, line in self.sections[section]:
            if not line.strip():
                continue
            if ended:
                raise self.wrong(number, f"the end of {section} after -1", line.strip())
            if ended := line.strip() == "-1":
                continue
            city, point = self.place(number, line)
            if city not in range(1, self.dimension + 1) or not np.isnan(found[int(city) - 1, 0]):
                raise self.wrong(number, f"a city, 1 to {self.dimension}, that has no coordinates yet", line.strip())
            found[int(city) - 1] = point
        missing = np.flatnonzero(np.isnan(found[:, 0]))
        if len(missing):
            raise problem(self.path, f"{section} has no coordinates of city {missing[0] + 1}; DIMENSION: {len(found)}")
        return found


def _matrix(file: _File, layout: str) -> np.ndarray:
    n = file.dimension
    rows, columns = FORMATS[layout](n)
    words = list(file.words("EDGE_WEIGHT_SECTION"))
    if len(words) != len(rows):
        line = words[-1][0] if words else file.header["EDGE_WEIGHT_FORMAT"][0]
        raise problem(file.path, f"line {line}: {layout} of {n} cities has {len(rows)} weights; got {len(words)}")
    weights = np.zeros((n, n), np.int64)
    for row, column, (line, word) in zip(rows, columns, words, strict=True):
        weight = file.whole(line, word, "a weight, a whole number >= 0")
        if weight < 0:
            raise file.wrong(line, "a weight, a whole number >= 0", word)
        weights[row, column] = weight
    np.fill_diagonal(weights, 0)  # TSPLIB puts 0, 9999 or anything else there
    if layout != "FULL_MATRIX":
        return weights + weights.T
    if len(asymmetric := np.argwhere(weights != weights.T)):
        i, j = asymmetric[0]
        pair = f"{weights[i, j]} from city {i + 1} to {j + 1}, {weights[j, i]} back"
        raise problem(file.path, f"the weights must be symmetric; got {pair}")
    return weights


def _nearest_whole(x: np.ndarray) -> np.ndarray:
    return (x + 0.5).astype(np.int64)


def _pseudo_euclidean(points: np.ndarray) -> np.ndarray:
    exact = np.sqrt(cdist(points, points, "sqeuclidean") / 10.0)
    rounded = _nearest_whole(exact)
    return rounded + (rounded < exact)


def _geographical(points: np.ndarray) -> np.ndarray:
    degrees = np.trunc(points)
    latitude, longitude = (PI * (degrees + 5.0 * (points - degrees) / 3.0) / 180.0).T
    q1 = np.cos(longitude[:, None] - longitude)
    q2, q3 = np.cos(latitude[:, None] - latitude), np.cos(latitude[:, None] + latitude)
    angle = np.arccos(np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0))
    return (EARTH * angle + 1.0).astype(np.int64)


DISTANCES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "EUC_2D": lambda points: _nearest_whole(cdist(points, points)),
    "CEIL_2D": lambda points: np.ceil(cdist(points, points)).astype(np.int64),
    "MAN_2D": lambda points: _nearest_whole(cdist(points, points, "cityblock")),
    "MAX_2D": lambda points: _nearest_whole(cdist(points, points, "chebyshev")),
    "ATT": _pseudo_euclidean,
    "GEO": _geographical,
}
# rows and columns of the numbers in the order of the file; a triangle by columns is the other one by rows
FORMATS: dict[str, Callable[[int], tuple[np.ndarray, ...]]] = {
    "FULL_MATRIX": lambda n: tuple(np.indices((n, n)).reshape(2, -1)),
    "UPPER_ROW": lambda n: np.triu_indices(n, 1),
    "LOWER_ROW": lambda n: np.tril_indices(n, -1),
    "UPPER_DIAG_ROW": lambda n: np.triu_indices(n),
    "LOWER_DIAG_ROW": lambda n: np.tril_indices(n),
    "UPPER_COL": lambda n: np.tril_indices(n, -1),
    "LOWER_COL": lambda n: np.triu_indices(n, 1),
    "UPPER_DIAG_COL": lambda n: np.tril_indices(n),
    "LOWER_DIAG_COL": lambda n: np.triu_indices(n),
}
SECTIONS = ("NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DISPLAY_DATA_SECTION", "TOUR_SECTION")
