"""Errors that weigh how far a sample is from the map against how well the map is ordered around it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks
from neurosim.som import rules
from neurosim.som.initial import blocks
from neurosim.som.measures_common import BLOCK, distance_blocks, is_euclidean, map_squares
from neurosim.som.topology import NEIGHBOURHOODS

if TYPE_CHECKING:
    from neurosim.som.som import SOM

STRAIGHT = ("euclidean", "manhattan", "chebyshev", "mahalanobis")  # no way round is shorter than the direct one


def combined_error(som: "SOM", X: Any, *, adjacency: int | None = None, sample_weight: Any = None) -> float:
    """Return the mean distance of a sample to its best unit and on, from neighbour to neighbour, to its second best.

    The way from the best to the second best unit is the shortest one over edges of the map, each as long as the weight
    vectors of its two ends are apart. On a well ordered map it is a single short edge; a fold makes it long.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on; all that `predict` takes.
    adjacency : 4, 6 or 8, optional
        Units that an edge joins, as in `neurosim.som.assess`.
    sample_weight : (samples,), optional
        How often each sample counts, >= 0.

    Returns
    -------
    float >= 0
        In the units of the data; never less than the quantisation error.

    References
    ----------
    S. Kaski, K. Lagus, "Comparing self-organizing maps", ICANN 1996, 809-814. From memory, not checked against the
    paper.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM
    >>> from neurosim.som.measures_errors import combined_error
    >>> iris = load_iris()
    >>> som = SOM(grid=(6, 8)).fit(iris.data)
    >>> bool(-som.score(iris.data) < combined_error(som, iris.data) < 2)
    True
    """
    check_is_fitted(som)
    x = som._samples(X)
    counts = som._sample_weight(sample_weight, x)
    found, metrics = som._assigned(x, counts, adjacency)
    return float(metrics.qe) + mean_way(som, found, counts, adjacency)


def mean_way(som: "SOM", found: dict[str, np.ndarray], counts: np.ndarray, adjacency: int | None) -> float:
    """Return the mean length of the way from the best to the second best unit; `found` is of `som._assigned`."""
    units, counts = som.topology.units, counts.astype(np.float64)
    pair, place = np.unique(found["first"].astype(np.int64) * units + found["second"], return_inverse=True)
    often = np.bincount(place, weights=counts)
    first, second = np.divmod(pair, units)
    neighbours, edges = edge_lengths(som, adjacency)
    if isinstance(som.metric, str) and som.metric in STRAIGHT:
        length = np.where(neighbours[first] == second[:, None], edges[first], np.inf).min(axis=1)
    else:
        length = np.full(len(pair), np.inf)
    far = np.flatnonzero(np.isinf(length))
    length[far] = _shortest(_graph(neighbours, edges), first[far], second[far])
    return float(often @ length / counts.sum())


def edge_lengths(som: "SOM", adjacency: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the neighbours of every unit (-1: none) and the distances of their weights from its own."""
    topology, weights = som.topology, som.weights_
    neighbours = topology.neighbours(adjacency)
    edges = np.empty(neighbours.shape)
    for block, distances in distance_blocks(som, weights, weights):
        edges[block] = np.take_along_axis(distances, np.maximum(neighbours[block], 0), axis=1)
    return neighbours, edges


def _graph(neighbours: np.ndarray, edges: np.ndarray) -> sparse.csr_array:
    """Return the map as a graph whose edges have the lengths `edges`, a sparse array (units, units)."""
    real, units = neighbours >= 0, len(neighbours)
    ends = np.concatenate([[0], np.cumsum(real.sum(axis=1))])
    kept = (edges[real], neighbours[real].astype(np.int32), ends.astype(np.int32))
    return sparse.csr_array(kept, shape=(units, units))


def _shortest(graph: sparse.csr_array, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the lengths of the shortest ways between pairs of units."""
    sources, source = np.unique(first, return_inverse=True)
    lengths, step = np.empty(len(first)), max(1, BLOCK // graph.shape[0])
    for i in range(0, len(sources), step):
        here = (source >= i) & (source < i + step)
        ways = dijkstra(graph, indices=sources[i : i + step])
        lengths[here] = ways[source[here] - i, second[here]]
    return lengths


def distortion(som: "SOM", X: Any, *, sigma: float | None = None, sample_weight: Any = None) -> float:
    """Return the mean over samples of sum_u h(c, u) d(x, w_u)^2, where c is the best unit of x.

    For given best units and the Euclidean metric, the batch rule finds the weights that make it least.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on; all that `predict` takes.
    sigma : float > 0, optional
        Width of the neighbourhood h, in steps. Default: that of the last update of the fit.
    sample_weight : (samples,), optional
        How often each sample counts, >= 0.

    Returns
    -------
    float
        >= 0 but for the Mexican hat. In the squared units of the data; its size depends on sigma, so compare maps at
        one sigma only.

    Raises
    ------
    InvalidParameter
        If sigma is not > 0.

    References
    ----------
    T. Heskes, "Energy functions for self-organizing maps", in Kohonen Maps, Elsevier 1999, 303-315: there the best unit
    is the one with the least such sum, which makes it an energy of the training; here it is the nearest, as in `fit`.
    Not checked against the paper.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM
    >>> from neurosim.som.measures_errors import distortion
    >>> iris = load_iris()
    >>> early, late = (SOM(grid=(6, 8), sigma=(1, 1), epochs=n).fit(iris.data) for n in (1, 20))
    >>> distortion(late, iris.data) < distortion(early, iris.data)
    True
    """
    check_is_fitted(som)
    sigma = som.sigma_ if sigma is None else sigma
    checks.number("distortion", "sigma", sigma, "a number > 0", above=0.0)
    x = som._samples(X)
    counts = som._sample_weight(sample_weight, x)
    first = som._assigned(x)[0]["first"]
    return mean_distortion(som, x, first, counts, float(sigma))


def mean_distortion(som: "SOM", x: Any, first: np.ndarray, counts: np.ndarray, sigma: float) -> float:
    """Return the mean distortion of samples with the best units `first`, which count as often as `counts` says."""
    counts = counts.astype(np.float64)
    dense = not sparse.issparse(x) and not np.isnan(x.min())
    if dense and is_euclidean(som):
        return _by_means(som, x, first, counts, sigma) / float(counts.sum())
    total = 0.0
    for block, distances in distance_blocks(som, x, som.weights_):
        unit, place = np.unique(first[block], return_inverse=True)
        squares = distances.astype(np.float64) ** 2
        total += float(counts[block] @ (_neighbourhood(som, unit, sigma)[place] * squares).sum(axis=1))
    return total / float(counts.sum())


def _by_means(som: "SOM", x: np.ndarray, first: np.ndarray, counts: np.ndarray, sigma: float) -> float:
    """Return the sum of the distortion from the mean and the scatter of the samples of each unit.

    |x - w|^2, summed over the samples of a unit with the mean m, is n |m - w|^2 and the scatter around m.
    """
    units, w = som.topology.units, som.weights_.astype(np.float64)
    often, mean, scatter = np.bincount(first, counts, units), np.zeros(w.shape), np.zeros(units)
    for b in blocks(x):
        np.add.at(mean, first[b], counts[b, None] * x[b])
    mean /= np.where(often > 0, often, 1.0)[:, None]
    for b in blocks(x):
        scatter += np.bincount(first[b], counts[b] * ((x[b] - mean[first[b]]) ** 2).sum(axis=1), units)
    total = 0.0
    for unit, distances in distance_blocks(som, mean, w, np.flatnonzero(often)):
        h = _neighbourhood(som, unit, sigma)
        total += float((h * (often[unit, None] * distances**2 + scatter[unit, None])).sum())
    return total


def _neighbourhood(som: "SOM", units: np.ndarray, sigma: float) -> np.ndarray:
    """Return h(c, u) of the map's neighbourhood for some units c and all u."""
    kind = som.neighbourhood
    squares = map_squares(som.topology, units)
    if kind == "gaussian":
        return rules.gaussian(squares, sigma)
    found, place = np.unique(squares, return_inverse=True)
    values = [rules.neighbourhood.py_func(NEIGHBOURHOODS[kind], d2, sigma) for d2 in found]
    return np.array(values)[place].reshape(squares.shape)
