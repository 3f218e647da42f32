"""Kohonen's self-organising map."""

import os
import zlib
from contextlib import nullcontext
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from neurosim.core import random, storage
from neurosim.core.errors import DataError, InvalidParameter, StorageError
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report
from neurosim.som import space, training
from neurosim.som.base import MapBase, finite_array
from neurosim.som.topology import LATTICES


class SOM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, MapBase):
    """Self-organising map: units on a grid whose weights follow the data and keep their order.

    In batches, every epoch finds for each sample x_i the best-matching unit c_i, the one with the nearest weight
    vector, and moves every unit u to the mean of the samples, weighted by how near their winners are on the map:
    ``w_u = sum_i h(u, c_i) x_i / sum_i h(u, c_i)``, with ``h(u, c) = exp(-d(u, c)^2 / (2 sigma^2))``, where d is the
    distance on the map in steps between neighbours and sigma shrinks from epoch to epoch. Online, the samples are shown
    one by one, and after each the units move towards it: ``w_u += rate h(u, c) (x - w_u)``.

    Parameters
    ----------
    grid : (rows, columns) or "auto", default (20, 20)
        Positive integers, at least 2 units; units are numbered row by row. "auto": see `suggested_grid`.
    lattice : "rectangular" (or "rect") or "hexagonal" (or "hexa"), default "rectangular"
        With the hexagonal lattice odd rows are shifted half a step to the right.
    shape : "sheet", "cylinder" or "toroid", default "sheet"
        The cylinder joins left and right, the toroid top and bottom too.
    metric : str or function, default "euclidean"
        "euclidean", "cosine", "correlation", "mahalanobis" (of the covariance of the samples of the fit), "manhattan",
        "chebyshev", or a function (x, w) -> float of a sample and a weight vector that Numba can compile. With cosine
        and correlation the weights have length 1. See Notes for what goes with what.
    neighbourhood : "gaussian", "bubble", "cut_gaussian" or "mexican_hat", default "gaussian"
        ``exp(-d^2 / 2 sigma^2)``; 1 for d <= sigma and 0 beyond; the Gaussian within the bubble;
        ``(1 - d^2 / sigma^2) exp(-d^2 / 2 sigma^2)``, online only.
    algorithm : "batch" or "online", default "batch"
    sigma : (start, end), optional
        Width of the neighbourhood in the first and the last epoch (online: update), in steps, > 0. Default: half the
        longer side of the grid (at least 1), and 1.
    sigma_decay : "exponential", "linear", "inverse" or "constant", default "exponential"
        How sigma goes from start to end.
    learning_rate : (start, end), default (0.5, 0.01)
        Online and in `partial_fit`: in (0, 1].
    learning_rate_decay : default "linear"
        As `sigma_decay`.
    epochs : int >= 1, default 20
        Passes over the data.
    steps : int >= 1, optional
        Online: how many samples are shown, over and over, instead of `epochs` passes.
    shuffle : bool, default True
        Online: a new order of the samples for every epoch; False takes them as they come.
    init : "pca", "random", "sample" or array (units, features), default "pca"
        The first weights: evenly on the plane of the two largest principal components, one standard deviation to
        either side; uniform in the range of each feature; random samples; or given.
    tol : float >= 0, optional
        Stop early when the quantisation error has fallen by less than this share of itself for `n_iter_no_change`
        epochs running. While sigma is still large this can come too soon. Default: never.
    n_iter_no_change : int >= 1, default 3
        See `tol`.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where random first weights and the order of the samples online come from; "pca" in batches uses none.
    backend : "auto", "cpu" or "cuda", default "auto"
        Where the kernels run; `backend_` says what was used. CUDA: in batches, without NaN or CSR, and not for
        Manhattan, Chebyshev and functions.

    Attributes
    ----------
    weights_ : (units, features)
        Weight vectors, of the samples' dtype (float32 or float64).
    history_ : dict of (epochs,) arrays
        "sigma" of each epoch, and "qe" and "te", quantisation and topographic error (8 neighbours; 6 on a hexagonal
        lattice) of the map that the epoch started with. Online: "sigma" and "learning_rate" at the start of each
        epoch, and "qe", the mean distance of the samples from their best units at the time they were shown.
    n_iter_ : int
        Epochs and calls of `partial_fit` done.
    passes_ : int
        How far `partial_fit` is in the schedule of `epochs`; at its end after a `fit`.
    sigma_ : float
        Of the last update; 1 before the first.
    layout_ : (grid, lattice, shape)
        Of this fit; changing the parameters afterwards does not change what `predict` does.
    seed_ : int
        The key that `random_state` stood for.
    metric_ : str or function
        Of this fit.
    whitening_ : (features, features)
        With metric="mahalanobis": a root W of the inverse covariance matrix, W W^T.
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
    NaN in X is a missing value, left out of distances and means; a CSR matrix is never made dense. What is supported:

    ===========  =====  ==============  ==========  ======  ===============
    metric       batch  batch with NaN  batch, CSR  online  online with NaN
    ===========  =====  ==============  ==========  ======  ===============
    euclidean    yes    yes             yes         yes     yes
    cosine       yes                    yes         yes
    correlation  yes                                yes
    mahalanobis  yes                                yes
    manhattan    yes    yes                         yes     yes
    chebyshev    yes                                yes
    a function   yes                                yes
    ===========  =====  ==============  ==========  ======  ===============

    With Manhattan, Chebyshev and functions the best unit is found by that distance; units still move to means.
    The same input gives the same bits for any number of threads. The map does not scale the data: a feature with large
    numbers rules the distances.

    References
    ----------
    T. Kohonen, "Self-organized formation of topologically correct feature maps", Biological Cybernetics 43:59-69
    (1982). T. Kohonen, "Essentials of the self-organizing map", Neural Networks 37:52-65 (2013): the batch rule.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM
    >>> iris = load_iris()
    >>> som = SOM(grid=(8, 8)).fit(iris.data)
    >>> som.predict(iris.data).shape
    (150,)
    >>> bool(som.score(iris.data) > -0.35)
    True
    """

    def __init__(
        self,
        grid: Any = (20, 20),
        *,
        lattice: str = "rectangular",
        shape: str = "sheet",
        metric: Any = "euclidean",
        neighbourhood: str = "gaussian",
        algorithm: str = "batch",
        sigma: tuple[float, float] | None = None,
        sigma_decay: str = "exponential",
        learning_rate: tuple[float, float] = (0.5, 0.01),
        learning_rate_decay: str = "linear",
        epochs: int = 20,
        steps: int | None = None,
        shuffle: bool = True,
        init: Any = "pca",
        tol: float | None = None,
        n_iter_no_change: int = 3,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.grid = grid
        self.lattice = lattice
        self.shape = shape
        self.metric = metric
        self.neighbourhood = neighbourhood
        self.algorithm = algorithm
        self.sigma = sigma
        self.sigma_decay = sigma_decay
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.epochs = epochs
        self.steps = steps
        self.shuffle = shuffle
        self.init = init
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.backend = backend

    @classmethod
    def from_weights(
        cls,
        weights: Any,
        grid: tuple[int, int],
        *,
        lattice: str = "rectangular",
        shape: str = "sheet",
        **parameters: Any,
    ) -> Self:
        """Return a map with given weights, as if it had been trained: for maps of other programs.

        Parameters
        ----------
        weights : (units, features) array, finite
            float32 stays float32; everything else becomes float64.
        grid, lattice, shape, **parameters : see the class
            metric="mahalanobis" cannot be given, as it belongs to the samples of a fit.
        """
        som = cls(grid, lattice=lattice, shape=shape, **parameters)
        training.check(som)
        space.check(som.metric, som.algorithm, missing=False, is_sparse=False)
        if som.metric == "mahalanobis":
            raise InvalidParameter(
                "SOM", "metric", som.metric, "another one: the covariance is that of a fit's samples"
            )
        topology, dtype = som._topology(), getattr(weights, "dtype", np.float64)
        w = finite_array("weights", weights, (topology.units, None))
        som._begin(topology, w.astype(np.float32 if dtype == np.float32 else np.float64), passes=som.epochs)
        som.seed_, som.metric_ = random.seed_from(som.random_state), som.metric
        som.backend_, som.n_features_in_ = "cpu", w.shape[1]
        return som

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        callback: Callback | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
        notes: dict[str, Any] | None = None,
    ) -> Self:
        """Train the map.

        Parameters
        ----------
        X : (samples, features) array or CSR matrix, at least 2 samples
            float32 stays float32; everything else becomes float64. NaN is a missing value.
        y : ignored
        sample_weight : (samples,), optional
            How often each sample counts, >= 0; samples of weight 0 are left out. Online it changes the learning rate:
            1 - (1 - rate)^weight.
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metrics of `history_`; returning True stops. `weights_` are then
            those after this epoch; copy them to keep them.
        checkpoint : path, optional
            The map is written here after every epoch; `neurosim.load` reads it.
        resume : bool, default False
            Go on from `checkpoint`, if that file is there, to the same bits as without the interruption (with
            metric="mahalanobis" but for rounding). A file that is there is never overwritten by another fit.
        notes : dict, optional
            Kept in the checkpoint beside the map; see `neurosim.save`.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter or X is not as described.
        StorageError
            If the checkpoint is damaged or belongs to other data or parameters.
        """
        training.check(self)
        with self._all_or_nothing() as ready:
            x, weights, given = self._counted(self._samples(X, fitting=True), sample_weight)
            topology = self._topology(x, weights)
            schedule = training.schedule_of(self, self._updates(x), max(topology.grid))
            counts = weights if self.algorithm == "batch" else given
            data_key = _key(x, counts) if checkpoint is not None else 0
            old = self._same_fit(checkpoint, data_key, resume=resume)
            self._fit_space(x, weights)
            self._begin(topology, self._initial_weights(x, weights, topology), passes=self.epochs)
            self.backend_ = self._target(x, self.metric, topology, self.algorithm)
            if old is not None:
                for name in ("seed_", "layout_", "weights_", "history_", "n_iter_", "passes_", "sigma_"):
                    setattr(self, name, getattr(old, name))
            ready.append(run := self._run(x, counts, schedule))
            with one_blas_thread() if self.algorithm == "batch" else nullcontext():  # online there are no products
                self._train(run, callback, checkpoint, (notes or {}) | {"fit": data_key})
        return self

    def fit_predict(self, X: Any, y: Any = None, **parameters: Any) -> np.ndarray:
        """Return ``fit(X, **parameters).predict(X)``, the best-matching units."""
        return self.fit(X, y, **parameters).predict(X)

    def partial_fit(self, X: Any, y: Any = None, *, sample_weight: Any = None) -> Self:
        """Show every sample once, going on from the map as it is, whatever `algorithm` says.

        Call k (from 0) has the sigma and the learning rate of epoch k of `epochs`; later calls, and all after a `fit`,
        have those of the last.

        Parameters
        ----------
        X : (samples, features) array
            The first call makes the first weights from it, as `fit` does. NaN is a missing value.
        y : ignored
        sample_weight : (samples,), optional
            As in `fit` online.
        """
        training.check(self)
        first = not hasattr(self, "weights_")
        with self._all_or_nothing():
            x = self._samples(X, fitting=first, algorithm="online", minimum=1)
            x, weights, given = self._counted(x, sample_weight, fitting=first)
            topology = self._topology(x, weights) if first else self.topology
            schedule = training.schedule_of(self, self.epochs, max(topology.grid))
            if first:
                self._fit_space(x, weights)
                self._begin(topology, self._initial_weights(x, weights, topology), passes=0)
            self.backend_ = self._target(x, self.metric, topology, "online")
            run = self._run(x, given, schedule)
            epoch, n = min(self.passes_, self.epochs - 1), len(x)
            sigma, rate = schedule.part(epoch, epoch + 1)
            order = random.permutation(self.seed_, 1 + self.n_iter_, n) if self.shuffle else np.arange(n)
            w = run.space.weights(np.ascontiguousarray(self.weights_, x.dtype))
            self._keep(training.show(run, w, order, np.repeat(sigma, n), np.repeat(rate, n)), run.space)
            self.passes_ += 1
        return self

    def _train(
        self,
        run: training.Run,
        callback: Callback | None,
        checkpoint: str | os.PathLike[str] | None,
        notes: dict[str, Any],
    ) -> None:
        # of length 1 they are already, and would not keep their bits
        first = self.weights_ if run.space.unit_length else np.ascontiguousarray(run.space.weights(self.weights_))
        if self.algorithm == "batch":
            rows = training.batch(run, first, self.backend_, self.n_iter_)
        else:
            rows = training.online(run, first, self.n_iter_, self.seed_ if self.shuffle else None)
        while not self._converged() and (epoch := next(rows, None)) is not None:
            self._keep(epoch, run.space)
            if checkpoint is not None:
                storage.save(self, checkpoint, notes=notes)
            if report(callback, self.n_iter_, run.epochs, **epoch.row):
                break

    def _same_fit(self, checkpoint: str | os.PathLike[str] | None, data_key: int, *, resume: bool) -> "SOM | None":
        """Return the map of a checkpoint of this fit, if there is one and it may be gone on from."""
        if checkpoint is None or not os.path.exists(checkpoint):
            return None
        if not resume:
            raise StorageError(f"{checkpoint}: exists already; resume goes on from it, or choose another checkpoint")
        other = storage.load(checkpoint)
        ours = self.get_params()
        theirs = other.get_params() if isinstance(other, SOM) else {}
        free = {"backend"}  # and a generator, which cannot be compared: the seed of the checkpoint stands
        if not isinstance(self.random_state, int | None):
            free.add("random_state")
        differing = [n for n, value in ours.items() if n not in free and not _same(value, theirs.get(n))]
        if storage.read_notes(checkpoint).get("fit") != data_key:
            differing.append("the data")
        if differing:
            raise StorageError(f"{checkpoint}: the checkpoint of another fit; {', '.join(differing)} differ")
        return other

    def _converged(self) -> bool:
        """Return whether the quantisation error has stood still for `n_iter_no_change` epochs."""
        qe = self.history_.get("qe", np.empty(0))[-(self.n_iter_no_change + 1) :]
        if self.tol is None or len(qe) <= self.n_iter_no_change:
            return False
        return bool((qe[:-1] - qe[1:] < self.tol * qe[:-1]).all())

    def predict(self, X: Any) -> np.ndarray:
        """Return the best-matching unit of every sample, shape (samples,), row-major indices."""
        check_is_fitted(self)
        units: np.ndarray = self._assigned(self._samples(X))[0]["first"]
        return units.astype(np.intp)

    def transform(self, X: Any) -> np.ndarray:
        """Return the map coordinates (x, y) of every sample's best-matching unit, shape (samples, 2).

        x runs along a row and y across the rows, in steps between neighbours.
        """
        units = self.predict(X)
        return self.topology.positions[units].astype(self.weights_.dtype)

    def distances(self, X: Any) -> np.ndarray:
        """Return the distances of the samples from all units in the map's metric, shape (samples, units).

        Of a sample with missing values: the distance in what is known.
        """
        check_is_fitted(self)
        x = self._samples(X)
        metric_space = self._space(x)
        return metric_space.distances(metric_space.samples(x), metric_space.weights(self._weights(x)))

    def impute(self, X: Any) -> np.ndarray:
        """Return a copy of X, shape (samples, features), with the best-matching unit's value where one is missing."""
        check_is_fitted(self)
        x = self._samples(X)
        if sparse.issparse(x):
            raise DataError("SOM: impute takes an array: what a CSR matrix does not store is 0, not missing")
        return np.where(np.isnan(x), self.weights_[self._assigned(x)[0]["first"]].astype(x.dtype), x)

    def score(self, X: Any, y: Any = None, *, sample_weight: Any = None) -> float:
        """Return minus the quantisation error, the mean distance of the samples from their best-matching units."""
        check_is_fitted(self)
        x = self._samples(X)
        return -self._assigned(x, self._sample_weight(sample_weight, x))[1].qe

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        if callable(self.metric) or callable(getattr(self, "metric_", None)):
            raise StorageError("SOM: a map whose metric is a function cannot be stored; keep weights_ and the function")
        return super().to_parts()

    @property
    def _n_features_out(self) -> int:
        return 2

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


def _key(x: Any, sample_weight: np.ndarray) -> int:
    """Return a number that other samples, or other weights of them, would hardly have."""
    arrays = (x.data, x.indices, x.indptr) if sparse.issparse(x) else (x,)
    key = zlib.crc32(f"{x.shape} {x.dtype}".encode())
    for array in (*arrays, sample_weight):
        key = zlib.crc32(np.ascontiguousarray(array).data, key)
    return key


def _same(a: Any, b: Any) -> bool:
    """Return whether two values of a parameter mean the same: "rect" is "rectangular", a list is a tuple."""
    a, b = (LATTICES.get(v, v) if isinstance(v, str) else v for v in (a, b))
    return a is b or (type(a) is type(b) is str and a == b) or bool(np.array_equal(a, b))
