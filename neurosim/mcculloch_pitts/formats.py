"""Nets as text: JSON, and the DOT language of Graphviz."""

import json
from typing import TYPE_CHECKING, Any

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.mcculloch_pitts.cells import Cell

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork

OWNER = "McCullochPittsNetwork.from_json"


def describe(net: "McCullochPittsNetwork") -> dict[str, Any]:
    """Return the net as lists, dictionaries, words and numbers; `rebuild` is the way back."""
    cells = [
        {
            "name": name,
            "excitatory": [[source, number] for source, number in cell.excitatory.items()],
            "inhibitory": [[source, number] for source, number in cell.inhibitory.items()],
            "threshold": cell.threshold,
            "initial": cell.initial,
        }
        for name, cell in net.cells.items()
    ]
    return {
        "inputs": list(net.inputs),
        "cells": cells,
        "outputs": list(net.outputs),
        "inhibition": net.inhibition,
        "delay": net.delay,
        "notes": list(net.notes),
    }


def rebuild(description: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the constructor from what `describe` returned."""
    cells = {
        cell["name"]: Cell(
            _synapses(cell["name"], cell["excitatory"]),
            _synapses(cell["name"], cell["inhibitory"]),
            cell["threshold"],
            cell["initial"],
        )
        for cell in description["cells"]
    }
    if len(cells) < len(description["cells"]):
        raise InvalidParameter("McCullochPittsNetwork", "cells", list(cells), "cells of different names")
    return {**description, "cells": cells}


def _synapses(name: str, pairs: Any) -> dict[str, int]:
    found = dict(pairs)
    if len(found) < len(pairs):
        got = [source for source, _ in pairs]
        raise InvalidParameter(
            "McCullochPittsNetwork", f"cells[{name!r}]", got, "a cell that names every afferent once"
        )
    return found


def to_json(net: "McCullochPittsNetwork") -> str:
    """Return the net as JSON."""
    return json.dumps(describe(net), indent=1, ensure_ascii=False)


def from_json(text: str) -> dict[str, Any]:
    """Return the arguments of the constructor from JSON."""
    wanted = {"inputs", "cells", "outputs", "inhibition", "delay", "notes"}
    try:
        description = json.loads(text)
        if not isinstance(description, dict) or set(description) != wanted:
            raise DataError(f"{OWNER}: the text has to be an object with {', '.join(sorted(wanted))}")
        return rebuild(description)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{OWNER}: the text is not JSON ({error})") from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, DataError | InvalidParameter):
            raise
        raise DataError(f"{OWNER}: the text describes no net ({error!r})") from None


def to_dot(net: "McCullochPittsNetwork") -> str:
    """Return the net in the DOT language."""
    lines = ["digraph net {", "  rankdir=LR;"]
    lines += [f"  {_quoted(name)} [shape=plaintext];" for name in net.inputs]
    for name, cell in net.cells.items():
        label = f"{name}\n>= {cell.threshold}"
        ring = ", peripheries=2" if name in net.outputs else ""
        active = ", style=filled" if cell.initial else ""
        lines.append(f"  {_quoted(name)} [shape=circle, label={_quoted(label)}{ring}{active}];")
    for name, cell in net.cells.items():
        for arrow, synapses in (("normal", cell.excitatory), ("odot", cell.inhibitory)):
            for source, number in synapses.items():
                label = f', label="{number}"' if number > 1 else ""
                lines.append(f"  {_quoted(source)} -> {_quoted(name)} [arrowhead={arrow}{label}];")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
