"""Boltzmann machines: stochastic 0/1 units with symmetric weights, some of them hidden."""

from typing import Any

import numpy as np

from neurosim.boltzmann import clamping, exact, learning
from neurosim.boltzmann.exact import ExactDistribution
from neurosim.boltzmann.mean_field import MeanField, mean_field
from neurosim.boltzmann.results import Completion, Cooccurrence, Learning, Settled
from neurosim.boltzmann.settling import SCHEDULE, Settling, temperatures_of
from neurosim.boltzmann.units import NAME, StochasticUnits, batches
from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.progress import Callback
from neurosim.ising import IsingModel

BATCHES = 32  # of chains, at most, between which estimates are compared


class BoltzmannMachine(StochasticUnits):
    """Visible and hidden units that turn on and off by chance (Ackley, Hinton & Sejnowski 1985).

    A state s of 0 and 1 has the energy E(s) = -sum_{i<j} w_ij s_i s_j - sum_i b_i s_i. A unit that is visited turns on
    with probability 1 / (1 + exp(-gap / T)), where gap = sum_j w_ij s_j + b_i. A time unit is as many visits, of units
    drawn at random, as units are free. At a temperature T the states then come with probabilities proportional to
    exp(-E / T).

    Wherever a temperature is asked for, T = +0 lets the sign of the gap decide and throws a coin where it is 0, an
    infinite T throws coins only, and T < 0 (-0 too) exchanges on and off.

    Chains settle in batches of 128. The chains of a batch visit their units in one order, drawn for it, and decide
    each for itself; batches share nothing. Before equilibrium, chains of a batch are therefore not quite independent.

    Parameters
    ----------
    n_visible : int >= 1
        The units 0 to n_visible - 1.
    n_hidden : int >= 0, default 0
        The units after them.
    connections : (n, n) array of bool, optional
        Which pairs of units have a weight: symmetric, without a diagonal. Default: all.
    weights : (n, n) array, optional
        Symmetric, 0 where there is no connection. Default: 0.
    biases : (n,) array, optional
        Minus the thresholds. Default: 0.
    dtype : "float32" or "float64", default "float32"
        Of weights, biases and fields. Decisions are float32, with random numbers of 23 bits.
    random_state : None, int, SeedSequence, Generator or RandomState
        For all calls that are given none of their own; each of them goes on where the one before has ended.
    backend : "auto", "cpu" or "cuda"

    Attributes
    ----------
    weights : (n, n) ndarray
    biases : (n,) ndarray
        Read-only; both may be set to others, which are checked and copied, or together by `set_parameters`.
    connections : (n, n) ndarray of bool
        Read-only.
    visible, hidden : ndarray of int64
        The numbers of the units.

    Raises
    ------
    InvalidParameter, DataError
        If a parameter, here or of a method, is out of its range or an array of the wrong shape or content.

    References
    ----------
    D. H. Ackley, G. E. Hinton & T. J. Sejnowski, "A learning algorithm for Boltzmann machines", Cognitive Science
    9:147-169 (1985).

    Examples
    --------
    >>> from neurosim.boltzmann import BoltzmannMachine
    >>> pair = BoltzmannMachine(2, weights=[[0, 3], [3, 0]], biases=[-1, -1])
    >>> pair.energy([[0, 0], [0, 1], [1, 1]])
    array([ 0.,  1., -1.])
    >>> found = pair.settle("5@2,5@0", chains=100, random_state=0)
    >>> bool(found.energies.max() <= 0)
    True
    """

    def settle(
        self, schedule: Any = SCHEDULE, *, clamp: Any = None, initial: Any = None, chains: int = 1,
        random_state: Any = None,
    ) -> Settled:  # fmt: skip
        """Let chains go through a schedule of temperatures.

        Parameters
        ----------
        schedule : str or sequence of temperatures, default "2@20,2@15,2@12,4@10"
            Stages of time units@temperature, or the temperature of every time unit. The default is the paper's for its
            encoders.
        clamp : (m,) or (chains, m) array of 0, 1 and NaN, m <= n, optional
            The values of the first m units, NaN where a unit is free; units from m on are free.
        initial : (n,) or (chains, n) array of 0 and 1, optional
            Where the free units begin. Default: fair coins.
        chains : int >= 1, default 1
            Or as many as `clamp` or `initial` has rows.
        random_state : None, int, SeedSequence, Generator or RandomState
            A chain's result depends on this, on its number and on which of its units are free. Chains share the order
            of visits with others of their batch of 128.

        Returns
        -------
        Settled
        """
        temperatures = temperatures_of(NAME, schedule)
        states, is_free = clamping.chains_of(NAME, clamp, initial, chains, self.n_units)
        key = self._key(random_state)
        _, target = self.run_batches(states, is_free, Settling(temperatures, 0, initial is None), key)
        return Settled(states, self.energy(states), temperatures, target, key)

    def sample(
        self, n: int, *, temperature: float = 1.0, clamp: Any = None, burn_in: int = 100, thin: int = 10,
        chains: int = 64, random_state: Any = None,
    ) -> np.ndarray:  # fmt: skip
        """Draw n states (n, units) uint8 at one temperature.

        Parameters
        ----------
        n : int >= 1
        temperature : float, default 1.0
        clamp : (m,) array of 0, 1 and NaN, optional
            As in `settle`.
        burn_in, thin : int >= 0, int >= 1
            Time units from fair coins to a chain's first sample, and from one of its samples to the next.
        chains : int >= 1, default 64
            Sample k is of chain k % chains. Those of a batch of 128 share the order of visits.
        random_state : None, int, SeedSequence, Generator or RandomState
        """
        for name, value, least in (("n", n, 1), ("burn_in", burn_in, 0), ("thin", thin, 1)):
            checks.at_least(NAME, name, value, least)
        t, key = exact.any_temperature(NAME, temperature), self._key(random_state)
        checks.at_least(NAME, "chains", chains, 1)
        states, is_free = self._copies(clamp, min(chains, n))
        self.run_batches(states, is_free, Settling(np.full(burn_in, t), 0, True), key)
        drawn = [states.copy()]
        while len(drawn) * len(states) < n:
            step = len(drawn) * batches(len(states))
            self.run_batches(states, is_free, Settling(np.full(thin, t)), key, step)
            drawn.append(states.copy())
        return np.concatenate(drawn)[:n]

    def cooccurrence(
        self, *, temperature: float = 1.0, clamp: Any = None, chains: int = 2048, burn_in: int = 100, time: int = 10,
        random_state: Any = None,
    ) -> Cooccurrence:  # fmt: skip
        """Estimate the probabilities p_ij that two units are on together.

        Parameters
        ----------
        temperature : float, default 1.0
        clamp : (m,) array of 0, 1 and NaN, optional
            As in `settle`.
        chains : int >= 2, default 2048
            In at most 32 batches, independent of each other, whose differences make the standard errors. Chains of a
            batch (of 128 of them where it has more) share the order of visits.
        burn_in, time : int >= 0, int >= 1
            Time units before the counts, and counted ones, of each chain.
        random_state : None, int, SeedSequence, Generator or RandomState

        Returns
        -------
        Cooccurrence
        """
        for name, value, least in (("chains", chains, 2), ("burn_in", burn_in, 0), ("time", time, 1)):
            checks.at_least(NAME, name, value, least)
        t, key = exact.any_temperature(NAME, temperature), self._key(random_state)
        groups = min(BATCHES, chains)
        size = -(-chains // groups)
        states, is_free = self._copies(clamp, size)
        recipe, estimates = Settling(np.full(burn_in + time, t), time, True), []
        for group in range(groups):
            counts, target = self.run_batches(states, is_free, recipe, key, group * batches(size), group * size)
            estimates.append(counts / (size * time))
        spread = np.std(estimates, axis=0, ddof=1) / np.sqrt(groups)
        return Cooccurrence(np.mean(estimates, axis=0), spread, groups * size, groups, target, key)

    def complete(
        self, X: Any, *, schedule: Any = SCHEDULE, trials: int = 1, random_state: Any = None
    ) -> Completion:  # fmt: skip
        """Fill in missing visible units by letting them settle while the others are clamped.

        Parameters
        ----------
        X : (patterns, visible) array of 0, 1 and NaN
            NaN where a unit is missing.
        schedule
            As in `settle`.
        trials : int >= 1, default 1
            How often each pattern is tried, from new coins. Tries of a batch of 128 share the order of visits.
        random_state : None, int, SeedSequence, Generator or RandomState

        Returns
        -------
        Completion
        """
        checks.at_least(NAME, "trials", trials, 1)
        rows = clamping.clamped(NAME, X, self.n_units, "X")
        if np.ndim(X) != 2 or np.shape(X)[1] != self.n_visible:
            raise DataError(f"{NAME}: X must be (patterns, {self.n_visible}); got shape {np.shape(X)}")
        pattern = np.tile(np.arange(len(rows)), trials)
        order = clamping.together(np.isnan(rows))[pattern].argsort(kind="stable")
        found = self.settle(schedule, clamp=rows[pattern[order]], random_state=self._key(random_state))
        back = order.argsort()
        ends = found.states[back].reshape(trials, len(rows), self.n_units)
        energies = found.energies[back].reshape(trials, len(rows))
        best = ends[energies.argmin(axis=0), np.arange(len(rows))]
        seen = slice(self.n_visible)
        return Completion(best[:, seen], ends[:, :, seen].mean(axis=0), ends, energies, found.seed)

    def learn(
        self, X: Any, *, cycles: int, rule: str = "sign", step: float = 2.0, schedule: Any = SCHEDULE,
        temperature: float = 10.0, time: int = 10, settlings: int = 2, noise: Any = (0.15, 0.05),
        method: str = "annealed", decay: float = 0.0, pattern_weights: Any = None, measure: int = 0,
        callback: Callback | None = None, random_state: Any = None,
    ) -> Learning:  # fmt: skip
        """Learn to show the patterns of an environment as often as it does.

        A cycle estimates p_ij, how often two connected units are on together with the patterns clamped, and p'_ij, the
        same in free running, and moves the weights by their difference; biases go by the probabilities that a unit is
        on. The defaults are the paper's, for its 4-2-4 encoder.

        Parameters
        ----------
        X : (patterns, visible) array of 0 and 1
        cycles : int >= 0
        rule : "sign" or "gradient", default "sign"
            Whether a weight changes by `step` in the direction of p - p', or by `step` times p - p'.
        step : float > 0, default 2.0
        schedule, settlings
            Of method "annealed": the way from fair coins to the temperature of the statistics, as in `settle`, and how
            often it is gone for each pattern; there are as many settlings of the free machine. With "mean_field",
            `settlings` is the number of random starts.
        temperature : float, default 10.0
            Of the statistics, in all methods, +-0 and +-inf too.
        time : int >= 1, default 10
            Time units of the statistics, which are taken once a time unit; of method "annealed".
        noise : (float, float) or None, default (0.15, 0.05)
            Probabilities that a clamped unit is off where the pattern has it on, and on where it is off; new in every
            settling. "exact" takes its average.
        method : "annealed", "exact" or "mean_field", default "annealed"
            Chains, enumeration (at most 20 units in all), or independent units in the mean field of the others.
        decay : float in [0, 1), default 0.0
            The share of the weights that is lost in each cycle.
        pattern_weights : (patterns,) array of numbers >= 0, optional
            How often each comes in the environment. Default: equally often.
        measure : int >= 0, default 0
            After every so many cycles, and at the start, the exact divergence from the environment is measured (at most
            20 units). 0: never.
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after each cycle with the mean size of p - p' and, when measured, the divergence; True stops.
        random_state : None, int, SeedSequence, Generator or RandomState

        Returns
        -------
        Learning

        Raises
        ------
        InvalidParameter, DataError
            If a parameter is out of its range, or the weights run away, out of the range of their type; the machine
            then keeps those of the cycle before.

        Examples
        --------
        >>> from neurosim.boltzmann import BoltzmannMachine
        >>> machine = BoltzmannMachine(2, dtype="float64")
        >>> options = {"rule": "gradient", "method": "exact", "temperature": 1.0, "noise": None}
        >>> run = machine.learn([[0, 0], [1, 1]], cycles=200, measure=200, **options)
        >>> run.kl.round(2)  # ln 2 nats at first
        array([0.69, 0.02])
        """
        recipe = learning.Recipe(
            rule, step, temperatures_of(NAME, schedule), temperature, time, settlings, noise, method, decay, measure
        )
        return learning.learn(self, X, pattern_weights, cycles, recipe, callback, self._key(random_state))

    def exact(self, temperature: float = 1.0, clamp: Any = None) -> ExactDistribution:
        """Return the distribution over all states of at most 20 free units; `clamp` is (m,), as in `settle`."""
        return exact.distribution(self.weights, self.biases, temperature, clamp, owner=f"{NAME}.exact")

    def mean_field(self, temperature: float = 1.0, clamp: Any = None, **options: Any) -> MeanField:
        """Return the mean-field activities; options are those of `neurosim.boltzmann.mean_field.mean_field`."""
        return mean_field(self.weights, self.biases, temperature, clamp, owner=f"{NAME}.mean_field", **options)

    def to_ising(self) -> IsingModel:
        """Return the same energies as a model of spins 2 s - 1."""
        w, b = self.weights.astype(np.float64), self.biases.astype(np.float64)
        return IsingModel(w / 4, b / 2 + w.sum(axis=1) / 4, offset=float(-w.sum() / 8 - b.sum() / 2))
