"""Several figures of one experiment on a page, as the commands write them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from neurosim import plotting
from neurosim.v1 import plot, plot_cells, plot_retinotopy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 9.2  # of the page, in inches
FEW = 6  # fits of which field, fit and residual are drawn; of more the mosaics are
MOST = 100  # fields of a mosaic
FRAMES = 8  # of a movie


@plotting.style()
def responses(image: Any, energies: Any, bank: Any, *, title: str = "") -> "Figure":
    """Draw an image, its orientation energy, and the bank that answered.

    Parameters
    ----------
    image : (rows, columns) array
    energies : (filters, rows, columns) array
    bank : GaborBank
    title : str, optional
        Of the image.

    Returns
    -------
    Figure
    """
    rows, columns = np.shape(image)
    tall = min(5.0, 0.46 * WIDTH * rows / columns)
    figure = plotting.figure(WIDTH, tall + 3.4)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(tall + 0.3, 3.1)))
    left, right = upper.subplots(1, 2, width_ratios=(1, 1.18))
    plotting.axes(left).imshow(image, cmap="gray", interpolation="nearest")
    left.set(xticks=[], yticks=[], title=title)
    plot.energy(energies, bank, ax=right).set_title("orientation energy")
    left, right = lower.subplots(1, 2)
    shown = np.asarray(bank.kernels)[:MOST]
    columns_ = len({gabor.orientation for gabor in bank.gabors})
    plot.fields(shown, columns=columns_ if len(bank) % columns_ == 0 else None, ax=left).set_title("even filters")
    plot.coverage(bank, ax=right).set_title("half amplitude")
    return figure


@plotting.style()
def answers(cell: Any, movie: Any, rates: Any, *, title: str = "") -> "Figure":
    """Draw a cell's field, the frames that it was shown, and its rates.

    Parameters
    ----------
    cell : a cell of this family
    movie : (frames, rows, columns) array
        Contrasts.
    rates : (frames,) array
    title : str, optional
        Of the field.

    Returns
    -------
    Figure
        Of more than 8 frames every so many are drawn.
    """
    frames, values = np.asarray(movie, float), np.asarray(rates, float)
    some = np.unique(np.linspace(0, len(frames) - 1, min(FRAMES, len(frames))).round().astype(int))
    figure = plotting.figure(WIDTH, 4.6)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(3.2, 1.4)))
    left, right = upper.subplots(1, 2, width_ratios=(1, 1.5))
    plot.field(field_of(cell), ax=left).set_title(title)
    right.plot(values, "o-", markersize=3)
    right.set(xlabel="frame", ylabel="rate", title="answer", ylim=(min(0.0, 1.08 * values.min()), None))
    strip = plot.fields(frames[some], columns=FRAMES, common=True, ax=lower.subplots(),
                        titles=[f"frame {k}" for k in some])  # fmt: skip
    strip.set_title("stimulus")
    return figure


@plotting.style()
def tuned(cell: Any, curve: Any, *, fit: Any = None, title: str = "") -> "Figure":
    """Draw a cell's field and a tuning curve.

    Parameters
    ----------
    cell : a cell of this family
    curve : TuningCurve
    fit : NakaRushton, optional
    title : str, optional
        Of the field.

    Returns
    -------
    Figure
    """
    figure = plotting.figure(WIDTH, 3.5)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
    plot.field(field_of(cell), ax=left).set_title(title)
    plot_cells.tuning(curve, fit=fit, ax=right).set_title(f"{curve.parameter} tuning")
    return figure


@plotting.style()
def reverse(truth: Any, sta: Any, nonlinearity: Any, *, stc: Any = None, true_nonlinearity: Any = None) -> "Figure":
    """Draw the true field, the spike-triggered average, the nonlinearity, and what the covariance found.

    Parameters
    ----------
    truth : (k, rows, columns) array
        Filters of the cell.
    sta : SpikeTriggeredAverage
    nonlinearity : Nonlinearity
        Estimated; of the first of the filters.
    stc : SpikeTriggeredCovariance, optional
        Then its eigenvalues and the first four significant axes are drawn, too.
    true_nonlinearity : function, optional

    Returns
    -------
    Figure
    """
    figure = plotting.figure(WIDTH, 2.9 if stc is None else 5.8)
    rows = [figure] if stc is None else list(np.asarray(figure.subfigures(2, 1)))
    true, found, curve = rows[0].subplots(1, 3, width_ratios=(1, 1, 1.3))
    plot.field(np.asarray(truth)[0], bar=False, ax=true).set_title("true field" + " (one of a pair)" * (len(truth) > 1))
    plot.field(sta.field, bar=False, ax=found).set_title(f"average of {sta.spikes:,.0f} spikes")
    plot_cells.nonlinearity(nonlinearity, truth=true_nonlinearity, ax=curve).set_title("nonlinearity")
    if stc is not None:
        left, right = rows[1].subplots(1, 2, width_ratios=(1.2, 1))
        plot_cells.eigenvalues(stc, ax=left).set_title("spike-triggered covariance")
        axes, kinds = np.concatenate([stc.excitatory, stc.suppressive])[:4], ["excitatory"] * len(stc.excitatory)
        kinds += ["suppressive"] * len(stc.suppressive)
        if len(axes):
            plot.fields(axes, columns=2, titles=kinds[:4], ax=right).set_title("significant axes")
        else:
            right.axis("off")
            right.set_title("no significant axis")
    return figure


@plotting.style()
def fitted(fields: Any, fits: Sequence[Any], *, least: float = 0.7) -> "Figure":
    """Draw fields, the Gabor functions fitted to them, and the shapes of these beside cells of the macaque.

    Parameters
    ----------
    fields : (n, rows, columns) array
    fits : sequence of GaborFit
    least : float, default 0.7
        Of fits with a smaller R^2 the shape is not drawn.

    Returns
    -------
    Figure
        Up to 6 fields with their fits and residuals; of more, mosaics of the first 100.
    """
    x = np.asarray(fields, float)
    drawn = x - np.stack([fit.residual for fit in fits])
    if len(x) <= FEW:
        figure = plotting.figure(WIDTH, 3.6)
        left, right = figure.subplots(1, 2)
        trio = np.stack([x, drawn, x - drawn], axis=1)
        scaled = trio / np.abs(trio).max(axis=(1, 2, 3), keepdims=True)
        titles = [f"{word}{k + 1}" if len(x) > 1 else word.strip() for k in range(len(x))
                  for word in ("field ", "fit ", "residual ")]  # fmt: skip
        panels = np.concatenate(list(scaled))
        plot.fields(panels, columns=3, common=True, titles=titles, ax=left).set_title("on one scale")
        plot_cells.envelopes(fits, least=least, ax=right).set_title("shape")
        return figure
    figure = plotting.figure(WIDTH + 1.2, 3.6)
    parts = figure.subplots(1, 3, width_ratios=(1, 1, 1.25))
    plot.fields(x[:MOST], ax=parts[0]).set_title("fields")
    plot.fields(drawn[:MOST], ax=parts[1]).set_title("fits")
    plot_cells.envelopes(fits, least=least, ax=parts[2]).set_title(f"shapes, $R^2 ≥ {least:g}$")
    return figure


@plotting.style()
def learned(atoms: Any, objective: Any, fits: Sequence[Any], *, least: float = 0.7) -> "Figure":
    """Draw a dictionary, how learning went, and the shapes of its atoms beside cells of the macaque.

    Parameters
    ----------
    atoms : (n, rows, columns) array
    objective : (epochs,) array
        Mean cost of a sample.
    fits : sequence of GaborFit
    least : float, default 0.7

    Returns
    -------
    Figure
    """
    figure = plotting.figure(WIDTH, 5.2)
    left, right = np.asarray(figure.subfigures(1, 2, width_ratios=(1.2, 1)))
    plot.fields(atoms, ax=left.subplots()).set_title(f"{len(atoms)} atoms")
    above, below = right.subplots(2, 1, height_ratios=(1, 1.7))
    plotting.axes(above).plot(np.arange(1, len(objective) + 1), objective, "o-", markersize=3)
    above.set(xlabel="epoch", ylabel="cost of a sample", title="learning")
    above.xaxis.set_major_locator(MaxNLocator(integer=True))
    plot_cells.envelopes(fits, least=least, ax=below).set_title(f"fitted shapes, $R^2 ≥ {least:g}$")
    return figure


@plotting.style()
def retinotopic(image: Any, cortical_map: Any, cortical: Any, *, title: str = "", degrees: float = 40.0) -> "Figure":
    """Draw a picture as it is seen and as it lies on the cortex, and the map itself.

    Parameters
    ----------
    image : (rows, columns) or (rows, columns, 3) array
        Values from 0 to 1.
    cortical_map : LogPolarMap
    cortical : CorticalImage
    title : str, optional
        Of the picture.
    degrees : float, default 40
        Of visual angle along the shorter side of the picture.

    Returns
    -------
    Figure
    """
    figure = plotting.figure(WIDTH, 5.6)
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(1.1, 1)))
    plot_retinotopy.cortex(cortical, ax=upper.subplots()).set_title("on the cortex")
    seen, field, cortex = lower.subplots(1, 3, width_ratios=(1.4, 0.7, 1.3))
    plotting.axes(seen).imshow(image, cmap="gray", interpolation="nearest")
    seen.set(xticks=[], yticks=[], title=title)
    rings = [ring for ring in (1, 2, 5, 10, 20, 40, 80) if ring <= max(2.0, degrees)]
    plot_retinotopy.retinotopy(cortical_map, eccentricities=rings, side="visual", ax=field).set_title("visual field")
    plot_retinotopy.retinotopy(cortical_map, eccentricities=rings, ax=cortex).set_title("map")
    return figure


def field_of(cell: Any) -> np.ndarray:
    """Return the linear field of a cell of this family, or the even one of a pair."""
    if hasattr(cell, "population"):
        return np.asarray(cell.population.field[cell.i]).real
    return np.real(cell.simple[0].field if hasattr(cell, "simple") else cell.field)
