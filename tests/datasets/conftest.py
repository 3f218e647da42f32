from pathlib import Path

import pytest


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """No data on this machine: an empty cache, no NEUROSIM_DATA; returns the cache folder."""
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    cache = tmp_path / "cache"
    monkeypatch.setattr("neurosim.datasets.store.cache_folder", lambda: cache)
    return cache
