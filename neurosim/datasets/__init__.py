"""Data sets: bundled, generated, fetched once and cached, or read from a file of a public format."""

from typing import TYPE_CHECKING

from neurosim.core.lazy import attach

if TYPE_CHECKING:
    from neurosim.datasets.bundled import load_animals, load_digits, load_iris, load_taxonomy, load_wine
    from neurosim.datasets.catalogue import Entry, entries, load, names
    from neurosim.datasets.dataset import Dataset
    from neurosim.datasets.fetch import fetch_fcps, fetch_mnist, fetch_usps
    from neurosim.datasets.generated import (
        make_bars_and_stripes,
        make_blobs,
        make_colours,
        make_shifter,
        make_uniform,
    )
    from neurosim.datasets.natural import fetch_natural_images, make_dead_leaves, sample_patches
    from neurosim.datasets.readers import read
    from neurosim.datasets.roweis import fetch_alphadigits, fetch_olivetti

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Dataset": "dataset",
        "Entry": "catalogue",
        "entries": "catalogue",
        "fetch_alphadigits": "roweis",
        "fetch_fcps": "fetch",
        "fetch_mnist": "fetch",
        "fetch_natural_images": "natural",
        "fetch_olivetti": "roweis",
        "fetch_usps": "fetch",
        "load": "catalogue",
        "load_animals": "bundled",
        "load_digits": "bundled",
        "load_iris": "bundled",
        "load_taxonomy": "bundled",
        "load_wine": "bundled",
        "make_bars_and_stripes": "generated",
        "make_blobs": "generated",
        "make_colours": "generated",
        "make_dead_leaves": "natural",
        "make_shifter": "generated",
        "make_uniform": "generated",
        "names": "catalogue",
        "read": "readers",
        "sample_patches": "natural",
    },
)
