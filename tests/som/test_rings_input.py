"""Rings in the plane: what they do not take."""

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.ising import Cities
from neurosim.som.elastic_net import DurbinWillshawNet
from neurosim.som.ring import GrowingRing, RingMap

KINDS = (DurbinWillshawNet, RingMap, GrowingRing)


@pytest.fixture
def cities(rng):
    return rng.random((14, 2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([[0, 0], [1, 1]], "n >= 3"),
        (np.zeros((5, 3)), r"\(n, 2\)"),
        ("nowhere", r"must be \(n, 2\) real numbers; got str"),
        ([[0, 0], [1], [1, 1]], "real numbers"),
        (np.ones((4, 2)) * 1j, "real numbers"),
        (Cities("far", None, np.ones((4, 4)) - np.eye(4)), "cities must have coordinates"),
        ([[0, 0], [1, np.nan], [1, 1]], "row 1"),
        (np.ones((4, 2)), "one place"),
    ],
)
def test_bad_cities(kind, places, said):
    with pytest.raises(DataError, match=said):
        kind().tour(places)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (DurbinWillshawNet, "alpha", 0),
        (DurbinWillshawNet, "beta", -1.0),
        (DurbinWillshawNet, "k", (0.01, 0.2)),
        (DurbinWillshawNet, "k", 0.2),
        (DurbinWillshawNet, "cooling", 1.0),
        (DurbinWillshawNet, "steps_per_k", 0),
        (RingMap, "units_per_city", np.inf),
        (RingMap, "sigma", (1, 0)),
        (RingMap, "learning_rate", (1.5, 0.1)),
        (RingMap, "sweeps", 2.5),
        (GrowingRing, "gain", 0.2),
        (GrowingRing, "alpha", 1),
    ],
)
def test_bad_parameters(kind, name, value):
    with pytest.raises(InvalidParameter, match=f"{kind.__name__}: {name} must be"):
        kind(**{name: value})


@pytest.mark.parametrize("snapshots", [-1, 1, 12, 2.5])
def test_bad_snapshots(cities, snapshots):
    with pytest.raises(InvalidParameter, match="RingMap: snapshots must be"):
        RingMap(sweeps=10).tour(cities, snapshots=snapshots)
    assert len(RingMap(sweeps=10).tour(cities, snapshots=11).snapshots) == 11


@pytest.mark.parametrize(
    ("change", "said"),
    [({"net": np.zeros((4, 3))}, "net must be"), ({"cities": "far"}, "cities must be"), ({"k": 0}, "k must be")],
)
def test_energy_of_bad_input(cities, change, said):
    with pytest.raises((DataError, InvalidParameter), match=f"DurbinWillshawNet: {said}"):
        DurbinWillshawNet().energy(**({"net": cities, "cities": cities, "k": 0.1} | change))
