import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.core.errors import DataError
from neurosim.datasets import read

_numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
_matrices = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=_numbers)


def _write(folder, text, name="t.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_matrices, st.sampled_from([",", ";", "\t", " "]), st.booleans(), st.sampled_from(["", "number", "text"]))
def test_round_trip(tmp_path, data, delimiter, header, labels):
    rows = [[repr(float(value)) for value in row] for row in data]
    names = [f"f{column}" for column in range(data.shape[1])]
    if labels:
        rows = [[*row, str(i % 3) if labels == "number" else "abc"[i % 3]] for i, row in enumerate(rows)]
        header = header or labels == "number"
    lines = [delimiter.join(row) for row in ([[*names, "class"] if labels else names] if header else []) + rows]
    found = read(_write(tmp_path, "\n".join(lines) + "\n"))
    np.testing.assert_array_equal(found.data, data)
    assert found.data.dtype == np.float64
    assert found.feature_names == (tuple(names) if header else None)
    if not labels:
        assert found.target is None
    elif labels == "number":
        assert found.target.tolist() == [i % 3 for i in range(len(data))]
        assert found.target_names is None
    else:
        assert found.labels.tolist() == ["abc"[i % 3] for i in range(len(data))]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "T.CSV", "t.csv.gz"])
def test_endings(tmp_path, name):
    text = b"1,2\n3,4\n"
    path = _write(tmp_path, gzip.compress(text) if name.endswith(".gz") else text, name)
    found = read(path)
    assert found.data.tolist() == [[1, 2], [3, 4]]
    assert found.name == name
    assert str(path) in found.source


@pytest.mark.parametrize(
    "text",
    [
        "1,2\r\n3,4\r\n",
        "1,2\r3,4",
        "\ufeff1,2\n3,4\n",
        "\n# by hand\n1, 2\n\n 3 ,4\n# end\n",
        '"1","2"\n"3","4"\n',
        "1  2\n3\t4\n".replace("\t", " "),
        " 1 2 \n 3 4 \n",
    ],
)
def test_spellings_of_the_same_table(tmp_path, text):
    assert read(_write(tmp_path, text)).data.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("empty", ["", " ", "NA", "na", "nan", "NaN", "N/A"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_missing_values_become_nan(tmp_path, empty, delimiter):
    text = "a,b,c\n1,,3\n4,5,\n".replace(",,", f",{empty},").replace("5,\n", f"5,{empty}\n").replace(",", delimiter)
    np.testing.assert_array_equal(read(_write(tmp_path, text)).data, [[1, np.nan, 3], [4, 5, np.nan]])


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("name", ["label", "class", "target", "species", "Species"])
def test_a_named_column_anywhere_holds_the_labels(tmp_path, column, name):
    rows = [["a", "b"], ["1", "2"], ["3", "4"]]
    for row, field in zip(rows, [name, "x", "y"], strict=True):
        row.insert(column, field)
    found = read(_write(tmp_path, "\n".join(map(",".join, rows))))
    assert found.data.tolist() == [[1, 2], [3, 4]]
    assert found.feature_names == ("a", "b")
    assert found.labels.tolist() == ["x", "y"]


def test_label_kinds(tmp_path):
    assert read(_write(tmp_path, "a,class\n1,7\n2,5\n")).target.dtype == np.int64
    np.testing.assert_array_equal(read(_write(tmp_path, "a,target\n1,0.5\n2,\n")).target, [0.5, np.nan])
    mixed = read(_write(tmp_path, "a,label\n1,7\n2,b\n3,\n"))
    assert mixed.labels.tolist() == ["7", "b", ""]
    assert mixed.target.tolist() == [0, 1, -1]
    partly = read(_write(tmp_path, "1,a\n2,\n3,b\n"))
    assert partly.target.tolist() == [0, -1, 1]
    quoted = read(_write(tmp_path, '1,"a, b"\n2,"c"\n'))
    assert quoted.labels.tolist() == ["a, b", "c"]
    last = read(_write(tmp_path, "a,b,kind\n1,2,x\n"))
    assert last.feature_names == ("a", "b")


def test_a_line_without_numbers_but_with_a_label_is_no_header(tmp_path):
    found = read(_write(tmp_path, ",,a\n1,2,b\n"))
    np.testing.assert_array_equal(found.data, [[np.nan, np.nan], [1, 2]])
    assert found.labels.tolist() == ["a", "b"]


def test_an_empty_last_column_is_nan_not_labels(tmp_path):
    for empty in ("", "NA"):
        found = read(_write(tmp_path, f"1,{empty}\n2,{empty}\n"))
        np.testing.assert_array_equal(found.data, [[1, np.nan], [2, np.nan]])
        assert found.target is None


def test_labels_beside_nothing_but_missing_values(tmp_path):
    found = read(_write(tmp_path, "x,kind\n,a\n,b\n"))
    assert np.isnan(found.data).all()
    assert found.labels.tolist() == ["a", "b"]


def test_one_column(tmp_path):
    assert read(_write(tmp_path, "x\n1\n2\n")).data.tolist() == [[1], [2]]
    assert read(_write(tmp_path, "1\n2\n")).data.shape == (2, 1)


def test_long_table(tmp_path):
    data = np.arange(300000.0).reshape(-1, 30)
    np.savetxt(tmp_path / "t.csv", data, delimiter=",", header=",".join("x" * 30))
    np.testing.assert_array_equal(read(tmp_path / "t.csv").data, data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3,4,5\n", "line 2 has 3 fields, 2 wanted"),
        ("1,2\n\n# no\n3\n", "line 4 has 1 fields, 2 wanted"),
        ("a,b,c\n1,2\n", "line 2 has 2 fields, 3 wanted"),
        ("1 2\n3 4 5\n", "line 2 has 3 fields, 2 wanted"),
        ("1,2,a\n3,b\n", "line 2 has 2 fields, 3 wanted"),
        ("w,h\n1,2\n3x,4\n", r"line 3, column 1 (w): '3x' is not a number; labels belong in the last column"),
        ("1,2,3\n4,oops,6\n", "line 2, column 2: 'oops' is not a number"),
        ("1,2\n3,4x\n", "line 2, column 2: '4x' is not a number; name the column 'label' if"),
        ("1_000,1\n", "line 1, column 1: '1_000' is not a number"),
        ("animal,small\ndove,1\n", "line 2, column 1 (animal): 'dove' is not a number"),
        ("1,5;2,5\n2,0;3,0\n", "line 1, column 1: '1,5' is not a number; write the decimal comma as a point"),
        ("class,x,label\n1,2,3\n", "columns 1 (class) and 3 (label) both look like labels; keep one of them"),
        ("a,b\n", "has a header but no rows"),
        ("# nothing\n\n", "has no rows"),
        ("label\na\nb\n", "has no column of numbers beside the labels"),
        ('1,2\n3,4\n5,"6\n', "line 3: unexpected end of data"),
        ('"a,b\n1,2\n', "line 1: unexpected end of data"),
        (b"1,2\n\xff\xfe,3\n", "is not UTF-8 text (byte 4)"),
        (b"1,2\n3,\0\n", "is not text (it contains zero bytes)"),
        ("1,2\n".encode("utf-16"), "is not UTF-8 text"),
    ],
)
def test_malformed(tmp_path, text, message):
    with pytest.raises(DataError) as raised:
        read(_write(tmp_path, text))
    assert str(raised.value).startswith(f"t.csv: {message}")
    assert "\n" not in str(raised.value)
