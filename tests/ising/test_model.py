"""The energy and its forms against sums written out over all pairs."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from neurosim.core import storage
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising import Graph, IsingModel, to_dimod
from neurosim.ising.graphs import as_spins

quarters = st.integers(-40, 40).map(lambda k: k / 4)  # exact in float64, also after sums and halving


@st.composite
def models(draw, fields=True):
    n = draw(st.integers(1, 6))
    values = draw(st.lists(quarters, min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2))
    couplings = np.zeros((n, n))
    couplings[np.triu_indices(n, 1)] = values
    couplings += couplings.T
    h = draw(st.lists(quarters, min_size=n, max_size=n)) if fields else None
    kind = draw(st.sampled_from([np.array, sparse.csr_array, sparse.coo_matrix]))
    return IsingModel(kind(couplings), h, offset=draw(quarters))


def all_states(n):
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1) * 2 - 1


def dense(model):
    return model.couplings.toarray() if model.is_sparse else model.couplings


def naive_energy(model, s):
    couplings = dense(model)
    pairs = sum(couplings[i, j] * s[i] * s[j] for i in range(len(s)) for j in range(i))
    return -pairs - sum(h * x for h, x in zip(model.fields, s, strict=True)) + model.offset


@settings(max_examples=40, deadline=None)
@given(models())
def test_energies_are_the_sum_over_pairs_in_either_coding(model):
    states = all_states(model.n_spins)
    wanted = [naive_energy(model, s) for s in states]
    assert model.energy(states).tolist() == wanted
    assert model.energy((states + 1) // 2, coding="binary").tolist() == wanted
    assert model.energy(states[-1]) == wanted[-1]
    assert isinstance(model.energy(states[-1]), float)


@settings(max_examples=40, deadline=None)
@given(models(), st.data())
def test_a_flip_costs_twice_the_spin_times_its_local_field(model, data):
    i = data.draw(st.integers(0, model.n_spins - 1))
    states = all_states(model.n_spins)
    turned = states.copy()
    turned[:, i] *= -1
    change = 2 * states[:, i] * model.local_fields(states)[:, i]
    np.testing.assert_array_equal(model.energy(turned) - model.energy(states), change)
    binary = model.local_fields((states + 1) // 2, coding="binary")
    np.testing.assert_array_equal(binary, model.local_fields(states))


@settings(max_examples=40, deadline=None)
@given(models())
def test_to_qubo_and_back_keeps_every_energy(model):
    qubo, offset = model.to_qubo()
    assert sparse.triu(qubo).nnz == qubo.nnz
    states = all_states(model.n_spins)
    bits = (states + 1) // 2
    energies = np.einsum("ki,ij,kj->k", bits, qubo.toarray(), bits) + offset
    np.testing.assert_array_equal(energies, model.energy(states))
    for form in (qubo, qubo.toarray()):
        back = IsingModel.from_qubo(form, offset=offset)
        np.testing.assert_array_equal(back.energy(states), model.energy(states))
        np.testing.assert_array_equal(dense(back), dense(model))
        np.testing.assert_array_equal(back.fields, model.fields)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5).flatmap(lambda n: st.lists(quarters, min_size=n * n, max_size=n * n)), quarters)
def test_any_square_matrix_is_a_qubo(values, offset):
    n = int(len(values) ** 0.5)
    matrix = np.array(values).reshape(n, n)
    bits = (all_states(n) + 1) // 2
    wanted = np.einsum("ki,ij,kj->k", bits, matrix, bits) + offset
    entries = {(i, j): matrix[i, j] for i in range(n) for j in range(n)}
    for form in (matrix, sparse.coo_array(matrix), entries):
        np.testing.assert_array_equal(IsingModel.from_qubo(form, offset=offset).energy(bits, coding="binary"), wanted)


@settings(max_examples=40, deadline=None)
@given(models())
def test_dimod_has_the_opposite_signs(model):
    h, j, offset = to_dimod(model)
    states = all_states(model.n_spins)
    energies = [sum(h[i] * s[i] for i in h) + sum(v * s[a] * s[b] for (a, b), v in j.items()) + offset for s in states]
    np.testing.assert_array_equal(energies, model.energy(states))
    bqm = SimpleNamespace(spin=SimpleNamespace(linear=h, quadratic=j, offset=offset))
    for back in (IsingModel.from_ising_dicts(h, j, offset), IsingModel.from_dimod(bqm)):
        np.testing.assert_array_equal(back.energy(states), model.energy(states))
        np.testing.assert_array_equal(dense(back), dense(model))


def test_ising_dicts_add_up_both_orders_and_take_a_list_of_fields():
    model = IsingModel.from_ising_dicts([0.5, 0, -1], {(0, 1): 1, (1, 0): 2}, 4.0)
    assert model.n_spins == 3
    assert model.energy([1, 1, 1]) == 0.5 - 1 + 3 + 4
    assert model.energy([1, -1, 1]) == 0.5 - 1 - 3 + 4
    model = IsingModel.from_ising_dicts({}, {(0, 4): 1})
    assert (model.n_spins, model.offset) == (5, 0.0)


def test_a_qubo_has_no_offset_unless_one_is_given():
    assert IsingModel.from_qubo({(0, 1): 3.0, (2, 2): 1.0}).energy([0, 0, 0], coding="binary") == 0


@settings(max_examples=30, deadline=None)
@given(models(fields=False))
def test_energy_and_cut_of_a_graph(model):
    graph = model.to_graph()
    again = IsingModel.from_graph(graph)
    np.testing.assert_array_equal(dense(again), dense(model))
    for s in all_states(model.n_spins):
        naive = sum(-dense(model)[i, j] for i in range(model.n_spins) for j in range(i) if s[i] != s[j])
        assert graph.cut(s) == again.cut(s) == model.cut(s) == naive
        assert graph.cut((s + 1) // 2, coding="binary") == naive
        assert 2 * naive == graph.weights.sum() - again.energy(s)
    states = all_states(model.n_spins).reshape(2, -1, model.n_spins)
    np.testing.assert_array_equal(graph.cut(states), model.cut(states))
    assert graph.cut(states).shape == states.shape[:2]


def test_blocks_of_states_give_the_same_numbers(monkeypatch, rng):
    couplings = rng.integers(-3, 4, (30, 30))
    couplings = np.triu(couplings, 1) + np.triu(couplings, 1).T
    states = rng.choice([-1, 1], (3, 25, 30))
    for form in (couplings, sparse.csr_array(couplings)):
        model = IsingModel(form, rng.integers(-3, 4, 30))
        whole = model.energy(states), model.local_fields(states), model.to_qubo()[1]
        monkeypatch.setattr("neurosim.ising.model.BLOCK", 70)
        np.testing.assert_array_equal(model.energy(states), whole[0])
        np.testing.assert_array_equal(model.local_fields(states), whole[1])
        monkeypatch.undo()
    graph = Graph(30, *IsingModel(couplings).pairs())
    cuts = graph.cut(states)
    monkeypatch.setattr("neurosim.ising.graphs.BLOCK", 1000)
    np.testing.assert_array_equal(graph.cut(states), cuts)
    np.testing.assert_array_equal(IsingModel.from_graph(graph).cut(states), cuts)


def test_a_large_sparse_model_stays_sparse(rng):
    n = 20_000
    ring = np.stack([np.arange(n), np.roll(np.arange(n), -1)], axis=1)
    values = rng.choice([-1, 1], n)
    model = IsingModel.from_edges(n, ring, values)
    assert model.is_sparse
    assert model.is_integer
    assert model.couplings.has_sorted_indices
    states = rng.choice(np.array([-1, 1], dtype=np.int8), (3, n))
    wanted = -(states * np.roll(states, -1, axis=1)) @ values
    np.testing.assert_array_equal(model.energy(states), wanted)
    assert IsingModel.from_qubo(*model.to_qubo()[:1]).is_sparse


def test_what_a_model_holds():
    given_couplings = np.array([[0, 2], [2, 0]])
    model = IsingModel(given_couplings, [1, 0], offset=2)
    given_couplings[:] = 7
    assert model.couplings.tolist() == [[0, 2], [2, 0]]
    assert model.couplings.dtype == model.fields.dtype == np.float64
    assert (model.n_spins, model.offset, model.is_sparse, model.is_integer) == (2, 2.0, False, True)
    assert not IsingModel([[0, 2.5], [2.5, 0]]).is_integer
    assert not IsingModel([[0, 2], [2, 0]], [0.5, 0]).is_integer
    assert not IsingModel(sparse.csr_array([[0, 2.5], [2.5, 0]])).is_integer
    unsorted = sparse.coo_array(([1.0, 2, 1, 2, 0, 0], ([0, 0, 2, 1, 0, 1], [2, 1, 0, 0, 1, 0])), shape=(3, 3))
    model = IsingModel(unsorted)
    assert model.couplings.indices.tolist() == [1, 2, 0, 0]
    assert repr(model) == "IsingModel(n_spins=3, sparse, 2 couplings, offset=0)"
    edges, values = model.pairs()
    assert edges.tolist() == [[0, 1], [0, 2]]
    assert values.tolist() == [2, 1]


@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
def test_a_model_is_stored(form, tmp_path):
    model = IsingModel(form([[0, 2.5], [2.5, 0]]), [1, 0], offset=2)
    back = storage.load(storage.save(model, tmp_path / "model.npz"))
    assert back.is_sparse == model.is_sparse
    states = all_states(2)
    np.testing.assert_array_equal(back.energy(states), model.energy(states))


@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
@pytest.mark.parametrize(
    ("couplings", "message"),
    [
        (
            [[0, 1, 0], [1, 0, 2], [0, 3, 0]],
            r"couplings must be symmetric; couplings\[1, 2\] is 2 and couplings\[2, 1\] is 3",
        ),
        ([[0, 1], [1, 4]], r"couplings must have a zero diagonal; couplings\[1, 1\] is 4"),
        ([[0, np.nan], [np.nan, 0]], "couplings must be finite"),
        ([[0, 1, 0], [1, 0, 0]], r"couplings must have shape \(N, N\), N >= 1; got \(2, 3\)"),
        ([[0, 1j], [1j, 0]], "couplings must be real numbers; got an array of type complex128"),
    ],
)
def test_wrong_couplings(form, couplings, message):
    with pytest.raises(DataError, match=f"IsingModel: {message}"):
        IsingModel(form(couplings))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: IsingModel(0), r"couplings must have shape \(N, N\)"),
        (lambda m: IsingModel([["a"]]), "couplings must be real numbers"),
        (lambda m: IsingModel([[0, 1], [1]]), "couplings must be an array; got rows of different lengths"),
        (lambda m: IsingModel(m.couplings, [[1, 2], [3], 4]), "fields must be an array; got rows of different lengths"),
        (lambda m: IsingModel.from_edges(3, [(0, 1), (1,)], [1, 1]), "edges must be an array; got rows of different"),
        (lambda m: IsingModel.from_edges(2**31, [(0, 1)], [1]), "n_spins must be at most 2147483647; got 2147483648"),
        (lambda m: m.energy([[1, 1, 1], [1]]), "states must be an array; got rows of different lengths"),
        (
            lambda m: as_spins("IsingModel", [1, 0, 1], 3, name="initial"),
            r"initial of coding 'spin' .*; initial\[1\] is 0",
        ),
        (lambda m: as_spins("IsingModel", [1, 1], 3, name="initial"), r"initial must have shape \(\.\.\., 3\)"),
        (lambda m: IsingModel.from_qubo({}), "qubo must have at least one entry; got an empty dict"),
        (lambda m: IsingModel.from_qubo(None), "qubo must be real numbers; got an array of type object"),
        (lambda m: IsingModel.from_qubo([[1, 2], [3]]), "qubo must be an array; got rows of different lengths"),
        (lambda m: IsingModel.from_qubo([[np.inf]]), "qubo must be finite"),
        (lambda m: IsingModel.from_qubo({(0, 10**24): 1}), "variables of qubo must be below 2147483647; got 10000"),
        (lambda m: IsingModel(m.couplings, [1]), r"fields must have shape \(3,\); got \(1,\)"),
        (lambda m: IsingModel(m.couplings, [1, np.inf, 0]), r"fields must be finite; fields\[1\] is inf"),
        (lambda m: IsingModel(m.couplings, offset=np.nan), "offset must be a finite number; got nan"),
        (lambda m: IsingModel.from_qubo(np.eye(2), offset="1"), "offset must be a finite number; got '1'"),
        (lambda m: m.energy([1, 1]), r"states must have shape \(\.\.\., 3\); got \(2,\)"),
        (lambda m: m.energy([[1, 0, 1]]), r"states of coding 'spin' must be -1 or 1; states\[0, 1\] is 0"),
        (
            lambda m: m.energy([1, 0, -1], coding="binary"),
            r"states of coding 'binary' must be 0 or 1; states\[2\] is -1",
        ),
        (lambda m: m.energy([1, 1, 1], coding="01"), "coding must be one of spin, binary; got '01'"),
        (lambda m: IsingModel(m.couplings, [0, 2, 0]).cut([1, 1, 1]), r"with fields is no cut; fields\[1\] is 2"),
        (lambda m: IsingModel(m.couplings, [0, 2, 0]).to_graph(), "with fields is no cut"),
        (lambda m: IsingModel.from_edges(3, [(0, 1), (1, 0)], [1, 2]), r"edges\[0\] and edges\[1\] are both \[0, 1\]"),
        (lambda m: IsingModel.from_edges(3, [(0, 1)], [1, 2]), r"values must have shape \(1,\); got \(2,\)"),
        (lambda m: IsingModel.from_qubo([[1, 2]]), r"qubo must have shape \(N, N\)"),
        (lambda m: IsingModel.from_qubo({(0, "a"): 1}), "variables of qubo must be integers >= 0; got 'a'"),
        (lambda m: IsingModel.from_qubo({0: 1}), r"keys of qubo must be pairs \(i, j\)"),
        (lambda m: IsingModel.from_dimod(3), "bqm must be a dimod BinaryQuadraticModel; got int"),
    ],
)
def test_wrong_input(call, message):
    model = IsingModel([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    with pytest.raises((DataError, InvalidParameter), match=f"IsingModel: .*{message}"):
        call(model)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, []), "n_vertices must be an integer >= 1; got 0"),
        ((3, [(0, 3)]), r"edges\[0\], \[0, 3\], leaves the range 0 ... 2"),
        ((3, [(0, 1), (-1, 1)]), r"edges\[1\], \[-1, 1\], leaves the range 0 ... 2"),
        ((3, [(0, 1), (2, 2)]), r"edges\[1\], \[2, 2\], is a loop"),
        ((3, [(0, 1), (1, 2), (1, 0)]), r"edges\[0\] and edges\[2\] are both \[0, 1\]"),
        ((3, [(0, 1.5)]), r"edges must be integers of shape \(M, 2\); got float64 of shape \(1, 2\)"),
        ((2, 5), r"edges must be integers of shape \(M, 2\); got int64 of shape \(\)"),
        ((2, None), r"edges must be integers of shape \(M, 2\); got object of shape \(\)"),
        ((2, [(0, 1), (1,)]), "edges must be an array; got rows of different lengths"),
        ((2**31, []), "n_vertices must be at most 2147483647; got 2147483648"),
        ((3, [(0, 1, 2)]), r"edges must be integers of shape \(M, 2\); got int64 of shape \(1, 3\)"),
        ((3, [(0, 1)], [np.nan]), r"weights must be finite; weights\[0\] is nan"),
    ],
)
def test_wrong_graphs(arguments, message):
    with pytest.raises((DataError, InvalidParameter), match=f"Graph: {message}"):
        Graph(*arguments)


@pytest.mark.parametrize("form", [sparse.coo_array, sparse.coo_matrix, sparse.csr_array, sparse.csc_array])
def test_duplicates_of_narrow_types_are_added_up_in_full(form):
    places = [0, 0, 1, 1], [1, 1, 0, 0]
    entries = np.full(4, 100, np.int8), places
    if form in (sparse.csr_array, sparse.csc_array):
        entries = np.full(4, 100, np.int8), [1, 1, 0, 0], [0, 2, 4]
    assert IsingModel(form(entries, shape=(2, 2))).couplings.toarray().tolist() == [[0, 200], [200, 0]]
    assert IsingModel.from_qubo(form(entries, shape=(2, 2))).energy([1, 1], coding="binary") == 400


def test_a_sparse_matrix_that_came_in_is_left_as_it_was():
    given_couplings = sparse.csr_array((np.ones(4), [1, 1, 0, 0], [0, 2, 4]), shape=(2, 2))
    model = IsingModel(given_couplings)
    model.couplings.data[:] = 7
    assert given_couplings.data.tolist() == [1, 1, 1, 1]
    same = sparse.csr_array([[0, 1.0], [1.0, 0]])
    IsingModel(same).couplings.data[:] = 7
    assert same.data.tolist() == [1, 1]


def test_what_a_graph_holds():
    graph = Graph(5, [(3, 1), (0, 4), (1, 0)], [2.0, 3.0, -1.0])
    assert graph.edges.tolist() == [[0, 1], [0, 4], [1, 3]]
    assert graph.weights.tolist() == [-1, 3, 2]
    assert graph.weights.dtype == graph.edges.dtype == np.int64
    assert graph.degree.tolist() == [2, 2, 0, 1, 1]
    assert Graph(2, [(0, 1)], [0.5]).weights.dtype == np.float64
    assert Graph(3, []).cut([1, -1, 1]) == 0
    assert isinstance(Graph(2, [(0, 1)]).cut([1, -1]), int)
