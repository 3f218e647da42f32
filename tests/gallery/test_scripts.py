"""Every script runs at a small size, and what it once made at full size is there and current."""

import inspect
from importlib import import_module

import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

from gallery import __main__ as gallery
from gallery import claims
from gallery.claims import Claim
from neurosim import plotting

SCRIPTS = claims.names()


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """An empty folder in the place of docs/claims, and a script that takes no time and finds 1."""
    monkeypatch.setattr(claims.recorded, "__defaults__", (tmp_path,))
    monkeypatch.setattr(claims.record, "__defaults__", (tmp_path,))
    script = import_module(f"gallery.{SCRIPTS[0]}")

    def pretend(**bounds):
        monkeypatch.setattr(script, "main", lambda: (plotting.figure(1, 1), [Claim("c", "p", 1.0, **bounds)]))

    pretend(at_most=1)
    return pretend


def call(*arguments):
    return CliRunner().invoke(gallery.main, arguments)


def test_there_are_scripts():
    assert "kohonen_1982_square" in SCRIPTS
    assert not {"claims", "__init__", "__main__"} & set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_runs_at_a_small_size(name, tmp_path):
    figure, rows = import_module(f"gallery.{name}").main(fast=True)
    assert isinstance(figure, Figure)
    plotting.save(figure, tmp_path / "figure.png", dpi=50)
    assert rows
    assert all(isinstance(row, Claim) for row in rows)  # a Claim holds a finite number
    assert claims.table(name, rows).row_count == len(rows)


@pytest.mark.parametrize("name", SCRIPTS)
def test_claims_are_current(name):
    content = claims.recorded(name)
    assert content is not None, f"run `python -m gallery {name}`: docs/claims/{name}.json or .png is missing or stale"
    assert content["title"] == inspect.getdoc(import_module(f"gallery.{name}")).splitlines()[0].rstrip(".")
    assert (claims.FOLDER / f"{name}.png").stat().st_size <= 80_000
    for row in content["claims"]:
        assert row["verdict"] in claims.VERDICTS
        assert row["verdict"] != "differs" or row["open_difference"]


def test_no_claims_without_a_script():
    kept = {path.stem for path in claims.FOLDER.iterdir() if path.suffix in (".json", ".png")}
    assert kept == set(SCRIPTS)


def test_command_runs_what_changed(recordings):
    first = call(SCRIPTS[0])
    assert first.exit_code == 0, first.output
    assert "reproduced" in first.output
    assert claims.recorded(SCRIPTS[0])["claims"][0]["ours"] == 1


def test_command_leaves_alone_what_is_current(recordings, monkeypatch):
    monkeypatch.setattr(claims, "names", lambda: SCRIPTS[:1])
    assert "unchanged" not in call().output
    assert "unchanged" in call().output
    assert "unchanged" not in call("--all").output


@pytest.mark.parametrize(("reason", "code"), [("", 1), ("a reason", 0)])
def test_command_fails_where_a_claim_differs_unless_it_is_open(recordings, monkeypatch, reason, code):
    recordings(at_least=2, open_difference=reason)
    monkeypatch.setattr(claims, "names", lambda: SCRIPTS[:1])
    assert call().exit_code == code
    again = call()
    assert "unchanged" in again.output
    assert again.exit_code == code


def test_command_refuses_an_unknown_name():
    assert call("nothing").exit_code == 2
