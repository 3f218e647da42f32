"""`neurosim hopfield`: the demo, the verbs, every option, and the mistakes that newcomers make."""

import csv
import functools
import inspect
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import neurosim
from neurosim.core import storage
from neurosim.datasets import load_digits
from neurosim.hopfield import HopfieldNetwork, learning, network, two_state
from neurosim.hopfield.patterns import letters
from neurosim.som import SOM
from neurosim_cli.hopfield import hopfield, phase, recall, train
from neurosim_cli.main import ErrorReportingGroup

main = ErrorReportingGroup("neurosim", commands={"hopfield": hopfield})
FILE = "neurosim-out/hopfield/model.npz"


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--seed", 1, "--json", "--no-plot").stdout)


def rows_of(invoke, *args):
    return list(csv.DictReader(io.StringIO(invoke("recall", *args).stdout)))


def test_the_demo_writes_figure_model_and_report(invoke, tmp_path):
    result = invoke("--seed", 1)
    out = tmp_path / "neurosim-out" / "hopfield"
    assert {path.name for path in out.iterdir()} == {"hopfield.png", "model.npz", "report.json"}
    assert (out / "hopfield.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert report["names"] == list("ACJMX")
    assert report["recalled"] == report["stable_patterns"] == report["patterns"] == 5
    assert report["first_overlap"] == pytest.approx(0.6)
    assert report["stopped"] == {"fixed point": 5, "2-cycle": 0, "limit": 0}
    stored = neurosim.load(out / "model.npz")
    np.testing.assert_array_equal(stored.patterns, letters())
    np.testing.assert_allclose(report["energies"], stored.energy(letters()))
    assert np.diag(report["overlaps"]).tolist() == [1.0] * 5
    assert "5 of 5" in result.stdout
    for name in ("hopfield.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/hopfield/{name}" in result.stdout


def test_options_reach_the_model(invoke, tmp_path):
    options = "--letters HOP --rule clipped --coding binary --zero-field minus --self-coupling --noise 0.1 --probes 7"
    more = "--order sequential --max-sweeps 9 --backend cpu --threads 1 --out here --no-plot --seed 5 --quiet"
    assert invoke(*options.split(), *more.split()).output == ""
    model = neurosim.load(tmp_path / "here" / "model.npz")
    assert (model.coding, model.zero_field, model.self_coupling) == ("binary", "minus", True)
    assert np.diag(model.weights).all()
    np.testing.assert_array_equal(model.weights, np.sign(letters("HOP").astype(int).T @ letters("HOP")))
    report = json.loads((tmp_path / "here" / "report.json").read_text())
    wanted = {"rule": "clipped", "coding": "binary", "zero_field": "minus", "self_coupling": True, "noise": 0.1,
              "probes": 7, "order": "sequential", "max_sweeps": 9, "backend": "cpu", "seed": 5}  # fmt: skip
    assert {name: report[name] for name in wanted} == wanted
    assert not (tmp_path / "here" / "hopfield.png").exists()


def test_recall_gets_what_the_options_say(invoke, monkeypatch):
    """The states that the report counts are those of `HopfieldNetwork.recall` with the same parameters."""
    seen = []
    original = HopfieldNetwork.recall

    @functools.wraps(original)
    def spy(self, probes, **parameters):
        seen.append(parameters)
        return original(self, probes, **parameters)

    monkeypatch.setattr(HopfieldNetwork, "recall", spy)
    report = report_of(invoke, "--temperature", 0.5, "--order", "parallel", "--max-sweeps", 6)
    names = ("order", "temperature", "max_sweeps", "random_state")
    assert {name: seen[0][name] for name in names} == {
        "order": "parallel", "temperature": 0.5, "max_sweeps": 6, "random_state": 1,
    }  # fmt: skip
    assert report["stopped"] == {"fixed point": 0, "2-cycle": 0, "limit": 5}
    assert report["sweeps"] == [6] * 5
    seen.clear()
    report_of(invoke)
    assert not {"order", "temperature", "max_sweeps", "backend"} & set(seen[0])  # the model's defaults


def test_every_parameter_has_its_option_and_the_help_shows_its_default():
    own = {"n_units", "thresholds", "self", "patterns", "options", "probes", "clamp", "record", "callback"}
    renamed = {"random_state": "seed"}
    options, given = {p.name: p for p in train.params}, train.make_context("hopfield", []).params
    for function in (HopfieldNetwork.__init__, HopfieldNetwork.store, HopfieldNetwork.recall):
        for name, parameter in inspect.signature(function).parameters.items():
            if name in own:
                continue
            option = options[renamed.get(name, name)]
            assert not given[option.name], name
            if parameter.default not in (None, False):
                assert re.search(rf"\[default:\s+{parameter.default}\]", option.help), name
    for name, known in (("rule", learning.RULES), ("order", network.ORDERS), ("zero_field", two_state.TIES),
                        ("coding", two_state.CODINGS)):  # fmt: skip
        assert list(options[name].type.choices) == list(known)
    assert {"noise", "order", "temperature", "max_sweeps", "probes"} <= {p.name for p in recall.params}
    for parameter in phase.params:
        if isinstance(parameter.default, int | str) and not parameter.is_flag:
            assert f"[default: {parameter.default}]" in parameter.help, parameter.name


@pytest.mark.parametrize("rule", learning.RULES)
def test_every_rule(invoke, rule):
    report = report_of(invoke, "--letters", "AJX", "--rule", rule, "--noise", 0.05)
    assert report["rule"] == rule
    assert report["overlap"] > 0.9
    assert neurosim.load(FILE).weights.any()


@pytest.mark.parametrize("order", network.ORDERS)
def test_every_order(invoke, order):
    report = report_of(invoke, "--order", order)
    assert report["order"] == order
    assert report["overlap"] > 0.95


def test_random_patterns(invoke):
    report = report_of(invoke, "random", "--units", 200, "--patterns", 10)
    assert (report["data"], report["units"], report["patterns"], report["load"]) == ("random", 200, 10, 0.05)
    assert report["recalled"] == 10
    assert report_of(invoke, "random")["units"] == 100
    model = neurosim.load(FILE)
    assert abs(model.overlap(model.patterns) - np.eye(5)).max() < 0.6  # not the letters, not all alike


def test_data_are_cut_at_the_threshold(invoke, tmp_path):
    report = report_of(invoke, "digits", "--patterns", 3)
    assert report["threshold"] == 8.0
    assert report["names"] == ["0", "1", "2"]
    stored = neurosim.load(tmp_path / FILE).patterns
    np.testing.assert_array_equal(stored, np.where(load_digits().data[:3] > 8, 1, -1))
    assert storage.read_notes(FILE)["shape"] == (8, 8)
    report_of(invoke, "digits", "--threshold", 3.5, "--patterns", 4)
    np.testing.assert_array_equal(neurosim.load(FILE).patterns, np.where(load_digits().data[:4] > 3.5, 1, -1))
    assert invoke("digits", "--patterns", 3, "--no-plot").stdout.count("above 8") == 1


@pytest.mark.parametrize("values", [(-1, 1), (0, 1)])
@pytest.mark.parametrize("ending", ["npy", "csv"])
def test_files_of_two_values_are_taken_as_they_are(invoke, tmp_path, rng, values, ending):
    on = rng.random((4, 40)) < 0.5
    table = np.where(on, values[1], values[0])
    if ending == "npy":
        np.save(tmp_path / "p.npy", table)
    else:
        np.savetxt(tmp_path / "p.csv", table, fmt="%d", delimiter=",")
    report_of(invoke, f"p.{ending}", "--patterns", 4)
    np.testing.assert_array_equal(neurosim.load(FILE).patterns, np.where(on, 1, -1))


def test_all_rows_of_a_file_are_stored_and_few_of_other_data(invoke, tmp_path):
    np.save(tmp_path / "p.npy", np.eye(7))
    assert report_of(invoke, "p.npy")["patterns"] == 7
    assert "7 patterns × 7 units" in invoke("p.npy", "--no-plot").stdout
    assert "6 of 7 patterns × 7 units" in invoke("p.npy", "--patterns", 6, "--no-plot").stdout
    report = report_of(invoke, "digits")
    assert (report["patterns"], report["available"]) == (5, 1797)
    np.save(tmp_path / "one.npy", np.eye(7)[:1])
    assert "one.npy: 1 pattern ×" in invoke("one.npy", "--no-plot").stdout


def test_the_table_says_that_labels_are_no_units(invoke, tmp_path):
    (tmp_path / "p.csv").write_text("1,0,1,0,ant\n0,1,1,0,bee\n")
    stdout = invoke("p.csv", "--no-plot").stdout
    assert "2 patterns × 4 units" in stdout
    assert re.search("named by the labels .* ant, bee ", stdout)
    (tmp_path / "q.csv").write_text("1,0,1,0\n0,1,1,0\n")
    assert "labels" not in invoke("q.csv", "--no-plot").stdout


def test_the_table_has_the_true_share_of_units_turned_round(invoke):
    """A fifth of 7 units is one unit, not 20 %."""
    stdout = invoke("random", "--units", 7, "--patterns", 2, "--noise", 0.2, "--no-plot").stdout
    assert "2, 1 of 7 units (14.3%) turned round in each" in stdout


def test_a_figure_of_an_earlier_run_does_not_stay(invoke, tmp_path):
    out = tmp_path / "here"
    invoke("--out", out, "--quiet")
    assert (out / "hopfield.png").exists()
    invoke("--out", out, "--quiet", "--no-plot")
    assert {path.name for path in out.iterdir()} == {"model.npz", "report.json"}
    (out / "phase.png").write_text("old")
    invoke("phase", "--units", 10, "--grid", "2x2", "--sweeps", 1, "--no-plot", "--quiet", "--out", out)
    assert not (out / "phase.png").exists()


def test_recall_names_the_pattern_with_the_largest_overlap_and_counts_those_reached(invoke, tmp_path):
    """Not the complement of a pattern, however near."""
    model = HopfieldNetwork(120).store(letters())
    model.save(tmp_path / "m.npz")
    np.save(tmp_path / "p.npy", np.concatenate([letters(), -letters()[:2]]))
    result = invoke("recall", "m.npz", "p.npy")
    expected = model.overlap(np.load(tmp_path / "p.npy")).argmax(axis=1)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [int(row["pattern"]) for row in rows] == expected.tolist()
    assert result.stderr == "5 of 7 probes ended in a stored pattern without an error\n"


def test_the_figure_says_how_many_probes_it_shows_and_names_them_apart(invoke, monkeypatch):
    from neurosim.hopfield import page

    seen = []
    original = page.overview
    monkeypatch.setattr(page, "overview", lambda *args, **options: seen.append(options) or original(*args, **options))
    invoke("--letters", "AXA", "--probes", 7, "--quiet")
    assert seen[0]["names"] == ["A", "X", "A (2)", "A #2", "X #2", "A (2) #2", "A #3"]
    assert seen[0]["pattern_names"] == ["A", "X", "A (2)"]
    assert seen[0]["title"] == ""
    invoke("--probes", 20, "--quiet")
    assert len(set(seen[1]["names"])) == len(seen[1]["names"]) == 8
    assert seen[1]["title"] == "the first 8 of 20 probes"


def test_a_file_comes_before_the_letters_and_a_folder_does_not(invoke, tmp_path):
    (tmp_path / "random").mkdir()
    assert report_of(invoke, "random")["units"] == 100
    (tmp_path / "letters").write_text("1,0\n0,1\n")
    assert "letters" in invoke("letters", code=1).stderr  # what format it has is not known


def test_recall_of_a_stored_model(invoke, tmp_path):
    invoke("--no-plot", "--quiet", "--coding", "binary", "--letters", "XO")
    rows = rows_of(invoke, FILE, "--noise", 0.1, "--seed", 3, "--probes", 6)
    assert list(rows[0]) == ["probe", "pattern", "overlap", "sweeps", "stopped", "energy"]
    assert [row["pattern"] for row in rows] == ["0", "1"] * 3
    assert {row["overlap"] for row in rows} == {"1"}
    assert {row["stopped"] for row in rows} == {"fixed point"}
    model = neurosim.load(FILE)
    energies = model.energy(model.patterns)
    np.testing.assert_allclose([float(row["energy"]) for row in rows], np.tile(energies, 3))
    again = rows_of(invoke, FILE, "--noise", 0.1, "--seed", 3, "--probes", 6)
    assert again == rows
    np.save(tmp_path / "probes.npy", 1 - model.patterns[1:])
    rows = rows_of(invoke, FILE, "probes.npy", "--states", "s.npy", "--plot", "f.svg")
    assert len(rows) == 1
    assert (rows[0]["sweeps"], rows[0]["pattern"]) != ("", "")
    states = np.load(tmp_path / "s.npy")
    assert states.shape == (1, 120)
    assert set(np.unique(states)) == {0, 1}
    assert "<svg" in (tmp_path / "f.svg").read_text()
    invoke("recall", FILE, "--out", "r.csv", "--temperature", 0.1, "--max-sweeps", 3)
    assert (tmp_path / "r.csv").read_text().count("limit") == 2


def test_rows_of_data_are_probes_as_they_are(invoke, tmp_path):
    """Complements of spin patterns are as stable as these; with noise they are not where they start."""
    invoke("--no-plot", "--quiet")
    np.save(tmp_path / "p.npy", -letters())
    rows = rows_of(invoke, FILE, "p.npy")
    assert "1" not in {row["overlap"] for row in rows}
    assert [row["sweeps"] for row in rows] == ["0"] * 5
    noisy = rows_of(invoke, FILE, "p.npy", "--noise", 0.1)
    assert "0" not in {row["sweeps"] for row in noisy}


def test_recall_cuts_data_as_the_stored_ones(invoke):
    invoke("digits", "--threshold", 3, "--no-plot", "--quiet", "--rule", "projection")
    rows = rows_of(invoke, FILE, "digits")
    assert len(rows) == 1797
    assert [row["pattern"] for row in rows[:5]] == list("01234")
    assert [row["sweeps"] for row in rows[:5]] == ["0"] * 5


def test_probes_in_the_coding_of_the_model_are_taken_as_they_are(invoke, tmp_path, rng):
    """Even if all units are on, and whatever the other rows hold."""
    patterns = np.concatenate([np.ones((1, 30), int), rng.choice([-1, 1], (2, 30))])
    for coding, low in (("spin", -1), ("binary", 0)):
        states = np.where(patterns > 0, 1, low)
        HopfieldNetwork(30, coding=coding).store(states, "clipped").save(tmp_path / "m.npz")  # without notes
        np.save(tmp_path / "p.npy", states[:1])
        rows = rows_of(invoke, "m.npz", "p.npy", "--order", "sequential", "--states", "s.npy")
        expected = neurosim.load("m.npz").recall(states[:1], order="sequential", random_state=0)
        np.testing.assert_array_equal(np.load("s.npy"), expected.states)
        assert int(rows[0]["sweeps"]) == expected.sweeps[0]


@pytest.mark.parametrize("source", [[], ["random"], ["digits"]])
def test_the_file_of_a_model_knows_the_threshold(invoke, source):
    invoke(*source, "--no-plot", "--quiet")
    assert storage.read_notes(FILE)["threshold"] == (8.0 if source == ["digits"] else 0.0)


def test_probes_of_0_and_1_for_a_spin_model(invoke, tmp_path):
    """The letters as they are drawn; one row that is all off is no mistake."""
    invoke("--no-plot", "--quiet")
    np.save(tmp_path / "p.npy", np.concatenate([letters(coding="binary"), np.zeros((1, 120), int)]))
    rows = rows_of(invoke, FILE, "p.npy")
    assert [row["sweeps"] for row in rows[:5]] == ["0"] * 5
    assert [row["overlap"] for row in rows[:5]] == ["1"] * 5
    np.save(tmp_path / "off.npy", np.zeros((1, 120), int))
    assert len(rows_of(invoke, FILE, "off.npy")) == 1


def test_the_phase_diagram_of_few_units(invoke):
    """One pattern is the least load."""
    result = invoke("phase", "--units", 50, "--grid", "2x2", "--probes", 1, "--sweeps", 1, "--no-plot", "--json")
    assert json.loads(result.stdout)["loads"] == [0.02, 0.16]
    result = invoke("phase", "--units", 4, "--grid", "2x2", "--probes", 1, "--sweeps", 1, "--no-plot", "--json")
    assert json.loads(result.stdout)["loads"] == [0.25, 0.25]


def test_the_phase_diagram(invoke, tmp_path):
    small = ("--units", 200, "--grid", "3x4", "--loads", "0.02,0.2", "--temperatures", "0,1.2", "--seed", 2)
    result = invoke("phase", *small, "--probes", 4, "--sweeps", 20)
    report = json.loads((tmp_path / "neurosim-out/hopfield-phase/report.json").read_text())
    overlap = np.array(report["overlap"])
    assert overlap.shape == (3, 4)
    np.testing.assert_allclose(report["loads"], [0.02, 0.08, 0.14, 0.2])
    assert report["temperatures"] == [0.0, 0.6, 1.2]
    assert overlap[0, 0] == 1.0
    assert abs(overlap[2]).max() < 0.7  # 4 probes of 200 paramagnetic units
    assert overlap[1, 0] > 0.6 > overlap[1, 3]
    assert (tmp_path / "neurosim-out/hopfield-phase/phase.png").exists()
    assert "overlap at load 0.02, T = 0" in result.stdout
    again = json.loads(invoke("phase", *small, "--probes", 4, "--sweeps", 20, "--no-plot", "--json").stdout)
    assert again["overlap"] == report["overlap"]


def test_the_phase_diagram_at_zero_temperature_is_that_of_fixed_points(invoke, monkeypatch):
    """Whatever the number of sweeps at other temperatures."""
    found = []
    original = HopfieldNetwork.recall

    def spy(self, probes, **parameters):
        found.append(original(self, probes, **parameters))
        return found[-1]

    monkeypatch.setattr(HopfieldNetwork, "recall", spy)
    invoke("phase", "--units", 200, "--loads", "0.16,0.2", "--temperatures", "0,0.4", "--grid", "2x2", "--sweeps", 1,
           "--no-plot", "--quiet", "--seed", 1)  # fmt: skip
    cold, warm = found[::2], found[1::2]
    assert all((run.stopped == "fixed point").all() for run in cold)
    assert all((run.sweeps == 1).all() for run in warm)
    assert max(run.sweeps.max() for run in cold) > 2


def test_seeds_make_runs_reproducible(invoke):
    first, again = report_of(invoke, "random", "--patterns", 20), report_of(invoke, "random", "--patterns", 20)
    del first["seconds"], again["seconds"]
    assert first == again
    fresh = json.loads(invoke("random", "--json", "--no-plot", "--patterns", 20).stdout)
    assert fresh["seed"] != first["seed"]
    assert fresh["energies"] != first["energies"]
    repeated = report_of_seed(invoke, fresh["seed"])
    assert repeated["energies"] == fresh["energies"]


def report_of_seed(invoke, seed):
    return json.loads(invoke("random", "--json", "--no-plot", "--patterns", 20, "--seed", seed).stdout)


def test_an_interrupt_leaves_nothing(invoke, tmp_path, monkeypatch):
    def interrupt(callback, step, total, **metrics):
        raise KeyboardInterrupt

    monkeypatch.setattr(network, "report", interrupt)
    assert "interrupted; nothing was written" in invoke(code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()


def ones(folder):
    np.save(folder / "x.npy", np.ones((3, 4)))


BAD = {
    "letters of data": (None, ["digits", "--letters", "AB"], 2, "--letters goes with letters, not with digits"),
    "units of letters": (None, ["--units", 5], 2, "--units goes with random, not with letters"),
    "threshold of letters": (None, ["--threshold", 1], 2, "--threshold goes with data, not with letters"),
    "letters and patterns": (None, ["--letters", "AB", "--patterns", 3], 2, "--patterns goes without it"),
    "no letter": (None, ["--letters", "A!"], 2, "text must be letters A to Z"),
    "empty letters": (None, ["--letters", ""], 2, "text must be letters A to Z"),
    "many letters": (None, ["--patterns", 37], 2, "--patterns must be at most 36 of letters; got 37"),
    "many rows": (None, ["iris", "--patterns", 151], 1, "iris: has 150 samples, and 151 patterns are wanted"),
    "all on": (ones, ["x.npy"], 1, "x.npy: no value is above the threshold 1"),
    "all off": (None, ["digits", "--threshold", "-1"], 1, "digits: no value is up to the threshold -1"),
    "model as data": (lambda folder: HopfieldNetwork(3).save(folder / "m.npz"), ["m.npz"], 1, "is a model, not data"),
    "unknown name": (None, ["digist"], 1, "digist.*did you mean digits"),
    "missing": (None, ["nothing.csv"], 1, r"nothing\.csv"),
    "rule": (None, ["--rule", "hebbian"], 2, "'hebbian' is not one of 'hebb'"),
    "rule and coding": (None, ["--rule", "storkey", "--coding", "binary"], 2, "rule must be one that is defined for"),
    "noise": (None, ["--noise", 1.5], 2, "--noise"),
    "temperature": (None, ["--temperature", -1], 2, "--temperature"),
    "infinite": (None, ["--temperature", "inf"], 2, "temperature must be a finite number >= 0; got inf"),
    "option": (None, ["--girth", 3], 2, "No such option"),
    "verb last": (None, ["digits", "recall"], 2, "the verb 'recall' comes first"),
    "loads": (None, ["phase", "--loads", "0,0.1"], 2, "--loads must be two numbers >= 0.002, .*; got 0,0.1"),
    "temperatures": (None, ["phase", "--temperatures", "1,0.5"], 2, "--temperatures must be .* >= 0, .*; got 1,0.5"),
    "grid": (None, ["phase", "--grid", "5"], 2, "'5' is not ROWSxCOLUMNS"),
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


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nothing.npz"], "no such file"),
        (["som.npz"], "holds a SOM, not a HopfieldNetwork"),
        (["empty.npz"], "holds a HopfieldNetwork without patterns"),
        (["model.npz", "iris"], "iris: has 4 values a row; the network has 120 units"),
        (["model.npz", "--plot", "f.gif"], "f.gif"),
        (["model.npz", "--out", "no/r.csv"], "no/r.csv"),
    ],
)
def test_mistakes_with_models(invoke, tmp_path, args, message):
    SOM(grid=(3, 3), epochs=1).fit(np.eye(4)).save(tmp_path / "som.npz")
    HopfieldNetwork(4).save(tmp_path / "empty.npz")
    HopfieldNetwork(120).store(letters()).save(tmp_path / "model.npz")
    result = invoke("recall", *args, code=2 if "f.gif" in args else 1)
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_rule_that_does_not_get_there_says_so(invoke):
    result = invoke("random", "--units", 10, "--patterns", 60, "--rule", "perceptron", "--no-plot", "--seed", 1)
    assert re.fullmatch("Note: .*rule 'perceptron' did not converge in 1000 epochs[.]\n", result.stderr)


def test_a_model_made_in_python_is_recalled_too(invoke, tmp_path):
    HopfieldNetwork(120).store(letters("XO")).save(tmp_path / "m.npz")
    assert [row["pattern"] for row in rows_of(invoke, "m.npz", "--plot", "f.png")] == ["0", "1"]
    assert (tmp_path / "f.png").exists()


def test_help_is_quick():
    """It loads neither numba, scikit-learn nor matplotlib."""
    code = (
        "import sys; from neurosim_cli.hopfield import hopfield\n"
        "for args in (['--help'], ['recall', '--help'], ['phase', '--help']):\n"
        "    hopfield(args, standalone_mode=False)\n"
        "assert not {'numba', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "neurosim hopfield phase" in done.stdout
