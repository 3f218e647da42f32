"""`neurosim v1 respond` and `tune`: every cell and stimulus, and what tuning curves say of a cell."""

import json

import numpy as np
import pytest

from neurosim_cli.v1_cells import cell_of
from neurosim_cli.v1_options import CELLS

from .test_v1 import files_of, report_of
from .test_v1 import main as main  # which `invoke` runs


@pytest.mark.parametrize("kind", CELLS)
def test_every_cell_can_be_asked(invoke, tmp_path, kind):
    report = report_of(invoke, "respond", "--cell", kind, "--frames", 16, "--shape", "25x25", "--seed", 1)
    rates = np.array(report["rates"])
    assert rates.shape == (16,)
    assert rates.max() > 0
    with np.load(tmp_path / "neurosim-out" / "v1-respond" / "response.npz") as found:
        np.testing.assert_allclose(found["rates"], rates)
        options = {"kind": kind, "shape": (25, 25), "wavelength": 8.0, "orientation": 0.0, "bandwidth": 1.4,
                   "aspect": 1.0, "phase": 0.0, "threshold": None, "c50": 0.2}  # fmt: skip
        np.testing.assert_allclose(cell_of(options).respond(found["stimulus"]), rates)


def test_every_stimulus_can_be_shown(invoke, tmp_path, picture):
    for stimulus in ("grating", "counterphase", "plaid", "bar", "moving-bar", "edge", "gaussian", "binary", "sparse"):
        report = report_of(invoke, "respond", stimulus, "--frames", 6, "--seed", 1, "--cell", "energy")
        assert max(report["rates"]) > 0, stimulus
    assert report_of(invoke, "respond", "photo.png", "--shape", "21x21", "--contrast", 0.5)["frames"] == 1
    with np.load(tmp_path / "neurosim-out" / "v1-respond" / "response.npz") as found:
        part = picture[4:25, 9:30] - picture[4:25, 9:30].mean()
        np.testing.assert_allclose(found["stimulus"][0], 0.5 * part / np.abs(part).max())
    np.save(tmp_path / "movie.npy", np.zeros((4, 33, 33)))
    assert report_of(invoke, "respond", "movie.npy")["rates"] == [0, 0, 0, 0]


def test_respond_draws_and_counts_spikes(invoke, tmp_path):
    result = invoke("respond", "--spikes", 2, "--seed", 3, "--frames", 400)
    assert "respond.png" in files_of(tmp_path / "neurosim-out" / "v1-respond")
    with np.load(tmp_path / "neurosim-out" / "v1-respond" / "response.npz") as found:
        assert found["spikes"].sum() == pytest.approx(800, abs=140)
    assert "spikes" in result.stdout
    again = report_of(invoke, "respond", "--spikes", 2, "--seed", 3, "--frames", 400)
    assert again["spikes"] == report_of(invoke, "respond", "--spikes", 2, "--seed", 3, "--frames", 400)["spikes"]


def test_tuning_to_orientation(invoke, tmp_path):
    invoke("tune", "--orientation", 60, "--cell", "energy")
    out = tmp_path / "neurosim-out" / "v1-tune"
    assert files_of(out) == {"curve.csv", "tune.png", "report.json"}
    report = json.loads((out / "report.json").read_text())
    assert report["measures"]["preferred"] == pytest.approx(60, abs=0.1)
    assert report["f1f0"] == pytest.approx(0, abs=1e-3)
    table = np.genfromtxt(out / "curve.csv", delimiter=",", names=True)
    np.testing.assert_allclose(table["f0"], report["f0"], rtol=1e-6)
    np.testing.assert_allclose(table["orientation"], report["points"])


def test_tuning_to_the_rest(invoke):
    frequency = report_of(invoke, "tune", "frequency", "--bandwidth", 1, "--cell", "energy", "--shape", "65x65")
    assert frequency["measures"]["preferred"] == pytest.approx(1 / 8, rel=0.02)
    assert frequency["measures"]["bandwidth_octaves"] < 1  # the square of a filter of 1 octave is narrower
    contrast = report_of(invoke, "tune", "contrast", "--cell", "normalised", "--c50", 0.3)
    assert contrast["measures"]["c50"] == pytest.approx(0.3, rel=0.01)
    assert contrast["measures"]["n"] == pytest.approx(2, abs=0.02)
    size = report_of(invoke, "tune", "size", "--points", "0,2,4,8,16")
    assert np.argmax(size["f1"]) == 4
    assert size["points"] == [0, 2, 4, 8, 16]
    motion = report_of(invoke, "tune", "--cell", "motion", "--frames", 16)
    assert motion["measures"]["direction_index"] == pytest.approx(1, abs=1e-3)


def test_a_threshold_narrows_tuning(invoke):
    wide, narrow = (report_of(invoke, "tune", "--threshold", t)["measures"]["hwhh"] for t in (0, 0.5))
    assert narrow < 0.8 * wide
