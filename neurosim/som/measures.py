"""How well a map fits its data and keeps its order."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks
from neurosim.som.initial import blocks
from neurosim.som.measures_errors import mean_distortion, mean_way
from neurosim.som.measures_product import topographic_product
from neurosim.som.measures_ranks import Preservation, preservation_of

if TYPE_CHECKING:
    from neurosim.som.som import SOM


@dataclass(frozen=True)
class Quality:
    """The errors of a map on some samples.

    Attributes
    ----------
    quantization_error : float
        Mean distance of a sample from its best-matching unit, in the metric of the map.
    topographic_error : float in [0, 1]
        Share of the samples whose two best units are not neighbours.
    adjacency : 4, 6 or 8
        Which units count as neighbours: libraries differ.
    explained_variance : float <= 1
        One minus the share of the variance that is left around the best-matching units, whatever the metric; NaN if the
        data have none. Missing values take no part.
    empty_units : int
        Units that win no sample, those of weight 0 left out.
    """

    quantization_error: float
    topographic_error: float
    adjacency: int
    explained_variance: float
    empty_units: int


def assess(som: "SOM", X: Any, *, adjacency: int | None = None, sample_weight: Any = None) -> Quality:
    """Measure the quality of a map in one pass over the samples.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on.
    adjacency : 4, 6 or 8, optional
        Neighbours that the topographic error counts: 4 or 8 on a rectangular lattice (default 8), 6 on a hexagonal
        one.
    sample_weight : (samples,), optional
        How often each sample counts, >= 0.

    References
    ----------
    Topographic error: K. Kiviluoto, "Topology preservation in self-organizing maps", Proc. ICNN 1996, 294-299.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM, assess
    >>> iris = load_iris()
    >>> quality = assess(SOM(grid=(6, 8)).fit(iris.data), iris.data)
    >>> quality.adjacency
    8
    """
    check_is_fitted(som)
    x = som._samples(X)
    return _assess(som, x, som._sample_weight(sample_weight, x), adjacency)[0]


def quality(
    som: "SOM",
    X: Any,
    *,
    adjacency: int | None = None,
    neighbours: int = 10,
    sample_weight: Any = None,
    anchors: int | None = 2000,
) -> dict[str, float]:
    """Measure a map in every way there is.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on.
    adjacency : 4, 6 or 8, optional
        Neighbours on the map, for the topographic and the combined error; as in `assess`.
    neighbours : int >= 1, default 10
        Nearest samples that the measures by ranks compare.
    sample_weight : (samples,), optional
        How often each sample counts, >= 0. Measures by ranks leave out samples of weight 0 and count others once.
    anchors : int >= 1 or None, default 2000
        Samples, evenly spaced, around which the measures by ranks look; None: all, in a time that grows with N^2.

    Returns
    -------
    dict of str to float
        The attributes of `Quality`; `combined_error`; `distortion` at the sigma of the last update;
        `trustworthiness`, `continuity`, `neighbourhood_preservation`; `topographic_product`: their functions say more.
        NaN where a measure is not defined: those by ranks for sparse data, missing values or 2 * `neighbours` samples
        and fewer, the product where units have equal weights.

    Raises
    ------
    InvalidParameter
        If `adjacency`, `neighbours` or `sample_weight` is not as described.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM
    >>> from neurosim.som.measures import quality
    >>> iris = load_iris()
    >>> found = quality(SOM(grid=(6, 8)).fit(iris.data), iris.data)
    >>> found["quantization_error"] < found["combined_error"]
    True
    >>> found["trustworthiness"] > 0.95
    True
    """
    check_is_fitted(som)
    x = som._samples(X)
    counts = som._sample_weight(sample_weight, x)
    errors, found = _assess(som, x, counts, adjacency)
    ranks = Preservation(float("nan"), float("nan"), float("nan"))
    kept = np.flatnonzero(counts)
    checks.at_least("quality", "neighbours", neighbours, 1)
    if len(kept) > 2 * neighbours and not sparse.issparse(x) and not np.isnan(x.min()):
        ranks = preservation_of(som, x[kept], found["first"][kept], neighbours, anchors)
    return {
        **asdict(errors),
        "combined_error": errors.quantization_error + mean_way(som, found, counts, adjacency),
        "distortion": mean_distortion(som, x, found["first"], counts, som.sigma_),
        **ranks._asdict(),
        "topographic_product": topographic_product(som),
    }


def _assess(som: "SOM", x: Any, counts: np.ndarray, adjacency: int | None) -> tuple[Quality, dict[str, np.ndarray]]:
    """Return the errors of the map, and the two best units of every sample."""
    topology = som.topology
    found, metrics = som._assigned(x, counts, adjacency)
    left, spread = _variances(x, counts.astype(np.float64), som.weights_, found["first"])
    errors = Quality(
        quantization_error=float(metrics.qe),
        topographic_error=float(metrics.te),
        adjacency=topology.adjacency if adjacency is None else adjacency,
        explained_variance=1.0 - left / spread if spread > 0 else float("nan"),
        empty_units=topology.units - len(np.unique(found["first"][counts > 0])),
    )
    return errors, found


def _variances(x: Any, counts: np.ndarray, weights: np.ndarray, first: np.ndarray) -> tuple[float, float]:
    """Return the weighted sums of squares around the best units and around the mean, of the values that are known."""
    if sparse.issparse(x):
        mean = x.T @ counts / counts.sum()
        squares = counts @ np.asarray(x.multiply(x).sum(axis=1)).ravel()
        of_units = sparse.csr_matrix((counts, (first, np.arange(len(first)))), (len(weights), len(first))) @ x
        norms = (weights.astype(np.float64) ** 2).sum(axis=1)
        left = squares - 2 * of_units.multiply(weights).sum() + counts @ norms[first]
        return float(left), float(squares - counts.sum() * mean @ mean)
    sums, known = np.zeros((2, x.shape[1]))
    for b in blocks(x):
        seen = ~np.isnan(x[b])
        sums += counts[b] @ np.where(seen, x[b], 0.0)
        known += counts[b] @ seen
    mean, left, spread = sums / np.maximum(known, 1e-300), 0.0, 0.0
    for b in blocks(x):
        left += float(counts[b] @ np.nansum((x[b] - weights[first[b]].astype(np.float64)) ** 2, axis=1))
        spread += float(counts[b] @ np.nansum((x[b] - mean) ** 2, axis=1))
    return left, spread
