"""A deep belief net makes up digits of a given class, and reads them once it is fine-tuned.

G. E. Hinton, S. Osindero, Y.-W. Teh, "A fast learning algorithm for deep belief nets", Neural Computation 18:1527-1554
(2006). Restricted machines are stacked, 784-500-500-2000, each trained on what the one below makes of the digits; the
top one also sees ten units for the label. Held on a label, it runs freely, and one pass down shows what it thinks of.
Ours has logistic units for the labels in the place of a softmax, a top machine that learns with persistent chains
(after contrastive divergence it makes up the same few shapes), and no up-down algorithm: the reading is tuned by
backpropagation through 784-500-500-2000-10, as in the supplement of Hinton & Salakhutdinov, Science 313:504-507 (2006),
but by Adam, and each step leaves out a fifth of the hidden units.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import DBN, plot_rbm
from neurosim.cnn import Adam, Schedule, train
from neurosim.datasets import fetch_mnist, load_digits

PAPER, SUPPLEMENT = 1.25, 1.2  # errors (%)
STACK = {
    "label_units": True,
    "method": ["cd", "cd", "pcd"],
    "learning_rate": [0.1, 0.1, Schedule("linear", 0.01, 0.0005)],
    "momentum": {0: 0.5, 5: 0.9},
    "weight_decay": 2e-4,
    "dropout": 0.2,
}
PASSES, RATE, BATCH = 20, 1e-3, 128  # of the fine-tuning
DRAWN, SWEEPS = 100, 1000  # samples of each class, and Gibbs sweeps of each


def digits(fast):
    """Return images and labels to train with and to test on; ink is 1, paper 0."""
    if fast:
        data = load_digits()
        x = np.float32(data.data / 16)
        return x[:1000], data.target[:1000], x[1000:], data.target[1000:]
    parts = [fetch_mnist("train"), fetch_mnist("test")]
    return [array for part in parts for array in (part.data / np.float32(255), part.target)]


def learn(x, y, xt, labels, fast):
    """Return the net, fine-tuned; its own error (%) before; and the error after each pass of fine-tuning."""
    net = DBN(
        (50, 50, 100) if fast else (500, 500, 2000), n_iter=[10, 10, 50] if fast else [8, 8, 15],
        batch_size=10 if fast else 100, tuning_epochs=0, random_state=0, **STACK,
    ).fit(x, y)  # fmt: skip
    own, curve = 100 * float((net.predict(xt) != labels).mean()), []

    def watch(_):
        curve.append(100 * float((net.network_(xt).argmax(axis=1) != labels).mean()))

    train(
        net.network_, x, y, loss="cross_entropy", optimiser=Adam(Schedule("cosine", RATE)),
        epochs=20 if fast else PASSES, batch_size=32 if fast else BATCH, random_state=0, callback=watch,
    )  # fmt: skip
    return net, own, np.array(curve)


@plotting.style()
def draw(drawn, own, curve):
    """Draw samples of each class, and the test error during fine-tuning."""
    figure = plotting.figure(8.6, 4.2)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    plot_rbm.reconstructions({str(digit): values[:12] for digit, values in drawn.items()}, cmap="gray_r", ax=left)
    left.set(title="made up, with the label held", ylabel="label")
    right.plot(range(1, len(curve) + 1), curve, "o-", markersize=3, label="fine-tuned by backpropagation")
    right.axhline(own, color=plotting.COLOURS[1], linewidth=0.9, linestyle="-.", label="the stack's own free energies")
    right.axhline(SUPPLEMENT, color=plotting.INK, linewidth=0.9, linestyle=":", label="the supplement's error")
    right.set(yscale="log", xlabel="passes of fine-tuning", ylabel="misread test digits (%)")
    ticks = [1, 1.5, 2, 3, 5, 7, 10, 20, 30]
    right.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    right.minorticks_off()
    right.set_ylim(0.85 * min(curve.min(), SUPPLEMENT), 1.3 * max(curve.max(), own))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.legend(loc="center right")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: one net."""
    x, y, xt, labels = digits(fast)
    net, own, curve = learn(x, y, xt, labels, fast)
    n, sweeps = (20, 100) if fast else (DRAWN, SWEEPS)
    drawn = {digit: net.sample(n, sweeps, label=digit, random_state=digit) for digit in range(10)}
    read = np.mean([(net.network_(values).argmax(axis=1) == digit).mean() for digit, values in drawn.items()])
    most, most_alone, least = (15.0, 30.0, 0.4) if fast else (1.4, 20.0, 0.3)
    claims = [
        Claim(f"Test error (%) after {len(curve)} passes of fine-tuning",
              f"{SUPPLEMENT} (supplement of 2006); {PAPER} by the up-down algorithm", curve[-1], at_most=most),
        Claim("Test error (%) of the stack alone: the label of least free energy, no fine-tuning",
              "no number for logistic label units", own, at_most=most_alone),
        Claim(f"Share of {10 * n} made-up digits that the fine-tuned net reads as the label that was held",
              "samples shown, no number", read, at_least=least),
    ]  # fmt: skip
    return draw(drawn, own, curve), claims


if __name__ == "__main__":
    show(__file__, *main())
