"""What both targets of the restricted machine's kernels share: the arrays, the recipe, the streams of random numbers.

A draw for element e of row r is word e % 4 of the Philox block (e // 4, r, step, stream). Rows are the samples of a
mini-batch or the chains; `step` counts mini-batches, Gibbs sweeps or temperatures. A unit is on if the word's fraction
(`rules.fraction`) is below its probability. A normal number takes two words: element e has those of 2 (e % 2) and
2 (e % 2) + 1 of block (e // 2, r, step, stream).

A step of learning, h being probabilities, <> means over the mini-batch's samples x, or over the negative phase's rows
(v, h) after the last sweep: its samples in CD, all chains in PCD:

    dW = <x h> - <v h> - decay W                 dv = <x> - <v>           dh = <h>_x - <h>_v
    activity += ACTIVITY_RATE (<h>_x - activity)                          dh' = dh + cost (target - activity)
    centred: dW -= visible_offset dh + dv hidden_offset
    velocity = momentum velocity + rate d        W += velocity_W          b += velocity_v           c += velocity_h
    centred: b -= velocity_W hidden_offset, c -= visible_offset velocity_W; then the offsets move towards <x>, <h>_x

CD starts each sweep's visible units from hidden states sampled of <h>_x, sweep s from those of stream HIDDEN + 2 s. PCD
goes on from the chains' hidden states, and after the last of k sweeps samples them anew (HIDDEN + 2 k).
"""

from typing import NamedTuple

import numpy as np

# Streams: sweep s of a training step draws hidden units from HIDDEN + 2 s and visible ones from VISIBLE + 2 s
HIDDEN, VISIBLE = 0, 1
FIRST = 1 << 16  # the hidden states that training's chains, and annealing's, start from
SWEEPS = 2 << 16  # of `gibbs`: SWEEPS + HIDDEN, SWEEPS + VISIBLE
ANNEALING = 3 << 16  # of `anneal`: ANNEALING + HIDDEN, ANNEALING + VISIBLE


class Arrays(NamedTuple):
    """What a machine learns and remembers; V visible and H hidden units, P chains, all of one real dtype.

    Attributes
    ----------
    weights, weight_velocity : (V, H)
    visible_bias, visible_velocity : (V,)
    hidden_bias, hidden_velocity : (H,)
    chains : (P, H), hidden states 0 or 1 of the persistent chains, P the mini-batch's size; (0, H) without
    visible_offset : (V,), hidden_offset : (H,), the means that centring subtracts; 0 without
    activity : (H,), the running mean of P(h = 1 | data) that the sparsity target is compared with
    """

    weights: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    weight_velocity: np.ndarray
    visible_velocity: np.ndarray
    hidden_velocity: np.ndarray
    chains: np.ndarray
    visible_offset: np.ndarray
    hidden_offset: np.ndarray
    activity: np.ndarray


class Recipe(NamedTuple):
    """How a machine learns.

    Attributes
    ----------
    batch : samples of a mini-batch
    sweeps : Gibbs sweeps a step (the k of CD-k)
    persistent : the negative phase goes on from the chains instead of the data
    gaussian : visible units are real, with variance 1 about visible_bias + W h
    visible_samples : visible units of the negative phase are sampled, else their means stand for them
    decay : of the weights, added to their gradient
    target, cost : of the hidden units' activity; the biases' gradient is cost (target - activity)
    offset_rate : how far the offsets move towards the mini-batch's means after each step; 0 for no centring
    """

    batch: int
    sweeps: int = 1
    persistent: bool = True
    gaussian: bool = False
    visible_samples: bool = True
    decay: float = 0.0
    target: float = 0.0
    cost: float = 0.0
    offset_rate: float = 0.0


ACTIVITY_RATE = 0.1  # how far the activity moves towards a mini-batch's mean each step
