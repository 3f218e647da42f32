"""How large a map for some data is by default: the rule of the SOM Toolbox."""

from math import ceil, inf, isnan, sqrt
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from neurosim.core import checks
from neurosim.core.errors import InvalidParameter
from neurosim.core.jit import one_blas_thread
from neurosim.som.initial import principal_axes
from neurosim.som.topology import LATTICES, ROW_PITCH, SHAPES

SIZES = {"small": 0.25, "normal": 1.0, "big": 4.0}


def auto_grid(
    n_samples: int, axes_ratio: float, lattice: str = "rectangular", shape: str = "sheet", size: str = "normal"
) -> tuple[int, int]:
    """Return (rows, columns) of about 5 sqrt(n_samples) units whose sides are in a given ratio.

    Parameters
    ----------
    n_samples : int >= 1
    axes_ratio : float > 0, may be inf
        Height of the map over its width: how much longer the data are along their first principal component than
        along their second, in standard deviations. inf gives a single column.
    lattice : "rectangular" (or "rect") or "hexagonal" (or "hexa"), default "rectangular"
    shape : "sheet", "cylinder" or "toroid", default "sheet"
        A hexagonal toroid gets an even number of rows.
    size : "small", "normal" or "big", default "normal"
        A quarter of the units, as many as said above, or four times as many.

    Raises
    ------
    InvalidParameter
        If a parameter is not as described.

    Examples
    --------
    >>> auto_grid(150, 1.0)
    (8, 8)
    >>> auto_grid(150, 2.0)
    (10, 6)
    """
    checks.at_least("auto_grid", "n_samples", n_samples, 1)
    checks.one_of("auto_grid", "lattice", lattice, tuple(LATTICES))
    checks.one_of("auto_grid", "shape", shape, SHAPES)
    checks.one_of("auto_grid", "size", size, tuple(SIZES))
    if not isinstance(axes_ratio, int | float | np.number) or isnan(axes_ratio) or axes_ratio <= 0:
        raise InvalidParameter("auto_grid", "axes_ratio", axes_ratio, "a number > 0")
    hexagonal = LATTICES[lattice] == "hexagonal"
    units = max(2, ceil(SIZES[size] * ceil(5 * sqrt(n_samples))))
    pitch = ROW_PITCH if hexagonal else 1.0
    columns = min(units, max(1, round(sqrt(units / axes_ratio * pitch))))
    rows = max(1, round(units / columns))
    if hexagonal and shape == "toroid":
        rows += rows % 2
    return rows, columns


def suggested_grid(
    X: Any, *, lattice: str = "rectangular", shape: str = "sheet", size: str = "normal"
) -> tuple[int, int]:
    """Return the grid (rows, columns) of a map for some data, by the rule of the SOM Toolbox.

    About 5 sqrt(N) units, with sides in the ratio of the data's standard deviations along the first two principal
    components.

    Parameters
    ----------
    X : (samples, features) array, finite
        On the scale that the map is to be trained on.
    lattice, shape, size
        See `auto_grid`.

    Raises
    ------
    InvalidParameter, ValueError
        If a parameter or X is not as described.

    References
    ----------
    J. Vesanto, J. Himberg, E. Alhoniemi, J. Parhankangas, "SOM Toolbox for Matlab 5", Report A57, Helsinki University
    of Technology (2000); the rule is that of the program.

    Examples
    --------
    >>> from neurosim.datasets import load_iris
    >>> from neurosim.som import SOM, suggested_grid
    >>> x = load_iris().data
    >>> suggested_grid(x)
    (16, 4)
    >>> som = SOM(grid=suggested_grid(x, size="big")).fit(x)
    """
    x = check_array(X, dtype=(np.float64, np.float32), order="C", input_name="X")
    with one_blas_thread():
        first, second = (float(np.linalg.norm(a)) for a in principal_axes(x, np.ones(len(x), x.dtype))[1])
    return auto_grid(len(x), axes_ratio(first, second), lattice, shape, size)


def axes_ratio(first: float, second: float) -> float:
    """Return how many times longer the first principal component is: 1 if there is no variance, inf if only one."""
    if first <= 0:
        return 1.0
    return first / second if second > 0 else inf
