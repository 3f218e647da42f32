"""The neocognitron of 1980: it finds features and their combinations by itself, without a teacher."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.core.random import seed_from
from neurosim.neocognitron.layers import c_cells, s_cells, stage
from neurosim.neocognitron.organisation import FIELD, Plan, organise, presented
from neurosim.neocognitron.recipe import CLayer, SLayer
from neurosim.neocognitron.tolerance import real_numbers, shifted

NAME = "Neocognitron1980"
BATCH = 64  # images that go through all layers together: their responses stay in the cache


class Neocognitron1980(Learner):
    """The self-organising neocognitron (Fukushima 1980).

    Three stages of S-cells, which extract features, and C-cells, which blur where these are, take 16 x 16 images to one
    C-cell a plane. All cells of an S-plane share their weights. With phi[x] = max(x, 0), and psi[x] = x / (alpha + x)
    for positive x and 0 otherwise,

        S-cell   u = r phi[(1 + sum a u) / (1 + 2r/(1+r) b v) - 1]        v = sqrt(sum c u^2)
        C-cell   u = psi[(1 + sum d u) / (1 + V) - 1]        V the mean of sum d u over all planes

    At each image the S-layers learn, from below. In every S-column, all planes over a small square of places, the most
    active cell is a candidate; the most active candidate of a plane is its representative. The plane's weights grow
    towards what that cell sees: da = q c u, db = q/2 v. Planes without a representative stay as they are, so that no
    two learn the same feature at the same place.

    Parameters
    ----------
    planes : (int, int, int), each >= 1, default (24, 24, 24)
        Cell planes of each stage.
    r : (float, float, float), each > 0, default (4.0, 1.5, 1.5)
        Selectivity of the S-cells: after many presentations they answer to inputs whose cosine with what they learned,
        weighted by c, is above r / (1 + r).
    q : (float, float, float), each > 0, default (1.0, 16.0, 16.0)
        Amount of a reinforcement.
    alpha : float > 0, default 0.5
        Saturation of the C-cells.
    start : "random" or "deterministic", default "random"
        The first excitatory weights: uniform random numbers, or weak preferences that differ from plane to plane by
        formula.
    presentations : int >= 1, default 20
        How often each image is shown; images take turns.
    shift : bool, default True
        Whether each presentation is at a random position, the whole ink within the field.
    gamma, delta, dbar, epsilon : (float, float, float), each > 0, optional
        What the paper leaves open: c falls off with the distance from the middle of the window as gamma^distance, d is
        dbar delta^distance, and epsilon is the size of the first excitatory weights. Default: those of `start`.
    random_state : None, int, Generator or RandomState, default None
        First weights, if they are random, and positions.

    Attributes
    ----------
    a_ : tuple of 3 arrays (window, window, planes below, planes) float64
        Excitatory weights.
    b_ : tuple of 3 arrays (planes,) float64
        Inhibitory weights.
    classes_ : (classes,) array
        After `label`: the labels.
    cell_classes_ : (planes,) int64
        After `label`: the class, a number in `classes_`, that each last C-cell stands for, -1 for none.
    seed_ : int
        The key that `random_state` stood for.
    plan_ : dict
        The parameters at the time of the fit, none of them None; those set later count from the next fit on.

    Notes
    -----
    Read in the paper: the equations, sizes, r, q, alpha, the choice of representatives and 20 shifted presentations.
    Chosen by us: gamma, delta, dbar, epsilon and the first weights' formulas; S-columns that lie whole within their
    layer; that a stage learns before the next one sees it. The same input gives the same bits for any number of
    threads.

    References
    ----------
    K. Fukushima, "Neocognitron: A self-organizing neural network model for a mechanism of pattern recognition
    unaffected by shift in position", Biological Cybernetics 36:193-202 (1980).

    Examples
    --------
    >>> from neurosim.neocognitron.neocognitron1980 import Neocognitron1980
    >>> from neurosim.neocognitron.stick_patterns import centred, everywhere
    >>> net = Neocognitron1980(random_state=1).fit(centred("01234"))
    >>> images, y = everywhere("01234")
    >>> bool((net.label(images, y).predict(images) == y).all())
    True
    """

    def __init__(
        self,
        *,
        planes: tuple[int, int, int] = (24, 24, 24),
        r: tuple[float, float, float] = (4.0, 1.5, 1.5),
        q: tuple[float, float, float] = (1.0, 16.0, 16.0),
        alpha: float = 0.5,
        start: str = "random",
        presentations: int = 20,
        shift: bool = True,
        gamma: tuple[float, float, float] | None = None,
        delta: tuple[float, float, float] | None = None,
        dbar: tuple[float, float, float] | None = None,
        epsilon: tuple[float, float, float] | None = None,
        random_state: Any = None,
    ) -> None:
        self.planes = planes
        self.r = r
        self.q = q
        self.alpha = alpha
        self.start = start
        self.presentations = presentations
        self.shift = shift
        self.gamma = gamma
        self.delta = delta
        self.dbar = dbar
        self.epsilon = epsilon
        self.random_state = random_state

    def fit(self, images: Any) -> Self:
        """Start anew and show the images (n, 16, 16), ink 1 on 0; return the network.

        Raises
        ------
        DataError
            If the images have another shape, hold negative numbers, NaN or infinity, or one of them has no ink.
        InvalidParameter
            If a parameter is out of its range.
        """
        return self._fitted(_inked(images), [self])[0]

    @classmethod
    def fit_seeds(cls, images: Any, seeds: Sequence[int], **parameters: Any) -> list[Self]:
        """Return one network for each seed, ``cls(random_state=seed, **parameters).fit(images)``, made in parallel.

        Parameters
        ----------
        images : (n, 16, 16) array
        seeds : sequence of int
        **parameters
            Others than `random_state`.

        Raises
        ------
        DataError, InvalidParameter
            As `fit`, or if there are no seeds.
        """
        if np.ndim(seeds) != 1 or not len(seeds):
            raise InvalidParameter(NAME, "seeds", seeds, "a sequence of one seed or more")
        if "random_state" in parameters:
            raise InvalidParameter(NAME, "random_state", parameters["random_state"], "left out: the seeds stand for it")
        networks = [cls(random_state=seed, **parameters) for seed in seeds]
        return cls._fitted(_inked(images), networks)

    @staticmethod
    def _fitted(images: NDArray[np.float64], networks: list[Any]) -> list[Any]:
        """Fit networks that differ by their seeds alone."""
        plan = networks[0].plan()
        keys = [seed_from(network.random_state) for network in networks]
        for network, key, (a, b) in zip(networks, keys, organise(images, plan, keys), strict=True):
            for name in ("classes_", "cell_classes_"):
                vars(network).pop(name, None)
            network.a_, network.b_, network.seed_, network.plan_ = a, b, key, asdict(plan)
        return networks

    @property
    def layers(self) -> tuple[tuple[SLayer, CLayer], ...]:
        """The S- and the C-layer of every stage."""
        check_is_fitted(self, "a_")
        plan = Plan(**self.plan_)
        return tuple(plan.layers(i, a, b) for i, (a, b) in enumerate(zip(self.a_, self.b_, strict=True)))

    @property
    def weights(self) -> tuple[NDArray, ...]:
        """The excitatory weights of every stage as (planes, planes below, window, window)."""
        check_is_fitted(self, "a_")
        return tuple(np.moveaxis(a, (2, 3), (1, 0)) for a in self.a_)

    def presented(self, images: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return what `fit` of these images (n, 16, 16) presented, image by image, and which of them each was.

        Returns
        -------
        shown : (n presentations, 16, 16) float64
            At the positions drawn, in the order of the presentations.
        order : (n presentations,) int64
        """
        check_is_fitted(self, "a_")
        start = _inked(images)
        order, moves = presented(start, Plan(**self.plan_), self.seed_)
        return shifted(start[order], *moves.T), order

    def response(self, images: Any) -> NDArray[np.float64]:
        """Return the responses (n, planes) of the last C-cells to images (n, 16, 16)."""
        layers, shown = self.layers, _images(images)
        found = np.empty((len(shown), self.a_[-1].shape[3]))
        for first in range(0, len(shown), BATCH):
            u = shown[first : first + BATCH, :, :, None]
            for s, c in layers:
                u = stage(u, s, c)
            found[first : first + BATCH] = u[:, 0, 0]
        return found

    def responses(self, images: Any) -> dict[str, NDArray[np.float64]]:
        """Return all layers' responses: "U0" the images, "S1", "C1", ...; (n, planes, rows, columns) each."""
        layers, u = self.layers, _images(images)[..., None]
        found = {"U0": u}
        for number, (s, c) in enumerate(layers, 1):
            found[f"S{number}"] = s_cells(u, s)
            found[f"C{number}"] = u = c_cells(found[f"S{number}"], c)
        return {name: np.moveaxis(response, 3, 1) for name, response in found.items()}

    def winners(self, images: Any) -> NDArray[np.int64]:
        """Return the number of the most active last C-cell for each image, -1 where all are silent."""
        found = self.response(images)
        return np.where(found.max(axis=1) > 0, found.argmax(axis=1), -1)

    def label(self, images: Any, y: Any) -> Self:
        """Give each last C-cell the label of most images that it wins; of equals the smallest. Nothing is learned.

        Parameters
        ----------
        images : (n, 16, 16) array
        y : (n,) array of integers >= 0 or strings

        Raises
        ------
        DataError
            If `y` is something else.
        """
        winners, labels = self.winners(images), np.asarray(y)
        labels = labels.astype(np.int64) if labels.dtype.kind in "iu" else labels
        if labels.dtype == object and all(isinstance(label, str) for label in labels.flat):
            labels = labels.astype(str)
        negative = labels.dtype.kind == "i" and (labels < 0).any()
        if labels.shape != winners.shape or labels.dtype.kind not in "iU" or negative:
            got = "negative numbers" if negative else f"{labels.dtype} of shape {labels.shape}"
            raise DataError(f"{NAME}: y must be {len(winners)} integers >= 0 or strings, one an image; got {got}")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        won = np.zeros((self.a_[-1].shape[3], len(self.classes_)), np.int64)
        np.add.at(won, (winners[winners >= 0], codes[winners >= 0]), 1)
        self.cell_classes_ = np.where(won.any(axis=1), won.argmax(axis=1), -1)
        return self

    def predict(self, images: Any) -> NDArray:
        """Return the label of the most active last C-cell for each image.

        Where all are silent, or that cell has no label, -1; the empty string where labels are strings.
        """
        check_is_fitted(self, "classes_", msg=f"{NAME}: predict needs labels; call label(images, y) first")
        winners = self.winners(images)
        codes = np.where(winners >= 0, self.cell_classes_[winners], -1)
        nothing = "" if self.classes_.dtype.kind == "U" else -1
        return np.where(codes >= 0, self.classes_[codes], nothing)

    def plan(self) -> Plan:
        """Return what the parameters say, checked.

        Raises
        ------
        InvalidParameter
            If one is out of its range.
        """
        return Plan.checked(NAME, self.get_params())


def _images(images: Any) -> NDArray[np.float64]:
    """Return images checked, (n, 16, 16) float64."""
    u = np.ascontiguousarray(real_numbers(NAME, images), np.float64)
    if u.ndim != 3 or u.shape[1:] != (FIELD, FIELD) or not len(u):
        raise DataError(f"{NAME}: images must have the shape (n, {FIELD}, {FIELD}); got {u.shape}")
    if not (np.isfinite(u).all() and u.min() >= 0):
        raise DataError(f"{NAME}: images must be finite numbers >= 0; got values from {u.min()} to {u.max()}")
    return u


def _inked(images: Any) -> NDArray[np.float64]:
    u = _images(images)
    if not (inked := u.any(axis=(1, 2))).all():
        raise DataError(f"{NAME}: image {int(np.argmin(inked))} has no ink; there is nothing to learn from it")
    return u
