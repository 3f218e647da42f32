"""The perceptron in a space of features that only a kernel knows."""

from typing import Any

import numpy as np
from scipy import sparse

from neurosim.core import checks, parallel
from neurosim.core.errors import DataError
from neurosim.core.jit import one_blas_thread
from neurosim.perceptron import cpu
from neurosim.perceptron.online import OnlineClassifier, Samples

KERNELS = ("linear", "poly", "rbf")
READOUTS = ("averaged", "last", "voted")
BLOCK = 512  # samples whose kernels are computed in one matrix product
ROWS = 64  # of them to a task


class KernelPerceptron(OnlineClassifier):
    """Perceptron whose weights are a sum of samples, seen only through a kernel K(x, z).

    A sample that is wrong or on the boundary becomes a support vector, with its label y as a factor. The answer comes
    from the last such sum ("last"), from the mean of the sums after every sample ("averaged"), or from the majority of
    all sums, each with as many votes as it survived samples ("voted").

    Parameters
    ----------
    kernel : "poly", "rbf" or "linear", default "poly"
        (gamma x.z + coef0)^degree, exp(-gamma ‖x - z‖^2) or x.z.
    degree : int >= 1, default 2
    gamma : "scale" or float > 0, default "scale"
        "scale" is 1 / (features x variance of all the samples' entries).
    coef0 : float >= 0, default 1
    readout : "averaged", "voted" or "last", default "averaged"
    epochs : int >= 1, default 5
        Passes over the data at most; an epoch without a mistake is the last.
    shuffle, random_state
        As for `Perceptron`.

    Attributes
    ----------
    support_vectors_ : (support, features)
        Samples that were wrong, once for each epoch in which they were; of the samples' dtype, and never sparse.
    change_problem_, change_support_, change_sign_, change_time_ : (changes,)
        Every mistake in order: which problem, which support vector, the label, and the samples seen before.
    gamma_ : float
    classes_, mistakes_, updates_, n_iter_, n_seen_, seed_
        As for `Perceptron`.

    References
    ----------
    Y. Freund, R. E. Schapire, "Large margin classification using the perceptron algorithm", Machine Learning
    37:277-296 (1999), from memory.

    Examples
    --------
    >>> from neurosim.perceptron import KernelPerceptron
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> KernelPerceptron(degree=2, epochs=20, random_state=0).fit(X, y).predict(X)
    array([0, 1, 1, 0])
    """

    scores_tell = False
    fit_intercept = False

    def __init__(
        self,
        kernel: str = "poly",
        *,
        degree: int = 2,
        gamma: float | str = "scale",
        coef0: float = 1.0,
        readout: str = "averaged",
        epochs: int = 5,
        shuffle: bool = True,
        random_state: Any = None,
    ) -> None:
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.readout = readout
        self.epochs = epochs
        self.shuffle = shuffle
        self.random_state = random_state

    def _check(self) -> None:
        super()._check()
        owner = type(self).__name__
        checks.one_of(owner, "kernel", self.kernel, KERNELS)
        checks.one_of(owner, "readout", self.readout, READOUTS)
        checks.at_least(owner, "degree", self.degree, 1)
        if not (isinstance(self.gamma, str) and self.gamma == "scale"):
            checks.number(owner, "gamma", self.gamma, '"scale" or a number > 0', above=0)
        checks.number(owner, "coef0", self.coef0, "a number >= 0", least=0)

    def _first_weights(self, x: Any) -> None:
        self.gamma_ = scale(x) if isinstance(self.gamma, str) else float(self.gamma)
        self.support_vectors_ = np.zeros((0, x.shape[1]), x.dtype)
        self.change_problem_ = np.zeros(0, np.int32)
        self.change_support_ = np.zeros(0, np.int32)
        self.change_sign_ = np.zeros(0, np.int8)
        self.change_time_ = np.zeros(0, np.int64)

    @property
    def _real(self) -> np.dtype:
        return self.support_vectors_.dtype

    def _epoch(self, x: Samples, codes: np.ndarray, order: np.ndarray, norms: np.ndarray | None) -> cpu.Metrics:
        with one_blas_thread():
            return self._pass(x, codes, order)

    def _pass(self, x: Samples, codes: np.ndarray, order: np.ndarray) -> cpu.Metrics:
        """Show the samples once: the kernels of a block come from one product, what changes within it from another."""
        positive = np.arange(len(self.classes_)) if self._problems > 1 else np.ones(1, np.int64)
        last = self._sums(np.ones(len(self.change_time_)))
        updates = np.zeros(self._problems, np.int64)
        kept, features = self.support_vectors_.shape
        room = np.empty((kept + len(order), features), self._real)  # memory that is not written is not taken
        room[:kept] = self.support_vectors_
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            block = dense_rows(x, rows, features)
            scores = self._values(block) @ last.T.astype(block.dtype)
            changes = np.zeros(scores.shape, np.int8)
            cpu.correct_block(scores, self._kernel(block, block), codes[rows], positive, changes)
            last = np.hstack([last, changes[changes.any(axis=1)].T])
            updates += (changes != 0).sum(axis=0)
            self._note(changes, self.n_seen_ + start)
            wrong = block[changes.any(axis=1)]
            room[kept : kept + len(wrong)] = wrong
            kept += len(wrong)
            self.support_vectors_ = room[:kept]
        self.support_vectors_ = self.support_vectors_.copy()
        metrics = cpu.Metrics(updates, updates, np.zeros(self._problems))
        self._count(metrics, len(order))
        return metrics

    def _note(self, changes: np.ndarray, seen: int) -> None:
        """Note changes (B, K) in their order; every row that is not all 0 belongs to one more support vector."""
        place = len(self.support_vectors_) + np.cumsum(changes.any(axis=1)) - 1
        rows, problems = np.nonzero(changes)
        self.change_problem_ = np.append(self.change_problem_, problems.astype(np.int32))
        self.change_support_ = np.append(self.change_support_, place[rows].astype(np.int32))
        self.change_sign_ = np.append(self.change_sign_, changes[rows, problems])
        self.change_time_ = np.append(self.change_time_, seen + rows)

    def _sums(self, factors: np.ndarray) -> np.ndarray:
        """Return the factor of every support vector in the problems' sums, (problems, support)."""
        sums = np.zeros((self._problems, len(self.support_vectors_)))
        np.add.at(sums, (self.change_problem_, self.change_support_), self.change_sign_ * factors)
        return sums

    @property
    def dual_coef_(self) -> np.ndarray:
        """Factors of the support vectors, (problems, support): in the mean of all sums, or else in the last."""
        seen = self.change_time_
        return self._sums(1 - seen / self.n_seen_ if self.readout == "averaged" else np.ones(len(seen)))

    def _check_finite(self) -> None:
        pass  # the factors are counts

    def _scores(self, x: Any) -> np.ndarray:
        factors, parts = self.dual_coef_.T, []
        with one_blas_thread():
            for start in range(0, x.shape[0], BLOCK):
                values = self._values(x[start : start + BLOCK])
                parts.append(self._votes(values) if self.readout == "voted" else values @ factors.astype(values.dtype))
        return np.vstack(parts)

    def _votes(self, values: np.ndarray) -> np.ndarray:
        """Return the majorities, between -1 and 1, for kernels (samples, support)."""
        order = np.argsort(self.change_problem_, kind="stable")
        starts = np.searchsorted(self.change_problem_[order], np.arange(self._problems + 1))
        times = self.change_time_[order]
        until = np.append(times[1:], self.n_seen_)
        until[starts[1:] - 1] = self.n_seen_  # the last of every problem
        votes = np.zeros((len(values), self._problems))
        parallel.run(
            cpu.vote, len(values), values, starts, self.change_support_[order], self.change_sign_[order], until - times,
            votes,
        )  # fmt: skip
        return votes / self.n_seen_

    def _values(self, x: Any) -> np.ndarray:
        """Return the kernels of samples and support vectors: matrix products on all our threads, piece by piece."""
        x = x.toarray() if sparse.issparse(x) else x
        values = np.empty((len(x), len(self.support_vectors_)), np.result_type(x, self._real))

        def product(begin: int, end: int) -> None:
            for task in range(begin, end):
                rows = slice(task * ROWS, (task + 1) * ROWS)
                values[rows] = self._kernel(x[rows], self.support_vectors_)

        parallel.run(product, -(-len(x) // ROWS))
        return values

    def _kernel(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return K(x, z) for all pairs of rows."""
        values: np.ndarray = x @ z.T
        if self.kernel == "linear":
            return values
        if self.kernel == "poly":
            values *= self.gamma_
            values += self.coef0
            base = values.copy() if self.degree > 1 else values
            for _ in range(self.degree - 1):  # far quicker than a power
                values *= base
            return values
        distance2 = (x * x).sum(axis=1)[:, None] + (z * z).sum(axis=1) - 2 * values
        return np.exp(-self.gamma_ * np.maximum(distance2, 0))


def scale(x: Any) -> float:
    """Return 1 / (features x variance of all entries) of an array or a CSR matrix, 1 if there is no variance."""
    entries = x.shape[0] * x.shape[1]
    with np.errstate(over="ignore"):
        squares = float((x.multiply(x) if sparse.issparse(x) else x * x).sum(dtype=np.float64))
    if not np.isfinite(squares):
        raise DataError(f"X: squares of its numbers are beyond the range of {x.dtype}; scale the samples")
    variance = squares / entries - (float(x.sum(dtype=np.float64)) / entries) ** 2
    return 1 / (x.shape[1] * variance) if variance > 0 else 1.0


def dense_rows(x: Samples, rows: np.ndarray, features: int) -> np.ndarray:
    """Return some of the samples as an array."""
    if not isinstance(x, tuple):
        return x[rows]
    taken: np.ndarray = sparse.csr_matrix(x, shape=(len(x[2]) - 1, features))[rows].toarray()
    return taken
