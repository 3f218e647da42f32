"""The size of a map that the data suggest."""

import numpy as np
import pytest

from neurosim.core.errors import InvalidParameter
from neurosim.som.auto_grid import auto_grid, axes_ratio, suggested_grid


@pytest.mark.parametrize(
    ("n", "ratio", "lattice", "wanted"),
    [
        (100, 1, "rectangular", (7, 7)),  # 50 units, 7.07 columns
        (400, 4, "rectangular", (20, 5)),  # 100 units
        (400, 0.25, "rect", (5, 20)),
        (400, 1, "hexagonal", (11, 9)),  # sqrt(100 sqrt(.75)) = 9.3 columns
        (400, 4, "hexa", (20, 5)),  # 4.65 columns
        (400, np.inf, "rectangular", (100, 1)),
        (400, 1e-9, "rectangular", (1, 100)),
        (1, 1, "rectangular", (2, 2)),
    ],
)
def test_rule(n, ratio, lattice, wanted):
    assert auto_grid(n, ratio, lattice) == wanted


def test_sizes():
    assert auto_grid(400, 1, size="small") == (5, 5)
    assert auto_grid(400, 1, size="big") == (20, 20)
    assert auto_grid(1, 1, size="small") == (2, 1)


@pytest.mark.parametrize("lattice", ["rectangular", "hexagonal"])
def test_sides_are_in_proportion(lattice):
    for ratio in (1, 1.5, 2.7):
        rows, columns = auto_grid(250_000, ratio, lattice)
        assert rows * columns == pytest.approx(2500, rel=0.02)
        height = rows * (np.sqrt(0.75) if lattice == "hexagonal" else 1)
        assert height / columns == pytest.approx(ratio, rel=0.04)


def test_hexagonal_toroid_has_even_rows():
    for n in range(1, 300):
        assert auto_grid(n, 1.7, "hexagonal", "toroid")[0] % 2 == 0
    assert auto_grid(400, 1, "hexagonal", "toroid") == (12, 9)
    assert auto_grid(400, 1, "hexagonal", "cylinder") == (11, 9)
    assert auto_grid(100, 1, "rectangular", "toroid") == (7, 7)


def test_data(rng):
    x = rng.normal(size=(10_000, 4)) * [6, 2, 1, 1] + 50
    rows, columns = suggested_grid(x)
    assert rows * columns == pytest.approx(500, rel=0.03)
    assert rows / columns == pytest.approx(3, rel=0.1)
    assert suggested_grid(x.astype(np.float32)) == (rows, columns)
    assert suggested_grid(x, lattice="hexa", shape="toroid", size="small")[0] % 2 == 0


def test_data_without_extent():
    assert suggested_grid(np.ones((100, 3))) == (7, 7)
    assert suggested_grid(np.arange(100.0)[:, None]) == (50, 1)
    assert [axes_ratio(0, 0), axes_ratio(2, 0), axes_ratio(3, 2)] == [1, np.inf, 1.5]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_samples": 0}, "n_samples must be an integer >= 1"),
        ({"axes_ratio": 0}, "axes_ratio must be a number > 0"),
        ({"axes_ratio": np.nan}, "axes_ratio must be a number > 0"),
        ({"axes_ratio": "2"}, "axes_ratio must be a number > 0"),
        ({"lattice": "cubic"}, "lattice must be one of"),
        ({"shape": "sphere"}, "shape must be one of"),
        ({"size": "huge"}, "size must be one of"),
    ],
)
def test_errors(changes, message):
    with pytest.raises(InvalidParameter, match=message):
        auto_grid(**({"n_samples": 100, "axes_ratio": 1.0} | changes))
