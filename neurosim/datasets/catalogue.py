"""All data sets by name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from neurosim.core.errors import DataError
from neurosim.datasets import bundled, fetch, generated, readers, roweis, store
from neurosim.datasets.dataset import Dataset

_Loader = Callable[..., Dataset]


@dataclass(frozen=True)
class Entry:
    """A data set that has a name.

    Parameters
    ----------
    name : str
        What `load` calls it.
    kind : {"bundled", "generated", "fetched"}
        Where it comes from.
    samples, features : int
        Its size.
    loader : callable
        Loads it; a fetched one takes `data_home` and `download_if_missing`, a generated one `random_state`.
    files : tuple of tuple of str
        Ways to hold a fetched one in a data folder: any of the groups will do, all files of it are needed.
    """

    name: str
    kind: str
    samples: int
    features: int
    loader: _Loader
    files: tuple[tuple[str, ...], ...] = ()

    def where(self, data_home: str | os.PathLike[str] | None = None) -> Path | None:
        """Return the first file of a fetched data set that is all here, else None."""
        for group in self.files:
            found = [store.find(file, data_home) for file in group]
            if all(found):
                return found[0]
        return None


def entries() -> tuple[Entry, ...]:
    """Return what is known of every named data set.

    Examples
    --------
    >>> from neurosim.datasets import entries
    >>> [entry.name for entry in entries() if entry.kind == "bundled"]
    ['digits', 'iris', 'wine', 'animals', 'taxonomy']
    """
    return _ENTRIES


def names() -> tuple[str, ...]:
    """Return the names that `load` knows.

    Examples
    --------
    >>> from neurosim.datasets import names
    >>> names()[:4]
    ('digits', 'iris', 'wine', 'animals')
    """
    return tuple(entry.name for entry in _ENTRIES)


def load(
    name_or_path: str | os.PathLike[str],
    *,
    data_home: str | os.PathLike[str] | None = None,
    random_state: Any = 0,
) -> Dataset:
    """Load a data set by its name, or from a file.

    Parameters
    ----------
    name_or_path : str or path-like
        One of `names`, in upper or lower case (``hepta`` stands for ``fcps-hepta``), or a file that `read` reads.
        A name goes before a file of that name; write ``./iris`` for the file.
    data_home : path or None
        Folder to look in first for data sets that are fetched.
    random_state : None, int, SeedSequence, Generator
        Seed of the generated ones; the default gives the same sample every time.

    Returns
    -------
    Dataset
        As the data set's own function, or `read`, returns it.

    Raises
    ------
    DataError
        If it is neither a name (the message has the nearest ones) nor a file, or cannot be read.

    Examples
    --------
    >>> from neurosim.datasets import load
    >>> load("wine")
    <Dataset wine: 178 samples x 13 features, 3 classes>
    """
    if isinstance(name_or_path, str):
        entry = lookup(name_or_path)
        if entry is not None and entry.kind == "fetched":
            return entry.loader(data_home=data_home)
        if entry is not None:
            return entry.loader(random_state=random_state) if entry.kind == "generated" else entry.loader()
        if not (Path(name_or_path).exists() or os.sep in name_or_path or Path(name_or_path).suffix):
            raise unknown(name_or_path)
    return readers.read(name_or_path)


def lookup(name: str) -> Entry | None:
    """Return the entry of that name, with or without ``fcps-``."""
    key = name.strip().lower()
    return next((entry for entry in _ENTRIES if entry.name in (key, f"fcps-{key}")), None)


def unknown(name: str, *, files: bool = True) -> DataError:
    """Build the error about a name that is not known (nor a file, where `files` would do), with the nearest ones."""
    short = {entry.name.removeprefix("fcps-"): entry.name for entry in _ENTRIES}
    close = get_close_matches(name.strip().lower(), [*short, *names()], n=3)
    near = list(dict.fromkeys(short.get(match, match) for match in close))
    hint = f"did you mean {' or '.join(near)}?" if near else f"known names are {', '.join(names())}"
    return DataError(f"{name}: no data set{' and no file' if files else ''} of this name; {hint}")


def _fcps(name: str, samples: int, features: int) -> Entry:
    def loader(**where: Any) -> Dataset:
        return fetch.fetch_fcps(name, **where)

    return Entry(f"fcps-{name.lower()}", "fetched", samples, features, loader, (("fcps/fcps.npz",),))


def _mnist(name: str, subset: str, prefix: str, samples: int) -> Entry:
    def loader(**where: Any) -> Dataset:
        return fetch.fetch_mnist(subset, **where)

    files = (f"mnist/{prefix}-images-idx3-ubyte.gz", f"mnist/{prefix}-labels-idx1-ubyte.gz")
    return Entry(name, "fetched", samples, 784, loader, (files,))


def _usps(name: str, subset: str, samples: int) -> Entry:
    def loader(**where: Any) -> Dataset:
        return fetch.fetch_usps(subset, **where)

    return Entry(name, "fetched", samples, 256, loader, (("usps/usps.npz",), (f"usps/zip.{subset}.gz",)))


def _roweis(name: str, samples: int, features: int, loader: _Loader, stem: str) -> Entry:
    return Entry(name, "fetched", samples, features, loader, tuple((f"{name}/{stem}.{end}",) for end in ("npz", "mat")))


def _named_colours(**seed: Any) -> Dataset:
    return generated.make_colours(named=True, **seed)


def _dead_leaves(**seed: Any) -> Dataset:
    from neurosim.datasets import natural  # imports numba

    return natural.make_dead_leaves(**seed)


def _natural_images(**where: Any) -> Dataset:
    from neurosim.datasets import natural

    return natural.fetch_natural_images(**where)


_ENTRIES = (
    Entry("digits", "bundled", 1797, 64, bundled.load_digits),
    Entry("iris", "bundled", 150, 4, bundled.load_iris),
    Entry("wine", "bundled", 178, 13, bundled.load_wine),
    Entry("animals", "bundled", 16, 13, bundled.load_animals),
    Entry("taxonomy", "bundled", 32, 5, bundled.load_taxonomy),
    Entry("uniform", "generated", 1000, 2, generated.make_uniform),
    Entry("colours", "generated", 1000, 3, generated.make_colours),
    Entry("colours-named", "generated", 15, 3, _named_colours),
    Entry("blobs", "generated", 1000, 2, generated.make_blobs),
    Entry("bars-and-stripes", "generated", 16, 9, generated.make_bars_and_stripes),
    Entry("shifter", "generated", 768, 19, generated.make_shifter),
    Entry("dead-leaves", "generated", 1, 65536, _dead_leaves),
    _mnist("mnist", "train", "train", 60000),
    _mnist("mnist-test", "test", "t10k", 10000),
    _usps("usps", "train", 7291),
    _usps("usps-test", "test", 2007),
    _roweis("alphadigits", 1404, 320, roweis.fetch_alphadigits, "binaryalphadigs"),
    _roweis("olivetti", 400, 4096, roweis.fetch_olivetti, "olivettifaces"),
    Entry(
        "natural-images",
        "fetched",
        10,
        262144,
        _natural_images,
        (("natural_images/olshausen_whitened.npz",),),
    ),
    _fcps("Atom", 800, 3),
    _fcps("Chainlink", 1000, 3),
    _fcps("EngyTime", 4096, 2),
    _fcps("GolfBall", 4002, 3),
    _fcps("Hepta", 212, 3),
    _fcps("Lsun", 400, 2),
    _fcps("Lsun3D", 404, 3),
    _fcps("Target", 770, 2),
    _fcps("Tetra", 400, 3),
    _fcps("TwoDiamonds", 800, 2),
    _fcps("WingNut", 1016, 2),
)
