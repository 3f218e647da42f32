"""Reverse correlation: the average of the noise before spikes is the receptive field, and theory says how nearly.

A model simple cell, a Gabor field of 16 x 16 pixels and a nonlinearity, is shown Gaussian white noise. The average of
the stimuli, weighted with the answers, approaches the field: its correlation with the true one after n stimuli is
sqrt(n / (n + c (d - 1))) for d pixels, with c = 2 for a rectifier, 3 pi / 4 for half-squaring, and more if the answers
are Poisson spikes. The nonlinearity follows from the same spikes, and a Gabor fit gives the parameters with errors.

E. J. Chichilnisky, "A simple white noise analysis of neuronal light responses", Network: Computation in Neural Systems
12:199-213 (2001), for the method; its text was not checked. No figure of it is drawn: what is measured is compared with
the closed form, and with a reference simulation by a separate program.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import LNP, Gabor, estimate_nonlinearity, fit_gabor, spike_triggered_average
from neurosim.v1.reverse_correlation import sta_correlation

SIDE = 16
PIXELS = SIDE**2
GABOR = Gabor(wavelength=6, orientation=30, phase=-60, sigma_x=2.4, sigma_y=3.4)
FIELD = GABOR.kernel(SIDE).real / np.linalg.norm(GABOR.kernel(SIDE).real)
COUNTS = np.array([2000, 5000, 10_000, 20_000, 40_000])
MEAN_COUNT = 0.3
KINDS = {  # nonlinearity, mean count of Poisson spikes, marker
    "rectified rate": ("rectified", None, "o"),
    "half-squared rate": ("half-squared", None, "s"),
    f"rectified, Poisson spikes ({MEAN_COUNT} per stimulus)": ("rectified", MEAN_COUNT, "^"),
}
SIGNED = matplotlib.colormaps["RdBu_r"].resampled(33)  # so few colours that a small file keeps them


def correlations(seed, most):
    """Return the correlation of average and true field, (kinds, counts), for one sequence of noise."""
    rng = np.random.default_rng(seed)
    stimuli = rng.normal(size=(most, SIDE, SIDE))
    answers = [LNP([FIELD], nonlinearity).rate(stimuli) for nonlinearity, _, _ in KINDS.values()]
    for answer, (_, mean_count, _) in zip(answers, KINDS.values(), strict=True):
        if mean_count is not None:
            answer[:] = rng.poisson(mean_count * answer / answer.mean())
    found = []
    for answer in answers:
        fields = [answer[:n] @ stimuli[:n].reshape(n, PIXELS) for n in COUNTS[most >= COUNTS]]
        found.append([field @ FIELD.ravel() / np.linalg.norm(field) for field in fields])
    return np.array(found)


def recovered(n):
    """Return the average over half of a recording, its Gabor fit, and the nonlinearity from the other half."""
    cell = LNP([FIELD], "half-squared", scale=0.6)  # 0.3 spikes per stimulus
    stimuli = np.random.default_rng(100).normal(size=(2 * n, SIDE, SIDE))
    spikes = cell.spikes(stimuli, random_state=101)
    sta = spike_triggered_average(stimuli[:n], spikes[:n])
    fit = fit_gabor(sta.field, random_state=0)
    direction = fit.gabor.kernel(SIDE).real
    return sta, fit, estimate_nonlinearity(stimuli[n:], spikes[n:], direction / np.linalg.norm(direction), bins=25)


def draw_field(ax, field, title):
    """Draw a field, scaled to its maximum."""
    half = SIDE / 2 + 0.5
    extent = (-half, half - 1, half - 1, -half)
    image = ax.imshow(field / np.abs(field).max(), cmap=SIGNED, vmin=-1, vmax=1, extent=extent, interpolation="nearest")
    ax.set(title=title, xlabel="x (pixels)", ylabel="y (pixels)", xticks=(-8, -4, 0, 4), yticks=(-8, -4, 0, 4))
    ax.spines[:].set_visible(True)
    return image


def draw_theory(ax, measured, counts):
    """Draw mean and standard deviation over seeds on the closed forms."""
    n = np.geomspace(1000, 60_000, 200)
    for i, (name, (nonlinearity, mean_count, marker)) in enumerate(KINDS.items()):
        colour = plotting.COLOURS[i]
        ax.plot(n, sta_correlation(n, PIXELS, nonlinearity, mean_count=mean_count), color=colour)
        mean, spread = measured[:, i].mean(axis=0), measured[:, i].std(axis=0)
        ax.errorbar(counts, mean, spread, fmt=marker, color=colour, markersize=4, capsize=2, label=name)
    ax.set(
        xscale="log", xlim=(1500, 55_000), ylim=(0.75, 1.0), xlabel="stimuli, n", ylabel="correlation, STA and field"
    )
    ax.set_xticks(COUNTS, [f"{n // 1000}k" for n in COUNTS])
    ax.minorticks_off()
    ax.set_title(f"points: mean ± SD of {len(measured)} runs; lines: theory")
    ax.legend(loc="lower right")


def draw_nonlinearity(ax, found):
    """Draw the estimated and the true nonlinearity."""
    z = np.linspace(-2.5, 2.5, 200)
    ax.plot(z, 0.6 * np.maximum(z, 0) ** 2, color=plotting.INK, label="true, half-squared")
    ax.errorbar(found.z, found.rate, found.error, fmt="o", color=plotting.COLOURS[1], markersize=3.5, label="estimated")
    ax.set(xlabel="output of the fitted field (stimulus SD)", ylabel="spikes per stimulus", title="nonlinearity")
    ax.set(xlim=(-2.6, 2.6), ylim=(-0.1, 3.5))
    ax.legend(loc="upper left")


@plotting.style()
def draw(measured, counts, sta, fit, nonlinearity, n):
    """Draw the fields above, theory and nonlinearity below."""
    figure = plotting.figure(9.6, 6.0)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    fields = top.subplots(1, 3)
    draw_field(fields[0], FIELD, "true field")
    draw_field(fields[1], sta.field, f"spike-triggered average, n = {n:,}")
    image = draw_field(fields[2], fit.gabor.kernel(SIDE).real, f"Gabor fit, $R^2$ = {fit.r_squared:.2f}")
    plotting.colour_bar(fields[2], image, "part of the maximum", ticks=5)
    theory, curve = bottom.subplots(1, 2, width_ratios=(1.35, 1))
    draw_theory(theory, measured, counts)
    draw_nonlinearity(curve, nonlinearity)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 20 sequences of 40,000 stimuli."""
    seeds, most, n = (4, 10_000, 5000) if fast else (20, 40_000, 20_000)
    counts = COUNTS[most >= COUNTS]
    measured = np.array([correlations(seed, most) for seed in range(seeds)])
    theory = [sta_correlation(counts, PIXELS, kind, mean_count=mean) for kind, mean, _ in KINDS.values()]
    off = float(np.abs(measured.mean(axis=0) - theory).max())
    sta, fit, nonlinearity = recovered(n)
    at = int(np.flatnonzero(counts == 10_000)[0])
    rectified, squared = measured[:, :2, at].mean(axis=0)
    truth = 0.6 * np.maximum(nonlinearity.z, 0) ** 2
    said, reference = "Correlation of STA and field, 256 pixels, 10,000 stimuli, mean of seeds", "reference simulation"
    error = float(abs((fit.gabor.orientation - GABOR.orientation + 90) % 180 - 90))
    return draw(measured, counts, sta, fit, nonlinearity, n), [
        Claim(f"{said}: rectifier", f"0.9755: {reference}", float(rectified), at_least=0.9735, at_most=0.9775),
        Claim(f"{said}: half-squared", f"0.9716: {reference}", float(squared), at_least=0.9696, at_most=0.9736),
        Claim("Largest distance of a mean from theory, 2,000 to 40,000 stimuli", "0 (closed form)", off, at_most=0.005),
        Claim("Orientation of the fitted Gabor, distance from the true one (degrees)", "0", error, at_most=2),
        Claim(
            "Wavelength of the fitted Gabor over the true one",
            "1",
            fit.gabor.wavelength / 6,
            at_least=0.97,
            at_most=1.03,
        ),
        Claim(
            "Correlation of the estimated and the true nonlinearity",
            "1",
            float(np.corrcoef(nonlinearity.rate, truth)[0, 1]),
            at_least=0.99,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
