"""Settings of the deep neocognitron after published networks: ``Neocognitron2013(**PRESETS["fukushima2003"])``."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# What the abstract of 2003 tells is here: cells that extract contrast come first, a hidden stage organises itself, and
# the top learns with labels. All numbers are ours, chosen on MNIST; sizes were not checked against the paper. Other
# than there the S-cells' planes are as large as those below, C-cells have no inhibitory surround, and a third stage,
# which costs accuracy here, is left out. The margin is of 2018: with 0 the top needs a seventh of the references and
# misreads half as many digits again.
FUKUSHIMA_2003 = {
    "field": 64,
    "contrast": True,
    "inhibition": "shunting",
    "learning": "winner-take-all",
    "theta_learning": (0.8, 0.75),
    "theta_recognition": (0.7, 0.6),
    "cells2": 250,
    "cells3": 0,
    "margin": 0.05,
    "winner_learns": True,
    "interpolation": "none",
}

#: Every preset by its name.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"fukushima2003": MappingProxyType(FUKUSHIMA_2003)})
