"""Ringach's test of learned receptive fields: width and length in cycles, beside those of cells.

The width n_x and the length n_y of a Gabor function, standard deviation times frequency across and along the bars, say
how many sub-fields a receptive field has and how long they are, whatever its size. Cells of the macaque's visual cortex
lie near one curve through the origin, most of them with few cycles. Atoms that a sparse code learns from natural images
are Gabor functions too, but they are longer for their width than the cells are. That learned fields also have too many
sub-fields, as the paper's abstract says, is not so for ours.

An odd atom of two sub-fields determines its length over width, but not its cycles: a lower frequency with a larger
amplitude fits as well. Where the error of n_x is over a third of it, the atom is not drawn; n_x is then small, and it
counts as such.

D. L. Ringach, "Spatial structure and symmetry of simple-cell receptive fields in macaque primary visual cortex",
Journal of Neurophysiology 88:455-463 (2002), of which the abstract was read. The counts of cells are those by which the
VOneNet program samples its filters (Dapello et al. 2020), which names that paper as their origin; its figures were not
at hand. The images are those of `fetch_natural_images`, or dead leaves where these are not at hand.
"""

from itertools import pairwise

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.core.errors import DataError
from neurosim.datasets.natural import fetch_natural_images, make_dead_leaves, sample_patches
from neurosim.v1 import SparseCoding, fit_gabors
from neurosim.v1.physiology import ENVELOPE
from neurosim.v1.whitening import whiten

SIDE, ATOMS, BATCH, ALPHA = 12, 144, 256, 2.5
GOOD, DETERMINED = 0.7, 1 / 3  # R^2 of a fit, and relative error of n_x
WIDE = 3  # from this bin on n > 0.525
TICKS = (0.1, 0.2, 0.5, 1.0, 2.0)


def pictures(fast):
    """Return whitened images (n, rows, columns) and their name."""
    if not fast:
        try:
            return fetch_natural_images(), "natural images"
        except DataError:
            pass
    leaves = make_dead_leaves((256, 256), 2 if fast else 20, random_state=0).data.reshape(-1, 256, 256)
    return whiten(leaves), "dead leaves"


def learned(images, batches):
    """Return the atoms of a sparse code as fields (ATOMS, SIDE, SIDE)."""
    x = sample_patches(images, SIDE, BATCH * max(1, batches // 10), border=4, random_state=0)
    coder = SparseCoding(ATOMS, alpha=ALPHA, batch_size=BATCH, n_iter=10, random_state=0)
    return coder.fit((x / x.std()).astype(np.float32)).components_.astype(float).reshape(-1, SIDE, SIDE)


def uncertainty(fit):
    """Return the relative standard error of n_x, of width and wavelength as if independent."""
    return np.hypot(fit.errors["wavelength"] / fit.gabor.wavelength, fit.errors["sigma_x"] / fit.gabor.sigma_x)


def binned(n):
    """Return counts over the cells' bins, the first and last ones open."""
    return np.bincount(np.searchsorted(ENVELOPE.edges[1:-1], n), minlength=len(ENVELOPE.edges) - 1)


def draw_joint(ax, n_x, n_y, name):
    """Draw the cells' counts as grey squares and the atoms as points."""
    shown = np.where(ENVELOPE.counts > 0, ENVELOPE.counts, np.nan)
    greys = matplotlib.colormaps["Greys"].resampled(20)
    mesh = ax.pcolormesh(ENVELOPE.edges, ENVELOPE.edges, shown.T, cmap=greys, vmin=0, vmax=30, linewidth=0)
    ax.plot(n_x, n_y, "o", color=plotting.COLOURS[1], markersize=3.5, markeredgecolor="white", markeredgewidth=0.4)
    ax.plot([0.05, 3], [0.05, 3], color=plotting.INK, linewidth=0.8, linestyle=":")
    ax.set(xscale="log", yscale="log", xlim=(0.1, 2.2), ylim=(0.1, 2.2))
    ax.set(xlabel="width, $n_x$ (cycles)", ylabel="length, $n_y$ (cycles)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(TICKS, [f"{tick:g}" for tick in TICKS])
        axis.set_ticks([], minor=True)
    ax.set_aspect("equal")
    ax.set_title(f"grey: cells; points: atoms of {name}")
    plotting.colour_bar(ax, mesh, "cells", ticks=5, whole=True)


def draw_shares(ax, counts, label):
    """Draw the distributions of cells and atoms over the same bins."""
    place, names = np.arange(counts.shape[1]), [f"{edge:.2f}" for edge in ENVELOPE.edges]
    labels = [f"< {names[1]}", *(f"{a}–{b}" for a, b in pairwise(names[1:-1])), f"> {names[-2]}"]
    looks = (("cells", "#777777"), ("atoms", plotting.COLOURS[1]))
    for shift, row, (name, colour) in zip((-0.2, 0.2), counts, looks, strict=True):
        ax.bar(place + shift, 100 * row / row.sum(), 0.38, color=colour, label=f"{row.sum()} {name}")
    ax.set_xticks(place, labels, fontsize=plotting.SMALL - 1)
    ax.set(xlabel=label, ylabel="share (%)", ylim=(0, 75))
    ax.legend(loc="upper left")


def draw_atoms(ax, fields, n_x):
    """Draw 36 of the atoms, from the least wide to the widest in cycles."""
    order = np.argsort(n_x)[np.linspace(0, len(n_x) - 1, 36).astype(int)]
    tiles = np.full((6, 6, SIDE + 1, SIDE + 1), np.nan)
    scaled = fields / np.abs(fields).max(axis=(1, 2), keepdims=True)
    tiles[:, :, :SIDE, :SIDE] = scaled[order].reshape(6, 6, SIDE, SIDE)
    picture = tiles.transpose(0, 2, 1, 3).reshape(6 * (SIDE + 1), -1)[:-1, :-1]
    ax.imshow(picture, cmap=matplotlib.colormaps["gray"].resampled(33), vmin=-1, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[], title="36 atoms", xlabel="row by row, from least $n_x$ to most")
    ax.spines[:].set_visible(False)


@plotting.style()
def draw(fields, n_x, n_y, widths, lengths, name):
    """Draw the joint distribution, widths and lengths, and atoms."""
    figure = plotting.figure(10.4, 3.9)
    panels = figure.subplot_mosaic([["joint", "x", "atoms"], ["joint", "y", "atoms"]], width_ratios=(1.2, 1.05, 1))
    draw_joint(panels["joint"], n_x, n_y, name)
    draw_shares(panels["x"], widths, "width, $n_x$ (cycles)")
    draw_shares(panels["y"], lengths, "length, $n_y$ (cycles)")
    draw_atoms(panels["atoms"], fields, n_x)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 144 atoms after 4,000 mini-batches."""
    images, name = pictures(fast)
    atoms = learned(images, 300 if fast else 4000)
    fits = fit_gabors(atoms, random_state=0)
    good = np.array([fit.r_squared > GOOD for fit in fits])
    sure = good & np.array([uncertainty(fit) < DETERMINED for fit in fits])
    n_x, n_y = np.array([(fit.gabor.n_x, fit.gabor.n_y) for fit in fits]).T
    widths = np.stack([ENVELOPE.counts.sum(axis=1), binned(n_x[sure])])
    lengths = np.stack([ENVELOPE.counts.sum(axis=0), binned(n_y[sure])])
    wide = float(ENVELOPE.edges[WIDE])
    few, theirs = ENVELOPE.share_below(wide), widths[0, WIDE:].sum() / widths[0].sum()
    steps = np.arange(5) - np.arange(5)[:, None]  # bins by which n_y is above n_x
    ratio = (ENVELOPE.edges[1] / ENVELOPE.edges[0]) ** ((steps * ENVELOPE.counts).sum() / ENVELOPE.counts.sum())
    aspect = float(np.exp(np.log(n_y / n_x)[good].mean()))
    said = "> 0: too many sub-fields in learned fields (abstract)"
    more = float(np.mean(n_x[good] > wide)) - theirs
    needed, unread = "most: needed for what follows", {"source_read": False}
    longer = "ours are longer for their width than cells, but not wider in cycles"
    return draw(atoms[sure], n_x[sure], n_y[sure], widths, lengths, name), [
        Claim(f"Atoms fitted by a Gabor function with R² > {GOOD}, {name}", needed, good.mean(), at_least=0.9),
        Claim("Of these, share whose n_x is determined within a third", needed, sure.sum() / good.sum(), at_least=0.5),
        Claim("Share of cells with n_x and n_y below 0.525", "most below 0.5 (abstract)", few, at_least=0.5, **unread),
        Claim("Length over width of atoms, geometric mean", f"{ratio:.2f} for cells", aspect, at_least=1.4, **unread),
        Claim(
            "Share of atoms with n_x above 0.525 less that of cells",
            said,
            more,
            at_least=0.0,
            open_difference=longer,
            **unread,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
