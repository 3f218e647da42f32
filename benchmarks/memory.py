"""Peak memory of a large map over its input: ``python -m benchmarks memory``.

A fresh process trains a small map first (compilation), makes 1e6 x 16 float32 samples, then trains 100 x 100 units for
two epochs and measures the quality. The extra is the rise of the peak over the resident size before the fit.
"""

import json
import subprocess
import sys

from benchmarks.harness import write

MEASURE = """
import json, resource
from pathlib import Path
import numpy as np
from neurosim.som import SOM, assess

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20

x = np.random.default_rng(0).standard_normal((SAMPLES, 16), dtype=np.float32)
warm = SOM(grid=(100, 100), epochs=1).fit(x[:1000])
assess(warm, x[:1000])
del warm
before = resident()
Path("/proc/self/clear_refs").write_text("5")  # restart the record of the peak
som = SOM(grid=(100, 100), epochs=2, lattice="hexagonal").fit(x)
quality = assess(som, x)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
extra = round(int(status["VmHWM"].split()[0]) / 1024 - before, 1)
print(json.dumps({"input_mib": x.nbytes / 2**20, "extra_mib": extra, "qe": quality.quantization_error}))
"""


def main(quick: bool = False) -> None:
    """Measure and write benchmarks/results/memory.json."""
    code = MEASURE.replace("SAMPLES", "20_000" if quick else "1_000_000")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    record = {"work": "1,000,000 x 16 float32, 100x100, quality included", **json.loads(done.stdout)}
    print(record)
    if not quick:
        print(f"wrote {write('memory', [record])}")
