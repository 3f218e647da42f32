"""Tours against slow and obvious ones: changes of length, Boltzmann's distribution, optima, what comes back."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2

from neurosim.core import parallel
from neurosim.core.errors import InvalidParameter
from neurosim.ising import Cities, anneal_tour, random_cities, tour_cpu, tour_start
from tests.ising import naive_tours as naive

U = np.uint64
BOTH = ("2-opt", "or-opt")


def polygon(n, turn=3):
    """Cities on a circle, not in the order of the circle."""
    angles = 2 * np.pi * ((np.arange(n) * turn) % n) / n
    return Cities.from_coordinates(np.stack([np.cos(angles), np.sin(angles)], axis=1))


def random_distances(rng, n):
    distances = rng.integers(0, 100, (n, n))
    return np.triu(distances, 1) + np.triu(distances, 1).T


@pytest.mark.parametrize("n", [4, 5, 6, 7, 12])
def test_a_move_gives_the_naive_tour(n, rng):
    for _ in range(300):
        tour, (a, b) = rng.permutation(n), rng.choice(n, 2, replace=False)
        forward, segment, turned = bool(rng.integers(2)), int(rng.integers(4)), bool(rng.integers(2))
        direction = 1 if forward else -1
        orders, places = tour.astype(np.int32)[None], np.argsort(tour).astype(np.int32)[None]
        where = orders, places, 0, U(places[0, a]), U(places[0, b]), forward
        if segment == 0:
            expected = naive.two_opt(tour, a, b, direction)
            tour_cpu._reverse(*where)
        else:
            expected = naive.or_opt(tour, a, b, direction, segment, turned)
            if expected is None:
                continue
            tour_cpu._move(*where, U(segment), turned, np.empty(3, np.int32))
        assert naive.canonical(orders[0]) == naive.canonical(expected)
        np.testing.assert_array_equal(places[0, orders[0]], np.arange(n))


@pytest.mark.parametrize("two_opt", [256, 0, 128])
@pytest.mark.parametrize("n", [3, 4, 5, 6, 40])
def test_the_length_is_kept_up_to_date(n, two_opt, rng):
    distances = random_distances(rng, n)
    orders = np.array([rng.permutation(n) for _ in range(20)])
    lengths = [naive.length(distances, tour) for tour in orders]
    state = tour_cpu.begin(distances, tour_start.near_pairs(distances, 5), two_opt, orders, lengths, 1)
    metrics = tour_cpu.advance(state, [1e6] * 5 + [20.0] * 20)
    found = tour_cpu.fetch(state)
    now = [naive.length(distances, tour) for tour in found["orders"]]
    assert now == metrics.lengths[:, -1].tolist() == state.lengths[:, 0].tolist()
    assert [naive.length(distances, tour) for tour in found["shortest"]] == state.lengths[:, 1].tolist()
    assert (state.lengths[:, 1] <= np.minimum(lengths, metrics.lengths.min(axis=1))).all()
    assert (metrics.accepted[:, 0].sum() > 0) == (n > 3)


def test_differences_are_those_of_proposals_and_change_nothing(rng):
    distances = random_distances(rng, 6)
    tour = rng.permutation(6)
    expected = {np.inf}
    for a, b in np.argwhere(~np.eye(6, dtype=bool)):
        for direction in (1, -1):
            moved = [naive.or_opt(tour, a, b, direction, s, t) for s in (1, 2, 3) for t in (False, True)]
            for new in filter(None, [naive.two_opt(tour, a, b, direction), *moved]):
                if naive.canonical(new) != naive.canonical(tour):
                    expected.add(float(naive.length(distances, new) - naive.length(distances, tour)))
    state = tour_cpu.begin(distances, tour_start.near_pairs(distances, 2), 128, tour[None], [0], 4)
    assert set(tour_cpu.differences(state, 20_000).ravel()) == expected
    assert naive.canonical(tour) == naive.canonical(state.orders[0])


@pytest.mark.parametrize("neighbours", [5, 1])
@pytest.mark.parametrize("two_opt", [256, 0, 128])
def test_tours_of_six_cities_come_up_with_their_boltzmann_weight(neighbours, two_opt, rng):
    cities, reads = random_cities(6, random_state=3), 8000
    tours = naive.every_tour(6)
    temperature = np.std([naive.length(cities.distances, tour) for tour in tours])
    expected = reads * np.array(naive.boltzmann(cities.distances, temperature))
    starts = np.array([rng.permutation(6) for _ in range(reads)])
    pairs = tour_start.near_pairs(cities.distances, neighbours)
    state = tour_cpu.begin(cities.distances, pairs, two_opt, starts, cities.length(starts), 11)
    tour_cpu.advance(state, np.full(60, temperature))
    index = {tour: i for i, tour in enumerate(tours)}
    counts = np.bincount([index[naive.canonical(tour)] for tour in state.orders], minlength=60)
    assert len(tours) == 60
    assert expected.min() > 5
    assert chi2.sf(((counts - expected) ** 2 / expected).sum(), 59) > 1e-4


@pytest.mark.parametrize("moves", [("2-opt",), ("or-opt",), ("or-opt", "2-opt")])
def test_small_problems_are_solved(moves, rng):
    for n in (4, 5, 7, 9):
        distances = random_distances(rng, n)
        result = anneal_tour(Cities("", None, distances), moves=moves, sweeps=500, random_state=n)
        assert result.best_length == naive.optimum(distances.tolist())


def test_the_polygon_is_found():
    result = anneal_tour(polygon(40), random_state=0)
    assert result.best_length == pytest.approx(80 * np.sin(np.pi / 40))
    assert result.success_probability() > 0.9


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_temperature_range_scales_with_the_distances(scale):
    coordinates = random_cities(50, random_state=2).coordinates
    found, reference = (
        anneal_tour(Cities.from_coordinates(k * coordinates), sweeps=300, reads=4, random_state=1) for k in (scale, 1.0)
    )
    np.testing.assert_allclose(found.temperatures, scale * reference.temperatures, rtol=1e-6)
    assert found.best_length == pytest.approx(scale * reference.best_length, rel=0.05)


def test_what_comes_back(rng):
    cities = Cities("", None, random_distances(rng, 30))
    result = anneal_tour(cities, sweeps=200, reads=5, random_state=9)
    assert result.tours.shape == result.last_tours.shape == (5, 30)
    for tours, lengths in ((result.tours, result.lengths), (result.last_tours, result.last_lengths)):
        assert lengths.dtype == np.int64
        assert [naive.length(cities.distances, tour) for tour in tours] == lengths.tolist()
    assert (result.lengths <= result.last_lengths).all()
    assert result.mean_lengths[-1] == pytest.approx(result.last_lengths.mean())
    assert naive.length(cities.distances, result.best_tour) == result.best_length == result.lengths.min()
    assert len(result.temperatures) == len(result.acceptance) == len(result.mean_lengths) == 200
    assert result.acceptance[0] > result.acceptance[-1]
    assert (result.stopped, result.seed) == ("finished", 9)
    assert result.seconds > 0


def test_success_and_time_to_solution():
    result = anneal_tour(random_cities(60, random_state=0), sweeps=20, reads=40, random_state=0)
    target = np.sort(result.lengths)[9]
    assert result.success_probability(target) == 0.25
    a_read = result.seconds / 40
    assert result.time_to_solution(target) == pytest.approx(a_read * np.log(0.01) / np.log(0.75))
    assert result.time_to_solution(target, confidence=0.1) == pytest.approx(a_read)
    assert result.time_to_solution(result.lengths.max()) == pytest.approx(a_read)
    assert result.time_to_solution(result.best_length / 2) == np.inf
    with pytest.raises(InvalidParameter, match="confidence"):
        result.time_to_solution(confidence=1)


def test_the_bits_do_not_depend_on_threads_or_other_reads():
    cities, before = random_cities(80, random_state=5), parallel.threads()
    try:
        results = []
        for threads in (1, 2):
            parallel.set_threads(threads)
            results.append(anneal_tour(cities, sweeps=300, reads=6, random_state=3))
    finally:
        parallel.set_threads(before)
    one, two = results
    for name in ("tours", "last_tours", "acceptance", "mean_lengths", "temperatures"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    again = anneal_tour(cities, sweeps=300, reads=3, random_state=3)
    np.testing.assert_array_equal(again.tours, one.tours[:3])
    assert not np.array_equal(anneal_tour(cities, sweeps=300, reads=6, random_state=4).tours, one.tours)
    assert len({tuple(tour) for tour in one.last_tours}) > 1


@pytest.mark.parametrize("schedule", ["auto", "geometric", "linear", "log"])
def test_named_schedules_run_from_hot_to_cold(schedule):
    result = anneal_tour(polygon(10), schedule=schedule, sweeps=50, temperature_range=(2.0, 0.1), random_state=0)
    assert result.temperatures[[0, -1]] == pytest.approx([2.0, 0.1])
    assert (np.diff(result.temperatures) < 0).all()
    inside = {"linear": 2 - 1.9 * 25 / 49, "log": 1 / (0.5 + 9.5 * np.log(26) / np.log(50))}
    assert result.temperatures[25] == pytest.approx(inside.get(schedule, 2 * 0.05 ** (25 / 49)))


def test_given_temperatures():
    result = anneal_tour(polygon(10), schedule=[1.0, 0.5, 0.0], random_state=0)
    assert result.temperatures.tolist() == [1.0, 0.5, 0.0]
    stages = anneal_tour(polygon(10), schedule="2@20,1@0.5", random_state=0)
    assert stages.temperatures.tolist() == [20, 20, 0.5]


def test_at_temperature_zero_no_tour_grows():
    result = anneal_tour(random_cities(50, random_state=1), schedule=np.zeros(50), initial="random", random_state=2)
    assert (np.diff(result.mean_lengths) <= 1e-12).all()
    assert result.mean_lengths[-1] < 0.6 * result.mean_lengths[0]
    np.testing.assert_allclose(result.lengths, result.last_lengths)


@pytest.mark.parametrize("neighbours", [1, 3, 50])
def test_near_pairs_come_in_both_orders(neighbours):
    distances = random_cities(12, random_state=7).distances
    nearest = [set(sorted(range(12), key=lambda b, a=a: distances[a, b])[1 : neighbours + 1]) for a in range(12)]
    expected = [(a, b) for a in range(12) for b in range(12) if b in nearest[a] or a in nearest[b]]
    assert sorted(map(tuple, tour_start.near_pairs(distances, neighbours).tolist())) == expected


def test_starts(rng):
    cities = random_cities(30, random_state=1)
    tours = tour_start.nearest_tours(cities.distances, 35, 5)
    for tour in tours:
        left = set(range(30)) - {tour[0]}
        for here, there in pairwise(tour):
            assert cities.distances[here, there] == min(cities.distances[here, city] for city in left)
            left.remove(there)
    assert sorted(tours[:30, 0]) == list(range(30))
    given = rng.permutation(30)
    still = anneal_tour(cities, schedule=[0.0], initial=given, reads=3, random_state=0)
    assert (still.lengths <= cities.length(given)).all()
    best = np.argsort((np.arange(30) * 7) % 30)
    kept = anneal_tour(polygon(30, 7), schedule=[0.0] * 3, initial=np.stack([best, best]), reads=2, random_state=0)
    assert kept.last_lengths == pytest.approx([60 * np.sin(np.pi / 30)] * 2)


def test_a_callback_hears_and_stops():
    heard = []

    def stop(progress):
        heard.append(progress)
        return len(heard) == 2

    cities = random_cities(400, random_state=0)
    result = anneal_tour(cities, sweeps=200, reads=10, random_state=0, callback=stop)
    assert result.stopped == "callback"
    assert [p.step for p in heard] == [50, 100]
    assert heard[-1].total == 200
    assert heard[-1].metrics["mean_length"] == result.mean_lengths[-1]
    assert len(result.temperatures) == len(result.acceptance) == 100


def test_a_time_limit_stops():
    result = anneal_tour(random_cities(400, random_state=0), sweeps=100_000, time_limit=0.2, random_state=0)
    assert result.stopped == "time limit"
    assert 0 < len(result.temperatures) < 100_000
    assert result.seconds < 20


@pytest.mark.parametrize(
    ("name", "optimum"), [("burma14", 3323), ("ulysses16", 6859), ("berlin52", 7542), ("att48", 10628), ("eil51", 426)]
)
def test_tsplib_optima_are_found_by_default(name, optimum, data_folder):
    from neurosim.ising import read_tsplib

    result = anneal_tour(read_tsplib(data_folder / "tsplib" / f"{name}.tsp"), random_state=1)
    assert result.best_length == optimum


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cities", np.zeros((4, 4))),
        ("schedule", "fast"),
        ("schedule", [1.0, -1.0]),
        ("sweeps", 0),
        ("reads", 0),
        ("moves", "2-opt"),
        ("moves", ("3-opt",)),
        ("moves", ()),
        ("neighbours", 0),
        ("temperature_range", (1.0, 0.0)),
        ("time_limit", 0),
        ("initial", "greedy"),
        ("initial", [0, 1, 2]),
        ("initial", [0, 1, 2, 2, 4]),
        ("random_state", -1),
    ],
)
def test_bad_parameters(name, value):
    with pytest.raises(InvalidParameter, match=name):
        anneal_tour(**{"cities": polygon(5), "reads": 2, name: value})
