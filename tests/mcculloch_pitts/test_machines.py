"""The counter and the adders."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts import all_histories, binary_counter, full_adder, serial_adder


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_the_counter_counts_all_trains_of_impulses(bits):
    net, steps = binary_counter(bits), 12
    assert net.delay == bits + 1
    trains = all_histories(1, steps)
    run = net.run(trains, steps=steps + net.delay)
    counted = sum(run[f"bit{k}"].astype(int) << k for k in range(bits))
    expected = np.cumsum(trains.unpack()[..., 0], axis=1) % 2**bits
    assert (counted[:, net.delay : net.delay + steps] == expected).all()
    assert (counted[:, -1] == expected[:, -1]).all()
    assert not counted[:, : net.delay].any()


def test_the_counter_counts_on():
    net = binary_counter(8)
    run = net.run(np.ones((300, 1)), steps=300 + net.delay)
    counted = sum(run[f"bit{k}"].astype(int) << k for k in range(8))
    assert counted[net.delay : net.delay + 300].tolist() == [(t + 1) % 256 for t in range(300)]


@pytest.mark.parametrize("bits", [0, -1, 1.5, "3"])
def test_the_counter_needs_digits(bits):
    with pytest.raises(InvalidParameter, match="binary_counter: bits must be an integer >= 1"):
        binary_counter(bits)


def test_the_serial_adder_adds_all_pairs():
    digits = 7
    numbers = np.arange(2**digits)
    a, b = (n.ravel() for n in np.meshgrid(numbers, numbers))
    fed = np.stack([a, b], axis=-1)[:, None] >> np.arange(digits)[:, None] & 1
    net = serial_adder()
    run = net.run(fed, steps=digits + 1 + net.delay)
    read = run["sum"][:, net.delay : net.delay + digits + 1] @ (1 << np.arange(digits + 1))
    assert (read == a + b).all()
    assert (net.delay, net.order, len(net.cells)) == (2, 1, 6)


def test_the_full_adder():
    net = full_adder()
    rows = np.arange(8)[:, None] >> np.arange(3) & 1
    run = net.run(rows, steps=8 + net.delay)
    total = (run["sum"] + 2 * run["carry"].astype(int))[net.delay : net.delay + 8]
    assert total.tolist() == rows.sum(axis=1).tolist()
    assert (net.outputs, net.order) == (("sum", "carry"), 0)
