"""`neurosim mp`: compile or load a McCulloch-Pitts net, run it, say what it does, draw it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from neurosim_cli.common import result_folder, show, write_json
from neurosim_cli.mp_inputs import as_letters, check_size, demonstration, history, lag, loaded, shortest_words

if TYPE_CHECKING:
    import numpy as np

    from neurosim.mcculloch_pitts import Automaton, Expression, Histories, McCullochPittsNetwork, Run
    from neurosim.mcculloch_pitts.tables import TruthTable

NAMED = "figure1a ... figure1i, heat-cold, xor, counter[BITS], full-adder, serial-adder"
FIGURE = "figure1([a-i]|f_relative)"
COUNTER = r"counter(\d\d?)?"
HEAT_COLD = {"feels hot": "heat(t-1) v [cold(t-3) . ~cold(t-2)]", "feels cold": "cold(t-2) . cold(t-1)"}
FEW_BITS, MOST_BITS = 12, 20  # inputs times ticks of all histories: by default 4096 histories, at most a million
PRINTED, MOST_ROWS = 64, 24  # ticks of the activity that is printed; cells, or else only inputs and outputs


class Source(NamedTuple):
    """A net and what it was made from."""

    title: str
    net: "McCullochPittsNetwork"
    expressions: "dict[str, Expression] | None" = None
    table: "TruthTable | None" = None
    automaton: "Automaton | None" = None


@click.command()
@click.option("--expr", multiple=True, metavar="[NAME=]TEXT", help="A temporal expression; again for more outputs.")
@click.option("--table", metavar="PATH", help="A truth table: names | outputs, then rows of 0 and 1.")
@click.option("--regex", metavar="PATTERN", help="A regular expression; the net accepts its words.")
@click.option("--alphabet", metavar="LETTERS", help="For --regex.  [default: the letters of the pattern]")
@click.option("--net", "name", metavar="NAME", help=f"{NAMED}.  [default: heat-cold]")
@click.option("--load", metavar="PATH", help="A net that was written before (net.json).")
@click.option("--inputs", metavar="FILE|TEXT|all", help="What goes in.  [default: a demonstration]")
@click.option("--steps", type=click.IntRange(min=1), help="Ticks.  [default: inputs and delay]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="[default: neurosim-out/mp]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--no-plot", is_flag=True, help="Draw no figure.")
@click.argument("extra", nargs=-1, metavar="")
def mp(inputs: str | None, steps: int | None, out: Path | None, extra: tuple[str, ...], **options: Any) -> None:
    """McCulloch-Pitts net (1943): compile a logical expression, a truth table or a regular expression to a net of
    all-or-none cells, run it, and write its circuit, its activity and the net itself.

    --inputs is a CSV file (names in the first row, then one row of 0 and 1 a tick), text such as "1=0110 2=1", for
    --regex a file or text of words, or `all`: every input history of --steps ticks. A run takes as many ticks as there
    are inputs, and those that the answer to the last one needs.

    \b
    neurosim mp
    neurosim mp --expr "x & ~y | y & ~x" --inputs all
    neurosim mp --regex "(0|1)*100" --inputs "100 0100 1001"
    neurosim mp --net counter3 --steps 12
    """
    if extra:
        hint = f"; did you mean --net {extra[0]}?" if _is_name(extra[0]) else ""
        raise click.UsageError(f"unexpected argument {extra[0]}{hint}")
    if inputs is not None and not inputs.strip():
        raise click.UsageError("--inputs is empty; name a file, write NAME=BITS or words, or `all`")
    source = _source(options)
    out = out or Path("neurosim-out/mp")
    with result_folder(out):
        if inputs == "all":
            run, found = _run_all(source, steps)
        elif source.automaton is not None:
            run, found = _run_words(source.net, source.automaton, inputs, steps)
        else:
            run, found = _run_one(source, inputs, steps)
    report = _report(source) | found
    files = _write(source.net, run, out, report, plot=not options["no_plot"])
    report["files"] = [str(file) for file in (*files, out / "report.json")]
    write_json(out / "report.json", report)
    show(report, _rows(report), "McCulloch-Pitts net", as_json=options["as_json"], quiet=options["quiet"])
    if not (options["as_json"] or options["quiet"]):
        for file in report["files"]:
            click.echo(f"wrote {file}")


def _source(options: dict[str, Any]) -> Source:
    """Return the net that one of the options describes."""
    given = [name for name in ("expr", "table", "regex", "name", "load") if options[name] not in (None, ())]
    if options["alphabet"] is not None and given != ["regex"]:
        raise click.UsageError("--alphabet goes with --regex")
    if len(given) > 1:
        first, second = (f"--{name.replace('name', 'net')}" for name in given[:2])
        raise click.UsageError(f"{first} and {second} exclude each other")
    if "" in (options["table"], options["load"]):
        raise click.UsageError(f"--{given[0]} is empty; name a file")
    from neurosim import mcculloch_pitts as mp_
    from neurosim.mcculloch_pitts.parser import parse_equations
    from neurosim.mcculloch_pitts.tables import read_table

    if options["expr"]:
        expressions = parse_equations("; ".join(options["expr"]))
        return Source("; ".join(options["expr"]), mp_.from_expression(expressions), expressions)
    if options["table"] is not None:
        table = read_table(Path(options["table"]))
        return Source(options["table"], mp_.from_table(table), table=table)
    if options["regex"] is not None:
        pattern, alphabet = options["regex"], options["alphabet"]
        automaton = mp_.Automaton.from_regex(pattern, alphabet)
        return Source(pattern, mp_.from_regex(pattern, alphabet), automaton=automaton)
    if options["load"] is not None:
        return Source(options["load"], loaded(Path(options["load"])))
    return _named("heat-cold" if options["name"] is None else options["name"])


def _named(name: str) -> Source:
    """Return the net of a name."""
    from neurosim import mcculloch_pitts as mp_
    from neurosim.core.errors import InvalidParameter

    if not _is_name(name):
        raise InvalidParameter("neurosim mp", "--net", name, f"one of {NAMED}")
    if match := re.fullmatch(FIGURE, name):
        return Source(name, mp_.figure1(match[1]), dict(mp_.FIGURE1[match[1]]))
    if name == "heat-cold":
        expressions = {output: mp_.parse(text) for output, text in HEAT_COLD.items()}
        return Source(name, mp_.from_expression(expressions), expressions)
    if match := re.fullmatch(COUNTER, name):
        if int(match[1] or 3) < 1:
            raise InvalidParameter("neurosim mp", "--net", name, "counter[BITS] with BITS >= 1")
        return Source(name, mp_.binary_counter(int(match[1] or 3)))
    makers = {"full-adder": mp_.full_adder, "serial-adder": mp_.serial_adder}
    return Source(name, makers[name]() if name in makers else mp_.from_expression("x & ~y | y & ~x"))


def _is_name(name: str) -> bool:
    return re.fullmatch(rf"{FIGURE}|{COUNTER}|heat-cold|xor|full-adder|serial-adder", name) is not None


def _run_one(source: Source, inputs: str | None, steps: int | None) -> "tuple[Run, dict[str, Any]]":
    """Run one history, by default one that shows what the net does; return also the activity."""
    check_size(source.net, steps or 0)
    given = demonstration(source.title, source.net) if inputs is None else history(source.net, inputs)
    if inputs is not None and steps is None:
        steps = max(map(len, given.values())) + lag(source.net)
    run = source.net.run(given, steps)
    return run, {"steps": len(run.words) - 1, "activity": _activity(run)}


def _run_all(source: Source, steps: int | None) -> "tuple[Run, dict[str, Any]]":
    """Run all input histories; return what was found: how often each output fires, and whether the net is exact."""
    from neurosim.core.errors import InvalidParameter
    from neurosim.mcculloch_pitts import all_histories

    net, n = source.net, max(1, len(source.net.inputs))
    steps = max(1, FEW_BITS // n) if steps is None else steps
    if n * steps > MOST_BITS:
        raise InvalidParameter("neurosim mp", "--steps", steps, f"at most {MOST_BITS // n} with --inputs all")
    check_size(net, steps + net.delay, 2 ** (len(net.inputs) * steps))
    histories = all_histories(len(net.inputs), steps)
    run = net.run(histories, steps + net.delay)
    fired = {name: int(run[name].any(axis=1).sum()) for name in net.outputs}
    found: dict[str, Any] = {"steps": steps + net.delay, "histories": histories.count, "histories_that_fire": fired}
    found["exact"] = {
        name: bool((run[name][:, -said.shape[1] :] == said).all())
        for name, said in _said(source, histories, steps).items()
    }
    return run, found


def _said(source: Source, histories: "Histories", steps: int) -> "dict[str, np.ndarray]":
    """Return what the outputs have to be at the last ticks of a run, where that is known."""
    import numpy as np

    net = source.net
    if source.table is not None:
        digits = np.pad(histories.unpack(), ((0, 0), (0, 1), (0, 0)))
        rows = digits @ (1 << np.arange(digits.shape[2])[::-1])
        return {name: source.table.values[rows, i] for i, name in enumerate(source.table.outputs)}
    if source.expressions is not None:
        return {name: e.evaluate_all(histories, net.inputs, steps + 1) for name, e in source.expressions.items()}
    ticks = steps + net.delay + 1
    return {name: e.evaluate_all(histories, net.inputs, ticks) for name, e in _solved(net).items()}


def _solved(net: "McCullochPittsNetwork") -> "dict[str, Expression]":
    """Return the expressions of the outputs (Theorem 1), none if there is a circle or they are too long.

    Those on which an initially active cell acts are left out: their expressions would be wrong at first.
    """
    from neurosim.core.errors import InvalidParameter
    from neurosim.mcculloch_pitts.structure import ancestors

    initial = {name for name, cell in net.cells.items() if cell.initial}
    try:
        return {name: net.to_expression(name) for name in net.outputs if not initial & ancestors(net.cells, name)}
    except InvalidParameter:
        return {}


def _run_words(
    net: "McCullochPittsNetwork", automaton: "Automaton", inputs: str | None, steps: int | None
) -> "tuple[Run, dict[str, Any]]":
    """Run words, one letter a tick; return a run of the longest accepted word, and which words were accepted."""
    from neurosim.core.errors import DataError
    from neurosim.datasets.files import read_lines

    text = inputs if inputs is None or not Path(inputs).is_file() else "\n".join(read_lines(Path(inputs)))
    words = shortest_words(automaton) if text is None else text.split()
    if not words:
        raise DataError(f"{inputs}: no words")
    letters, late = as_letters(net, words), net.delay - 1  # a word of n letters is judged at n + late
    steps = max(steps or 0, letters.shape[1] + late)
    check_size(net, steps, len(words))
    fired = net.run(letters, steps, record="outputs").activity[..., 0]
    accepted = [bool(row[len(word) + late]) for word, row in zip(words, fired, strict=True)]
    shown = max(range(len(words)), key=lambda i: (accepted[i], len(words[i])))
    run = net.run(letters[shown], len(words[shown]) + late)
    return run, {"steps": steps, "words": dict(zip(words, accepted, strict=True)), "shown": words[shown]}


def _activity(run: "Run") -> dict[str, str]:
    """Return the activity of every cell as text of 0 and 1."""
    return {name: "".join("01"[int(fires)] for fires in run[name]) for name in run.names}


def _report(source: Source) -> dict[str, Any]:
    net = source.net
    cells: Any = net.cells.values()
    given = source.expressions or {}
    expressions = {name: e.delayed(net.delay) for name, e in given.items()} or _solved(net)
    return {
        "net": source.title,
        "cells": len(net.cells),
        "synapses": sum(sum(dict(kind).values()) for cell in cells for kind in (cell.excitatory, cell.inhibitory)),
        "inputs": list(net.inputs),
        "outputs": list(net.outputs),
        "order": net.order,
        "delay": net.delay,
        "inhibition": net.inhibition,
        "expressions": {name: f"{'N' * name.isdecimal()}{name}(t) = {e}" for name, e in expressions.items()},
        "notes": list(net.notes),
    }


def _rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    from rich.markup import escape

    rows = [
        ("net", report["net"]),
        ("cells", f"{report['cells']} with {report['synapses']} synapses, {report['inhibition']} inhibition"),
        ("inputs", ", ".join(report["inputs"]) or "none"),
        ("outputs", ", ".join(report["outputs"])),
        ("order", f"{report['order']} (cells whose removal leaves no circle)"),
        *(("delay", text) for text in _delay(report)),
        *(("says", text) for text in report["expressions"].values() if text not in "".join(report["notes"])),
        *(("note", note) for note in report["notes"]),
    ]
    if "histories" in report:
        rows.append(("input histories", f"all {report['histories']:,} of {report['steps'] - report['delay']} ticks"))
        rows += [(f"{name} fires in", f"{n:,} of them") for name, n in report["histories_that_fire"].items()]
        rows += [
            (f"{name} is as specified", "in all" if right else "NOT in all")
            for name, right in report.get("exact", {}).items()
        ]
    rows += [(f"word {word}", "accepted" if right else "-") for word, right in report.get("words", {}).items()]
    activity = report.get("activity", {}) if report["steps"] <= PRINTED else {}
    few = list(activity) if len(activity) <= MOST_ROWS else report["inputs"] + report["outputs"]
    rows += [(f"activity {name}", activity[name].replace("0", "·")) for name in few if activity]
    rows += [("the figure lacks", text) for text in report.get("left_out", ())]
    return [(escape(name), escape(text)) for name, text in rows]


def _delay(report: dict[str, Any]) -> list[str]:
    """Return what is to be said of the delay; nothing of a net that was made by hand."""
    ticks = report["delay"]
    if ticks == 0:
        return ["0 ticks: the delays stand in the expressions"] if report["expressions"] else []
    return [f"{ticks} tick{'s' * (ticks > 1)}"]


def _write(net: "McCullochPittsNetwork", run: "Run", out: Path, report: dict[str, Any], *, plot: bool) -> list[Path]:
    """Write the net as JSON and DOT and, if wanted, its page; put into the report what that leaves out."""
    files = [out / "net.json", out / "net.dot"]
    for file, text in zip(files, (net.to_json(), net.to_dot()), strict=True):
        file.write_text(text + "\n" if not text.endswith("\n") else text, encoding="utf-8")
    if plot:
        from neurosim import plotting
        from neurosim.mcculloch_pitts.page import left_out, overview

        word, title = report.get("shown"), ""
        if word is not None:
            title = f"word {word}: {'accepted' if report['words'][word] else 'not accepted'}"
        page = overview(net, run, history=None if "histories" in report else 0, title=title)
        files.append(plotting.save(page, out / "mp.png"))
        report["left_out"] = left_out(net, run)
    return files
