"""Several figures of a run of annealing on one page."""

from typing import TYPE_CHECKING, Any

from neurosim import plotting
from neurosim.ising import plot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from neurosim.ising.tours import Cities


@plotting.style()
def overview(
    result: Any,
    *,
    values: Any = None,
    name: str | None = None,
    target: float | None = None,
    cities: "Cities | None" = None,
    shape: "Sequence[int] | None" = None,
    title: str = "",
) -> "Figure":
    """Draw what came out, how the energy fell, and which moves were accepted on the way.

    Parameters
    ----------
    result : Annealing or TourAnnealing
    values : (reads,) array, optional
        What the histogram shows, for instance cuts.  [default: energies, or tour lengths]
    name : str, optional
        What `values` are.
    target : float, optional
        Marked in the histogram.
    cities : Cities, optional
        With coordinates; the shortest tour is drawn.
    shape : (rows, columns) or (layers, rows, columns), optional
        Of a lattice; its best state is drawn.
    title : str, optional

    Returns
    -------
    Figure
    """
    pictured = shape is not None or getattr(cities, "coordinates", None) is not None
    figure = plotting.figure(13.2 if pictured else 10.4, 3.4)
    axes = figure.subplots(1, 4 if pictured else 3)
    shown = result if values is None else values
    plot.energies_histogram(shown, target=target, name=name, ax=axes[0]).set_title("best of each read")
    plot.trajectory(result, ax=axes[1]).set_title("descent")
    plot.acceptance(result, ax=axes[2]).set_title("acceptance")
    if cities is not None and pictured:
        plot.tour(cities, result.best_tour, ax=axes[3]).set_title("shortest tour")
    elif shape is not None:
        ax = plot.lattice(result.best_state, shape, ax=axes[3])
        ax.set_title("best state" if len(shape) == 2 else "layer 0 of the best state")
    if title:
        figure.suptitle(title, fontsize=plotting.TITLE + 1)
    return figure
