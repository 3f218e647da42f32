"""A map takes up one more dimension of the data all at once, in waves: at 2.02 sigma, 4.44 sigma long.

A ring of 200 units one step apart, data around it that also spread from -s to s across, and the batch rule with a
Gaussian neighbourhood of constant width sigma. While s is small the ring stays flat, as if the data had no width.
Beyond s = sigma sqrt(3 e / 2) it buckles into waves of length sqrt(2) pi sigma. Left the weights across, around the
ring, for three s. In the middle their spread. Right the factor by which small waves grow in an epoch, against their
length, beside (k s)^2 / 3 exp(-(k sigma)^2 / 2), k = 2 pi / length, which follows from the batch rule for waves so
small that the nearest place on the ring shifts in proportion to the slope.

H. Ritter, T. Martinetz, K. Schulten, "Neural Computation and Self-Organizing Maps", Addison-Wesley (1992), from memory
for threshold and length. Data are evenly spread (golden section), not random: noise would round off the threshold.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.som import SOM
from neurosim.som.magnification import selection_threshold, selection_wavelength

SIGMA, EPOCHS = 5.0, 200
SPREADS = (1.0, 1.2, 1.4, 1.6, 1.7, 1.8, 1.9, 1.95, 2.0, 2.05, 2.1, 2.2, 2.4, 2.6, 2.8, 3.0)
SHOWN = (1.9, 2.1, 2.8)
GOLDEN = (np.sqrt(5) - 1) / 2


def strip(s, samples, units):
    """Return data (samples, 3) around a circle on which units are one step apart, even from -s to s across."""
    angle = 2 * np.pi * (np.arange(samples) + 0.5) / samples
    radius = units / (2 * np.pi)
    across = s * (2 * (np.arange(samples) * GOLDEN % 1) - 1)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), across], axis=1)


def across(s, start, epochs, samples):
    """Train a ring whose weights across are `start` at first; return those at the end."""
    units = len(start)
    radius, angle = units / (2 * np.pi), 2 * np.pi * np.arange(units) / units
    first = np.stack([radius * np.cos(angle), radius * np.sin(angle), start], axis=1)
    ring = SOM((1, units), shape="cylinder", sigma=(SIGMA, SIGMA), sigma_decay="constant", epochs=epochs, init=first)
    return ring.fit(strip(s, samples, units)).weights_[:, 2]


def settled(ratio, units, samples):
    """Return the weights across, in units of s, of a ring that started with tiny random ones."""
    s = ratio * SIGMA
    start = 1e-3 * s * np.random.default_rng(1).standard_normal(units)
    return across(s, start, EPOCHS, samples) / s


def spectrum(weights):
    """Return the amplitude of every number of waves round the ring, 0 first."""
    return np.abs(np.fft.rfft(weights))


def growth(ratio, waves, units, samples, epochs=4):
    """Return the factor by which small sines, `waves` of them round the ring, grow in an epoch; mean of `epochs`."""
    s = ratio * SIGMA
    start = 0.01 * s * np.sin(2 * np.pi * waves * np.arange(units) / units)
    end = across(s, start, epochs, samples)
    return (spectrum(end)[waves] / spectrum(start)[waves]) ** (1 / epochs)


def predicted(ratio, length):
    """Return the growth per epoch of waves of some length, in units of sigma."""
    k = 2 * np.pi / np.asarray(length)
    return (k * ratio) ** 2 / 3 * np.exp(-(k**2) / 2)


@plotting.style()
def draw(rings, spreads, waves, units):
    """Draw three rings unrolled, the spread across, and the growth of small waves."""
    figure = plotting.figure(9.6, 3.6)
    left, middle, right = figure.subplots(1, 3)
    for ratio in SHOWN:
        if ratio in rings:
            left.plot(np.arange(units) / SIGMA, rings[ratio], label=f"$s$ = {ratio:g} $σ$")
    left.set(xlabel="place on the ring (units of $σ$)", ylabel="weight across (units of $s$)", ylim=(-0.4, 0.45))
    left.set(title="rings, unrolled", xlim=(0, units / SIGMA))
    left.legend(loc="upper center", ncols=3, columnspacing=0.8, handlelength=1)
    middle.plot(list(spreads), list(spreads.values()), "o-", markersize=4)
    middle.axvline(selection_threshold(1), color=plotting.INK, linewidth=0.8, linestyle=":")
    middle.text(1.98, max(spreads.values()), "$\\sqrt{3e/2}$", ha="right", va="top", fontsize=plotting.SMALL)
    middle.set(xlabel="half-width of the data across, $s$ / $σ$", ylabel="spread of the weights across / $s$")
    middle.set_title("threshold")
    lengths = np.linspace(2.5, 8.5, 200)
    for ratio, measured in waves.items():
        line = right.plot(lengths, predicted(ratio, lengths), linewidth=0.9)[0]
        x, y = np.array(list(measured)), np.array(list(measured.values()))
        right.plot(x, y, "o", markersize=4, color=line.get_color(), label=f"$s$ = {ratio:g} $σ$")
    right.axhline(1, color=plotting.OUTLINE, linewidth=0.8, zorder=0)
    right.axvline(selection_wavelength(1), color=plotting.INK, linewidth=0.8, linestyle=":")
    right.text(4.55, 0.42, "$\\sqrt{2}\\,π\\,σ$", fontsize=plotting.SMALL)
    right.set(xlabel="length of the waves (units of $σ$)", ylabel="growth in an epoch", ylim=(0.4, 1.25))
    right.set_title("small waves (lines: theory)")
    right.legend()
    return figure


def threshold(waves, units, samples):
    """Return the s / sigma at which waves neither grow nor shrink, by linear interpolation."""
    ratios = (1.95, 2.1)
    growths = [growth(ratio, waves, units, samples) for ratio in ratios]
    return float(np.interp(1, growths, ratios))


def compare(spreads, waves, at_rest, length):
    """Return the claims."""
    worst = max(abs(value - predicted(ratio, x)) for ratio, row in waves.items() for x, value in row.items())
    theory, wave, memory = selection_threshold(1), selection_wavelength(1), "from memory"
    return [
        Claim("Spread across at s = 1.9 sigma, over s", f"0: {memory}", spreads[1.9], at_most=0.05, source_read=False),
        Claim("Spread across at s = 2.1 sigma, over s", f"> 0: {memory}", spreads[2.1], 0.1, source_read=False),
        Claim(
            "s / sigma at which the waves of the critical length neither grow nor shrink",
            f"{theory:.3f} = sqrt(3 e / 2): {memory}",
            at_rest,
            0.99 * theory,
            1.01 * theory,
            source_read=False,
        ),
        Claim(
            "Length of the waves at s = 2.1 sigma, in sigma",
            f"{wave:.3f} = sqrt(2) pi: {memory}",
            length,
            0.95 * wave,
            1.05 * wave,
            source_read=False,
        ),
        Claim(
            "Growth of small waves in an epoch: largest difference from the formula",
            "0: follows from the batch rule",
            worst,
            at_most=0.03,
        ),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 20,000 data, 200 epochs; 100 to 1,000 data a unit."""
    units, samples, many = (100, 4000, 20_000) if fast else (200, 20_000, 200_000)
    ratios = (1.9, 2.1) if fast else SPREADS
    rings = {ratio: settled(ratio, units, samples) for ratio in ratios}
    spreads = {ratio: ring.std() for ratio, ring in rings.items()}
    numbers = (4, 5) if fast else (5, 6, 7, 8, 9, 10, 11, 12, 14)
    waves = {
        ratio: {units / n / SIGMA: growth(ratio, n, units, many) for n in numbers}
        for ratio in (1.9, 2.1)
    }  # fmt: skip
    critical = round(units / selection_wavelength(SIGMA))
    length = units / int(spectrum(rings[2.1])[1:].argmax() + 1) / SIGMA
    at_rest = threshold(critical if fast else 2 * critical, units if fast else 2 * units, many if fast else 2 * many)
    return draw(rings, spreads, waves, units), compare(spreads, waves, at_rest, length)


if __name__ == "__main__":
    show(__file__, *main())
