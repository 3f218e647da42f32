"""`neurosim rbm`: the demo, the verbs, every option, and the mistakes that newcomers make."""

import inspect
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import neurosim
from neurosim.boltzmann import RBM, log_likelihood, log_partition
from neurosim.cnn import DivergedError
from neurosim.core import storage
from neurosim.datasets import load, load_digits
from neurosim.som import SOM
from neurosim_cli import rbm_data, rbm_report
from neurosim_cli.main import ErrorReportingGroup
from neurosim_cli.rbm import logz, rbm, train

main = ErrorReportingGroup("neurosim", commands={"rbm": rbm})
FILE = "neurosim-out/rbm/model.npz"
SHORT = ("--epochs", 2, "--seed", 1, "--no-plot", "--betas", 20)


def report_of(invoke, *args):
    return json.loads(invoke(*args, *SHORT, "--json").stdout)


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("--seed", 1, "--epochs", 3, "--hidden", 30, "--betas", 100)
    out = tmp_path / "neurosim-out" / "rbm"
    assert {path.name for path in out.iterdir()} == {"rbm.png", "model.npz", "report.json"}
    assert (out / "rbm.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["samples"] == {"train": 1621, "test": 176}
    assert report["units"] == {"visible": 64, "hidden": 30}
    assert len(report["errors"]) == report["epochs"] == 3
    assert report["curve_epochs"] == [1, 2, 3]
    assert set(report["curves"]) == {"training", "test"}
    assert report["likelihood"]["ais"]["log_likelihood"]["test"] < -15
    model = neurosim.load(out / "model.npz")
    assert model.components_.shape == (30, 64)
    assert model.components_.dtype == np.float32
    assert "log Z, reverse AIS" in result.stdout
    for name in ("rbm.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/rbm/{name}" in result.stdout


def test_options_reach_the_model(invoke, tmp_path):
    options = "--hidden 5 --cd 3 --epochs 2 --rate 0.25 --batch-size 7 --momentum 0.5 --decay 0.01 --sparsity 0.1,0.2"
    more = "--centred --test 0 --dtype float64 --backend cpu --threads 1 --out here --no-plot --seed 5 --quiet"
    assert invoke("bars-and-stripes", *options.split(), *more.split()).output == ""
    model = neurosim.load(tmp_path / "here" / "model.npz")
    wanted = {"n_components": 5, "method": "cd", "steps": 3, "n_iter": 2, "learning_rate": 0.25, "batch_size": 7,
              "momentum": 0.5, "weight_decay": 0.01, "sparsity_target": 0.1, "sparsity_cost": 0.2, "centred": True,
              "random_state": 5, "backend": "cpu", "visible": "bernoulli"}  # fmt: skip
    parameters = model.get_params()
    assert {name: parameters[name] for name in wanted} == wanted
    assert model.components_.dtype == np.float64
    x = load("bars-and-stripes").data
    again = RBM(**{name: parameters[name] for name in wanted}).fit(x)
    np.testing.assert_array_equal(model.components_, again.components_)
    assert not (tmp_path / "here" / "rbm.png").exists()


def test_the_help_shows_the_defaults_of_the_model():
    options = {p.name: p for p in train.params}
    own = {"self", "visible", "method", "steps", "visible_samples", "sparsity_target", "sparsity_cost", "centred",
           "random_state", "n_iter"}  # fmt: skip
    for name, parameter in inspect.signature(RBM.__init__).parameters.items():
        if name not in own:
            assert re.search(rf"\[default: {re.escape(str(parameter.default))}\]", options[name].help), name
    assert f"[default: {rbm_report.EPOCHS};" in options["n_iter"].help
    defaults = inspect.signature(log_partition).parameters
    for parameter in logz.params:
        if parameter.name in ("betas", "chains"):
            assert parameter.default == defaults[parameter.name].default
            assert f"[default: {parameter.default}]" in parameter.help


def test_chains_go_on_unless_told_otherwise(invoke):
    for args, (method, steps) in (((), ("pcd", 1)), (("--pcd", 2), ("pcd", 2)), (("--cd", 1), ("cd", 1))):
        report = report_of(invoke, "bars-and-stripes", "--hidden", 3, *args)
        assert (report["method"], report["steps"]) == (method, steps)
        assert len(neurosim.load(FILE).chains_) == (100 if method == "pcd" else 0)


def test_the_exact_likelihood_is_that_of_the_model(invoke):
    report = report_of(invoke, "bars-and-stripes", "--hidden", 4)
    x = load("bars-and-stripes").data
    truth = log_likelihood(neurosim.load(FILE), x).mean()
    assert report["samples"] == {"train": 16, "test": 0}
    assert report["likelihood"]["exact"]["log_likelihood"] == {"training": pytest.approx(truth, abs=1e-5)}
    assert report["curves"]["training"][-1] == pytest.approx(truth, abs=1e-5)
    assert report["quantity"] == "mean log-likelihood in nats"


def test_annealing_of_the_report_agrees_with_the_truth(invoke):
    """A machine of 24 hidden units and 9 visible ones can be enumerated; annealing it is asked for by the verb."""
    invoke("bars-and-stripes", "--hidden", 24, "--epochs", 300, "--rate", 0.1, "--seed", 1, "--no-plot", "--quiet")
    exact, both = (json.loads(invoke("logz", FILE, "--method", method, "--betas", 500, "--seed", 2, "--json").stdout)
                   for method in ("exact", "ais"))  # fmt: skip
    truth = exact["exact"]["log_z"]
    for way in ("ais", "reverse_ais"):
        assert abs(both[way]["log_z"] - truth) < 0.1
        assert both[way]["low"] < both[way]["log_z"] < both[way]["high"]
    assert both["betas"] == 500
    x = load("bars-and-stripes").data
    assert exact["exact"]["log_likelihood"]["data"] == pytest.approx(log_likelihood(neurosim.load(FILE), x).mean())


def test_curves_are_measured_at_some_epochs_only(invoke):
    report = json.loads(invoke("bars-and-stripes", "--hidden", 3, "--epochs", 200, "--json", "--no-plot").stdout)
    assert len(report["curve_epochs"]) == len(report["curves"]["training"]) == rbm_report.POINTS
    assert (report["curve_epochs"][0], report["curve_epochs"][-1]) == (1, 200)


def test_without_annealing_free_energies_are_followed(invoke):
    report = json.loads(invoke("--epochs", 2, "--hidden", 30, "--betas", 0, "--seed", 1, "--no-plot", "--json").stdout)
    assert report["likelihood"] is None
    assert report["quantity"] == "mean free energy in nats"
    x = (load_digits().data / 16).astype(np.float32)
    mean = neurosim.load(FILE).free_energy(x).mean()
    assert abs(report["curves"]["training"][-1] - mean) < 1  # of 1,000 samples of 1,797


def test_images_are_scaled_alike_and_columns_each_by_itself(invoke, tmp_path):
    report_of(invoke, "digits", "--hidden", 2, "--test", 0)
    notes = storage.read_notes(FILE)
    assert set(notes["scaling"]["unit"]) == {16.0}
    assert tuple(notes["shape"]) == (8, 8)
    table = np.column_stack([np.arange(200) % 3, 100.0 * (np.arange(200) % 2)])
    np.save(tmp_path / "x.npy", table)
    report = report_of(invoke, "x.npy", "--hidden", 2)
    assert report["scale"] == "range"
    assert storage.read_notes(FILE)["scaling"]["unit"].tolist() == [2, 100]
    assert report["samples"] == {"train": 180, "test": 20}
    np.save(tmp_path / "y.npy", (table > 0).astype(float))
    assert report_of(invoke, "y.npy", "--hidden", 2)["scale"] == "none"
    report = report_of(invoke, "x.npy", "--hidden", 2, "--threshold", 1.5)
    assert (report["scale"], report["threshold"]) == ("threshold", 1.5)
    source = rbm_data.source_of("x.npy", 0.0, 1.5, False, "float32", 0)
    np.testing.assert_array_equal(source.known, table > 1.5)


def test_gaussian_units_get_standardised_columns(invoke):
    report = report_of(invoke, "iris", "--gaussian", "--hidden", 3)
    assert (report["visible"], report["scale"]) == ("gaussian", "zscore")
    model = neurosim.load(FILE)
    assert model.visible == "gaussian"
    assert model.learning_rate == rbm_report.GAUSSIAN_RATE
    assert "exact" in report["likelihood"]
    assert "Gaussian visible units" in invoke("logz", FILE, "--method", "ais", code=2).stderr
    assert report_of(invoke, "iris", "--gaussian", "--hidden", 30)["likelihood"] is None


def test_the_folder_of_samples_is_looked_for_first(invoke):
    assert "no folder no/such" in invoke("sample", "m.npz", "--out", "no/such/s.csv", code=1).stderr


def test_labelled_data_are_split_by_class_and_others_at_random(invoke, tmp_path):
    assert report_of(invoke, "iris", "--hidden", 2)["samples"] == {"train": 135, "test": 15}
    assert report_of(invoke, "iris", "--hidden", 2, "--test", 0.5)["samples"] == {"train": 75, "test": 75}
    x = np.random.default_rng(0).random((120, 3))
    np.save(tmp_path / "x.npy", x)
    source = rbm_data.source_of("x.npy", 0.25, None, False, "float64", 3)
    both = np.concatenate([source.known, source.held_out])
    assert len(source.held_out) == 30
    np.testing.assert_allclose(np.sort(both[:, 0]), np.sort(source.scaling.apply(x)[:, 0]).clip(0, 1))


def test_samples_are_in_the_units_of_the_data(invoke, tmp_path):
    invoke("--hidden", 5, *SHORT, "--quiet")
    result = invoke("sample", FILE, "--n", 7, "--steps", 5, "--seed", 3, "--plot", "s.png")
    assert result.stdout == "wrote samples.npy\nwrote s.png\n"
    drawn = np.load(tmp_path / "samples.npy")
    model = neurosim.load(FILE)
    np.testing.assert_allclose(drawn, 16 * model.sample(7, 5, means=True, random_state=3), rtol=1e-6)
    invoke("sample", FILE, "--n", 7, "--steps", 5, "--seed", 3, "--states", "--out", "s.csv")
    states = np.loadtxt(tmp_path / "s.csv", delimiter=",")
    assert set(np.unique(states)) == {0, 16}
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"


def test_logz_takes_other_data_and_scales_it_as_before(invoke, tmp_path):
    invoke("--hidden", 5, *SHORT, "--quiet")
    np.save(tmp_path / "x.npy", load_digits().data[:50])
    report = json.loads(invoke("logz", FILE, "x.npy", "--json").stdout)
    model = neurosim.load(FILE)
    x = (load_digits().data[:50] / 16).astype(np.float32)
    assert report["exact"]["log_likelihood"]["data"] == pytest.approx(log_likelihood(model, x).mean(), abs=1e-4)
    table = invoke("logz", FILE, "--method", "ais", "--betas", 10, "--chains", 5, "--plot", "z.svg").stdout
    assert "5 chains, 10 temperatures" in table
    assert "of 1,797 samples" in table
    assert "<svg" in (tmp_path / "z.svg").read_text()


def test_a_model_made_in_python_is_measured_too(invoke, tmp_path):
    x = load("bars-and-stripes").data
    RBM(3, n_iter=2, random_state=0).fit(x).save(tmp_path / "m.npz")
    np.save(tmp_path / "x.npy", x)
    assert "log Z, exact" in invoke("logz", "m.npz", "x.npy").stdout
    assert "name the DATA" in invoke("logz", "m.npz", code=1).stderr
    invoke("sample", "m.npz", "--n", 2, "--steps", 2)


def test_seeds_make_runs_reproducible(invoke):
    first, again = (report_of(invoke, "--hidden", 4) for _ in range(2))
    del first["seconds"], again["seconds"]
    assert first == again
    fresh = json.loads(invoke("--hidden", 4, "--epochs", 2, "--json", "--no-plot", "--betas", 20).stdout)
    assert fresh["seed"] != first["seed"]
    assert fresh["errors"] != first["errors"]


def test_more_epochs_of_small_data(invoke, monkeypatch):
    monkeypatch.setattr(rbm_report, "SHOWN", 1000)
    report = json.loads(invoke("bars-and-stripes", "--hidden", 2, "--no-plot", "--json").stdout)
    assert report["epochs"] == 63  # the first number of passes over 16 samples that shows 1,000


def test_a_figure_of_an_earlier_run_does_not_stay(invoke, tmp_path):
    invoke("bars-and-stripes", "--hidden", 2, "--epochs", 2, "--out", "here", "--quiet")
    assert (tmp_path / "here" / "rbm.png").exists()
    invoke("bars-and-stripes", "--hidden", 2, "--epochs", 2, "--out", "here", "--quiet", "--no-plot")
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"model.npz", "report.json"}


def test_the_first_interrupt_keeps_what_was_learned(invoke, tmp_path, monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def at_once():
        yield [2]

    monkeypatch.setattr(rbm_report, "first_interrupt", at_once)
    result = invoke("bars-and-stripes", "--hidden", 2, "--epochs", 5, "--no-plot", code=130)
    assert "interrupted after 1 epoch; what was learned was written" in result.stderr
    assert neurosim.load(tmp_path / FILE).n_iter_ == 1


def test_the_second_interrupt_leaves_nothing(invoke, tmp_path, monkeypatch):
    def interrupt(self, *args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(RBM, "fit", interrupt)
    assert "interrupted; nothing was written" in invoke(code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()


def test_a_run_that_diverges_leaves_nothing(invoke, tmp_path, monkeypatch):
    def diverge(self, *args, **options):
        raise DivergedError(3, np.array([1.0]), "the learning rate, 9, is too large")

    monkeypatch.setattr(RBM, "fit", diverge)
    assert re.search("rate, 9, is too large.*; nothing was written", invoke(code=1).stderr)
    assert not (tmp_path / "neurosim-out").exists()


def ones(folder):
    np.save(folder / "x.npy", np.ones((3, 4)))


def with_nan(folder):
    np.save(folder / "x.npy", np.array([[0, 1], [np.nan, 0]]))


BAD = {
    "cd and pcd": (None, ["--cd", 1, "--pcd", 1], 2, "choose one"),
    "threshold and gaussian": (None, ["--threshold", 1, "--gaussian"], 2, "goes without it"),
    "all on": (ones, ["x.npy", "--threshold", 0.5], 1, "x.npy: no value is up to the threshold 0.5"),
    "constant": (ones, ["x.npy", "--gaussian"], 1, "constant"),
    "NaN": (with_nan, ["x.npy"], 1, "complete data are needed"),
    "unknown name": (None, ["digist"], 1, "digist.*did you mean digits"),
    "hidden": (None, ["--hidden", 0], 2, "--hidden"),
    "momentum": (None, ["--momentum", 1], 2, "--momentum"),
    "sparsity": (None, ["--sparsity", "0.1"], 2, "'0.1' is not two numbers"),
    "sparsity target": (None, ["--sparsity", "2,1"], 2, "sparsity_target"),
    "verb last": (None, ["digits", "sample"], 2, "the verb 'sample' comes first"),
    "no model": (None, ["logz", "m.npz"], 1, r"m\.npz: no such file"),
    "table": (None, ["sample", "m.npz", "--out", "x.txt"], 2, "ends in .npy or .csv"),
    "chains": (None, ["logz", "m.npz", "--chains", 1], 2, "--chains"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes_get_one_clear_line(invoke, tmp_path, make, args, code, message):
    if make:
        make(tmp_path)
    result = invoke(*args, code=code)
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (tmp_path / "neurosim-out").exists()


def test_mistakes_with_models(invoke, tmp_path):
    SOM(grid=(3, 3), epochs=1).fit(np.eye(4)).save(tmp_path / "som.npz")
    RBM(2).save(tmp_path / "empty.npz")
    RBM(2, n_iter=1).fit(np.eye(4)).save(tmp_path / "m.npz")
    for args, message in (
        (["som.npz"], "holds a SOM, not a RBM"),
        (["empty.npz"], "holds a RBM that was not trained"),
        (["m.npz", "wine"], "wine: has 13 features; the model was trained on 4"),
    ):
        assert message in invoke("logz", *args, code=1).stderr
    with pytest.warns(UserWarning, match="reaches from 0.1 to 7.9"):
        invoke("logz", "m.npz", "iris")


def test_help_is_quick():
    """It loads neither numba, scikit-learn nor matplotlib."""
    code = (
        "import sys; from neurosim_cli.rbm import rbm\n"
        "for args in (['--help'], ['sample', '--help'], ['logz', '--help']):\n"
        "    rbm(args, standalone_mode=False)\n"
        "assert not {'numba', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "neurosim rbm mnist" in done.stdout
