"""`neurosim mp`: every kind of net and of input, what is written and printed, and the mistakes that newcomers make."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from neurosim.mcculloch_pitts import Cell, McCullochPittsNetwork, figure1
from neurosim_cli.main import ErrorReportingGroup
from neurosim_cli.mp import mp

XOR = "x & ~y | y & ~x"
TABLE = "a b | both either\n0 0 | 0 0\n0 1 | 0 1\n1 0 | 0 1\n1 1 | 1 1\n"


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    group = ErrorReportingGroup("neurosim", commands=[mp])

    def run(*args, code=0):
        result = CliRunner().invoke(group, ["mp", *map(str, args)], prog_name="neurosim")
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run


@pytest.fixture
def report(invoke):
    def run(*args):
        return json.loads(invoke(*args, "--json", "--no-plot").stdout)

    return run


def test_the_demo_is_the_illusion_of_heat(invoke, tmp_path):
    result = invoke()
    out = tmp_path / "neurosim-out" / "mp"
    assert {p.name for p in out.iterdir()} == {"mp.png", "net.json", "net.dot", "report.json"}
    assert (out / "mp.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert (out / "net.dot").read_text().startswith("digraph")
    kept = json.loads((out / "report.json").read_text())
    like = figure1("e").run({"2": kept["activity"]["cold"]}, kept["steps"])
    for name, number in {"heat": "1", "cold": "2", "a": "a", "b": "b", "feels hot": "3", "feels cold": "4"}.items():
        assert [digit == "1" for digit in kept["activity"][name]] == like[number].tolist()
    assert kept["activity"]["cold"].startswith("100")
    assert re.search(r"activity feels hot .*···1", result.stdout)
    assert re.search(r"delay .* 0 ticks: the delays stand in the expressions", result.stdout)
    assert "feels hot(t) = heat(t-1) v [cold(t-3) . ~cold(t-2)]" in result.stdout
    assert all(f"wrote neurosim-out/mp/{file.name}" in result.stdout for file in out.iterdir())


def test_json_is_all_that_stdout_holds_and_quiet_prints_nothing(invoke):
    assert json.loads(invoke("--json", "--no-plot").stdout)["net"] == "heat-cold"
    assert invoke("--quiet", "--no-plot").output == ""


def test_out(invoke, tmp_path):
    invoke("--out", "here", "--no-plot")
    assert {p.name for p in (tmp_path / "here").iterdir()} == {"net.json", "net.dot", "report.json"}


def test_an_expression(report):
    found = report("--expr", XOR)
    assert (found["cells"], found["delay"], found["order"], found["synapses"]) == (3, 2, 0, 10)
    assert found["activity"] == {
        "x": "00110000", "y": "01010000", "a": "00010000", "b": "00100000", "out": "00011000",
    }  # fmt: skip
    assert found["expressions"] == {"out": "out(t) = [x(t-2) . ~y(t-2)] v [y(t-2) . ~x(t-2)]"}


def test_expressions_with_names_on_all_histories(report):
    found = report("--expr", "s = x v y", "--expr", "n = ~S x", "--inputs", "all", "--steps", 4)
    assert found["outputs"] == ["s", "n"]
    assert found["histories"] == 256
    assert found["histories_that_fire"] == {"s": 255, "n": 256}
    assert found["exact"] == {"s": True, "n": True}
    assert "constantly active" in found["notes"][0]


def test_a_net_that_is_not_exact_is_told(report, monkeypatch):
    from neurosim import mcculloch_pitts

    monkeypatch.setattr(mcculloch_pitts, "from_expression", lambda _: McCullochPittsNetwork(
        ["x", "y"], {"out": mcculloch_pitts.Cell({"x": 2}, ["y"])}, delay=1), raising=False)  # fmt: skip
    assert report("--expr", XOR, "--inputs", "all")["exact"] == {"out": False}


def test_a_table(report, tmp_path):
    (tmp_path / "t.txt").write_text(TABLE)
    found = report("--table", "t.txt", "--inputs", "all", "--steps", 3)
    assert found["histories_that_fire"] == {"both": 64 - 27, "either": 63}
    assert found["exact"] == {"both": True, "either": True}


def test_a_table_that_its_net_does_not_follow_is_told(report, tmp_path, monkeypatch):
    from neurosim import mcculloch_pitts

    swapped = mcculloch_pitts.from_expression({"both": "a v b", "either": "a . b"})
    monkeypatch.setattr(mcculloch_pitts, "from_table", lambda _: swapped, raising=False)
    (tmp_path / "t.txt").write_text(TABLE)
    assert report("--table", "t.txt", "--inputs", "all")["exact"] == {"both": False, "either": False}


def test_a_regular_expression(report, tmp_path):
    found = report("--regex", "(0|1)*100")
    assert len(found["words"]) == 12
    assert all(accepted == word.endswith("100") for word, accepted in found["words"].items())
    assert sum(found["words"].values()) == 6
    assert report("--regex", "(0|1)*100", "--inputs", "0100 001")["words"] == {"0100": True, "001": False}
    (tmp_path / "words.txt").write_text("a\nb ab\n")
    found = report("--regex", "a|ab", "--inputs", "words.txt", "--alphabet", "abc")
    assert found["words"] == {"a": True, "b": False, "ab": True}
    assert found["inputs"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "cells", "output", "activity"),
    [
        ("figure1c", 1, "3", "0000100"),  # two inputs, all four combinations, then silence
        ("xor", 3, "out", "00011000"),
        ("full-adder", 7, "carry", "000001011100"),
        ("serial-adder", 6, "sum", "0011000100"),  # 22 + 13 = 35 = 100011, two ticks later
        ("counter2", 8, "bit1", None),
    ],
)
def test_named_nets(report, name, cells, output, activity):
    found = report("--net", name)
    assert found["cells"] == cells
    assert found["activity"][output].startswith(activity or "")
    if name == "counter2":
        pulses, bits = found["activity"]["pulse"], [found["activity"][f"bit{k}"] for k in (0, 1)]
        late = found["delay"]
        counts = [sum(map(int, pulses[: t + 1])) % 4 for t in range(len(pulses) - late)]
        assert counts == [int(bits[0][t + late]) + 2 * int(bits[1][t + late]) for t in range(len(counts))]


def test_too_little_memory_is_one_line(invoke, monkeypatch, tmp_path):
    def run(*_, **__):
        import numpy as np

        return np.empty(2**62, np.uint8)

    monkeypatch.setattr(McCullochPittsNetwork, "run", run)
    result = invoke("--net", "xor", code=1)
    assert re.search("not enough memory: Unable to allocate", result.stderr)
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "neurosim-out").exists()


def test_figure_1_is_checked_against_its_caption(report):
    for letter in "abcdefghi":
        found = report("--net", f"figure1{letter}", "--inputs", "all", "--steps", 4)
        assert set(found["exact"].values()) == {True}, letter


def test_a_net_that_was_written_is_loaded_again(report, tmp_path):
    first = report("--expr", XOR)
    again = report("--load", "neurosim-out/mp/net.json", "--out", "again", "--inputs", "all", "--steps", 3)
    assert again["cells"] == first["cells"]
    assert again["exact"] == {"out": True}
    assert (tmp_path / "again/net.json").read_text() == (tmp_path / "neurosim-out/mp/net.json").read_text()


def test_inputs_as_text_or_csv(report, tmp_path):
    wanted = report("--expr", "S x . ~y", "--inputs", "x=110 y=01", "--steps", 6)["activity"]
    assert wanted["x"] == "1100000"
    (tmp_path / "in.csv").write_text("y,x\n0,1\n1,1\n0,0\n")
    assert report("--expr", "S x . ~y", "--inputs", "in.csv", "--steps", 6)["activity"] == wanted
    assert report("--net", "figure1a", "--inputs", "1=10", "--steps", 3)["activity"] == {"1": "1000", "2": "0100"}


@pytest.mark.parametrize(
    ("kind", "value", "late"),
    [
        ("--table", "t.txt", 2),
        ("--expr", "s = a; n = S^5 b", 6),  # both outputs are a tick late
        ("--load", "path.json", 2),
        ("--load", "ring.json", 1),
    ],
)
def test_a_run_ends_with_the_answer_to_the_last_inputs(report, kind, value, late):
    Path("t.txt").write_text(TABLE)
    for name, c in {"path": Cell({"a": 2}), "ring": Cell(["a", "d"])}.items():
        Path(f"{name}.json").write_text(McCullochPittsNetwork([*"ab"], {"c": c, "d": Cell([*"cb"])}).to_json())
    found = report(kind, value, "--inputs", "a=0101 b=0011")
    assert found["steps"] == 4 + late
    if kind == "--table":
        assert (found["activity"]["both"], found["activity"]["either"]) == ("0000010", "0001110")
    assert report(kind, value, "--inputs", "a=0101 b=0011", "--steps", 3)["steps"] == 3


def test_what_a_net_says_is_left_out_where_cells_are_active_at_first(invoke, report):
    assert report("--regex", "ab")["expressions"] == {}
    assert re.search(r"delay .* 1 tick ", invoke("--expr", "a . b", "--no-plot").stdout)
    cells = {"a": Cell({"x": 2}, initial=True), "b": Cell({"a": 2}), "c": Cell({"x": 2})}
    Path("n.json").write_text(McCullochPittsNetwork(["x"], cells).to_json())
    assert report("--load", "n.json", "--steps", 3)["expressions"] == {"c": "c(t) = x(t-1)"}


def test_the_page_says_which_word_it_shows_and_the_table_what_it_lacks(invoke, monkeypatch):
    from neurosim.mcculloch_pitts import page

    titles, overview = [], page.overview
    monkeypatch.setattr(page, "overview", lambda *a, **k: (titles.append(k["title"]), overview(*a, **k))[1])
    invoke("--regex", "(0|1)*100", "--inputs", "100 00100 1111111")
    invoke("--regex", "a", "--inputs", "aa")
    shown = invoke("--net", "counter9", "--steps", "2").stdout
    assert titles == ["word 00100: accepted", "word aa: not accepted", ""]
    assert re.search(r"the figure lacks .*the circuit, .* \(net.dot has it\)", shown)
    assert re.search(r"the figure lacks .*the activity of \d+ of \d+ inputs and cells", shown)


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_separators_of_inputs(report, sign):
    Path("in.csv").write_text(f"x{sign}y\n0{sign}1\n1{sign}0\n")
    assert report("--net", "xor", "--inputs", "in.csv")["activity"]["x"] == "01000"


@pytest.mark.parametrize(
    "args", [["--net", "counter3"], ["--regex", "(ab)*c"], ["--expr", XOR, "--inputs", "all"]], ids=" ".join
)
def test_figures(invoke, tmp_path, args):
    invoke(*args, "--quiet")
    assert (tmp_path / "neurosim-out/mp/mp.png").stat().st_size > 5000


def test_a_net_without_inputs(invoke, report):
    net = McCullochPittsNetwork([], {"c": Cell({"c": 2}, initial=True)})
    Path("n.json").write_text(net.to_json())
    assert report("--load", "n.json", "--steps", 3)["activity"] == {"c": "1111"}
    assert "delay" not in invoke("--load", "n.json", "--steps", 3, "--no-plot").stdout
    assert report("--load", "n.json", "--inputs", "all", "--steps", 3)["histories_that_fire"] == {"c": 1}
    assert "NAME=BITS" in invoke("--load", "n.json", "--inputs", "no", code=1).stderr


def test_names_that_look_like_markup_are_printed(invoke):
    net = McCullochPittsNetwork(["x"], {"[red]": Cell({"x": 2})})
    Path("n.json").write_text(net.to_json())
    assert "activity [red]" in invoke("--load", "n.json", "--no-plot").stdout


BAD = {
    "symbol": (["--expr", "a $ b"], 1, r"character 3: unknown symbol '\$'"),
    "expression": (["--expr", "a &"], 1, "character 4: expected .* found the end"),
    "regex": (["--regex", "(ab"], 1, "character 4: expected the closing"),
    "word": (["--regex", "ab", "--inputs", "ax"], 1, "word 'ax': the net has no input 'x', but a, b"),
    "no words": (["--regex", "ab", "--inputs", "empty.txt"], 1, "empty.txt: is empty"),
    "no word": (["--regex", "ab", "--inputs", "blank.txt"], 1, "blank.txt: no words"),
    "table": (["--table", "short.txt"], 1, "short.txt.*no row 0 0; 1 of them are missing"),
    "no table": (["--table", "nothing.txt"], 1, "nothing.txt: no such file"),
    "empty pattern": (["--regex", ""], 1, r"regex: '': .* give an alphabet \(--alphabet\)"),
    "empty net": (["--net", ""], 2, "--net must be one of .* got ''"),
    "empty table": (["--table", ""], 2, "--table is empty; name a file"),
    "empty load": (["--load", ""], 2, "--load is empty; name a file"),
    "empty inputs": (["--inputs", ""], 2, "--inputs is empty; name a file"),
    "empty alphabet": (["--net", "xor", "--alphabet", ""], 2, "--alphabet goes with --regex"),
    "folder": (["--table", "."], 1, r"\.: is a folder"),
    "backslash": (["--regex", r"\d"], 1, r"regex: '\\d': character 2: \\d is not supported; write \[0-9\]"),
    "space": (["--regex", "a b"], 1, "regex: 'a b': white space"),
    "counter": (["--net", "counter0"], 2, r"--net must be counter\[BITS\] with BITS >= 1; got 'counter0'"),
    "extra": (["heat-cold"], 2, "unexpected argument heat-cold; did you mean --net heat-cold"),
    "other extra": (["what"], 2, r"unexpected argument what \(see"),
    "name": (["--net", "figure1z"], 2, "--net must be one of figure1a"),
    "load": (["--load", "short.txt"], 1, "short.txt: .* JSON"),
    "binary": (["--load", "binary"], 1, "binary: is not UTF-8 text"),
    "no file": (["--load", "nothing.json"], 1, "nothing.json: no such file"),
    "column": (["--net", "xor", "--inputs", "z.csv"], 1, "z.csv: the net has no input 'z', but x, y"),
    "input": (["--net", "xor", "--inputs", "z=1"], 1, "--inputs: the net has no input 'z', but x, y"),
    "text": (["--net", "xor", "--inputs", "what.csv"], 1, "'what.csv' is neither a file nor NAME=BITS, as x=0110"),
    "value": (["--net", "xor", "--inputs", "two.csv"], 1, "two.csv: row 3, column 'y': '2' is neither 0 nor 1"),
    "ragged": (["--net", "xor", "--inputs", "ragged.csv"], 1, "ragged.csv: row 2 has 1 values; there are 2 names"),
    "header": (["--net", "xor", "--inputs", "blank.txt"], 1, "blank.txt: needs a row of names"),
    "two nets": (["--net", "xor", "--regex", "a"], 2, "--regex and --net exclude each other"),
    "alphabet": (["--net", "xor", "--alphabet", "ab"], 2, "--alphabet goes with --regex"),
    "too many": (["--net", "xor", "--inputs", "all", "--steps", "11"], 2, "--steps must be at most 10 with"),
    "steps": (["--steps", "0"], 2, "0 is not in the range"),
    "memory": (["--steps", "100000000"], 2, "--steps must be at most 2796202 ticks, with 6 inputs and cells; got 1"),
    "memory of words": (["--regex", "ab", "--steps", "100000000"], 2, r"at most \d+ ticks, with .* and \d+ histories"),
    "memory of all": (["--net", "counter30", "--inputs", "all", "--steps", "20"], 2, "and 1048576 histories; got 51"),
}


@pytest.mark.parametrize(("args", "code", "message"), BAD.values(), ids=BAD)
def test_mistakes_get_one_clear_line(invoke, tmp_path, args, code, message):
    (tmp_path / "short.txt").write_text("a b | c\n0 1 | 0\n1 0 | 0\n1 1 | 1\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "blank.txt").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "z.csv").write_text("x,z\n0,1\n")
    (tmp_path / "two.csv").write_text("x,y\n0,1\n1,2\n")
    (tmp_path / "ragged.csv").write_text("x,y\n0\n")
    result = invoke(*args, code=code)
    assert re.search(message, result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (tmp_path / "neurosim-out").exists()
