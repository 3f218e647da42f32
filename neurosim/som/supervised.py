"""A self-organising map that learns labels with the samples and classifies."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from neurosim.core import checks
from neurosim.core.errors import DataError
from neurosim.core.estimator import Learner, unmasked
from neurosim.core.progress import Callback
from neurosim.som.som import SOM
from neurosim.som.topology import Topology

INITS = ("pca", "random", "sample")


class SOMClassifier(ClassifierMixin, Learner):
    """Supervised self-organising map: a sample has the class that prevails around its best-matching unit.

    The map is trained on samples with their label beside them, one more feature for each class, so that the units also
    order themselves by class. Afterwards the label features are cut off, the samples are assigned to units by what is
    left, and every unit gets the shares of the classes among the samples around it: ``sum_i h(u, c_i) [y_i = k]``
    divided by its sum over k, where h is the Gaussian neighbourhood at the last sigma of the training.

    Parameters
    ----------
    grid : (rows, columns) or "auto", default "auto"
    label_weight : float in [0, 1), default 0.5
        Share of the labels in the squared distances between random samples. 0 trains without them: an ordinary map
        that is labelled afterwards.
    lattice, shape, neighbourhood, algorithm, learning_rate, learning_rate_decay : as for `SOM`
    sigma, sigma_decay : as for `SOM`
        A sigma that ends at 0.5 often classifies better than one that ends at 1, the default.
    epochs, steps, shuffle, tol, n_iter_no_change, random_state, backend : as for `SOM`
    init : "pca", "random" or "sample", default "pca"

    Attributes
    ----------
    som_ : SOM
        The map of the features, without the labels, for the measures and figures of maps. Its `history_` is that of
        the training, labels included.
    shares_ : (units, classes)
        Shares of the classes around every unit, each row of sum 1.
    classes_ : (classes,)
        Labels, sorted.
    seed_ : int
        The key that `random_state` stood for.
    n_features_in_ : int

    Notes
    -----
    NaN in X is a missing value. The distance is Euclidean; scale features with large numbers first. The same input
    gives the same bits for any number of threads.

    References
    ----------
    T. Kohonen, "Self-Organizing Maps", Springer (1995), on supervised maps; not checked against the book. `xyf` of the
    R package kohonen is a map of features and labels too.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som.supervised import SOMClassifier
    >>> iris = load_iris()
    >>> model = SOMClassifier(grid=(8, 8)).fit(iris.data, iris.target)
    >>> bool(model.score(iris.data, iris.target) > 0.94)
    True
    >>> model.predict_proba(iris.data).shape
    (150, 3)
    """

    classes_: np.ndarray

    def __init__(
        self,
        grid: Any = "auto",
        *,
        label_weight: float = 0.5,
        lattice: str = "rectangular",
        shape: str = "sheet",
        neighbourhood: str = "gaussian",
        algorithm: str = "batch",
        sigma: tuple[float, float] | None = None,
        sigma_decay: str = "exponential",
        learning_rate: tuple[float, float] = (0.5, 0.01),
        learning_rate_decay: str = "linear",
        epochs: int = 20,
        steps: int | None = None,
        shuffle: bool = True,
        init: str = "pca",
        tol: float | None = None,
        n_iter_no_change: int = 3,
        random_state: Any = None,
        backend: str = "auto",
    ) -> None:
        self.grid = grid
        self.label_weight = label_weight
        self.lattice = lattice
        self.shape = shape
        self.neighbourhood = neighbourhood
        self.algorithm = algorithm
        self.sigma = sigma
        self.sigma_decay = sigma_decay
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.epochs = epochs
        self.steps = steps
        self.shuffle = shuffle
        self.init = init
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.backend = backend

    def fit(self, X: Any, y: Any, *, callback: Callback | None = None) -> Self:
        """Train the map on samples and labels, and count the classes around its units.

        Parameters
        ----------
        X : (samples, features) array
            NaN is a missing value. float32 stays float32; everything else becomes float64.
        y : (samples,) labels of two or more classes
        callback : function of a `neurosim.core.progress.Progress`, optional
            See `SOM.fit`.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameter, ValueError
            If a parameter, X or y is not as described.
        """
        owner, wanted = type(self).__name__, "a number from 0 to below 1"
        checks.number(owner, "label_weight", self.label_weight, wanted, least=0, below=1)
        checks.one_of(owner, "init", self.init, INITS)
        x, y = validate_data(
            self,
            unmasked(X),
            y,
            dtype=(np.float64, np.float32),
            order="C",
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
        )
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise DataError(f"{owner}: y holds one class only, {classes[0]}; it needs two or more")
        som = SOM(**self._map_parameters())
        som._counted(som._samples(x, fitting=True), None)  # raises before the arithmetic on the labels' scale would
        labels = np.eye(len(classes), dtype=x.dtype)[codes] * self._label_scale(x, codes)
        trained = som.fit(np.hstack([x, labels]), callback=callback)
        self.som_ = _without_labels(trained, x.shape[1], getattr(self, "feature_names_in_", None))
        self.classes_, self.seed_ = classes, trained.seed_
        self.shares_ = self._shares(x, codes)
        return self

    def _map_parameters(self) -> dict[str, Any]:
        return {name: value for name, value in self.get_params(deep=False).items() if name != "label_weight"}

    def _label_scale(self, x: np.ndarray, codes: np.ndarray) -> float:
        """Return what a label stands for beside the features: the variances have the ratio of `label_weight`."""
        shares = np.bincount(codes) / len(codes)
        features = float(np.nansum(np.nanvar(x, axis=0, dtype=np.float64)))
        odds = self.label_weight / (1 - self.label_weight)
        # features that do not vary say nothing, and any scale will do
        return float(np.sqrt(odds * (features or 1.0) / (1 - shares @ shares)))

    def _shares(self, x: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the shares of the classes around every unit."""
        topology, k = self.som_.topology, len(self.classes_)
        cells = self.som_._assigned(x)[0]["first"].astype(np.intp) * k + codes
        counts = np.bincount(cells, minlength=topology.units * k).reshape(topology.units, k).astype(np.float64)
        around = smoothed(counts, topology, self.som_.sigma_)
        total = around.sum(axis=1, keepdims=True)
        nothing = counts.sum(axis=0) / len(x)  # far from every sample, where the Gaussian vanishes
        shares: np.ndarray = np.where(total > 0, around / np.where(total > 0, total, 1.0), nothing)
        return shares

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of every sample, shape (samples,): the largest share at its best-matching unit."""
        shares = self.predict_proba(X)
        labels: np.ndarray = self.classes_[shares.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the shares of the classes around every sample's best-matching unit, shape (samples, classes)."""
        check_is_fitted(self)
        shares: np.ndarray = self.shares_[self.som_.predict(X)]
        return shares

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        parameters, state = super().to_parts()
        if "som_" in state:
            state["som_"] = dict(zip(("parameters", "state"), self.som_.to_parts(), strict=True))
        return parameters, state

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        if "som_" in state:
            state = state | {"som_": SOM.from_parts(state["som_"]["parameters"], state["som_"]["state"])}
        return super().from_parts(parameters, state)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def smoothed(counts: np.ndarray, topology: Topology, sigma: float) -> np.ndarray:
    """Return sum_v h(u, v) counts[v] for every unit u, shape (units, columns), with the Gaussian h of width sigma."""
    near: Any = topology.smoothing(sigma)
    (rows, columns), parities = topology.grid, len(near.along_x)
    cells = counts.reshape(rows, columns, -1)
    out = np.empty_like(cells)
    for p in range(parities):
        within = np.empty_like(cells)
        for q in range(parities):
            within[q::parities] = near.along_x[p, q] @ cells[q::parities]
        out[p::parities] = np.tensordot(near.along_y[p::parities], within, axes=1)
    return out.reshape(counts.shape)


def _without_labels(trained: SOM, features: int, names: np.ndarray | None) -> SOM:
    """Return the map with the first `features` columns of its weights, and their names."""
    parameters, state = trained.to_parts()
    parameters["random_state"] = trained.seed_
    weights = np.ascontiguousarray(trained.weights_[:, :features])
    state |= {"weights_": weights, "n_features_in_": features}
    return SOM.from_parts(parameters, state if names is None else state | {"feature_names_in_": names})
