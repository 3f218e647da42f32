"""`neurosim cnn`: the demo, the presets, the verbs, every option, and the mistakes that newcomers make."""

import csv
import dataclasses
import io
import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

import neurosim
from neurosim import cnn as family
from neurosim.cnn import PRESETS, AdamW, Dense, MLPClassifier, Sequential
from neurosim.datasets import load_digits
from neurosim_cli import cnn_data, cnn_report
from neurosim_cli.cnn import DIGITS, OWN_PATTERNS, cnn
from neurosim_cli.main import ErrorReportingGroup

main = ErrorReportingGroup("neurosim", commands={"cnn": cnn})
FILE = "neurosim-out/cnn/model.npz"
SHORT = ("--epochs", 2, "--seed", 1, "--no-plot")


def report_of(invoke, *args):
    return json.loads(invoke(*args, *SHORT, "--json").stdout)


def rows_of(invoke, *args):
    return list(csv.DictReader(io.StringIO(invoke("predict", *args).stdout)))


def keep(monkeypatch):
    """Return a list of the arguments with which the command calls `train`."""
    seen = []

    def spy(network, x, targets, **options):
        seen.append({"network": network, "x": x, "targets": targets, **options})
        return original(network, x, targets, **options)

    original = family.train
    monkeypatch.setattr(family, "train", spy)
    return seen


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("--seed", 1)
    out = tmp_path / "neurosim-out" / "cnn"
    assert {path.name for path in out.iterdir()} == {"cnn.png", "model.npz", "report.json"}
    assert (out / "cnn.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["preset"] == "small"
    assert sum(report["samples"].values()) == 1797
    assert len(report["losses"]) == len(report["validation_losses"]) == report["epochs"] == 20
    # 1 to 3 % with other seeds
    assert report["wrong"]["test"] < 0.06 * report["samples"]["test"]
    confusion = np.array(report["confusion"])
    assert confusion.sum() == report["samples"]["test"]
    assert confusion.sum() - np.trace(confusion) == report["wrong"]["test"]
    assert "test error" in result.stdout
    assert "small" in result.stdout
    for name in ("cnn.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/cnn/{name}" in result.stdout


def test_all_presets_can_be_named_and_no_others():
    assert set(OWN_PATTERNS) | set(DIGITS) == set(PRESETS)
    for name in OWN_PATTERNS:
        x, targets = PRESETS[name].prepare(None, None)
        assert len(x) == len(targets)


def test_the_help_lists_them(invoke):
    help_text = " ".join(invoke("--help").output.split())
    assert all(name in help_text for name in PRESETS)
    assert "predict" in help_text


@pytest.mark.parametrize(("data", "preset", "shape"), [("digits", "small", [1, 8, 8]), ("iris", "mlp", [4])])
def test_the_network_suits_the_data(invoke, monkeypatch, data, preset, shape):
    seen = keep(monkeypatch)
    report = report_of(invoke, data)
    x = seen[0]["x"].reshape(report["samples"]["train"], -1)
    axis = None if preset == "small" else 0  # pixels are scaled alike, columns each by itself
    np.testing.assert_allclose(x.mean(axis=axis), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=axis), 1, atol=1e-5)
    assert x.dtype == np.float32
    assert (report["preset"], report["input"]) == (preset, shape)
    assert report["reference"] == {}


def test_images_of_28_by_28_are_learned_by_lenet(invoke, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "x.npz", X=rng.integers(0, 256, (60, 28, 28)), y=np.arange(60) % 10)
    report = report_of(invoke, "x.npz")
    assert (report["preset"], report["parameters"], report["input"]) == ("lenet5_modern", 61706, [1, 28, 28])
    assert report["reference"] == dict(PRESETS["lenet5_modern"].reference)


def test_other_classes_than_ten_of_28_by_28_are_learned_by_small(invoke, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "x.npz", X=rng.integers(0, 256, (24, 28, 28)), y=np.arange(24) % 3)
    assert report_of(invoke, "x.npz")["preset"] == "small"


def test_colour_images_are_learned_with_channels_first(invoke, tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (24, 6, 5, 3)).astype(np.uint8)
    np.savez(tmp_path / "last.npz", X=images, y=np.arange(24) % 2)
    np.savez(tmp_path / "first.npz", X=images.transpose(0, 3, 1, 2), y=np.arange(24) % 2)
    seen = keep(monkeypatch)
    rows = {}
    for name, last in (("last.npz", True), ("first.npz", False)):
        report = report_of(invoke, name, "--test", 0)
        assert (report["preset"], report["input"], report["channels_last"]) == ("small", [3, 6, 5], last)
        assert ("channels came last and were put first" in str(cnn_report.rows(report))) == last
        rows[name] = [row["score"] for row in rows_of(invoke, FILE)]
    scaled = (images - images.mean()) / images.std()
    for call in seen:
        np.testing.assert_allclose(call["x"], scaled.transpose(0, 3, 1, 2), atol=1e-5)
    assert rows["last.npz"] == rows["first.npz"]


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        (None, (None, False)),
        ((8, 8), ((1, 8, 8), False)),
        ((3, 8), (None, False)),
        ((8, 9, 3), ((3, 8, 9), True)),
        ((3, 8, 9), ((3, 8, 9), False)),
        ((3, 9, 4), ((3, 9, 4), False)),
        ((12, 8, 9), ((12, 8, 9), False)),
        ((28, 28, 1), ((1, 28, 28), True)),
        ((2, 3, 4, 5), (None, False)),
    ],
)
def test_which_shapes_are_images(shape, image):
    assert cnn_data.image_shape(shape) == image


def test_a_run_that_is_no_better_than_guessing_says_so(invoke):
    options = ("iris", "--optimiser", "sgd", "--seed", 1, "--no-plot", "--epochs", 3)
    bad = invoke(*options, "--rate", 1e-9)
    assert re.search(r"Note: no better than guessing .*: the rate is probably too large", bad.stderr)
    assert "Note" not in invoke(*options[:-1], 20, "--rate", 0.1).stderr
    assert "Note" not in invoke(*options, "--rate", 1e-9, "--quiet").stderr


def test_published_numbers_stand_beside_ours():
    report = {"data": "digits", "reference_data": "usps", "parameters": 9760}
    report |= {"wrong": {"train": 1, "test": 3}, "samples": {"train": 100, "test": 60}}
    report["reference"] = {"parameters": 9760, "training error (%)": 0.14, "test error (%)": 5.0, "sweeps": 7}
    assert cnn_report._published(report) == [("parameters, published", "9,760 (ours 9,760)")]
    same = dict(cnn_report._published(report | {"data": "usps"}))
    assert same["training error, published"] == "0.14% (ours 1.00%)"
    assert same["test error, published"] == "5% (ours 5.00%)"
    assert len(same) == 3


def test_a_preset_gets_the_digits_as_it_wants_them(invoke, monkeypatch):
    seen = keep(monkeypatch)
    report = report_of(invoke, "--preset", "zip1989", "--test", 0.5)
    assert report["samples"] == {"train": 901, "test": 896}
    call, preset = seen[0], PRESETS["zip1989"]
    assert call["x"].shape == (901, 1, 16, 16)
    assert call["x"].min() == -1.0
    assert call["x"].max() == pytest.approx(1.0)
    assert set(np.unique(call["targets"])) == {-1.0, 1.0}
    assert (call["loss"], call["optimiser"], call["reduction"]) == (preset.loss, preset.optimiser, "sum")
    assert (call["batch_size"], call["shuffle"]) == (1, False)
    held_x, held_targets = call["validation"]
    assert (held_x.shape, held_targets.shape) == ((896, 1, 16, 16), (896, 10))
    # every digit lies in one of the two parts
    whole, _ = preset.prepare(load_digits().data, load_digits().target, paper=0.0, full=16.0)
    both = np.concatenate([call["x"], held_x]).reshape(1797, -1)
    np.testing.assert_allclose(np.sort(both.sum(axis=1)), np.sort(whole.reshape(1797, -1).sum(axis=1)), atol=1e-3)


def test_options_reach_the_training(invoke, tmp_path, monkeypatch):
    seen = keep(monkeypatch)
    options = "--epochs 3 --batch-size full --optimiser adamw --rate 0.25 --augment shift,erasing --patience 7 --test 0"
    more = "--dtype float64 --checkpoint c.npz --seed 5 --backend cpu --threads 1 --out here --no-plot --quiet"
    assert invoke("digits", *options.split(), *more.split()).output == ""
    call = seen[0]
    wanted = {"epochs": 3, "batch_size": "full", "patience": 7, "validation": 0.1, "random_state": 5, "backend": "cpu",
              "resume": False, "optimiser": AdamW(0.25)}  # fmt: skip
    assert {name: call[name] for name in wanted} == wanted
    assert len(call["x"]) == 1797
    assert [type(part).__name__ for part in call["augment"].parts] == ["Shift", "RandomErasing"]
    assert call["augment"].parts[0].fill == call["x"].min()
    network = neurosim.load(tmp_path / "here" / "model.npz")
    assert network.dtype == np.float64
    np.testing.assert_array_equal(network.flat_parameters, call["network"].flat_parameters)
    assert (tmp_path / "c.npz").exists()
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"model.npz", "report.json"}
    report = json.loads((tmp_path / "here" / "report.json").read_text())
    assert report["augment"] == ["shift", "erasing"]
    assert report["optimiser"] == "AdamW, rate 0.25"
    assert report["wrong"]["test"] is None


@pytest.mark.parametrize(
    ("reduction", "held_back", "curves"),
    [
        ("mean", 0, {"training": [80.0, 40.0], "test": [3.0, 2.0]}),
        ("sum", 0, {"training": [8.0, 4.0], "test": [3.0, 2.0]}),
        ("sum", 2, {"training": [10.0, 5.0], "validation": [3.0, 2.0]}),
    ],
)
def test_losses_that_are_drawn_together_are_means(reduction, held_back, curves):
    report = {"losses": [80.0, 40.0], "samples": {"train": 10}, "reduction": reduction, "held_back": held_back}
    drawn = cnn_report._curves(report | {"validation_losses": [3.0, 2.0]})
    assert {name: values.tolist() for name, values in drawn.items()} == curves
    assert cnn_report._curves(report | {"validation_losses": []})["training"].tolist() == [80.0, 40.0]


def test_rate_and_momentum_change_the_recipe_of_a_preset(invoke, monkeypatch):
    seen = keep(monkeypatch)
    report_of(invoke, "--preset", "rhw_xor", "--rate", 0.125, "--momentum", 0.5)
    assert seen[0]["optimiser"] == dataclasses.replace(PRESETS["rhw_xor"].optimiser, rate=0.125, momentum=0.5)


def test_the_same_seed_gives_the_same_report(invoke):
    first, again = (report_of(invoke, "wine") for _ in range(2))
    del first["seconds"], again["seconds"]
    assert first == again
    other = json.loads(invoke("wine", *SHORT[:2], "--seed", 2, "--no-plot", "--json").stdout)
    assert other["losses"] != first["losses"]


def test_xor_of_1986(invoke, tmp_path):
    """Seed 2 finds a solution; about one in sixteen does not."""
    invoke("--preset", "rhw_xor", "--seed", 2, "--epochs", 2000)
    report = json.loads((tmp_path / "neurosim-out/cnn/report.json").read_text())
    assert report["wrong"] == {"train": 0, "test": None}
    assert report["classes"] is None
    assert report["losses"][-1] < 0.01
    assert (tmp_path / "neurosim-out/cnn/cnn.png").exists()
    rows = rows_of(invoke, FILE)
    assert [float(row["target 0"]) for row in rows] == [0, 1, 1, 0]
    outputs = neurosim.load(tmp_path / FILE)([[0, 0], [0, 1], [1, 0], [1, 1]])[:, 0]
    np.testing.assert_allclose([float(row["output 0"]) for row in rows], outputs, rtol=1e-5)
    assert "takes no DATA" in invoke("predict", FILE, "iris", code=2).stderr


def test_untrained_outputs_count_as_wrong(invoke):
    """All outputs of a symmetric net without training are on the same side: 8 of 64 patterns are symmetric."""
    report = report_of(invoke, "--preset", "rhw_symmetry", "--rate", 1e-9)
    assert report["wrong"]["train"] in (8, 56)


def test_a_pattern_is_right_if_all_outputs_are(invoke):
    report = report_of(invoke, "--preset", "rhw_family_trees")
    rows = rows_of(invoke, FILE)
    pairs = [(float(row[f"target {k}"]), float(row[f"output {k}"])) for row in rows for k in range(24)]
    missed = np.array([(target > 0.5) != (output > 0.5) for target, output in pairs]).reshape(104, 24)
    assert report["wrong"]["train"] == missed.any(axis=1).sum() > missed.all(axis=1).sum()


def test_predict_and_the_report_agree(invoke, tmp_path):
    invoke("wine", "--seed", 1, "--epochs", 5, "--test", 0, "--no-plot")
    report = json.loads((tmp_path / "neurosim-out/cnn/report.json").read_text())
    rows = rows_of(invoke, FILE)
    assert list(rows[0]) == ["sample", "label", "predicted", "score"]
    assert sum(row["label"] != row["predicted"] for row in rows) == report["wrong"]["train"]
    assert all(0.3 < float(row["score"]) <= 1 for row in rows)
    invoke("predict", FILE, "wine", "--out", "p.csv")
    assert list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines())) == rows


def test_predict_takes_data_without_labels(invoke, tmp_path):
    (tmp_path / "x.csv").write_text("a,b,kind\n" + "0,0,low\n1,0,low\n8,9,high\n9,9,high\n" * 4)
    (tmp_path / "y.csv").write_text("a,b\n0.5,0\n9,8\n")
    invoke("x.csv", "--seed", 1, "--rate", 0.01, "--no-plot")
    rows = rows_of(invoke, FILE, "y.csv")
    assert [(row["label"], row["predicted"]) for row in rows] == [("", "low"), ("", "high")]


def test_labels_that_do_not_begin_with_zero(invoke, tmp_path):
    np.savez(tmp_path / "x.npz", X=np.repeat(np.eye(3), 6, axis=0), y=np.repeat([7, 3, 5], 6))
    invoke("x.npz", "--seed", 1, "--rate", 0.1, "--no-plot")
    assert {(row["label"], row["predicted"]) for row in rows_of(invoke, FILE)} == {("7", "7"), ("3", "3"), ("5", "5")}


def test_own_test_sets_are_taken(invoke, tmp_path, monkeypatch):
    from neurosim import datasets

    train, test = load_digits(), load_digits()
    test = dataclasses.replace(test, data=test.data[:100], target=test.target[:100])
    monkeypatch.setattr(datasets, "names", lambda: ("usps", "usps-test"))
    monkeypatch.setattr(datasets, "load", {"usps-test": test}.get)
    first, second = cnn_data.parts("usps", train, None, 0)
    assert (first, second) == (train, test)
    share = cnn_data.parts("usps", train, 0.5, 0)[1]
    assert len(share.data) < 0.51 * len(train.data)


def test_summary_of_presets_and_files(invoke, tmp_path):
    counts = json.loads(invoke("summary", "zip1989", "--json").stdout)
    wanted = {"units": 1256, "connections": 64660, "parameters": 9760}
    assert {name: counts[name] for name in wanted} == wanted
    assert sum(layer["parameters"] for layer in counts["layers"]) == 9760
    table = invoke("summary", "lenet5_modern", "--dot", "lenet.dot").stdout
    assert "61,706" in table
    assert "digraph" in (tmp_path / "lenet.dot").read_text()
    assert "wrote lenet.dot" in table
    MLPClassifier((5,), max_iter=1, random_state=0).fit(np.eye(4), [0, 1, 0, 1]).save("m.npz")
    assert json.loads(invoke("summary", "m.npz", "--json").stdout)["layers"][0]["shape"] == [4]


def test_filters_are_drawn(invoke, tmp_path):
    invoke("digits", *SHORT)
    invoke("filters", FILE)
    assert (tmp_path / "filters.png").read_bytes()[:4] == b"\x89PNG"
    invoke("filters", FILE, "--layer", "conv2", "--out", "f.svg")
    assert "<svg" in (tmp_path / "f.svg").read_text()
    invoke("filters", FILE, "--out", "folder")
    assert (tmp_path / "folder" / "filters.png").exists()
    stderr = invoke("filters", FILE, "--layer", "x", code=2).stderr
    assert "no layer x with weights to draw; these are conv1, conv2, dense1, dense2" in stderr
    assert "--out f.gif: a name that ends in .png" in invoke("filters", FILE, "--out", "f.gif", code=2).stderr
    assert "plot_filters" not in stderr


def test_weights_on_plain_columns_are_drawn_as_squares(invoke, tmp_path):
    network = Sequential([Dense(3, activation="tanh"), Dense(2)], 4, random_state=0)
    ax = cnn_report.draw_weights(network, "dense2", "m.npz").axes[0]
    assert ax.get_title().startswith("weights of dense2\nwhite +")
    assert ax.get_xlabel() == "from unit"
    network.save(tmp_path / "m.npz")
    invoke("filters", "m.npz")
    assert (tmp_path / "filters.png").exists()
    Sequential([Dense(150)], 150, random_state=0).save(tmp_path / "large.npz")
    assert "150 × 150 weights are too many" in invoke("filters", "large.npz", code=1).stderr


def test_checkpoint_and_resume(invoke, tmp_path):
    options = ("wine", "--seed", 1, "--no-plot", "--checkpoint", "c.npz")
    invoke(*options, "--epochs", 4)
    invoke("wine", "--seed", 1, "--no-plot", "--epochs", 6, "--out", "whole")
    invoke(*options, "--epochs", 6, "--resume")
    ours, whole = (neurosim.load(tmp_path / folder / "model.npz") for folder in ("neurosim-out/cnn", "whole"))
    np.testing.assert_array_equal(ours.flat_parameters, whole.flat_parameters)
    assert "c.npz exists already; add --resume" in invoke(*options, "--epochs", 6, code=1).stderr
    other = invoke("wine", "--seed", 2, *options[3:], "--epochs", 6, "--resume", code=1).stderr
    assert "was trained with --seed 1, not 2" in other
    invoke("wine", *options[3:], "--epochs", 7, "--resume", "--out", "seedless")
    assert json.loads((tmp_path / "seedless" / "report.json").read_text())["seed"] == 1
    Sequential([Dense(2)], 4, random_state=0).save(tmp_path / "c.npz")
    assert "no checkpoint of training" in invoke("wine", *options[3:], "--resume", code=1).stderr


def press_ctrl_c(monkeypatch, times):
    came = []

    @contextmanager
    def bar(*args, **options):
        def press(progress):
            came.append(progress.step)
            for _ in range(times if len(came) == 1 else 0):
                signal.raise_signal(signal.SIGINT)

        yield press

    monkeypatch.setattr("neurosim_cli.cnn.progress_bar", bar)
    return came


def test_the_first_ctrl_c_keeps_what_was_learned(invoke, tmp_path, monkeypatch):
    came = press_ctrl_c(monkeypatch, 1)
    result = invoke("--preset", "rhw_xor", "--epochs", 1_000_000, "--seed", 1, "--json", code=130)
    report = json.loads(result.stdout)
    assert report == json.loads((tmp_path / "neurosim-out/cnn/report.json").read_text())
    assert report["stopped"] == "interrupted"
    assert len(came) == 1
    assert 0 < report["epochs"] == len(report["losses"]) < 1_000_000
    message = f"interrupted after {report['epochs']} of 1000000 epochs; what was learned was written"
    assert message in result.stderr
    assert neurosim.load(tmp_path / FILE).n_parameters == 9
    assert (tmp_path / "neurosim-out/cnn/cnn.png").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_ctrl_c_ends_at_once(invoke, tmp_path, monkeypatch):
    press_ctrl_c(monkeypatch, 2)
    assert "interrupted; nothing was written" in invoke("--preset", "rhw_xor", "--epochs", 10**6, code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()


def test_training_that_diverges_says_where_and_why(invoke, tmp_path):
    result = invoke("digits", "--optimiser", "sgd", "--rate", 1e9, "--epochs", 2, "--seed", 1, code=1)
    assert re.fullmatch(r"Error: the loss is not finite at update \d+ .*learning rate.*\n", result.stderr)
    assert not (tmp_path / "neurosim-out").exists()


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


def wide(folder):
    np.savez(folder / "x.npz", X=np.arange(12 * 20.0).reshape(12, 4, 5), y=np.arange(12) % 2)


BAD = {
    "unknown preset": (None, ["--preset", "lenet5"], 2, "did you mean lenet5_modern or lenet5_1998?"),
    "nonsense preset": (None, ["--preset", "qqq"], 2, "'qqq' is not one of"),
    "preset as data": (None, ["rhw_xor"], 2, "rhw_xor is a preset: neurosim cnn --preset rhw_xor"),
    "own patterns": (None, ["iris", "--preset", "rhw_xor"], 2, "rhw_xor learns its own patterns and takes no DATA"),
    "own test": (None, ["--preset", "rhw_xor", "--test", 0.2], 2, "takes no --test"),
    "own augment": (None, ["--preset", "rhw_xor", "--augment", "shift"], 2, "takes no --augment"),
    "columns for lenet": (None, ["iris", "--preset", "lenet5_modern"], 2, "reads square grey images; iris has plain"),
    "columns for small": (None, ["iris", "--preset", "small"], 2, "small reads images of 4×4 or more; iris has plain"),
    "not square": (wide, ["x.npz", "--preset", "zip1989"], 2, "reads square grey images; x.npz has images of 4×5"),
    "augmented columns": (None, ["iris", "--augment", "shift"], 2, "--augment goes with images; iris has plain"),
    "augment": (None, ["--augment", "mirror"], 2, "'mirror' is not one of shift, affine, distortion, erasing"),
    "batch size": (None, ["--batch-size", "0"], 2, "'0' is neither a positive integer nor full"),
    "momentum": (None, ["iris", "--momentum", "0.9"], 2, "--momentum goes with sgd and rmsprop, not with Adam"),
    "resume": (None, ["--resume"], 2, "--resume goes with --checkpoint"),
    "no labels": (None, ["uniform"], 1, "uniform: has no labels, and a network learns classes here"),
    "one class": (write("x.csv", "a,b,kind\n1,2,x\n3,5,x\n"), ["x.csv"], 1, "all 2 samples have the same label"),
    "measured": (write("x.csv", "a,target\n1,2.5\n3,5\n"), ["x.csv"], 1, "labels are measured values, as 2.5"),
    "verb last": (None, ["m.npz", "predict"], 2, "the verb 'predict' comes first"),
    "missing": (None, ["nothing.csv"], 1, r"nothing\.csv"),
    "unknown name": (None, ["digist"], 1, "did you mean digits"),
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


def test_too_few_classes_for_a_preset(invoke, tmp_path):
    np.savez(tmp_path / "x.npz", X=np.random.default_rng(0).random((40, 8, 8)), y=np.arange(40) % 4)
    stderr = invoke("x.npz", "--preset", "lenet5_modern", code=2).stderr
    assert "lenet5_modern tells 10 classes apart; x.npz has 4, for which there is --preset small" in stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["predict", "nothing.npz"], "nothing.npz: no such file"),
        (["predict", "damaged.npz"], "not a neurosim model file"),
        (["predict", "plain.npz", "iris"], "was not trained by this command"),
        (["predict", "neurosim-out/cnn/model.npz", "iris"], "iris: has 4 features; the network was trained on 13"),
        (["summary", "lenet"], "no file and no preset; did you mean lenet5_1998 or lenet5_modern?"),
        (["summary", "qqq"], "no file and no preset; these are rhw_symmetry"),
        (["summary", "small"], "small: has the size of its data; name the model.npz"),
        (["summary", "other.npz"], "holds a SOM without a network"),
    ],
)
def test_mistakes_with_models(invoke, tmp_path, args, message):
    from neurosim.som import SOM

    invoke("wine", *SHORT, "--quiet")
    Sequential([Dense(2)], 4, random_state=0).save(tmp_path / "plain.npz")
    SOM().save(tmp_path / "other.npz")
    (tmp_path / "damaged.npz").write_bytes(b"PK")
    result = invoke(*args, code=1)
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_as_a_process(tmp_path):
    code = "from neurosim_cli import cnn; cnn.cnn()"
    command = [sys.executable, "-c", code, "wine", *map(str, SHORT)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "test error" in done.stdout
