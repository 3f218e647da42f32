"""The restricted Boltzmann machine (the harmonium of Smolensky 1986) as a scikit-learn transformer."""

from typing import Any, Self

import numpy as np

from neurosim.boltzmann import rbm_training
from neurosim.boltzmann.rbm_inference import RestrictedMachine
from neurosim.cnn.checkpoints import from_plain, plain
from neurosim.core import random
from neurosim.core.progress import Callback

SCHEDULES = ("learning_rate", "momentum")


class RBM(RestrictedMachine):
    """Restricted Boltzmann machine: visible and hidden units, connected only across.

    With E(v, h) = -b.v - c.h - v W h the units 0 and 1 of a layer are independent given the other:
    P(h_k = 1 | v) = 1 / (1 + exp(-(c + vW)_k)), and so the visible ones. Gaussian visible units are real numbers about
    b + Wh with variance 1. Learning follows ``<v h>_data - <v h>_model``; the second mean comes from Gibbs sampling
    that starts at the data (contrastive divergence) or goes on from step to step (persistent chains, which
    scikit-learn calls stochastic maximum likelihood).

    Parameters
    ----------
    n_components : int >= 1, default 256
        Hidden units.
    visible : "bernoulli" or "gaussian", default "bernoulli"
        Bernoulli units take samples in [0, 1]; values between are probabilities, and the data are not sampled. Gaussian
        units want features of mean 0 and variance 1, and learning rates some ten times smaller.
    method : "pcd" or "cd", default "pcd"
        Whether the sampling goes on from the last step's hidden states, or starts at the mini-batch.
    steps : int >= 1, default 1
        Sweeps of Gibbs sampling in each step of learning, the k of CD-k.
    learning_rate : float >= 0, array, callable, mapping or `neurosim.cnn.Schedule`, default 0.05
        A number; one for every step; a function of the epoch (0 is the first); a mapping from epochs to the rates that
        hold from then on; or a schedule. It multiplies means over the mini-batch.
    batch_size : int >= 1, default 100
        Samples of a mini-batch, and number of the persistent chains.
    n_iter : int >= 1, default 10
        Epochs of `fit`.
    momentum : float in [0, 1), array, callable, mapping or Schedule, default 0.0
    weight_decay : float >= 0, default 0.0
        Times W is subtracted from the gradient.
    sparsity_target : float in (0, 1), optional
        The mean activity that hidden units should have; `sparsity_cost` says how strongly.
    sparsity_cost : float >= 0, default 0.0
        Times (target - running mean of the activity) is added to the gradient of the hidden biases.
    centred : bool or float in (0, 1], default False
        Subtract running means from both layers (the enhanced gradient of centred machines); a number, 0.01 for True, is
        how quickly they follow the mini-batches.
    visible_samples : bool, default True
        Whether visible units are drawn during learning. Otherwise their means stand for them: less noise, some bias.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where first weights, the order of the samples and all sampling come from.
    backend : "auto", "cpu" or "cuda", default "auto"

    Attributes
    ----------
    components_ : (n_components, features)
        The weights, W transposed.
    intercept_hidden_, intercept_visible_ : (n_components,), (features,)
        The biases c and b.
    chains_ : (batch_size, n_components)
        Hidden states of the persistent chains; (0, n_components) for "cd".
    errors_ : (epochs,) array
        For "cd" the squared distance of a sample from its first reconstruction, on average, before each update; for
        "pcd" that of a mini-batch's mean from the chains' mean. Neither is what learning descends: for that see
        `score_samples` or `log_likelihood`.
    n_iter_, n_updates_ : int
        Epochs and updates done.
    memory_ : dict of arrays
        What else goes on from step to step: velocities, offsets, running mean of the activity.
    seed_ : int
        The key that `random_state` stood for.
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
    float32 samples make a float32 machine, others float64. Weights start from N(0, 0.01^2), visible biases from
    ln(p / (1 - p)) for the means p of the features (Gaussian: the means). The same input gives the same bits for any
    number of threads. CSR samples are made dense a few mini-batches at a time.

    References
    ----------
    P. Smolensky, "Information processing in dynamical systems: foundations of harmony theory", PDP 1, chapter 6 (1986).
    G. E. Hinton, "Training products of experts by minimizing contrastive divergence", Neural Computation 14:1771-1800
    (2002). T. Tieleman, "Training restricted Boltzmann machines using approximations to the likelihood gradient", ICML
    (2008). J. Melchior, A. Fischer, L. Wiskott, "How to center deep Boltzmann machines", JMLR 17 (2016). Not checked
    against the papers.

    Examples
    --------
    >>> from neurosim.boltzmann import RBM
    >>> from neurosim.datasets import load_digits
    >>> x = load_digits().data / 16
    >>> rbm = RBM(32, learning_rate=0.1, batch_size=10, n_iter=20, random_state=0).fit(x)
    >>> rbm.transform(x).shape
    (1797, 32)
    >>> bool(rbm.score(x) > -23)
    True
    """

    def __init__(
        self,
        n_components: int = 256,
        *,
        visible: str = "bernoulli",
        method: str = "pcd",
        steps: int = 1,
        learning_rate: Any = 0.05,
        batch_size: int = 100,
        n_iter: int = 10,
        momentum: Any = 0.0,
        weight_decay: float = 0.0,
        sparsity_target: float | None = None,
        sparsity_cost: float = 0.0,
        centred: bool | float = False,
        visible_samples: bool = True,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.n_components = n_components
        self.visible = visible
        self.method = method
        self.steps = steps
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.sparsity_target = sparsity_target
        self.sparsity_cost = sparsity_cost
        self.centred = centred
        self.visible_samples = visible_samples
        self.random_state = random_state
        self.backend = backend

    def fit(self, X: Any, y: Any = None, *, callback: Callback | None = None) -> Self:
        """Learn the distribution of samples.

        Parameters
        ----------
        X : (samples, features) array or CSR matrix, finite, at least 2 samples
            With Bernoulli units in [0, 1]; other values are taken as they are, with a warning.
        y : ignored
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metric "error", see `errors_`; the attributes are those after this epoch.
            Returning True stops.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter or X is not as described.
        neurosim.core.errors.DivergedError
            If an error or a weight is not finite. The model keeps the last weights that were seen to be good.
        """
        rbm_training.check(self)
        x = self._visible(X, first=True, least=2)
        self._begin(x)
        rbm_training.Run(self, x, int(self.n_iter)).train(callback)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Pass over samples once and keep what was learned before.

        k calls with the same samples are a `fit` of k epochs. The first call sets the visible biases.

        Parameters
        ----------
        X : (samples, features) array or CSR matrix, finite
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError, neurosim.core.errors.DivergedError
            As for `fit`, and for a rate that needs to know the number of epochs.
        """
        rbm_training.check(self)
        rbm_training.check_stream(self)
        known = hasattr(self, "components_")
        x = self._visible(X, first=not known)
        if known:
            rbm_training.check_known(self)
            x = x.astype(self.components_.dtype, copy=False)
        else:
            self._begin(x)
        rbm_training.Run(self, x, 1).train(None)
        return self

    def _begin(self, x: Any) -> None:
        """Set everything to what it is before learning."""
        self.seed_ = random.seed_from(self.random_state)
        recipe = rbm_training.recipe(self)
        rbm_training.keep(self, rbm_training.first_arrays(x, int(self.n_components), recipe, self.seed_))
        self.errors_, self.n_iter_, self.n_updates_ = np.empty(0), 0, 0

    # files

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        parameters, state = super().to_parts()
        return parameters | {name: plain(parameters[name]) for name in SCHEDULES}, state

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        schedules = {name: from_plain(parameters[name]) for name in SCHEDULES}
        return super().from_parts(parameters | schedules, state)
