"""Complex cells: two fields in quadrature, squared and added, answer a bar wherever it lies in the field.

A simple cell's answer to a grating follows its phase, and so do the squares of an even and of an odd field; but where
one has its peaks, the other has its troughs, and their sum is flat. It is not flat entirely: a Gabor pair is in
quadrature up to 2 exp(-8 pi^2 n_x^2), which the fields' bandwidth decides. Whoever subtracts the mean from the even
field to make it blind to uniform light breaks the pair; an even field that is the Hilbert partner of the odd one is
blind and flat. Hubel and Wiesel themselves made complex cells of simple cells at several places, each of which
suffices: the maximum over simple cells.

D. H. Hubel, T. N. Wiesel, "Receptive fields, binocular interaction and functional architecture in the cat's visual
cortex", The Journal of Physiology 160:106-154 (1962); E. H. Adelson, J. R. Bergen, "Spatiotemporal energy models for
the perception of motion", Journal of the Optical Society of America A 2:284-299 (1985). Figures and claims are closed
forms of the model; the papers' text was not checked.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import EnergyCell, Gabor, MaxCell, SimpleCell, modulation
from neurosim.v1.experiments import phase_response
from neurosim.v1.stimuli import bar

SHAPE = (49, 49)
GABOR = Gabor.from_bandwidth(frequency=0.1, bandwidth=1.5, aspect=1.5)
PLACES = np.arange(-20, 21.0)
BANDWIDTHS = np.arange(1.0, 2.61, 0.1)
SIGNED = matplotlib.colormaps["RdBu_r"].resampled(33)  # so few colours that a small file keeps them


def depth(bandwidth, dc="none"):
    """Return how much the energy of a pair varies with the phase of its own grating, and n_x."""
    gabor = Gabor.from_bandwidth(frequency=0.125, bandwidth=bandwidth)
    side = 2 * int(np.ceil(8 * gabor.sigma_x)) + 1
    curve = phase_response(EnergyCell(gabor, (side, side), dc=dc), wavelength=8)
    return float(curve.depth), gabor.n_x


def theory(n_x):
    """Return the depth of an exact Gabor pair."""
    a = 8 * np.pi**2 * np.asarray(n_x) ** 2
    return 2 * np.exp(-a) / (1 + np.exp(-2 * a))


def draw_fields(axes, cell):
    """Draw the even and the odd field."""
    most = np.abs(cell.field).max()
    half = SHAPE[0] / 2
    for ax, field, name in zip(axes, (cell.field.real, cell.field.imag), ("even field", "odd field"), strict=True):
        extent = (-half, half, half, -half)
        image = ax.imshow(field / most, cmap=SIGNED, vmin=-1, vmax=1, extent=extent, interpolation="nearest")
        ax.set(xlim=(-16, 16), ylim=(16, -16), xlabel="x (pixels)", ylabel="y (pixels)", title=name)
        ax.set_aspect("equal")
    plotting.colour_bar(axes[1], image, "field (part of its maximum)", ticks=5)


def draw_phases(ax, cell):
    """Draw the squares of both fields' answers to a grating of all phases, and their sum."""
    phases = np.arange(0, 361, 5.0)
    curve = phase_response(cell, wavelength=10, phases=phases[:-1])
    most = curve.response.max()
    pair = (SimpleCell(GABOR, SHAPE, nonlinearity="linear"), odd_cell())
    for simple, name, line in zip(pair, ("even²", "odd²"), ("--", ":"), strict=True):
        squares = phase_response(simple, wavelength=10, phases=phases[:-1]).response ** 2 / most
        ax.plot(phases, np.append(squares, squares[0]), line, label=name)
    total = curve.response / most
    ax.plot(phases, np.append(total, total[0]), "-", label="sum: energy")
    ax.legend(loc="upper center", ncols=3, handlelength=1.8, columnspacing=1)
    ax.set(xlim=(0, 360), ylim=(0, 1.3), xticks=np.arange(0, 361, 90), yticks=(0, 0.5, 1))
    ax.set(xlabel="phase of the grating (degrees)", ylabel="part of the largest energy", title="cos² + sin² = 1")


def odd_cell():
    """Return the simple cell with the odd field."""
    return SimpleCell(Gabor(10, 0, 90, GABOR.sigma_x, GABOR.sigma_y), SHAPE, nonlinearity="linear")


def draw_bars(ax):
    """Draw the rates to light and dark bars at several places."""
    bars = bar(SHAPE, 24, 3, x0=PLACES)
    simple, energy = SimpleCell(GABOR, SHAPE), EnergyCell(GABOR, SHAPE)
    largest = MaxCell(GABOR, SHAPE, phases=(0, 180), positions=[(x, 0) for x in range(-7, 8)])
    for cell, name, line in ((simple, "simple", "--"), (energy, "energy", "-"), (largest, "maximum", "-.")):
        light, dark = cell.respond(bars), cell.respond(-bars)
        drawn = ax.plot(PLACES, light / light.max(), line, label=name)
        if cell is simple:
            ax.plot(PLACES, dark / light.max(), ":", color=drawn[0].get_color(), label="simple, dark bar")
    ax.legend(loc="upper left", ncols=2, handlelength=1.8, columnspacing=1, borderaxespad=0)
    ax.set(xlim=(-20, 20), ylim=(0, 1.45), yticks=(0, 0.5, 1), title="a light bar at several places")
    ax.set(xlabel="place of the bar, x (pixels)", ylabel="rate (part of the largest)")


def draw_depths(ax, bandwidths):
    """Draw the measured depth by bandwidth for the ways to remove the answer to uniform fields, on theory."""
    n_x = [depth(b)[1] for b in bandwidths]
    for dc, marker, name in (
        ("subtract", "s", "mean subtracted"),
        ("none", "o", "Gabor pair"),
        ("quadrature", "^", "Hilbert partner"),
    ):
        found = np.maximum([depth(b, dc)[0] for b in bandwidths], 1e-17)
        ax.plot(bandwidths, found, marker, markersize=4, mfc="white", label=name)
    ax.plot(bandwidths, theory(n_x), "-", color=plotting.INK, linewidth=0.8, zorder=0, label="theory")
    ax.plot(bandwidths, theory(np.array(n_x) / np.sqrt(2)), "-", color=plotting.INK, linewidth=0.8, zorder=0)
    ax.set_yscale("log")
    ax.legend(loc="center right", handlelength=1.5, bbox_to_anchor=(1, 0.36))
    ax.set(xlabel="bandwidth of the fields (octaves)", ylabel="modulation of the energy by phase")
    ax.set(ylim=(1e-17, 3), title="how flat the sum is")


@plotting.style()
def draw(bandwidths):
    """Draw the pair, its squares, bars at several places, and what breaks the pair."""
    figure = plotting.figure(9.6, 5.6)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1))
    even, odd, phases = top.subplots(1, 3, width_ratios=(1, 1, 1.5))
    places, depths = bottom.subplots(1, 2)
    cell = EnergyCell(GABOR, SHAPE)
    draw_fields((even, odd), cell)
    draw_phases(phases, cell)
    draw_bars(places)
    draw_depths(depths, bandwidths)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; nothing here is random."""
    depths = {b: depth(b) for b in (1.0, 1.5, 2.0)}
    simple = SimpleCell(GABOR, SHAPE)
    ratio = modulation(EnergyCell(GABOR, SHAPE), wavelength=10).ratio
    formula = "2 exp(-8π² n_x²) / (1 + exp(-16π² n_x²))"
    claims = [
        Claim(
            f"Modulation by phase at {b:g} octaves over theory",
            f"1: {formula} = {theory(n_x):.2g}",
            measured / theory(n_x),
            at_least=0.99,
            at_most=1.01,
        )
        for b, (measured, n_x) in depths.items()
    ]
    return draw(BANDWIDTHS[::4] if fast else BANDWIDTHS), [
        *claims,
        Claim(
            "Modulation at 1.5 octaves, mean of the even field subtracted",
            "4.6e-3 (reference measurement)",
            depth(1.5, "subtract")[0],
            at_least=4.5e-3,
            at_most=4.7e-3,
        ),
        Claim("Modulation at 1.5 octaves, Hilbert partner", "0", depth(1.5, "quadrature")[0], at_most=1e-9),
        Claim("F1/F0 of the energy, drifting grating", "0; below 1 for complex cells", float(ratio), at_most=1e-3),
        Claim(
            "F1/F0 of the simple cell",
            "π/2; above 1 for simple cells",
            float(modulation(simple, wavelength=10).ratio),
            at_least=1.569,
            at_most=1.573,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
