"""`neurosim v1`: Gabor banks, cells and their experiments, reverse correlation, fits, sparse coding, retinotopy."""

from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import DefaultGroup, Grid, Pair, Words, print_table, set_threads, to_json
from neurosim_cli.v1_options import NOT_NEGATIVE, POSITIVE, SOME, Numbers, cell_options, outputs

SHOWN = ("drifting", "grating", "counterphase", "plaid", "bar", "moving-bar", "edge", "gaussian", "binary", "sparse")
WHAT = ("real", "imaginary", "complex", "energy", "magnitude", "phase")
BORDERS = ("zero", "reflect", "nearest", "wrap")
TOPICS = ("filters", "bank", "cells", "normalisation", "spikes", "fits", "retinotopy", "learning")


class V1(DefaultGroup):
    """Runs `bank` unless the first word is a verb."""

    default = "bank"


@click.group(cls=V1)
def v1() -> None:
    """Primary visual cortex: Gabor cells and what is asked of them."""


@v1.command()
@click.argument("image", required=False)
@click.option("--orientations", type=SOME, default=8, help="Evenly over 180 degrees.  [default: 8]")
@click.option("--scales", type=SOME, default=5, help="Wavelengths 4, 5.7, 8, ... pixels.  [default: 5]")
@click.option("--wavelengths", type=Numbers(), help="Others instead, in pixels.")
@click.option("--bandwidth", type=POSITIVE, help="In octaves at half amplitude.  [default: 1.4]")
@click.option("--aspect", type=POSITIVE, help="Length over width of the filters.  [default: 1]")
@click.option("--size", type=SOME, help="Of the kernels in pixels.  [default: 3 sigma to each side]")
@click.option("--preset", type=click.Choice(["v1_like_2008", "hmax_2007"]), help="A published bank instead.")
@click.option("--dc", type=click.Choice(["none", "subtract", "quadrature"]), default="none", help="How answers to "
              "uniform regions are removed.  [default: none]")  # fmt: skip
@click.option("--what", type=Words(WHAT), default="energy", help="What is written: some of these.  [default: energy]")
@click.option("--border", type=click.Choice(BORDERS), default="reflect", help="Beyond the image.  [default: reflect]")
@click.option("--stride", type=SOME, default=1, help="Every so many pixels are answered.  [default: 1]")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", help="[default: float32]")
@outputs("bank", "backend", "threads")
def bank(image: str | None, **options: Any) -> None:
    """Answer IMAGE with a bank of Gabor filters, and write responses, figure and report.

    IMAGE is a picture (PNG, JPEG ...) or a .npy array; without it a photograph that comes with scikit-learn is taken.
    Colours become luminance, values 0 to 1, and their mean is subtracted. responses.npz holds an array (filters, rows,
    columns) for every word of --what, and the filters' wavelengths, orientations and sizes. Angles are in degrees from
    right to down; an orientation is the direction in which luminance varies.

    \b
    neurosim v1 bank
    neurosim v1 bank photo.jpg --orientations 8 --scales 5
    neurosim v1 bank photo.jpg --what real,imaginary --wavelengths 6,12
    neurosim v1 tune orientation --cell energy
    neurosim v1 verify
    """
    from neurosim_cli import v1_report

    set_threads(options["threads"])
    v1_report.bank(image, options)


@v1.command()
@click.argument("stimulus", default="drifting")
@cell_options
@click.option("--at", type=float, help="Orientation of the stimulus.  [default: that of the cell]")
@click.option("--stimulus-wavelength", type=POSITIVE, help="Of a grating.  [default: that of the cell]")
@click.option("--contrast", type=click.FloatRange(0, 1), default=1.0, help="[default: 1]")
@click.option("--length", type=NOT_NEGATIVE, help="Of a bar in pixels.  [default: two thirds of the frame]")
@click.option("--width", type=NOT_NEGATIVE, help="Of a bar in pixels.  [default: half a wavelength]")
@click.option("--radius", type=NOT_NEGATIVE, help="Of a disc around a grating.  [default: the whole frame]")
@click.option("--frames", type=SOME, default=32, help="Of a movie, or of noise.  [default: 32]")
@click.option("--spikes", type=POSITIVE, metavar="RATE", help="Draw spikes too, so many per frame on average.")
@outputs("respond", "seed")
def respond(stimulus: str, **options: Any) -> None:
    """Show a cell a STIMULUS, and write its rates, figure and report.

    STIMULUS is drifting (the default), grating, counterphase, plaid, bar, moving-bar, edge, gaussian, binary, sparse,
    or a picture or .npy of frames (frames, rows, columns) of contrasts from -1 to 1. A picture is cut to the cell's
    frame around its middle, and its mean is subtracted.

    \b
    neurosim v1 respond
    neurosim v1 respond moving-bar --cell hubel-wiesel --at 20
    neurosim v1 respond grating --cell energy --wavelength 6 --contrast 0.5
    neurosim v1 respond drifting --cell motion --at 180
    """
    from neurosim_cli import v1_report

    v1_report.respond(stimulus, options)


@v1.command()
@click.argument("what", type=click.Choice(["orientation", "frequency", "contrast", "size"]), default="orientation")
@cell_options
@click.option("--contrast", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="Of the gratings.  "
              "[default: 1]")  # fmt: skip
@click.option("--points", type=Numbers(), help="Orientations in degrees, frequencies in cycles/px, contrasts or radii "
              "in px, ascending.  [default: a fitting range]")  # fmt: skip
@click.option("--frames", type=click.IntRange(min=3), default=32, help="Of a cycle.  [default: 32]")
@outputs("tune")
def tune(what: str, **options: Any) -> None:
    """Measure a cell's tuning to WHAT (orientation, frequency, contrast or size) with drifting gratings.

    Writes the curve (curve.csv: F0, the mean rate, and F1, its modulation at the gratings' frequency), a figure, and a
    report with its measures: preferred value, half width, circular variance, bandwidth, direction index, the fit of a
    contrast response, suppression by large gratings, F1/F0.

    \b
    neurosim v1 tune
    neurosim v1 tune frequency --cell energy --bandwidth 1
    neurosim v1 tune contrast --cell normalised --c50 0.3
    neurosim v1 tune size --orientation 30
    """
    from neurosim_cli import v1_report

    v1_report.tune(what, options)


@v1.command()
@click.option("--wavelength", type=POSITIVE, default=6.0, help="Of the cell's field in pixels.  [default: 6]")
@click.option("--orientation", type=float, default=30.0, help="In degrees.  [default: 30]")
@click.option("--phase", type=float, default=0.0, help="In degrees.  [default: 0]")
@click.option("--field", type=click.Path(path_type=Path), help="The cell's field instead, a .npy.")
@click.option("--nonlinearity", type=click.Choice(["rectified", "half-squared", "squared", "exponential"]),
              help="Of the cell.  [default: half-squared; with --stc squared, of a pair: an energy cell]")  # fmt: skip
@click.option("--noise", type=click.Choice(["gaussian", "binary", "sparse"]), default="gaussian",
              help="The stimuli.  [default: gaussian]")  # fmt: skip
@click.option("--pixels", type=Grid(), help="Of a stimulus.  [default: 16x16; with --stc 8x8]")
@click.option("--stimuli", "n", type=click.IntRange(min=100), help="How many.  [default: 20000]")
@click.option("--spikes", type=POSITIVE, default=0.5, help="Per stimulus on average.  [default: 0.5]")
@click.option("--stc", is_flag=True, help="Spike-triggered covariance, too.")
@click.option("--permutations", type=click.IntRange(min=19), default=199, help="Of its test, whose level is "
              "1 / (permutations + 1).  [default: 199]")  # fmt: skip
@outputs("sta", "seed")
def sta(**options: Any) -> None:
    """Simulate an experiment of reverse correlation: noise, a cell with Poisson spikes, its average stimulus.

    The cell is linear, nonlinear, Poisson, with a Gabor field. sta.npz holds stimuli, spikes, the true field, the
    spike-triggered average and its errors. The report compares the average's correlation with the field to theory.

    \b
    neurosim v1 sta
    neurosim v1 sta --stimuli 50000 --spikes 0.1 --seed 1
    neurosim v1 sta --stc
    """
    from neurosim_cli import v1_fields

    v1_fields.sta(options)


@v1.command()
@click.argument("fields")
@click.option("--restarts", type=SOME, default=4, help="Starts followed to their end.  [default: 4]")
@click.option("--least", type=click.FloatRange(0, 1), default=0.7, help="R^2 from which on a fit counts as good.  "
              "[default: 0.7]")  # fmt: skip
@outputs("fit", "seed")
def fit(fields: str, **options: Any) -> None:
    """Fit Gabor functions to FIELDS, a .npy of one field (rows, columns) or of several (n, rows, columns).

    Writes fits.csv with a row for each field (parameters, their standard errors, R^2, n_x and n_y), a figure with the
    shapes beside those of cells of the macaque, and a report.

    \b
    neurosim v1 sta --seed 1
    neurosim v1 fit neurosim-out/v1-sta/sta.npy
    neurosim v1 fit neurosim-out/v1-sparse/atoms.npy --least 0.8
    """
    from neurosim_cli import v1_fields

    v1_fields.fit(fields, options)


@v1.command()
@click.argument("images", nargs=-1)
@click.option("--atoms", type=SOME, default=144, help="[default: 144]")
@click.option("--size", type=click.IntRange(min=4), default=12, help="Of a patch in pixels.  [default: 12]")
@click.option("--patches", type=click.IntRange(min=2), default=50_000, help="[default: 50000]")
@click.option("--alpha", type=POSITIVE, help="How much coefficients cost.  [default: 2.5; log 0.022]")
@click.option("--penalty", type=click.Choice(["l1", "log"]), default="l1", help="|a|, or the logarithm of Olshausen & "
              "Field with their settings.  [default: l1]")  # fmt: skip
@click.option("--epochs", type=SOME, default=10, help="Passes over the patches.  [default: 10]")
@click.option("--batch-size", type=SOME, default=256, help="[default: 256]")
@click.option("--leaves", is_flag=True, help="Draw dead leaves instead: disks that lie over each other.")
@click.option("--no-whiten", is_flag=True, help="The images are whitened already.")
@outputs("sparse", "seed", "backend", "threads")
def sparse(images: tuple[str, ...], **options: Any) -> None:
    """Learn a sparse code of patches of IMAGES, and write its atoms, model, figure and report.

    Without IMAGES a photograph that comes with scikit-learn is taken. Images are whitened first. The atoms (atoms.npy)
    are fitted with Gabor functions.

    \b
    neurosim v1 sparse
    neurosim v1 sparse photo1.jpg photo2.jpg --atoms 256 --epochs 10
    neurosim v1 sparse --leaves --penalty log --epochs 40
    """
    from neurosim_cli import v1_fields

    set_threads(options["threads"])
    v1_fields.sparse(images, options)


@v1.command()
@click.argument("image", required=False)
@click.option("--k", type=POSITIVE, default=17.3, help="Millimetres for each e-fold of eccentricity.  [default: 17.3]")
@click.option("--a", type=POSITIVE, default=0.75, help="Degrees up to which it is about linear.  [default: 0.75]")
@click.option("--b", type=POSITIVE, help="Degrees, the second pole of a dipole.  [default: none]")
@click.option("--degrees", type=POSITIVE, default=40.0, help="Of visual angle along the shorter side of IMAGE.  "
              "[default: 40]")  # fmt: skip
@click.option("--fixation", type=Pair(), metavar="ROW,COLUMN", help="Where the eye looks.  [default: the middle]")
@click.option("--hemifield", type=click.Choice(["both", "left", "right"]), default="both", help="[default: both]")
@click.option("--pixels-per-mm", type=POSITIVE, default=5.0, help="Of the result.  [default: 5]")
@outputs("retinotopy")
def retinotopy(image: str | None, **options: Any) -> None:
    """Draw IMAGE as it lies on the primary visual cortex by the log-polar map w = k log(1 + z/a).

    IMAGE is a picture or a .npy array; without it a photograph that comes with scikit-learn is taken. Writes
    cortex.png, the warped picture alone, a figure, and a report.

    \b
    neurosim v1 retinotopy
    neurosim v1 retinotopy photo.jpg --fixation 120,300 --degrees 20
    neurosim v1 retinotopy photo.jpg --hemifield right --b 90
    """
    from neurosim_cli import v1_report

    v1_report.retinotopy(image, options)


@v1.command()
@click.option("--topics", type=Words(TOPICS), help="Some of these.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
@click.pass_context
def verify(ctx: click.Context, topics: tuple[str, ...] | None, as_json: bool) -> None:
    """Measure the models and compare them with closed forms; the exit code is 1 if one differs.

    \b
    neurosim v1 verify
    neurosim v1 verify --topics cells,retinotopy
    """
    from dataclasses import asdict

    from neurosim.v1 import verify as measure

    checks = measure(topics)
    failed = sum(not check.passed for check in checks)
    if as_json:
        click.echo(to_json({"passed": not failed, "checks": [asdict(c) | {"passed": c.passed} for c in checks]}))
    else:
        _show_checks(checks)
        ending = f"{failed} of {len(checks)} differ" if failed else f"all {len(checks)} agree"
        click.echo(f"measured against theory: {ending}")
    ctx.exit(1 if failed else 0)


def _show_checks(checks: list[Any]) -> None:
    """Print the table of checks."""
    from rich.table import Table

    table = Table("topic", "what", title="Primary visual cortex: measured against theory", title_justify="left")
    for name in ("theory", "measured", "tolerance"):
        table.add_column(name, justify="right")
    table.add_column("")
    last = ""
    for c in checks:
        numbers = (f"{c.theory:.6g}", f"{c.measured:.6g}", f"{c.tolerance:.2g}")
        table.add_row("" if c.topic == last else c.topic, c.name, *numbers, "agrees" if c.passed else "DIFFERS")
        last = c.topic
    print_table(table)


gabor = click.Command(
    "gabor", params=bank.params, callback=bank.callback, help=bank.help, short_help="The same as `neurosim v1 bank`."
)
