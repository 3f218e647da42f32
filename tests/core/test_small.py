"""Schedules, progress, backend, errors and lazy names."""

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from neurosim.core import backend, checks, device
from neurosim.core.errors import BackendError, InvalidParameter, NeurosimError
from neurosim.core.lazy import attach
from neurosim.core.progress import Progress, report
from neurosim.core.schedules import DECAYS, decay


@pytest.mark.parametrize("kind", ["linear", "exponential", "inverse"])
def test_decay_goes_from_start_to_end(kind):
    values = decay(kind, 10.0, 0.5, 7)
    np.testing.assert_allclose(values[[0, -1]], [10.0, 0.5])
    assert (np.diff(values) < 0).all()
    np.testing.assert_allclose(decay(kind, 10.0, 0.5, 1), [0.5])


def test_decay_shapes():
    np.testing.assert_allclose(decay("linear", 4, 1, 4), [4, 3, 2, 1])
    np.testing.assert_allclose(decay("exponential", 8, 1, 4), [8, 4, 2, 1])
    np.testing.assert_allclose(1 / decay("inverse", 1, 0.25, 4), [1, 2, 3, 4])
    np.testing.assert_allclose(decay("constant", 3, 1, 4), [3, 3, 3, 3])


def test_unknown_decay_lists_the_known():
    with pytest.raises(InvalidParameter, match="constant, linear, exponential, inverse"):
        decay("cosine", 1, 1, 1)
    assert set(DECAYS) == {"constant", "linear", "exponential", "inverse"}


def test_report_stops_on_true_only():
    seen = []
    assert report(lambda p: seen.append(p) or True, 2, 5, qe=1.5)
    assert seen == [Progress(2, 5, {"qe": 1.5})]
    assert not report(lambda p: 1, 2, 5)
    assert not report(None, 2, 5)


def test_backend_names_and_auto():
    assert backend.choose("cpu", "som", 1e12) == "cpu"
    with pytest.raises(InvalidParameter, match="backend must be one of auto, cpu, cuda; got 'gpu'"):
        backend.choose("gpu", "som", 1.0)


def test_auto_takes_the_device_only_where_proved(monkeypatch):
    monkeypatch.setattr(device, "available", lambda: True)
    assert backend.choose("auto", "som", 1e12) == "cpu"
    monkeypatch.setitem(backend.PROVED_ON_DEVICE, "som", 1e6)
    assert backend.choose("auto", "som", 1e5) == "cpu"
    assert backend.choose("auto", "som", 1e7) == "cuda"


def test_missing_device_says_what_to_do(monkeypatch):
    monkeypatch.setattr(device, "available", lambda: False)
    with pytest.raises(BackendError, match=r"neurosim-toolkit\[cuda\].*backend='cpu'"):
        backend.choose("cuda", "som", 1.0)
    assert device.describe() == []


@pytest.mark.parametrize("name", [b"GPU", "GPU"])
def test_devices_are_described_whatever_the_bindings_return(monkeypatch, name):
    gpus = [SimpleNamespace(name=name, compute_capability=(9, 0))]
    monkeypatch.setattr(device, "available", lambda: True)
    monkeypatch.setattr(device, "simulated", lambda: False)
    monkeypatch.setattr(device, "cuda", SimpleNamespace(gpus=gpus))
    assert device.describe() == ["GPU (compute capability 9.0)"]


def test_launch_covers_every_item():
    for items in (0, 1, 127, 128, 129, 1000):
        blocks, threads = device.launch(items)
        assert blocks >= 1
        assert blocks * threads >= items


def test_errors_are_builtins_too_and_can_be_copied():
    error = InvalidParameter("SOM", "grid", (0, 20), "positive")
    assert isinstance(error, ValueError)
    assert isinstance(error, NeurosimError)
    assert issubclass(BackendError, RuntimeError)
    assert str(error) == "SOM: grid must be positive; got (0, 20)"
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.copy(error)) == str(error)


def test_lazy_names():
    getattr_, dir_, all_ = attach("neurosim.core", {"decay": "schedules"})
    assert getattr_("decay") is decay
    assert dir_() == all_ == ["decay"]
    with pytest.raises(AttributeError, match=r"module 'neurosim\.core' has no attribute 'nothing'"):
        getattr_("nothing")


def test_checks_convert_or_name_the_parameter():
    assert checks.grid_of_units("M", "grid", [2.0, np.int8(3)]) == (2, 3)
    assert checks.positive_pair("M", "sigma", np.array([3, 1])) == (3.0, 1.0)
    checks.at_least("M", "epochs", np.int64(2), 1)
    checks.one_of("M", "rule", "a", ("a", "b"))
    for check, value, wanted in (
        (checks.grid_of_units, (1, 1), "at least 2 units"),
        (checks.positive_pair, (1, np.inf), "two numbers > 0"),
    ):
        with pytest.raises(InvalidParameter, match=f"M: p must be .*{wanted}"):
            check("M", "p", value)
    with pytest.raises(InvalidParameter, match="M: p must be an integer >= 1; got True"):
        checks.at_least("M", "p", True, 1)
    with pytest.raises(InvalidParameter, match="M: p must be one of a, b; got 3"):
        checks.one_of("M", "p", 3, ("a", "b"))
