"""`neurosim dbn`: the demo, the verbs, every option, and the mistakes that newcomers make."""

import csv
import inspect
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import neurosim
from neurosim.boltzmann import DBN, RBM
from neurosim.datasets import load_digits
from neurosim_cli import dbn_report
from neurosim_cli.dbn import dbn, train
from neurosim_cli.main import ErrorReportingGroup

main = ErrorReportingGroup("neurosim", commands={"dbn": dbn})
FILE = "neurosim-out/dbn/model.npz"
SHORT = ("--layers", "20,10", "--epochs", 2, "--tuning-epochs", 2, "--seed", 1, "--no-plot")


def report_of(invoke, *args):
    return json.loads(invoke(*args, *SHORT, "--json").stdout)


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("--layers", "60,40", "--epochs", 20, "--tuning-epochs", 20, "--seed", 1)
    out = tmp_path / "neurosim-out" / "dbn"
    assert {path.name for path in out.iterdir()} == {"dbn.png", "model.npz", "report.json"}
    assert (out / "dbn.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["samples"] == {"train": 1352, "test": 445}
    assert (report["features"], report["layers"]) == (64, [60, 40])
    assert report["epochs"] == [20, 20, 20]
    assert [len(errors) for errors in report["errors"]] == [20, 20]
    assert len(report["losses"]) == 20
    assert report["wrong"]["test"]["network"] < 0.1 * 445  # 2 to 5 % with other seeds
    assert "test error" in result.stdout
    for name in ("dbn.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/dbn/{name}" in result.stdout


def test_options_reach_the_model(invoke, tmp_path):
    options = "--layers 7,6,5 --pcd 2 --epochs 2 --rate 0.25 --batch-size 50 --momentum 0.25 --decay 0.01 --label-units"
    more = "--tuning-epochs 1 --dropout 0.25 --dtype float64 --backend cpu --threads 1 --out here --no-plot --seed 5"
    assert invoke("iris", *options.split(), *more.split(), "--quiet").output == ""
    model = neurosim.load(tmp_path / "here" / "model.npz")
    wanted = {"hidden_layer_sizes": (7, 6, 5), "method": "pcd", "steps": 2, "n_iter": 2, "learning_rate": 0.25,
              "batch_size": 50, "momentum": 0.25, "weight_decay": 0.01, "label_units": True, "tuning_epochs": 1,
              "dropout": 0.25, "random_state": 5, "backend": "cpu"}  # fmt: skip
    parameters = model.get_params()
    assert {name: parameters[name] for name in wanted} == wanted
    assert model.rbms_[0].components_.dtype == np.float64
    assert not (tmp_path / "here" / "dbn.png").exists()


def test_the_help_shows_the_defaults_of_the_model():
    options = {p.name: p for p in train.params}
    own = {"self", "visible", "label_units", "method", "steps", "tuning_batch_size", "optimiser", "random_state"}
    for name, parameter in inspect.signature(DBN.__init__).parameters.items():
        if name not in own:
            default = parameter.default
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
            assert re.search(rf"\[default: {re.escape(shown)}\]", options[name].help), name


def test_errors_are_counted_on_the_samples_of_each_part(invoke):
    report = report_of(invoke, "--test", 0)
    model = neurosim.load(FILE)
    digits = load_digits()
    said = model.predict((digits.data / 16).astype(np.float32))
    assert report["wrong"] == {"train": {"network": int((said != digits.target.astype(str)).sum())}}
    assert report["samples"] == {"train": 1797}


def test_the_stack_alone_tells_labels_too(invoke):
    report = report_of(invoke, "--label-units")
    assert set(report["wrong"]["test"]) == {"network", "stack"}
    report = json.loads(invoke("--label-units", *SHORT, "--tuning-epochs", 0, "--test", 0, "--json").stdout)
    digits, model = load_digits(), neurosim.load(FILE)
    said = model.classes_[model.label_free_energy((digits.data / 16).astype(np.float32)).argmin(axis=1)]
    assert report["wrong"] == {"train": {"stack": int((said != digits.target.astype(str)).sum())}}
    assert report["losses"] == []
    assert "stack alone" in invoke("--label-units", *SHORT).stdout


def test_data_without_labels_are_learned_without_fine_tuning(invoke, tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((120, 9)))
    report = json.loads(invoke("x.npy", *SHORT[:4], "--seed", 1, "--json").stdout)
    assert report["classes"] is None
    assert report["wrong"] == {}
    assert report["epochs"] == [2, 2]
    assert (tmp_path / "neurosim-out/dbn/dbn.png").exists()
    assert "labels" in invoke("predict", FILE, code=1).stderr


def test_a_real_valued_target_is_not_learned(invoke, tmp_path):
    rows = "".join(f"{i % 7},{i % 3},{i / 8}\n" for i in range(120))
    (tmp_path / "x.csv").write_text("a,b,target\n" + rows)
    report = report_of(invoke, "x.csv")
    assert (report["classes"], report["target"], report["losses"]) == (None, "unused", [])
    assert report["samples"] == {"train": 90, "test": 30}
    assert "the target is no classes" in invoke("x.csv", *SHORT).stdout
    assert "x.csv has a real-valued target" in invoke("x.csv", "--label-units", code=2).stderr


def test_predict_and_the_report_agree(invoke, tmp_path):
    report = report_of(invoke, "iris", "--test", 0)
    rows = list(csv.DictReader(io.StringIO(invoke("predict", FILE).stdout)))
    assert list(rows[0]) == ["sample", "predicted", "score"]
    names = np.repeat(["setosa", "versicolor", "virginica"], 50)
    wrong = sum(row["predicted"] != name for row, name in zip(rows, names, strict=True))
    assert wrong == report["wrong"]["train"]["network"]
    invoke("predict", FILE, "iris", "--out", "p.csv")
    assert list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines())) == rows


def test_samples_of_a_label(invoke, tmp_path):
    invoke("--label-units", *SHORT, "--quiet")
    result = invoke("sample", FILE, "--n", 5, "--steps", 4, "--label", 3, "--seed", 2, "--plot", "s.png")
    assert result.stdout == "wrote samples.npy\nwrote s.png\n"
    model = neurosim.load(FILE)
    expected = 16 * model.sample(5, steps=4, label=model.classes_[3], random_state=2)
    np.testing.assert_allclose(np.load(tmp_path / "samples.npy"), expected, rtol=1e-6)
    assert "--label x: the classes are 0, 1, 2" in invoke("sample", FILE, "--label", "x", code=2).stderr


def test_gaussian_units_have_a_rate_of_their_own(invoke):
    report = report_of(invoke, "iris", "--gaussian")
    assert (report["visible"], report["scale"]) == ("gaussian", "zscore")
    assert report["learning_rate"] == [dbn_report.GAUSSIAN_RATE, 0.1]
    assert report_of(invoke, "iris", "--gaussian", "--rate", 0.03)["learning_rate"] == 0.03


def test_seeds_make_runs_reproducible(invoke):
    first, again = (report_of(invoke, "iris") for _ in range(2))
    del first["seconds"], again["seconds"]
    assert first == again


def test_the_first_interrupt_ends_each_stage_soon(invoke, tmp_path, monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def at_once():
        yield [2]

    monkeypatch.setattr(dbn_report, "first_interrupt", at_once)
    result = invoke("iris", "--layers", "4,3", "--epochs", 5, "--tuning-epochs", 5, "--no-plot", code=130)
    assert "interrupted after 1, 1, 1 epochs; what was learned was written" in result.stderr
    assert neurosim.load(tmp_path / FILE).rbms_[0].n_iter_ == 1


def test_the_second_interrupt_leaves_nothing(invoke, tmp_path, monkeypatch):
    def interrupt(self, *args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(DBN, "fit", interrupt)
    assert "interrupted; nothing was written" in invoke(code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()


def plain(folder):
    np.save(folder / "x.npy", np.eye(12))


BAD = {
    "layers": (None, ["--layers", "500,x"], 2, "'500,x' is not positive integers with commas"),
    "no units": (None, ["--layers", "0"], 2, "'0' is not positive integers"),
    "cd and pcd": (None, ["--cd", 1, "--pcd", 1], 2, "choose one"),
    "threshold and gaussian": (None, ["--threshold", 1, "--gaussian"], 2, "goes without it"),
    "label units without labels": (plain, ["x.npy", "--label-units"], 2, "--label-units needs labels; x.npy has none"),
    "no tuning": (None, ["--tuning-epochs", 0], 2, "tuning_epochs must be an integer >= 1 without label_units"),
    "unknown name": (None, ["digist"], 1, "digist.*did you mean digits"),
    "verb last": (None, ["digits", "predict"], 2, "the verb 'predict' comes first"),
    "no model": (None, ["predict", "m.npz"], 1, r"m\.npz: no such file"),
    "table": (None, ["sample", "m.npz", "--out", "x.txt"], 2, "ends in .npy or .csv"),
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


def test_another_kind_of_model(invoke, tmp_path):
    RBM(2, n_iter=1).fit(np.eye(4)).save(tmp_path / "m.npz")
    assert "holds a RBM, not a DBN" in invoke("predict", "m.npz", code=1).stderr


def test_help_is_quick():
    """It loads neither numba, scikit-learn nor matplotlib."""
    code = (
        "import sys; from neurosim_cli.dbn import dbn\n"
        "for args in (['--help'], ['sample', '--help'], ['predict', '--help']):\n"
        "    dbn(args, standalone_mode=False)\n"
        "assert not {'numba', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "neurosim dbn mnist" in done.stdout
