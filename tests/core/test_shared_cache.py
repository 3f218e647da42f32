"""Processes that compile at once: none gets another one's code."""

import os
import subprocess
import sys

SCRIPT = """
import pathlib, sys, time
import numpy as np
from numba import types
from numba.core import caching
from neurosim.core import jit

load = caching.IndexDataCacheFile._load_index
def slow(self):
    index = load(self)
    time.sleep(0.1)
    return index
caching.IndexDataCacheFile._load_index = slow

lock, together = jit._lock, [sys.argv[1] != "alone"]
def lock_together(file):
    # all processes come to their first lock at the same time
    if together.pop() if together else False:
        pathlib.Path(sys.argv[2], sys.argv[1]).touch()
        while len(list(pathlib.Path(sys.argv[2]).iterdir())) < 3:
            time.sleep(0.001)
    lock(file)
jit._lock = lock_together

def kernel(power):
    def function(x, i):
        x[i] = x[i] ** power
    return function

@jit.driver()
def apply(where, x):
    jit.call_at(where, (x, 0))

powers = (1, 2, 3) if sys.argv[1] in ("0", "alone") else (3, 2, 1)
for power in powers:
    x = np.full(1, 2.0)
    apply(jit.address(kernel(power), types.void(types.float64[::1], types.int64)), x)
    assert x[0] == 2.0 ** power, (power, x)
"""


def test_processes_share_the_cache(tmp_path):
    script = tmp_path / "kernels.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    ready = tmp_path / "ready"
    ready.mkdir()
    run = [sys.executable, str(script)]
    first = [subprocess.Popen([*run, str(k), str(ready)], env=environment) for k in range(3)]
    assert [process.wait() for process in first] == [0, 0, 0]
    # what they left behind is right, too
    assert subprocess.run([*run, "alone"], env=environment).returncode == 0
