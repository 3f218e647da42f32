import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.core.errors import DataError
from neurosim.datasets import read

_TEXT = """\
# colours
% 3\r
% 5\r
% 9 1 0 1 3\r
%\tKey\tamount of red\tnote\tblue\tClass\r
1\t0.01\tfew\t-1e-3 \tred\r
# between
7\tNaN\tmany\t2\tblue\r

3 0.5 some 4 red
"""


def _write(folder, text, name="t.lrn"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["t.lrn", "T.LRN", "t.lrn.gz"])
def test_all_parts(tmp_path, name):
    found = read(_write(tmp_path, _TEXT, name))
    np.testing.assert_array_equal(found.data, [[0.01, -1e-3], [np.nan, 2], [0.5, 4]])
    assert found.feature_names == ("amount of red", "blue")
    assert found.labels.tolist() == ["red", "blue", "red"]
    assert found.name == name


def test_names_key_and_class_may_be_missing(tmp_path):
    found = read(_write(tmp_path, "%2\n%2\n%1 1\n1 2\n3 4\n"))
    assert found.data.tolist() == [[1, 2], [3, 4]]
    assert found.feature_names is found.target is found.target_names is None


@pytest.mark.parametrize("names", ["Key\tC1\t", "Key\tC1\t\t", "Key\tC1"])
def test_an_empty_last_name(tmp_path, names):
    columns = 3 if names.endswith("\t\t") else 2
    text = f"%\t2\t\n% {columns}\n%\t9\t1{chr(9)}{'0' * (columns - 2)}\n% {names}\n"
    found = read(_write(tmp_path, text + "1\t0.5\t7\n2\t1\t7\n" * (columns == 3) + "1\t0.5\n2\t1\n" * (columns == 2)))
    assert found.feature_names == ("C1",)
    assert found.data.tolist() == [[0.5], [1]]
    third = read(_write(tmp_path, "% 2\n% 2\n% 9\t1\n% Key\t\n1\t0.5\n2\t1\n"))
    assert third.feature_names == ("",)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(width=64)),
    st.data(),
)
def test_round_trip(tmp_path, data, draw):
    """The data columns come back whatever columns lie between them, and wherever they lie."""
    kinds = draw.draw(st.permutations(["1"] * data.shape[1] + ["9", "3", "0"]))
    columns = iter(data.T)
    other = {"9": [str(10 - i) for i in range(len(data))], "3": ["ab"[i % 2] for i in range(len(data))]}
    table = [[repr(float(v)) for v in next(columns)] if k == "1" else other.get(k, ["?"] * len(data)) for k in kinds]
    names = [f"c{place}" for place in range(len(kinds))]
    header = [f"% {len(data)}", f"% {len(kinds)}", f"% {' '.join(kinds)}", f"% {' '.join(names)}"]
    found = read(_write(tmp_path, "\n".join([*header, *map("\t".join, zip(*table, strict=True)), ""])))
    np.testing.assert_array_equal(found.data, data)
    assert found.feature_names == tuple(name for name, kind in zip(names, kinds, strict=True) if kind == "1")
    assert found.labels.tolist() == other["3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n", "the first line that begins with % must hold the number of samples; it is not there"),
        ("% two\n", "the first line that begins with % must hold the number of samples; line 1 is 'two'"),
        ("# x\n% 2\n% 0\n", "the second line that begins with % must hold the number of columns; line 3 is '0'"),
        ("% 1\n% 2\n1 2\n", "line 3 must hold the kinds of 2 columns"),
        ("% 1\n% 2\n% 9 2\n", "line 3 must hold the kinds of 2 columns, 0, 1, 3 or 9 each and 9 at most once"),
        ("% 1\n% 3\n% 9 9 1\n", "line 3 must hold the kinds of 3 columns"),
        ("% 1\n% 2\n% 9 3\n1 2\n", "line 3: no column is of kind 1, data"),
        ("% 1\n% 2\n% 9 1\n% a b c\n1 2\n", "line 4 names 3 columns of 2"),
        ("% 2\n% 2\n% 9 1\n1 2\n", "holds 1 samples; line 1 promises 2"),
        ("% 1\n% 2\n% 9 1\n", "holds 0 samples; line 1 promises 1"),
        ("% 2\n% 2\n% 9 1\n1 2\n# y\n2\n", "line 6 has 1 fields, 2 wanted"),
        ("% 2\n% 2\n% 9 1\n1 2\n2 two\n", "line 5, column 2: 'two' is not a number"),
        ("% 2\n% 2\n% 9 1\n1 2\n1.0 3\n", "line 5: the key 1.0 is already on line 4"),
        ("% 1\n% 2\n% 9 1\nfirst 2\n", "line 4, column 1: 'first' is not a number"),
    ],
)
def test_malformed(tmp_path, text, message):
    with pytest.raises(DataError) as raised:
        read(_write(tmp_path, text))
    assert str(raised.value).startswith(f"t.lrn: {message}")
