import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.v1 import LNP, EnergyCell, Gabor, SimpleCell, estimate_nonlinearity, orientation_tuning


def test_one_filter(rng):
    w, stimuli = rng.normal(size=(3, 4)), rng.normal(size=(50, 3, 4))
    z = np.array([(w * s).sum() for s in stimuli])
    expected = {"rectified": z * (z > 0), "half-squared": z**2 * (z > 0), "squared": z**2, "exponential": np.exp(z)}
    for name, rate in expected.items():
        assert LNP([w], name, scale=2).rate(stimuli) == pytest.approx(2 * rate, rel=1e-12, abs=1e-12)
    assert LNP([w]).linear(stimuli)[:, 0] == pytest.approx(z, rel=1e-12, abs=1e-12)


def test_leading_axes_of_the_stimuli_are_kept(rng):
    cell = LNP(rng.normal(size=(2, 3, 4)), "squared")
    stimuli = rng.normal(size=(5, 6, 3, 4))
    assert cell.rate(stimuli).shape == (5, 6)
    assert cell.rate(stimuli[1, 2]) == pytest.approx(cell.rate(stimuli)[1, 2])
    assert cell.linear(stimuli).shape == (5, 6, 2)
    assert cell.rate(stimuli[:0]).shape == (0, 6)


def test_quadrature_pair_is_the_energy_cell_and_one_field_the_simple_cell(rng):
    gabor = Gabor(8, 30, sigma_x=3)
    kernel, stimuli = gabor.kernel((21, 21)), rng.normal(size=(10, 21, 21))
    pair = LNP([kernel.real, kernel.imag], "squared")
    assert pair.respond(stimuli) == pytest.approx(EnergyCell(gabor, (21, 21)).respond(stimuli), rel=1e-12)
    simple = SimpleCell(gabor, (21, 21), nonlinearity="half-squared")
    assert LNP([kernel.real]).respond(stimuli) == pytest.approx(simple.respond(stimuli), rel=1e-12)


def test_it_can_be_taken_to_the_laboratory():
    cell = LNP([Gabor(8, 60, sigma_x=3).kernel((25, 25)).real])
    curve = orientation_tuning(cell, wavelength=8)
    assert abs((curve.x[np.argmax(curve.f0)] - 60 + 90) % 180 - 90) < 10


def test_callable_sees_all_outputs(rng):
    stimuli = rng.normal(size=(40, 3))
    cell = LNP(np.eye(3)[:2], lambda z: z[..., 0] ** 2 / (1 + z[..., 1] ** 2))
    assert cell.rate(stimuli) == pytest.approx(stimuli[:, 0] ** 2 / (1 + stimuli[:, 1] ** 2))
    with pytest.raises(DataError, match=r"the nonlinearity made \(40, 2\) of \(40, 2\), not \(40,\)"):
        LNP(np.eye(3)[:2], np.square).rate(stimuli)


def test_spikes_are_poisson_with_the_rate_as_mean():
    cell = LNP([[1.0]], "squared", scale=2)
    counts = cell.spikes(np.full((20_000, 1), 1.5), random_state=0)
    assert counts.dtype == np.int64
    assert counts.mean() == pytest.approx(4.5, abs=4 * np.sqrt(4.5 / 20_000))
    assert counts.var() == pytest.approx(4.5, rel=0.06)
    assert np.array_equal(counts, cell.spikes(np.full((20_000, 1), 1.5), random_state=0))


def test_nonlinearity_is_found_again(rng):
    w = rng.normal(size=8)
    w /= np.linalg.norm(w)
    stimuli = rng.normal(size=(40_000, 8))
    truth = LNP([w], "half-squared", scale=0.5)
    spikes = truth.spikes(stimuli, random_state=1)
    found = estimate_nonlinearity(stimuli, spikes, w, bins=25)
    assert found.count.sum() == 40_000
    assert found.count.max() - found.count.min() <= 1
    expected = estimate_nonlinearity(stimuli, truth.rate(stimuli), w, bins=25).rate
    scores = (found.rate - expected)[expected > 0.01] / found.error[expected > 0.01]
    assert abs(scores).max() < 4.5
    again = LNP([w], found)
    z = np.linspace(-1, 1.5, 6)
    assert again.rate(z[:, None] * w) == pytest.approx(0.5 * np.maximum(z, 0) ** 2, abs=0.06)


def test_bins_written_out():
    stimuli, spikes = np.array([[3.0], [1.0], [2.0], [5.0], [4.0]]), [1, 0, 4, 2, 4]
    found = estimate_nonlinearity(stimuli, spikes, [2.0], bins=2)
    assert found.z == pytest.approx([3, 8])
    assert found.rate == pytest.approx([2, 7 / 3])
    assert found.count.tolist() == [2, 3]
    assert found.error == pytest.approx([np.sqrt(8 / 2), np.std([1, 4, 2], ddof=1) / np.sqrt(3)])
    assert np.isnan(estimate_nonlinearity(stimuli, spikes, [2.0], bins=5).error).all()
    assert found([[3.0], [5.5], [0.0], [99.0]]) == pytest.approx([2, 2 + 1 / 6, 2, 7 / 3])


def test_equal_outputs_share_a_bin(rng):
    z = rng.choice([-1.0, 1.0], (100, 1))
    found = estimate_nonlinearity(z, 3 * (z[:, 0] > 0), [1.0], bins=6)
    assert found.z.tolist() == [-1, 1]
    assert found.rate.tolist() == [0, 3]
    assert found.count.tolist() == [(z < 0).sum(), (z > 0).sum()]
    stimuli = rng.choice([-1.0, 1.0], (5000, 3))
    found = estimate_nonlinearity(stimuli, rng.poisson(1, 5000), [0.1, 0.2, 0.3], bins=100)
    assert found.z == pytest.approx(np.arange(-6, 7, 2) / 10)  # 0.1 + 0.2 - 0.3 is 0 but for rounding
    assert found.count.sum() == 5000


def test_an_estimate_is_for_one_filter():
    estimate = estimate_nonlinearity([[0.0], [1.0]], [0, 1], [1.0], bins=2)
    assert LNP([[1.0, 0.0]], estimate).rate([0.5, 9.0]) == pytest.approx(0.5)
    with pytest.raises(DataError, match=r"outputs \(..., 1\) of one filter; got shape \(3, 2\)"):
        LNP(np.eye(2), estimate).rate(np.ones((3, 2)))


def test_integers_are_converted():
    assert LNP([[2, 2]], "rectified").rate(np.array([[200, 100]], np.uint8)) == pytest.approx([600])


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: LNP([1.0, 2.0]), DataError, r"filters must be finite numbers \(k, ...\); got shape \(2,\)"),
        (lambda: LNP([[np.nan]]), DataError, "finite"),
        (lambda: LNP([["a"]]), DataError, "filters must be an array of real numbers"),
        (lambda: LNP(np.ones((1, 2)) * 1j), DataError, "filters must be an array of real numbers; got dtype complex"),
        (lambda: LNP(np.ma.masked_less([[1.0, 2.0]], 1.5)), DataError, "filters must not be masked"),
        (lambda: LNP([[1.0]], "cubic"), InvalidParameter, "nonlinearity must be a callable or one of"),
        (lambda: LNP([[1.0]], scale=0), InvalidParameter, "scale must be a finite number > 0; got 0"),
        (lambda: LNP([[1.0, 2.0]]).rate(np.ones((4, 3))), DataError, r"filters' shape \(2,\).*got \(4, 3\)"),
        (lambda: LNP([[1.0]], "linear").rate([[-1.0]]), DataError, "finite and not negative; the nonlinearity gave -1"),
        (lambda: estimate_nonlinearity(np.eye(2), [1, 1], [1, 0], bins=3), InvalidParameter, "at most 2"),
        (
            lambda: estimate_nonlinearity(np.eye(2), [1, 1], [1, 0, 0], bins=1),
            DataError,
            r"estimate_nonlinearity: wanted a finite field \(2,\) for these stimuli; got \(3,\)",
        ),
        (lambda: estimate_nonlinearity(np.eye(2), [1, 1], 1.0, bins=1), DataError, r"field \(2,\).*got \(\)"),
        (lambda: estimate_nonlinearity(np.eye(2), [1, 1], [1, np.nan], bins=1), DataError, "finite field"),
    ],
)
def test_bad_input(make, error, said):
    with pytest.raises(error, match=said):
        make()
