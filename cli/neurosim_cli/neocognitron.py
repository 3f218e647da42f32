"""`neurosim neocognitron`: digits and the neocognitrons of 1980, 1988 and 2013; recall; selective attention."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from neurosim_cli.common import DefaultGroup, Words, result_folder, set_threads

MODELS = ("1980", "1988", "2013")
PRESETS = ("fukushima2003",)
CHANGES = ("shift", "scale", "slant", "flip", "gaussian", "missing")
SOME = click.IntRange(min=1)
OF = {"presentations": ("1980",), "seeds": ("1980",), "threshold": ("1988",), "preset": ("2013",),
      "save": ("1980", "2013"), "margin": ("2013",), "interpolation": ("2013",), "cells": ("2013",), "field": ("2013",),
      "train": ("1980", "2013")}  # fmt: skip


class Count(click.ParamType):
    """A positive integer, or all."""

    name = "COUNT|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number or "all"."""
        if value == "all" or (str(value).isdecimal() and int(value)):
            return value if value == "all" else int(value)
        self.fail(f"{value!r} is neither a positive integer nor all", param, ctx)


class Planes(click.ParamType):
    """Two numbers of planes."""

    name = "PLANES,PLANES"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Return the planes of the second and of the third stage."""
        first, comma, second = str(value).partition(",")
        if not (comma and first.strip().isdecimal() and second.strip().isdecimal()):
            self.fail(f"{value!r} is not two whole numbers with a comma between them, as 80,250", param, ctx)
        return int(first), int(second)


def outputs(folder: str, *, chance: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options that all verbs have, and a seed to those that draw random numbers."""
    seed = click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers.  "
                        "[default: fresh entropy]")  # fmt: skip
    options = [
        *([seed] if chance else []),
        click.option("--threads", type=SOME, help="CPU threads.  [default: all]"),
        click.option("--out", type=click.Path(file_okay=False, path_type=Path),
                     help=f"Folder for the results.  [default: neurosim-out/{folder}]"),
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
        click.option("--no-plot", is_flag=True, help="Draw no figure."),
    ]  # fmt: skip

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group(cls=DefaultGroup)
def neocognitron() -> None:
    """Fukushima's neocognitron: layers of S- and C-cells that recognise shapes wherever they are."""


@neocognitron.command(hidden=True)
@click.argument("data", required=False)
@click.option("--model", type=click.Choice(MODELS), help="1980 organises itself, 1988 is taught plane by plane, 2013 "
              "adds cells where all are silent.  [default: 2013 with DATA, else 1980]")  # fmt: skip
@click.option("--preset", type=click.Choice(PRESETS), help="Settings of 2013 after an earlier network: "
              f"{', '.join(PRESETS)}.")  # fmt: skip
@click.option("--train", "train", type=Count(), help="Training images, as many of each class.  [default: 1500]")
@click.option("--test", "test", type=Count(), help="Test images.  [default: 1000]")
@click.option("--presentations", type=SOME, help="Of each pattern to 1980.  [default: 20; 1 of DATA]")
@click.option("--seeds", type=SOME, help="Networks of 1980 that organise; the best one is drawn, of DATA that which "
              "knows the training images best.  [default: 8; 1 of DATA]")  # fmt: skip
@click.option("--threshold", type=click.FloatRange(0, 1, max_open=True), help="1988 rejects images with smaller "
              "responses.  [default: 0]")  # fmt: skip
@click.option("--margin", type=click.FloatRange(0, 2, max_open=True), help="Of 2013: keep only the reference vectors "
              "needed to win by so much.  [default: keep all]")  # fmt: skip
@click.option("--interpolation", type=click.Choice(["none", "pairs", "trios"]), help="Of 2013, between reference "
              "vectors.  [default: trios]")  # fmt: skip
@click.option("--cells", type=Planes(), help="Of 2013: most planes of S2 and S3; 0 leaves a stage out.")
@click.option("--field", type=click.IntRange(min=8), help="Of 2013: rows and columns on which the image is enlarged.  "
              "[default: 64]")  # fmt: skip
@click.option("--tolerance", "changes", type=Words((*CHANGES, "none")), metavar="CHANGE,...", help="What the test "
              f"images suffer: some of {', '.join(CHANGES)}; or none.  [default: shift,scale,slant,flip]")  # fmt: skip
@click.option("--save", is_flag=True, help="Write the network, model.npz; that of 2013 is large, as it holds the "
              "features of the training images.")  # fmt: skip
@outputs("neocognitron")
def train(data: str | None, model: str | None, **options: Any) -> None:
    """Train a neocognitron, test it, and write its figure and report.

    Without DATA each model has patterns of its own: 1980 five digits of straight strokes, which it is shown at random
    positions and tested with at all positions; 1988 the drawings that it was taught, and others that it was not; 2013
    the bundled handwritten digits. DATA is a file of labelled images (.npz .csv idx ...) or the name of a data set
    (see `neurosim data`). 1980 reads images of 16 x 16, 1988 of 19 x 19, 2013 images of any size.

    \b
    neurosim neocognitron
    neurosim neocognitron --model 1988
    neurosim neocognitron digits
    neurosim neocognitron mnist --train 5000 --test all --interpolation trios
    neurosim neocognitron mnist --preset fukushima2003
    neurosim neocognitron attend 2 4
    """
    import time

    from neurosim.core.random import seed_from
    from neurosim_cli import neocognitron_report, neocognitron_runs

    started = time.perf_counter()
    model = _model(model, data, options)
    set_threads(options["threads"])
    seed, out = seed_from(options["seed"]), options["out"] or Path("neurosim-out/neocognitron")
    with result_folder(out):
        run = neocognitron_runs.RUNS[model](data, options, seed)
        report = neocognitron_report.measure(run, options, seed)
    report["seconds"]["all"] = time.perf_counter() - started
    neocognitron_report.write(run, report, out, options)


@neocognitron.command()
@click.option("--noise", type=click.FloatRange(0, 0.5), default=0.0, help="Share of pixels that are inverted.  "
              "[default: 0]")  # fmt: skip
@click.option("--missing", type=click.FloatRange(0, 1, max_open=True), default=0.0, help="Share of the ink that is "
              "taken away.  [default: 0]")  # fmt: skip
@outputs("neocognitron-recall")
def recall(**options: Any) -> None:
    """Recall digits: from the answer back to the image.

    The winner of the network of 1988 sends its signal back to the input, gated by what is there.

    \b
    neurosim neocognitron recall
    neurosim neocognitron recall --noise 0.02 --seed 1
    """
    from neurosim_cli import neocognitron_attention

    set_threads(options["threads"])
    neocognitron_attention.recall(options)


@neocognitron.command()
@click.argument("digits", nargs=-1, type=click.IntRange(0, 9))
@click.option("--apart", type=click.IntRange(0, 40), default=11, help="Pixels from one digit to the next: at 0 all are "
              "in one place, at 19 side by side.  [default: 11]")  # fmt: skip
@click.option("--steps", type=SOME, help="Passes up and down.  [default: 20]")
@outputs("neocognitron-attend", chance=False)
def attend(digits: tuple[int, ...], **options: Any) -> None:
    """Attend to one digit, then to another beside it.

    Shows one or two DIGITS, close together, to the model of selective attention. Without DIGITS: 2 and 4. Each attended
    digit is recalled, cut out of the image. Side by side this works for nearly all pairs, but not for most that lie on
    top of each other; the table and the report say what was found. Of three digits the model hardly ever reaches the
    third: what it saw first comes back before.

    \b
    neurosim neocognitron attend
    neurosim neocognitron attend 3 8 --apart 14
    """
    from neurosim_cli import neocognitron_attention

    if len(digits) > 2:
        raise click.UsageError(f"attend tells apart one or two digits; got {len(digits)}: {' '.join(map(str, digits))}")
    set_threads(options["threads"])
    neocognitron_attention.attend(digits or (2, 4), options)


def _model(model: str | None, data: str | None, options: dict[str, Any]) -> str:
    """Return the model, if the options are its own."""
    if data in MODELS and not Path(str(data)).exists():
        raise click.UsageError(f"{data} is a model: neurosim neocognitron --model {data}")
    if data in PRESETS and not Path(str(data)).exists():
        raise click.UsageError(f"{data} is a preset: neurosim neocognitron --preset {data}")
    if model is None:
        model = "2013" if data is not None or options["preset"] is not None else "1980"
    for name, models in OF.items():
        if options[name] is not None and options[name] is not False and model not in models:
            raise click.UsageError(f"--{name} goes with --model {' and '.join(models)}, not with {model}")
    if options["train"] is not None and model == "1980" and data is None:
        raise click.UsageError("--train goes with DATA; without it 1980 is shown its five patterns")
    if options["changes"] and "none" in options["changes"] and len(options["changes"]) > 1:
        raise click.UsageError("--tolerance none goes with no other change")
    return model
