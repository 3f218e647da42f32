"""The map online against MiniSom, and with missing values and CSR matrices against itself.

    python -m benchmarks som_forms [--quick]

Online: the same float32 samples in the same order, first weights and schedules (MiniSom's: start / (1 + 2 t / T)), one
pass; the two maps are then the same but for rounding. Missing values: one epoch in batches of the same samples with and
without 10 % of their values. CSR: the same samples as a CSR matrix and made dense, one epoch, and the memory it takes.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from benchmarks.som import errors, manifold
from neurosim.som import SOM

RATE = 0.5


def third(start: float, steps: int) -> tuple[float, float]:
    """Return start and end of MiniSom's asymptotic decay over some steps."""
    return start, start / (1 + 2 * (steps - 1) / steps)


def online(samples: int, features: int, side: int) -> list[dict[str, Any]]:
    """Time one pass of Kohonen's rule."""
    x = manifold(samples, features)
    init = x[np.random.default_rng(1).choice(samples, side * side)].copy()
    som = SOM(
        (side, side), algorithm="online", epochs=1, shuffle=False, init=init, sigma=third(side / 4, samples),
        sigma_decay="inverse", learning_rate=third(RATE, samples), learning_rate_decay="inverse",
    )  # fmt: skip

    def minisom(dtype: Any) -> np.ndarray:
        from minisom import MiniSom

        peer = MiniSom(side, side, features, sigma=side / 4, learning_rate=RATE, random_seed=0)
        peer._weights = init.astype(dtype).reshape(side, side, features).copy()
        peer.train(x.astype(dtype), samples, random_order=False)
        return peer._weights.reshape(side * side, features)

    ours = som.fit(x).weights_
    difference = float(np.abs(ours - minisom(np.float64)).max())
    if difference > 1e-4:
        sys.exit(f"our map is not MiniSom's: a weight differs by {difference:.1e}")
    records = compare(
        f"online, {samples:,} x {features} float32, {side}x{side}, one pass",
        {
            "neurosim": lambda: som.fit(x).weights_,
            "MiniSom": lambda: minisom(np.float64),
            "MiniSom, float32": lambda: minisom(np.float32),
        },
        reference="neurosim",
        quality=errors(x, side, side),
        few=("MiniSom", "MiniSom, float32"),
        notes={"MiniSom": f"largest difference of a weight from ours {difference:.1e}"},
    )
    return records


def missing(samples: int, features: int, side: int) -> list[dict[str, Any]]:
    """Time ten epochs with and without gaps."""
    x = manifold(samples, features)
    holes = x.copy()
    holes[np.random.default_rng(2).random(x.shape) < 0.1] = np.nan
    som = SOM((side, side), epochs=10, init=x[: side * side])
    runs: dict[str, Callable[[], Any]] = {"complete": lambda: som.fit(x), "10 % missing": lambda: som.fit(holes)}
    name = f"missing values, {samples:,} x {features} float32, {side}x{side}, 10 epochs"
    return compare(name, runs, reference="complete")


CSR = """
import json, resource, time
from pathlib import Path
import numpy as np
from scipy import sparse
from neurosim.som import SOM

x = sparse.random(SAMPLES, FEATURES, 0.01, "csr", rng=np.random.default_rng(0), dtype=np.float32)
init = np.random.default_rng(1).random((400, FEATURES), dtype=np.float32) * 0.02
warm = FORM(x[:100])
SOM((20, 20), epochs=1, init=init).fit(warm)
del warm
before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
Path("/proc/self/clear_refs").write_text("5")  # restart the record of the peak
data = FORM(x)
som = SOM((20, 20), epochs=1, init=init)
seconds = []
for _ in range(5):
    started = time.perf_counter()
    som.fit(data)
    seconds.append(time.perf_counter() - started)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
extra = round(int(status["VmHWM"].split()[0]) / 1024 - before, 1)
print(json.dumps({"seconds": float(np.median(seconds)), "extra_mib": extra, "qe": float(som.history_["qe"][-1])}))
"""


def csr(samples: int, features: int) -> list[dict[str, Any]]:
    """Time one epoch of a CSR matrix and of the same made dense, each in a process of its own; and peak memory."""
    records = []
    for label, form in (("CSR", "(lambda m: m)"), ("made dense", "(lambda m: m.toarray())")):
        code = CSR.replace("SAMPLES", str(samples)).replace("FEATURES", str(features)).replace("FORM", form)
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        records.append(
            {"work": f"CSR, {samples:,} x {features:,}, 1 % stored, 20x20, one epoch", "implementation": label}
        )
        records[-1] |= json.loads(done.stdout)
    sparse, dense = records
    dense["ratio"] = round(dense["seconds"] / sparse["seconds"], 2)
    dense["memory_ratio"] = round(dense["extra_mib"] / sparse["extra_mib"], 2)
    print(*map(json.dumps, records), sep="\n", flush=True)
    return records


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/som_forms.json."""
    if quick:
        online(1000, 16, 5)
        missing(2000, 16, 5)
        csr(500, 300)
        return
    records = online(10_000, 64, 20) + online(10_000, 64, 50)
    records += missing(100_000, 64, 20) + csr(20_000, 10_000)
    print(f"wrote {write('som_forms', records)}")
