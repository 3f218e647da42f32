"""SOM_PAK's files: what its own programs wrote, what comes back, and what is refused."""

import gzip
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_iris, read
from neurosim.som import SOM
from neurosim.som.files_sompak import CodeBook, read_cod, sompak_randinit, write_cod, write_dat

COLUMNS = """\
3 hexa 3 2 bubble
191.105   199.25   21.6269
215.5   156.693   63.8977
# the next row
242.999   111.141   107
241.07    214.011   44.4638
231.183   140.824   67.8754
217.914   71.7228   90.5
"""  # in columns, as in the manual

# SOM_PAK's `randinit -xdim 12 -ydim 10 -rand 123` wrote these weights of the first and the last unit for data in [0, 1]
RANDINIT_FIRST = """\
0.0863342 0.985718 0.67218 0.460602 0.637299 0.78775 0.267822 0.289551 \
0.299103 0.412933 0.391876 0.652649 0.842773 0.980438 0.084137 0.766602 \
"""
RANDINIT_LAST = """\
0.089386 0.993195 0.738281 0.663361 0.257751 0.0774841 0.825317 0.771118 \
0.120605 0.773987 0.080719 0.837006 0.636047 0.460938 0.582306 0.777771 \
"""

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
sizes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5)
finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
plain = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=5).filter(
    lambda word: word.lower() not in {"na", "nan", "n/a"}
)
labels_ = st.lists(plain, max_size=3).map(" ".join)


def a_map(weights, grid, lattice="rectangular", neighbourhood="gaussian", **parameters):
    return SOM.from_weights(weights, grid, lattice=lattice, neighbourhood=neighbourhood, **parameters)


def test_a_map_by_hand(tmp_path):
    path = tmp_path / "code.cod"
    path.write_text(COLUMNS)
    book = read_cod(path)
    assert isinstance(book, CodeBook)
    assert book.labels is book.feature_names is None
    assert (book.som.topology.grid, book.som.topology.lattice, book.som.topology.shape) == (
        (2, 3),
        "hexagonal",
        "sheet",
    )
    assert book.som.neighbourhood == "bubble"
    np.testing.assert_array_equal(book.som.weights_[[1, 3]], [[215.5, 156.693, 63.8977], [241.07, 214.011, 44.4638]])
    # SOM_PAK's unit (0, 1), the first of the second row, is half a step to the right of (0, 0)
    assert book.som.topology.distance(3, 0) == pytest.approx(1)
    assert book.som.topology.distance(3, 1) == pytest.approx(1)
    assert book.som.predict([[215, 156, 64]]).tolist() == [1]


def test_a_written_map_is_what_sompak_writes(tmp_path):
    weights = [[2.15263e-13, 1 / 3], [123456789, -0.5], [1e-5, 100000], [0, 7]]
    path = write_cod(
        a_map(weights, (2, 2), "hexagonal", "bubble"), tmp_path / "m.cod", labels=["zebra", None, "a b", 3]
    )
    assert path.read_bytes() == (
        b"2 hexa 2 2 bubble\n2.15263e-13 0.333333 zebra \n1.23457e+08 -0.5 \n1e-05 100000 a b \n0 7 3 \n"
    )


def test_randinit_is_that_of_sompak(tmp_path):
    weights = sompak_randinit([[0.0] * 16, [1.0] * 16], (10, 12), 123)
    assert weights.shape == (120, 16)
    assert weights.dtype == np.float32
    lines = write_cod(a_map(weights, (10, 12), "hexagonal", "bubble"), tmp_path / "m.cod").read_text().splitlines()
    assert lines[:2] == ["16 hexa 12 10 bubble", RANDINIT_FIRST]
    assert lines[-1] == RANDINIT_LAST


def test_randinit_spans_what_is_known_and_keeps_the_quirk_of_negative_columns():
    x = [[-4.0, np.nan, 2.0], [-3.0, 5.0, 2.0], [np.nan, 6.0, 2.0]]
    weights = sompak_randinit(x, (20, 20), 1)
    assert -4 <= weights[:, 0].min() < -3.9  # not in [-4, -3]: the maximum starts above 0
    assert -0.1 < weights[:, 0].max() <= 0
    assert 5 <= weights[:, 1].min() < 5.1 < 5.9 < weights[:, 1].max() <= 6
    assert (weights[:, 2] == 2).all()
    # as if there were a sample with 0
    np.testing.assert_array_equal(weights[:, 0], sompak_randinit([[-4, 5, 2], [0, 6, 2]], (20, 20), 1)[:, 0])
    assert not np.array_equal(weights, sompak_randinit(x, (20, 20), 2))
    # SOM_PAK's numbers are floats: samples in double precision are rounded first
    rounded = np.array([[0.1], [0.3]], np.float32).astype(np.float64)
    np.testing.assert_array_equal(sompak_randinit([[0.1], [0.3]], (5, 8), 1), sompak_randinit(rounded, (5, 8), 1))


@quick
@given(st.data(), st.sampled_from(["rectangular", "hexagonal"]), st.sampled_from(["gaussian", "bubble"]), st.booleans())
def test_a_map_comes_back(tmp_path, data, lattice, neighbourhood, zipped):
    rows, columns = data.draw(st.tuples(st.integers(1, 4), st.integers(2, 4)))
    d = data.draw(st.integers(1, 4))
    weights = data.draw(hnp.arrays(np.float32, (rows * columns, d), elements=finite))
    labels = data.draw(st.lists(labels_, min_size=rows * columns, max_size=rows * columns))
    names = data.draw(st.none() | st.lists(plain, min_size=d, max_size=d))
    som = a_map(weights, (rows, columns), lattice, neighbourhood)
    path = tmp_path / ("m.cod.gz" if zipped else "m.cod")
    book = read_cod(write_cod(som, path, labels=labels, names=names, digits=None))
    np.testing.assert_array_equal(book.som.weights_.astype(np.float32), weights)
    assert book.som.topology == som.topology
    assert book.som.neighbourhood == neighbourhood
    assert book.labels is None if not any(labels) else book.labels.tolist() == labels
    assert book.feature_names == (None if names is None else tuple(names))
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == zipped


@quick
@given(st.data(), hnp.arrays(np.float64, sizes, elements=st.floats(allow_infinity=False)))
def test_samples_come_back(tmp_path, draw, data):
    n, d = data.shape
    labels = draw.draw(st.none() | st.lists(labels_, min_size=n, max_size=n))
    weights = draw.draw(st.none() | hnp.arrays(np.float64, n, elements=st.floats(0, 1e300)))
    names = draw.draw(st.none() | st.lists(plain, min_size=d, max_size=d))
    found = read(write_dat(tmp_path / "t.dat", data, labels, weights, names))
    np.testing.assert_array_equal(found.data, data)
    assert found.feature_names == (None if names is None else tuple(names))
    assert found.labels is None if not any(labels or ()) else found.labels.tolist() == labels
    if weights is None or (weights == 1).all():
        assert found.weights is None
    else:
        np.testing.assert_array_equal(found.weights, weights)


def test_a_written_data_file(tmp_path):
    x = np.array([[181, 196], [1.3, np.nan]], np.float32)
    path = write_dat(tmp_path / "t.dat", x, ["yellow", "red rose"], [1, 2.5], ["r", "g"])
    assert path.read_text() == "2\n#n r g\n181.0 196.0 yellow \n1.3 x red rose weight=2.5 \n"
    assert write_dat(path, x, digits=2).read_text() == "2\n1.8e+02 2e+02 \n1.3 x \n"


def test_a_trained_map_keeps_its_winners(tmp_path):
    x = load_iris().data
    som = SOM(grid=(6, 4), lattice="hexa", epochs=3).fit(x)
    book = read_cod(write_cod(som, tmp_path / "m.cod", digits=None))
    np.testing.assert_array_equal(book.som.predict(x), som.predict(x))
    rounded = read_cod(write_cod(som, tmp_path / "m.cod")).som
    np.testing.assert_allclose(rounded.weights_, som.weights_, rtol=5.1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# none\n", 'line 1 must be "dimension hexa|rect columns rows bubble|gaussian"'),
        ("\n3\n1 2 3\n", 'line 2 must be "dimension hexa|rect columns rows bubble|gaussian", as in'),
        ("1 Hexa 2 1 bubble\n1\n2\n", "line 1 must be"),
        ("1 hexa 2 1 cone\n1\n2\n", "line 1 must be"),
        ("1 hexa 2 1 bubble extra\n1\n2\n", "line 1 must be"),
        ("1 hexa 2 2 bubble\n1\n2\n3\n", "holds 3 weight vectors; line 1 promises 2 x 2"),
        ("2 rect 2 1 bubble\n1 2\n# c\n3\n", "line 4 has 1 fields, 2 wanted"),
        ("2 rect 2 1 bubble\n1 2\n3 four\n", "line 3, column 2: 'four' is not a number"),
        ("# c\n2 rect 2 1 bubble\n1 2\n\n3 x\n", "line 5, column 2: a map has a finite number everywhere"),
    ],
)
def test_malformed_maps(tmp_path, text, message):
    path = tmp_path / "m.cod"
    path.write_text(text)
    with pytest.raises(DataError) as raised:
        read_cod(path)
    assert str(raised.value).startswith(f"m.cod: {message}")


def test_a_map_of_one_unit_is_refused_with_the_name_of_its_file(tmp_path):
    (tmp_path / "m.cod").write_text("1 rect 1 1 bubble\n5\n")
    with pytest.raises(DataError, match=r"m.cod: SOM: grid must be .*\(1, 1\)"):
        read_cod(tmp_path / "m.cod")


def test_what_the_format_has_no_words_for(tmp_path):
    weights = np.ones((4, 1))
    for som, got in (
        (a_map(weights, (2, 2), shape="toroid"), "a toroid, gaussian"),
        (a_map(weights, (2, 2), neighbourhood="cut_gaussian"), "a sheet, cut_gaussian"),
    ):
        with pytest.raises(InvalidParameter, match=got):
            write_cod(som, tmp_path / "m.cod")
    som = a_map(weights, (2, 2))
    for label in ("two  blanks", " a", "a\nb", "NaN", "weight=3", "x fixed=1,2", "\0"):
        with pytest.raises(InvalidParameter, match="labels"):
            write_cod(som, tmp_path / "m.cod", labels=[label] * 4)
    for bad in (
        {"labels": ["a"]}, {"names": ["a b"]}, {"names": ["a", "b"]}, {"names": [""]}, {"digits": 0}, {"digits": 2.5},
    ):  # fmt: skip
        with pytest.raises(InvalidParameter, match=next(iter(bad))):
            write_cod(som, tmp_path / "m.cod", **bad)
    som.weights_[0, 0] = np.nan
    with pytest.raises(InvalidParameter, match="weights_"):
        write_cod(som, tmp_path / "m.cod")
    for data, weights in ((np.ones(3), None), ([["a"]], None), ([[1], [1, 2]], None), ([[np.inf]], None), ([[]], None)):
        with pytest.raises(InvalidParameter, match="data"):
            write_dat(tmp_path / "t.dat", data, None, weights)
    for weights in ([-1.0], [np.nan], [1, 2], ["a"], 3):
        with pytest.raises(InvalidParameter, match="weights"):
            write_dat(tmp_path / "t.dat", [[1.0]], None, weights)
    for x, grid, seed in (([[np.inf]], (2, 2), 1), ([[1]], (1, 1), 1), ([[1]], (2, 2), 0), ([[1]], (2, 2), 100000001)):
        with pytest.raises(InvalidParameter, match="sompak_randinit"):
            sompak_randinit(x, grid, seed)
    with pytest.raises(DataError, match="column 2 of x has no value"):
        sompak_randinit([[1, np.nan]], (2, 2), 1)
    assert os.listdir(tmp_path) == []


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    som, path = a_map(np.ones((2, 1)), (1, 2)), tmp_path / "m.cod"
    write_cod(som, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_cod(a_map(np.zeros((2, 1)), (1, 2)), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.cod"]
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_cod(som, tmp_path / "none" / "m.cod")


def test_packed_files_hold_the_same_bytes(tmp_path):
    som = a_map(np.arange(6.0).reshape(3, 2), (1, 3))
    plain_, packed = write_cod(som, tmp_path / "m.cod"), write_cod(som, tmp_path / "m.cod.gz")
    assert gzip.decompress(packed.read_bytes()) == plain_.read_bytes()
