"""Generated models: their bonds, their distributions, their seeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurosim.core.errors import InvalidParameter
from neurosim.ising import edwards_anderson, lattice, random_regular, sherrington_kirkpatrick


def naive_bonds(shape, periodic):
    sites = list(np.ndindex(*shape))
    number = {site: k for k, site in enumerate(sites)}
    bonds = set()
    for site in sites:
        for axis, side in enumerate(shape):
            step = list(site)
            step[axis] += 1
            if periodic:
                step[axis] %= side
            if step[axis] < side:
                bonds.add(tuple(sorted((number[site], number[tuple(step)]))))
    return sorted(bonds)


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("shape", [(4,), (3, 5), (4, 3, 5), (3, 3, 3, 4)])
def test_a_lattice_couples_nearest_neighbours(shape, periodic):
    model = lattice(shape, coupling=-1.5, periodic=periodic)
    edges, values = model.pairs()
    assert [tuple(edge) for edge in edges.tolist()] == naive_bonds(shape, periodic)
    assert model.n_spins == np.prod(shape)
    assert set(values) == {-1.5}
    glass = edwards_anderson(shape, periodic=periodic, random_state=3)
    np.testing.assert_array_equal(glass.pairs()[0], edges)


def test_open_lattices_may_have_short_sides():
    assert lattice((1, 2), periodic=False).pairs()[0].tolist() == [[0, 1]]
    assert lattice([2, 2], periodic=False).n_spins == 4


def test_bimodal_glasses_are_integer():
    assert edwards_anderson().n_spins == 16**3
    model = edwards_anderson((20, 20, 20), random_state=1)
    values = model.pairs()[1]
    assert model.is_integer
    assert len(values) == 3 * 8000
    assert set(values) == {-1, 1}
    assert abs(values.sum()) < 4.5 * np.sqrt(len(values))


def test_gaussian_glasses_are_normal():
    values = edwards_anderson((20, 20, 20), distribution="gaussian", random_state=1).pairs()[1]
    assert stats.kstest(values, "norm").pvalue > 1e-3


def test_couplings_between_all_pairs_have_variance_one_by_n():
    n = 300
    model = sherrington_kirkpatrick(n, random_state=2)
    values = model.pairs()[1]
    assert len(values) == n * (n - 1) // 2
    assert not model.is_sparse
    assert stats.kstest(values * np.sqrt(n), "norm").pvalue > 1e-3
    signs = sherrington_kirkpatrick(n, distribution="bimodal", random_state=2).pairs()[1]
    np.testing.assert_allclose(np.unique(signs), [-(n**-0.5), n**-0.5])
    assert abs(np.sign(signs).sum()) < 4.5 * np.sqrt(len(signs))


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: sherrington_kirkpatrick(9, random_state=seed).couplings,
        lambda seed: edwards_anderson((5, 4), random_state=seed).couplings.toarray(),
        lambda seed: random_regular(10, 3, random_state=seed).edges,
        lambda seed: random_regular(10, 3, weights="gaussian", random_state=seed).weights,
    ],
)
def test_seeds(make):
    np.testing.assert_array_equal(make(5), make(5))
    assert not np.array_equal(make(5), make(6))
    assert not np.array_equal(make(None), make(None))
    generator = np.random.default_rng(0)
    first = make(generator)
    assert not np.array_equal(first, make(generator))
    np.testing.assert_array_equal(first, make(np.random.default_rng(0)))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_vertex_of_a_regular_graph_has_its_degree(data):
    n = data.draw(st.integers(2, 30))
    degree = data.draw(st.integers(0, n - 1).filter(lambda d: n * d % 2 == 0))
    graph = random_regular(n, degree, random_state=data.draw(st.integers(0, 100)))
    assert graph.degree.tolist() == [degree] * n
    assert set(graph.weights) <= {1}


def test_regular_graphs_come_in_all_forms():
    # vertices of degree 2: 60 hexagons and 10 pairs of triangles
    found = {random_regular(6, 2, random_state=k).edges.tobytes() for k in range(1500)}
    assert len(found) == 70


def test_weights_of_regular_graphs():
    signs = random_regular(2000, 3, weights="bimodal", random_state=0).weights
    assert set(signs) == {-1, 1}
    assert abs(signs.sum()) < 4.5 * np.sqrt(len(signs))
    assert stats.kstest(random_regular(2000, 3, weights="gaussian", random_state=0).weights, "norm").pvalue > 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sherrington_kirkpatrick(1), "sherrington_kirkpatrick: n_spins must be an integer >= 2; got 1"),
        (lambda: sherrington_kirkpatrick(9, distribution="normal"), "distribution must be one of gaussian, bimodal"),
        (lambda: sherrington_kirkpatrick(9, random_state=-1), "random_state must be"),
        (lambda: edwards_anderson((3, 3), distribution="+-J"), "edwards_anderson: distribution must be one of"),
        (lambda: lattice((3, np.inf)), r"lattice: shape must be integers >= 3, .*; got \(3, inf\)"),
        (lambda: edwards_anderson((3, 2)), r"edwards_anderson: shape must be integers >= 3, .*; got \(3, 2\)"),
        (lambda: lattice(()), "lattice: shape must be integers >= 3"),
        (lambda: lattice(4), "lattice: shape must be integers >= 3"),
        (lambda: lattice((4.5, 4)), "lattice: shape must be integers >= 3"),
        (lambda: lattice((4, 0), periodic=False), "lattice: shape must be integers >= 1"),
        (lambda: lattice((4, 4), periodic="no"), "lattice: periodic must be True or False"),
        (lambda: lattice((4, 4), coupling=np.inf), "lattice: coupling must be a finite number"),
        (lambda: random_regular(5, 3), "random_regular: degree must be less than n_vertices = 5, and .* even; got 3"),
        (lambda: random_regular(4, 4), "random_regular: degree must be less than n_vertices = 4"),
        (lambda: random_regular(4, 2, weights="J"), "weights must be one of ones, gaussian, bimodal"),
    ],
)
def test_wrong_input(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()
