"""Data drawn at random: inputs of Kohonen's first figures, colours, clusters, bars and stripes, the shifter task."""

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


def make_bars_and_stripes(side: int = 3, n_samples: int | None = None, *, random_state: Any = None) -> Dataset:
    """Return bars and stripes: squares of which every row, or every column, is black or white.

    Parameters
    ----------
    side : int, 2 to 12
        Rows and columns of the square.
    n_samples : int, at least 1, or None
        How many to draw: a coin chooses between columns and rows, then one for each line. None returns what the coins
        can give, each once: 2^(side + 1) patterns, of which the white and the black square come twice.
    random_state : None, int, SeedSequence, Generator
        Seed, or source of random numbers. Not used without `n_samples`.

    Returns
    -------
    Dataset
        `data` (n_samples, side^2) float64 of 0 and 1, `target` 0 for bars (columns) and 1 for stripes (rows), `shape`
        (side, side). No model's log-likelihood summed over all patterns is above -41.5888 for side 3 (-13.8629 for 2,
        -108.1310 for 4).

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    References
    ----------
    D. J. C. MacKay: Information Theory, Inference, and Learning Algorithms. Cambridge, 2003 (not checked).

    Examples
    --------
    >>> from neurosim.datasets import make_bars_and_stripes
    >>> make_bars_and_stripes()
    <Dataset bars-and-stripes: 16 samples x 9 features, 2 classes>
    """
    owner = "make_bars_and_stripes"
    _check_count(owner, "side", side)
    if not 2 <= side <= 12:
        raise InvalidParameter(owner, "side", side, "an integer from 2 to 12")
    chosen = _cases(owner, 2 ** (side + 1), n_samples, random_state)
    target, lines = chosen >> side, (chosen[:, None] >> np.arange(side)) & 1
    bars = np.repeat(lines[:, None, :], side, axis=1)
    data = np.where(target[:, None, None] == 0, bars, bars.transpose(0, 2, 1)).reshape(-1, side**2).astype(float)
    names = ("bars", "stripes")
    return Dataset("bars-and-stripes", data, target, None, names, (side, side), source="all lines black or white")


def make_shifter(width: int = 8, n_samples: int | None = None, *, random_state: Any = None) -> Dataset:
    """Return the shifter task: bits, the same bits moved round by one place to either side or not at all, and which.

    Parameters
    ----------
    width : int, 2 to 16
        Bits of the first row.
    n_samples : int, at least 1, or None
        How many to draw, with equal chances. None returns every case once: 3 x 2^width, 768 for 8 bits.
    random_state : None, int, SeedSequence, Generator
        Seed, or source of random numbers. Not used without `n_samples`.

    Returns
    -------
    Dataset
        `data` (n_samples, 2 width + 3) float64 of 0 and 1: the bits, the shifted bits, and one of three units for the
        shift; `target` 0 (left), 1 (none) or 2 (right).

    Raises
    ------
    InvalidParameter
        If a parameter is out of its range.

    References
    ----------
    G. E. Hinton, T. J. Sejnowski: Learning and relearning in Boltzmann machines. PDP 1:282-317, 1986 (not checked).

    Examples
    --------
    >>> from neurosim.datasets import make_shifter
    >>> make_shifter()
    <Dataset shifter: 768 samples x 19 features, 3 classes>
    """
    owner = "make_shifter"
    _check_count(owner, "width", width)
    if not 2 <= width <= 16:
        raise InvalidParameter(owner, "width", width, "an integer from 2 to 16")
    chosen = _cases(owner, 3 * 2**width, n_samples, random_state)
    target, number = chosen % 3, chosen // 3
    bits = (number[:, None] >> np.arange(width)) & 1
    places = (np.arange(width) - (target[:, None] - 1)) % width
    data = np.concatenate([bits, np.take_along_axis(bits, places, axis=1), np.eye(3)[target]], axis=1)
    return Dataset(
        "shifter", data, target, None, ("left", "none", "right"), source="Hinton & Sejnowski 1986, PDP ch. 7"
    )


def _cases(owner: str, count: int, n_samples: int | None, random_state: Any) -> np.ndarray:
    """Return the numbers of all cases, or of some that are drawn."""
    if n_samples is None:
        return np.arange(count)
    _check_count(owner, "n_samples", n_samples)
    return _generator(owner, random_state).integers(count, size=n_samples)


def _check_count(owner: str, name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidParameter(owner, name, value, "an integer of at least 1")


def _generator(owner: str, random_state: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError):
        wanted = "None, a seed of 0 or more, or a Generator"
        raise InvalidParameter(owner, "random_state", random_state, wanted) from None
