import gzip

import numpy as np
import pytest

from neurosim.core.errors import DataError
from neurosim.datasets import read

_TEXT = """\
#n red green blue
3 hexa 4 4 bubble
# colours
181.0 196.0 17.0 yellow
1.3 x 2.9 red rose weight=3 fixed=2,5

NaN 1 2
"""


def _write(folder, text, name="t.dat"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["t.dat", "t.dat.gz"])
def test_all_parts(tmp_path, name):
    found = read(_write(tmp_path, _TEXT, name))
    np.testing.assert_array_equal(found.data, [[181, 196, 17], [1.3, np.nan, 2.9], [np.nan, 1, 2]])
    assert found.feature_names == ("red", "green", "blue")
    assert found.labels.tolist() == ["yellow", "red rose", ""]
    assert found.target.tolist() == [1, 0, -1]
    assert found.weights.tolist() == [1, 3, 1]


def test_plain_numbers(tmp_path):
    found = read(_write(tmp_path, "2\n1 2\n3 4\n"))
    assert found.data.tolist() == [[1, 2], [3, 4]]
    assert found.target is found.target_names is found.weights is found.feature_names is None


def test_numeric_labels_are_labels(tmp_path):
    found = read(_write(tmp_path, "2\n1 2 7\n3 4 8\n"))
    assert found.data.tolist() == [[1, 2], [3, 4]]
    assert found.labels.tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# none\n", "line 1 must begin with the dimension, a whole number; got ''"),
        ("1.5 2\n1 2\n", "line 1 must begin with the dimension, a whole number; got '1.5'"),
        ("\n0\n1\n", "line 2 must begin with the dimension"),
        ("3\n# only\n", "has no samples after the dimension"),
        ("3\n1 2 3\n1 2\n", "line 3 has 2 fields, 3 wanted"),
        ("3\n1 2 3\n\n1 two 3\n", "line 4, column 2: 'two' is not a number"),
        ("2\n1 2 weight=big\n", "line 2: 'weight=big' is not weight= and a number"),
        ("2\n1 2 fixed=3\n", "line 2: 'fixed=3' is not fixed= and two whole numbers"),
        ("#n a b c\n2\n1 2\n", "the #n line names 3 components, the dimension is 2"),
    ],
)
def test_malformed(tmp_path, text, message):
    with pytest.raises(DataError) as raised:
        read(_write(tmp_path, text))
    assert str(raised.value).startswith(f"t.dat: {message}")


@pytest.mark.parametrize(
    ("name", "samples", "label"),
    [("ex", 3840, None), ("ex_fts", 246, "fault"), ("ex_fdy", 96, None), ("ex_ndy", 96, None)],
)
def test_the_examples_of_the_program_package(data_folder, name, samples, label):
    found = read(data_folder / "som" / f"sompak_{name}.dat.gz")
    assert found.data.shape == (samples, 5)
    assert np.isfinite(found.data).all()
    assert found.target_names == (None if label is None else (label,))
    if name == "ex":
        np.testing.assert_array_equal(found.data[0], [13.575570, 12.656892, -1.424328, -2.302774, 404.921600])
