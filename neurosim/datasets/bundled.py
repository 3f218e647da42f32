"""Small data sets that come with an installed package: no download.

Digits, iris and wine are the CSV files inside scikit-learn, read without importing it: that import takes longer
than a small map takes to train.
"""

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from neurosim.core.errors import DataError
from neurosim.datasets.dataset import Dataset
from neurosim.datasets.files import read_bytes

_IRIS_FEATURES = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
_WINE_FEATURES = (
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280/od315_of_diluted_wines",
    "proline",
)
_ANIMALS = """
small,medium,big two_legs,four_legs,hair,hooves,mane,feathers hunt,run,fly,swim
dove  100 100001 0010
hen   100 100001 0000
duck  100 100001 0001
goose 100 100001 0011
owl   100 100001 1010
hawk  100 100001 1010
eagle 010 100001 1010
fox   010 011000 1000
dog   010 011000 0100
wolf  010 011010 1100
cat   100 011000 1000
tiger 001 011000 1100
lion  001 011010 1100
horse 001 011110 0100
zebra 001 011110 0100
cow   001 011100 0000
"""
_TAXONOMY = """
   ABCDEFGHIJKLMNOPQRSTUVWXYZ123456
a1 12345333333333333333333333333333
a2 00000123453333333333333333333333
a3 00000000001234567833336666666666
a4 00000000000000000012341234222222
a5 00000000000000000000000000123456
"""


def load_digits() -> Dataset:
    """Load 1797 handwritten digits of 8 x 8 grey values, 0 (paper) to 16 (ink).

    Returns
    -------
    Dataset
        `data` (1797, 64) float64, `target` the digit 0..9, `shape` (8, 8).

    Raises
    ------
    DataError
        If scikit-learn's data files are not installed.

    References
    ----------
    E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits (test part), UCI Machine Learning Repository,
    1998. Licence: CC BY 4.0.

    Examples
    --------
    >>> from neurosim.datasets import load_digits
    >>> digits = load_digits()
    >>> digits.data.shape, digits.data.max(), digits.target[:5]
    ((1797, 64), np.float64(16.0), array([0, 1, 2, 3, 4]))
    """
    return _packaged(
        "digits",
        "digits.csv.gz",
        feature_names=tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
        target_names=tuple("0123456789"),
        shape=(8, 8),
        header=0,
        source="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI repository; CC BY 4.0",
    )


def load_iris() -> Dataset:
    """Load Fisher's 150 irises: four lengths in cm, three species.

    Returns
    -------
    Dataset
        `data` (150, 4) float64 in cm, `target` the species 0..2.

    Raises
    ------
    DataError
        If scikit-learn's data files are not installed.

    References
    ----------
    R. A. Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics 7:179-188, 1936, with
    Fisher's own numbers (two samples of the UCI copy differ). Licence: CC BY 4.0 (UCI).

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> load_iris().target_names
    ('setosa', 'versicolor', 'virginica')
    """
    return _packaged(
        "iris",
        "iris.csv",
        feature_names=_IRIS_FEATURES,
        target_names=("setosa", "versicolor", "virginica"),
        source="Fisher 1936, Annals of Eugenics 7:179-188; CC BY 4.0 (UCI)",
    )


def load_wine() -> Dataset:
    """Load 178 Italian wines of three cultivars: thirteen chemical measurements, each in its own unit.

    Returns
    -------
    Dataset
        `data` (178, 13) float64 (scale it before use: proline alone spans a thousand), `target` the cultivar 0..2.

    Raises
    ------
    DataError
        If scikit-learn's data files are not installed.

    References
    ----------
    S. Aeberhard, M. Forina: Wine, UCI Machine Learning Repository, 1991. Licence: CC BY 4.0.

    Examples
    --------
    >>> from neurosim.datasets import load_wine
    >>> load_wine().data.shape
    (178, 13)
    """
    return _packaged(
        "wine",
        "wine_data.csv",
        feature_names=_WINE_FEATURES,
        target_names=("class_0", "class_1", "class_2"),
        source="Aeberhard & Forina 1991, Wine, UCI repository; CC BY 4.0",
    )


def load_animals() -> Dataset:
    """Load the 16 animals of the semantic map: thirteen binary attributes of size, body and behaviour.

    By design owl = hawk and horse = zebra: in the experiment only the animal's symbol tells them apart.

    Returns
    -------
    Dataset
        `data` (16, 13) float64 of 0 and 1; `target` 0..15 and `target_names`, in the paper's order.

    References
    ----------
    H. Ritter, T. Kohonen: Self-organizing semantic maps. Biol. Cybern. 61:241-254, 1989. Facts: no licence needed.

    Examples
    --------
    >>> from neurosim.datasets import load_animals
    >>> animals = load_animals()
    >>> dict(zip(animals.feature_names, animals.data[animals.target_names.index("zebra")]))["mane"]
    np.float64(1.0)
    """
    header, *lines = _ANIMALS.strip().splitlines()
    rows = [line.split() for line in lines]
    return Dataset(
        name="animals",
        data=np.array([[float(bit) for bit in "".join(bits)] for _, *bits in rows]),
        target=np.arange(len(rows)),
        feature_names=tuple(header.replace(",", " ").split()),
        target_names=tuple(row[0] for row in rows),
        source="Ritter & Kohonen 1989, Biol. Cybern. 61:241-254",
    )


def load_taxonomy() -> Dataset:
    """Load the 32 items of the taxonomy map, A to Z and 1 to 6: five attributes that hold a tree.

    Along a branch one attribute grows by one from item to item, so that the minimal spanning tree of the Euclidean
    distances has 31 edges of length 1: the chain A to E, F to J from C, K to R from H, S to V from M, W to Z from P and
    1 to 6 from X.

    Returns
    -------
    Dataset
        `data` (32, 5) float64 of integers 0 to 8; `target` 0..31 and `target_names`.

    References
    ----------
    T. Kohonen: Clustering, taxonomy, and topological maps of patterns. Proc. 6th ICPR, 114-128, 1982. The table was
    put together again from memory (not checked against the paper); its spanning tree was.

    Examples
    --------
    >>> from neurosim.datasets import load_taxonomy
    >>> taxonomy = load_taxonomy()
    >>> taxonomy.data[taxonomy.target_names.index("R")]
    array([3., 3., 8., 0., 0.])
    """
    (items,), *rows = (line.split() for line in _TAXONOMY.strip().splitlines())
    return Dataset(
        name="taxonomy",
        data=np.array([[float(digit) for digit in digits] for _, digits in rows]).T.copy(),
        target=np.arange(len(items)),
        feature_names=tuple(name for name, _ in rows),
        target_names=tuple(items),
        source="Kohonen 1982, Clustering, taxonomy, and topological maps of patterns, Proc. 6th ICPR; from memory",
    )


def _packaged(
    name: str,
    file: str,
    *,
    feature_names: tuple[str, ...],
    target_names: tuple[str, ...],
    source: str,
    shape: tuple[int, ...] | None = None,
    header: int = 1,
) -> Dataset:
    """Read one of scikit-learn's CSV files: `header` lines, then numbers with the class in the last column."""
    table = np.loadtxt(io.BytesIO(read_bytes(_folder() / file)), delimiter=",", skiprows=header)
    return Dataset(
        name=name,
        data=np.ascontiguousarray(table[:, :-1]),
        target=table[:, -1].astype(np.int64),
        feature_names=feature_names,
        target_names=target_names,
        shape=shape,
        source=source,
    )


def _folder() -> Path:
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("scikit-learn, which brings this data set along, is not installed")
    return Path(spec.submodule_search_locations[0], "datasets", "data")
