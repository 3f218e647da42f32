"""What a map stands on: samples checked and taken into the metric's space, the lattice, the kernels."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from neurosim.core import backend, checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.som import initial, space, training
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

    def _topology(self, x: Any = None, sample_weight: np.ndarray | None = None) -> Topology:
        """Check the parameters of the lattice and return it; grid="auto" needs the samples."""
        checks.one_of("SOM", "lattice", self.lattice, tuple(LATTICES))
        checks.one_of("SOM", "shape", self.shape, SHAPES)
        if isinstance(self.grid, str) and self.grid == "auto" and x is not None and sample_weight is not None:
            with one_blas_thread():
                first, second = (float(np.linalg.norm(a)) for a in initial.principal_axes(x, sample_weight)[1])
            grid = auto_grid(x.shape[0], axes_ratio(first, second), self.lattice, self.shape)
        else:
            grid = checks.grid_of_units("SOM", "grid", self.grid)
        return Topology(grid, LATTICES[self.lattice], self.shape)

    def _begin(self, topology: Topology, weights: np.ndarray, *, passes: int) -> None:
        self.layout_ = (topology.grid, topology.lattice, topology.shape)
        self.weights_ = weights
        self.history_: dict[str, np.ndarray] = {}
        self.n_iter_ = 0
        self.passes_ = passes

    def _keep(self, row: dict[str, float], weights: np.ndarray) -> None:
        """Take over the weights and the metrics of an epoch."""
        self.weights_ = weights
        missing = np.full(self.n_iter_, np.nan)  # of a map that was trained in batches first, or the other way round
        names = list(dict.fromkeys([*self.history_, *row]))
        self.history_ = {k: np.append(self.history_.get(k, missing), row.get(k, np.nan)) for k in names}
        self.n_iter_ += 1

    def _fit_space(self, x: Any, sample_weight: np.ndarray) -> None:
        """Draw the seed and keep what the metric takes from the samples."""
        self.seed_ = random.seed_from(self.random_state)
        if self.metric == "mahalanobis":
            self.whitening_ = space.whitening_of(x, sample_weight)
        elif hasattr(self, "whitening_"):
            del self.whitening_

    def _space(self, x: Any) -> space.Space:
        """Return the space of the metric, for samples with or without gaps."""
        missing = not sparse.issparse(x) and bool(np.isnan(x.sum()))
        return space.space_of(self.metric, missing=missing, whitening=getattr(self, "whitening_", None))

    def _run(
        self, x: Any, weights: np.ndarray, topology: Topology, sample_weight: Any, algorithm: str | None = None
    ) -> training.Run:
        """Return what the epochs of training take."""
        algorithm, n = algorithm or self.algorithm, x.shape[0]
        if algorithm == "online" and sample_weight is not None:  # as given: here the size of a weight matters
            weights = np.asarray(sample_weight, dtype=x.dtype)
        metric_space = self._space(x)
        self.backend_ = self._target(x, metric_space, topology, algorithm)
        updates = self.epochs if algorithm == "batch" else self.steps or self.epochs * n
        epochs = self.epochs if algorithm == "batch" else -(-updates // n)
        schedule = training.schedule_of(self, updates, max(topology.grid))
        return training.Run(
            metric_space.samples(x), weights, topology, metric_space, self.neighbourhood, schedule, epochs
        )

    def _target(self, x: Any, metric_space: space.Space, topology: Topology, algorithm: str = "batch") -> str:
        """Return the backend, which is "cpu" for all but what the device has kernels for."""
        work = float(x.shape[0]) * x.shape[1] * topology.units
        chosen = backend.choose(self.backend, "som", work)
        everywhere = not sparse.issparse(x) and metric_space.distance is None and not np.isnan(x.sum())
        if chosen == "cpu" or (everywhere and algorithm == "batch"):
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
            weights, wanted = np.array(self.init, dtype=np.float64), (topology.units, x.shape[1])
            if weights.shape != wanted or not np.isfinite(weights).all():
                got = f"shape {weights.shape}" if weights.shape != wanted else "NaN or infinity"
                raise InvalidParameter("SOM", "init", got, f"{INITS} or a finite array of shape {wanted}")
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
            X,
            reset=fitting,
            dtype=(np.float64, np.float32),
            order="C",
            accept_sparse="csr",
            ensure_all_finite="allow-nan",
            ensure_min_samples=minimum or (2 if fitting else 1),
        )
        is_sparse = sparse.issparse(x)
        values = x.data if is_sparse else x
        missing = bool(np.isnan(values.sum()))
        space.check(
            self.metric, algorithm or (self.algorithm if fitting else "batch"), missing=missing, is_sparse=is_sparse
        )
        if is_sparse:
            if missing:
                raise DataError("SOM: a CSR matrix with NaN is not supported; missing values need an array")
            x = x.copy() if not x.has_canonical_format else x
            x.sum_duplicates()
        elif missing:
            _check_gaps(x, fitting=fitting)
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
        kernels = backend.kernels("som", self._target(x, metric_space, topology))
        sample_weight = np.ones(x.shape[0], x.dtype) if sample_weight is None else sample_weight
        compiled = {} if metric_space.distance is None else {"distance": metric_space.distance}
        state = kernels.begin(
            metric_space.samples(x), sample_weight, np.ascontiguousarray(metric_space.weights(self._weights(x))),
            topology.positions, topology.periods, topology.reach2(adjacency), **compiled,
        )  # fmt: skip
        metrics = kernels.assign(state)
        return kernels.fetch(state), metrics._replace(qe=metric_space.error(metrics))


def _check_gaps(x: np.ndarray, *, fitting: bool) -> None:
    """Raise if a sample, or in fitting a feature, has no value at all."""
    known = ~np.isnan(x)
    if not known.any(1).all():
        raise DataError(f"SOM: sample {int(np.argmin(known.any(1)))} of X has no value; leave such samples out")
    if fitting and not known.any(0).all():
        raise DataError(f"SOM: feature {int(np.argmin(known.any(0)))} of X has no value; leave such features out")


def _check_range(values: np.ndarray) -> None:
    """Raise where squares of the values would overflow, or vanish, in the arithmetic of their type."""
    reach = 1e15 if values.dtype == np.float32 else 1e140
    largest = max(abs(float(np.nanmin(values))), abs(float(np.nanmax(values)))) if values.size else 0.0
    if largest > reach or 0 < largest < 1 / reach:
        within = f"{1 / reach:g} to {reach:g}"
        raise DataError(f"SOM: the largest value of X is {largest:.3g}; {values.dtype} can do with {within}: scale X")
