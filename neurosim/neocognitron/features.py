"""Piles of stages: S-cells that learned patches, C-cells that blur, and the features that the last ones make."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.core import random
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.core.estimator import Learner
from neurosim.neocognitron.add_if_silent import add_if_silent
from neurosim.neocognitron.competition import winner_kill_loser, winner_take_all
from neurosim.neocognitron.edges import (
    THETA,
    auto_scale,
    contrast_layer,
    edge_patches,
    edges_of_slopes,
    gradient_layer,
    on_field,
    rows_of,
    shape_of,
)
from neurosim.neocognitron.layers import c_cells, gaussian, s_cells, stage
from neurosim.neocognitron.recipe import CLayer, Pool, SLayer

POOLS = {"l2": Pool.L2, "average": Pool.AVERAGE, "root": Pool.ROOT, "max": Pool.MAX}
INHIBITIONS = ("subtractive", "shunting")
STRENGTH = 1e4  # of weights with shunting inhibition; the response to a learned patch is 1 up to 1 / (STRENGTH v)
Stage = tuple[SLayer, CLayer]
RULES: dict[str, Callable[..., NDArray]] = {
    "add-if-silent": add_if_silent,
    "winner-take-all": winner_take_all,
    "winner-kill-loser": winner_kill_loser,
}
WIDTH = 0.3  # of the Gaussian c with which the cells that learn see, in windows
BATCH = 128
PLAN = "field", "contrast", "windows", "inhibition", "theta_recognition", "blur", "pool", "readout", "root"
BRIGHT = 1e12  # most of an image's largest |value|: squares, times STRENGTH, stay well inside float32


def selective(patches: NDArray, c: NDArray, pad: int, theta: float, inhibition: str) -> SLayer:
    """Return S-cells that each learned one patch of the layer below.

    With s the cosine between what a cell sees and its patch, weighted by c, and v the r.m.s. of what it sees, the
    response is phi(s - theta) / (1 - theta) ("shunting"; there for v far above 1 / 10,000), or v times that
    ("subtractive").

    Parameters
    ----------
    patches : (cells, window, window, planes below) array
    c : (window, window) array > 0
        Weights of the places; only their ratios count.
    pad : int
    theta : float in (0, 1)
    inhibition : "subtractive" or "shunting"
    """
    c = c / c.sum()
    weighted = patches * np.sqrt(c)[None, :, :, None]
    length = np.sqrt((weighted * weighted).sum(axis=(1, 2, 3), keepdims=True))
    a = np.moveaxis(np.sqrt(c)[None, :, :, None] * weighted / length, 0, 3)
    if inhibition == "subtractive":
        return SLayer.subtractive(np.ascontiguousarray(a, np.float32), c.astype(np.float32), pad, theta)
    strong = np.ascontiguousarray(STRENGTH * a, np.float32)
    b = np.full(len(patches), STRENGTH, np.float32)
    return SLayer.shunting(strong, b, c.astype(np.float32), pad, theta / (1 - theta))


def blurring(sigma: float, pool: str) -> CLayer:
    """Return C-cells, one for every second S-cell of a row, that pool with a Gaussian of `sigma` S-cells."""
    size = 2 * int(2 * sigma) + 1
    d = gaussian(size, sigma).astype(np.float32)
    return CLayer(d / (1 if pool == "max" else d.sum()), 2, size // 2, POOLS[pool])


@dataclass(frozen=True)
class Network:
    """Layers from images on a field to features: S-cells for contrast or slopes, then stages of S- and C-cells."""

    first: SLayer
    stages: tuple[Stage, ...]

    def c_layers(self, u: NDArray) -> list[NDArray]:
        """Return the responses of the C-cells of every stage."""
        u = s_cells(u, self.first)
        layers = []
        for s, c in self.stages:
            u = stage(u, s, c)
            layers.append(u)
        return layers

    def all_layers(self, u: NDArray) -> list[NDArray]:
        """Return the responses of all layers: of the first, then of the S- and C-cells of every stage."""
        u = s_cells(u, self.first)
        layers = [u]
        for s, c in self.stages:
            layers += [s_cells(u, s), stage(u, s, c)]
            u = layers[-1]
        return layers

    def features(self, u: NDArray, readout: Sequence[int], blur: CLayer, root: bool) -> NDArray:
        """Return what the C-cells of some stages, 1 and up, make of each image, as rows (images, features).

        They are blurred again while they have more than an eighth of the field's rows; with `root` their square roots
        count. Several parts are made equally long, 1.
        """
        layers = self.c_layers(u)
        parts = []
        for number in readout:
            part = layers[number - 1]
            while part.shape[1] > u.shape[1] // 8:
                part = c_cells(part, blur)
            parts.append((np.sqrt(part) if root else part).reshape(len(u), -1))
        if len(parts) == 1:
            return parts[0]
        lengths = [np.linalg.norm(part, axis=1, keepdims=True) for part in parts]
        return np.hstack([part / np.where(length > 0, length, 1) for part, length in zip(parts, lengths, strict=True)])


def batches(n: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover ``range(n)``."""
    for at in range(0, n, size):
        yield slice(at, min(at + size, n))


def balanced_order(codes: NDArray, key: int) -> NDArray[np.int64]:
    """Return the numbers of the samples in a random order in which the classes take turns as long as they last."""
    order = random.permutation(key, 0, len(codes))
    turn = np.empty(len(codes), np.int64)
    for code in np.unique(codes):
        of_class = order[codes[order] == code]
        turn[of_class] = np.arange(len(of_class))
    balanced: NDArray[np.int64] = order[np.argsort(turn[order], kind="stable")]
    return balanced


class FeatureLearner(Learner):
    """Learns the hidden cells of images and makes features with them; a child has the parameters and labels."""

    image_shape_: tuple[int, int]
    cells2_: NDArray[np.float32]
    cells3_: NDArray[np.float32]
    plan_: dict[str, Any]
    image_shape: Any
    field: int
    scale: float | None
    contrast: bool
    cells2: int
    cells3: int
    windows: Any
    learning: str
    inhibition: str
    theta_learning: Any
    theta_recognition: Any
    activity: float
    blur: Any
    pool: str
    readout: Any
    root: bool
    seed_: int

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the features (samples, features) that are compared with the reference vectors: rows, columns, planes.

        With several stages in `readout` theirs follow one another, each part of length 1.
        """
        return self._pieces(self._fitted(X), self._features())

    def responses(self, X: Any) -> dict[str, NDArray[np.float32]]:
        """Return the responses of all layers, each (samples, planes, rows, columns).

        Returns
        -------
        dict
            "U0", the image on its field; "UG", the contrast, if there is that layer; "S1", "C1", "S2" ...
        """
        x = self._fitted(X)
        u = on_field(x, self.plan_["scale"], self.plan_["field"])
        network = self._network()
        names = ["U0", "UG", *(f"{kind}{number}" for number in range(1, len(network.stages) + 1) for kind in "SC")]
        layers = {
            name: np.moveaxis(layer, 3, 1) for name, layer in zip(names, [u, *network.all_layers(u)], strict=True)
        }
        if not self.plan_["contrast"]:
            del layers["UG"]  # slopes
        return layers

    def _learn_hidden(self, x: NDArray, done: Callable[[int], Any]) -> None:
        """Learn the hidden cells, each stage before the next; `done` hears how many."""
        self.cells2_, self.cells3_ = (np.empty((0, 0, w, w), np.float32) for w in self.windows)
        network = self._network()
        below = self._pieces(x, lambda u: network.c_layers(u)[-1])
        stages = self._learning_stages()
        for step, number in enumerate(stages, 1):
            patches = self._learn(below, number)
            setattr(self, f"cells{number}_", np.ascontiguousarray(patches.transpose(0, 3, 1, 2), np.float32))
            done(step)
            if number < stages[-1]:
                upper = self._network().stages[-1]
                below = np.concatenate([stage(below[part], *upper) for part in batches(len(below), BATCH)])

    def _learning_stages(self) -> list[int]:
        return [number for number, cells in ((2, self.cells2), (3, self.cells3)) if cells]

    def _network(self) -> Network:
        """Return the network up to the last stage that has learned."""
        plan = self.plan_
        if plan["contrast"]:
            patches, c = edge_patches()
            first, edges = contrast_layer(), selective(patches, c, len(c) // 2, THETA, plan["inhibition"])
        else:
            first, edges = gradient_layer(), edges_of_slopes()
        stages = [(edges, blurring(plan["blur"][0], plan["pool"]))]
        for k, cells in enumerate((self.cells2_, self.cells3_)):
            if len(cells):
                theta, window = plan["theta_recognition"][k], plan["windows"][k]
                c = gaussian(window, WIDTH * window)
                s = selective(cells.transpose(0, 2, 3, 1), c, window // 2, theta, plan["inhibition"])
                stages.append((s, blurring(plan["blur"][k + 1], plan["pool"])))
        return Network(first, tuple(stages))

    def _learn(self, below: NDArray, number: int) -> NDArray:
        """Return the patches (cells, window, window, planes below) that a stage learns."""
        window = self.windows[number - 2]
        return RULES[self.learning](
            below,
            window=window,
            c=gaussian(window, WIDTH * window),
            pad=window // 2,
            cells=(self.cells2, self.cells3)[number - 2],
            theta=self.theta_learning[number - 2],
            activity=self.activity,
            random_state=random.seed_from(np.random.SeedSequence([self.seed_, number])),
        )

    def _features(self) -> Callable[[NDArray], NDArray]:
        """Return the function from images on a field to features."""
        network, plan = self._network(), self.plan_
        readout = (len(network.stages),) if plan["readout"] is None else plan["readout"]
        blur = blurring(plan["blur"][2], plan["pool"])
        return lambda u: network.features(u, readout, blur, plan["root"])

    def _pieces(self, x: NDArray, work: Callable[[NDArray], NDArray], stop: Any = None) -> NDArray:
        """Return what `work` makes of images on their field, a few at a time, until `stop` says so."""
        out: NDArray | None = None
        for part in batches(len(x), BATCH):
            some = work(on_field(x[part], self.plan_["scale"], self.plan_["field"]))
            out = np.empty((len(x), *some.shape[1:]), some.dtype) if out is None else out
            out[part] = some
            if stop is not None and stop(part.stop):
                return out[: part.stop]
        assert out is not None
        return out

    # what comes in

    def _plan(self) -> dict[str, Any]:
        """Return the parameters that make the features."""
        scale = auto_scale(self.image_shape_, self.field) if self.scale is None else float(self.scale)
        if round(scale * max(self.image_shape_)) > self.field:
            wanted = f"at most {self.field} / {max(self.image_shape_)}, so that images fit the field"
            raise InvalidParameter(type(self).__name__, "scale", self.scale, wanted)
        return {"scale": scale} | {name: deepcopy(getattr(self, name)) for name in PLAN}

    def _labelled(self, X: Any, y: Any) -> tuple[NDArray, NDArray]:
        """Return images (n, rows, columns) and labels, checked, and set the shape of images."""
        rows, seen = rows_of(X)
        x, labels = validate_data(self, rows, y, dtype=(np.float64, np.float32), order="C", ensure_min_samples=2)
        check_classification_targets(labels)
        self.image_shape_ = shape_of(x.shape[1], seen if self.image_shape is None else self.image_shape)
        if seen not in (None, self.image_shape_):
            raise InvalidParameter(type(self).__name__, "image_shape", self.image_shape, f"None or {seen}, as in X")
        self.plan_ = self._plan()
        return self._images(x), labels

    def _fitted(self, X: Any) -> NDArray:
        """Return images (n, rows, columns), checked."""
        check_is_fitted(self, "top_")
        rows, seen = rows_of(X)
        x = validate_data(self, rows, reset=False, dtype=(np.float64, np.float32), order="C")
        if seen is not None and seen != tuple(self.image_shape_):
            name = type(self).__name__
            raise DataError(f"{name}: X holds images of shape {seen}; it was fitted to {self.image_shape_}")
        return self._images(x)

    def _images(self, x: NDArray) -> NDArray:
        """Return rows as images, if their brightness leaves room for squares in float32."""
        largest = np.maximum(x.max(axis=1), -x.min(axis=1))
        wrong = largest[(largest > 0) & ((largest < 1 / BRIGHT) | (largest > BRIGHT))]
        if len(wrong):
            wanted = f"0 or in [{1 / BRIGHT:g}, {BRIGHT:g}]"
            raise DataError(f"{type(self).__name__}: an image's largest |value| must be {wanted}; got {wrong[0]:g}")
        return x.reshape(-1, *self.image_shape_)
