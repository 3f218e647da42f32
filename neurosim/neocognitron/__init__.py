"""The neocognitron: self-organised (1980), taught (1988) and grown (2013); selective attention."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.neocognitron.attention import Attention, SelectiveAttention
    from neurosim.neocognitron.fukushima1969 import ReluNetwork1969
    from neurosim.neocognitron.neocognitron1980 import Neocognitron1980
    from neurosim.neocognitron.neocognitron1988 import Neocognitron1988, Recognition
    from neurosim.neocognitron.neocognitron2013 import Neocognitron2013
    from neurosim.neocognitron.recall import Recall
    from neurosim.neocognitron.recipe import CLayer, Inhibition, Pool, SLayer
    from neurosim.neocognitron.reference import InterpolatingVectors
    from neurosim.neocognitron.teaching import TeachingSet
    from neurosim.neocognitron.tolerance import ToleranceCurve

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Attention": "attention",
        "CLayer": "recipe",
        "Inhibition": "recipe",
        "InterpolatingVectors": "reference",
        "Neocognitron1980": "neocognitron1980",
        "Neocognitron1988": "neocognitron1988",
        "Neocognitron2013": "neocognitron2013",
        "Pool": "recipe",
        "Recall": "recall",
        "Recognition": "neocognitron1988",
        "ReluNetwork1969": "fukushima1969",
        "SLayer": "recipe",
        "SelectiveAttention": "attention",
        "TeachingSet": "teaching",
        "ToleranceCurve": "tolerance",
    },
)
