"""`neurosim perceptron`: every model, the verbs, XOR, and the mistakes that newcomers make."""

import csv
import inspect
import io
import json
import re
from pathlib import Path

import click
import numpy as np
import pytest
from matplotlib.figure import Figure

import neurosim
from neurosim import perceptron as family
from neurosim.datasets import load_wine
from neurosim.perceptron import Perceptron, online
from neurosim.som import SOM
from neurosim_cli.main import ErrorReportingGroup
from neurosim_cli.perceptron import MODELS, OPTIONS, _restore, perceptron
from neurosim_cli.perceptron_report import confusion, page

main = ErrorReportingGroup("neurosim", commands={"perceptron": perceptron})
FILE = "neurosim-out/perceptron/model.npz"
LEARNERS = [model for model in MODELS if model != "photo"]
OWN = {"stimuli", "each"}  # options of the command, not of the machine
LEFT_OUT = {"random_state", "n_responses", "source_sets", "rate"}  # --seed; and too much for a command


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--seed", 1, "--json", "--no-plot").stdout)


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("--seed", 3)
    out = tmp_path / "neurosim-out" / "perceptron"
    assert {p.name for p in out.iterdir()} == {"perceptron.png", "model.npz", "report.json"}
    assert (out / "perceptron.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["accuracy"]["test"] > 0.92
    assert report["samples"]["train"] + report["samples"]["test"] == 1797
    assert abs(report["samples"]["test"] / 1797 - 0.25) < 0.01
    assert len(report["mistakes"]) == report["epochs"]
    assert type(neurosim.load(out / "model.npz")).__name__ == "AveragedPerceptron"
    for text in ("test accuracy", "corrections", "zscore", "mistakes in the last epoch", "seed"):
        assert text in result.stdout
    for name in ("perceptron.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/perceptron/{name}" in result.stdout


@pytest.mark.parametrize("model", LEARNERS)
def test_every_model_learns_and_its_file_predicts_the_same(invoke, model):
    small = {"elementary": ("--units", 300), "pocket": ("--epochs", 20)}.get(model, ())
    report = report_of(invoke, "wine", "--model", model, *small)
    assert report["model"] == model
    assert report["accuracy"]["test"] > 0.85
    assert report["samples"] == {"train": 135, "test": 43}
    rows = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    right = np.mean([row["label"] == row["predicted"] for row in rows])
    shares, counts = report["accuracy"], report["samples"]
    assert len(rows) == 178
    assert right == pytest.approx((shares["train"] * counts["train"] + shares["test"] * counts["test"]) / 178)
    fitted, notes = neurosim.load(FILE), neurosim.core.storage.read_notes(FILE)
    scaled = (load_wine().data - notes["scaling"]["shift"]) / notes["scaling"]["unit"]
    scores = [float(row["score"]) for row in rows]
    np.testing.assert_allclose(scores, fitted.decision_function(scaled).max(axis=1), rtol=1e-4)
    if model != "minover":
        assert report["mistakes"] == fitted.mistakes_.sum(axis=1).tolist()
    if model not in ("minover", "pocket", "adaline"):
        assert report["corrections"] == fitted.updates_.sum()


@pytest.mark.parametrize("model", ["madaline", "elementary", "kernel"])
def test_xor_needs_more_than_a_threshold_unit(invoke, model):
    alone = report_of(invoke, "xor")
    assert alone["model"] == "perceptron"
    assert alone["accuracy"]["train"] <= 0.75
    assert alone["separable"] is False
    assert alone["novikoff_bound"] == [None]
    assert report_of(invoke, "xor", "--model", model)["accuracy"]["train"] == 1.0


@pytest.mark.parametrize(("name", "inputs"), [("and", 2), ("or", 2), ("parity-4", 4)])
def test_logical_functions(invoke, name, inputs):
    report = report_of(invoke, name)
    assert report["samples"] == {"train": 2**inputs, "test": 0}
    assert report["separable"] is (name != "parity-4")
    if report["separable"]:
        assert report["accuracy"]["train"] == 1.0
        assert report["corrections"] <= report["novikoff_bound"][0]
    rows = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    rule = {"and": all, "or": any, "parity-4": lambda bits: sum(bits) % 2}[name]
    truth = [int(rule(bits)) for bits in np.ndindex((2,) * inputs)]
    assert [int(row["label"]) for row in rows] == truth
    assert min(float(row["score"]) for row in rows) >= 0  # of the answer, whichever it is


def test_options_reach_the_model(invoke, tmp_path):
    options = "--model kernel --kernel rbf --gamma 0.5 --degree 3 --coef0 2 --epochs 4 --readout last --no-shuffle"
    more = "--seed 5 --out here --no-plot --scale range --threads 1"
    invoke("iris", *options.split(), *more.split())
    assert neurosim.load(tmp_path / "here" / "model.npz").get_params() == {
        "kernel": "rbf", "gamma": 0.5, "degree": 3, "coef0": 2.0, "epochs": 4, "readout": "last", "shuffle": False,
        "random_state": 5,
    }  # fmt: skip
    invoke("iris", "--model", "pocket", "--no-ratchet", "--no-intercept", "--no-plot", "--epochs", 2)
    params = neurosim.load(tmp_path / FILE).get_params()
    assert params["ratchet"] is False
    assert params["fit_intercept"] is False
    invoke("iris", "--margin", 0, "--no-plot")


def test_every_parameter_has_its_option_and_the_help_says_whose_it_is(invoke):
    for model, name in MODELS.items():
        wanted = set(inspect.signature(getattr(family, name)).parameters) - LEFT_OUT
        assert {option for option, (_, _, models, _) in OPTIONS.items() if model in models} - OWN == wanted, model
    text = " ".join(invoke("--help").stdout.split())
    for option, *_ in OPTIONS.values():
        assert option in text
    assert "[all but minover, photo]" in text
    assert "[adaline, madaline]" in text
    assert "predict" in text
    assert "parity-N" in text


def test_seeds_make_runs_reproducible(invoke):
    first = report_of(invoke, "iris")
    again = report_of(invoke, "iris")
    del first["seconds"], again["seconds"]
    assert first == again
    fresh = json.loads(invoke("iris", "--json", "--no-plot").stdout)
    repeated = json.loads(invoke("iris", "--json", "--no-plot", "--seed", fresh["seed"]).stdout)
    assert repeated["mistakes"] == fresh["mistakes"] != first["mistakes"]
    assert repeated["accuracy"] == fresh["accuracy"]
    assert fresh["seed"] != json.loads(invoke("iris", "--json", "--no-plot").stdout)["seed"]


def test_the_seed_draws_the_test_set(invoke):
    """A model without chance of its own differs by its training set alone."""
    options = ("iris", "--model", "minover", "--max-steps", 50, "--json", "--no-plot", "--seed")
    first, second = (json.loads(invoke(*options, seed).stdout)["stability"] for seed in (1, 2))
    assert first != second


def test_the_split_is_stratified_and_scaled_by_the_training_part(invoke, tmp_path):
    report = report_of(invoke, "wine", "--test", 0.5)
    assert report["samples"] == {"train": 178 - 29 - 35 - 24, "test": 29 + 35 + 24}
    assert report_of(invoke, "wine", "--test", 0)["samples"] == {"train": 178, "test": 0}
    text = "a,b,class\n" + "".join(f"{i},{i % 7},{'xy'[i > 9]}\n" for i in range(20))
    (tmp_path / "t.csv").write_text(text)
    report_of(invoke, "t.csv", "--test", 0.5)
    notes = neurosim.core.storage.read_notes(FILE)
    assert notes["features"] == ["a", "b"]
    assert notes["scaling"]["shift"][0] != 9.5  # the mean of all, which a half has only by chance


def test_usps_has_its_own_test_set(invoke):
    try:
        neurosim.datasets.fetch_usps(download_if_missing=False)
    except (ValueError, OSError):
        pytest.skip("usps is not here")
    report = report_of(invoke, "usps", "--epochs", 1)
    assert report["samples"] == {"train": 7291, "test": 2007}


def test_json_and_quiet(invoke):
    assert invoke("iris", "--quiet", "--no-plot").output == ""
    report = report_of(invoke, "iris", "--model", "minover", "--max-steps", 500)
    assert report["seed"] == 1
    assert len(report["stability"]) == 3
    assert "mean_squared_error" in report_of(invoke, "iris", "--model", "adaline")


def test_a_minover_that_cannot_end_says_so(invoke):
    result = invoke("iris", "--model", "minover", "--max-steps", 100, "--no-plot")
    assert "Note: MinOver: 100 steps did not suffice" in result.stderr
    assert "not separated" in result.stdout
    assert "is possible" in invoke("and", "--model", "minover", "--no-plot").stdout


@pytest.mark.parametrize("args", [("xor",), ("iris", "--model", "minover", "--max-steps", 50), ("digits",)])
def test_plot_draws_a_saved_model(invoke, tmp_path, args):
    invoke(*args, "--no-plot", "--quiet")
    assert "wrote f.svg" in invoke("plot", FILE, "--out", "f.svg").stdout
    figure = (tmp_path / "f.svg").read_text()
    assert "<svg" in figure
    assert ("<!-- direction of the weights of the scaled features -->" in figure) is (args == ("digits",))
    assert ("<!-- epoch -->" in figure) is ("minover" not in args)
    assert ("<!-- answer -->" in figure) is (args != ("xor",))


def test_the_figure_has_the_units_of_the_data(invoke, tmp_path):
    (tmp_path / "x.csv").write_text("a,b,class\n" + "".join(f"{1000 + i},{i},{int(i > 4)}\n" for i in range(10)))
    invoke("x.csv", "--test", 0, "--no-plot", "--model", "perceptron", "--seed", 1)
    learner, dataset, scaling = _restore(Path(FILE), None)
    ax = page(learner, dataset, scaling, "all").axes[0]
    assert ax.get_xlabel() == "a"
    assert ax.get_xlim()[0] > 990
    codes = ax.collections[0].get_array()
    assert 0.2 < codes.mean() < 0.8


def test_confusion_counts_answers_by_class():
    labels, said = np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 1, 0])
    ax = confusion(labels, said, np.array([0, 1]), Figure().add_subplot())
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.75, 0.25], [1.0, 0.0]])
    assert [(*text.get_position(), text.get_text()) for text in ax.texts] == [(0, 0, "3"), (1, 0, "1"), (0, 1, "1")]


@pytest.mark.parametrize("stimuli", ["shapes", "bars", "dots"])
def test_the_photo_perceptron(invoke, tmp_path, stimuli):
    result = invoke("--model", "photo", "--stimuli", stimuli, "--each", 120, "--units", 400, "--threshold", 2,
                    "--system", "alpha", "--readout", "mean", "--retina", "16x20", "--seed", 1)  # fmt: skip
    report = json.loads((tmp_path / "neurosim-out/perceptron/report.json").read_text())
    assert report["trained"] == [1, 2, 5, 10, 20, 50, 100, 120]
    assert "P_r, right on trained stimuli" in result.stdout
    machine = neurosim.load(tmp_path / FILE)
    assert machine.retina == (16, 20)
    assert machine.values.any()
    assert report["P_r"][0] == 1.0
    if stimuli == "dots":
        assert 0.35 < report["P_g"][-1] < 0.65  # 240 answers by chance: 4.6 standard deviations
    else:
        assert report["P_g"][-1] > 0.7
    assert (tmp_path / "neurosim-out/perceptron/perceptron.png").exists()


def test_unlabelled_samples_are_left_out_and_classified(invoke, tmp_path):
    (tmp_path / "x.csv").write_text("1,2,a\n2,1,a\n8,9,b\n9,8,b\n9,9,\n")
    result = invoke("x.csv", "--test", 0, "--no-plot", "--seed", 1)
    assert "Note: samples without a label are left out: 1." in result.stderr
    rows = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    assert [row["label"] for row in rows] == ["a", "a", "b", "b", ""]
    assert [row["predicted"] for row in rows] == ["a", "a", "b", "b", "b"]


def test_an_interrupt_says_what_is_left(invoke, tmp_path, monkeypatch):
    def interrupt(callback, step, total, **metrics):
        raise KeyboardInterrupt

    monkeypatch.setattr(online, "report", interrupt)
    result = invoke("iris", "--epochs", 7, code=130)
    assert "interrupted after 1 of 7 epochs; nothing was written" in result.stderr
    assert not (tmp_path / "neurosim-out").exists()


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


def floats(folder):
    np.savez(folder / "x.npz", X=np.eye(4), y=np.array([0.5, 1.0, 0.0, 1.0]))


BAD = {
    "model as data": (lambda folder: SOM().save(folder / "m.npz"), ["m.npz"], 1, "is a model, not data; did you mean"),
    "no labels": (None, ["uniform"], 1, "uniform: has no labels, and a perceptron learns classes"),
    "one class": (write("x.csv", "1,2,a\n3,4,a\n5,1,a\n"), ["x.csv"], 1, "all 3 samples have the label a"),
    "measured": (floats, ["x.npz"], 1, "the labels are measured values, as 0.5, not classes"),
    "nan": (write("x.csv", "a,b,c\n1,2,u\nnan,4,v\n5,6,u\n"), ["x.csv"], 1, "x.csv: column a of sample 2 .* is nan"),
    "unknown name": (None, ["digist"], 1, "digist.*did you mean digits"),
    "missing": (None, ["nothing.csv"], 1, r"nothing\.csv"),
    "constant": (write("x.csv", "1,2,a\n1,2,b\n1,2,a\n"), ["x.csv"], 1, "all 2 columns are constant"),
    "wrong option": (None, ["iris", "--mu", 1], 2, "--mu goes with the model adaline or madaline, not with averaged"),
    "margin 0": (None, ["iris", "--model", "adaline", "--margin", 0], 2, "--margin .* not with adaline"),
    "flag": (None, ["iris", "--model", "minover", "--no-shuffle"], 2, "--no-shuffle .* not with minover"),
    "photo data": (None, ["iris", "--model", "photo"], 2, "photo makes its own stimuli and takes no iris"),
    "photo test": (None, ["--model", "photo", "--test", 0.5], 2, "takes no --test"),
    "photo readout": (None, ["--model", "photo", "--readout", "voted"], 2, "readout must be one of sum, mean"),
    "even units": (None, ["xor", "--model", "madaline", "--units", 4], 2, "--units must be odd.*got 4"),
    "gamma": (None, ["xor", "--model", "kernel", "--gamma", "x"], 2, "--gamma must be .*got x"),
    "diverges": (None, ["iris", "--model", "adaline", "--rule", "lms", "--mu", 9], 2, "the weights diverged"),
    "parity": (None, ["parity-99"], 1, "parity-99: a parity has 2 to 12 inputs"),
    "test": (None, ["iris", "--test", 1], 2, "--test"),
    "model": (None, ["iris", "--model", "mlp"], 2, "'mlp' is not one of"),
    "verb last": (None, ["iris", "predict"], 2, "the verb 'predict' comes first"),
}


@pytest.mark.parametrize(("make", "args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes_get_one_clear_line(invoke, tmp_path, make, args, code, message):
    if make:
        make(tmp_path)
    result = invoke(*args, code=code)
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (tmp_path / "neurosim-out").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["predict", "nothing.npz"], "no such file"),
        (["predict", "som.npz", "iris"], "holds a SOM, not one of"),
        (["predict", "new.npz", "iris"], "holds a Perceptron that was not trained"),
        (["predict", "model.npz", "wine"], "wine: has 13 features; the model was trained on 2"),
        (["plot", "model.npz", "three.csv"], "three.csv: has the label 2; the model knows 0, 1"),
        (["plot", "model.npz", "uniform"], "uniform: has no labels"),
    ],
)
def test_mistakes_with_models(invoke, tmp_path, args, message):
    SOM(grid=(3, 3), epochs=1).fit(np.eye(4)).save(tmp_path / "som.npz")
    Perceptron().save(tmp_path / "new.npz")
    Perceptron(random_state=0).fit(np.eye(2), [0, 1]).save(tmp_path / "model.npz")
    (tmp_path / "three.csv").write_text("a,b,class\n1,2,0\n2,3,1\n4,4,2\n")
    result = invoke(*args, code=1)
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_model_made_in_python_needs_its_data_named(invoke, tmp_path):
    Perceptron(random_state=0).fit(np.eye(2), [0, 1]).save(tmp_path / "m.npz")
    assert "name the DATA too" in invoke("predict", "m.npz", code=2).stderr
    invoke("predict", "m.npz", "xor", "--out", "said.csv")
    assert len((tmp_path / "said.csv").read_text().splitlines()) == 5


def test_columns_are_compared_by_name_and_data_found_from_elsewhere(invoke, tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("a,b,class\n1,2,0\n3,5,1\n6,7,1\n2,1,0\n")
    (tmp_path / "y.csv").write_text("b,a,class\n1,2,0\n3,5,1\n6,7,1\n2,1,0\n")
    invoke("x.csv", "--no-plot")
    model = tmp_path / FILE
    assert "has the columns b, a; the model a, b" in invoke("predict", model, "y.csv", code=1).stderr
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    invoke("predict", model)
    (tmp_path / "x.csv").unlink()
    assert "which is not there any more; name the DATA" in invoke("predict", model, code=1).stderr


def test_the_command_starts_without_the_heavy_libraries():
    import subprocess
    import sys

    heavy = "{'numba', 'sklearn', 'matplotlib'}"
    code = f"import sys, neurosim_cli.perceptron; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_it_is_a_click_group():
    assert isinstance(perceptron, click.Group)
    assert set(perceptron.commands) == {"train", "predict", "plot"}
