"""The visual field lies on the cortex by a logarithm: half of the map up to 40 degrees holds the middle 7.

Upper left: rings and rays of the right visual hemifield. Middle: where w = k log(1 + z / a) takes them, with
constants of the human, k = 17.3 mm and a = 0.75 degrees: from a few degrees on, rings and rays become straight lines
that cross at right angles. Right: the magnification k / (E + a), and that of a dipole, whose second pole keeps the
far periphery small. Below: a dartboard of 40 degrees, whose fields grow with their eccentricity, and the same as both
hemispheres hold it: all fields but the innermost are as large as each other.

E. L. Schwartz, "Spatial mapping in the primate sensory projection: analytic structure and relevance to perception",
Biological Cybernetics 25:181-194 (1977), was not at hand. J. C. Horton, W. F. Hoyt, "The representation of the visual
field in human striate cortex", Archives of Ophthalmology 109:816-824 (1991): M = 17.3 / (E + 0.75) is quoted from
memory, and the places are computed from it. M. Balasubramanian, J. Polimeni, E. L. Schwartz, "The V1-V2-V3 complex:
quasiconformal dipole maps in primate striate and extra-striate cortex", Neural Networks 15:1157-1163 (2002): the
dipole.
"""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy.integrate import dblquad
from scipy.optimize import brentq

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import LogPolarMap, plot_retinotopy

PLACES = {1: 14.7, 2: 22.5, 5: 35.2, 10: 46.1, 20: 57.4}  # degrees: mm, of k log(1 + E / a)
RINGS = (1, 2, 5, 10, 20, 40)
SIDE, DEGREES = 401, 40  # of the dartboard: pixels, and degrees of visual angle


def dartboard(cortex):
    """Return a picture of fields whose sides are 5.4 mm on the cortex, blue above and orange below, (n, n, 3)."""
    at = (np.arange(SIDE) - SIDE // 2) * DEGREES / SIDE
    z = at + 1j * at[:, None]
    ring = np.floor(np.log1p(np.abs(z) / cortex.a) / (np.pi / 10)).astype(int)
    ray = np.floor(np.angle(z) / (np.pi / 10)).astype(int)
    colours = np.array([to_rgb(plotting.COLOURS[0]), to_rgb(plotting.COLOURS[1])])[(z.imag > 0).astype(int)]
    picture = np.where(((ring + ray) % 2 == 0)[..., None], colours, 1.0)
    picture[np.abs(z) > DEGREES / 2] = 1.0
    return picture


def half_of_the_pixels(cortex):
    """Return the eccentricity up to which half of the map's pixels lie, on a warped picture of eccentricities."""
    side = 1001
    at = (np.arange(side) - side // 2) * 80 / side
    found = cortex.warp(np.hypot(at, at[:, None]), pixels_per_degree=side / 80, pixels_per_mm=8, oversample=1).image
    return float(np.median(found[found <= 40]))


def area_within(cortex, eccentricity):
    """Return the area in square millimetres of the cortex for the half disc of this many degrees."""

    def element(log_e, angle):  # on a logarithmic scale of eccentricity, E^2 d(log E) d(angle)
        e = np.exp(log_e)
        return float(cortex.magnification(e * np.exp(1j * angle))) ** 2 * e**2

    return dblquad(element, -np.pi / 2, np.pi / 2, np.log(1e-4), np.log(eccentricity), epsrel=1e-4)[0]


def worst_angle(cortex):
    """Return how far from a right angle, in degrees, rings and rays meet on the cortex."""
    angle, e = np.meshgrid(np.deg2rad(np.linspace(-89, 89, 90)), np.geomspace(0.1, 80, 60))
    z = e * np.exp(1j * angle)
    outwards, around = (cortex.to_cortex(z * (1 + d)) - cortex.to_cortex(z * (1 - d)) for d in (1e-6, 1e-6j))
    return float(np.abs(np.rad2deg(np.angle(around / outwards)) - 90).max())


@plotting.style()
def draw(human, dipole, pixels_per_mm):
    """Draw field, map, magnification and the dartboard."""
    figure = plotting.figure(9.6, 6.8)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    field, map_, slope = upper.subplots(1, 3, width_ratios=(0.6, 1.15, 1))
    plot_retinotopy.retinotopy(human, eccentricities=RINGS, side="visual", ax=field).set_title("visual field")
    plot_retinotopy.retinotopy(human, eccentricities=RINGS, ax=map_).set_title("cortex")
    e = np.geomspace(0.1, 90, 200)
    for cortex, name, line in ((human, "monopole", "-"), (dipole, "dipole, $b$ = 90°", "--")):
        slope.loglog(e, cortex.magnification(e), line, label=name)
    slope.set(xlabel="eccentricity $E$ (degrees)", ylabel="magnification (mm/degree)", title="magnification")
    for axis, ticks in ((slope.xaxis, (0.1, 1, 10, 90)), (slope.yaxis, (0.1, 1, 10))):
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    slope.legend()
    seen, warped = lower.subplots(1, 2, width_ratios=(0.6, 1))
    picture = dartboard(human)
    plotting.axes(seen).imshow(picture, extent=(-DEGREES / 2, DEGREES / 2, DEGREES / 2, -DEGREES / 2))
    seen.set(xlabel="$x$ (degrees)", ylabel="$y$ (degrees)", title="dartboard")
    shown = human.warp(picture, pixels_per_mm=pixels_per_mm)
    plot_retinotopy.cortex(shown, ax=warped).set_title("the same on both hemispheres")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    human, dipole = LogPolarMap(), LogPolarMap(b=90.0)
    rng = np.random.default_rng(0)
    z = rng.normal(0, 30, 10_000) + 1j * rng.normal(0, 30, 10_000)
    back = max(float(np.abs(m.to_visual(m.to_cortex(z)) - z).max()) for m in (human, dipole))
    half = brentq(lambda e: area_within(human, e) - area_within(human, 40) / 2, 1, 20, xtol=0.01 if not fast else 0.5)
    claims = [
        Claim(f"Place of {e} degrees on the horizontal meridian (mm)", f"{mm}: computed from the constants",
              float(human.to_cortex(e).real), mm - 0.05, mm + 0.05)
        for e, mm in PLACES.items()
    ]  # fmt: skip
    claims += [
        Claim("Magnification at 5 degrees (mm/degree)", "3.01 = 17.3 / 5.75 (constants from memory)",
              float(human.magnification(5)), 3.005, 3.015, source_read=False),
        Claim("Largest error there and back, monopole and dipole (degrees)", "0: an exact inverse", back,
              at_most=1e-10),
        Claim("Rings and rays on the cortex, largest departure from a right angle (degrees)", "0: a conformal map",
              max(worst_angle(human), worst_angle(dipole)), at_most=0.1),
        Claim("Eccentricity up to which half of the map of 40 degrees lies (pixels counted)",
              f"{half:.2f} degrees: integrated", half_of_the_pixels(human), 6.7, 7.0),
    ]  # fmt: skip
    return draw(human, dipole, 2 if fast else 5), claims


if __name__ == "__main__":
    show(__file__, *main())
