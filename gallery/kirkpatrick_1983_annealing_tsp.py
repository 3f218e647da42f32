"""Annealing a tour: the way between clumps freezes first, the way within them last.

400 cities in nine clumps, and a tour in equilibrium at four temperatures, as in a well-known figure of the paper: the
hottest wanders all over the plane; as it cools, first the way from clump to clump becomes short, then the ways within
them. Lengths are in units of the side of the square over the root of the number of cities. Paths are reversed (2-opt)
as in the paper, and short segments moved (Or-opt).

S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing", Science 220:671-680 (1983). The text
was not at hand: that it has 400 cities in nine clumps, the temperatures and the cooling (from T = 10, times 0.9) are
from memory, and its cities are not ours, so that lengths cannot be compared. From memory too is 0.7124 (1 + 0.33 / n),
the expected length of the shortest tour of n random cities on a torus of area A over sqrt(n A) (Percus & Martin 1996).
The perimeter of a polygon is exact, and so is that a tour goes from clump to clump nine times at least.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.ising import Cities, anneal_tour

SHOWN, COLD, CLUMPS = (1.2, 0.8, 0.4), 0.01, 9


def clumps(n, seed):
    """Return n cities in nine square clumps, in units of the side of the whole square over the root of n, and whose."""
    rng = np.random.default_rng(seed)
    clump = np.arange(n) % CLUMPS
    corners = np.stack([clump % 3, clump // 3], axis=1)
    places = (2 * corners + rng.random((n, 2))) / 5 * np.sqrt(n)
    return Cities.from_coordinates(places, name="nine clumps"), clump


def between_clumps(cities, clump, tours):
    """Return how many steps of the tours lead from clump to clump, and how long they are together, means a tour."""
    steps = tours, np.roll(tours, -1, axis=1)
    leaves = clump[steps[0]] != clump[steps[1]]
    return leaves.sum(axis=1).mean(), (cities.distances[steps] * leaves).sum(axis=1).mean()


def cooled(cities, clump, sweeps, reads):
    """Cool from T = 10 by tenths, staying longer at `SHOWN`; return rows and tours.

    A row is (T, mean length, steps between clumps, their length); the tours are the first read's at `SHOWN` and the
    best when cold.
    """
    temperatures = sorted({*(10 * 0.9 ** np.arange(66)), *SHOWN, COLD}, reverse=True)
    tours, rows, shown = "random", [], []
    for key, temperature in enumerate(temperatures):
        stay = sweeps * (10 if temperature in SHOWN else 1)
        run = anneal_tour(cities, schedule=np.full(stay, temperature), initial=tours, reads=reads, random_state=key)
        tours = run.last_tours
        rows.append((temperature, run.last_lengths.mean(), *between_clumps(cities, clump, tours)))
        if temperature in SHOWN:
            shown.append(tours[0])
    return np.array(rows), [*shown, run.best_tour]


def polygon(n):
    """Return n cities on a circle in a scattered order, and the perimeter of their polygon: the shortest tour."""
    angles = 2 * np.pi * np.random.default_rng(n).permutation(n) / n
    return Cities.from_coordinates(np.stack([np.cos(angles), np.sin(angles)], axis=1)), 2 * n * np.sin(np.pi / n)


def torus(n, seed):
    """Return n random cities on a torus of area 1."""
    places = np.random.default_rng(seed).random((n, 2))
    apart = np.abs(places[:, None] - places[None])
    return Cities("torus", places, np.linalg.norm(np.minimum(apart, 1 - apart), axis=2))


@plotting.style()
def draw(cities, clump, rows, tours):
    """Draw the four tours, and the length per city between and within clumps against the temperature."""
    figure = plotting.figure(9.6, 5.4)
    grid = figure.add_gridspec(2, 4, height_ratios=(1.2, 1))
    for k, (tour, temperature) in enumerate(zip(tours, (*SHOWN, COLD), strict=True)):
        ax = plotting.axes(figure.add_subplot(grid[0, k]))
        closed = cities.coordinates[[*tour, tour[0]]]
        ax.plot(*closed.T, color=plotting.COLOURS[0], linewidth=0.7)
        ax.plot(*closed.T, "o", color=plotting.INK, markersize=1.4)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.spines[:].set_visible(False)
        steps, _ = between_clumps(cities, clump, tour[None])
        ax.set_title(f"$T$ = {temperature:g}\n{steps:.0f} steps between clumps")
    ax = plotting.axes(figure.add_subplot(grid[1, :]))
    temperatures, lengths, _, outside = rows.T
    for values, label in ((lengths - outside, "within clumps"), (outside, "between clumps")):
        ax.loglog(temperatures, values / cities.n_cities, "o-", markersize=2.5, label=label)
    ax.set(xlabel="temperature $T$ (units of length)", ylabel="length per city", xlim=(COLD, 10))
    for axis, ticks in ((ax.xaxis, [0.01, 0.1, 0.4, 0.8, 1.2, 10]), (ax.yaxis, [0.1, 0.3, 1, 3, 10])):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.legend(loc="upper left")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 8 reads of 400 cities, 40 tori of 100 cities."""
    n, sweeps, reads, tori, round_city = (90, 10, 2, 2, 20) if fast else (400, 100, 8, 40, 200)
    cities, clump = clumps(n, 1983)
    rows, tours = cooled(cities, clump, sweeps, reads)
    steps = {temperature: crossings for temperature, _, crossings, _ in rows}
    within = {temperature: length - outside for temperature, length, _, outside in rows}
    circle, perimeter = polygon(round_city)
    ring = anneal_tour(circle, random_state=1)
    on_torus = [torus(round_city // 2, seed) for seed in range(tori)]
    ratio = np.mean([anneal_tour(c, random_state=1).best_length for c in on_torus]) / np.sqrt(round_city // 2)
    expected = 0.7124 * (1 + 0.33 / (round_city // 2))
    none, crossings = "no published number", f"Steps from clump to clump, mean of {reads} tours"
    (hot, _, mild), memory = SHOWN, "the figure, from memory"
    return draw(cities, clump, rows, tours), [
        Claim(f"{crossings} at T = 10", f"{n * 8 / 9:.0f} in random order: exact", steps[10.0], n / 4, n * 8 / 9),
        Claim(f"{crossings} at T = {hot}", f"more than needed: {memory}", steps[hot], 14, source_read=False),
        Claim(f"{crossings} at T = {mild}", f"9, which are needed: {memory}", steps[mild], 9, 13, source_read=False),
        Claim(f"Length within clumps at T = {mild} over that at {COLD}", none, within[mild] / within[COLD], 1.4),
        Claim(
            f"{round_city} cities on a circle: length of the tour over the perimeter of the polygon",
            "1: exact",
            ring.best_length / perimeter,
            1 - 1e-9,
            1 + 1e-9,
        ),
        Claim(
            f"{round_city // 2} random cities on a torus, mean of {tori}: length over sqrt(n A)",
            f"{expected:.4f}: 0.7124 (1 + 0.33 / n), from memory",
            ratio,
            0.985 * expected,
            1.015 * expected,
            source_read=False,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
