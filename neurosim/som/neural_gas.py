"""The neural gas: units without a grid, ordered for every sample by how near they are to it."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from scipy.sparse import coo_array, csr_array
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from neurosim.core import checks, random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.core.progress import Callback, report
from neurosim.core.schedules import decay
from neurosim.som import initial, neural_gas_cpu
from neurosim.som.topology import Topology

ALGORITHMS = ("batch", "online")
INITS = ("sample", "random")
HISTORY = {"batch": ("range", "qe"), "online": ("range", "learning_rate", "qe")}


class NeuralGas(ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin, Learner):
    """Neural gas: a vector quantiser whose units learn by their rank among the units nearest to a sample.

    For a sample x the unit u has the rank k_u, the number of units that are nearer to x. Online, every sample moves all
    units, ``w_u += rate * exp(-k_u / range) * (x - w_u)``; in batches every unit becomes the mean of all samples,
    weighted by ``exp(-k_u / range)``. The range falls geometrically until only the nearest unit learns. Afterwards the
    two units nearest to each sample are joined by an edge (competitive Hebbian learning): the graph shows which parts
    of the data hang together.

    Parameters
    ----------
    units : int >= 2, default 100
    algorithm : "batch" or "online", default "batch"
    neighbourhood_range : (start, end), optional
        Two numbers > 0, in ranks. Default: half the number of units, and 0.01.
    learning_rate : (start, end), default (0.5, 0.005)
        Two numbers in (0, 1], falling geometrically too; of the online algorithm.
    epochs : int >= 1, default 40
        Passes over the data.
    steps : int >= 1, optional
        Number of samples that the online algorithm shows, instead of `epochs`.
    init : "sample", "random" or array (units, features), default "sample"
        The first weights: random samples; uniform in the range of each feature; or given.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the first weights and the order of the samples, a new one every epoch, come from.

    Attributes
    ----------
    weights_ : (units, features)
        Weight vectors, of the samples' dtype (float32 or float64).
    labels_ : (samples,)
        The nearest unit of every sample of the fit.
    edges_ : (edges, 2)
        Pairs of units that are the two nearest of a sample of the fit, the lower first, in lexicographic order.
    edge_counts_ : (edges,)
        Number of such samples.
    history_ : dict of (epochs,) arrays
        "range" and, online, "learning_rate" at the start of each epoch, and "qe", the mean distance of a sample from
        the nearest unit: in batches before the epoch's update, online when the sample was shown.
    n_iter_ : int
        Epochs done; the last may be cut short by `steps`.
    seed_ : int
        The key that `random_state` stood for.
    n_features_in_ : int

    Notes
    -----
    The same input gives the same bits for any number of threads. ``exp(-k / range)`` counts as 0 where it is below
    1e-16, and of equally near units the one with the lower number comes first.

    References
    ----------
    T. M. Martinetz, S. G. Berkovich, K. J. Schulten, "'Neural-gas' network for vector quantization and its application
    to time-series prediction", IEEE Transactions on Neural Networks 4:558-569 (1993): the online rule. T. Martinetz,
    K. Schulten, "Topology representing networks", Neural Networks 7:507-522 (1994): the edges. M. Cottrell, B. Hammer,
    A. Hasenfuss, T. Villmann, "Batch and median neural gas", Neural Networks 19:762-771 (2006): the batch rule. Rules
    and default rates are given from memory, not checked against the papers.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import NeuralGas
    >>> iris = load_iris()
    >>> gas = NeuralGas(units=30, random_state=0).fit(iris.data)
    >>> gas.predict(iris.data).shape
    (150,)
    >>> bool(gas.score(iris.data) > -0.35)
    True
    """

    def __init__(
        self,
        units: int = 100,
        *,
        algorithm: str = "batch",
        neighbourhood_range: tuple[float, float] | None = None,
        learning_rate: tuple[float, float] = (0.5, 0.005),
        epochs: int = 40,
        steps: int | None = None,
        init: Any = "sample",
        random_state: Any = None,
    ) -> None:
        self.units = units
        self.algorithm = algorithm
        self.neighbourhood_range = neighbourhood_range
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.steps = steps
        self.init = init
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, callback: Callback | None = None) -> Self:
        """Spread the units over the samples.

        Parameters
        ----------
        X : (samples, features) array, finite, at least 2 samples
            float32 stays float32; everything else becomes float64.
        y : ignored
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after every epoch with the metrics of `history_`; returning True stops.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter or X is not as described.
        """
        ranges, rates = self._schedules()
        if callback is not None and not callable(callback):
            raise InvalidParameter("NeuralGas", "callback", callback, "a function or None")
        x = self._samples(X, fitting=True)
        _check_range(x)
        self.seed_ = random.seed_from(self.random_state)
        self.weights_ = self._initial_weights(x)
        self.history_ = {name: np.empty(0) for name in HISTORY[self.algorithm]}
        self.n_iter_ = 0
        total = self.epochs if self.steps is None else -(-self.steps // len(x))
        epochs = self._online(x, ranges, rates) if self.algorithm == "online" else self._batch(x, ranges)
        with one_blas_thread():
            for row in epochs:
                self.n_iter_ += 1
                self.history_ = {name: np.append(self.history_[name], row[name]) for name in row}
                if report(callback, self.n_iter_, total, **row):
                    break
        first, second = neural_gas_cpu.two_best(x, self.weights_)
        self.labels_ = first.astype(np.intp)
        pairs = np.sort(np.stack([first, second], axis=1), axis=1).astype(np.intp)
        self.edges_, self.edge_counts_ = np.unique(pairs, axis=0, return_counts=True)
        return self

    def _schedules(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Check the parameters and return range and learning rate, (start, end) each."""
        name = "NeuralGas"
        checks.at_least(name, "units", self.units, 2)
        checks.one_of(name, "algorithm", self.algorithm, ALGORITHMS)
        given = self.neighbourhood_range
        ranges = (self.units / 2, 0.01) if given is None else checks.positive_pair(name, "neighbourhood_range", given)
        rates = checks.positive_pair(name, "learning_rate", self.learning_rate)
        if max(rates) > 1:
            raise InvalidParameter(name, "learning_rate", self.learning_rate, "(start, end), two numbers in (0, 1]")
        checks.at_least(name, "epochs", self.epochs, 1)
        if self.steps is not None:
            checks.at_least(name, "steps", self.steps, 1)
            if self.algorithm == "batch":
                raise InvalidParameter(name, "steps", self.steps, "None with algorithm='batch', which counts epochs")
        return ranges, rates

    def _initial_weights(self, x: np.ndarray) -> np.ndarray:
        wanted = (self.units, x.shape[1])
        if not isinstance(self.init, str):
            weights = np.array(self.init, dtype=x.dtype, order="C")
            if weights.shape != wanted or not np.isfinite(weights).all():
                got = f"shape {weights.shape}" if weights.shape != wanted else "NaN or infinity"
                raise InvalidParameter("NeuralGas", "init", got, f"{INITS} or a finite array of shape {wanted}")
            return weights
        checks.one_of("NeuralGas", "init", self.init, INITS)
        chain = Topology((self.units, 1))
        if self.init == "random":
            weights = initial.uniform(x, self.seed_, chain)
        else:
            weights = initial.sample(x, np.ones(len(x)), self.seed_, chain)
        return np.ascontiguousarray(weights, dtype=x.dtype)

    def _batch(self, x: np.ndarray, ranges: tuple[float, float]) -> Iterator[dict[str, float]]:
        """Train in batches; yield what was measured in each epoch."""
        for neighbourhood_range in decay("exponential", *ranges, self.epochs):
            self.weights_, distance = neural_gas_cpu.epoch(x, self.weights_, neighbourhood_range)
            yield {"range": float(neighbourhood_range), "qe": distance / len(x)}

    def _online(
        self, x: np.ndarray, ranges: tuple[float, float], rates: tuple[float, float]
    ) -> Iterator[dict[str, float]]:
        """Show the samples one by one; yield what was measured in each epoch."""
        n = len(x)
        steps = self.epochs * n if self.steps is None else self.steps
        for begin in range(0, steps, n):
            stop = min(begin + n, steps)
            order = random.permutation(self.seed_, 1 + begin // n, n)[: stop - begin]
            spread, rate = (decay("exponential", *ends, steps, begin, stop) for ends in (ranges, rates))
            weights = self.weights_.copy()
            distance = neural_gas_cpu.train(weights, x, order, spread, rate)
            self.weights_ = weights
            yield {"range": float(spread[0]), "learning_rate": float(rate[0]), "qe": distance / (stop - begin)}

    def predict(self, X: Any) -> np.ndarray:
        """Return the nearest unit of every sample, shape (samples,)."""
        check_is_fitted(self)
        x = self._samples(X)
        _check_range(x)
        units: np.ndarray = neural_gas_cpu.two_best(x, np.ascontiguousarray(self.weights_, x.dtype))[0]
        return units.astype(np.intp)

    def transform(self, X: Any) -> np.ndarray:
        """Return the distances of the samples from all units, shape (samples, units)."""
        from sklearn.metrics.pairwise import euclidean_distances

        check_is_fitted(self)
        result: np.ndarray = euclidean_distances(self._samples(X), self.weights_)
        return result

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the quantisation error, the mean distance of the samples from their nearest units."""
        nearest = self.predict(X)
        x = self._samples(X)
        squares = sum(
            np.sqrt(((x[part] - self.weights_[nearest[part]]) ** 2).sum(1, dtype=np.float64)).sum()
            for part in initial.blocks(x)
        )
        return -float(squares) / len(x)

    def graph(self, least: int = 1) -> csr_array:
        """Return the edges as a symmetric matrix (units, units) of the numbers of their samples.

        Parameters
        ----------
        least : int >= 1, default 1
            Edges of fewer samples are left out.

        Examples
        --------
        >>> from scipy.sparse.csgraph import connected_components
        >>> from neurosim.datasets import make_blobs
        >>> x = make_blobs(500, centers=[[0, 0], [20, 0], [0, 20]], random_state=0).data
        >>> gas = NeuralGas(units=30, random_state=0).fit(x)
        >>> connected_components(gas.graph())[0]
        3
        """
        check_is_fitted(self)
        checks.at_least("NeuralGas.graph", "least", least, 1)
        kept = self.edge_counts_ >= least
        (a, b), counts = self.edges_[kept].T, self.edge_counts_[kept]
        units = len(self.weights_)
        both = coo_array((np.tile(counts, 2), (np.append(a, b), np.append(b, a))), shape=(units, units))
        return both.tocsr()

    @property
    def _n_features_out(self) -> int:
        return len(self.weights_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_range(x: np.ndarray) -> None:
    """Raise where squares of the values would overflow in the arithmetic of their type."""
    reach = 1e15 if x.dtype == np.float32 else 1e140
    largest = max(abs(float(x.min())), abs(float(x.max())))
    if largest > reach:
        raise DataError(f"NeuralGas: the largest value of X is {largest:.3g}; {x.dtype} can do with {reach:g}: scale X")
