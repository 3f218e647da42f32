"""McCulloch-Pitts nets, 64 histories in a word, against matrix products as NumPy and SciPy do them.

    python -m benchmarks mcculloch_pitts [--quick]

Nobody else steps such nets in bulk, so the peers are what a user would write: the activity of all histories is a
matrix, and every tick multiplies it with the matrix of synapses and compares with the thresholds. They get what helps
them: inhibition is a large negative weight, so that one product does both (the sum then never reaches a threshold); the
float32 product is BLAS on all cores; the sparse product is CSR times a dense matrix. A peer runs a part of the
histories and of the ticks, and its time is scaled; its time is linear in both. All start from the same activity and see
the same inputs, and the quality is the share of cells that agree with ours at the end of the part.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.harness import compare, write
from neurosim.mcculloch_pitts import Cell, Histories, McCullochPittsNetwork

INPUTS = 8


def random_net(cells: int, fan_in: int | None, inhibitory: int = 3, seed: int = 0) -> McCullochPittsNetwork:
    """Return a net with circles: so many excitatory afferents a cell (None: all other cells), some with two synapses.

    The thresholds are near the mean excitation of half-active afferents, so that the activity neither dies nor fills
    the net.
    """
    rng = np.random.default_rng(seed)
    names = [f"i{i}" for i in range(INPUTS)] + [f"c{c}" for c in range(cells)]
    made = {}
    for c in range(cells):
        others = np.delete(np.arange(len(names)), INPUTS + c)
        chosen = rng.permutation(others)[: inhibitory + (len(others) if fan_in is None else fan_in)]
        numbers = rng.choice([1, 1, 1, 2], len(chosen) - inhibitory)
        excitatory = {names[i]: int(n) for i, n in zip(chosen[inhibitory:], numbers, strict=True)}
        threshold = max(1, int(numbers.sum() * rng.uniform(0.02, 0.2)))
        made[f"c{c}"] = Cell(excitatory, [names[i] for i in chosen[:inhibitory]], threshold, bool(rng.integers(2)))
    return McCullochPittsNetwork(names[:INPUTS], made, outputs=names[INPUTS : INPUTS + 10])


def as_matrix(net: McCullochPittsNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Return the synapses (cells, inputs + cells), inhibition as a weight that nothing outweighs, and thresholds."""
    row = {name: i for i, name in enumerate(net.names)}
    weights = np.zeros((len(net.cells), len(row)), np.int32)
    for c, cell in enumerate(net.cells.values()):
        for name, number in cell.excitatory.items():
            weights[c, row[name]] = number
        for name in cell.inhibitory:
            weights[c, row[name]] = -sum(cell.excitatory.values())
    return weights, np.array([cell.threshold for cell in net.cells.values()])


def products(
    net: McCullochPittsNetwork, inputs: np.ndarray, steps: int, weights: Any, dtype: Any
) -> Callable[[], np.ndarray]:
    """Return a function that runs histories (histories, steps, inputs) by matrix products; it returns the end."""
    threshold = as_matrix(net)[1].astype(dtype)[:, None]
    first = np.array([cell.initial for cell in net.cells.values()])
    columns = np.moveaxis(inputs, 0, -1)

    def run() -> np.ndarray:
        active = np.empty((len(net.names), len(inputs)), dtype)
        active[: len(net.inputs)] = columns[0]
        active[len(net.inputs) :] = first[:, None]
        for t in range(1, steps + 1):
            active[len(net.inputs) :] = weights @ active >= threshold
            active[: len(net.inputs)] = columns[t] if t < len(columns) else 0
        return active[len(net.inputs) :] > 0

    return run


def against_products(
    cells: int, fan_in: int | None, words: int, ticks: int, parts: dict[str, tuple[int, int]]
) -> list[dict[str, Any]]:
    """Time one net; `parts` says how many histories and ticks each peer runs."""
    net = random_net(cells, fan_in)
    random_words = np.random.default_rng(1).integers(0, 2**64, (ticks, INPUTS, words), np.uint64)
    packed = Histories(random_words, 64 * words)
    weights = as_matrix(net)[0]
    matrices = {
        "NumPy int32": (weights, np.int32),
        "NumPy float32, BLAS": (weights.astype(np.float32), np.float32),
        "SciPy sparse int32": (sparse.csr_array(weights), np.int32),
    }
    runs: dict[str, Callable[[], Any]] = {"neurosim": lambda: net.run(packed, ticks, record="outputs")}
    for label, (histories, steps) in parts.items():
        runs[label] = products(net, _some(packed, histories).unpack(), steps, *matrices[label])
    return compare(
        f"{cells:,} cells, {fan_in or 'all'} afferents, {64 * words:,} histories, {ticks} ticks",
        runs,
        reference="neurosim",
        quality=_agreement(net, packed, parts),
        rounds=2,
        few=tuple(parts),
        notes={label: f"{h:,} histories, {s} ticks, scaled" for label, (h, s) in parts.items()},
        scale={label: 64 * words * ticks / (h * s) for label, (h, s) in parts.items()},
    )


def _some(packed: Histories, histories: int) -> Histories:
    """Return the first histories, a multiple of 64."""
    return Histories(np.ascontiguousarray(packed.words[:, :, : histories // 64]), histories)


def _agreement(
    net: McCullochPittsNetwork, packed: Histories, parts: dict[str, tuple[int, int]]
) -> Callable[[Any], dict[str, float]]:
    """Return a function from a result to the share of cells and histories in which it ends as ours does."""
    ends = {}
    for histories, steps in parts.values():
        run = net.run(_some(packed, histories), steps, record=net.cells)
        ends[histories] = run.activity[:, -1].T

    def measure(result: Any) -> dict[str, float]:
        if not isinstance(result, np.ndarray):
            return {}
        end = ends[result.shape[1]]
        return {"agreement": float((result == end).mean()), "active": float(end.mean())}

    return measure


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/mcculloch_pitts.json."""
    if quick:
        parts = {"NumPy int32": (64, 2), "NumPy float32, BLAS": (256, 4), "SciPy sparse int32": (192, 3)}
        against_products(200, 20, 20, 10, parts)
        against_products(100, None, 10, 10, parts)
        return
    sparse_parts = {"NumPy int32": (64, 5), "NumPy float32, BLAS": (4096, 10), "SciPy sparse int32": (1024, 10)}
    records = against_products(1000, 20, 10_000, 100, sparse_parts)
    dense_parts = {"NumPy int32": (64, 5), "NumPy float32, BLAS": (4096, 10)}
    records += against_products(1000, None, 250, 100, dense_parts)
    print(f"wrote {write('mcculloch_pitts', records)}")
