"""The formulas of sparse coding, for one sample x that is approached by a D, coefficients times atoms.

    l1:   E = |x - a D|^2 / 2 + alpha sum_j |a_j|
    log:  E = |x - a D|^2 / 2 + alpha sum_j ln(1 + (a_j / sigma)^2)

What a solver needs of x and D are q = x D^T, G = D D^T and |x|^2; its residual is r = q - a G, of which r_j says how
much atom j resembles what is left of x. No formula has a number in it, so that float32 stays float32 on all targets.
"""

import math

from numba import njit


@njit
def shrink(t, alpha):
    """Return the a with the least (t - a)^2 / 2 + alpha |a|: the soft threshold."""
    if t > alpha:
        return t - alpha
    if t < -alpha:
        return t + alpha
    return t - t


@njit
def misfit(norm, fitted, left):
    """Return |x - a D|^2 from |x|^2, a . q and a . r."""
    return norm - fitted - left


@njit
def duality_gap(error, left, absolute, peak, alpha, one):
    """Return a bound on how far E lies above its least value for the l1 penalty.

    The residual times s, at most one and small enough that no atom resembles it by more than alpha, is a point of the
    dual problem. `error` is |x - a D|^2, `left` a . r, `absolute` sum |a_j|, `peak` max |r_j|.
    """
    s = alpha / peak if peak > alpha else one
    return (one - s) * (one - s) * error / (one + one) + alpha * absolute - s * left


@njit
def touching(a, twice_alpha, variance):
    """Return c for which alpha ln(1 + a^2 / variance) and the parabola c a^2 / 2 have one slope at a.

    Shifted to touch there, the parabola lies above the penalty everywhere.
    """
    return twice_alpha / (variance + a * a)


@njit
def next_time(t, one):
    """Return t of the next step of FISTA (Beck & Teboulle 2009); the momentum is (t - 1) / next t."""
    return (one + math.sqrt(one + (t + t) * (t + t))) / (one + one)


@njit
def leak(u, a, r, rate):
    """Return a potential after a step of the locally competitive algorithm, dt = rate tau.

    tau du/dt = q_j - u - sum_k (G_jk - [j = k]) a_k = r_j + a_j - u
    """
    return u + rate * (r + a - u)


def forgetting(step: int, batch: int) -> float:
    """Return what the sums of online dictionary learning are multiplied by before step 0, 1, ... adds to them.

    J. Mairal et al., JMLR 11:19-60 (2010), as scikit-learn does it: steps below the batch size count full.
    """
    theta = (step + 1) * batch if step < batch - 1 else batch * batch + step + 1 - batch
    return (theta + 1 - batch) / (theta + 1)
