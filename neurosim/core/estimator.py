"""The base of models that learn from data: scikit-learn's contract, one border for input, files."""

import os
from numbers import Integral
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from neurosim.core import storage
from neurosim.core.errors import InvalidParameter, StorageError


class Learner(BaseEstimator):
    """A scikit-learn estimator that keeps what it learned in attributes with a trailing underscore."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write this model to a file that `neurosim.load` reads back; see `neurosim.save`."""
        return storage.save(self, path)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return parameters and fitted attributes, for `neurosim.core.storage`."""
        parameters = self.get_params(deep=False)
        state = {name: value for name, value in vars(self).items() if name.endswith("_") and not name.startswith("_")}
        if not isinstance(parameters.get("random_state"), Integral | None):
            if "seed_" not in state:
                raise StorageError(f"{type(self).__name__}: a generator cannot be stored before the fit; give an int")
            # the generator has moved on since; the key that was drawn from it repeats the fit
            parameters["random_state"] = state["seed_"]
        return parameters, state

    @classmethod
    def from_parts(cls, parameters: dict[str, Any], state: dict[str, Any]) -> Self:
        """Return the model that `to_parts` took apart."""
        model = cls(**parameters)
        for name, value in state.items():
            if not name.endswith("_") or name.startswith("_") or hasattr(cls, name):
                raise ValueError(f"{name!r} is no fitted attribute")
            setattr(model, name, value)
        return model

    def _samples(self, X: Any, *, fitting: bool = False) -> np.ndarray:
        """Return X checked, as a C-contiguous float32 or float64 array of shape (samples, features)."""
        minimum = 2 if fitting else 1
        x: np.ndarray = validate_data(
            self, unmasked(X), reset=fitting, dtype=(np.float64, np.float32), order="C", ensure_min_samples=minimum
        )
        return x

    def _sample_weight(self, sample_weight: Any, x: Any) -> np.ndarray:
        """Return the weights checked and divided by the largest, shape (samples,), of the samples' dtype."""
        if sample_weight is None:
            return np.ones(x.shape[0], x.dtype)
        weights = np.asarray(sample_weight, dtype=np.float64)
        n = x.shape[0]
        wanted = f"{n} finite numbers >= 0, one a sample, not all zero"
        if weights.shape != (n,):
            raise InvalidParameter(type(self).__name__, "sample_weight", f"shape {weights.shape}", wanted)
        if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
            got = "NaN or infinity" if not np.isfinite(weights).all() else weights.min()
            raise InvalidParameter(type(self).__name__, "sample_weight", got, wanted)
        return (weights / weights.max()).astype(x.dtype)


def unmasked(X: Any) -> Any:
    """Return X with NaN for what is masked, if it is a masked array."""
    if not np.ma.isMaskedArray(X):
        return X
    return np.ma.filled(X if X.dtype == np.float32 else X.astype(np.float64), np.nan)
