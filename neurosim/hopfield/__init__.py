"""Associative memories: Hopfield networks (1982, 1984) and their classical and modern relatives."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.hopfield.basin import Basin
    from neurosim.hopfield.bidirectional import BidirectionalAssociativeMemory
    from neurosim.hopfield.continuous import ContinuousHopfield
    from neurosim.hopfield.dense import DenseAssociativeMemory
    from neurosim.hopfield.modern import ModernHopfield
    from neurosim.hopfield.network import HopfieldNetwork
    from neurosim.hopfield.results import Learning, Recall
    from neurosim.hopfield.spurious import Spurious
    from neurosim.hopfield.tank import HopfieldTankTSP
    from neurosim.hopfield.willshaw import WillshawNetwork

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Basin": "basin",
        "BidirectionalAssociativeMemory": "bidirectional",
        "ContinuousHopfield": "continuous",
        "DenseAssociativeMemory": "dense",
        "HopfieldNetwork": "network",
        "HopfieldTankTSP": "tank",
        "Learning": "results",
        "ModernHopfield": "modern",
        "Recall": "results",
        "Spurious": "spurious",
        "WillshawNetwork": "willshaw",
    },
)
