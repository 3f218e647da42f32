"""Semantic maps: animals order by what they are like, words by what stands beside them.

After H. Ritter, T. Kohonen, "Self-organizing semantic maps", Biological Cybernetics 61:241-254 (1989). A symbol says
nothing about its meaning: the codes of all symbols are equally far apart. Trained on symbols together with their
attributes, or their contexts, a map brings symbols of like meaning together.

Animals: 16 symbols (length 0.2) with 13 attributes (length 1); 2000 presentations on a map of 10 x 10 units. A unit is
labelled by the symbol that it answers most when the symbol is shown without its attributes.
Words: 30 words with random codes of 7 numbers, with the mean code of the words before and after them in 10 000
sentences of three words; 2000 presentations on 10 x 15 units. A unit is labelled by the word whose whole input is
nearest.

The table of the animals was checked against another copy of it, the paper itself was not at hand; grid, presentations,
words and sentences are from memory. As controls the maps are also trained on the symbols alone.
"""

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_animals
from neurosim.som import SOM
from neurosim.som.plot_maps import symbols
from neurosim.som.semantic import (
    SymbolMap,
    context_averages,
    regions,
    semantic_patterns,
    symbol_map,
    three_word_sentences,
)

BIRDS, CODE = 7, 7  # the first seven animals; numbers in the code of a word


def trained(x, grid, seed, steps):
    """Train a map online from small random weights, the neighbourhood shrinking from half its side to half a step."""
    start = np.random.default_rng(seed).uniform(0, 0.1, (grid[0] * grid[1], x.shape[1]))
    som = SOM(
        grid,
        algorithm="online",
        sigma=(max(grid) / 2, 0.5),
        learning_rate=(0.8, 0.05),
        learning_rate_decay="exponential",
        steps=steps,
        init=start,
        random_state=seed,
    )
    return som.fit(x)


def animals(seed, steps, attributes=True):
    """Return a map of the animals and where they are on it."""
    x = semantic_patterns(load_animals().data)
    x[:, 16:] *= attributes
    som = trained(x, (10, 10), seed, steps)
    return som, symbol_map(som, x)


def words(seed, steps, contexts=True):
    """Return a map of words, where they are on it, and the words and their classes."""
    sentences, names, classes = three_word_sentences(10_000, random_state=seed)
    codes = np.random.default_rng(seed).normal(size=(len(names), CODE))
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    x = np.hstack([0.2 * codes, contexts * context_averages(sentences, codes)])
    som = trained(x, (10, 15), seed, steps)
    return som, SymbolMap(som.distances(x).argmin(axis=0), som.predict(x)), names, classes


def parts(som, found, classes):
    """Return the number of connected regions of each class."""
    return [regions(som.topology, classes[found.labels] == number) for number in range(classes.max() + 1)]


@plotting.style()
def draw(steps):
    """Draw a map of the animals and one of the words."""
    figure = plotting.figure(11.0, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    names = load_animals().target_names
    symbols(*animals(0, steps), names, np.arange(16) >= BIRDS, class_names=("birds", "mammals"), ax=left)
    left.set_title("animals, by their attributes")
    som, found, names, classes = words(1, steps)
    symbols(som, found, names, classes, class_names=("nouns", "verbs", "adverbs"), ax=right)
    right.set_title("words, by their neighbours in sentences")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 40 maps of the animals, 20 of the words."""
    seeds, steps = (2, 300) if fast else (40, 2000)
    kind = (np.arange(16) >= BIRDS).astype(int)
    beasts = [animals(seed, steps) for seed in range(seeds)]
    whole = [parts(som, found, kind) == [1, 1] for som, found in beasts]
    alone = [parts(*animals(seed, steps, attributes=False), kind) == [1, 1] for seed in range(seeds)]
    texts = [words(seed, steps) for seed in range(seeds // 2)]
    blank = [words(seed, steps, contexts=False) for seed in range(seeds // 2)]
    spread, spread_blank = (
        float(np.mean([sum(parts(som, found, classes)) for som, found, _, classes in maps])) for maps in (texts, blank)
    )
    figure_said = "the paper's figure (from memory), no number"
    return draw(steps), [
        Claim(
            f"Share of {seeds} maps on which birds and mammals are one connected region each",
            f"1: {figure_said}; 10 of 10 in a reference measurement",
            float(np.mean(whole)),
            at_least=1,
            source_read=False,
        ),
        Claim(
            f"Animals with a winner of their own, fewest of {seeds} maps",
            "16: owl and hawk, horse and zebra differ by their symbols alone",
            float(min(len(set(found.winners)) for _, found in beasts)),
            at_least=16,
            source_read=False,
        ),
        Claim(
            "The same share for maps of the symbols alone, without attributes",
            "no number: our control",
            float(np.mean(alone)),
            at_most=0.2,
            source_read=False,
        ),
        Claim(
            f"Connected regions of nouns, verbs and adverbs together, mean of {seeds // 2} maps",
            f"3: {figure_said}",
            spread,
            at_most=4.5,
            source_read=False,
        ),
        Claim(
            "The same for maps of the words' codes alone, without contexts",
            "no number: our control",
            spread_blank,
            at_least=8,
            source_read=False,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
