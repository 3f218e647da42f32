"""Nets from truth tables, prime implicants, threshold functions."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts import from_table, is_threshold_function, minimise, threshold_cell
from neurosim.mcculloch_pitts.minimise import minimal_cover, prime_implicants
from neurosim.mcculloch_pitts.tables import TruthTable, read_table

MAJORITY = [0, 0, 0, 1, 0, 1, 1, 1]


def rows(n):
    """All rows of a table in counting order, the first input in the highest digit."""
    return np.array(list(product([0, 1], repeat=n)))


def functions(n):
    """All truth tables of n inputs."""
    return (np.array(values, bool) for values in product([0, 1], repeat=2**n))


def assert_computes(net, values):
    """Feed all rows one after the other and compare the outputs `net.delay` later."""
    table = rows(len(net.inputs))
    run = net.run(table, steps=len(table) + net.delay)
    for output, column in zip(net.outputs, np.transpose(values), strict=True):
        assert run[output][net.delay :][: len(table)].tolist() == column.tolist()
        assert run[output][: net.delay].tolist() == [column[0]] * net.delay


def holds(product_, row):
    return all(demand in (2, digit) for demand, digit in zip(product_, row, strict=True))


def naive_primes(values, n):
    """Products that imply the function while none that leaves out one more input does."""
    table = rows(n)
    implies = {
        p for p in product((0, 1, 2), repeat=n) if all(v for row, v in zip(table, values, strict=True) if holds(p, row))
    }
    return {p for p in implies if not any(p[i] != 2 and (*p[:i], 2, *p[i + 1 :]) in implies for i in range(n))}


def assert_smallest_cover(values, n):
    table = rows(n)
    primes = naive_primes(values, n)
    assert set(map(tuple, prime_implicants(values).tolist())) == primes
    cover = [tuple(p) for p in minimal_cover(values).tolist()]
    assert [any(holds(p, row) for p in cover) for row in table] == values.tolist()
    assert set(cover) <= primes
    costs = [
        (size, sum(d != 2 for p in some for d in p))
        for size in range(len(cover) + 1)
        for some in combinations(primes, size)
        if [any(holds(p, row) for p in some) for row in table] == values.tolist()
    ]
    assert (len(cover), sum(d != 2 for p in cover for d in p)) == min(costs)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_prime_implicants_and_covers_of_all_functions(n):
    for values in functions(n):
        assert_smallest_cover(values, n)


def test_of_equally_many_products_the_shorter_are_taken():
    assert_smallest_cover(np.array(list("0011001100111101")) == "1", 4)


def test_the_cyclic_function_needs_a_choice():
    values = np.array([0, 1, 1, 1, 1, 1, 1, 0], bool)  # six primes, no essential one, three are enough
    assert len(prime_implicants(values)) == 6
    assert len(minimal_cover(values)) == 3


@pytest.mark.parametrize("n", [5, 7, 9])
def test_large_covers_are_exact(n, rng, monkeypatch):
    values, table = rng.random(2**n) < 0.5, rows(n)
    for _ in range(2):
        cover = minimal_cover(values)
        assert (((cover[:, None] == 2) | (cover[:, None] == table)).all(axis=2).any(axis=0) == values).all()
        assert len(cover) < values.sum() / 2
        monkeypatch.setattr(minimise, "milp", lambda *_, **__: OptimizeResult(x=None))  # found nothing in time


@pytest.mark.parametrize("n", [1, 2])
def test_all_small_tables(n):
    for values in functions(n):
        net = from_table(values)
        assert_computes(net, values[:, None])
        assert bool(net.notes) is bool(values[0])
        assert ("const" in net.cells) is bool(values[0])


@pytest.mark.parametrize("n", [3, 4, 6])
def test_tables_with_several_outputs(n, rng):
    for _ in range(5):
        values = rng.random((2**n, 3)) < 0.5
        net = from_table(values)
        assert net.outputs == ("out1", "out2", "out3")
        assert_computes(net, values)


def test_delay_and_layers():
    exclusive_or = from_table([0, 1, 1, 0])
    assert (len(exclusive_or.cells), exclusive_or.delay, exclusive_or.order) == (3, 2, 0)
    assert from_table([0, 1, 0, 0]).delay == 1
    assert len(from_table([0, 1, 0, 0]).cells) == 1
    both = from_table({"sum": [0, 1, 1, 0], "carry": [0, 0, 0, 1]}, inputs=["a", "b"])
    assert (both.outputs, both.delay, len(both.cells)) == (("sum", "carry"), 2, 5)
    single = from_table({"and": [0, 0, 0, 1], "nor": [1, 0, 0, 0]}, inputs=["a", "b"])
    assert (single.delay, len(single.cells)) == (1, 3)
    assert single.notes == ("a constantly active cell, const, was added: nor is true when all inputs are silent",)
    assert_computes(single, [[0, 1], [0, 0], [0, 0], [1, 0]])


def test_outputs_share_products():
    a, b, c = rows(3).T == 1
    values = np.stack([a & b | ~a & c, a & b | ~b & c], axis=1)
    net = from_table(values, inputs=list("abc"))
    assert_computes(net, values)
    assert set(net.cells) == {"a.b", "~a.c", "~b.c", "out1", "out2"}


def test_names_that_look_like_those_of_the_net():
    net = from_table([1, 0, 0, 1], inputs=["const", "a"], outputs=["const.a"])
    assert_computes(net, [[1], [0], [0], [1]])
    assert len(net.cells) == 4


TEXT = "# half adder\na, b | sum carry\n1 1 | 0,1\n0 0 | 0 0\n\n1 0 | 1 0 # comment\n0 1|1 0\n"


def test_read_table(tmp_path):
    table = read_table(TEXT)
    assert (table.inputs, table.outputs) == (("a", "b"), ("sum", "carry"))
    assert table.values.astype(int).tolist() == [[0, 0], [1, 0], [1, 0], [0, 1]]
    path = tmp_path / "table.csv"
    path.write_text("\ufeffa,b,|,sum,carry\n1,1,|,0,1\n0,0,|,0,0\n1,0,|,1,0\n0,1,|,1,0\n", encoding="utf-8")
    for source in (path, str(path)):
        assert (read_table(source).values == table.values).all()
        assert read_table(source).outputs == table.outputs
    net = from_table(table)
    assert (net.inputs, net.outputs) == (table.inputs, table.outputs)
    assert_computes(net, table.values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n", "empty"),
        ("a b\n0 0", "line 1: one |"),
        ("a | b | c\n0 | 0 | 0", "line 1: one |"),
        ("a |\n0 |", r"line 1: 1 to 10 inputs, \| and outputs"),
        (" ".join(map(str, range(11))) + " | a\n", "line 1: 1 to 10"),
        ("a | b\n0 | 2\n1 | 0", "line 2: 1 and 1 of 0 and 1"),
        ("a | b\n0 0 | 1\n1 | 0", "line 2: 1 and 1 of 0 and 1"),
        ("a | b\n0 | 1\n0 | 0", "line 3: the row 0 comes twice"),
        ("a b | c\n0 0 | 1\n0 1 | 0", "no row 1 0; 2 of them"),
    ],
)
def test_tables_that_cannot_be_read(text, message):
    with pytest.raises(DataError, match=message):
        read_table(text)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(DataError, match=r"binary: .*decode"):
        read_table(tmp_path / "binary")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: from_table([0, 1, 1]), r"shape \(3,\)"),
        (lambda: from_table([1]), r"shape \(1,\)"),
        (lambda: from_table(1), r"shape \(\)"),
        (lambda: from_table(np.zeros((2**11, 1))), "n from 1 to 10"),
        (lambda: from_table(np.zeros((4, 0))), r"shape \(4, 0\)"),
        (lambda: from_table([0, 2]), "0 and 1"),
        (lambda: from_table({"x": [0, 1], "y": [0, 1, 1, 1]}), "columns of different lengths"),
        (lambda: from_table({}), "columns of different lengths"),
        (lambda: from_table([0, 1], inputs=["a", "b"]), "inputs must be 1 different names"),
        (lambda: from_table([0, 0, 0, 1], inputs=["a", "a"]), "inputs must be 2 different names"),
        (lambda: from_table([[0, 1], [1, 1]], outputs=["a"]), "outputs must be 2 different names"),
        (lambda: from_table([0, 1], inputs=["a"], outputs=["a"]), "different from the names of the cells"),
        (lambda: threshold_cell([[0, 1], [1, 1]]), "and a column"),
        (lambda: threshold_cell([0, 1, 1, 0]), "a threshold function"),
        (lambda: is_threshold_function([0, 1, 1]), "is_threshold_function: table"),
    ],
)
def test_impossible_tables(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


@pytest.mark.parametrize(("n", "number"), [(1, 4), (2, 14), (3, 104)])
def test_the_number_of_threshold_functions(n, number):
    assert sum(map(is_threshold_function, functions(n))) == number


def test_the_number_of_threshold_functions_of_four_inputs():
    """One function stands for all that come from it by exchanging and complementing inputs."""
    all_, places = np.arange(2**16, dtype=np.uint32), np.arange(16)
    least = all_.copy()
    for order in permutations(range(4)):
        for complemented in range(16):
            goes_to = sum((places >> i & 1) << order[i] for i in range(4)) ^ complemented
            moved = sum((all_ >> np.uint32(row) & np.uint32(1)) << np.uint32(goes_to[row]) for row in range(16))
            least = np.minimum(least, moved)
    representatives, sizes = np.unique(least, return_counts=True)
    threshold = [is_threshold_function(f >> places & 1) for f in representatives]
    assert sizes[threshold].sum() == 1882


def test_cells_of_all_threshold_functions_of_two_inputs():
    for values in functions(2):
        if is_threshold_function(values):
            net = threshold_cell(values)
            assert_computes(net, values[:, None])
            assert (net.inhibition, net.delay) == ("relative", 1)
            assert len(net.cells) == 1 + bool(values[0]) == 1 + len(net.notes)


def test_the_smallest_weights():
    assert dict(threshold_cell(MAJORITY).cells["out"].excitatory) == {"x1": 1, "x2": 1, "x3": 1}
    weights = np.array([3, -2, 1, -1, 2])
    values = rows(5) @ weights >= 2
    cell = threshold_cell(values, inputs=list("abcde"), outputs=["y"]).cells["y"]
    assert_computes(threshold_cell(values), values[:, None])
    assert sum(cell.excitatory.values()) + sum(cell.inhibitory.values()) <= abs(weights).sum()
    assert set(cell.inhibitory) == {"b", "d"}


def test_a_truth_table_object_keeps_its_names():
    table = TruthTable(("p", "q", "r"), ("m",), np.array(MAJORITY, bool)[:, None])
    assert threshold_cell(table).names == ("p", "q", "r", "m")
    assert is_threshold_function(table)
