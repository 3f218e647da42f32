"""What a metric does to samples and weights, so that the kernels' distance between them is the metric's."""

from typing import Any

import numpy as np
from scipy import linalg, sparse

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.som import distances, initial, rules
from neurosim.som.rules import Metrics

METRICS = ("euclidean", "cosine", "correlation", "mahalanobis", "manhattan", "chebyshev")
FORMS = ("batch", "batch with NaN", "batch, CSR", "online", "online with NaN")
EUCLIDEAN = METRICS[:4]  # after what is done to the samples
SUPPORTED = {
    "euclidean": FORMS,
    "cosine": ("batch", "batch, CSR", "online"),
    "correlation": ("batch", "online"),
    "mahalanobis": ("batch", "online"),
    "manhattan": ("batch", "batch with NaN", "online", "online with NaN"),
    "chebyshev": ("batch", "online"),
    "a function": ("batch", "online"),
}


class Space:
    """The space of Euclid's distance: samples and weights stay as they are."""

    distance: Any = None  # a compiled function, or None: Euclid's
    online_distance: Any = None
    unit_length = False  # of the weights after every epoch

    def samples(self, x: Any) -> Any:
        """Return the samples (N, D) in this space."""
        return x

    def weights(self, w: np.ndarray) -> np.ndarray:
        """Return weights (M, D) in the data's units in this space."""
        return w

    def restored(self, w: np.ndarray) -> np.ndarray:
        """Return weights of this space in the data's units."""
        return w

    def error(self, metrics: Metrics) -> float:
        """Return the mean distance of the samples from their best units."""
        return float(metrics.qe)

    def distances(self, x: Any, w: np.ndarray) -> np.ndarray:
        """Return the distances of samples from weights of this space, (N, M)."""
        from sklearn.metrics.pairwise import euclidean_distances

        if sparse.issparse(x):
            result: np.ndarray = euclidean_distances(x, w)
            return result
        centre = w.mean(0, dtype=np.float64).astype(w.dtype)  # or far from the origin the squares would cancel
        x, w = x - centre, w - centre
        if not rules.has_gaps(x):
            result = euclidean_distances(x, w)
            return result
        known, zeros = ~np.isnan(x), np.nan_to_num(x)
        squares = (zeros**2).sum(1)[:, None] - 2 * zeros @ w.T + known.astype(x.dtype) @ (w * w).T
        return np.sqrt(np.maximum(squares, 0))


class Directions(Space):
    """Vectors of length 1, whose squared Euclidean distance is twice the cosine distance."""

    unit_length = True
    online_distance = staticmethod(distances.cosine)

    def samples(self, x: Any) -> Any:
        """Return the samples scaled to length 1."""
        if sparse.issparse(x):
            squares = np.add.reduceat(np.r_[x.data.astype(np.float64) ** 2, 0], x.indptr[:-1]) * (np.diff(x.indptr) > 0)
        else:
            squares = np.einsum("ij,ij->i", x, x, dtype=np.float64)
        lengths = np.sqrt(squares).astype(x.dtype)
        if not lengths.all():
            row = int(np.argmin(lengths))
            raise DataError(f"SOM: sample {row} of X is all zeros and has no direction; metric='cosine' needs one")
        if sparse.issparse(x):
            return sparse.csr_matrix((x.data / np.repeat(lengths, np.diff(x.indptr)), x.indices, x.indptr), x.shape)
        return x / lengths[:, None]

    def weights(self, w: np.ndarray) -> np.ndarray:
        """Return the weights scaled to length 1; zero vectors stay."""
        lengths = np.linalg.norm(w, axis=1)
        return w / np.where(lengths > 0, lengths, 1)[:, None]

    def error(self, metrics: Metrics) -> float:
        """Return the mean of one minus the cosine."""
        return float(metrics.mse) / 2

    def distances(self, x: Any, w: np.ndarray) -> np.ndarray:
        """Return one minus the cosines of samples with weights."""
        cosines: np.ndarray = x @ w.T
        return np.maximum(1 - cosines, 0)


class Profiles(Directions):
    """Vectors of mean 0 and length 1, whose squared Euclidean distance is twice one minus their correlation."""

    def samples(self, x: Any) -> Any:
        """Return every sample less its own mean, scaled to length 1."""
        centred = x - x.mean(1, keepdims=True)
        flat = np.ptp(x, axis=1) == 0
        if flat.any():
            row = int(np.argmax(flat))
            raise DataError(f"SOM: sample {row} of X is constant; metric='correlation' needs values that differ")
        return super().samples(centred)

    def weights(self, w: np.ndarray) -> np.ndarray:
        """Return every weight vector less its own mean, scaled to length 1."""
        return super().weights(w - w.mean(1, keepdims=True))


class Whitened(Space):
    """Data multiplied by a root of their inverse covariance matrix: Euclid's distance there is Mahalanobis'."""

    def __init__(self, whitening: np.ndarray) -> None:
        self.whitening = whitening

    def samples(self, x: Any) -> Any:
        """Return the samples whitened."""
        return np.ascontiguousarray(x @ self.whitening.astype(x.dtype))

    def weights(self, w: np.ndarray) -> np.ndarray:
        """Return the weights whitened."""
        return self.samples(w)

    def restored(self, w: np.ndarray) -> np.ndarray:
        """Return weights in the data's units."""
        return np.asarray(np.linalg.solve(self.whitening.T, w.T.astype(np.float64)).T, w.dtype, order="C")


class Compiled(Space):
    """Any other distance, as a compiled function of a sample and a weight vector."""

    def __init__(self, distance: Any) -> None:
        self.distance = self.online_distance = distance

    def distances(self, x: Any, w: np.ndarray) -> np.ndarray:
        """Return the distances of samples from weights, (N, M) float64."""
        from neurosim.som import cpu_generic

        return cpu_generic.distances(x, np.ascontiguousarray(w, x.dtype), self.distance)


def space_of(metric: Any, *, missing: bool = False, whitening: np.ndarray | None = None) -> Space:
    """Return the space of a metric that `check` has passed."""
    if callable(metric):
        return Compiled(distances.compiled(metric))
    if metric in ("manhattan", "chebyshev"):
        return Compiled(distances.KNOWN[metric] if missing else distances.DISTANCES[metric])
    if whitening is not None:
        return Whitened(whitening)
    return {"cosine": Directions, "correlation": Profiles}.get(metric, Space)()


def check(metric: Any, algorithm: str, *, missing: bool, is_sparse: bool) -> None:
    """Raise unless `metric` is known and supported for data of this form."""
    name = "a function" if callable(metric) else metric
    form = f"{algorithm}, CSR" if is_sparse else f"{algorithm} with NaN" if missing else algorithm
    if not isinstance(name, str) or form not in SUPPORTED.get(name, ()):
        raise InvalidParameter("SOM", "metric", metric, f"one that is supported for {form}", table())


def table() -> str:
    """Return the supported pairs of metric and data as text."""
    head = " ".join([f"{'metric':12}", *FORMS])
    rows = [
        " ".join([f"{name:12}", *(f"{'yes' if form in forms else '-':{len(form)}}" for form in FORMS)]).rstrip()
        for name, forms in SUPPORTED.items()
    ]
    return "\n".join([head, *rows])


def whitening_of(x: np.ndarray, sample_weight: np.ndarray) -> np.ndarray:
    """Return a root W (D, D) float64 of the inverse covariance matrix of the samples, which is W W^T."""
    with one_blas_thread():
        mean, total = initial.weighted_mean(x, sample_weight), sample_weight.sum(dtype=np.float64)
        covariance = initial.scatter(x, sample_weight, mean) / total
        spread = np.sqrt(np.diag(covariance))
        scaled = covariance / np.outer(*2 * (np.where(spread > 0, spread, 1),))
        values, vectors = linalg.eigh(scaled)
    rank = int((values > 1e-10).sum())
    if rank < len(values):
        wanted = "features that are linearly independent"
        got = f"the {len(values)} features of X span {rank} dimensions"
        raise DataError(f"SOM: metric='mahalanobis' needs {wanted}; {got}")
    root: np.ndarray = (vectors / np.sqrt(values)) @ vectors.T / spread[:, None]
    return root
