"""The files of the ESOM Tools and of Somoclu: their bytes, what comes back, and what is refused."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.som import SOM, u_matrix
from neurosim.som.files_esom import read_bm, read_umx, read_wts, write_bm, write_umx, write_wts

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
grids = st.tuples(st.integers(1, 4), st.integers(2, 4))
tame = st.floats(-1e6, 1e6)


@pytest.fixture
def som():
    """2 rows and 3 columns; unit u at u + 0.25 and -u."""
    return SOM.from_weights([[u + 0.25, -u] for u in range(6)], (2, 3))


def test_the_bytes_are_those_of_somoclu(som, tmp_path):
    wts = write_wts(som, tmp_path / "m.wts").read_bytes()
    assert wts.startswith(b"%2 3\n%2\n0.2500000000 0.0000000000 \n1.2500000000 -1.0000000000 \n")
    assert wts.count(b"\n") == 8
    bm = write_bm(som, tmp_path / "m.bm", [[5.3, -5], [0, 0], [2, -2]])
    assert bm.read_bytes() == b"%2 3\n%3\n0 1 2\n1 0 0\n2 0 2\n"
    umx = write_umx(som, tmp_path / "m.umx", [[0, 1.5, -2], [1e-7, 1e6, 1 / 3]])
    assert umx.read_bytes() == b"%2 3\n 0.000000 1.500000 -2.000000\n 0.000000 1000000.000000 0.333333\n"


@quick
@given(st.data(), grids, st.sampled_from(["rectangular", "hexagonal"]), st.sampled_from(["sheet", "cylinder"]))
def test_weights_come_back(tmp_path, data, grid, lattice, shape):
    weights = data.draw(
        hnp.arrays(
            np.float32, (grid[0] * grid[1], data.draw(st.integers(1, 4))), elements=st.floats(-1e6, 1e6, width=32)
        )
    )
    som = SOM.from_weights(weights, grid, lattice=lattice, shape=shape)
    back = read_wts(write_wts(som, tmp_path / "m.wts"), lattice=lattice, shape=shape)
    assert back.topology == som.topology
    np.testing.assert_allclose(back.weights_, weights, rtol=0, atol=0.5000001e-10)


@quick
@given(st.data(), grids)
def test_best_matches_come_back(tmp_path, data, grid):
    weights = np.arange(float(grid[0] * grid[1]))[:, None]
    som = SOM.from_weights(weights, grid)
    units = data.draw(st.lists(st.integers(0, len(weights) - 1), min_size=1, max_size=9))
    keys = data.draw(st.none() | st.lists(st.integers(0, 2**31), min_size=len(units), max_size=len(units)))
    found = read_bm(write_bm(som, tmp_path / "m.bm", weights[units], keys=keys))
    assert found.units.tolist() == units
    assert found.units.dtype == np.intp
    assert found.keys.tolist() == (list(range(len(units))) if keys is None else keys)
    assert found.grid == grid


@quick
@given(st.data(), grids, st.booleans())
def test_heights_come_back(tmp_path, data, grid, flat):
    heights = data.draw(hnp.arrays(np.float64, grid, elements=tame))
    som = SOM.from_weights(np.zeros((heights.size, 1)), grid)
    back = read_umx(write_umx(som, tmp_path / "m.umx.gz", heights.ravel() if flat else heights))
    np.testing.assert_allclose(back, heights, rtol=0, atol=0.5000001e-6)


def test_the_heights_are_those_of_the_u_matrix(som, tmp_path):
    heights = read_umx(write_umx(som, tmp_path / "m.umx"))
    np.testing.assert_allclose(heights.ravel(), u_matrix(som)[1], atol=1e-6)
    assert np.ptp(heights) > 0.1


def test_files_of_the_esom_tools(tmp_path):
    """Blanks after the %, tabs, comments, Windows' line ends, a line more in the header, no number of samples."""
    wts, bm, umx = tmp_path / "m.wts", tmp_path / "m.bm", tmp_path / "m.umx"
    wts.write_bytes(b"# a map\r\n% 1 2\r\n% 2\r\n% 1 1\r\n1\t2\r\n\r\n3\t4e-1\r\n")
    som = read_wts(wts, lattice="hexagonal", shape="cylinder")
    assert som.weights_.tolist() == [[1, 2], [3, 0.4]]
    assert (som.topology.lattice, som.topology.shape) == ("hexagonal", "cylinder")
    bm.write_text("% 50 82\n17\t49\t81\n# seven\n7\t0\t1\n")
    found = read_bm(bm)
    assert (found.keys.tolist(), found.units.tolist(), found.grid) == ([17, 7], [50 * 82 - 1, 1], (50, 82))
    umx.write_text("% 2 2\n0.5\t1\n2\t3\n")
    assert read_umx(umx).tolist() == [[0.5, 1], [2, 3]]


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_wts, "1 2\n", "the first line that begins with % must hold rows and columns of the map; it is not there"),
        (read_wts, "%2\n", "the first line that begins with % must hold rows and columns of the map; line 1 is '2'"),
        (read_wts, "# x\n%2 -1\n", "the first line that begins with % must hold rows and columns of the map; line 2"),
        (read_wts, "%1 2\n1\n2\n", "the second line that begins with % must hold the dimension; it is not there"),
        (read_wts, "%1 2\n%1 1\n", "the second line that begins with % must hold the dimension; line 2 is '1 1'"),
        (read_wts, "%1 2\n%1\n", "has no lines after the header"),
        (read_wts, "%2 2\n%1\n1\n2\n3\n", "holds 3 weight vectors; the header promises 2 x 2"),
        (read_wts, "%1 2\n%2\n1 2\n# x\n3\n", "line 5 has 1 fields, 2 wanted"),
        (read_wts, "%1 2\n%1\n1 2\n3 4\n", "line 3 has 2 fields, 1 wanted"),
        (read_wts, "%1 2\n%2\n1 2\n3 x\n", "line 4, column 2: 'x' is not a finite number"),
        (read_wts, "%1 2\n%2\n1 nan\n3 4\n", "line 3, column 2: 'nan' is not a finite number"),
        (read_bm, "%2 2\n%3\n0 0 0\n1 1 1\n", "holds 2 best matches; the header promises 3"),
        (read_bm, "%2 2\n%n\n0 0 0\n", "the second line that begins with % must hold the number of samples; line 2"),
        (read_bm, "%2 3\n%2\n0 0 0\n1 2 0\n", "line 4 must be \"key row column\" on a map of 2 x 3; got '1 2 0'"),
        (read_bm, "%2 3\n%1\n0 0 3\n", "line 3 must be"),
        (read_bm, "%2 3\n%1\n0 -1 0\n", "line 3 must be"),
        (read_bm, "%2 3\n%1\n0.5 0 0\n", "line 3 must be"),
        (read_bm, "%2 3\n%1\n9007199254740993 0 0\n", "line 3: a key must be below 2^53"),
        (read_wts, "%1 1\n%1\n1\n", "SOM: grid must be"),
        (read_bm, "%2 3\n%1\n0 0\n", "line 3 has 2 fields, 3 wanted"),
        (read_umx, "%2 2\n1 2\n", "holds 1 rows; the header promises 2"),
        (read_umx, "%2 2\n1 2\n3 4 5\n", "line 3 has 3 fields, 2 wanted"),
    ],
)
def test_malformed(tmp_path, read, text, message):
    path = tmp_path / "m.txt"
    path.write_text(text)
    with pytest.raises(DataError) as raised:
        read(path)
    assert str(raised.value).startswith(f"m.txt: {message}")


def test_what_cannot_be_written(som, tmp_path):
    x = np.zeros((2, 2))
    for keys in ([1], [1.5, 2], [[1], [2]], ["a", "b"], 3):
        with pytest.raises(InvalidParameter, match="keys"):
            write_bm(som, tmp_path / "m", x, keys=keys)
    for heights in (np.zeros(5), np.zeros((3, 2)), [["a"] * 3] * 2, np.full((2, 3), np.nan)):
        with pytest.raises(InvalidParameter, match="heights"):
            write_umx(som, tmp_path / "m", heights)
    assert os.listdir(tmp_path) == []
