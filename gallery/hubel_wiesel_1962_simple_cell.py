"""Hubel and Wiesel's simple cell: LGN cells in a row, a threshold, and what bars tell about it.

Eight on-centre cells of the LGN lie in a row, with eight off-centre cells on either side of it, and a cortical cell
sums their rates above a threshold. It answers a light bar that lies along the row, and a dark one beside it, and is
silent for bars across. The longer the row, the narrower the tuning. A fixed threshold cuts more from a weak stimulus
than from a strong one: tuning widens with contrast like an iceberg that rises from the sea. Half-squaring and
normalisation keep its width at any contrast.

D. H. Hubel, T. N. Wiesel, "Receptive fields, binocular interaction and functional architecture in the cat's visual
cortex", The Journal of Physiology 160:106-154 (1962), for the scheme; D. J. Heeger, "Normalization of cell responses in
cat striate cortex", Visual Neuroscience 9:181-197 (1992), for the cure. The schemes are drawn again, not the recorded
cells, and the papers' text was not checked.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import DifferenceOfGaussians, Gabor, HubelWieselCell, NormalisedPopulation, orientation_tuning
from neurosim.v1.measures import half_width
from neurosim.v1.stimuli import bar, grating

SHAPE = (49, 49)
FLANK, WAVELENGTH = 5.0, 10.0
LENGTH, WIDTH = 28.0, 4.0
ANGLES = np.arange(-90, 90, 2.0)
ROWS = (2, 4, 8, 12)
CONTRASTS = (0.5, 0.7, 1.0)
LGN = DifferenceOfGaussians(1.5, shape=SHAPE)
SIGNED = matplotlib.colormaps["RdBu_r"].resampled(33)  # so few colours that a small file keeps them


def thresholded(n, share, stimulus):
    """Return a cell with rows of n and a threshold that is a share of its drive by a stimulus, and that drive."""
    drive = HubelWieselCell(LGN, n, flank=FLANK).respond(stimulus)
    return HubelWieselCell(LGN, n, flank=FLANK, threshold=share * drive), drive * (1 - share)


def bars(length, **place):
    """Return light bars of all orientations, or of one at other places."""
    return bar(SHAPE, length, WIDTH, **({"orientation": ANGLES} | place))


def tuned(n):
    """Return the rates of a cell with rows of n to bars as long as the longest row, in parts of the largest."""
    cell, best = thresholded(n, 0.5, bars(40, orientation=0))
    return cell.respond(bars(40)) / best


def iceberg(contrasts, frames):
    """Return tuning curves of a cell with a fixed threshold and of a half-squared, normalised one, by contrast."""
    fixed, _ = thresholded(8, 0.4, grating(SHAPE, WAVELENGTH))
    cured = NormalisedPopulation.ring(Gabor(WAVELENGTH), 12, SHAPE, kind="simple").cell(0)
    shown = {"wavelength": WAVELENGTH, "orientations": ANGLES, "frames": frames}
    return [[orientation_tuning(cell, contrast=c, **shown).f0 for c in contrasts] for cell in (fixed, cured)]


def draw_rows(ax, cell):
    """Draw the field and the centres of the LGN cells."""
    most = np.abs(cell.field).max()
    half = SHAPE[0] / 2
    image = ax.imshow(cell.field / most, cmap=SIGNED, vmin=-1, vmax=1, extent=(-half, half, half, -half), alpha=0.75)
    for polarity, line, name in (("on", "-", "on-centre"), ("off", (0, (2, 1.5)), "off-centre")):
        places = np.array([(c.x0, c.y0) for c in cell.inputs if c.polarity == polarity])
        for i, (x, y) in enumerate(places):
            angle = np.linspace(0, 2 * np.pi, 60)
            label = name if i == 0 else None
            ax.plot(x + 1.5 * np.cos(angle), y + 1.5 * np.sin(angle), "k", linestyle=line, linewidth=0.8, label=label)
    ax.set(xlim=(-16, 16), ylim=(19, -15), xlabel="x (pixels)", ylabel="y (pixels)", title="rows of LGN cells")
    ax.set_aspect("equal")
    ax.legend(loc="lower center", ncols=2, handlelength=1.6, columnspacing=1, borderaxespad=0.1)
    plotting.colour_bar(ax, image, "field (part of its maximum)", ticks=5)


def draw_bars(ax, cell, best):
    """Draw what the cell answers to bars of all orientations, with some of the bars above."""
    rates = cell.respond(bars(LENGTH)) / best
    ax.plot(ANGLES, rates)
    ax.set(xlim=(-95, 95), ylim=(0, 1.42), xticks=np.arange(-90, 91, 45), yticks=(0, 0.5, 1))
    ax.set(xlabel="orientation of the bar's normal (degrees)", ylabel="rate (part of the largest)")
    ax.set_title("light bars through the middle")
    for angle in np.arange(-60, 61, 30):
        turn = np.deg2rad(angle)
        place = ax.inset_axes((angle - 13, 1.1, 26, 0.28), transform=ax.transData)
        place.plot(np.array([-1, 1]) * np.sin(turn), np.array([1, -1]) * np.cos(turn), color=plotting.INK, linewidth=3)
        place.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
        place.invert_yaxis()
        place.axis("off")


def draw_places(ax, cell, best):
    """Draw what the cell answers to light and dark bars at several places."""
    x0 = np.arange(-15, 15.1, 0.25)
    shown = bars(LENGTH, orientation=0, x0=x0)
    for contrast, name, line in ((1, "light bar", "-"), (-1, "dark bar", "--")):
        ax.plot(x0, cell.respond(contrast * shown) / best, line, label=name)
    ax.legend(loc="upper left", handlelength=1.8)
    ax.set(xlabel="place of an upright bar, x (pixels)", ylabel="rate (part of the largest)", ylim=(0, 1.2))
    ax.set(yticks=(0, 0.5, 1), title="an on region, two off flanks")


@plotting.style()
def draw(widths, curves, contrasts):
    """Draw the rows, bars by orientation and by place, tuning by length of the row, and the iceberg with its cure."""
    figure = plotting.figure(9.6, 5.8)
    (rows, turned, moved), (lengths, sinks, floats) = figure.subplots(2, 3)
    cell, best = thresholded(8, 0.5, bars(LENGTH, orientation=0))
    draw_rows(rows, cell)
    draw_bars(turned, cell, best)
    draw_places(moved, cell, best)
    for n, line in zip(ROWS, (":", "-.", "--", "-"), strict=True):
        lengths.plot(ANGLES, tuned(n), line, label=f"{n} cells: {widths[n]:.0f}°")
    lengths.set_title("longer rows, narrower tuning")
    for ax, found, title in (
        (sinks, curves[0], "a fixed threshold: the iceberg"),
        (floats, curves[1], "half-squared and normalised"),
    ):
        for c, rates, line in zip(contrasts, found, (":", "--", "-"), strict=True):
            ax.plot(ANGLES, rates / found[-1].max(), line, label=f"contrast {c:g}: {half_width(ANGLES, rates):.0f}°")
        ax.set_title(title)
    for ax, stimulus in ((lengths, "bar"), (sinks, "grating"), (floats, "grating")):
        ax.legend(loc="upper left", handlelength=1.8, title="half width", title_fontsize=8, borderaxespad=0)
        ax.set(xlim=(-95, 95), ylim=(0, 1.55), xticks=np.arange(-90, 91, 45), yticks=(0, 0.5, 1))
        ax.set(xlabel=f"orientation of the {stimulus} (degrees)", ylabel="rate (part of the largest)")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; nothing here is random."""
    widths = {n: half_width(ANGLES, tuned(n)) for n in ROWS}
    curves = iceberg(CONTRASTS, 8 if fast else 32)
    sunk, cured = ([half_width(ANGLES, rates) for rates in found] for found in curves)
    cell, best = thresholded(8, 0.5, bars(LENGTH, orientation=0))
    flank = cell.respond(-bars(LENGTH, orientation=0, x0=np.array([-FLANK, FLANK]))) / best
    said = "Half width of tuning, bars"
    unread = {"source_read": False}
    return draw(widths, curves, CONTRASTS), [
        Claim(
            "Rate to a light bar across the row over that to one along it",
            "0",
            cell.respond(bars(LENGTH, orientation=90)) / best,
            at_most=0.01,
            **unread,
        ),
        Claim(
            "Rate to a dark bar on a flank over that to a light bar in the middle",
            "flanks are off regions",
            float(flank.min()),
            at_least=0.5,
            **unread,
        ),
        Claim(
            f"{said}: rows of 12 cells over rows of 2",
            "below 1: longer rows are narrower (theory)",
            widths[12] / widths[2],
            at_most=0.3,
        ),
        Claim(
            "Half width, fixed threshold: contrast 1 over contrast 0.5",
            "above 1: the iceberg (theory)",
            sunk[-1] / sunk[0],
            at_least=1.2,
        ),
        Claim(
            "Half width, half-squared and normalised: contrast 1 over contrast 0.5",
            "1 (theory)",
            cured[-1] / cured[0],
            at_least=0.99,
            at_most=1.01,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
