"""Restricted machines against scikit-learn, PyTorch, rbms and NumPy; the encoders of 1985 against a plain loop.

    python -m benchmarks boltzmann [--quick]

The images are random strokes; a tenth of the pixels is on, a fiftieth of them turned round. "Any data" are the same
images in shades between 0.05 and 0.95, so that no product can be left out. All sides take the same mini-batches of 100,
the same rate and the same first weights, but for scikit-learn's, which draws its own. scikit-learn and rbms start other
threads through NumPy and PyTorch as they like; PyTorch has as many as neurosim.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import compare, write
from neurosim.boltzmann import RBM, learn_encoders, rbm_cpu
from neurosim.boltzmann.rbm_recipe import Arrays, Recipe
from neurosim.core import parallel

PIXELS, BATCH, RATE = 784, 100, 0.05
Run = Callable[[], Any]
Machine = tuple[np.ndarray, np.ndarray, np.ndarray]


def strokes(n: int) -> np.ndarray:
    """Return n binary images of 40 kinds, (n, 784) float32."""
    rng = np.random.default_rng(0)
    kinds = np.zeros((40, 28, 28), bool)
    for kind in kinds:
        row, column, turn = *rng.uniform(6, 22, 2), rng.uniform(0, 2 * np.pi)
        for _ in range(60):
            turn += rng.normal(0, 0.35)
            row, column = np.clip([row + 0.7 * np.sin(turn), column + 0.7 * np.cos(turn)], 3, 24)
            kind[int(row) : int(row) + 2, int(column) : int(column) + 2] = True
    images = kinds[rng.integers(0, 40, n)].reshape(n, PIXELS)
    return (images ^ (rng.random(images.shape) < 0.02)).astype(np.float32)


def first_machine(hidden: int) -> Machine:
    """Return weights (784, hidden) and biases before learning."""
    weights = np.random.default_rng(5).normal(0, 0.01, (PIXELS, hidden)).astype(np.float32)
    return weights, np.zeros(PIXELS, np.float32), np.zeros(hidden, np.float32)


def by_neurosim(x: np.ndarray, start: Machine, persistent: bool) -> Machine:
    """Learn for an epoch, sample after sample, with the kernels of `RBM`."""
    _, visible, hidden = start
    chains = np.zeros((BATCH if persistent else 0, len(hidden)), np.float32)
    still = [np.zeros_like(array) for array in start]
    arrays = Arrays(*start, *still, chains, np.zeros_like(visible), np.zeros_like(hidden), np.zeros_like(hidden))
    state = rbm_cpu.begin(arrays, Recipe(BATCH, persistent=persistent), key=0)
    steps = len(x) // BATCH
    rbm_cpu.advance(state, x, np.arange(len(x)), np.full(steps, RATE), np.zeros(steps))
    return rbm_cpu.fetch(state)[:3]


def by_torch(x: np.ndarray, start: Machine) -> Machine:
    """CD-1 in a plain loop."""
    import torch

    images, (weights, visible, hidden) = torch.from_numpy(x), (torch.from_numpy(a.copy()) for a in start)
    with torch.inference_mode():
        for batch in images.split(BATCH):
            p = torch.sigmoid(torch.addmm(hidden, batch, weights))
            v = torch.bernoulli(torch.sigmoid(torch.addmm(visible, torch.bernoulli(p), weights.T)))
            q = torch.sigmoid(torch.addmm(hidden, v, weights))
            weights.addmm_(batch.T, p, alpha=RATE / BATCH).addmm_(v.T, q, alpha=-RATE / BATCH)
            visible += (batch.sum(0) - v.sum(0)) * (RATE / BATCH)
            hidden += (p.sum(0) - q.sum(0)) * (RATE / BATCH)
    return weights.numpy(), visible.numpy(), hidden.numpy()


def by_scikit_learn(x: np.ndarray, hidden: int) -> Machine:
    """PCD-1 of BernoulliRBM."""
    from sklearn.neural_network import BernoulliRBM

    peer = BernoulliRBM(hidden, learning_rate=RATE, batch_size=BATCH, n_iter=1, random_state=0).fit(x)
    return peer.components_.T, peer.intercept_visible_, peer.intercept_hidden_


def pseudo_likelihood(x: np.ndarray) -> Callable[[Machine], dict[str, float]]:
    """Return the quality: of 1,000 images the mean pseudo-log-likelihood and the reconstruction's squared error."""

    def quality(machine: Machine) -> dict[str, float]:
        weights, visible, hidden = (np.asarray(a, np.float64) for a in machine)
        p = 1 / (1 + np.exp(-(x[:1000] @ weights + hidden)))
        again = 1 / (1 + np.exp(-(p @ weights.T + visible)))
        rbm = RBM(len(hidden), n_iter=1, random_state=0).fit(x[:200].astype(np.float64))
        rbm.components_, rbm.intercept_visible_, rbm.intercept_hidden_ = weights.T.copy(), visible, hidden
        score = float(rbm.score_samples((x[:1000] > 0.5).astype(np.float64)).mean())
        return {"pseudo-likelihood": score, "reconstruction": float(((x[:1000] - again) ** 2).sum(1).mean())}

    return quality


def learning(n: int, hidden: int) -> list[dict[str, Any]]:
    """Time an epoch of PCD-1 and of CD-1."""
    binary = strokes(n)
    shades = (0.05 + 0.9 * binary).astype(np.float32)
    start = first_machine(hidden)
    name = f"{n:,} x {PIXELS}, {hidden} hidden, batch {BATCH}, one epoch"
    runs: dict[str, Run] = {
        "neurosim": lambda: by_neurosim(binary, start, True),
        "scikit-learn": lambda: by_scikit_learn(binary, hidden),
    }
    records = compare(f"PCD-1, {name}", runs, reference="neurosim", quality=pseudo_likelihood(binary))
    for kind, x in (("any data", shades), ("10 % ones", binary)):
        runs = {"neurosim": lambda x=x: by_neurosim(x, start, False), "torch": lambda x=x: by_torch(x, start)}
        records += compare(f"CD-1, {kind}, {name}", runs, reference="neurosim", quality=pseudo_likelihood(x))
    return records


def ais_by_numpy(machine: Machine, base: np.ndarray, betas: np.ndarray, chains: int) -> np.ndarray:
    """Annealed importance sampling in a plain loop; return the log weights."""
    weights, visible, hidden = machine
    rng = np.random.default_rng(0)
    logistic = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    draw = lambda p: (rng.random(p.shape, dtype=np.float32) < p).astype(np.float32)  # noqa: E731
    v, total = draw(np.tile(logistic(base), (chains, 1))), np.zeros(chains)
    for low, high in zip(betas[:-1].astype(np.float32), betas[1:].astype(np.float32), strict=True):
        field = v @ weights + hidden
        total += (high - low) * (v @ (visible - base))
        total += (np.logaddexp(0, high * field) - np.logaddexp(0, low * field)).sum(1)
        h = draw(logistic(high * field))
        v = draw(logistic((1 - high) * base + high * (h @ weights.T + visible)))
    return total


def ais_by_rbms(machine: Machine, betas: np.ndarray, chains: int) -> Any:
    """The log partition function by rbms, whose temperatures are spaced evenly."""
    import torch
    from rbms.bernoulli_bernoulli.classes import BBRBM
    from rbms.partition_function.ais import compute_partition_function_ais

    weights, visible, hidden = (torch.from_numpy(np.asarray(a, np.float32)) for a in machine)
    return float(compute_partition_function_ais(chains, len(betas), BBRBM(weights, visible, hidden)))


def annealing(hidden: int, chains: int, betas: np.ndarray, part: int) -> list[dict[str, Any]]:
    """Time AIS of a machine that learned for one epoch; peers do every `part`-th temperature."""
    x = strokes(60_000)
    machine = by_neurosim(x, first_machine(hidden), False)
    p = np.clip(x.mean(0), 0.005, 0.995)
    base = np.log(p / (1 - p)).astype(np.float32)
    fewer = betas[::part]
    at_base = float(np.logaddexp(0, base.astype(float)).sum())
    runs: dict[str, Run] = {
        "neurosim": lambda: rbm_cpu.anneal(*machine, base, betas, chains, key=0)[0],
        "numpy": lambda: ais_by_numpy(machine, base, fewer, chains),
        "rbms": lambda: ais_by_rbms(machine, fewer, chains),
    }

    def log_z(weigh: Any) -> dict[str, float]:
        if isinstance(weigh, float):
            return {"log Z": weigh}
        return {"log Z": at_base + float(np.logaddexp.reduce(weigh) - np.log(chains))}

    name = f"AIS, {PIXELS} x {hidden}, {chains} chains, {len(betas):,} temperatures"
    scale = {"numpy": (len(betas) - 1) / (len(fewer) - 1), "rbms": (len(betas) - 1) / (len(fewer) - 1)}
    notes = dict.fromkeys(scale, f"{len(fewer):,} temperatures, scaled")
    return compare(name, runs, reference="neurosim", quality=log_z, rounds=3, notes=notes, scale=scale)


def naive_cycles(cycles: int) -> None:
    """Let one machine learn in plain Python and NumPy: the naive version that the tests compare with."""
    from neurosim.boltzmann import encoder_task
    from tests.boltzmann import naive

    task, rng = encoder_task("4-2-4"), np.random.default_rng(0)
    n, visible = len(task.connections), task.patterns.shape[1]
    weights, biases = np.zeros((n, n)), np.zeros(n)
    temperatures = np.repeat([20.0, 15.0, 12.0, 10.0, 10.0], [2, 2, 2, 4, 10])
    settle = lambda states, free, step: naive.settle(  # noqa: E731
        weights, biases, states, free, temperatures, 10, True, key=1, step=step
    )
    for cycle in range(cycles):
        counts = np.zeros((2, n, n))
        for number, pattern in enumerate(np.repeat(task.patterns, 2, axis=0)):
            states = np.zeros((1, n), np.uint8)
            states[0, :visible] = np.where(pattern, rng.random(visible) > 0.15, rng.random(visible) < 0.05)
            counts[0] += settle(states, np.arange(visible, n), 100 * cycle + number)[-1]
            counts[1] += settle(states, np.arange(n), 100 * cycle + 50 + number)[-1]
        change = 2.0 * np.sign(counts[0] - counts[1])
        weights += np.where(task.connections, change, 0)
        biases += np.diag(change)


def encoders(runs: int, cycles: int) -> list[dict[str, Any]]:
    """Time 4-2-4 encoders until all have solved the task or the cycles are over, against one machine in plain NumPy."""
    done = learn_encoders("4-2-4", runs=runs, cycles=cycles, random_state=0)
    learned = int(np.where(done.solved_at < 0, cycles, done.solved_at).sum())
    few = 3
    work: dict[str, Run] = {
        "neurosim": lambda: learn_encoders("4-2-4", runs=runs, cycles=cycles, random_state=0).solved,
        "naive": lambda: naive_cycles(few),
    }
    notes = {"naive": f"one machine, {few} cycles, scaled to the {learned:,} that all machines need together"}
    return compare(
        f"4-2-4 encoder, {runs:,} machines to the solution", work, reference="neurosim", rounds=3, notes=notes,
        quality=lambda solved: {"solved": float(solved)} if solved is not None else {}, scale={"naive": learned / few},
    )  # fmt: skip


def main(quick: bool = False) -> None:
    """Run all and write benchmarks/results/boltzmann.json."""
    import torch

    torch.set_num_threads(parallel.threads())
    if quick:
        learning(500, 32)
        annealing(32, 20, np.linspace(0, 1, 51), 5)
        encoders(20, 50)
        return
    from neurosim.boltzmann.likelihood import annealing_betas

    started = time.perf_counter()
    records = learning(60_000, 256) + annealing(500, 100, annealing_betas(), 20) + encoders(1000, 4000)
    print(f"wrote {write('boltzmann', records)} after {time.perf_counter() - started:.0f} s")
