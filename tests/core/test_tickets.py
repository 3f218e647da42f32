"""Tickets: phases wait for those before them, whoever draws, and one thread alone does everything."""

import numpy as np
import pytest
from numba import types

from neurosim.core import parallel, tickets
from neurosim.core.jit import address, call_at, driver

ITEMS = 4


@driver(nogil=True)
def mix(begin, end, counters, steps, values, delay):
    """Every item of a step becomes a mixture of all items of the step before."""
    while True:
        ticket = tickets.take(counters)
        if ticket >= steps * ITEMS:
            return
        step, item = ticket // ITEMS, ticket % ITEMS
        tickets.wait_for(counters, step * ITEMS)
        for _ in range(delay[item]):
            values[step + 1, item] += 1.0
        total = 0.0
        for other in range(ITEMS):
            total += values[step, other] * (1 + (item + other) % 3)
        values[step + 1, item] = total % 1000.0
        tickets.done(counters)


def mixed(steps, participants):
    values = np.zeros((steps + 1, ITEMS))
    values[0] = 1, 2, 3, 4
    counters = tickets.counters()
    parallel.run(mix, participants, counters, steps, values, np.array([0, 5000, 100, 0]))
    assert counters[tickets.DONE] == steps * ITEMS
    return values


def test_phases_wait_for_each_other(monkeypatch):
    wanted = np.zeros((301, ITEMS))
    wanted[0] = 1, 2, 3, 4
    for step in range(300):
        for item in range(ITEMS):
            wanted[step + 1, item] = sum(wanted[step, o] * (1 + (item + o) % 3) for o in range(ITEMS)) % 1000
    for threads in (1, 2, 5):
        monkeypatch.setattr(parallel, "_threads", threads)
        np.testing.assert_array_equal(mixed(300, threads), wanted)


def test_one_thread_does_the_work_of_all_participants():
    values = np.zeros((11, ITEMS))
    values[0] = 1
    counters = tickets.counters()
    for participant in range(3):
        mix(participant, participant + 1, counters, 10, values, np.zeros(ITEMS, np.int64))
    assert counters[tickets.DONE] == 10 * ITEMS
    assert (values[-1] > 0).all()


def double(x, i):
    x[i] = 2 * x[i]


def negate(x, i):
    x[i] = -x[i]


@driver(nogil=True)
def apply(kernels, x):
    for i in range(len(x)):
        call_at(kernels[i % len(kernels)], (x, i))


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_kernels_are_called_by_their_addresses(real):
    kind = types.float32 if real is np.float32 else types.float64
    signature = types.void(kind[::1], types.int64)
    kernels = np.array([address(double, signature), address(negate, signature)])
    x = np.arange(4, dtype=real)
    apply(kernels, x)
    assert x.tolist() == [0, -1, 4, -3]
    assert address(double, signature) == kernels[0]
