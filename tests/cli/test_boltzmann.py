"""`neurosim boltzmann`: the tasks, every option, and the mistakes that newcomers make."""

import inspect
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import neurosim
from neurosim.boltzmann import BoltzmannMachine, encoder_task, learn_encoders, shifter_task
from neurosim.core import storage
from neurosim_cli import boltzmann_paper, boltzmann_report
from neurosim_cli.boltzmann import boltzmann
from neurosim_cli.main import ErrorReportingGroup

main = ErrorReportingGroup("neurosim", commands={"boltzmann": boltzmann})
FILE = "neurosim-out/boltzmann/model.npz"
SHIFTER = ("--task", "shifter", "--size", 3, "--hidden", 4)


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--seed", 1, "--json", "--no-plot").stdout)


def test_encoders_write_figure_model_and_report(invoke, tmp_path):
    result = invoke("--seed", 1, "--runs", 40, "--cycles", 300)
    out = tmp_path / "neurosim-out" / "boltzmann"
    assert {path.name for path in out.iterdir()} == {"boltzmann.png", "model.npz", "report.json"}
    assert (out / "boltzmann.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    assert (report["task"], report["size"], report["units"], report["runs"]) == ("encoder", "4-2-4", 10, 40)
    at = np.array(report["solved_at"])
    assert report["solved"] == (at > 0).sum() > 20
    assert report["longest"] == at.max()
    assert np.sort(np.where(at < 0, np.inf, at))[19] == report["quartiles"][1]
    assert f"{report['solved']} of 40" in result.stdout
    assert "250 of 250, median 110, longest 1,810" in result.stdout
    for name in ("boltzmann.png", "model.npz", "report.json"):
        assert f"wrote neurosim-out/boltzmann/{name}" in result.stdout


def test_the_model_is_a_machine_that_solved_its_task(invoke):
    report = report_of(invoke, "--runs", 41, "--cycles", 500)
    at = np.array(report["solved_at"])
    solved = np.sort(at[at > 0])
    assert at[report["machine"]] == solved[len(solved) // 2]
    machine, task = neurosim.load(FILE), encoder_task("4-2-4")
    np.testing.assert_array_equal(machine.connections, task.connections)
    hidden = machine.hidden
    gaps = [machine.biases[hidden] + machine.weights[hidden, :8] @ pattern for pattern in task.patterns]
    assert len({tuple(code) for code in np.array(gaps) > 0}) == 4
    notes = storage.read_notes(FILE)
    np.testing.assert_array_equal(notes["patterns"], task.patterns)
    assert set(notes["groups"]) == {"V1", "V2", "H"}


def test_options_of_encoders_reach_the_learning(invoke, monkeypatch):
    from neurosim import boltzmann as family

    seen = []

    def spy(size, **options):
        seen.append({"size": size, **options})
        return learn_encoders(size, **options)

    spy.__signature__ = inspect.signature(learn_encoders)
    monkeypatch.setattr(family, "learn_encoders", spy)
    options = "--size 3-3-3 --runs 3 --cycles 2 --settlings 1 --noise 0.2,0.1 --step 3 --decay 0.25 --schedule 3@7"
    more = "--time 4 --temperature 8 --distance 2 --seed 9 --backend cpu --threads 1 --out here --quiet --no-plot"
    assert invoke(*options.split(), *more.split()).output == ""
    wanted = {"size": "3-3-3", "runs": 3, "cycles": 2, "settlings": 1, "noise": (0.2, 0.1), "step": 3.0, "decay": 0.25,
              "schedule": "3@7", "time": 4, "temperature": 8.0, "distance": 2, "random_state": 9,
              "backend": "cpu"}  # fmt: skip
    assert {name: seen[0][name] for name in wanted} == wanted
    assert set(seen[0]) == {*wanted, "callback"}


def test_the_help_shows_the_defaults():
    options = {p.name: p for p in boltzmann.params}
    for name, parameter in inspect.signature(learn_encoders).parameters.items():
        if name not in ("random_state", "callback"):
            default = parameter.default
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
            assert re.search(rf"\[default: {re.escape(shown)}[];]", options[name].help), name
    for name, value in boltzmann_report.SHIFTER.items():
        assert f"of the shifter {value}]" in options[name].help


def test_the_shifter_is_learned_and_asked(invoke, tmp_path):
    invoke(*SHIFTER, "--cycles", 30, "--seed", 1)
    report = json.loads((tmp_path / "neurosim-out/boltzmann/report.json").read_text())
    assert (report["task"], report["bits"], report["patterns"]) == ("shifter", 3, 24)
    assert report["units"] == {"V1": 3, "V2": 3, "V3": 3, "H": 4}
    assert report["curve"]["cycles"][0] == 1
    assert report["curve"]["cycles"][-1] == report["cycles"] == 30
    assert len(report["curve"]["right"]) == boltzmann_report.POINTS
    assert report["curve"]["right"][-1] == report["right"] / report["tested"]
    assert (tmp_path / "neurosim-out/boltzmann/boltzmann.png").exists()
    machine = neurosim.load(FILE)
    np.testing.assert_array_equal(machine.connections, shifter_task(3, n_hidden=4).connections)
    assert machine.weights.any()


def test_what_the_machine_says_is_held_against_the_truth(monkeypatch):
    """A machine whose V3 always says "right" is right in a third of the patterns."""
    shifter = boltzmann_report.Shifter(3, shifter_task(3, n_hidden=2), how={"schedule": "5@1"})
    biases = np.zeros(11)
    biases[shifter.task.groups["V3"]] = -50, -50, 50
    shifter.learner = BoltzmannMachine(9, 2, biases=biases)
    true, said = shifter._asked(0)
    assert (said == 2).all()
    assert np.bincount(true).tolist() == [8, 8, 8]


def test_options_of_the_shifter_reach_the_learning(invoke, monkeypatch):
    seen = []
    original = BoltzmannMachine.learn

    def spy(self, x, **options):
        seen.append({"patterns": len(x), **options})
        return original(self, x, **options)

    spy.__signature__ = inspect.signature(original)
    monkeypatch.setattr(BoltzmannMachine, "learn", spy)
    options = "--cycles 2 --settlings 3 --noise 0.2,0.1 --step 3 --decay 0.25 --schedule 3@7 --time 4 --temperature 8"
    report_of(invoke, *SHIFTER, *options.split())
    wanted = {"patterns": 24, "cycles": 2, "settlings": 3, "noise": (0.2, 0.1), "step": 3.0, "decay": 0.25,
              "schedule": "3@7", "time": 4, "temperature": 8.0, "random_state": 1}  # fmt: skip
    assert {name: seen[0][name] for name in wanted} == wanted
    seen.clear()
    report_of(invoke, *SHIFTER, "--cycles", 1)
    assert (seen[0]["settlings"], seen[0]["noise"], seen[0]["decay"]) == (1, (0.15, 0.05), 0.002)


def test_seeds_make_runs_reproducible(invoke):
    for task in (("--runs", 20, "--cycles", 50), (*SHIFTER, "--cycles", 3)):
        first, again = report_of(invoke, *task), report_of(invoke, *task)
        del first["seconds"], again["seconds"]
        assert first == again
    other = json.loads(invoke("--runs", 20, "--cycles", 50, "--json", "--no-plot", "--seed", 2).stdout)
    assert other["solved_at"] != report_of(invoke, "--runs", 20, "--cycles", 50)["solved_at"]


def test_nobody_may_solve_it(invoke, tmp_path):
    stdout = invoke("--runs", 2, "--cycles", 1, "--size", "8-3-8", "--seed", 1).stdout
    assert "0 of 2 (0.0%)" in stdout
    assert "median never" in stdout
    report = json.loads((tmp_path / "neurosim-out/boltzmann/report.json").read_text())
    assert report["longest"] is None
    assert report["quartiles"] == [None] * 3
    assert report["machine_is"] == "the first, none solved the task"
    assert "the first machine, as none solved the task" in stdout


def test_the_paper_is_quoted_for_its_own_settings_only(invoke):
    short = ("--runs", 2, "--cycles", 2)
    wanted = {"4-2-4": (1, [0.15, 0.05]), "4-3-4": (2, [0.15, 0.05]), "8-3-8": (1, [0.15, 0.02])}
    for size, settings in wanted.items():
        report = report_of(invoke, "--size", size, *short)
        assert (report["distance"], report["noise"]) == settings
        assert report["published"] == list(boltzmann_paper.PUBLISHED[size])
    others = (
        "--noise 0.1,0.1",
        "--step 1",
        "--decay 0.1",
        "--schedule 3@7",
        "--settlings 1",
        "--size 4-3-4 --distance 1",
    )
    for other in (*others, "--time 5", "--temperature 5", "--size 3-2-3"):
        assert report_of(invoke, *other.split(), *short)["published"] is None
    assert "published" not in invoke("--step", 1, *short, "--no-plot").stdout


def test_an_interrupt_leaves_nothing(invoke, tmp_path, monkeypatch):
    from neurosim.boltzmann import encoders

    def interrupt(callback, step, total, **metrics):
        raise KeyboardInterrupt

    monkeypatch.setattr(encoders, "report", interrupt)
    assert "interrupted; nothing was written" in invoke("--runs", 2, code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()


BAD = {
    "task": (["--task", "decoder"], "'decoder' is not one of 'encoder', 'shifter'"),
    "size": (["--size", "4-2-5"], "size must be as .*4-2-4"),
    "bits": (["--task", "shifter", "--size", "4-2-4"], "--size of the shifter is a number of bits; got 4-2-4"),
    "hidden of encoders": (["--hidden", 3], "--hidden goes with --task shifter, not with encoder"),
    "runs of the shifter": (["--task", "shifter", "--runs", 3], "--runs goes with --task encoder, not with shifter"),
    "distance of the shifter": (["--task", "shifter", "--distance", 3], "--distance goes with --task encoder"),
    "schedule": (["--schedule", "2@"], "schedule must be stages as in"),
    "noise": (["--noise", "2,0"], "noise must be"),
    "no noise": (["--noise", "0"], "'0' is not two numbers"),
    "runs": (["--runs", 0], "--runs"),
    "step": (["--step", 0], "--step"),
    "far": (["--distance", 3], "--distance 3: codes of 4-2-4 have 2 hidden units"),
    "few codes": (["--size", "4-1-4"], "no 4 codes of 1 hidden units that differ in 1"),
    "few codes apart": (["--distance", 2], "no 4 codes of 2 hidden units that differ in 2"),
}


@pytest.mark.parametrize(("args", "message"), BAD.values(), ids=BAD)
def test_mistakes_get_one_clear_line(invoke, tmp_path, args, message):
    result = invoke(*args, code=2)
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (tmp_path / "neurosim-out").exists()


def test_help_is_quick():
    """It loads neither numba, scikit-learn nor matplotlib."""
    code = (
        "import sys; from neurosim_cli.boltzmann import boltzmann\n"
        "boltzmann(['--help'], standalone_mode=False)\n"
        "assert not {'numba', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--task shifter" in done.stdout
