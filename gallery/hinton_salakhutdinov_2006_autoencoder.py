"""A deep autoencoder, pre-trained layer by layer, packs digits into 30 numbers far better than principal components.

G. E. Hinton, R. R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science 313:504-507
(2006). Networks of nine layers did not learn from random weights then. A stack of restricted machines, 784-1000-500-250
logistic units and 30 linear ones, each trained on the hidden probabilities of the one below, is unrolled into an
autoencoder that starts near a good place, and backpropagation does the rest. Ours is fine-tuned by Adam for fewer
passes; the authors took 200 of conjugate gradients.

The paper's errors are quoted from memory.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.decomposition import PCA

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import DeepAutoencoder, plot_rbm
from neurosim.cnn import Adam, Schedule, train
from neurosim.datasets import fetch_mnist, load_digits

PAPER, PAPER_PCA = 3.00, 13.87
PRETRAINING = {"learning_rate": 0.1, "code_learning_rate": 0.001, "momentum": {0: 0.5, 5: 0.9}, "weight_decay": 2e-4}
PASSES, RATE, BATCH = 20, 2e-3, 128  # of the fine-tuning


def digits(fast):
    """Return images to train with and to test on, and the labels of the latter; ink is 1, paper 0."""
    if fast:
        data = load_digits()
        x = np.float32(data.data / 16)
        return x[:1000], x[1000:], data.target[1000:]
    test = fetch_mnist("test")
    return fetch_mnist("train").data / np.float32(255), test.data / np.float32(255), test.target


def squared_errors(x, reconstructions):
    """Return the squared distance of each image from its reconstruction."""
    return np.square(x - reconstructions, dtype=np.float64).sum(axis=1)


def learn(x, xt, code, hidden, fast):
    """Return the autoencoder, and the squared error per test image before fine-tuning and after each pass of it."""
    stack = DeepAutoencoder(
        code, hidden_layer_sizes=hidden, n_iter=10 if fast else 8, batch_size=10 if fast else 100,
        tuning_epochs=0, random_state=0, **PRETRAINING,
    ).fit(x)  # fmt: skip
    curve = [-stack.score(xt)]
    train(
        stack.network_, x, x, loss="binary_cross_entropy", optimiser=Adam(Schedule("cosine", RATE)),
        epochs=10 if fast else PASSES, batch_size=32 if fast else BATCH, random_state=0,
        callback=lambda _: curve.append(-stack.score(xt)),
    )  # fmt: skip
    return stack, np.array(curve)


@plotting.style()
def draw(xt, labels, rows, curve, plane, code):
    """Draw a test image of each class with its reconstructions, and the error during fine-tuning."""
    figure = plotting.figure(9.6, 3.3)
    left, right = figure.subplots(1, 2, width_ratios=(2.2, 1))
    shown = [np.flatnonzero(labels == digit)[0] for digit in range(10)]
    errors = {name: squared_errors(xt, values).mean() for name, values in rows.items()}
    pictures = {"test image": xt[shown]}
    pictures |= {f"{name}: {errors[name]:.2f}": values[shown] for name, values in rows.items()}
    plot_rbm.reconstructions(pictures, cmap="gray_r", ax=left)
    left.set_title(f"what {code} numbers keep of a digit, and the mean squared error")
    right.plot(curve, "o-", markersize=3, label="autoencoder")
    for value, style, name in ((plane, "--", f"PCA, {code} components"), (PAPER, ":", "the paper's autoencoder")):
        right.axhline(value, color=plotting.INK, linewidth=0.9, linestyle=style, label=name)
    right.set(yscale="log", xlabel="passes of fine-tuning", ylabel="squared error per test image")
    ticks = [2, 3, 5, 7, 10, 15, 20, 30]
    right.set_yticks(ticks, labels=[str(tick) for tick in ticks])
    right.minorticks_off()
    right.set_ylim(0.85 * min(curve.min(), PAPER), 1.15 * max(curve.max(), plane))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.legend(loc="center right")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: one autoencoder beside principal components."""
    x, xt, labels = digits(fast)
    code, hidden = (5, (60, 30)) if fast else (30, (1000, 500, 250))
    model, curve = learn(x, xt, code, hidden, fast)
    pca = PCA(code, svd_solver="covariance_eigh").fit(np.float64(x))
    rows = {f"autoencoder {code}": model.reconstruct(xt), f"PCA {code}": pca.inverse_transform(pca.transform(xt))}
    plane = float(squared_errors(xt, rows[f"PCA {code}"]).mean())
    memory, what = {"source_read": False}, f"squared error per test image, {code} numbers"
    claims = [Claim(f"Autoencoder: {what}, {len(curve) - 1} passes of fine-tuning", f"{PAPER:.2f}", curve[-1],
                    at_most=plane if fast else 3.5, **memory)]  # fmt: skip
    if not fast:
        claims += [
            Claim(f"Principal components: {what}", f"{PAPER_PCA}", plane, 13.82, 13.92, **memory),
            Claim("The unrolled stack's error before fine-tuning, in errors of principal components",
                  "a good start, no number", curve[0] / plane, at_most=2.0, **memory),
        ]  # fmt: skip
    return draw(xt, labels, rows, curve, plane, code), claims


if __name__ == "__main__":
    show(__file__, *main())
