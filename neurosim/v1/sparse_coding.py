"""Sparse coding as a scikit-learn transformer: a dictionary of which few atoms together make up any sample."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from neurosim.core import backend as backends
from neurosim.core import random
from neurosim.core.errors import InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback
from neurosim.v1 import sparse_training
from neurosim.v1.sparse_inference import code_all
from neurosim.v1.sparse_recipe import Coded


class SparseCoding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Learner):
    """Learn atoms of which a sample needs few: x = a D + a residual, with most coefficients a at 0 or near it.

    On patches of natural images the atoms become localised, oriented and band-pass, as receptive fields of simple cells
    are. A sample costs `|x - a D|^2 / 2 + alpha sum S(a_j)`; coding finds the coefficients of a sample with the least
    cost, learning the atoms with which samples cost little.

    Parameters
    ----------
    n_components : int >= 1, default 144
        Atoms.
    alpha : float > 0, default 1.0
        How much the penalty counts.
    penalty : "l1" or "log", default "l1"
        `S(a) = |a|`, with atoms of length 1 at most, the best for the codes of all samples so far (online dictionary
        learning, as scikit-learn's MiniBatchDictionaryLearning); or S(a) = ln(1 + (a / sigma)^2), with gradient steps
        for the atoms, and lengths that bring the mean square of each coefficient to 0.1 (Olshausen & Field).
    sigma : float > 0, default 0.316
        Where the log penalty bends.
    solver : "cd", "fista" or "lca", default "cd"
        What codes with the l1 penalty; all find the same least cost. Coordinate descent with exact steps on the active
        atoms is the fastest by far; fast iterative shrinkage; or a circuit of competing units (Rozell et al. 2008).
        With the log penalty it is always conjugate gradients.
    learning_rate : float > 0 or (start, end), default 1.0
        Of the log penalty's gradient steps; a pair falls geometrically from the first step of `fit` to its last, and
        `partial_fit` takes its end.
    batch_size : int >= 1, default 256
    n_iter : int >= 1, default 1
        Epochs of `fit`.
    shuffle : bool, default True
        Whether every epoch has its own random order of samples.
    dict_init : (n_components, features) array, optional
        First atoms; samples of length 1 by default.
    tol : float >= 0, default 1e-4
        When a code is good: for l1, if it provably costs `tol |x|^2` at most above the best; for log, if the squared
        slope of the cost fell to this share of that at a = 0. Not below what rounding allows.
    max_iter : int >= 1, default 1000
        Rounds of coding a sample.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where first atoms, order and the replacement of unused atoms come from.
    backend : "auto", "cpu" or "cuda", default "auto"
        Where samples are coded.

    Attributes
    ----------
    components_ : (n_components, features)
        The atoms.
    objective_ : (epochs,) array
        Mean cost of the samples of each epoch, each before its mini-batch's update.
    n_iter_, n_updates_ : int
        Epochs and updates done.
    memory_ : dict of arrays
        What goes on from step to step: weighted means of a^T a and a^T x, or variances and lengths.
    seed_ : int
        The key that `random_state` stood for.
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
    float32 samples give float32 atoms. The same input gives the same bits for any number of threads. With the same
    `dict_init`, order and mini-batches the atoms are scikit-learn's but for the accuracy of the codes, as long as none
    is unused: those become samples, drawn otherwise than there.

    References
    ----------
    B. A. Olshausen, D. J. Field, Nature 381:607-609 (1996), and Vision Research 37:3311-3325 (1997). J. Mairal, F.
    Bach, J. Ponce, G. Sapiro, "Online learning for matrix factorization and sparse coding", JMLR 11:19-60 (2010). Not
    checked against the papers.

    Examples
    --------
    >>> from neurosim.datasets.natural import make_dead_leaves, sample_patches
    >>> from neurosim.v1 import SparseCoding
    >>> from neurosim.v1.whitening import whiten
    >>> image = whiten(make_dead_leaves((128, 128), random_state=0).data.reshape(128, 128), variance=1)
    >>> patches = sample_patches(image, 8, 2000, random_state=1)
    >>> coder = SparseCoding(64, alpha=0.5, random_state=2).fit(patches)
    >>> codes = coder.transform(patches)
    >>> codes.shape, bool((codes == 0).mean() > 0.5)
    ((2000, 64), True)
    """

    components_: np.ndarray

    def __init__(
        self,
        n_components: int = 144,
        *,
        alpha: float = 1.0,
        penalty: str = "l1",
        sigma: float = 0.316,
        solver: str = "cd",
        learning_rate: Any = 1.0,
        batch_size: int = 256,
        n_iter: int = 1,
        shuffle: bool = True,
        dict_init: Any = None,
        tol: float = 1e-4,
        max_iter: int = 1000,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.penalty = penalty
        self.sigma = sigma
        self.solver = solver
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.shuffle = shuffle
        self.dict_init = dict_init
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.backend = backend

    @classmethod
    def olshausen_field(cls, n_components: int = 144, **others: Any) -> Self:
        """Return a model with the settings of Olshausen & Field, for whitened samples of variance 0.1.

        The edition is that of their MATLAB program, sparsenet: a misfit of `|x - a D|^2 / 0.02` and a penalty of 2.2 S,
        which is alpha = 0.022 here, sigma = 0.316, so that lambda / sigma is the paper's 0.14 for lambda = 2 alpha.
        (The older program in C charges twice as much for coefficients.) The learning rate falls from 2 to 0.5; theirs
        from 5 to 1, where 5 is at the edge of stability: the rate times the largest eigenvalue of <a^T a>, here about
        0.4, must stay below 2. Atoms with coefficients below their goal become shorter at every step, down to 0.001.

        Parameters
        ----------
        n_components : int >= 1, default 144
        others : the parameters of the class
            They take the place of these settings.
        """
        settings: dict[str, Any] = {"penalty": "log", "alpha": 0.022, "sigma": 0.316, "learning_rate": (2.0, 0.5)}
        return cls(n_components, **(settings | others))

    def fit(self, X: Any, y: Any = None, *, callback: Callback | None = None) -> Self:
        """Learn atoms.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
        y : ignored
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metric "objective"; returning True stops.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter or X is not as described.
        DivergedAtoms
            If the atoms outgrow all bounds, as they do with the log penalty where learning_rate is too large for the
            scale of X. It is a `neurosim.core.errors.DivergedError`; the model keeps the atoms from before that epoch.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` rounds were not enough for all codes.
        """
        sparse_training.check(self)
        x = self._samples(X, fitting=True)
        self._begin(x)
        sparse_training.Run(self, x, int(self.n_iter)).train(callback)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Pass over samples once, in mini-batches, and keep what was learned before.

        Parameters
        ----------
        X : (samples, features) array, finite
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError, DivergedAtoms
            As for `fit`, which says of what it warns, too.
        """
        sparse_training.check(self)
        if hasattr(self, "components_"):
            x = self._samples(X).astype(self.components_.dtype, copy=False)
            if len(self.components_) != self.n_components or ("gains" in self.memory_) != (self.penalty == "log"):
                name = "penalty" if len(self.components_) == self.n_components else "n_components"
                raise InvalidParameter("SparseCoding", name, getattr(self, name), "as it was in the first call")
        else:
            x = self._samples(X, fitting=True)
            self._begin(x)
        sparse_training.Run(self, x, 1, last_rate=True).train(None)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of samples, (samples, n_components).

        Warns if `max_iter` rounds were not enough for all.
        """
        return self._coded(X).codes

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return what codes stand for, a D, (samples, features)."""
        check_is_fitted(self)
        codes = check_array(X, dtype=(np.float64, np.float32))
        if codes.shape[1] != len(self.components_):
            raise InvalidParameter(
                "SparseCoding", "X", f"shape {codes.shape}", f"{len(self.components_)} codes a sample"
            )
        with one_blas_thread():
            return np.asarray(codes @ self.components_.astype(codes.dtype, copy=False))

    def objective(self, X: Any) -> float:
        """Return the mean cost of samples, `|x - a D|^2 / 2 + alpha sum S(a_j)` with the codes a of `transform`."""
        return float(self._coded(X).costs.mean(dtype=np.float64))

    def _coded(self, X: Any) -> Coded:
        check_is_fitted(self)
        sparse_training.check(self)
        x = self._samples(X)
        target = backends.choose(self.backend, "v1", float(len(x)) * self.components_.size)
        return code_all(x, self.components_, sparse_training.recipe(self), target)

    def _begin(self, x: np.ndarray) -> None:
        """Set everything to what it is before learning."""
        self.seed_ = random.seed_from(self.random_state)
        self.components_ = sparse_training.first_atoms(self, x)
        self.memory_ = sparse_training.first_memory(self, self.components_)
        self.objective_, self.n_iter_, self.n_updates_ = np.empty(0), 0, 0

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
