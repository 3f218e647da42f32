"""The experiments of 1986 with which backpropagation became known: symmetry, exclusive or, family trees.

D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors", Nature 323:533-536
(1986), and "Learning internal representations by error propagation", chapter 8 of "Parallel Distributed Processing",
volume 1, MIT Press (1986). Every unit is logistic, E = 1/2 sum (y - d)^2 over the outputs and all patterns of a sweep,
and after each sweep delta w(t) = -epsilon dE/dw + alpha delta w(t - 1).
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from neurosim.cnn.graph import Graph
from neurosim.cnn.initialisers import Uniform
from neurosim.cnn.layers import Dense
from neurosim.cnn.losses import SquaredError
from neurosim.cnn.optimisers import SGD
from neurosim.cnn.preset import Preset
from neurosim.cnn.sequential import Sequential
from neurosim.cnn.structure import Concatenate, Slice

NATURE = "D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323:533-536 (1986)"
PDP = "D. E. Rumelhart, G. E. Hinton, R. J. Williams, Parallel Distributed Processing 1, chapter 8 (1986)"

# Of either family the husbands and wives of five couples by their numbers, and the children of three
PEOPLE = {
    "English": ("Christopher", "Penelope", "Andrew", "Christine", "Margaret", "Arthur", "Victoria", "James",
                "Jennifer", "Charles", "Colin", "Charlotte"),
    "Italian": ("Roberto", "Maria", "Pierro", "Francesca", "Gina", "Emilio", "Lucia", "Marco",
                "Angela", "Tomaso", "Alfonso", "Sophia"),
}  # fmt: skip
COUPLES = ((0, 1), (2, 3), (5, 4), (7, 6), (9, 8))
CHILDREN = {(0, 1): (5, 6), (2, 3): (7, 8), (7, 6): (10, 11)}
MEN = (0, 2, 5, 7, 9, 10)
RELATIONS = ("father", "mother", "husband", "wife", "son", "daughter", "uncle", "aunt", "brother", "sister",
             "nephew", "niece")  # fmt: skip


def _logistic(units: int, limit: float) -> Dense:
    return Dense(units, activation="sigmoid", initialiser=Uniform(limit), bias_initialiser=Uniform(limit))


def symmetry_patterns() -> tuple[np.ndarray, np.ndarray]:
    """Return the 64 patterns of six bits (64, 6), and 1 for those that are symmetric about their middle (64, 1)."""
    x = np.array(list(product([0.0, 1.0], repeat=6)))
    return x, (x == x[:, ::-1]).all(1, keepdims=True).astype(float)


def xor_patterns() -> tuple[np.ndarray, np.ndarray]:
    """Return the corners 00, 01, 10, 11 (4, 2), and 1 where the bits differ (4, 1)."""
    x = np.array(list(product([0.0, 1.0], repeat=2)))
    return x, (x[:, :1] != x[:, 1:]).astype(float)


def family_facts() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what is to be learned of the two families: 104 triples (person, relation, those who stand in it).

    Examples
    --------
    >>> facts = family_facts()
    >>> len(facts)
    104
    >>> [who for person, relation, who in facts if (person, relation) == ("Colin", "aunt")]
    [('Margaret', 'Jennifer')]
    """
    return [
        (names[person], relation, tuple(names[p] for p in who))
        for names in PEOPLE.values()
        for person in range(12)
        for relation, who in _relatives(person)
    ]


def family_patterns() -> tuple[np.ndarray, np.ndarray]:
    """Return the triples as numbers: person and relation, 24 + 12 units one of which is 1 each, and those who answer.

    Returns
    -------
    x : (104, 36) array of 0 and 1
        English people, Italian people, relations, in the orders of `PEOPLE` and `RELATIONS`.
    answers : (104, 24) array of 0 and 1
    """
    people = [name for names in PEOPLE.values() for name in names]
    x, answers = np.zeros((104, 36)), np.zeros((104, 24))
    for row, (person, relation, who) in enumerate(family_facts()):
        x[row, [people.index(person), 24 + RELATIONS.index(relation)]] = 1.0
        answers[row, [people.index(name) for name in who]] = 1.0
    return x, answers


def _relatives(person: int) -> Iterator[tuple[str, list[int]]]:
    """Yield the relations that a person has, each with those who stand in it."""
    parents = {child: couple for couple, children in CHILDREN.items() for child in children}
    partner = {a: b for couple in COUPLES for a, b in (couple, couple[::-1])}
    self_and_partner = [person, *([partner[person]] if person in partner else [])]

    def children(of: int) -> list[int]:
        return [child for child, couple in parents.items() if of in couple]

    def siblings(of: int) -> list[int]:
        return [p for p in parents if p != of and of in parents and parents[p] == parents[of]]

    by_blood = [s for parent in parents.get(person, ()) for s in siblings(parent)]
    kin = (
        list(parents.get(person, ())),
        self_and_partner[1:],
        children(person),
        [q for s in by_blood for q in (s, partner[s])],
        siblings(person),
        [child for p in self_and_partner for s in siblings(p) for child in children(s)],
    )
    for (he, she), people in zip(zip(RELATIONS[::2], RELATIONS[1::2], strict=True), kin, strict=True):
        for relation, male in ((he, True), (she, False)):
            who = sorted(p for p in people if (p in MEN) == male)
            if who:
                yield relation, who


def _symmetry(random_state: Any = None, dtype: str = "float32") -> Sequential:
    return Sequential([_logistic(2, 0.3), _logistic(1, 0.3)], (6,), dtype=dtype, random_state=random_state)


def _xor(random_state: Any = None, dtype: str = "float32") -> Sequential:
    return Sequential([_logistic(2, 0.5), _logistic(1, 0.5)], (2,), dtype=dtype, random_state=random_state)


def _xor_direct(random_state: Any = None, dtype: str = "float32") -> Graph:
    """One hidden unit; the output unit sees it and the inputs."""
    graph = Graph((2,), dtype=dtype, random_state=random_state)
    hidden = graph.add(_logistic(1, 0.5), graph.input, name="hidden")
    graph.add(_logistic(1, 0.5), graph.add(Concatenate(), graph.input, hidden), name="output")
    return graph


def _family_trees(limit: float) -> Any:
    """Return the function that builds the five layers: each kind of input has six units that see it alone."""

    def build(random_state: Any = None, dtype: str = "float32") -> Graph:
        graph = Graph((36,), dtype=dtype, random_state=random_state)
        person = graph.add(_logistic(6, limit), graph.add(Slice(0, 24), graph.input), name="person")
        relation = graph.add(_logistic(6, limit), graph.add(Slice(24, 36), graph.input), name="relation")
        graph.add(_logistic(12, limit), graph.add(Concatenate(), person, relation), name="centre")
        graph.add(_logistic(6, limit), name="penultimate")
        graph.add(_logistic(24, limit), name="answer")
        return graph

    return build


def family_targets(x: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets: .8 for those who answer, .2 for the others; no error lies beyond them."""
    return x, np.where(answers > 0, 0.8, 0.2)


def _preset(
    name: str, title: str, build: Any, optimiser: SGD, epochs: int, patterns: Any, reference: Any, source: str = NATURE
) -> Preset:
    """Return a preset of a task that brings its patterns along; all of them before every update."""

    def prepare(images: Any = None, labels: Any = None) -> tuple[np.ndarray, np.ndarray]:
        return patterns()

    return Preset(
        name=name,
        title=title,
        build=build,
        loss=SquaredError(margin=0.2 if "family" in name else 0.0),
        optimiser=optimiser,
        epochs=epochs,
        batch_size="full",
        shuffle=False,
        reduction="sum",
        prepare=prepare,
        reference=reference,
        source=source,
    )


def _families(name: str, title: str, limit: float, rate: float) -> Preset:
    optimiser = SGD(rate={0: 0.005, 20: rate}, momentum={0: 0.5, 20: 0.9}, decay=0.002)
    reference = {"sweeps": 1500, "patterns learned": 100, "held out": 4, "held out, right": 4}

    def patterns() -> tuple[np.ndarray, np.ndarray]:
        return family_targets(*family_patterns())

    return _preset(name, title, _family_trees(limit), optimiser, 1500, patterns, reference)


PRESETS_1986 = {
    preset.name: preset
    for preset in (
        _preset(
            "rhw_symmetry", "6-2-1 finds out whether six bits are symmetric about their middle", _symmetry,
            SGD(rate=0.1, momentum=0.9), 4000, symmetry_patterns, {"sweeps": 1425},
        ),
        _preset(
            "rhw_xor", "2-2-1 learns exclusive or", _xor,
            SGD(rate=0.5, momentum=0.9), 5000, xor_patterns, {"presentations, 280 - 33 log2 H": 247}, PDP,
        ),
        _preset(
            "rhw_xor_direct", "one hidden unit learns exclusive or if the output sees the inputs, too", _xor_direct,
            SGD(rate=0.5, momentum=0.9), 5000, xor_patterns, {"sweeps": 558}, PDP,
        ),
        _families(
            "rhw_family_trees", "24 people and 12 relations, by a recipe that learns: ten times the rate, weights from "
            "[-1, 1]; all 104 facts, those to be held out, too", limit=1.0, rate=0.1,
        ),
        _families(
            "rhw_family_trees_literal", "24 people and 12 relations, by the published recipe, which does not learn",
            limit=0.3, rate=0.01,
        ),
    )
}  # fmt: skip
