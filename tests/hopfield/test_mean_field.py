"""Mean field against direct integration, iteration and differentiation of the published equations, and their values."""

from itertools import pairwise, product
from math import erf, exp, pi, sqrt

import numpy as np
import pytest
from scipy.integrate import quad

from neurosim.core.errors import InvalidParameter
from neurosim.hopfield import theory

POINTS = [(0.05, 0.3), (0.1, 0.2), (0.05, 0.5), (0.02, 0.6), (0.13, 0.02), (0.0003, 0.95)]


def naive_average(function, load, t, m, r):
    """Integrate a function of the field over the noise, in two parts that meet where the field is 0."""
    noise = sqrt(load * r)

    def integrand(z):
        return function((noise * z + m) / t) * exp(-z * z / 2) / sqrt(2 * pi)

    kink = max(-8.0, -m / noise)
    cuts = [-10, kink - 10 * t / noise, kink, kink + 10 * t / noise, 10]
    return sum(quad(integrand, *ends, epsabs=1e-12, limit=200)[0] for ends in pairwise(cuts))


@pytest.mark.parametrize("state", [theory.retrieval_state, theory.spin_glass_state])
@pytest.mark.parametrize(("load", "t"), POINTS)
def test_states_solve_the_equations(load, t, state):
    s = state(load, t)
    m = naive_average(np.tanh, load, t, s.overlap, s.r)
    q = naive_average(lambda x: np.tanh(x) ** 2, load, t, s.overlap, s.r)
    assert (m, q) == pytest.approx((s.overlap, s.q), abs=1e-10)
    assert s.r == pytest.approx(s.q / (1 - (1 - s.q) / t) ** 2, rel=1e-7)
    assert s.susceptibility == pytest.approx((1 - s.q) / t, abs=1e-9)
    assert (s.load, s.temperature) == (load, t)


@pytest.mark.parametrize("state", [theory.retrieval_state, theory.spin_glass_state])
@pytest.mark.parametrize("load", [0.001, 0.05, 0.137])
def test_states_solve_the_equations_without_noise(load, state):
    s = state(load)
    assert s.overlap == pytest.approx(erf(s.overlap / sqrt(2 * load * s.r)), abs=1e-12)
    c = sqrt(2 / (pi * load * s.r)) * exp(-(s.overlap**2) / (2 * load * s.r))
    assert (s.susceptibility, s.r) == pytest.approx((c, (1 - c) ** -2), rel=1e-11)
    # the energy is -sum of all squared overlaps / 2, less what the self-couplings would give
    assert s.free_energy == pytest.approx(-(s.overlap**2) / 2 - load * (s.r - 1) / 2, abs=1e-12)


@pytest.mark.parametrize(("load", "t"), POINTS)
def test_iteration_from_the_pattern_ends_in_the_same_state(load, t):
    z = np.linspace(-9, 9, 20001)
    weight = np.exp(-z * z / 2) / sqrt(2 * pi) * (z[1] - z[0])
    m = q = 1.0
    for _ in range(3000):
        field = (sqrt(load * q) / (1 - (1 - q) / t) * z + m) / t
        tanh = np.tanh(field)
        last, m, q = m, weight @ tanh, weight @ tanh**2
        if abs(m - last) < 1e-11:
            break
    assert theory.retrieval_state(load, t).overlap == pytest.approx(m, abs=1e-7)


@pytest.mark.parametrize("state", [theory.retrieval_state, theory.spin_glass_state])
@pytest.mark.parametrize(("load", "t"), POINTS[:4])
def test_states_are_stationary_points_of_the_free_energy(load, t, state):
    s = state(load, t)
    at = np.array([s.overlap, s.q, s.r])
    assert theory.free_energy(load, t, *at) == pytest.approx(s.free_energy, abs=1e-12)
    for step in 1e-6 * np.eye(3) * np.maximum(at, 0.1):
        slope = (theory.free_energy(load, t, *(at + step)) - theory.free_energy(load, t, *(at - step))) / step.sum() / 2
        assert slope == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("state", [theory.retrieval_state, theory.spin_glass_state])
@pytest.mark.parametrize(("load", "t"), POINTS[:4])
def test_the_free_energy_gives_the_mean_energy(load, t, state):
    """U = d(beta f)/d(beta): minus half of all squared overlaps, which fluctuate by (1-q) / (1 - beta (1-q)) / N."""
    step = 1e-4
    cold, warm = (state(load, t * (1 + change)) for change in (-step, step))
    u = (warm.free_energy / warm.temperature - cold.free_energy / cold.temperature) / (
        1 / warm.temperature - 1 / cold.temperature
    )
    s = state(load, t)
    squares = s.r + (1 - s.q) / (1 - s.susceptibility)
    assert u == pytest.approx(-(s.overlap**2) / 2 - load * (squares - 1) / 2, abs=1e-7)


def test_the_paramagnet_has_the_entropy_of_free_spins():
    s = theory.spin_glass_state(0.1, 50.0)
    assert (s.overlap, s.q, s.r) == (0, 0, 0)
    assert s.free_energy == pytest.approx(-50 * np.log(2) - 0.1 / 4 / 50, abs=1e-5)  # first order in beta


def test_cold_states_tend_to_those_without_noise():
    for state in (theory.retrieval_state, theory.spin_glass_state):
        cold, frozen = state(0.1, 1e-7), state(0.1)
        assert (cold.overlap, cold.r, cold.free_energy) == pytest.approx(
            (frozen.overlap, frozen.r, frozen.free_energy), abs=1e-6
        )


@pytest.mark.parametrize("t", [0.0, 1e-6, 0.3, 0.9, 0.9999])
def test_few_patterns_are_the_limit_of_small_loads(t):
    alone, few = theory.retrieval_state(0.0, t), theory.retrieval_state(1e-14, t)
    assert alone.overlap == pytest.approx(np.tanh(alone.overlap / t) if t else 1.0, abs=1e-12)
    values = (few.overlap, few.q, few.r, few.susceptibility, few.free_energy)
    wanted = (alone.overlap, alone.q, alone.r, alone.susceptibility, alone.free_energy)
    assert values == pytest.approx(wanted, rel=1e-4, abs=1e-9)


def test_critical_load():
    s = theory.critical_state()
    assert s.load == theory.critical_load() == pytest.approx(0.13790556649, abs=1e-10)
    assert s.overlap == pytest.approx(0.96741711549, abs=1e-8)
    assert theory.retrieval_state(s.load - 1e-12).overlap == pytest.approx(s.overlap, abs=1e-4)
    assert theory.critical_load(0.023) == pytest.approx(0.13819, abs=1e-5)  # higher than at T = 0


def test_overlaps_without_noise():
    loads = [0.05, 0.08, 0.1, 0.12, 0.13, 0.135]
    values = [0.999992, 0.999557, 0.997999, 0.993223, 0.987212, 0.980791]
    assert theory.retrieval_overlap(loads).tolist() == pytest.approx(values, abs=1e-6)
    assert theory.error_fraction([[0.135, 0.14]]) == pytest.approx(np.array([[(1 - 0.980791) / 2, 0.5]]), abs=1e-6)


@pytest.mark.parametrize(
    ("load", "t", "m", "q"),
    [
        (0.05, 0.3, 0.991165, 0.982961),
        (0.1, 0.2, 0.989085, 0.984417),
        (0.05, 0.5, 0.904106, 0.833358),
        (0.02, 0.6, 0.879290, 0.779278),
    ],
)
def test_states_with_noise(load, t, m, q):
    s = theory.retrieval_state(load, t)
    assert (s.overlap, s.q) == pytest.approx((m, q), abs=1e-6)


@pytest.mark.parametrize(
    ("load", "t"),
    [
        (0.01, 0.801),
        (0.02, 0.7165),
        (0.03, 0.6504),
        (0.05, 0.5423),
        (0.07, 0.4489),
        (0.1, 0.3154),
        (0.12, 0.2151),
        (0.13, 0.1489),
    ],
)
def test_retrieval_temperature(load, t):
    found = theory.retrieval_temperature(load)
    assert found == pytest.approx(t, abs=1e-4)
    assert theory.retrieval_state(load, found - 1e-6).overlap > 0.5
    with pytest.raises(InvalidParameter, match="load must be at most"):
        theory.retrieval_state(load, found + 1e-6)


@pytest.mark.parametrize(("load", "t"), [(0.02, 0.591), (0.03, 0.479), (0.05, 0.216)])
def test_transition_temperature(load, t):
    found = theory.transition_temperature(load)
    assert found == pytest.approx(t, abs=1e-3)
    assert theory.phase(load, found - 1e-4) == "retrieval"
    assert theory.phase(load, found + 1e-4) == "metastable retrieval"


def test_the_lines_near_no_load():
    assert theory.retrieval_temperature(0.0) == theory.transition_temperature(0.0) == 1.0
    assert (1 - theory.retrieval_temperature(1e-10)) / 1e-5 == pytest.approx(1.95, abs=0.01)
    assert (1 - theory.transition_temperature(1e-10)) / 1e-5 == pytest.approx(2.6, abs=0.02)


def test_phases():
    assert theory.transition_load() == pytest.approx(0.05185, abs=1e-5)
    assert theory.spin_glass_temperature(0.04) == pytest.approx(1.2)
    assert theory.spin_glass_state(0.04, 1.2 - 1e-4).q > 0 == theory.spin_glass_state(0.04, 1.2).q
    names = [theory.phase(*at) for at in ((0.02, 0.1), (0.1, 0.1), (0.1, 0.9), (0.1, 1.2), (0.15, 0.0), (0.04, 1.2))]
    assert names == [
        "retrieval",
        "metastable retrieval",
        "spin glass",
        "spin glass",
        "spin glass",
        "paramagnet",
    ]


def test_phase_diagram():
    lines = theory.phase_diagram(11)
    assert lines.temperatures == pytest.approx(np.linspace(0, 1, 11))
    for i in (0, 3, 9):
        assert lines.retrieval_loads[i] == theory.critical_load(float(lines.temperatures[i]))
        assert lines.transition_loads[i] == theory.transition_load(float(lines.temperatures[i]))
    assert lines.retrieval_loads[-1] == lines.transition_loads[-1] == 0
    assert np.all(lines.transition_loads[:-1] < lines.retrieval_loads[:-1])
    assert lines.spin_glass_temperatures == pytest.approx(1 + np.sqrt(lines.loads))


def test_at_large_loads_the_spin_glass_is_that_of_sherrington_and_kirkpatrick():
    assert theory.spin_glass_state(1e8).free_energy / 1e4 == pytest.approx(-sqrt(2 / pi), abs=1e-3)
    assert theory.sherrington_kirkpatrick_energy() == -0.763166
    assert theory.sherrington_kirkpatrick_energy(64) == pytest.approx(-0.763166 + 0.7 / 16)


def naive_mixture(mixed, t, m, others=1):
    """Free energy by enumeration of all patterns at a unit, the first `mixed` of which are mixed."""
    xi = np.array(list(product([-1, 1], repeat=mixed + others)))
    return m @ m / 2 - t * np.mean(np.log(2 * np.cosh(xi @ m / t)))


@pytest.mark.parametrize("mixed", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("t", [0.25, 0.55, 0.9])
def test_mixtures(mixed, t):
    def f(m):
        return naive_mixture(mixed, t, m)

    m = np.zeros(mixed + 1)
    m[:mixed] = theory.mixture_overlap(mixed, t)
    steps = 1e-4 * np.eye(mixed + 1)
    slopes = [(f(m + step) - f(m - step)) / 2e-4 for step in steps]
    assert slopes == pytest.approx([0] * (mixed + 1), abs=1e-7)
    curvature = [[(f(m + a + b) - f(m + a - b) - f(m - a + b) + f(m - a - b)) / 4e-8 for a in steps] for b in steps]
    assert m[0] > 0.1
    assert theory.mixture_stability(mixed, t) == pytest.approx(np.linalg.eigvalsh(curvature)[0], abs=1e-5)


def test_where_mixtures_are_stable():
    assert theory.mixture_overlap(1) == 1
    assert theory.mixture_overlap(3) == 0.5
    assert theory.mixture_overlap(3, 1e-3) == pytest.approx(0.5, abs=1e-12)
    assert theory.mixture_overlap(3, 1.0) == 0
    assert theory.mixture_temperature(1) == 1
    assert theory.mixture_temperature(3) == pytest.approx(0.46, abs=0.002)
    for mixed in (3, 5, 101):
        t = theory.mixture_temperature(mixed)
        assert theory.mixture_stability(mixed, 0.99 * t) > 0 > theory.mixture_stability(mixed, 1.01 * t)
    assert theory.mixture_stability(2) == -np.inf < theory.mixture_stability(2, 0.01) < 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.retrieval_state(0.14), r"retrieval_state: load must be at most 0\.137906"),
        (lambda: theory.retrieval_state(-0.1), "load must be a finite number >= 0; got -0.1"),
        (lambda: theory.retrieval_state(0.1, 1.0), "temperature must be a number >= 0 and < 1"),
        (lambda: theory.retrieval_overlap([0.1, np.nan]), "load"),
        (lambda: theory.retrieval_overlap([0.1, -1.0]), "load"),
        (lambda: theory.spin_glass_state(0.0), "load must be a finite number > 0"),
        (lambda: theory.free_energy(0.1, 0.2, 1.0, 0.5, 1.0), "temperature must be above 1 - q = 0.5"),
        (lambda: theory.free_energy(0.1, 0.2, 1.0, 1.5, 1.0), "q must be a number in"),
        (lambda: theory.retrieval_temperature(0.139), "load must be at most 0.13818"),
        (lambda: theory.transition_temperature(0.06), "load must be at most 0.0531"),
        (lambda: theory.phase_diagram(2), "points must be an integer >= 3"),
        (lambda: theory.mixture_temperature(2), "mixed must be odd"),
        (lambda: theory.mixture_overlap(0), "mixed must be an integer >= 1"),
        (lambda: theory.sherrington_kirkpatrick_energy(0), "n_spins"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()
