"""Boltzmann machines: annealed learning (Ackley, Hinton & Sejnowski 1985), restricted machines, deep belief nets."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.boltzmann.dbn import DBN
    from neurosim.boltzmann.deep_autoencoder import DeepAutoencoder
    from neurosim.boltzmann.encoders import EncoderRuns, learn_encoders
    from neurosim.boltzmann.exact import ExactDistribution
    from neurosim.boltzmann.likelihood import (
        LikelihoodPair,
        LogPartition,
        likelihood_pair,
        log_likelihood,
        log_partition,
    )
    from neurosim.boltzmann.machine import BoltzmannMachine
    from neurosim.boltzmann.mean_field import MeanField
    from neurosim.boltzmann.rbm import RBM
    from neurosim.boltzmann.rbm_inference import Completed
    from neurosim.boltzmann.results import Completion, Cooccurrence, Learning, Settled
    from neurosim.boltzmann.tasks import Task, encoder_task, shifter_task

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "BoltzmannMachine": "machine",
        "Completed": "rbm_inference",
        "Completion": "results",
        "Cooccurrence": "results",
        "DBN": "dbn",
        "DeepAutoencoder": "deep_autoencoder",
        "EncoderRuns": "encoders",
        "ExactDistribution": "exact",
        "Learning": "results",
        "LikelihoodPair": "likelihood",
        "LogPartition": "likelihood",
        "MeanField": "mean_field",
        "RBM": "rbm",
        "Settled": "results",
        "Task": "tasks",
        "encoder_task": "tasks",
        "learn_encoders": "encoders",
        "likelihood_pair": "likelihood",
        "log_likelihood": "likelihood",
        "log_partition": "likelihood",
        "shifter_task": "tasks",
    },
)
