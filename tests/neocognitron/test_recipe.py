"""What layers are made of: efficacies and sizes of the papers, and what does not fit together."""

from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron import layers, recipe
from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer
from tests.mutants import sign_flips


def check_recipe(module):
    """Fail unless efficacies, gains, sizes and planes of `module` are those of the papers."""
    a, b, c = np.zeros((3, 3, 2, 4)), np.zeros(4), np.zeros((3, 3))
    layer = module.SLayer.shunting1980(a, b, c, 1, 4.0)
    assert (layer.kind, layer.gain, layer.efficacy) == (Inhibition.SHUNTING, 4.0, pytest.approx(1.6))
    layer = module.SLayer.shunting(a, b, c, 1, 4.0)
    assert (layer.kind, layer.gain, layer.efficacy) == (Inhibition.SHUNTING, 4.0, pytest.approx(0.8))
    layer = module.SLayer.subtractive(a, c, 1, 0.75)
    assert (layer.kind, layer.gain, layer.efficacy) == (Inhibition.SUBTRACTIVE, 4.0, 0.75)
    assert layer.b.tolist() == [1] * 4
    assert layer.shape(7, 9) == (7, 9)
    assert module.SLayer(a, b, c, 0, Inhibition.NONE).shape(7, 9) == (5, 7)
    assert module.SLayer(a, b, c, 2, Inhibition.NONE).shape(3, 5) == (5, 7)
    layer = module.CLayer(np.zeros((5, 5)), 2, 4, Pool.L2)
    assert layer.shape(16, 19) == (10, 12)
    assert layer.planes(6) == 6
    assert module.CLayer(np.zeros((2, 2)), 3, 1, Pool.L2).shape(4, 6) == (2, 3)
    assert module.CLayer(np.zeros((2, 2)), 1, 0, Pool.L2, joins=np.array([0, 0, 1, 2, 2])).planes(5) == 3


def test_recipe():
    check_recipe(recipe)


@pytest.mark.parametrize(("change", "mutant"), list(sign_flips(Path(recipe.__file__))), ids=lambda x: str(x)[:40])
def test_every_wrong_recipe_is_noticed(change, mutant):
    with pytest.raises((AssertionError, ZeroDivisionError, InvalidParameter)):
        check_recipe(mutant)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"a": np.ones((3, 2, 1, 2))}, "SLayer.*a"),
        ({"b": np.ones(1)}, "SLayer.*b"),
        ({"c": np.ones((1, 1))}, "SLayer.*c"),
        ({"pad": -1}, "SLayer.*pad"),
    ],
)
def test_s_cells_that_do_not_fit_together_are_refused(change, named):
    parts = {"a": np.ones((3, 3, 1, 2)), "b": np.ones(2), "c": np.ones((3, 3)), "pad": 1, "kind": Inhibition.SHUNTING}
    SLayer(**parts)
    with pytest.raises(InvalidParameter, match=named):
        SLayer(**(parts | change))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"d": np.ones((3, 5))}, "CLayer.*d"),
        ({"d": np.full((3, 3), np.nan)}, "CLayer.*d"),
        ({"stride": 0}, "CLayer.*stride"),
        ({"pad": -1}, "CLayer.*pad"),
        ({"alpha": -1.0}, "CLayer.*alpha"),
        ({"joins": np.array([0, 2])}, "CLayer.*joins"),
        ({"joins": np.array([0.0, 1.0])}, "CLayer.*joins"),
    ],
)
def test_c_cells_that_do_not_fit_together_are_refused(change, named):
    parts = {"d": np.ones((3, 3)), "stride": 1, "pad": 0, "pool": Pool.AVERAGE}
    CLayer(**parts)
    with pytest.raises(InvalidParameter, match=named):
        CLayer(**(parts | change))


def test_thresholds_out_of_range_are_refused():
    a, c = np.ones((3, 3, 1, 2)), np.ones((3, 3))
    for theta in (1, 1.2, -0.1):
        with pytest.raises(InvalidParameter, match="theta"):
            SLayer.subtractive(a, c, 1, theta)
    for make in (SLayer.shunting, SLayer.shunting1980):
        with pytest.raises(InvalidParameter, match="r"):
            make(a, np.ones(2), c, 1, -0.5)


@pytest.mark.parametrize("planes", [1, 3])
def test_joins_of_another_number_of_planes_are_refused(planes):
    layer = CLayer(np.ones((1, 1)), 1, 0, Pool.AVERAGE, joins=[0, 1])
    assert layers.c_cells(np.ones((1, 1, 1, 2)), layer).shape[3] == 2
    with pytest.raises(DataError, match="S-planes"):
        layers.c_cells(np.ones((1, 1, 1, planes)), layer)
    s = SLayer(np.ones((1, 1, 1, planes)), np.ones(planes), np.ones((1, 1)), 0, Inhibition.NONE)
    with pytest.raises(DataError, match="S-planes"):
        layers.stage(np.ones((1, 1, 1, 1)), s, layer)


def test_words_and_complex_numbers_are_no_layers():
    for u in (np.ones((1, 2, 2, 1)) * 1j, np.full((1, 2, 2, 1), "ink")):
        with pytest.raises(DataError, match="real numbers"):
            layers.c_cells(u, CLayer(np.ones((1, 1)), 1, 0, Pool.AVERAGE))
    with pytest.raises(InvalidParameter, match="metric"):
        layers.exponential(3, 0.5, "manhattan")
