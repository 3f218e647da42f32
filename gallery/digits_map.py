"""A map of handwritten digits: similar shapes lie side by side, and the classes form regions.

1797 digits of 8 x 8 grey values on 20 x 20 units, each pixel scaled to mean 0 and variance 1. Left the weights as
images; on top the U-matrix, in which ridges part the clusters (A. Ultsch, H. P. Siemon, "Kohonen's self organizing
feature maps for exploratory data analysis", Proc. INNC 1990, 305-308); below the digit that most samples of a unit
show. No class label takes part in the training. The end of the neighbourhood weighs order against accuracy: at one
step the map is ordered, at half a step it follows the data more closely and folds.

Data: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998). No
paper prints these numbers: they are compared with a reference measurement by a separate program.
"""

import matplotlib
from matplotlib.figure import Figure

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.datasets import load_digits
from neurosim.som import SOM, assess, plot


@plotting.style()
def draw(som, x, digits, mean, spread):
    """Draw the map in three ways."""
    figure = plotting.figure(9.2, 6.0)
    parts = figure.subplot_mosaic([["images", "ridges"], ["images", "classes"]], width_ratios=(2, 1))
    plot.images(som, digits.shape, shift=mean, scale=spread, ax=parts["images"])
    parts["images"].set_title("weights as images")
    greys = matplotlib.colormaps["gray_r"].resampled(17)  # as many as the data have
    for row in parts["images"].images:
        row.set(interpolation="nearest", cmap=greys)
    plot.u_matrix(som, interleaved=False, ax=parts["ridges"]).set_title("U-matrix")
    plot.labels(som, x, digits.target, ax=parts["classes"]).set_title("majority class (paler: mixed)")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims; the map starts on the principal plane, so that nothing is random."""
    side = 6 if fast else 20
    digits = load_digits()
    mean, spread = digits.data.mean(0), digits.data.std(0)
    spread[spread == 0] = 1  # pixels that are never inked stay 0
    x = (digits.data - mean) / spread
    som = SOM((side, side), sigma=(side / 2, 1)).fit(x)
    ordered = assess(som, x)
    close = assess(SOM((side, side), sigma=(side / 2, 0.5)).fit(x), x)
    return draw(som, x, digits, mean, spread), [
        Claim(
            "Quantisation error, neighbourhood from 10 steps to 1",
            "4.10: reference measurement",
            ordered.quantization_error,
            at_most=4.2,
        ),
        Claim(
            "Topographic error (8 neighbours) of the same map",
            "0.018: reference measurement",
            ordered.topographic_error,
            at_most=0.03,
        ),
        Claim(
            "Explained variance, neighbourhood from 10 steps to 0.5",
            "0.778: reference measurement",
            close.explained_variance,
            at_least=0.75,
        ),
    ]


if __name__ == "__main__":
    show(__file__, *main())
