"""Probabilities of Rosenblatt's photo-perceptron: how many A-units a stimulus wakes, and how many two stimuli share.

Symbols of the paper: R is the share of the retina that a stimulus lights, x and y are the numbers of excitatory and
inhibitory origin points of an A-unit, theta is its threshold, e and i say how many of them are lit. Origin points are
drawn with replacement, so that e and i are binomial.

F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
Psychological Review 65:386-408 (1958).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.random import seed_from
from neurosim.perceptron import stimuli
from neurosim.perceptron.photo import PhotoPerceptron

ENVIRONMENTS = ("ideal", "differentiated")


def activity_probability(R: float, excitatory: int, inhibitory: int, threshold: float) -> float:
    """Return P_a, the probability that an A-unit fires for a stimulus: the expected share of active A-units.

    ``P_a = sum over e - i >= theta of Bin(e; x, R) Bin(i; y, R)``.

    Parameters
    ----------
    R : float in [0, 1]
        Share of the retina that the stimulus lights.
    excitatory, inhibitory : int >= 0
        Origin points x and y of an A-unit.
    threshold : float
        theta; the unit fires if e - i >= theta.

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    Examples
    --------
    >>> from neurosim.perceptron.photo_theory import activity_probability
    >>> round(activity_probability(0.2, 5, 5, 1), 6)
    0.340124
    """
    _share("activity_probability", "R", R)
    firing = _firing("activity_probability", excitatory, inhibitory, threshold)
    return float(_binomial(excitatory, R) @ firing @ _binomial(inhibitory, R))


def conditional_activity(
    R: float, C: float, excitatory: int, inhibitory: int, threshold: float, *, R2: float | None = None
) -> float:
    """Return P_c, the probability that an A-unit which fires for one stimulus fires for another one too.

    Of the points that the first stimulus lights the share L is dark in the second, and of the dark ones the share G is
    lit: ``L = 1 - C`` and ``G = (R2 - R C) / (1 - R)``, which is R (1 - C) / (1 - R) for stimuli of one size. Of the
    unit's e and i lit origin points l_e and l_i are lost, of its dark ones g_e and g_i are gained, all binomial; it
    fires again if ``e - i - l_e + l_i + g_e - g_i >= theta``.

    Parameters
    ----------
    R : float in (0, 1)
        Share of the retina that the first stimulus lights.
    C : float in [0, 1]
        Share of the first stimulus that the second covers. Stimuli of one size with C = R are independent: P_c = P_a.
    excitatory, inhibitory : int >= 0
        Origin points x and y of an A-unit.
    threshold : float
        theta, at most `excitatory`.
    R2 : float, optional
        Share that the second stimulus lights; default R.

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range, or no pair of stimuli has such an overlap.

    Examples
    --------
    >>> from neurosim.perceptron.photo_theory import conditional_activity
    >>> round(conditional_activity(0.2, 0.5, 10, 0, 2), 6)
    0.720249
    """
    owner = "conditional_activity"
    lost, gained = _lost_and_gained(owner, R, C, R2)
    firing = _firing(owner, excitatory, inhibitory, threshold)
    if threshold > excitatory:
        raise InvalidParameter(owner, "threshold", threshold, f"at most excitatory = {excitatory}, or no unit fires")
    both = firing.T @ _joint(excitatory, R, lost, gained) @ firing  # over e and e' that fire with i and i'
    p_both = float((both * _joint(inhibitory, R, lost, gained)).sum())
    return p_both / activity_probability(R, excitatory, inhibitory, threshold)


def least_conditional_activity(
    R: float, C: float, excitatory: int, inhibitory: int, *, R2: float | None = None
) -> float:
    """Return (1 - L)^x (1 - G)^y, a lower bound of P_c for every threshold; see `conditional_activity`.

    An A-unit goes on firing if it loses no excitatory and gains no inhibitory point.
    """
    lost, gained = _lost_and_gained("least_conditional_activity", R, C, R2)
    _firing("least_conditional_activity", excitatory, inhibitory, 0.0)
    return float((1 - lost) ** excitatory * (1 - gained) ** inhibitory)


def _firing(owner: str, excitatory: int, inhibitory: int, threshold: float) -> np.ndarray:
    """Return 1 where e - i >= theta and 0 elsewhere, shape (x + 1, y + 1)."""
    checks.at_least(owner, "excitatory", excitatory, 0)
    checks.at_least(owner, "inhibitory", inhibitory, 0)
    if not np.isfinite(threshold):
        raise InvalidParameter(owner, "threshold", threshold, "a finite number")
    return (np.subtract.outer(np.arange(excitatory + 1), np.arange(inhibitory + 1)) >= threshold).astype(float)


def _binomial(n: int, p: float) -> np.ndarray:
    return np.asarray(binom.pmf(np.arange(n + 1), n, p))


def _joint(n: int, R: float, lost: float, gained: float) -> np.ndarray:
    """Return the probabilities that k of n points are lit first and m then, shape (n + 1, n + 1)."""
    first = _binomial(n, R)
    then = [np.convolve(_binomial(k, 1 - lost), _binomial(n - k, gained)) for k in range(n + 1)]
    return first[:, None] * np.array(then)


def _share(owner: str, name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidParameter(owner, name, value, "a share in [0, 1]")


def _lost_and_gained(owner: str, R: float, C: float, R2: float | None) -> tuple[float, float]:
    """Return L and G."""
    if not 0 < R < 1:
        raise InvalidParameter(owner, "R", R, "a share in (0, 1)")
    _share(owner, "C", C)
    second = R if R2 is None else R2
    _share(owner, "R2", second)
    gained = (second - R * C) / (1 - R)
    if not -1e-12 <= gained <= 1 + 1e-12:
        least, most = max(0.0, (R + second - 1) / R), min(1.0, second / R)
        raise InvalidParameter(owner, "C", C, f"in [{least:.6g}, {most:.6g}] for stimuli of sizes {R} and {second}")
    return 1 - C, min(max(gained, 0.0), 1.0)


@dataclass(frozen=True)
class LearningCurves:
    """What photo-perceptrons recall and generalise, as means over machines; see `learning_curves`."""

    n_sr: np.ndarray
    """(sizes,) Stimuli associated with each response."""
    recall: np.ndarray
    """(sizes,) P_r, share of these stimuli that are answered as trained."""
    generalisation: np.ndarray
    """(sizes,) P_g, share of other stimuli of the classes that are answered with the class."""
    recall_error: np.ndarray
    """(sizes,) Standard error of `recall`."""
    generalisation_error: np.ndarray
    """(sizes,) Standard error of `generalisation`."""


def learning_curves(
    sizes: Any,
    *,
    environment: str = "differentiated",
    machines: int = 20,
    tests: int = 50,
    share: float = 0.5,
    flip: float = 0.3,
    random_state: Any = None,
    **parameters: Any,
) -> LearningCurves:
    """Simulate P_r and P_g against the number of stimuli that are associated with each response.

    Every machine has a wiring and stimuli of its own. It sees each stimulus once and is tested after each of the sizes.

    Parameters
    ----------
    sizes : increasing ints >= 1
        n_sr, stimuli of each response.
    environment : "ideal" or "differentiated", default "differentiated"
        Ideal: random dots, so that the stimuli of one response have no more in common than those of two; P_g is then
        chance. Differentiated: every response has a prototype of random dots, which each stimulus copies with mistakes.
    machines : int >= 2, default 20
    tests : int >= 1, default 50
        Other stimuli of each response, for P_g.
    share : float in [0, 1], default 0.5
        R, lit share of the retina in random dots.
    flip : float in [0, 1], default 0.3
        Probability that a point differs from the prototype.
    random_state : None, int, SeedSequence, Generator or RandomState
    **parameters
        Of `PhotoPerceptron`.

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.
    """
    owner = "learning_curves"
    checks.one_of(owner, "environment", environment, ENVIRONMENTS)
    checks.at_least(owner, "machines", machines, 2)
    checks.at_least(owner, "tests", tests, 1)
    steps = np.asarray(sizes)
    if steps.ndim != 1 or steps.size == 0 or steps.dtype.kind not in "iu" or (np.diff(steps, prepend=0) < 1).any():
        raise InvalidParameter(owner, "sizes", sizes, "increasing integers >= 1")
    rng = np.random.default_rng(seed_from(random_state))
    outcome = np.empty((machines, 2, len(steps)))
    for rates in outcome:
        machine = PhotoPerceptron(random_state=rng, **parameters)
        shown, responses = _environment(environment, machine, int(steps[-1]) + tests, share, flip, rng)
        classes = len(np.unique(responses))
        rates[:] = _train_in_steps(machine, shown, responses, steps * classes, tests * classes)
    mean, error = outcome.mean(0), outcome.std(0, ddof=1) / np.sqrt(machines)
    return LearningCurves(steps, mean[0], mean[1], error[0], error[1])


def _environment(
    environment: str, machine: PhotoPerceptron, n_each: int, share: float, flip: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return stimuli and their responses, which take turns."""
    classes = max(machine.n_responses, 2)
    if environment == "ideal":
        dots = stimuli.make_random_dots(classes * n_each, machine.retina, share=share, random_state=rng)
        return dots, np.tile(np.arange(classes), n_each)
    prototypes = stimuli.make_random_dots(classes, machine.retina, share=share, random_state=rng)
    return stimuli.make_variations(prototypes, n_each, flip=flip, random_state=rng)


def _train_in_steps(
    machine: PhotoPerceptron, shown: np.ndarray, responses: np.ndarray, ends: np.ndarray, tests: int
) -> tuple[list[float], list[float]]:
    """Train on stimuli up to each of the ends; return P_r and P_g there, the latter on the last `tests` stimuli."""
    recall, generalisation = [], []
    for begin, end in zip((0, *ends[:-1]), ends, strict=True):
        machine.train(shown[begin:end], responses[begin:end])
        recall.append(float((machine.respond(shown[:end]) == responses[:end]).mean()))
        generalisation.append(float((machine.respond(shown[-tests:]) == responses[-tests:]).mean()))
    return recall, generalisation
