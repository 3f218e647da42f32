"""Semantic maps: patterns, labels, regions, sentences, and the animals (check 7 of ten)."""

import numpy as np
import pytest
from scipy.ndimage import label

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets import load_animals
from neurosim.som import SOM, Topology
from neurosim.som.semantic import (
    PATTERNS,
    WORDS,
    context_averages,
    regions,
    semantic_patterns,
    symbol_map,
    three_word_sentences,
)


def test_patterns():
    x = semantic_patterns([[1, 0, 1], [0, 2, 0]], symbol=0.5)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(x, [[0.5, 0, half, 0, half], [0, 0.5, 0, 1, 0]])
    for bad in ([[1, 0], [0, 0]], [1, 2], [[np.nan, 1.0]]):
        with pytest.raises(DataError, match="semantic_patterns: attributes"):
            semantic_patterns(bad)


def test_labels_and_winners():
    x = semantic_patterns(np.eye(3), symbol=0.2)
    weights = np.zeros((4, 6))
    weights[:, :3] = [[0.1, 0.3, 0.2], [0.5, 0.4, 0.1], [0, 0, 0.1], [0.3, 0.1, 0.2]]
    weights[:, 3:] = [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    found = symbol_map(SOM.from_weights(weights, (2, 2)), x)
    assert found.labels.tolist() == [1, 0, 2, 0]
    assert found.winners.tolist() == [2, 0, 1]


def test_labels_by_codes_that_are_not_axes():
    codes = np.array([[0.6, 0.8], [0.8, -0.6]])
    som = SOM.from_weights([[0.6, -0.3, 0.0], [0.1, 0.6, 0.0]], (1, 2))
    assert symbol_map(som, np.hstack([codes, np.zeros((2, 1))]), 2).labels.tolist() == [1, 0]
    with pytest.raises(DataError, match="at least 4 features"):
        symbol_map(som, np.ones((2, 3)), 4)


@pytest.mark.parametrize("adjacency", [4, 8])
def test_regions_of_a_sheet(adjacency, rng):
    topology = Topology((9, 11))
    shape = None if adjacency == 4 else np.ones((3, 3))
    for share in (0.2, 0.5, 0.8):
        member = rng.random((9, 11)) < share
        assert regions(topology, member.ravel(), adjacency=adjacency) == label(member, shape)[1]


def test_regions_across_the_seam_and_on_hexagons():
    ends = np.zeros((3, 6), bool)
    ends[1, [0, 5]] = True
    assert regions(Topology((3, 6)), ends.ravel()) == 2
    assert regions(Topology((3, 6), shape="cylinder"), ends.ravel()) == 1
    diagonal = np.zeros((2, 4), bool)
    diagonal[0, 1] = diagonal[1, 0] = True
    assert regions(Topology((2, 4), "hexagonal"), diagonal.ravel()) == 1
    diagonal[1] = [False, False, True, False]
    assert regions(Topology((2, 4), "hexagonal"), diagonal.ravel()) == 2
    assert regions(Topology((2, 4)), np.zeros(8, bool)) == 0
    with pytest.raises(DataError, match="the map has 8 units"):
        regions(Topology((2, 4)), [True])


def test_sentences_follow_the_patterns():
    sentences, words, classes = three_word_sentences(5000, random_state=0)
    assert sentences.shape == (5000, 3)
    assert len(words) == len(set(words)) == len(classes) == 30
    group = {word: number for number, words in enumerate(WORDS) for word in words.split()}
    seen = {"-".join(str(group[words[i]]) for i in sentence) for sentence in sentences}
    assert seen == set(PATTERNS.split())
    assert np.unique(sentences).tolist() == list(range(30))
    assert [classes[words.index(word)] for word in ("Bob", "bread", "runs", "eats", "much", "poorly")] == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]
    again = three_word_sentences(5000, random_state=0)[0]
    np.testing.assert_array_equal(sentences, again)
    with pytest.raises(InvalidParameter, match="count must be"):
        three_word_sentences(0)


def test_contexts(rng):
    sentences, codes = rng.integers(4, size=(30, 3)), rng.normal(size=(4, 2))
    text = sentences.ravel().tolist()
    found = context_averages(sentences, codes)
    for word in range(4):
        places = [i for i, other in enumerate(text) if other == word]
        before = np.mean([codes[text[i - 1]] for i in places], axis=0)
        after = np.mean([codes[text[(i + 1) % 90]] for i in places], axis=0)
        np.testing.assert_allclose(found[word], [*before, *after])
    with pytest.raises(DataError, match="each of the 5 words"):
        context_averages(sentences, np.ones((5, 2)))


def test_animals_form_one_region_of_birds_and_one_of_mammals():
    x = semantic_patterns(load_animals().data)
    for seed in range(10):
        start = np.random.default_rng(seed).uniform(0, 0.1, (100, x.shape[1]))
        som = SOM(
            (10, 10),
            algorithm="online",
            sigma=(5, 0.5),
            learning_rate=(0.8, 0.05),
            learning_rate_decay="exponential",
            steps=2000,
            init=start,
            random_state=seed,
        ).fit(x)
        found = symbol_map(som, x)
        birds = found.labels < 7
        assert len(set(found.winners)) == 16
        assert regions(som.topology, birds) == regions(som.topology, ~birds) == 1
