"""Times implementations of the same work against each other in one process.

Rounds go A B A B ..., so that a drifting machine touches all alike; a ratio is the median of the ratios of a round.
Rounds during which other processes took part of the machine are left out while enough quiet ones remain.
"""

import json
import os
import platform
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "numpy", "numba", "scipy", "scikit-learn", "torch", "fastersom", "XPySom", "minisom", "dwave-samplers", "openjij",
    "hopfieldkit", "hopfieldnetwork", "rbms", "opencv-python-headless", "scikit-image",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Describe where and with what the measurements were taken."""
    import neurosim

    versions = {"python": platform.python_version(), "neurosim": neurosim.__version__}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {"cpu": _cpu_name(), "cores": os.cpu_count(), "date": date.today().isoformat(), "versions": versions}


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    flags = next((line for line in lines if line.startswith("flags")), "")
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return name + (" with AVX-512" if "avx512f" in flags else "")


def _busy() -> float:
    """Return the CPU seconds that all processes of the machine have used."""
    ticks = [int(t) for t in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks[i] for i in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")


def _timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return seconds, the CPU seconds that others took meanwhile, and the result."""
    linux = Path("/proc/stat").exists()
    busy, own = _busy() if linux else 0.0, time.process_time()
    started = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - started
    others = _busy() - busy - (time.process_time() - own) if linux else 0.0
    return seconds, others, result


def compare(
    name: str,
    runs: dict[str, Callable[[], Any]],
    *,
    reference: str,
    quality: Callable[[Any], dict[str, float]] | None = None,
    rounds: int = 7,
    few: tuple[str, ...] = (),
    notes: dict[str, str] | None = None,
    scale: dict[str, float] | None = None,
) -> list[dict[str, Any]]:
    """Time every run, `rounds` times in turn (those in `few` three times), and return a record for each.

    `reference` is the implementation that the ratios are relative to: ratio = its seconds / reference seconds, so a
    peer's ratio says how many times faster the reference is. `scale` multiplies the seconds of a part-run.
    """
    seconds: dict[str, list[float]] = {label: [] for label in runs}
    clean: dict[str, list[bool]] = {label: [] for label in runs}
    results, first = {}, {}
    for label, run in runs.items():
        first[label], _, results[label] = _timed(run)
    for turn in range(2 * rounds):
        done = min(sum(flags) for label, flags in clean.items() if label not in few)
        if turn >= rounds and done >= rounds:
            break
        for label, run in runs.items():
            if label in few and len(seconds[label]) >= 3:
                continue
            time.sleep(0.05)
            elapsed, others, results[label] = _timed(run)
            seconds[label].append(elapsed * (scale or {}).get(label, 1.0))
            clean[label].append(others < 0.15 * elapsed + 0.02)
    records = []
    for label in runs:
        kept = _kept(seconds[label], clean[label])
        pairs = [
            (b, a)
            for b, a, x, y in zip(seconds[label], seconds[reference], clean[label], clean[reference], strict=False)
            if x and y
        ] or list(zip(seconds[label], seconds[reference], strict=False))
        record = {
            "work": name,
            "implementation": label,
            "seconds": round(float(np.median(kept)), 5),
            "least": round(min(kept), 5),
            "most": round(max(kept), 5),
            "runs": len(kept),
            "first": round(first[label], 4),
            "ratio": round(float(np.median([b / a for b, a in pairs])), 2),
            "ratio_least": round(min(b / a for b, a in pairs), 2),
            "ratio_most": round(max(b / a for b, a in pairs), 2),
            "reference": reference,
            "note": (notes or {}).get(label, ""),
        }
        if quality is not None:
            record["quality"] = {k: round(v, 6) for k, v in quality(results[label]).items()}
        records.append(record)
        print(json.dumps(record), flush=True)
    return records


def _kept(seconds: list[float], clean: list[bool]) -> list[float]:
    quiet = [s for s, flag in zip(seconds, clean, strict=True) if flag]
    return quiet if len(quiet) >= min(3, len(seconds)) else seconds


def write(name: str, records: list[dict[str, Any]]) -> Path:
    """Write the records of a benchmark with the machine's description."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), "records": records}, indent=1) + "\n")
    return path
