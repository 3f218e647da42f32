"""How weights start: LeCun's, Glorot's and He's rules, and plain distributions."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import ndtri

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import uniform


class Initialiser:
    """A distribution that weights are drawn from; plain data."""

    def draw(self, unit: np.ndarray, fan_in: Any, fan_out: Any) -> np.ndarray:
        """Return weights, `unit` being uniform in [0, 1)."""
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        """Return this initialiser as plain data."""
        data = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {"class": type(self).__name__, **data}


@dataclass(frozen=True)
class Uniform(Initialiser):
    """Uniform in [-limit, limit).

    Parameters
    ----------
    limit : float > 0

    Examples
    --------
    >>> from neurosim.cnn import Dense, Sequential, Uniform
    >>> net = Sequential([Dense(3, initialiser=Uniform(0.3))], 2, random_state=0)
    >>> bool(abs(net.parameters["dense1.weights"]).max() < 0.3)
    True
    """

    limit: float

    def __post_init__(self) -> None:
        checks.number("Uniform", "limit", self.limit, "a finite number > 0", above=0.0)

    def draw(self, unit: np.ndarray, fan_in: Any, fan_out: Any) -> np.ndarray:
        """Return weights, `unit` being uniform in [0, 1)."""
        return self.limit * (2.0 * unit - 1.0)


@dataclass(frozen=True)
class Normal(Initialiser):
    """Normally distributed around 0.

    Parameters
    ----------
    deviation : float > 0
        The standard deviation.
    """

    deviation: float

    def __post_init__(self) -> None:
        checks.number("Normal", "deviation", self.deviation, "a finite number > 0", above=0.0)

    def draw(self, unit: np.ndarray, fan_in: Any, fan_out: Any) -> np.ndarray:
        """Return weights, `unit` being uniform in [0, 1)."""
        return self.deviation * normal(unit)


def normal(unit: np.ndarray) -> np.ndarray:
    """Return numbers from N(0, 1) for numbers uniform in [0, 1)."""
    return np.asarray(ndtri(unit + 2.0**-54))


RULES: dict[str, Any] = {
    "lecun_uniform": lambda u, fan_in, fan_out: np.sqrt(3.0 / fan_in) * (2.0 * u - 1.0),
    "lecun_normal": lambda u, fan_in, fan_out: np.sqrt(1.0 / fan_in) * normal(u),
    "glorot_uniform": lambda u, fan_in, fan_out: np.sqrt(6.0 / (fan_in + fan_out)) * (2.0 * u - 1.0),
    "glorot_normal": lambda u, fan_in, fan_out: np.sqrt(2.0 / (fan_in + fan_out)) * normal(u),
    "he_uniform": lambda u, fan_in, fan_out: np.sqrt(6.0 / fan_in) * (2.0 * u - 1.0),
    "he_normal": lambda u, fan_in, fan_out: np.sqrt(2.0 / fan_in) * normal(u),
    "zeros": lambda u, fan_in, fan_out: np.zeros_like(u),
    "pytorch": lambda u, fan_in, fan_out: np.sqrt(1.0 / fan_in) * (2.0 * u - 1.0),
    "signs": lambda u, fan_in, fan_out: np.where(u < 0.5, -1.0, 1.0),
}
"""The rules by name; fan-in and fan-out are the numbers of connections into and out of a unit."""

NAMES = tuple(name for name in RULES if name != "signs")


def check(owner: str, name: str, value: Any) -> None:
    """Raise unless `value` is the name of a rule, an initialiser or a number."""
    if isinstance(value, Initialiser) or (isinstance(value, str) and value in NAMES):
        return
    try:
        checks.number(owner, name, value, "a number")
    except InvalidParameter:
        wanted = f"one of {', '.join(NAMES)}, Uniform(limit), Normal(deviation) or a number"
        raise InvalidParameter(owner, name, value, wanted) from None


def bias_rule(weights: Any, bias: Any) -> Any:
    """Return how biases start: as asked for, or like the weights under "pytorch", else at 0."""
    if bias is not None:
        return bias
    return "pytorch" if isinstance(weights, str) and weights == "pytorch" else 0.0


def draw(initialiser: Any, key: int, stream: int, shape: tuple[int, ...], fans: tuple[Any, Any]) -> np.ndarray:
    """Return the first values, float64, a function of (key, stream) alone; every parameter has a stream of its own."""
    if not isinstance(initialiser, str | Initialiser):
        return np.full(shape, initialiser, np.float64)
    unit = uniform(key, stream, shape)
    rule = initialiser.draw if isinstance(initialiser, Initialiser) else RULES[initialiser]
    return np.asarray(rule(unit, *fans))
