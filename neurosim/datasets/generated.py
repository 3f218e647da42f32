"""Data drawn at random: the inputs of Kohonen's first figures, colours, clusters."""

from typing import Any

import numpy as np

from neurosim.core.errors import DataError, InvalidParameter
from neurosim.datasets.dataset import Dataset

_COLOURS: dict[str, tuple[float, float, float]] = {
    "black": (0.0, 0.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "darkblue": (0.0, 0.0, 0.5),
    "skyblue": (0.125, 0.529, 1.0),
    "greyblue": (0.33, 0.4, 0.67),
    "lilac": (0.6, 0.5, 1.0),
    "green": (0.0, 1.0, 0.0),
    "red": (1.0, 0.0, 0.0),
    "cyan": (0.0, 1.0, 1.0),
    "violet": (1.0, 0.0, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "white": (1.0, 1.0, 1.0),
    "darkgrey": (0.33, 0.33, 0.33),
    "mediumgrey": (0.5, 0.5, 0.5),
    "lightgrey": (0.66, 0.66, 0.66),
}


def make_uniform(
    n_samples: int = 1000, n_features: int = 2, *, low: float = 0.0, high: float = 1.0, random_state: Any = None
) -> Dataset:
    """Draw points uniformly from a square, or a box of more dimensions.

    Parameters
    ----------
    n_samples, n_features : int, at least 1
        Size of the sample.
    low, high : float, low < high
        The box is [low, high) in every dimension.
    random_state : None, int, SeedSequence, Generator
        Seed, or source of random numbers.

    Returns
    -------
    Dataset
        `data` (n_samples, n_features) float64, no target.

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    References
    ----------
    T. Kohonen: Self-organized formation of topologically correct feature maps. Biol. Cybern. 43:59-69, 1982.

    Examples
    --------
    >>> from neurosim.datasets import make_uniform
    >>> make_uniform(500, random_state=0)
    <Dataset uniform: 500 samples x 2 features>
    """
    _check_count("make_uniform", "n_samples", n_samples)
    _check_count("make_uniform", "n_features", n_features)
    if not (np.isfinite([low, high]).all() and low < high):
        raise InvalidParameter("make_uniform", "high", high, f"a finite number above low = {low}")
    data = _generator("make_uniform", random_state).uniform(low, high, (n_samples, n_features))
    return Dataset("uniform", data, source=f"uniform in [{low}, {high})^{n_features}")


def make_colours(n_samples: int | None = None, *, named: bool = False, random_state: Any = None) -> Dataset:
    """Draw colours as red, green and blue in [0, 1]: the data of the first map that most people see.

    Parameters
    ----------
    n_samples : int, at least 1, or None
        How many; None means 1000, or every named colour once.
    named : bool
        Take the fifteen named colours of the classic demonstration (black, blue, ..., lightgrey), with their names
        as labels, instead of the whole cube.
    random_state : None, int, SeedSequence, Generator
        Seed, or source of random numbers. Not used for every named colour once.

    Returns
    -------
    Dataset
        `data` (n_samples, 3) float64 in [0, 1]; with `named` also `target` and `target_names`.

    Raises
    ------
    InvalidParameter
        If `n_samples` or `random_state` is of no use.

    References
    ----------
    The fifteen colours are those of the demonstration that goes round in SOM tutorials; author unknown.

    Examples
    --------
    >>> from neurosim.datasets import make_colours
    >>> make_colours(named=True).labels[:3].tolist()
    ['black', 'blue', 'darkblue']
    """
    if n_samples is not None:
        _check_count("make_colours", "n_samples", n_samples)
    rng = _generator("make_colours", random_state)
    if not named:
        data = rng.random((1000 if n_samples is None else n_samples, 3))
        return Dataset("colours", data, feature_names=("red", "green", "blue"), source="uniform in the RGB cube")
    count = len(_COLOURS)
    target = np.arange(count) if n_samples is None else rng.integers(count, size=n_samples)
    return Dataset(
        name="colours-named",
        data=np.array(list(_COLOURS.values()))[target],
        target=target,
        feature_names=("red", "green", "blue"),
        target_names=tuple(_COLOURS),
        source="the fifteen named colours of the classic demonstration",
    )


def make_blobs(
    n_samples: int = 1000,
    n_features: int = 2,
    *,
    centers: Any = 3,
    cluster_std: Any = 1.0,
    center_box: tuple[float, float] = (-10.0, 10.0),
    random_state: Any = None,
) -> Dataset:
    """Draw Gaussian clusters: ``sklearn.datasets.make_blobs``, the same numbers for the same integer seed.

    Parameters
    ----------
    n_samples, n_features : int, at least 1
        Size of the sample.
    centers : int, or array of shape (n_centers, n_features)
        How many clusters, or where they lie (`n_features` is then theirs).
    cluster_std : float or one a cluster, not negative
        Standard deviation.
    center_box : (low, high)
        Centres are drawn uniformly from this box.
    random_state : None, int, RandomState, SeedSequence, Generator
        An integer goes to scikit-learn unchanged; a SeedSequence or Generator is drawn from once for a seed.

    Returns
    -------
    Dataset
        `data` (n_samples, n_features) float64, `target` the cluster from 0.

    Raises
    ------
    InvalidParameter
        If `n_samples`, `n_features` or `random_state` is of no use.
    DataError
        With scikit-learn's words, if it refuses another parameter.

    References
    ----------
    scikit-learn, ``sklearn.datasets.make_blobs``.

    Examples
    --------
    >>> from neurosim.datasets import make_blobs
    >>> make_blobs(90, random_state=42)
    <Dataset blobs: 90 samples x 2 features>
    """
    from sklearn.datasets import make_blobs as sklearn_blobs

    _check_count("make_blobs", "n_samples", n_samples)
    _check_count("make_blobs", "n_features", n_features)
    if isinstance(random_state, np.random.Generator | np.random.SeedSequence):
        random_state = int(np.random.default_rng(random_state).integers(2**32))
    try:
        data, target = sklearn_blobs(
            n_samples=n_samples,
            n_features=n_features,
            centers=centers,
            cluster_std=cluster_std,
            center_box=center_box,
            random_state=random_state,
        )
    except (ValueError, TypeError) as error:
        raise DataError(f"make_blobs: {' '.join(str(error).split())}") from error
    return Dataset("blobs", data, target, source="sklearn.datasets.make_blobs")


def _check_count(owner: str, name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidParameter(owner, name, value, "an integer of at least 1")


def _generator(owner: str, random_state: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError):
        wanted = "None, a seed of 0 or more, or a Generator"
        raise InvalidParameter(owner, "random_state", random_state, wanted) from None
