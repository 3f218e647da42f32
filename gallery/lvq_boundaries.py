"""Learning vector quantisation and the optimal boundary of two normal distributions.

Two classes of equal frequency in d dimensions: standard deviation 1 and 2 in every direction, both around the origin.
The best boundary is then the sphere of radius sqrt(8/3 d ln 2), and its error follows from the chi-squared
distribution. Prototypes start at the k-means centres of each class, 20 a class; OLVQ1 trains them and LVQ3 goes on. In
two dimensions the Voronoi polygons come close to the circle; in more, a few prototypes are a coarse picture of a
sphere, and the error stays further above the least one. With 5 prototypes a class in eight dimensions LVQ2.1 drives
them away until the answers are as good as chance; the step that LVQ3 adds prevents that. Its price: the step draws
prototypes of a class that lie next to each other together until some all but coincide, so that fewer than 20 are seen.

T. Kohonen, G. Barna, R. Chrisley, "Statistical pattern recognition with neural networks: benchmarking studies", Proc.
IEEE ICNN 1988, I:61-68, compare classifiers on these distributions, from memory ("hard task"). The paper was not at
hand: our errors are compared with the computed least ones.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from scipy.cluster.hierarchy import fclusterdata
from scipy.stats import chi2

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.som.lvq import LVQ

DIMENSIONS, EACH, FEW = (2, 3, 4, 5, 6, 7, 8), 20, 5
STAGES = {"olvq1": "OLVQ1", "lvq2.1": "then LVQ2.1", "lvq3": "then LVQ3"}


def drawn(n, d, rng):
    """Return n samples (n, d) and their classes."""
    y = rng.integers(0, 2, n)
    return rng.normal(size=(n, d)) * (1 + y)[:, None], y


def least_error(d):
    """Return the error of the best boundary."""
    radius2 = 8 / 3 * d * np.log(2)
    return (chi2.sf(radius2, d) + chi2.cdf(radius2 / 4, d)) / 2


def trained(seed, d, each, samples):
    """Return the model of every stage, OLVQ1 and what goes on from its prototypes, and the data for the test."""
    rng = np.random.default_rng([seed, d])
    x, y = drawn(samples, d, rng)
    first = LVQ(each, random_state=seed).fit(x, y)
    others = {a: LVQ(algorithm=a, init=first.codebook, random_state=seed).fit(x, y) for a in ("lvq2.1", "lvq3")}
    return {"olvq1": first} | others, drawn(4 * samples, d, rng)


def errors(seeds, d, each, samples):
    """Return the errors of every stage, (seeds,)."""
    runs = [trained(seed, d, each, samples) for seed in range(seeds)]
    return {stage: np.array([1 - models[stage].score(*test) for models, test in runs]) for stage in STAGES}


@plotting.style()
def draw(measured, samples):
    """Draw a training set with both boundaries, and the errors against the number of dimensions."""
    figure = plotting.figure(9.2, 3.7)
    plane, curve = figure.subplots(1, 2, width_ratios=(1, 1.25))
    models, (x, y) = trained(0, 2, EACH, samples)
    _boundary(models["lvq3"], x[:1000], y[:1000], plane)
    d = np.array(list(measured))
    markers = dict(zip(STAGES, "osD", strict=True))
    for colour, (stage, name) in zip(plotting.COLOURS, STAGES.items(), strict=False):
        mean = np.array([100 * measured[k][stage].mean() for k in d])
        spread = np.array([100 * measured[k][stage].std(ddof=1) for k in d])
        curve.errorbar(d, mean, spread, color=colour, marker=markers[stage], markersize=4, capsize=2, label=name)
    curve.plot(d, [100 * least_error(k) for k in d], color=plotting.INK, linestyle="--", label="least possible")
    curve.set(xlabel="dimensions, $d$", ylabel="errors on new samples (%)", ylim=(0, 32), xticks=d)
    curve.set_title(f"{EACH} prototypes a class, mean and s.d. of {len(measured[2]['lvq3'])} runs")
    curve.legend(loc="lower left")
    return figure


def _boundary(model, x, y, ax):
    reach = 5.4
    side = np.linspace(-reach, reach, 400)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    said = model.predict(grid).reshape(400, 400)
    colours = plotting.class_colours(2)
    for k, name in enumerate(("s.d. 1", "s.d. 2")):
        ax.scatter(*x[y == k].T, s=5, color=colours[k], alpha=0.35, linewidth=0)
        of_class = model.prototypes_[model.prototype_labels_ == k]
        # what LVQ3 has drawn together is one place
        places = fclusterdata(of_class, 0.1, criterion="distance", method="single").max()
        ax.scatter(*of_class.T, s=34, marker="os"[k], color=colours[k], edgecolor="black", linewidth=0.8, zorder=3,
                   label=f"prototypes, {name}: {EACH} at {places} places")  # fmt: skip
    ax.contour(side, side, said, levels=[0.5], colors=plotting.INK, linewidths=1.2)
    ax.plot([], [], color=plotting.INK, linewidth=1.2, label="boundary of LVQ3")
    radius = np.sqrt(8 / 3 * 2 * np.log(2))
    ax.add_patch(Circle((0, 0), radius, fill=False, linestyle="--", linewidth=1.4, color=plotting.COLOURS[2], zorder=4))
    ax.plot([], [], linestyle="--", linewidth=1.4, color=plotting.COLOURS[2], label="optimal boundary")
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.set_title("two dimensions")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: 8 runs in every number of dimensions."""
    seeds, samples, dimensions = (2, 1000, (2, 8)) if fast else (8, 5000, DIMENSIONS)
    measured = {d: errors(seeds, d, EACH, samples) for d in dimensions}
    runs = measured[2], measured[8], errors(seeds, 8, FEW, samples)
    two, eight, few = ({stage: float(e.mean()) for stage, e in run.items()} for run in runs)
    best, best8 = least_error(2), least_error(8)
    least, least8 = (f"{value:.4f}, the least possible, computed" for value in (best, best8))
    share = f"{EACH} prototypes a class"
    return draw(measured, samples), [
        Claim(f"Error in 2 dimensions, {share}, OLVQ1", least, two["olvq1"], at_least=best, at_most=best + 0.015),
        Claim("The same, then LVQ3", least, two["lvq3"], at_least=best, at_most=best + 0.015),
        Claim(f"Error in 8 dimensions, {share}, OLVQ1 then LVQ3", least8, eight["lvq3"], at_least=best8, at_most=0.16),
        Claim("What LVQ3 gains on OLVQ1 there", "more than 0", eight["olvq1"] - eight["lvq3"], at_least=0.025),
        Claim(f"Error in 8 dimensions, {FEW} prototypes a class, LVQ2.1", "0.5, chance", few["lvq2.1"], at_least=0.38),
        Claim("The same, LVQ3", least8, few["lvq3"], at_most=0.26),
    ]


if __name__ == "__main__":
    show(__file__, *main())
