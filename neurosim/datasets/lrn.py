"""Data of the Databionic ESOM Tools: .lrn text files."""

import re
from pathlib import Path

import numpy as np

from neurosim.datasets.dataset import Dataset, encode
from neurosim.datasets.files import parse_number, problem, read_lines

IGNORED, DATA, CLASS, KEY = "0", "1", "3", "9"

_Numbered = list[tuple[int, str]]  # lines with their numbers


def read_lrn(path: Path) -> Dataset:
    """Read ESOM data: lines "% samples", "% columns", "% kinds", "% names", then a sample a line.

    The kind of a column is 9 for the samples' unique key, which is checked and not kept, 1 for data, 3 for the
    class and 0 for what is ignored. The names may be missing; they are divided by tabs if there are any, else by
    blanks. NaN is a missing value; ``#`` begins a comment line. Of several class columns the first counts.

    Raises
    ------
    DataError
        With the line, if the header is not as above, a line has not as many fields as there are columns, a value is no
        number, a key comes twice, or there are not as many lines as samples.
    """
    lines = ((n, line.lstrip().rstrip(" ")) for n, line in enumerate(read_lines(path), 1))  # a last name may be empty
    numbered = [(n, text) for n, text in lines if text and text[0] != "#"]
    headers = [(n, text[1:].lstrip()) for n, text in numbered if text[0] == "%"]
    samples, columns = _size(path, headers, 0, "samples"), _size(path, headers, 1, "columns")
    kinds = _kinds(path, headers, columns)
    names = _names(path, headers, columns)
    rows = _fields(path, [(n, text) for n, text in numbered if text[0] != "%"], columns)
    if len(rows) != samples:
        raise problem(path, f"holds {len(rows)} samples; line {headers[0][0]} promises {samples}")
    if KEY in kinds:
        _check_keys(path, rows, kinds.index(KEY))
    places = [column for column, kind in enumerate(kinds) if kind == DATA]
    data = np.array([[_value(path, number, column, words[column]) for column in places] for number, words in rows])
    target, target_names = None, None
    if CLASS in kinds:
        place = kinds.index(CLASS)
        target, target_names = encode([words[place] for _, words in rows])
    return Dataset(
        name=path.name,
        data=data,
        target=target,
        feature_names=tuple(names[column] for column in places) if names else None,
        target_names=target_names,
        source=f"read from {path}",
    )


def _size(path: Path, headers: _Numbered, place: int, what: str) -> int:
    number, text = headers[place] if place < len(headers) else (0, "")
    if not re.fullmatch("[1-9][0-9]{0,8}", text.strip()):
        got = f"line {number} is {text[:80]!r}" if number else "it is not there"
        raise problem(
            path, f"the {'second' if place else 'first'} line that begins with % must hold the number of {what}; {got}"
        )
    return int(text)


def _kinds(path: Path, headers: _Numbered, columns: int) -> list[str]:
    number, text = headers[2] if len(headers) > 2 else (headers[-1][0] + 1, "")
    kinds = text.split()
    if len(kinds) != columns or not set(kinds) <= {IGNORED, DATA, CLASS, KEY} or kinds.count(KEY) > 1:
        wanted = f"the kinds of {columns} columns, 0, 1, 3 or 9 each and 9 at most once, as in % 9 1 1"
        raise problem(path, f"line {number} must hold {wanted}; got {text[:80]!r}")
    if DATA not in kinds:
        raise problem(path, f"line {number}: no column is of kind 1, data")
    return kinds


def _names(path: Path, headers: _Numbered, columns: int) -> list[str] | None:
    if len(headers) < 4:
        return None
    number, text = headers[3]
    names = [name.strip() for name in text.split("\t")] if "\t" in text else text.split()
    if len(names) == columns + 1 and not names[-1]:
        names.pop()
    if len(names) != columns:
        raise problem(path, f"line {number} names {len(names)} columns of {columns}")
    return names


def _fields(path: Path, lines: _Numbered, columns: int) -> list[tuple[int, list[str]]]:
    rows = [(number, line.split()) for number, line in lines]
    for number, words in rows:
        if len(words) != columns:
            raise problem(path, f"line {number} has {len(words)} fields, {columns} wanted")
    return rows


def _check_keys(path: Path, rows: list[tuple[int, list[str]]], place: int) -> None:
    seen: dict[float, int] = {}
    for number, words in rows:
        key = _value(path, number, place, words[place])
        if key in seen:
            raise problem(path, f"line {number}: the key {words[place]} is already on line {seen[key]}")
        seen[key] = number


def _value(path: Path, number: int, column: int, word: str) -> float:
    try:
        return parse_number(word)
    except ValueError:
        raise problem(path, f"line {number}, column {column + 1}: {word!r} is not a number") from None
