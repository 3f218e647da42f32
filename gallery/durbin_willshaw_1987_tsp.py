"""A rubber ring pulled out to a short tour: the elastic net, and maps on a ring.

The elastic net of Durbin and Willshaw (alpha = 0.2, beta = 2, K from 0.2 to 0.01 of the side of the square, 2.5 units
a city) on ten sets of 50 random cities. The ring is drawn while the cities' reach K falls. Below how much longer its
tours are than the best of 40 local optima of 2-opt from random tours, beside Kohonen's map on a ring and the growing
ring of Angéniol et al., each with three seeds (the net gives the same tour for all), and beside annealing with Or-opt.
The same for three problems of TSPLIB, whose shortest tours are known.

R. Durbin, D. Willshaw, "An analogue approach to the travelling salesman problem using an elastic net method", Nature
326:689-691 (1987); B. Angéniol, G. de La Croix Vaubois, J.-Y. Le Texier, "Self-organizing feature maps and the
travelling salesman problem", Neural Networks 1:289-293 (1988). Neither text was at hand: rules and parameters are from
memory, and the cities are not theirs. A reference measurement by a separate program found the net 3.9, 1.1 and 4.2 %
above 2-opt on three such sets, and a ring 4.4, 0.1 and 3.9 %.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets.store import find
from neurosim.ising import Cities, anneal_tour
from neurosim.ising.tsplib import read_tsplib
from neurosim.som import plot_rings
from neurosim.som.elastic_net import DurbinWillshawNet
from neurosim.som.ring import GrowingRing, RingMap

KINDS = {"elastic net": DurbinWillshawNet, "ring map": RingMap, "growing ring": GrowingRing}
MARKS = {"elastic net": "o", "ring map": "s", "growing ring": "^"}
SHORTEST = {"eil51": 426, "berlin52": 7542, "att48": 10628}  # of TSPLIB
SHOWN, SEEDS = (1, 120, 200, 298), 3


def random_set(seed, n):
    """Return n random cities in the unit square."""
    return Cities.from_coordinates(np.random.default_rng(seed).random((n, 2)), name=f"set {seed}")


def known():
    """Return the problems of TSPLIB that are in the data folder."""
    found = {name: find(f"tsplib/{name}.tsp") for name in SHORTEST}
    return {name: read_tsplib(path) for name, path in found.items() if path}


def best_of_2opt(cities):
    """Return the length of the best of 40 tours that no reversal shortens, from random tours."""
    sweeps = np.zeros(2000)
    return anneal_tour(
        cities, schedule=sweeps, moves=("2-opt",), initial="random", reads=40, random_state=1
    ).best_length


def excess(cities, best):
    """Return by how many per cent the tours of each kind of ring are longer than `best`, one number a seed."""
    seeds = {name: 1 if name == "elastic net" else SEEDS for name in KINDS}
    return {
        name: np.array([100 * (kind(random_state=seed).tour(cities).length / best - 1) for seed in range(seeds[name])])
        for name, kind in KINDS.items()
    }


def against_gradient(cities, k=0.1):
    """Return the largest difference of a step from -K times the energy's gradient, over the largest step."""
    net = DurbinWillshawNet(k=(k, k), steps_per_k=1, random_state=1)
    *_, before, after = net.tour(cities, snapshots=2).snapshots
    places, corner = cities.coordinates, cities.coordinates.min(axis=0)
    side = np.ptp(places, axis=0).max()
    places, before, after = ((p - corner) / side for p in (places, before, after))
    gradient, small = np.zeros_like(before), 1e-5
    for place in np.ndindex(*before.shape):
        moved = [before.copy(), before.copy()]
        for net_, step in zip(moved, (small, -small), strict=True):
            net_[place] += step
        gradient[place] = (net.energy(moved[0], places, k) - net.energy(moved[1], places, k)) / (2 * small)
    step = after - before
    return np.abs(step + k * gradient).max() / np.abs(step).max()


@plotting.style()
def draw(cities, found, annealed):
    """Draw the net at four times, and the excess lengths on all sets."""
    figure = plotting.figure(9.6, 4.9)
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    result = DurbinWillshawNet(random_state=0).tour(cities, snapshots=len(DurbinWillshawNet().schedule()) + 1)
    for ax, stage in zip(above.subplots(1, 5), (*SHOWN, None), strict=True):
        if stage is None:
            plot_rings.tour(cities, result, ax=ax)
            ax.set_title(f"tour: length {result.length:.3f}")
        else:
            plot_rings.net(cities, result.snapshots[stage], ax=ax)
            ax.set_title(f"$K$ = {result.history['k'][stage - 1]:.3f}")
        ax.set_box_aspect(1)
    ax = plotting.axes(below.subplots())
    for shift, (name, mark) in zip((-0.2, 0, 0.2), MARKS.items(), strict=True):
        x, y = zip(*((i + shift, e) for i, row in enumerate(found.values()) for e in row[name]), strict=True)
        ax.plot(x, y, mark, markersize=4, label=name, clip_on=False)
    ax.plot(np.arange(len(annealed)), annealed, "_", color=plotting.INK, markersize=22, label="annealing with Or-opt")
    ax.axhline(0, color=plotting.OUTLINE, linewidth=0.8, zorder=0)
    ax.set_xticks(range(len(found)), [str(name).replace("set ", "") for name in found])
    sets = sum(name.startswith("set") for name in found)
    ax.axvline(sets - 0.5, color=plotting.OUTLINE, linewidth=0.8, zorder=0)
    ax.set(xlabel="set of 50 random cities, and problems of TSPLIB", xlim=(-0.5, len(found) - 0.5))
    ax.set_ylabel("longer than best of 40 2-opt tours,\non TSPLIB than the shortest (%)")
    ax.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.22))
    return figure


def compare(found, sets):
    """Return the claims; problems of `found` that are not among the random sets are TSPLIB's."""
    said = f"on {len(sets)} sets of {sets['set 0'].n_cities} random cities: % above the best of 40 2-opt tours"
    none = "no published number"
    others = {
        "elastic net": "3.9, 1.1 and 4.2 on three sets: reference measurement",
        "ring map": "4.4, 0.1 and 3.9 on three sets: reference measurement",
        "growing ring": none,
    }
    claims = [
        Claim(
            "Elastic net: largest difference of a step from -K times the gradient of the energy, over the largest step",
            "0: the rule's derivation",
            against_gradient(sets["set 0"]),
            at_most=1e-6,
            source_read=False,
        )
    ]
    bars = {"elastic net": (4, 7.5), "ring map": (4, 9), "growing ring": (4, 14)}
    for name, (median, worst) in bars.items():
        per_set = np.array([found[key][name] for key in sets])
        claims += [
            Claim(
                f"{name.capitalize()}, median {said}",
                others[name],
                np.median(per_set),
                at_most=median,
                source_read=False,
            ),
            Claim(f"{name.capitalize()}, worst {said}", others[name], per_set.max(), at_most=worst, source_read=False),
        ]
    for name in (name for name in SHORTEST if name in found):
        value = found[name]["elastic net"][0]
        claims.append(
            Claim(f"Elastic net on {name}: % above the shortest tour", none, value, 0, 7.5, source_read=False)
        )
    return claims


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: ten sets of 50 cities, three problems of TSPLIB where the data are."""
    sets = {f"set {seed}": random_set(seed, 12 if fast else 50) for seed in range(2 if fast else 10)}
    problems = {} if fast else known()
    best = {name: best_of_2opt(cities) for name, cities in sets.items()} | {name: SHORTEST[name] for name in problems}
    found = {name: excess(cities, best[name]) for name, cities in (sets | problems).items()}
    annealed = [
        100 * (anneal_tour(cities, sweeps=1000, random_state=1).best_length / best[name] - 1)
        for name, cities in (sets | problems).items()
    ]
    return draw(sets["set 0"], found, annealed), compare(found, sets)


if __name__ == "__main__":
    show(__file__, *main())
