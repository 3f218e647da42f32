"""The nine nets of McCulloch and Pitts's figure 1 do what their caption says.

Each net is run on all input histories of six ticks at once, 64 of them in a word, and its output cells are compared
with the sentences of the caption, written down here independently of the library. A cell fires when two synapses are
excited, and a single active inhibitory synapse stops it.

W. S. McCulloch, W. Pitts, "A logical calculus of the ideas immanent in nervous activity", Bulletin of Mathematical
Biophysics 5:115-133 (1943), figure 1. In the captions v is "or", a dot "and", ~ "not". Net (f) replaces relative
inhibition, which is checked too, by absolute inhibition, and (g) extinction; the wiring of these two is our own.
"""

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.mcculloch_pitts import all_histories, figure1
from neurosim.mcculloch_pitts.plot import circuit

STEPS = 6


def past(fired: np.ndarray, ticks: int) -> np.ndarray:
    """Return what was `ticks` ago, (histories, t); before t = 0 nothing fired."""
    return np.pad(fired, ((0, 0), (ticks, 0)))[:, : fired.shape[1]]


def ever(fired: np.ndarray) -> np.ndarray:
    """Return whether a thing has happened by now."""
    return np.logical_or.accumulate(fired, axis=1)


def two_of_three(n1: np.ndarray, n2: np.ndarray, n3: np.ndarray, t: int) -> np.ndarray:
    """Return the sentence of net (f) with all constituents t ticks ago."""
    n1, n2, n3 = (past(n, t) for n in (n1, n2, n3))
    return ~n1 & (n2 | n3) | n1 & n2 & n3


# what each output says, from the firing of the inputs 1, 2, 3
CAPTIONS: dict[str, dict[str, Callable[..., np.ndarray]]] = {
    "a": {"2": lambda n1: past(n1, 1)},
    "b": {"3": lambda n1, n2: past(n1, 1) | past(n2, 1)},
    "c": {"3": lambda n1, n2: past(n1, 1) & past(n2, 1)},
    "d": {"3": lambda n1, n2: past(n1, 1) & ~past(n2, 1)},
    "e": {
        "3": lambda n1, n2: past(n1, 1) | past(n2, 3) & ~past(n2, 2),
        "4": lambda n1, n2: past(n2, 2) & past(n2, 1),
    },
    "f_relative": {"4": lambda n1, n2, n3: two_of_three(n1, n2, n3, 1)},
    "f": {"4": lambda n1, n2, n3: two_of_three(n1, n2, n3, 2)},
    "g": {"3": lambda n1, n2: past(n2, 2) & ~past(n1, 3)},
    "h": {"2": lambda n1: past(n1, 1) & past(n1, 2)},
    "i": {"3": lambda n1, n2: past(n2, 1) | past(n1, 1) & past(ever(n1 & n2), 1)},
}


def agreement(letter: str, steps: int) -> float:
    """Return the share of all histories of `steps` ticks on which a net and its caption agree at all times."""
    net = figure1(letter)
    histories = all_histories(len(net.inputs), steps)
    run = net.run(histories, record="outputs")
    fired = np.pad(histories.unpack(), ((0, 0), (0, 1), (0, 0)))  # silent at the last tick of the run
    inputs = np.moveaxis(fired, -1, 0)
    said = {name: sentence(*inputs) for name, sentence in CAPTIONS[letter].items()}
    return float(np.mean([(run[name] == said[name]).all(axis=1) for name in net.outputs]))


@plotting.style()
def draw() -> Figure:
    """Draw the nine circuits on one page, each with its caption."""
    figure = plotting.figure(9.6, 4.9)
    places = figure.subplots(3, 3, height_ratios=(0.75, 1.25, 1.2)).flat
    for letter, ax in zip("abcdefghi", places, strict=True):
        net = figure1(letter)
        circuit(net, legend=letter == "d", ax=ax)
        caption = "\n".join(plotting.fold(note, 220, plotting.SMALL) for note in net.notes)
        ax.set_title(f"({letter})  {caption}", fontsize=plotting.SMALL)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: all histories of six ticks, at most 262,144."""
    steps = 3 if fast else STEPS
    return draw(), [
        Claim(
            f"Net ({letter.replace('_', ', ')}): share of all {steps}-tick histories on which it does what it should",
            f"1: figure 1, {'; '.join(figure1(letter).notes)}",
            agreement(letter, steps),
            at_least=1,
        )
        for letter in CAPTIONS
    ]


if __name__ == "__main__":
    show(__file__, *main())
