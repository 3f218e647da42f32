"""What a Boltzmann machine does, against enumeration and the definitions."""

import numpy as np
import pytest

import neurosim
from neurosim.boltzmann import BoltzmannMachine
from neurosim.core.errors import DataError, InvalidParameter

from . import naive


def random_machine(rng, visible=5, hidden=3, scale=1.0, **options):
    n = visible + hidden
    upper = np.triu(rng.normal(0, scale, (n, n)), 1)
    biases = rng.normal(0, scale, n)
    return BoltzmannMachine(visible, hidden, weights=upper + upper.T, biases=biases, **options)


def test_energies_are_those_of_the_definition(rng):
    machine = random_machine(rng, dtype="float64")
    states = rng.integers(0, 2, (2, 3, 8))
    expected = [[naive.energy(machine.weights, machine.biases, s) for s in row] for row in states]
    np.testing.assert_allclose(machine.energy(states), expected, atol=1e-12)
    assert machine.energy(states[0, 0]) == pytest.approx(expected[0][0], abs=1e-12)
    spins = machine.to_ising()
    np.testing.assert_allclose(spins.energy(2 * states - 1), expected, atol=1e-12)


@pytest.mark.parametrize("clamp", [None, [1, 0, np.nan, 1]])
def test_free_running_probabilities_within_5_standard_errors(clamp, rng):
    """2,048 independent chains in 32 batches, each counted 10 times."""
    machine = random_machine(rng)
    found = machine.cooccurrence(temperature=1.5, clamp=clamp, random_state=3)
    held = {i: v for i, v in enumerate(clamp or []) if v == v}
    expected = naive.cooccurrence(machine.weights, machine.biases, 1.5, held)
    assert (found.chains, found.batches) == (2048, 32)
    sure = (expected < 1e-12) | (expected > 1 - 1e-12)
    np.testing.assert_array_equal(found.values[sure], expected[sure].round())
    distance = np.abs(found.values - expected)
    assert (distance <= 5 * found.standard_errors + 1e-12).all()
    assert found.standard_errors[~sure].max() < 0.02
    assert distance.max() < 0.03
    np.testing.assert_allclose(machine.exact(1.5, clamp).cooccurrence, expected, atol=1e-9)


def test_samples_have_the_right_means(rng):
    machine = random_machine(rng, scale=0.7)
    states = machine.sample(6400, temperature=-0.8, chains=640, thin=20, random_state=0)
    assert states.shape == (6400, 8)
    assert states.dtype == np.uint8
    expected = naive.cooccurrence(machine.weights, machine.biases, -0.8)
    blocks = states.reshape(10, 640, 8).astype(float)
    error = blocks.mean(0).std(0, ddof=1) / np.sqrt(640)
    assert (np.abs(states.mean(0) - expected.diagonal()) < 5 * error).all()
    assert machine.sample(3, random_state=1).shape == (3, 8)
    np.testing.assert_array_equal(machine.sample(70, burn_in=5, random_state=1)[:64],
                                  machine.sample(64, burn_in=5, random_state=1))  # fmt: skip


def test_limits_of_the_temperature():
    # unit 0 sees a positive gap, unit 1 a negative one, unit 2 none
    machine = BoltzmannMachine(3, biases=[0.001, -0.001, 0])
    chains = 4000
    for temperature, means in ((0.0, [1, 0, 0.5]), (-0.0, [0, 1, 0.5]), (np.inf, [0.5] * 3), (-np.inf, [0.5] * 3)):
        states = machine.settle([temperature] * 20, chains=chains, initial=[0, 0, 0], random_state=2).states
        np.testing.assert_allclose(states.mean(0), means, atol=5 * 0.5 / np.sqrt(chains))
        sure = np.array(means) != 0.5
        # a unit is not visited in 20 time units with probability 3e-9
        np.testing.assert_array_equal(states[:, sure], np.tile(means, (chains, 1))[:, sure])


def quenched(**options):
    rng = np.random.default_rng(0)
    upper = np.triu(rng.normal(0, 3, (10, 10)), 1)
    return BoltzmannMachine(10, weights=upper + upper.T, biases=rng.normal(0, 3, 10), **options)


@pytest.mark.parametrize(("chains", "burn_in"), [(2048, 0), (12_800, 3)])
def test_standard_errors_are_those_of_repetition_before_equilibrium_too(chains, burn_in):
    """Over 24 seeds; with one order of visits for all batches the ratio of the spreads is 10 to 20."""
    machine = quenched()
    found = [
        machine.cooccurrence(temperature=1.0, burn_in=burn_in, time=10, chains=chains, random_state=seed)
        for seed in range(24)
    ]
    spread = np.std([one.values for one in found], axis=0, ddof=1)
    said = np.sqrt(np.mean([one.standard_errors**2 for one in found], axis=0))
    ratio = (spread / said)[said > 1e-4]
    assert len(ratio) > 50
    assert 0.8 < np.median(ratio) < 1.25


def means_of(machine, how, chains, seed):
    if how == "settle":
        return machine.settle("2@6,2@3,4@1", chains=chains, random_state=seed).states.mean(0)
    if how == "sample":
        return machine.sample(chains, temperature=1.0, burn_in=4, chains=chains, random_state=seed).mean(0)
    return machine.complete(np.full((1, 10), np.nan), schedule="2@6,2@3,4@1", trials=chains,
                            random_state=seed).probabilities[0]  # fmt: skip


@pytest.mark.parametrize("how", ["settle", "complete", "sample"])
def test_means_over_many_chains_converge(how):
    """100 batches, 16 seeds: about twice the binomial spread, as 128 chains share an order; all in one: 10 to 30."""
    machine, chains = quenched(), 12_800
    means = np.array([means_of(machine, how, chains, seed) for seed in range(16)])
    p = means.mean(0)
    binomial = np.sqrt(p * (1 - p) / chains)
    ratio = (means.std(0, ddof=1) / binomial)[p * (1 - p) > 1e-3]
    assert len(ratio) > 5
    assert 0.6 < np.median(ratio) < 4


def test_chains_do_not_know_how_many_there_are():
    machine = quenched()
    clamp = np.full((300, 10), np.nan)
    clamp[::3, 0] = 1
    whole = machine.settle("2@6,2@1", clamp=clamp, random_state=3).states
    np.testing.assert_array_equal(machine.settle("2@6,2@1", clamp=clamp[:140], random_state=3).states, whole[:140])
    free = machine.settle("2@6,2@1", chains=300, random_state=3).states
    np.testing.assert_array_equal(free[1::3], whole[1::3])
    drawn = machine.sample(600, chains=200, burn_in=3, thin=2, random_state=3)
    np.testing.assert_array_equal(machine.sample(400, chains=200, burn_in=3, thin=2, random_state=3), drawn[:400])


def test_completion_keeps_rows_with_different_gaps_apart():
    patterns = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    machine = BoltzmannMachine(6, weights=_two_groups(), biases=[-1.0] * 6)
    rows = np.array([0, 1, 0, 1, 1])
    missing = patterns[rows].astype(float)
    for row, gap in enumerate(([1, 2], [0, 4], [1, 2], [1, 2, 5], [0, 4])):
        missing[row, gap] = np.nan
    found = machine.complete(missing, schedule="5@5,5@2,10@0.3", trials=60, random_state=0)
    np.testing.assert_array_equal(found.states, patterns[rows])
    held = np.broadcast_to(~np.isnan(missing), found.trials.shape)
    np.testing.assert_array_equal(found.trials[held], np.broadcast_to(missing, found.trials.shape)[held])
    np.testing.assert_allclose(found.energies, machine.energy(found.trials))


def test_parameters_change_together_or_not_at_all_and_only_when_checked():
    machine = BoltzmannMachine(3)
    for array in (machine.weights, machine.biases, machine.connections):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    ones = 1 - np.eye(3)
    with pytest.raises(DataError, match="biases"):
        machine.set_parameters(ones, [np.nan] * 3)
    assert not machine.weights.any()
    machine.set_parameters(ones, [1, 2, 3])
    np.testing.assert_array_equal(machine.weights, ones)
    np.testing.assert_array_equal(machine.biases, [1, 2, 3])


def test_settling_at_zero_ends_in_a_local_minimum(rng):
    machine = random_machine(rng, 12, 0)
    found = machine.settle("2@5,100@0", chains=100, random_state=0)
    np.testing.assert_array_equal(found.temperatures, [5, 5] + [0] * 100)
    np.testing.assert_allclose(found.energies, machine.energy(found.states))
    for i in range(12):
        other = found.states.copy()
        other[:, i] ^= 1
        assert (machine.energy(other) >= found.energies - 1e-5).all()


def test_clamped_units_stay_and_their_rows_may_differ(rng):
    machine = random_machine(rng)
    clamp = np.array([[1, 0, np.nan, np.nan, np.nan], [np.nan] * 5, [0, 0, 1, 1, 1], [1, np.nan, 0, 1, np.nan]])
    found = machine.settle("5@3,5@1", clamp=clamp, random_state=4)
    held = ~np.isnan(clamp)
    np.testing.assert_array_equal(found.states[:, :5][held], clamp[held])
    for row in (0, 1, 3):  # a chain's free units depend on its name and its clamp, not on the others
        alone = machine.settle("5@3,5@1", clamp=np.tile(clamp[row], (4, 1)), random_state=4)
        np.testing.assert_array_equal(alone.states[row], found.states[row])
    everything = np.ones(8)
    np.testing.assert_array_equal(machine.settle(clamp=everything, chains=3).states, np.ones((3, 8)))


def test_initial_states_are_where_chains_begin(rng):
    machine = random_machine(rng)
    start = rng.integers(0, 2, (5, 8))
    machine.weights, machine.biases = 0 * machine.weights, np.array([9.0] * 4 + [-9.0] * 4)
    start[:] = machine.biases > 0
    np.testing.assert_array_equal(machine.settle([0.0], initial=start).states, start)
    assert machine.sample(500, chains=500, burn_in=0, random_state=0).mean() == pytest.approx(0.5, abs=0.04)


def test_completion_finds_what_was_stored():
    patterns = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    machine = BoltzmannMachine(6, weights=_two_groups(), biases=[-1.0] * 6)
    missing = patterns.astype(float)
    missing[:, [1, 2, 4, 5]] = np.nan
    found = machine.complete(missing, schedule="5@5,5@2,10@0.3", trials=9, random_state=0)
    np.testing.assert_array_equal(found.states, patterns)
    assert found.trials.shape == (9, 2, 6)
    np.testing.assert_allclose(found.probabilities, found.trials[:, :, :6].mean(0))
    np.testing.assert_allclose(found.energies, machine.energy(found.trials))
    assert (found.probabilities[:, [0, 3]] == patterns[:, [0, 3]]).all()
    hot = machine.complete(np.full((5, 6), np.nan), schedule="2@50", trials=20, random_state=0)
    np.testing.assert_allclose(machine.energy(hot.states), hot.energies.min(axis=0))
    assert (np.ptp(hot.energies, axis=0) > 0).all()


def test_nothing_is_too_small():
    machine = BoltzmannMachine(3)
    assert machine.complete(np.empty((0, 3))).states.shape == (0, 3)
    assert machine.settle(clamp=np.empty((0, 3))).states.shape == (0, 3)
    assert BoltzmannMachine(1).sample(2).shape == (2, 1)


def _two_groups():
    same = np.kron(np.eye(2), np.ones((3, 3)))
    return np.where(same > 0, 2.0, -4.0) * (1 - np.eye(6))


def test_the_same_seed_gives_the_same_result(rng):
    machine = random_machine(rng, random_state=5)
    again = BoltzmannMachine(5, 3, weights=machine.weights, biases=machine.biases, random_state=5)
    first, second = machine.settle(chains=50), machine.settle(chains=50)
    assert (first.states != second.states).any()
    np.testing.assert_array_equal(again.settle(chains=50).states, first.states)
    np.testing.assert_array_equal(machine.settle(chains=50, random_state=first.seed).states, first.states)
    assert first.backend == "cpu"
    unseeded = BoltzmannMachine(8)
    assert (unseeded.settle(chains=50).states != unseeded.settle(chains=50).states).any()


def test_a_saved_machine_goes_on_as_before(rng, tmp_path):
    mask = np.triu(rng.random((7, 7)) < 0.5, 1)
    machine = BoltzmannMachine(4, 3, connections=mask | mask.T, biases=np.arange(7), random_state=9, dtype="float64")
    machine.settle()
    loaded = neurosim.load(neurosim.save(machine, tmp_path / "machine.npz"))
    np.testing.assert_array_equal(loaded.connections, machine.connections)
    np.testing.assert_array_equal(loaded.weights, machine.weights)
    np.testing.assert_array_equal(loaded.settle(chains=20).states, machine.settle(chains=20).states)
    assert repr(loaded) == repr(machine)


def test_mean_field_and_enumeration_are_of_this_machine(rng):
    machine = random_machine(rng, scale=0.1, dtype="float64")
    exact, field = machine.exact(2.0, [1]), machine.mean_field(2.0, [1], tolerance=1e-12)
    assert field.converged
    np.testing.assert_allclose(field.activities, exact.activities, atol=5e-3)
    np.testing.assert_allclose(exact.cooccurrence, naive.cooccurrence(machine.weights, machine.biases, 2.0, {0: 1}))


W = np.zeros((3, 3))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: BoltzmannMachine(0), "n_visible"),
        (lambda: BoltzmannMachine(2, -1), "n_hidden"),
        (lambda: BoltzmannMachine(2, dtype="float16"), "dtype"),
        (lambda: BoltzmannMachine(2, backend="tpu"), "backend"),
        (lambda: BoltzmannMachine(3, weights=[[0, 1, 0], [0, 0, 0], [0, 0, 0]]), r"symmetric.*w\[0, 1\] = 1"),
        (lambda: BoltzmannMachine(3, weights=np.eye(3)), r"no connection.*w\[0, 0\]"),
        (lambda: BoltzmannMachine(3, weights=W[:2]), "weights must be"),
        (lambda: BoltzmannMachine(3, weights=W + np.nan), "weights must be .* got nan"),
        (lambda: BoltzmannMachine(3, biases=[1, 2]), "biases must be"),
        (lambda: BoltzmannMachine(3, biases=[-1e38, 2, 3]), r"biases must be .*5.7e\+37; got 1e\+38"),
        (lambda: BoltzmannMachine(3, biases="abc"), "biases must be"),
        (lambda: BoltzmannMachine(3, connections=np.eye(3)), "without a diagonal"),
        (lambda: BoltzmannMachine(3, connections=W + 2), "connections must be"),
        (lambda: BoltzmannMachine(3).settle("2@"), "schedule"),
        (lambda: BoltzmannMachine(3).settle([np.nan]), "schedule"),
        (lambda: BoltzmannMachine(3).settle(7), "schedule"),
        (lambda: BoltzmannMachine(3).settle("0@5"), "schedule must be .* at least one"),
        (lambda: BoltzmannMachine(3).settle([]), "schedule must be .* at least one"),
        (lambda: BoltzmannMachine(3).settle(""), "schedule"),
        (lambda: BoltzmannMachine(3).settle(clamp=["a"]), "BoltzmannMachine: clamp must be an array of numbers"),
        (lambda: BoltzmannMachine(3).settle(chains=0), "chains"),
        (lambda: BoltzmannMachine(3).settle(clamp=[0.5]), "clamp"),
        (lambda: BoltzmannMachine(3).settle(clamp=[0] * 4), "clamp"),
        (lambda: BoltzmannMachine(3).settle(clamp=np.zeros((4, 2)), chains=3), "agree"),
        (lambda: BoltzmannMachine(3).settle(initial=[1, 0]), "initial"),
        (lambda: BoltzmannMachine(3).sample(0), "n must be"),
        (lambda: BoltzmannMachine(3).sample(5, temperature=np.nan), "temperature"),
        (lambda: BoltzmannMachine(3).sample(5, clamp=np.zeros((2, 3))), "one dimension"),
        (lambda: BoltzmannMachine(3).sample(5, thin=0), "thin"),
        (lambda: BoltzmannMachine(3).cooccurrence(chains=1), "chains"),
        (lambda: BoltzmannMachine(3).complete([[0, 1]]), "X must be"),
        (lambda: BoltzmannMachine(3).complete([[0, 1, 2]]), "X must hold 0, 1 and NaN .* got 2"),
        (lambda: BoltzmannMachine(1).complete([["a"]]), r"X must be an array of numbers; got \[\['a'\]\]"),
        (lambda: BoltzmannMachine(3).complete([[0, 1, 1]], trials=0), "trials"),
        (lambda: BoltzmannMachine(3).energy([1, 0]), "states must be"),
        (lambda: BoltzmannMachine(3).energy([[1] * 3, [1]]), "states must be an array of numbers"),
        (lambda: BoltzmannMachine(3).settle(initial=[[1] * 3, [1]]), "initial must be an array of numbers"),
        (lambda: BoltzmannMachine(2, connections=[[0, 1], [1]]), "connections must be an array of numbers"),
        (lambda: BoltzmannMachine(21).exact(), "^BoltzmannMachine.exact: free units must be at most 20; got 21"),
        (lambda: BoltzmannMachine(2).exact(np.nan), "^BoltzmannMachine.exact: temperature"),
        (lambda: BoltzmannMachine(2).mean_field(np.nan), "^BoltzmannMachine.mean_field: temperature"),
        (lambda: BoltzmannMachine(3, random_state=-1), "random_state"),
    ],
)
def test_bad_input_is_named(make, says):
    with pytest.raises((InvalidParameter, DataError), match=says):
        make()
