"""What self-organises in the neocognitron of 1980: its geometry, first weights and presentations."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks, parallel
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import uniform
from neurosim.neocognitron import organisation_cpu
from neurosim.neocognitron.layers import exponential
from neurosim.neocognitron.recipe import CLayer, Pool, SLayer

FIELD = 16  # rows and columns of the input layer
POSITIONS = 3  # stream of random numbers; 0 to 2 are the first weights of the three stages


class Stage(NamedTuple):
    """Geometry of an S-layer and of the C-layer above it; all areas are squares."""

    window: int
    pad: int
    column: int  # side of an S-column
    pool: int
    pool_pad: int
    stride: int
    side: int  # rows and columns of the layer below
    s_side: int  # of the S-layer


# paddings and strides follow from the paper's table of sizes
STAGES = (Stage(5, 2, 5, 5, 4, 2, 16, 16), Stage(5, 1, 5, 5, 4, 2, 10, 8), Stage(5, 0, 2, 2, 0, 1, 6, 2))

# What the paper leaves open, as we chose it, for each stage: c falls off as gamma^|nu|, d is dbar delta^|nu|, and
# epsilon is the size of the first excitatory weights.
OPEN = {
    "random": {
        "gamma": (0.75, 0.75, 0.75),
        "delta": (0.95, 0.95, 1.0),
        "dbar": (0.3, 0.3, 1.0),
        "epsilon": (1e-3, 1e-3, 1e-4),
    },
    "deterministic": {
        "gamma": (0.6, 1.0, 0.6),
        "delta": (0.8, 0.6, 1.0),
        "dbar": (0.3, 0.3, 0.3),
        "epsilon": (3e-3, 3e-3, 1e-4),
    },
}


@dataclass(frozen=True)
class Plan:
    """What a network is before it learns, and how it learns; a number for each of the three stages where several.

    Attributes are the parameters of `Neocognitron1980`.
    """

    planes: tuple[int, ...]
    r: tuple[float, ...]
    q: tuple[float, ...]
    alpha: float
    start: str
    gamma: tuple[float, ...]
    delta: tuple[float, ...]
    dbar: tuple[float, ...]
    epsilon: tuple[float, ...]
    presentations: int
    shift: bool

    @classmethod
    def checked(cls, owner: str, given: dict[str, Any]) -> "Plan":
        """Return what the parameters of a network say; raise InvalidParameter if one is out of its range."""
        values = {name: given[name] for name in cls.__dataclass_fields__}
        checks.one_of(owner, "start", given["start"], tuple(OPEN))
        if not isinstance(given["shift"], bool | np.bool_):
            raise InvalidParameter(owner, "shift", given["shift"], "True or False")
        checks.at_least(owner, "presentations", given["presentations"], 1)
        checks.number(owner, "alpha", given["alpha"], "a finite number > 0", above=0.0)
        values["planes"] = _three(owner, "planes", given["planes"], "three integers >= 1")
        for k in values["planes"]:
            checks.at_least(owner, "planes", k, 1)
        chosen = OPEN[given["start"]]
        for name in ("r", "q", *chosen):
            value = chosen[name] if name in chosen and given[name] is None else given[name]
            values[name] = _three(owner, name, value, "three finite numbers > 0")
            for number in values[name]:
                checks.number(owner, name, number, "three finite numbers > 0", above=0.0)
        return cls(**values | {"shift": bool(given["shift"])})

    def below(self, stage: int) -> int:
        """Return the number of planes below an S-layer."""
        return self.planes[stage - 1] if stage else 1

    def c(self, stage: int) -> NDArray[np.float64]:
        """Return the weights (window, window) of the inhibitory cells; over all planes below they add up to 1."""
        c = exponential(STAGES[stage].window, self.gamma[stage])
        return c / (c.sum() * self.below(stage))

    def d(self, stage: int) -> NDArray[np.float64]:
        """Return the weights (window, window) of the C-cells."""
        return self.dbar[stage] * exponential(STAGES[stage].pool, self.delta[stage])

    def layers(self, stage: int, a: NDArray, b: NDArray) -> tuple[SLayer, CLayer]:
        """Return the S-layer of these weights and its C-layer."""
        geometry = STAGES[stage]
        s = SLayer.shunting1980(a, b, self.c(stage), geometry.pad, self.r[stage])
        return s, CLayer(self.d(stage), geometry.stride, geometry.pool_pad, Pool.AVERAGE, self.alpha, lateral=True)

    def first_weights(self, stage: int, key: int) -> NDArray[np.float64]:
        """Return a before it learns, (window, window, planes below, planes).

        "random": uniform in [0, epsilon). "deterministic": epsilon (1 + cos(x) / 2), where x is twice the angle between
        a plane's orientation and the place in the window, or 2 pi times the difference of the planes' relative numbers.
        """
        window, below, planes, epsilon = (
            STAGES[stage].window, self.below(stage), self.planes[stage], self.epsilon[stage]
        )  # fmt: skip
        if self.start == "random":
            return epsilon * uniform(key, stage, (window, window, below, planes))
        k = np.arange(planes) / planes
        if stage == 0:
            at = np.arange(window) - window // 2
            angle = np.arctan2(-at[:, None], at[None, :])
            tuning = np.cos(2 * (angle[:, :, None, None] - np.pi * k))
            tuning[window // 2, window // 2] = 0
        else:
            tuning = np.cos(2 * np.pi * (np.arange(below)[:, None] / below - k))
        return np.broadcast_to(epsilon * (1 + tuning / 2), (window, window, below, planes)).copy()


def _three(owner: str, name: str, value: Any, wanted: str) -> tuple[Any, ...]:
    row = isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim == 1)
    if not row or len(value) != len(STAGES):
        raise InvalidParameter(owner, name, value, wanted)
    return tuple(value)


def room(images: NDArray) -> NDArray[np.int64]:
    """Return by how much images (n, rows, columns) may be moved before their ink leaves the field.

    Returns
    -------
    (n, 4) int64
        Up, down, left and right; 0 for an image without ink.
    """
    result = np.zeros((len(images), 4), np.int64)
    for i, image in enumerate(images):
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        if len(rows):
            result[i] = rows[0], image.shape[0] - 1 - rows[-1], columns[0], image.shape[1] - 1 - columns[-1]
    return result


def random_moves(images: NDArray, order: NDArray, key: int) -> NDArray[np.int64]:
    """Return a move (rows, columns) for each presentation; all positions inside the field are equally likely."""
    up, down, left, right = room(images)[order].T
    drawn = uniform(key, POSITIONS, (len(order), 2))
    moves = drawn * np.stack([up + down + 1, left + right + 1], axis=1)
    return moves.astype(np.int64) - np.stack([up, left], axis=1)


def presented(images: NDArray, plan: Plan, key: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which image each presentation shows, (presentations,), and its move, (presentations, 2)."""
    order = np.tile(np.arange(len(images)), plan.presentations)
    return order, random_moves(images, order, key) if plan.shift else np.zeros((len(order), 2), np.int64)


def organise(images: NDArray[np.float64], plan: Plan, keys: list[int]) -> list[tuple[tuple[NDArray, ...], ...]]:
    """Let one network for each key organise itself.

    Parameters
    ----------
    images : (n, FIELD, FIELD) float64
        Shown in turn, `plan.presentations` times each.
    plan : Plan
    keys : list of int
        As `neurosim.core.random.seed_from` returns them.

    Returns
    -------
    list of (a, b)
        The weights of each network: 3 arrays (window, window, planes below, planes), and 3 arrays (planes,).
    """
    stages = range(len(STAGES))
    a = tuple(np.stack([plan.first_weights(i, key) for key in keys]) for i in stages)
    b = tuple(np.zeros((len(keys), k)) for k in plan.planes)
    orders, moves = (np.stack(x) for x in zip(*(presented(images, plan, key) for key in keys), strict=True))
    below = tuple((g.side + 2 * g.pad, g.side + 2 * g.pad, plan.below(i)) for i, g in enumerate(STAGES))
    above = tuple((g.s_side, g.s_side, k) for g, k in zip(STAGES, plan.planes, strict=True))
    geometry = np.array([(g.pad, g.pool_pad, g.stride, g.column) for g in STAGES])
    weights: Any = (a, b, tuple(map(plan.c, stages)), tuple(map(plan.d, stages)))
    numbers: Any = (np.array(plan.r, float), np.array(plan.q, float), float(plan.alpha))
    parallel.run(
        organisation_cpu.organise, len(keys), images, orders, moves, *weights, below, above, geometry, *numbers
    )
    return [(tuple(x[i] for x in a), tuple(x[i] for x in b)) for i in range(len(keys))]
