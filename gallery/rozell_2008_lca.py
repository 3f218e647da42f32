"""The locally competitive algorithm: units that inhibit each other settle on a sparse code.

Each unit integrates how much the image resembles its field, and is inhibited by the active units as much as their
fields overlap with its own. Units below the threshold are silent. With the soft threshold the circuit settles at the
least cost of the l1 penalty, the one that algorithms without neurons find (here FISTA, and coordinate descent); with
the hard one it comes to rest at codes with fewer active units, in a minimum that depends on where it started.

The fields are 128 atoms for patches of 8 x 8 pixels, twice as many as pixels, learned from whitened dead leaves, which
need no file; the images are patches of other leaves.

C. J. Rozell, D. H. Johnson, R. G. Baraniuk, B. A. Olshausen, "Sparse coding via thresholding and local competition in
neural circuits", Neural Computation 20:2526-2563 (2008), was not at hand: a time constant of 10 ms is from memory, and
the bars are ours.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets.natural import make_dead_leaves, sample_patches
from neurosim.v1 import SparseCoding
from neurosim.v1.sparse_inference import LCA, sparse_codes
from neurosim.v1.whitening import whiten

SIDE, ALPHA, TAU, STEP = 8, 0.6, 0.01, 0.001


def patches(count, seed):
    """Return patches of whitened dead leaves, of variance 1."""
    leaves = make_dead_leaves((128, 128), 6, random_state=seed)
    white = whiten(leaves.data.reshape(-1, *leaves.shape), variance=1)
    return sample_patches(white, SIDE, count, random_state=seed)


def cost(x, codes, atoms):
    """Return what every sample costs with the l1 penalty."""
    return ((x - codes @ atoms) ** 2).sum(axis=1) / 2 + ALPHA * np.abs(codes).sum(axis=1)


@plotting.style()
def draw(run, gaps, counts, best):
    """Draw the potentials of one image's circuit, how the costs fall, and how many units are active."""
    figure = plotting.figure(10.2, 3.4)
    potentials, falling, active = figure.subplots(1, 3)
    time, u = 1000 * run.time, run.potentials[:, 0]
    final = run.outputs[-1, 0] != 0
    show_until = np.searchsorted(time, 100)
    for k in np.flatnonzero(~final):
        potentials.plot(time[:show_until], u[:show_until, k], color="0.75", linewidth=0.5)
    for k in np.flatnonzero(final):
        potentials.plot(time[:show_until], u[:show_until, k], color=plotting.COLOURS[0], linewidth=0.9)
    for sign in (1, -1):
        potentials.axhline(sign * ALPHA, color=plotting.COLOURS[1], linestyle="--", linewidth=1)
    potentials.text(99, ALPHA, "threshold", ha="right", va="bottom", fontsize=7)
    potentials.set(xlabel="time (ms)", ylabel="potential u", title="one image: units active at last are blue")
    bands = np.maximum(np.quantile(gaps, (0.1, 0.5, 0.9), axis=1), 1e-12)
    falling.fill_between(time, bands[0], bands[2], color=plotting.COLOURS[0], alpha=0.25, label="80 % of the images")
    falling.plot(time, bands[1], color=plotting.COLOURS[0], label="median")
    falling.axhline(1e-6, color=plotting.INK, linewidth=0.8)
    falling.set(yscale="log", xlabel="time (ms)", ylabel="cost above the least, relative", title="soft threshold")
    falling.set(xlim=(0, 1500), ylim=(1e-9, 10))
    falling.legend()
    for (name, count), colour, dash in zip(counts.items(), plotting.COLOURS, ("-", "--"), strict=False):
        active.plot(time[:show_until], count[:show_until], dash, color=colour, label=f"{name} threshold")
    active.axhline(best, color=plotting.INK, linewidth=0.8)
    active.text(99, best, "FISTA", ha="right", va="bottom", fontsize=7)
    active.set(xlabel="time (ms)", ylabel="active units, mean", title="how many of 128 are active", ylim=(0, None))
    active.legend()
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    count, duration = (4, 0.3) if fast else (40, 4.0)
    coder = SparseCoding(128, alpha=ALPHA, batch_size=100, n_iter=1 if fast else 10, random_state=0)
    atoms = coder.fit(patches(2000 if fast else 20_000, 0)).components_
    x = patches(count, 1)
    x = x[np.linalg.norm(x, axis=1) > 4]  # patches within one leaf hold next to nothing
    how = {"alpha": ALPHA, "tol": 1e-11, "max_iter": 1_000_000}
    codes = {solver: sparse_codes(x, atoms, solver=solver, **how) for solver in ("cd", "fista")}
    least = cost(x, codes["fista"], atoms)
    run = LCA(atoms, alpha=ALPHA, tau=TAU, step=STEP).run(x, duration=duration)
    hard = LCA(atoms, alpha=ALPHA, threshold="hard", tau=TAU, step=STEP).run(x, duration=duration)
    gaps = run.objective / least - 1
    counts = {name: (r.outputs != 0).sum(axis=2).mean(axis=1) for name, r in (("soft", run), ("hard", hard))}
    errors = [((x - r.outputs[-1] @ atoms) ** 2).sum() / (x**2).sum() for r in (run, hard)]
    settled = 1000 * run.time[(gaps > 0.01).sum(axis=0).max()]
    best = float((np.abs(codes["fista"]) > 1e-7).sum(axis=1).mean())
    unread = {"source_read": False}
    ours = "the same minimum; no number known to us"
    return draw(run, gaps, counts, best), [
        Claim("Largest relative difference of the circuit's cost from FISTA's", ours, np.abs(gaps[-1]).max(),
              at_most=1e-6, **unread),
        Claim("The same for coordinate descent", ours, np.abs(cost(x, codes["cd"], atoms) / least - 1).max(),
              at_most=1e-6, **unread),
        Claim("Largest difference of an output from FISTA's code", ours, np.abs(run.outputs[-1] - codes["fista"]).max(),
              at_most=0.01, **unread),
        Claim("Time after which the cost of every image is within 1 % of the least (ms)",
              "some time constants of 10 ms", settled, at_most=200, **unread),
        Claim("Active units with the hard threshold over those with the soft one", "below 1 for one threshold",
              counts["hard"][-1] / counts["soft"][-1], at_most=1, **unread),
        Claim("Squared error with the hard threshold over that with the soft one", "below 1: no shrinkage",
              errors[1] / errors[0], at_most=1, **unread),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
