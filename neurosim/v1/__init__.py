"""Primary visual cortex: Gabor filters and banks, cells, virtual experiments, reverse correlation, sparse coding."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.v1.bank import GaborBank
    from neurosim.v1.complex_cells import EnergyCell, MaxCell
    from neurosim.v1.covariance import SpikeTriggeredCovariance, spike_triggered_covariance
    from neurosim.v1.curves import NakaRushton, fit_contrast_response
    from neurosim.v1.experiments import (
        CrossOrientation,
        contrast_response,
        cross_orientation_suppression,
        frequency_tuning,
        modulation,
        orientation_tuning,
        phase_response,
        size_tuning,
    )
    from neurosim.v1.fitting import GaborFit, fit_gabor, fit_gabors
    from neurosim.v1.gabor import Gabor
    from neurosim.v1.lgn import DifferenceOfGaussians
    from neurosim.v1.lnp import LNP, Nonlinearity, estimate_nonlinearity
    from neurosim.v1.measures import TuningCurve
    from neurosim.v1.motion import MotionEnergy
    from neurosim.v1.normalisation import NormalisedPopulation, PopulationCell
    from neurosim.v1.presentation import Modulation
    from neurosim.v1.retinotopy import CorticalImage, LogPolarMap
    from neurosim.v1.reverse_correlation import SpikeTriggeredAverage, spike_triggered_average, sta_correlation
    from neurosim.v1.simple import HubelWieselCell, SimpleCell
    from neurosim.v1.sparse_coding import SparseCoding
    from neurosim.v1.sparse_inference import LCA, LCARun, sparse_codes
    from neurosim.v1.spikes import poisson_spikes, spike_times
    from neurosim.v1.stimuli import bar, counterphase, drifting_grating, edge, grating, moving_bar, plaid
    from neurosim.v1.stimuli_noise import HartleySet, binary_noise, gaussian_noise, hartley, m_sequence, sparse_noise
    from neurosim.v1.verification import Check, verify
    from neurosim.v1.whitening import radial_power, whiten, whitening_filter

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Check": "verification",
        "CorticalImage": "retinotopy",
        "CrossOrientation": "experiments",
        "DifferenceOfGaussians": "lgn",
        "EnergyCell": "complex_cells",
        "Gabor": "gabor",
        "GaborBank": "bank",
        "GaborFit": "fitting",
        "HartleySet": "stimuli_noise",
        "HubelWieselCell": "simple",
        "LCA": "sparse_inference",
        "LCARun": "sparse_inference",
        "LNP": "lnp",
        "LogPolarMap": "retinotopy",
        "MaxCell": "complex_cells",
        "Modulation": "presentation",
        "MotionEnergy": "motion",
        "NakaRushton": "curves",
        "Nonlinearity": "lnp",
        "NormalisedPopulation": "normalisation",
        "PopulationCell": "normalisation",
        "SimpleCell": "simple",
        "SparseCoding": "sparse_coding",
        "SpikeTriggeredAverage": "reverse_correlation",
        "SpikeTriggeredCovariance": "covariance",
        "TuningCurve": "measures",
        "bar": "stimuli",
        "binary_noise": "stimuli_noise",
        "contrast_response": "experiments",
        "counterphase": "stimuli",
        "cross_orientation_suppression": "experiments",
        "drifting_grating": "stimuli",
        "edge": "stimuli",
        "estimate_nonlinearity": "lnp",
        "fit_contrast_response": "curves",
        "fit_gabor": "fitting",
        "fit_gabors": "fitting",
        "frequency_tuning": "experiments",
        "gaussian_noise": "stimuli_noise",
        "grating": "stimuli",
        "hartley": "stimuli_noise",
        "m_sequence": "stimuli_noise",
        "modulation": "experiments",
        "moving_bar": "stimuli",
        "orientation_tuning": "experiments",
        "phase_response": "experiments",
        "plaid": "stimuli",
        "poisson_spikes": "spikes",
        "radial_power": "whitening",
        "size_tuning": "experiments",
        "sparse_codes": "sparse_inference",
        "sparse_noise": "stimuli_noise",
        "spike_times": "spikes",
        "spike_triggered_average": "reverse_correlation",
        "spike_triggered_covariance": "covariance",
        "sta_correlation": "reverse_correlation",
        "verify": "verification",
        "whiten": "whitening",
        "whitening_filter": "whitening",
    },
)
