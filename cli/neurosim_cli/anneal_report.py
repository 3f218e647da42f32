"""What `neurosim anneal` says about a run: the report, its table, the states and the figure."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from neurosim_cli.anneal import Problem

CONFIDENCE = 0.99
STOPPED_BY_USER = "interrupted"
QUANTITY = {"max-cut": "cut", "ising": "energy", "tsp": "tour length"}


def measure(problem: "Problem", result: Any, target: float | None, seed: int) -> dict[str, Any]:
    """Return the report: the problem, the best of all reads, how often a target was reached, and how it was done."""
    values = of_reads(problem, result)
    best = float(values.max() if problem.kind == "max-cut" else values.min())
    known = "optimum" if problem.kind == "tsp" else "best known"
    source = "given" if target is not None else known if problem.best_known is not None else "best found"
    if target is None:
        target = best if problem.best_known is None else problem.best_known
    found: dict[str, Any] = {"problem": problem.kind, "name": problem.name, "size": size(problem)}
    goal = target
    if problem.kind == "tsp":
        found |= {"best_length": _plain(best), "optimum": _plain(problem.best_known)}
    else:
        found["best_energy"] = _plain(result.best_energy)
    if problem.kind == "max-cut":
        goal = total_weight(problem) - 2 * target
        found |= {"best_cut": _plain(best), "best_known_cut": _plain(problem.best_known)}
    probability = float(result.success_probability(goal))
    seconds = float(result.time_to_solution(goal, confidence=CONFIDENCE))
    found |= {"target": _plain(target), "target_is": source, "success_probability": probability}
    found |= {"time_to_solution": seconds, "confidence": CONFIDENCE, "mean": float(values.mean())}
    return found | how(problem, result) | {"seed": seed}


def how(problem: "Problem", result: Any) -> dict[str, Any]:
    """Return how the run was made."""
    made: dict[str, Any] = {
        "reads": len(of_reads(problem, result)),
        "sweeps": len(result.temperatures),
        "temperatures": [float(result.temperatures[0]), float(result.temperatures[-1])],
        "stopped": STOPPED_BY_USER if result.stopped == "callback" else result.stopped,
    }
    if problem.kind != "tsp":
        made |= {name: getattr(result, name) for name in ("method", "rule", "order", "backend")}
    return made


def of_reads(problem: "Problem", result: Any) -> np.ndarray:
    """Return the best cut, energy or tour length of every read."""
    if problem.kind == "tsp":
        return np.asarray(result.lengths, float)
    energies = np.asarray(result.energies, float)
    return (total_weight(problem) - energies) / 2 if problem.kind == "max-cut" else energies


def total_weight(problem: Any) -> float:
    """Return the sum of the weights of a maximum cut's graph, each edge once."""
    return float(-problem.what.couplings.sum() / 2)


def size(problem: Any) -> dict[str, int]:
    """Return numbers of spins and couplings, or of cities."""
    if problem.kind == "tsp":
        return {"cities": problem.what.n_cities}
    couplings = problem.what.couplings
    stored = couplings.nnz if problem.what.is_sparse else np.count_nonzero(couplings)
    return {"spins": problem.what.n_spins, "couplings": int(stored) // 2}


def _plain(value: float | None) -> float | int | None:
    """Return a whole number as int, so that a cut of 11624 reads so."""
    return None if value is None else int(value) if float(value).is_integer() else float(value)


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    kind, extent = report["problem"], ", ".join(f"{n:,} {what}" for what, n in report["size"].items())
    lines = [("problem", f"{report['name']}: {extent}")]
    for key, known, text in (
        ("best_cut", "best_known_cut", "best cut"),
        ("best_length", "optimum", "shortest tour"),
        ("best_energy", None, "lowest energy"),
    ):
        if key in report:
            beside = report.get(known) if known else None
            name = {"best_known_cut": "best known", "optimum": "optimum"}.get(known or "", "")
            lines.append((text, f"{report[key]:,.10g}" + (f" ({name} {beside:,.10g})" if beside is not None else "")))
    if kind == "ising":
        lines.append(("lowest energy per spin", f"{report['best_energy'] / report['size']['spins']:.6f}"))
    goal = f"{report['target']:,.10g}, {report['target_is']}"
    lines.append((f"reads that reach {goal}", f"{report['success_probability']:.1%} of {report['reads']:,}"))
    seconds = report["time_to_solution"]
    reached = f"{seconds:.3g} s" if np.isfinite(seconds) else "not reached"
    hot, cold = report["temperatures"]
    way = [report[name] for name in ("method", "rule", "order") if name in report]
    return [
        *lines,
        (f"time to solution ({report['confidence']:.0%})", reached),
        ("sweeps", f"{report['sweeps']:,}, temperature {hot:.4g} to {cold:.4g}"),
        *([("method", ", ".join(way))] if way else []),
        ("stopped", report["stopped"]),
        ("seed", str(report["seed"])),
        ("time", f"{report['seconds']['kernels']:.2f} s on {report.get('backend', 'cpu')}, kernels loaded before"),
    ]


def save_states(problem: "Problem", result: Any, path: Path) -> Path:
    """Write the best state or tour of every read and its energy or length, and the problem that they belong to."""
    what: Any = problem.what
    if problem.kind == "tsp":
        arrays = {"tours": result.tours, "lengths": result.lengths, "distances": what.distances}
        if what.coordinates is not None:
            arrays["coordinates"] = what.coordinates
    else:
        edges, values = what.pairs()
        arrays = {"states": result.states, "energies": result.energies, "edges": edges, "values": values}
        arrays |= {"fields": what.fields, "offset": np.array(what.offset)}
    np.savez_compressed(path, **arrays)
    return path


def draw(problem: "Problem", result: Any, report: dict[str, Any], path: Path) -> Path:
    """Draw the page of figures."""
    from neurosim import plotting
    from neurosim.ising.page import overview

    figure = overview(
        result,
        values=of_reads(problem, result),
        name=QUANTITY[problem.kind],
        target=None if report["target_is"] == "best found" else report["target"],
        cities=problem.what if problem.kind == "tsp" else None,  # type: ignore[arg-type]
        shape=problem.shape,
        title=problem.name,
    )
    return plotting.save(figure, path)
