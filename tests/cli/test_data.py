import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from neurosim.core.errors import DataError
from neurosim.datasets import hashes, names
from neurosim_cli.data import data


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder with a small stand-in for Hepta, whose hashes are the expected ones."""
    from hashlib import sha256

    arrays = {"X_Hepta": np.eye(3), "y_Hepta": np.array([1, 2, 3], dtype="u1")}
    (tmp_path / "fcps").mkdir()
    np.savez(tmp_path / "fcps" / "fcps.npz", **arrays)
    monkeypatch.setitem(hashes.FCPS, "Hepta", tuple(sha256(array).hexdigest() for array in arrays.values()))
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path))
    monkeypatch.setattr("neurosim.datasets.store.cache_folder", lambda: tmp_path / "cache")
    return tmp_path


def run(*words, code=0):
    result = CliRunner().invoke(data, words, env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.mark.parametrize("words", [(), ("list",)])
def test_list(folder, words):
    table = run(*words)
    for name in names():
        assert name in table
    digits = next(line for line in table.splitlines() if line.lstrip().startswith("digits"))
    assert digits.split() == ["digits", "1797", "64", "bundled", "-"]


@pytest.mark.parametrize("words", [("--json",), ("list", "--json")])
def test_list_json(folder, words):
    rows = {row["name"]: row for row in json.loads(run(*words))}
    assert tuple(rows) == names()
    path = str(folder / "fcps" / "fcps.npz")
    assert rows["fcps-hepta"] == {"name": "fcps-hepta", "samples": 212, "features": 3, "kind": "fetched", "where": path}
    assert rows["mnist"]["where"] is None
    assert rows["iris"]["kind"] == "bundled"


def test_fetch_what_is_here(folder):
    assert [row["name"] for row in json.loads(run("fetch", "hepta", "iris", "--json"))] == ["fcps-hepta", "iris"]
    assert "fcps.npz" in run("fetch", "fcps-hepta")


def test_fetch_what_cannot_be_had(folder):
    (folder / "fcps" / "fcps.npz").unlink()
    with pytest.raises(DataError, match=r"fcps.npz: is not here"):
        run("fetch", "fcps-hepta")


@pytest.mark.parametrize("command", ["fetch", "verify"])
def test_unknown_name(folder, command):
    with pytest.raises(DataError, match=r"^mnits: no data set of this name; did you mean mnist"):
        run(command, "mnits")


def test_fetch_wants_a_name():
    run("fetch", code=2)


def test_verify(folder):
    rows = json.loads(run("verify", "fcps-hepta", "iris", "mnist", "--json"))
    assert [(row["name"], row["state"]) for row in rows] == [
        ("fcps-hepta", "ok"),
        ("iris", "bundled"),
        ("mnist", "absent"),
    ]
    assert "ok" in run("verify", "hepta")


def test_verify_finds_damage(folder):
    rows = {row["name"]: row for row in json.loads(run("verify", "--json", code=1))}
    assert set(rows) == {name for name in names() if name.startswith("fcps-")}
    assert rows["fcps-hepta"]["state"] == "ok"
    assert rows["fcps-atom"]["state"] == "damaged"
    assert "has no array X_Atom" in rows["fcps-atom"]["message"]
    assert "damaged" in run("verify", "fcps-atom", code=1)


def test_verify_without_any_data(folder):
    (folder / "fcps" / "fcps.npz").unlink()
    assert run("verify") == "none of the fetched data sets is on this machine\n"
    assert json.loads(run("verify", "--json")) == []


def test_help_is_cheap():
    code = (
        "import sys; from neurosim_cli.data import data; data(['--help'], standalone_mode=False); "
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "fetch" in done.stdout
    assert "verify" in done.stdout
    assert not set(done.stderr.split()) & {"numpy", "sklearn", "numba", "rich", "matplotlib", "pooch"}
