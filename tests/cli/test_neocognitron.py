"""`neurosim neocognitron`: every model, what it writes, that options reach it, and the mistakes that newcomers make."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import neurosim
from neurosim.datasets import load_digits
from neurosim.neocognitron.attention import SelectiveAttention
from neurosim.neocognitron.neocognitron1980 import Neocognitron1980
from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
from neurosim.neocognitron.neocognitron2013 import Neocognitron2013
from neurosim.neocognitron.presets import PRESETS
from neurosim.neocognitron.recall import recall
from neurosim.neocognitron.stick_patterns import centred, everywhere
from neurosim.neocognitron.tolerance import deform, tolerance
from neurosim_cli import neocognitron_runs
from neurosim_cli.main import ErrorReportingGroup
from neurosim_cli.neocognitron import neocognitron
from neurosim_cli.neocognitron_attention import beside, damaged

main = ErrorReportingGroup("neurosim", commands={"neocognitron": neocognitron})
DEEP = ("--field", 24, "--cells", "8,0", "--train", 60, "--test", 40)
NONE = ("--tolerance", "none")


def report_of(invoke, *args):
    return json.loads(invoke(*args, "--json", "--no-plot").stdout)


def files_of(folder):
    return {path.name for path in folder.iterdir()}


def images_of(folder, side, name="images.npz", n=40):
    """Write images of 0 and 1, a bar in the upper or the lower half, with their labels."""
    rng = np.random.default_rng(0)
    x, y = np.zeros((n, side, side), np.uint8), np.arange(n) % 2
    for image, label in zip(x, y, strict=True):
        top, left = rng.integers(1, side // 2 - 1) + label * (side // 2 - 1), rng.integers(1, side - 6)
        image[top, left : left + 5] = 255
    np.savez(folder / name, data=x, target=y)


def test_1980_organises_itself_and_knows_its_digits_everywhere(invoke, tmp_path):
    result = invoke("--seed", 0, "--seeds", 2, "--save", "--tolerance", "flip")
    out = tmp_path / "neurosim-out" / "neocognitron"
    assert files_of(out) == {"model.npz", "neocognitron.png", "report.json"}
    report = json.loads((out / "report.json").read_text())
    images, labels = everywhere("01234")
    networks = Neocognitron1980.fit_seeds(centred("01234"), [0, 1])
    said = [network.label(images, labels).predict(images) for network in networks]
    assert report["accuracies"] == [float((answers == labels).mean()) for answers in said]
    assert report["accuracy"] == np.mean(report["accuracies"])
    assert report["standard_error"] == pytest.approx(np.std(report["accuracies"], ddof=1) / np.sqrt(2))
    assert report["best_accuracy"] == max(report["accuracies"]) > report["accuracy"]
    assert (report["model"], report["presentations"], report["seeds"]) == ("1980", 20, [0, 1])
    counts = np.array(report["confusion"]["counts"])
    assert counts.sum() == report["test_images"] == 400
    assert counts.trace() == round(400 * report["best_accuracy"])
    assert np.diff(report["tolerance"][0]["accuracy"]).max() <= 0.05
    kept = neurosim.load(out / "model.npz")
    np.testing.assert_array_equal(kept.predict(images), said[report["best"]])
    assert "mean of 2 networks" in result.stdout
    assert "below, the best in this test" in result.stdout
    assert "Taken for" in result.stdout
    assert "Recognised after changes" in result.stdout
    assert "wrote neurosim-out/neocognitron/neocognitron.png" in result.stdout


def test_the_same_seed_gives_the_same_report(invoke):
    first, again = (report_of(invoke, "--seed", 3, "--seeds", 1, "--presentations", 2, *NONE) for _ in range(2))
    for report in (first, again):
        del report["seconds"]
    assert first == again
    images, labels = everywhere("01234")
    network = Neocognitron1980(presentations=2, random_state=3).fit(centred("01234"))
    assert first["accuracy"] == (network.label(images, labels).predict(images) == labels).mean()
    other = report_of(invoke, "--seed", 4, "--seeds", 1, "--presentations", 2, *NONE)
    assert other["confusion"] != first["confusion"]


def test_1980_learns_images_of_a_file(invoke, tmp_path):
    images_of(tmp_path, 16)
    report = report_of(invoke, "images.npz", "--model", "1980", "--seed", 1, "--train", 20, "--test", 6, *NONE)
    assert report["data"] == "images.npz: 20 images of 16 x 16"
    assert report["test_images"] == 6
    assert report["seeds"] == [1]
    assert report["confusion"]["classes"] == ["0", "1"]


def test_of_networks_that_learned_a_file_the_training_images_choose(invoke, tmp_path):
    rng = np.random.default_rng(3)
    x, y = (rng.random((80, 16, 16)) < 0.2).astype(np.uint8), rng.integers(0, 2, 80) * 2 - 1
    np.savez(tmp_path / "chance.npz", data=x, target=y)
    args = ("chance.npz", "--model", "1980", "--seed", 1, "--seeds", 6, "--train", 30, "--test", 30)
    report = report_of(invoke, *args, *NONE)
    assert report["best"] == np.argmax(report["training_accuracies"])
    assert report["accuracy"] == report["accuracies"][report["best"]] < max(report["accuracies"])
    assert report["confusion"]["classes"] == ["-1", "1"]
    assert "best_accuracy" not in report
    assert "on average; below, the best with the training images" in invoke(*args, *NONE, "--no-plot").stdout


@pytest.mark.parametrize("tolerance", [(), NONE])
def test_a_few_test_images_without_room_for_changes_are_drawn(invoke, tmp_path, tolerance):
    args = ("--seeds", 1, "--presentations", 1, "--seed", 2, "--test", 2, *tolerance)
    assert "the ink of all test images touches a margin" in invoke(*args).stdout
    out = tmp_path / "neurosim-out" / "neocognitron"
    assert (out / "neocognitron.png").exists()
    assert json.loads((out / "report.json").read_text())["tolerance"] == []


def test_white_on_black_gets_a_hint(invoke, tmp_path):
    images_of(tmp_path, 16)
    with np.load(tmp_path / "images.npz") as file:
        np.savez(tmp_path / "dark.npz", data=255 - file["data"], target=file["target"])
    args = ("--model", "1980", "--train", 10, "--test", 4, *NONE, "--no-plot")
    assert "98% of the images is ink: is it 1 on paper 0?" in invoke("dark.npz", *args).stdout
    assert "hint" not in invoke("images.npz", *args).stdout


def test_1988_is_taught_and_tested_with_other_drawings(invoke, tmp_path):
    result = invoke("--model", "1988", "--seed", 5, "--test", 30, "--tolerance", "shift")
    report = json.loads((tmp_path / "neurosim-out" / "neocognitron" / "report.json").read_text())
    network = Neocognitron1988().teach()
    images, labels = neocognitron_runs.held_out_drawings(network.pattern_set, 30, 5)
    found = network.recognise(images)
    assert report["accuracy"] == pytest.approx((found.labels == labels).mean())
    assert report["rejected"] == found.rejected.sum()
    assert report["taught"] == [25, 25]
    curve = tolerance(network.predict, images, labels, change="shift", levels=range(5), random_state=5)
    assert report["tolerance"][0]["levels"] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(report["tolerance"][0]["accuracy"], curve.accuracy)
    assert "drawings not taught" in result.stdout
    assert (tmp_path / "neurosim-out" / "neocognitron" / "neocognitron.png").exists()


def test_1988_rejects_below_its_threshold(invoke):
    few = report_of(invoke, "--model", "1988", "--seed", 5, "--test", 30, *NONE)
    many = report_of(invoke, "--model", "1988", "--seed", 5, "--test", 30, "--threshold", 0.2, *NONE)
    assert few["rejected"] < many["rejected"]
    assert sum(row[-1] for row in many["confusion"]["counts"]) == many["rejected"]


def test_drawings_held_out_are_near_those_taught():
    taught = Neocognitron1988().teach().pattern_set
    images, labels = neocognitron_runs.held_out_drawings(taught, None, 0)
    assert images.shape == (500, 19, 19)
    assert set(labels) == set(range(10))
    drawn, _ = taught.examples()
    same = (images[:, None] == drawn).all(axis=(2, 3)).any(axis=1)
    assert same.mean() < 0.05
    some, few = neocognitron_runs.held_out_drawings(taught, 20, 0)
    assert np.bincount(few).tolist() == [2] * 10
    assert len(some) == 20


def test_2013_reads_digits(invoke, tmp_path):
    invoke("digits", *DEEP, "--seed", 2, "--tolerance", "gaussian", "--margin", 0, "--interpolation", "pairs", "--save")
    out = tmp_path / "neurosim-out" / "neocognitron"
    assert files_of(out) == {"model.npz", "neocognitron.png", "report.json"}
    report = json.loads((out / "report.json").read_text())
    assert (report["train_images"], report["test_images"]) == (60, 40)
    assert report["accuracy"] > 0.5
    model = neurosim.load(out / "model.npz")
    assert isinstance(model, Neocognitron2013)
    settings = (model.margin, model.interpolation, model.field, model.cells2, model.cells3)
    assert settings == (0, "pairs", 24, 8, 0)
    assert report["references"] == len(model.top_.references_) < 60
    digits = load_digits()
    assert (model.predict(digits.data.reshape(-1, 8, 8)[:300] / 16) == digits.target[:300].astype(str)).mean() > 0.5
    counts = np.array(report["confusion"]["counts"]).sum(axis=1)
    assert counts.tolist() == [4] * 10


def test_2013_is_what_data_are_given_to(invoke):
    report = report_of(invoke, "digits", *DEEP, *NONE)
    assert report["model"] == "2013"
    assert report["tolerance"] == []


def test_presets_set_the_network(invoke):
    settings = report_of(invoke, "digits", "--preset", "fukushima2003", *DEEP, *NONE)["settings"]
    wanted = dict(PRESETS["fukushima2003"]) | {"field": 24, "cells2": 8, "cells3": 0}
    for name, value in wanted.items():
        assert settings[name] == (list(value) if isinstance(value, tuple) else value), name


def test_recall_measures_what_comes_back(invoke, tmp_path):
    result = invoke("recall", "--noise", 0.01, "--seed", 1)
    out = tmp_path / "neurosim-out" / "neocognitron-recall"
    assert files_of(out) == {"recall.png", "report.json"}
    assert "of their ink recalled" in result.stdout
    noisy = json.loads((out / "report.json").read_text())
    clean = report_of(invoke, "recall")
    network = Neocognitron1988().teach()
    images, labels = network.pattern_set.examples()
    found = recall(network, images)
    assert clean["ink_recalled"] == pytest.approx(found.ink[images > 0].mean())
    assert clean["false_pixels"] == pytest.approx((found.ink & (images == 0)).sum() / len(images))
    assert clean["recognised"] == (found.winners == labels).sum()
    assert clean["noise_recalled"] is None
    shown = deform(images, "flip", 0.01, random_state=1)
    found = recall(network, shown)
    assert noisy["ink_recalled"] == pytest.approx(found.ink[images > 0].mean())
    assert noisy["noise_recalled"] == pytest.approx(found.ink[(shown > 0) & (images == 0)].mean())
    assert noisy["missing_filled_in"] == pytest.approx(found.ink[(images > 0) & (shown == 0)].mean())
    gaps = report_of(invoke, "recall", "--missing", 0.2, "--seed", 1)
    assert gaps["noise_recalled"] is None
    assert gaps["missing_filled_in"] is not None


def test_noise_strikes_erased_ink_as_often_as_the_rest():
    images, _ = Neocognitron1988().pattern_set.examples()
    ink, paper = np.repeat(images, 40, axis=0) > 0, np.repeat(images, 40, axis=0) == 0
    shown = damaged(np.repeat(images, 40, axis=0), 0.3, 0.3, seed=7) > 0
    assert shown[paper].mean() == pytest.approx(0.3, abs=0.01)
    assert shown[ink].mean() == pytest.approx(0.7 * 0.7 + 0.3 * 0.3, abs=0.02)  # kept, or erased and put back


def test_of_equal_digits_the_one_cut_out_is_told(invoke):
    report = report_of(invoke, "attend", 2, 2, "--apart", 19)
    assert [segment["digit"] for segment in report["segments"]] == [2, 2]
    assert all(segment["ink"] > 0.5 > segment["other_ink"] for segment in report["segments"])


def test_attend_to_one_digit(invoke):
    out = invoke("attend", 3, "--no-plot").stdout
    assert "apart" not in out
    assert "other's" not in out


def test_attend_says_what_was_attended(invoke, tmp_path):
    result = invoke("attend", 4, 7, "--apart", 19)
    out = tmp_path / "neurosim-out" / "neocognitron-attend"
    assert files_of(out) == {"attend.png", "report.json"}
    report = json.loads((out / "report.json").read_text())
    network = Neocognitron1988().teach()
    placed = beside(network.pattern_set, (4, 7), 19)
    found = SelectiveAttention(network).attend(placed.max(axis=0))
    assert [segment["digit"] for segment in report["segments"]] == [label for label, _ in found.segments]
    assert report["all_found"] == (sorted(label for label, _ in found.segments) == [4, 7])
    for segment, ink in zip(report["segments"], found.ink, strict=True):
        own = placed[0 if segment["digit"] == 4 else 1] > 0
        assert segment["ink"] == pytest.approx(ink[own].mean())
        assert segment["other_ink"] == pytest.approx(ink[(placed.max(axis=0) > 0) & ~own].mean())
    assert "4 and 7, 19 pixels apart" in result.stdout
    assert report_of(invoke, "attend", 1, "--steps", 3)["steps"] == 3


def test_digits_stand_beside_each_other():
    patterns = Neocognitron1988().pattern_set
    placed = beside(patterns, (0, 1, 1), 5)
    drawings, labels = patterns.examples()
    assert placed.shape == (3, 19, 29)
    np.testing.assert_array_equal(placed[2, :, 10:], drawings[labels == 1][0])
    assert not placed[2, :, :10].any()


def table(folder):
    (folder / "plain.csv").write_text("a,b,label\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")


def letters(folder):
    images_of(folder, 19)
    with np.load(folder / "images.npz") as file:
        np.savez(folder / "letters.npz", data=file["data"], target=file["target"] + 10)


BAD = {
    "model": (None, ["--model", "1979"], 2, "'1979' is not one of '1980', '1988', '2013'"),
    "a model as data": (None, ["1988"], 2, "1988 is a model: neurosim neocognitron --model 1988"),
    "a preset as data": (None, ["fukushima2003"], 2, "is a preset: neurosim neocognitron --preset fukushima2003"),
    "preset": (None, ["--preset", "fukushima2004"], 2, "'fukushima2004' is not 'fukushima2003'|is not one of"),
    "preset of another": (None, ["--model", "1988", "--preset", "fukushima2003"], 2, "--preset goes with --model 2013"),
    "option of another": (None, ["digits", "--presentations", 3], 2, "--presentations goes with --model 1980, not"),
    "save": (None, ["--model", "1988", "--save"], 2, "--save goes with --model 1980 and 2013, not with 1988"),
    "no data": (None, ["digts"], 1, "digts.*did you mean"),
    "size of 1980": (None, ["digits", "--model", "1980"], 2, "reads images of 16 x 16; digits has 8 x 8, .*2013"),
    "size of 1988": (None, ["digits", "--model", "1988"], 2, "reads images of 19 x 19; digits has 8 x 8, .*2013"),
    "labels of 1988": (letters, ["letters.npz", "--model", "1988"], 2, "was taught 0 1 2 .*has the label 1[01]"),
    "columns": (table, ["plain.csv"], 2, "reads grey images; plain.* has plain columns"),
    "negative": (None, ["--seeds", -1], 2, "-1 is not in the range x>=1"),
    "train": (None, ["digits", "--train", -5], 2, "'-5' is neither a positive integer nor all"),
    "train of 1980": (None, ["--train", 5], 2, "--train goes with DATA"),
    "cells": (None, ["digits", "--cells", "80"], 2, "'80' is not two whole numbers"),
    "margin": (None, ["digits", "--margin", -0.1], 2, "-0.1 is not in the range"),
    "change": (None, ["--tolerance", "rotation"], 2, "'rotation' is not one of shift"),
    "none and more": (None, ["--tolerance", "none,flip"], 2, "--tolerance none goes with no other"),
    "field": (None, ["digits", "--field", 4], 2, "4 is not in the range x>=8"),
    "noise": (None, ["recall", "--noise", 0.7], 2, "0.7 is not in the range"),
    "three digits": (None, ["attend", 1, 2, 3], 2, "attend tells apart one or two digits; got 3: 1 2 3"),
    "seed of attend": (None, ["attend", "--seed", 1], 2, "No such option.*--seed"),
    "digit": (None, ["attend", "12"], 2, "12 is not in the range 0<=x<=9"),
    "verb last": (None, ["digits", "recall"], 2, "the verb 'recall' comes first"),
}


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
        "import sys; from neurosim_cli.neocognitron import neocognitron as command\n"
        "for verb in ('recall', 'attend'):\n"
        "    command([verb, '--help'], standalone_mode=False)\n"
        "command(['--help'], standalone_mode=False)\n"
        "assert not {'numba', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "neurosim neocognitron --model 1988" in done.stdout
