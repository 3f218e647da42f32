"""The cache of compiled kernels: hit when nothing changed, never stale."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

import neurosim
from neurosim.core import jit

PACKAGE = Path(neurosim.__file__).parent
RUN = """
import numpy as np
from neurosim.som import cpu, cpu_dense
from neurosim.som.topology import Topology
top = Topology((1, 2))
state = cpu.begin(np.array([[0.0], [1.0]]), np.ones(2), np.array([[0.2], [0.7]]), top.positions, top.periods, 2.0)
cpu.advance(state, top.smoothing(0.01))
stats = cpu_dense._search.stats
print(float(state.weights[1, 0]), sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def run(root: Path, cache: Path, **environment: str) -> tuple[float, int, int]:
    variables = os.environ | {"PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(cache)} | environment
    done = subprocess.run([sys.executable, "-c", RUN], env=variables, capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
    weight, hits, misses = done.stdout.split()
    return float(weight), int(hits), int(misses)


def test_an_edited_rule_is_never_stale(tmp_path):
    root, cache = tmp_path / "copy", tmp_path / "cache"
    shutil.copytree(PACKAGE, root / "neurosim", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(root, cache) == (1.0, 0, 1)
    assert run(root, cache) == (1.0, 1, 0)
    rules = root / "neurosim" / "som" / "rules.py"
    rules.write_text(rules.read_text().replace("numerator / denominator if", "5 + numerator / denominator if"))
    assert run(root, cache) == (6.0, 0, 1)
    assert len(list((cache / "neurosim").iterdir())) == 2


def test_the_cache_can_be_turned_off(tmp_path):
    assert run(PACKAGE.parent, tmp_path, NEUROSIM_CACHE="0")[:2] == (1.0, 0)
    assert not list(tmp_path.iterdir())


def test_where_the_cache_cannot_be_written_nothing_is_cached(tmp_path):
    """Numba would keep the kernels beside the sources, and they would go stale."""
    root = tmp_path / "copy"
    shutil.copytree(PACKAGE, root / "neurosim", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(root, Path("/dev/null/x"))[:2] == (1.0, 0)
    assert not list(root.rglob("*.nbi"))


def test_stale_caches_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    old, new = tmp_path / "neurosim" / "0123", jit.cache_folder()
    monkeypatch.setattr(jit, "cache_folder", lambda: tmp_path / "neurosim" / new.name)
    for folder in (old, tmp_path / "neurosim" / new.name):
        folder.mkdir(parents=True)
    assert jit.delete_stale_caches() == [old]
    assert [p.name for p in (tmp_path / "neurosim").iterdir()] == [new.name]


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_blas_has_one_thread_inside_only():
    """Also where two fits overlap and the first to start is the first to end."""
    np.eye(2) @ np.eye(2)
    with threadpool_limits(2, "blas"):
        first, second = jit.one_blas_thread(), jit.one_blas_thread()
        first.__enter__()
        second.__enter__()
        assert blas_threads() == {1}
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {2}
