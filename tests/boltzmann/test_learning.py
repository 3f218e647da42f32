"""Learning: the statistics of each method, the rules, and that machines learn."""

import numpy as np
import pytest

from neurosim.boltzmann import BoltzmannMachine, learning
from neurosim.boltzmann.clamping import noisy, noisy_environment
from neurosim.boltzmann.learning import Environment, Recipe
from neurosim.core.errors import DataError, InvalidParameter

from . import naive

PAIRS = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]])
SHARES = np.array([0.5, 0.3, 0.2])


def recipe(**changes):
    values = {
        "rule": "gradient", "step": 1.0, "schedule": np.full(30, 1.0), "temperature": 1.0, "time": 10, "settlings": 1,
        "noise": (0.0, 0.0), "method": "annealed", "decay": 0.0, "measure": 0,
    }  # fmt: skip
    return Recipe(**(values | changes))


def random_machine(rng, **options):
    mask = ~np.eye(5, dtype=bool)
    mask[3, 4] = mask[4, 3] = False
    upper = np.triu(rng.normal(0, 1, (5, 5)) * mask, 1)
    return BoltzmannMachine(3, 2, connections=mask, weights=upper + upper.T, biases=rng.normal(0, 1, 5), **options)


def true_statistics(machine, patterns, shares, temperature=1.0):
    w, b = machine.weights, machine.biases
    driven = sum(
        share * naive.cooccurrence(w, b, temperature, dict(enumerate(pattern)))
        for share, pattern in zip(shares, patterns, strict=True)
    )
    return driven, naive.cooccurrence(w, b, temperature)


def test_the_gradient_is_that_of_the_likelihood(rng):
    """A step of the exact rule, against finite differences of the log likelihood."""
    machine = random_machine(rng, dtype="float64")
    before_w, before_b, h = machine.weights.copy(), machine.biases.copy(), 1e-5

    def likelihood(w, b):
        return naive.log_likelihood(w, b, 3, PAIRS, SHARES)

    options = {"rule": "gradient", "method": "exact", "temperature": 1.0, "noise": None}
    machine.learn(PAIRS, cycles=1, step=0.1, pattern_weights=5 * SHARES, **options)
    for i in range(5):
        nudge = np.eye(5)[i] * h
        slope = (likelihood(before_w, before_b + nudge) - likelihood(before_w, before_b - nudge)) / (2 * h)
        assert (machine.biases - before_b)[i] / 0.1 == pytest.approx(slope, abs=1e-6)
        for j in range(i):
            nudge = np.zeros((5, 5))
            nudge[i, j] = nudge[j, i] = h
            slope = (likelihood(before_w + nudge, before_b) - likelihood(before_w - nudge, before_b)) / (2 * h)
            slope *= machine.connections[i, j]
            assert (machine.weights - before_w)[i, j] / 0.1 == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("shares", [SHARES, np.full(3, 1 / 3)])
def test_chains_estimate_the_exact_statistics(shares, rng):
    """24 cycles of 1,200 chains each; the error of their mean comes from their spread."""
    machine = random_machine(rng)
    environment, some = Environment(PAIRS, shares), recipe(settlings=400)
    expected = true_statistics(machine, PAIRS, shares)
    found = np.array([learning._annealed(machine, environment, some, 7, cycle) for cycle in range(24)])
    error = found.std(0, ddof=1) / np.sqrt(24)
    for k in range(2):
        distance = np.abs(found[:, k].mean(0) - expected[k])
        assert (distance <= 6 * error[k] + 1e-9).all(), k  # t with 23 degrees of freedom: P < 1e-5
        assert distance.max() < 0.02
    for ours, truth in zip(learning._exact(machine, environment, some, 7, 0), expected, strict=True):
        np.testing.assert_allclose(ours, truth, atol=1e-6)


def test_mean_field_statistics_are_near_the_exact_ones_of_weak_weights(rng):
    machine = random_machine(rng, dtype="float64")
    machine.weights = 0.05 * machine.weights
    found = learning._mean_field(machine, Environment(PAIRS, SHARES), recipe(settlings=3), 0, 0)
    for ours, truth in zip(found, true_statistics(machine, PAIRS, SHARES), strict=True):
        np.testing.assert_allclose(ours, truth, atol=0.02)


def test_noise_turns_units_as_often_as_it_says():
    patterns = np.tile([[1, 1, 1, 0]], (20_000, 1))
    turned = noisy(patterns, (0.15, 0.05), 3, 1)
    np.testing.assert_allclose(turned.mean(0), [0.85, 0.85, 0.85, 0.05], atol=5 * 0.36 / np.sqrt(20_000))
    assert (turned != noisy(patterns, (0.15, 0.05), 3, 2)).any()
    states, p = noisy_environment(PAIRS, SHARES, (0.15, 0.05))
    for state, found in zip(states, p, strict=True):
        kernel = {(1, 1): 0.85, (1, 0): 0.15, (0, 1): 0.05, (0, 0): 0.95}
        expected = sum(
            share * np.prod([kernel[a, b] for a, b in zip(pattern, state, strict=True)])
            for pattern, share in zip(PAIRS.tolist(), SHARES, strict=True)
        )
        assert found == pytest.approx(expected)


def test_noise_is_new_in_every_cycle():
    some, environment = recipe(noise=(0.5, 0.5), time=1), Environment(np.array([[1]]), np.ones(1))
    seen = [learning._annealed(BoltzmannMachine(1), environment, some, 7, cycle)[0][0, 0] for cycle in range(20)]
    assert set(seen) == {0.0, 1.0}


def test_exact_learning_sees_the_average_of_the_noise(rng):
    machine = random_machine(rng, dtype="float64")
    noise = (0.3, 0.1)
    environment = Environment(PAIRS, SHARES)
    found = learning._exact(machine, environment, recipe(noise=noise), 0, 0)
    for ours, truth in zip(found, true_statistics(machine, *noisy_environment(PAIRS, SHARES, noise)), strict=True):
        np.testing.assert_allclose(ours, truth, atol=1e-9)


@pytest.mark.parametrize("temperature", [np.inf, -np.inf, 1e-310, 0.0, -0.0, -1.0])
def test_exact_learning_at_every_temperature(temperature, rng):
    """p by clamping each pattern, p' without."""
    machine = random_machine(rng, dtype="float64")
    before = machine.weights, machine.biases
    driven = sum(
        share * machine.exact(temperature, pattern).cooccurrence for share, pattern in zip(SHARES, PAIRS, strict=True)
    )
    expected = driven - machine.exact(temperature).cooccurrence
    options = {"method": "exact", "temperature": temperature, "noise": None, "rule": "gradient"}
    run = machine.learn(PAIRS, cycles=1, step=0.5, pattern_weights=SHARES, measure=1, **options)
    np.testing.assert_allclose(machine.biases - before[1], 0.5 * expected.diagonal(), atol=1e-12)
    np.testing.assert_allclose(machine.weights - before[0], 0.5 * expected * machine.connections, atol=1e-12)
    assert run.differences[0] > 0.01
    assert not np.isnan(run.kl).any()


def test_mean_field_statistics_are_symmetric_to_the_last_bit():
    """One bit is enough for weights to be refused."""
    for seed in range(5):
        machine = BoltzmannMachine(6, 3, dtype="float64")
        patterns = np.random.default_rng(seed).integers(0, 2, (7, 6))
        options = {"method": "mean_field", "rule": "gradient", "temperature": 1.0}
        assert machine.learn(patterns, cycles=20, step=0.3, random_state=seed, **options).cycles == 20


@pytest.mark.parametrize("method", ["exact", "mean_field"])
def test_the_sign_rule_does_not_follow_rounding(method):
    """Independent visible units whose biases are right, and hidden ones that see nothing: p is p'."""
    on = np.array([0.7, 0.6, 0.2])
    patterns = np.arange(8)[:, None] >> np.arange(3) & 1
    shares = np.where(patterns, on, 1 - on).prod(axis=1)
    biases = np.append(10 * np.log(on / (1 - on)), [0, 0])
    machine = BoltzmannMachine(3, 2, dtype="float64", biases=biases)
    options = {"method": method, "temperature": 10.0, "noise": None}
    machine.learn(patterns, cycles=1, pattern_weights=shares, random_state=0, **options)
    np.testing.assert_array_equal(machine.biases, biases)
    assert not machine.weights.any()


def test_learning_that_runs_away_says_so_and_leaves_the_machine_as_it_was():
    machine = BoltzmannMachine(4, 2)
    seen = []

    def look(progress):
        seen.append((machine.weights.copy(), machine.biases.copy()))

    with pytest.raises(DataError, match=r"ran away in cycle \d+, to weights or biases of .*e\+37 .*smaller step"):
        machine.learn([[1] * 4], cycles=50, step=3e36, random_state=0, callback=look, temperature=np.inf)
    assert len(seen) == 9  # 9 steps of 3e36 are below 2.8e37, 10 are not
    np.testing.assert_array_equal(machine.weights, seen[-1][0])
    np.testing.assert_array_equal(machine.biases, seen[-1][1])


def test_the_sign_rule_takes_whole_steps(rng):
    machine = BoltzmannMachine(3, 2)
    run = machine.learn(PAIRS, cycles=3, random_state=0)
    assert run.cycles == len(run.differences) == 3
    assert set(np.unique(machine.weights)) <= {-6, -4, -2, 0, 2, 4, 6}
    assert machine.weights.any()
    assert (machine.weights == machine.weights.T).all()


def test_equal_counts_move_nothing():
    """A unit that is surely on, clamped and free: p = p' has to be exact, whatever they were counted from."""
    machine = BoltzmannMachine(1)
    options = {"temperature": 0.0, "schedule": [0.0], "noise": None}
    machine.biases = [5.0]  # on for sure, as in the only pattern
    for count in (1, 7, 49):
        machine.learn([[1]] * count, cycles=2, settlings=3, time=7, random_state=0, **options)
    assert machine.biases[0] == 5.0


def test_decay_shrinks_weights_and_biases(rng):
    machine = random_machine(rng, dtype="float64")
    twin = BoltzmannMachine(3, 2, connections=machine.connections, weights=machine.weights, biases=machine.biases,
                            dtype="float64")  # fmt: skip
    w, b = machine.weights.copy(), machine.biases.copy()
    for some, decay in ((machine, 0.25), (twin, 0.0)):
        some.learn(PAIRS, cycles=1, rule="gradient", method="exact", temperature=1.0, decay=decay)
    np.testing.assert_allclose(twin.weights - machine.weights, 0.25 * w, atol=1e-12)
    np.testing.assert_allclose(twin.biases - machine.biases, 0.25 * b, atol=1e-12)


@pytest.mark.parametrize("method", ["annealed", "exact", "mean_field"])
def test_machines_learn_their_environment(method):
    environment = np.array([[0, 0, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1]])
    machine = BoltzmannMachine(3)
    options = {"temperature": 1.0, "schedule": "5@2,5@1", "noise": None, "rule": "gradient"}
    run = machine.learn(
        environment, cycles=100, step=0.5, settlings=20, method=method, measure=50, random_state=0, **options
    )
    np.testing.assert_array_equal(run.measured_at, [0, 50, 100])
    assert run.kl[0] == pytest.approx(np.log(2))
    assert run.kl[2] < 0.2
    assert run.kl[2] == pytest.approx(machine.exact().kl(environment), abs=1e-12)
    assert (run.rule, run.method, run.stopped, run.backend) == ("gradient", method, "finished", "cpu")


def test_an_encoder_finds_codes():
    """4-2-4 as in the paper; of 12 machines with 400 cycles about three quarters are done (quartiles 25 and 298)."""
    v1, v2, h = np.arange(4), np.arange(4, 8), np.arange(8, 10)
    mask = np.zeros((10, 10), bool)
    for group in (v1, v2):
        mask[np.ix_(group, group)] = True
        mask[np.ix_(group, h)] = mask[np.ix_(h, group)] = True
    np.fill_diagonal(mask, False)
    patterns = np.hstack([np.eye(4, dtype=int)] * 2)
    solved = 0
    for seed in range(12):
        machine = BoltzmannMachine(8, 2, connections=mask)
        codes = []

        def look(progress, machine=machine, codes=codes):
            on = machine.biases[h] + patterns @ machine.weights[:8, 8:] > 0
            codes.append(len(np.unique(on, axis=0)))
            return codes[-1] == 4

        run = machine.learn(patterns, cycles=400, callback=look, random_state=seed)
        assert run.stopped == ("callback" if codes[-1] == 4 and run.cycles < 400 else "finished")
        assert run.cycles == len(codes) == len(run.differences)
        solved += codes[-1] == 4
    assert solved >= 3  # P < 1e-4 at p = 0.75


def test_the_same_seed_learns_the_same_and_threads_do_not_matter(rng):
    machines = [BoltzmannMachine(3, 2, random_state=1) for _ in range(2)]
    for machine in machines:
        machine.learn(PAIRS, cycles=20)
    np.testing.assert_array_equal(machines[0].weights, machines[1].weights)
    machines[0].learn(PAIRS, cycles=20)
    assert (machines[0].weights != machines[1].weights).any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rule": "hebb"}, "rule"),
        ({"method": "cd"}, "method"),
        ({"step": 0}, "step"),
        ({"step": np.inf}, "step"),
        ({"cycles": -1}, "cycles"),
        ({"time": 0}, "time"),
        ({"settlings": 0}, "settlings"),
        ({"measure": -1}, "measure"),
        ({"decay": 1.0}, "decay"),
        ({"noise": (0.5, 1.5)}, "noise"),
        ({"noise": 0.1}, "noise"),
        ({"temperature": np.nan}, "temperature"),
        ({"schedule": "x"}, "schedule"),
        ({"X": [[1, 0]]}, "X must be"),
        ({"X": [[1, 0, 2]]}, "X must be"),
        ({"X": [[1, 0, 1], [1]]}, "X must be an array of numbers"),
        ({"pattern_weights": [1, 2]}, "pattern_weights must be"),
        ({"pattern_weights": ["a"] * 3}, "pattern_weights must be an array of numbers"),
        ({"step": 1e38, "rule": "sign"}, "ran away in cycle 1"),
    ],
)
def test_bad_input_is_named(change, says):
    machine = BoltzmannMachine(3, 2)
    options = {"X": PAIRS, "cycles": 3, "random_state": 0} | change
    with pytest.raises((InvalidParameter, DataError), match=says):
        machine.learn(options.pop("X"), **options)


@pytest.mark.parametrize("change", [{"measure": 1}, {"method": "exact"}])
def test_too_many_units_to_enumerate_are_named_before_anything_is_done(change):
    machine = BoltzmannMachine(3, 18)
    with pytest.raises(InvalidParameter, match=rf"^BoltzmannMachine: {next(iter(change))} must be .* 20 units"):
        machine.learn(PAIRS, cycles=0, **change)
