"""What goes into a net of `neurosim mp`: CSV files, text, words, demonstrations."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from neurosim.mcculloch_pitts import Automaton, McCullochPittsNetwork

MOST_COMBINATIONS = 6  # inputs of which every combination is shown
MOST_WORDS, LONGEST_WORD = 6, 12  # of a demonstration of a regular expression
MOST_BYTES = 2**27  # of the activity of a run


def loaded(path: Path) -> "McCullochPittsNetwork":
    """Return the net in a JSON file."""
    from neurosim.core.errors import DataError, NeurosimError
    from neurosim.datasets.files import read_lines
    from neurosim.mcculloch_pitts import McCullochPittsNetwork

    text = "\n".join(read_lines(path))
    try:
        return McCullochPittsNetwork.from_json(text)
    except NeurosimError as error:
        raise DataError(f"{path}: {error}") from error


def _bits_of(path: Path) -> "tuple[list[str], np.ndarray]":
    """Return the names in the first row of a CSV file and the 0s and 1s below them."""
    import csv

    import numpy as np

    from neurosim.core.errors import DataError
    from neurosim.datasets.files import read_lines

    lines = read_lines(path)
    separator = next((sign for sign in ",;\t" if sign in lines[0]), ",")
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator) if row]
    if len(rows) < 2:
        raise DataError(f"{path}: needs a row of names and at least one of 0 and 1")
    names, values = rows[0], rows[1:]
    for number, row in enumerate(values, 2):
        if len(row) != len(names):
            raise DataError(f"{path}: row {number} has {len(row)} values; there are {len(names)} names")
        for name, value in zip(names, row, strict=True):
            if value not in ("0", "1"):
                raise DataError(f"{path}: row {number}, column {name!r}: {value!r} is neither 0 nor 1")
    return names, np.array(values, dtype=int).astype(bool)


def history(net: "McCullochPittsNetwork", text: str) -> "dict[str, Any]":
    """Return the input history of a CSV file or of text as "x=0110 y=1"."""
    from neurosim.core.errors import DataError

    if Path(text).is_file():
        names, bits = _bits_of(Path(text))
        found: dict[str, Any] = dict(zip(names, bits.T, strict=True))
        where = text
    else:
        where, found = "--inputs", {}
        for word in text.replace(",", " ").split():
            name, sign, digits = word.rpartition("=")
            if not sign or not digits or set(digits) - {"0", "1"}:
                raise DataError(f"--inputs: {word!r} is neither a file nor NAME=BITS, as {(*net.inputs, 'x')[0]}=0110")
            found[name] = [digit == "1" for digit in digits]
    for name in found:
        if name not in net.inputs:
            raise DataError(f"{where}: the net has no input {name!r}, but {', '.join(net.inputs)}")
    return found


def demonstration(title: str, net: "McCullochPittsNetwork") -> Any:
    """Return what shows best what a net does: for most every combination of the inputs, one a tick."""
    import numpy as np

    n, rest = len(net.inputs), max(lag(net), 3)
    if title in ("heat-cold", "figure1e"):
        return {net.inputs[1]: [1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]}
    if title == "serial-adder":  # 22 + 13, the lowest digit first
        digits = [[0, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 0]]
        return np.pad(np.array(digits, bool).T, ((0, rest), (0, 0)))
    if n == 1:
        return np.array([[1], [1], [0]] * 4 + [[1]] * 4 + [[0]] * rest, bool)
    if n > MOST_COMBINATIONS:
        return np.concatenate([np.eye(n, dtype=bool), np.ones((1, n), bool), np.zeros((rest, n), bool)])
    numbers = np.arange(2**n)
    return np.pad((numbers[:, None] >> np.arange(n)[::-1] & 1).astype(bool), ((0, rest), (0, 0)))


def lag(net: "McCullochPittsNetwork") -> int:
    """Return the ticks that an input takes to the outputs: the delay of the net, or its longest path if longer."""
    from graphlib import CycleError, TopologicalSorter

    graph = {name: {*cell.excitatory, *cell.inhibitory} - {name} for name, cell in net.cells.items()}
    depths = dict.fromkeys(net.inputs, 0)
    try:
        for name in TopologicalSorter(graph).static_order():
            reached = [depths[source] + 1 for source in graph.get(name, ()) if source in depths]
            if reached:
                depths[name] = max(reached)
    except CycleError:
        return max(net.delay, 1)
    return max([net.delay, *(depths.get(name, 0) for name in net.outputs)])


def shortest_words(automaton: "Automaton") -> list[str]:
    """Return some of the shortest words of a language and of its complement, by length."""
    from itertools import product

    found: dict[bool, list[str]] = {True: [], False: []}
    for length in range(LONGEST_WORD + 1):
        if len(automaton.alphabet) ** length > 5000:
            break
        for letters in product(automaton.alphabet, repeat=length):
            kind = found[automaton.accepts(letters)]
            if len(kind) < MOST_WORDS and any(letters):
                kind.append("".join(letters))
    return sorted(found[True] + found[False], key=len)


def as_letters(net: "McCullochPittsNetwork", words: list[str]) -> "np.ndarray":
    """Return the input histories (words, letters of the longest, inputs) of words, one letter a tick."""
    import numpy as np

    from neurosim.core.errors import DataError

    letters = np.zeros((len(words), max(map(len, words)), len(net.inputs)), bool)
    for word, row in zip(words, letters, strict=True):
        for t, letter in enumerate(word):
            if letter not in net.inputs:
                raise DataError(f"word {word!r}: the net has no input {letter!r}, but {', '.join(net.inputs)}")
            row[t, net.inputs.index(letter)] = True
    return letters


def check_size(net: "McCullochPittsNetwork", steps: int, histories: int = 1) -> None:
    """Refuse a run whose activity would need too much memory."""
    from neurosim.core.errors import InvalidParameter

    a_step = 8 * -(-histories // 64) * len(net.names)
    if steps * a_step > MOST_BYTES:
        wanted = f"at most {MOST_BYTES // a_step} ticks, with {len(net.names)} inputs and cells"
        wanted += f" and {histories} histories" * (histories > 1)
        raise InvalidParameter("neurosim mp", "--steps", steps, wanted)
