"""Several figures of a trained network on one page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim import plotting
from neurosim.cnn import plot, plot_filters, plot_planes

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from neurosim.cnn.graph import Graph

WIDTH = 9.2  # of the page, in inches
UPPER, LOWER = 3.6, 3.4  # heights of its rows
MOST_TABLES, MOST_CELLS = 4, 5000  # of Hinton diagrams
LONG = 30  # units in a column of a table


def overview(
    network: "Graph",
    training: Any,
    *,
    x: Any,
    y: Any = None,
    predicted: Any = None,
    targets: Any = None,
    names: Sequence[str] | None = None,
    title: str = "",
) -> "Figure":
    """Draw what a network has learned: its learning curves, its confusions, its weights, and maps of the first sample.

    Parameters
    ----------
    network : Sequential or Graph
    training : Training, or mapping of str to (epochs,) array
        See `plot.learning_curves`.
    x : (samples, ...) array
        In the network's shape of an input.
    y, predicted : (samples,) arrays, optional
        Classes and what the network takes the samples for; without them no confusion matrix is drawn.
    targets : (samples, 1) array, optional
        Of a network of two inputs; its output is drawn over their plane.
    names : one str a class, optional
    title : str
        Which samples these are.

    Returns
    -------
    Figure
        Networks for images are shown with filters and feature maps, others with Hinton diagrams of up to four layers.
    """
    values = np.asarray(x)
    pictures, tables = _pictures_of(network), _tables(network)
    below = LOWER if pictures else _height(tables)
    figure = plotting.figure(WIDTH, UPPER + below)
    upper: Any = figure
    if below:
        upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(UPPER, below)))
    plane = targets is not None and values.shape[1:] == (2,) and np.shape(targets)[1:] == (1,)
    panels = upper.subplots(1, 1 + bool(plane or y is not None), squeeze=False).flat
    plot.learning_curves(training, log=targets is not None, ax=panels[0]).set_title("learning")
    if y is not None:
        plot.confusion_matrix(y, predicted, names=names, ax=panels[1]).set_title(title)
    elif plane:
        plot_planes.decision_regions(network, values, targets, ax=panels[1])
    if pictures:
        _draw_pictures(network, pictures, values[0], lower)
    elif tables:
        _draw_tables(tables, lower)
    return figure


def _pictures_of(network: "Graph") -> str:
    """Return the name of the first layer whose weights are pictures of a part of the input, "" without one."""
    layers = plot_filters.drawable(network) if len(network.input_shape) == 3 else []
    return layers[0] if layers else ""


def _tables(network: "Graph") -> dict[str, tuple[np.ndarray, bool]]:
    """Return weights of dense layers that a Hinton diagram can show, and whether they are turned for their length."""
    tables = {name.removesuffix(".weights"): np.asarray(w) for name, w in network.parameters.items() if np.ndim(w) == 2}
    small = [(name, w) for name, w in tables.items() if w.size <= MOST_CELLS][:MOST_TABLES]
    return {name: (w.T, True) if len(w) > LONG else (w, False) for name, w in small}


def _wide(tables: dict[str, tuple[np.ndarray, bool]]) -> bool:
    return any(table.shape[1] > LONG for table, _ in tables.values())


def _height(tables: dict[str, tuple[np.ndarray, bool]]) -> float:
    """Return the height of Hinton diagrams in inches."""
    if not _wide(tables):
        return LOWER if tables else 0.0
    return sum(0.9 + WIDTH * len(table) / max(table.shape[1], LONG) for table, _ in tables.values())


def _draw_pictures(network: "Graph", layer: str, sample: np.ndarray, place: "Figure | SubFigure") -> None:
    """Draw the filters of a layer and, where there are maps, those of a sample."""
    maps = np.ndim(network.parameters[f"{layer}.weights"]) == 4
    panels = place.subplots(1, 1 + maps, squeeze=False, width_ratios=(1, 1.9)[: 1 + maps]).flat
    plot_filters.filters(network, layer, ax=panels[0]).set_title(f"weights of {layer}")
    if maps:
        plot_filters.feature_maps(network, sample, most=8, ax=panels[1]).set_title("what the layers make of a sample")


def _draw_tables(tables: dict[str, tuple[np.ndarray, bool]], place: "Figure | SubFigure") -> None:
    """Draw Hinton diagrams side by side, or, if they are wide, below one another."""
    wide, count = _wide(tables), len(tables)
    sides = [4.0 + (len(w) if wide else w.shape[1]) for w, _ in tables.values()]
    grid: dict[str, Any] = {"nrows": count, "height_ratios": sides} if wide else {"ncols": count, "width_ratios": sides}
    panels = place.subplots(squeeze=False, **grid).flat
    for ax, (name, (table, turned)) in zip(panels, tables.items(), strict=True):
        units = ("from unit", "to unit") if turned else ("to unit", "from unit")
        plot.hinton(table, quantities=units, ax=ax)
        ax.set_title(f"{name}{': ' if wide else chr(10)}{ax.get_title()}", fontsize=plotting.SMALL)
