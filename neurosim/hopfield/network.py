"""Hopfield networks of two-state units."""

from typing import Any, Self

import numpy as np

from neurosim.core import backend as backend_
from neurosim.core import checks
from neurosim.core.progress import Callback, report
from neurosim.core.random import seed_from, uniform
from neurosim.hopfield import inputs, learning, rules
from neurosim.hopfield.basin import Basin, measure_basin
from neurosim.hopfield.inputs import LOW, as_spins, as_states
from neurosim.hopfield.results import Recall
from neurosim.hopfield.spurious import Spurious, sort_attractors
from neurosim.hopfield.taught import TaughtNetwork
from neurosim.hopfield.two_state import NAME, TIES

ORDERS = {
    "random": rules.RANDOM,
    "permutation": rules.PERMUTATION,
    "sequential": rules.SEQUENTIAL,
    "parallel": rules.PARALLEL,
}
STOPPED = np.array(["limit", "fixed point", "2-cycle"])


class HopfieldNetwork(TaughtNetwork):
    """A fully connected network of two-state units that recalls stored patterns (Hopfield 1982).

    Unit i looks at its field sum_j W_ij s_j - theta_i and takes its upper state if that is positive, its lower if it is
    negative. With symmetric weights and one unit at a time the energy -1/2 s^T W s + theta^T s then never rises. At a
    temperature the upper state has the probability 1 / (1 + exp(-d field / T)), d being the difference of the states
    (heat bath, or Glauber dynamics).

    Parameters
    ----------
    n_units : int >= 1
    coding : "spin" or "binary", default "spin"
        States -1 and +1, or 0 and 1. The paper's units are 0 and 1; -1 and +1 store more.
    zero_field : "keep", "plus", "minus" or "random", default "keep"
        What a unit does whose field is exactly zero: nothing, takes the upper or the lower state, or throws a coin.
    self_coupling : bool, default False
        Whether the learning rules fill the diagonal of the weights; otherwise it stays zero. A self-coupling is part
        of a unit's field: a positive one holds the unit where it is, a negative one may raise the energy.
    thresholds : float or (units,) array, optional
        Default: 0.

    Attributes
    ----------
    patterns : (stored, units) int8
        What was stored, in the network's coding.
    learning : Learning or None
        What `store` did last.

    Notes
    -----
    Weights that are sums of patterns are kept as whole numbers, and recall is exact then. The same input gives the
    same bits for any number of threads.

    References
    ----------
    J. J. Hopfield, "Neural networks and physical systems with emergent collective computational abilities", PNAS
    79:2554-2558 (1982).

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.hopfield import HopfieldNetwork
    >>> patterns = np.random.default_rng(0).choice([-1, 1], (5, 100))
    >>> net = HopfieldNetwork(100).store(patterns)
    >>> probes = patterns.copy()
    >>> probes[:, :20] *= -1
    >>> found = net.recall(probes, random_state=0)
    >>> bool((found.states == patterns).all()), str(found.stopped[0])
    (True, 'fixed point')
    """

    def recall(
        self,
        probes: Any,
        *,
        order: str = "random",
        temperature: float = 0.0,
        clamp: Any = None,
        max_sweeps: int = 100,
        record: bool = False,
        random_state: Any = None,
        callback: Callback | None = None,
        backend: str = "auto",
    ) -> Recall:
        """Let the network run from probes.

        Parameters
        ----------
        probes : (probes, units) or (units,) array
            First states, in the network's coding.
        order : "random", "permutation", "sequential" or "parallel", default "random"
            Each update picks a unit anew; a sweep goes through all units in a new order; in their own order; or all
            units are updated at once (Little's dynamics), which may end in a cycle of two states.
        temperature : float >= 0, default 0
            In units of the energy. Above 0 nothing is a fixed point, and the run goes on for `max_sweeps`. One unit at
            a time visits states by their Boltzmann weights exp(-E / T) if the weights are symmetric and without
            self-couplings.
        clamp : bool array (units,) or (probes, units), optional
            Units that keep the state they have in the probe.
        max_sweeps : int >= 1, default 100
        record : bool, default False
            Whether to return the states after each sweep.
        random_state : None, int, Generator or RandomState
        callback : callable, optional
            Called after each sweep with a `Progress` and how many probes are still "running"; stops if it returns True.
        backend : "auto", "cpu" or "cuda", default "auto"

        Returns
        -------
        Recall

        Raises
        ------
        DataError
            If the probes have the wrong length or other values than the coding's, or nothing is stored.
        InvalidParameter
            If another parameter is out of its range.
        """
        states = as_states(NAME, "probes", probes, self.n_units, LOW[self.coding])
        checks.one_of(NAME, "order", order, tuple(ORDERS))
        checks.number(NAME, "temperature", temperature, "a finite number >= 0", least=0.0)
        inputs.check_flag("record", record)
        checks.at_least(NAME, "max_sweeps", max_sweeps, 1)
        mask = inputs.as_mask(clamp, len(states), self.n_units)
        key, weights, low = seed_from(random_state), self._ready(), LOW[self.coding]
        target = backend_.choose(backend, "hopfield", states.size * self.n_units)
        inputs.check_stored(NAME, len(self.patterns) or self._weights.matrix.any() or self._thresholds.any())
        kernels = backend_.kernels("hopfield", target)
        slope = (1 - low) * weights.scale / temperature if temperature > 0 else np.inf
        state = kernels.begin(weights.outgoing, weights.thresholds, mask, low, key, states)
        trajectory = [states]
        each = 1 if record or callback else max_sweeps
        for sweep in range(each, max_sweeps + 1, each):
            running = kernels.advance(state, each, ORDERS[order], TIES[self.zero_field], slope)
            now = kernels.fetch(state, ("spins", "sweeps")) if record else {}
            if record and now["sweeps"].max(initial=0) == sweep:
                trajectory.append(now["spins"].copy())
            if report(callback, sweep, max_sweeps, running=running) or not running:
                break
        found = kernels.fetch(state)
        energies = rules.energies(found["spins"], found["fields"], weights.thresholds, weights.scale)
        return Recall(
            found["spins"], found["sweeps"], STOPPED[found["stopped"]], energies, found["flips"],
            weights.thresholds.dtype.name, target, key, np.array(trajectory) if record else None,
        )  # fmt: skip

    def unlearn(self, steps: int, *, rate: float = 0.01, max_sweeps: int = 100, random_state: Any = None) -> Self:
        """Weaken the states that the network falls into from random starts, and return it.

        Each step lets a random state settle and subtracts `rate` times the Hebbian term of where it ends. Spurious
        states lose most, so that a little of this helps recall and too much destroys it (Hopfield, Feinstein & Palmer
        1983).

        Parameters
        ----------
        steps : int >= 0
        rate : float > 0, default 0.01
            In units of what storing a pattern by "hebb" adds.
        max_sweeps : int >= 1, default 100
        random_state : None, int, Generator or RandomState
        """
        checks.at_least(NAME, "steps", steps, 0)
        checks.at_least(NAME, "max_sweeps", max_sweeps, 1)
        checks.number(NAME, "rate", rate, "a finite number > 0", above=0.0)
        key = seed_from(random_state)
        seeds = (uniform(key, 0, steps) * 2**53).astype(np.uint64)
        for step in range(steps):
            start = self._random_states(key, step + 1, 1)
            end = self.recall(start, max_sweeps=max_sweeps, random_state=seeds[step]).states
            self._set_weights(self._weights.plus(-rate * learning.hebb_sums(as_spins(end, self.coding)), self._unit))
        self._mark("unlearn", range(len(self.patterns)) if steps else ())
        return self

    def basin(
        self,
        patterns: Any = None,
        *,
        flips: Any = None,
        probes: int = 100,
        errors: int = 0,
        order: str = "random",
        temperature: float = 0.0,
        max_sweeps: int = 100,
        random_state: Any = None,
        backend: str = "auto",
    ) -> Basin:
        """Measure how often stored patterns are recalled from a distance.

        Parameters
        ----------
        patterns : int or sequence of int, optional
            Numbers of stored patterns. Default: all.
        flips : int or sequence of int, optional
            Numbers of units whose state is turned round in a probe. Default: 11 from 0 to half the units.
        probes : int >= 1, default 100
            For each pattern and number of flips.
        errors : int >= 0, default 0
            How many units may be wrong at the end.
        order, temperature, max_sweeps, random_state, backend
            As in `recall`.

        Returns
        -------
        Basin
        """
        options = {"order": order, "temperature": temperature, "max_sweeps": max_sweeps, "backend": backend}
        return measure_basin(self, patterns, flips, probes, errors, random_state, options)

    def spurious(
        self,
        probes: int = 1000,
        *,
        least_overlap: float = 0.9,
        order: str = "random",
        max_sweeps: int = 100,
        random_state: Any = None,
        backend: str = "auto",
    ) -> Spurious:
        """Sort the fixed points that the network falls into from random starts.

        Of all mixtures of k patterns a state is compared with one alone: that of the k patterns with which it overlaps
        most. One in which other patterns are mixed may therefore count as "other". Patterns that are stored more than
        once, or with their negatives, count once in mixtures.

        Parameters
        ----------
        probes : int >= 1, default 1000
        least_overlap : float in (0, 1], default 0.9
            With a pattern, its negative or a mixture of 3, 5 or 7 patterns, for a fixed point to count as such.
        order, max_sweeps, random_state, backend
            As in `recall`.

        Returns
        -------
        Spurious
        """
        checks.at_least(NAME, "probes", probes, 1)
        wanted = "a number > 0 and <= 1"
        checks.number(NAME, "least_overlap", least_overlap, wanted, above=0.0, below=np.nextafter(1.0, 2.0))
        key = seed_from(random_state)
        starts = self._random_states(key, 0, probes)
        found = self.recall(starts, order=order, max_sweeps=max_sweeps, random_state=key, backend=backend)
        return sort_attractors(found, self.patterns, self.coding, least_overlap)

    def _random_states(self, key: int, stream: int, count: int) -> np.ndarray:
        upper = uniform(key, stream, (count, self.n_units)) < 0.5
        return np.where(upper, 1, LOW[self.coding]).astype(np.int8)
