"""The neocognitron that a teacher trains, stage by stage (Fukushima 1988)."""

import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neurosim.core import checks
from neurosim.core.errors import DataError, InvalidParameter
from neurosim.neocognitron.layers import c_cells, exponential, s_cells, stage
from neurosim.neocognitron.recall import Recall, as_images, check_room, check_taught, recall
from neurosim.neocognitron.recipe import CLayer, Pool, SLayer
from neurosim.neocognitron.stages import STAGES, Stage
from neurosim.neocognitron.teaching import Pattern, TeachingSet
from neurosim.neocognitron.tolerance import real_numbers

NAME = "Neocognitron1988"
BATCH = 256  # images that go through all layers together: their responses stay in the cache
REJECTED = -1


@dataclass(frozen=True)
class Recognition:
    """What the network says of images.

    Attributes
    ----------
    labels : (images,) int64
        Of the largest response; -1 where the image is rejected.
    responses : (images, C-planes of the last stage)
        The largest response of each.
    rejected : (images,) bool
        Whether no response is positive or none reaches the threshold.
    """

    labels: NDArray[np.int64]
    responses: NDArray
    rejected: NDArray[np.bool_]


class Neocognitron1988:
    """A neocognitron whose cells are taught one plane after the other (Fukushima 1988).

    A teacher shows each plane of S-cells its patterns once and names the cell that learns. All cells of a plane share
    its weights. With the responses u of the C-cells below and the inhibitory cell's v = sqrt(sum c u^2) of that place

        da = q c u        db = q v

    S-cells answer r phi[(1 + sum a u) / (1 + r / (1 + r) b v) - 1], and C-cells psi[sum d u] with psi[x] = x / (1 + x)
    of the S-planes joined to them. With a large q only how similar a place is to what was learned counts.

    Parameters
    ----------
    pattern_set : TeachingSet, optional
        What to teach. Default: the digits 0 to 9, `TeachingSet.digits()`.
    stages : sequence of Stage, default `STAGES`
        As many as the set has. The default takes 19 x 19 images to a single cell for each digit.
    q : float > 0, default 1e5
        Amount of one reinforcement.
    dtype : "float32" or "float64", default "float32"

    Attributes
    ----------
    pattern_set, stages, q, dtype
    excitatory : tuple of (window, window, planes below, planes) float64 arrays
        The weights a of each stage's S-cells, without the factor q.
    inhibitory : tuple of (planes,) float64 arrays
        The weights b, without the factor q.

    Notes
    -----
    The pattern set is our own, and so are the results. The constants were not checked against the paper.

    References
    ----------
    K. Fukushima, "Neocognitron: A hierarchical neural network capable of visual pattern recognition", Neural Networks
    1:119-130 (1988).

    Examples
    --------
    >>> from neurosim.neocognitron.neocognitron1988 import Neocognitron1988
    >>> net = Neocognitron1988().teach()
    >>> images, labels = net.pattern_set.examples()
    >>> bool((net.predict(images) == labels).all())
    True
    """

    _layers: tuple[tuple[SLayer, CLayer], ...] | None

    def __init__(
        self, *, pattern_set: TeachingSet | None = None, stages: Sequence[Stage] = STAGES, q: float = 1e5,
        dtype: str = "float32",
    ) -> None:  # fmt: skip
        checks.number(NAME, "q", q, "a finite number > 0", above=0.0)
        checks.one_of(NAME, "dtype", dtype, ("float32", "float64"))
        self.pattern_set = TeachingSet.digits() if pattern_set is None else pattern_set
        if not isinstance(self.pattern_set, TeachingSet):
            raise InvalidParameter(NAME, "pattern_set", pattern_set, "a TeachingSet or None")
        self.stages = tuple(stages) if isinstance(stages, Sequence) else ()
        self.q, self.dtype = float(q), dtype
        if len(self.stages) != len(self.pattern_set.stages) or not all(isinstance(s, Stage) for s in self.stages):
            wanted = f"{len(self.pattern_set.stages)} objects of the class Stage, as many as the set has"
            raise InvalidParameter(NAME, "stages", stages, wanted)
        self._forget()

    def __repr__(self) -> str:
        planes = "-".join(str(len(b)) for b in self.inhibitory)
        return f"{NAME}({planes} S-planes, {len(self.pattern_set.labels)} C-planes at the top)"

    @property
    def layers(self) -> tuple[tuple[SLayer, CLayer], ...]:
        """The layers of S- and C-cells of every stage, weights with the factor q."""
        if self._layers is None:
            self._layers = tuple(self._stage_layers(number) for number in range(1, len(self.stages) + 1))
        return self._layers

    @property
    def weights(self) -> tuple[NDArray, ...]:
        """The excitatory weights of every stage as (planes, planes below, window, window), with the factor q."""
        return tuple(self.q * np.moveaxis(a, (2, 3), (1, 0)) for a in self.excitatory)

    def teach(self) -> Self:
        """Forget everything, show the pattern set to each stage in turn, and return the network."""
        self._forget()
        for number, planes in enumerate(self.pattern_set.stages, 1):
            shown = [(index, pattern) for index, plane in enumerate(planes) for pattern in plane.patterns]
            for shape in sorted({pattern.shape for _, pattern in shown}):
                alike = [(index, pattern) for index, pattern in shown if pattern.shape == shape]
                u = self._below(np.array([pattern.image for _, pattern in alike]), number)
                for (index, pattern), seen in zip(alike, u, strict=True):
                    self._reinforce(number, index, seen, pattern.seed)
            self._layers = None
        return self

    def reinforce(self, stage: int, plane: int, pattern: Any, seed: tuple[int, int] | None = None) -> Self:
        """Teach one pattern to one plane of S-cells, beside what it knows, and return the network.

        Parameters
        ----------
        stage : int >= 1
        plane : int >= 0
        pattern : Pattern, or (rows, columns) array >= 0
            The stages below have to be taught before. Its largest value counts as 1, as in `recognise`.
        seed : (row, column) of int, optional
            The S-cell that learns, counted from 0. Default: the pattern's, or the one in the middle.

        Raises
        ------
        InvalidParameter
            If there is no such stage or plane, or the seed is outside the plane.
        DataError
            If the layer below does not answer to the pattern in the window of the seed.
        """
        checks.at_least(NAME, "stage", stage, 1)
        checks.at_least(NAME, "plane", plane, 0)
        if stage > len(self.stages):
            raise InvalidParameter(NAME, "stage", stage, f"at most {len(self.stages)}")
        if plane >= len(self.inhibitory[stage - 1]):
            raise InvalidParameter(NAME, "plane", plane, f"below {len(self.inhibitory[stage - 1])} in stage {stage}")
        if isinstance(pattern, Pattern):
            pattern, seed = pattern.image, pattern.seed if seed is None else seed
        image = real_numbers(NAME, pattern)
        if image.ndim != 2:
            raise DataError(f"{NAME}: a pattern must be (rows, columns); got the shape {image.shape}")
        u = self._below(self._images(image[None], self.layers[: stage - 1]), stage)[0]
        self._reinforce(stage, plane, u, seed)
        self._layers = None
        return self

    def predict(self, images: Any) -> NDArray[np.int64]:
        """Return the label of the largest response to each of (images, rows, columns), -1 where all are silent.

        See `recognise`, which tells more.
        """
        return self.recognise(images).labels

    def recognise(self, images: Any, *, threshold: float = 0.0) -> Recognition:
        """Return labels, the responses of the last C-cells, and which images are rejected.

        Parameters
        ----------
        images : (images, rows, columns) array of finite numbers >= 0
            Ink large. The strength of the ink does not matter: each image is divided by its largest value. Images
            larger than the network's own field are searched, and the largest response anywhere counts.
        threshold : float in [0, 1), default 0
            Images whose largest response is 0 or smaller than this are rejected.

        Raises
        ------
        DataError
            If the images have another shape, are too small or hold negative or infinite numbers, or if a stage was
            taught nothing.
        """
        checks.number(NAME, "threshold", threshold, "a number in [0, 1)", least=0.0, below=1.0)
        layers = self.layers
        check_taught(NAME, layers)
        shown = self._images(images, layers)
        responses = np.zeros((len(shown), len(self.pattern_set.labels)), self.dtype)
        for first in range(0, len(shown), BATCH):
            u = shown[first : first + BATCH, :, :, None]
            for s, c in layers:
                u = stage(u, s, c)
            responses[first : first + BATCH] = u.max(axis=(1, 2))
        largest = responses.max(axis=1)
        rejected = (largest <= 0) | (largest < threshold)
        labels = np.array(self.pattern_set.labels)[responses.argmax(axis=1)]
        return Recognition(np.where(rejected, REJECTED, labels), responses, rejected)

    def responses(self, images: Any) -> dict[str, NDArray]:
        """Return all layers' responses: "U0" the images, "S1", "C1", ...; (images, planes, rows, columns) each.

        "U0" has each image divided by its largest value.
        """
        check_taught(NAME, self.layers[:1])
        u = self._images(images, self.layers)[..., None]
        found = {"U0": u}
        for number, (s, c) in enumerate(self.layers, 1):
            found[f"S{number}"] = s_cells(u, s)
            found[f"C{number}"] = u = c_cells(found[f"S{number}"], c)
        return {name: np.moveaxis(response, 3, 1) for name, response in found.items()}

    def recall(self, images: Any, *, alpha: float = 4.0, beta: float = 1.0) -> Recall:
        """Send the strongest cell's response to each image back to the input, see `recall.recall`."""
        return recall(self, images, alpha=alpha, beta=beta)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (parameters, state), the two parts that `neurosim.save` keeps."""
        stages = [asdict(stage) for stage in self.stages]
        parameters = {"pattern_set": self.pattern_set.to_json(), "stages": stages, "q": self.q, "dtype": self.dtype}
        return parameters, {"excitatory": self.excitatory, "inhibitory": self.inhibitory}

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the network that `to_parts` took apart."""
        shown, stages = TeachingSet.from_json(parameters["pattern_set"]), [Stage(**s) for s in parameters["stages"]]
        net = cls(pattern_set=shown, stages=stages, q=parameters["q"], dtype=parameters["dtype"])
        for name in ("excitatory", "inhibitory"):
            for own, kept in zip(getattr(net, name), state[name], strict=True):
                if own.shape != np.shape(kept):
                    raise DataError(f"{NAME}: {name} weights of shape {np.shape(kept)} in place of {own.shape}")
                own[:] = kept
        return net

    def _forget(self) -> None:
        sizes = [len(planes) for planes in self.pattern_set.stages]
        below = [1] + [self.pattern_set.c_planes(number) for number in range(1, len(sizes))]
        windows = [s.window for s in self.stages]
        self.excitatory = tuple(np.zeros((w, w, b, n)) for w, b, n in zip(windows, below, sizes, strict=True))
        self.inhibitory = tuple(np.zeros(n) for n in sizes)
        self._layers = None

    def _c(self, number: int) -> NDArray:
        """Return the weights of the inhibitory cells: over the window and all planes below they sum to 1."""
        spec = self.stages[number - 1]
        c = exponential(spec.window, spec.gamma, "cityblock")
        return c / (c.sum() * self.excitatory[number - 1].shape[2])

    def _stage_layers(self, number: int) -> tuple[SLayer, CLayer]:
        spec, dtype = self.stages[number - 1], self.dtype
        a, b = (self.q * w[number - 1] for w in (self.excitatory, self.inhibitory))
        s = SLayer.shunting(a.astype(dtype), b.astype(dtype), self._c(number).astype(dtype), spec.pad, spec.r)
        d = (spec.dbar * exponential(spec.pool, spec.delta, "cityblock")).astype(dtype)
        joins = self.pattern_set.joins(number)
        return s, CLayer(d, spec.stride, spec.pool_pad, Pool.AVERAGE, alpha=1.0, joins=joins)

    def _below(self, images: NDArray, number: int) -> NDArray:
        """Return the responses of the layer that a stage's S-cells look at."""
        u = images[..., None].astype(self.dtype)
        for below in range(1, number):
            u = stage(u, *self.layers[below - 1])
        return u

    def _reinforce(self, number: int, plane: int, u: NDArray, seed: tuple[int, int] | None) -> None:
        spec, c = self.stages[number - 1], self._c(number)
        size = [n + 2 * spec.pad - spec.window + 1 for n in u.shape[:2]]
        try:
            row, column = (n // 2 for n in size) if seed is None else (operator.index(v) for v in seed)
        except (TypeError, ValueError):
            row = column = -1
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            wanted = f"(row, column), integers, inside the plane of {size[0]} x {size[1]} cells"
            raise InvalidParameter(NAME, "seed", seed, wanted)
        padded = np.pad(u.astype(float), ((spec.pad, spec.pad), (spec.pad, spec.pad), (0, 0)))
        seen = padded[row : row + spec.window, column : column + spec.window]
        if not seen.any():
            raise DataError(f"{NAME}: no cell below ({row}, {column}) of stage {number}, plane {plane}, is active")
        self.excitatory[number - 1][..., plane] += c[..., None] * seen
        self.inhibitory[number - 1][plane] += np.sqrt((c[..., None] * seen**2).sum())

    def _images(self, images: Any, layers: Sequence[tuple[SLayer, CLayer]]) -> NDArray:
        shown = as_images(NAME, images, self.dtype)
        check_room(NAME, shown, layers)
        return shown
