"""The solvers of sparse coding for one sample, made for a target by its compiler and its row update.

Sample i has row i of `projections` (q), `norms` (|x|^2) and `codes` (a, zero at first). The rows of `room` from `base`
on are a solver's own; the residual r = q - a G is the first of them. Each returns E (not for the log penalty, whose
logarithms come later), and the rounds that it took or -1 if `most` were not enough.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from neurosim.v1.sparse_rules import duality_gap, leak, misfit, next_time, shrink, touching

ROOM = 6  # rows of `room` that a sample needs
FIRST, LATER = 8, 2  # sweeps over the active atoms before they are solved for, in the first round and later
SINGULAR = 1e-5  # share of an atom's norm that the other active ones must leave


class Solvers(NamedTuple):
    """What codes a sample on one target."""

    descend: Any
    fista: Any
    compete: Any
    conjugate: Any


def solvers(jit: Callable[..., Any], add_scaled: Callable[..., Any]) -> Solvers:
    """Return the solvers; `jit` compiles a function and `add_scaled` is `core.rows.add_scaled` or does the same."""
    settle, judge = _common(jit, add_scaled)
    return Solvers(
        _descent(jit, add_scaled, judge),
        _fista(jit, settle, judge),
        _competition(jit, settle, judge),
        _conjugate_gradients(jit, add_scaled),
    )


def _common(jit, add_scaled):
    @jit
    def settle(i, gram, projections, codes, room, row):
        """Set a row to the residual."""
        for j in range(codes.shape[1]):
            room[row, j] = projections[i, j]
        for j in range(codes.shape[1]):
            if codes[i, j] != 0:
                add_scaled(room, row, gram, j, -codes[i, j])

    @jit
    def judge(i, projections, norms, codes, room, row, alpha):
        """Return E with the l1 penalty and the duality gap, where a row is the residual."""
        fitted = left = absolute = peak = codes.dtype.type(0)
        for j in range(codes.shape[1]):
            a, r = codes[i, j], room[row, j]
            fitted += a * projections[i, j]
            left += a * r
            absolute += abs(a)
            peak = max(peak, abs(r))
        error = misfit(norms[i], fitted, left)
        gap = duality_gap(error, left, absolute, peak, alpha, codes.dtype.type(1))
        return error / codes.dtype.type(2) + alpha * absolute, gap

    return settle, judge


def _descent(jit, add_scaled, judge):
    """Coordinate descent, which goes on with the exact minimum over the atoms that are in use."""
    solve = _newton(jit, add_scaled)

    @jit
    def sweep(i, count, gram, codes, room, base, active, mine, alpha):
        """Set the active coefficients one after the other to their best; return how many are not 0, moved forward."""
        kept = 0
        for p in range(count):
            j = active[mine, p]
            old, t = codes[i, j], room[base, j]
            if old == 0 and -alpha <= t <= alpha:
                continue
            new = shrink(t + old * gram[j, j], alpha) / gram[j, j] if gram[j, j] > 0 else old - old
            if new != old:
                codes[i, j] = new
                add_scaled(room, base, gram, j, old - new)
            if new != 0:
                active[mine, kept] = j
                kept += 1
        return kept

    @jit
    def descend(i, gram, projections, norms, codes, room, base, active, mine, factor, alpha, tol, most):
        k = codes.shape[1]
        value = codes.dtype.type(0)
        for j in range(k):
            room[base, j] = projections[i, j]
            codes[i, j] = 0
        for turn in range(most):
            for j in range(k):
                active[mine, j] = j
            count = sweep(i, k, gram, codes, room, base, active, mine, alpha)
            value, gap = judge(i, projections, norms, codes, room, base, alpha)
            if gap <= tol * norms[i]:
                return value, turn + 1
            for _ in range(LATER if turn else FIRST):
                count = sweep(i, count, gram, codes, room, base, active, mine, alpha)
            if count <= len(factor):
                solve(i, count, gram, codes, room, base, active, mine, factor, alpha)
        return value, -1

    return descend


def _newton(jit, add_scaled):
    @jit
    def factorise(i, count, gram, codes, room, base, active, mine, factor, alpha):
        """Solve G z = r - alpha sign(a) for the active atoms, z the next row; return False if G is nearly singular.

        `factor` is the Cholesky factor, with its diagonal inverted.
        """
        one, least = codes.dtype.type(1), codes.dtype.type(SINGULAR)
        for p in range(count):
            j = active[mine, p]
            z = room[base, j] - (alpha if codes[i, j] > 0 else -alpha)
            for q in range(p):
                t = gram[j, active[mine, q]]
                for s in range(q):
                    t -= factor[p, s] * factor[q, s]
                factor[p, q] = t * factor[q, q]
                z -= factor[p, q] * room[base + 1, q]
            t = gram[j, j]
            for q in range(p):
                t -= factor[p, q] * factor[p, q]
            if not t > least * gram[j, j]:
                return False
            factor[p, p] = one / math.sqrt(t)
            room[base + 1, p] = z * factor[p, p]
        for p in range(count - 1, -1, -1):
            z = room[base + 1, p] * factor[p, p]
            room[base + 1, p] = z
            for q in range(p):
                room[base + 1, q] -= factor[p, q] * z
        return True

    @jit
    def solve(i, count, gram, codes, room, base, active, mine, factor, alpha):
        """Go towards the minimum over the active coefficients as far as none changes its sign; E does not rise."""
        if not factorise(i, count, gram, codes, room, base, active, mine, factor, alpha):
            return
        step, first = codes.dtype.type(1), -1
        for p in range(count):
            a, z = codes[i, active[mine, p]], room[base + 1, p]
            if (a > 0 and a + step * z < 0) or (a < 0 and a + step * z > 0):
                step, first = -a / z, p
        for p in range(count):
            j, old = active[mine, p], codes[i, active[mine, p]]
            codes[i, j] = old - old if p == first else old + step * room[base + 1, p]
            add_scaled(room, base, gram, j, old - codes[i, j])

    return solve


def _fista(jit, settle, judge):
    """The fast iterative shrinkage of Beck & Teboulle (2009), which restarts where momentum leads uphill."""

    @jit
    def fista(i, gram, projections, norms, codes, room, base, rate, alpha, tol, most):
        k, one = codes.shape[1], codes.dtype.type(1)
        y, pull, before = base + 2, base + 3, base + 4
        value, time = codes.dtype.type(0), one
        for j in range(k):
            room[base, j] = room[pull, j] = projections[i, j]
            codes[i, j] = room[y, j] = 0
        for turn in range(most):
            now, last = base + (turn + 1) % 2, base + turn % 2
            uphill = codes.dtype.type(0)
            for j in range(k):
                old = codes[i, j]
                new = shrink(room[y, j] + rate * room[pull, j], rate * alpha)
                uphill += (room[y, j] - new) * (new - old)
                room[before, j], codes[i, j] = old, new
            settle(i, gram, projections, codes, room, now)
            value, gap = judge(i, projections, norms, codes, room, now, alpha)
            if gap <= tol * norms[i]:
                return value, turn + 1
            after = next_time(time, one)
            momentum = (time - one) / after if uphill <= 0 else uphill - uphill
            time = after if uphill <= 0 else one
            for j in range(k):
                room[y, j] = codes[i, j] + momentum * (codes[i, j] - room[before, j])
                room[pull, j] = room[now, j] + momentum * (room[now, j] - room[last, j])
        return value, -1

    return fista


def _competition(jit, settle, judge):
    """The locally competitive algorithm with a soft threshold: leaky units that inhibit those that resemble them."""

    @jit
    def compete(i, gram, projections, norms, codes, room, base, rate, alpha, tol, most):
        u, value = base + 1, codes.dtype.type(0)
        for j in range(codes.shape[1]):
            codes[i, j] = room[u, j] = 0
        for turn in range(most):
            settle(i, gram, projections, codes, room, base)
            value, gap = judge(i, projections, norms, codes, room, base, alpha)
            if gap <= tol * norms[i]:
                return value, turn + 1
            for j in range(codes.shape[1]):
                room[u, j] = leak(room[u, j], codes[i, j], room[base, j], rate)
                codes[i, j] = shrink(room[u, j], alpha)
        return value, -1

    return compete


def _conjugate_gradients(jit, add_scaled):
    """Conjugate gradients for the log penalty; the step goes to the least of a parabola above E, so that E falls."""

    @jit
    def conjugate(i, gram, projections, norms, codes, room, base, twice_alpha, variance, tol, most):
        k, zero = codes.shape[1], codes.dtype.type(0)
        before, d, image, slope = base + 1, base + 2, base + 3, base + 4
        start = last = zero
        for j in range(k):
            room[base, j] = projections[i, j]
            codes[i, j] = room[before, j] = room[d, j] = 0
            start += projections[i, j] * projections[i, j]
        for turn in range(most):
            squared = mixed = zero
            for j in range(k):
                a = codes[i, j]
                g = touching(a, twice_alpha, variance) * a - room[base, j]
                squared += g * g
                mixed += g * room[before, j]
                room[before, j] = room[slope, j] = g
            if squared <= tol * start:
                return zero, turn + 1
            beta = max(zero, (squared - mixed) / last) if turn else zero
            down = zero
            for j in range(k):
                room[d, j] = beta * room[d, j] - room[slope, j]
                down += room[d, j] * room[slope, j]
            if not down < 0:
                down = -squared
                for j in range(k):
                    room[d, j] = -room[slope, j]
            for j in range(k):
                room[image, j] = 0
            for j in range(k):
                add_scaled(room, image, gram, j, room[d, j])
            bend = zero
            for j in range(k):
                c = touching(codes[i, j], twice_alpha, variance)
                bend += room[d, j] * (room[image, j] + c * room[d, j])
            step, last = -down / bend, squared
            for j in range(k):
                codes[i, j] += step * room[d, j]
                room[base, j] -= step * room[image, j]
        return zero, -1

    return conjugate
