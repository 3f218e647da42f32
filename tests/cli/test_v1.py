"""`neurosim v1`: every verb, what it writes, that options reach the models, and the mistakes that newcomers make."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import neurosim
from neurosim.v1 import Gabor, GaborBank, LogPolarMap, verification
from neurosim.v1.verification import Check
from neurosim_cli import v1_fields, v1_images
from neurosim_cli.main import ErrorReportingGroup
from neurosim_cli.v1 import TOPICS, gabor, v1

main = ErrorReportingGroup("neurosim", commands={"v1": v1, "gabor": gabor})
SMALL = ("--orientations", 4, "--wavelengths", "4,8", "--size", 15)


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--json", "--no-plot").stdout)


def files_of(folder):
    return {path.name for path in folder.iterdir()}


def test_bank_writes_responses_figure_and_report(invoke, tmp_path, picture):
    result = invoke("bank", "photo.png", *SMALL, "--what", "real,energy", "--dtype", "float64")
    out = tmp_path / "neurosim-out" / "v1-bank"
    assert files_of(out) == {"responses.npz", "bank.png", "report.json"}
    bank = GaborBank.grid(4, wavelengths=(4, 8), size=15, dtype="float64")
    truth = bank.respond(picture - picture.mean(), ("real", "energy"), border="reflect")
    with np.load(out / "responses.npz") as found:
        for word in ("real", "energy"):
            np.testing.assert_allclose(found[word], truth[word], atol=1e-12)
        np.testing.assert_array_equal(found["orientation"], [g.orientation for g in bank.gabors])
        np.testing.assert_array_equal(found["wavelength"], [g.wavelength for g in bank.gabors])
    assert (out / "bank.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "8 filters of 15 x 15 pixels" in result.stdout
    assert "wrote neurosim-out/v1-bank/responses.npz" in result.stdout


def test_bank_is_the_default_and_gabor_an_alias(invoke, tmp_path, picture):
    first = report_of(invoke, "photo.png", *SMALL)
    second = report_of(invoke, "bank", "photo.png", *SMALL)
    done = CliRunner().invoke(main, ["gabor", "photo.png", *map(str, SMALL), "--json", "--no-plot"])
    third = json.loads(done.stdout)
    for report in (first, second, third):
        del report["seconds"]
    assert first == second == third
    assert not (tmp_path / "neurosim-out" / "v1-bank" / "bank.png").exists()


def test_bank_without_an_image_takes_a_photograph_with_credit(invoke):
    report = report_of(invoke, "bank", "--orientations", 1, "--scales", 1, "--stride", 8, "--out", "here")
    assert report["image"]["name"] == "china.jpg"
    assert "danielbuechele" in report["image"]["credit"]
    assert report["responses"]["energy"]["shape"] == [1, 54, 80]


def test_bank_presets_and_dc(invoke, picture):
    report = report_of(invoke, "bank", "photo.png", "--preset", "hmax_2007", "--stride", 10)
    assert (len(report["filters"]), report["size"]) == (64, 37)
    assert "leave out --size" in invoke("bank", "photo.png", "--preset", "hmax_2007", "--size", 9, code=2).stderr
    np.save("flat.npy", np.pad(np.ones((60, 60)), ((0, 0), (0, 60))))
    means = []
    for dc in ("none", "quadrature"):
        report_of(invoke, "bank", "flat.npy", *SMALL, "--bandwidth", 2, "--dc", dc)
        with np.load("neurosim-out/v1-bank/responses.npz") as found:
            means.append(found["energy"][:, 30, 30].max())
    assert means[1] < 1e-6 * means[0]


def test_pictures_of_all_kinds(tmp_path, rng):
    colours = rng.integers(0, 256, (6, 5, 3)).astype(np.uint8)
    Image.fromarray(colours).save(tmp_path / "c.png")
    np.save(tmp_path / "c.npy", colours)
    np.save(tmp_path / "f.npy", colours[..., 0] - 1000.5)
    Image.fromarray(257 * colours[..., 0].astype(np.uint16)).save(tmp_path / "deep.png")
    for name in ("c.png", "c.npy"):
        found = v1_images.picture(str(tmp_path / name))
        np.testing.assert_allclose(found.pixels, colours / 255)
        np.testing.assert_allclose(found.grey, colours @ [0.299, 0.587, 0.114] / 255)
    np.testing.assert_allclose(v1_images.picture(str(tmp_path / "f.npy")).grey, colours[..., 0] - 1000.5)
    np.testing.assert_allclose(v1_images.picture(str(tmp_path / "deep.png")).grey, colours[..., 0] / 255)


def test_sta_finds_the_field(invoke, tmp_path):
    result = invoke("sta", "--seed", 1, "--stimuli", 5000, "--pixels", "12x12", "--spikes", 2)
    out = tmp_path / "neurosim-out" / "v1-sta"
    assert files_of(out) == {"sta.npz", "sta.npy", "sta.png", "report.json"}
    report = json.loads((out / "report.json").read_text())
    assert report["correlation"] == pytest.approx(report["expected_correlation"], abs=0.02)
    assert report["spikes"] == pytest.approx(10_000, abs=700)
    with np.load(out / "sta.npz") as found:
        field = Gabor(6, 30).kernel(12).real
        np.testing.assert_allclose(found["truth"][0], field / np.linalg.norm(field))
        mean = (found["spikes"] @ found["stimuli"].reshape(5000, -1)) / found["spikes"].sum()
        np.testing.assert_allclose(found["sta"].ravel(), mean)
    assert "expected correlation" in result.stdout
    first, again = (report_of(invoke, "sta", "--seed", 1, "--stimuli", 500) for _ in range(2))
    assert first == again


def test_sta_of_a_field_of_a_file_and_other_noise(invoke, tmp_path):
    np.save(tmp_path / "field.npy", Gabor(4, sigma_x=1.5).kernel(9).real)
    for noise in ("binary", "sparse"):
        report = report_of(invoke, "sta", "--field", "field.npy", "--noise", noise, "--seed", 2)
        assert report["pixels"] == [9, 9]
        assert report["expected_correlation"] is None
        assert report["correlation"] > 0.9


def test_stc_of_noise_whose_pixels_have_fixed_squares_is_refused(invoke):
    result = invoke("sta", "--stc", "--noise", "binary", code=2)
    assert "--stc wants --noise gaussian; got binary" in result.stderr


def test_complex_fields_are_refused(invoke, tmp_path):
    np.save(tmp_path / "pair.npy", Gabor(4, sigma_x=1.5).kernel(9))
    assert "fields must be real numbers; got complex128" in invoke("fit", "pair.npy", code=1).stderr


def test_stc_finds_the_two_axes_of_a_complex_cell(invoke):
    report = report_of(invoke, "sta", "--stc", "--pixels", "5x5", "--wavelength", 4, "--stimuli", 20000, "--seed", 1,
                       "--permutations", 99)  # fmt: skip
    assert (report["stc"]["excitatory"], report["stc"]["suppressive"]) == (2, 0)
    assert report["nonlinearity"] == "squared"
    assert report["stc"]["band"][1] < report["stc"]["eigenvalues"][1]


def test_fits_of_one_field_and_of_several(invoke, tmp_path):
    gabors = [Gabor(w, 20 * w, phase=10, sigma_x=2) for w in (4, 5, 6, 7, 5.5, 4.5, 6.5, 7.5)]
    np.save(tmp_path / "many.npy", [g.kernel(16).real for g in gabors])
    np.save(tmp_path / "one.npy", gabors[0].kernel(16).real)
    result = invoke("fit", "many.npy", "--seed", 0)
    table = np.genfromtxt(tmp_path / "neurosim-out" / "v1-fit" / "fits.csv", delimiter=",", names=True)
    np.testing.assert_allclose(table["wavelength"], [g.wavelength for g in gabors], rtol=1e-4)
    np.testing.assert_allclose(table["n_x"], [g.n_x for g in gabors], rtol=1e-4)
    assert "8 of 8 (100%)" in result.stdout
    assert files_of(tmp_path / "neurosim-out" / "v1-fit") == {"fits.csv", "fit.png", "report.json"}
    assert re.search(r"wavelength .* 4 \+-", invoke("fit", "one.npy", "--seed", 0).stdout)


def test_sparse_learns_and_fits(invoke, tmp_path, monkeypatch):
    monkeypatch.setattr(v1_fields, "SIDE", 64)
    monkeypatch.setattr(v1_fields, "LEAVES", 2)
    args = "--leaves --atoms 20 --size 6 --patches 600 --epochs 2 --seed 1"
    invoke("sparse", *args.split())
    out = tmp_path / "neurosim-out" / "v1-sparse"
    assert files_of(out) == {"atoms.npy", "model.npz", "sparse.png", "report.json"}
    model = neurosim.load(out / "model.npz")
    np.testing.assert_array_equal(np.load(out / "atoms.npy").reshape(20, 36), model.components_)
    report = json.loads((out / "report.json").read_text())
    assert report["objective"][1] < report["objective"][0]
    assert (report["patches"], report["fits"], report["epochs"]) == (600, 20, 2)
    log = report_of(invoke, "sparse", *args.split(), "--penalty", "log")
    assert (log["penalty"], log["alpha"]) == ("log", 0.022)


def test_sparse_takes_patches_of_all_images_alike(tmp_path, rng):
    for name, shape in (("a.npy", (40, 40)), ("b.npy", (40, 76))):
        np.save(tmp_path / name, rng.random(shape))
    options = {"size": 5, "patches": 300, "leaves": False, "no_whiten": True, "penalty": "l1"}
    x, source = v1_fields.patches_of(tuple(str(tmp_path / n) for n in ("a.npy", "b.npy")), options, 0)
    assert x.shape == (300, 25)
    assert source == "a.npy, b.npy"
    first = np.load(tmp_path / "a.npy")
    mine = sum((first == patch[0]).any() for patch in x)
    assert mine == 300 * 28 // (28 + 64)


def test_retinotopy_writes_picture_and_figure(invoke, tmp_path, picture):
    invoke("retinotopy", "photo.png", "--fixation", "10,15", "--degrees", 20, "--pixels-per-mm", 2)
    out = tmp_path / "neurosim-out" / "v1-retinotopy"
    assert files_of(out) == {"cortex.npy", "cortex.png", "retinotopy.png", "report.json"}
    truth = LogPolarMap().warp(picture, pixels_per_degree=30 / 20, pixels_per_mm=2, fixation=(10, 15)).image
    np.testing.assert_allclose(np.load(out / "cortex.npy"), truth)
    seen = np.asarray(Image.open(out / "cortex.png"))
    np.testing.assert_array_equal(seen, np.round(255 * np.nan_to_num(truth, nan=1)).astype(np.uint8))
    report = report_of(invoke, "retinotopy", "photo.png", "--b", 90, "--k", 10)
    assert report["map"] == {"k": 10, "a": 0.75, "b": 90}


def test_verify_prints_the_table_and_fails_if_a_line_differs(invoke, monkeypatch):
    result = invoke("verify", "--topics", "retinotopy")
    assert re.search(r"magnification at 5 degrees .* 3\.0087 .* agrees", result.stdout)
    assert "all 6 agree" in result.stdout
    report = json.loads(invoke("verify", "--topics", "retinotopy,retinotopy", "--json").stdout)
    assert report["passed"]
    assert report["checks"][0]["theory"] == pytest.approx(35.238, abs=1e-3)
    monkeypatch.setitem(verification.TOPICS, "cells", lambda: [("a line", 1.0, 2.0, 0.1)])
    result = invoke("verify", "--topics", "cells", code=1)
    assert "DIFFERS" in result.stdout
    assert "1 of 1 differ" in result.stdout
    assert not Check("cells", "a line", 1.0, 2.0, 0.1).passed


def test_the_topics_are_those_of_the_library():
    assert tuple(verification.TOPICS) == TOPICS


def folder_with(**arrays):
    def make(folder):
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        (folder / "text.png").write_text("no picture")

    return make


BAD = {
    "no image": (None, ["bank", "photo.jpg"], 1, "photo.jpg: no such file"),
    "no picture": (folder_with(), ["bank", "text.png"], 1, "is no picture that Pillow reads"),
    "shape": (folder_with(x=np.zeros(3)), ["bank", "x.npy"], 1, r"a picture is \(rows, columns\).*got \(3,\)"),
    "NaN": (folder_with(x=np.full((4, 4), np.nan)), ["bank", "x.npy"], 1, "holds NaN"),
    "word": (None, ["bank", "--what", "power"], 2, "'power' is not one of real"),
    "numbers": (None, ["bank", "--wavelengths", "4;8"], 2, "not numbers with commas"),
    "wavelength": (None, ["bank", "--wavelengths", "4,-8", "--out", "here"], 2, "wavelength"),
    "cell": (None, ["respond", "--cell", "complex"], 2, "'complex' is not one of"),
    "stimulus": (None, ["respond", "drifitng"], 1, "neither a file nor one of .*did you mean drifting"),
    "threshold": (None, ["respond", "--cell", "energy", "--threshold", 1], 2, "--threshold goes with simple"),
    "small": (folder_with(x=np.eye(9)), ["respond", "x.npy"], 1, "9 x 9 pixels are less than --shape"),
    "tuned to": (None, ["tune", "colour"], 2, "'colour' is not one of"),
    "points": (None, ["tune", "frequency", "--points", "0.2,0.1"], 2, "frequencies"),
    "field": (folder_with(x=np.zeros((4, 4))), ["sta", "--field", "x.npy"], 1, "one field .* that is not zero"),
    "twice": (folder_with(x=np.eye(4)), ["sta", "--field", "x.npy", "--pixels", "4x4"], 2, "leave out --pixels"),
    "flat": (folder_with(x=np.ones((5, 5))), ["fit", "x.npy"], 1, "fit_gabor"),
    "fields": (None, ["fit", "atoms.csv"], 1, "read from a .npy file"),
    "leaves": (None, ["sparse", "x.png", "--leaves"], 2, "leave out IMAGES"),
    "small image": (folder_with(x=np.eye(15)), ["sparse", "x.npy"], 1, "x.npy: is too small for patches"),
    "fixation": (folder_with(x=np.eye(9)), ["retinotopy", "x.npy", "--fixation", "9,1"], 2, "inside the 9 x 9 picture"),
    "poles": (folder_with(x=np.eye(9)), ["retinotopy", "x.npy", "--b", 0.5], 2, "b must be a number > a"),
    "topic": (None, ["verify", "--topics", "filter"], 2, "'filter' is not one of filters"),
    "verb last": (None, ["photo.png", "tune"], 2, "the verb 'tune' comes first"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes_get_one_clear_line(invoke, tmp_path, make, args, code, message):
    if make:
        make(tmp_path)
    result = invoke(*args, code=code)
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (tmp_path / "neurosim-out").exists()


def test_help_is_quick():
    """It loads neither numba, scikit-learn, scipy nor matplotlib."""
    code = (
        "import sys; from neurosim_cli.v1 import gabor, v1\n"
        "for verb in v1.commands:\n"
        "    v1([verb, '--help'], standalone_mode=False)\n"
        "v1(['--help'], standalone_mode=False); gabor(['--help'], standalone_mode=False)\n"
        "assert not {'numba', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "neurosim v1 tune orientation" in done.stdout
