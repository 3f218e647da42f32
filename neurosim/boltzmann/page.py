"""Several figures of a learned machine on one page."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim import plotting
from neurosim.boltzmann import plot, plot_rbm, plot_weights
from neurosim.cnn import plot as curves_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 9.2  # of the page, in inches
MACHINES = 6  # whose codes are shown
PICTURES = 12  # reconstructions side by side
MOST_FILTERS, MOST_SAMPLES = 100, 36
MOST_SQUARES = 40  # rows and columns of weights that are no pictures


@plotting.style()
def encoders(runs: Any, task: Any, *, machine: int = 0, published: Any = None, title: str = "") -> "Figure":
    """Draw what encoders learned: how soon, their codes, and the weights of one of them.

    Parameters
    ----------
    runs : EncoderRuns
    task : Task
        Whose groups of units are the rows of the picture of the weights.
    machine : int, default 0
        Whose weights are drawn.
    published : (cycles, shares) arrays, optional
        Points of a published survival curve.
    title : str, optional

    Returns
    -------
    Figure
        The codes are those of the first machines.
    """
    cycle = int(runs.solved_at[machine])
    groups = dict(sorted(task.groups.items(), key=lambda item: ("V1", "H").index(item[0]) if item[0] in "V1H" else 2))
    rows = sum(-(-len(units) // plot_weights.WIDEST) for units in groups.values())
    widest = min(plot_weights.WIDEST, max(map(len, groups.values())))
    below = 0.9 + min(0.17, 8.0 / widest**2) * rows * (rows + 0.6)
    figure = plotting.figure(WIDTH, 3.4 + below)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(3.4, below)))
    left, right = upper.subplots(1, 2, width_ratios=(1, 1.2))
    plot.survival(runs, label=title, published=published, ax=left)
    plot.codes(np.asarray(runs.codes)[:MACHINES], ax=right).set_title("codes")
    ax = plot_weights.weights(runs.weights[machine], runs.biases[machine], groups=groups, ax=lower.subplots())
    when = "not solved" if cycle < 0 else f"solved in cycle {cycle}"
    ax.set_title(f"weights of machine {machine + 1}, {when}")
    return figure


@plotting.style()
def shifter(machine: Any, task: Any, cycles: Any, right: Any, true: Any, said: Any) -> "Figure":
    """Draw what a machine learned of the shifter: how often it was right, its confusions, what its hidden units see.

    Parameters
    ----------
    machine : BoltzmannMachine
    task : Task
    cycles, right : (values,) arrays
        When it was asked, and the share of right answers.
    true, said : (patterns,) int arrays
        The number of the unit of V3 that is on, and that the machine turns on.

    Returns
    -------
    Figure
        Each hidden unit is a picture of its weights to V1, V2 and V3, with its bias.
    """
    across, hidden, columns = 6, task.groups["H"], 8
    wide = max(min(columns, len(units)) for units in task.groups.values())
    high = sum(-(-len(units) // columns) for units in task.groups.values())
    below = 0.8 + 0.95 * WIDTH / min(across, len(hidden)) / (wide + 0.6) * (high + 0.6) * -(-len(hidden) // across)
    figure = plotting.figure(WIDTH, 3.4 + below)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(3.4, below)))
    left, middle = upper.subplots(1, 2)
    curves = plot_rbm.likelihood({"": 100 * np.asarray(right)}, cycles, quantity="right in %", time="cycle", ax=left)
    curves.axhline(100 / 3, color=plotting.OUTLINE, linestyle=":")
    curves.set(ylim=(0, 103), title="which way was it rotated?")
    names = ["left", "none", "right"]
    curves_of.confusion_matrix(true, said, names=[names[k] for k in np.union1d(true, said)], ax=middle)
    ax = plot_weights.weights(
        machine, groups=task.groups, of=hidden, across=across, columns=columns, ax=lower.subplots()
    )
    ax.set_title("hidden units; in each from above V1, V2, V3 and the hidden units")
    return figure


@plotting.style()
def restricted(
    model: Any,
    curves: Mapping[str, Any],
    *,
    x: Any = None,
    fantasies: Any = None,
    shape: tuple[int, int] | None = None,
    quantity: str = "mean log-likelihood in nats",
    at: Any = None,
    title: str = "",
) -> "Figure":
    """Draw what a restricted machine has learned: its curves, its filters, reconstructions and fantasies.

    Parameters
    ----------
    model : fitted RBM
    curves : mapping of str to (values,) array
        See `plot_rbm.likelihood`.
    x : (n, visible) array, optional
        Samples to reconstruct, the first 12.
    fantasies : (n, visible) array, optional
        Such as `model.sample` returns.
    shape : (height, width), optional
        Of the pictures that samples are; without it weights are drawn as squares, and no pictures.
    quantity, at : optional
        See `plot_rbm.likelihood`.
    title : str, optional
        Of the curves.

    Returns
    -------
    Figure
    """
    weights = np.asarray(model.components_)
    if shape is None:
        return _plain(weights, curves, quantity, at, title)
    tall = 0.92 * (WIDTH - 1.0) / PICTURES * (shape[0] / shape[1] + 0.1)  # of a row of pictures
    rows = [2 * (x is not None), 3 * (fantasies is not None)]
    below = [0.35 + tall * count for count in rows if count]
    figure = plotting.figure(WIDTH, 3.9 + sum(below))
    parts = np.atleast_1d(np.asarray(figure.subfigures(1 + len(below), 1, height_ratios=[3.9, *below])))
    left, right = parts[0].subplots(1, 2)
    plot_rbm.likelihood(curves, at, quantity=quantity, ax=left).set_title(title)
    _filters(weights, shape, right)
    if x is not None:
        some = np.asarray(x)[:PICTURES]
        pair = {"data": some, "reconstruction": model.reconstruct(some)}
        plot_rbm.reconstructions(pair, shape, ax=parts[1].subplots())
    if fantasies is not None:
        ax = plot_rbm.samples(np.asarray(fantasies)[: 3 * PICTURES], shape, columns=PICTURES, ax=parts[-1].subplots())
        ax.set_title("fantasies")
    return figure


@plotting.style()
def deep(
    model: Any,
    *,
    y: Any = None,
    predicted: Any = None,
    names: Sequence[str] | None = None,
    fantasies: Any = None,
    shape: tuple[int, int] | None = None,
    title: str = "",
) -> "Figure":
    """Draw what a deep belief net has learned: its curves, its confusions, its filters, its fantasies.

    Parameters
    ----------
    model : fitted DBN
    y, predicted : (n,) labels, optional
        The true ones and the net's.
    names : one str a class, optional
    fantasies : (n, visible) array, optional
        Such as `model.sample` returns.
    shape : (height, width), optional
        Of the pictures that samples are; without it no pictures are drawn.
    title : str, optional
        Which samples the labels are of.

    Returns
    -------
    Figure
    """
    tuned, pictures = len(model.loss_curve_) > 0, shape is not None
    above, below = 1 + tuned + (y is not None), pictures * (1 + (fantasies is not None))
    one_row = above == 1
    figure = plotting.figure(WIDTH, 3.3 if one_row or not below else 7.2)
    rows: Any = [figure]
    if below and not one_row:
        rows = figure.subfigures(2, 1, height_ratios=(3.3, 3.9))
    panels = iter(rows[0].subplots(1, above + below * one_row, squeeze=False).flat)
    errors = {f"layer {k + 1}": rbm.errors_ for k, rbm in enumerate(model.rbms_)}
    curves_of.learning_curves(errors, quantity="squared error", log=True, ax=next(panels)).set_title("machines")
    if tuned:
        ax = curves_of.learning_curves({"": model.loss_curve_}, quantity="cross-entropy", ax=next(panels))
        ax.set_title("fine-tuning")
    if y is not None:
        curves_of.confusion_matrix(y, predicted, names=names, ax=next(panels)).set_title(title)
    if shape is not None:
        panels = panels if one_row else iter(rows[1].subplots(1, below, squeeze=False).flat)
        _filters(np.asarray(model.rbms_[0].components_), shape, next(panels))
        if fantasies is not None:
            plot_rbm.samples(np.asarray(fantasies)[:MOST_SAMPLES], shape, ax=next(panels)).set_title("fantasies")
    return figure


def _filters(weights: np.ndarray, shape: tuple[int, int], ax: Any) -> None:
    """Draw the filters with the largest weights."""
    largest = np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")[:MOST_FILTERS]
    plot_rbm.filters(weights[np.sort(largest)], shape, ax=ax)
    ax.set_xlabel("")
    many = len(largest) < len(weights)
    ax.set_title(f"the {MOST_FILTERS} largest of {len(weights):,} filters" if many else "filters")


def _plain(weights: np.ndarray, curves: Mapping[str, Any], quantity: str, at: Any, title: str) -> "Figure":
    """Draw the curves, and the weights as squares if they are few."""
    few = max(weights.shape) <= MOST_SQUARES
    figure = plotting.figure(WIDTH if few else 5.2, 3.9)
    panels = figure.subplots(1, 1 + few, squeeze=False).flat
    plot_rbm.likelihood(curves, at, quantity=quantity, ax=panels[0]).set_title(title)
    if few:
        curves_of.hinton(weights.T, quantities=("hidden", "visible"), ax=panels[1])
    return figure
