"""One face for the kernels of annealing: begin a run by method, advance it, fetch spins."""

from typing import Any

import numpy as np

from neurosim.core import backend as backends
from neurosim.core.errors import InvalidParameter
from neurosim.ising import colouring, replica, scalar
from neurosim.ising import problem as problems
from neurosim.ising.model import IsingModel
from neurosim.ising.rules import ORDERS, RULES
from neurosim.ising.temperatures import model_rows

METHODS = ("auto", "replica", "multispin", "scalar")
FEWEST_READS = 10  # from which on 64 at once beat one after the other
DENSE = 0.2  # the part of all pairs from which on a model counts as dense
SMALL = 256  # spins up to which the order is random by default: there a fixed one may miss states
MOST_DEGREE = 7  # of a site in a word of 64 replicas
LANES = 64


class Run:
    """A run of some reads: `advance` and `fetch`, whatever does the work.

    Attributes
    ----------
    method, order, rule, backend : str
        What runs.
    """

    def __init__(
        self, owner: str, model: IsingModel, spins: np.ndarray, key: int, coldest: float, **chosen: str | None
    ) -> None:
        self.model, self.reads = model, spins.shape[1]
        self.problem, self.unit = problems.pose(*model_rows(model), coldest=coldest)
        self.rule = str(chosen["rule"])
        self.backend, self.method, self.order = choose(owner, self.problem, self.reads, **chosen)
        rule = RULES.index(self.rule)
        if self.order != "coloured":
            self.kernels: Any = {"replica": replica, "scalar": scalar}[self.method]
            order_number = ORDERS.index(self.order)
            self.state = self.kernels.begin(self.problem, spins, self._in_units(spins), key, rule, order_number)
            return
        words = self.method == "multispin"
        self.kernels = backends.kernels("ising", f"{self.backend}_words" if words else self.backend)
        order, starts = colouring.colour_classes(self.problem.first, self.problem.neighbours)
        if words:
            self.state = self.kernels.begin(self.problem, order, starts, _to_words(spins), key, rule, self.reads)
        else:
            self.state = self.kernels.begin(self.problem, order, starts, spins, key, rule)

    def advance(self, temperatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Do a sweep at each temperature; return the fraction of flips accepted, and the mean energy after each."""
        flips, energies = self.kernels.advance(self.state, np.asarray(temperatures) / self.unit)
        if np.ndim(energies) == 2:
            energies = energies.mean(axis=1)
        return flips / (self.reads * self.model.n_spins), energies * self.unit + self.model.offset

    def load(self) -> None:
        """Compile the kernel or take it from the cache, so that the sweeps can be timed."""
        if self.backend == "cpu":
            self.kernels.advance(self.state, np.empty(0))

    def fetch(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the last and the best spins, (reads, N) int8 each."""
        found = self.kernels.fetch(self.state)
        if self.method == "multispin":
            return _from_words(found["spins"], self.reads), _from_words(found["best"], self.reads)
        if self.order == "coloured":
            return np.ascontiguousarray(found["spins"].T), np.ascontiguousarray(found["best"].T)
        return found["last"], found["best"]

    def energies(self, states: np.ndarray) -> np.ndarray:
        """Return the energies of states (reads, N), computed anew; exact where the model is one of integers."""
        if self.problem.couplings.dtype.kind == "f":
            return np.asarray(self.model.energy(states))
        return self._in_units(states.T) * self.unit + self.model.offset

    def _in_units(self, spins: np.ndarray) -> np.ndarray:
        """Return the energies of spins (N, reads) without the offset, in the problem's unit."""
        if self.problem.couplings.dtype.kind == "f":
            return (np.asarray(self.model.energy(spins.T)) - self.model.offset) / self.unit
        return problems.integer_energies(self.problem, spins)


def choose(owner: str, problem: problems.Problem, reads: int, **chosen: str | None) -> tuple[str, str, str]:
    """Return (backend, method, order); what the caller left open fits the problem, what he asked for must exist."""
    backend, method, order = chosen["backend"], str(chosen["method"]), chosen["order"]
    target = backends.choose(str(backend), "ising", float(len(problem.neighbours)) * reads)
    if method == "multispin":
        _check_words(owner, problem)
    by_colour = target == "cuda" or method == "multispin" or order == "coloured"
    if by_colour and order not in (None, "coloured"):
        wanted = f"left out or 'coloured' with {'backend' if target == 'cuda' else 'method'}="
        raise InvalidParameter(owner, "order", order, wanted + repr(target if target == "cuda" else method))
    if problem.couplings.dtype == np.float64:
        if by_colour or method == "replica":
            asked = [("method", method)] * (method == "replica") + [("backend", target)] * (target == "cuda")
            wanted = "left out: numbers that differ so much in size are annealed in float64, one read after the other"
            raise InvalidParameter(owner, *(asked or [("order", "coloured")])[0], wanted)
        method = "scalar"
    if by_colour and method == "scalar":
        raise InvalidParameter(owner, "method", method, "'auto', 'replica' or 'multispin' in the order of colours")
    if method == "auto":
        density = len(problem.neighbours) / max(1, len(problem.fields)) ** 2
        few = reads < FEWEST_READS or (density > DENSE and problem.couplings.dtype == np.float32)
        method = "scalar" if few and not by_colour else "replica"
    by_size = "permutation" if len(problem.fields) <= SMALL else "sequential"
    return target, method, "coloured" if by_colour else order or chosen.get("usual") or by_size


def _check_words(owner: str, problem: problems.Problem) -> None:
    degree = int(np.diff(problem.first).max(initial=0))
    if problem.couplings.dtype != np.int8 or problem.fields.any() or degree > MOST_DEGREE:
        wanted = f"another one: it takes couplings of one size, no fields and at most {MOST_DEGREE} neighbours"
        raise InvalidParameter(owner, "method", "multispin", wanted)


def _to_words(spins: np.ndarray) -> np.ndarray:
    """Pack spins (N, reads) into words (N, words) uint64; what is left over repeats the first reads."""
    lanes = np.resize(spins.T, (LANES * -(-spins.shape[1] // LANES), len(spins))).T > 0
    octets = np.ascontiguousarray(np.packbits(lanes, axis=1, bitorder="little"))
    packed: np.ndarray = octets.view("<u8").astype(np.uint64)
    return packed


def _from_words(words: np.ndarray, reads: int) -> np.ndarray:
    octets = np.ascontiguousarray(words, "<u8").view(np.uint8)
    bits = np.unpackbits(octets, axis=1, count=reads, bitorder="little")
    return np.ascontiguousarray(2 * bits.T.astype(np.int8) - 1)
