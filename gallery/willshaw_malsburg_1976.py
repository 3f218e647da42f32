"""A map of one sheet of cells on another that orders itself, and the markers that say which way round.

At first every presynaptic cell has a synapse of random strength on every postsynaptic cell. Small spots light up at
random places of the presynaptic sheet; synapses between active cells grow, and each postsynaptic cell keeps its sum.
Four stronger synapses, the polarity markers, decide which way round the map comes to lie. Wrong markers give a wrong
map that is as good, crossed ones none that fits, and without them patches of order meet that do not go together.

D. J. Willshaw, C. von der Malsburg, "How patterned neural connections can be set up by self-organization", Proceedings
of the Royal Society of London B 194:431-445 (1976). The model is told from memory, its constants are ours: 6 x 6 cells
on each sheet. No value or figure was compared with the paper; what is measured are correlations of places, see
`neurosim.som.willshaw_malsburg1976.RetinotopicOrder`.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.som.plot_cortex import retinotopic_net
from neurosim.som.willshaw_malsburg1976 import WillshawMalsburg1976

TIMES = (100, 200, 500, 1000, 2000, 5000, 15000)
SHOWN = (500, 2000, 15000)
CASES = {
    "upright": "upright markers",
    "rotated 90": "turned markers",
    "mirrored": "mirrored markers",
    None: "no markers",
    "twisted": "crossed markers",
}


def organised(markers, seeds, times):
    """Let projections organise themselves; return their orders, (1 + times) lists, and the first one at each time."""
    nets = [WillshawMalsburg1976(markers=markers, random_state=seed) for seed in range(seeds)]
    orders, shown = [[net.order() for net in nets]], [copy_of(nets[0])]
    for before, now in zip((0, *times), times, strict=False):
        orders.append(WillshawMalsburg1976.present_all(nets, now - before))
        shown.append(copy_of(nets[0]))
    return orders, shown


def copy_of(net):
    """Return the same projection again."""
    return WillshawMalsburg1976.from_parts(*net.to_parts())


def mean(orders, name):
    """Return the mean of a measure over the projections of a list."""
    return float(np.mean([getattr(order, name) for order in orders]))


@plotting.style()
def draw(runs, times):
    """Draw an upright map as it forms, the other cases at the end, and the agreement of all against time."""
    figure = plotting.figure(9.6, 4.8)
    above, below = figure.subplots(2, 4)
    chosen = [0, *(1 + times.index(n) for n in (SHOWN if set(SHOWN) <= set(times) else times[-3:]))]
    for ax, at in zip(above, chosen, strict=True):
        retinotopic_net(runs["upright"][1][at], ax=ax)
        ax.set_title(f"after {times[at - 1]:,} spots" if at else "upright markers, before")
    for ax, case in zip(below, ("rotated 90", None, "twisted"), strict=False):
        retinotopic_net(runs[case][1][-1], ax=ax)
        ax.set_title(CASES[case])
    curve = below[3]
    for style, (case, (orders, _)) in zip(("o-", "s-", "^--", "D:", "v:"), runs.items(), strict=True):
        curve.plot((50, *times), [mean(o, "agreement") for o in orders], style, markersize=3.5, label=CASES[case])
    curve.set_xscale("log")
    curve.set_xticks((50, 1000, 10000), ("0", "1,000", "10,000"))
    curve.minorticks_off()
    curve.set(ylim=(0, 1.02), xlabel="spots", ylabel="agreement with the best map")
    curve.legend(fontsize=7)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure of the first projections, and the claims of 16 in each case."""
    seeds, times = (2, (100, 500, 2000)) if fast else (16, TIMES)
    runs = {case: organised(case, seeds, times) for case in CASES}
    last = {case: orders[-1] for case, (orders, _) in runs.items()}
    first, upright, none, said = runs["upright"][0][0], last["upright"], last[None], f"mean of {seeds}"
    followed = np.mean([order.orientation == case for case in ("rotated 90", "mirrored") for order in last[case]])
    right = np.mean([order.orientation == "upright" for order in none])
    rows = [
        (f"Upright markers: correlation with the upright map at first, {said}", mean(first, "upright"), None, 0.3),
        (f"The same at the end, after {times[-1]:,} spots", mean(upright, "upright"), 0.95, None),
        ("The same, least of all", min(order.upright for order in upright), 0.9, None),
        ("Distance of neighbours' fields over that of any two, at first", mean(first, "step"), 0.9, None),
        ("The same at the end", mean(upright, "step"), None, 0.35),
        ("Radius of a cell's field at the end, in steps (2.4 at first)", mean(upright, "field_size"), 1, 1.4),
        ("Turned or mirrored markers: share of maps that follow them", followed, 1, None),
        ("The same: agreement with the turned or mirrored map", mean([*last["rotated 90"], *last["mirrored"]],
                                                                     "agreement"), 0.95, None),
        ("No markers: share of maps that come to lie upright (1/8 by chance)", right, None, 0.5),
        ("No markers: agreement with the best of eight maps", mean(none, "agreement"), 0.4, 0.85),
        ("No markers: distance of neighbours' fields over that of any two, since patches do order",
         mean(none, "step"), None, 0.5),
        ("Crossed markers: agreement with the best of eight maps", mean(last["twisted"], "agreement"), None, 0.75),
    ]  # fmt: skip
    own = "no value: measured by us"
    return draw(runs, times), [Claim(text, own, float(v), low, high, source_read=False) for text, v, low, high in rows]


if __name__ == "__main__":
    show(__file__, *main())
