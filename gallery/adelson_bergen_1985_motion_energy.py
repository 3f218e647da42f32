"""Motion energy: a moving pattern is tilted in space-time, and so are the fields that see it.

What moves leaves a tilted trace in a picture of x against time. A pair of fields that is tilted alike and in
quadrature, squared and added, answers motion in one direction at all times, whatever the phase and the sign of the
contrast; the mirrored pair answers the other direction, and their difference, the opponent energy, tells the direction
by its sign. An exact pair in time gives a direction index of 1. Adelson and Bergen's fast and slow filters, which are
shaped like those of the eye, are only nearly in quadrature: the index is 4u / ((1 + u²)² + 1) for a frequency of u
times their rate, 0.742 where they answer most and 0.87 at best.

E. H. Adelson, J. R. Bergen, "Spatiotemporal energy models for the perception of motion", Journal of the Optical Society
of America A 2:284-299 (1985). The filters are as commonly quoted, not checked against the paper; the claims are closed
forms of the model.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import Gabor, MotionEnergy
from neurosim.v1.motion import PEAK
from neurosim.v1.stimuli import counterphase, drifting_grating, moving_bar

SHAPE = (33, 33)
GABOR = Gabor(8, sigma_x=3)
PERIOD, FRAMES = 32, 128
SIGNED = matplotlib.colormaps["RdBu_r"].resampled(33)  # so few colours that a small file keeps them


def cell(temporal):
    """Return a cell that prefers drift to the right, one cycle in PERIOD frames."""
    return MotionEnergy(GABOR, SHAPE, period=PERIOD, temporal=temporal, periodic=True)


def drift(cycles, angle=0.0, **parameters):
    """Return a grating that goes through some cycles in all frames."""
    return drifting_grating(SHAPE, FRAMES, 8, angle, cycles=cycles, **parameters)


def index(model, cycles):
    """Return the direction index, (preferred - null) / (preferred + null), for drift to the right and to the left."""
    right, left = (model.respond(drift(sign * cycles)).mean() for sign in (1, -1))
    return (right - left) / (right + left)


def theory(cycles):
    """Return the direction index of Adelson and Bergen's pair in continuous time."""
    u = PEAK * np.asarray(cycles) * PERIOD / FRAMES
    return 4 * u / ((1 + u**2) ** 2 + 1)


def there_and_back():
    """Return a movie of a bar that goes to the right, rests and comes back, light and then dark."""
    rest = np.zeros((24, *SHAPE))
    there = moving_bar(SHAPE, 64, 20, 3, distance=20)
    return np.concatenate([rest, there, rest, there[::-1], rest, -there, rest])


def space_time(ax, picture, title, first=0):
    """Draw x against time; time runs downwards from `first`."""
    frames, columns = picture.shape
    half, most = columns / 2, np.abs(picture).max()
    extent = (-half, half, first + frames - 0.5, first - 0.5)
    image = ax.imshow(
        picture / most, cmap=SIGNED, vmin=-1, vmax=1, extent=extent, aspect="auto", interpolation="nearest"
    )
    ax.set(xlabel="x (pixels)", ylabel="time (frames)", title=title)
    return image


def draw_fields(axes):
    """Draw the even tilted fields of both pairs in space-time, as the cell looks back."""
    for ax, temporal, title in zip(
        axes, ("gabor", "gamma"), ("a tilted field: exact pair", "fast and slow"), strict=True
    ):
        model = cell(temporal)
        row = model.field[SHAPE[0] // 2]
        tilted = (model.filter[:, None] * row).real[: 4 * PERIOD]
        image = space_time(ax, tilted[::-1], title, first=-len(tilted) + 1)
        ax.set_ylabel("time (frames, 0 is now)")
    plotting.colour_bar(axes[1], image, "field (part of its maximum)", ticks=5)


def draw_bar(trace, energy):
    """Draw the movie of a bar in space-time and the energies it gives."""
    movie = there_and_back()
    space_time(trace, movie[:, SHAPE[0] // 2], "moving bars in space-time")
    model = MotionEnergy(GABOR, SHAPE, period=PERIOD, temporal="gamma")
    right = model.respond(movie)
    opponent = model.opponent(movie)
    most = right.max()
    energy.plot(right / most, label="right")
    energy.plot((right - opponent) / most, "--", label="left")
    energy.plot(opponent / most - 1.6, "-.", color=plotting.COLOURS[2], label="right − left")
    energy.axhline(-1.6, color=plotting.INK, linewidth=0.6)
    energy.set(xlabel="time (frames)", ylabel="energy (part of the largest)", title="energies of that movie")
    energy.set(xlim=(0, len(movie)), ylim=(-2.8, 1.9), yticks=(-2.6, -1.6, -0.6, 0, 1))
    energy.set_yticklabels(["−1", "0", "1", "0", "1"])
    energy.legend(loc="upper left", ncols=3, handlelength=1.8, columnspacing=1)


def draw_directions(ax, angles):
    """Draw the response by direction of drift."""
    for temporal, name, line in (("gabor", "exact pair", "-"), ("gamma", "fast and slow", "--")):
        model = cell(temporal)
        rates = np.array([model.respond(drift(4, angle)).mean() for angle in angles])
        ax.plot(angles, rates / rates.max(), line, label=name)
    ax.set(xlim=(-180, 180), xticks=np.arange(-180, 181, 90), ylim=(0, 1.35), yticks=(0, 0.5, 1))
    ax.set(xlabel="direction of drift (degrees)", ylabel="energy (part of the largest)", title="tuning to direction")
    ax.legend(loc="upper left", ncols=2, handlelength=1.8, columnspacing=1)


def draw_indices(ax, cycles):
    """Draw the direction index by temporal frequency on theory."""
    fine = np.linspace(0.02, cycles[-1], 200)
    ax.plot(fine / FRAMES, theory(fine), color=plotting.INK, linewidth=0.9, label="theory")
    found = {name: [index(cell(name), c) for c in cycles] for name in ("gabor", "gamma")}
    ax.plot(cycles / FRAMES, found["gabor"], "o", mfc="white", markersize=4, label="exact pair")
    ax.plot(cycles / FRAMES, found["gamma"], "s", mfc="white", markersize=4, label="fast and slow")
    ax.axvline(1 / PERIOD, color=plotting.INK, linewidth=0.8, linestyle=":")
    ax.text(1 / PERIOD + 0.001, 0.05, "preferred", fontsize=plotting.SMALL)
    ax.set(
        xlabel="temporal frequency (cycles/frame)", ylabel="direction index", ylim=(0, 1.05), title="how directional"
    )
    ax.set_xlim(left=0)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.1), handlelength=1.8)


@plotting.style()
def draw(angles, cycles):
    """Draw the movie and the fields in space-time, and what they answer."""
    figure = plotting.figure(9.6, 5.8)
    (trace, exact, quick), (energy, direction, directional) = figure.subplots(2, 3)
    draw_bar(trace, energy)
    draw_fields((exact, quick))
    draw_directions(direction, angles)
    draw_indices(directional, cycles)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; nothing here is random."""
    angles, cycles = np.arange(-180, 181, 30 if fast else 5.0), np.array([1, 2, 3, 4, 5, 6, 8, 10])
    exact, gamma = cell("gabor"), cell("gamma")
    right, left, dark = (exact.opponent(movie).mean() for movie in (drift(4), drift(-4), drift(4, contrast=-1)))
    standing = exact.opponent(counterphase(SHAPE, FRAMES, 8, cycles=4)).mean()
    bounds = {"at_least": 0.9999, "at_most": 1.0001}
    return draw(angles, cycles), [
        Claim("Direction index of a matched drift, exact pair", "1", index(exact, 4), **bounds),
        Claim(
            "Opponent energy, drift to the left over that to the right",
            "-1",
            left / right,
            at_least=-1.001,
            at_most=-0.999,
        ),
        Claim("Opponent energy, contrast reversed over not", "1", dark / right, **bounds),
        Claim(
            "Opponent energy of a counterphase grating over that of drift",
            "0",
            standing / right,
            at_least=-1e-3,
            at_most=1e-3,
        ),
        Claim(
            "Direction index of a matched drift, fast and slow filters",
            "0.742 (theory)",
            index(gamma, 4),
            at_least=0.737,
            at_most=0.747,
        ),
        Claim(
            "Largest difference of their index from theory",
            "0 (continuous time)",
            float(np.abs([index(gamma, c) - theory(c) for c in cycles]).max()),
            at_most=0.01,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
