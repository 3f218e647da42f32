"""Compiles the kernels of neocognitrons, for `neurosim warmup`."""

import numpy as np

from neurosim.neocognitron.attention import SelectiveAttention
from neurosim.neocognitron.neocognitron1980 import Neocognitron1980
from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
from neurosim.neocognitron.neocognitron2013 import Neocognitron2013
from neurosim.neocognitron.reference import InterpolatingVectors
from neurosim.neocognitron.stick_patterns import centred


def compile_kernels() -> None:
    """Run every CPU kernel once for each of its types, which compiles it into the cache."""
    sticks = centred("01")
    Neocognitron1980(planes=(2, 2, 2), presentations=1, random_state=0).fit(sticks).response(sticks)
    for dtype in ("float32", "float64"):
        network = Neocognitron1988(dtype=dtype).teach()
        network.predict(network.pattern_set.examples()[0][:1])
        SelectiveAttention(network).attend(np.eye(19), steps=1)
    x = np.eye(4, 16).reshape(4, 4, 4)
    for learning in ("add-if-silent", "winner-take-all", "winner-kill-loser"):
        deep = Neocognitron2013(field=16, cells2=2, cells3=2, learning=learning, activity=0.0, random_state=0)
        deep.fit(x, [0, 0, 1, 1]).predict(x)
    for dtype in ("float32", "float64"):
        for interpolation in ("none", "pairs", "trios"):
            top = InterpolatingVectors(margin=0.1, interpolation=interpolation, winner_learns=True)
            vectors = np.eye(6, dtype=dtype)
            top.fit(vectors, [0, 0, 0, 1, 1, 1]).predict(vectors)
