"""Annealing against dwave-samplers and OpenJij: the same model, sweeps and temperatures.

    python -m benchmarks ising [--quick]

Every side returns the last states of its reads; ours finds the best ones and their energies, too. dwave-samplers and
OpenJij run on one thread, so we are timed on one and on all. The energies of a read's last state are compared.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from neurosim.core import parallel
from neurosim.ising import IsingModel, anneal, edwards_anderson, gset, sherrington_kirkpatrick, to_dimod


def on_threads(threads: int, run: Callable[[], Any]) -> Any:
    """Run with a number of threads."""
    before = parallel.threads()
    parallel.set_threads(threads)
    try:
        return run()
    finally:
        parallel.set_threads(before)


def peers(model: IsingModel, betas: tuple[float, float], sweeps: int, reads: int) -> dict[str, Callable[[], Any]]:
    """Return the runs of the peers, each with a new seed every time."""
    import openjij
    from dimod import BinaryQuadraticModel
    from dwave.samplers import SimulatedAnnealingSampler

    h, j, _ = to_dimod(model)
    bqm = BinaryQuadraticModel.from_ising(h, j)
    seeds = iter(range(1, 10**6))

    def dwave() -> np.ndarray:
        found = SimulatedAnnealingSampler().sample(
            bqm, num_reads=reads, num_sweeps=sweeps, beta_range=betas, beta_schedule_type="geometric", seed=next(seeds)
        )
        return np.asarray(found.record.sample[:, np.argsort(list(found.variables))])

    def jij() -> np.ndarray:
        found = openjij.SASampler().sample_ising(
            h, j, num_reads=reads, num_sweeps=sweeps, beta_min=betas[0], beta_max=betas[1], seed=next(seeds)
        )
        return np.asarray(found.record.sample[:, np.argsort(list(found.variables))])

    return {"dwave-samplers": dwave, "OpenJij": jij}


def work(
    name: str,
    model: IsingModel,
    betas: tuple[float, float],
    *,
    sweeps: int = 1000,
    reads: int = 100,
    peer_reads: int | None = None,
    openjij: bool = True,
    **keywords: Any,
) -> list[dict[str, Any]]:
    """Time one model; where a peer would take minutes, it does `peer_reads` of the reads and its time is scaled."""
    temperatures = 1 / np.geomspace(*betas, sweeps)
    seeds = iter(range(1, 10**6))

    def ours() -> np.ndarray:
        return anneal(model, temperatures, reads=reads, random_state=next(seeds), **keywords).last_states

    def quality(states: Any) -> dict[str, float]:
        energies = np.asarray(model.energy(states)) / model.n_spins
        return {"mean energy per spin": float(energies.mean()), "lowest": float(energies.min())}

    run = peers(model, betas, sweeps, peer_reads or reads)
    if not openjij:
        del run["OpenJij"]
    scale = dict.fromkeys(run, reads / (peer_reads or reads))
    notes = {label: f"{peer_reads} of {reads} reads, scaled" for label in run if peer_reads}
    all_runs = {
        "neurosim": ours,
        "neurosim, 1 thread": lambda: on_threads(1, ours),
        **run,
    }
    return compare(
        name, all_runs, reference="neurosim", quality=quality, few=tuple(run), scale=scale, notes=notes
    ) + _against(name, all_runs, quality, scale, notes, "neurosim, 1 thread")


def _against(
    name: str, runs: dict[str, Any], quality: Any, scale: Any, notes: Any, reference: str
) -> list[dict[str, Any]]:
    """Time one of ours against dwave-samplers alone, so that the ratio is of neighbouring runs."""
    pair = {label: runs[label] for label in (reference, "dwave-samplers")}
    return compare(f"{name}, one core", pair, reference=reference, quality=quality, rounds=5, scale=scale, notes=notes)


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/ising.json."""
    cubic = edwards_anderson((16, 16, 16), random_state=2)
    spin_glass = sherrington_kirkpatrick(512, random_state=3)
    g1, g81 = (IsingModel.from_graph(gset(number)) for number in (1, 81))
    if quick:
        work("G1", g1, (0.02, 2.0), sweeps=50, reads=4)
        return
    records = work("G1, 100 reads x 1000 sweeps", g1, (0.02, 2.0))
    records += work("3-D +-J lattice 16^3, 100 reads x 1000 sweeps", cubic, (0.1, 5.0), openjij=False)
    records += work(
        "dense Sherrington-Kirkpatrick glass, 512 spins, 100 reads x 1000 sweeps", spin_glass, (0.1, 5.0), openjij=False
    )
    records += work(
        "G81, 64 reads x 1000 sweeps, multispin", g81, (0.1, 3.0), reads=64, peer_reads=4, openjij=False,
        method="multispin",
    )  # fmt: skip
    records += work("G1, one read x 1000 sweeps", g1, (0.02, 2.0), reads=1, openjij=False)
    for record in records:
        record["threads"] = parallel.threads() if record["implementation"] == "neurosim" else 1
    print(f"wrote {write('ising', records)}")
