"""Filling in what is missing: a machine that has learned digits draws the half that it cannot see.

A restricted Boltzmann machine of 256 hidden units learns digits by persistent contrastive divergence. Then pixels are
taken away, a half of the picture or any share of it; the others are clamped while Gibbs sampling goes on, and the mean
probability of a missing pixel is the guess. Where the seen half leaves it open, chains disagree about the rest: they
draw several digits that fit. The guesses are compared with the mean digit, which sees nothing, and with the same pixels
of the nearest training digit, nearest in the pixels that are seen.

Not from a paper; the numbers are compared with those two rules. Data: MNIST (LeCun et al. 1998).
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from scipy.spatial.distance import cdist

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import RBM
from neurosim.boltzmann.plot_rbm import reconstructions
from neurosim.cnn import Schedule
from neurosim.datasets import fetch_mnist, load_digits

SHARES = (0.3, 0.5, 0.7, 0.9)
BARS = {
    "lower half": {"mean": 0.75, "nearest": 1.0},
    "right half": {"mean": 0.75, "nearest": 1.0},
    "50% of the pixels": {"mean": 0.3, "nearest": 0.6},
    "90% of the pixels": {"mean": 0.85, "nearest": 1.0},
}
RULES = {"machine": "machine", "nearest": "nearest digit", "mean": "mean digit"}


def digits(fast):
    """Return digits to train with and to test on, and the shape of a picture."""
    if fast:
        data = load_digits()
        return data.data[:900] / 16, data.data[900:960] / 16, (8, 8)
    train, test = fetch_mnist("train"), fetch_mnist("test")
    return train.data[:30_000] / np.float32(255), test.data[:200] / np.float32(255), (28, 28)


def gaps(shape, rng):
    """Return which pixels each kind of damage takes away, by its name."""
    height, width = shape
    rows, columns = np.indices(shape).reshape(2, -1)
    order = rng.permutation(height * width)
    halves = {"lower half": rows >= height // 2, "right half": columns >= width // 2}
    return halves | {f"{share:.0%} of the pixels": order < share * height * width for share in SHARES}


def guesses(rbm, x, test, missing, sweeps):
    """Return what the machine and the two rules put into the missing pixels of the test digits."""
    nearest = cdist(test[:, ~missing], x[:, ~missing], "sqeuclidean").argmin(axis=1)
    damaged = np.where(missing, np.nan, test)
    done = rbm.complete(damaged, burn_in=sweeps, draws=sweeps, random_state=0)
    mean = np.broadcast_to(x.mean(axis=0), test.shape)
    return {"machine": done.probabilities, "nearest": x[nearest], "mean": mean}, damaged, done.states


def error(guess, test, missing):
    """Return the squared error of a missing pixel, on average."""
    return float(((guess - test)[:, missing] ** 2).mean())


def disagreement(rbm, digit, missing, sweeps):
    """Return three completions of one digit by chains of their own."""
    rows = np.tile(np.where(missing, np.nan, digit), (3, 1))
    return rbm.complete(rows, burn_in=sweeps, draws=5, random_state=1).probabilities


def coarse(figure, shades):
    """Let all pictures of a figure have a few shades only, which a small file can keep."""
    for image in figure.findobj(AxesImage):
        image.set(cmap=image.cmap.resampled(shades), interpolation="nearest")
    return figure


@plotting.style()
def draw(pictures, several, errors, shape):
    """Draw damaged digits and what is put in, chains that disagree, and the errors against the share missing."""
    figure = plotting.figure(9.6, 4.6)
    left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
    reconstructions(pictures, shape, ax=left.subplots()).set_title("the lower half is missing")
    above, below = right.subfigures(2, 1, height_ratios=(1, 1.6))
    ax = reconstructions(several, shape, ax=above.subplots())
    ax.set_title("three chains on the same seen half")
    ax = below.subplots()
    for (rule, called), colour, marker in zip(RULES.items(), plotting.COLOURS, "os^", strict=False):
        values = [errors[f"{share:.0%} of the pixels"][rule] for share in SHARES]
        ax.plot(100 * np.array(SHARES), values, color=colour, marker=marker, label=called)
    ax.set(xlabel="missing pixels, at random (%)", ylabel="squared error\nof a missing pixel", ylim=(0, None))
    ax.legend()
    return coarse(figure, 21)


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    x, test, shape = digits(fast)
    hidden, epochs, sweeps = (32, 5, 10) if fast else (256, 15, 100)
    rates = Schedule("linear", 0.1, 0.0)
    rbm = RBM(hidden, learning_rate=rates, n_iter=epochs, random_state=0).fit(x)
    errors, kinds = {}, gaps(shape, np.random.default_rng(0))
    for kind, missing in kinds.items():
        found, damaged, states = guesses(rbm, x, test, missing, sweeps)
        errors[kind] = {rule: error(guess, test, missing) for rule, guess in found.items()}
        if kind == "lower half":
            shown = {"digit": test, "seen": damaged, "one sample": states} | {
                RULES[rule]: found[rule] for rule in found
            }
    pictures = {name: rows[:8] for name, rows in shown.items()}
    lower = kinds["lower half"]
    chains = [disagreement(rbm, digit, lower, sweeps) for digit in test[:8]]
    several = {f"chain {k + 1}": np.array([of[k] for of in chains]) for k in range(3)}
    return draw(pictures, several, errors, shape), [
        Claim(f"{kind.capitalize()} missing: squared error, machine over {RULES[rule]}", "below 1; no paper",
              errors[kind]["machine"] / errors[kind][rule], at_most=bar)
        for kind, bars in BARS.items()
        for rule, bar in bars.items()
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
