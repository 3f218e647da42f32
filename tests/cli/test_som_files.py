"""`neurosim som export` and `import`."""

import numpy as np
import pytest
from click.testing import CliRunner

import neurosim
from neurosim.core import storage
from neurosim.datasets import load_iris
from neurosim.som import SOM, u_matrix
from neurosim.som.files_esom import read_bm, read_umx, read_wts
from neurosim.som.files_sompak import read_cod, write_cod
from neurosim_cli.main import main


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*args, code=0):
        result = CliRunner().invoke(main, ["som", *map(str, args)])
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run


@pytest.fixture
def trained(invoke):
    """A model that the command has trained on z-scored iris data."""
    invoke("iris", "--grid", "4x5", "--hex", "--epochs", "3", "--no-plot", "--quiet", "--out", "out")
    return neurosim.load("out/model.npz")


def test_a_map_for_sompak_and_back(invoke, trained):
    result = invoke("export", "out/model.npz", "map.cod", "--digits", "17")
    assert result.stdout == "wrote map.cod\n"
    assert "scaled by zscore; --data-units undoes it" in result.stderr
    book = read_cod("map.cod")
    np.testing.assert_array_equal(book.som.weights_, trained.weights_)
    assert book.feature_names[:2] == ("sepal_length_(cm)", "sepal_width_(cm)")
    assert invoke("import", "map.cod", "--out", "back.npz").stdout == "wrote back.npz\n"
    back = neurosim.load("back.npz")
    np.testing.assert_array_equal(back.weights_, trained.weights_)
    assert back.topology == trained.topology
    assert storage.read_notes("back.npz")["components"] == list(book.feature_names)
    assert "topographic error (TE6)" in invoke("quality", "back.npz", "iris").stdout


def test_names_and_labels_of_an_imported_map_are_kept(invoke, tmp_path):
    text = "2 hexa 2 2 bubble\n#n alpha beta\n1 2 a \n3 4 \n5 6 c d \n7 8 d \n"
    (tmp_path / "r.cod").write_text(text)
    invoke("import", "r.cod", "--out", "r.npz")
    invoke("export", "r.npz", "again.cod")
    assert (tmp_path / "again.cod").read_text() == text


def test_the_labels_of_the_units(invoke, trained):
    iris = load_iris()
    z = (iris.data - iris.data.mean(0)) / iris.data.std(0)
    invoke("export", "out/model.npz", "map.cod.gz", "--labels", "iris")
    labels, winners = read_cod("map.cod.gz").labels, trained.predict(z)
    for unit in range(20):
        names, counts = np.unique(iris.labels[winners == unit], return_counts=True)
        assert labels[unit] == (names[counts.argmax()] if len(names) else "")
    assert 3 <= len(set(labels)) <= 4
    assert (read_cod("map.cod.gz").som.weights_ != trained.weights_).any()  # 6 digits
    invoke("import", "map.cod.gz")
    assert storage.read_notes("model.npz")["labels"] == labels.tolist()


def test_files_for_somoclu(invoke, trained):
    iris = load_iris()
    for name in ("map.wts", "map.bm", "map.umx"):
        assert invoke("export", "out/model.npz", name).stdout == f"wrote {name}\n"
    np.testing.assert_allclose(read_wts("map.wts").weights_, trained.weights_, atol=1e-10)
    z = (iris.data - iris.data.mean(0)) / iris.data.std(0)
    np.testing.assert_array_equal(read_bm("map.bm").units, trained.predict(z))
    np.testing.assert_allclose(read_umx("map.umx").ravel(), u_matrix(trained)[1], atol=1e-6)
    invoke("import", "map.wts", "--hex", "--shape", "cylinder")
    topology = neurosim.load("model.npz").topology
    assert (topology.grid, topology.lattice, topology.shape) == ((4, 5), "hexagonal", "cylinder")


def test_the_units_of_the_data(invoke, trained):
    iris = load_iris()
    invoke("export", "out/model.npz", "map.wts", "--data-units")
    weights = trained.weights_ * iris.data.std(0) + iris.data.mean(0)
    np.testing.assert_allclose(read_wts("map.wts").weights_, weights, atol=1e-9)
    result = invoke("export", "out/model.npz", "map.umx", "--data-units")
    assert result.stderr == ""
    heights = u_matrix(SOM.from_weights(weights, (4, 5), lattice="hexagonal"))[1]
    np.testing.assert_allclose(read_umx("map.umx").ravel(), heights, atol=1e-6)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("map.txt", "map.txt: the ending must be one of .cod .wts .bm .umx, perhaps with .gz"),
        ("map.wts --labels", "--labels goes with .cod, not with .wts"),
        ("map.umx --digits 3", "--digits goes with .cod, not with .umx"),
        ("map.wts iris", "DATA goes with .bm and --labels, not with .wts"),
        ("map.bm --data-units", "--data-units goes with .cod, .wts and .umx, not with .bm"),
    ],
)
def test_wrong_use_of_export(invoke, args, message):
    assert message in invoke("export", "model.npz", *args.split(), code=2).stderr


def test_what_cannot_be_exported_or_imported(invoke, tmp_path):
    assert "no such file" in invoke("export", "none.npz", "map.cod", code=1).stderr
    SOM().save("new.npz")
    assert "holds a SOM that was not trained" in invoke("export", "new.npz", "map.cod", code=1).stderr
    from neurosim.perceptron import Perceptron

    Perceptron().save("other.npz")
    assert "holds a Perceptron, not a SOM" in invoke("export", "other.npz", "map.cod", code=1).stderr
    som = SOM.from_weights(np.ones((4, 4)), (2, 2))
    som.save("plain.npz")
    (tmp_path / "t.csv").write_text("1,2,3,4\n5,6,7,8\n")
    assert "name the DATA too" in invoke("export", "plain.npz", "map.bm", code=2).stderr
    assert (
        "--labels needs labelled data" in invoke("export", "plain.npz", "map.cod", "t.csv", "--labels", code=1).stderr
    )
    SOM.from_weights(np.ones((4, 1)), (2, 2), shape="toroid").save("ring.npz")
    assert "write_cod: som must be a sheet" in invoke("export", "ring.npz", "map.cod", code=2).stderr
    assert "the ending must be one of .cod .wts" in invoke("import", "map.bm", code=2).stderr
    write_cod(som, "map.cod")
    assert "do not go with .cod" in invoke("import", "map.cod", "--torus", code=2).stderr
    (tmp_path / "bad.cod").write_text("3\n1 2 3\n")
    assert "bad.cod: line 1 must be" in invoke("import", "bad.cod", code=1).stderr
    assert not (tmp_path / "model.npz").exists()
