"""The presets of the deep neocognitron read digits."""

import inspect

import pytest

from neurosim.datasets import load_digits
from neurosim.neocognitron.neocognitron2013 import Neocognitron2013
from neurosim.neocognitron.presets import PRESETS


def test_names_and_keywords():
    assert list(PRESETS) == ["fukushima2003"]
    known = inspect.signature(Neocognitron2013).parameters
    for preset in PRESETS.values():
        assert set(preset) <= set(known)
        with pytest.raises(TypeError):
            preset["margin"] = 1


def test_reads_digits():
    digits = load_digits()
    images = digits.data.reshape(-1, 8, 8) / 16
    model = Neocognitron2013(**PRESETS["fukushima2003"] | {"field": 24, "random_state": 0})
    model.fit(images[:200], digits.target[:200])
    assert (model.predict(images[:200]) == digits.target[:200]).mean() > 0.99
    assert (model.predict(images[900:1200]) == digits.target[900:1200]).mean() > 0.75
    assert len(model.top_.references_) < 200
    assert model.top_.added_[-1] == 0
    layers = model.responses(images[:1])
    assert set(layers) >= {"UG", "S1", "C1", "S2", "C2"}
    assert layers["S2"].any()
    assert not model.responses(0 * images[:1])["S2"].any()
