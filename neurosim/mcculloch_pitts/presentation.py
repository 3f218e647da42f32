"""What a run starts from: the inputs and the first activity, checked and packed."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.mcculloch_pitts.packing import Histories, as_bits, pack_bits, words_for

if TYPE_CHECKING:
    from neurosim.mcculloch_pitts.network import McCullochPittsNetwork

OWNER = "McCullochPittsNetwork.run"


class Presentation(NamedTuple):
    """The arguments of a run for the kernels."""

    activity: np.ndarray  # (cells, words) uint64 at time 0
    inputs: np.ndarray  # (input steps, inputs, words) uint64
    steps: int
    histories: int | None  # None: one, without an axis for it


def present(net: "McCullochPittsNetwork", inputs: Any, steps: int | None, initial: Any) -> Presentation:
    """Check and pack what a net is given; one history of either kind is repeated for all of the other."""
    given, many = _inputs(net, inputs)
    cells, many_cells = _initial(net, initial)
    if many is not None and many_cells is not None and many != many_cells:
        raise InvalidParameter(OWNER, "initial", f"{many_cells} histories", f"as many histories as inputs, {many}")
    histories = many_cells if many is None else many
    if steps is None:
        if inputs is None:
            raise InvalidParameter(OWNER, "steps", None, "an integer >= 0, as there are no inputs")
        steps = len(given)
    checks.at_least(OWNER, "steps", steps, 0)
    if histories is not None:
        given = _repeated(given, histories) if many is None else given
        cells = _repeated(cells, histories) if many_cells is None else cells
    return Presentation(cells, given, int(steps), histories)


def known(owner: str, parameter: str, names: Any, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return names that are all among the allowed ones."""
    allowed = dict.fromkeys(allowed)
    if isinstance(names, str) or not isinstance(names, Iterable):
        hint = f"a set of names, as {{{names!r}}}" if names in allowed else "names of the net"
        raise InvalidParameter(owner, parameter, names, hint)
    found = tuple(names)
    for name in found:
        if name not in allowed:
            raise InvalidParameter(owner, parameter, name, f"among {', '.join(allowed)}")
    return found


def recorded(net: "McCullochPittsNetwork", record: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the names that are to be recorded."""
    if record is None:
        return net.names
    if isinstance(record, str) and record == "outputs":
        return net.outputs
    names = known(OWNER, "record", record, net.names)
    if len(set(names)) < len(names):
        raise InvalidParameter(OWNER, "record", names, "different names")
    return names


def _repeated(words: np.ndarray, histories: int) -> np.ndarray:
    """Return words in which every history is the first one of these."""
    return np.repeat(np.uint64(0) - (words & np.uint64(1)), words_for(histories), axis=-1)


def _inputs(net: "McCullochPittsNetwork", inputs: Any) -> tuple[np.ndarray, int | None]:
    """Return packed inputs and the number of histories, or None for one without an axis."""
    n = len(net.inputs)
    if inputs is None:
        return np.zeros((0, n, 1), np.uint64), None
    if isinstance(inputs, Histories):
        if inputs.words.shape[1] != n:
            raise InvalidParameter(OWNER, "number of inputs", inputs.words.shape[1], f"{n}, the inputs of the net")
        return inputs.words, inputs.count
    bits = _from_mapping(net, inputs) if isinstance(inputs, Mapping) else as_bits(OWNER, "inputs", inputs)
    if bits.ndim not in (2, 3) or bits.shape[-1] != n or (bits.ndim == 3 and len(bits) < 1):
        wanted = f"of shape (steps, {n}) or (histories, steps, {n}) for {n} inputs"
        raise InvalidParameter(OWNER, "inputs", bits.shape, wanted)
    if bits.ndim == 2:
        return pack_bits(bits[..., None]), None
    return pack_bits(np.moveaxis(bits, 0, -1)), len(bits)


def _from_mapping(net: "McCullochPittsNetwork", inputs: Mapping[str, Any]) -> np.ndarray:
    known(OWNER, "inputs", inputs, net.inputs)
    sequences = {name: as_bits(OWNER, f"inputs[{name!r}]", sequence) for name, sequence in inputs.items()}
    for name, sequence in sequences.items():
        if sequence.ndim != 1:
            raise InvalidParameter(OWNER, f"inputs[{name!r}]", sequence.shape, "of shape (steps,)")
    bits = np.zeros((max(map(len, sequences.values()), default=0), len(net.inputs)), np.bool_)
    for name, sequence in sequences.items():
        bits[: len(sequence), net.inputs.index(name)] = sequence
    return bits


def _initial(net: "McCullochPittsNetwork", initial: Any) -> tuple[np.ndarray, int | None]:
    """Return the packed first activity of the cells and the number of histories, or None for one without an axis."""
    if isinstance(initial, Histories):
        if initial.words.shape[:2] != (1, len(net.cells)):
            wanted = f"of one step and {len(net.cells)} cells"
            raise InvalidParameter(OWNER, "initial", initial.words.shape[:2], wanted)
        return initial.words[0], initial.count
    own = np.array([cell.initial for cell in net.cells.values()], np.bool_)
    if initial is None:
        bits = own
    elif isinstance(initial, Mapping):
        known(OWNER, "initial", initial, net.cells)
        given = as_bits(OWNER, "initial", list(initial.values()))
        if given.ndim != 1:
            raise InvalidParameter(OWNER, "initial", initial, "one value of 0 or 1 for each cell")
        value = dict(zip(initial, given, strict=True))
        bits = np.array([value.get(name, cell.initial) for name, cell in net.cells.items()], np.bool_)
    else:
        bits = as_bits(OWNER, "initial", initial)
    if bits.ndim not in (1, 2) or bits.shape[-1] != len(own) or (bits.ndim == 2 and len(bits) < 1):
        wanted = f"of shape ({len(own)},) or (histories, {len(own)}) for {len(own)} cells"
        raise InvalidParameter(OWNER, "initial", bits.shape, wanted)
    if bits.ndim == 1:
        return pack_bits(bits[:, None]), None
    return pack_bits(bits.T), len(bits)
