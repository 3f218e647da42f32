"""`anneal`, `sample` and their temperatures."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.errors import InvalidParameter
from neurosim.ising import (
    BEST_KNOWN_CUTS,
    IsingModel,
    anneal,
    edwards_anderson,
    enumerate_states,
    gset,
    lattice,
    sample,
    sherrington_kirkpatrick,
    temperature_range,
)
from neurosim.ising import problem as problem
from neurosim.ising.temperatures import model_rows

from . import naive

GLASS = edwards_anderson((4, 4), random_state=2)
METHODS = ["replica", "scalar", "multispin"]


@pytest.mark.parametrize("method", METHODS)
def test_energies_belong_to_the_states_and_the_best_is_the_best(method):
    run = anneal(GLASS, sweeps=60, reads=70, method=method, random_state=0)
    np.testing.assert_array_equal(run.energies, GLASS.energy(run.states))
    np.testing.assert_array_equal(run.last_energies, GLASS.energy(run.last_states))
    assert (run.energies <= run.last_energies).all()
    assert run.mean_energies[-1] == pytest.approx(run.last_energies.mean())
    assert run.best_energy == run.energies.min() == GLASS.energy(run.best_state)
    assert run.best_energy == enumerate_states(GLASS).ground_energy
    assert run.states.shape == (70, 16)
    assert set(np.unique(run.states)) == {-1, 1}
    assert run.sweeps == len(run.acceptance) == 60


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["int8", "int16", "float32"]),
    st.sampled_from(["replica", "scalar"]),
    st.sampled_from(["sequential", "permutation", "random", "coloured"]),
    st.sampled_from(["metropolis", "heatbath"]),
)
def test_the_energy_never_rises_at_zero_temperature(seed, kind, method, order, rule):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    values = {
        "int8": rng.choice([-1, 0, 1], (n, n)),
        "int16": rng.integers(-50, 51, (n, n)),
        "float32": rng.normal(size=(n, n)),
    }[kind]
    upper = np.triu(values, 1)
    model = IsingModel(upper + upper.T, rng.integers(-2, 3, n))
    method = "replica" if order == "coloured" else method
    run = anneal(model, np.zeros(12), reads=5, method=method, order=order, rule=rule, random_state=seed)
    assert (np.diff(run.mean_energies) <= 1e-4).all()
    np.testing.assert_allclose(run.energies, run.last_energies, atol=1e-9)
    if rule == "metropolis":  # twelve sweeps are enough to settle but for flips that cost nothing
        assert (run.last_states * model.local_fields(run.last_states) >= 0).mean() > 0.9


def test_a_qubo_of_integers_runs_on_integers():
    rng = np.random.default_rng(0)
    model = IsingModel.from_qubo(np.triu(rng.integers(-3, 4, (12, 12))), offset=2.5)
    run = anneal(model, sweeps=200, reads=20, random_state=0)
    assert run.best_energy == pytest.approx(enumerate_states(model).ground_energy, abs=1e-12)
    np.testing.assert_allclose(run.energies, model.energy(run.states), atol=1e-12)


def test_couplings_of_every_size_give_the_same_course():
    """Temperatures scale with the model, so that another unit of energy changes nothing but the unit."""
    glass = sherrington_kirkpatrick(40, random_state=1)
    runs = [
        anneal(IsingModel(scale * glass.couplings), sweeps=100, reads=12, random_state=0)
        for scale in (1, 2.0**40, 2.0**-40)
    ]
    for run, scale in zip(runs[1:], (2.0**40, 2.0**-40), strict=True):
        np.testing.assert_array_equal(run.states, runs[0].states)
        np.testing.assert_allclose(run.energies, scale * runs[0].energies)


def test_the_range_of_temperatures():
    hot, cold = temperature_range(GLASS)
    assert hot == pytest.approx(4, rel=0.3)  # 2 sqrt(4): the root mean square of 2 s f with four couplings of 1
    assert 0.3 < cold < 2
    scaled = temperature_range(IsingModel(1e-3 * GLASS.couplings))
    np.testing.assert_allclose(scaled, (1e-3 * hot, 1e-3 * cold), rtol=1e-6)
    assert temperature_range(IsingModel(np.zeros((3, 3)))) == (1.0, 1.0)
    hot, cold = temperature_range(IsingModel(np.zeros((2, 2)), fields=[0.001, 0.001]))
    assert hot == pytest.approx(0.002)
    assert 0 < cold <= hot


@pytest.mark.parametrize("n", [3, 5, 7, 9])
def test_small_frustrated_rings_are_solved_by_default(n):
    """Metropolis in a fixed order would drive walls round and round, and a cold end of one flip would be too hot."""
    ring = IsingModel.from_edges(n, [(i, (i + 1) % n) for i in range(n)], [-1] * n)
    hot, cold = temperature_range(ring)
    assert cold < 0.7 * hot
    assert anneal(ring, random_state=0).success_probability(2 - n) == 1


def test_schedules():
    def temperatures(schedule, **keywords):
        return anneal(GLASS, schedule, reads=1, random_state=0, **keywords).temperatures

    np.testing.assert_allclose(temperatures("geometric", sweeps=5, temperature_range=(16, 1)), [16, 8, 4, 2, 1])
    np.testing.assert_allclose(temperatures("linear", sweeps=4, temperature_range=(4, 1)), [4, 3, 2, 1])
    log = temperatures("log", sweeps=8, temperature_range=(4, 0.5))
    assert log[0] == pytest.approx(4)
    assert log[-1] == pytest.approx(0.5)
    np.testing.assert_allclose(np.diff(1 / log) / np.diff(np.log(np.arange(1, 9))), 1.75 / np.log(8))
    assert temperatures("2@20, 1@15,1@0").tolist() == [20, 20, 15, 0]
    assert temperatures([3, 2.5], sweeps=2).tolist() == [3, 2.5]
    hot, cold = temperature_range(GLASS)
    np.testing.assert_allclose(temperatures("auto")[[0, 999]], (hot, cold))
    assert temperatures("auto", sweeps=1).tolist() == [cold]


def test_success_and_time_to_solution():
    run = anneal(GLASS, sweeps=10, reads=40, random_state=0)
    target = np.sort(run.energies)[19]
    p = np.mean(run.energies <= target)
    assert run.success_probability(target) == p
    one = run.seconds / 40
    assert run.time_to_solution(target) == pytest.approx(max(one, one * np.log(0.01) / np.log(1 - p)))
    assert run.time_to_solution(target, confidence=0.5) <= run.time_to_solution(target)
    assert run.success_probability(run.best_energy - 1) == 0
    assert run.time_to_solution(run.best_energy - 1) == np.inf
    assert run.success_probability(run.energies.max()) == 1
    assert run.time_to_solution(run.energies.max()) == one
    assert run.success_probability() == np.mean(run.energies == run.best_energy)


def test_a_run_can_be_stopped():
    steps = []

    def stop(progress):
        steps.append(progress.step)
        assert {*progress.metrics} == {"temperature", "energy", "acceptance"}
        return len(steps) == 3

    run = anneal(GLASS, sweeps=1000, reads=2, random_state=0, callback=stop)
    assert (run.stopped, run.sweeps, steps) == ("callback", 30, [10, 20, 30])
    run = anneal(GLASS, sweeps=10**7, reads=2, random_state=0, time_limit=0.2)
    assert run.stopped == "time limit"
    assert run.sweeps < 10**7
    assert 0.2 <= run.seconds < 5
    assert anneal(GLASS, sweeps=3, random_state=0, time_limit=100).stopped == "finished"
    drawn = sample(GLASS, 1.0, samples=9, random_state=0, callback=lambda p: p.step == 4)
    assert (drawn.stopped, len(drawn.states), len(drawn.energies)) == ("callback", 4, 4)


def test_seeds():
    first, again, other = (anneal(GLASS, sweeps=5, reads=3, random_state=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.last_states, again.last_states)
    assert (first.last_states != other.last_states).any()
    fresh = anneal(GLASS, sweeps=5, reads=3)
    np.testing.assert_array_equal(anneal(GLASS, sweeps=5, reads=3, random_state=fresh.seed).states, fresh.states)


def test_runs_may_begin_where_the_caller_wants():
    up = np.ones(16, int)
    run = anneal(lattice((4, 4)), [0.0], reads=3, initial=up, random_state=0)
    assert (run.last_states == 1).all()
    starts = np.random.default_rng(0).choice([-1, 1], (3, 16))
    run = anneal(GLASS, [1e-9], reads=3, initial=starts, random_state=0)
    assert (run.energies <= GLASS.energy(starts)).all()
    assert (starts * np.asarray(starts) == 1).all()


def test_samples_of_a_chain_are_thinned_and_the_first_follows_the_burn_in():
    hot = sample(GLASS, 2.0, samples=6, chains=5, burn_in=0, thin=1, random_state=4)
    thinned = sample(GLASS, 2.0, samples=2, chains=5, burn_in=1, thin=2, random_state=4)
    np.testing.assert_array_equal(thinned.states, hot.states[[2, 4]])
    np.testing.assert_array_equal(hot.energies, GLASS.energy(hot.states))
    assert hot.magnetisations.shape == (6, 5)
    error = np.std(hot.energies.mean(0), ddof=1) / np.sqrt(5)
    assert hot.standard_error(hot.energies) == pytest.approx(error)
    assert 0 < hot.acceptance < 1
    assert (
        sample(GLASS, 0.0, samples=1, initial=np.ones(16), random_state=0).energies <= GLASS.energy(np.ones(16))
    ).all()


def test_what_auto_takes():
    dense, sparse = sherrington_kirkpatrick(100, random_state=0), edwards_anderson((5, 5, 5), random_state=0)
    large = edwards_anderson((7, 7, 7), random_state=0)
    choices = {
        (dense, 100): ("scalar", "permutation"),
        (sparse, 100): ("replica", "permutation"),
        (sparse, 2): ("scalar", "permutation"),
        (large, 100): ("replica", "sequential"),
    }
    for (model, reads), wanted in choices.items():
        run = anneal(model, sweeps=2, reads=reads, random_state=0)
        assert (run.method, run.order) == wanted
        assert (run.backend, run.rule) == ("cpu", "metropolis")
    assert anneal(sparse, sweeps=2, order="coloured", random_state=0).method == "replica"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"sweeps": 0}, r"anneal: sweeps must be an integer >= 1.*0"),
        ({"reads": 2.5}, "anneal: reads must be an integer >= 1"),
        ({"method": "quantum"}, "anneal: method must be one of auto, replica, multispin, scalar"),
        ({"rule": "gibbs"}, "anneal: rule must be one of metropolis, heatbath"),
        ({"order": "parallel"}, "anneal: order must be one of sequential, permutation, random, coloured"),
        ({"order": "random", "method": "multispin"}, "anneal: order must be left out or 'coloured'"),
        ({"order": "coloured", "method": "scalar"}, "anneal: method must be"),
        ({"schedule": "cold"}, "anneal: schedule must be one of auto"),
        ({"schedule": "2@20,3"}, "anneal: schedule must be stages as in"),
        ({"schedule": "2@-1"}, "anneal: schedule must be"),
        ({"schedule": [1, -1]}, "anneal: schedule must be"),
        ({"schedule": []}, "anneal: schedule must be"),
        ({"schedule": [np.nan]}, "anneal: schedule must be"),
        ({"schedule": ["a", "b"]}, "anneal: schedule must be"),
        ({"schedule": [1, 2j]}, "anneal: schedule must be"),
        ({"schedule": "99999999999999999999@1"}, "anneal: schedule must be stages"),
        ({"schedule": "2@3", "sweeps": 5}, "anneal: sweeps must be left out"),
        ({"schedule": [1.0], "temperature_range": (2, 1)}, "anneal: temperature_range must be left out"),
        ({"temperature_range": (1, 2)}, "anneal: temperature_range must be .*hot >= cold"),
        ({"temperature_range": (1, 0)}, "anneal: temperature_range must be"),
        ({"time_limit": 0}, "anneal: time_limit must be a number of seconds > 0"),
        ({"initial": np.zeros(16)}, "anneal"),
        ({"initial": np.ones((2, 16)), "reads": 3}, "anneal: initial must be of shape"),
        ({"random_state": -1}, "random_state"),
        ({"backend": "tpu"}, "backend"),
    ],
)
def test_bad_parameters_are_named(keywords, message):
    with pytest.raises((InvalidParameter, ValueError), match=message):
        anneal(GLASS, **{"sweeps": 5} | keywords if "schedule" not in keywords else keywords)


def test_other_mistakes():
    with pytest.raises(TypeError, match="sweps"):
        anneal(GLASS, sweps=5)
    with pytest.raises(InvalidParameter, match="model must be an IsingModel"):
        anneal(np.eye(3))
    with pytest.raises(InvalidParameter, match="method must be another one"):
        anneal(sherrington_kirkpatrick(20, random_state=0), method="multispin")
    with pytest.raises(InvalidParameter, match="temperature must be a number >= 0"):
        sample(GLASS, -1.0)
    with pytest.raises(InvalidParameter, match="samples must be an integer >= 1"):
        sample(GLASS, 1.0, samples=0)
    with pytest.raises(InvalidParameter, match="confidence must be a number in"):
        anneal(GLASS, sweeps=1, reads=2).time_to_solution(confidence=1)
    drawn = sample(GLASS, 1.0, samples=2)
    with pytest.raises(InvalidParameter, match="values must be of shape"):
        drawn.standard_error(drawn.energies[0])


def test_models_without_anything_to_do():
    single = anneal(IsingModel(np.zeros((1, 1)), fields=[2.0]), sweeps=3, reads=2, random_state=0)
    assert single.energies.tolist() == [-2, -2]
    free = anneal(IsingModel(np.zeros((3, 3))), sweeps=3, reads=2, random_state=0)
    assert free.energies.tolist() == [0, 0]


@pytest.mark.parametrize("strong", [3e4, 1e6, 1e7, 1e10, 1e14])
def test_strong_couplings_do_not_drown_weak_ones(strong):
    """A triangle whose three strong couplings frustrate each other, so that small fields decide."""
    couplings = strong * np.array([[0, 1, 1], [1, 0, -1], [1, -1, 0]])
    model = IsingModel(couplings, fields=[1, 0.5, 0.25])
    drawn = sample(model, 1.0, samples=40, chains=400, burn_in=50, thin=5, rule="heatbath", random_state=1)
    means = drawn.states.mean(axis=(0, 1))
    exact = enumerate_states(model).mean_spins(1.0)
    np.testing.assert_allclose(means, exact, atol=0.1)
    run = anneal(model, sweeps=100, reads=20, random_state=0)
    assert run.best_energy == enumerate_states(model).ground_energy


def test_the_type_of_real_couplings_follows_the_coldest_temperature():
    rows = model_rows(sherrington_kirkpatrick(60, random_state=0))
    kinds = [problem.pose(*rows, coldest=t)[0].couplings.dtype for t in (np.inf, 0.01, 1e-5)]
    assert kinds == [np.float32, np.float32, np.float64]


def test_models_of_strong_and_weak_numbers_run_in_float64():
    rng = np.random.default_rng(0)
    numbers = rng.integers(1, 10**5, 12).astype(float)
    partition = IsingModel(-np.outer(numbers, numbers) * (1 - np.eye(12)))
    assert problem.pose(*model_rows(partition))[0].couplings.dtype == np.float64  # whole numbers of 10 digits
    run = anneal(partition, reads=64, random_state=0)
    assert run.method == "scalar"
    assert (run.energies <= run.last_energies).all()
    assert run.mean_energies[-1] == pytest.approx(run.last_energies.mean(), rel=1e-12)
    assert run.best_energy == enumerate_states(partition).ground_energy
    for keywords in ({"method": "replica"}, {"order": "coloured"}):
        with pytest.raises(InvalidParameter, match="differ so much in size"):
            anneal(partition, sweeps=2, **keywords)


@pytest.mark.parametrize("scale", [2.0**-900, 1e-31, 1e-12, 1e37, 2.0**900])
def test_real_models_of_any_scale(scale):
    glass = sherrington_kirkpatrick(40, random_state=1)
    ordinary = anneal(glass, sweeps=60, reads=100, random_state=0)
    scaled = anneal(IsingModel(scale * glass.couplings), sweeps=60, reads=100, random_state=0)
    assert scaled.best_energy / scale == pytest.approx(ordinary.best_energy, rel=1e-6)
    assert abs(scaled.success_probability() - ordinary.success_probability()) < 0.2
    assert ordinary.success_probability() < 0.9
    hot, cold = temperature_range(IsingModel(scale * glass.couplings))
    np.testing.assert_allclose((hot / scale, cold / scale), temperature_range(glass), rtol=1e-6)


def test_one_strong_field_does_not_spoil_the_range():
    glass = edwards_anderson((8, 8), random_state=0)
    fields = np.zeros(64)
    fields[0] = 1e7
    _, cold = temperature_range(IsingModel(glass.couplings, fields))
    assert cold == pytest.approx(temperature_range(glass)[1], rel=0.3)


def test_success_does_not_depend_on_units_or_offsets():
    def shares(model):
        run = anneal(model, sweeps=8, reads=100, random_state=0)
        return run.success_probability()

    plain = shares(GLASS)
    assert plain < 1
    assert shares(IsingModel(2.0**-40 * GLASS.couplings)) == plain
    assert shares(IsingModel(GLASS.couplings, offset=1e10)) == plain


def test_infinite_heat_is_no_overflow():
    for model in (GLASS, sherrington_kirkpatrick(20, random_state=0)):
        for method in ("replica", "scalar"):
            for rule in ("metropolis", "heatbath"):
                drawn = sample(model, 1e300, samples=2, chains=40, method=method, rule=rule, random_state=0)
                assert abs(drawn.magnetisations).mean() < 0.5


def test_the_first_gset_graph_is_solved():
    graph = gset(1)
    run = anneal(IsingModel.from_graph(graph), random_state=0)
    assert graph.cut(run.best_state) == BEST_KNOWN_CUTS[1] == 11624


def test_exact_averages_of_a_small_glass():
    drawn = sample(GLASS, 1.5, samples=400, chains=256, thin=2, rule="heatbath", random_state=0)
    states, weights = naive.boltzmann(np.asarray(GLASS.couplings.todense()), GLASS.fields, 1.5)
    exact = weights @ GLASS.energy(states)
    assert abs(drawn.energies.mean() - exact) < 5 * drawn.standard_error(drawn.energies)


def test_compilation_is_not_counted(tmp_path):
    """A process of its own with an empty cache: compiling takes seconds, the sweeps milliseconds."""
    code = """
from neurosim.ising import anneal, anneal_tour, edwards_anderson, random_cities
torus = edwards_anderson((4, 4), random_state=0)
for method in ("replica", "scalar", "multispin"):
    print(anneal(torus, sweeps=5, reads=2, method=method).seconds)
print(anneal_tour(random_cities(8, random_state=0), sweeps=5, reads=2, time_limit=0.4).seconds)
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert max(map(float, done.stdout.split())) < 0.2


def test_a_time_limit_holds_with_a_callback():
    glass = edwards_anderson((12, 12, 12), random_state=0)
    anneal(glass, sweeps=2, random_state=0)
    run = anneal(glass, sweeps=10**6, random_state=0, time_limit=0.3, callback=lambda progress: False)
    assert run.stopped == "time limit"
    assert run.seconds < 1.5
