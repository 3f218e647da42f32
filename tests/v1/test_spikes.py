"""Poisson spikes: their moments, their independence, their seeds."""

import numpy as np
import pytest
from scipy.stats import kstest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1.spikes import poisson_spikes, spike_times


def test_counts_have_the_mean_and_the_variance_of_the_rates():
    n = 40_000
    rates = np.broadcast_to([0.0, 2.0, 30.0], (n, 3))
    counts = poisson_spikes(rates, 0.5, random_state=5)
    assert counts.dtype == np.int64
    assert not counts[:, 0].any()
    for column, mean in ((1, 1.0), (2, 15.0)):
        assert abs(counts[:, column].mean() - mean) < 4 * np.sqrt(mean / n)
        error = np.sqrt((2 * mean**2 + mean) / n)
        assert abs(counts[:, column].var() - mean) < 4 * error
    assert abs(np.corrcoef(counts[:, 1], counts[:, 2])[0, 1]) < 4 / np.sqrt(n)


def test_seeds():
    first = poisson_spikes(np.full(50, 9.0), random_state=1)
    np.testing.assert_array_equal(first, poisson_spikes(np.full(50, 9.0), random_state=1))
    assert not np.array_equal(first, poisson_spikes(np.full(50, 9.0), random_state=2))
    generator = np.random.default_rng(0)
    assert not np.array_equal(*(poisson_spikes(np.full(50, 9.0), random_state=generator) for _ in range(2)))
    assert poisson_spikes(3.0, random_state=0).shape == ()


def test_times_follow_the_rates():
    times = spike_times([100.0, 0.0, 300.0], 10.0, random_state=2)
    assert (np.diff(times) >= 0).all()
    first, silent, last = (times[(times >= low) & (times < low + 10)] for low in (0, 10, 20))
    assert len(silent) == 0
    assert len(first) + len(last) == len(times)
    assert abs(len(first) - 1000) < 4 * np.sqrt(1000)
    assert abs(len(last) - 3000) < 4 * np.sqrt(3000)
    assert kstest(np.diff(last), "expon", args=(0, 1 / 300)).pvalue > 1e-4
    np.testing.assert_array_equal(times, spike_times([100.0, 0.0, 300.0], 10.0, random_state=2))


def test_refusals():
    with pytest.raises(DataError, match="poisson_spikes: rates must be finite and >= 0; got -1"):
        poisson_spikes([2.0, -1.0])
    with pytest.raises(DataError, match="finite and >= 0; got nan"):
        poisson_spikes(np.nan)
    with pytest.raises(DataError, match="rates must be numbers"):
        poisson_spikes("fast")
    with pytest.raises(DataError, match="too many to count"):
        poisson_spikes(1e30)
    with pytest.raises(InvalidParameter, match="poisson_spikes: duration must be a finite number > 0; got 0"):
        poisson_spikes(1.0, 0)
    with pytest.raises(DataError, match=r"spike_times: rates must be one row of frames; .* \(1, 2\)"):
        spike_times([[1.0, 2.0]], 1.0)
    with pytest.raises(InvalidParameter, match="frame_duration"):
        spike_times([1.0], -1.0)
