import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import files, read

_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
_in_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _arrays(*types):
    shapes = hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)
    return st.sampled_from(types).flatmap(lambda dtype: hnp.arrays(dtype, shapes))


def idx(array) -> bytes:
    code = _CODES[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _same(found, array):
    np.testing.assert_array_equal(found.data, array.reshape(len(array), -1).astype(found.data.dtype))
    assert found.shape == (array.shape[1:] if array.ndim > 2 else None)
    small = array.dtype.itemsize <= 2 or array.dtype.str[1:] == "f4"
    assert found.data.dtype == (np.float32 if small else np.float64)
    assert found.data.flags.c_contiguous
    assert found.data.flags.writeable


@_in_folder
@given(_arrays(*_CODES), st.sampled_from(["t.idx", "t-idx3-ubyte", "t.idx3-ubyte", "t.idx.gz", "t-idx3-ubyte.gz"]))
def test_idx_round_trip(tmp_path, array, name):
    (tmp_path / name).write_bytes(gzip.compress(idx(array)) if name.endswith(".gz") else idx(array))
    _same(read(tmp_path / name), array)


@_in_folder
@given(_arrays("?", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8", ">f8", ">i2"), st.booleans())
def test_npy_round_trip(tmp_path, array, fortran):
    np.save(tmp_path / "t.npy", np.asfortranarray(array) if fortran else array)
    _same(read(tmp_path / "t.npy"), array)


@_in_folder
@given(
    _arrays("u1", "f4", "f8"),
    st.sampled_from(["X", "data", "anything"]),
    st.sampled_from(["y", "target", "labels", None]),
    st.booleans(),
)
def test_npz_round_trip(tmp_path, array, name, target_name, compress):
    target = np.arange(len(array)) + 3
    arrays = {name: array} | ({target_name: target} if target_name else {})
    (np.savez_compressed if compress else np.savez)(tmp_path / "t.npz", **arrays)
    found = read(tmp_path / "t.npz")
    _same(found, array)
    assert target_name is None or found.target.tolist() == target.tolist()


def test_npz_x_goes_before_other_tables_and_text_labels_are_numbered(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.eye(2), other=np.ones((2, 2)), y=np.array(["b", "a"]))
    found = read(tmp_path / "t.npz")
    assert found.data.tolist() == [[1, 0], [0, 1]]
    assert found.labels.tolist() == ["b", "a"]
    assert found.target.tolist() == [1, 0]


def _npz(**members) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def _header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def _corrupt(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


_EYE = npy(np.eye(4))
_PYTHON_OBJECTS = npy(np.array([[1, "a"]], dtype=object))
_HUGE = _header("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000)}\n")
_RECORDS = npy(np.zeros((2, 2), dtype=[("a", "f4")]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.npy",
            npy(np.arange(3.0)),
            "is 1-D with shape (3,); wanted is (samples, features): save array.reshape(-1, 1)",
        ),
        ("t.npy", npy(np.float64(3)), "is 0-D"),
        ("t.npy", npy(np.zeros((0, 3))), "is empty: shape (0, 3)"),
        ("t.npy", npy(np.array([["a", "b"]])), "holds text of type <U1, not plain numbers"),
        ("t.npy", npy(np.array([[1j]])), "holds values of type complex128, not plain numbers"),
        ("t.npy", npy(np.array([["2020-01-01"]], dtype="M8[D]")), "holds values of type datetime64[D]"),
        ("t.npy", _RECORDS, "holds values of type [('a', '<f4')]"),
        ("t.npy", _PYTHON_OBJECTS, "holds Python objects, which are never unpickled"),
        ("t.npy", _EYE[:-1], "is damaged: shape (4, 4) of float64 needs 128 bytes, 127 came"),
        ("t.npy", _EYE + b"x", "is damaged: shape (4, 4) of float64 needs 128 bytes, 129 came"),
        ("t.npy", _EYE[:20], "is damaged (its header cannot be read)"),
        ("t.npy", b"1,2\n3,4\n", "is damaged (the magic string is not correct"),
        ("t.npy", b"\x93NUMPY\x03\x00" + _EYE[8:], "is .npy version 3.0"),
        ("t.npy", _HUGE, "is damaged: shape (4000000000, 4000000000) of float64 needs 128000000000000000000 bytes"),
        (
            "t.npy",
            _header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4)}\n"),
            "is damaged (shape (-1, 4))",
        ),
        (
            "t.npy",
            _header("{'descr': 'rubbish', 'fortran_order': False, 'shape': (1, 4)}\n"),
            "is damaged (its header cannot be read)",
        ),
        ("t.npy", _header("(\n"), "is damaged (its header cannot be read)"),
        ("t.npy", _header("__import__('os')\n"), "is damaged (its header cannot be read)"),
        ("t.npz", b"no zip archive at all", "is a damaged zip archive (File is not a zip file)"),
        ("t.npz", _npz(X=_EYE)[:-30], "is a damaged zip archive"),
        ("t.npz", _corrupt(_npz(X=_EYE), 60), "is a damaged zip archive"),
        ("t.npz", _npz(X=_EYE[:-1]), "is damaged: shape (4, 4) of float64 needs 128 bytes, 127 came"),
        ("t.npz", _npz(X=_HUGE), "is damaged: shape (4000000000, 4000000000)"),
        ("t.npz", _npz(X=_PYTHON_OBJECTS), "holds Python objects"),
        ("t.npz", _npz(X=_EYE, y=_PYTHON_OBJECTS), "holds Python objects"),
        ("t.npz", _npz(X=_EYE, y=npy(np.arange(3))), "4 samples but labels of shape (3,)"),
        ("t.npz", _npz(X=_EYE, y=npy(np.array([1j] * 4))), "labels are complex128, not numbers or text"),
        ("t.npz", _npz(a=_EYE, b=_EYE), "which array holds the samples? Name one X; it has a (4, 4), b (4, 4)"),
        ("t.npz", _npz(a=npy(np.arange(3))), "which array holds the samples?"),
        ("t.npz", _npz(**{f"a{i}": _EYE for i in range(9)}), "which array holds the samples?"),
        ("t.npz", _npz(), "which array holds the samples? Name one X; it has no arrays"),
        ("t.idx", b"PK\x03\x04....", "is not an idx file (it begins with 50 4b 03 04)"),
        ("t.idx", b"\0\0\x07\x01", "is not an idx file (it begins with 00 00 07 01)"),
        ("t.idx", b"\0\0\x08\x00", "is not an idx file"),
        ("t.idx", b"\0\0", "is not an idx file (it begins with 00 00)"),
        ("t.idx", b"\0\0\x08\x03\0\0\0\1", "is cut short: the header names 3 dimensions"),
        ("t.idx", idx(np.eye(3, dtype="u1"))[:-1], "the header promises 9 bytes (3, 3), 8 came"),
        ("t.idx", idx(np.eye(3, dtype="u1")) + b"x", "the header promises 9 bytes (3, 3), more came"),
        ("t.idx", idx(np.zeros(3, "u1")), "is 1-D with shape (3,)"),
        ("t.idx", b"\0\0\x0e\x02" + b"\xff" * 8, "the header promises 147573952520956936200 bytes"),
        ("t.idx.gz", gzip.compress(b"\0\0\x0e\x02" + b"\xff" * 8), "the header promises 147573952520956936200 bytes"),
        ("t.idx.gz", gzip.compress(idx(np.eye(3, dtype="u1")))[:-9], "is a damaged gzip file ("),
        ("t.idx.gz", idx(np.eye(3, dtype="u1")), "is a damaged gzip file (Not a gzipped file"),
        ("t.csv.gz", gzip.compress(b"1,2\n" * 99)[:-5], "is a damaged gzip file ("),
        ("t.csv.gz", _corrupt(gzip.compress(b"1,2\n" * 99), 14), "is a damaged gzip file ("),
        ("t.dat.gz", gzip.compress(b""), "is empty"),
        ("t.csv", b"", "is empty"),
        ("t.npy", b"", "is empty"),
        ("t.xls", b"1", "has no ending that tells its format; known are .npy .npz .csv .tsv .txt .dat .idx"),
        ("t", b"1", "has no ending that tells its format"),
        ("t.npy.gz", b"1", "has no ending that tells its format"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as raised:
        read(tmp_path / name)
    assert str(raised.value).startswith(f"{name}: {message}")
    assert "\n" not in str(raised.value)


def test_a_pickle_is_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.save(tmp_path / "t.npy", np.array([[Trap()]], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="never unpickled"):
        read(tmp_path / "t.npy")
    assert not (tmp_path / "sprung").exists()


def test_headers_of_python_2_are_read(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4L, 4L)}\n"
    (tmp_path / "t.npy").write_bytes(_header(header) + np.eye(4).tobytes())
    np.testing.assert_array_equal(read(tmp_path / "t.npy").data, np.eye(4))


@pytest.mark.parametrize("name", ["t.csv.gz", "t.dat.gz", "t.idx.gz", "t.npz"])
def test_bombs_are_refused_before_they_go_off(tmp_path, name, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNPACKED", 2**16)
    zeros = np.zeros((2**9, 2**8), dtype="u1")
    if name == "t.npz":
        np.savez_compressed(tmp_path / name, X=zeros)
    else:
        (tmp_path / name).write_bytes(gzip.compress(idx(zeros) if name == "t.idx.gz" else b"0\n" * 2**16))
    with pytest.raises(
        DataError, match=r"unpacks to (more than 65536 bytes|\d+ bytes, limit 65536)|more than the file"
    ):
        read(tmp_path / name)


def test_a_small_gzip_cannot_hold_a_large_array(tmp_path):
    (tmp_path / "t.idx.gz").write_bytes(gzip.compress(b"\0\0\x08\x02" + struct.pack(">2I", 2**14, 2**14)))
    with pytest.raises(DataError, match=r"promises 268435456 bytes .* more than the file can hold"):
        read(tmp_path / "t.idx.gz")


def test_npz_with_a_foreign_compression(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("X.npy", _EYE)
    with pytest.raises(DataError, match=r"^t.npz: X.npy is packed in a way that NumPy does not write"):
        read(tmp_path / "t.npz")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DataError, match=r"^no.csv: no such file \(in .*\)$"):
        read(tmp_path / "no.csv")
    (tmp_path / "sub.csv").mkdir()
    with pytest.raises(DataError, match=r"^sub.csv: is a folder, not a file$"):
        read(tmp_path / "sub.csv")
    with pytest.raises(DataError, match="is a folder"):
        read("")
    with pytest.raises(InvalidParameter, match="read: path must be a path; got 3"):
        read(3)


def test_unreadable_file(tmp_path, monkeypatch):
    (tmp_path / "t.csv").write_text("1,2\n")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match=r"^t.csv: cannot be read \(Permission denied\)$"):
        read(tmp_path / "t.csv")


def test_images_with_labels(data_folder):
    found = read(data_folder / "alphadigits" / "binaryalphadigs.npz")
    assert found.data.shape == (1404, 320)
    assert found.shape == (20, 16)
    assert found.target.shape == (1404,)
    fashion = read(data_folder / "fashion_mnist" / "t10k-images-idx3-ubyte.gz")
    assert fashion.data.shape == (10000, 784)
    assert fashion.shape == (28, 28)
