"""How well a map fits its data and keeps its order."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from neurosim.som.initial import blocks, weighted_mean

if TYPE_CHECKING:
    from neurosim.som.som import SOM


@dataclass(frozen=True)
class Quality:
    """The errors of a map on some samples.

    Attributes
    ----------
    quantization_error : float
        Mean distance of a sample from its best-matching unit, in the data's units.
    topographic_error : float in [0, 1]
        Share of the samples whose two best units are not neighbours.
    adjacency : 4, 6 or 8
        Which units count as neighbours: libraries differ.
    explained_variance : float <= 1
        One minus the share of the variance that is left around the best-matching units; NaN if the data have none.
    empty_units : int
        Units that win no sample.
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
    topology = som.topology
    x = som._samples(X)
    weights = som._sample_weight(sample_weight, x)
    found, metrics = som._assigned(x, weights, adjacency)
    total = weights.sum(dtype=np.float64)
    mean = weighted_mean(x, weights)
    spread = sum(float(weights[b].astype(np.float64) @ ((x[b] - mean) ** 2).sum(1)) for b in blocks(x)) / total
    return Quality(
        quantization_error=float(metrics.qe),
        topographic_error=float(metrics.te),
        adjacency=topology.adjacency if adjacency is None else adjacency,
        explained_variance=float(1.0 - metrics.mse / spread) if spread > 0 else float("nan"),
        empty_units=topology.units - len(np.unique(found["first"])),
    )
