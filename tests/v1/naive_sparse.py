"""Sparse coding, slow and obvious: from the definitions of costs and rules, without the library."""

import itertools

import numpy as np


def cost(x, a, d, alpha, penalty="l1", sigma=1.0):
    """E of one sample."""
    misfit = sum((x_i - sum(a_j * d_j[i] for a_j, d_j in zip(a, d, strict=True))) ** 2 for i, x_i in enumerate(x))
    each = [abs(a_j) if penalty == "l1" else np.log(1 + (a_j / sigma) ** 2) for a_j in a]
    return misfit / 2 + alpha * sum(each)


def exact_code(x, d, alpha):
    """The least cost with the l1 penalty over all choices of signs, for a few atoms that are independent."""
    best, code = cost(x, np.zeros(len(d)), d, alpha), np.zeros(len(d))
    for signs in itertools.product((-1, 0, 1), repeat=len(d)):
        signs = np.array(signs)
        used = signs != 0
        if not used.any():
            continue
        gram = d[used] @ d[used].T
        a = np.zeros(len(d))
        a[used] = np.linalg.solve(gram, d[used] @ x - alpha * signs[used])
        if (np.sign(a) == signs).all() and cost(x, a, d, alpha) < best:
            best, code = cost(x, a, d, alpha), a
    return code, best


def descend(x, d, alpha, sweeps=5000):
    """Coordinate descent with the l1 penalty, one coefficient after the other."""
    a = np.zeros(len(d))
    for _ in range(sweeps):
        before = a.copy()
        for j, d_j in enumerate(d):
            t = d_j @ (x - a @ d + a[j] * d_j)
            a[j] = np.sign(t) * max(abs(t) - alpha, 0) / (d_j @ d_j)
        if np.abs(a - before).max() < 1e-14:
            break
    return a


def online_learning(x, d, alpha, batch, steps):
    """Online dictionary learning of Mairal et al. (2010) with scikit-learn's weights; every atom stays in use."""
    d = d.copy()
    products, correlations = np.zeros((len(d), len(d))), np.zeros(d.shape)
    for step in range(steps):
        rows = x[step * batch : (step + 1) * batch]
        codes = np.array([descend(row, d, alpha) for row in rows])
        theta = (step + 1) * batch if step < batch - 1 else batch**2 + step + 1 - batch
        kept = (theta + 1 - batch) / (theta + 1)
        products = kept * products + codes.T @ codes / batch
        correlations = kept * correlations + codes.T @ rows / batch
        for j in range(len(d)):
            d[j] += (correlations[j] - products[j] @ d) / products[j, j]
            d[j] /= max(1, np.sqrt((d[j] ** 2).sum()))
    return d


def gradient_step(d, x, codes, rate, variances, gains):
    """One step of Olshausen & Field's program; return atoms, variances and gains."""
    d, variances, gains = d.copy(), variances.copy(), gains.copy()
    change = np.zeros(d.shape)
    for row, a in zip(x, codes, strict=True):
        change += np.outer(a, row - a @ d)
    d += rate * change / len(x)
    for j in range(len(d)):
        variances[j] = (1 - 0.001) * variances[j] + 0.001 * np.mean(codes[:, j] ** 2)
        gains[j] = max(gains[j] * (variances[j] / 0.1) ** 0.02, 1e-3)
        d[j] *= gains[j] / np.sqrt((d[j] ** 2).sum())
    return d, variances, gains


def fista(x, d, alpha, rounds):
    """Beck & Teboulle's FISTA for one sample, restarted where the step and the momentum disagree."""
    gram, q = d @ d.T, d @ x
    rate = 1 / np.linalg.eigvalsh(gram)[-1]
    a, y, t = np.zeros(len(d)), np.zeros(len(d)), 1.0
    for _ in range(rounds):
        moved = y + rate * (q - gram @ y)
        new = np.sign(moved) * np.maximum(abs(moved) - rate * alpha, 0)
        after = (1 + np.sqrt(1 + 4 * t * t)) / 2
        momentum = (t - 1) / after
        if (y - new) @ (new - a) > 0:
            after, momentum = 1.0, 0.0
        a, y, t = new, new + momentum * (new - a), after
    return a


def compete(x, d, alpha, rounds):
    """Rozell's circuit with a soft threshold in steps of tau / the largest eigenvalue of D D^T."""
    gram, q = d @ d.T, d @ x
    rate = 1 / np.linalg.eigvalsh(gram)[-1]
    u = np.zeros(len(d))
    for _ in range(rounds):
        a = np.sign(u) * np.maximum(abs(u) - alpha, 0)
        u = u + rate * (q - u - (gram - np.eye(len(d))) @ a)
    return np.sign(u) * np.maximum(abs(u) - alpha, 0)
