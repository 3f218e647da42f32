"""A counter of impulses and a serial adder, as nets of McCulloch-Pitts cells.

A digit of the counter is a cell that keeps itself active and one that starts it; an impulse that finds the digit on
turns it off and goes on to the next. Impulses may come at every tick. The adder gets two numbers digit by digit, the
lowest first, and keeps the carry in a cell that excites itself.

M. Minsky, "Computation: Finite and Infinite Machines", Prentice-Hall (1967), chapter 3, builds such machines from
McCulloch-Pitts cells. The text was not at hand and the wiring is our own; the claims are arithmetic.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.mcculloch_pitts import all_histories, binary_counter, serial_adder
from neurosim.mcculloch_pitts.plot import circuit, raster

BITS, TICKS, DIGITS = 3, 12, 6
PULSES = [1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1]


def counted(pulses: np.ndarray) -> np.ndarray:
    """Return what the counter says (trains, ticks) after each tick of trains of pulses (trains, ticks)."""
    net = binary_counter(BITS)
    run = net.run(pulses[..., None], pulses.shape[1] - 1 + net.delay)
    bits = [run[f"bit{k}"][:, net.delay :].astype(int) << k for k in range(BITS)]
    return sum(bits, np.zeros((), int))


def counts_right(ticks: int) -> float:
    """Return the share of all pulse trains of so many ticks that are counted right at every tick, modulo 2**BITS."""
    pulses = all_histories(1, ticks).unpack()[..., 0]
    return float((counted(pulses) == pulses.cumsum(axis=1) % 2**BITS).all(axis=1).mean())


def adds_right(digits: int) -> float:
    """Return the share of all pairs of numbers of so many binary digits whose sum is right."""
    net, places = serial_adder(), np.arange(digits + 1)
    numbers = np.stack(np.meshgrid(np.arange(2**digits), np.arange(2**digits)), axis=-1).reshape(-1, 2)
    run = net.run((numbers[:, None] >> places[:, None] & 1).astype(bool), digits + net.delay)
    sums = run["sum"][:, net.delay :] @ (1 << places)
    return float((sums == numbers.sum(axis=1)).mean())


@plotting.style()
def draw() -> Figure:
    """Draw the counter, a run of it, and the adder."""
    figure = plotting.figure(10.2, 6.0)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 1.25)).flat
    net = binary_counter(BITS)
    circuit(net, ax=above.add_subplot())
    left, right = below.subplots(1, 2, width_ratios=(1.3, 1.0))
    run = net.run({"pulse": PULSES}, len(PULSES) - 1 + net.delay)
    names = ["pulse", *(f"bit{k}" for k in range(BITS))]
    raster(run, names, net=net, ax=left)
    left.set(ylim=(len(names) + 0.5, -0.6), title=f"counting; the bits lag by {net.delay} ticks")
    left.set_yticks(range(len(names) + 1), labels=[*names, "read as"])
    for t, number in enumerate(counted(np.array([PULSES], bool))[0]):
        left.text(t + net.delay, len(names), str(number), ha="center", va="center", fontsize=plotting.SMALL)
    circuit(serial_adder(), legend=False, ax=right)
    right.set_title("serial adder")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: all trains of 12 ticks, all pairs of numbers of 6 digits."""
    ticks, digits = (6, 3) if fast else (TICKS, DIGITS)
    return draw(), [
        Claim(f"Share of all {2**ticks} pulse trains of {ticks} ticks that the {BITS}-bit counter counts right "
              "at every tick", "1: arithmetic", counts_right(ticks), at_least=1, source_read=False),
        Claim(f"Share of all {4**digits} pairs of {digits}-digit numbers that the serial adder adds right",
              "1: arithmetic", adds_right(digits), at_least=1, source_read=False),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
