"""What `neurosim hopfield phase` does: simulate networks at many loads and temperatures, report, draw."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from neurosim_cli.common import progress_bar

LOADS = 0.01, 0.16
REST = 10_000  # sweeps, of which a network at T = 0 needs few to come to rest


def simulated(options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the overlaps of networks with the pattern that they started from, for every load and temperature."""
    from neurosim.core.progress import report

    high, wide = options["grid"]
    least = 1 / options["units"]
    first, last = (max(load, least) for load in LOADS)
    loads = _axis("loads", options["loads"] or (first, last), wide, least)
    temperatures = _axis("temperatures", options["temperatures"], high, 0.0)
    overlap = np.empty((high, wide))
    with progress_bar("networks", quiet=options["quiet"]) as callback:
        for column, load in enumerate(loads):
            overlap[:, column] = _overlaps(load, temperatures, options, np.random.default_rng([seed, column]))
            report(callback, column + 1, wide)
    return {
        **{name: options[name] for name in ("units", "probes", "sweeps")},
        "loads": loads.tolist(),
        "temperatures": temperatures.tolist(),
        "overlap": overlap.round(6).tolist(),
        "seed": seed,
    }


def _axis(name: str, ends: tuple[float, float], points: int, least: float) -> np.ndarray:
    first, last = ends
    if not least <= first <= last < np.inf:
        raise click.UsageError(f"--{name} must be two numbers >= {least:g}, the smaller first; got {first:g},{last:g}")
    return np.linspace(first, last, points)


def _overlaps(load: float, temperatures: np.ndarray, options: dict[str, Any], rng: np.random.Generator) -> list[float]:
    """Return the mean overlap at each temperature of a network that has stored random patterns."""
    from neurosim.hopfield import HopfieldNetwork
    from neurosim.hopfield.patterns import random_patterns

    units = options["units"]
    patterns = random_patterns(round(load * units), units, random_state=rng)
    network, starts = HopfieldNetwork(units).store(patterns), patterns[: options["probes"]]
    chosen = {} if options["backend"] is None else {"backend": options["backend"]}
    runs = ((float(t), options["sweeps"] if t > 0 else REST) for t in temperatures)
    ends = (network.recall(starts, temperature=t, max_sweeps=n, random_state=rng, **chosen).states for t, n in runs)
    return [float((states * starts.astype(float)).mean()) for states in ends]


def phase_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table of a phase diagram."""
    loads, temperatures, coldest = report["loads"], report["temperatures"], report["overlap"][0]
    shown = sorted({0, len(loads) // 2, len(loads) - 1})
    return [
        ("networks", f"{len(loads)} of {report['units']} units, load {loads[0]:g} to {loads[-1]:g}"),
        ("temperatures", f"{len(temperatures)}, {temperatures[0]:g} to {temperatures[-1]:g}"),
        (
            "recall",
            f"{report['sweeps']} sweeps from each of {report['probes']} patterns at most; at T = 0 until it rests",
        ),
        *((f"overlap at load {loads[k]:.3g}, T = {temperatures[0]:g}", f"{coldest[k]:.4f}") for k in shown),
        ("seed", str(report["seed"])),
        ("time", f"{report['seconds']:.2f} s, loading the kernels included"),
    ]


def draw_phase(report: dict[str, Any], path: Path) -> Path:
    """Draw the lines of the theory over the measured overlaps."""
    from neurosim import plotting
    from neurosim.hopfield import theory
    from neurosim.hopfield.plot import phase_diagram

    lines_ = theory.phase_diagram()
    curves = {
        "$T_g$: below it spins freeze": (lines_.loads, lines_.spin_glass_temperatures),
        "$T_M$: below it retrieval states": (lines_.retrieval_loads, lines_.temperatures),
        "$T_c$: below it they have the lowest free energy": (lines_.transition_loads, lines_.temperatures),
    }
    figure = plotting.figure(5.6, 4.8)
    grid = (report[name] for name in ("loads", "temperatures", "overlap"))
    phase_diagram(curves, *grid, size=report["units"], ax=figure.add_subplot())
    return plotting.save(figure, path)
