import numpy as np
import pytest

from neurosim.v1 import physiology


def test_totals_and_shapes():
    assert physiology.ORIENTATION.counts.sum() == 246
    assert physiology.FREQUENCY.counts.sum() == 139
    assert physiology.ENVELOPE.counts.sum() == 79
    for histogram in (physiology.ORIENTATION, physiology.FREQUENCY):
        assert len(histogram.edges) == len(histogram.counts) + 1
        assert (np.diff(histogram.edges) > 0).all()
    assert physiology.ENVELOPE.counts.shape == (5, 5)
    assert physiology.ENVELOPE.edges[[0, -1]] == pytest.approx([0.1, 10**0.2])


def test_medians():
    # cumulated 0, 4, 8, 16, 41, 73, ...: half of 139 lies (69.5 - 41) / 32 of the way from 2 to 2.8
    assert physiology.FREQUENCY.median == pytest.approx(2 * 1.4 ** (28.5 / 32))
    # half of 246 lies (123 - 115) / 77 of the way from 67.5
    assert physiology.ORIENTATION.median == pytest.approx(67.5 + 45 * 8 / 77)


def test_share_of_cells_with_few_cycles():
    envelope = physiology.ENVELOPE
    assert envelope.share_below(envelope.edges[3]) == pytest.approx(46 / 79)
    assert envelope.share_below(5) == pytest.approx(1)
    assert envelope.share_below(0.05) == 0
    low, high = envelope.edges[3:5]
    halved = 0.5 * (0 + 0 + 1) + 0.5 * (0 + 1 + 17) + 0.25 * 7  # row and column 3 count half, their crossing a quarter
    assert envelope.share_below(np.sqrt(low * high)) == pytest.approx((46 + halved) / 79)


def test_numbers_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        physiology.ENVELOPE.counts[0, 0] = 1
