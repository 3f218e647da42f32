import numpy as np
import pytest
from scipy.io import savemat

from neurosim.core.errors import DataError
from neurosim.datasets import files, store
from neurosim.datasets.roweis import fetch_alphadigits, fetch_olivetti


def test_alphadigits(data_folder):
    found = fetch_alphadigits(data_home=data_folder)
    assert (found.data.shape, found.data.dtype, found.shape) == ((1404, 320), np.float32, (20, 16))
    assert np.unique(found.data).tolist() == [0, 1]
    assert np.bincount(found.target).tolist() == [39] * 36
    assert found.labels[[0, -1]].tolist() == ["0", "Z"]


def test_olivetti(data_folder):
    found = fetch_olivetti(data_home=data_folder)
    assert (found.data.shape, found.data.dtype, found.shape) == ((400, 4096), np.float32, (64, 64))
    assert np.bincount(found.target).tolist() == [10] * 40
    np.testing.assert_allclose(found.data[0, :5] / 242, [0.3099, 0.3678, 0.4174, 0.4421, 0.5289], atol=1e-4)


@pytest.fixture
def matlab(tmp_path, nowhere):
    """A function that writes a MATLAB file laid out as the public one."""

    def write(file, variables, **options):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        savemat(tmp_path / file, variables, **options)
        return tmp_path

    return write


@pytest.mark.parametrize("packed", [False, True])
def test_matlab_files_of_the_public_address_give_the_same_bits(data_folder, matlab, packed):
    letters, faces = fetch_alphadigits(data_home=data_folder), fetch_olivetti(data_home=data_folder)
    cells = np.empty((36, 39), object)
    for k, picture in enumerate(letters.data.reshape(-1, 20, 16).astype(np.uint8)):
        cells[k // 39, k % 39] = picture
    columns = faces.data.reshape(400, 64, 64).transpose(0, 2, 1).reshape(400, -1).T.astype(np.uint8)
    other = {"numclass": 36.0}
    home = matlab("alphadigits/binaryalphadigs.mat", other | {"dat": cells}, do_compression=packed)
    matlab("olivetti/olivettifaces.mat", {"faces": columns}, do_compression=packed)
    for fetch, known in ((fetch_alphadigits, letters), (fetch_olivetti, faces)):
        found = fetch(data_home=home)
        np.testing.assert_array_equal(found.data, known.data)
        np.testing.assert_array_equal(found.target, known.target)


def test_what_is_wrong_with_a_matlab_file(matlab, monkeypatch):
    home = matlab("olivetti/olivettifaces.mat", {"faces": np.zeros((3, 4), np.uint8)})
    with pytest.raises(DataError, match=r"^olivettifaces.mat: its faces have shape \(3, 4\), \(4096, 400\) wanted"):
        fetch_olivetti(data_home=home)
    matlab("olivetti/olivettifaces.mat", {"faces": np.zeros((4096, 400), np.uint8)})
    with pytest.raises(DataError, match="images is not the published data: SHA-256 expected"):
        fetch_olivetti(data_home=home)
    matlab("olivetti/olivettifaces.mat", {"people": np.zeros(2)})
    with pytest.raises(DataError, match="is no MATLAB file with a variable faces"):
        fetch_olivetti(data_home=home)
    matlab("alphadigits/binaryalphadigs.mat", {"dat": np.zeros((2, 3))})
    with pytest.raises(DataError, match="its dat holds no pictures of 20 x 16 pixels"):
        fetch_alphadigits(data_home=home)
    matlab("olivetti/olivettifaces.mat", {"faces": np.zeros((4096, 400), np.uint8)}, do_compression=True)
    monkeypatch.setattr(files, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(DataError, match="unpacks to more than 1000000 bytes"):
        fetch_olivetti(data_home=home)
    path = home / "olivetti" / "olivettifaces.mat"
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(DataError, match=r"^olivettifaces.mat: is (a damaged|no) MATLAB file"):
        fetch_olivetti(data_home=home)
    path.write_bytes(b"<html>please sign in</html>" * 20)
    with pytest.raises(DataError, match=r"^olivettifaces.mat: is no MATLAB file"):
        fetch_olivetti(data_home=home)


@pytest.mark.parametrize(
    ("fetch", "file"),
    [(fetch_alphadigits, "alphadigits/binaryalphadigs.mat"), (fetch_olivetti, "olivetti/olivettifaces.mat")],
)
def test_absent_and_no_download(nowhere, fetch, file):
    name = file.split("/")[1]
    with pytest.raises(DataError) as raised:
        fetch(download_if_missing=False)
    assert str(raised.value) == (
        f"{name}: is not here; it can be had from https://cs.nyu.edu/~roweis/data/{name}; "
        f"put it at <folder>/{file}, where <folder> is NEUROSIM_DATA, data_home or {store.cache_folder()}"
    )
