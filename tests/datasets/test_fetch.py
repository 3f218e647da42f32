import gc
import gzip
import hashlib
import http.server
import shutil
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import fetch, fetch_fcps, fetch_mnist, fetch_usps, hashes, store

from .test_arrays import idx

IMAGES, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
MNIST_COUNTS = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


@pytest.mark.parametrize(("subset", "first"), [("train", 5), ("test", 7)])
def test_mnist(data_folder, subset, first):
    found = fetch_mnist(subset, data_home=data_folder)
    assert np.bincount(found.target).tolist() == MNIST_COUNTS[subset]
    assert found.target[0] == first
    assert found.data.dtype == np.float32
    assert found.data.shape == (sum(MNIST_COUNTS[subset]), 784)
    assert (found.data.min(), found.data.max(), found.shape) == (0, 255, (28, 28))


def test_usps_and_its_published_error_of_nearest_neighbour(data_folder):
    train, test = (fetch_usps(subset, data_home=data_folder) for subset in ("train", "test"))
    assert train.data.shape == (7291, 256)
    assert (train.data.min(), train.data.max(), train.shape) == (-1, 1, (16, 16))
    distance = (train.data**2).sum(axis=1) - 2 * test.data @ train.data.T
    errors = (train.target[distance.argmin(axis=1)] != test.target).sum()
    assert errors == 113  # 5.63 %


def test_usps_text_of_the_public_address_gives_the_same_bits(data_folder, tmp_path, nowhere):
    test = fetch_usps("test", data_home=data_folder)
    lines = (f"{digit} " + " ".join(map(repr, row)) for digit, row in zip(test.target, test.data.tolist(), strict=True))
    (tmp_path / "usps").mkdir()
    (tmp_path / "usps" / "zip.test.gz").write_bytes(gzip.compress("\n".join(lines).encode(), 1))
    found = fetch_usps("test", data_home=tmp_path)
    np.testing.assert_array_equal(found.data, test.data)
    np.testing.assert_array_equal(found.target, test.target)


@pytest.mark.parametrize(
    ("name", "shape", "classes"), [("Hepta", (212, 3), 7), ("chainlink", (1000, 3), 2), ("GOLFBALL", (4002, 3), 1)]
)
def test_fcps(data_folder, name, shape, classes):
    found = fetch_fcps(name, data_home=data_folder)
    assert found.data.shape == shape
    assert found.name == f"fcps-{name.lower()}"
    assert np.unique(found.target).tolist() == list(range(1, classes + 1))


def test_order_of_the_folders(tmp_path, monkeypatch, nowhere):
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "env"))
    assert store.folders(tmp_path / "home") == [tmp_path / "home", tmp_path / "env", nowhere]
    for folder in (nowhere, tmp_path / "env", tmp_path / "home"):
        (folder / "usps").mkdir(parents=True)
        (folder / "usps" / "usps.npz").touch()
        assert store.find("usps/usps.npz", tmp_path / "home") == folder / "usps" / "usps.npz"
    monkeypatch.setenv("NEUROSIM_DATA", "")
    assert store.folders() == [nowhere]


def test_the_cache_is_where_pooch_has_it():
    import pooch

    assert store.cache_folder() == Path(pooch.os_cache("neurosim"))


def test_absent_and_no_download(nowhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)  # importing it would be an error
    with pytest.raises(DataError) as raised:
        fetch_mnist("test", download_if_missing=False)
    assert str(raised.value) == (
        f"{IMAGES}: is not here; it can be had from https://ossci-datasets.s3.amazonaws.com/mnist/{IMAGES}; "
        f"put it at <folder>/mnist/{IMAGES}, where <folder> is NEUROSIM_DATA, data_home or {nowhere}"
    )
    with pytest.raises(DataError, match=r"^zip.test.gz: is not here; it can be had from https://hastie.su.domains/"):
        fetch_usps("test", download_if_missing=False)


def test_fcps_has_no_public_address(nowhere):
    with pytest.raises(DataError, match=r"^fcps.npz: is not here; it can be had from .*Mthrun/FCPS as arrays X_Hepta"):
        fetch_fcps("hepta")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fetch_mnist("validation"), "fetch_mnist: subset must be 'train' or 'test'; got 'validation'"),
        (lambda: fetch_usps(None), "fetch_usps: subset must be 'train' or 'test'; got None"),
        (lambda: fetch_fcps("spiral"), "fetch_fcps: name must be one of Atom, Chainlink, .*; got 'spiral'"),
    ],
)
def test_bad_parameters(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()


def _small_mnist(folder: Path, monkeypatch) -> np.ndarray:
    """Write a tiny edition of MNIST's test half and make its hashes the expected ones."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.arange(3 * 4 * 4, dtype="u1").reshape(3, 4, 4)
    for file, array in ((IMAGES, images), (LABELS, np.array([3, 1, 4], dtype="u1"))):
        (folder / file).write_bytes(gzip.compress(idx(array)))
        monkeypatch.setitem(hashes.MNIST, file, hashlib.sha256(array.tobytes()).hexdigest())
    return images


def test_other_content_is_named_with_both_hashes(tmp_path, monkeypatch, nowhere):
    _small_mnist(tmp_path / "mnist", monkeypatch)
    assert fetch_mnist("test", data_home=tmp_path).target.tolist() == [3, 1, 4]
    other = np.zeros((3, 4, 4), dtype="u1")
    (tmp_path / "mnist" / IMAGES).write_bytes(gzip.compress(idx(other)))
    with pytest.raises(DataError) as raised:
        fetch_mnist("test", data_home=tmp_path)
    found = hashlib.sha256(other.tobytes()).hexdigest()
    assert str(raised.value).startswith(
        f"{IMAGES}: its content is not the published data: SHA-256 expected {hashes.MNIST[IMAGES]}, found {found}"
    )
    assert (tmp_path / "mnist" / IMAGES).exists(), "a user's file is never deleted"


@pytest.mark.parametrize(
    ("member", "call"),
    [
        ("x_test", lambda home: fetch_usps("test", data_home=home)),
        ("X_Hepta", lambda home: fetch_fcps("hepta", data_home=home)),
    ],
)
def test_other_arrays_are_refused(tmp_path, nowhere, member, call):
    for file in ("usps/usps.npz", "fcps/fcps.npz"):
        (tmp_path / file).parent.mkdir()
        np.savez(tmp_path / file, **{name: np.zeros((2, 2)) for name in ("x_test", "y_test", "X_Hepta", "y_Hepta")})
    with pytest.raises(DataError, match=f"{member} is not the published data: SHA-256 expected"):
        call(tmp_path)
    np.savez(tmp_path / "usps/usps.npz", other=np.zeros(2))
    with pytest.raises(DataError, match=r"^usps.npz: has no array x_test \(it has other\)"):
        fetch_usps("test", data_home=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"), [(b"6 a b", "is not a table of numbers"), (b"6 1 1", "has 3 columns, 257 wanted")]
)
def test_usps_text_of_another_kind(tmp_path, nowhere, text, message):
    (tmp_path / "usps").mkdir()
    (tmp_path / "usps" / "zip.train.gz").write_bytes(gzip.compress(text))
    with pytest.raises(DataError, match=f"^zip.train.gz: {message}"):
        fetch_usps(data_home=tmp_path)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server on this machine in place of the public address; yields its folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    folder = tmp_path / "public"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as running:
        threading.Thread(target=running.serve_forever).start()
        monkeypatch.setattr(fetch, "MNIST_URL", f"http://127.0.0.1:{running.server_port}/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield folder
        running.shutdown()


def test_download_once_into_the_cache_and_silently(server, nowhere, monkeypatch, capfd):
    images = _small_mnist(server, monkeypatch)
    found = fetch_mnist("test")
    np.testing.assert_array_equal(found.data, images.reshape(3, 16))
    assert sorted(path.name for path in (nowhere / "mnist").iterdir()) == [IMAGES, LABELS]
    shutil.rmtree(server)
    np.testing.assert_array_equal(fetch_mnist("test").data, found.data)
    assert capfd.readouterr() == ("", "")


def test_a_download_of_something_else_is_not_kept(server, nowhere, monkeypatch):
    _small_mnist(server, monkeypatch)
    (server / IMAGES).write_bytes(b"<html>please sign in</html>")
    with pytest.raises(DataError, match=f"^{IMAGES}: is a damaged gzip file"):
        fetch_mnist("test")
    assert not (nowhere / "mnist" / IMAGES).exists()
    _small_mnist(server, monkeypatch)
    assert fetch_mnist("test").target.tolist() == [3, 1, 4]


def test_a_download_that_fails_says_where_to_put_the_file(server, nowhere):
    with pytest.raises(DataError) as raised:
        fetch_mnist("test")
    gc.collect()  # an open socket would warn, and a warning is an error here
    message = str(raised.value)
    assert message.startswith(f"{IMAGES}: could not be had from http://127.0.0.1:")
    assert "404" in message
    assert message.endswith(
        f"put it at <folder>/mnist/{IMAGES}, where <folder> is NEUROSIM_DATA, data_home or {nowhere}"
    )
    assert "\n" not in message
