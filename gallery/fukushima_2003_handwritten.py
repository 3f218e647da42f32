"""A neocognitron learns handwritten digits: its middle without labels, its top with them.

K. Fukushima, "Neocognitron for handwritten digit recognition", Neurocomputing 51:161-180 (2003). Cells that extract
contrast come first; edges are taken from these; hidden cells organise themselves by winner-take-all, in one stage here;
the top learns with labels, in passes over the digits until no reference vector is added. The abstract tells of 3,000
digits of the set ETL1 to learn from, 300 a class, and of 3,000 others. That set may not be passed on: ours are as many
digits of MNIST, drawn from its training and its test set. The network is our approximation, see
`neurosim.neocognitron.presets`; its thresholds and margin were chosen by looking at errors on 3,000 other digits of the
test set, and the widths of its blur go back to an earlier study of ours with a part of the test set.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import fetch_mnist, load_digits
from neurosim.neocognitron import InterpolatingVectors, Neocognitron2013, plot, plot_layers
from neurosim.neocognitron.presets import PRESETS

SHOWN = 6  # misread digits


def digits(fast):
    """Return (images, labels) to train with and to test on, ink 1."""
    if fast:
        data = load_digits()
        images = data.data.reshape(-1, 8, 8).astype(np.float32) / 16
        return [(images[part], data.target[part]) for part in (slice(300), slice(300, 600))]
    return [some_of(fetch_mnist("train"), 300), some_of(fetch_mnist("test"), 300, after=300)]


def some_of(data, each, after=0):
    """Return so many digits of each class, after so many others, drawn with seed 0."""
    rng = np.random.default_rng(0)
    chosen = np.concatenate(
        [rng.permutation(np.flatnonzero(data.target == c))[after : after + each] for c in range(10)]
    )
    chosen.sort()
    return data.data[chosen].reshape(-1, 28, 28).astype(np.float32) / 255, data.target[chosen]


@plotting.style()
def draw(model, images, y, predicted):
    """Draw the responses of all layers to a digit, the table of confusions, and misread digits."""
    figure = plotting.figure(10.0, 7.4)
    top, below = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    axes = plot_layers.responses(model, images[np.flatnonzero(predicted == y)[0]], most=16, ax=top.subplots())
    axes.set_title("responses to a digit; of each layer the 16 planes that respond most")
    left, right = below.subfigures(1, 2, width_ratios=(1, 1.1))
    plot.confusion(y, predicted, ax=left.subplots()).set_title("test digits")
    right.suptitle("misread digits: ours / right", fontsize=plotting.TITLE)
    wrong = np.flatnonzero(predicted != y)[: 2 * SHOWN]
    panels = right.subplots(2, SHOWN)
    for ax in panels.flat:
        ax.axis("off")
    for ax, i in zip(panels.flat, wrong, strict=False):
        ax.imshow(images[i], cmap="Greys", vmin=0, vmax=1)
        ax.set_title(f"{predicted[i]} / {y[i]}", fontsize=plotting.SMALL)
    return figure


def percent(right):
    """Return the share that is right, in percent."""
    return 100 * float(np.mean(right))


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    (x, y), (new, labels) = digits(fast)
    size = {"field": 24, "cells3": 0} if fast else {}
    model = Neocognitron2013(**PRESETS["fukushima2003"] | size, random_state=0).fit(x, y)
    features, new_features = model.transform(x), model.transform(new)
    learned, predicted = model.top_.predict(features), model.top_.predict(new_features)
    plain = InterpolatingVectors(margin=0.0, winner_learns=True).fit(features, y)
    claims = [Claim("Training digits read right (%)", "100 on ETL1 (abstract)", percent(learned == y), at_least=99.5)]
    if not fast:
        read = percent(plain.predict(new_features) == labels)
        claims += [
            Claim("Test digits read right (%); MNIST in place of ETL1", "98.6 on ETL1 (abstract)",
                  percent(predicted == labels), at_least=97.0, scaled_down=True),
            Claim("Reference vectors per training digit", "below 1, computed", len(model.top_.labels_) / len(x),
                  at_most=0.6),
            Claim(f"Test digits read right (%) with margin 0: {len(plain.labels_)} references",
                  "98.6 on ETL1 (abstract)", read, at_least=95.0, scaled_down=True),
        ]  # fmt: skip
    return draw(model, new, labels, predicted), claims


if __name__ == "__main__":
    show(__file__, *main())
