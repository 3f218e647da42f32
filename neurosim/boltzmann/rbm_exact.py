"""Restricted Boltzmann machines with a small side, by enumeration of that side: ln Z, means, gradient; free energy.

A machine is an `RBM`, scikit-learn's `BernoulliRBM`, or the arrays (weights (V, H), visible biases (V,), hidden biases
(H,)) of one with binary units. With binary visible units ``E(v, h) = -v W h - b v - c h``; with Gaussian ones
``E(v, h) = |v - b|^2 / 2 - v W h - c h``.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import inf, log, pi
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, logsumexp

from neurosim.boltzmann.exact import all_states
from neurosim.core.errors import DataError, InvalidParameter

MOST_UNITS, MOST_FOR_GRADIENT = 25, 20  # of the smaller side
LOW = 9  # units of the inner table of an enumeration
LARGEST = 300.0  # fields up to here may be multiplied as powers of e
ROWS = 4096  # samples at once


class Machine(NamedTuple):
    """The arrays of a machine in float64, whether its visible units are Gaussian, and the type that it computes in."""

    weights: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    gaussian: bool
    real: type


class LikelihoodGradient(NamedTuple):
    """The mean log-likelihood and its derivatives by weights (V, H), visible (V,) and hidden (H,) biases."""

    log_likelihood: float
    weights: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray


def as_machine(rbm: Any) -> Machine:
    """Return the arrays of a machine."""
    if isinstance(rbm, tuple | list) and len(rbm) == 3:
        arrays, gaussian = rbm, False
    elif hasattr(rbm, "components_"):
        arrays = (np.asarray(rbm.components_).T, rbm.intercept_visible_, rbm.intercept_hidden_)
        gaussian = getattr(rbm, "visible", "bernoulli") == "gaussian"
    else:
        wanted = "a fitted RBM or (weights (V, H), visible biases (V,), hidden biases (H,))"
        raise InvalidParameter("likelihood", "rbm", rbm, wanted)
    w, b, c = (np.asarray(a, np.float64) for a in arrays)
    if w.ndim != 2 or not w.size or b.shape != w.shape[:1] or c.shape != w.shape[1:]:
        raise DataError(f"likelihood: weights (V, H), biases (V,) and (H,) do not fit: {w.shape}, {b.shape}, {c.shape}")
    if not all(np.isfinite(a).all() for a in (w, b, c)):
        raise DataError("likelihood: weights and biases must be finite")
    real = np.float32 if np.asarray(arrays[0]).dtype == np.float32 else np.float64
    return Machine(w, b, c, gaussian, real)


def chunks(machine: Machine, X: Any) -> Iterator[np.ndarray]:
    """Yield the rows of X, some thousands at a time, dense and float64."""
    x: Any = X.tocsr() if issparse(X) else np.asarray(X)
    if x.ndim != 2 or not x.shape[0] or x.shape[1] != len(machine.visible_bias):
        raise DataError(f"likelihood: X must be (m, {len(machine.visible_bias)}), m >= 1; got {x.shape}")
    for start in range(0, x.shape[0], ROWS):
        part = x[start : start + ROWS]
        rows = np.asarray(part.toarray() if issparse(X) else part, np.float64)
        if not np.isfinite(rows).all() or not (machine.gaussian or ((rows >= 0) & (rows <= 1)).all()):
            raise DataError("likelihood: X must hold finite numbers, in [0, 1] for binary visible units")
        yield rows


def free_energy(rbm: Any, X: Any) -> np.ndarray:
    """Return ``F(v) = -ln sum_h exp(-E(v, h))`` of every row of X (m, V), float64; sparse X is taken, too."""
    machine = as_machine(rbm)
    return np.concatenate([_free_energies(machine, rows) for rows in chunks(machine, X)])


def _free_energies(machine: Machine, rows: np.ndarray) -> np.ndarray:
    b = machine.visible_bias
    visible = -((rows - b) ** 2).sum(axis=1) / 2 if machine.gaussian else rows @ b
    return -visible - np.logaddexp(0, rows @ machine.weights + machine.hidden_bias).sum(axis=1)


def exact_gradient(rbm: Any, X: Any, sample_weight: Any = None) -> LikelihoodGradient:
    """Return the mean log-likelihood of X and its exact gradient, by enumeration of the smaller side (<= 20 units).

    Parameters
    ----------
    rbm, X
        A machine with binary visible units, and data; see `log_partition`.
    sample_weight : (m,) array of numbers >= 0, optional
        How often each row comes; default equally often.
    """
    machine = as_machine(rbm)
    if machine.gaussian or min(machine.weights.shape) > MOST_FOR_GRADIENT:
        wanted = f"a machine of binary units with a side of at most {MOST_FOR_GRADIENT}"
        raise InvalidParameter("exact_gradient", "rbm", rbm, wanted)
    x = np.concatenate(list(chunks(machine, X)))
    p = np.ones(len(x)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if p.shape != (len(x),) or not (p >= 0).all() or not 0 < p.sum() < inf:
        raise DataError(f"exact_gradient: sample_weight must be {len(x)} finite numbers >= 0 with a sum > 0")
    p = p / p.sum()
    log_z, *free_running = _moments(machine)
    h = expit(x @ machine.weights + machine.hidden_bias)
    driven = x.T @ (p[:, None] * h), p @ x, p @ h
    return LikelihoodGradient(
        float(-p @ _free_energies(machine, x) - log_z), *(d - f for d, f in zip(driven, free_running, strict=True))
    )


def log_partition(machine: Machine) -> float:
    """Return ln Z, from the smaller side (the hidden one under Gaussian visible units), at most 25 units."""
    units = smaller_side(machine)
    if units > MOST_UNITS:
        raise InvalidParameter("log_partition", "smaller side", units, f"at most {MOST_UNITS} units to enumerate")
    return float(logsumexp([logsumexp(block) for _, block in _enumerate(machine)]))


def smaller_side(machine: Machine) -> int:
    """Return how many units an enumeration takes."""
    return len(machine.hidden_bias) if machine.gaussian else min(machine.weights.shape)


def _moments(machine: Machine) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return ln Z and the means of v h, v and h of a machine of binary units."""
    w, other, turned = _oriented(machine)
    log_z = log_partition(machine)
    together, on, others_on = np.zeros_like(w), np.zeros(len(w)), np.zeros(w.shape[1])
    for states, block in _enumerate(machine):
        p = np.exp(block - log_z)
        q = p[:, None] * expit(states @ w + other)
        together += states.T @ q
        on += p @ states
        others_on += q.sum(axis=0)
    return (log_z, together.T, others_on, on) if turned else (log_z, together, on, others_on)


def _oriented(machine: Machine) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return weights (enumerated, others), the others' biases, and whether the hidden units are the enumerated ones."""
    turned = machine.gaussian or machine.weights.shape[0] > machine.weights.shape[1]
    return (machine.weights.T, machine.visible_bias, True) if turned else (machine.weights, machine.hidden_bias, False)


def _enumerate(machine: Machine) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield states of the enumerated side, (s, E), and the logarithms of their unnormalised probabilities, (s,)."""
    w, other, turned = _oriented(machine)
    bias = machine.hidden_bias if turned else machine.visible_bias
    low = min(LOW, len(bias))
    inner = all_states(low)
    states = np.empty((len(inner), len(bias)))
    states[:, :low] = inner
    sums = _gaussian_sums(w, other, inner) if machine.gaussian else _softplus_sums(w, other, inner)
    for number in range(1 << (len(bias) - low)):
        states[:, low:] = high = number >> np.arange(len(bias) - low) & 1
        yield states, sums(high) + states @ bias


def _softplus_sums(w: np.ndarray, other: np.ndarray, inner: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from the outer states to ``sum_k ln(1 + exp(field of unit k))`` for every inner state.

    ``1 + exp(x + y) = 1 + exp(x) exp(y)``, and the logarithm is taken of the product over as many units as a float
    holds: an addition and two multiplications instead of an exponential and a logarithm each.
    """
    low = inner.shape[1]
    fields = w[:low].T @ inner.T + other[:, None]
    bound = np.abs(other) + np.abs(w).sum(axis=0)
    if bound.max() > LARGEST:
        return lambda high: np.logaddexp(0, fields + (high @ w[low:])[:, None]).sum(axis=0)
    group = np.cumsum(np.logaddexp(0, bound)) // LARGEST
    cuts = [*np.flatnonzero(np.diff(group, prepend=-1)), len(group)]
    powers, terms = np.exp(fields), np.empty_like(fields)

    def sums(high: np.ndarray) -> np.ndarray:
        np.multiply(powers, np.exp(high @ w[low:])[:, None], out=terms)
        np.add(terms, 1, out=terms)
        products = [np.multiply.reduce(terms[a:b], axis=0) for a, b in pairwise(cuts)]
        return np.asarray(np.log(products).sum(axis=0))

    return sums


def _gaussian_sums(w: np.ndarray, other: np.ndarray, inner: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from the outer states to ``b W h + |W h|^2 / 2 + V / 2 ln(2 pi)`` for every inner state."""
    low = inner.shape[1]
    means = inner @ w[:low]
    inside = means @ other + (means**2).sum(axis=1) / 2 + len(other) / 2 * log(2 * pi)

    def sums(high: np.ndarray) -> np.ndarray:
        mean = high @ w[low:]
        return np.asarray(inside + mean @ other + mean @ mean / 2 + means @ mean)

    return sums
