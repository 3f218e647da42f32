"""`neurosim anneal`: anneal a graph's maximum cut, a spin glass or a tour, and say how good it is."""

import gzip
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from neurosim_cli.common import (
    INTERRUPTED,
    Pair,
    Reported,
    progress_bar,
    result_folder,
    run_options,
    set_threads,
    show,
    write_json,
)

if TYPE_CHECKING:
    from neurosim.ising import Cities, IsingModel

SOME, POSITIVE = click.IntRange(min=1), click.FloatRange(min=0, min_open=True)
OPTIONS: dict[str, tuple[str, Any, str]] = {  # parameter of `anneal`: its option, type, help
    "sweeps": ("--sweeps", SOME, "Looks at every spin, or at as many moves as cities.  [default: 1000; tour: 5000]"),
    "reads": ("--reads", SOME, "Independent runs.  [default: 100; tour: 32]"),
    "schedule": ("--schedule", str, "auto, geometric, linear, log, or as 2@20,2@15: sweeps@temperature.  "
                 "[default: auto]"),
    "temperature_range": ("--temperatures", Pair(), "First and last temperature.  [default: from the problem]"),
    "time_limit": ("--time-limit", POSITIVE, "Stop after so many seconds.  [default: never]"),
    "method": ("--method", click.Choice(["auto", "replica", "multispin", "scalar"]), "Kernel.  [default: auto]"),
    "rule": ("--rule", click.Choice(["metropolis", "heatbath"]), "Which flips are accepted.  [default: metropolis]"),
    "order": ("--order", click.Choice(["sequential", "permutation", "random", "coloured"]), "Which spin is next.  "
              "[default: permutation up to 256 spins, sequential above; coloured for multispin and CUDA]"),
}  # fmt: skip
HOW_LONG = ("sweeps", "schedule", "temperature_range", "time_limit")
SPINS_ONLY = ("method", "rule", "order", "backend")
BY_ENDING = (".tsp", ".npz")
SOURCES = {"graph": "GRAPH", "gset": "--gset", "tsp": "--tsp", "sk": "--sk", "lattice": "--lattice"}


class Problem(NamedTuple):
    """What is annealed."""

    kind: str  # "max-cut", "ising" or "tsp"
    name: str
    what: "IsingModel | Cities"
    best_known: float | None = None  # cut or tour length
    shape: tuple[int, ...] | None = None  # of a lattice


class Sides(click.ParamType):
    """Two or three positive integers with an x between them."""

    name = "ROWSxCOLUMNS[xDEPTH]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the sides."""
        parts = str(value).lower().split("x")
        if len(parts) not in (2, 3) or not all(part.isdecimal() and int(part) for part in parts):
            self.fail(f"{value!r} is not two or three positive integers, as 16x16x16", param, ctx)
        return tuple(int(part) for part in parts)


def anneal_options(command: Any) -> Any:
    """Add the options of the annealing."""
    for name, (option, kind, text) in reversed(OPTIONS.items()):
        metavar = "HOT,COLD" if name == "temperature_range" else None
        command = click.option(option, name, type=kind, metavar=metavar, help=text)(command)
    return command


@click.command()
@click.argument("graph", required=False)
@click.option("--gset", type=SOME, metavar="NUMBER", help="Graph of the Gset, made from its seed: 1 to 67, "
              "70, 72, 77 or 81.  [default: 1]")  # fmt: skip
@click.option("--tsp", metavar="NAME|FILE|CITIES", help="berlin52 and others from NEUROSIM_DATA, a TSPLIB file, or so "
              "many random cities.")  # fmt: skip
@click.option("--sk", type=click.IntRange(min=2), metavar="SPINS", help="Sherrington-Kirkpatrick spin glass.")
@click.option("--lattice", type=Sides(), help="Spin glass of +-1 couplings on a periodic lattice (Edwards-Anderson).")
@anneal_options
@click.option("--coding", type=click.Choice(["spin", "binary"]), help="Variables of a COO file that does not say it.")
@click.option("--target", type=float, help="Cut, energy or length that counts as success.  [default: best known, or "
              "best found]")  # fmt: skip
@run_options
def anneal(graph: str | None, target: float | None, **options: Any) -> None:
    """Simulated annealing: look for the maximum cut of GRAPH, the ground state of a spin glass, or a short tour, and
    write figure, best states and report.

    GRAPH is a text file as those of the Gset (rudy) or in dimod's COO format, also as .gz; a scipy.sparse .npz of
    couplings; or a TSPLIB .tsp file. Couplings have the sign of E = -1/2 sJs - hs, in COO files that of dimod.

    \b
    neurosim anneal
    neurosim anneal graph.txt --sweeps 5000
    neurosim anneal --sk 512 --reads 20 --time-limit 10
    neurosim anneal --tsp berlin52
    """
    import time

    from neurosim.core.random import seed_from
    from neurosim_cli import anneal_report

    sources = {name: options.pop(name) for name in SOURCES if name != "graph"} | {"graph": graph}
    parameters = {name: options.pop(name) for name in (*OPTIONS, "backend")}
    parameters = {name: value for name, value in parameters.items() if value is not None}
    _check(sources, parameters)
    set_threads(options["threads"])
    seed, started = seed_from(options["seed"]), time.perf_counter()
    problem = find_problem(sources, seed, options["coding"])
    _check_kind(problem.kind, parameters)
    loaded = time.perf_counter()
    out = options["out"] or Path("neurosim-out/anneal")
    with result_folder(out):
        result = _run(problem, parameters, seed, options)
    annealed = time.perf_counter()
    report = anneal_report.measure(problem, result, target, seed)
    report["seconds"] = {"load": loaded - started, "anneal": annealed - loaded, "kernels": result.seconds}
    files = [anneal_report.save_states(problem, result, out / "states.npz")]
    if not options["no_plot"]:
        files.append(anneal_report.draw(problem, result, report, out / "anneal.png"))
    files.append(out / "report.json")
    report["files"] = [str(file) for file in files]
    write_json(files[-1], report)
    rows = anneal_report.rows(report)
    show(report, rows, "Simulated annealing", as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        for file in files:
            click.echo(f"wrote {file}")
    if report["stopped"] == "time limit":
        cold = report["temperatures"][1]
        click.echo(f"note: the time ended at temperature {cold:.4g}; with fewer --sweeps the schedule ends", err=True)
    if report["stopped"] == anneal_report.STOPPED_BY_USER:
        raise Reported(f"interrupted after {report['sweeps']:,} sweeps; what they found was written", INTERRUPTED)


def _check(sources: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Refuse options of which one would be ignored."""
    given = [SOURCES[name] for name in SOURCES if sources[name] is not None]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} are two problems; give one")
    schedule = parameters.get("schedule", "auto")
    if "@" in schedule:
        for name in ("sweeps", "temperature_range"):
            if name in parameters:
                raise click.UsageError(f"{OPTIONS[name][0]} contradicts --schedule {schedule}, which says it itself")


def _check_kind(kind: str, parameters: dict[str, Any]) -> None:
    """Refuse what goes with spins where cities are to be visited."""
    for name in SPINS_ONLY:
        if kind == "tsp" and name in parameters:
            raise click.UsageError(f"--{name} goes with spins, not with a tour")


def _run(problem: Any, parameters: dict[str, Any], seed: int, options: dict[str, Any]) -> Any:
    """Anneal with a progress bar, until the end or the first Ctrl-C."""
    from neurosim import ising
    from neurosim_cli.common import first_interrupt

    run = ising.anneal_tour if problem.kind == "tsp" else ising.anneal
    kernels = {name: value for name, value in parameters.items() if name not in HOW_LONG}
    try:
        run(problem.what, **kernels, sweeps=1, temperature_range=(1, 1))  # loads the kernels, which is not annealing
        with first_interrupt() as caught, progress_bar("annealing", quiet=options["quiet"]) as draw:

            def callback(progress: Any) -> bool:
                if draw is not None:
                    draw(progress)
                return bool(caught)

            return run(problem.what, **parameters, random_state=seed, callback=callback)
    except KeyboardInterrupt:
        raise Reported("interrupted; nothing was written", INTERRUPTED) from None


def find_problem(sources: dict[str, Any], seed: int, coding: str | None = None) -> Problem:
    """Return the problem that the options name; `seed` draws couplings and cities, `coding` goes with a COO file."""
    import numpy as np

    from neurosim import ising

    if coding is not None and (sources["graph"] is None or not _is_coo(Path(sources["graph"]))):
        raise click.UsageError("--coding goes with a GRAPH in COO format")
    rng = np.random.default_rng(seed)  # not the numbers that annealing with this seed draws
    if sources["graph"] is not None:
        return _from_file(Path(sources["graph"]), coding)
    if sources["tsp"] is not None:
        count = sources["tsp"]
        if count.isdecimal():
            return Problem("tsp", f"{int(count):,} random cities", ising.random_cities(int(count), random_state=rng))
        return _tour(count)
    if (spins := sources["sk"]) is not None:
        name = f"Sherrington-Kirkpatrick, {spins:,} spins"
        return Problem("ising", name, ising.sherrington_kirkpatrick(spins, random_state=rng))
    if (shape := sources["lattice"]) is not None:
        name = f"±1 spin glass on a periodic {'×'.join(map(str, shape))} lattice"
        return Problem("ising", name, ising.edwards_anderson(shape, random_state=rng), shape=shape)
    number = 1 if sources["gset"] is None else sources["gset"]
    graph = ising.gset(number)
    return _max_cut(f"G{number}", graph, ising.BEST_KNOWN_CUTS.get(number))


def _max_cut(name: str, graph: Any, best_known: float | None) -> Problem:
    from neurosim import ising

    return Problem("max-cut", name, ising.IsingModel.from_graph(graph), best_known)


def _from_file(path: Path, coding: str | None) -> Problem:
    """Return the problem of a file: the ending or the first line tells which format it has."""
    from neurosim import ising

    if path.suffix.lower() == ".tsp":
        return _tour(str(path))
    if path.suffix.lower() == ".npz":
        return Problem("ising", path.name, ising.IsingModel(_sparse(path)))
    if _is_coo(path):
        return Problem("ising", path.name, ising.read_coo(path, coding=coding))
    graph = ising.read_graph(path)
    return _max_cut(path.name, graph, _known_cut(path, graph))


def _is_coo(path: Path) -> bool:
    """Return whether comments at the top name the variables, or the line below has three words; rudy's has two."""
    if path.suffix.lower() in BY_ENDING:
        return False
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    opener: Any = gzip.open if packed else open
    try:
        with opener(path, "rt", encoding="latin-1") as lines:
            for words in (line.split() for line in lines if line.strip()):
                if not words[0].startswith("#"):
                    return len(words) == 3
                if "vartype" in "".join(words):
                    return True
    except (OSError, EOFError, zlib.error):  # what is wrong the reader will say
        pass
    return False


def _sparse(path: Path) -> Any:
    """Return the matrix of a file that scipy.sparse.save_npz wrote."""
    from zipfile import BadZipFile

    from scipy import sparse

    from neurosim.core.errors import DataError

    try:
        return sparse.load_npz(path)
    except (ValueError, KeyError, BadZipFile) as error:
        raise DataError(f"{path}: holds no matrix that scipy.sparse.save_npz wrote ({error})") from error


def _known_cut(path: Path, graph: Any) -> float | None:
    """Return the best known cut if the file is what its name says: a graph of the Gset."""
    import numpy as np

    from neurosim import ising

    match = re.match(r"G(\d+)(\.|$)", path.name, re.IGNORECASE)
    if match is None or int(match[1]) not in ising.BEST_KNOWN_CUTS:
        return None
    same = ising.gset(int(match[1]))
    equal = graph.n_vertices == same.n_vertices and all(
        np.array_equal(ours, theirs) for ours, theirs in ((graph.edges, same.edges), (graph.weights, same.weights))
    )
    return ising.BEST_KNOWN_CUTS[int(match[1])] if equal else None


def _tour(source: str) -> Problem:
    """Return the cities of a file, or of a name below NEUROSIM_DATA/tsplib."""
    from neurosim import ising
    from neurosim.core.errors import DataError
    from neurosim.datasets import store

    path = Path(source)
    if not path.is_file() and path.suffix == "" and path.parent == Path():
        found = store.find(f"tsplib/{source}.tsp")
        if found is None:
            raise DataError(f"{source}: there is neither such a file nor tsplib/{source}.tsp in NEUROSIM_DATA")
        path = found
    cities = ising.read_tsplib(path)
    return Problem("tsp", path.stem, cities, _optimum(path, cities))


def _optimum(path: Path, cities: "Cities") -> float | None:
    """Return the length of the optimal tour that lies beside the file, if one does."""
    from neurosim import ising

    best = path.with_name(f"{path.stem}.opt.tour")
    return float(cities.length(ising.read_tour(best))) if best.is_file() else None
