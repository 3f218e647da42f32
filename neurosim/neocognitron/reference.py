"""Classification by reference vectors, and by what lies between them."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.core import checks, parallel
from neurosim.core.errors import InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.jit import one_blas_thread
from neurosim.neocognitron import interpolation_cpu as cpu

INTERPOLATIONS = ("none", "pairs", "trios")
BLOCK = 512  # training vectors that are scored together before they are looked at one by one
TILE = 256, 1024  # rows and columns of a product that one thread computes
FLAT = 100.0  # rounding errors; see `interpolation.pair`
SCORES = 1 << 24  # scores that are held at a time


class InterpolatingVectors(ClassifierMixin, Learner):
    """Reference vectors with labels; what lies between those of one class stands for it, too.

    This is the top of the later neocognitrons, for vectors of any origin. The similarity of two vectors is their
    cosine. A class scores the largest similarity with any of its reference vectors ("none"), with any point on the
    segments between two of them ("pairs"), or on the pieces of planes between three ("trios"); the class with the
    highest score is the answer. With unit vectors X_i, similarities s_i with them and their Gram matrix G the last is
    ``sqrt(s' w)`` with ``w = G^-1 s``, if all of w is positive.

    Parameters
    ----------
    margin : None or float in [0, 2), default None
        None: every training vector is a reference. Otherwise the training vectors compete in their order: a vector
        becomes a reference unless the best of its own class is ahead of the best of all others by more than this. A
        large margin gives many references, 0 as few as suffice. A vector becomes a reference once only.
    winner_learns : bool, default False
        Whether the best reference, when it is ahead by the margin, adds the vector (of length 1) to itself. Needs a
        margin.
    interpolation : "none", "pairs" or "trios", default "none"
        What lies between references says something only where the features are many more than `nearest`.
    nearest : int in [1, 32], default 6
        How many references of each class, the most similar ones, are interpolated.
    max_passes : int >= 1, default 20
        The competition ends after the first pass over the training vectors that adds no reference, and after so many.

    Attributes
    ----------
    references_ : (references, features)
        Unit vectors, sorted by class, of the samples' dtype (float32 or float64); zero vectors stay zero.
    labels_ : (references,)
        Their labels.
    classes_ : (classes,)
    added_ : (passes,) int64
        References that each pass of the competition added; empty without a margin.
    n_features_in_ : int

    Notes
    -----
    The similarity with a zero vector counts as 0. `interpolation` and `nearest` may be changed after the fit; all else
    needs a new one. The scores of a vector do not depend on what it is asked with. Beside X `fit` holds the references,
    up to twice where they compete, and blocks of scores; 60,000 float32 vectors of 16,000 features take 3.8 GB.

    References
    ----------
    K. Fukushima, "Interpolating vectors for robust pattern recognition", Neural Networks 20:904-916 (2007); trios and
    the margin are of 2014 and 2018. The formulas here are derived, not copied from the papers.

    Examples
    --------
    >>> from neurosim.datasets import load_digits
    >>> from neurosim.neocognitron import InterpolatingVectors
    >>> digits = load_digits()
    >>> top = InterpolatingVectors(margin=0.03, interpolation="pairs")
    >>> top = top.fit(digits.data[:1000], digits.target[:1000])
    >>> top.references_.shape[1]
    64
    >>> bool(top.score(digits.data[1000:], digits.target[1000:]) > 0.9)
    True
    """

    def __init__(
        self,
        *,
        margin: float | None = None,
        winner_learns: bool = False,
        interpolation: str = "none",
        nearest: int = 6,
        max_passes: int = 20,
    ) -> None:
        self.margin = margin
        self.winner_learns = winner_learns
        self.interpolation = interpolation
        self.nearest = nearest
        self.max_passes = max_passes

    def fit(self, X: Any, y: Any) -> Self:
        """Choose the reference vectors.

        Parameters
        ----------
        X : (samples, features) array, finite
            float32 stays float32; everything else becomes float64.
        y : (samples,)
            Labels.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter, X or y is not as described.
        """
        self._check()
        x, y = validate_data(self, X, y, dtype=(np.float64, np.float32), order="C")
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        added: list[int] = []
        with one_blas_thread():
            if self.margin is None:
                order = np.argsort(codes, kind="stable")
                references, codes = _to_unit(x[order]), codes[order]
            else:
                compete = _learning if self.winner_learns else _keeping
                references, codes, added = compete(x, codes, float(self.margin), self.max_passes)
        self.references_, self.labels_ = references, self.classes_[codes]
        self.added_ = np.array(added, dtype=np.int64)
        return self

    def class_scores(self, X: Any) -> NDArray:
        """Return the score of every class, (samples, classes), each in [-1, 1] up to rounding."""
        check_is_fitted(self)
        self._check()
        x = validate_data(self, X, reset=False, dtype=self.references_.dtype, order="C")
        codes = np.searchsorted(self.classes_, self.labels_)
        starts = np.searchsorted(codes, np.arange(len(self.classes_) + 1))
        best = np.empty((len(x), len(self.classes_)), x.dtype)
        together = 1 if self.interpolation == "none" else int(self.nearest)
        options = together, self.interpolation == "trios", FLAT * np.finfo(x.dtype).eps
        rows = int(np.clip(SCORES // len(codes), 1, BLOCK))
        with one_blas_thread():
            for at in range(0, len(x), rows):
                unit, part = _to_unit(x[at : at + rows].copy()), best[at : at + rows]
                scores = _products(unit, self.references_)
                parallel.run(cpu.interpolate, len(unit), unit, self.references_, starts, scores, *options, part)
        return best

    def decision_function(self, X: Any) -> NDArray:
        """Return the class scores, (samples, classes); for two classes that of the second minus that of the first."""
        scores = self.class_scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> NDArray:
        """Return the label (samples,) of the class with the highest score, of equals the first."""
        best = self.class_scores(X).argmax(axis=1)
        labels: NDArray = self.classes_[best]
        return labels

    def _check(self) -> None:
        owner = type(self).__name__
        if self.margin is not None:
            checks.number(owner, "margin", self.margin, "None or a number in [0, 2)", least=0, below=2)
        if not isinstance(self.winner_learns, bool | np.bool_):
            raise InvalidParameter(owner, "winner_learns", self.winner_learns, "True or False")
        if self.winner_learns and self.margin is None:
            raise InvalidParameter(owner, "winner_learns", self.winner_learns, "False where margin is None")
        checks.one_of(owner, "interpolation", self.interpolation, INTERPOLATIONS)
        if not isinstance(self.nearest, Integral) or isinstance(self.nearest, bool) or not 1 <= self.nearest <= 32:
            raise InvalidParameter(owner, "nearest", self.nearest, "an integer in [1, 32]")
        checks.at_least(owner, "max_passes", self.max_passes, 1)


def _keeping(x: NDArray, codes: NDArray, margin: float, passes: int) -> tuple[NDArray, NDArray, list[int]]:
    """Return the references, their classes and how many each pass added; references do not change."""
    best = np.full((len(x), codes.max() + 1), -np.inf, x.dtype)
    kept, rows = np.zeros(len(x), np.bool_), np.empty(BLOCK, np.int64)
    seen = np.zeros(-(-len(x) // BLOCK), np.int64)  # references that a block was compared with
    references, labels = np.empty((0, x.shape[1]), x.dtype), np.empty(0, np.int64)
    added: list[int] = []
    while len(added) < passes and (not added or added[-1]):
        before = len(labels)
        for block, at in enumerate(range(0, len(x), BLOCK)):
            part = slice(at, at + BLOCK)
            unit = _to_unit(x[part].copy())
            _raise_best(unit, references[seen[block] : len(labels)], labels[seen[block] :], best[part])
            count = cpu.keep_unlike(best[part], _products(unit, unit), codes[part], margin, kept[part], rows)
            references = _room(references, len(labels) + count, len(x))
            references[len(labels) : len(labels) + count] = unit[rows[:count]]
            labels = np.append(labels, codes[part][rows[:count]])
            seen[block] = len(labels)
        added.append(len(labels) - before)
    references.resize((len(labels), x.shape[1]), refcheck=False)
    return *_sorted(references, labels), added


def _learning(x: NDArray, codes: NDArray, margin: float, passes: int) -> tuple[NDArray, NDArray, list[int]]:
    """Return the references, their classes and how many each pass added; winners learn."""
    kept, moves = np.zeros(len(x), np.bool_), np.empty(BLOCK, np.int64)
    sums, labels, count = np.empty((0, x.shape[1]), x.dtype), np.empty(0, np.int64), 0
    added: list[int] = []
    while len(added) < passes and (not added or added[-1]):
        before = count
        for at in range(0, len(x), BLOCK):
            unit = _to_unit(x[at : at + BLOCK].copy())
            most = count + len(unit)
            products, squares = np.empty((len(unit), most), x.dtype), np.zeros(most)
            products[:, :count] = _products(unit, sums[:count])
            squares[:count] = np.einsum("kf,kf->k", sums[:count], sums[:count])
            labels.resize(most, refcheck=False)
            ours = codes[at : at + BLOCK], margin, kept[at : at + BLOCK], moves
            total = cpu.learn_or_keep(products, _products(unit, unit), squares, labels, count, *ours)
            sums = _room(sums, total, len(x))
            sums[count:total] = 0
            for row, move in enumerate(moves[: len(unit)]):
                if move >= 0:
                    sums[move] += unit[row]
            count = total
        added.append(count - before)
    sums.resize((count, x.shape[1]), refcheck=False)
    return *_sorted(_to_unit(sums), labels[:count]), added


def _sorted(references: NDArray, labels: NDArray) -> tuple[NDArray, NDArray]:
    """Return references and labels sorted by class."""
    order = np.argsort(labels, kind="stable")
    return references[order], labels[order]


def _room(array: NDArray, rows: int, most: int) -> NDArray:
    """Return the array with place for so many rows, at most for `most`, where the system can in the same memory."""
    if rows > len(array):
        array.resize((max(rows, min(most, len(array) * 5 // 4)), array.shape[1]), refcheck=False)
    return array


def _raise_best(unit: NDArray, references: NDArray, labels: NDArray, best: NDArray) -> None:
    """Raise best (rows, classes) to the largest similarity with the references of each class."""
    step = max(1, SCORES // BLOCK)
    for at in range(0, len(references), step):
        scores = _products(unit, references[at : at + step])
        parallel.run(cpu.largest_by_class, len(unit), scores, labels[at : at + step], best)


def _products(a: NDArray, b: NDArray) -> NDArray:
    """Return a b', in tiles that the threads share out."""
    out = np.empty((len(a), len(b)), a.dtype)

    high, wide = TILE
    across = -(-len(b) // wide)

    def tiles(begin: int, end: int) -> None:
        for tile in range(begin, end):
            rows = slice(tile // across * high, (tile // across + 1) * high)
            columns = slice(tile % across * wide, (tile % across + 1) * wide)
            np.matmul(a[rows], b[columns].T, out=out[rows, columns])

    parallel.run(tiles, -(-len(a) // high) * across)
    return out


def _to_unit(x: NDArray) -> NDArray:
    """Divide the rows of x by their lengths, in place, and return x; zero rows stay."""
    for at in range(0, len(x), BLOCK):
        part = x[at : at + BLOCK]
        part /= np.abs(part).max(axis=1, keepdims=True, initial=np.finfo(x.dtype).tiny)
        length = np.sqrt(np.einsum("if,if->i", part, part, dtype=np.float64))
        part /= np.where(length > 0, length, 1)[:, None]
    return x
