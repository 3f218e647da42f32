"""The digits that come with the package: every plane of S-cells answers what it was taught."""

import numpy as np
import pytest

from neurosim.neocognitron.layers import s_cells
from neurosim.neocognitron.layers import stage as stage_responses
from neurosim.neocognitron.neocognitron1988 import Neocognitron1988


@pytest.fixture(scope="module")
def net():
    return Neocognitron1988().teach()


def taught(net, stage):
    """Return, for each plane, its responses to its own patterns at the cell that learned them."""
    found, (below, (layer, _)) = [], (net.layers[: stage - 1], net.layers[stage - 1])
    for index, plane in enumerate(net.pattern_set.stages[stage - 1]):
        u = np.array([p.image for p in plane.patterns])[..., None]
        for s, c in below:
            u = stage_responses(u, s, c)
        s = s_cells(u, layer)[..., index]
        seeds = [tuple(n // 2 for n in s.shape[1:]) if p.seed is None else p.seed for p in plane.patterns]
        found.append([float(one[seed]) for one, seed in zip(s, seeds, strict=True)])
    return found


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_every_plane_answers_all_its_own_patterns(net, stage):
    for plane, responses in zip(net.pattern_set.stages[stage - 1], taught(net, stage), strict=True):
        assert min(responses) > 0.02, (plane.name, responses)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_no_drawing_is_taught_twice(net, stage):
    drawn = [(p.image.tobytes(), p.seed) for plane in net.pattern_set.stages[stage - 1] for p in plane.patterns]
    assert len(set(drawn)) == len(drawn)
