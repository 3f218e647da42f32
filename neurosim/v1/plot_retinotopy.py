"""Figures of the map of the visual field onto the cortex.

Both functions draw on `ax`, or on a new figure (``ax.figure`` of what it returns), and neither shows nor saves it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from neurosim import plotting
from neurosim.core import checks
from neurosim.core.errors import InvalidParameter

ECCENTRICITIES = (1, 2, 5, 10, 20, 40)


@plotting.style()
def cortex(cortical: Any, *, ax: Axes | None = None) -> Axes:
    """Draw a picture on the flattened cortex, in millimetres from where the centre of gaze is.

    Parameters
    ----------
    cortical : CorticalImage
        As `LogPolarMap.warp` returns it; with three channels they are red, green and blue. Values from 0 to 1, or
        whole numbers from 0 to 255, or, without channels, any.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    pixels = np.asarray(cortical.image)
    unknown = np.isnan(pixels)
    if pixels.ndim == 3:
        scale = 255.0 if np.nanmax(pixels) > 1 else 1.0
        pixels = np.where(unknown, 1.0, np.clip(pixels / scale, 0.0, 1.0))
    left, right, bottom, top = cortical.extent
    ax = plotting.axes(ax, 5.4, 0.7 + 4.8 * (bottom - top) / (right - left))
    look: dict[str, Any] = {} if pixels.ndim == 3 else {"cmap": "gray"}
    ax.imshow(pixels, extent=cortical.extent, interpolation="nearest", **look)
    ax.set(xlabel="mm", ylabel="mm")
    ax.set_aspect("equal")
    return ax


@plotting.style()
def retinotopy(
    cortical_map: Any, *, eccentricities: Sequence[float] = ECCENTRICITIES, side: str = "cortex",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw rings and rays of the right visual hemifield, or where the map takes them.

    Parameters
    ----------
    cortical_map : LogPolarMap
    eccentricities : sequence of float > 0, default (1, 2, 5, 10, 20, 40)
        Of the rings, in degrees, ascending.
    side : "cortex" or "visual", default "cortex"
    ax : Axes, optional

    Returns
    -------
    Axes
        Millimetres, or degrees of visual angle; y runs downwards. Rays every 30 degrees.
    """
    checks.one_of("plot.retinotopy", "side", side, ("cortex", "visual"))
    rings = np.asarray(eccentricities, float)
    if rings.ndim != 1 or not rings.size or not (np.diff(rings, prepend=0.0) > 0).all():
        raise InvalidParameter("plot.retinotopy", "eccentricities", eccentricities, "ascending numbers > 0")
    place = cortical_map.to_cortex if side == "cortex" else np.asarray
    ax = plotting.axes(ax, 4.4 if side == "cortex" else 2.8, 3.8)
    angles = np.deg2rad(np.linspace(-90, 90, 181))
    for ring in rings:
        w = place(ring * np.exp(1j * angles))
        ax.plot(w.real, w.imag, color=plotting.COLOURS[0])
        if side == "cortex" or ring >= 0.2 * rings[-1]:
            ax.annotate(f"{ring:g}°", (w[90].real, w[90].imag), (3, 1), textcoords="offset points", va="bottom",
                        fontsize=plotting.SMALL, color=plotting.COLOURS[0])  # fmt: skip
    along = np.concatenate([[0.0], np.geomspace(rings[0] / 100, rings[-1], 200)])
    for angle in np.deg2rad(np.arange(-90, 91, 30)):
        w = place(along * np.exp(1j * angle))
        ax.plot(w.real, w.imag, color=plotting.COLOURS[1], linewidth=0.8)
    unit = "mm" if side == "cortex" else "degrees"
    ax.set(xlabel=f"$x$ ({unit})", ylabel=f"$y$ ({unit})")
    ax.set_aspect("equal")
    ax.invert_yaxis()
    return ax
