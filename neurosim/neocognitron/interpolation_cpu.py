"""Kernels of the layer of reference vectors: which vectors become references, and the scores of the classes."""

import math

import numpy as np
from numba import njit

from neurosim.core.jit import FASTMATH, INNER, driver
from neurosim.neocognitron.interpolation import pair, trio


@driver(nogil=True)
def largest_by_class(begin, end, scores, labels, best):
    """Raise best (rows, classes) to the largest of the scores (rows, references) of each class."""
    for i in range(begin, end):
        for k in range(len(labels)):
            best[i, labels[k]] = max(best[i, labels[k]], scores[i, k])


@driver(nogil=True)
def keep_unlike(best, gram, codes, margin, kept, added):
    """Let the vectors of a block that their own class does not win by a margin become references, one by one.

    best (rows, classes) holds the largest score so far and gram the cosines inside the block; kept tells which vectors
    are references already. Returns how many rows are added; both tables are brought up to date.
    """
    count = 0
    for i in range(len(codes)):
        own, other = -np.inf, -np.inf
        for c in range(best.shape[1]):
            if c == codes[i]:
                own = max(own, best[i, c])
            else:
                other = max(other, best[i, c])
        silent = gram[i, i] == 0 and own > -np.inf
        if kept[i] or silent or own > other + margin:
            continue
        kept[i] = True
        added[count] = i
        count += 1
        for row in range(len(codes)):
            best[row, codes[i]] = max(best[row, codes[i]], gram[row, i])
    return count


@driver(nogil=True)
def learn_or_keep(products, gram, squares, labels, count, codes, margin, kept, moves):
    """Let the winner learn each vector of a block that its own class wins by a margin; others become references.

    products (rows, count + rows) holds the vectors' products with the sums that the references are made of, squares
    those of the sums with themselves; both are brought up to date. moves gets the reference that each vector is added
    to, -1 for none. Returns the number of references.
    """
    for i in range(len(codes)):
        own, other, winner = -np.inf, -np.inf, -1
        for k in range(count):
            score = products[i, k] / math.sqrt(squares[k]) if squares[k] > 0 else 0.0
            if labels[k] != codes[i]:
                other = max(other, score)
            elif score > own:
                own, winner = score, k
        moves[i] = -1
        if own > other + margin:
            moves[i] = winner
            squares[winner] += 2 * products[i, winner] + gram[i, i]
            for row in range(i + 1, len(codes)):
                products[row, winner] += gram[row, i]
        elif not kept[i] and (gram[i, i] > 0 or winner < 0):
            kept[i] = True
            moves[i], labels[count], squares[count] = count, codes[i], gram[i, i]
            for row in range(i + 1, len(codes)):
                products[row, count] = gram[row, i]
            count += 1
    return count


@driver(nogil=True)
def interpolate(begin, end, units, references, starts, scores, nearest, trios, flat, best):
    """Write the largest cosine (rows, classes) with what lies between the `nearest` most similar references of a class.

    units (rows, features) and references (references, features) are unit vectors, those of class c from starts[c] on;
    scores are their cosines up to `flat`, and are made more exact where it matters.
    """
    few = np.empty(nearest, np.int64)
    s = np.empty(nearest)
    g = np.empty((nearest, nearest))
    for i in range(begin, end):
        for c in range(len(starts) - 1):
            count = nearest_of_class(units, references, scores, i, starts[c], starts[c + 1], flat, few)
            for j in range(count):
                s[j] = scores[i, few[j]]
                for k in range(j):
                    g[j, k] = dot(references, few[j], references, few[k])
            best[i, c] = between(s, g, count, trios, flat)


@njit(**INNER)
def nearest_of_class(units, references, scores, i, start, stop, flat, few):
    """Write the references of a class that are most similar to a row, the nearest first, and return how many.

    The last bits of a product of matrices depend on its size, and would decide which reference is the last one of few.
    """
    count = select(scores, i, start, stop, few)
    least = scores[i, few[count - 1]] - flat
    for k in range(start, stop):
        if scores[i, k] >= least:
            scores[i, k] = dot(units, i, references, k)
    return select(scores, i, start, stop, few)


@njit(**INNER)
def select(scores, i, start, stop, few):
    """Write the columns of the largest scores of a row, the largest first, and return how many these are."""
    count = 0
    for k in range(start, stop):
        if count == len(few) and scores[i, k] <= scores[i, few[count - 1]]:
            continue
        count = min(count + 1, len(few))
        at = count - 1
        while at > 0 and scores[i, few[at - 1]] < scores[i, k]:
            few[at] = few[at - 1]
            at -= 1
        few[at] = k
    return count


@njit(**INNER)
def between(s, g, count, trios, flat):
    """Return the largest cosine with all pairs, or pairs and trios, of some references."""
    largest = s[0]
    for j in range(count):
        for k in range(j):
            largest = max(largest, pair(s[j], s[k], g[j, k], flat))
            if trios:
                for m in range(k):
                    largest = max(largest, trio(s[j], s[k], s[m], g[j, k], g[j, m], g[k, m], flat))
    return largest


@njit(fastmath=FASTMATH, **INNER)
def dot(a, i, b, k):
    """Return the product of row i of a and row k of b."""
    total = a.dtype.type(0)
    for f in range(a.shape[1]):
        total += a[i, f] * b[k, f]
    return total
