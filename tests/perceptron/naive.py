"""The perceptron family written out sample by sample, from the rules; nothing is shared with the kernels."""

import numpy as np


def perceptron(x, y, epochs, margin=0.0, eta=1.0, intercept=True):
    """Return weights, bias, the mean of both after every sample, and the mistakes of each epoch; y is -1 or 1."""
    w, b, one = np.zeros(x.shape[1]), 0.0, float(intercept)
    every, mistakes = [], []
    for _ in range(epochs):
        wrong = 0
        for xi, yi in zip(x, y, strict=True):
            s = w @ xi + b * one
            wrong += yi * s <= 0
            if yi * s <= margin:
                w, b = w + eta * yi * xi, b + eta * yi * one
            every.append(np.append(w, b))
        mistakes.append(wrong)
    return w, b, np.mean(every, axis=0), mistakes


def passive_aggressive(x, y, epochs, C, variant):
    w = np.zeros(x.shape[1] + 1)
    x = np.hstack([x, np.ones((len(x), 1))])
    for _ in range(epochs):
        for xi, yi in zip(x, y, strict=True):
            loss = max(0.0, 1 - yi * (w @ xi))
            norm2 = xi @ xi
            step = {"PA": loss / norm2, "PA-I": min(C, loss / norm2), "PA-II": loss / (norm2 + 0.5 / C)}[variant]
            w = w + step * yi * xi
    return w


def adaline(x, y, epochs, mu, rule):
    w = np.zeros(x.shape[1] + 1)
    x = np.hstack([x, np.ones((len(x), 1))])
    errors = []
    for _ in range(epochs):
        squares = 0.0
        for xi, yi in zip(x, y, strict=True):
            e = yi - w @ xi
            squares += e * e
            w = w + (2 * mu * e * xi if rule == "lms" else mu * e * xi / (xi @ xi))
        errors.append(squares / len(x))
    return w, errors


def votes(x, y, epochs, test, kernel):
    """Freund and Schapire's figure: keep every prediction vector as a list of mistakes with its count of survivals."""
    vectors = [([], 0)]
    for _ in range(epochs):
        for xi, yi in zip(x, y, strict=True):
            mistakes, count = vectors[-1]
            s = sum(yj * kernel(xj, xi) for xj, yj in mistakes)
            if yi * s > 0:
                vectors[-1] = (mistakes, count + 1)
            else:
                vectors.append(([*mistakes, (xi, yi)], 1))
    score = lambda m, t: sum(yj * kernel(xj, t) for xj, yj in m)  # noqa: E731
    n = len(x) * epochs
    voted = [sum(c * (1 if score(m, t) > 0 else -1) for m, c in vectors[1:]) / n for t in test]
    averaged = [sum(c * score(m, t) for m, c in vectors) / n for t in test]
    last = [score(vectors[-1][0], t) for t in test]
    return {"voted": voted, "averaged": averaged, "last": last}


def pocket(x, y, picks, ratchet):
    """Return the kept weights (with the bias at the end), their run and how many samples they get right."""
    x = np.hstack([x, np.ones((len(x), 1))])
    w, kept, run, longest, right = np.zeros(x.shape[1]), np.zeros(x.shape[1]), 0, 0, 0
    for i in picks:
        if y[i] * (w @ x[i]) > 0:
            run += 1
            if run > longest:
                total = int((y * (x @ w) > 0).sum())
                if total > right or not ratchet or np.array_equal(w, kept):
                    kept, longest, right = w.copy(), run, total
        else:
            w, run = w + y[i] * x[i], 0
    return kept, longest, right


def madaline(x, y, orders, w, mu):
    """Widrow's first rule; w is (units, features + 1)."""
    x, w = np.hstack([x, np.ones((len(x), 1))]), w.copy()
    for order in orders:
        for i in order:
            s = w @ x[i]
            votes = np.where(y[i] * s > 0, 1, -1).sum()
            against = sorted((h for h in range(len(w)) if y[i] * s[h] <= 0), key=lambda h: abs(s[h]))
            for h in against[: max(0, (1 - votes) // 2)]:
                w[h] = w[h] + mu * (y[i] - s[h]) * x[i] / (x[i] @ x[i])
    return w
