"""What a teacher shows to a network: for each plane of S-cells its patterns, and where the cell to be taught is."""

import json
import os
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.core.errors import DataError
from neurosim.neocognitron.strokes import Point, Strokes, as_strokes, draw

OWNER = "TeachingSet"
NOT_A_SET = (KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError, json.JSONDecodeError)


@dataclass(frozen=True)
class Pattern:
    """A drawing for one plane of S-cells.

    Attributes
    ----------
    strokes : polylines of (row, column) points, whole numbers
    shape : (rows, columns)
        The field it is drawn on.
    seed : (row, column) or None
        The cell of the plane that learns it, counted from 0; None: the one in the middle of the plane.
    """

    strokes: Strokes
    shape: Point
    seed: Point | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", as_strokes(OWNER, self.strokes))
        for name in ("shape", "seed"):
            value = getattr(self, name)
            if name == "shape" or value is not None:
                object.__setattr__(self, name, _pair(name, value, 1 if name == "shape" else 0))

    @property
    def image(self) -> NDArray[np.float32]:
        """The drawing, (rows, columns)."""
        return draw(self.strokes, self.shape)


@dataclass(frozen=True)
class Plane:
    """A plane of S-cells as the teacher sees it.

    Attributes
    ----------
    name : str
        What the teacher calls it.
    join : int >= 0
        The plane of C-cells that it excites; planes of one feature share it.
    patterns : tuple of Pattern
    """

    name: str
    join: int
    patterns: tuple[Pattern, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "patterns", tuple(self.patterns))
        if not self.patterns or not all(isinstance(p, Pattern) for p in self.patterns):
            raise DataError(f"{OWNER}: plane {self.name!r} needs patterns, objects of the class Pattern")
        if not _is_whole(self.join) or self.join < 0:
            raise DataError(f"{OWNER}: plane {self.name!r}: join must be an integer >= 0; got {self.join!r}")
        object.__setattr__(self, "join", int(self.join))


@dataclass(frozen=True)
class TeachingSet:
    """All that a network is taught, stage by stage.

    Attributes
    ----------
    stages : tuple of tuples of Plane
        Stage 1 first. The C-planes of a stage are numbered from 0 without a gap.
    labels : tuple of int >= 0
        What each C-plane of the last stage stands for.

    Raises
    ------
    DataError
        If a stage is empty, its joins leave out a number, or the labels do not fit the last stage.

    Examples
    --------
    >>> from neurosim.neocognitron.teaching import TeachingSet
    >>> digits = TeachingSet.digits()
    >>> [len(stage) for stage in digits.stages], digits.labels
    ([12, 38, 35, 11], (0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
    """

    stages: tuple[tuple[Plane, ...], ...]
    labels: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "stages", tuple(tuple(stage) for stage in self.stages))
        object.__setattr__(self, "labels", tuple(int(v) if _is_whole(v) else v for v in self.labels))
        if not self.stages:
            raise DataError(f"{OWNER}: it needs at least one stage")
        for number, stage in enumerate(self.stages, 1):
            if strange := [plane for plane in stage if not isinstance(plane, Plane)]:
                raise DataError(f"{OWNER}: stage {number} must hold objects of the class Plane; got {strange[0]!r}")
            joins = {plane.join for plane in stage}
            if not stage or joins != set(range(len(joins))):
                raise DataError(f"{OWNER}: the joins of stage {number} must be 0, 1, 2, ...; got {sorted(joins)}")
        whole = all(_is_whole(v) and v >= 0 for v in self.labels)
        if not whole or len(self.labels) != self.c_planes(len(self.stages)):
            wanted = f"{self.c_planes(len(self.stages))} integers >= 0, one for each C-plane of the last stage"
            raise DataError(f"{OWNER}: labels must be {wanted}; got {self.labels!r}")

    @classmethod
    def digits(cls) -> "TeachingSet":
        """Return the set of the digits 0 to 9 that comes with the package, drawn by us.

        Stage 1 is taught 12 stubs of lines, stage 4 whole digits. The patterns of stages 2 and 3 are parts of these
        digits and of slightly deformed ones: 9 x 9 cells around a point of a stroke, and about half a digit. A search
        chose them and their planes by how many deformed and shifted digits are recognised in the end, among groupings
        in which every plane answers all of its patterns. The names of the planes of stage 3 tell where drawings come
        from.
        """
        return _digits()

    @classmethod
    def from_json(cls, source: str | os.PathLike[str]) -> "TeachingSet":
        """Return the set that a file holds, or a text that starts with a brace.

        Raises
        ------
        DataError
            If it is not a set in the form that `to_json` writes.
        """
        try:
            is_text = isinstance(source, str) and source.lstrip().startswith("{")
            content = json.loads(str(source) if is_text else Path(source).read_text(encoding="utf-8"))
            stages = tuple(tuple(_plane(**plane) for plane in stage) for stage in content["stages"])
            return cls(stages, tuple(content["labels"]))
        except NOT_A_SET as error:
            raise DataError(f"{OWNER}: not the JSON of a teaching set: {type(error).__name__}: {error}") from None

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the set as JSON text, and write it to a file if a path is given: one line for each pattern."""
        stages = ",\n".join("  [\n" + ",\n".join(_text(plane) for plane in stage) + "\n  ]" for stage in self.stages)
        text = f'{{\n "labels": {json.dumps(self.labels)},\n "stages": [\n{stages}\n ]\n}}\n'
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def joins(self, stage: int) -> NDArray[np.int64]:
        """Return the C-plane of every S-plane of a stage, counted from 1."""
        return np.array([plane.join for plane in self.stages[stage - 1]], np.int64)

    def c_planes(self, stage: int) -> int:
        """Return the number of C-planes of a stage, counted from 1."""
        return int(self.joins(stage).max()) + 1

    def examples(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the patterns of the last stage, (patterns, rows, columns), and their labels."""
        pairs = [(p.image, self.labels[plane.join]) for plane in self.stages[-1] for p in plane.patterns]
        images, labels = zip(*pairs, strict=True)
        return np.array(images), np.array(labels)


@cache
def _digits() -> TeachingSet:
    text = resources.files("neurosim.neocognitron").joinpath("patterns", "digits.json").read_text(encoding="utf-8")
    return TeachingSet.from_json(text)


def _plane(name: str, join: int, patterns: list[dict[str, Any]]) -> Plane:
    return Plane(name, join, tuple(Pattern(**pattern) for pattern in patterns))


def _text(plane: Plane) -> str:
    lines = []
    for p in plane.patterns:
        seed = "" if p.seed is None else f', "seed": {json.dumps(p.seed)}'
        lines.append(f'    {{"shape": {json.dumps(p.shape)}{seed}, "strokes": {json.dumps(p.strokes)}}}')
    return f'   {{"name": {json.dumps(plane.name)}, "join": {plane.join}, "patterns": [\n' + ",\n".join(lines) + "]}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _pair(name: str, value: Any, least: int) -> Point:
    try:
        pair = tuple(int(v) if int(v) == v else -1 for v in value)
    except (TypeError, ValueError, OverflowError):
        pair = ()
    if len(pair) != 2 or min(pair) < least:
        raise DataError(f"{OWNER}: {name} must be (row, column), integers >= {least}; got {value!r}")
    return pair
