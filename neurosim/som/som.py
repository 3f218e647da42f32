"""Kohonen's self-organising map, trained in batches."""

import os
import zlib
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from neurosim.core import backend, checks, random, storage
from neurosim.core.errors import DataError, InvalidParameter, StorageError
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report
from neurosim.core.schedules import DECAYS, decay
from neurosim.som import initial
from neurosim.som.topology import LATTICES, SHAPES, Topology

INITS = ("pca", "random", "sample")
HISTORY = ("sigma", "qe", "te")


class SOM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Learner):
    """Self-organising map: units on a grid whose weights follow the data and keep their order.

    Every epoch finds for each sample x_i the best-matching unit c_i, the one with the nearest weight vector, and moves
    every unit u to the mean of the samples, weighted by how near their winners are on the map:
    ``w_u = sum_i h(u, c_i) x_i / sum_i h(u, c_i)``, with ``h(u, c) = exp(-d(u, c)^2 / (2 sigma^2))``, where d is the
    distance on the map in steps between neighbours and sigma shrinks from epoch to epoch.

    Parameters
    ----------
    grid : (rows, columns), default (20, 20)
        Positive integers, at least 2 units; units are numbered row by row.
    lattice : "rectangular" (or "rect") or "hexagonal" (or "hexa"), default "rectangular"
        With the hexagonal lattice odd rows are shifted half a step to the right.
    shape : "sheet", "cylinder" or "toroid", default "sheet"
        The cylinder joins left and right, the toroid top and bottom too.
    sigma : (start, end), optional
        Width of the neighbourhood in the first and the last epoch, in steps, > 0. Default: half the longer side of the
        grid (at least 1), and 1.
    sigma_decay : "exponential", "linear", "inverse" or "constant", default "exponential"
        How sigma goes from start to end.
    epochs : int >= 1, default 20
        Passes over the data.
    init : "pca", "random", "sample" or array (units, features), default "pca"
        The first weights: evenly on the plane of the two largest principal components, one standard deviation to
        either side; uniform in the range of each feature; random samples; or given.
    tol : float >= 0, optional
        Stop early when the quantisation error has fallen by less than this share of itself for `n_iter_no_change`
        epochs running. While sigma is still large this can come too soon. Default: never.
    n_iter_no_change : int >= 1, default 3
        See `tol`.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the random first weights come from; "pca" uses none.
    backend : "auto", "cpu" or "cuda", default "auto"
        Where the kernels run; `backend_` says what was used.

    Attributes
    ----------
    weights_ : (units, features)
        Weight vectors, of the samples' dtype (float32 or float64).
    history_ : dict of (epochs,) arrays
        "sigma" of each epoch, and "qe" and "te", quantisation and topographic error (8 neighbours; 6 on a hexagonal
        lattice) of the map that the epoch started with.
    n_iter_ : int
        Epochs done.
    layout_ : (grid, lattice, shape)
        Of this fit; changing the parameters afterwards does not change what `predict` does.
    seed_ : int
        The key that `random_state` stood for.
    backend_ : "cpu" or "cuda"
    n_features_in_ : int

    Notes
    -----
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
        grid: tuple[int, int] = (20, 20),
        *,
        lattice: str = "rectangular",
        shape: str = "sheet",
        sigma: tuple[float, float] | None = None,
        sigma_decay: str = "exponential",
        epochs: int = 20,
        init: Any = "pca",
        tol: float | None = None,
        n_iter_no_change: int = 3,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.grid = grid
        self.lattice = lattice
        self.shape = shape
        self.sigma = sigma
        self.sigma_decay = sigma_decay
        self.epochs = epochs
        self.init = init
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.backend = backend

    @property
    def topology(self) -> Topology:
        """The lattice of units: positions, distances, neighbours; of the fit, if there was one."""
        return Topology(*self.layout_) if hasattr(self, "layout_") else self._topology()

    def _topology(self) -> Topology:
        """Check the parameters of the lattice and return it."""
        grid = checks.grid_of_units("SOM", "grid", self.grid)
        checks.one_of("SOM", "lattice", self.lattice, tuple(LATTICES))
        checks.one_of("SOM", "shape", self.shape, SHAPES)
        return Topology(grid, LATTICES[self.lattice], self.shape)

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
        X : (samples, features) array, finite, at least 2 samples
            float32 stays float32; everything else becomes float64.
        y : ignored
        sample_weight : (samples,), optional
            How often each sample counts, >= 0.
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metrics "sigma", "qe" and "te"; returning True stops. `weights_` are then
            those after this epoch; copy them to keep them.
        checkpoint : path, optional
            The map is written here after every epoch; `neurosim.load` reads it.
        resume : bool, default False
            Go on from `checkpoint`, if that file is there, to the same bits as without the interruption. A file that is
            there is never overwritten by another fit.
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
        topology = self._topology()
        sigmas = self._sigmas(max(topology.grid))
        x = self._samples(X, fitting=True)
        _check_range(x)
        weights = self._sample_weight(sample_weight, x)
        self.backend_ = backend.choose(self.backend, "som", x.size * topology.units)
        data_key = zlib.crc32(weights.data, zlib.crc32(x.data)) if checkpoint is not None else 0
        if checkpoint is None or not os.path.exists(checkpoint):
            self._start(x, weights, topology)
        elif resume:
            self._take_over(checkpoint, data_key)
        else:
            raise StorageError(f"{checkpoint}: exists already; resume goes on from it, or choose another checkpoint")
        self.layout_ = (topology.grid, topology.lattice, topology.shape)
        with one_blas_thread():
            self._train(x, weights, topology, sigmas, callback, checkpoint, (notes or {}) | {"fit": data_key})
        return self

    def _start(self, x: np.ndarray, sample_weight: np.ndarray, topology: Topology) -> None:
        self.seed_ = random.seed_from(self.random_state)
        self.weights_ = self._initial_weights(x, sample_weight, topology)
        self.history_ = {name: np.empty(0) for name in HISTORY}
        self.n_iter_ = 0

    def _initial_weights(self, x: np.ndarray, sample_weight: np.ndarray, topology: Topology) -> np.ndarray:
        if not isinstance(self.init, str):
            weights = np.array(self.init, dtype=x.dtype, order="C")
            wanted = (topology.units, x.shape[1])
            if weights.shape != wanted or not np.isfinite(weights).all():
                got = f"shape {weights.shape}" if weights.shape != wanted else "NaN or infinity"
                raise InvalidParameter("SOM", "init", got, f"{INITS} or a finite array of shape {wanted}")
            return weights
        checks.one_of("SOM", "init", self.init, INITS)
        with one_blas_thread():
            if self.init == "pca":
                weights = initial.pca(x, sample_weight, topology)
            elif self.init == "random":
                weights = initial.uniform(x, self.seed_, topology)
            else:
                weights = initial.sample(x, sample_weight, self.seed_, topology)
        return np.ascontiguousarray(weights, dtype=x.dtype)

    def _train(
        self,
        x: np.ndarray,
        sample_weight: np.ndarray,
        topology: Topology,
        sigmas: np.ndarray,
        callback: Callback | None,
        checkpoint: str | os.PathLike[str] | None,
        notes: dict[str, Any],
    ) -> None:
        kernels = backend.kernels("som", self.backend_)
        state = kernels.begin(x, sample_weight, self.weights_, topology.positions, topology.periods, topology.reach2())
        stop = False
        while self.n_iter_ < len(sigmas) and not stop and not self._converged():
            sigma = sigmas[self.n_iter_]
            metrics = kernels.advance(state, *topology.smoothing(sigma))
            row = (sigma, metrics.qe, metrics.te)
            self.weights_ = kernels.fetch(state, ("weights",))["weights"]
            self.history_ = {k: np.append(self.history_[k], v) for k, v in zip(HISTORY, row, strict=True)}
            self.n_iter_ += 1
            if checkpoint is not None:
                storage.save(self, checkpoint, notes=notes)
            stop = report(callback, self.n_iter_, len(sigmas), **dict(zip(HISTORY, map(float, row), strict=True)))

    def _take_over(self, checkpoint: str | os.PathLike[str], data_key: int) -> None:
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
        for name in ("seed_", "weights_", "history_", "n_iter_"):
            setattr(self, name, getattr(other, name))

    def _converged(self) -> bool:
        """Return whether the quantisation error has stood still for `n_iter_no_change` epochs."""
        qe = self.history_["qe"][-(self.n_iter_no_change + 1) :]
        if self.tol is None or len(qe) <= self.n_iter_no_change:
            return False
        return bool((qe[:-1] - qe[1:] < self.tol * qe[:-1]).all())

    def _sigmas(self, longer_side: int) -> np.ndarray:
        """Check the parameters of the schedule and return sigma for every epoch."""
        sigma = (max(1.0, longer_side / 2), 1.0) if self.sigma is None else self.sigma
        start, end = checks.positive_pair("SOM", "sigma", sigma)
        checks.at_least("SOM", "epochs", self.epochs, 1)
        checks.at_least("SOM", "n_iter_no_change", self.n_iter_no_change, 1)
        if self.tol is not None and not self.tol >= 0:
            raise InvalidParameter("SOM", "tol", self.tol, "None or a number >= 0")
        checks.one_of("SOM", "sigma_decay", self.sigma_decay, tuple(DECAYS))
        return decay(self.sigma_decay, start, end, self.epochs)

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
        """Return the Euclidean distances of the samples from all units, shape (samples, units)."""
        from sklearn.metrics.pairwise import euclidean_distances

        check_is_fitted(self)
        result: np.ndarray = euclidean_distances(self._samples(X), self.weights_)
        return result

    def score(self, X: Any, y: Any = None, *, sample_weight: Any = None) -> float:
        """Return minus the quantisation error, the mean distance of the samples from their best-matching units."""
        check_is_fitted(self)
        x = self._samples(X)
        return -float(self._assigned(x, self._sample_weight(sample_weight, x))[1].qe)

    def _assigned(
        self, x: np.ndarray, sample_weight: np.ndarray | None = None, adjacency: int | None = None
    ) -> tuple[dict[str, np.ndarray], Any]:
        """Return the two best units of every sample, and the errors of the map."""
        topology = self.topology
        # not backend_: a map that was trained on a device can be used where there is none
        kernels = backend.kernels("som", backend.choose(self.backend, "som", x.size * topology.units))
        sample_weight = np.ones(len(x), x.dtype) if sample_weight is None else sample_weight
        weights = np.ascontiguousarray(self.weights_, dtype=x.dtype)
        if weights.shape != (topology.units, x.shape[1]):
            raise DataError(f"SOM: weights_ have shape {weights.shape}; the map needs {(topology.units, x.shape[1])}")
        _check_range(x)
        state = kernels.begin(
            x, sample_weight, weights, topology.positions, topology.periods, topology.reach2(adjacency)
        )
        metrics = kernels.assign(state)
        return kernels.fetch(state), metrics

    @property
    def _n_features_out(self) -> int:
        return 2

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _same(a: Any, b: Any) -> bool:
    """Return whether two values of a parameter mean the same: "rect" is "rectangular", a list is a tuple."""
    a, b = (LATTICES.get(v, v) if isinstance(v, str) else v for v in (a, b))
    return a is b or (type(a) is type(b) is str and a == b) or bool(np.array_equal(a, b))


def _check_range(x: np.ndarray) -> None:
    """Raise where squares of the values would overflow, or vanish, in the arithmetic of their type."""
    reach = 1e15 if x.dtype == np.float32 else 1e140
    largest = max(abs(float(x.min())), abs(float(x.max())))
    if largest > reach or 0 < largest < 1 / reach:
        raise DataError(
            f"SOM: the largest value of X is {largest:.3g}; {x.dtype} can do with {1 / reach:g} to {reach:g}: scale X"
        )
