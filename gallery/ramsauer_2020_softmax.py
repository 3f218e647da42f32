"""The modern Hopfield network retrieves one of 10,000 patterns with a single update.

10,000 random patterns in 64 dimensions on the sphere of radius 8. Left: how far one update takes a stored pattern away
from itself. Where beta is large that is nothing, and the memory is exact; where beta is small the softmax averages over
many patterns. Middle: how many patterns the fixed points that are reached from stored patterns average over, as the
perplexity of their softmax weights. Right: handwritten digits whose lower half is hidden; the patterns are 1,797 digits
of 8 x 8 pixels, of mean 0 and length 8.

H. Ramsauer et al., "Hopfield networks is all you need", arXiv:2008.02217 (2020), which was not at hand. Errors are
compared with a reference measurement by a separate program. Digits: E. Alpaydin, C. Kaynak, "Optical Recognition of
Handwritten Digits", UCI Machine Learning Repository (1998).
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_digits
from neurosim.hopfield import ModernHopfield
from neurosim.hopfield.theory import softmax_base

DIMENSION, SHOWN = 64, (153, 544, 136, 119)
DIGIT_BETAS = (0.2, 0.5, 3.0)


def sphere(count):
    """Return random patterns on the sphere of radius sqrt(d)."""
    x = np.random.default_rng(0).normal(size=(count, DIMENSION))
    return np.sqrt(DIMENSION) * x / np.linalg.norm(x, axis=1, keepdims=True)


def errors(patterns, beta, probes):
    """Return how far one update moves stored patterns."""
    network = ModernHopfield(DIMENSION, beta=beta).store(patterns)
    return np.linalg.norm(network.update(patterns[:probes]) - patterns[:probes], axis=1)


def perplexity(patterns, beta, probes):
    """Return over how many patterns the fixed points average that are reached from stored patterns."""
    network = ModernHopfield(DIMENSION, beta=beta).store(patterns)
    weights = network.attention(network.recall(patterns[:probes], max_updates=30, tolerance=1e-4).states)
    return np.exp(-(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1))


def halves():
    """Return probes of digits without their lower half, the ends for each beta, and the digits: images, one a row."""
    x = load_digits().data - load_digits().data.mean()
    x *= 8 / np.linalg.norm(x, axis=1, keepdims=True)
    chosen = list(SHOWN)
    probes = x[chosen].reshape(-1, 8, 8).copy()
    probes[:, 4:] = 0
    ends = [ModernHopfield(64, beta=beta).store(x).recall(probes.reshape(-1, 64)).states for beta in DIGIT_BETAS]
    return np.stack([probes.reshape(-1, 64), *ends, x[chosen]]).reshape(-1, len(SHOWN), 8, 8)


@plotting.style()
def draw(curve, spread, images, count):
    """Draw errors, perplexities and digits."""
    figure = plotting.figure(10.6, 3.5)
    error, number, digits = figure.subplots(1, 3, width_ratios=(1, 1, 1.25))
    betas = np.array(list(curve))
    low, middle, high = np.array([np.quantile(e, (0.05, 0.5, 0.95)) for e in curve.values()]).T
    error.fill_between(betas, low, high, color=plotting.COLOURS[4], alpha=0.5, label="5 to 95 %", linewidth=0)
    error.loglog(betas, middle, "o-", markersize=3.5, label="median")
    error.axhline(np.sqrt(DIMENSION), color=plotting.INK, linewidth=0.8, linestyle=":")
    error.text(betas[-1], 11, "length of a pattern", ha="right", fontsize=plotting.SMALL)
    error.set(xlabel="inverse temperature β", ylabel="distance after one update", ylim=(1e-15, 100))
    error.legend(loc="lower left")
    low, middle, high = np.array([np.quantile(p, (0.05, 0.5, 0.95)) for p in spread.values()]).T
    number.fill_between(list(spread), low, high, color=plotting.COLOURS[4], alpha=0.5, linewidth=0)
    number.loglog(list(spread), middle, "o-", markersize=3.5)
    for level, text in ((count, "mean of all patterns"), (1, "single patterns")):
        number.axhline(level, color=plotting.INK, linewidth=0.8, linestyle=":")
        number.text(0.06 if level == 1 else 1, 1.15 * level, text, ha="left" if level == 1 else "right", fontsize=8)
    for ax in (error, number):
        ax.set_xticks((0.05, 0.1, 0.2, 0.5, 1), ("0.05", "0.1", "0.2", "0.5", "1"))
        ax.minorticks_off()
    number.set(xlabel="inverse temperature β", ylabel="patterns averaged by the fixed points", ylim=(0.6, 4 * count))
    strips = [plotting.side_by_side(row) for row in images.transpose(1, 0, 2, 3)]
    digits.imshow(np.ma.masked_invalid(np.concatenate(strips)), cmap="gray_r", extent=(0, 5, len(SHOWN), 0))
    digits.set_xticks(np.arange(5) + 0.5, ["probe", *(f"β = {beta:g}" for beta in DIGIT_BETAS), "original"])
    digits.set(yticks=())
    digits.xaxis.tick_top()
    digits.tick_params(length=0)
    digits.spines[:].set_visible(False)
    return figure


def compare(whole, count):
    """Return the claims."""
    said, reference = f"distance of {count:,} patterns from themselves after one update", "reference measurement"
    paper = "the paper, from memory"
    return [
        Claim(f"Largest {said}, β = 1", f"7e-11: {reference}", float(whole[1.0].max()), at_most=1e-9),
        Claim(f"Median {said}, β = 0.3", f"0.0042: {reference}", float(np.median(whole[0.3])), 0.0032, 0.0052),
        Claim(f"Least {said}, β = 0.125", f"above 4: {reference}", float(whole[0.125].min()), at_least=4),
        Claim(
            "Base c of the capacity, d = 20, K = 3",
            f"3.1546: {paper}",
            softmax_base(20),
            3.1545,
            3.1547,
            source_read=False,
        ),
        Claim(
            "Base c of the capacity, d = 75, K = 1",
            f"1.3719: {paper}",
            softmax_base(75, spread=1.0),
            1.3718,
            1.372,
            source_read=False,
        ),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: errors of all 10,000 patterns."""
    count, probes = (1000, 30) if fast else (10000, 200)
    patterns = sphere(count)
    curve = {
        beta: errors(patterns, beta, probes) for beta in (0.05, 0.1, 0.125, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)
    }
    spread = {
        beta: perplexity(patterns, beta, probes)
        for beta in (0.05, 0.1, 0.15, 0.18, 0.2, 0.21, 0.22, 0.23, 0.24, 0.25, 0.3, 0.5, 1)
    }
    whole = {beta: errors(patterns, beta, count) for beta in (1.0, 0.3, 0.125)}
    return draw(curve, spread, halves(), count), compare(whole, count)


if __name__ == "__main__":
    show(__file__, *main())
