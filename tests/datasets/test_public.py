import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

from neurosim import datasets
from neurosim.core.errors import DataError


def test_every_public_name_resolves_and_is_no_submodule():
    submodules = {module.name for module in pkgutil.iter_modules(datasets.__path__)}
    for name in submodules:
        importlib.import_module(f"neurosim.datasets.{name}")
    assert not submodules & set(datasets.__all__)
    for name in datasets.__all__:
        assert callable(getattr(datasets, name)), name
    assert dir(datasets) == sorted(datasets.__all__)


def _loaded_after(code: str) -> set[str]:
    show = f"import sys; {code}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.split())


def test_import_is_cheap():
    assert not _loaded_after("import neurosim.datasets") & {"numpy", "sklearn", "numba", "matplotlib", "pooch"}


def test_bundled_and_local_data_need_neither_scikit_learn_nor_pooch():
    code = "import neurosim.datasets as d; [d.load(n) for n in ('digits', 'iris', 'wine', 'animals', 'colours')]"
    assert not _loaded_after(code) & {"sklearn", "numba", "matplotlib", "pooch", "requests"}


def test_dataset_is_frozen_and_says_what_it_is():
    iris = datasets.load_iris()
    assert repr(iris) == "<Dataset iris: 150 samples x 4 features, 3 classes>"
    with pytest.raises(AttributeError):
        iris.name = "other"


def test_labels_read_as_names_where_there_are_names():
    data = np.zeros((3, 1))
    assert datasets.Dataset("a", data).labels is None
    assert datasets.Dataset("a", data, np.array([4, 5, 6])).labels.tolist() == [4, 5, 6]
    named = datasets.Dataset("a", data, np.array([1, -1, 0]), target_names=("x", "y"))
    assert named.labels.tolist() == ["y", "", "x"]


def test_load_by_name_gives_what_the_catalogue_says():
    for entry in datasets.entries():
        if entry.kind != "fetched":
            found = datasets.load(entry.name)
            assert found.name == entry.name
            assert found.data.shape == (entry.samples, entry.features)
            assert found.source


def test_load_fetched_by_name(data_folder):
    for entry in datasets.entries():
        if entry.kind == "fetched":
            found = datasets.load(entry.name, data_home=data_folder)
            assert found.name == entry.name
            assert found.data.shape == (entry.samples, entry.features)
            assert found.target is None or found.target.shape == (entry.samples,)
            assert entry.where(data_folder).is_relative_to(data_folder)


def test_names_are_unique_and_ignore_case():
    assert len(set(datasets.names())) == len(datasets.names())
    assert datasets.load("IRIS").name == "iris"


def test_load_short_names_of_fcps(data_folder):
    assert datasets.load("chainlink", data_home=data_folder).name == "fcps-chainlink"


def test_generated_by_name_are_the_same_every_time_and_follow_a_seed():
    np.testing.assert_array_equal(datasets.load("uniform").data, datasets.load("uniform").data)
    seeded = datasets.make_uniform(random_state=7)
    np.testing.assert_array_equal(datasets.load("uniform", random_state=7).data, seeded.data)


def test_load_a_path(tmp_path):
    np.save(tmp_path / "points.npy", np.eye(3))
    for path in (tmp_path / "points.npy", str(tmp_path / "points.npy")):
        np.testing.assert_array_equal(datasets.load(path).data, np.eye(3))


def test_a_name_goes_before_a_file_and_a_path_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris").write_text("no table")
    assert datasets.load("iris").data.shape == (150, 4)
    with pytest.raises(DataError, match="iris: has no ending"):
        datasets.load("./iris")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digit", r"^digit: no data set and no file of this name; did you mean digits or alphadigits\?$"),
        ("hept", r"did you mean fcps-hepta\?$"),
        ("mnist-tets", "did you mean mnist-test"),
        ("qqqq", "known names are digits, iris"),
        ("points.npy", r"^points.npy: no such file \(in "),
        ("no/such", "^such: no such file"),
        ("", "no data set and no file|is a folder"),
    ],
)
def test_load_unknown(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        datasets.load(name)
