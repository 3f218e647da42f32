"""Nets from truth tables, threshold functions."""

from itertools import permutations

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts import from_table, is_threshold_function, minimise, threshold_cell
from neurosim.mcculloch_pitts.tables import TruthTable, read_table

from .naive_logic import HARD_TABLE, cut_short, functions, holds, rows

MAJORITY = [0, 0, 0, 1, 0, 1, 1, 1]


def assert_computes(net, values):
    """Feed all rows one after the other and compare the outputs `net.delay` later."""
    table = rows(len(net.inputs))
    run = net.run(table, steps=len(table) + net.delay)
    for output, column in zip(net.outputs, np.transpose(values), strict=True):
        assert run[output][net.delay :][: len(table)].tolist() == column.tolist()
        assert run[output][: net.delay].tolist() == [column[0]] * net.delay


@pytest.mark.parametrize("n", [1, 2])
def test_all_small_tables(n):
    for values in functions(n):
        net = from_table(values)
        assert_computes(net, values[:, None])
        assert bool(net.notes) is bool(values[0])
        assert ("const" in net.cells) is bool(values[0])


@pytest.mark.parametrize("found", [None, 1])
def test_a_search_that_is_cut_short_is_told(found, monkeypatch):
    """It has found nothing, or all products: they are taken one by one."""
    monkeypatch.setattr(minimise, "milp", cut_short(found))
    net = from_table({"easy": rows(9).any(axis=1), "hard": HARD_TABLE})
    assert_computes(net, np.stack([rows(9).any(axis=1), HARD_TABLE], axis=1))
    assert net.notes[-1].startswith("hard may have more products than needed")
    assert not any(note.startswith("easy") for note in net.notes)


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


@pytest.mark.parametrize(
    ("inputs", "products"),
    [
        (["a", "b.c", "a.b", "c"], [[1, 1, 2, 2], [2, 2, 1, 1]]),
        (["a", "b", "a.b", "[a.b]"], [[1, 1, 2, 2], [2, 2, 1, 2], [2, 2, 2, 1]]),
        (["a", "~a"], [[0, 2], [2, 1]]),
        (["a", "a'"], [[1, 2], [2, 1]]),
        (["true", "b"], [[1, 0], [0, 1]]),
    ],
)
def test_different_products_have_different_names(inputs, products):
    values = np.array([any(holds(p, row) for p in products) for row in rows(len(inputs))])
    table = np.stack([values, values], axis=1)
    net = from_table(table, inputs=inputs)
    assert_computes(net, table)
    assert len(net.cells) == len(products) + 2 + ("const" in net.cells)


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
        ("a | b\n0 | 2\n1 | 0", "line 2: '2' is neither 0 nor 1"),
        ("0 | 1\n1 | 0", "line 1: has to be the names of the inputs"),
        ("# xor\na b | b\n0 0 | 0", "the table, line 2: the name 'b' comes twice"),
        ("a | b\n0 0 | 1\n1 | 0", "line 2: 1 and 1 of 0 and 1"),
        ("a | b\n0 | 1\n0 | 0", "line 3: the row 0 comes twice"),
        ("a b | c\n0 0 | 1\n0 1 | 0", "no row 1 0; 2 of them"),
    ],
)
def test_tables_that_cannot_be_read(text, message):
    with pytest.raises(DataError, match=message):
        read_table(text)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"^none\.csv: no such file"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(DataError, match="binary: is not UTF-8 text"):
        read_table(tmp_path / "binary")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: from_table([0, 1, 1]), r"rows of table must be 2, 4, 8, \.\.\. or 1024: 2\*\*n for n inputs; got 3"),
        (lambda: from_table([0, 1, 1], inputs=["a", "b"]), r"2\*\*n for n inputs, here \['a', 'b'\]; got 3"),
        (lambda: from_table([1]), "rows of table must be 2, .* got 1"),
        (lambda: from_table(1), "rows of table must be 2, .* got 1"),
        (lambda: from_table(np.zeros((2**11, 1))), "or 1024: .* got 2048"),
        (lambda: from_table(np.zeros((4, 0))), r"table must be .*; got \(4, 0\)"),
        (lambda: from_table([0, 2]), r"table\[1\] must be 0 or 1; got 2"),
        (lambda: from_table({"x": [0, 1], "y": [0, 1, 1, 1]}), "columns of different lengths"),
        (lambda: from_table({}), "columns of different lengths"),
        (lambda: from_table([0, 1], inputs=["a", "b"]), "inputs must be 1 different names"),
        (lambda: from_table([0, 0, 0, 1], inputs=["a", "a"]), "inputs must be 2 different names"),
        (lambda: from_table([[0, 1], [1, 1]], outputs=["a"]), "outputs must be 2 different names"),
        (lambda: from_table([0, 1], inputs=["a"], outputs=["a"]), "different from the names of the cells"),
        (lambda: threshold_cell([[0, 1], [1, 1]]), r"table must be a column; got \(2, 2\)"),
        (lambda: is_threshold_function([0, 1, 1]), "is_threshold_function: number of rows of table .* got 3"),
    ],
)
def test_impossible_tables(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


def test_a_table_that_no_cell_computes():
    with pytest.raises(DataError, match="threshold_cell: the table is not a threshold function"):
        threshold_cell([0, 1, 1, 0])


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


def assert_one_cell_computes(values):
    net = threshold_cell(values)
    assert_computes(net, values[:, None])
    assert (net.inhibition, net.delay) == ("relative", 1)
    assert len(net.cells) == 1 + bool(values[0]) == 1 + len(net.notes)


@pytest.mark.parametrize(("n", "number"), [(2, 14), (3, 104)])
def test_cells_of_all_threshold_functions(n, number):
    found = [values for values in functions(n) if is_threshold_function(values)]
    assert len(found) == number
    for values in found:
        assert_one_cell_computes(values)


@pytest.mark.parametrize("n", [4, 6])
def test_cells_of_some_threshold_functions(n, rng):
    for _ in range(60):
        assert_one_cell_computes(rows(n) @ rng.integers(-9, 10, n) >= rng.integers(-9, 10))


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
