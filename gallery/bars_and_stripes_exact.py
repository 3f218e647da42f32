"""Bars and stripes by the exact gradient: a restricted machine learns a distribution as well as any model can.

A square of 3 x 3 pixels holds bars or stripes with equal chances, and each of its three lines is black or white with
equal chances: 14 different patterns, of which the white and the black square come twice as often as the others. 16
hidden units are enough to hold this distribution. With so few visible units the gradient of the likelihood is a sum
over 512 states, and ascending it comes within a few hundredths of a nat of the entropy of the data, which bounds every
model. Contrastive divergence with a fixed rate, on the same data, wanders below: its gradient is noisy and biased, and
needs a learning rate 50 times smaller.

The patterns: D. J. C. MacKay, "Information Theory, Inference, and Learning Algorithms" (Cambridge, 2003), not checked
against the book. The bound is computed: 12 patterns of probability 1/16 and 2 of 1/8.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import RBM, plot_rbm
from neurosim.boltzmann.likelihood import exact_gradient, log_likelihood
from neurosim.datasets import make_bars_and_stripes

HIDDEN, RATE, MOMENTUM = 16, 0.5, 0.9
BOUND = 12 * np.log(1 / 16) + 4 * np.log(1 / 8)  # of the log-likelihood, summed over the 16 equally frequent cases


def ascend(x, seed, updates):
    """Return weights and biases after steps along the exact gradient, and the log-likelihood before each step."""
    generator = np.random.default_rng(seed)
    arrays = [0.1 * generator.normal(size=(x.shape[1], HIDDEN)), np.zeros(x.shape[1]), np.zeros(HIDDEN)]
    velocities, curve = [np.zeros_like(a) for a in arrays], []
    for _ in range(updates):
        value, *gradient = exact_gradient(arrays, x)
        curve.append(len(x) * value)
        velocities = [MOMENTUM * v + RATE * g for v, g in zip(velocities, gradient, strict=True)]
        arrays = [a + v for a, v in zip(arrays, velocities, strict=True)]
    return arrays, np.array(curve)


def sampled(x, steps, seed, updates):
    """Return updates and log-likelihoods of contrastive divergence with a fixed rate."""
    times = np.unique(np.geomspace(1, updates, 60).astype(int))
    rbm = RBM(HIDDEN, method="cd", steps=steps, learning_rate=0.05, momentum=0.5, batch_size=len(x), n_iter=updates,
              random_state=seed)  # fmt: skip
    curve = []
    rbm.fit(x, callback=lambda p: curve.append(log_likelihood(rbm, x).sum()) if p.step in times else None)
    return times, np.array(curve)


@plotting.style()
def draw(x, arrays, curves, divergence):
    """Draw the patterns with their probabilities, the likelihood against the updates, and the weights."""
    figure = plotting.figure(9.6, 3.5)
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1.0, 1.75, 1.2))
    patterns = np.unique(x, axis=0)
    p = np.exp(log_likelihood(arrays, patterns))
    for pattern, probability, ax in zip(patterns, p, left.subplots(4, 4).flat, strict=False):
        ax.imshow(pattern.reshape(3, 3), cmap="binary", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{16 * probability:.2f}", fontsize=plotting.SMALL, pad=2)
        ax.spines[:].set_visible(True)
    for ax in left.axes[len(patterns) :]:
        ax.set_axis_off()
    left.suptitle("patterns, 16 × probability", fontsize=plotting.TITLE)
    ax = middle.subplots()
    for name, runs, colour, width in (
        ("CD-1", divergence[1], plotting.COLOURS[3], 0.8),
        ("CD-10", divergence[10], plotting.COLOURS[2], 0.8),
        ("exact gradient", curves, plotting.COLOURS[0], 1.0),
    ):
        for k, (updates, curve) in enumerate(runs):
            ax.plot(updates, curve, color=colour, linewidth=width, label=None if k else name)
    ax.axhline(BOUND, color=plotting.INK, linewidth=0.9, linestyle="--", label="no model is better")
    ax.set(xscale="log", xlabel="updates", ylabel="log-likelihood of the 16 cases (nats)", ylim=(-103, -37))
    ax.set_title(f"exact gradient: {len(curves)} seeds, CD: {len(divergence[1])} seeds")
    ax.legend(loc="upper left", bbox_to_anchor=(0.0, 0.9))
    ax = plot_rbm.filters(arrays[0].T, shape=(3, 3), columns=4, ax=right.subplots())
    ax.set_title("weights of the hidden units")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 10 seeds of the exact gradient, 3 of CD-1 and of CD-10."""
    updates, seeds, few = (300, 2, 1) if fast else (3000, 10, 3)
    x = make_bars_and_stripes(3).data
    runs = [ascend(x, seed, updates) for seed in range(seeds)]
    ends = np.array([log_likelihood(arrays, x).sum() for arrays, _ in runs])
    curves = [(1 + np.arange(updates), curve) for _, curve in runs]
    divergence = {k: [sampled(x, k, seed, 2 * updates) for seed in range(few)] for k in (1, 10)}
    patterns = np.unique(x, axis=0)
    known = min(np.exp(log_likelihood(arrays, patterns)).sum() for arrays, _ in runs)
    bound = f"{BOUND:.4f}: what no model exceeds, computed"
    least = -50 if fast else -41.8
    claims = [
        Claim(f"Log-likelihood of the 16 cases, exact gradient, 16 hidden units, worst of {seeds} seeds", bound,
              ends.min(), least, BOUND, scaled_down=fast),
        Claim(f"Probability of the 14 patterns together, worst of {seeds} seeds", "1: the data", known,
              0.5 if fast else 0.99, 1.0, scaled_down=fast),
        Claim(f"Nats that CD-1 with a fixed rate stays below the bound after {2 * updates:,} updates, best of {few}",
              "0: what learning aims at; the gap is the method's", BOUND - max(c[-1] for _, c in divergence[1]),
              0.5, None, scaled_down=fast),
    ]  # fmt: skip
    return draw(x, runs[0][0], curves, divergence), claims


if __name__ == "__main__":
    show(__file__, *main())
