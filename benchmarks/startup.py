"""Start-up times of the command, medians of processes of their own: ``python -m benchmarks startup``."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import write

PARTS = {
    "python": "pass",
    "import click": "import click",
    "import numba": "import numba",
    "import sklearn.base": "import sklearn.base",
    "import neurosim.som.som (numba, scikit-learn)": "import neurosim.som.som",
    "import neurosim.som.plot (matplotlib too)": "import neurosim.som.plot",
}


def process(*command: str, cwd: str, cache: str) -> float:
    """Return the seconds that a process takes."""
    time.sleep(0.2)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=os.environ | {"NUMBA_CACHE_DIR": cache}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - started


def main(quick: bool = False) -> None:
    """Time the commands and what they are made of; write benchmarks/results/startup.json."""
    runs = 1 if quick else 5
    command = str(Path(sys.executable).with_name("neurosim"))
    records: list[dict[str, Any]] = []

    def record(name: str, seconds: list[float]) -> None:
        median = round(statistics.median(seconds), 3)
        records.append(
            {"work": name, "seconds": median, "least": round(min(seconds), 3), "most": round(max(seconds), 3)}
        )
        print(f"{median:7.3f} s  {name}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        for name, code in PARTS.items():
            record(name, [process(sys.executable, "-c", code, cwd=folder, cache=folder) for _ in range(runs)])
        demo = (command, "som", "--grid", "20x20")
        caches = [f"{folder}/{i}" for i in range(3 if not quick else 1)]
        record("neurosim som --grid 20x20, first run ever", [process(*demo, cwd=folder, cache=c) for c in caches])
        for name, arguments in {
            "neurosim --help": ("--help",),
            "neurosim som --help": ("som", "--help"),
            "neurosim som --grid 20x20, kernels cached": demo[1:],
            "neurosim som --grid 20x20 --no-plot, kernels cached": (*demo[1:], "--no-plot"),
        }.items():
            record(name, [process(command, *arguments, cwd=folder, cache=caches[0]) for _ in range(runs)])
    if not quick:
        print(f"wrote {write('startup', records)}")
