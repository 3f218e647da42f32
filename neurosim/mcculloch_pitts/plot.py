"""Figures of a net: its circuit in the manner of McCulloch and Pitts's figure 1, and who was active when.

Every function draws on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection, PathCollection, PolyCollection
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, Bbox

from neurosim import plotting
from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import layout
from neurosim.mcculloch_pitts.layout import BODY, RADIUS, TEXT, Layout
from neurosim.mcculloch_pitts.packing import unpack_bits

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork, Run

MOST_CELLS = 150  # of a circuit; more would be too small to read
INHIBITION, ACTIVE = plotting.COLOURS[1], "#FBE3B0"
INPUTS, INNER, OUTPUTS = plotting.INK, plotting.COLOURS[0], plotting.COLOURS[1]
INCH, LARGEST = 0.42, 1.1  # of a page for one unit of the layout, and how much larger it may become


@plotting.style()
def circuit(net: "McCullochPittsNetwork", *, legend: bool = True, ax: Axes | None = None) -> Axes:
    """Draw the cells of a net and the synapses between them, after figure 1 of McCulloch & Pitts (1943).

    Parameters
    ----------
    net : McCullochPittsNetwork
        With at most 150 cells.
    legend : bool, default True
        Explain the signs that occur below the circuit.
    ax : Axes, optional

    Returns
    -------
    Axes
        Bodies are triangles that point to the right, where the axon leaves; a number in a body is its threshold if
        that is not 2. A filled bouton is an excitatory synapse, a ring an inhibitory one; a number above 3 at a bouton
        stands for so many. Bodies with a bold outline are outputs, shaded ones are active at t = 0.

    Raises
    ------
    InvalidParameter
        If the net has more than 150 cells.
    """
    if len(net.cells) > MOST_CELLS:
        wanted = f"at most {MOST_CELLS} cells for a readable circuit (to_dot() has no limit)"
        raise InvalidParameter("plot.circuit", "net", f"a net of {len(net.cells)} cells", wanted)
    drawn = layout.arrange(net)
    width, height = drawn.size
    signs = _signs(net, drawn) if legend else []
    if ax is None:
        wide, high = circuit_size(net)
        ax = plotting.axes(None, max(wide, 3.6 if legend else 1.0), high + 0.2 * ceil(len(signs) / 2))
    else:
        ax = plotting.axes(ax)
    plotting.bare(ax, np.array([[0.0, 0.0], [width, height]]))
    ax.set_anchor("N")
    ax.set_axes_locator(_at_most(ax, LARGEST * INCH * width, LARGEST * INCH * height))
    _wires(ax, net, drawn)
    _bodies(ax, net, drawn)
    _synapses(ax, drawn)
    for name, (x, y) in drawn.places.items():
        if name in net.cells:
            _write(
                ax, layout.short(name), x + BODY / 2, y - drawn.heights[name] / 2 - 0.08, TEXT, bold=name in net.outputs
            )
        else:
            _write(ax, layout.short(name), x - 0.06, y + 0.36 * TEXT, TEXT, align=1.0)
    if signs:
        columns = 2 if plotting.width_of(ax.figure) < 7 else len(signs)
        ax.legend(handles=signs, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=columns)
    return ax


def _at_most(ax: Axes, width: float, height: float) -> Callable[[Any, Any], Bbox]:
    """Return the place of `ax`, from its top, where it is at most so many inches large: letters grow with a circuit."""

    def place(_ax: Any, _renderer: Any) -> Bbox:
        box, inches = ax.get_position(original=True), np.asarray(ax.figure.bbox.size) / ax.figure.dpi
        wide, high = min(box.width, width / inches[0]), min(box.height, height / inches[1])
        return Bbox.from_bounds(box.x0 + (box.width - wide) / 2, box.y1 - high, wide, high)

    return place


def circuit_size(net: "McCullochPittsNetwork") -> tuple[float, float]:
    """Return width and height in inches at which a circuit without its legend is easy to read."""
    width, height = layout.arrange(net).size
    return INCH * (width + 0.4), INCH * (height + 0.2)


@plotting.style()
def raster(
    run: "Run",
    names: Sequence[str] | None = None,
    *,
    net: "McCullochPittsNetwork | None" = None,
    history: int | None = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw which cells were active when.

    Parameters
    ----------
    run : Run
    names : sequence of str, optional
        Which cells, from top to bottom; default: all that were recorded.
    net : McCullochPittsNetwork, optional
        What ran: its inputs then stand on top, its outputs at the bottom, each in a colour of its own.
    history : int or None, default 0
        Which of several input histories; None for the share of all of them in which a cell was active.
    ax : Axes, optional

    Returns
    -------
    Axes
        One row a cell; a mark at t says that the cell was active at t.

    Raises
    ------
    InvalidParameter
        If a name was not recorded or there is no such history.
    """
    shown, colours = _rows(run, names, net)
    activity = _activity(run, history)[:, [run.names.index(name) for name in shown]]
    steps, n = activity.shape
    width, height = min(12.0, max(4.0, 1.6 + 0.24 * steps)), 0.75 + 0.21 * max(3, n)
    ax = plotting.axes(ax, width + (0.9 if history is None else 0.0), height)
    ax.set(xlim=(-0.6, steps - 0.4), ylim=(n - 0.4, -0.6), xlabel="time (synaptic delays)")
    ax.set_yticks(range(n), labels=[layout.short(name) for name in shown])
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    ax.tick_params(axis="y", length=0)
    for label, colour in zip(ax.get_yticklabels(), colours, strict=True):
        label.set(color=colour, parse_math=False)
    if history is None:
        image = ax.imshow(activity.T, cmap="viridis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        ax.hlines(np.arange(n - 1) + 0.5, -0.5, steps - 0.5, color="white", linewidth=0.8)
        plotting.colour_bar(ax, image, "share of histories")
        return ax
    t, row = np.nonzero(activity)
    marks = np.array([[-0.42, -0.36], [0.42, -0.36], [0.42, 0.36], [-0.42, 0.36]])
    ax.hlines(np.arange(n) + 0.5, -0.6, steps - 0.4, color=plotting.OUTLINE, linewidth=0.5, zorder=0)
    squares = PolyCollection(list(np.stack([t, row], axis=1)[:, None] + marks), linewidths=0)
    squares.set_facecolor([colours[i] for i in row])
    ax.add_collection(squares, autolim=False)
    return ax


def _rows(run: "Run", names: Sequence[str] | None, net: "McCullochPittsNetwork | None") -> tuple[list[str], list[str]]:
    """Return names and colours of the rows."""
    inputs, outputs = (tuple(net.inputs), tuple(net.outputs)) if net is not None else ((), ())
    kinds = dict.fromkeys(inputs, 0) | dict.fromkeys(outputs, 2)
    if names is None:
        shown = sorted(run.names, key=lambda name: kinds.get(name, 1))
    else:
        shown = list(names)
    for name in shown:
        if name not in run.names:
            raise InvalidParameter("plot.raster", "names", name, f"among the recorded: {', '.join(run.names)}")
    return shown, [(INPUTS, INNER, OUTPUTS)[kinds.get(name, 1)] for name in shown]


def _activity(run: "Run", history: int | None) -> np.ndarray:
    """Return the activity (steps + 1, cells) in one history, or its mean over all."""
    count = run.histories or 1
    if history is None:
        return np.array([unpack_bits(words, count).mean(axis=-1) for words in run.words])
    if not 0 <= history < count:
        raise InvalidParameter("plot.raster", "history", history, f"None or an integer in [0, {count})")
    word, bit = divmod(history, 64)
    return (run.words[..., word] >> np.uint64(bit) & np.uint64(1)).astype(np.bool_)


def _wires(ax: Axes, net: "McCullochPittsNetwork", drawn: Layout) -> None:
    """Draw the axons; those of outputs that end nowhere with an arrow."""
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    for pieces, colour in ((drawn.wires, plotting.INK), (drawn.ends, INHIBITION)):
        paths = [Path(piece, codes) for piece in pieces]
        ax.add_collection(PathCollection(paths, facecolors="none", edgecolors=colour, linewidths=0.8), autolim=False)
    acting = {synapse.source for synapse in drawn.synapses}
    for name in set(net.outputs) - acting:
        x, y = drawn.places[name]
        ax.annotate(
            "",
            (x + BODY + 0.5, y),
            (x + BODY, y),
            arrowprops={"arrowstyle": "-|>", "color": plotting.INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        )


def _bodies(ax: Axes, net: "McCullochPittsNetwork", drawn: Layout) -> None:
    """Draw the bodies and the thresholds in them."""
    for name, cell in net.cells.items():
        (x, y), half = drawn.places[name], drawn.heights[name] / 2
        ax.add_patch(
            Polygon(
                [(x, y - half), (x + BODY, y), (x, y + half)],
                facecolor=ACTIVE if cell.initial else "white",
                edgecolor=plotting.INK,
                linewidth=2.0 if name in net.outputs else 0.9,
                joinstyle="round",
                zorder=3,
            )
        )
        if cell.threshold != 2:
            _write(ax, str(cell.threshold), x + 0.36 * BODY, y + 0.36 * TEXT, TEXT)


def _synapses(ax: Axes, drawn: Layout) -> None:
    """Draw boutons and rings, and the numbers of those that are too many to draw."""
    for inhibitory, face, edge in ((False, plotting.INK, plotting.INK), (True, "white", INHIBITION)):
        kind = [synapse for synapse in drawn.synapses if synapse.inhibitory == inhibitory]
        circles = [Circle(bouton, RADIUS) for synapse in kind for bouton in synapse.boutons]
        ax.add_collection(
            PatchCollection(circles, facecolors=face, edgecolors=edge, linewidths=1.2, zorder=4), autolim=False
        )
        for synapse in kind:
            if synapse.multiplicity > len(synapse.boutons):
                x, y = synapse.boutons[0]
                _write(ax, str(synapse.multiplicity), x - 0.2, y - 0.05, 0.75 * TEXT)


def _write(ax: Axes, text: str, x: float, y: float, size: float, *, align: float = 0.5, bold: bool = False) -> None:
    """Write letters that scale with the drawing, so that nothing overlaps on a page of any size."""
    font = FontProperties(family=plotting.FONT, weight="bold" if bold else "normal")
    letters = TextPath((0, 0), text.replace("$", r"\$"), size=size, prop=font)
    place = Affine2D().translate(-align * letters.get_extents().x1, 0).scale(1, -1).translate(x, y)
    ax.add_patch(PathPatch(place.transform_path(letters), facecolor=plotting.INK, linewidth=0, zorder=5))


def _signs(net: "McCullochPittsNetwork", drawn: Layout) -> list[Line2D]:
    """Return what the legend explains: the signs that occur."""
    inhibitory = [synapse.inhibitory for synapse in drawn.synapses]
    dot: dict[str, Any] = {"marker": "o", "markersize": 5}
    body: dict[str, Any] = {"marker": ">", "markersize": 8, "markeredgecolor": plotting.INK}
    kinds: list[tuple[bool, str, dict[str, Any]]] = [
        (not all(inhibitory), "excitatory", dot | {"color": plotting.INK}),
        (
            any(inhibitory),
            f"inhibitory ({net.inhibition})",
            dot | {"markerfacecolor": "white", "markeredgecolor": INHIBITION},
        ),
        (True, "output", body | {"markerfacecolor": "white", "markeredgewidth": 2.0}),
        (any(cell.initial for cell in net.cells.values()), "active at t = 0", body | {"markerfacecolor": ACTIVE}),
        (
            any(cell.threshold != 2 for cell in net.cells.values()),
            "threshold, if not 2",
            {"marker": "$3$", "color": plotting.INK},
        ),
    ]
    return [Line2D([], [], linestyle="none", label=label, **look) for occurs, label, look in kinds if occurs]
