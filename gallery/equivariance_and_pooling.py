"""Shift the image and the feature map shifts along; pooling makes it forget, and strides break it.

Shared weights make a convolution equivariant to translation: to shift and then to filter is to filter and then to
shift, exactly. A stride of two keeps that for shifts by even numbers of pixels only, because it looks at every second
place. Pooling makes the answer depend less on the shift, pooling over the whole map not at all. Here digits on an
empty ground, filtered with sixteen random kernels of 5 x 5, are shifted by whole pixels.

Nothing is published that could be drawn again: the statements are theorems, and the numbers between them are ours.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import Conv2D, GlobalPool2D, Normal, Pool2D, ReLU, Sequential
from neurosim.datasets import load_digits

SIDE, SHIFTS = 40, 8
HEADS = {
    "feature map, no pooling": [],
    "maxima of 2 × 2": [Pool2D(2)],
    "maxima of 4 × 4": [Pool2D(4)],
    "maxima of 8 × 8": [Pool2D(8)],
    "maximum of the whole map": [GlobalPool2D("max")],
}


def digits(n):
    """Return (n, 1, 40, 40) digits of 8 x 8 grey values, each twice as large, in the middle of an empty ground."""
    images = load_digits().data[:n].reshape(n, 8, 8) / 16
    margin = (SIDE - 16) // 2
    return np.pad(np.kron(images, np.ones((2, 2))), ((0, 0), (margin, margin), (margin, margin)))[:, None]


def moved(images, shift):
    """Shift the last axis to the right by `shift`; nothing but empty ground leaves the image."""
    return np.roll(images, shift, axis=-1)


def network(head=(), stride=1):
    """Return the kernels, always the same, with a stride and what follows them."""
    convolution = Conv2D(
        16, 5, stride=stride, padding="same" if stride == 1 else 2, bias=False, initialiser=Normal(0.2)
    )
    return Sequential([convolution, ReLU(), *head], (1, SIDE, SIDE), dtype="float64", random_state=1)


def change(answer, images):
    """Return how far the answers to shifted images are from those to images where they were, for shifts 0, 1, ...

    The distance in units of the answer's own length: 0 is invariance.
    """
    first = answer(images)
    length = np.linalg.norm(first)
    return np.array([np.linalg.norm(answer(moved(images, shift)) - first) / length for shift in range(SHIFTS + 1)])


def misfit(stride, images):
    """Return for shifts 0, 1, ... the largest difference of "shift, then filter" and "filter, then shift".

    Where the shift is not a multiple of the stride, the map is shifted by the next smaller number of places.
    """
    filtered = network(stride=stride)
    map_ = filtered(images)
    errors = [filtered(moved(images, s)) - moved(map_, s // stride) for s in range(SHIFTS + 1)]
    return np.array([np.abs(error).max() for error in errors]) / np.abs(map_).max()


def picture(ax, image, title):
    """Draw an image or a map in shades of grey, dark where it is large."""
    ax.imshow(image, cmap="Greys", vmin=0)
    ax.set(xticks=[], yticks=[], title=title)
    ax.spines[:].set_visible(True)


@plotting.style()
def draw(images, changes, misfits):
    """Draw a digit and its map before and after a shift, the misfits, and what pooling forgets."""
    figure = plotting.figure(10.0, 5.6)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.35))
    map_ = network()(images[:1])[0]
    shown = int(np.argmax(map_.std(axis=(1, 2))))
    panels = top.subplots(1, 4)
    for k, (shift, word) in enumerate(((0, "image"), (6, "shifted by 6"))):
        image = moved(images[:1], shift)
        picture(panels[2 * k], image[0, 0], word)
        picture(panels[2 * k + 1], network()(image)[0, shown], "its map" if shift == 0 else "its map: shifted by 6")
    equivariance, invariance = bottom.subplots(1, 2)
    for (stride, values), marker in zip(misfits.items(), "os", strict=True):
        label = "every place" if stride == 1 else f"stride {stride}"
        equivariance.plot(range(SHIFTS + 1), values, marker=marker, markersize=4, label=label)
    equivariance.set(xlabel="shift of the image (pixels)", ylabel="largest difference (share of the largest value)")
    equivariance.set_title("shift, then filter − filter, then shift")
    equivariance.set_ylim(-0.02, 0.75)
    equivariance.legend(loc="upper center", ncols=2)
    for (name, values), marker in zip(changes.items(), "osD^v", strict=True):
        invariance.plot(range(SHIFTS + 1), values, marker=marker, markersize=4, label=name)
    invariance.set(
        xlabel="shift of the image (pixels)", ylabel="change of the answer (its own length)", ylim=(-0.03, None)
    )
    invariance.set_title("what pooling forgets")
    invariance.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims of 100 digits."""
    images = digits(10 if fast else 100)
    changes = {name: change(network(head), images) for name, head in HEADS.items()}
    misfits = {stride: misfit(stride, images) for stride in (1, 2)}
    theorem, ours = "0: a theorem", "no published number"
    one = [values[1] for values in changes.values()]
    return draw(images, changes, misfits), [
        Claim("Largest difference of shift-then-filter and filter-then-shift, shifts of 0 to 8 pixels", theorem,
              misfits[1].max(), at_most=0),
        Claim("The same with stride 2, shifts by even numbers of pixels", theorem, misfits[2][::2].max(), at_most=0),
        Claim("The same with stride 2, odd shifts: share of the largest value", "not 0", misfits[2][1::2].min(),
              at_least=0.3),
        Claim("Change of the maximum over the whole map, shifts of 0 to 8 pixels", theorem,
              changes["maximum of the whole map"].max(), at_most=0),
        Claim("Change of the feature map after a shift by one pixel (its own length)", ours, one[0], at_least=0.4),
        Claim("Smallest drop of that change with each wider pooling", "more pooling forgets more", -np.diff(one).max(),
              at_least=0.03),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
