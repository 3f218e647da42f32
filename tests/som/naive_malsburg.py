"""The models of von der Malsburg (1973) and Willshaw & von der Malsburg (1976) in plain Python, slow and obvious."""

import math
from functools import cache


def hexagon(side):
    """Cells of a hexagon as (row, offset) from its middle; offsets are in half steps, rows go down from the top."""
    cells = []
    for row in range(1 - side, side):
        length = 2 * side - 1 - abs(row)
        cells += [(row, 2 * k - (length - 1)) for k in range(length)]
    return cells


def square_distance(a, b):
    """Squared distance in steps; rows are sqrt(3) / 2 apart. Four times it is a whole number."""
    return (3 * (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / 4


@cache
def cortex_1973(side=8):
    """For every cell: its neighbours, and the cells around these."""
    cells = hexagon(side)
    within = {d: [[m for m, b in enumerate(cells) if square_distance(a, b) == d] for a in cells] for d in (1, 3, 4)}
    return within[1], [third + fourth for third, fourth in zip(within[3], within[4], strict=True)]


def settle_1973(drive, near, far, p=0.4, q=0.3, r=0.286, threshold=1.0, steps=20):
    """What the excitatory and the inhibitory cells send after so many steps."""
    n = len(drive)
    e, i = [0.0] * n, [0.0] * n
    for _ in range(steps):
        i = [max(r * (e[k] + sum(e[m] for m in near[k])) - threshold, 0) for k in range(n)]
        e = [
            max(drive[k] + p * sum(e[m] for m in near[k]) - q * sum(i[m] for m in far[k]) - threshold, 0)
            for k in range(n)
        ]
    return e, i


def learn(s, stimulus, sent, h, total, intact=None):
    """One update of all synapses, in place."""
    for k, row in enumerate(s):
        for a in range(len(row)):
            if intact is None or intact[k][a]:
                row[a] += h * stimulus[a] * sent[k]
        whole = sum(row)
        for a in range(len(row)):
            row[a] *= total / whole if whole > 0 else 1


def present_1973(s, stimuli, intact=None, h=0.05, total=2.375, **constants):
    """Show stimuli one after the other; the synapses s[cell][fibre] change in place."""
    near, far = cortex_1973()
    for stimulus in stimuli:
        drive = [sum(w * a for w, a in zip(row, stimulus, strict=True)) for row in s]
        e, _ = settle_1973(drive, near, far, **constants)
        learn(s, stimulus, e, h, total, intact)


def preferred(drives, angles):
    """Preferred angle in degrees and selectivity of a cell, from its drive by bars at some angles."""
    x = sum(d * math.cos(math.radians(2 * a)) for d, a in zip(drives, angles, strict=True))
    y = sum(d * math.sin(math.radians(2 * a)) for d, a in zip(drives, angles, strict=True))
    return math.degrees(math.atan2(y, x)) / 2 % 180, math.hypot(x, y) / sum(drives)


def distance_1976(side, a, b):
    return math.hypot(a // side - b // side, a % side - b % side)


def settle_1976(side, drive, excitation=0.1, inhibition=0.1, reach=1.5, threshold=1.0, time_step=0.3, steps=30):
    """What the postsynaptic cells send after so many steps of Euler's method."""
    cells = range(side * side)
    b = [[excitation if distance_1976(side, j, k) <= reach else -inhibition for k in cells] for j in cells]
    potential = [0.0 for _ in cells]
    for _ in range(steps):
        sent = [max(v - threshold, 0) for v in potential]
        slope = [drive[j] + sum(b[j][k] * sent[k] for k in cells) - potential[j] for j in cells]
        potential = [v + time_step * dv for v, dv in zip(potential, slope, strict=True)]
    return [max(v - threshold, 0) for v in potential]


def present_1976(side, s, centres, spot=1.0, h=0.01, mean=0.2, **constants):
    """Light up spots around some cells; the synapses s[cell][fibre] change in place."""
    for centre in centres:
        stimulus = [1.0 if distance_1976(side, centre, i) <= spot else 0.0 for i in range(side * side)]
        drive = [sum(w * a for w, a in zip(row, stimulus, strict=True)) for row in s]
        learn(s, stimulus, settle_1976(side, drive, **constants), h, mean * side * side)
