"""Why deep networks of sigmoid units did not learn: each layer hands on at most a quarter of the gradient.

Backwards through a layer the gradient is multiplied by the weights and by the derivative of the units, s(1 - s) <= 1/4
for the logistic function. With weights that keep the size of a signal ten layers cost a factor of about a million, and
the first layers stand still. Rectified units have the derivative 0 or 1, and with weights twice as large in variance
(He et al. 2015) nothing is lost. Here both, and tanh, in networks of ten hidden layers of 100 units that read small
digits.

S. Hochreiter, diploma thesis, Munich (1991), and X. Glorot, Y. Bengio, "Understanding the difficulty of training deep
feedforward neural networks", AISTATS 2010, describe the effect. None of their figures is drawn again.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import SGD, CrossEntropy, Dense, Sequential, Sigmoid, Softmax, train
from neurosim.datasets import load_digits

DEPTH, UNITS = 10, 100
KINDS = {"sigmoid": "glorot_uniform", "tanh": "glorot_uniform", "relu": "he_uniform"}
NAMES = {"sigmoid": "sigmoid, Glorot's weights", "tanh": "tanh, Glorot's weights", "relu": "ReLU, He's weights"}


def digits():
    """Return images (1797, 64) in [-1, 1] and labels."""
    data = load_digits()
    return data.data / 8 - 1, data.target


def network(kind, seed):
    """Return ten hidden layers of one kind of units, and ten outputs."""
    hidden = [Dense(UNITS, activation=kind, initialiser=KINDS[kind]) for _ in range(DEPTH)]
    layers = [*hidden, Dense(10, initialiser="glorot_uniform"), Softmax()]
    return Sequential(layers, (64,), dtype="float64", random_state=seed)


def norms(net, x, y):
    """Return the norm of the gradient of the loss by the weights of each of the hidden layers."""
    gradients = net.gradients(x, y, CrossEntropy()).parameters
    weights = [gradient for name, gradient in gradients.items() if name.endswith("weights")]
    return np.array([np.linalg.norm(gradient) for gradient in weights[:DEPTH]])


def steepest():
    """Return the largest derivative of the logistic function on a fine grid, as the network computes it."""
    unit = Sequential([Sigmoid()], (2001,), dtype="float64", random_state=0)
    x = np.linspace(-10, 10, 2001)[None]
    step = 1e-5
    return float(((unit(x + step) - unit(x - step)) / (2 * step)).max())


def learning(kind, epochs, x, y):
    """Return the training accuracy (%) after each epoch of the same gradient descent for every kind."""
    net, curve = network(kind, 0), []

    def watch(_):
        curve.append(100 * float((net(x).argmax(axis=1) == y).mean()))

    descent = SGD(rate=0.01, momentum=0.9)
    train(
        net, x, y, loss=CrossEntropy(), optimiser=descent, epochs=epochs, batch_size=32, callback=watch, random_state=0
    )
    return np.array(curve)


@plotting.style()
def draw(sizes, curves):
    """Draw the gradient's norm by layer and the learning curves."""
    figure = plotting.figure(9.6, 3.6)
    backwards, forwards = figure.subplots(1, 2)
    layers = np.arange(1, DEPTH + 1)
    for (kind, size), marker in zip(sizes.items(), "osD", strict=True):
        middle = np.exp(np.log(size).mean(axis=0))
        backwards.plot(layers, middle, marker=marker, markersize=4, label=NAMES[kind])
        backwards.fill_between(layers, size.min(axis=0), size.max(axis=0), alpha=0.2, linewidth=0)
        forwards.plot(range(1, len(curves[kind]) + 1), curves[kind], marker=marker, markersize=3, label=NAMES[kind])
    bound = np.exp(np.log(sizes["sigmoid"][:, -1]).mean()) * 0.25 ** (DEPTH - layers)
    backwards.plot(layers, bound, color=plotting.INK, linestyle=":", label="a quarter a layer")
    backwards.set(yscale="log", xlabel="hidden layer (1 is next to the image)", xticks=layers)
    backwards.set(ylabel="norm of ∂loss/∂weights", title="before learning")
    backwards.legend(loc="lower right")
    forwards.axhline(10, color=plotting.INK, linestyle=":", linewidth=0.8)
    forwards.text(len(curves["relu"]), 11, "chance", fontsize=plotting.SMALL, ha="right", va="bottom")
    forwards.set(
        xlabel="passes over the digits", ylabel="right on training digits (%)", ylim=(0, 102), title="learning"
    )
    forwards.xaxis.set_major_locator(MaxNLocator(integer=True))
    forwards.legend(loc="center right")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 20 networks of each kind before learning, one that learns."""
    x, y = digits()
    seeds, epochs = (3, 2) if fast else (20, 20)
    sizes = {kind: np.array([norms(network(kind, seed), x, y) for seed in range(seeds)]) for kind in KINDS}
    curves = {kind: learning(kind, epochs, x, y) for kind in KINDS}
    share = {kind: np.exp(np.log(size[:, 0] / size[:, -1]).mean() / (DEPTH - 1)) for kind, size in sizes.items()}
    ours = "no published number"
    claims = [
        Claim("Largest derivative of the logistic function", "1/4", steepest(), 0.25 - 1e-6, 0.25 + 1e-6),
        Claim(f"Factor a layer of the gradient's norm, sigmoid, mean of {seeds} networks", "at most about 1/4",
              share["sigmoid"], at_least=0.15, at_most=0.3),
        Claim(f"Factor a layer, ReLU with He's weights, mean of {seeds} networks", "about 1", share["relu"],
              at_least=0.8, at_most=1.25),
    ]  # fmt: skip
    if not fast:
        claims += [
            Claim(f"Right on training digits (%) after {epochs} passes, sigmoid", f"10: chance; {ours}",
                  curves["sigmoid"][-1], at_most=15),
            Claim(f"Right on training digits (%) after {epochs} passes, ReLU", ours, curves["relu"][-1], at_least=98),
        ]  # fmt: skip
    return draw(sizes, curves), claims


if __name__ == "__main__":
    show(__file__, *main())
