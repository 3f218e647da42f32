"""Movies for cells with a memory, and the options that experiments share."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.v1 import (
    Gabor,
    MotionEnergy,
    contrast_response,
    cross_orientation_suppression,
    modulation,
    orientation_tuning,
    phase_response,
    size_tuning,
)


class Forgetful:
    """Answers with the mean luminance of the frame before, and with 99 to the first."""

    shape = (5, 5)

    def respond(self, stimulus):
        means = 2 + stimulus[:, 2, 2]
        return np.append(99.0, means[:-1])


def test_cycles_that_settle_are_left_out():
    found = modulation(Forgetful(), wavelength=4, frames=12, settle=1, cycles=2)
    assert found.rates.shape == (24,)
    assert found.f0 == pytest.approx(2)
    assert found.f1 == pytest.approx(1)
    assert modulation(Forgetful(), wavelength=4, frames=12).f0 > 9


@pytest.mark.parametrize("periodic", [False, True])
def test_cells_with_memory_set_frames_and_settle(periodic):
    cell = MotionEnergy(Gabor(8, sigma_x=3), period=8, periodic=periodic)
    curve = orientation_tuning(cell, wavelength=8, orientations=np.arange(0, 360, 45.0))
    expected = (np.pi * 3**2) ** 2
    assert curve.f0[0] == pytest.approx(expected, rel=2e-3)
    assert curve.f1f0 < 1e-9
    assert curve.direction_index == pytest.approx(1, abs=1e-3)
    once = modulation(cell, wavelength=8)
    assert len(once.rates) == 8
    assert once.ratio < 1e-9
    assert len(modulation(cell, wavelength=8, frames=10, settle=0).rates) == 10
    with pytest.raises(InvalidParameter, match="phase_response: cell must be a cell without memory or period"):
        phase_response(cell, wavelength=8)


class Slow:
    shape, memory = (5, 5), 33

    def __init__(self):
        self.shown = []

    def respond(self, stimulus):
        self.shown.append(len(stimulus))
        return np.ones(len(stimulus))


def test_cycles_cover_the_memory():
    cell = Slow()
    for frames, cycles in ((None, 3), (33, 2), (11, 4)):  # 32 frames by default; the last cycle is measured
        orientation_tuning(cell, wavelength=4, orientations=[0], frames=frames)
        assert cell.shown.pop() == cycles * (frames or 32)
    with pytest.raises(InvalidParameter, match="cell without memory"):
        phase_response(Slow(), wavelength=4)


def test_experiments_refuse_the_options_of_others():
    for experiment in (contrast_response, cross_orientation_suppression, modulation, size_tuning):
        with pytest.raises(InvalidParameter, match="experiment: mask must be left out"):
            experiment(Slow(), wavelength=8, mask={})
    with pytest.raises(InvalidParameter, match="mask_cycles must be an integer"):
        cross_orientation_suppression(Slow(), wavelength=8, mask_cycles=0.5)
