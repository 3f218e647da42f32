"""Rectified linear units with fixed kernels, in layers: contrast, oriented lines, bends.

K. Fukushima, "Visual feature extraction by a multilayered network of analog threshold elements", IEEE Transactions on
Systems Science and Cybernetics 5:322-333 (1969). Each cell adds what it sees with fixed weights, the same for all cells
of its plane, and answers with what exceeds its threshold: the rectified linear unit, in a network of convolutions.

A reconstruction from secondary sources, not checked against the paper: these give the element, the fixed kernels and
the order contrast, lines, combinations of lines. The kernels and thresholds are ours, and so are the numbers.
"""

from itertools import pairwise

import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.neocognitron.fukushima1969 import ReluNetwork1969

SIDE, NEAR = 61, 3  # of the images, and how far a bend may be from the corner (pixels)
SHAPES = (
    ((8, 12), (8, 44), (40, 44), (40, 12), (8, 12)),  # a square, (x, y) from the upper left
    ((52, 44), (68, 12), (84, 44), (52, 44)),  # a triangle
    ((98, 12), (124, 12), (98, 44), (124, 44)),  # the letter Z
    ((138, 12), (164, 12)),  # the letter T
    ((151, 12), (151, 44)),
    ((176, 12), (202, 44)),  # the letter X
    ((202, 12), (176, 44)),
)


def drawn(paths, rows, columns):
    """Return an image of strokes one pixel wide, ink 1."""
    y, x = np.mgrid[:rows, :columns]
    image = np.zeros((rows, columns))
    for path in paths:
        for (ax, ay), (bx, by) in pairwise(path):
            dx, dy = bx - ax, by - ay
            along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
            image = np.maximum(image, np.clip(1 - np.hypot(x - ax - along * dx, y - ay - along * dy), 0, 1))
    return image


def strokes(*degrees):
    """Return an image of strokes that begin in the middle and leave it in some directions."""
    middle = SIDE // 2
    ends = [(middle + 24 * np.cos(np.deg2rad(a)), middle - 24 * np.sin(np.deg2rad(a))) for a in degrees]
    return drawn([((middle, middle), end) for end in ends], SIDE, SIDE)


def tuning(network, angles):
    """Return the responses (lines, angles) in the middle of long lines."""
    return network.responses([strokes(angle, angle + 180) for angle in angles])[1][:, :, SIDE // 2, SIDE // 2].T


def at_the_middle(network, images):
    """Return the largest response of a bend near the middle of each image."""
    near = slice(SIDE // 2 - NEAR, SIDE // 2 + NEAR + 1)
    return np.array([network.responses([image])[2][:, :, near, near].max() for image in images])


def hues(lines, angles):
    """Return the line responses as a picture: orientation is the colour, the largest response its depth."""
    depth = lines.max(axis=0) / lines.max()
    hue = angles[lines.argmax(axis=0)] / 180
    return hsv_to_rgb(np.stack([hue, np.minimum(1.0, 1.6 * depth), 1 - 0.35 * depth], axis=-1))


def kernels(network, figure):
    """Draw the kernels of the first layer, and those of some lines and of a bend as they weigh the line cells."""
    contrast, lines, bends = network.kernels
    square = int(np.argmax((network.bends == (0, 270)).all(axis=1)))
    shown = [("on-centre", contrast[0, 0]), ("off-centre", contrast[1, 0])]
    shown += [(f"line, {angle:g}°", lines[k, 0]) for k, angle in enumerate(network.angles) if k in (0, 1, 2, 4)]
    shown += [("bend 0°, 270°:\nlines of 0°", bends[square, 0]), ("bend 0°, 270°:\nlines of 90°", bends[square, 4])]
    for ax, (title, a) in zip(figure.subplots(1, len(shown)), shown, strict=True):
        ax.imshow(a, cmap="RdBu_r", vmin=-np.abs(a).max(), vmax=np.abs(a).max())
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=plotting.SMALL)
        ax.spines[:].set_visible(True)


@plotting.style()
def draw(network, angles, tuned):
    """Draw the kernels, what each layer answers to some shapes, and the tuning of the line cells."""
    figure = plotting.figure(10.0, 6.4)
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1, 1.75, 1.5))
    top.suptitle("kernels: red excites, blue inhibits", fontsize=plotting.TITLE)
    kernels(network, top)
    image = drawn(SHAPES, 56, 212)
    contrast, lines, bends = (layer[0] for layer in network.responses(image[None]))
    seen = bends.max(axis=0)
    panels = middle.subplots(2, 2).flat
    for title, picture in (
        ("image", image),
        ("contrast: on-centre − off-centre", contrast[0] - contrast[1]),
        ("lines: the colour is the orientation", hues(lines, network.angles)),
        ("bends: the largest response of all planes", seen),
    ):
        ax = next(panels)
        limit = np.abs(picture).max()
        ax.imshow(picture, cmap="RdBu_r" if title.startswith("contrast") else "Greys",
                  vmin=-limit if title.startswith("contrast") else 0, vmax=limit)  # fmt: skip
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=plotting.TITLE)
        ax.spines[:].set_visible(True)
    curve, element = bottom.subplots(1, 2, width_ratios=(1.7, 1))
    colours = hsv_to_rgb([(angle / 180, 1, 0.75) for angle in network.angles])
    styles = ("-", "--", "-.", ":") * len(tuned)
    for colour, response, preferred, line in zip(colours, tuned, network.angles, styles, strict=False):
        curve.plot(angles, response, color=colour, linestyle=line, label=f"{preferred:g}°")
    curve.set(xlabel="orientation of a long line (degrees)", ylabel="response u", xlim=(0, 180), ylim=(0, None))
    curve.set(xticks=range(0, 181, 45), title="planes of lines")
    curve.legend(title="prefers", title_fontsize=plotting.SMALL, ncols=2, loc="upper left", bbox_to_anchor=(1, 1.05))
    e = np.linspace(-0.5, 1.2, 200)
    element.plot(e, np.maximum(e - 0.4, 0))
    element.set(xlabel="weighted sum Σ a x", ylabel="response u", title="the element: u = φ(Σ a x − θ), θ = 0.4")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: lines of 180 orientations, 300 random corners."""
    network, rng = ReluNetwork1969(), np.random.default_rng(0)
    angles, n = np.arange(0, 181, 15 if fast else 1), 12 if fast else 300
    tuned = tuning(network, angles)
    distance = np.abs((angles - network.angles[:, None] + 90) % 180 - 90)
    nearest = np.take_along_axis(distance, tuned.argmax(axis=0)[None], 0)[0]
    first, turn = rng.uniform(0, 360, n), rng.uniform(60, 120, n) * rng.choice([-1, 1], n)
    corners = at_the_middle(network, [strokes(a, a + b) for a, b in zip(first, turn, strict=True)])
    straight = at_the_middle(network, [strokes(a, a + 180) for a in angles])
    ends = at_the_middle(network, [strokes(a) for a in angles])
    crossings = at_the_middle(network, [strokes(a, a + 90, a + 180, a + 270) for a in angles[angles < 90]])
    image = np.pad(strokes(10, 100), 8)[None]
    moved = np.roll(image, (3, -5), axis=(1, 2))
    pairs = zip(network.responses(image), network.responses(moved), strict=True)
    shift = max(np.abs(np.roll(a, (3, -5), axis=(2, 3)) - b).max() for a, b in pairs)
    ours, unread = "no published number; the kernels are ours", {"source_read": False}
    return draw(network, angles, tuned), [
        Claim("Strongest plane of lines: largest distance of its orientation from that of a long line (degrees)", ours,
              nearest.max(), at_most=15, **unread),
        Claim("Largest response of a plane of lines to lines 45° or more away", ours, tuned[distance >= 45].max(),
              at_most=0, **unread),
        Claim(f"Share of {n} random corners of 60° to 120° with a bend within {NEAR} pixels", ours,
              (corners > 0).mean(), at_least=0.9, **unread),
        Claim("Largest response of a bend to the middle of a straight line", ours, straight.max(), at_most=0, **unread),
        Claim("Largest response of a bend to the end of a line", ours, ends.max(), at_most=0, **unread),
        Claim("Largest response of a bend to a right-angled crossing", ours, crossings.max(), at_most=0, **unread),
        Claim("Shift, then answer, and answer, then shift: largest difference in all layers",
              "0: a theorem of shared weights", shift, at_most=1e-12, **unread),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
