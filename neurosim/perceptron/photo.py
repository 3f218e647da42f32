"""Rosenblatt's photo-perceptron of 1958: a retina, randomly wired A-units that gain value, and R-units."""

import os
from pathlib import Path
from typing import Any, Self

import numpy as np

from neurosim.core import checks, storage
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.core.random import seed_from, uniform
from neurosim.perceptron.wiring import draw_origins, draw_source_sets, fires

SYSTEMS = ("alpha", "beta", "gamma")
READOUTS = ("sum", "mean")
REINFORCEMENTS = ("positive", "bivalent")
ORIGINS, SOURCES, REMOVAL = range(3)
BLOCK = 512  # stimuli at a time


class PhotoPerceptron:
    """Photo-perceptron: S-points of a retina excite or inhibit A-units, whose values decide between R-units.

    An A-unit fires if the number of its excitatory origin points that are lit, less that of its inhibitory ones,
    reaches the threshold. It carries one value V. Every R-unit hears its source-set, a part of the A-units; the
    dominant response is that of the source-set whose active units have the largest sum, or mean, of values. Training
    forces a response and reinforces the source-sets.

    Parameters
    ----------
    retina : (rows, columns), default (20, 20)
        Number of S-points.
    n_units : int >= 1, default 1000
        A-units, N_A.
    excitatory, inhibitory : int >= 0, default 5, 5
        Origin points x and y of every A-unit, drawn at random with replacement; at least one in all.
    threshold : float, default 3
        theta; an A-unit fires if e - i >= theta.
    n_responses : int >= 1, default 2
        R-units; a single one needs "bivalent" reinforcement and answers 0 or 1.
    source_sets : "disjoint", float in (0, 1] or bool array (n_responses, n_units), default "disjoint"
        Which A-units every R-unit hears. "disjoint" deals them out at random, as equally as possible; a number is the
        share that each R-unit draws for itself, so that the sets overlap. A unit has one value for all its sets: with
        share 1 the responses cannot differ.
    system : "alpha", "beta" or "gamma", default "gamma"
        What reinforcement does to the forced response's source-set, for each stimulus. Alpha: each active unit gains
        `rate`. Beta: the set gains `rate` in all, shared equally by its active units; every other set gains as much,
        shared equally by all its units. Gamma: each active unit gains `rate`, and the inactive ones of the set lose
        equally what these gain, so that the total value of the set is constant.
    readout : "sum" or "mean", default "sum"
        Rosenblatt's Sigma and mu: sum or mean of the values of a source-set's active units.
    reinforcement : "positive" or "bivalent", default "positive"
        Positive: the forced response's source-set gains. Bivalent: every other source-set changes by its system's rule
        with the opposite sign. Responses may then also be codes, one bit for each R-unit.
    rate : float > 0, default 1.0
        Size of a step.
    random_state : None, int, SeedSequence, Generator or RandomState, default None
        Where the wiring comes from.

    Attributes
    ----------
    origins : (n_units, excitatory + inhibitory) array
        Index of every origin point on the flattened retina, excitatory ones first.
    members : (n_responses, n_units) bool array
        The source-sets.
    values : (n_units,) array
        V, 0 at first.
    seed : int
        The key that `random_state` stood for.

    Notes
    -----
    Where no unit of a source-set, or in gamma every unit, is active, beta shares equally among all units of the set
    and gamma changes nothing. The rules of the beta system and of bivalent reinforcement are written from the later
    literature; their wording in the paper was not checked.

    References
    ----------
    F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
    Psychological Review 65:386-408 (1958).

    Examples
    --------
    >>> from neurosim.perceptron.photo import PhotoPerceptron
    >>> from neurosim.perceptron.stimuli import make_shape, make_variations
    >>> bars = [make_shape("horizontal bar", size=16), make_shape("vertical bar", size=16)]
    >>> stimuli, responses = make_variations(bars, 40, max_shift=2, random_state=0)
    >>> machine = PhotoPerceptron(n_units=500, threshold=2, random_state=0)
    >>> machine.train(stimuli, responses)
    >>> bool((machine.respond(stimuli) == responses).mean() > 0.9)
    True
    """

    def __init__(
        self,
        retina: tuple[int, int] = (20, 20),
        n_units: int = 1000,
        *,
        excitatory: int = 5,
        inhibitory: int = 5,
        threshold: float = 3,
        n_responses: int = 2,
        source_sets: Any = "disjoint",
        system: str = "gamma",
        readout: str = "sum",
        reinforcement: str = "positive",
        rate: float = 1.0,
        random_state: Any = None,
    ) -> None:
        name = "PhotoPerceptron"
        _check_counts(n_units, excitatory, inhibitory, n_responses)
        checks.one_of(name, "system", system, SYSTEMS)
        checks.one_of(name, "readout", readout, READOUTS)
        checks.one_of(name, "reinforcement", reinforcement, REINFORCEMENTS)
        if n_responses == 1 and reinforcement != "bivalent":
            raise InvalidParameter(name, "reinforcement", reinforcement, "'bivalent' for a single R-unit")
        checks.number(name, "rate", rate, "a finite number > 0", above=0)
        checks.number(name, "threshold", threshold, "a finite number")
        self.retina = checks.grid_of_units(name, "retina", retina)
        self.excitatory, self.inhibitory, self.threshold = int(excitatory), int(inhibitory), float(threshold)
        self.n_responses, self.system, self.readout = int(n_responses), system, readout
        self.reinforcement, self.rate = reinforcement, float(rate)
        self.seed = seed_from(random_state)
        self.origins = draw_origins(self.seed, ORIGINS, n_units, excitatory + inhibitory, self.n_points)
        self.members = draw_source_sets(name, self.seed, SOURCES, source_sets, self.n_responses, n_units)
        self.values = np.zeros(n_units)

    @classmethod
    def mark_i(cls, *, random_state: Any = None, **parameters: Any) -> Self:
        """Return a machine with the component counts of the Mark I: 400 photocells, 512 A-units, 8 R-units.

        Other `parameters` are those of the class. The numbers of connections and the threshold are our choice: on the
        machine the wiring was set on a plugboard. The values stand for its motor-driven potentiometers. Sources differ
        on the component counts; the operators' manual (Hay & Murray 1960) would decide, and was not seen.
        """
        return cls((20, 20), 512, n_responses=8, random_state=random_state, **parameters)

    @property
    def n_units(self) -> int:
        """Number of A-units."""
        return len(self.values)

    @property
    def n_points(self) -> int:
        """Number of S-points."""
        return self.retina[0] * self.retina[1]

    def activity(self, stimuli: Any) -> np.ndarray:
        """Return which A-units fire for every stimulus, bool (stimuli, n_units).

        Parameters
        ----------
        stimuli : (stimuli, rows, columns) or (stimuli, points) array of bool, or of 0 and 1
        """
        return fires(self._points(stimuli), self.origins, self.excitatory, self.threshold)

    def train(self, stimuli: Any, responses: Any = None) -> None:
        """Show stimuli once each and reinforce a response to each.

        Parameters
        ----------
        stimuli : (stimuli, rows, columns) or (stimuli, points) array of bool, or of 0 and 1
        responses : (stimuli,) ints or (stimuli, n_responses) bools, optional
            The forced responses; bools are codes for the R-units of a bivalent machine. Without them the machine
            reinforces its own dominant response to one stimulus after the other: spontaneous organisation.

        Raises
        ------
        DataError
            If stimuli or responses are not as described.
        """
        points = self._points(stimuli)
        if responses is None:
            for point in points:
                self.train(point[None], self.respond(point[None]))
            return
        signs = self._signs(responses, len(points))
        with one_blas_thread():
            for first in range(0, len(points), BLOCK):
                block = slice(first, first + BLOCK)
                active = self.activity(points[block])
                for member, sign in zip(self.members, signs[block].T, strict=True):
                    if member.any():
                        self.values[member] += self.rate * self._gain(active[:, member].astype(float), sign)

    def signals(self, stimuli: Any) -> np.ndarray:
        """Return what every R-unit receives, the sums or means of `readout`, shape (stimuli, n_responses).

        The mean of no unit is 0. In a bivalent machine that was trained on codes an R-unit is on if this is above 0.
        """
        points = self._points(stimuli)
        received = np.empty((len(points), self.n_responses))
        weighted, sets = (self.members * self.values).T, self.members.T.astype(float)
        with one_blas_thread():
            for first in range(0, len(points), BLOCK):
                block = slice(first, first + BLOCK)
                active = self.activity(points[block]).astype(float)
                received[block] = active @ weighted
                if self.readout == "mean":
                    received[block] /= np.maximum(active @ sets, 1.0)
        return received

    def respond(self, stimuli: Any) -> np.ndarray:
        """Return the dominant response to every stimulus, ints (stimuli,); of equal ones the first.

        A single R-unit answers 1 if what it receives is above 0, and 0 otherwise.
        """
        signals = self.signals(stimuli)
        return signals.argmax(axis=1) if self.n_responses > 1 else (signals[:, 0] > 0).astype(np.intp)

    def remove_units(self, share: float, *, random_state: Any = None) -> Self:
        """Return a machine that has lost a share in [0, 1) of its A-units, drawn at random; at least one is kept."""
        if not 0 <= share < 1:
            raise InvalidParameter("PhotoPerceptron.remove_units", "share", share, "a share in [0, 1)")
        kept = self.n_units - min(round(share * self.n_units), self.n_units - 1)
        chosen = np.sort(uniform(seed_from(random_state), REMOVAL, self.n_units).argsort()[:kept])
        parameters = self.to_parts()[0] | {"n_units": kept, "source_sets": self.members[:, chosen]}
        return self.from_parts(parameters, {"origins": self.origins[chosen], "values": self.values[chosen]})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write this machine to a file that `neurosim.load` reads back; see `neurosim.save`."""
        return storage.save(self, path)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters, and wiring and values, for `neurosim.core.storage`."""
        names = ("retina", "n_units", "excitatory", "inhibitory", "threshold", "n_responses", "system", "readout")
        parameters = {name: getattr(self, name) for name in (*names, "reinforcement", "rate")}
        parameters |= {"source_sets": self.members, "random_state": self.seed}
        return parameters, {"origins": self.origins, "values": self.values}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the machine that `to_parts` took apart."""
        machine = cls(**parameters)
        origins, values = np.array(state["origins"], np.int32), np.array(state["values"], float)
        if origins.shape != machine.origins.shape or values.shape != machine.values.shape:
            raise ValueError(f"wiring {origins.shape} and values {values.shape} do not fit {machine.n_units} A-units")
        if origins.min() < 0 or origins.max() >= machine.n_points:
            raise ValueError(f"an origin point lies outside the {machine.n_points} points of the retina")
        machine.origins, machine.values = origins, values
        return machine

    def _points(self, stimuli: Any) -> np.ndarray:
        """Return the stimuli checked, bool (stimuli, points)."""
        given = np.asarray(stimuli)
        if given.shape[1:] not in (self.retina, (self.n_points,)):
            wanted = f"(stimuli, {self.retina[0]}, {self.retina[1]}) or (stimuli, {self.n_points})"
            raise DataError(f"PhotoPerceptron: stimuli must have shape {wanted}; got {given.shape}")
        if given.dtype != bool and not np.isin(given, (0, 1)).all():
            raise DataError("PhotoPerceptron: stimuli must be bool, or 0 and 1")
        return given.reshape(len(given), -1).astype(bool, copy=False)

    def _signs(self, responses: Any, n: int) -> np.ndarray:
        """Return for every stimulus whether a source-set is to gain (1), to lose (-1) or neither, (n, n_responses)."""
        forced = np.asarray(responses)
        bivalent = self.reinforcement == "bivalent"
        if bivalent and forced.dtype == bool and forced.shape == (n, self.n_responses):
            return np.where(forced, 1.0, -1.0)
        classes = max(self.n_responses, 2)
        if forced.shape != (n,) or not (np.isin(forced, np.arange(classes)).all()):
            codes = f", or bool ({n}, {self.n_responses})" if bivalent else ""
            raise DataError(f"PhotoPerceptron: responses must be {n} ints in [0, {classes}){codes}; got {forced!r}")
        chosen = np.arange(classes) == forced[:, None]
        if bivalent:
            return np.where(chosen, 1.0, -1.0)[:, classes - self.n_responses :]
        return chosen.astype(float)

    def _gain(self, active: np.ndarray, sign: np.ndarray) -> np.ndarray:
        """Return what the units of one source-set gain from stimuli, for rate 1, shape (units,).

        `active` is (stimuli, units), 0.0 and 1.0, and `sign` (stimuli,), 1, 0 and -1.
        """
        units = active.shape[1]
        n_active = active.sum(axis=1)
        if self.system == "alpha":
            return sign @ active
        if self.system == "beta":
            evenly = np.where(sign == 0, 1.0, sign * (n_active == 0)).sum() / units
            return (sign / np.maximum(n_active, 1)) @ active + evenly
        sign = sign * (n_active < units)
        loss = n_active / np.maximum(units - n_active, 1)
        return sign @ active - (sign * loss) @ (1 - active)


def _check_counts(n_units: int, excitatory: int, inhibitory: int, n_responses: int) -> None:
    name = "PhotoPerceptron"
    checks.at_least(name, "n_units", n_units, 1)
    checks.at_least(name, "excitatory", excitatory, 0)
    checks.at_least(name, "inhibitory", inhibitory, 0 if excitatory else 1)
    checks.at_least(name, "n_responses", n_responses, 1)
