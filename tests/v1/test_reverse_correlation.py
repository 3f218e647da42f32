import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import LNP, spike_triggered_average, spike_triggered_covariance
from neurosim.v1 import covariance as module
from neurosim.v1.reverse_correlation import sta_correlation
from tests.v1 import naive_rc as naive


def unit(pixels, seed=9):
    w = np.random.default_rng(seed).normal(size=pixels)
    return w / np.linalg.norm(w)


def correlation(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


@pytest.fixture
def small(rng):
    stimuli = rng.normal(size=(300, 2, 3))
    return stimuli, rng.poisson(np.exp(stimuli[:, 0, 0] - 0.5))


def test_average_and_covariance_are_those_of_the_list_of_spikes(small, monkeypatch):
    stimuli, spikes = small
    monkeypatch.setattr(module, "BLOCK", 7)  # several blocks
    flat = stimuli.reshape(300, 6)
    sta = spike_triggered_average(stimuli, spikes)
    assert sta.field == pytest.approx(naive.average(flat, spikes).reshape(2, 3), abs=1e-12)
    assert sta.spikes == spikes.sum()
    stc = spike_triggered_covariance(stimuli, spikes, permutations=19, alpha=0.1, random_state=0)
    expected = naive.covariance(flat, spikes)
    axes = stc.axes.reshape(6, 6)
    assert axes.T @ np.diag(stc.eigenvalues) @ axes == pytest.approx(expected, abs=1e-12)
    assert axes @ axes.T == pytest.approx(np.eye(6), abs=1e-12)
    assert (np.diff(stc.eigenvalues) <= 0).all()


def test_mean_stimulus_is_subtracted(small):
    stimuli, spikes = small
    raw = spike_triggered_average(100 + stimuli, spikes)
    sta = spike_triggered_average(100 + stimuli, spikes, subtract_mean=True)
    assert sta.field == pytest.approx(raw.field - (100 + stimuli).mean(axis=0), abs=1e-9)
    assert sta.error == pytest.approx(spike_triggered_average(stimuli, spikes, subtract_mean=True).error, rel=1e-9)


@pytest.mark.parametrize("kwargs", [{}, {"subtract_mean": True}, {"whiten": True}])
def test_errors_are_the_spread_over_repetitions(kwargs, rng):
    mix = np.array([[1.0, 0.8, 0.0], [0.0, 0.6, 0.5], [0.0, 0.0, 1.0]])
    found = []
    for _ in range(800):
        stimuli = rng.normal(size=(300, 3)) @ mix
        found.append(spike_triggered_average(stimuli, rng.poisson(2 + np.maximum(stimuli[:, 0], 0)), **kwargs))
    spread = np.std([sta.field for sta in found], axis=0)
    assert np.mean([sta.error for sta in found], axis=0) == pytest.approx(spread, rel=0.12)  # 4.8 standard errors


def test_errors_count_the_covariance_that_whitening_divides_by(rng):
    """Of rates 8 + w.s the whitened average is w / mean rate, so that only the mean rate is uncertain."""
    stimuli, w = rng.normal(size=(2000, 3)) @ (np.eye(3) + 0.5), np.array([0.3, -0.5, 0.8])
    rates = 8 + stimuli @ w
    sta = spike_triggered_average(stimuli, rates, whiten=True, subtract_mean=True)
    assert sta.field == pytest.approx(w / rates.mean(), rel=1e-9)
    assert sta.error == pytest.approx(np.abs(w) * rates.std() / np.sqrt(2000) / rates.mean() ** 2, rel=1e-6)


def test_whitening_undoes_correlations(rng):
    w, mix = unit(20), np.eye(20) + 0.9 * np.eye(20, k=1) + 0.8 * np.eye(20, k=2)
    stimuli = rng.normal(size=(20_000, 20)) @ mix
    spikes = LNP([w], "rectified").spikes(stimuli, random_state=1)
    assert correlation(spike_triggered_average(stimuli, spikes).field, w) < 0.9
    assert correlation(spike_triggered_average(stimuli, spikes, whiten=True).field, w) > 0.99


def test_ridge_is_in_units_of_the_mean_variance(small):
    stimuli, spikes = small
    flat = stimuli.reshape(300, 6)
    c = np.cov(flat.T, bias=True)
    expected = np.linalg.solve(c + 0.3 * np.trace(c) / 6 * np.eye(6), naive.average(flat, spikes))
    assert spike_triggered_average(flat, spikes, whiten=True, ridge=0.3).field == pytest.approx(expected, abs=1e-12)


def test_integer_stimuli_do_not_wrap(rng):
    stimuli = rng.integers(0, 256, (500, 4), dtype=np.uint8)
    spikes = rng.poisson(stimuli[:, 0] / 255)
    for function in (spike_triggered_average, lambda s, y: spike_triggered_covariance(s, y, random_state=0)):
        as_integers, as_floats = function(stimuli, spikes), function(stimuli.astype(float), spikes)
        for name in vars(as_integers):
            assert np.array_equal(getattr(as_integers, name), getattr(as_floats, name))


def test_windows_of_a_movie_give_a_field_in_space_and_time(rng):
    movie = rng.normal(size=(20_000, 2, 2))
    windows = np.lib.stride_tricks.sliding_window_view(movie, 3, axis=0)
    field = np.zeros((2, 2, 3))
    field[0, 1] = (0.2, -0.5, 1)
    sta = spike_triggered_average(windows, LNP(field[None], "rectified").spikes(windows, random_state=2))
    assert correlation(sta.field.ravel(), field.ravel()) > 0.99
    assert abs(sta.z[1]).max() < 5


def test_sta_of_256_pixels_and_10_000_stimuli():
    """Acceptance check 8: the mean over 20 seeds."""
    w, expected = unit(256), {"rectified": 0.9755, "half-squared": 0.9716}
    found = {name: [] for name in expected}
    for seed in range(20):
        stimuli = np.random.default_rng(seed).normal(size=(10_000, 256))
        for name in expected:
            found[name].append(correlation(LNP([w], name).rate(stimuli) @ stimuli, w))  # the field without its errors
    sta = spike_triggered_average(stimuli, LNP([w], "half-squared").rate(stimuli))
    assert correlation(sta.field, w) == pytest.approx(found["half-squared"][-1], abs=1e-12)
    for name, value in expected.items():
        assert np.mean(found[name]) == pytest.approx(value, abs=0.002)
        assert sta_correlation(10_000, 256, name) == pytest.approx(value, abs=0.001)


@pytest.mark.parametrize("kwargs", [{}, {"mean_count": 0.5}, {"subtract_mean": True}])
@pytest.mark.parametrize("nonlinearity", ["rectified", "half-squared"])
def test_theory_of_the_sta(nonlinearity, kwargs, rng):
    w, found = unit(64), []
    cell = LNP([w], nonlinearity)
    for _ in range(60):
        stimuli = rng.normal(size=(1500, 64))
        rate = cell.rate(stimuli)
        mean = 0.5 if nonlinearity == "half-squared" else 1 / np.sqrt(2 * np.pi)
        spikes = rng.poisson(0.5 * rate / mean) if "mean_count" in kwargs else rate
        subtract = kwargs.get("subtract_mean", False)
        found.append(correlation(spike_triggered_average(stimuli, spikes, subtract_mean=subtract).field, w))
    theory = sta_correlation(1500, 64, nonlinearity, **kwargs)
    assert np.mean(found) == pytest.approx(theory, abs=4 * np.std(found) / np.sqrt(60) + 0.002)


def test_constants_of_the_theory():
    n = np.array([2000, 10_000, 40_000])
    assert sta_correlation(n, 256) == pytest.approx(np.sqrt(n / (n + 2 * 255)), rel=1e-6)
    assert sta_correlation(n, 256, "half-squared") == pytest.approx(np.sqrt(n / (n + 0.75 * np.pi * 255)), rel=1e-6)
    assert sta_correlation(n, 256, "linear") == pytest.approx(np.sqrt(n / (n + 255)), rel=1e-6)
    assert sta_correlation(n, 256, lambda z: np.maximum(z, 0)) == pytest.approx(sta_correlation(n, 256), rel=1e-12)
    assert sta_correlation(n, 256, "squared") == pytest.approx(0, abs=1e-9)
    # E[g] / E[z g]^2 = (1 / sqrt(2 pi)) / (1 / 4) for a rectifier with a mean count of 1 / sqrt(2 pi)
    extra = 4 / np.sqrt(2 * np.pi)
    spiking = sta_correlation(n, 256, mean_count=1 / np.sqrt(2 * np.pi))
    assert spiking == pytest.approx(np.sqrt(n / (n + (2 + extra) * 255)), rel=1e-6)
    assert sta_correlation(n, 1) == pytest.approx(1)


GOOD = np.eye(4), np.ones(4)


@pytest.mark.parametrize("function", [spike_triggered_average, spike_triggered_covariance])
@pytest.mark.parametrize(
    ("stimuli", "spikes", "said"),
    [
        (GOOD[0], np.ones(3), r"spikes \(n,\) for stimuli \(n, ...\), n >= 2; got \(3,\) for \(4, 4\)"),
        (np.ones(4), np.ones(4), r"wanted stimuli \(n, ...\); got shape \(4,\)"),
        (GOOD[0] * 1j, GOOD[1], "complex128"),
        (GOOD[0], -GOOD[1], "finite and not negative"),
        (GOOD[0], GOOD[1] * np.nan, "finite and not negative"),
        (GOOD[0], 0 * GOOD[1], "no spikes"),
        (GOOD[0], ["a"] * 4, "spikes must be an array of real numbers"),
        (GOOD[0], GOOD[1] * 1j, "spikes must be an array of real numbers; got dtype complex128"),
        (np.ma.masked_less(GOOD[0], 0.5), GOOD[1], "stimuli must not be masked"),
        (GOOD[0], np.ma.masked_less(GOOD[1], 0.5), "spikes must not be masked"),
        (np.full((4, 4), np.nan), GOOD[1], "NaN or infinite stimuli"),
    ],
)
def test_bad_data(function, stimuli, spikes, said):
    with pytest.raises(DataError, match=said):
        function(stimuli, spikes)


def test_singular_covariance():
    stimuli = np.random.default_rng(0).normal(size=(5, 8))
    with pytest.raises(DataError, match="singular; pass ridge > 0"):
        spike_triggered_average(stimuli, np.ones(5), whiten=True)
    with pytest.raises(DataError, match="singular"):
        spike_triggered_covariance(stimuli, np.ones(5), whiten=True)
    assert np.isfinite(spike_triggered_average(stimuli, np.ones(5), whiten=True, ridge=0.1).field).all()


def test_bad_parameters():
    with pytest.raises(InvalidParameter, match=r"permutations must be at least 999 for alpha = 0\.001; got 500"):
        spike_triggered_covariance(*GOOD, permutations=500)
    with pytest.raises(InvalidParameter, match="permutations must be an integer >= 19; got 1"):
        spike_triggered_covariance(*GOOD, permutations=1, alpha=0.5)
    with pytest.raises(InvalidParameter, match="min_shift must be an integer >= 0; got -1"):
        spike_triggered_covariance(*GOOD, min_shift=-1)
    with pytest.raises(InvalidParameter, match="min_shift must be at most 16 for 50 stimuli"):
        spike_triggered_covariance(np.ones((50, 2)), np.ones(50), permutations=19, alpha=0.1, min_shift=17)
    with pytest.raises(InvalidParameter, match="alpha must be a number in"):
        spike_triggered_covariance(*GOOD, alpha=1)
    with pytest.raises(InvalidParameter, match="ridge must be a finite number >= 0; got -1"):
        spike_triggered_average(*GOOD, ridge=-1)
    with pytest.raises(InvalidParameter, match="nonlinearity must be a callable or one of linear, rectified"):
        sta_correlation(100, 10, "cubic")
    with pytest.raises(InvalidParameter, match="n must be numbers >= 1"):
        sta_correlation(0, 10)
    with pytest.raises(InvalidParameter, match="positive on average"):
        sta_correlation(10, 10, "linear", mean_count=1)
