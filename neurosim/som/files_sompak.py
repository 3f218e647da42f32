"""Files of SOM_PAK: maps (.cod), data (.dat), and the random first weights of its program randinit."""

import gzip
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.storage import replacing
from neurosim.datasets.dataset import MISSING_LABELS
from neurosim.datasets.files import is_gzip, problem, read_lines
from neurosim.datasets.sompak import read_dat
from neurosim.som.som import SOM

LATTICES = {"rect": "rectangular", "hexa": "hexagonal"}
NEIGHBOURHOODS = ("bubble", "gaussian")
HEADER = re.compile(r"\s*[0-9]+\s+(hexa|rect)\s+([0-9]{1,9})\s+([0-9]{1,9})\s+(bubble|gaussian)\s*")
FLT_MIN = np.float32(2.0**-126)


@dataclass(frozen=True, eq=False)
class CodeBook:
    """A map as a .cod file holds it.

    Attributes
    ----------
    som : SOM
        The map, fitted, with float64 weights.
    labels : (units,) array of str, or None
        The label of each unit, several joined by a blank, "" where it has none. None if no unit has one.
    feature_names : tuple of str, or None
        Names of the components, where the file has a line ``#n``.
    """

    som: SOM
    labels: np.ndarray | None = None
    feature_names: tuple[str, ...] | None = None


def write_cod(
    som: SOM,
    path: str | os.PathLike[str],
    *,
    labels: Iterable[Any] | None = None,
    names: Sequence[str] | None = None,
    digits: int | None = 6,
) -> Path:
    """Write a map as a .cod file, which SOM_PAK and the SOM Toolbox read, and return its path.

    Parameters
    ----------
    som : SOM
        A fitted map of shape "sheet" and neighbourhood "gaussian" or "bubble": the format has no words for others.
    path : path
        The file. An older one stays whole until the new one is complete; with the ending .gz it is compressed.
    labels : (units,) of str, optional
        A label for each unit: words with single blanks between them; "" or None for no label.
    names : (features,) of str, optional
        Names of the components, words without blanks, for the SOM Toolbox's line ``#n``.
    digits : int >= 1 or None, default 6
        Significant digits: 6 are SOM_PAK's ("%g"), None as many as the weights need to be read back unchanged.

    Raises
    ------
    InvalidParameter
        If the map or a label does not go into the format.

    References
    ----------
    T. Kohonen et al.: SOM_PAK, the self-organizing map program package. Report A31, Helsinki University of
    Technology, 1996, section 5.2.

    Examples
    --------
    >>> import os, tempfile
    >>> from neurosim.som import SOM
    >>> from neurosim.som.files_sompak import read_cod, write_cod
    >>> som = SOM.from_weights([[0.5, 1.0], [1.5, 2.0]], (1, 2), lattice="hexagonal")
    >>> path = write_cod(som, os.path.join(tempfile.mkdtemp(), "map.cod"), labels=["", "b"])
    >>> path.read_text().splitlines()
    ['2 hexa 2 1 gaussian', '0.5 1 ', '1.5 2 b ']
    >>> read_cod(path).labels.tolist()
    ['', 'b']
    """
    check_is_fitted(som)
    topology, neighbourhood = som.topology, som.neighbourhood
    if topology.shape != "sheet" or neighbourhood not in NEIGHBOURHOODS:
        wanted = "a sheet, gaussian or bubble: .cod files know no other (SOM.from_weights makes one of any weights)"
        raise InvalidParameter("write_cod", "som", f"a {topology.shape}, {neighbourhood}", wanted)
    (rows, columns), weights = topology.grid, _values("write_cod", "weights_", som.weights_)
    lattice = next(word for word, lattice in LATTICES.items() if lattice == topology.lattice)
    header = [f"{weights.shape[1]} {lattice} {columns} {rows} {neighbourhood}\n"]
    header += _names("write_cod", names, weights.shape[1])
    tails = _labels("write_cod", labels, len(weights))
    return write_text(path, (*header, *_lines("write_cod", weights, tails, digits)))


def read_cod(path: str | os.PathLike[str]) -> CodeBook:
    """Read a map in SOM_PAK's .cod format.

    Parameters
    ----------
    path : path
        The file, plain or with the ending .gz. ``#`` begins a comment line, ``#n`` one with the components' names.

    Returns
    -------
    CodeBook
        The map, labels and names. A label NA or nan counts as none.

    Raises
    ------
    DataError
        With file and line, if the header is not "dimension hexa|rect columns rows bubble|gaussian", a line has too few
        values or one that is no number, or there are not as many lines as units.
    """
    file = Path(path)
    content = [(n, line) for n, line in enumerate(read_lines(file), 1) if line.strip() and line.lstrip()[0] != "#"]
    number, line = content[0] if content else (1, "")
    match = HEADER.fullmatch(line)
    if match is None:
        wanted = 'must be "dimension hexa|rect columns rows bubble|gaussian", as in "3 hexa 12 8 bubble"'
        raise problem(file, f"line {number} {wanted}; got {line[:80]!r}")
    columns, rows = int(match[2]), int(match[3])
    found = read_dat(file)
    if len(found.data) != rows * columns:
        raise problem(file, f"holds {len(found.data)} weight vectors; line {number} promises {columns} x {rows}")
    if not np.isfinite(found.data).all():
        unit, column = np.argwhere(~np.isfinite(found.data))[0]
        raise problem(file, f"line {content[unit + 1][0]}, column {column + 1}: a map has a finite number everywhere")
    try:
        som = SOM.from_weights(found.data, (rows, columns), lattice=LATTICES[match[1]], neighbourhood=match[4])
    except InvalidParameter as error:
        raise problem(file, error) from error
    return CodeBook(som, found.labels, found.feature_names)


def write_dat(
    path: str | os.PathLike[str],
    data: Any,
    labels: Iterable[Any] | None = None,
    weights: Any = None,
    names: Sequence[str] | None = None,
    *,
    digits: int | None = None,
) -> Path:
    """Write samples as a .dat file, which SOM_PAK, LVQ_PAK and the SOM Toolbox read, and return its path.

    `neurosim.datasets.read` reads it back.

    Parameters
    ----------
    path : path
        The file, as for `write_cod`.
    data : (samples, features) array
        Finite numbers, and NaN for a missing value, written as ``x``.
    labels : (samples,) of str, optional
        A label for each sample, as for `write_cod`.
    weights : (samples,) of numbers >= 0, optional
        How often each sample counts, written as ``weight=`` where it is not 1. SOM_PAK heeds it with ``-weights 1``.
    names : (features,) of str, optional
        Names of the components, as for `write_cod`.
    digits : int >= 1 or None, default None
        Significant digits; None: as many as are needed to read the same numbers back.
    """
    values = _values("write_dat", "data", data, missing=True)
    tails = _labels("write_dat", labels, len(values))
    if weights is not None:
        tails = [tail + qualifier for tail, qualifier in zip(tails, _qualifiers(weights, len(values)), strict=True)]
    header = [f"{values.shape[1]}\n", *_names("write_dat", names, values.shape[1])]
    return write_text(path, (*header, *_lines("write_dat", values, tails, digits)))


def sompak_randinit(x: Any, grid: tuple[int, int], seed: int) -> np.ndarray:
    """Return the random first weights of SOM_PAK's program randinit, for ``init=``.

    The generator is ``s = 23 s mod 100000001``, its values ``(s mod 32767) / 32768``; they are drawn unit by unit and
    in each unit component by component, uniform between the least and the largest value of the component. The search
    for the largest value starts from FLT_MIN, about 1.2e-38, which is above all negative numbers: where all values of
    a component are negative, the weights reach up to 0. This is kept, so that the weights are SOM_PAK's.

    Parameters
    ----------
    x : (samples, features) array
        Samples; NaN is a missing value.
    grid : (rows, columns)
        Positive integers, at least 2 units.
    seed : int, 1 to 100000000
        The number of ``-rand``.

    Returns
    -------
    (units, features) float32
        The weights, for units that are numbered row by row.

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.
    DataError
        If a component has no value at all.

    Examples
    --------
    >>> from neurosim.som.files_sompak import sompak_randinit
    >>> sompak_randinit([[0.0, 0.0], [1.0, 1.0]], (1, 2), 123)
    array([[0.08633423, 0.9857178 ],
           [0.6721802 , 0.4606018 ]], dtype=float32)
    """
    samples = _values("sompak_randinit", "x", x, missing=True).astype(np.float32)
    rows, columns = checks.grid_of_units("sompak_randinit", "grid", grid)
    checks.at_least("sompak_randinit", "seed", seed, 1)
    if seed > 100_000_000:
        raise InvalidParameter("sompak_randinit", "seed", seed, "at most 100000000")
    known = ~np.isnan(samples)
    if not known.any(0).all():
        raise DataError(f"sompak_randinit: column {known.any(0).argmin() + 1} of x has no value")
    low = np.where(known, samples, np.inf).min(0).astype(np.float64)
    high = np.where(known, samples, -np.inf).max(0, initial=FLT_MIN).astype(np.float64)
    u = np.fromiter(_generator(seed, rows * columns * samples.shape[1]), np.float64).reshape(-1, samples.shape[1])
    return (low + (high - low) * u).astype(np.float32)


def write_text(path: str | os.PathLike[str], lines: Iterable[str]) -> Path:
    """Write lines, compressed if the name ends in .gz; an older file stays whole until this one is complete."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    content = "".join(lines).encode()
    with replacing(path) as file:
        file.write(gzip.compress(content, mtime=0) if is_gzip(path) else content)
    return path


def _generator(state: int, n: int) -> Iterator[float]:
    for _ in range(n):
        state = 23 * state % 100000001
        yield state % 32767 / 32768


def _values(owner: str, name: str, data: Any, *, missing: bool = False) -> np.ndarray:
    """Return a matrix of float32 or float64, finite but for what is missing."""
    try:
        array = np.asarray(data)
        array = array if array.dtype == np.float32 else array.astype(np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    wanted = f"a (samples, features) array of finite numbers{' or NaN' * missing}"
    if array.ndim != 2 or 0 in array.shape:
        raise InvalidParameter(owner, name, f"shape {array.shape}", wanted)
    if not (np.isfinite(array) | (np.isnan(array) & missing)).all():
        raise InvalidParameter(owner, name, "infinity" if missing else "NaN or infinity", wanted)
    return array


def _lines(owner: str, values: np.ndarray, tails: Iterable[str], digits: int | None) -> Iterator[str]:
    """Yield a line for every row: SOM_PAK ends every number and every label with a blank."""
    if digits is not None:
        checks.at_least(owner, "digits", digits, 1)
    spell = str if digits is None else f"%.{digits}g".__mod__
    for row, tail in zip(values, tails, strict=True):
        yield "".join(f"{'x' if np.isnan(value) else spell(value)} " for value in row) + tail + "\n"


def _labels(owner: str, labels: Iterable[Any] | None, n: int) -> list[str]:
    """Return what follows the numbers of each line."""
    words = [""] * n if labels is None else ["" if label is None else str(label) for label in labels]
    if len(words) != n:
        raise InvalidParameter(owner, "labels", f"{len(words)} labels", f"{n} labels, or None")
    for word in words:
        tidy = word.isprintable() and word == " ".join(word.split()) and word.lower() not in MISSING_LABELS - {""}
        if not tidy or any(part.startswith(("weight=", "fixed=")) for part in word.split()):
            wanted = "printable words with single blanks between them, no weight= or fixed=, not NA or nan"
            raise InvalidParameter(owner, "labels", word, wanted)
    return [f"{word} " if word else "" for word in words]


def _qualifiers(weights: Any, n: int) -> Iterator[str]:
    array = np.asarray(weights)
    if array.dtype.kind not in "biuf" or array.shape != (n,) or not (np.isfinite(array) & (array >= 0)).all():
        raise InvalidParameter("write_dat", "weights", weights, f"{n} finite numbers >= 0")
    for weight in array.astype(np.float64):
        yield "" if weight == 1 else f"weight={np.format_float_positional(weight, trim='-')} "


def _names(owner: str, names: Sequence[str] | None, n: int) -> list[str]:
    """Return the line #n, if there are names."""
    if names is None:
        return []
    if len(names) != n or any(not name.isprintable() or name.split() != [name] for name in names):
        raise InvalidParameter(owner, "names", names, f"{n} words without blanks")
    return [f"#n {' '.join(names)}\n"]
