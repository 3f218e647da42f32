"""The figure of a neural gas: its units and edges in the space of the data."""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from sklearn.utils.validation import check_is_fitted

from neurosim import plotting
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

if TYPE_CHECKING:
    from neurosim.som.neural_gas import NeuralGas


@plotting.style()
def gas_in_data_space(
    gas: "NeuralGas",
    X: Any = None,
    *,
    features: Sequence[int] = (0, 1),
    least: int = 1,
    names: Sequence[str] | None = None,
    shift: Any = None,
    scale: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the units of a neural gas and the edges between them in the space of two features.

    Parameters
    ----------
    gas : NeuralGas
    X : (samples, features) array, optional
        Drawn as faint dots.
    features : (int, int), default (0, 1)
        Features along x and y, in [0, features).
    least : int >= 1, default 1
        Edges of fewer samples are left out.
    names : one str for every feature of the data, optional
    shift, scale : float or (features,), optional
        Undo a scaling of the data: what is drawn is ``weights * scale + shift``, and the samples likewise.
    ax : Axes, optional

    Returns
    -------
    Axes
        An edge is the darker the more samples it has. Scales are equal unless one feature spans more than five times
        the other.

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.
    """
    check_is_fitted(gas)
    checks.at_least("plot_gas.gas_in_data_space", "least", least, 1)
    chosen, labels = _chosen(gas, features, names)
    ax = plotting.axes(ax, 5.0, 5.0)
    factor, start = (1.0 if scale is None else scale), (0.0 if shift is None else shift)
    if X is not None:
        x = (gas._samples(X) * factor + start)[:, chosen]
        size = np.clip(60 / sqrt(len(x)), 0.8, 4.0)
        ax.plot(x[:, 0], x[:, 1], ".", color="0.72", markersize=size, zorder=1, rasterized=len(x) > 2000)
    w = (gas.weights_ * factor + start)[:, chosen]
    kept = gas.edge_counts_ >= least
    strength = np.sqrt(gas.edge_counts_[kept] / gas.edge_counts_.max())
    edges = LineCollection(list(w[gas.edges_[kept]]), colors=plotting.INK, linewidths=0.9, zorder=2)
    edges.set_alpha(0.25 + 0.75 * strength)
    ax.add_collection(edges)
    ax.plot(w[:, 0], w[:, 1], "o", color=plotting.COLOURS[0], markersize=np.clip(50 / sqrt(len(w)), 1.5, 5), zorder=3)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    ax.autoscale_view()
    if max(ax.dataLim.size) <= 5 * min(ax.dataLim.size):
        ax.set_aspect("equal")
    return ax


def _chosen(gas: "NeuralGas", features: Any, names: Sequence[str] | None) -> tuple[list[int], list[str]]:
    """Return the two features and their names, checked."""
    number, owner = gas.n_features_in_, "plot_gas.gas_in_data_space"
    given = np.asarray(features)
    if given.shape != (2,) or given.dtype.kind not in "iu" or given.min() < 0 or given.max() >= number:
        raise InvalidParameter(owner, "features", features, f"two integers in [0, {number})")
    known = getattr(gas, "feature_names_in_", [f"feature {i}" for i in range(number)])
    if names is not None and len(names) != number:
        raise InvalidParameter(owner, "names", names, f"{number} names, one for every feature")
    chosen = [int(feature) for feature in given]
    return chosen, [str((known if names is None else names)[feature]) for feature in chosen]
