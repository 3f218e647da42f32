"""`neurosim lvq`: training, going on, the verbs, LVQ_PAK's files, and the mistakes that newcomers make."""

import csv
import io
import json
import re

import numpy as np
import pytest

import neurosim
from neurosim.core.storage import read_notes
from neurosim.datasets import load_iris
from neurosim.som import SOM
from neurosim.som.files_lvq import read_lvq
from neurosim.som.lvq import LVQ
from neurosim_cli.lvq import lvq
from neurosim_cli.lvq_report import page
from neurosim_cli.main import ErrorReportingGroup
from neurosim_cli.scaling import Scaling

main = ErrorReportingGroup("neurosim", commands={"lvq": lvq})
FILE = "neurosim-out/lvq/model.npz"


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--seed", 1, "--json", "--no-plot").stdout)


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("--seed", 3)
    out = tmp_path / "neurosim-out" / "lvq"
    assert {p.name for p in out.iterdir()} == {"lvq.png", "model.npz", "report.json"}
    assert (out / "lvq.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["accuracy"]["test"] > 0.9
    assert report["prototypes"] == 50
    assert len(report["mistakes"]) == 20
    for text in ("test accuracy", "prototypes", "zscore", "mistakes in the last epoch", "seed"):
        assert text in result.stdout
    for name in ("lvq.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/lvq/{name}" in result.stdout


def test_options_reach_the_model(invoke, tmp_path):
    options = "--prototypes 2 --algorithm lvq3 --rate 0.05 --epochs 3 --window 0.3 --epsilon 0.4 --init samples"
    more = "--no-shuffle --seed 5 --out here --no-plot --scale range --threads 1"
    invoke("iris", *options.split(), *more.split())
    assert neurosim.load(tmp_path / "here" / "model.npz").get_params() == {
        "prototypes": 2, "algorithm": "lvq3", "learning_rate": 0.05, "learning_rate_decay": "linear", "epochs": 3,
        "window": 0.3, "epsilon": 0.4, "init": "samples", "shuffle": False, "random_state": 5,
    }  # fmt: skip
    assert read_notes(tmp_path / "here" / "model.npz")["scaling"]["kind"] == "range"


def test_its_file_predicts_what_the_report_says(invoke):
    report = report_of(invoke, "wine")
    rows = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    right = np.mean([row["label"] == row["predicted"] for row in rows])
    shares, counts = report["accuracy"], report["samples"]
    assert len(rows) == 178
    assert right == pytest.approx((shares["train"] * counts["train"] + shares["test"] * counts["test"]) / 178)
    model, notes = neurosim.load(FILE), read_notes(FILE)
    x = Scaling(**notes["scaling"]).apply(neurosim.datasets.load("wine").data)
    nearest = np.array([int(row["prototype"]) for row in rows])
    distances = np.linalg.norm(x - model.prototypes_[nearest], axis=1)
    np.testing.assert_allclose([float(row["distance"]) for row in rows], distances, rtol=1e-4)
    assert (nearest == model.winners(x)).all()


def test_going_on_keeps_seed_split_and_scaling(invoke, tmp_path):
    first = report_of(invoke, "digits", "--test", 0.4, "--prototypes", 3)
    more = json.loads(
        invoke("digits", "--from", FILE, "--algorithm", "lvq3", "--out", "b", "--json", "--no-plot").stdout
    )
    assert more["seed"] == first["seed"] == 1
    assert more["samples"] == first["samples"]
    assert more["prototypes"] == 30
    assert more["accuracy"]["train"] > first["accuracy"]["train"]
    old, new = neurosim.load(tmp_path / FILE), neurosim.load(tmp_path / "b" / "model.npz")
    np.testing.assert_array_equal(new.init[0], old.prototypes_)
    for name in ("shift", "unit"):
        np.testing.assert_array_equal(
            read_notes(tmp_path / "b" / "model.npz")["scaling"][name], read_notes(tmp_path / FILE)["scaling"][name]
        )


def test_going_on_takes_the_data_of_the_model(invoke, tmp_path):
    first = report_of(invoke, "iris", "--prototypes", 3)
    more = json.loads(invoke("--from", FILE, "--out", "b", "--json", "--no-plot").stdout)
    assert (more["data"], more["samples"], more["seed"]) == ("iris", first["samples"], 1)
    assert read_notes(tmp_path / "b" / "model.npz")["data"] == "iris"
    assert "has 4 features; the model was trained on 64" not in invoke("--from", "b/model.npz", "--no-plot").output


@pytest.mark.parametrize(
    ("trained", "args", "message"),
    [
        ((), ("--seed", 2), "was trained with --seed 1; another would test on what it has learned"),
        ((), ("--test", 0.5), "was trained with no --test;"),
        (("--test", 0.4), ("--test", 0.5), "was trained with --test 0.4;"),
    ],
)
def test_going_on_refuses_another_split(invoke, tmp_path, trained, args, message):
    report_of(invoke, "iris", *trained)
    result = invoke("--from", FILE, *args, "--out", "b", code=2)
    assert message in result.stderr
    assert not (tmp_path / "b").exists()
    invoke("--from", FILE, "--seed", 1, *trained, "--out", "b", "--no-plot", "--quiet")


def test_going_on_from_a_file_that_knows_nothing_of_the_training(invoke, tmp_path):
    iris = load_iris()
    LVQ(2, random_state=0).fit(iris.data, np.asarray(iris.labels)).save(tmp_path / "own.npz")
    note = "own.npz does not say what it has learned; the test may hold some of it"
    args = ("iris", "--from", "own.npz", "--seed", 3, "--no-plot")
    assert note in invoke(*args, "--test", 0.3).stderr
    assert note not in invoke(*args, "--test", 0).stderr
    assert invoke(*args, "--quiet").output == ""


def test_missing_values(invoke, tmp_path, rng):
    x = np.where(rng.random((60, 2)) < 0.2, np.nan, rng.normal(size=(60, 2)) + 5 * (np.arange(60) % 2)[:, None])
    x[np.isnan(x).all(1)] = 2.5
    lines = [f"{a},{b},{'uv'[i % 2]}" for i, (a, b) in enumerate(x)]
    (tmp_path / "g.csv").write_text("\n".join(["a,b,class", *lines]))
    report = json.loads(invoke("g.csv", "--seed", 1, "--json").stdout)
    assert report["accuracy"]["test"] > 0.8
    rows = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    assert np.mean([row["label"] == row["predicted"] for row in rows]) > 0.8
    assert "wrote f.svg" in invoke("plot", FILE, "--out", "f.svg").stdout


def test_prototypes_on_the_scale_of_the_data(invoke, tmp_path):
    report_of(invoke, "iris")
    assert invoke("export", FILE, "c.cod", "--data-units").stderr == ""
    model, notes = neurosim.load(tmp_path / FILE), read_notes(tmp_path / FILE)
    scaling = Scaling(**notes["scaling"])
    written = read_lvq(tmp_path / "c.cod")
    np.testing.assert_allclose(written.prototypes_, model.prototypes_ * scaling.unit + scaling.shift)
    rows = list(csv.DictReader(io.StringIO(invoke("predict", "c.cod", "iris").stdout)))
    assert np.mean([row["label"] == row["predicted"] for row in rows]) > 0.9


def test_codebooks_of_lvq_pak_come_and_go(invoke, tmp_path):
    report = report_of(invoke, "iris", "--scale", "none", "--prototypes", 2)
    result = invoke("export", FILE, "c.cod")
    assert result.stdout == "wrote c.cod\n"
    assert result.stderr == ""
    lines = (tmp_path / "c.cod").read_text().splitlines()
    assert lines[0] == "4 lvq"
    assert [line.split()[-1] for line in lines[1:]] == ["setosa"] * 2 + ["versicolor"] * 2 + ["virginica"] * 2
    rows = list(csv.DictReader(io.StringIO(invoke("predict", "c.cod", "iris").stdout)))
    again = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    assert rows == again
    more = report_of(invoke, "iris", "--from", "c.cod", "--algorithm", "lvq1", "--out", "b")
    assert more["scale"] == "none"
    assert more["prototypes"] == report["prototypes"] == 6
    report_of(invoke, "iris")
    assert "the features are scaled (zscore)" in invoke("export", FILE, "scaled.cod").stderr
    report_of(invoke, "digits", "--scale", "none", "--prototypes", 1)
    invoke("export", FILE, "d.cod")
    assert report_of(invoke, "digits", "--from", "d.cod", "--out", "d")["classes"][:2] in ([0, 1], ["0", "1"])


def test_seeds_make_runs_reproducible(invoke):
    first, again = (report_of(invoke, "iris") for _ in range(2))
    del first["seconds"], again["seconds"]
    assert first == again
    fresh = json.loads(invoke("iris", "--json", "--no-plot").stdout)
    assert fresh["seed"] != json.loads(invoke("iris", "--json", "--no-plot").stdout)["seed"]


def test_quiet_and_no_test(invoke):
    assert invoke("iris", "--quiet", "--no-plot").output == ""
    assert "nothing kept for the test" in invoke("iris", "--test", 0, "--no-plot").stdout


@pytest.mark.parametrize("name", ["digits", "iris", "plane.csv"])
def test_plot_draws_a_saved_model(invoke, tmp_path, name):
    lines = [f"{10 * (i % 3)},{1000 + i},{'abc'[i % 3]}" for i in range(30)]
    (tmp_path / "plane.csv").write_text("\n".join(["left,right,class", *lines]))
    invoke(name, "--no-plot", "--quiet", "--epochs", 2)
    assert "wrote f.svg" in invoke("plot", FILE, "--out", "f.svg").stdout
    figure = (tmp_path / "f.svg").read_text()
    assert "<!-- epoch -->" in figure
    assert ("<!-- prototypes -->" in figure) is (name == "digits")
    assert ("<!-- answer -->" in figure) is (name != "plane.csv")
    assert ("<!-- left -->" in figure) is (name == "plane.csv")


def test_figures_are_in_the_units_of_the_data(invoke, tmp_path, rng):
    data = neurosim.datasets.Dataset("t", rng.normal(size=(40, 2)) * [1, 50] + [0, 900], np.arange(40) % 2)
    scaling = Scaling.of("zscore", data.data, "t")
    model = LVQ(2, random_state=0).fit(scaling.apply(data.data), np.asarray(data.labels))
    ax = page(model, data, scaling, "t").axes[0]
    assert ax.get_ylim()[0] > 500
    stars = next(c for c in ax.collections if len(c.get_offsets()) == 4)
    np.testing.assert_allclose(stars.get_offsets(), model.prototypes_ * scaling.unit + scaling.shift)


def test_images_of_unequal_classes_and_of_many(rng):
    images = neurosim.datasets.Dataset("t", rng.random((60, 6)), np.repeat([0, 1], 30), shape=(2, 3))
    scaling = Scaling.of("none", images.data, "t")
    for counts, rows in (((1, 3), 1), ((30, 30), 3), ((5, 5), 1)):
        model = LVQ(counts, random_state=0).fit(images.data, images.target)
        sheet = page(model, images, scaling, "t").axes[0].images[0].get_array()
        assert sheet.shape[0] == rows * 5
        first = np.asarray(sheet[2:4, :3])
        np.testing.assert_allclose(first, model.prototypes_[0].reshape(2, 3))


def test_a_codebook_has_no_training_to_draw(invoke, tmp_path):
    (tmp_path / "c.cod").write_text("4\n5 3.4 1.5 0.2 setosa\n5.9 2.8 4.3 1.3 versicolor\n6.6 3 5.6 2 virginica\n")
    invoke("plot", "c.cod", "iris", "--out", "f.svg")
    assert "<!-- epoch -->" not in (tmp_path / "f.svg").read_text()


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


COD = write("c.cod", "2\n1 2 a\n3 4 b\n")
BAD = {
    "model as data": (lambda folder: SOM().save(folder / "m.npz"), ["m.npz"], 1, "is a model, not data; did you mean"),
    "no labels": (None, ["uniform"], 1, "uniform: has no labels"),
    "one class": (write("x.csv", "1,2,a\n3,4,a\n5,1,a\n"), ["x.csv"], 1, "all 3 samples have the same label"),
    "inf": (write("x.csv", "a,b,c\n1,2,u\ninf,4,v\n5,6,u\n"), ["x.csv"], 1, "x.csv: column a of sample 2 .* is inf"),
    "codebook without data": (COD, ["--from", "c.cod"], 2, "a codebook does not know its data; name the DATA too"),
    "unknown name": (None, ["digist"], 1, "digist.*did you mean digits"),
    "algorithm": (None, ["--algorithm", "lvq2"], 2, "'lvq2' is not one of"),
    "rate": (None, ["--rate", 1], 2, "--rate"),
    "nothing to go on from": (None, ["--from", "m.npz"], 1, "m.npz"),
    "another model": (lambda f: SOM().save(f / "m.npz"), ["--from", "m.npz"], 1, "holds a SOM, not a trained LVQ"),
    "untrained": (lambda f: LVQ().save(f / "m.npz"), ["--from", "m.npz"], 1, "holds a LVQ, not a trained LVQ"),
    "from with prototypes": (COD, ["--from", "c.cod", "--prototypes", 2], 2, "--from brings its own: --prototypes"),
    "from with scale": (COD, ["--from", "c.cod", "--scale", "none"], 2, "--from brings its own: --scale"),
    "features": (COD, ["iris", "--from", "c.cod"], 1, "iris: has 4 features; c.cod has 2"),
    "labels": (write("c.cod", "4\n1 2 3 4 a\n3 4 5 6 b\n"), ["iris", "--from", "c.cod"], 2, "the label a"),
    "codebook alone": (COD, ["predict", "c.cod"], 2, "a codebook does not know its data; name the DATA too"),
    "codebook's features": (COD, ["predict", "c.cod", "iris"], 1, "iris: has 4 features; c.cod has 2"),
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


def test_an_interrupt_says_what_is_left(invoke, tmp_path, monkeypatch):
    def interrupt(callback, step, total, **metrics):
        raise KeyboardInterrupt

    monkeypatch.setattr("neurosim.som.lvq.report", interrupt)
    result = invoke("iris", "--epochs", 7, code=130)
    assert "interrupted after 1 of 7 epochs; nothing was written" in result.stderr
    assert not (tmp_path / "neurosim-out").exists()


def test_the_help_names_options_and_verbs(invoke):
    text = " ".join(invoke("--help").stdout.split())
    for word in ("--prototypes", "--from", "olvq1", "predict", "plot", "export"):
        assert word in text


def test_labels_of_files_match_those_of_data(invoke, tmp_path):
    iris = load_iris()
    np.savez(tmp_path / "i.npz", X=iris.data, y=iris.target)
    report_of(invoke, "i.npz", "--scale", "none")
    invoke("export", FILE, "c.cod")
    assert report_of(invoke, "i.npz", "--from", "c.cod")["accuracy"]["train"] > 0.9
