"""neurosim: classical neural models, faithful to their papers, compiled for CPU and CUDA."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

__version__ = "0.1.0"

if TYPE_CHECKING:
    from neurosim.core.storage import load, save

__getattr__, __dir__, __all__ = attach(__name__, {"load": "core.storage", "save": "core.storage"})
