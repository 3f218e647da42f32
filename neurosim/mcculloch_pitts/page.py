"""The circuit of a net above the activity of its cells, on one page."""

from typing import TYPE_CHECKING, Any

from neurosim import plotting
from neurosim.mcculloch_pitts import plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork, Run

MOST_CELLS = 60  # of a circuit; more would be too small to read on a page
MOST_ROWS = 40  # of a raster
WIDEST = 14.0  # inches


def overview(
    net: "McCullochPittsNetwork", run: "Run | None" = None, *, history: int | None = 0, title: str = ""
) -> "Figure":
    """Draw the circuit of a net above a raster of a run.

    Parameters
    ----------
    net : McCullochPittsNetwork
    run : Run, optional
        Of this net; without it the circuit stands alone. If it recorded more than 40 cells only inputs and outputs
        are drawn, and of these the first 40.
    history : int or None, default 0
        See `raster`.
    title : str, optional
        What stands above the raster.

    Returns
    -------
    Figure
        Without the circuit if the net has more than 60 cells.
    """
    drawable = len(net.cells) <= MOST_CELLS
    names = [] if run is None else _shown(net, run)
    wide, high = plot.circuit_size(net) if drawable else (0.0, 0.0)
    steps = 0 if run is None else run.activity.shape[-2]
    width = min(WIDEST, max(5.5, wide, 1.6 + 0.2 * steps))
    upper = high * min(1.0, width / wide) + 0.45 if drawable else 0.0
    lower = 0.0 if run is None else 0.9 + 0.25 * bool(title) + 0.21 * max(3, len(names))
    figure = plotting.figure(width, upper + lower)
    parts: Any = [figure]
    if drawable and run is not None:
        parts = figure.subfigures(2, 1, height_ratios=[upper, lower])
    if drawable:
        plot.circuit(net, ax=parts[0].add_subplot())
    if run is not None:
        ax = plot.raster(run, names, net=net, history=history, ax=parts[-1].add_subplot())
        ax.set_title(title)
    return figure


def left_out(net: "McCullochPittsNetwork", run: "Run") -> list[str]:
    """Return what `overview` leaves out."""
    found = []
    if len(net.cells) > MOST_CELLS:
        found.append(f"the circuit, which has more than {MOST_CELLS} cells (net.dot has it)")
    missing = len(run.names) - len(_shown(net, run))
    if missing:
        found.append(f"the activity of {missing} of {len(run.names)} inputs and cells")
    return found


def _shown(net: "McCullochPittsNetwork", run: "Run") -> list[str]:
    """Return the recorded names in the order of the net's, as many as a page has room for."""
    inner = [name for name in net.cells if name not in net.outputs]
    kinds = (net.inputs, inner if len(run.names) <= MOST_ROWS else (), net.outputs)
    return [name for kind in kinds for name in kind if name in run.names][:MOST_ROWS]
