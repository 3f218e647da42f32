"""Semantic maps (Ritter & Kohonen 1989): symbols that are placed on a map by what goes with them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from neurosim.core import checks, random
from neurosim.core.errors import DataError
from neurosim.som.topology import Topology

if TYPE_CHECKING:
    from neurosim.som.som import SOM

# words of one number may stand for each other; a pattern is a sentence of three such numbers
WORDS = (
    "Bob Jim Mary",
    "horse dog cat",
    "beer water",
    "meat bread",
    "runs walks",
    "works speaks",
    "visits phones",
    "buys sells",
    "likes hates",
    "drinks",
    "eats",
    "much little",
    "fast slowly",
    "often seldom",
    "well poorly",
)
PATTERNS = (
    "0-4-11 0-4-12 0-4-13 0-5-11 0-5-12 0-5-13 0-5-14 0-6-0 0-6-13 0-7-1 0-7-2 0-7-3 0-8-0 0-8-1 0-8-2 0-8-3 0-9-2 "
    "0-9-11 0-9-13 0-10-3 0-10-11 0-10-13 1-4-12 1-4-13 1-8-0 1-8-1 1-8-2 1-8-3 1-9-2 1-9-11 1-9-13 1-10-3 1-10-11 "
    "1-10-13"
)
NOUNS, VERBS = range(4), range(4, 11)


@dataclass(frozen=True)
class SymbolMap:
    """Where the symbols of a semantic map are.

    Parameters
    ----------
    labels : (units,) of int
        The symbol that each unit answers most when the symbol is shown alone, without its attributes.
    winners : (symbols,) of int
        The best-matching unit of each symbol shown with its attributes.
    """

    labels: np.ndarray
    winners: np.ndarray


def semantic_patterns(attributes: Any, *, symbol: float = 0.2) -> np.ndarray:
    """Join every item's symbol and its attributes.

    Parameters
    ----------
    attributes : (items, attributes)
        One item a row, none without attributes; every row is scaled to length 1.
    symbol : float >= 0, default 0.2
        Length of the symbol part, one dimension for each item. It is small, so that the attributes order the map and
        the symbols only tell items apart.

    Returns
    -------
    (items, items + attributes) float64
        Symbols first.

    References
    ----------
    H. Ritter, T. Kohonen, "Self-organizing semantic maps", Biological Cybernetics 61:241-254 (1989).

    Examples
    --------
    >>> from neurosim.datasets import load_animals
    >>> from neurosim.som.semantic import semantic_patterns
    >>> semantic_patterns(load_animals().data).shape
    (16, 29)
    """
    a = np.asarray(attributes, dtype=np.float64)
    checks.number("semantic_patterns", "symbol", symbol, "a number >= 0", least=0)
    if a.ndim != 2 or not np.isfinite(a).all() or not a.any(axis=1).all():
        wanted = "a finite matrix whose rows are not zero"
        raise DataError(f"semantic_patterns: attributes have shape {a.shape}; wanted {wanted}")
    return np.hstack([symbol * np.eye(len(a)), a / np.linalg.norm(a, axis=1, keepdims=True)])


def symbol_map(som: "SOM", X: Any, symbols: int | None = None) -> SymbolMap:
    """Find the symbols on a trained map.

    Parameters
    ----------
    som : SOM
        Trained on the rows of X.
    X : (items, features)
        Patterns whose first features are the symbol part.
    symbols : int >= 1, optional
        Features of the symbol part; default: one for each item.

    Returns
    -------
    SymbolMap
        A unit's label is the item whose symbol part has the largest dot product with the unit's weights.
    """
    x = np.asarray(X, dtype=np.float64)
    size = len(x) if symbols is None else symbols
    checks.at_least("symbol_map", "symbols", size, 1)
    if x.ndim != 2 or size > x.shape[1]:
        raise DataError(f"symbol_map: X has shape {x.shape}; wanted a matrix of at least {size} features")
    winners = som.predict(x)
    return SymbolMap(np.argmax(som.weights_[:, :size] @ x[:, :size].T, axis=1), winners)


def regions(topology: Topology, member: Any, *, adjacency: int | None = None) -> int:
    """Count the connected regions that some units of a map form.

    Parameters
    ----------
    topology : Topology
    member : (units,) of bool
        The units.
    adjacency : 4, 6 or 8, optional
        Which units are connected; default: 8, or 6 on a hexagonal lattice.

    Examples
    --------
    >>> from neurosim.som import Topology
    >>> from neurosim.som.semantic import regions
    >>> regions(Topology((1, 5)), [True, True, False, False, True])
    2
    """
    inside = np.asarray(member, dtype=bool)
    if inside.shape != (topology.units,):
        raise DataError(f"regions: member has shape {inside.shape}; the map has {topology.units} units")
    neighbours = topology.neighbours(adjacency)
    unit, step = np.nonzero((neighbours >= 0) & inside[:, None])
    other = neighbours[unit, step]
    joined = inside[other]
    edges = coo_array((joined[joined], (unit[joined], other[joined])), shape=(topology.units,) * 2)
    part = connected_components(edges, directed=False)[1]
    return len(np.unique(part[inside]))


def three_word_sentences(count: int, *, random_state: Any = None) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Draw sentences of a noun, a verb and a third word, such as "dog eats meat".

    Parameters
    ----------
    count : int >= 1
    random_state : None, int, SeedSequence, Generator or RandomState

    Returns
    -------
    sentences : (count, 3) of int
        Numbers of words.
    words : tuple of 30 str
    classes : (30,) of int
        0 for nouns, 1 for verbs, 2 for adverbs.

    Notes
    -----
    All patterns of words are equally likely, and all words of a place in a pattern. Vocabulary and patterns follow the
    second experiment of Ritter & Kohonen (1989) from memory; they were not checked against the paper.
    """
    checks.at_least("three_word_sentences", "count", count, 1)
    groups = [group.split() for group in WORDS]
    first = np.cumsum([0, *map(len, groups)])
    patterns = np.array([[int(part) for part in pattern.split("-")] for pattern in PATTERNS.split()])
    draws = random.uniform(random.seed_from(random_state), 0, (count, 4))
    chosen = patterns[(draws[:, 0] * len(patterns)).astype(int)]
    sizes = np.diff(first)
    sentences = first[chosen] + (draws[:, 1:] * sizes[chosen]).astype(int)
    kind = np.array([0 if g in NOUNS else 1 if g in VERBS else 2 for g in range(len(groups))])
    return sentences, tuple(word for group in groups for word in group), np.repeat(kind, sizes)


def context_averages(sentences: Any, codes: Any) -> np.ndarray:
    """Return the mean code of the words before and after every word, in sentences written one after the other.

    Parameters
    ----------
    sentences : (n, length) of int in [0, words)
        Every word occurs; the first word of the text has the last one before it.
    codes : (words, dimensions)

    Returns
    -------
    (words, 2 * dimensions)
        Mean code of the predecessors, then of the successors.
    """
    text, code = np.asarray(sentences).ravel(), np.asarray(codes, dtype=np.float64)
    if code.ndim != 2 or not np.array_equal(np.unique(text), np.arange(len(code))):
        raise DataError(f"context_averages: sentences must hold each of the {len(code)} words of codes, and no other")
    times = np.bincount(text)[:, None]
    sums = []
    for shift in (1, -1):
        total = np.zeros_like(code)
        np.add.at(total, text, code[np.roll(text, shift)])
        sums.append(total / times)
    return np.hstack(sums)
