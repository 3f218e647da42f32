"""Several figures of a trained network on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@plotting.style()
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
    network : Sequential, Graph or fitted estimator
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
    network = getattr(network, "network_", network)
    values = np.asarray(x)
    pictures, tables = _pictures_of(network), _tables(network)
    below = LOWER if pictures else tables.height
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
        called = "a sample" if y is None else _verdict(np.asarray(y)[0], predicted, names)
        _draw_pictures(network, pictures, values[0], called, lower)
    elif tables.weights:
        _draw_tables(tables, lower)
    return figure


def _pictures_of(network: "Graph") -> str:
    """Return the name of the first layer whose weights are pictures of a part of the input, "" without one."""
    layers = plot_filters.drawable(network) if len(network.input_shape) == 3 else []
    return layers[0] if layers else ""


@dataclass(frozen=True)
class _Tables:
    """Weights of dense layers (inputs, units) with their biases by layer, and whether units are the figure's rows."""

    weights: dict[str, tuple[np.ndarray, np.ndarray | None]]
    turned: bool

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Rows and columns of each in the figure."""
        return [size[::-1] if self.turned else size for size in map(_size, self.weights.values())]

    @property
    def wide(self) -> bool:
        return any(columns > LONG for _, columns in self.sizes)

    @property
    def height(self) -> float:
        """Of all in inches."""
        if not self.wide:
            return LOWER if self.weights else 0.0
        return sum(0.9 + WIDTH * rows / max(columns, LONG) for rows, columns in self.sizes)


def _size(table: tuple[np.ndarray, np.ndarray | None]) -> tuple[int, int]:
    weights, bias = table
    return len(weights) + (bias is not None), weights.shape[1]


def _tables(network: "Graph") -> _Tables:
    """Return the weights that Hinton diagrams can show: all the same way round, those without room left out."""
    found = {name.removesuffix(".weights"): np.asarray(w) for name, w in network.parameters.items() if np.ndim(w) == 2}
    small = {name: w for name, w in found.items() if w.size <= MOST_CELLS}
    ways = []
    for turned in (False, True):
        fits = [name for name, w in small.items() if w.shape[turned] <= LONG][:MOST_TABLES]
        ways.append(_Tables({name: (small[name], network.parameters.get(f"{name}.bias")) for name in fits}, turned))
    return max(ways, key=lambda way: len(way.weights))


def _verdict(label: Any, predicted: Any, names: Sequence[str] | None) -> str:
    """Return what the first sample is and what the network takes it for; `names` are those of classes 0, 1, ..."""
    found = np.asarray(predicted)[0]
    pair = (label, found) if names is None else (names[int(label)], names[int(found)])
    return f"a sample of class {pair[0]}, taken for {pair[1]}"


def _draw_pictures(network: "Graph", layer: str, sample: np.ndarray, called: str, place: "Figure | SubFigure") -> None:
    """Draw the filters of a layer and, where there are maps, those of a sample."""
    maps = np.ndim(network.parameters[f"{layer}.weights"]) == 4
    panels = place.subplots(1, 1 + maps, squeeze=False, width_ratios=(1, 1.9)[: 1 + maps]).flat
    plot_filters.filters(network, layer, ax=panels[0])
    if maps:
        plot_filters.feature_maps(network, sample, most=8, ax=panels[1])
        panels[1].set_title(plotting.fold(f"the layers on {called}", 0.6 * 72 * WIDTH))


def _draw_tables(tables: _Tables, place: "Figure | SubFigure") -> None:
    """Draw Hinton diagrams side by side, or, if they are wide, below one another."""
    wide, count = tables.wide, len(tables.weights)
    sides = [4.0 + (rows if wide else columns) for rows, columns in tables.sizes]
    grid: dict[str, Any] = {"nrows": count, "height_ratios": sides} if wide else {"ncols": count, "width_ratios": sides}
    panels = place.subplots(squeeze=False, **grid).flat
    for ax, (name, (weights, bias)) in zip(panels, tables.weights.items(), strict=True):
        plot.hinton(weights, bias=bias, turned=tables.turned, ax=ax)
        title = ax.get_title().replace("\n", ", ") if wide else ax.get_title()
        ax.set_title(f"{name}{': ' if wide else chr(10)}{title}", fontsize=plotting.SMALL)
