"""Derivatives by backpropagation against differences of the loss."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.cnn.inspection import as_samples
from neurosim.core import checks
from neurosim.core.random import permutation, seed_from

if TYPE_CHECKING:
    from neurosim.cnn.graph import Graph

KINK = 1e-5
"""Slopes that jump within two steps by more than this part of the largest are at a kink."""
ROUNDING = 1e-14
"""How exact a loss is, relative to it or to 1; differences cannot be better than this over the step."""


@dataclass(frozen=True)
class GradientCheck:
    """How far backpropagation is from central differences.

    Attributes
    ----------
    errors : dict of float
        By parameter, and for "input": ||g - d|| / (||g|| + ||d||) over the numbers checked, g being the derivatives by
        backpropagation and d the differences; 0 where both vanish.
    checked : dict of int
        How many numbers were checked.
    excluded : dict of int
        How many were left out because the loss has a kink there: a rectifier at 0, a tie in a maximum.
    """

    errors: dict[str, float]
    checked: dict[str, int]
    excluded: dict[str, int]

    @property
    def worst(self) -> float:
        """The largest of the errors."""
        return max(self.errors.values())

    def __str__(self) -> str:
        width = max(map(len, self.errors))
        return "\n".join(
            f"{name:{width}}  {error:.1e}  {self.checked[name]} checked, {self.excluded[name]} at a kink"
            for name, error in self.errors.items()
        )


def gradcheck(
    network: "Graph", x: Any, y: Any, loss: Any, *, step: float = 1e-5, at_most: int = 100, training: bool = True,
    random_state: Any = 0,
) -> GradientCheck:  # fmt: skip
    """Compare the derivatives of a loss by parameters and inputs with central differences, in float64.

    Parameters
    ----------
    network : Sequential or Graph
        It stays as it is; a float32 network is checked as a float64 copy.
    x, y, loss
        As for `Graph.gradients`; a few samples are enough.
    step : float > 0, default 1e-5
    at_most : int >= 1, default 100
        How many numbers of an array are checked; they are picked at random.
    training : bool, default True
        Whether dropout is on, the same at every evaluation, and batch normalisation goes by the samples given.
    random_state : None, int, Generator or RandomState, default 0

    Returns
    -------
    GradientCheck

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.cnn import CrossEntropy, Dense, Sequential
    >>> net = Sequential([Dense(5, activation="tanh"), Dense(3, activation="softmax")], 4, random_state=0)
    >>> x = np.random.default_rng(0).normal(size=(6, 4))
    >>> net.gradcheck(x, [0, 1, 2, 0, 1, 2], CrossEntropy()).worst < 1e-6
    True
    """
    checks.number("gradcheck", "step", step, "a finite number > 0", above=0.0)
    checks.at_least("gradcheck", "at_most", at_most, 1)
    key, network = seed_from(random_state), network.astype("float64")
    samples = as_samples(network, x).copy()

    def found(names: Any = ()) -> Any:
        return network.gradients(samples, y, loss, training=training, names=names, random_state=key)

    exact = found()
    arrays = {"input": (samples.reshape(-1), exact.input.ravel())}
    for name, slot in network.slots.items():
        arrays[name] = network.flat_parameters[slot.begin : slot.end], exact.flat[slot.begin : slot.end]
    errors, checked, excluded, noise = {}, {}, {}, ROUNDING * max(1.0, abs(exact.loss)) / step
    for number, (name, (values, gradient)) in enumerate(arrays.items()):
        chosen = permutation(key, number, len(values))[:at_most]
        slopes = [_slopes(values, i, step, exact.loss, lambda: found().loss) for i in chosen]
        near, jump = np.array(slopes).reshape(-1, 2).T
        smooth = jump <= KINK * max(np.abs(near).max(initial=0.0), np.abs(gradient).max(initial=0.0)) + 4 * noise
        errors[name] = relative_error(gradient[chosen][smooth], near[smooth], noise)
        checked[name], excluded[name] = int(smooth.sum()), int((~smooth).sum())
    return GradientCheck(errors, checked, excluded)


def _slopes(values: np.ndarray, i: int, step: float, here: float, loss: Any) -> tuple[float, float]:
    """Return the central difference by one number, and by how much the slope jumps around it.

    Forward minus backward difference is proportional to the step where the loss is smooth, and stays where the slope
    jumps at the point itself; there central differences of all steps agree. They do not at a kink nearby.
    """
    before, losses = values[i], {}
    for k in (-2, -1, 1, 2):
        values[i] = before + k * step
        losses[k] = loss()
    values[i] = before
    near, far = (losses[1] - losses[-1]) / (2.0 * step), (losses[2] - losses[-2]) / (4.0 * step)
    bend, wide = losses[1] - 2.0 * here + losses[-1], losses[2] - 2.0 * here + losses[-2]
    return near, max(abs(near - far), abs(2.0 * bend - wide / 2.0) / step)


def relative_error(a: np.ndarray, b: np.ndarray, noise: float) -> float:
    """Return ||a - b|| / (||a|| + ||b||), 0 if all numbers are below the noise."""
    if max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0)) <= noise:
        return 0.0
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)))
