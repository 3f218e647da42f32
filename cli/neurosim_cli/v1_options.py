"""Options that the verbs of `neurosim v1` share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import Grid

SOME, POSITIVE, NOT_NEGATIVE = click.IntRange(min=1), click.FloatRange(min=0, min_open=True), click.FloatRange(min=0)
CELLS = ("simple", "half-squared", "energy", "max", "lgn", "hubel-wiesel", "normalised", "motion")


class Numbers(click.ParamType):
    """Numbers with commas between them."""

    name = "NUMBER,NUMBER,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Return the numbers."""
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not numbers with commas between them, as 4,8,16", param, ctx)


def outputs(verb: str, *also: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of what a verb writes, and `seed`, `backend` or `threads` where it has a use for them."""
    known = {
        "seed": click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.  "
                             "[default: fresh entropy]"),
        "backend": click.option("--backend", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
                                help="Where to compute.  [default: auto]"),
        "threads": click.option("--threads", type=SOME, help="CPU threads.  [default: all]"),
    }  # fmt: skip
    options = [known[name] for name in also] + [
        click.option("--out", type=click.Path(file_okay=False, path_type=Path),
                     help=f"Folder for the results.  [default: neurosim-out/v1-{verb}]"),
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        click.option("--no-plot", is_flag=True, help="Draw no figure."),
    ]  # fmt: skip
    return lambda command: _with(command, options)


def cell_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a cell."""
    options = [
        click.option("--cell", "kind", type=click.Choice(CELLS), default="simple", help="[default: simple]"),
        click.option("--wavelength", type=POSITIVE, default=8.0, help="Of its field in pixels.  [default: 8]"),
        click.option("--orientation", type=float, default=0.0, help="The direction in which luminance varies, in "
                     "degrees from right to down; motion: of the drift.  [default: 0]"),
        click.option("--phase", type=float, default=0.0, help="Of its field, in degrees.  [default: 0]"),
        click.option("--bandwidth", type=POSITIVE, default=1.4, help="In octaves at half amplitude.  [default: 1.4]"),
        click.option("--aspect", type=POSITIVE, default=1.0, help="Length over width of the field.  [default: 1]"),
        click.option("--threshold", type=NOT_NEGATIVE, help="Of simple cells, as a share of the answer to the best "
                     "grating; of hubel-wiesel as it is.  [default: 0; hubel-wiesel 0.1]"),
        click.option("--c50", type=POSITIVE, default=0.2, help="Of a normalised cell: the contrast of half its answer."
                     "  [default: 0.2]"),
        click.option("--shape", type=Grid(), default="33x33", help="Of its frames.  [default: 33x33]"),
    ]  # fmt: skip
    return _with(command, options)


def _with(command: Callable[..., Any], options: list[Any]) -> Callable[..., Any]:
    """Add options to a command."""
    for option in reversed(options):
        command = option(command)
    return command
