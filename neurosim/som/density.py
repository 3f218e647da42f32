"""How dense the data are around each unit: the P-matrix, and the U*-matrix that weighs the U-matrix by it."""

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.core import checks
from neurosim.som.measures_common import anchor_rows, complete, distance_blocks
from neurosim.som.umatrix import u_matrix

if TYPE_CHECKING:
    from neurosim.som.som import SOM

PARETO_SHARE, ANCHORS = 0.2013, 2000


def pareto_radius(som: "SOM", X: Any, *, share: float = PARETO_SHARE, anchors: int | None = ANCHORS) -> float:
    """Return the radius of a sphere that holds a given share of the samples, if its centre is a typical sample.

    Parameters
    ----------
    som : SOM
        A fitted map; only its metric and its number of features matter.
    X : (samples, features) array
        On the scale that the map was trained on, without missing values.
    share : float in (0, 1], default 0.2013
        Of the samples, the centre counted too. The default is Ultsch's; if the data have many clusters, a fifth of all
        samples is more than one of them, and a smaller share shows them better.
    anchors : int >= 1, optional
        Samples, evenly spaced, that serve as centres; None: all.

    Returns
    -------
    float >= 0
        The median over the centres of the radius that just reaches the share.

    Raises
    ------
    DataError
        If X is sparse or has missing values.
    InvalidParameter
        If `share` or `anchors` is not as described.

    References
    ----------
    A. Ultsch, "Pareto density estimation: a density estimation for knowledge discovery", GfKl 2003: spheres whose share
    is 0.2013 hold the most information for their size. The share was not checked against the paper.
    """
    checks.number("pareto_radius", "share", share, "a number in (0, 1]", above=0.0, below=np.nextafter(1.0, 2.0))
    return _radius(som, complete(som, X, "densities"), share, anchors)


def _radius(som: "SOM", x: np.ndarray, share: float, anchors: int | None) -> float:
    place = ceil(share * len(x)) - 1
    blocks = distance_blocks(som, x, x, anchor_rows("pareto_radius", len(x), anchors))
    return float(np.median(np.concatenate([np.partition(d, place, axis=1)[:, place] for _, d in blocks])))


def p_matrix(som: "SOM", X: Any, *, radius: float | None = None) -> np.ndarray:
    """Return how many samples lie in a sphere around the weight vector of each unit.

    Parameters
    ----------
    som : SOM
        A fitted map.
    X : (samples, features) array
        On the scale that the map was trained on, without missing values.
    radius : float >= 0, optional
        Of the spheres, in the data's units. Default: `pareto_radius`.

    Returns
    -------
    (units,) int array
        Large inside clusters, small between them.

    Raises
    ------
    DataError
        If X is sparse or has missing values.
    InvalidParameter
        If `radius` is not >= 0.

    References
    ----------
    A. Ultsch, "Maps for the visualization of high-dimensional data spaces", Proc. WSOM 2003, 225-230. Not checked
    against the paper.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM
    >>> from neurosim.som.density import p_matrix
    >>> iris = load_iris()
    >>> p_matrix(SOM(grid=(6, 8)).fit(iris.data), iris.data).shape
    (48,)
    """
    x = complete(som, X, "densities")
    radius = _radius(som, x, PARETO_SHARE, ANCHORS) if radius is None else radius
    checks.number("p_matrix", "radius", radius, "a number >= 0", least=0.0)
    blocks = distance_blocks(som, x, som.weights_)
    return sum((d <= radius).sum(axis=0) for _, d in blocks) + np.zeros(som.topology.units, np.int64)


def u_star_matrix(som: "SOM", X: Any, *, radius: float | None = None) -> np.ndarray:
    """Return the heights of the U-matrix, lowered where the data are dense and raised where they are thin.

    ``U*(u) = U(u) (1 + (P(u) - mean P) / (mean P - max P))``: 0 at the densest unit, U itself at the mean density.
    Parameters and errors as in `p_matrix`. Whatever the metric of the map, U are Euclid's distances; P counts
    in the metric.

    Returns
    -------
    (units,) array
        Heights >= 0: distances inside a cluster vanish, those between clusters stay.

    References
    ----------
    A. Ultsch, "U*-matrix: a tool to visualize clusters in high dimensional data", report 36, University of Marburg
    (2003). The formula was not checked against the report.
    """
    density = p_matrix(som, X, radius=radius)
    _, heights = u_matrix(som)
    reach = density.max() - density.mean()
    result: np.ndarray = heights * ((density.max() - density) / reach if reach > 0 else 1.0)
    return result
