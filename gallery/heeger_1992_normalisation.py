"""Heeger's normalisation: cells that divide each other saturate, mask each other and keep their tuning.

Twelve complex cells whose preferred orientations cover all directions evenly, each divided by c50² + the energy of all.
The response to the preferred grating then follows r_max c^n / (c50^n + c^n) with n = 2. A mask across the preferred
orientation, which alone does nothing, shifts that curve to the right on a logarithmic scale: it divides contrast, where
an inhibition that is subtracted would lower the response at high contrasts, too. And since all cells are divided by the
same number, a cell saturates at the same response for no orientation but its own: tuning keeps its width from 5 % to
100 % contrast, which a threshold cannot do.

D. J. Heeger, "Normalization of cell responses in cat striate cortex", Visual Neuroscience 9:181-197 (1992);
M. Carandini, D. J. Heeger, J. A. Movshon, "Linearity and normalization in simple cells of the macaque primary visual
cortex", The Journal of Neuroscience 17:8621-8644 (1997). The curves are those of the model.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import (
    Gabor,
    NormalisedPopulation,
    SimpleCell,
    contrast_response,
    cross_orientation_suppression,
    orientation_tuning,
)
from neurosim.v1.measures import fit_contrast_response, half_width

SHAPE = (41, 41)
GABOR = Gabor(8, sigma_x=3.5)
C50, MASKS = 0.2, (0.0, 0.125, 0.25, 0.5)
CONTRASTS = np.geomspace(0.01, 1, 13)
ANGLES = np.arange(-90, 90, 3.0)
LEVELS = (0.05, 0.2, 1.0)
WIDTHS_AT = np.geomspace(0.05, 1, 7)
SHOWN = {"wavelength": GABOR.wavelength, "contrasts": CONTRASTS}


def curve(c, mask=0.0):
    """Return the theory's response to the preferred grating under an orthogonal mask."""
    return c**2 / (C50**2 + c**2 + mask**2)


def tunings(cell, contrasts, frames):
    """Return a cell's tuning curves by contrast."""
    shown = {"wavelength": 8, "orientations": ANGLES, "frames": frames}
    return [orientation_tuning(cell, contrast=c, **shown).f0 for c in contrasts]


def by_mask_orientation(cell, angles):
    """Return the mean rate to the preferred grating of contrast 0.2 under masks of contrast 0.5 of all orientations."""
    shown = {"wavelength": 8, "contrasts": [0.1, 0.2, 0.4], "mask_contrast": 0.5}
    runs = [cross_orientation_suppression(cell, mask_orientation=a, **shown) for a in angles]
    return np.array([run.masked.f0[1] for run in runs]), runs[0].alone.f0[1]


def draw_masks(ax, masked):
    """Draw the contrast responses without and with masks, on theory."""
    fine = np.geomspace(0.01, 1, 200)
    for m, (colour, marker) in zip(MASKS, zip(plotting.COLOURS, "os^D", strict=False), strict=True):
        ax.plot(fine, curve(fine, m), color=colour, linewidth=0.9)
        label = f"mask {m:g}" if m else "no mask"
        ax.plot(CONTRASTS, masked[m], marker, color=colour, mfc="white", markersize=4, label=label)
    ax.set_xscale("log")
    ax.set_xticks([0.01, 0.1, 1], labels=["0.01", "0.1", "1"])
    ax.set(xlabel="contrast of the grating", ylabel="rate (part of $r_{max}$)", ylim=(0, 1.02))
    ax.set_title("a mask shifts the contrast response")
    ax.legend(loc="upper left", handlelength=1.2)


def draw_shifts(ax, shifts):
    """Draw the shift by contrast of the mask, on theory."""
    fine = np.linspace(0, 0.55, 100)
    ax.plot(fine, np.sqrt(1 + (fine / C50) ** 2), color=plotting.INK, linewidth=0.9)
    ax.plot(list(shifts), list(shifts.values()), "o", mfc="white", markersize=5)
    ax.text(0.24, 2.25, "$\\sqrt{1 + (m / c_{50})^2}$", ha="right", fontsize=10)
    ax.set(xlabel="contrast of the mask, $m$", ylabel="$c_{50}$ with the mask over that without", xlim=(-0.02, 0.55))
    ax.set(ylim=(0.8, 3), title="by how much")


def draw_orientations(ax, angles, rates, alone):
    """Draw the response to the preferred grating by orientation of the mask."""
    ax.plot(angles, rates, "-", label="under a mask of 0.5")
    ax.axhline(alone, color=plotting.COLOURS[1], linestyle="--", label="without a mask")
    ax.set(xlim=(-90, 90), ylim=(0, 1.02), xticks=np.arange(-90, 91, 45))
    ax.set(xlabel="orientation of the mask (degrees)", ylabel="rate (part of $r_{max}$)")
    ax.set_title("masks of most orientations suppress")
    ax.legend(loc="upper left", handlelength=1.8)


def draw_tuning(ax, curves, title):
    """Draw tuning curves of several contrasts in parts of the largest rate."""
    most = curves[-1].max()
    for c, rates, line in zip(LEVELS, curves, (":", "--", "-"), strict=True):
        ax.plot(ANGLES, rates / most, line, label=f"{c:g}: half width {half_width(ANGLES, rates):.1f}°")
    ax.set(xlim=(-90, 90), ylim=(0, 1.5), xticks=np.arange(-90, 91, 45), yticks=(0, 0.5, 1), title=title)
    ax.set(xlabel="orientation of the grating (degrees)", ylabel="rate (part of the largest)")
    ax.legend(loc="upper left", title="contrast", title_fontsize=8, handlelength=1.8, alignment="left")


def draw_widths(ax, found):
    """Draw the half width by contrast of both cells."""
    for (name, widths), line in zip(found.items(), ("o-", "s--"), strict=True):
        ax.plot(WIDTHS_AT, widths, line, mfc="white", markersize=4, label=name)
    ax.set_xscale("log")
    ax.set_xticks(LEVELS, labels=[f"{c:g}" for c in LEVELS])
    ax.minorticks_off()
    ax.set(xlabel="contrast of the grating", ylabel="half width (degrees)", ylim=(0, 30), title="width of tuning")
    ax.legend(loc="lower right", handlelength=2.2)


@plotting.style()
def draw(masked, shifts, mask_angles, under, curves, widths):
    """Draw saturation and masking above, tuning at several contrasts below."""
    figure = plotting.figure(9.6, 5.8)
    (masks, shift, orientation), (normalised, threshold, width) = figure.subplots(2, 3)
    draw_masks(masks, masked)
    draw_shifts(shift, shifts)
    draw_orientations(orientation, mask_angles, *under)
    draw_tuning(normalised, curves[0], "normalised")
    draw_tuning(threshold, curves[1], "a fixed threshold")
    draw_widths(width, widths)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; nothing here is random."""
    cell = NormalisedPopulation.ring(GABOR, 12, SHAPE, c50=C50).cell(0)
    control = SimpleCell(GABOR, SHAPE, threshold=0.04 * np.pi * GABOR.sigma_x**2)
    masked = {m: cross_orientation_suppression(cell, mask_contrast=m, **SHOWN).masked.f0 for m in MASKS}
    fits = {m: fit_contrast_response(CONTRASTS, rates, baseline=0) for m, rates in masked.items()}
    shifts = {m: fit.c50 / fits[0.0].c50 for m, fit in fits.items()}
    frames = 8 if fast else 32
    angles = ANGLES[:: 10 if fast else 2]
    curves = [tunings(c, LEVELS, frames) for c in (cell, control)]
    widths = {
        name: [half_width(ANGLES, rates) for rates in tunings(c, WIDTHS_AT, frames)]
        for name, c in (("normalised", cell), ("threshold", control))
    }
    alone = contrast_response(cell, wavelength=8, orientation=90, contrasts=[0.125, 0.25, 0.5]).f0[-1]
    figure = draw(masked, shifts, angles, by_mask_orientation(cell, angles), curves, widths)
    said = "Half width of tuning, contrast 1 over 0.05"
    return figure, [
        Claim("Exponent n of the contrast response", "2", fits[0.0].n, at_least=1.98, at_most=2.02),
        Claim("Its c50", "0.2, as set", fits[0.0].c50, at_least=0.198, at_most=0.202),
        Claim(
            "Shift by an orthogonal mask of contrast 0.5",
            "sqrt(1 + (0.5 / 0.2)²) = 2.69 (theory)",
            shifts[0.5],
            at_least=2.61,
            at_most=2.77,
        ),
        Claim("Rate to that mask alone, part of r_max", "0", float(alone), at_most=0.01),
        Claim(
            "Rate at contrast 1 under that mask over that without",
            "0.775 / 0.962 = 0.806 (theory)",
            float(masked[0.5][-1] / masked[0.0][-1]),
            at_least=0.79,
            at_most=0.82,
        ),
        Claim(
            f"{said}, normalised", "1", widths["normalised"][-1] / widths["normalised"][0], at_least=0.99, at_most=1.01
        ),
        Claim(f"{said}, threshold", "grows by > 20 %", widths["threshold"][-1] / widths["threshold"][0], at_least=1.2),
    ]


if __name__ == "__main__":
    show(__file__, *main())
