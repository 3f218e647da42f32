"""Files of the Databionic ESOM Tools, which Somoclu writes too: weights (.wts), best matches (.bm), heights (.umx)."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim.core.errors import InvalidParameter
from neurosim.datasets.files import parse_number, problem, read_lines
from neurosim.som.files_sompak import write_text
from neurosim.som.som import SOM
from neurosim.som.umatrix import u_matrix

Numbered = list[tuple[int, str]]  # lines with their numbers


@dataclass(frozen=True, eq=False)
class BestMatches:
    """The winners of some samples, as a .bm file holds them.

    Attributes
    ----------
    keys : (samples,) int64 array
        The samples' numbers; Somoclu counts from 0, the ESOM Tools take the keys of the .lrn file (which
        `neurosim.datasets.read` checks but does not keep).
    units : (samples,) intp array
        The best-matching units, row-major, as from `SOM.predict`.
    grid : (rows, columns)
        Of the map.
    """

    keys: np.ndarray
    units: np.ndarray
    grid: tuple[int, int]


def write_wts(som: SOM, path: str | os.PathLike[str]) -> Path:
    """Write the weights of a map as a .wts file, 10 digits after the point, and return its path.

    The file says nothing about lattice and shape. Weights far below 1 lose digits: scale the data before training.

    Parameters
    ----------
    som : SOM
        A fitted map.
    path : path
        The file. An older one stays whole until the new one is complete; with the ending .gz it is compressed.

    Examples
    --------
    >>> import os, tempfile
    >>> from neurosim.som import SOM
    >>> from neurosim.som.files_esom import read_wts, write_wts
    >>> som = SOM.from_weights([[0.0], [0.5]], (1, 2), shape="toroid")
    >>> path = write_wts(som, os.path.join(tempfile.mkdtemp(), "map.wts"))
    >>> path.read_text().splitlines()
    ['%1 2', '%1', '0.0000000000 ', '0.5000000000 ']
    >>> read_wts(path, shape="toroid").weights_.tolist()
    [[0.0], [0.5]]
    """
    check_is_fitted(som)
    rows, columns = som.topology.grid
    line = "%0.10f " * som.weights_.shape[1] + "\n"
    vectors = (line % tuple(vector) for vector in som.weights_)
    return write_text(path, (f"%{rows} {columns}\n", f"%{som.weights_.shape[1]}\n", *vectors))


def read_wts(path: str | os.PathLike[str], *, lattice: str = "rectangular", shape: str = "sheet") -> SOM:
    """Read the weights of a map from a .wts file.

    Parameters
    ----------
    path : path
        The file, plain or with the ending .gz.
    lattice, shape : str
        Of the map, see `SOM`: the file does not say. The maps of the ESOM Tools are usually toroids.

    Returns
    -------
    SOM
        The map, fitted, with float64 weights.

    Raises
    ------
    DataError
        With file and line, if the file is not as described.
    """
    file = Path(path)
    headers, lines = _split(file)
    rows, columns = _sizes(file, headers, 0, 2, "rows and columns of the map")
    (dimension,) = _sizes(file, headers, 1, 1, "the dimension")
    weights = _matrix(file, lines, dimension)
    if len(weights) != rows * columns:
        raise problem(file, f"holds {len(weights)} weight vectors; the header promises {rows} x {columns}")
    try:
        return SOM.from_weights(weights, (rows, columns), lattice=lattice, shape=shape)
    except InvalidParameter as error:
        raise problem(file, error) from error


def write_bm(som: SOM, path: str | os.PathLike[str], X: Any, *, keys: Any = None) -> Path:
    """Write the best-matching units of samples as a .bm file and return its path.

    Parameters
    ----------
    som : SOM
        A fitted map.
    path : path
        The file. An older one stays whole until the new one is complete; with the ending .gz it is compressed.
    X : (samples, features) array
        The samples, on the scale that the map was trained on.
    keys : (samples,) of int, optional
        Numbers of the samples. Default: 0, 1, 2, ..., as Somoclu writes them; for the ESOM Tools give the keys of the
        .lrn file.
    """
    check_is_fitted(som)
    rows, columns = som.topology.grid
    units = som.predict(X)
    numbers = np.arange(len(units)) if keys is None else np.asarray(keys)
    if numbers.shape != units.shape or numbers.dtype.kind not in "iu":
        raise InvalidParameter("write_bm", "keys", keys, f"{len(units)} integers, one a sample")
    places = zip(numbers, units // columns, units % columns, strict=True)
    return write_text(path, (f"%{rows} {columns}\n", f"%{len(units)}\n", *(f"{k} {r} {c}\n" for k, r, c in places)))


def read_bm(path: str | os.PathLike[str]) -> BestMatches:
    """Read best-matching units from a .bm file: lines "key row column", rows and columns from 0.

    Raises
    ------
    DataError
        With file and line, if the file is not as described or a unit is not on the map.
    """
    file = Path(path)
    headers, lines = _split(file)
    rows, columns = _sizes(file, headers, 0, 2, "rows and columns of the map")
    found = _matrix(file, lines, 3)
    if len(headers) > 1 and len(found) != (n := _sizes(file, headers, 1, 1, "the number of samples")[0]):
        raise problem(file, f"holds {len(found)} best matches; the header promises {n}")
    wrong = (found != np.floor(found)).any(1) | (found[:, 1:] < 0).any(1) | (found[:, 1:] >= (rows, columns)).any(1)
    if wrong.any():
        number, line = lines[int(wrong.argmax())]
        raise problem(file, f'line {number} must be "key row column" on a map of {rows} x {columns}; got {line!r}')
    if (large := np.abs(found[:, 0]) >= 2**53).any():  # not every whole number is a float any more
        raise problem(file, f"line {lines[int(large.argmax())][0]}: a key must be below 2^53")
    keys, row, column = found.astype(np.int64).T
    return BestMatches(keys, (row * columns + column).astype(np.intp), (rows, columns))


def write_umx(som: SOM, path: str | os.PathLike[str], heights: Any = None) -> Path:
    """Write a height for each unit of a map as a .umx file, 6 digits after the point, and return its path.

    Parameters
    ----------
    som : SOM
        A fitted map.
    path : path
        The file. An older one stays whole until the new one is complete; with the ending .gz it is compressed.
    heights : (units,) or (rows, columns) array, optional
        Finite numbers. Default: the U-matrix of `neurosim.som.u_matrix`, mean distances from 4 neighbours, or 6 on a
        hexagonal lattice (Somoclu takes 8 on a rectangular one).
    """
    check_is_fitted(som)
    grid = som.topology.grid
    values = np.asarray(u_matrix(som)[1] if heights is None else heights)
    numbers = values.dtype.kind in "biuf" and values.shape in (grid, (som.topology.units,))
    if not numbers or not np.isfinite(values).all():
        wanted = f"finite numbers of shape {grid} or ({som.topology.units},)"
        raise InvalidParameter("write_umx", "heights", f"{values.dtype} of shape {values.shape}", wanted)
    line = " %f" * grid[1] + "\n"
    return write_text(path, (f"%{grid[0]} {grid[1]}\n", *(line % tuple(row) for row in values.reshape(grid))))


def read_umx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read the heights of a map's units from a .umx file, shape (rows, columns).

    Raises
    ------
    DataError
        With file and line, if the file is not as described.
    """
    file = Path(path)
    headers, lines = _split(file)
    rows, columns = _sizes(file, headers, 0, 2, "rows and columns of the map")
    heights = _matrix(file, lines, columns)
    if len(heights) != rows:
        raise problem(file, f"holds {len(heights)} rows; the header promises {rows}")
    return heights


def _split(path: Path) -> tuple[Numbered, Numbered]:
    """Return the header lines, without their %, and the other lines, without comments and blank ones."""
    numbered = [(n, text) for n, line in enumerate(read_lines(path), 1) if (text := line.strip()) and text[0] != "#"]
    headers = [(n, text[1:].strip()) for n, text in numbered if text[0] == "%"]
    return headers, [(n, text) for n, text in numbered if text[0] != "%"]


def _sizes(path: Path, headers: Numbered, place: int, count: int, what: str) -> tuple[int, ...]:
    """Return the positive whole numbers of one header line."""
    number, text = headers[place] if place < len(headers) else (0, "")
    words = text.split()
    if len(words) != count or not all(re.fullmatch("[1-9][0-9]{0,8}", w) for w in words):
        got = f"line {number} is {text[:80]!r}" if number else "it is not there"
        raise problem(path, f"the {'second' if place else 'first'} line that begins with % must hold {what}; {got}")
    return tuple(map(int, words))


def _matrix(path: Path, lines: Numbered, width: int) -> np.ndarray:
    """Return the finite numbers of all lines, `width` on each."""
    if not lines:
        raise problem(path, "has no lines after the header")
    try:
        values = np.loadtxt([line for _, line in lines], ndmin=2, comments=None)
    except ValueError:
        values = np.empty((0, 0))
    if values.shape[1] != width or not np.isfinite(values).all():
        values = np.array(list(_walk(path, lines, width)))
    return values


def _walk(path: Path, lines: Numbered, width: int) -> Iterator[list[float]]:
    """Yield the numbers of each line, slowly, to find the line that is wrong."""
    for number, line in lines:
        words = line.split()
        if len(words) != width:
            raise problem(path, f"line {number} has {len(words)} fields, {width} wanted")
        row = []
        for column, word in enumerate(words, 1):
            try:
                row.append(parse_number(word))
            except ValueError:
                row.append(np.nan)
            if not np.isfinite(row[-1]):
                raise problem(path, f"line {number}, column {column}: {word!r} is not a finite number")
        yield row
