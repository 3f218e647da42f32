"""`neurosim som`: the demo, the verbs, and the mistakes that newcomers make."""

import csv
import inspect
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import neurosim
from neurosim.som import SOM
from neurosim_cli.main import main
from neurosim_cli.som import train


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*args, code=0):
        result = CliRunner().invoke(main, list(map(str, args)))
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run


SMALL = ("--grid", "4x5", "--epochs", "3", "--seed", "1")


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("som", "--grid", "20x20")
    out = tmp_path / "neurosim-out" / "som"
    assert {p.name for p in out.iterdir()} == {"som.png", "model.npz", "report.json"}
    assert (out / "som.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["quality"]["quantization_error"] < 4.2
    assert "topographic error (TE8)" in result.stdout
    assert "zscore" in result.stdout
    assert "3 constant columns" in result.stderr
    for name in ("som.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/som/{name}" in result.stdout


def test_options_reach_the_model(invoke, tmp_path):
    options = "--grid 4x6 --hex --torus --sigma 3,0.5 --sigma-decay linear --init sample --tol 1e-9"
    more = "--n-iter-no-change 2 --seed 5 --backend cpu --threads 1 --out here --no-plot --scale range"
    online = "--online --steps 200 --in-order --learning-rate 0.3,0.1 --learning-rate-decay inverse --metric chebyshev"
    invoke("som", "iris", *options.split(), *more.split(), *online.split(), "--neighbourhood", "bubble")
    model = neurosim.load(tmp_path / "here" / "model.npz")
    assert model.get_params() == {
        "grid": (4, 6), "lattice": "hexagonal", "shape": "toroid", "sigma": (3.0, 0.5), "sigma_decay": "linear",
        "epochs": 20, "init": "sample", "tol": 1e-9, "n_iter_no_change": 2, "random_state": 5, "backend": "cpu",
        "algorithm": "online", "steps": 200, "shuffle": False, "learning_rate": (0.3, 0.1),
        "learning_rate_decay": "inverse", "metric": "chebyshev", "neighbourhood": "bubble",
    }  # fmt: skip
    assert not (tmp_path / "here" / "som.png").exists()


def test_every_parameter_has_its_option_and_the_help_shows_its_default():
    names = {"random_state": "seed"}
    options = {p.name: p for p in reversed(train.params)}  # --lattice, not its short form --hex
    given = train.make_context("som", []).params
    help_text = CliRunner().invoke(main, ["som", "--help"]).output
    for name, parameter in inspect.signature(SOM).parameters.items():
        option = options[names.get(name, name)]
        assert given[name if name in given else names[name]] is None
        assert all(f in help_text for f in option.opts), name
        if parameter.default is not None:
            values = parameter.default if isinstance(parameter.default, tuple) else (parameter.default,)
            value = {"shuffle": "shuffle"}.get(name, ("x" if name == "grid" else ",").join(map(str, values)))
            assert re.search(rf"\[default:\s+{value}\]", option.help), name


def test_json_is_all_that_stdout_holds(invoke):
    report = json.loads(invoke("som", "iris", *SMALL, "--json", "--no-plot").stdout)
    assert report["samples"] == 150
    assert report["grid"] == [4, 5]
    assert report["seed"] == 1


def test_quiet_prints_nothing(invoke):
    result = invoke("som", "digits", *SMALL, "--quiet", "--no-plot")
    assert result.output == ""


def test_verbs(invoke, tmp_path):
    invoke("som", "iris", *SMALL, "--no-plot")
    model = "neurosim-out/som/model.npz"
    trained = json.loads((tmp_path / "neurosim-out/som/report.json").read_text())
    report = json.loads(invoke("som", "quality", model, "--json").stdout)
    assert report["quality"] == trained["quality"]
    assert (
        json.loads(invoke("som", "quality", model, "iris", "--adjacency", 4, "--json").stdout)["quality"]["adjacency"]
        == 4
    )
    rows = list(csv.DictReader(io.StringIO(invoke("som", "map", model).stdout)))
    assert len(rows) == 150
    assert set(rows[0]) == {"sample", "unit", "row", "column", "x", "y", "distance", "label"}
    assert all(int(r["unit"]) == int(r["row"]) * 5 + int(r["column"]) for r in rows)
    mean = np.mean([float(r["distance"]) for r in rows])
    assert abs(mean - trained["quality"]["quantization_error"]) < 1e-4
    invoke("som", "map", model, "--out", "map.csv")
    assert len((tmp_path / "map.csv").read_text().splitlines()) == 151
    invoke("som", "plot", model, "--plot", "umatrix,hits", "--out", "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text()


def test_a_checkpoint_keeps_the_scaling(invoke):
    """So that it can be used before the run has ended."""
    invoke("som", "wine", *SMALL, "--no-plot", "--checkpoint", "run.npz")
    ref = json.loads(invoke("som", "quality", "neurosim-out/som/model.npz", "--json").stdout)
    assert json.loads(invoke("som", "quality", "run.npz", "--json").stdout) == ref
    assert "exists already" in invoke("som", "wine", *SMALL, "--no-plot", "--checkpoint", "run.npz", code=1).stderr


def test_an_interrupt_says_what_is_left(invoke, tmp_path, monkeypatch):
    from neurosim.som import som as som_module

    def interrupt(callback, step, total, **metrics):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(som_module, "report", interrupt)
        result = invoke("som", "iris", *SMALL, "--no-plot", "--checkpoint", "run.npz", code=130)
        assert "interrupted after 1 of 3 epochs; run.npz holds the map, --resume goes on from it" in result.stderr
        assert "nothing was written" in invoke("som", "iris", *SMALL, code=130).stderr
    invoke("som", "iris", *SMALL, "--no-plot", "--checkpoint", "run.npz", "--resume")
    assert neurosim.load(tmp_path / "neurosim-out/som/model.npz").n_iter_ == 3


def test_labels_with_commas_stay_in_their_column(invoke, tmp_path):
    (tmp_path / "x.csv").write_text('a,b,name\n1,2,"Smith, J"\n3,4,"O""Hara"\n5,7,x\n')
    invoke("som", "x.csv", *SMALL, "--no-plot")
    rows = list(csv.DictReader(io.StringIO(invoke("som", "map", "neurosim-out/som/model.npz").stdout)))
    assert [r["label"] for r in rows] == ["Smith, J", 'O"Hara', "x"]


def test_columns_are_compared_by_name_and_data_found_from_elsewhere(invoke, tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,5\n6,7\n")
    (tmp_path / "y.csv").write_text("b,a\n2,1\n5,3\n7,6\n")
    invoke("som", "x.csv", *SMALL, "--no-plot")
    model = tmp_path / "neurosim-out/som/model.npz"
    assert "has the columns b, a; the model a, b" in invoke("som", "quality", model, "y.csv", code=1).stderr
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    invoke("som", "quality", model)
    (tmp_path / "x.csv").unlink()
    assert "which is not there any more; name the DATA" in invoke("som", "quality", model, code=1).stderr


def test_json_has_no_nan(invoke, tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,5\n6,7\n")
    (tmp_path / "same.csv").write_text("1,2\n1,2\n")
    invoke("som", "x.csv", *SMALL, "--no-plot")
    report = json.loads(invoke("som", "quality", "neurosim-out/som/model.npz", "same.csv", "--json").stdout)
    assert report["quality"]["explained_variance"] is None


def test_a_model_made_in_python_needs_its_data_named(invoke, tmp_path):
    SOM(grid=(3, 3), epochs=1).fit(np.eye(4)).save(tmp_path / "m.npz")
    result = invoke("som", "quality", "m.npz", code=2)
    assert "name the DATA too" in result.stderr
    np.save(tmp_path / "x.npy", np.eye(4))
    assert json.loads(invoke("som", "quality", "m.npz", "x.npy", "--json").stdout)["scale"] == "none"


def test_checkpoint_and_resume(invoke, tmp_path):
    options = ("som", "iris", *SMALL, "--no-plot", "--checkpoint", "run.npz")
    invoke(*options)
    before = neurosim.load(tmp_path / "neurosim-out/som/model.npz").weights_
    invoke(*options, "--resume")
    np.testing.assert_array_equal(neurosim.load(tmp_path / "neurosim-out/som/model.npz").weights_, before)
    result = invoke("som", "wine", *SMALL, "--no-plot", "--checkpoint", "run.npz", "--resume", code=1)
    assert "checkpoint of another fit" in result.stderr
    assert "--resume goes with --checkpoint" in invoke("som", "iris", "--resume", code=2).stderr


@pytest.mark.parametrize("scale", ["zscore", "range", "none"])
def test_scaling(invoke, tmp_path, scale):
    invoke("som", "wine", *SMALL, "--scale", scale, "--no-plot")
    model = neurosim.load(tmp_path / "neurosim-out/som/model.npz")
    spread = {"zscore": 10, "range": 1.01, "none": 2000}[scale]
    assert np.abs(model.weights_).max() < spread
    assert np.abs(model.weights_).max() > spread / 20


def write(name, text):
    def make(folder):
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return make


BAD = {
    "model as data": (lambda folder: SOM().save(folder / "m.npz"), ["m.npz"], 1, "is a model, not data; did you mean"),
    "verb last": (None, ["iris", "quality"], 2, "the verb 'quality' comes first, as in .* som quality MODEL"),
    "images of a table": (None, ["iris", "--plot", "images"], 2, "--plot images needs images; iris has plain columns"),
    "labels of none": (None, ["colours", "--plot", "labels"], 2, "--plot labels needs labelled data"),
    "no folder": (None, ["iris", "--checkpoint", "no/c.npz"], 1, "no/c.npz: there is no folder no"),
    "seed": (None, ["iris", "--seed", str(2**64)], 2, "--seed"),
    "memory": (None, ["iris", "--grid", "9999999x9999999"], 1, "not enough memory"),
    "ragged": (write("x.csv", "1,2\n3,4\n5\n"), ["x.csv"], 1, r"x\.csv.*line 3.*1 field"),
    "text": (write("x.csv", "a,b\n1,2\n3,oops\n4,5\n"), ["x.csv"], 1, r"x\.csv.*(line|row) .*oops"),
    "inf": (write("x.csv", "a,b\n1,2\ninf,4\n5,6\n"), ["x.csv"], 1, r"x\.csv: column a of sample 2 .* is inf"),
    "no values": (write("x.csv", "a,b\n1,nan\n3,nan\n5,nan\n"), ["x.csv"], 1, r"x\.csv: column 2 .* has no values"),
    "steps in batches": (None, ["iris", "--steps", "9"], 2, "--steps goes with --online"),
    "rate in batches": (None, ["iris", "--learning-rate", "0.5,0.1"], 2, "--learning-rate goes with --online"),
    "steps and epochs": (None, ["iris", "--online", "--steps", "9", "--epochs", "2"], 2, "give one of them"),
    "pmatrix of gaps": (
        write("x.csv", "a,b\n1,2\n,4\n5,6\n"),
        ["x.csv", "--plot", "pmatrix"],
        2,
        "needs complete data",
    ),
    "hat in batches": (None, ["iris", "--neighbourhood", "mexican_hat"], 2, "neighbourhood must be gaussian, bubble"),
    "pies of none": (None, ["colours", "--plot", "pies"], 2, "--plot pies needs labelled data"),
    "zero grid": (None, ["--grid", "0x20"], 2, r"'0x20' is not ROWSxCOLUMNS.*see .* som --help"),
    "one unit": (None, ["--grid", "1x1"], 2, "at least 2 units; got"),
    "missing": (None, ["nothing.csv"], 1, r"nothing\.csv"),
    "unknown name": (None, ["digist"], 1, r"digist.*did you mean digits"),
    "damaged": (write("x.npy", b"\x93NUMPY\x01\x00garbage"), ["x.npy"], 1, r"x\.npy"),
    "one sample": (write("x.csv", "1,2\n"), ["x.csv", "--scale", "none"], 1, "(minimum of 2|constant)"),
    "all constant": (write("x.csv", "1,2\n1,2\n1,2\n"), ["x.csv"], 1, "all 2 columns are constant"),
    "sigma": (None, ["--sigma", "3"], 2, "'3' is not two numbers with a comma"),
    "kind": (None, ["--plot", "umatrix,pie"], 2, "'pie' is not one of umatrix"),
    "option": (None, ["--girth", "3"], 2, "No such option"),
    "threads": (None, ["iris", "--threads", "0"], 2, "0 is not in the range x>=1"),
    "odd rows": (None, ["iris", "--grid", "5x4", "--hex", "--torus"], 2, "even number of rows"),
}


@pytest.mark.parametrize(("make", "args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes_get_one_clear_line(invoke, tmp_path, make, args, code, message):
    if make:
        make(tmp_path)
    result = invoke("som", *args, code=code)
    assert re.search(message, result.stderr), result.stderr
    assert len([line for line in result.stderr.splitlines() if not line.startswith("Note:")]) == 1
    assert result.stdout == ""
    assert not (tmp_path / "neurosim-out").exists()


def test_a_constant_column_is_named_and_survives(invoke, tmp_path):
    write("x.csv", "a,b,c\n1,5,2\n2,5,3\n3,5,9\n")(tmp_path)
    result = invoke("som", "x.csv", *SMALL, "--no-plot")
    assert "Note: 1 constant column (b) cannot be scaled and only shifted." in result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["quality", "nothing.npz"], "no such file"),
        (["quality", "damaged.npz"], "not a neurosim model file"),
        (["quality", "untrained.npz", "iris"], "holds a SOM that was not trained"),
        (["map", "model.npz", "wine"], "wine: has 13 features; the model was trained on 4"),
    ],
)
def test_mistakes_with_models(invoke, tmp_path, args, message):
    SOM(grid=(3, 3), epochs=1).fit(np.eye(4)).save(tmp_path / "model.npz")
    SOM().save(tmp_path / "untrained.npz")
    write("damaged.npz", b"PK")(tmp_path)
    result = invoke("som", *args, code=1)
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


GAPS = "a,b,c\n1,2,3\n2,,4\n,4,5\n4,5,6\n5,6,7\n"


def test_missing_values(invoke, tmp_path):
    (tmp_path / "x.csv").write_text(GAPS)
    result = invoke("som", "x.csv", *SMALL, "--no-plot")
    assert "Note: 2 values are missing, in 2 of 5 samples." in result.stderr
    assert "2 values missing" in result.stdout
    model = "neurosim-out/som/model.npz"
    filled = list(csv.DictReader(io.StringIO(invoke("som", "impute", model).stdout)))
    assert [row["a"] for row in filled][:2] == ["1", "2"]
    assert 2 <= float(filled[1]["b"]) <= 6
    assert 1 <= float(filled[2]["a"]) <= 5
    quality = json.loads(invoke("som", "quality", model, "--all", "--json").stdout)["quality"]
    assert quality["combined_error"] >= quality["quantization_error"]
    result = invoke("som", "x.csv", *SMALL, "--metric", "cosine", code=2)
    assert "supported for batch with NaN" in result.stderr
    assert "\nmanhattan    yes   yes" in result.stderr  # the table keeps its lines


def test_samples_without_a_label(invoke, tmp_path):
    (tmp_path / "x.csv").write_text("a,b,class\n1,2,u\n2,3,\n4,4,v\n4,5,u\n5,6,\n")
    invoke("som", "x.csv", *SMALL, "--plot", "umatrix,labels,pies")
    assert (tmp_path / "neurosim-out/som/report.json").exists()


def test_numbers_as_labels_are_too_many_to_draw(invoke, tmp_path):
    rows = "".join(f"{i},{i * i},{i / 7:.3f}\n" for i in range(60))
    (tmp_path / "x.csv").write_text("a,b,target\n" + rows)
    invoke("som", "x.csv", *SMALL)
    assert "60 different labels" in invoke("som", "x.csv", *SMALL, "--plot", "labels", code=2).stderr


def test_clusters(invoke, tmp_path):
    invoke("som", "iris", "--grid", "6x6", "--seed", 1, "--no-plot")
    model = "neurosim-out/som/model.npz"
    for method in ("kmeans", "ward"):
        options = ("--clusters", 3, "--method", method)
        units = list(csv.DictReader(io.StringIO(invoke("som", "cluster", model, *options).stdout)))
        assert len(units) == 36
        assert {row["cluster"] for row in units} == {"0", "1", "2"}
        invoke("som", "cluster", model, "iris", *options, "--samples", "--out", "c.csv", "--figure", "c.png")
        samples = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text())))
        setosa = {row["cluster"] for row in samples if row["label"] == "setosa"}
        assert len(samples) == 150
        assert len(setosa) == 1
        assert (tmp_path / "c.png").read_bytes()[:4] == b"\x89PNG"


def test_every_kind_of_figure(invoke, tmp_path):
    kinds = "umatrix,planes,hits,labels,pies,data,trajectory,pmatrix"
    invoke("som", "iris", "--grid", "auto", "--epochs", 3, "--plot", kinds)
    assert (tmp_path / "neurosim-out/som/som.png").stat().st_size > 50_000


def test_a_missing_device_is_exit_code_3(invoke, monkeypatch):
    from neurosim.core import device

    monkeypatch.setattr(device, "available", lambda: False)
    assert "backend='cpu'" in invoke("som", "iris", "--backend", "cuda", code=3).stderr


def test_info_and_warmup(invoke):
    report = json.loads(invoke("info", "--json").stdout)
    assert report["neurosim"] == neurosim.__version__
    assert report["backends"][0] == "cpu"
    assert report["threads"] >= 1
    assert "kernel cache" in invoke("info").stdout
    output = invoke("warmup").stdout
    assert {line.split(":")[0] for line in output.splitlines()[:-1]} == {
        "boltzmann",
        "cnn",
        "hopfield",
        "ising",
        "mcculloch_pitts",
        "neocognitron",
        "perceptron",
        "som",
        "v1",
    }
    assert report["cache"] in output


def test_as_a_process(tmp_path):
    command = [sys.executable, "-m", "neurosim_cli", "som", "iris", *SMALL, "--no-plot"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "quantisation error" in done.stdout
    version = subprocess.run([sys.executable, "-m", "neurosim_cli", "--version"], capture_output=True, text=True)
    assert version.stdout == f"neurosim, version {neurosim.__version__}\n"
