"""All families read the same handwritten digits: error, tolerance of shifts and noise, training time.

MNIST, 10 to 60,000 training digits, as many of each class. A model gets the digits and nothing else: features without
labels (the map, the restricted machine) are learned from the training digits alone. Test digits: all 10,000 after 5,000
and more training digits, every fifth of them below. Tolerance: 1,000 test digits, models of 5,000 training digits.
Time: training alone, after compilation. No setting was chosen on these test digits but for part of the neocognitron's
defaults, which go back to a study with digits of the test file:

1-NN: largest cosine of pixels. Perceptron: one unit a class, weights averaged over all steps, 30 passes. Map: about as
many units as digits, 4 x 4 to 30 x 30; a unit has the label of most of its digits, units without are not asked.
Restricted Boltzmann machine: 500 hidden units, logistic regression on their probabilities. V1: Gabor magnitudes of 8
orientations and 2 wavelengths, means of 4 x 4 pixels, logistic regression. LeNet-5: rectified units, maxima and
softmax, AdamW with a falling rate; also with training digits moved, turned and stretched anew in each pass.
Neocognitron: of 2013, edges, add-if-silent, interpolation between triples of reference vectors.
"""

import warnings
from time import perf_counter

import numpy as np
from matplotlib.figure import Figure
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.boltzmann import RBM
from neurosim.cnn import AdamW, Affine, CNNClassifier, Compose, Schedule, Shift
from neurosim.datasets import fetch_mnist, load_digits
from neurosim.neocognitron.neocognitron2013 import Neocognitron2013
from neurosim.neocognitron.tolerance import tolerance
from neurosim.perceptron import AveragedPerceptron
from neurosim.som import SOM
from neurosim.v1 import GaborBank

SIZES = {10: 5, 30: 5, 100: 5, 300: 3, 1000: 3, 5000: 1, 60000: 1}  # training digits, and how many subsets of so many
CHANGES = {"shift": (0, 1, 2, 3, 4, 5, 6), "flip": (0, 0.02, 0.05, 0.1, 0.15, 0.2)}
TABLE = {"shift": (2, "shifted by 2 pixels"), "flip": (0.05, "5 % of the pixels black or white")}
DISTORTED = Compose((Affine(rotation=12.0, scale=(0.85, 1.15), shear=0.15), Shift(2)))


def flat(images):
    """Return (n, pixels) float32."""
    return np.float32(images).reshape(len(images), -1)


def readout(features, x, y, strength):
    """Train a logistic regression on features of images; return what reads images."""
    scale = np.float32(1 / np.sqrt(np.mean(features(x[:1000]) ** 2)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 200 steps change no digit any more
        model = LogisticRegression(C=strength, max_iter=200).fit(scale * features(x), y)
    return lambda u: model.predict(scale * features(u))


def nearest(x, y, seed, effort):
    """Keep the digits: the nearest one answers."""
    model = KNeighborsClassifier(1, metric="cosine").fit(flat(x), y)
    return lambda u: model.predict(flat(u))


def perceptron(x, y, seed, effort):
    """Train an averaged perceptron."""
    model = AveragedPerceptron(epochs=30, random_state=seed).fit(flat(x), y)
    return lambda u: model.predict(flat(u))


def som(x, y, seed, effort):
    """Train a map and label its units by majority."""
    side = int(np.clip(np.ceil(np.sqrt(len(x))), 4, 30))
    model = SOM((side, side), sigma=(side / 2, 0.5), epochs=30, random_state=seed).fit(flat(x))
    votes = np.zeros((side * side, 10), np.int64)
    np.add.at(votes, (model.predict(flat(x)), y), 1)
    asked = np.flatnonzero(votes.any(axis=1))
    labels = votes[asked].argmax(axis=1)
    return lambda u: labels[model.distances(flat(u))[:, asked].argmin(axis=1)]


def rbm(x, y, seed, effort):
    """Train a restricted Boltzmann machine, and a readout of its hidden units."""
    batch = min(100, max(10, len(x) // 10))
    epochs = int(np.clip(effort * 3000 * batch // len(x), 10, 500))
    rate = Schedule("linear", 0.05, 0.005)
    model = RBM(500, method="cd", learning_rate=rate, batch_size=batch, n_iter=epochs, momentum=0.5, weight_decay=2e-4,
                random_state=seed).fit(flat(x))  # fmt: skip
    return readout(lambda u: model.transform(flat(u)), x, y, 0.1)


def v1(x, y, seed, effort):
    """Train a readout of pooled Gabor magnitudes."""
    bank = GaborBank.grid(8, wavelengths=(4, 8))

    def features(u):
        parts = [bank.respond(np.float32(part), "magnitude") for part in np.array_split(u, len(u) // 500 + 1)]
        pooled = [part.reshape(len(part), 16, 7, 4, 7, 4).mean(axis=(3, 5)) for part in parts]
        return np.concatenate(pooled).reshape(len(u), -1)

    return readout(features, x, y, 0.1)


def lenet(x, y, seed, effort, *, augment=None, updates=2000, passes=10):
    """Train LeNet-5 of today; few digits are repeated, so that a pass has many steps."""
    batch = 64 if len(x) >= 5000 else 32
    every = np.tile(np.arange(len(x)), max(1, 1000 // len(x)))
    epochs = max(passes, int(updates * batch // len(every))) if effort == 1 else 2
    model = CNNClassifier("lenet5_modern", image_shape=(28, 28), solver=AdamW(Schedule("cosine", 2e-3), decay=0.01),
                          augment=augment, batch_size=batch, max_iter=epochs, n_iter_no_change=None,
                          random_state=seed).fit(flat(x[every]), y[every])  # fmt: skip
    return lambda u: model.predict(flat(u))


def lenet_distorted(x, y, seed, effort):
    """Train LeNet-5 on digits that are distorted anew in each pass."""
    return lenet(x, y, seed, effort, augment=DISTORTED, updates=3000, passes=30)


def neocognitron(x, y, seed, effort):
    """Train a neocognitron."""
    model = Neocognitron2013(image_shape=(28, 28), random_state=seed).fit(flat(x), y)
    return lambda u: model.predict(flat(u))


MODELS = {
    "1-NN": nearest,
    "perceptron": perceptron,
    "self-organising map": som,
    "restricted Boltzmann machine": rbm,
    "V1": v1,
    "LeNet-5": lenet,
    "LeNet-5, distorted digits": lenet_distorted,
    "neocognitron": neocognitron,
}
# Largest errors (%) for the sizes, least right answers (%) to shifted and noisy digits: a first run's and 3.5 standard
# errors; most seconds: three times the first run's or more.
BARS = {
    "1-NN": (68.4, 42.7, 27.1, 16.7, 10.2, 6.2, 3.4, 53.5, 91.0, 2),
    "perceptron": (77.0, 54.4, 29.9, 22.0, 15.0, 11.3, 9.0, 41.9, 81.2, 6),
    "self-organising map": (74.2, 59.4, 36.3, 25.6, 14.8, 11.5, 8.8, 40.4, 84.4, 40),
    "restricted Boltzmann machine": (70.1, 44.7, 23.2, 13.8, 10.7, 6.4, 3.5, 47.4, 89.4, 100),
    "V1": (51.7, 25.6, 10.5, 5.0, 3.3, 2.37, 1.41, 83.2, 95.2, 110),
    "LeNet-5": (72.1, 38.8, 18.5, 11.7, 5.7, 2.93, 1.07, 75.4, 93.8, 40),
    "LeNet-5, distorted digits": (54.4, 21.6, 7.0, 4.2, 2.17, 1.78, 0.71, 97.2, 92.5, 140),
    "neocognitron": (39.0, 18.9, 6.9, 3.5, 2.19, 1.41, 0.89, 96.3, 95.6, 110),
}


def digits(fast):
    """Return images (n, 28, 28) of ink from 0 to 1 and labels, to train with and to test on."""
    if fast:
        data = load_digits()
        large = np.kron(np.float32(data.data.reshape(-1, 8, 8) / 16), np.ones((1, 3, 3), np.float32))
        images, labels = np.pad(large, ((0, 0), (2, 2), (2, 2))), data.target
        return images[:1000], labels[:1000], images[1000:], labels[1000:]
    parts = [fetch_mnist("train"), fetch_mnist("test")]
    return [a for part in parts for a in (np.float32(part.data).reshape(-1, 28, 28) / 255, part.target)]


def subset(labels, size, seed):
    """Return the numbers of `size` digits in a random order, as many of each class; of all digits if it takes all."""
    order = np.random.default_rng(seed).permutation(len(labels))
    if size == len(labels):
        return order
    rank = np.zeros(len(labels), np.int64)
    for digit in range(10):
        rank[order[labels[order] == digit]] = np.arange((labels == digit).sum())
    return order[rank[order] < size // 10]


def measured(train, parts, fast):
    """Return errors (%) and their standard errors by size, the curves of tolerance, and the seconds of the last fit."""
    x, y, test, answers = parts
    sizes = {10: 1, 30: 2} if fast else SIZES
    errors, curves, seconds = {}, {}, 0.0
    for size, subsets in sizes.items():
        every, wrong = 1 if size >= 5000 else 5, []
        for seed in range(subsets):
            chosen, start = subset(y, size, seed), perf_counter()
            predict = train(x[chosen], y[chosen], seed, 0.01 if fast else 1)
            seconds = perf_counter() - start
            wrong.append(100 * float(np.mean(predict(test[::every]) != answers[::every])))
        binomial = np.sqrt(wrong[0] * (100 - wrong[0]) / len(test[::every]))
        spread = np.std(wrong, ddof=1) / np.sqrt(subsets) if subsets > 1 else binomial
        errors[size] = float(np.mean(wrong)), float(spread)
        if size == (30 if fast else 5000):
            some = slice(None, None, len(test) // (50 if fast else 1000))
            for change, levels in CHANGES.items():
                curves[change] = tolerance(predict, test[some], answers[some], change=change,
                                           levels=levels[: 4 if fast else None], random_state=0)  # fmt: skip
    return errors, curves, seconds


@plotting.style()
def draw(results):
    """Draw error against training digits, and tolerance of shifts and of noise."""
    figure = plotting.figure(10.0, 5.8)
    panels = figure.subplot_mosaic([["size", "shift"], ["size", "flip"]], width_ratios=(1.25, 1))
    colours = [plotting.CLASS_COLOURS[k] for k in (0, 1, 2, 3, 4, 5, 8, 7)]  # without yellow, too pale for a line
    for (name, (errors, curves, _)), marker, colour in zip(results.items(), "osD^v<>*", colours, strict=True):
        width = 1.6 if name == "neocognitron" else 1.0
        style = {"color": colour, "marker": marker, "markersize": 4, "linewidth": width, "capsize": 2}
        mean, spread = np.array(list(errors.values())).T
        panels["size"].errorbar(list(errors), mean, spread, label=name, **style)
        for change, curve in curves.items():
            levels = curve.levels * (100 if change == "flip" else 1)
            panels[change].errorbar(levels, 100 * curve.accuracy, 100 * curve.error, **style)
    label(panels, list(next(iter(results.values()))[0]))
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def label(panels, sizes):
    """Write at the axes what they show."""
    ticks = [0.5, 1, 2, 5, 10, 20, 50, 100]
    panels["size"].set(xscale="log", yscale="log", xlabel="training digits", ylabel="misread test digits (%)")
    panels["size"].set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    panels["size"].set_xticks(sizes, labels=[f"{size:,}" for size in sizes])
    panels["size"].minorticks_off()
    panels["size"].set_title("the same digits for all")
    for change, what, title in (
        ("shift", "shift (pixels)", "shifted digits"),
        ("flip", "pixels made black or white (%)", "noise: salt and pepper"),
    ):
        panels[change].set(xlabel=what, ylabel="right (%)", ylim=(0, 102), title=title)
        panels[change].set_xticks(CHANGES["shift"] if change == "shift" else range(0, 21, 5))


def claims(name, errors, curves, seconds):
    """Return the lines of a model."""
    published = "none of this protocol"
    lines = [
        Claim(f"{name}: error (%), {size:,} training digits", published, mean, at_most=bar)
        for (size, (mean, _)), bar in zip(errors.items(), BARS[name], strict=False)
    ]
    for (change, (level, words)), bar in zip(TABLE.items(), BARS[name][7:9], strict=True):
        right = 100 * curves[change].accuracy[list(curves[change].levels).index(level)]
        lines.append(Claim(f"{name}: right (%), {words}", published, float(right), at_least=bar))
    size = max(errors)
    return [*lines, Claim(f"{name}: training time (s), {size:,} digits", published, seconds, at_most=BARS[name][9])]


def order(results, sizes):
    """Return the lines that compare models, after few, many and all digits."""
    few, many, most = sizes
    error = {name: {size: mean for size, (mean, _) in result[0].items()} for name, result in results.items()}
    plain = [name for name in error if name not in ("neocognitron", "LeNet-5, distorted digits")]
    ahead = min(error[name][few] for name in plain) - error["neocognitron"][few]
    fixed = error["LeNet-5"][few] - error["V1"][few]
    gain = error["perceptron"][many] - error["perceptron"][most]
    none, leads = "none of this protocol", "Points by which the neocognitron leads where none is distorted"
    return [
        Claim(f"{leads}, {few:,} digits", none, ahead, at_least=0.5),
        Claim(f"Points by which fixed Gabor filters are ahead of LeNet-5, {few:,} digits", none, fixed, at_least=1.5),
        Claim(f"Points that the perceptron gains from {many:,} to {most:,} digits", none, gain, at_most=3),
    ]


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: ten lines for each model, and three of their order."""
    parts = digits(fast)
    results = {name: measured(train, parts, fast) for name, train in MODELS.items()}
    lines = [line for name, result in results.items() for line in claims(name, *result)]
    return draw(results), lines + order(results, (10, 10, 30) if fast else (1000, 5000, 60000))


if __name__ == "__main__":
    show(__file__, *main())
