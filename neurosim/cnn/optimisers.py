"""How gradients change the weights, and how fast."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from neurosim.cnn.keywords import Keywords
from neurosim.cnn.rules import Rule, Update
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.schedules import DECAYS, decay

KINDS = ("cosine", "step", *DECAYS)
POSITIVE = ("exponential", "inverse")


@dataclass(frozen=True)
class Schedule:
    """A rate or momentum that changes during training.

    Parameters
    ----------
    kind : "cosine", "step", "constant", "linear", "exponential" or "inverse"
        All but "step" go from `start` in the first step to `end` in the last ("constant" stays at `start`). "step"
        multiplies by `factor` after every `every` epochs.
    start : float >= 0
    end : float >= 0, default 0
        "exponential" and "inverse" need one > 0.
    factor : float > 0, default 0.1
    every : int >= 1, default 1

    Examples
    --------
    >>> from neurosim.cnn import Schedule
    >>> Schedule("step", 0.1, factor=0.5, every=2).values(1, 4)
    array([0.1 , 0.1 , 0.05, 0.05])
    """

    kind: str
    start: float
    end: float = 0.0
    factor: float = field(default=0.1, kw_only=True)
    every: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        checks.one_of("Schedule", "kind", self.kind, KINDS)
        for name in ("start", "end"):
            checks.number("Schedule", name, getattr(self, name), "a finite number >= 0", least=0.0)
        if self.kind in POSITIVE and not (self.start > 0 and self.end > 0):
            raise InvalidParameter("Schedule", "end", self.end, f'> 0, as start, for "{self.kind}"')
        checks.number("Schedule", "factor", self.factor, "a finite number > 0", above=0.0)
        checks.at_least("Schedule", "every", self.every, 1)

    def values(self, steps_per_epoch: int, epochs: int) -> np.ndarray:
        """Return the value at every step, (epochs * steps_per_epoch,)."""
        steps = steps_per_epoch * epochs
        if self.kind == "step":
            return np.repeat(self.start * self.factor ** (np.arange(epochs) // self.every), steps_per_epoch)
        if self.kind == "cosine":
            t = np.linspace(0.0, 1.0, steps)
            return self.end + (self.start - self.end) * (1.0 + np.cos(np.pi * t)) / 2.0
        return decay(self.kind, self.start, self.end, steps)


def in_time(owner: str, name: str, value: Any, steps_per_epoch: int, epochs: int, below: float = np.inf) -> np.ndarray:
    """Return a rate or a momentum at every step, (epochs * steps_per_epoch,) float64.

    Parameters
    ----------
    owner, name : str
        Whose it is, for messages.
    value : float, array, callable, mapping or Schedule
        One number; one for every step; a function of the epoch, 0 being the first; epochs and the values that hold
        from their start on, as ``{0: 0.1, 20: 0.01}``; or a schedule.
    steps_per_epoch, epochs : int
    below : float
        What the values have to stay below.
    """
    steps = steps_per_epoch * epochs
    if isinstance(value, Schedule):
        values = value.values(steps_per_epoch, epochs)
    elif isinstance(value, Mapping):
        values = np.repeat([_piece(owner, name, value, epoch) for epoch in range(epochs)], steps_per_epoch)
    elif callable(value):
        values = np.repeat([float(value(epoch)) for epoch in range(epochs)], steps_per_epoch)
    else:
        values = np.asarray(value, np.float64)
        values = np.full(steps, values) if values.ndim == 0 else values
    wanted = f"numbers >= 0{f' and < {below:g}' if np.isfinite(below) else ''}"
    if values.shape != (steps,):
        raise InvalidParameter(owner, name, values.shape, f"one number, or one for each of the {steps} steps")
    if not ((values >= 0) & (values < below)).all():
        raise InvalidParameter(owner, name, value, wanted)
    return np.ascontiguousarray(values, np.float64)


def _piece(owner: str, name: str, pieces: Mapping[int, float], epoch: int) -> float:
    begun = [first for first in pieces if first <= epoch]
    if not begun:
        raise InvalidParameter(owner, name, dict(pieces), "a mapping from epochs to values that has epoch 0")
    return float(pieces[max(begun)])


@dataclass(frozen=True)
class Optimiser(Keywords):
    """What optimisers share; see `SGD`."""

    update: ClassVar[Update]

    rate: Any = 0.01
    l1: float = field(default=0.0, kw_only=True)
    l2: float = field(default=0.0, kw_only=True)
    decay: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            checks.number(self._owner, name, getattr(self, name), "a finite number >= 0", least=0.0)
        checks.number(self._owner, "decay", self.decay, "a number in [0, 1)", least=0.0, below=1.0)
        for name, below in (("rate", np.inf), ("momentum", 1.0), ("beta1", 1.0)):
            value = getattr(self, name, 0.0)
            if not isinstance(value, Schedule | Mapping) and not callable(value) and np.ndim(value) == 0:
                wanted = "a number >= 0 or in [0, 1)" if below == 1.0 else "a finite number >= 0"
                checks.number(self._owner, name, value, wanted, least=0.0, below=below)
        for name in ("rho", "beta2"):
            checks.number(self._owner, name, getattr(self, name, 0.0), "a number in [0, 1)", least=0.0, below=1.0)
        checks.number(self._owner, "epsilon", getattr(self, "epsilon", 1.0), "a finite number > 0", above=0.0)

    @property
    def _owner(self) -> str:
        return type(self).__name__

    def rule(self) -> Rule:
        """Return the rule that the kernels carry out."""
        second = getattr(self, "rho", getattr(self, "beta2", 0.0))
        return Rule(int(self.update), second, getattr(self, "epsilon", 0.0), self.l1, self.l2, self.decay)

    def values(self, steps_per_epoch: int, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rate and the momentum (or beta1) at every step, (epochs * steps_per_epoch,) each."""
        name = "beta1" if hasattr(self, "beta1") else "momentum"
        rates = in_time(self._owner, "rate", self.rate, steps_per_epoch, epochs)
        return rates, in_time(self._owner, name, getattr(self, name, 0.0), steps_per_epoch, epochs, 1.0)


@dataclass(frozen=True)
class SGD(Optimiser):
    """Gradient descent on mini-batches, with momentum: m' = momentum m + g, w' = w - rate m'.

    Parameters
    ----------
    rate : float >= 0, array, callable, mapping or Schedule, default 0.01
        The learning rate: a number; one for every step; a function of the epoch (0 is the first); a mapping from
        epochs to the rates that hold from then on; or a `Schedule`.
    momentum : float in [0, 1), array, callable, mapping or Schedule, default 0
    nesterov : bool, default False
        Look ahead: w' = w - rate (g + momentum m').
    l1, l2 : float >= 0, default 0
        l1 sign(w) + l2 w is added to the gradient of weights; biases and normalisation do not decay.
    decay : float in [0, 1), default 0
        Weights are multiplied by 1 - decay before each update.

    Examples
    --------
    >>> from neurosim.cnn import SGD
    >>> SGD({0: 0.1, 2: 0.01}, momentum=0.9).values(1, 3)
    (array([0.1 , 0.1 , 0.01]), array([0.9, 0.9, 0.9]))
    """

    momentum: Any = 0.0
    nesterov: bool = False

    @property
    def update(self) -> Update:  # type: ignore[override]
        """The update rule."""
        return Update.NESTEROV if self.nesterov else Update.SGD


@dataclass(frozen=True)
class Adagrad(Optimiser):
    """Rates that shrink with the sum of squared gradients (Duchi, Hazan & Singer 2011).

    Parameters
    ----------
    rate : as for `SGD`, default 0.01
    epsilon : float > 0, default 1e-8
    l1, l2, decay : float, default 0
        As for `SGD`.
    """

    update: ClassVar[Update] = Update.ADAGRAD
    epsilon: float = 1e-8


@dataclass(frozen=True)
class RMSProp(Optimiser):
    """Rates divided by a moving root mean square of the gradients.

    Parameters
    ----------
    rate : as for `SGD`, default 0.001
    rho : float in [0, 1), default 0.9
        How much of the mean square stays from step to step.
    epsilon : float > 0, default 1e-8
    momentum : as for `SGD`, default 0
    l1, l2, decay : float, default 0
        As for `SGD`.
    """

    update: ClassVar[Update] = Update.RMSPROP
    rate: Any = 1e-3
    rho: float = 0.9
    epsilon: float = 1e-8
    momentum: Any = 0.0


@dataclass(frozen=True)
class Adam(Optimiser):
    """Moving averages of the gradients over those of their squares (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1).

    Parameters
    ----------
    rate : as for `SGD`, default 0.001
    beta1 : float in [0, 1), array, callable, mapping or Schedule, default 0.9
    beta2 : float in [0, 1), default 0.999
    epsilon : float > 0, default 1e-8
    l1, l2, decay : float, default 0
        As for `SGD`.
    """

    update: ClassVar[Update] = Update.ADAM
    rate: Any = 1e-3
    beta1: Any = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


@dataclass(frozen=True)
class AdamW(Adam):
    """`Adam` with decoupled decay: weights are multiplied by 1 - rate * decay (Loshchilov & Hutter 2019).

    Parameters
    ----------
    rate, beta1, beta2, epsilon, l1, l2
        As for `Adam`.
    decay : float in [0, 1), default 0.01
    """

    update: ClassVar[Update] = Update.ADAMW
    decay: float = field(default=0.01, kw_only=True)


OPTIMISERS: dict[str, type[Optimiser]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def as_optimiser(owner: str, value: Any) -> Optimiser:
    """Return the optimiser, with its default settings, that a name stands for, or the optimiser."""
    if isinstance(value, Optimiser):
        return value
    if isinstance(value, str) and value in OPTIMISERS:
        return OPTIMISERS[value]()
    wanted = f"an optimiser such as Adam(1e-3), or one of {', '.join(OPTIMISERS)}"
    if isinstance(value, type) and issubclass(value, Optimiser):
        wanted = f"{value.__name__}() or {value.__name__}(rate), with brackets"
    raise InvalidParameter(owner, "optimiser", value, wanted)
