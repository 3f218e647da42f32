"""The deep descendant of the neocognitron: hidden cells learned without labels, reference vectors above them."""

import math
from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from neurosim.core import checks, random
from neurosim.core.errors import InvalidParameter
from neurosim.core.progress import Callback, report
from neurosim.neocognitron.features import (
    BATCH,
    INHIBITIONS,
    POOLS,
    RULES,
    FeatureLearner,
    balanced_order,
    batches,
)
from neurosim.neocognitron.reference import InterpolatingVectors

SCORED = 2048  # images whose features are held while they are compared


class Neocognitron2013(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClassifierMixin, FeatureLearner):
    """Neocognitron with one-shot learning of its hidden cells and interpolation between reference vectors.

    The image is enlarged on a field of cells. S1 extracts edges of 16 directions; S2 and S3 learn patches of the layer
    below, without labels and each stage before the next; after each, C-cells blur the responses. The features that the
    last layers make of a training image become reference vectors, and a new image gets the class of the nearest of
    these or of what lies between them.

    Parameters
    ----------
    image_shape : (rows, columns), optional
        How a row of X is an image. Default: as X if it has three dimensions; else a square, or a single line.
    field : int >= 8, default 64
        Rows and columns of the field.
    scale : float > 0, optional
        Cells of the field per pixel. Default: the longer side of the image takes 7/8 of the field, 2 for 28 pixels.
    contrast : bool, default False
        Whether cells with on- and off-centre receptive fields come first and S1 learns straight edges seen through
        them (2003); else S1 takes edges from the slopes of the smoothed image (ours).
    cells2, cells3 : int >= 0, default 80 and 0
        Most cell planes of S2 and S3. 0 leaves the stage out; without S2 there is no S3. On MNIST a third stage (250
        planes) costs time and accuracy.
    windows : (int, int), odd, >= 1, default (5, 3)
        Rows and columns of the layer below that a cell of S2 and of S3 sees.
    learning : "add-if-silent", "winner-take-all" or "winner-kill-loser", default "add-if-silent"
        How S2 and S3 learn.
    inhibition : "subtractive" or "shunting", default "subtractive"
        Whether responses grow with the strength of what a cell sees (since 2011), or tell only its shape.
    theta_learning, theta_recognition : (float, float) in (0, 1), default (0.75, 0.75) and (0.7, 0.6)
        Thresholds of S2 and S3 while they learn, and afterwards: lower, so that several cells answer to what is new.
    activity : float in [0, 1), default 0.3
        Places learn whose input is above this share of the image's largest.
    hidden_samples : int >= 1, default 1500
        Training images, of all classes alike, that S2 and S3 learn from; most learn from far fewer.
    blur : (float, float, float) > 0, default (1.8, 1.8, 1.2)
        Widths of the Gaussians with which C1, C2 and C3 pool, in S-cells.
    pool : "l2", "average", "root" or "max", default "l2"
    readout : tuple of int, optional
        Stages whose C-cells make the features, as (1, 2), each with the same weight; they are blurred again, as C3 is,
        while they have more than an eighth of the field's rows. Default: the last stage.
    root : bool, default True
        Whether square roots of these responses are the features: weak ones count for more, and fewer digits are misread
        (ours).
    margin, winner_learns, interpolation, nearest
        As for `InterpolatingVectors`, where the last two may be changed after the fit, too; by default trios of the 10
        nearest are interpolated.
    random_state : None, int, SeedSequence, Generator or RandomState
        Where the order of the training images comes from.

    Attributes
    ----------
    cells2_, cells3_ : (planes, planes below, window, window) float32
        What the cell planes learned; without planes where the stage is left out.
    top_ : InterpolatingVectors
        Fitted with the features.
    plan_ : dict
        The parameters that make the features, as they were at the fit: changing these later needs a new fit.
    image_shape_ : (rows, columns)
    classes_ : (classes,)
    seed_ : int
    n_features_in_ : int

    Notes
    -----
    X may be (samples, features) or (samples, rows, columns), any real numbers; paper 0 and ink positive. Brightness,
    which may be 1e-12 to 1e12, does not matter with subtractive inhibition; with shunting inhibition ink should be
    about 1. All layers are float32.
    The features of all training images are held: without a margin twice for a while, once afterwards.

    References
    ----------
    K. Fukushima, "Training multi-layered neural network neocognitron", Neural Networks 40:18-31 (2013), for
    add-if-silent; "Neocognitron for handwritten digit recognition", Neurocomputing 51:161-180 (2003). The numbers of
    cells, the thresholds and the widths are ours.

    Examples
    --------
    >>> from neurosim.datasets import load_digits
    >>> from neurosim.neocognitron import Neocognitron2013
    >>> digits = load_digits()
    >>> images = digits.data.reshape(-1, 8, 8)
    >>> model = Neocognitron2013(field=32, cells2=40, random_state=0)
    >>> bool(model.fit(images[:300], digits.target[:300]).score(images[1500:], digits.target[1500:]) > 0.85)
    True
    """

    def __init__(
        self,
        *,
        image_shape: Any = None,
        field: int = 64,
        scale: float | None = None,
        contrast: bool = False,
        cells2: int = 80,
        cells3: int = 0,
        windows: Any = (5, 3),
        learning: str = "add-if-silent",
        inhibition: str = "subtractive",
        theta_learning: Any = (0.75, 0.75),
        theta_recognition: Any = (0.7, 0.6),
        activity: float = 0.3,
        hidden_samples: int = 1500,
        blur: Any = (1.8, 1.8, 1.2),
        pool: str = "l2",
        readout: Any = None,
        root: bool = True,
        margin: float | None = None,
        winner_learns: bool = False,
        interpolation: str = "trios",
        nearest: int = 10,
        random_state: Any = None,
    ) -> None:
        self.image_shape = image_shape
        self.field = field
        self.scale = scale
        self.contrast = contrast
        self.cells2 = cells2
        self.cells3 = cells3
        self.windows = windows
        self.learning = learning
        self.inhibition = inhibition
        self.theta_learning = theta_learning
        self.theta_recognition = theta_recognition
        self.activity = activity
        self.hidden_samples = hidden_samples
        self.blur = blur
        self.pool = pool
        self.readout = readout
        self.root = root
        self.margin = margin
        self.winner_learns = winner_learns
        self.interpolation = interpolation
        self.nearest = nearest
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, callback: Callback | None = None) -> Self:
        """Learn the hidden cells, then the reference vectors.

        Parameters
        ----------
        X : (samples, features) or (samples, rows, columns) array, finite, at least 2 samples
        y : (samples,) labels
        callback : function of a `neurosim.core.progress.Progress`, optional
            Called after each stage of hidden cells and then after every 128 training images with the metric "images";
            returning True then leaves out the training images that are left, once every class has been seen.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, DataError, ValueError
            If a parameter, X or y is not as described, or no image excites a layer.
        """
        self._check()
        x, y = self._labelled(X, y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.seed_ = random.seed_from(self.random_state)
        order = balanced_order(codes, self.seed_)
        steps = len(self._learning_stages())
        total = steps + math.ceil(len(x) / BATCH)
        self._learn_hidden(x[order[: self.hidden_samples]], lambda step: report(callback, step, total))

        def stop(images: int) -> bool:
            asked = report(callback, steps + math.ceil(images / BATCH), total, images=images)
            return asked and len(np.unique(codes[order[:images]])) == len(self.classes_)

        features = self._pieces(x[order], self._features(), stop)
        self.top_ = self._top().fit(features, y[order[: len(features)]])
        return self

    def decision_function(self, X: Any) -> NDArray:
        """Return the scores of the classes, (samples, classes), at most 1; for two classes the second's advantage."""
        return self._scored(X, "decision_function")

    def predict(self, X: Any) -> NDArray:
        """Return the label (samples,) of the class with the highest score."""
        return self._scored(X, "predict")

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        parameters, state = super().to_parts()
        if "top_" in state:
            state["top_"] = dict(zip(("parameters", "state"), state["top_"].to_parts(), strict=True))
        return parameters, state

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        top = {"top_": InterpolatingVectors.from_parts(**state["top_"])} if "top_" in state else {}
        return super().from_parts(parameters, state | top)

    def _scored(self, X: Any, method: str) -> NDArray:
        """Return what a method of the top makes of the features of images."""
        x, features = self._fitted(X), self._features()
        top = copy(self.top_).set_params(interpolation=self.interpolation, nearest=self.nearest)
        work = getattr(top, method)
        return np.concatenate([work(self._pieces(x[part], features)) for part in batches(len(x), SCORED)])

    def _top(self) -> InterpolatingVectors:
        return InterpolatingVectors(
            margin=self.margin,
            winner_learns=self.winner_learns,
            interpolation=self.interpolation,
            nearest=self.nearest,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return int(self.top_.n_features_in_)

    def _check(self) -> None:
        owner = type(self).__name__
        checks.at_least(owner, "field", self.field, 8)
        for name in ("cells2", "cells3"):
            checks.at_least(owner, name, getattr(self, name), 0)
        checks.at_least(owner, "hidden_samples", self.hidden_samples, 1)
        if self.cells3 and not self.cells2:
            raise InvalidParameter(owner, "cells3", self.cells3, "0 where cells2 is 0")
        for name in ("contrast", "root"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise InvalidParameter(owner, name, getattr(self, name), "True or False")
        checks.one_of(owner, "learning", self.learning, tuple(RULES))
        checks.one_of(owner, "inhibition", self.inhibition, INHIBITIONS)
        checks.one_of(owner, "pool", self.pool, tuple(POOLS))
        for name, count, below in (
            ("windows", 2, np.inf),
            ("theta_learning", 2, 1.0),
            ("theta_recognition", 2, 1.0),
            ("blur", 3, np.inf),
        ):
            numbers_between(owner, name, getattr(self, name), count, below)
        if any(not isinstance(w, int | np.integer) or w % 2 == 0 or w < 1 for w in self.windows):
            raise InvalidParameter(owner, "windows", self.windows, "two odd integers >= 1")
        if self.scale is not None:
            checks.number(owner, "scale", self.scale, "None or a number > 0", above=0)
        checks.number(owner, "activity", self.activity, "a number in [0, 1)", least=0, below=1)
        stages = 1 + len(self._learning_stages())
        if self.readout is not None and not different_stages(self.readout, stages):
            raise InvalidParameter(owner, "readout", self.readout, f"None or some of the stages 1 to {stages}")
        self._top()._check()


def different_stages(chosen: Any, stages: int) -> bool:
    """Return whether something is a tuple or list of different numbers of stages."""
    if not isinstance(chosen, tuple | list) or not all(
        isinstance(n, int | np.integer) and 1 <= n <= stages for n in chosen
    ):
        return False
    return 0 < len(chosen) == len(set(chosen))


def numbers_between(owner: str, name: str, values: Any, count: int, below: float) -> None:
    """Raise unless `values` are so many numbers > 0 and < `below`."""
    wanted = f"{count} numbers > 0" + (f" and < {below:g}" if below < np.inf else "")
    if not isinstance(values, tuple | list) or len(values) != count:
        raise InvalidParameter(owner, name, values, wanted)
    for value in values:
        checks.number(owner, name, value, wanted, above=0, below=below)
