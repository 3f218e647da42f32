"""SOM_PAK's numbers: the same commands give the same maps.

SOM_PAK of 1995 is the program that Kohonen's group gave to everyone. Its maps are trained online in two phases, over
the samples in the order of the file; radius and learning rate fall linearly, to 1 and to 0. From its first weights
(``randinit -rand 123``) and with its schedules our maps of iris, 12 x 8 units, must reach the quantisation errors that
the program printed when it was run on the same numbers.

The worked example of its manual trains a map on measurements of a device and lays two days over it, one without and one
with a fault; the figure shows where the 96 measurements of each day fall. The data come with the program for scientific
use and are not part of this package: they are read from ``som/sompak_ex*.dat.gz`` in the folder that NEUROSIM_DATA
names, and without them the map of iris is drawn alone. On the way some samples lie as near to one unit as to another
but for the last digits of float32. So this map is trained with the distance as a function, which takes the samples one
by one as the program does; by blocks, as we train by default, another map comes out, with an error of 3.61.

T. Kohonen, J. Hynninen, J. Kangas, J. Laaksonen, "SOM_PAK: the self-organizing map program package", Technical Report
A31, Helsinki University of Technology (1996).
"""

import os
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_iris, read
from neurosim.som import SOM
from neurosim.som.distances import euclidean
from neurosim.som.files_sompak import sompak_randinit
from neurosim.som.plot import labels
from neurosim.som.plot_units import trajectory

GRID, SEED, PHASES = (8, 12), 123, ((10, 0.05, 1000), (3, 0.02, 10_000))  # radius, learning rate, steps
PRINTED = {
    ("hexagonal", "bubble"): 0.271531,
    ("hexagonal", "gaussian"): 0.329309,
    ("rectangular", "bubble"): 0.264299,
    ("rectangular", "gaussian"): 0.321497,
}
DAYS = {"ndy": "a day without a fault", "fdy": "a day with a fault"}


def vsom(x, lattice, neighbourhood, metric="euclidean"):
    """Train a map as ``randinit`` and two runs of ``vsom`` do."""
    x = x.astype(np.float32)
    weights = sompak_randinit(x, GRID, SEED)
    for radius, rate, steps in PHASES:
        som = SOM(
            GRID,
            lattice=lattice,
            metric=metric,
            neighbourhood=neighbourhood,
            algorithm="online",
            sigma=(radius, 1 + (radius - 1) / steps),
            sigma_decay="linear",
            learning_rate=(rate, rate / steps),
            learning_rate_decay="linear",
            steps=steps,
            shuffle=False,
            init=weights,
        ).fit(x)
        weights = som.weights_
    return som


def example():
    """Return the data of the manual's example and its two days, or None where they are not at hand."""
    folder = Path(os.environ.get("NEUROSIM_DATA", ".")) / "som"
    paths = [folder / f"sompak_ex{name}.dat.gz" for name in ("", *(f"_{day}" for day in DAYS))]
    return [read(path).data for path in paths] if all(path.exists() for path in paths) else None


@plotting.style()
def draw(iris, device, days):
    """Draw the species on the map of iris, and the ways of two days on the map of the device."""
    figure = plotting.figure(4.2 if device is None else 10.2, 2.7)
    first, *others = np.atleast_1d(figure.subplots(1, 1 if device is None else 3))
    data = load_iris()
    labels(iris, data.data, data.target, target_names=[name[:2] for name in data.target_names], ax=first)
    first.set_title("iris: majority of the species (se, ve, vi)")
    for ax, name, day in zip(others, DAYS.values(), days, strict=True):
        trajectory(device, day.astype(np.float32), label="measurement", ax=ax)
        ax.set_title(f"device: {name}")
        ax.set_xlabel("grey: distance of neighbouring units\nring: first measurement, square: last")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; the fast run is the full one."""
    x = load_iris().data
    maps = {case: vsom(x, *case) for case in PRINTED}
    claims = [
        Claim(
            f"Iris, {lattice} lattice, {neighbourhood}: quantisation error",
            f"{printed}: printed by SOM_PAK 3.1",
            -maps[lattice, neighbourhood].score(x.astype(np.float32)),
            at_least=printed - 1e-4,
            at_most=printed + 1e-4,
        )
        for (lattice, neighbourhood), printed in PRINTED.items()
    ]
    found, device, days = example(), None, []
    if found is not None:
        measurements, *days = found
        device = vsom(measurements, "hexagonal", "bubble", metric=euclidean)
        error = -device.score(measurements.astype(np.float32))
        said = "Example of the manual, 3840 measurements of a device: quantisation error"
        claims.append(Claim(said, "3.57: the manual", error, at_least=3.57, at_most=3.572))
    return draw(maps["hexagonal", "bubble"], device, days), claims


if __name__ == "__main__":
    show(__file__, *main())
