"""Handwritten digits by perceptrons that vote: the mean of all weights against the last ones.

A perceptron on data that no hyperplane separates never settles, and its last weights are as good as chance made them.
Y. Freund, R. E. Schapire, "Large margin classification using the perceptron algorithm", Machine Learning 37:277-296
(1999), let all weights that it passed through vote, or take their mean, and use kernels: polynomials of the pixels up
to degree d. Here the same on MNIST, ten classes, each against the rest, with K(x, z) = (1 + x.z)^d of pixels between 0
and 1 and no other preparation.

Their table was not at hand: what is said of it is remembered, and so is how they prepared the data.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import fetch_mnist, load_digits
from neurosim.perceptron import KernelPerceptron, VotedPerceptron

READOUTS = {"last weights": "last", "mean": "averaged", "vote": "voted"}


def images(fast):
    """Return training and test images and labels: MNIST, or the small bundled digits."""
    if fast:
        digits = load_digits()
        x = (digits.data / 16).astype(np.float32)
        return x[:1000], digits.target[:1000], x[1000:], digits.target[1000:]
    train, test = fetch_mnist("train"), fetch_mnist("test")
    return train.data / np.float32(255), train.target, test.data / np.float32(255), test.target


def curve(degree, epochs, x, y, xt, yt):
    """Return the test errors (readouts, times) in per cent after a tenth of the first epoch and after each epoch."""
    model = VotedPerceptron() if degree == 1 else KernelPerceptron(degree=degree, gamma=1.0)
    tenth = len(y) // 10
    errors = []
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(len(y))
        for part in np.split(order, [tenth]) if epoch == 0 else [order]:
            model.partial_fit(x[part], y[part], classes=range(10))
            if epoch in (0, 1, 2, 3, epochs - 1):
                answers = (model.set_params(readout=readout).score(xt, yt) for readout in READOUTS.values())
                errors.append([100 * (1 - right) for right in answers])
    return np.array(errors).T


def times(epochs):
    """Return the passes over the data at which `curve` measures."""
    return [0.1, *(t for t in (1, 2, 3, 4) if t <= epochs), *([epochs] if epochs > 4 else [])]


@plotting.style()
def draw(curves, epochs):
    """Draw error against passes, a panel for each degree."""
    figure = plotting.figure(9.6, 3.4)
    panels = figure.subplots(1, len(curves), sharey=True)
    for ax, (degree, errors) in zip(panels, curves.items(), strict=True):
        for label, marker, row in zip(READOUTS, "s^o", errors, strict=True):
            ax.plot(times(epochs[degree]), row, marker=marker, markersize=4, label=label)
        ax.set(xscale="log", yscale="log", xlabel="passes over the data", title=f"degree {degree}")
        ax.set_xticks([0.1, 1, 10] if epochs[degree] > 4 else [0.1, 1, epochs[degree]])
        ax.set_xticklabels([f"{t:g}" for t in ax.get_xticks()])
        ax.minorticks_off()
    ticks = [1.5, 2, 3, 5, 10, 20]
    panels[0].set_yticks(ticks, labels=[f"{t:g}" for t in ticks])
    panels[0].set_ylabel("test error (%)")
    panels[0].legend()
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: degrees 1 to 4, up to ten passes over 60,000 digits."""
    epochs = {1: 2, 2: 2} if fast else {1: 10, 2: 3, 3: 3, 4: 3}
    data = images(fast)
    curves = {degree: curve(degree, many, *data) for degree, many in epochs.items()}
    last, mean, vote = curves[1][:, -1]
    remembered = {"source_read": False}
    claims = [
        Claim("Test error (%) of degree 1, vote, all passes", "8.1 (10 passes)", vote, at_most=8.6, **remembered),
        Claim("Test error (%) of degree 1, mean", "8.3 (10 passes)", mean, at_most=8.6, **remembered),
        Claim("Test error (%) of degree 1, last weights", "13.7 (10 passes)", last, at_least=9, **remembered),
    ]
    if not fast:
        claims += [
            Claim(f"Test error (%) of degree {d}, vote, 3 passes", f"{paper} (10 passes or more)", curves[d][2, -1],
                  at_most=most, source_read=False, scaled_down=True)
            for d, paper, most in ((2, 1.8, 2.3), (3, 1.6, 2.0), (4, 1.6, 2.0))
        ]  # fmt: skip
    return draw(curves, epochs), claims


if __name__ == "__main__":
    show(__file__, *main())
