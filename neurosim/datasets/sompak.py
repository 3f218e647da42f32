"""SOM_PAK's .dat text files."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.datasets.dataset import Dataset, encode
from neurosim.datasets.files import parse_number, problem, read_lines

_MISSING = frozenset({"x", "nan"})


def read_dat(path: Path) -> Dataset:
    """Read SOM_PAK data: a line with the dimension, then a sample a line with optional labels and qualifiers.

    ``#`` begins a comment line, ``#n`` one with the components' names; ``x`` is a missing value (NaN). Several labels
    of a sample are joined by a blank. ``weight=k`` goes to `weights`; ``fixed=x,y`` is checked and left out.

    Raises
    ------
    DataError
        With the line, if it has too few values, a value that is no number, or a malformed qualifier.
    """
    lines = read_lines(path)
    names = next((tuple(line.split()[1:]) for line in lines if line.split()[:1] == ["#n"]), None)
    content = ((number, line) for number, line in enumerate(lines, 1) if line.strip() and line.lstrip()[0] != "#")
    dimension = _dimension(path, next(content, (1, "")))
    if names and len(names) != dimension:
        raise problem(path, f"the #n line names {len(names)} components, the dimension is {dimension}")
    numbered = list(content)
    if not numbered:
        raise problem(path, "has no samples after the dimension")
    samples = _fast(numbered, dimension) or _walk(path, numbered, dimension)
    target, target_names = encode(samples.labels) if any(samples.labels) else (None, None)
    return Dataset(
        name=path.name,
        data=samples.data,
        target=target,
        feature_names=names,
        target_names=target_names,
        weights=np.array(samples.weights) if any(weight != 1 for weight in samples.weights) else None,
        source=f"read from {path}",
    )


@dataclass
class _Samples:
    data: NDArray[np.float64]
    labels: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


def _dimension(path: Path, first: tuple[int, str]) -> int:
    number, line = first
    word = (line.split() or [""])[0]
    if not re.fullmatch(r"[0-9]{1,9}", word) or int(word) < 1:
        raise problem(path, f"line {number} must begin with the dimension, a whole number; got {word!r}")
    return int(word)


def _fast(numbered: list[tuple[int, str]], dimension: int) -> _Samples | None:
    """Read plain numbers, and nothing else, at C speed."""
    try:
        data = np.loadtxt([line for _, line in numbered], ndmin=2, comments=None)
    except ValueError:
        return None
    return _Samples(data) if data.shape[1] == dimension else None


def _walk(path: Path, numbered: list[tuple[int, str]], dimension: int) -> _Samples:
    rows: list[list[float]] = []
    samples = _Samples(np.empty((0, dimension)))
    for number, line in numbered:
        words = line.split()
        if len(words) < dimension:
            raise problem(path, f"line {number} has {len(words)} fields, {dimension} wanted")
        rows.append([_value(path, number, column, word) for column, word in enumerate(words[:dimension], 1)])
        labels, weight = _extras(path, number, words[dimension:])
        samples.labels.append(labels)
        samples.weights.append(weight)
    samples.data = np.array(rows)
    return samples


def _value(path: Path, number: int, column: int, word: str) -> float:
    if word.lower() in _MISSING:
        return np.nan
    try:
        return parse_number(word)
    except ValueError:
        raise problem(path, f"line {number}, column {column}: {word!r} is not a number") from None


def _extras(path: Path, number: int, words: list[str]) -> tuple[str, float]:
    """Sort what follows the values into labels and qualifiers."""
    labels, weight = [], 1.0
    for word in words:
        if word.startswith("weight="):
            if not re.fullmatch(r"weight=\d+(\.\d*)?", word):
                raise problem(path, f"line {number}: {word!r} is not weight= and a number of 0 or more")
            weight = float(word.removeprefix("weight="))
        elif word.startswith("fixed="):
            if not re.fullmatch(r"fixed=\d+,\d+", word):
                raise problem(path, f"line {number}: {word!r} is not fixed= and two whole numbers, as in fixed=2,5")
        else:
            labels.append(word)
    return " ".join(labels), weight
