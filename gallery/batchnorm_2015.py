"""Batch normalisation: it helps, and the covariate shift that it was made against goes up.

S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift",
ICML 2015, section 4.1: a perceptron with three layers of 100 sigmoid units reads binary digits, 50,000 steps of 60.
Normalised, it learns faster, and the inputs of the units of the last hidden layer move less, seen by their 15th, 50th
and 85th percentiles. Ours are the learning rate, 0.5, and the first weights, N(0, 0.1^2).

S. Santurkar, D. Tsipras, A. Ilyas, A. Madry, "How does batch normalization help optimization?", NeurIPS 2018, measure
that shift: the gradient G of a layer's weights before, and G' after the layers below have taken their step, on the
same batch. In a network of 25 linear layers, all data at once, normalisation makes them differ more, not less. Ours
are other data and rates: 200 normal points in 20 dimensions with linear targets, 20 units a layer, rate 0.001.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import PRESETS, BatchNorm, Dense, Sequential, SquaredError, train
from neurosim.cnn.presets_digits import bn_4_1
from neurosim.datasets import fetch_mnist, load_digits

PRESET = PRESETS["bn_4_1"]
PERCENTILES, UNIT, FINE = (15, 50, 85), 0, 5
DEPTH, WIDTH, POINTS, OUTPUTS, RATE = 25, 20, 200, 10, 1e-3
NAMES = {False: "without normalisation", True: "with normalisation"}


def digits(fast):
    """Return x, labels to train with and to test on: MNIST, or the small bundled digits."""
    if fast:
        data = load_digits()
        parts = [(data.data[part], data.target[part], 16.0) for part in (slice(1200), slice(1200, None))]
    else:
        parts = [(data.data, data.target, 255.0) for data in (fetch_mnist("train"), fetch_mnist("test"))]
    return [PRESET.prepare(images, labels, full=full) for images, labels, full in parts]


def learn(normalised, seed, parts, epochs, pieces):
    """Train and look after each piece of an epoch; in the first `FINE` epochs there are `pieces`.

    Returns
    -------
    steps : (looks,) array
    accuracy : (looks,) array, test digits in per cent
    inputs : (looks, 3, 100) array, percentiles over the test digits of the inputs of the last hidden layer
    """
    (x, labels), (xt, test_labels) = parts
    network, batch = bn_4_1(seed, "float32", normalised=normalised), PRESET.batch_size
    watched = [name for name in network.layers if name.startswith("batchnorm" if normalised else "dense")][2]
    rng, done, looks, inputs = np.random.default_rng(seed), 0, [], []
    for epoch in range(epochs):
        for rows in np.split(rng.permutation(len(x)), pieces if epoch < FINE else 1):
            train(network, x[rows], labels[rows], loss=PRESET.loss, optimiser=PRESET.optimiser, epochs=1,
                  batch_size=batch, shuffle=False, random_state=0)  # fmt: skip
            done += len(rows) // batch
            accuracy = 100 * float((network(xt).argmax(axis=1) == test_labels).mean())
            looks.append((done, accuracy))
            inputs.append(np.percentile(network.activations(xt, [watched])[watched].squeeze(), PERCENTILES, axis=0))
    return *np.array(looks).T, np.array(inputs)


def linear(normalised, seed):
    """Return 25 linear layers, the first 24 normalised or not, the points and their targets."""
    layers = []
    for _ in range(DEPTH - 1):
        layers += [Dense(WIDTH, bias=False, initialiser="glorot_normal"), *([BatchNorm()] if normalised else [])]
    layers.append(Dense(OUTPUTS, bias=False, initialiser="glorot_normal"))
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((POINTS, WIDTH))
    targets = x @ rng.standard_normal((WIDTH, OUTPUTS)) / np.sqrt(WIDTH)
    return Sequential(layers, (WIDTH,), dtype="float64", random_state=seed), x, targets


def shift(normalised, seed, steps):
    """Return cosines of G and G' and their distances, (steps, layers above the first), with gradient descent."""
    network, x, targets = linear(normalised, seed)
    weights = [name for name in network.parameters if name.endswith("weights")]
    cosines, distances = np.empty((2, steps, DEPTH - 1))
    for step in range(steps):
        before = network.gradients(x, targets, SquaredError(), names=[]).parameters
        before = {name: np.array(gradient) for name, gradient in before.items()}
        layer = -1
        for name, parameter in network.parameters.items():
            if name in weights:
                layer += 1
                if layer:
                    g = before[name].ravel()
                    after = network.gradients(x, targets, SquaredError(), names=[]).parameters[name].ravel()
                    cosines[step, layer - 1] = g @ after / (np.linalg.norm(g) * np.linalg.norm(after))
                    distances[step, layer - 1] = np.linalg.norm(g - after)
            parameter -= RATE * before[name]
    return cosines, distances


@plotting.style()
def draw(runs, shifts):
    """Draw accuracy, the percentiles, and the cosines."""
    figure = plotting.figure(9.6, 5.6)
    (learning, turning), (plain, normal) = figure.subplots(2, 2)
    for (normalised, (steps, accuracy, _)), line in zip(runs.items(), ("--", "-"), strict=True):
        learning.plot(steps, accuracy, linestyle=line, label=NAMES[normalised])
    learning.set(
        xscale="log",
        xlabel="steps",
        ylabel="right on test digits (%)",
        ylim=(80, 100),
        title="three layers read digits",
    )
    learning.legend(loc="lower right")
    for (normalised, (cosines, _)), line in zip(shifts.items(), ("--", "-"), strict=True):
        middle = cosines.mean(axis=(0, 2))
        turning.plot(range(1, len(middle) + 1), middle, linestyle=line, label=NAMES[normalised])
    turning.set(
        xlabel="step", ylabel="cosine of G and G′, mean of layers", ylim=(-0.05, 1.05), title="25 linear layers"
    )
    turning.legend(loc="center right")
    for ax, (normalised, (steps, _, inputs)) in zip((plain, normal), runs.items(), strict=True):
        for k, (percentile, row) in enumerate(zip(PERCENTILES, inputs[:, :, UNIT].T, strict=True)):
            ax.plot(steps / 1000, row, color=plotting.COLOURS[k])
            ax.annotate(f"{percentile} %", (steps[-1] / 1000, row[-1]), (4, 0), textcoords="offset points",
                        fontsize=plotting.SMALL, va="center", annotation_clip=False)  # fmt: skip
        ax.set(xlabel="thousands of steps", ylabel="input of a unit of layer 3", title=NAMES[normalised])
        ax.margins(x=0)
    return figure


def travelled(inputs):
    """Return how far medians moved after the first look, in final distances of 85 % and 15 %, mean of units."""
    return (np.abs(inputs[:, 1] - inputs[0, 1]).max(axis=0) / (inputs[-1, 2] - inputs[-1, 0])).mean()


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    parts = digits(fast)
    seeds, epochs, pieces, steps = (1, 6, 2, 4) if fast else (3, PRESET.epochs, 5, 150)
    runs = {normalised: learn(normalised, 0, parts, epochs, pieces) for normalised in (False, True)}
    measured = {normalised: [shift(normalised, seed, steps) for seed in range(seeds)] for normalised in (False, True)}
    shifts = {normalised: np.array(m).swapaxes(0, 1) for normalised, m in measured.items()}
    cosine = {normalised: values.mean() for normalised, (values, _) in shifts.items()}
    ratio = shifts[True][1].mean() / shifts[False][1].mean()
    mean = f"mean of {steps} steps, 24 layers, {seeds} networks"
    figure_only, direction = "a curve, no number", "no number at hand; the direction is the paper's"
    claims = [
        Claim(f"Cosine of G and G′ without normalisation, {mean}", direction, cosine[False], at_least=0.95),
        Claim(f"Cosine of G and G′ with it, {mean}", f"about 0; {direction}", cosine[True], at_most=0.5),
        Claim("Distance of G and G′ with normalisation over without", f"more than 1; {direction}", ratio, at_least=2),
    ]
    if not fast:
        early = {
            n: [run, *(learn(n, seed, parts, FINE, pieces) for seed in range(1, seeds))] for n, run in runs.items()
        }
        first = {n: np.mean([run[0][np.argmax(run[1] >= 95)] for run in several]) for n, several in early.items()}
        claims += [
            Claim(f"Steps to 95 % with normalisation over those without, mean of {seeds} networks", figure_only,
                  first[True] / first[False], at_most=0.97),
            Claim("Right on test digits (%) after 50,000 steps, normalised", "98.0 in a rerun with rate 0.5",
                  runs[True][1][-1], at_least=97.5),
            Claim("Right on test digits (%) after 50,000 steps, without", "97.7 in that rerun", runs[False][1][-1],
                  at_least=97, at_most=98),
            Claim("How far median inputs travel without normalisation over with it, mean of 100 units", figure_only,
                  travelled(runs[False][2]) / travelled(runs[True][2]), at_least=1.5),
        ]  # fmt: skip
    return draw(runs, shifts), claims


if __name__ == "__main__":
    show(__file__, *main())
