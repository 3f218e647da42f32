"""The heat illusion: a touch of cold that is taken away feels warm.

Net (e) of the figure: a receptor for heat, 1, and one for cold, 2; cell 3 is the sensation of heat and cell 4 that of
cold. Cold for one tick is felt as heat three ticks later and never as cold; cold that lasts is felt as cold. The
sentence N3(t) = N1(t-1) v [N2(t-3) . ~N2(t-2)] says more: heat is felt after the end of any cold, however long it was.

W. S. McCulloch, W. Pitts, "A logical calculus of the ideas immanent in nervous activity", Bulletin of Mathematical
Biophysics 5:115-133 (1943), figure 1e. The figure shows the net and four stimuli; the claims are about all pairs of
stimuli of six ticks.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.mcculloch_pitts import all_histories, figure1
from neurosim.mcculloch_pitts.plot import circuit, raster

HEAT, COLD, WARM, COOL = "1", "2", "3", "4"  # the receptors and the sensations
TICKS, SHOWN = 6, 7


def stimulus(name: str, ticks: int) -> dict[str, list[int]]:
    """Return one receptor active for some ticks from t = 0 on."""
    return {name: [1] * ticks + [0] * (SHOWN - ticks)}


def felt(ticks: int, sensation: str) -> list[int]:
    """Return when a sensation occurs after cold for some ticks."""
    return [int(t) for t in np.flatnonzero(figure1("e").run(stimulus(COLD, ticks))[sensation])]


def agreement(ticks: int) -> tuple[float, int]:
    """Return the share of pairs of histories on which both sensations are as the sentences say, and how many pairs."""
    histories = all_histories(2, ticks)
    run = figure1("e").run(histories)
    before = np.pad(histories.unpack(), ((0, 0), (3, 1), (0, 0)))
    heat, cold = ([before[:, 3 - k : 4 + ticks - k, i] for k in range(4)] for i in (0, 1))  # k ticks ago
    warm, cool = heat[1] | cold[3] & ~cold[2], cold[2] & cold[1]
    right = (run[WARM] == warm).all(axis=1) & (run[COOL] == cool).all(axis=1)
    return float(right.mean()), len(right)


@plotting.style()
def draw() -> Figure:
    """Draw the net and what it does with four stimuli."""
    figure = plotting.figure(8.4, 5.0)
    net = figure1("e")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.9, 3.1)).flat
    circuit(net, ax=above.add_subplot())
    stimuli = [(COLD, 1, "cold for one tick"), (COLD, 2, "cold for two ticks"), (COLD, 3, "cold for three ticks")]
    places = below.subplots(2, 2, sharex=True).flat
    names = {HEAT: "heat receptor 1", COLD: "cold receptor 2", WARM: "feels hot 3", COOL: "feels cold 4"}
    for ax, (receptor, ticks, title) in zip(places, [*stimuli, (HEAT, 1, "heat for one tick")], strict=True):
        raster(net.run(stimulus(receptor, ticks)), list(names), net=net, ax=ax)
        ax.set_yticks(range(4), labels=list(names.values()))
        ax.set_title(title)
        ax.label_outer()
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: all 4096 pairs of stimuli of six ticks."""
    share, pairs = agreement(3 if fast else TICKS)
    one_tick = felt(1, WARM)
    return draw(), [
        Claim(f"Share of all {pairs} pairs of stimuli on which both sensations are as the sentences say",
              "1: N3(t) = N1(t-1) v [N2(t-3) . ~N2(t-2)], N4(t) = N2(t-2) . N2(t-1)", share, at_least=1),
        Claim("Cold for one tick at t = 0: time of the only sensation of heat",
              "3: from the sentence", one_tick[0] if len(one_tick) == 1 else -1, at_least=3, at_most=3),
        Claim("Cold for one tick: sensations of cold", "0: from the sentence", len(felt(1, COOL)), at_most=0),
        Claim("Cold for two ticks: first sensation of cold", "2: from the sentence",
              felt(2, COOL)[0], at_least=2, at_most=2),
        Claim("Cold for three ticks: time of the heat felt after its end", "5: from the sentence; not in the paper",
              felt(3, WARM)[0], at_least=5, at_most=5),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
