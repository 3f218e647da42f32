"""The table of a taught neocognitron: windows and constants of its stages (Fukushima 1988)."""

from dataclasses import dataclass

from neurosim.core import checks


@dataclass(frozen=True)
class Stage:
    """Geometry and constants of one stage; windows fall off by the city-block distance from their middle.

    Attributes
    ----------
    window, pad : int
        Of the S-cells.
    pool, pool_pad, stride : int
        Window, pad and stride of the C-cells.
    r : float > 0
        Selectivity of the S-cells; r / (1 + r) is the similarity where they begin to answer.
    gamma, delta, dbar : float > 0
        c falls off as gamma^distance, d as dbar delta^distance.
    """

    window: int
    pad: int
    pool: int
    pool_pad: int
    stride: int
    r: float
    gamma: float
    delta: float
    dbar: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in ("r", "gamma", "delta", "dbar"):
                checks.number("Stage", name, value, "a finite number > 0", above=0.0)
            else:
                checks.at_least("Stage", name, value, 0 if "pad" in name else 1)


STAGES = (
    Stage(window=3, pad=1, pool=3, pool_pad=2, stride=1, r=1.7, gamma=0.9, delta=0.9, dbar=4.0),
    Stage(window=5, pad=2, pool=7, pool_pad=5, stride=2, r=4.0, gamma=0.9, delta=0.8, dbar=4.0),
    Stage(window=5, pad=2, pool=5, pool_pad=2, stride=2, r=1.5, gamma=0.9, delta=0.7, dbar=2.5),
    Stage(window=5, pad=0, pool=3, pool_pad=0, stride=1, r=1.0, gamma=0.8, delta=1.0, dbar=1.0),
)
