"""Reading zip codes in 1989: shared weights, 9760 parameters, online gradient descent.

Y. LeCun, B. Boser, J. S. Denker, D. Henderson, R. E. Howard, W. Hubbard, L. D. Jackel, "Backpropagation applied to
handwritten zip code recognition", Neural Computation 1:541-551 (1989): two layers of 12 maps, 5 x 5 weights, steps of
two pixels, a bias for every unit, then 30 and 10 units, all tanh, and 23 passes over 7291 digits of 16 x 16 pixels.

Their digits are not public, nor is the table of the second layer's connections. The USPS digits here come from the
same source, as many of them, but are others; and there are 7291 digits of MNIST brought to the same size, as A.
Karpathy did in a rerun (github.com/karpathy/lecun1989-repro). The table of connections, the first weights and the rate
are that rerun's, and through it the paper's numbers are quoted; the original's second-order rates are left out. Finally
a recipe of today for the same maps.
"""

from time import perf_counter

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import (
    PRESETS,
    AdamW,
    Conv2D,
    CrossEntropy,
    Dense,
    Dropout,
    Flatten,
    Pad2D,
    Schedule,
    Sequential,
    Shift,
    Softmax,
    train,
)
from neurosim.cnn.presets_digits import ZIP_H2
from neurosim.datasets import fetch_mnist, fetch_usps, load_digits

PRESET = PRESETS["zip1989"]
DIGITS = 7291  # in the training set of 1989


def mnist(fast):
    """Return x, targets, labels to train with and to test on: MNIST, or the small bundled digits."""
    if fast:
        data, grey = load_digits(), {"full": 16.0}
        parts = [(data.data[part], data.target[part]) for part in (slice(600), slice(600, 900))]
    else:
        data, test, grey = fetch_mnist("train"), fetch_mnist("test"), {}
        chosen = np.random.default_rng(1989).permutation(len(data.target))[:DIGITS]
        parts = [(data.data[chosen], data.target[chosen]), (test.data, test.target)]
    return [(*PRESET.prepare(images, labels, **grey), labels) for images, labels in parts]


def usps():
    """Return the same of the USPS digits."""
    parts = [fetch_usps(part) for part in ("train", "test")]
    return [(*PRESET.prepare(part.data, part.target, paper=-1.0, full=1.0), part.target) for part in parts]


def error(network, x, labels):
    """Return the share of digits that are misread, in per cent."""
    return 100 * float((network(x).argmax(axis=1) != labels).mean())


def learn(network, parts, passes, **recipe):
    """Train; return the errors (%) on training and test digits after each pass, and the seconds of training alone."""
    (x, targets, labels), (xt, _, test_labels) = parts
    y = labels if isinstance(recipe["loss"], CrossEntropy) else targets
    curve, watched = [], 0.0

    def watch(_):
        nonlocal watched
        begin = perf_counter()
        curve.append((error(network, x, labels), error(network, xt, test_labels)))
        watched += perf_counter() - begin

    begin = perf_counter()
    train(network, x, y, epochs=passes, callback=watch, random_state=0, **recipe)
    return np.array(curve), perf_counter() - begin - watched


def as_in_1989(seed, parts, passes=PRESET.epochs):
    """Train the preset; return the network, its errors and the seconds."""
    network = PRESET.build(seed, "float32")
    recipe = {name: getattr(PRESET, name) for name in ("loss", "optimiser", "batch_size", "shuffle", "reduction")}
    return network, *learn(network, parts, passes, **recipe)


def as_today(seed, parts, passes=80):
    """Train the same maps with rectified units, dropout, shifts by a pixel, AdamW and softmax; return the errors."""
    convolution = {"stride": 2, "activation": "relu", "bias": "unit", "initialiser": "he_uniform"}
    layers = [
        Pad2D(2, value=-1.0), Conv2D(12, 5, **convolution),
        Pad2D(2, value=-1.0), Conv2D(12, 5, connections=ZIP_H2, **convolution),
        Flatten(), Dropout(0.25),
        Dense(30, activation="relu", initialiser="he_uniform"), Dense(10), Softmax(),
    ]  # fmt: skip
    network = Sequential(layers, (1, 16, 16), random_state=seed)
    recipe = {"loss": CrossEntropy(), "optimiser": AdamW(rate=Schedule("cosine", 3e-3), decay=0.01)}
    return learn(network, parts, passes, batch_size=32, augment=Shift(1, fill=-1.0), **recipe)[0]


@plotting.style()
def draw(curves, network, parts):
    """Draw the learning curves, the first layer's weights, and digits that are misread."""
    figure = plotting.figure(9.6, 4.2)
    left, right = figure.subfigures(1, 2, width_ratios=(1.25, 1))
    ax = left.subplots()
    for (name, curve), colour in zip(curves.items(), plotting.COLOURS, strict=False):
        passes = np.arange(1, len(curve) + 1)
        ax.plot(passes, curve[:, 1], color=colour, label=f"{name}: test")
        ax.plot(passes, np.maximum(curve[:, 0], 0.01), color=colour, linestyle=":", label=f"{name}: training")
    ax.set(xscale="log", yscale="log", xlabel="passes over the training digits", ylabel="misread digits (%)")
    ax.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])
    ax.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20], labels=["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"])
    ax.minorticks_off()
    ax.set_ylim(0.1, 30)
    ax.legend(loc="lower left")
    filters, misread = right.subfigures(2, 1)
    filters.suptitle("weights of the 12 maps of the first layer (red: positive)", fontsize=plotting.TITLE)
    weights = next(w for name, w in network.parameters.items() if name.endswith("weights"))[:, 0]
    for panel, weight in zip(filters.subplots(2, 6).flat, weights, strict=True):
        panel.imshow(weight, cmap="RdBu_r", vmin=-np.abs(weights).max(), vmax=np.abs(weights).max())
    x, _, labels = parts[1]
    answers = network(x).argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)[:12]
    misread.suptitle("first test digits that are misread: label → answer", fontsize=plotting.TITLE)
    panels = misread.subplots(2, 6).flat
    for panel, k in zip(panels, wrong, strict=False):
        panel.imshow(x[k, 0], cmap="Greys", vmin=-1, vmax=1)
        panel.set_title(f"{labels[k]} → {answers[k]}", fontsize=plotting.SMALL)
    for panel in (*filters.axes, *misread.axes):
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(True)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: three networks of 1989, one of today, one on USPS digits."""
    seeds, passes = (1, {"passes": 2}) if fast else (3, {})
    parts = mnist(fast)
    as_in_1989(0, [part[:1000] for part in parts], passes=1)  # compiles
    runs = [as_in_1989(seed, parts, **passes) for seed in range(seeds)]
    ends = np.array([curve[-1] for _, curve, _ in runs])
    summary, paper = runs[0][0].summary(), PRESET.reference
    claims = [
        Claim(f"{what.capitalize()} of the network", f"{paper[what]:,}", ours, paper[what], paper[what])
        for what, ours in (("units", summary.units), ("connections", summary.connections),
                           ("parameters", summary.parameters))
    ]  # fmt: skip
    curves = {"1989, MNIST": runs[0][1]}
    if not fast:
        curves |= {"today, MNIST": as_today(0, parts), "1989, USPS": as_in_1989(0, usps())[1]}
        mean, rerun = f"mean of {seeds} networks", "Karpathy's rerun"
        claims += [
            Claim(f"Training error (%), 7291 digits of MNIST, {mean}", f"0.14; 0.62 in {rerun}", ends[:, 0].mean(),
                  at_most=1.2),
            Claim(f"Test error (%), 10,000 digits of MNIST, {mean}", f"5.0; 4.09 in {rerun}, of 2007",
                  ends[:, 1].mean(), at_least=3.2, at_most=5),
            Claim("Test error (%), 2007 USPS digits", "5.0, other digits", curves["1989, USPS"][-1, 1], at_most=8),
            Claim("Test error (%) of a recipe of today, 80 passes, MNIST", f"1.59 in {rerun}, of 2007",
                  curves["today, MNIST"][-1, 1], at_most=2.2),
            Claim("Seconds for 23 passes", "three days; 90 s in the rerun", min(s for *_, s in runs), at_most=30),
        ]  # fmt: skip
    return draw(curves, runs[0][0], parts), claims


if __name__ == "__main__":
    show(__file__, *main())
