"""Simple or complex: F1/F0 of model cells, and how a threshold makes two classes out of one.

Left: the answers of simple and complex model cells to their best drifting grating, as Poisson spikes. The ratio of the
first harmonic of the rate to its mean, F1/F0, is above 1 for simple and below 1 for complex cells, which became the
usual criterion. In closed form it is pi/2 for a rectified linear cell, 16/(3 pi) for a half-squared one, and 0 for an
energy cell. Right: cells of one class only. What varies is by how much the grating modulates the membrane potential,
relative to its mean, and this ratio has one peak. The rate is what exceeds a threshold. Where the potential stays above
it, F1/F0 is below 1; where it does not, F1/F0 soon comes near its limit. So F1/F0 has two peaks with the criterion in
between, and two peaks are no proof of two classes.

B. C. Skottun, R. L. De Valois, D. H. Grosof, J. A. Movshon, D. G. Albrecht, A. B. Bonds, "Classifying simple and
complex cells on the basis of response modulation", Vision Research 31:1079-1086 (1991). F. Mechler, D. L. Ringach, "On
the classification of simple and complex cells", Vision Research 42:1017-1033 (2002). No figure of theirs is drawn
again: the cells, their numbers and the distribution of the ratio are ours.
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.signal import find_peaks
from scipy.stats import lognorm, norm

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import EnergyCell, Gabor, MaxCell, SimpleCell, modulation, poisson_spikes
from neurosim.v1.measures import harmonics, modulation_ratio

PEAK, CYCLE, CYCLES = 60.0, 0.5, 100  # spikes/s, seconds, how many are shown
FRAMES, SHAPE = 32, (33, 33)
BINS = np.linspace(0, 2, 21)
THRESHOLD = 0.5  # share of the largest potential
EDGE = (1 - THRESHOLD) / (1 + THRESHOLD)  # V1/V0 from which the potential goes below it
MEDIAN, SPREAD = 0.3, 0.8  # of the potential's ratio V1/V0 and of its logarithm


def random_gabor(rng, *, n_x=(0.3, 0.5)):
    """Return a field of random orientation, phase, length and number of sub-fields."""
    wavelength = rng.uniform(6, 9)
    sigma = wavelength * rng.uniform(*n_x)
    return Gabor(wavelength, rng.uniform(0, 180), rng.uniform(0, 360), sigma, sigma * rng.uniform(1, 1.5))


def simple_cell(rng):
    """Return a simple cell with a threshold of up to 0.3 of its best answer."""
    gabor = random_gabor(rng)
    kind = rng.choice(["rectified", "half-squared"])
    return SimpleCell(
        gabor, SHAPE, nonlinearity=str(kind), threshold=rng.uniform(0, 0.3) * np.pi * gabor.sigma_x * gabor.sigma_y
    )


def complex_cell(rng):
    """Return an energy cell, or the maximum over a few simple cells whose phases are not quite even."""
    if rng.random() < 0.5:
        return EnergyCell(random_gabor(rng), SHAPE)
    n = rng.integers(2, 5)
    return MaxCell(random_gabor(rng), SHAPE, phases=360 * np.arange(n) / n + rng.uniform(-40, 40, n))


def recorded(cell, gabor, rng):
    """Return the rate in spikes/s during a cycle of the best grating, from spikes, a spontaneous rate included."""
    rates = modulation(cell, wavelength=gabor.wavelength, orientation=gabor.orientation, frames=FRAMES).rates
    rates = PEAK * rates / rates.max() + rng.uniform(0, 6)
    duration = CYCLES * CYCLE / FRAMES
    return poisson_spikes(rates, duration, random_state=rng) / duration


def population(make, n, rng):
    """Return the recorded rates (n, frames) of cells and their F1/F0 (n,)."""
    cells = [make(rng) for _ in range(n)]
    fields = [cell.simple[0].gabor if isinstance(cell, MaxCell) else cell.gabor for cell in cells]
    rates = np.array([recorded(cell, gabor, rng) for cell, gabor in zip(cells, fields, strict=True)])
    return rates, modulation_ratio(*harmonics(rates))


def potential_ratios(n):
    """Return V1/V0 of n cells: the quantiles of a lognormal distribution."""
    return lognorm.ppf((np.arange(n) + 0.5) / n, SPREAD, scale=MEDIAN)


def rectified_ratio(chi):
    """Return F1/F0 of the rate above threshold; the potential V0 + V1 cos has the ratio `chi` and the maximum 1."""
    wave = np.cos(2 * np.pi * np.arange(256) / 256)
    potential = (1 + chi[:, None] * wave) / (1 + chi[:, None])
    return modulation_ratio(*harmonics(np.maximum(0, potential - THRESHOLD)))


def histogram(values, top):
    """Return the share of values in 20 bins up to `top`, and how many peaks and the place of the dip between two."""
    share, edges = np.histogram(values, np.linspace(0, top, 21))
    peaks, _ = find_peaks(np.concatenate([[0], share, [0]]))
    between = share[peaks[0] - 1 : peaks[-1]]
    dip = edges[peaks[0] - 1 + between.argmin()] + (edges[1] - edges[0]) / 2
    return share / len(values), len(peaks), dip


def criterion(ax):
    """Draw the line at 1."""
    ax.axvline(1, color=plotting.INK, linewidth=0.9, linestyle="--")
    ax.text(0.97, 0.98, "criterion", ha="right", va="top", fontsize=plotting.SMALL, transform=ax.get_xaxis_transform())


def two_kinds(cells, two, simple, complex_):
    """Draw the rates of the middle cell of either kind, and the ratios of all."""
    time = CYCLE * 1000 * (np.arange(FRAMES) + 0.5) / FRAMES
    for (rates, ratios), name, colour in zip((simple, complex_), ("simple", "complex"), plotting.COLOURS, strict=False):
        one = int(np.abs(ratios - np.median(ratios)).argmin())
        cells.plot(time, rates[one], drawstyle="steps-mid", color=colour, label=f"{name}, F1/F0 = {ratios[one]:.2f}")
    cells.set(
        xlabel="time in the cycle of the grating (ms)", ylabel="rate (spikes/s)", title="two kinds of model cells …"
    )
    cells.set(xlim=(0, 1000 * CYCLE), ylim=(0, 1.6 * PEAK))
    cells.legend(loc="upper center", ncols=2, columnspacing=1.2, handlelength=1.4)
    two.hist([simple[1], complex_[1]], BINS, stacked=True, color=plotting.COLOURS[:2], label=["simple", "complex"])
    two.set(xlabel="F1/F0", ylabel="cells", xlim=(0, 2), title="… on either side of the criterion")
    two.legend(loc="upper right")


def one_kind(before, after, chi, ratio):
    """Draw the ratios of the potential, and those of the rate."""
    share = np.full(len(chi), 100 / len(chi))
    before.hist(chi, np.linspace(0, 1.5, 31), weights=share, color=plotting.COLOURS[2])
    before.set(xlabel="modulation of the potential, V1/V0", ylabel="cells (%)", xlim=(0, 1.5))
    before.axvline(EDGE, color=plotting.INK, linewidth=0.9, linestyle=":")
    said, top = "from here on below threshold\nfor a part of the cycle", before.get_xaxis_transform()
    before.text(EDGE + 0.03, 0.93, said, fontsize=plotting.SMALL, va="top", transform=top)
    after.hist(ratio, BINS, weights=share, color=plotting.COLOURS[2])
    after.set(xlabel="F1/F0", ylabel="cells (%)", xlim=(0, 2), title="… and a threshold make two peaks")
    before.set_title("one kind of cell …")


@plotting.style()
def draw(simple, complex_, chi, ratio):
    """Draw two cells' rates, both populations' ratios, and the ratios before and after a threshold."""
    figure = plotting.figure(7.6, 5.4)
    (cells, before), (two, after) = figure.subplots(2, 2)
    two_kinds(cells, two, simple, complex_)
    one_kind(before, after, chi, ratio)
    for ax in (two, after):
        criterion(ax)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 200 cells of either kind, and 20,000 of one kind."""
    n, many = (30, 2000) if fast else (200, 20_000)
    rng = np.random.default_rng(1991)
    simple, complex_ = population(simple_cell, n, rng), population(complex_cell, n, rng)
    chi = potential_ratios(many)
    ratio = rectified_ratio(chi)
    (_, intracellular, _), (_, extracellular, dip) = histogram(chi, 1.5), histogram(ratio, 2.0)
    best = Gabor(8, sigma_x=4.0)
    cells = [SimpleCell(best, (41, 41), nonlinearity=kind) for kind in ("rectified", "half-squared")]
    linear, squared, energy = (
        float(modulation(cell, wavelength=8).ratio) for cell in (*cells, EnergyCell(best, (41, 41)))
    )
    above, measured = float(norm.sf(np.log(EDGE / MEDIAN) / SPREAD)), float(np.mean(ratio > 1))
    said = "the classes fall on either side of 1"
    one = "one peak becomes two by rectification (Mechler & Ringach)"
    closed, low, high = f"{above:.4f} (closed form)", round(above - 0.005, 4), round(above + 0.005, 4)
    return draw(simple, complex_, chi, ratio), [
        Claim("F1/F0 of a rectified linear cell", "π/2 = 1.5708 (closed form)", linear, 1.5688, 1.5728),
        Claim("F1/F0 of a half-squared linear cell", "16/3π = 1.6977 (closed form)", squared, 1.6957, 1.6997),
        Claim("F1/F0 of an energy cell", "0 (closed form)", energy, at_most=1e-3),
        Claim("Share of simple cells with F1/F0 > 1", said, float(np.mean(simple[1] > 1)), 0.99, source_read=False),
        Claim("Share of complex cells with F1/F0 < 1", said, float(np.mean(complex_[1] < 1)), 0.99, source_read=False),
        Claim("Peaks in the distribution of V1/V0", one, float(intracellular), 1, 1),
        Claim("Peaks in the distribution of F1/F0", one, float(extracellular), 2, 2),
        Claim("F1/F0 where the distribution has its dip", "about 1: rectification begins there", dip, 0.85, 1.15),
        Claim("Share of these cells with F1/F0 > 1", closed, measured, low, high),
    ]


if __name__ == "__main__":
    show(__file__, *main())
