"""One face for the kernels of annealing: begin a run by method, advance it, fetch spins."""

from typing import Any

import numpy as np

from neurosim.core import backend as backends
from neurosim.core.errors import InvalidParameter
from neurosim.ising import coloured, colouring, replica, scalar
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

    def __init__(self, owner: str, model: IsingModel, spins: np.ndarray, key: int, **chosen: str | None) -> None:
        self.model, self.reads = model, spins.shape[1]
        self.problem, self.unit = problems.pose(*model_rows(model))
        self.rule = str(chosen["rule"])
        self.backend, self.method, self.order = choose(owner, self.problem, self.reads, **chosen)
        rule = RULES.index(self.rule)
        if self.order != "coloured":
            self.kernels: Any = {"replica": replica, "scalar": scalar}[self.method]
            energies = self.energies(spins.T) - model.offset
            order = ORDERS.index(self.order)
            self.state = self.kernels.begin(self.problem, spins, energies / self.unit, key, rule, order)
            return
        self.kernels = coloured if self.backend == "cpu" else backends.kernels("ising", "cuda")
        order, starts = colouring.colour_classes(self.problem.first, self.problem.neighbours)
        if self.method == "multispin":
            words = _to_words(spins)
            self.state = self.kernels.begin_words(self.problem, order, starts, words, key, rule)
        else:
            self.state = self.kernels.begin(self.problem, order, starts, spins, key, rule)

    def advance(self, temperatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Do a sweep at each temperature; return the fraction of flips accepted, and the mean energy after each."""
        words = self.method == "multispin"
        step = self.kernels.advance_words if words else self.kernels.advance
        flips, energies = step(self.state, np.asarray(temperatures) / self.unit)
        replicas = LANES * -(-self.reads // LANES) if words else self.reads
        if np.ndim(energies) == 2:
            energies = energies[:, : self.reads].mean(axis=1)
        return flips / (replicas * self.model.n_spins), energies * self.unit + self.model.offset

    def load(self) -> None:
        """Compile the kernel or take it from the cache, so that the sweeps can be timed."""
        if self.order != "coloured":
            self.kernels.advance(self.state, np.empty(0))

    def fetch(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the last and the best spins, (reads, N) int8 each."""
        if self.method == "multispin":
            found = self.kernels.fetch_words(self.state)
            return tuple(_from_words(found[name], self.reads) for name in ("spins", "best"))  # type: ignore[return-value]
        found = self.kernels.fetch(self.state)
        if self.order == "coloured":
            return np.ascontiguousarray(found["spins"].T), np.ascontiguousarray(found["best"].T)
        return found["last"], found["best"]

    def energies(self, states: np.ndarray) -> np.ndarray:
        """Return the energies of states (reads, N), computed anew; exact where the model is one of integers."""
        if self.problem.couplings.dtype == np.float32:
            return np.asarray(self.model.energy(states))
        return problems.integer_energies(self.problem, states.T) * self.unit + self.model.offset


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
    if by_colour and method == "scalar":
        raise InvalidParameter(owner, "method", method, "'auto', 'replica' or 'multispin' in the order of colours")
    if method == "auto":
        density = len(problem.neighbours) / max(1, len(problem.fields)) ** 2
        few = reads < FEWEST_READS or (density > DENSE and problem.couplings.dtype == np.float32)
        method = "scalar" if few and not by_colour else "replica"
    by_size = "permutation" if len(problem.fields) <= SMALL else "sequential"
    return target, method, "coloured" if by_colour else order or by_size


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
