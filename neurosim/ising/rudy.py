"""The 71 graphs of the Gset, made from their seeds as Rinaldi's generator rudy made them (Helmberg & Rendl 2000)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from neurosim.core.errors import InvalidParameter
from neurosim.ising.graphbase import GraphBaseRandom
from neurosim.ising.graphs import Graph


class Recipe(NamedTuple):
    """How one graph is made; `weights` is the seed of its weights -1 and 1, or None for weights 1."""

    make: Callable[..., tuple[int, np.ndarray]]
    arguments: tuple[int | float, ...]
    weights: int | None = None


def gset(number: int) -> Graph:
    """Return graph G1 ... G67, G70, G72, G77 or G81 of the Gset, edges and weights.

    Parameters
    ----------
    number : int
        The number in the graph's name. Vertex k of the public files is k - 1 here.

    Notes
    -----
    Random graphs (G1-G10, G22-G31, G43-G47, G55, G56, G60, G61, G70), toroidal grids (G11-G13, G32-G34, G48-G50, G57,
    G62, G65-G67, G72, G77, G81) and unions of two planar graphs (all others), with 800 to 20,000 vertices. The weights
    are 1, or -1 and 1. `BEST_KNOWN_CUTS` holds the largest cuts that have been published.

    Examples
    --------
    >>> from neurosim.ising import gset
    >>> graph = gset(1)
    >>> graph.n_vertices, graph.n_edges
    (800, 19176)
    """
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number not in GSET:
        raise InvalidParameter("gset", "number", number, "1 ... 67, 70, 72, 77 or 81")
    recipe = GSET[int(number)]
    n, edges = recipe.make(*recipe.arguments)
    if recipe.weights is None:
        return Graph(n, edges)
    edges = neighbours_above(edges)
    signs = 2 * GraphBaseRandom(recipe.weights).below(2, len(edges)) - 1
    return Graph(n, edges, signs)


def random_graph(n: int, density: float, seed: int) -> tuple[int, np.ndarray]:
    """Return n and the edges of a random graph that has `density` percent of all edges, in the order of drawing."""
    wanted = int(n * (n - 1) * density / 200 + 0.5)
    random = GraphBaseRandom(seed)
    ends = np.empty((0, 2), dtype=np.int64)
    first: np.ndarray = ends[:, 0]
    while len(first) < wanted:
        ends = np.concatenate([ends, random.below(n, 2 * wanted).reshape(-1, 2)])
        proper = np.flatnonzero(ends[:, 0] != ends[:, 1])
        first = np.sort(proper[np.unique(np.sort(ends[proper], axis=1) @ [n, 1], return_index=True)[1]])
    return n, ends[first[:wanted]]


def toroidal_grid(rows: int, columns: int) -> tuple[int, np.ndarray]:
    """Return the number of vertices of a periodic grid and its edges, those along the rows first."""
    sites = np.arange(rows * columns).reshape(rows, columns)
    along = [np.stack([sites, np.roll(sites, -1, axis)], axis=-1).reshape(-1, 2) for axis in (1, 0)]
    return rows * columns, np.concatenate(along)


def planar_graph(n: int, density: float, seed: int) -> tuple[int, np.ndarray]:
    """Return n and the edges of a planar graph: a random triangulation, of which `density` percent of the edges stay.

    Every vertex is put into a face and joined to its three corners; then edges are taken out.
    """
    random = GraphBaseRandom(seed)
    faces = [(0, 1, 2)]
    edges = [(0, 1), (0, 2), (1, 2)]
    for vertex in range(3, n):
        place = int(random.below(len(faces), 1)[0])
        a, b, c = faces[place]
        faces[place] = (a, b, vertex)
        faces += [(a, c, vertex), (b, c, vertex)]
        edges += [(a, vertex), (b, vertex), (c, vertex)]
    wanted = int((3 * n - 6) * density / 100 + 0.5)
    while len(edges) > wanted:
        place = int(random.below(len(edges), 1)[0])
        edges[place] = edges[-1]
        edges.pop()
    return n, np.array(edges, dtype=np.int64)


def two_planar_graphs(n: int, density: float, seed: int) -> tuple[int, np.ndarray]:
    """Return n and the edges of the union of the planar graphs of two successive seeds."""
    both = [neighbours_above(planar_graph(n, density, s)[1]) for s in (seed, seed + 1)]
    edges = np.concatenate(both)
    edges = edges[np.argsort(edges[:, 0], kind="stable")]
    _, first = np.unique(edges @ [n, 1], return_index=True)
    return n, edges[np.sort(first)]


def neighbours_above(edges: np.ndarray) -> np.ndarray:
    """Return edges as (i, j) with i < j, by ascending i, those of one i in the reverse of the order given."""
    upward = np.sort(edges, axis=1)[::-1]
    return upward[np.argsort(upward[:, 0], kind="stable")]


def _recipes() -> dict[int, Recipe]:
    recipes: dict[int, Recipe] = {}
    for k in range(5):
        recipes[1 + k] = Recipe(random_graph, (800, 6, 8001 + k))
        recipes[6 + k] = Recipe(random_graph, (800, 6, 8001 + k), 8001 + k)
        recipes[22 + k] = Recipe(random_graph, (2000, 1, 20001 + k))
        recipes[27 + k] = Recipe(random_graph, (2000, 1, 20001 + k), 20001 + k)
        recipes[43 + k] = Recipe(random_graph, (1000, 2, 10001 + k))
    for k in range(4):
        recipes[14 + k] = Recipe(two_planar_graphs, (800, 99, 8001 + 2 * k))
        recipes[18 + k] = Recipe(two_planar_graphs, (800, 99, 8001 + 2 * k), 8001 + k)
        recipes[35 + k] = Recipe(two_planar_graphs, (2000, 99, 20001 + 2 * k))
        recipes[39 + k] = Recipe(two_planar_graphs, (2000, 99, 20001 + 2 * k), 20001 + k)
        recipes[51 + k] = Recipe(two_planar_graphs, (1000, 100, 10001 + 2 * k))
    for number, make, n, density, seed in (
        (55, random_graph, 5000, 0.1, 50001),
        (58, two_planar_graphs, 5000, 99, 50001),
        (60, random_graph, 7000, 0.07, 70001),
        (63, two_planar_graphs, 7000, 99, 70001),
    ):
        recipes[number] = Recipe(make, (n, density, seed))
        recipes[number + 1] = Recipe(make, (n, density, seed), seed)
    recipes[70] = Recipe(random_graph, (10000, 0.02, 100001))
    for number, (rows, columns, weights) in TORI.items():
        recipes[number] = Recipe(toroidal_grid, (rows, columns), weights)
    return dict(sorted(recipes.items()))


TORI: dict[int, tuple[int, int, int | None]] = {
    11: (100, 8, 8001),
    12: (50, 16, 8002),
    13: (25, 32, 8003),
    32: (100, 20, 20003),
    33: (80, 25, 20002),
    34: (50, 40, 20001),
    48: (50, 60, None),
    49: (30, 100, None),
    50: (25, 120, None),
    57: (100, 50, 50001),
    62: (100, 70, 50001),
    65: (100, 80, 80001),
    66: (90, 100, 90001),
    67: (100, 100, 100001),
    72: (100, 100, 10001),
    77: (140, 100, 140001),
    81: (200, 100, 200001),
}
GSET = _recipes()
