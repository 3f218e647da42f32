"""Spike-triggered covariance finds the axes of cells whose spike-triggered average is blank.

Three model cells see Gaussian white noise and answer with Poisson spikes: an energy cell, z1^2 + z2^2; one with
divisive suppression alone, 1 / (1 + z^2); and a direction-selective complex cell on bars in space and time whose energy
is divided by that of the opposite direction. Along an excitatory axis the variance of the stimuli before spikes is
raised, along a suppressive one it is lowered, and by how much follows from moments of the normal distribution: 2, 0.525
and 0.677. Which eigenvalues matter is decided by a nested permutation test.

N. C. Rust, O. Schwartz, J. A. Movshon, E. P. Simoncelli, "Spatiotemporal elements of macaque V1 receptive fields",
Neuron 46:945-956 (2005), found excitatory and suppressive axes in this way; its text was not checked, and none of its
cells is drawn again. What is measured is compared with closed forms and a reference simulation by a separate program.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from scipy.special import erfc, exp1

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import LNP, Gabor, spike_triggered_average, spike_triggered_covariance

PIXELS, BARS = 64, 12
SUPPRESSED = 1 / (np.sqrt(np.pi * np.e / 2) * erfc(0.5**0.5)) - 1  # E[z^2 / (1 + z^2)] / E[1 / (1 + z^2)]
DIVIDED = 1 / (np.e * exp1(1)) - 1  # E[u / (1 + u)] / E[1 / (1 + u)], u exponential
SIGNED = matplotlib.colormaps["RdBu_r"].resampled(33)  # so few colours that a small file keeps them


def pair(orientation):
    """Return two orthonormal fields in space and time (2, frames, bars), a quadrature pair."""
    kernel = Gabor(wavelength=6, orientation=orientation, sigma_x=2.0, sigma_y=2.4).kernel(BARS)
    even = kernel.real / np.linalg.norm(kernel.real)
    odd = kernel.imag - (kernel.imag * even).sum() * even
    return np.stack([even, odd / np.linalg.norm(odd)])


FORTH, BACK = pair(45), pair(135)
CELLS = {
    "energy cell": LNP(np.eye(PIXELS)[:2], "squared", scale=0.1),
    "suppression alone": LNP(np.eye(PIXELS)[:1], lambda z: 1 / (1 + z[..., 0] ** 2), scale=0.3),
    "direction-selective complex cell": LNP(
        np.concatenate([FORTH, BACK]),
        lambda z: (z[..., 0] ** 2 + z[..., 1] ** 2) / (1 + 0.5 * (z[..., 2] ** 2 + z[..., 3] ** 2)),
        scale=0.2,
    ),
}


def recorded(cell, n, permutations, alpha, seed):
    """Return stimuli, spikes and the analysis of one recording."""
    stimuli = np.random.default_rng(seed).normal(size=(n, *cell.shape))
    spikes = cell.spikes(stimuli, random_state=seed)
    stc = spike_triggered_covariance(stimuli, spikes, permutations=permutations, alpha=alpha, random_state=seed)
    return stimuli, spikes, stc


def overlap(found, true):
    """Return the smallest cosine between two planes or lines; 0 if they are not equally many axes."""
    if len(found) != len(true):
        return 0.0
    return float(np.linalg.svd(found.reshape(len(found), -1) @ true.reshape(len(true), -1).T)[1].min())


def turned(found, true):
    """Return found axes turned within their plane so that they lie nearest the true ones."""
    left, _, right = np.linalg.svd(found.reshape(len(found), -1) @ true.reshape(len(true), -1).T)
    return np.tensordot((left @ right).T, found, axes=1)


def draw_spectrum(ax, name, stc, expected):
    """Draw the eigenvalues, the band of the permutations and the closed forms."""
    rank = np.arange(1, len(stc.eigenvalues) + 1)
    up, down = len(stc.excitatory), len(stc.suppressive)
    ax.axhspan(*stc.band, color="#DDDDDD", linewidth=0, label="permutations")
    for value in expected:
        ax.axhline(value, color=plotting.INK, linewidth=0.8, linestyle="--", label=None)
        ax.text(len(rank) / 2, value + 0.03, f"theory {value:.3f}", ha="center", fontsize=plotting.SMALL)
    rest = slice(up, len(rank) - down)
    ax.plot(rank[rest], stc.eigenvalues[rest], ".", color="#777777", markersize=3, label="not significant")
    ax.plot(rank[:up], stc.eigenvalues[:up], "^", color=plotting.COLOURS[1], markersize=5, label="excitatory")
    last = len(rank) - down
    ax.plot(rank[last:], stc.eigenvalues[last:], "v", color=plotting.COLOURS[0], markersize=5, label="suppressive")
    ax.set(title=name, xlabel="rank", ylabel="variance before spikes", ylim=(0.3, 2.3), xlim=(-3, len(rank) + 4))


def draw_fields(axes, fields, names):
    """Draw fields in space and time, each scaled to its maximum."""
    for ax, field, name in zip(axes, fields, names, strict=True):
        ax.imshow(field / np.abs(field).max(), cmap=SIGNED, vmin=-1, vmax=1, interpolation="nearest")
        ax.set(xticks=[], yticks=[], title=name)
        ax.spines[:].set_visible(True)


@plotting.style()
def draw(results):
    """Draw the three spectra, and the true and recovered fields of the third cell."""
    figure = plotting.figure(9.6, 6.2)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.05))
    spectra = top.subplots(1, 3)
    for ax, (name, stc), expected in zip(spectra, results.items(), ([2], [SUPPRESSED], [2, DIVIDED]), strict=True):
        draw_spectrum(ax, name, stc, expected)
    spectra[1].legend(*spectra[1].get_legend_handles_labels(), loc="upper right")
    third = results["direction-selective complex cell"]
    names = ["excitatory 1", "excitatory 2", "suppressive 1", "suppressive 2"]
    axes = bottom.subplots(2, 4)
    draw_fields(axes[0], [*FORTH, *BACK], names)
    found = [
        turned(axes_, true) if len(axes_) == 2 else np.ones_like(true)
        for axes_, true in ((third.excitatory, FORTH), (third.suppressive, BACK))
    ]
    draw_fields(axes[1], np.concatenate(found), [""] * 4)
    axes[0, 0].set_ylabel("true\n← time")
    axes[1, 0].set_ylabel("recovered\n← time")
    for ax in axes[1]:
        ax.set_xlabel("bar position")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 100,000 stimuli and 1,000 permutations for each cell."""
    n, permutations, alpha = (20_000, 99, 0.01) if fast else (100_000, 1000, 0.001)
    results, rates = {}, {}
    for seed, (name, cell) in enumerate(CELLS.items()):
        stimuli, spikes, results[name] = recorded(cell, n, permutations, alpha, seed)
        if name != "direction-selective complex cell":
            rates[name] = spike_triggered_covariance(
                stimuli, cell.rate(stimuli), permutations=19, alpha=0.1, random_state=0
            )
        if name == "energy cell":
            average = float(np.mean(spike_triggered_average(stimuli, spikes).z ** 2))
    energy, suppressed, complex_cell = results.values()
    both = rates["energy cell"].eigenvalues[:2]
    plane = overlap(rates["energy cell"].axes[:2], np.eye(PIXELS)[:2])
    lowest = float(rates["suppression alone"].eigenvalues[-1])
    at_most = alpha if fast else 0.001
    return draw(results), [
        Claim("Energy cell: significant axes", "2 (model)", len(energy.excitatory), at_least=2, at_most=2),
        Claim("Energy cell: suppressive axes", "0 (model)", len(energy.suppressive), at_most=0),
        Claim("Energy cell: p of the second axis", "< 0.001", float(energy.p_values[1]), at_most=at_most),
        Claim(
            "Energy cell: first eigenvalue from rates", "2 (closed form)", float(both[0]), at_least=1.95, at_most=2.05
        ),
        Claim(
            "Energy cell: second eigenvalue from rates", "2 (closed form)", float(both[1]), at_least=1.95, at_most=2.05
        ),
        Claim("Energy cell: cosine between true and found plane, from rates", "1 (model)", plane, at_least=0.995),
        Claim(
            "Energy cell: mean square of the average, in standard errors",
            "1: noise",
            average,
            at_least=0.5,
            at_most=1.7,
        ),
        Claim("Suppression: p of the axis", "< 0.001", float(suppressed.p_values[0]), at_most=at_most),
        Claim("Suppression: eigenvalue from rates", "0.525 (closed form)", lowest, at_least=0.515, at_most=0.535),
        Claim("Suppression: significant axes", "1 (model)", len(suppressed.suppressive), at_least=1, at_most=1),
        Claim("Complex cell: excitatory axes", "2 (model)", len(complex_cell.excitatory), at_least=2, at_most=2),
        Claim("Complex cell: suppressive axes", "2 (model)", len(complex_cell.suppressive), at_least=2, at_most=2),
        Claim("Complex cell: cosine of excitatory planes", "1", overlap(complex_cell.excitatory, FORTH), at_least=0.97),
        Claim(
            "Complex cell: cosine of suppressive planes", "1", overlap(complex_cell.suppressive, BACK), at_least=0.95
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
