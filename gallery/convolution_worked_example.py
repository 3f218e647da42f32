"""Convolution by hand: every number of a 5 x 5 image under a 3 x 3 kernel.

A kernel slides over an image; at each place the nine products are added. Without a border ("valid") 3 x 3 places are
left. The kernel drawn here looks the same after half a turn, so that true convolution, which turns it, and
cross-correlation, which does not, agree; for another kernel they do not.

The matrices are a worked example of lectures on deep learning. A printed version has -14 in the middle of the last row
of the result; the matrices beside it give -8, whichever way the kernel is turned, as the nine products below the figure
show. The other eight entries are as printed.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import Conv2D, Sequential, convolve2d, correlate2d

IMAGE = np.array([[5, 1, 0, 1, 9], [1, 6, 1, 7, 0], [4, 1, 6, 3, 5], [1, 8, 0, 1, 0], [2, 2, 8, 0, 4]], float)
KERNEL = np.array([[2, 0, -2], [0, 2, 0], [-2, 0, 2]], float)
PRINTED = np.array([[26, 6, -6], [0, -4, 8], [24, -14, -4]], float)
ASYMMETRIC = np.array([[1, 0, 0], [2, 0, 0], [0, 0, -1]], float)
ROW, COLUMN = 2, 1  # the entry that differs


def layer(kernel, operation):
    """Return what a convolution layer makes of the image with a given kernel."""
    network = Sequential([Conv2D(1, 3, operation=operation, bias=False)], (1, 5, 5), dtype="float64", random_state=0)
    (name,) = network.parameters
    network.parameters[name][...] = kernel
    return network(IMAGE[None, None])[0, 0]


def minus(text):
    """Return a text with minus signs for hyphens."""
    return text.replace("-", "−")


def matrix(ax, left, values, title, shade=()):
    """Draw a matrix of whole numbers from x = `left` on; `shade` are (row, column, colour) of marked cells."""
    height, width = values.shape
    top = (5 - height) / 2
    colours = {(row, column): colour for row, column, colour in shade}
    for (row, column), value in np.ndenumerate(values):
        x, y = left + column, top + row
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=colours.get((row, column), "white"), edgecolor=plotting.INK))
        ax.text(x + 0.5, y + 0.5, minus(f"{value:.0f}"), fontsize=11, ha="center", va="center_baseline")
    ax.text(left + width / 2, top - 0.25, title, fontsize=plotting.TITLE, ha="center", va="bottom")


@plotting.style()
def draw(result):
    """Draw image, kernel and result, the window of one entry, and the sum of its products."""
    figure = plotting.figure(7.6, 3.3)
    ax = figure.subplots()
    window = [(ROW + p, COLUMN + q, "#CFE6F5") for p in range(3) for q in range(3)]
    matrix(ax, 0, IMAGE, "image", window)
    matrix(ax, 6.2, KERNEL, "kernel")
    matrix(ax, 10.4, result, "valid convolution", [(ROW, COLUMN, "#F6D5BF")])
    for x, operator in ((5.6, "∗"), (9.8, "=")):
        ax.text(x, 2.5, operator, fontsize=16, ha="center", va="center")
    patch = IMAGE[ROW : ROW + 3, COLUMN : COLUMN + 3]
    factors = [f"({w:.0f})" if w < 0 else f"{w:.0f}" for w in KERNEL.flat]
    products = " + ".join(f"{x:.0f} · {w}" for x, w in zip(patch.flat, factors, strict=True))
    ax.text(6.7, 5.65, minus(f"{products} = {(patch * KERNEL).sum():.0f}"), ha="center", va="center", fontsize=10)
    ax.set(xlim=(-0.1, 13.5), ylim=(6, -0.6))
    ax.set_aspect("equal")
    ax.axis("off")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; there is nothing to shorten."""
    result = layer(KERNEL, "convolution")
    others = [convolve2d(IMAGE, KERNEL, mode="valid", method=method) for method in ("direct", "im2col", "fft")]
    ours = "no printed number: by definition"
    differ = np.abs(layer(ASYMMETRIC, "convolution") - correlate2d(IMAGE, ASYMMETRIC[::-1, ::-1], mode="valid"))
    shapes = [convolve2d(IMAGE, KERNEL, mode=mode).shape[0] for mode in ("valid", "same", "full")]
    return draw(result), [
        Claim("Entries of the nine that equal the printed ones", "9, one of them misprinted", (result == PRINTED).sum(),
              at_least=8, at_most=8),
        Claim("The entry in the middle of the last row", "-14 in print; the printed matrices give -8",
              result[ROW, COLUMN], at_least=-8, at_most=-8),
        Claim("The same, the nine products added one by one", "-8",
              sum(x * w for x, w in zip(IMAGE[2:, 1:4].flat, KERNEL.flat, strict=True)), at_least=-8, at_most=-8),
        Claim("Largest difference of the direct sum, im2col and Fourier transform from the layer", ours,
              max(np.abs(other - result).max() for other in others), at_most=1e-10),
        Claim("Largest difference of convolution and correlation, kernel equal to itself after half a turn", ours,
              np.abs(layer(KERNEL, "correlation") - result).max(), at_most=0),
        Claim("Largest difference of convolution and correlation with the turned kernel, another kernel", ours,
              differ.max(), at_most=1e-12),
        Claim("Largest difference of convolution and correlation, that other kernel", "not 0",
              np.abs(layer(ASYMMETRIC, "convolution") - layer(ASYMMETRIC, "correlation")).max(), at_least=1),
        Claim("Sides of the valid, same and full result, as a number of three digits", "357: n - k + 1, n, n + k - 1",
              float("".join(map(str, shapes))), at_least=357, at_most=357),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
