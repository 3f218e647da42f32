"""Compiled loops of von der Malsburg's models: cells settle, and synapses between active fibres and cells grow."""

import numpy as np
from numba import njit

from neurosim.core.jit import driver


@njit
def beyond(potential, threshold):
    """Return what a cell sends: its potential beyond the threshold, at least 0."""
    return max(potential - threshold, 0.0)


@njit
def afferent(synapses, fibres, drive):
    """Set `drive` (cells,) to what the afferents bring: the sum over the fibres of synapse times activity."""
    for k in range(len(drive)):
        total = 0.0
        for a in range(len(fibres)):
            total += synapses[k, a] * fibres[a]
        drive[k] = total


@njit
def settle(drive, near, far, p, q, r, threshold, steps, e, i):
    """Let a cortex of excitatory and inhibitory cells settle from silence; `e` and `i` become what they send.

    `near` holds the 6 neighbours of every cell and `far` the 12 next ones; where the sheet ends they name a cell more,
    the last one of `e` and `i`, which is silent. In each step the inhibitory cells go first: all at once oscillate.
    """
    cells = len(drive)
    e[:] = 0.0
    i[:] = 0.0
    following = np.empty(cells)
    for _ in range(steps):
        for k in range(cells):
            excited = e[k]
            for n in range(near.shape[1]):
                excited += e[near[k, n]]
            i[k] = beyond(r * excited, threshold)
        for k in range(cells):
            excited, inhibited = 0.0, 0.0
            for n in range(near.shape[1]):
                excited += e[near[k, n]]
            for n in range(far.shape[1]):
                inhibited += i[far[k, n]]
            following[k] = beyond(drive[k] + p * excited - q * inhibited, threshold)
        for k in range(cells):
            e[k] = following[k]


@njit
def strengthen(synapses, intact, fibres, cells, rate, total):
    """Let the intact synapses between active fibres and active cells grow, and keep the sum of every cell's."""
    for k in range(len(synapses)):
        grown = 0.0
        for a in range(len(fibres)):
            if intact[k, a]:
                synapses[k, a] += rate * fibres[a] * cells[k]
            grown += synapses[k, a]
        if grown > 0.0:
            for a in range(len(fibres)):
                synapses[k, a] *= total / grown


@driver(nogil=True)
def drive_all(begin, end, stimuli, synapses, drives):
    """Set `drives` (stimuli, cells) to what the afferents bring; a task is a stimulus."""
    for t in range(begin, end):
        afferent(synapses, stimuli[t], drives[t])


@driver(nogil=True)
def organise1973(begin, end, synapses, intact, stimuli, presentations, near, far, constants):
    """Show every cortex its stimuli in turn, from the first again after the last; a task is a cortex.

    Parameters
    ----------
    synapses : (cortices, cells, fibres) float64
        Changed in place.
    intact : (cortices, cells, fibres) bool
        Which synapses are there.
    stimuli : (cortices, stimuli, fibres) or (1, stimuli, fibres) float64
        The latter are for all.
    presentations : int
    near, far : (cells, 6) and (cells, 12) int64
    constants : (cortices, 7) float64
        p, q, r, threshold, steps, rate of learning, sum of a cell's synapses.
    """
    cells = synapses.shape[1]
    e, i, drive = np.empty(cells + 1), np.empty(cells + 1), np.empty(cells)
    for c in range(begin, end):
        p, q, r, threshold, steps, rate, total = constants[c]
        shown = stimuli[c % len(stimuli)]
        for t in range(presentations):
            fibres = shown[t % len(shown)]
            afferent(synapses[c], fibres, drive)
            settle(drive, near, far, p, q, r, threshold, int(steps), e, i)
            strengthen(synapses[c], intact[c], fibres, e, rate, total)


@driver(nogil=True)
def respond1973(begin, end, drives, near, far, constants, e, i):
    """Settle under several drives (stimuli, cells); rows of `e` and `i` have a silent cell more."""
    p, q, r, threshold, steps = constants[:5]
    for t in range(begin, end):
        settle(drives[t], near, far, p, q, r, threshold, int(steps), e[t], i[t])


@njit
def relax(drive, lateral, threshold, time_step, steps, sent):
    """Let a sheet of cells with lateral connections settle from silence; `sent` becomes what they send."""
    potential = np.zeros(len(drive))
    sent[:] = 0.0
    change = np.empty(len(drive))
    for _ in range(steps):
        for k in range(len(drive)):
            change[k] = drive[k] - potential[k]
        for n in range(len(drive)):
            if sent[n] > 0.0:
                for k in range(len(drive)):
                    change[k] += lateral[n, k] * sent[n]
        for k in range(len(drive)):
            potential[k] += time_step * change[k]
            sent[k] = beyond(potential[k], threshold)


@driver(nogil=True)
def organise1976(begin, end, synapses, spots, order, lateral, constants):
    """Light up spots on every presynaptic sheet in turn; a task is a pair of sheets.

    Parameters
    ----------
    synapses : (pairs, cells, fibres) float64
        Changed in place.
    spots : (pairs, spots, fibres) float64
    order : (pairs, presentations) int64
        Which spot comes when.
    lateral : (pairs, cells, cells) float64
        Symmetric.
    constants : (pairs, 5) float64
        threshold, time step, steps, rate of learning, sum of a cell's synapses.
    """
    cells, fibres = synapses.shape[1:]
    drive, sent, intact = np.empty(cells), np.empty(cells), np.ones((cells, fibres), np.bool_)
    for c in range(begin, end):
        threshold, time_step, steps, rate, total = constants[c]
        for t in range(order.shape[1]):
            fibre = spots[c, order[c, t]]
            afferent(synapses[c], fibre, drive)
            relax(drive, lateral[c], threshold, time_step, int(steps), sent)
            strengthen(synapses[c], intact, fibre, sent, rate, total)


@driver(nogil=True)
def respond1976(begin, end, drives, lateral, constants, sent):
    """Settle under several drives (stimuli, cells); a task is a stimulus, and a row of `sent` its activities."""
    threshold, time_step, steps = constants[:3]
    for t in range(begin, end):
        relax(drives[t], lateral, threshold, time_step, int(steps), sent[t])
