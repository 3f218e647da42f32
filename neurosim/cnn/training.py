"""Training: epochs of mini-batches, validation, early stopping, checkpoints, and what to do when it diverges."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.cnn.checkpoints import opened
from neurosim.cnn.losses import as_loss
from neurosim.cnn.plan import Plan
from neurosim.cnn.targets import as_samples
from neurosim.cnn.trainer import Trainer
from neurosim.core import checks, random
from neurosim.core.errors import DivergedError as DivergedError
from neurosim.core.errors import InvalidParameter
from neurosim.core.progress import Callback


@dataclass(frozen=True)
class Training:
    """What training went through.

    Attributes
    ----------
    losses : (epochs,)
        Mean of each epoch's losses over its samples, each before its update; with reduction "sum" their sum. Penalties
        (l1, l2) are not in it.
    step_losses : (updates,)
        Loss of each mini-batch before its update: the mean or the sum over its samples.
    validation_losses, validation_accuracies : (epochs,), or (0,) without validation
        Mean loss after each epoch, and for `CrossEntropy` the share of samples classified correctly (else NaN).
    epochs, updates : int
        Complete epochs and updates done.
    best_epoch : int
        The epoch, counted from 1, with the least validation loss, or without validation the least loss; 0 if none.
    seconds : float
    stopped : "epochs", "patience" or "callback"
        Why it ended.
    seed : int
        The key that `random_state` stood for.
    backend : "cpu" or "cuda"
    """

    losses: np.ndarray
    step_losses: np.ndarray
    validation_losses: np.ndarray
    validation_accuracies: np.ndarray
    epochs: int
    updates: int
    best_epoch: int
    seconds: float
    stopped: str
    seed: int
    backend: str


def train(
    network: Any,
    x: Any,
    y: Any,
    *,
    loss: Any,
    optimiser: Any,
    epochs: int = 10,
    batch_size: int | str = 64,
    shuffle: bool = True,
    reduction: str = "mean",
    augment: Any = None,
    validation: Any = None,
    patience: int | None = None,
    tolerance: float = 0.0,
    sample_weight: Any = None,
    callback: Callback | None = None,
    step_callback: Callback | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    random_state: Any = None,
    backend: str = "auto",
) -> Training:
    """Train a network by gradient descent; its weights change in place.

    Parameters
    ----------
    network : Sequential or Graph
    x : (n, C, H, W) or (n, features) array, finite
        Taken as the network's dtype.
    y : (n,) labels 0 to classes - 1 for `CrossEntropy`, or targets (n, outputs)
    loss : loss or str
        As ``CrossEntropy()`` or "cross_entropy".
    optimiser : optimiser
        As ``Adam(1e-3)``.
    epochs : int >= 1, default 10
        Passes over the samples.
    batch_size : int >= 1 or "full", default 64
        Samples per update; 1 is online learning, which networks that normalise vectors by mini-batches cannot do. The
        last mini-batch of an epoch may be smaller.
    shuffle : bool, default True
        Whether every epoch has a random order of its own, or that of x.
    reduction : "mean" or "sum", default "mean"
        What is minimised: the mean or the sum of a mini-batch's losses.
    augment : Augmentation, optional
        Changes the images of every epoch, as ``Shift(2)``. Not those of the validation.
    validation : (x, y) or float in (0, 1), optional
        Samples to be measured after every epoch, or the share of the samples to set aside at random. They choose
        nothing without `patience`: the network then keeps the weights of the last epoch.
    patience : int >= 1, optional
        Stop after so many epochs running in which the validation loss (without validation: the loss) has not fallen by
        more than `tolerance`. With validation the network then gets the weights of the best epoch, also if all epochs
        were run. Default: never stop.
    tolerance : float >= 0, default 0.0
    sample_weight : (n,), optional
        How much each sample counts, >= 0; only their ratios matter.
    callback : function of a `neurosim.core.progress.Progress`, optional
        Called after every epoch with the metrics "loss" and, with validation, "validation_loss" and (for classes)
        "validation_accuracy"; the network has the weights after this epoch. Returning True stops.
    step_callback : function of a `neurosim.core.progress.Progress`, optional
        Called after every stretch of updates (some hundredths of a second, at most 4096 updates; a stretch of more than
        an epoch ends with one) with the number of updates done and the metric "loss", the mean since the last call.
        Returning True stops, also within an epoch.
    checkpoint : path, optional
        The network and the state of the training are written here after epochs, at most twice a second, and at the end.
    resume : bool, default False
        Go on from `checkpoint`, if that file is there, to the same bits as without the interruption. `epochs` may be
        larger than before if the rates of the epochs done stay the same. Needs a checkpoint.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the order of the samples, the augmentation and dropout come from.
    backend : "auto", "cpu" or "cuda", default "auto"

    Returns
    -------
    Training

    Raises
    ------
    InvalidParameter, DataError
        If a parameter or the data are not as described.
    DivergedError
        If a loss or a weight is not finite. The network keeps good weights: those of the last finite loss.
    StorageError
        If the checkpoint is there without `resume`, is damaged, or belongs to other training.

    Notes
    -----
    The same input gives the same bits for any number of threads. After Ctrl-C the network has the weights of the last
    updates done.

    Examples
    --------
    >>> from neurosim.cnn import SGD, Dense, Sequential, train
    >>> net = Sequential([Dense(4, activation="tanh"), Dense(1, activation="sigmoid")], 2, random_state=1)
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> result = train(net, x, y, loss="squared_error", optimiser=SGD(0.5, momentum=0.9), epochs=500,
    ...                batch_size="full", reduction="sum", random_state=0)
    >>> bool(result.losses[-1] < 0.05)
    True
    """
    loss = as_loss("train", loss)
    program = network.lower(loss)
    dtype = network.flat_parameters.dtype
    samples = as_samples("train", x, y, sample_weight, loss=loss, program=program, dtype=dtype)
    file = opened("train", network, checkpoint, resume, {"augment": augment})
    notes = None if file is None else file.read()
    key = random.seed_from(random_state) if file is None else file.key(notes, random_state)
    held = None
    if isinstance(validation, tuple | list) and len(validation) == 2:
        x, y = validation
        held = as_samples("train: validation", x, y, None, loss=loss, program=program, dtype=dtype)
    elif validation is not None:
        checks.number("train", "validation", validation, "(x, y) or a share > 0 and < 1", above=0, below=1)
        if len(samples) < 2:
            raise InvalidParameter("train", "validation", validation, "None for a single sample")
        samples, held = samples.split("train", validation, random.seed_from(np.random.SeedSequence([key, 1])))
    plan = Plan(
        program, optimiser, epochs, batch_size, shuffle, reduction, augment, patience, tolerance, patience is not None,
        key, backend,
    )  # fmt: skip
    trainer = Trainer(network, plan, samples, held)
    if notes is not None and file is not None:
        trainer.go_on(file, notes)
    trainer.run(callback, step_callback, file)
    return Training(**trainer.results())
