"""What a network of two-state units can be taught, and what of it can be taken back."""

import warnings
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.random import permutation, seed_from
from neurosim.hopfield import learning
from neurosim.hopfield.inputs import LOW, as_spins, as_states, check_flag
from neurosim.hopfield.results import Learning
from neurosim.hopfield.two_state import NAME, TwoStateNetwork
from neurosim.hopfield.weights import Weights

# what changes weights without regard to patterns that "hebb" adds before or after, if it is not done to these
ADDITIVE = {"hebb", "covariance", "store_sequence", "unlearn"}


class TaughtNetwork(TwoStateNetwork):
    """A network that learns; see `HopfieldNetwork`, which also recalls."""

    def store(self, patterns: Any, rule: str = "hebb", **options: Any) -> Self:
        """Store patterns and return the network.

        Parameters
        ----------
        patterns : (patterns, units) or (units,) array
            In the network's coding.
        rule : str, default "hebb"
            - "hebb": sums of xi_i xi_j, over N in "spin" coding (Hopfield 1982).
            - "covariance": option `activity`, the fraction of active units (default: as measured in these patterns),
              for sparse patterns.
            - "storkey": Storkey (1997), pattern by pattern; "spin" coding only.
            - "projection" or "pinv": on the span of the patterns (Personnaz, Guyon & Dreyfus 1985); "spin" coding only.
              N independent patterns span everything: all weights between units are 0 then and nothing is recalled.
            - "perceptron": options `kappa` = 0, the least stability xi_i h_i / abs(W_i); `max_epochs` = 1000;
              `symmetric` = False (Gardner 1988). Warns if it does not get there.
            - "clipped": the signs of the Hebb sums (Hopfield 1982).
            - "bounded": option `bound`, in patterns (default 0.35 sqrt(N)); weights are cut there (Parisi 1986).
        **options
            Of the rule.

        Notes
        -----
        "hebb", "covariance", "storkey" and "bounded" add to what is there, so that two calls do the same as one
        ("covariance" only if `activity` is given).
        "projection" and "clipped" start anew from all patterns stored so far, and "perceptron" goes on from the
        present weights with all patterns.

        Raises
        ------
        DataError
            If the patterns have the wrong shape or other values than the coding's.
        InvalidParameter
            For another rule, or an option that it does not take.
        """
        states = as_states(NAME, "patterns", patterns, self.n_units, LOW[self.coding])
        if not len(states):
            raise DataError(f"{NAME}: patterns must hold at least one pattern; got none")
        name = learning.find_rule(rule, options)
        learned = learning.RULES[name](self._lesson(states, self.patterns), **options)
        self._set_weights(learned.weights)
        self.patterns = np.concatenate([self.patterns, states])
        self._rules = [name] * len(self.patterns) if name in learning.FROM_ALL else self._rules + [name] * len(states)
        self.learning = Learning(name, len(states), learned.epochs, learned.converged)
        if learned.converged is False:
            warnings.warn(f"{NAME}: rule {name!r} did not converge in {learned.epochs} epochs", stacklevel=2)
        return self

    def forget(self, patterns: Any) -> Self:
        """Take stored patterns out again, as if they had never been stored, and return the network.

        This can be done with patterns stored by "hebb" where the other rules used are "hebb" and "covariance", and
        where all patterns were stored by "projection" or all by "clipped". It cannot with patterns that `unlearn` or a
        `store_sequence` with these patterns came after. Of equal patterns the last is taken out.

        Raises
        ------
        DataError
            If a pattern is not stored, or what was done cannot be undone.
        """
        states = as_states(NAME, "patterns", patterns, self.n_units, LOW[self.coding])
        kept = np.ones(len(self.patterns), np.bool_)
        for row, state in enumerate(states):
            places = np.flatnonzero(kept & (self.patterns == state).all(axis=1))
            if not len(places):
                raise DataError(f"{NAME}: patterns to forget must be stored; row {row} is not")
            kept[places[-1]] = False
        rest = [rule for rule, keep in zip(self._rules, kept, strict=True) if keep]
        gone = _parts(rule for rule, keep in zip(self._rules, kept, strict=True) if not keep)
        used = _parts(self._rules)
        if used <= ADDITIVE and gone <= {"hebb"}:
            self._set_weights(self._weights.plus(-learning.hebb_sums(as_spins(states, self.coding)), self._unit))
        elif used <= set(learning.FROM_ALL) and len(used) == 1:
            lesson = self._lesson(self.patterns[kept], self.patterns[:0])
            self._set_weights(learning.RULES[used.pop()](lesson).weights)
        else:
            why = ", ".join(sorted((gone if used <= ADDITIVE else used) - {"hebb"}))
            raise DataError(f"{NAME}: patterns cannot be taken out after {why}; store those to keep in a new network")
        self.patterns, self._rules = self.patterns[kept], rest
        return self

    def store_sequence(self, patterns: Any, *, strength: float = 1.0, cyclic: bool = False) -> Self:
        """Add asymmetric weights that lead from each pattern to the next, and return the network.

        The change is `strength` times the sum of xi^(mu+1)_i xi^mu_j, over N in "spin" coding (Hopfield 1982).

        Parameters
        ----------
        patterns : (patterns, units) array
            Two or more, in their order. Those that are not yet among `patterns` are listed there too.
        strength : float, default 1
            Relative to what storing a pattern by "hebb" adds.
        cyclic : bool, default False
            Whether the first pattern follows the last.
        """
        states = as_states(NAME, "patterns", patterns, self.n_units, LOW[self.coding])
        if len(states) < 2:
            raise DataError(f"{NAME}: patterns must hold two or more patterns to make a sequence; got {len(states)}")
        checks.number(NAME, "strength", strength, "a finite number")
        check_flag("cyclic", cyclic)
        change = strength * learning.transitions(as_spins(states, self.coding), cyclic=cyclic)
        self._set_weights(self._weights.plus(change, self._unit, symmetric=False))
        same = np.array([(self.patterns == state).all(axis=1) for state in states])
        new = ~same.any(axis=1)
        self._mark("store_sequence", np.flatnonzero(same.any(axis=0)))
        self.patterns = np.concatenate([self.patterns, states[new]])
        self._rules += ["store_sequence"] * int(new.sum())
        return self

    def dilute(self, fraction: float, *, symmetric: bool = True, random_state: Any = None) -> Self:
        """Cut connections at random for good, and return the network.

        Parameters
        ----------
        fraction : float in [0, 1]
            Of the connections between different units that are not yet cut.
        symmetric : bool, default True
            Whether both directions between two units are cut together.
        random_state : None, int, Generator or RandomState
        """
        checks.number(NAME, "fraction", fraction, "a number from 0 to 1", least=0.0, below=np.nextafter(1.0, 2.0))
        check_flag("symmetric", symmetric)
        cut = np.zeros((self.n_units, self.n_units), np.bool_) if self._cut is None else self._cut.copy()
        there = ~(cut | np.eye(self.n_units, dtype=np.bool_))
        i, j = np.nonzero(np.triu(there & there.T) if symmetric else there)
        chosen = permutation(seed_from(random_state), 0, len(i))[: round(fraction * len(i))]
        cut[i[chosen], j[chosen]] = True
        if symmetric:
            cut[j[chosen], i[chosen]] = True
        self._cut, weights = cut, self._weights
        self._set_weights(Weights(weights.matrix.copy(), weights.scale, weights.symmetric and symmetric))
        return self

    def _mark(self, name: str, numbers: Iterable[int]) -> None:
        """Note that something was done which depends on these patterns."""
        for k in numbers:
            if name not in self._rules[k].split("+"):
                self._rules[k] += f"+{name}"

    def _lesson(self, states: np.ndarray, stored: np.ndarray) -> learning.Lesson:
        new, old = as_spins(states, self.coding), as_spins(stored, self.coding)
        missing = np.zeros_like(self._weights.matrix, np.bool_) if self._cut is None else self._cut.copy()
        if not self.self_coupling:
            np.fill_diagonal(missing, True)
        return learning.Lesson(self._weights, new, old, self._unit, self.coding, self._thresholds, missing)


def _parts(rules: Iterable[str]) -> set[str]:
    """Return all that was done with patterns."""
    return {part for rule in rules for part in rule.split("+")}
