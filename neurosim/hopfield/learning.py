"""The learning rules: each turns the weights, the new patterns and those stored before into new weights.

Patterns are -1 and +1 here, whatever the coding of the network.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.hopfield.inputs import check_flag
from neurosim.hopfield.weights import Weights

NAME = "HopfieldNetwork"
ROUNDING = 1e-9  # a stability below this may be zero in truth
NOISE = 1e-12  # a weight of a projection below this share of the largest is zero in truth
ROWS = 1 << 20  # patterns that are added in float32, which holds their sums exactly


class Lesson(NamedTuple):
    """What a rule is given."""

    weights: Weights
    patterns: np.ndarray  # (P, N) int8, to be stored
    stored: np.ndarray  # (Q, N) int8, stored before
    unit: float  # what one pattern adds to a weight: 1 / N, or 1 for states 0 and 1
    coding: str
    thresholds: np.ndarray
    missing: np.ndarray  # (N, N) bool, connections that do not exist


class Learned(NamedTuple):
    """What a rule returns; epochs and converged are None where a rule passes over the patterns once."""

    weights: Weights
    epochs: int | None = None
    converged: bool | None = None


def hebb(lesson: Lesson) -> Learned:
    """Add the sum of xi_i xi_j (Hopfield 1982, equation 2)."""
    return Learned(lesson.weights.plus(hebb_sums(lesson.patterns), lesson.unit))


def covariance(lesson: Lesson, *, activity: float | None = None) -> Learned:
    """Add the sum of (eta_i - a)(eta_j - a) / (a (1 - a)), where eta = 0 or 1 and the fraction a of all eta is 1."""
    a = float((lesson.patterns > 0).mean()) if activity is None else activity
    checks.number(NAME, "activity", a, "a number between 0 and 1, and no constant patterns", above=0.0, below=1.0)
    deviations = (lesson.patterns > 0) - a
    with one_blas_thread():
        added = deviations.T @ deviations * (lesson.unit / (a * (1.0 - a)))
    return Learned(Weights(lesson.weights.values() + added, 1.0, lesson.weights.symmetric))


def storkey(lesson: Lesson) -> Learned:
    """Add xi_i xi_j - xi_i h_ji - h_ij xi_j, pattern by pattern, where h_ij leaves units i and j out (Storkey 1997)."""
    _spin_only("storkey", lesson)
    w = lesson.weights.values()
    n = len(w)
    for xi in lesson.patterns.astype(np.float64):
        h = w @ xi - np.diagonal(w) * xi
        own = np.diagonal(w).copy()
        half = np.outer(xi / 2.0 - h, xi) + w  # h_ij xi_j = h_i xi_j - w_ij, as xi_j^2 = 1
        change = half + half.T
        np.fill_diagonal(change, np.diagonal(change) - 2.0 * own)
        change[lesson.missing] = 0.0
        w += change / n
    return Learned(Weights(w, 1.0, lesson.weights.symmetric))


def projection(lesson: Lesson) -> Learned:
    """Project on the span of all patterns stored so far: all are fixed points (Personnaz, Guyon & Dreyfus 1985).

    A unit that the patterns determine alone, as each of N independent ones does, has no other weight than its own;
    what rounding leaves of the others would decide its field.
    """
    _spin_only("projection", lesson)
    from scipy.linalg import orth

    both = _all(lesson).astype(np.float64)
    with one_blas_thread():
        basis = orth(both.T)
        w = basis @ basis.T
    w[np.abs(w) < NOISE * np.abs(w).max()] = 0.0
    return Learned(Weights((w + w.T) / 2.0, 1.0, True))


def perceptron(lesson: Lesson, *, kappa: float = 0.0, max_epochs: int = 1000, symmetric: bool = False) -> Learned:
    """Teach every unit all patterns stored so far by the perceptron rule, up to the stability kappa (Gardner 1988).

    A unit learns from all patterns at once for which xi_i h_i <= kappa |W_i|; the symmetric variant adds the
    transpose of each change.
    """
    checks.number(NAME, "kappa", kappa, "a finite number >= 0", least=0.0)
    checks.at_least(NAME, "max_epochs", max_epochs, 1)
    check_flag("symmetric", symmetric)
    targets = _all(lesson).astype(np.float64)
    inputs = targets if lesson.coding == "spin" else (targets + 1.0) / 2.0
    w = lesson.weights.values()
    if symmetric and not lesson.weights.symmetric:
        raise DataError(f"{NAME}: rule='perceptron' with symmetric=True needs symmetric weights to start from")
    with one_blas_thread():
        for epoch in range(max_epochs + 1):
            stabilities = targets * (inputs @ w.T - lesson.thresholds)
            wrong = stabilities <= max(kappa, ROUNDING) * np.linalg.norm(w, axis=1)
            if epoch == max_epochs or not wrong.any():
                break
            change = (wrong * targets).T @ inputs * lesson.unit
            change[lesson.missing] = 0.0
            w += change + change.T if symmetric else change
    return Learned(Weights(w, 1.0, symmetric), epoch, not wrong.any())


def clipped(lesson: Lesson) -> Learned:
    """Keep only the signs of the sums of all patterns stored so far (Hopfield 1982)."""
    both = _all(lesson)
    return Learned(Weights(np.sign(hebb_sums(both)).astype(np.int32), lesson.unit, True))


def bounded(lesson: Lesson, *, bound: int | None = None) -> Learned:
    """Add one pattern after the other and cut every weight at +-bound (learning within bounds, Parisi 1986).

    Old patterns fade, so that the last ones can always be recalled. `bound` counts patterns.
    """
    n = lesson.patterns.shape[1]
    limit = max(1, round(0.35 * n**0.5)) if bound is None else bound
    checks.at_least(NAME, "bound", limit, 1)
    before = lesson.weights
    if not before.is_integer or (before.scale != lesson.unit and before.matrix.any()):
        raise DataError(f"{NAME}: rule='bounded' needs weights that are sums of patterns; these come from another rule")
    matrix = before.matrix.copy()
    for xi in lesson.patterns:
        matrix += np.outer(xi, xi)
        np.clip(matrix, -limit, limit, out=matrix)
    return Learned(Weights(matrix, lesson.unit, before.symmetric))


def transitions(patterns: np.ndarray, *, cyclic: bool) -> np.ndarray:
    """Return the sum of xi^(mu+1)_i xi^mu_j over successive patterns, after the last the first if `cyclic`."""
    after = np.roll(patterns, -1, axis=0)
    last = len(patterns) if cyclic else len(patterns) - 1
    return _products(after[:last], patterns[:last])


RULES: dict[str, Callable[..., Learned]] = {
    "hebb": hebb,
    "covariance": covariance,
    "storkey": storkey,
    "projection": projection,
    "perceptron": perceptron,
    "clipped": clipped,
    "bounded": bounded,
}
ALIASES = {"pinv": "projection"}
FROM_ALL = ("projection", "clipped")  # rules whose weights depend on nothing but the set of all patterns


def find_rule(rule: Any, options: dict[str, Any]) -> str:
    """Return the name of a rule, if it exists and takes these options."""
    name = ALIASES.get(rule, rule) if isinstance(rule, str) else rule
    checks.one_of(NAME, "rule", name, [*RULES, *ALIASES])
    known = set(RULES[name].__kwdefaults__ or ())
    for option, value in options.items():
        if option not in known:
            takes = f"takes {', '.join(sorted(known))}" if known else "takes none"
            raise InvalidParameter(NAME, option, value, f"left out: no option of rule {name!r}, which {takes}")
    return str(name)


def hebb_sums(patterns: np.ndarray) -> np.ndarray:
    """Return the sum of xi_i xi_j over patterns."""
    return _products(patterns, patterns)


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return left^T right, float64 and exact."""
    product = np.zeros((left.shape[1], right.shape[1]))
    with one_blas_thread():
        for start in range(0, len(left), ROWS):
            rows = slice(start, start + ROWS)
            a = left[rows].astype(np.float32)
            product += a.T @ (a if right is left else right[rows].astype(np.float32))
    return product


def _all(lesson: Lesson) -> np.ndarray:
    return np.concatenate([lesson.stored, lesson.patterns])


def _spin_only(rule: str, lesson: Lesson) -> None:
    if lesson.coding != "spin":
        raise InvalidParameter(NAME, "rule", rule, 'one that is defined for coding="binary"')
