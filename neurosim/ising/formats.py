"""Graphs and models as text: rudy's format, in which the Gset is published, and the formats of dimod."""

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets.files import parse_number
from neurosim.ising.graphs import CODINGS, MOST, Graph
from neurosim.ising.model import IsingModel

HEADER = re.compile(r"#\s*(vartype|offset)\s*[:=]\s*(\S+)")
VARTYPES = {"SPIN": "spin", "BINARY": "binary"}


def read_graph(path: str | os.PathLike[str]) -> Graph:
    """Read a graph in rudy's format: a line "vertices edges", then a line "i j weight" for each edge.

    Parameters
    ----------
    path : path
        A text file, or one compressed by gzip. Vertices are numbered from 1 in the file and from 0 in the graph. A
        line without a weight means weight 1; lines that begin with # are comments.

    Returns
    -------
    Graph
        The graph.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If a line is not as above, an edge is a loop, comes twice or leaves the range, or the number of edges is not
        the one of the first line. The message names the line.
    """
    lines = (line for line in _lines(path) if not line[1][0].startswith("#"))
    number, header = next(lines, (1, []))
    if len(header) != 2 or not all(word.isdecimal() for word in header) or (n := _whole(header[0])) < 1:
        raise DataError(f'{path}, line {number}: the first line must be "vertices edges"; got {" ".join(header)!r}')
    if n > MOST:
        raise DataError(f"{path}, line {number}: at most {MOST} vertices; got {header[0]}")
    seen: dict[tuple[int, int], int] = {}
    weights = []
    for number, words in lines:
        pair = _edge(path, number, words, n)
        if pair in seen:
            raise DataError(f"{path}, line {number}: edge {words[0]} {words[1]} is already on line {seen[pair]}")
        seen[pair] = number
        weights.append(_number(path, number, words[2]) if len(words) == 3 else 1.0)
    if len(seen) != _whole(header[1]):
        raise DataError(f"{path}: the first line promises {header[1]} edges; the file holds {len(seen)}")
    return Graph(n, np.array(list(seen), dtype=np.int64).reshape(-1, 2), np.array(weights))


def write_graph(graph: Graph, path: str | os.PathLike[str]) -> Path:
    """Write a graph in rudy's format, compressed if the name ends in .gz, and return the path.

    Raises
    ------
    InvalidParameter
        If `graph` is not a Graph; an IsingModel has `to_graph`.
    """
    if not isinstance(graph, Graph):
        raise InvalidParameter("write_graph", "graph", graph, "a Graph")
    triples = zip((graph.edges + 1).tolist(), graph.weights.tolist(), strict=True)
    text = [f"{graph.n_vertices} {graph.n_edges}", *(f"{i} {j} {w!r}" for (i, j), w in triples)]
    return _write(path, text)


def read_coo(path: str | os.PathLike[str], *, coding: str | None = None) -> IsingModel:
    """Read a model in dimod's COO text format: a line "i j bias" for each bias, i = j for a linear one.

    Parameters
    ----------
    path : path
        A text file, or one compressed by gzip. Variables are numbered from 0; biases of one place are added up.
    coding : "spin" or "binary", optional
        What the variables are, for a file without a line ``# vartype=SPIN`` or ``# vartype=BINARY``.

    Returns
    -------
    IsingModel
        The model of E = sum h s + sum J s s for spins (dimod's signs), or of E = b^T Q b for binary variables. A line
        ``# offset=...``, which `write_coo` writes and dimod skips, is added.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If a line is not as above, or if coding and header are both missing or disagree.
    """
    if coding is not None:
        checks.one_of("read_coo", "coding", coding, CODINGS)
    biases: dict[tuple[int, int], float] = {}
    offset = 0.0
    headers: dict[str, int] = {}
    for number, words in _lines(path):
        if header := HEADER.match(" ".join(words)):
            if (first := headers.setdefault(header[1], number)) != number:
                raise DataError(f"{path}, line {number}: a second # {header[1]}=; the first is on line {first}")
            if header[1] == "offset":
                offset = _number(path, number, header[2])
            else:
                coding = _coding(path, number, header[2], coding)
        elif not words[0].startswith("#"):
            pair, bias = _bias(path, number, words)
            biases[pair] = biases.get(pair, 0.0) + bias
    if coding is None:
        graph = 'a graph in rudy\'s format begins with "vertices edges"'
        raise DataError(f"{path}: has no line # vartype=...; name the coding, spin or binary ({graph})")
    if not biases:
        raise DataError(f"{path}: holds no bias")
    if coding == "binary":
        return IsingModel.from_qubo(biases, offset=offset)
    linear = {i: bias for (i, j), bias in biases.items() if i == j}
    return IsingModel.from_ising_dicts(linear, {p: v for p, v in biases.items() if p[0] != p[1]}, offset)


def write_coo(model: IsingModel, path: str | os.PathLike[str], *, coding: str = "spin") -> Path:
    """Write a model in dimod's COO text format, compressed if the name ends in .gz, and return the path.

    Parameters
    ----------
    model : IsingModel
        The model.
    path : path
        The file to write.
    coding : "spin" or "binary", default "spin"
        The variables of the file: h and J with dimod's signs, or Q. The offset, for which the format has no place,
        becomes a comment that dimod skips and `read_coo` reads.
    """
    checks.one_of("write_coo", "coding", coding, CODINGS)
    if coding == "spin":
        linear, quadratic, offset = to_dimod(model)
    else:
        qubo, offset = _model("write_coo", model).to_qubo()
        coordinates = qubo.tocoo()
        places = zip(coordinates.row.tolist(), coordinates.col.tolist(), strict=True)
        quadratic = dict(zip(places, coordinates.data.tolist(), strict=True))
        linear = {i: quadratic.pop((i, i), 0.0) for i in range(model.n_spins)}
    last = model.n_spins - 1
    biases = {(i, i): bias for i, bias in linear.items() if bias or i == last} | quadratic
    lines = (f"{i} {j} {np.format_float_positional(bias, trim='-')}" for (i, j), bias in sorted(biases.items()))
    return _write(path, [f"# vartype={coding.upper()}", f"# offset={offset!r}", *lines])


def to_dimod(model: IsingModel) -> tuple[dict[int, float], dict[tuple[int, int], float], float]:
    """Return (h, J, offset) of dimod's E = sum_i h_i s_i + sum_ij J_ij s_i s_j + offset.

    Their signs are opposite to those of the model. ``dimod.BinaryQuadraticModel.from_ising(*to_dimod(model))`` makes
    dimod's model of them, and `IsingModel.from_ising_dicts` is the way back.

    Examples
    --------
    >>> from neurosim.ising import IsingModel, to_dimod
    >>> to_dimod(IsingModel([[0, 1], [1, 0]], fields=[0.5, 0]))
    ({0: -0.5, 1: 0.0}, {(0, 1): -1.0}, 0.0)
    """
    pairs, values = _model("to_dimod", model).pairs()
    linear = dict(enumerate((0.0 - model.fields).tolist()))
    return linear, dict(zip(map(tuple, pairs.tolist()), (-values).tolist(), strict=True)), model.offset


def _model(owner: str, model: Any) -> IsingModel:
    if not isinstance(model, IsingModel):
        raise InvalidParameter(owner, "model", model, "an IsingModel")
    return model


def _edge(path: Any, number: int, words: list[str], n: int) -> tuple[int, int]:
    """Return an edge (i, j), i < j, numbered from 0."""
    if len(words) not in (2, 3) or not all(word.isdecimal() for word in words[:2]):
        raise DataError(f'{path}, line {number}: must be "i j weight"; got {" ".join(words)!r}')
    i, j = _whole(words[0]), _whole(words[1])
    if not (1 <= i <= n and 1 <= j <= n):
        raise DataError(f"{path}, line {number}: edge {words[0]} {words[1]} leaves the range 1 ... {n}")
    if i == j:
        raise DataError(f"{path}, line {number}: edge {i} {j} is a loop")
    return min(i, j) - 1, max(i, j) - 1


def _bias(path: Any, number: int, words: list[str]) -> tuple[tuple[int, int], float]:
    """Return the two variables of a line and its bias."""
    if len(words) != 3 or not all(word.isdecimal() for word in words[:2]):
        raise DataError(f'{path}, line {number}: must be "i j bias"; got {" ".join(words)!r}')
    i, j = _whole(words[0]), _whole(words[1])
    if max(i, j) >= MOST:
        raise DataError(f"{path}, line {number}: variables must be below {MOST}; got {words[0]} {words[1]}")
    return (i, j), _number(path, number, words[2])


def _whole(word: str) -> int:
    """Return the number that digits spell; more than 18 of them are too many for anything and give MOST + 1."""
    return int(word) if len(word) <= 18 else MOST + 1


def _number(path: Any, number: int, word: str) -> float:
    try:
        value = parse_number(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DataError(f"{path}, line {number}: {word!r} is not a finite number")
    return value


def _coding(path: Any, number: int, word: str, coding: str | None) -> str:
    """Return the coding that a header names, unless the caller named the other."""
    found = VARTYPES.get(word)
    if found is None:
        raise DataError(f"{path}, line {number}: vartype must be SPIN or BINARY; got {word!r}")
    if coding not in (None, found):
        raise DataError(f"{path}, line {number}: the file says {found}, the caller {coding}")
    return found


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the words of every line that is not empty."""
    content = Path(path).read_bytes()
    try:
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        text = content.decode("ascii")
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: is no text file ({error})") from None
    for number, line in enumerate(text.splitlines(), 1):
        if words := line.split():
            yield number, words


def _write(path: str | os.PathLike[str], lines: list[str]) -> Path:
    path = Path(path)
    content = "".join(f"{line}\n" for line in lines).encode("ascii")
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path
