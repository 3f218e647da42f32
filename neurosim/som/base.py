"""What a map stands on: samples checked and taken into the metric's space, the lattice, the kernels."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from neurosim.core import backend, checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner, unmasked
from neurosim.core.jit import one_blas_thread
from neurosim.som import initial, rules, space, training
from neurosim.som.auto_grid import auto_grid, axes_ratio
from neurosim.som.topology import LATTICES, SHAPES, Topology

INITS = ("pca", "random", "sample")


class MapBase(Learner):
    """The base of `SOM`: everything between its public methods and the kernels."""

    grid: Any
    lattice: str
    shape: str
    metric: Any
    neighbourhood: str
    algorithm: str
    epochs: int
    steps: int | None
    init: Any
    random_state: Any
    backend: str

    @property
    def topology(self) -> Topology:
        """The lattice of units: positions, distances, neighbours; of the fit, if there was one."""
        return Topology(*self.layout_) if hasattr(self, "layout_") else self._topology()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[list[Any]]:
        """Leave the map as it was if it cannot be trained; once the list is filled, for errors of the data alone."""
        before, ready = self.__dict__.copy(), list[Any]()
        try:
            yield ready
        except BaseException as error:
            if not ready or isinstance(error, DataError):
                self.__dict__ = before
            raise

    def _counted(self, x: Any, sample_weight: Any, *, fitting: bool = True) -> tuple[Any, np.ndarray, np.ndarray]:
        """Return the samples that count, and their weights: divided by the largest, and as given, for online."""
        weights = self._sample_weight(sample_weight, x)
        given = np.ones(len(weights)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        counts = weights > 0
        if not counts.all():
            x, weights, given = x[counts], weights[counts], given[counts]
        if fitting and rules.has_gaps(x):
            _check_features(x)
        return x, weights, given

    def _updates(self, x: Any) -> int:
        """Return how many updates the schedule has: epochs in batches, samples shown online."""
        return self.epochs if self.algorithm == "batch" else self.steps or self.epochs * int(x.shape[0])

    def _topology(self, x: Any = None, sample_weight: np.ndarray | None = None) -> Topology:
        """Check the parameters of the lattice and return it; grid="auto" needs the samples."""
        checks.one_of("SOM", "lattice", self.lattice, tuple(LATTICES))
        checks.one_of("SOM", "shape", self.shape, SHAPES)
        if isinstance(self.grid, str) and self.grid == "auto" and x is not None and sample_weight is not None:
            with one_blas_thread():
                axes = initial.principal_axes(initial.without_gaps(x, sample_weight), sample_weight)[1]
            first, second = (float(np.linalg.norm(axis)) for axis in axes)
            grid = auto_grid(x.shape[0], axes_ratio(first, second), self.lattice, self.shape)
        else:
            if isinstance(self.grid, str) and self.grid == "auto":
                raise InvalidParameter("SOM", "grid", "auto", "(rows, columns) until a fit has seen samples")
            grid = checks.grid_of_units("SOM", "grid", self.grid)
        return Topology(grid, LATTICES[self.lattice], self.shape)

    def _begin(self, topology: Topology, weights: np.ndarray, *, passes: int) -> None:
        self.layout_ = (topology.grid, topology.lattice, topology.shape)
        self.weights_ = weights
        self.history_: dict[str, np.ndarray] = {}
        self.n_iter_ = 0
        self.passes_, self.sigma_ = passes, 1.0

    def _keep(self, epoch: training.Epoch, metric_space: space.Space) -> None:
        """Take over what an epoch gives."""
        self.weights_, self.sigma_ = metric_space.restored(epoch.weights), epoch.sigma
        missing = np.full(self.n_iter_, np.nan)  # of a map that was trained in batches first, or the other way round
        names, row = list(dict.fromkeys([*self.history_, *epoch.row])), epoch.row
        self.history_ = {k: np.append(self.history_.get(k, missing), row.get(k, np.nan)) for k in names}
        self.n_iter_ += 1

    def _fit_space(self, x: Any, sample_weight: np.ndarray) -> None:
        """Draw the seed and keep what the metric takes from the samples."""
        whitening = space.whitening_of(x, sample_weight) if self.metric == "mahalanobis" else None
        self.seed_, self.metric_ = random.seed_from(self.random_state), self.metric
        if whitening is not None:
            self.whitening_ = whitening
        elif hasattr(self, "whitening_"):
            del self.whitening_

    def _space(self, x: Any) -> space.Space:
        """Return the space of the metric, for samples with or without gaps."""
        metric = getattr(self, "metric_", self.metric)
        missing = metric not in space.EUCLIDEAN and rules.has_gaps(x)  # a look at all samples, for who asks
        return space.space_of(metric, missing=missing, whitening=getattr(self, "whitening_", None))

    def _run(self, x: Any, weights: np.ndarray, schedule: training.Schedule) -> training.Run:
        """Return what the epochs of training take."""
        metric_space, n = self._space(x), int(x.shape[0])
        epochs = self.epochs if self.algorithm == "batch" else -(-schedule.updates // n)
        samples = metric_space.samples(x)
        return training.Run(samples, weights, self.topology, metric_space, self.neighbourhood, schedule, epochs)

    def _target(self, x: Any, metric: Any, topology: Topology, algorithm: str = "batch") -> str:
        """Return the backend, which is "cpu" for all but what the device has kernels for."""
        work = float(x.shape[0]) * x.shape[1] * topology.units
        chosen = backend.choose(self.backend, "som", work)
        if chosen == "cpu":
            return chosen
        everywhere = not sparse.issparse(x) and metric in space.EUCLIDEAN and not rules.has_gaps(x)
        if everywhere and algorithm == "batch":
            return chosen
        if self.backend == "cuda":
            wanted = "cpu or auto for online training, NaN, CSR, Manhattan, Chebyshev and functions"
            raise InvalidParameter("SOM", "backend", "cuda", wanted)
        return "cpu"

    def _initial_weights(self, x: Any, sample_weight: np.ndarray, topology: Topology) -> np.ndarray:
        """Return the first weights, in the data's units (of length 1 where the metric wants that)."""
        if isinstance(self.init, str):
            checks.one_of("SOM", "init", self.init, INITS)
            points = self._space(x).samples(x) if self.metric in ("cosine", "correlation") else x
            points = points if sparse.issparse(points) else initial.without_gaps(points, sample_weight)
            with one_blas_thread():
                if self.init == "pca":
                    weights = initial.pca(points, sample_weight, topology)
                elif self.init == "random":
                    weights = initial.uniform(points, self.seed_, topology)
                else:
                    weights = initial.sample(points, sample_weight, self.seed_, topology)
        else:
            weights = finite_array("init", self.init, (topology.units, x.shape[1]), f"{INITS} or ")
        metric_space = self._space(x)
        if metric_space.unit_length:
            weights = metric_space.weights(weights)
        return np.ascontiguousarray(weights, dtype=x.dtype)

    def _samples(
        self, X: Any, *, fitting: bool = False, algorithm: str | None = None, minimum: int | None = None
    ) -> Any:
        """Return X checked: a C-contiguous array, or a CSR matrix, of float32 or float64."""
        x = validate_data(
            self,
            unmasked(X),
            reset=fitting,
            dtype=(np.float64, np.float32),
            order="C",
            accept_sparse="csr",
            ensure_all_finite="allow-nan",
            ensure_min_samples=minimum or (2 if fitting else 1),
        )
        is_sparse = sparse.issparse(x)
        values = x.data if is_sparse else x
        missing = rules.has_gaps(x)
        metric = self.metric if fitting else getattr(self, "metric_", self.metric)
        space.check(metric, algorithm or (self.algorithm if fitting else "batch"), missing=missing, is_sparse=is_sparse)
        if is_sparse:
            if missing:
                raise DataError("SOM: a CSR matrix with NaN is not supported; missing values need an array")
            x = x.copy() if not x.has_canonical_format else x
            x.sum_duplicates()
        elif missing:
            _check_gaps(x)
        _check_range(values)
        return x

    def _weights(self, x: Any) -> np.ndarray:
        """Return the weights in the samples' type."""
        weights: np.ndarray = np.ascontiguousarray(self.weights_, dtype=x.dtype)
        if weights.shape != (self.topology.units, x.shape[1]):
            wanted = (self.topology.units, x.shape[1])
            raise DataError(f"SOM: weights_ have shape {weights.shape}; the map needs {wanted}")
        return weights

    def _assigned(
        self, x: Any, sample_weight: np.ndarray | None = None, adjacency: int | None = None
    ) -> tuple[dict[str, np.ndarray], Any]:
        """Return the two best units of every sample of `_samples`, and the errors of the map."""
        topology, metric_space = self.topology, self._space(x)
        # not backend_: a map that was trained on a device can be used where there is none
        kernels = backend.kernels("som", self._target(x, getattr(self, "metric_", self.metric), topology))
        sample_weight = np.ones(x.shape[0], x.dtype) if sample_weight is None else sample_weight
        compiled = {} if metric_space.distance is None else {"distance": metric_space.distance}
        state = kernels.begin(
            metric_space.samples(x), sample_weight, np.ascontiguousarray(metric_space.weights(self._weights(x))),
            topology.positions, topology.periods, topology.reach2(adjacency), **compiled,
        )  # fmt: skip
        metrics = kernels.assign(state)
        return kernels.fetch(state), metrics._replace(qe=metric_space.error(metrics))


def finite_array(name: str, values: Any, shape: tuple[int, int | None], other: str = "") -> np.ndarray:
    """Return weights given by the user as float64, checked; their number of features may be free."""
    units, features = shape
    columns = "features" if features is None else features
    wanted = f"{other}a finite array of shape ({units}, {columns}), one row for each unit"
    try:
        weights: np.ndarray = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidParameter("SOM", name, values, wanted) from None
    fits = weights.ndim == 2 and len(weights) == units and features in (None, weights.shape[1]) and weights.size
    if not fits or not np.isfinite(weights).all():
        raise InvalidParameter("SOM", name, "NaN or infinity" if fits else f"shape {weights.shape}", wanted)
    return weights


def _check_gaps(x: np.ndarray) -> None:
    """Raise if a sample has no value at all."""
    known = (~np.isnan(x)).any(1)
    if not known.all():
        raise DataError(f"SOM: sample {int(np.argmin(known))} of X has no value; leave such samples out")


def _check_features(x: np.ndarray) -> None:
    """Raise if a feature has no value at all in the samples that count."""
    known = (~np.isnan(x)).any(0)
    if not known.all():
        raise DataError(f"SOM: feature {int(np.argmin(known))} of X has no value; leave such features out")


def _check_range(values: np.ndarray) -> None:
    """Raise where squares of the values would overflow, or vanish, in the arithmetic of their type."""
    reach = 1e15 if values.dtype == np.float32 else 1e140
    ends = (values.min(), values.max()) if values.size else (0.0, 0.0)
    ends = (np.nanmin(values), np.nanmax(values)) if np.isnan(ends[0]) else ends
    largest = max(abs(float(end)) for end in ends)
    if largest > reach or 0 < largest < 1 / reach:
        within = f"{1 / reach:g} to {reach:g}"
        raise DataError(f"SOM: the largest value of X is {largest:.3g}; {values.dtype} can do with {within}: scale X")
