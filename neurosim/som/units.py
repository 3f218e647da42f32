"""What the units of a map stand for: classes and clusters."""

import copy
from dataclasses import dataclass
from math import isqrt, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import davies_bouldin_score
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d
from threadpoolctl import threadpool_limits

from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter

if TYPE_CHECKING:
    from neurosim.som.som import SOM

METHODS = ("kmeans", "ward")
STARTS = 5  # of k-means for every number of clusters


@dataclass(frozen=True)
class LabelMap:
    """The classes of the samples that each unit wins.

    Attributes
    ----------
    classes : (classes,) array
        The classes, sorted.
    counts : (units, classes) array of int
        How many samples of each class a unit wins.
    labels : (units,) array of classes
        The class of most of the unit's samples, the first in `classes` on a tie. A unit that wins none has the label
        of the nearest unit that does, by Euclid's distance of their weights.
    purity : (units,) array in [0, 1]
        Share of the unit's samples that are of its class; NaN if it wins none.
    som : SOM
        A copy of the map.
    """

    classes: np.ndarray
    counts: np.ndarray
    labels: np.ndarray
    purity: np.ndarray
    som: Any

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every sample's best-matching unit, shape (samples,)."""
        predicted: np.ndarray = self.labels[self.som.predict(X)]
        return predicted


def label_map(som: "SOM", X: Any, y: Any) -> LabelMap:
    """Calibrate a map with labelled samples: each unit gets the class of most of the samples it wins.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on.
    y : (samples,) array
        Class labels of any kind that can be sorted, none missing.

    Raises
    ------
    DataError
        If a label is missing (NaN, None) or labels cannot be sorted.

    References
    ----------
    T. Kohonen, "Essentials of the self-organizing map", Neural Networks 37:52-65 (2013), names the calibration; how
    units that win nothing are labelled is our choice.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM, label_map
    >>> iris = load_iris()
    >>> found = label_map(SOM(grid=(6, 8)).fit(iris.data), iris.data, iris.target)
    >>> found.counts.shape
    (48, 3)
    >>> bool((found.predict(iris.data) == iris.target).mean() > 0.95)
    True
    """
    check_is_fitted(som)
    check_consistent_length(X, y)
    classes, code = sorted_labels("label_map", y)
    counts = np.zeros((som.topology.units, len(classes)), np.int64)
    np.add.at(counts, (som.predict(X), code), 1)
    won = counts.sum(1)
    source = np.arange(len(counts))
    winners = np.flatnonzero(won)
    for unit in np.flatnonzero(won == 0):
        source[unit] = winners[((som.weights_[winners] - som.weights_[unit]) ** 2).sum(1).argmin()]
    purity = np.full(len(counts), nan)
    purity[winners] = counts[winners].max(1) / won[winners]
    return LabelMap(classes, counts, classes[counts.argmax(1)[source]], purity, copy.deepcopy(som))


def sorted_labels(owner: str, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes of labels and the number of each label's class, or raise if labels are missing."""
    try:
        classes, code = np.unique(column_or_1d(y), return_inverse=True)
        missing = any(label is None or label != label for label in classes.tolist())
    except TypeError:  # None and pandas' NA cannot be sorted
        missing = True
    if missing:
        raise DataError(f"{owner}: y must hold labels that can be sorted, none missing; leave such samples out")
    return classes, code


@dataclass(frozen=True)
class UnitClusters:
    """The units of a map in clusters.

    Attributes
    ----------
    labels : (units,) array of int
        Cluster of every unit; clusters are numbered in the order of their first units. ``labels[som.predict(X)]`` are
        the clusters of samples.
    clusters : int
        Number of clusters.
    davies_bouldin : dict of int to float
        The Davies-Bouldin index for every number of clusters that was tried: scatter within the clusters over their
        separation, the smaller the better. NaN for a single cluster and for as many as units.
    centres : (clusters, features) array
        Mean weights of the clusters.
    """

    labels: np.ndarray
    clusters: int
    davies_bouldin: dict[int, float]
    centres: np.ndarray


def cluster_units(
    som: "SOM", clusters: int | tuple[int, int] | None = None, *, method: str = "kmeans", random_state: Any = None
) -> UnitClusters:
    """Group the units of a map by their weights.

    Parameters
    ----------
    som : SOM
        A fitted map.
    clusters : int or (least, most), optional
        Number of clusters, or the range in which the number with the least Davies-Bouldin index is sought. Default:
        2 to the square root of the number of units.
    method : "kmeans" or "ward", default "kmeans"
        k-means, the best of 5 starts; or Ward's linkage of units that are neighbours on the map, so that every cluster
        is one region of it, connected by edges of the cells.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the starts of k-means come from; "ward" uses none.

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.
    DataError
        If there are fewer different weight vectors than clusters.

    Notes
    -----
    Distances are Euclidean whatever the metric of the map. k-means becomes slow for a large range of numbers on a map
    of thousands of units; Ward's tree is built once for all numbers.

    References
    ----------
    J. Vesanto, E. Alhoniemi, "Clustering of the self-organizing map", IEEE Transactions on Neural Networks 11:586-600
    (2000). D. L. Davies, D. W. Bouldin, "A cluster separation measure", IEEE Transactions on Pattern Analysis and
    Machine Intelligence 1:224-227 (1979). Neither is checked against the paper; the index is scikit-learn's.

    Examples
    --------
    >>> from neurosim.datasets import make_blobs
    >>> from neurosim.som import SOM, cluster_units
    >>> x = make_blobs(300, centers=[[0, 0], [9, 0], [0, 9]], random_state=4).data
    >>> som = SOM(grid=(8, 8)).fit(x)
    >>> cluster_units(som, method="ward").clusters
    3
    """
    check_is_fitted(som)
    checks.one_of("cluster_units", "method", method, METHODS)
    weights = np.asarray(som.weights_, np.float64)
    numbers = _numbers(clusters, len(weights))
    different = len(np.unique(weights, axis=0))
    if different < numbers[0]:
        raise DataError(f"cluster_units: {different} different weight vectors cannot make {numbers[0]} clusters")
    numbers = [number for number in numbers if number <= different]
    with threadpool_limits(1):  # the sums of k-means would depend on the threads
        divide = _ward(som, weights) if method == "ward" else _kmeans(weights, random_state)
        found = {number: _in_order(divide(number)) for number in numbers}
    index = {number: _davies_bouldin(weights, labels) for number, labels in found.items()}
    best = min(numbers, key=lambda number: (np.isnan(index[number]), index[number]))
    labels = found[best]
    centres = np.array([weights[labels == cluster].mean(0) for cluster in range(best)])
    return UnitClusters(labels, best, index, centres)


def _numbers(clusters: Any, units: int) -> list[int]:
    """Return the numbers of clusters to try."""
    if clusters is None:
        return list(range(2, max(2, isqrt(units)) + 1))
    pair = clusters if isinstance(clusters, tuple) else (clusters, clusters)
    whole = len(pair) == 2 and all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in pair)
    if not whole or not 1 <= pair[0] <= pair[1] <= units:
        wanted = f"an integer in [1, {units}], (least, most) of such, or None"
        raise InvalidParameter("cluster_units", "clusters", clusters, wanted)
    return list(range(int(pair[0]), int(pair[1]) + 1))


def _kmeans(weights: np.ndarray, random_state: Any) -> Any:
    """Return a function from a number of clusters to labels."""
    seed = np.random.SeedSequence(random.seed_from(random_state))

    def divide(number: int) -> np.ndarray:
        generator = np.random.RandomState(np.random.MT19937(seed))
        labels: np.ndarray = KMeans(number, n_init=STARTS, random_state=generator).fit_predict(weights)
        return labels

    return divide


def _ward(som: "SOM", weights: np.ndarray) -> Any:
    """Return a function from a number of clusters to labels: the first merges of the whole tree."""
    neighbours, units = som.topology.neighbours(6 if som.topology.hexagonal else 4), len(weights)
    unit, direction = np.nonzero(neighbours >= 0)
    joined = csr_array((np.ones(len(unit)), (unit, neighbours[unit, direction])), shape=(units, units))
    tree = AgglomerativeClustering(None, distance_threshold=0, connectivity=joined, linkage="ward").fit(weights)

    def divide(number: int) -> np.ndarray:
        merges = tree.children_[: units - number]
        node = np.repeat(np.arange(units, units + len(merges)), 2)
        graph = coo_array((np.ones(2 * len(merges)), (node, merges.ravel())), shape=(units + len(merges),) * 2)
        labels: np.ndarray = connected_components(graph, directed=False)[1][:units]
        return labels

    return divide


def _in_order(labels: np.ndarray) -> np.ndarray:
    """Number clusters in the order of their first units."""
    _, first, code = np.unique(labels, return_index=True, return_inverse=True)
    numbered: np.ndarray = np.argsort(np.argsort(first))[code]
    return numbered


def _davies_bouldin(weights: np.ndarray, labels: np.ndarray) -> float:
    clusters = labels.max() + 1
    return float(davies_bouldin_score(weights, labels)) if 1 < clusters < len(weights) else nan
