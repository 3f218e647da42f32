"""What the models of this family measure, beside the closed forms that they have to meet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import exp, pi, sqrt
from typing import Any

import numpy as np
from numpy import fft

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import experiments, measures, stimuli, stimuli_noise
from neurosim.v1.bank import GaborBank
from neurosim.v1.complex_cells import EnergyCell
from neurosim.v1.covariance import spike_triggered_covariance
from neurosim.v1.fitting import fit_gabors
from neurosim.v1.gabor import Gabor
from neurosim.v1.motion import MotionEnergy
from neurosim.v1.normalisation import NormalisedPopulation
from neurosim.v1.retinotopy import LogPolarMap
from neurosim.v1.reverse_correlation import spike_triggered_average
from neurosim.v1.simple import SimpleCell
from neurosim.v1.sparse_inference import LCA, sparse_codes
from neurosim.v1.spikes import poisson_spikes
from neurosim.v1.whitening import radial_power, whiten

SHAPE = (65, 65)  # of cells whose fields reach at least 5 standard deviations
HUMAN = LogPolarMap()
HMAX = np.array([  # standard deviations and wavelengths of Serre et al. (2007)
    [2.8, 3.6, 4.5, 5.4, 6.3, 7.3, 8.2, 9.2, 10.2, 11.3, 12.3, 13.4, 14.6, 15.8, 17.0, 18.2],
    [3.5, 4.6, 5.6, 6.8, 7.9, 9.1, 10.3, 11.5, 12.7, 14.1, 15.4, 16.8, 18.2, 19.7, 21.2, 22.8],
])  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One line of the table of `verify`.

    Attributes
    ----------
    topic : str
        The part of the family that is measured.
    name : str
        What is measured, with its unit.
    theory : float
        The closed form.
    measured : float
    tolerance : float
        How far the two may differ.
    """

    topic: str
    name: str
    theory: float
    measured: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the measured value is within the tolerance."""
        return bool(abs(self.measured - self.theory) <= self.tolerance)


def verify(topics: Any = None) -> list[Check]:
    """Measure the models and compare them with closed forms.

    Parameters
    ----------
    topics : sequence of str, optional
        Some of "filters", "bank", "cells", "normalisation", "spikes", "fits", "retinotopy", "learning"; default: all.

    Returns
    -------
    list of Check
        Random numbers have fixed seeds, so that the same values are measured every time.

    Raises
    ------
    InvalidParameter
        If a topic is another.

    Examples
    --------
    >>> from neurosim.v1 import verify
    >>> for check in verify(["retinotopy"])[:2]:
    ...     print(f"{check.name}: {check.theory:.2f}, measured {check.measured:.2f}, {check.passed}")
    place of 5 degrees (mm): 35.24, measured 35.24, True
    magnification at 5 degrees (mm/degree): 3.01, measured 3.01, True
    """
    asked = list(TOPICS) if topics is None else [topics] if isinstance(topics, str) else list(topics)
    for topic in asked:
        if topic not in TOPICS:
            raise InvalidParameter("verify", "topics", topic, f"some of {', '.join(TOPICS)}")
    return [Check(topic, *line) for topic in asked for line in TOPICS[topic]()]


Line = tuple[str, float, float, float]  # name, theory, measured, tolerance


def _filters() -> Iterator[Line]:
    """Yield what a Fourier transform of a kernel of 1.5 octaves and aspect 1.5 says."""
    gabor = Gabor.from_bandwidth(1 / 8, 1.5, aspect=1.5)
    size = 129
    spectrum = np.abs(fft.fft2(fft.ifftshift(gabor.kernel(size))))
    along = np.interp(np.arange(0, 0.5, 1e-5), fft.fftfreq(size)[: size // 2], spectrum[0, : size // 2])
    above = np.flatnonzero(along >= along.max() / 2)
    yield "bandwidth of 1.5 octaves", 1.5, float(np.log2(above[-1] / above[0])), 0.02
    angles = np.arange(-60.0, 60.0, 0.1)
    gratings = [stimuli.grating((size, size), 8.0, angles[k : k + 60]) for k in range(0, len(angles), 60)]
    answers = np.concatenate([np.abs(np.tensordot(part, gabor.kernel(size), 2)) for part in gratings])
    width = float(np.ptp(angles[answers >= answers.max() / 2]))
    yield "orientation bandwidth, aspect 1.5 (degrees)", 36.9, width, 0.5
    even = gabor.kernel(size).real
    peak = float((even * stimuli.grating((size, size), 8.0)).sum())
    yield "answer to a uniform field / to the best grating", gabor.dc_ratio, float(even.sum()) / peak, 1e-6
    for dc in ("subtract", "quadrature"):
        yield f'answer to a uniform field, dc="{dc}"', 0.0, abs(complex(gabor.kernel(size, dc=dc).sum())) / peak, 1e-12
    yield "conventions there and back, largest difference", 0.0, _round_trip(), 1e-12


def _round_trip() -> float:
    """Return the largest difference between kernels of a Gabor and of its translations."""
    gabor = Gabor(9.0, 30.0, 40.0, 3.5, 5.0)
    gamma, opencv = gabor.as_gamma(), gabor.as_opencv()
    others = [Gabor.from_book(**gabor.as_book()), Gabor.from_gamma(**gamma), Gabor.from_opencv(**opencv),
              Gabor.from_cycles(gabor.n_x, gabor.n_y, gabor.frequency, orientation=30.0, phase=40.0)]  # fmt: skip
    return max(float(np.abs(other.kernel(33) - gabor.kernel(33)).max()) for other in others)


def _bank() -> Iterator[Line]:
    """Yield how far the methods of a bank are from each other."""
    image = stimuli_noise.gaussian_noise(1, (48, 56), random_state=1)[0]
    for dtype, tolerance in (("float64", 1e-10), ("float32", 1e-5)):
        bank = GaborBank.grid(4, 2, size=25, dtype=dtype)
        direct, *others = (bank.respond(image, method=way) for way in ("direct", "separable", "fft"))
        for way, answer in zip(("separable", "fft"), others, strict=True):
            difference = float(np.abs(answer - direct).max() / np.abs(direct).max())
            yield f"{way} and direct sums, {dtype}, relative difference", 0.0, difference, tolerance
    yield from _hmax()


def _hmax() -> Iterator[Line]:
    """Yield how far the kernels of the preset are from the printed table: read off the odd filters of orientation 0."""
    kernels = GaborBank.preset("hmax_2007", dtype="float64").kernels[::4].imag
    row = kernels.shape[1] // 2
    near, far, beside = kernels[:, row, row + 1], kernels[:, row, row + 2], kernels[:, row + 2, row + 1]
    sigma = np.sqrt(2 * 0.3**2 / np.log(near / beside))  # of the envelope, 0.3 as steep along the bars
    wavelength = 2 * pi / np.arccos(far / near * np.exp(1.5 / sigma**2) / 2)
    for name, found, printed in (("standard deviations", sigma, HMAX[0]), ("wavelengths", wavelength, HMAX[1])):
        apart = float(np.abs(found - printed).max())
        yield f"hmax_2007, {name} and the printed ones, largest difference (px)", 0.0, apart, 1e-6


def _cells() -> Iterator[Line]:
    """Yield modulation ratios, residues of quadrature, widths and directions."""
    gabor = Gabor(8.0, sigma_x=4.0)
    for nonlinearity, theory in (("rectified", pi / 2), ("half-squared", 16 / (3 * pi))):
        cell = SimpleCell(gabor, SHAPE, nonlinearity=nonlinearity)
        yield f"F1/F0, {nonlinearity}", theory, float(experiments.modulation(cell, wavelength=8.0).ratio), 0.002
    energy = experiments.modulation(EnergyCell(gabor, SHAPE), wavelength=8.0)
    yield "F1/F0, energy", 0.0, float(energy.ratio), 0.001
    for octaves in (1.0, 1.5, 2.0):
        narrow = Gabor.from_bandwidth(1 / 8, octaves)
        shape = 2 * (2 * int(8 * narrow.sigma_x) + 1,)
        depth = experiments.phase_response(EnergyCell(narrow, shape), wavelength=8.0).depth
        a = 8 * (pi * narrow.n_x) ** 2
        theory = 2 * exp(-a) / (1 + exp(-2 * a))
        yield f"modulation of the energy by phase, {octaves:g} octaves", theory, depth, max(0.01 * theory, 1e-9)
    angles = np.arange(-90.0, 90.0, 2.5)
    linear = np.exp(-0.5 * (angles / 20) ** 2)
    halves = [measures.half_width(angles, rates) for rates in (linear, linear**2)]
    yield "half-squaring narrows tuning by", sqrt(2), halves[0] / halves[1], 0.005
    cell_of_motion = MotionEnergy(gabor, SHAPE, periodic=True)
    right, left = (stimuli.drifting_grating(SHAPE, 16, 8.0, angle, cycles=2) for angle in (0, 180))
    preferred, null = (float(cell_of_motion.respond(movie).mean()) for movie in (right, left))
    yield "motion energy, direction index", 1.0, 1 - null / preferred, 1e-6


def _normalisation() -> Iterator[Line]:
    """Yield contrast responses, the shift by a mask, and widths at two contrasts."""
    population = NormalisedPopulation.ring(Gabor(8.0, sigma_x=4.0), 12, SHAPE, c50=0.2)
    cell = population.cell(0)
    masked = experiments.cross_orientation_suppression(cell, wavelength=8.0, mask_contrast=0.5)
    alone = masked.fits[0]
    yield "exponent of the contrast response", 2.0, alone.n, 0.02
    yield "contrast of half the response, c50", 0.2, alone.c50, 0.002
    yield "shift of c50 by an orthogonal mask of contrast 0.5", sqrt(1 + (0.5 / 0.2) ** 2), masked.shift, 0.08
    low, high = (experiments.orientation_tuning(cell, wavelength=8.0, contrast=c).hwhh for c in (0.05, 1.0))
    yield "width of tuning at contrast 1 / at contrast 0.05", 1.0, high / low, 0.01


def _spikes() -> Iterator[Line]:
    """Yield what reverse correlation finds on white noise of 256 and 16 pixels."""
    noise = stimuli_noise.gaussian_noise(10_000, (16, 16), random_state=3)
    field = Gabor(6.0, 30.0, sigma_x=2.5).kernel(16).real
    z = noise.reshape(len(noise), -1) @ field.ravel() / np.linalg.norm(field)
    for name, rates, constant in (("rectified", z.clip(0), 2.0), ("half-squared", z.clip(0) ** 2, 3 * pi / 4)):
        found = spike_triggered_average(noise, rates).field
        correlation = float(np.corrcoef(found.ravel(), field.ravel())[0, 1])
        theory = sqrt(len(noise) / (len(noise) + constant * (field.size - 1)))
        yield f"spike-triggered average and field, {name}, correlation", theory, correlation, 0.008
    s = stimuli_noise.gaussian_noise(40_000, (4, 4), random_state=4).reshape(-1, 16)
    pair = np.linalg.qr(np.array([s[0], s[1]]).T)[0].T
    energy = spike_triggered_covariance(s, ((s @ pair.T) ** 2).sum(axis=1), permutations=99, alpha=0.01, random_state=0)
    yield "raised axes of an energy cell", 2, len(energy.excitatory), 0
    yield "their mean variance", 2.0, float(energy.eigenvalues[:2].mean()), 0.05
    within = np.linalg.svd(energy.axes[:2] @ pair.T)[1]
    yield "overlap of their plane with the true one", 1.0, float(within.min()), 0.005
    divided = spike_triggered_covariance(s, 1 / (1 + (s @ pair[0]) ** 2), permutations=99, alpha=0.01, random_state=0)
    yield "lowered axes of a cell that is suppressed", 1, len(divided.suppressive), 0
    yield "its variance along that axis", 0.525, float(divided.eigenvalues[-1]), 0.02
    counts = poisson_spikes(np.full(40_000, 3.0), random_state=5)
    yield "variance / mean of Poisson counts", 1.0, float(counts.var() / counts.mean()), 0.03


def _fits() -> Iterator[Line]:
    """Yield errors of fits to 24 noisy Gabors of known parameters."""
    rng = np.random.default_rng(6)
    gabors = [Gabor(rng.uniform(4, 8), rng.uniform(0, 180), rng.uniform(-180, 180)) for _ in range(24)]
    gabors = [replace(g, sigma_x=n * g.wavelength, sigma_y=1.3 * n * g.wavelength)
              for g, n in zip(gabors, rng.uniform(0.3, 0.5, 24), strict=True)]  # fmt: skip
    fields = np.array([g.kernel(16).real for g in gabors])
    scale = fields.std(axis=(1, 2), keepdims=True) / 5
    fits = fit_gabors(fields + scale * rng.normal(size=fields.shape), random_state=7)
    turned = [abs((fit.gabor.orientation - g.orientation + 90) % 180 - 90) for fit, g in zip(fits, gabors, strict=True)]
    slower = [abs(fit.gabor.frequency / g.frequency - 1) for fit, g in zip(fits, gabors, strict=True)]
    yield "orientation at a signal/noise of 5, median error (degrees)", 0.0, float(np.median(turned)), 1.0
    yield "frequency, median relative error", 0.0, float(np.median(slower)), 0.03
    yield "explained variance, median", 1 / (1 + 1 / 25), float(np.median([fit.r_squared for fit in fits])), 0.02


def _retinotopy() -> Iterator[Line]:
    """Yield places, sizes and angles of the human map."""
    yield "place of 5 degrees (mm)", 17.3 * float(np.log1p(5 / 0.75)), float(HUMAN.to_cortex(5).real), 1e-9
    slope = float((HUMAN.to_cortex(5 + 1e-5) - HUMAN.to_cortex(5 - 1e-5)).real) / 2e-5
    yield "magnification at 5 degrees (mm/degree)", 17.3 / 5.75, slope, 1e-6
    angle, distance = np.meshgrid(np.linspace(-pi / 2, 3 * pi / 2, 360, endpoint=False), np.geomspace(0.01, 90, 60))
    z = distance * np.exp(1j * angle)
    for name, cortex in (("monopole", HUMAN), ("dipole", LogPolarMap(b=90.0))):
        error = float(np.abs(cortex.to_visual(cortex.to_cortex(z)) - z).max())
        yield f"there and back, {name}, largest error (degrees)", 0.0, error, 1e-10
        h = 1e-6 * np.exp(1j * pi / 7)
        inside = z[z.real > 1e-3]
        steps = [cortex.to_cortex(inside + turn * h) - cortex.to_cortex(inside - turn * h) for turn in (1, 1j)]
        bent = float(np.abs(np.rad2deg(np.angle(steps[1] / steps[0])) - 90).max())
        yield f"right angles, {name}, largest error (degrees)", 0.0, bent, 0.1


def _learning() -> Iterator[Line]:
    """Yield how flat a whitened 1/f picture is, and how far two solvers of one problem are apart."""
    rng, side = np.random.default_rng(8), 256
    frequency = np.hypot(fft.fftfreq(side)[:, None], fft.fftfreq(side))
    frequency[0, 0] = np.inf
    phase = fft.fft2(rng.normal(size=(side, side)))
    picture = fft.ifft2(phase / np.abs(phase) / frequency).real
    power = radial_power(whiten(picture))[1][4:30]  # 5 to 30 cycles/picture, where the filter still rises
    yield "power of a whitened 1/f picture, largest departure from flat", 0.0, float(np.ptp(power) / power.mean()), 0.02
    x = rng.normal(size=(64, 16))
    atoms = rng.normal(size=(24, 16))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = {
        solver: sparse_codes(x, atoms, alpha=0.5, solver=solver, tol=1e-8, max_iter=50_000)
        for solver in ("cd", "fista", "lca")
    }
    codes["circuit"] = LCA(atoms, alpha=0.5).run(x, duration=3.0).outputs[-1]
    cost = {name: 0.5 * ((x - a @ atoms) ** 2).sum() + 0.5 * np.abs(a).sum() for name, a in codes.items()}
    for name in ("fista", "lca", "circuit"):
        yield f"cost of sparse codes, {name} and cd, relative difference", 0.0, abs(cost[name] / cost["cd"] - 1), 1e-6


TOPICS: dict[str, Callable[[], Iterator[Line]]] = {
    "filters": _filters,
    "bank": _bank,
    "cells": _cells,
    "normalisation": _normalisation,
    "spikes": _spikes,
    "fits": _fits,
    "retinotopy": _retinotopy,
    "learning": _learning,
}
