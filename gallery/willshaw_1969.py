"""Willshaw's net holds ln 2 bits a synapse where half of its synapses are on.

A synapse is on or off, and is turned on where its input and its output are active in the same pair. Left: 1,024 inputs
and outputs of which 10 are active; the information that the answers give about the stored outputs, for each synapse,
against the number of pairs. An answer holds the stored output and F others with it, so that of the log2 C(N, M) bits
of an output log2 C(M + F, M) remain unknown. Beyond p = 1/2 it grows a little more, at the price of many wrong outputs.
Middle: the number F of wrong outputs against the share p of synapses that are on, beside N p^M. Right: at p = 1/2 with
M = log2 N, a pattern that is counted as M log2 N bits gives ln 2 = 0.69 bits a synapse; the information of the answers
is less and grows slowly.

D. J. Willshaw, O. P. Buneman, H. C. Longuet-Higgins, "Non-holographic associative memory", Nature 222:960-962 (1969).
The paper was not at hand: ln 2 is quoted from memory, and the shares are compared with values computed here.
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.special import gammaln

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.hopfield import WillshawNetwork
from neurosim.hopfield.theory import willshaw_capacity, willshaw_load

BLOCK = 1000  # pairs that are drawn at once


def sparse(rng, rows, units, active):
    """Return rows of 0/1 with so many ones each."""
    patterns = np.zeros((rows, units), np.int8)
    np.put_along_axis(patterns, np.argpartition(rng.random((rows, units)), active)[:, :active], 1, axis=1)
    return patterns


def log2_binomial(n, k):
    """Return log2 C(n, k)."""
    return (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / np.log(2)


def grown(units, active, counts, tested):
    """Store more and more pairs; return rows: pairs, p, F, share of right outputs, bits."""
    rng = np.random.default_rng(units)
    net, kept, rows = WillshawNetwork(units), [], []
    for count in counts:
        while net.n_pairs < count:
            pairs = min(BLOCK, count - net.n_pairs)
            x, y = (sparse(rng, pairs, units, active) for _ in range(2))
            net.store(x, y)
            if sum(len(x) for x, _ in kept) < tested:
                kept.append((x, y))
        x, y = (np.concatenate(part)[:tested] for part in zip(*kept, strict=True))
        answers = net.recall(x).outputs
        wrong = (answers > y).sum(axis=1)
        known = log2_binomial(units, active) - log2_binomial(active + wrong, active)
        bits = net.n_pairs * known.mean() / units**2
        rows.append((net.n_pairs, net.load, wrong.mean(), answers[y == 1].mean(), bits))
    return np.array(rows).T


def expected_bits(units, active, pairs):
    """Return the bits a synapse, if each output were wrong with probability p^M on its own."""
    load = np.array([willshaw_load(int(count), active / units) for count in pairs])
    wrong = (units - active) * load**active
    return pairs * (log2_binomial(units, active) - log2_binomial(active + wrong, active)) / units**2


@plotting.style()
def draw(single, several, units, active):
    """Draw information, errors and sizes."""
    figure = plotting.figure(10.4, 3.4)
    information, errors, sizes = figure.subplots(1, 3)
    pairs, load, wrong, _, bits = single
    fine = np.linspace(pairs[0], pairs[-1], 200).astype(int)
    information.plot(fine / 1000, expected_bits(units, active, fine), label="independent errors")
    information.plot(pairs / 1000, bits, "o", markersize=4.5, color=plotting.COLOURS[1], label="measured")
    half = willshaw_capacity(active / units) / 1000
    information.axvline(half, color=plotting.INK, linewidth=0.8, linestyle=":")
    information.text(half * 1.03, 0.7, "$p = 1/2$", fontsize=plotting.SMALL)
    information.set(
        xlabel="stored pairs (thousands)", ylabel="information (bits a synapse)", ylim=(0, 0.75), xlim=(0, None)
    )
    information.legend(loc="lower right")
    at = np.linspace(0.25, load.max(), 200)
    errors.semilogy(at, units * at**active, label="$N p^M$")
    seen = load > 0.25
    errors.semilogy(load[seen], wrong[seen], "o", markersize=4.5, color=plotting.COLOURS[1], label="measured")
    errors.axvline(0.5, color=plotting.INK, linewidth=0.8, linestyle=":")
    errors.axhline(1, color=plotting.INK, linewidth=0.8, linestyle=":")
    errors.set(xlabel="share of synapses that are on, $p$", ylabel="wrong outputs of an answer, $F$", xlim=(0.24, 0.78))
    errors.legend(loc="upper left")
    at = np.array(list(several))
    counted = [row[0, -1] * np.log2(n) ** 2 / n**2 for n, row in several.items()]
    sizes.semilogx(
        at, counted, "s-", markersize=4.5, color=plotting.COLOURS[2], label="counted as $M \\log_2 N$", base=2
    )
    measured = [row[4, -1] for row in several.values()]
    sizes.semilogx(at, measured, "o-", markersize=4.5, color=plotting.COLOURS[1], label="of the answers", base=2)
    sizes.axhline(np.log(2), color=plotting.INK, linewidth=0.8, linestyle=":")
    sizes.text(at[-1], np.log(2) + 0.012, "ln 2", ha="right", fontsize=plotting.SMALL)
    sizes.set(xlabel="inputs and outputs, $N$", ylabel="information at $p = 1/2$ (bits a synapse)", ylim=(0, 0.75))
    sizes.set_xticks(at, [f"{n}" for n in at])
    sizes.minorticks_off()
    sizes.legend(loc="lower right")
    return figure


def compare(single, several, units, active, half):
    """Return the claims."""
    largest = max(several)
    last = several[largest][:, -1]
    counted = last[0] * np.log2(largest) ** 2 / largest**2
    memory = "ln 2 = 0.693 (from memory)"
    return [
        Claim(
            f"Bits a synapse at p = 1/2, N = {largest}, M log2 N a pattern",
            memory,
            counted,
            0.69,
            0.697,
            source_read=False,
        ),
        Claim(
            f"Share of synapses that are on, N = {largest}", "0.5: 1 - (1 - M²/N²)^R, computed", last[1], 0.498, 0.502
        ),
        Claim(
            "Share of the stored outputs that come back",
            "1: no synapse is turned off",
            float(single[3].min()),
            at_least=1,
        ),
        Claim("Wrong outputs of an answer at p = 1/2, N = 1024", "1: N p^M, computed", float(single[2, 9]), 0.8, 1.4),
        Claim(
            "Bits a synapse in the answers at p = 1/2, N = 1024",
            f"{float(expected_bits(units, active, np.array([half]))[0]):.3f}: independent errors, computed",
            float(single[4, 9]),
            0.50,
            0.56,
        ),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 2,000 pairs of each net are tested."""
    units, active = (256, 8) if fast else (1024, 10)
    tested, powers = (100, (6, 7)) if fast else (2000, (6, 7, 8, 9, 10, 11, 12))
    half = willshaw_capacity(active / units)
    single = grown(units, active, [round(step * half) for step in np.arange(0.1, 2.01, 0.1)], tested)
    several = {2**m: grown(2**m, m, [round(willshaw_capacity(m / 2**m))], tested) for m in powers}
    return draw(single, several, units, active), compare(single, several, units, active, half)


if __name__ == "__main__":
    show(__file__, *main())
