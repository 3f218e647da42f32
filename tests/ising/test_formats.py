"""Text formats: what is written is read again, what is damaged is refused with its line."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising import Graph, IsingModel, gset, read_coo, read_graph, write_coo, write_graph

DIGITS = "9" * 5000  # Python's int refuses so many
numbers = st.floats(-1e9, 1e9, allow_subnormal=False) | st.integers(-5, 5).map(float)


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 7))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])))
    return Graph(n, sorted(pairs), draw(st.lists(numbers, min_size=len(pairs), max_size=len(pairs))))


@settings(max_examples=40, deadline=None)
@given(graphs(), st.sampled_from(["graph.txt", "graph.gz"]))
def test_a_graph_is_read_as_it_was_written(tmp_path_factory, graph, name):
    path = write_graph(graph, tmp_path_factory.mktemp("graph") / name)
    back = read_graph(path)
    assert back.n_vertices == graph.n_vertices
    np.testing.assert_array_equal(back.edges, graph.edges)
    np.testing.assert_array_equal(back.weights, graph.weights)
    assert back.weights.dtype == graph.weights.dtype
    assert path.read_bytes()[:2] == b"\x1f\x8b" or name == "graph.txt"


def test_the_text_of_a_graph(tmp_path):
    path = write_graph(Graph(3, [(2, 0), (0, 1)], [-1, 1]), tmp_path / "graph.txt")
    assert path.read_text() == "3 2\n1 2 1\n1 3 -1\n"
    path.write_text("# a remark\n\n #\n3 2\n\n2 1\n# 1 2 3\n  3\t1 0.5 \n")
    graph = read_graph(path)
    assert graph.edges.tolist() == [[0, 1], [0, 2]]
    assert graph.weights.tolist() == [1.0, 0.5]


def test_a_gset_graph_passes_through_a_file(tmp_path):
    graph = gset(11)
    back = read_graph(write_graph(graph, tmp_path / "G11.gz"))
    np.testing.assert_array_equal(back.edges, graph.edges)
    np.testing.assert_array_equal(back.weights, graph.weights)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the first line must be \"vertices edges\"; got ''"),
        ("3\n1 2 1\n", "line 1: the first line must be \"vertices edges\"; got '3'"),
        ("3 1 0\n1 2\n", "line 1: the first line must be \"vertices edges\"; got '3 1 0'"),
        ("# none\n", "line 1: the first line must be \"vertices edges\"; got ''"),
        (f"#\n{10**24} 1\n", f"line 2: at most 2147483647 vertices; got {10**24}"),
        (f"{2**31} 0\n", f"line 1: at most 2147483647 vertices; got {2**31}"),
        (f"3 {DIGITS}\n1 2\n", f"promises {DIGITS} edges; the file holds 1"),
        (f"3 1\n1 {DIGITS}\n", f"line 2: edge 1 {DIGITS} leaves the range 1 ... 3"),
        ("3 1\n1 2 1_0\n", "line 2: '1_0' is not a finite number"),
        ("0 0\n", "line 1: the first line must be \"vertices edges\"; got '0 0'"),
        ("3 2\n1 2 1\n", ": the first line promises 2 edges; the file holds 1"),
        ("3 1\n1 2 1\n2 3 1\n", ": the first line promises 1 edges; the file holds 2"),
        ("3 2\n1 2 1\n2 2 1\n", "line 3: edge 2 2 is a loop"),
        ("3 3\n1 2 1\n\n2 3 1\n2 1 1\n", "line 5: edge 2 1 is already on line 2"),
        ("3 1\n1 4 1\n", "line 2: edge 1 4 leaves the range 1 ... 3"),
        ("3 1\n0 1 1\n", "line 2: edge 0 1 leaves the range 1 ... 3"),
        ("3 1\n1 2 1 1\n", "line 2: must be \"i j weight\"; got '1 2 1 1'"),
        ("3 1\n1 b 1\n", "line 2: must be \"i j weight\"; got '1 b 1'"),
        ("3 1\n1 2 x\n", "line 2: 'x' is not a finite number"),
        ("3 1\n1 2 nan\n", "line 2: 'nan' is not a finite number"),
    ],
)
def test_damaged_graphs(tmp_path, text, message):
    path = tmp_path / "graph.txt"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        read_graph(path)
    assert str(error.value).endswith(message)
    assert str(error.value).startswith(str(path))


def test_files_that_are_no_text(tmp_path):
    path = tmp_path / "graph.gz"
    path.write_bytes(gzip.compress(b"3 1\n1 2 1\n")[:-6])
    with pytest.raises(DataError, match="is no text file"):
        read_graph(path)
    path.write_bytes(b"\xff\xfe3")
    with pytest.raises(DataError, match="is no text file"):
        read_graph(path)
    with pytest.raises(FileNotFoundError):
        read_graph(tmp_path / "none.txt")
    with pytest.raises(InvalidParameter, match="write_graph: graph must be a Graph"):
        write_graph(IsingModel([[0]]), path)


@st.composite
def models(draw):
    graph = draw(graphs())
    fields = draw(st.lists(numbers, min_size=graph.n_vertices, max_size=graph.n_vertices))
    return IsingModel.from_edges(graph.n_vertices, graph.edges, graph.weights, fields, offset=draw(numbers))


@settings(max_examples=40, deadline=None)
@given(models(), st.sampled_from(["model.txt", "model.gz"]))
def test_a_model_is_read_as_it_was_written(tmp_path_factory, model, name):
    back = read_coo(write_coo(model, tmp_path_factory.mktemp("coo") / name))
    assert back.offset == model.offset
    np.testing.assert_array_equal(back.couplings.toarray(), model.couplings.toarray())
    np.testing.assert_array_equal(back.fields, model.fields)


@settings(max_examples=40, deadline=None)
@given(models())
def test_a_model_is_written_with_binary_variables(tmp_path_factory, model):
    back = read_coo(write_coo(model, tmp_path_factory.mktemp("coo") / "model.txt", coding="binary"))
    states = (np.arange(2**model.n_spins)[:, None] >> np.arange(model.n_spins) & 1) * 2 - 1
    scale = 1 + abs(model.offset) + np.abs(model.fields).sum() + np.abs(model.couplings.data).sum()
    np.testing.assert_allclose(back.energy(states), model.energy(states), rtol=0, atol=1e-13 * scale)


def test_the_text_of_a_model(tmp_path):
    model = IsingModel([[0, 2, 0], [2, 0, 0], [0, 0, 0]], [0, -1e-7, 0], offset=1.5)
    path = write_coo(model, tmp_path / "model.txt")
    # dimod reads no exponents, and its signs are opposite; the last variable is named though nothing acts on it
    assert path.read_text() == "# vartype=SPIN\n# offset=1.5\n0 1 -2\n1 1 0.0000001\n2 2 0\n"


def test_biases_of_one_place_are_added_up(tmp_path):
    path = tmp_path / "model.txt"
    path.write_text("# a remark\n0 1 1.5\n1 0 1\n0 0 2\n\n0 0 1\n")
    spins = read_coo(path, coding="spin")
    assert spins.couplings[0, 1] == -2.5
    assert spins.fields.tolist() == [-3, 0]
    binary = read_coo(path, coding="binary")
    assert binary.energy([[1, 1], [1, 0], [0, 0]], coding="binary").tolist() == [5.5, 3, 0]


@pytest.mark.parametrize(
    ("text", "coding", "message"),
    [
        (
            "3 1 0\n1 2 1\n",
            None,
            "has no line # vartype=...; name the coding, spin or binary (a graph in rudy's format begins with "
            '"vertices edges")',
        ),
        ("# offset=1\n# vartype=SPIN\n0 1 1\n#offset: 1\n", None, "line 4: a second # offset=; the first is on line 1"),
        ("# vartype=SPIN\n# vartype=BINARY\n0 1 1\n", None, "line 2: a second # vartype=; the first is on line 1"),
        (f"0 {DIGITS} 1\n", "spin", f"line 1: variables must be below 2147483647; got 0 {DIGITS}"),
        ("0 1 1_0\n", "spin", "line 1: '1_0' is not a finite number"),
        ("# vartype=SPIN\n0 1 1\n", "binary", "line 1: the file says spin, the caller binary"),
        ("# vartype=TRIT\n0 1 1\n", None, "line 1: vartype must be SPIN or BINARY; got 'TRIT'"),
        ("# vartype=SPIN\n0 1\n", None, "line 2: must be \"i j bias\"; got '0 1'"),
        ("0 -1 1\n", "spin", "line 1: must be \"i j bias\"; got '0 -1 1'"),
        ("0 1 inf\n", "spin", "line 1: 'inf' is not a finite number"),
        ("# vartype=SPIN\n", None, "holds no bias"),
    ],
)
def test_damaged_models(tmp_path, text, coding, message):
    path = tmp_path / "model.txt"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        read_coo(path, coding=coding)
    assert str(error.value).endswith(message)


def test_unknown_codings_and_things_that_are_no_model(tmp_path):
    with pytest.raises(InvalidParameter, match="read_coo: coding must be one of spin, binary"):
        read_coo(tmp_path / "model.txt", coding="SPIN")
    with pytest.raises(InvalidParameter, match="write_coo: coding must be one of spin, binary"):
        write_coo(IsingModel([[0]]), tmp_path / "model.txt", coding="QUBO")
    with pytest.raises(InvalidParameter, match="to_dimod: model must be an IsingModel"):
        write_coo(gset(11), tmp_path / "model.txt")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: IsingModel.from_ising_dicts({}, {}), "h and J must name at least one variable; both are empty"),
        (lambda: IsingModel.from_ising_dicts({0: "a"}, {}), "h must be real numbers; got an array of type <U1"),
        (lambda: IsingModel.from_ising_dicts({0: 1j}, {}), "h must be real numbers; got an array of type complex128"),
        (lambda: IsingModel.from_ising_dicts([1j], {}), "h must be real numbers; got an array of type complex128"),
        (lambda: IsingModel.from_ising_dicts({0: [1, 2], 1: 3}, {}), "h must be an array; got rows of different"),
        (lambda: IsingModel.from_ising_dicts({0: np.nan}, {}), r"h must be finite; h\[0\] is nan"),
        (lambda: IsingModel.from_ising_dicts(None, {}), "h must be a dict .* or numbers in a row; got NoneType of"),
        (lambda: IsingModel.from_ising_dicts([[1, 2]], {}), r"or numbers in a row; got list of shape \(1, 2\)"),
        (lambda: IsingModel.from_ising_dicts({}, None), "J must be a dict from .* to number; got NoneType"),
        (lambda: IsingModel.from_ising_dicts({}, {(0, 1): "a"}), "J must be real numbers; got an array of type <U1"),
        (lambda: IsingModel.from_ising_dicts([1], {}, "x"), "offset must be a finite number; got 'x'"),
        (lambda: IsingModel.from_ising_dicts({"x": 1}, {}), "variables of h must be integers >= 0; got 'x'"),
        (lambda: IsingModel.from_ising_dicts({}, {(1, 1): 2}), "J must couple different variables; 1 comes twice"),
    ],
)
def test_wrong_ising_dicts(call, message):
    with pytest.raises((DataError, InvalidParameter), match=f"IsingModel: .*{message}"):
        call()
