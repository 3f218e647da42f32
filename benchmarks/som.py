"""The batch self-organising map against fastersom (PyTorch) and XPySom (NumPy), and against itself.

    python -m benchmarks som [--quick]

Every implementation gets the same float32 samples, first weights, epochs, and the same sigma in every epoch (from half
the side exponentially to 1; both peers reach their end an epoch after the last, so theirs is moved).
fastersom's fit labels the samples at the end; ours is timed with that pass (fit and predict) and without.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from neurosim.som import SOM

QUICK = {"samples": 2000, "epochs": 2}


def manifold(samples: int, features: int) -> np.ndarray:
    """Return samples near a curved sheet of three dimensions, float32."""
    rng = np.random.default_rng(0)
    hidden = rng.uniform(-1, 1, (samples, 3))
    folds = np.tanh(hidden @ rng.normal(size=(3, 32)) * 1.5) @ rng.normal(size=(32, features)) / np.sqrt(32)
    return (folds + 0.05 * rng.normal(size=folds.shape)).astype(np.float32)


def errors(x: np.ndarray, rows: int, columns: int) -> Callable[[np.ndarray], dict[str, float]]:
    """Return a function from weights to QE and TE8 on some samples, the same code for every implementation."""
    part = x[:: max(1, len(x) // 5000)].astype(np.float64)

    def measure(weights: np.ndarray) -> dict[str, float]:
        w = np.asarray(weights, np.float64).reshape(rows * columns, -1)
        d2 = (part**2).sum(1)[:, None] - 2 * part @ w.T + (w**2).sum(1)
        two = np.argsort(d2, axis=1)[:, :2]
        best = np.take_along_axis(d2, two[:, :1], 1)
        (r, c) = np.divmod(two, columns)
        apart = np.maximum(abs(r[:, 0] - r[:, 1]), abs(c[:, 0] - c[:, 1]))
        return {"qe": float(np.sqrt(np.maximum(best, 0)).mean()), "te8": float((apart > 1).mean())}

    return measure


def past_the_end(start: float, epochs: int) -> float:
    """Return the end of a schedule that is reached an epoch after the last, so that the last epoch has sigma 1."""
    return float(start ** (1 - epochs / (epochs - 1)))


def ours(x: np.ndarray, init: np.ndarray, side: int, epochs: int, **parameters: Any) -> SOM:
    """Train our map."""
    som = SOM(grid=(side, side), sigma=(side / 2, 1.0), epochs=epochs, init=init, **parameters)
    return som.fit(x)


def fastersom(x: np.ndarray, init: np.ndarray, side: int, epochs: int) -> np.ndarray:
    """Train fastersom's map, with its labelling pass."""
    from fastersom import SOM as Peer

    end = past_the_end(side / 2, epochs)
    peer = Peer(
        n_rows=side, n_cols=side, n_epochs=epochs, init=init, sigma_initial=side / 2, sigma_final=end, device="cpu"
    )
    return peer.fit(x).weights_


def xpysom(x: np.ndarray, init: np.ndarray, side: int, epochs: int) -> np.ndarray:
    """Train XPySom's map; std_coeff=1 makes its sigma the standard deviation of the Gaussian, as here."""
    from xpysom import XPySom

    end = past_the_end(side / 2, epochs)
    peer = XPySom(side, side, x.shape[1], sigma=side / 2, sigmaN=end, std_coeff=1.0, random_seed=0, xp=np)
    peer._weights = init.reshape(side, side, -1).copy()
    peer.train(x, epochs)
    return peer._weights


def against_peers(samples: int, features: int, side: int, epochs: int, part: int = 1) -> list[dict[str, Any]]:
    """Time one size; XPySom runs 1/part of the samples and the time is scaled."""
    x = manifold(samples, features)
    init = x[np.random.default_rng(1).choice(len(x), side * side, replace=False)].copy()
    runs: dict[str, Callable[[], Any]] = {
        "neurosim": lambda: ours(x, init, side, epochs).weights_,
        "neurosim, fit and predict": lambda: (som := ours(x, init, side, epochs)).predict(x) is None or som.weights_,
        "fastersom": lambda: fastersom(x, init, side, epochs),
        "XPySom": lambda: xpysom(x[: len(x) // part], init, side, epochs),
    }
    return compare(
        f"{samples:,} x {features} float32, {side}x{side}, {epochs} epochs",
        runs,
        reference="neurosim, fit and predict",
        quality=errors(x, side, side),
        few=("XPySom",) if part > 1 or samples > 200_000 else (),
        notes={"fastersom": "fit labels the samples", "XPySom": f"1/{part} of the samples, scaled" if part > 1 else ""},
        scale={"XPySom": float(part)},
    )


def of_lattices(samples: int, features: int, side: int, epochs: int) -> list[dict[str, Any]]:
    """Time our hexagonal and toroidal maps against the rectangular sheet."""
    x = manifold(samples, features)
    init = x[np.random.default_rng(1).choice(len(x), side * side, replace=False)].copy()
    kinds = [("rectangular", "sheet"), ("hexagonal", "sheet"), ("rectangular", "toroid"), ("hexagonal", "toroid")]

    def run(lattice: str, shape: str) -> Callable[[], Any]:
        return lambda: ours(x, init, side, epochs, lattice=lattice, shape=shape).weights_

    return compare(
        f"lattices, {samples:,} x {features} float32, {side}x{side}, {epochs} epochs",
        {f"neurosim, {lattice} {shape}": run(lattice, shape) for lattice, shape in kinds},
        reference="neurosim, rectangular sheet",
    )


def rates(samples: int, features: int, side: int) -> list[dict[str, Any]]:
    """Time one pass (two best units, sums and errors) and matrix products, in GFLOP/s of the distances and products."""
    from neurosim.core.jit import one_blas_thread
    from neurosim.som import Topology, cpu

    x, topology = manifold(samples, features), Topology((side, side))
    w = x[: side * side].copy()
    state = cpu.begin(x, np.ones(len(x), np.float32), w, topology.positions, topology.periods, 2.0)
    a = np.random.default_rng(0).normal(size=(2000, 2000)).astype(np.float32)

    def one_thread() -> None:
        with one_blas_thread():
            a @ a

    work = {"pass": 2 * samples * features * side * side, "sgemm, 1 thread": 2 * 2000**3, "sgemm": 2 * 2000**3}
    runs = {"pass": lambda: cpu.assign(state), "sgemm, 1 thread": one_thread, "sgemm": lambda: a @ a}
    records = []
    for label, run in runs.items():  # one after the other: the threads of BLAS spin for a while
        records += compare(f"rates, {samples:,} x {features}, {side}x{side}", {label: run}, reference=label)
    for record in records:
        record["gflops"] = round(work[record["implementation"]] / record["seconds"] / 1e9, 1)
        print(f"{record['implementation']}: {record['gflops']} GFLOP/s")
    return records


FIRST_CALL = """
import time
import numpy as np
from neurosim.som import SOM
from neurosim.core import jit
x = np.random.default_rng(0).normal(size=(1000, 16)).astype(np.float32)
som = SOM(epochs=1)
started = time.perf_counter()
som.fit(x)
first = time.perf_counter() - started
started = time.perf_counter()
som.fit(x)
print(first - (time.perf_counter() - started))
"""


def first_call(runs: int = 5) -> list[dict[str, Any]]:
    """Time the first fit of a process, less a second one: without a cache of kernels, and from the cache."""
    import os

    records = []
    with tempfile.TemporaryDirectory() as folder:
        for label in ("cold", "cached"):
            seconds = []
            for i in range(runs):
                cache = f"{folder}/{i}" if label == "cold" else f"{folder}/0"
                time.sleep(0.2)
                done = subprocess.run(
                    [sys.executable, "-c", FIRST_CALL],
                    env=os.environ | {"NUMBA_CACHE_DIR": cache},
                    capture_output=True,
                    text=True,
                    check=True,
                )
                seconds.append(float(done.stdout))
            median = float(np.median(seconds))
            records.append({"work": "first call of a fit", "implementation": label, "seconds": round(median, 3)})
            records[-1] |= {"least": round(min(seconds), 3), "most": round(max(seconds), 3), "runs": runs}
            print(records[-1], flush=True)
    return records


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/som.json."""
    if quick:
        against_peers(2000, 64, 20, 2)
        of_lattices(2000, 16, 10, 2)
        return
    records = rates(100_000, 64, 20) + first_call()
    records += against_peers(100_000, 64, 20, 10)
    records += against_peers(20_000, 64, 100, 10, part=4)
    records += against_peers(480_000, 34, 30, 10, part=4)
    records += of_lattices(100_000, 64, 20, 10) + of_lattices(20_000, 64, 100, 10)
    print(f"wrote {write('som', records)}")
