"""Compiles the kernels of learning, sampling and annealing, for `neurosim warmup`."""

import numpy as np

from neurosim.boltzmann.dbn import DBN
from neurosim.boltzmann.encoders import learn_encoders
from neurosim.boltzmann.likelihood import log_partition
from neurosim.boltzmann.machine import BoltzmannMachine
from neurosim.boltzmann.rbm import RBM


def compile_kernels() -> None:
    """Run every CPU kernel once for each of its types, which compiles it into the cache."""
    learn_encoders("2-1-2", runs=1, cycles=1, backend="cpu")
    for dtype in ("float32", "float64"):
        machine = BoltzmannMachine(2, 1, dtype=dtype, backend="cpu")
        machine.learn([[0, 1]], cycles=1, noise=None)
        machine.settle("1@1")
        x = np.eye(4, dtype=dtype)
        for visible in ("bernoulli", "gaussian"):
            for method in ("pcd", "cd"):
                rbm = RBM(3, visible=visible, method=method, n_iter=1, batch_size=4, learning_rate=0.01, backend="cpu")
                rbm.fit(x)
            rbm.sample(2, 2)
        rbm = RBM(3, n_iter=1, batch_size=4, backend="cpu").fit(x)
        rbm.score_samples(x)
        for way in ("ais", "reverse_ais"):
            log_partition(rbm, method=way, betas=2, chains=2, X=x)
    DBN((3, 3), n_iter=1, tuning_epochs=1, backend="cpu").fit(x.astype(np.float32), [0, 1, 0, 1]).predict(x)
