"""LeNet-5: 60,000 parameters read digits, as published and as it is built today.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proceedings of
the IEEE 86:2278-2324 (1998). Maps with shared weights and trained subsampling take turns, a table says which maps of S2
each map of C3 sees, and the ten output units measure the distance from bitmaps of the digits. Ours differ in these: the
bitmaps are drawn by us, Adam stands in for the second-order rates, and the loss is the cross-entropy of the distances,
on a scale where it does not saturate. What passes for LeNet-5 today has all connections in C3, rectified units, maxima
and a softmax, and 61,706 parameters; it is trained on the plain digits, and on digits distorted anew in every pass.

The paper's errors are quoted from memory; the parameters and connections of each layer, too, and their sums computed.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gallery.claims import Claim, show
from neurosim import plotting
from neurosim.cnn import PRESETS, AdamW, Affine, Compose, Schedule, Shift, train
from neurosim.cnn.stylised_digits import stylised_digits
from neurosim.datasets import fetch_mnist, load_digits

PAPER, TODAY = PRESETS["lenet5_1998"], PRESETS["lenet5_modern"]
LAYERS = {"C1": 122_304, "S2": 5_880, "C3": 151_600, "S4": 2_000, "C5": 48_120, "F6": 10_164, "output": 840}
DISTORTED = {
    "augment": Compose((Affine(rotation=12.0, scale=(0.85, 1.15), shear=0.15), Shift(2))),
    "optimiser": AdamW(rate=Schedule("cosine", 3e-3), decay=0.05),
    "epochs": 30,
}


def digits(fast):
    """Return images and labels to train with and to test on, and the grey value of ink."""
    if fast:
        data = load_digits()
        return [(data.data[part], data.target[part]) for part in (slice(600), slice(600, 900))], 16.0
    return [(data.data, data.target) for data in (fetch_mnist("train"), fetch_mnist("test"))], 255.0


def learn(preset, seed, parts, full, **changes):
    """Train a preset; return the network, test images, and the test error (%) after each pass."""
    (x, y), (xt, labels) = [preset.prepare(images, labels, full=full) for images, labels in parts]
    network, curve = preset.build(seed, "float32"), []
    recipe = {
        name: getattr(preset, name) for name in ("loss", "optimiser", "batch_size", "shuffle", "reduction", "epochs")
    }

    def watch(_):
        curve.append(100 * float((network(xt).argmax(axis=1) != labels).mean()))

    train(network, x, y, callback=watch, random_state=seed, **recipe | changes)
    return network, xt, np.array(curve)


def picture(ax, image, title, limit=None):
    """Draw a map in shades of grey, dark where it is large."""
    low, high = (image.min(), image.max()) if limit is None else (-limit, limit)
    ax.imshow(image, cmap="Greys", vmin=low, vmax=high)
    ax.set(xticks=[], yticks=[], anchor="N")
    ax.set_title(title, fontsize=plotting.SMALL)
    ax.spines[:].set_visible(True)


def tiles(maps, across):
    """Return maps (n, h, w) as one picture with white lines between them."""
    n, height, width = maps.shape
    framed = np.pad(maps, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows = framed.reshape(n // across, across, height + 1, width + 1)
    return rows.swapaxes(1, 2).reshape(n // across * (height + 1), -1)[:-1, :-1]


@plotting.style()
def draw(network, xt, curves):
    """Draw what a digit becomes on its way through the network, the bitmaps, and the learning curves."""
    figure = plotting.figure(10.0, 5.6)
    way, below = figure.subfigures(2, 1, height_ratios=(1, 1.25))
    names = list(network.layers)
    values = network.activations(xt[:1])
    c1, s2, c3, s4, f6, distances = (values[names[k]][0] for k in (0, 1, 2, 3, 6, 7))
    panels = way.subplots(1, 6, width_ratios=(1, 0.95, 0.95, 1.4, 1.4, 0.8))
    picture(panels[0], xt[0, 0], "image: 32 × 32")
    for ax, maps, across, title in (
        (panels[1], c1, 2, "C1: 6 maps, 28 × 28"),
        (panels[2], s2, 2, "S2: 6 maps, 14 × 14"),
        (panels[3], c3, 4, "C3: 16 maps, 10 × 10"),
        (panels[4], s4, 4, "S4: 16 maps, 5 × 5"),
    ):
        picture(ax, tiles(maps, across), title, 1.7159)
    picture(panels[5], f6.reshape(12, 7), "F6: 84 units", 1.7159 / 4)
    left, right = below.subfigures(1, 2, width_ratios=(1, 1.25))
    left.suptitle("the ten output units: bitmaps and squared distances from F6", fontsize=plotting.TITLE)
    nearest = int(distances.argmax())
    for digit, ax in enumerate(left.subplots(2, 5).flat):
        picture(ax, stylised_digits()[digit], f"{-distances[digit]:.2g}", 1.2)
        ax.title.set_fontweight("bold" if digit == nearest else "normal")
    ax = right.subplots()
    for (name, curve), line in zip(curves.items(), ("-", "--", ":"), strict=True):
        ax.plot(range(1, len(curve) + 1), curve, linestyle=line, label=name)
    ax.set(yscale="log", xlabel="passes over the training digits", ylabel="misread test digits (%)")
    ticks = [0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50]
    ax.set_yticks(ticks, labels=[f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_ylim(0.85 * min(map(min, curves.values())), 1.15 * max(map(max, curves.values())))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return figure


def main(fast: bool = False) -> tuple[Figure, list[Claim]]:
    """Return the figure and the claims: the published network once, today's three times with each recipe."""
    parts, full = digits(fast)
    seeds, short = (1, {"epochs": 2}) if fast else (3, {})
    network, xt, published = learn(PAPER, 0, parts, full, **short)
    plain = [learn(TODAY, seed, parts, full, **short)[2] for seed in range(seeds)]
    distorted = [learn(TODAY, seed, parts, full, **DISTORTED | short)[2] for seed in range(seeds)]
    summary, today = network.summary(), TODAY.build(0, "float32").summary()
    counted = {row.name: row.connections for row in summary.rows}
    names = list(network.layers)
    memory = {"source_read": False}
    claims = [
        Claim(f"Connections of {layer}", f"{paper:,}", counted[names[k]], at_least=paper, at_most=paper, **memory)
        for (layer, paper), k in zip(LAYERS.items(), (0, 1, 2, 3, 4, 6, 7), strict=True)
    ]
    claims += [
        Claim(
            f"{what.capitalize()} of the published network", f"{paper:,}", ours, at_least=paper, at_most=paper, **memory
        )
        for what, paper, ours in (
            ("connections", 340_908, summary.connections),
            ("parameters", 60_000, summary.parameters),
        )
    ]
    claims.append(
        Claim("Parameters of what is called LeNet-5 today", "61,706, computed", today.parameters, 61_706, 61_706)
    )
    curves = {
        "as published": published,
        "today": np.mean(plain, axis=0),
        "today, distorted digits": np.mean(distorted, axis=0),
    }
    if not fast:
        mean, paper = f"mean of {seeds} networks", "of the published network"
        claims += [
            Claim(f"Test error (%), as published, {len(published)} passes", "0.95", published[-1], at_most=1.3,
                  **memory),
            Claim(f"Test error (%), today, 10 passes, {mean}", f"0.95 {paper}", curves["today"][-1], at_most=1.2,
                  **memory),
            Claim(f"Test error (%), today, 30 passes over distorted digits, {mean}", f"0.8 {paper}, 540,000 distorted",
                  curves["today, distorted digits"][-1], at_most=0.8, **memory),
        ]  # fmt: skip
    return draw(network, xt, curves), claims


if __name__ == "__main__":
    show(__file__, *main())
