"""Tours in annealing on the CPU: one read a task, in place.

A proposal takes a pair of cities (a, b) and a direction along the tour, and changes the path from a to b. "2-opt"
(Croes 1958) reverses that path. "Or-opt" (Or 1976) takes the one to three cities that lie behind a and puts them, one
way round or the other, beyond b. Both are undone by a proposal of their kind: the former by the pair (a, b), the latter
by the pair (b, a), in the other direction. Every pair is drawn as often as its reverse, so proposals are symmetric, and
Metropolis' rule leaves Boltzmann's distribution over the tours as it is. Pairs are mostly those of near cities.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neurosim.core import parallel
from neurosim.core.jit import driver
from neurosim.core.random import MASK, SHIFT, philox
from neurosim.ising import rules

U, ONE = np.uint64, np.uint64(1)
STREAM = 0x70757273  # of the generators, apart from every other use of the key
TO_UNIT = 2.0**-53
NEVER = 40.0  # change / temperature from which on a proposal, of a probability below 2^-57, is taken as impossible
ANY_PAIR = U(16)  # one proposal in so many takes two cities wherever they are
ALWAYS = 256  # the share of 2-opt in 256ths that leaves none to Or-opt


class State(NamedTuple):
    """The arrays of a run; `advance` changes those of the reads in place."""

    distances: np.ndarray  # (n, n) float64, which holds whole numbers exactly
    pairs: np.ndarray  # (P, 2) int32, near cities, every pair in both orders
    two_opt: np.uint64  # proposals that reverse a path, in 256ths
    orders: np.ndarray  # (reads, n) int32, the city at every place
    places: np.ndarray  # (reads, n) int32, the place of every city
    shortest: np.ndarray  # (reads, n) int32, the shortest tour so far
    lengths: np.ndarray  # (reads, 2) of the present and of the shortest tour
    generators: np.ndarray  # (reads,) uint64


class Metrics(NamedTuple):
    """What happened in some sweeps of all reads."""

    accepted: np.ndarray  # (reads, sweeps) accepted proposals
    lengths: np.ndarray  # (reads, sweeps) after each sweep


def begin(distances, pairs, two_opt, orders, lengths, key):
    """Lay out the state of reads that start from the tours `orders` (reads, n) of the given `lengths`."""
    orders = np.array(orders, np.int32, order="C")
    zero, reads, key = U(0), np.arange(len(orders), dtype=U), U(key)
    high, low, _, _ = philox.py_func(reads, zero, U(STREAM), zero, key & MASK, key >> SHIFT)
    return State(
        np.array(distances, np.float64, order="C"),
        np.array(pairs, np.int32, order="C"),
        U(two_opt),
        orders,
        np.argsort(orders, axis=1).astype(np.int32),
        orders.copy(),
        np.repeat(np.asarray(lengths, np.float64)[:, None], 2, axis=1),
        high << SHIFT | low,
    )


def advance(state, temperatures):
    """Do one sweep, a proposal a city, of every read at each of the temperatures."""
    temperatures = np.array(temperatures, np.float64)
    shape = len(state.orders), len(temperatures)
    metrics = Metrics(np.empty(shape, np.int64), np.empty(shape))
    parallel.run(_anneal, shape[0], *state, temperatures, *metrics, np.empty((shape[0], 0)))
    return metrics


def differences(state, count):
    """Return what `count` proposals would add to the length of each read, (reads, count); inf: the tour would stay."""
    changes, unused = np.empty((len(state.orders), count)), np.empty((len(state.orders), 1))
    parallel.run(_anneal, len(changes), *state, np.zeros(1), unused.astype(np.int64), unused, changes)
    return changes


def fetch(state, names=("orders", "shortest")):
    """Return arrays of the state by name."""
    return {name: getattr(state, name) for name in names}


@driver(nogil=True)
def _anneal(begin, end, distances, pairs, two_opt, orders, places, shortest, lengths, generators, temperatures,
            accepted, track, changes):  # fmt: skip
    held = np.empty(3, orders.dtype)
    for read in range(begin, end):
        length, least = lengths[read, 0], lengths[read, 1]
        generator = generators[read]
        for sweep in range(len(temperatures)):
            accepted[read, sweep], length, least, generator = _sweep(
                distances, pairs, two_opt, orders, places, shortest, read, temperatures[sweep], length, least,
                generator, held, changes
            )  # fmt: skip
            track[read, sweep] = length
        if length < least:
            least = length
            shortest[read] = orders[read]
        lengths[read, 0], lengths[read, 1], generators[read] = length, least, generator


# One function, as arrays that are handed on would be counted at every proposal; unsigned places and cities, for which
# Numba looks for no negative index.
@njit
def _sweep(distances, pairs, two_opt, orders, places, shortest, read, temperature, length, least, generator, held,
           changes):  # fmt: skip
    """Do one proposal a city, or as many as `changes` has room for, and note there what each would change."""
    cities, near = U(orders.shape[1]), U(len(pairs))
    noted = changes.shape[1]
    taken = 0
    for proposal in range(noted if noted else orders.shape[1]):
        word, generator = rules.splitmix(generator)
        if (word >> U(16)) % ANY_PAIR == 0:
            other, generator = rules.splitmix(generator)
            a, b = rules.below(word, cities), rules.below(other, cities - ONE)
            b += U(b >= a)
        else:
            pair = rules.below(word, near)
            a, b = U(pairs[pair, 0]), U(pairs[pair, 1])
        forward, turned, segment = word & ONE != 0, word & U(2) != 0, U(0)
        if (word >> U(2)) & U(255) >= two_opt:
            segment = ((word >> U(10)) & U(63)) % U(3) + ONE
        i, j = U(places[read, a]), U(places[read, b])
        change = np.inf  # where the tour would stay as it is
        if _cities_between(i, j, forward, cities) + max(segment, ONE) < cities:
            before = U(orders[read, _ahead(i, ONE, not forward, cities)])
            after = U(orders[read, _ahead(j, ONE, forward, cities)])
            if segment == 0:
                lost = distances[before, a] + distances[b, after]
                change = distances[before, b] + distances[a, after] - lost
            else:
                tail, head = before, U(orders[read, _ahead(i, segment, not forward, cities)])
                before = U(orders[read, _ahead(i, segment + ONE, not forward, cities)])
                lost = distances[before, head] + distances[tail, a] + distances[b, after]
                if turned:
                    head, tail = tail, head
                change = distances[before, a] + distances[b, head] + distances[tail, after] - lost
        if noted:
            changes[read, proposal] = change
            continue
        if change > 0.0:
            if change > NEVER * temperature:
                continue
            word, generator = rules.splitmix(generator)
            if (word >> U(11)) * TO_UNIT >= np.exp(-change / temperature):
                continue
            if length < least:  # here a descent ends
                least = length
                shortest[read] = orders[read]
        if segment == 0:
            _reverse(orders, places, read, i, j, forward)
        else:
            _move(orders, places, read, i, j, forward, segment, turned, held)
        length += change
        taken += 1
    return taken, length, least, generator


@njit
def _ahead(place, count, forward, cities):
    """Return the place `count` steps further on, or back; count <= cities."""
    place += count if forward else cities - count
    return place - cities if place >= cities else place


@njit
def _cities_between(i, j, forward, cities):
    """Return how many cities the path from place i to place j has."""
    return (_ahead(j, i, False, cities) if forward else _ahead(i, j, False, cities)) + ONE


@njit
def _reverse(orders, places, read, i, j, forward):
    """Reverse the path from place i to place j, or, where that is shorter, the rest: the same tour."""
    cities = U(orders.shape[1])
    if not forward:
        i, j = j, i
    size = _cities_between(i, j, True, cities)
    if size + size > cities:
        i, j, size = _ahead(j, ONE, True, cities), _ahead(i, ONE, False, cities), cities - size
    for _ in range(size // U(2)):
        first, last = orders[read, i], orders[read, j]
        orders[read, i], orders[read, j] = last, first
        places[read, U(last)], places[read, U(first)] = i, j
        i, j = _ahead(i, ONE, True, cities), _ahead(j, ONE, False, cities)


@njit
def _move(orders, places, read, i, j, forward, segment, turned, held):
    """Put the cities behind place i beyond place j: shift what lies between or, where that is shorter, the rest."""
    cities = U(orders.shape[1])
    size = _cities_between(i, j, forward, cities)
    rest = cities - size - segment
    for k in range(segment):
        held[k] = orders[read, _ahead(i, k + ONE if turned else segment - k, not forward, cities)]
    if size <= rest:
        source, onward, target = i, forward, _ahead(j, segment - ONE, not forward, cities)
    else:
        source, onward = _ahead(i, segment + ONE, not forward, cities), not forward
        target = _ahead(j, ONE, forward, cities)
    goal = _ahead(source, segment, not onward, cities)
    for _ in range(min(size, rest)):
        city = orders[read, source]
        orders[read, goal] = city
        places[read, U(city)] = goal
        source, goal = _ahead(source, ONE, onward, cities), _ahead(goal, ONE, onward, cities)
    for k in range(segment):
        orders[read, target] = held[k]
        places[read, U(held[k])] = target
        target = _ahead(target, ONE, forward, cities)
