"""What the parameters of a Gabor function do: place and direction, widths, frequency and phase.

The textbook form alpha exp(-beta_x x'^2 - beta_y y'^2) cos(f x' + phi), with x' and y' turned by tau around (x0, y0).
Three rows of fields differ from the first field of their row in what is written above them and in nothing else: where
and how they lie, how wide and long the envelope is, and what fills it. The function's own numbers are then
measured on the sampled fields: places of maxima, moments, peaks of the spectrum, symmetries.

J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized by
two-dimensional visual cortical filters", Journal of the Optical Society of America A 2:1160-1169 (1985), brought the
function to the visual cortex. No figure of a paper is drawn again; the claims compare with the formula.
"""

from math import degrees, pi

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import Gabor

SIDE = 81
FIRST = {"alpha": 1.0, "beta_x": 0.005, "beta_y": 0.005, "f": 0.4, "phi": 0.0, "tau": 0.0}
ROWS = {
    "where it lies: centre $x_0, y_0$ (px) and direction $τ$ (rad), clockwise as $y$ points down": [
        ("$x_0=0, y_0=0, τ=0$", {}),
        ("$x_0=16$", {"x0": 16.0}),
        ("$x_0=16, y_0=-12$", {"x0": 16.0, "y0": -12.0}),
        ("$τ=π/6$", {"tau": pi / 6}),
        ("$τ=π/2$", {"tau": pi / 2}),
    ],
    "how wide and how long: $β_x, β_y$ (1 / px²)": [
        ("$β_x=β_y=0.005$", {}),
        ("$β_x=0.02$", {"beta_x": 0.02}),
        ("$β_y=0.02$", {"beta_y": 0.02}),
        ("$β_y=0.002$", {"beta_y": 0.002}),
        ("$β_x=β_y=0.002$", {"beta_x": 0.002, "beta_y": 0.002}),
    ],
    "what fills it: frequency $f$ (rad / px) and phase $φ$ (rad)": [
        ("$f=0.4, φ=0$", {}),
        ("$f=0.2$", {"f": 0.2}),
        ("$f=0.8$", {"f": 0.8}),
        ("$φ=π/2$", {"phi": pi / 2}),
        ("$φ=π$", {"phi": pi}),
    ],
}


def gabor(changes):
    """Return the first function with some parameters changed."""
    return Gabor.from_book(**FIRST | changes)


def field(changes):
    """Return the field of a function, with values in -1..1."""
    return gabor(changes).kernel(SIDE).real


@plotting.style()
def draw():
    """Draw the three rows of fields: red excites, blue inhibits."""
    figure = plotting.figure(7.6, 6.0)
    colours = matplotlib.colormaps["RdBu_r"].resampled(41)
    half = SIDE / 2
    look = {"cmap": colours, "vmin": -1, "vmax": 1, "extent": (-half, half, half, -half), "interpolation": "nearest"}
    rows = figure.subfigures(3, 1)
    for row, (name, cells) in zip(rows, ROWS.items(), strict=True):
        row.suptitle(name, fontsize=plotting.TITLE)
        panels = row.subplots(1, 5, sharex=True, sharey=True)
        for ax, (title, changes) in zip(panels, cells, strict=True):
            image = ax.imshow(field(changes), **look)
            ax.set_title(title, fontsize=9)
            ax.set(xticks=(-30, 0, 30), yticks=(-30, 0, 30), xlabel="x (px)" if row is rows[-1] else "")
            ax.spines[:].set_visible(True)
        panels[0].set_ylabel("y (px)")
        row.colorbar(image, ax=panels, aspect=12, ticks=(-1, 0, 1), label="weight")
    return figure


def peak(changes):
    """Return the frequency (rad/px) and direction (rad) of the spectrum's peak, which even a fine grid only nears."""
    power, n = np.abs(np.fft.fft2(gabor(changes).kernel(SIDE), (2048, 2048))), 2048
    v, u = np.unravel_index(np.argmax(power), power.shape)
    return 2 * pi * np.hypot(u, v) / n, np.arctan2(v, u)


def spread(changes):
    """Return 1 / (2 variance) across and along the bars of the envelope, from its moments: beta_x and beta_y."""
    envelope = np.abs(gabor(changes).kernel(2 * SIDE + 1))
    at = np.arange(-SIDE, SIDE + 1)
    variances = [(envelope.sum(axis) * at**2).sum() / envelope.sum() for axis in (0, 1)]
    return 0.5 / np.array(variances)


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; `fast` changes nothing."""
    first, moved = field({}), field({"x0": 16.0, "y0": -12.0})
    middle = SIDE // 2
    y, x = np.unravel_index(np.argmax(moved), moved.shape)
    shifted = np.abs(moved[:-12, 16:] - first[12:, :-16]).max()
    turn = np.abs(field({"tau": pi / 2}) - first.T).max()
    wide = spread({"beta_x": 0.02, "beta_y": 0.002})
    frequencies = [peak({"f": f})[0] / f - 1 for f in (0.2, 0.4, 0.8)]
    odd, negative = field({"phi": pi / 2}), field({"phi": pi})
    return draw(), [
        Claim("column of the maximum for x₀ = 16, from the middle", "16, the formula", x - middle, 16, 16),
        Claim("row of the maximum for y₀ = -12, from the middle", "-12, the formula", y - middle, -12, -12),
        Claim("field moved by (16, -12) against the first field, largest difference", "0", shifted, at_most=1e-14),
        Claim(
            "direction of the spectrum's peak for τ = π/6 (degrees)",
            "30",
            degrees(peak({"tau": pi / 6})[1]),
            29.5,
            30.5,
        ),
        Claim("field for τ = π/2 against the first one transposed, largest difference", "0", turn, at_most=1e-14),
        Claim("1 / (2 variance across the bars) for β_x = 0.02", "0.02", wide[0], 0.02 - 1e-6, 0.02 + 1e-6),
        Claim("1 / (2 variance along the bars) for β_y = 0.002", "0.002", wide[1], 0.002 - 1e-6, 0.002 + 1e-6),
        Claim(
            "peak of the spectrum for f = 0.2, 0.4, 0.8: largest relative error",
            "0",
            np.abs(frequencies).max(),
            at_most=0.01,
        ),
        Claim(
            "field for φ = π/2 plus itself turned by half a turn, largest sum",
            "0: odd",
            np.abs(odd + odd[::-1, ::-1]).max(),
            at_most=1e-14,
        ),
        Claim(
            "field for φ = π plus the first field, largest sum",
            "0: the negative",
            np.abs(negative + first).max(),
            at_most=1e-14,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
