"""The net on a CUDA device: a thread for each input or cell and each word of 64 histories."""

from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from neurosim.core import device
from neurosim.mcculloch_pitts import rules
from neurosim.mcculloch_pitts.wiring import MOST_LEVELS, Wiring

NONE, ALL = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)


class State(NamedTuple):
    """The arrays of a run, on the device; `advance` changes activity, recorded and step in place."""

    wiring: Wiring
    activity: Any  # (2, names, words) uint64 at even and odd times, bit b of word w is history 64 w + b
    inputs: Any  # (input steps, inputs, words) uint64
    counts: tuple[int, int]  # input steps and inputs
    slots: Any  # (names,) where a name is recorded, or -1
    recorded: Any  # (steps + 1, recorded, words) uint64
    width: int  # how many are recorded
    step: np.ndarray  # (1,) how far the run is, on the host


def begin(wiring, activity, inputs, rows, steps):
    """Lay out a run of so many steps from the cells' activity (cells, words) and the inputs (steps, inputs, words)."""
    both = np.zeros((2, inputs.shape[1] + len(activity), activity.shape[1]), np.uint64)
    both[0, inputs.shape[1] :] = activity
    if len(inputs):
        both[0, : inputs.shape[1]] = inputs[0]
    recorded = np.zeros((steps + 1, len(rows), activity.shape[1]), np.uint64)
    recorded[0] = both[0, rows]
    slots = np.full(both.shape[1], -1, np.int32)
    slots[rows] = np.arange(len(rows))
    return State(
        Wiring(*map(_to_device, wiring)),
        _to_device(both),
        _to_device(np.ascontiguousarray(inputs)),
        inputs.shape[:2],
        _to_device(slots),
        _to_device(recorded),
        len(rows),
        np.zeros(1, np.int64),
    )


def advance(state, steps):
    """Do some time steps."""
    _, names, words = state.activity.shape
    for _ in range(steps):
        step = int(state.step[0])
        now, after = state.activity[step % 2], state.activity[1 - step % 2]
        _tick[device.launch(names * words)](
            *state.wiring, now, state.inputs, *state.counts, state.slots, step + 1, after, state.recorded
        )
        state.step[0] += 1


def fetch(state, names=("activity", "recorded")):
    """Return arrays of the state by name, on the host."""
    found = {name: getattr(state, name).copy_to_host() for name in names}
    if "activity" in found:
        found["activity"] = found["activity"][state.step[0] % 2]
    if "recorded" in found:
        found["recorded"] = found["recorded"][:, : state.width]
    return found


def _to_device(array):
    """Copy an array; in the place of an empty one stands one zero, which no thread reads."""
    return device.to_device(array if array.size else np.zeros((1,) * array.ndim, array.dtype))


@cuda.jit
def _tick(
    first, terms, inhibitors_first, inhibitors, thresholds, levels, inverted, now, inputs, input_steps, afferents,
    slots, t, after, recorded,
):  # fmt: skip
    """Do one time step; what a thread does depends on the synapses of its cell only, never on the activity."""
    names, words = now.shape
    i = cuda.grid(1)
    if i >= names * words:
        return
    row, w = i // words, i % words
    fires = NONE
    if row < afferents:
        if t < input_steps:
            fires = inputs[t, row, w]
    else:
        cell = row - afferents
        sums = cuda.local.array(MOST_LEVELS, np.uint64)
        waiting = cuda.local.array(MOST_LEVELS, np.uint64)
        held = 0  # the digits in which a word waits for another one
        top = levels[cell]
        for digit in range(top):
            sums[digit] = NONE
        for digit in range(top):
            for term in range(first[cell, digit], first[cell, digit + 1]):
                source = terms[term]
                word = now[source, w] if source < names else ~now[inverted[source - names], w]
                d = digit
                while d < top and held >> d & 1:
                    held ^= 1 << d
                    sums[d], word = rules.full_adder(sums[d], waiting[d], np.uint64(word))
                    d += 1
                if d < top:
                    held |= 1 << d
                    waiting[d] = word
        fires, carry = ALL, NONE
        for digit in range(top):
            if held >> digit & 1:
                sums[digit], carry = rules.full_adder(sums[digit], waiting[digit], np.uint64(carry))
            else:
                sums[digit], carry = rules.half_adder(sums[digit], np.uint64(carry))
            fires = rules.reaches(sums[digit], thresholds[cell] >> digit & 1, np.uint64(fires))
        for j in range(inhibitors_first[cell], inhibitors_first[cell + 1]):
            fires = rules.permit(np.uint64(fires), now[inhibitors[j], w])
    after[row, w] = fires
    if slots[row] >= 0:
        recorded[t, slots[row], w] = fires
