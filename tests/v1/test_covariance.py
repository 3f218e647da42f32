import numpy as np
import pytest

from neurosim.core.errors import DataError
from neurosim.v1 import LNP, spike_triggered_average, spike_triggered_covariance
from neurosim.v1 import covariance as module
from tests.v1 import naive_rc as naive


def test_energy_cell_has_two_axes_and_no_average():
    """Acceptance check 9, excitatory part, with Poisson spikes."""
    stimuli = np.random.default_rng(0).normal(size=(50_000, 32))
    stimuli.flags.writeable = False
    pair = np.linalg.qr(np.random.default_rng(1).normal(size=(32, 2)))[0].T
    spikes = LNP(pair, "squared", scale=0.1).spikes(stimuli, random_state=2)
    stc = spike_triggered_covariance(stimuli, spikes, permutations=100, alpha=0.01, random_state=3)
    assert (len(stc.excitatory), len(stc.suppressive)) == (2, 0)
    assert stc.eigenvalues[:2] == pytest.approx([2, 2], abs=0.1)
    overlap = np.linalg.svd(stc.excitatory @ pair.T)[1]
    assert overlap.min() > 0.99
    low, high = stc.band
    assert low < stc.eigenvalues[-1]
    assert stc.eigenvalues[2] < high
    sta = spike_triggered_average(stimuli, spikes)
    assert np.mean(sta.z**2) == pytest.approx(1, abs=4 * np.sqrt(2 / 32))


def test_divisive_suppression_has_an_eigenvalue_of_0_525():
    """Acceptance check 9, suppressive part: rates 1 / (1 + z^2)."""
    stimuli = np.random.default_rng(4).normal(size=(100_000, 16))
    rates = 1 / (1 + stimuli[:, 3] ** 2)
    stc = spike_triggered_covariance(stimuli, rates, permutations=19, alpha=0.1, random_state=6)
    assert stc.eigenvalues[-1] == pytest.approx(0.525, abs=0.01)
    spikes = np.random.default_rng(5).poisson(rates[:10_000])
    stc = spike_triggered_covariance(stimuli[:10_000], spikes, random_state=6)
    assert (len(stc.excitatory), len(stc.suppressive)) == (0, 1)
    assert stc.p_values[0] == pytest.approx(1 / 1001)
    assert abs(stc.suppressive[0, 3]) > 0.97
    assert stc.eigenvalues[-2] > stc.band[0] > 0.8


def test_nested_test_equals_the_one_done_anew(rng):
    for strength in (0.0, 0.4, 1.0, 3.0):
        stimuli = rng.normal(size=(400, 5))
        spikes = rng.poisson(0.5 * (1 + strength * stimuli[:, 0] ** 2) / (1 + strength * stimuli[:, 1] ** 2))
        expected = naive.nested_test(stimuli, spikes, 199, 0.05, np.random.default_rng(1))
        draws = np.random.default_rng(1)
        stc = spike_triggered_covariance(stimuli, spikes, permutations=199, alpha=0.05, random_state=draws)
        assert (len(stc.excitatory), len(stc.suppressive)) == expected


def test_level_of_the_test():
    rng, found = np.random.default_rng(7), 0
    for seed in range(200):
        stimuli = rng.normal(size=(200, 4))
        spikes = rng.poisson(0.5, 200)
        stc = spike_triggered_covariance(stimuli, spikes, permutations=19, alpha=0.1, random_state=seed)
        found += len(stc.p_values) > 1
    assert 5 <= found <= 38  # 0.1 of 200; binomial with p = 0.1: outside this less than once in 10,000


def test_level_with_few_permutations():
    """Exchangeable draws: the data's extremes are no more often beyond all others than the draws' own."""
    rng, found = np.random.default_rng(8), 0
    for _ in range(4000):
        diagonals = rng.exponential(size=(20, 2)) * (-1, 1)
        nulls = diagonals[1:, :, None] * np.eye(2)
        found += module._nested(diagonals[0, ::-1], nulls, 0.05)[3][0] <= 0.05
    assert 150 <= found <= 250  # 0.05 of 4,000; outside this less than once in 1,000


def test_axes_found_do_not_hide_weaker_ones(rng):
    """The first axis varies so much that its permutations alone exceed the second one's variance."""
    stimuli = rng.normal(size=(4000, 4)) * (3, 1, 1, 1)
    spikes = rng.poisson(0.3 * (stimuli[:, 0] ** 2 / 9 + 0.4 * stimuli[:, 1] ** 2))
    stc = spike_triggered_covariance(stimuli, spikes, permutations=199, alpha=0.02, random_state=0)
    assert stc.eigenvalues[1] < 4
    assert len(stc.excitatory) == 2
    assert np.abs(stc.excitatory.reshape(2, 4)[:, :2]).max(axis=1) == pytest.approx([1, 1], abs=0.05)


def test_band_leaves_half_of_alpha_on_either_side():
    nulls = np.arange(201, dtype=np.float32)[:, None, None]
    assert module._nested(np.array([100.0]), nulls, 0.1)[2] == pytest.approx((10, 190))


@pytest.mark.parametrize("factor", [1e-25, 1e25])
def test_the_unit_of_the_stimuli_does_not_matter(factor, rng):
    stimuli = rng.normal(size=(300, 3))
    spikes = rng.poisson(0.5 + 0.2 * stimuli[:, 0] ** 2)
    one = spike_triggered_covariance(stimuli, spikes, permutations=99, alpha=0.05, random_state=0)
    other = spike_triggered_covariance(factor * stimuli, spikes, permutations=99, alpha=0.05, random_state=0)
    assert other.p_values == pytest.approx(one.p_values)
    assert other.eigenvalues == pytest.approx(factor**2 * one.eigenvalues)
    assert other.band == pytest.approx(factor**2 * np.array(one.band), rel=1e-5)


def windows_of_noise(rng, n, lags):
    return np.lib.stride_tricks.sliding_window_view(rng.normal(size=n + lags - 1), lags)


def test_shifts_keep_the_order_of_the_spikes(rng):
    """A slow rate beside windows of a movie: neighbours are alike in both, which a random order does not know."""
    found = {0: 0, 20: 0}
    for seed in range(60):
        stimuli = windows_of_noise(rng, 2000, 20)
        rates = np.repeat(rng.random(100) ** 8, 20)
        for shift in found:
            stc = spike_triggered_covariance(
                stimuli, rates, permutations=19, alpha=0.05, min_shift=shift, random_state=seed
            )
            found[shift] += len(stc.p_values) > 1
    assert found[20] <= 10  # binomial with p = 0.06: more less than once in 1,000
    assert found[0] > 5


def test_shifts_differ_and_are_never_short(monkeypatch, rng):
    seen, true = [], module.moments

    def spy(stimuli, weights, middle=0.0):
        seen.append(int(np.argmax(weights)))
        return true(stimuli, weights, middle)

    monkeypatch.setattr(module, "moments", spy)
    spikes = np.ones(60)
    spikes[0] = 2
    spike_triggered_covariance(rng.normal(size=(60, 2)), spikes, permutations=21, alpha=0.1, min_shift=20)
    assert sorted(seen[2:]) == list(range(20, 41))  # after the stimuli's own moments and those of the spikes


def test_covariance_relative_to_that_of_the_stimuli(rng):
    mix = np.linalg.qr(rng.normal(size=(6, 6)))[0] * (0.3, 0.5, 1, 1, 2, 3)
    stimuli = rng.normal(size=(20_000, 6)) @ mix
    w = np.array([0.5, -0.1, 0.3, 0.6, -0.2, 0.5])
    spikes = rng.poisson((stimuli @ w) ** 2)
    stc = spike_triggered_covariance(stimuli, spikes, whiten=True, permutations=99, alpha=0.01, random_state=0)
    assert (len(stc.excitatory), len(stc.suppressive)) == (1, 0)
    assert abs(stc.excitatory[0] @ w) > 0.99
    assert stc.eigenvalues[0] == pytest.approx(3, abs=0.15)
    assert stc.eigenvalues[1:] == pytest.approx(np.ones(5), abs=0.1)


def test_without_the_axis_of_the_average(rng):
    stimuli = rng.normal(size=(5000, 6))
    spikes = rng.poisson(np.maximum(stimuli[:, 0], 0) + stimuli[:, 1] ** 2)
    stc = spike_triggered_covariance(stimuli, spikes, remove_sta=True, random_state=0)
    assert stc.axes.shape == (5, 6)
    assert stc.axes @ spike_triggered_average(stimuli, spikes, subtract_mean=True).field == pytest.approx(0, abs=1e-9)
    assert len(stc.excitatory) == 1
    assert abs(stc.excitatory[0, 1]) > 0.98


def test_without_the_axis_of_the_average_on_correlated_stimuli(rng):
    stimuli = rng.normal(size=(4000, 4)) @ (np.eye(4) + 0.8 * np.eye(4, k=1))
    spikes = rng.poisson(np.maximum(stimuli[:, 0], 0) + stimuli[:, 1] ** 2)
    stc = spike_triggered_covariance(
        stimuli, spikes, whiten=True, remove_sta=True, permutations=99, alpha=0.05, random_state=0
    )
    sta = spike_triggered_average(stimuli, spikes, subtract_mean=True)
    assert stc.axes.shape == (3, 4)
    assert stc.axes @ sta.field == pytest.approx(0, abs=1e-9)
    with pytest.raises(DataError, match="one pixel leave no axis besides the average's"):
        spike_triggered_covariance(stimuli[:, :1], spikes, remove_sta=True)


def test_all_axes_may_be_significant(rng):
    stimuli = rng.normal(size=(20_000, 2))
    spikes = rng.poisson(0.3 * stimuli[:, 0] ** 2 / (1 + stimuli[:, 1] ** 2))
    stc = spike_triggered_covariance(stimuli, spikes, permutations=99, alpha=0.01, random_state=0)
    assert (len(stc.excitatory), len(stc.suppressive), len(stc.p_values)) == (1, 1, 2)
