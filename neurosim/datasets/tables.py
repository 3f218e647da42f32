"""Text tables: .csv, .tsv and .txt."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.datasets.dataset import MISSING_LABELS, Dataset, encode
from neurosim.datasets.files import parse_number, problem, read_lines

_LABEL_NAMES = frozenset({"label", "class", "target", "species"})
_Table = tuple[NDArray[np.float64], list[str] | None]  # the numbers, and the labels where a column holds them


def read_table(path: Path) -> Dataset:
    """Read a table: a sample a line, fields between commas, semicolons, tabs or blanks, perhaps a header.

    The first line is a header if none of its fields is a number. Labels are the column named label, class, target
    or species, else the last column if none of its fields is a number. Empty fields, NA and nan become NaN. Blank
    lines and lines that begin with # are skipped.

    Raises
    ------
    DataError
        With the line and the column of the first field that is no number, or the first line of another length.
    """
    lines = read_lines(path)
    content = [line for line in lines if _counts(line)]
    if not content:
        raise problem(path, "has no rows")
    delimiter = _sniff(content[0])
    header = _header(content[0], delimiter)
    body = content[1:] if header else content
    if not body:
        raise problem(path, "has a header but no rows")
    label = _label_column(path, header)
    data, labels = _fast(body, delimiter, header, label) or _walk(path, lines, delimiter, header, label)
    if not data.shape[1]:
        raise problem(path, "has no column of numbers beside the labels")
    target, target_names = _targets(labels)
    if header and label is None and labels is not None:
        label = len(header) - 1
    names = tuple(name for column, name in enumerate(header) if column != label) if header else None
    return Dataset(path.name, data, target, names, target_names, source=f"read from {path}")


def _counts(line: str) -> bool:
    text = line.strip()
    return bool(text) and text[0] != "#"


def _sniff(line: str) -> str | None:
    """Return the delimiter; None stands for any white space. Quoted text does not count."""
    bare = re.sub(r'"[^"]*"', "", line)
    return next((delimiter for delimiter in (";", "\t", ",") if delimiter in bare), None)


def _split(line: str, delimiter: str | None) -> list[str]:
    """Return the fields of one line; csv.Error where a quote stays open."""
    if delimiter is None:
        return [field.strip('"') for field in line.split()]
    if '"' not in line:
        return [field.strip() for field in line.split(delimiter)]
    reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    return [field.strip() for field in next(reader)]


def _header(line: str, delimiter: str | None) -> list[str] | None:
    try:
        fields = _split(line, delimiter)
    except csv.Error:  # told with its line number later
        return None
    if any(field and (_is_number(field.replace(",", ".")) or _is_missing(field)) for field in fields):
        return None
    # a line of empty fields before one text is a sample with nothing but its label
    return fields if len(fields) == 1 or any(fields[:-1]) else None


def _label_column(path: Path, header: list[str] | None) -> int | None:
    found = [column for column, name in enumerate(header or ()) if name.lower() in _LABEL_NAMES]
    if len(found) > 1:
        listed = " and ".join(f"{column + 1} ({(header or ())[column]})" for column in found)
        raise problem(path, f"columns {listed} both look like labels; keep one of them")
    return found[0] if found else None


def _fast(body: list[str], delimiter: str | None, header: list[str] | None, label: int | None) -> _Table | None:
    """Read numbers, with or without text in the last column, at C speed; None for all else."""
    labels = None
    width = len(header) if header else len(body[0].split(delimiter))
    if label in (None, width - 1) and not _is_number(_last(body[0], delimiter)):
        labels = [_last(line, delimiter) for line in body]
        distinct = set(labels)
        if any('"' in text or _is_number(text) for text in distinct) or all(map(_is_missing, distinct)):
            return None
        body, width = [_all_but_last(line, delimiter) for line in body], width - 1
    if not any(map(str.strip, body)):  # np.loadtxt warns where there is nothing to read
        return None
    try:
        data = np.loadtxt(body, delimiter=delimiter, ndmin=2, comments=None)
    except ValueError:
        return None
    if data.shape != (len(body), width):
        return None
    if label is not None and labels is None:
        labels = [repr(value) for value in data[:, label].tolist()]
        data = np.delete(data, label, axis=1)
    return data, labels


def _last(line: str, delimiter: str | None) -> str:
    return (line.rsplit(delimiter, 1) or [""])[-1].strip()


def _all_but_last(line: str, delimiter: str | None) -> str:
    return line.rstrip("\n").rsplit(delimiter, 1)[0]


def _walk(path: Path, lines: list[str], delimiter: str | None, header: list[str] | None, label: int | None) -> _Table:
    """Read field by field: missing values, quotes, and the exact place of whatever is wrong."""
    records = list(_records(path, lines, delimiter))[1 if header else 0 :]
    width = len(header) if header else len(records[0][1])
    for number, fields in records:
        if len(fields) != width:
            raise problem(path, f"line {number} has {len(fields)} fields, {width} wanted")
    mixed = False
    if label is None:
        kinds = {_is_number(fields[-1]) for _, fields in records if not _is_missing(fields[-1])}
        label, mixed = (width - 1 if kinds == {False} else None), kinds == {True, False}
    columns = [column for column in range(width) if column != label]
    data = np.empty((len(records), len(columns)))
    for i, (number, fields) in enumerate(records):
        for j, column in enumerate(columns):
            try:
                data[i, j] = _value(fields[column])
            except ValueError:
                hint = _hint(fields[column], column == width - 1, mixed)
                name = f" ({header[column]})" if header else ""
                message = f"line {number}, column {column + 1}{name}: {fields[column]!r} is not a number{hint}"
                raise problem(path, message) from None
    return data, None if label is None else [fields[label] for _, fields in records]


def _hint(text: str, last: bool, mixed: bool) -> str:
    if _is_number(text.replace(",", ".")):
        return "; write the decimal comma as a point"
    if last:
        return "; name the column 'label' if numbers and text are labels" if mixed else ""
    return "; labels belong in the last column or under the name 'label'"


def _records(path: Path, lines: list[str], delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, 1):
        if _counts(line):
            try:
                yield number, _split(line, delimiter)
            except csv.Error as error:
                raise problem(path, f"line {number}: {error}") from error


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def _is_missing(text: str) -> bool:
    return text.lower() in MISSING_LABELS


def _value(text: str) -> float:
    return np.nan if _is_missing(text) else parse_number(text)


def _targets(labels: list[str] | None) -> tuple[NDArray[np.float64] | NDArray[np.int64] | None, tuple[str, ...] | None]:
    """Return labels that are all numbers as they are, integers where they are whole; others numbered, with names."""
    if labels is None:
        return None, None
    try:
        values = np.array([_value(label) for label in labels])
    except ValueError:
        return encode(labels)
    whole = bool(np.all(np.isfinite(values)) and np.all(values == np.rint(values)) and np.all(np.abs(values) < 2**53))
    return (values.astype(np.int64) if whole else values), None
