"""A taxonomy on a map: the minimal spanning tree of 32 items can be read from where they lie.

After T. Kohonen, "Clustering, taxonomy, and topological maps of patterns", Proceedings of the 6th International
Conference on Pattern Recognition, 114-128 (1982). The items A to Z and 1 to 6 have five attributes each; their minimal
spanning tree is a trunk with branches. On a hexagonal map of 7 x 10 units, which knows nothing of trees, neighbours in
the tree lie side by side, so that branches show as rows of letters.

The paper's table was put together again from memory and gives the published tree as remembered; the paper was not at
hand. It trains item by item, as the map of the figure; the claims are also made for maps that are trained in batches.
The paper prints no number for the agreement of tree and map: ours is the distance on the map of items that the tree
joins.
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_taxonomy
from neurosim.som import SOM
from neurosim.som.plot_maps import spanning_tree

GRID = (7, 10)


def trained(seed, algorithm="batch", effort=1.0):
    """Return a map of the items from random weights: 60 epochs in batches, or 10 000 single items."""
    som = SOM(
        GRID,
        lattice="hexagonal",
        algorithm=algorithm,
        sigma=(5, 0.5),
        learning_rate=(0.5, 0.02),
        epochs=int(60 * effort),
        steps=int(10_000 * effort) if algorithm == "online" else None,
        init="random",
        random_state=seed,
    )
    return som.fit(load_taxonomy().data)


def on_the_map(som, tree):
    """Return the map distances of items joined by the tree, of all pairs, and the number of units that have items."""
    units = som.predict(load_taxonomy().data)
    apart = np.array([[som.topology.distance(u, v) for v in units] for u in units])
    return apart[tree.row, tree.col], apart[np.triu_indices(len(units), 1)], len(np.unique(units))


@plotting.style()
def draw(effort):
    """Draw the table of attributes, and the tree on the map."""
    taxonomy = load_taxonomy()
    figure = plotting.figure(9.6, 3.2)
    table, tree = figure.subplots(1, 2, width_ratios=(1.15, 1))
    table.imshow(taxonomy.data.T, cmap="Blues", vmin=0, vmax=12, aspect="auto")
    for (item, attribute), value in np.ndenumerate(taxonomy.data):
        table.text(item, attribute, f"{value:.0f}", fontsize=7, ha="center", va="center")
    table.set_xticks(range(32), labels=taxonomy.target_names, fontsize=7)
    table.set_yticks(range(5), labels=[f"$a_{i}$" for i in range(1, 6)])
    table.tick_params(length=0)
    table.set(xlabel="item", title="the items’ attributes")
    table.set_box_aspect(0.45)
    spanning_tree(trained(7, "online", effort), taxonomy.data, taxonomy.target_names, ax=tree)
    tree.set_title("minimal spanning tree, drawn on the map")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 40 maps in batches and 40 item by item."""
    seeds, effort = (3, 0.1) if fast else (40, 1.0)
    tree = minimum_spanning_tree(squareform(pdist(load_taxonomy().data))).tocoo()
    batch, online = (
        [on_the_map(trained(seed, algorithm, effort), tree) for seed in range(seeds)]
        for algorithm in ("batch", "online")
    )
    reference = "in a reference measurement over 10 maps"
    return draw(effort), [
        Claim(
            "Edges of the minimal spanning tree of the 32 items, all of length 1",
            "31: the published tree, as remembered",
            float(np.sum(np.abs(tree.data - 1) < 1e-12)),
            at_least=31,
            at_most=31,
            source_read=False,
        ),
        *agreement("in batches", batch, reference),
        *agreement("item by item", online, "for maps in batches, as above"),
        Claim(
            f"Units that items win, fewest of {seeds} maps item by item",
            "32: the paper's figure (from memory) has a place for each",
            float(min(count for _, _, count in online)),
            at_least=28,
            source_read=False,
        ),
    ]


def agreement(how, found, reference):
    """Return the claims on the agreement of tree and maps."""
    worst = f"worst of {len(found)} maps trained {how}"
    return [
        Claim(
            f"Map distance of items joined by the tree, {worst}, steps",
            f"1.12 to 1.25 {reference}",
            float(max(edges.mean() for edges, _, _ in found)),
            at_most=1.4,
            source_read=False,
        ),
        Claim(
            f"Mean map distance of all pairs over that of joined items, {worst}",
            f"5.0 over 1.25 {reference}",
            float(min(pairs.mean() / edges.mean() for edges, pairs, _ in found)),
            at_least=3.5,
            source_read=False,
        ),
        Claim(
            f"Share of the tree's edges that join neighbouring units, {worst}",
            f"0.61 to 0.77 {reference}",
            float(min(np.mean(edges < 1.01) for edges, _, _ in found)),
            at_least=0.55,
            source_read=False,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
