"""Tours, slow and obvious: lists of cities, every tour of a few cities, the optimum by dynamic programming."""

from itertools import combinations, permutations
from math import acos, ceil, cos, exp, sqrt


def length(distances, tour):
    """Add up the steps of a closed tour."""
    return sum(distances[tour[k - 1]][tour[k]] for k in range(len(tour)))


def canonical(tour):
    """Return the tour that starts at city 0 and goes on to the smaller of its neighbours: one name for 2 n lists."""
    at = list(tour).index(0)
    there = [int(city) for city in [*tour[at:], *tour[:at]]]
    back = [there[0], *reversed(there[1:])]
    return tuple(min(there, back))


def every_tour(n):
    """Return the (n - 1)! / 2 tours of n cities."""
    return sorted({canonical((0, *rest)) for rest in permutations(range(1, n))})


def boltzmann(distances, temperature):
    """Return the probability of every tour."""
    weights = [exp(-length(distances, tour) / temperature) for tour in every_tour(len(distances))]
    return [weight / sum(weights) for weight in weights]


def along(tour, a, b, direction):
    """Return the tour as a list that begins with a and the path to b, and how many cities this path has."""
    tour = list(tour) if direction > 0 else list(reversed(tour))
    at = tour.index(a)
    tour = tour[at:] + tour[:at]
    return tour, tour.index(b) + 1


def two_opt(tour, a, b, direction):
    """Reverse the path from a to b."""
    tour, size = along(tour, a, b, direction)
    return tour[:size][::-1] + tour[size:]


def or_opt(tour, a, b, direction, segment, turned):
    """Move the cities that come before a behind the path from a to b; None if the path holds some of them."""
    tour, size = along(tour, a, b, direction)
    if size + segment >= len(tour):
        return None
    moved = tour[-segment:]
    return tour[:size] + (moved[::-1] if turned else moved) + tour[size:-segment]


def optimum(distances):
    """Return the length of the shortest tour (Held & Karp 1962)."""
    n = len(distances)
    cost = {(1 << k, k): distances[0][k] for k in range(1, n)}
    for size in range(2, n):
        for chosen in combinations(range(1, n), size):
            mask = sum(1 << k for k in chosen)
            for last in chosen:
                cost[mask, last] = min(cost[mask ^ (1 << last), k] + distances[k][last] for k in chosen if k != last)
    return min(cost[(1 << n) - 2, k] + distances[k][0] for k in range(1, n))


def euc_2d(p, q):
    """Return the rounded distance in the plane."""
    return int(sqrt((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2) + 0.5)


def ceil_2d(p, q):
    """Return the distance in the plane, rounded up."""
    return ceil(sqrt((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2))


def man_2d(p, q):
    """Return the rounded sum of the differences."""
    return int(abs(p[0] - q[0]) + abs(p[1] - q[1]) + 0.5)


def max_2d(p, q):
    """Return the larger of the rounded differences."""
    return max(int(abs(p[0] - q[0]) + 0.5), int(abs(p[1] - q[1]) + 0.5))


def att(p, q):
    """Return the pseudo-Euclidean distance."""
    exact = sqrt(((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2) / 10)
    rounded = int(exact + 0.5)
    return rounded + 1 if rounded < exact else rounded


def geo(p, q):
    """Return the distance in km on a sphere; coordinates are DDD.MM, latitude first."""
    (lat_p, lon_p), (lat_q, lon_q) = ([_radians(x) for x in point] for point in (p, q))
    q1, q2, q3 = cos(lon_p - lon_q), cos(lat_p - lat_q), cos(lat_p + lat_q)
    return int(6378.388 * acos(((1 + q1) * q2 - (1 - q1) * q3) / 2) + 1)


def _radians(x):
    degrees = int(x)
    return 3.141592 * (degrees + 5 * (x - degrees) / 3) / 180
