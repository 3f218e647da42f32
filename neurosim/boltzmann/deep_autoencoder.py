"""Deep autoencoders that start from a stack of restricted machines."""

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from neurosim.boltzmann.linear_code import learn_linear_code
from neurosim.boltzmann.stack import Layer, Stack, Stages
from neurosim.cnn import program as p
from neurosim.cnn.autoencoder import CODE, part_of
from neurosim.core import backend as backends
from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.progress import Callback

LOSSES = ("binary_cross_entropy", "squared_error")


class DeepAutoencoder(Stack):
    """Autoencoder of many layers: a stack of restricted machines, unrolled and fine-tuned by backpropagation.

    The machines learn one after the other, each from the hidden probabilities of the one below; the top one has linear
    units, the code. Their weights, and the transposes in reverse, are the first weights of a network that is then
    trained to give back its input.

    Parameters
    ----------
    code_size : int >= 1, default 2
        Linear units of the middle layer.
    hidden_layer_sizes : int or sequence of int >= 1, default (256, 128)
        Logistic units of the encoder's hidden layers, from the samples on. The decoder has them in reverse.
    visible : "bernoulli" or "gaussian", default "bernoulli"
        Of the lowest machine, see `RBM`; the network's outputs are logistic or linear.
    loss : "binary_cross_entropy", "squared_error" or None, default None
        Of the fine-tuning. None: the cross-entropy for "bernoulli" and samples in [0, 1], else the squared error.
    method, steps, learning_rate : as for `RBM`, or a list with one for each hidden layer
    momentum, weight_decay, batch_size
        Of the machines; see `RBM`.
    code_learning_rate : as for `RBM`, default 0.001
        Of the machine with the code: linear units need a smaller one.
    n_iter : int >= 1, or a list with one for each machine, the code's being the last
    tuning_epochs : int >= 0, default 50
        Epochs of backpropagation.
    tuning_batch_size : int >= 1, default 32
    optimiser : optimiser or its name, default "adam"
        Of the fine-tuning, as ``neurosim.cnn.Adam(1e-3)``.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
    backend : "auto", "cpu" or "cuda", default "auto"

    Attributes
    ----------
    rbms_ : list of RBM
        Those of the hidden layers, from the samples on.
    code_weights_, code_visible_bias_, code_hidden_bias_ : (inputs, code_size), (inputs,), (code_size,)
        The machine with linear hidden units on top of them, learned by contrastive divergence with one step.
    code_errors_ : (epochs,)
        Its mean squared error of reconstruction.
    network_ : neurosim.cnn.Sequential
        Layers "encoder1", ..., "code", "decoder1", ...
    loss_curve_ : list of float
        Mean loss of each epoch of fine-tuning; of the squared error half of it.
    seed_ : int
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
    Hinton and Salakhutdinov fine-tuned by conjugate gradients; ours is done by the optimisers of `neurosim.cnn`. In the
    machines' learning by "cd" means stand for visible units. The same input gives the same bits for any number of
    threads.

    References
    ----------
    G. E. Hinton, R. R. Salakhutdinov, "Reducing the dimensionality of data with neural networks", Science 313:504-507
    (2006). Not checked against the paper.

    Examples
    --------
    >>> from neurosim.boltzmann import DeepAutoencoder
    >>> from neurosim.datasets import load_digits
    >>> x = load_digits().data / 16
    >>> model = DeepAutoencoder(8, hidden_layer_sizes=(100, 50), random_state=0).fit(x)
    >>> codes = model.transform(x)
    >>> codes.shape, model.inverse_transform(codes).shape
    ((1797, 8), (1797, 64))
    """

    code_weights_: np.ndarray
    code_visible_bias_: np.ndarray
    code_hidden_bias_: np.ndarray
    code_errors_: np.ndarray

    def __init__(
        self,
        code_size: int = 2,
        *,
        hidden_layer_sizes: Any = (256, 128),
        visible: str = "bernoulli",
        loss: str | None = None,
        method: Any = "cd",
        steps: Any = 1,
        learning_rate: Any = 0.1,
        code_learning_rate: Any = 0.001,
        n_iter: Any = 20,
        momentum: Any = 0.5,
        weight_decay: float = 0.0002,
        batch_size: int = 20,
        tuning_epochs: int = 50,
        tuning_batch_size: int = 32,
        optimiser: Any = "adam",
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.code_size = code_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.visible = visible
        self.loss = loss
        self.method = method
        self.steps = steps
        self.learning_rate = learning_rate
        self.code_learning_rate = code_learning_rate
        self.n_iter = n_iter
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.tuning_epochs = tuning_epochs
        self.tuning_batch_size = tuning_batch_size
        self.optimiser = optimiser
        self.random_state = random_state
        self.backend = backend

    def fit(self, X: Any, y: Any = None, *, callback: Callback | None = None) -> Self:
        """Train the machines one after the other, unroll them, and fine-tune the network.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
            In [0, 1] for "bernoulli"; values between are probabilities.
        y : ignored
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch, with the metrics "layer" (1 is the lowest) and "error" of a machine's training and
            "loss" of the fine-tuning. Returning True ends this machine's training or the fine-tuning; what follows has
            at least one epoch.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter or X is not as described.
        DivergedError
            If weights are not finite any more. A model that was fitted before stays as it was.
        """
        with self._kept_if_refused():
            self._check()
            hidden = self._layers(0)
            epochs = self._epochs(len(hidden) + 1)
            x = self._samples(X, fitting=True)
            self.seed_ = random.seed_from(self.random_state)
            stages = Stages(callback, sum(epochs) + self.tuning_epochs)
            below = self._pretrain(x, hidden, epochs[:-1], stages)
            self._learn_code(self.rbms_[-1].transform(below) if hidden else x, epochs[-1], stages)
            self._unroll(x.shape[1])
            self._fine_tune(x, x, self._loss(x), stages)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes, (samples, code_size)."""
        check_is_fitted(self, "network_")
        return self._values(X, CODE)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return what the decoder makes of codes (samples, code_size), (samples, features)."""
        check_is_fitted(self, "network_")
        network, codes = self.network_, check_array(X, dtype=(np.float64, np.float32), order="C")
        if codes.shape[1] != self._n_features_out:
            wanted = f"(samples, {self._n_features_out})"
            raise DataError(f"DeepAutoencoder: codes of shape {codes.shape}; wanted are {wanted}")
        lowered = network.lowered()
        program, code = lowered.program, lowered.values[CODE][0]
        cut = int(np.flatnonzero(program.code[:, p.X] == code)[0])
        decoder = part_of(program, slice(cut, None), code, program.output)
        kernels = backends.kernels("cnn", backends.choose(self.backend, "cnn", 0.0))
        rows = np.ascontiguousarray(codes, network.dtype)
        values = kernels.infer(
            decoder, network.flat_parameters, network.flat_statistics, rows, values=(decoder.output,)
        )
        return np.asarray(values[0].reshape(len(rows), -1))

    def reconstruct(self, X: Any) -> np.ndarray:
        """Return what the network makes of samples, (samples, features)."""
        check_is_fitted(self, "network_")
        return self._values(X, self.network_.output.name)

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Return the squared distance of every sample from its reconstruction, (samples,)."""
        check_is_fitted(self, "network_")
        x = self._samples(X)
        return np.asarray(np.square(self.reconstruct(x) - x).sum(axis=1))

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean of `reconstruction_error`."""
        return -float(self.reconstruction_error(X).mean())

    # the work

    def _learn_code(self, x: np.ndarray, epochs: int, stages: Stages) -> None:
        """Train the machine with linear hidden units on what the ones below make of the samples."""
        level = len(self.rbms_)
        machine = learn_linear_code(
            x, int(self.code_size), gaussian=level == 0 and self.visible == "gaussian", rate=self.code_learning_rate,
            momentum=self.momentum, decay=self.weight_decay, batch_size=self.batch_size, epochs=epochs,
            key=self._key(level), callback=stages.stage(epochs, layer=level + 1),
        )  # fmt: skip
        self.code_weights_, self.code_visible_bias_, self.code_hidden_bias_, self.code_errors_ = machine

    def _unroll(self, features: int) -> None:
        """Make the network: the machines' weights upwards, then their transposes downwards."""
        machines = [(rbm.components_.T, rbm.intercept_hidden_, rbm.intercept_visible_) for rbm in self.rbms_]
        machines.append((self.code_weights_, self.code_hidden_bias_, self.code_visible_bias_))
        last = len(machines)
        names = [f"encoder{k + 1}" for k in range(last - 1)] + [CODE]
        up = [
            Layer(name, weights, bias, None if name == CODE else "sigmoid")
            for name, (weights, bias, _) in zip(names, machines, strict=True)
        ]
        output = "sigmoid" if self.visible == "bernoulli" else None
        down = [
            Layer(f"decoder{k + 1}", weights.T, bias, "sigmoid" if k < last - 1 else output)
            for k, (weights, _, bias) in enumerate(reversed(machines))
        ]
        self._connect(features, [*up, *down])

    def _loss(self, x: np.ndarray) -> str:
        between = self.visible == "bernoulli" and 0 <= x.min() <= x.max() <= 1
        return self.loss or LOSSES[0 if between else 1]

    def _check(self) -> None:
        super()._check()
        name = "DeepAutoencoder"
        checks.at_least(name, "code_size", self.code_size, 1)
        if self.loss is not None:
            checks.one_of(name, "loss", self.loss, LOSSES)
        if self.visible == "gaussian" and self.loss == LOSSES[0]:
            raise InvalidParameter(name, "loss", self.loss, '"squared_error" or None for Gaussian visible units')

    @property
    def _n_features_out(self) -> int:
        return int(self.code_weights_.shape[1])
