import io
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image
from rich.console import Console

from gallery import claims
from gallery.claims import Claim
from neurosim import plotting


@pytest.fixture
def figure():
    figure = plotting.figure(2, 2)
    figure.add_subplot().plot([0, 1])
    return figure


@pytest.mark.parametrize(
    ("bounds", "ours", "verdict", "tolerance"),
    [
        ({"at_most": 2}, 2, "reproduced", "≤ 2"),
        ({"at_most": 2}, 2.001, "differs", "≤ 2"),
        ({"at_least": 0.5}, 0.5, "reproduced", "≥ 0.5"),
        ({"at_least": 0.5}, 0.499, "differs", "≥ 0.5"),
        ({"at_least": 0, "at_most": 1}, 0, "reproduced", "0 to 1"),
        ({"at_least": 0, "at_most": 1}, 1.1, "differs", "0 to 1"),
        ({"at_least": 0, "at_most": 1}, -0.1, "differs", "0 to 1"),
    ],
)
def test_a_claim_is_reproduced_within_its_tolerance(bounds, ours, verdict, tolerance):
    claim = Claim("c", "p", ours, **bounds)
    assert (claim.verdict, claim.tolerance) == (verdict, tolerance)


@pytest.mark.parametrize(
    ("flags", "verdict"),
    [
        ({"source_read": False}, "source not read"),
        ({"scaled_down": True}, "scaled down"),
        ({"source_read": False, "scaled_down": True}, "source not read"),
    ],
)
def test_what_forbids_the_word_reproduced(flags, verdict):
    assert Claim("c", "p", 1.0, at_most=1, **flags).verdict == verdict
    assert Claim("c", "p", 1.1, at_most=1, **flags).verdict == "differs"


@pytest.mark.parametrize("ours", [np.nan, np.inf, -np.inf])
def test_a_claim_needs_a_finite_number(ours):
    with pytest.raises(ValueError, match="finite"):
        Claim("c", "p", ours, at_most=1)


def test_a_claim_needs_a_tolerance():
    with pytest.raises(ValueError, match="at_least"):
        Claim("c", "p", 1.0)


def test_table_shows_every_column():
    console = Console(width=200, file=io.StringIO())
    console.print(claims.table("a title", [Claim("a claim", "0.5 [p. 3]", 2.0, at_most=1, open_difference="a reason")]))
    text = console.file.getvalue()
    for shown in ("a title", "a claim (open: a reason)", "0.5 [p. 3]", "2", "≤ 1", "differs"):
        assert shown in text


def test_record_is_read_back_until_the_source_changes(figure, tmp_path, monkeypatch):
    name = claims.names()[0]
    assert claims.recorded(name, tmp_path) is None
    content = claims.record(name, "a title", figure, [Claim("c", "p", np.float64(1 / 3), at_most=1)], tmp_path)
    assert content == claims.recorded(name, tmp_path)
    assert content["title"] == "a title"
    assert content["claims"] == [
        {
            "claim": "c",
            "paper": "p",
            "ours": 0.333333,
            "tolerance": "≤ 1",
            "verdict": "reproduced",
            "open_difference": "",
        }
    ]
    monkeypatch.setattr(claims, "source_hash", lambda _: "another")
    assert claims.recorded(name, tmp_path) is None


def test_hash_depends_on_the_script_and_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "SCRIPTS", tmp_path)
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "claims.py").write_text("2")
    first = claims.source_hash("a")
    assert first == claims.source_hash("a")
    for changed in ("a.py", "claims.py"):
        (tmp_path / changed).write_text("3")
        assert claims.source_hash("a") != first
        first = claims.source_hash("a")


def test_machine_names_processor_and_versions():
    found = claims.machine()
    assert found["cpu"]
    assert found["cores"] >= 1
    assert found["numpy"] == np.__version__
    json.dumps(found)


def test_small_png_gives_up_pixels_only_if_it_must(figure, tmp_path, monkeypatch):
    claims.small_png(figure, tmp_path / "plain.png")
    assert imread(tmp_path / "plain.png").shape[:2] == (260, 260)
    ax = figure.axes[0]
    ax.imshow(np.random.default_rng(0).random((300, 300, 3)))
    claims.small_png(figure, tmp_path / "noise.png")
    least = (tmp_path / "noise.png").stat().st_size
    monkeypatch.setattr(claims, "LARGEST_PNG", least // 2)
    claims.small_png(figure, tmp_path / "noise.png")
    assert (tmp_path / "noise.png").stat().st_size <= least // 2
    monkeypatch.setattr(claims, "LARGEST_PNG", 100)
    with pytest.raises(ValueError, match="100 bytes"):
        claims.small_png(figure, tmp_path / "noise.png")


def test_few_colours_keeps_the_frequent_ones():
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20] = (10, 200, 30)
    pixels[-1] = np.arange(120).reshape(40, 3)
    image = Image.fromarray(pixels)
    assert (np.asarray(claims.few_colours(image).convert("RGB")) == pixels).all()
    pixels[-10:] = np.random.default_rng(0).integers(0, 256, (10, 40, 3))
    reduced = claims.few_colours(Image.fromarray(pixels))
    assert len(reduced.getcolors()) <= 256
    assert (np.asarray(reduced.convert("RGB"))[:30] == pixels[:30]).all()


def test_show_prints_the_table_and_writes_the_figure(figure, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    claims.show("somewhere/a_script.py", figure, [Claim("a claim", "p", 1.0, at_most=1)])
    printed = capsys.readouterr().out
    assert "a claim" in printed
    assert "a_script.png" in printed.replace("\n", "")
    assert Path("a_script.png").stat().st_size > 0
