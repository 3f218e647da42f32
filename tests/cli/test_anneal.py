"""`neurosim anneal`: every kind of problem, what the report says, and the mistakes that newcomers make."""

import gzip
import inspect
import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from scipy import sparse

from neurosim import ising
from neurosim.ising import Graph, IsingModel, annealing, gset, read_coo, write_coo, write_graph
from neurosim_cli.anneal import OPTIONS, anneal
from neurosim_cli.main import ErrorReportingGroup

main = ErrorReportingGroup("neurosim", commands={"anneal": anneal})
SMALL = ("--sweeps", 60, "--reads", 20, "--seed", 1)
SURE = SMALL
PENTAGON = "5 5\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n5 1 1\n"  # the maximum cut is 4
LEFT_OUT = {"initial", "random_state", "callback", "moves", "neighbours"}
TRIANGLE = """NAME: triangle
TYPE: TSP
DIMENSION: 3
EDGE_WEIGHT_TYPE: EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 0
3 0 4
EOF
"""


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--json", "--no-plot").stdout)


def states():
    with np.load("neurosim-out/anneal/states.npz", allow_pickle=False) as file:
        return dict(file)


def test_the_demo_anneals_g1_and_writes_figure_states_and_report(invoke, tmp_path):
    result = invoke("--sweeps", 200, "--seed", 3)
    out = tmp_path / "neurosim-out" / "anneal"
    assert {p.name for p in out.iterdir()} == {"anneal.png", "states.npz", "report.json"}
    assert (out / "anneal.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    report = json.loads((out / "report.json").read_text())
    found, graph = states(), gset(1)
    assert found["states"].shape == (100, 800)
    assert report["best_cut"] == graph.cut(found["states"]).max() > 11500
    assert report["best_energy"] == found["energies"].min() == 19176 - 2 * report["best_cut"]
    assert (report["best_known_cut"], report["target"], report["target_is"]) == (11624, 11624, "best known")
    assert report["success_probability"] == np.mean(graph.cut(found["states"]) >= 11624)
    assert (report["sweeps"], report["reads"], report["seed"]) == (200, 100, 3)
    for text in ("G1: 800 spins, 19,176 couplings", "best known 11,624", "stopped", "finished", "time to solution"):
        assert text in result.stdout
    for name in ("anneal.png", "states.npz", "report.json"):
        assert f"wrote neurosim-out/anneal/{name}" in result.stdout


@pytest.mark.parametrize("pack", [False, True])
def test_a_rudy_graph(invoke, tmp_path, pack):
    path = tmp_path / ("pentagon.txt.gz" if pack else "pentagon.txt")
    path.write_bytes(gzip.compress(PENTAGON.encode()) if pack else PENTAGON.encode())
    report = report_of(invoke, path, *SURE)
    assert (report["problem"], report["best_cut"], report["best_known_cut"]) == ("max-cut", 4, None)
    assert (report["target"], report["target_is"], report["success_probability"]) == (4, "best found", 1.0)
    assert report["best_energy"] == -3


def test_a_file_of_a_gset_graph_is_known(invoke, tmp_path):
    write_graph(gset(11), tmp_path / "G11.txt")
    assert report_of(invoke, "G11.txt", *SMALL)["best_known_cut"] == 564
    (tmp_path / "G12.txt").write_text(PENTAGON)
    assert report_of(invoke, "G12.txt", *SMALL)["best_known_cut"] is None


def test_weights_that_are_no_integers(invoke, tmp_path):
    (tmp_path / "g.txt").write_text("3 3\n1 2 0.5\n2 3 0.25\n1 3 -1\n")
    assert report_of(invoke, "g.txt", *SMALL)["best_cut"] == 0.75


def test_coo_and_scipy_files(invoke, tmp_path, rng):
    couplings = np.triu(rng.normal(size=(6, 6)), 1)
    model = IsingModel(couplings + couplings.T, rng.normal(size=6), offset=2.0)
    write_coo(model, tmp_path / "m.coo")
    ground = ising.enumerate_states(read_coo(tmp_path / "m.coo")).ground_energy
    report = report_of(invoke, "m.coo", *SMALL)
    assert report["problem"] == "ising"
    assert "best_cut" not in report
    assert report["best_energy"] == pytest.approx(ground)
    plain = IsingModel(model.couplings)
    sparse.save_npz(tmp_path / "m.npz", sparse.csr_array(model.couplings))
    report = report_of(invoke, "m.npz", *SMALL)
    assert report["best_energy"] == pytest.approx(ising.enumerate_states(plain).ground_energy)


def test_a_coo_file_that_does_not_say_its_variables(invoke, tmp_path):
    (tmp_path / "q.coo").write_text("0 0 1\n1 1 1\n0 1 -3\n")
    assert "name the coding" in invoke("q.coo", code=1).stderr
    assert report_of(invoke, "q.coo", *SMALL, "--coding", "binary")["best_energy"] == -1
    assert report_of(invoke, "q.coo", *SMALL, "--coding", "spin")["best_energy"] == -5


@pytest.mark.parametrize(("problem", "size"), [(("--sk", 40), (40, 780)), (("--lattice", "4x5x3"), (60, 180))])
def test_spin_glasses_come_from_the_seed(invoke, problem, size):
    first, again = (report_of(invoke, *problem, *SMALL) for _ in range(2))
    assert first["size"] == {"spins": size[0], "couplings": size[1]}
    del first["seconds"], again["seconds"], first["time_to_solution"], again["time_to_solution"]
    assert first == again
    other = report_of(invoke, *problem, *SMALL[:-1], 2)
    assert other["best_energy"] != first["best_energy"] or other["mean"] != first["mean"]


def test_what_was_found_can_be_checked_from_the_file_alone(invoke):
    invoke("--sk", 20, *SMALL, "--no-plot")
    found = states()
    model = IsingModel.from_edges(20, found["edges"], found["values"], found["fields"], offset=float(found["offset"]))
    np.testing.assert_allclose(model.energy(found["states"]), found["energies"])
    invoke("--tsp", 9, "--sweeps", 20, "--no-plot")
    found = states()
    np.testing.assert_allclose(ising.Cities("", None, found["distances"]).length(found["tours"]), found["lengths"])
    assert found["coordinates"].shape == (9, 2)


def test_a_time_limit_says_how_far_it_came(invoke):
    result = invoke("--gset", 1, "--sweeps", 10**6, "--reads", 100, "--time-limit", 0.2, "--no-plot")
    assert "note: the time ended at temperature 1" in result.stderr


def test_the_lattice_is_drawn(invoke, tmp_path):
    invoke("--lattice", "6x7", *SMALL, "--out", "here")
    assert (tmp_path / "here" / "anneal.png").exists()
    assert not (tmp_path / "neurosim-out").exists()


def test_random_cities_and_a_file_of_cities(invoke, tmp_path):
    report = report_of(invoke, "--tsp", 8, "--sweeps", 50, "--reads", 5, "--seed", 4)
    assert report["problem"] == "tsp"
    cities = ising.random_cities(8, random_state=np.random.default_rng(4))
    found = states()
    assert found["tours"].shape == (5, 8)
    np.testing.assert_allclose(cities.length(found["tours"]), found["lengths"])
    assert report["best_length"] == found["lengths"].min()
    assert (report["optimum"], report["target_is"]) == (None, "best found")
    report = report_of(invoke, "--tsp", 8, "--schedule", "20@3,5@1")
    assert (report["sweeps"], report["temperatures"]) == (25, [3.0, 1.0])
    (tmp_path / "t.tsp").write_text(TRIANGLE)
    for args in (("t.tsp",), ("--tsp", "t.tsp")):
        result = invoke(*args, "--sweeps", 5)
        assert "shortest tour" in result.stdout
        assert json.loads((tmp_path / "neurosim-out/anneal/report.json").read_text())["best_length"] == 12


def test_cities_by_name_with_their_optimum(invoke, tmp_path, monkeypatch):
    (tmp_path / "tsplib").mkdir()
    (tmp_path / "tsplib" / "three.tsp").write_text(TRIANGLE)
    (tmp_path / "tsplib" / "three.opt.tour").write_text("TYPE: TOUR\nDIMENSION: 3\nTOUR_SECTION\n1\n2\n3\n-1\nEOF\n")
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path))
    report = report_of(invoke, "--tsp", "three", "--sweeps", 5)
    assert (report["best_length"], report["optimum"], report["target_is"]) == (12, 12, "optimum")
    assert report["success_probability"] == 1.0


def test_target_is_in_units_of_the_problem(invoke, tmp_path):
    (tmp_path / "g.txt").write_text(PENTAGON)
    for target, share in ((2, 1.0), (4, 1.0), (5, 0.0)):
        report = report_of(invoke, "g.txt", *SURE, "--target", target)
        assert (report["target"], report["target_is"], report["success_probability"]) == (target, "given", share)
    assert report["time_to_solution"] is None
    assert report_of(invoke, "--sk", 10, *SMALL, "--target", 0)["success_probability"] == 1.0
    assert report_of(invoke, "--sk", 10, *SMALL, "--target", -1000)["success_probability"] == 0.0


def test_options_reach_the_annealing(invoke):
    options = "--method scalar --rule heatbath --order random --schedule linear --temperatures 5,0.5 --threads 1"
    report = report_of(invoke, "--gset", 11, *SMALL, *options.split())
    told = {name: report[name] for name in ("method", "rule", "order", "temperatures", "sweeps", "reads", "backend")}
    assert told == {
        "method": "scalar", "rule": "heatbath", "order": "random", "temperatures": [5.0, 0.5], "sweeps": 60,
        "reads": 20, "backend": "cpu",
    }  # fmt: skip
    report = report_of(invoke, "--gset", 11, "--reads", 4, "--schedule", "3@4,2@1", "--seed", 1)
    assert (report["sweeps"], report["temperatures"]) == (5, [4.0, 1.0])
    slow = ("--sweeps", 1_000_000, "--reads", 2, "--time-limit", 0.2, "--seed", 1)
    report = report_of(invoke, "--gset", 11, *slow)
    assert report["stopped"] == "time limit"
    assert report["sweeps"] < 1_000_000


def test_every_parameter_has_its_option_with_the_true_default():
    given = anneal.make_context("anneal", []).params
    spins, tours = (inspect.signature(f).parameters for f in (ising.anneal, ising.anneal_tour))
    assert set(spins) - LEFT_OUT - {"model"} == {*OPTIONS, "backend"}
    assert set(tours) - LEFT_OUT - {"cities"} == set(OPTIONS) - {"method", "rule", "order"}
    helps = {p.name: p.help for p in anneal.params if hasattr(p, "help")}
    for name in (*OPTIONS, "backend"):
        assert given[name] is None
        if (default := spins[name].default) is not None:
            assert re.search(rf"\[default:\s+{default}\b", helps[name]), name
    assert f"tour: {tours['reads'].default}]" in helps["reads"]
    triangle = ising.Cities.from_coordinates([[0, 0], [1, 0], [0, 1]])
    done = ising.anneal(IsingModel([[0, 1], [1, 0]]), reads=1), ising.anneal_tour(triangle, reads=1)
    spins_sweeps, tour_sweeps = (len(result.temperatures) for result in done)
    assert f"[default: {spins_sweeps}; tour: {tour_sweeps}]" in helps["sweeps"]


def test_json_and_quiet(invoke):
    assert invoke("--sk", 10, *SMALL, "--quiet", "--no-plot").output == ""
    assert report_of(invoke, "--sk", 10, *SMALL)["seed"] == 1
    fresh = [report_of(invoke, "--sk", 10, "--reads", 1)["seed"] for _ in range(2)]
    assert fresh[0] != fresh[1]


def test_an_interrupt_writes_nothing(invoke, tmp_path, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(annealing, "anneal", interrupt)
    assert "interrupted; nothing was written" in invoke("--sk", 10, code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()


def press_ctrl_c(monkeypatch, at):
    """Press Ctrl-C when annealing reports for the first time, or at several reports."""
    came = []

    def press(progress):
        came.append(progress.step)
        if len(came) in at:
            signal.raise_signal(signal.SIGINT)

    @contextmanager
    def bar(*args, **options):
        yield press

    monkeypatch.setattr("neurosim_cli.anneal.progress_bar", bar)
    return came


@pytest.mark.parametrize("problem", [("--sk", 10), ("--tsp", 50)])
def test_the_first_ctrl_c_keeps_what_was_done(invoke, tmp_path, monkeypatch, problem):
    came = press_ctrl_c(monkeypatch, {2})
    result = invoke(*problem, "--sweeps", 100_000, "--reads", 2, "--no-plot", "--json", code=130)
    report = json.loads(result.stdout)
    assert report == json.loads((tmp_path / "neurosim-out/anneal/report.json").read_text())
    assert (report["stopped"], report["sweeps"]) == ("interrupted", came[-1])
    assert len(came) == 2
    assert f"interrupted after {came[-1]:,} sweeps; what they found was written" in result.stderr
    assert len(states()["tours" if problem[0] == "--tsp" else "states"]) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_ctrl_c_ends_at_once(invoke, tmp_path, monkeypatch):
    @contextmanager
    def bar(*args, **options):
        def twice(progress):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

        yield twice

    monkeypatch.setattr("neurosim_cli.anneal.progress_bar", bar)
    assert "interrupted; nothing was written" in invoke("--sk", 10, code=130).stderr
    assert not (tmp_path / "neurosim-out").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a process")
def test_sigint_from_outside(tmp_path):
    code = (
        "import signal, sys\nfrom contextlib import contextmanager\nfrom neurosim_cli import anneal, main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore it
        "@contextmanager\ndef bar(*args, **options):\n    yield lambda p: print(p.step, flush=True)\n"
        "anneal.progress_bar = bar\nmain.main(sys.argv[1:])"
    )
    problem = ("--lattice", "10x10x10", "--sweeps", "1000000", "--time-limit", "60", "--quiet")
    command = [sys.executable, "-c", code, "anneal", *problem]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline().strip().isdecimal()
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert said.startswith("Error: interrupted after ")
    report = json.loads((tmp_path / "neurosim-out/anneal/report.json").read_text())
    assert report["stopped"] == "interrupted"
    assert 0 < report["sweeps"] < 1_000_000
    assert (tmp_path / "neurosim-out/anneal/anneal.png").exists()


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


def archive(folder):
    np.savez(folder / "x.npz", X=np.eye(4))


def torn(folder):
    (folder / "g.gz").write_bytes(gzip.compress(PENTAGON.encode())[:20])


def lopsided(folder):
    sparse.save_npz(folder / "x.npz", sparse.csr_array([[0, 1.0], [2.0, 0]]))


BAD = {
    "two problems": (None, ["--gset", 1, "--sk", 10], 2, "--gset and --sk are two problems"),
    "file and problem": (write("g.txt", PENTAGON), ["g.txt", "--tsp", 5], 2, "GRAPH and --tsp are two problems"),
    "missing": (None, ["nothing.txt"], 1, r"nothing\.txt"),
    "folder": (lambda folder: (folder / "d").mkdir(), ["d"], 1, "d"),
    "no such graph": (None, ["--gset", 68], 2, "number must be 1 ... 67, 70, 72, 77 or 81; got 68"),
    "edges": (write("g.txt", "3 2\n1 2 1\n"), ["g.txt"], 1, "promises 2 edges; the file holds 1"),
    "loop": (write("g.txt", "3 1\n2 2 1\n"), ["g.txt"], 1, "line 2: edge 2 2 is a loop"),
    "three words": (write("g.txt", "3 1 0\n1 2 1\n"), ["g.txt"], 1, "graph in rudy's format begins with .vertices edg"),
    "huge": (write("g.txt", f"#\n{10**24} 1\n"), ["g.txt"], 1, "g.txt, line 2: at most 2147483647 vertices; got 1000"),
    "short line": (write("m.coo", "# vartype=SPIN\n0 1\n"), ["m.coo"], 1, "line 2: must be .i j bias.; got '0 1'"),
    "not a graph": (write("g.txt", "hello\n"), ["g.txt"], 1, 'g.txt, line 1: the first line must be "vertices edges"'),
    "empty": (write("g.txt", ""), ["g.txt"], 1, "g.txt, line 1"),
    "torn": (torn, ["g.gz"], 1, r"g\.gz: is no text file"),
    "no matrix": (archive, ["x.npz"], 1, "x.npz: holds no matrix that scipy.sparse.save_npz wrote"),
    "not a zip": (write("x.npz", "hello"), ["x.npz"], 1, "x.npz: holds no matrix"),
    "asymmetric": (lopsided, ["x.npz"], 1, r"must be symmetric; couplings\[0, 1\] is 1"),
    "no cities": (None, ["--tsp", "atlantis"], 1, "neither such a file nor tsplib/atlantis.tsp in NEUROSIM_DATA"),
    "two cities": (None, ["--tsp", "2"], 2, "n must be an integer >= 3"),
    "method": (None, ["--tsp", 5, "--method", "scalar"], 2, "--method goes with spins, not with a tour"),
    "rule": (write("t.tsp", TRIANGLE), ["t.tsp", "--rule", "heatbath"], 2, "--rule goes with spins"),
    "backend": (None, ["--tsp", 5, "--backend", "cuda"], 2, "--backend goes with spins"),
    "sweeps of a tour": (None, ["--tsp", 5, "--schedule", "2@3", "--sweeps", 2], 2, "--sweeps contradicts"),
    "sweeps twice": (None, ["--schedule", "2@3", "--sweeps", 5], 2, "--sweeps contradicts --schedule 2@3"),
    "range twice": (None, ["--schedule", "2@3", "--temperatures", "3,1"], 2, "--temperatures contradicts"),
    "coding": (None, ["--gset", 1, "--coding", "spin"], 2, "--coding goes with a GRAPH in COO format"),
    "schedule": (None, ["--schedule", "cosine"], 2, "schedule"),
    "steps": (None, ["--schedule", "2@x"], 2, "schedule"),
    "cold": (None, ["--temperatures", "1,-1"], 2, "temperature"),
    "lattice": (None, ["--lattice", "16"], 2, "'16' is not two or three positive integers"),
    "narrow": (None, ["--lattice", "2x2"], 2, "shape must be integers >= 3"),
    "reads": (None, ["--reads", 0], 2, "--reads"),
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


def test_a_graph_without_edges(invoke, tmp_path):
    write_graph(Graph(3, np.empty((0, 2), int), np.empty(0)), tmp_path / "g.txt")
    assert report_of(invoke, "g.txt", *SMALL)["best_cut"] == 0


def test_the_help_starts_without_the_heavy_libraries():
    code = (
        "import sys\nfrom neurosim_cli.anneal import anneal\n"
        "anneal.main(['--help'], standalone_mode=False)\n"
        "print([m for m in ('numba', 'sklearn', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
