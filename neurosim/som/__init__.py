"""The self-organising map (Kohonen 1982)."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.som.quality import Quality, assess
    from neurosim.som.som import SOM
    from neurosim.som.topology import Topology
    from neurosim.som.umatrix import u_matrix

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SOM": "som",
        "Topology": "topology",
        "Quality": "quality",
        "assess": "quality",
        "u_matrix": "umatrix",
    },
)
