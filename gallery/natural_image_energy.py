"""A photograph through a bank of Gabor filters: many lines are level or upright, and most places hold no line at all.

Upper left: the photograph in few greys. Upper right: the energy of 8 orientations and 5 scales, summed over scales;
the colour tells the direction of lines, its depth how strong they are. Lower left: the mean energy of 16 orientations
in two photographs and in a mixture of gratings of random directions and phases with the same amplitudes on average
over directions (random phases, amplitudes by frequency alone). Lower right: how often an energy is so many times its
mean, in the photographs and in the random image; photographs have many more that are near zero and many more that are
large: they are sparse.

A. Torralba, A. Oliva, "Statistics of natural image categories", Network 14:391-412 (2003), for the excess of level
and upright lines; D. J. Field, "Relations between the statistics of natural images and the response properties of
cortical cells", Journal of the Optical Society of America A 4:2379-2394 (1987), for sparse responses. Neither paper
was at hand; the claims say what two photographs show. Photographs: china.jpg and flower.jpg of scikit-learn, CC BY
2.0.
"""

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_sample_image

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.v1 import GaborBank, plot

LUMINANCE = (0.299, 0.587, 0.114)
NAMES = {"china.jpg": "photograph of a pavilion", "flower.jpg": "photograph of a flower"}
GREYS = 10  # levels of the photograph
LEVELS = np.geomspace(0.03, 60, 60)
MARGIN = 24  # pixels at the edges that are left out: their filters reach beyond the picture


def luminance(name):
    """Return the luminance of a photograph minus its mean."""
    grey = load_sample_image(name) @ LUMINANCE / 255
    return grey - grey.mean()


def scrambled(image, rng):
    """Return an image whose amplitudes depend on frequency alone, as the given one's on average, with random phases."""
    rows, columns = image.shape
    radius = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(columns)) * max(image.shape)
    ring = np.rint(radius).astype(int).ravel()
    power = np.bincount(ring, (np.abs(np.fft.fft2(image)) ** 2).ravel()) / np.maximum(np.bincount(ring), 1)
    noise = np.fft.fft2(rng.normal(size=image.shape))
    return np.fft.ifft2(noise / np.abs(noise) * np.sqrt(power[ring]).reshape(image.shape)).real


def measured(image, orientations, wavelengths=(6.0, 12.0)):
    """Return the mean energy of each orientation, of mean 1, and all energies over the mean of their filter."""
    bank = GaborBank.grid(orientations, wavelengths=wavelengths, dc="quadrature")
    energies = bank.respond(image, "energy", border="reflect")[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    means = energies.mean(axis=(1, 2))
    relative = np.zeros(orientations)
    for wavelength in wavelengths:
        chosen = [k for k, gabor in enumerate(bank.gabors) if gabor.wavelength == wavelength]
        chosen.sort(key=lambda k: bank.gabors[k].orientation)
        relative += means[chosen] / means[chosen].mean() / len(wavelengths)
    return relative, (energies / means[:, None, None]).ravel()


def cardinal(relative):
    """Return the mean energy of lines within 12 degrees of level or upright over that of lines near the diagonals."""
    angle = np.arange(len(relative)) * 180 / len(relative)
    away = np.abs((angle + 45) % 90 - 45)  # from the nearest of level and upright
    return float(relative[away < 12].mean() / relative[away > 33].mean())


@plotting.style()
def draw(photo, shown, bank, lines, shares):
    """Draw photograph, energy, mean energies and distributions."""
    figure = plotting.figure(8.4, 6.2)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.05, 1))
    seen, energy = upper.subplots(1, 2, width_ratios=(1, 1.18))
    plotting.axes(seen).imshow(np.round(photo * GREYS), cmap="gray", interpolation="nearest")
    seen.set(xticks=[], yticks=[], title="photograph (danielbuechele, CC BY 2.0)")
    plot.energy(shown, bank, ax=energy).set_title("orientation energy")
    picture = energy.images[0]  # in few colours, for a small file
    picture.set_data(1 - np.round((1 - picture.get_array()) * 6) / 6)
    left, right = lower.subplots(1, 2)
    styles = dict(zip(lines, (("-", "o"), ("-", "s"), ("--", "^")), strict=True))
    for name, relative in lines.items():
        angle = np.arange(len(relative) + 1) * 180 / len(relative)
        left.plot(angle, np.append(relative, relative[0]), styles[name][0], marker=styles[name][1], ms=4, label=name)
    left.set(xlabel="orientation (degrees): 0 upright lines, 90 level ones", ylabel="mean energy, relative",
             xticks=np.arange(0, 181, 45), ylim=(0, None))  # fmt: skip
    left.legend(loc="lower left")
    for name, values in shares.items():
        right.loglog(LEVELS, [np.mean(values > level) for level in LEVELS], styles[name][0], label=name)
    right.loglog(LEVELS, np.exp(-LEVELS), ":", color=plotting.INK, label="Gaussian pixels, $e^{-E}$")
    right.set(xlabel="energy $E$ over its mean", ylabel="share above", ylim=(1e-5, 1.5))
    right.legend(loc="lower left")
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims."""
    orientations = 8 if fast else 16
    photos = {text: luminance(name) for name, text in NAMES.items()}
    images = photos | {"random phases": scrambled(photos[NAMES["china.jpg"]], np.random.default_rng(0))}
    found = {name: measured(image, orientations) for name, image in images.items()}
    lines, shares = ({name: pair[k] for name, pair in found.items()} for k in range(2))
    bank = GaborBank.grid(dc="quadrature")
    half = photos[NAMES["china.jpg"]][:426].reshape(213, 2, 320, 2).mean(axis=(1, 3))
    energies = bank.respond(half, "energy", border="reflect")
    figure = draw(half - half.min(), energies, bank, lines, shares)
    pavilion, flower, random = (cardinal(lines[name]) for name in images)
    tail = {name: float(np.mean(values > 10)) for name, values in shares.items()}
    few = {name: float(np.mean(values < 0.1)) for name, values in shares.items()}
    theory = "1 - exp(-0.1) = 0.095: a Gaussian image, exact"
    unread = {"source_read": False}
    return figure, [
        Claim("Energy of level and upright lines over diagonal ones, pavilion", "above 1 in scenes of buildings",
              pavilion, at_least=1.2, **unread),
        Claim("The same, flower", "no number: nature is less regular", flower, at_least=0.7, at_most=1.5, **unread),
        Claim("The same, random phases", "1: no direction is preferred", random, 0.85, 1.15),
        Claim("Share of energies below a tenth of the mean, random phases", theory, few["random phases"], 0.08, 0.11),
        Claim("The same, pavilion", "more than of a Gaussian image: sparse", few[NAMES["china.jpg"]], at_least=0.3,
              **unread),
        Claim("Share of energies above 10 times the mean, pavilion, over that of a Gaussian image",
              "above 1: exp(-10) = 4.5e-5 for a Gaussian image", tail[NAMES["china.jpg"]] / np.exp(-10), at_least=100,
              **unread),
    ]  # fmt: skip


if __name__ == "__main__":
    show(__file__, *main())
