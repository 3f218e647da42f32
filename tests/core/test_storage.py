"""Model files: round trips, and one clear error for everything that is not one."""

import io
import json
import os
import zipfile

import numpy as np
import pytest

import neurosim
from neurosim.core import storage
from neurosim.core.errors import DataError, StorageError
from neurosim.som import SOM


@pytest.fixture
def model(rng):
    som = SOM(grid=(3, 4), lattice="hexagonal", sigma=(2, 1), epochs=2, random_state=1, init="random")
    return som.fit(rng.normal(size=(30, 2)))


@pytest.fixture
def path(model, tmp_path):
    return model.save(tmp_path / "model.npz")


def rewrite(path, change):
    """Rewrite the header of a model file."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(entries["header.json"])
    change(header)
    entries["header.json"] = json.dumps(header).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def test_round_trip(model, path):
    again = neurosim.load(path)
    assert isinstance(again, SOM)
    assert again.get_params() == model.get_params()
    np.testing.assert_array_equal(again.weights_, model.weights_)
    assert again.weights_.dtype == model.weights_.dtype
    for name, values in model.history_.items():
        np.testing.assert_array_equal(again.history_[name], values)
    assert (again.seed_, again.n_iter_, again.backend_) == (model.seed_, model.n_iter_, model.backend_)


def test_an_unfitted_model_and_array_parameters(tmp_path):
    init = np.arange(8.0).reshape(4, 2)
    again = neurosim.load(SOM(grid=(2, 2), init=init).save(tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.init, init)
    assert not hasattr(again, "weights_")


def test_a_generator_becomes_the_key_that_was_drawn(rng, tmp_path):
    x = rng.normal(size=(20, 2))
    som = SOM(grid=(2, 3), init="sample", random_state=np.random.default_rng(4)).fit(x)
    again = neurosim.load(som.save(tmp_path / "m.npz"))
    assert again.random_state == som.seed_
    np.testing.assert_array_equal(again.fit(x).weights_, som.weights_)


def test_feature_names_survive(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, 0.0, 1.0]})
    again = neurosim.load(SOM(grid=(2, 2), epochs=1).fit(frame).save(tmp_path / "m.npz"))
    assert list(again.feature_names_in_) == ["a", "b"]
    assert again.predict(frame).shape == (3,)


def test_values_of_every_kind_round_trip(tmp_path, model):
    notes = {
        "none": None, "flag": True, "text": "ü", "number": 1.5, "big": 2**63, "list": [1, [2.0]], "pair": (1, "a"),
        "array": np.arange(3, dtype=np.int8), "scalar": np.float32(2.5), "deep": {"x": {"y": np.eye(2)}},
        "strings": np.array(["a", "b"], object), "nan": float("nan"),
    }  # fmt: skip
    storage.save(model, tmp_path / "m.npz", notes=notes)
    again = storage.read_notes(tmp_path / "m.npz")
    np.testing.assert_equal(again, notes)
    assert type(again["scalar"]) is np.float32
    assert again["array"].dtype == np.int8


def test_what_cannot_be_stored_leaves_the_old_file(path, model):
    before = path.read_bytes()
    with pytest.raises(StorageError, match="a value of type object cannot be stored"):
        storage.save(model, path, notes={"x": object()})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_an_interrupted_write_leaves_the_old_file(path, model, monkeypatch):
    before = path.read_bytes()

    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", fail)
    with pytest.raises(KeyboardInterrupt):
        model.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        neurosim.load(tmp_path / "nothing.npz")


def test_every_truncation_is_one_clear_error(path):
    whole = path.read_bytes()
    for size in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(StorageError, match="not a neurosim model file, or a damaged one"):
            neurosim.load(path)


def test_every_flipped_byte_is_noticed_or_harmless(path, model):
    whole = bytearray(path.read_bytes())
    for place in range(0, len(whole), 53):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            again = neurosim.load(path)
        except StorageError:
            continue
        np.testing.assert_array_equal(again.weights_, model.weights_)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_other_files(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(StorageError, match="not a neurosim model file"):
        neurosim.load(tmp_path / "x.npz")


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(StorageError):
        neurosim.load(tmp_path)


def test_a_plain_npz_is_no_model(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.eye(2))
    with pytest.raises(StorageError, match="not a neurosim model file"):
        neurosim.load(tmp_path / "x.npz")


def test_a_newer_file_says_so(path):
    rewrite(path, lambda header: header.update(format=99, neurosim="9.0"))
    with pytest.raises(StorageError, match=r"written by neurosim 9\.0 in format 99"):
        neurosim.load(path)


@pytest.mark.parametrize(
    "name", ["os.system", "neurosim.core.storage.save", "neurosim.som.Nothing", "neurosim.nothing.SOM", 3]
)
def test_only_our_models_are_made(path, name):
    rewrite(path, lambda header: header.update({"class": name}))
    with pytest.raises(StorageError, match="which this version does not know"):
        neurosim.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.pop("class"),
        lambda h: h.pop("notes"),
        lambda h: h.update(format=float("inf")),
        lambda h: h["state"].update(predict="hello"),
        lambda h: h["state"].update(__class__="hello"),
    ],
)
def test_odd_headers_are_damage(path, change):
    rewrite(path, change)
    with pytest.raises(StorageError, match="damaged"):
        neurosim.load(path)


def test_weights_that_do_not_fit_the_map_are_noticed(path, model):
    model.weights_ = np.zeros((12, 3000))
    with pytest.raises(DataError, match=r"weights_ have shape \(12, 3000\); the map needs \(12, 2\)"):
        neurosim.load(model.save(path)).predict(np.zeros((3, 2)))


@pytest.mark.parametrize("compressed", ["header.json", "array0.npy"])
def test_compressed_entries_are_refused(path, compressed):
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if name == compressed else zipfile.ZIP_STORED)
    with pytest.raises(StorageError, match=f"{compressed} is compressed"):
        neurosim.load(path)


@pytest.mark.parametrize("shape", [(10**12,), (10**30,), (3, 10**9)])
def test_an_array_larger_than_its_bytes_is_never_allocated(path, shape):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"shape": shape, "fortran_order": False, "descr": "<f8"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("extra.npy", header.getvalue() + bytes(24))
    with pytest.raises(StorageError, match="does not fit its bytes"):
        neurosim.load(path)


def test_a_flipped_bit_in_an_array_is_noticed(path, model):
    whole = path.read_bytes()
    place = whole.index(model.weights_.tobytes()[:16]) + 3
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(StorageError, match="CRC"):
        neurosim.load(path)


def test_what_save_refuses(tmp_path, model):
    class Mine(SOM):
        pass

    with pytest.raises(StorageError, match="no model of this package"):
        Mine(grid=(2, 2)).save(tmp_path / "x.npz")
    with pytest.raises(StorageError, match="a generator cannot be stored before the fit"):
        SOM(random_state=np.random.default_rng(1)).save(tmp_path / "x.npz")
    for notes in ({1: 2}, {"@array": 3}, {"x": np.array([[None]])}):
        with pytest.raises(StorageError, match=r"can(not)? be stored"):
            storage.save(model, tmp_path / "x.npz", notes=notes)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        model.save(tmp_path / "nowhere" / "x.npz")
    assert not list(tmp_path.iterdir())


def test_unknown_parameters_are_damage(path):
    rewrite(path, lambda header: header["parameters"].update(speed=3))
    with pytest.raises(StorageError, match="damaged model file"):
        neurosim.load(path)


def test_nothing_is_unpickled(path, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    with zipfile.ZipFile(path, "a") as archive, archive.open("trap.npy", "w") as entry:
        np.lib.format.write_array(entry, np.array([Trap()], object), allow_pickle=True)
    with pytest.raises(StorageError):
        neurosim.load(path)
    assert not (tmp_path / "sprung").exists()
