"""Orientation maps: pinwheels, columns and stripes of visual cortex as a map of five stimulus features.

K. Obermayer, H. Ritter, K. Schulten, "A principle for the formation of the spatial structure of cortical feature maps",
PNAS 87:8345-8349 (1990), let a self-organising map see elongated spots of light. Here is the low-dimensional version of
K. Obermayer, G. G. Blasdel, K. Schulten, Physical Review A 45:7568-7589 (1992): a stimulus is a position, an
orientation with its selectivity, and an ocularity. What two dimensions of cortex cannot hold besides position is folded
into it: orientation columns about a ring of wave numbers, pinwheels of both signs, and stripes of ocular dominance that
cross the lines of equal orientation at steep angles.

128 x 128 units on a torus, neighbourhood of 2.5 steps, rate 0.02, 450 000 stimuli; on the torus pinwheels of either
sign are equally many in any map, so that is not claimed. Neither paper was at hand: claims compare with theory (the
thresholds and the wavelength at the threshold, after Ritter, Martinetz & Schulten 1992), with maps of random waves,
whose pinwheel density is known, and with chance.
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.spatial import KDTree

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.som.cortical_map import CorticalMap, orientation_threshold
from neurosim.som.orientation_map import column_layout, crossing_angles, spectrum
from neurosim.som.plot_maps import orientation, ring

SIGMA = 2.5


def threshold_curve(radii, side, stimuli, seeds):
    """Return the selectivity that maps reach, over the radius of the features' disc, in maps without dominance."""
    curve = []
    for radius in radii:
        q = radius * orientation_threshold(SIGMA)
        maps = [CorticalMap((side, side), orientation=q, sigma=SIGMA, random_state=seed) for seed in range(seeds)]
        curve.append(np.mean([np.sqrt(np.mean(m.develop(stimuli).selectivity ** 2)) / q for m in maps]))
    return np.array(curve)


def opposite_neighbours(pinwheels, side):
    """Return the share of pinwheels whose nearest one has the other sign."""
    nearest = KDTree(pinwheels.positions % side, boxsize=side).query(pinwheels.positions % side, k=2)[1][:, 1]
    return float(np.mean(pinwheels.charges != pinwheels.charges[nearest]))


@plotting.style()
def draw(found, layout, radii, curve):
    """Draw a quarter of the map with its pinwheels and stripes, the spectrum, and the threshold."""
    figure = plotting.figure(11.0, 3.6)
    sheet, power, onset = figure.subplots(1, 3, width_ratios=(1.2, 1.2, 1))
    side = found.preference.shape[0] // 2
    corner = (slice(0, side), slice(0, side))
    inside = (layout.pinwheels.positions < side - 1).all(axis=1)
    shown = type(layout.pinwheels)(layout.pinwheels.positions[inside], layout.pinwheels.charges[inside])
    orientation(found.preference[corner], shown, dominance=found.dominance[corner], ax=sheet)
    sheet.set(
        title="orientation, a quarter of the map",
        xlabel="pinwheels: discs +½, triangles −½\nlines: borders of ocular dominance",
    )
    ring(layout.spectrum, ax=power)
    power.set_title("spectrum of the orientation map")
    onset.plot(radii, curve, "o-", markersize=4)
    onset.axvline(1, color=plotting.INK, linewidth=0.8, linestyle=":")
    onset.text(
        0.98, 0.97, "theory", fontsize=plotting.SMALL, ha="right", transform=onset.get_xaxis_transform(), va="top"
    )
    onset.set(xlabel=r"radius of the features over $\sqrt{2e}\,\sigma$", ylabel="selectivity over the radius (rms)")
    onset.set(ylim=(0, None), title="the threshold of orientation")
    onset.set_box_aspect(0.85)
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 4 maps with both features, and the threshold."""
    side, stimuli, seeds = (32, 8_000, 1) if fast else (128, 450_000, 4)
    radii = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35)
    curve = threshold_curve(radii, *((24, 2_000, 1) if fast else (64, 160_000, 2)))
    maps = [
        CorticalMap((side, side), orientation=2.8 * SIGMA, ocularity=2.5 * SIGMA, sigma=SIGMA, random_state=seed)
        for seed in range(seeds)
    ]
    found = [m.develop(stimuli) for m in maps]
    layouts = [column_layout(f.preference, f.selectivity) for f in found]
    rings = [layout.spectrum for layout in layouts]
    angles = np.degrees(np.concatenate([crossing_angles(f.preference, f.dominance) for f in found]))
    waves = float(np.mean([np.pi * (1 + s.width**2) for s in rings]))
    half = float(np.interp((curve[0] + curve[6]) / 2, curve, radii))
    hypercolumns = float(np.mean([layout.hypercolumns for layout in layouts]))
    stripes = np.mean([spectrum(f.dominance).wavelength for f in found])

    def mean_of(values):
        return float(np.mean(list(values)))

    return draw(found[0], layouts[0], radii, curve), [
        Claim(
            "Radius over sqrt(2e) sigma at which selectivity is halfway from that at 0.8 to that at 1.2",
            "1: theory, dimension selection",
            half,
            at_least=0.95,
            at_most=1.12,
        ),
        Claim(
            "Selectivity over the radius, 1.2 times the threshold against 0.8 times",
            "no number: theory has none against some",
            float(curve[6] / curve[0]),
            at_least=3,
        ),
        Claim("Hypercolumns of one map, mean", "no number: 36 are enough to average over", hypercolumns, at_least=36),
        Claim(
            f"Distance of columns over sigma, mean of {seeds} maps",
            "4.44 at the threshold, theory; larger above it",
            mean_of(s.wavelength / SIGMA for s in rings),
            at_least=4.44,
            at_most=6,
        ),
        Claim(
            "Width of the ring in the spectrum over its radius, mean",
            "no number: a ring, not a disc",
            mean_of(s.width for s in rings),
            at_most=0.3,
        ),
        Claim(
            "Mean power inside half the radius of the ring over that on the ring, mean",
            "0: a ring",
            mean_of(s.hole for s in rings),
            at_most=0.15,
        ),
        Claim(
            "Evenness round the ring, |sum p exp(2i angle)|, mean",
            "0: no preferred direction",
            mean_of(s.anisotropy for s in rings),
            at_most=0.15,
        ),
        Claim(
            f"Pinwheels per hypercolumn, mean of {seeds} maps",
            f"{waves:.2f}: maps of random waves of this spectrum, pi (1 + width²)",
            mean_of(layout.density for layout in layouts),
            at_least=2.5,
            at_most=3.8,
        ),
        Claim(
            "Share of pinwheels whose nearest one has the other sign, mean",
            "0.5: chance",
            mean_of(opposite_neighbours(layout.pinwheels, side) for layout in layouts),
            at_least=0.7,
        ),
        Claim(
            "Distance of dominance stripes over that of orientation columns, mean",
            "no number: both follow from sigma",
            float(stripes / np.mean([s.wavelength for s in rings])),
            at_least=0.9,
            at_most=1.15,
        ),
        Claim(
            "Share of crossings of dominance borders with iso-orientation lines steeper than 60 degrees",
            "0.33: chance; steep in the model and in cortex (from memory)",
            float(np.mean(angles > 60)),
            at_least=0.42,
            source_read=False,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
